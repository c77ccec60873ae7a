// Signing up by payment: what Register notes and asks Stripe for, what it
// refuses and with which code, two buyers of one address, buyers who change
// their mind, a Stripe that is down, and the sales desk.
import { Account, done, identitySql, is, loadFixtures, ok, sql } from './kit/account.mjs';
import { Stripe } from './kit/stripe.mjs';

loadFixtures();
const stripe = new Stripe();
await stripe.listen();
const account = await new Account({ stripe }).start();
const call = (method, message, more) => account.call(`AuthService/${method}`, message, more);

const BUYER = { email: 'Buyer@New.example', password: 'Zebra-Kite-42', firstName: 'Bea',
	lastName: 'Buyer', companyName: 'New & Sons', industry: 'Retail', teamSize: '1-10',
	plan: 'PLAN_PRO', seatCount: 7 };
const register = (more, options) => call('Register', { ...BUYER, ...more }, options);
const rows = (where = 'true') => sql(`SELECT status || ' ' || email || ' ' || plan || ' ' || seat_count
	FROM pending_registrations WHERE ${where} ORDER BY email`);
// The stable code stands in the header and in the details; it must be one.
function why(r) {
	const header = r.headers?.['mirai-error-code'] ?? null;
	const told = r.json?.details?.find((d) => d.type === 'google.rpc.ErrorInfo')?.debug;
	return [r.status, r.json?.code, (told?.reason ?? null) === header && told?.domain === 'mirai.v1'
		? header : `${header} is not ${JSON.stringify(told)}`];
}
const EXISTS = [409, 'already_exists', 'USER_EMAIL_EXISTS'];
const DOWN = [503, 'unavailable', 'EXTERNAL_SERVICE_ERROR'];
const INVALID = [400, 'invalid_argument', 'VALIDATION_INVALID_INPUT'];
const MISSING = [400, 'invalid_argument', 'VALIDATION_MISSING_REQUIRED'];
const openSessions = () => [...stripe.sessions.values()].filter((s) => s.status === 'open');

async function testRegister() {
	const r = await register();
	if (!is(r.status, 200, 'a sign-up is taken'))
		console.log(r, account.log());
	is(Object.keys(r.json).sort(), ['checkoutUrl', 'email'], 'the answer is where to pay, and the address');
	is(r.json.email, 'buyer@new.example', 'addresses are lower-cased');
	is(rows(), 'pending buyer@new.example pro 7', 'one row waits for the payment');
	is(sql('SELECT count(*) FROM users u JOIN companies c ON c.id = u.company_id WHERE c.name LIKE \'New%\''), '0',
		'no company is made');
	is(identitySql("SELECT count(*) FROM people WHERE email = 'buyer@new.example'"), '0', 'no identity is made');
	const [id, hash, session, customer, expires] = sql(`SELECT id || '|' || password_hash || '|' ||
		checkout_session_id || '|' || stripe_customer_id || '|' || extract(epoch FROM expires_at)::bigint
		FROM pending_registrations`).split('|');
	ok(/^\$argon2id\$v=19\$m=256,t=1,p=1\$/.test(hash), 'the password is hashed at the configured cost');
	const s = stripe.sessions.get(session);
	is([s.customer, s.url], [customer, r.json.checkoutUrl], 'the row names the checkout and the customer');
	is(Number(expires) - s.expires_at, 1800, 'the checkout ends half an hour before the row');
	is(s.metadata, { company_id: '00000000-0000-0000-0000-000000000000', plan: 'pro', registration_id: id },
		'the checkout names the registration');
	is([s.success_url, s.cancel_url], ['http://get.test/?checkout=success',
		'http://app.test/auth/registration?checkout=canceled'], 'the ways back');
	const c = stripe.customers.get(customer);
	is([c.email, c.name, c.metadata], ['buyer@new.example', 'New & Sons', { registration_id: id }], 'the customer');
	const keys = stripe.requests.filter((q) => q.method === 'POST').map((q) => q.key);
	ok(keys.length === 2 && keys[0] !== keys[1] && keys.every((k) => k.includes(id)),
		'each call has a key of its own, made from the registration');
	is((await call('CheckEmail', { email: 'buyer@NEW.example' })).json, {}, 'an unpaid sign-up blocks no address');
}

// What was done just now and what was done a while ago, however slow it is here.
const soon = () => sql("UPDATE pending_registrations SET updated_at = updated_at - interval '10 s'");
const justNow = () => sql("UPDATE pending_registrations SET updated_at = updated_at + interval '5 s'");

async function testAgain() {
	justNow();
	is(why(await register()), EXISTS, 'two clicks of one intent are one sign-up');
	soon();
	const before = openSessions()[0].id;
	const r = await register({ email: 'buyer@new.example', plan: 'PLAN_STARTER', seatCount: 2 });
	is(r.status, 200, 'who left the checkout starts again at once');
	is(stripe.sessions.get(before).status, 'expired', 'the checkout before can no longer be paid');
	is(rows(), 'pending buyer@new.example starter 2', 'and the new choice holds');
	is(openSessions().map((s) => s.url), [r.json.checkoutUrl], 'one checkout is open');
}

// Paid, and the news is still on its way.
async function testPaidMeanwhile() {
	const { id } = openSessions()[0];
	stripe.auto = false;
	await stripe.pay(id);
	soon();
	is(why(await register()), EXISTS, 'a checkout that was paid is not replaced');
	is(rows(), 'pending buyer@new.example starter 2', 'and its row stays');
	for (const status of ['paid', 'provisioning', 'failed']) {
		sql(`UPDATE pending_registrations SET status = '${status}'`);
		is(why(await register()), EXISTS, `${status}: the address is taken`);
		is((await call('CheckEmail', { email: 'buyer@new.example' })).json, { exists: true }, `${status}: CheckEmail says so`);
	}
	sql('DELETE FROM pending_registrations');
	is(why(await register({ email: 'owner@acme.example' })), EXISTS, 'an address with an account is taken');
	is((await call('CheckEmail', { email: ' OWNER@acme.example ' })).json, { exists: true }, 'CheckEmail: whatever the case');
	is((await call('CheckEmail', { email: 'nobody@acme.example' })).json, {}, 'CheckEmail: a free one');
}

// Spellings of one address are one here as they are one identity.
async function testSpelling() {
	const r = await register({ email: 'BJÖRN@new.example' });
	is([r.status, r.json.email], [200, 'björn@new.example'], 'letters beyond ASCII are lower-cased, too');
	sql("UPDATE pending_registrations SET status = 'paid'");
	is((await call('CheckEmail', { email: 'bjo\u0308rn@new.example' })).json, { exists: true }, 'composed or not');
	is(why(await register({ email: 'BJO\u0308RN@new.example' })), EXISTS, 'is nobody else');
	is((await register({ email: '\u212Aate@new.example' })).json?.email, 'kate@new.example',
		'a sign for a letter is the letter');
	sql('DELETE FROM pending_registrations');
}

// With a provider that takes its time and one that does not.
async function testParallel() {
	for (const slow of [0, 150]) {
		stripe.slow = slow;
		for (let i = 0; i < 6; i++) {
			const email = `twin${slow}${i}@new.example`;
			const both = await Promise.all([register({ email }), register({ email: email.toUpperCase() })]);
			const good = both.filter((r) => r.status === 200);
			is([good.length, both.filter((r) => r.status === 409).length], [1, 1],
				`acceptance 1: two parallel Register calls, one address in different case: one checkout URL, one conflict (${slow} ms, ${i})`);
			is(openSessions().filter((s) => s.url === good[0]?.json.checkoutUrl).length, 1, 'and the URL can be paid');
			is(rows(`email = '${email}'`), `pending ${email} pro 7`, 'one row');
		}
	}
	stripe.slow = 0;
	sql('DELETE FROM pending_registrations');
}

async function testDown() {
	for (const path of [/customers/, /sessions/]) {
		for (const how of [503, 'drop', 'garbage', 402]) {
			stripe.fault(how, { path, times: how === 'drop' ? 20 : 3 });
			const r = await register();
			is(why(r), DOWN, `Stripe, ${path}, ${how}: unavailable`);
			ok(!/stripe|customer/i.test(r.json.message), 'the text names no provider');
			is(rows(), '', 'and no row is left');
			stripe.faults.length = 0;
		}
	}
	stripe.fault('lose', { path: /sessions/, times: 1 });
	is((await register()).status, 200, 'an answer lost on the way is asked for again');
	is(openSessions().filter((s) => s.metadata.registration_id === sql('SELECT id FROM pending_registrations')).length, 1,
		'and there is one checkout');
	soon();
	stripe.fault(503, { path: /expire/, times: 3 });
	is(why(await register()), DOWN, 'a checkout that cannot be expired is not replaced');
	ok(rows().startsWith('pending'), 'its row stays');
	sql('DELETE FROM pending_registrations');
}

// The database does not take the checkout, and Stripe does not expire it.
async function testLeftOpen() {
	sql('ALTER TABLE pending_registrations ADD CONSTRAINT none CHECK (checkout_session_id IS NULL) NOT VALID');
	stripe.fault(503, { path: /expire/, times: 3 });
	is(why(await register()), DOWN, 'a checkout that cannot be noted is no sign-up');
	sql('ALTER TABLE pending_registrations DROP CONSTRAINT none');
	is(rows(), '', 'its row is gone');
	is(sql("SELECT payload ->> 'session_id' FROM compensations WHERE kind = 'checkout_expire'"),
		openSessions().at(-1).id, 'and the checkout is expired later');
	sql('DELETE FROM compensations');
}

// A worker killed between the row and the checkout, or before the row knows it.
async function testKill() {
	for (const path of [/customers/, /sessions$/]) {
		stripe.fault('hang', { path, times: 1 });
		const cut = register();
		while (rows() === '' || stripe.faults.some((f) => f.times > 0))
			await new Promise((later) => setTimeout(later, 10));
		await account.kill();
		is((await cut).status, 0, `killed while Stripe was asked (${path})`);
		ok(rows().startsWith('pending'), 'a row is left');
		await account.start();
		const r = await register();
		is(r.status, 200, 'and the buyer is not kept from starting again');
		is(rows(), 'pending buyer@new.example pro 7', 'with one row');
		sql('DELETE FROM pending_registrations');
	}
}

async function testFields() {
	const long = 'x'.repeat(101);
	const bad = [
		['email', '', MISSING], ['email', '  ', MISSING], ['email', 'nobody', INVALID], ['email', 'a@b', INVALID],
		['email', 'a b@c.example', INVALID], ['email', 'a@b@c.example', INVALID],
		['email', 'a\r\nBcc: x@y.example', INVALID], ['email', `${'x'.repeat(65)}@c.example`, INVALID],
		['email', `a@${'x'.repeat(250)}.example`, INVALID],
		['firstName', '', MISSING], ['firstName', long, INVALID], ['firstName', 'a\nb', INVALID], ['firstName', 'a\u0000b', null],
		['lastName', ' ', MISSING], ['lastName', long, INVALID], ['lastName', 'a\u0085b', INVALID],
		['companyName', '', MISSING], ['companyName', 'x'.repeat(201), INVALID], ['companyName', 'A\r\nSubject: x', INVALID],
		['industry', long, INVALID], ['industry', 'a\tb', INVALID], ['teamSize', 'x'.repeat(51), INVALID],
		['password', '', MISSING], ['password', 'Short-1', INVALID], ['password', 'zebra-kite-42', INVALID],
		['password', 'Zebra-Kite-xx', INVALID], ['password', `Aa1${'x'.repeat(70)}`, INVALID],
		['password', 'Ä'.repeat(36) + 'A1', INVALID], ['password', 'Buyer@New.example', null],
		['password', 'Password1', INVALID], ['password', 'Zebra\u0000-Kite-42', null],
		['seatCount', 1001, INVALID], ['plan', 'PLAN_ENTERPRISE', [400, 'invalid_argument', 'BILLING_INVALID_PLAN']],
		['plan', 9, [400, 'invalid_argument', 'BILLING_INVALID_PLAN']],
	];
	stripe.requests.length = 0;
	for (const [field, value, want] of bad) {
		const r = await register({ [field]: value });
		const shown = JSON.stringify(value).slice(0, 30);
		is(want === null ? [r.status] : why(r), want ?? [400], `${field} ${shown}: refused`);
		const name = field.replace(/[A-Z]/g, (c) => `_${c.toLowerCase()}`);
		if (want === INVALID || want === MISSING)
			is(r.json.details.find((d) => d.type === 'google.rpc.BadRequest')?.debug?.fieldViolations?.[0]?.field ??
				r.json.message.split(' ')[0], name, 'and the field is named');
		ok(!r.text.includes('Bcc') && !r.text.includes('Subject'), 'nothing that was typed comes back');
	}
	is((await register({ plan: 'PLAN_STARTER', seatCount: 11 })).status, 400, 'starter has at most ten seats');
	is([rows(), stripe.requests.length], ['', 0], 'and nothing was made, here or at Stripe');
	const least = await register({ plan: undefined, seatCount: -3, industry: undefined, teamSize: undefined });
	is([least.status, rows()], [200, 'pending buyer@new.example starter 1'], 'no plan is starter, no seats are one');
	sql('DELETE FROM pending_registrations');
}

async function testContact() {
	const ask = { companyName: 'Big <b>Corp</b>', name: 'Ann Asker', email: 'Ann@Big.example',
		industry: 'Finance', phone: '+1 555', message: 'Line one\nline two' };
	const r = await call('EnterpriseContact', ask);
	is([r.status, r.json], [200, { success: true }], 'an inquiry is taken');
	is(sql('SELECT company_name, industry, team_size, name, email, phone, message FROM enterprise_inquiries'),
		'Big <b>Corp</b>|Finance||Ann Asker|ann@big.example|+1 555|Line one\nline two', 'and kept');
	is(sql("SELECT kind, recipient, tenant_id IS NULL, payload->>'company', payload->>'email' FROM mail_outbox"),
		'enterprise_inquiry|sales@mirai.example|t|Big <b>Corp</b>|ann@big.example', 'the sales desk gets a mail');
	for (const [field, value] of [['companyName', ''], ['companyName', 'a\nb'], ['name', ''], ['name', 'x'.repeat(201)],
		['email', 'x'], ['phone', '1'.repeat(51)], ['message', 'x'.repeat(5001)], ['message', 'a\u0007'],
		['industry', 'x'.repeat(101)], ['teamSize', 'x'.repeat(51)]])
		is((await call('EnterpriseContact', { ...ask, [field]: value })).status, 400, `inquiry with bad ${field}: refused`);
	is(sql('SELECT (SELECT count(*) FROM enterprise_inquiries), (SELECT count(*) FROM mail_outbox)'), '1|1',
		'and nothing of it is kept');
}

function testSecrets() {
	const log = account.log();
	ok(!log.includes('Zebra-Kite') && !log.includes('argon2'), 'no password and no hash is in the log');
	ok(!/buyer@new\.example/i.test(log), 'no whole address is in the log');
}

await testRegister();
await testAgain();
await testPaidMeanwhile();
await testSpelling();
await testParallel();
await testDown();
await testLeftOpen();
await testKill();
await testFields();
await testContact();
testSecrets();
await account.stop();
await stripe.close();
done();
