// The page of an invitation in a real browser: who is nobody yet makes an
// account, who is signed in accepts, who is somebody else signs out first; what
// is wrong is said and what was typed stays. With script, without, by keyboard,
// held against axe-core, and taken as pictures.
import { createHash } from 'node:crypto';
import { is, main, ok, startSite } from './kit/site.mjs';
import { fill, launch, open, picture, settled, signIn } from './kit/account.mjs';
import { becomes } from './kit/wait.mjs';
import { sql } from '../service/kit/account.mjs';

const SECRET = 'Zebra-Kite-42';
const ACME = ['a0000000-0000-4000-8000-000000000000', 'a1000000-0000-4000-8000-000000000000'];

const click = (page, name) => page.getByRole('button', { name, exact: true }).click();
const h1 = (page) => page.getByRole('heading', { level: 1 }).innerText();
const note = (page, id) => page.locator(`#${id}-note`).innerText();
const tokenOf = (email) => `secret-of-${email.replace(/[^a-z0-9]/g, '-')}`.padEnd(43, '0').slice(0, 43);
const linkTo = (site, email) => `${site.base}/auth/accept-invite?token=${tokenOf(email)}`;

function invite(email, role = 'instructor', status = 'pending', life = '7 days') {
	const hash = createHash('sha256').update(tokenOf(email)).digest('hex');
	sql(`DELETE FROM invitations WHERE email = '${email}'; INSERT INTO invitations
		(tenant_id, company_id, email, role, status, token, expires_at) VALUES
		('${ACME[0]}', '${ACME[1]}', '${email}', '${role}', '${status}', '${hash}', now() + interval '${life}')`);
	return email;
}

async function fillIn(page, first = 'Nina', last = 'O\'New <b>', password = SECRET, again = password) {
	await page.getByLabel('First name').fill(first);
	await page.getByLabel('Last name').fill(last);
	await page.getByLabel('Password', { exact: true }).fill(password);
	await page.getByLabel('Confirm password').fill(again);
}

const stateOf = (email) => sql(`SELECT status FROM invitations WHERE email = '${email}' ORDER BY created_at DESC LIMIT 1`);

// --- nobody yet -------------------------------------------------------------------

async function newcomer(browser, site, script) {
	const how = `newcomer ${script ? 'with' : 'without'} script`;
	const { context, complaints, page } = await open(browser, { javaScriptEnabled: script });
	const email = invite(`new-${script ? 'a' : 'b'}@new.example`);

	await page.goto(`${site.base}/auth/registration?invite_token=${tokenOf(email)}`);
	is(page.url(), linkTo(site, email), `${how}: the registration forwards to the invitation`);
	is([await h1(page), await page.title()], ['Create Account', 'Create Account · Mirai'], `${how}: a form for an account`);
	ok(await page.getByText('You have been invited to join Acme as Instructor.').isVisible(), `${how}: it says what for`);
	is([await page.getByLabel('E-mail').inputValue(), await page.getByLabel('E-mail').getAttribute('readonly')],
		[email, ''], `${how}: the address is that of the invitation and stays so`);

	await fillIn(page, 'Nina', 'New', SECRET, 'Zebra-Kite-43');
	await click(page, 'Create Account & Join');
	await page.getByText('The two passwords are not the same.').first().waitFor();
	is([await page.getByLabel('First name').inputValue(), await page.getByLabel('Last name').inputValue()],
		['Nina', 'New'], `${how}: what was typed stays`);
	is(await page.getByLabel('Confirm password').getAttribute('aria-invalid'), 'true', `${how}: the field is marked`);

	// Refused by the service, since the form knows nothing of that rule.
	await fillIn(page, 'Nina', 'O\'New <b>', 'Password123');
	await click(page, 'Create Account & Join');
	await page.getByRole('alert').filter({ hasNotText: 'not the same' }).first().waitFor();
	is(stateOf(email), 'pending', `${how}: a password everybody tries first makes no account`);
	is([await page.getByLabel('First name').inputValue(), await page.getByLabel('Last name').inputValue()],
		['Nina', 'O\'New <b>'], `${how}: the names stay`);
	if (script) is(await page.getByLabel('Confirm password').inputValue(), 'Password123', `${how}: and what script keeps`);

	await fillIn(page);
	await click(page, 'Create Account & Join');
	await page.waitForURL((url) => url.pathname === '/dashboard');
	is(stateOf(email), 'accepted', `${how}: the invitation is accepted`);
	await page.getByText('Welcome to Acme').waitFor();
	ok(true, `${how}: the dashboard welcomes`);
	const cookie = (await context.cookies()).find((c) => c.name === 'ory_session_token');
	is([cookie?.httpOnly, cookie?.sameSite, cookie?.path], [true, 'Lax', '/'], `${how}: no script sees the session`);
	is(await page.evaluate(() => document.cookie.includes('ory_session_token')), false, `${how}: not even its name`);
	await page.goto(linkTo(site, email));
	is(await h1(page), 'This invitation was used already', `${how}: the link is used up`);
	is(complaints.filter((t) => !/40[09]|410/.test(t)), [], `${how}: nothing on the console`);
	await context.close();
}

// Errors come when a field was left, and go when it is right.
async function fields(browser, site) {
	const { context, page } = await open(browser);
	const email = invite('fields@new.example');

	await page.goto(linkTo(site, email));
	await page.getByLabel('First name').focus();
	await page.keyboard.press('Tab');
	is(await note(page, 'first_name'), '', 'fields: what is still empty is not blamed');
	await page.getByLabel('Password', { exact: true }).fill('short');
	is(await note(page, 'password'), '', 'fields: nor what is being typed');
	await page.getByLabel('Confirm password').focus();
	ok((await note(page, 'password')).includes('rules'), 'fields: what was left is');
	is(await page.locator('[data-rule].is-met').count(), 0, 'fields: no rule is met');
	await page.getByLabel('Password', { exact: true }).fill(SECRET);
	is([await note(page, 'password'), await page.locator('[data-rule].is-met').count()], ['', 3], 'fields: until it is right');
	await page.getByLabel('Confirm password').fill('x');
	await page.getByLabel('First name').focus();
	is(await note(page, 'confirm'), 'The two passwords are not the same.', 'fields: a mismatch is told');
	await click(page, 'Create Account & Join');
	is(await page.evaluate(() => document.activeElement.id), 'first_name', 'fields: sending leads to the first that is wrong');
	is(stateOf(email), 'pending', 'fields: and sends nothing');
	await context.close();
}

// With the keyboard alone.
async function byKeyboard(browser, site) {
	const { context, page } = await open(browser);
	const email = invite('keys@new.example', 'sme');

	await page.goto(linkTo(site, email));
	await page.getByLabel('First name').focus();
	for (const text of ['Kai', 'Keys', null, SECRET, SECRET]) {
		if (text !== null) await page.keyboard.type(text);
		await page.keyboard.press('Tab');
		if (await page.evaluate(() => document.activeElement.type === 'button')) await page.keyboard.press('Tab');
	}
	await page.keyboard.press('Enter');
	await page.waitForURL((url) => url.pathname === '/dashboard');
	is(stateOf(email), 'accepted', 'keyboard: the account is made');
	await context.close();
}

// --- somebody --------------------------------------------------------------------------

async function member(browser, site, script) {
	const how = `member ${script ? 'with' : 'without'} script`;
	const { context, complaints, page } = await open(browser, { javaScriptEnabled: script });
	const who = script ? 'gone' : 'lonely';
	const email = invite(`${who}@acme.example`);

	// Not signed in: the way to sign in leads back here.
	await page.goto(linkTo(site, email));
	await fillIn(page);
	await click(page, 'Create Account & Join');
	await page.getByText('There is an account with this address already').waitFor();
	is(await page.getByLabel('First name').inputValue(), 'Nina', `${how}: who has an account hears so, and loses nothing`);
	await page.getByRole('link', { name: 'Sign In', exact: true }).click();
	await page.waitForURL('**/auth/login?flow=*');
	await fill(page, who);
	await page.waitForURL(linkTo(site, email));
	is(await h1(page), 'Join Acme', `${how}: signed in one may accept`);
	ok(await page.getByText(email).first().isVisible(), `${how}: the invited address is shown`);
	// The card stays until it was read, however long that takes.
	const card = { read: false, left: false };
	await page.route('**/dashboard', (route) => {
		if (card.read) return route.continue();
		card.left = true;
		return route.fulfill({ status: 204 });
	});
	await click(page, 'Accept Invitation');
	await page.waitForURL('**/auth/accept-invite?joined=yes');
	is([await h1(page), stateOf(email)], ['Welcome to Acme', 'accepted'], `${how}: a card says that it is done`);
	card.read = true;
	if (card.left) await page.reload();
	await page.waitForURL((url) => url.pathname === '/dashboard');
	ok(true, `${how}: then the dashboard opens by itself`);
	is(complaints.filter((t) => !/40[09]/.test(t)), [], `${how}: nothing on the console`);
	await context.close();
}

async function somebodyElse(browser, site, script) {
	const how = `somebody else ${script ? 'with' : 'without'} script`;
	const { context, page } = await open(browser, { javaScriptEnabled: script });
	const email = invite('nobody@nowhere.example');

	await signIn(page, site, 'sme');
	await page.goto(linkTo(site, email));
	is(await h1(page), 'This invitation is for somebody else', `${how}: it says so`);
	is(await page.locator('.facts dd').allInnerTexts(), ['Acme', email, 'sme@acme.example'], `${how}: with both addresses`);
	await click(page, `Sign in as ${email}`);
	await page.waitForURL(/\/auth\/login\?flow=/);
	is((await context.cookies()).filter((c) => c.name === 'ory_kratos_session'), [], `${how}: who was signed in is not any more`);
	await page.getByLabel('E-mail').fill(email);
	await page.locator('input').and(page.getByLabel('Password', { exact: true })).fill('Correct-Horse-7!');
	await page.getByRole('button', { name: /^Sign in( with password)?$/ }).click();
	await page.waitForURL(linkTo(site, email));
	is(await h1(page), 'Join Acme', `${how}: and the invited one comes back to accept`);

	await context.clearCookies();
	await signIn(page, site, 'sme');
	await page.goto(linkTo(site, email));
	await click(page, 'Create an account for this address');
	await becomes(() => h1(page), 'Create Account', `${how}: or makes an account`);
	await context.close();
}

// --- what cannot be ---------------------------------------------------------------------

const ENDS = [
	[410, 'expired', 'pending', '-1 second', 'This invitation has expired'],
	[410, 'revoked', 'revoked', '7 days', 'This invitation was withdrawn'],
	[409, 'accepted', 'accepted', '7 days', 'This invitation was used already'],
];

async function deadLinks(browser, site) {
	const { context, page } = await open(browser);

	for (const [status, name, state, life, title] of ENDS) {
		const email = invite(`${name}@new.example`, 'sme', state, life);
		const r = await page.goto(linkTo(site, email));
		is([r.status(), await h1(page)], [status, title], `dead link: ${name}`);
		is(await page.getByRole('link', { name: 'Try again' }).count(), 0, `dead link: ${name}: no second try cures that`);
	}
	let r = await page.goto(`${site.base}/auth/accept-invite`);
	is([r.status(), await h1(page)], [400, 'This link is not complete'], 'dead link: without a token');
	r = await page.goto(`${site.base}/auth/accept-invite?token=x`);
	is([r.status(), await h1(page)], [404, 'This link leads nowhere'], 'dead link: of nothing');

	invite('sme@acme.example');
	await signIn(page, site, 'sme');
	await page.goto(linkTo(site, 'sme@acme.example'));
	await click(page, 'Accept Invitation');
	await page.getByRole('heading', { name: 'You belong to a company already' }).waitFor();
	is(stateOf('sme@acme.example'), 'pending', 'dead link: nobody is in two companies');
	await context.close();
}

async function foreignForms(site) {
	const email = invite('foreign@new.example');
	const body = new URLSearchParams({ token: tokenOf(email), act: 'join', first_name: 'F', last_name: 'F', password: SECRET, confirm: SECRET });
	const r = await fetch(`${site.base}/auth/accept-invite`, { method: 'POST', body, redirect: 'manual',
		headers: { origin: 'https://evil.example' } });
	is([r.status, stateOf(email)], [403, 'pending'], 'a form of another site makes no account');
	const unsigned = await fetch(`${site.base}/auth/accept-invite`, { method: 'POST', redirect: 'manual',
		body: new URLSearchParams({ token: tokenOf(email), act: 'accept' }), headers: { authorization: 'Bearer ory_st_smeacme0000000000000000000000000' } });
	ok([400, 403, 200].includes(unsigned.status) && stateOf(email) === 'pending', 'nor does one without a token accept');
}

async function outage(browser, site) {
	const { context, page } = await open(browser);
	const email = invite('outage@new.example');

	await page.goto(linkTo(site, email));
	await fillIn(page);
	await site.end('account');
	await click(page, 'Create Account & Join');
	await page.getByText('Your invitation is not lost').waitFor();
	is([await h1(page), await page.getByLabel('First name').inputValue(), await page.getByLabel('Confirm password').inputValue()],
		['Create Account', 'Nina', SECRET], 'outage: it is said, and what was typed stays');
	await page.goto(linkTo(site, email));
	for (let i = 0; i < 3; i++) {
		await page.getByRole('link', { name: 'Try again' }).click();
		await settled(page);
	}
	is([await h1(page), await page.getByRole('link', { name: 'Try again' }).count()], ['That did not work', 0],
		'outage: three times one may try again');
	await site.begin('account');
	await becomes(async () => {
		await page.goto(linkTo(site, email));
		return [await h1(page), stateOf(email)];
	}, ['Create Account', 'pending'], 'outage: then the link works as before');
	await context.close();
}

// --- how it looks ------------------------------------------------------------------------

async function pictures(browser, site) {
	for (const colorScheme of ['light', 'dark']) {
		const { context, page } = await open(browser, { colorScheme });
		const email = invite('pictures-of-somebody-with-a-very-long-address@department.new.example');
		await page.goto(linkTo(site, email));
		await page.getByLabel('Password', { exact: true }).fill('Zebra');
		await page.getByLabel('Confirm password').fill('Kite');
		await page.getByLabel('First name').focus();
		await picture(page, 'invite-create', colorScheme);
		await page.goto(linkTo(site, 'expired@new.example'));
		await picture(page, 'invite-expired', colorScheme);
		await signIn(page, site, 'instructor');
		await page.goto(linkTo(site, email));
		await picture(page, 'invite-mismatch', colorScheme);
		invite('instructor@acme.example');
		await page.goto(linkTo(site, 'instructor@acme.example'));
		await picture(page, 'invite-join', colorScheme);
		await page.route('**/dashboard', (route) => route.fulfill({ status: 204 })); // so the card stays
		await page.goto(`${site.base}/auth/accept-invite?joined=yes`);
		await picture(page, 'invite-joined', colorScheme);
		await context.close();
	}
}

await main(async () => {
	const site = await startSite(['accounts.limits no']);
	const browser = await launch();
	try {
		for (const script of [true, false]) {
			await newcomer(browser, site, script);
			await member(browser, site, script);
			await somebodyElse(browser, site, script);
		}
		await fields(browser, site);
		await byKeyboard(browser, site);
		await deadLinks(browser, site);
		await foreignForms(site);
		await outage(browser, site);
		await pictures(browser, site);
		for (const name of ['web', 'account'])
			ok(!site.log(name).includes('Zebra-Kite') && !site.log(name).includes('secret-of-'),
				`no password and no token is in the log of mirai-${name}`);
	} finally {
		await browser.close();
		site.stop();
	}
});
