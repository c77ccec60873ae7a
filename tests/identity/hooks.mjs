// Hooks of self-service flows (section 21): what they are sent, how they may
// refuse, and that nothing is stored then; the queue of those that are only
// told; what a configuration must not say.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { APP, AUTH, Browser, PASSWORD, actionOf, api, apiSubmit, is, loginApi, main, messageIds, node,
	ok, registerApi, request, sql, startService, until } from './kit/server.mjs';
import { quickest } from '../wait.mjs';
import { lastMail } from './kit/mails.mjs';
import { Receiver, says } from './kit/receiver.mjs';

const { BUILD, TEST_DIR } = process.env;
const HOOKS = path.join(TEST_DIR, 'hooks');
const SECRET = '0123456789abcdef0123456789abcdef';
const EMAIL = 'petra@acme.example';
const LOCAL = 'identity.hooks.allow_private 127.0.0.1';
const BASIC = `Basic ${Buffer.from('mirai:pass word').toString('base64')}`;

fs.mkdirSync(HOOKS);

function hook(name, ...lines) {
	fs.writeFileSync(path.join(HOOKS, `${name}.conf`), ['# a hook', '', ...lines, ''].join('\n'));
}

const withHooks = (...lines) => [`identity.hooks.dir ${HOOKS}`, LOCAL, ...lines];
const count = (table, where = 'true') => Number(sql(`SELECT count(*) FROM ${table} WHERE ${where}`));
const person = (email) => count('identities', `traits ->> 'email' = '${email}'`);
const traits = (email, first = 'Petra') => ({ email, name: { first, last: 'Vogel' } });
const textsAt = (flow, name) => node(flow, name).messages.map((m) => m.text);

// --- the queue ---------------------------------------------------------------

function queueConfig(lines) {
	const file = path.join(TEST_DIR, 'queue.conf');
	fs.mkdirSync(path.join(TEST_DIR, 'state'), { recursive: true });
	fs.writeFileSync(file, [`state.dir ${path.join(TEST_DIR, 'state')}`, `identity.secrets ${SECRET}`,
		`url.app ${APP}`, `url.auth ${AUTH}`, ...lines, ''].join('\n'));
	return file;
}

async function deliver(lines, ...flags) {
	const child = spawn(path.join(BUILD, 'bin/mirai-webhook'), ['-1', ...flags, '-f', queueConfig(lines)]);
	let out = '';
	child.stdout.on('data', (d) => { out += d; });
	child.stderr.on('data', (d) => { out += d; });
	const [status] = await once(child, 'close');
	return { status, out };
}

const due = () => sql("UPDATE web_hooks SET due_at = now() WHERE status IN ('queued', 'processing')");
const states = () => sql('SELECT string_agg(hook || \' \' || status || \' \' || send_count, \',\' ORDER BY seq) FROM web_hooks');
const clear = () => sql('DELETE FROM web_hooks');

// --- hooks whose answer decides ----------------------------------------------

const GATE = { email: '$.identity.traits.email', first: '$.identity.traits.name.first', id: '$.identity.id',
	event: ['$.event.flow', '$.event.moment', '$.event.method'], kind: '$.flow.type', price: '$$5',
	payload: '$.flow.transient_payload', fixed: { n: 1.5, yes: true, no: null, text: 'a $.b' },
	session: '$.session' };

function gated(rcv) {
	fs.writeFileSync(path.join(HOOKS, 'gate.json'), JSON.stringify(GATE));
	hook('gate', `url ${rcv.url}/gate`, `body_file ${HOOKS}/gate.json`, 'auth basic', 'user mirai',
		'password pass word', 'response parse', 'timeout 2');
	return withHooks('identity.hooks.registration after:web_hook=gate',
		'identity.hooks.login after:password:web_hook=gate', 'identity.hooks.recovery after:web_hook=gate',
		'identity.hooks.verification after:web_hook=gate', 'identity.hooks.settings after:web_hook=gate');
}

async function registration(svc, rcv) {
	const first = 'x", "admin": true, "y": "$.event.id';
	const submit = (email) => apiSubmit(svc, 'registration', { method: 'password', password: PASSWORD,
		traits: traits(email, first), transient_payload: { from: ['ad', 7] } });
	rcv.answers({ status: 400, json: says('#/traits/email', 'Not this one.') });
	let r = await submit(EMAIL);
	is([r.status, r.json.state, textsAt(r.json, 'traits.email'), messageIds(r.json)],
		[400, 'choose_method', ['Not this one.'], [4990001]], 'a refusal stands at the field');
	is([person(EMAIL), count('sessions'), count('mails')], [0, 0, 0], 'and nothing is stored');
	is(sql("SELECT string_agg(action || ' ' || result, ',') FROM audit"), 'registration refused', 'but its trace');
	const [call, ...more] = rcv.taken();
	is(more, [], 'it is asked once');
	is([call.path, call.headers.authorization], ['/gate', BASIC], 'with its password');
	is(call.body, { email: EMAIL, first, id: null, event: ['registration', 'after', 'password'], kind: 'api',
		price: '$5', payload: { from: ['ad', 7] }, fixed: { n: 1.5, yes: true, no: null, text: 'a $.b' },
		session: null }, 'what is filled in stays a value; who is not stored has no id');
	r = await submit(EMAIL);
	is([r.status, person(EMAIL)], [200, 1], 'an empty answer lets them in');
	rcv.taken();
	for (const answer of [{ status: 200, json: {} }, { status: 200, json: { messages: [] } }]) {
		rcv.answers(answer);
		const email = `p${count('identities')}@acme.example`;
		is((await submit(email)).status, 200, `so does ${JSON.stringify(answer.json)}`);
	}
	rcv.answers({ status: 200, json: says('', 'Closed.') });
	r = await submit('closed@acme.example');
	is([r.status, r.json.ui.messages.map((m) => [m.id, m.type, m.text])],
		[400, [[4990001, 'error', 'Closed.']]], 'messages refuse, whatever the status; without place they are the form\'s');
	rcv.answers({ status: 403, json: says('#/traits/name/last', '<b>No</b>') });
	const b = new Browser(svc);
	const { action, csrf, flow } = await b.start('registration');
	r = await b.post(action, { csrf_token: csrf, method: 'password', password: PASSWORD,
		'traits.email': 'form@acme.example', 'traits.name.first': 'A', 'traits.name.last': 'B' });
	is([r.status, r.headers.location], [303, `${APP}/auth/registration?flow=${flow.id}`], 'a form is shown again');
	const again = (await b.getJson(`/self-service/registration/flows?id=${flow.id}`)).json;
	is([textsAt(again, 'traits.name.last'), node(again, 'traits.email').attributes.value],
		[['<b>No</b>'], 'form@acme.example'], 'with what was typed, and what the hook says');
	is([person('form@acme.example'), b.jar.has('ory_kratos_session')], [0, false], 'nobody is made or signed in');
	rcv.taken();
}

// Answers that decide nothing: the flow does not go on.
async function unclear(svc, rcv) {
	const n = count('sessions');
	const cases = {
		garbage: { status: 200, text: '<html>' },
		'a list': { status: 200, json: [] },
		'messages that are none': { status: 400, json: { messages: [{ messages: [{ id: 'x', text: 'a' }] }] } },
		'a message without text': { status: 200, json: says('', '') },
		'a type of its own': { status: 400, json: says('', 'a', 1, 'fatal') },
		'an answer without end': { status: 400, json: says('', 'x'.repeat(70000)) },
		'404': { status: 404, text: 'nothing' },
		'a redirect': { status: 302, headers: { location: '/elsewhere' } },
	};
	for (const [name, answer] of Object.entries(cases)) {
		rcv.answers(answer, answer, answer, answer);
		const r = await loginApi(svc, EMAIL);
		is([r.status, r.headers['retry-after'], r.json.error?.code], [503, '5', 503], `${name}: nobody is let in`);
		ok(!/gate|127\.0\.0\.1/.test(r.text), 'nor told how it is built');
	}
	is([...new Set(rcv.taken().map((c) => c.path))], ['/gate'], 'a redirect is not followed');
	is(count('sessions'), n, 'no session began');
	rcv.answers({ status: 500 }, { status: 503 }, { status: 429 }, { status: 204 });
	is((await loginApi(svc, EMAIL)).status, 200, 'the fourth try may save it');
	let calls = rcv.taken();
	is([calls.length, new Set(calls.map((c) => c.key)).size, new Set(calls.map((c) => JSON.stringify(c.body))).size],
		[4, 1, 1], 'all four are the same request, with one key');
	rcv.answers(...Array(5).fill({ status: 500 }));
	is([(await loginApi(svc, EMAIL)).status, rcv.taken().length], [503, 4], 'there is no fifth');
	const { answer, ms } = await quickest(() => {
		rcv.answers({ hang: true });
		return loginApi(svc, EMAIL);
	}, 4000, (r) => r.status === 503, 3);
	is(answer.status, 503, 'one that does not answer');
	ok(ms > 1900 && ms < 4000, `is waited for as long as it says: ${ms} ms`);
	rcv.taken();
	rcv.answers(...Array(4).fill({ status: 500 }));
	const b = new Browser(svc);
	const { action, csrf, flow } = await b.start('login');
	const r = await b.post(action, { csrf_token: csrf, method: 'password', identifier: EMAIL, password: PASSWORD });
	is([r.status, r.headers.location], [303, `${APP}/auth/login?flow=${flow.id}`], 'a form is shown again');
	is(messageIds((await b.getJson(`/self-service/login/flows?id=${flow.id}`)).json), [5000001], 'and says so');
	rcv.answers();
	rcv.taken();
}

async function login(svc, rcv) {
	const n = count('sessions');
	rcv.answers({ status: 403, json: says('#/identifier', 'Not today.') });
	let r = await loginApi(svc, EMAIL);
	is([r.status, textsAt(r.json, 'identifier'), count('sessions')], [400, ['Not today.'], n],
		'a sign-in is refused before a session begins');
	is(rcv.taken().map((c) => [c.body.event, c.body.email, c.body.session]),
		[[['login', 'after', 'password'], EMAIL, null]], 'told whose');
	r = await loginApi(svc, EMAIL, 'Wrong-Horse-7!');
	is([messageIds(r.json), rcv.taken().length], [[4000006], 0], 'no hook hears of a wrong password');
}

async function settings(svc, rcv) {
	const token = (await loginApi(svc, EMAIL)).json.session_token;
	const as = { 'x-session-token': token };
	const change = async (body) => {
		const init = await api(svc, 'GET', '/self-service/settings/api', undefined, as);
		return api(svc, 'POST', actionOf(init.json), body, as);
	};
	const stored = () => sql(`SELECT traits -> 'name' ->> 'first' FROM identities WHERE traits ->> 'email' = '${EMAIL}'`);
	rcv.taken();
	const was = stored();
	rcv.answers({ status: 422, json: says('#/traits/name/first', 'No nicknames.') });
	let r = await change({ method: 'profile', traits: traits(EMAIL, 'Pet') });
	is([r.status, r.json.state, textsAt(r.json, 'traits.name.first'), node(r.json, 'traits.name.first').attributes.value],
		[400, 'show_form', ['No nicknames.'], 'Pet'], 'a change is refused at its field');
	is(stored(), was, 'and rolled back');
	is(rcv.taken().map((c) => [c.body.event, c.body.first]), [[['settings', 'after', 'profile'], 'Pet']],
		'the hook saw what would be');
	r = await change({ method: 'profile', traits: traits(EMAIL, 'Petra') });
	is([r.status, stored()], [200, 'Petra'], 'another one is taken');
	rcv.answers({ status: 400, json: says('#/password', 'Not on Fridays.') });
	const mails = count('mails');
	r = await change({ method: 'password', password: 'Another-Horse-8!' });
	is([r.status, textsAt(r.json, 'password'), count('mails')], [400, ['Not on Fridays.'], mails],
		'a password is refused, without a mail');
	is((await loginApi(svc, EMAIL)).status, 200, 'the old one is good');
	is((await request(svc, 'GET', '/sessions/whoami', as)).status, 200, 'the session goes on');
	rcv.taken();
}

async function mailed(svc, rcv) {
	const recovery = await api(svc, 'GET', '/self-service/recovery/api');
	const post = (flow, body) => api(svc, 'POST', actionOf(flow), { method: 'code', ...body });
	await post(recovery.json, { email: EMAIL });
	const code = lastMail(EMAIL).RecoveryCode;
	const n = count('sessions');
	rcv.answers({ status: 400, json: says('', 'Call us instead.') });
	let r = await post(recovery.json, { code });
	is([r.status, r.json.ui.messages.map((m) => m.text), count('sessions')], [400, ['Call us instead.'], n],
		'a recovery is refused before there is a session');
	r = await post(recovery.json, { code });
	is([r.status, count('sessions')], [422, n + 1], 'the code was not used up');
	is(rcv.taken().map((c) => [c.body.event, c.body.email]),
		Array(2).fill([['recovery', 'after', 'code'], EMAIL]), 'both were asked about');
	sql(`UPDATE verifiable_addresses SET verified = false, status = 'sent' WHERE value = '${EMAIL}'`);
	const verified = () => sql(`SELECT verified FROM verifiable_addresses WHERE value = '${EMAIL}'`);
	const verification = await api(svc, 'GET', '/self-service/verification/api');
	await post(verification.json, { email: EMAIL });
	rcv.answers({ status: 400, json: says('#/code', 'Too soon.') });
	r = await post(verification.json, { code: lastMail(EMAIL).VerificationCode });
	is([r.status, textsAt(r.json, 'code'), verified()], [400, ['Too soon.'], 'f'], 'a verification, too');
	r = await post(verification.json, { code: lastMail(EMAIL).VerificationCode });
	is([r.status, r.json.state, verified()], [200, 'passed_challenge', 't'], 'and let go on');
	rcv.taken();
}

// --- at the start ------------------------------------------------------------

async function before(rcv) {
	hook('door', `url ${rcv.url}/door`, 'auth api_key', 'name session', 'value abc=1', 'in cookie', 'response parse');
	hook('bell', `url ${rcv.url}/bell`, 'auth api_key', 'name X-Api-Key', 'value a secret', 'in header');
	const lines = withHooks('identity.hooks.login before:web_hook=bell before:web_hook=door');
	const svc = await startService(lines);
	rcv.answers({ status: 403, json: says('', 'We are closed.') });
	const n = count('flows');
	let r = await api(svc, 'GET', '/self-service/login/api');
	is([r.status, r.json.error?.reason, count('flows'), states()], [403, 'We are closed.', n, ''],
		'a flow is refused before it begins');
	let [call] = rcv.taken();
	is([call.path, call.headers.cookie, Object.keys(call.body), call.body.identity],
		['/door', 'session=abc=1', ['event', 'flow', 'identity'], null], 'asked with a cookie; the usual body');
	r = await new Browser(svc).get('/self-service/login/browser');
	is([r.status, r.headers.location.startsWith(`${APP}/auth/login?flow=`), states()], [303, true, 'bell queued 0'],
		'or let begin');
	rcv.taken();
	is((await deliver(lines)).status, 0, 'then it is told');
	[call] = rcv.taken();
	is([call.path, call.headers['x-api-key'], call.body.event.flow, call.body.event.moment],
		['/bell', 'a secret', 'login', 'before'], 'with a key in a header');
	is(call.key, call.body.event.id, 'and the id of the event as its key');
	clear();
}

// --- hooks that are told -----------------------------------------------------

async function told(rcv) {
	hook('first', `url ${rcv.url}/first`,
		'body {"email":"$.identity.traits.email","id":"$.identity.id","aal":"$.session.authenticator_assurance_level"}');
	hook('second', `url ${rcv.url}/second`);
	const lines = withHooks('identity.hooks.registration after:web_hook=first,after:code:web_hook=second,after:password:web_hook=second');
	const svc = await startService(lines);
	const r = await registerApi(svc, 'told@acme.example');
	is([r.status, rcv.taken().length, states()], [200, 0, 'first queued 0,second queued 0'], 'nobody waits for them');
	is(count('web_hooks', "sealed LIKE '%told@%'"), 0, 'what waits is sealed');
	is((await registerApi(svc, 'told@acme.example')).status, 400, 'who is refused');
	is(count('web_hooks'), 2, 'tells nobody');
	is((await deliver(lines, '-n')).out.split('\n').map((l) => l.slice(37)).filter(Boolean),
		['first, try 1', 'second, try 1'], '-n shows what waits');
	rcv.answers({ status: 500 });
	let d = await deliver(lines);
	is([d.status, / first [0-9a-f-]+: try 1: answered 500/.test(d.out)], [0, true], 'an error is logged');
	let calls = rcv.taken();
	const { key, body } = calls[0];
	is(calls.map((c) => c.path), ['/first', '/second'], 'in their order');
	is(body, { email: 'told@acme.example', id: r.json.identity.id, aal: 'aal1' }, 'with what is stored by now');
	is(states(), 'first queued 1,second sent 1', 'what failed waits');
	await deliver(lines);
	is(rcv.taken().length, 0, 'for a while');
	rcv.answers({ status: 503 }, { hang: true });
	due();
	await deliver(lines);
	due();
	hook('first', `url ${rcv.url}/first`, 'timeout 1');
	await deliver(lines);
	due();
	rcv.answers();
	await deliver(lines);
	calls = rcv.taken();
	is([calls.length, calls.every((c) => c.key === key && c.body.id === body.id)], [3, true],
		'three more tries, the same key and body');
	is([states(), count('web_hooks', 'sealed IS NOT NULL')], ['first sent 4,second sent 1', 0], 'then it is gone');
	is((await registerApi(svc, 'gone@acme.example')).status, 200, 'another one');
	rcv.answers({ status: 404 }, { status: 302, headers: { location: '/third' } });
	d = await deliver(lines);
	is([rcv.taken().length, (d.out.match(/given up: answered (404|302)/g) ?? []).length], [2, 2],
		'an answer that will not change gives it up; no redirect is followed');
	clear();
	await registerApi(svc, 'never@acme.example');
	for (let i = 0; i < 5; i++) {
		rcv.answers({ status: 500 }, { status: 500 });
		await deliver(lines);
		due();
	}
	is([states(), rcv.taken().length], ['first abandoned 4,second abandoned 4', 8], 'four failures do, too');
	sql("UPDATE web_hooks SET updated_at = now() - interval '8 days'");
	await deliver(lines);
	is(count('web_hooks'), 0, 'and are forgotten after a week');
	return [svc, lines];
}

// A worker that dies with one in hand.
async function killed(svc, lines, rcv) {
	await registerApi(svc, 'kill@acme.example');
	hook('first', `url ${rcv.url}/first`, 'timeout 10');
	rcv.answers({ hang: true });
	const child = spawn(path.join(BUILD, 'bin/mirai-webhook'), ['-1', '-f', queueConfig(lines)]);
	await until('the hook', () => rcv.calls.length > 0);
	child.kill('SIGKILL');
	await once(child, 'exit');
	const [{ key }] = rcv.taken();
	is(states(), 'first processing 1,second queued 0', 'a worker was killed');
	await deliver(lines);
	is(rcv.taken().map((c) => c.path), ['/second'], 'the next one leaves it for the time of the lease');
	due();
	await deliver(lines);
	is([rcv.taken().map((c) => c.key), states()], [[key], 'first sent 2,second sent 1'], 'then takes it over');
	clear();
}

// What no hook may reach.
async function secluded(rcv) {
	hook('inside', `url https://127.0.0.1:${rcv.port}/`, 'response parse', 'timeout 2');
	hook('name', `url https://localhost:${rcv.port}/`);
	const lines = [`identity.hooks.dir ${HOOKS}`,
		'identity.hooks.login after:web_hook=inside', 'identity.hooks.registration after:web_hook=name'];
	const svc = await startService(lines);
	is((await registerApi(svc, 'inside@acme.example')).status, 200, 'a hook within our own network');
	const m = rcv.connections;
	const d = await deliver(lines);
	is(rcv.connections, m, 'no connection is made');
	is([/web hook name .*try 1: /.test(d.out), states()], [true, 'name queued 1'], 'is not called from the queue');
	const n = rcv.connections;
	is([(await loginApi(svc, 'inside@acme.example')).status, rcv.connections - n], [503, 0], 'nor when asked');
	await loginApi(await startService([...lines, LOCAL]), 'inside@acme.example');
	ok(rcv.connections > n, 'unless its address is listed');
	clear();
}

// --- hooks without a web ------------------------------------------------------

async function builtIn() {
	const svc = await startService(['identity.hooks.login after:require_verified_address after:revoke_active_sessions',
		'identity.hooks.settings after:profile:revoke_active_sessions', 'identity.hooks.recovery after:revoke_active_sessions']);
	const email = 'nora@acme.example';
	const first = (await registerApi(svc, email)).json.session_token;
	let r = await loginApi(svc, email);
	is([r.status, r.json.error.id, r.json.error.code, messageIds(r.json)],
		[400, 'session_verified_address_required', 400, [4000010]], 'an address must be verified first');
	const b = new Browser(svc);
	r = await b.login(email);
	is([r.status, r.json.error.id, messageIds(r.json)], [400, 'session_verified_address_required', [4000010]],
		'of browsers, too');
	const { action, csrf, flow } = await b.start('login');
	r = await b.post(action, { csrf_token: csrf, method: 'password', identifier: email, password: PASSWORD });
	is([r.status, r.headers.location, b.jar.has('ory_kratos_session')],
		[303, `${APP}/auth/login?flow=${flow.id}`, false], 'a form is shown again');
	is(messageIds((await b.getJson(`/self-service/login/flows?id=${flow.id}`)).json), [4000010], 'and says why');
	is((await loginApi(svc, email, 'Wrong-Horse-7!')).json.ui.messages.map((m) => m.id), [4000006],
		'a wrong password learns nothing of it');
	sql(`UPDATE verifiable_addresses SET verified = true, status = 'completed' WHERE value = '${email}'`);
	const whoami = async (token) => (await request(svc, 'GET', '/sessions/whoami', { 'x-session-token': token })).status;
	is(await whoami(first), 200, 'until then the first session is live');
	const second = (await loginApi(svc, email)).json.session_token;
	is([await whoami(first), await whoami(second)], [401, 200], 'a sign-in ends all others');
	await registerApi(svc, 'other@acme.example');
	const rows = count('sessions', 'active');
	await b.login(email);
	is([await whoami(second), b.jar.has('ory_kratos_session'), count('sessions', 'active')], [401, true, rows],
		'of this person alone');
	is(Number(sql("SELECT count(*) FROM audit WHERE action = 'session.revoke_others'")), 2, 'which is in the trail');
}

// Who is refused is led on to verify.
async function ledOn() {
	const svc = await startService(['identity.hooks.login after:require_verified_address after:show_verification_ui',
		'identity.limits yes']);
	const email = 'vera@acme.example';
	await registerApi(svc, email);
	sql('DELETE FROM mails; DELETE FROM attempts');
	let r = await loginApi(svc, email);
	const [item] = r.json.continue_with ?? [];
	is([r.status, messageIds(r.json), item?.action, item?.flow.verifiable_address],
		[400, [4000010], 'show_verification_ui', email], 'scripts learn of the form that verifies');
	r = await api(svc, 'POST', `/self-service/verification?flow=${item.flow.id}`,
		{ method: 'code', code: lastMail(email).VerificationCode });
	is(r.json.state, 'passed_challenge', 'with the code of the mail');
	is((await loginApi(svc, email)).status, 200, 'then the sign-in succeeds');
	sql(`UPDATE verifiable_addresses SET verified = false WHERE value = '${email}'`);
	const b = new Browser(svc);
	const { action, csrf, flow } = await b.start('login');
	const go = () => b.post(action, { csrf_token: csrf, method: 'password', identifier: email, password: PASSWORD });
	r = await go();
	ok(r.status === 303 && r.headers.location.startsWith(`${APP}/auth/verification?flow=`), 'browsers go there');
	await go();
	r = await go();
	is([r.headers.location, count('mails')], [`${APP}/auth/login?flow=${flow.id}`, 3],
		'but three mails are enough for ten minutes');
}

// --- what is refused at the start --------------------------------------------

function refused(lines, why) {
	const conf = path.join(TEST_DIR, 'refused.conf');
	fs.writeFileSync(conf, [`identity.secrets ${SECRET}`, `url.auth ${AUTH}`, `url.app ${APP}`, 'cache.path',
		`identity.hooks.dir ${HOOKS}`, ...lines, ''].join('\n'));
	const r = spawnSync(path.join(BUILD, 'bin/mirai-identity'),
		['-f', conf, '-s', path.join(TEST_DIR, 'refused.fcgi')], { timeout: 60000 });
	const out = r.stderr.toString();
	ok(r.status === 1 && out.includes(why), `does not start: ${why}`);
	if (!out.includes(why))
		console.log(`# ${out}`);
}

function badEntries() {
	const bad = {
		'login session': 'must begin with before: or after:',
		'login after:session': 'is set by identity.registration_session',
		'registration after:show_verification_ui': 'is set by identity.registration.show_verification',
		'settings after:verify_new_address': 'is set by identity.settings.verify_new_address',
		'settings after:notify_previous_addresses': 'is always so, and no hook',
		'login before:password:web_hook=x': 'no method is known before',
		'login after:profile:web_hook=x': 'no method of this flow',
		'login before:show_verification_ui': 'is set by identity.registration.show_verification',
		'login before:revoke_active_sessions': 'cannot stand here',
		'settings after:require_verified_address': 'cannot stand here',
		'login after:coffee': 'no such hook',
		'login after:web_hook=../x': 'the name of a web hook is 1 to 32 of a-z, 0-9, - and _',
	};
	for (const [entry, rule] of Object.entries(bad)) {
		const [flow, text] = entry.split(' ');
		refused([`identity.hooks.${entry}`], `identity.hooks.${flow}: ${text}: ${rule}`);
	}
	refused(['identity.hooks.allow_private 10.0.0.0/33'], 'identity.hooks.allow_private: 10.0.0.0/33: no address and no network');
}

function badFiles() {
	const file = path.join(HOOKS, 'bad.conf');
	const bad = (why, ...lines) => {
		hook('bad', ...lines);
		refused(['identity.hooks.login after:web_hook=bad'], `hook file ${file}${why}`);
	};
	const url = 'url https://hooks.example/';
	bad(': url is not set', 'response parse');
	bad(':3: url: must be an https URL', 'url http://hooks.example/');
	bad(':3: url: must be an https URL without user and fragment', 'url https://me@hooks.example/');
	bad(':4: colour: unknown key', url, 'colour red');
	bad(':4: response: must be ignore or parse', url, 'response maybe');
	bad(':4: timeout: must be 1 to 10 seconds', url, 'timeout 11');
	bad(':4: auth: must be none, basic or api_key', url, 'auth digest');
	bad(':4: in: must be header or cookie', url, 'in query');
	bad(':4: body: no JSON: ', url, 'body {"a":');
	bad(':4: body: must be a JSON object', url, 'body "$.identity"');
	bad(':4: body: $.identity..traits names no value', url, 'body {"a":["$.identity..traits"]}');
	bad(':4: body: $.secrets names no value', url, 'body {"a":{"b":"$.secrets"}}');
	bad(':4: body: $name names no value', url, 'body {"a":"$name"}');
	bad(`:4: body_file: ${HOOKS}/none.json: No such file`, url, `body_file ${HOOKS}/none.json`);
	bad(': auth basic needs user and password', url, 'auth basic', 'user a');
	bad(': user must not hold a colon', url, 'auth basic', 'user a:b', 'password c');
	bad(': auth api_key needs name and value', url, 'auth api_key', 'name a');
	bad(': name and value cannot be a header or cookie', url, 'auth api_key', 'name a b', 'value c');
	bad(': name and value cannot be a header or cookie', url, 'auth api_key', 'name a', 'value b; c', 'in cookie');
	refused(['identity.hooks.login after:web_hook=absent'], `hook file ${HOOKS}/absent.conf: No such file`);
}

main(async () => {
	const rcv = await new Receiver().start();
	try {
		const svc = await startService(gated(rcv));
		await registration(svc, rcv);
		await unclear(svc, rcv);
		await login(svc, rcv);
		await settings(svc, rcv);
		await mailed(svc, rcv);
		await before(rcv);
		await killed(...await told(rcv), rcv);
		await secluded(rcv);
		await builtIn();
		await ledOn();
		is(rcv.errors, [], 'every request was as it must be');
	} finally {
		rcv.stop();
	}
	badEntries();
	badFiles();
});
