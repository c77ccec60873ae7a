// mirai-account on a socket of its own, with a Stripe on loopback, for tests of
// signing up and paying. Limits are off unless a test asks for them.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { callFastCgi } from './fastcgi.mjs';
import { psql, superuser } from '../../psql.mjs';
import { childrenOf, kill, until } from '../../wait.mjs';

const { BUILD, SRCDIR, TEST_DIR } = process.env;

// --- TAP ---------------------------------------------------------------------

let count = 0;

export function ok(good, name) {
	count++;
	console.log(`${good ? 'ok' : 'not ok'} ${count} - ${name}`);
	return good;
}

export function is(got, want, name) {
	const same = JSON.stringify(got) === JSON.stringify(want);
	ok(same, name);
	if (!same)
		console.log(`#   got: ${JSON.stringify(got)}\n#  want: ${JSON.stringify(want)}`);
	return same;
}

export function done() {
	console.log(`1..${count}`);
}

// --- databases -----------------------------------------------------------------

export const sql = (text) => psql(superuser(process.env.DATABASE_URL), text);
export const identitySql = (text) => psql(superuser(process.env.IDENTITY_DATABASE_URL), text);

export function loadFixtures() {
	for (const [url, file] of [[process.env.DATABASE_URL, 'app'],
		[process.env.IDENTITY_DATABASE_URL, 'identity']])
		psql(superuser(url), `BEGIN;\n\\i ${path.join(SRCDIR, `tests/fixtures/${file}.sql`)}\nCOMMIT`);
}

// --- the program -----------------------------------------------------------------

// "owner@acme" of the fixtures.
export const tokenOf = (who) => `ory_st_${who.replace('@', '').padEnd(32, '0')}`;

export class Account {
	// conf: further lines; stripe: a Stripe of stripe.mjs that listens, or null.
	constructor({ conf = [], stripe = null, workers = 4, name = 'account', env = {} } = {}) {
		this.name = name;
		this.env = { ...process.env, ...env };
		this.workers = workers;
		this.socket = path.join(TEST_DIR, `${name}.sock`);
		this.conf = path.join(TEST_DIR, `${name}.conf`);
		const own = new Set(conf.map((line) => line.split(' ')[0]));
		const paid = stripe === null ? [] : [`stripe.api ${stripe.base}`,
			`stripe.secret_key ${stripe.key}`, `stripe.webhook_secret ${stripe.secret}`,
			'stripe.starter_price price_starter', 'stripe.pro_price price_pro'];
		const usual = [`state.dir ${TEST_DIR}`, `cache.path ${TEST_DIR}/cache.db`,
			'log.level info', 'accounts.limits no', 'identity.limits no',
			'identity.argon2.memory 256K', 'identity.argon2.passes 1',
			'identity.secrets 0123456789abcdef0123', 'url.app http://app.test',
			'url.marketing http://get.test', 'proxies 127.0.0.1',
			'sales.address sales@mirai.example', 'alert.address ops@mirai.example', ...paid]
			.filter((line) => !own.has(line.split(' ')[0]));
		fs.writeFileSync(this.conf, [...usual, ...conf, ''].join('\n'), { mode: 0o600 });
	}

	log() {
		return fs.readFileSync(path.join(TEST_DIR, `${this.name}.log`), 'utf8');
	}

	async start() {
		const log = fs.openSync(path.join(TEST_DIR, `${this.name}.log`), 'a');
		this.pool = spawn(path.join(BUILD, 'bin/mirai-account'), ['-f', this.conf, '-s', this.socket,
			'-w', String(this.workers)], { stdio: ['ignore', log, log], env: this.env });
		if (!await until(async () => (await this.call('HealthService/Check', {})).status !== 0))
			throw new Error(`mirai-account does not start:\n${this.log()}`);
		return this;
	}

	async stop() {
		this.pool.kill('SIGTERM');
		await once(this.pool, 'exit');
	}

	// Kills every process of the pool.
	async kill() {
		const gone = once(this.pool, 'exit');
		await kill([this.pool.pid, ...childrenOf(this.pool.pid)]);
		await gone;
		fs.rmSync(this.socket, { force: true });
	}

	// from: the client's address; as: someone of the fixtures.
	call(method, message, { as = null, from = null, headers = {} } = {}) {
		return callFastCgi(this.socket, `/mirai.v1.${method}`, {
			...(as === null ? {} : { authorization: `Bearer ${tokenOf(as)}` }),
			...(from === null ? {} : { 'x-forwarded-for': from }), ...headers }, message);
	}
}
