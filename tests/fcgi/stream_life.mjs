// What happens to streams: keep-alives, age, limits, sessions that end, readers
// that are slow or gone, restarts of the program, of its helpers and of the
// database, two replicas.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { PASSWORD, is, main, ok, startSite, tokenOf } from '../web/kit/site.mjs';
import { params, record, stream } from '../service/kit/fastcgi.mjs';
import { quickest, until as waited } from '../wait.mjs';
import { METHOD, Replica, envelope, events, sql, subscribe, tell, until } from './kit/stream.mjs';

const bearer = (token) => ({ authorization: `Bearer ${token}` });
const OWNER = bearer(tokenOf('owner@acme'));
// Whom nothing is told while the clock is watched.
const QUIET = bearer(tokenOf('sme@acme'));
const ADMIN_URL = process.env.DATABASE_ADMIN_URL;

const ready = (...all) => until('the first messages', () => all.every((s) => s.envelopes().length > 0 || s.events().length > 1));
const endOf = (s) => JSON.parse(s.envelopes().find((e) => e.flags === 2)?.text ?? '{}').error ?? null;
const kinds = (s) => s.envelopes().filter((e) => e.flags === 0).map((e) => JSON.parse(e.text))
	.map((m) => m.eventType.replace('NOTIFICATION_EVENT_TYPE_', '').toLowerCase());

// Signs somebody in; a session of its own.
async function signIn(site, who) {
	const flow = await (await fetch(`${site.base}/self-service/login/api`)).json();
	const r = await fetch(flow.ui.action, { method: 'POST', headers: { 'content-type': 'application/json' },
		body: JSON.stringify({ method: 'password', identifier: `${who}.example`, password: PASSWORD }) });
	return (await r.json()).session_token;
}

async function keepAlive(site) {
	const r = await new Replica(site, 'beat', ['stream.keepalive 5']).start();
	try {
		const s = subscribe(r.base, QUIET), e = events(r.base, QUIET);
		await ready(s, e);
		const id = tell('sme@acme', 'x');
		// What follows the event; the first of e is the time to wait.
		const calls = () => s.envelopes().slice(kinds(s).indexOf('created') + 1);
		const sent = () => e.events().slice(e.events().findIndex((x) => x.event === 'created') + 1);
		await until('the event', () => kinds(s).includes('created') && e.titles().length > 0);
		ok(await until('a second keep-alive', () => calls().length > 0 && sent().length > 0), 'keep-alives go on');
		is([JSON.parse(calls()[0].text).eventType, JSON.parse(calls()[0].text).eventId, sent()[0].event, sent()[0].id],
			['NOTIFICATION_EVENT_TYPE_KEEPALIVE', String(id), 'keepalive', String(id)], 'with the number of the newest event');
		// Ended without a word to anybody: seen when the cache's half minute is over, at the latest.
		s.close();
		e.close();
		ok(await until('two lines', () => (fs.readFileSync(r.log, 'utf8').match(/"msg":"stream","code":"canceled"/g) ?? []).length === 2),
			'readers that are gone are noticed');
	} finally {
		await r.stop();
	}
}

async function age(site) {
	const r = await new Replica(site, 'age', ['rpc.stream_max_age 2']).start();
	try {
		const s = subscribe(r.base, bearer(tokenOf('elder@acme')));
		await until('the end', () => s.ended);
		is([endOf(s)?.code, kinds(s)], ['unavailable', ['keepalive']], 'an old stream ends');
		// By its own account: how long it took to begin is not part of its age.
		const line = /"msg":"stream","code":"unavailable","seconds":(\d+)/;
		await until('its line', () => line.test(fs.readFileSync(r.log, 'utf8')));
		const [, seconds] = line.exec(fs.readFileSync(r.log, 'utf8')) ?? [];
		ok(Number(seconds) >= 1 && Number(seconds) < 30, 'at its age, more or less', seconds);
	} finally {
		await r.stop();
	}
}

async function sessions(site) {
	const token = await signIn(site, 'sme@acme');
	const s = subscribe(site.base, bearer(token)), e = events(site.base, bearer(token)), other = subscribe(site.base, OWNER);
	await ready(s, e, other);
	const t = Date.now();
	await fetch(`${site.base}/self-service/logout/api`, { method: 'DELETE',
		headers: { 'content-type': 'application/json' }, body: JSON.stringify({ session_token: token }) });
	ok(await until('the end', () => s.ended && e.ended), 'a session that was ended');
	// Without a word it would be when its session is looked at again, after 25 seconds or more.
	ok(Date.now() - t < 20000, 'acceptance 13: a session that is revoked ends its streams, at once');
	is([endOf(s)?.code, endOf(s)?.message], ['unauthenticated', 'authentication required'], 'in these words');
	is(endOf(s)?.details?.[0]?.debug, { reason: 'AUTH_UNAUTHORIZED', domain: 'mirai.v1' }, 'with the reason as detail');
	is([e.events().at(-1).event, e.events().at(-1).data.code], ['end', 'unauthenticated'], 'and in those of events');
	is([other.ended, (await events(site.base, bearer(token)).head).status], [false, 401], 'nobody else\'s');
	other.close();
	// A user who is removed.
	const gone = subscribe(site.base, bearer(tokenOf('instructor2@acme')));
	await ready(gone);
	await fetch(`${site.base}/mirai.v1.UserService/RemoveCompanyUser`, { method: 'POST',
		headers: { 'content-type': 'application/json', ...OWNER },
		body: JSON.stringify({ userId: 'a2000000-0000-4000-8000-000000000008' }) });
	ok(await until('the end', () => gone.ended), 'somebody who was removed');
	ok(['not_found', 'unauthenticated'].includes(endOf(gone)?.code), 'is told nothing any more');
}

async function limits(site) {
	const r = await new Replica(site, 'limit', ['stream.limit 12', 'stream.keepalive 5']).start();
	try {
		const all = [];
		for (let i = 0; i < 6; i++) {
			all.push(subscribe(r.base, OWNER));
			await ready(all.at(-1));
		}
		await until('the end', () => all[0].ended);
		is(all.map((s) => endOf(s)?.code ?? null), ['resource_exhausted', null, null, null, null, null], 'the sixth of a session ends the first');
		const second = await signIn(site, 'owner@acme');
		const third = await signIn(site, 'owner@acme');
		for (let i = 0; i < 5; i++) {
			all.push(subscribe(r.base, bearer(second)));
			await ready(all.at(-1));
		}
		is(all.filter((s) => s.ended).length, 1, 'ten of a person are fine');
		all.push(subscribe(r.base, bearer(third)));
		await ready(all.at(-1));
		await until('the end', () => all[1].ended);
		is(all.map((s) => s.ended).indexOf(false), 2, 'the eleventh ends their oldest');
		const others = ['sme@acme', 'instructor@acme', 'owner@other'].map((w) => subscribe(r.base, bearer(tokenOf(w))));
		await until('the first messages', () => others.every((s) => s.envelopes().length > 0));
		await until('the end', () => others.some((s) => s.ended));
		const full = others.filter((s) => s.ended);
		is([full.length, full[0]?.status, endOf(full[0])?.code], [1, 200, 'resource_exhausted'], 'a process that is full takes no more');
		for (const s of [...all, ...others])
			s.close();
		ok(await until('room', async () => {
			const s = subscribe(r.base, bearer(tokenOf('owner@other')));
			await until('an answer', () => s.envelopes().length > 0);
			const good = !s.ended;
			s.close();
			return good;
		}), 'until some are gone');
	} finally {
		await r.stop();
	}
}

async function slowReader(site) {
	const slow = subscribe(site.base, OWNER, {}, { slow: true });
	await slow.head;
	const quick = subscribe(site.base, bearer(tokenOf('owner@other')));
	await ready(quick);
	const message = 'x'.repeat(100000);
	const cutOff = () => site.log('stream').includes('"msg":"stream","code":"resource_exhausted"');
	for (let i = 0; i < 12 && !cutOff(); i++) {
		tell('owner@acme', 'much', { more: 50, message });
		await waited(cutOff, 500);
	}
	tell('owner@other', 'quick');
	// The other one reads only after this, so whoever waited for it would wait in vain.
	ok(await until('an event', () => kinds(quick).includes('created')), 'who does not read holds nobody up');
	ok(cutOff(), 'and is cut off');
	slow.read(); // the last words wait for ten seconds
	await until('the end', () => slow.ended);
	is([endOf(slow)?.code, slow.envelopes().at(-1).flags], ['resource_exhausted', 2], 'properly');
	const numbers = slow.envelopes().filter((x) => x.text.includes('CREATED')).map((x) => Number(JSON.parse(x.text).eventId));
	ok(numbers.length > 0 && numbers.every((n, i) => i === 0 || n === numbers[i - 1] + 1), 'what it read has no gap');
	quick.close();
}

async function restart(site) {
	const r = await new Replica(site, 'restart').start();
	try {
		const first = subscribe(r.base, OWNER), e = events(r.base, OWNER);
		await ready(first, e);
		const id = tell('owner@acme', 'before');
		await until('an event', () => kinds(first).length === 2);
		const t = Date.now();
		await r.end();
		ok(Date.now() - t < 20000, 'a stop takes no time, not that which who leaves is given');
		await until('the end', () => first.ended && e.ended);
		is([endOf(first)?.code, e.events().at(-1).data.code], ['unavailable', 'unavailable'], 'and ends streams properly');
		tell('owner@acme', 'meanwhile');
		await r.start();
		let s;
		ok(await until('the server', async () => {
			s = events(r.base, { ...OWNER, 'last-event-id': String(id) });
			return (await s.head.catch(() => ({}))).status === 200;
		}), 'its clients come back');
		await until('what was missed', () => s.titles().length > 0);
		is(s.titles(), ['meanwhile'], 'and get what they missed');
		s.close();
		// Reloading: the old loop ends its streams, the new one is there already.
		const kept = events(r.base, OWNER);
		await ready(kept);
		r.program.kill('SIGHUP');
		await until('the end', () => kept.ended);
		is([kept.events().at(-1).data.code, (await events(r.base, OWNER).head).status], ['unavailable', 200], 'a reload refuses nobody');
	} finally {
		await r.stop();
	}
}

async function replay(site) {
	const missed = async (lastEventId, n) => {
		const s = subscribe(site.base, bearer(tokenOf('instructor@acme')), { lastEventId });
		await until('what was missed', () => kinds(s).length > n);
		await sleep(100);
		s.close();
		return kinds(s).slice(1);
	};
	const base = tell('instructor@acme', 'base');
	tell('instructor@acme', 'n', { more: 200 });
	is(await missed(base, 200), Array(200).fill('created'), '200 events are told one by one');
	tell('instructor@acme', 'one more');
	is(await missed(base, 1), ['resync'], 'not one more');
	const newest = tell('instructor@acme', 'newest');
	is(await missed(newest + 1000000, 1), ['resync'], 'nor after a number that nobody knows');
	const s = subscribe(site.base, bearer(tokenOf('instructor@acme')), { lastEventId: newest });
	await ready(s);
	await sleep(200);
	is(kinds(s), ['keepalive'], 'nothing after the newest');
	s.close();
	tell('instructor@acme', 'old', { age: '25 hours' });
	is(await missed(newest, 1), ['resync'], 'nor anything that is older than a day');
}

async function replicas(site) {
	const r = await new Replica(site, 'second').start();
	try {
		const both = [subscribe(site.base, OWNER), subscribe(r.base, OWNER)];
		await ready(...both);
		let n = 0;
		const { answer, ms } = await quickest(() => {
			const title = `both${++n}`;
			tell('owner@acme', title);
			return until('events', () => both.every((s) => s.text.includes(`"${title}"`)));
		}, 1000);
		ok(answer && ms < 1000, `acceptance 13: an event within 1 s through two replicas (${ms} ms)`);
		for (const s of both)
			s.close();
	} finally {
		await r.stop();
	}
}

const app = /dbname=(\S+)/.exec(process.env.DATABASE_URL)[1];

async function database(site) {
	const s = subscribe(site.base, OWNER), e = events(site.base, OWNER);
	await ready(s, e);
	const before = kinds(s).length;
	sql(`ALTER DATABASE ${app} ALLOW_CONNECTIONS false`, ADMIN_URL);
	sql(`SELECT count(pg_terminate_backend(pid, 60000)) FROM pg_stat_activity WHERE datname = '${app}' AND application_name <> 'psql'`, ADMIN_URL);
	await sleep(1500);
	is([s.ended, e.ended, kinds(s).length], [false, false, before], 'streams outlive the database');
	sql(`ALTER DATABASE ${app} ALLOW_CONNECTIONS true`, ADMIN_URL);
	ok(await until('a resync', () => kinds(s).at(-1) === 'resync' && e.events().at(-1).event === 'resync'), 'are told to load when it is back');
	tell('owner@acme', 'after');
	ok(await until('an event', () => s.text.includes('"after"') && e.text.includes('"after"')), 'and go on');
	s.close();
	e.close();
}

async function helpers(site) {
	const r = await new Replica(site, 'helpers').start();
	try {
		const s = subscribe(r.base, OWNER);
		await ready(s);
		const names = () => r.children(r.loop()).length;
		is(names(), 3, 'two checkers and an ear');
		for (const pid of r.children(r.loop()))
			execFileSync('kill', ['-KILL', pid]);
		ok(await until('their return', () => names() === 3), 'are started again');
		ok(await until('a resync', () => kinds(s).at(-1) === 'resync'), 'streams are told that something was missed');
		tell('owner@acme', 'still');
		ok(await until('an event', () => s.text.includes('"still"')) && !s.ended, 'and go on');
		is((await subscribe(r.base, OWNER).head).status, 200, 'new ones come');
		ok(fs.readFileSync(r.log, 'utf8').includes('ear: process'), 'the log tells');
	} finally {
		await r.stop();
	}
}

// Requests of clients that leave at once, while nobody checks any: what waits is
// bounded, and who comes then is told so.
async function crowd(site) {
	const r = await new Replica(site, 'crowd').start();
	const cookie = `ory_session_token=none; x=${'y'.repeat(48000)}`;
	const asks = Buffer.concat([record(1, Buffer.from([0, 1, 0, 0, 0, 0, 0, 0])), stream(4, params({ REQUEST_METHOD: 'GET',
		REQUEST_URI: '/events', REMOTE_ADDR: '192.0.2.77', HTTP_COOKIE: cookie })), stream(5, Buffer.alloc(0))]);
	try {
		const s = subscribe(r.base, OWNER);
		await ready(s);
		const checkers = r.children(r.loop()).slice(0, 2);
		execFileSync('kill', ['-STOP', ...checkers]);
		let refused = 0;
		for (let i = 0; i < 30 && refused === 0; i++) {
			const all = Array.from({ length: 80 }, () => net.connect(r.socket));
			for (const c of all) {
				c.on('error', () => {});
				c.on('data', (got) => { refused += got.includes('Status: 503'); });
				c.write(asks);
			}
			// The last of them stay until it is said.
			await (i < 29 ? sleep(150) : waited(() => refused > 0));
			for (const c of all) c.destroy();
		}
		ok(refused > 0, 'not everybody can wait to be checked', refused);
		execFileSync('kill', ['-CONT', ...checkers]);
		tell('owner@acme', 'amid');
		ok(await until('an event', () => s.text.includes('"amid"')) && !s.ended, 'streams go on');
		is((await subscribe(r.base, OWNER).head).status, 200, 'and others come');
	} finally {
		await r.stop();
	}
}

// Readers who leave while they are checked, or before the first byte.
async function leavers(site) {
	const r = await new Replica(site, 'leavers').start();
	const asks = Buffer.concat([record(1, Buffer.from([0, 1, 0, 0, 0, 0, 0, 0])), stream(4, params({ REQUEST_METHOD: 'GET',
		REQUEST_URI: '/events', REMOTE_ADDR: '127.0.0.1', HTTP_COOKIE: `ory_session_token=${tokenOf('sme@acme')}` })), stream(5, Buffer.alloc(0))]);
	try {
		const loop = r.loop();
		for (let i = 0; i < 150; i++) {
			const c = net.connect(r.socket);
			c.on('error', () => {});
			c.write(asks);
			await sleep(i % 6);
			c.destroy();
		}
		is((await subscribe(r.base, OWNER).head).status, 200, 'readers who leave early leave nothing behind');
		await sleep(300);
		is(r.loop(), loop, 'the loop goes on');
	} finally {
		await r.stop();
	}
}

// What a web server may do that ours do not: keep connections, send another
// request on one in use, another role, rubbish.
async function records(site) {
	const r = await new Replica(site, 'records').start();
	const open = (flags = 1, role = 1) => {
		const got = { bytes: Buffer.alloc(0), closed: false };
		const s = net.connect(r.socket);
		s.on('data', (d) => { got.bytes = Buffer.concat([got.bytes, d]); });
		s.on('close', () => { got.closed = true; });
		s.on('error', () => {});
		got.types = () => {
			const out = [];
			for (let at = 0; at + 8 <= got.bytes.length; at += 8 + got.bytes.readUInt16BE(at + 4))
				out.push(got.bytes[at + 1]);
			return out;
		};
		got.write = (b) => s.write(b);
		got.begin = () => s.write(record(1, Buffer.from([0, role, flags, 0, 0, 0, 0, 0])));
		got.ask = (body, headers = {}) => s.write(Buffer.concat([stream(4, params({ REQUEST_METHOD: 'POST', REQUEST_URI: METHOD,
			CONTENT_TYPE: 'application/connect+json', CONTENT_LENGTH: String(body.length), REMOTE_ADDR: '127.0.0.1', ...headers })), stream(5, body)]));
		got.end = () => s.destroy();
		return got;
	};
	try {
		let c = open();
		for (let i = 1; i <= 3; i++) {
			c.begin();
			c.ask(envelope('{}'));
			await until('an end', () => c.types().filter((t) => t === 3).length === i);
		}
		is([c.types().filter((t) => t === 3).length, c.closed], [3, false], 'a kept connection takes one request after the other');
		c.begin();
		c.ask(envelope('{}'), { HTTP_AUTHORIZATION: OWNER.authorization });
		await until('a stream', () => c.bytes.includes('keepalive'));
		const second = record(1, Buffer.from([0, 1, 1, 0, 0, 0, 0, 0]));
		second[3] = 2;
		c.write(second);
		await until('an end', () => c.types().filter((t) => t === 3).length === 4);
		is(c.bytes.at(-4), 1, 'another one at the same time is refused');
		c.write(record(2, Buffer.alloc(0)));
		ok(await until('the close', () => c.closed), 'an abort closes');
		c = open(0);
		c.begin();
		c.ask(envelope('{}'));
		ok(await until('the close', () => c.closed), 'so does the end of a request that is not kept');
		c = open(1, 2);
		c.begin();
		await until('an end', () => c.types().includes(3));
		is(c.bytes.at(-4), 3, 'another role is refused');
		const about = record(9, Buffer.alloc(0));
		about[3] = 0;
		c.write(about);
		ok(await until('an answer', () => c.types().includes(11)), 'a question about the program is not known');
		c.end();
		for (const rubbish of [Buffer.from('GET / HTTP/1.1\r\n\r\n'), Buffer.concat([record(1, Buffer.from([0, 1, 0, 0, 0, 0, 0, 0])),
			stream(4, Buffer.from([200, 1, 2, 3, 4, 5]))])]) {
			c = open();
			c.write(rubbish);
			ok(await until('the close', () => c.closed), 'rubbish closes');
		}
		const good = subscribe(r.base, OWNER);
		await ready(good);
		is(good.status, 200, 'others are served');
	} finally {
		await r.stop();
	}
}

await main(async () => {
	// No keep-alive comes between what is counted.
	const site = await startSite(['stream.keepalive 50']);
	try {
		const inTurn = async (...tests) => {
			for (const test of tests)
				await test(site);
		};
		// Those that wait for a clock do so beside the others.
		await Promise.all([age(site), keepAlive(site),
			inTurn(limits, sessions, slowReader, restart, replay, replicas, helpers, crowd, leavers, records)]);
		await database(site);
	} finally {
		site.stop();
	}
});
