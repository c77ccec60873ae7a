// Our client of Stripe, call by call, against a Stripe on loopback; and both
// against Stripe's own client: the same calls have the same parameters, byte by
// byte, and signatures are accepted either way.
import { execFile, spawn } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import Official from 'stripe';
import { Stripe, signature } from '../service/kit/stripe.mjs';

const COMPANY = 'a1000000-0000-4000-8000-000000000000';
const REGISTRATION = 'd1000000-0000-4000-8000-000000000000';
const NONE = '00000000-0000-0000-0000-000000000000';
const BIN = path.join(process.env.BUILD, 'tests/net/stripe');

let count = 0;

function ok(good, name, got) {
	count++;
	console.log(`${good ? 'ok' : 'not ok'} ${count} - ${name}`);
	if (!good && got !== undefined)
		console.log(`# got: ${JSON.stringify(got)}`);
}

const is = (got, want, name) => ok(JSON.stringify(got) === JSON.stringify(want), name, got);

const stripe = new Stripe({ starter: 'price_S', pro: 'price_P' });
await stripe.listen();
const at = new URL(stripe.base);
const official = new Official(stripe.key, { apiVersion: '2023-10-16', host: at.hostname,
	port: at.port, protocol: 'http', maxNetworkRetries: 0, telemetry: false });

const ENV = { ...process.env, STRIPE_API_BASE: stripe.base, STRIPE_SECRET_KEY: stripe.key,
	STRIPE_STARTER_PRICE_ID: 'price_S', STRIPE_PRO_PRICE_ID: 'price_P',
	FRONTEND_URL: 'https://app.example.org', BACKEND_URL: 'https://api.example.org' };

// One call of ours: what it printed and what came of it.
async function ours(ms, args, env = {}) {
	const { stdout } = await promisify(execFile)(BIN, [String(ms), ...args.map(String)],
		{ env: { ...ENV, ...env } });
	const lines = stdout.trimEnd().split('\n');
	const [code, error = ''] = lines.pop().trim().split(' ');
	return { code, error, lines, fields: lines[0]?.split('|') ?? [] };
}

// What went over the wire since the last time.
let seen = 0;
function sent() {
	const all = stripe.requests.slice(seen);
	seen = stripe.requests.length;
	return all;
}

const sorted = (form) => form.split('&').sort().join('&');

async function same(name, args, call) {
	sent();
	const r = await ours(0, args);
	const [mine] = sent();
	await call();
	const [theirs] = sent();
	is(r.code, 'ok', `${name}: taken`);
	is([mine.method, mine.path], [theirs.method, theirs.path], `${name}: the same address`);
	is(sorted(mine.body || mine.query), sorted(theirs.body || theirs.query),
		`${name}: the same parameters as of the official client`);
	return r;
}

// --- the same as the official client ------------------------------------------------

const NAME = 'Café & Söhne = 100 % + 1, "a/b" ~ 日本';

const made = await same('customer', ['customer', '-', 'a+b@example.org', NAME, COMPANY, '-'],
	() => official.customers.create({ email: 'a+b@example.org', name: NAME,
		metadata: { company_id: COMPANY } }));
const customer = made.fields[0];
is(stripe.customers.get(customer).name, NAME, 'customer: the name arrives as it was');

await same('name', ['name', customer, 'New\tname'],
	() => official.customers.update(customer, { name: 'New\tname' }));
await same('mark customer', ['mark_customer', customer, COMPANY],
	() => official.customers.update(customer, { metadata: { company_id: COMPANY } }));

const over = Math.floor(Date.now() / 1000) + 23 * 3600;
const checkout = await same('checkout of a registration', ['checkout', '-', customer, 'pro', 3,
	'https://x.org/?a=1&b={CHECKOUT_SESSION_ID}', 'https://x.org/no', '-', REGISTRATION, over],
() => official.checkout.sessions.create({ mode: 'subscription', customer,
	line_items: [{ price: 'price_P', quantity: 3 }],
	success_url: 'https://x.org/?a=1&b={CHECKOUT_SESSION_ID}', cancel_url: 'https://x.org/no',
	client_reference_id: REGISTRATION, expires_at: over,
	metadata: { company_id: NONE, plan: 'pro', registration_id: REGISTRATION },
	subscription_data: { metadata: { company_id: NONE, plan: 'pro',
		registration_id: REGISTRATION } } }));
is(checkout.fields.slice(2), ['open', 'unpaid', customer, '', '', REGISTRATION, 'pro'],
	'checkout of a registration: what comes back');

const plain = await same('checkout of a company', ['checkout', '-', customer, 'starter', 1, '-', '-',
	COMPANY, '-', 0], () => official.checkout.sessions.create({ mode: 'subscription', customer,
	line_items: [{ price: 'price_S', quantity: 1 }],
	success_url: 'https://api.example.org/api/v1/auth/complete-checkout?session_id={CHECKOUT_SESSION_ID}',
	cancel_url: 'https://app.example.org/auth/registration?checkout=canceled',
	client_reference_id: COMPANY, metadata: { company_id: COMPANY, plan: 'starter' },
	subscription_data: { metadata: { company_id: COMPANY, plan: 'starter' } } }));
ok(plain.fields[1].startsWith(stripe.base), 'checkout: has an address to pay at');

await same('read session', ['session', checkout.fields[0]],
	() => official.checkout.sessions.retrieve(checkout.fields[0]));

// Where people are sent on to is a page, whatever the answer says.
const base = stripe.base;
for (const odd of ['javascript:alert(1)//', '//x.org', 'https://x.org/\r\nset-cookie:a', 'https://x.org\\@y.org', '']) {
	stripe.base = odd;
	is((await ours(0, ['checkout', '-', customer, 'pro', 3, '-', '-', COMPANY, '-', 0])).code, 'unavailable',
		`checkout: no page: ${JSON.stringify(odd)}`);
	is((await ours(0, ['portal', customer, 'https://x.org/', '-'])).code, 'unavailable',
		`portal: no page: ${JSON.stringify(odd)}`);
}
stripe.base = base;

const bought = await stripe.pay(checkout.fields[0]);
await same('list', ['list', 1000], () => official.checkout.sessions.list({ status: 'complete',
	created: { gte: 1000 }, limit: 100 }));
const paid = await ours(0, ['session', bought.id]);
is(paid.fields.slice(2), ['complete', 'paid', customer, bought.subscription, '', REGISTRATION, 'pro'],
	'read session: it is paid');

await same('portal', ['portal', customer, 'https://app.example.org/settings?tab=billing', '-'],
	() => official.billingPortal.sessions.create({ customer,
		return_url: 'https://app.example.org/settings?tab=billing' }));
await same('portal for a change', ['portal', customer, 'https://x.org/', bought.subscription],
	() => official.billingPortal.sessions.create({ customer, return_url: 'https://x.org/',
		flow_data: { type: 'subscription_update',
			subscription_update: { subscription: bought.subscription } } }));

const sub = await same('read subscription', ['subscription', bought.subscription],
	() => official.subscriptions.retrieve(bought.subscription));
is(sub.fields.slice(1, 3).concat(sub.fields.slice(4, 6)), ['active', customer, 'price_P', '3'],
	'read subscription: what comes back');
is(sub.fields.slice(8), ['pro', '', ''], 'read subscription: its metadata');
await same('mark subscription', ['mark_subscription', bought.subscription, COMPANY],
	() => official.subscriptions.update(bought.subscription, { metadata: { company_id: COMPANY } }));
await same('change quantity', ['quantity', bought.subscription, sub.fields[3], 9],
	() => official.subscriptions.update(bought.subscription, {
		items: [{ id: sub.fields[3], quantity: 9 }], proration_behavior: 'create_prorations' }));
is((await ours(0, ['subscription', bought.subscription])).fields[5], '9', 'change quantity: done');

const invoice = await stripe.failPayment(bought.subscription);
const open = await same('read invoice', ['invoice', invoice.id],
	() => official.invoices.retrieve(invoice.id));
is(open.fields.slice(1), ['open', customer, bought.subscription], 'read invoice: what comes back');

const other = stripe.subscribe(customer, 'pro', 1);
sent();
const gone = await ours(0, ['cancel', bought.subscription, 'replaced by sub_2']);
const [mine] = sent();
await official.subscriptions.cancel(other.id, { cancellation_details:
	{ comment: 'replaced by sub_2' }, invoice_now: true, prorate: true });
const [theirs] = sent();
is(sorted(mine.query), sorted(theirs.query), 'cancel: the same parameters as of the official client');
is([gone.code, stripe.subscriptions.get(bought.subscription).status], ['ok', 'canceled'], 'cancel: done');
const again = await ours(0, ['cancel', bought.subscription, 'x']);
is(again.code, 'ok', 'cancel: what has ended already is fine');
is((await ours(0, ['subscription', bought.subscription])).fields.slice(-1), ['replaced by sub_2'],
	'cancel: the comment stays with it');

const fresh = await official.checkout.sessions.create({ mode: 'subscription', customer,
	line_items: [{ price: 'price_S', quantity: 1 }], success_url: 'https://x.org/' });
const expired = await official.checkout.sessions.create({ mode: 'subscription', customer,
	line_items: [{ price: 'price_S', quantity: 1 }], success_url: 'https://x.org/' });
await official.checkout.sessions.expire(expired.id);
is((await ours(0, ['expire', fresh.id])).code, 'ok', 'expire: done');
is(stripe.sessions.get(fresh.id).status, 'expired', 'expire: at Stripe, too');
is((await ours(0, ['expire', expired.id])).code, 'ok', 'expire: one that is expired is fine');
is((await ours(0, ['expire', bought.id])).code, 'failed_precondition', 'expire: a complete one is told');
is((await ours(0, ['expire', 'cs_test_none'])).code, 'not_found', 'expire: an unknown one is told');

// --- pages of a list --------------------------------------------------------------------

for (let i = 0; i < 205; i++) {
	const s = stripe.createSession({ mode: 'subscription', customer, success_url: 'https://x.org/',
		line_items: { 0: { price: 'price_S', quantity: '1' } } });
	s.status = 'complete';
}
sent();
const list = await ours(0, ['list', 0]);
is([list.code, new Set(list.lines).size, sent().length], ['ok', 206, 3], 'list: all pages, nothing twice');
is((await ours(0, ['list', over])).lines, [], 'list: nothing so new');

// --- refusals -----------------------------------------------------------------------------

const refusals = [
	['an unknown object', ['session', 'cs_test_none'], 'not_found', 'resource_missing'],
	['an unknown customer', ['checkout', '-', 'cus_none', 'pro', 1, '-', '-', COMPANY, '-', 0],
		'failed_precondition', 'resource_missing'],
	['a number out of bounds', ['checkout', '-', customer, 'pro', 0, '-', '-', COMPANY, '-', 0],
		'failed_precondition', 'parameter_invalid_integer'],
	['an end too near', ['checkout', '-', customer, 'pro', 1, '-', '-', COMPANY, '-', 5],
		'failed_precondition', 'invalid_request_error'],
	['an id that can be none', ['subscription', 'sub_/../x'], 'not_found', ''],
	['an id of a path', ['invoice', '..'], 'not_found', ''],
	['no id', ['session', ''], 'not_found', ''],
];
for (const [name, args, code, error] of refusals) {
	sent();
	const r = await ours(0, args);
	is([r.code, r.error], [code, error], `${name} is told`);
	ok(sent().length <= 1, `${name}: nothing is repeated`);
}
is((await ours(0, ['session', bought.id], { STRIPE_SECRET_KEY: 'sk_test_other' })).code, 'unavailable',
	'a key that is not accepted is our fault');
is((await ours(0, ['session', bought.id], { STRIPE_SECRET_KEY: '' })).code, 'closed',
	'without a key there is no client');
sent();
is((await ours(0, ['checkout', '-', customer, 'pro', 1, '-', '-', COMPANY, '-', 0],
	{ STRIPE_PRO_PRICE_ID: '' })).code, 'unavailable', 'a plan without a price cannot be bought');
is(sent().length, 0, 'a plan without a price: nobody is asked');

// --- repetitions ---------------------------------------------------------------------------

async function repeated(how, times, name, { code = 'ok', calls = times + 1 } = {}) {
	sent();
	const customers = stripe.customers.size;
	stripe.fault(how, { times });
	const r = await ours(0, ['customer', 'key-of-' + name.replaceAll(' ', '-'), '-', 'Acme', '-', '-']);
	const all = sent();
	is([r.code, all.length], [code, calls], `${name}: tried ${calls} times`);
	is(new Set(all.map((q) => q.key)).size, 1, `${name}: with one key`);
	return stripe.customers.size - customers;
}

is(await repeated(500, 1, 'a failure'), 1, 'a failure: one customer');
is(await repeated(503, 2, 'two failures'), 1, 'two failures: one customer');
is(await repeated(429, 2, 'too many requests'), 1, 'too many requests: one customer');
is(await repeated(409, 1, 'a conflict'), 1, 'a conflict: one customer');
is(await repeated('drop', 2, 'a connection that breaks'), 1, 'a connection that breaks: one customer');
is(await repeated('lose', 2, 'an answer that is lost'), 1, 'an answer that is lost: one customer, made once');
is(await repeated(500, 3, 'three failures', { code: 'unavailable', calls: 3 }), 0,
	'three failures: given up');
is(await repeated(402, 1, 'a refusal', { code: 'failed_precondition', calls: 1 }), 0,
	'a refusal: not repeated');

// Two with one key at the same time: the second waits for the first.
stripe.slow = 300;
sent();
const both = await Promise.all([1, 2].map(() =>
	ours(0, ['customer', 'one-key', 'a@example.org', 'Acme', '-', '-'])));
stripe.slow = 0;
is(both.map((r) => r.code), ['ok', 'ok'], 'two with one key: both are answered');
is(both[0].fields[0], both[1].fields[0], 'two with one key: one customer');
const differs = await ours(0, ['customer', 'one-key', 'b@example.org', 'Acme', '-', '-']);
is([differs.code, differs.error], ['failed_precondition', 'idempotency_error'],
	'a key with other parameters is refused');

const keys = new Set();
for (let i = 0; i < 3; i++)
	await ours(0, ['name', customer, 'Acme']);
for (const q of sent())
	keys.add(q.key);
ok(!keys.has(null) && keys.size >= 3, 'every call without a key gets one of its own');

// --- time and malformed answers ----------------------------------------------------------------

stripe.fault('hang');
let began = Date.now();
let r = await ours(400, ['session', bought.id]);
ok(r.code === 'unavailable' && Date.now() - began < 15000, 'a Stripe that hangs costs the time given', r);
began = Date.now();
stripe.fault(500, { times: 3 });
sent();
r = await ours(600, ['session', bought.id]);
ok(r.code === 'unavailable' && sent().length < 3, 'no repetition begins without time for it', r);
stripe.faults = [];
r = await ours(0, ['session', bought.id], { STRIPE_API_BASE: 'http://127.0.0.1:1' });
is(r.code, 'unavailable', 'nobody listens');
for (const [name, how] of [['cut short', 'garbage'], ['a list', () => [1]], ['null', () => null],
	['without id', () => ({ status: 'open' })], ['without status', (o) => ({ ...o, status: undefined })],
	['of wrong types', (o) => ({ ...o, status: 7, customer: 5 })],
	['with metadata of a wrong type', (o) => ({ ...o, metadata: [] })]]) {
	stripe.fault(how);
	r = await ours(0, ['session', bought.id]);
	is(r.code, 'unavailable', `an answer ${name} is none`);
}
stripe.fault((o) => ({ ...o, customer: { id: 'cus_whole', object: 'customer' } }));
is((await ours(0, ['session', bought.id])).fields[4], 'cus_whole', 'an object in place of its id is fine');
stripe.fault((o) => {
	o.items.data[0].current_period_end = o.current_period_end + 1;
	delete o.current_period_end;
	return o;
});
ok(Number((await ours(0, ['subscription', other.id])).fields[6]) > 0,
	'the end of the period may be told by the item');

// --- the double is as strict as the official client expects ----------------------------------------

const thrown = async (p) => p.then(() => null, (e) => [e.type, e.code, e.param, e.statusCode]);
is(await thrown(official.customers.create({ name: 'x', nmae: 'y' })),
	['StripeInvalidRequestError', 'parameter_unknown', 'nmae', 400], 'an unknown parameter is refused');
is(await thrown(official.checkout.sessions.create({ mode: 'subscription', success_url: 'https://x.org/',
	line_items: [{ price: 'price_S', quantity: 1, size: 2 }] })),
['StripeInvalidRequestError', 'parameter_unknown', 'line_items[0][size]', 400],
'an unknown parameter within is refused');
is(await thrown(official.checkout.sessions.create({ mode: 'subscription', success_url: 'https://x.org/' })),
	['StripeInvalidRequestError', 'parameter_missing', 'line_items', 400], 'a missing parameter is refused');
is((await thrown(official.customers.create({ name: 'a' }, { idempotencyKey: 'k' }))) ??
	await thrown(official.customers.create({ name: 'b' }, { idempotencyKey: 'k' })),
['StripeIdempotencyError', undefined, undefined, 400], 'a key is good for its parameters only');
is((await thrown(new Official('sk_test_no', { apiVersion: '2023-10-16', host: at.hostname, port: at.port,
	protocol: 'http', maxNetworkRetries: 0 }).customers.retrieve(customer)))[0],
'StripeAuthenticationError', 'another key is refused');
for (const [name, body, type] of [['a list without numbers', 'line_items[]=x', null],
	['a hash that is a text', 'metadata=x', null], ['a text that is a hash', 'name[a]=x', null],
	['brackets that do not close', 'metadata[a=x', null], ['a parameter twice', 'name=a&name=b', null],
	['JSON', '{"name":"a"}', 'application/json']]) {
	const res = await fetch(`${stripe.base}/v1/customers`, { method: 'POST', body, headers: {
		authorization: `Bearer ${stripe.key}`, 'stripe-version': '2023-10-16',
		'content-type': type ?? 'application/x-www-form-urlencoded' } });
	is([res.status, (await res.json()).error?.type], [400, 'invalid_request_error'], `${name} is refused`);
}
const old = await fetch(`${stripe.base}/v1/customers/${customer}`, { headers: {
	authorization: `Bearer ${stripe.key}`, 'stripe-version': '2020-08-27' } });
is(old.status, 400, 'another version is refused');

// --- signatures ---------------------------------------------------------------------------------------

const body = JSON.stringify(stripe.event('customer.created', { id: 'cus_1', object: 'customer' }));
const event = official.webhooks.constructEvent(body, signature('whsec_x', body), 'whsec_x');
is(event.type, 'customer.created', 'the official client takes what the double signs');
is(signature('whsec_x', body, 1700000000), official.webhooks.generateTestHeaderString({ payload: body,
	secret: 'whsec_x', timestamp: 1700000000 }), 'both sign alike');

// --- its pages, and the double as a command ------------------------------------------------------------

const taken = [];
stripe.hook = (headers, text) => {
	taken.push(official.webhooks.constructEvent(text, headers['stripe-signature'], stripe.secret).type);
	return 200;
};
const buy = () => official.checkout.sessions.create({ mode: 'subscription', customer,
	line_items: [{ price: 'price_P', quantity: 2 }], cancel_url: 'https://x.org/no',
	success_url: 'https://x.org/?id={CHECKOUT_SESSION_ID}' });
const press = async (url, action, more = {}) => {
	const res = await fetch(url, { method: 'POST', redirect: 'manual',
		body: new URLSearchParams({ action, ...more }) });
	return [res.status, res.headers.get('location')];
};
const page = await buy();
const shown = await (await fetch(page.url)).text();
ok(/data-testid="pay"/.test(shown) && /data-testid="cancel"/.test(shown) && shown.includes('$24.00'),
	'the checkout page has a price and its buttons');
is(await press(page.url, 'cancel'), [303, 'https://x.org/no'], 'Cancel leads back');
is(stripe.sessions.get(page.id).status, 'open', 'and leaves the checkout open');
is((await press(page.url, 'decline'))[0], 200, 'a card that is declined');
is([await press(page.url, 'pay'), taken.splice(0).sort()], [[303, `https://x.org/?id=${page.id}`],
	['checkout.session.completed', 'customer.subscription.created']], 'Pay tells the webhook, then leads back');
is((await press(page.url, 'pay'))[0], 400, 'nobody pays twice');
const mineNow = stripe.sessions.get(page.id).subscription;
const bps = await official.billingPortal.sessions.create({ customer, return_url: 'https://x.org/back' });
const billing = await (await fetch(bps.url)).text();
ok(billing.includes('https://x.org/back') && billing.includes(mineNow), 'the portal has the subscription and a way back');
const own = { subscription: mineNow };
await press(bps.url, 'update', { ...own, price: 'price_S', quantity: '8' });
is([taken.splice(0), stripe.subscriptions.get(mineNow).items.data[0].quantity],
	[['customer.subscription.updated'], 8], 'the portal changes plan and seats');
await press(bps.url, 'end', own);
is(stripe.subscriptions.get(mineNow).cancel_at_period_end, true, 'or ends it with the period');
await press(bps.url, 'fail', own);
is(stripe.subscriptions.get(mineNow).status, 'past_due', 'or lets a payment fail');
taken.splice(0);
await press(bps.url, 'stop', own);
is([taken.splice(0), stripe.subscriptions.get(mineNow).status], [['customer.subscription.deleted'], 'canceled'],
	'or ends it now');
is((await fetch(`${stripe.base}/pay/cs_test_none`)).status, 404, 'no such page');

const command = spawn(process.execPath, [fileURLToPath(new URL('../service/kit/stripe.mjs', import.meta.url)),
	'--port', '0', '--hook', 'http://127.0.0.1:1/', '--key', 'sk_test_cli', '--pro', 'price_cli'],
{ stdio: ['ignore', 'pipe', 'inherit'] });
let said = '';
for await (const chunk of command.stdout) {
	said += chunk;
	if (said.includes('stripe.pro_price'))
		break;
}
command.kill();
ok(/^stripe\.api http:\/\/127\.0\.0\.1:\d+\nstripe\.secret_key sk_test_cli\nstripe\.webhook_secret \S+\n/.test(said) &&
	said.includes('stripe.pro_price price_cli\n'), 'as a command it prints what mirai.conf needs', said);

await stripe.close();
console.log(`1..${count}`);
