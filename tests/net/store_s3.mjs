// The test of object storage (tests/net/store.c) with S3 behind it: the strict
// one of this tree, with short pages, at a path of its own, and the published
// server of tests.
import { execFile } from 'node:child_process';
import { mkdtemp } from 'node:fs/promises';
import path from 'node:path';
import { S3 } from './kit/s3.mjs';
import { s3rver } from './kit/s3rver.mjs';

const BIN = path.join(process.env.BUILD, 'tests/net/store');
let count = 0;

function run(env) {
	return new Promise((done) => {
		execFile(BIN, { env: { ...process.env, ...env }, maxBuffer: 64 << 20 }, (error, stdout, stderr) =>
			done({ status: error ? error.code ?? error.signal : 0, stdout, stderr }));
	});
}

async function passes(name, server) {
	const { status, stdout, stderr } = await run(server.env);
	const lines = stdout.split('\n');
	const bad = lines.filter((l) => l.startsWith('not ok') || l.startsWith('#')).map((l) => `# ${l}`);
	const good = lines.filter((l) => l.startsWith('ok')).length;
	count++;
	const fine = status === 0 && good > 300 && lines.some((l) => l === `1..${good}`);
	console.log(`${fine ? 'ok' : 'not ok'} ${count} - ${name}: ${good} checks`);
	if (!fine)
		console.log([`# status ${status}`, ...bad, ...stderr.split('\n').map((l) => `# ${l}`)].join('\n'));
	await server.close();
}

await passes('the strict server', await new S3({ page: 7 }).listen());
await passes('below a path', await new S3({ prefix: '/objects/s3', bucket: 'with.dots' }).listen());
await passes('the published server', await s3rver(await mkdtemp(path.join(process.env.TEST_DIR, 's3-'))));
console.log(`1..${count}`);
