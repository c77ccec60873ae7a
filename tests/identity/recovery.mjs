// Recovery of accounts by code and by link, by the rules Y-1 to Y-7.
import { Configuration, FrontendApi } from '@ory/client';
import { APP, AUTH, Browser, PASSWORD, actionOf, api, csrfOf, is, loginApi, main, messageIds,
	node, ok, registerApi, request, startService } from './kit/server.mjs';
import { lastMail, mails, otherThan, sql } from './kit/mails.mjs';

const EMAIL = 'rita@acme.example';
const NEW = 'Lampenschirm-Nord-4';

function codeOf(email = EMAIL) {
	return lastMail(email).RecoveryCode;
}

async function sent(svc, email = EMAIL, query = '') {
	const b = new Browser(svc);
	const { flow, csrf, action } = await b.start('recovery', query);
	const send = (fields) => b.postJson(action, { csrf_token: csrf, method: 'code', ...fields });
	const r = await send({ email });
	return { b, flow, r, action, csrf, send };
}

async function byForm(svc) {
	const elsewhere = (await loginApi(svc, EMAIL)).json.session_token;
	sql(`UPDATE verifiable_addresses SET verified = false, verified_at = NULL, status = 'pending'`);
	const b = new Browser(svc);
	let r = await b.get('/self-service/recovery/browser');
	is([r.status, r.headers.location.startsWith(`${APP}/auth/recovery?flow=`)], [303, true], 'a page begins');
	const page = r.headers.location;
	const id = page.split('=')[1];
	let flow = (await b.getJson(`/self-service/recovery/flows?id=${id}`)).json;
	is(flow.ui.nodes.map((n) => `${n.attributes.name}:${n.attributes.type}`),
		['csrf_token:hidden', 'email:email', 'method:submit'], 'Y-1: its nodes');
	const fields = { csrf_token: csrfOf(flow) };
	r = await b.post(actionOf(flow), { ...fields, method: 'code', email: EMAIL });
	is([r.status, r.headers.location], [303, page], 'the code is sent');
	flow = (await b.getJson(`/self-service/recovery/flows?id=${id}`)).json;
	is([flow.state, flow.active, messageIds(flow)], ['sent_email', 'code', [1060003]], 'Y-1: and so it says');
	is(flow.ui.nodes.map((n) => `${n.attributes.name}:${n.attributes.type}`),
		['csrf_token:hidden', 'code:text', 'method:hidden', 'method:submit', 'email:submit'], 'Y-2: its nodes');
	const field = node(flow, 'code').attributes;
	is([field.pattern, field.maxlength, field.required, node(flow, 'code').meta.label.id],
		['[0-9]+', 6, true, 1070010], 'six digits');
	is([lastMail(EMAIL).type, lastMail(EMAIL).RecoveryURL], ['recovery_code', undefined], 'no link in the mail');

	// the first code, then another: the resend button wins over what was typed
	const first = codeOf();
	const count = mails(EMAIL).length;
	do {
		r = await b.post(actionOf(flow), { ...fields, method: 'code', email: EMAIL, code: first });
	} while (codeOf() === first);
	is([r.headers.location, mails(EMAIL).length > count], [page, true], 'Y-2: the address wins');
	r = await b.post(actionOf(flow), { ...fields, method: 'code', code: first });
	is(messageIds((await b.getJson(`/self-service/recovery/flows?id=${id}`)).json), [4060006],
		'Y-2: the older code is void');
	const csrfBefore = b.jar.get([...b.jar.keys()].find((k) => k.startsWith('csrf_token_')));
	r = await b.post(actionOf(flow), { ...fields, method: 'code', code: codeOf() });
	is([r.status, r.headers.location.startsWith(`${APP}/auth/settings?flow=`)], [303, true],
		'Y-3: the right one leads to the settings');
	ok(b.jar.has('ory_kratos_session'), 'signed in');
	ok(b.jar.get([...b.jar.keys()].find((k) => k.startsWith('csrf_token_'))) !== csrfBefore,
		'C-4: with a new CSRF token');
	const me = (await b.getJson('/sessions/whoami')).json;
	is([me.authenticator_assurance_level, me.authentication_methods.map((m) => [m.method, m.aal])],
		['aal1', [['code_recovery', 'aal1']]], 'Y-3: at the first level');
	is(me.identity.verifiable_addresses.map((a) => [a.verified, a.status]), [[true, 'completed']],
		'and the address is verified');
	const settings = (await b.getJson(`/self-service/settings/flows?id=${r.headers.location.split('=')[1]}`)).json;
	is(messageIds(settings), [1060001], 'the settings say why');
	is(settings.ui.messages[0].type, 'success', 'as a success');
	is((await request(svc, 'GET', '/sessions/whoami', { 'x-session-token': elsewhere })).status, 200,
		'other sessions go on');
	r = await b.post(actionOf(settings), { csrf_token: csrfOf(settings), method: 'password', password: NEW });
	is(r.status, 303, 'a new password');
	is((await loginApi(svc, EMAIL, NEW)).status, 200, 'signs in');
	is((await request(svc, 'GET', '/sessions/whoami', { 'x-session-token': elsewhere })).status, 401,
		'Y-6: and other sessions have ended');
	is((await b.getJson('/sessions/whoami')).status, 200, 'but this one');
}

async function completed(svc) {
	const { b, flow, send, action, csrf } = await sent(svc);
	const code = codeOf();
	let r = await send({ code });
	is([r.status, r.json.error.id], [422, 'browser_location_change_required'], 'Y-3: scripts are told to go');
	ok(r.json.redirect_browser_to.startsWith(`${APP}/auth/settings?flow=`), 'where to');
	r = await b.postJson(action, { csrf_token: await renewed(b, flow), method: 'code', code });
	is([r.status, r.json.state, messageIds(r.json)[0], r.json.id === flow.id],
		[200, 'choose_method', 4060001, false], 'Y-4: once more is a new flow');
	r = await b.postJson(actionOf(r.json), { csrf_token: csrfOf(r.json), method: 'code', email: EMAIL });
	is([r.status, r.json.error.id], [400, 'session_already_available'], 'but who is signed in needs no recovery');
	is((await b.getJson('/self-service/recovery/browser')).json.error.id, 'session_already_available', 'from the start');
	is((await b.get('/self-service/recovery/browser')).headers.location, `${APP}/dashboard`, 'pages go on');
	void csrf;
}

// The token of the cookie the browser has now.
async function renewed(b) {
	return csrfOf((await b.start('verification')).flow);
}

async function spent(svc) {
	const { send, flow } = await sent(svc);
	const code = codeOf();
	for (let i = 0; i < 5; i++) {
		const r = await send({ code: otherThan(code) });
		is([r.status, messageIds(r.json), r.json.id === flow.id], [200, [4060006], true],
			`Y-4: wrong code ${i + 1}`);
	}
	const r = await send({ code });
	is([r.json.state, messageIds(r.json), r.json.id === flow.id], ['choose_method', [4900002], false],
		'the sixth is dead, though right');
}

async function rivals(svc) {
	const { send } = await sent(svc);
	const code = codeOf();
	const all = await Promise.all(Array.from({ length: 5 }, () => send({ code })));
	is(all.map((r) => r.status).sort(), [200, 200, 200, 200, 422], 'of five at once, one wins');
	is(all.filter((r) => r.cookies.some((c) => c.startsWith('ory_kratos_session='))).length, 1, 'and is signed in');
}

async function wrong(svc) {
	const { send, flow } = await sent(svc);
	const before = mails(EMAIL).length;
	let r = await send({});
	is([r.json.state, messageIds(r.json), mails(EMAIL).length], ['sent_email', [1060003], before + 1],
		'Y-2: neither field: sent to the same');
	r = await send({ method: 'password' });
	is([r.status, messageIds(r.json)], [400, [4010005]], 'no such method');
	r = await send({ email: 'x' });
	is([r.status, messageIds(r.json)], [400, [4000040]], 'no address');
	sql(`UPDATE flows SET expires_at = now() - interval '3 minutes' WHERE id = '${flow.id}'`);
	r = await send({ code: codeOf() });
	is([r.status, r.json.error.id], [410, 'self_service_flow_expired'], 'Y-4: an expired flow');
	const b = new Browser(svc);
	const { flow: other, csrf, action } = await b.start('recovery');
	r = await b.postJson(action, { method: 'code', email: EMAIL });
	is([r.status, r.json.state, messageIds(r.json), r.json.id === other.id],
		[200, 'choose_method', [4900003], false], 'C-3: without its token: a fresh flow');
	b.jar.clear();
	r = await b.post(action, { csrf_token: csrf, method: 'code', email: EMAIL });
	ok(r.status === 303 && r.headers.location.startsWith(`${APP}/auth/recovery?flow=`), 'for forms, too');
	sql(`UPDATE identities SET state = 'inactive' WHERE traits ->> 'email' = '${EMAIL}'`);
	const gone = await sent(svc);
	r = await gone.send({ code: codeOf() });
	is([r.status, r.json.error.id], [401, 'identity_disabled'], 'a disabled account is told after the right code');
	sql(`UPDATE identities SET state = 'active' WHERE traits ->> 'email' = '${EMAIL}'`);
	const away = await sent(svc, EMAIL, `?skip_settings=true&return_to=${APP}/there`);
	r = await away.send({ code: codeOf() });
	is([r.status, r.json.redirect_browser_to], [422, `${APP}/there`], 'skip_settings');
}

function shape(text, email) {
	return text.replaceAll(email, 'WHO').replace(/[0-9a-f-]{36}/g, 'ID')
		.replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME').replace(/"value":"[A-Za-z0-9+/]{86}=="/g, 'TOKEN');
}

// Nobody learns who has an account: not from the bytes, nor from the time.
async function strangers(svc) {
	const nobody = 'nobody@acme.example';
	const known = await sent(svc);
	const unknown = await sent(svc, nobody);
	is(shape(unknown.r.text, nobody), shape(known.r.text, EMAIL), 'an unknown address gets the same bytes');
	const codes = [await known.send({ code: otherThan(codeOf()) }), await unknown.send({ code: '123456' })];
	is(shape(codes[1].text, nobody), shape(codes[0].text, EMAIL), 'for a wrong code, too');
	is(mails(nobody), [], 'and no mail');
	const least = { [EMAIL]: Infinity, [nobody]: Infinity };
	const far = () => Math.abs(least[EMAIL] - least[nobody]) / least[EMAIL] >= 0.3;
	for (let i = 0; i < 20 || (i < 100 && far()); i++) {
		for (const email of Object.keys(least)) {
			const flow = (await api(svc, 'GET', '/self-service/recovery/api')).json;
			const start = process.hrtime.bigint();
			await api(svc, 'POST', actionOf(flow), { method: 'code', email });
			least[email] = Math.min(least[email], Number(process.hrtime.bigint() - start) / 1e6);
		}
	}
	ok(!far(), `known ${least[EMAIL].toFixed(2)} ms, unknown ${least[nobody].toFixed(2)} ms`);
}

function official(svc, headers = {}) {
	return new FrontendApi(new Configuration({ basePath: 'http://auth.mirai.example',
		baseOptions: { socketPath: svc.socketPath, proxy: false, maxRedirects: 0,
			validateStatus: () => true, headers } }));
}

async function byClient(svc) {
	const ory = official(svc);
	let r = await ory.createNativeRecoveryFlow();
	is([r.status, r.data.type], [200, 'api'], 'an app begins');
	const flow = r.data.id;
	r = await ory.updateRecoveryFlow({ flow, updateRecoveryFlowBody: { method: 'code', email: EMAIL } });
	is([r.status, r.data.state], [200, 'sent_email'], 'sends');
	is((await ory.getRecoveryFlow({ id: flow })).data.state, 'sent_email', 'reads');
	r = await ory.updateRecoveryFlow({ flow, updateRecoveryFlowBody: { method: 'code', code: codeOf() } });
	is([r.status, r.data.error.id], [422, 'browser_location_change_required'], 'is sent to a browser');

	const web = official(svc, { Accept: 'application/json' });
	r = await web.createBrowserRecoveryFlow({ returnTo: `${APP}/x` });
	is([r.status, r.data.return_to], [200, `${APP}/x`], 'a page begins');
	const cookie = r.headers['set-cookie'].map((l) => l.split(';')[0]).join('; ');
	r = await web.updateRecoveryFlow({ flow: r.data.id, cookie,
		updateRecoveryFlowBody: { method: 'code', email: EMAIL, csrf_token: csrfOf(r.data) } });
	is([r.status, r.data.state], [200, 'sent_email'], 'sends');
	r = await web.updateRecoveryFlow({ flow: r.data.id, cookie,
		updateRecoveryFlowBody: { method: 'code', code: codeOf(), csrf_token: csrfOf(r.data) } });
	is([r.status, /auth\/settings\?flow=/.test(r.data.redirect_browser_to)], [422, true], 'and goes on');
}

// Everything else that is set: transitions, links, notices, a new secret.
async function otherwise(svc) {
	const ory = official(svc);
	const flow = (await ory.createNativeRecoveryFlow()).data.id;
	let r = await ory.updateRecoveryFlow({ flow, updateRecoveryFlowBody: { method: 'link', email: EMAIL } });
	is([r.status, r.data.state, r.data.active, messageIds(r.data)], [200, 'sent_email', 'link', [1060002]],
		'Y-7: a link is sent');
	await ory.updateRecoveryFlow({ flow, updateRecoveryFlowBody: { method: 'code', email: EMAIL } });
	r = await ory.updateRecoveryFlow({ flow, updateRecoveryFlowBody: { method: 'code', code: codeOf() } });
	is([r.status, r.data.state, r.data.continue_with.map((i) => i.action)],
		[200, 'passed_challenge', ['set_ory_session_token', 'show_settings_ui']], 'Y-3: an app is told how to go on');
	const token = r.data.continue_with[0].ory_session_token;
	is((await ory.toSession({ xSessionToken: token })).status, 200, 'signed in');
	const settings = r.data.continue_with[1].flow;
	is((await ory.getSettingsFlow({ id: settings.id, xSessionToken: token })).status, 200, 'with the settings');

	const { b, flow: f, send, action, csrf } = await sent(svc);
	const mail = lastMail(EMAIL);
	ok(!/\d{6}$/.test(mail.RecoveryCode ?? '') || mail.type === 'recovery_code', 'codes still work');
	r = await b.postJson(action, { csrf_token: csrf, method: 'link', email: EMAIL });
	is([r.json.active, messageIds(r.json)], ['link', [1060002]], 'a link instead');
	const url = lastMail(EMAIL).RecoveryURL;
	is(url.startsWith(`${AUTH}/self-service/recovery?flow=${f.id}&token=`), true, 'in the mail');
	const scanner = new Browser(svc);
	r = await scanner.get(url.slice(AUTH.length));
	is([r.status, r.headers.location, scanner.jar.has('ory_kratos_session')],
		[303, `${APP}/auth/recovery?flow=${f.id}`, false], 'whoever only follows it is not signed in');
	const phone = new Browser(svc);
	await phone.get(url.slice(AUTH.length));
	const there = (await phone.getJson(`/self-service/recovery/flows?id=${f.id}`)).json;
	is([node(there, 'token').attributes.type, node(there, 'method').attributes.value],
		['hidden', 'link'], 'the form is ready to be sent');
	const began = await b.getJson(`/self-service/recovery/flows?id=${f.id}`);
	is([began.status, JSON.stringify(began.json).includes(new URL(url).searchParams.get('token'))], [200, false],
		'whoever asked for the link is not told what it says');
	is(began.json.ui.nodes.map((n) => `${n.attributes.name}:${n.attributes.type}`),
		['csrf_token:hidden', 'email:email', 'method:submit'], 'but may ask again');
	const submit = (who, flow2, t) => who.post(actionOf(flow2), { csrf_token: csrfOf(flow2), method: 'link', token: t });
	r = await submit(phone, there, `${node(there, 'token').attributes.value}x`);
	is(messageIds((await phone.getJson(`/self-service/recovery/flows?id=${f.id}`)).json), [4060004], 'another token');
	const t = new URL(url).searchParams.get('token');
	r = await submit(phone, there, t);
	is([r.status, r.headers.location.startsWith(`${APP}/auth/settings?flow=`)], [303, true], 'the right one');
	ok(phone.jar.has('ory_kratos_session'), 'signs in');
	is((await phone.getJson('/sessions/whoami')).json.authentication_methods.map((m) => m.method),
		['link_recovery'], 'by the link');
	r = await b.postJson(action, { csrf_token: csrf, method: 'link', token: t });
	is(messageIds(r.json), [4060001], 'once');
	void send;

	const nobody = 'noone@acme.example';
	await sent(svc, nobody);
	await sent(svc, nobody);
	is(mails(nobody).map((m) => [m.type, m.valid]), [['recovery_code', false]], 'E-2: a stranger is told once a day');
}

// A mailbox that its owner left opens the account no more.
async function moved(svc) {
	const { send } = await sent(svc);
	const code = lastMail(EMAIL).RecoveryCode;
	sql(`UPDATE recovery_addresses SET value = 'else@acme.example' WHERE value = '${EMAIL}'`);
	const r = await send({ method: 'code', code });
	is([r.status, messageIds(r.json)], [200, [4060006]], 'a code of an address that is theirs no more');
	sql(`UPDATE recovery_addresses SET value = '${EMAIL}' WHERE value = 'else@acme.example'`);
}

// Y-5: a second factor is asked for, however the account was recovered.
async function withFactor(svc) {
	sql(`INSERT INTO credentials (identity_id, type) SELECT id, 'totp' FROM identities
		WHERE traits ->> 'email' = '${EMAIL}'`);
	const { b, action, csrf } = await sent(svc);
	let r = await b.post(action, { csrf_token: csrf, method: 'code', code: codeOf() });
	is([r.status, r.headers.location.startsWith(`${APP}/auth/settings?flow=`)], [303, true], 'Y-5: recovered');
	const settings = r.headers.location.split('=')[1];
	r = await b.getJson('/sessions/whoami');
	is([r.status, r.json.error?.id], [403, 'session_aal2_required'], 'but not signed in all the way');
	r = await b.getJson(`/self-service/settings/flows?id=${settings}`);
	is([r.status, r.json.error?.id], [403, 'session_aal2_required'], 'nor let into the settings');
	sql(`DELETE FROM credentials WHERE type = 'totp'`);
}

// Section 18: three mails in ten minutes, to whomever.
async function limited(svc) {
	for (const email of [EMAIL, 'nobody2@acme.example']) {
		const flow = (await api(svc, 'GET', '/self-service/recovery/api')).json;
		const send = () => api(svc, 'POST', actionOf(flow), { method: 'code', email });
		const before = mails(email).length;
		const got = [await send(), await send(), await send(), await send()];
		is(got.map((r) => r.status), [200, 200, 200, 429], 'the fourth mail waits');
		is([got[3].json.error.id, Number(got[3].headers['retry-after']) > 0], ['rate_limit_exceeded', true], 'for how long');
		is(mails(email).length - before, email === EMAIL ? 3 : 0, 'and is not sent');
	}
	const b = new Browser(svc);
	const { flow, csrf, action } = await b.start('recovery');
	const r = await b.post(action, { csrf_token: csrf, method: 'code', email: EMAIL });
	is(r.headers.location, `${APP}/auth/recovery?flow=${flow.id}`, 'a page');
	const shown = (await b.getJson(`/self-service/recovery/flows?id=${flow.id}`)).json;
	is([shown.state, messageIds(shown)], ['choose_method', [4900001]], 'says so');
}

async function rotated(svc, flow, csrf, jar, code) {
	const b = new Browser(svc);
	b.jar = jar;
	const r = await b.postJson(`/self-service/recovery?flow=${flow.id}`,
		{ csrf_token: csrf, method: 'code', code });
	is(r.status, 422, 'a code made under an older secret is good');
}

async function off(svc) {
	for (const kind of ['recovery', 'verification']) {
		let r = await api(svc, 'GET', `/self-service/${kind}/api`);
		is([r.status, r.json.error.id], [400, 'self_service_flow_disabled'], `${kind} is off`);
		r = await new Browser(svc).get(`/self-service/${kind}/browser`);
		ok(r.headers.location.startsWith(`${APP}/auth/error?id=`), 'and pages say so');
		r = await api(svc, 'POST', `/self-service/${kind}?flow=00000000-0000-4000-8000-000000000000`, {});
		is([r.status, r.json.error.id], [400, 'self_service_flow_disabled'], 'to submits, too');
	}
	is((await registerApi(svc, 'noverify@acme.example', PASSWORD)).status, 200, 'signing up works');
	is(mails('noverify@acme.example'), [], 'without a mail');
}

main(async () => {
	const svc = await startService();
	await registerApi(svc, EMAIL);
	await byForm(svc);
	await completed(svc);
	await spent(svc);
	await rivals(svc);
	await wrong(svc);
	await moved(svc);
	await strangers(svc);
	await byClient(svc);
	await withFactor(svc);
	const waiting = await sent(svc);
	const code = codeOf();
	const other = await startService(['identity.secrets fedcba9876543210fedcba9876543210 0123456789abcdef0123456789abcdef']);
	await rotated(other, waiting.flow, waiting.csrf, waiting.b.jar, code);
	await otherwise(await startService(['identity.continue_with_transitions yes', 'identity.methods.link yes',
		'identity.notify_unknown_recipients yes']));
	await limited(await startService(['identity.limits yes']));
	await off(await startService(['identity.recovery no', 'identity.verification no']));
});
