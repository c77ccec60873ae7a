// Acceptance 8: people of one company call every method of every built service
// with the ids of another. Each id is answered as one that does not exist, by
// code, reason and words; nothing of the other company is in any answer; and
// afterwards each of its rows, its mails, events, logins and open streams are
// what they were. The ids a method takes are found in its contract, so a new
// one that is not tried here fails the test.
import { ScalarType } from '@bufbuild/protobuf';
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { services } from '../rpc/kit/clients.mjs';
import { subscribe, until } from '../fcgi/kit/stream.mjs';
import { content } from '../web/kit/course.mjs';
import { call, is, main, ok, startSite, tokenOf } from '../web/kit/site.mjs';
import { identitySql, sql } from './kit/account.mjs';
import { draft, job } from './kit/generation.mjs';
import { Stripe } from './kit/stripe.mjs';

const CHECK = 'acceptance 8: ids of another tenant';
const BUILT = ['AIGenerationService', 'AuthService', 'BillingService', 'CompanyService', 'CourseService', 'HealthService',
	'InvitationService', 'NotificationService', 'SMEService', 'TargetAudienceService', 'TeamService', 'TenantService',
	'TenantSettingsService', 'UserService'];
const MARK = 'Otherworldly'; // in all that the other company wrote
const OTHER = 'b0000000-0000-4000-8000-000000000000';
const person = (letter, n) => `${letter}2000000-0000-4000-8000-00000000000${n}`;

// --- two companies with one of everything ------------------------------------------

const noticeOf = (letter, title, n = 1) => sql(`INSERT INTO notifications (tenant_id, user_id, type, title, message)
	VALUES ('${letter}0000000-0000-4000-8000-000000000000', '${person(letter, n)}', 'outline_ready', '${MARK} ${title}', '${MARK}')
	RETURNING id`);

async function furnishKnowledge(as, letter) {
	const tenant = `${letter}0000000-0000-4000-8000-000000000000`;
	const { sme } = await as('SMEService/CreateSME', { name: `${MARK} expert`, domain: MARK });
	const { task } = await as('SMEService/CreateTask', { smeId: sme.id, title: `${MARK} task`, assignedToUserId: person(letter, 3) });
	const { submission } = await as('SMEService/SubmitContent', { taskId: task.id, contentType: 'CONTENT_TYPE_TEXT', textContent: MARK });
	const { template } = await as('TargetAudienceService/CreateTemplate', { name: MARK, role: MARK, learningGoals: [MARK] });
	sql(`UPDATE subject_matter_experts SET status = 'active' WHERE id = '${sme.id}'`);
	const chunk = sql(`INSERT INTO sme_knowledge_chunks (tenant_id, sme_id, content, topic)
		VALUES ('${tenant}', '${sme.id}', '${MARK} knowledge', '${MARK}') RETURNING id`);
	return { sme: sme.id, task: task.id, submission: submission.id, template: template.id, chunk };
}

function furnishGeneration(letter) {
	const d = draft(letter, { status: 'approved', written: true, title: MARK });
	sql(`INSERT INTO course_generation_inputs (tenant_id, course_id, sme_ids, target_audience_ids, desired_outcome)
		VALUES ('${letter}0000000-0000-4000-8000-000000000000', '${d.course}', '{}', '{}', '${MARK}')`);
	return { planned: d.course, outline: d.outline, outlineLesson: d.lesson, lesson: d.generated, component: d.component,
		job: job(letter, d.course) };
}

async function furnish(site, stripe, name, letter) {
	const owner = `owner@${name}`, company = `${letter}1000000-0000-4000-8000-000000000000`;
	const customer = stripe.createCustomer({ email: `billing@${name}.example`, name: MARK }).id;
	sql(`UPDATE companies SET subscription_status = 'active', plan = 'pro', seat_count = 50,
		stripe_customer_id = '${customer}', stripe_subscription_id = '${stripe.subscribe(customer, 'pro', 50).id}'
		WHERE id = '${company}'`);
	const as = (method, body) => call(site, owner, method, body);
	const { team } = await as('TeamService/CreateTeam', { name: `${MARK} team`, description: MARK });
	await as('TeamService/AddTeamMember', { teamId: team.id, userId: person(letter, 3) });
	const { folder } = await as('CourseService/CreateFolder', { name: `${MARK} folder`, type: 'FOLDER_TYPE_FOLDER' });
	const { course } = await as('CourseService/CreateCourse', { settings: { title: `${MARK} course`, destinationFolder: folder.id },
		content });
	const exported = await as('CourseService/ExportCourse', { courseId: course.id, format: 'EXPORT_FORMAT_SCORM_12' });
	const { invitation } = await as('InvitationService/CreateInvitation', { email: `${MARK}@${name}.example`, role: 'ROLE_SME' });
	const knowledge = await furnishKnowledge(as, letter);
	const notices = [noticeOf(letter, 'one'), noticeOf(letter, 'two'), noticeOf(letter, 'three', 3)];
	return { team: team.id, folder: folder.id, course: course.id, export: (exported.export ?? exported).id ?? exported.exportId,
		...knowledge, ...furnishGeneration(letter), invitation: invitation.id, notice: notices[0], notices, user: person(letter, 2), company };
}

// --- what each method takes ----------------------------------------------------------

// Which kind of thing a field names; null: an id that names nothing outside its
// own message, or that the contract says is ignored.
const KINDS = {
	team_id: 'team', user_id: 'user', company_id: 'company', invitation_id: 'invitation', export_id: 'export',
	course_id: 'course', parent_id: 'folder', destination_folder: 'folder', folder: 'folder',
	sme_id: 'sme', sme_ids: 'sme', task_id: 'task', submission_id: 'submission', chunk_id: 'chunk', template_id: 'template',
	team_ids: 'team', assigned_to_user_id: 'user', notification_id: 'notice', notification_ids: 'notices', source_chunk_ids: null,
	'CourseService.GetCourse id': 'course', 'CourseService.UpdateCourse id': 'course', 'CourseService.DeleteCourse id': 'course',
	'CourseService.DeleteFolder id': 'folder', 'CourseService.CreateCourse id': null,
	target_audience_ids: 'template', outline_id: 'outline', outline_lesson_id: 'outlineLesson', lesson_id: 'lesson',
	component_id: 'component', job_id: 'job',
	last_event_id: null, // a number of the stream, tried in tests/fcgi
};
const NOT_FOUND = { team: 'TEAM_NOT_FOUND', user: 'USER_NOT_FOUND', company: 'COMPANY_NOT_FOUND',
	invitation: 'INVITATION_NOT_FOUND', notice: 'NOTIFICATION_NOT_FOUND', 'RemoveTeamMember user': 'TEAM_MEMBER_NOT_FOUND' };
const LOOKS_LIKE_ID = /(^|_)ids?$|folder$/;

// What else a good request has, with ids of the caller's own company.
const good = (own) => ({
	'AIGenerationService.GenerateCourseOutline': { input: { courseId: own.planned, smeIds: [own.sme], desiredOutcome: 'Mine' } },
	'AIGenerationService.ApproveCourseOutline': { courseId: own.planned, outlineId: own.outline },
	'AIGenerationService.RejectCourseOutline': { courseId: own.planned, outlineId: own.outline, reason: 'Mine' },
	'AIGenerationService.UpdateCourseOutline': { courseId: own.planned, outlineId: own.outline, sections: [{ title: 'Mine' }] },
	'AIGenerationService.GenerateLessonContent': { courseId: own.planned, outlineLessonId: own.outlineLesson },
	'AIGenerationService.RegenerateComponent': { courseId: own.planned, lessonId: own.lesson, componentId: own.component,
		modificationPrompt: 'Mine' },
	'AIGenerationService.UpdateLessonComponent': { courseId: own.planned, lessonId: own.lesson, componentId: own.component,
		contentJson: '{"html": "<p>Mine</p>"}', version: 1 },
	'AuthService.CheckEmail': { email: 'free@new.example' },
	'AuthService.Register': { email: 'x', password: 'x' }, 'AuthService.RegisterWithInvitation': { token: 'x'.repeat(43) },
	'AuthService.Onboard': { companyName: 'X' }, 'AuthService.EnterpriseContact': { email: 'x' },
	'BillingService.CreateCheckoutSession': { plan: 'PLAN_STARTER' },
	'CompanyService.UpdateCompany': { industry: 'Chemistry' },
	'CourseService.CreateCourse': { settings: { title: 'Mine' } },
	'CourseService.UpdateCourse': { id: own.course, settings: { title: 'Mine' } },
	'CourseService.CreateFolder': { name: `Mine ${randomUUID()}`, type: 'FOLDER_TYPE_FOLDER' },
	'CourseService.ExportCourse': { format: 'EXPORT_FORMAT_SCORM_12' },
	'InvitationService.CreateInvitation': { email: `${randomUUID()}@new.example` },
	'InvitationService.AcceptInvitation': { token: 'x'.repeat(43) },
	'InvitationService.GetInvitationByToken': { token: 'x'.repeat(43) },
	'SMEService.CreateSME': { name: 'Mine', domain: 'D', scope: 'SME_SCOPE_TEAM', teamIds: [own.team] },
	'SMEService.UpdateSME': { smeId: own.sme, scope: 'SME_SCOPE_TEAM', teamIds: [own.team] },
	'SMEService.CreateTask': { smeId: own.sme, title: 'Mine', assignedToUserId: own.user },
	'SMEService.GetUploadURL': { fileName: 'f.txt', contentType: 'CONTENT_TYPE_DOCUMENT', fileSizeBytes: 4 },
	'SMEService.SubmitContent': { contentType: 'CONTENT_TYPE_TEXT', textContent: 'Mine' },
	'SMEService.ApproveSubmission': { approvedContent: 'Mine' }, 'SMEService.RequestSubmissionChanges': { feedback: 'Mine' },
	'SMEService.GetKnowledge': { smeId: own.sme }, 'SMEService.SearchKnowledge': { query: MARK }, 'SMEService.UpdateKnowledgeChunk': { content: 'Mine' },
	'TargetAudienceService.CreateTemplate': { name: 'Mine', role: 'R', learningGoals: ['G'] },
	'TeamService.CreateTeam': { name: `Mine ${randomUUID()}` }, 'TeamService.UpdateTeam': { name: `Mine ${randomUUID()}` },
	'TeamService.AddTeamMember': { teamId: own.team, userId: own.user },
	'TeamService.RemoveTeamMember': { teamId: own.team, userId: own.user },
	'TenantSettingsService.SetAPIKey': { apiKey: 'x'.repeat(20) },
	'TenantSettingsService.TestAPIKey': { provider: 'AI_PROVIDER_EXTRACTIVE' },
	'TenantSettingsService.UpdateAISettings': { provider: 'AI_PROVIDER_EXTRACTIVE' },
	'UserService.UpdateUser': { role: 'ROLE_INSTRUCTOR' },
});

// Paths of the fields that look like ids, in depth.
function idFields(message, depth = 0) {
	return message.fields.flatMap((f) => [
		...(LOOKS_LIKE_ID.test(f.name) && f.message === undefined && f.scalar !== ScalarType.BOOL ? [[f]] : []),
		...(f.message !== undefined && depth < 6 && !f.message.typeName.startsWith('google.')
			? idFields(f.message, depth + 1).map((path) => [f, ...path]) : []),
	]);
}

const nameOf = (m) => `${m.parent.name}.${m.name}`;
// What is inside a message has ids of its own making.
function kindOf(m, path) {
	const { name } = path.at(-1), whole = `${nameOf(m)} ${name}`;
	if (path.length > 1 && name === 'id')
		return null;
	return whole in KINDS ? KINDS[whole] : KINDS[name];
}

function put(message, path, value) {
	const copy = structuredClone(message);
	let at = copy;
	for (const f of path.slice(0, -1)) {
		at[f.jsonName] ??= f.fieldKind === 'list' ? [{}] : {};
		at = f.fieldKind === 'list' ? at[f.jsonName][0] : at[f.jsonName];
	}
	const f = path.at(-1);
	at[f.jsonName] = f.fieldKind === 'list' ? [value].flat() : value;
	return copy;
}

// --- calls -------------------------------------------------------------------------------

// What an answer tells, without what differs from call to call.
async function ask(site, who, m, message) {
	// One that is kept may have been closed while psql was waited for.
	const r = await fetch(`${site.base}/mirai.v1.${m.parent.name}/${m.name}`, { method: 'POST',
		headers: { 'content-type': 'application/json', connection: 'close', authorization: `Bearer ${tokenOf(who)}` },
		body: JSON.stringify(message) });
	const text = await r.text();
	return { status: r.status, reason: r.headers.get('mirai-error-code'), text,
		shape: text.replaceAll(/\(request [^)]*\)/g, '').replaceAll(/"[0-9a-f]{8}-[0-9a-f-]{27}"/g, '""')
			.replaceAll(/"[0-9-]{10}T[0-9:.]+Z"/g, '""').replaceAll(/"value":"[^"]*"/g, '') };
}

const ABOUT_OTHER = new RegExp(`b[0-3]000000-0000-4000-8000|@other\\.example|Otto|Sara`, 'i');
const LISTS = new Set(['MarkAsRead', 'ListCourses', 'ListJobs', 'ListSMEs', 'ListTasks', 'SearchKnowledge']); // an id that is not there is no failure of theirs

async function tryMethod(site, m, own, others, told) {
	const base = good(own)[nameOf(m)] ?? {};
	const paths = idFields(m.input).filter((p) => kindOf(m, p) !== null);
	for (const who of ['owner@acme', 'sme@acme', 'lonely@acme']) {
		if (paths.length === 0)
			told.push([m, who, await ask(site, who, m, base)]);
		for (const path of paths) {
			const kind = kindOf(m, path), where = `${CHECK}: ${nameOf(m)} ${path.map((f) => f.name).join('.')} as ${who}`;
			const none = kind === 'notices' ? [randomUUID(), randomUUID()] : randomUUID();
			const [theirs, unknown] = [await ask(site, who, m, put(base, path, others[kind])),
				await ask(site, who, m, put(base, path, none))];
			is([theirs.status, theirs.reason, theirs.shape], [unknown.status, unknown.reason, unknown.shape], `${where}: as if there were none`);
			if (who === 'owner@acme' && !LISTS.has(m.name))
				is([theirs.status, theirs.reason], [404, NOT_FOUND[`${m.name} ${kind}`] ?? NOT_FOUND[kind] ?? null], `${where}: not found`);
			told.push([m, who, theirs]);
		}
	}
}

// --- what must stay ---------------------------------------------------------------------

// Of each table its rows of the tenant, as one number.
function checksums(tenant) {
	const tables = sql(`SELECT c.table_name FROM information_schema.columns c JOIN information_schema.tables t
		USING (table_schema, table_name) WHERE c.table_schema = 'public' AND t.table_type = 'BASE TABLE'
		AND c.column_name = 'tenant_id' ORDER BY 1`).split('\n');
	const one = (table, where) => sql(`SELECT '${table} ' || count(*) || ' ' ||
		md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), '')) FROM ${table} t WHERE ${where}`);
	return [one('tenants', `id = '${tenant}'`), ...tables.map((t) => one(t, `tenant_id = '${tenant}'`)),
		one('mail_outbox', `recipient LIKE '%@other.example'`),
		...['identities', 'credentials', 'sessions', 'verifiable_addresses', 'recovery_addresses'].map((t) =>
			identitySql(`SELECT '${t} ' || count(*) || ' ' || md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), ''))
				FROM ${t} t WHERE ${t === 'identities' ? 'id' : 'identity_id'}::text LIKE 'b3000000%'`))];
}

const kinds = (s) => s.envelopes().filter((e) => e.flags === 0).map((e) => JSON.parse(e.text).eventType)
	.filter((k) => !k.endsWith('KEEPALIVE'));

async function everyMethod(site, stripe) {
	const own = await furnish(site, stripe, 'acme', 'a');
	const others = await furnish(site, stripe, 'other', 'b');
	const streams = ['owner@other', 'sme@other'].map((who) => subscribe(site.base, { authorization: `Bearer ${tokenOf(who)}` }));
	await until('their streams', () => streams.every((s) => s.envelopes().length > 0));
	const before = checksums(OTHER), told = [], customer = sql(`SELECT stripe_customer_id FROM companies WHERE id = '${others.company}'`);
	stripe.requests.length = 0;
	const methods = BUILT.flatMap((name) => services[name].methods).filter((m) => m.methodKind === 'unary');
	is(methods.flatMap((m) => idFields(m.input).filter((p) => kindOf(m, p) === undefined).map((p) => `${nameOf(m)} ${p.at(-1).name}`)), [],
		`${CHECK}: every field that names something is tried`);
	for (const m of methods)
		await tryMethod(site, m, own, others, told);
	is(told.filter(([, , a]) => ABOUT_OTHER.test(a.text)).map(([m, who, a]) => `${nameOf(m)} ${who} ${a.text}`), [],
		`${CHECK}: no answer has anything of theirs`);
	is(told.filter(([, , a]) => a.status >= 500).map(([m, who, a]) => `${nameOf(m)} ${who} ${a.text}`), [],
		`${CHECK}: nothing breaks`);
	is(checksums(OTHER), before, `${CHECK}: every row of theirs is as before, mails, events, tasks and the audit log as well`);
	is(stripe.requests.filter((q) => JSON.stringify(q).includes(customer)), [], `${CHECK}: the payment provider was asked nothing about them`);
	await sleep(300);
	is(streams.map(kinds), [[], []], `${CHECK}: their streams heard nothing`);
	is(streams.map((s) => s.ended), [false, false], `${CHECK}: and stand`);
	const notificationIds = [noticeOf('a', 'four'), ...others.notices, noticeOf('a', 'five')];
	is((await call(site, 'owner@acme', 'NotificationService/MarkAsRead', { notificationIds })).markedCount, 2,
		`${CHECK}: marked among one's own`);
	is(checksums(OTHER), before, `${CHECK}: they stay unread, without an event`);
	for (const s of streams)
		s.close();
}

await main(async () => {
	const stripe = new Stripe();
	await stripe.listen();
	const site = await startSite([`stripe.api ${stripe.base}`, `stripe.secret_key ${stripe.key}`,
		`stripe.webhook_secret ${stripe.secret}`, 'stripe.starter_price price_starter',
		'stripe.pro_price price_pro', 'accounts.limits no', 'identity.limits no']);
	try {
		await everyMethod(site, stripe);
	} finally {
		site.stop();
		await stripe.close();
	}
});
