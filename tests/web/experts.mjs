// Experts and target audiences in a real browser: each form's good and bad
// case, with script and without; what administrators, instructors and those who
// are asked may; one company's are not another's; three widths, light and dark.
import { sql } from '../service/kit/account.mjs';
import { call, is, main, ok, startSite } from './kit/site.mjs';
import { axe, launch, open, picture, signIn } from './kit/account.mjs';
import { becomes, through } from './kit/wait.mjs';

const note = (page) => page.getByRole('status').filter({ hasText: /\w/ }).first();
const main_ = (page) => page.locator('#main');
const heading = (page, name) => page.getByRole('heading', { name, exact: true });
const cards = (page) => page.locator('.info-card h2').allInnerTexts();
const idOf = (page, name) => new URL(page.url()).searchParams.get(name);

// What the last form of the page is sent with.
const send = (page, name) => through(page.locator('form[method=post]').getByRole('button', { name, exact: true }).last());
const press = (page, name) => through(page.getByRole('button', { name, exact: true }));

async function follow(page, script, name, title, root = page) {
	await root.getByRole('link', { name, exact: true }).click();
	if (script) await page.locator('dialog:modal').waitFor();
	await page.getByRole('heading', { name: title }).waitFor();
}

// --- experts -----------------------------------------------------------------------

async function makeExpert(page, site, script) {
	await page.goto(`${site.base}/smes`);
	await follow(page, script, 'Create SME', 'Create SME');
	await page.getByLabel('Name', { exact: true }).fill('   ');
	await page.getByLabel('Description', { exact: true }).fill('All <b>about</b> rails');
	await page.getByLabel('Domain', { exact: true }).fill('Rails');
	await send(page, 'Create SME');
	await page.getByRole('alert').waitFor();
	is(await page.locator('#name-error').innerText(), 'Must not be empty.', 'an expert has a name');
	is(await page.getByLabel('Description', { exact: true }).inputValue(), 'All <b>about</b> rails', 'what was typed stays');
	await page.getByLabel('Name', { exact: true }).fill('Rita Rail');
	await page.getByRole('radio', { name: /^Team/ }).check();
	await send(page, 'Create SME');
	await page.getByRole('alert').waitFor();
	is(await page.locator('#teams-error').innerText(), 'Choose at least one team.', 'one for teams has teams');
	await page.getByRole('checkbox', { name: 'Core' }).check();
	await send(page, 'Create SME');
	await heading(page, 'Rita Rail').waitFor();
	is(await note(page).innerText(), 'The expert is created.', 'created, and said so');
	await becomes(() => page.evaluate(() => document.activeElement.tagName), 'H1', 'the heading has the focus');
	ok(await page.getByText('All <b>about</b> rails').isVisible(), 'the description, as text');
	ok(await page.getByText('1 team', { exact: true }).isVisible(), 'open to one team');
}

async function changeExpert(page, script) {
	await follow(page, script, 'Edit Rita Rail', 'Edit SME');
	is(await page.getByRole('checkbox', { name: 'Core' }).isChecked(), true, 'edit: its team is marked');
	await page.getByRole('radio', { name: /^Global/ }).check();
	await page.getByLabel('Name', { exact: true }).fill('Rita Rails');
	await send(page, 'Save');
	await heading(page, 'Rita Rails').waitFor();
	ok(await page.getByText('Everyone in the company').isVisible(), 'edit: open to everyone');
}

async function archiveExpert(page, site, script) {
	await follow(page, script, 'Archive Rita Rails', /^Archive/);
	await send(page, 'Archive');
	await note(page).filter({ hasText: 'archived' }).waitFor();
	is(await page.getByRole('heading', { name: 'Tasks' }).count(), 0, 'archived: without tasks');
	await page.goto(`${site.base}/smes`);
	ok(!(await cards(page)).includes('Rita Rails'), 'archived: not in the list');
	await page.getByLabel('Show archived').check();
	await press(page, 'Show');
	ok((await cards(page)).includes('Rita Rails'), 'unless it is asked for');
	await press(page, 'Restore Rita Rails');
	await note(page).filter({ hasText: 'restored' }).waitFor();
}

async function findExperts(page, site) {
	for (const [name, domain] of [['Anna', 'Zinc'], ['Zoë', 'Änderung'], ['Bert', 'Brass']])
		await call(site, 'owner@acme', 'SMEService/CreateSME', { name, domain });
	const list = async (query) => {
		await page.goto(`${site.base}/smes?${query}`);
		return (await cards(page)).filter((n) => n !== 'Rita Rails');
	};
	is(await list('q=ÄNDER'), ['Zoë'], 'search: letters fold, domains are searched');
	is(await list('sort=name&dir=asc'), ['Anna', 'Bert', 'Zoë'], 'sort: by name');
	is(await list('sort=date&dir=desc'), ['Bert', 'Zoë', 'Anna'], 'sort: newest first');
	is(await list('status=active'), [], 'filter: none is active');
	ok(await page.getByText('Nothing found').isVisible(), 'said so');
	is(await page.locator('.list-count').innerText(), '0 of 4', 'and counted');
	is(await list('scope=team'), [], 'filter: by who may use it');
	is((await page.goto(`${site.base}/smes?q=%20&sort=x&dir=y&status=z`)).status(), 200, 'an odd question is answered');
}

// --- tasks -------------------------------------------------------------------------

async function assign(page, script) {
	await follow(page, script, 'Assign Task', 'Assign Task');
	await page.getByLabel('Title', { exact: true }).fill('How brakes are tested');
	if (script) {
		await page.getByLabel('Search people').fill('sAm');
		is(await page.locator('.pick:visible').count(), 1, 'people: narrowed while one types');
	} else {
		await page.getByLabel('Search people').fill('sAm');
		await page.getByRole('button', { name: 'Search' }).click();
		is(await page.locator('.pick').count(), 1, 'people: narrowed by a request');
		is(await page.getByLabel('Title', { exact: true }).inputValue(), 'How brakes are tested', 'which keeps what was typed');
	}
	await send(page, 'Assign Task');
	await page.getByRole('alert').waitFor();
	ok(await page.getByText('Choose who is asked.').first().isVisible(), 'somebody is asked');
	await page.locator('.pick').filter({ hasText: 'sme@acme.example' }).click();
	await page.getByLabel('Due date').fill('2020-01-01');
	await send(page, 'Assign Task');
	await page.getByRole('alert').waitFor();
	is(await page.locator('#due-error').innerText(), 'Must not be in the past.', 'not for yesterday');
	is(await page.locator('.pick').filter({ hasText: 'sme@acme.example' }).getByRole('radio').isChecked(), true, 'who was chosen stays');
	await page.getByLabel('Due date').fill('2099-03-04');
	await page.getByLabel('Expected content').selectOption('Document');
	await send(page, 'Assign Task');
	await note(page).filter({ hasText: 'assigned' }).waitFor();
	const task = page.locator('.task-asked');
	is(await task.locator('h3').innerText(), 'How brakes are tested', 'assigned: it is the one that is looked at');
	await becomes(() => page.evaluate(() => document.activeElement.id), await task.getAttribute('id'), 'and has the focus');
	ok(/Document/.test(await task.innerText()) && /Pending/.test(await task.innerText()), 'with what it asks for and where it stands');
}

async function changeTask(page, script) {
	const task = page.locator('.task-asked');
	await follow(page, script, 'Edit How brakes are tested', 'Edit Task');
	is(await page.getByLabel('Due date').inputValue(), '2099-03-04', 'edit task: its date');
	await page.getByLabel('Due date').fill('');
	await page.getByLabel('Title', { exact: true }).fill('Brakes');
	await send(page, 'Save');
	await note(page).filter({ hasText: 'saved' }).waitFor();
	is(await task.locator('h3').innerText(), 'Brakes', 'edit task: saved');
	ok(/No due date/.test(await task.innerText()), 'edit task: its date is taken away');
	await follow(page, script, 'Cancel Brakes', /^Cancel/);
	await send(page, 'Cancel Task');
	await note(page).filter({ hasText: 'cancelled' }).waitFor();
	ok(/Cancelled/.test(await task.innerText()), 'cancelled');
	is(await page.getByRole('link', { name: 'Edit Brakes' }).count(), 0, 'and changed no more');
	await follow(page, script, 'Delete Brakes', /^Delete/);
	await send(page, 'Delete Task');
	await note(page).filter({ hasText: 'deleted' }).waitFor();
	ok(await page.getByText('No tasks').isVisible(), 'deleted');
}

// --- audiences ---------------------------------------------------------------------

const goals = (page, script) => (script ? page.getByLabel('goal 1', { exact: true }) : page.getByLabel('Learning goals', { exact: true }));

async function makeAudience(page, site, script) {
	await page.goto(`${site.base}/target-audiences`);
	await follow(page, script, 'Create Audience', 'Create Audience');
	if (script) {
		await page.locator('.steps-said').waitFor();
		is(await page.locator('.steps-said').innerText(), 'Step 1 of 3: Who', 'one step at a time');
		await page.getByRole('button', { name: 'Next' }).click();
		is(await page.locator('.steps-said').innerText(), 'Step 1 of 3: Who', 'the next needs a name and a role');
	}
	await page.getByLabel('Name', { exact: true }).fill('New hires');
	await page.getByLabel('Role', { exact: true }).fill('Technician');
	await page.getByRole('radio', { name: /^Advanced/ }).check();
	if (script) {
		await page.keyboard.press('Tab');
		await page.getByRole('button', { name: 'Next' }).click();
		await becomes(() => page.evaluate(() => document.activeElement.textContent), 'Learning', 'the step has the focus');
		await page.getByRole('button', { name: 'Next' }).click();
	}
	await send(page, 'Create Audience');
	await page.getByRole('alert').waitFor();
	is(await page.locator('#goals-error').innerText(), 'Name at least one goal, at most 50.', 'it has a goal');
	if (script) {
		is(await page.locator('.steps-said').innerText(), 'Step 2 of 3: Learning', 'the step of what is wrong is shown');
		await goals(page, script).fill('Work safely');
		await page.getByRole('button', { name: 'Add goal' }).click();
		await page.keyboard.type('Ask');
		await page.getByRole('button', { name: 'Add goal' }).click();
		await page.getByRole('button', { name: 'Remove goal 1' }).click();
		await page.getByLabel('goal 2', { exact: true }).fill('Help');
		await page.getByRole('button', { name: 'Next' }).click();
		ok(/Ask; Help/.test(await page.locator('.steps-review').innerText()), 'the last step sums it up');
	} else
		await goals(page, script).fill('Ask\n\nHelp');
	await page.getByLabel('Industry context').fill('Rail');
	await send(page, 'Create Audience');
	await note(page).filter({ hasText: 'created' }).waitFor();
	is(await page.locator('#profile .card-list li').allInnerTexts(), ['Ask', 'Help'], 'created, and open beside the list; blank lines are gone');
	await becomes(() => page.evaluate(() => document.activeElement.id), 'profile-title', 'its heading has the focus');
}

async function changeAudience(page, site, script) {
	const panel = page.locator('#profile');
	await follow(page, script, 'Edit New hires', 'Edit Audience', panel);
	await page.getByLabel('Name', { exact: true }).fill('Hires');
	if (script) {
		await page.getByRole('button', { name: 'Next' }).click();
		await page.getByRole('button', { name: 'Next' }).click();
	}
	await send(page, 'Save');
	await note(page).filter({ hasText: 'saved' }).waitFor();
	is(await page.locator('#profile-title').innerText(), 'Hires', 'changed');
	is(await page.locator('#profile .card-list li').allInnerTexts(), ['Ask', 'Help'], 'its goals are as they were');
	await through(panel.getByRole('button', { name: /^Archive/ }));
	await note(page).filter({ hasText: 'archived' }).waitFor();
	await through(panel.getByRole('button', { name: /^Restore/ }));
	await note(page).filter({ hasText: 'restored' }).waitFor();
	await follow(page, script, 'Delete Hires', 'Delete Hires?', panel);
	await send(page, 'Delete Audience');
	await note(page).filter({ hasText: 'deleted' }).waitFor();
	is(await cards(page), [], 'deleted: not in the list');
	await page.getByLabel('Show archived').check();
	await press(page, 'Show');
	is(await cards(page), ['Hires'], 'unless it is asked for');
	await page.getByLabel('Level').selectOption('Beginner');
	await press(page, 'Show');
	ok(await page.getByText('Nothing found').isVisible(), 'filtered by level');
}

// --- who may what --------------------------------------------------------------------

async function roles(browser, site) {
	const { sme } = await call(site, 'owner@acme', 'SMEService/CreateSME', { name: 'Open', domain: 'D' });
	const { sme: closed } = await call(site, 'owner@other', 'SMEService/CreateSME', { name: 'Theirs', domain: 'D' });
	const { template } = await call(site, 'owner@acme', 'TargetAudienceService/CreateTemplate', { name: 'A', role: 'R', learningGoals: ['G'] });
	const { context, page } = await open(browser, { javaScriptEnabled: false });
	await signIn(page, site, 'sme');
	for (const where of [`/smes`, `/smes?sme=${sme.id}`, '/target-audiences', `/target-audiences?audience=${template.id}`]) {
		await page.goto(site.base + where);
		is(await main_(page).getByRole('link', { name: /Create|Edit|Archive|Assign|Delete/ }).count(), 0, `an SME sees no controls: ${where}`);
	}
	for (const where of ['/smes/new', `/smes/${sme.id}/edit`, `/smes/${sme.id}/archive`, `/smes/${sme.id}/tasks/new`,
		'/target-audiences/new', `/target-audiences/${template.id}/edit`, `/target-audiences/${template.id}/delete`])
		is((await page.goto(site.base + where)).status(), 403, `nor any form: ${where}`);
	for (const where of [`/smes?sme=${closed.id}`, '/smes?sme=x', `/target-audiences?audience=${closed.id}`])
		is((await page.goto(site.base + where)).status(), 404, `what is not there: ${where}`);
	await context.close();
	return { sme, template };
}

async function pictures(browser, site, { sme, template }) {
	const { user } = await call(site, 'sme@acme', 'UserService/GetMe', {});
	const { task } = await call(site, 'owner@acme', 'SMEService/CreateTask', { smeId: sme.id, title: `Long ${'title '.repeat(20)}`,
		description: 'word '.repeat(60), assignedToUserId: user.id, dueDate: '2099-01-01T00:00:00Z' });
	await call(site, 'owner@acme', 'SMEService/CreateTask', { smeId: sme.id, title: 'Short', assignedToUserId: user.id });
	sql(`INSERT INTO sme_tasks (tenant_id, sme_id, title, assigned_to_user_id, assigned_by_user_id, status)
		SELECT tenant_id, sme_id, 'Old ' || i, assigned_to_user_id, assigned_by_user_id, 'completed' FROM sme_tasks, generate_series(1, 6) i
		WHERE id = '${task.id}'`);
	sql(`INSERT INTO sme_knowledge_chunks (tenant_id, sme_id, topic, content, keywords) SELECT tenant_id, id, 'How part ' || i || ' is kept',
		repeat('The grease is changed every spring. ', 1 + i % 12), '{grease,spring}'
		FROM subject_matter_experts, generate_series(1, 55) i WHERE id = '${sme.id}'`);
	await call(site, 'owner@acme', 'SMEService/UpdateSME', { smeId: sme.id, name: `Field service and ${'maintenance '.repeat(8)}`,
		description: 'word '.repeat(80) });
	await call(site, 'owner@acme', 'TargetAudienceService/UpdateTemplate', { templateId: template.id, name: 'Apprentices in their first year',
		learningGoals: ['Know the tools', 'Work safely', 'Ask'], challenges: ['Little time', `${'Long '.repeat(30)}`], industryContext: 'Rail' });
	const all = [['smes', '/smes?archived=yes'], ['sme', `/smes?sme=${sme.id}&task=${task.id}`], ['sme-new', '/smes/new'],
		['task-new', `/smes/${sme.id}/tasks/new`], ['task-delete', `/smes/${sme.id}/tasks/${task.id}/delete`],
		['audiences', '/target-audiences'], ['audience', `/target-audiences?audience=${template.id}`], ['audience-new', '/target-audiences/new']];
	for (const colorScheme of ['light', 'dark']) {
		const { context, page } = await open(browser, { colorScheme, reducedMotion: 'reduce', bypassCSP: true });
		await signIn(page, site, 'owner');
		for (const [name, where] of all) {
			await page.goto(site.base + where);
			await picture(page, name, colorScheme);
		}
		await context.close();
	}
}

// Without a pointer: to the form, through it, and out again.
async function keyboard(page, site, sme) {
	await page.goto(`${site.base}/smes?sme=${sme.id}`);
	await page.getByRole('link', { name: 'Assign Task' }).focus();
	await page.keyboard.press('Enter');
	await page.locator('dialog:modal').waitFor();
	await becomes(() => page.evaluate(() => document.activeElement.id), 'title', 'keyboard: the first field has the focus');
	await page.keyboard.type('By keys');
	await through(page, () => page.keyboard.press('Enter'));
	await page.getByRole('alert').waitFor();
	is(await page.getByLabel('Title', { exact: true }).inputValue(), 'By keys', 'keyboard: Enter sends the form, not a search');
	await page.goto(`${site.base}/smes?sme=${sme.id}`);
	await page.getByRole('link', { name: 'Assign Task' }).focus();
	await page.keyboard.press('Enter');
	await page.locator('dialog:modal').waitFor();
	await page.keyboard.press('Escape');
	await page.locator('dialog').waitFor({ state: 'detached' });
	await becomes(() => page.evaluate(() => document.activeElement.textContent.trim()), 'Assign Task', 'keyboard: Escape leads back');
}

async function edit(browser, site, script) {
	const { context, complaints, page } = await open(browser, { javaScriptEnabled: script });
	await signIn(page, site, 'instructor');
	await makeExpert(page, site, script);
	await changeExpert(page, script);
	const sme = { id: idOf(page, 'sme') };
	await assign(page, script);
	await changeTask(page, script);
	if (script) await keyboard(page, site, sme);
	await page.goto(`${site.base}/smes?sme=${sme.id}`);
	await archiveExpert(page, site, script);
	if (script) await findExperts(page, site);
	await makeAudience(page, site, script);
	await changeAudience(page, site, script);
	is(complaints.filter((c) => !/status of 4\d\d/.test(c)), [], 'the browser complains about nothing');
	await context.close();
	await call(site, 'owner@acme', 'SMEService/UpdateSME', { smeId: sme.id, name: `Rita ${script}` });
}

await main(async () => {
	const site = await startSite();
	const browser = await launch();
	try {
		const { team } = await call(site, 'owner@acme', 'TeamService/CreateTeam', { name: 'Core' });
		const { user } = await call(site, 'instructor@acme', 'UserService/GetMe', {});
		await call(site, 'owner@acme', 'TeamService/AddTeamMember', { teamId: team.id, userId: user.id });
		await edit(browser, site, true);
		sql('DELETE FROM target_audience_templates');
		await edit(browser, site, false);
		await pictures(browser, site, await roles(browser, site));
	} finally {
		await browser.close();
		if (process.env.SITE_LOGS) console.log(site.log('web').replace(/^/gm, '# '));
		site.stop();
	}
});
