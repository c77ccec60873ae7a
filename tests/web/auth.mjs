// The pages of one's own account in a real browser, with script and without:
// signing in and out, flows that expire, recovery, the new password, proving
// again who one is, settings, sessions, errors. Each page is held against
// axe-core and looked at in three widths, light and dark.
import { PASSWORD, is, main, ok, startSite } from './kit/site.mjs';
import { age, axe, email, expire, fill, flowOf, focused, launch, open, password, picture, settled, signIn,
	signInButton, sql } from './kit/account.mjs';
import { becomes, shows } from './kit/wait.mjs';

// --- journeys, with script and without ------------------------------------------

async function login(browser, site, script) {
	const how = `login ${script ? 'with' : 'without'} script`;
	const { context, complaints, page } = await open(browser, { javaScriptEnabled: script });

	await page.goto(`${site.base}/auth/login?checkout=success`);
	ok(flowOf(page) !== null, `${how}: a flow begins`);
	ok(await page.getByText('Your payment was successful').isVisible(), `${how}: the payment is confirmed`);
	is(await page.title(), 'Sign In · Mirai', `${how}: the title`);
	await fill(page, 'instructor', 'wrong-Password-1');
	await page.getByRole('alert').first().waitFor();
	is(await email(page).inputValue(), 'instructor@acme.example', `${how}: the address stays`);
	is(await password(page).inputValue(), '', `${how}: the password does not`);
	await shows(page.getByText('Your payment was successful'), `${how}: the payment is still confirmed`);
	if (script) is(await focused(page), 'banner banner-error', `${how}: the message has the focus, so it is read out`);
	await fill(page, 'instructor');
	// Script takes the question from the address at once.
	await page.waitForURL((url) => url.pathname === '/dashboard');
	await page.locator('[data-arrival]').waitFor();
	ok(true, `${how}: signed in, the marker is passed on`);
	await page.goto(`${site.base}/auth/login`);
	is(page.url(), `${site.base}/dashboard`, `${how}: who is signed in has no business there`);
	is(complaints.filter((t) => !t.includes('400')), [], `${how}: nothing on the console`);
	await context.close();
}

async function expiredLogin(browser, site, script) {
	const how = `expired ${script ? 'with' : 'without'} script`;
	const { context, page } = await open(browser, { javaScriptEnabled: script });

	await page.goto(`${site.base}/auth/login?return_to=%2Fcontent-library`);
	const first = flowOf(page);
	expire(page);
	await page.reload();
	ok(flowOf(page) !== first, `${how}: reading brings a new flow`);
	is(await page.locator('.banner').count(), 0, `${how}: without a word`);
	const second = flowOf(page);
	expire(page);
	await fill(page, 'instructor');
	await page.getByText('expired').first().waitFor();
	ok(flowOf(page) !== second, `${how}: submitting brings a new flow, which says so`);
	await fill(page, 'instructor');
	await page.waitForURL(`${site.base}/content-library`);
	ok(true, `${how}: and leads where the first one would have`);
	await context.close();
}

async function logout(browser, site, script) {
	const how = `logout ${script ? 'with' : 'without'} script`;
	const { context, page } = await open(browser, { javaScriptEnabled: script });

	await signIn(page, site, 'sme');
	// A second session by token, as a page script may have stored it.
	const token = `ory_st_${'T'.repeat(31)}${script ? 'a' : 'b'}`;
	sql(`INSERT INTO sessions (identity_id, token_hash, expires_at) SELECT id, sha256('${token}'), now() + interval '1 hour'
		FROM identities WHERE traits ->> 'email' = 'sme@acme.example'`);
	await context.addCookies([{ name: 'ory_session_token', value: token, url: site.base }]);
	if (script) await page.evaluate(() => { localStorage.draftCourse = 'x'; localStorage.currentCourseState = 'y'; });
	await page.goto(`${site.base}/dashboard`);
	const before = sql('SELECT coalesce(max(id), 0) FROM audit');
	await page.locator('details.profile summary').click();
	await page.getByRole('button', { name: 'Sign Out' }).click();
	await page.waitForURL(`${site.base}/`);
	is((await context.cookies()).filter((c) => /^ory_/.test(c.name)), [], `${how}: both cookies are gone`);
	is(sql(`SELECT active FROM sessions WHERE token_hash = sha256('${token}')`), 'f', `${how}: the session by token has ended`);
	is(sql(`SELECT count(*) FROM audit WHERE action = 'logout' AND id > ${before}`), '2', `${how}: both are in the audit trail`);
	if (script) is(await page.evaluate(() => localStorage.length), 0, `${how}: no draft is left`);
	await page.goto(`${site.base}/dashboard`);
	ok(page.url().includes('/auth/login'), `${how}: signed out`);
	is((await context.request.get(`${site.base}/auth/logout`)).status(), 405, `${how}: by POST only`);
	await context.close();
}

async function settingsPassword(browser, site, script) {
	const how = `password ${script ? 'with' : 'without'} script`;
	const { context, complaints, page } = await open(browser, { javaScriptEnabled: script });
	const fresh = script ? 'Quiet-Meadow-42!' : 'Loud-Harbour-17!';
	const who = script ? 'elder' : 'lonely';
	const change = async (first, again = first) => {
		await password(page).fill(first);
		if (script) await page.getByLabel('Confirm Password').fill(again);
		await page.getByRole('button', { name: 'Save' }).click();
	};

	await signIn(page, site, who);
	await page.goto(`${site.base}/auth/settings?tab=password`);
	ok(flowOf(page) !== null, `${how}: a flow begins`);
	is(await page.getByRole('link', { name: 'Password' }).getAttribute('aria-current'), 'page', `${how}: the tab survives`);
	is(await page.getByLabel('Confirm Password').isVisible(), script, `${how}: the second field is script's`);
	is(await password(page).getAttribute('autocomplete'), 'new-password', `${how}: a new one is asked for`);
	await change('short');
	await page.locator('.field-error').filter({ hasText: 'at least' }).waitFor();
	is(await password(page).getAttribute('aria-invalid'), 'true', `${how}: the field is marked`);
	const note = await password(page).getAttribute('aria-describedby');
	ok((await page.locator(`[id="${note}"]`).innerText()).includes('at least'), `${how}: and linked to the message`);
	if (script) {
		is(await focused(page), 'input', `${how}: and has the focus`);
		await becomes(() => page.locator('p.sr[role=status]').last().innerText(), 'One field needs correction.', `${how}: which is said`);
		await change(fresh, 'something else');
		ok(await page.getByText('The passwords do not match.').isVisible(), `${how}: a mismatch is told`);
		is(await page.locator('.banner-success').count(), 0, `${how}: and is not sent`);
		await page.getByRole('button', { name: 'Show password' }).first().click();
		is(await password(page).getAttribute('type'), 'text', `${how}: the password can be seen`);
	}
	await change(fresh);
	await page.locator('.banner-success').waitFor();
	is(await page.getByRole('link', { name: 'Password' }).getAttribute('aria-current'), 'page', `${how}: saved on its tab`);
	is(complaints.filter((t) => !t.includes('400')), [], `${how}: nothing on the console`);
	await context.close();
	const again = await open(browser);
	await signIn(again.page, site, who, fresh);
	ok(true, `${how}: the new one signs in`);
	await again.context.close();
}

// A change that needs a fresh proof waits for it, and is made then.
async function freshProof(browser, site, script) {
	const how = `fresh proof ${script ? 'with' : 'without'} script`;
	const { context, page } = await open(browser, { javaScriptEnabled: script });
	const [old, fresh] = script ? [PASSWORD, 'Other-Password-9!'] : ['Other-Password-9!', 'Third-Password-9!'];

	await signIn(page, site, 'instructor2', old);
	await page.goto(`${site.base}/auth/settings?tab=password`);
	age('instructor2', '1 hour');
	const flow = flowOf(page);
	await password(page).fill(fresh);
	if (script) await page.getByLabel('Confirm Password').fill(fresh);
	await page.getByRole('button', { name: 'Save' }).click();
	await page.waitForURL('**/auth/login?flow=*');
	ok(await page.getByText('Confirm that it is you.').isVisible(), `${how}: asked for`);
	is(await email(page).count(), 0, `${how}: of the same person`);
	await password(page).fill('wrong-Password-1');
	await signInButton(page).click();
	await page.getByRole('alert').first().waitFor();
	await password(page).fill(old);
	await signInButton(page).click();
	await page.waitForURL(`**/auth/settings?*${flow}*`);
	await page.locator('.banner-success').waitFor();
	is(await page.getByRole('link', { name: 'Password' }).getAttribute('aria-current'), 'page', `${how}: the change is made, on its tab`);
	await context.close();
	const again = await open(browser);
	await signIn(again.page, site, 'instructor2', fresh);
	ok(true, `${how}: the new password signs in`);
	await again.context.close();
}

async function profile(browser, site, script) {
	const how = `profile ${script ? 'with' : 'without'} script`;
	const { context, complaints, page } = await open(browser, { javaScriptEnabled: script });
	const first = () => page.getByLabel('First', { exact: false });

	await signIn(page, site, 'legacy');
	await page.locator('details.profile summary').click();
	await page.getByRole('link', { name: 'Profile' }).click();
	await settled(page);
	ok(flowOf(page) !== null, `${how}: reached from the menu`);
	is(await page.getByRole('link', { name: 'Profile' }).getAttribute('aria-current'), 'page', `${how}: the first tab`);
	is(await email(page).inputValue(), 'legacy@acme.example', `${how}: what is known is there`);
	await first().evaluate((e) => e.removeAttribute('required'));
	await first().fill('');
	await page.getByLabel('Last', { exact: false }).fill('Kept');
	await page.getByRole('button', { name: 'Save' }).click();
	await page.locator('.field-error').first().waitFor();
	is(await first().getAttribute('aria-invalid'), 'true', `${how}: what is missing is marked`);
	is(await page.getByLabel('Last', { exact: false }).inputValue(), 'Kept', `${how}: what was typed stays`);
	await first().fill(script ? 'Leandra' : 'Leonora');
	await page.getByRole('button', { name: 'Save' }).click();
	await page.locator('.banner-success').waitFor();
	is(sql(`SELECT traits -> 'name' ->> 'first' FROM identities WHERE traits ->> 'email' = 'legacy@acme.example'`),
		script ? 'Leandra' : 'Leonora', `${how}: saved`);
	await page.getByRole('link', { name: 'Back to the dashboard' }).click();
	await page.waitForURL('**/dashboard');
	ok((await page.locator('details.profile').innerText()).includes(script ? 'Leandra' : 'Leonora'), `${how}: shown everywhere`);
	is(complaints.filter((t) => !t.includes('400')), [], `${how}: nothing on the console`);
	await context.close();
}

async function endAccount(browser, site, script) {
	const how = `account ${script ? 'with' : 'without'} script`;
	const { context, page } = await open(browser, { javaScriptEnabled: script, acceptDownloads: true });

	await signIn(page, site, 'sme');
	await page.goto(`${site.base}/auth/settings?tab=account`);
	const link = await page.getByRole('link', { name: /export|download|copy/i }).first().getAttribute('href');
	const copy = await context.request.get(link);
	is([copy.status(), (await copy.text()).includes('sme@acme.example')], [200, true], `${how}: a copy of one's data`);
	await page.locator('.removal summary').click();
	await page.locator('.removal').getByRole('button').click();
	await page.waitForURL('**/auth/login*');
	await fill(page, 'sme');
	await page.waitForURL('**/dashboard');
	await page.goto(`${site.base}/auth/settings?tab=account`);
	ok(await page.getByText('deleted on').first().isVisible(), `${how}: the day is told`);
	is(await page.locator('.removal').count(), 0, `${how}: no second end`);
	await page.getByRole('button', { name: /keep/i }).click();
	await page.locator('.banner-success').waitFor();
	await becomes(() => page.locator('.removal').count(), 1, `${how}: kept after all`);
	await context.close();
}

async function sessions(browser, site, script) {
	const how = `sessions ${script ? 'with' : 'without'} script`;
	const { context, page } = await open(browser, { javaScriptEnabled: script });
	const others = [];
	const before = sql('SELECT coalesce(max(id), 0) FROM audit');
	sql(`UPDATE sessions SET active = false WHERE identity_id = (SELECT id FROM identities WHERE traits ->> 'email' = 'legacy@acme.example')`);
	for (const userAgent of ['Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605 Version/17.0 Mobile Safari/604.1',
		'Mozilla/5.0 (Windows NT 10.0; rv:128.0) Gecko/20100101 Firefox/128.0', 'strange']) {
		const other = await open(browser, { userAgent });
		await signIn(other.page, site, 'legacy');
		others.push(other);
	}
	await signIn(page, site, 'legacy');
	await page.goto(`${site.base}/auth/settings?tab=sessions`);
	const rows = page.locator('.session');
	is(await rows.count(), 4, `${how}: all four are listed`);
	is((await rows.locator('strong').allInnerTexts()).slice(1), ['Unknown device', 'Firefox on Windows', 'Safari on iPhone'],
		`${how}: newest first, by device`);
	ok(await rows.first().getByText('This device').isVisible(), `${how}: this one is marked`);
	is(await rows.first().getByRole('button').count(), 0, `${how}: and cannot be ended here`);
	if (script) await page.evaluate(() => { globalThis.kept = true; });
	await page.getByRole('button', { name: 'End session of Safari on iPhone' }).click();
	await page.getByText('The session was ended.').waitFor();
	await becomes(() => rows.count(), 3, `${how}: one is gone`);
	if (script) ok(await page.evaluate(() => globalThis.kept), `${how}: the page was not left`);
	await others[0].page.goto(`${site.base}/dashboard`);
	ok(others[0].page.url().includes('/auth/login'), `${how}: its browser is signed out at once`);
	await others[1].page.goto(`${site.base}/dashboard`);
	ok(others[1].page.url().endsWith('/dashboard'), `${how}: the others are not`);

	// What another person's session, or one that is over, makes of the form.
	const csrf = await page.locator('form[data-swap] input[name=csrf]').first().inputValue();
	const foreign = sql(`SELECT s.id FROM sessions s JOIN identities i ON i.id = s.identity_id
		WHERE traits ->> 'email' = 'owner@other.example' AND active LIMIT 1`);
	for (const session of [foreign, 'nonsense', '']) {
		const r = await context.request.post(`${site.base}/auth/settings`, { form: { csrf, action: 'end', session }, maxRedirects: 0 });
		is([r.status(), r.headers().location.split('&')[2]], [303, 'ended=0'], `${how}: not ended: ${session.slice(0, 8)}`);
	}
	is(sql(`SELECT active FROM sessions WHERE id = '${foreign}'`), 't', `${how}: another's session lives`);
	is((await context.request.post(`${site.base}/auth/settings`, { form: { csrf: 'x', action: 'end_others' }, maxRedirects: 0 })).status(),
		403, `${how}: a forged form is refused`);
	is((await context.request.post(`${site.base}/auth/settings`, { form: { csrf, action: 'dance' }, maxRedirects: 0 })).status(),
		400, `${how}: an action that is none`);

	await page.getByRole('button', { name: 'End all others' }).click();
	await page.getByText('The other sessions were ended.').waitFor();
	await settled(page);
	is(await rows.count(), 1, `${how}: only this one is left`);
	is(await page.getByRole('button', { name: 'End all others' }).count(), 0, `${how}: nothing more to end`);
	await others[1].page.goto(`${site.base}/dashboard`);
	ok(others[1].page.url().includes('/auth/login'), `${how}: all are signed out`);
	is(sql(`SELECT string_agg(action, ' ' ORDER BY id) FROM audit WHERE action LIKE 'session.revoke%' AND id > ${before}`),
		'session.revoke session.revoke_others', `${how}: in the audit trail`);
	for (const other of others) await other.context.close();
	await context.close();
}

async function registration(browser, site, script) {
	const how = `registration ${script ? 'with' : 'without'} script`;
	const { context, page } = await open(browser, { javaScriptEnabled: script });

	await page.goto(`${site.base}/auth/registration`);
	await page.getByRole('link', { name: 'Other ways to sign up' }).click();
	await page.waitForURL('**/auth/registration?flow=*');
	is(await page.title(), 'Create Account · Mirai', `${how}: the form`);
	await email(page).fill('owner@acme.example');
	await page.getByLabel('First', { exact: false }).fill('Petra');
	await page.getByLabel('Last', { exact: false }).fill('Vogel');
	await password(page).fill('Green-Lantern-88!');
	if (script) await page.getByLabel('Confirm Password').fill('Green-Lantern-88!');
	await page.getByRole('button', { name: 'Sign up' }).click();
	await page.getByText('exists already').waitFor();
	is(await page.getByLabel('First', { exact: false }).inputValue(), 'Petra', `${how}: nothing typed is lost`);
	await context.close();
}

// --- once -----------------------------------------------------------------------

async function errors(browser, site) {
	const { context, page } = await open(browser);

	await page.goto(`${site.base}/self-service/login/browser?aal=nonsense`);
	ok(page.url().includes('/auth/error?id='), 'error: a refusal has its page');
	is(await page.title(), 'That did not work · Mirai', 'error: the title');
	ok(await page.getByText('400').isVisible(), 'error: the status');
	ok(await page.getByText('The aal parameter must be aal1 or aal2.').isVisible(), 'error: the reason');
	await axe(page, 'error');
	await page.getByRole('link', { name: 'Back to Login' }).click();
	await page.waitForURL('**/auth/login*');
	ok(true, 'error: the way back');
	await page.goto(`${site.base}/auth/error?id=b5000000-0000-4000-8000-000000000001`);
	ok(await page.getByText('Something went wrong').isVisible(), 'error: one that is gone');
	await page.getByRole('link', { name: 'Go to Homepage' }).click();
	await page.waitForURL(`${site.base}/`);
	ok(true, 'error: the way home');
	await context.close();
}

// Every kind of node, and what must not come of one: whatever the flow, its
// page shows it and runs nothing of it.
const NODE = (type, group, attributes, label, messages = []) => ({ type, group, messages,
	attributes: { node_type: type, ...attributes }, meta: label ? { label: { id: 1, text: label, type: 'info' } } : {} });
const INPUT = (name, type, more = {}, label = name, messages = []) =>
	NODE('input', more.group ?? 'default', { name, type, disabled: false, ...more }, label, messages);
const UI = {
	messages: [{ id: 1, text: 'It lasts 15.00 minutes <b>', type: 'info' }, { id: 2, text: 'That is done.', type: 'success' }],
	nodes: [
		INPUT('shade', 'hidden', { value: '"><i>' }), INPUT('traits.email', 'email', { required: true }, 'Mail'),
		INPUT('identifier', 'text', { value: 'x@y.example' }, 'ID', [{ id: 3, text: 'Not this one.', type: 'error' }, { id: 4, text: 'Try another.', type: 'info' }]),
		INPUT('phone', 'tel'), INPUT('many', 'number', { value: 7 }), INPUT('day', 'date'), INPUT('site', 'url', { disabled: true }),
		INPUT('at', 'datetime-local'), INPUT('password', 'password', { value: 'leaked', group: 'password' }, 'Password'),
		INPUT('code', 'text', { pattern: '[0-9]+', maxlength: 6, group: 'code' }, 'Code'),
		INPUT('agree', 'checkbox', { value: true }, 'I agree'), INPUT('other', 'colour-of-the-day'),
		INPUT('method', 'submit', { value: 'password', group: 'password' }, 'Go on'),
		INPUT('email', 'submit', { value: 'x@y.example', group: 'code' }, 'Resend code'),
		INPUT('provider', 'submit', { value: 'acme', group: 'oidc' }, 'Sign in with <Acme>'),
		NODE('div', 'default', { id: 'hole' }), NODE('nonsense', 'default', { id: 'none' }, 'Nonsense'),
		NODE('a', 'default', { href: 'javascript:alert(1)', title: { text: 'Bad link' } }),
		NODE('a', 'default', { href: '/terms', title: { text: 'Good link' } }),
		NODE('img', 'totp', { src: `data:image/png;base64,${'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg=='}`, id: 'totp_qr' }, 'Scan this'),
		NODE('img', 'totp', { src: 'javascript:alert(2)' }, 'Bad image'),
		NODE('text', 'totp', { id: 'totp_secret_key', text: { id: 5, text: 'JBSWY3DPEHPK3PXP', type: 'info' } }, 'Secret'),
		INPUT('totp_code', 'text', { group: 'totp', required: true }, 'App code'),
		INPUT('method', 'submit', { value: 'totp', group: 'totp' }, 'Verify'),
		INPUT('totp_unlink', 'submit', { value: 'true', group: 'totp' }, 'Unlink app'),
		NODE('text', 'lookup_secret', { id: 'lookup_secret_codes', text: { id: 6, type: 'info', text: 'x', context: { secrets: [
			{ id: 1050009, text: 'abcd2345', type: 'info', context: { secret: 'abcd2345' } },
			{ id: 1050014, text: 'Used yesterday', type: 'info', context: { used_at: 'x' } }] } } }, 'Back-up codes'),
		INPUT('webauthn_login_trigger', 'button', { group: 'webauthn', value: '{}', onclick: 'alert(3)', onclickTrigger: 'oryWebAuthnLogin' }, 'Use key'),
		INPUT('evil_trigger', 'button', { group: 'webauthn', onclick: 'alert(4)', onclickTrigger: 'alert' }, 'Evil'),
		NODE('script', 'webauthn', { src: 'https://evil.example/x.js', integrity: 'sha512-x', id: 'bad' }),
	],
};

async function anyNode(browser, site) {
	const { context, page, complaints } = await open(browser);
	const attribute = (selector, name) => page.locator(selector).getAttribute(name);

	await page.goto(`${site.base}/auth/login`);
	sql(`UPDATE flows SET ui = $ui$${JSON.stringify(UI)}$ui$ WHERE id = '${flowOf(page)}'`);
	const answer = await page.reload();
	ok(await page.getByText('It lasts 15 minutes <b>').isVisible(), 'nodes: messages are text, minutes whole');
	is(await page.locator('.banner-success').innerText(), 'That is done.', 'nodes: tones');
	is(await page.locator('form').count(), 6, 'nodes: a form for each way');
	is(await page.locator('form:not(:has(input[name=csrf_token]))').count(), 0, 'nodes: with the token in each');
	is(await page.locator('form:not(:has(input[name=shade]))').count(), 0, 'nodes: and what is hidden');
	is(await page.locator('input[name=shade]').first().inputValue(), '"><i>', 'nodes: values are escaped');
	is(await attribute('[name="traits.email"]', 'autocomplete'), 'email', 'nodes: autocomplete');
	is(await attribute('[name=code]', 'autocomplete'), 'one-time-code', 'nodes: of codes');
	is([await attribute('[name=code]', 'pattern'), await attribute('[name=code]', 'maxlength')], ['[0-9]+', '6'], 'nodes: pattern and length');
	is(await attribute('[name="traits.email"]', 'required'), '', 'nodes: required');
	is(await attribute('[name=site]', 'disabled'), '', 'nodes: disabled');
	is(await attribute('[name=phone]', 'pattern'), null, 'nodes: no rule, no attribute');
	const notes = await attribute('[name=identifier]', 'aria-describedby');
	is(await page.locator(`[id="${notes}"] p`).allInnerTexts(), ['Not this one.', 'Try another.'], 'nodes: messages belong to their field');
	is(await attribute('[name=identifier]', 'aria-invalid'), 'true', 'nodes: which is marked');
	await shows(page.locator('[name=identifier]:focus'), 'nodes: and has the focus');
	is(await attribute('[name=password]', 'value'), null, 'nodes: a password is never put back');
	is(await page.locator('[name=agree]').evaluateAll((l) => l.map((e) => [e.type, e.value, e.checked])),
		[['hidden', 'false', false], ['checkbox', 'true', true]], 'nodes: a box says no, too');
	for (const type of ['tel', 'date', 'datetime-local', 'url', 'number']) is(await page.locator(`input[type=${type}]`).count(), 1, `nodes: ${type}`);
	is(await page.locator('[name=other], #hole, #none, #bad').count(), 0, 'nodes: unknown kinds are left out');
	is(await page.getByText('Nonsense').count(), 0, 'nodes: with their labels');
	is(await page.getByRole('link', { name: 'Bad link' }).getAttribute('href'), '#', 'nodes: a link leads nowhere bad');
	is(await page.getByRole('link', { name: 'Good link' }).getAttribute('href'), '/terms', 'nodes: a good one does');
	is(await page.locator('img[src^="javascript"], [onclick], script:not([src^="/static/"])').count(), 0, 'nodes: nothing of it runs');
	is(await page.getByRole('img', { name: 'Scan this' }).count(), 1, 'nodes: a picture is named');
	ok(await page.getByText('JBSWY3DPEHPK3PXP').isVisible(), 'nodes: a secret to type');
	is(await page.locator('.codes li').allInnerTexts(), ['abcd2345', 'Used yesterday'], 'nodes: codes and used ones');
	is(await page.getByRole('button', { name: 'Copy' }).count(), 2, 'nodes: to copy');
	is(await page.getByRole('button', { name: 'Print' }).count(), 1, 'nodes: to print');
	is(await attribute('[name=webauthn_login_trigger]', 'data-trigger'), 'oryWebAuthnLogin', 'nodes: a key is script\'s');
	is(await page.getByRole('button', { name: 'Evil' }).count(), 0, 'nodes: no other function is called');
	is(await page.locator('form', { has: page.locator('[name=identifier]') }).getByRole('button').allInnerTexts(),
		['Show', 'Go on', 'Resend code'], 'nodes: the buttons of the main form');
	is(await page.getByRole('button', { name: 'Resend code' }).getAttribute('formnovalidate'), '', 'nodes: a second way asks for no field of the first');
	is(await page.getByRole('button', { name: 'Unlink app' }).isVisible(), false, 'nodes: taking away is asked twice');
	await page.locator('summary', { hasText: 'Unlink app' }).click();
	ok(await page.getByRole('button', { name: 'Unlink app' }).isVisible(), 'nodes: and then done');
	is(await page.locator('form', { has: page.locator('[name=totp_unlink]') }).locator('[name=totp_code]').count(), 0, 'nodes: in a form of its own');
	ok(/form-action [^;]* https:/.test(answer.headers()['content-security-policy']), 'nodes: a provider may be anywhere');
	is(complaints, [], 'nodes: nothing on the console');
	await context.close();
}

// A flow of another browser, of another person; a browser without cookies.
async function strangers(browser, site) {
	const mine = await open(browser);
	const other = await open(browser);

	await mine.page.goto(`${site.base}/auth/login`);
	const flow = flowOf(mine.page);
	await other.page.goto(`${site.base}/auth/login?flow=${flow}`);
	ok(await other.page.getByText('belongs to another browser').isVisible(), 'strangers: without a cookie one is told, not sent round');
	await other.page.getByRole('link', { name: 'Start again' }).click();
	await other.page.waitForURL((url) => ![null, flow].includes(url.searchParams.get('flow')));
	ok(true, 'strangers: and can start again');
	await other.page.goto(`${site.base}/auth/login?flow=${flow}`);
	ok(flowOf(other.page) !== flow, 'strangers: a flow of another browser is replaced');
	await signIn(mine.page, site, 'owner');
	await mine.page.goto(`${site.base}/auth/settings`);
	const settings = flowOf(mine.page);
	const cookies = (await mine.context.cookies()).filter((c) => c.name.startsWith('csrf_token'));
	await signIn(other.page, site, 'instructor');
	await other.context.addCookies(cookies);
	await other.page.goto(`${site.base}/auth/settings?flow=${settings}`);
	ok(flowOf(other.page) !== settings, 'strangers: settings of another person are not shown, CSRF cookie or not');
	await mine.context.clearCookies({ name: 'ory_kratos_session' });
	await mine.page.goto(`${site.base}/auth/settings?flow=${settings}`);
	ok(mine.page.url().includes('/auth/login'), 'strangers: nor to nobody');
	await mine.context.close();
	await other.context.close();
}

// The identity database refuses: three tries, then only a fresh start, which
// works as soon as the database does.
async function brokenDatabase(browser, site) {
	const { context, page } = await open(browser);
	const what = 'EXECUTE ON FUNCTION page_flow(uuid, text, text, text, text)';

	await page.goto(`${site.base}/auth/login`);
	const flow = flowOf(page);
	sql(`REVOKE ${what} FROM mirai_identity_reader`);
	try {
		is((await page.reload()).status(), 503, 'failure: said as such');
		for (const n of [1, 2, 3]) {
			await page.getByRole('link', { name: 'Try again' }).click();
			await page.waitForURL(`${site.base}/auth/login?flow=${flow}&retry=${n}`);
			ok(true, `failure: try ${n}`);
		}
		is(await page.getByRole('link', { name: 'Try again' }).count(), 0, 'failure: no fourth');
		await axe(page, 'failure');
		is((await page.goto(`${site.base}/auth/recovery?flow=${flow}`)).status(), 503, 'failure: of recovery too');
		is(await page.getByRole('link', { name: 'Try again' }).getAttribute('href'), '/auth/recovery', 'failure: with a way on');
		await page.goto(`${site.base}/auth/login?flow=${flow}&retry=4`);
	} finally {
		sql(`GRANT ${what} TO mirai_identity_reader`);
	}
	await page.getByRole('link', { name: 'Start over' }).click();
	await shows(password(page), 'failure: over');
	const log = site.log('web');
	ok(log.includes('auth.login.failed') && log.includes('auth.flow.expired') && log.includes('auth.logout.completed'),
		'failure: the log tells what the machines did');
	ok(!log.includes('acme.example'), 'failure: and of nobody');
	await context.close();
}

// The network goes away and comes back: nothing typed is lost, nothing sent twice.
async function badNetwork(browser, site) {
	const { context, page } = await open(browser);
	let posts = 0;

	await page.goto(`${site.base}/auth/login`);
	await page.route('**/self-service/login?flow=*', async (route) => {
		posts++;
		await new Promise((done) => setTimeout(done, 300));
		await (posts === 1 ? route.abort() : route.continue());
	});
	await fill(page, 'instructor');
	await page.getByText('The connection failed').waitFor();
	is(await password(page).inputValue(), PASSWORD, 'network: what was typed stays');
	is(await focused(page), 'banner banner-error', 'network: the message has the focus');
	await page.evaluate(() => { const b = document.querySelector('main button[type=submit]'); b.click(); b.click(); b.click(); });
	await page.waitForURL('**/dashboard');
	is(posts, 2, 'network: three clicks send once');
	await context.close();
}

async function keyboard(browser, site) {
	const { context, page } = await open(browser);
	const stop = async () => {
		await page.keyboard.press('Tab');
		return page.evaluate(() => {
			const e = document.activeElement;
			return { name: e.getAttribute('aria-label') || e.innerText || e.id, outline: getComputedStyle(e).outlineStyle };
		});
	};

	await page.goto(`${site.base}/auth/login`);
	await page.locator(':focus').waitFor(); // given when the page is drawn
	is(await page.evaluate(() => document.activeElement.id), 'field-identifier', 'keys: the first field has the focus');
	const seen = [];
	for (let i = 0; i < 5; i++) seen.push(await stop());
	is(seen.slice(0, 4).map((s) => s.name), ['field-password', 'Show password', 'Sign in with password', 'Forgot your password?'], 'keys: in the order of the page');
	ok(seen.every((s) => s.outline === 'solid'), 'keys: the focus is visible at each stop');
	await email(page).fill('instructor@acme.example');
	await password(page).fill(PASSWORD);
	await password(page).press('Enter');
	await page.waitForURL('**/dashboard');
	ok(true, 'keys: Enter signs in');
	await context.close();
}

// 640 px wide is 200 % zoom of 1280, 320 px is 400 %.
async function zoomed(browser, site) {
	const { context, page } = await open(browser, { javaScriptEnabled: false });

	for (const width of [640, 320]) {
		await page.setViewportSize({ width, height: 700 });
		await context.clearCookies();
		for (const target of ['/auth/login', '/auth/registration', '/auth/error']) {
			await page.goto(site.base + target);
			is(await page.locator('html').evaluate((html) => html.scrollWidth), width, `no sideways scrolling at ${width}: ${target}`);
		}
		await signIn(page, site, 'owner');
		for (const tab of ['password', 'sessions']) {
			await page.goto(`${site.base}/auth/settings?tab=${tab}`);
			is(await page.locator('html').evaluate((html) => html.scrollWidth), width, `no sideways scrolling at ${width}: ${tab}`);
		}
	}
	await context.close();
}

async function screens(browser, site) {
	for (const colorScheme of ['light', 'dark']) {
		const { context, page } = await open(browser, { colorScheme, reducedMotion: 'reduce', bypassCSP: true });
		await page.goto(`${site.base}/auth/login?checkout=success`);
		await fill(page, 'instructor', 'wrong');
		await page.getByRole('alert').first().waitFor();
		await picture(page, 'auth-login-wrong', colorScheme);
		for (const name of ['registration', 'error']) {
			await page.goto(`${site.base}/auth/${name}`);
			await picture(page, `auth-${name}`, colorScheme);
		}
		await signIn(page, site, 'owner');
		for (const tab of ['profile', 'password', 'sessions', 'account']) {
			await page.goto(`${site.base}/auth/settings?tab=${tab}`);
			await picture(page, `auth-settings-${tab}`, colorScheme);
		}
		await context.close();
	}
}

await main(async () => {
	const site = await startSite();
	const browser = await launch();
	try {
		for (const script of [true, false])
			for (const journey of [login, expiredLogin, logout, settingsPassword, freshProof, profile, endAccount,
				sessions, registration])
				await journey(browser, site, script);
		await errors(browser, site);
		await anyNode(browser, site);
		await strangers(browser, site);
		await brokenDatabase(browser, site);
		await badNetwork(browser, site);
		await keyboard(browser, site);
		await zoomed(browser, site);
		await screens(browser, site);
	} finally {
		await browser.close();
		if (process.env.SITE_LOGS) for (const n of ['web', 'identity', 'lighttpd']) console.log(site.log(n).replace(/^/gm, `# ${n}: `));
		site.stop();
	}
});
