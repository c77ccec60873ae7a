// A file of an expert, all the way by the wire: a signed address, the bytes
// straight to storage, the submission, mirai-ingest, and the download; with
// objects in a directory behind mirai-file, and with objects in S3. The address
// takes what it was signed for and nothing else.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { S3 } from '../net/kit/s3.mjs';
import { done, is, loadFixtures, ok, sql, tokenOf } from './kit/account.mjs';
import { callFastCgi, requestFastCgi } from './kit/fastcgi.mjs';

const { BUILD, SRCDIR, TEST_DIR } = process.env;
const CONF = process.env.MIRAI_CONF;
const pdf = fs.readFileSync(path.join(SRCDIR, 'tests/ai/files/crane.pdf'));
const socket = (name) => path.join(TEST_DIR, `${name}.sock`);

// --- programs --------------------------------------------------------------------

async function start(name, env) {
	const log = fs.openSync(path.join(TEST_DIR, `${name}.log`), 'a');
	const pool = spawn(path.join(BUILD, `bin/mirai-${name}`), ['-f', CONF, '-s', socket(name), '-w', '2'],
		{ stdio: ['ignore', log, log], env: { ...process.env, ...env } });
	for (let i = 0; i < 400; i++) {
		if ((await requestFastCgi(socket(name), { target: '/health' })).status !== 0)
			return pool;
		await sleep(25);
	}
	throw new Error(`mirai-${name} does not start`);
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
async function ingest(env) {
	const job = spawn(path.join(BUILD, 'bin/mirai-ingest'), ['-1', '-f', CONF],
		{ env: { ...process.env, ...env }, stdio: ['ignore', 'inherit', 'inherit'] });
	await once(job, 'exit');
}

// --- storage, as the web server and as S3 is spoken to ------------------------------

const directory = {
	put: (url, type, bytes, length) => requestFastCgi(socket('file'), { method: 'PUT',
		target: new URL(url).pathname + new URL(url).search, type, body: bytes, length }).then((r) => r.status),
	get: async (url) => {
		const r = await requestFastCgi(socket('file'), { target: new URL(url).pathname + new URL(url).search });
		return { status: r.status, name: r.headers['content-disposition'] ?? '', bytes: r.answer.subarray(r.answer.indexOf('\r\n\r\n') + 4) };
	},
};

const s3 = {
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
	await stop(pools);
}

loadFixtures();
fs.writeFileSync(CONF, [`cache.path ${TEST_DIR}/cache.db`, `state.dir ${TEST_DIR}`, `store.dir ${TEST_DIR}/store`,
	'store.secret 0123456789abcdef', 'url.api https://api.example.org', ''].join('\n'), { mode: 0o600 });
await journey('directory', directory, {});
const server = await new S3().listen();
await journey('s3', s3, server.env);
await server.close();
done();
