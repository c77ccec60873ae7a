// The real programs are killed with SIGKILL, again and again, while courses
// are written and exported: single workers of mirai-api, the whole pool with
// its supervisor, mirai-export. Afterwards every course has the document its
// row speaks of, nothing that was answered for is lost, finished exports have
// a whole archive, and what is left over is what mirai-sweep removes.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { callFastCgi } from './kit/fastcgi.mjs';
import { psql, superuser } from '../psql.mjs';
import { HOPE_MS, until } from '../wait.mjs';

const { BUILD, SRCDIR, TEST_DIR } = process.env;
const TENANT = 'a0000000-0000-4000-8000-000000000000';
const STORE = path.join(TEST_DIR, 'store');
const OBJECTS = path.join(STORE, 'data', TENANT);
const CONF = path.join(TEST_DIR, 'mirai.conf');
const SOCKET = path.join(TEST_DIR, 'api.sock');
const WORKERS = 4;
const WRITERS = 4;
const SECONDS = 7;
const PATIENCE = 180; // seconds, until each of these has happened so often
const LEAST = 20;

let count = 0;

function ok(good, name) {
	count++;
	console.log(`${good ? 'ok' : 'not ok'} ${count} - ${name}`);
}

const sql = (text) => psql(superuser(process.env.DATABASE_URL), text);

function loadFixtures() {
	for (const [url, file] of [[process.env.DATABASE_URL, 'app'],
		[process.env.IDENTITY_DATABASE_URL, 'identity']])
		execFileSync('psql', ['-qAtX1', '-v', 'ON_ERROR_STOP=1',
			url.replace(/user=\S+/, 'user=postgres'), '-f',
			path.join(SRCDIR, `tests/fixtures/${file}.sql`)], { stdio: 'ignore' });
}

function random(n) {
	return Math.floor(Math.random() * n);
}

// --- the programs --------------------------------------------------------------

const log = (name) => fs.openSync(path.join(TEST_DIR, `${name}.log`), 'a');
let pool = null;
let kills = 0;

function program(name, args) {
	return spawn(path.join(BUILD, `bin/mirai-${name}`), ['-f', CONF, ...args],
		{ stdio: ['ignore', log(name), log(name)] });
}

function workersOf(pid) {
	try {
		return fs.readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
			.split(' ').filter((s) => s !== '').map(Number);
	} catch {
		return [];
	}
}

function kill(pid) {
	try {
		process.kill(pid, 'SIGKILL');
		kills++;
	} catch {
		// It was faster.
	}
}

// A worker that outlived its supervisor may hold the socket for a moment.
async function startPool() {
	for (const end = Date.now() + HOPE_MS; Date.now() < end;) {
		pool ??= program('api', ['-s', SOCKET, '-w', String(WORKERS)]);
		const r = await call('owner@acme', 'HealthService/Check', {});
		if (r.status === 200)
			return;
		await sleep(20);
		if (pool.exitCode !== null)
			pool = null;
	}
	throw new Error('mirai-api does not start');
}

async function killPool() {
	const pids = workersOf(pool.pid);
	const gone = once(pool, 'exit');
	kill(pool.pid);
	pids.forEach(kill);
	await gone;
	pool = null;
}

function call(who, method, message) {
	return callFastCgi(SOCKET, `/mirai.v1.${method}`, {
		authorization: `Bearer ory_st_${who.replace('@', '').padEnd(32, '0')}`,
	}, message);
}

// --- at work ---------------------------------------------------------------------

// Version that an answer promised, by course.
const promised = new Map();
const answers = { good: 0, cut: 0, other: new Map() };
let working = true;

const textOf = (course) => course.content.sections[0].lessons[0].blocks[0].content;

// The title tells how long the text is, so that a row and a document that do
// not belong together are seen.
function someCourse() {
	const length = 1 + random(40000);
	return {
		settings: { title: `t${length}` },
		content: { sections: [{ id: 's', name: 'S', lessons: [{ id: 'l', title: 'L',
			blocks: [{ id: 'b', type: 2, content: 'x'.repeat(length), order: 1 }] }] }] },
	};
}

function note(r) {
	if (r.status === 200)
		answers.good++;
	else if (r.text === 'cut off')
		answers.cut++;
	else if (r.text !== 'refused')
		answers.other.set(r.text, (answers.other.get(r.text) ?? 0) + 1);
	return r.status === 200 ? r.json : null;
}

function promise(course) {
	const before = promised.get(course.id) ?? 0;
	promised.set(course.id, Math.max(before, course.version));
}

async function writeOnce() {
	const ids = [...promised.keys()];
	if (ids.length < 4 || random(8) === 0) {
		const out = note(await call('owner@acme', 'CourseService/CreateCourse', someCourse()));
		if (out !== null) promise(out.course);
		return;
	}
	const id = ids[random(ids.length)];
	const out = note(await call('owner@acme', 'CourseService/UpdateCourse',
		{ id, ...someCourse() }));
	if (out !== null)
		promise(out.course);
	if (random(4) === 0)
		note(await call('owner@acme', 'CourseService/ExportCourse',
			{ courseId: id, format: 1 }));
}

async function writer() {
	while (working) {
		if (pool === null)
			await sleep(20);
		else
			await writeOnce();
	}
}

async function poolKiller() {
	while (working) {
		await sleep(50 + random(250));
		if (random(2) === 0) {
			await killPool();
			await startPool();
			continue;
		}
		const pids = workersOf(pool.pid);
		if (pids.length > 0)
			kill(pids[random(pids.length)]);
	}
}

async function exportKiller() {
	while (working) {
		const job = program('export', []);
		const gone = once(job, 'exit');
		await sleep(random(300));
		kill(job.pid);
		await gone;
	}
}

function hasSeenEnough() {
	return kills >= LEAST && answers.good >= LEAST && answers.cut >= LEAST;
}

async function timer() {
	await sleep(SECONDS * 1000);
	for (let i = SECONDS; i < PATIENCE && !hasSeenEnough(); i++)
		await sleep(1000);
	working = false;
}

// --- afterwards ---------------------------------------------------------------------

async function waitQuiet() {
	if (!await until(() => sql(`SELECT count(*) FROM pg_stat_activity WHERE
		datname = current_database() AND pid <> pg_backend_pid()`) === '0'))
		throw new Error('connections do not end');
}

function courses() {
	return sql('SELECT id, version, title, content_path FROM courses').split('\n')
		.map((line) => line.split('|'));
}

function isWhole([id, version, title, key]) {
	try {
		const doc = JSON.parse(fs.readFileSync(path.join(OBJECTS, key), 'utf8'));
		return doc.id === id && doc.version === Number(version) &&
			doc.settings.title === title && `t${textOf(doc).length}` === title;
	} catch (error) {
		console.log(`# ${id} version ${version}: ${error.message}`);
		return false;
	}
}

// The end record of a ZIP file speaks of all that stands before it.
function isArchive(key) {
	const zip = fs.readFileSync(path.join(OBJECTS, key));
	const end = zip.length - 22;
	return end > 0 && zip.readUInt32LE(0) === 0x04034b50 &&
		zip.readUInt32LE(end) === 0x06054b50 &&
		zip.readUInt32LE(end + 12) + zip.readUInt32LE(end + 16) === end;
}

function objects() {
	return fs.readdirSync(OBJECTS, { recursive: true })
		.filter((name) => fs.statSync(path.join(OBJECTS, name)).isFile()).length;
}

// What runs after the kills: the leases are over, nothing waits.
async function drainExports() {
	for (let i = 0; i < 10; i++) {
		sql(`UPDATE scorm_packages SET started_at = now() - interval '1 hour'
			WHERE status IN ('pending', 'processing')`);
		const [status] = await once(program('export', ['-1']), 'exit');
		if (status !== 0)
			break;
		if (sql(`SELECT count(*) FROM scorm_packages
			WHERE status IN ('pending', 'processing')`) === '0')
			return;
	}
	throw new Error('exports do not end');
}

async function checkExports() {
	await drainExports();
	const done = sql(`SELECT archive_key FROM scorm_packages
		WHERE status = 'completed'`).split('\n').filter((s) => s !== '');
	ok(done.length > 0 && done.every(isArchive), 'finished exports have whole archives');
	ok(sql(`SELECT count(*) FROM scorm_packages WHERE status = 'failed'
		AND error_message NOT LIKE '%interrupted too often%'`) === '0',
	'an export failed only where it was killed three times');
	return done.length;
}

async function checkAnswers(rows) {
	await startPool();
	let good = 0;
	for (const [id, version] of rows) {
		const r = await call('owner@acme', 'CourseService/GetCourse', { id });
		good += r.status === 200 && r.json.course.version === Number(version) &&
			`t${textOf(r.json.course).length}` === r.json.course.settings.title;
	}
	ok(good === rows.length, 'and the service reads each of them');
	pool.kill('SIGTERM');
	await once(pool, 'exit');
}

function age() {
	execFileSync('find', [STORE, '-type', 'f', '-exec', 'touch', '-d', '2 days ago', '{}', '+']);
}

async function checkSweep(needed) {
	const before = objects();
	const [young] = await once(program('sweep', []), 'exit');
	ok(young === 0 && objects() === before, 'mirai-sweep leaves alone what is young');
	age();
	const [old] = await once(program('sweep', []), 'exit');
	ok(old === 0 && objects() === needed,
		`later it leaves ${needed} objects of ${before}, the ones referred to (${objects()})`);
}

loadFixtures();
fs.mkdirSync(STORE, { recursive: true });
fs.writeFileSync(CONF, [`store.dir ${STORE}`, `cache.path ${TEST_DIR}/cache.db`,
	`state.dir ${TEST_DIR}`, 'store.secret 0123456789abcdef0123', 'log.level error',
	''].join('\n'), { mode: 0o600 });
await startPool();
await Promise.all([timer(), poolKiller(), exportKiller(),
	...Array.from({ length: WRITERS }, () => writer())]);
await killPool();
await waitQuiet();

console.log(`# ${kills} kills, ${answers.good} good answers, ${answers.cut} calls cut off`);
for (const [text, n] of answers.other)
	console.log(`# ${n} times: ${text}`);
const rows = courses();
ok(hasSeenEnough(),
	'programs died at work, and others went on');
ok(answers.other.size === 0, 'a call is answered or cut off, never refused');
ok(rows.every(isWhole), `each of ${rows.length} courses has its own document, whole`);
const versions = new Map(rows.map(([id, version]) => [id, Number(version)]));
ok([...promised].every(([id, version]) => versions.get(id) >= version),
	'nothing that was answered for is lost');
await checkAnswers(rows);
const archives = await checkExports();
await checkSweep(rows.length + archives);
ok(courses().every(isWhole), 'and all courses are still whole');
console.log(`1..${count}`);
