// Runs a test program once more, with its objects in S3. What it does to the
// files of a storage directory ("age") is told to the server by its prefix.
import { spawn } from 'node:child_process';
import path from 'node:path';
import { S3 } from './s3.mjs';

export async function onS3(program) {
	const server = await new S3({ page: 3 }).listen();
	const child = spawn(path.join(process.env.BUILD, program), {
		env: { ...process.env, ...server.env, LOCAL_STORAGE_DIR: '/nonexistent/never/used' },
		stdio: ['ignore', 'inherit', 'inherit'] });
	const status = await new Promise((r) => child.on('exit', (code, signal) => r(code ?? signal)));
	if (server.requests.length === 0) {
		console.log('Bail out! no object went to S3');
		process.exitCode = 1;
	}
	if (status !== 0)
		process.exitCode = 1;
	if (server.refused && server.refused.status !== 404)
		console.log(`# refused: ${server.refused.code} ${server.refused.message}`);
	await server.close();
}
