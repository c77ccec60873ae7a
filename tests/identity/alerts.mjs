// Login alerts: the owner of an account is told by mail of a sign-in from a
// device that was never seen with it (section 21).
import { Browser, PASSWORD, actionOf, api, is, main, ok, sql,
	startService } from './kit/server.mjs';
import { lastMail, mails } from './kit/mails.mjs';

const EMAIL = 'petra@acme.example';
const FIREFOX = { 'user-agent': 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Firefox/140.0' };
const SAFARI = { 'user-agent': 'Mozilla/5.0 (Macintosh) Version/18.0 Safari/605.1.15' };

const alerts = (email = EMAIL) => mails(email).filter((m) => m.type === 'new_device');

// A browser with a user agent of its own.
class Agent extends Browser {
	constructor(svc, headers) {
		super(svc);
		this.headers = headers;
	}

	go(method, target, headers = {}, body = null) {
		return super.go(method, target, { ...this.headers, ...headers }, body);
	}
}

async function viaApi(svc, headers, password = PASSWORD) {
	const init = await api(svc, 'GET', '/self-service/login/api', undefined, headers);
	return api(svc, 'POST', actionOf(init.json), { method: 'password', identifier: EMAIL, password }, headers);
}

async function devices(svc) {
	const first = new Agent(svc, FIREFOX);
	is((await first.register(EMAIL)).status, 200, 'somebody signs up');
	is(alerts(), [], 'which is no news');
	const same = new Agent(svc, FIREFOX);
	is((await same.login(EMAIL)).status, 200, 'signs in from a device like that one');
	is(alerts(), [], 'no news either');
	is((await viaApi(svc, SAFARI, 'Wrong-Horse-7!')).status, 400, 'a wrong password from another device');
	is(alerts(), [], 'is no sign-in');
	const other = new Agent(svc, SAFARI);
	is((await other.login(EMAIL)).status, 200, 'the right one');
	const [mail, ...more] = alerts();
	is([mail?.Device, typeof mail?.IPAddress, / UTC$/.test(mail?.At), more.length],
		[SAFARI['user-agent'], 'string', true, 0], 'is told once, with device and time');
	ok(other.jar.has('mirai_device'), 'the browser is known from now on');
	const updated = new Agent(svc, { 'user-agent': 'Mozilla/5.0 (Macintosh) Version/19.0 Safari/605.1.15' });
	updated.jar.set('mirai_device', other.jar.get('mirai_device'));
	is((await updated.login(EMAIL.toUpperCase())).status, 200, 'after an update of the browser');
	is(alerts().length, 1, 'its cookie tells that it is the same');
	const forged = new Agent(svc, { 'user-agent': 'curl/8' });
	forged.jar.set('mirai_device', other.jar.get('mirai_device').replace(/.$/, (x) => (x === 'A' ? 'E' : 'A')));
	is((await forged.login(EMAIL)).status, 200, 'a forged cookie');
	is([alerts().length, lastMail(EMAIL).Device], [2, 'curl/8'], 'tells nothing');
	is((await viaApi(svc, {})).status, 200, 'a device without a name');
	is([alerts().length, lastMail(EMAIL).Device], [3, 'an unknown device'], 'is a new one');
	await viaApi(svc, {});
	is(alerts().length, 3, 'once');
}

// Sessions go in time; who was seen is remembered.
async function later(svc) {
	sql('DELETE FROM sessions');
	await viaApi(svc, SAFARI);
	is(alerts().length, 3, 'a device whose sessions are long gone is known');
	await viaApi(svc, { 'user-agent': 'Brand/1' });
	is(alerts().length, 4, 'and a new one is new');
}

// The cookie of one person is no good for another.
async function others(svc) {
	const b = new Agent(svc, { 'user-agent': 'Shared/1' });
	await new Agent(svc, FIREFOX).register('paul@acme.example');
	await b.login(EMAIL);
	const token = b.jar.get('mirai_device');
	const c = new Agent(svc, { 'user-agent': 'Shared/1' });
	c.jar.set('mirai_device', token);
	is((await c.login('paul@acme.example')).status, 200, 'another person on the same device');
	is(alerts('paul@acme.example').length, 1, 'is told of it');
}

async function refreshed(svc) {
	const b = new Agent(svc, FIREFOX);
	await b.login(EMAIL);
	b.headers = { 'user-agent': 'Changed/1' };
	const n = alerts().length;
	const { action, csrf } = await b.start('login', '?refresh=true');
	const r = await b.postJson(action, { method: 'password', identifier: EMAIL, password: PASSWORD,
		csrf_token: csrf });
	is([r.status, alerts().length], [200, n], 'proving oneself again is no new sign-in');
}

async function off(svc) {
	const n = alerts().length;
	is((await viaApi(svc, { 'user-agent': 'Quiet/1' })).status, 200, 'switched off');
	is(alerts().length, n, 'nobody is told');
}

main(async () => {
	const svc = await startService();
	await devices(svc);
	await later(svc);
	await others(svc);
	await refreshed(svc);
	await off(await startService(['identity.new_device_alerts no']));
});
