// The official client changes settings, as an app and in a browser, and finds
// every answer in the form it knows.
import { Configuration, FrontendApi } from '@ory/client';
import { PASSWORD, csrfOf, is, main, messageIds, node, ok, startService } from './kit/server.mjs';
import { sql } from './kit/mails.mjs';

const NEW = 'Fresh-Meadow-42!';

function client(svc, headers = {}) {
	return new FrontendApi(new Configuration({ basePath: 'http://auth.mirai.example',
		baseOptions: { socketPath: svc.socketPath, proxy: false, maxRedirects: 0,
			validateStatus: () => true, headers } }));
}

function traits(email, first = 'Petra') {
	return { email, name: { first, last: 'Vogel' } };
}

function old() {
	sql('UPDATE sessions SET authenticated_at = now() - interval \'1 hour\'');
}

async function signUp(ory, email) {
	const flow = await ory.createNativeRegistrationFlow();
	const r = await ory.updateRegistrationFlow({ flow: flow.data.id,
		updateRegistrationFlowBody: { method: 'password', password: PASSWORD, traits: traits(email) } });
	return r.data.session_token;
}

async function signIn(ory, email, password) {
	const flow = await ory.createNativeLoginFlow();
	return ory.updateLoginFlow({ flow: flow.data.id, updateLoginFlowBody: {
		method: 'password', identifier: email, password } });
}

async function app(svc) {
	const ory = client(svc);
	const email = 'app@acme.example';
	const xSessionToken = await signUp(ory, email);
	is((await ory.createNativeSettingsFlow()).status, 401, 'settings need a session');
	let r = await ory.createNativeSettingsFlow({ xSessionToken });
	is([r.status, r.data.type, r.data.state], [200, 'api', 'show_form'], 'they begin');
	const flow = r.data.id;
	r = await ory.getSettingsFlow({ id: flow, xSessionToken });
	is([r.status, r.data.identity.traits.email], [200, email], 'are read');
	is((await ory.getSettingsFlow({ id: flow })).status, 401, 'by nobody else');
	is((await ory.getSettingsFlow({ id: flow, xSessionToken: await signUp(ory, 'second@acme.example') }))
		.data.error.id, 'security_identity_mismatch', 'nor by another person');
	const set = (updateSettingsFlowBody) => ory.updateSettingsFlow({ flow, xSessionToken, updateSettingsFlowBody });

	r = await set({ method: 'profile', traits: traits(email, 'Paula') });
	is([r.status, r.data.state, messageIds(r.data), r.data.identity.traits.name.first],
		[200, 'success', [1050001], 'Paula'], 'a profile is changed');
	r = await set({ method: 'profile', traits: {} });
	is([r.status, r.data.state, messageIds(r.data).length], [400, 'show_form', 3], 'an empty one is not');
	r = await set({ method: 'profile', traits: traits('moved@acme.example') });
	is([r.data.continue_with.map((c) => [c.action, c.flow.verifiable_address])],
		[[['show_verification_ui', 'moved@acme.example']]], 'a new address is to be verified');
	r = await ory.getVerificationFlow({ id: r.data.continue_with[0].flow.id });
	is([r.status, r.data.state], [200, 'sent_email'], 'by a flow of its own');

	r = await set({ method: 'password', password: PASSWORD });
	is([r.status, messageIds(r.data)], [400, [4000039]], 'the same password is refused');
	const other = (await signIn(ory, 'moved@acme.example', PASSWORD)).data.session_token;
	r = await set({ method: 'password', password: NEW });
	is([r.status, r.data.state], [200, 'success'], 'a new one is set');
	is([(await ory.toSession({ xSessionToken: other })).status,
		(await ory.toSession({ xSessionToken })).status], [401, 200], 'other apps are signed out');
	is((await signIn(ory, 'moved@acme.example', NEW)).status, 200, 'and sign in with it');

	old();
	r = await set({ method: 'password', password: PASSWORD });
	is([r.status, r.data.error.id], [403, 'session_refresh_required'], 'not long after the sign-in');
	r = await ory.createNativeLoginFlow({ refresh: true, xSessionToken });
	r = await ory.updateLoginFlow({ flow: r.data.id, xSessionToken, updateLoginFlowBody: {
		method: 'password', identifier: 'moved@acme.example', password: NEW } });
	is([r.status, r.data.session_token], [200, xSessionToken], 'signing in anew');
	is((await set({ method: 'password', password: PASSWORD })).status, 200, 'helps');
	is((await ory.performNativeLogout({ performNativeLogoutBody: { session_token: xSessionToken } })).status,
		204, 'logged out');
	is((await set({ method: 'profile', traits: traits('x@acme.example') })).status, 401, 'nothing is changed');
}

function cookies(r, before = '') {
	const jar = new Map(before.split('; ').filter(Boolean).map((c) => c.split(/=(.*)/s)));
	for (const line of r.headers['set-cookie'] ?? [])
		jar.set(...line.split(';')[0].split(/=(.*)/s));
	return [...jar].filter(([k]) => k).map(([k, v]) => `${k}=${v}`).join('; ');
}

async function browser(svc) {
	const ory = client(svc, { Accept: 'application/json' });
	const email = 'browser@acme.example';
	await signUp(ory, email);
	let r = await ory.createBrowserSettingsFlow();
	is([r.status, r.data.error.id], [401, 'session_inactive'], 'a script without session');
	r = await ory.createBrowserLoginFlow();
	let cookie = cookies(r);
	r = await ory.updateLoginFlow({ flow: r.data.id, cookie, updateLoginFlowBody: { method: 'password',
		identifier: email, password: PASSWORD, csrf_token: csrfOf(r.data) } });
	cookie = cookies(r, cookie);
	r = await ory.createBrowserSettingsFlow({ cookie, returnTo: 'https://app.mirai.example/x' });
	is([r.status, r.data.return_to], [200, 'https://app.mirai.example/x'], 'settings in a browser');
	const flow = r.data.id;
	ok(node(r.data, 'csrf_token') !== undefined, 'with a token');
	r = await ory.getSettingsFlow({ id: flow, cookie });
	const csrf_token = csrfOf(r.data);
	r = await ory.updateSettingsFlow({ flow, cookie, updateSettingsFlowBody: {
		method: 'profile', traits: traits(email, 'Paula') } });
	is([r.status, r.data.error.id], [403, 'security_csrf_violation'], 'which must come back');
	r = await ory.updateSettingsFlow({ flow, cookie, updateSettingsFlowBody: {
		method: 'profile', csrf_token, traits: traits(email, 'Paula') } });
	is([r.status, r.data.state, r.data.continue_with],
		[200, 'success', [{ action: 'redirect_browser_to', redirect_browser_to: 'https://app.mirai.example/x' }]],
		'a change, and where to go');
	old();
	r = await ory.updateSettingsFlow({ flow, cookie, updateSettingsFlowBody: {
		method: 'password', csrf_token, password: NEW } });
	is([r.status, r.data.error.id], [403, 'session_refresh_required'], 'an old sign-in');
	const to = new URL(r.data.redirect_browser_to);
	is([to.pathname, to.searchParams.get('refresh')], ['/self-service/login/browser', 'true'], 'and the way');
	r = await ory.listMySessions({ cookie });
	is([r.status, r.data.length], [200, 1], 'the app\'s session is listed');
	is((await ory.disableMyOtherSessions({ cookie })).data.count, 1, 'and ended');
	r = await ory.createBrowserLogoutFlow({ cookie });
	is((await ory.updateLogoutFlow({ token: r.data.logout_token, cookie })).status, 204, 'logged out');
	is((await ory.getSettingsFlow({ id: flow, cookie })).status, 401, 'the form is closed');
}

main(async () => {
	const svc = await startService();
	await app(svc);
	await browser(svc);
});
