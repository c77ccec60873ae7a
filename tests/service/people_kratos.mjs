// The names of a company of 500 from a Kratos: at most two calls when nothing is
// known, none while they are kept; more and shorter ones where a web server in
// front takes only 8 KiB of request line (spec accounts.md 21, check 14).
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { Kratos } from '../identity/kit/kratos.mjs';
import { callFastCgi } from './kit/fastcgi.mjs';
import { isListening } from '../ports.mjs';
import { until } from '../wait.mjs';

const { BUILD, SRCDIR, TEST_DIR } = process.env;
const PEOPLE = 500;
const ACME = 'a0000000-0000-4000-8000-000000000000';
const COMPANY = 'a1000000-0000-4000-8000-000000000000';
const OWNER = 'a3000000-0000-4000-8000-000000000001';
const idOf = (n) => `aa000000-0000-4000-8000-${String(n).padStart(12, '0')}`;

let count = 0;

function is(got, want, name) {
	const good = JSON.stringify(got) === JSON.stringify(want);
	count++;
	console.log(`${good ? 'ok' : 'not ok'} ${count} - ${name}`);
	if (!good) console.log(`# got ${JSON.stringify(got)}, wanted ${JSON.stringify(want)}`);
}

function sql(...args) {
	execFileSync('psql', ['-qAtX1', '-v', 'ON_ERROR_STOP=1', process.env.DATABASE_URL.replace(/user=\S+/, 'user=postgres'), ...args], { stdio: 'ignore' });
}

function makePeople(k) {
	sql('-f', path.join(SRCDIR, 'tests/fixtures/app.sql'));
	sql('-c', `DELETE FROM users WHERE kratos_id <> '${OWNER}'`);
	sql('-c', `INSERT INTO users (tenant_id, kratos_id, company_id, role)
		SELECT '${ACME}', ('aa000000-0000-4000-8000-' || lpad(n::text, 12, '0'))::uuid, '${COMPANY}', 'sme'
		FROM generate_series(1, ${PEOPLE - 1}) n`);
	k.addIdentity({ id: OWNER, email: 'owner@acme.example', first: 'Olivia', last: 'Owner', password: 'x' });
	for (let n = 1; n < PEOPLE; n++)
		k.addIdentity({ id: idOf(n), email: `p${n}@acme.example`, first: 'P', last: String(n), password: 'x' });
}

// What a web server with lines of 8 KiB lets through.
async function front(k) {
	const server = http.createServer({ maxHeaderSize: 8192 }, (req, res) => {
		req.pipe(http.request(`${k.adminUrl}${req.url}`, { method: req.method, headers: req.headers }, (back) => {
			res.writeHead(back.statusCode, back.headers);
			back.pipe(res);
		}));
	});
	server.listen(0, '127.0.0.1');
	await once(server, 'listening');
	return server;
}

async function startApi(k, adminUrl, name) {
	const socket = path.join(TEST_DIR, `${name}.sock`), conf = path.join(TEST_DIR, `${name}.conf`);
	fs.writeFileSync(conf, ['identity.mode kratos', `identity.kratos.public_url ${k.publicUrl}`,
		`identity.kratos.admin_url ${adminUrl}`, `cache.path ${TEST_DIR}/${name}.db`, ''].join('\n'));
	const log = fs.openSync(path.join(TEST_DIR, `${name}.log`), 'a');
	const child = spawn(path.join(BUILD, 'bin/mirai-api'), ['-f', conf, '-s', socket, '-w', '1'], { stdio: ['ignore', log, log] });
	await until(() => isListening(socket) || child.exitCode !== null);
	return { child, socket };
}

// How many were named right, and how many lists Kratos was asked for.
async function list(k, api) {
	const token = k.addSession(k.identities.get(OWNER), 'token').secret;
	k.seen.length = 0;
	const r = await callFastCgi(api.socket, '/mirai.v1.UserService/ListCompanyUsers',
		{ authorization: `Bearer ${token}` }, {});
	const right = (r.json?.users ?? []).filter((u) => u.kratosId === OWNER ? u.lastName === 'Owner'
		: idOf(u.lastName) === u.kratosId && u.email === `p${u.lastName}@acme.example`);
	return [r.status, right.length, k.seen.filter((s) => s.path === '/admin/identities').length];
}

async function stop(api) {
	api.child.kill('SIGTERM');
	await once(api.child, 'exit');
}

const k = new Kratos();
await k.start();
makePeople(k);
const api = await startApi(k, k.adminUrl, 'direct');
is(await list(k, api), [200, PEOPLE, 2], 'acceptance 14: ListCompanyUsers with 500 users: two identity calls cold');
is(await list(k, api), [200, PEOPLE, 0], 'acceptance 14: none warm');
await stop(api);
const server = await front(k);
const behind = await startApi(k, `http://127.0.0.1:${server.address().port}`, 'front');
is(await list(k, behind), [200, PEOPLE, 4], 'shorter calls where long ones are refused');
is(await list(k, behind), [200, PEOPLE, 0], 'none while they are known');
await stop(behind);
is(k.complaints, [], 'a Kratos understands every call');
server.close();
server.closeAllConnections();
await k.stop();
console.log(`1..${count}`);
