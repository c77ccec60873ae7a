// BillingService and the way back from a payment: what a company pays, where it
// buys and changes plans, and that it never pays twice.
import { headerOf, requestFastCgi } from './kit/fastcgi.mjs';
import { quickest } from '../wait.mjs';
import { ACME, NOBODY, OTHER, Payments, company, done, is, ok, setCompany, sql } from './kit/payments.mjs';

const p = new Payments({ 'accounts.limits': 'no' });
const stripe = await p.begin();

const OWNER = 'owner@acme';
const reasonOf = (r) => headerOf(r, 'mirai-error-code');
const refused = (r) => [r.status, r.json?.code, reasonOf(r)];
const people = (id = ACME) => Number(sql(`SELECT count(*) FROM users WHERE company_id = '${id}'
	AND removed_at IS NULL`));
const checkout = (plan, who = OWNER) => p.call(who, 'CreateCheckoutSession', { plan });
const portal = (who = OWNER) => p.call(who, 'CreatePortalSession');
const info = (who = OWNER, headers) => p.call(who, 'GetBillingInfo', {}, headers);
const sessionOf = (r) => stripe.sessions.get(r.json.url?.split('/').pop());
const portalOf = (r) => stripe.portals.get(r.json.url?.split('/').pop());
// Another minute: what was asked before is forgotten.
const later = () => stripe.keys.clear();
const lines = (s) => [s.hidden.line.price, s.hidden.line.quantity];

// --- who may -----------------------------------------------------------------------

setCompany(ACME, {});
for (const method of ['CreateCheckoutSession', 'CreatePortalSession']) {
	is(refused(await p.call('', method)), [401, 'unauthenticated', 'AUTH_UNAUTHORIZED'], `${method}: nobody`);
	for (const who of ['instructor@acme', 'sme@acme'])
		is(refused(await p.call(who, method)), [403, 'permission_denied', 'AUTH_FORBIDDEN'],
			`${method}: ${who} may not`);
}
is((await info('')).status, 401, 'GetBillingInfo: nobody');
is((await info('sme@acme')).status, 200, 'GetBillingInfo: anybody of the company');
is(refused(await info('lonely@acme')), [400, 'invalid_argument', 'USER_NO_COMPANY'],
	'GetBillingInfo: somebody without company');
is((await info('owner@frozen')).status, 200, 'GetBillingInfo: a suspended company as well');
is(refused(await checkout('PLAN_PRO', 'owner@frozen')), [403, 'permission_denied', 'TENANT_SUSPENDED'],
	'CreateCheckoutSession: a suspended company may not');
is(refused(await portal('owner@frozen')), [400, 'invalid_argument', 'BILLING_NO_ACCOUNT'],
	'CreatePortalSession: a suspended company may, but has nothing');
is(stripe.requests.length, 0, 'Stripe was never asked');

// --- buying --------------------------------------------------------------------------

for (const plan of ['PLAN_ENTERPRISE', 99])
	is(refused(await checkout(plan)), [400, 'invalid_argument', 'BILLING_INVALID_PLAN'],
		`${plan} cannot be bought`);
is(stripe.requests.length, 0, 'and Stripe was not asked');
is(refused(await portal()), [400, 'invalid_argument', 'BILLING_NO_ACCOUNT'], 'no portal before the first purchase');

let r = await checkout('PLAN_UNSPECIFIED');
is(r.status, 200, 'a plan is bought');
let s = sessionOf(r);
is(lines(s), ['price_starter', people()], 'unspecified is starter; a seat for each person');
is([s.success_url, s.cancel_url], ['https://app.example.org/settings?tab=billing&checkout=success',
	'https://app.example.org/settings?tab=billing&checkout=canceled'], 'the addresses to come back to');
is([s.metadata, s.hidden.data.metadata], Array(2).fill({ company_id: ACME, plan: 'starter' }),
	'company and plan on session and subscription');
is(company(), { plan: 'starter', status: 'none', seats: 0, customer: s.customer, subscription: null },
	'only the customer is stored');
is([stripe.customers.get(s.customer).name, stripe.customers.get(s.customer).email,
	stripe.customers.get(s.customer).metadata], ['Acme', 'owner@acme.example', { company_id: ACME }],
'the customer is the company');

const twice = await Promise.all([1, 2, 3].map(() => checkout('PLAN_PRO')));
is(twice.map((x) => x.status), [200, 200, 200], 'three clicks at once');
ok(new Set(twice.map((x) => x.json.url)).size <= 2, 'make one checkout a minute', twice.map((x) => x.json.url));
is(stripe.customers.size, 1, 'the customer is used again');

setCompany(ACME, { seats: 30, status: 'canceled', customer: s.customer });
is(lines(sessionOf(await checkout('PLAN_PRO'))), ['price_pro', 30], 'what was bought before is bought again');
is(lines(sessionOf(await checkout('PLAN_STARTER'))), ['price_starter', 10], 'up to what the plan has');
setCompany(ACME, { customer: s.customer });
sql(`INSERT INTO invitations (tenant_id, company_id, email, role, token, expires_at)
	SELECT 'a0000000-0000-4000-8000-000000000000', '${ACME}', 'i' || n || '@example.org', 'sme', 'x' || n,
	now() + CASE n WHEN 4 THEN -interval '1 day' ELSE interval '1 day' END FROM generate_series(1, 4) n`);
is(lines(sessionOf(await checkout('PLAN_PRO'))), ['price_pro', people() + 3],
	'invitations that are open have seats, others have none');
sql('DELETE FROM invitations');

// Two admins at the same time, no customer yet: one counts.
later();
setCompany(ACME, {});
stripe.slow = 100;
const both = await Promise.all([checkout('PLAN_PRO', 'owner@acme'), checkout('PLAN_PRO', 'elder@acme')]);
stripe.slow = 0;
is(both.map((x) => x.status), [200, 200], 'two admins at once');
is(new Set(both.map((x) => sessionOf(x).customer)).size, 1, 'pay as one customer');
is(sessionOf(both[0]).customer, company().customer, 'the one that is stored');

// A customer that was deleted at Stripe is made anew.
const old = company().customer;
stripe.customers.set(old, { id: old, object: 'customer', deleted: true });
later();
r = await checkout('PLAN_STARTER');
is(r.status, 200, 'a customer that is gone');
ok(company().customer !== old && sessionOf(r).customer === company().customer, 'is made anew');

// --- paying, and what is shown then ------------------------------------------------------

s = sessionOf(await checkout('PLAN_PRO'));
await stripe.pay(s.id);
is([company().status, company().plan, company().seats], ['active', 'pro', people()], 'paid: told by the webhook');
stripe.requests.length = 0;
r = await info();
is(r.json, { plan: 'PLAN_PRO', status: 'SUBSCRIPTION_STATUS_ACTIVE', seatCount: people(), pricePerSeat: 1200,
	currentPeriodEnd: String(stripe.subscriptions.get(s.subscription).current_period_end) },
'what is paid, and until when');
await info();
await info('sme@acme');
is(stripe.requests.length, 1, 'Stripe is asked once a minute');
await stripe.changeSubscription(s.subscription, { quantity: 40, cancel_at_period_end: true });
r = await info();
is([r.json.seatCount, r.json.cancelAtPeriodEnd], [40, true], 'after an event it is asked again');
await stripe.changeSubscription(s.subscription, { cancel_at_period_end: false });
stripe.fault(500, { times: 3 });
r = await info();
is([r.status, r.json.seatCount, r.json.currentPeriodEnd], [200, 40, undefined],
	'Stripe fails: the rest is shown');
const late = await quickest(() => {
	stripe.fault('hang');
	return info(OWNER, { 'connect-timeout-ms': '1500', 'connect-protocol-version': '1' });
}, 4000, (x) => x.status === 200);
ok(late.ms < 4000, `Stripe hangs: the time of the call is kept (${late.ms} ms)`);
is([late.answer.status, late.answer.json.seatCount], [200, 40], 'and the rest is shown');
is((await info('owner@other')).json, { plan: 'PLAN_PRO', status: 'SUBSCRIPTION_STATUS_NONE', seatCount: 20,
	pricePerSeat: 1200 }, 'another company sees its own');

// --- a plan is changed, never bought twice ---------------------------------------------------

stripe.requests.length = 0;
r = await checkout('PLAN_STARTER');
is(portalOf(r)?.flow, { type: 'subscription_update',
	subscription_update: { subscription: s.subscription } }, 'acceptance 9: a company with a running subscription changes its plan in the portal');
is(portalOf(r)?.return_url, 'https://app.example.org/settings?tab=billing', 'which leads back to the settings');
ok(!stripe.requests.some((q) => q.path === '/v1/checkout/sessions'), 'acceptance 9: and no checkout is made for it');
await stripe.changeSubscription(s.subscription, { status: 'past_due' });
ok(portalOf(await checkout('PLAN_STARTER')) !== undefined, 'also while a payment is due');
await stripe.changeSubscription(s.subscription, { status: 'active' });
stripe.fault(500, { times: 3 });
is(refused(await checkout('PLAN_STARTER')), [503, 'unavailable', 'BILLING_CHECKOUT_FAILED'],
	'Stripe fails: nothing is bought');

// Two checkouts from before, both paid in the end.
setCompany(ACME, { customer: company().customer });
stripe.endSubscription(s.subscription);
await stripe.told;
later();
const one = sessionOf(await checkout('PLAN_STARTER')), two = sessionOf(await checkout('PLAN_PRO'));
await stripe.pay(one.id);
await stripe.pay(two.id);
is(stripe.runningOf(company().customer).length, 1, 'acceptance 9: two checkouts from before, both paid: never two running subscriptions');
is(company().subscription, stripe.runningOf(company().customer)[0].id, 'and that is the one we know');

// Ended at Stripe, not told: a new one may be bought.
later();
stripe.auto = false;
stripe.endSubscription(company().subscription);
ok(sessionOf(await checkout('PLAN_PRO')) !== undefined, 'one that ended untold does not stand in the way');
stripe.auto = true;

r = await portal();
is([portalOf(r)?.flow, portalOf(r)?.customer], [null, company().customer], 'the portal');
stripe.fault('drop', { times: 9 });
is(refused(await portal()), [503, 'unavailable', 'BILLING_PAYMENT_FAILED'], 'the portal while Stripe is away');
stripe.faults = [];
stripe.customers.set(company().customer, { id: company().customer, object: 'customer', deleted: true });
is(refused(await portal()), [400, 'invalid_argument', 'BILLING_NO_ACCOUNT'], 'the portal of a customer that is gone');

// --- the way back ---------------------------------------------------------------------------------

const back = async (query) => {
	const x = await requestFastCgi(p.socket('account'), { target: `/api/v1/auth/complete-checkout${query}` });
	return [x.status, headerOf(x, 'location')];
};
const login = (error) => [303, `https://app.example.org/auth/login?error=${error}`];
const make = (meta) => stripe.createSession({ mode: 'subscription', success_url: 'https://x.org/',
	line_items: { 0: { price: 'price_pro', quantity: '1' } }, metadata: meta }).id;

is(await back(''), login('missing_session'), 'no session');
is(await back('?session_id='), login('missing_session'), 'an empty one');
for (const id of ['pi_1', 'cs_', 'cs_../x', 'cs_a%0d%0aSet-Cookie:x', `cs_${'a'.repeat(253)}`])
	is(await back(`?session_id=${id}`), login('invalid_session'), `none: ${id.slice(0, 20)}`);
is(await back('?session_id=cs_test_none'), login('invalid_session'), 'one that Stripe does not know');
is(await back(`?session_id=${make({})}`), login('invalid_session'), 'one that is not of ours');
is(await back(`?session_id=${make({ company_id: 'd1000000-0000-4000-8000-000000000000' })}`),
	login('user_not_found'), 'a company without admin');
const good = make({ company_id: ACME, plan: 'pro' });
is(await back(`?session_id=${good}`), [303, 'https://app.example.org/dashboard?checkout=success'], 'a company');
is(await back(`?session_id=${make({ company_id: NOBODY, registration_id: ACME })}`),
	[303, 'https://get.example.org/?checkout=success'], 'a new registration');
const cookies = await requestFastCgi(p.socket('account'), {
	target: `/api/v1/auth/complete-checkout?session_id=${good}` });
is(headerOf(cookies, 'set-cookie'), null, 'nobody is signed in by it');
stripe.fault(500, { times: 3 });
is(await back(`?session_id=${good}`), login('invalid_session'), 'Stripe fails');
sql('ALTER TABLE users RENAME TO users_away');
is(await back(`?session_id=${good}`), login('checkout_failed'), 'the database fails');
sql('ALTER TABLE users_away RENAME TO users');

// --- limits, and no payments at all ------------------------------------------------------------------

setCompany(ACME, { customer: stripe.createCustomer({ name: 'Acme' }).id });
later();
await p.restart('account', { 'accounts.limits': 'yes' });
const many = [];
for (let i = 0; i < 11; i++)
	many.push(await checkout('PLAN_PRO'));
is(many.map((x) => x.status), [...Array(10).fill(200), 429], 'ten checkouts an hour');
is([reasonOf(many[10]), Number(headerOf(many[10], 'retry-after')) > 0], ['RATE_LIMITED', true], 'with the time to wait');
is((await checkout('PLAN_PRO', 'owner@other')).status, 200, 'by company');
is((await portal()).status, 200, 'portals are counted apart');
const ways = [];
for (let i = 0; i < 31; i++)
	ways.push(await back('?session_id=cs_test_none'));
is(ways, [...Array(30).fill(login('invalid_session')), login('checkout_failed')],
	'thirty ways back a minute and address ask Stripe');

await p.restart('account', { 'stripe.pro_price': null, 'accounts.limits': 'no' });
is(refused(await checkout('PLAN_PRO')), [503, 'unavailable', 'BILLING_CHECKOUT_FAILED'],
	'a plan that has no price is not sold');
await p.restart('account', { 'stripe.secret_key': null, 'accounts.limits': 'no' });
setCompany(OTHER, { plan: 'pro', status: 'active', seats: 999, subscription: 'sub_x', customer: 'cus_x' });
r = await info('owner@other');
is([r.status, r.json], [200, { plan: 'PLAN_PRO', status: 'SUBSCRIPTION_STATUS_ACTIVE', seatCount: 999,
	pricePerSeat: 1200 }], 'without payments: what the database knows');
for (const x of [await checkout('PLAN_PRO'), await portal()]) {
	is(refused(x), [503, 'unavailable', 'BILLING_PAYMENT_FAILED'], 'without payments: nothing can be bought');
	ok(/not set up/.test(x.json.message), 'and it says why', x.json.message);
}
is(await back(`?session_id=${good}`), login('invalid_session'), 'without payments: no way back');

const log = p.log('account') + p.log('hook');
ok(!/whsec_|sk_test_|@acme\.example|owner@/.test(log), 'no secret and no address is in the log');

await p.end();
done();
