// mirai-mail and the mails of the identity service, against a real SMTP receiver
// with the parser of the same family as oracle: what arrives, what is tried
// again, what is given up, what a kill does, and that no code is ever logged or
// kept.
import { execFileSync } from 'node:child_process';
import crypto from 'node:crypto';
import { once } from 'node:events';
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { NOBODY, OLD_SECRET, PLAIN, SECRET, ask, closed, config, drain, finish, is, kill, logs, ok, program, psql,
	receiver, scripted, simpleParser, smtp, until, wakes } from './kit/mail.mjs';

const { TEST_DIR, IDENTITY_DATABASE_URL } = process.env;
const CODE = '739204';

const sql = (text, stderr) => psql(IDENTITY_DATABASE_URL, text, stderr);
const quote = (s) => `'${s.replaceAll("'", "''")}'`;

// What the identity service writes: AES-256-GCM, bound to the mail's id.
function seal(secret, context, text) {
	const key = crypto.createHmac('sha256', secret).update('mirai seal v1').digest();
	const nonce = crypto.randomBytes(12);
	const c = crypto.createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(context));
	const sealed = Buffer.concat([nonce, c.update(text), c.final(), c.getAuthTag()]);
	return `v1.${sealed.toString('base64url')}`;
}

function queue(to, { type = 'recovery_code', valid = true, secret = SECRET, data } = {}) {
	const id = crypto.randomUUID();
	const text = JSON.stringify(data ?? { RecoveryCode: CODE, ExpiresInMinutes: 60 });
	sql(`INSERT INTO mails (id, template, valid, recipient, sealed) VALUES ('${id}',
		'${type}', ${valid}, ${quote(to)}, '${seal(secret, `mail:${id}`, text)}');
		NOTIFY mirai_mail`);
	return id;
}

const status = (id) => sql(`SELECT status || ' ' || send_count FROM mails WHERE id = '${id}'`);
const due = () => sql(`UPDATE mails SET due_at = now() WHERE status = 'queued'`);
const clear = () => sql('DELETE FROM mails');
const lastError = (id) => sql(`SELECT error FROM mail_dispatches WHERE mail_id = '${id}'
	ORDER BY created_at DESC LIMIT 1`);

// --- what arrives ----------------------------------------------------------------

async function checkMail() {
	const server = await receiver();
	const conf = smtp('plain', server, { more: ['courier.smtp.from_address post@example.com',
		'courier.smtp.from_name Mirai für Müller, "Söhne" & Töchter',
		'courier.smtp.headers X-Mailer: mirai; List-Id: <x.example.com>'] });
	const id = queue('jan+x@example.org');
	const run = await drain(conf, '-v');
	is([run.code, run.text], [0, `${id} sent\n`], 'a mail is sent, and said so');
	is(status(id), 'sent 1', 'its row says so');
	const [m] = server.got;
	is([m.secure, m.envelope.mailFrom.address, m.envelope.rcptTo.map((r) => r.address)],
		[true, 'post@example.com', ['jan+x@example.org']], 'by STARTTLS, with its envelope');
	const p = await simpleParser(m.raw);
	is([p.from.value[0], p.to.value[0].address, p.subject],
		[{ address: 'post@example.com', name: 'Mirai für Müller, "Söhne" & Töchter' },
			'jan+x@example.org', 'Your code to recover your Mirai account'],
		'the parser reads sender, recipient and subject');
	is([p.messageId, p.headers.get('auto-submitted'), p.headers.get('x-mailer'),
		p.headers.get('content-type').value],
		[`<${id}@example.com>`, 'auto-generated', 'mirai', 'multipart/alternative'],
		'Message-ID from the id, configured headers, two alternatives');
	ok(Math.abs(p.date - Date.now()) < 60000, 'Date is now');
	ok(p.text.includes(CODE) && p.html.includes(CODE) && p.html.includes('</html>'),
		'the code is in both parts');
	ok(m.raw.toString('latin1').split('\r\n').every((l) => l.length <= 78 &&
		/^[\t -~]*$/.test(l)), 'every line is short, seven-bit and ends in CRLF');
	await closed(server);
}

async function checkLogin() {
	const server = await receiver({ authOptional: false,
		onAuth: (a, session, cb) => cb(a.username === 'mi/rai' && a.password === 'p@ss:w'
			? null : new Error('no'), { user: a.username }) });
	const id = queue('a@example.org');
	await drain(smtp('login', server, { user: 'mi%2Frai:p%40ss%3Aw@' }));
	is([status(id), server.got[0]?.user], ['sent 1', 'mi/rai'], 'user and password');
	const bad = queue('a@example.org');
	const run = await drain(smtp('nologin', server, { user: 'mi%2Frai:wr0ng-pass@' }));
	is(status(bad), 'queued 1', 'a wrong password is tried again: people can mend it');
	ok(run.text.includes('(last reply 535)') && !run.text.includes('wr0ng'),
		'and told without the password', run.text);
	clear();
	await closed(server);
}

async function checkTls() {
	const bare = await receiver({ disabledCommands: ['STARTTLS'] });
	const id = queue('a@example.org');
	await drain(smtp('notls', bare));
	is([status(id), bare.got.length], ['queued 1', 0], 'without STARTTLS nothing is sent');
	due();
	await drain(smtp('notls2', bare, PLAIN));
	is([status(id), bare.got.length], ['sent 2', 1], 'but where it is switched off');
	await closed(bare);
	const tls = await receiver();
	const unknown = queue('a@example.org');
	await drain(smtp('verify', tls, { query: '' }));
	is([status(unknown), tls.got.length], ['queued 1', 0], 'an unknown certificate is refused');
	clear();
	await closed(tls);
	const smtps = await receiver({ secure: true });
	const direct = queue('a@example.org');
	await drain(smtp('smtps', smtps, { scheme: 'smtps' }));
	is([status(direct), smtps.got.length], ['sent 1', 1], 'smtps');
	await closed(smtps);
}

async function checkContent() {
	const server = await receiver();
	const conf = smtp('content', server);
	const evil = '<script>alert(1)</script>"><b>';
	queue('a@example.org', { type: 'new_device',
		data: { Device: `Überbrowser ${evil}`, IPAddress: '.\n.\r\n.\r\nQUIT', At: '' } });
	queue('a@example.org', { type: 'registration_exists',
		data: { LoginURL: 'javascript:alert(1)', ResetURL: 'https://x.example/?a=1&b="2"' } });
	queue('a@example.org', { type: 'password_changed', secret: OLD_SECRET, data: {} });
	await drain(conf);
	is(server.got.length, 3, 'three mails, one sealed by the secret before');
	const [device, exists] = await Promise.all(server.got.map((m) => simpleParser(m.raw)));
	ok(device.text.includes(`Überbrowser ${evil}`), 'text is as it was');
	ok(!device.html.includes('<script>') &&
		device.html.includes('&lt;script&gt;alert(1)'), 'and escaped in HTML');
	ok(/^\.$/m.test(device.text), 'lines of a dot arrive');
	ok(!device.text.includes('Time:'), 'what is absent is left out');
	ok(!exists.html.includes('href="javascript') &&
		exists.html.includes('href="https://x.example/?a=1&amp;b=&quot;2&quot;"'),
	'links are http, or go nowhere', exists.html);
	await closed(server);
}

// Whatever a row says, one mail goes to one address and says what it says.
async function checkInjection() {
	const server = await receiver();
	const conf = smtp('inject', server);
	for (const to of ['a@b.example\nBcc:c@d.example', 'a b@c.example'])
		try {
			sql(`INSERT INTO mails (template, recipient, sealed)
				VALUES ('recovery_code', ${quote(to)}, 'x')`, 'ignore');
			ok(false, 'the table refuses an address that holds blanks');
		} catch {
			ok(true, 'the table refuses an address that holds blanks');
		}
	const two = queue('a@b.example,c@d.example');
	const brackets = queue('a@b.example><c@d.example');
	const foreign = queue('a@b.example', { secret: 'not-one-of-the-secrets' });
	const type = queue('a@b.example', { type: 'no_such_type' });
	await drain(conf);
	is([two, brackets, foreign, type].map(status), Array(4).fill('abandoned 1'),
		'two addresses, foreign secrets and unknown types are given up');
	is(server.got.length, 0, 'and nothing is sent');
	const home = path.join(TEST_DIR, 'templates/recovery_code/valid');
	fs.mkdirSync(home, { recursive: true });
	fs.writeFileSync(path.join(home, 'email.subject.gotmpl'), '{{ .Note }}\n');
	const own = smtp('own', server, { more: [`courier.templates ${TEST_DIR}/templates`] });
	const note = `Grüße\r\nBcc: x@y.example\r\n\r\n${'ein langer Betreff '.repeat(20)}`;
	queue('a@b.example', { data: { RecoveryCode: CODE, Note: note } });
	await drain(own);
	const p = await simpleParser(server.got[0].raw);
	is([p.subject, p.bcc, server.got[0].envelope.rcptTo.length],
		[note.replaceAll(/[\r\n]/g, ' ').trim(), undefined, 1],
		'line ends in a subject are blanks, whatever its length and letters');
	fs.writeFileSync(path.join(home, 'email.body.gotmpl'), '<p>\n{{ template "x" }}</p>');
	const broken = await drain(own);
	is([broken.code, broken.text.includes('email.body.gotmpl:2: ')], [1, true],
		'a template that is not understood stops the start, with file and line');
	await closed(server);
}

// --- failures --------------------------------------------------------------------

async function checkFailures() {
	const cases = [
		[{ RCPT: '550 no such user' }, 'abandoned 1', 550, 'a recipient refused for good'],
		[{ MAIL: '451 later' }, 'queued 1', 451, 'a sender refused for now'],
		[{ '.': '554 spam' }, 'abandoned 1', 554, 'a text refused for good'],
		[{ '.': '452 disk full' }, 'queued 1', 452, 'a text refused for now'],
		[{ '.': null }, 'queued 1', null, 'a connection that ends after the text'],
		[{ '.': '' }, 'queued 1', null, 'silence after the text'],
		[{ EHLO: '' }, 'queued 1', null, 'silence from the start'],
		[{ RCPT: 'what?' }, 'queued 1', null, 'no SMTP at all'],
	];
	for (const [answers, want, reply, name] of cases) {
		const server = await scripted(answers);
		const id = queue('a@example.org');
		const began = Date.now();
		const run = await drain(smtp('scripted', server, { ...PLAIN,
			timeout: reply === null ? 1 : 60 }));
		is([run.code, status(id)], [0, want], name);
		ok(reply === null || lastError(id).includes(`(last reply ${reply})`), `${name}: reply`,
			lastError(id));
		ok(Date.now() - began < 25000, `${name}: in time, not that of the default`);
		clear();
		server.close();
	}
	const id = queue('a@example.org');
	const conf = smtp('away', NOBODY, PLAIN);
	for (let i = 1; i <= 5; i++) {
		await drain(conf);
		is(status(id), i < 5 ? `queued ${i}` : 'abandoned 5', `no server, try ${i}`);
		is((await drain(conf)).text, '', 'and not again at once');
		due();
	}
	is(sql(`SELECT count(*), count(sealed) FROM mails m JOIN mail_dispatches d
		ON d.mail_id = m.id WHERE d.status = 'failed'`), '5|0', 'five dispatches, no data left');
	clear();
}

async function checkLater() {
	let refusals = 2;
	const server = await receiver({ onRcptTo: (address, session, cb) =>
		cb(refusals-- > 0 ? Object.assign(new Error('busy'), { responseCode: 450 }) : null) });
	const conf = smtp('later', server);
	const id = queue('a@example.org');
	for (let i = 0; i < 3; i++) {
		await drain(conf);
		due();
	}
	is([status(id), server.got.length], ['sent 3', 1], 'refused twice for now, then taken');
	clear();
	await closed(server);
}

// --- many, at once, and killed ---------------------------------------------------

const idOf = (m) => /^Message-ID: <([^@]*)@/m.exec(m.raw.toString('latin1'))[1];

async function checkTwoAtOnce() {
	const server = await receiver();
	const confs = ['host1', 'host2', 'host3'].map((n) => smtp(n, server, PLAIN));
	const ids = Array.from({ length: 24 }, (_, i) => queue(`u${i}@example.org`));
	await Promise.all(confs.map((c) => drain(c)));
	is(server.got.map(idOf).sort(), [...ids].sort(), 'three hosts deliver each mail once');
	clear();
	const child = program(confs[0]);
	const ms = await wakes(() => queue('a@example.org'), async (id) =>
		await ask(IDENTITY_DATABASE_URL, `SELECT status FROM mails WHERE id = '${id}'`) === 'sent');
	ok(ms < 3000, 'a mail wakes it up', ms);
	const second = await drain(confs[0], '-v');
	is([second.code, second.text], [0, ''], 'a second run on the same host leaves');
	child.kill('SIGTERM');
	is(await child.done, 0, 'SIGTERM ends it well');
	clear();
	await closed(server);
}

async function checkKill() {
	let slow = true;
	const got = [];
	const server = await receiver({ onData(stream, session, callback) {
		const chunks = [];
		stream.on('data', (c) => chunks.push(c));
		stream.on('end', () => {
			got.push({ raw: Buffer.concat(chunks) });
			setTimeout(callback, slow ? 150 : 0);
		});
	} });
	const conf = smtp('killed', server, PLAIN);
	const ids = Array.from({ length: 12 }, (_, i) => queue(`k${i}@example.org`));
	let kills = 0;
	for (let i = 0; i < 6; i++) {
		const child = program(conf, '-1');
		const n = got.length;
		await until(() => got.length > n, 'a mail under way');
		await sleep(i * 30);
		await kill(child, server, IDENTITY_DATABASE_URL);
		kills++;
		sql(`UPDATE mails SET due_at = now() WHERE status = 'processing'`);
	}
	slow = false;
	await drain(conf);
	const seen = got.map(idOf);
	is([...new Set(seen)].sort(), [...ids].sort(), 'after six kills every mail has arrived');
	ok(seen.length - ids.length <= kills, 'each kill repeated one mail at most',
		seen.length - ids.length);
	is(sql(`SELECT DISTINCT status FROM mails`), 'sent', 'and all are noted');
	clear();
	const last = queue('a@example.org');
	sql(`UPDATE mails SET send_count = 5, status = 'processing'`);
	await drain(conf);
	is(status(last), 'abandoned 6', 'one that was killed five times is given up');
	clear();
	await closed(server);
}

// --- Maildir and HTTP ------------------------------------------------------------

async function checkMaildir() {
	const conf = config('maildir', []);
	const dir = path.join(TEST_DIR, 'maildir/mail');
	const id = queue('a@example.org', { type: 'verification_code', data: {
		VerificationCode: CODE, VerificationURL: 'https://app.example.com/v?code=739204' } });
	const waiting = await drain(conf, '-n');
	ok(waiting.text.includes(`${id} verification_code for a***@example.org, try 1`),
		'-n shows the queue, addresses masked', waiting.text);
	ok(!fs.existsSync(dir), 'and changes nothing');
	await drain(conf);
	const files = fs.readdirSync(`${dir}/new`);
	is([files.length, fs.readdirSync(`${dir}/tmp`), fs.existsSync(`${dir}/cur`)], [1, [], true],
		'without a server a Maildir is made');
	const raw = fs.readFileSync(`${dir}/new/${files[0]}`);
	const p = await simpleParser(raw);
	is([p.from.text, p.to.text, !raw.includes('\r'), fs.statSync(dir).mode & 0o777],
		['"Mirai" <no-reply@app.example.com>', 'a@example.org', true, 0o700],
		'its file parses, and is nobody else\'s');
	ok(p.text.includes('https://app.example.com/v?code=739204'), 'links are whole');
	is(sql(`SELECT subject, body LIKE '%******%', body LIKE '%${CODE}%',
		sealed IS NULL FROM mails WHERE id = '${id}'`),
	'Your code to confirm this address|t|f|t', 'what is kept shows no code');
	sql(`UPDATE mails SET status = 'queued', due_at = now(), sealed =
		'${seal(SECRET, `mail:${id}`, '{}')}'`);
	await drain(conf);
	is(fs.readdirSync(`${dir}/new`), files, 'a repeated delivery is the same file');
	fs.rmSync(dir, { recursive: true });
	fs.writeFileSync(dir, 'in the way');
	const blocked = queue('a@example.org');
	const run = await drain(conf);
	is([status(blocked), run.text.includes('Not a directory')], ['queued 1', true],
		'a Maildir that cannot be written is tried again');
	clear();
}

async function checkHttp() {
	const got = [];
	let answer = 503;
	const server = http.createServer((req, res) => {
		let body = '';
		req.on('data', (d) => { body += d; });
		req.on('end', () => {
			got.push({ headers: req.headers, body: JSON.parse(body) });
			res.writeHead(answer).end();
		});
	});
	server.listen(0, '127.0.0.1');
	await once(server, 'listening');
	const conf = config('http', ['courier.delivery_strategy http',
		`courier.http.url http://127.0.0.1:${server.address().port}/mails`,
		'courier.http.authorization Bearer hush-hush']);
	const id = queue('a@example.org');
	await drain(conf);
	is(status(id), 'queued 1', 'HTTP: 503 is tried again');
	answer = 202;
	due();
	await drain(conf);
	is(status(id), 'sent 2', 'HTTP: 202 is taken');
	const { headers, body } = got[1];
	is([headers.authorization, headers['idempotency-key'], headers['content-type'],
		body.recipient, body.template_type, body.subject, body.body.includes(CODE),
		body.html.includes(CODE)],
	['Bearer hush-hush', id, 'application/json', 'a@example.org', 'recovery_code',
		'Your code to recover your Mirai account', true, true], 'HTTP: the whole mail');
	answer = 422;
	const bad = queue('a@example.org');
	await drain(conf);
	is(status(bad), 'abandoned 1', 'HTTP: 422 is final');
	clear();
	server.close();
}

async function checkSettings() {
	const bad = [
		['courier.delivery_strategy pigeon', 'courier.delivery_strategy: not smtp'],
		['courier.delivery_strategy smtp', 'courier.smtp.connection_uri: not set'],
		['courier.delivery_strategy http', 'courier.http.url: not set'],
		['courier.smtp.connection_uri http://x/', 'not smtp:// or smtps://'],
		['courier.smtp.connection_uri smtp://u:hush%zz@x/', 'percent-encoded'],
		['courier.smtp.connection_uri smtp://u:hush@x:99999/', 'not a host'],
		['courier.smtp.connection_uri smtp://u:hush@x/?legacy=true', 'an unknown option'],
		['courier.smtp.from_address Me <a@b.example>', 'not a bare address'],
		['courier.smtp.headers Bcc: a@b.example', 'one that cannot be added'],
		['identity.secrets', 'identity.secrets: not set'],
	];
	for (const [line, want] of bad) {
		const run = await drain(config('bad', [line]));
		ok(run.code === 1 && run.text.includes(want) && !run.text.includes('hush'),
			`refused: ${line}`, `${run.code} ${run.text}`);
	}
	sql(`INSERT INTO mails (template, recipient, status, created_at, updated_at)
		SELECT 'recovery', 'a@b.example', 'sent', t, t FROM generate_series(
		now() - interval '150 days', now(), interval '1 day') t`);
	await drain(config('sweep', ['courier.keep 3d']));
	is(sql('SELECT count(*) FROM mails'), '3', 'old mails are removed');
	clear();
}

try {
	await checkMail();
	await checkLogin();
	await checkTls();
	await checkContent();
	await checkInjection();
	await checkFailures();
	await checkLater();
	await checkTwoAtOnce();
	await checkKill();
	await checkMaildir();
	await checkHttp();
	await checkSettings();
	ok(!logs.text.includes(CODE) && !logs.text.includes(SECRET), 'no code was ever printed');
	const dump = execFileSync('pg_dump', ['--data-only',
		IDENTITY_DATABASE_URL.replace(/user=\S+/, 'user=postgres')]).toString();
	ok(!dump.includes(CODE), 'nor is one in the database');
} catch (e) {
	ok(false, 'no exception', e.stack);
}
finish();
