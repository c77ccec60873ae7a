// Every row of the error table (spec identity.md 3), produced for real: for
// scripts, for pages without them and for apps, with what else each one says.
import { APP, AUTH, Browser, PASSWORD, actionOf, api, is, loginApi, main, messageIds, ok,
	registerApi, sql, startService } from './kit/server.mjs';
import { lastMail, otherThan } from './kit/mails.mjs';
import { startLiar, writeProviders } from './kit/provider.mjs';
import { calm, totp } from './kit/totp.mjs';

const PETRA = 'petra@acme.example';
const NORA = 'nora@acme.example';
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const PHRASES = { 400: 'Bad Request', 401: 'Unauthorized', 403: 'Forbidden', 410: 'Gone',
	422: 'Unprocessable Content', 429: 'Too Many Requests' };
const seen = new Map();
let row;

// A JSON answer of the row that is tried: the envelope, and its extras.
function refused(r, what, extra = {}) {
	const e = r.json?.error ?? {};
	is([r.status, e.id, e.code, e.status], [row.status, row.id, row.status, PHRASES[row.status]],
		`${row.id}: ${what}`);
	ok(typeof e.reason === 'string' && typeof e.message === 'string' && typeof e.request === 'string' &&
		/^private, no-cache/.test(r.headers['cache-control']), `${row.id}: ${what}: says why`);
	for (const [key, want] of Object.entries(extra)) {
		const got = key.split('.').reduce((o, k) => o?.[k], r.json);
		ok(want instanceof RegExp ? want.test(got) : got === want,
			`${row.id}: ${what}: ${key} is ${JSON.stringify(got)}`);
	}
	if (e.id === row.id)
		seen.set(row.id, (seen.get(row.id) ?? 0) + 1);
	return r;
}

// N-5: a page is led to the error page, whose record says the same.
async function recorded(b, r, what, details) {
	const to = new URL(r.headers.location ?? 'none:', AUTH);
	const id = to.searchParams.get('id');
	is([r.status, `${to.origin}${to.pathname}`, UUID.test(id)], [303, `${APP}/auth/error`, true],
		`${row.id}: ${what}: leads to the error page`);
	const { status, json } = await b.go('GET', `/self-service/errors?id=${id}`);
	is([status, json.id, json.error.id, json.error.code, json.error.status, typeof json.error.reason,
		typeof json.created_at, typeof json.updated_at],
	[200, id, row.id, row.status, PHRASES[row.status], 'string', 'string', 'string'],
	`${row.id}: ${what}: which reads the record`);
	if (details)
		ok(details(json.error.details ?? {}), `${row.id}: ${what}: with its details`);
}

function leads(r, to, what) {
	ok(r.status === 303 && r.headers.location.startsWith(to), `${row.id}: ${what}: a page goes to ${r.headers.location}`);
}

async function signedIn(svc, email = PETRA) {
	const b = new Browser(svc);
	const r = await b.login(email);
	if (!b.jar.has('ory_kratos_session'))
		throw new Error(`login of ${email}: ${r.text}`);
	return b;
}

const tokenOf = async (svc, email = PETRA) => (await loginApi(svc, email)).json.session_token;
const bearer = (token) => ({ 'x-session-token': token });
const pass = (email = PETRA, password = PASSWORD) => ({ method: 'password', identifier: email, password });

// A form submit or JSON with the flow's own token.
const send = (b, f, fields, form = false) =>
	b[form ? 'post' : 'postJson'](f.action, { csrf_token: f.csrf, ...fields });

// --- the rows ------------------------------------------------------------------

async function alreadyAvailable({ svc }) {
	const b = await signedIn(svc);
	const token = await tokenOf(svc);
	for (const kind of ['login', 'registration', 'recovery']) {
		refused(await b.getJson(`/self-service/${kind}/browser`), `${kind} begun by a script`);
		leads(await b.get(`/self-service/${kind}/browser?return_to=/back`), `${APP}/back`, `${kind} begun`);
		refused(await api(svc, 'GET', `/self-service/${kind}/api`, undefined, bearer(token)), `${kind} begun by an app`);
		const fields = { method: 'password', ...pass(), email: PETRA };
		const before = new Browser(svc);
		const f = await before.start(kind);
		before.jar.set('ory_kratos_session', b.jar.get('ory_kratos_session'));
		const mine = kind === 'recovery' ? { method: 'code', email: PETRA } : fields;
		refused(await send(before, f, mine), `${kind} submitted by a script`);
		leads(await send(before, f, mine, true), APP, `${kind} submitted`);
		const init = (await api(svc, 'GET', `/self-service/${kind}/api`)).json;
		refused(await api(svc, 'POST', actionOf(init), mine, bearer(token)), `${kind} submitted by an app`);
	}
}

async function inactive({ svc }) {
	const nobody = new Browser(svc);
	for (const path of ['/sessions/whoami', '/sessions', '/self-service/logout/browser',
		'/self-service/settings/browser', '/self-service/settings/api', '/self-service/account/export'])
		refused(await nobody.getJson(path), `${path}: none`);
	refused(await nobody.go('DELETE', '/sessions'), 'nobody ends sessions');
	refused(await nobody.go('DELETE', '/sessions/00000000-0000-4000-8000-000000000000'), 'not even one');
	await recorded(nobody, await nobody.get('/self-service/logout?token=x'), 'a logout by nobody');
	leads(await nobody.get('/self-service/settings/browser'), `${AUTH}/self-service/login/browser?return_to=`, 'settings');
	const token = await tokenOf(svc);
	sql(`UPDATE sessions SET expires_at = now() - interval '1 second'`);
	refused(await api(svc, 'GET', '/sessions/whoami', undefined, bearer(token)), 'an expired one');
	const late = await tokenOf(svc);
	await api(svc, 'DELETE', '/self-service/logout/api', { session_token: late });
	refused(await api(svc, 'GET', '/sessions/whoami', undefined, bearer(late)), 'a revoked one');
}

async function firstRequired({ svc }) {
	const nobody = new Browser(svc);
	const path = '/self-service/login/browser?aal=aal2';
	refused(await nobody.getJson(path), 'a script');
	await recorded(nobody, await nobody.get(path), 'a page');
	refused(await api(svc, 'GET', '/self-service/login/api?aal=aal2'), 'an app');
}

// Petra links an app; returns a session of hers that has proven it.
async function withFactor(svc) {
	const token = await tokenOf(svc);
	const { json } = await api(svc, 'GET', '/self-service/settings/api', undefined, bearer(token));
	const secret = json.ui.nodes.find((n) => n.attributes.id === 'totp_secret_key').attributes.text.text;
	await calm();
	const r = await api(svc, 'POST', actionOf(json), { method: 'totp', totp_code: totp(secret, -1) }, bearer(token));
	is(r.status, 200, 'a second factor is set up');
	return { token, secret };
}

async function fulfilled({ svc, factor }) {
	refused(await api(svc, 'GET', '/self-service/login/api?aal=aal2', undefined, bearer(factor.token)), 'an app');
	const b = await signedIn(svc);
	const f = await b.start('login', '?aal=aal2');
	is((await send(b, f, { method: 'totp', totp_code: totp(factor.secret) })).status, 200, 'stepped up');
	refused(await b.getJson('/self-service/login/browser?aal=aal2'), 'a script');
	leads(await b.get('/self-service/login/browser?aal=aal2&return_to=/next'), `${APP}/next`, 'it');
	refused(await send(b, f, { method: 'totp', totp_code: '000000' }), 'the form again');
}

async function secondRequired({ svc }) {
	const up = `${AUTH}/self-service/login/browser?aal=aal2`;
	const extra = (to) => ({ redirect_browser_to: to, 'error.details.redirect_browser_to': to });
	const b = await signedIn(svc);
	refused(await b.getJson('/sessions/whoami'), 'whoami by cookie', extra(up));
	const token = await tokenOf(svc);
	refused(await api(svc, 'GET', '/sessions/whoami', undefined, bearer(token)), 'by token', extra(up));
	refused(await b.getJson('/self-service/settings/browser'), 'settings by a script',
		extra(`${up}&return_to=${encodeURIComponent(`${AUTH}/self-service/settings/browser`)}`));
	refused(await api(svc, 'GET', '/self-service/settings/api', undefined, bearer(token)), 'by an app',
		{ redirect_browser_to: /aal=aal2/ });
	leads(await b.get('/self-service/settings/browser'), `${up}&return_to=`, 'settings');
}

async function refreshRequired({ svc }) {
	const to = /\/self-service\/login\/browser\?refresh=true&return_to=/;
	const extra = { redirect_browser_to: to, 'error.details.redirect_browser_to': to };
	const b = await signedIn(svc, NORA);
	const token = await tokenOf(svc, NORA);
	const f = await b.start('settings');
	const init = (await api(svc, 'GET', '/self-service/settings/api', undefined, bearer(token))).json;
	sql(`UPDATE sessions SET authenticated_at = now() - interval '16 minutes'`);
	const change = { method: 'password', password: 'Lampenschirm-Nord-4' };
	refused(await send(b, f, change), 'a script', extra);
	refused(await api(svc, 'POST', actionOf(init), change, bearer(token)), 'an app', extra);
	leads(await send(b, f, change, true), `${AUTH}/self-service/login/browser?refresh=true&return_to=`, 'it');
	is((await loginApi(svc, NORA)).status, 200, 'nothing was changed');
}

async function csrfViolation({ svc }) {
	const extra = { 'error.details.reject_reason': /\w/, 'error.details.hint': /\w/ };
	const whole = (d) => typeof d.reject_reason === 'string' && typeof d.hint === 'string';
	const b = new Browser(svc);
	for (const kind of ['login', 'registration', 'verification']) {
		const f = await b.start(kind);
		refused(await b.postJson(f.action, pass()), `${kind} without a token`, extra);
		refused(await b.postJson(f.action, { ...pass(), csrf_token: f.csrf.replace(/^./, '_') }), `${kind} with another`, extra);
		await recorded(b, await b.post(f.action, pass()), `a page, ${kind}`, whole);
		refused(await new Browser(svc).getJson(`/self-service/${kind}/flows?id=${f.flow.id}`), `${kind} read elsewhere`, extra);
	}
	const who = await signedIn(svc, NORA);
	const f = await who.start('settings');
	refused(await who.postJson(f.action, { method: 'profile' }), 'settings without a token', extra);
	await recorded(who, await who.post(f.action, { method: 'profile' }), 'a page, settings', whole);
}

async function mismatch({ svc }) {
	const b = await signedIn(svc, NORA);
	const f = await b.start('settings');
	await registerApi(svc, 'otto@acme.example');
	const other = await signedIn(svc, 'otto@acme.example');
	const session = other.jar.get('ory_kratos_session');
	other.jar = new Map(b.jar);
	other.jar.set('ory_kratos_session', session);
	refused(await other.getJson(`/self-service/settings/flows?id=${f.flow.id}`), 'read by another');
	refused(await send(other, f, { method: 'profile' }), 'submitted by another');
	await recorded(other, await send(other, f, { method: 'profile' }, true), 'a page');
	const token = await tokenOf(svc, NORA);
	const init = (await api(svc, 'GET', '/self-service/settings/api', undefined, bearer(token))).json;
	const thief = await tokenOf(svc, 'otto@acme.example');
	refused(await api(svc, 'POST', actionOf(init), { method: 'profile' }, bearer(thief)), 'an app');
}

const SAYS = { login: 4010001, registration: 4040001, recovery: 4060005, verification: 4070005, settings: 4050001 };

async function expired({ svc }) {
	for (const [kind, said] of Object.entries(SAYS)) {
		const b = kind === 'settings' ? await signedIn(svc, NORA) : new Browser(svc);
		const f = await b.start(kind, `?return_to=${APP}/there`);
		const headers = kind === 'settings' ? bearer(await tokenOf(svc, NORA)) : {};
		const init = (await api(svc, 'GET', `/self-service/${kind}/api`, undefined, headers)).json;
		sql(`UPDATE flows SET expires_at = now() - interval '3 minutes' WHERE id IN ('${f.flow.id}', '${init.id}')`);
		const read = (id, more) => api(svc, 'GET', `/self-service/${kind}/flows?id=${id}`, undefined, more);
		refused(await read(f.flow.id, { cookie: b.cookie() }), `${kind} is read`,
			{ 'error.details.redirect_to': `${AUTH}/self-service/${kind}/browser`, 'error.details.return_to': `${APP}/there` });
		refused(await read(init.id, headers), `an app's ${kind} is read`,
			{ 'error.details.api': `${AUTH}/self-service/${kind}/api` });
		const extra = { use_flow_id: UUID, expired_at: /^\d{4}-\d\d-\d\dT[\d:.]+Z$/, since: /^1[89]\d{10}$/ };
		let r = refused(await send(b, f, { method: 'code' }), `${kind} is submitted`, extra);
		const next = await b.getJson(`/self-service/${kind}/flows?id=${r.json.use_flow_id}`);
		is([messageIds(next.json), next.json.return_to], [[said], `${APP}/there`], `${row.id}: ${kind}: the new one says so`);
		refused(await api(svc, 'POST', actionOf(init), { method: 'code' }, headers), `an app's ${kind} is submitted`, extra);
		r = await send(b, f, { method: 'code' }, true);
		leads(r, `${APP}/auth/${kind}?flow=`, kind);
		const id = new URL(r.headers.location).searchParams.get('flow');
		is(messageIds((await b.getJson(`/self-service/${kind}/flows?id=${id}`)).json), [said], `${row.id}: and says so there`);
	}
}

async function replaced({ svc }) {
	const b = new Browser(svc);
	const init = (await api(svc, 'GET', '/self-service/login/api')).json;
	for (const f of [await b.start('login'), { action: actionOf(init) }]) {
		const say = (more) => f.csrf ? send(b, f, { method: 'code', identifier: NORA, ...more })
			: api(svc, 'POST', f.action, { method: 'code', identifier: NORA, ...more });
		await say({});
		const code = lastMail(NORA).LoginCode;
		for (let i = 0; i < 5; i++)
			await say({ code: otherThan(code) });
		const r = refused(await say({ code }), f.csrf ? 'a script' : 'an app', { use_flow_id: UUID });
		const next = await b.getJson(`/self-service/login/flows?id=${r.json.use_flow_id}`);
		is(messageIds(next.json), [4900002], `${row.id}: the new one says why`);
		if (f.csrf)
			leads(await send(b, f, { method: 'code', code }, true), `${APP}/auth/login?flow=`, 'the form');
	}
}

async function forbiddenReturn({ svc, narrow }) {
	const b = await signedIn(svc, NORA);
	const evil = `return_to=${encodeURIComponent('https://evil.example/')}`;
	for (const kind of ['login', 'registration', 'recovery', 'verification', 'settings']) {
		const who = kind === 'settings' ? b : new Browser(svc);
		refused(await who.getJson(`/self-service/${kind}/browser?${evil}`), `${kind} for a script`);
		await recorded(who, await who.get(`/self-service/${kind}/browser?${evil}`), kind);
		const headers = kind === 'settings' ? bearer(await tokenOf(svc, NORA)) : {};
		refused(await api(svc, 'GET', `/self-service/${kind}/api?${evil}`, undefined, headers), `${kind} for an app`);
	}
	refused(await b.getJson(`/self-service/logout/browser?${evil}`), 'a logout begun');
	refused(await b.getJson(`/self-service/logout?token=x&${evil}`), 'a logout');
	await recorded(b, await b.get(`/self-service/logout?token=x&${evil}`), 'a logout');
	// at use: the list has shrunk since
	const c = new Browser(svc);
	const f = await c.start('login', `?return_to=${encodeURIComponent('https://partner.example/x')}`);
	is(f.r.status, 200, 'allowed as yet');
	c.svc = narrow;
	refused(await send(c, f, pass(NORA)), 'no more at the submit');
	await recorded(c, await send(c, f, pass(NORA), true), 'a page, no more');
	ok(!c.jar.has('ory_kratos_session'), 'and nobody is signed in');
}

async function switchedOff({ closed }) {
	for (const kind of ['registration', 'recovery', 'verification']) {
		const b = new Browser(closed);
		refused(await b.getJson(`/self-service/${kind}/browser`), `${kind} for a script`);
		await recorded(b, await b.get(`/self-service/${kind}/browser`), kind);
		refused(await api(closed, 'GET', `/self-service/${kind}/api`), `${kind} for an app`);
	}
}

async function changeLocation({ svc }) {
	const b = new Browser(svc);
	let f = await b.start('login');
	const up = `${AUTH}/self-service/login/browser?aal=aal2`;
	refused(await send(b, f, pass()), 'a password is half the way',
		{ redirect_browser_to: up, 'error.details.redirect_browser_to': up });
	const c = new Browser(svc);
	f = await c.start('login');
	leads(await send(c, f, pass(), true), up, 'it');
	const d = new Browser(svc);
	f = await d.start('registration');
	refused(await send(d, f, { provider: 'honest' }), 'a provider', { redirect_browser_to: /^http:\/\/127\.0\.0\.1:\d+\/honest\/auth\?/ });
	leads(await send(d, f, { provider: 'honest' }, true), 'http://127.0.0.1:', 'a provider');
	f = await d.start('recovery');
	await send(d, f, { method: 'code', email: NORA });
	refused(await send(d, f, { method: 'code', code: lastMail(NORA).RecoveryCode }), 'a recovery',
		{ redirect_browser_to: /\/auth\/settings\?flow=/ });
}

async function disabled({ svc }) {
	const id = sql(`SELECT id FROM identities WHERE traits ->> 'email' = '${NORA}'`);
	const b = new Browser(svc);
	const f = await b.start('login');
	const recovery = await b.start('recovery');
	sql(`UPDATE identities SET state = 'inactive' WHERE id = '${id}'`);
	const extra = { 'error.details.identity_id': id };
	refused(await loginApi(svc, NORA), 'an app', extra);
	refused(await send(b, f, pass(NORA)), 'a script', extra);
	leads(await send(b, f, pass(NORA), true), `${APP}/auth/login?flow=${f.flow.id}`, 'the form');
	is(messageIds((await b.getJson(`/self-service/login/flows?id=${f.flow.id}`)).json), [4010011], 'which says it');
	ok(!b.jar.has('ory_kratos_session'), 'nobody is signed in');
	is(messageIds((await loginApi(svc, NORA, 'Wrong-Horse-7!')).json), [4000006], 'a stranger is not told');
	await send(b, recovery, { method: 'code', email: NORA });
	refused(await send(b, recovery, { method: 'code', code: lastMail(NORA).RecoveryCode }), 'a recovery', extra);
	sql(`UPDATE identities SET state = 'active' WHERE id = '${id}'`);
}

async function tooMany({ limited }) {
	const b = new Browser(limited);
	const f = await b.start('login');
	for (let i = 0; i < 5; i++)
		await send(b, f, pass(NORA, 'Wrong-Horse-7!'));
	let r = refused(await send(b, f, pass(NORA)), 'a script');
	ok(/^[1-9]\d*$/.test(r.headers['retry-after']), `${row.id}: Retry-After ${r.headers['retry-after']}`);
	r = refused(await loginApi(limited, NORA), 'an app');
	ok(/^[1-9]\d*$/.test(r.headers['retry-after']), `${row.id}: Retry-After ${r.headers['retry-after']}`);
	leads(await send(b, f, pass(NORA), true), `${APP}/auth/login?flow=${f.flow.id}`, 'the form');
	const again = (await b.getJson(`/self-service/login/flows?id=${f.flow.id}`)).json;
	is([messageIds(again), typeof again.ui.messages[0].context.retry_after_seconds], [[4900001], 'string'], 'which says it');
	sql('DELETE FROM attempts');
}

async function verifiedRequired({ strict }) {
	const form = { 'ui.messages.0.id': 4000010 };
	refused(await loginApi(strict, PETRA), 'an app', form);
	const b = new Browser(strict);
	const f = await b.start('login');
	refused(await send(b, f, pass()), 'a script', form);
	leads(await send(b, f, pass(), true), `${APP}/auth/login?flow=${f.flow.id}`, 'the form');
	is(messageIds((await b.getJson(`/self-service/login/flows?id=${f.flow.id}`)).json), [4000010], 'which says it');
	ok(!b.jar.has('ory_kratos_session'), 'nobody is signed in');
	sql(`UPDATE verifiable_addresses SET verified = true, status = 'completed' WHERE value = '${PETRA}'`);
	is((await loginApi(strict, PETRA)).status, 200, 'a verified address signs in');
}

// What is no row of the table: still an envelope, and nothing from inside.
async function others({ svc }) {
	const b = new Browser(svc);
	for (const [method, path, status] of [['GET', '/nothing', 404], ['GET', '/admin/identities', 404],
		['PUT', '/self-service/login', 405], ['GET', '/self-service/login/flows?id=x', 404],
		['GET', '/self-service/errors?id=x', 404]]) {
		const r = await b.go(method, path, { accept: 'application/json' });
		is([r.status, r.json?.error.code, r.json?.error.id], [status, status, undefined], `${method} ${path}: ${status}`);
	}
	const f = await b.start('login');
	sql('ALTER TABLE credential_identifiers RENAME TO gone');
	try {
		let r = await send(b, f, pass(NORA));
		is([r.status, r.json.error.code, r.json.error.status], [500, 500, 'Internal Server Error'], 'a table is gone: 500');
		ok(!/gone|relation|credential|select|\.c\b|horse/i.test(r.text), 'and nothing from inside is told');
		r = await send(b, f, pass(NORA), true);
		is([r.status, r.headers['content-type']], [500, 'text/html; charset=utf-8'], 'a page is told in words');
		ok(!/gone|relation|credential|select|\.c\b|horse/i.test(r.text), 'nor more than that');
	} finally {
		sql('ALTER TABLE gone RENAME TO credential_identifiers');
	}
	is((await loginApi(svc, NORA)).status, 200, 'and back');
	is((await b.go('GET', '/self-service/errors?id=stub:500')).json.error.code, 500, 'the sample record');
}

const ROWS = [
	['session_already_available', 400, alreadyAvailable],
	['session_inactive', 401, inactive],
	['session_aal1_required', 401, firstRequired],
	['session_refresh_required', 403, refreshRequired],
	['session_verified_address_required', 400, verifiedRequired],
	['security_csrf_violation', 403, csrfViolation],
	['security_identity_mismatch', 403, mismatch],
	['self_service_flow_expired', 410, expired],
	['self_service_flow_replaced', 410, replaced],
	['self_service_flow_return_to_forbidden', 400, forbiddenReturn],
	['self_service_flow_disabled', 400, switchedOff],
	['identity_disabled', 401, disabled],
	['rate_limit_exceeded', 429, tooMany],
	['session_aal_already_fulfilled', 401, fulfilled], // from here on Petra has a second factor
	['session_aal2_required', 403, secondRequired],
	['browser_location_change_required', 422, changeLocation],
];

main(async () => {
	const liar = await startLiar();
	const providers = writeProviders(`${process.env.TEST_DIR}/oidc`, { honest: liar.lines('honest') });
	const open = ['identity.methods.code.passwordless yes', ...providers];
	const world = {
		svc: await startService([...open, 'identity.return_to https://partner.example']),
		narrow: await startService(open, 2),
		closed: await startService(['identity.registration no', 'identity.recovery no', 'identity.verification no'], 2),
		strict: await startService(['identity.hooks.login after:require_verified_address'], 2),
		limited: await startService(['identity.limits yes'], 2),
	};
	await registerApi(world.svc, PETRA);
	await registerApi(world.svc, NORA);
	for (const [id, status, produce] of ROWS) {
		row = { id, status };
		if (produce === fulfilled)
			world.factor = await withFactor(world.svc);
		await produce(world);
	}
	is(ROWS.map(([id]) => id).filter((id) => !seen.has(id)), [], 'every row was produced');
	await others(world);
	liar.server.close();
});
