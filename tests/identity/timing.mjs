// Nobody learns from the time of an answer who has an account (spec identity.md
// 17, 26.9). Known and unknown take turns, so that whatever else the machine
// does hits both alike, and in changing order, so that none gains by its place.
// Medians of 200 tries each are compared; a machine that is busy gets more
// rounds to make it clear.
import { actionOf, api, is, main, ok, registerApi, sql, startService } from './kit/server.mjs';

const KNOWN = 'petra@acme.example';
const UNKNOWN = 'xenia@acme.example';
const BARE = 'bruno@acme.example';
const TRIES = 200;
const ROUNDS = 5;
const BOUND = 0.05; // of sign-in
const CLASS = 0.15; // of what only has to be of one latency class (E-2)

function median(times) {
	const sorted = [...times].sort((a, b) => a - b);
	const middle = Math.floor(sorted.length / 2);
	return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

async function took(act) {
	const start = process.hrtime.bigint();
	const r = await act();
	return { ms: Number(process.hrtime.bigint() - start) / 1e6, status: r.status };
}

// Milliseconds of each of the acts, TRIES times, and the statuses that came.
async function round(acts) {
	const times = acts.map(() => []);
	const statuses = new Set();
	for (let i = 0; i < TRIES; i++) {
		const order = i % 2 ? acts.map((_, n) => n) : acts.map((_, n) => acts.length - 1 - n);
		for (const n of order) {
			const { ms, status } = await took(acts[n]);
			times[n].push(ms);
			statuses.add(status);
		}
	}
	return { medians: times.map(median), statuses: [...statuses] };
}

// Whether the second differs from the first by less than that part of it.
async function alike(what, bound, status, ...acts) {
	const parts = [];
	for (let i = 0; i < 20; i++) // warm
		await Promise.all(acts.map((act) => act()));
	for (let i = 0; i < ROUNDS; i++) {
		const { medians: [known, unknown], statuses } = await round(acts);
		if (statuses.length !== 1 || statuses[0] !== status)
			is(statuses, [status], `${what}: one kind of answer`);
		parts.push([Math.abs(known - unknown) / known, known, unknown]);
		if (parts.at(-1)[0] < bound)
			break;
	}
	const [part, known, unknown] = parts.at(-1);
	ok(part < bound, `${what}: ${known.toFixed(2)} ms and ${unknown.toFixed(2)} ms differ by ${(part * 100).toFixed(1)} %` +
		(parts.length > 1 ? ` in round ${parts.length}, before ${parts.slice(0, -1).map(([p]) => (p * 100).toFixed(1))}` : ''));
}

// One form per person, submitted over and over.
async function form(svc, kind, fields) {
	const { json } = await api(svc, 'GET', `/self-service/${kind}/api`);
	return () => api(svc, 'POST', actionOf(json), fields);
}

const login = (svc, email) => form(svc, 'login', { method: 'password', identifier: email, password: 'Wrong-Horse-7!' });
const send = (svc, kind, email) => form(svc, kind, { method: 'code', email });

main(async () => {
	// What is counted is counted, with all its rows, but never comes to a limit.
	sql(`CREATE FUNCTION forget() RETURNS trigger LANGUAGE plpgsql AS
		$$ BEGIN NEW.hits := '{}'; RETURN NEW; END $$;
		CREATE TRIGGER forget BEFORE INSERT OR UPDATE ON attempts
		FOR EACH ROW EXECUTE FUNCTION forget()`);
	// a cheaper hash than production's, so that whatever differs beside it shows
	const svc = await startService(['identity.limits yes', 'identity.methods.code.passwordless yes',
		'identity.argon2.memory 4M', 'identity.argon2.passes 2'], 1);
	is((await registerApi(svc, KNOWN)).status, 200, 'one is known');
	await registerApi(svc, BARE);
	sql(`DELETE FROM credentials WHERE type = 'password' AND identity_id =
		(SELECT id FROM identities WHERE traits ->> 'email' = '${BARE}')`);
	await alike('26.9: signing in, known and unknown', BOUND, 400,
		await login(svc, KNOWN), await login(svc, UNKNOWN));
	await alike('26.9: signing in, without a password and unknown', BOUND, 400,
		await login(svc, BARE), await login(svc, UNKNOWN));
	await alike('E-4: signing in by code, known and unknown', CLASS, 400,
		await form(svc, 'login', { method: 'code', identifier: KNOWN }),
		await form(svc, 'login', { method: 'code', identifier: UNKNOWN }));
	for (const kind of ['recovery', 'verification'])
		await alike(`E-2: ${kind}, known and unknown`, CLASS, 200,
			await send(svc, kind, KNOWN), await send(svc, kind, UNKNOWN));
});
