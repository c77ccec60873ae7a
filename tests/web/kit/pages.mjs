// Every page there is, over a company that has one of everything: for tests
// that look at all of them. The list is held against the routes of
// fcgi/web/route.c, so that a new page is looked at as well.
import { createHash } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { call } from './site.mjs';
import { seed, sql } from './builder.mjs';
import { request } from './course.mjs';

const { BUILD, SRCDIR } = process.env;
const ACME = ['a0000000-0000-4000-8000-000000000000', 'a1000000-0000-4000-8000-000000000000'];
const INVITED = 'secret-of-the-invited'.padEnd(43, '0');

function work(site, program) {
	execFileSync(path.join(BUILD, `bin/mirai-${program}`), ['-1', '-f', site.conf], { stdio: ['ignore', 'ignore', 'inherit'] });
}

// One course for each stage of its making.
async function courses(site, as, sme, audience) {
	const begin = async (title) => {
		const { course } = await as('CourseService/CreateCourse', { settings: { title, desiredOutcome: 'People work safely.' } });
		await as('AIGenerationService/GenerateCourseOutline', { input: { courseId: course.id, smeIds: [sme], targetAudienceIds: [audience],
			desiredOutcome: 'People work near machines without getting hurt.' } });
		return course.id;
	};
	const planned = await begin('Outline to review');
	const written = await begin('Lessons to edit');
	work(site, 'generate');
	const { outline } = await as('AIGenerationService/GetCourseOutline', { courseId: written });
	await as('AIGenerationService/ApproveCourseOutline', { courseId: written, outlineId: outline.id });
	await as('AIGenerationService/GenerateAllLessons', { courseId: written });
	work(site, 'generate');
	const { lessons } = await as('AIGenerationService/ListGeneratedLessons', { courseId: written });
	const { lesson } = await as('AIGenerationService/GetGeneratedLesson', { lessonId: lessons[0].id });
	const { course: empty } = await as('CourseService/CreateCourse', { settings: { title: 'Only begun', desiredOutcome: 'Nothing yet.' } });
	const { course: ready } = await as('CourseService/CreateCourse', request);
	const { folder } = await as('CourseService/CreateFolder', { name: 'Plant', type: 'FOLDER_TYPE_FOLDER' });
	const queued = await begin('Under way');
	const { jobs } = await as('AIGenerationService/ListJobs', { courseId: queued });
	return { planned, written, lesson: lesson.id, part: lesson.components.find((c) => c.type.endsWith('_TEXT')).id,
		quiz: lesson.components.find((c) => c.type.endsWith('_QUIZ'))?.id, empty: empty.id, ready: ready.id,
		folder: folder.id, queued, job: jobs[0].id };
}

async function tasks(as, site, sme) {
	const { user } = await call(site, 'sme@acme', 'UserService/GetMe');
	const make = async (title) => (await as('SMEService/CreateTask', { smeId: sme, title, description: 'How is it checked?',
		expectedContentType: 'CONTENT_TYPE_TEXT', assignedToUserId: user.id })).task.id;
	const asked = await make('What a crane driver checks');
	const answered = await make('What to do when an alarm sounds');
	await call(site, 'sme@acme', 'SMEService/SubmitContent', { taskId: answered, contentType: 'CONTENT_TYPE_TEXT',
		textContent: 'Leave the hall by the nearest exit. Whoever is last closes the door.' });
	return { asked, answered, expert: user.id };
}

// What a company has; the ids of it.
export async function furnish(site) {
	const as = (method, body) => call(site, 'owner@acme', method, body);
	const { sme, newcomers } = await seed(site);
	const made = { sme: sme.id, audience: newcomers.id, ...await courses(site, as, sme.id, newcomers.id), ...await tasks(as, site, sme.id) };
	const { team } = await as('TeamService/CreateTeam', { name: 'Plant 7', description: 'Everyone at the machines.' });
	await as('TeamService/AddTeamMember', { teamId: team.id, userId: made.expert });
	const { invitation } = await as('InvitationService/CreateInvitation', { email: 'kept@acme.example', role: 'ROLE_SME' });
	sql(`INSERT INTO invitations (tenant_id, company_id, email, role, status, token, expires_at) VALUES ('${ACME[0]}', '${ACME[1]}',
		'invited@new.example', 'sme', 'pending', '${createHash('sha256').update(INVITED).digest('hex')}', now() + interval '7 days')`);
	made.chunk = sql(`SELECT id FROM sme_knowledge_chunks WHERE sme_id = '${sme.id}' ORDER BY id LIMIT 1`);
	return { ...made, team: team.id, invitation: invitation.id };
}

const GUEST = ['guest'];
const ADMIN = ['owner'];
const BOTH = ['owner', 'sme'];

// Rows of name, who looks at it, address.
export function pagesOf(x) {
	const builder = (rest) => `/course-builder?id=${rest}`;
	const task = `/smes/${x.sme}/tasks/${x.asked}`;
	return [
		['landing', GUEST, '/'], ['pricing', GUEST, '/pricing'], ['privacy', GUEST, '/privacy'], ['terms', GUEST, '/terms'],
		['not-found', GUEST, '/nothing-here'], ['login', GUEST, '/auth/login'], ['registration', GUEST, '/auth/registration'],
		['recovery', GUEST, '/auth/recovery'], ['verification', GUEST, '/auth/verification'], ['reset', GUEST, '/auth/reset-password'],
		['sign-in-error', GUEST, '/auth/error'], ['invitation', GUEST, `/auth/accept-invite?token=${INVITED}`],
		['invitation-none', GUEST, '/auth/accept-invite?token=none'],
		['account', ADMIN, '/auth/settings'], ['account-password', ADMIN, '/auth/settings?tab=password'],
		['account-factor', ADMIN, '/auth/settings?tab=factor'], ['account-sessions', ADMIN, '/auth/settings?tab=sessions'],
		['account-end', ADMIN, '/auth/settings?tab=account'],
		['dashboard', BOTH, '/dashboard'], ['library', BOTH, '/content-library'], ['folder', ADMIN, `/folder/${x.folder}`],
		['notifications', BOTH, '/notifications'], ['onboard', ['gone'], '/onboard'], ['welcome', ['sme'], '/dashboard?welcome=true'],
		['builder', ADMIN, '/course-builder'], ['builder-info', ADMIN, builder(`${x.empty}&step=1`)],
		['builder-sources', ADMIN, builder(`${x.planned}&step=2`)], ['builder-audience', ADMIN, builder(`${x.planned}&step=3`)],
		['builder-review', ADMIN, builder(`${x.planned}&step=4`)], ['builder-sme', ADMIN, `/course-builder/${x.planned}/sme`],
		['builder-job', ADMIN, builder(x.queued)], ['builder-cancel', ADMIN, `/course-builder/${x.queued}/cancel/${x.job}`],
		['outline', ADMIN, builder(x.planned)], ['outline-edit', ADMIN, `/course-builder/${x.planned}/outline`],
		['outline-reject', ADMIN, `/course-builder/${x.planned}/reject`], ['outline-again', ADMIN, `/course-builder/${x.planned}/regenerate`],
		['lessons', ADMIN, builder(x.written)], ['lesson', ADMIN, builder(`${x.written}&step=6&lesson=${x.lesson}`)],
		['lesson-part', ADMIN, builder(`${x.written}&step=6&lesson=${x.lesson}&edit=${x.part}`)],
		['lesson-quiz', ADMIN, builder(`${x.written}&step=6&lesson=${x.lesson}&edit=${x.quiz}`)],
		['player', BOTH, `/course/${x.ready}/preview?lesson=1`], ['player-finished', ADMIN, `/course/${x.ready}/preview?finished=1`],
		['course-delete', ADMIN, `/course/${x.ready}/delete`], ['export', ADMIN, `/course/${x.ready}/export`],
		['settings', BOTH, '/settings'], ['settings-company', ADMIN, '/settings?tab=company'], ['settings-team', ADMIN, '/settings?tab=team'],
		['settings-ai', ADMIN, '/settings?tab=ai'], ['settings-billing', ADMIN, '/settings?tab=billing'],
		['settings-key', ADMIN, '/settings/ai/key'], ['settings-provider', ADMIN, '/settings/ai/provider'],
		['settings-key-remove', ADMIN, '/settings/ai/remove'], ['settings-revoke', ADMIN, `/settings/invitations/${x.invitation}/revoke`],
		['settings-remove', ADMIN, `/settings/members/${x.expert}/remove`],
		['smes', BOTH, '/smes'], ['sme-new', ADMIN, '/smes/new'], ['sme', ADMIN, `/smes?sme=${x.sme}`],
		['task', BOTH, `/smes?sme=${x.sme}&task=${x.asked}`], ['sme-archive', ADMIN, `/smes/${x.sme}/archive`],
		['sme-edit', ADMIN, `/smes/${x.sme}/edit`], ['chunk-delete', ADMIN, `/smes/${x.sme}/chunks/${x.chunk}/delete`],
		['chunk', ADMIN, `/smes/${x.sme}/chunks/${x.chunk}/edit`], ['task-submit', ['sme'], `${task}/submit`],
		['task-review', ADMIN, `/smes/${x.sme}/tasks/${x.answered}/review`], ['task-new', ADMIN, `/smes/${x.sme}/tasks/new`],
		['task-cancel', ADMIN, `${task}/cancel`], ['task-delete', ADMIN, `${task}/delete`], ['task-edit', ADMIN, `${task}/edit`],
		['audiences', BOTH, '/target-audiences'], ['audience-new', ADMIN, '/target-audiences/new'],
		['audience-delete', ADMIN, `/target-audiences/${x.audience}/delete`], ['audience-edit', ADMIN, `/target-audiences/${x.audience}/edit`],
		['teams', ADMIN, '/teams'], ['team-new', ADMIN, '/teams/new'], ['team', ADMIN, `/teams/${x.team}`],
		['team-add', ADMIN, `/teams/${x.team}/add`], ['team-delete', ADMIN, `/teams/${x.team}/delete`],
		['team-edit', ADMIN, `/teams/${x.team}/edit`], ['team-remove', ADMIN, `/teams/${x.team}/remove/${x.expert}`],
	];
}

// Not pages: they lead on, or are files.
const NO_PAGE = ['/course/*/export/*', '/onboarding', '/smes/*/tasks/*/download'];

// The routes that show something and are not in the list.
export function unlisted(pages) {
	const source = fs.readFileSync(path.join(SRCDIR, 'fcgi/web/route.c'), 'utf8');
	const rows = [...source.matchAll(/\{ "([^"]+)", ACCESS_\w+,\s+(\w+),\s+\w+,\s+(?:true|false)/g)];
	const seen = pages.map(([, , at]) => at.split('?')[0]);
	return rows.filter(([, , get]) => get !== 'NULL' && !get.endsWith('_back')).map(([, at]) => at)
		.filter((at) => !NO_PAGE.includes(at) && !seen.some((s) => new RegExp(`^${at.replaceAll('*', '[0-9a-f-]{36}')}$`).test(s)));
}
