// The acceptance checks of the services of accounts, as far as no other test
// is about them: each result names its check. The others stand where their part
// is tested; that none is missing is counted here.
import { execFile, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { subscribe, tell, until } from '../fcgi/kit/stream.mjs';
import { is, main, ok, startSite, tokenOf } from '../web/kit/site.mjs';
import { identitySql, sql } from './kit/account.mjs';
import { Stripe, signature } from './kit/stripe.mjs';

const { BUILD, SRCDIR, TEST_DIR } = process.env;
const ACME = 'a1000000-0000-4000-8000-000000000000';
const PASSWORD = 'Zebra-Kite-42';

async function call(site, who, method, message = {}) {
	const headers = who === null ? {} : { authorization: `Bearer ${who.startsWith('ory_st_') ? who : tokenOf(who)}` };
	// One that is kept may have been closed while psql was waited for.
	const r = await fetch(`${site.base}/mirai.v1.${method}`, { method: 'POST', body: JSON.stringify(message),
		headers: { 'content-type': 'application/json', connection: 'close', ...headers } });
	return { status: r.status, reason: r.headers.get('mirai-error-code'), json: await r.json() };
}

const register = (site, email, more = {}) => call(site, null, 'AuthService/Register', { email, password: PASSWORD,
	firstName: 'Ada', lastName: 'Byron', companyName: `Company of ${email}`, plan: 'PLAN_PRO', seatCount: 3, ...more });
const linkTo = (email) => sql(`SELECT substr(payload ->> 'link', 27) FROM mail_outbox
	WHERE kind = 'invitation' AND recipient = '${email}' ORDER BY created_at DESC LIMIT 1`);
const run = (program, site) => promisify(execFile)(path.join(BUILD, `bin/mirai-${program}`), ['-1', '-f', site.conf], { timeout: 60000 });
const companies = (email) => sql(`SELECT count(*) FROM companies WHERE name = 'Company of ${email}'`);

// --- 2 ------------------------------------------------------------------------------------

async function sameWebhook(site, stripe) {
	const check = 'acceptance 2: the same webhook five times in parallel: one account, one welcome mail';
	const email = 'five@webhook.example';
	const { checkoutUrl } = (await register(site, email)).json;
	stripe.auto = false;
	await stripe.pay([...stripe.sessions.values()].find((s) => s.url === checkoutUrl).id);
	stripe.auto = true;
	const body = JSON.stringify(stripe.events.find((e) => e.type === 'checkout.session.completed'));
	const told = await Promise.all(Array.from({ length: 5 }, () => fetch(`${site.base}/api/v1/billing/webhook`,
		{ method: 'POST', body, headers: { 'stripe-signature': signature(stripe.secret, body) } })));
	is(told.map((r) => r.status), [200, 200, 200, 200, 200], `${check} (all are taken)`);
	await Promise.all([run('provision', site), run('provision', site).catch(() => {})]);
	await run('provision', site);
	is([identitySql(`SELECT count(*) FROM identities WHERE traits ->> 'email' = '${email}'`), companies(email),
		sql(`SELECT count(*) FROM mail_outbox WHERE kind = 'welcome' AND recipient = '${email}'`),
		sql('SELECT count(*) FROM pending_registrations')], ['1', '1', '1', '0'], check);
}

// --- 10 -----------------------------------------------------------------------------------

async function enterprise(site, stripe) {
	const check = (what) => `acceptance 10: Enterprise cannot be had through ${what}`;
	const before = sql('SELECT count(*) FROM companies'), no = [400, 'BILLING_INVALID_PLAN'];
	stripe.requests.length = 0;
	for (const plan of ['PLAN_ENTERPRISE', 3, 4, -1]) {
		const all = [['Register', await register(site, 'big@plan.example', { plan })],
			['Onboard', await call(site, 'nobody@nowhere', 'AuthService/Onboard', { companyName: 'Big', plan })],
			['CreateCheckoutSession', await call(site, 'owner@acme', 'BillingService/CreateCheckoutSession', { plan })]];
		for (const [what, r] of all)
			is([r.status, r.reason], no, `${check(what)} (${plan})`);
	}
	is([sql('SELECT count(*) FROM companies'), sql("SELECT count(*) FROM companies WHERE plan = 'enterprise'"),
		sql('SELECT count(*) FROM pending_registrations'), stripe.requests.length], [before, '0', '0', 0],
	'acceptance 10: and nothing is made of the try');
}

// --- 11 -----------------------------------------------------------------------------------

async function invitedInstructor(site) {
	const check = 'acceptance 11: an admin invites, and the invited instructor sees ROLE_INSTRUCTOR in GetMe';
	await call(site, 'owner@acme', 'InvitationService/CreateInvitation', { email: 'ina@invited.example', role: 'ROLE_INSTRUCTOR' });
	const joined = await call(site, null, 'AuthService/RegisterWithInvitation',
		{ token: linkTo('ina@invited.example'), password: PASSWORD, firstName: 'Ina', lastName: 'Invited' });
	const me = await call(site, joined.json.sessionToken, 'UserService/GetMe');
	is([me.json.user?.role, me.json.user?.email, me.json.company?.name], ['ROLE_INSTRUCTOR', 'ina@invited.example', 'Acme'], `${check} (new account)`);
	await call(site, 'owner@acme', 'InvitationService/CreateInvitation', { email: 'nobody@nowhere.example', role: 'ROLE_INSTRUCTOR' });
	const accepted = await call(site, 'nobody@nowhere', 'InvitationService/AcceptInvitation', { token: linkTo('nobody@nowhere.example') });
	is([accepted.status, (await call(site, 'nobody@nowhere', 'UserService/GetMe')).json.user?.role], [200, 'ROLE_INSTRUCTOR'], `${check} (existing account)`);
}

// --- 15: read "cache" for Redis -----------------------------------------------------------

// Sign-up, invitations, billing, lists, pages: what is not as it should be.
async function works(site, name) {
	const email = `${name}@cache.example`;
	const asked = [
		['sign-up', await register(site, email)],
		['CheckEmail', await call(site, null, 'AuthService/CheckEmail', { email })],
		['inviting', await call(site, 'owner@acme', 'InvitationService/CreateInvitation', { email: `to-${email}`, role: 'ROLE_SME' })],
		['looking at an invitation', await call(site, null, 'InvitationService/GetInvitationByToken', { token: linkTo(`to-${email}`) })],
		['joining', await call(site, null, 'AuthService/RegisterWithInvitation', { token: linkTo(`to-${email}`), password: PASSWORD,
			firstName: 'A', lastName: 'B' })],
		['seats', await call(site, 'owner@acme', 'InvitationService/GetSeatInfo')],
		['the bill', await call(site, 'owner@acme', 'BillingService/GetBillingInfo')],
		['buying', await call(site, 'owner@acme', 'BillingService/CreateCheckoutSession', { plan: 'PLAN_PRO' })],
		['the company', await call(site, 'owner@acme', 'CompanyService/GetCompany')],
		...await Promise.all(['UserService/GetMe', 'UserService/ListCompanyUsers', 'TeamService/ListTeams', 'InvitationService/ListInvitations',
			'CourseService/ListCourses', 'NotificationService/ListNotifications', 'NotificationService/GetUnreadCount'].map(
			async (m) => [m, await call(site, 'owner@acme', m)])),
	];
	const joined = asked.find(([what]) => what === 'joining')[1].json.user?.id;
	asked.push(['a new role', await call(site, 'owner@acme', 'UserService/UpdateUser', { userId: joined, role: 'ROLE_INSTRUCTOR' })]);
	asked.push(['removing', await call(site, 'owner@acme', 'UserService/RemoveCompanyUser', { userId: joined })]);
	const list = (await call(site, 'owner@acme', 'UserService/ListCompanyUsers')).json.users ?? [];
	if (list.some((u) => u.id === joined) || !list.some((u) => u.email === 'owner@acme.example'))
		asked.push(['the list as it is now', { status: 'old' }]);
	return asked.filter(([, r]) => r.status !== 200).map(([what, r]) => `${what}: ${r.status} ${r.reason}`);
}

const caches = () => fs.readdirSync(TEST_DIR).filter((n) => n.startsWith('cache.db')).map((n) => path.join(TEST_DIR, n));

async function streamGoesOn(s, title, check) {
	tell('owner@acme', title);
	ok(await until('the event', () => s.text.includes(`"${title}"`)) && !s.ended, `${check}, streams stay open`);
}

async function noCache(site, stripe) {
	const check = (how) => `acceptance 15: the cache is ${how}: sign-up, invitations, billing and lists work`;
	const s = subscribe(site.base, { authorization: `Bearer ${tokenOf('owner@acme')}` });
	await until('a first message', () => s.envelopes().length > 0);
	is(await works(site, 'there'), [], check('there'));
	for (const file of caches()) {
		const fd = fs.openSync(file, 'r+');
		fs.writeSync(fd, Buffer.alloc(fs.statSync(file).size, 'garbage '));
		fs.closeSync(fd);
	}
	is(await works(site, 'garbage'), [], check('garbage'));
	await streamGoesOn(s, 'garbage', check('garbage'));
	for (const file of caches())
		fs.rmSync(file);
	is(await works(site, 'gone'), [], check('gone'));
	await streamGoesOn(s, 'gone', check('gone'));
	s.close();
	site.stop();
	await sleep(300);
	const bare = await startSite([...lines(stripe), 'cache.path /dev/null/cache.db'], { fixtures: false });
	stripe.hook = `${bare.base}/api/v1/billing/webhook`;
	try {
		const t = subscribe(bare.base, { authorization: `Bearer ${tokenOf('owner@acme')}` });
		await until('a first message', () => t.envelopes().length > 0);
		is(await works(bare, 'nowhere'), [], check('nowhere to be made'));
		await streamGoesOn(t, 'nowhere', check('nowhere to be made'));
		t.close();
	} finally {
		bare.stop();
	}
}

// --- 16 -----------------------------------------------------------------------------------

async function hangingMail(site) {
	const check = 'acceptance 16: a mail server that hangs delays no RPC';
	let waiting = 0, ended = 0;
	const server = net.createServer((s) => { waiting++; s.on('error', () => {}).on('close', () => { ended++; }); }).listen(0, '127.0.0.1');
	await once(server, 'listening');
	const conf = path.join(TEST_DIR, 'hang.conf');
	fs.writeFileSync(conf, `${fs.readFileSync(site.conf, 'utf8')}smtp.host 127.0.0.1\nsmtp.port ${server.address().port}\ncourier.timeout 120\n`);
	const mail = spawn(path.join(BUILD, 'bin/mirai-mail'), ['-f', conf], { stdio: 'ignore' });
	await call(site, 'owner@acme', 'InvitationService/CreateInvitation', { email: 'first@hang.example' });
	ok(await until('the mail program to hang', () => waiting > 0), `${check} (it hangs)`);
	const all = [];
	for (let i = 0; i < 5; i++) {
		const email = `${randomUUID()}@hang.example`;
		all.push(await call(site, 'owner@acme', 'InvitationService/CreateInvitation', { email }),
			await call(site, null, 'AuthService/EnterpriseContact', { companyName: 'Big', name: 'Bo', email }),
			await register(site, email), await call(site, 'owner@acme', 'InvitationService/ListInvitations'),
			await call(site, 'owner@acme', 'TeamService/CreateTeam', { name: email }));
	}
	is(all.filter((r) => r.status !== 200).map((r) => r.reason), [], `${check} (all is done)`);
	is([waiting, ended], [1, 0], `${check} (it hangs all the while)`);
	is(sql("SELECT count(*) FROM mail_outbox WHERE recipient LIKE '%@hang.example' AND sent_at IS NULL AND failed_at IS NULL"), '6',
		`${check} (and the mails wait)`);
	mail.kill('SIGKILL');
	await once(mail, 'exit');
	server.close();
}

// --- all of them --------------------------------------------------------------------------

function counted() {
	const files = ['service', 'cron', 'fcgi'].flatMap((d) => fs.readdirSync(path.join(SRCDIR, 'tests', d)).map((n) => path.join(SRCDIR, 'tests', d, n)));
	const text = files.filter((f) => /\.(mjs|c|t|sh)$/.test(f)).map((f) => fs.readFileSync(f, 'utf8')).join('\n');
	is(Array.from({ length: 16 }, (_, i) => i + 1).filter((n) => !new RegExp(`['"\`#] ?acceptance ${n}: `).test(text)), [],
		'all 16 acceptance checks have tests that name them');
}

const lines = (stripe) => [`stripe.api ${stripe.base}`, `stripe.secret_key ${stripe.key}`, `stripe.webhook_secret ${stripe.secret}`,
	'stripe.starter_price price_starter', 'stripe.pro_price price_pro', 'accounts.limits no', 'identity.limits no',
	'sales.address sales@mirai.example', 'identity.secrets 0123456789abcdef0123'];

await main(async () => {
	const stripe = new Stripe();
	await stripe.listen();
	const site = await startSite(lines(stripe));
	stripe.hook = `${site.base}/api/v1/billing/webhook`;
	sql(`UPDATE companies SET seat_count = 900 WHERE id = '${ACME}'`);
	try {
		counted();
		await sameWebhook(site, stripe);
		await enterprise(site, stripe);
		await invitedInstructor(site);
		await hangingMail(site);
		await noCache(site, stripe);
	} finally {
		site.stop();
		await stripe.close();
	}
});
