// Sessions that end when unused, and sessions that go on in use: both only
// where that is set, and noted seldom.
import { Browser, is, loginApi, main, ok, registerApi, request, startService } from './kit/server.mjs';
import { psql } from '../psql.mjs';

const EMAIL = 'petra@acme.example';

const sql = (text) => psql(process.env.IDENTITY_OWNER_URL, text);

// Not whoami, which remembers for some seconds what it said.
function use(svc, token) {
	return request(svc, 'GET', '/self-service/logout/browser', { 'x-session-token': token });
}

async function unset(svc) {
	const token = (await loginApi(svc, EMAIL)).json.session_token;
	const state = () => sql('SELECT string_agg(concat(xmin, expires_at, idle_at), \',\' ORDER BY id) FROM sessions');
	const before = state();
	is((await use(svc, token)).status, 200, 'with neither set');
	is(state(), before, 'asking writes nothing');
}

async function idle() {
	const svc = await startService(['session.idle_timeout 10m']);
	const token = (await loginApi(svc, EMAIL)).json.session_token;
	const left = () => Number(sql(`SELECT coalesce(round(extract(epoch FROM max(idle_at) - now())), -1)
		FROM sessions WHERE active`));
	ok(left() > 400, 'a session is to be used within ten minutes');
	const version = () => sql('SELECT max(xmin::text::bigint) FROM sessions');
	const before = version();
	is((await use(svc, token)).status, 200, 'used at once');
	is(version(), before, 'that is not noted');
	sql(`UPDATE sessions SET idle_at = now() + interval '5 minutes'`);
	is((await use(svc, token)).status, 200, 'used after five minutes');
	ok(left() > 400, 'that is');
	const other = (await loginApi(svc, EMAIL)).json.session_token;
	sql(`UPDATE sessions SET idle_at = now() - interval '1 second' WHERE token_hash = sha256('${token}')`);
	is((await use(svc, token)).status, 401, 'unused it ends');
	const list = await request(svc, 'GET', '/sessions', { 'x-session-token': other });
	is(sql(`SELECT count(*) FROM page_sessions((SELECT id FROM identities))`), '3', 'pages do not list it');
	ok(list.json.every((s) => s.active) && list.json.length === 2, 'and is listed no more');

	const b = new Browser(svc);
	await b.login(EMAIL);
	const { flow } = await b.start('settings');
	const shown = () => sql(`SELECT count(*) FROM page_flow('${flow.id}', 'settings', (SELECT csrf_token FROM flows
		WHERE id = '${flow.id}'), encode(sha256('${b.jar.get('ory_kratos_session')}'), 'hex'), NULL)`);
	is(shown(), '1', 'its owner sees the settings on the page');
	sql(`UPDATE sessions SET idle_at = now() - interval '1 second' WHERE cookie_hash IS NOT NULL`);
	is(shown(), '0', 'not after the session ended unused');
	sql(`DELETE FROM sessions WHERE cookie_hash IS NOT NULL`);

	// made before the setting
	sql('UPDATE sessions SET idle_at = NULL');
	is((await use(svc, other)).status, 200, 'a session of before');
	ok(left() > 400, 'counts from its next use');
	return other;
}

async function unsetAgain(svc, token) {
	is((await use(svc, token)).status, 200, 'the setting is taken back');
	is(sql(`SELECT idle_at FROM sessions WHERE token_hash = sha256('${token}')`), '', 'and the session lives on');
}

async function sliding() {
	const svc = await startService(['session.earliest_possible_extend 1h', 'session.lifespan 24h']);
	const b = new Browser(svc);
	await b.login(EMAIL);
	const hash = `sha256('${b.jar.get('ory_kratos_session')}')`;
	const left = () => Number(sql(`SELECT round(extract(epoch FROM expires_at - now()) / 60)
		FROM sessions WHERE cookie_hash = ${hash}`));
	sql(`UPDATE sessions SET expires_at = now() + interval '2 hours' WHERE cookie_hash = ${hash}`);
	let r = await b.getJson('/self-service/logout/browser');
	is([r.status, left(), r.cookies], [200, 120, []], 'with two hours left nothing happens');
	sql(`UPDATE sessions SET expires_at = now() + interval '59 minutes' WHERE cookie_hash = ${hash}`);
	r = await b.getJson('/sessions/whoami');
	is([r.status, left()], [200, 1440], 'with less than one the session is renewed');
	ok(new Date(r.json.expires_at) - Date.now() > 86300000, 'which the answer shows');
	ok(r.cookies.length === 1 && /^ory_kratos_session=.*Max-Age=86\d{3}/.test(r.cookies[0]), 'its cookie too');
	r = await b.getJson('/sessions/whoami');
	is(r.cookies, [], 'once');
}

main(async () => {
	const svc = await startService();
	await registerApi(svc, EMAIL);
	await unset(svc);
	await unsetAgain(svc, await idle());
	await sliding();
});
