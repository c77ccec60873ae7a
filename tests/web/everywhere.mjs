// Signed in once, known on all four hosts; signed out once, unknown on all of
// them, by every program and at once. curl keeps the cookies, by the rules of
// browsers for their domains.
import path from 'node:path';
import { PASSWORD, get, is, main, ok, startSite } from './kit/site.mjs';

const WHO = 'owner@acme.example';
const jar = () => path.join(process.env.TEST_DIR, 'jar');

function asker(site) {
	const ask = (host, target, args = []) => {
		const r = get(site, `${host}.mirai.localhost`, target, { args: ['-b', jar(), '-c', jar(), ...args] });
		return { ...r, json: /^[{[]/.test(r.body) ? JSON.parse(r.body) : undefined };
	};
	const json = ['-H', 'accept: application/json'];
	const post = (value) => ['-H', 'content-type: application/json', '-d', JSON.stringify(value)];
	return { ask, json: (host, target) => ask(host, target, json),
		post: (host, target, value) => ask(host, target, [...json, ...post(value)]),
		// A call as a page of app. sends it; every process of the pool is asked.
		calls: (host) => [...new Set(Array.from({ length: 6 }, () => ask(host, '/mirai.v1.UserService/GetMe',
			[...post({}), '-H', `origin: ${site.host('app')}`]).status))] };
}

function signIn({ json, post }) {
	const { json: flow } = json('app', '/self-service/login/browser');
	const csrf = flow.ui.nodes.find((n) => n.attributes.name === 'csrf_token').attributes.value;
	return post('app', `/self-service/login?flow=${flow.id}`, { method: 'password', identifier: WHO,
		password: PASSWORD, csrf_token: csrf });
}

const who = ({ json }, host) => {
	const r = json(host, '/sessions/whoami');
	return r.status === 200 ? r.json.identity.traits.email : r.status;
};

function known(a) {
	is(signIn(a).status, 200, 'signed in on app.');
	is(['app', 'auth'].map((host) => who(a, host)), [WHO, WHO], 'known on app. and on auth.');
	is(['app', 'api'].map((host) => a.calls(host)), [[200], [200]], 'calls are answered on app. and on api.');
	is(a.ask('app', '/dashboard').status, 200, 'the pages are open');
	const r = a.ask('get', '/');
	ok(r.status === 200 && r.body.includes('Go to your dashboard'), 'get. knows it, too');
	is(a.json('auth', '/self-service/login/browser').json.error?.id, 'session_already_available', 'auth. asks for no other sign-in');
	is(a.json('auth', '/self-service/settings/browser').json.identity?.traits.email, WHO, 'and shows the settings');
}

function unknown(a, how) {
	is(['app', 'auth'].map((host) => who(a, host)), [401, 401], `${how}: unknown on app. and on auth.`);
	is(['app', 'api'].map((host) => a.calls(host)), [[401], [401]], `${how}: calls are refused at once`);
	const r = a.ask('app', '/dashboard');
	ok(r.status === 307 && /login/.test(r.headers.location), `${how}: pages ask for a sign-in`);
	ok(a.ask('get', '/').body.includes('Get Started'), `${how}: unknown on get.`);
}

await main(async () => {
	const site = await startSite();
	try {
		const a = asker(site);
		is(who(a, 'app'), 401, 'nobody yet');
		known(a);
		// on another host than the one of the sign-in
		const { json: { logout_token: token } } = a.json('auth', '/self-service/logout/browser');
		is(a.json('auth', `/self-service/logout?token=${token}`).status, 204, 'signed out on auth.');
		unknown(a, 'signed out');
		// the cookie is still there, but its session was ended from elsewhere
		known(a);
		const flow = await (await fetch(`${site.base}/self-service/login/api`)).json();
		const { session_token: other } = await (await fetch(flow.ui.action, { method: 'POST',
			headers: { 'content-type': 'application/json' },
			body: JSON.stringify({ method: 'password', identifier: WHO, password: PASSWORD }) })).json();
		const r = await fetch(`${site.base}/sessions`, { method: 'DELETE', headers: { 'x-session-token': other } });
		ok((await r.json()).count >= 1, 'all other sessions are ended');
		unknown(a, 'ended elsewhere');
	} finally {
		site.stop();
	}
});
