// Content of experts in a real browser, with script and without: a text is kept
// while it is typed and handed in, sent back with feedback and answered with a
// real PDF, whose text is reviewed, improved, taken back and approved; then its
// knowledge is searched, corrected and deleted. What may not be is refused
// beside its field; three widths, light and dark, held against axe-core.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { call, is, main, ok, startSite } from './kit/site.mjs';
import { launch, open, picture, signIn } from './kit/account.mjs';

const { BUILD, SRCDIR } = process.env;
const PDF = path.join(SRCDIR, 'tests/ai/files/crane.pdf');
const note = (page) => page.getByRole('status').filter({ hasText: /\w/ }).first();

async function ingest(site) {
	const job = spawn(path.join(BUILD, 'bin/mirai-ingest'), ['-1', '-f', site.conf], { stdio: ['ignore', 'inherit', 'inherit'] });
	await once(job, 'exit');
}

async function newTask(site, title, type) {
	const { user } = await call(site, 'sme@acme', 'UserService/GetMe');
	const { sme } = await call(site, 'owner@acme', 'SMEService/CreateSME', { name: `Port of ${title}`, domain: 'Ports' });
	const { task } = await call(site, 'owner@acme', 'SMEService/CreateTask',
		{ smeId: sme.id, title, description: 'How is it checked?', expectedContentType: type, assignedToUserId: user.id });
	return { sme: sme.id, task: task.id, page: `${site.base}/smes?sme=${sme.id}&task=${task.id}`, below: `${site.base}/smes/${sme.id}/tasks/${task.id}` };
}

// --- the expert --------------------------------------------------------------------

async function text(page, t, script) {
	await page.goto(t.page);
	await page.getByRole('link', { name: 'Submit Content' }).click();
	await page.getByRole('heading', { level: 1, name: 'Crane' }).waitFor();
	await page.getByLabel('Text', { exact: true }).fill('The crane is checked.');
	if (script) {
		ok((await page.locator('#text-count').innerText()).startsWith('4 words, 21 characters'), 'words and characters are counted');
		await page.reload();
		is(await page.getByLabel('Text', { exact: true }).inputValue(), 'The crane is checked.', 'what was typed survives a reload');
		await page.getByRole('button', { name: 'Discard it' }).click();
		is(await page.getByLabel('Text', { exact: true }).inputValue(), '', 'and can be thrown away');
		await page.getByLabel('Text', { exact: true }).fill('The crane is checked.');
	}
	await page.getByRole('button', { name: 'Submit Text' }).click();
	await page.waitForURL(t.page);
	is(await note(page).innerText(), 'The content is handed in; the reviewer has been told.', 'a text is handed in');
	ok(await page.getByText('Awaiting Review').first().isVisible(), 'and waits for its review');
	if (script)
		is(await page.evaluate(() => Object.keys(localStorage).filter((k) => k.startsWith('mirai:draft:'))), [], 'its draft is gone');
}

async function address(page, t) {
	await page.goto(`${t.below}/submit`);
	await page.getByLabel('Address', { exact: true }).fill('ftp://port.example/');
	await page.getByRole('button', { name: 'Submit Address' }).click();
	await page.locator('#url-error:not(:empty)').waitFor();
	ok((await page.locator('#url-error').innerText()).includes('http'), 'an address of another kind is refused beside its field');
	is(await page.getByLabel('Address', { exact: true }).inputValue(), 'ftp://port.example/', 'and stays as typed');
}

async function file(page, t, script) {
	await page.goto(t.page);
	await page.getByRole('link', { name: 'Resubmit Content' }).click();
	await page.getByText('Which brakes?').waitFor();
	await page.getByLabel('File', { exact: true }).setInputFiles({ name: 'a.exe', mimeType: 'application/octet-stream', buffer: Buffer.from('MZ') });
	await page.getByRole('button', { name: 'Upload File' }).click();
	await page.locator('#file-error:not(:empty)').waitFor();
	ok(true, `a file of another kind: ${await page.locator('#file-error').innerText()}`);
	await page.getByLabel('File', { exact: true }).setInputFiles(PDF);
	await page.getByRole('button', { name: 'Upload File' }).click();
	await page.waitForURL(t.page);
	ok(await page.getByText('Awaiting Review').first().isVisible(), `a PDF is handed in${script ? ', straight to storage' : ' by the page'}`);
}

// --- the reviewer -------------------------------------------------------------------

async function sendBack(page, t) {
	await page.goto(t.page);
	await page.getByRole('link', { name: 'Review Submission' }).click();
	is(await page.getByLabel('Approved text', { exact: true }).inputValue(), 'The crane is checked.', 'the text that was handed in, to edit');
	await page.getByLabel('Feedback', { exact: true }).fill('Which brakes?');
	await page.getByRole('button', { name: 'Send Feedback' }).click();
	await page.waitForURL(t.page);
	is(await note(page).innerText(), 'The feedback is sent; the person has been told.', 'changes are asked for');
}

async function approve(page, t, script) {
	await page.goto(`${t.below}/review`);
	const area = page.getByLabel('Approved text', { exact: true });
	const before = await area.inputValue();
	ok(before.includes('checks the brakes'), 'the text of the PDF');
	ok(await page.getByRole('heading', { name: 'In short' }).isVisible(), 'and its summary');
	await page.getByRole('button', { name: 'Summarize' }).click();
	await page.getByRole('button', { name: 'Undo' }).waitFor();
	ok((await area.inputValue()) !== before, 'a proposal takes its place');
	await page.getByRole('button', { name: 'Undo' }).click();
	await page.getByRole('button', { name: 'Undo' }).waitFor({ state: 'detached' });
	is((await area.inputValue()).trim(), before.trim(), 'and is taken back');
	await area.fill('');
	if (script) {
		is(await page.getByRole('button', { name: 'Approve Content' }).getAttribute('aria-disabled'), 'true', 'the button waits for a text');
		await page.getByRole('button', { name: 'Approve Content' }).click({ force: true });
	} else {
		await page.getByRole('button', { name: 'Approve Content' }).click();
		await page.locator('#text-error:not(:empty)').waitFor();
	}
	is(new URL(page.url()).pathname, new URL(`${t.below}/review`).pathname, 'nothing is approved without a text');
	await area.fill('# Crane\n\nThe driver checks the brakes before every shift.');
	await page.getByRole('button', { name: 'Approve Content' }).click();
	await page.waitForURL(t.page);
	is(await note(page).innerText(), 'The content is approved: it is knowledge of this expert now.', 'approved');
	ok(await page.locator('.chunk').getByText('The driver checks the brakes').isVisible(), 'and knowledge');
}

async function download(page, t) {
	const [got] = await Promise.all([page.waitForEvent('download'), page.goto(`${t.below}/download`).catch(() => {})]);
	is(got.suggestedFilename(), 'crane.pdf', 'the file itself, as a download');
}

// --- knowledge ----------------------------------------------------------------------

async function knowledge(page, t) {
	await page.getByLabel('Search this knowledge').fill('"before every shift"');
	await page.getByRole('button', { name: 'Search', exact: true }).click();
	await page.getByText('1 piece found').waitFor();
	await page.getByLabel('Search this knowledge').fill('submarine');
	await page.getByRole('button', { name: 'Search', exact: true }).click();
	await page.getByText('Nothing found').waitFor();
	await page.goto(t.page);
	await page.getByRole('link', { name: 'Edit Crane' }).click();
	await page.getByLabel('Topic', { exact: true }).fill('Brakes');
	await page.getByLabel('Content', { exact: true }).fill(' ');
	await page.getByRole('button', { name: 'Save', exact: true }).click();
	await page.locator('#content-error:not(:empty)').waitFor();
	is(await page.getByLabel('Topic', { exact: true }).inputValue(), 'Brakes', 'a piece without content: the form again, as typed');
	await page.getByLabel('Content', { exact: true }).fill(`Brakes hold. ${'They are checked by the driver. '.repeat(10)}`);
	await page.getByLabel('Keywords').fill('brake, , crane');
	await page.getByRole('button', { name: 'Save', exact: true }).click();
	await page.locator('.chunk h3', { hasText: 'Brakes' }).waitFor();
	is(await page.locator('.chunk-words').innerText(), 'brake, crane', 'a piece is corrected');
	await page.getByText('Show all').click();
	ok((await page.locator('.chunk-more > p').innerText()).length > 300, 'a long one opens');
}

async function remove(page, t) {
	await page.goto(t.page);
	await page.getByRole('link', { name: 'Delete Brakes' }).click();
	await page.getByRole('button', { name: 'Delete', exact: true }).click();
	await page.getByText('No knowledge yet').waitFor();
	is(await note(page).innerText(), 'The piece of knowledge is deleted.', 'and deleted');
}

// --- all of it ------------------------------------------------------------------------

async function looks(page, name, address) {
	await page.goto(address);
	for (const colorScheme of ['light', 'dark']) {
		await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
		await picture(page, name, colorScheme);
	}
	await page.setViewportSize({ width: 1280, height: 900 });
}

async function journey(site, browser, script) {
	const t = await newTask(site, 'Crane', 'CONTENT_TYPE_TEXT');
	const options = { javaScriptEnabled: script, bypassCSP: false };
	const { page: expert, complaints } = await open(browser, options);
	await signIn(expert, site, 'sme');
	const { page: owner } = await open(browser, options);
	await signIn(owner, site, 'owner');
	if (script) await looks(expert, 'smes-submit', `${t.below}/submit`);
	await address(expert, t);
	await text(expert, t, script);
	await sendBack(owner, t);
	await file(expert, t, script);
	await ingest(site);
	if (script) {
		await looks(owner, 'smes-review', `${t.below}/review`);
		await download(owner, t);
	}
	await approve(owner, t, script);
	await knowledge(owner, t);
	if (script) await looks(owner, 'smes-knowledge', t.page);
	await remove(owner, t);
	is(complaints.filter((c) => !c.includes('status of 400')), [], 'the browser complains of nothing');
	for (const page of [expert, owner]) await page.context().close();
}

await main(async () => {
	const site = await startSite();
	const browser = await launch();
	try {
		await journey(site, browser, true);
		await journey(site, browser, false);
	} finally {
		await browser.close();
		site.stop();
	}
});
