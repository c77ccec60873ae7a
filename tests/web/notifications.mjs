// The bell, its panel and the page of notices in a real browser: plain forms
// without script; with it a panel that is current within a second, by mouse and
// by keyboard, streams that come back; three widths, light and dark.
import { is, main, ok, startSite, tokenOf } from './kit/site.mjs';
import { axe, launch, open, picture } from './kit/account.mjs';
import { becomes, until } from './kit/wait.mjs';
import { psql, superuser } from '../psql.mjs';

const ACME = 'a0000000-0000-4000-8000-000000000000';
const IAN = 'a2000000-0000-4000-8000-000000000002';
const SAM = 'a2000000-0000-4000-8000-000000000003';
const KINDS = ['task_assigned', 'task_due_soon', 'ingestion_complete', 'ingestion_failed', 'outline_ready',
	'generation_complete', 'generation_failed', 'submission_ready_for_review', 'submission_approved', 'changes_requested'];
const idOf = (n) => `a5000000-0000-4000-8000-${String(n).padStart(12, '0')}`;

const sql = (text) => psql(superuser(process.env.DATABASE_URL), text);

// As notice_create() does it: notice, event and word in one transaction.
function tell(n, { user = IAN, type = 'task_assigned', priority = 'normal', title = `Notice ${n}`, text = 'Text', to = null, age = '0 s' } = {}) {
	const lit = (s) => (s === null ? 'NULL' : `'${s.replaceAll("'", "''")}'`);
	sql(`WITH n AS (INSERT INTO notifications (id, tenant_id, user_id, type, priority, title, message, action_url, created_at)
		VALUES ('${idOf(n)}', '${ACME}', '${user}', '${type}', '${priority}', ${lit(title)}, ${lit(text)}, ${lit(to)}, now() - interval '${age}')
		RETURNING *), e AS (INSERT INTO notification_events (tenant_id, user_id, kind, notice)
		SELECT tenant_id, user_id, 1, to_jsonb(n) FROM n RETURNING *)
		SELECT pg_notify('mirai_events', concat_ws(' ', tenant_id, user_id, id)) FROM e`);
}

const clean = () => sql('DELETE FROM notifications; DELETE FROM notification_events');
const isRead = (n) => sql(`SELECT read FROM notifications WHERE id = '${idOf(n)}'`);
const bell = (page) => page.locator('[data-bell]');
const badge = (page) => page.locator('.bell-count').innerText();
const titles = (page) => page.locator('.notice:visible strong').allInnerTexts();
const panel = (page) => page.getByRole('dialog', { name: 'Notifications' });

async function visit(browser, site, options = {}, who = 'instructor@acme') {
	const opened = await open(browser, options);
	await opened.context.addCookies([{ name: 'ory_session_token', value: tokenOf(who), url: site.base }]);
	return opened;
}

// The panel with a list that is drawn for this time, not one of the last time.
async function openPanel(page, open) {
	await page.evaluate(() => document.getElementById('notices')?.setAttribute('data-old', ''));
	await open();
	await panel(page).locator('#notices:not([data-old]) .notice').first().waitFor();
}

// --- without script ------------------------------------------------------------

async function scriptless(browser, site) {
	clean();
	const { context, page } = await visit(browser, site, { javaScriptEnabled: false });
	await page.goto(`${site.base}/dashboard`);
	is([await badge(page), await bell(page).innerText()], ['', 'Notifications'], 'plain: no number for none');
	for (let n = 1; n <= 23; n++) tell(n, { age: `${40 - n} h` });
	tell(24, { type: 'outline_ready', priority: 'high', title: 'Ready <b>now</b>', text: 'Look & see', to: '/content-library?x=1' });
	await page.goto(`${site.base}/dashboard`);
	is(await badge(page), '24', 'plain: the number of unread ones');
	is(await bell(page).locator('.sr').innerText(), 'Notifications, 24 unread', 'plain: said as well');
	await bell(page).click();
	is([new URL(page.url()).pathname, await page.getByRole('heading', { level: 1 }).innerText()], ['/notifications', 'Notifications'], 'plain: the bell is a link');
	is((await titles(page)).slice(0, 2), ['Ready <b>now</b>', 'Notice 23'], 'plain: newest first, as text');
	is((await titles(page)).length, 20, 'plain: twenty at once');
	is(await page.locator('.notice time').first().innerText(), 'just now', 'plain: when');
	is(await page.locator('.notice time').nth(1).innerText(), '17 hours ago', 'plain: how long ago');
	ok(await page.locator('.notice').first().evaluate((n) => n.classList.contains('notice-high')), 'plain: urgent ones stand out');
	ok((await page.locator('.notice').first().locator('.notice-words .sr').innerText()).includes('High priority'), 'plain: and say so');
	await page.getByRole('link', { name: 'Load more' }).click();
	is(await titles(page), ['Notice 4', 'Notice 3', 'Notice 2', 'Notice 1'], 'plain: the rest on the next page');
	is(await page.getByRole('link', { name: 'Load more' }).count(), 0, 'plain: and no further');

	await page.goto(`${site.base}/notifications`);
	await page.getByRole('button', { name: /Ready/ }).first().click();
	is(new URL(page.url()).pathname + new URL(page.url()).search, '/content-library?x=1', 'plain: opening leads where it says');
	is([isRead(24), await badge(page)], ['t', '23'], 'plain: and marks it');
	await page.goto(`${site.base}/notifications`);
	ok(await page.locator('.notice').first().locator('a.notice-body').isVisible(), 'plain: a read one is a link');
	await page.getByRole('link', { name: 'Unread only' }).click();
	is((await titles(page))[0], 'Notice 23', 'plain: unread ones only');
	await page.getByRole('button', { name: /^(?!Delete).*Notice 23/ }).click();
	is([new URL(page.url()).search, (await titles(page))[0]], ['?unread=1', 'Notice 22'], 'plain: one that leads nowhere stays in the list');
	await page.getByRole('button', { name: 'Delete: Notice 22' }).click();
	is([(await titles(page))[0], await page.getByRole('status').first().innerText()], ['Notice 21', 'The notification is deleted.'], 'plain: deleted, and said so');
	await page.getByRole('button', { name: 'Mark all as read' }).click();
	ok(await page.getByText('You have read everything.').isVisible(), 'plain: all read');
	is([await badge(page), await page.getByRole('button', { name: 'Mark all as read' }).count()], ['', 0], 'plain: nothing left to mark');
	clean();
	await page.goto(`${site.base}/notifications`);
	ok(await page.getByText('No notifications yet').isVisible(), 'plain: none at all');
	await page.goto(`${site.base}/notifications?cursor=x`);
	is(await page.getByRole('heading', { level: 1 }).innerText(), 'That did not work', 'plain: a cursor that is none');
	sql(`INSERT INTO notifications (tenant_id, user_id, type, title, message) SELECT '${ACME}', '${IAN}', 'task_assigned', 'x', 'x' FROM generate_series(1, 100)`);
	await page.goto(`${site.base}/dashboard`);
	is(await badge(page), '99+', 'plain: 99+ above 99');
	await context.close();
}

// A person's forms do nothing to others' notices; links never leave the site.
async function strangers(browser, site) {
	clean();
	tell(1, { user: SAM });
	tell(2);
	const { context, page } = await visit(browser, site, { javaScriptEnabled: false });
	await page.goto(`${site.base}/notifications`);
	const csrf = await page.locator('.notice input[name=csrf]').first().inputValue();
	const cookie = `ory_session_token=${tokenOf('instructor@acme')}`;
	const post = (path, form) => fetch(`${site.base}${path}`, { method: 'POST', redirect: 'manual',
		headers: { cookie }, body: new URLSearchParams(form) });
	is((await post(`/notifications/${idOf(1)}/read`, { csrf })).status, 303, 'strangers: marking');
	is((await post(`/notifications/${idOf(1)}/delete`, { csrf })).status, 303, 'strangers: deleting');
	is(isRead(1), 'f', 'strangers: nothing happens to it');
	is((await post(`/notifications/${idOf(2)}/read`, {})).status, 403, 'strangers: no form without its token');
	is(isRead(2), 'f', 'strangers: which changes nothing');
	for (const to of ['//evil.example/', 'https://evil.example/', '/\\evil.example', 'javascript:alert(1)'])
		is((await post(`/notifications/${idOf(2)}/read`, { csrf, to })).headers.get('location').replace(site.base, ''), '/notifications', `strangers: ${to} is no link`);
	is((await fetch(`${site.base}/notifications`, { redirect: 'manual' })).headers.get('location').includes('/auth/login?return_to='), true, 'strangers: signed out');
	await context.close();
}

// --- with script -----------------------------------------------------------------

async function live(browser, site) {
	clean();
	const { context, page, complaints } = await visit(browser, site);
	let streams = 0;
	page.on('request', (r) => { if (r.url().includes('/events')) streams++; });
	const stream = page.waitForResponse((r) => r.url().includes('/events'));
	await page.goto(`${site.base}/dashboard`);
	await page.locator('button[data-bell]').waitFor();
	is(await bell(page).getAttribute('aria-expanded'), 'false', 'live: a closed panel');
	await stream;
	tell(1, { to: '/content-library' });
	await until('live: a new one counts', async () => await badge(page) === '1');
	is(streams, 1, 'live: told by the stream that stood, not by one that came later');
	is(await page.locator('p.sr[role=status]').innerText(), '1 unread notifications', 'live: and is announced');
	await bell(page).click();
	await panel(page).locator('.notice').waitFor();
	is([await bell(page).getAttribute('aria-expanded'), await titles(page)], ['true', ['Notice 1']], 'live: the panel has it');
	const box = await panel(page).boundingBox();
	is(box.width, 384, 'live: the panel is 384 wide');
	tell(2, { priority: 'high', type: 'ingestion_failed' });
	await until('live: another appears in the open panel', async () => (await titles(page)).join() === 'Notice 2,Notice 1');
	await page.locator('body').click({ position: { x: 400, y: 700 } });
	is([await panel(page).count(), await bell(page).getAttribute('aria-expanded')], [0, 'false'], 'live: a click elsewhere closes');

	// Elsewhere, as another browser of the same person.
	await fetch(`${site.base}/mirai.v1.NotificationService/MarkAsRead`, { method: 'POST',
		headers: { 'content-type': 'application/json', authorization: `Bearer ${tokenOf('instructor@acme')}` },
		body: JSON.stringify({ notificationIds: [idOf(2)] }) });
	await until('live: read elsewhere', async () => await badge(page) === '1');

	await openPanel(page, () => bell(page).click());
	await panel(page).getByRole('button', { name: /^(?!Delete).*Notice 1/ }).click();
	await page.waitForURL('**/content-library');
	await until('live: opened one is read', async () => isRead(1) === 't');
	await becomes(() => badge(page), '', 'live: nothing unread');
	is(complaints, [], 'live: nothing on the console');
	await context.close();
}

// Written after the page was drawn and before its stream stands.
async function between(browser, site) {
	clean();
	tell(1);
	for (const [n, path, shown] of [[2, '/dashboard', async (page) => await badge(page) === '2'],
		[3, '/notifications', async (page) => (await titles(page)).join() === 'Notice 3,Notice 2,Notice 1']]) {
		const { context, page } = await visit(browser, site);
		await page.route('**/events*', (route) => { tell(n); return route.continue(); });
		await page.goto(`${site.base}${path}`);
		await until(`between: what came before the stream of ${path} is told`, () => shown(page));
		await context.close();
	}
}

// The list is drawn anew, without what is deleted, while its rest is on its
// way, and not before that is asked for.
async function loadRest(page, deleteOne) {
	let asked;
	let letGo;
	const onItsWay = new Promise((resolve) => { asked = resolve; });
	const held = new Promise((resolve) => { letGo = resolve; });
	await page.route('**/notifications', async (route) => {
		await onItsWay;
		await route.fallback();
	});
	await page.route('**/notifications?cursor=*', async (route) => {
		asked();
		await held;
		await route.fallback();
	}, { times: 1 });
	await deleteOne();
	await panel(page).getByRole('link', { name: 'Load more' }).focus();
	await page.keyboard.press('Enter');
	await panel(page).locator('[data-notice][hidden]').waitFor({ state: 'detached' });
	ok(await page.evaluate(() => 'more' in document.activeElement.dataset), 'keys: focus stays on the way on');
	letGo();
	await until('keys: the rest is loaded below', async () => (await titles(page)).at(-1) === 'Notice 1');
	await page.unroute('**/notifications');
}

async function keyboard(browser, site) {
	clean();
	for (let n = 1; n <= 25; n++) tell(n, { age: `${60 - n} min` });
	const { context, page, complaints } = await visit(browser, site);
	await page.goto(`${site.base}/dashboard`);
	await page.locator('button[data-bell]').focus();
	await page.keyboard.press('Enter');
	await panel(page).locator('.notice').first().waitFor();
	is(await page.evaluate(() => document.activeElement.id), 'bell-panel', 'keys: focus is in the panel');
	await page.keyboard.press('Escape');
	is([await panel(page).count(), await page.evaluate(() => 'bell' in document.activeElement.dataset)], [0, true], 'keys: Escape closes and goes back');
	await openPanel(page, () => page.keyboard.press('Space'));
	for (let i = 0; i < 5; i++) await page.keyboard.press('Tab');
	is(await page.evaluate(() => document.activeElement.closest('[data-notice]')?.querySelector('strong').textContent), 'Notice 25', 'keys: the list follows what is above it');
	await page.keyboard.press('Enter');
	await until('keys: Enter marks it', async () => isRead(25) === 't' && await badge(page) === '24');
	await panel(page).locator('.notice-read div.notice-body').first().waitFor(); // drawn anew
	is(await page.evaluate(() => document.activeElement.closest('[data-notice]')?.querySelector('strong').textContent), 'Notice 25', 'keys: focus stays where it was');
	await loadRest(page, async () => {
		await panel(page).getByRole('button', { name: 'Delete: Notice 24' }).focus();
		await page.keyboard.press('Enter');
		await until('keys: deleted', async () => (await titles(page))[1] === 'Notice 23' && await badge(page) === '23');
		ok(await page.evaluate(() => document.activeElement.closest('.bell-panel') !== null), 'keys: focus stays in the panel');
	});
	is(new Set(await titles(page)).size, (await titles(page)).length, 'keys: none twice');
	tell(26);
	await until('keys: news come on top, what was loaded stays', async () => {
		const all = await titles(page);
		return all[0] === 'Notice 26' && all.at(-1) === 'Notice 1';
	});
	await panel(page).getByRole('link', { name: 'Unread only' }).click();
	await until('keys: the filter works in place', async () => !(await titles(page)).includes('Notice 25'));
	is(new URL(page.url()).pathname, '/dashboard', 'keys: on the same page');
	await panel(page).getByRole('button', { name: 'Mark all as read' }).click();
	await until('keys: all read', async () => await badge(page) === '' && await page.getByText('You have read everything.').count() === 1);
	is(sql('SELECT count(*) FROM notifications WHERE NOT read'), '0', 'keys: stored');
	const stream = page.waitForResponse((r) => r.url().includes('/events'));
	await panel(page).getByRole('link', { name: 'View all notifications' }).click();
	await page.waitForURL('**/notifications');
	await stream;
	tell(27);
	await until('keys: the page itself is current', async () => (await titles(page))[0] === 'Notice 27');
	is(complaints, [], 'keys: nothing on the console');
	await context.close();
}

// The page's clock moves on when it is told to, only then; what the page wants
// to do later is written down, in milliseconds.
async function standStill(page) {
	await page.clock.install();
	await page.clock.pauseAt(Date.now() + 3600000);
	await page.addInitScript(() => {
		const later = globalThis.setTimeout;
		globalThis.later = [];
		globalThis.setTimeout = (act, ms, ...rest) => {
			globalThis.later.push(ms);
			return later(act, ms, ...rest);
		};
	});
}

const wants = (page) => page.evaluate(() => globalThis.later.filter((ms) => ms >= 1000));

// Refused streams are tried again after 1, 2, 4 seconds; who is signed out is
// left alone.
async function reconnect(browser, site) {
	clean();
	const { context, page } = await visit(browser, site);
	let tries = 0;
	await standStill(page);
	await page.route('**/events*', (route) => (++tries < 3 ? route.fulfill({ status: 503, body: '' }) : route.continue()));
	await page.goto(`${site.base}/dashboard`);
	for (const [n, seconds] of [[1, [1]], [2, [1, 2]]]) {
		await becomes(() => wants(page), seconds.map((s) => s * 1000), `again: wanted after ${seconds.at(-1)} s`);
		await page.clock.runFor(seconds.at(-1) * 1000 - 1);
		is(tries, n, 'again: not before');
		await page.clock.runFor(1);
		await becomes(() => tries, n + 1, 'again: but then');
	}
	await page.clock.resume();
	tell(1);
	await until('again: and then it stands', async () => await badge(page) === '1');
	await context.close();

	const out = await visit(browser, site);
	let asked = 0;
	await standStill(out.page);
	await out.page.route('**/events*', (route) => { asked++; return route.fulfill({ status: 401, body: '' }); });
	await out.page.route('**/GetUnreadCount', (route) => route.fulfill({ status: 401, contentType: 'application/json', body: '{"code":"unauthenticated"}' }));
	const told = out.page.waitForResponse('**/GetUnreadCount');
	await out.page.goto(`${site.base}/dashboard`);
	await (await told).finished();
	await out.page.clock.runFor(10000);
	is([asked, await wants(out.page)], [1, []], 'again: not for somebody who is signed out');
	await out.context.close();
}

async function failures(browser, site) {
	clean();
	tell(1);
	const { context, page } = await visit(browser, site);
	await page.goto(`${site.base}/dashboard`);
	await page.locator('button[data-bell]').click();
	await panel(page).locator('.notice').waitFor();
	await page.route('**/MarkAsRead', (route) => route.fulfill({ status: 503, contentType: 'application/json', body: '{"code":"unavailable"}' }));
	await panel(page).getByRole('button', { name: /^(?!Delete).*Notice 1/ }).click();
	await until('faults: what failed is unread again, and said', async () => await badge(page) === '1'
		&& await page.locator('.notice-unread').count() === 1);
	await page.unroute('**/MarkAsRead');
	await page.keyboard.press('Escape');
	await page.route('**/notifications', (route) => route.fulfill({ status: 503, body: '' }));
	await page.reload();
	await page.locator('button[data-bell]').click();
	await panel(page).getByRole('alert').waitFor();
	ok(true, 'faults: a list that does not come is said');
	await context.close();
}

async function pictures(browser, site) {
	clean();
	for (const [i, type] of KINDS.entries())
		tell(i + 1, { type, age: `${i * i * 7} h`, priority: type.endsWith('failed') ? 'high' : 'normal',
			title: ['Marta assigned you a task', 'A task is due tomorrow', 'Fire safety: 14 passages read', 'The scan could not be read',
				'The outline of “Safety at work” is ready', 'Course finished', 'Generation stopped', 'Ready for your review',
				'Approved', 'Changes requested'][i],
			text: 'Collect what new colleagues must know about evacuation routes, alarms and first aid.' });
	sql(`UPDATE notifications SET read = true, read_at = now() WHERE id IN ('${idOf(3)}', '${idOf(6)}', '${idOf(9)}')`);
	for (const colorScheme of ['light', 'dark']) {
		const { context, page } = await visit(browser, site, { colorScheme, reducedMotion: 'reduce' });
		await page.goto(`${site.base}/notifications`);
		await picture(page, 'notifications', colorScheme);
		await page.goto(`${site.base}/dashboard`);
		await page.locator('button[data-bell]').click();
		await panel(page).locator('.notice').first().waitFor();
		await picture(page, 'bell', colorScheme);
		await page.setViewportSize({ width: 390, height: 844 });
		await becomes(async () => (({ x, width }) => [x, width])(await panel(page).boundingBox()), [0, 390], 'phones: a sheet of full width');
		for (const button of await panel(page).locator('button:visible, a:visible').all()) {
			const b = await button.boundingBox();
			if (b.height < 43.9) ok(false, `phones: ${await button.innerText()} is ${b.height} high`);
		}
		await context.close();
	}
	clean();
	const { context, page } = await visit(browser, site, { reducedMotion: 'reduce' });
	await page.goto(`${site.base}/notifications`);
	await axe(page, 'none');
	await context.close();
}

await main(async () => {
	const site = await startSite();
	const browser = await launch();
	try {
		await scriptless(browser, site);
		await strangers(browser, site);
		await live(browser, site);
		await between(browser, site);
		await keyboard(browser, site);
		await reconnect(browser, site);
		await failures(browser, site);
		await pictures(browser, site);
	} finally {
		await browser.close();
		if (process.env.SITE_LOGS) console.log(site.log('web').replace(/^/gm, '# '));
		site.stop();
	}
});
