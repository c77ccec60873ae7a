// Every kind of answer, held against the types of the official client: no
// member that it does not know, none missing, each of the type it declares.
import crypto from 'node:crypto';
import { ADMIN_SECRET, APP, AUTH, Browser, PASSWORD, actionOf, api, apiSubmit, csrfOf, is, loginApi,
	main, node, ok, registerApi, startAdmin, startService } from './kit/server.mjs';
import { lastMail, sql } from './kit/mails.mjs';
import { faults } from './kit/shape.mjs';
import { totp } from './kit/totp.mjs';

const NOBODY = '00000000-0000-4000-8000-000000000000';
const OTHER = 'Fresh-Meadow-42!';
const bearer = { authorization: `Bearer ${ADMIN_SECRET}` };

function traits(email) {
	return { email, name: { first: 'Petra', last: 'Vogel' } };
}

// That an answer is one, with this status; the answer.
function fits(name, status, r, what) {
	const list = Array.isArray(r.json) ? r.json : [r.json];
	is([r.status, list.length > 0, list.flatMap((v) => faults(name, v))], [status, true, []],
		`${name}: ${what}`);
	return r;
}

// An error's envelope: its members, and what may stand beside it.
function refused(name, status, id, r, what) {
	const { error, ...beside } = r.json ?? {};
	is([r.status, error?.code, error?.id, faults('GenericError', error)], [status, status, id, []],
		`GenericError: ${what}`);
	is(faults(name, { error, ...beside }).filter((f) => !f.startsWith(`${name}.error`)), [],
		`${name}: ${what}`);
}

async function begin(svc) {
	const b = new Browser(svc);
	for (const [kind, name] of [['login', 'LoginFlow'], ['registration', 'RegistrationFlow'],
		['recovery', 'RecoveryFlow'], ['verification', 'VerificationFlow']]) {
		const q = `?return_to=${encodeURIComponent(`${APP}/x`)}`;
		const { json } = fits(name, 200, await b.getJson(`/self-service/${kind}/browser${q}`), 'begun');
		is(Object.keys(json).sort().filter((k) => /^(active|continue_with|identity)$/.test(k)), [],
			'section 4: nothing that is not known yet');
		is([json.return_to, json.request_url.endsWith(q), json.state, json.type],
			[`${APP}/x`, true, 'choose_method', 'browser'], 'section 4: what was asked');
		fits(name, 200, await b.getJson(`/self-service/${kind}/flows?id=${json.id}`), 'read');
		const native = fits(name, 200, await api(svc, 'GET', `/self-service/${kind}/api`), 'for an app');
		is([native.json.type, 'return_to' in native.json], ['api', false], 'section 4: and no more');
	}
}

// What callers send along comes back with the flow.
async function echoed(svc) {
	const id = crypto.randomUUID();
	for (const [kind, name, fields] of [['login', 'LoginFlow', { identifier: 'x', password: 'y' }],
		['registration', 'RegistrationFlow', { traits: {}, password: 'y' }]]) {
		const start = `/self-service/${kind}/api?organization=${id}&identity_schema=user`;
		const begun = fits(name, 200, await api(svc, 'GET', start), 'with an organization and a schema');
		is([begun.json.organization_id, begun.json.identity_schema, begun.json.transient_payload],
			[id, 'user', undefined], 'section 4: both come back');
		const sent = fits(name, 400, await api(svc, 'POST', actionOf(begun.json), { method: 'password',
			transient_payload: { campaign: ['a', 1] }, ...fields }), 'with a payload');
		is([sent.json.organization_id, sent.json.identity_schema, sent.json.transient_payload],
			[id, 'user', { campaign: ['a', 1] }], 'section 4: so does that');
		refused('ErrorGeneric', 400, undefined, await api(svc, 'GET',
			`/self-service/${kind}/api?identity_schema=none`), `no such schema for ${kind}`);
	}
	const code = await api(svc, 'GET', '/self-service/login/api?return_session_token_exchange_code=true');
	fits('LoginFlow', 200, code, 'with an exchange code');
	is([code.json.session_token_exchange_code.length, (await api(svc, 'GET', '/self-service/login/api'))
		.json.session_token_exchange_code], [64, undefined], 'section 4: which is given when asked for');
}

async function login(svc) {
	await registerApi(svc, 'lena@acme.example');
	const b = new Browser(svc);
	const { flow, csrf, action } = await b.start('login');
	is(['active' in flow, flow.refresh, flow.requested_aal, 'created_at' in flow],
		[false, false, 'aal1', true], 'section 4: members of a sign-in');
	const wrong = fits('LoginFlow', 400, await b.postJson(action, { method: 'password',
		identifier: 'lena@acme.example', password: 'wrong', csrf_token: csrf }), 'refused');
	is([wrong.json.active, node(wrong.json, 'identifier').attributes.value,
		'value' in node(wrong.json, 'password').attributes],
	['password', 'lena@acme.example', false], 'U-5: what is put back');
	fits('SuccessfulNativeLogin', 200, await b.login('lena@acme.example'), 'in a browser');
	const app = fits('SuccessfulNativeLogin', 200, await loginApi(svc, 'lena@acme.example'), 'by an app');
	await loginApi(svc, 'lena@acme.example');
	const token = { 'x-session-token': app.json.session_token };
	const session = fits('Session', 200, await api(svc, 'GET', '/sessions/whoami', undefined, token),
		'whoami');
	fits('Session', 200, await api(svc, 'GET', '/sessions', undefined, token), 'the others');
	ok(session.json.devices.length === 1 && session.json.identity.verifiable_addresses.length === 1
		&& session.json.authentication_methods.length === 1, 'with its lists');
	fits('LoginFlow', 200, await b.getJson('/self-service/login/browser?refresh=true'), 'a refresh');
	const out = fits('LogoutFlow', 200, await b.getJson('/self-service/logout/browser'), 'a way out');
	ok(out.json.logout_url.startsWith(`${AUTH}/self-service/logout?token=ory_lo_`), 'that is whole');
	const ended = await api(svc, 'DELETE', '/sessions', undefined, token);
	fits('DeleteMySessionsCount', 200, ended, 'how many ended');
}

async function registration(svc) {
	const b = new Browser(svc);
	const { action, csrf } = await b.start('registration');
	const bad = fits('RegistrationFlow', 400, await b.postJson(action, { method: 'password',
		password: 'short', csrf_token: csrf, traits: { email: 'none', name: { first: 'P' } } }), 'refused');
	ok(bad.json.ui.nodes.some((n) => n.messages.length > 0), 'with messages at its fields');
	fits('SuccessfulNativeRegistration', 200, await b.register('rosa@acme.example'), 'in a browser');
	fits('SuccessfulNativeRegistration', 200, await registerApi(svc, 'ruth@acme.example'), 'by an app');
	fits('RegistrationFlow', 400, await registerApi(svc, 'ruth@acme.example'), 'taken');
}

// A code that is sent, missed and found.
async function mailed(svc) {
	await registerApi(svc, 'mona@acme.example');
	for (const [kind, name, key] of [['verification', 'VerificationFlow', 'VerificationCode'],
		['recovery', 'RecoveryFlow', 'RecoveryCode']]) {
		const b = new Browser(svc);
		const { action, csrf } = await b.start(kind);
		const send = (fields) => b.postJson(action, { method: 'code', csrf_token: csrf, ...fields });
		const sent = fits(name, 200, await send({ email: 'mona@acme.example' }), 'sent');
		is([sent.json.state, sent.json.active], ['sent_email', 'code'], 'section 4: its state');
		const code = lastMail('mona@acme.example')[key];
		fits(name, 200, await send({ code: code === '111111' ? '222222' : '111111' }), 'wrong');
		if (kind === 'verification')
			fits(name, 200, await send({ code }), 'done');
		else
			refused('ErrorBrowserLocationChangeRequired', 422, 'browser_location_change_required',
				await send({ code }), 'go to the settings');
	}
}

// All nodes there are: pictures, scripts, texts, and what is set up.
async function settings(svc) {
	const b = new Browser(svc);
	await b.register('sara@acme.example');
	const { flow, action, csrf } = await b.start('settings');
	is([faults('SettingsFlow', flow), [...new Set(flow.ui.nodes.map((n) => n.type))].sort()],
		[[], ['a', 'img', 'input', 'script', 'text']], 'SettingsFlow: every type of node');
	is([flow.state, 'credentials' in flow.identity, 'metadata_admin' in flow.identity],
		['show_form', false, false], 'section 4: its owner');
	const send = (fields) => b.postJson(action, { csrf_token: csrf, ...fields });
	fits('SettingsFlow', 400, await send({ method: 'profile', traits: { email: 'none' } }), 'refused');
	fits('SettingsFlow', 400, await send({ method: 'password', password: 'x' }), 'a bad password');
	fits('SettingsFlow', 200, await send({ method: 'password', password: OTHER }), 'a new password');
	const done = fits('SettingsFlow', 200, await send({ method: 'profile',
		traits: traits('sara.new@acme.example') }), 'a new address');
	ok(done.json.continue_with.length > 0, 'with what comes next');
	fits('SettingsFlow', 200, await send({ lookup_secret_regenerate: true }), 'back-up codes');
	fits('SettingsFlow', 200, await send({ lookup_secret_confirm: true }), 'in use');
	fits('SettingsFlow', 200, await send({ lookup_secret_reveal: true }), 'shown');
	const secret = flow.ui.nodes.find((n) => n.attributes.id === 'totp_secret_key').attributes.text.text;
	fits('SettingsFlow', 200, await send({ method: 'totp', totp_code: totp(secret) }), 'an app');
	return { secret };
}

// The second step, by browser and by app.
async function second(svc, { secret }) {
	const b = new Browser(svc);
	refused('ErrorBrowserLocationChangeRequired', 422, 'browser_location_change_required',
		await b.login('sara.new@acme.example', OTHER), 'a second factor is due');
	refused('ErrorAuthenticatorAssuranceLevelNotSatisfied', 403, 'session_aal2_required',
		await b.getJson('/sessions/whoami'), 'so whoami says');
	const { flow, action, csrf } = await b.start('login', '?aal=aal2');
	is(faults('LoginFlow', flow), [], 'LoginFlow: the second step');
	fits('LoginFlow', 400, await b.postJson(action, { method: 'totp', totp_code: 'no',
		csrf_token: csrf }), 'a wrong code');
	sql('UPDATE credentials SET config = config || \'{"last_step":0}\' WHERE type = \'totp\'');
	fits('SuccessfulNativeLogin', 200, await b.postJson(action, { method: 'totp',
		totp_code: totp(secret, 1), csrf_token: csrf }), 'proven');
	fits('Session', 200, await b.getJson('/sessions/whoami'), 'of two factors');
	// what Kratos says to an app that is to prove more, whatever its type
	const due = await loginApi(svc, 'sara.new@acme.example', OTHER);
	is([due.status, due.json.session.identity, faults('SuccessfulNativeLogin', due.json)],
		[200, null, ['SuccessfulNativeLogin.session.identity: no object']], 'L-5: nobody yet');
}

async function errors(svc) {
	const b = new Browser(svc);
	refused('ErrorGeneric', 401, 'session_inactive', await b.getJson('/sessions/whoami'), 'nobody');
	refused('ErrorGeneric', 404, undefined,
		await b.getJson(`/self-service/login/flows?id=${NOBODY}`), 'no such flow');
	refused('ErrorGeneric', 400, 'self_service_flow_return_to_forbidden',
		await b.getJson('/self-service/login/browser?return_to=https%3A%2F%2Fevil.example'), 'elsewhere');
	const { flow, action } = await b.start('login');
	refused('ErrorGeneric', 403, 'security_csrf_violation',
		await b.postJson(action, { method: 'password', identifier: 'a', password: 'b' }), 'forged');
	sql(`UPDATE flows SET expires_at = now() - interval '1 minute' WHERE id = '${flow.id}'`);
	refused('SelfServiceFlowExpiredError', 410, 'self_service_flow_expired',
		await b.postJson(action, { method: 'password', identifier: 'a', password: 'b',
			csrf_token: csrfOf(flow) }), 'late');
	refused('SelfServiceFlowExpiredError', 410, 'self_service_flow_expired',
		await b.getJson(`/self-service/login/flows?id=${flow.id}`), 'read late');
	fits('FlowError', 200, await api(svc, 'GET', '/self-service/errors?id=stub:500'), 'a sample');
	const r = await b.get('/self-service/login/browser?return_to=https%3A%2F%2Fevil.example');
	const id = new URL(r.headers.location).searchParams.get('id');
	const stored = fits('FlowError', 200, await api(svc, 'GET', `/self-service/errors?id=${id}`), 'stored');
	is([stored.json.id, faults('GenericError', stored.json.error)], [id, []], 'what it holds');
}

async function about(svc) {
	fits('GetVersion200Response', 200, await api(svc, 'GET', '/version'), 'version');
	fits('IdentitySchemaContainer', 200, await api(svc, 'GET', '/schemas'), 'schemas');
}

async function admin(svc) {
	const call = (method, target, value) => api(svc, method, `/admin${target}`, value, bearer);
	const { json } = fits('Identity', 201, await call('POST', '/identities', { schema_id: 'user',
		traits: traits('alma@acme.example'), external_id: 'crm/7', metadata_admin: { a: 1 },
		credentials: { password: { config: { password: PASSWORD } } } }), 'made');
	fits('Identity', 200, await call('GET', `/identities/${json.id}`), 'read');
	fits('Identity', 200, await call('GET', '/identities'), 'listed');
	fits('Identity', 200, await call('GET', '/identities?include_credential=totp'), 'with credentials');
	fits('Identity', 200, await call('PATCH', `/identities/${json.id}`,
		[{ op: 'replace', path: '/metadata_public', value: { b: 2 } }]), 'patched');
	fits('Identity', 200, await call('PUT', `/identities/${json.id}`, { schema_id: 'user',
		state: 'active', traits: traits('alma@acme.example') }), 'replaced');
	fits('BatchPatchIdentitiesResponse', 200, await call('PATCH', '/identities', { identities: [
		{ patch_id: NOBODY, create: { schema_id: 'user', traits: traits('bulk@acme.example') } },
		{ create: { schema_id: 'user', traits: traits('bulk@acme.example') } }] }), 'many');
	fits('Session', 200, await call('GET', '/sessions?expand=identity&expand=devices'), 'all');
	const [one] = (await call('GET', '/sessions')).json;
	fits('Session', 200, await call('GET', `/sessions/${one.id}`), 'one');
	fits('RecoveryCodeForIdentity', 201, await call('POST', '/recovery/code', { identity_id: json.id }),
		'a code');
	fits('RecoveryLinkForIdentity', 200, await call('POST', '/recovery/link', { identity_id: json.id }),
		'a link');
	const mails = await call('GET', '/courier/messages');
	// notices of the product's own have types of their own
	mails.json = mails.json.filter((m) => /_(valid|invalid)$/.test(m.template_type));
	fits('Message', 200, mails, 'listed');
	fits('Message', 200, await call('GET', `/courier/messages/${mails.json[0].id}`), 'one');
	refused('ErrorGeneric', 404, undefined, await call('GET', `/identities/${NOBODY}`), 'no such identity');
	refused('ErrorGeneric', 409, undefined, await call('POST', '/identities', { schema_id: 'user',
		traits: traits('alma@acme.example') }), 'taken');
	refused('ErrorGeneric', 400, undefined, await call('POST', '/identities', { surprise: 1 }), 'refused');
}

await main(async () => {
	const lines = ['identity.webauthn yes', 'identity.passkey yes', 'identity.methods.code.passwordless yes'];
	const svc = await startService(lines);
	await begin(svc);
	await echoed(svc);
	await login(svc);
	await registration(svc);
	await mailed(svc);
	await second(svc, await settings(svc));
	await errors(svc);
	await about(svc);
	await admin(await startAdmin(['identity.methods.link yes']));
});
