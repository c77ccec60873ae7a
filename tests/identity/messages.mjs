// Every message of section 5 of spec identity.md, said by the running service
// at least once: to the official client as an app, and to browsers where only
// they get it. What was said is read out of the answers themselves.
import { Configuration, FrontendApi } from '@ory/client';
import fs from 'node:fs';
import path from 'node:path';
import { AUTH, Browser, PASSWORD, is, main, ok, sql, startService, watch } from './kit/server.mjs';
import { lastMail, otherThan } from './kit/mails.mjs';
import { startLiar, writeProviders } from './kit/provider.mjs';
import { calm, totp, wrongCode } from './kit/totp.mjs';

const TABLE = [
	1010001, 1010002, 1010003, 1010004, 1010006, 1010007, 1010009, 1010010, 1010014, 1010016,
	1010022, 1040001, 1040005, 1050001, 1050004, 1050005, 1050006, 1050007, 1050008, 1050009,
	1050010, 1050011, 1050014, 1050015, 1050016, 1050017, 1060001, 1060003, 1070001, 1070002,
	1070003, 1070004, 1070005, 1070007, 1070008, 1070009, 1070010, 1070011, 1080002, 1080003,
	4000002, 4000003, 4000004, 4000006, 4000007, 4000008, 4000010, 4000011, 4000012, 4000014,
	4000016, 4000017, 4000028, 4000031, 4000032, 4000033, 4000034, 4000039, 4000040, 4010001,
	4010002, 4010003, 4010004, 4010005, 4010006, 4010011, 4040001, 4050001, 4060001, 4060005,
	4060006, 4070002, 4070005, 4070006, 4900001, 5000001,
];

// --- what was said -------------------------------------------------------------

const said = new Map(); // id -> type
const odd = [];

// Messages anywhere in an answer: { id, text, type } with an id of ours.
function collect(json) {
	if (json === null || typeof json !== 'object')
		return;
	if (Number.isInteger(json.id) && json.id >= 1000000) {
		if (typeof json.text !== 'string' || json.text === '' || !['info', 'error', 'success'].includes(json.type))
			odd.push(json);
		said.set(json.id, json.type);
	}
	Object.values(json).forEach(collect);
}

watch.seen = collect;

// The official client; what it is told is collected as well.
function client(svc) {
	const ory = new FrontendApi(new Configuration({ basePath: 'http://auth.mirai.example',
		baseOptions: { socketPath: svc.socketPath, proxy: false, maxRedirects: 0, validateStatus: () => true } }));
	ory.axios.interceptors.response.use((r) => { collect(r.data); return r; });
	return ory;
}

// --- flows of an app -----------------------------------------------------------

const traits = (email) => ({ email, name: { first: 'Petra', last: 'Vogel' } });

async function register(ory, body) {
	const { data } = await ory.createNativeRegistrationFlow();
	return ory.updateRegistrationFlow({ flow: data.id, updateRegistrationFlowBody: body });
}

const signUp = async (ory, email, password = PASSWORD) =>
	(await register(ory, { method: 'password', password, traits: traits(email) })).data.session_token;

async function login(ory, body, query = {}) {
	const { data } = await ory.createNativeLoginFlow(query);
	return ory.updateLoginFlow({ flow: data.id, xSessionToken: query.xSessionToken, updateLoginFlowBody: body });
}

const signIn = async (ory, email, password = PASSWORD) =>
	(await login(ory, { method: 'password', identifier: email, password })).data.session_token;

async function settings(ory, xSessionToken) {
	const { data } = await ory.createNativeSettingsFlow({ xSessionToken });
	return { flow: data, set: (updateSettingsFlowBody) =>
		ory.updateSettingsFlow({ flow: data.id, xSessionToken, updateSettingsFlowBody }) };
}

// --- what makes it say each ----------------------------------------------------

async function signingUp(ory) {
	await signUp(ory, 'petra@acme.example');
	await signUp(ory, 'petra@acme.example');
	await register(ory, { method: 'password', traits: {} });
	await register(ory, { method: 'password', password: PASSWORD, traits: { ...traits(''), name: { first: '' } } });
	await register(ory, { method: 'password', password: PASSWORD, traits: traits('no-address') });
	await register(ory, { method: 'password', password: PASSWORD, traits: traits(`${'x'.repeat(400)}@acme.example`) });
	for (const bad of ['petra9@acme.example', 'short', 'x9#'.repeat(400), 'password'])
		await register(ory, { method: 'password', password: bad, traits: traits('petra9@acme.example') });
	await register(ory, { method: 'none' });
	await register(ory, { method: 'code', traits: traits('cora@acme.example') });
}

async function signingIn(ory) {
	await login(ory, { method: 'password', identifier: 'petra@acme.example', password: 'Wrong-Horse-7!' });
	await login(ory, { method: 'none' });
	const xSessionToken = await signIn(ory, 'petra@acme.example');
	await ory.createNativeLoginFlow({ refresh: true, xSessionToken });
	const { data } = await ory.createNativeLoginFlow();
	await ory.updateLoginFlow({ flow: data.id, updateLoginFlowBody: { method: 'code', identifier: 'petra@acme.example' } });
}

async function mailed(ory, kind) {
	const one = kind === 'recovery' ? { begin: () => ory.createNativeRecoveryFlow(),
		send: (flow, updateRecoveryFlowBody) => ory.updateRecoveryFlow({ flow, updateRecoveryFlowBody }) }
		: { begin: () => ory.createNativeVerificationFlow(),
			send: (flow, updateVerificationFlowBody) => ory.updateVerificationFlow({ flow, updateVerificationFlowBody }) };
	const email = 'petra@acme.example';
	const { data } = await one.begin();
	await one.send(data.id, { method: 'none' });
	await one.send(data.id, { method: 'code', email });
	const code = lastMail(email)[kind === 'recovery' ? 'RecoveryCode' : 'VerificationCode'];
	await one.send(data.id, { method: 'code', code: otherThan(code) });
	const r = await one.send(data.id, { method: 'code', code });
	await one.send(data.id, { method: 'code', code });
	return r.data;
}

async function recovered(ory) {
	const done = await mailed(ory, 'recovery');
	const item = (action) => done.continue_with.find((c) => c.action === action);
	await ory.getSettingsFlow({ id: item('show_settings_ui').flow.id,
		xSessionToken: item('set_ory_session_token').ory_session_token });
}

async function app(ory, xSessionToken) {
	await calm();
	const { flow, set } = await settings(ory, xSessionToken);
	const secret = flow.ui.nodes.find((n) => n.attributes.id === 'totp_secret_key').attributes.text.text;
	await set({ method: 'totp', totp_unlink: true });
	await set({ method: 'totp', totp_code: wrongCode(secret) });
	await set({ method: 'totp', totp_code: totp(secret, -1) });
	const half = await signIn(ory, 'totp@acme.example');
	await login(ory, { method: 'lookup_secret', lookup_secret: 'abcdefgh' }, { aal: 'aal2', xSessionToken: half });
	await login(ory, { method: 'totp', totp_code: wrongCode(secret) }, { aal: 'aal2', xSessionToken: half });
}

async function backup(ory, xSessionToken) {
	const { set } = await settings(ory, xSessionToken);
	const { data } = await set({ method: 'lookup_secret', lookup_secret_regenerate: true });
	const codes = data.ui.nodes.find((n) => n.attributes.id === 'lookup_secret_codes')
		.attributes.text.context.secrets.map((m) => m.context.secret);
	await set({ method: 'lookup_secret', lookup_secret_confirm: true });
	for (const lookup_secret of ['aaaaaaaa', codes[0], codes[0]])
		await login(ory, { method: 'lookup_secret', lookup_secret },
			{ aal: 'aal2', xSessionToken: await signIn(ory, 'backup@acme.example') });
	await set({ method: 'lookup_secret', lookup_secret_reveal: true });
}

async function changing(ory) {
	const { set } = await settings(ory, await signUp(ory, 'change@acme.example'));
	await set({ method: 'none' });
	await set({ method: 'password', password: PASSWORD });
	await set({ method: 'profile', traits: traits('change@acme.example') });
	await app(ory, await signUp(ory, 'totp@acme.example'));
	await backup(ory, await signUp(ory, 'backup@acme.example'));
}

async function expired(svc) {
	for (const kind of ['login', 'registration', 'recovery', 'verification', 'settings']) {
		const b = new Browser(svc);
		if (kind === 'settings')
			await b.login('change@acme.example');
		const { flow, action, csrf } = await b.start(kind);
		sql(`UPDATE flows SET expires_at = now() - interval '1 minute' WHERE id = '${flow.id}'`);
		const r = await b.postJson(action, { csrf_token: csrf });
		await b.getJson(`/self-service/${kind}/flows?id=${r.json.use_flow_id}`);
	}
}

// --- what only browsers are told -----------------------------------------------

// Somebody the provider knows by an address that has an account here.
async function linking(svc, liar) {
	liar.person.email = 'petra@acme.example';
	const b = new Browser(svc);
	const { action, csrf } = await b.start('registration');
	let r = await b.post(action, { csrf_token: csrf, provider: 'honest' });
	r = await b.get(liar.back(r.headers.location).slice(AUTH.length));
	await b.getJson(`/self-service/login/flows?id=${new URL(r.headers.location).searchParams.get('flow')}`);
}

async function atTheForm(b, fields) {
	const { flow, action, csrf } = await b.start('login');
	await b.post(action, { csrf_token: csrf, method: 'password', ...fields });
	await b.getJson(`/self-service/login/flows?id=${flow.id}`);
}

async function disabled(svc) {
	const set = (state) => sql(`UPDATE identities SET state = '${state}' WHERE traits ->> 'email' = 'petra@acme.example'`);
	set('inactive');
	await atTheForm(new Browser(svc), { identifier: 'petra@acme.example', password: PASSWORD });
	set('active');
}

async function tooOften() {
	const svc = await startService(['identity.limits yes'], 2);
	const b = new Browser(svc);
	for (let i = 0; i < 6; i++)
		await atTheForm(b, { identifier: 'nobody@acme.example', password: 'Wrong-Horse-7!' });
}

// --- what needs another configuration ------------------------------------------

async function badFormat() {
	const file = path.join(process.env.TEST_DIR, 'staff.json');
	fs.writeFileSync(file, JSON.stringify({ $schema: 'http://json-schema.org/draft-07/schema#', type: 'object',
		properties: { traits: { type: 'object', additionalProperties: false, required: ['email'], properties: {
			email: { type: 'string', format: 'email', title: 'E-mail',
				'ory.sh/kratos': { credentials: { password: { identifier: true } } } },
			born: { type: 'string', format: 'date', title: 'Born' } } } } }));
	const svc = await startService([`identity.schemas staff=${file}`, 'identity.default_schema staff'], 2);
	await register(client(svc), { method: 'password', password: PASSWORD,
		traits: { email: 'staff@acme.example', born: 'yesterday' } });
}

// The service of breached passwords, which this site insists on, is down.
async function failing() {
	const svc = await startService(['identity.breach.url http://127.0.0.1:9/range', 'identity.breach.ignore_errors no'], 2);
	await signUp(client(svc), 'unlucky@acme.example');
}

// Where signing in needs a verified address.
async function unverified() {
	const svc = await startService(['identity.hooks.login after:require_verified_address']);
	const ory = client(svc);
	await signUp(ory, 'unverified@acme.example');
	is((await login(ory, { method: 'password', identifier: 'unverified@acme.example', password: PASSWORD })).status,
		400, 'an address that is not verified signs nobody in');
}

main(async () => {
	const liar = await startLiar();
	const svc = await startService(['identity.methods.code.passwordless yes', 'identity.continue_with_transitions yes',
		...writeProviders(`${process.env.TEST_DIR}/oidc`, { honest: liar.lines('honest') })]);
	const ory = client(svc);
	await signingUp(ory);
	await signingIn(ory);
	await mailed(ory, 'verification');
	await recovered(ory);
	await changing(ory);
	await expired(svc);
	await linking(svc, liar);
	await disabled(svc);
	await tooOften();
	await unverified();
	await badFormat();
	await failing();
	for (const id of TABLE)
		ok(said.has(id), `${id} is said`);
	is(odd, [], 'each with a text and a type');
	is([...said].filter(([id, type]) => id < 4900000 && (id >= 4000000) !== (type === 'error')).map(([id]) => id), [],
		'those from 4000000 on are errors, no other is');
	liar.server.close();
});
