// The official client of the API we speak: its login, registration, session
// and logout calls, unmodified, against the real program.
import { Configuration, FrontendApi, IdentityApi, MetadataApi } from '@ory/client';
import { PASSWORD, csrfOf, is, main, messageIds, ok, startService } from './kit/server.mjs';

const EMAIL = 'petra@acme.example';
const TRAITS = { email: EMAIL, name: { first: 'Petra', last: 'Vogel' } };

function client(svc, Api, headers = {}) {
	return new Api(new Configuration({ basePath: 'http://auth.mirai.example',
		baseOptions: { socketPath: svc.socketPath, proxy: false, maxRedirects: 0,
			validateStatus: () => true, headers } }));
}

async function nativeApp(svc) {
	const ory = client(svc, FrontendApi);
	let r = await ory.createNativeRegistrationFlow();
	is([r.status, r.data.type, r.data.state], [200, 'api', 'choose_method'], 'a sign-up begins');
	const flow = r.data.id;
	is((await ory.getRegistrationFlow({ id: flow })).data.id, flow, 'and is read');
	r = await ory.updateRegistrationFlow({ flow,
		updateRegistrationFlowBody: { method: 'password', password: PASSWORD, traits: TRAITS } });
	is([r.status, r.data.identity.traits.email, r.data.identity.traits.name.last],
		[200, EMAIL, 'Vogel'], 'signed up');
	ok(/^ory_st_[0-9A-Za-z]{32}$/.test(r.data.session_token), 'with a token');
	is(r.data.continue_with.map((c) => [c.action, c.ory_session_token]),
		[['set_ory_session_token', r.data.session_token]], 'twice');
	is(r.headers['set-cookie'], undefined, 'and no cookie');

	r = await ory.createNativeRegistrationFlow();
	r = await ory.updateRegistrationFlow({ flow: r.data.id,
		updateRegistrationFlowBody: { method: 'password', password: PASSWORD, traits: TRAITS } });
	is([r.status, messageIds(r.data)], [400, [4000007]], 'the address is taken');

	r = await ory.createNativeLoginFlow({ returnSessionTokenExchangeCode: true });
	is([r.status, r.data.session_token_exchange_code.length], [200, 64], 'an exchange code');
	const login = r.data.id;
	r = await ory.updateLoginFlow({ flow: login,
		updateLoginFlowBody: { method: 'password', identifier: EMAIL, password: 'wrong' } });
	is([r.status, messageIds(r.data)], [400, [4000006]], 'a wrong password');
	r = await ory.updateLoginFlow({ flow: login,
		updateLoginFlowBody: { method: 'password', identifier: EMAIL, password: PASSWORD } });
	is([r.status, r.data.session.identity.traits.email], [200, EMAIL], 'signed in');
	const token = r.data.session_token;

	r = await ory.toSession({ xSessionToken: token });
	is([r.status, r.data.active, r.data.identity.schema_id], [200, true, 'user'], 'whoami');
	is(r.headers['x-kratos-authenticated-identity-id'], r.data.identity.id, 'and its header');
	r = await client(svc, FrontendApi, { Authorization: `Bearer ${token}` }).toSession();
	is(r.status, 200, 'by Bearer too');

	// refresh keeps the session
	r = await ory.createNativeLoginFlow({ refresh: true, xSessionToken: token });
	is(r.data.refresh, true, 'a refresh');
	r = await ory.updateLoginFlow({ flow: r.data.id, xSessionToken: token,
		updateLoginFlowBody: { method: 'password', identifier: EMAIL, password: PASSWORD } });
	is([r.status, r.data.session_token], [200, token], 'gives the same token');

	r = await ory.listMySessions({ xSessionToken: token });
	is([r.status, r.data.length, r.data[0].active], [200, 1, true], 'the other session');
	ok(/rel="first"/.test(r.headers.link), 'paged');
	const other = r.data[0].id;
	is((await ory.disableMySession({ id: other, xSessionToken: token })).status, 204, 'is ended');
	is((await ory.disableMySession({ id: other, xSessionToken: token })).status, 404, 'once');
	await ory.createNativeLoginFlow().then((f) => ory.updateLoginFlow({ flow: f.data.id,
		updateLoginFlowBody: { method: 'password', identifier: EMAIL, password: PASSWORD } }));
	r = await ory.disableMyOtherSessions({ xSessionToken: token });
	is([r.status, r.data.count], [200, 1], 'all others are ended');

	is((await ory.performNativeLogout({ performNativeLogoutBody: { session_token: token } })).status,
		204, 'logged out');
	is((await ory.performNativeLogout({ performNativeLogoutBody: { session_token: token } })).status,
		204, 'again');
	is((await ory.performNativeLogout({ performNativeLogoutBody: { session_token: 'ory_st_x' } })).status,
		403, 'an unknown token');
	r = await ory.toSession({ xSessionToken: token });
	is([r.status, r.data.error.id], [401, 'session_inactive'], 'and it shows');
}

async function browserApp(svc) {
	const ory = client(svc, FrontendApi, { Accept: 'application/json' });
	let r = await ory.createBrowserLoginFlow({ returnTo: 'https://app.mirai.example/x' });
	is([r.status, r.data.return_to], [200, 'https://app.mirai.example/x'], 'a browser flow by script');
	const cookie = r.headers['set-cookie'].map((l) => l.split(';')[0]).join('; ');
	r = await ory.getLoginFlow({ id: r.data.id, cookie });
	is(r.status, 200, 'is read with its cookie');
	r = await ory.updateLoginFlow({ flow: r.data.id, cookie, updateLoginFlowBody: {
		method: 'password', identifier: EMAIL, password: PASSWORD, csrf_token: csrfOf(r.data) } });
	is([r.status, r.data.session_token, r.data.continue_with[0].redirect_browser_to],
		[200, undefined, 'https://app.mirai.example/x'], 'signed in');
	const mine = r.headers['set-cookie'].map((l) => l.split(';')[0]).join('; ');
	r = await ory.toSession({ cookie: mine });
	is(r.status, 200, 'whoami by cookie');
	r = await ory.createBrowserLogoutFlow({ cookie: mine });
	is(r.status, 200, 'a logout flow');
	r = await ory.updateLogoutFlow({ token: r.data.logout_token, cookie: mine });
	is(r.status, 204, 'logged out');
	is((await ory.toSession({ cookie: mine })).status, 401, 'and it shows');
	is((await ory.getFlowError({ id: 'stub:500' })).data.error.code, 500, 'the sample error');
	is((await ory.exchangeSessionToken({ initCode: 'a', returnToCode: 'b' })).status, 422,
		'an exchange code has a form');
	is((await ory.exchangeSessionToken({ initCode: 'a'.repeat(64), returnToCode: 'b'.repeat(64) })).status, 404,
		'no provider left a token');
}

async function about(svc) {
	const meta = client(svc, MetadataApi);
	is(typeof (await meta.getVersion()).data.version, 'string', 'a version');
	const schemas = client(svc, IdentityApi);
	let r = await schemas.listIdentitySchemas();
	is(r.data.map((s) => s.id), ['user'], 'the schemas');
	is((await schemas.getIdentitySchema({ id: 'user' })).data, r.data[0].schema, 'one of them');
	is((await schemas.getIdentitySchema({ id: 'dXNlcg' })).status, 200, 'by its URL\'s name');
	is((await schemas.getIdentitySchema({ id: 'other' })).status, 404, 'none of them');
}

main(async () => {
	const svc = await startService();
	await nativeApp(svc);
	await browserApp(svc);
	await about(svc);
});
