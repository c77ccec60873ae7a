// Sign-in with a provider in a real browser, without script and with it: signing
// up, signing in, a form for what is missing, linking by password, and in the
// settings link and unlink.
import { launchBrowser } from './kit/browser.mjs';
import { PASSWORD, is, main, ok, startSite } from './kit/site.mjs';
import { shows } from './kit/wait.mjs';
import { startReal, writeProviders } from '../identity/kit/provider.mjs';

const accounts = {
	nina: { email: 'nina@new.example', email_verified: true, given_name: 'Nina', family_name: 'New' },
	tom: { email: 'tom@new.example', email_verified: true },
	scripted: { email: 'scripted@new.example', email_verified: true, given_name: 'S', family_name: 'C' },
	owner: { email: 'owner@acme.example', email_verified: true, given_name: 'O', family_name: 'A' },
};

// The provider's own pages.
async function atProvider(page, login, provider) {
	await page.waitForURL((url) => url.href.startsWith(provider.base));
	if (await page.locator('input[name=login]').count() > 0) {
		await page.locator('input[name=login]').fill(login);
		await page.locator('input[name=password]').fill('x');
		const asked = page.url();
		await page.locator('button[type=submit]').click();
		await page.waitForURL((url) => url.href !== asked);
	}
	if (page.url().startsWith(provider.base)) await page.locator('button[type=submit]').click();
}

async function whoami(context, site) {
	return (await context.request.get(`${site.base}/sessions/whoami`)).json();
}

async function open(browser, script) {
	const context = await browser.newContext({ javaScriptEnabled: script });
	const complaints = [];
	context.on('console', (m) => { if (m.type() === 'error') complaints.push(m.text()); });
	return { context, complaints, page: await context.newPage() };
}

const back = (page, site) => page.waitForURL((url) => url.href.startsWith(`${site.base}/`) &&
	!url.pathname.startsWith('/auth/login'));

async function signUpAndIn(browser, site, provider, login, script) {
	const how = script ? 'with script' : 'without script';
	for (const what of ['signs up', 'signs in']) {
		const { context, complaints, page } = await open(browser, script);
		await page.goto(`${site.base}/auth/login`);
		await page.getByRole('button', { name: 'Sign in with Panva & Co' }).click();
		await atProvider(page, login, provider);
		await back(page, site);
		const who = await whoami(context, site);
		is([who.identity?.traits.email, who.authentication_methods?.[0].provider],
			[accounts[login].email, 'panva'], `${how}: one button ${what}`);
		is(complaints.filter((t) => /Content.Security/i.test(t)), [], `${how}: no rule is in the way`);
		if (what === 'signs in') return { context, page };
		await context.close();
	}
	return null;
}

async function missing(browser, site, provider) {
	const { context, page } = await open(browser, false);
	await page.goto(`${site.base}/self-service/registration/browser`);
	await page.getByRole('button', { name: 'Sign up with Panva & Co' }).click();
	await atProvider(page, 'tom', provider);
	await page.waitForURL(`${site.base}/auth/registration?flow=*`);
	is(await page.locator('input[name="traits.email"]').first().inputValue(), 'tom@new.example',
		'what the provider told is filled in');
	await page.locator('input[name="traits.name.first"]').first().fill('Tom');
	await page.locator('input[name="traits.name.last"]').first().fill('New');
	await page.getByRole('button', { name: 'Sign up with Panva & Co' }).click();
	await back(page, site);
	is((await whoami(context, site)).identity?.traits.name.first, 'Tom', 'and what it did not is asked for');
	await context.close();
}

async function linking(browser, site, provider) {
	const { context, page } = await open(browser, false);
	await page.goto(`${site.base}/auth/login`);
	await page.getByRole('button', { name: 'Sign in with Panva & Co' }).click();
	await atProvider(page, 'owner', provider);
	await page.waitForURL(`${site.base}/auth/login?flow=*`);
	await shows(page.getByText('exists already. Sign in to it to link'),
		'an account with the address: its owner is asked to sign in');
	ok((await whoami(context, site)).error, 'and is not signed in yet');
	await page.locator('input[name=password]').fill(PASSWORD);
	await page.locator('button[name=method][value=password]').click();
	await back(page, site);
	const who = await whoami(context, site);
	is(who.identity?.traits.email, 'owner@acme.example', 'by password, which links');
	await context.clearCookies();
	await page.goto(`${site.base}/auth/login`);
	await page.getByRole('button', { name: 'Sign in with Panva & Co' }).click();
	await atProvider(page, 'owner', provider);
	await back(page, site);
	is((await whoami(context, site)).identity?.id, who.identity?.id, 'then the provider is enough');
	await context.close();
}

async function settings(site, second, { context, page }) {
	const linked = `${site.base}/auth/settings?tab=linked`;
	await page.goto(linked);
	is(await page.locator('button[name=unlink]').count(), 0, 'the only way in has no button to remove it');
	await page.getByRole('button', { name: 'Link Second' }).click();
	await atProvider(page, 'nina', second);
	await page.waitForURL(`${site.base}/auth/settings?*`);
	const unlink = page.locator('button[name=unlink][value=panva]');
	is(await unlink.count(), 1, 'linked in the settings, the first one may go');
	await page.locator('details', { has: unlink }).locator('summary').click();
	await unlink.click();
	await page.getByRole('button', { name: 'Link Panva & Co' }).waitFor();
	is(await page.locator('button[name=unlink]').count(), 0, 'unlinked: one is left');
	await context.clearCookies();
	await page.goto(`${site.base}/auth/login`);
	await page.getByRole('button', { name: 'Sign in with Second' }).click();
	await atProvider(page, 'nina', second);
	await back(page, site);
	is((await whoami(context, site)).identity?.traits.email, 'nina@new.example', 'which signs in');
	await context.close();
}

await main(async () => {
	let site;
	const callback = (id) => () => `${site.base}/self-service/methods/oidc/callback/${id}`;
	const panva = await startReal(accounts, callback('panva'));
	const second = await startReal(accounts, callback('second'));
	site = await startSite(writeProviders(`${process.env.TEST_DIR}/oidc`, {
		panva: ['label Panva & Co', ...panva.lines],
		second: ['label Second', ...second.lines],
	}, '127.0.0.1', '20s'));
	const browser = await launchBrowser();
	try {
		const nina = await signUpAndIn(browser, site, panva, 'nina', false);
		await settings(site, second, nina);
		await missing(browser, site, panva);
		await linking(browser, site, panva);
		await signUpAndIn(browser, site, panva, 'scripted', true);
	} finally {
		await browser.close();
		site.stop();
	}
});
