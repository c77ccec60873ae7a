// An account made with an invitation where logins are kept by a Kratos: its
// session token is the browser's cookie.
import { createHash } from 'node:crypto';
import { is, main, ok, startSite } from './kit/site.mjs';
import { launch, open } from './kit/account.mjs';
import { sql } from '../service/kit/account.mjs';
import { Kratos } from '../identity/kit/kratos.mjs';

const SECRET = 'Zebra-Kite-42';
const TOKEN = 'secret-of-nina'.padEnd(43, '0');

await main(async () => {
	const k = await new Kratos().start('http://localhost/api/kratos');
	const site = await startSite(['accounts.limits no', 'identity.mode kratos',
		`identity.kratos.public_url ${k.publicUrl}`, `identity.kratos.admin_url ${k.adminUrl}`,
		'identity.kratos.whoami_timeout 60', 'identity.kratos.timeout 60'], { kratos: k.publicPort });
	const browser = await launch();
	try {
		sql(`INSERT INTO invitations (tenant_id, company_id, email, role, token, expires_at) VALUES
			('a0000000-0000-4000-8000-000000000000', 'a1000000-0000-4000-8000-000000000000', 'nina@new.example',
			'instructor', '${createHash('sha256').update(TOKEN).digest('hex')}', now() + interval '1 day')`);
		const { context, complaints, page } = await open(browser);
		await page.goto(`${site.base}/auth/accept-invite?token=${TOKEN}`);
		await page.getByLabel('First name').fill('Nina');
		await page.getByLabel('Last name').fill('New');
		await page.getByLabel('Password', { exact: true }).fill(SECRET);
		await page.getByLabel('Confirm password').fill(SECRET);
		await page.getByRole('button', { name: 'Create Account & Join' }).click();
		await page.waitForURL((url) => url.pathname === '/dashboard');
		await page.getByText('Welcome to Acme').waitFor();
		ok(true, 'the dashboard welcomes who was made there');
		const cookie = (await context.cookies()).find((c) => c.name === 'ory_session_token');
		is([k.sessions.has(cookie?.value), cookie?.httpOnly], [true, true], 'the cookie holds the token of the Kratos');
		const made = k.byEmail('nina@new.example');
		is([made.password, made.verifiable_addresses[0].verified, Object.keys(made.metadata_admin)],
			[SECRET, true, ['invitation_id']], 'it was given the password, a proven address and what it was made for');
		is(sql(`SELECT count(*) FROM users WHERE kratos_id = '${made.id}' AND role = 'instructor'`), '1', 'one user refers to it');
		is(k.complaints, [], 'it understood every call');
		is(complaints, [], 'nothing on the console');
	} finally {
		await browser.close();
		site.stop();
		await k.stop();
	}
});
