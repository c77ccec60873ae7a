// Second factors in a real browser, with script and without: an authenticator
// app and back-up codes set up, asked for, used and taken away.
import { createHmac } from 'node:crypto';
import { is, main, ok, startSite } from './kit/site.mjs';
import { email, fill, launch, open, password, picture, settled, signIn, sql } from './kit/account.mjs';
import { shows } from './kit/wait.mjs';

// --- an authenticator app ----------------------------------------------------

function base32(text) {
	const set = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
	const bits = [...text].map((c) => set.indexOf(c).toString(2).padStart(5, '0')).join('');
	return Buffer.from(bits.match(/.{8}/g).map((b) => parseInt(b, 2)));
}

function totp(secret) {
	const counter = Buffer.alloc(8);
	counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30000)));
	const mac = createHmac('sha1', base32(secret)).update(counter).digest();
	return String((mac.readUInt32BE(mac[19] & 15) & 0x7fffffff) % 1000000).padStart(6, '0');
}

// Lets the code of this step count once more; it holds for all of the next, too.
function code(secret, who) {
	sql(`UPDATE credentials SET config = jsonb_set(config, '{last_step}', '0') WHERE type = 'totp' AND identity_id =
		(SELECT id FROM identities WHERE traits ->> 'email' = '${who}@acme.example')`);
	return totp(secret);
}

const card = (page, name) => page.getByRole('region', { name });
const appCode = (page) => page.locator('input[name=totp_code]');
const submitOf = (page, name) => page.locator('form').filter({ has: page.locator(`input[name=${name}]`) }).locator('button[type=submit]').first();

// --- journeys ------------------------------------------------------------------

async function enrol(page, site, how, who) {
	await page.goto(`${site.base}/auth/settings?tab=factor`);
	is(await page.getByRole('link', { name: 'Second Factor' }).getAttribute('aria-current'), 'page', `${how}: the tab`);
	const qr = card(page, 'Authenticator app').getByRole('img');
	ok((await qr.getAttribute('alt')) !== '' && await qr.evaluate((i) => i.complete && i.naturalWidth >= 128), `${how}: a code to scan, named`);
	const secret = await page.locator('code.secret').innerText();
	ok(/^[A-Z2-7]{32}$/.test(secret), `${how}: and its secret to type`);
	is(await appCode(page).getAttribute('autocomplete'), 'one-time-code', `${how}: browsers know the field`);
	await appCode(page).fill('1');
	await submitOf(page, 'totp_code').click();
	await page.locator('.field-error, .banner-error').first().waitFor();
	is(await page.locator('code.secret').innerText(), secret, `${how}: a wrong code keeps the secret`);
	await appCode(page).fill(code(secret, who));
	await submitOf(page, 'totp_code').click();
	await page.locator('.banner-success').waitFor();
	await settled(page);
	is(await appCode(page).count(), 0, `${how}: set up`);
	return secret;
}

async function makeCodes(page, how, script) {
	const box = () => card(page, 'Back-up codes');
	await box().getByRole('button').first().click();
	await page.locator('.codes code').first().waitFor();
	await settled(page);
	const codes = await page.locator('.codes code').allInnerTexts();
	is(codes.length, 12, `${how}: twelve back-up codes`);
	is(await box().getByRole('button', { name: 'Copy' }).count(), script ? 1 : 0, `${how}: copying needs script`);
	is(await box().getByRole('button', { name: 'Print' }).count(), script ? 1 : 0, `${how}: and printing`);
	await box().locator('button[name=lookup_secret_confirm]').click();
	await page.locator('.banner-success').waitFor();
	return codes;
}

async function stepUp(browser, site, how, who, script, prove) {
	const { context, complaints, page } = await open(browser, { javaScriptEnabled: script });
	await page.goto(`${site.base}/auth/login?return_to=%2Fcontent-library`);
	await fill(page, who);
	await page.getByText('second factor').first().waitFor();
	await settled(page);
	is(await email(page).count() + await password(page).count(), 0, `${how}: no password again`);
	ok(await page.getByRole('button', { name: 'Sign Out' }).isVisible(), `${how}: one can leave`);
	const asked = page.url();
	await page.goto(`${site.base}/dashboard`);
	ok(page.url().includes('/auth/login'), `${how}: no way around it`);
	await page.goto(asked);
	await prove(page);
	await page.waitForURL(`${site.base}/content-library`);
	ok(true, `${how}: proven, and on to what was asked`);
	is(complaints.filter((t) => !/ 4(00|22) /.test(t)), [], `${how}: nothing on the console`);
	return { context, page };
}

async function journey(browser, site, script) {
	const how = script ? 'with script' : 'without script';
	const who = script ? 'elder' : 'lonely';
	const first = await open(browser, { javaScriptEnabled: script });
	await signIn(first.page, site, who);
	const secret = await enrol(first.page, site, how, who);
	const codes = await makeCodes(first.page, how, script);
	await first.context.close();

	const byApp = await stepUp(browser, site, `${how}: app`, who, script, async (page) => {
		await appCode(page).fill('000');
		await submitOf(page, 'totp_code').click();
		await page.locator('[aria-invalid=true], .banner-error').first().waitFor();
		await appCode(page).fill(code(secret, who));
		await submitOf(page, 'totp_code').click();
	});
	await byApp.context.close();
	const byCode = await stepUp(browser, site, `${how}: back-up code`, who, script, async (page) => {
		await page.locator('input[name=lookup_secret]').fill(codes[3]);
		await submitOf(page, 'lookup_secret').click();
	});
	const { page } = byCode;
	await page.goto(`${site.base}/auth/settings?tab=factor`);
	await page.locator('.removal summary').filter({ hasText: /app/i }).click();
	await card(page, 'Authenticator app').locator('.removal button').click();
	await page.locator('.banner-success').waitFor();
	await shows(appCode(page), `${how}: taken away again`);
	await byCode.context.close();
}

// A company that demands a second factor: nothing else opens before it is
// there, and nobody is sent round in circles.
async function demanded(browser, site, script) {
	const how = `demanded ${script ? 'with' : 'without'} script`;
	const who = script ? 'sme' : 'legacy';
	const { context, page } = await open(browser, { javaScriptEnabled: script });
	sql(`UPDATE identities SET second_factor_after = now() - interval '1 minute' WHERE traits ->> 'email' = '${who}@acme.example'`);
	await page.goto(`${site.base}/auth/login`);
	await fill(page, who);
	await page.waitForURL('**/auth/settings?flow=*');
	ok(await page.getByText('asks for a second factor').first().isVisible(), `${how}: said at once`);
	await page.goto(`${site.base}/dashboard`);
	ok(page.url().includes('/auth/settings?flow='), `${how}: every way leads there`);
	await page.getByRole('link', { name: 'Password' }).click();
	await settled(page);
	is(await page.getByRole('link', { name: 'Password' }).getAttribute('aria-current'), 'page', `${how}: other tabs can be seen`);
	await page.goto(`${site.base}/auth/settings?tab=sessions`);
	is(await page.locator('.session').count(), 0, `${how}: but not the sessions`);
	await page.goto(`${site.base}/auth/settings?tab=factor`);
	const secret = await page.locator('code.secret').innerText();
	await appCode(page).fill(code(secret, who));
	await submitOf(page, 'totp_code').click();
	await page.locator('.banner-success').waitFor();
	await page.goto(`${site.base}/dashboard`);
	is(page.url(), `${site.base}/dashboard`, `${how}: and then all is open`);
	await context.close();
}

// The second page must not be passed by leaving it.
async function leave(browser, site) {
	const { context, page } = await open(browser);
	await page.goto(`${site.base}/auth/login`);
	await fill(page, 'elder');
	await page.getByRole('button', { name: 'Sign Out' }).waitFor();
	await settled(page);
	await page.getByRole('button', { name: 'Sign Out' }).click();
	await page.waitForURL(`${site.base}/`);
	is((await context.cookies()).filter((c) => c.name === 'ory_kratos_session'), [], 'leave: the half session is ended');
	await context.close();
}

async function screens(browser, site) {
	for (const colorScheme of ['light', 'dark']) {
		const { context, page } = await open(browser, { colorScheme, reducedMotion: 'reduce', bypassCSP: true });
		await page.goto(`${site.base}/auth/login`);
		await fill(page, 'elder');
		await page.getByRole('button', { name: 'Sign Out' }).waitFor();
		await settled(page);
		await picture(page, 'auth-second', colorScheme);
		await context.clearCookies();
		await signIn(page, site, 'instructor');
		await page.goto(`${site.base}/auth/settings?tab=factor`);
		await picture(page, 'auth-settings-factor', colorScheme);
		await card(page, 'Back-up codes').getByRole('button').first().click();
		await page.locator('.codes code').first().waitFor();
		await picture(page, 'auth-settings-codes', colorScheme);
		await context.close();
	}
}

await main(async () => {
	const site = await startSite();
	const browser = await launch();
	try {
		await journey(browser, site, true);
		await journey(browser, site, false);
		await demanded(browser, site, true);
		await demanded(browser, site, false);
		await leave(browser, site);
		await screens(browser, site);
	} finally {
		await browser.close();
		if (process.env.SITE_LOGS) for (const n of ['web', 'identity', 'lighttpd']) console.log(site.log(n).replace(/^/gm, `# ${n}: `));
		site.stop();
	}
});
