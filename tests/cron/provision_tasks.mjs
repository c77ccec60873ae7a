// The compensation queue: what each kind does elsewhere, what is repeated, what
// is given up and told.
import crypto from 'node:crypto';

import {
	WHOLE, alertText, alerts, app, bought, clear, done, exists, host, ident, identities, is,
	kill, ok, openStripe, paying, provision, quote, register, run, start, until, wakes,
} from './kit/provision.mjs';

const stripe = await openStripe();
const conf = host(paying(stripe));

const left = () => app('SELECT count(*) FROM compensations WHERE failed_at IS NULL');
const due = () => app(`UPDATE compensations SET next_attempt_at = now(), lease_until = NULL`);
function queue(kind, payload, tenant = null) {
	const id = crypto.randomUUID();
	app(`INSERT INTO compensations (id, kind, payload, tenant_id) VALUES ('${id}', ${quote(kind)},
		${quote(JSON.stringify(payload))}, ${tenant === null ? 'NULL' : quote(tenant)})`);
	return id;
}

// One person with an account; and one whose company never came to be.
const owned = await bought(stripe);
await provision(conf);
is(exists(owned), WHOLE, 'somebody has an account');
const orphan = register();
await provision(host());
app(`DELETE FROM users WHERE company_id = (SELECT id FROM companies WHERE name = ${quote(orphan.company)})`);
const idOf = (r) => ident(`SELECT id FROM identities WHERE traits->>'email' = ${quote(r.email)}`);

{
	queue('delete_identity', { identity_id: idOf(orphan) });
	queue('delete_identity', { identity_id: idOf(owned) });
	queue('delete_identity', { identity_id: crypto.randomUUID() });
	is((await provision(conf)).code, 0, 'logins that nobody came to own');
	is([identities(orphan), identities(owned)], ['0', '1'], 'are removed, others stay');
	is(left(), '0', 'one that is gone already is fine');
}

{
	const id = idOf(owned);
	ident(`INSERT INTO sessions (identity_id, token_hash, expires_at)
		SELECT '${id}', sha256('x'), now() + interval '1 day'`);
	is(ident(`SELECT count(*) FROM sessions WHERE identity_id = '${id}' AND active`), '1', 'a session');
	queue('revoke_sessions', { identity_id: id });
	await provision(conf);
	is(ident(`SELECT count(*) FROM sessions WHERE identity_id = '${id}' AND active`), '0', 'is ended');
	is(left(), '0', 'and that is done');
}

{
	const id = idOf(owned);
	const customer = owned.customer;
	const tenantOf = (r) => app(`SELECT tenant_id FROM companies WHERE name = ${quote(r.company)}`);
	const active = () => ident(`SELECT count(*) FROM sessions WHERE identity_id = '${id}' AND active`);
	const [theirs, other] = [tenantOf(owned), tenantOf(orphan)];
	ident(`INSERT INTO sessions (identity_id, token_hash, expires_at)
		SELECT '${id}', sha256('y'), now() + interval '1 day'`);
	const name = stripe.customers.get(customer).name;
	queue('revoke_sessions', { identity_id: id }, other);
	queue('customer_name', { customer_id: customer, name: 'Foreign' }, other);
	const got = await provision(conf);
	is([active(), stripe.customers.get(customer).name], ['1', name],
		"what a tenant queues about another one's people and customers is not done");
	is(got.text.match(/of another tenant, dropped/g)?.length, 2, 'and said');
	queue('revoke_sessions', { identity_id: id }, theirs);
	queue('customer_name', { customer_id: customer, name: 'Own' }, theirs);
	await provision(conf);
	is([active(), stripe.customers.get(customer).name], ['0', 'Own'], 'its own are');
	is(left(), '0', 'nothing is left of either');
}

{
	const s = stripe.createSession; // a checkout that stays open
	void s;
	const open = await bought(stripe, { told: false });
	const session = stripe.sessions.get(open.session);
	Object.assign(session, { status: 'open' });
	queue('checkout_expire', { session_id: open.session });
	queue('customer_name', { customer_id: open.customer, name: 'New Name' });
	await provision(conf);
	is(session.status, 'expired', 'a checkout is ended');
	is(stripe.customers.get(open.customer).name, 'New Name', 'a customer gets a name');
	Object.assign(session, { status: 'complete' });
	queue('checkout_expire', { session_id: open.session });
	queue('checkout_expire', { session_id: 'cs_test_unknown' });
	await provision(conf);
	is(left(), '0', 'one that is complete, or unknown, is nothing to repeat');
}

{
	const ids = [queue('dance', {}), queue('delete_identity', { identity_id: 'nobody' }), queue('customer_name', {})];
	const got = await provision(conf);
	is(left(), '0', 'what is malformed is dropped');
	ok(ids.every((id) => got.text.includes(`${id}: malformed, dropped`)), 'and said', got.text);
}

{
	const customer = owned.customer;
	const id = queue('customer_name', { customer_id: customer, name: 'Later' });
	stripe.fault(503, { method: 'POST', path: /customers/, times: 3 });
	let got = await provision(conf);
	ok(got.text.includes(`task customer_name ${id}: try 1: no answer`), 'no answer: it is tried again', got.text);
	is(app(`SELECT attempts || ' ' || (next_attempt_at > now() + interval '5 seconds') FROM compensations`), '1 true', 'later');
	due();
	await provision(conf);
	is(stripe.customers.get(customer).name, 'Later', 'and done');

	queue('customer_name', { customer_id: customer, name: 'Never' });
	app('UPDATE compensations SET attempts = 19');
	stripe.fault(503, { method: 'POST', path: /customers/, times: 3 });
	got = await provision(conf);
	ok(got.text.includes('given up: no answer'), 'after 20 tries it is given up', got.text);
	is(left(), '0', 'and not tried again');
	is(alerts('customer_name was given up'), 1, 'an alert says so');
	ok(alertText('given up').includes('"Never"'), 'and what it was about', alertText('given up'));
	clear();
}

{
	queue('customer_name', { customer_id: owned.customer, name: 'x' });
	await provision(host());
	is(app('SELECT error FROM compensations'), 'no answer, or stripe.secret_key is not set', 'without a key it waits');
	const shown = (await provision(conf, '-n')).text;
	ok(/^task [0-9a-f-]{36} customer_name, try 2, not due yet\n$/.test(shown), '-n shows it', shown);
	clear();
}

{
	const ids = [];
	for (let i = 0; i < 10; i++) {
		const c = stripe.createCustomer({});
		ids.push(c.id);
		queue('customer_name', { customer_id: c.id, name: `n${i}` });
	}
	const before = stripe.requests.length;
	await Promise.all([1, 2, 3, 4].map(() => run('mirai-provision', host(paying(stripe)), '-1')));
	const posts = stripe.requests.slice(before).filter((q) => q.method === 'POST' && q.path.includes('/customers/'));
	is(posts.length, 10, 'four runs at once do each task once');
	is(left(), '0', 'all of them');
}

{
	const c = stripe.createCustomer({});
	queue('customer_name', { customer_id: c.id, name: 'after a kill' });
	stripe.fault('hang', { method: 'POST', path: new RegExp(c.id) });
	const child = start('mirai-provision', conf, '-1');
	await until(() => stripe.requests.some((q) => q.method === 'POST' && q.path.includes(c.id)), 'Stripe to be asked');
	await kill(child);
	is(left(), '1', 'killed in the middle, it is kept');
	await provision(conf);
	is(c.name, null, 'for as long as its lease lasts');
	due();
	await provision(conf);
	is(stripe.customers.get(c.id).name, 'after a kill', 'and done then');
}

{
	const child = start('mirai-provision', conf);
	const ms = await wakes(() => {
		const c = stripe.createCustomer({});
		queue('customer_name', { customer_id: c.id, name: 'woken' });
		app('NOTIFY mirai_provision');
		return c.id;
	}, (id) => stripe.customers.get(id).name === 'woken');
	ok(ms < 5000, 'a notification wakes it', ms);
	child.kill('SIGTERM');
	is(await child.done, 0, 'it ends when asked to');
}

await stripe.close();
done();
