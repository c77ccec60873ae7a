// The catalogue of errors: mirai-rpc(7) lists the reasons, each is brought
// about here, and whoever adds one to the sources or the page without the
// other fails. Of each: the code, its HTTP status, the reason in header and
// detail, and a text that tells nothing of what is inside. At the end all
// programs' logs of these calls, at their most talkative, are searched for what
// must never be in one.
import { execFile } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { subscribe, until } from '../fcgi/kit/stream.mjs';
import { PASSWORD, is, main, ok, startSite, tokenOf } from '../web/kit/site.mjs';
import { identitySql, sql } from './kit/account.mjs';
import { OpenAI } from '../ai/kit/openai.mjs';
import { Stripe } from './kit/stripe.mjs';

const { BUILD, SRCDIR, TEST_DIR } = process.env;
const ACME = 'a1000000-0000-4000-8000-000000000000';
const HTTP = { unauthenticated: 401, permission_denied: 403, not_found: 404, already_exists: 409, invalid_argument: 400,
	resource_exhausted: 429, unavailable: 503, internal: 500, unimplemented: 501 };
const userOf = (n) => `a2000000-0000-4000-8000-00000000000${n}`;
const NEW_PASSWORD = 'Zebra-Kite-42';

// --- the catalogue ------------------------------------------------------------------

// Reason -> code, as the page has it.
function catalogue() {
	const page = fs.readFileSync(path.join(SRCDIR, 'man/mirai-rpc.7'), 'utf8');
	return Object.fromEntries([...page.matchAll(/^\.It Li ([A-Z_]+) Pq Li (\w+)$/gm)].map(([, reason, code]) => [reason, code]));
}

const REASON = /"((?:AI|AUTH|BILLING|COMPANY|EXTERNAL|INTERNAL|INVITATION|NOTIFICATION|RATE|SME|TEAM|TENANT|USER|VALIDATION)_[A-Z_]+)"/g;

// Every reason that a source gives a failure.
function inSources() {
	const found = new Set();
	for (const dir of ['lib/rpc', 'lib/service', 'fcgi', 'fcgi/stream'])
		for (const name of fs.readdirSync(path.join(SRCDIR, dir)).filter((n) => n.endsWith('.c')))
			for (const [, reason] of fs.readFileSync(path.join(SRCDIR, dir, name), 'utf8').matchAll(REASON))
				found.add(reason);
	return [...found].sort();
}

// Kept for clients, and given by no call: nobody signs in by one.
const RESERVED = ['AUTH_INVALID_CREDENTIALS'];

// --- how each comes about ---------------------------------------------------------------

let site, stripe, model;
const secrets = new Set([PASSWORD, NEW_PASSWORD]);

async function call(who, method, message = {}, headers = {}) {
	// One that is kept may have been closed while psql was waited for.
	const r = await fetch(`${site.base}/mirai.v1.${method}`, { method: 'POST', headers: { 'content-type': 'application/json', connection: 'close',
		...(who === null ? {} : { authorization: `Bearer ${tokenOf(who)}` }), ...headers }, body: JSON.stringify(message) });
	return { status: r.status, reason: r.headers.get('mirai-error-code'), id: r.headers.get('x-request-id'),
		exposed: r.headers.get('access-control-expose-headers'), json: await r.json() };
}

function invitation(columns = {}, email = `${randomUUID()}@new.example`) {
	const secret = createHash('sha256').update(email).digest('base64url');
	secrets.add(secret);
	const all = { tenant_id: 'a0000000-0000-4000-8000-000000000000', company_id: ACME, email, role: 'sme', status: 'pending',
		token: createHash('sha256').update(secret).digest('hex'), expires_at: '2999-01-01', ...columns };
	const id = sql(`INSERT INTO invitations (${Object.keys(all).join(', ')})
		VALUES (${Object.values(all).map((v) => `'${v}'`).join(', ')}) RETURNING id`);
	return { id, secret };
}

const byToken = (columns) => call(null, 'InvitationService/GetInvitationByToken', { token: invitation(columns).secret });
const invite = (email, who = 'owner@acme') => call(who, 'InvitationService/CreateInvitation', { email });
const team = () => sql(`INSERT INTO teams (tenant_id, company_id, name) VALUES ('a0000000-0000-4000-8000-000000000000',
	'${ACME}', '${randomUUID()}') RETURNING id`);
const member = (method, teamId, userId, role) => call('owner@acme', `TeamService/${method}`, { teamId, userId, role });

// While a statement holds; then it is undone.
async function during(statement, undo, asked) {
	sql(statement);
	try {
		return await asked();
	} finally {
		sql(undo);
	}
}

async function whileStripe(how, asked) {
	stripe.fault(how, { times: 9 });
	const r = await asked();
	stripe.faults.length = 0;
	return r;
}

async function secondFactor() {
	await promisify(execFile)(path.join(BUILD, 'bin/mirai'), ['identity', 'require-mfa', '-f', site.conf, '--days', '0',
		'sme@other.example']);
	return call('sme@other', 'UserService/GetMe');
}

async function twice(asked) {
	await asked();
	return asked();
}

// A text that is to be better, by the provider that the company has chosen.
async function enhance(provider, script) {
	sql(`INSERT INTO tenant_ai_settings (tenant_id, provider, updated_at) VALUES ('a0000000-0000-4000-8000-000000000000', '${provider}', now())
		ON CONFLICT (tenant_id) DO UPDATE SET provider = EXCLUDED.provider`);
	model.script(...script);
	const { json: { sme } } = await call('owner@acme', 'SMEService/CreateSME', { name: 'E', domain: 'D' });
	const { json: { task } } = await call('owner@acme', 'SMEService/CreateTask', { smeId: sme.id, title: 'T', assignedToUserId: userOf(3) });
	const { json: { submission } } = await call('owner@acme', 'SMEService/SubmitContent', { taskId: task.id, contentType: 'CONTENT_TYPE_TEXT',
		textContent: 'A text.' });
	return call('owner@acme', 'SMEService/EnhanceSubmissionContent', { submissionId: submission.id });
}

// A task of an expert who has that many already, and a text for it.
async function full(tasks, submissions) {
	const { json: { sme } } = await call('owner@acme', 'SMEService/CreateSME', { name: 'F', domain: 'D' });
	const task = { smeId: sme.id, title: 'T', assignedToUserId: userOf(3) };
	sql(`INSERT INTO sme_tasks (tenant_id, sme_id, title, assigned_to_user_id, assigned_by_user_id) SELECT
		'a0000000-0000-4000-8000-000000000000', '${sme.id}', 'T', '${userOf(3)}', '${userOf(3)}' FROM generate_series(1, ${tasks})`);
	const made = await call('owner@acme', 'SMEService/CreateTask', task);
	if (made.status !== 200)
		return made;
	sql(`INSERT INTO sme_task_submissions (tenant_id, task_id, file_name, file_path, content_type, file_size_bytes, submitted_by_user_id)
		SELECT tenant_id, id, 'f', '', 'text', 1, assigned_to_user_id FROM sme_tasks, generate_series(1, ${submissions})
		WHERE id = '${made.json.task.id}'`);
	return call('sme@acme', 'SMEService/SubmitContent', { taskId: made.json.task.id, contentType: 'CONTENT_TYPE_TEXT', textContent: 'A' });
}

const PAID = `UPDATE companies SET subscription_status = 'active', plan = 'pro', seat_count = 900 WHERE id = '${ACME}'`;
const WAYS = {
	AI_KEYS_DISABLED: () => call('owner@acme', 'TenantSettingsService/SetAPIKey', { apiKey: 'x'.repeat(20) }),
	AI_KEY_MISSING: () => enhance('gemini', []),
	AI_KEY_REJECTED: () => enhance('openai', ['status:401']),
	AI_REFUSED: () => enhance('openai', ['status:404']),
	AI_LIMIT_REACHED: () => during("UPDATE tenant_ai_settings SET monthly_token_limit = 0", 'UPDATE tenant_ai_settings SET monthly_token_limit = NULL',
		() => enhance('openai', [])),
	AUTH_UNAUTHORIZED: () => call(null, 'UserService/GetMe'),
	AUTH_SESSION_EXPIRED: secondFactor,
	AUTH_FORBIDDEN: () => call('sme@acme', 'TeamService/CreateTeam', { name: 'x' }),
	TENANT_SUSPENDED: () => call('owner@frozen', 'TeamService/ListTeams'),
	USER_NOT_FOUND: () => call('nobody@nowhere', 'UserService/GetMe'),
	USER_EMAIL_EXISTS: () => register({ email: 'owner@acme.example' }),
	USER_ALREADY_ONBOARDED: () => call('owner@acme', 'AuthService/Onboard', { companyName: 'Two' }),
	USER_NO_COMPANY: () => call('lonely@acme', 'TeamService/ListTeams'),
	USER_LAST_ADMIN: () => call('owner@other', 'UserService/UpdateUser', { userId: 'b2000000-0000-4000-8000-000000000001', role: 'ROLE_SME' }),
	COMPANY_NOT_FOUND: () => call('owner@acme', 'CompanyService/GetCompany', { companyId: randomUUID() }),
	TEAM_NOT_FOUND: () => call('owner@acme', 'TeamService/GetTeam', { teamId: randomUUID() }),
	TEAM_NAME_EXISTS: () => twice(() => call('owner@acme', 'TeamService/CreateTeam', { name: 'Same' })),
	TEAM_MEMBER_NOT_FOUND: () => member('RemoveTeamMember', team(), userOf(2)),
	TEAM_USER_ALREADY_MEMBER: () => ((id) => twice(() => member('AddTeamMember', id, userOf(2))))(team()),
	TEAM_USER_NOT_IN_COMPANY: () => member('AddTeamMember', team(), userOf(6)),
	BILLING_NO_ACCOUNT: () => call('owner@other', 'BillingService/CreatePortalSession'),
	BILLING_INVALID_PLAN: () => call('owner@acme', 'BillingService/CreateCheckoutSession', { plan: 'PLAN_ENTERPRISE' }),
	BILLING_CHECKOUT_FAILED: () => whileStripe(500, () => call('owner@acme', 'BillingService/CreateCheckoutSession', { plan: 'PLAN_PRO' })),
	BILLING_PAYMENT_FAILED: () => whileStripe('drop', () => call('owner@acme', 'BillingService/CreatePortalSession')),
	BILLING_SUBSCRIPTION_REQUIRED: () => invite('x@new.example', 'owner@other'),
	INVITATION_NOT_FOUND: () => call(null, 'InvitationService/GetInvitationByToken', { token: 'x'.repeat(43) }),
	INVITATION_EXPIRED: () => byToken({ expires_at: '2000-01-01' }),
	INVITATION_REVOKED: () => byToken({ status: 'revoked' }),
	INVITATION_INVALID: () => during('ALTER TABLE invitations DROP CONSTRAINT invitations_status_check',
		`DELETE FROM invitations WHERE status = 'odd'; ALTER TABLE invitations ADD CONSTRAINT invitations_status_check
			CHECK (status IN ('pending', 'accepted', 'expired', 'revoked'))`, () => byToken({ status: 'odd' })),
	INVITATION_ALREADY_ACCEPTED: () => byToken({ status: 'accepted' }),
	INVITATION_EMAIL_ALREADY_INVITED: () => twice(() => invite('twice@new.example')),
	INVITATION_SEAT_LIMIT_EXCEEDED: () => during(`UPDATE companies SET seat_count = 1 WHERE id = '${ACME}'`, PAID, () => invite('full@new.example')),
	INVITATION_EMAIL_MISMATCH: () => call('nobody@nowhere', 'InvitationService/AcceptInvitation', { token: invitation().secret }),
	NOTIFICATION_NOT_FOUND: () => call('owner@acme', 'NotificationService/DeleteNotification', { notificationId: randomUUID() }),
	VALIDATION_INVALID_INPUT: () => call('owner@acme', 'UserService/GetUser', { userId: 'x' }),
	VALIDATION_MISSING_REQUIRED: () => call('owner@acme', 'UserService/GetUser'),
	SME_TASK_LIMIT_REACHED: () => full(1000, 0),
	SME_SUBMISSION_LIMIT_REACHED: () => full(0, 100),
	RATE_LIMITED: () => ((invitationId) => twice(() => call('owner@acme', 'InvitationService/ResendInvitation', { invitationId })))(invitation().id),
	EXTERNAL_SERVICE_ERROR: () => whileStripe(503, () => register({ email: 'away@new.example' })),
	INTERNAL_ERROR: () => during('ALTER TABLE teams RENAME TO teams_away', 'ALTER TABLE teams_away RENAME TO teams',
		() => call('owner@acme', 'TeamService/ListTeams')),
};

const register = (more) => call(null, 'AuthService/Register', { email: 'x@new.example', password: NEW_PASSWORD, firstName: 'Bea',
	lastName: 'Buyer', companyName: 'Errors Ltd', plan: 'PLAN_PRO', seatCount: 2, ...more });

// --- what is said ---------------------------------------------------------------------------

const INSIDE = /stripe|kratos|postgres|libpq|sqlstate|relation|constraint|select |teams_away|127\.0\.0\.1|socket|curl|\bsk_|\.c:/i;

function checkOne(reason, code, r) {
	is([r.reason, r.json.code, r.status], [reason, code, HTTP[code]], `${reason}: its code and status`);
	const infos = (r.json.details ?? []).filter((d) => d.type === 'google.rpc.ErrorInfo').map((d) => d.debug);
	is(infos, [{ reason, domain: 'mirai.v1' }], `${reason}: and one detail`);
	ok(r.json.message?.length > 0 && !INSIDE.test(r.json.message), `${reason}: a text that tells nothing of what is inside`);
	if (['internal', 'unavailable'].includes(code))
		ok(r.json.message.endsWith(`(request ${r.id})`), `${reason}: with the number of the request`);
}

async function checkCatalogue() {
	const all = catalogue();
	is(inSources().filter((r) => !(r in all) && r !== 'BILLING_WEBHOOK_INVALID'), [], 'every reason of a source is in mirai-rpc(7)');
	is(Object.keys(all).filter((r) => !(r in WAYS) && !RESERVED.includes(r)), [], 'every reason of mirai-rpc(7) is brought about');
	is(Object.keys(WAYS).filter((r) => !(r in all)), [], 'and no other');
	is(Object.keys(all).filter((r) => !inSources().includes(r)), RESERVED, 'every reason of mirai-rpc(7) is in a source, but what is reserved');
	sql(PAID);
	sql(`UPDATE companies SET stripe_customer_id = '${stripe.createCustomer({ email: 'b@acme.example', name: 'Acme' }).id}' WHERE id = '${ACME}'`);
	for (const [reason, code] of Object.entries(all))
		if (reason in WAYS)
			checkOne(reason, code, await WAYS[reason]());
	const internal = await WAYS.INTERNAL_ERROR();
	is(internal.json.message, `something went wrong on our side (request ${internal.id})`, 'INTERNAL_ERROR: always in these words');
	ok(site.log('api').includes(internal.id), 'INTERNAL_ERROR: the log has the cause under that number');
	const wrong = await fetch(`${site.base}/api/v1/billing/webhook`, { method: 'POST', body: '{}' });
	is([wrong.status, (await wrong.json()).code], [400, 'BILLING_WEBHOOK_INVALID'], 'BILLING_WEBHOOK_INVALID: 400');
}

// What browsers of other origins and the other protocols see of it.
async function checkForms() {
	const r = await call('owner@acme', 'TeamService/GetTeam', { teamId: randomUUID() }, { origin: site.base });
	ok(/mirai-error-code/i.test(r.exposed ?? ''), 'scripts of our origins may read the header');
	const web = await fetch(`${site.base}/mirai.v1.TeamService/GetTeam`, { method: 'POST', headers: { 'content-type': 'application/grpc-web+json',
		'x-grpc-web': '1', authorization: `Bearer ${tokenOf('owner@acme')}` }, body: Buffer.from([0, 0, 0, 0, 2, 0x7b, 0x7d]) });
	const trailers = web.headers.get('mirai-error-code') ?? await web.text();
	ok(trailers.includes('VALIDATION_MISSING_REQUIRED'), 'gRPC-Web: the reason is a trailer');
	const s = subscribe(site.base, {});
	await until('its end', () => s.envelopes().some((e) => e.flags === 2));
	const { error } = JSON.parse(s.envelopes().at(-1).text);
	is([s.headers['mirai-error-code'], error.details?.[0]?.debug?.reason], ['AUTH_UNAUTHORIZED', 'AUTH_UNAUTHORIZED'], 'streams: as header and detail');
}

// --- logs ---------------------------------------------------------------------------------------

const run = async (program) => {
	const r = await promisify(execFile)(path.join(BUILD, `bin/mirai-${program}`), ['-1', '-v', '-f', site.conf], { timeout: 60000 });
	fs.writeFileSync(path.join(TEST_DIR, `run-${program}.log`), r.stdout + r.stderr);
};

// Somebody signs up, pays, is provisioned, signs in, invites; the invited joins.
async function journey() {
	const bought = await register({ email: 'whole@journey.example' });
	await fetch(bought.json.checkoutUrl, { method: 'POST', body: 'action=pay', redirect: 'manual',
		headers: { 'content-type': 'application/x-www-form-urlencoded' } });
	await run('provision');
	const flow = await (await fetch(`${site.base}/self-service/login/api`)).json();
	const login = (password) => fetch(flow.ui.action, { method: 'POST', headers: { 'content-type': 'application/json' },
		body: JSON.stringify({ method: 'password', identifier: 'whole@journey.example', password }) }).then((r) => r.json());
	secrets.add('Wrong-Guess-99');
	await login('Wrong-Guess-99');
	const { session_token: token } = await login(NEW_PASSWORD);
	ok(token?.startsWith('ory_st_'), 'logs: somebody signs up, pays and signs in');
	secrets.add(token);
	const me = await call(null, 'InvitationService/CreateInvitation', { email: 'joins@journey.example' }, { authorization: `Bearer ${token}` });
	is(me.status, 200, 'logs: and invites');
	const secret = sql("SELECT substr(payload ->> 'link', 27) FROM mail_outbox WHERE recipient = 'joins@journey.example'");
	secrets.add(secret);
	const page = await fetch(`${site.base}/auth/accept-invite?token=${secret}`);
	is(page.status, 200, 'logs: the page of the invitation is opened');
	await page.text();
	const joined = await call(null, 'AuthService/RegisterWithInvitation', { token: secret, password: NEW_PASSWORD, firstName: 'Jo', lastName: 'In' });
	secrets.add(joined.json.sessionToken);
	is((await call(null, 'UserService/GetMe', {}, { cookie: `ory_session_token=${joined.json.sessionToken}` })).status, 200, 'logs: the invited joins');
	await call(null, 'AuthService/EnterpriseContact', { companyName: 'Big', name: 'Bo', email: 'bo@journey.example', message: 'Hush-hush words' });
	secrets.add('Hush-hush words');
	for (const program of ['mail', 'cleanup', 'provision'])
		await run(program);
}

function checkLogs() {
	const logs = fs.readdirSync(TEST_DIR).filter((n) => n.endsWith('.log'));
	const all = logs.map((n) => [n, fs.readFileSync(path.join(TEST_DIR, n), 'utf8')]);
	is(['account', 'api', 'hook', 'stream', 'web'].filter((n) => !all.some(([name, text]) => name === `${n}.log` && text.includes('"msg"'))), [],
		`logs: of ${logs.length} programs, at their most talkative`);
	const hashes = [...sql("SELECT coalesce(string_agg(password_hash, ' '), '') FROM pending_registrations").split(' '),
		...identitySql("SELECT string_agg(config ->> 'hashed_password', ' ') FROM credentials WHERE config ? 'hashed_password'").split(' '),
		...sql("SELECT string_agg(token, ' ') FROM invitations").split(' ')].filter((h) => h !== '');
	const never = [...secrets, ...hashes, stripe.key, stripe.secret, '0123456789abcdef0123'].filter((s) => s !== undefined && s !== '');
	const found = all.flatMap(([name, text]) => never.filter((s) => text.includes(s)).map((s) => `${name}: ${s}`));
	is(found, [], 'logs: no password, no hash, no token, no secret of ours, nothing that was written to us');
	const tokens = all.flatMap(([name, text]) => (text.match(/ory_st_\w{8,}|\$argon2id\$\S+|\$2[aby]\$\S+|[Bb]earer \S{8,}|"cookie"/g) ?? []).map((s) => `${name}: ${s}`));
	is(tokens, [], 'logs: nor anything that looks like one');
	const addresses = all.flatMap(([name, text]) => (text.match(/[\w.+-]+@[\w-]+\.example\b/g) ?? []).map((s) => `${name}: ${s}`));
	is([...new Set(addresses)], [], 'logs: no whole e-mail address');
}

await main(async () => {
	stripe = new Stripe();
	await stripe.listen();
	model = new OpenAI();
	await model.listen();
	site = await startSite([`stripe.api ${stripe.base}`, `stripe.secret_key ${stripe.key}`, `stripe.webhook_secret ${stripe.secret}`,
		'stripe.starter_price price_starter', 'stripe.pro_price price_pro', 'accounts.limits no', 'identity.limits no',
		'encryption.keys', 'ai.provider gemini', `ai.openai.url ${model.url}`, `ai.openai.key ${model.key}`, `ai.openai.model ${model.model}`,
		'log.level debug', 'sales.address sales@mirai.example', 'alert.address ops@mirai.example']);
	stripe.hook = `${site.base}/api/v1/billing/webhook`;
	try {
		await checkCatalogue();
		await checkForms();
		await journey();
		checkLogs();
	} finally {
		site.stop();
		await stripe.close();
		await model.close();
	}
});
