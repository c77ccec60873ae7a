// Security keys as second factor and passkeys as first one, as a script would
// use the flows, with authenticators in software; a published library judges
// the same answers beside us.
import { verifyAuthenticationResponse, verifyRegistrationResponse } from
	'@simplewebauthn/server';
import crypto from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { APP, AUTH, Browser, PASSWORD, api, actionOf, csrfOf, is, main, messageIds, node,
	ok, request, startService } from './kit/server.mjs';
import { BE, BS, Key, UP, UV, create, get } from './kit/authenticator.mjs';
import { psql } from '../psql.mjs';

globalThis.crypto ??= crypto.webcrypto; // the library asks for it; Node 18 hides it

const RP = 'app.mirai.example';

const sql = (text) => psql(process.env.IDENTITY_OWNER_URL, text);

const names = (flow, group) => flow.ui.nodes.filter((n) => n.group === group)
	.map((n) => n.attributes.name ?? n.attributes.id);
const valueOf = (flow, name) => JSON.parse(node(flow, name).attributes.value);
const removes = (flow, name) => flow.ui.nodes.filter((n) => n.attributes.name === name);

// Whether the oracle takes a registration or a proof.
async function judgeMade(response, challenge) {
	try {
		const r = await verifyRegistrationResponse({ response, expectedChallenge: challenge,
			expectedOrigin: APP, expectedRPID: RP, requireUserVerification: false });
		return r.verified ? r.registrationInfo.credential : null;
	} catch {
		return null;
	}
}

async function judgeProof(response, challenge, credential, verified) {
	try {
		return (await verifyAuthenticationResponse({ response, expectedChallenge: challenge,
			expectedOrigin: APP, expectedRPID: RP, credential,
			requireUserVerification: verified })).verified;
	} catch {
		return false;
	}
}

let people = 0;

// Somebody new, signed in.
async function person(svc) {
	const b = new Browser(svc);
	b.email = `key${++people}@acme.example`;
	const r = await b.register(b.email);
	is(r.status, 200, `${b.email} signs up`);
	return b;
}

async function addKey(b, key, over = {}, more = {}) {
	const { flow, csrf, action } = await b.start('settings');
	const options = valueOf(flow, 'webauthn_register_trigger');
	const response = create(key, options, over.origin ?? APP, over);
	const r = await b.postJson(action, { webauthn_register: JSON.stringify(response),
		webauthn_register_displayname: 'Blue key', csrf_token: csrf, ...more });
	return { r, response, options };
}

async function addPasskey(b, key, over = {}) {
	const { flow, csrf, action } = await b.start('settings');
	const options = valueOf(flow, 'passkey_create_data');
	const response = create(key, options, over.origin ?? APP, over);
	const r = await b.postJson(action, { method: 'passkey',
		passkey_settings_register: JSON.stringify(response), csrf_token: csrf });
	return { r, response, options };
}

// A sign-in by password, then the flow of the second factor.
async function secondStep(svc, email) {
	const b = new Browser(svc);
	const first = await b.login(email);
	const step = await b.start('login', '?aal=aal2');
	return { b, first, ...step };
}

async function useKey(svc, email, key, over = {}) {
	const step = await secondStep(svc, email);
	const options = valueOf(step.flow, 'webauthn_login_trigger');
	const response = get(key, options, over.origin ?? APP, over);
	const r = await step.b.postJson(step.action, { webauthn_login: JSON.stringify(response),
		csrf_token: step.csrf });
	return { ...step, r, response, options };
}

async function usePasskey(svc, key, over = {}) {
	const b = new Browser(svc);
	const { flow, csrf, action } = await b.start('login');
	const options = valueOf(flow, 'passkey_challenge');
	const response = get(key, options, over.origin ?? APP, over);
	const body = { passkey_login: JSON.stringify(response), csrf_token: csrf,
		identifier: '', password: '' };
	const r = await b.postJson(action, body);
	return { b, r, response, options, action, body };
}

// --- the script ------------------------------------------------------------------

async function script(svc) {
	const b = await person(svc);
	const { flow } = await b.start('settings');
	const scripts = flow.ui.nodes.filter((n) => n.type === 'script');
	is(scripts.length, 1, 'one script, whatever needs it');
	const { src, integrity, ...rest } = scripts[0].attributes;
	is(src, `${AUTH}/.well-known/ory/webauthn.js`, 'its address');
	is([rest.id, rest.async, rest.crossorigin, rest.referrerpolicy, rest.type,
		rest.node_type, typeof rest.nonce], ['webauthn_script', true, 'anonymous',
		'no-referrer', 'text/javascript', 'script', 'string'], 'its attributes');
	const r = await request(svc, 'GET', new URL(src).pathname, { origin: 'https://ui.example' });
	is([r.status, r.headers['content-type'], r.headers['access-control-allow-origin']],
		[200, 'text/javascript; charset=utf-8', '*'], 'it is there for any page');
	is(`sha256-${crypto.createHash('sha256').update(r.text).digest('base64')}`, integrity,
		'its hash is that of the node');
	const own = await request(svc, 'GET', new URL(src).pathname, { origin: APP });
	is(own.headers['access-control-allow-origin'], APP, 'one header for our own pages');
	const again = await request(svc, 'GET', new URL(src).pathname,
		{ 'if-none-match': r.headers.etag });
	is([again.status, again.text], [304, ''], 'it is kept until it changes');
	for (const name of ['oryWebAuthnLogin', 'oryWebAuthnRegistration', 'oryPasskeyLogin',
		'oryPasskeyLoginAutocompleteInit', 'oryPasskeyRegistration',
		'oryPasskeySettingsRegistration'])
		ok(r.text.includes(name), `it has ${name}`);
	is((await request(svc, 'HEAD', new URL(src).pathname)).status, 200, 'HEAD as well');
}

// --- the second factor -------------------------------------------------------------

async function nodesOfSettings(svc) {
	const b = await person(svc);
	const { flow } = await b.start('settings');
	is(names(flow, 'webauthn'), ['webauthn_script', 'webauthn_register_displayname',
		'webauthn_register_trigger', 'webauthn_register'], 'nodes of security keys');
	const trigger = node(flow, 'webauthn_register_trigger');
	is([trigger.attributes.type, trigger.attributes.onclickTrigger, trigger.meta.label.id],
		['button', 'oryWebAuthnRegistration', 1050012], 'the button');
	is(trigger.attributes.onclick,
		`window.oryWebAuthnRegistration(${trigger.attributes.value})`, 'its handler');
	is(node(flow, 'webauthn_register_displayname').meta.label.id, 1050013, 'the name');
	const { publicKey: pk } = JSON.parse(trigger.attributes.value);
	is([pk.rp, pk.attestation, pk.pubKeyCredParams.map((p) => p.alg),
		pk.authenticatorSelection.userVerification, pk.user.name],
	[{ name: 'Mirai', id: RP }, 'none', [-7, -8, -257], 'discouraged', b.email], 'the options');
	is(Buffer.from(pk.challenge, 'base64url').length, 32, 'a long challenge');
	is(names(flow, 'passkey'), ['passkey_register_trigger', 'passkey_settings_register',
		'passkey_create_data'], 'nodes of passkeys');
	is([node(flow, 'passkey_register_trigger').attributes.onclickTrigger,
		node(flow, 'passkey_register_trigger').meta.label.id],
	['oryPasskeySettingsRegistration', 1050019], 'their button');
	const other = await b.start('settings');
	ok(valueOf(other.flow, 'webauthn_register_trigger').publicKey.challenge !== pk.challenge,
		'another form, another challenge');
	const token = (await api(svc, 'GET', '/self-service/login/api')).json;
	is(names(token, 'passkey'), [], 'nothing for clients without a browser');
}

async function everyKind(svc) {
	for (const kind of ['ES256', 'EdDSA', 'RS256']) {
		const b = await person(svc);
		const key = new Key(kind);
		const { r, response, options } = await addKey(b, key, { packed: kind === 'EdDSA' });
		is([r.status, r.json.state, messageIds(r.json).includes(1050001)],
			[200, 'success', true], `a key of ${kind} is added`);
		const credential = await judgeMade(response, options.publicKey.challenge);
		ok(credential !== null, 'the oracle agrees');
		const [remove] = removes(r.json, 'webauthn_remove');
		is([remove.attributes.type, remove.attributes.value, remove.meta.label.id,
			remove.meta.label.context],
		['submit', key.id.toString('hex'), 1050018, { display_name: 'Blue key' }],
		'it can be removed');
		is(valueOf(r.json, 'webauthn_register_trigger').publicKey.excludeCredentials
			.map((c) => c.id), [response.id], 'the browser will not add it again');
		const use = await useKey(svc, b.email, key);
		is([use.r.status, use.r.json.session?.authenticator_assurance_level,
			use.r.json.session?.authentication_methods.map((m) => [m.method, m.aal])],
		[200, 'aal2', [['password', 'aal1'], ['webauthn', 'aal2']]], 'password and key');
		ok(await judgeProof(use.response, use.options.publicKey.challenge, credential, false),
			'the oracle agrees');
	}
}

async function signInNodes(svc, key, b) {
	const { flow } = await secondStep(svc, b.email);
	is(names(flow, 'webauthn'), ['webauthn_script', 'webauthn_login_trigger', 'webauthn_login'],
		'nodes of the second step');
	const trigger = node(flow, 'webauthn_login_trigger');
	is([trigger.attributes.onclickTrigger, trigger.meta.label.id],
		['oryWebAuthnLogin', 1010008], 'the button');
	ok(messageIds(flow).includes(1010012), 'what to do is said');
	is(JSON.parse(trigger.attributes.value).publicKey.allowCredentials,
		[{ type: 'public-key', id: key.id.toString('base64url') }], 'the keys to use');
}

async function wrongProofs(svc) {
	const b = await person(svc);
	const key = new Key();
	const stranger = new Key();
	const made = await addKey(b, key);
	const credential = await judgeMade(made.response, made.options.publicKey.challenge);
	await signInNodes(svc, key, b);
	const rows = [
		['another origin', { origin: 'https://evil.example' }],
		['a port of our own', { origin: `${APP}:8443` }],
		['another site', { rpId: 'evil.example' }],
		['nobody present', { flags: 0 }],
		['a tampered signature', { tamper: true }],
		['another key\'s signature', { signer: stranger }],
		['a key nobody enrolled', { id: stranger.id, signer: stranger }],
		['a registration instead', { client: { type: 'webauthn.create' } }],
		['another challenge', { client: { challenge: crypto.randomBytes(32).toString('base64url') } }],
		['no challenge', { client: { challenge: '' } }],
		['from a frame', { client: { crossOrigin: true, topOrigin: 'https://evil.example' } },
			'lenient'],
		['a key that is copied now', { flags: UP | BE | BS }, 'lenient'],
		['a counter that went back', { count: 1 }],
		['a counter that stays', { count: key.count }],
	];
	for (const [what, over, lenient] of rows) {
		const use = await useKey(svc, b.email, key, over);
		is([use.r.status, use.r.json.ui?.messages?.map((m) => m.id).includes(4000015)],
			[400, true], `refused: ${what}`);
		is((await use.b.getJson('/sessions/whoami')).status, 403, 'the level stays');
		if (credential && !lenient)
			ok(!await judgeProof(use.response, use.options.publicKey.challenge,
				{ ...credential, counter: key.count }, false), 'so says the oracle');
		ok(valueOf(use.r.json, 'webauthn_login_trigger').publicKey.challenge !==
			use.options.publicKey.challenge, 'the next try has its own challenge');
	}
	const good = await useKey(svc, b.email, key);
	is(good.r.status, 200, 'the key itself still works');
	is(sql(`SELECT count(*) > 10 FROM audit WHERE action = 'login' AND result = 'refused'`),
		't', 'refusals are in the audit trail');
}

async function replays(svc) {
	const b = await person(svc);
	const key = new Key('ES256', { counts: false });
	await addKey(b, key);
	// The same answer twice at once, and once more: one wins.
	const step = await secondStep(svc, b.email);
	const body = { csrf_token: step.csrf, webauthn_login: JSON.stringify(get(key,
		valueOf(step.flow, 'webauthn_login_trigger'), APP)) };
	const both = await Promise.all([1, 2, 3].map(() => step.b.postJson(step.action, body)));
	is(both.filter((r) => r.status === 200 && r.json.session).length, 1,
		'an answer sent three times at once is good once');
	// To another flow than the one it was asked by.
	const one = await secondStep(svc, b.email);
	const two = await secondStep(svc, b.email);
	const answer = JSON.stringify(get(key, valueOf(one.flow, 'webauthn_login_trigger'), APP));
	const crossed = await two.b.postJson(two.action, { webauthn_login: answer,
		csrf_token: two.csrf });
	is([crossed.status, messageIds(crossed.json).includes(4000015)], [400, true],
		'the challenge of another flow');
	const right = await one.b.postJson(one.action, { webauthn_login: answer,
		csrf_token: one.csrf });
	is(right.status, 200, 'in its own flow it is good');
	const late = await useKey(svc, b.email, key, { tamper: true });
	const again = await late.b.postJson(late.action, { csrf_token: late.csrf,
		webauthn_login: JSON.stringify(get(key, late.options, APP)) });
	is(again.status, 400, 'a challenge that was answered wrong is gone');
	// Somebody else's key.
	const other = await person(svc);
	await addKey(other, new Key());
	const foreign = await useKey(svc, other.email, key);
	is(foreign.r.status, 400, 'the key of another person');
}

async function wrongRegistrations(svc) {
	const b = await person(svc);
	const rows = [
		['another origin', { origin: 'https://evil.example' }],
		['another site', { rpId: 'evil.example' }],
		['nobody present', { flags: 0 }],
		['another challenge', { client: { challenge: 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA' } }],
		['a proof instead', { client: { type: 'webauthn.get' } }],
		['a foreign format', { fmt: 'fido-u2f' }],
		['a statement with "none"', { statement: new Map([['alg', -7]]) }],
		['a false id', { id: crypto.randomBytes(32) }, 'lenient'],
		['broken CBOR', { object: Buffer.from('bf', 'hex') }],
	];
	for (const [what, over, lenient] of rows) {
		const { r, response, options } = await addKey(b, new Key(), over);
		is([r.status, messageIds(r.json), removes(r.json, 'webauthn_remove').length],
			[400, [4000001], 0], `not added: ${what}`);
		if (!lenient)
			is(await judgeMade(response, options.publicKey.challenge), null,
				'so says the oracle');
	}
	for (const text of ['', '{}', 'null', 'x', '[]']) {
		const { csrf, action } = await b.start('settings');
		const r = await b.postJson(action, { method: 'webauthn', webauthn_register: text,
			csrf_token: csrf });
		is([r.status, messageIds(r.json)], [400, [text === '' ? 4000002 : 4000001]],
			`not added: ${JSON.stringify(text)}`);
	}
	const key = new Key();
	is((await addKey(b, key)).r.status, 200, 'a good one');
	const thief = await person(svc);
	const taken = await addKey(thief, key);
	is([taken.r.status, messageIds(taken.r.json)], [400, [4000001]],
		'a key of somebody else is not added');
	const step = await b.start('settings');
	const body = { csrf_token: step.csrf, webauthn_register: JSON.stringify(create(new Key(),
		valueOf(step.flow, 'webauthn_register_trigger'), APP)) };
	is((await b.postJson(step.action, body)).status, 200, 'an answer');
	is((await b.postJson(step.action, body)).status, 400, 'is good once');
}

async function removal(svc) {
	const b = await person(svc);
	const key = new Key();
	await addKey(b, key);
	is(sql(`SELECT string_agg(template, ' ') FROM mails`).split(' ')
		.includes('authenticator_key_added'), true, 'a mail tells of it');
	const thief = await person(svc);
	let step = await thief.start('settings');
	let r = await thief.postJson(step.action, { webauthn_remove: key.id.toString('hex'),
		csrf_token: step.csrf });
	is([r.status, messageIds(r.json)], [400, [4000001]], 'nobody else removes it');
	step = await b.start('settings');
	for (const bad of ['zz', 'abc', '00'.repeat(2000)]) {
		r = await b.postJson(step.action, { webauthn_remove: bad, csrf_token: step.csrf });
		is(r.status, 400, `no key: ${bad.slice(0, 8)}`);
	}
	r = await b.postJson(step.action, { webauthn_remove: key.id.toString('hex'),
		csrf_token: step.csrf });
	is([r.status, removes(r.json, 'webauthn_remove').length], [200, 0], 'its owner does');
	is((await new Browser(svc).login(b.email)).status, 200, 'the password is enough again');
	is(sql(`SELECT count(*) FROM mails WHERE template = 'authenticator_key_removed'`), '1',
		'a mail tells of it');
	sql(`UPDATE sessions SET authenticated_at = now() - interval '1 hour'
		WHERE identity_id = (SELECT id FROM identities WHERE traits ->> 'email' = '${b.email}')`);
	const late = await addKey(b, new Key());
	is([late.r.status, late.r.json.error?.id], [403, 'session_refresh_required'],
		'an old session must prove itself first');
}

// --- the first factor ------------------------------------------------------------

async function passkeys(svc) {
	const b = await person(svc);
	const key = new Key('ES256', { counts: false });
	let made = await addPasskey(b, key, { flags: UP });
	is([made.r.status, messageIds(made.r.json)], [400, [4000001]],
		'a passkey must verify its owner');
	made = await addPasskey(b, key);
	is([made.r.status, made.r.json.state], [200, 'success'], 'a passkey is added');
	const { publicKey: pk } = made.options;
	is([pk.authenticatorSelection.residentKey, pk.authenticatorSelection.userVerification,
		Buffer.from(pk.user.id, 'base64url').length], ['required', 'required', 64],
	'discoverable, verified, with a random handle');
	const [remove] = removes(made.r.json, 'passkey_remove');
	is([remove.attributes.value, remove.attributes.disabled, remove.meta.label.id],
		[key.id.toString('hex'), false, 1050020], 'it can be removed');

	let use = await usePasskey(svc, key);
	is([use.r.status, use.r.json.session?.identity.traits.email,
		use.r.json.session?.authenticator_assurance_level,
		use.r.json.session?.authentication_methods.map((m) => m.method)],
	[200, b.email, 'aal1', ['passkey']], 'it signs in, alone');
	is(use.options.publicKey.allowCredentials, undefined, 'whose it is, nobody said');
	is((await new Browser(svc).go('POST', use.action, { accept: 'application/json',
		'content-type': 'application/json' }, JSON.stringify(use.body))).status, 403,
	'elsewhere the form is not taken');
	for (const [what, over] of [
		['nobody verified', { flags: UP }], ['another origin', { origin: 'https://evil.example' }],
		['another site', { rpId: 'evil.example' }], ['a tampered signature', { tamper: true }],
		['a foreign handle', { handle: crypto.randomBytes(64) }],
		['another challenge', { client: { challenge: 'AAAA' } }],
		['no handle', { handle: null }], ['a strange key', { signer: new Key() }],
		['a strange id', { id: crypto.randomBytes(32) }]]) {
		use = await usePasskey(svc, key, over);
		is([use.r.status, messageIds(use.r.json), use.b.jar.has('ory_kratos_session')],
			[400, [4000015], false], `refused: ${what}`);
	}
	const second = new Key('RS256');
	is((await addPasskey(b, second)).r.status, 200, 'a second passkey');
	is(second.user, key.user, 'has the same handle');
	is((await usePasskey(svc, second)).r.status, 200, 'and signs in');
	is((await usePasskey(svc, key)).r.status, 200, 'as does the first');
	return { b, key };
}

// The first keys of two forms that were open at once have two handles.
async function twoForms(svc) {
	const b = await person(svc);
	const one = await b.start('settings');
	const two = await b.start('settings');
	const keys = [];
	for (const step of [one, two]) {
		const key = new Key();
		const answer = create(key, valueOf(step.flow, 'passkey_create_data'), APP);
		const r = await b.postJson(step.action, { csrf_token: step.csrf,
			passkey_settings_register: JSON.stringify(answer) });
		is(r.status, 200, 'a passkey from each of two forms');
		keys.push(key);
	}
	for (const key of keys)
		is((await usePasskey(svc, key)).r.status, 200, 'signs in');
}

async function signUp(svc) {
	const b = new Browser(svc);
	const { flow, csrf, action } = await b.start('registration');
	is(names(flow, 'passkey'), ['webauthn_script', 'passkey_create_data', 'passkey_register',
		'passkey_register_trigger'], 'nodes of signing up');
	is([node(flow, 'passkey_register_trigger').attributes.onclickTrigger,
		node(flow, 'passkey_register_trigger').meta.label.id], ['oryPasskeyRegistration', 1040007],
	'the button');
	const data = valueOf(flow, 'passkey_create_data');
	is(data.displayNameFieldName, 'traits.email', 'which field names it');
	const key = new Key('EdDSA');
	const traits = { email: 'nopass@acme.example', name: { first: 'No', last: 'Pass' } };
	let r = await b.postJson(action, { method: 'passkey', csrf_token: csrf,
		traits: { email: 'no address at all' }, passkey_register: JSON.stringify(create(key,
			data.credentialOptions, APP)) });
	is([r.status, messageIds(r.json).includes(4000040)], [400, true],
		'what is wrong with the form is said');
	r = await b.postJson(action, { method: 'passkey', csrf_token: csrf, traits });
	is([r.status, messageIds(r.json)], [400, [4000002]], 'a passkey is needed');
	const body = { csrf_token: csrf, traits, password: 'filled in by a browser',
		passkey_register: JSON.stringify(create(key,
			valueOf(r.json, 'passkey_create_data').credentialOptions, APP)) };
	r = await b.postJson(action, body);
	is([r.status, r.json.identity?.traits.email, r.json.session?.authentication_methods[0].method],
		[200, 'nopass@acme.example', 'passkey'], 'signed up without a password');
	is((await usePasskey(svc, key)).r.json.session?.identity.traits.email,
		'nopass@acme.example', 'and in again');
	const step = await b.start('settings');
	const [remove] = removes(step.flow, 'passkey_remove');
	is(remove.attributes.disabled, true, 'the only way in can not be removed');
	r = await b.postJson(step.action, { passkey_remove: remove.attributes.value,
		csrf_token: step.csrf });
	is([r.status, messageIds(r.json)], [400, [4000001]], 'not by force either');
	const taken = new Browser(svc);
	const other = await taken.start('registration');
	r = await taken.postJson(other.action, { csrf_token: other.csrf, method: 'passkey', traits,
		passkey_register: JSON.stringify(create(new Key(),
			valueOf(other.flow, 'passkey_create_data').credentialOptions, APP)) });
	is([r.status, messageIds(r.json)], [400, [4000007]], 'an address that is taken');
	ok(valueOf(r.json, 'passkey_create_data').credentialOptions.publicKey.challenge !==
		valueOf(other.flow, 'passkey_create_data').credentialOptions.publicKey.challenge,
	'the next try has its own challenge');
}

async function refresh(svc, { b, key }) {
	const { flow, csrf, action } = await b.start('login', '?refresh=true');
	const options = valueOf(flow, 'passkey_challenge');
	ok(options.publicKey.allowCredentials.some((c) => c.id === key.id.toString('base64url')),
		'a refresh asks for the keys of that person');
	const stranger = new Key();
	const other = await person(svc);
	await addPasskey(other, stranger);
	let r = await b.postJson(action, { csrf_token: csrf,
		passkey_login: JSON.stringify(get(stranger, options, APP)) });
	is([r.status, messageIds(r.json).includes(4000015)], [400, true], 'not for another\'s');
	r = await b.postJson(action, { csrf_token: csrf, passkey_login: JSON.stringify(
		get(key, valueOf(r.json, 'passkey_challenge'), APP)) });
	is([r.status, r.json.session?.authentication_methods.at(-1).method], [200, 'passkey'],
		'it proves the session anew');
}

// --- settings ------------------------------------------------------------------------

async function otherSettings(svc) {
	const off = await startService(['identity.webauthn no', 'identity.passkey no']);
	const b = await person(off);
	let { flow, csrf, action } = await b.start('settings');
	is([names(flow, 'webauthn'), names(flow, 'passkey')], [[], []], 'switched off: no nodes');
	const r = await b.postJson(action, { webauthn_register: '{"response":{}}', csrf_token: csrf });
	is([r.status, messageIds(r.json)], [400, [4010004]], 'and nothing is taken');

	const wide = await startService(['identity.passkey yes', 'identity.passkey.aal2 yes',
		'identity.webauthn.rp_id mirai.example', 'identity.webauthn.rp_name Acme',
		`identity.webauthn.origins ${APP} https://portal.mirai.example`]);
	const c = await person(wide);
	({ flow } = await c.start('settings'));
	is(valueOf(flow, 'passkey_create_data').publicKey.rp, { name: 'Acme', id: 'mirai.example' },
		'another name');
	const key = new Key();
	is((await addPasskey(c, key, { origin: 'https://portal.mirai.example' })).r.status, 200,
		'the second origin');
	const use = await usePasskey(wide, key);
	is([use.r.status, use.r.json.session?.authenticator_assurance_level], [200, 'aal2'],
		'a passkey that verified its owner is both factors');

	const http = await startService(['url.app http://app.mirai.example',
		'identity.passkey yes']);
	const d = await person(http);
	({ flow } = await d.start('settings'));
	is([names(flow, 'webauthn'), names(flow, 'passkey')], [[], []],
		'no browser would do it in the clear: not offered');
	for (const lines of [['identity.webauthn.rp_id other.example'],
		['identity.webauthn.origins http://app.mirai.example'],
		['identity.webauthn.origins https://app.mirai.example/auth'],
		['identity.webauthn.origins https://192.0.2.1']]) {
		const text = refusedStart(lines);
		ok(/identity\.webauthn\.(rp_id|origins): /.test(text), `refused: ${lines[0]}`);
	}
}

function refusedStart(lines) {
	const conf = `${process.env.TEST_DIR}/bad.conf`;
	execFileSync('sh', ['-c', 'cat >"$0"', conf], { input: [
		'identity.secrets 0123456789abcdef0123456789abcdef', `url.auth ${AUTH}`,
		`url.app ${APP}`, ...lines, ''].join('\n') });
	try {
		execFileSync(`${process.env.BUILD}/bin/mirai-identity`,
			['-f', conf, '-s', `${process.env.TEST_DIR}/bad.fcgi`],
			{ stdio: 'pipe', timeout: 60000 });
	} catch (e) {
		return `${e.stderr}`;
	}
	return '';
}

await main(async () => {
	const svc = await startService(['identity.passkey yes']);
	await script(svc);
	await nodesOfSettings(svc);
	await everyKind(svc);
	await wrongProofs(svc);
	await replays(svc);
	await wrongRegistrations(svc);
	await removal(svc);
	const owner = await passkeys(svc);
	await twoForms(svc);
	await refresh(svc, owner);
	await signUp(svc);
	await otherSettings(svc);
});
