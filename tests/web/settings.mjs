// Settings in a real browser: each tab and form with its good and bad case,
// with script and without; who may see and change what; an installation that
// takes no payments; what the dashboard tells those who come from elsewhere.
import { call, is, main, ok, startSite } from './kit/site.mjs';
import { launch, open, picture, signIn } from './kit/account.mjs';
import { shot } from './kit/browser.mjs';
import { becomes, through } from './kit/wait.mjs';
import { psql, superuser } from '../psql.mjs';

const sql = (text) => psql(superuser(process.env.DATABASE_URL), text);
const plain = (name) => name.replace(/[0-9a-f-]{36}/g, '*');
const tabs = (page) => page.locator('.settings-tab-text strong').allInnerTexts();
const seats = async (page) => Object.fromEntries(await page.locator('.seats > div').evaluateAll((all) => all.map((d) =>
	[d.querySelector('dt').textContent, Number(d.querySelector('dd').textContent)])));

async function enter(page, script, link, title) {
	await link.click();
	if (script) await page.locator('dialog:modal').waitFor();
	await page.getByRole('heading', { name: title }).waitFor();
}

async function profile(page, site) {
	await page.goto(`${site.base}/settings`);
	is(await tabs(page), ['Profile', 'Company', 'Team', 'AI', 'Billing'], 'an administrator sees all tabs');
	is(await page.locator('.settings-tabs [aria-current=page] strong').innerText(), 'Profile', 'the first is open');
	is(await page.getByRole('link', { name: 'Edit Profile' }).getAttribute('href'), '/auth/settings?tab=profile', 'profile: changed in the account');
	await page.goto(`${site.base}/settings?tab=none`);
	is(await page.locator('.settings-tabs [aria-current=page] strong').innerText(), 'Profile', 'a tab that is none is the first');
}

async function company(page, site) {
	await page.goto(`${site.base}/settings?tab=company`);
	await page.getByLabel('Company name').fill('  ');
	await page.getByLabel('Industry').selectOption('Education');
	await through(page.getByRole('button', { name: 'Save' }).first());
	await page.getByRole('alert').waitFor();
	is(await page.locator('#company-error').innerText(), 'A company needs a name.', 'company: no name');
	is(await page.getByLabel('Industry').inputValue(), 'Education', 'company: the choice stays');
	await becomes(() => page.evaluate(() => document.activeElement.id), 'company', 'company: the focus is on the field');
	await page.getByLabel('Company name').fill('Acme & <Sons>');
	await page.getByLabel('Team size').selectOption('11-50');
	await through(page.getByRole('button', { name: 'Save' }).first());
	await page.getByText('The company is saved.').waitFor();
	is([await page.getByLabel('Company name').inputValue(), await page.getByLabel('Industry').inputValue(), await page.getByLabel('Team size').inputValue()],
		['Acme & <Sons>', 'Education', '11-50'], 'company: saved');
	ok(await page.locator('.page-head').getByText('Acme & <Sons>').isVisible(), 'company: the name is text');
	await page.getByLabel('Industry').selectOption('Not said');
	await page.getByLabel('Company name').fill('Acme');
	await through(page.getByRole('button', { name: 'Save' }).first());
	await page.getByText('The company is saved.').waitFor();
	is(await page.getByLabel('Industry').inputValue(), '', 'company: a choice is taken back');
	await page.getByLabel('Workspace name').fill(' ');
	await through(page.getByRole('button', { name: 'Save' }).last());
	await page.getByRole('alert').waitFor();
	is(await page.locator('#workspace-error').innerText(), 'A workspace needs a name.', 'workspace: no name');
	await page.getByLabel('Workspace name').fill('Acme Works');
	await through(page.getByRole('button', { name: 'Save' }).last());
	await page.getByText('The workspace is saved.').waitFor();
	is(await page.getByLabel('Workspace name').inputValue(), 'Acme Works', 'workspace: saved');
	sql("UPDATE companies SET industry = 'Space travel' WHERE name = 'Acme'");
	await call(site, 'owner@acme', 'CompanyService/UpdateCompany', { teamSize: '11-50' });
	await page.reload();
	is(await page.getByLabel('Industry').inputValue(), 'Space travel', 'company: an industry that is not in the list is kept');
}

async function invite(page, site, script) {
	const email = page.getByLabel('E-mail', { exact: true });
	const send = () => through(page.getByRole('button', { name: 'Send Invitation' }));
	const person = script ? 'new' : 'plain';

	await page.goto(`${site.base}/settings?tab=team`);
	const before = await seats(page);
	is(before.Available, before.Total - before.Used - before.Pending, 'seats: counted');
	await email.fill('nobody@nowhere');
	await send();
	await page.getByRole('alert').waitFor();
	is(await page.locator('#email-error').innerText(), 'Enter a whole address, as name@company.com.', 'invite: no address');
	is(await email.inputValue(), 'nobody@nowhere', 'invite: what was typed stays');
	await email.fill('sme@acme.example');
	await send();
	await page.getByText('This person is in your company already.').first().waitFor();
	ok(true, 'invite: who is here already');
	await email.fill(`${person}@acme.example`);
	await page.getByLabel('Role', { exact: true }).selectOption('Instructor');
	await send();
	await page.getByText('The invitation is on its way.').waitFor();
	const row = page.locator('.person', { hasText: `${person}@acme.example` });
	is(await row.locator('.badge').allInnerTexts(), ['Instructor', 'Pending'], 'invite: it is in the list');
	const after = await seats(page);
	is([after.Pending - before.Pending, before.Available - after.Available], [1, 1], 'seats: it holds one');
	await email.fill(`${person}@acme.example`);
	await send();
	await page.getByRole('alert').waitFor();
	is(await page.locator('#email-error').innerText(), 'This address has an open invitation already. You can send that one again.', 'invite: twice');

	sql(`UPDATE invitations SET created_at = now() - interval '1 hour', expires_at = now() + interval '2 hours' WHERE email = '${person}@acme.example'`);
	await page.goto(`${site.base}/settings?tab=team`);
	ok(/^Expires soon/.test(await row.locator('.expiry-soon').innerText()), 'open: one that ends within a day stands out, in words, too');
	sql("UPDATE invitations SET last_sent_at = now() - interval '1 hour'");
	await through(row.getByRole('button', { name: 'Resend' }));
	await page.getByText('A new invitation is on its way').waitFor();
	is(await row.locator('.expiry-soon').count(), 0, 'resend: it lives longer');
	await through(row.getByRole('button', { name: 'Resend' }));
	await page.getByText('That was tried too often.').waitFor();
	ok(true, 'resend: not at once again');

	await page.goto(`${site.base}/settings?tab=team`);
	await enter(page, script, row.getByRole('link', { name: 'Revoke' }), 'Revoke the invitation?');
	await page.getByRole('link', { name: 'Cancel' }).click();
	if (script) await page.locator('dialog').waitFor({ state: 'detached' });
	await enter(page, script, row.getByRole('link', { name: 'Revoke' }), 'Revoke the invitation?');
	await through(page.getByRole('button', { name: 'Revoke Invitation' }));
	await page.getByText('The invitation is revoked').waitFor();
	is((await seats(page)).Available, before.Available, 'revoke: the seat is free');
	await page.locator('.history summary').click();
	is(await page.locator('.history .person', { hasText: `${person}@acme.example` }).locator('.badge').allInnerTexts(), ['Instructor', 'Revoked'], 'history: it is there');
}

async function people(page, site, script) {
	const name = script ? 'Ida Instructor' : 'Lea Legacy';

	await page.goto(`${site.base}/settings?tab=team`);
	is(await page.locator('.person', { hasText: 'Olivia Owner' }).locator('form, a').count(), 0, 'members: nobody changes themselves');
	await page.getByLabel(`Role of ${name}`).selectOption('Admin');
	await through(page.getByRole('button', { name: `Save the role of ${name}` }));
	await page.getByText('The role is saved.').waitFor();
	is(await page.getByLabel(`Role of ${name}`).inputValue(), 'admin', 'members: a role is given');
	await enter(page, script, page.getByRole('link', { name: `Remove ${name}` }), `Remove ${name}?`);
	await through(page.getByRole('button', { name: 'Remove Member' }));
	await page.getByText('The person is removed; the seat is free.').waitFor();
	is(await page.locator('.person', { hasText: name }).count(), 0, 'members: removed');
}

async function administrate(browser, site, script) {
	const { context, complaints, page } = await open(browser, { javaScriptEnabled: script });

	await signIn(page, site, 'owner');
	await profile(page, site);
	await company(page, site);
	await invite(page, site, script);
	await people(page, site, script);
	is(complaints.filter((t) => !/ 4(00|09|29) /.test(t)), [], 'nothing on the console');
	await context.close();
}

async function full(browser, site) {
	const { context, page } = await open(browser);

	sql("UPDATE companies SET seat_count = 4 WHERE name = 'Acme'");
	await signIn(page, site, 'owner');
	await page.goto(`${site.base}/settings?tab=team`);
	is((await seats(page)).Available, 0, 'full: no seat');
	ok(await page.getByRole('button', { name: 'No Seats Available' }).isDisabled(), 'full: and nobody is invited');
	const csrf = await page.locator('input[name=csrf]').first().inputValue();
	const r = await page.request.post(`${site.base}/settings/invite`, { form: { csrf, email: 'late@acme.example', role: 'sme' }, maxRedirects: 0 });
	is([r.status(), (await r.text()).includes('No seat is free.')], [403, true], 'full: not by a post either');
	const bad = await page.request.post(`${site.base}/settings/invite`, { form: { csrf, email: 'late@acme.example', role: 'king' }, maxRedirects: 0 });
	is(bad.status(), 400, 'a role that is none');
	sql("UPDATE companies SET seat_count = 20 WHERE name = 'Acme'");
	for (const target of ['company', 'workspace', 'invite', 'billing/portal', 'billing/checkout']) {
		const back = await page.request.get(`${site.base}/settings/${target}`, { maxRedirects: 0 });
		is(back.status(), 307, `GET /settings/${target} leads back`);
	}
	is((await page.request.post(`${site.base}/settings/invite`, { form: { csrf: 'x', email: 'a@b.example', role: 'sme' }, maxRedirects: 0 })).status(), 403, 'a forged token');
	await page.goto(`${site.base}/settings?tab=billing`);
	ok(await page.getByText('This installation takes no payments.').isVisible(), 'billing: nothing is paid, and the tab says so');
	is(await page.locator('.settings-body form').count(), 0, 'billing: no buttons');
	await context.close();
}

// Who is no administrator sees less, and is refused the rest.
async function member(browser, site) {
	const { context, page } = await open(browser);
	const { users } = await call(site, 'owner@acme', 'UserService/ListCompanyUsers');
	const owner = users.find((u) => u.email === 'owner@acme.example').id;

	await signIn(page, site, 'sme');
	await page.goto(`${site.base}/settings?tab=company`);
	is(await tabs(page), ['Profile', 'Company'], 'a member sees two tabs');
	is(await page.locator('.settings-body form').count(), 0, 'and reads the company');
	for (const tab of ['team', 'billing']) is((await page.goto(`${site.base}/settings?tab=${tab}`)).status(), 403, `a member: no tab ${tab}`);
	const csrf = await page.locator('input[name=csrf]').first().inputValue();
	for (const [target, form] of [['company', { company: 'X' }], ['workspace', { workspace: 'X' }], ['invite', { email: 'a@b.example', role: 'sme' }],
		[`members/${owner}/role`, { role: 'sme' }], [`members/${owner}/remove`, {}], [`invitations/${owner}/resend`, {}],
		[`invitations/${owner}/revoke`, {}], ['billing/checkout', { plan: 'pro' }], ['billing/portal', {}]])
		is((await page.request.post(`${site.base}/settings/${target}`, { form: { csrf, ...form }, maxRedirects: 0 })).status(), 403, `a member is refused: ${plain(target)}`);
	for (const target of [`members/${owner}/remove`, `invitations/${owner}/revoke`])
		is((await page.request.get(`${site.base}/settings/${target}`)).status(), 403, `a member is not asked: ${plain(target)}`);
	await context.close();
}

async function foreign(browser, site) {
	const { context, page } = await open(browser);
	const { invitation } = await call(site, 'owner@acme', 'InvitationService/CreateInvitation', { email: 'kept@acme.example', role: 'ROLE_SME' });
	const { users } = await call(site, 'owner@other', 'UserService/ListCompanyUsers');
	const theirs = users.find((u) => u.email === 'sme@other.example').id;

	sql("UPDATE invitations SET invited_by_user_id = NULL, tenant_id = (SELECT id FROM tenants WHERE name = 'Other'), company_id = (SELECT id FROM companies WHERE name = 'Other') WHERE email = 'kept@acme.example'");
	await signIn(page, site, 'owner');
	await page.goto(`${site.base}/settings?tab=team`);
	is(await page.getByText('kept@acme.example').count(), 0, "another company's invitation is not shown");
	const csrf = await page.locator('input[name=csrf]').first().inputValue();
	for (const [target, form] of [[`invitations/${invitation.id}/revoke`, {}], [`invitations/${invitation.id}/resend`, {}],
		[`members/${theirs}/role`, { role: 'admin' }], [`members/${theirs}/remove`, {}]])
		is((await page.request.post(`${site.base}/settings/${target}`, { form: { csrf, ...form }, maxRedirects: 0 })).status(), 404, `another company: ${plain(target)}`);
	is((await page.request.get(`${site.base}/settings/members/${theirs}/remove`)).status(), 404, 'another company: no question');
	sql("DELETE FROM invitations WHERE email = 'kept@acme.example'");
	await context.close();
}

async function arrivals(browser, site) {
	const { context, page } = await open(browser);

	await signIn(page, site, 'owner');
	for (const [query, text] of [['checkout=success', 'Your subscription is confirmed'], ['onboarding=complete', 'Your company is set up.']]) {
		await page.goto(`${site.base}/dashboard?${query}`);
		await page.getByText(text).waitFor();
		await page.waitForURL(`${site.base}/dashboard`);
		await page.getByRole('link', { name: 'Dismiss' }).click();
		is(await page.getByText(text).count(), 0, `dashboard: ${query} is told, cleaned and dismissed`);
	}
	// It is gone again so soon that a slow look would miss it.
	await page.addInitScript(() => new MutationObserver(() => {
		globalThis.celebrated ??= document.querySelector('canvas.confetti') !== null || undefined;
	}).observe(document, { childList: true, subtree: true }));
	await page.goto(`${site.base}/dashboard?welcome=true`);
	await page.locator('dialog:modal').waitFor();
	await becomes(() => page.evaluate(() => globalThis.celebrated), true, 'dashboard: with confetti');
	await page.getByRole('link', { name: 'Get Started' }).click();
	await page.waitForURL(`${site.base}/dashboard`);
	ok(true, 'dashboard: new members are welcomed');
	await page.goto(`${site.base}/dashboard?welcome=maybe&checkout=x`);
	is(await page.locator('dialog, [data-arrival]').count(), 0, 'dashboard: other words say nothing');
	await context.close();

	const quiet = await open(browser, { javaScriptEnabled: false });
	await signIn(quiet.page, site, 'owner');
	await quiet.page.goto(`${site.base}/dashboard?checkout=success`);
	await quiet.page.getByRole('link', { name: 'Dismiss' }).click();
	is(quiet.page.url(), `${site.base}/dashboard`, 'without script a link dismisses it');
	await quiet.page.goto(`${site.base}/dashboard?welcome=true`);
	await quiet.page.getByRole('link', { name: 'Get Started' }).click();
	is(quiet.page.url(), `${site.base}/dashboard`, 'and leads on from the welcome');
	await quiet.context.close();
}

// The sidebar gives way to the page, and stays so in this browser.
async function sidebar(browser, site) {
	const { context, complaints, page } = await open(browser, { reducedMotion: 'reduce', hasTouch: true });
	const width = () => page.locator('.sidebar').evaluate((side) => side.offsetWidth);

	await signIn(page, site, 'owner');
	await becomes(width, 256, 'sidebar: wide at first');
	await page.getByRole('button', { name: 'Narrow the sidebar' }).focus();
	await page.keyboard.press('Enter');
	await becomes(width, 80, 'sidebar: narrowed by a key');
	is(await page.getByRole('button', { name: 'Widen the sidebar' }).getAttribute('aria-expanded'), 'false', 'sidebar: which is told');
	await through(page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Settings' }));
	is(await width(), 80, 'sidebar: the next page comes so, and its links have names');
	await shot(page, 'sidebar-narrow-1280-light');
	await page.setViewportSize({ width: 820, height: 900 });
	await page.getByRole('link', { name: 'Open menu' }).click();
	await becomes(async () => [await width(), await page.locator('.nav-label').first().isVisible()], [280, true], 'sidebar: the drawer of narrow windows is whole');
	const touch = await context.newCDPSession(page);
	const swipe = async (to) => {
		await touch.send('Input.dispatchTouchEvent', { type: 'touchStart', touchPoints: [{ x: 200, y: 500 }] });
		await touch.send('Input.dispatchTouchEvent', { type: 'touchMove', touchPoints: [{ x: to, y: 500 }] });
		await touch.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] });
	};
	await swipe(150);
	ok(page.url().endsWith('#menu'), 'sidebar: a short swipe does nothing');
	await swipe(90);
	await page.waitForFunction(() => location.hash === '#main');
	ok(true, 'sidebar: a longer one closes the drawer');
	await page.setViewportSize({ width: 1280, height: 900 });
	await page.goto(`${site.base}/teams`);
	await page.getByRole('button', { name: 'Widen the sidebar' }).click();
	await becomes(width, 256, 'sidebar: and wide again');
	is(complaints, [], 'nothing on the console');
	await context.close();
}

async function narrow(browser, site) {
	const { context, page } = await open(browser, { viewport: { width: 390, height: 844 }, javaScriptEnabled: false });

	await signIn(page, site, 'owner');
	await page.goto(`${site.base}/settings`);
	ok(!(await page.getByText('Edit Profile').isVisible()), 'phone: first the list of tabs');
	await page.getByRole('navigation', { name: 'Settings' }).getByRole('link', { name: 'Team' }).click();
	ok(await page.getByRole('heading', { name: 'Members' }).isVisible(), 'phone: then the tab');
	ok(!(await page.getByRole('navigation', { name: 'Settings' }).isVisible()), 'phone: without the list');
	await page.getByRole('link', { name: 'All settings' }).click();
	is(page.url(), `${site.base}/settings`, 'phone: and back');
	await context.close();
}

async function pictures(browser, site) {
	for (const [email, how] of [['soon@acme.example', "expires_at = now() + interval '3 hours', created_at = now() - interval '6 days'"],
		['a-very-long-address-of-somebody-who-waits@acme-international.example', 'updated_at = now()'],
		['old@acme.example', "expires_at = now() - interval '3 hours', created_at = now() - interval '8 days'"]]) {
		await call(site, 'owner@acme', 'InvitationService/CreateInvitation', { email, role: 'ROLE_INSTRUCTOR' });
		sql(`UPDATE invitations SET ${how} WHERE email = '${email}'`);
	}
	for (const colorScheme of ['light', 'dark']) {
		const { context, page } = await open(browser, { colorScheme, reducedMotion: 'reduce', bypassCSP: true });
		await signIn(page, site, 'owner');
		for (const tab of ['', '?tab=profile', '?tab=company', '?tab=team', '?tab=billing']) {
			await page.goto(`${site.base}/settings${tab}`);
			for (const d of await page.locator('.history summary').all()) await d.click();
			await page.evaluate(() => scrollTo(0, 0));
			await picture(page, `settings${tab.replace('?tab=', '-')}`, colorScheme);
		}
		await page.goto(`${site.base}/dashboard?checkout=success`);
		await picture(page, 'dashboard-paid', colorScheme);
		await page.goto(`${site.base}/dashboard?welcome=true`);
		await page.locator('dialog:modal').waitFor();
		await picture(page, 'dashboard-welcome', colorScheme);
		await context.close();
	}
}

await main(async () => {
	const site = await startSite();
	const browser = await launch();
	try {
		await administrate(browser, site, true);
		await administrate(browser, site, false);
		await full(browser, site);
		await member(browser, site);
		await foreign(browser, site);
		await arrivals(browser, site);
		await narrow(browser, site);
		await sidebar(browser, site);
		await pictures(browser, site);
	} finally {
		await browser.close();
		if (process.env.SITE_LOGS) for (const n of ['web', 'account']) console.log(site.log(n).replace(/^/gm, `# ${n}: `));
		site.stop();
	}
});
