// The whole way of a company, in real browsers and with a Stripe on loopback:
// sign up, pay, read the welcome mail, sign in, invite a colleague, who accepts
// in a browser of their own, and a notice that arrives live in the first.
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { promisify } from 'node:util';
import { simpleParser } from 'mailparser';
import { SMTPServer } from 'smtp-server';
import { is, main, ok, startSite } from './kit/site.mjs';
import { launch, open, settled } from './kit/account.mjs';
import { becomes } from './kit/wait.mjs';
import { sql } from '../service/kit/account.mjs';
import { Stripe } from '../service/kit/stripe.mjs';

const SECRET = 'Zebra-Kite-42';
const run = (program, site) => promisify(execFile)(path.join(process.env.BUILD, `bin/mirai-${program}`),
	['-1', '-f', site.conf], { timeout: 60000 });
const click = (page, name) => page.getByRole('button', { name, exact: true }).click();

// A real receiver: what came, parsed.
async function startMailbox() {
	const mails = [];
	const server = new SMTPServer({ authOptional: true, disabledCommands: ['STARTTLS', 'AUTH'],
		onData(stream, session, done) {
			simpleParser(stream).then((mail) => { mails.push(mail); done(); }, done);
		} });
	server.listen(0, '127.0.0.1');
	await once(server.server, 'listening');
	return { port: server.server.address().port, close: () => server.close(),
		find: (to, subject) => mails.filter((m) => m.to.text === to && subject.test(m.subject)) };
}

async function signUp(page, site) {
	await page.goto(`${site.base}/pricing`);
	await page.locator('a[href*="tier=pro"]').first().click();
	await settled(page);
	await page.getByLabel('E-mail').fill('ada@first.example');
	await click(page, 'Continue');
	await page.getByLabel('Company name').fill('First & Daughters');
	await click(page, 'Continue');
	await page.getByLabel('First name').fill('Ada');
	await page.getByLabel('Last name').fill('First');
	await page.getByLabel('Password', { exact: true }).fill(SECRET);
	await page.getByLabel('Confirm password').fill(SECRET);
	await click(page, 'Continue');
	await page.getByLabel('Seats').fill('3');
	await click(page, 'Get Started');
	await page.waitForURL('**/pay/*');
	ok((await page.locator('body').innerText()).includes('$36.00'), 'three seats of Pro are asked for');
	await page.getByTestId('pay').click();
	await page.waitForURL('**/?checkout=success');
	ok(await page.getByRole('dialog').isVisible(), 'paid: thanks, and what happens next');
}

async function signIn(page, site, email) {
	await page.goto(`${site.base}/auth/login`);
	await page.getByLabel('E-mail').fill(email);
	await page.locator('input[name=password]').fill(SECRET);
	await page.locator('button[value=password]').click();
	await page.waitForURL('**/dashboard');
}

async function invite(page, site) {
	await page.goto(`${site.base}/settings?tab=team`);
	await page.getByLabel('E-mail').fill('bob@second.example');
	await page.getByLabel('Role').first().selectOption({ label: 'Instructor' });
	await page.getByRole('button', { name: /invit/i }).first().click();
	await page.getByText('bob@second.example').first().waitFor();
}

async function accept(page, link) {
	await page.goto(link);
	ok((await page.locator('main').innerText()).includes('First & Daughters'), 'the link shows the company');
	await page.getByLabel('First name').fill('Bob');
	await page.getByLabel('Last name').fill('Second');
	await page.getByLabel('Password', { exact: true }).fill(SECRET);
	await page.getByLabel('Confirm password').fill(SECRET);
	await click(page, 'Create Account & Join');
	await page.waitForURL((url) => url.pathname === '/dashboard');
	ok(await page.getByRole('dialog').isVisible(), 'joined, signed in and welcomed');
}

async function notice(page) {
	const bell = page.locator('[data-bell], .bell').first();

	ok(!/\d/.test(await bell.innerText()), 'nothing is unread');
	sql(`WITH u AS (SELECT u.id, u.tenant_id FROM users u JOIN companies c ON c.id = u.company_id
		WHERE c.name = 'First & Daughters' AND u.role = 'admin'),
		n AS (INSERT INTO notifications (tenant_id, user_id, type, title, message)
		SELECT tenant_id, id, 'outline_ready', 'Bob has an outline', 'Have a look.' FROM u RETURNING *),
		e AS (INSERT INTO notification_events (tenant_id, user_id, kind, notice)
		SELECT tenant_id, user_id, 1, to_jsonb(n) FROM n RETURNING tenant_id, user_id, id)
		SELECT pg_notify('mirai_events', concat_ws(' ', tenant_id, user_id, id)) FROM e`);
	await becomes(async () => /1/.test(await bell.innerText()), true, 'a notice arrives live: the bell counts it');
	await bell.click();
	await page.getByText('Bob has an outline').first().waitFor();
	ok(true, 'and the panel shows it');
}

await main(async () => {
	const stripe = new Stripe();
	const mailbox = await startMailbox();
	await stripe.listen();
	const site = await startSite([`stripe.api ${stripe.base}`, `stripe.secret_key ${stripe.key}`,
		`stripe.webhook_secret ${stripe.secret}`, 'stripe.starter_price price_starter',
		'stripe.pro_price price_pro', 'smtp.host 127.0.0.1', `smtp.port ${mailbox.port}`]);
	stripe.hook = `${site.base}/api/v1/billing/webhook`;
	const browser = await launch();
	try {
		const first = await open(browser), second = await open(browser);
		await signUp(first.page, site);
		await run('provision', site);
		await run('mail', site);
		const [welcome] = mailbox.find('ada@first.example', /./);
		ok(welcome?.text.includes('First & Daughters'), 'the welcome mail arrives and names the company');
		ok(welcome?.html.includes('First &amp; Daughters'), 'in HTML too');
		await signIn(first.page, site, 'ada@first.example');
		ok((await first.page.locator('main').innerText()).includes('Ada'), 'signed in with the password of the sign-up');
		await invite(first.page, site);
		await run('mail', site);
		const [mail] = mailbox.find('bob@second.example', /./);
		const link = /https?:\/\/\S+accept-invite\?token=[\w-]{43}/.exec(mail?.text ?? '')?.[0];
		ok(mail?.text.includes('Ada First'), 'the invitation says who invites');
		if (!ok(link !== undefined, 'and has its link')) return;
		await accept(second.page, link);
		await first.page.goto(`${site.base}/settings?tab=team`);
		ok((await first.page.locator('main').innerText()).includes('Bob Second'), 'the first sees the colleague');
		await notice(first.page);
		for (const [who, of] of [['first', first], ['second', second]])
			is(of.complaints, [], `${who}: nothing on the console`);
	} finally {
		await browser.close();
		site.stop();
		mailbox.close();
		await stripe.close();
	}
});
