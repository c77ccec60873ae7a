// Waiting for what happens in other processes. The time is none that anything
// may take: it is when there is no hope left, on the slowest machine.
import fs from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { psql, superuser } from './psql.mjs';

export const HOPE_MS = 60000;

// Whether it came to be.
export async function until(test, ms = HOPE_MS) {
	for (const end = Date.now() + ms; !await test(); await sleep(20))
		if (Date.now() > end)
			return false;
	return true;
}

// The children of a process.
export function childrenOf(pid) {
	try {
		return fs.readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').map(Number).filter((p) => p > 0);
	} catch {
		return [];
	}
}

function isAlive(pid) {
	try {
		return !/^State:\s*[ZX]/m.test(fs.readFileSync(`/proc/${pid}/status`, 'utf8'));
	} catch {
		return false;
	}
}

// Kills processes, and waits until they are no more.
export async function kill(pids) {
	for (const pid of pids) {
		try {
			process.kill(pid, 'SIGKILL');
		} catch {
			// It was faster.
		}
	}
	if (!await until(() => !pids.some(isAlive)))
		throw new Error(`they live: ${pids.filter(isAlive)}`);
}

// Waits until no program is at work in the database: what one that was killed
// had asked for last goes on without it.
export async function quiet(url) {
	const busy = () => psql(superuser(url), `SELECT pid, application_name, state, query FROM pg_stat_activity
		WHERE datname = current_database() AND usename LIKE 'mirai%'`);
	if (!await until(() => busy() === ''))
		throw new Error(`still connected: ${busy()}`);
}

// What must be quick: { answer, ms } of the quickest of some tries, and none
// after the first that is good and within the time. Whatever else the machine
// does makes a few of them late, a defect all.
export async function quickest(act, within, isGood = () => true, tries = 6) {
	let best = null;
	for (let i = 0; i < tries; i++) {
		const began = Date.now();
		const answer = await act();
		const ms = Date.now() - began;
		if (isGood(answer) && ms < within)
			return { answer, ms };
		if (best === null || (isGood(answer) && ms < best.ms))
			best = { answer, ms };
	}
	return best;
}
