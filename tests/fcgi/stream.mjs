// Notification streams as their clients see them, through the real web server:
// the official client in each protocol and codec, the older gRPC-Web package in
// text mode, server-sent events; and what is refused.
import { createRequire } from 'node:module';
import { Code, ConnectError } from '@connectrpc/connect';
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { bearer, clients, contracts } from '../rpc/kit/clients.mjs';
import { is, main, ok, startSite, tokenOf } from '../web/kit/site.mjs';
import { quickest } from '../wait.mjs';
import { METHOD, Reader, envelope, events, identityOf, sql, subscribe, tell, tellJob, tenantOf, until, userOf, uuid } from './kit/stream.mjs';
import { XMLHttpRequest } from './kit/xhr.mjs';

const OWNER = bearer(tokenOf('owner@acme'));
const cookieOf = (who) => ({ cookie: `ory_kratos_session=${who.replace('@', '').padEnd(43, '0')}` });
const { NotificationEventType: KIND } = contracts;

// Takes messages of a subscription one at a time.
function follow(client, message = {}) {
	const stop = new AbortController();
	const it = client.NotificationService.subscribeNotifications(message, { signal: stop.signal })[Symbol.asyncIterator]();
	return {
		next: async () => (await it.next()).value,
		stop: () => { stop.abort(); it.next().catch(() => {}); },
	};
}

async function officialClient(site, form) {
	const began = Date.now() / 1000;
	const s = follow(clients(site.base, form, OWNER));
	const first = await s.next();
	is([first.eventType, first.notification.id, first.notification.title],
		[KIND.KEEPALIVE, 'keepalive', 'keepalive'], `${form}: a keep-alive at once`);
	const at = Number(first.notification.createdAt.seconds);
	ok(at >= Math.floor(began) && at <= Date.now() / 1000, `${form}: of now`);
	const id = tell('owner@acme', `${form} "é😀"`);
	const e = await s.next();
	is([e.eventType, e.notification.title, e.notification.userId, e.notification.tenantId, Number(e.eventId)],
		[KIND.CREATED, `${form} "é😀"`, userOf('owner@acme'), tenantOf('owner@acme'), id], `${form}: an event`);
	is([e.notification.type, e.notification.priority, e.notification.actionUrl],
		[contracts.NotificationType.OUTLINE_READY, contracts.NotificationPriority.HIGH, '/dashboard'], `${form}: whole`);
	tell('owner@acme', 'x', { kind: 2 });
	tell('owner@acme', 'x', { kind: 3 });
	is([(await s.next()).eventType, (await s.next()).eventType], [KIND.READ, KIND.DELETED], `${form}: the other kinds`);
	s.stop();
	// Large enough to be compressed where the client asks for that.
	const resumed = follow(clients(site.base, form, OWNER), { lastEventId: BigInt(id) });
	const long = 'long '.repeat(1000);
	tell('owner@acme', 'large', { message: long });
	const got = [await resumed.next(), await resumed.next(), await resumed.next(), await resumed.next()];
	is(got.map((m) => m.eventType), [KIND.KEEPALIVE, KIND.READ, KIND.DELETED, KIND.CREATED], `${form}: what was missed comes first`);
	is([Number(got[0].eventId), got[3].notification.message], [id, long], `${form}: and what comes is not told twice`);
	resumed.stop();
	const failed = await follow(clients(site.base, form)).next().catch((e2) => ConnectError.from(e2));
	is([failed.code, failed.rawMessage, failed.metadata.get('mirai-error-code')],
		[Code.Unauthenticated, 'authentication required', 'AUTH_UNAUTHORIZED'], `${form}: nobody is told why`);
}

async function grpcWebText(site) {
	globalThis.XMLHttpRequest = XMLHttpRequest;
	const { GrpcWebClientBase, MethodDescriptor } = createRequire(import.meta.url)('grpc-web');
	const { SubscribeNotificationsRequestSchema: IN, SubscribeNotificationsResponseSchema: OUT } = contracts;
	const method = new MethodDescriptor(METHOD, 'server_streaming', Object, Object,
		(m) => toBinary(IN, m), (b) => fromBinary(OUT, b));
	const call = (headers) => {
		const got = { messages: [], error: null, status: null };
		const s = new GrpcWebClientBase({ format: 'text' }).serverStreaming(site.base + METHOD, create(IN), headers, method);
		s.on('data', (m) => got.messages.push(m));
		s.on('error', (e) => { got.error = e; });
		s.on('status', (e) => { got.status = e; });
		return { got, cancel: () => s.cancel() };
	};
	const s = call(OWNER);
	ok(await until('a keep-alive', () => s.got.messages.length === 1), 'text: a keep-alive at once');
	for (const title of ['a', 'ab', 'abc', 'abcd'])
		tell('owner@acme', title);
	ok(await until('events', () => s.got.messages.length === 5), 'text: events, each padded by itself');
	is(s.got.messages.slice(1).map((m) => m.notification.title), ['a', 'ab', 'abc', 'abcd'], 'text: in their order');
	s.cancel();
	const bad = call({});
	await until('the error', () => bad.got.error);
	is([bad.got.error?.code, bad.got.error?.message], [16, 'authentication required'], 'text: the trailer frame');
}

async function serverSent(site) {
	const s = await events(site.base, cookieOf('owner@acme')).head;
	is([s.status, s.headers['content-type'], s.headers['cache-control']],
		[200, 'text/event-stream', 'no-store'], 'events: the head');
	ok(await until('a keep-alive', () => s.events().length === 2), 'events: a keep-alive at once');
	is([s.events()[0].retry, s.events()[1].event], ['3000', 'keepalive'], 'events: after the time to wait');
	const id = tell('owner@acme', 'two\\nlines');
	await until('an event', () => s.titles().length === 1);
	const e = s.events().at(-1);
	is([e.id, e.event, e.data.eventId, e.data.notification.message], [String(id), 'created', String(id), 'm'], 'events: an event');
	s.close();
	tell('owner@acme', 'one');
	tell('owner@acme', 'two', { kind: 3 });
	for (const [name, headers, target] of [['Last-Event-ID', { 'last-event-id': String(id) }, '/events'],
		['a parameter', {}, `/events?last_event_id=${id}`]]) {
		const again = events(site.base, { ...cookieOf('owner@acme'), ...headers }, target);
		await until('what was missed', () => again.titles().length === 2);
		is(again.titles(), ['one', 'two'], `events: ${name} brings what was missed`);
		again.close();
	}
}

// Jobs are for who asks; a stream that comes back looks for itself.
async function jobs(site) {
	const asks = events(site.base, cookieOf('owner@acme'), '/events?jobs=1');
	const quiet = events(site.base, cookieOf('owner@acme'));
	const s = follow(clients(site.base, 'connect', OWNER), { includeJobs: true });
	await s.next();
	await until('both are open', () => asks.events().length === 2 && quiet.events().length === 2);
	const id = tellJob('owner@acme', 30);
	await until('the job', () => asks.events().length === 3);
	const e = asks.events().at(-1);
	is([e.id, e.event, e.data.eventId, e.data.eventType], [String(id), 'job', String(id), 'NOTIFICATION_EVENT_TYPE_JOB'],
		'jobs: an event of its own name');
	is([e.data.job, e.data.notification], [{ jobId: uuid('a', 6, 1), status: 'processing', progressPercent: 30,
		progressMessage: 'Writing' }, undefined], 'jobs: with where it stands');
	const m = await s.next();
	is([m.eventType, m.job.progressPercent, m.job.status, m.job.courseId], [KIND.JOB, 30, 'processing', undefined],
		'jobs: a call that includes them');
	const last = tell('owner@acme', 'after the job');
	await until('a notice', () => asks.titles().length === 1 && quiet.titles().length === 1);
	is([quiet.events().some((x) => x.event === 'job'), quiet.events().at(-1).id], [false, String(last)],
		'jobs: not for who did not ask');
	asks.close();
	quiet.close();
	s.stop();
	tellJob('owner@acme', 70);
	tell('owner@acme', 'missed');
	const again = events(site.base, { ...cookieOf('owner@acme'), 'last-event-id': String(id) }, '/events?jobs=1');
	await until('what was missed', () => again.titles().length === 2);
	is([again.titles(), again.events().some((x) => x.event === 'job')], [['after the job', 'missed'], false],
		'jobs: not among what was missed');
	again.close();
	const mixed = events(site.base, cookieOf('owner@acme'), '/events?jobs=yes');
	await until('it is open', () => mixed.events().length === 2);
	tellJob('owner@acme', 80);
	tell('owner@acme', 'only this');
	await until('a notice', () => mixed.titles().length === 1);
	is(mixed.events().length, 3, 'jobs: asked for by 1 and nothing else');
	mixed.close();
}

async function refused(site) {
	const status = async (method, target, headers = {}, body = null) => {
		const r = await new Reader(site.base, method, target, headers, body).head;
		await until('the end', () => r.ended);
		return r;
	};
	is((await status('GET', '/events')).status, 401, 'events: no session');
	is((await status('GET', '/events', { authorization: 'Bearer ory_st_wrong' })).status, 401, 'events: one that is none');
	is((await status('GET', '/events', bearer(tokenOf('nobody@nowhere')))).status, 404, 'events: no user');
	is((await status('GET', '/events', bearer(tokenOf('owner@frozen')))).status, 403, 'events: a suspended tenant');
	let r = await status('POST', '/events', cookieOf('owner@acme'), '');
	is([r.status, r.headers.allow], [405, 'GET'], 'events: another verb');
	r = await status('GET', '/events', { ...cookieOf('owner@acme'), origin: 'https://elsewhere.example' });
	is([r.status, r.headers['access-control-allow-origin']], [403, undefined], 'events: a page of another origin');
	is((await status('GET', '/events', { ...cookieOf('owner@acme'), 'sec-fetch-site': 'cross-site' })).status, 403,
		'events: another site without an Origin');
	r = await events(site.base, { ...cookieOf('owner@acme'), origin: `http://app.mirai.localhost:${site.port}` }).head;
	is([r.status, r.headers['access-control-allow-credentials']], [200, 'true'], 'events: a listed origin');
	r.close();
	r = await status('GET', METHOD);
	is([r.status, r.headers.allow, r.text], [405, 'POST', ''], 'a call by GET');
	r = await status('POST', METHOD, { ...OWNER, 'content-type': 'application/json' }, '{}');
	is([r.status, r.text, r.headers['accept-post'].includes('application/connect+proto')], [415, '', true], 'a unary type');
	r = await status('OPTIONS', METHOD, { origin: site.base, 'access-control-request-method': 'POST' });
	is([r.status, r.headers['access-control-allow-origin']], [204, site.base], 'a preflight');
	const end = async (headers, body) => {
		r = await status('POST', METHOD, { 'content-type': 'application/connect+json', ...headers }, body);
		const all = r.envelopes();
		const last = all.at(-1);
		return [r.status, all.length, last?.flags, JSON.parse(last?.text ?? '{}').error?.code];
	};
	// Waits beside the others. In less time it may not have begun.
	const limited = quickest(() => end({ ...OWNER, 'connect-timeout-ms': '2000' }, envelope('{}')), 4000,
		([, messages]) => messages === 2);
	is(await end(OWNER, ''), [200, 1, 2, 'unimplemented'], 'no message');
	is(await end(OWNER, Buffer.concat([envelope('{}'), envelope('{}')])), [200, 1, 2, 'unimplemented'], 'two messages');
	is(await end(OWNER, envelope('{').subarray(0, 4)), [200, 1, 2, 'invalid_argument'], 'half an envelope');
	is(await end(OWNER, envelope('{"lastEventId":"x"}')), [200, 1, 2, 'invalid_argument'], 'a number that is none');
	is(await end(OWNER, envelope(`{"x":"${'y'.repeat(300000)}"}`)), [200, 1, 2, 'resource_exhausted'], 'a message that is too long');
	is(await end({ ...OWNER, 'content-encoding': 'gzip' }, envelope('{}')), [200, 1, 2, 'unimplemented'], 'an encoding of the whole');
	is(await end({ ...OWNER, 'connect-protocol-version': '2' }, envelope('{}')), [200, 1, 2, 'invalid_argument'], 'another version');
	is(await end({ ...cookieOf('owner@acme'), origin: 'https://elsewhere.example' }, envelope('{}')),
		[200, 1, 2, 'permission_denied'], 'a page of another origin');
	is(await end(bearer(tokenOf('nobody@nowhere')), envelope('{}')), [200, 1, 2, 'not_found'], 'no user');
	const { answer, ms } = await limited;
	is(answer, [200, 2, 2, 'deadline_exceeded'], 'a time limit');
	ok(ms >= 1990 && ms < 4000, `which is kept (${ms} ms)`);
}

async function others(site) {
	const mine = subscribe(site.base, OWNER), theirs = subscribe(site.base, bearer(tokenOf('owner@other'))),
		colleague = subscribe(site.base, bearer(tokenOf('sme@acme')));
	await until('keep-alives', () => [mine, theirs, colleague].every((s) => s.envelopes().length === 1));
	const id = tell('owner@other', 'secret');
	tell('owner@acme', 'own');
	await until('events', () => mine.envelopes().length === 2 && theirs.envelopes().length === 2);
	ok(mine.envelopes()[1].text.includes('"own"') && theirs.envelopes()[1].text.includes('"secret"'), 'each is told their own');
	is(colleague.envelopes().length, 1, 'a colleague nothing');
	// Somebody else's number opens nothing.
	const curious = subscribe(site.base, OWNER, { lastEventId: String(id) });
	await until('the answer', () => curious.envelopes().length === 2);
	ok(curious.envelopes()[1].text.includes('RESYNC') && !curious.text.includes('secret'), 'nor is another\'s event replayed');
	for (const s of [mine, theirs, colleague, curious])
		s.close();
}

// What the service changes is told by itself.
async function service(site) {
	const all = clients(site.base, 'connect', OWNER);
	const s = follow(all);
	await s.next();
	sql(`INSERT INTO notifications (tenant_id, user_id, type, title, message)
		VALUES ('${tenantOf('owner@acme')}', '${userOf('owner@acme')}', 'task_assigned', 'to read', 'm')`);
	const { notifications: [n] } = await all.NotificationService.listNotifications({ limit: 1 });
	await all.NotificationService.markAsRead({ notificationIds: [n.id] });
	const read = await s.next();
	is([read.eventType, read.notification.id, read.notification.read], [KIND.READ, n.id, true], 'marking is told');
	await all.NotificationService.deleteNotification({ notificationId: n.id });
	const gone = await s.next();
	is([gone.eventType, gone.notification.id, gone.eventId > read.eventId], [KIND.DELETED, n.id, true], 'deleting too');
	s.stop();
}

await main(async () => {
	// No keep-alive comes between what is counted.
	const site = await startSite(['stream.keepalive 50']);
	try {
		ok(identityOf('owner@acme') !== userOf('owner@acme'), 'people are known');
		for (const form of ['connect', 'connect-json', 'grpc-web'])
			await officialClient(site, form);
		await grpcWebText(site);
		await serverSent(site);
		await jobs(site);
		await refused(site);
		await others(site);
		await service(site);
	} finally {
		site.stop();
	}
});
