// The programs that deal with payments, with a Stripe on loopback behind them
// and the people of tests/fixtures before them.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { callFastCgi, requestFastCgi } from './fastcgi.mjs';
import { Stripe } from './stripe.mjs';
import { psql, superuser } from '../../psql.mjs';
import { childrenOf, kill, until } from '../../wait.mjs';

const { BUILD, SRCDIR, TEST_DIR } = process.env;
const CONF = path.join(TEST_DIR, 'mirai.conf');
const WEBHOOK = '/api/v1/billing/webhook';

export const ACME = 'a1000000-0000-4000-8000-000000000000';
export const OTHER = 'b1000000-0000-4000-8000-000000000000';
export const NOBODY = '00000000-0000-0000-0000-000000000000';

// --- TAP -----------------------------------------------------------------------

let count = 0;

export function ok(good, name, got) {
	count++;
	console.log(`${good ? 'ok' : 'not ok'} ${count} - ${name}`);
	if (!good && got !== undefined)
		console.log(`# got: ${JSON.stringify(got)}`);
}

export function is(got, want, name) {
	ok(JSON.stringify(got) === JSON.stringify(want), name, got);
	if (JSON.stringify(got) !== JSON.stringify(want))
		console.log(`# want: ${JSON.stringify(want)}`);
}

export const done = () => console.log(`1..${count}`);

// --- databases -------------------------------------------------------------------

export const sql = (text) => psql(superuser(process.env.DATABASE_URL), text);

export const rows = (text) => JSON.parse(sql(`SELECT coalesce(json_agg(t), '[]') FROM (${text}) t`));

function loadFixtures() {
	for (const [url, file] of [[process.env.DATABASE_URL, 'app'],
		[process.env.IDENTITY_DATABASE_URL, 'identity']])
		execFileSync('psql', ['-qAtX1', '-v', 'ON_ERROR_STOP=1', superuser(url), '-f',
			path.join(SRCDIR, `tests/fixtures/${file}.sql`)], { stdio: 'ignore' });
}

export const company = (id = ACME) => rows(`SELECT plan, subscription_status AS status,
	seat_count AS seats, stripe_customer_id AS customer, stripe_subscription_id AS subscription
	FROM companies WHERE id = '${id}'`)[0];

// What a test begins with.
export function setCompany(id, { plan = 'starter', status = 'none', seats = 0, customer = null,
	subscription = null }) {
	const text = (s) => s === null ? 'NULL' : `'${s}'`;
	sql(`UPDATE companies SET plan = '${plan}', subscription_status = '${status}',
		seat_count = ${seats}, stripe_customer_id = ${text(customer)},
		stripe_subscription_id = ${text(subscription)} WHERE id = '${id}'`);
}

export function register({ session = null, status = 'pending', email, seats = 3, plan = 'pro' }) {
	return sql(`INSERT INTO pending_registrations (checkout_session_id, email, password_hash,
		first_name, last_name, company_name, plan, seat_count, status)
		VALUES (${session === null ? 'NULL' : `'${session}'`}, '${email}', '$2a$10$x', 'A', 'B',
		'New', '${plan}', ${seats}, '${status}') RETURNING id`);
}

export const mails = (kind) => rows(`SELECT recipient, payload FROM mail_outbox
	WHERE kind = '${kind}' ORDER BY recipient, created_at`);

// --- programs --------------------------------------------------------------------------

export class Payments {
	constructor(more = {}) {
		this.more = more; // of mirai.conf
		this.pools = new Map();
	}

	async begin({ programs = ['hook', 'account'], ...options } = {}) {
		loadFixtures();
		this.stripe = new Stripe(options);
		await this.stripe.listen();
		this.stripe.hook = (headers, body) => this.post(headers, body).then((r) => r.status);
		this.configure();
		for (const p of programs)
			await this.start(p);
		return this.stripe;
	}

	configure(more = {}) {
		const all = { 'cache.path': path.join(TEST_DIR, 'cache.db'), 'stripe.api': this.stripe.base,
			'stripe.secret_key': this.stripe.key, 'stripe.webhook_secret': this.stripe.secret,
			'stripe.starter_price': 'price_starter', 'stripe.pro_price': 'price_pro',
			'alert.address': 'ops@example.org', 'url.app': 'https://app.example.org',
			'url.marketing': 'https://get.example.org', 'url.api': 'https://api.example.org',
			...this.more, ...more };
		fs.writeFileSync(CONF, Object.entries(all).filter(([, v]) => v !== null)
			.map(([k, v]) => `${k} ${v}\n`).join(''));
	}

	socket(name) {
		return path.join(TEST_DIR, `${name}.sock`);
	}

	async start(name, workers = 5) {
		const log = fs.openSync(path.join(TEST_DIR, `${name}.log`), 'a');
		const pool = spawn(path.join(BUILD, `bin/mirai-${name}`), ['-f', CONF, '-s', this.socket(name),
			'-w', String(workers)], { stdio: ['ignore', log, log] });
		this.pools.set(name, pool);
		const healthy = async () => (await requestFastCgi(this.socket(name), { target: '/health' })).status === 200;
		if (!await until(async () => pool.exitCode !== null || healthy()) || !await healthy())
			throw new Error(`mirai-${name} does not start:\n${this.log(name)}`);
	}

	async stop(name) {
		const pool = this.pools.get(name);
		this.pools.delete(name);
		const gone = once(pool, 'exit');
		pool.kill('SIGTERM');
		await gone;
	}

	// The supervisor and all its workers, at once.
	async kill(name) {
		const pool = this.pools.get(name);
		this.pools.delete(name);
		const gone = once(pool, 'exit');
		await kill([pool.pid, ...childrenOf(pool.pid)]);
		await gone;
	}

	async restart(name, more) {
		await this.stop(name);
		this.configure(more);
		await this.start(name);
	}

	async end() {
		for (const name of [...this.pools.keys()])
			await this.stop(name);
		await this.stripe.close();
	}

	log(name) {
		return fs.readFileSync(path.join(TEST_DIR, `${name}.log`), 'utf8');
	}

	post(headers, body, { target = WEBHOOK, method = 'POST', length } = {}) {
		return requestFastCgi(this.socket('hook'), { method, target, headers, body, length });
	}

	// A call of BillingService as one of the fixtures' people.
	call(who, method, message = {}, headers = {}) {
		return callFastCgi(this.socket('account'), `/mirai.v1.BillingService/${method}`, {
			...(who && { authorization: `Bearer ory_st_${who.replace('@', '').padEnd(32, '0')}` }),
			...headers }, message);
	}
}
