// Passwords known from breaches: a local file of hashes and a range service
// on loopback that refuses whatever the real one would (spec identity.md P-3).
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { is, main, messageIds, ok, registerApi, startService } from './kit/server.mjs';

const sha1 = (s) => createHash('sha1').update(s).digest('hex').toUpperCase();
const LEAKED = 'Quorum-Vexing-9-Jolt';
const OTHER = 'Mauve-Ketchup-4-Opera';

// The answer of one sign-up: the ids of its messages, or "made".
let n = 0;
async function attempt(svc, password) {
	const r = await registerApi(svc, `b${n++}@acme.example`, password);
	return r.status === 200 ? 'made' : messageIds(r.json);
}

// Hashes around the wanted ones, sorted as the published file is.
function writeFile(name, wanted, eol = '\r\n') {
	const file = path.join(process.env.TEST_DIR, name);
	const lines = Array.from({ length: 5000 }, (_, i) => `${sha1(`x${i}`)}:${i + 1}`);
	fs.writeFileSync(file, [...lines, ...wanted].sort().join(eol) + eol);
	return file;
}

async function fromFile() {
	const file = writeFile('hashes', [`${sha1(LEAKED)}:3`]);
	const svc = await startService([`identity.breach.file ${file}`]);
	is(await attempt(svc, LEAKED), [4000034], 'a password in the file is refused');
	is(await attempt(svc, OTHER), 'made', 'another is not');

	const lenient = await startService([`identity.breach.file ${file}`, 'identity.breach.max 3']);
	is(await attempt(lenient, LEAKED), 'made', 'as often as is allowed');

	// First, last, and without a line end: the edges of the search.
	const edges = ['Edge-Walker-2-Prism', 'Edge-Walker-3-Prism', 'Edge-Walker-4-Prism'];
	const sorted = edges.map((p) => [sha1(p), p]).sort();
	const small = path.join(process.env.TEST_DIR, 'small');
	fs.writeFileSync(small, sorted.map(([h]) => h).join('\n'));
	const edge = await startService([`identity.breach.file ${small}`]);
	for (const [, p] of sorted)
		is(await attempt(edge, p), [4000034], 'at the edge of the file, without a count');
	is(await attempt(edge, OTHER), 'made', 'and no other');
}

let mode = 'good';
const seen = [];

// As strict as the real one: GET, five upper-case hex digits, nothing else.
function range(req, res) {
	seen.push(req.url);
	const prefix = /^\/range\/([0-9A-F]{5})$/.exec(req.url)?.[1];
	if (req.method !== 'GET' || prefix === undefined) {
		res.writeHead(400).end('The hash prefix was not in a valid format');
		return;
	}
	if (mode === 'slow')
		return;
	if (mode === 'broken') {
		res.writeHead(503).end();
		return;
	}
	const hash = sha1(LEAKED);
	const lines = ['0018A45C4D1DEF81644B54AB7F969B88D65:1', '00D4F6E8FA6EECAD2A3AA415EEC418D38EC:2'];
	if (hash.startsWith(prefix))
		lines.push(mode === 'bare' ? hash.slice(5) : `${hash.slice(5)}:7`);
	res.writeHead(200, { 'content-type': 'text/plain' }).end(lines.join('\r\n'));
}

async function fromService() {
	const server = http.createServer(range).listen(0, '127.0.0.1');
	await once(server, 'listening');
	const url = `identity.breach.url http://127.0.0.1:${server.address().port}/range`;
	const svc = await startService([url]);
	is(await attempt(svc, LEAKED), [4000034], 'the service knows it');
	is(await attempt(svc, OTHER), 'made', 'it does not know another');
	ok(seen.every((u) => /^\/range\/[0-9A-F]{5}$/.test(u)), 'it sees five characters of a hash');
	is(await attempt(svc, '12345678'), [4000034], 'the commonest are refused before');
	is(seen.length, 2, 'without asking');
	mode = 'bare';
	is(await attempt(svc, LEAKED), [4000034], 'a line without count is one');
	const strict = await startService([url, 'identity.breach.ignore_errors no']);
	for (mode of ['broken', 'slow']) {
		is(await attempt(svc, LEAKED), 'made', `${mode}: ignored`);
		is(await attempt(strict, LEAKED), [5000001], `${mode}: or not`);
	}
	server.closeAllConnections();
	server.close();
}

main(async () => {
	await fromFile();
	await fromService();
	const svc = await startService();
	for (const p of ['Passw0rd!', 'qwerty123', 'p@ssword1', 'sunshine1', 'iloveyou2', 'football1'])
		is(await attempt(svc, p), [4000034], `${p} is found at once`);
});
