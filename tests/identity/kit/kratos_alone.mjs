// The stand-in for a Kratos by itself, for tests that are no scripts: says its
// two ports in a line and ends with its input. Each line of that is a fault
// ("PATH KIND") or "clear", answered by "ok".
import readline from 'node:readline';
import { Kratos } from './kratos.mjs';

const k = await new Kratos().start('http://localhost/api/kratos');
k.addIdentity({ id: 'a3000000-0000-4000-8000-000000000001', email: 'ada@acme.example', first: 'Ada', last: 'Byron', password: 'Correct-Horse-7!' });
k.addIdentity({ email: 'late@acme.example', first: 'Lena', last: 'Late', password: 'Correct-Horse-7!', verified: false, state: 'inactive' });
console.log(`${k.publicPort} ${k.adminPort}`);
for await (const line of readline.createInterface({ input: process.stdin })) {
	const [path, kind] = line.split(' ');
	if (path === 'clear') k.clear();
	else k.fault(path, kind);
	console.log(k.complaints.length === 0 ? 'ok' : k.complaints.join('; '));
}
await k.stop();
