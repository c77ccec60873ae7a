// Verification of addresses by code and by link, by the rules V-1 to V-5.
import { Configuration, FrontendApi } from '@ory/client';
import { APP, AUTH, Browser, actionOf, api, csrfOf, is, main, messageIds, node, ok,
	registerApi, request, startService } from './kit/server.mjs';
import { lastMail, mails, otherThan, sql } from './kit/mails.mjs';

const EMAIL = 'vera@acme.example';

function isVerified(email = EMAIL) {
	return sql(`SELECT verified, status FROM verifiable_addresses WHERE value = '${email}'`);
}

function unverify() {
	sql(`UPDATE verifiable_addresses SET verified = false, verified_at = NULL, status = 'pending'`);
}

function names(flow) {
	return flow.ui.nodes.map((n) => `${n.attributes.name ?? n.attributes.id}:${n.attributes.type ?? n.type}`);
}

// A browser's flow that waits for its code; { b, flow, code, send }.
async function sent(svc, email = EMAIL) {
	const b = new Browser(svc);
	const { flow, csrf, action } = await b.start('verification');
	const send = (fields) => b.postJson(action, { csrf_token: csrf, ...fields });
	const r = await send({ method: 'code', email });
	return { b, flow: r.json, r, action, csrf, send, mail: lastMail(email) };
}

async function byScript(svc) {
	const b = new Browser(svc);
	const { r, flow, csrf, action } = await b.start('verification');
	is([r.status, flow.state, flow.type, flow.active], [200, 'choose_method', 'browser', undefined],
		'a verification begins');
	is(names(flow), ['csrf_token:hidden', 'email:email', 'method:submit'], 'V-1: its nodes');
	is([node(flow, 'email').group, node(flow, 'email').attributes.required,
		node(flow, 'email').meta.label.id, node(flow, 'method').attributes.value,
		node(flow, 'method').meta.label.id], ['code', true, 1070007, 'code', 1070005], 'and what they hold');
	const bad = [['', 4000002], ['vera', 4000040], ['a@b, c@d', 4000040], ['a b@c.example', 4000040]];
	for (const [email, id] of bad) {
		const no = await b.postJson(action, { method: 'code', csrf_token: csrf, email });
		is([no.status, messageIds(no.json), no.json.state], [400, [id], 'choose_method'],
			`not an address: "${email}"`);
	}
	const forged = await b.postJson(action, { method: 'code', email: EMAIL });
	is([forged.status, forged.json.error?.id], [403, 'security_csrf_violation'], 'no token, no mail');
	is(mails(EMAIL).length, 1, 'but that of the sign-up');

	let s = await b.postJson(action, { method: 'code', email: ` ${EMAIL.toUpperCase()} `,
		csrf_token: csrf });
	is([s.status, s.json.state, s.json.active, messageIds(s.json)],
		[200, 'sent_email', 'code', [1080003]], 'V-1: sent');
	is(names(s.json), ['csrf_token:hidden', 'code:text', 'method:hidden', 'method:submit', 'email:submit'],
		'V-2: its nodes');
	const field = node(s.json, 'code').attributes;
	is([field.autocomplete, field.maxlength, field.pattern, field.value],
		['one-time-code', 6, '[0-9]+', undefined], 'six digits');
	is([node(s.json, 'email').attributes.value, node(s.json, 'email').meta.label.id,
		node(s.json, 'code').meta.label.id], [EMAIL, 1070008, 1070011], 'and the resend button');
	is(isVerified(), 'f|sent', 'the address waits');
	const mail = lastMail(EMAIL);
	is([mail.type, mail.valid, /^\d{6}$/.test(mail.VerificationCode), mail.ExpiresInMinutes],
		['verification_code', true, true, 60], 'the mail');
	is(mail.VerificationURL, `${AUTH}/self-service/verification?flow=${flow.id}&code=${mail.VerificationCode}`,
		'with its link');

	s = await b.postJson(action, { method: 'code', csrf_token: csrf, code: otherThan(mail.VerificationCode),
		email: EMAIL });
	is([s.status, s.json.state, messageIds(s.json)], [200, 'sent_email', [4070006]],
		'V-2, V-3: the code wins, and is wrong');
	is(mails(EMAIL).length, 2, 'nothing was sent again');
	is(node(s.json, 'code').attributes.value, undefined, 'U-5: what was typed is not shown');
	s = await b.postJson(action, { method: 'code', csrf_token: csrf, code: ` ${mail.VerificationCode} ` });
	is([s.status, s.json.state, messageIds(s.json)], [200, 'passed_challenge', [1080002]], 'V-3: right');
	is([s.json.ui.method, s.json.ui.action], ['GET', `${APP}/dashboard`], 'U-1: and on it goes');
	const go = s.json.ui.nodes.find((n) => n.type === 'a');
	is([go.attributes.id, go.attributes.href, go.attributes.title.id, go.meta.label.id],
		['continue', `${APP}/dashboard`, 1070009, 1070009], 'by an anchor');
	is(isVerified(), 't|completed', 'the address is verified');
	is(b.jar.has('ory_kratos_session'), false, 'V-4: nobody is signed in');
	s = await b.postJson(action, { method: 'code', csrf_token: csrf, code: mail.VerificationCode });
	is([s.status, s.json.state, messageIds(s.json), s.json.id === flow.id],
		[200, 'choose_method', [4070002], false], 'V-5: once more is a new flow');
	const read = await b.getJson(`/self-service/verification/flows?id=${flow.id}`);
	is([read.status, read.json.state, read.json.ui.method], [200, 'passed_challenge', 'GET'], 'the old one stays');
}

async function byForm(svc) {
	unverify();
	const b = new Browser(svc);
	const to = `${APP}/x?y=1`;
	let r = await b.get(`/self-service/verification/browser?return_to=${encodeURIComponent(to)}`);
	is([r.status, r.headers.location.startsWith(`${APP}/auth/verification?flow=`)], [303, true],
		'a page begins');
	const id = r.headers.location.split('=')[1];
	const flow = (await b.getJson(`/self-service/verification/flows?id=${id}`)).json;
	is(flow.return_to, to, 'with where it leads');
	const fields = { csrf_token: csrfOf(flow), method: 'code' };
	r = await b.post(actionOf(flow), { ...fields, email: EMAIL });
	is([r.status, r.headers.location], [303, `${APP}/auth/verification?flow=${id}`], 'sent');
	const code = lastMail(EMAIL).VerificationCode;
	r = await b.post(actionOf(flow), { ...fields, code: otherThan(code) });
	is([r.status, r.headers.location], [303, `${APP}/auth/verification?flow=${id}`], 'a wrong code');
	is(messageIds((await b.getJson(`/self-service/verification/flows?id=${id}`)).json), [4070006], 'is said');
	r = await b.post(actionOf(flow), { ...fields, code });
	is([r.status, r.headers.location], [303, `${APP}/auth/verification?flow=${id}`], 'the right one');
	const done = (await b.getJson(`/self-service/verification/flows?id=${id}`)).json;
	is([done.state, done.ui.action], ['passed_challenge', to], 'leads on');
	r = await b.post(actionOf(flow), { ...fields, code });
	ok(r.status === 303 && r.headers.location !== `${APP}/auth/verification?flow=${id}`, 'a second time: a new flow');
	r = await b.get(`/self-service/verification/browser?return_to=https://evil.example`);
	is([r.status, r.headers.location.startsWith(`${APP}/auth/error?id=`)], [303, true], 'not to strangers');
}

// The link of the mail, followed by the owner, and by a machine before.
async function byMailedLink(svc) {
	unverify();
	const { b, flow, csrf, action, mail } = await sent(svc);
	const url = mail.VerificationURL.slice(AUTH.length);
	const scanner = new Browser(svc);
	let r = await scanner.get(url);
	is([r.status, r.headers.location], [303, `${APP}/auth/verification?flow=${flow.id}`],
		'V-4: the link leads to the form');
	is((await request(svc, 'HEAD', url)).status, 303, 'HEAD as well');
	is(isVerified(), 'f|sent', 'and verifies nothing');
	const phone = new Browser(svc);
	r = await phone.get(url);
	is(r.cookies.some((c) => c.startsWith('csrf_token_')), true, 'the browser that opens it gets its token');
	const there = await phone.getJson(`/self-service/verification/flows?id=${flow.id}`);
	is([there.status, node(there.json, 'code').attributes.value], [200, mail.VerificationCode],
		'the code is filled in');
	const here = await b.getJson(`/self-service/verification/flows?id=${flow.id}`);
	is([here.status, names(here.json)], [200, names(there.json)], 'the browser that began it still has it');
	is(JSON.stringify(here.json).includes(mail.VerificationCode), false, 'and is not told the code: it may be a thief');
	is(sql(`SELECT ui::text LIKE '%${mail.VerificationCode}%' FROM flows WHERE id = '${flow.id}'`), 'f',
		'nor is a copy of the database');
	const stranger = await new Browser(svc).getJson(`/self-service/verification/flows?id=${flow.id}`);
	is([stranger.status, stranger.json.error.id], [403, 'security_csrf_violation'], 'others have not');
	r = await b.postJson(action, { method: 'code', csrf_token: csrf, code: otherThan(mail.VerificationCode) });
	is(messageIds(r.json), [4070006], 'it may go on where it began');
	r = await phone.post(actionOf(there.json), { method: 'code', csrf_token: csrfOf(there.json),
		code: mail.VerificationCode });
	is([r.status, isVerified()], [303, 't|completed'], 'or where it was opened');
	r = await phone.get(url);
	ok(r.status === 303 && !r.headers.location.endsWith(flow.id), 'opened again: a new flow');
	r = await phone.get('/self-service/verification?flow=00000000-0000-4000-8000-000000000000&code=1');
	is(r.status, 303, 'a link of no flow');
	ok(r.headers.location.includes('/auth/error?id='), 'leads to the error page');
}

// What the page would show: the flow, read as the pages' program does.
function pageShows(b, id) {
	const csrf = b.jar.get([...b.jar.keys()].find((k) => k.startsWith('csrf_token_')));
	return sql(`SELECT count(*) FROM page_flow('${id}', 'verification', '${decodeURIComponent(csrf)}', NULL, NULL)`) === '1';
}

async function byLink(svc) {
	unverify();
	const b = new Browser(svc);
	let { flow, csrf, action } = await b.start('verification');
	is([node(flow, 'method').attributes.value, node(flow, 'email').group], ['link', 'link'], 'by link');
	const r = await b.postJson(action, { csrf_token: csrf, method: 'link', email: EMAIL });
	is([r.json.state, messageIds(r.json)], ['sent_email', [1080001]], 'sent');
	const mail = lastMail(EMAIL);
	is([mail.type, mail.VerificationCode], ['verification', undefined], 'without a code');
	const url = mail.VerificationURL.slice(AUTH.length);
	const scanner = new Browser(svc);
	await scanner.get(url);
	is(isVerified(), 'f|sent', 'whoever only follows it verifies nothing');
	const phone = new Browser(svc);
	is((await phone.get(url)).headers.location, `${APP}/auth/verification?flow=${flow.id}`, 'it leads to the form');
	is([pageShows(b, flow.id), pageShows(scanner, flow.id), pageShows(phone, flow.id)], [true, true, true],
		'the page is for all of them');
	const other = new Browser(svc);
	await other.start('verification');
	is(pageShows(other, flow.id), false, 'and for nobody else');
	flow = (await phone.getJson(`/self-service/verification/flows?id=${flow.id}`)).json;
	const token = node(flow, 'token').attributes.value;
	let s = await phone.postJson(actionOf(flow), { csrf_token: csrfOf(flow), method: 'link', token: `x${token}` });
	is([s.json.state, messageIds(s.json)], ['sent_email', [4070001]], 'another token');
	s = await phone.postJson(actionOf(flow), { csrf_token: csrfOf(flow), method: 'link', token });
	is([s.json.state, messageIds(s.json), isVerified()], ['passed_challenge', [1080002], 't|completed'], 'the right one');
	s = await phone.postJson(actionOf(flow), { csrf_token: csrfOf(flow), method: 'link', token });
	is(messageIds(s.json), [4070002], 'once');

	// an app's flow goes on in the browser that opens the link
	unverify();
	const init = (await api(svc, 'GET', '/self-service/verification/api')).json;
	await api(svc, 'POST', actionOf(init), { method: 'link', email: EMAIL });
	const tab = new Browser(svc);
	const page = await tab.get(lastMail(EMAIL).VerificationURL.slice(AUTH.length));
	is(page.headers.location, `${APP}/auth/verification?flow=${init.id}`, 'an app\'s link opens in a browser');
	flow = (await tab.getJson(`/self-service/verification/flows?id=${init.id}`)).json;
	s = await tab.postJson(actionOf(flow), { csrf_token: csrfOf(flow), method: 'link',
		token: node(flow, 'token').attributes.value });
	is([s.json.state, isVerified()], ['passed_challenge', 't|completed'], 'and verifies there');
}

async function resend(svc) {
	unverify();
	const { send, flow, mail } = await sent(svc);
	let r = await send({ email: EMAIL });
	is([r.json.state, messageIds(r.json), r.json.id], ['sent_email', [1080003], flow.id], 'sent again');
	let second = lastMail(EMAIL);
	while (second.VerificationCode === mail.VerificationCode) {
		await send({ email: EMAIL });
		second = lastMail(EMAIL);
	}
	r = await send({ code: mail.VerificationCode });
	is([messageIds(r.json), isVerified()], [[4070006], 'f|sent'], 'the older code is void');
	const before = mails(EMAIL).length;
	r = await send({});
	is([r.json.state, mails(EMAIL).length], ['sent_email', before + 1], 'neither field: sent to the same');
	r = await send({ code: lastMail(EMAIL).VerificationCode });
	is(r.json.state, 'passed_challenge', 'the newest is good');
}

async function brute(svc) {
	unverify();
	const { send, flow, mail } = await sent(svc);
	const wrong = otherThan(mail.VerificationCode);
	for (let i = 0; i < 5; i++)
		is(messageIds((await send({ code: wrong })).json), [4070006], `wrong code ${i + 1}`);
	let r = await send({ code: mail.VerificationCode });
	is([r.json.state, messageIds(r.json), r.json.id === flow.id],
		['choose_method', [4900002], false], 'the sixth is dead, though right');
	await send({ email: EMAIL });
	r = await send({ code: lastMail(EMAIL).VerificationCode });
	is([messageIds(r.json), isVerified()], [[4900002], 'f|sent'], 'a new code buys no more of them');
}

async function rivals(svc) {
	unverify();
	const { send, mail } = await sent(svc);
	const all = await Promise.all(Array.from({ length: 5 },
		() => send({ code: mail.VerificationCode })));
	is(all.filter((r) => r.json.state === 'passed_challenge').length, 1, 'of five at once, one wins');
	is(sql(`SELECT count(*) FROM audit WHERE action = 'verification' AND result = 'ok'
		AND at > now() - interval '1 minute' AND identity_id = (SELECT identity_id
		FROM verifiable_addresses WHERE value = '${EMAIL}')`) > 0, true, 'and it is on record');
	const { send: other, mail: theirs } = await sent(svc);
	const { send: foreign } = await sent(svc);
	is(messageIds((await foreign({ code: theirs.VerificationCode })).json), [4070006],
		'a code is of its flow');
	sql(`UPDATE onetime_codes SET expires_at = now() - interval '1 second'`);
	is(messageIds((await other({ code: theirs.VerificationCode })).json), [4070006], 'and of its hour');
}

function shape(text, email) {
	return text.replaceAll(email, 'WHO').replace(/[0-9a-f-]{36}/g, 'ID')
		.replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME').replace(/"value":"[A-Za-z0-9+/]{86}=="/g, 'TOKEN');
}

async function strangers(svc) {
	const known = await sent(svc);
	const unknown = await sent(svc, 'nobody@acme.example');
	is(unknown.r.status, 200, 'an unknown address');
	is(shape(unknown.r.text, 'nobody@acme.example'), shape(known.r.text, EMAIL), 'gets the same bytes');
	const wrong = [await known.send({ code: otherThan(known.mail.VerificationCode) }),
		await unknown.send({ code: '123456' })];
	is(shape(wrong[1].text, 'nobody@acme.example'), shape(wrong[0].text, EMAIL), 'for a wrong code, too');
	is(mails('nobody@acme.example').length, 0, 'and no mail');
}

async function expired(svc) {
	const { b, flow, action, csrf } = await sent(svc);
	sql(`UPDATE flows SET expires_at = now() - interval '2 minutes' WHERE id = '${flow.id}'`);
	let r = await b.postJson(action, { method: 'code', csrf_token: csrf, code: '123456' });
	is([r.status, r.json.error.id, typeof r.json.use_flow_id],
		[410, 'self_service_flow_expired', 'string'], 'an expired flow');
	const fresh = await b.getJson(`/self-service/verification/flows?id=${r.json.use_flow_id}`);
	is(messageIds(fresh.json), [4070005], 'is replaced');
	r = await b.post(action, { method: 'code', csrf_token: csrf, code: '123456' });
	ok(r.status === 303 && r.headers.location.includes('/auth/verification?flow='), 'for forms as well');
}

async function official(svc) {
	unverify();
	const ory = new FrontendApi(new Configuration({ basePath: 'http://auth.mirai.example',
		baseOptions: { socketPath: svc.socketPath, proxy: false, maxRedirects: 0,
			validateStatus: () => true } }));
	let r = await ory.createNativeVerificationFlow();
	is([r.status, r.data.type, r.data.state], [200, 'api', 'choose_method'], 'an app begins');
	const flow = r.data.id;
	r = await ory.updateVerificationFlow({ flow, updateVerificationFlowBody: { method: 'code', email: EMAIL } });
	is([r.status, r.data.state, r.data.active], [200, 'sent_email', 'code'], 'sends');
	is((await ory.getVerificationFlow({ id: flow })).data.state, 'sent_email', 'reads');
	const mail = lastMail(EMAIL);
	is(mail.VerificationURL, undefined, 'no link, which could not come back to the app');
	r = await ory.updateVerificationFlow({ flow, updateVerificationFlowBody: { method: 'code',
		code: otherThan(mail.VerificationCode) } });
	is([r.status, messageIds(r.data)], [200, [4070006]], 'a wrong code');
	r = await ory.updateVerificationFlow({ flow, updateVerificationFlowBody: { method: 'code',
		code: mail.VerificationCode } });
	is([r.status, r.data.state, messageIds(r.data), isVerified()],
		[200, 'passed_challenge', [1080002], 't|completed'], 'verifies');
	is(r.headers['set-cookie'], undefined, 'without a cookie');
	r = await ory.updateVerificationFlow({ flow, updateVerificationFlowBody: { method: 'link', email: EMAIL } });
	is([r.data.state, messageIds(r.data)], ['choose_method', [4070002]], 'V-5 for apps');
	r = await ory.updateVerificationFlow({ flow: r.data.id,
		updateVerificationFlowBody: { method: 'link', email: EMAIL } });
	is([r.status, messageIds(r.data)], [400, [4010006]], 'links are off');
	r = await api(svc, 'POST', '/self-service/verification?flow=x', {});
	is(r.status, 404, 'no such flow');
}

main(async () => {
	const svc = await startService();
	await registerApi(svc, EMAIL);
	await byScript(svc);
	await byForm(svc);
	await byMailedLink(svc);
	await resend(svc);
	await brute(svc);
	await rivals(svc);
	await strangers(svc);
	await expired(svc);
	await official(svc);
	await byLink(await startService(['identity.methods.link yes', 'identity.verification.method link']));
});
