// A file of an expert, all the way by the wire: a signed address, the bytes
// straight to storage, the submission, mirai-ingest, and the download; with
// objects in a directory behind mirai-file, and with objects in S3. The address
// takes what it was signed for and nothing else; one whose time is over takes
// nothing, and leaves nothing behind.
import { spawn } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { S3 } from '../net/kit/s3.mjs';
import { done, is, loadFixtures, ok, sql, tokenOf } from './kit/account.mjs';
import { callFastCgi, requestFastCgi } from './kit/fastcgi.mjs';
import { until } from '../wait.mjs';

const { BUILD, SRCDIR, TEST_DIR } = process.env;
const CONF = process.env.MIRAI_CONF;
const SECRET = '0123456789abcdef', MINUTE = 60000;
const pdf = fs.readFileSync(path.join(SRCDIR, 'tests/ai/files/crane.pdf'));
const socket = (name) => path.join(TEST_DIR, `${name}.sock`);

// --- programs --------------------------------------------------------------------

async function start(name, env) {
	const log = fs.openSync(path.join(TEST_DIR, `${name}.log`), 'a');
	const pool = spawn(path.join(BUILD, `bin/mirai-${name}`), ['-f', CONF, '-s', socket(name), '-w', '2'],
		{ stdio: ['ignore', log, log], env: { ...process.env, ...env } });
	if (!await until(async () => (await requestFastCgi(socket(name), { target: '/health' })).status !== 0))
		throw new Error(`mirai-${name} does not start`);
	return pool;
}

async function stop(pools) {
	for (const pool of pools) {
		const gone = once(pool, 'exit');
		pool.kill('SIGTERM');
		await gone;
	}
}

async function call(who, method, message) {
	const r = await callFastCgi(socket('api'), `/mirai.v1.SMEService/${method}`,
		{ authorization: `Bearer ${tokenOf(who)}` }, message);
	return { status: r.status, ...r.json };
}

// Not waited for as a whole: the S3 of this process has to answer it.
async function run(program, args, env) {
	const job = spawn(path.join(BUILD, 'bin', program), [...args, '-f', CONF],
		{ env: { ...process.env, ...env }, stdio: ['ignore', 'inherit', 'inherit'] });
	await once(job, 'exit');
}

const ingest = (env) => run('mirai-ingest', ['-1'], env);

// --- storage, as the web server and as S3 is spoken to ------------------------------

// The address as it was signed for another second, by the secret of the storage.
function signed(url, expires) {
	const u = new URL(url);
	const object = decodeURIComponent(u.pathname.split('/local-storage/')[1]);
	const text = ['mirai-store-1', 'PUT', object, expires, u.searchParams.get('type'), u.searchParams.get('len'), ''].join('\n');
	return url.replace(/expires=\d+&sig=[0-9a-f]+/, `expires=${expires}&sig=${createHmac('sha256', SECRET).update(text).digest('hex')}`);
}

const directory = {
	late: (upload) => {
		const expires = Number(new URL(upload.uploadUrl).searchParams.get('expires'));
		is(signed(upload.uploadUrl, expires), upload.uploadUrl, 'directory: the test signs as the storage does');
		return directory.put(signed(upload.uploadUrl, expires - 16 * 60), upload.mediaType, pdf);
	},
	has: (id) => fs.readdirSync(path.join(TEST_DIR, 'store'), { recursive: true }).some((name) => String(name).includes(id)),
	put: (url, type, bytes, length) => requestFastCgi(socket('file'), { method: 'PUT',
		target: new URL(url).pathname + new URL(url).search, type, body: bytes, length }).then((r) => r.status),
	get: async (url) => {
		const r = await requestFastCgi(socket('file'), { target: new URL(url).pathname + new URL(url).search });
		return { status: r.status, name: r.headers['content-disposition'] ?? '', bytes: r.answer.subarray(r.answer.indexOf('\r\n\r\n') + 4) };
	},
};

const s3 = {
	late: async (upload) => { // by the clock of the S3, which is in this process
		const now = Date.now;
		Date.now = () => now() + 16 * MINUTE;
		try {
			return await s3.put(upload.uploadUrl, upload.mediaType, pdf);
		} finally {
			Date.now = now;
		}
	},
	has: (id) => [...server.objects.keys()].some((key) => key.includes(id)),
	put: (url, type, bytes) => fetch(url, { method: 'PUT', headers: { 'content-type': type }, body: bytes }).then((r) => r.status),
	get: async (url) => {
		const r = await fetch(url);
		const bytes = Buffer.from(await r.arrayBuffer());
		return { status: r.status, name: r.headers.get('content-disposition') ?? '', bytes };
	},
};

// --- the journey -----------------------------------------------------------------------

async function task(title) {
	const [id] = sql(`SELECT id FROM users WHERE kratos_id = 'a3000000-0000-4000-8000-000000000003'`).split('\n');
	const { sme } = await call('owner@acme', 'CreateSME', { name: title, domain: 'Ports' });
	const made = await call('owner@acme', 'CreateTask', { smeId: sme.id, title, assignedToUserId: id });
	return made.task.id;
}

async function refuses(storage, where, upload) {
	const cut = pdf.subarray(0, pdf.length - 1);
	ok(await storage.put(upload.uploadUrl, 'text/html', pdf) >= 400, `${where}: no other type`);
	ok(await storage.put(upload.uploadUrl, upload.mediaType, cut) >= 400, `${where}: no other length`);
	ok(await storage.put(upload.uploadUrl.replace('crane.pdf', 'crane2.pdf'), upload.mediaType, pdf) >= 400,
		`${where}: no other name`);
	const late = upload.uploadUrl.replace(/(expires=|X-Amz-Date=20)(\d)/i, (_, name, digit) => `${name}${digit === '9' ? 8 : Number(digit) + 1}`);
	ok(late !== upload.uploadUrl && await storage.put(late, upload.mediaType, pdf) >= 400, `${where}: no other time`);
}

// Who comes after a quarter of an hour is refused at each step.
async function late(where, storage) {
	const taskId = await task(`Late ${where}`);
	const file = { taskId, fileName: 'crane.pdf', contentType: 'CONTENT_TYPE_DOCUMENT', fileSizeBytes: pdf.length };
	const upload = await call('sme@acme', 'GetUploadURL', file);
	const [, id] = upload.filePath.split('/');
	const left = () => sql(`SELECT (SELECT count(*) FROM sme_task_submissions WHERE task_id = '${taskId}') || ' '
		|| (SELECT count(*) FROM generation_jobs WHERE sme_task_id = '${taskId}') || ' ' || (SELECT status FROM sme_tasks WHERE id = '${taskId}')`);
	ok(Math.abs(Date.parse(upload.expiresAt) - Date.now() - 15 * MINUTE) < 5 * MINUTE, `${where}: an address is for a quarter of an hour`);
	is(await storage.late(upload), 403, `${where}: after that it takes nothing`);
	ok(!storage.has(id), `${where}: and nothing lies there`);
	sql(`UPDATE sme_uploads SET expires_at = expires_at - interval '16 minutes' WHERE id = '${id}'`);
	const submit = () => call('sme@acme', 'SubmitContent', { ...file, filePath: upload.filePath });
	const [soon, message] = await submit().then((r) => [r.status, r.message]);
	is([soon, message], [400, 'file_path names a file that was not uploaded'], `${where}: what did not come is not handed in`);
	sql(`UPDATE sme_uploads SET expires_at = expires_at - interval '1 day' WHERE id = '${id}'`);
	is((await submit()).message, 'file_path is not an upload of yours for this task', `${where}: nor, a day later, known`);
	is(left(), '0 0 pending', `${where}: nothing is left behind`);
}

async function journey(where, storage, env) {
	const pools = [await start('api', env), await start('file', env)];
	const taskId = await task(where);
	const file = { taskId, fileName: '../x/crane.pdf', contentType: 'CONTENT_TYPE_DOCUMENT' };
	const upload = await call('sme@acme', 'GetUploadURL', { ...file, fileSizeBytes: pdf.length });
	is(upload.status, 200, `${where}: an address`);
	ok(/^submissions\/[0-9a-f-]{36}\/files\/crane\.pdf$/.test(upload.filePath), `${where}: a key below the submission`);
	await refuses(storage, where, upload);
	is((await call('sme@acme', 'SubmitContent', { ...file, filePath: upload.filePath })).status, 400, `${where}: nothing lies there yet`);
	ok(await storage.put(upload.uploadUrl, upload.mediaType, pdf) < 300, `${where}: the file itself is taken`);
	sql(`INSERT INTO generation_jobs (tenant_id, type, created_by_user_id)
		SELECT tenant_id, 'lesson_content', assigned_by_user_id FROM sme_tasks, generate_series(1, 5000)
		WHERE id = '${taskId}'`);
	is((await call('sme@acme', 'SubmitContent', { ...file, filePath: upload.filePath })).status, 429, `${where}: not where too many jobs wait`);
	sql(`DELETE FROM generation_jobs WHERE type = 'lesson_content'`);
	const sent = await call('sme@acme', 'SubmitContent', { ...file, filePath: upload.filePath, fileSizeBytes: pdf.length });
	is([sent.status, sent.submission?.fileName], [200, 'crane.pdf'], `${where}: and handed in`);
	const other = Buffer.alloc(pdf.length, 'x');
	ok(await storage.put(upload.uploadUrl, upload.mediaType, other) < 300, `${where}: its address may still be used`);
	await ingest(env);
	const { submission } = await call('owner@acme', 'GetSubmission', { submissionId: sent.submission.id });
	ok(submission.extractedText.includes('checks the brakes'), `${where}: its text is there for the reviewer`);
	const download = await call('owner@acme', 'GetSubmissionFile', { submissionId: submission.id });
	const got = await storage.get(download.downloadUrl);
	ok(got.status === 200 && got.bytes.equals(pdf) && /^attachment;.*crane\.pdf/.test(got.name), `${where}: and the file, as a download`);
	await storage.put(upload.uploadUrl, upload.mediaType, other);
	ok((await storage.get(download.downloadUrl)).bytes.equals(pdf), `${where}: which is what was handed in, whatever came after`);
	await late(where, storage);
	await stop(pools);
}

loadFixtures();
fs.writeFileSync(CONF, [`cache.path ${TEST_DIR}/cache.db`, `state.dir ${TEST_DIR}`, `store.dir ${TEST_DIR}/store`,
	`store.secret ${SECRET}`, 'url.api https://api.example.org', ''].join('\n'), { mode: 0o600 });
const server = await new S3().listen();
await journey('directory', directory, {});
await journey('s3', s3, server.env);
await server.close();
const open = "SELECT count(*) FROM sme_uploads WHERE expires_at < now()";
is(sql(open), '2', 'what was handed out in vain');
await run('mirai-cleanup', [], {});
is(sql(open), '0', 'is forgotten with the next cleaning');
done();
