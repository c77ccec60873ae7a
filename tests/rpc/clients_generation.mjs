// The official client takes a course from sources to its generated document,
// in each form it speaks, with the real worker behind. What is counted at the
// end: no method of AIGenerationService was left out.
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import path from 'node:path';
import { promisify } from 'node:util';
import { Code, ConnectError } from '@connectrpc/connect';
import { bearer, clients, contracts, services } from './kit/clients.mjs';
import { is, main, ok, startSite, tokenOf } from '../web/kit/site.mjs';
import { sql } from '../service/kit/account.mjs';

const { CourseStatus, GenerationJobStatus: Status, GenerationJobType: Type, LessonComponentType, OutlineApprovalStatus: Approval } = contracts;
const ACME = 'a0000000-0000-4000-8000-000000000000';
const COMPANY = 'a1000000-0000-4000-8000-000000000000';
const TEACHER = 'a2000000-0000-4000-8000-000000000002';
const called = new Set();

const generating = (site, form, who) => new Proxy(clients(site.base, form, bearer(tokenOf(who))).AIGenerationService, {
	get(client, method) {
		called.add(`${form} ${method}`);
		return client[method];
	} });

async function failure(promise) {
	try {
		await promise;
		return null;
	} catch (error) {
		return Code[ConnectError.from(error).code];
	}
}

const work = (site) => promisify(execFile)(path.join(process.env.BUILD, 'bin/mirai-generate'), ['-1', '-f', site.conf], { timeout: 60000 });

// --- an expert with knowledge --------------------------------------------------------

const CHUNKS = {
	'Fire extinguishers': `A fire extinguisher is a portable device that puts out small fires. Water extinguishers are made for wood and paper.
		Foam extinguishers are made for burning liquids. A carbon dioxide extinguisher is made for electrical equipment.
		Every extinguisher is inspected once a year. Pull the pin before you aim. Aim at the base of the fire. Keep a distance of 2 metres.`,
	'Escape routes': `An escape route is the shortest safe way out of a building. Escape routes are at least 1.2 metres wide.
		Doors on an escape route open outwards. Lifts are not used during a fire. The assembly point is the car park in the north.
		A warden counts everyone at the assembly point. Nobody returns to the building before the fire service allows it.`,
	'Alarms': `A fire alarm is raised by the red call points beside each exit. The alarm sounds within 3 seconds.
		The control room calls the fire service on 112. False alarms are reported to the warden on duty. Batteries of detectors are replaced every 10 years.`,
};

function expert() {
	const id = sql(`INSERT INTO subject_matter_experts (tenant_id, company_id, name, domain, status, created_by_user_id)
		VALUES ('${ACME}', '${COMPANY}', 'Warden', 'Fire safety', 'active', '${TEACHER}') RETURNING id`);
	for (const [topic, content] of Object.entries(CHUNKS))
		sql(`INSERT INTO sme_knowledge_chunks (tenant_id, sme_id, content, topic, keywords, relevance_score, lang)
			VALUES ('${ACME}', '${id}', '${content.replaceAll(/\s+/g, ' ')}', '${topic}', ARRAY['fire'], 0.8, 'en')`);
	return id;
}

// --- from sources to the approved outline ----------------------------------------------

async function drafted(site, form, mine, courseId, smeId) {
	const input = { courseId, smeIds: [smeId], desiredOutcome: 'Everyone gets out', additionalContext: 'Offices' };

	const { job } = await mine.generateCourseOutline({ input });
	is([job.type, job.status, job.courseTitle, job.maxRetries], [Type.COURSE_OUTLINE, Status.QUEUED, `Fire ${form}`, 3], `${form}: an outline is queued`);
	is(await failure(mine.generateCourseOutline({ input })), 'AlreadyExists', `${form}: once`);
	is((await mine.cancelJob({ jobId: job.id })).job.status, Status.CANCELLED, `${form}: cancelled`);
	is(await failure(mine.cancelJob({ jobId: job.id })), 'InvalidArgument', `${form}: which is final`);
	const again = (await mine.generateCourseOutline({ input })).job;
	await work(site);
	const done = (await mine.getJob({ jobId: again.id })).job;
	is([done.status, done.progressPercent, done.errorMessage], [Status.COMPLETED, 100, undefined], `${form}: drafted`);
	is((await mine.listJobs({ courseId, status: Status.COMPLETED })).jobs.map((j) => j.id), [again.id], `${form}: and listed`);
	const kept = (await mine.getGenerationInput({ courseId })).input;
	is([kept.smeIds, kept.targetAudienceIds, kept.desiredOutcome, kept.additionalContext], [[smeId], [], 'Everyone gets out', 'Offices'], `${form}: what it was drafted from`);
	return (await mine.getCourseOutline({ courseId })).outline;
}

async function approved(site, form, mine, courseId, smeId) {
	const first = await drafted(site, form, mine, courseId, smeId);

	is([first.version, first.approvalStatus], [1, Approval.PENDING_REVIEW], `${form}: an outline to review`);
	const rejected = (await mine.rejectCourseOutline({ courseId, outlineId: first.id, reason: 'Alarms first' })).outline;
	is([rejected.approvalStatus, rejected.rejectionReason, rejected.sections.length], [Approval.REJECTED, 'Alarms first', first.sections.length], `${form}: rejected, with its tree`);
	is(await failure(mine.updateCourseOutline({ courseId, outlineId: first.id, sections: [] })), 'PermissionDenied', `${form}: which ends it`);
	await mine.generateCourseOutline({ input: { courseId, smeIds: [smeId], desiredOutcome: 'Everyone gets out' } });
	await work(site);
	const second = (await mine.getCourseOutline({ courseId })).outline;
	is([second.version, (await mine.getCourseOutline({ courseId, version: 1 })).outline.id], [2, first.id], `${form}: the next version; the first stays`);

	const sections = structuredClone(second.sections).reverse();
	sections.forEach((s, i) => { s.order = i + 1; });
	sections[0].lessons[0].title = `Start here ${form}`;
	const edited = (await mine.updateCourseOutline({ courseId, outlineId: second.id, sections, revision: second.revision })).outline;
	is([edited.revision, edited.sections.map((s) => s.id), edited.sections[0].lessons[0].title],
		[2, sections.map((s) => s.id), `Start here ${form}`], `${form}: edited`);
	is(await failure(mine.updateCourseOutline({ courseId, outlineId: second.id, sections, revision: 1 })), 'Aborted', `${form}: from the newest state only`);
	const lessons = edited.sections.flatMap((s) => s.lessons);
	is([lessons.filter((l) => l.isLastInCourse).length, lessons.at(-1).isLastInCourse], [1, true], `${form}: one lesson is the last`);
	is(await failure(mine.generateAllLessons({ courseId })), 'PermissionDenied', `${form}: nothing is written before it is approved`);
	const { outline } = await mine.approveCourseOutline({ courseId, outlineId: second.id });
	is([outline.approvalStatus, outline.approvedByUserId, outline.sections.length], [Approval.APPROVED, TEACHER, sections.length], `${form}: approved`);
	return outline;
}

// --- from the outline to the course -----------------------------------------------------

async function written(site, form, mine, courseId, outline) {
	const planned = outline.sections.flatMap((s) => s.lessons.map((l) => l.id));

	const { job } = await mine.generateAllLessons({ courseId });
	is([job.type, job.status, job.childrenTotal], [Type.FULL_COURSE, Status.PROCESSING, planned.length], `${form}: a child for each lesson`);
	await work(site);
	const done = (await mine.getJob({ jobId: job.id })).job;
	is([done.status, done.childrenEnded, done.childrenFailed, done.errorMessage], [Status.COMPLETED, planned.length, 0, undefined], `${form}: all are written`);
	const { lessons, coverage } = await mine.listGeneratedLessons({ courseId });
	is(lessons.map((l) => l.outlineLessonId), planned, `${form}: listed in outline order`);
	is([coverage.chunksTotal, coverage.chunksUsed > 0], [3, true], `${form}: and what they stand on`);
	const one = (await mine.generateLessonContent({ courseId, outlineLessonId: planned[0] })).job;
	await work(site);
	is((await mine.getJob({ jobId: one.id })).job.lessonId, lessons[0].id, `${form}: written again, one lesson keeps its id`);
	return (await mine.getGeneratedLesson({ lessonId: lessons[0].id })).lesson;
}

async function refined(site, form, mine, courseId, lesson) {
	const { CourseService: courses } = clients(site.base, form, bearer(tokenOf('instructor@acme')));
	const lessonId = lesson.id;
	const text = lesson.components.find((c) => c.type === LessonComponentType.TEXT);
	const place = { courseId, lessonId, componentId: text.id };

	const { version } = await mine.finalizeCourse({ courseId });
	const { course } = await courses.getCourse({ id: courseId });
	is([course.version, course.status, course.content.sections.length > 0], [version, CourseStatus.GENERATED, true], `${form}: the course has the lessons`);
	const contentJson = JSON.stringify({ html: `<p>Mine ${form}</p>` });
	const { component } = await mine.updateLessonComponent({ ...place, contentJson, version: text.version });
	is([JSON.parse(component.contentJson), component.version], [{ html: `<p>Mine ${form}</p>`, plaintext: `Mine ${form}` }, text.version + 1], `${form}: a component is edited`);
	is(await failure(mine.updateLessonComponent({ ...place, contentJson, version: text.version })), 'Aborted', `${form}: from its newest state only`);
	const shown = (await courses.getCourse({ id: courseId })).course;
	const block = shown.content.sections.flatMap((s) => s.lessons.flatMap((l) => l.blocks)).find((b) => b.id === text.id);
	is([block?.content, shown.version], [`<p>Mine ${form}</p>`, version + 1], `${form}: and the course shows it`);
	const { job } = await mine.regenerateComponent({ ...place, modificationPrompt: 'Shorter' });
	is([job.type, job.componentId, job.lessonId], [Type.COMPONENT_REGEN, text.id, lessonId], `${form}: and asked for anew`);
	await work(site);
	const [after] = (await mine.listJobs({ courseId, type: Type.COMPONENT_REGEN })).jobs;
	ok([Status.COMPLETED, Status.FAILED].includes(after.status), `${form}: which ends (${Status[after.status]})`);
	is((await mine.getGeneratedLesson({ lessonId })).lesson.components.length, lesson.components.length, `${form}: in place`);
}

async function strangers(site, form, courseId) {
	const other = generating(site, form, 'owner@other'), reader = generating(site, form, 'sme@acme');

	is(await failure(other.getCourseOutline({ courseId })), 'NotFound', `${form}: no other tenant sees it`);
	is(await failure(reader.finalizeCourse({ courseId })), 'PermissionDenied', `${form}: reviewers make nothing`);
	is((await reader.listJobs({ courseId })).jobs, [], `${form}: and have no jobs`);
	is(await failure(reader.getJob({ jobId: randomUUID() })), 'NotFound', `${form}: nor one of any id`);
}

await main(async () => {
	const site = await startSite();
	try {
		for (const form of ['connect', 'connect-json', 'grpc-web']) {
			const mine = generating(site, form, 'instructor@acme');
			const { CourseService: courses } = clients(site.base, form, bearer(tokenOf('instructor@acme')));
			const { course } = await courses.createCourse({ settings: { title: `Fire ${form}` } });
			const outline = await approved(site, form, mine, course.id, expert());
			const lesson = await written(site, form, mine, course.id, outline);
			await refined(site, form, mine, course.id, lesson);
			await strangers(site, form, course.id);
			is(services.AIGenerationService.methods.map((m) => m.localName).filter((m) => !called.has(`${form} ${m}`)), [],
				`${form}: no method was left out`);
		}
	} finally {
		site.stop();
	}
});
