// The pages for visitors in a real browser: landing page, prices, the dialog
// after a payment, the menu of narrow windows; on one host and on four, with
// script and without, in three widths, light and dark.
import { is, main, ok, startSite } from './kit/site.mjs';
import { launch, open, picture, signIn } from './kit/account.mjs';

const hrefs = (links) => links.evaluateAll((all) => all.map((a) => a.getAttribute('href')));

async function landing(page, site) {
	await page.goto(`${site.base}/`);
	is(await page.locator('h1').count(), 1, 'landing: one main heading');
	is(await hrefs(page.locator('main a', { hasText: 'Get Started' })), ['/auth/registration', '/auth/registration'], 'landing: the ways in');
	is(await hrefs(page.getByRole('link', { name: 'View Pricing' })), ['/pricing'], 'landing: to the prices');
	is(await page.locator('#features .card').count(), 6, 'landing: six features');
	is(await page.locator('link[rel=prefetch]').getAttribute('href'), '/auth/registration', 'landing: the next page is fetched early');
	const bar = page.getByRole('navigation', { name: 'Main' });
	is(await hrefs(bar.getByRole('link')), ['/pricing', '#features', '/auth/login', '/auth/registration'], 'the bar on top');
	await page.evaluate(() => scrollTo(0, 2000));
	ok(await bar.isVisible() && (await bar.boundingBox()).y >= 0 && (await bar.boundingBox()).y < 64, 'which stays on top');
	await bar.getByRole('link', { name: 'Pricing' }).click();
	await page.waitForURL('**/pricing');
	is(await hrefs(bar.getByRole('link', { name: 'Features' })), ['/#features'], 'from other pages the features are on the first');
	is(await bar.getByRole('link', { name: 'Pricing' }).getAttribute('aria-current'), 'page', 'the page one is on is marked');
}

async function prices(page, site, host = site.base) {
	const cards = page.locator('.plan');

	await page.goto(`${host}/pricing`);
	is(await cards.locator('h2').evaluateAll((all) => all.map((h) => h.firstChild.textContent)), ['Starter', 'Pro', 'Enterprise'], 'prices: three plans');
	is(await cards.locator('.plan-price strong').allInnerTexts(), ['$8', '$12', 'Custom'], 'prices: per seat and month');
	is(await cards.locator('.button').evaluateAll((all) => all.map((a) => [a.firstChild.textContent, new URL(a.href).search])),
		[['Get Started', '?tier=starter'], ['Get Started', '?tier=pro'], ['Contact Sales', '?tier=enterprise']], 'prices: each leads to its own registration');
	is(await page.locator('.plan-marked').getAttribute('id'), 'plan-pro', 'prices: Pro stands out');
}

// No link of the frame leads nowhere.
async function links(page, site) {
	const years = [new Date().getUTCFullYear()];
	for (const from of ['/', '/pricing', '/terms']) {
		await page.goto(site.base + from);
		for (const href of new Set(await hrefs(page.locator('header a, footer a')))) {
			const r = await page.request.get(new URL(href, site.base + from).href, { maxRedirects: 0 });
			ok(r.status() < 400, `${from}: ${href} leads somewhere`);
		}
	}
	years.push(new Date().getUTCFullYear());
	is(await page.locator('footer').getByText(new RegExp(`\\b(${years.join('|')})\\b`)).count(), 1, 'the footer names the year');
}

async function menu(browser, site, script) {
	const how = script ? 'with script' : 'without script';
	const { context, page } = await open(browser, { javaScriptEnabled: script, viewport: { width: 390, height: 844 } });
	const list = page.getByRole('navigation', { name: 'Menu' });

	await page.goto(`${site.base}/`);
	ok(!(await page.getByRole('navigation', { name: 'Main' }).isVisible()), `${how}: no bar on a phone`);
	await page.locator('.public-menu summary').focus();
	await page.keyboard.press('Enter');
	is(await list.getByRole('link').allInnerTexts(), ['Pricing', 'Features', 'Sign In', 'Get Started'], `${how}: the menu opens by a key`);
	if (script) {
		await page.keyboard.press('Escape');
		ok(!(await list.isVisible()), 'Escape closes it');
		is(await page.evaluate(() => document.activeElement.tagName), 'SUMMARY', 'and leads back');
		await page.keyboard.press('Enter');
	}
	await list.getByRole('link', { name: 'Pricing' }).click();
	await page.waitForURL('**/pricing');
	ok(true, `${how}: and leads on`);
	await context.close();
}

// The dialog after a payment; each way to close it cleans the address.
async function thanks(browser, site) {
	const { context, complaints, page } = await open(browser);
	const dialog = page.getByRole('dialog', { name: 'Payment received' });
	const ways = { 'Got it!': () => dialog.getByRole('link', { name: 'Got it!' }).click(),
		'the cross': () => dialog.getByRole('link', { name: 'Close' }).click(),
		'the backdrop': () => page.mouse.click(20, 400),
		Escape: () => page.keyboard.press('Escape') };

	for (const [name, close] of Object.entries(ways)) {
		await page.goto(`${site.base}/?checkout=success`);
		await page.locator('dialog:modal').waitFor();
		ok(await page.evaluate(() => document.querySelector('dialog').contains(document.activeElement)), `${name}: the focus is inside`);
		await close();
		await dialog.waitFor({ state: 'hidden' });
		await page.waitForURL(`${site.base}/`);
		ok(true, `${name} closes it and cleans the address`);
	}
	const confetti = page.locator('canvas.confetti');
	await Promise.all([confetti.waitFor(), page.goto(`${site.base}/?checkout=success`)]);
	ok(true, 'there is confetti');
	await confetti.waitFor({ state: 'detached', timeout: 120000 }); // it counts frames, not seconds
	ok(true, 'which ends');
	await page.goto(`${site.base}/?checkout=other`);
	is(await page.locator('dialog').count(), 0, 'another word opens nothing');
	is(complaints, [], 'nothing on the console');
	await context.close();

	const quiet = await open(browser, { reducedMotion: 'reduce' });
	await quiet.page.goto(`${site.base}/?checkout=success`);
	await quiet.page.locator('dialog:modal').waitFor();
	is(await quiet.page.locator('canvas').count(), 0, 'no confetti where motion is not wanted');
	await quiet.context.close();

	const plain = await open(browser, { javaScriptEnabled: false });
	await plain.page.goto(`${site.base}/?checkout=success`);
	ok(await plain.page.getByRole('dialog', { name: 'Payment received' }).isVisible(), 'without script it is open');
	await plain.page.getByRole('link', { name: 'Got it!' }).click();
	await plain.page.waitForURL(`${site.base}/`);
	ok(true, 'and closes by its link');
	await plain.context.close();
}

async function fourHosts(browser, site) {
	const { context, complaints, page } = await open(browser);

	await prices(page, site, site.host('get'));
	await prices(page, site, site.host('app'));
	is(await hrefs(page.locator('.public-head .brand')), [`${site.host('get')}/`], 'app.: the brand leads to get.');
	is(await hrefs(page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Features' })),
		[`${site.host('get')}/#features`], 'app.: and so do the features');
	const early = page.waitForEvent('requestfinished', (r) => r.url() === `${site.host('app')}/auth/registration`);
	await page.goto(`${site.host('get')}/`);
	is(await hrefs(page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Sign In' })),
		[`${site.host('app')}/auth/login`], 'get.: signing in is on app.');
	await early;
	is(complaints, [], 'get.: and may fetch the page of app. where one signs up');
	await context.close();
}

async function member(browser, site) {
	const { context, page } = await open(browser);

	await signIn(page, site, 'owner');
	await page.goto(`${site.base}/`);
	is(await page.getByRole('navigation', { name: 'Main' }).getByRole('link').allInnerTexts(), ['Pricing', 'Features', 'Dashboard'],
		'who is signed in sees the page, too');
	await page.goto(`${site.base}/pricing`);
	is(new Set(await hrefs(page.locator('.plan .button'))), new Set(['/settings?tab=billing']), 'and buys in the settings');
	await context.close();
}

async function pictures(browser, site) {
	for (const colorScheme of ['light', 'dark']) {
		const { context, page } = await open(browser, { colorScheme, reducedMotion: 'reduce', bypassCSP: true });
		for (const [name, target] of [['landing', '/'], ['pricing', '/pricing'], ['thanks', '/?checkout=success']]) {
			await page.goto(site.base + target);
			if (name === 'thanks') await page.locator('dialog:modal').waitFor();
			await picture(page, name, colorScheme);
		}
		await page.setViewportSize({ width: 390, height: 844 });
		await page.goto(`${site.base}/`);
		await page.locator('.public-menu summary').click();
		await picture(page, 'landing-menu', colorScheme);
		await context.close();
	}
}

await main(async () => {
	const site = await startSite();
	const browser = await launch();
	try {
		const { context, complaints, page } = await open(browser);
		await landing(page, site);
		await prices(page, site);
		ok(await page.getByText('takes no payments').isVisible(), 'prices: an installation without payments says so');
		await links(page, site);
		is(complaints, [], 'nothing on the console');
		await context.close();
		await menu(browser, site, true);
		await menu(browser, site, false);
		await thanks(browser, site);
		await fourHosts(browser, site);
		await member(browser, site);
		await pictures(browser, site);
	} finally {
		await browser.close();
		site.stop();
	}
});
