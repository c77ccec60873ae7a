// One key, many requests at once: one of them does the work, all get its
// answer. And a worker killed in the middle leaves neither the work nor the
// answer, or both, so that a caller who asks until it is answered gets what
// exactly one execution made.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { callFastCgi } from '../service/kit/fastcgi.mjs';
import { psql, superuser } from '../psql.mjs';
import { childrenOf, kill, until } from '../wait.mjs';

const { BUILD, SRCDIR, TEST_DIR } = process.env;
const CONF = path.join(TEST_DIR, 'mirai.conf');
const SOCKET = path.join(TEST_DIR, 'api.sock');
const AT_ONCE = 8;
const ROUNDS = 15;
const KILLS = 20;

let count = 0;

function ok(good, name) {
	count++;
	console.log(`${good ? 'ok' : 'not ok'} ${count} - ${name}`);
}

const sql = (text) => psql(superuser(process.env.DATABASE_URL), text);

function createTeam(name, key) {
	return callFastCgi(SOCKET, '/mirai.v1.TeamService/CreateTeam', {
		authorization: 'Bearer ory_st_owneracme00000000000000000000000',
		'idempotency-key': key,
	}, { name });
}

let api = null;

// A socket that is there need not be listened on yet.
function accepts() {
	return new Promise((resolve) => {
		const socket = net.connect(SOCKET, () => resolve(true));
		socket.on('error', () => resolve(false));
		socket.on('connect', () => socket.end());
	});
}

async function startPool() {
	const log = fs.openSync(path.join(TEST_DIR, 'api.log'), 'a');
	fs.rmSync(SOCKET, { force: true });
	api = spawn(path.join(BUILD, 'bin/mirai-api'),
		['-f', CONF, '-s', SOCKET, '-w', '4'], { stdio: ['ignore', log, log] });
	fs.closeSync(log);
	await until(accepts);
}

// The supervisor first, so that it replaces none of its workers.
async function killPool() {
	const gone = once(api, 'exit');
	await kill([api.pid, ...childrenOf(api.pid)]);
	await gone;
}

async function testAtOnce() {
	let good = 0;
	for (let i = 0; i < ROUNDS; i++) {
		const all = await Promise.all(Array.from({ length: AT_ONCE },
			() => createTeam(`at once ${i}`, `once-${i}`)));
		good += all.every((r) => r.status === 200 &&
			r.json.team.id === all[0].json.team.id);
	}
	ok(good === ROUNDS, `${AT_ONCE} at once got one answer, ${good} times of ${ROUNDS}`);
	ok(sql("SELECT count(*) FROM teams WHERE name LIKE 'at once %'") === String(ROUNDS),
		'and one did the work');
}

// Two messages under one key: the first is carried out, the other is told.
async function testConflict() {
	let good = 0;
	for (let i = 0; i < ROUNDS; i++) {
		const both = await Promise.all(['one', 'two'].map((name) =>
			createTeam(`${name} ${i}`, `conflict-${i}`)));
		good += both.map((r) => r.status).sort().join() === '200,400';
	}
	ok(good === ROUNDS, `of two messages one counts, ${good} times of ${ROUNDS}`);
}

async function askUntilAnswered(name, key) {
	let r = { status: 0, text: 'never answered' };
	await until(async () => {
		r = await createTeam(name, key);
		return r.status !== 0;
	});
	return r;
}

async function testKills() {
	let good = 0, cut = 0;
	for (let i = 0; i < KILLS; i++) {
		const first = createTeam(`killed ${i}`, `kill-${i}`);
		await sleep(Math.random() * 6);
		await killPool();
		cut += (await first).status === 0;
		await startPool();
		const r = await askUntilAnswered(`killed ${i}`, `kill-${i}`);
		const id = sql(`SELECT id FROM teams WHERE name = 'killed ${i}'`);
		good += r.status === 200 && r.json.team.id === id;
		if (r.status !== 200)
			console.log(`# ${r.status} ${r.text}`);
	}
	console.log(`# ${cut} calls cut off`);
	ok(cut > 0, 'workers died at work');
	ok(good === KILLS, `asking again gave the one team, ${good} times of ${KILLS}`);
	ok(sql(`SELECT count(*) FROM teams t JOIN idempotency_keys k
		ON position(t.id::text::bytea IN k.answer) > 0
		WHERE t.name LIKE 'killed %'`) === String(KILLS),
	'work and answer were kept together');
}

for (const [url, file] of [[process.env.DATABASE_URL, 'app'],
	[process.env.IDENTITY_DATABASE_URL, 'identity']])
	psql(superuser(url), `BEGIN;\n\\i ${path.join(SRCDIR, `tests/fixtures/${file}.sql`)}\nCOMMIT`);
fs.writeFileSync(CONF, [`cache.path ${TEST_DIR}/cache.db`, `state.dir ${TEST_DIR}`,
	'store.secret 0123456789abcdef0123', 'log.level error', ''].join('\n'), { mode: 0o600 });
await startPool();
await testAtOnce();
await testConflict();
await testKills();
api.kill('SIGTERM');
await once(api, 'exit');
console.log(`1..${count}`);
