// Signing up in a real browser: the four steps with script and without, paying
// at a Stripe on loopback, changing one's mind, the sales desk, what is wrong
// said where it is wrong, by keyboard alone, each step held against axe-core
// and taken as a picture at three widths in light and dark.
import { is, main, ok, startSite } from './kit/site.mjs';
import { axe, launch, open, picture, signIn } from './kit/account.mjs';
import { shows } from './kit/wait.mjs';
import { sql } from '../service/kit/account.mjs';
import { Stripe } from '../service/kit/stripe.mjs';

const SECRET = 'Zebra-Kite-42';

const click = (page, name) => page.getByRole('button', { name, exact: true }).click();
const h1 = (page) => page.getByRole('heading', { level: 1 }).innerText();
const step = (page) => page.locator('.wizard-steps [aria-current="step"]').innerText();
const at = (page, name) => page.locator('.wizard-steps [aria-current="step"]', { hasText: name }).waitFor();

async function toOrg(page, url, email) {
	await page.goto(url);
	await page.getByLabel('E-mail').fill(email);
	await click(page, 'Continue');
	await at(page, 'Organization');
}

async function toAccount(page, url, email, company = 'New & <b>Sons</b>') {
	await toOrg(page, url, email);
	await page.getByLabel('Company name').fill(company);
	await page.getByLabel('Industry').selectOption('Retail');
	await page.getByLabel('Team size').selectOption('11-50');
	await click(page, 'Continue');
	await at(page, 'Account');
}

async function fillAccount(page, password = SECRET, again = password) {
	await page.getByLabel('First name').fill('Bea');
	await page.getByLabel('Last name').fill('Buyer');
	await page.getByLabel('Password', { exact: true }).fill(password);
	await page.getByLabel('Confirm password').fill(again);
}

const row = (email) => sql(`SELECT status || ' ' || company_name || ' ' || industry || ' ' || team_size || ' ' ||
	plan || ' ' || seat_count FROM pending_registrations WHERE email = '${email}'`);

// --- with script -------------------------------------------------------------------

async function withScript(browser, site, stripe) {
	const { context, complaints, page } = await open(browser);
	const url = `${site.base}/auth/registration`;

	await page.goto(url);
	is(await page.title(), 'Create Account · Mirai', 'the page is named');
	is([await step(page), await page.getByRole('progressbar').getAttribute('value')], ['Email', '1'], 'it begins with the address');
	ok(await page.getByRole('button', { name: 'Continue' }).isDisabled(), 'and waits for one');
	await page.getByLabel('E-mail').fill('owner@acme.example');
	await click(page, 'Continue');
	await page.getByRole('alert').waitFor();
	ok((await page.getByRole('alert').innerText()).includes('Sign in instead'), 'an address with an account is told so');
	is(await page.getByLabel('E-mail').inputValue(), 'owner@acme.example', 'and stays in its field');
	is(await page.evaluate(() => document.activeElement.id), 'email', 'which has the focus');

	await toAccount(page, url, 'bea@new.example');
	ok(await page.getByRole('button', { name: 'Continue' }).isDisabled(), 'account: waits for what is required');
	ok(!await page.getByRole('group', { name: 'Plan' }).isVisible(), 'account: the plan comes later');
	await fillAccount(page, 'zebra');
	is(await page.locator('.wizard-rules .is-met').count(), 0, 'rules: none met');
	await page.getByLabel('Password', { exact: true }).fill('Zebra-Kite');
	is(await page.locator('.wizard-rules .is-met').count(), 2, 'rules: two met');
	await page.getByLabel('Password', { exact: true }).fill(SECRET);
	is(await page.locator('.wizard-rules .is-met').count(), 3, 'rules: all met');
	await page.getByLabel('Confirm password').fill('Zebra-Kite-43');
	await page.getByLabel('Confirm password').blur();
	ok(await page.getByText('The two passwords are not the same.').isVisible(), 'a mismatch is said');
	ok(await page.getByRole('button', { name: 'Continue' }).isDisabled(), 'and goes no further');
	await page.getByLabel('Confirm password').fill(SECRET);
	await page.getByRole('button', { name: 'Show password' }).first().click();
	is(await page.getByLabel('Password', { exact: true }).getAttribute('type'), 'text', 'a password can be looked at');
	await click(page, 'Continue');
	is(await step(page), 'Plan', 'plan: the last step');

	const output = page.locator('[data-total] output');
	is(await output.innerText(), '$8', 'one seat of Starter');
	ok(await page.getByRole('button', { name: 'One seat less' }).isDisabled(), 'there is no less than one');
	for (let i = 0; i < 9; i++) await page.getByRole('button', { name: 'One seat more' }).click();
	is([await page.getByLabel('Seats').inputValue(), await output.innerText()], ['10', '$80'], 'ten seats');
	ok(await page.getByRole('button', { name: 'One seat more' }).isDisabled(), 'Starter has no more');
	await page.getByRole('radio', { name: /Pro/ }).check();
	await page.getByRole('button', { name: 'One seat more' }).click();
	is(await output.innerText(), '$132', 'Pro has');

	await click(page, 'Back');
	is(await step(page), 'Account', 'back to the account');
	is([await page.getByLabel('First name').inputValue(), await page.getByLabel('Password', { exact: true }).inputValue()],
		['Bea', SECRET], 'where all is as it was');
	await click(page, 'Back');
	await at(page, 'Organization');
	is([await page.getByLabel('Company name').inputValue(), await page.getByLabel('Industry').inputValue()],
		['New & <b>Sons</b>', 'Retail'], 'back to the organization, as it was');
	await click(page, 'Back');
	await at(page, 'Email');
	is(await page.getByLabel('E-mail').inputValue(), 'bea@new.example', 'back to the address');
	await click(page, 'Continue');
	await at(page, 'Organization');
	await click(page, 'Continue');
	await at(page, 'Account');
	is(await page.getByLabel('Confirm password').inputValue(), SECRET, 'the password was not lost on the way');
	await click(page, 'Continue');
	is([await page.getByRole('radio', { name: /Pro/ }).isChecked(), await page.getByLabel('Seats').inputValue()],
		[true, '11'], 'nor the plan');

	stripe.fault(503, { path: /customers/, times: 3 });
	await click(page, 'Get Started');
	await page.getByRole('alert').waitFor();
	ok((await page.getByRole('alert').innerText()).includes('Nothing was charged'), 'a Stripe that is down is said');
	is(await step(page), 'Plan', 'the step stays');
	ok(!(await page.content()).includes(SECRET), 'no password is in the page');
	await click(page, 'Get Started');
	await page.waitForURL(`${stripe.base}/pay/*`);
	ok(true, 'on to the checkout');
	is(row('bea@new.example'), 'pending New & <b>Sons</b> Retail 11-50 pro 11', 'the registration waits for it');
	is(complaints.filter((t) => !/50\d|40\d/.test(t)), [], 'nothing on the console');
	await context.close();
}

async function changeOfMind(browser, site, stripe) {
	const { context, page } = await open(browser);
	const url = `${site.base}/auth/registration`;

	await toAccount(page, url, 'mind@new.example');
	await fillAccount(page);
	await click(page, 'Continue');
	await click(page, 'Get Started');
	await page.waitForURL(`${stripe.base}/pay/*`);
	await page.getByRole('button', { name: 'Cancel' }).click();
	await page.waitForURL(`${url}?checkout=canceled`);
	ok(await page.getByText('nothing was charged').isVisible(), 'cancelled: it says that nothing was charged');
	is(await page.getByLabel('E-mail').inputValue(), 'mind@new.example', 'cancelled: what was typed is there');
	// Within a second it would be taken for the same one, sent twice.
	sql("UPDATE pending_registrations SET updated_at = updated_at - interval '1 minute' WHERE email = 'mind@new.example'");
	await click(page, 'Continue');
	await at(page, 'Organization');
	is(await page.getByLabel('Company name').inputValue(), 'New & <b>Sons</b>', 'cancelled: all of it');
	await click(page, 'Continue');
	await at(page, 'Account');
	is(await page.getByLabel('Password', { exact: true }).inputValue(), '', 'cancelled: but no password');
	await fillAccount(page);
	await click(page, 'Continue');
	await click(page, 'Get Started');
	await page.waitForURL(`${stripe.base}/pay/*`);
	await page.getByRole('button', { name: 'Pay', exact: true }).click();
	await page.waitForURL((u) => u.searchParams.get('checkout') === 'success');
	ok(await page.getByRole('heading', { name: 'Payment received' }).isVisible(), 'paid: thanks');
	await context.close();
}

async function enterprise(browser, site) {
	const { context, page } = await open(browser);

	await toAccount(page, `${site.base}/auth/registration?tier=pro`, 'ent@new.example');
	await fillAccount(page);
	await click(page, 'Continue');
	ok(await page.getByRole('radio', { name: /Pro/ }).isChecked(), 'a tier in the address is chosen');
	await page.getByRole('radio', { name: /Enterprise/ }).click();
	await page.getByRole('button', { name: 'Contact Sales' }).waitFor();
	ok(await page.getByRole('definition').filter({ hasText: 'Bea Buyer' }).isVisible(), 'Enterprise opens its panel at once');
	await axe(page, 'enterprise');
	await click(page, 'Back to plans');
	await page.getByRole('group', { name: 'Plan' }).waitFor();
	await page.getByRole('radio', { name: /Starter/ }).check();
	ok(await page.getByRole('button', { name: 'Get Started' }).isEnabled(), 'back to the plans, and nothing is lost');
	await page.getByRole('radio', { name: /Enterprise/ }).click();
	await click(page, 'Contact Sales');
	await page.getByRole('heading', { name: 'Thank you' }).waitFor();
	is(sql("SELECT name || ' ' || company_name FROM enterprise_inquiries WHERE email = 'ent@new.example'"),
		'Bea Buyer New & <b>Sons</b>', 'the sales desk has it');
	is(row('ent@new.example'), '', 'and there is no registration');
	await context.close();
}

async function tierEnterprise(browser, site, script) {
	const how = `tier=enterprise ${script ? 'with' : 'without'} script`;
	const { context, page } = await open(browser, { javaScriptEnabled: script });

	await toAccount(page, `${site.base}/auth/registration?tier=enterprise`, `tier-${script}@new.example`);
	await page.getByLabel('First name').fill('Tia');
	await page.getByLabel('Last name').fill('Tier');
	await click(page, script ? 'Continue' : 'Get Started');
	await page.getByRole('button', { name: 'Contact Sales' }).waitFor();
	ok(true, `${how}: names are enough for the sales desk`);
	await click(page, 'Contact Sales');
	await page.getByRole('heading', { name: 'Thank you' }).waitFor();
	is(sql(`SELECT name FROM enterprise_inquiries WHERE email = 'tier-${script}@new.example'`), 'Tia Tier', `${how}: which has it`);
	await context.close();
}

// What the machine says goes to the log, and names nobody.
function events(site) {
	const log = site.log('web');

	for (const event of ['auth.registration.started', 'auth.registration.failed', 'auth.flow.completed'])
		ok(log.includes(event), `the log has ${event}`);
	ok(!/new\.example|Buyer/.test(log), 'and nobody by name');
}

// --- without script ------------------------------------------------------------------

async function withoutScript(browser, site, stripe) {
	const { context, page } = await open(browser, { javaScriptEnabled: false });
	const url = `${site.base}/auth/registration`;
	const posts = [];
	page.on('request', (r) => { if (r.method() === 'POST') posts.push([r.url(), r.postData() ?? '']); });

	await toAccount(page, url, 'plain@new.example');
	await shows(page.getByRole('group', { name: 'Plan' }), 'without script account and plan are one page');
	await fillAccount(page, SECRET, 'Zebra-Kite-43');
	await page.getByRole('radio', { name: /Pro/ }).check();
	await page.getByLabel('Seats').fill('3');
	await click(page, 'Get Started');
	await shows(page.getByRole('alert').filter({ hasText: 'not the same' }), 'a mismatch is said');
	is([await page.getByLabel('First name').inputValue(), await page.getByLabel('Seats').inputValue(),
		await page.getByLabel('Password', { exact: true }).inputValue()], ['Bea', '3', ''], 'all stays but the password');
	ok(!(await page.content()).includes(SECRET), 'which is never sent back');
	await fillAccount(page, 'zebra-kite-42');
	await click(page, 'Get Started');
	await shows(page.getByRole('alert').filter({ hasText: 'upper-case' }), 'the service names the rule');
	await click(page, 'Back');
	is(await page.getByLabel('Company name').inputValue(), 'New & <b>Sons</b>', 'back, as it was');
	await click(page, 'Continue');
	is([await page.getByLabel('First name').inputValue(), await page.getByRole('radio', { name: /Pro/ }).isChecked()],
		['Bea', true], 'and forth');
	await fillAccount(page);
	await click(page, 'Get Started');
	await page.waitForURL(`${stripe.base}/pay/*`);
	is(row('plain@new.example'), 'pending New & <b>Sons</b> Retail 11-50 pro 3', 'the registration waits for its payment');
	is(posts.filter(([to, data]) => to.includes('Zebra') || to.includes('new.example')), [], 'nothing typed is in an address');
	ok(posts.filter(([, data]) => data.includes('Zebra')).length === 2, 'the password travels with the last step alone');
	await context.close();
}

// --- by keyboard -----------------------------------------------------------------------

async function byKeyboard(browser, site, stripe) {
	const { context, page } = await open(browser);
	const type = (text) => page.keyboard.type(text);
	const tab = () => page.keyboard.press('Tab');

	await page.goto(`${site.base}/auth/registration`);
	await page.locator('#email:focus').waitFor();
	await type('keys@new.example');
	await page.keyboard.press('Enter');
	await at(page, 'Organization');
	await page.locator('#company_name:focus').waitFor();
	await type('Keys Ltd');
	await page.keyboard.press('Enter');
	await at(page, 'Account');
	await page.locator('#first_name').focus();
	await type('Kay');
	await tab();
	await type('Keys');
	await tab();
	await type(SECRET);
	await tab(); // the button that shows it
	await tab();
	await type(SECRET);
	await page.keyboard.press('Enter');
	is(await step(page), 'Plan', 'keyboard: Enter leads from the account to the plan');
	await page.getByRole('radio', { name: /Starter/ }).focus();
	await page.keyboard.press('ArrowDown');
	ok(await page.getByRole('radio', { name: /Pro/ }).isChecked(), 'keyboard: arrows choose a plan');
	await page.getByLabel('Seats').focus();
	await page.keyboard.press('ArrowUp');
	await page.keyboard.press('Enter');
	await page.waitForURL(`${stripe.base}/pay/*`);
	is(sql("SELECT plan || seat_count FROM pending_registrations WHERE email = 'keys@new.example'"), 'pro2', 'keyboard: to the end');
	await context.close();
}

// --- addresses ----------------------------------------------------------------------------

async function addresses(browser, site) {
	const { context, page } = await open(browser);
	const get = (to, init = {}) => fetch(site.base + to, { redirect: 'manual', ...init });
	const post = (headers) => get('/auth/registration', { method: 'POST', body: 'step=email&email=x@y.example',
		headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers } });

	let r = await get('/auth/registration?invite_token=abc%26d');
	is([r.status, r.headers.get('location')], [307, '/auth/accept-invite?token=abc%26d'], 'an invitation has a page of its own');
	is((await post({ origin: 'http://evil.example' })).status, 403, 'a form of another site is refused');
	is((await post({ origin: site.base })).status, 200, 'one of ours is not');
	r = await get('/onboarding?checkout=canceled');
	ok(r.headers.get('location').startsWith('/auth/login?return_to='), 'onboarding asks for a session');
	await signIn(page, site, 'owner');
	await page.goto(`${site.base}/auth/registration`);
	is(page.url(), `${site.base}/dashboard`, 'who is signed in goes to the dashboard');
	await page.goto(`${site.base}/onboard`);
	is(page.url(), `${site.base}/dashboard`, 'and has no company to set up');
	await context.close();
}

// --- pictures ---------------------------------------------------------------------------

async function pictures(browser, site) {
	for (const colorScheme of ['light', 'dark']) {
		const { context, page } = await open(browser, { colorScheme, reducedMotion: 'reduce' });
		await page.goto(`${site.base}/auth/registration?checkout=canceled`);
		await picture(page, 'signup-email', colorScheme);
		await page.getByLabel('E-mail').fill('shot@new.example');
		await click(page, 'Continue');
		await at(page, 'Organization');
		await picture(page, 'signup-org', colorScheme);
		await page.getByLabel('Company name').fill('Shots');
		await click(page, 'Continue');
		await at(page, 'Account');
		await fillAccount(page, SECRET, 'other');
		await page.getByLabel('Confirm password').blur();
		await picture(page, 'signup-account', colorScheme);
		await page.getByLabel('Confirm password').fill(SECRET);
		await click(page, 'Continue');
		await picture(page, 'signup-plan', colorScheme);
		await page.getByRole('radio', { name: /Enterprise/ }).click();
		await page.getByRole('button', { name: 'Contact Sales' }).waitFor();
		await picture(page, 'signup-contact', colorScheme);
		await context.close();
	}
}

await main(async () => {
	const stripe = new Stripe({ auto: false });
	await stripe.listen();
	const site = await startSite([`stripe.api ${stripe.base}`, `stripe.secret_key ${stripe.key}`,
		`stripe.webhook_secret ${stripe.secret}`, 'stripe.starter_price price_starter',
		'stripe.pro_price price_pro', 'accounts.limits no', 'identity.registration no']);
	const browser = await launch();
	try {
		await withScript(browser, site, stripe);
		await changeOfMind(browser, site, stripe);
		await enterprise(browser, site);
		for (const script of [true, false]) await tierEnterprise(browser, site, script);
		await withoutScript(browser, site, stripe);
		await byKeyboard(browser, site, stripe);
		await addresses(browser, site);
		events(site);
		await pictures(browser, site);
		for (const name of ['web', 'account'])
			ok(!site.log(name).includes('Zebra-Kite'), `no password is in the log of mirai-${name}`);
	} finally {
		await browser.close();
		site.stop();
		await stripe.close();
	}
});
