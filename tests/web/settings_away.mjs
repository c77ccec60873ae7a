// Settings while the pool that holds invitations and billing is away: what is
// here is shown, what is not is told, and nothing that was typed is lost.
import { is, main, ok, startSite } from './kit/site.mjs';
import { axe, launch, open, signIn } from './kit/account.mjs';
import { through } from './kit/wait.mjs';

async function away(page, site) {
	await page.goto(`${site.base}/settings?tab=team`);
	ok(await page.getByText('Seats and invitations cannot be shown at the moment.').isVisible(), 'team: what is away is told');
	is(await page.locator('.person').count(), 6, 'team: the members are there');
	await axe(page, 'team, half of it away');
	await page.getByLabel('Role of Ian Instructor').selectOption('Admin');
	await through(page.getByRole('button', { name: 'Save the role of Ian Instructor' }));
	await page.getByText('The role is saved.').waitFor();
	ok(true, 'team: and their roles can be changed');
	const csrf = await page.locator('input[name=csrf]').first().inputValue();
	await page.setContent(`<form method="post" action="${site.base}/settings/invite"><input name="csrf" value="${csrf}">
		<input name="email" value="new@acme.example"><input name="role" value="admin"><button>Go</button></form>`);
	await through(page.getByRole('button', { name: 'Go' }));
	await page.getByText('A part of Mirai does not answer. Try again in a minute.').waitFor();
	is([await page.getByLabel('E-mail', { exact: true }).inputValue(), await page.getByLabel('Role', { exact: true }).inputValue()],
		['new@acme.example', 'admin'], 'invite: what was typed stays');

	const r = await page.goto(`${site.base}/settings?tab=billing`);
	is(r.status(), 200, 'billing: no error page');
	ok(await page.getByText('Billing cannot be shown at the moment.').isVisible(), 'billing: told');
	const post = await page.request.post(`${site.base}/settings/billing/checkout`, { form: { csrf, plan: 'pro' }, maxRedirects: 0 });
	is([post.status(), (await post.text()).includes('A part of Mirai does not answer.')], [503, true], 'billing: a plan cannot be bought now');
}

await main(async () => {
	const site = await startSite(['account.socket /nowhere/account.sock', 'stripe.secret_key sk_test_mirai',
		'stripe.webhook_secret whsec_mirai', 'stripe.starter_price price_starter', 'stripe.pro_price price_pro']);
	const browser = await launch();
	try {
		const { context, page } = await open(browser, { bypassCSP: true });
		await signIn(page, site, 'owner');
		await away(page, site);
		await context.close();
	} finally {
		await browser.close();
		site.stop();
	}
});
