// What sign-in by API must keep to itself, and what happens to hashes,
// sessions and queues behind it.
import { execFileSync } from 'node:child_process';
import { Browser, PASSWORD, actionOf, api, apiSubmit, is, loginApi, main, messageIds, ok,
	registerApi, request, startService } from './kit/server.mjs';

const EMAIL = 'petra@acme.example';
// "Correct-Horse-7!" by bcrypt, cost 4
const BCRYPT = '$2b$04$abcdefghijklmnopqrstuuFA7SAV4MLw01shGvj8UMOR3jP/gyYM6';

function sql(text) {
	return execFileSync('psql', ['-qAtX', '-v', 'ON_ERROR_STOP=1',
		process.env.IDENTITY_OWNER_URL, '-c', text],
	{ stdio: ['ignore', 'pipe', 'pipe'] }).toString().trim();
}

function whoami(svc, token) {
	return request(svc, 'GET', '/sessions/whoami', { 'x-session-token': token });
}

async function apiOnly(svc) {
	const flow = (await api(svc, 'GET', '/self-service/login/api')).json;
	const body = { method: 'password', identifier: EMAIL, password: PASSWORD };
	for (const headers of [{ origin: 'https://evil.example' }, { cookie: 'a=b' },
		{ cookie: '__cf_bm=x; a=b' }]) {
		const r = await api(svc, 'POST', actionOf(flow), body, headers);
		is(r.status, 400, `an API submit with ${JSON.stringify(headers)}`);
	}
	const edge = await api(svc, 'POST', actionOf(flow), body,
		{ cookie: '__cf_bm=x; cf_clearance=y; _cfuvid=z' });
	is(edge.status, 200, 'cookies of edge proxies do no harm');
	const html = await request(svc, 'GET', '/self-service/login/api', { accept: 'text/html' });
	is([html.status, html.json?.type], [200, 'api'], 'API flows answer JSON to anyone');
	const bad = await request(svc, 'POST', actionOf(flow), { accept: 'text/html',
		'content-type': 'application/x-www-form-urlencoded' }, 'method=password');
	is([bad.status, messageIds(bad.json)], [400, [4000002, 4000002]], 'to a form as well');
	const signedIn = await apiSubmit(svc, 'login', body,
		{ 'x-session-token': edge.json.session_token });
	is([signedIn.status, signedIn.json.error?.id], [400, 'session_already_available'],
		'no second sign-in');
}

// Everything but ids and times of the flow, which differ by nature.
function shape(r, email) {
	return r.text.replaceAll(email, 'WHO').replace(/[0-9a-f-]{36}/g, 'ID')
		.replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME');
}

async function sameAnswer(svc) {
	sql(`WITH i AS (INSERT INTO identities (traits) VALUES ('{"email":"bare@acme.example"}') RETURNING id),
		c AS (INSERT INTO credentials (identity_id, type) SELECT id, 'password' FROM i RETURNING id)
		INSERT INTO credential_identifiers SELECT 'password', 'bare@acme.example', id FROM c`);
	const answers = [];
	for (const email of [EMAIL, 'stranger@acme.example', 'bare@acme.example'])
		answers.push([await loginApi(svc, email, 'Wrong-Horse-7!'), email]);
	const shapes = answers.map(([r, email]) => shape(r, email));
	is(answers.map(([r]) => r.status), [400, 400, 400], 'wrong, unknown, without password: 400');
	is(shapes[1], shapes[0], 'an unknown identifier gets the same bytes');
	is(shapes[2], shapes[0], 'one without password too');
	is((await loginApi(svc, EMAIL, `${PASSWORD}${'x'.repeat(2000)}`)).status, 400,
		'a password without end');
}

async function hashes(svc) {
	const hashOf = (email) => sql(`SELECT c.config ->> 'hashed_password' FROM credentials c
		JOIN credential_identifiers n ON n.credential_id = c.id WHERE n.identifier = '${email}'`);
	ok(hashOf(EMAIL).startsWith('$argon2id$v=19$m=256,t=1,p=1$'), 'argon2id with the set cost');

	// an imported bcrypt hash is replaced at the first sign-in
	const setHash = (hash, raw) => sql(`UPDATE credentials SET config =
		jsonb_build_object('hashed_password', '${hash}', 'raw', ${raw})
		WHERE identity_id = (SELECT id FROM identities WHERE traits ->> 'email' = '${EMAIL}')`);
	setHash(BCRYPT, true);
	is((await loginApi(svc, EMAIL, 'wrong')).status, 400, 'bcrypt: a wrong password');
	is(hashOf(EMAIL), BCRYPT, 'changes nothing');
	is((await loginApi(svc, EMAIL)).status, 200, 'the right one signs in');
	const renewed = hashOf(EMAIL);
	ok(renewed.startsWith('$argon2id$v=19$m=256,t=1,p=1$'), 'and is hashed anew');
	is((await loginApi(svc, EMAIL)).status, 200, 'which works');
	is(hashOf(EMAIL), renewed, 'and stays');
	is((await loginApi(svc, EMAIL, `${PASSWORD}${' '.repeat(80)}`)).status, 400,
		'nothing is cut off a long password');

	// composed and decomposed letters are one password
	const composed = 'Gr\u00fcne-Br\u00fccke-12';
	is((await registerApi(svc, 'nora@acme.example', composed)).status, 200, 'a password with umlauts');
	is((await loginApi(svc, 'nora@acme.example', composed.normalize('NFD'))).status, 200,
		'typed on another keyboard');

	const weaker = { password: 4000034, 'petra@acme.example': 4000031, Vogelmann: 4000031,
		'abcdefg': 4000032, 'xyxyxyxyxy': 4000034 };
	for (const [password, id] of Object.entries(weaker)) {
		const r = await registerApi(svc, 'petra2@acme.example', password);
		is([r.status, messageIds(r.json)], [400, [id]], `refused: ${password}`);
	}
	is(messageIds((await registerApi(svc, 'x@acme.example', 'x9#'.repeat(342))).json), [4000033],
		'1026 bytes');
}

async function disabled(svc) {
	const token = (await loginApi(svc, EMAIL)).json.session_token;
	sql(`UPDATE identities SET state = 'inactive' WHERE traits ->> 'email' = '${EMAIL}'`);
	is((await whoami(svc, token)).status, 401, 'the sessions of a disabled person are dead');
	is((await loginApi(svc, EMAIL, 'wrong')).json.error, undefined, 'a stranger learns nothing');
	const r = await loginApi(svc, EMAIL);
	is([r.status, r.json.error?.id], [401, 'identity_disabled'], 'the owner is told');
	sql(`UPDATE identities SET state = 'active' WHERE traits ->> 'email' = '${EMAIL}'`);
	is((await whoami(svc, token)).status, 200, 'and back');
	const late = (await loginApi(svc, EMAIL)).json.session_token;
	sql(`UPDATE sessions SET expires_at = now() - interval '1 second'`);
	is((await whoami(svc, late)).status, 401, 'an expired session is none');
}

// K-2: which of several credentials counts; W-2: whoami sets no cookie.
async function order(svc) {
	const issue = async () => (await loginApi(svc, EMAIL)).json;
	const [first, second] = [await issue(), await issue()];
	const b = new Browser(svc);
	const mine = (await b.login(EMAIL)).json.session.id;
	const cookie = `ory_kratos_session=${b.jar.get('ory_kratos_session')}`;
	const bearer = `Bearer ${second.session_token}`;
	for (const [headers, id, what] of [
		[{ 'x-session-token': first.session_token, cookie, authorization: bearer }, first.session.id, 'the header'],
		[{ cookie, authorization: bearer }, mine, 'then the cookie'],
		[{ authorization: bearer }, second.session.id, 'then the bearer'],
		[{ authorization: bearer.replace('B', 'b') }, second.session.id, 'however it is written'],
		[{ 'x-session-token': 'ory_st_x', cookie }, undefined, 'a wrong one is not passed over'],
	]) {
		const r = await request(svc, 'GET', '/sessions/whoami', headers);
		is([r.json.id, r.cookies], [id, []], `K-2: ${what}`);
	}
}

async function tokens(svc) {
	const token = (await loginApi(svc, EMAIL)).json.session_token;
	const stored = sql(`SELECT encode(token_hash, 'hex') FROM sessions`);
	ok(!stored.includes(token), 'tokens are kept as hashes');
	is((await request(svc, 'GET', '/sessions/whoami', { cookie: `ory_kratos_session=${token}` })).status,
		401, 'a token is no cookie');
	is((await request(svc, 'GET', '/sessions/whoami', { cookie: `ory_session_token=${token}` })).status,
		401, 'the script\'s cookie is not read unless set so');
	for (const bad of ['', 'ory_st_', `ory_st_${'x'.repeat(32)}`, 'x'.repeat(5000),
		`${token}x`, token.slice(0, -1), 'ory_st_\u00e4', '\'; DROP TABLE sessions; --'])
		is((await whoami(svc, Buffer.from(bad).toString('latin1'))).status, 401,
			`a token of no kind: ${bad.slice(0, 20)}`);
	for (const method of ['POST', 'PUT', 'PATCH', 'DELETE'])
		is((await request(svc, method, '/sessions/whoami', { 'x-session-token': token })).status, 200,
			`whoami by ${method}`);
	is((await whoami(svc, token)).json.tokenized, undefined, 'nothing is tokenized');
	is((await request(svc, 'GET', '/sessions/whoami?tokenize_as=x', { 'x-session-token': token })).status,
		400, 'which is said');
	const mine = (await whoami(svc, token)).json.id;
	is((await request(svc, 'DELETE', `/sessions/${mine}`, { 'x-session-token': token })).status, 400,
		'one does not end one\'s own session so');
	is((await request(svc, 'DELETE', '/sessions/x', { 'x-session-token': token })).status, 404, 'an odd id');
	const stranger = (await loginApi(svc, 'nora@acme.example', 'Gr\u00fcne-Br\u00fccke-12')).json;
	is((await request(svc, 'DELETE', `/sessions/${stranger.session.id}`, { 'x-session-token': token })).status,
		404, 'nor somebody else\'s');
	is((await whoami(svc, stranger.session_token)).status, 200, 'which goes on');
	is((await request(svc, 'DELETE', '/sessions')).status, 401, 'nobody ends nothing');
	for (const query of ['page_size=0', 'page_size=1001', 'page_size=x', 'page_token=x', 'per_page=0'])
		is((await request(svc, 'GET', `/sessions?${query}`, { 'x-session-token': token })).status, 400, query);

	// paging
	for (let i = 0; i < 3; i++)
		await loginApi(svc, EMAIL);
	const seen = [];
	let next = '/sessions?page_size=2';
	for (let i = 0; i < 5 && next; i++) {
		const r = await request(svc, 'GET', next, { 'x-session-token': token });
		seen.push(...r.json.map((s) => s.id));
		next = /<https:\/\/[^/]+([^>]+)>; rel="next"/.exec(r.headers.link)?.[1];
	}
	is([seen.length, new Set(seen).size, seen.includes(mine)], [3, 3, false], 'pages of sessions');
	const numbered = await request(svc, 'GET', '/sessions?page=1&per_page=2', { 'x-session-token': token });
	is([numbered.json.length, numbered.headers['x-total-count']], [2, '3'], 'the old kind of pages');
}

async function twice(svc) {
	const answers = await Promise.all(Array.from({ length: 4 }, () =>
		registerApi(svc, 'race@acme.example')));
	is(answers.map((r) => r.status).sort(), [200, 400, 400, 400], 'of four sign-ups at once one wins');
	is(sql(`SELECT count(*) FROM identities WHERE traits ->> 'email' = 'race@acme.example'`), '1',
		'and one person is made');
	is((await registerApi(svc, 'RACE@Acme.Example')).status, 400, 'whatever the case');
	is((await apiSubmit(svc, 'registration', { method: 'password', password: PASSWORD,
		traits: { email: 'more@acme.example', name: { first: 'A', last: 'B' }, admin: true } })).status,
	400, 'unknown traits are refused');
	is((await apiSubmit(svc, 'registration', { method: 'password', password: PASSWORD,
		traits: 'x' })).status, 400, 'traits that are none');
	is(messageIds((await apiSubmit(svc, 'registration', { method: 'password', password: PASSWORD })).json),
		[4000002, 4000002, 4000002], 'no traits at all');
	const transient = await apiSubmit(svc, 'login', { method: 'password', transient_payload: { a: [1] } });
	is(transient.json.transient_payload, { a: [1] }, 'the transient payload is echoed');
	const big = 'x'.repeat(100000);
	is((await apiSubmit(svc, 'login', { method: 'password', transient_payload: { big } })).json.error?.reason,
		'transient_payload is larger than 16 KiB.', 'one that is large is refused');
	for (const fields of [{ identifier: big, password: 'x' }, { identifier: 'x', password_identifier: big, password: 'x' }])
		await apiSubmit(svc, 'login', { method: 'password', ...fields });
	await apiSubmit(svc, 'registration', { method: 'password', password: 'x',
		traits: { email: big, name: { first: big, last: big } } });
	is(sql('SELECT max(length(ui::text) + length(internal::text)) < 32768 FROM flows'), 't',
		'what is typed fills no table');
}

function trail() {
	const actions = sql('SELECT DISTINCT action FROM audit ORDER BY 1').split('\n');
	is(actions, ['login', 'registration', 'session.issue', 'verification.send'],
		'the audit trail knows');
	let refused = '';
	try {
		sql('DELETE FROM audit');
	} catch (e) {
		refused = e.stderr.toString();
	}
	ok(refused.includes('append-only'), 'and forgets nothing');
	const dump = sql('SELECT string_agg(f::text, \'\') FROM flows f');
	ok(!dump.includes(PASSWORD) && !dump.includes('Wrong-Horse'), 'flows hold no password');
}

// Two slow hashes at a time: the rest waits, or is told to come again, and
// whoami does not notice.
async function crowd() {
	const svc = await startService(['identity.argon2.memory 64M', 'identity.argon2.passes 10',
		'identity.hash_slots 1', 'identity.hash_queue 2'], 6);
	const token = (await loginApi(svc, EMAIL)).json.session_token;
	ok(token, 'a slower setting signs in');
	const flows = [];
	for (let i = 0; i < 12; i++)
		flows.push((await api(svc, 'GET', '/self-service/login/api')).json);
	let hashing = 0; // answers that a hash was computed for
	const crowded = Promise.all(flows.map(async (flow) => {
		const r = await api(svc, 'POST', actionOf(flow),
			{ method: 'password', identifier: EMAIL, password: 'Wrong-Horse-7!' });
		hashing += r.status === 400;
		return r;
	}));
	const who = await whoami(svc, token);
	const before = hashing;
	const answers = await crowded;
	ok(who.status === 200 && before < hashing, `whoami was answered when ${before} of ${hashing} hashes were there`);
	const busy = answers.filter((r) => r.status === 503);
	ok(busy.length > 0 && answers.every((r) => r.status === 503 || r.status === 400),
		`${busy.length} of 12 were told to come again`);
	ok(busy.every((r) => Number(r.headers['retry-after']) > 0 && r.json.error.code === 503),
		'and when');
}

// Without a bound on the queue everybody waits, but nobody longer than two
// seconds: whoever did is told to come again, and nobody before.
async function patience() {
	const svc = await startService(['identity.argon2.memory 64M', 'identity.argon2.passes 10',
		'identity.hash_slots 1'], 12);
	const flows = [];
	for (let i = 0; i < 24; i++)
		flows.push((await api(svc, 'GET', '/self-service/login/api')).json);
	const answers = await Promise.all(flows.map(async (flow) => {
		const start = Date.now();
		const r = await api(svc, 'POST', actionOf(flow),
			{ method: 'password', identifier: EMAIL, password: 'Wrong-Horse-7!' });
		return { status: r.status, ms: Date.now() - start };
	}));
	const busy = answers.filter((r) => r.status === 503);
	ok(busy.length > 0 && answers.every((r) => r.status === 503 || r.status === 400),
		`${busy.length} of 24 waited in vain`);
	ok(busy.every((r) => r.ms >= 1900), `for ${Math.min(...busy.map((r) => r.ms))} ms at least`);
}

async function closed() {
	const svc = await startService(['identity.registration no', 'session.token_cookie yes']);
	let r = await api(svc, 'GET', '/self-service/registration/api');
	is([r.status, r.json.error.id], [400, 'self_service_flow_disabled'], 'sign-up can be closed');
	r = await request(svc, 'GET', '/self-service/registration/browser', { accept: 'text/html' });
	is(r.status, 303, 'pages go to the error page');
	const token = (await loginApi(svc, EMAIL)).json.session_token;
	is((await request(svc, 'GET', '/sessions/whoami', { cookie: `ory_session_token=${token}` })).status,
		200, 'the script\'s cookie is read when set so');

	const quiet = await startService(['identity.registration_session no']);
	r = await registerApi(quiet, 'late@acme.example');
	is([r.status, r.json.session_token, r.json.session, r.json.continue_with],
		[200, undefined, undefined, []], 'signing up need not sign in');
}

main(async () => {
	const svc = await startService();
	is((await registerApi(svc, EMAIL)).status, 200, 'someone signs up');
	await apiOnly(svc);
	await sameAnswer(svc);
	await hashes(svc);
	await disabled(svc);
	await tokens(svc);
	await order(svc);
	await twice(svc);
	trail();
	await crowd();
	await patience();
	await closed();
});
