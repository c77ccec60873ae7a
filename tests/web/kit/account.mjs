// What browser tests of the account pages share: contexts that collect
// complaints, signing in, a look into the identity database, pictures.
import { findings, launchBrowser as launch, settled, shot } from './browser.mjs';
import { PASSWORD, is, ok } from './site.mjs';
import { psql } from '../../psql.mjs';

export { launch, settled };
export const WIDTHS = [[390, 844], [820, 1180], [1440, 900]];

export const sql = (text) => psql(process.env.IDENTITY_OWNER_URL, text);

export const flowOf = (page) => new URL(page.url()).searchParams.get('flow');
export const expire = (page) => sql(`UPDATE flows SET expires_at = now() - interval '3 minutes' WHERE id = '${flowOf(page)}'`);
export const age = (who, time) => sql(`UPDATE sessions SET authenticated_at = now() - interval '${time}' WHERE identity_id =
	(SELECT id FROM identities WHERE traits ->> 'email' = '${who}@acme.example')`);

// A context that collects what the browser complains about.
export async function open(browser, options = {}) {
	const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
	const complaints = [];
	context.on('console', (m) => { if (m.type() === 'error') complaints.push(m.text()); });
	context.on('weberror', (e) => complaints.push(String(e.error())));
	return { context, complaints, page: await context.newPage() };
}

export async function axe(page, name) {
	is(await findings(page), [], `axe: ${name}`);
}

export const email = (page) => page.getByLabel('E-mail');
export const password = (page) => page.locator('input').and(page.getByLabel('Password', { exact: true }));
export const signInButton = (page) => page.getByRole('button', { name: /^Sign in( with password)?$/ });

export async function fill(page, who, secret = PASSWORD) {
	await email(page).fill(`${who}@acme.example`);
	await password(page).fill(secret);
	await signInButton(page).click();
}

export async function signIn(page, site, who, secret = PASSWORD) {
	await page.goto(`${site.base}/auth/login`);
	await fill(page, who, secret);
	await page.waitForURL('**/dashboard');
}

export const focused = (page) => page.evaluate(() => document.activeElement.className || document.activeElement.id);

// In three widths, none of which scrolls sideways, held against axe-core.
export async function picture(page, name, colorScheme) {
	for (const [width, height] of WIDTHS) {
		await page.setViewportSize({ width, height });
		await shot(page, `${name}-${width}-${colorScheme}`, { fullPage: true });
		ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${name} at ${width} does not scroll sideways`);
		if (width !== 820) await axe(page, `${name}, ${width}, ${colorScheme}`);
	}
}
