// From an expert to a course, as two people do it: an administrator asks, an
// expert hands a PDF in, which is reviewed and becomes knowledge; an outline is
// changed and approved; its lessons arrive one by one from a slow model, one of
// them at the second try; a part is rewritten, another one changed by hand, and
// both are in the finished course and its package. Script is on; the same by
// plain forms is in experts.mjs, smes_content.mjs and builder.mjs.
import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { data } from '../ai/kit/answers.mjs';
import { acts } from '../ai/kit/model.mjs';
import { OpenAI } from '../ai/kit/openai.mjs';
import { axe, launch, open } from './kit/account.mjs';
import { startProgram } from './kit/builder.mjs';
import { becomes, through } from './kit/wait.mjs';
import { call, is, main, ok, startSite, tokenOf } from './kit/site.mjs';

const PDF = path.join(process.env.SRCDIR, 'tests/ai/files/crane.pdf');
const PROGRAMS = ['export', 'generate', 'ingest'];
const idOf = (page) => new URL(page.url()).searchParams.get('id');
const stateOf = (page) => page.getByRole('status').filter({ hasText: /\w/ }).first();
const saved = (page) => page.locator('[data-saved][data-state=done]').waitFor();
const send = (page, name) => through(page.locator('form[method=post]').getByRole('button', { name, exact: true }).last());
const goOn = (page) => through(page.locator('form#builder').getByRole('button', { name: 'Continue', exact: true }).last());

async function visit(browser, site, who) {
	const opened = await open(browser, { reducedMotion: 'reduce', acceptDownloads: true });
	await opened.context.addCookies([{ name: 'ory_session_token', value: tokenOf(who), url: site.base }]);
	return opened;
}

// The next notice, as the bell tells it without a reload: it leads there.
async function told(page, title) {
	await page.locator('.bell-count:not(:empty)').waitFor();
	await page.locator('[data-bell]').click();
	await page.getByRole('dialog', { name: 'Notifications' }).locator('.notice').filter({ hasText: title }).first().locator('.notice-body').click();
}

// --- a model that writes a lesson when it is told to ------------------------------

class SlowModel extends OpenAI {
	constructor() {
		super();
		this.allowed = 0; // lessons that may be written
		this.waiting = [];
		this.refuses = false; // the next one
		this.refusedTitle = null;
	}

	begin() {
		this.script(...Array(500).fill((m, q, res) => m.write(q, res)));
	}

	allow(n) {
		this.allowed += n;
		while (this.allowed > 0 && this.waiting.length > 0) {
			this.allowed--;
			this.waiting.shift()();
		}
	}

	async write(q, res) {
		if ('components' in (q.schema?.properties ?? {})) {
			await new Promise((resolve) => { this.waiting.push(resolve); this.allow(0); });
			if (this.refuses) {
				this.refuses = false;
				this.refusedTitle = data(q.user, 'lesson_title');
				return acts.unsafe(this, q, res);
			}
		}
		return acts.good(this, q, res);
	}
}

// --- experts -----------------------------------------------------------------------

async function ask(admin, site) {
	await admin.goto(`${site.base}/smes`);
	is([await admin.getByText('No experts yet').count(), await admin.getByRole('search').count()], [1, 0], 'nobody there yet: nothing to search in');
	await admin.getByRole('link', { name: 'Create SME', exact: true }).first().click();
	await admin.getByLabel('Name', { exact: true }).fill('Harbour cranes');
	await admin.getByLabel('Domain', { exact: true }).fill('Ports');
	await send(admin, 'Create SME');
	await admin.getByRole('link', { name: 'Assign Task', exact: true }).click();
	await admin.getByLabel('Title', { exact: true }).fill('How a crane is driven');
	await admin.locator('.pick').filter({ hasText: 'sme@acme.example' }).click();
	await admin.getByLabel('Expected content').selectOption('Document');
	await send(admin, 'Assign Task');
	await admin.locator('.task-asked').getByText('Pending').waitFor();
}

// What the page says while a file goes is kept over its end.
const listen = (page) => page.evaluate(() => {
	const said = document.querySelector('[data-sent]');
	new MutationObserver(() => sessionStorage.setItem('said', `${sessionStorage.getItem('said') ?? ''}${said.textContent};`))
		.observe(said, { childList: true, characterData: true, subtree: true });
});

async function answer(expert, site) {
	await told(expert, 'How a crane is driven');
	await expert.getByRole('link', { name: 'Submit Content' }).click();
	await expert.getByLabel('File', { exact: true }).setInputFiles(PDF);
	await listen(expert);
	await expert.getByRole('button', { name: 'Upload File' }).click();
	await expert.getByText('Awaiting Review').first().waitFor();
	const said = await expert.evaluate(() => sessionStorage.getItem('said'));
	ok(/^0 % sent;.*Sent\. Handing it in …;$/.test(said), `the expert is told at once, and uploads a PDF: ${said}`);
	is(new URL(expert.url()).origin, new URL(site.base).origin, 'and is back at the task');
}

async function review(admin) {
	await told(admin, 'How a crane is driven');
	await admin.getByRole('link', { name: 'Review Submission' }).click();
	const text = admin.getByLabel('Approved text', { exact: true });
	await admin.getByRole('heading', { name: 'In short' }).waitFor();
	const read = await text.inputValue();
	await admin.getByRole('button', { name: 'Improve' }).click();
	await admin.getByRole('button', { name: 'Undo' }).waitFor();
	const better = await text.inputValue();
	ok(better.startsWith('Better: ') && better.includes('rail clamp'), 'the admin sees what was read in it, and has it improved');
	await admin.getByRole('button', { name: 'Undo' }).click();
	await admin.getByRole('button', { name: 'Undo' }).waitFor({ state: 'detached' });
	is((await text.inputValue()).trim(), read.trim(), 'which can be undone');
	await text.fill(`${read}\n\nNobody stands below a load.`);
	await admin.getByRole('button', { name: 'Approve Content' }).click();
	await stateOf(admin).filter({ hasText: 'approved' }).waitFor();
}

async function audience(admin, site) {
	await admin.goto(`${site.base}/target-audiences`);
	await admin.getByRole('link', { name: 'Create Audience', exact: true }).first().click();
	await admin.getByLabel('Name', { exact: true }).fill('Crane drivers');
	await admin.getByLabel('Role', { exact: true }).fill('Driver');
	await admin.getByRole('button', { name: 'Next' }).click();
	await admin.getByLabel('goal 1', { exact: true }).fill('Drive safely');
	await admin.getByRole('button', { name: 'Next' }).click();
	await send(admin, 'Create Audience');
	await admin.locator('#profile').getByText('Drive safely').waitFor();
}

// --- the outline ---------------------------------------------------------------------

async function outline(admin, site) {
	await admin.goto(`${site.base}/course-builder`);
	await admin.getByLabel('Course title').fill('Cranes');
	await admin.getByLabel('Learning goal').fill('Drive a harbour crane without harming anybody.');
	await goOn(admin);
	await admin.getByText('Harbour cranes', { exact: true }).click();
	await goOn(admin);
	await admin.getByText('Crane drivers', { exact: true }).click();
	await goOn(admin);
	await admin.getByRole('button', { name: 'Generate Course' }).click();
	await admin.getByText('Pending Review').waitFor();
	ok(true, 'a course of that knowledge: its outline comes by itself');
	return idOf(admin);
}

const titlesOf = (o) => o.sections.flatMap((s) => s.lessons.map((l) => l.title));

async function change(admin, site, id) {
	await admin.getByRole('link', { name: 'Edit Outline' }).click();
	await admin.locator('.edit-handle').first().waitFor();
	await admin.getByLabel('Lesson title').first().fill('Before the shift');
	await saved(admin);
	await admin.locator('[data-lesson] .edit-handle').first().focus();
	await admin.keyboard.press('ArrowDown');
	const goals = admin.getByLabel('Learning objectives').nth(1);
	await goals.fill(`${(await goals.inputValue()).trim()}\nCheck the brakes`);
	await admin.locator('[data-saved]').filter({ hasNotText: /Saving|Not saved/ }).waitFor();
	await send(admin, 'Save Changes');
	await admin.getByText('Pending Review').waitFor();
	const { outline: o } = await call(site, 'owner@acme', 'AIGenerationService/GetCourseOutline', { courseId: id });
	is([titlesOf(o), o.sections[0].lessons[1].learningObjectives.at(-1)],
		[['Lesson 1.2', 'Before the shift', 'Lesson 2.1', 'Lesson 2.2', 'Lesson 3.1', 'Lesson 3.2'], 'Check the brakes'],
		'renamed, reordered by a key, one more objective: all of it is saved');
	return o;
}

// --- the lessons ----------------------------------------------------------------------

// No page is loaded from the approval to the last lesson but one.
async function arrive(admin, model, total) {
	const written = (n) => admin.locator('[data-message]').filter({ hasText: new RegExp(`^${n} of ${total} lessons`) }).waitFor();
	await through(admin.getByRole('button', { name: 'Approve & Generate Content' }));
	await through(admin.getByRole('link', { name: 'Watch Progress' }));
	await admin.locator('[data-job]').waitFor();
	await admin.evaluate(() => { globalThis.same = true; });
	for (const [n, more] of [[1, 1], [2, 1], [total - 1, total - 3]]) {
		model.allow(more);
		await written(n);
	}
	ok(true, 'the lessons are counted as they arrive');
	model.refuses = true;
	model.allow(1);
	await admin.getByText('The AI provider\'s safety rules blocked the content.').first().waitFor();
	ok(await admin.evaluate(() => globalThis.same), 'what became of them is shown without a reload, and why one is missing');
	await admin.getByRole('button', { name: `Retry ${model.refusedTitle}` }).first().click();
	model.allow(1);
	await admin.getByRole('heading', { name: 'Generated lessons' }).waitFor();
	await becomes(async () => [await admin.locator('.lessons-row').count(), await admin.locator('.lessons-missing').count()], [total, 0],
		'that one alone is written once more');
	await axe(admin, 'generated lessons');
}

const part = (page, kind, n = 0) => page.locator('.component').filter({ has: page.locator('.badge', { hasText: kind }) }).nth(n);

async function parts(admin) {
	await admin.getByRole('link', { name: 'Edit Before the shift' }).click();
	await part(admin, 'Text').getByRole('link', { name: /^Edit/ }).click();
	await admin.getByLabel('Simpler', { exact: true }).check({ force: true });
	await admin.getByRole('button', { name: 'Regenerate' }).click();
	await part(admin, 'Text').getByText('Changed.', { exact: true }).waitFor();
	ok(true, 'a part is rewritten, and shown when it is');
	await part(admin, 'Heading').getByRole('link', { name: /^Edit/ }).click();
	await admin.locator('#text').fill('Every morning');
	await admin.locator('.component-edit').getByRole('button', { name: 'Save', exact: true }).last().click();
	await part(admin, 'Heading').getByText('Every morning').waitFor();
	ok(true, 'another one is changed by hand');
	await admin.getByRole('link', { name: 'All lessons' }).click();
}

// --- the course -----------------------------------------------------------------------

async function finish(admin, id) {
	await admin.getByRole('button', { name: 'Finalize Course' }).click();
	await admin.getByRole('link', { name: 'Preview Course' }).click();
	await admin.waitForURL(`**/course/${id}/preview`);
	await admin.goto(`${admin.url()}?lesson=2`);
	const text = await admin.locator('main').innerText();
	is(['Before the shift', 'Every morning', 'Changed.'].filter((t) => !text.includes(t)), [], 'the preview has both changes');
}

async function pack(admin, site, id) {
	await admin.goto(`${site.base}/course/${id}/export`);
	await admin.getByRole('button', { name: 'Make the package' }).click();
	const link = admin.getByRole('link', { name: 'Download' });
	await link.waitFor();
	const [download] = await Promise.all([admin.waitForEvent('download'), link.click()]);
	const text = execFileSync('unzip', ['-p', await download.path()], { encoding: 'latin1', maxBuffer: 1 << 26 });
	is(['Every morning', 'Changed.', 'Before the shift'].filter((t) => !text.includes(t)), [], 'and so has its package');
}

async function journey(browser, site, model) {
	const { page: admin, complaints } = await visit(browser, site, 'owner@acme');
	const { page: expert, complaints: theirs } = await visit(browser, site, 'sme@acme');
	await expert.goto(`${site.base}/dashboard`);
	await ask(admin, site);
	await answer(expert, site);
	await review(admin);
	await told(expert, 'How a crane is driven');
	ok(true, 'the expert is told that it is approved');
	await audience(admin, site);
	const id = await outline(admin, site);
	const o = await change(admin, site, id);
	await arrive(admin, model, titlesOf(o).length);
	await parts(admin);
	await finish(admin, id);
	await pack(admin, site, id);
	is([...complaints, ...theirs], [], 'the browser complains of nothing');
}

await main(async () => {
	const model = new SlowModel();
	await model.listen();
	model.begin();
	const site = await startSite(['ai.provider openai', `ai.openai.url ${model.url}`, `ai.openai.key ${model.key}`,
		`ai.openai.model ${model.model}`, 'ai.rate 6000']);
	const programs = PROGRAMS.map((name) => startProgram(site, name));
	const browser = await launch();
	try {
		await journey(browser, site, model);
		is(model.refused, [], 'the model is asked as it wants to be');
	} finally {
		await browser.close();
		await Promise.all(programs.map((p) => p.stop()));
		await model.close();
		site.stop();
	}
});
