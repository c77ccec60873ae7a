// The real program behind the real lighttpd, both on Unix sockets, and a
// client with a cookie jar. Databases come from tests/run.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort, isListening } from '../../ports.mjs';
import { psql } from '../../psql.mjs';

const dir = process.env.TEST_DIR;
export const AUTH = 'https://auth.mirai.example';
export const APP = 'https://app.mirai.example';
export const PASSWORD = 'Correct-Horse-7!';

const children = [];

function start(command, args) {
	const child = spawn(command, args, { stdio: ['ignore', 'inherit', 'inherit'] });
	children.push(child);
	return child;
}

// Waits for what happens elsewhere, however slow the machine is.
export async function until(what, test) {
	for (const end = Date.now() + 60000; !await test(); await sleep(20))
		if (Date.now() > end)
			throw new Error(`never: ${what}`);
}

// A statement on the identity database as its owner; its one value as text.
export const sql = (text) => psql(process.env.IDENTITY_OWNER_URL, text);

// Starts the service; lines are added to its configuration.
// tcp: it listens on 127.0.0.1, so that clients have an address. without:
// keys of our own that are left out.
export async function startService(lines = [], workers = 4, program = 'mirai-identity',
	tcp = false, without = []) {
	const name = `svc${children.length}`;
	const conf = path.join(dir, `${name}.conf`);
	const fcgi = path.join(dir, `${name}.fcgi`);
	const web = path.join(dir, `${name}.web`);
	const port = tcp ? await freePort() : 0;
	const has = (key) => without.includes(key) || lines.some((l) => l.startsWith(`${key} `));
	const base = [
		'identity.secrets 0123456789abcdef0123456789abcdef',
		'identity.argon2.memory 256K',
		'identity.argon2.passes 1',
		`url.auth ${AUTH}`,
		`url.app ${APP}`,
		'identity.limits no',
		'log.level error',
		`cache.path ${path.join(dir, 'cache.db')}`,
	].filter((l) => !has(l.split(' ')[0]));
	fs.writeFileSync(conf, [...base, ...lines, ''].join('\n'));
	const service = start(path.join(process.env.BUILD, 'bin', program),
		['-f', conf, '-s', fcgi, '-w', String(workers)]);
	await until('the service', () => service.exitCode !== null || isListening(fcgi));
	fs.writeFileSync(`${web}.conf`, [
		'server.modules = ("mod_fastcgi")',
		`server.document-root = "${dir}"`,
		...(tcp ? ['server.bind = "127.0.0.1"', `server.port = ${port}`] : [`server.bind = "${web}"`]),
		`server.upload-dirs = ("${dir}")`,
		'server.max-keep-alive-idle = 600', // not closed in the moment it is used again
		'fastcgi.server = ("/" => ((',
		`  "socket" => "${fcgi}", "check-local" => "disable",`,
		'  "fix-root-scriptname" => "enable")))',
		''].join('\n'));
	start('lighttpd', ['-D', '-f', `${web}.conf`]);
	const svc = { ...(tcp ? { host: '127.0.0.1', port } : { socketPath: web }), pid: service.pid };
	await until('the service ready', async () => (tcp || isListening(web)) &&
		(await request(svc, 'GET', '/health/ready').catch(() => null))?.status === 200);
	return svc;
}

export const ADMIN_SECRET = 'secret-of-the-administrators';

// The administrator's program, on a listener of its own.
export function startAdmin(lines = [], workers = 2) {
	const secret = lines.some((l) => l.startsWith('identity.admin.open ')) ? []
		: [`identity.admin.secrets ${ADMIN_SECRET}`];
	return startService([...secret, 'identity.admin.session_issue yes', ...lines], workers,
		'mirai-identity-admin');
}

export async function stopAll() {
	for (const child of children.splice(0)) {
		if (child.exitCode === null && child.signalCode === null) {
			child.kill('SIGTERM');
			await once(child, 'exit');
		}
	}
}

// Sees the JSON of every answer: watch.seen = (json) => {}.
export const watch = { seen: null };

export async function request(svc, method, target, headers = {}, body = null) {
	const { socketPath, host, port } = svc;
	const req = http.request({ socketPath, host, port, method, path: target,
		headers: { host: 'auth.mirai.example', ...headers,
			...(body === null ? {} : { 'content-length': Buffer.byteLength(body) }) } });
	req.end(body ?? undefined);
	const [res] = await once(req, 'response');
	const chunks = [];
	for await (const c of res)
		chunks.push(c);
	const text = Buffer.concat(chunks).toString();
	let json;
	try {
		json = JSON.parse(text);
	} catch {
		json = undefined;
	}
	watch.seen?.(json);
	return { status: res.statusCode, headers: res.headers, text, json,
		cookies: res.headers['set-cookie'] ?? [] };
}

const JSON_HEADERS = { accept: 'application/json' };

// A browser: keeps cookies, follows nothing.
export class Browser {
	constructor(svc) {
		this.svc = svc;
		this.jar = new Map();
	}

	take(r) {
		for (const line of r.cookies) {
			const [pair] = line.split(';');
			const at = pair.indexOf('=');
			if (/max-age=0|expires=thu, 01[ -]jan[ -]1970/i.test(line))
				this.jar.delete(pair.slice(0, at));
			else
				this.jar.set(pair.slice(0, at), pair.slice(at + 1));
		}
		return r;
	}

	cookie() {
		return [...this.jar].map(([k, v]) => `${k}=${v}`).join('; ');
	}

	async go(method, target, headers = {}, body = null) {
		const all = { ...(this.jar.size > 0 ? { cookie: this.cookie() } : {}), ...headers };
		return this.take(await request(this.svc, method, target, all, body));
	}

	get(target) {
		return this.go('GET', target, { accept: 'text/html' });
	}

	getJson(target) {
		return this.go('GET', target, JSON_HEADERS);
	}

	post(target, fields) {
		return this.go('POST', target, { accept: 'text/html',
			'content-type': 'application/x-www-form-urlencoded' },
			new URLSearchParams(fields).toString());
	}

	postJson(target, value) {
		return this.go('POST', target, { ...JSON_HEADERS,
			'content-type': 'application/json' }, JSON.stringify(value));
	}

	// Starts a flow as JSON; { flow, csrf, action }.
	async start(kind, query = '') {
		const r = await this.getJson(`/self-service/${kind}/browser${query}`);
		if (r.status !== 200)
			return { r };
		return { r, flow: r.json, csrf: csrfOf(r.json), action: actionOf(r.json) };
	}

	async login(email, password = PASSWORD) {
		const { action, csrf } = await this.start('login');
		return this.postJson(action, { method: 'password', identifier: email,
			password, csrf_token: csrf });
	}

	async register(email, password = PASSWORD) {
		const { action, csrf } = await this.start('registration');
		return this.postJson(action, { method: 'password', password,
			csrf_token: csrf, traits: { email,
				name: { first: 'Petra', last: 'Vogel' } } });
	}
}

export function csrfOf(flow) {
	return flow.ui.nodes.find((n) => n.attributes.name === 'csrf_token')
		.attributes.value;
}

// ui.action without scheme and host.
export function actionOf(flow) {
	return flow.ui.action.slice(AUTH.length);
}

export function node(flow, name) {
	return flow.ui.nodes.find((n) => n.attributes.name === name);
}

export function messageIds(flow) {
	return [...(flow.ui.messages ?? []),
		...flow.ui.nodes.flatMap((n) => n.messages)].map((m) => m.id);
}

export async function api(svc, method, target, value, headers = {}) {
	return request(svc, method, target, { ...JSON_HEADERS, ...headers,
		...(value === undefined ? {} : { 'content-type': 'application/json' }) },
		value === undefined ? null : JSON.stringify(value));
}

// An API flow of its own; the answer of its submit.
export async function apiSubmit(svc, kind, value, headers = {}) {
	const init = await api(svc, 'GET', `/self-service/${kind}/api`);
	return api(svc, 'POST', actionOf(init.json), value, headers);
}

export function registerApi(svc, email, password = PASSWORD) {
	return apiSubmit(svc, 'registration', { method: 'password', password,
		traits: { email, name: { first: 'Petra', last: 'Vogel' } } });
}

export function loginApi(svc, email, password = PASSWORD) {
	return apiSubmit(svc, 'login', { method: 'password', identifier: email, password });
}

// --- TAP -------------------------------------------------------------------

let count = 0;
let failed = 0;

export function ok(value, what) {
	count++;
	if (!value)
		failed++;
	console.log(`${value ? '' : 'not '}ok ${count} - ${what}`);
	return value;
}

export function is(got, want, what) {
	const g = JSON.stringify(got);
	const w = JSON.stringify(want);
	if (!ok(g === w, what))
		console.log(`#   got: ${g}\n#  want: ${w}`);
}

// Runs the tests, then stops everything whatever happened.
export async function main(tests) {
	try {
		await tests();
	} catch (e) {
		ok(false, `unexpected: ${e.stack.replaceAll('\n', ' | ')}`);
	} finally {
		await stopAll();
	}
	console.log(`1..${count}`);
	process.exit(failed === 0 ? 0 : 1);
}
