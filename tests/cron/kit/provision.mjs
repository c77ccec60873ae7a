// What tests of sign-up's programs share: TAP, SQL in both databases, the
// programs with a state of their own, locks held elsewhere, registrations as a
// sign-up leaves them, and a Stripe on loopback.
import { spawn } from 'node:child_process';
import crypto from 'node:crypto';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';

import { Stripe } from '../../service/kit/stripe.mjs';
import { parseForm } from '../../service/kit/stripe_form.mjs';
import { psql, superuser } from '../../psql.mjs';
import { quickest, until as waited } from '../../wait.mjs';

const { BUILD, TEST_DIR, DATABASE_URL, IDENTITY_DATABASE_URL } = process.env;

export const ALERTS = 'alerts@mirai.example';
// Of "Correct-Horse-7!": what a sign-up stores.
export const HASH = '$2a$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy';

// --- TAP -------------------------------------------------------------------------

let count = 0;
let failed = 0;

export function ok(good, name, detail) {
	count++;
	if (!good)
		failed++;
	console.log(`${good ? 'ok' : 'not ok'} ${count} - ${name.replaceAll('#', '')}`);
	if (!good && detail !== undefined)
		console.log(`# ${String(detail).replaceAll('\n', '\n# ')}`);
	return good;
}

export function is(got, want, name) {
	const [g, w] = [got, want].map((x) => JSON.stringify(x));
	return ok(g === w, name, `got  ${g}\nwant ${w}`);
}

export function done() {
	console.log(`1..${count}`);
	process.exit(failed === 0 ? 0 : 1);
}

// --- SQL, as the superuser of the cluster ------------------------------------------

export const app = (text) => psql(superuser(DATABASE_URL), text);
export const ident = (text) => psql(superuser(IDENTITY_DATABASE_URL), text);
export const quote = (s) => s === null ? 'NULL' : `'${String(s).replaceAll("'", "''")}'`;

// A transaction that stays open: what it locks, others wait for.
export async function hold(where, text) {
	const child = spawn('psql', ['-qAtX', '-v', 'ON_ERROR_STOP=1',
		superuser(where === 'identity' ? IDENTITY_DATABASE_URL : DATABASE_URL)],
	{ stdio: ['pipe', 'pipe', 'inherit'] });
	let said = '';
	child.stdout.on('data', (d) => { said += d; });
	child.stdin.write(`BEGIN;\n${text};\n\\echo held\n`);
	if (!await until(() => said.includes('held'), `the lock: ${text}`))
		throw new Error(`not held: ${text}`);
	return async () => {
		child.stdin.end('ROLLBACK;\n');
		await once(child, 'close');
	};
}

export async function until(test, name) {
	const come = await waited(test);
	if (!come)
		console.log(`# waited in vain: ${name}`);
	return come;
}

// Whether mirai-provision, which runs, takes notice of work at once: makes some
// again and again, each when that before is done, and so just after it looked;
// without a word it would look every ten seconds.
export async function wakes(make, isDone) {
	const once = async () => {
		const work = await make();
		return until(() => isDone(work), 'the work');
	};
	await once();
	const { ms } = await quickest(once, 5000);
	return ms;
}

// Others' tests run in the same cluster.
const OURS = `datname IN (${[DATABASE_URL, IDENTITY_DATABASE_URL].map((url) => quote(/dbname=(\S+)/.exec(url)[1])).join(', ')})`;

// How many programs wait for a lock in one of the databases.
export const blocked = () => Number(app(`SELECT count(*) FROM pg_stat_activity
	WHERE ${OURS} AND usename LIKE 'mirai%' AND wait_event_type = 'Lock'`));

// What a killed program asked for last may still be at work.
const busy = (name) => app(`SELECT usename, application_name, state, wait_event_type, wait_event, now() - query_start, query
	FROM pg_stat_activity WHERE ${OURS} AND (application_name = ${quote(name)} OR usename = 'mirai_identity')`);

export async function quiet(name) {
	if (!await until(() => busy(name) === '', `${name} to leave the database`))
		console.log(busy(name).replace(/^/gm, '# '));
}

// --- programs -----------------------------------------------------------------------

let hosts = 0;

// A host: its state and its configuration. lines: more of it.
export function host(lines = [], alert = [`alert.address ${ALERTS}`]) {
	const dir = path.join(TEST_DIR, `host${++hosts}`);
	fs.mkdirSync(dir, { recursive: true });
	const file = `${dir}.conf`;
	fs.writeFileSync(file, [`state.dir ${dir}`, `cache.path ${dir}/cache.db`,
		'url.app https://app.example.com', ...alert, ...lines, ''].join('\n'));
	return file;
}

export const paying = (stripe) => [`stripe.api ${stripe.base}`, `stripe.secret_key ${stripe.key}`,
	'stripe.starter_price price_starter', 'stripe.pro_price price_pro'];

export function start(program, conf, ...args) {
	const env = { ...process.env };
	delete env.MIRAI_STATE; // each configuration has a lock of its own, as hosts have
	const child = spawn(path.join(BUILD, 'bin', program), [...args, '-f', conf],
		{ env, stdio: ['ignore', 'pipe', 'pipe'] });
	child.text = '';
	for (const s of [child.stdout, child.stderr])
		s.on('data', (d) => { child.text += d; });
	child.done = once(child, 'close').then(([code]) => code);
	return child;
}

export async function run(program, conf, ...args) {
	const child = start(program, conf, ...args);
	return { code: await child.done, text: child.text };
}

export const provision = (conf, ...args) => run('mirai-provision', conf, '-1', ...args);

// The command line: options follow the verb.
export async function mirai(conf, ...args) {
	const env = { ...process.env, MIRAI_CONF: conf };
	const child = spawn(path.join(BUILD, 'bin/mirai'), args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
	let text = '';
	let errors = '';
	child.stdout.on('data', (d) => { text += d; });
	child.stderr.on('data', (d) => { errors += d; });
	const [code] = await once(child, 'close');
	return { code, text, errors };
}

export async function kill(child) {
	child.kill('SIGKILL');
	await child.done;
}

// --- Stripe ---------------------------------------------------------------------------

export async function openStripe() {
	const stripe = new Stripe({ hook: null });
	await stripe.listen();
	return stripe;
}

const form = (o) => parseForm(Object.entries(o)
	.map((kv) => kv.map(encodeURIComponent).join('=')).join('&'));

// A checkout as a sign-up makes it; it is not paid yet.
export function checkout(stripe, registration, { plan = 'pro', seats = 7 } = {}) {
	const customer = stripe.createCustomer(form({ email: 'buyer@example.com' })).id;
	return stripe.createSession(form({
		mode: 'subscription', customer, success_url: 'https://get.example.com/',
		'line_items[0][price]': `price_${plan}`, 'line_items[0][quantity]': seats,
		'metadata[company_id]': '00000000-0000-0000-0000-000000000000',
		'metadata[plan]': plan, 'metadata[registration_id]': registration,
		'subscription_data[metadata][registration_id]': registration,
	}));
}

// --- registrations -----------------------------------------------------------------------

let people = 0;

// Inserts one; its id, address and what it was made of. more: columns as SQL.
export function register({ company, status = 'paid', email, session = null, subscription = null,
	customer = null, plan = 'starter', seats = 3, hash = HASH, ...more } = {}) {
	const r = { id: crypto.randomUUID(), email: email ?? `person${++people}@sign-up.example` };
	r.company = company ?? `Company ${people}`;
	const columns = { id: quote(r.id), email: quote(r.email), password_hash: quote(hash),
		first_name: quote('Ada'), last_name: quote('Byron'), company_name: quote(r.company),
		industry: quote('Chemistry'), team_size: quote('11-50'), plan: quote(plan),
		seat_count: seats, status: quote(status), checkout_session_id: quote(session),
		stripe_customer_id: quote(customer), stripe_subscription_id: quote(subscription), ...more };
	app(`INSERT INTO pending_registrations (${Object.keys(columns).join(', ')})
		VALUES (${Object.values(columns).join(', ')})`);
	return r;
}

// One that was paid at Stripe, as the webhook leaves it.
export async function bought(stripe, { plan = 'pro', seats = 7, told = true, ...more } = {}) {
	const id = crypto.randomUUID();
	const session = checkout(stripe, id, { plan, seats });
	await stripe.pay(session.id);
	const r = register({ session: session.id, status: told ? 'paid' : 'pending',
		subscription: told ? session.subscription : null, customer: session.customer, plan,
		...more, id: quote(id) });
	return { ...r, id, session: session.id, subscription: session.subscription,
		customer: session.customer };
}

export const status = (r) => app(`SELECT status FROM pending_registrations WHERE id = '${r.id}'`);

// The people of an address in the identity database.
export const identities = (r) => ident(`SELECT count(*) FROM identities
	WHERE traits->>'email' = ${quote(r.email)}`);

// What exists of one: identity tenant company user folder welcome registration.
export function exists(r, people = identities(r)) {
	const name = quote(r.company);
	const rest = app(`SELECT
		(SELECT count(*) FROM tenants WHERE name = ${name}) || ' ' ||
		(SELECT count(*) FROM companies WHERE name = ${name}) || ' ' ||
		(SELECT count(*) FROM users u JOIN companies c ON c.id = u.company_id
			WHERE c.name = ${name} AND u.role = 'admin') || ' ' ||
		(SELECT count(*) FROM folders f JOIN companies c USING (tenant_id)
			WHERE c.name = ${name} AND f.type = 'LIBRARY') || ' ' ||
		(SELECT count(*) FROM mail_outbox WHERE kind = 'welcome' AND recipient = ${quote(r.email)})
		|| ' ' || (SELECT count(*) FROM pending_registrations WHERE id = '${r.id}')`);
	return `${people} ${rest}`;
}

export const WHOLE = '1 1 1 1 1 1 0';

// Time passes for a registration, or for all.
export function age(minutes, r = null) {
	const by = `interval '${minutes} minutes'`;
	app(`UPDATE pending_registrations SET created_at = created_at - ${by},
		updated_at = updated_at - ${by}, next_attempt_at = next_attempt_at - ${by},
		lease_until = lease_until - ${by} WHERE ${r === null ? 'true' : `id = '${r.id}'`}`);
	app(`UPDATE schedules SET ran_at = ran_at - ${by}`);
}

export const alerts = (like) => Number(app(`SELECT count(*) FROM mail_outbox
	WHERE kind = 'alert' AND recipient = ${quote(ALERTS)}
	AND payload->>'subject' ILIKE ${quote(`%${like}%`)}`));
export const alertText = (like) => app(`SELECT payload->>'text' FROM mail_outbox
	WHERE kind = 'alert' AND payload->>'subject' ILIKE ${quote(`%${like}%`)}
	ORDER BY created_at DESC LIMIT 1`);

export function clear(stripe = null) {
	stripe?.sessions.clear(); // else its payments would belong to nobody
	app(`DELETE FROM pending_registrations; DELETE FROM mail_outbox; DELETE FROM compensations;
		DELETE FROM schedules; DELETE FROM stripe_events; DELETE FROM tenants`);
	ident('DELETE FROM identities');
}
