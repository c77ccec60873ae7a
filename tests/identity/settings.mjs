// Account settings: who may see them, what each change needs, does and tells,
// and the submit that waits while its sender signs in anew.
import { APP, AUTH, Browser, PASSWORD, actionOf, api, csrfOf, is, loginApi, main,
	messageIds, node, ok, registerApi, request, startService, until } from './kit/server.mjs';
import { lastMail, otherThan, sql } from './kit/mails.mjs';

const EMAIL = 'petra@acme.example';
const OTHER = 'nora@acme.example';
const NEW = 'Fresh-Meadow-42!';
const HOUR = 'authenticated_at = now() - interval \'1 hour\'';

function mailed(type) {
	return sql(`SELECT recipient FROM mails WHERE template = '${type}' ORDER BY created_at`)
		.split('\n').filter((l) => l !== '');
}

function traits(email, first = 'Petra', last = 'Vogel') {
	return { email, name: { first, last } };
}

async function signedIn(svc, email, password = PASSWORD) {
	const b = new Browser(svc);
	const r = await b.login(email, password);
	if (r.status !== 200)
		throw new Error(`login of ${email}: ${r.status} ${r.text}`);
	return b;
}

function whoami(b) {
	return b.getJson('/sessions/whoami');
}

// A submit as a script sends it.
async function change(b, fields) {
	const { action, csrf } = await b.start('settings');
	return b.postJson(action, { csrf_token: csrf, ...fields });
}

// The same as a form without scripts sends it.
async function changeForm(b, fields) {
	const { action, csrf, flow } = await b.start('settings');
	const r = await b.post(action, { csrf_token: csrf, ...fields });
	return Object.assign(r, { flow });
}

async function who(svc) {
	const stranger = new Browser(svc);
	let r = await stranger.get('/self-service/settings/browser?return_to=%2Fprofile');
	is(r.status, 303, 'nobody: a browser is sent to sign in');
	const to = new URL(r.headers.location);
	is(`${to.origin}${to.pathname}`, `${AUTH}/self-service/login/browser`, 'there');
	is(to.searchParams.get('return_to'),
		`${AUTH}/self-service/settings/browser?return_to=%2Fprofile`, 'and back here');
	r = await stranger.getJson('/self-service/settings/browser');
	is([r.status, r.json.error.id], [401, 'session_inactive'], 'a script is told');
	r = await api(svc, 'GET', '/self-service/settings/api');
	is([r.status, r.json.error.id], [401, 'session_inactive'], 'an API client too');

	const b = await signedIn(svc, EMAIL);
	const { flow, csrf, action } = await b.start('settings');
	is([flow.state, flow.identity.traits.email, flow.identity.credentials],
		['show_form', EMAIL, undefined], 'the form is one\'s own');
	const mine = ['default', 'profile', 'password'];
	is(flow.ui.nodes.filter((n) => mine.includes(n.group))
		.map((n) => [n.group, n.attributes.name ?? n.attributes.id]), [
		['default', 'csrf_token'],
		['profile', 'traits.email'], ['profile', 'traits.name.first'],
		['profile', 'traits.name.last'], ['profile', 'method'],
		['password', 'password'], ['password', 'revoke_other_sessions'],
		['password', 'method'],
		['default', 'account_export'], ['default', 'method']], 'its nodes');
	is([node(flow, 'traits.email').attributes.value, node(flow, 'traits.email').attributes.type],
		[EMAIL, 'email'], 'filled in');
	r = await b.getJson(`/self-service/settings/flows?id=${flow.id}`);
	is([r.status, r.json.identity.traits.email], [200, EMAIL], 'it is read');

	// the same browser, another person: CSRF lets it pass, the owner does not
	const nora = await signedIn(svc, OTHER);
	const mixed = new Browser(svc);
	mixed.jar = new Map(b.jar);
	mixed.jar.set('ory_kratos_session', nora.jar.get('ory_kratos_session'));
	r = await mixed.getJson(`/self-service/settings/flows?id=${flow.id}`);
	is([r.status, r.json.error.id], [403, 'security_identity_mismatch'], 'read by another: refused');
	r = await mixed.postJson(action, { method: 'profile', csrf_token: csrf, traits: traits(OTHER) });
	is([r.status, r.json.error.id], [403, 'security_identity_mismatch'], 'submitted: refused');
	mixed.jar.delete('ory_kratos_session');
	r = await mixed.getJson(`/self-service/settings/flows?id=${flow.id}`);
	is([r.status, r.json.error.id], [401, 'session_inactive'], 'read by nobody: refused');
	r = await mixed.postJson(action, { method: 'profile', csrf_token: csrf, traits: traits(EMAIL) });
	is(r.status, 401, 'submitted by nobody: refused');
	r = await b.postJson(action, { method: 'profile', traits: traits(EMAIL) });
	is([r.status, r.json.error.id], [403, 'security_csrf_violation'], 'without its token: refused');
	r = await b.postJson(action, { csrf_token: csrf, method: 'nonsense' });
	is([r.status, messageIds(r.json)], [400, [4010004]], 'a method of no kind');
	r = await b.getJson('/self-service/settings/flows?id=00000000-0000-4000-8000-000000000000');
	is(r.status, 404, 'an unknown form');

	sql(`UPDATE flows SET expires_at = now() - interval '1 minute' WHERE id = '${flow.id}'`);
	r = await mixed.getJson(`/self-service/settings/flows?id=${flow.id}`);
	is(r.status, 401, 'expired, nobody');
	r = await b.getJson(`/self-service/settings/flows?id=${flow.id}`);
	is([r.status, r.json.error.id], [410, 'self_service_flow_expired'], 'expired');
	r = await mixed.postJson(action, { csrf_token: csrf, method: 'profile' });
	is(r.status, 401, 'submitted when expired, by nobody');
	r = await b.postJson(action, { csrf_token: csrf, method: 'profile' });
	is([r.status, typeof r.json.use_flow_id], [410, 'string'], 'a new one is made');
	r = await b.getJson(`/self-service/settings/flows?id=${r.json.use_flow_id}`);
	is([r.status, messageIds(r.json)], [200, [4050001]], 'that says why');

	r = await b.get('/.well-known/change-password');
	is([r.status, r.headers.location], [303, `${APP}/auth/settings`], 'the well-known way here');
}

async function profile(svc) {
	const b = await signedIn(svc, EMAIL);
	let r = await changeForm(b, { method: 'profile', 'traits.email': EMAIL,
		'traits.name.first': ' Petra', 'traits.name.last': 'Vogel-Huber' });
	is([r.status, r.headers.location], [303, `${APP}/auth/settings?flow=${r.flow.id}`],
		'a form comes back to where it was');
	ok(r.cookies.some((c) => c.startsWith('ory_kratos_session=') && /max-age=\d/i.test(c)),
		'and the session cookie is renewed');
	r = await b.getJson(`/self-service/settings/flows?id=${r.flow.id}`);
	is([r.json.state, messageIds(r.json), r.json.identity.traits.name.last],
		['success', [1050001], 'Vogel-Huber'], 'saved');
	r = await whoami(b);
	is(r.json.identity.traits.name.last, 'Vogel-Huber', 'and it shows');
	is(r.json.identity.verifiable_addresses.length, 1, 'the address stays');

	r = await changeForm(b, { method: 'profile', 'traits.email': 'no address',
		'traits.name.first': '', 'traits.name.last': 'V' });
	r = await b.getJson(`/self-service/settings/flows?id=${r.flow.id}`);
	is(messageIds(r.json).sort(), [4000002, 4000040], 'what is wrong is said at the fields');
	is([node(r.json, 'traits.email').attributes.value, node(r.json, 'traits.name.last').attributes.value],
		['no address', 'V'], 'and what was typed is kept');
	r = await change(b, { method: 'profile', traits: { ...traits(EMAIL), role: 'admin' } });
	is(r.status, 400, 'unknown traits are refused');
	r = await change(b, { method: 'profile', traits: 'x' });
	is(r.status, 400, 'traits that are none');
	r = await change(b, { method: 'profile', traits: { email: { $ne: '' }, name: [] } });
	is(r.status, 400, 'traits of other types');

	r = await change(b, { method: 'profile', traits: traits(OTHER) });
	is([r.status, messageIds(r.json)], [400, [4000007]], 'an address of somebody else');
	is((await whoami(b)).json.identity.traits.email, EMAIL, 'changes nothing');

	r = await b.start('settings', `?return_to=${encodeURIComponent(`${APP}/here`)}`);
	r = await b.postJson(r.action, { csrf_token: r.csrf, method: 'profile',
		traits: traits(EMAIL) });
	is([r.status, r.json.state, r.json.continue_with],
		[200, 'success', [{ action: 'redirect_browser_to', redirect_browser_to: `${APP}/here` }]],
		'a script is told where to go');
	r = await b.getJson('/self-service/settings/browser?return_to=https://evil.example/');
	is([r.status, r.json.error.id], [400, 'self_service_flow_return_to_forbidden'], 'but not anywhere');

	// what someone typed into a form is theirs to see, not the session's to lose
	const big = await b.start('settings');
	r = await b.postJson(big.action, { csrf_token: big.csrf, method: 'profile',
		traits: traits(EMAIL, 'x'.repeat(900000)) });
	is([r.status, messageIds(r.json)], [400, [4000017]], 'a name of 900 kB');
	r = await b.postJson(big.action, { csrf_token: big.csrf, method: 'profile',
		traits: traits(EMAIL, 'x'.repeat(1100000)) });
	is(r.status, 413, 'a body over 1 MiB');
	r = await b.go('POST', big.action, { accept: 'application/json', 'content-type': 'text/plain' },
		`csrf_token=${encodeURIComponent(big.csrf)}&method=profile`);
	ok(r.status === 400 || r.status === 415, 'a body of another type');
}

async function address(svc) {
	const email = 'moving@acme.example';
	const moved = 'moved@acme.example';
	await registerApi(svc, email);
	sql(`UPDATE verifiable_addresses SET verified = true, verified_at = now(), status = 'completed'
		WHERE value = '${email}'`);
	const b = await signedIn(svc, email);
	let r = await change(b, { method: 'profile', traits: traits(moved) });
	is([r.status, r.json.state], [200, 'success'], 'a new address');
	r = (await whoami(b)).json.identity;
	is([r.traits.email, r.verifiable_addresses.map((a) => [a.value, a.verified]),
		r.recovery_addresses.map((a) => a.value)],
	[moved, [[moved, false]], [moved]], 'is not verified, and the only one');
	is(mailed('verifiable_address_changed'), [email], 'the old one is told');
	is((await loginApi(svc, email)).status, 400, 'one signs in by the new one');
	is((await loginApi(svc, moved)).status, 200, 'only');
	r = await change(b, { method: 'profile', traits: traits(moved.toUpperCase()) });
	is([r.status, (await whoami(b)).json.identity.traits.email], [200, moved], 'whatever the case');
	is(mailed('verifiable_address_changed').length, 1, 'is no change');

	// its code
	r = await change(b, { method: 'profile', traits: traits('again@acme.example') });
	is(r.json.continue_with.map((i) => i.action), ['show_verification_ui', 'redirect_browser_to'],
		'the way to verify it is told');
	const step = r.json.continue_with[0].flow;
	is([step.verifiable_address, step.url],
		['again@acme.example', `${APP}/auth/verification?flow=${step.id}`], 'with the form');
	is(lastMail('again@acme.example').type, 'verification_code', 'and mailed');
	await enter(b, step.id, lastMail('again@acme.example').VerificationCode);
	r = (await whoami(b)).json.identity;
	is(r.verifiable_addresses.map((a) => [a.value, a.verified]), [['again@acme.example', true]],
		'its code verifies it');
	is((await b.getJson(`/self-service/verification/flows?id=${step.id}`)).json.state,
		'passed_challenge', 'as ever');

	// two take the same address at once: one gets it
	await registerApi(svc, 'left@acme.example');
	await registerApi(svc, 'right@acme.example');
	const both = await Promise.all(['left', 'right'].map((n) =>
		signedIn(svc, `${n}@acme.example`)));
	const answers = await Promise.all(both.map((x) =>
		change(x, { method: 'profile', traits: traits('middle@acme.example') })));
	is(answers.map((x) => x.status).sort(), [200, 400], 'of two who want an address one gets it');
}

// A code entered at a verification form.
async function enter(b, id, code) {
	const flow = (await b.getJson(`/self-service/verification/flows?id=${id}`)).json;
	return b.postJson(actionOf(flow), { method: 'code', code, csrf_token: csrfOf(flow) });
}

// Mails to addresses one does not have come to an end.
async function limited() {
	const svc = await startService(['identity.limits yes']);
	const email = 'restless@acme.example';
	await registerApi(svc, email);
	const b = await signedIn(svc, email);
	const answers = [];
	for (let i = 0; i < 4; i++) {
		answers.push(await change(b, { method: 'profile', traits: traits('stranger@acme.example') }));
		await change(b, { method: 'profile', traits: traits(`${i}@acme.example`) });
	}
	is(answers.map((r) => r.status), [200, 200, 200, 429], 'an address is mailed to three times');
	ok(Number(answers[3].headers['retry-after']) > 0 && answers[3].json.error.id === 'rate_limit_exceeded',
		'the fourth time is refused');
	is((await change(b, { method: 'profile', traits: traits('3@acme.example', 'Paula') })).status, 200,
		'a name is changed without a mail');
}

// With verify_new_address nothing changes before the code.
async function provenFirst() {
	const svc = await startService(['identity.settings.verify_new_address yes']);
	const email = 'before@acme.example';
	const after = 'after@acme.example';
	await registerApi(svc, email);
	const b = await signedIn(svc, email);
	const address = async () => (await whoami(b)).json.identity.traits.email;
	let r = await change(b, { method: 'profile', traits: traits(after, 'Paula') });
	is([r.status, messageIds(r.json), await address()], [200, [4900107], email],
		'a new address waits');
	is([mailed('verifiable_address_changed').includes(email), (await loginApi(svc, after)).status],
		[false, 400], 'is nobody\'s yet');
	let step = r.json.continue_with[0].flow;
	is(r.json.continue_with[1].redirect_browser_to, step.url, 'and its code is asked for');
	let code = lastMail(after).VerificationCode;
	await enter(b, step.id, otherThan(code));
	is(await address(), email, 'a wrong code changes nothing');
	const waiting = (await b.getJson(`/self-service/verification/flows?id=${step.id}`)).json;
	await b.postJson(actionOf(waiting), { method: 'code', email: after, csrf_token: csrfOf(waiting) });
	await enter(b, step.id, code);
	is(await address(), email, 'nor does an old one, after another was asked for');
	code = lastMail(after).VerificationCode;
	await enter(b, step.id, code);
	r = (await whoami(b)).json.identity;
	is([r.traits.email, r.traits.name.first, r.verifiable_addresses.map((a) => [a.value, a.verified])],
		[after, 'Paula', [[after, true]]], 'the right one does');
	ok(mailed('verifiable_address_changed').includes(email), 'the old address is told then');
	is((await loginApi(svc, after)).status, 200, 'one signs in by the new one');

	r = await changeForm(b, { method: 'profile', 'traits.email': 'third@acme.example',
		'traits.name.first': 'P', 'traits.name.last': 'V' });
	ok(r.status === 303 && r.headers.location.startsWith(`${APP}/auth/verification?flow=`),
		'a form leads to where the code is entered');
	step = { id: new URL(r.headers.location).searchParams.get('flow') };
	code = lastMail('third@acme.example').VerificationCode;
	await change(b, { method: 'profile', traits: traits(after, 'Later') });
	await enter(b, step.id, code);
	r = (await whoami(b)).json.identity;
	is([r.traits.email, r.traits.name.first], [after, 'Later'], 'a later change puts it aside');

	r = await change(b, { method: 'profile', traits: traits('fourth@acme.example') });
	step = r.json.continue_with[0].flow;
	code = lastMail('fourth@acme.example').VerificationCode;
	await registerApi(svc, 'fourth@acme.example');
	await enter(b, step.id, code);
	is(await address(), after, 'an address taken meanwhile stays with who took it');
	is((await change(b, { method: 'profile', traits: traits(EMAIL) })).status, 400,
		'one of somebody else is refused at once');

	r = await change(b, { method: 'profile', traits: traits('thief@acme.example') });
	step = r.json.continue_with[0].flow;
	is((await change(b, { method: 'password', password: 'Another-Horse-8!' })).status, 200, 'a new password');
	await enter(b, step.id, lastMail('thief@acme.example').VerificationCode);
	is(await address(), after, 'puts aside what somebody else may have begun');
	sql(`DELETE FROM mails WHERE template = 'password_changed'`);
}

async function password(svc) {
	const email = 'secret@acme.example';
	await registerApi(svc, email);
	const a = await signedIn(svc, email);
	const b = await signedIn(svc, email);
	const token = (await loginApi(svc, email)).json.session_token;

	let r = await change(a, { method: 'password', password: PASSWORD });
	is([r.status, messageIds(r.json)], [400, [4000039]], 'the same password again is refused');
	for (const [bad, id] of Object.entries({ short: 4000032, password: 4000034,
		'secret@acme.example': 4000031, '': 4000002 })) {
		r = await change(a, { method: 'password', password: bad });
		is([r.status, messageIds(r.json)], [400, [id]], `refused: "${bad}"`);
	}
	is([(await whoami(b)).status, mailed('password_changed')], [200, []], 'nothing has happened');

	r = await change(a, { method: 'password', password: NEW, revoke_other_sessions: false });
	is([r.status, (await whoami(b)).status], [200, 200], 'unticked, the other browser stays');
	ok(node(r.json, 'revoke_other_sessions').attributes.value === true, 'the tick is there again');
	r = await changeForm(a, { method: 'password', password: PASSWORD, revoke_other_sessions: 'false' });
	is([r.status, (await whoami(b)).status], [303, 200], 'by a form too');

	r = await changeForm(a, { method: 'password', password: NEW });
	is([r.status, (await whoami(a)).status], [303, 200], 'a change of password');
	is((await whoami(b)).status, 401, 'ends the other browser');
	is((await request(svc, 'GET', '/sessions/whoami', { 'x-session-token': token })).status, 401,
		'and the session of an API client');
	is(mailed('password_changed'), [email, email, email], 'by mail it is told each time');
	is([(await loginApi(svc, email)).status, (await loginApi(svc, email, NEW)).status], [400, 200],
		'the new one signs in, the old one does not');
	is(sql(`SELECT count(*) FROM flows f WHERE strpos(f::text, '${NEW}') > 0
		OR strpos(f::text, '${PASSWORD}') > 0`), '0', 'no flow keeps a password');

	// no password yet
	const bare = 'bare@acme.example';
	await registerApi(svc, bare);
	const c = await signedIn(svc, bare);
	sql(`DELETE FROM credentials WHERE type = 'password' AND identity_id =
		(SELECT id FROM identities WHERE traits ->> 'email' = '${bare}')`);
	r = await change(c, { method: 'password', password: NEW });
	is([r.status, (await loginApi(svc, bare, NEW)).status], [200, 200], 'the first password of somebody');

	// out of a recovery all others end, whatever is wished
	const d = await signedIn(svc, bare, NEW);
	sql(`UPDATE sessions SET methods = '[{"method":"code_recovery","aal":"aal1"}]' WHERE cookie_hash =
		sha256('${c.jar.get('ory_kratos_session')}')`);
	r = await c.start('settings');
	is(node(r.flow, 'revoke_other_sessions'), undefined, 'after a recovery there is no choice');
	await c.postJson(r.action, { csrf_token: r.csrf, method: 'password', password: PASSWORD,
		revoke_other_sessions: false });
	is([(await whoami(c)).status, (await whoami(d)).status], [200, 401], 'all others end');
}

async function stale(svc) {
	const email = 'stale@acme.example';
	await registerApi(svc, email);
	const b = await signedIn(svc, email);
	const old = () => sql(`UPDATE sessions SET ${HOUR}`);

	old();
	let r = await change(b, { method: 'password', password: NEW });
	is([r.status, r.json.error.id], [403, 'session_refresh_required'], 'an old sign-in is not enough');
	ok(r.json.redirect_browser_to.startsWith(`${AUTH}/self-service/login/browser?refresh=true&`) &&
		r.json.error.details.redirect_browser_to === r.json.redirect_browser_to, 'a script is told the way');
	r = await change(b, { method: 'profile', traits: traits('else@acme.example') });
	is(r.json.error?.id, 'session_refresh_required', 'nor for a new address');
	r = await change(b, { method: 'profile', traits: traits(email, 'Paula') });
	is(r.status, 200, 'but for a new name');
	is(sql('SELECT count(*) FROM parked_submits'), '0', 'of scripts nothing is kept');

	r = await changeForm(b, { method: 'password', password: NEW });
	const { flow } = r;
	is(r.status, 303, 'a form');
	const submit = `${AUTH}/self-service/settings?flow=${flow.id}`;
	is(r.headers.location,
		`${AUTH}/self-service/login/browser?refresh=true&return_to=${encodeURIComponent(submit)}`,
		'goes to sign in, and back to the submit');
	const cookie = r.cookies.find((c) => c.startsWith('ory_kratos_continuity='));
	ok(/; Max-Age=900(;|$)/i.test(cookie) && /; HttpOnly/i.test(cookie) && /; Secure/i.test(cookie) &&
		/; SameSite=Lax/i.test(cookie), 'with a cookie of 15 minutes');
	const kept = sql('SELECT sealed FROM parked_submits');
	ok(kept.startsWith('v1.') && !kept.includes(NEW) &&
		!Buffer.from(kept.slice(3), 'base64url').includes(NEW), 'what it said is kept sealed');

	// not without signing in, not by another session, not by another browser
	const resume = `/self-service/settings?flow=${flow.id}`;
	const thief = await signedIn(svc, email);
	for (const name of b.jar.keys())
		if (name !== 'ory_kratos_session')
			thief.jar.set(name, b.jar.get(name));
	await thief.get(resume);
	is((await loginApi(svc, email)).status, 200, 'another session of the same person applies nothing');
	is(sql('SELECT count(*) FROM parked_submits'), '1', 'and takes nothing away');
	const bare = new Browser(svc);
	bare.jar = new Map(b.jar);
	bare.jar.delete('ory_kratos_continuity');
	r = await bare.get(resume);
	is([r.status, r.headers.location, (await loginApi(svc, email)).status],
		[303, `${APP}/auth/settings?flow=${flow.id}`, 200], 'nor does the session without the cookie');
	r = await b.get(resume);
	is([r.status, new URL(r.headers.location).pathname, (await loginApi(svc, email)).status],
		[303, '/self-service/login/browser', 200], 'nor without signing in: it is asked again');

	r = await b.getJson(`/self-service/login/browser?refresh=true&return_to=${encodeURIComponent(submit)}`);
	is(messageIds(r.json), [1010003], 'signing in anew');
	const before = new Map(b.jar);
	r = await b.post(actionOf(r.json), { method: 'password', identifier: email,
		password: PASSWORD, csrf_token: csrfOf(r.json) });
	is([r.status, r.headers.location], [303, submit], 'leads to the submit');
	r = await b.get(resume);
	is([r.status, r.headers.location], [303, `${APP}/auth/settings?flow=${flow.id}`], 'which is applied');
	ok(!b.jar.has('ory_kratos_continuity'), 'and its cookie ends');
	is([(await loginApi(svc, email)).status, (await loginApi(svc, email, NEW)).status], [400, 200],
		'the new password is set');
	r = await b.getJson(`/self-service/settings/flows?id=${flow.id}`);
	is([r.json.state, messageIds(r.json)], ['success', [1050001]], 'and that is said');

	// once
	await change(b, { method: 'password', password: PASSWORD });
	b.jar.set('ory_kratos_continuity', before.get('ory_kratos_continuity'));
	r = await b.get(resume);
	is([r.status, (await loginApi(svc, email)).status], [303, 200], 'played again it does nothing');
	is((await b.getJson(resume)).status, 404, 'a script is told');

	// at once
	old();
	r = await changeForm(b, { method: 'password', password: NEW });
	const twice = `/self-service/settings?flow=${r.flow.id}`;
	sql('UPDATE sessions SET authenticated_at = now()');
	const changes = () => Number(sql(`SELECT count(*) FROM audit WHERE action = 'password.change'`));
	const sofar = changes();
	await Promise.all([b.get(twice), b.get(twice), b.get(twice)]);
	is(changes() - sofar, 1, 'of three at once one applies it');
	await change(b, { method: 'password', password: PASSWORD });

	// somebody else signs in meanwhile
	old();
	r = await changeForm(b, { method: 'password', password: NEW });
	const nora = new Browser(svc);
	nora.jar = new Map(b.jar);
	nora.jar.set('ory_kratos_session', (await signedIn(svc, OTHER)).jar.get('ory_kratos_session'));
	r = await nora.getJson(`/self-service/settings?flow=${r.flow.id}`);
	is([r.status, r.json.error.id], [403, 'security_identity_mismatch'], 'another person\'s sign-in is refused');
	is([(await loginApi(svc, OTHER)).status, (await loginApi(svc, email)).status], [200, 200],
		'and changes nobody\'s password');

	// a session that ended meanwhile is no error, but a new beginning
	r = await changeForm(b, { method: 'password', password: NEW });
	const again = await signedIn(svc, email);
	again.jar.set('ory_kratos_continuity', b.jar.get('ory_kratos_continuity'));
	r = await again.get(`/self-service/settings?flow=${r.flow.id}`);
	is([r.status, r.headers.location, (await loginApi(svc, email)).status],
		[303, `${AUTH}/self-service/settings/browser`, 200], 'a new session begins anew');

	// late
	old();
	r = await changeForm(b, { method: 'profile', 'traits.email': 'late@acme.example',
		'traits.name.first': 'A', 'traits.name.last': 'B' });
	sql(`UPDATE parked_submits SET expires_at = now(); UPDATE sessions SET authenticated_at = now()`);
	await b.get(`/self-service/settings?flow=${r.flow.id}`);
	is((await whoami(b)).json.identity.traits.email, email, 'too late it does nothing');
	r = await changeForm(b, { method: 'profile', 'traits.email': email,
		'traits.name.first': 'A', 'traits.name.last': 'B' });
	is((await whoami(b)).json.identity.traits.name.first, 'A', 'a form of a fresh session needs none of this');
}

// Whoever owns a second factor proves it before seeing settings.
async function levels(svc) {
	const email = 'careful@acme.example';
	await registerApi(svc, email);
	const b = await signedIn(svc, email);
	const { flow, csrf, action } = await b.start('settings');
	sql(`UPDATE identities SET available_aal = 'aal2' WHERE traits ->> 'email' = '${email}'`);
	const page = `${APP}/auth/settings?flow=${flow.id}`;
	const prove = (back) => `${AUTH}/self-service/login/browser?aal=aal2&return_to=${encodeURIComponent(back)}`;
	let r = await b.get('/self-service/settings/browser');
	is([r.status, r.headers.location], [303, prove(`${AUTH}/self-service/settings/browser`)],
		'a second factor: a browser proves it first');
	for (const [what, answer] of [
		['begun', await b.getJson('/self-service/settings/browser')],
		['read', await b.getJson(`/self-service/settings/flows?id=${flow.id}`)],
		['submitted', await b.postJson(action, { csrf_token: csrf, method: 'password', password: NEW })],
		['resumed', await b.getJson(`/self-service/settings?flow=${flow.id}`)],
		['exported', await b.getJson('/self-service/account/export')],
	])
		is([answer.status, answer.json.error?.id], [403, 'session_aal2_required'], `${what}: refused`);
	r = await b.post(action, { csrf_token: csrf, method: 'password', password: NEW });
	is([r.status, r.headers.location], [303, prove(page)], 'a form is led there');
	is((await loginApi(svc, email)).status, 200, 'nothing has changed');
	const first = await startService(['identity.settings.required_aal aal1']);
	r = await request(first, 'GET', `/self-service/settings/flows?id=${flow.id}`,
		{ accept: 'application/json', cookie: b.cookie() });
	is(r.status, 200, 'unless the first level is enough');
}

// A further host answers for itself: cookies stay there.
async function otherHost() {
	const svc = await startService(['url.domains alias.example']);
	const r = await request(svc, 'GET', '/self-service/settings/browser',
		{ host: 'app.alias.example', accept: 'text/html' });
	const to = new URL(r.headers.location);
	is([r.status, to.origin, to.searchParams.get('return_to')], [303, 'https://app.alias.example',
		'https://app.alias.example/self-service/settings/browser'], 'on another host one stays there');
	const evil = await request(svc, 'GET', '/self-service/settings/browser',
		{ host: 'app.evil.example', accept: 'text/html' });
	is(new URL(evil.headers.location).origin, AUTH, 'if it is one of ours');
}

async function nativeApp(svc) {
	const email = 'native@acme.example';
	await registerApi(svc, email);
	const token = (await loginApi(svc, email)).json.session_token;
	const other = (await loginApi(svc, email)).json.session_token;
	const mine = { 'x-session-token': token };
	let r = await api(svc, 'GET', '/self-service/settings/api', undefined, mine);
	is([r.status, r.json.type, r.cookies], [200, 'api', []], 'an API flow');
	const { id } = r.json;
	is((await api(svc, 'GET', `/self-service/settings/flows?id=${id}`)).status, 401, 'is read with a token only');
	r = await api(svc, 'POST', actionOf(r.json), { method: 'password', password: NEW }, mine);
	is([r.status, r.json.state, r.json.continue_with], [200, 'success', []], 'saved');
	is((await request(svc, 'GET', '/sessions/whoami', { 'x-session-token': other })).status, 401,
		'other tokens end');
	is((await request(svc, 'GET', '/sessions/whoami', mine)).status, 200, 'this one does not');
	sql(`UPDATE sessions SET ${HOUR}`);
	r = await api(svc, 'POST', `/self-service/settings?flow=${id}`, { method: 'password', password: PASSWORD }, mine);
	is([r.status, r.json.error.id], [403, 'session_refresh_required'], 'when the sign-in is old: refused');
}

async function logout(svc) {
	const a = await signedIn(svc, OTHER);
	const b = await signedIn(svc, EMAIL);
	const foreign = (await a.getJson('/self-service/logout/browser')).json.logout_token;
	let r = await b.getJson(`/self-service/logout?token=${foreign}`);
	is([r.status, (await whoami(b)).status], [403, 200], 'a foreign token logs nobody out');
	is((await b.getJson('/self-service/logout')).status, 400, 'nor does none');
	is((await new Browser(svc).getJson(`/self-service/logout?token=${foreign}`)).status, 401,
		'without a session: 401');
	is((await new Browser(svc).getJson('/self-service/logout/browser')).status, 401, 'no session, no token');
	r = await b.getJson(`/self-service/logout/browser?return_to=${encodeURIComponent(`${APP}/bye`)}`);
	const csrf = [...b.jar].find(([k]) => k.startsWith('csrf_token_'));
	r = await b.get(r.json.logout_url.slice(AUTH.length));
	is([r.status, r.headers.location], [303, `${APP}/bye`], 'one\'s own does');
	ok(!b.jar.has('ory_kratos_session') && b.jar.get(csrf[0]) !== csrf[1],
		'the cookie goes, the CSRF cookie is another');
	is((await a.getJson('/self-service/logout/browser?return_to=https://evil.example/')).status, 400,
		'not to anywhere');
	r = await a.getJson('/self-service/logout/browser');
	r = await a.getJson(`/self-service/logout?token=${r.json.logout_token}`);
	is([r.status, r.text], [204, ''], 'scripts get 204');
	const token = (await loginApi(svc, EMAIL)).json.session_token;
	const body = { session_token: token };
	is((await api(svc, 'POST', '/self-service/logout/api', body)).status, 204, 'POST logs out an API client');
	is((await api(svc, 'DELETE', '/self-service/logout/api', body)).status, 204, 'again: still 204');
	is((await api(svc, 'DELETE', '/self-service/logout/api', {})).status, 400, 'nothing named');
	is((await api(svc, 'DELETE', '/self-service/logout/api',
		{ session_token: `ory_st_${'x'.repeat(32)}` })).status, 403, 'unknown');
}

async function account(svc) {
	const email = 'leaving@acme.example';
	await registerApi(svc, email);
	const id = sql(`SELECT id FROM identities WHERE traits ->> 'email' = '${email}'`);
	let b = await signedIn(svc, email);
	const other = await signedIn(svc, email);

	let r = await b.get('/self-service/account/export');
	is([r.status, r.headers['content-type'], r.headers['content-disposition']],
		[200, 'application/json; charset=utf-8', 'attachment; filename="mirai-account.json"'],
		'a copy of all that is known');
	is([r.json.identity.traits.email, r.json.credentials.map((c) => [c.type, c.identifiers]),
		r.json.sessions.length], [email, [['password', [email]]], 3], 'of the person, sessions');
	ok(r.json.audit.some((e) => e.action === 'registration'), 'and what happened');
	ok(!/\$argon2|_hash|ory_st_/.test(r.text) && !r.text.includes(b.jar.get('ory_kratos_session')),
		'holds no secret');
	is((await new Browser(svc).getJson('/self-service/account/export')).status, 401, 'not for nobody');
	sql(`UPDATE sessions SET ${HOUR}`);
	is((await b.getJson('/self-service/account/export')).json.error.id, 'session_refresh_required',
		'not after an old sign-in');
	r = await b.get('/self-service/account/export');
	is([r.status, new URL(r.headers.location).searchParams.get('return_to')],
		[303, `${AUTH}/self-service/account/export`], 'a browser signs in anew first');

	r = await change(b, { method: 'account_delete' });
	is([r.status, r.json.error.id], [403, 'session_refresh_required'], 'nor can the account be ended then');
	sql('UPDATE sessions SET authenticated_at = now()');
	r = await change(b, { method: 'account_delete' });
	is([r.status, r.json.state, messageIds(r.json), r.json.continue_with],
		[200, 'success', [4900105], [{ action: 'redirect_browser_to', redirect_browser_to: `${APP}/auth/login` }]],
		'an account is ended');
	is([(await whoami(b)).status, (await whoami(other)).status], [401, 401], 'everybody is signed out');
	is(mailed('account_deletion'), [email], 'and told by mail');
	is(sql(`SELECT extract(day FROM delete_after - now()) FROM identities WHERE id = '${id}'`), '13',
		'fourteen days to go');

	b = await signedIn(svc, email);
	r = await b.start('settings');
	const names = () => r.flow.ui.nodes.map((n) => n.attributes.id ?? n.attributes.value)
		.filter((name) => /^account_/.test(name));
	is(names(), ['account_export', 'account_due', 'account_keep'], 'until then it can be kept');
	await b.post(r.action, { csrf_token: r.csrf, method: 'account_keep' });
	r = await b.start('settings');
	is(names(), ['account_export', 'account_delete'], 'kept');

	r = await changeForm(b, { method: 'account_delete' });
	is([r.status, r.headers.location, b.jar.has('ory_kratos_session')], [303, `${APP}/auth/login`, false],
		'ended by a form');
	b = await signedIn(svc, email);
	sql(`UPDATE identities SET delete_after = now() WHERE id = '${id}'`);
	await startService(); // sweeps when it starts
	const gone = () => sql(`SELECT count(*) FROM identities WHERE id = '${id}'`) === '0';
	await until('the sweep', gone);
	ok(gone(), 'when the time is over it is deleted');
	is((await whoami(b)).status, 401, 'with its sessions');
	is(sql(`SELECT count(*) FROM audit WHERE identity_id = '${id}' AND action = 'account.delete'`), '1',
		'and the trail knows');
	is((await registerApi(svc, email)).status, 200, 'the address is free again');
}

main(async () => {
	const svc = await startService();
	await registerApi(svc, EMAIL);
	await registerApi(svc, OTHER);
	await who(svc);
	await profile(svc);
	await address(svc);
	await limited();
	await provenFirst();
	await password(svc);
	await stale(svc);
	await levels(svc);
	await otherHost();
	await nativeApp(svc);
	await logout(svc);
	await account(svc);
});
