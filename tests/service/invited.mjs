// Invitations when much happens at once: the last seat, one token in several
// hands, programs that are killed between the steps of a sign-up, an identity
// service that is down. With logins in the identity database, and with those
// of a Kratos.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { callFastCgi } from './kit/fastcgi.mjs';
import { Kratos } from '../identity/kit/kratos.mjs';
import { psql, superuser } from '../psql.mjs';
import { childrenOf, kill, quiet, until } from '../wait.mjs';

const { BUILD, SRCDIR, TEST_DIR } = process.env;
const CONF = path.join(TEST_DIR, 'mirai.conf');
const SOCKET = path.join(TEST_DIR, 'account.sock');
const WORKERS = 8;
const ACME = 'a1000000-0000-4000-8000-000000000000';
const OWNER = 'a3000000-0000-4000-8000-000000000001';
const PASSWORD = 'Correct-Horse-7!';
const OTHER = 'Battery-Staple-8!';

let count = 0;

function ok(good, name) {
	count++;
	console.log(`${good ? 'ok' : 'not ok'} ${count} - ${name}`);
}

function is(got, want, name) {
	const [g, w] = [JSON.stringify(got), JSON.stringify(want)];
	ok(g === w, name);
	if (g !== w)
		console.log(`# got ${g}\n# want ${w}`);
}

// --- databases -----------------------------------------------------------------

const app = (text) => psql(superuser(process.env.DATABASE_URL), text);
const identity = (text) => psql(superuser(process.env.IDENTITY_DATABASE_URL), text);

// Holds a lock until let go, so that the program waits where it needs it.
async function hold(url, statement) {
	const child = spawn('psql', ['-qAtX', '-v', 'ON_ERROR_STOP=1', superuser(url)],
		{ stdio: ['pipe', 'pipe', 'inherit'] });
	child.stdin.write(`BEGIN;\n${statement};\nSELECT 'held';\n`);
	for await (const chunk of child.stdout)
		if (chunk.toString().includes('held')) break;
	return async () => {
		const gone = once(child, 'exit');
		child.stdin.end('ROLLBACK;\n');
		await gone;
	};
}

async function waitsForLock(url) {
	return until(() => psql(superuser(url), `SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()
		AND wait_event_type = 'Lock'`) !== '0');
}

// --- the program ------------------------------------------------------------------

let pool = null;

async function startPool(settings) {
	const log = fs.openSync(path.join(TEST_DIR, 'account.log'), 'a');
	fs.writeFileSync(CONF, [`cache.path ${TEST_DIR}/cache.db`, `state.dir ${TEST_DIR}`, 'accounts.limits no',
		'log.level error', 'identity.argon2.memory 256K', 'identity.argon2.passes 1', 'identity.hash_slots 16',
		...settings, ''].join('\n'),
	{ mode: 0o600 });
	pool = spawn(path.join(BUILD, 'bin/mirai-account'), ['-f', CONF, '-s', SOCKET, '-w', String(WORKERS)],
		{ stdio: ['ignore', log, log] });
	if (!await until(async () => (await call('InvitationService/GetInvitationByToken', {})).status === 404))
		throw new Error(`mirai-account does not start: ${fs.readFileSync(path.join(TEST_DIR, 'account.log'), 'utf8')}`);
}

async function killPool() {
	const gone = once(pool, 'exit');
	await kill([pool.pid, ...childrenOf(pool.pid)]);
	await gone;
}

let token = 'ory_st_owneracme00000000000000000000000';

function call(method, message, bearer) {
	return callFastCgi(SOCKET, `/mirai.v1.${method}`,
		bearer ? { authorization: `Bearer ${bearer}` } : {}, message);
}

function reasonOf(r) {
	const detail = r.json?.details?.find((d) => d.type === 'google.rpc.ErrorInfo');
	return r.status === 200 ? 'ok' : (detail?.debug?.reason ?? r.text);
}

// How many got which answer, by name.
function tally(answers) {
	const all = {};
	for (const reason of answers.map(reasonOf).sort())
		all[reason] = (all[reason] ?? 0) + 1;
	return all;
}

const create = (email, role = 'ROLE_SME') => call('InvitationService/CreateInvitation', { email, role }, token);

const secretOf = (email) => `secret-of-${email.replace(/[^a-z0-9]/g, '-')}`.padEnd(43, '0').slice(0, 43);

// An open invitation whose token is known.
async function invite(email, role) {
	const r = await create(email, role);
	if (r.status !== 200) throw new Error(`invite ${email}: ${r.text}`);
	const hash = createHash('sha256').update(secretOf(email)).digest('hex');
	app(`UPDATE invitations SET token = '${hash}' WHERE id = '${r.json.invitation.id}'`);
	return r.json.invitation.id;
}

const signUp = (email, password = PASSWORD) => call('AuthService/RegisterWithInvitation',
	{ token: secretOf(email), password, firstName: 'Nina', lastName: 'New' });

const stateOf = (id) => app(`SELECT status || ' ' || (claimed_until IS NOT NULL) FROM invitations WHERE id = '${id}'`);

// --- what is tried, with logins kept here or there ----------------------------------

async function lastSeat(how) {
	app(`UPDATE companies SET seat_count = 1 + (SELECT count(*) FROM users WHERE company_id = '${ACME}' AND removed_at IS NULL)
		+ (SELECT count(*) FROM invitations WHERE company_id = '${ACME}' AND status = 'pending') WHERE id = '${ACME}'`);
	const before = app('SELECT count(*) FROM mail_outbox');
	const answers = await Promise.all(Array.from({ length: 20 }, (_, i) => create(`seat${i}@new.example`)));
	is(tally(answers).ok, 1, `acceptance 6: last seat: 20 parallel CreateInvitation calls: exactly one invitation (${how})`);
	is(tally(answers).INVITATION_SEAT_LIMIT_EXCEEDED, 19, `${how}: the others hear that there is none`);
	is(app(`SELECT count(*) FROM invitations WHERE email LIKE 'seat%' AND status = 'pending'`), '1', `${how}: one invitation is stored`);
	is(Number(app('SELECT count(*) FROM mail_outbox')) - Number(before), 1, `${how}: and one mail`);
	app(`DELETE FROM invitations WHERE email LIKE 'seat%'; UPDATE companies SET seat_count = 500 WHERE id = '${ACME}'`);
}

async function oneAddress(how) {
	const answers = await Promise.all(Array.from({ length: 10 }, (_, i) => create(i % 2 ? 'same@new.example' : 'SAME@new.example')));
	is(tally(answers), { INVITATION_EMAIL_ALREADY_INVITED: 9, ok: 1 }, `${how}: an address is invited once`);
}

async function oneToken(how, people) {
	const id = await invite('twice@new.example', 'ROLE_INSTRUCTOR');
	const answers = await Promise.all(Array.from({ length: 6 }, () => signUp('twice@new.example')));
	is(tally(answers), { INVITATION_ALREADY_ACCEPTED: 5, ok: 1 }, `acceptance 7: the same invitation token in parallel: one user (${how})`);
	const good = answers.find((r) => r.status === 200);
	is([people('twice@new.example'), stateOf(id)], [1, 'accepted false'], `${how}: there is one identity, the invitation is accepted`);
	is(app(`SELECT count(*), min(role) FROM users WHERE kratos_id = '${good?.json.user.kratosId}'`), '1|instructor', `${how}: and one user`);
	is([good?.json.user.role, /^ory_st_/.test(good?.json.sessionToken)], ['ROLE_INSTRUCTOR', true], `${how}: who is signed in`);
}

// A sign-up that is killed while it waits at a step. What the invitation was then.
async function killed(how, at, people, block) {
	const email = `${at}@new.example`;
	const id = await invite(email);
	const { waiting, release } = await block();
	const answer = signUp(email);
	ok(await waiting(), `${how}: killed at ${at}: it is at that step`);
	await killPool();
	await release();
	await quiet(process.env.DATABASE_URL);
	await quiet(process.env.IDENTITY_DATABASE_URL);
	is((await answer).status, 0, `${how}: killed at ${at}: nobody is answered`);
	await startPool(settingsNow);
	app(`UPDATE invitations SET claimed_until = now() - interval '1 second' WHERE id = '${id}' AND claimed_until IS NOT NULL`);
	if (stateOf(id) === 'accepted false') {
		is([people(email), app(`SELECT count(*) FROM users u JOIN invitations i ON i.accepted_by_user_id = u.id WHERE i.id = '${id}'`)],
			[1, '1'], `${how}: killed at ${at}: the account is there`);
		return 'accepted';
	}
	const again = await signUp(email, OTHER);
	is(reasonOf(again), 'ok', `${how}: killed at ${at}: the invitation can be used`);
	is([people(email), stateOf(id)], [1, 'accepted false'], `${how}: killed at ${at}: one identity, accepted`);
	ok(/^ory_st_/.test(again.json?.sessionToken ?? ''), `${how}: killed at ${at}: the new password signs in`);
	return 'pending';
}

const blockedBy = (url, statement) => async () => {
	const release = await hold(url, statement);
	return { release, waiting: () => waitsForLock(url) };
};

async function down(how, people, stop, again) {
	const id = await invite('down@new.example');
	await stop();
	is(reasonOf(await create('never@new.example')), 'EXTERNAL_SERVICE_ERROR', `${how}: down: nobody is invited`);
	const r = await signUp('down@new.example');
	is([r.status, reasonOf(r)], [503, 'EXTERNAL_SERVICE_ERROR'], `${how}: down: nobody signs up`);
	is([stateOf(id), app(`SELECT count(*) FROM invitations WHERE email = 'never@new.example'`),
		app('SELECT count(*) FROM compensations')], ['pending false', '0', '0'], `${how}: down: nothing has changed`);
	await again();
	is(reasonOf(await signUp('down@new.example')), 'ok', `${how}: up again: the same invitation serves`);
	is(people('down@new.example'), 1, `${how}: up again: one identity`);
}

// --- the identity database ------------------------------------------------------------

let settingsNow = [];

async function embedded() {
	const how = 'embedded';
	const people = (email) => Number(identity(`SELECT count(*) FROM identities WHERE traits ->> 'email' = '${email}'`));
	const { DATABASE_URL, IDENTITY_DATABASE_URL } = process.env;
	await startPool(settingsNow);
	app(`UPDATE companies SET seat_count = 500 WHERE id = '${ACME}'`);
	await lastSeat(how);
	await oneAddress(how);
	await oneToken(how, people);
	is(await killed(how, 'claiming', people, blockedBy(DATABASE_URL, `SELECT 1 FROM companies WHERE id = '${ACME}' FOR UPDATE`)),
		'pending', `${how}: killed before it was claimed`);
	is(await killed(how, 'creating', people, blockedBy(IDENTITY_DATABASE_URL, 'LOCK TABLE credentials IN EXCLUSIVE MODE')),
		'pending', `${how}: killed before there was an identity`);
	is(await killed(how, 'joining', people, blockedBy(DATABASE_URL, 'LOCK TABLE users IN EXCLUSIVE MODE')),
		'pending', `${how}: killed before there was a user`);
	is(await killed(how, 'signing-in', people, blockedBy(IDENTITY_DATABASE_URL, 'LOCK TABLE sessions IN EXCLUSIVE MODE')),
		'accepted', `${how}: killed when all but the session was there`);
	const database = /dbname=(\S+)/.exec(IDENTITY_DATABASE_URL)[1];
	const allow = (yes) => psql(process.env.DATABASE_ADMIN_URL, `ALTER DATABASE ${database} ALLOW_CONNECTIONS ${yes};
		SELECT count(pg_terminate_backend(pid, 60000)) FROM pg_stat_activity WHERE datname = '${database}' AND application_name <> 'psql'`);
	await create('warm@new.example'); // the caller's session is remembered
	await down(how, people, () => allow(false), () => allow(true));
	await killPool();
}

// --- a Kratos ---------------------------------------------------------------------------

async function external() {
	const how = 'kratos';
	const k = await new Kratos().start('http://localhost/api/kratos');
	const owner = k.addIdentity({ id: OWNER, email: 'owner@acme.example', first: 'Olivia', last: 'Owner', password: PASSWORD });
	const people = (email) => [...k.identities.values()].filter((i) => i.traits.email === email).length;
	token = k.addSession(owner, 'token').secret;
	settingsNow = ['identity.mode kratos', `identity.kratos.public_url ${k.publicUrl}`, `identity.kratos.admin_url ${k.adminUrl}`,
		'identity.kratos.whoami_timeout 60', 'identity.kratos.timeout 60'];
	app('DELETE FROM invitations; DELETE FROM mail_outbox');
	await startPool(settingsNow);
	await lastSeat(how);
	await oneAddress(how);
	await oneToken(how, people);
	const made = [...k.identities.values()].find((i) => i.traits.email === 'twice@new.example');
	ok(made?.verifiable_addresses[0].verified && made?.metadata_admin?.invitation_id, `${how}: the identity is verified and names its invitation`);
	k.fault('/self-service/login/api', 'hang');
	k.seen.length = 0;
	const arrived = () => k.seen.some((s) => s.path === '/self-service/login/api');
	const hanging = async () => ({ release: () => k.clear(), waiting: async () => {
		return until(arrived);
	} });
	is(await killed(how, 'signing-in', people, hanging), 'accepted', `${how}: killed when all but the session was there`);
	is(await killed(how, 'joining', people, blockedBy(process.env.DATABASE_URL, 'LOCK TABLE users IN EXCLUSIVE MODE')),
		'pending', `${how}: killed before there was a user`);

	// The work is done, its answer is lost: a look-up finds who was made.
	await invite('lost@new.example');
	k.fault('/admin/identities', 'lost', 'POST');
	is([reasonOf(await signUp('lost@new.example')), people('lost@new.example')], ['ok', 1], `${how}: an answer that got lost is looked for`);
	k.clear();

	await create('warm@new.example');
	await down(how, people, () => k.stop(), () => k.again());
	is(k.complaints, [], `${how}: it understood every call`);
	await killPool();
	await k.stop();
}

for (const [url, file] of [[process.env.DATABASE_URL, 'app'], [process.env.IDENTITY_DATABASE_URL, 'identity']])
	psql(superuser(url), `BEGIN;\n\\i ${path.join(SRCDIR, `tests/fixtures/${file}.sql`)}\nCOMMIT`);
await embedded();
await external();
console.log(`1..${count}`);
