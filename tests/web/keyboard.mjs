// Every page by keyboard alone: Tab from the top reaches each control once, in
// reading order, beginning with the skip link, and leaves the page again; where
// the focus is can be seen and is not covered; nothing hidden takes it. What
// opens over a page takes the focus, keeps it, and gives it back at Escape.
import { is, main, ok, startSite, tokenOf } from './kit/site.mjs';
import { launch, open, signIn } from './kit/account.mjs';
import { furnish, pagesOf, unlisted } from './kit/pages.mjs';

const PHONE = { width: 390, height: 844 };
const ON_PHONES = ['landing', 'login', 'dashboard', 'builder-sources', 'lesson-part', 'outline', 'player', 'smes', 'settings-team'];
const NOT_FOUND = ['not-found', 'invitation-none'];
const LEADS_ON = { reset: '/auth/login', folder: '/content-library' };

// --- in the page ------------------------------------------------------------------

// Notes where each Tab leads, and how that looks beside how it looked before.
function watch() {
	const CONTROLS = 'a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex]';
	const root = document.querySelector('dialog:modal') ?? document;
	const named = (e) => (e === document.body ? 'the end' : `${e.tagName.toLowerCase()} "${(e.getAttribute('aria-label')
		?? (e.innerText?.trim() || e.getAttribute('name') || e.id)).replaceAll(/\s+/g, ' ').slice(0, 40)}"`);
	const isFirst = (e) => {
		if (e.type !== 'radio') return true;
		const all = [...(e.form ?? document).querySelectorAll(`input[type=radio][name="${CSS.escape(e.name)}"]:not(:disabled)`)];
		return e === (all.find((r) => r.checked) ?? all[0]);
	};
	const stops = [...root.querySelectorAll(CONTROLS)].filter((e) => e.tabIndex >= 0 && !e.matches(':disabled')
		&& e.checkVisibility({ visibilityProperty: true }) && !e.closest('[inert]') && isFirst(e)
		&& (e.tagName !== 'SUMMARY' || e.matches('details > summary:first-of-type')));
	const around = (e) => [e, e.nextElementSibling, e.parentElement, e.closest('label'), e.parentElement?.parentElement].filter(Boolean);
	// What is drawn around a control: outlines that can be seen, and shadows.
	const lines = (e) => around(e).flatMap((n) => [null, '::before', '::after'].map((part) => {
		const s = getComputedStyle(n, part);
		const outline = s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 2 && !/, 0\)$|transparent/.test(s.outlineColor);
		return `${outline ? s.outline : ''}|${s.boxShadow === 'none' ? '' : s.boxShadow}`;
	})).join();
	document.activeElement.blur();
	const before = new Map(stops.map((e) => [e, lines(e)]));
	// Where it can be pointed at: itself, or the label that stands for it.
	const shown = (e) => {
		const label = e.closest('label') ?? (e.id && document.querySelector(`label[for="${CSS.escape(e.id)}"]`));
		return [e, label, e.nextElementSibling].filter(Boolean).some((n) => {
			const boxes = [...n.getClientRects()].filter((b) => b.width > 4 && b.height > 4);
			return boxes.some((b) => [0.5, 0.1, 0.9].some((part) => {
				const top = document.elementFromPoint(Math.max(0, b.left) + (Math.min(innerWidth, b.right) - Math.max(0, b.left)) / 2, b.top + b.height * part);
				return top !== null && (n.contains(top) || top.contains(n));
			}));
		});
	};
	const floats = (e) => e !== null && (/fixed|sticky/.test(getComputedStyle(e).position) || floats(e.parentElement));
	const at = new Map(stops.map((e) => {
		const b = (e.closest('label') ?? e).getBoundingClientRect();
		return [e, { left: b.left + scrollX, right: b.right + scrollX, top: b.top + scrollY, bottom: b.bottom + scrollY }];
	}));
	const report = { expected: stops.map(named), seen: [], faults: [] };
	const main = document.getElementById('main');
	for (const [i, e] of stops.entries()) {
		const a = at.get(stops[i - 1]), b = at.get(e);
		if (e.tabIndex > 0) report.faults.push(`${named(e)} jumps the queue`);
		if (e.closest('[aria-hidden=true]')) report.faults.push(`${named(e)} is there for the keyboard alone`);
		if (!a || !main?.contains(e) || !main.contains(stops[i - 1]) || floats(e) || floats(stops[i - 1])) continue;
		if (b.bottom <= a.top + 2 && b.left < a.right) report.faults.push(`${named(e)} follows ${named(stops[i - 1])}, which lies below it`);
		else if (b.right <= a.left + 2 && b.top < a.bottom - 4 && b.bottom > a.top + 4 && b.top <= a.top)
			report.faults.push(`${named(e)} follows ${named(stops[i - 1])}, which lies right of it`);
	}
	let last = null;
	globalThis.walk = report;
	document.addEventListener('keyup', (event) => {
		if (event.key !== 'Tab') return;
		const e = document.activeElement;
		if (e === last && e.type === 'date') return; // its day, its month, its year
		last = e;
		report.seen.push(named(e));
		if (e === document.body || !before.has(e)) return;
		if (lines(e) === before.get(e)) report.faults.push(`${named(e)}: the focus is not seen`);
		if (!shown(e)) report.faults.push(`${named(e)}: is covered, or out of sight`);
	}, true);
	// As if the page had just come, whatever has the focus now.
	const start = root === document ? document.body : root;
	start.tabIndex = -1;
	start.focus();
	start.removeAttribute('tabindex');
	return [stops.length, stops.filter((e) => e.type === 'date').length * 3];
}

// --- the walk ---------------------------------------------------------------------

const keyboards = new WeakMap();

// Keys as fast as the page takes them.
async function press(page, key, times = 1) {
	if (!keyboards.has(page)) keyboards.set(page, await page.context().newCDPSession(page));
	const devtools = keyboards.get(page);
	const code = { key, code: key, windowsVirtualKeyCode: { Tab: 9, Enter: 13, Escape: 27 }[key], ...(key === 'Enter' ? { text: '\r' } : {}) };
	const sent = [];
	for (let i = 0; i < times; i++)
		sent.push(devtools.send('Input.dispatchKeyEvent', { type: code.text ? 'keyDown' : 'rawKeyDown', ...code }),
			devtools.send('Input.dispatchKeyEvent', { type: 'keyUp', ...code }));
	await Promise.all(sent);
}

async function walk(page, name, first) {
	const [n, more] = await page.evaluate(watch);
	await press(page, 'Tab', n + more + 1);
	const { expected, seen, faults } = await page.evaluate(() => globalThis.walk);
	if (first) is(seen[0], first, `${name}: first of all`);
	is(seen.slice(0, n), expected, `${name}: each control, in the order they are read`);
	ok(seen[n] === 'the end' || seen[n] === seen[0], `${name}: and on from there: ${seen[n]}`);
	is(faults, [], `${name}: where the focus is can be seen`);
}

// --- what opens over a page ---------------------------------------------------------

const isBack = (page, link) => link.evaluate((e) => e === document.activeElement);

async function until(test) {
	for (let i = 0; i < 400; i++) {
		if (await test()) return true;
		await new Promise((later) => setTimeout(later, 25));
	}
	return false;
}

// A dialog's own walk, and the way back.
async function over(page, name, link) {
	await link.focus();
	await press(page, 'Enter');
	if (!ok(await until(() => page.evaluate(() => document.querySelector('dialog:modal')?.contains(document.activeElement))),
		`${name}: takes the focus`)) return;
	await walk(page, name);
	await press(page, 'Escape');
	ok(await until(() => isBack(page, link)), `${name}: and gives it back at Escape`);
}

const opened = new Set();

// Each kind of dialog that the page has, once in all.
async function dialogs(page, name) {
	const links = page.locator('a[data-dialog]:visible, details.picker > summary:visible');
	const kinds = await links.evaluateAll((all) => all.map((e) => (e.getAttribute('href') ?? e.innerText.split('\n')[0])
		.replaceAll(/[0-9a-f-]{36}/g, '*')));
	for (const [i, kind] of kinds.entries()) {
		if (opened.has(kind)) continue;
		opened.add(kind);
		await over(page, `${name}, ${kind}`, links.nth(i));
	}
}

// Menus and the bell's panel.
async function menus(page, site) {
	await page.goto(`${site.base}/dashboard`);
	for (const [name, at, inside] of [['the account', 'details.profile summary', '.profile-menu'], ['the bell', 'button[data-bell]', '.bell-panel']]) {
		const button = page.locator(at);
		await button.focus();
		await press(page, 'Enter');
		await page.locator(inside).waitFor();
		await press(page, 'Tab');
		ok(await until(() => page.locator(inside).evaluate((e) => e.contains(document.activeElement))), `${name}: Tab leads into it`);
		await press(page, 'Escape');
		await page.locator(inside).waitFor({ state: 'hidden' });
		ok(await until(() => isBack(page, button)), `${name}: Escape closes it and leads back`);
	}
}

async function drawer(page, site) {
	await page.setViewportSize(PHONE);
	await page.goto(`${site.base}/dashboard`);
	const button = page.getByRole('link', { name: 'Open menu' });
	await button.focus();
	await press(page, 'Enter');
	await page.locator('.sidebar:target').waitFor();
	await press(page, 'Tab');
	ok(await page.locator('.sidebar').evaluate((e) => e.contains(document.activeElement)), 'the drawer: Tab leads into it');
	await press(page, 'Escape');
	await page.locator('.sidebar:target').waitFor({ state: 'detached' });
	ok(await until(() => isBack(page, button)), 'the drawer: Escape closes it and leads back');
}

// --- everyone -----------------------------------------------------------------------

async function arrive(browser, site, who) {
	const { context, page } = await open(browser, { reducedMotion: 'reduce' });
	if (who === 'owner') await signIn(page, site, who);
	else if (who !== 'guest') await context.addCookies([{ name: 'ory_session_token', value: tokenOf(`${who}@acme`), url: site.base }]);
	return page;
}

async function look(page, site, row, who) {
	const [name, , at] = row;
	const phone = ON_PHONES.includes(name);
	const { status, path } = await page.goto(site.base + at).then((r) => ({ status: r.status(), path: new URL(r.url()).pathname }));
	is([status, path], [NOT_FOUND.includes(name) ? 404 : 200, LEADS_ON[name] ?? at.split('?')[0]], `${name}, ${who}: it is that page`);
	const modal = await page.locator('dialog:modal').count() > 0;
	await walk(page, `${name}, ${who}`, modal ? null : 'a "Skip to content"');
	await dialogs(page, name);
	if (!phone) return;
	await page.setViewportSize(PHONE);
	await page.goto(site.base + at);
	await walk(page, `${name}, ${who}, on a phone`, 'a "Skip to content"');
	await page.setViewportSize({ width: 1280, height: 900 });
}

async function skip(page, site) {
	await page.goto(`${site.base}/dashboard`);
	await press(page, 'Tab');
	await press(page, 'Enter');
	ok(await until(() => page.evaluate(() => document.activeElement.id === 'main')), 'the skip link leads to the content');
}

await main(async () => {
	const site = await startSite();
	const browser = await launch();
	try {
		const pages = pagesOf(await furnish(site));
		is(unlisted(pages), [], 'every page is walked through');
		for (const who of new Set(pages.flatMap(([, whos]) => whos))) {
			const page = await arrive(browser, site, who);
			for (const row of pages) if (row[1].includes(who)) await look(page, site, row, who);
			if (who === 'owner') {
				await skip(page, site);
				await menus(page, site);
				await drawer(page, site);
			}
			await page.context().close();
		}
	} finally {
		await browser.close();
		site.stop();
	}
});
