// What tests of mirai-stream share: a replica of the program behind a
// lighttpd of its own, events made with SQL, and readers of streams.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { freePort, isListening } from '../../ports.mjs';
import { psql, superuser } from '../../psql.mjs';
import { childrenOf, until as waited } from '../../wait.mjs';

const { BUILD, TEST_DIR } = process.env;

export const METHOD = '/mirai.v1.NotificationService/SubscribeNotifications';

// The users of tests/fixtures/app.sql by their name.
export const PEOPLE = {
	'owner@acme': ['a', 1], 'instructor@acme': ['a', 2], 'sme@acme': ['a', 3],
	'instructor2@acme': ['a', 8], 'owner@other': ['b', 1],
};

export const uuid = (letter, kind, n) => `${letter}${kind}000000-0000-4000-8000-${String(n).padStart(12, '0')}`;
export const userOf = (who) => uuid(PEOPLE[who][0], 2, PEOPLE[who][1]);
export const tenantOf = (who) => uuid(PEOPLE[who][0], 0, 0);
export const identityOf = (who) => uuid(PEOPLE[who][0], 3, PEOPLE[who][1]);

export const sql = (text, url = process.env.DATABASE_URL) => psql(superuser(url), text);

// An event of somebody, as notice_create() makes one; its id. kind: 1 created,
// 2 read, 3 deleted. more: of so many, the last id. age: an SQL interval.
export function tell(who, title, { kind = 1, more = 1, age = '0', message = 'm' } = {}) {
	const [tenant, user] = [tenantOf(who), userOf(who)];
	return Number(sql(`WITH lock AS MATERIALIZED (SELECT pg_advisory_xact_lock(
		hashtextextended('mirai_notice ' || '${user}', 0))),
		told AS (INSERT INTO notification_events (tenant_id, user_id, kind, notice, created_at)
		SELECT '${tenant}', '${user}', ${kind}, jsonb_build_object('id', gen_random_uuid(),
			'tenant_id', '${tenant}', 'user_id', '${user}', 'type', 'outline_ready',
			'priority', 'high', 'title', '${title}' || CASE WHEN n > 1 THEN n::text ELSE '' END,
			'message', '${message}', 'course_id', NULL, 'action_url', '/dashboard',
			'read', false, 'email_sent', false, 'created_at', now(), 'read_at', NULL),
			now() - interval '${age}'
		FROM lock, generate_series(1, ${more}) n ORDER BY n RETURNING id)
		SELECT max(id) FROM (SELECT id, pg_notify('mirai_events',
			concat_ws(' ', '${tenant}', '${user}', id)) FROM told) x`));
}

// Where a job of somebody stands, as the engine of jobs tells it; the event's id.
export function tellJob(who, percent, job = uuid('a', 6, 1)) {
	const [tenant, user] = [tenantOf(who), userOf(who)];
	return Number(sql(`WITH told AS (INSERT INTO notification_events (tenant_id, user_id, kind, notice)
		VALUES ('${tenant}', '${user}', 6, jsonb_build_object('job_id', '${job}', 'course_id', NULL,
			'status', 'processing', 'progress_percent', ${percent}, 'progress_message', 'Writing'))
		RETURNING id) SELECT id FROM (SELECT id, pg_notify('mirai_events',
			concat_ws(' ', '${tenant}', '${user}', id)) FROM told) x`));
}

export async function until(what, test, ms) {
	const come = await waited(test, ms);
	if (!come)
		console.log(`# ${what} did not happen`);
	return come;
}

// --- a replica -----------------------------------------------------------------

// mirai-stream by itself behind a lighttpd that sends what comes at once.
export class Replica {
	constructor(site, name, lines = []) {
		this.name = name;
		this.run = fs.mkdtempSync(path.join(os.tmpdir(), 'mirai-replica-'));
		this.socket = path.join(this.run, 's');
		this.log = path.join(TEST_DIR, `${name}.log`);
		this.conf = path.join(TEST_DIR, `${name}.conf`);
		const keys = lines.map((l) => l.split(' ')[0]);
		const usual = fs.readFileSync(site.conf, 'utf8').split('\n')
			.filter((l) => !keys.includes(l.split(' ')[0]));
		fs.writeFileSync(this.conf, [...usual, ...lines, ''].join('\n'));
	}

	spawn(command, args) {
		const log = fs.openSync(this.log, 'a');
		const child = spawn(command, args, { stdio: ['ignore', log, log] });
		fs.closeSync(log);
		return child;
	}

	async start() {
		this.program = this.spawn(path.join(BUILD, 'bin/mirai-stream'),
			['-f', this.conf, '-s', this.socket]);
		await until('the socket', () => isListening(this.socket));
		if (this.web)
			return this;
		this.port = await freePort();
		this.base = `http://127.0.0.1:${this.port}`;
		const conf = `${this.conf}.web`;
		fs.writeFileSync(conf, [
			'server.modules = ("mod_fastcgi")', `server.document-root = "${TEST_DIR}"`,
			'server.bind = "127.0.0.1"', `server.port = ${this.port}`,
			'server.stream-response-body = 2', 'server.max-write-idle = 360',
			`fastcgi.server = ("/" => (("socket" => "${this.socket}",`,
			'"check-local" => "disable", "fix-root-scriptname" => "enable", "disable-time" => 0)))',
			''].join('\n'));
		this.web = this.spawn('lighttpd', ['-D', '-f', conf]);
		await until('the web server', () => new Promise((resolve) => {
			const s = net.connect(this.port, '127.0.0.1', () => { s.end(); resolve(true); });
			s.on('error', () => resolve(false));
		}));
		return this;
	}

	// The process that holds the streams, and those beside it.
	loop() {
		return this.children(this.program.pid)[0];
	}

	children(pid) {
		return childrenOf(pid);
	}

	async end() {
		const gone = once(this.program, 'exit');
		this.program.kill('SIGTERM');
		await gone;
	}

	async stop() {
		if (this.program?.exitCode === null) await this.end();
		this.web?.kill('SIGTERM');
		fs.rmSync(this.run, { recursive: true, force: true });
	}
}

// --- readers -------------------------------------------------------------------

// One HTTP answer as it comes: status, headers, and the text so far.
export class Reader {
	constructor(base, method, target, headers = {}, body = null, options = {}) {
		this.chunks = [];
		this.ended = false;
		const url = new URL(base);
		this.request = http.request({ host: url.hostname, port: url.port, method, path: target,
			headers: { ...headers, ...(body === null ? {} : { 'content-length': Buffer.byteLength(body) }) },
			agent: false, ...options });
		this.head = new Promise((resolve, reject) => {
			this.request.on('response', (res) => {
				this.status = res.statusCode;
				this.headers = res.headers;
				this.response = res;
				if (!options.slow)
					this.read();
				resolve(this);
			});
			this.request.on('error', (e) => { this.ended = true; reject(e); });
		});
		this.head.catch(() => {});
		this.request.end(body ?? undefined);
	}

	read() {
		this.response.on('data', (d) => this.chunks.push(d));
		this.response.on('close', () => { this.ended = true; });
		this.response.on('error', () => { this.ended = true; });
	}

	get bytes() {
		if (this.chunks.length > 1)
			this.chunks = [Buffer.concat(this.chunks)];
		return this.chunks[0] ?? Buffer.alloc(0);
	}

	get text() {
		return this.bytes.toString();
	}

	close() {
		this.request.destroy();
	}

	// Server-sent events: { id, event, data }.
	events() {
		return this.text.split('\n\n').slice(0, -1).map((block) => {
			const e = {};
			for (const line of block.split('\n')) {
				const at = line.indexOf(': ');
				e[line.slice(0, at)] = line.slice(at + 2);
			}
			if (e.data !== undefined) e.data = JSON.parse(e.data);
			return e;
		});
	}

	// Titles of the events that tell of notices.
	titles() {
		return this.events().filter((e) => ['created', 'read', 'deleted'].includes(e.event))
			.map((e) => e.data.notification.title);
	}

	// Connect envelopes: { flags, text }.
	envelopes() {
		const out = [];
		for (let at = 0; at + 5 <= this.bytes.length;) {
			const len = this.bytes.readUInt32BE(at + 1);
			if (at + 5 + len > this.bytes.length) break;
			out.push({ flags: this.bytes[at], data: this.bytes.subarray(at + 5, at + 5 + len),
				text: this.bytes.subarray(at + 5, at + 5 + len).toString() });
			at += 5 + len;
		}
		return out;
	}
}

export function envelope(text) {
	const b = Buffer.alloc(5 + Buffer.byteLength(text));
	b.writeUInt32BE(b.length - 5, 1);
	b.write(text, 5);
	return b;
}

// A subscription by Connect's JSON; message: of the request.
export const subscribe = (base, headers, message = {}, more = {}) => new Reader(base, 'POST', METHOD,
	{ 'content-type': 'application/connect+json', 'connect-protocol-version': '1', ...headers },
	envelope(JSON.stringify(message)), more);

export const events = (base, headers, target = '/events', more = {}) =>
	new Reader(base, 'GET', target, { accept: 'text/event-stream', ...headers }, null, more);
