// The pages on one host, the identity service on another, as in a large
// installation: forms are answered in place across the two, by the rules of
// CORS and the content security policy.
import { is, main, ok, startSite } from './kit/site.mjs';
import { email, fill, flowOf, launch, open, password } from './kit/account.mjs';

const hosts = (port) => {
	const at = (name) => `http://${name}.big.localhost:${port}`;
	return [`url.app ${at('app')}`, `url.api ${at('app')}`, `url.auth ${at('auth')}`, `url.marketing ${at('get')}`,
		'url.domains other.localhost', `allowed_origin ${at('app')}`, `identity.return_to ${at('app')},${at('get')}`,
		'cookie.domain big.localhost'];
};

async function journey(browser, site, script) {
	const how = script ? 'with script' : 'without script';
	const app = `http://app.big.localhost:${site.port}`;
	const auth = `http://auth.big.localhost:${site.port}`;
	const { context, complaints, page } = await open(browser, { javaScriptEnabled: script });
	const posts = [];
	page.on('request', (r) => {
		const { host, pathname } = new URL(r.url());
		if (r.method() === 'POST' && pathname.startsWith('/self-service/')) posts.push([r.resourceType(), host]);
	});

	await page.goto(`${app}/content-library`);
	ok(page.url().startsWith(`${app}/auth/login?flow=`), `${how}: the form is on the host of the pages`);
	ok((await page.locator('form').getAttribute('action')).startsWith(`${auth}/self-service/login`), `${how}: and posts to the other`);
	const flow = flowOf(page);
	await fill(page, 'instructor', 'wrong-Password-1');
	await page.getByRole('alert').first().waitFor();
	is(flowOf(page), flow, `${how}: answered in the same flow`);
	await fill(page, 'instructor');
	await page.waitForURL(`${app}/content-library`);
	is(posts, Array(2).fill([script ? 'fetch' : 'document', new URL(auth).host]), `${how}: ${script ? 'in place' : 'in the plain way'}`);
	await page.goto(`${app}/auth/settings?tab=password`);
	await password(page).fill('short');
	if (script) await page.getByLabel('Confirm Password').fill('short');
	await page.getByRole('button', { name: 'Save' }).click();
	await page.locator('.field-error').filter({ hasText: 'at least' }).waitFor();
	ok(true, `${how}: settings, too`);
	await page.goto(`${app}/auth/settings?tab=factor`);
	const key = page.locator('[data-trigger=oryWebAuthnRegistration]');
	is(await key.isVisible(), script, `${how}: security keys need script`);
	if (script) ok(await page.evaluate(() => globalThis.oryWebAuthnInitialized), `${how}: which comes from the other host, held against its hash`);
	await page.goto(`${app}/dashboard`);
	await page.locator('details.profile summary').click();
	await page.getByRole('button', { name: 'Sign Out' }).click();
	await page.waitForURL(`http://get.big.localhost:${site.port}/`);
	is((await context.cookies()).filter((c) => c.name === 'ory_kratos_session'), [], `${how}: signing out takes the shared cookie`);
	await page.goto(`${app}/auth/recovery`);
	is(await email(page).count(), 1, `${how}: recovery begins`);
	is(complaints.filter((t) => !/ 400 /.test(t)), [], `${how}: nothing on the console`);
	await context.close();
}

await main(async () => {
	const site = await startSite(hosts);
	const browser = await launch();
	try {
		await journey(browser, site, true);
		await journey(browser, site, false);
	} finally {
		await browser.close();
		if (process.env.SITE_LOGS) for (const n of ['web', 'identity', 'lighttpd']) console.log(site.log(n).replace(/^/gm, `# ${n}: `));
		site.stop();
	}
});
