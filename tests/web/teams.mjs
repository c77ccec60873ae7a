// Teams in a real browser: each form's good and bad case, with script and
// without; what administrators, leads and members may; one company's teams
// are not another's; three widths, light and dark.
import { PASSWORD, call, is, main, ok, startSite } from './kit/site.mjs';
import { axe, launch, open, password, picture, signIn, signInButton } from './kit/account.mjs';
import { becomes, through } from './kit/wait.mjs';

const note = (page) => page.getByRole('status').filter({ hasText: /\w/ }).first();
const rows = (page) => page.locator('.person-who strong').allInnerTexts();
const idOf = (page) => new URL(page.url()).pathname.split('/')[2];

async function enter(page, script, link, title) {
	await link.click();
	if (script) await page.locator('dialog:modal').waitFor();
	await page.getByRole('heading', { name: title }).waitFor();
}

const send = async (page, name) => {
	await through(page.locator('form[method=post]').getByRole('button', { name, exact: true }).last());
};

async function create(page, site, script) {
	await page.goto(`${site.base}/teams`);
	ok(await page.getByText('No teams yet').isVisible(), 'no teams: said so');
	await enter(page, script, page.getByRole('link', { name: 'Create Team' }), 'Create Team');
	await page.getByLabel('Name').fill('   ');
	await page.getByLabel('Description').fill('Those who <b>build</b>');
	await send(page, 'Create Team');
	await page.getByRole('alert').waitFor();
	is(new URL(page.url()).pathname, '/teams/new', 'a name of blanks: the form again');
	is(await page.locator('#name-error').innerText(), 'A team needs a name.', 'the error is beside the field');
	is(await page.getByLabel('Name').getAttribute('aria-invalid'), 'true', 'which is marked');
	await becomes(() => page.evaluate(() => document.activeElement.id), 'name', 'and has the focus');
	is(await page.getByLabel('Description').inputValue(), 'Those who <b>build</b>', 'what was typed stays');
	await page.getByLabel('Name').fill('Builders');
	await send(page, 'Create Team');
	await page.getByRole('heading', { level: 1, name: 'Builders' }).waitFor();
	is(await note(page).innerText(), 'The team is created.', 'created, and said so');
	ok(await page.getByText('Those who <b>build</b>').isVisible(), 'the description, as text');
	await page.reload();
	is(await page.getByText('The team is created.').count(), 0, 'said once');

	await page.goto(`${site.base}/teams/new`);
	await page.getByLabel('Name').fill('builders');
	await send(page, 'Create Team');
	await page.getByRole('alert').waitFor();
	is(await page.locator('#name-error').innerText(), 'A team of this name exists already.', 'a name that is taken');
	is(await page.getByLabel('Name').inputValue(), 'builders', 'stays as it was typed');
	await through(page.getByRole('link', { name: 'All teams' }));
	is(await page.locator('.team-card h2').allInnerTexts(), ['Builders'], 'the list has it');
	await through(page.getByRole('link', { name: 'Manage Builders' }));
}

async function edit(page, script) {
	await enter(page, script, page.getByRole('link', { name: 'Edit' }), 'Edit Team');
	is(await page.getByLabel('Name').inputValue(), 'Builders', 'edit: what there is');
	await page.getByLabel('Name').fill('');
	await page.locator('#name').evaluate((input) => { input.required = false; });
	await send(page, 'Save');
	await page.getByRole('alert').waitFor();
	is(await page.locator('#name-error').innerText(), 'A team needs a name.', 'edit: no name');
	await page.getByLabel('Name').fill('Makers');
	await page.getByLabel('Description').fill('');
	await send(page, 'Save');
	await page.getByRole('heading', { level: 1, name: 'Makers' }).waitFor();
	is(await note(page).innerText(), 'The team is saved.', 'edit: saved');
	is(await page.locator('.page-head p').innerText(), '', 'edit: the description is gone');
}

async function members(page, script) {
	const add = page.getByRole('link', { name: 'Add Member' });

	await enter(page, script, add, 'Add Member');
	is(await page.locator('.pick').count(), 6, 'add: everybody of the company');
	if (script) {
		await page.getByLabel('Search people').fill('iAn');
		is(await page.locator('.pick:visible strong').allInnerTexts(), ['Ian Instructor'], 'add: narrowed while one types');
	} else {
		await page.getByLabel('Search people').fill('iAn');
		await page.getByRole('button', { name: 'Search' }).click();
		is(await page.locator('.pick strong').allInnerTexts(), ['Ian Instructor'], 'add: a search');
	}
	await send(page, 'Add Member');
	await page.getByRole('alert').waitFor();
	ok(await page.getByText('Choose who is to be added.').isVisible(), 'add: nobody chosen');
	await page.getByLabel('Ian Instructor').check();
	await page.getByLabel('Role').selectOption('Lead');
	await send(page, 'Add Member');
	await page.getByText('The member is added.').waitFor();
	is(await rows(page), ['Ian Instructor'], 'add: a lead');
	is(await page.getByLabel('Role of Ian Instructor').inputValue(), 'lead', 'add: with the role');
	await enter(page, script, add, 'Add Member');
	is(await page.locator('.pick').getByText('Ian Instructor').count(), 0, 'add: members are not offered again');
	await page.getByLabel('Sam Expert').check();
	await send(page, 'Add Member');
	await page.getByText('The member is added.').waitFor();
	is(await page.getByLabel('Role of Sam Expert').inputValue(), 'member', 'add: member unless said otherwise');

	await page.getByLabel('Role of Sam Expert').selectOption('Lead');
	await through(page.getByRole('button', { name: 'Save the role of Sam Expert' }));
	await page.getByText('The role is saved.').waitFor();
	is(await page.getByLabel('Role of Sam Expert').inputValue(), 'lead', 'role: changed');
	await page.getByLabel('Role of Sam Expert').selectOption('Member');
	await through(page.getByRole('button', { name: 'Save the role of Sam Expert' }));
	await page.getByText('The role is saved.').waitFor();

	const remove = page.getByRole('link', { name: 'Remove Sam Expert', exact: true });
	await enter(page, script, remove, 'Remove Sam Expert?');
	await page.getByRole('link', { name: 'Cancel' }).click();
	if (script) {
		await page.locator('dialog').waitFor({ state: 'detached' });
		await becomes(() => remove.evaluate((link) => link === document.activeElement), true, 'remove: the focus comes back');
	}
	await enter(page, script, remove, 'Remove Sam Expert?');
	await send(page, 'Remove Member');
	await page.getByText('The member is taken out').waitFor();
	is(await rows(page), ['Ian Instructor'], 'remove: gone');
}

async function destroy(page, site, script) {
	await enter(page, script, page.getByRole('link', { name: 'Delete', exact: true }), 'Delete Makers?');
	await send(page, 'Delete Team');
	await page.waitForURL(`${site.base}/teams`);
	is(await note(page).innerText(), 'The team is deleted.', 'delete: gone, and said so');
	ok(await page.getByText('No teams yet').isVisible(), 'delete: the list is empty');
}

async function administrate(browser, site, script) {
	const { context, complaints, page } = await open(browser, { javaScriptEnabled: script });

	await signIn(page, site, 'owner');
	await create(page, site, script);
	await edit(page, script);
	await members(page, script);
	await destroy(page, site, script);
	is(complaints.filter((t) => !/ 40[09] /.test(t)), [], 'nothing on the console');
	await context.close();
}

// What members and leads see and may; the rest is refused, not only hidden.
async function roles(browser, site) {
	const { context, page } = await open(browser);
	const { team } = await call(site, 'owner@acme', 'TeamService/CreateTeam', { name: 'Plain', description: 'A\nB' });
	const { users } = await call(site, 'owner@acme', 'UserService/ListCompanyUsers');
	const user = (name) => users.find((u) => u.email === `${name}@acme.example`).id;
	const url = `${site.base}/teams/${team.id}`;

	for (const [name, role] of [['instructor', 'TEAM_ROLE_LEAD'], ['sme', 'TEAM_ROLE_MEMBER']])
		await call(site, 'owner@acme', 'TeamService/AddTeamMember', { teamId: team.id, userId: user(name), role });
	await signIn(page, site, 'sme');
	await page.goto(`${site.base}/teams`);
	is((await page.locator('main a').allInnerTexts()).map((t) => t.replace(/\s+/g, ' ')), ['Manage Plain'], 'a member: looks, and creates nothing');
	await page.goto(url);
	is(await page.locator('main form, main a[data-dialog]').count(), 1, 'a member: no controls but one');
	is(await page.locator('.person .badge').allInnerTexts(), ['Member', 'Lead'], 'a member: roles as badges');
	for (const [target, status] of [['/teams/new', 403], [`/teams/${team.id}/edit`, 403], [`/teams/${team.id}/delete`, 403],
		[`/teams/${team.id}/add`, 403], [`/teams/${team.id}/remove/${user('instructor')}`, 404]])
		is((await page.request.get(site.base + target)).status(), status, `a member: ${target.replace(/[0-9a-f-]{36}/g, '*')}`);
	const csrf = await page.locator('input[name=csrf]').first().inputValue();
	for (const [target, form] of [['/teams/new', { name: 'X' }], [`/teams/${team.id}/edit`, { name: 'X' }],
		[`/teams/${team.id}/delete`, {}], [`/teams/${team.id}/add`, { user: user('owner'), role: 'lead' }],
		[`/teams/${team.id}/role/${user('sme')}`, { role: 'lead' }], [`/teams/${team.id}/remove/${user('instructor')}`, {}]])
		is((await page.request.post(site.base + target, { form: { csrf, ...form }, maxRedirects: 0 })).status(), 403,
			`a member is refused: POST ${target.replace(/[0-9a-f-]{36}/g, '*')}`);
	await enter(page, true, page.getByRole('link', { name: 'Leave Sam Expert', exact: true }), 'Leave Plain?');
	await send(page, 'Leave Team');
	await page.getByText('You have left the team.').waitFor();
	is(await rows(page), ['Ian Instructor'], 'a member may leave');
	await context.close();

	const lead = await open(browser);
	await signIn(lead.page, site, 'instructor');
	await lead.page.goto(url);
	is(await lead.page.getByRole('link', { name: /^(Edit|Delete)$/ }).count(), 0, 'a lead: neither edits nor deletes');
	await enter(lead.page, true, lead.page.getByRole('link', { name: 'Add Member' }), 'Add Member');
	await lead.page.getByLabel('Sam Expert').check();
	await send(lead.page, 'Add Member');
	await lead.page.getByText('The member is added.').waitFor();
	is((await rows(lead.page)).length, 2, 'a lead: adds members');
	const token = await lead.page.locator('input[name=csrf]').first().inputValue();
	const post = (target, form) => lead.page.request.post(site.base + target, { form, maxRedirects: 0 }).then((r) => r.status());
	is(await post(`/teams/${team.id}/role/${user('sme')}`, { csrf: token, role: 'king' }), 400, 'a role that is none');
	is(await post(`/teams/${team.id}/role/${user('owner')}`, { csrf: token, role: 'lead' }), 404, 'the role of who is no member');
	is(await post(`/teams/${team.id}/remove/${user('owner')}`, { csrf: token }), 404, 'removing who is no member');
	is(await post(`/teams/${team.id}/role/${user('sme')}`, { csrf: 'x', role: 'lead' }), 403, 'a forged token');
	is(await post('/teams/new', { csrf: token, name: 'X' }), 403, 'a lead creates no team');
	const raw = await lead.page.request.post(`${site.base}/teams/${team.id}/add`, { maxRedirects: 0,
		headers: { 'content-type': 'application/x-www-form-urlencoded' }, data: `csrf=${token}&user=%ff%00&role=lead` });
	is(raw.status(), 400, 'bytes that are no text');
	await lead.context.close();
	return { team, url };
}

async function foreign(browser, site, { team, url }) {
	const { context, page } = await open(browser);

	await page.goto(`${site.base}/auth/login`);
	await page.getByLabel('E-mail').fill('owner@other.example');
	await password(page).fill(PASSWORD);
	await signInButton(page).click();
	await page.waitForURL('**/dashboard');
	const r = await page.goto(url);
	is(r.status(), 404, "another company's team is not there");
	is(await page.getByRole('link', { name: 'Back to the teams' }).getAttribute('href'), '/teams', 'with a way back');
	for (const rest of ['edit', 'delete', 'add']) is((await page.request.get(`${url}/${rest}`)).status(), 404, `nor is its ${rest}`);
	const csrf = await page.locator('input[name=csrf]').first().inputValue();
	for (const rest of ['edit', 'delete'])
		is((await page.request.post(`${url}/${rest}`, { form: { csrf, name: 'X' }, maxRedirects: 0 })).status(), 404, `nor its ${rest}, by POST`);
	is((await page.goto(`${site.base}/teams/00000000-0000-4000-8000-000000000000`)).status(), 404, 'an id that is none');
	await context.close();
	is((await call(site, 'owner@acme', 'TeamService/ListTeams')).teams.map((t) => t.id), [team.id], 'and nothing has changed');
}

// On a phone a dialog is a sheet that is drawn down to close it.
async function sheet(browser, site, url) {
	const { context, page } = await open(browser, { viewport: { width: 390, height: 844 } });
	const draw = async (by) => {
		const box = await page.locator('.dialog-grip').boundingBox();
		await page.mouse.move(box.x + box.width / 2, box.y + 12);
		await page.mouse.down();
		await page.mouse.move(box.x + box.width / 2, box.y + 12 + by, { steps: 4 });
		await page.mouse.up();
	};

	await signIn(page, site, 'owner');
	await page.goto(url);
	await page.getByRole('link', { name: 'Edit' }).click();
	await page.locator('dialog:modal').waitFor();
	await page.locator('dialog').evaluate((dialog) => Promise.all(dialog.getAnimations().map((a) => a.finished)).then(() => {}));
	const box = await page.locator('dialog').boundingBox();
	is([box.x, box.width, Math.round(box.y + box.height)], [0, 390, 844], 'sheet: from edge to edge, at the bottom');
	await draw(60);
	is(await page.locator('dialog:modal').count(), 1, 'sheet: a little is not enough');
	await draw(140);
	await page.locator('dialog').waitFor({ state: 'detached' });
	await becomes(() => page.getByRole('link', { name: 'Edit' }).evaluate((link) => link === document.activeElement), true, 'sheet: drawn down it closes, and the focus is back');
	await context.close();
}

async function pictures(browser, site, url) {
	await call(site, 'owner@acme', 'TeamService/CreateTeam', { name: `Long ${'name '.repeat(12)}`, description: 'word '.repeat(80) });
	await call(site, 'owner@acme', 'TeamService/CreateTeam', { name: 'Warehouse and shipping', description: 'Everyone who packs, stacks and drives.' });
	for (const colorScheme of ['light', 'dark']) {
		const { context, page } = await open(browser, { colorScheme, reducedMotion: 'reduce', bypassCSP: true });
		await signIn(page, site, 'owner');
		for (const [name, target] of [['teams', `${site.base}/teams`], ['team', url], ['team-add', `${url}/add`], ['team-delete', `${url}/delete`]]) {
			await page.goto(target);
			await picture(page, name, colorScheme);
		}
		await page.goto(`${site.base}/teams/new`);
		await page.getByLabel('Name').fill(' ');
		await send(page, 'Create Team');
		await page.getByRole('alert').waitFor();
		await picture(page, 'team-new', colorScheme);
		await page.goto(url);
		await page.getByRole('link', { name: 'Add Member' }).click();
		await page.locator('dialog:modal').waitFor();
		await picture(page, 'team-dialog', colorScheme);
		await context.close();
	}
}

await main(async () => {
	const site = await startSite();
	const browser = await launch();
	try {
		await administrate(browser, site, true);
		await administrate(browser, site, false);
		const made = await roles(browser, site);
		await foreign(browser, site, made);
		await sheet(browser, site, made.url);
		await pictures(browser, site, made.url);
	} finally {
		await browser.close();
		if (process.env.SITE_LOGS) console.log(site.log('web').replace(/^/gm, '# '));
		site.stop();
	}
});
