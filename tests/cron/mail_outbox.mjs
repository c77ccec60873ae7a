// mirai-mail and the mails of the application: every letter as it arrives at a
// real SMTP receiver, what names with line breaks become, the ways mails take,
// servers that refuse, defer, hang and go, both queues beside each other, two
// programs at once, a kill, and who waits for a mail server: nobody.
import { execFileSync } from 'node:child_process';
import crypto from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { NOBODY, SECRET, ask, closed, config, drain, finish, is, kill, logs, ok, program, psql, receiver, scripted,
	simpleParser, until, wakes } from './kit/mail.mjs';
import { NOTICE, TENANT, TOKEN, clear, course, due, isSent, lastError, letters, makeTenant, queue, quote,
	sql, status } from './kit/outbox.mjs';

const { TEST_DIR, DATABASE_URL, DATABASE_WORKER_URL, IDENTITY_DATABASE_URL } = process.env;
const APP = 'https://app.example.com';
const BARE = { disabledCommands: ['STARTTLS'] };
// A name of loopback that is not known to be one.
const ELSEWHERE = '[::ffff:127.0.0.1]';

const identity = (text) => psql(IDENTITY_DATABASE_URL, text);

function host(name, server, more = [], at = '127.0.0.1') {
	return config(name, [`smtp.host ${at}`, `smtp.port ${server.port}`, ...more]);
}

// A mail of the identity service.
function seal(id, text) {
	const key = crypto.createHmac('sha256', SECRET).update('mirai seal v1').digest();
	const nonce = crypto.randomBytes(12);
	const c = crypto.createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(`mail:${id}`));
	return `v1.${Buffer.concat([nonce, c.update(text), c.final(), c.getAuthTag()])
		.toString('base64url')}`;
}

function queueIdentity() {
	const id = crypto.randomUUID();
	identity(`INSERT INTO mails (id, template, recipient, sealed) VALUES ('${id}',
		'password_changed', 'rosa@example.org', '${seal(id, '{}')}'); NOTIFY mirai_mail`);
	return id;
}

const identityStatus = (id) => identity(`SELECT status || ' ' || send_count FROM mails
	WHERE id = '${id}'`);
const clearAll = () => { clear(); identity('DELETE FROM mails'); };
const idOf = (m) => /^Message-ID: <([^@]*)@/m.exec(m.raw.toString('latin1'))[1];

// --- what arrives ----------------------------------------------------------------

const subjects = {
	invitation: 'Jörg Müller invites you to join Brückenbau & Söhne on Mirai',
	welcome: 'Welcome to Mirai: your account is ready',
	task_assigned: 'New task: Describe how the press is set up after a change of tools',
	ingestion_complete: 'Content processed: Hydraulic press',
	ingestion_failed: 'Processing failed: Setting up the press',
	generation_complete: `AI generation finished: ${course}`,
	generation_failed: `AI generation failed: ${course}`,
	outline_ready: `Outline waits for your review: ${course}`,
	course_complete: `Your course is ready: ${course}`,
	alert: 'Sign-ups are stuck: 2 for more than 30 minutes',
	payment_failed: 'There is a problem with the payment for Brückenbau & Söhne',
	enterprise_inquiry: 'New inquiry: Nordwind AG',
};

const says = {
	invitation: ['valid until November 27, 2026.'],
	welcome: ['Create a course.', 'Invite your people.', 'Explore the templates.'],
	task_assigned: ['Due: December 4, 2026', 'Subject: Hydraulic press'],
	ingestion_failed: ['protected by a password.'],
	generation_complete: ['the outline of "Fire safety'],
	generation_failed: ['a lesson of "Fire safety', 'three times.'],
	outline_ready: ['4 sections with 17 lessons.'],
	course_complete: ['4 sections, 17 lessons', 'about 2 hours 30 minutes'],
	payment_failed: ['"Manage Subscription"'],
	enterprise_inquiry: ['Phone: +49 30 1234567', 'Could we talk next week? <b>Thanks</b>'],
};

const links = { welcome: '/auth/login', payment_failed: '/settings?tab=billing', alert: null,
	enterprise_inquiry: null };

const flat = (s) => s.replaceAll(/\s+/g, ' ');
const escaped = (s) => s.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

async function checkLetter(kind, m, id) {
	const p = await simpleParser(m.raw);
	const text = flat(p.text);
	is([p.subject, p.to.value[0].address, p.from.value[0], p.messageId,
		p.headers.get('auto-submitted'), p.headers.get('content-type').value],
	[subjects[kind], 'rosa@example.org', { address: 'it@example.com', name: 'Mirai' },
		`<${id}@example.com>`, 'auto-generated', 'multipart/alternative'], `${kind}: headers`);
	ok(m.raw.toString('latin1').split('\r\n').every((l) => l.length <= 78 && /^[\t -~]*$/.test(l)),
		`${kind}: every line is short and seven-bit`);
	ok((says[kind] ?? []).every((s) => text.includes(s)), `${kind}: says what it must`, p.text);
	const path = kind in links ? links[kind] : letters[kind].link;
	const hrefs = [...p.html.matchAll(/href="([^"]*)"/g)].map((x) => x[1]);
	is(hrefs, path === null ? [] : [`${APP}${path}`], `${kind}: one button, and where it goes`);
	ok(path === null || p.text.includes(`${APP}${path}`), `${kind}: the text has the link too`);
	ok(!/\{\{|null|undefined/.test(p.text + p.html), `${kind}: nothing is left unfilled`);
	is(p.replyTo?.value[0].address, kind === 'enterprise_inquiry' ? 'zoe@nordwind.example'
		: undefined, `${kind}: where answers go`);
}

async function checkLetters() {
	const server = await receiver();
	const conf = host('letters', server, ['smtp.from it@example.com']);
	for (const kind of Object.keys(letters)) {
		const id = queue(kind, { notice: kind === 'outline_ready' ? NOTICE : null });
		const run = await drain(conf, '-v');
		is([run.code, run.text, status(id)], [0, `${id} sent\n`, 'sent 1'], `${kind}: is sent`);
		await checkLetter(kind, server.got.pop(), id);
	}
	is(sql(`SELECT email_sent FROM notifications WHERE id = '${NOTICE}'`), 't',
		'the notice knows that its mail was sent');
	ok(!sql('SELECT string_agg(payload::text, \'\') FROM mail_outbox').includes(TOKEN),
		'the link of an invitation is forgotten');
	clear();
	await closed(server);
}

async function checkHarmless() {
	const server = await receiver();
	const conf = host('harmless', server);
	const evil = 'Acme\r\nBcc: all@example.net\r\n\r\n<script>alert(1)</script>\u0085\u202eé';
	const name = 'Acme Bcc: all@example.net <script>alert(1)</script> é';
	queue('invitation', { data: { ...letters.invitation, company: evil, inviter: evil } });
	queue('payment_failed', { data: { company: evil } });
	queue('enterprise_inquiry', { data: { ...letters.enterprise_inquiry, company: evil,
		email: 'a@b.example>\r\nBcc: c@d.example' } });
	queue('welcome', { data: { first_name: 'ß'.repeat(100), company: 'Ä'.repeat(200) } });
	queue('payment_failed', { data: { company: '=?UTF-8?B?SGVsbG8=?= '.repeat(9) } });
	await drain(conf);
	is(server.got.length, 5, 'names with line breaks and HTML do not stop a mail');
	const mails = await Promise.all(server.got.map((m) => simpleParser(m.raw)));
	ok(mails.every((p) => p.bcc === undefined && p.replyTo === undefined),
		'no header comes of them');
	ok(server.got.every((m) => m.envelope.rcptTo.length === 1), 'nor a second recipient');
	is(mails.slice(0, 3).map((p) => flat(p.subject)),
		[`${name} invites you to join ${name} on Mirai`,
			`There is a problem with the payment for ${name}`, `New inquiry: ${name}`],
		'acceptance 12: a company named with line breaks or HTML is harmless in the subject');
	ok(mails.every((p) => !p.html.includes('<script')), 'acceptance 12: and in the body');
	ok(mails.slice(0, 3).every((p) => p.html.includes(escaped(name))), 'as it was written');
	is(flat(mails[4].subject), `There is a problem with the payment for ${'=?UTF-8?B?SGVsbG8=?= '
		.repeat(9).trim()}`, 'what looks encoded is taken by its letters');
	ok(server.got.every((m) => m.raw.toString('latin1').split('\r\n').every((l) =>
		l.length <= 998)), 'no line is too long');
	clear();
	await closed(server);
	const two = queue('payment_failed', { to: 'a@b.example,c@d.example' });
	const kind = queue('no_such_kind', { data: {} });
	const half = queue('invitation', { data: { company: 'x' } });
	await drain(conf);
	is([two, kind, half].map(status), Array(3).fill('failed 1'),
		'two addresses, unknown kinds and half of a letter are given up');
	clear();
}

// --- ways ------------------------------------------------------------------------

async function checkEncryption() {
	const tls = await receiver();
	const bare = await receiver(BARE);
	const id = queue('welcome');
	const cases = [
		[bare, ELSEWHERE, [], 'queued 1', undefined, 'a server without STARTTLS is refused'],
		[tls, ELSEWHERE, [], 'queued 1', undefined, 'and one with a certificate nobody knows'],
		[bare, ELSEWHERE, ['smtp.allow_plaintext yes'], 'sent 1', false,
			'but where plain text is allowed'],
		[tls, ELSEWHERE, ['smtp.allow_plaintext yes'], 'sent 1', true,
			'encrypted if it is offered'],
		[bare, '127.0.0.1', [], 'sent 1', false, 'on this host plain text will do'],
		[tls, 'localhost', [], 'sent 1', true, 'and STARTTLS is used if it is there'],
	];
	for (const [server, at, more, want, secure, name] of cases) {
		sql(`UPDATE mail_outbox SET sent_at = NULL, attempts = 0, next_attempt_at = now()`);
		await drain(host('encryption', server, more, at));
		is([status(id), server.got.pop()?.secure], [want, secure], name);
	}
	clear();
	await closed(tls);
	await closed(bare);
}

async function checkLogin() {
	const server = await receiver({ authOptional: false, authMethods: ['PLAIN'],
		onAuth: (a, session, cb) => cb(a.method === 'PLAIN' && a.username === 'mirai' &&
			a.password === 'p@ss:w/d' ? null : new Error('no'), { user: a.username }) });
	const id = queue('welcome');
	await drain(host('login', server, ['smtp.username mirai', 'smtp.password p@ss:w/d']));
	is([status(id), server.got[0]?.user], ['sent 1', 'mirai'], 'PLAIN, with user and password');
	const bad = queue('welcome');
	const run = await drain(host('login', server, ['smtp.username mirai', 'smtp.password hush'],
		'localhost'));
	is(status(bad), 'queued 1', 'a wrong password is tried again');
	ok(!run.text.includes('hush') && run.text.includes('last reply 535'), 'and not told', run.text);
	clear();
	await closed(server);
}

// Each has its own way, else that of the other, else the Maildir.
async function checkWays() {
	const app = await receiver();
	const other = await receiver();
	const uri = `courier.smtp.connection_uri smtp://127.0.0.1:${other.port}/?skip_ssl_verify=true`;
	const from = (m) => m.envelope.mailFrom.address;
	const both = async (conf) => {
		const ids = [queue('welcome'), queueIdentity()];
		await drain(conf);
		const got = [app, other].map((s) => s.got.splice(0).map((m) => [ids.indexOf(idOf(m)),
			from(m)]).sort());
		clearAll();
		return got;
	};
	is(await both(host('own', app, [uri, 'smtp.from a@example.com',
		'courier.smtp.from_address i@example.com'])),
	[[[0, 'a@example.com']], [[1, 'i@example.com']]], 'each queue has a way of its own');
	is(await both(host('lend', app, ['smtp.from a@example.com'])),
		[[[0, 'a@example.com'], [1, 'a@example.com']], []], 'all go to smtp.host');
	is(await both(config('borrow', [uri, 'courier.smtp.from_address i@example.com'])),
		[[], [[0, 'i@example.com'], [1, 'i@example.com']]], 'or all as courier says');
	const conf = config('nowhere', []);
	const dir = path.join(TEST_DIR, 'nowhere/mail');
	queue('welcome');
	queueIdentity();
	const first = await drain(conf);
	const second = await drain(conf);
	is([first.text.split('no mail server is set: mails are kept in').length - 1, second.text,
		fs.readdirSync(`${dir}/new`).length], [1, '', 2],
	'without any way they are kept, and that is said once');
	clearAll();
	await closed(app);
	await closed(other);
}

// --- failures --------------------------------------------------------------------

async function checkFailures() {
	const cases = [
		[{ RCPT: '550 no such user' }, 'failed 1', 550, 'a recipient refused for good'],
		[{ '.': '554 spam' }, 'failed 1', 554, 'a text refused for good'],
		[{ RCPT: '450 greylisted' }, 'queued 1', 450, 'a recipient refused for now'],
		[{ '.': '452 disk full' }, 'queued 1', 452, 'a text refused for now'],
		[{ '.': null }, 'queued 1', null, 'a connection that ends after the text'],
		[{ '.': '' }, 'queued 1', null, 'silence after the text'],
		[{ EHLO: '' }, 'queued 1', null, 'silence from the start'],
	];
	for (const [answers, want, reply, name] of cases) {
		const server = await scripted(answers);
		const id = queue('welcome');
		const began = Date.now();
		const run = await drain(host('scripted', server,
			[`courier.timeout ${reply === null ? 1 : 60}`]));
		is([run.code, status(id)], [0, want], name);
		ok(reply === null || lastError(id).includes(`(last reply ${reply})`), `${name}: reply`,
			lastError(id));
		ok(Date.now() - began < 25000, `${name}: in time, not that of the default`);
		clear();
		server.close();
	}
	const conf = host('away', NOBODY);
	const id = queue('outline_ready', { notice: NOTICE });
	sql(`UPDATE notifications SET email_sent = false`);
	const seen = [];
	for (let i = 1; i <= 8; i++) {
		await drain(conf);
		seen.push(status(id));
		is((await drain(conf)).text, '', `no server, try ${i}: not again at once`);
		due();
	}
	is(seen, [1, 2, 3, 4, 5, 6, 7].map((i) => `queued ${i}`).concat('failed 8'),
		'no server: eight tries');
	is((await drain(conf)).text, '', 'and none after them');
	is(sql('SELECT DISTINCT email_sent FROM notifications'), 'f', 'the notice was not marked');
	clear();
}

async function checkLater() {
	let refusals = 2;
	const server = await receiver({ onRcptTo: (address, session, cb) =>
		cb(refusals-- > 0 ? Object.assign(new Error('busy'), { responseCode: 450 }) : null) });
	const conf = host('later', server);
	const id = queue('welcome');
	for (let i = 0; i < 3; i++) {
		await drain(conf);
		due();
	}
	is([status(id), server.got.map(idOf)], ['sent 3', [id]], 'refused twice for now, then taken');
	clear();
	await closed(server);
}

// --- two queues ------------------------------------------------------------------

async function checkBeside() {
	const server = await receiver();
	const broken = (key) => host('broken', server, [`${key} ${IDENTITY_DATABASE_URL
		.replace(/dbname=\S+/, 'dbname=no_such_database')}`]);
	const run = async (conf, env) => {
		const ids = [queue('welcome'), queueIdentity()];
		const { code } = await drain(conf, ...env);
		const got = [code, status(ids[0]), identityStatus(ids[1])];
		clearAll();
		return got;
	};
	const env = { ...process.env };
	delete process.env.IDENTITY_DATABASE_URL;
	delete process.env.DATABASE_WORKER_URL;
	const worker = `database.worker_url ${env.DATABASE_WORKER_URL}`;
	const own = `identity.database.url ${env.IDENTITY_DATABASE_URL}`;
	fs.appendFileSync(broken('identity.database.url'), `${worker}\n`);
	is(await run(path.join(TEST_DIR, 'broken.conf'), []), [1, 'sent 1', 'queued 0'],
		'an identity database that is away stops its own mails only');
	fs.appendFileSync(broken('database.worker_url'), `${own}\n`);
	is(await run(path.join(TEST_DIR, 'broken.conf'), []), [1, 'queued 0', 'sent 1'],
		'and so does that of the application');
	is(await run(host('kratos', server, [worker, own, 'identity.mode kratos',
		'identity.kratos.public_url http://127.0.0.1:1',
		'identity.kratos.admin_url http://127.0.0.1:1']), []), [0, 'sent 1', 'queued 0'],
	'with a Kratos the application\'s mails go out');
	is(await run(host('one', server, [worker]), []), [0, 'sent 1', 'queued 0'],
		'a host without an identity database');
	is(await run(host('none', server), []), [1, 'queued 0', 'queued 0'],
		'a host without any is told so');
	Object.assign(process.env, env);
	await closed(server);
}

// Whether one is at work on the queue of the application.
const connected = async () => await ask(DATABASE_WORKER_URL, `SELECT count(*) FROM pg_stat_activity WHERE datname =
	current_database() AND application_name = 'mirai-mail'`) !== '0';

// A server that hangs: for the other queue, and for those who queue.
async function checkHanging() {
	const hanging = await scripted({ EHLO: '' });
	const server = await receiver();
	const conf = host('beside', server, ['courier.timeout 120',
		`courier.smtp.connection_uri smtp://127.0.0.1:${hanging.port}/?disable_starttls=true`]);
	const stuck = queueIdentity();
	const child = program(conf);
	await until(() => hanging.seen.length > 0, 'a server that hangs');
	const id = queue('welcome');
	ok(await until(() => isSent(id), 'the other queue'), 'a server that hangs holds up its own queue only');
	is(identityStatus(stuck), 'processing 1', 'which waits for it');
	child.kill('SIGKILL');
	await child.done;
	identity('UPDATE mails SET due_at = now()');
	hanging.seen.length = 0;
	const longer = program(conf, '-1');
	await until(() => hanging.seen.length > 0, 'it hangs again');
	await until(async () => !await connected(), 'the other queue to be done with');
	const later = queue('welcome');
	await drain(conf);
	is([status(later), identityStatus(stuck)], ['sent 1', 'processing 2'],
		'nor does it keep the runs to come from the other');
	longer.kill('SIGKILL');
	await longer.done;
	clearAll();
	const hung = queue('invitation');
	const second = program(host('hung', hanging, ['courier.timeout 120']));
	hanging.seen.length = 0;
	await until(() => hanging.seen.length > 0, 'an invitation in hand');
	is(status(hung), 'sending 1', 'a mail is in hand of a server that hangs');
	execFileSync('psql', ['-qAtX', '-v', 'ON_ERROR_STOP=1', DATABASE_URL], { input: `
		BEGIN; SET LOCAL statement_timeout = '30s';
		SELECT set_config('app.tenant_id', '${TENANT}', true);
		UPDATE tenants SET name = name;
		INSERT INTO mail_outbox (tenant_id, notification_id, kind, recipient, payload) VALUES
			('${TENANT}', NULL, 'welcome', 'a@b.example',
			${quote(JSON.stringify(letters.welcome))});
		NOTIFY mirai_outbox; COMMIT`, stdio: ['pipe', 'ignore', 'inherit'] });
	is(status(hung), 'sending 1', 'who queues does not wait for it');
	second.kill('SIGKILL');
	await second.done;
	is(status(hung), 'sending 1', 'after a kill its lease goes on');
	clear();
	hanging.close();
	await closed(server);
}

// --- many, at once, and killed ---------------------------------------------------

async function checkTwoAtOnce() {
	const server = await receiver(BARE);
	const confs = ['host1', 'host2', 'host3'].map((n) => host(n, server));
	const ids = Array.from({ length: 24 }, (_, i) => queue('welcome', { to: `u${i}@example.org` }));
	await Promise.all(confs.map((c) => drain(c)));
	is(server.got.map(idOf).sort(), [...ids].sort(), 'three hosts deliver each mail once');
	clear();
	const child = program(confs[0]);
	let ms = await wakes(() => queue('welcome'), isSent);
	ok(ms < 3000, 'a mail wakes it up', ms);
	ms = await wakes(queueIdentity, async (id) =>
		await ask(IDENTITY_DATABASE_URL, `SELECT status FROM mails WHERE id = '${id}'`) === 'sent');
	ok(ms < 3000, 'and one of the other queue', ms);
	const second = await drain(confs[0], '-v');
	is([second.code, second.text], [0, ''], 'a second run on the same host leaves');
	child.kill('SIGTERM');
	is(await child.done, 0, 'SIGTERM ends it well');
	ok(await until(async () => !await connected(), 'its connections'),
		'and nothing is left of it');
	clearAll();
	await closed(server);
}

async function checkKill() {
	let slow = true;
	const got = [];
	const server = await receiver({ ...BARE, onData(stream, session, callback) {
		const chunks = [];
		stream.on('data', (c) => chunks.push(c));
		stream.on('end', () => {
			got.push({ raw: Buffer.concat(chunks) });
			setTimeout(callback, slow ? 150 : 0);
		});
	} });
	const conf = host('killed', server);
	const ids = Array.from({ length: 10 }, (_, i) => queue('welcome', { to: `k${i}@example.org` }));
	const kills = 6;
	for (let i = 0; i < kills; i++) {
		const child = program(conf, '-1');
		const n = got.length;
		await until(() => got.length > n, 'a mail under way');
		await sleep(i * 30);
		await kill(child, server, DATABASE_WORKER_URL);
		const left = got.length;
		await sleep(250);
		is(got.length, left, `kill ${i + 1}: nothing goes on`);
		sql('UPDATE mail_outbox SET next_attempt_at = now() WHERE lease IS NOT NULL');
	}
	slow = false;
	await drain(conf);
	const seen = got.map(idOf);
	is([...new Set(seen)].sort(), [...ids].sort(), 'after six kills every mail has arrived');
	ok(seen.length - ids.length <= kills, 'each kill repeated one mail at most',
		seen.length - ids.length);
	is(sql('SELECT count(*) FROM mail_outbox WHERE sent_at IS NULL'), '0', 'and all are noted');
	clear();
	const last = queue('welcome');
	sql('UPDATE mail_outbox SET attempts = 8');
	await drain(conf);
	is(status(last), 'failed 9', 'one whose eight tries were killed is given up');
	clear();
	await closed(server);
}

// --- the rest --------------------------------------------------------------------

async function checkSettings() {
	const server = await receiver();
	const id = queue('welcome');
	const dry = await drain(host('dry', server), '-n');
	ok(dry.text.includes(`${id} welcome for r***@example.org, try 1`) && server.got.length === 0,
		'-n shows the queue, addresses masked', dry.text);
	const home = path.join(TEST_DIR, 'templates/welcome/valid');
	fs.mkdirSync(home, { recursive: true });
	fs.writeFileSync(path.join(home, 'email.subject.gotmpl'), 'Hello {{ .first_name }}');
	await drain(host('own', server, [`courier.templates ${TEST_DIR}/templates`]));
	is((await simpleParser(server.got[0].raw)).subject, 'Hello Rosa', 'a template of one\'s own');
	fs.writeFileSync(path.join(home, 'email.body.gotmpl'), '<p>{{ template "x" }}</p>');
	const broken = await drain(host('own', server, [`courier.templates ${TEST_DIR}/templates`]));
	is([broken.code, broken.text.includes('welcome/valid/email.body.gotmpl:1: ')], [1, true],
		'one that is not understood stops this queue, with file and line');
	for (const [line, want] of [['smtp.host a b', 'smtp.host: not a host name'],
		['smtp.host smtp://x', 'smtp.host: not a host name'],
		['smtp.from Me <a@b.example>', 'smtp.from: not a bare address']]) {
		const run = await drain(config('bad', ['smtp.host 127.0.0.1', line]));
		ok(run.code === 1 && run.text.includes(want), `refused: ${line}`, run.text);
	}
	const bad = await drain(config('clear', ['smtp.host mail.invalid', 'smtp.username x',
		'smtp.password hush', 'smtp.allow_plaintext yes', 'courier.timeout 5']));
	ok(bad.text.includes('smtp.host: the password travels in the clear'),
		'a password in the clear is warned of', bad.text);
	clear();
	await closed(server);
}

try {
	makeTenant();
	await checkLetters();
	await checkHarmless();
	await checkEncryption();
	await checkLogin();
	await checkWays();
	await checkFailures();
	await checkLater();
	await checkBeside();
	await checkHanging();
	await checkTwoAtOnce();
	await checkKill();
	await checkSettings();
	ok(!logs.text.includes(TOKEN) && !logs.text.includes('rosa@example.org'),
		'neither a link nor an address was ever printed');
} catch (e) {
	ok(false, 'no exception', e.stack);
}
finish();
