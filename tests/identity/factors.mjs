// Second factors: enrolled, proven, used up and removed, by browser and by
// API; the level a session needs; nothing secret in the database in clear.
import { Configuration, FrontendApi } from '@ory/client';
import { ADMIN_SECRET, APP, AUTH, Browser, PASSWORD, actionOf, api, csrfOf, is, main, messageIds,
	node, ok, startAdmin, startService } from './kit/server.mjs';
import { lastMail } from './kit/mails.mjs';
import { calm, rawSecret, readQr, totp, wrongCode } from './kit/totp.mjs';
import { psql } from '../psql.mjs';

const sql = (text) => psql(process.env.IDENTITY_OWNER_URL, text);

const idOf = (email) => sql(`SELECT id FROM identities WHERE traits ->> 'email' = '${email}'`);

// The server takes codes of later steps only; a test has no time to wait.
function forgetSteps(email) {
	sql(`UPDATE credentials SET config = jsonb_set(config, '{last_step}', '0')
		WHERE type = 'totp' AND identity_id = '${idOf(email)}'`);
}

// --- flows -------------------------------------------------------------------

const group = (flow, name) => flow.ui.nodes.filter((n) => n.group === name)
	.map((n) => n.attributes.name ?? n.attributes.id);
const byId = (flow, id) => flow.ui.nodes.find((n) => n.attributes.id === id);
const labelOf = (n) => n.meta.label?.id;

async function settings(b, fields) {
	const { flow, csrf, action } = await b.start('settings');
	return fields === undefined ? flow
		: b.postJson(action, { csrf_token: csrf, ...fields });
}

async function again(b, flow, fields) {
	return b.postJson(actionOf(flow), { csrf_token: csrfOf(flow), ...fields });
}

const secretOf = (flow) => byId(flow, 'totp_secret_key').attributes.text.text;

async function enrol(b) {
	await calm();
	const flow = await settings(b);
	const secret = secretOf(flow);
	const r = await again(b, flow, { method: 'totp', totp_code: totp(secret, -1) });
	if (r.status !== 200)
		throw new Error(`enrolment failed: ${r.text}`);
	return secret;
}

async function stepUp(b, fields) {
	const { flow, csrf, action } = await b.start('login', '?aal=aal2');
	return b.postJson(action, { csrf_token: csrf, ...fields });
}

const whoami = (b) => b.getJson('/sessions/whoami');

async function newcomer(svc, email) {
	const b = new Browser(svc);
	await b.register(email);
	return b;
}

async function signedIn(svc, email) {
	const b = new Browser(svc);
	await b.login(email);
	return b;
}

// --- authenticator apps ------------------------------------------------------

async function enrolment(svc) {
	await calm();
	const email = 'petra@acme.example';
	const b = await newcomer(svc, email);
	const flow = await settings(b);
	is(group(flow, 'totp'), ['totp_qr', 'totp_secret_key', 'totp_code', 'method'],
		'what linking an app needs');
	is(flow.ui.nodes.filter((n) => n.group === 'totp').map((n) => [n.type, labelOf(n)]),
		[['img', 1050005], ['text', 1050017], ['input', 1070006], ['input', 1070003]],
		'with labels');
	const key = byId(flow, 'totp_secret_key').attributes.text;
	is([key.id, key.context.secret], [1050006, key.text], 'the secret to type');
	ok(/^[A-Z2-7]{32}$/.test(key.text), 'is of twenty bytes');
	const qr = byId(flow, 'totp_qr');
	is([qr.attributes.width, qr.attributes.height], [256, 256], 'the QR code');
	is(readQr(qr.attributes.src), { width: 256, height: 256,
		text: `otpauth://totp/Mirai:${encodeURIComponent(email)}?secret=${key.text}`
			+ '&issuer=Mirai&algorithm=SHA1&digits=6&period=30' }, 'reads as the same');

	const stored = sql(`SELECT ui::text || internal::text FROM flows WHERE id = '${flow.id}'`);
	ok(!stored.includes(key.text) && !stored.includes('data:image')
		&& stored.includes('sealed'), 'the database holds it sealed only');
	let r = await b.getJson(`/self-service/settings/flows?id=${flow.id}`);
	is(secretOf(r.json), key.text, 'its owner reads it again');
	const other = await signedIn(svc, email);
	other.jar.set([...b.jar.keys()].find((k) => k.startsWith('csrf')),
		b.jar.get([...b.jar.keys()].find((k) => k.startsWith('csrf'))));
	r = await other.getJson(`/self-service/settings/flows?id=${flow.id}`);
	is(byId(r.json, 'totp_secret_key'), undefined, 'another session does not');

	r = await again(b, flow, { method: 'totp', totp_code: wrongCode(key.text) });
	is([r.status, node(r.json, 'totp_code').messages.map((m) => m.id)], [400, [4000008]],
		'a wrong code is refused at its field');
	is(secretOf(r.json), key.text, 'and the secret stays');
	r = await again(b, flow, { method: 'totp', totp_code: '' });
	is([r.status, messageIds(r.json)], [400, [4000002]], 'none is missing');
	r = await again(b, flow, { method: 'totp', totp_unlink: true });
	is([r.status, messageIds(r.json)], [400, [4000011]], 'there is nothing to unlink');
	is((await whoami(b)).json.authenticator_assurance_level, 'aal1', 'still at the first level');
	is((await whoami(other)).status, 200, 'another session is good');
	const code = totp(key.text, -1);
	r = await again(b, flow, { method: 'totp', totp_code: `${code.slice(0, 3)} ${code.slice(3)}` });
	is([r.status, r.json.state, messageIds(r.json)], [200, 'success', [1050001]], 'the right one links it');
	is([group(r.json, 'totp'), labelOf(node(r.json, 'totp_unlink'))],
		[['totp_unlink'], 1050004], 'what is left is to unlink');
	const who = (await whoami(b)).json;
	is([who.authenticator_assurance_level, who.authentication_methods.map((m) => [m.method, m.aal])],
		['aal2', [['password', 'aal1'], ['totp', 'aal2']]], 'this session is raised');
	is((await whoami(other)).json.error.id, 'session_aal2_required',
		'the other one must prove it first');
	const config = sql(`SELECT config FROM credentials WHERE type = 'totp'
		AND identity_id = '${idOf(email)}'`);
	ok(!config.includes(key.text) && !config.includes(rawSecret(key.text))
		&& config.includes('"v1.'), 'the credential is sealed');
	is(sql(`SELECT template || ' ' || recipient FROM mails
		WHERE template LIKE 'authenticator%' AND identity_id = '${idOf(email)}'`),
		`authenticator_key_added ${email}`, 'its owner is told by mail');
	return { email, secret: key.text };
}

async function signIn(svc, { email, secret }) {
	await calm();
	forgetSteps(email);
	const b = new Browser(svc);
	const back = `${APP}/courses?page=2`;
	let { csrf, action } = await b.start('login', `?return_to=${encodeURIComponent(back)}`);
	const up = `${AUTH}/self-service/login/browser?aal=aal2&return_to=${encodeURIComponent(back)}`;
	let r = await b.postJson(action, { method: 'password', identifier: email, password: PASSWORD,
		csrf_token: csrf });
	is([r.status, r.json.error.id, r.json.redirect_browser_to],
		[422, 'browser_location_change_required', up], 'a password is half the way');
	r = await whoami(b);
	is([r.status, r.json.error.id, r.json.redirect_browser_to, r.json.error.details.redirect_browser_to],
		[403, 'session_aal2_required', `${AUTH}/self-service/login/browser?aal=aal2`,
			`${AUTH}/self-service/login/browser?aal=aal2`], 'whoami tells the rest');
	const others = [['GET', '/sessions'], ['DELETE', '/sessions'], ['DELETE', '/sessions/00000000-0000-4000-8000-000000000000']];
	is((await Promise.all(others.map(([method, path]) => b.go(method, path)))).map((x) => x.json?.error?.id),
		Array(3).fill('session_aal2_required'), 'other sessions are neither shown nor ended');
	r = await b.getJson('/self-service/settings/browser');
	is([r.status, r.json.error.id], [403, 'session_aal2_required'], 'settings ask for it');
	r = await b.get('/self-service/settings/browser');
	is([r.status, r.headers.location], [303, `${AUTH}/self-service/login/browser?aal=aal2&return_to=`
		+ encodeURIComponent(`${AUTH}/self-service/settings/browser`)], 'and lead there');
	r = await b.get(`/self-service/login/browser?return_to=${encodeURIComponent(back)}`);
	is([r.status, r.headers.location], [303, up], 'as does another sign-in');
	r = await b.getJson('/self-service/login/browser');
	is([r.status, r.json.error.id], [400, 'session_already_available'], 'a script is told');

	const start = await b.start('login', `?aal=aal2&return_to=${encodeURIComponent(back)}`);
	is([start.flow.requested_aal, start.flow.ui.messages.map((m) => m.id)], ['aal2', [1010004]],
		'the second step');
	is(start.flow.ui.nodes.map((n) => [n.attributes.name, labelOf(n)]),
		[['csrf_token', undefined], ['totp_code', 1010006], ['method', 1010009]], 'asks for a code');
	r = await again(b, start.flow, { method: 'totp', totp_code: wrongCode(secret) });
	is([r.status, node(r.json, 'totp_code').messages.map((m) => m.id),
		node(r.json, 'totp_code').attributes.value], [400, [4000008], undefined], 'a wrong one');
	r = await again(b, start.flow, { method: 'totp' });
	is([r.status, messageIds(r.json)], [400, [4000002]], 'none');
	r = await again(b, start.flow, { method: 'password', identifier: email, password: PASSWORD });
	is([r.status, messageIds(r.json)], [400, [4010002]], 'a password is none');
	r = await again(b, start.flow, { method: 'lookup_secret', lookup_secret: 'abcdefgh' });
	is([r.status, messageIds(r.json)], [400, [4000014]], 'a back-up code of none');
	r = await again(b, start.flow, { method: 'totp', totp_code: totp(secret, -2) });
	is([r.status, messageIds(r.json)], [400, [4000008]], 'two steps ago is too old');
	const session = b.jar.get('ory_kratos_session');
	r = await again(b, start.flow, { totp_code: totp(secret, -1) });
	is([r.status, r.json.session.authenticator_assurance_level, r.json.continue_with[0].redirect_browser_to,
		b.jar.get('ory_kratos_session') === session], [200, 'aal2', back, true],
	'the right one raises the same session');
	is((await whoami(b)).status, 200, 'which is good now');
	r = await b.getJson('/self-service/login/browser?aal=aal2');
	is([r.status, r.json.error.id], [401, 'session_aal_already_fulfilled'], 'once is enough');
	r = await b.get('/self-service/login/browser?aal=aal2');
	is([r.status, r.headers.location], [303, `${APP}/dashboard`], 'for a browser too');
	r = await again(b, start.flow, { totp_code: totp(secret) });
	is([r.status, r.json.error.id], [401, 'session_aal_already_fulfilled'], 'nor is it proven twice');

	const c = await signedIn(svc, email);
	r = await stepUp(c, { method: 'totp', totp_code: totp(secret, -1) });
	is([r.status, messageIds(r.json)], [400, [4000008]], 'a code works once');
	const two = await Promise.all([signedIn(svc, email), signedIn(svc, email), signedIn(svc, email)]);
	const code = totp(secret);
	const all = await Promise.all(two.map((x) => stepUp(x, { method: 'totp', totp_code: code })));
	is(all.map((x) => x.status).sort(), [200, 400, 400], 'also of three at the same moment');

	r = await b.start('login', '?refresh=true&aal=aal2');
	is([r.flow.refresh, r.flow.requested_aal, messageIds(r.flow)], [true, 'aal2', [1010003]],
		'the second factor can be asked for anew');
	r = await again(b, r.flow, { method: 'totp', totp_code: totp(secret, 1) });
	is([r.status, r.json.session.authentication_methods.length], [200, 3], 'and is noted');
}

async function withoutScripts(svc, { email, secret }) {
	forgetSteps(email);
	const b = new Browser(svc);
	const { csrf, action } = await b.start('login');
	let r = await b.post(action, { method: 'password', identifier: email, password: PASSWORD,
		csrf_token: csrf });
	is([r.status, r.headers.location], [303, `${AUTH}/self-service/login/browser?aal=aal2`],
		'a form leads to the second step');
	r = await b.get('/self-service/login/browser?aal=aal2');
	is([r.status, r.headers.location.startsWith(`${APP}/auth/login?flow=`)], [303, true], 'and its page');
	const flow = r.headers.location.split('flow=')[1];
	const shown = (await b.getJson(`/self-service/login/flows?id=${flow}`)).json;
	r = await b.post(actionOf(shown), { method: 'totp', totp_code: wrongCode(secret),
		csrf_token: csrfOf(shown) });
	is([r.status, r.headers.location], [303, `${APP}/auth/login?flow=${flow}`], 'a wrong code comes back');
	is(messageIds((await b.getJson(`/self-service/login/flows?id=${flow}`)).json), [4000008], 'and is told');
	r = await b.post(actionOf(shown), { method: 'totp', totp_code: totp(secret),
		csrf_token: csrfOf(shown) });
	is([r.status, r.headers.location], [303, `${APP}/dashboard`], 'a right one is in');
	is((await whoami(b)).status, 200, 'signed in');
	return b;
}

async function strangers(svc, { email }) {
	const victim = await signedIn(svc, email);
	const { flow } = await victim.start('login', '?aal=aal2');
	const other = await newcomer(svc, 'mallory@acme.example');
	for (const [k, v] of victim.jar)
		if (k.startsWith('csrf'))
			other.jar.set(k, v);
	let r = await again(other, flow, { method: 'totp', totp_code: '000000' });
	is([r.status, r.json.error.id], [403, 'security_identity_mismatch'], 'a form of somebody else');
	other.jar.delete('ory_kratos_session');
	r = await again(other, flow, { method: 'totp', totp_code: '000000' });
	is([r.status, r.json.error.id], [401, 'session_aal1_required'], 'and without a session');
	r = await new Browser(svc).getJson('/self-service/login/browser?aal=aal2');
	is([r.status, r.json.error.id], [401, 'session_aal1_required'], 'the first factor comes first');
	const plain = await signedIn(svc, 'mallory@acme.example');
	is((await whoami(plain)).status, 200, 'who has no second factor needs none');
	r = await plain.getJson('/self-service/login/browser?aal=aal2');
	is(r.status, 400, 'and cannot prove one');
}

async function unlink(svc, b, { email }) {
	let r = await settings(b, { totp_unlink: 'true' });
	is([r.status, r.json.state, messageIds(r.json), group(r.json, 'totp').length],
		[200, 'success', [1050001], 4], 'the app is unlinked');
	is(sql(`SELECT string_agg(template, ' ' ORDER BY created_at) FROM mails
		WHERE template LIKE 'authenticator%' AND identity_id = '${idOf(email)}'`), 'authenticator_key_added authenticator_key_removed',
	'which is told as well');
	is((await whoami(await signedIn(svc, email))).status, 200, 'a password is enough again');
	is(sql(`SELECT string_agg(action, ' ' ORDER BY id) FROM audit
		WHERE identity_id = '${idOf(email)}' AND action LIKE 'totp.%'`), 'totp.add totp.remove',
	'all of it is in the audit trail');
}

// --- back-up codes -----------------------------------------------------------

const codesOf = (flow) => byId(flow, 'lookup_secret_codes').attributes.text.context.secrets;

async function backup(svc) {
	const email = 'rosa@acme.example';
	const b = await newcomer(svc, email);
	let flow = await settings(b);
	is([group(flow, 'lookup_secret'), labelOf(node(flow, 'lookup_secret_regenerate'))],
		[['lookup_secret_regenerate'], 1050008], 'back-up codes are offered');
	let r = await again(b, flow, { lookup_secret_confirm: true });
	is([r.status, messageIds(r.json)], [400, [4000014]], 'there are none to confirm');
	r = await again(b, flow, { method: 'lookup_secret', lookup_secret_reveal: true });
	is([r.status, messageIds(r.json)], [400, [4000014]], 'none to reveal');
	r = await again(b, flow, { method: 'lookup_secret', lookup_secret_disable: true });
	is([r.status, messageIds(r.json)], [400, [4000014]], 'none to disable');
	r = await again(b, flow, { method: 'lookup_secret' });
	is([r.status, messageIds(r.json)], [400, [4010004]], 'and nothing to do');
	r = await again(b, flow, { method: 'lookup_secret', lookup_secret_regenerate: true });
	is([r.status, r.json.state, group(r.json, 'lookup_secret')],
		[200, 'show_form', ['lookup_secret_codes', 'lookup_secret_confirm']], 'they are made');
	is([labelOf(byId(r.json, 'lookup_secret_codes')), labelOf(node(r.json, 'lookup_secret_confirm'))],
		[1050010, 1050011], 'with labels');
	const list = byId(r.json, 'lookup_secret_codes').attributes.text;
	const codes = codesOf(r.json).map((m) => m.context.secret);
	is([list.id, list.text, codesOf(r.json).every((m) => m.id === 1050009)],
		[1050015, codes.join(', '), true], 'a list of messages');
	ok(codes.length === 12 && new Set(codes).size === 12
		&& codes.every((c) => /^[a-z0-9]{8}$/.test(c)), 'of twelve codes');
	const stored = sql(`SELECT ui::text || internal::text FROM flows WHERE id = '${flow.id}'`);
	ok(codes.every((c) => !stored.includes(c)), 'which the database does not tell');
	is((await whoami(await signedIn(svc, email))).status, 200, 'unconfirmed they change nothing');
	r = await again(b, flow, { lookup_secret_confirm: 'true' });
	is([r.status, r.json.state, messageIds(r.json), group(r.json, 'lookup_secret')],
		[200, 'success', [1050001], ['lookup_secret_reveal', 'lookup_secret_disable']], 'confirmed');
	is([labelOf(node(r.json, 'lookup_secret_reveal')), labelOf(node(r.json, 'lookup_secret_disable'))],
		[1050007, 1050016], 'what is left to do');
	ok(!sql(`SELECT config FROM credentials WHERE type = 'lookup_secret'`).includes(codes[0]),
		'the credential is sealed');
	is((await whoami(b)).json.authenticator_assurance_level, 'aal2', 'this session is raised');
	return { email, b, codes };
}

async function useBackup(svc, { email, b, codes }) {
	let c = await signedIn(svc, email);
	const { flow } = await c.start('login', '?aal=aal2');
	is(flow.ui.nodes.slice(1).map((n) => [n.attributes.name, labelOf(n)]),
		[['lookup_secret', 1010007], ['method', 1010010]], 'a back-up code is asked for');
	let r = await again(c, flow, { method: 'totp', totp_code: '123456' });
	is([r.status, messageIds(r.json)], [400, [4000011]], 'there is no app');
	r = await again(c, flow, { method: 'lookup_secret', lookup_secret: 'aaaaaaaa' });
	is([r.status, node(r.json, 'lookup_secret').messages.map((m) => m.id)], [400, [4000016]],
		'a wrong code');
	r = await again(c, flow, { method: 'lookup_secret', lookup_secret: '' });
	is([r.status, messageIds(r.json)], [400, [4000002]], 'none');
	const typed = ` ${codes[3].slice(0, 4).toUpperCase()}-${codes[3].slice(4)}`;
	r = await again(c, flow, { method: 'lookup_secret', lookup_secret: typed });
	is([r.status, r.json.session.authenticator_assurance_level], [200, 'aal2'],
		'a right one, as people type');
	c = await signedIn(svc, email);
	r = await stepUp(c, { method: 'lookup_secret', lookup_secret: codes[3] });
	is([r.status, messageIds(r.json)], [400, [4000012]], 'works once');
	const many = await Promise.all([1, 2, 3].map(() => signedIn(svc, email)));
	let all = await Promise.all(many.map((x) => stepUp(x, { lookup_secret: codes[5] })));
	is(all.map((x) => x.status).sort(), [200, 400, 400], 'also at the same moment');
	const more = await Promise.all([1, 2, 3].map(() => signedIn(svc, email)));
	all = await Promise.all(more.map((x, i) => stepUp(x, { lookup_secret: codes[7 + i] })));
	is(all.map((x) => x.status), [200, 200, 200], 'different ones do not hinder each other');

	r = await settings(b, { lookup_secret_reveal: 'true' });
	is([r.status, group(r.json, 'lookup_secret')], [200, ['lookup_secret_codes',
		'lookup_secret_regenerate', 'lookup_secret_disable']], 'the list is revealed');
	is(codesOf(r.json).map((m) => m.id), codes.map((_, i) =>
		[3, 5, 7, 8, 9].includes(i) ? 1050014 : 1050009), 'with those that were used');
	ok(/^\d{4}-.*Z$/.test(codesOf(r.json)[3].context.used_at), 'and when');
	is(codesOf(r.json)[0].context.secret, codes[0], 'the others as they are');
	const seen = sql(`SELECT ui FROM flows WHERE id = '${r.json.id}'`);
	ok(!seen.includes(codes[0]), 'sealed in the flow');
	const revealed = r.json;
	r = await again(b, revealed, { lookup_secret_regenerate: 'true' });
	const fresh = codesOf(r.json).map((m) => m.context.secret);
	ok(fresh.every((x) => !codes.includes(x)), 'new ones are made');
	c = await signedIn(svc, email);
	is((await stepUp(c, { lookup_secret: fresh[0] })).status, 400, 'not good before they are confirmed');
	r = await again(b, revealed, { lookup_secret_confirm: 'true' });
	is(r.status, 200, 'confirmed');
	is(messageIds((await stepUp(c, { lookup_secret: codes[0] })).json), [4000016], 'the old ones are gone');
	is((await stepUp(c, { lookup_secret: fresh[0] })).status, 200, 'the new ones work');

	const secret = await enrol(b);
	c = await signedIn(svc, email);
	is((await c.start('login', '?aal=aal2')).flow.ui.nodes.map((n) => n.group),
		['default', 'totp', 'totp', 'lookup_secret', 'lookup_secret'], 'both factors are offered');
	is((await stepUp(c, { totp_code: totp(secret) })).status, 200, 'either will do');
	r = await settings(b, { lookup_secret_disable: 'true' });
	is([r.status, group(r.json, 'lookup_secret')], [200, ['lookup_secret_regenerate']], 'disabled');
	c = await signedIn(svc, email);
	is(messageIds((await stepUp(c, { method: 'lookup_secret', lookup_secret: fresh[1] })).json),
		[4000014], 'and no factor any more');
}

// --- by API, with the official client ----------------------------------------

async function native(svc) {
	const email = 'anna@acme.example';
	const ory = new FrontendApi(new Configuration({ basePath: 'http://auth.mirai.example',
		baseOptions: { socketPath: svc.socketPath, proxy: false, maxRedirects: 0,
			validateStatus: () => true } }));
	let r = await ory.createNativeRegistrationFlow();
	r = await ory.updateRegistrationFlow({ flow: r.data.id, updateRegistrationFlowBody: {
		method: 'password', password: PASSWORD,
		traits: { email, name: { first: 'Anna', last: 'Berg' } } } });
	let token = r.data.session_token;
	await calm();
	r = await ory.createNativeSettingsFlow({ xSessionToken: token });
	const secret = secretOf(r.data);
	r = await ory.updateSettingsFlow({ flow: r.data.id, xSessionToken: token,
		updateSettingsFlowBody: { method: 'totp', totp_code: totp(secret, -1) } });
	is([r.status, r.data.state], [200, 'success'], 'API: an app is linked');
	is((await ory.toSession({ xSessionToken: token })).data.authenticator_assurance_level, 'aal2',
		'API: the session is raised');

	r = await ory.createNativeLoginFlow();
	r = await ory.updateLoginFlow({ flow: r.data.id,
		updateLoginFlowBody: { method: 'password', identifier: email, password: PASSWORD } });
	is([r.status, r.data.session.identity, r.data.session.authenticator_assurance_level],
		[200, null, 'aal1'], 'API: half signed in');
	token = r.data.session_token;
	r = await ory.toSession({ xSessionToken: token });
	is([r.status, r.data.error.id, r.data.redirect_browser_to], [403, 'session_aal2_required',
		`${AUTH}/self-service/login/browser?aal=aal2`], 'API: whoami says so');
	r = await ory.createNativeSettingsFlow({ xSessionToken: token });
	is([r.status, r.data.error.id], [403, 'session_aal2_required'], 'API: as do settings');
	r = await ory.createNativeLoginFlow({ aal: 'aal2', xSessionToken: token });
	is([r.status, r.data.requested_aal, messageIds(r.data)], [200, 'aal2', [1010004]],
		'API: the second step');
	const flow = r.data.id;
	r = await ory.updateLoginFlow({ flow, updateLoginFlowBody: { method: 'totp', totp_code: totp(secret) } });
	is([r.status, r.data.error.id], [401, 'session_aal1_required'], 'API: belongs to a session');
	r = await ory.updateLoginFlow({ flow, xSessionToken: token,
		updateLoginFlowBody: { method: 'totp', totp_code: totp(secret) } });
	is([r.status, r.data.session_token, r.data.session.identity.traits.email],
		[200, token, email], 'API: and ends in the same token');
	is((await ory.toSession({ xSessionToken: token })).status, 200, 'API: whoami');
	r = await ory.createNativeLoginFlow({ aal: 'aal2', xSessionToken: token });
	is([r.status, r.data.error.id], [401, 'session_aal_already_fulfilled'], 'API: once');
	is((await ory.createNativeLoginFlow({ aal: 'aal3' })).status, 400, 'API: there is no third level');
	r = await ory.createNativeSettingsFlow({ xSessionToken: token });
	r = await ory.updateSettingsFlow({ flow: r.data.id, xSessionToken: token,
		updateSettingsFlowBody: { method: 'totp', totp_unlink: true } });
	is([r.status, r.data.state], [200, 'success'], 'API: unlinked');
}

// --- what a company may demand -----------------------------------------------

async function demanded(svc) {
	const email = 'stefan@acme.example';
	let b = await newcomer(svc, email);
	const after = (when) => sql(`UPDATE identities SET second_factor_after = ${when}
		WHERE id = '${idOf(email)}'`);
	after("now() + interval '3 days'");
	is((await whoami(b)).status, 200, 'sessions stay good for some days');
	b = new Browser(svc);
	let r = await b.login(email);
	is([r.status, r.json.redirect_browser_to], [422, `${AUTH}/self-service/settings/browser`],
		'a sign-in leads to the settings');
	is((await whoami(b)).status, 200, 'which can wait');
	const flow = await settings(b);
	const due = sql(`SELECT to_char(second_factor_after AT TIME ZONE 'UTC', 'YYYY-MM-DD') FROM identities
		WHERE id = '${idOf(email)}'`);
	is([flow.ui.messages[0].id, flow.ui.messages[0].context.due], [4900201, due], 'until a day');

	after("now() - interval '1 minute'");
	b = await signedIn(svc, email);
	r = await whoami(b);
	is([r.status, r.json.error.id, r.json.redirect_browser_to], [403, 'session_aal2_required',
		`${AUTH}/self-service/settings/browser`], 'after it nothing else is possible');
	r = await b.get('/self-service/login/browser');
	is([r.status, r.headers.location], [303, `${AUTH}/self-service/settings/browser`],
		'nor does a sign-in go round in circles');
	const secret = await enrol(b);
	is((await whoami(b)).status, 200, 'but to set one up');
	r = await settings(b, { totp_unlink: 'true' });
	is([r.status, messageIds(r.json)], [400, [4900202]], 'which is there to stay');
	r = await settings(b, { lookup_secret_regenerate: 'true' });
	await again(b, r.json, { lookup_secret_confirm: 'true' });
	is((await settings(b, { totp_unlink: 'true' })).status, 200, 'unless there is another one');
	r = await settings(b, { lookup_secret_disable: 'true' });
	is([r.status, messageIds(r.json)], [400, [4900202]], 'the last one stays');
	ok(secret.length === 32, 'done');
}

// Y-5: a code from the mailbox is no second factor; for who has none the
// settings that follow are whole.
async function recovered(svc) {
	const email = 'rita@acme.example';
	const recover = async () => {
		const b = new Browser(svc);
		const { flow } = await b.start('recovery');
		await again(b, flow, { method: 'code', email });
		const r = await again(b, flow, { method: 'code', code: lastMail(email).RecoveryCode });
		const to = r.json.redirect_browser_to ?? r.json.error.details.redirect_browser_to;
		return { b, id: new URL(to).searchParams.get('flow') };
	};
	const owner = await newcomer(svc, email);
	const first = await recover();
	let r = await first.b.getJson(`/self-service/settings/flows?id=${first.id}`);
	is(group(r.json, 'totp'), ['totp_qr', 'totp_secret_key', 'totp_code', 'method'],
		'recovery: the settings offer an app with all it needs');
	await enrol(owner);
	const { b, id } = await recover();
	is((await whoami(b)).json.error?.id, 'session_aal2_required', 'recovery: is half the way');
	r = await b.getJson(`/self-service/settings/flows?id=${id}`);
	is([r.status, r.json.error?.id], [403, 'session_aal2_required'], 'recovery: settings are closed');
	r = await b.go('POST', `/self-service/settings?flow=${id}`, { accept: 'application/json',
		'content-type': 'application/json' }, JSON.stringify({ method: 'password',
		password: 'Lampenschirm-Nord-4', csrf_token: decodeURIComponent(b.jar.get(
			[...b.jar.keys()].find((k) => k.startsWith('csrf')))) }));
	is([r.status, r.json.error?.id], [403, 'session_aal2_required'],
		'recovery: and take no new password');
}

// What another service made is as good: of Kratos, by the administrator's API.
async function imported(svc) {
	const admin = await startAdmin();
	const email = 'ivo@acme.example';
	const secret = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ';
	let r = await api(admin, 'POST', '/admin/identities', { schema_id: 'user',
		traits: { email, name: { first: 'Ivo', last: 'Kern' } },
		credentials: { password: { config: { password: PASSWORD } },
			totp: { config: { totp_url: `otpauth://totp/x?secret=${secret}` } },
			lookup_secret: { config: { recovery_codes: [{ code: 'AbCd-1234' },
				{ code: 'used0000', used_at: '2026-01-02T03:04:05Z' }] } } } },
	{ authorization: `Bearer ${ADMIN_SECRET}` });
	is(r.status, 201, 'imported: made');
	is((await stepUp(await signedIn(svc, email), { totp_code: totp(secret) })).status, 200,
		'imported: the app works');
	is((await stepUp(await signedIn(svc, email), { lookup_secret: 'AbCd-1234' })).status, 200,
		'imported: a back-up code works');
	r = await stepUp(await signedIn(svc, email), { lookup_secret: 'used0000' });
	is(messageIds(r.json), [4000012], 'imported: one that was used does not');
}

// Five wrong codes of an account, then nobody may guess for a while.
async function guessed() {
	const svc = await startService(['identity.limits yes']);
	const b = await newcomer(svc, 'gitta@acme.example');
	const secret = await enrol(b);
	const c = await signedIn(svc, 'gitta@acme.example');
	const { flow } = await c.start('login', '?aal=aal2');
	for (let i = 0; i < 5; i++)
		await again(c, flow, { totp_code: wrongCode(secret) });
	const r = await again(c, flow, { totp_code: totp(secret) });
	is([r.status, Number(r.headers['retry-after']) > 0], [429, true],
		'after five wrong codes a right one has to wait');
	is((await whoami(b)).status, 200, 'live sessions do not');
}

async function notDemanded() {
	const svc = await startService(['session.required_aal aal1']);
	const email = 'vera@acme.example';
	const b = await newcomer(svc, email);
	await enrol(b);
	const c = new Browser(svc);
	is((await c.login(email)).status, 200, 'required_aal aal1: a password is enough');
	is((await whoami(c)).status, 200, 'required_aal aal1: for whoami too');
	sql(`UPDATE identities SET second_factor_after = now() WHERE id = '${idOf(email)}'`);
	is((await whoami(await signedIn(svc, email))).status, 403, 'unless it is demanded');
}

main(async () => {
	const svc = await startService();
	const petra = await enrolment(svc);
	await signIn(svc, petra);
	const b = await withoutScripts(svc, petra);
	await strangers(svc, petra);
	await unlink(svc, b, petra);
	const rosa = await backup(svc);
	await useBackup(svc, rosa);
	await native(svc);
	await demanded(svc);
	await recovered(svc);
	await imported(svc);
	await guessed();
	await notDemanded();
});
