// Billing in a real browser, with a Stripe on loopback and its signed events:
// buying a plan, coming back, managing it, a payment that fails, a provider
// that is away; what members may, with script and without; pictures.
import { Stripe } from '../service/kit/stripe.mjs';
import { is, main, ok, startSite } from './kit/site.mjs';
import { launch, open, picture, signIn } from './kit/account.mjs';
import { through } from './kit/wait.mjs';
import { psql, superuser } from '../psql.mjs';

const WARNING = 'The last payment of your company failed.';

const sql = (text) => psql(superuser(process.env.DATABASE_URL), text);
const company = () => sql("SELECT subscription_status, plan, seat_count FROM companies WHERE name = 'Acme'");
const status = (page) => page.locator('.panel-head .badge').innerText();
const deeds = (page) => page.locator('.plan-foot').evaluateAll((all) => all.map((d) =>
	(d.querySelector('.button') ?? d).firstChild.textContent));

// Until a page, loaded anew, says so.
async function until(page, test) {
	for (const end = Date.now() + 60000; Date.now() < end;) {
		if (await test()) return true;
		await page.waitForTimeout(100);
		await page.reload();
	}
	return false;
}

async function buy(page, site, stripe) {
	const url = `${site.base}/settings?tab=billing`;

	await page.goto(url);
	is([await status(page), await deeds(page)], ['None', ['Get Started', 'Get Started', 'Contact Sales']], 'nothing bought: plans are offered');
	is(await page.getByRole('link', { name: 'Contact Sales' }).getAttribute('href'), 'mailto:sales%40mirai.example?subject=Mirai%20Enterprise', 'contracts: by mail');
	is(await page.getByRole('button', { name: 'Manage Subscription' }).count(), 0, 'nothing bought: nothing to manage');
	await through(page.getByRole('button', { name: 'Get Started to Pro' }));
	await through(page.getByTestId('cancel'));
	await page.getByText('Nothing was charged, and nothing has changed.').waitFor();
	ok(true, 'cancelled there: said here');
	await page.goto(url);
	await through(page.getByRole('button', { name: 'Get Started to Pro' }));
	ok(page.url().startsWith(stripe.base), 'the payment is made with the provider');
	ok(await page.getByText('$72.00').isVisible(), 'for all people of the company');
	await through(page.getByTestId('pay'));
	await page.getByText('Thank you. The payment went through').waitFor();
	ok(true, 'paid there: thanked here');
	await page.goto(url);
	ok(await until(page, async () => (await status(page)) === 'Active'), 'the plan is active');
	is((await page.locator('.billing-price').innerText()).trim(), '6 seats × $12 = $72 a month', 'seats × price');
	ok(/^Next billing on /.test(await page.locator('.billing-body .muted').innerText()), 'the next date');
	is(await deeds(page), ['Switch Plan', 'Current Plan', 'Contact Sales'], 'the plans, seen from there');
	is(company(), 'active|pro|6', 'and so it is stored');
}

async function manage(page, site) {
	const url = `${site.base}/settings?tab=billing`;

	await page.goto(url);
	await through(page.getByRole('button', { name: 'Switch Plan to Starter' }));
	ok(await page.getByRole('heading', { name: 'Change the subscription' }).isVisible(), 'a switch is made with the provider, not bought again');
	await page.goto(url);
	await through(page.getByRole('button', { name: 'Manage Subscription' }));
	await through(page.getByTestId('end'));
	await through(page.getByTestId('return'));
	is(page.url(), url, 'the provider leads back');
	ok(await until(page, async () => /^Ends on /.test(await page.locator('.billing-body .muted').innerText())), 'a subscription that ends says when');
	await through(page.getByRole('button', { name: 'Manage Subscription' }));
	await through(page.getByTestId('resume'));
}

async function pastDue(browser, page, site) {
	await page.goto(`${site.base}/settings?tab=billing`);
	await through(page.getByRole('button', { name: 'Manage Subscription' }));
	await through(page.getByTestId('fail'));
	await page.goto(`${site.base}/settings?tab=billing`);
	ok(await until(page, async () => (await status(page)) === 'Past Due'), 'a payment that failed');
	for (const target of ['/dashboard', '/content-library', '/teams', '/settings']) {
		await page.goto(site.base + target);
		ok(await page.getByText(WARNING).isVisible(), `is told on ${target}`);
	}
	await through(page.getByRole('link', { name: 'To billing' }));
	is(page.url(), `${site.base}/settings?tab=billing`, 'with the way to where it is settled');
	const member = await open(browser);
	await signIn(member.page, site, 'sme');
	is(await member.page.getByText(WARNING).count(), 0, 'and to nobody who cannot settle it');
	await member.context.close();
	await through(page.getByRole('button', { name: 'Manage Subscription' }));
	await through(page.getByTestId('settle'));
	await page.goto(`${site.base}/dashboard`);
	ok(await until(page, async () => (await page.getByText(WARNING).count()) === 0), 'paid: the warning goes');
}

// What was asked for is not done, said so, and nothing is lost.
async function refusals(page, site, stripe) {
	const url = `${site.base}/settings?tab=billing`;

	await page.goto(url);
	stripe.fault(500, { path: /billing_portal/, times: 20 });
	await through(page.getByRole('button', { name: 'Manage Subscription' }));
	await page.getByRole('alert').waitFor();
	ok(/Nothing was charged/.test(await page.getByRole('alert').innerText()), 'a provider that is away is told on the tab');
	stripe.faults.length = 0;
	await through(page.getByRole('button', { name: 'Manage Subscription' }));
	await page.getByRole('heading', { name: 'Billing' }).waitFor();
	ok(page.url().startsWith(stripe.base), 'and works again from there');
	await page.goto(url);
	const csrf = await page.locator('input[name=csrf]').first().inputValue();
	for (const plan of ['enterprise', 'none', '']) {
		const r = await page.request.post(`${site.base}/settings/billing/checkout`, { form: { csrf, plan }, maxRedirects: 0 });
		is([r.status(), (await r.text()).includes('This plan cannot be bought here.')], [400, true], `the plan "${plan}" is refused`);
	}
}

async function noScript(browser, site, stripe) {
	const { context, page } = await open(browser, { javaScriptEnabled: false });

	await signIn(page, site, 'owner');
	await page.goto(`${site.base}/settings?tab=billing&checkout=canceled`);
	ok(await page.getByText('Nothing was charged, and nothing has changed.').isVisible(), 'without script: said');
	await page.getByRole('link', { name: 'Dismiss' }).click();
	is(page.url(), `${site.base}/settings?tab=billing`, 'without script: dismissed by a link');
	await through(page.getByRole('button', { name: 'Manage Subscription' }));
	ok(page.url().startsWith(stripe.base), 'without script: to the provider');
	await context.close();
}

async function pictures(browser, site) {
	for (const colorScheme of ['light', 'dark']) {
		const { context, page } = await open(browser, { colorScheme, reducedMotion: 'reduce', bypassCSP: true });
		await signIn(page, site, 'owner');
		await page.goto(`${site.base}/settings?tab=billing&checkout=success`);
		await picture(page, 'billing', colorScheme);
		await context.close();
	}
	sql("UPDATE companies SET subscription_status = 'past_due' WHERE name = 'Acme'");
	const { context, page } = await open(browser, { reducedMotion: 'reduce', bypassCSP: true });
	await signIn(page, site, 'elder');
	await page.goto(`${site.base}/teams`);
	await picture(page, 'past-due', 'light');
	await context.close();
}

await main(async () => {
	const stripe = new Stripe();
	const base = await stripe.listen();
	const site = await startSite([`stripe.api ${base}`, 'stripe.secret_key sk_test_mirai', 'stripe.webhook_secret whsec_mirai',
		'stripe.starter_price price_starter', 'stripe.pro_price price_pro', 'sales.address sales@mirai.example']);
	const browser = await launch();
	try {
		stripe.hook = `${site.base}/api/v1/billing/webhook`;
		sql("UPDATE companies SET plan = 'starter', subscription_status = 'none', seat_count = 0 WHERE name = 'Acme'");
		const { context, complaints, page } = await open(browser);
		await signIn(page, site, 'owner');
		await page.goto(`${site.base}/pricing`);
		is(await page.getByText('takes no payments').count(), 0, 'prices: where payments are taken nothing else is said');
		await buy(page, site, stripe);
		await manage(page, site);
		await pastDue(browser, page, site);
		await refusals(page, site, stripe);
		is(complaints.filter((t) => !/ (503|404) /.test(t)), [], 'nothing on the console');
		await context.close();
		await noScript(browser, site, stripe);
		await pictures(browser, site);
	} finally {
		await browser.close();
		if (process.env.SITE_LOGS) for (const n of ['web', 'account', 'hook']) console.log(site.log(n).replace(/^/gm, `# ${n}: `));
		site.stop();
		await stripe.close();
	}
});
