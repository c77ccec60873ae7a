// What somebody who means ill sends (spec identity.md 26.5 to 26.8): forged
// forms, addresses to return to, guessed codes, what was used before, the same
// at once, and bodies and headers of no sense.
import net from 'node:net';
import { APP, AUTH, Browser, PASSWORD, actionOf, api, csrfOf, is, loginApi, main,
	messageIds, ok, registerApi, request, sql, startService } from './kit/server.mjs';
import { quickest } from '../wait.mjs';
import { lastMail, mails, otherThan } from './kit/mails.mjs';

const PETRA = 'petra@acme.example';
const NORA = 'nora@acme.example';
const pass = (email = PETRA) => ({ method: 'password', identifier: email, password: PASSWORD });
const traits = (email) => ({ email, name: { first: 'Petra', last: 'Vogel' } });
const whoami = (svc, headers) => request(svc, 'GET', '/sessions/whoami', headers);
const csrfName = (b) => [...b.jar.keys()].find((k) => k.startsWith('csrf_token_'));

async function signedIn(svc, email = PETRA) {
	const b = new Browser(svc);
	const r = await b.login(email);
	if (r.status !== 200)
		throw new Error(`login of ${email}: ${r.text}`);
	return b;
}

// --- forged forms ----------------------------------------------------------------

// Each gets a fresh browser and its flow, and another browser with one, and
// says what is sent: [cookies, fields, headers, status].
const FORGERIES = {
	'nothing is wrong': (own) => [own.b.jar, { csrf_token: own.csrf }, {}, 200],
	'the token by itself, unmasked': (own) => [own.b.jar, { csrf_token: own.b.jar.get(csrfName(own.b)) }, {}, 200],
	'the token in a header': (own) => [own.b.jar, {}, { 'x-csrf-token': own.csrf }, 200],
	'a wrong header beside the right field': (own) => [own.b.jar, { csrf_token: own.csrf }, { 'x-csrf-token': 'x' }, 200],
	'a wrong field beside the right header': (own) => [own.b.jar, { csrf_token: 'x' }, { 'x-csrf-token': own.csrf }, 403],
	'no token': (own) => [own.b.jar, {}, {}, 403],
	'an empty token': (own) => [own.b.jar, { csrf_token: '' }, {}, 403],
	'no cookie': (own) => [new Map(), { csrf_token: own.csrf }, {}, 403],
	'the cookie of another browser': (own, other) => [other.b.jar, { csrf_token: own.csrf }, {}, 403],
	'the token of another browser': (own, other) => [own.b.jar, { csrf_token: other.csrf }, {}, 403],
	'cookie and token of another browser': (own, other) => [other.b.jar, { csrf_token: other.csrf }, {}, 403],
	'a cookie and its token of one\'s own making': (own) => [new Map([[csrfName(own.b), 'A'.repeat(43) + '=']]),
		{ csrf_token: 'A'.repeat(43) + '=' }, {}, 403],
	'a cookie that is none': (own) => [new Map([[csrfName(own.b), 'x']]), { csrf_token: own.csrf }, {}, 403],
	'a cookie of another name': (own) => [new Map([['csrf_token', own.b.jar.get(csrfName(own.b))]]), { csrf_token: own.csrf }, {}, 403],
	'a token cut short': (own) => [own.b.jar, { csrf_token: own.csrf.slice(0, -4) }, {}, 403],
	'a token of another type': (own) => [own.b.jar, { csrf_token: { $ne: '' } }, {}, 403],
	'a token of a megabyte': (own) => [own.b.jar, { csrf_token: 'A'.repeat(1000000) }, {}, 403],
};

async function forgeries(svc) {
	for (const [what, make] of Object.entries(FORGERIES)) {
		const [own, other] = await Promise.all([1, 2].map(async () => {
			const b = new Browser(svc);
			return { b, ...await b.start('login') };
		}));
		const [jar, fields, headers, status] = make(own, other);
		const r = await request(svc, 'POST', own.action, { accept: 'application/json',
			'content-type': 'application/json', cookie: [...jar].map(([k, v]) => `${k}=${v}`).join('; '), ...headers },
		JSON.stringify({ ...pass(), ...fields }));
		is([r.status, r.json.error?.id, r.cookies.some((c) => c.startsWith('ory_kratos_session='))],
			[status, status === 403 ? 'security_csrf_violation' : undefined, status === 200], `a form: ${what}`);
	}
	// a recovery begins anew instead, and mails nothing
	const b = new Browser(svc);
	const f = await b.start('recovery');
	const before = mails(PETRA).length;
	const r = await b.postJson(f.action, { method: 'code', email: PETRA });
	is([messageIds(r.json), r.json.id === f.flow.id, mails(PETRA).length], [[4900003], false, before],
		'a forged recovery is a fresh one');
}

// A token of before the sign-in is good for nothing after it, and the other way.
async function rotation(svc) {
	const b = new Browser(svc);
	const f = await b.start('login');
	const old = b.jar.get(csrfName(b));
	await b.postJson(f.action, { csrf_token: f.csrf, ...pass() });
	const inside = b.jar.get(csrfName(b));
	ok(old !== inside, 'a sign-in changes the CSRF cookie');
	const s = await b.start('settings');
	let r = await b.postJson(s.action, { csrf_token: f.csrf, method: 'profile', traits: traits(PETRA) });
	is([r.status, r.json.error?.id], [403, 'security_csrf_violation'], 'the token of before is not good inside');
	b.jar.set(csrfName(b), old);
	r = await b.postJson(s.action, { csrf_token: f.csrf, method: 'profile', traits: traits(PETRA) });
	is([r.status, r.json.error?.id], [403, 'security_csrf_violation'], 'nor with the cookie of before');
	b.jar.set(csrfName(b), inside);
	r = await b.getJson('/self-service/logout/browser');
	await b.getJson(`/self-service/logout?token=${r.json.logout_token}`);
	ok(![old, inside].includes(b.jar.get(csrfName(b))), 'a logout changes it again');
	r = await b.postJson(s.action, { csrf_token: s.csrf, method: 'profile', traits: traits(PETRA) });
	ok([401, 403].includes(r.status), 'the token of inside is good for nothing outside');
}

async function apiSubmits(svc) {
	const { json } = await api(svc, 'GET', '/self-service/login/api');
	const rows = [[{ origin: 'https://evil.example' }, 400], [{ origin: 'null' }, 400], [{ origin: APP }, 400],
		[{ cookie: 'a=b' }, 400], [{ cookie: '__cf_bm=x; a=b' }, 400], [{ cookie: 'x__cf=1' }, 400],
		[{ cookie: '__cf_bm=x; _cfuvid=y; cf_clearance=z' }, 200]];
	for (const [headers, status] of rows) {
		const r = await api(svc, 'POST', actionOf(json), pass(), headers);
		is([r.status, typeof r.json.session_token], [status, status === 200 ? 'string' : 'undefined'],
			`an app's submit with ${JSON.stringify(headers)}`);
	}
	// a form of another site cannot pose as JSON
	const r = await request(svc, 'POST', actionOf(json), { 'content-type': 'text/plain' }, JSON.stringify(pass()));
	is(r.status, 400, 'a submit as text/plain');
	const b = await signedIn(svc);
	is((await b.getJson(`/self-service/login/flows?id=${json.id}`)).status, 200, 'an app\'s flow has no owner');
	is(b.take(await api(svc, 'POST', actionOf(json), pass(), { cookie: b.cookie() })).status, 400,
		'but no browser submits it');
}

// --- where to return to ------------------------------------------------------------

const FORBIDDEN = 'self_service_flow_return_to_forbidden';
const GOOD = [`${APP}/x?y=1#z`, '/x', 'x', '?a=b', `${AUTH}/self-service/settings`, 'https://partner.example/in/x',
	'https://a.wild.example/', 'https://a.b.wild.example/x', `HTTPS://APP.MIRAI.EXAMPLE/x`, `${APP}/#${'f'.repeat(1024)}`];
const BAD = {
	'another site': ['https://evil.example/', 'http://169.254.169.254/', `${AUTH}/admin`],
	'prefix trick': [`${APP}.evil.example/`, 'https://app.mirai.exampleevil.example/', 'https://partner.example/inner',
		'https://partner.example/', 'https://partner.example/in/../x', 'https://partner.example/in/%2e%2e/x',
		'https://partner.example/in/..%2fx'],
	'scheme trick': [APP.replace('https', 'http'), 'javascript:alert(1)', 'JavaScript://app.mirai.example/%0aalert(1)',
		'data:text/html,x', 'ftp://app.mirai.example/', 'https:app.mirai.example', 'https:///app.mirai.example'],
	'wildcard trick': ['https://wild.example/', 'https://evilwild.example/', 'https://a.wild.example.evil.example/',
		'https://*.wild.example/', 'https://.wild.example/'],
	'scheme-relative': ['//evil.example/', '///evil.example/', '////evil.example', '/\\evil.example', '\\\\evil.example'],
	'user-info': ['https://app.mirai.example@evil.example/', 'https://u:p@app.mirai.example/', 'https://app.mirai.example:443@evil.example/'],
	'port': [`${APP}:8443/`, `${APP}:0/`, `${APP}:/`, `${APP}:4431/`],
	'control characters': [`${APP}/\r\nSet-Cookie: a=b`, `${APP}/\t`, `${APP}/\0`, `${APP}/%0d%0aX: y`, ` ${APP}`, `${APP}/\x7f`],
	'a fragment without end': [`${APP}/#${'f'.repeat(1025)}`],
	'an address without end': [`${APP}/${'x'.repeat(5000)}`],
	'letters that look alike': ['https://\u0430pp.mirai.example/', `${APP}\u3002evil.example/`],
};

async function returns(svc) {
	const b = new Browser(svc);
	const start = (value, accept) => b.go('GET', `/self-service/login/browser?return_to=${encodeURIComponent(value)}`, { accept });
	for (const value of GOOD)
		is([(await start(value, 'application/json')).status, (await start(value, 'text/html')).status], [200, 303],
			`return_to: allowed: ${value.slice(0, 60)}`);
	for (const [trick, values] of Object.entries(BAD)) {
		const answers = await Promise.all(values.map((v) => start(v, 'application/json')));
		// bytes that no address has are refused by the web server before
		is(answers.map((r) => [r.status, r.json?.error.id ?? FORBIDDEN]), values.map(() => [400, FORBIDDEN]),
			`return_to: ${trick}`);
		const pages = await Promise.all(values.map((v) => start(v, 'text/html')));
		ok(pages.every((r) => (r.status === 400 || (r.status === 303 &&
			r.headers.location.startsWith(`${APP}/auth/error?id=`))) && r.cookies.length === 0), `return_to: ${trick}: pages too`);
		ok(answers.every((r) => r.json) || trick === 'control characters', `return_to: ${trick}: by the service`);
	}
	// the last of several counts, or the first: but what is checked is what is used
	const twice = await b.getJson(`/self-service/login/browser?return_to=/a&return_to=https://evil.example`);
	if (twice.status === 200) {
		const r = await b.postJson(actionOf(twice.json), { csrf_token: csrfOf(twice.json), ...pass() });
		is(r.json.continue_with[0].redirect_browser_to, `${APP}/a`, 'return_to twice');
	}
	// nor does a body move it
	const c = new Browser(svc);
	const g = await c.start('login', '?return_to=/there');
	const r = await c.postJson(`${g.action}&return_to=https://evil.example`, { csrf_token: g.csrf, ...pass(),
		return_to: 'https://evil.example' });
	is(r.json.continue_with?.[0].redirect_browser_to, `${APP}/there`, 'return_to of a submit is not looked at');
}

// Allowed at the beginning, but not when it is used: the list has shrunk.
async function returnsLater(svc, narrow) {
	const to = `?return_to=${encodeURIComponent('https://partner.example/in')}`;
	const later = async (b, action, fields) => {
		b.svc = narrow;
		const r = await b.postJson(action, fields);
		is([r.status, r.json.error?.id], [400, 'self_service_flow_return_to_forbidden'], `used later: ${action.split('?')[0]}`);
	};
	for (const [kind, fields] of [['login', pass()], ['registration', { method: 'password', password: PASSWORD,
		traits: traits('later@acme.example') }], ['recovery', { method: 'code', email: PETRA }],
	['verification', { method: 'code', email: PETRA }]]) {
		const b = new Browser(svc);
		const f = await b.start(kind, to);
		await later(b, f.action, { csrf_token: f.csrf, ...fields });
	}
	is(sql(`SELECT count(*) FROM identities WHERE traits ->> 'email' = 'later@acme.example'`), '0', 'nobody was made');
	const b = await signedIn(svc);
	const f = await b.start('settings', to);
	await later(b, f.action, { csrf_token: f.csrf, method: 'profile', traits: traits(PETRA) });
	b.svc = svc;
	const { json } = await b.getJson(`/self-service/logout/browser${to}`);
	b.svc = narrow;
	const r = await b.getJson(json.logout_url.slice(AUTH.length));
	is([r.status, r.json.error?.id], [400, 'self_service_flow_return_to_forbidden'], 'used later: a logout');
	is((await b.getJson('/sessions/whoami')).status, 200, 'which did not happen');
}

// --- guessed codes -------------------------------------------------------------------

// How each kind asks for a code, of an app: { send, try, code, won }.
const KINDS = {
	login: { fields: { method: 'code', identifier: NORA }, key: 'LoginCode', won: (r) => typeof r.json.session_token === 'string' },
	recovery: { fields: { method: 'code', email: NORA }, key: 'RecoveryCode', bare: true,
		won: (r) => r.status === 422 },
	verification: { fields: { method: 'code', email: NORA }, key: 'VerificationCode', bare: true,
		won: (r) => r.json.state === 'passed_challenge' },
};

async function asked(svc, kind) {
	const { fields, key, bare } = KINDS[kind];
	const { json } = await api(svc, 'GET', `/self-service/${kind}/api`);
	const post = (more) => api(svc, 'POST', actionOf(json), more);
	await post(fields);
	return { flow: json, code: lastMail(NORA)[key],
		guess: (code) => post({ ...(bare ? { method: 'code' } : fields), code }) };
}

async function bruteForce(svc) {
	for (const [kind, { won }] of Object.entries(KINDS)) {
		let a = await asked(svc, kind);
		for (let i = 0; i < 5; i++)
			ok(!won(await a.guess(otherThan(a.code))), `${kind}: wrong code ${i + 1} of 5`);
		const dead = await a.guess(a.code);
		ok(!won(dead), `${kind}: the sixth is dead, though right`);
		ok(!won(await a.guess(a.code)), `${kind}: and stays so`);

		a = await asked(svc, kind);
		const many = await Promise.all(Array.from({ length: 24 }, (_, i) =>
			a.guess(String((Number(a.code) + 1 + i) % 1000000).padStart(6, '0'))));
		ok(many.every((r) => r.status < 500 && !won(r)), `${kind}: two dozen at once`);
		ok(!won(await a.guess(a.code)), `${kind}: leave nothing to guess`);

		a = await asked(svc, kind);
		const all = await Promise.all(Array.from({ length: 5 }, () => a.guess(a.code)));
		is([all.filter(won).length, all.some((r) => r.status >= 500)], [1, false], `${kind}: of five right ones at once, one wins`);
		ok(!won(await a.guess(a.code)), `${kind}: and none afterwards`);

		const [one, two] = [await asked(svc, kind), await asked(svc, kind)];
		if (one.code !== two.code)
			ok(!won(await one.guess(two.code)), `${kind}: the code of another flow`);
		for (const odd of ['', '00000', '0000000', 'abcdef', `${two.code} OR 1=1`, '\u0661'.repeat(6), `-${two.code}`, `${two.code}\n0`])
			ok(!won(await two.guess(odd)), `${kind}: no code: ${JSON.stringify(odd)}`);
	}
}

// --- used before, and at once -----------------------------------------------------------

async function replays(svc) {
	const token = (await loginApi(svc, PETRA)).json.session_token;
	await api(svc, 'DELETE', '/self-service/logout/api', { session_token: token });
	for (const headers of [{ 'x-session-token': token }, { authorization: `Bearer ${token}` }])
		is((await whoami(svc, headers)).status, 401, 'a session token after its logout');
	is((await api(svc, 'DELETE', '/self-service/logout/api', { session_token: token })).status, 204, 'is logged out again, to no effect');

	const b = await signedIn(svc);
	const other = await signedIn(svc);
	const cookie = b.jar.get('ory_kratos_session');
	const { logout_token: mine } = (await b.getJson('/self-service/logout/browser')).json;
	const { logout_token: theirs } = (await other.getJson('/self-service/logout/browser')).json;
	is((await b.getJson(`/self-service/logout?token=${theirs}`)).status, 403, 'a logout with a foreign token');
	is((await b.getJson(`/self-service/logout?token=${mine.slice(0, -1)}x`)).status, 403, 'with one that is none');
	is((await b.getJson('/self-service/logout')).status, 400, 'with none');
	is([(await b.getJson('/sessions/whoami')).status, (await other.getJson('/sessions/whoami')).status], [200, 200], 'ends nothing');
	is((await b.getJson(`/self-service/logout?token=${mine}`)).status, 204, 'the right one');
	is((await b.getJson(`/self-service/logout?token=${mine}`)).status, 401, 'is good once');
	is((await whoami(svc, { cookie: `ory_kratos_session=${cookie}` })).status, 401, 'the cookie is dead, too');
	is((await request(svc, 'GET', `/self-service/logout?token=${mine}`, { accept: 'application/json',
		cookie: other.cookie() })).status, 403, 'and the token ends nobody else');

	const c = new Browser(svc);
	const f = await c.start('recovery');
	await c.postJson(f.action, { csrf_token: f.csrf, method: 'code', email: NORA });
	const code = lastMail(NORA).RecoveryCode;
	const again = new Map(c.jar);
	is((await c.postJson(f.action, { csrf_token: f.csrf, method: 'code', code })).status, 422, 'a recovery code');
	c.jar = again;
	const r = await c.postJson(f.action, { csrf_token: f.csrf, method: 'code', code });
	is([messageIds(r.json), c.jar.has('ory_kratos_session')], [[4060001], false], 'is good once');
}

async function links() {
	const svc = await startService(['identity.methods.link yes', 'identity.recovery.method link',
		'identity.verification.method link'], 4);
	for (const [kind, key, won] of [['recovery', 'RecoveryURL', (b) => b.jar.has('ory_kratos_session')],
		['verification', 'VerificationURL', async (b, r) => r.json?.state === 'passed_challenge']]) {
		const a = new Browser(svc);
		const f = await a.start(kind);
		await a.postJson(f.action, { csrf_token: f.csrf, method: 'link', email: NORA });
		const target = lastMail(NORA)[key].slice(AUTH.length);
		const use = async () => {
			const b = new Browser(svc);
			const { json } = await b.getJson(target);
			const value = json.ui.nodes.find((n) => n.attributes.name === 'token')?.attributes.value ?? 'none';
			return won(b, await b.postJson(actionOf(json), { csrf_token: csrfOf(json), method: 'link', token: value }));
		};
		const all = await Promise.all([1, 2, 3].map(use));
		is(all.filter((x) => x).length, 1, `a ${kind} link opened three times at once is good once`);
		is(await use(), false, 'and never again');
	}
}

async function atOnce(svc) {
	const init = (await api(svc, 'GET', '/self-service/registration/api')).json;
	const body = { method: 'password', password: PASSWORD, traits: traits('race@acme.example') };
	let all = await Promise.all(Array.from({ length: 6 }, () => api(svc, 'POST', actionOf(init), body)));
	is([all.filter((r) => r.status === 200).length, all.some((r) => r.status >= 500)], [1, false],
		'one registration submitted six times at once makes one person');
	is(sql(`SELECT count(*) FROM identities WHERE traits ->> 'email' = 'race@acme.example'`), '1', 'indeed');
	is(sql(`SELECT count(*) FROM sessions s JOIN identities i ON i.id = s.identity_id
		WHERE i.traits ->> 'email' = 'race@acme.example'`), '1', 'with one session');

	const b = new Browser(svc);
	const f = await b.start('login');
	all = await Promise.all(Array.from({ length: 6 }, () => request(svc, 'POST', f.action,
		{ accept: 'application/json', 'content-type': 'application/json', cookie: b.cookie() },
		JSON.stringify({ csrf_token: f.csrf, ...pass() }))));
	ok(all.every((r) => r.status === 200 || r.status === 400), 'one login submitted six times at once');
	for (const r of all.filter((x) => x.status === 200))
		is((await whoami(svc, { cookie: r.cookies.find((c) => c.startsWith('ory_kratos_session=')).split(';')[0] }))
			.json.identity?.traits.email, PETRA, 'gives sessions of that person only');

	const p = await signedIn(svc, 'race@acme.example');
	const s = await p.start('settings');
	all = await Promise.all(Array.from({ length: 5 }, (_, i) => request(svc, 'POST', s.action,
		{ accept: 'application/json', 'content-type': 'application/json', cookie: p.cookie() },
		JSON.stringify({ csrf_token: s.csrf, method: 'password', password: `Lampenschirm-Nord-${i}` }))));
	ok(all.every((r) => r.status < 500), 'five new passwords at once');
	const good = [];
	for (let i = 0; i < 5; i++)
		if ((await loginApi(svc, 'race@acme.example', `Lampenschirm-Nord-${i}`)).status === 200)
			good.push(i);
	is(good.length, 1, 'leave one that is right');
}

// 26.5: two browsers of one person.
async function twoBrowsers(svc) {
	const [a, b] = [await signedIn(svc, NORA), await signedIn(svc, NORA)];
	const f = await a.start('settings');
	const r = await a.post(f.action, { csrf_token: f.csrf, method: 'password', password: 'Lampenschirm-Nord-4' });
	is([r.status, (await a.getJson('/sessions/whoami')).status, (await b.getJson('/sessions/whoami')).status],
		[303, 200, 401], 'a new password in one browser ends the other');
}

// --- headers and bodies of no sense ---------------------------------------------------------

const ACCEPTS = ['', '*', '*/*', '*/*;q=0', 'text/html;q=0', 'application/json;q=0', 'application/json;q=0, */*;q=0.1',
	'application/json;q=9999999999', 'application/json;q=-1', 'application/json;q=1e9', 'application/json;q=NaN',
	'application/json;q=0.0001', 'application//json', '/', ';', ',', ',,,,', 'application/json;', 'application/json;q',
	'application/json;q=', 'application/json;=1', 'application/json;;;;q=1', 'text/html,'.repeat(700),
	`application/json;${'a=b;'.repeat(1500)}q=1`, '"application/json"', 'application/json;a="\\";q=1"', '%s%n%x',
	'application/json\t', 'image/*', 'APPLICATION/JSON;Q=0.5,TEXT/HTML;Q=0.4', '../../etc/passwd', '<script>', '\u00ff\u00fe'];

const CONTENT_TYPES = ['', 'text/plain', 'application/jsonx', 'application/json/x', 'application/', '/json', 'json',
	'application/json;charset=utf-7', 'multipart/form-data', 'multipart/form-data; boundary=', 'multipart/form-data; boundary="',
	`multipart/form-data; boundary=${'x'.repeat(4000)}`, 'multipart/form-data; boundary=a; boundary=b', 'multipart/mixed; boundary=a',
	'application/x-www-form-urlencoded; charset=utf-16', 'application/octet-stream', 'text/xml', 'application/xml',
	'application/x-www-form-urlencoded, application/json', '\u00ff', '%s%n', 'application/json\tx', '*/*'];

async function headers(svc) {
	const pagesOf = [];
	for (const accept of ACCEPTS) {
		const value = Buffer.from(accept).toString('latin1').replace(/[^\t\x20-\x7e\x80-\xff]/g, '');
		const b = new Browser(svc);
		const r = await b.go('GET', '/self-service/login/browser', { accept: value });
		const who = await b.go('GET', '/sessions/whoami', { accept: value });
		pagesOf.push([200, 303].includes(r.status) && (r.status === 303 || r.json?.ui !== undefined) &&
			who.status === 401 && who.json?.error.id === 'session_inactive' ? null : [accept, r.status, who.status]);
	}
	is(pagesOf.filter((x) => x), [], `${ACCEPTS.length} kinds of Accept: a form or its page, and data stays JSON`);

	const odd = [];
	for (const type of CONTENT_TYPES) {
		const b = new Browser(svc);
		const f = await b.start('login');
		for (const body of ['', JSON.stringify({ csrf_token: f.csrf, ...pass() }),
			new URLSearchParams({ csrf_token: f.csrf, ...pass() }).toString(), '--a\r\n\r\n--a--']) {
			const r = await b.go('POST', f.action, { accept: 'application/json',
				'content-type': Buffer.from(type).toString('latin1') }, body);
			const isRead = /^application\/(json|x-www-form-urlencoded); ?charset=/.test(type);
			if (!(r.status === 400 || r.status === 403 || (isRead && r.status === 200)))
				odd.push([type, body.slice(0, 20), r.status]);
			if (r.status === 200)
				b.jar.delete('ory_kratos_session');
		}
	}
	is(odd, [], `${CONTENT_TYPES.length} kinds of Content-Type are refused, or read as what they say`);
}

const nested = (n) => `${'{"a":'.repeat(n)}1${'}'.repeat(n)}`;
const part = (disposition, body) => `--b\r\nContent-Disposition: form-data; ${disposition}\r\n\r\n${body}\r\n`;
const MULTI = 'multipart/form-data; boundary=b';
const JSON_TYPE = 'application/json';
const FORM = 'application/x-www-form-urlencoded';

const BODIES = [
	['1 MiB of nodes', JSON_TYPE, `{"a":[${'{},'.repeat(340000)}{}]}`, 400],
	['1 MiB of lists', JSON_TYPE, `{"a":${'['.repeat(500000)}${']'.repeat(500000)}}`, 400],
	['1 MiB of open lists', JSON_TYPE, `{"a":${'['.repeat(1000000)}`, 400],
	['1 MiB of keys', JSON_TYPE, `{${Array.from({ length: 90000 }, (_, i) => `"k${i}":1`).join()}}`, 400],
	['1 MiB of one text', JSON_TYPE, JSON.stringify({ method: 'password', identifier: 'x'.repeat(1000000), password: 'x' }), 400],
	['1 MiB of numbers', JSON_TYPE, `{"a":${'9'.repeat(1000000)}}`, 400],
	['more than 1 MiB', JSON_TYPE, JSON.stringify({ a: 'x'.repeat(1 << 20) }), 413],
	['257 members', JSON_TYPE, JSON.stringify(Object.fromEntries(Array.from({ length: 257 }, (_, i) => [`f${i}`, 1]))), 400],
	['257 fields', FORM, Array.from({ length: 257 }, (_, i) => `f${i}=1`).join('&'), 400],
	['1 MiB of ampersands', FORM, '&'.repeat(1 << 20), 400],
	['100000 fields of one name', FORM, 'a=1&'.repeat(100000), 400],
	['257 parts', MULTI, `${part('name=a', '1').repeat(257)}--b--`, 400],
	['33 levels', JSON_TYPE, nested(33), 400],
	['33 levels of a form', FORM, `${'a.'.repeat(32)}a=1`, 400],
	['100000 dots', FORM, `${'a.'.repeat(100000)}a=1`, 400],
	['names that contradict', FORM, 'traits=1&traits.email=x', 400],
	['bytes that are no UTF-8', JSON_TYPE, Buffer.from('{"method":"password","identifier":"\xff\xfe"}', 'latin1'), 400],
	['a surrogate by itself', JSON_TYPE, '{"method":"password","identifier":"\\ud800"}', 400],
	['UTF-8 longer than need be', JSON_TYPE, Buffer.from('{"a":"\xc0\xaf"}', 'latin1'), 400],
	['UTF-16', JSON_TYPE, Buffer.from('{"a":1}', 'utf16le'), 400],
	['a byte order mark', JSON_TYPE, '\ufeff{"a":1}', 400],
	['bytes of a form that are none', FORM, 'identifier=%ff%fe&password=x&method=password', 400],
	['NUL in JSON', JSON_TYPE, '{"method":"password","identifier":"a\\u0000b","password":"x"}', 400],
	['NUL in a key', JSON_TYPE, '{"method\\u0000x":"password"}', 400],
	['NUL in a form', FORM, 'method=password%00&identifier=x', 400],
	['NUL itself', FORM, Buffer.from('method=pass\0word', 'latin1'), 400],
	['a file', MULTI, `${part('name="method"', 'password')}${part('name="identifier"; filename="x"', 'y')}--b--`, 400],
	['a file without a name', MULTI, `${part('name="a"; filename=""', 'y')}--b--`, 400],
	['a part without end', MULTI, '--b\r\nContent-Disposition: form-data; name=a\r\n\r\n', 400],
	['nothing', JSON_TYPE, '', 400],
	['a list', JSON_TYPE, '[]', 400],
	['a text', JSON_TYPE, '"x"', 400],
	['null', JSON_TYPE, 'null', 400],
	['two objects', JSON_TYPE, '{}{}', 400],
	['JSON of scripts', JSON_TYPE, "{method:'password'}", 400],
	['a prototype', JSON_TYPE, '{"__proto__":{"method":"password"},"constructor":1}', 400],
	['other types', JSON_TYPE, '{"method":["password"],"identifier":{"$gt":""},"password":{"$gt":""}}', 400],
	['percent without digits', FORM, 'method=%zz', 400],
];

async function bodies(svc) {
	const init = (await api(svc, 'GET', '/self-service/login/api')).json;
	for (const [what, type, body, status] of BODIES) {
		const { answer: r, ms } = await quickest(() => request(svc, 'POST', actionOf(init),
			{ accept: 'application/json', 'content-type': type }, body), 5000);
		ok(r.status === status && r.json !== undefined, `a body of ${what}: ${r.status}`);
		ok(ms < 5000, `a body of ${what}: is refused in ${ms} ms`);
	}
	// a field twice: one of both, never a mixture that no check saw
	for (const [type, body] of [[FORM, `method=password&identifier=x&identifier=${PETRA}&password=${PASSWORD}`],
		[JSON_TYPE, `{"method":"password","identifier":"x","identifier":"${PETRA}","password":"${PASSWORD}"}`]]) {
		const r = await request(svc, 'POST', actionOf(init), { accept: 'application/json', 'content-type': type }, body);
		ok([200, 400].includes(r.status), `a field twice: ${r.status}`);
		is(r.json.session?.identity.traits.email ?? PETRA, PETRA, 'is one of both');
	}
	is((await api(svc, 'GET', '/health/ready')).status, 200, 'still there');
}

// Through a socket, since no client says what is not so.
function raw(svc, text, half = false, patience = 1000) {
	return new Promise((done) => {
		const socket = net.connect(svc.socketPath, () => half ? socket.end(text) : socket.write(text));
		let got = '';
		socket.setTimeout(patience, () => socket.destroy());
		socket.on('data', (d) => { got += d; if (!half && /\r\n\r\n/.test(got)) socket.destroy(); });
		socket.on('close', () => done(got));
		socket.on('error', () => {});
	});
}

async function lengths(svc) {
	const init = (await api(svc, 'GET', '/self-service/login/api')).json;
	const body = JSON.stringify(pass());
	const head = (more) => `POST ${actionOf(init)} HTTP/1.1\r\nHost: auth.mirai.example\r\nAccept: application/json\r\n` +
		`Content-Type: application/json\r\nConnection: close\r\n${more}\r\n\r\n`;
	const rows = {
		'too short': [head(`Content-Length: ${body.length - 5}`) + body],
		'too long, and the client goes': [head(`Content-Length: ${body.length + 50}`) + body, true],
		'negative': [head('Content-Length: -1') + body],
		'not a number': [head('Content-Length: x') + body],
		'two': [head(`Content-Length: ${body.length}\r\nContent-Length: 5`) + body],
		'and chunks': [head(`Content-Length: 5\r\nTransfer-Encoding: chunked`) + `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`],
		'beyond all': [head('Content-Length: 99999999999999999999') + body],
	};
	for (const [what, [text, half]] of Object.entries(rows)) {
		const got = await raw(svc, text, half);
		ok(!got.includes('session_token') && !/^HTTP\/1.1 [25]/.test(got) || (what === 'and chunks' && /^HTTP\/1.1 200/.test(got)),
			`a Content-Length ${what}: ${got.split('\r\n')[0] || 'no answer'}`);
	}
	const good = await raw(svc, head(`Content-Length: ${body.length}`) + body, false, 60000);
	ok(/^HTTP\/1.1 200/.test(good), 'one that is right');
}

// --- methods -----------------------------------------------------------------------------

async function methods(svc) {
	const b = await signedIn(svc);
	const kinds = ['login', 'registration', 'recovery', 'verification', 'settings'];
	const gets = [...kinds.flatMap((k) => [`/self-service/${k}/browser`, `/self-service/${k}/api`, `/self-service/${k}/flows?id=x`]),
		'/self-service/recovery?flow=x', '/self-service/verification?flow=x', '/self-service/settings?flow=x',
		'/self-service/logout/browser', '/self-service/logout?token=x', '/self-service/errors?id=stub:500',
		'/self-service/account/export', '/self-service/methods/oidc/callback/x', '/.well-known/change-password',
		'/.well-known/ory/webauthn.js', '/sessions', '/sessions/whoami', '/sessions/token-exchange',
		'/health/alive', '/health/ready', '/version', '/schemas', '/schemas/user', '/nothing'];
	const differ = [];
	for (const target of gets) {
		for (const accept of ['application/json', 'text/html']) {
			const [get, head] = [await b.go('GET', target, { accept }), await b.go('HEAD', target, { accept })];
			const where = (r) => r.headers.location?.replace(/[0-9a-f-]{36}/, 'ID');
			if (head.text !== '' || head.status !== get.status || where(head) !== where(get) ||
				head.headers['content-type'] !== get.headers['content-type'])
				differ.push([target, accept, get.status, head.status]);
		}
	}
	is(differ, [], `N-6: HEAD is GET without a body at ${gets.length} addresses`);

	const allow = { '/sessions/x': 'DELETE', '/sessions': 'GET, HEAD, DELETE', '/self-service/logout/api': 'DELETE, POST' };
	for (const kind of kinds) {
		allow[`/self-service/${kind}/browser`] = 'GET, HEAD';
		allow[`/self-service/${kind}`] = ['login', 'registration'].includes(kind) ? 'POST' : 'GET, HEAD, POST';
	}
	for (const [target, want] of Object.entries(allow)) {
		for (const method of ['PUT', 'PATCH', 'TRACE', 'PROPFIND']) {
			const r = await b.go(method, target, { accept: 'text/html' });
			is([r.status, r.headers.allow, r.json?.error.code], [405, want, 405], `N-7: ${method} ${target}`);
		}
	}
}

main(async () => {
	const LINES = ['identity.methods.code.passwordless yes'];
	const svc = await startService([...LINES, 'identity.return_to https://partner.example/in https://*.wild.example']);
	const narrow = await startService(LINES, 2);
	await registerApi(svc, PETRA);
	await registerApi(svc, NORA);
	await forgeries(svc);
	await rotation(svc);
	await apiSubmits(svc);
	await returns(svc);
	await returnsLater(svc, narrow);
	await bruteForce(svc);
	await replays(svc);
	await links();
	await atOnce(svc);
	await twoBrowsers(svc);
	await headers(svc);
	await bodies(svc);
	await lengths(svc);
	await methods(svc);
	is(sql(`SELECT count(*) FROM flows f WHERE strpos(f::text, '${PASSWORD}') > 0`), '0', 'and no form has kept a password');
});
