// mirai-provision killed at every step: a lock or a silent server holds it
// there. Afterwards the next run finds what there is and goes on: exactly one
// identity, tenant, company, user and welcome mail, and no registration left.
// And several at once, on several hosts.
import {
	WHOLE, app, blocked, bought, clear, done, exists, hold, host, identities, is, kill,
	ok, openStripe, paying, provision, quiet, run, start, status, until,
} from './kit/provision.mjs';

const NAME = 'mirai-provision';
const stripe = await openStripe();
const conf = host(paying(stripe));
const here = (r) => `SELECT FROM pending_registrations WHERE id = '${r.id}' FOR UPDATE`;
const waits = (what) => until(() => blocked() > 0, `${NAME} to wait ${what}`);

// The lease is over, whoever had it.
const leaseEnds = () => app(`UPDATE pending_registrations SET lease_until = now()
	WHERE lease_until IS NOT NULL; UPDATE compensations SET lease_until = now(),
	next_attempt_at = now()`);

async function after(r, free, name) {
	for (const f of free)
		await f();
	await quiet(NAME);
	leaseEnds();
	is((await provision(conf)).code, 0, `acceptance 3: killed ${name}: the next run ends well`);
	is(exists(r), WHOLE, `acceptance 3: killed ${name}: exactly one identity, tenant, company, user; no registration left`);
	const company = app(`SELECT id FROM companies WHERE stripe_subscription_id = '${r.subscription}'`);
	is(stripe.subscriptions.get(r.subscription).metadata.company_id, company, 'Stripe knows the company');
	is(app('SELECT count(*) FROM compensations'), '0', 'nothing is left to do');
}

{
	const r = await bought(stripe);
	const free = await hold('app', here(r));
	const child = start(NAME, conf, '-1');
	await child.done;
	is(status(r), 'paid', 'one that somebody else holds is passed over');
	await free();
	await provision(conf);
	is(exists(r), WHOLE, 'and done later');
}

{
	const r = await bought(stripe);
	stripe.fault('hang', { path: new RegExp(r.subscription) });
	const child = start(NAME, conf, '-1');
	await until(() => stripe.requests.some((q) => q.path.includes(r.subscription)), 'Stripe to be asked');
	is(status(r), 'provisioning', 'claimed');
	await kill(child);
	is(exists(r), '0 0 0 0 0 0 1', 'nothing is there yet');
	const other = await run(NAME, host(paying(stripe)), '-1', '-v');
	ok(!other.text.includes(r.id), 'while its lease lasts nobody else takes it', other.text);
	await after(r, [], 'while it asked Stripe');
}

{
	const r = await bought(stripe);
	const free = await hold('identity', 'LOCK TABLE identities IN ACCESS EXCLUSIVE MODE');
	const child = start(NAME, conf, '-1');
	await waits('for the identity database');
	await kill(child);
	await after(r, [free], 'before the identity');
}

{
	const r = await bought(stripe);
	const freeIdentities = await hold('identity', 'LOCK TABLE identities IN ACCESS EXCLUSIVE MODE');
	const child = start(NAME, conf, '-1');
	await waits('for the identity database');
	const freeRow = await hold('app', here(r));
	await freeIdentities();
	ok(await until(() => identities(r) === '1', 'the identity'), 'the identity is made');
	await waits('for the row');
	await kill(child);
	await after(r, [freeRow], 'after the identity, before that is noted');
}

for (const [table, name] of [['tenants', 'before the company'], ['mail_outbox', 'before the welcome mail'],
	['compensations', 'before the note for Stripe'], ['audit_log', 'while the company was made']]) {
	const r = await bought(stripe);
	const free = await hold('app', `LOCK TABLE ${table} IN ACCESS EXCLUSIVE MODE`);
	const child = start(NAME, conf, '-1');
	await waits(`for ${table}`);
	is(identities(r), '1', 'the identity is made');
	await kill(child);
	await after(r, [free], name);
}

{
	const r = await bought(stripe);
	stripe.fault('hang', { method: 'POST', path: /customers/ });
	const child = start(NAME, conf, '-1');
	await until(() => stripe.requests.some((q) => q.method === 'POST' && q.path.includes(r.customer)),
		'Stripe to be told');
	is(exists(r), WHOLE, 'after the commit all is there');
	await kill(child);
	await after(r, [], 'while Stripe was told');
}

{
	const r = await bought(stripe);
	stripe.fault('lose', { method: 'POST', path: /customers/, times: 9 });
	await provision(conf);
	stripe.faults.length = 0;
	is(app('SELECT attempts FROM compensations'), '1', 'an answer of Stripe that got lost');
	await after(r, [], 'not at all, but unheard');
}

// --- at any moment -----------------------------------------------------------------------

{
	const all = [];
	for (let i = 0; i < 6; i++)
		all.push(await bought(stripe));
	for (let i = 0; i < 25; i++) {
		const child = start(NAME, conf, '-1');
		await new Promise((go) => { setTimeout(go, 25 + (i * 37) % 90); });
		await kill(child);
		leaseEnds();
	}
	await quiet(NAME);
	leaseEnds();
	app('UPDATE pending_registrations SET attempts = 0, next_attempt_at = now()');
	await provision(conf);
	is(all.filter((r) => exists(r) !== WHOLE).map((r) => `${r.id} ${exists(r)}`), [],
		'killed at any moment, again and again, all have one of everything');
	clear(stripe);
}

// --- several at once -----------------------------------------------------------------------

{
	const all = [];
	for (let i = 0; i < 12; i++)
		all.push(await bought(stripe));
	const runs = await Promise.all(Array.from({ length: 5 }, () =>
		run(NAME, host(paying(stripe)), '-1', '-v')));
	is(runs.map((x) => x.code), [0, 0, 0, 0, 0], 'five runs at once, on five hosts');
	is(all.filter((r) => exists(r) !== WHOLE).map((r) => `${r.id} ${exists(r)}`), [], 'make one of everything');
	const told = runs.map((x) => x.text).join('');
	is(all.map((r) => told.split(`registration ${r.id}:`).length - 1).filter((n) => n !== 1), [],
		'each is done by one of them');
	is(app(`SELECT count(*) FROM mail_outbox WHERE kind = 'alert'`), '0', 'and nobody is alarmed');
}

{
	const one = start(NAME, conf);
	await until(() => app(`SELECT count(*) FROM pg_stat_activity
		WHERE datname = current_database() AND application_name = '${NAME}'`) !== '0', 'it to be there');
	is((await run(NAME, conf, '-1')).code, 0, 'on one host a second run leaves at once');
	one.kill('SIGTERM');
	await one.done;
}

// --- a lease that was lost ---------------------------------------------------------------------

{
	const r = await bought(stripe);
	const free = await hold('app', 'LOCK TABLE companies IN ACCESS EXCLUSIVE MODE');
	const late = start(NAME, conf, '-1');
	await waits('for the companies');
	leaseEnds();
	const other = start(NAME, host(paying(stripe)), '-1');
	await until(() => blocked() === 2, 'both to wait');
	await free();
	is([await late.done, await other.done], [0, 0], 'one that took too long and one that took over');
	is(exists(r), WHOLE, 'make one of everything together');
	is(app(`SELECT count(*) FROM mail_outbox WHERE kind = 'alert'`), '0', 'and nobody is alarmed');
}

await stripe.close();
done();
