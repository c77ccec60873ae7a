// The browser that tests drive: how it is launched, what axe-core finds in a
// page, and pictures of pages, which are made when SCREENS is set (nothing is
// held against them; they are for people to look at).
//
// Whoever goes somewhere is there when the page's script has taken hold, not
// when the page is drawn, and so is whoever does something there. Without script
// whoever clicks what leads to another page is on that page afterwards. With
// SLOW set the browser's processor and network are slow, which shows every look
// at a page that comes too early.
import fs from 'node:fs';
import path from 'node:path';
import { createRequire } from 'node:module';
import { chromium } from 'playwright-core';

const AXE = fs.readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
const SCREENS = path.join(process.env.BUILD ?? 'build', 'check/screens');

// The shell draws pages without a window around them, in half the time.
const PROGRAM = process.env.CHROMIUM ?? ['/usr/bin/chromium-headless-shell', '/usr/bin/chromium']
	.find((file) => fs.existsSync(file));

const BEGUN = 'html[data-begun], html:not(:has(script[src*="/static/mirai.js"]))';

const scripted = new WeakSet();
const begun = (page) => page.locator(BEGUN).waitFor({ state: 'attached' });

// Waits, behind a click that leads to a page, until that page is there as it is
// for whoever goes to it by its address.
export async function settled(page) {
	await page.waitForLoadState();
	if (scripted.has(page)) await begun(page);
}

// Afterwards these wait for the script of the page they lead to; whatever keys
// are for waits for it before.
function waitForScript(page) {
	scripted.add(page);
	for (const name of ['goto', 'reload', 'goBack', 'goForward', 'waitForURL']) {
		const go = page[name].bind(page);
		page[name] = async (...args) => {
			const answer = await go(...args);
			if (args.at(-1)?.waitUntil === undefined) await settled(page);
			return answer;
		};
	}
	for (const name of ['press', 'type']) {
		const strike = page.keyboard[name].bind(page.keyboard);
		page.keyboard[name] = async (...args) => {
			await page.waitForLoadState('domcontentloaded');
			await begun(page);
			return strike(...args);
		};
	}
}

// Whether a click on an element of a page without script leads to another page.
function leads(element) {
	const at = element.closest('a[href], button, input[type=submit]');
	const [form, here] = [at?.form, location.href.split('#')[0]];
	const blank = (node) => !['', '_self'].includes(node.getAttribute('target') ?? '');
	if (at?.matches('a'))
		return at.protocol.startsWith('http') && !blank(at) && !(at.href.includes('#') && at.href.split('#')[0] === here);
	return Boolean(form) && at.type === 'submit' && form.getAttribute('method') !== 'dialog' && !blank(form)
		&& (at.formNoValidate || form.noValidate || form.checkValidity());
}

// The page (or file) a click leads to, once it is there. Playwright's click may
// be over before the browser has asked for it.
async function clickThrough(locator, click) {
	const page = locator.page();
	if (!(await locator.evaluate(leads))) return click();
	const there = Promise.race([page.waitForEvent('load'), page.waitForEvent('download')]);
	there.catch(() => {});
	await click();
	return there;
}

// What is done to an element is done when the script of its page is there.
let patched = false;
function waitBefore(page) {
	if (patched) return;
	patched = true;
	const all = Object.getPrototypeOf(page.locator('html'));
	for (const name of ['click', 'dblclick', 'fill', 'press', 'pressSequentially', 'check', 'uncheck', 'setChecked',
		'selectOption', 'setInputFiles', 'hover', 'focus', 'dragTo']) {
		const act = all[name];
		all[name] = async function (...args) {
			const on = this.page();
			if (!scripted.has(on))
				return name === 'click' ? clickThrough(this, () => act.apply(this, args)) : act.apply(this, args);
			await this.waitFor({ state: 'attached' });
			await on.waitForLoadState('domcontentloaded');
			await begun(on);
			return act.apply(this, args);
		};
	}
}

async function slowDown(page) {
	const devtools = await page.context().newCDPSession(page);
	await devtools.send('Emulation.setCPUThrottlingRate', { rate: 4 });
}

// What is waited for comes, however busy the machine is; this is for what never
// comes.
const NEVER_MS = 60000;

async function makeContext(context, script) {
	const newPage = context.newPage.bind(context);
	context.setDefaultTimeout(NEVER_MS);
	context.on('page', (page) => {
		waitBefore(page);
		if (script) waitForScript(page);
	});
	context.newPage = async () => {
		const page = await newPage();
		if (process.env.SLOW) await slowDown(page);
		return page;
	};
	if (process.env.SLOW)
		await context.route('**/*', async (route) => {
			await new Promise((later) => setTimeout(later, 50 + Math.random() * 400));
			await route.fallback().catch(() => {});
		});
	return context;
}

// The shell's browser, whose pages wait as said above.
export async function launchBrowser() {
	const browser = await chromium.launch({ executablePath: PROGRAM,
		args: ['--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu'] });
	const newContext = browser.newContext.bind(browser);
	browser.newContext = async (options) =>
		makeContext(await newContext(options), options?.javaScriptEnabled !== false);
	return browser;
}

// The page as it is when what moves has arrived, held against axe-core: one
// line for each rule that is broken.
export async function findings(frame, rules = RULES) {
	if (!(await frame.evaluate(() => 'axe' in globalThis))) await frame.evaluate(AXE);
	return frame.evaluate(async (runOnly) => {
		for (const moving of document.getAnimations())
			if (moving.effect?.getComputedTiming().endTime !== Infinity) moving.finish();
		const { violations } = await globalThis.axe.run({ runOnly, resultTypes: ['violations'] });
		return violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.target.join(' ')).join(', ')}`);
	}, rules);
}

export async function shot(page, name, options = {}) {
	if (!process.env.SCREENS) return;
	fs.mkdirSync(SCREENS, { recursive: true });
	await page.screenshot({ path: path.join(SCREENS, `${name}.png`), ...options });
}
