// Limits on signing up: how often, by address, e-mail and identity, over all
// workers of a pool; what a refusal says; who is not refused with them; without
// a cache each worker counts by itself, and still there is a limit.
import fs from 'node:fs';
import path from 'node:path';
import { Account, done, is, loadFixtures, ok, sql } from './kit/account.mjs';
import { Stripe } from './kit/stripe.mjs';

loadFixtures();
const stripe = new Stripe();
await stripe.listen();
const account = await new Account({ stripe, conf: ['accounts.limits yes'] }).start();

const BUYER = { password: 'Zebra-Kite-42', firstName: 'Lea', lastName: 'Limit', companyName: 'Limits', plan: 'PLAN_PRO' };
const CONTACT = { companyName: 'Big', name: 'Ann', email: 'ann@big.example' };
const LIMITED = [429, 'resource_exhausted', 'RATE_LIMITED'];
const why = (r) => [r.status, r.json?.code, r.headers['mirai-error-code'] ?? null];
let n = 0;

// max go through, the next does not, until: at most so many seconds.
async function limit(name, max, until, act) {
	const all = [];
	for (let i = 0; i < max; i++)
		all.push(await act());
	is(all.filter((r) => r.status === 429).length, 0, `${name}: ${max} are fine`);
	const r = await act();
	is(why(r), LIMITED, `${name}: one more is not`);
	const wait = Number(r.headers['retry-after']);
	ok(wait > 0 && wait <= until, `${name}: for ${wait} s`);
	is(r.json.details.map((d) => d.type), ['google.rpc.ErrorInfo', 'google.rpc.RetryInfo'], `${name}: programs can read it`);
}

const check = (from) => account.call('AuthService/CheckEmail', { email: 'a@b.example' }, { from });
const register = (from, email = `limit${n++}@new.example`) => account.call('AuthService/Register', { ...BUYER, email }, { from });
const contact = (from) => account.call('AuthService/EnterpriseContact', CONTACT, { from });

await limit('CheckEmail, address', 20, 120, () => check('192.0.2.10'));
is((await check('192.0.2.11')).status, 200, 'CheckEmail: another address goes on');
await limit('CheckEmail, IPv6', 20, 120, () => check(`2001:db8:1:2::${(n++).toString(16)}`));
is((await check('2001:db8:1:3::1')).status, 200, 'CheckEmail: another network of IPv6 goes on');

await limit('Register, address', 5, 7200, () => register('192.0.2.20'));
is((await register('192.0.2.21')).status, 200, 'Register: another address goes on');
sql('DELETE FROM pending_registrations');
await limit('Register, e-mail', 3, 7200, () => register(`192.0.2.${100 + n++}`, 'Same@New.example'));
is((await register('192.0.2.22', 'other@new.example')).status, 200, 'Register: another e-mail goes on');
const wrong = () => account.call('AuthService/Register', { ...BUYER, email: 'x' }, { from: '192.0.2.30' });
for (let i = 0; i < 8; i++)
	await wrong();
is((await wrong()).status, 400, 'Register: what is wrong in a form is no attempt');
is((await register('192.0.2.30')).status, 200, 'and the right one goes through');

await limit('EnterpriseContact, address', 3, 7200, () => contact('192.0.2.40'));
is((await contact('192.0.2.41')).status, 200, 'EnterpriseContact: another address goes on');

// Wrong plans would be no attempt: the company is taken away in between.
await limit('Onboard, identity', 10, 7200, async () => {
	sql("DELETE FROM tenants WHERE name = 'Again'");
	return account.call('AuthService/Onboard', { companyName: 'Again', plan: 'PLAN_STARTER' },
		{ as: 'nobody@nowhere', from: `192.0.2.${50 + n++ % 9}` });
});

sql("DELETE FROM tenants WHERE name = 'Again'");

const NONE = { token: 'x'.repeat(43) };
const invited = (from) => account.call('AuthService/RegisterWithInvitation',
	{ ...NONE, password: BUYER.password, firstName: 'A', lastName: 'B' }, { from });
await limit('RegisterWithInvitation, address', 10, 7200, () => invited('192.0.2.60'));
is((await invited('192.0.2.61')).status, 404, 'RegisterWithInvitation: another address goes on');
const look = (from) => account.call('InvitationService/GetInvitationByToken', NONE, { from });
await limit('GetInvitationByToken, address', 30, 120, () => look('192.0.2.62'));
is((await look('192.0.2.63')).status, 404, 'GetInvitationByToken: another address goes on');
const accept = (as) => account.call('InvitationService/AcceptInvitation', NONE, { as, from: `192.0.2.${64 + n++ % 9}` });
await limit('AcceptInvitation, identity', 10, 7200, () => accept('nobody@nowhere'));
is((await accept('sme@acme')).status, 404, 'AcceptInvitation: another one goes on');
const invite = (as) => account.call('InvitationService/CreateInvitation', { email: `limit${n++}@new.example` }, { as });
sql("UPDATE companies SET seat_count = 500, subscription_status = 'active'");
await limit('CreateInvitation, company', 100, 2 * 86400, () => invite(n % 2 ? 'owner@acme' : 'elder@acme'));
is((await invite('owner@other')).status, 200, 'CreateInvitation: another company goes on');

await account.stop();
const again = await new Account({ stripe, conf: ['accounts.limits yes'] }).start();
is(why(await again.call('AuthService/EnterpriseContact', CONTACT, { from: '192.0.2.40' })), LIMITED,
	'a restart forgets nothing');
await again.stop();

fs.mkdirSync(path.join(process.env.TEST_DIR, 'broken.db'));
const bare = await new Account({ stripe, workers: 1, name: 'bare',
	conf: ['accounts.limits yes', `cache.path ${process.env.TEST_DIR}/broken.db`] }).start();
const last = [];
for (let i = 0; i < 21; i++)
	last.push((await bare.call('AuthService/CheckEmail', { email: 'a@b.example' }, { from: '192.0.2.10' })).status);
is([last.indexOf(429), last.length], [20, 21], 'without a cache the process counts');
await bare.stop();
await stripe.close();
done();
