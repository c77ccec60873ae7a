// What tests of mirai-mail share: TAP, the program, and SMTP servers: a real
// receiver with the parser of the same family as oracle, and one that is told
// what to answer.
import { execFile, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import net from 'node:net';
import path from 'node:path';
import { promisify } from 'node:util';
import { psql as session, superuser } from '../../psql.mjs';
import { quickest, quiet, until as waited } from '../../wait.mjs';

const require = createRequire(import.meta.url);
const { SMTPServer } = require('smtp-server');
export const { simpleParser } = require('mailparser');

const { BUILD, TEST_DIR } = process.env;
export const SECRET = 'a secret of at least sixteen bytes'.replaceAll(' ', '-');
export const OLD_SECRET = 'the-secret-before-this-one';

let count = 0;
// All that the programs printed.
export const logs = { text: '' };

export function ok(good, name, detail) {
	count++;
	console.log(`${good ? 'ok' : 'not ok'} ${count} - ${name}`);
	if (!good && detail !== undefined)
		console.log(`# ${String(detail).replaceAll('\n', '\n# ')}`);
}

export function is(got, want, name) {
	const [g, w] = [got, want].map((x) => JSON.stringify(x));
	ok(g === w, name, `got  ${g}\nwant ${w}`);
}

export function finish() {
	console.log(`1..${count}`);
	process.exit(0);
}

// As the superuser, on the database of a connection string.
export const psql = (url, text, stderr) => session(superuser(url), text, stderr);

// The same while the servers of this process go on answering.
export async function ask(url, text) {
	const { stdout } = await promisify(execFile)('psql', ['-qAtX', '-v', 'ON_ERROR_STOP=1',
		'-c', text, superuser(url)]);
	return stdout.trimEnd();
}

// --- the program -----------------------------------------------------------------

export function config(name, lines) {
	const file = path.join(TEST_DIR, `${name}.conf`);
	fs.mkdirSync(path.join(TEST_DIR, name), { recursive: true });
	fs.writeFileSync(file, [`state.dir ${path.join(TEST_DIR, name)}`,
		`identity.secrets ${SECRET},${OLD_SECRET}`, 'url.app https://app.example.com',
		...lines, ''].join('\n'));
	return file;
}

// Without MIRAI_STATE: each configuration has a lock of its own, as hosts have.
export function program(conf, ...args) {
	const env = { ...process.env };
	delete env.MIRAI_STATE;
	const child = spawn(path.join(BUILD, 'bin/mirai-mail'), ['-f', conf, ...args],
		{ env, stdio: ['ignore', 'pipe', 'pipe'] });
	child.text = '';
	for (const s of [child.stdout, child.stderr]) {
		s.on('data', (d) => {
			child.text += d;
			logs.text += d;
		});
	}
	child.done = once(child, 'close').then(([code]) => code);
	return child;
}

export async function drain(conf, ...args) {
	const child = program(conf, '-1', ...args);
	return { code: await child.done, text: child.text };
}

export async function until(test, name) {
	const come = await waited(test);
	if (!come)
		console.log(`# waited in vain: ${name}`);
	return come;
}

// Kills it, and waits for all that it leaves behind: its children, what it
// said to a server, what the database still does for it.
export async function kill(child, server, url) {
	child.kill('SIGKILL');
	await child.done;
	await quiet(url);
	await until(() => server.connections.size === 0, 'its connections to end');
}

// Whether a program that runs is told of new mails: makes one again and again,
// each when the one before has arrived, and so just after the queue was looked
// at; without a word it would be looked at every five seconds.
export async function wakes(make, isSent) {
	const once = async () => {
		const id = make();
		return until(() => isSent(id), 'a mail to be sent');
	};
	await once();
	const { ms } = await quickest(once, 3000);
	return ms;
}

// --- receivers -------------------------------------------------------------------

const certificate = (() => {
	const file = (n) => path.join(TEST_DIR, n);
	execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt',
		'ec_paramgen_curve:P-256', '-nodes', '-days', '2', '-subj', '/CN=localhost',
		'-keyout', file('key.pem'), '-out', file('cert.pem')], { stdio: 'ignore' });
	return { key: fs.readFileSync(file('key.pem')), cert: fs.readFileSync(file('cert.pem')) };
})();

export async function receiver(options = {}) {
	const got = [];
	const server = new SMTPServer({
		...certificate, authOptional: true, disableReverseLookup: true, logger: false,
		onData(stream, session, callback) {
			const chunks = [];
			stream.on('data', (c) => chunks.push(c));
			stream.on('end', () => {
				got.push({ raw: Buffer.concat(chunks), envelope: session.envelope,
					secure: session.secure, user: session.user });
				callback();
			});
		},
		...options,
	});
	server.on('error', () => {});
	server.got = got;
	await new Promise((done) => server.listen(0, '127.0.0.1', done));
	server.port = server.server.address().port;
	return server;
}

export const closed = (server) => new Promise((done) => server.close(done));

export function smtp(name, server, { scheme = 'smtp', user = '', timeout = 60, more = [],
	query = '?skip_ssl_verify=true' } = {}) {
	return config(name, [
		`courier.smtp.connection_uri ${scheme}://${user}127.0.0.1:${server.port}/${query}`,
		`courier.timeout ${timeout}`, ...more]);
}

// Where nobody ever listens.
export const NOBODY = { port: 1 };

// A server that is told what to answer to which command; null ends the line.
export async function scripted(answers) {
	const seen = [];
	const server = net.createServer((s) => {
		let data = false;
		let rest = '';
		s.on('error', () => {});
		s.write('220 test ESMTP\r\n');
		s.on('data', (chunk) => {
			rest += chunk;
			for (let i; (i = rest.indexOf('\r\n')) !== -1;) {
				const line = rest.slice(0, i);
				rest = rest.slice(i + 2);
				if (data && line !== '.')
					continue;
				const verb = data ? '.' : line.split(' ')[0].toUpperCase();
				data = verb === 'DATA' && !('DATA' in answers);
				seen.push(verb);
				const answer = verb in answers ? answers[verb]
					: { EHLO: '250 test', DATA: '354 go on', QUIT: '221 bye' }[verb]
						?? '250 ok';
				if (answer === null)
					s.destroy();
				else if (answer !== '')
					s.write(`${answer}\r\n`);
			}
		});
	});
	server.listen(0, '127.0.0.1');
	await once(server, 'listening');
	server.port = server.address().port;
	server.seen = seen;
	return server;
}

export const PLAIN = { query: '?disable_starttls=true' };
