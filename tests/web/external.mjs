// identity.mode kratos: the product knows logins only by HTTP, here of a strict
// stand-in for Kratos 1.3 (identity/kit/kratos.mjs), which is also made to fail
// in every way. external_own.mjs makes the same journeys against Mirai's own
// identity service.
//
// Skipped here, since no Kratos has them (identity.md F-4):
// revocation known at once (W-4, 30 s here), limits (18), the account tab and
// deletion (D-6), idle time (W-5), session issue (A-5), mitigated sign-up (E-3).
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { launchBrowser } from './kit/browser.mjs';
import { Kratos } from '../identity/kit/kratos.mjs';
import { byCookie, byToken, calls, commands, fill, foreignFlow, mirai, pages, password, rpc } from './kit/external.mjs';
import { PASSWORD, is, main, ok, startSite } from './kit/site.mjs';
import { becomes } from './kit/wait.mjs';
import { setCookies } from '../cookies.mjs';
import { psql } from '../psql.mjs';

const { BUILD, TEST_DIR } = process.env;

// --- against the stand-in ------------------------------------------------------

function loadPeople(k) {
	const rows = psql(process.env.IDENTITY_OWNER_URL, "SELECT id || '|' || (traits ->> 'email') || '|' || (traits -> 'name' ->> 'first') || '|' || (traits -> 'name' ->> 'last') || '|' || state FROM identities");
	for (const row of rows.split('\n')) {
		const [id, email, first, last, state] = row.split('|');
		k.addIdentity({ id, email, first, last, state, password: PASSWORD });
	}
}

function onlyOurs(k, how) {
	const cookies = new Set(k.seen.filter((s) => s.headers['user-agent'] === undefined || !s.headers['x-forwarded-for'])
		.flatMap((s) => (s.headers.cookie ?? '').split('; ').filter(Boolean)).map((p) => p.split('=')[0]));
	is([...cookies].filter((n) => !/^(ory_kratos_|csrf_token_)/.test(n)), [], `${how}: no other cookie is sent on`);
	const found = k.seen.find((s) => s.target.includes('credentials_identifier') && s.target.includes('ada'));
	ok(found.target.endsWith('=ada%2Bone%40one.example'), `${how}: addresses are encoded and lower-case`);
	is(k.complaints, [], `${how}: a Kratos understands every call`);
}

// The patience of the product with a Kratos: more than this machine ever needs,
// unless a test is about its end.
const patience = (site, seconds) => fs.writeFileSync(site.conf, fs.readFileSync(site.conf, 'utf8')
	.replace(/^identity\.kratos\.whoami_timeout .*/m, `identity.kratos.whoami_timeout ${seconds}`));

// A fresh session each time: positive answers are kept for 30 s.
const fresh = (k) => k.addSession(k.byEmail('owner@acme.example'), 'token').secret;

async function faults(k, site) {
	const how = 'faults';
	const tries = async (kind) => {
		k.fault('/sessions/whoami', kind);
		const r = await rpc(site, byToken(fresh(k)));
		k.clear();
		return r;
	};
	for (const kind of ['500', 'close', 'garbage', 'wrong', 'huge', 'redirect'])
		is([kind, (await tries(kind)).code], [kind, 'unavailable'], `${how}: ${kind} is an outage, not a logout`);
	ok(!k.seen.some((s) => s.path === '/trap'), `${how}: no redirect is followed`);
	await site.end('api');
	patience(site, 1);
	await site.begin('api');
	await becomes(async () => (await rpc(site, byToken(fresh(k)))).status, 200, `${how}: told to wait for a second`);
	const started = Date.now();
	const slow = await tries('hang'); // which never answers
	ok(slow.code === 'unavailable' && Date.now() - started >= 900, `${how}: a silent one is waited for no longer than that`);
	await site.end('api');
	patience(site, 60);
	await site.begin('api');
	await becomes(async () => (await rpc(site, byToken(fresh(k)))).status, 200, `${how}: and for longer`);
	is((await tries('once')).status, 200, `${how}: a connection that breaks is tried again`);
	const due = k.addSession(k.byEmail('owner@acme.example'), 'token', 'test', { aalDue: true });
	is((await rpc(site, byToken(due.secret))).status, 401, `${how}: who owes a second factor is not signed in`);
	is((await rpc(site, byToken('ory_st_x,y'))).status, 401, `${how}: what is no credential is not sent`);
	is((await rpc(site, byCookie('a"b'))).status, 401, `${how}: nor as a cookie`);

	k.fault('/self-service/login/flows', 'huge');
	const begin = await fetch(`${site.base}/self-service/login/browser`, { redirect: 'manual', headers: { accept: 'text/html' } });
	const cookie = setCookies(begin.headers).map((c) => c.split(';')[0]).join('; ');
	is((await fetch(begin.headers.get('location'), { headers: { cookie } })).status, 503, `${how}: a page says that it cannot`);
	k.clear();
	is((await fetch(begin.headers.get('location'), { headers: { cookie } })).status, 200, `${how}: and then can`);
}

async function outage(k, site) {
	const token = fresh(k);
	is((await rpc(site, byToken(token))).status, 200, 'outage: somebody is seen');
	await k.stop();
	is((await rpc(site, byToken(fresh(k)))).code, 'unavailable', 'outage: 503, not 401');
	is((await rpc(site, byToken(token))).status, 200, 'outage: who was just seen goes on');
	const page = await fetch(`${site.base}/dashboard`, { redirect: 'manual', headers: byCookie('MTcsomething') });
	is(page.status, 503, 'outage: pages sign nobody out');
	const r = await mirai(site, ['user', 'list']);
	ok(r.status === 1 && r.text.includes('identity service refused or does not answer'), 'outage: commands say so');
	await k.again();
	is((await rpc(site, byToken(fresh(k)))).status, 200, 'outage: over');
}

// A create whose answer is lost is looked up; one that never came is not made.
async function lostAnswers(k, site) {
	const count = () => [...k.identities.values()].filter((i) => i.traits.email.endsWith('@lost.example')).length;
	const make = (email) => mirai(site, ['user', 'create', '--company', 'One Ltd', '--first-name', 'Lo', '--last-name', 'St', email], { MIRAI_PASSWORD: 'Long-Enough-7x' });
	k.fault('/admin/identities', 'once');
	let r = await make('a@lost.example');
	is([r.status, count()], [0, 1], `lost: a look-up is tried again${r.status ? ` (${r.text})` : ''}`);
	// Only the POST loses its answer: the look-ups are of the same path.
	const routes = k.serve.bind(k);
	k.serve = (table, req, res) => {
		if (req.method === 'POST' && req.url === '/admin/identities') k.fault('/admin/identities', 'lost');
		const done = routes(table, req, res);
		return done.then(() => { if (req.method === 'POST') k.clear(); });
	};
	r = await make('b@lost.example');
	is([r.status, count()], [0, 2], `lost: a create without an answer is found, not made again${r.status ? ` (${r.text})` : ''}`);
	is(k.seen.filter((s) => s.method === 'POST' && s.path === '/admin/identities').length > 0, true, 'lost: it was asked for');
	k.serve = routes;
	const meta = k.byEmail('b@lost.example').metadata_admin;
	ok(/^[0-9a-f-]{36}$/.test(meta.command_id), 'lost: by what it was made for');
	ok(k.byEmail('b@lost.example').verifiable_addresses[0].verified, 'lost: its address counts as verified');
}

async function recovery(browser, k, site) {
	const context = await browser.newContext();
	const page = await context.newPage();

	await page.goto(`${site.base}/auth/recovery`);
	await page.locator('input[name=email]').fill('elder@acme.example');
	await page.getByRole('button', { name: /continue|send|submit/i }).first().click();
	await page.locator('input[name=code]').waitFor();
	const flow = k.flows.get(new URL(page.url()).searchParams.get('flow'));
	await page.locator('input[name=code]').fill(flow.code);
	await page.getByRole('button', { name: /continue|submit/i }).first().click();
	await page.waitForURL('**/auth/reset-password*');
	await password(page).fill('Fresh-Meadow-91!');
	await page.getByLabel('Confirm Password').fill('Fresh-Meadow-91!');
	await page.getByRole('button', { name: 'Save' }).click();
	await page.getByText('Your new password is saved.').waitFor();
	is(k.byEmail('elder@acme.example').password, 'Fresh-Meadow-91!', 'recovery: a code leads to a new password');
	is((await context.cookies()).filter((c) => c.name === 'ory_kratos_session'), [], 'recovery: which is to be signed in with');
	ok([...k.sessions.values()].filter((s) => s.identity.traits.email === 'elder@acme.example').every((s) => !s.active), 'recovery: its session is over at the Kratos too');

	await page.goto(`${site.base}/self-service/login/browser?return_to=https%3A%2F%2Fevil.example%2F`);
	ok(page.url().includes('/auth/error?id='), 'error page: a refusal leads there');
	ok(await page.getByText('is not allowed').isVisible(), 'error page: with its reason');
	await context.close();
}

// Expired flows, a session by token, and more people than fit in one call.
async function edges(browser, k, site) {
	const context = await browser.newContext();
	const page = await context.newPage();

	await page.goto(`${site.base}/auth/login?return_to=%2Fcontent-library`);
	const first = new URL(page.url()).searchParams.get('flow');
	k.flows.get(first).expires_at = new Date(Date.now() - 60000).toISOString();
	await page.reload();
	ok(new URL(page.url()).searchParams.get('flow') !== first, 'edges: an expired flow begins anew');
	await fill(page, 'sme@acme.example');
	await page.waitForURL(`${site.base}/content-library`);
	ok(true, 'edges: and leads where the first would have');

	const s = k.addSession(k.byEmail('sme@acme.example'), 'token');
	await context.addCookies([{ name: 'ory_session_token', value: s.secret, url: site.base }]);
	await page.goto(`${site.base}/dashboard`);
	await page.locator('details.profile summary').click();
	await page.getByRole('button', { name: 'Sign Out' }).click();
	await page.waitForURL(`${site.base}/`);
	ok([...k.sessions.values()].filter((x) => x.identity === s.identity).every((x) => !x.active), 'edges: signing out ends both sessions');
	await context.close();

	const tenant = psql(process.env.DATABASE_OWNER_URL.replace(/user=\S+/, 'user=postgres'),
		"SELECT tenant_id || '|' || company_id FROM users WHERE kratos_id = 'a3000000-0000-4000-8000-000000000001'").split('|');
	const many = Array.from({ length: 400 }, (_, i) => k.addIdentity({ email: `p${i}@many.example`, first: 'Pat', last: `No ${i}` }));
	psql(process.env.DATABASE_OWNER_URL.replace(/user=\S+/, 'user=postgres'), `INSERT INTO users (tenant_id, company_id, kratos_id, role) VALUES ${
		many.map((i) => `('${tenant[0]}', '${tenant[1]}', '${i.id}', 'sme')`).join(', ')}`);
	const list = await rpc(site, byToken(fresh(k)), 'UserService/ListCompanyUsers');
	is(list.json.users.filter((u) => u.email?.endsWith('@many.example')).length, 400, 'edges: many people, in several calls');
	ok(k.seen.every((x) => (x.target.match(/ids=/g) ?? []).length <= 250), 'edges: none of them asks for more than a Kratos gives');
}

async function againstStandIn(browser) {
	const how = 'Kratos';
	const k = await new Kratos().start();
	const site = await startSite((port) => [
		'identity.mode kratos', `identity.kratos.public_url ${k.publicUrl}`, `identity.kratos.admin_url ${k.adminUrl}`,
		'identity.kratos.whoami_timeout 60', 'identity.kratos.timeout 60', `url.auth http://localhost:${port}`], { kratos: k.publicPort });
	k.base = site.base;
	loadPeople(k);
	try {
		await becomes(async () => site.log('api').includes('kratos: version v1.3.0 is ready, it issues no sessions'), true, `${how}: the start says what it is`);
		await calls(site, how);
		await pages(browser, site, how);
		await foreignFlow(browser, site, how);
		await recovery(browser, k, site);
		await edges(browser, k, site);
		await commands(site, how);
		await lostAnswers(k, site);
		onlyOurs(k, how);
		await faults(k, site);
		await outage(k, site);
	} finally {
		site.stop();
		await k.stop();
	}
}

// --- the setting -------------------------------------------------------------------

function setting() {
	const check = (...lines) => {
		const file = path.join(TEST_DIR, 'check.conf');
		fs.writeFileSync(file, [`cache.path ${TEST_DIR}/c.db`, ...lines, ''].join('\n'), { mode: 0o600 });
		const r = spawnSyncText([path.join(BUILD, 'bin/mirai-api'), '-n', '-f', file]);
		return [r.status, r.text];
	};
	let [status, text] = check('identity.mode both');
	ok(status !== 0 && text.includes('identity.mode: neither embedded nor kratos'), 'setting: two modes only');
	[status, text] = check('identity.mode kratos', 'identity.kratos.public_url http://127.0.0.1:1');
	ok(status !== 0 && text.includes('identity.kratos.admin_url: not set'), 'setting: both addresses are needed');
	[status, text] = check('identity.mode kratos', 'identity.kratos.public_url http://127.0.0.1:1', 'identity.kratos.admin_url http://127.0.0.1:1');
	ok(status === 0 && text.includes('kratos: not ready'), 'setting: one that is down stops nothing');
}

function spawnSyncText([file, ...args]) {
	try {
		return { status: 0, text: execFileSync('sh', ['-c', '"$0" "$@" 2>&1', file, ...args], { encoding: 'utf8' }) };
	} catch (e) {
		return { status: e.status, text: String(e.stdout) };
	}
}

await main(async () => {
	setting();
	const browser = await launchBrowser();
	try {
		await againstStandIn(browser);
	} finally {
		await browser.close();
	}
});
