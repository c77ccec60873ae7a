// SQL of tests: one psql for each database as long as the test runs, since
// starting one costs more than most statements do. Calls wait for their answer;
// what a statement changed with SET stays.
import { execFileSync, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';

export const superuser = (url) => url.replace(/user=\S+/, 'user=postgres');
const running = new Map();

// Named pipes, since those that Node makes for a child cannot be waited for.
function start(url, stderr) {
	const name = path.join(process.env.TEST_DIR, `psql-${randomUUID()}`);
	execFileSync('mkfifo', [`${name}.in`, `${name}.out`]);
	spawn('sh', ['-c', 'exec psql -qAtX -v ON_ERROR_STOP=1 "$1" <"$2.in" >"$2.out"', 'sh', url, name],
		{ stdio: ['ignore', 'ignore', stderr] }).unref();
	return { end: `end ${randomUUID()}\n`, to: fs.openSync(`${name}.in`, 'w'), from: fs.openSync(`${name}.out`, 'r') };
}

// null: psql ended before it was through.
function ask({ end, to, from }, text) {
	const part = Buffer.alloc(1 << 16);
	let said = Buffer.alloc(0);
	fs.writeSync(to, `${text}\n;\n\\echo ${end}`);
	for (let n = 1; n > 0;) {
		n = fs.readSync(from, part);
		said = Buffer.concat([said, part.subarray(0, n)]);
		if (said.subarray(-end.length).toString() === end)
			return said.subarray(0, -end.length).toString().trimEnd();
	}
	fs.closeSync(to);
	fs.closeSync(from);
	return null;
}

// What a text of statements answers; throws at the first that fails. stderr:
// where psql says so.
export function psql(url, text, stderr = 'inherit') {
	const key = `${url} ${stderr}`;
	if (!running.has(key))
		running.set(key, start(url, stderr));
	const said = ask(running.get(key), text);
	if (said !== null)
		return said;
	running.delete(key);
	throw new Error(`psql: ${text}`);
}
