// Recovery, the new password and verification in a real browser, with script
// and without; the codes come by mail, as people get them.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { is, main, ok, startSite } from './kit/site.mjs';
import { axe, email, expire, fill, flowOf, launch, open, password, picture, settled, signIn, sql } from './kit/account.mjs';
import { becomes } from './kit/wait.mjs';

const MAILS = path.join(process.env.TEST_DIR, 'mails');

// --- mails ---------------------------------------------------------------------

// The newest mail with a code to an address, after the courier went round.
function lastMail(site, to) {
	execFileSync(path.join(process.env.BUILD, 'bin/mirai-mail'), ['-1', '-f', site.conf],
		{ timeout: 60000, stdio: ['ignore', 'inherit', 'inherit'] });
	const dir = path.join(MAILS, 'new');
	const texts = fs.readdirSync(dir).map((name) => path.join(dir, name))
		.map((file) => ({ at: fs.statSync(file).mtimeMs, text: fs.readFileSync(file, 'utf8') }))
		.filter((m) => new RegExp(`^To: .*${to}`, 'mi').test(m.text) && /^Subject: Your code /m.test(m.text)).sort((a, b) => a.at - b.at);
	const raw = texts.at(-1).text.replace(/=\r?\n/g, '');
	return raw.replace(/=([0-9A-F]{2})/g, (_, hex) => String.fromCharCode(parseInt(hex, 16)));
}

const codeOf = (text) => /^\s*(\d{6})\s*$/m.exec(text)[1];
const other = (code) => String((Number(code) + 1) % 1000000).padStart(6, '0');

// --- recovery --------------------------------------------------------------------

const codeField = (page) => page.locator('input[name=code]');
const goOn = (page) => page.locator('button[name=method]').first();

async function sendCode(page, who) {
	await email(page).fill(who);
	await goOn(page).click();
	await codeField(page).waitFor();
}

async function wrongThenResent(page, site, how, who) {
	const first = codeOf(lastMail(site, who));
	is(await codeField(page).getAttribute('autocomplete'), 'one-time-code', `${how}: browsers know the field`);
	await codeField(page).fill(other(first));
	await goOn(page).click();
	await page.locator('.banner-error, .field-error').first().waitFor();
	ok(page.url().includes('/auth/recovery'), `${how}: a wrong code goes no further`);
	await page.locator('button[name=email]').click();
	await page.locator('.banner-error, .field-error').first().waitFor({ state: 'detached' });
	await settled(page);
	const second = codeOf(lastMail(site, who));
	ok(second !== first, `${how}: another code is sent`);
	return second;
}

async function newPassword(page, site, how, script, secret) {
	const set = async (text, again = text) => {
		await password(page).fill(text);
		if (script) await page.getByLabel('Confirm Password').fill(again);
		await page.locator('button[name=method]').click();
	};
	await page.waitForURL('**/auth/reset-password?flow=*');
	is(await page.title(), 'Choose a New Password · Mirai', `${how}: the page of the new password`);
	ok(/\d+ minutes/.test(await page.locator('.banner').innerText()), `${how}: says how long it is open`);
	is(await password(page).getAttribute('autocomplete'), 'new-password', `${how}: browsers offer one`);
	if (script) {
		await set(secret, 'another');
		ok(await page.getByText('The passwords do not match.').isVisible(), `${how}: both must be the same`);
	}
	await set('short');
	await page.locator('.field-error').filter({ hasText: 'at least' }).waitFor();
	ok(page.url().includes('/auth/reset-password'), `${how}: a bad one stays on the page`);
	// Workers that have asked no database yet, since who asks is remembered.
	await site.end('web');
	await site.begin('web');
	await becomes(async () => (await fetch(`${site.base}/terms`)).status, 200, `${how}: they answer`);
	await set(secret);
	await page.getByText('Your new password is saved.').waitFor();
}

async function recovery(browser, site, script) {
	const how = `recovery ${script ? 'with' : 'without'} script`;
	const who = script ? 'instructor' : 'instructor2';
	const secret = script ? 'Copper-Lighthouse-5' : 'Silver-Windmill-6';
	const { context, complaints, page } = await open(browser, { javaScriptEnabled: script });
	const elsewhere = await open(browser);
	await signIn(elsewhere.page, site, who);

	await page.goto(`${site.base}/auth/login`);
	await page.getByRole('link', { name: 'Forgot your password?' }).click();
	await page.waitForURL('**/auth/recovery?flow=*');
	is(await page.title(), 'Reset Password · Mirai', `${how}: the title`);
	const before = await page.locator('.subtitle').innerText();
	const flow = flowOf(page);
	expire(page);
	await page.reload();
	ok(flowOf(page) !== flow && await page.locator('.banner').count() === 0, `${how}: an expired flow is replaced without a word`);
	await sendCode(page, `${who}@acme.example`);
	ok(await page.locator('.subtitle').innerText() !== before, `${how}: the subtitle asks for the code`);
	const code = await wrongThenResent(page, site, how, `${who}@acme.example`);
	await codeField(page).fill(code);
	await goOn(page).click();
	await newPassword(page, site, how, script, secret);
	is((await context.cookies()).map((c) => c.name).filter((n) => /kratos_session|recovering/.test(n)), [], `${how}: the session is ended`);
	is(await page.getByRole('link', { name: 'Sign In' }).getAttribute('href'), '/auth/login', `${how}: the way on`);
	await page.reload();
	ok(page.url().includes('/auth/'), `${how}: once only`);
	await elsewhere.page.goto(`${site.base}/dashboard`);
	ok(elsewhere.page.url().includes('/auth/login'), `${how}: other sessions have ended`);
	await signIn(page, site, who, secret);
	ok(true, `${how}: the new password signs in`);
	is(complaints.filter((t) => !/ 4(00|10|22) /.test(t)), [], `${how}: nothing on the console`);
	await context.close();
	await elsewhere.context.close();
}

// Whether an address is known shows nowhere.
async function unknown(browser, site) {
	const seen = [];
	for (const who of ['nobody-at-all@acme.example', 'sme@acme.example']) {
		const { context, page } = await open(browser);
		await page.goto(`${site.base}/auth/recovery`);
		await sendCode(page, who);
		seen.push((await page.locator('main').innerText()).replaceAll(who, ''));
		await context.close();
	}
	is(seen[0], seen[1], 'recovery: known and unknown addresses look alike');
}

async function resetAlone(browser, site) {
	const { context, page } = await open(browser);
	await page.goto(`${site.base}/auth/reset-password`);
	ok(page.url().includes('/auth/login'), 'reset: without a flow, to sign in');
	await page.goto(`${site.base}/auth/reset-password?flow=b5000000-0000-4000-8000-000000000001`);
	ok(await page.getByText('This page has expired.').isVisible(), 'reset: an expired one says so');
	await axe(page, 'reset, expired');
	await page.getByRole('link', { name: 'Start again' }).click();
	await page.waitForURL('**/auth/recovery?flow=*');
	ok(true, 'reset: and leads to a new recovery');
	await signIn(page, site, 'owner');
	await page.goto(`${site.base}/auth/settings`);
	await page.goto(`${site.base}/auth/reset-password?flow=${flowOf(page)}`);
	is(page.url(), `${site.base}/dashboard`, 'reset: settings that come from no recovery are not for it');
	await context.close();
}

// --- verification -----------------------------------------------------------------

async function verification(browser, site, script) {
	const how = `verification ${script ? 'with' : 'without'} script`;
	const who = `${script ? 'elder' : 'legacy'}@acme.example`;
	const { context, complaints, page } = await open(browser, { javaScriptEnabled: script });
	const state = () => sql(`SELECT verified FROM verifiable_addresses WHERE value = '${who}'`);

	sql(`UPDATE verifiable_addresses SET verified = false, verified_at = NULL, status = 'pending' WHERE value = '${who}'`);
	await page.goto(`${site.base}/auth/verification`);
	is(await page.title(), 'Verify E-mail · Mirai', `${how}: the title`);
	is(await page.getByRole('link', { name: 'Skip for now' }).getAttribute('href'), '/dashboard', `${how}: one can skip it`);
	await sendCode(page, who);
	const mail = lastMail(site, who);
	const code = codeOf(mail);
	await codeField(page).fill(other(code));
	await goOn(page).click();
	await page.locator('.banner-error, .field-error').first().waitFor();
	is(state(), 'f', `${how}: a wrong code proves nothing`);
	const link = /https?:\/\/\S+verification\S+code=\d{6}\S*/.exec(mail)?.[0].replaceAll('&amp;', '&').replace(/["<>].*$/, '');
	if (ok(link !== undefined, `${how}: the mail has a link`)) {
		await page.goto(link);
		is([await codeField(page).inputValue(), state()], [code, 'f'], `${how}: which fills the field, and proves nothing by itself`);
	}
	await codeField(page).fill(code);
	await goOn(page).click();
	await page.getByText('Your e-mail address is verified.').waitFor();
	is(state(), 't', `${how}: the right code does`);
	is(await page.getByRole('link', { name: 'Go to Dashboard' }).getAttribute('href'), '/dashboard', `${how}: the way on`);
	is(complaints.filter((t) => !/ 4(00|10|22) /.test(t)), [], `${how}: nothing on the console`);
	await context.close();
}

// --- looks ---------------------------------------------------------------------------

async function screens(browser, site) {
	for (const colorScheme of ['light', 'dark']) {
		const who = colorScheme === 'light' ? 'owner@acme.example' : 'lonely@acme.example';
		const { context, page } = await open(browser, { colorScheme, reducedMotion: 'reduce', bypassCSP: true });
		await page.goto(`${site.base}/auth/recovery`);
		await picture(page, 'auth-recovery', colorScheme);
		await sendCode(page, who);
		await picture(page, 'auth-recovery-code', colorScheme);
		await codeField(page).fill(codeOf(lastMail(site, who)));
		await goOn(page).click();
		await page.waitForURL('**/auth/reset-password?flow=*');
		await picture(page, 'auth-reset', colorScheme);
		await page.goto(`${site.base}/auth/verification`);
		await picture(page, 'auth-verification', colorScheme);
		await context.close();
	}
}

await main(async () => {
	const site = await startSite([`courier.maildir ${MAILS}`]);
	const browser = await launch();
	try {
		for (const script of [true, false]) {
			await recovery(browser, site, script);
			await verification(browser, site, script);
		}
		await unknown(browser, site);
		await resetAlone(browser, site);
		await screens(browser, site);
	} finally {
		await browser.close();
		if (process.env.SITE_LOGS) for (const n of ['web', 'identity', 'lighttpd']) console.log(site.log(n).replace(/^/gm, `# ${n}: `));
		site.stop();
	}
});
