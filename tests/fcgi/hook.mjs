// The webhook: what is refused; what each event changes, however often, in
// whatever order and together with whom it comes; and what happens when
// database or Stripe fail meanwhile.
import Official from 'stripe';
import { ACME, NOBODY, OTHER, Payments, company, done, is, mails, ok, register, rows, setCompany,
	sql } from '../service/kit/payments.mjs';
import { headerOf } from '../service/kit/fastcgi.mjs';
import { signature } from '../service/kit/stripe.mjs';
import { until } from '../wait.mjs';

const p = new Payments();
const stripe = await p.begin({ programs: ['hook'], auto: false });
const official = new Official(stripe.key, { apiVersion: '2023-10-16' });

const events = () => Number(sql('SELECT count(*) FROM stripe_events'));
const alerts = () => mails('alert').map((m) => m.payload.subject);
const since = (n) => alerts().slice(n);
const registrations = () => rows(`SELECT email, status, seat_count AS seats,
	stripe_customer_id AS customer, stripe_subscription_id AS subscription
	FROM pending_registrations ORDER BY email`);
const alertsBefore = () => alerts().length;

// A checkout as Register makes one.
function checkout({ companyId = NOBODY, registration = null, plan = 'pro', seats = 3, customer }) {
	const meta = { company_id: companyId, plan, ...(registration && { registration_id: registration }) };
	return stripe.createSession({ mode: 'subscription', success_url: 'https://x.org/',
		line_items: { 0: { price: `price_${plan}`, quantity: String(seats) } },
		...(customer && { customer }), metadata: meta, subscription_data: { metadata: meta } });
}

const newCustomer = () => stripe.createCustomer({ name: 'x' }).id;
const deliver = async (e, o) => (await stripe.deliver(e, o));

// --- what is refused -------------------------------------------------------------------

const some = JSON.stringify(stripe.event('customer.created', { id: 'cus_1', object: 'customer' }));
const signed = (body, at) => ({ 'stripe-signature': signature(stripe.secret, body, at) });
const now = Math.floor(Date.now() / 1000);

for (const target of ['/api/v1/billing/webhook', '/api/v1/webhooks/stripe']) {
	const good = await p.post(signed(some), some, { target });
	is([good.status, good.text], [200, '{"received":true}'], `${target}: a signed event is taken`);
	const get = await p.post({}, '', { target, method: 'GET' });
	is([get.status, headerOf(get, 'allow')], [405, 'POST'], `${target}: only POST`);
	is((await p.post({ origin: 'https://app.example.org' }, '', { target, method: 'OPTIONS' })).status, 405,
		`${target}: no preflight`);
	is(headerOf(await p.post({ ...signed(some), origin: 'https://app.example.org' }, some, { target }),
		'access-control-allow-origin'), null, `${target}: no cross-origin rules`);
}
is((await p.post(signed(some), some, { target: '/api/v1/billing/webhook/x' })).status, 404, 'no such path');

const bad = [
	['no signature', {}],
	['an empty signature', { 'stripe-signature': '' }],
	['another secret', { 'stripe-signature': signature('whsec_other', some) }],
	['the signature of another body', signed(`${some} `)],
	['a signature of six minutes ago', signed(some, now - 360)],
	['a signature of six minutes ahead', signed(some, now + 360)],
	['a signature of another kind', { 'stripe-signature':
		signature(stripe.secret, some).replace('v1=', 'v0=') }],
];
for (const [name, headers] of bad) {
	const r = await p.post(headers, some);
	is([r.status, r.json?.code], [400, 'BILLING_WEBHOOK_INVALID'], `${name}: refused`);
}
is((await p.post({ 'stripe-signature': official.webhooks.generateTestHeaderString({ payload: some,
	secret: stripe.secret }) }, some)).status, 200, 'the official client signs as Stripe does');
is((await p.post({ 'stripe-signature': `${signature('old', some)},${
	signature(stripe.secret, some).split(',')[1]}` }, some)).status, 200, 'one of several signatures is enough');

const large = JSON.stringify({ x: 'a'.repeat(1024 * 1024) });
is((await p.post(signed(large), large)).status, 413, 'more than 1 MiB is refused');
is((await p.post(signed(some), some, { length: some.length + 5 })).status, 400, 'a body cut short is refused');
for (const text of ['', '{', '[]', '{}', '{"id":"evt_1","type":"x","data":{}}', '\0'])
	is((await p.post(signed(text), text)).status, 400, `signed, but no event: ${JSON.stringify(text)}`);
const noObject = JSON.stringify({ id: 'evt_x', type: 'checkout.session.completed', data: { object: {} } });
is((await p.post(signed(noObject), noObject)).status, 400, 'signed, but about nothing');
is(events(), 0, 'nothing of all this is noted');

// --- registrations -----------------------------------------------------------------------

// Five at once, and again: paid once.
{
	const s = checkout({ seats: 7 });
	register({ session: s.id, email: 'five@example.org' });
	await stripe.pay(s.id);
	const e = stripe.events.find((x) => x.type === 'checkout.session.completed');
	is(await deliver(e, { times: 5 }), [200, 200, 200, 200, 200], 'five deliveries at once are all taken');
	is(registrations(), [{ email: 'five@example.org', status: 'paid', seats: 7, customer: s.customer,
		subscription: s.subscription }], 'it is paid, with what Stripe says');
	is(events(), 1, 'one event is noted');
	const before = sql('SELECT updated_at FROM pending_registrations');
	is(await deliver(e), [200], 'a late repetition is taken');
	is(await deliver(stripe.event('checkout.session.completed', s)), [200],
		'another event of the same checkout is taken');
	is(sql('SELECT updated_at FROM pending_registrations'), before, 'and changes nothing');
	is(alerts(), [], 'and alarms nobody');
	sql('DELETE FROM pending_registrations');
}

// Stripe's answer was not stored when Register was killed.
{
	const id = register({ email: 'unstored@example.org' });
	const s = checkout({ registration: id });
	await stripe.pay(s.id);
	is(await deliver(stripe.events.at(-1)), [200], 'a registration without session: taken');
	is(registrations().map((r) => r.status), ['paid'], 'found by its id');
	sql('DELETE FROM pending_registrations');
}

// Not paid yet, then paid; not paid, and never.
{
	const s = checkout({});
	register({ session: s.id, email: 'slow@example.org' });
	await stripe.pay(s.id, 'unpaid');
	is(await deliver(stripe.events.at(-1)), [200], 'a checkout that is not paid yet: taken');
	is(registrations()[0].status, 'pending', 'it waits');
	await stripe.settle(s.id, true);
	is(await deliver(stripe.events.at(-1)), [200], 'paid after days: taken');
	is(registrations()[0].status, 'paid', 'it is paid');
	const lost = stripe.event('checkout.session.async_payment_failed', s);
	is(await deliver(lost), [200], 'a failure that was told before and comes late: taken');
	is(registrations()[0].status, 'paid', 'it stays paid');
	sql('DELETE FROM pending_registrations');

	const t = checkout({});
	register({ session: t.id, email: 'never@example.org' });
	await stripe.pay(t.id, 'unpaid');
	await stripe.settle(t.id, false);
	is(await deliver(stripe.events.at(-1)), [200], 'a payment that failed after days: taken');
	is(registrations(), [], 'the registration is gone');
}

// Expired.
{
	const s = checkout({});
	register({ session: s.id, email: 'late@example.org' });
	is(await deliver(stripe.event('checkout.session.expired', s)), [200], 'told to be expired, but open: taken');
	is(registrations().length, 1, 'nothing happens');
	stripe.expireSession({}, s.id);
	is(await deliver(stripe.events.at(-1)), [200], 'an expired checkout: taken');
	is(registrations(), [], 'the registration is gone');
	const old = checkout({});
	register({ session: old.id, email: 'past@example.org' });
	sql("UPDATE pending_registrations SET expires_at = now() - interval '1 hour'");
	await stripe.pay(old.id);
	await deliver(stripe.events.at(-1));
	is(registrations()[0].status, 'paid', 'a registration past its time that was paid counts');
	sql('DELETE FROM pending_registrations');
}

// Somebody paid, and nobody knows whom for.
{
	const s = checkout({});
	await stripe.pay(s.id);
	const e = stripe.events.at(-1);
	is(await deliver(e, { times: 3 }), [200, 200, 200], 'paid without registration: taken');
	is(alerts(), ['a payment without a registration'], 'one mail to the operator');
	is(mails('alert')[0].recipient, 'ops@example.org', 'at the address for alerts');
	ok(mails('alert')[0].payload.text.includes(s.id), 'it names the checkout');
}

// --- companies ---------------------------------------------------------------------------------

{
	setCompany(ACME, {});
	const s = checkout({ companyId: ACME, plan: 'pro', seats: 12, customer: newCustomer() });
	await stripe.pay(s.id);
	const both = stripe.events.slice(-2);
	is(await deliver(both, { times: 3 }), Array(6).fill(200), 'a company that bought: taken');
	is(company(), { plan: 'pro', status: 'active', seats: 12, customer: s.customer,
		subscription: s.subscription }, 'it has what it bought');

	stripe.changeSubscription(s.subscription, { plan: 'starter', quantity: 4 });
	is(await deliver(stripe.events.at(-1)), [200], 'another plan and other seats: taken');
	is([company().plan, company().seats], ['starter', 4], 'the price decides the plan');

	const stale = stripe.events.at(-1);
	stale.id = 'evt_stale';
	stale.data.object.items.data[0].quantity = 99;
	stale.data.object.status = 'canceled';
	is(await deliver(stale), [200], 'an old event that comes late: taken');
	is([company().status, company().seats], ['active', 4], 'what Stripe says now counts');

	for (const [theirs, mine] of [['past_due', 'past_due'], ['active', 'active'], ['unpaid', 'past_due'],
		['trialing', 'active'], ['incomplete', 'active'], ['paused', 'none']]) {
		stripe.changeSubscription(s.subscription, { status: theirs });
		await deliver(stripe.events.at(-1));
		is(company().status, mine, `${theirs} at Stripe is ${mine} here`);
	}
	stripe.changeSubscription(s.subscription, { status: 'active', cancel_at_period_end: true });
	await deliver(stripe.events.at(-1));
	is([company().status, company().plan], ['active', 'starter'],
		'what ends with the period goes on until then');
}

// A price that is not ours: metadata, then what is stored.
{
	const sub = stripe.subscriptions.get(company().subscription);
	const price = sub.items.data[0].price;
	sub.items.data[0].price = { ...price, id: 'price_other' };
	sub.metadata.plan = 'pro';
	await deliver(stripe.event('customer.subscription.updated', sub));
	is(company().plan, 'pro', 'an unknown price: the plan of the metadata');
	sub.metadata.plan = 'enterprise';
	await deliver(stripe.event('customer.subscription.updated', sub));
	is(company().plan, 'pro', 'enterprise cannot be had by metadata');
	sub.items.data[0].price = price;
}

// Deleted: the stored one, another one.
{
	const { customer, subscription } = company();
	const other = stripe.subscribe(customer, 'pro', 9);
	is(await deliver(stripe.event('customer.subscription.updated', other)), [200],
		'an event of another subscription: taken');
	is(company().subscription, subscription, 'the stored one runs and stays');
	stripe.endSubscription(other.id);
	is(await deliver(stripe.events.at(-1)), [200], 'the other one ends: taken');
	is([company().subscription, company().status], [subscription, 'active'], 'the stored one stays');
	is(await deliver(stripe.event('customer.subscription.deleted', stripe.subscriptions.get(subscription))),
		[200], 'told to be deleted, but running: taken');
	is(company().status, 'active', 'nothing happens');
	stripe.endSubscription(subscription);
	is(await deliver(stripe.events.at(-1), { times: 2 }), [200, 200], 'the stored one ends: taken');
	is(company(), { plan: 'starter', status: 'canceled', seats: 0, customer, subscription: null },
		'the company is back at the beginning; the customer stays');
	const next = stripe.subscribe(customer, 'pro', 2);
	await deliver(stripe.event('customer.subscription.created', next));
	is([company().subscription, company().status, company().seats], [next.id, 'active', 2],
		'a new one of the same customer counts');
}

// The stored one ended, but that was not told yet.
{
	const { customer, subscription } = company();
	stripe.subscriptions.get(subscription).status = 'canceled';
	const next = stripe.subscribe(customer, 'starter', 3);
	await deliver(stripe.event('customer.subscription.updated', next));
	is(company().subscription, next.id, 'a running one replaces one that ended untold');
	await deliver(stripe.event('customer.subscription.deleted', stripe.subscriptions.get(subscription)));
	is(company().subscription, next.id, 'the end of the old one, told late, changes nothing');
}

// --- two subscriptions ---------------------------------------------------------------------------

const runningOf = () => stripe.runningOf(company().customer).map((x) => x.id);

for (const order of ['in order', 'the other way round', 'at once']) {
	const { customer, subscription } = company();
	const n = alertsBefore();
	stripe.subscriptions.get(subscription).created -= 1000;
	const first = checkout({ companyId: ACME, plan: 'starter', seats: 2, customer });
	const second = checkout({ companyId: ACME, plan: 'pro', seats: 6, customer });
	await stripe.pay(first.id);
	stripe.subscriptions.get(first.subscription).created -= 500;
	const a = stripe.events.at(-1);
	await stripe.pay(second.id);
	const b = stripe.events.at(-1);
	const told = order === 'at once' ? await deliver([a, b], { times: 3 })
		: [...await deliver(order === 'in order' ? a : b), ...await deliver(order === 'in order' ? b : a)];
	ok(told.every((x) => x === 200), `two purchases, ${order}: taken`, told);
	is(runningOf(), [second.subscription], `two purchases, ${order}: the last one runs, alone`);
	is([company().subscription, company().plan, company().seats], [second.subscription, 'pro', 6],
		`two purchases, ${order}: and is stored`);
	is(new Set(since(n)).size, 1, `two purchases, ${order}: the operator is told`);
	is(stripe.subscriptions.get(subscription).prorated, true, `two purchases, ${order}: the rest is credited`);
	for (const e of stripe.events.filter((x) => x.type === 'customer.subscription.deleted').slice(-2))
		await deliver(e);
	is(company().subscription, second.subscription, `two purchases, ${order}: the end of the others is no end`);
}

// The old one was cancelled, and then the machine failed: told all the same.
{
	const { customer, subscription } = company();
	const n = alertsBefore();
	const s = checkout({ companyId: ACME, plan: 'pro', seats: 3, customer });
	await stripe.pay(s.id);
	stripe.subscriptions.get(s.subscription).created += 10;
	const e = stripe.events.at(-1);
	sql("ALTER TABLE companies ADD CONSTRAINT broken CHECK (seat_count <> 3) NOT VALID");
	is(await deliver(e), [500], 'a database that fails after the old one was cancelled: again, please');
	is([stripe.subscriptions.get(subscription).status, company().subscription], ['canceled', subscription],
		'the old one has ended, the new one is not stored');
	sql('ALTER TABLE companies DROP CONSTRAINT broken');
	is(await deliver(e), [200], 'delivered again: taken');
	is(company().subscription, s.subscription, 'the new one is stored');
	is(since(n), ['a company had two subscriptions'], 'the operator is told once');
}

// --- mismatches ----------------------------------------------------------------------------------------

{
	const n = alertsBefore();
	const s = checkout({ companyId: 'd1000000-0000-4000-8000-000000000000' });
	await stripe.pay(s.id);
	is(await deliver(stripe.events.at(-1)), [200], 'paid for a company that is not there: taken');
	const t = checkout({ companyId: 'not-a-uuid' });
	await stripe.pay(t.id);
	is(await deliver(stripe.events.at(-1)), [200], 'paid for a company of no id: taken');
	is(since(n), ['a payment for no company', 'a payment for no company'], 'the operator is told of both');
}
{
	const n = alertsBefore();
	const before = [company(), company(OTHER)];
	const stranger = stripe.subscribe(newCustomer(), 'pro', 5);
	is(await deliver(stripe.event('customer.subscription.updated', stranger)), [200],
		'a customer that is none of ours: taken');
	is(await deliver(stripe.event('customer.subscription.deleted', stranger)), [200], 'also when it ends');
	await stripe.failPayment(stranger.id);
	is(await deliver(stripe.events.slice(-2)), [200, 200], 'also when it does not pay');
	is([company(), company(OTHER)], before, 'no company changes');
	is(since(n), [], 'nobody is alarmed');
	stranger.metadata.company_id = 'd1000000-0000-4000-8000-000000000000';
	stranger.status = 'active';
	await deliver(stripe.event('customer.subscription.updated', stranger));
	is(since(n), ['a subscription of no company'], 'one that names a company of ours is told');
}
{
	const n = alertsBefore();
	const { customer } = company();
	setCompany(OTHER, {});
	const s = checkout({ companyId: OTHER, plan: 'pro', seats: 4, customer });
	await stripe.pay(s.id);
	is(await deliver(stripe.events.at(-1)), [200], "a purchase with another company's customer: taken");
	is([company(OTHER).status, company(OTHER).customer], ['none', null], 'nothing is mixed up');
	is(since(n), ['a subscription of two companies'], 'the operator is told');
	stripe.endSubscription(s.subscription);
}
{
	const n = alertsBefore();
	const e = stripe.event('checkout.session.completed', { id: 'cs_test_unknown', object: 'checkout.session',
		customer: 'cus_unknown' });
	is(await deliver(e), [200], 'a checkout that Stripe does not know: taken');
	is(since(n), ['a payment that Stripe does not know'], 'the operator is told');
	const f = stripe.event('customer.subscription.deleted', { id: company().subscription.replace(/.$/, 'z'),
		object: 'subscription', customer: company().customer });
	is(await deliver(f), [200], 'a subscription that Stripe does not know: taken');
	is(company().status, 'active', 'and changes nothing');
}

// --- invoices --------------------------------------------------------------------------------------------

{
	const sub = company().subscription;
	const invoice = await stripe.failPayment(sub);
	const [failed] = stripe.events.slice(-2);
	is(await deliver(failed, { times: 4 }), [200, 200, 200, 200], 'a payment that failed: taken');
	is(company().status, 'past_due', 'the company is past due');
	const told = mails('payment_failed');
	is(told.map((m) => m.recipient), ['elder@acme.example', 'owner@acme.example'], 'its admins are told');
	ok(told.every((m) => m.payload.company === 'Acme'), 'by the name of the company', told);
	await stripe.settleInvoice(sub);
	await deliver(stripe.events.at(-1));
	is(company().status, 'active', 'paid: active again');
	is(await deliver({ ...failed, id: 'evt_late' }), [200], 'told of the failure late: taken');
	is([company().status, mails('payment_failed').length], ['active', told.length], 'it is paid meanwhile');
	invoice.status = 'open';
	invoice.subscription = 'sub_another';
	is(await deliver({ ...failed, id: 'evt_other' }), [200], 'of another subscription: taken');
	is(company().status, 'active', 'and changes nothing');
}

// --- failures of ours ---------------------------------------------------------------------------------------

{
	const sub = company().subscription;
	stripe.changeSubscription(sub, { quantity: 21 });
	const e = stripe.events.at(-1);
	sql('ALTER TABLE stripe_events RENAME TO stripe_events_away');
	is(await deliver(e), [500], 'acceptance 5: a webhook with a database error answers 500');
	sql('ALTER TABLE stripe_events_away RENAME TO stripe_events');
	is(company().seats === 21, false, 'nothing changed');
	is(await deliver(e), [200], 'acceptance 5: and succeeds on redelivery');
	is(company().seats, 21, 'acceptance 5: with what it tells done');
	is(sql("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"),
		'0', 'no lock is left');

	stripe.changeSubscription(sub, { quantity: 22 });
	const f = stripe.events.at(-1);
	stripe.fault(500, { times: 3 });
	is(await deliver(f), [500], 'Stripe fails three times: 500');
	stripe.fault('garbage');
	is(await deliver(f), [500], 'Stripe says nonsense: 500');
	stripe.fault(500, { times: 2 });
	is(await deliver(f), [200], 'Stripe fails twice: taken');
	is(company().seats, 22, 'and done');

	// The process dies while Stripe thinks; the lock goes with it.
	stripe.changeSubscription(sub, { quantity: 23 });
	const g = stripe.events.at(-1);
	stripe.fault('hang');
	const asked = stripe.requests.length;
	const answer = deliver(g);
	await until(() => stripe.requests.length > asked);
	const [pid] = rows(`SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted AND database =
		(SELECT oid FROM pg_database WHERE datname = current_database())`);
	ok(pid !== undefined, 'the lock is held while Stripe is asked');
	await p.kill('hook');
	await answer;
	await p.start('hook');
	is(await deliver(g, { times: 2 }), [200, 200], 'after a kill: taken');
	is(company().seats, 23, 'and done');

	// The connection with the lock is lost meanwhile.
	stripe.changeSubscription(sub, { quantity: 24 });
	const h = stripe.events.at(-1);
	stripe.fault((o) => {
		sql(`SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity
			WHERE application_name = 'mirai-hook' AND datname = current_database()`);
		return o;
	});
	is(await deliver(h), [500], 'the connection with the lock is lost: 500');
	is(company().seats, 23, 'nothing changed');
	is(await deliver(h), [200], 'delivered again: taken');
	is(company().seats, 24, 'and done');
}

// Without the parts it needs.
{
	stripe.changeSubscription(company().subscription, { quantity: 25 });
	const e = stripe.events.at(-1);
	await p.restart('hook', { 'stripe.secret_key': null });
	is(await deliver(e), [500], 'without a key: 500');
	await p.restart('hook', { 'stripe.webhook_secret': null });
	is(await deliver(e), [400], 'without a secret everything is refused');
	is(await deliver(e, { secret: '' }), [400], 'also what is signed by an empty one');
	await p.restart('hook', { 'alert.address': null });
	is(await deliver(e), [200], 'with both: taken');
	const n = alertsBefore();
	const s = checkout({});
	await stripe.pay(s.id);
	is(await deliver(stripe.events.at(-1)), [200], 'nobody to alarm: taken');
	is(since(n), [], 'no mail');
	ok(p.log('hook').includes('a payment without a registration'), 'it is in the log');
}

const log = p.log('hook');
ok(!/whsec_|sk_test_|@acme|@example\.org/.test(log), 'no secret and no address is in the log');

await p.end();
done();
