// Whether the service can do its work, dependency by dependency, on both
// listeners.
import { execFileSync } from 'node:child_process';
import { ADMIN_SECRET, is, main, request, sql, startAdmin, startService } from './kit/server.mjs';

function admin(text) {
	execFileSync('psql', ['-qAtX', '-v', 'ON_ERROR_STOP=1', process.env.DATABASE_ADMIN_URL, '-c', text],
		{ stdio: ['ignore', 'ignore', 'inherit'] });
}

async function ready(svc, path, want, what) {
	const r = await request(svc, 'GET', path, { authorization: `Bearer ${ADMIN_SECRET}` });
	is([r.status, r.json], want, `${path} ${what}`);
}

main(async () => {
	const listeners = [[await startService(), '/health/ready'], [await startAdmin(), '/health/ready']];
	listeners.push([listeners[1][0], '/admin/health/ready']);
	const all = async (want, what) => {
		for (const [svc, path] of listeners)
			await ready(svc, path, want, what);
	};
	const fine = [200, { status: 'ok' }];
	await all(fine, 'at first');

	const last = sql("SELECT max(name) FROM schema_migrations WHERE name ~ '^[0-9]'");
	sql(`UPDATE schema_migrations SET name = 'x' || name WHERE name = '${last}'`);
	await all([503, { errors: { migrations: 'the schema is older than this program; run mirai-migrate' } }],
		'when migrations are missing');
	sql(`UPDATE schema_migrations SET name = '${last}' WHERE name = 'x${last}'`);
	await all(fine, 'when they are there');

	const name = /dbname=(\S+)/.exec(process.env.IDENTITY_DATABASE_URL)[1];
	admin(`ALTER DATABASE ${name} ALLOW_CONNECTIONS false`);
	admin(`SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity WHERE datname = '${name}' AND application_name <> 'psql'`);
	await all([503, { errors: { database: 'the identity database does not answer' } }], 'without the database');
	for (const [svc] of listeners)
		is((await request(svc, 'GET', '/health/alive')).json, { status: 'ok' }, 'it is alive all the same');
	admin(`ALTER DATABASE ${name} ALLOW_CONNECTIONS true`);
	await all(fine, 'when it is back');
});
