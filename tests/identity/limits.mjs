// How often may be tried: locks of identifiers, limits of addresses, and what
// they must not do to those who have done nothing wrong (spec identity.md 18).
import { Browser, PASSWORD, api, apiSubmit, csrfOf, is, loginApi, main, messageIds, ok,
	registerApi, request, sql, startService } from './kit/server.mjs';

const ON = ['identity.limits yes'];
const PETRA = 'petra@acme.example';

const forget = () => sql('DELETE FROM attempts');

// As if everything so far had happened so long ago.
const later = (text) =>
	sql(`UPDATE attempts SET hits = ARRAY(SELECT h - interval '${text}' FROM unnest(hits) h)`);

// The clock of waits stands still: what is yet to come has no age. later() takes
// an hour more to let it go on.
const freeze = () =>
	sql(`UPDATE attempts SET hits = ARRAY(SELECT h + interval '1 hour' FROM unnest(hits) h)`);

// Five wrong passwords, then the wait doubles, for people there are and those
// there are not.
async function doubling(svc, email) {
	for (let i = 0; i < 5; i++)
		is((await loginApi(svc, email, 'Wrong-Horse-7!')).status, 400, `${email}: try ${i + 1}`);
	freeze();
	let r = await loginApi(svc, email, 'Wrong-Horse-7!');
	is([r.status, r.json.error.id, r.headers['retry-after']], [429, 'rate_limit_exceeded', '1'],
		`${email}: the sixth waits a second`);
	is((await loginApi(svc, email.toUpperCase(), 'x')).status, 429, 'however it is written');
	is((await loginApi(svc, email)).status, 429, 'even with the right password');
	later('1 hour 1 second');
	is((await loginApi(svc, email, 'Wrong-Horse-7!')).status, 400, 'then it may');
	freeze();
	r = await loginApi(svc, email, 'Wrong-Horse-7!');
	is([r.status, r.headers['retry-after']], [429, '2'], 'the next waits two');
	later('1 hour 5 minutes');
}

async function success(svc) {
	is((await loginApi(svc, PETRA)).status, 200, 'the right password signs in again');
	for (let i = 0; i < 5; i++)
		await loginApi(svc, PETRA, 'Wrong-Horse-7!');
	later('10 seconds');
	is((await loginApi(svc, PETRA)).status, 200, 'and after a wait');
	is((await loginApi(svc, PETRA, 'Wrong-Horse-7!')).status, 400, 'success clears the counter');
	forget();
}

async function lock(svc) {
	const token = (await loginApi(svc, PETRA)).json.session_token;
	for (let i = 0; i < 20; i++) {
		is((await loginApi(svc, PETRA, 'Wrong-Horse-7!')).status, 400, `failure ${i + 1} of 20`);
		later('100 seconds');
	}
	freeze();
	const r = await loginApi(svc, PETRA);
	ok(r.status === 429 && Number(r.headers['retry-after']) > 880, `locked: ${r.headers['retry-after']} s`);
	is((await request(svc, 'GET', '/sessions/whoami', { 'x-session-token': token })).status, 200,
		'a lock ends no session');
	is(sql("SELECT count(*) FROM audit WHERE action = 'lock'"), '1', 'the lock is in the audit trail');
	later('1 hour 15 minutes');
	is((await loginApi(svc, PETRA, 'Wrong-Horse-7!')).status, 400, 'after fifteen minutes one try');
	freeze();
	ok(Number((await loginApi(svc, PETRA)).headers['retry-after']) > 880, 'and locked again');
	forget();
}

// A browser that signed in before counts by itself, in both directions.
async function device(svc) {
	const own = new Browser(svc);
	is((await own.login(PETRA)).status, 200, 'the owner signs in');
	ok(own.jar.has('mirai_device'), 'and the browser remembers');
	const device = own.jar.get('mirai_device');
	own.jar.clear();
	own.jar.set('mirai_device', device);
	for (let i = 0; i < 5; i++)
		await loginApi(svc, PETRA, 'Wrong-Horse-7!');
	freeze();
	is((await new Browser(svc).login(PETRA)).status, 429, 'a stranger locks strangers');
	is((await own.login(PETRA)).status, 200, 'not the owner');
	const other = new Browser(svc);
	other.jar.set('mirai_device', `${device.slice(0, -3)}AAA`);
	is((await other.login(PETRA)).status, 429, 'a forged device is a stranger');
	other.jar.clear();
	other.jar.set('mirai_device', device);
	for (let i = 0; i < 5; i++)
		await other.login('rosa@acme.example', 'Wrong-Horse-7!');
	freeze();
	is((await other.login('rosa@acme.example', 'x')).status, 429, 'it is of one identifier');
	forget();
}

// Pages say it at the form, which stays.
async function pages(svc) {
	for (let i = 0; i < 5; i++)
		await loginApi(svc, PETRA, 'Wrong-Horse-7!');
	const b = new Browser(svc);
	const { action, csrf, flow } = await b.start('login');
	freeze();
	let r = await b.post(action, { csrf_token: csrf, method: 'password', identifier: PETRA,
		password: PASSWORD });
	ok(r.status === 303 && r.headers.location.includes(flow.id), 'back to the form');
	r = await b.getJson(`/self-service/login/flows?id=${flow.id}`);
	is(messageIds(r.json), [4900001], 'which says how long to wait');
	later('1 hour 10 seconds');
	r = await b.post(action, { csrf_token: csrfOf(r.json), method: 'password', identifier: PETRA,
		password: PASSWORD });
	is(r.status, 303, 'then it signs in');
	ok(b.jar.has('ory_kratos_session'), 'indeed');
	forget();
}

// By address: X-Forwarded-For of a trusted proxy only, IPv6 by its /64.
async function addresses() {
	const svc = await startService([...ON, 'proxies 127.0.0.1'], 4, 'mirai-identity', true);
	const from = (ip) => ({ 'x-forwarded-for': ip });
	const flow = (ip) => request(svc, 'GET', '/self-service/login/api', from(ip));
	sql(`INSERT INTO attempts (action, subject, hits) SELECT 'flow', s,
		array_fill(now(), ARRAY[299]) FROM unnest(ARRAY['ip:192.0.2.1', 'ip:2001:db8:1:2::/64']) s`);
	is((await flow('192.0.2.1')).status, 200, 'the 300th form');
	const r = await flow('192.0.2.1');
	is([r.status, r.json.error.id], [429, 'rate_limit_exceeded'], 'not the next one');
	ok(Number(r.headers['retry-after']) > 200, 'for five minutes');
	is((await flow('192.0.2.2')).status, 200, 'another address may');
	is((await flow('2001:db8:1:2::1')).status, 200, 'IPv6: the 300th');
	is((await flow('2001:db8:1:2:aaaa:bbbb:cccc:dddd')).status, 429, 'the same /64');
	is((await flow('2001:db8:1:3::1')).status, 200, 'not the next /64');
	is((await request(svc, 'GET', '/self-service/login/browser',
		{ accept: 'text/html', ...from('192.0.2.1') })).status, 429, 'pages too');
	const stray = (ip) => request(svc, 'GET', '/self-service/login/browser?return_to=https://evil.example',
		{ accept: 'text/html', ...from(ip) });
	const errors = () => sql('SELECT count(*) FROM errors');
	const before = errors();
	is([(await stray('192.0.2.1')).status, errors()], [400, before], 'nor are their errors kept');
	is([(await stray('192.0.2.2')).status, Number(errors())], [303, Number(before) + 1], 'those of others are');

	sql(`INSERT INTO attempts (action, subject, hits)
		VALUES ('sign_in', 'ip:192.0.2.9', array_fill(now(), ARRAY[49]))`);
	const submit = (email, password, ip) => apiSubmit(svc, 'login',
		{ method: 'password', identifier: email, password }, from(ip));
	is((await submit('nobody@acme.example', 'Wrong-Horse-7!', '192.0.2.9')).status, 400,
		'the 50th failure from an address');
	is((await submit(PETRA, PASSWORD, '192.0.2.9')).status, 429, 'then anybody waits there');
	is((await submit(PETRA, PASSWORD, '192.0.2.10')).status, 200, 'but not elsewhere');
	forget();

	for (let i = 0; i < 10; i++)
		is((await apiSubmit(svc, 'registration', { method: 'password', password: PASSWORD,
			traits: { email: `n${i}@acme.example`, name: { first: 'N', last: 'N' } } },
			from('192.0.2.20'))).status, 200, `${i + 1} of 10 sign-ups`);
	const again = await apiSubmit(svc, 'registration', { method: 'password', password: PASSWORD,
		traits: { email: 'n11@acme.example', name: { first: 'N', last: 'N' } } }, from('192.0.2.20'));
	is([again.status, again.json.error.id], [429, 'rate_limit_exceeded'], 'no eleventh in the hour');
	is(sql("SELECT count(*) FROM identities WHERE traits ->> 'email' = 'n11@acme.example'"), '0',
		'and nobody was made');
	const text = sql("SELECT string_agg(a::text, '') FROM attempts a");
	ok(!text.includes('acme'), 'identifiers are not kept in the clear');
}

main(async () => {
	const svc = await startService(ON);
	is((await registerApi(svc, PETRA)).status, 200, 'someone signs up');
	forget();
	await doubling(svc, PETRA);
	forget();
	await doubling(svc, 'nobody@acme.example');
	forget();
	await success(svc);
	await lock(svc);
	await device(svc);
	await pages(svc);
	await addresses();
	is((await api(svc, 'GET', '/health/alive')).status, 200, 'still there');
});
