// Sign-in with providers: a real one with PKCE required, and strict stand-ins
// for GitHub and Apple. In pages without script, in JSON, and for apps.
import { Configuration, FrontendApi } from '@ory/client';
import { APP, AUTH, Browser, PASSWORD, actionOf, api, csrfOf, is, main, messageIds, node, ok,
	registerApi, request, startService } from './kit/server.mjs';
import { CLIENT, SECRET, signInAt, startApple, startGithub, startReal,
	writeProviders } from './kit/provider.mjs';
import { psql } from '../psql.mjs';

const callback = (id) => `${AUTH}/self-service/methods/oidc/callback/${id}`;
const pathOf = (url) => url.slice(AUTH.length);

const sql = (text) => psql(process.env.IDENTITY_OWNER_URL, text);

const accounts = {
	ann: { email: 'Ann@acme.example', email_verified: true, given_name: 'Ann', family_name: 'Acme' },
	petra: { email: 'petra@acme.example', email_verified: true, given_name: 'P', family_name: 'V' },
	mallory: { email: 'petra@acme.example', email_verified: false, given_name: 'M', family_name: 'M' },
	noname: { email: 'noname@acme.example', email_verified: true },
	nomail: { given_name: 'No', family_name: 'Mail' },
	app: { email: 'app@acme.example', email_verified: true, given_name: 'App', family_name: 'User' },
	second: { email: 'second@acme.example', email_verified: true },
};

const traits = ({ email, name }) => [email, name.first, name.last];
const idIn = (location, name = 'flow') => new URL(location).searchParams.get(name);

// To the provider and back as a page without script does it.
async function byPage(b, kind, provider, login, options = {}) {
	const { flow, csrf, action } = await b.start(kind, options.query ?? '');
	const away = await b.post(action, { csrf_token: csrf, provider });
	return { flow, away, back: away.status === 303 && away.headers.location.startsWith('http://127.')
		? await b.get(pathOf(await signInAt(away.headers.location, login, options))) : null };
}

async function theForm(svc) {
	const b = new Browser(svc);
	const { flow, csrf, action } = await b.start('login');
	is(flow.ui.nodes.filter((n) => n.group === 'oidc').map((n) => [n.type, n.attributes.type,
		n.attributes.name, n.attributes.value, n.meta.label.id, n.meta.label.text]), [
		['input', 'submit', 'provider', 'panva', 1010002, 'Sign in with Panva & Co'],
		['input', 'submit', 'provider', 'ec', 1010002, 'Sign in with ec'],
		['input', 'submit', 'provider', 'github', 1010002, 'Sign in with GitHub'],
		['input', 'submit', 'provider', 'apple', 1010002, 'Sign in with Apple']],
	'a button for each provider');
	is(flow.ui.nodes[1].group, 'oidc', 'providers stand first');
	let r = await b.post(action, { csrf_token: csrf, provider: 'panva' });
	is(r.status, 303, 'a page is sent to the provider');
	const url = new URL(r.headers.location);
	const q = Object.fromEntries(url.searchParams);
	is([q.response_type, q.client_id, q.redirect_uri, q.scope, q.code_challenge_method],
		['code', CLIENT, callback('panva'), 'openid email profile', 'S256'], 'with what it must know');
	ok(/^[A-Za-z0-9_-]{43}$/.test(q.code_challenge) && q.state.length === 43 && q.nonce.length === 43,
		'state, nonce and challenge are random');
	r = await b.postJson(action, { csrf_token: csrf, provider: 'panva' });
	is([r.status, r.json.error.id], [422, 'browser_location_change_required'], 'a script is told');
	const again = new URL(r.json.redirect_browser_to).searchParams;
	ok(again.get('state') !== q.state && again.get('nonce') !== q.nonce &&
		again.get('code_challenge') !== q.code_challenge, 'each time other ones');
	ok(sql('SELECT count(*) FROM oidc_states') === '2' &&
		!sql('SELECT string_agg(ticket, \' \') FROM oidc_states').includes(q.nonce),
	'what must come back is sealed');
	r = await b.postJson(action, { csrf_token: csrf, provider: 'nobody' });
	is([r.status, messageIds(r.json)], [400, [4000001]], 'an unknown provider');
	r = await b.post(action, { provider: 'panva' });
	ok(r.headers.location.startsWith(`${APP}/auth/error`), 'without the CSRF token nobody is sent');
}

async function signUp(svc) {
	const b = new Browser(svc);
	let { back: r } = await byPage(b, 'login', 'panva', 'ann', { query: '?return_to=/course/7' });
	is([r.status, r.headers.location], [303, `${APP}/course/7`],
		'a sign-in of somebody new signs up and goes on');
	r = await b.getJson('/sessions/whoami');
	is([r.status, traits(r.json.identity.traits)], [200, ['ann@acme.example', 'Ann', 'Acme']], 'with the traits that were mapped');
	is(r.json.authentication_methods.map((m) => [m.method, m.provider, m.aal]),
		[['oidc', 'panva', 'aal1']], 'the session says by whom');
	is(r.json.identity.verifiable_addresses.map((v) => v.verified), [true], 'the address is verified');
	is(sql(`SELECT n.identifier FROM credential_identifiers n WHERE n.type = 'oidc'`),
		'panva:ann', 'the identifier');
	const id = r.json.identity.id;

	const other = new Browser(svc);
	({ back: r } = await byPage(other, 'login', 'panva', 'ann'));
	is([r.status, r.headers.location], [303, `${APP}/dashboard`], 'and the next time signs in');
	is((await other.getJson('/sessions/whoami')).json.identity.id, id, 'the same person');
	const third = new Browser(svc);
	({ back: r } = await byPage(third, 'registration', 'panva', 'ann'));
	is(r.headers.location, `${APP}/dashboard`, 'a sign-up of somebody known signs in');
	is((await third.getJson('/sessions/whoami')).json.identity.id, id, 'the same person again');
	return b;
}

async function es256(svc) {
	const b = new Browser(svc);
	const { back: r } = await byPage(b, 'registration', 'ec', 'second');
	is(r.status, 303, 'a provider that signs by ES256');
	const flow = (await b.getJson(`/self-service/registration/flows?id=${idIn(r.headers.location)}`)).json;
	is(messageIds(flow), [4000002, 4000002], 'its token was believed: only names are missing');
	is(node(flow, 'traits.email').attributes.value, 'second@acme.example', 'the address is filled in');
}

async function missing(svc) {
	const b = new Browser(svc);
	let { back: r } = await byPage(b, 'login', 'panva', 'noname');
	ok(r.headers.location.startsWith(`${APP}/auth/registration?flow=`), 'missing traits: a form asks');
	const url = `/self-service/registration/flows?id=${idIn(r.headers.location)}`;
	const flow = (await b.getJson(url)).json;
	ok(!flow.request_url.includes('state='), 'no code or state is shown');
	is(node(flow, 'traits.email').attributes.value, 'noname@acme.example', 'with what is known');
	r = await b.post(actionOf(flow), { csrf_token: csrfOf(flow), provider: 'panva',
		'traits.email': 'noname@acme.example', 'traits.name.first': 'Nora' });
	is(messageIds((await b.getJson(url)).json), [4000002], 'still one missing');
	is(r.status, 303, 'the form comes again');
	r = await b.post(actionOf(flow), { csrf_token: csrfOf(flow), provider: 'panva',
		'traits.email': 'noname@acme.example', 'traits.name.first': 'Nora', 'traits.name.last': 'Name' });
	is([r.status, r.headers.location], [303, `${APP}/dashboard`], 'then it is enough');
	r = await b.getJson('/sessions/whoami');
	is([r.json.identity.traits.name.first, r.json.identity.verifiable_addresses[0].verified],
		['Nora', true], 'signed up, the address still verified');

	const c = new Browser(svc);
	({ back: r } = await byPage(c, 'registration', 'panva', 'nomail'));
	const f = (await c.getJson(`/self-service/registration/flows?id=${idIn(r.headers.location)}`)).json;
	r = await c.postJson(actionOf(f), { csrf_token: csrfOf(f), provider: 'panva',
		traits: { email: 'typed@acme.example' } });
	is([r.status, r.json.identity?.verifiable_addresses.map((v) => v.verified)], [200, [false]],
		'an address that was typed is not verified');
}

async function linking(svc) {
	await registerApi(svc, 'petra@acme.example');
	const b = new Browser(svc);
	let { back: r } = await byPage(b, 'login', 'panva', 'mallory');
	let id = idIn(r.headers.location);
	let flow = (await b.getJson(`/self-service/login/flows?id=${id}`)).json;
	is(messageIds(flow), [4000007], 'an address the provider did not verify: taken, and no more');
	r = await b.postJson(actionOf(flow), { csrf_token: csrfOf(flow), method: 'password',
		identifier: 'petra@acme.example', password: PASSWORD });
	is([r.status, sql(`SELECT count(*) FROM credential_identifiers WHERE identifier = 'panva:mallory'`)],
		[200, '0'], 'signing in there links nothing');

	const c = new Browser(svc);
	({ back: r } = await byPage(c, 'registration', 'panva', 'petra'));
	ok(r.headers.location.startsWith(`${APP}/auth/login?flow=`),
		'a verified address of somebody else: they are asked to sign in');
	id = idIn(r.headers.location);
	flow = (await c.getJson(`/self-service/login/flows?id=${id}`)).json;
	is(messageIds(flow).sort(), [1010016, 4000028], 'with the two messages');
	ok(flow.ui.messages[1].text.includes('password'), 'and how');
	is(node(flow, 'identifier').attributes.value, 'petra@acme.example', 'the address is filled in');
	is((await c.getJson('/sessions/whoami')).status, 401, 'nobody is signed in yet');
	is(sql(`SELECT count(*) FROM credential_identifiers WHERE identifier = 'panva:petra'`), '0',
		'nothing is linked yet');
	r = await c.postJson(actionOf(flow), { csrf_token: csrfOf(flow), method: 'password',
		identifier: 'petra@acme.example', password: 'Wrong-Password-9' });
	is([r.status, messageIds(r.json)], [400, [4000006]], 'a wrong password links nothing');
	is(sql(`SELECT count(*) FROM credential_identifiers WHERE identifier = 'panva:petra'`), '0', 'indeed');
	r = await c.postJson(actionOf(flow), { csrf_token: csrfOf(r.json), method: 'password',
		identifier: 'petra@acme.example', password: PASSWORD });
	is(r.status, 200, 'the right one signs in');
	is(sql(`SELECT count(*) FROM credential_identifiers WHERE identifier = 'panva:petra'`), '1',
		'and links');
	const d = new Browser(svc);
	({ back: r } = await byPage(d, 'login', 'panva', 'petra'));
	is((await d.getJson('/sessions/whoami')).json.identity.traits.name.first, 'Petra',
		'from then on the provider is enough');
}

async function wrongPerson(svc) {
	await registerApi(svc, 'second@acme.example');
	const b = new Browser(svc);
	const { back } = await byPage(b, 'login', 'panva', 'second');
	const flow = (await b.getJson(`/self-service/login/flows?id=${idIn(back.headers.location)}`)).json;
	const r = await b.postJson(actionOf(flow), { csrf_token: csrfOf(flow), method: 'password',
		identifier: 'petra@acme.example', password: PASSWORD });
	is([r.status, sql(`SELECT count(*) FROM credential_identifiers WHERE identifier = 'panva:second'`)],
		[200, '0'], 'signing in as somebody else does not link either');
}

async function returns(svc) {
	const b = new Browser(svc);
	let { flow, back: r } = await byPage(b, 'login', 'panva', 'ann', { deny: true });
	is(idIn(r.headers.location), flow.id, 'a cancelled sign-in goes back to its form');
	flow = (await b.getJson(`/self-service/login/flows?id=${flow.id}`)).json;
	is(messageIds(flow), [4900010], 'with a message');

	let away = await b.post(actionOf(flow), { csrf_token: csrfOf(flow), provider: 'panva' });
	const url = pathOf(await signInAt(away.headers.location, 'ann'));
	r = await b.get(url.replace('/panva?', '/github?'));
	flow = (await b.getJson(`/self-service/login/flows?id=${flow.id}`)).json;
	is(messageIds(flow), [4900011], 'an answer at another provider\'s address is refused');
	r = await b.get(url);
	is(idIn(r.headers.location), flow.id, 'and its state is used up');
	is(messageIds((await b.getJson(`/self-service/login/flows?id=${flow.id}`)).json), [4900011],
		'which is said');

	away = await b.post(actionOf(flow), { csrf_token: csrfOf(flow), provider: 'panva' });
	const good = pathOf(await signInAt(away.headers.location, 'ann'));
	r = await new Browser(svc).getJson(good);
	is([r.status, r.json.error.id], [403, 'security_csrf_violation'], 'another browser is refused');
	const mixed = good.replace(/iss=[^&]+/, `iss=${encodeURIComponent('https://evil.example')}`);
	ok(mixed !== good, 'the provider names itself (RFC 9207)');
	await b.get(mixed);
	is(messageIds((await b.getJson(`/self-service/login/flows?id=${flow.id}`)).json), [4900011],
		'an answer that names another issuer is refused');

	away = await b.post(actionOf(flow), { csrf_token: csrfOf(flow), provider: 'panva' });
	await b.get(pathOf(await signInAt(away.headers.location, 'ann')).replace(/code=[^&]+/, 'code=x'));
	is(messageIds((await b.getJson(`/self-service/login/flows?id=${flow.id}`)).json), [4900012],
		'a code the provider does not know');
	r = await b.getJson('/self-service/methods/oidc/callback/panva?code=x&state=unknown');
	is(r.status, 400, 'an unknown state');
	r = await b.getJson('/self-service/methods/oidc/callback/panva');
	is(r.status, 400, 'no state');

	away = await b.post(actionOf(flow), { csrf_token: csrfOf(flow), provider: 'panva' });
	const late = pathOf(await signInAt(away.headers.location, 'ann'));
	sql(`UPDATE flows SET expires_at = now() - interval '1 minute' WHERE id = '${flow.id}'`);
	r = await b.get(late);
	const fresh = idIn(r.headers.location);
	ok(fresh !== flow.id, 'an expired form gives a new one');
	is(messageIds((await b.getJson(`/self-service/login/flows?id=${fresh}`)).json), [4010001], 'and says so');
	is((await b.getJson('/sessions/whoami')).status, 401, 'none of these signed in');
}

// Two browsers' answers for one state: one wins.
async function race(svc) {
	const b = new Browser(svc);
	const { flow, csrf, action } = await b.start('login');
	const away = await b.post(action, { csrf_token: csrf, provider: 'panva' });
	const url = pathOf(await signInAt(away.headers.location, 'ann'));
	const cookie = b.cookie();
	const all = await Promise.all([1, 2, 3, 4].map(() =>
		request(svc, 'GET', url, { cookie, accept: 'text/html' })));
	is(all.filter((r) => r.headers.location === `${APP}/dashboard`).length, 1,
		'of four answers at once one signs in');
	ok(all.every((r) => r.status === 303) && flow.id, 'the others see the form');
}

async function settings(svc, b) {
	let r = await b.start('settings');
	const oidc = (flow) => flow.ui.nodes.filter((n) => n.group === 'oidc')
		.map((n) => [n.attributes.name, n.attributes.value, n.meta.label.id]);
	is(oidc(r.flow), [['link', 'ec', 1050002], ['link', 'github', 1050002], ['link', 'apple', 1050002]],
		'links are offered; the last way in cannot be unlinked');
	let out = await b.postJson(r.action, { csrf_token: r.csrf, unlink: 'panva' });
	is([out.status, messageIds(out.json)], [400, [4900014]], 'not even by hand');
	out = await b.post(r.action, { csrf_token: r.csrf, link: 'ec' });
	out = await b.get(pathOf(await signInAt(out.headers.location, 'ann')));
	ok(out.headers.location.startsWith(`${APP}/auth/settings?flow=`) ||
		out.headers.location.startsWith(`${APP}/settings`), `linked: ${out.headers.location}`);
	let flow = (await b.getJson(`/self-service/settings/flows?id=${r.flow.id}`)).json;
	is([messageIds(flow), oidc(flow)], [[1050001], [['unlink', 'panva', 1050003],
		['unlink', 'ec', 1050003], ['link', 'github', 1050002], ['link', 'apple', 1050002]]],
	'now both can be unlinked');
	out = await b.postJson(r.action, { csrf_token: r.csrf, unlink: 'panva' });
	is([out.status, oidc(out.json)[0]], [200, ['link', 'panva', 1050002]], 'unlinked');
	is(sql(`SELECT count(*) FROM credential_identifiers WHERE identifier = 'panva:ann'`), '0', 'gone');
	is(sql(`SELECT string_agg(template, ' ' ORDER BY created_at) FROM mails
		WHERE template LIKE 'authenticator%' AND identity_id = '${r.flow.identity.id}'`),
	'authenticator_key_added authenticator_key_removed', 'the owner is told of both by mail');
	is(sql(`SELECT string_agg(action, ' ' ORDER BY id) FROM audit WHERE action LIKE 'oidc.%'
		AND identity_id = '${r.flow.identity.id}'`), 'oidc.link oidc.unlink', 'and the trail has them');
	out = await b.postJson(r.action, { csrf_token: r.csrf, unlink: 'ec' });
	is([out.status, messageIds(out.json)], [400, [4900014]], 'the last one stays');
	out = await b.postJson(r.action, { csrf_token: r.csrf, unlink: 'github' });
	is(out.status, 400, 'what is not linked cannot be unlinked');
	out = await b.postJson(r.action, { csrf_token: r.csrf, link: 'panva' });
	is(out.status, 422, 'a script is sent to the provider');
	out = await b.get(pathOf(await signInAt(out.json.redirect_browser_to, 'petra')));
	flow = (await b.getJson(`/self-service/settings/flows?id=${r.flow.id}`)).json;
	is(messageIds(flow), [4000027], 'somebody else\'s link is not taken over');

	const url = (await b.postJson(r.action, { csrf_token: r.csrf, link: 'panva' })).json
		.redirect_browser_to;
	const thief = new Browser(svc);
	for (const [k, v] of b.jar) if (k.startsWith('csrf')) thief.jar.set(k, v);
	out = await thief.getJson(pathOf(await signInAt(url, 'mallory')));
	is([out.status, out.json.error.id], [403, 'security_identity_mismatch'], 'only the owner links');
	sql(`UPDATE sessions SET authenticated_at = now() - interval '1 day'`);
	out = await b.postJson(r.action, { csrf_token: r.csrf, link: 'panva' });
	is([out.status, out.json.error.id], [403, 'session_refresh_required'], 'an old session must prove itself');
	const back = await byPage(b, 'login', 'ec', 'ann', { query: '?refresh=true' });
	ok(back.away.headers.location.includes('prompt=login'), 'the provider is told to ask again');
	is(back.back.headers.location, `${APP}/dashboard`, 'which the provider can do');
	out = await b.postJson(r.action, { csrf_token: csrfOf((await b.getJson(
		`/self-service/settings/flows?id=${r.flow.id}`)).json), link: 'panva' });
	is(out.status, 422, 'then it goes on');
	const wrong = await byPage(b, 'login', 'ec', 'petra', { query: '?refresh=true' });
	is(idIn(wrong.back.headers.location), wrong.flow.id, 'a refresh by somebody else is refused');
}

async function apps(svc) {
	const start = (kind, query) => api(svc, 'GET', `/self-service/${kind}/api${query}`);
	const wants = `?return_session_token_exchange_code=true&return_to=${encodeURIComponent(`${APP}/app?x=1`)}`;
	let flow = (await start('login', '')).json;
	let r = await api(svc, 'POST', actionOf(flow), { method: 'oidc', provider: 'panva' });
	is(r.status, 400, 'an app that asked for no code cannot use a browser');
	flow = (await start('login', wants)).json;
	const init = flow.session_token_exchange_code;
	r = await api(svc, 'POST', actionOf(flow), { method: 'oidc', provider: 'panva' });
	is([r.status, r.json.error.id], [422, 'browser_location_change_required'], 'it is told where to go');
	const exchange = (a, b) => api(svc, 'GET', `/sessions/token-exchange?init_code=${a}&return_to_code=${b}`);
	is((await exchange(init, 'x'.repeat(64))).status, 404, 'no session yet');
	const b = new Browser(svc);
	r = await b.get(pathOf(await signInAt(r.json.redirect_browser_to, 'app')));
	const code = idIn(r.headers.location, 'code');
	is([r.status, r.headers.location], [303, `${APP}/app?x=1&code=${code}`], 'the browser goes back to the app');
	is(r.cookies.filter((l) => l.startsWith('ory_kratos_session')), [], 'it is not signed in itself');
	ok(!sql('SELECT coalesce(string_agg(token, \' \'), \'\') FROM session_exchanges').includes('ory_st_'),
		'the token is sealed at rest');
	is((await exchange(init, 'x'.repeat(64))).status, 404, 'a wrong code');
	is((await exchange('x'.repeat(64), code)).status, 404, 'another wrong code');
	is((await exchange(init, 'x')).status, 422, 'no code at all');
	is((await exchange(init, '')).status, 400, 'a missing one');
	const both = await Promise.all([exchange(init, code), exchange(init, code), exchange(init, code)]);
	is(both.map((x) => x.status).sort(), [200, 410, 410], 'fetched once, however often');
	const { session_token, session } = both.find((x) => x.status === 200).json;
	is(session.identity.traits.email, 'app@acme.example', 'the session of who signed in');
	r = await request(svc, 'GET', '/sessions/whoami', { 'x-session-token': session_token });
	is([r.status, r.json.authentication_methods[0].provider], [200, 'panva'], 'its token works');
	is((await exchange(init, code)).status, 410, 'gone');

	const token = { 'x-session-token': session_token };
	flow = (await api(svc, 'GET', `/self-service/settings/api${wants}`, undefined, token)).json;
	r = await api(svc, 'POST', actionOf(flow), { link: 'ec' }, token);
	is(r.status, 400, 'an app cannot link: nobody is signed in in the browser');

	flow = (await start('login', wants)).json;
	r = await api(svc, 'POST', actionOf(flow), { method: 'oidc', provider: 'panva' });
	r = await b.get(pathOf(await signInAt(r.json.redirect_browser_to, 'app', { deny: true })));
	is(r.headers.location, `${APP}/app?x=1&flow=${flow.id}`, 'a cancelled one too, with its flow');
	r = await api(svc, 'GET', `/self-service/login/flows?id=${flow.id}`);
	is(messageIds(r.json), [4900010], 'where it is said');
}

// The same by the official client, unmodified.
async function officialClient(svc) {
	const ory = new FrontendApi(new Configuration({ basePath: 'http://auth.mirai.example',
		baseOptions: { socketPath: svc.socketPath, proxy: false, maxRedirects: 0,
			validateStatus: () => true } }));
	let r = await ory.createNativeLoginFlow({ returnSessionTokenExchangeCode: true,
		returnTo: `${APP}/app` });
	const initCode = r.data.session_token_exchange_code;
	r = await ory.updateLoginFlow({ flow: r.data.id,
		updateLoginFlowBody: { method: 'oidc', provider: 'panva' } });
	is([r.status, r.data.error.id], [422, 'browser_location_change_required'], 'the official client');
	r = await new Browser(svc).get(pathOf(await signInAt(r.data.redirect_browser_to, 'app')));
	r = await ory.exchangeSessionToken({ initCode, returnToCode: idIn(r.headers.location, 'code') });
	is([r.status, r.data.session.identity.traits.email], [200, 'app@acme.example'], 'fetches its session');
	r = await ory.toSession({ xSessionToken: r.data.session_token });
	is([r.status, r.data.authentication_methods[0].provider], [200, 'panva'], 'and uses it');
}

async function github(svc, gh) {
	gh.user = { id: 583231, login: 'octo', name: 'Mona Lisa Octocat' };
	gh.emails = [{ email: 'old@gh.example', primary: false, verified: true },
		{ email: 'Mona@gh.example', primary: true, verified: true }];
	const b = new Browser(svc);
	let { csrf, action } = await b.start('login');
	let r = await b.post(action, { csrf_token: csrf, provider: 'github' });
	let { sent, url } = gh.back(r.headers.location);
	is([sent.scope, sent.nonce, sent.code_challenge_method], ['read:user user:email', undefined, 'S256'],
		'GitHub gets no nonce but PKCE');
	r = await b.get(pathOf(url));
	is(r.headers.location, `${APP}/dashboard`, 'GitHub signs up');
	r = await b.getJson('/sessions/whoami');
	is([traits(r.json.identity.traits), r.json.identity.verifiable_addresses[0].verified],
		[['mona@gh.example', 'Mona Lisa', 'Octocat'], true],
		'with the main address and the name cut in two');
	is(sql(`SELECT identifier FROM credential_identifiers WHERE identifier LIKE 'github:%'`),
		'github:583231', 'known by number');

	gh.user = { id: 7, login: 'mallory', name: 'M M' };
	gh.emails = [{ email: 'petra@acme.example', primary: true, verified: false }];
	const c = new Browser(svc);
	({ csrf, action } = await c.start('login'));
	r = await c.post(action, { csrf_token: csrf, provider: 'github' });
	({ url } = gh.back(r.headers.location));
	r = await c.get(pathOf(url));
	ok(r.headers.location.startsWith(`${APP}/auth/registration?flow=`),
		'an address that GitHub did not verify is not even looked at');
	gh.user = { message: 'nothing' };
	({ csrf, action } = await c.start('login'));
	r = await c.post(action, { csrf_token: csrf, provider: 'github' });
	({ sent, url } = gh.back(r.headers.location));
	r = await c.get(pathOf(url));
	is(messageIds((await c.getJson(`/self-service/login/flows?id=${idIn(r.headers.location)}`)).json),
		[4900011], 'nobody in particular is not signed in');
	is(gh.refused, [], 'GitHub found nothing to object to');
}

async function apple(svc, ap) {
	const b = new Browser(svc);
	const { csrf, action } = await b.start('login');
	let r = await b.post(action, { csrf_token: csrf, provider: 'apple' });
	const { sent, fields } = ap.post(r.headers.location, {
		user: JSON.stringify({ name: { firstName: 'Anna', lastName: 'Appel' }, email: 'evil@x.example' }) });
	is([sent.response_mode, sent.scope], ['form_post', 'openid email name'], 'Apple answers by POST');
	const form = new URLSearchParams(fields).toString();
	const type = { 'content-type': 'application/x-www-form-urlencoded', accept: 'text/html' };
	// From another site: without cookies.
	r = await request(svc, 'POST', pathOf(callback('apple')), type, form);
	is(r.status, 303, 'its POST is sent on');
	is(r.headers.location, `${callback('apple')}?state=${sent.state}`, 'without code and name in the address');
	const evil = new URLSearchParams({ ...fields, code: 'evil' }).toString();
	is((await request(svc, 'POST', pathOf(callback('apple')), type, evil)).status, 303, 'a second POST');
	r = await b.get(pathOf(r.headers.location));
	is(r.headers.location, `${APP}/dashboard`, 'changes nothing: signed up');
	r = await b.getJson('/sessions/whoami');
	is([traits(r.json.identity.traits), r.json.identity.verifiable_addresses[0].verified],
		[['anna@apple.example', 'Anna', 'Appel'], true],
		'with the name from the POST and the address from the token');
	is(ap.refused, [], 'Apple accepted the secret we signed');
	r = await request(svc, 'POST', pathOf(callback('panva')), type, form);
	is(r.status, 303, 'a POST for another provider is no answer');
	ok(r.headers.location.startsWith(`${APP}/auth/error`), 'but an error');
}

main(async () => {
	const dir = `${process.env.TEST_DIR}/oidc`;
	const panva = await startReal(accounts, callback('panva'));
	const ec = await startReal(accounts, callback('ec'), { id_token_signed_response_alg: 'ES256',
		token_endpoint_auth_method: 'client_secret_post' });
	const gh = await startGithub();
	const ap = await startApple(dir);
	const svc = await startService(writeProviders(dir, {
		panva: ['label Panva & Co', '# a comment', ...panva.lines],
		ec: ['preset generic', ...ec.lines, 'token_auth post', 'verified /email_verified'],
		github: gh.lines,
		apple: ap.lines,
	}), 6);
	ok(SECRET.includes(':'), 'the secret needs encoding');
	await theForm(svc);
	const ann = await signUp(svc);
	await es256(svc);
	await missing(svc);
	await linking(svc);
	await wrongPerson(svc);
	await returns(svc);
	await race(svc);
	await apps(svc);
	await officialClient(svc);
	await github(svc, gh);
	await apple(svc, ap);
	await settings(svc, ann);
});
