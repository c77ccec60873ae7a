// Pages in a real browser: sign in, find the course, read, answer, finish,
// export, sign out; with script and without; by keyboard alone; at three
// widths in light and dark, each page held against axe-core.
import fs from 'node:fs';
import path from 'node:path';
import { execFileSync } from 'node:child_process';
import { WIDTHS, axe, launch, open } from './kit/account.mjs';
import { shot } from './kit/browser.mjs';
import { PASSWORD, call, get, is, main, ok, startSite } from './kit/site.mjs';
import { TITLE, request } from './kit/course.mjs';
import { becomes, through } from './kit/wait.mjs';

async function fillLogin(page, email, password) {
	await page.getByLabel('E-mail').fill(email);
	await page.getByLabel('Password', { exact: true }).fill(password);
	await page.getByRole('button', { name: 'Sign in', exact: false }).last().click();
}

// The whole way, which must be the same with and without script.
async function takeCourse(browser, site, course, script) {
	const how = script ? 'with script' : 'without script';
	const { context, complaints, page } = await open(browser, { javaScriptEnabled: script });
	const url = `${site.base}/course/${course}/preview`;

	await page.goto(url);
	ok(page.url().startsWith(`${site.base}/auth/login?flow=`), `${how}: a course asks to sign in`);
	is(await page.title(), 'Sign In · Mirai', `${how}: the page is named`);
	await fillLogin(page, 'instructor@acme.example', 'wrong-Password-1');
	await page.getByRole('alert').waitFor();
	ok(await page.getByRole('alert').isVisible(), `${how}: a wrong password is refused with a message`);
	is(await page.getByLabel('E-mail').inputValue(), 'instructor@acme.example', `${how}: the address stays`);
	await fillLogin(page, 'instructor@acme.example', PASSWORD);
	await page.waitForURL(url);
	is(page.url(), url, `${how}: signing in leads back to the course`);
	is(await page.title(), `${TITLE} · Mirai`, `${how}: the course's title, as text`);
	is(await page.getByRole('heading', { level: 1 }).innerText(), 'Working hours', `${how}: the first lesson`);
	is(await page.getByRole('heading', { name: 'Working hours' }).count(), 1,
		`${how}: the heading that repeats the title is left out`);
	is(await page.locator('.lesson a[href^="javascript"], .lesson script, .lesson [onclick]').count(), 0,
		`${how}: hostile HTML is gone`);
	ok(!(await page.content()).includes('"b" checked'), `${how}: no answer is given away`);

	const question = () => page.locator('form.quiz').first();
	await question().getByLabel('From 8:00 to 16:00').check();
	await question().getByRole('button', { name: 'Check Answer' }).click();
	await question().getByText('Not quite').waitFor();
	ok(await question().getByText('✓ Correct answer').isVisible(), `${how}: the right answer is shown`);
	ok(await question().getByText('Core hours are from 10:00 to 15:00.').isVisible(), `${how}: with the explanation`);
	if (script) is(page.url(), url, `${how}: the page was not left`);
	await question().getByRole('link', { name: 'Try Again' }).click();
	await question().getByRole('button', { name: 'Check Answer' }).waitFor();
	await question().getByLabel('From 10:00 to 15:00').check();
	await question().getByRole('button', { name: 'Check Answer' }).click();
	await question().getByText('Correct', { exact: true }).waitFor();
	ok(true, `${how}: the right answer is right`);

	await through(page.getByRole('button', { name: 'Next' }));
	is(await page.getByRole('heading', { level: 1 }).innerText(), 'Your badge', `${how}: next lesson`);
	ok(await page.getByText('1 of 3 lessons complete').isVisible(), `${how}: the one left is complete`);
	await through(page.getByRole('link', { name: 'Previous' }));
	ok(await question().getByText('Correct', { exact: true }).isVisible(), `${how}: the answer was kept`);
	await page.goto(url);
	is(await page.getByRole('heading', { level: 1 }).innerText(), 'Your badge', `${how}: taken up where it was left`);
	await through(page.getByRole('button', { name: 'Next' }));
	await through(page.getByRole('button', { name: 'Complete' }));
	is(await page.getByRole('heading', { level: 1 }).innerText(), 'Course complete', `${how}: finished`);

	await through(page.getByRole('link', { name: 'Back to the library' }));
	await page.locator('details.profile summary').click();
	await page.getByRole('button', { name: 'Sign Out' }).click();
	await page.waitForURL(`${site.base}/`);
	const left = (await context.cookies()).filter((c) => c.name === 'ory_kratos_session');
	is(left, [], `${how}: signing out takes the cookie`);
	await page.goto(`${site.base}/dashboard`);
	ok(page.url().includes('/auth/login'), `${how}: and ends the session`);
	is(complaints.filter((t) => !t.includes('400')), [], `${how}: nothing on the console`);
	await context.close();
}

async function signIn(page, site, who) {
	await page.goto(`${site.base}/auth/login`);
	await fillLogin(page, `${who}@acme.example`, PASSWORD);
	await page.waitForURL('**/dashboard');
}

async function findInLibrary(page, site) {
	const cards = () => page.locator('.course h3').allInnerTexts();

	await page.goto(`${site.base}/content-library`);
	is(await cards(), [TITLE], 'the library lists the course');
	for (const [q, hits] of [['WAREHOUSE', 1], ['strasse', 0], ['STRAßE', 1], ['hall 3', 1],
		['%', 0], ['<for>', 1], ['zebra', 0]]) {
		await page.getByLabel('Search title or tag').fill(q);
		await through(page.getByRole('button', { name: 'Search' }));
		is((await cards()).length, hits, `a search for ${q} has ${hits} hits`);
	}
	ok(await page.getByText('Nothing found').isVisible(), 'a search without hits says so');
	await page.goto(`${site.base}/content-library?status=published`);
	is((await cards()).length, 0, 'the status filter');
	await page.goto(`${site.base}/content-library?tag=safety`);
	is((await cards()).length, 1, 'the tag filter');
	await page.goto(`${site.base}/content-library`);
	await through(page.getByRole('navigation', { name: 'Folders' }).getByRole('link', { name: 'Shared' }));
	ok(page.url().includes('folder='), 'a folder is an address');
	ok(await page.getByText('This folder is empty').isVisible(), 'an empty folder says so');
}

async function exportCourse(page, site, course) {
	// The page brings itself up to date, but not while it is looked at.
	let goOn;
	const seen = new Promise((resolve) => { goOn = resolve; });
	await page.route('**/export', async (route) => {
		if (!route.request().isNavigationRequest()) await seen;
		await route.continue();
	});
	await page.goto(`${site.base}/course/${course}/export`);
	await page.getByRole('button', { name: 'Make the package' }).click();
	await page.getByText('Waiting').waitFor();
	ok((await page.content()).includes('http-equiv="refresh"'), 'without script its page loads itself again');
	await axe(page, 'export under way');
	goOn();
	execFileSync(path.join(process.env.BUILD, 'bin/mirai-export'), ['-1', '-f', site.conf],
		{ timeout: 90000, stdio: ['ignore', 'ignore', 'inherit'] });
	await page.getByText('Ready').waitFor();
	ok(await page.getByRole('status').first().innerText() !== '', 'the page says by itself when it is ready');
	const [download] = await Promise.all([page.waitForEvent('download'),
		page.getByRole('link', { name: 'Download' }).click()]);
	const bytes = fs.readFileSync(await download.path());
	is(bytes.subarray(0, 2).toString(), 'PK', 'what comes is a ZIP file');
	ok(/\.zip$/.test(download.suggestedFilename()), `named ${download.suggestedFilename()}`);
}

// Only keys: in by the skip link, through the menu, an answer with arrows.
async function keyboardOnly(page, site, course) {
	const focused = () => page.evaluate(() => document.activeElement.innerText ||
		document.activeElement.getAttribute('aria-label') || document.activeElement.id);

	await page.goto(`${site.base}/dashboard`);
	await page.keyboard.press('Tab');
	is(await focused(), 'Skip to content', 'keys: the first stop is the skip link');
	await page.keyboard.press('Enter');
	await becomes(() => page.evaluate(() => document.activeElement.id), 'main', 'keys: it leads to the content');
	await page.locator('details.profile summary').focus();
	await page.keyboard.press('Enter');
	ok(await page.getByRole('button', { name: 'Sign Out' }).isVisible(), 'keys: the menu opens');
	await page.keyboard.press('Escape');
	ok(!(await page.getByRole('button', { name: 'Sign Out' }).isVisible()), 'keys: Escape closes it');

	await page.goto(`${site.base}/course/${course}/preview?lesson=1`);
	await page.locator('form.quiz').nth(1).locator('input[type=radio]').first().focus();
	await page.keyboard.press('ArrowDown');
	await page.keyboard.press('ArrowUp');
	await page.keyboard.press('Tab');
	is(await focused(), 'Check Answer', 'keys: from the options to the button');
	await page.keyboard.press('Enter');
	await page.locator('form.quiz').nth(1).getByText('Correct', { exact: true }).waitFor();
	await becomes(async () => (await focused()).includes('Correct'), true, 'keys: the result has the focus, so it is read out');
	const outline = await page.getByRole('button', { name: 'Next' }).evaluate((b) => {
		b.focus({ focusVisible: true });
		return getComputedStyle(b).outlineStyle;
	});
	is(outline, 'solid', 'keys: the focus is visible');
}

async function screens(browser, site, course) {
	const pages = [['landing', '/'], ['terms', '/terms'], ['not-found', '/nothing-here'],
		['dashboard', '/dashboard'], ['library', '/content-library'],
		['library-empty', '/content-library?q=zebra'], ['player', `/course/${course}/preview?lesson=1`],
		['player-finished', `/course/${course}/preview?finished=1`],
		['export', `/course/${course}/export`], ['settings', '/settings'], ['teams', '/teams']];

	for (const colorScheme of ['light', 'dark']) {
		const { context, page } = await open(browser, { colorScheme, reducedMotion: 'reduce', bypassCSP: true });
		await page.goto(`${site.base}/auth/login`);
		for (const [width, height] of WIDTHS) {
			await page.setViewportSize({ width, height });
			await shot(page, `login-${width}-${colorScheme}`);
		}
		await axe(page, `login, ${colorScheme}`);
		await signIn(page, site, 'owner');
		for (const [name, target] of pages) {
			await page.goto(site.base + target);
			for (const [width, height] of WIDTHS) {
				await page.setViewportSize({ width, height });
				await shot(page, `${name}-${width}-${colorScheme}`, { fullPage: true });
				ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth),
					`${name} at ${width} does not scroll sideways`);
			}
			await axe(page, `${name}, wide, ${colorScheme}`);
			if (colorScheme === 'dark') continue;
			await page.setViewportSize({ width: WIDTHS[0][0], height: WIDTHS[0][1] });
			await axe(page, `${name}, phone, ${colorScheme}`);
		}
		await context.close();
	}
}

// 320 px wide is 400 % zoom of 1280.
async function narrow(browser, site, course) {
	const { context, page } = await open(browser, { viewport: { width: 320, height: 640 },
		javaScriptEnabled: false, reducedMotion: 'reduce' });
	await signIn(page, site, 'owner');
	for (const target of ['/dashboard', '/content-library', `/course/${course}/preview?lesson=1`]) {
		await page.goto(site.base + target);
		is(await page.locator('html').evaluate((html) => html.scrollWidth), 320, `no sideways scrolling at 320: ${target.slice(0, 20)}`);
	}
	await page.goto(`${site.base}/content-library`);
	await page.getByRole('link', { name: 'Open menu' }).click();
	await page.getByRole('navigation', { name: 'Main' }).waitFor();
	ok(true, 'the drawer opens without script');
	await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Settings' }).click();
	ok(page.url().endsWith('/settings'), 'and leads on');
	await page.goto(`${site.base}/course/${course}/preview?lesson=1`);
	await page.getByRole('link', { name: 'Contents' }).click();
	await page.getByRole('navigation', { name: 'Contents' }).getByRole('link', { name: 'Your badge' }).click();
	is(await page.getByRole('heading', { level: 1 }).innerText(), 'Your badge', 'the contents open without script');
	await context.close();
}

// get., app., api. and auth. below one domain, beside the single host.
async function fourHosts(browser, site, course) {
	const { context, page } = await open(browser);

	await page.goto(`${site.host('get')}/`);
	ok((await page.title()).startsWith('Training from your documents'), 'get.: the landing page');
	await through(page.getByRole('link', { name: 'Sign In', exact: true }));
	ok(page.url().startsWith(`${site.host('app')}/auth/login?flow=`), 'get.: signing in is on app.');
	await fillLogin(page, 'owner@acme.example', PASSWORD);
	await page.waitForURL(`${site.host('app')}/dashboard`);
	ok(true, 'app.: signed in');
	await page.goto(`${site.host('app')}/`);
	is(page.url(), `${site.host('app')}/dashboard`, 'app.: / leads to the dashboard');
	await page.goto(`${site.host('get')}/course/${course}/preview?lesson=2`);
	is(page.url(), `${site.host('app')}/course/${course}/preview?lesson=2`, 'get.: pages lead to app., query kept');
	await page.goto(`${site.host('app')}/content-library`);
	await page.locator('details.profile summary').click();
	await page.getByRole('button', { name: 'Sign Out' }).click();
	await page.waitForURL(`${site.host('get')}/`);
	ok(true, 'app.: signing out leads to get.');
	await context.close();
}

function routes(site) {
	const at = (host, target, args) => get(site, host, target, { args });
	const post = ['-X', 'POST', '-H', 'Content-Type: application/json', '-d', '{}'];
	const rpc = '/mirai.v1.HealthService/Check';
	const four = (name) => `${name}.mirai.localhost`;

	for (const host of ['localhost', four('app'), four('api')]) {
		is(at(host, rpc, post).status, 200, `${host}: calls are answered`);
		is(at(host, '/health', []).status, 200, `${host}: /health`);
	}
	for (const host of [four('get'), four('auth')]) ok(at(host, rpc, post).status >= 400, `${host}: calls are not`);
	for (const host of ['localhost', four('app'), four('auth')])
		is(at(host, '/sessions/whoami', []).status, 401, `${host}: the identity service answers`);
	is(at(four('auth'), '/health/ready', []).status, 200, 'auth.: its own health');
	for (const host of [four('get'), four('api')])
		is(at(host, '/sessions/whoami', []).status, 404, `${host}: it does not`);
	for (const host of ['localhost', four('get'), four('app'), four('api'), four('auth')]) {
		for (const target of ['/admin/identities', '/admin', '/%61dmin/identities'])
			is(at(host, target, []).status, 404, `${host}: no ${target}`);
		is(at(host, '/api/health', []).status, 200, `${host}: /api/health`);
	}
	is(at(four('api'), '/dashboard', []).status, 404, 'api.: no pages');
	is(at(four('auth'), '/', []).status, 404, 'auth.: no pages');

	const css = at('localhost', '/static/mirai.css?v=1', []);
	is([css.status, css.headers['content-type'], css.headers['cache-control']],
		[200, 'text/css;charset=utf-8', 'public, max-age=31536000, immutable'], 'style with a version is kept for ever');
	is(at('localhost', '/static/mirai.css', []).headers['cache-control'], 'public, max-age=300', 'and without, briefly');
	is(at('localhost', '/static/mirai.js', []).headers['content-type'], 'text/javascript;charset=utf-8', 'script');
	is(at('localhost', '/favicon.ico', []).headers['content-type'], 'image/svg+xml', 'the icon');
	is(at('localhost', '/static/../web.c', []).status, 404, 'nothing beside the static files');
	is(at('localhost', '/static/none.css', []).status, 404, 'no such file');
	ok(at('localhost', '/static/', []).status >= 400, 'no listing');

	const policy = at('localhost', '/', []).headers['content-security-policy'];
	ok(policy.includes("script-src 'self';") && !policy.includes('unsafe'), 'the content security policy is strict');
	is(at('localhost', '/', ['-H', 'Accept-Encoding: gzip, br']).headers['content-encoding'], undefined,
		'pages are not compressed');
	is(at('localhost', rpc, [...post, '-H', `X-Long: ${'x'.repeat(20000)}`]).status, 200, 'headers up to 32 KiB');
	is(at('localhost', '/', ['-H', `X-Long: ${'x'.repeat(40000)}`]).status, 431, 'and no more');
}

// One of each form with a token of somebody else, or none.
async function forgery(browser, site, course) {
	const { context, page } = await open(browser);
	await signIn(page, site, 'owner');
	const own = await context.newPage();
	await own.goto(`${site.base}/course/${course}/preview?lesson=1`);
	const token = await own.locator('input[name=csrf]').first().inputValue();
	const send = (target, form) => context.request.post(site.base + target, { form, maxRedirects: 0 });

	for (const target of [`/course/${course}/preview?lesson=1`, `/course/${course}/export`, '/auth/logout'])
		for (const csrf of ['', 'x', `${token.slice(0, -1)}!`])
			is((await send(target, { csrf, action: 'finish' })).status(), 403, `a forged token is refused: ${target.slice(0, 8)}`);
	is((await send(`/course/${course}/preview?lesson=1`, { csrf: token, action: 'answer', question: 'b3', option: 'zzz' })).status(),
		400, 'an option that is none');
	is((await send(`/course/${course}/preview?lesson=9`, { csrf: token, action: 'finish' })).status(), 404, 'a lesson that is none');
	is((await send(`/course/${course}/preview?lesson=1`, { csrf: token, action: 'dance' })).status(), 400, 'an action that is none');
	await context.close();
}

await main(async () => {
	const site = await startSite();
	const browser = await launch();
	try {
		const made = await call(site, 'owner@acme', 'CourseService/CreateCourse', request);
		const course = made.course.id;
		routes(site);
		await takeCourse(browser, site, course, true);
		await call(site, 'owner@acme', 'CourseService/DeleteCourse', { id: course });
		const second = (await call(site, 'owner@acme', 'CourseService/CreateCourse', request)).course.id;
		await takeCourse(browser, site, second, false);
		const { context, page } = await open(browser, { acceptDownloads: true, bypassCSP: true });
		await signIn(page, site, 'owner');
		await findInLibrary(page, site);
		await keyboardOnly(page, site, second);
		await exportCourse(page, site, second);
		await context.close();
		const foreign = await open(browser);
		await foreign.page.goto(`${site.base}/auth/login`);
		await fillLogin(foreign.page, 'owner@other.example', PASSWORD);
		await foreign.page.waitForURL('**/dashboard');
		for (const target of ['preview', 'export'])
			is((await foreign.page.goto(`${site.base}/course/${second}/${target}`)).status(), 404,
				`another company's course is not there: ${target}`);
		await foreign.context.close();
		await forgery(browser, site, second);
		await narrow(browser, site, second);
		await fourHosts(browser, site, second);
		await screens(browser, site, second);
	} finally {
		await browser.close();
		if (process.env.SITE_LOGS) for (const n of ['web', 'identity', 'lighttpd']) console.log(site.log(n).replace(/^/gm, `# ${n}: `));
		site.stop();
	}
});
