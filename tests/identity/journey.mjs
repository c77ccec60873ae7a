// A life with an account, as an app and as a script in a browser, by the
// official client alone: signed up, verified, signed out, recovered from the
// mail, changed, protected by a second factor, stepped up, its sessions ended,
// deleted (spec identity.md 26.1, 26.2).
import { Configuration, FrontendApi } from '@ory/client';
import { PASSWORD, csrfOf, is, main, messageIds, node, sql, startService, until } from './kit/server.mjs';
import { lastMail, otherThan } from './kit/mails.mjs';
import { calm, totp } from './kit/totp.mjs';

const NEW = 'Lampenschirm-Nord-4';

// The client, and how it goes on between two calls: an app keeps a token, a
// script's browser keeps cookies. Both offer begin(), send() and whoami().
class Actor {
	constructor(svc, kind) {
		this.app = kind === 'app';
		this.jar = new Map();
		this.token = undefined;
		const conf = new Configuration({ basePath: 'http://auth.mirai.example', baseOptions: { socketPath: svc.socketPath,
			proxy: false, maxRedirects: 0, validateStatus: () => true, headers: { Accept: 'application/json' } } });
		// an instance of its own, since all others share one
		this.ory = new FrontendApi(conf, undefined, new FrontendApi(conf).axios.create());
		this.ory.axios.interceptors.response.use((r) => { this.take(r); return r; });
	}

	take(r) {
		if (r.data?.session_token)
			this.token = r.data.session_token;
		for (const line of r.headers['set-cookie'] ?? []) {
			const [, name, value] = line.match(/^([^=]+)=([^;]*)/);
			if (/max-age=0/i.test(line)) this.jar.delete(name);
			else this.jar.set(name, value);
		}
	}

	who() {
		if (this.app)
			return this.token === undefined ? {} : { xSessionToken: this.token };
		return this.jar.size === 0 ? {} : { cookie: [...this.jar].map(([k, v]) => `${k}=${v}`).join('; ') };
	}

	// Only some calls of an app carry its token; the browser sends what it has.
	async begin(kind, query = {}) {
		const r = await this.ory[`create${this.app ? 'Native' : 'Browser'}${kind}Flow`](
			{ ...(this.app && ['Registration', 'Recovery', 'Verification'].includes(kind) ? {} : this.who()), ...query });
		if (r.status !== 200)
			throw new Error(`${kind}: ${r.status} ${JSON.stringify(r.data)}`);
		return this.flowOf(kind, r.data);
	}

	flowOf(kind, data) {
		return { data, send: async (body) => this.ory[`update${kind}Flow`]({ flow: data.id,
			...(this.app && ['Registration', 'Recovery', 'Verification'].includes(kind) ? {} : this.who()),
			[`update${kind}FlowBody`]: { ...body, ...(this.app ? {} : { csrf_token: csrfOf(await this.fresh(kind, data)) }) } }) };
	}

	// The form as it is now: its token changes with every reading.
	async fresh(kind, data) {
		return (await this.ory[`get${kind}Flow`]({ id: data.id, ...this.who() })).data;
	}

	async login(body, query) {
		return (await this.begin('Login', query)).send(body);
	}

	whoami() {
		return this.ory.toSession(this.who());
	}

	async logout() {
		if (this.app)
			return this.ory.performNativeLogout({ performNativeLogoutBody: { session_token: this.token } });
		const { data } = await this.ory.createBrowserLogoutFlow(this.who());
		return this.ory.updateLogoutFlow({ token: data.logout_token, ...this.who() });
	}
}

const pass = (email, password = PASSWORD) => ({ method: 'password', identifier: email, password });

async function enter(a, email) {
	let r = await (await a.begin('Registration')).send({ method: 'password', password: PASSWORD,
		traits: { email, name: { first: 'Petra', last: 'Vogel' } } });
	is([r.status, r.data.identity?.traits.email, typeof r.data.session_token], [200, email, a.app ? 'string' : 'undefined'],
		'signed up, and in');
	const f = await a.begin('Verification');
	is((await f.send({ method: 'code', email })).data.state, 'sent_email', 'a code is asked for');
	const code = lastMail(email).VerificationCode;
	is(messageIds((await f.send({ method: 'code', code: otherThan(code) })).data), [4070006], 'a wrong one');
	r = await f.send({ method: 'code', code });
	is([r.data.state, messageIds(r.data)], ['passed_challenge', [1080002]], 'verified');
	is((await a.whoami()).data.identity.verifiable_addresses[0].verified, true, 'and it shows');
	is((await a.logout()).status, 204, 'signed out');
	is((await a.whoami()).status, 401, 'nobody');
}

async function forgotten(a, email) {
	let r = await a.login(pass(email, 'Wrong-Horse-7!'));
	is([r.status, messageIds(r.data)], [400, [4000006]], 'a wrong password');
	a.token = undefined;
	const f = await a.begin('Recovery');
	await f.send({ method: 'code', email });
	const first = lastMail(email).RecoveryCode;
	is(messageIds((await f.send({ method: 'code', email })).data), [1060003], 'sent again');
	const code = lastMail(email).RecoveryCode;
	if (code !== first)
		is(messageIds((await f.send({ method: 'code', code: first })).data), [4060006], 'the code of before is void');
	r = await f.send({ method: 'code', code });
	is([r.status, r.data.state], [200, 'passed_challenge'], 'recovered');
	const item = (action) => r.data.continue_with.find((c) => c.action === action);
	if (a.app)
		a.token = item('set_ory_session_token').ory_session_token;
	const s = a.flowOf('Settings', item('show_settings_ui').flow);
	is(messageIds(await a.fresh('Settings', s.data)), [1060001], 'a new password is asked for');
	r = await s.send({ method: 'password', password: NEW });
	is([r.status, r.data.state, messageIds(r.data)], [200, 'success', [1050001]], 'and set');
	await a.logout();
	is((await a.login(pass(email))).status, 400, 'the old one does not sign in');
	is((await a.login(pass(email, NEW))).status, 200, 'the new one does');
}

async function changed(a, email) {
	const f = await a.begin('Settings');
	let r = await f.send({ method: 'profile', traits: { email, name: { first: 'Paula', last: 'Vogel' } } });
	is([r.status, r.data.state, r.data.identity?.traits.name.first], [200, 'success', 'Paula'], 'a new name');
	sql(`UPDATE sessions SET authenticated_at = now() - interval '1 hour' WHERE identity_id =
		(SELECT id FROM identities WHERE traits ->> 'email' = '${email}')`);
	r = await f.send({ method: 'password', password: PASSWORD });
	is([r.status, r.data.error?.id], [403, 'session_refresh_required'], 'a password needs a fresh sign-in');
	const { data } = await a.whoami();
	r = await a.login(pass(email, NEW), { refresh: true });
	is([r.status, r.data.session?.id === data.id], [200, true], 'which keeps the session');
	r = await (await a.begin('Settings')).send({ method: 'password', password: PASSWORD });
	is([r.status, r.data.state], [200, 'success'], 'then it is changed');
}

async function secured(a, email) {
	await calm();
	const f = await a.begin('Settings');
	const secret = f.data.ui.nodes.find((n) => n.attributes.id === 'totp_secret_key').attributes.text.text;
	let r = await f.send({ method: 'totp', totp_code: totp(secret, -1) });
	is([r.status, r.data.state], [200, 'success'], 'an app is linked');
	await a.logout();
	a.token = undefined;
	r = await a.login(pass(email));
	is([r.status, r.data.error?.id, r.data.session?.identity ?? null], a.app ? [200, undefined, null]
		: [422, 'browser_location_change_required', null], 'a password is half the way');
	is((await a.whoami()).data.error?.id, 'session_aal2_required', 'as whoami says');
	const step = await a.begin('Login', { aal: 'aal2' });
	is([step.data.requested_aal, messageIds(step.data), node(step.data, 'totp_code') !== undefined],
		['aal2', [1010004], true], 'the other half');
	r = await step.send({ method: 'totp', totp_code: totp(secret) });
	is([r.status, r.data.session?.authenticator_assurance_level], [200, 'aal2'], 'is proven');
	is((await a.whoami()).status, 200, 'and that is enough');
	return secret;
}

// Others sign in beside; one is ended, then all.
async function sessions(a, svc, email, secret) {
	const others = [];
	for (let i = 0; i < 3; i++) {
		others.push(new Actor(svc, 'app'));
		await others[i].login(pass(email));
	}
	let r = await a.ory.listMySessions(a.who());
	const mine = (await a.whoami()).data.id;
	is([r.status, r.data.length, r.data.some((s) => s.id === mine)], [200, 3, false], 'the others are listed');
	is(r.data.every((s) => s.active && s.devices.length === 1), true, 'with their devices');
	is((await a.ory.disableMySession({ id: r.data[0].id, ...a.who() })).status, 204, 'one is ended');
	is((await a.ory.listMySessions(a.who())).data.length, 2, 'and gone');
	r = await a.ory.disableMyOtherSessions(a.who());
	is([r.status, r.data.count], [200, 2], 'all others are');
	for (const other of others)
		is((await other.whoami()).status, 401, 'and know it');
	is([(await a.whoami()).status, typeof secret], [200, 'string'], 'not this one');
}

// Deleted with a grace: taken back once, then for good.
async function deleted(a, email, secret) {
	const due = () => sql(`SELECT delete_after BETWEEN now() + interval '13 days' AND now() + interval '15 days'
		FROM identities WHERE traits ->> 'email' = '${email}'`);
	let r = await (await a.begin('Settings')).send({ method: 'account_delete' });
	is([r.status, r.data.state, messageIds(r.data), due()], [200, 'success', [4900105], 't'], 'deletion is asked for');
	is([lastMail(email).type, (await a.whoami()).status], ['account_deletion', 401], 'told by mail, and signed out');
	await again(a, email, secret);
	r = await (await a.begin('Settings')).send({ method: 'account_keep' });
	is([r.status, messageIds(r.data), due()], [200, [4900106], ''], 'it can be taken back');
	await (await a.begin('Settings')).send({ method: 'account_delete' });
	sql(`UPDATE identities SET delete_after = now() - interval '1 second' WHERE traits ->> 'email' = '${email}'`);
	await startService([], 1); // sweeps when it starts
	const left = () => sql(`SELECT count(*) FROM identities WHERE traits ->> 'email' = '${email}'`);
	await until('the sweep', () => left() === '0');
	is(left(), '0', 'then nothing is left');
	a.token = undefined;
	is(messageIds((await a.login(pass(email))).data), [4000006], 'and nobody knows them');
}

async function again(a, email, secret) {
	sql(`UPDATE credentials SET config = jsonb_set(config, '{last_step}', '0') WHERE type = 'totp'`);
	await calm();
	a.token = undefined;
	await a.login(pass(email));
	const r = await (await a.begin('Login', { aal: 'aal2' })).send({ method: 'totp', totp_code: totp(secret) });
	is(r.status, 200, 'signing in still works');
}

main(async () => {
	const svc = await startService(['identity.continue_with_transitions yes']);
	for (const kind of ['app', 'script']) {
		const email = `${kind}@acme.example`;
		const a = new Actor(svc, kind);
		await enter(a, email);
		await forgotten(a, email);
		await changed(a, email);
		const secret = await secured(a, email);
		await sessions(a, svc, email, secret);
		await deleted(a, email, secret);
	}
});
