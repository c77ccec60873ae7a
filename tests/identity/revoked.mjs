// A session that ends is dead for the API at the next request, although the
// API remembers sessions: the two programs share the host's cache.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { isListening } from '../ports.mjs';
import { calm, totp } from './kit/totp.mjs';
import { APP, AUTH, Browser, PASSWORD, actionOf, api, is, loginApi, main, registerApi, request,
	startService, until } from './kit/server.mjs';

const EMAIL = 'petra@acme.example';

// mirai-api behind a lighttpd of its own.
async function startApi() {
	const dir = process.env.TEST_DIR;
	const conf = path.join(dir, 'api.conf');
	fs.writeFileSync(conf, [`url.auth ${AUTH}`, `url.app ${APP}`, 'log.level error',
		`cache.path ${path.join(dir, 'cache.db')}`, 'store.secret 0123456789abcdef',
		''].join('\n'));
	const program = spawn(path.join(process.env.BUILD, 'bin/mirai-api'),
		['-f', conf, '-s', path.join(dir, 'api.fcgi'), '-w', '3'],
		{ stdio: ['ignore', 'inherit', 'inherit'] });
	await until('the API', () => isListening(path.join(dir, 'api.fcgi')));
	fs.writeFileSync(path.join(dir, 'api.web.conf'), [
		'server.modules = ("mod_fastcgi")',
		`server.document-root = "${dir}"`,
		`server.bind = "${dir}/api.web"`,
		`fastcgi.server = ("/" => (("socket" => "${dir}/api.fcgi",`,
		'  "check-local" => "disable", "fix-root-scriptname" => "enable")))',
		''].join('\n'));
	const web = spawn('lighttpd', ['-D', '-f', path.join(dir, 'api.web.conf')],
		{ stdio: ['ignore', 'inherit', 'ignore'] });
	await until('its web server', () => isListening(path.join(dir, 'api.web')));
	return { svc: { socketPath: path.join(dir, 'api.web') }, children: [web, program] };
}

// 404: signed in, but no user of the product; 401: not signed in.
async function status(svc, headers) {
	const r = await request(svc, 'POST', '/mirai.v1.UserService/GetMe',
		{ 'content-type': 'application/json', ...headers }, '{}');
	return r.status;
}

// Every worker of the pool is asked often enough to have been asked.
async function statuses(svc, headers) {
	const all = await Promise.all(Array.from({ length: 12 }, () => status(svc, headers)));
	return [...new Set(all)];
}

async function linkApp(identity, token) {
	const bearer = { 'x-session-token': token };
	const { json } = await api(identity, 'GET', '/self-service/settings/api', undefined, bearer);
	const secret = json.ui.nodes.find((n) => n.attributes.id === 'totp_secret_key')
		.attributes.text.text;
	await calm();
	await api(identity, 'POST', actionOf(json), { method: 'totp', totp_code: totp(secret, -1) },
		bearer);
	return secret;
}

async function proveApp(identity, token, secret) {
	const bearer = { 'x-session-token': token };
	const { json } = await api(identity, 'GET', '/self-service/login/api?aal=aal2', undefined,
		bearer);
	await api(identity, 'POST', actionOf(json), { method: 'totp', totp_code: totp(secret) },
		bearer);
}

main(async () => {
	const identity = await startService();
	await registerApi(identity, EMAIL);
	const { svc, children } = await startApi();
	try {
		const token = (await loginApi(identity, EMAIL)).json.session_token;
		const bearer = { authorization: `Bearer ${token}` };
		is(await statuses(svc, bearer), [404], 'a token is known to the API');
		await api(identity, 'DELETE', '/self-service/logout/api', { session_token: token });
		is(await statuses(svc, bearer), [401], 'and unknown right after its logout');

		const b = new Browser(identity);
		await b.login(EMAIL, PASSWORD);
		const cookie = { cookie: b.cookie(), origin: APP };
		is(await statuses(svc, cookie), [404], 'a cookie is known');
		const other = (await loginApi(identity, EMAIL)).json.session_token;
		await request(identity, 'DELETE', '/sessions', { 'x-session-token': other });
		is(await statuses(svc, cookie), [401], 'and unknown once others ended it');

		const half = (await loginApi(identity, EMAIL)).json.session_token;
		const plain = { authorization: `Bearer ${half}` };
		is(await statuses(svc, plain), [404], 'a password is enough');
		const secret = await linkApp(identity, other);
		is(await statuses(svc, plain), [401], 'until another session sets up a second factor');
		const told = await request(svc, 'POST', '/mirai.v1.UserService/GetMe',
			{ 'content-type': 'application/json', ...plain }, '{}');
		is([told.json.code, /"AUTH_SESSION_EXPIRED"/.test(told.text)], ['unauthenticated', true],
			'for a reason of its own');
		is(await statuses(svc, { authorization: `Bearer ${other}` }), [404],
			'which that one has proven');
		await proveApp(identity, half, secret);
		is(await statuses(svc, plain), [404], 'as has this one now');
	} finally {
		for (const child of children) {
			child.kill('SIGTERM');
			await once(child, 'exit');
		}
	}
});
