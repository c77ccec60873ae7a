// A whole Mirai for browser tests: the real programs and the real lighttpd
// with the installed sample, on a free port, over the databases of tests/run
// with the people of tests/fixtures/ ("owner@acme.example" and the others).
import { execFileSync, spawn } from 'node:child_process';
import dns from 'node:dns';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { freePort, isListening } from '../../ports.mjs';
import { psql, superuser } from '../../psql.mjs';
import { until } from '../../wait.mjs';

// The instance is on 127.0.0.1; not every Node tries both of localhost.
dns.setDefaultResultOrder('ipv4first');

export const PASSWORD = 'Correct-Horse-7!';
const { BUILD, SRCDIR, TEST_DIR } = process.env;

// The tokens of tests/fixtures/identity.sql.
export function tokenOf(who) {
	return `ory_st_${who.replace('@', '').padEnd(32, '0')}`;
}

// --- TAP ---------------------------------------------------------------------

let count = 0;
let failed = 0;

export function ok(good, name) {
	count++;
	if (!good) failed++;
	console.log(`${good ? 'ok' : 'not ok'} ${count} - ${name}`);
	return good;
}

export function is(got, want, name) {
	const same = JSON.stringify(got) === JSON.stringify(want);
	ok(same, name);
	if (!same) console.log(`#   got: ${JSON.stringify(got)}\n#  want: ${JSON.stringify(want)}`);
	return same;
}

// --- the instance --------------------------------------------------------------

function loadFixtures() {
	for (const [url, file] of [[process.env.DATABASE_URL, 'app'],
		[process.env.IDENTITY_DATABASE_URL, 'identity']])
		psql(superuser(url), `BEGIN;\n\\i ${path.join(SRCDIR, `tests/fixtures/${file}.sql`)}\nCOMMIT`);
}

function writeConf(base, port, run, extra) {
	const file = path.join(TEST_DIR, 'mirai.conf');
	const domain = `mirai.localhost:${port}`;
	const more = typeof extra === 'function' ? extra(port) : extra;
	const keys = more.map((line) => line.split(' ')[0]);
	const usual = [
		`url.app ${base}`, `url.api ${base}`, `url.auth ${base}`, `url.domains ${domain}`,
		`allowed_origin ${base},http://app.${domain}`,
		`identity.return_to http://app.${domain},http://get.${domain}`,
		`cache.path ${TEST_DIR}/cache.db`, `store.dir ${TEST_DIR}/store`,
		'store.secret 0123456789abcdef0123', 'identity.secrets 0123456789abcdef0123',
		'identity.argon2.memory 256K', 'identity.argon2.passes 1',
		`encryption.keys ${'0123456789abcdef'.repeat(4)}`,
		'cookie.secure no', `account.socket ${run}/svc/account.sock`,
	].filter((line) => !keys.includes(line.split(' ')[0]));
	fs.writeFileSync(file, [...usual, ...more, ''].join('\n'), { mode: 0o600 });
	return file;
}

async function need(what, test) {
	if (!await until(test)) throw new Error(`${what} did not happen`);
}

const answers = (url) => fetch(url).then((r) => r.status < 500, () => false);

// The paths of the identity service go to a Kratos: the sample's own lines.
function toKratos(text, port) {
	return text.replace('"mod_fastcgi" )', '"mod_fastcgi", "mod_proxy" )')
		.replace(/^#\$HTTP\["host"\] !~ "\^\(get\|api\)[^]*?^#\}/m, (block) => block.replaceAll(/^#/gm, ''))
		.replace('"port" => 4433', `"port" => ${port}`);
}

// The administrators' listener of the sample, on a port.
function adminOn(text, port) {
	return text.replace('var.run + "/admin.sock"', `"127.0.0.1:${port}"`).replace(/^\s*server\.socket-perms.*$/m, '');
}

// A connection that idles is not closed in the moment it is used again.
const PATIENT = 'server.max-keep-alive-idle = 600\n';

function startLighttpd(start, env, kratos, adminPort) {
	const sample = PATIENT + execFileSync('sh', [path.join(SRCDIR, 'etc/dev/lighttpd.sh')], { env, encoding: 'utf8' });
	fs.writeFileSync(path.join(TEST_DIR, 'lighttpd.conf'), kratos === undefined ? sample
		: kratos === 'own' ? adminOn(sample, adminPort) : toKratos(sample, kratos));
	start('lighttpd', fs.existsSync('/usr/sbin/lighttpd') ? '/usr/sbin/lighttpd' : 'lighttpd',
		['-D', '-f', path.join(TEST_DIR, 'lighttpd.conf')]);
}

// As root it gives its rights up, for a user the pools' group lets in.
function startApache(start, env) {
	const file = path.join(TEST_DIR, 'apache.conf');
	fs.writeFileSync(file, `KeepAliveTimeout 600\n${execFileSync('sh', [path.join(SRCDIR, 'etc/dev/apache.sh')], { env, encoding: 'utf8' })}`);
	for (const dir of [TEST_DIR, env.RUN, path.join(env.RUN, 'svc')])
		fs.chmodSync(dir, 0o755);
	start('apache', '/usr/sbin/apache2', ['-D', 'FOREGROUND', '-f', file]);
}

// Where the programs that ask who is who find no identity database.
const NOWHERE = { IDENTITY_READER_URL: 'host=/nowhere', IDENTITY_DATABASE_URL: 'host=/nowhere' };

// extra: lines of configuration, or a function of the port that gives them.
// kratos: a port that answers for the identity service, which then does not
// run; or "own": it runs, with the lines of own, and the others know it only as
// a Kratos, its administrator's side on a port of its own.
// apache: that server stands in front, and the administrators' listener is open.
// fixtures: no: another instance of this test has loaded them.
export async function startSite(extra = [], { kratos, own = [], apache = false, fixtures = true } = {}) {
	const port = await freePort();
	const base = `http://localhost:${port}`;
	const run = fs.mkdtempSync(path.join(os.tmpdir(), 'mirai-site-'));
	const children = [];
	fs.mkdirSync(path.join(run, 'svc'));
	fs.mkdirSync(path.join(TEST_DIR, 'inst/share/mirai'), { recursive: true });
	fs.mkdirSync(path.join(TEST_DIR, 'store'), { recursive: true });
	// Copied for a server that gives up root and may not enter the checkout.
	fs.rmSync(path.join(TEST_DIR, 'inst/share/mirai/static'), { recursive: true, force: true });
	(apache ? (from, to) => fs.cpSync(from, to, { recursive: true }) : fs.symlinkSync)(
		path.join(BUILD, 'static'), path.join(TEST_DIR, 'inst/share/mirai/static'));
	if (fixtures) loadFixtures();
	const adminPort = await freePort();
	const conf = writeConf(base, port, run, kratos === 'own' ? [...extra, 'identity.mode kratos',
		`identity.kratos.public_url http://127.0.0.1:${port}`, `identity.kratos.admin_url http://127.0.0.1:${adminPort}`] : extra);
	const group = apache && process.getuid() === 0 ? { gid: Number(execFileSync('id', ['-g', 'www-data'])) } : {};
	const start = (name, command, args, env = process.env) => {
		const log = fs.openSync(path.join(TEST_DIR, `${name}.log`), 'a');
		const child = spawn(command, args, { stdio: ['ignore', log, log], env, ...group });
		children.push(child);
		return child;
	};
	const env = { ...process.env, PORT: String(port), RUN: run, STATE: TEST_DIR,
		INST: path.join(TEST_DIR, 'inst'), LOG: TEST_DIR };

	const pools = new Map();
	const socketOf = (name) => path.join(run, `svc/${name}.sock`);
	const listens = (name) => {
		const { exitCode, signalCode } = pools.get(name);
		if (exitCode !== null || signalCode !== null) throw new Error(`mirai-${name} has ended`);
		return isListening(socketOf(name));
	};
	const pool = (name, program, workers, file = conf, outer = process.env) => pools.set(name, start(name,
		path.join(BUILD, `bin/mirai-${program}`), ['-f', file, '-s', socketOf(name), '-w', workers], outer));
	let identity = conf;
	if (kratos === 'own') {
		identity = path.join(TEST_DIR, 'identity.conf');
		fs.writeFileSync(identity, [fs.readFileSync(conf, 'utf8').replaceAll(/^identity\.(mode|kratos).*\n/gm, ''), ...own, ''].join('\n'), { mode: 0o600 });
		pool('identity-admin', 'identity-admin', '2', identity);
	}
	if (apache) {
		process.umask(0o007); // as the units have it
		pool('identity-admin', 'identity-admin', '2');
	}
	if (kratos === undefined || kratos === 'own') {
		pool('login', 'identity', '4', identity);
		pool('identity', 'identity', '2', identity);
	}
	for (const name of ['api', 'account', 'hook', 'web', 'file'])
		pool(name, name, '2', conf, kratos === undefined ? process.env : { ...process.env, ...NOWHERE });
	pool('stream', 'stream', '1', conf, kratos === undefined ? process.env : { ...process.env, ...NOWHERE });
	if (apache)
		startApache(start, { ...env, ADMIN: String(adminPort), DOMAIN: 'mirai.localhost' });
	else
		startLighttpd(start, env, kratos, adminPort);
	const site = {
		base, port, conf, adminPort,
		host: (name) => `http://${name}.mirai.localhost:${port}`,
		log: (name) => fs.readFileSync(path.join(TEST_DIR, `${name}.log`), 'utf8'),
		// An outage of one program, and its end.
		async end(name) {
			const gone = once(pools.get(name), 'exit');
			pools.get(name).kill('SIGTERM');
			await gone;
		},
		// The web server keeps away for a second from where it found nobody.
		async begin(name) {
			pool(name, name, '2');
			await need(`the start of ${name}`, () => listens(name));
		},
		// All are told to end before this returns, and have ended when it is through.
		async stop() {
			const running = children.filter((c) => c.exitCode === null && c.signalCode === null);
			const gone = Promise.all(running.map((c) => once(c, 'exit')));
			for (const c of running) c.kill('SIGTERM');
			fs.rmSync(run, { recursive: true, force: true });
			await gone;
		},
	};
	try {
		// A web server that is asked before would log that nobody listens.
		await need('the sockets', () => [...pools.keys()].every(listens));
		for (const at of ['/health/ready', '/terms', '/sessions/whoami', '/events'])
			await need('the start', () => answers(base + at));
	} catch (error) {
		for (const name of ['api', 'account', 'hook', 'identity', 'login', 'web', 'file', 'stream', 'lighttpd', 'apache'])
			if (fs.existsSync(path.join(TEST_DIR, `${name}.log`))) console.log(site.log(name).slice(-3000).replace(/^/gm, `# ${name}: `));
		site.stop();
		throw error;
	}
	return site;
}

// Calls a method as someone ("owner@acme").
export async function call(site, who, method, body = {}) {
	const r = await fetch(`${site.base}/mirai.v1.${method}`, { method: 'POST',
		headers: { 'content-type': 'application/json',
			authorization: `Bearer ${tokenOf(who)}` },
		body: JSON.stringify(body) });
	const json = await r.json();
	if (!r.ok) throw new Error(`${method}: ${r.status} ${JSON.stringify(json)}`);
	return json;
}

// A request with a Host of its own, as fetch() does not let one be set.
export function get(site, host, target, options = {}) {
	const args = ['-sS', '-o', '-', '-D', '-', '-m', '20', '--path-as-is',
		'--resolve', `${host}:${site.port}:127.0.0.1`, ...(options.args ?? []),
		`http://${host}:${site.port}${target}`];
	const text = execFileSync('curl', args, { encoding: 'utf8', maxBuffer: 1 << 26 });
	const end = text.indexOf('\r\n\r\n');
	const [status, ...lines] = text.slice(0, end).split('\r\n');
	const headers = Object.fromEntries(lines.map((l) => {
		const at = l.indexOf(':');
		return [l.slice(0, at).toLowerCase(), l.slice(at + 1).trim()];
	}));
	return { status: Number(status.split(' ')[1]), headers, body: text.slice(end + 4) };
}

export async function main(test) {
	try {
		await test();
	} catch (error) {
		ok(false, `${error.stack ?? error}`.replaceAll('\n', '\n# '));
	}
	console.log(`1..${count}`);
	process.exit(failed === 0 ? 0 : 1);
}
