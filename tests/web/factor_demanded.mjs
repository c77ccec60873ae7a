// A company demands a second factor: a browser is led to set one up by the
// QR code it shows, and nowhere else before.
import { launch, open, fill, sql } from './kit/account.mjs';
import { readQr, totp } from '../identity/kit/totp.mjs';
import { is, main, ok, startSite } from './kit/site.mjs';
import { shows } from './kit/wait.mjs';

const WHO = "traits ->> 'email' = 'owner@acme.example'";
const QR = 'img[src^="data:image/png"]';

async function signIn(page, site) {
	await page.goto(`${site.base}/auth/login`);
	await fill(page, 'owner');
}

async function invited(browser, site) {
	sql(`UPDATE identities SET second_factor_after = now() + interval '2 days' WHERE ${WHO}`);
	const { context, page } = await open(browser);
	await signIn(page, site);
	await page.waitForURL('**/auth/settings?*');
	await page.getByText('asks for a second factor').waitFor();
	await page.goto(`${site.base}/dashboard`);
	ok(page.url().endsWith('/dashboard'), 'invited: it can wait for some days');
	await context.close();
}

async function demanded(browser, site, script) {
	const how = script ? 'with script' : 'without script';
	sql(`UPDATE identities SET second_factor_after = now() WHERE ${WHO}`);
	const { context, page } = await open(browser, { javaScriptEnabled: script });
	await signIn(page, site);
	await page.waitForURL('**/auth/settings?*');
	await page.getByText('asks for a second factor').waitFor();
	await shows(page.locator(QR), `${how}: the tab of second factors is open`);
	await page.goto(`${site.base}/dashboard`);
	await page.waitForURL('**/auth/settings?*');
	ok(true, `${how}: no other page is shown`);
	await page.goto(`${site.base}/auth/settings?tab=factor`);
	const { text, width } = readQr(await page.locator(QR).getAttribute('src'));
	is(width, 256, `${how}: an app reads the picture`);
	await page.locator('input[name=totp_code]').fill(totp(new URL(text).searchParams.get('secret')));
	await page.locator('button[name=method][value=totp]').click();
	await page.locator('.banner-success').waitFor();
	await page.goto(`${site.base}/dashboard`);
	ok(page.url().endsWith('/dashboard'), `${how}: once it is set up all is as before`);
	await page.goto(`${site.base}/auth/settings?tab=factor`);
	await page.locator('.removal summary').filter({ hasText: /app/i }).click();
	await page.locator('button[name=totp_unlink]').click();
	await page.getByText('set up another one first').waitFor();
	ok(true, `${how}: and it stays`);
	await context.close();
	sql(`DELETE FROM credentials WHERE type = 'totp'`);
}

await main(async () => {
	const site = await startSite();
	const browser = await launch();
	try {
		await invited(browser, site);
		for (const script of [true, false])
			await demanded(browser, site, script);
	} finally {
		await browser.close();
		site.stop();
	}
});
