// Runs a test program once more, with its objects in S3. Such tests play faults
// with the files of the storage directory, so the server looks there as well: it
// takes nothing while data/.tmp is no directory, and an object is as old as the
// file that stands for it.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { S3 } from './s3.mjs';

const dir = process.env.LOCAL_STORAGE_DIR;
const tmp = path.join(dir, 'data/.tmp');
const file = (key) => path.join(dir, createHash('md5').update(key).digest('hex'));

class OnFiles extends S3 {
	before() {
		this.faults = [];
		if (!statSync(tmp).isDirectory())
			this.fail({ status: 503, code: 'ServiceUnavailable' }, 1, ({ method }) => method === 'PUT');
		for (const [key, o] of this.objects)
			o.at = statSync(file(key)).mtimeMs;
	}

	after({ method }, key) {
		if (method === 'PUT')
			writeFileSync(file(key), '');
		else if (method === 'DELETE' && existsSync(file(key)))
			rmSync(file(key));
	}
}

export async function onS3(program) {
	mkdirSync(tmp, { recursive: true });
	const server = await new OnFiles({ page: 3 }).listen();
	const child = spawn(path.join(process.env.BUILD, program), {
		env: { ...process.env, ...server.env }, stdio: ['ignore', 'inherit', 'inherit'] });
	const status = await new Promise((r) => child.on('exit', (code, signal) => r(code ?? signal)));
	if (server.requests.length === 0)
		console.log('Bail out! no object went to S3');
	if (status !== 0 || server.requests.length === 0)
		process.exitCode = 1;
	await server.close();
}
