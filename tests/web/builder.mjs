// The course builder: from a title to a finalized course, without script by
// plain requests and with it; what is typed is kept, what fails says why, and
// nothing is started twice.
import { call, is, main, ok, startSite } from './kit/site.mjs';
import { WIDTHS, axe, launch, open, signIn } from './kit/account.mjs';
import { shot } from './kit/browser.mjs';
import { OpenAI } from '../ai/kit/openai.mjs';
import { seed, sql, startWriter } from './kit/builder.mjs';
import { becomes, through } from './kit/wait.mjs';

const idOf = (page) => new URL(page.url()).searchParams.get('id');
const stepOf = (page) => Number(new URL(page.url()).searchParams.get('step'));
const note = (page, text) => page.getByText(text, { exact: true }).first().waitFor();
const go = (page, name) => through(page.locator('form#builder').getByRole('button', { name, exact: true }).last());
const job = (site, id) => call(site, 'owner@acme', 'AIGenerationService/ListJobs', { courseId: id }).then((a) => a.jobs ?? []);
const outlineOf = (site, id) => call(site, 'owner@acme', 'AIGenerationService/GetCourseOutline', { courseId: id }).then((a) => a.outline);

// The page as it is reloaded until something is on it.
async function reloadUntil(page, locator) {
	for (const end = Date.now() + 120000; Date.now() < end;) {
		if (await locator.count() > 0) return;
		await new Promise((done) => setTimeout(done, 100));
		await page.goto(page.url().split('#')[0]);
	}
	throw new Error(`${locator} did not come`);
}

// --- without script -------------------------------------------------------------

async function begin(page, site) {
	await page.goto(`${site.base}/dashboard`);
	await page.locator('main').getByRole('link', { name: 'Create Course' }).click();
	await page.getByLabel('Course title').fill('Working safely');
	await page.getByLabel('Learning goal').fill('short');
	await page.getByLabel('Additional context').fill('Short sentences, please.');
	await go(page, 'Continue');
	ok((await page.locator('#outcome-error').innerText()).includes('10 characters'), 'a goal that is too short is told beside the field');
	is([await page.getByLabel('Course title').inputValue(), await page.getByLabel('Additional context').inputValue()],
		['Working safely', 'Short sentences, please.'], 'and what was typed stays');
	is(sql('SELECT count(*) FROM courses'), '0', 'and there is no course yet');
	await page.getByLabel('Learning goal').fill('People work near machines without getting hurt.');
	await page.locator('details.picker').first().locator('summary').click();
	await page.getByLabel('Safety', { exact: true }).check({ force: true });
	await page.getByLabel('Find a tag').fill('Plant 7');
	await page.getByRole('button', { name: 'Add', exact: true }).click();
	ok(await page.getByLabel('Plant 7', { exact: true }).isChecked() && await page.getByLabel('Safety', { exact: true }).isChecked(),
		'a tag of one\'s own is there beside the chosen one');
	await page.locator('details.picker').nth(1).locator('summary').click();
	ok(await page.getByLabel('No folder', { exact: true }).isChecked(), 'no folder unless one is chosen');
	await page.getByLabel('Shared', { exact: true }).check();
	await page.getByLabel('New folder').fill('Plant');
	await page.getByRole('button', { name: 'Create', exact: true }).click();
	ok(await page.getByLabel('Plant', { exact: true }).isChecked(), 'a new folder is chosen');
	await go(page, 'Continue');
	is(stepOf(page), 2, 'on to the sources');
	const { course } = await call(site, 'owner@acme', 'CourseService/GetCourse', { id: idOf(page) });
	is([course.settings.title, course.settings.categoryTags, course.settings.dataSource, Boolean(course.settings.destinationFolder)],
		['Working safely', ['Plant 7', 'Safety'], 'ai-generated', true], 'the course is there with what was said');
}

async function choose(page) {
	await go(page, 'Continue');
	ok(await page.getByText('Choose at least one expert').isVisible(), 'no source: one is asked for');
	ok(await page.getByLabel(/Nobody Yet/).isDisabled(), 'who is not ready cannot be chosen');
	await page.getByLabel(/Grace Safety/).check();
	await go(page, 'Continue');
	is(stepOf(page), 3, 'on to the audiences');
	await page.getByLabel(/Newcomers/).check();
	await page.locator('.builder-steps').getByRole('button', { name: /Knowledge Sources/ }).click();
	ok(await page.getByLabel(/Grace Safety/).isChecked(), 'a step back by the way: the source is still chosen');
	await page.goto(page.url().replace('step=2', 'step=3'));
	ok(await page.getByLabel(/Newcomers/).isChecked(), 'and the audience, after a reload');
	await go(page, 'Continue');
	is(await page.locator('.sum li').allInnerTexts(), ['Working safely', 'People work near machines without getting hurt.',
		'Short sentences, please.', 'Grace Safety', 'Newcomers'], 'the review names all of it');
}

// A start that is refused leaves everything; two starts make one job.
async function startFails(page, site) {
	const id = idOf(page);
	sql("UPDATE subject_matter_experts SET status = 'archived' WHERE name = 'Grace Safety'");
	await page.getByRole('button', { name: 'Generate Course' }).click();
	await page.getByRole('alert').waitFor();
	is([page.url().includes(`/course-builder/${id}/start`), await page.locator('.sum li').count()], [true, 5],
		'a start that fails stays on the review with all choices');
	is(await page.getByRole('alert').innerText(), 'Choose at least one expert that is ready.', 'and says why');
	sql("UPDATE subject_matter_experts SET status = 'active' WHERE name = 'Grace Safety'");
	const csrf = await page.locator('input[name=csrf]').first().inputValue();
	const twice = await Promise.all([1, 2].map(() => page.request.post(`${site.base}/course-builder/${id}/start`,
		{ form: { csrf }, maxRedirects: 0 })));
	is(twice.map((r) => [r.status(), r.headers().location]), Array(2).fill([303, `/course-builder?id=${id}`]), 'two starts at once lead to one page');
	is((await job(site, id)).length, 1, 'and one job');
	return id;
}

async function cancel(page, site, id) {
	await page.goto(`${site.base}/course-builder?id=${id}`);
	await page.locator('[data-job]').waitFor();
	ok(true, 'a reload shows the job');
	is(await page.locator('meta[http-equiv=refresh]').count(), 1, 'on a page that loads itself again');
	await page.goto(`${site.base}/notifications`);
	is((await page.locator('.notice-job').innerText()).split('\n').filter((t) => t !== '').slice(0, 3), ['Course Outline', 'Queued', 'Working safely'],
		'the notifications tell of it, too');
	await page.getByRole('link', { name: 'Cancel Course Outline' }).click();
	await page.getByRole('button', { name: 'Cancel Generation' }).click();
	await note(page, 'The generation is cancelled.');
	is([(await job(site, id))[0].status, await page.locator('.sum li').count()], ['GENERATION_JOB_STATUS_CANCELLED', 5],
		'cancelled: back on the review, with all choices');
	await page.getByRole('button', { name: 'Generate Course' }).click();
	await page.locator('[data-job]').waitFor();
	is(sql('SELECT count(*) FROM course_drafts'), '0', 'what it is made from is kept with the generation now');
}

async function failure(page, site, id) {
	sql(`UPDATE generation_jobs SET status = 'failed', error_message = 'the provider <did> not answer', completed_at = now() WHERE course_id = '${id}' AND status = 'queued'`);
	await page.goto(`${site.base}/course-builder?id=${id}`);
	ok(await page.getByText('the provider <did> not answer').isVisible(), 'a failed job: the reason, as text');
	is(await page.locator('.sum li').count(), 5, 'and all choices are as they were');
	await page.getByRole('button', { name: 'Retry' }).click();
	await page.locator('[data-job]').waitFor();
	is((await job(site, id)).length, 3, 'a retry is one more job');
}

async function reject(page, site, id) {
	await page.getByRole('link', { name: 'Reject' }).click();
	await page.getByRole('button', { name: 'Reject & Regenerate' }).click();
	await page.getByRole('alert').waitFor();
	ok((await page.locator('#reason-error').innerText()) !== '', 'a rejection wants a reason');
	await page.getByLabel('Reason').fill('Begin with emergencies.');
	await page.getByRole('button', { name: 'Reject & Regenerate' }).click();
	await reloadUntil(page, page.getByText('Version 2'));
	const first = await call(site, 'owner@acme', 'AIGenerationService/GetCourseOutline', { courseId: id, version: 1 });
	is([first.outline.approvalStatus, first.outline.rejectionReason], ['OUTLINE_APPROVAL_STATUS_REJECTED', 'Begin with emergencies.'],
		'the rejected version keeps the reason');
}

const titles = (page) => page.locator('.edit-lesson input[name=title]').evaluateAll((all) => all.map((e) => e.value));

async function edit(page, site, id) {
	await page.getByRole('link', { name: 'Edit Outline' }).click();
	const before = await titles(page);
	await page.getByLabel('Lesson title').first().fill('Renamed <first>');
	await page.getByRole('button', { name: /^Move lesson down/ }).first().click();
	is(await titles(page), [before[1], 'Renamed <first>', ...before.slice(2)], 'moved down, with what was typed');
	await page.getByRole('button', { name: 'Add Section' }).click();
	await page.getByRole('button', { name: /^Add Lesson to New Section/ }).click();
	is((await titles(page)).at(-1), 'New Lesson', 'a section and a lesson are added');
	is((await outlineOf(site, id)).sections.length, 1, 'nothing is stored before it is saved');
	await page.getByLabel('Section title').last().fill(' ');
	await page.getByRole('button', { name: 'Save Changes' }).last().click();
	await page.getByRole('alert').waitFor();
	ok(await page.getByText('Section 2 needs a title.').isVisible(), 'a title that is missing is named');
	await page.getByLabel('Section title').last().fill('Afterwards');
	await page.getByLabel('Learning objectives').last().fill('Know one\n\n Know two ');
	await page.getByRole('button', { name: 'Save Changes' }).last().click();
	await note(page, 'The outline is saved.');
	const { sections, revision } = await outlineOf(site, id);
	is([sections.map((s) => s.title).at(-1), sections[0].lessons[1].title, sections[1].lessons[0].learningObjectives, revision],
		['Afterwards', 'Renamed <first>', ['Know one', 'Know two'], 2], 'saved in the order of the form');
	await large(page, site, id);
	await conflict(page, site, id);
}

// As large as an outline may be, which is more than other forms hold; not larger.
async function large(page, site, id) {
	const csrf = await page.locator('input[name=csrf]').first().inputValue();
	const send = (sections) => page.request.post(`${site.base}/course-builder/${id}/outline`, { maxRedirects: 0,
		headers: { 'content-type': 'application/x-www-form-urlencoded' },
		data: `csrf=${csrf}&go=up:none${sections}` });
	const lesson = Array.from({ length: 30 }, (_, i) => `&lesson=new-${i}&title=L${i}&description=${'d'.repeat(40)}&minutes=5&objectives=a%0Ab`).join('');
	const section = `&section=new-99&title=S&description=${lesson}`;
	const most = await send(section.repeat(50));
	is([most.status(), (await most.text()).match(/data-lesson>/g).length], [200, 1500], 'the largest outline comes back whole');
	is([(await send(section.repeat(51))).status(), (await send(`${section}${lesson}`)).status()], [400, 400], 'a larger one is refused');
	is((await send(`&x=${'y'.repeat(5 << 20)}`)).status(), 413, 'so is a form that is no outline at all');
}

// Somebody else saves meanwhile: the text stays, theirs too.
async function conflict(page, site, id) {
	await page.getByRole('link', { name: 'Edit Outline' }).click();
	const theirs = await outlineOf(site, id);
	await call(site, 'instructor@acme', 'AIGenerationService/UpdateCourseOutline',
		{ courseId: id, outlineId: theirs.id, sections: theirs.sections, revision: theirs.revision });
	await page.getByLabel('Lesson title').first().fill('Mine');
	await page.getByRole('button', { name: 'Save Changes' }).last().click();
	await page.getByText('Somebody else has changed this outline').waitFor();
	is((await titles(page))[0], 'Mine', 'a conflict keeps what was typed');
	ok(!(await outlineOf(site, id)).sections[0].lessons.some((l) => l.title === 'Mine'), 'and writes nothing over the other change');
}

async function approve(page, site, id) {
	await page.goto(`${site.base}/course-builder?id=${id}`);
	await page.getByRole('button', { name: 'Approve & Generate Content' }).click();
	await page.getByRole('heading', { name: 'The lessons are on their way' }).waitFor();
	await page.getByRole('link', { name: 'Watch Progress' }).click();
	await reloadUntil(page, page.getByRole('heading', { name: 'Generated lessons' }));
}

async function lessons(page, site, id) {
	is(await page.locator('.lessons-row').count(), (await outlineOf(site, id)).sections.flatMap((s) => s.lessons).length, 'every lesson is listed');
	ok((await page.locator('.coverage label').innerText()).startsWith('Sources used: '), 'with how much of the sources they use');
	await page.locator('.lessons-row a').first().click();
	const parts = page.locator('.component');
	const text = parts.filter({ has: page.locator('.badge', { hasText: 'Text' }) }).nth(1);
	const partId = (await text.getAttribute('id')).slice(2);
	await text.getByRole('link', { name: /^Edit/ }).click();
	const lesson = new URL(page.url()).searchParams.get('lesson');
	const stored = async () => (await call(site, 'owner@acme', 'AIGenerationService/GetGeneratedLesson', { lessonId: lesson }))
		.lesson.components.find((c) => c.id === partId);
	await page.locator('textarea[name=html]').fill('<p>Changed by <b>hand</b>.</p><script>alert(1)</script>');
	await page.locator('.component-edit').getByRole('button', { name: 'Save', exact: true }).last().click();
	await note(page, 'The part is saved.');
	const after = await stored();
	is([JSON.parse(after.contentJson).html.includes('script'), JSON.parse(after.contentJson).plaintext, after.version],
		[false, 'Changed by hand.', 2], 'a text is saved, without its script');
	await page.goto(`${site.base}/course-builder?id=${id}&step=6&lesson=${lesson}&edit=${partId}`);
	await call(site, 'owner@acme', 'AIGenerationService/UpdateLessonComponent', { courseId: id, lessonId: lesson, componentId: partId,
		contentJson: JSON.stringify({ html: '<p>Theirs.</p>', plaintext: 'Theirs.' }), version: 2 });
	await page.locator('textarea[name=html]').fill('<p>Mine.</p>');
	await page.locator('.component-edit').getByRole('button', { name: 'Save', exact: true }).last().click();
	await page.getByText('Somebody else has changed this part').waitFor();
	is([await page.locator('textarea[name=html]').inputValue(), JSON.parse((await stored()).contentJson).plaintext],
		['<p>Mine.</p>', 'Theirs.'], 'a conflict keeps both texts');
	const url = `${site.base}/course-builder?id=${id}&step=6&lesson=${lesson}`;
	await quiz(page, url);
	await rewrite(page, url, partId);
}

async function quiz(page, url) {
	await page.goto(url);
	await page.locator('.component').filter({ has: page.locator('.component-quiz') }).first().getByRole('link', { name: /^Edit/ }).click();
	const n = await page.locator('.edit-option').count();
	await page.getByRole('button', { name: 'Add answer' }).click();
	await page.locator('input[name=option_text]').last().fill('A new answer');
	await page.locator('.edit-right').last().check();
	await page.getByRole('button', { name: `Delete answer ${n + 1}` }).click();
	is([await page.locator('.edit-option').count(), await page.locator('.edit-right').first().isChecked()], [n, true],
		'without the right answer the first one is right');
	await page.getByLabel('Explanation').fill('Because it says so.');
	await page.getByRole('button', { name: 'Save', exact: true }).last().click();
	await note(page, 'The part is saved.');
	ok(await page.getByText('Because it says so.').isVisible(), 'a question is saved');
}

async function rewrite(page, url, partId) {
	await page.goto(`${url}&edit=${partId}`);
	ok(await page.getByText('Rewriting needs an AI model').isVisible(), 'that a rewrite needs a model is said before');
	await page.getByRole('button', { name: 'Regenerate' }).click();
	ok(await page.getByText('Choose one of the wishes').isVisible(), 'a rewrite wants a wish');
	await page.getByLabel('Shorter', { exact: true }).check();
	await page.getByRole('button', { name: 'Regenerate' }).click();
	const part = page.locator(`[id="c-${partId}"]`);
	await reloadUntil(page, part.getByText('It was not rewritten: This needs a model; none is configured.'));
	ok(await part.getByText('Theirs.').isVisible(), 'without a model a part stays as it is, and the reason is told');
	is(await page.locator('meta[http-equiv=refresh]').count(), 0, 'and nothing is waited for any more');
}

async function finalize(page, site, id) {
	await page.goto(`${site.base}/course-builder?id=${id}&step=6`);
	await page.getByRole('button', { name: 'Finalize Course' }).click();
	await note(page, 'The course is ready: open its preview, or go on editing.');
	await page.getByRole('link', { name: 'Preview Course' }).click();
	await page.waitForURL(`**/course/${id}/preview`);
	await page.goto(`${site.base}/dashboard?edit=${id}`);
	is([new URL(page.url()).pathname, idOf(page)], ['/course-builder', id], 'the dashboard leads back to it');
	await page.goto(`${site.base}/dashboard`);
	is(await page.locator('.course .badge').innerText(), 'Generated', 'where its status is told');
}

// A lesson that failed alone can be had alone.
async function missing(page, site, id) {
	const { lessons: all } = await call(site, 'owner@acme', 'AIGenerationService/ListGeneratedLessons', { courseId: id });
	sql(`DELETE FROM generated_lessons WHERE id = '${all[0].id}';
		UPDATE generation_jobs SET status = 'failed', error_message = 'the model refused' WHERE outline_lesson_id = '${all[0].outlineLessonId}'`);
	await page.goto(`${site.base}/course-builder?id=${id}`);
	ok(await page.getByText('the model refused').isVisible(), 'a lesson that failed: the reason');
	await page.getByRole('button', { name: /^Retry/ }).first().click();
	await reloadUntil(page, page.getByRole('heading', { name: 'Generated lessons' }));
	is(await page.locator('.lessons-missing').count(), 0, 'and once more it is there');
}

async function plain(browser, site) {
	const { context, page, complaints } = await open(browser, { javaScriptEnabled: false, viewport: { width: 1100, height: 900 } });
	await signIn(page, site, 'owner');
	await begin(page, site);
	await choose(page);
	const id = await startFails(page, site);
	await cancel(page, site, id);
	await failure(page, site, id);
	const writer = startWriter(site);
	try {
		await page.goto(`${site.base}/course-builder?id=${id}`);
		await reloadUntil(page, page.getByText('Pending Review'));
		await reject(page, site, id);
		await edit(page, site, id);
		await approve(page, site, id);
		await lessons(page, site, id);
		await finalize(page, site, id);
		await missing(page, site, id);
	} finally {
		await writer.stop();
	}
	is(complaints.filter((t) => !/ 40[09] /.test(t)), [], 'nothing on the console');
	await context.close();
	return id;
}

// --- with script ------------------------------------------------------------------

const saved = (page) => page.locator('[data-saved][data-state=done]').waitFor();

async function pickers(page, site) {
	await page.goto(`${site.base}/course-builder`);
	await page.getByLabel('Course title').fill('Scripted');
	await page.getByLabel('Learning goal').fill('People know what to do in an emergency.');
	await page.reload();
	is(await page.getByLabel('Course title').inputValue(), 'Scripted', 'what was typed for a course to be is there after a reload');
	await page.locator('.picker summary').first().click();
	await page.locator('dialog:modal').waitFor();
	await page.getByLabel('Find a tag').fill('secur');
	is(await page.locator('dialog .tag-choice:visible').allInnerTexts(), ['Security'], 'tags narrow while one types');
	await page.getByLabel('Find a tag').fill('Own tag');
	await page.keyboard.press('Enter');
	await axe(page, 'tags');
	await page.keyboard.press('Escape');
	is(await page.locator('.picker-said').first().innerText(), 'Own tag', 'a tag of one\'s own is chosen');
	await becomes(() => page.locator('.picker summary').first().evaluate((e) => e === document.activeElement), true, 'and the focus is back');
	await page.locator('.picker summary').nth(1).click();
	await page.getByText('Shared', { exact: true }).click();
	await page.locator('dialog:modal').waitFor({ state: 'hidden' });
	is(await page.locator('.picker-said').nth(1).innerText(), 'Shared', 'a folder is chosen by one click');
	await go(page, 'Continue');
	is(stepOf(page), 2, 'on to the sources, with script');
	return idOf(page);
}

async function autosave(page, site, id) {
	await page.getByText('Grace Safety', { exact: true }).click();
	await saved(page);
	await page.goto(`${site.base}/course-builder?id=${id}`);
	is(stepOf(page), 0, 'nothing but the course is asked for');
	ok(await page.getByText('Whom it is for').isVisible(), 'what was ticked is kept at once: the course is a step further');
	await page.goto(`${site.base}/course-builder?id=${id}&step=1`);
	await page.locator('.picker summary').first().click();
	const { asked, letGo } = await holdSaving(page);
	await page.getByRole('button', { name: 'Clear All' }).click();
	await page.getByRole('button', { name: 'Done' }).click();
	await asked;
	await page.locator('.picker summary').nth(1).click();
	await page.getByText('No folder', { exact: true }).last().click();
	letGo();
	await saved(page);
	is((await page.evaluate(() => globalThis.said)).filter((t) => t === 'Saved').length, 1, 'nothing is said to be saved while more is on its way');
	const { course } = await call(site, 'owner@acme', 'CourseService/GetCourse', { id });
	is([course.settings.title, course.settings.categoryTags, course.settings.destinationFolder], ['Scripted', undefined, undefined], 'tags and folder are taken away, the title stays');
	await page.goto(`${site.base}/course-builder?id=${id}&step=3`);
	await page.getByText('Newcomers', { exact: true }).click();
	await saved(page);
	await inOrder(page);
	is(stepOf(page), 4, 'on to the review');
}

// The first thing that is saved is held back, and what is said is written down.
async function holdSaving(page) {
	let ask;
	let letGo;
	const asked = new Promise((resolve) => { ask = resolve; });
	const held = new Promise((resolve) => { letGo = resolve; });
	await page.route('**/course-builder', async (route) => {
		ask();
		await held;
		await route.fallback();
	}, { times: 1 });
	await page.evaluate(() => {
		globalThis.said = [];
		const saved = document.querySelector('[data-saved]');
		new MutationObserver(() => globalThis.said.push(saved.textContent)).observe(saved, { childList: true });
	});
	return { asked, letGo };
}

// What is saved by itself arrives before the form that is sent behind it.
async function inOrder(page) {
	const events = [];
	const { asked, letGo } = await holdSaving(page);
	await page.getByText('Shift leaders', { exact: true }).click();
	await asked;
	page.on('request', (r) => { if (r.method() === 'POST') events.push('sent'); });
	page.on('response', (r) => { if (r.status() === 204) events.push('saved'); });
	await through(page, async () => {
		await page.locator('form#builder').getByRole('button', { name: 'Continue', exact: true }).last().click();
		letGo();
	});
	is(events, ['saved', 'sent'], 'what is on its way is stored before the step is left');
	page.removeAllListeners('request');
	page.removeAllListeners('response');
}

// The page follows the job by itself, and turns into what came of it.
async function live(page, site, id) {
	await through(page.getByRole('button', { name: 'Generate Course' }));
	await page.locator('[data-job]').waitFor();
	is(await page.locator('[data-percent]').innerText(), '20', 'accepted: 20 percent');
	const asked = page.waitForRequest((r) => /\/events\?.*jobs=1/.test(r.url()));
	await page.reload();
	await asked;
	ok(true, 'the page asks the stream for jobs');
	const [{ id: running }] = await job(site, id);
	await page.evaluate((jobId) => document.dispatchEvent(new CustomEvent('mirai:job',
		{ detail: { jobId, status: 'processing', progressPercent: 40, progressMessage: 'Writing the outline' } })), running);
	is([await page.locator('[data-percent]').innerText(), await page.locator('[data-message]').innerText()],
		['42', 'Writing the outline'], 'what is told of the job is shown');
	const writer = startWriter(site);
	await page.getByText('Pending Review').waitFor();
	ok(true, 'the outline is there without a reload');
	return writer;
}

const minesOf = async (site, id) => (await outlineOf(site, id)).sections.map((s) => [s.title, ...(s.lessons ?? []).map((l) => l.title)]);

async function drag(page, from, to) {
	await from.scrollIntoViewIfNeeded();
	const a = await from.boundingBox();
	await page.mouse.move(a.x + a.width / 2, a.y + a.height / 2);
	await page.mouse.down();
	await page.mouse.move(a.x + a.width / 2 + 3, a.y + a.height / 2 + 3);
	const held = await page.locator('.is-dragged').count();
	const b = await to.boundingBox();
	await page.mouse.move(b.x + 60, b.y + 40, { steps: 6 });
	await page.mouse.move(b.x + 60, b.y + 8, { steps: 3 });
	await page.mouse.up();
	return held;
}

async function editor(page, site, id) {
	await through(page.getByRole('link', { name: 'Edit Outline' }));
	await page.locator('.edit-handle').first().waitFor();
	const all = await titles(page);
	await page.getByLabel('Lesson title').first().fill('Typed');
	await saved(page);
	is((await minesOf(site, id))[0][1], 'Typed', 'saved as it is typed');
	await page.getByRole('button', { name: 'Add Section' }).click();
	await page.keyboard.type('Last part');
	await page.getByRole('button', { name: 'Add Lesson to Last part' }).click();
	await page.keyboard.type('Closing');
	await page.locator('form[data-outline]:not(:has(input[value^="new-"])) [data-saved][data-state=done]').waitFor();
	is((await minesOf(site, id)).at(-1), ['Last part', 'Closing'], 'what is added is saved, once');
	await page.locator('[data-lesson] .edit-handle').first().focus();
	await page.keyboard.press('ArrowDown');
	is((await titles(page)).slice(0, 2), [all[1], 'Typed'], 'moved by keyboard');
	ok(await page.locator('[data-lesson] .edit-handle').nth(1).evaluate((e) => e === document.activeElement), 'and the focus goes along');
	is(await drag(page, page.locator('[data-lesson] .edit-handle').nth(1), page.locator('[data-lesson]').first()), 0, 'a drag begins after 8 pixels');
	is((await titles(page)).slice(0, 2), ['Typed', all[1]], 'moved by dragging');
	await page.getByRole('button', { name: 'Delete lesson: Closing' }).click();
	await page.locator('[data-undo] button').click();
	await saved(page);
	is((await minesOf(site, id)).map((s) => s.length), [all.length + 1, 2], 'a deletion is taken back');
	await axe(page, 'outline editor');
	await taken(page, site, id);
}

async function taken(page, site, id) {
	await becomes(async () => (await minesOf(site, id))[0][1], 'Typed', 'what was typed before is stored, too');
	const theirs = await outlineOf(site, id);
	await call(site, 'instructor@acme', 'AIGenerationService/UpdateCourseOutline',
		{ courseId: id, outlineId: theirs.id, sections: theirs.sections, revision: theirs.revision });
	await page.getByLabel('Lesson title').first().fill('Too late');
	await page.getByText('Somebody else has changed this outline').waitFor();
	is([(await titles(page))[0], (await minesOf(site, id)).flat().includes('Too late')], ['Too late', false], 'a conflict is told at once; both texts are there');
	await through(page.getByRole('link', { name: 'Open the outline again' }));
	await page.locator('.edit-handle').first().waitFor();
	await page.getByLabel('Lesson title').first().fill('Not wanted');
	await saved(page);
	await through(page.getByRole('link', { name: 'Cancel' }));
	await page.getByText('Pending Review').waitFor();
	is((await minesOf(site, id))[0][1], 'Typed', 'cancel brings back what was there before');
}

async function watch(page) {
	await through(page.getByRole('button', { name: 'Approve & Generate Content' }));
	await through(page.getByRole('link', { name: 'Watch Progress' }));
	await page.getByRole('heading', { name: 'Generated lessons' }).waitFor();
	ok(true, 'the lessons are there without a reload');
	await through(page.locator('.lessons-row a').first());
	await through(page.locator('.component').nth(1).getByRole('link', { name: /^Edit/ }));
	const first = await page.locator('#text').inputValue();
	await page.locator('#text').fill('Another heading');
	await page.getByLabel('Level').selectOption('3');
	await page.getByRole('button', { name: 'Undo' }).click();
	await page.getByRole('button', { name: 'Reset' }).click();
	is(await page.locator('#text').inputValue(), first, 'typed text can be taken back');
	ok(await page.getByRole('button', { name: 'Regenerate' }).isDisabled(), 'a rewrite wants a wish');
	await page.getByText('Simpler', { exact: true }).locator('..').click();
	await page.getByLabel('Or in your own words').fill('Make it loud');
	is([await page.locator('.quick :checked').count(), await page.locator('[data-preview]').innerText()], [0, 'Make it loud'], 'own words clear the wish');
}

// A model on loopback rewrites a part while the page looks on.
async function rewriteLive(page, site) {
	const model = new OpenAI();
	await model.listen();
	const writer = startWriter(site, ['ai.provider openai', `ai.openai.url ${model.url}`, `ai.openai.key ${model.key}`, 'ai.openai.model model-test']);
	try {
		const part = page.locator('.component-chosen');
		const id = await part.getAttribute('id');
		const before = await part.locator('.component-heading').innerText();
		await page.getByRole('button', { name: 'Regenerate' }).click();
		const after = page.locator(`[id="${id}"]:not(:has([data-job])):not(.component-chosen) .component-heading`);
		await after.waitFor();
		ok((await after.innerText()) !== before, 'a part is rewritten before the eyes');
		ok(model.requests.some((r) => r.body.includes('Make it loud')), 'as it was wished');
	} finally {
		await writer.stop();
		await model.close();
	}
}

async function scripted(browser, site) {
	const { context, page, complaints } = await open(browser);
	await signIn(page, site, 'owner');
	const id = await pickers(page, site);
	await autosave(page, site, id);
	const writer = await live(page, site, id);
	try {
		await editor(page, site, id);
		await watch(page);
	} finally {
		await writer.stop();
	}
	await rewriteLive(page, site);
	is(complaints.filter((t) => !/ 409 /.test(t)), [], 'nothing on the console');
	await context.close();
	return id;
}

// --- who may, and how it looks ------------------------------------------------------

async function strangers(browser, site, id) {
	const { context, page } = await open(browser);
	await signIn(page, site, 'sme');
	is((await page.goto(`${site.base}/course-builder?id=${id}`)).status(), 403, 'an expert: the builder is for those who make courses');
	is(await page.getByRole('link', { name: /Create/ }).count(), 0, 'an expert: and is not offered');
	await context.close();
}

async function foreign(browser, site, id) {
	const { context, page } = await open(browser);
	await page.goto(`${site.base}/auth/login`);
	await page.getByLabel('E-mail').fill('owner@other.example');
	await page.locator('input[type=password]').fill('Correct-Horse-7!');
	await page.getByRole('button', { name: /^Sign in/ }).click();
	await page.waitForURL('**/dashboard');
	const csrf = await page.locator('input[name=csrf]').first().inputValue();
	is((await page.goto(`${site.base}/course-builder?id=${id}`)).status(), 404, "another company's course is not there");
	for (const rest of ['start', 'approve', 'outline', 'lessons', 'finalize', 'reject', 'regenerate', 'sme'])
		is((await page.request.post(`${site.base}/course-builder/${id}/${rest}`, { form: { csrf, go: 'save' }, maxRedirects: 0 })).status(), 404,
			`nor by POST ${rest}`);
	is((await page.request.get(`${site.base}/course-builder?id=x`)).status(), 404, 'an id that is none');
	is((await page.request.get(`${site.base}/course-builder?id=${id}&step=9`)).status(), 404, 'a step that is none');
	is((await page.request.post(`${site.base}/course-builder`, { form: { csrf, id: 'x', step: '7' }, maxRedirects: 0 })).status(), 400, 'a form that is none');
	await context.close();
}

// One width is held against axe-core: narrow in light, wide in dark.
async function look(page, name, colorScheme) {
	for (const [width, height] of WIDTHS) {
		await page.setViewportSize({ width, height });
		await shot(page, `${name}-${width}-${colorScheme}`, { fullPage: true });
		ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${name} at ${width} does not scroll sideways`);
		if (width === (colorScheme === 'light' ? 390 : 1440)) await axe(page, `${name}, ${width}, ${colorScheme}`);
	}
}

async function pictures(browser, site, id) {
	for (const colorScheme of ['light', 'dark']) {
		const { context, page } = await open(browser, { colorScheme, reducedMotion: 'reduce', bypassCSP: true });
		await signIn(page, site, 'owner');
		const lesson = (await call(site, 'owner@acme', 'AIGenerationService/ListGeneratedLessons', { courseId: id })).lessons[0];
		const quizPart = lesson.components.find((c) => c.type === 'LESSON_COMPONENT_TYPE_QUIZ');
		for (const [name, target] of [['builder-1', '/course-builder'], ['builder-2', `/course-builder?id=${id}&step=2`],
			['builder-3', `/course-builder?id=${id}&step=3`], ['builder-4', `/course-builder?id=${id}&step=4`],
			['builder-5', `/course-builder?id=${id}&step=5&open=all`], ['builder-6', `/course-builder?id=${id}&step=6`],
			['builder-edit', `/course-builder?id=${id}&step=6&lesson=${lesson.id}&edit=${quizPart.id}`]]) {
			await page.goto(site.base + target);
			await look(page, name, colorScheme);
			await page.setViewportSize({ width: 320, height: 640 });
			ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${name} at 320 does not scroll sideways`);
		}
		await context.close();
	}
}

await main(async () => {
	const site = await startSite();
	const browser = await launch();
	try {
		await seed(site);
		await plain(browser, site);
		const id = await scripted(browser, site);
		await strangers(browser, site, id);
		await foreign(browser, site, id);
		await pictures(browser, site, id);
	} finally {
		await browser.close();
		if (process.env.SITE_LOGS) console.log(site.log('web').replace(/^/gm, '# '));
		site.stop();
	}
});
