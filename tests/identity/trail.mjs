// Every security event has its row in the audit trail (D-4): who did it, to
// whom, from where, and what came of it.
import { ADMIN_SECRET, Browser, PASSWORD, actionOf, api, apiSubmit, csrfOf, is, loginApi, main, ok,
	registerApi, startAdmin, startService } from './kit/server.mjs';
import { lastMail, sql } from './kit/mails.mjs';
import { rawSecret, totp } from './kit/totp.mjs';

const EMAIL = 'tara@acme.example';
const BEARER = { authorization: `Bearer ${ADMIN_SECRET}` };
let seen = 0;

// The rows since the last call: "action result actor".
function rows() {
	const all = JSON.parse(sql(`SELECT coalesce(json_agg(a ORDER BY id), '[]') FROM audit a WHERE id > ${seen}`));
	seen = all.at(-1)?.id ?? seen;
	return all;
}

function told(want, what) {
	const list = rows();
	const lines = list.map((r) => `${r.action} ${r.result} ${r.actor}`);
	is(want.filter((w) => !lines.includes(w)), [], `${what}: ${want.join(', ')}`);
	return list;
}

async function settings(svc, token, value) {
	const headers = { 'x-session-token': token };
	const init = await api(svc, 'GET', '/self-service/settings/api', undefined, headers);
	const body = typeof value === 'function' ? value(init.json) : value;
	return api(svc, 'POST', actionOf(init.json), body, headers);
}

async function self(svc) {
	const r = await registerApi(svc, EMAIL);
	const id = r.json.identity.id;
	let list = told(['registration ok self', 'session.issue ok self'], 'sign-up');
	ok(list.every((x) => x.identity_id === id && x.user_agent !== undefined), 'of that person');
	const token = r.json.session_token ?? (await loginApi(svc, EMAIL)).json.session_token;
	rows();
	await loginApi(svc, EMAIL, 'wrong');
	list = told(['login refused self'], 'a failure');
	is([list[0].identity_id, list[0].ip_address], [id, '127.0.0.1'], 'whose and from where');
	await loginApi(svc, 'nobody@acme.example', 'wrong');
	told(['login refused self'], 'that of a stranger');
	await settings(svc, token, { method: 'profile', traits: { email: EMAIL, name: { first: 'Tara', last: 'Neu' } } });
	told(['traits.change ok self'], 'a profile');
	let secret;
	await settings(svc, token, (flow) => {
		const text = flow.ui.nodes.find((n) => n.attributes.id === 'totp_secret_key').attributes.text;
		secret = rawSecret(text.context.secret);
		return { method: 'totp', totp_code: totp(text.context.secret) };
	});
	told(['totp.add ok self'], 'a second factor');
	await settings(svc, token, { method: 'totp', totp_unlink: true });
	told(['totp.remove ok self'], 'and its end');
	ok(secret, 'which had a secret');
	const second = (await loginApi(svc, EMAIL)).json;
	const third = (await loginApi(svc, EMAIL)).json;
	rows();
	await api(svc, 'DELETE', `/sessions/${second.session.id}`, undefined, { 'x-session-token': token });
	list = told(['session.revoke ok self'], 'a session is ended');
	is(list.at(-1).session_id, second.session.id, 'that one');
	await api(svc, 'DELETE', '/sessions', undefined, { 'x-session-token': token });
	told(['session.revoke_others ok self'], 'all others');
	ok(third.session_token, 'there was one');
	await settings(svc, token, { method: 'password', password: 'Lampenschirm-Nord-4' });
	told(['password.change ok self'], 'a password');
	await api(svc, 'DELETE', '/self-service/logout/api', { session_token: token });
	told(['logout ok self'], 'a sign-out');
	return id;
}

async function mailed(svc) {
	const b = new Browser(svc);
	let { csrf, action } = await b.start('recovery');
	await b.postJson(action, { csrf_token: csrf, method: 'code', email: EMAIL });
	told(['recovery.send ok self'], 'a recovery code');
	const code = lastMail(EMAIL).RecoveryCode;
	await b.postJson(action, { csrf_token: csrf, method: 'code', code: String((Number(code) + 1) % 1000000).padStart(6, '0') });
	told(['recovery refused self'], 'a wrong one');
	await b.postJson(action, { csrf_token: csrf, method: 'code', code });
	told(['recovery ok self', 'session.issue ok self'], 'the right one');
	({ csrf, action } = await b.start('verification'));
	await b.postJson(action, { csrf_token: csrf, method: 'code', email: EMAIL });
	await b.postJson(action, { csrf_token: csrf, method: 'code', code: lastMail(EMAIL).VerificationCode });
	told(['verification.send ok self', 'verification ok self'], 'an address');
}

async function locked(svc) {
	await registerApi(svc, 'lock@acme.example');
	await loginApi(svc, 'lock@acme.example', 'wrong');
	sql(`UPDATE attempts SET hits = (SELECT array_agg(now() - interval '30 minutes') FROM generate_series(1, 19))
		WHERE action = 'sign_in' AND subject LIKE 'id:%'`);
	rows();
	await loginApi(svc, 'lock@acme.example', 'wrong');
	const lock = rows().filter((r) => r.action === 'lock');
	is(lock.map((r) => r.result), ['ok'], 'a lock');
}

async function administrators(adm, id) {
	const call = (method, path, body) => api(adm, method, path, body, BEARER);
	const made = await call('POST', '/admin/identities', { schema_id: 'user',
		traits: { email: 'made@acme.example', name: { first: 'M', last: 'D' } } });
	const list = told(['identity.create ok admin: secret 1'], 'made');
	is(list[0].identity_id, made.json.id, 'that one');
	await call('PUT', `/admin/identities/${made.json.id}`, { schema_id: 'user', state: 'inactive',
		traits: { email: 'made@acme.example', name: { first: 'M', last: 'E' } },
		credentials: { password: { config: { password: PASSWORD } } } });
	told(['identity.update ok admin: secret 1', 'password.set ok admin: secret 1'], 'changed');
	const issued = await call('POST', '/admin/sessions', { identity_id: id });
	told(['session.admin_issue ok admin: secret 1'], 'a session is issued');
	await call('DELETE', `/admin/sessions/${issued.json.session.id}`);
	ok(rows().some((r) => r.action.startsWith('session.') && r.session_id === issued.json.session.id), 'and ended');
	await call('POST', '/admin/recovery/code', { identity_id: id });
	told(['recovery.grant ok admin: secret 1'], 'a recovery code is handed out');
	await call('DELETE', `/admin/identities/${id}/sessions`);
	told(['session.delete_all ok admin: secret 1'], 'all sessions end');
	await call('DELETE', `/admin/identities/${made.json.id}`);
	told(['identity.delete ok admin: secret 1'], 'deleted');
}

main(async () => {
	const svc = await startService([], 4, 'mirai-identity', true);
	const id = await self(svc);
	await mailed(svc);
	await administrators(await startAdmin(), id);
	await locked(await startService(['identity.limits yes'], 2, 'mirai-identity', true));
	is(sql("SELECT count(*) FROM audit WHERE result NOT IN ('ok', 'refused', 'failed') OR actor = ''"), '0',
		'each says what came of it, and whose it was');
});
