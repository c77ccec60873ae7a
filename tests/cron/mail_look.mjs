// How the letters look: each, as mirai-mail writes it, in a real browser on a
// phone and on a desk, by day and by night, as it is and with the longest
// names. Nothing overflows, the button is in sight and can be read.
import fs from 'node:fs';
import path from 'node:path';
import { findings, launchBrowser, shot } from '../web/kit/browser.mjs';
import { config, drain, finish, is, ok, simpleParser } from './kit/mail.mjs';
import { clear, letters, makeTenant, queue } from './kit/outbox.mjs';

const { TEST_DIR } = process.env;
const WCAG = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];
const WITHOUT_BUTTON = ['alert', 'enterprise_inquiry'];

// Every text as long as it may be, without a place to break a line.
const LONG = { link: `/auth/accept-invite?token=${'x'.repeat(300)}`, what: 'course', email:
	`${'e'.repeat(60)}@${'d'.repeat(60)}.example`, error: `${'W'.repeat(180)}\n\n${'w '.repeat(90)}` };
const long = (data) => Object.fromEntries(Object.entries(data).map(([k, v]) =>
	[k, typeof v === 'number' || k.endsWith('_at') ? v : LONG[k] ?? `${'Wort'.repeat(40)} ${v}`]));

async function written(kind, data) {
	const dir = path.join(TEST_DIR, 'look/mail/new');
	fs.rmSync(dir, { recursive: true, force: true });
	queue(kind, { data });
	await drain(config('look', []));
	const [file] = fs.readdirSync(dir);
	clear();
	return (await simpleParser(fs.readFileSync(path.join(dir, file)))).html;
}

// What sticks out, and the button: where it is and what it looks like.
function measure() {
	const { clientWidth, scrollWidth } = document.documentElement;
	const out = [...document.querySelectorAll('body *')].filter((e) => {
		const r = e.getBoundingClientRect();
		return r.width > 0 && (r.left < 0 || r.right > clientWidth + 0.5);
	}).map((e) => `${e.tagName}.${e.className}`);
	const card = document.querySelector('.card').getBoundingClientRect();
	const buttons = [...document.querySelectorAll('a.button')].map((b) => {
		const r = b.getBoundingClientRect();
		const on = document.elementFromPoint(r.left + r.width / 2, r.top + r.height / 2);
		return { seen: b.contains(on), tall: r.height >= 40, inside: r.left >= card.left &&
			r.right <= card.right, text: b.textContent.trim().length > 0 };
	});
	return { over: scrollWidth - clientWidth, out, card: card.width,
		centred: Math.abs(card.left - (clientWidth - card.right)) <= 1, buttons };
}

const SEEN = { seen: true, tall: true, inside: true, text: true };

const asked = [];

async function look(page, kind, { width, scheme, name }) {
	await page.setViewportSize({ width, height: 900 });
	await page.emulateMedia({ colorScheme: scheme });
	const height = await page.evaluate(() => document.documentElement.scrollHeight);
	await page.setViewportSize({ width, height: Math.max(height, 300) });
	const m = await page.evaluate(measure);
	const file = `mail-${kind}-${name}-${width}-${scheme}`;
	await shot(page, file, { fullPage: true });
	is([m.over, m.out], [0, []], `${file}: nothing sticks out`);
	ok(m.card <= 602 && m.centred, `${file}: the card is centred, at most 600 wide`, m.card);
	is(m.buttons, WITHOUT_BUTTON.includes(kind) ? [] : [SEEN], `${file}: one button, in sight`);
	is(asked, [], `${file}: nothing is fetched`);
	if (name === 'plain') is(await findings(page, WCAG), [], `${file}: axe`);
}

const browser = await launchBrowser();
try {
	makeTenant();
	const page = await (await browser.newContext({ deviceScaleFactor: 1 })).newPage();
	page.on('request', (r) => { if (!r.url().startsWith('about:')) asked.push(r.url()); });
	for (const kind of Object.keys(letters)) {
		await page.setContent(await written(kind, letters[kind]));
		for (const width of [390, 820])
			for (const scheme of ['light', 'dark'])
				await look(page, kind, { width, scheme, name: 'plain' });
		await page.setContent(await written(kind, long(letters[kind])));
		await look(page, kind, { width: 390, scheme: 'light', name: 'long' });
	}
} catch (e) {
	ok(false, 'no exception', e.stack);
}
await browser.close();
finish();
