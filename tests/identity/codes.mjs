// Mailed codes to sign in and up, forms in two screens, and what signing up
// does with an address (rules G-1, G-7, L-9, M-1, E-3, E-4).
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { Configuration, FrontendApi } from '@ory/client';
import { APP, AUTH, Browser, PASSWORD, actionOf, api, apiSubmit, csrfOf, is, loginApi, main,
	messageIds, node, ok, registerApi, request, startService } from './kit/server.mjs';
import { lastMail, mails, otherThan, sql } from './kit/mails.mjs';

const EMAIL = 'cora@acme.example';

function client(svc, headers = {}) {
	return new FrontendApi(new Configuration({ basePath: 'http://auth.mirai.example',
		baseOptions: { socketPath: svc.socketPath, proxy: false, maxRedirects: 0,
			validateStatus: () => true, headers } }));
}

function names(flow) {
	return flow.ui.nodes.map((n) => `${n.attributes.name}:${n.attributes.type}`);
}

function whoami(svc, token) {
	return request(svc, 'GET', '/sessions/whoami', { 'x-session-token': token });
}

function shape(text, email) {
	return text.replaceAll(email, 'WHO').replace(/[0-9a-f-]{36}/g, 'ID')
		.replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME').replace(/"value":"[A-Za-z0-9+/]{86}=="/g, 'TOKEN');
}

async function login(svc) {
	const ory = client(svc);
	let r = await ory.createNativeLoginFlow();
	is(names(r.data), ['csrf_token:hidden', 'identifier:text', 'password:password', 'method:submit',
		'method:submit'], 'a code is one of the ways to sign in');
	const flow = r.data.id;
	const submit = (body) => ory.updateLoginFlow({ flow, updateLoginFlowBody: { method: 'code', ...body } });
	r = await submit({});
	is([r.status, messageIds(r.data)], [400, [4000002]], 'whose?');
	r = await submit({ identifier: ` ${EMAIL.toUpperCase()}` });
	is([r.status, r.data.state, r.data.active, messageIds(r.data)], [400, 'sent_email', 'code', [1010014]], 'sent');
	is(names(r.data), ['csrf_token:hidden', 'identifier:hidden', 'code:text', 'method:submit', 'resend:submit'],
		'the form waits for it');
	is(lastMail(EMAIL).type, 'login_code', 'mailed');
	const first = lastMail(EMAIL).LoginCode;
	do {
		r = await submit({ identifier: EMAIL, resend: 'code' });
	} while (lastMail(EMAIL).LoginCode === first);
	r = await submit({ identifier: EMAIL, code: first });
	is([r.status, r.data.state, messageIds(r.data)], [400, 'sent_email', [4010008]], 'a newer one voids the older');
	sql(`UPDATE verifiable_addresses SET verified = false, status = 'sent' WHERE value = '${EMAIL}'`);
	r = await submit({ identifier: EMAIL, code: lastMail(EMAIL).LoginCode });
	is([r.status, r.data.session?.authentication_methods.map((m) => [m.method, m.aal])],
		[200, [['code', 'aal1']]], 'the right one signs in');
	is((await whoami(svc, r.data.session_token)).json.identity.verifiable_addresses[0].verified, true,
		'and proves the address');
	r = await submit({ identifier: EMAIL, code: lastMail(EMAIL).LoginCode });
	is([r.status, r.data.error?.id ?? messageIds(r.data)[0]], [410, 'self_service_flow_replaced'], 'once');
}

// A mailbox that its owner left opens the account no more.
async function moved(svc) {
	const ory = client(svc);
	const flow = (await ory.createNativeLoginFlow()).data.id;
	const submit = (body) => ory.updateLoginFlow({ flow, updateLoginFlowBody: { method: 'code', identifier: EMAIL, ...body } });
	await submit({});
	sql(`UPDATE verifiable_addresses SET value = 'else@acme.example' WHERE value = '${EMAIL}'`);
	const r = await submit({ code: lastMail(EMAIL).LoginCode });
	is([r.status, messageIds(r.data)], [400, [4010008]], 'a code of an address that is theirs no more');
	sql(`UPDATE verifiable_addresses SET value = '${EMAIL}' WHERE value = 'else@acme.example'`);
}

async function loginBrowser(svc) {
	const b = new Browser(svc);
	const { csrf, action, flow } = await b.start('login');
	const post = (body) => b.post(action, { csrf_token: csrf, method: 'code', identifier: EMAIL, ...body });
	let r = await post({});
	is([r.status, r.headers.location], [303, `${APP}/auth/login?flow=${flow.id}`], 'a page: sent');
	const code = lastMail(EMAIL).LoginCode;
	for (let i = 0; i < 5; i++)
		await post({ code: otherThan(code) });
	is(messageIds((await b.getJson(`/self-service/login/flows?id=${flow.id}`)).json), [4010008], 'wrong codes');
	r = await post({ code });
	ok(r.status === 303 && !r.headers.location.endsWith(flow.id) && !b.jar.has('ory_kratos_session'),
		'the sixth is dead, though right');
	const fresh = (await b.getJson(`/self-service/login/flows?id=${r.headers.location.split('=')[1]}`)).json;
	is([messageIds(fresh), fresh.state], [[4900002], 'choose_method'], 'and a new flow says so');
	const go = (body) => b.postJson(actionOf(fresh), { csrf_token: csrfOf(fresh), ...body });
	await go({ method: 'code', identifier: EMAIL });
	r = await go({ method: 'password', identifier: EMAIL, password: 'wrong' });
	is([r.status, r.json.state, messageIds(r.json)], [400, 'choose_method', [4000006]], 'or the password after all');
	is(node(r.json, 'identifier').attributes.type, 'text', 'of anybody');
	await go({ method: 'code', identifier: EMAIL });
	const all = await Promise.all(Array.from({ length: 4 },
		() => go({ method: 'code', identifier: EMAIL, code: lastMail(EMAIL).LoginCode })));
	is(all.filter((a) => a.status === 200).length, 1, 'of four at once, one signs in');
	is(all.filter((a) => a.json.session).length, 1, 'with one session');
}

async function strangers(svc) {
	const shapes = [];
	for (const email of [EMAIL, 'nobody@acme.example', 'not-an-address']) {
		const init = (await api(svc, 'GET', '/self-service/login/api')).json;
		const sent = await api(svc, 'POST', actionOf(init), { method: 'code', identifier: email });
		const wrong = await api(svc, 'POST', actionOf(init), { method: 'code', identifier: email,
			code: email === EMAIL ? otherThan(lastMail(EMAIL).LoginCode) : '123456' });
		shapes.push([sent.status, shape(sent.text, email), wrong.status, shape(wrong.text, email)]);
	}
	is(shapes[1], shapes[0], 'E-4: an unknown address gets the same bytes');
	is(shapes[2], shapes[0], 'and so does what is none');
	is(mails('nobody@acme.example'), [], 'and no mail');
	const long = await apiSubmit(svc, 'login', { method: 'code', identifier: `${'x'.repeat(600)}@acme.example` });
	is([long.status, messageIds(long.json)], [400, [4000017]], 'an address without end');
}

async function signUp(svc) {
	const ory = client(svc);
	const email = 'nadia@acme.example';
	const traits = { email, name: { last: 'Vogel', first: 'Nadia' } };
	let r = await ory.createNativeRegistrationFlow();
	const flow = r.data.id;
	const submit = (body) => ory.updateRegistrationFlow({ flow,
		updateRegistrationFlowBody: { method: 'code', ...body } });
	r = await submit({ traits: { email: 'x', name: {} } });
	is([r.status, r.data.state, messageIds(r.data).length], [400, 'choose_method', 3], 'traits are checked first');
	r = await submit({ traits });
	is([r.status, r.data.state, messageIds(r.data)], [400, 'sent_email', [1040005]], 'a code is sent');
	is(names(r.data), ['csrf_token:hidden', 'traits.email:hidden', 'traits.name.first:hidden',
		'traits.name.last:hidden', 'code:text', 'method:submit', 'resend:submit'], 'the form waits for it');
	is(sql(`SELECT count(*) FROM identities WHERE traits ->> 'email' = '${email}'`), '0', 'nobody is made yet');
	const code = lastMail(email).RegistrationCode;
	r = await submit({ traits: { ...traits, email: 'other@acme.example' }, code });
	is([r.status, messageIds(r.data)], [400, [4000036]], 'for another address');
	r = await submit({ traits, code: otherThan(code) });
	is([r.status, messageIds(r.data)], [400, [4040003]], 'a wrong code');
	r = await submit({ traits, code });
	is([r.status, r.data.identity?.verifiable_addresses[0].verified, typeof r.data.session_token],
		[200, true, 'string'], 'the right one makes a person with a proven address');
	is(mails(email).map((m) => m.type), ['registration_code'], 'one mail, no verification');
	is(sql(`SELECT type FROM credentials c JOIN identities i ON i.id = c.identity_id
		WHERE i.traits ->> 'email' = '${email}'`), 'code', 'who signs in by code');
	r = await ory.createNativeRegistrationFlow();
	const again = r.data.id;
	const more = (body) => ory.updateRegistrationFlow({ flow: again,
		updateRegistrationFlowBody: { method: 'code', ...body } });
	await more({ traits });
	r = await more({ code: lastMail(email).RegistrationCode });
	is([r.status, r.data.state, messageIds(r.data)], [400, 'choose_method', [4000007]],
		'a second time: taken, told to the owner only');
}

// A mailed code as second factor, unless the first one was mailed as well.
async function second(svc) {
	const ory = client(svc);
	let r = await loginApi(svc, EMAIL);
	const token = r.json.session_token;
	r = await ory.createNativeLoginFlow({ aal: 'aal2', xSessionToken: token });
	is([r.status, r.data.requested_aal, messageIds(r.data)], [200, 'aal2', [1010004]], 'a second factor');
	is([names(r.data), node(r.data, 'address').attributes.value, node(r.data, 'address').meta.label.id],
		[['csrf_token:hidden', 'address:submit'], EMAIL, 1010023], 'by mail');
	const flow = r.data.id;
	const submit = (body) => ory.updateLoginFlow({ flow, xSessionToken: token,
		updateLoginFlowBody: { method: 'code', ...body } });
	r = await submit({ address: 'eve@evil.example' });
	is([r.status, r.data.state], [400, 'sent_email'], 'sent');
	is([mails('eve@evil.example').length, lastMail(EMAIL).type], [0, 'login_code'], 'to the owner, whatever was asked for');
	r = await submit({ code: otherThan(lastMail(EMAIL).LoginCode) });
	is([r.status, messageIds(r.data)], [400, [4010008]], 'a wrong one');
	r = await submit({ code: lastMail(EMAIL).LoginCode });
	is([r.status, r.data.session.authenticator_assurance_level,
		r.data.session.authentication_methods.map((m) => m.method)], [200, 'aal2', ['password', 'code']],
	'the right one raises the session');
	is((await whoami(svc, token)).json.authenticator_assurance_level, 'aal2', 'the same one');

	// somebody who came by code has nothing else to prove
	const init = (await api(svc, 'GET', '/self-service/login/api')).json;
	await api(svc, 'POST', actionOf(init), { method: 'code', identifier: EMAIL });
	r = await api(svc, 'POST', actionOf(init), { method: 'code', identifier: EMAIL, code: lastMail(EMAIL).LoginCode });
	r = await ory.createNativeLoginFlow({ aal: 'aal2', xSessionToken: r.json.session_token });
	is(r.status, 400, 'Y-5: two mails are one factor');
}

async function off(svc) {
	const flow = (await api(svc, 'GET', '/self-service/login/api')).json;
	is(names(flow), ['csrf_token:hidden', 'identifier:text', 'password:password', 'method:submit'],
		'by default nobody signs in by code');
	const r = await api(svc, 'POST', actionOf(flow), { method: 'code', identifier: EMAIL });
	is([r.status, messageIds(r.json)], [400, [4010002]], 'nor is asked');
	const up = await apiSubmit(svc, 'registration', { method: 'code', traits: { email: 'z@acme.example',
		name: { first: 'Z', last: 'Z' } } });
	is([up.status, messageIds(up.json)], [400, [4010003]], 'nor signs up');
}

async function withoutPassword(svc) {
	const flow = (await api(svc, 'GET', '/self-service/login/api')).json;
	is(names(flow), ['csrf_token:hidden', 'identifier:text', 'method:submit'], 'a site without passwords');
	is(node(flow, 'method').attributes.value, 'code', 'signs in by code');
	const r = await api(svc, 'POST', actionOf(flow), { method: 'password', identifier: EMAIL, password: PASSWORD });
	is([r.status, messageIds(r.json)], [400, [4010002]], 'and takes none');
}

async function twoScreens(svc) {
	const b = new Browser(svc);
	let { flow, csrf, action } = await b.start('login');
	is(names(flow), ['csrf_token:hidden', 'identifier:text', 'method:submit'], 'L-9: first who it is');
	is([node(flow, 'method').attributes.value, node(flow, 'method').group], ['identifier_first', 'identifier_first'],
		'by a method of its own');
	const shapes = [];
	for (const email of [EMAIL, 'nobody@acme.example']) {
		({ flow, csrf, action } = await b.start('login'));
		const r = await b.postJson(action, { csrf_token: csrf, method: 'identifier_first', identifier: email });
		is([r.status, names(r.json)], [400, ['csrf_token:hidden', 'identifier:hidden', 'password:password',
			'method:submit']], 'then the proof');
		shapes.push(shape(r.text, email));
	}
	is(shapes[1], shapes[0], 'E-4: the same for everybody');
	({ flow, csrf, action } = await b.start('login'));
	let r = await b.postJson(action, { csrf_token: csrf, method: 'identifier_first', identifier: '' });
	is([r.status, messageIds(r.json), r.json.ui.nodes.length], [400, [4000002], 3], 'nobody');
	await b.postJson(action, { csrf_token: csrf, method: 'identifier_first', identifier: EMAIL });
	r = await b.postJson(action, { csrf_token: csrf, method: 'password', identifier: EMAIL, password: PASSWORD });
	is([r.status, r.json.session?.identity.traits.email], [200, EMAIL], 'signed in');

	const c = new Browser(svc);
	({ flow, csrf, action } = await c.start('registration'));
	is([names(flow).slice(1), node(flow, 'method').attributes.value], [['traits.email:email', 'traits.name.first:text',
		'traits.name.last:text', 'method:submit'], 'profile'], 'G-1: first the profile');
	const traits = { email: 'otto@acme.example', name: { first: 'Otto', last: 'Vogel' } };
	const submit = (body) => c.postJson(action, { csrf_token: csrf, ...body });
	r = await submit({ method: 'profile', traits: { ...traits, email: '' } });
	is([r.status, messageIds(r.json), names(r.json).includes('password:password')], [400, [4000003], false], 'checked');
	r = await submit({ method: 'profile', traits });
	is([r.status, names(r.json).slice(1)], [400, ['traits.email:hidden', 'traits.name.first:hidden',
		'traits.name.last:hidden', 'screen:submit', 'password:password', 'method:submit']], 'then the password');
	is([node(r.json, 'screen').attributes.value, node(r.json, 'screen').meta.label.id], ['previous', 1040008], 'or back');
	r = await submit({ screen: 'previous' });
	is([r.status, node(r.json, 'traits.email').attributes.value, node(r.json, 'traits.email').attributes.type],
		[400, traits.email, 'email'], 'with what was typed');
	await submit({ method: 'profile', traits });
	r = await submit({ method: 'password', password: PASSWORD });
	is([r.status, r.json.identity?.traits.email, r.json.identity?.traits.name.first], [200, traits.email, 'Otto'],
		'signed up');
}

async function toVerification(svc) {
	const ory = client(svc);
	const email = 'gina@acme.example';
	let r = await ory.createNativeRegistrationFlow();
	r = await ory.updateRegistrationFlow({ flow: r.data.id, updateRegistrationFlowBody: { method: 'password',
		password: PASSWORD, traits: { email, name: { first: 'Gina', last: 'Vogel' } } } });
	is([r.status, r.data.continue_with.map((i) => i.action)], [200, ['set_ory_session_token', 'show_verification_ui']],
		'G-7: an app is told how to go on');
	const item = r.data.continue_with[1].flow;
	is([item.verifiable_address, item.url], [email, undefined], 'with the address');
	is((await ory.getVerificationFlow({ id: item.id })).data.state, 'sent_email', 'to a flow that waits');
	r = await ory.updateVerificationFlow({ flow: item.id, updateVerificationFlowBody: { method: 'code',
		code: lastMail(email).VerificationCode } });
	is(r.data.state, 'passed_challenge', 'for the mailed code');

	const b = new Browser(svc);
	const { csrf, action } = await b.start('registration',
		`?return_to=${APP}/one&after_verification_return_to=${APP}/two`);
	r = await b.post(action, { csrf_token: csrf, method: 'password', password: PASSWORD,
		'traits.email': 'hans@acme.example', 'traits.name.first': 'Hans', 'traits.name.last': 'Vogel' });
	ok(r.status === 303 && r.headers.location.startsWith(`${APP}/auth/verification?flow=`), 'pages go there first');
	ok(b.jar.has('ory_kratos_session'), 'signed in');
	const flow = (await b.getJson(`/self-service/verification/flows?id=${r.headers.location.split('=')[1]}`)).json;
	is([flow.state, messageIds(flow)], ['sent_email', [1080003]], 'the flow is this browser\'s');
	r = await b.postJson(actionOf(flow), { csrf_token: csrfOf(flow), method: 'code',
		code: lastMail('hans@acme.example').VerificationCode });
	is(r.json.ui.action, `${APP}/two`, 'and leads where it was to lead');
	const bad = await b.go('GET', '/self-service/registration/browser?after_verification_return_to=https://evil.example',
		{ accept: 'application/json', cookie: '' });
	is([bad.status, bad.json.error.id], [400, 'self_service_flow_return_to_forbidden'], 'not to strangers');
}

async function mitigated(svc) {
	const answers = [];
	for (const email of ['iris@acme.example', EMAIL]) {
		const traits = { email, name: { first: 'Iris', last: 'Vogel' } };
		const r = await apiSubmit(svc, 'registration', { method: 'password', password: PASSWORD, traits });
		const id = r.json.continue_with?.[0]?.flow?.id;
		const flow = await api(svc, 'GET', `/self-service/verification/flows?id=${id}`);
		const wrong = await api(svc, 'POST', `/self-service/verification?flow=${id}`, { method: 'code',
			code: email === EMAIL ? '123456' : otherThan(lastMail(email).VerificationCode) });
		answers.push([r.status, shape(r.text, email), shape(flow.text, email), shape(wrong.text, email)]);
	}
	is(answers[0][0], 200, 'E-3: somebody new');
	is(answers[1], answers[0], 'and somebody known get the same bytes');
	is(lastMail('iris@acme.example').type, 'verification_code', 'the new one a code');
	const told = lastMail(EMAIL);
	is([told.type, told.LoginURL, told.ResetURL], ['registration_exists', `${AUTH}/self-service/login/browser`,
		`${AUTH}/self-service/recovery/browser`], 'the known one a notice');
	is(sql(`SELECT count(*) FROM identities WHERE traits ->> 'email' = '${EMAIL}'`), '1', 'and stays one');
	const pages = [];
	for (const email of ['jana@acme.example', EMAIL]) {
		const b = new Browser(svc);
		const { csrf, action } = await b.start('registration');
		const r = await b.post(action, { csrf_token: csrf, method: 'password', password: PASSWORD,
			'traits.email': email, 'traits.name.first': 'J', 'traits.name.last': 'Vogel' });
		const page = r.headers.location ?? '';
		pages.push([r.status, page.replace(/[0-9a-f-]{36}/, 'ID'),
			shape((await b.getJson(`/self-service/verification/flows?id=${page.split('=')[1]}`)).text, email)]);
	}
	ok(pages[0][1].endsWith('/auth/verification?flow=ID'), 'pages lead to the mailed code');
	is(pages[1], pages[0], 'alike');
	const codes = [];
	for (const email of ['kira@acme.example', EMAIL]) {
		const traits = { email, name: { first: 'K', last: 'Vogel' } };
		const r = await apiSubmit(svc, 'registration', { method: 'code', traits });
		codes.push([r.status, shape(r.text, email), r.json.state]);
	}
	is(codes[1], codes[0], 'so does signing up by code');
	is([lastMail('kira@acme.example').type, lastMail(EMAIL).type], ['registration_code', 'registration_exists'],
		'with a mail each');
}

function refused(line, why) {
	const conf = path.join(process.env.TEST_DIR, 'refused.conf');
	fs.writeFileSync(conf, ['identity.secrets 0123456789abcdef0123456789abcdef', `url.auth ${AUTH}`,
		`url.app ${APP}`, 'cache.path', line, ''].join('\n'));
	const r = spawnSync(path.join(process.env.BUILD, 'bin/mirai-identity'),
		['-f', conf, '-s', path.join(process.env.TEST_DIR, 'refused.fcgi')], { timeout: 60000 });
	ok(r.status === 1 && r.stderr.toString().includes(why), `does not start: ${line}`);
}

main(async () => {
	const CODE = 'identity.methods.code.passwordless yes';
	const svc = await startService([CODE, 'identity.methods.code.mfa yes']);
	await registerApi(svc, EMAIL);
	await login(svc);
	await moved(svc);
	await loginBrowser(svc);
	await strangers(svc);
	await signUp(svc);
	await second(svc);
	await off(await startService());
	await withoutPassword(await startService([CODE, 'identity.methods.password no']));
	await twoScreens(await startService(['identity.login.style identifier_first',
		'identity.registration.style profile_first']));
	await toVerification(await startService(['identity.registration.show_verification yes']));
	await mitigated(await startService([CODE, 'identity.enumeration.mitigate yes',
		'identity.registration_session no']));
	refused('identity.enumeration.mitigate yes', 'identity.enumeration.mitigate: needs');
	refused('identity.recovery.method link', 'identity.recovery.method: this method is off');
	refused('identity.verification.method pigeon', 'identity.verification.method: must be code or link');
});
