// Signing up where nothing is paid: the account is made at once and works;
// somebody with an account and no company gets one, however often they ask;
// and all of it without a cache.
import fs from 'node:fs';
import path from 'node:path';
import { Account, done, identitySql, is, loadFixtures, ok, sql } from './kit/account.mjs';
import { Stripe } from './kit/stripe.mjs';

loadFixtures();

const BUYER = { email: 'Free@New.example', password: 'Zebra-Kite-42', firstName: 'Fay', lastName: 'Free',
	companyName: 'Free & Co', industry: 'Education', teamSize: '1-10', plan: 'PLAN_PRO', seatCount: 3 };
const why = (r) => [r.status, r.json?.code, r.headers['mirai-error-code'] ?? null];
const EXISTS = [409, 'already_exists', 'USER_EMAIL_EXISTS'];

async function testRegister(account, email, how) {
	const r = await account.call('AuthService/Register', { ...BUYER, email });
	const low = email.toLowerCase();
	is(r.status, 200, `${how}: a sign-up is taken`);
	is([r.json.email, r.json.checkoutUrl ?? null], [low, null], `${how}: there is nothing to pay`);
	is([r.json.company?.name, r.json.company?.plan, r.json.company?.subscriptionStatus, r.json.company?.seatCount, r.json.user?.role],
		['Free & Co', 'PLAN_PRO', 'SUBSCRIPTION_STATUS_ACTIVE', 25, 'ROLE_ADMIN'], `${how}: company and user are there`);
	is(sql('SELECT count(*) FROM pending_registrations'), '0', `${how}: no registration is left`);
	is(identitySql(`SELECT traits ->> 'email', traits #>> '{name,first}' FROM identities WHERE id = '${r.json.user.kratosId}'`),
		`${low}|Fay`, `${how}: with a person`);
	is(identitySql(`SELECT verified FROM verifiable_addresses WHERE value = '${low}'`), 'f', `${how}: whose address nobody has proven`);
	is(sql(`SELECT kind FROM mail_outbox WHERE recipient = '${low}'`), 'welcome', `${how}: and who is welcomed`);
	is(why(await account.call('AuthService/Register', { ...BUYER, email })), EXISTS, `${how}: the address is taken now`);
	is((await account.call('AuthService/CheckEmail', { email: email.toUpperCase() })).json, { exists: true }, `${how}: CheckEmail says so`);
	return r.json.user.kratosId;
}

async function testParallel(account) {
	for (let i = 0; i < 5; i++) {
		const email = `free${i}@new.example`;
		const all = await Promise.all([email, email.toUpperCase(), email].map((e) =>
			account.call('AuthService/Register', { ...BUYER, email: e })));
		is(all.map((r) => r.status).sort(), [200, 409, 409], `three at once (${i}): one account`);
		is(identitySql(`SELECT count(*) FROM identities WHERE traits ->> 'email' = '${email}'`), '1', 'one person');
	}
	is(sql('SELECT count(*) FROM pending_registrations'), '0', 'and no row is left');
}

// A session of the fixtures without a company.
const NOBODY = 'nobody@nowhere';
const ONBOARD = { companyName: 'Late Start', industry: 'Retail', plan: 'PLAN_STARTER', seatCount: 4 };

function forgetNobody() {
	sql(`DELETE FROM tenants WHERE name = 'Late Start'`);
}

async function testOnboard(account) {
	const call = (message, as = NOBODY) => account.call('AuthService/Onboard', { ...ONBOARD, ...message }, { as });

	is(why(await call({}, null)), [401, 'unauthenticated', 'AUTH_UNAUTHORIZED'], 'onboard: a session is needed');
	is(why(await call({}, 'owner@acme')), [409, 'already_exists', 'USER_ALREADY_ONBOARDED'], 'onboard: who has a company gets no second one');
	is(why(await call({ companyName: ' ' })), [400, 'invalid_argument', 'VALIDATION_MISSING_REQUIRED'], 'onboard: a company has a name');
	is(why(await call({ plan: 'PLAN_ENTERPRISE' })), [400, 'invalid_argument', 'BILLING_INVALID_PLAN'], 'onboard: Enterprise is no choice');
	is(why(await call({ seatCount: 11 })), [400, 'invalid_argument', 'VALIDATION_INVALID_INPUT'], 'onboard: nor more seats than Starter has');
	is(sql(`SELECT count(*) FROM tenants WHERE name = 'Late Start'`), '0', 'onboard: and nothing was made');

	const both = await Promise.all([call({}), call({}), call({})]);
	is(both.map((r) => r.status).sort(), [200, 409, 409], 'onboard: three clicks are one company');
	const { json } = both.find((r) => r.status === 200);
	is([json.company.name, json.company.subscriptionStatus, json.company.seatCount, json.user.role, json.checkoutUrl ?? null],
		['Late Start', 'SUBSCRIPTION_STATUS_ACTIVE', 25, 'ROLE_ADMIN', null], 'onboard: which may work at once');
	is(sql(`SELECT count(*) FROM users u JOIN companies c ON c.id = u.company_id WHERE c.name = 'Late Start' AND u.role = 'admin'`), '1',
		'onboard: with one admin');
	is(sql(`SELECT count(*) FROM folders f JOIN tenants t ON t.id = f.tenant_id WHERE t.name = 'Late Start' AND f.type = 'LIBRARY'`), '1',
		'onboard: and a library');
	is(why(await call({})), [409, 'already_exists', 'USER_ALREADY_ONBOARDED'], 'onboard: it is known at once');
	forgetNobody();
}

async function testOnboardPaid(dir) {
	const stripe = new Stripe();
	await stripe.listen();
	const account = await new Account({ stripe, name: 'paid', conf: [`cache.path ${dir}/paid.db`] }).start();
	const call = () => account.call('AuthService/Onboard', ONBOARD, { as: NOBODY });

	const r = await call();
	is([r.status, r.json.company?.plan, r.json.company?.subscriptionStatus, r.json.company?.seatCount ?? 0],
		[200, 'PLAN_STARTER', 'SUBSCRIPTION_STATUS_NONE', 0], 'onboard and pay: the company waits for its payment');
	const session = [...stripe.sessions.values()].find((s) => s.url === r.json.checkoutUrl);
	is([session?.metadata.company_id, session?.metadata.plan], [r.json.company.id, 'starter'], 'onboard and pay: at its checkout');
	is([session.success_url, session.cancel_url], ['http://app.test/dashboard?onboarding=complete',
		'http://app.test/onboarding?checkout=canceled'], 'onboard and pay: the ways back');
	forgetNobody();
	await account.stop();

	const again = await new Account({ stripe, name: 'paid2', conf: [`cache.path ${dir}/paid2.db`] }).start();
	stripe.fault(503, { times: 30 });
	const down = await again.call('AuthService/Onboard', ONBOARD, { as: NOBODY });
	is([down.status, down.json.company?.name, down.json.checkoutUrl ?? null], [200, 'Late Start', null],
		'onboard and pay: Stripe is down, and the company is made all the same');
	forgetNobody();
	await again.stop();
	await stripe.close();
}

// The identity service is away: nobody can say whether an address is free.
async function testOutage() {
	const DOWN = [503, 'unavailable', 'EXTERNAL_SERVICE_ERROR'];
	const account = await new Account({ name: 'away', env: { IDENTITY_DATABASE_URL: 'host=/nowhere' } }).start();
	is(why(await account.call('AuthService/CheckEmail', { email: 'a@b.example' })), DOWN, 'no identity service: CheckEmail is unavailable');
	is(why(await account.call('AuthService/Register', { ...BUYER, email: 'away@new.example' })), DOWN, 'no identity service: Register is');
	is(sql('SELECT count(*) FROM pending_registrations'), '0', 'no identity service: and no row is left');
	await account.stop();
}

// An installation for those who are invited, and nobody else.
async function testClosed() {
	const CLOSED = [403, 'permission_denied', 'AUTH_FORBIDDEN'];
	const account = await new Account({ name: 'closed', conf: ['accounts.registration no'] }).start();
	is(why(await account.call('AuthService/Register', { ...BUYER, email: 'shut@new.example' })), CLOSED, 'closed: nobody signs up');
	is(why(await account.call('AuthService/Onboard', ONBOARD, { as: NOBODY })), CLOSED, 'closed: nor founds a company');
	is((await account.call('AuthService/CheckEmail', { email: 'shut@new.example' })).json.exists ?? false, false, 'closed: nothing is left of it');
	await account.stop();
}

const dir = process.env.TEST_DIR;
const account = await new Account({ conf: ['billing.seats 25'] }).start();
await testRegister(account, 'Free@New.example', 'no payment');
await testParallel(account);
await testOnboard(account);
await account.stop();

// Without a cache; see also acceptance.mjs.
fs.mkdirSync(path.join(dir, 'broken.db'));
const bare = await new Account({ name: 'bare', conf: ['billing.seats 25', `cache.path ${dir}/broken.db`] }).start();
await testRegister(bare, 'Bare@New.example', 'no cache');
await testOnboard(bare);
await bare.stop();

await testOnboardPaid(dir);
await testOutage();
await testClosed();
ok(!account.log().includes('Zebra'), 'no password is in the log');
done();
