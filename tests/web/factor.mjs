// A second factor in a real browser, with script and without: an app scans
// the QR code of the settings, signs in, back-up codes stand in for it, and
// who must set one up is let nowhere else.
import { execFileSync } from 'node:child_process';
import { chromium } from 'playwright-core';
import { calm, readQr, totp, wrongCode } from '../identity/kit/totp.mjs';
import { PASSWORD, is, main, ok, startSite } from './kit/site.mjs';

function sql(text) {
	return execFileSync('psql', ['-qAtX', '-v', 'ON_ERROR_STOP=1', process.env.IDENTITY_OWNER_URL,
		'-c', text], { encoding: 'utf8' }).trim();
}

const mine = (who) => `identity_id = (SELECT id FROM identities
	WHERE traits ->> 'email' = '${who}@acme.example')`;

async function signIn(page, site, who) {
	await page.goto(`${site.base}/auth/login`);
	await page.getByLabel('E-mail').fill(`${who}@acme.example`);
	await page.locator('input').and(page.getByLabel('Password', { exact: true })).fill(PASSWORD);
	await page.getByRole('button', { name: 'Sign in', exact: false }).last().click();
}

const asksForCode = (page) => page.getByText('second authentication challenge').waitFor();

const settings = (page, site) => page.goto(`${site.base}/auth/settings?tab=factor`);

async function enrol(page, how) {
	const { text } = readQr(await page.locator('img[src^="data:image/png"]').getAttribute('src'));
	const secret = new URL(text).searchParams.get('secret');
	ok(await page.getByText(secret).isVisible(), `${how}: the secret can be typed as well`);
	await page.locator('input[name=totp_code]').fill(wrongCode(secret));
	await page.locator('button[name=method][value=totp]').click();
	await page.getByText('authentication code is invalid').first().waitFor();
	is(new URL(readQr(await page.locator('img[src^="data:image/png"]').getAttribute('src')).text)
		.searchParams.get('secret'), secret, `${how}: the code stays the same after a wrong try`);
	await page.locator('input[name=totp_code]').fill(totp(secret, -1));
	await page.locator('button[name=method][value=totp]').click();
	await page.getByText('Your changes have been saved').first().waitFor();
	await page.locator('summary', { hasText: 'Unlink the authenticator app' }).waitFor();
	ok(true, `${how}: the app is linked`);
	return secret;
}

async function backup(page, how) {
	await page.locator('button[name=lookup_secret_regenerate]').click();
	await page.locator('button[name=lookup_secret_confirm]').waitFor();
	const codes = (await page.locator('main').innerText()).match(/\b[a-z0-9]{8}\b/g)
		.filter((c) => /\d/.test(c));
	ok(codes.length >= 8, `${how}: back-up codes are shown`);
	await page.locator('button[name=lookup_secret_confirm]').click();
	await page.locator('button[name=lookup_secret_reveal]').waitFor();
	ok(!(await page.locator('main').innerText()).includes(codes[0]), `${how}: and hidden again`);
	return codes[0];
}

async function journey(browser, site, who, script) {
	const how = script ? 'with script' : 'without script';
	let context = await browser.newContext({ javaScriptEnabled: script });
	let page = await context.newPage();
	await calm();
	await signIn(page, site, who);
	await page.waitForURL('**/dashboard');
	await settings(page, site);
	const secret = await enrol(page, how);
	const code = await backup(page, how);
	await page.goto(`${site.base}/dashboard`);
	ok(page.url().endsWith('/dashboard'), `${how}: this session stays good`);
	await context.close();

	context = await browser.newContext({ javaScriptEnabled: script });
	page = await context.newPage();
	await signIn(page, site, who);
	await asksForCode(page);
	await page.goto(`${site.base}/dashboard?checkout=success`);
	await page.waitForURL('**/auth/login?*');
	ok(await page.getByLabel('Authentication code').isVisible(), `${how}: pages lead there`);
	await page.locator('input[name=totp_code]').fill(totp(secret));
	await page.locator('button[name=method][value=totp]').click();
	await page.waitForURL('**/dashboard?checkout=success');
	ok(true, `${how}: and back to the page`);
	await context.close();

	context = await browser.newContext({ javaScriptEnabled: script });
	page = await context.newPage();
	await signIn(page, site, who);
	await asksForCode(page);
	await settings(page, site);
	await page.waitForURL('**/auth/login?*');
	ok(true, `${how}: settings ask for it first`);
	await page.locator('input[name=lookup_secret]').fill(code);
	await page.locator('button[name=method][value=lookup_secret]').click();
	await page.waitForURL('**/auth/settings?*');
	await settings(page, site);
	await page.locator('summary', { hasText: 'Unlink the authenticator app' }).click();
	await page.locator('button[name=totp_unlink]').click();
	await page.locator('input[name=totp_code]').waitFor();
	ok(true, `${how}: a back-up code is enough to unlink the app`);
	await context.close();
}

async function demanded(browser, site, who) {
	sql(`UPDATE identities SET second_factor_after = now() WHERE id =
		(SELECT id FROM identities WHERE traits ->> 'email' = '${who}@acme.example')`);
	const context = await browser.newContext();
	const page = await context.newPage();
	await calm();
	await signIn(page, site, who);
	await page.waitForURL('**/auth/settings?*');
	ok(await page.getByText('asks for a second factor').isVisible(), 'demanded: the settings say why');
	await page.goto(`${site.base}/dashboard`);
	await page.waitForURL('**/auth/settings?*');
	ok(true, 'demanded: no other page is shown');
	await settings(page, site);
	await enrol(page, 'demanded');
	await page.goto(`${site.base}/dashboard`);
	ok(page.url().endsWith('/dashboard'), 'demanded: once it is set up, all is as before');
	is(sql(`SELECT count(*) FROM credentials WHERE type = 'totp' AND ${mine(who)}`), '1',
		'demanded: it is there');
	await context.close();
}

main(async () => {
	const site = await startSite();
	const browser = await chromium.launch({ executablePath: '/usr/bin/chromium',
		args: ['--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu'] });
	try {
		await journey(browser, site, 'instructor', true);
		await journey(browser, site, 'sme', false);
		await demanded(browser, site, 'owner');
	} finally {
		await browser.close();
		site.stop();
	}
});
