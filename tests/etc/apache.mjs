// The Apache sample, as it is shipped: who answers on which host, limits,
// files, a sign-in and a call, the administrators' listener.
import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { PASSWORD, call, get, is, main, ok, startSite, tokenOf } from '../web/kit/site.mjs';
import { events, subscribe, tell, until } from '../fcgi/kit/stream.mjs';
import { setCookies } from '../cookies.mjs';

const SECRET = 'secret-of-the-administrators';
const { TEST_DIR } = process.env;

function hosts(site) {
	const status = (name, target, args = []) =>
		get(site, `${name}mirai.localhost`, target, { args }).status;
	const call1 = ['-H', 'content-type: application/json', '-d', '{}'];
	const path1 = '/mirai.v1.HealthService/Check';
	is(['', 'app.', 'api.', 'auth.', 'get.'].map((h) => status(h, path1, call1)),
		[200, 200, 200, 404, 404], 'calls answer where they may');
	is(['', 'app.', 'api.', 'auth.', 'get.'].map((h) => status(h, '/self-service/login/api')),
		[200, 200, 404, 200, 404], 'sign-in too');
	is(['', 'app.', 'api.', 'auth.', 'get.'].map((h) => status(h, '/sessions/whoami')),
		[401, 401, 404, 401, 404], 'and sessions');
	is(['', 'app.', 'api.', 'auth.', 'get.'].map((h) => status(h, '/admin/identities',
		['-H', `authorization: Bearer ${SECRET}`])), [404, 404, 404, 404, 404], 'administrators nowhere');
	is(['', 'app.', 'auth.'].map((h) => status(h, '/schemas')), [200, 200, 200], 'what is known of people');
	is(status('', '/health/ready'), 200, 'health');
	is(JSON.parse(get(site, 'auth.mirai.localhost', '/health/ready').body), { status: 'ok' }, 'that of the identity service');
	ok(JSON.parse(get(site, 'auth.mirai.localhost', '/version').body).version, 'and its version');
	is(status('', '/.well-known/ory/webauthn.js'), 200, 'the script of security keys');
	const page = get(site, 'app.mirai.localhost', '/terms');
	ok(page.status === 200 && page.body.includes('<html'), 'a page');
	ok(!/apache\/\d/i.test(page.headers.server ?? ''), 'which tells no version');
	is(get(site, 'app.mirai.localhost', '/courses/a%2Fb').headers['x-frame-options'], 'DENY',
		'an encoded slash is the program\'s business');
}

function files(site) {
	let r = get(site, 'app.mirai.localhost', '/static/mirai.css?v=1');
	is([r.status, r.headers['content-type'], r.headers['cache-control'], r.headers['x-content-type-options']],
		[200, 'text/css; charset=utf-8', 'public, max-age=31536000, immutable', 'nosniff'], 'a file that never changes');
	r = get(site, 'app.mirai.localhost', '/static/mirai.css');
	is([r.headers['cache-control'], r.headers['content-security-policy']],
		['public, max-age=300', "default-src 'none'; frame-ancestors 'none'"], 'and one that may');
	is(get(site, 'app.mirai.localhost', '/favicon.ico').headers['content-type'], 'image/svg+xml', 'the icon');
	is(get(site, 'app.mirai.localhost', '/static/').status, 404, 'no list of files');
	is(get(site, 'app.mirai.localhost', '/static/../mirai.conf').status, 404, 'nothing beside them');
}

async function people(site) {
	const flow = await (await fetch(`${site.base}/self-service/login/api`)).json();
	const submit = (password) => fetch(flow.ui.action, { method: 'POST',
		headers: { 'content-type': 'application/json' },
		body: JSON.stringify({ method: 'password', identifier: 'owner@acme.example', password }) });
	is((await submit('wrong')).status, 400, 'a wrong password');
	const r = await submit(PASSWORD);
	const { session_token: token } = await r.json();
	is(r.status, 200, 'the right one signs in');
	const who = await fetch(`${site.base}/sessions/whoami`, { headers: { authorization: `Bearer ${token}` } });
	is((await who.json()).identity.traits.email, 'owner@acme.example', 'by a token in Authorization');
	const made = await call(site, 'owner@acme', 'TeamService/CreateTeam', { name: 'Apache' });
	ok(made.team?.id, 'a call writes');
	const browser = await fetch(`${site.base}/self-service/login/browser`, { redirect: 'manual' });
	is(browser.status, 303, 'a browser is led to its page');
	ok(setCookies(browser.headers).some((c) => c.startsWith('csrf_token_')), 'with its cookie');
}

async function limits(site) {
	const send = async (target, size, headers = {}) => (await fetch(site.base + target, { method: 'POST',
		headers: { 'content-type': 'application/json', authorization: `Bearer ${tokenOf('owner@acme')}`, ...headers },
		body: `{"name":"${'x'.repeat(size)}"}` }).catch(() => ({ status: 0 }))).status;
	const method = '/mirai.v1.TeamService/CreateTeam';
	is(await send(method, 18 << 20), 413, 'a message that is too large');
	ok([400, 429].includes(await send(method, 2 << 20)), 'one that is only wrong');
	ok(![0, 413].includes(await send('/local-storage/x', 18 << 20)), 'an upload may be larger');
	is(await send(method, 1, { 'x-long': 'y'.repeat(12000) }), 200, 'headers of some size');
}

async function webhook(site) {
	for (const route of ['billing/webhook', 'webhooks/stripe']) {
		const r = await fetch(`${site.base}/api/v1/${route}`, { method: 'POST', body: '{}',
			headers: { origin: site.base } });
		is([r.status, (await r.json()).code], [400, 'BILLING_WEBHOOK_INVALID'], `${route} wants a signature`);
		is(r.headers.get('access-control-allow-origin'), null, 'and has no cross-origin rules');
	}
	is((await fetch(`${site.base}/api/v1/auth/complete-checkout`, { redirect: 'manual' })).status, 303,
		'the way back from a payment');
}

async function admin(site) {
	const url = `http://127.0.0.1:${site.adminPort}`;
	is((await fetch(`${url}/admin/identities`)).status, 401, 'strangers are no administrators');
	const r = await fetch(`${url}/admin/identities`, { headers: { authorization: `Bearer ${SECRET}` } });
	ok(r.status === 200 && (await r.json()).length > 1, 'those who know the secret are');
	is((await fetch(`${url}/self-service/login/api`)).status, 404, 'and nothing else is there');
}

async function streams(site) {
	const headers = { authorization: `Bearer ${tokenOf('owner@acme')}` };
	const [calls, sse] = [subscribe(site.base, headers), events(site.base, headers)];
	ok(await until('keep-alives', () => calls.envelopes().length === 1 && sse.events().length === 2),
		'streams begin at once');
	tell('owner@acme', 'through Apache');
	ok(await until('an event', () => calls.text.includes('through Apache') && sse.titles().length === 1),
		'and tell what happens');
	calls.close();
	sse.close();
	is(get(site, 'auth.mirai.localhost', '/events').status, 404, 'not on the identity host');
}

main(async () => {
	const site = await startSite([`identity.admin.secrets ${SECRET}`], { apache: true });
	try {
		const file = path.join(TEST_DIR, 'apache.conf');
		execFileSync('/usr/sbin/apache2', ['-t', '-f', file], { stdio: 'ignore' });
		hosts(site);
		files(site);
		await people(site);
		await limits(site);
		await webhook(site);
		await admin(site);
		await streams(site);
		ok(!/\[\w*:?(error|crit|alert|emerg)\]/.test(site.log('apache').replace(/^.*(AH01276|AH01797|AH00127|AH01585).*$/gm, '')), 'the log is quiet');
	} finally {
		site.stop();
	}
});
