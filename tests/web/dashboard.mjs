// What is done to courses from their cards, on the dashboard and in the
// library: publishing, taking back and deleting, by plain forms and with
// script; who may not is not offered it, and refused; lists go on in pages.
import { call, is, main, ok, startSite, tokenOf } from './kit/site.mjs';
import { axe, launch, open } from './kit/account.mjs';
import { content } from './kit/course.mjs';
import { sql } from './kit/builder.mjs';

const make = async (site, title, what = {}, who = 'owner@acme') =>
	(await call(site, who, 'CourseService/CreateCourse', { settings: { title }, ...what })).course.id;
const statusOf = (id) => sql(`SELECT status FROM courses WHERE id = '${id}'`);
const card = (page, title) => page.locator('.course').filter({ has: page.getByRole('heading', { name: title, exact: true }) });
const titles = (page) => page.locator('.course h3').allInnerTexts();
const said = (page, text) => page.getByText(text, { exact: true }).first().waitFor();
const where = (page) => page.url().replace(/^\w+:\/\/[^/]+/, '');

async function visit(browser, site, who, options = {}) {
	const opened = await open(browser, { reducedMotion: 'reduce', ...options });
	await opened.context.addCookies([{ name: 'ory_session_token', value: tokenOf(who), url: site.base }]);
	return opened;
}

async function publish(page, site, how, list) {
	const id = await make(site, 'Cranes', { content });
	await page.goto(`${site.base}${list}`);
	await card(page, 'Cranes').getByRole('button', { name: 'Publish Cranes' }).click();
	await said(page, 'The course is published: everybody who sees it may take it.');
	is([statusOf(id), where(page).split('?')[0]], ['published', list.split('?')[0]], `${how}: published, and back in the list`);
	ok(await card(page, 'Cranes').getByText('Published', { exact: true }).isVisible(), `${how}: its card says so`);
	await card(page, 'Cranes').getByRole('button', { name: 'Unpublish Cranes' }).click();
	await said(page, 'The course is no longer published; it is a draft again.');
	is(statusOf(id), 'draft', `${how}: and taken back`);
	return id;
}

async function remove(page, id, how) {
	const gone = card(page, 'Cranes').getByRole('link', { name: 'Delete Cranes' });
	await gone.click();
	await page.getByRole('heading', { name: 'Delete “Cranes”?' }).waitFor();
	await page.getByRole('link', { name: 'Cancel' }).click();
	await gone.waitFor();
	is(statusOf(id), 'draft', `${how}: nothing is deleted that was only asked about`);
	await gone.click();
	await page.getByRole('button', { name: 'Delete Course' }).click();
	await said(page, 'The course is deleted.');
	is([statusOf(id), await card(page, 'Cranes').count()], ['', 0], `${how}: deleted`);
}

async function deeds(browser, site, script) {
	const how = script ? 'with script' : 'without script';
	const { context, page, complaints } = await visit(browser, site, 'owner@acme', { javaScriptEnabled: script });
	await page.goto(`${site.base}/dashboard`);
	ok(await page.getByRole('link', { name: 'Create your first course' }).isVisible(), `${how}: no course yet: the way to the first one`);
	await page.goto(`${site.base}/dashboard?status=published`);
	ok(await page.getByText('Nothing published yet').isVisible(), `${how}: each filter says what it found nothing of`);
	const id = await publish(page, site, how, '/dashboard?status=');
	await page.goto(`${site.base}/dashboard`);
	await remove(page, id, how);
	const second = await publish(page, site, `${how}, library`, '/content-library?q=cranes');
	ok(where(page).includes('q=cranes'), `${how}: a search is still there afterwards`);
	await remove(page, second, `${how}, library`);
	const empty = await make(site, 'Nothing in it');
	await page.goto(`${site.base}/dashboard`);
	await card(page, 'Nothing in it').getByRole('button', { name: /^Publish/ }).click();
	await said(page, 'A course is published when it has lessons: make them here first.');
	is([where(page), statusOf(empty)], [`/course-builder?id=${empty}`, 'draft'], `${how}: one without lessons leads to where they are made`);
	await call(site, 'owner@acme', 'CourseService/DeleteCourse', { id: empty });
	is(complaints, [], `${how}: nothing on the console`);
	await context.close();
}

// An author's own course, somebody else's, and who only reads.
async function rights(browser, site) {
	const own = await make(site, 'Mine', { content }, 'instructor@acme');
	const theirs = await make(site, 'Theirs', { content });
	const { context, page } = await visit(browser, site, 'instructor@acme', { javaScriptEnabled: false });
	await page.goto(`${site.base}/dashboard`);
	const offered = async (title) => [await card(page, title).getByRole('button').count(), await card(page, title).getByRole('link', { name: /^Delete/ }).count()];
	is([await offered('Mine'), await offered('Theirs')], [[1, 1], [1, 0]], 'an instructor publishes all, and deletes what is theirs');
	const csrf = await page.locator('.course input[name=csrf]').first().inputValue();
	const post = (to, form) => page.request.post(`${site.base}${to}`, { form, maxRedirects: 0 });
	is([(await post(`/course/${theirs}/delete`, { csrf })).status(), statusOf(theirs)], [403, 'draft'], 'and is refused the rest');
	is([(await post(`/course/${own}/publish`, {})).status(), statusOf(own)], [403, 'draft'], 'no form without its token');
	for (const from of ['https://evil.example/', '//evil.example/dashboard', '/dashboardx', '/dashboard\\evil'])
		is((await post(`/course/${own}/unpublish?from=${encodeURIComponent(from)}`, { csrf })).headers().location, '/dashboard', `${from} is no list`);
	await context.close();
	const reader = await visit(browser, site, 'sme@acme', { javaScriptEnabled: false });
	await reader.page.goto(`${site.base}/dashboard`);
	is([(await titles(reader.page)).length, await reader.page.locator('.course-deeds').count()], [2, 0], 'who only reads is offered nothing');
	await reader.context.close();
	const other = await visit(browser, site, 'owner@other', { javaScriptEnabled: false });
	await other.page.goto(`${site.base}/dashboard`);
	const token = await other.page.locator('input[name=csrf]').first().inputValue();
	for (const deed of ['publish', 'delete'])
		await other.page.request.post(`${site.base}/course/${own}/${deed}`, { form: { csrf: token }, maxRedirects: 0 });
	is([(await other.page.goto(`${site.base}/course/${own}/delete`)).status(), statusOf(own)], [404, 'draft'], 'for another company it is not there');
	await other.context.close();
}

async function pages(browser, site) {
	for (let n = 0; n < 20; n++) await make(site, `Course ${n}`);
	const { context, page } = await visit(browser, site, 'owner@acme');
	await page.goto(`${site.base}/dashboard?status=draft`);
	is((await titles(page)).length, 20, 'twenty at once');
	await axe(page, 'cards');
	await page.getByRole('link', { name: 'Next' }).click();
	await page.waitForURL('**/dashboard?status=draft&page=2');
	is(await titles(page), ['Mine', 'Theirs'], 'and the rest on the next page, within the filter');
	is((await page.goto(`${site.base}/dashboard?page=0`)).status(), 404, 'a page that cannot be');
	await context.close();
}

await main(async () => {
	const site = await startSite();
	const browser = await launch();
	try {
		await deeds(browser, site, false);
		await deeds(browser, site, true);
		await rights(browser, site);
		await pages(browser, site);
	} finally {
		await browser.close();
		site.stop();
	}
});
