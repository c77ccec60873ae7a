// Who may call what: each method of the services of accounts, experts and generation,
// called by everybody there is. A row says who may (public, session, user,
// member, editor, admin, lead, own) and what the others hear follows from it, by the order of checks:
// session, user row, tenant, role, company, object. A method without a row
// fails the test.
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { subscribe, until } from '../fcgi/kit/stream.mjs';
import { services } from '../rpc/kit/clients.mjs';
import { is, main, startSite, tokenOf } from '../web/kit/site.mjs';
import { sql } from './kit/account.mjs';
import { draft, job } from './kit/generation.mjs';
import { Stripe } from './kit/stripe.mjs';

const { TEST_DIR } = process.env;
const SERVICES = ['AIGenerationService', 'AuthService', 'BillingService', 'CompanyService', 'HealthService', 'InvitationService',
	'NotificationService', 'SMEService', 'TargetAudienceService', 'TeamService', 'TenantService', 'TenantSettingsService', 'UserService'];
const TENANT = 'a0000000-0000-4000-8000-000000000000';
const COMPANY = 'a1000000-0000-4000-8000-000000000000';
const userOf = (n) => `a2000000-0000-4000-8000-00000000000${n}`;

// --- who calls ------------------------------------------------------------------------

const CALLERS = {
	'no session': null,
	'a session that is over': 'late@acme',
	'no user row': 'nobody@nowhere',
	'removed': 'gone@acme',
	'no company': 'lonely@acme',
	'sme': 'sme@acme',
	'sme of old': 'legacy@acme',
	'instructor': 'instructor@acme',
	'lead of the team': 'instructor2@acme',
	'admin': 'owner@acme',
	'admin of old': 'elder@acme',
	'admin of another tenant': 'owner@other',
	'admin of a suspended tenant': 'owner@frozen',
};
const ROLES = { 'sme': 1, 'sme of old': 1, 'instructor': 2, 'lead of the team': 2, 'admin': 3, 'admin of old': 3,
	'admin of another tenant': 3 };

// --- what is called ---------------------------------------------------------------------

const OK = [200, null];
const FORBIDDEN = [403, 'AUTH_FORBIDDEN'];
const NO_USER = [404, 'USER_NOT_FOUND'];

const team = () => sql(`WITH t AS (INSERT INTO teams (tenant_id, company_id, name)
	VALUES ('${TENANT}', '${COMPANY}', '${randomUUID()}') RETURNING id)
	INSERT INTO team_members (tenant_id, team_id, user_id, role)
	SELECT '${TENANT}', t.id, u.id::uuid, u.role FROM t, (VALUES ('${userOf(8)}', 'lead'), ('${userOf(5)}', 'member')) u (id, role)
	RETURNING team_id`).split('\n')[0];
const token = () => randomBytes(32).toString('base64url');

function invite(email = `${randomUUID()}@new.example`) {
	const secret = token();
	const id = sql(`INSERT INTO invitations (tenant_id, company_id, email, role, token, invited_by_user_id, expires_at)
		VALUES ('${TENANT}', '${COMPANY}', '${email}', 'sme', '${createHash('sha256').update(secret).digest('hex')}',
		'${userOf(1)}', now() + interval '1 day') RETURNING id`);
	return { id, secret };
}

const person = () => sql(`INSERT INTO users (tenant_id, company_id, kratos_id, role)
	VALUES ('${TENANT}', '${COMPANY}', '${randomUUID()}', 'sme') RETURNING id`);
// The fixtures' ids of those who have a user row.
const SELF = { 'owner@acme': userOf(1), 'instructor@acme': userOf(2), 'sme@acme': userOf(3), 'legacy@acme': userOf(4),
	'elder@acme': userOf(5), 'lonely@acme': userOf(6), 'instructor2@acme': userOf(8),
	'owner@other': 'b2000000-0000-4000-8000-000000000001', 'owner@frozen': 'c2000000-0000-4000-8000-000000000001' };
const NOBODY = 'd3000000-0000-4000-8000-000000000001';
const noticeOf = (who) => (who in SELF ? sql(`INSERT INTO notifications (tenant_id, user_id, type, title, message)
	SELECT tenant_id, id, 'outline_ready', 't', 'm' FROM users WHERE id = '${SELF[who]}' RETURNING id`) : randomUUID());
const signUp = { password: 'Zebra-Kite-42', firstName: 'A', lastName: 'B' };

const insert = (table, columns) => sql(`INSERT INTO ${table} (tenant_id, ${Object.keys(columns).join(', ')})
	VALUES ('${TENANT}', ${Object.values(columns).map((v) => `'${v}'`).join(', ')}) RETURNING id`);
const expert = () => insert('subject_matter_experts', { company_id: COMPANY, name: 'E', domain: 'D', created_by_user_id: userOf(1) });
// Given by the instructor to the sme; lead and instructor are both editors.
const task = (status = 'pending') => insert('sme_tasks', { sme_id: expert(), title: 'T', assigned_to_user_id: userOf(3),
	assigned_by_user_id: userOf(2), status });
function submission() {
	const key = `submissions/${randomUUID()}/files/f.txt`, file = path.join(TEST_DIR, 'store/data', TENANT, key);
	fs.mkdirSync(path.dirname(file), { recursive: true });
	fs.writeFileSync(file, 'text');
	return insert('sme_task_submissions', { task_id: task('awaiting_review'), file_name: 'f.txt', file_path: key,
		content_type: 'document', file_size_bytes: 4, extracted_text: 'Text.', submitted_by_user_id: userOf(3) });
}
const chunk = () => insert('sme_knowledge_chunks', { sme_id: expert(), content: 'C', topic: 'T' });
const audience = (status = 'active') => insert('target_audience_templates', { company_id: COMPANY, name: 'A', role: 'R', status,
	created_by_user_id: userOf(1) });
const NONE = [404, null];
// Of a task: who has it, who gave it, other editors, administrators; to others it is not there.
const ofTask = (assignee, assigner, editors) => (name) => ({ 'sme': assignee, 'sme of old': NONE, 'instructor': assigner,
	'lead of the team': editors })[name] ?? OK;
const SEES = ofTask(OK, OK, OK), EDITS = ofTask(FORBIDDEN, OK, OK), REVIEWS = ofTask(FORBIDDEN, OK, FORBIDDEN),
	ANSWERS = ofTask(OK, OK, FORBIDDEN);

// A course whose outline is under review, or approved, or whose lesson is written; its job is the instructor's.
const outlined = (more) => { const d = draft('a', more); return { courseId: d.course, outlineId: d.outline }; };
const planned = () => { const d = draft('a', { status: 'approved' }); return { courseId: d.course, outlineLessonId: d.lesson }; };
const written = () => { const d = draft('a', { status: 'approved', written: true });
	return { courseId: d.course, lessonId: d.generated, componentId: d.component }; };
const queued = () => ({ jobId: job('a', draft().course, 2) });
const active = () => { const id = expert(); sql(`UPDATE subject_matter_experts SET status = 'active' WHERE id = '${id}'`); return id; };
const CANCELS = (name) => (['sme', 'sme of old', 'lead of the team'].includes(name) ? FORBIDDEN : OK);

// Who has a company is told so; who has none gets one.
const ONCE = (name) => ['no user row', 'removed'].includes(name) ? OK : name === 'admin of a suspended tenant' ? [403, 'TENANT_SUSPENDED']
	: [409, 'USER_ALREADY_ONBOARDED'];

// need: who may. ask: a good message, made anew once it was used up; own: one
// for a caller. other: what an admin of another tenant hears, if ids are in it.
// while: suspended tenants may. want: what those who pass hear, where that
// depends on who they are. after: undoes what a good call did.
const ROWS = {
	'AIGenerationService/GenerateCourseOutline': { need: 'editor', ask: () => ({ input: { courseId: draft().course, smeIds: [active()],
		desiredOutcome: 'O' } }), other: NONE },
	'AIGenerationService/GetCourseOutline': { need: 'member', ask: () => ({ courseId: outlined().courseId }), other: NONE },
	'AIGenerationService/ApproveCourseOutline': { need: 'editor', ask: () => outlined(), other: NONE },
	'AIGenerationService/RejectCourseOutline': { need: 'editor', ask: () => ({ ...outlined(), reason: 'R' }), other: NONE },
	'AIGenerationService/UpdateCourseOutline': { need: 'editor', ask: () => ({ ...outlined(), sections: [{ title: 'S' }] }), other: NONE },
	'AIGenerationService/GenerateLessonContent': { need: 'editor', ask: planned, other: NONE },
	'AIGenerationService/GenerateAllLessons': { need: 'editor', ask: () => ({ courseId: planned().courseId }), other: NONE },
	'AIGenerationService/RegenerateComponent': { need: 'editor', ask: () => ({ ...written(), modificationPrompt: 'P' }), other: NONE },
	'AIGenerationService/GetJob': { need: 'member', ask: queued, other: NONE },
	'AIGenerationService/ListJobs': { need: 'member' },
	'AIGenerationService/CancelJob': { need: 'member', ask: queued, other: NONE, want: CANCELS },
	'AIGenerationService/GetGeneratedLesson': { need: 'member', ask: () => ({ lessonId: written().lessonId }), other: NONE },
	'AIGenerationService/ListGeneratedLessons': { need: 'member', ask: () => ({ courseId: written().courseId }), other: NONE },
	'AIGenerationService/GetGenerationInput': { need: 'member', ask: () => ({ courseId: outlined().courseId }), other: NONE },
	'AIGenerationService/UpdateLessonComponent': { need: 'editor', ask: () => ({ ...written(), version: 1, contentJson: '{"html": "<p>E</p>"}' }),
		other: NONE },
	'AIGenerationService/FinalizeCourse': { need: 'editor', ask: () => ({ courseId: written().courseId }), other: NONE },
	'AuthService/CheckEmail': { need: 'public', ask: () => ({ email: 'free@new.example' }) },
	'AuthService/Register': { need: 'public', ask: () => ({ ...signUp, email: `${randomUUID()}@new.example`, companyName: 'New' }) },
	'AuthService/RegisterWithInvitation': { need: 'public', ask: () => ({ ...signUp, token: invite().secret }) },
	'AuthService/Onboard': { need: 'session', ask: () => ({ companyName: 'Lone' }), want: ONCE,
		after: () => sql("DELETE FROM tenants WHERE name = 'Lone'") },
	'AuthService/EnterpriseContact': { need: 'public', ask: () => ({ companyName: 'Big', name: 'Bo', email: 'bo@big.example' }) },
	'BillingService/GetBillingInfo': { need: 'member', while: true },
	'BillingService/CreateCheckoutSession': { need: 'admin', ask: () => ({ plan: 'PLAN_STARTER' }) },
	'BillingService/CreatePortalSession': { need: 'admin', while: true },
	'CompanyService/GetCompany': { need: 'member', ask: () => ({ companyId: COMPANY }), other: [404, 'COMPANY_NOT_FOUND'] },
	'CompanyService/UpdateCompany': { need: 'admin', ask: () => ({ companyId: COMPANY, industry: 'Tea' }), other: [404, 'COMPANY_NOT_FOUND'] },
	'HealthService/Check': { need: 'public' },
	'InvitationService/CreateInvitation': { need: 'admin', ask: () => ({ email: `${randomUUID()}@new.example` }) },
	'InvitationService/ListInvitations': { need: 'admin' },
	'InvitationService/GetInvitation': { need: 'admin', ask: () => ({ invitationId: invite().id }), other: [404, 'INVITATION_NOT_FOUND'] },
	'InvitationService/GetInvitationByToken': { need: 'public', ask: () => ({ token: invite().secret }) },
	'InvitationService/RevokeInvitation': { need: 'admin', ask: () => ({ invitationId: invite().id }), other: [404, 'INVITATION_NOT_FOUND'] },
	'InvitationService/AcceptInvitation': { need: 'session', own: (who) => ({ token: invite(who ? `${who}.example` : undefined).secret }),
		want: (name) => ['no user row', 'removed', 'no company'].includes(name) ? OK
			: name === 'admin of a suspended tenant' ? [403, 'TENANT_SUSPENDED'] : FORBIDDEN,
		after: () => sql(`DELETE FROM invitations; DELETE FROM users WHERE kratos_id = '${NOBODY}';
			UPDATE users SET removed_at = now() WHERE id = '${userOf(7)}';
			UPDATE users SET company_id = NULL WHERE id = '${userOf(6)}'`) },
	'InvitationService/ResendInvitation': { need: 'admin', ask: () => ({ invitationId: invite().id }), other: [404, 'INVITATION_NOT_FOUND'] },
	'InvitationService/GetSeatInfo': { need: 'admin' },
	'NotificationService/ListNotifications': { need: 'user' },
	'NotificationService/GetUnreadCount': { need: 'user' },
	'NotificationService/MarkAsRead': { need: 'user', ask: () => ({ notificationIds: [randomUUID()] }) },
	'NotificationService/MarkAllAsRead': { need: 'user' },
	'NotificationService/DeleteNotification': { need: 'user', own: (who) => ({ notificationId: noticeOf(who) }) },
	'NotificationService/SubscribeNotifications': { need: 'user', stream: true },
	'SMEService/CreateSME': { need: 'editor', ask: () => ({ name: 'E', domain: 'D' }) },
	'SMEService/GetSME': { need: 'member', ask: () => ({ smeId: expert() }), other: NONE },
	'SMEService/ListSMEs': { need: 'member' },
	'SMEService/UpdateSME': { need: 'editor', ask: () => ({ smeId: expert(), name: 'F' }), other: NONE },
	'SMEService/DeleteSME': { need: 'editor', ask: () => ({ smeId: expert() }), other: NONE },
	'SMEService/RestoreSME': { need: 'editor', ask: () => ({ smeId: insert('subject_matter_experts', { company_id: COMPANY, name: 'E',
		domain: 'D', created_by_user_id: userOf(1), status: 'archived' }) }), other: NONE },
	'SMEService/CreateTask': { need: 'editor', ask: () => ({ smeId: expert(), title: 'T', assignedToUserId: userOf(3) }), other: NONE },
	'SMEService/GetTask': { need: 'member', ask: () => ({ taskId: task() }), other: NONE, want: SEES },
	'SMEService/ListTasks': { need: 'member' },
	'SMEService/UpdateTask': { need: 'member', ask: () => ({ taskId: task(), title: 'U' }), other: NONE, want: EDITS },
	'SMEService/CancelTask': { need: 'member', ask: () => ({ taskId: task() }), other: NONE, want: EDITS },
	'SMEService/DeleteTask': { need: 'member', ask: () => ({ taskId: task() }), other: NONE, want: EDITS },
	'SMEService/GetUploadURL': { need: 'member', ask: () => ({ taskId: task(), fileName: 'f.txt', contentType: 'CONTENT_TYPE_DOCUMENT',
		fileSizeBytes: 4 }), other: NONE, want: ANSWERS },
	'SMEService/SubmitContent': { need: 'member', ask: () => ({ taskId: task(), contentType: 'CONTENT_TYPE_TEXT', textContent: 'Text.' }),
		other: NONE, want: ANSWERS },
	'SMEService/ListSubmissions': { need: 'member', ask: () => ({ taskId: task() }), other: NONE, want: SEES },
	'SMEService/GetSubmission': { need: 'member', ask: () => ({ submissionId: submission() }), other: NONE, want: SEES },
	'SMEService/GetSubmissionFile': { need: 'member', ask: () => ({ submissionId: submission() }), other: NONE, want: SEES },
	'SMEService/ApproveSubmission': { need: 'member', ask: () => ({ submissionId: submission(), approvedContent: 'Text.' }), other: NONE,
		want: REVIEWS },
	'SMEService/RequestSubmissionChanges': { need: 'member', ask: () => ({ submissionId: submission(), feedback: 'More.' }), other: NONE,
		want: REVIEWS },
	'SMEService/EnhanceSubmissionContent': { need: 'member', ask: () => ({ submissionId: submission() }), other: NONE, want: REVIEWS },
	'SMEService/GetKnowledge': { need: 'member', ask: () => ({ smeId: expert() }), other: NONE },
	'SMEService/SearchKnowledge': { need: 'member', ask: () => ({ query: 'x' }) },
	'SMEService/UpdateKnowledgeChunk': { need: 'editor', ask: () => ({ chunkId: chunk(), content: 'D' }), other: NONE },
	'SMEService/DeleteKnowledgeChunk': { need: 'editor', ask: () => ({ chunkId: chunk() }), other: NONE },
	'TargetAudienceService/CreateTemplate': { need: 'editor', ask: () => ({ name: 'A', role: 'R', learningGoals: ['G'] }) },
	'TargetAudienceService/GetTemplate': { need: 'member', ask: () => ({ templateId: audience() }), other: NONE },
	'TargetAudienceService/ListTemplates': { need: 'member' },
	'TargetAudienceService/UpdateTemplate': { need: 'editor', ask: () => ({ templateId: audience(), name: 'B' }), other: NONE },
	'TargetAudienceService/DeleteTemplate': { need: 'editor', ask: () => ({ templateId: audience() }), other: NONE },
	'TargetAudienceService/ArchiveTemplate': { need: 'editor', ask: () => ({ templateId: audience() }), other: NONE },
	'TargetAudienceService/RestoreTemplate': { need: 'editor', ask: () => ({ templateId: audience('archived') }), other: NONE },
	'TeamService/ListTeams': { need: 'member' },
	'TeamService/GetTeam': { need: 'member', ask: () => ({ teamId: team() }), other: [404, 'TEAM_NOT_FOUND'] },
	'TeamService/CreateTeam': { need: 'admin', ask: () => ({ name: randomUUID() }) },
	'TeamService/UpdateTeam': { need: 'admin', ask: () => ({ teamId: team(), description: 'd' }), other: [404, 'TEAM_NOT_FOUND'] },
	'TeamService/DeleteTeam': { need: 'admin', ask: () => ({ teamId: team() }), other: [404, 'TEAM_NOT_FOUND'] },
	'TeamService/ListTeamMembers': { need: 'member', ask: () => ({ teamId: team() }), other: [404, 'TEAM_NOT_FOUND'] },
	'TeamService/AddTeamMember': { need: 'lead', ask: () => ({ teamId: team(), userId: userOf(2) }), other: [404, 'TEAM_NOT_FOUND'] },
	'TeamService/RemoveTeamMember': { need: 'lead', ask: () => ({ teamId: team(), userId: userOf(5) }), other: [404, 'TEAM_NOT_FOUND'] },
	'TenantService/GetTenant': { need: 'member', while: true },
	'TenantService/UpdateTenant': { need: 'admin', ask: () => ({ name: 'T' }) },
	'TenantSettingsService/GetAISettings': { need: 'admin' },
	'TenantSettingsService/SetAPIKey': { need: 'admin', ask: () => ({ apiKey: 'x'.repeat(20) }) },
	'TenantSettingsService/RemoveAPIKey': { need: 'admin' },
	'TenantSettingsService/TestAPIKey': { need: 'admin', ask: () => ({ provider: 'AI_PROVIDER_EXTRACTIVE' }) },
	'TenantSettingsService/GetUsageStats': { need: 'admin' },
	'TenantSettingsService/UpdateAISettings': { need: 'admin', ask: () => ({ provider: 'AI_PROVIDER_EXTRACTIVE' }) },
	'UserService/GetMe': { need: 'user', while: true },
	'UserService/GetUser': { need: 'member', ask: () => ({ userId: userOf(2) }), other: NO_USER },
	// The own record, then one of the others.
	'UserService/UpdateUser': { need: 'user', own: (who) => ({ userId: SELF[who] ?? randomUUID() }) },
	'UserService/UpdateUser others': { need: 'user', ask: () => ({ userId: person(), role: 'ROLE_INSTRUCTOR' }), other: NO_USER,
		want: (name) => (ROLES[name] === 3 ? OK : FORBIDDEN) },
	'UserService/ListCompanyUsers': { need: 'member' },
	'UserService/RemoveCompanyUser': { need: 'admin', ask: () => ({ userId: person() }), other: NO_USER },
};

// --- what is heard ----------------------------------------------------------------------

const LEAST = { member: 1, lead: 1, editor: 2, admin: 3 };

function expected(row, name) {
	if (row.need === 'public')
		return OK;
	if (['no session', 'a session that is over'].includes(name))
		return [401, 'AUTH_UNAUTHORIZED'];
	if (['no user row', 'removed'].includes(name) && row.need !== 'session')
		return NO_USER;
	if (name === 'admin of a suspended tenant' && !row.while)
		return [403, 'TENANT_SUSPENDED'];
	if (name === 'no company' && row.need in LEAST)
		return LEAST[row.need] > 1 ? FORBIDDEN : [400, 'USER_NO_COMPANY'];
	if (ROLES[name] < LEAST[row.need])
		return FORBIDDEN;
	if (name === 'admin of another tenant' && row.other)
		return row.other;
	if (row.need === 'lead' && !['lead of the team', 'admin', 'admin of old'].includes(name))
		return FORBIDDEN;
	return row.want?.(name) ?? OK;
}

const headersOf = (who) => (who === null ? {} : { authorization: `Bearer ${tokenOf(who)}` });

async function heardOnStream(site, who) {
	const s = subscribe(site.base, headersOf(who));
	await until('a first message', () => s.envelopes().length > 0);
	const [first] = s.envelopes();
	s.close();
	if (first.flags !== 2)
		return OK;
	const { error } = JSON.parse(first.text);
	return [{ unauthenticated: 401, not_found: 404, permission_denied: 403 }[error.code], s.headers['mirai-error-code'] ?? null];
}

async function heard(site, method, row, who, message) {
	if (row.stream)
		return heardOnStream(site, who);
	// One that is kept may have been closed while psql was waited for.
	const r = await fetch(`${site.base}/mirai.v1.${method.split(' ')[0]}`, { method: 'POST',
		// Failures are limited by address, so the calls of a method come from one of its own.
		headers: { 'content-type': 'application/json', connection: 'close', ...headersOf(who),
			'x-forwarded-for': `192.0.2.${Object.values(ROWS).indexOf(row) + 1}` }, body: JSON.stringify(message) });
	const text = await r.text();
	if (r.status >= 500)
		console.log(`# ${method} ${who}: ${text}`);
	return [r.status, r.headers.get('mirai-error-code')];
}

async function matrix(site) {
	is(SERVICES.flatMap((s) => services[s].methods.map((m) => `${s}/${m.name}`)).filter((m) => !(m in ROWS)), [],
		'every method has its row');
	for (const [method, row] of Object.entries(ROWS)) {
		const got = {}, want = {};
		let message = null;
		for (const [name, who] of Object.entries(CALLERS)) {
			want[name] = expected(row, name).join(' ');
			message = row.own?.(who) ?? message ?? row.ask?.() ?? {};
			const answer = await heard(site, method, row, who, message);
			got[name] = answer.join(' ');
			if (answer[0] === 200) {
				message = null;
				row.after?.();
			}
		}
		is(got, want, `${method}: ${row.need}`);
	}
}

await main(async () => {
	const stripe = new Stripe();
	await stripe.listen();
	const site = await startSite([`stripe.api ${stripe.base}`, `stripe.secret_key ${stripe.key}`,
		`stripe.webhook_secret ${stripe.secret}`, 'stripe.starter_price price_starter',
		'stripe.pro_price price_pro', 'accounts.limits no', 'identity.limits no', 'proxies 127.0.0.1']);
	try {
		for (const letter of ['a', 'b', 'c'])
			sql(`UPDATE companies SET subscription_status = 'active', plan = 'pro', seat_count = 900,
				stripe_customer_id = '${stripe.createCustomer({ email: 'x@y.example', name: 'X' }).id}' WHERE id::text LIKE '${letter}1%'`);
		await matrix(site);
	} finally {
		site.stop();
		await stripe.close();
	}
});
