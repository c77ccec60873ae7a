// Browser flows through lighttpd: sign-up, sign-in, sign-out, what forged and
// hostile requests get, and where a browser is sent.
import { APP, AUTH, Browser, PASSWORD, actionOf, csrfOf, is, main, messageIds,
	node, ok, request, startService } from './kit/server.mjs';

const SESSION = 'ory_kratos_session';
const CSRF = /^csrf_token_[0-9a-f]{64}$/;

function idOf(location) {
	return new URL(location).searchParams.get('flow') ??
		new URL(location).searchParams.get('id');
}

function cookieLine(r, name) {
	return r.cookies.find((l) => l.startsWith(`${name}=`)) ?? '';
}

async function signUp(svc) {
	const b = new Browser(svc);
	let r = await b.get('/self-service/registration/browser');
	is(r.status, 303, 'a page starts a sign-up with a redirect');
	ok(r.headers.location.startsWith(`${APP}/auth/registration?flow=`), 'to the form');
	is(r.headers['cache-control'], 'private, no-cache, no-store, must-revalidate',
		'flows are not cached');
	ok([...b.jar.keys()].some((k) => CSRF.test(k)), 'the CSRF cookie is set on first contact');
	const line = r.cookies[0];
	ok(/; HttpOnly/i.test(line) && /; Secure/i.test(line) && /SameSite=Lax/i.test(line) &&
		/Path=\//i.test(line) && /Max-Age=31536000/i.test(line) && !/Domain=/i.test(line),
		`its attributes: ${line.replace(/=[^;]*/, '=...')}`);

	const id = idOf(r.headers.location);
	r = await b.getJson(`/self-service/registration/flows?id=${id}`);
	is(r.status, 200, 'the form is read');
	is(r.json.ui.nodes.map((n) => n.attributes.name), ['csrf_token', 'traits.email',
		'traits.name.first', 'traits.name.last', 'password', 'method'], 'its nodes, in order');
	is(node(r.json, 'traits.email').attributes.type, 'email', 'an e-mail input');
	is(r.json.request_url, `${AUTH}/self-service/registration/browser`, 'request_url');
	const again = await b.getJson(`/self-service/registration/flows?id=${id}`);
	ok(csrfOf(again.json) !== csrfOf(r.json), 'the token differs on every render');

	const fields = { csrf_token: csrfOf(r.json), method: 'password',
		'traits.email': 'not an address', 'traits.name.first': '', password: 'short' };
	r = await b.post(actionOf(r.json), fields);
	is(r.status, 303, 'a wrong form goes back to the page');
	is(idOf(r.headers.location), id, 'the same flow');
	r = await b.getJson(`/self-service/registration/flows?id=${id}`);
	is(node(r.json, 'traits.email').attributes.value, 'not an address', 'what was typed stays');
	is(node(r.json, 'password').attributes.value, undefined, 'the password does not');
	is(node(r.json, 'traits.email').messages.map((m) => m.id), [4000040], 'bad address');
	is(node(r.json, 'traits.name.first').messages.map((m) => m.id), [4000002], 'missing name');
	is(node(r.json, 'traits.name.last').messages.map((m) => m.id), [4000002], 'the other too');
	is(node(r.json, 'password').messages.map((m) => m.id), [4000032], 'short password');

	r = await b.post(actionOf(r.json), { ...fields, csrf_token: csrfOf(r.json),
		'traits.email': 'Petra@Acme.Example', 'traits.name.first': 'Petra',
		'traits.name.last': 'Vogel', password: PASSWORD });
	is([r.status, r.headers.location], [303, `${APP}/dashboard`], 'signed up, sent on');
	const session = cookieLine(r, SESSION);
	ok(/; HttpOnly/i.test(session) && /; Secure/i.test(session) &&
		/SameSite=Lax/i.test(session) && /Max-Age=86400/i.test(session), 'the session cookie');
	ok(cookieLine(r, [...b.jar.keys()].find((k) => CSRF.test(k))) !== '', 'CSRF is rotated');
	r = await b.getJson('/sessions/whoami');
	is([r.status, r.json.active, r.json.identity.traits.email],
		[200, true, 'petra@acme.example'], 'signed in at once');
	is(r.headers['x-kratos-authenticated-identity-id'], r.json.identity.id, 'the id as header');
	is(r.cookies, [], 'whoami sets no cookie');
	is(r.json.authentication_methods.map((m) => m.method), ['password'], 'the method');
	is(r.json.devices.length, 1, 'the device');
	is(r.json.identity.verifiable_addresses.map((v) => [v.value, v.verified, v.status]),
		[['petra@acme.example', false, 'sent']], 'the address to verify');
	return b;
}

async function signIn(svc) {
	const b = new Browser(svc);
	let r = await b.get('/self-service/login/browser?return_to=/course/7%3Fa=b');
	let flow = (await b.getJson(`/self-service/login/flows?id=${idOf(r.headers.location)}`)).json;
	is(flow.ui.nodes.map((n) => [n.attributes.name, n.group]), [['csrf_token', 'default'],
		['identifier', 'default'], ['password', 'password'], ['method', 'password']],
	'the nodes of a sign-in');
	is([flow.refresh, flow.requested_aal, flow.state, flow.type],
		[false, 'aal1', 'choose_method', 'browser'], 'its facts');
	is(flow.return_to, '/course/7?a=b', 'return_to as given');

	const wrong = async (fields) => {
		const res = await b.post(actionOf(flow), { csrf_token: csrfOf(flow), ...fields });
		is(res.status, 303, 'back to the form');
		flow = (await b.getJson(`/self-service/login/flows?id=${flow.id}`)).json;
		return messageIds(flow);
	};
	is(await wrong({}), [4010002], 'no method');
	is(await wrong({ method: 'code' }), [4010002], 'a method that is not there');
	is(await wrong({ method: 'password' }), [4000002, 4000002], 'nothing filled in');
	is(await wrong({ method: 'password', identifier: 'petra@acme.example', password: 'x' }),
		[4000006], 'wrong password');
	is(flow.active, 'password', 'the method is remembered');
	is(node(flow, 'identifier').attributes.value, 'petra@acme.example', 'and the identifier');

	r = await b.post(actionOf(flow), { csrf_token: csrfOf(flow), method: 'password',
		identifier: ' PETRA@acme.example ', password: PASSWORD });
	is([r.status, r.headers.location], [303, `${APP}/course/7?a=b`], 'in, and to return_to');

	// a signed-in browser
	r = await b.get('/self-service/login/browser');
	is([r.status, r.headers.location], [303, `${APP}/dashboard`], 'no second sign-in');
	r = await b.getJson('/self-service/login/browser');
	is([r.status, r.json.error.id], [400, 'session_already_available'], 'scripts are told');
	r = await b.getJson('/self-service/registration/browser');
	is([r.status, r.json.error.id], [400, 'session_already_available'], 'sign-up too');
	r = await b.getJson('/self-service/login/browser?aal=aal2');
	is(r.status, 400, 'there is no second factor yet');
	r = await b.getJson('/self-service/login/browser?aal=aal3');
	is(r.status, 400, 'nor a third');
	r = await new Browser(svc).getJson('/self-service/login/browser?aal=aal2');
	is([r.status, r.json.error.id], [401, 'session_aal1_required'], 'step-up needs a session');
	return b;
}

async function refresh(b) {
	const before = (await b.getJson('/sessions/whoami')).json;
	const { flow, action, csrf } = await b.start('login', '?refresh=true');
	is([flow.refresh, messageIds(flow)], [true, [1010003]], 'a refresh says so');
	is([node(flow, 'identifier').attributes.type, node(flow, 'identifier').attributes.value],
		['hidden', 'petra@acme.example'], 'who it is stands fixed');
	const r = await b.postJson(action, { method: 'password', csrf_token: csrf,
		identifier: 'petra@acme.example', password: PASSWORD });
	is(r.status, 200, 'proven again');
	const after = (await b.getJson('/sessions/whoami')).json;
	is(after.id, before.id, 'the session stays');
	ok(after.authenticated_at > before.authenticated_at, 'authenticated_at moves');
	is(after.authentication_methods.length, 2, 'both proofs are listed');

	// someone else on the same machine
	const other = new Browser(b.svc);
	await other.register('quirin@acme.example', 'Lampenschirm-Nord-4');
	const again = await b.start('login', '?refresh=true');
	const cookie = b.jar.get(SESSION);
	const s = await b.postJson(again.action, { method: 'password', csrf_token: again.csrf,
		identifier: 'quirin@acme.example', password: 'Lampenschirm-Nord-4' });
	is(s.json.session.identity.traits.email, 'quirin@acme.example', 'another person');
	ok(s.json.session.id !== before.id && b.jar.get(SESSION) !== cookie, 'gets a new session');
	const old = await request(b.svc, 'GET', '/sessions/whoami', { cookie: `${SESSION}=${cookie}` });
	is(old.status, 401, 'and the one it replaced has ended');
}

async function logout(svc) {
	const b = new Browser(svc);
	let r = await b.getJson('/self-service/logout/browser');
	is([r.status, r.json.error.id], [401, 'session_inactive'], 'nobody can log out');
	r = await b.login('petra@acme.example');
	is([r.status, r.json.continue_with[0].action], [200, 'redirect_browser_to'], 'signed in by script');
	is(r.json.session_token, undefined, 'a browser flow gives no token');
	const cookie = b.jar.get(SESSION);
	is((await request(svc, 'GET', '/sessions/whoami', { 'x-session-token': cookie })).status, 401,
		'the cookie is no token');
	const mine = (await b.getJson('/self-service/logout/browser')).json;
	ok(/^ory_lo_[0-9A-Za-z]{32}$/.test(mine.logout_token), 'a logout token');
	is(mine.logout_url, `${AUTH}/self-service/logout?token=${mine.logout_token}`, 'and its URL');

	const other = new Browser(svc);
	await other.login('petra@acme.example');
	const theirs = (await other.getJson('/self-service/logout/browser')).json;
	r = await b.getJson(`/self-service/logout?token=${theirs.logout_token}`);
	is(r.status, 403, 'a foreign token does not log out');
	is((await b.getJson('/self-service/logout')).status, 400, 'nor does none');
	is((await new Browser(svc).getJson(`/self-service/logout?token=${mine.logout_token}`)).status,
		401, 'nor a token without its session');
	is((await b.getJson('/sessions/whoami')).status, 200, 'still signed in');
	r = await b.getJson(`/self-service/logout?token=${mine.logout_token}`);
	is([r.status, r.text], [204, ''], 'logged out');
	is(b.jar.has(SESSION), false, 'the cookie is gone');
	is((await request(svc, 'GET', '/sessions/whoami', { cookie: `${SESSION}=${cookie}` })).status,
		401, 'and the session behind it');

	r = await other.get(`/self-service/logout?token=${theirs.logout_token}&return_to=${encodeURIComponent(`${APP}/bye`)}`);
	is([r.status, r.headers.location], [303, `${APP}/bye`], 'pages go where they asked');
}

async function forged(svc) {
	const b = new Browser(svc);
	const name = () => [...b.jar.keys()].find((k) => CSRF.test(k));
	const { flow, action, csrf } = await b.start('login');
	const good = { method: 'password', identifier: 'petra@acme.example', password: PASSWORD };
	const refused = async (what, headers, value) => {
		const r = await request(svc, 'POST', action, { accept: 'application/json',
			'content-type': 'application/json', ...headers }, JSON.stringify(value));
		is([r.status, r.json.error?.id], [403, 'security_csrf_violation'], what);
	};
	const mine = { cookie: b.cookie() };
	await refused('no cookie', {}, { ...good, csrf_token: csrf });
	await refused('no token', mine, good);
	await refused('an empty token', mine, { ...good, csrf_token: '' });
	await refused('a token of no kind', mine, { ...good, csrf_token: 'AAAA' });
	await refused('a token that is no text', mine, { ...good, csrf_token: 7 });
	const stranger = new Browser(svc);
	const theirs = await stranger.start('login');
	await refused('another browser\'s token', mine, { ...good, csrf_token: theirs.csrf });
	await refused('another browser\'s cookie and token', { cookie: stranger.cookie() },
		{ ...good, csrf_token: theirs.csrf });
	await refused('a malformed cookie', { cookie: `${name()}=x` }, { ...good, csrf_token: csrf });
	let r = await stranger.getJson(`/self-service/login/flows?id=${flow.id}`);
	is([r.status, r.json.error.id], [403, 'security_csrf_violation'], 'nobody reads a foreign form');
	r = await request(svc, 'GET', `/self-service/login/flows?id=${flow.id}`, {});
	is(r.status, 403, 'nor without a cookie');
	r = await b.go('POST', action, { accept: 'application/json', 'x-csrf-token': csrf,
		'content-type': 'application/json' }, JSON.stringify(good));
	is(r.status, 200, 'the header does as well');
	r = await b.postJson(action, { ...good, csrf_token: csrf });
	is([r.status, r.json.error.id], [403, 'security_csrf_violation'], 'an old token dies with the sign-in');
	// a page gets an error page
	const page = new Browser(svc);
	const p = await page.start('login');
	r = await page.post(p.action, { method: 'password' });
	is(r.status, 303, 'a page is sent to the error page');
	ok(r.headers.location.startsWith(`${APP}/auth/error?id=`), 'by its address');
	r = await page.getJson(`/self-service/errors?id=${idOf(r.headers.location)}`);
	is([r.status, r.json.error.id, r.json.error.code], [200, 'security_csrf_violation', 403],
		'which reads the error');
	r = await page.getJson('/self-service/errors?id=stub:500');
	is([r.status, r.json.error.code], [200, 500], 'the sample error');
	is((await page.getJson('/self-service/errors?id=7')).status, 404, 'an unknown one');
	is((await page.getJson('/self-service/errors')).status, 404, 'none');
}

async function returnTo(svc) {
	const forbidden = ['https://evil.example', 'http://app.mirai.example',
		'https://app.mirai.example.evil.org/', 'https://app.mirai.example@evil.org',
		'//evil.org', '/\\evil.org', 'javascript:alert(1)',
		'https://app.mirai.example:8443/', 'https://trainings.example/', '/%2e%2e/x\\'];
	for (const url of forbidden) {
		const b = new Browser(svc);
		const query = `?return_to=${encodeURIComponent(url)}`;
		for (const kind of ['login', 'registration']) {
			let r = await b.getJson(`/self-service/${kind}/browser${query}`);
			is([r.status, r.json.error.id], [400, 'self_service_flow_return_to_forbidden'],
				`${kind}: ${url}`);
			r = await request(svc, 'GET', `/self-service/${kind}/api${query}`);
			is(r.status, 400, `${kind} by API: ${url}`);
		}
		const r = await b.get(`/self-service/login/browser${query}`);
		ok(r.status === 303 && r.headers.location.startsWith(`${APP}/auth/error?id=`),
			`a page: ${url}`);
	}
	const b = new Browser(svc);
	for (const url of [`${APP}/x`, '/x', 'https://a.trainings.example/learn',
		`${AUTH}/self-service/login/browser`]) {
		const r = await b.getJson(`/self-service/login/browser?return_to=${encodeURIComponent(url)}`);
		is(r.status, 200, `allowed: ${url}`);
	}
}

async function hostile(svc) {
	const b = new Browser(svc);
	const { flow, action, csrf } = await b.start('login');
	const send = (type, body, accept = 'application/json') =>
		b.go('POST', action, { accept, 'content-type': type }, body);
	is((await send('text/plain', 'x')).status, 400, 'an unknown content type');
	is((await send('', 'x')).status, 400, 'none');
	is((await send('application/json', '{"a":')).status, 400, 'broken JSON');
	is((await send('application/json', '[]')).status, 400, 'a list');
	is((await send('application/json', `${'{"a":'.repeat(40)}1${'}'.repeat(40)}`)).status, 400,
		'deep JSON');
	is((await send('application/json', JSON.stringify(Object.fromEntries(
		Array.from({ length: 300 }, (_, i) => [`f${i}`, 1]))))).status, 400, '300 members');
	is((await send('application/x-www-form-urlencoded',
		Array.from({ length: 300 }, (_, i) => `f${i}=1`).join('&'))).status, 400, '300 fields');
	is((await send('application/json', `{"a":"${'x'.repeat(1 << 20)}"}`)).status, 413,
		'over 1 MiB');
	is((await send('application/x-www-form-urlencoded', 'identifier=%ff%fe')).status, 400,
		'not UTF-8');
	is((await send('multipart/form-data; boundary=Q',
		'--Q\r\nContent-Disposition: form-data; name="password"; filename="x"\r\n\r\nx\r\n--Q--\r\n'))
		.status, 400, 'a file');
	let r = await send('multipart/form-data; boundary=Q',
		['csrf_token', csrf, 'method', 'password', 'identifier', 'x', 'password', 'y']
			.reduce((s, v, i, all) => i % 2 ? s : `${s}--Q\r\nContent-Disposition: form-data; name="${v}"\r\n\r\n${all[i + 1]}\r\n`, '') +
		'--Q--\r\n');
	is([r.status, messageIds(r.json)], [400, [4000006]], 'multipart is read');
	for (const accept of ['*/*;q=0', 'x', ',,,;;;', 'application/json;q=999', '\t', 'a/b'.repeat(2000)]) {
		r = await b.go('GET', '/self-service/login/browser', { accept });
		ok(r.status === 303 || r.status === 200, `Accept: ${accept.slice(0, 24)}`);
	}
	for (const body of [{ method: ['password'] }, { method: { a: 1 } }, { method: null },
		{ method: 'password', identifier: 7, password: true },
		{ method: 'password', identifier: { $ne: '' }, password: [''] }]) {
		r = await b.postJson(action, { csrf_token: csrf, ...body });
		is(r.status, 400, `types: ${JSON.stringify(body)}`);
	}
	r = await b.postJson(action, { csrf_token: csrf, method: 'password',
		identifier: 'petra@acme.example\u0000', password: PASSWORD });
	is(r.status, 400, 'a NUL in the identifier');
	r = await b.postJson(action, { csrf_token: csrf, method: 'password',
		identifier: '\' OR 1=1 --', password: '\' OR 1=1 --' });
	is(messageIds(r.json), [4000006], 'SQL is text');
	is(r.text.includes('OR 1=1 --\\"') || node(r.json, 'password').attributes.value, undefined,
		'the password comes back nowhere');
	is((await b.getJson(`/self-service/login/flows?id=${flow.id}'`)).status, 404, 'an odd id');
	is((await b.getJson('/self-service/login/flows')).status, 404, 'no id');
	r = await b.postJson('/self-service/login?flow=00000000-0000-4000-8000-000000000000', {});
	is([r.status, r.json.error.status], [404, 'Not Found'], 'an unknown flow');
	is((await b.getJson(`/self-service/registration/flows?id=${flow.id}`)).status, 404,
		'a flow of another kind');
	r = await b.go('DELETE', '/self-service/login', { accept: 'application/json' });
	is([r.status, r.headers.allow], [405, 'POST'], 'a wrong method');
	for (const path of ['/admin/identities', '/admin/sessions',
		'/self-service/recovery/none', '/self-service', '/nothing', '/']) {
		r = await b.getJson(path);
		is([r.status, r.json.error.code], [404, 404], path);
	}
	const head = await request(svc, 'HEAD', '/health/alive');
	is([head.status, head.text], [200, ''], 'HEAD');
}

async function crossOrigin(svc) {
	let r = await request(svc, 'OPTIONS', '/sessions/whoami', { origin: APP,
		'access-control-request-method': 'GET' });
	is([r.status, r.headers['access-control-allow-origin'],
		r.headers['access-control-allow-credentials']], [204, APP, 'true'], 'a preflight');
	r = await request(svc, 'GET', '/sessions/whoami', { origin: APP });
	is([r.status, r.headers['access-control-allow-origin'], r.headers.vary],
		[401, APP, 'Origin'], 'an answer');
	r = await request(svc, 'GET', '/sessions/whoami', { origin: 'https://evil.example' });
	is(r.headers['access-control-allow-origin'], undefined, 'a stranger');
}

async function expired(svc) {
	const b = new Browser(svc);
	const { flow, action, csrf } = await b.start('login', '?return_to=/x');
	const api = await request(svc, 'GET', '/self-service/login/api');
	await expire(flow.id);
	await expire(api.json.id);
	let r = await b.getJson(`/self-service/login/flows?id=${flow.id}`);
	is([r.status, r.json.error.id], [410, 'self_service_flow_expired'], 'an old form is gone');
	is(r.json.error.details, { redirect_to: `${AUTH}/self-service/login/browser`, return_to: '/x' },
		'and says where a new one is');
	r = await request(svc, 'GET', `/self-service/login/flows?id=${api.json.id}`);
	is(r.json.error.details, { api: `${AUTH}/self-service/login/api` }, 'also to API clients');
	r = await b.post(action, { csrf_token: csrf, method: 'password' });
	is(r.status, 303, 'a late submit gets a new form');
	const next = (await b.getJson(`/self-service/login/flows?id=${idOf(r.headers.location)}`)).json;
	ok(next.id !== flow.id && next.return_to === '/x', 'with the same return_to');
	is(messageIds(next), [4010001], 'that says why');
	r = await b.postJson(action, { csrf_token: csrf, method: 'password' });
	is([r.status, r.json.error.id], [410, 'self_service_flow_expired'], 'scripts are told');
	ok(/^[0-9a-f-]{36}$/.test(r.json.use_flow_id) && r.json.expired_at && r.json.since,
		'which flow to use instead');
	r = await request(svc, 'POST', actionOf(api.json), { 'content-type': 'application/json' }, '{}');
	is([r.status, r.json.error.id], [410, 'self_service_flow_expired'], 'API clients too');
	is((await request(svc, 'GET', `/self-service/login/flows?id=${r.json.use_flow_id}`)).json.type,
		'api', 'and their new flow is one');
}

async function expire(id) {
	const { execFileSync } = await import('node:child_process');
	execFileSync('psql', ['-qX', process.env.IDENTITY_OWNER_URL, '-c',
		`UPDATE flows SET expires_at = now() - interval '3 minutes' WHERE id = '${id}'`]);
}

// Below a name of url.domains the four hosts share the session, and end it.
async function aliases() {
	const svc = await startService(['url.domains alias.example:8080']);
	const b = new Browser(svc);
	const host = { host: 'app.alias.example:8080', accept: 'application/json' };
	await b.register('alias@acme.example');
	b.jar.clear();
	let r = await b.go('GET', '/self-service/login/browser', host);
	r = await b.go('POST', `/self-service/login?flow=${r.json.id}`,
		{ ...host, 'content-type': 'application/json' }, JSON.stringify({ method: 'password',
			identifier: 'alias@acme.example', password: PASSWORD, csrf_token: csrfOf(r.json) }));
	is(r.status, 200, 'signed in on a host of url.domains');
	ok(/; Domain=alias\.example(;|$)/.test(cookieLine(r, SESSION)), 'its cookie is for all four');
	r = await b.go('GET', '/self-service/logout/browser', host);
	r = await b.go('GET', `/self-service/logout?token=${r.json.logout_token}`, host);
	const line = cookieLine(r, SESSION);
	ok(r.status === 204 && /; Domain=alias\.example(;|$)/.test(line) && /Max-Age=0/.test(line),
		'and goes with the same Domain');
}

main(async () => {
	const svc = await startService(['identity.return_to https://*.trainings.example/learn']);
	await signUp(svc);
	await refresh(await signIn(svc));
	await logout(svc);
	await forged(svc);
	await returnTo(svc);
	await hostile(svc);
	await crossOrigin(svc);
	await expired(svc);
	await aliases();
});
