// The most memory that a process and all below it held at once, in MiB: pages
// shared by processes count once. watch(pid) looks again and again until its
// answer is called.
import fs from 'node:fs';

function read(file) {
	try {
		return fs.readFileSync(file, 'utf8');
	} catch {
		return ''; // it has ended
	}
}

function tree(pid) {
	const below = read(`/proc/${pid}/task/${pid}/children`).trim().split(' ').filter(Boolean);
	return [pid, ...below.flatMap(tree)];
}

const kib = (pid) => Number(/^Pss:\s+(\d+)/m.exec(read(`/proc/${pid}/smaps_rollup`))?.[1] ?? 0);

export function watch(pid) {
	let most = 0;
	const look = () => {
		most = Math.max(most, tree(pid).reduce((sum, p) => sum + kib(p), 0));
	};
	const timer = setInterval(look, 25);
	look();
	return () => {
		clearInterval(timer);
		return Math.ceil(most / 1024);
	};
}
