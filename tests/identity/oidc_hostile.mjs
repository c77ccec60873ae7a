// Providers that lie, stall, overflow or point elsewhere, and ID tokens that
// apps bring: none of it signs anybody in, reaches a private address, or keeps
// others from their sessions.
import fs from 'node:fs';
import { spawnSync } from 'node:child_process';
import { APP, AUTH, Browser, api, actionOf, is, main, messageIds, ok, registerApi, request,
	startService, until } from './kit/server.mjs';
import { CLIENT, makeKey, makeToken, startLiar, writeProviders } from './kit/provider.mjs';
import { psql } from '../psql.mjs';
import { quickest } from '../wait.mjs';

const dir = `${process.env.TEST_DIR}/oidc`;
const sql = (text) => psql(process.env.IDENTITY_OWNER_URL, text);
const pathOf = (url) => url.slice(AUTH.length);

async function begin(svc, provider) {
	const b = new Browser(svc);
	const { flow, csrf, action } = await b.start('login');
	const r = await b.postJson(action, { csrf_token: csrf, provider });
	return { b, flow, r, url: r.json?.redirect_browser_to };
}

// The messages of the form after a whole round, or where the browser went.
async function round(svc, liar, provider) {
	const { b, flow, url } = await begin(svc, provider);
	const r = await b.get(pathOf(liar.back(url)));
	if ((await b.getJson('/sessions/whoami')).status === 200)
		return 'signed in';
	if (r.headers.location !== `${APP}/auth/login?flow=${flow.id}`)
		return r.headers.location ?? r.status;
	return messageIds((await b.getJson(`/self-service/login/flows?id=${flow.id}`)).json);
}

async function lies(svc, liar) {
	is(await round(svc, liar, 'honest'), 'signed in', 'an honest provider signs in');
	is(await round(svc, liar, 'es256'), 'signed in', 'by ES256 too');
	for (const lie of ['wrongiss', 'wrongaud', 'manyaud', 'wrongazp', 'badsig', 'none', 'hs256',
		'crit', 'expired', 'future', 'wrongnonce', 'nononce', 'nosub'])
		is(await round(svc, liar, lie), [4900011], `refused: ${lie}`);
	for (const lie of ['huge', 'nojson', 'broken', 'redirect', 'hugekeys'])
		is(await round(svc, liar, lie), [4900012], `of no use: ${lie}`);
	ok(!liar.requests.some((r) => r.startsWith('trap')), 'a redirect is not followed');
	for (const lie of ['otherissuer', 'badauth']) {
		const { r } = await begin(svc, lie);
		is([r.status, messageIds(r.json)], [400, [4900012]], `nobody is sent away: ${lie}`);
	}
}

async function unverified(svc, liar) {
	const { person } = liar;
	await registerApi(svc, 'owner@liar.example');
	liar.person = { ...liar.person, sub: 'liar-2', email: 'owner@liar.example' };
	is(await round(svc, liar, 'unverified'), [4000007], 'an address that is not verified links nothing');
	is(await round(svc, liar, 'verifiedtext'), [4000007], '"no" is not yes');
	is((await round(svc, liar, 'honest')).sort(), [1010016, 4000028], 'a verified one asks first');
	liar.person = person;
}

// Nobody learns by an address that the provider did not verify who is known.
async function secrecy(svc, liar) {
	const { person } = liar;
	const ends = [];
	for (const [sub, email] of [['liar-3', 'owner@liar.example'], ['liar-4', 'nobody@liar.example']]) {
		liar.person = { ...person, sub, email };
		const { b, url } = await begin(svc, 'unverified');
		const r = await b.get(pathOf(liar.back(url)));
		ends.push([r.status, r.headers.location?.replace(/flow=.*/, ''),
			(await b.getJson('/sessions/whoami')).status]);
	}
	is(ends[0], ends[1], `a known and an unknown address end alike: ${JSON.stringify(ends[0])}`);
	is(sql(`SELECT count(*) FROM credential_identifiers WHERE identifier LIKE 'unverified:%'`), '1',
		'and only the unknown one got an account');
	liar.person = person;
}

async function rotation(svc, liar) {
	is(await round(svc, liar, 'rotated'), 'signed in', 'before the keys change');
	liar.main = makeKey('next');
	const before = liar.requests.filter((r) => r === 'rotated/keys').length;
	is(await round(svc, liar, 'rotated'), 'signed in', 'an unknown key is looked up at once');
	is(liar.requests.filter((r) => r === 'rotated/keys').length, before + 1, 'with one request');
	const shown = liar.main;
	liar.main = makeKey('never-shown');
	const hidden = liar.main;
	liar.main = { ...hidden, public: shown.public };
	is(await round(svc, liar, 'rotated'), [4900011], 'a key that is not published is refused');
	is(await round(svc, liar, 'rotated'), [4900011], 'again');
	is(liar.requests.filter((r) => r === 'rotated/keys').length, before + 1,
		'and the provider is not asked each time');
	liar.main = shown;
}

// With one place, one waits; the next is told at once and sessions go on.
async function stalls(svc, liar) {
	const { session_token: token } = (await registerApi(svc, 'waiting@liar.example')).json;
	const first = await begin(svc, 'slow');
	const second = await begin(svc, 'drip');
	let waits = true;
	const slow = first.b.get(pathOf(liar.back(first.url))).then(() => { waits = false; });
	await until('the silent one', () => liar.held.length > 0);
	await second.b.get(pathOf(liar.back(second.url)));
	ok(waits, 'a second one does not wait');
	is(messageIds((await second.b.getJson(`/self-service/login/flows?id=${second.flow.id}`)).json),
		[4900012], 'but is told');
	for (let i = 0; i < 5; i++) {
		const r = await request(svc, 'GET', '/sessions/whoami', { 'x-session-token': token });
		ok(r.status === 200 && waits, 'a session is answered for meanwhile');
	}
	for (const res of liar.held.splice(0))
		res.destroy();
	await slow;
	is(messageIds((await first.b.getJson(`/self-service/login/flows?id=${first.flow.id}`)).json),
		[4900012], 'which is said');
}

// How long one that says nothing, or nothing of use, is waited for.
async function times(svc, liar) {
	for (const provider of ['slow', 'drip']) {
		const { answer, ms } = await quickest(async () => {
			const { b, flow, url } = await begin(svc, provider);
			const began = Date.now();
			await b.get(pathOf(liar.back(url)));
			return { least: Date.now() - began, said: messageIds((await b.getJson(`/self-service/login/flows?id=${flow.id}`)).json) };
		}, 4000);
		ok(answer.least > 900 && ms < 4000, `${provider}: given up after its time (${ms} ms)`);
		is(answer.said, [4900012], `${provider}: which is said`);
	}
}

// ID tokens that apps bring.
async function tokens(svc, liar) {
	const now = Math.floor(Date.now() / 1000);
	const good = { iss: `${liar.base}/honest`, aud: CLIENT, iat: now, exp: now + 300,
		nonce: 'n-1', email: 'token@liar.example', ...liar.person };
	const bring = async (kind, claims, more = {}, header = {}, key = liar.main) => {
		const flow = (await api(svc, 'GET', `/self-service/${kind}/api`)).json;
		return api(svc, 'POST', actionOf(flow), { method: 'oidc', provider: 'honest',
			id_token: makeToken(key, { ...good, ...claims }, header), id_token_nonce: 'n-1', ...more });
	};
	let r = await bring('login', {});
	is([r.status, r.json.session?.authentication_methods[0].provider], [200, 'honest'],
		'an app signs in with an ID token');
	r = await request(svc, 'GET', '/sessions/whoami', { 'x-session-token': r.json.session_token });
	is(r.status, 200, 'and has its session token');
	r = await bring('login', { aud: 'my-android', azp: CLIENT });
	is(r.status, 200, 'of a listed app');
	for (const [what, ...args] of [
		['another nonce', {}, { id_token_nonce: 'n-2' }],
		['no nonce', {}, { id_token_nonce: '' }],
		['a token without', { nonce: undefined }],
		['another audience', { aud: 'evil-app' }],
		['another party', { azp: 'evil-app' }],
		['another issuer', { iss: 'https://evil.example' }],
		['an old one', { exp: now - 600 }],
		['none', {}, {}, { alg: 'none' }],
		['HS256', {}, {}, { alg: 'HS256' }],
		['another key', {}, {}, {}, makeKey(liar.main.kid)],
	]) {
		r = await bring('login', ...args);
		is([r.status, messageIds(r.json)], [400, [4900011]], `refused: ${what}`);
	}
	r = await bring('login', { sub: 'new-1', email: 'new1@liar.example' });
	is([r.status, r.json.identity?.traits.email], [200, 'new1@liar.example'],
		'somebody new is signed up');
	r = await bring('registration', { sub: 'new-2', email: 'new2@liar.example', given_name: undefined });
	is([r.status, messageIds(r.json)], [400, [4000002]], 'missing traits are asked for');
	r = await api(svc, 'POST', actionOf(r.json), { method: 'oidc', provider: 'honest',
		traits: { name: { first: 'Newt' } } });
	is([r.status, r.json.identity?.traits.name.last, r.json.identity?.traits.name.first],
		[200, 'Liar', 'Newt'], 'and added to what is known');
}

// Addresses that may not be called, and files that stop the start.
async function addresses(liar) {
	const before = liar.sockets;
	const svc = await startService(writeProviders(`${dir}-2`, {
		plain: liar.lines('honest'),
		name: [`issuer ${liar.base.replace('http://127.0.0.1', 'https://localhost')}/honest`,
			`client_id ${CLIENT}`],
		mapped: [`issuer ${liar.base.replace('http://127.0.0.1', 'https://[::ffff:127.0.0.1]')}/honest`,
			`client_id ${CLIENT}`],
		six: ['issuer https://[::1]:9/honest', `client_id ${CLIENT}`],
		cloud: ['issuer https://169.254.169.254/latest', `client_id ${CLIENT}`],
	}, '10.9.9.9'));
	for (const id of ['plain', 'name', 'mapped', 'six', 'cloud']) {
		const { r } = await begin(svc, id);
		is([r.status, messageIds(r.json)], [400, [4900012]], `not called: ${id}`);
	}
	is(liar.sockets, before, 'no connection was made');
}

function refusedStart(what, lines, files, allow) {
	const name = `${dir}-bad`;
	fs.rmSync(name, { recursive: true, force: true });
	const conf = `${process.env.TEST_DIR}/bad.conf`;
	fs.writeFileSync(conf, ['identity.secrets 0123456789abcdef0123456789abcdef',
		`url.auth ${AUTH}`, `url.app ${APP}`, ...writeProviders(name, files, allow), ''].join('\n'));
	const r = spawnSync(`${process.env.BUILD}/bin/mirai-identity`, ['-n', '-f', conf]);
	const text = r.stderr.toString();
	ok(r.status !== 0 && text.includes(lines), `${what}: ${lines}`);
	if (!text.includes(lines)) console.log(`# ${text}`);
}

function files() {
	const at = (n) => `bad.conf:${n}: `;
	const good = ['issuer https://i.example', 'client_id x'];
	refusedStart('a wrong key', `${at(2)}isuer: unknown key`, { bad: ['client_id x', 'isuer x'] });
	refusedStart('a late preset', `${at(2)}preset: must be the first key`, { bad: ['client_id x', 'preset google'] });
	refusedStart('an unknown preset', `${at(1)}preset: must be generic`, { bad: ['preset yahoo'] });
	refusedStart('an address that is none', `${at(1)}issuer: must be an https URL`, { bad: ['issuer ftp://x'] });
	refusedStart('plain http', `${at(1)}issuer: must be an https URL`, { bad: ['issuer http://x'] }, '');
	refusedStart('a user in it', `${at(1)}issuer: must be an https URL without`, { bad: ['issuer https://a@x'] });
	refusedStart('a bad pointer', `${at(3)}map: must be a JSON pointer`, { bad: [...good, 'map email email'] });
	refusedStart('a bad escape', `${at(3)}verified: must be a JSON pointer`, { bad: [...good, 'verified /a~2'] });
	refusedStart('an unknown trait', 'map: there is no trait nick', { bad: [...good, 'map nick /nick'] });
	refusedStart('no value', `${at(1)}client_id: must have a value`, { bad: ['client_id'] });
	refusedStart('no issuer', 'bad.conf: issuer is not set', { bad: ['client_id x'] });
	refusedStart('no client', 'bad.conf: client_id is not set', { bad: ['issuer https://i.example'] });
	refusedStart('no secret file', 'client_secret_file: /nowhere/x: No such file', {
		bad: [...good, 'client_secret_file /nowhere/x'] });
	refusedStart('Apple without key', 'apple.team or apple.key_id is not set', {
		bad: ['preset apple', 'client_id x'] });
	fs.writeFileSync(`${dir}/nokey.pem`, '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n');
	refusedStart('Apple with a wrong key', 'apple.key_file holds no private key', {
		bad: ['preset apple', 'client_id x', 'apple.team T', 'apple.key_id K', `apple.key_file ${dir}/nokey.pem`] });
	refusedStart('a wrong id', 'identity.oidc.providers: Bad: not an id', { Bad: good });
	refusedStart('a wrong network', 'identity.oidc.allow_private: 10.0.0.0/99: no address', {
		bad: good }, '10.0.0.0/99');
}

main(async () => {
	const liar = await startLiar();
	const config = Object.fromEntries(liar.lies.map((lie) => [lie, [...liar.lines(lie),
		...(lie === 'honest' ? ['audiences my-android my-ios'] : [])]]));
	// One worker answers, so that what it learnt of providers is seen.
	const svc = await startService([...writeProviders(dir, config), 'identity.oidc.waiting 1',
		'log.level error'], 3);
	const one = await startService([...writeProviders(`${dir}-one`, config),
		'log.level error'], 1);
	await lies(svc, liar);
	is(sql(`SELECT count(*) FROM audit WHERE action = 'login' AND result = 'refused'`), '13',
		'each refused answer is in the audit trail');
	await unverified(svc, liar);
	await secrecy(await startService([...writeProviders(`${dir}-three`, config),
		'identity.enumeration.mitigate yes', 'identity.registration_session no',
		'identity.verification yes', 'log.level error']), liar);
	await rotation(one, liar);
	await stalls(svc, liar);
	await times(await startService([...writeProviders(`${dir}-hasty`, config, '127.0.0.1', '1s'),
		'log.level error'], 1), liar);
	await tokens(svc, liar);
	await addresses(liar);
	files();
});
