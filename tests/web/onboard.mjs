// An installation without payments in a real browser: signing up makes the
// account at once, and one signs in to it; somebody with an account and no
// company sets one up; with a Stripe on loopback it is paid, or not.
import { PASSWORD, is, main, ok, startSite } from './kit/site.mjs';
import { axe, launch, open, picture, signInButton } from './kit/account.mjs';
import { shows } from './kit/wait.mjs';
import { identitySql, sql } from '../service/kit/account.mjs';
import { Stripe } from '../service/kit/stripe.mjs';

const SECRET = 'Zebra-Kite-42';
const click = (page, name) => page.getByRole('button', { name, exact: true }).click();
const at = (page, name) => page.locator('.wizard-steps [aria-current="step"]', { hasText: name }).waitFor();

// Somebody new with an account and no company.
let people = 0;
function newcomer() {
	const email = `nora${++people}@nowhere.example`;
	identitySql(`WITH i AS (INSERT INTO identities (traits) SELECT jsonb_set(traits, '{email}', '"${email}"') FROM identities
			WHERE traits ->> 'email' = 'nobody@nowhere.example' RETURNING id),
		c AS (INSERT INTO credentials (identity_id, type, config) SELECT i.id, 'password', c.config FROM i, credentials c
			JOIN identities n ON n.id = c.identity_id WHERE n.traits ->> 'email' = 'nobody@nowhere.example' RETURNING id)
		INSERT INTO credential_identifiers (type, identifier, credential_id) SELECT 'password', '${email}', id FROM c`);
	return email;
}

async function signInAs(page, site, email, secret) {
	await page.getByLabel('E-mail').fill(email);
	await page.locator('input').and(page.getByLabel('Password', { exact: true })).fill(secret);
	await signInButton(page).click();
}

async function signUp(browser, site, script) {
	const how = script ? 'with script' : 'without script';
	const { context, complaints, page } = await open(browser, { javaScriptEnabled: script });
	const email = `free-${script}@new.example`;

	await page.goto(`${site.base}/auth/registration`);
	await page.getByLabel('E-mail').fill(email);
	await click(page, 'Continue');
	await at(page, 'Organization');
	await page.getByLabel('Company name').fill('Free & Easy');
	await click(page, 'Continue');
	await at(page, 'Account');
	await page.getByLabel('First name').fill('Fay');
	await page.getByLabel('Last name').fill('Free');
	await page.getByLabel('Password', { exact: true }).fill(SECRET);
	await page.getByLabel('Confirm password').fill(SECRET);
	if (script) await click(page, 'Continue');
	await shows(page.getByText('takes no payments'), `${how}: there is nothing to choose and to pay`);
	is(await page.getByRole('radio').count(), 0, `${how}: no plans`);
	await click(page, 'Get Started');
	await page.getByRole('heading', { name: 'Welcome to Mirai' }).waitFor();
	ok(true, `${how}: welcome`);
	if (script) await axe(page, 'welcome');
	await page.getByRole('link', { name: 'Go to Dashboard' }).click();
	await page.waitForURL('**/auth/login?flow=*');
	await signInAs(page, site, email, SECRET);
	await page.waitForURL('**/dashboard');
	is(sql(`SELECT c.name || ' ' || c.plan || ' ' || c.subscription_status || ' ' || c.seat_count FROM companies c
		WHERE c.name = 'Free & Easy' ORDER BY c.created_at DESC LIMIT 1`), 'Free & Easy pro active 25', `${how}: and the company works`);
	is(complaints, [], `${how}: nothing on the console`);
	await context.close();
}

async function asNora(browser, site, options) {
	const { context, complaints, page } = await open(browser, options);
	await page.goto(`${site.base}/auth/login`);
	await signInAs(page, site, newcomer(), PASSWORD);
	await page.waitForURL('**/onboard');
	return { context, complaints, page };
}

async function onboard(browser, site, script) {
	const how = `onboarding ${script ? 'with' : 'without'} script`;
	const { context, page } = await asNora(browser, site, { javaScriptEnabled: script });

	is(await page.title(), 'Set Up Your Company · Mirai', `${how}: who has no company is led there`);
	for (const path of ['/content-library', '/settings?tab=billing', '/nothing-here', '/onboarding']) {
		await page.goto(site.base + path);
		is(new URL(page.url()).pathname, '/onboard', `${how}: from ${path}, too`);
	}
	await page.getByLabel('Company name').fill('\u00a0');
	if (script) {
		ok(await page.getByRole('button', { name: 'Get Started' }).isDisabled(), `${how}: a name is needed`);
	} else {
		await click(page, 'Get Started');
		await shows(page.getByRole('alert').filter({ hasText: 'company name' }), `${how}: a name is needed`);
	}
	await page.getByLabel('Company name').fill('Nora & Co');
	await page.getByLabel('Team size').selectOption('1-10');
	await click(page, 'Get Started');
	await page.waitForURL('**/dashboard*');
	is(sql("SELECT name || ' ' || team_size || ' ' || subscription_status FROM companies WHERE name = 'Nora & Co' ORDER BY created_at DESC LIMIT 1"),
		'Nora & Co 1-10 active', `${how}: the company is made`);
	await page.goto(`${site.base}/onboard`);
	is(new URL(page.url()).pathname, '/dashboard', `${how}: once`);
	await context.close();
}

async function noToken(browser, site) {
	const { context, page } = await asNora(browser, site);
	await page.locator('form[data-wizard] input[name=csrf]').evaluate((input) => { input.value = 'x'; });
	await page.getByLabel('Company name').fill('Nora Forged');
	const answer = page.waitForResponse((r) => r.request().method() === 'POST');
	await click(page, 'Get Started');
	is((await answer).status(), 403, 'onboarding: a form without its token is refused');
	is(sql("SELECT count(*) FROM companies WHERE name = 'Nora Forged'"), '0', 'and makes nothing');
	await context.close();
}

async function pay(browser, site, stripe, script) {
	const how = `paid onboarding ${script ? 'with' : 'without'} script`;
	const { context, page } = await asNora(browser, site, { javaScriptEnabled: script });

	is(await page.getByRole('radio').count(), 2, `${how}: two plans`);
	await page.getByLabel('Company name').fill('Nora Pays');
	await page.getByRole('radio', { name: /Pro/ }).check();
	await page.getByLabel('Seats').fill('3');
	if (script) is(await page.locator('[data-total] output').innerText(), '$36', `${how}: what it costs`);
	await click(page, 'Get Started');
	await page.waitForURL(`${stripe.base}/pay/*`);
	is(sql("SELECT plan || ' ' || subscription_status || ' ' || seat_count FROM companies WHERE name = 'Nora Pays' ORDER BY created_at DESC LIMIT 1"),
		'starter none 0', `${how}: the company waits for its payment`);
	await page.getByRole('button', { name: 'Cancel' }).click();
	await page.waitForURL('**/onboard?checkout=canceled');
	ok(await page.getByText('nothing was charged').isVisible(), `${how}: leaving the checkout is told`);
	ok(await page.getByRole('link', { name: 'Choose a plan' }).isVisible(), `${how}: with a way on`);
	await context.close();
}

async function withStripe(browser) {
	const stripe = new Stripe({ auto: false });
	await stripe.listen();
	const site = await startSite([`stripe.api ${stripe.base}`, `stripe.secret_key ${stripe.key}`,
		`stripe.webhook_secret ${stripe.secret}`, 'stripe.starter_price price_starter',
		'stripe.pro_price price_pro', 'accounts.limits no'], { fixtures: false });
	try {
		for (const script of [true, false]) await pay(browser, site, stripe, script);
		for (const colorScheme of ['light', 'dark']) {
			const { context, page } = await asNora(browser, site, { colorScheme, reducedMotion: 'reduce' });
			await picture(page, 'onboard', colorScheme);
			await context.close();
		}
	} finally {
		site.stop();
		await stripe.close();
	}
}

await main(async () => {
	const browser = await launch();
	const site = await startSite(['billing.seats 25', 'accounts.limits no']);
	try {
		for (const script of [true, false]) {
			await signUp(browser, site, script);
			await onboard(browser, site, script);
		}
		await noToken(browser, site);
	} finally {
		await site.stop();
	}
	try {
		await withStripe(browser);
	} finally {
		await browser.close();
	}
});
