// What must hold when logins are kept by a service elsewhere (identity.mode
// kratos), whichever it is.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { PASSWORD, is, ok } from './site.mjs';
import { randomUUID } from 'node:crypto';
import { setCookies } from '../../cookies.mjs';

const { BUILD } = process.env;

// --- calls -------------------------------------------------------------------

export async function rpc(site, headers, method = 'UserService/GetMe', body = '{}') {
	const r = await fetch(`${site.base}/mirai.v1.${method}`, { method: 'POST',
		headers: { 'content-type': 'application/json', ...headers }, body });
	const json = await r.json().catch(() => null);
	return { status: r.status, json, code: json?.code };
}

export const byToken = (token) => ({ authorization: `Bearer ${token}` });
export const byCookie = (value, more = '') => ({ cookie: `${more}ory_kratos_session=${value}` });

export async function loginToken(site, email, password = PASSWORD) {
	const flow = await (await fetch(`${site.base}/self-service/login/api`)).json();
	const r = await fetch(`${site.base}/self-service/login?flow=${flow.id}`, { method: 'POST',
		headers: { 'content-type': 'application/json', accept: 'application/json' },
		body: JSON.stringify({ method: 'password', identifier: email, password }) });
	return (await r.json()).session_token;
}

export function mirai(site, args, env = {}) {
	const child = spawn(path.join(BUILD, 'bin/mirai'), args, { stdio: ['ignore', 'pipe', 'pipe'],
		env: { ...process.env, MIRAI_CONF: site.conf, IDENTITY_DATABASE_URL: 'host=/nowhere',
			IDENTITY_READER_URL: 'host=/nowhere', ...env } });
	const text = [];
	child.stdout.on('data', (d) => text.push(d));
	child.stderr.on('data', (d) => text.push(d));
	return once(child, 'close').then(([status]) => ({ status, text: Buffer.concat(text).toString() }));
}

// --- journeys that hold for both -----------------------------------------------

export const password = (page) => page.locator('input').and(page.getByLabel('Password', { exact: true }));

export async function fill(page, email, secret = PASSWORD) {
	await page.locator('input[name=identifier]').fill(email);
	await password(page).fill(secret);
	await page.getByRole('button', { name: /sign in/i }).last().click();
}

export async function pages(browser, site, how) {
	const context = await browser.newContext();
	const page = await context.newPage();

	await page.goto(`${site.base}/auth/login?return_to=%2Fcontent-library`);
	ok(new URL(page.url()).searchParams.get('flow') !== null, `${how}: a flow begins and is drawn`);
	await fill(page, 'instructor@acme.example', 'wrong-Password-1');
	await page.getByRole('alert').first().waitFor();
	is(await page.locator('input[name=identifier]').inputValue(), 'instructor@acme.example', `${how}: a wrong password is said, the address stays`);
	await fill(page, 'instructor@acme.example');
	await page.waitForURL(`${site.base}/content-library`);
	ok(true, `${how}: signed in, and where one wanted to go`);
	await page.goto(`${site.base}/auth/login`);
	is(page.url(), `${site.base}/dashboard`, `${how}: who is signed in has no business there`);

	await page.goto(`${site.base}/auth/settings`);
	is(await page.locator('input[name="traits.name.first"]').inputValue(), 'Ian', `${how}: settings show who one is`);
	await page.locator('input[name="traits.name.first"]').fill('Ivan');
	await page.getByRole('button', { name: 'Save' }).first().click();
	await page.locator('.banner-success').waitFor();
	ok(true, `${how}: a change is saved`);

	const other = await browser.newContext({ userAgent: 'Mozilla/5.0 (X11; Linux x86_64) Firefox/128.0' });
	const there = await other.newPage();
	await there.goto(`${site.base}/auth/login`);
	await fill(there, 'instructor@acme.example');
	await there.waitForURL('**/dashboard');
	await page.goto(`${site.base}/auth/settings?tab=sessions`);
	ok(await page.getByText('Firefox on Linux', { exact: true }).isVisible(), `${how}: the other session is listed`);
	await page.getByRole('button', { name: /End session of Firefox/ }).click();
	await page.getByText('The session was ended.').waitFor();
	await there.goto(`${site.base}/dashboard`);
	ok(there.url().includes('/auth/login'), `${how}: ended from afar, and known at once where it was done`);
	await other.close();

	const settings = new URL(page.url()).searchParams.get('flow');
	const stranger = await browser.newContext();
	const foreign = await stranger.newPage();
	await foreign.goto(`${site.base}/auth/settings?flow=${settings}`);
	ok(foreign.url().includes('/auth/login'), `${how}: nobody else's settings`);
	await stranger.close();

	await page.goto(`${site.base}/dashboard`);
	await page.locator('details.profile summary').click();
	await page.getByRole('button', { name: 'Sign Out' }).click();
	await page.waitForURL(`${site.base}/`);
	is((await context.cookies()).filter((c) => c.name.startsWith('ory_')), [], `${how}: signed out, no cookie is left`);
	await page.goto(`${site.base}/dashboard`);
	ok(page.url().includes('/auth/login'), `${how}: and signed out it is`);
	await context.close();
}

export async function foreignFlow(browser, site, how) {
	const begin = await fetch(`${site.base}/self-service/login/browser`, { redirect: 'manual', headers: { accept: 'text/html' } });
	const to = new URL(begin.headers.get('location'), site.base);
	const r = await fetch(to, { redirect: 'manual' });
	is(r.status, 400, `${how}: a browser without cookies is told so, not sent in circles`);
	const mine = setCookies(begin.headers).map((c) => c.split(';')[0]).join('; ');
	is((await fetch(to, { redirect: 'manual', headers: { cookie: mine } })).status, 200, `${how}: the right one sees its flow`);
	const none = await fetch(`${site.base}/auth/login?flow=${randomUUID()}`, { redirect: 'manual', headers: { cookie: mine } });
	is(none.status, 307, `${how}: an unknown flow begins anew`);
}

export async function calls(site, how) {
	const token = await loginToken(site, 'owner@acme.example');
	ok(token?.startsWith('ory_st_'), `${how}: a program signs in`);
	const me = await rpc(site, byToken(token));
	is([me.status, me.json?.user?.email, me.json?.user?.firstName], [200, 'owner@acme.example', 'Olivia'], `${how}: GetMe by token`);
	const people = await rpc(site, byToken(token), 'UserService/ListCompanyUsers');
	ok(people.json?.users?.length > 3 && people.json.users.every((u) => u.kratosId.endsWith('a') || u.email), `${how}: people have names`);
	is((await rpc(site, byToken('ory_st_none'))).status, 401, `${how}: no such token`);
	is((await rpc(site, byCookie('none'))).status, 401, `${how}: no such cookie`);
	is((await rpc(site, { cookie: `ory_session_token=${token}`, origin: site.base })).status, 200, `${how}: the token as a cookie`);
	return token;
}

export async function commands(site, how) {
	const make = (name, email) => mirai(site, ['company', 'create', '--name', name, '--email', email, '--first-name', 'Ada', '--last-name', 'Byron'],
		{ MIRAI_PASSWORD: 'Long-Enough-7x' });
	let r = await make('One Ltd', 'Ada+One@one.example');
	is([r.status, /ada\+one@one\.example/.test(r.text)], [0, true], `${how}: a company is made${r.status ? ` (${r.text})` : ''}`);
	is(typeof await loginToken(site, 'ada+one@one.example', 'Long-Enough-7x'), 'string', `${how}: its admin signs in`);
	r = await make('Two Ltd', 'ada+one@one.example');
	ok(r.status === 1 && r.text.includes('belongs to a company already'), `${how}: one company a person`);
	r = await mirai(site, ['user', 'create', '--company', 'One Ltd', '--first-name', 'Bo', '--last-name', 'Li', 'bo@one.example'], { MIRAI_PASSWORD: 'short' });
	ok(r.status === 1 && r.text.includes('at least 8 characters'), `${how}: a weak password is refused here, since a Kratos would take it`);
	r = await mirai(site, ['user', 'create', '--company', 'One Ltd', '--first-name', 'Bo', '--last-name', 'Li', '--role', 'instructor', 'bo@one.example'], { MIRAI_PASSWORD: 'Long-Enough-7x' });
	is(r.status, 0, `${how}: a user is made`);
	r = await mirai(site, ['user', 'list', '--company', 'One Ltd', '--json']);
	is(r.text.trim().split('\n').map((l) => JSON.parse(l).email).sort(), ['ada+one@one.example', 'bo@one.example'], `${how}: the list has names`);
	r = await mirai(site, ['user', 'password', 'bo@one.example'], { MIRAI_PASSWORD: 'Another-Long-8y' });
	is([r.status, typeof await loginToken(site, 'bo@one.example', 'Another-Long-8y')], [0, 'string'], `${how}: a password is set${r.status ? ` (${r.text})` : ''}`);
	is(await loginToken(site, 'bo@one.example', 'Long-Enough-7x'), undefined, `${how}: the old one is none any more`);
	r = await mirai(site, ['user', 'remove', 'bo@one.example']);
	is(r.status, 0, `${how}: a user is removed`);
	r = await mirai(site, ['user', 'remove', 'who@one.example']);
	ok(r.status === 1 && r.text.includes('nobody has this address'), `${how}: an unknown person`);
}
