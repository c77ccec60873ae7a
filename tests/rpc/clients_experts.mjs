// The official client calls every method of the services of experts and target
// audiences, in each form it speaks. What is counted at the end: none was left
// out.
import { Code, ConnectError } from '@connectrpc/connect';
import { bearer, clients, contracts, services } from './kit/clients.mjs';
import { is, main, ok, startSite, tokenOf } from '../web/kit/site.mjs';
import { sql } from '../service/kit/account.mjs';

const { ContentType, ExperienceLevel, SMEScope, SMEStatus, SMETaskStatus, TargetAudienceStatus } = contracts;
const THESE = ['SMEService', 'TargetAudienceService'];
const ELSEWHERE = ['getUploadURL', 'submitContent', 'listSubmissions', 'getSubmission', 'getSubmissionFile', 'approveSubmission',
	'requestSubmissionChanges', 'enhanceSubmissionContent', 'getKnowledge', 'searchKnowledge', 'updateKnowledgeChunk', 'deleteKnowledgeChunk'];
const SME = 'a2000000-0000-4000-8000-000000000003';
const called = new Set();

// Clients of one person that note what was called.
function noting(base, form, who) {
	const all = clients(base, form, bearer(tokenOf(who)));
	return Object.fromEntries(THESE.map((name) => [name, new Proxy(all[name], {
		get(client, method) {
			called.add(`${form} ${name}.${method}`);
			return client[method];
		} })]));
}

async function failure(promise) {
	try {
		await promise;
		return null;
	} catch (error) {
		return Code[ConnectError.from(error).code];
	}
}

async function audiences(site, form) {
	const mine = noting(site.base, form, 'instructor@acme').TargetAudienceService;

	const { template } = await mine.createTemplate({ name: `Hires ${form}`, role: 'Technician', learningGoals: ['One', ' ', 'Two'],
		experienceLevel: ExperienceLevel.ADVANCED, industryContext: 'Rail' });
	is([template.learningGoals, template.experienceLevel, template.industryContext, template.typicalBackground],
		[['One', 'Two'], ExperienceLevel.ADVANCED, 'Rail', undefined], `${form}: a profile, without what was blank`);
	is(await failure(mine.createTemplate({ name: 'x', role: 'x' })), 'InvalidArgument', `${form}: it has a goal`);
	const templateId = template.id;
	is((await mine.updateTemplate({ templateId, name: `New ${form}` })).template.learningGoals, ['One', 'Two'], `${form}: what is absent stays`);
	is((await mine.getTemplate({ templateId })).template.name, `New ${form}`, `${form}: read again`);
	is((await mine.archiveTemplate({ templateId })).template.status, TargetAudienceStatus.ARCHIVED, `${form}: archived`);
	ok(!(await mine.listTemplates({})).templates.some((t) => t.id === templateId), `${form}: and not listed`);
	ok((await mine.listTemplates({ includeArchived: true })).templates.some((t) => t.id === templateId), `${form}: unless asked for`);
	is((await mine.restoreTemplate({ templateId })).template.status, TargetAudienceStatus.ACTIVE, `${form}: restored`);
	await mine.deleteTemplate({ templateId });
	is((await mine.getTemplate({ templateId })).template.status, TargetAudienceStatus.ARCHIVED, `${form}: deleting is archiving`);
	const reader = noting(site.base, form, 'sme@acme').TargetAudienceService;
	is(await failure(reader.deleteTemplate({ templateId })), 'PermissionDenied', `${form}: for editors only`);
}

async function experts(site, form) {
	const mine = noting(site.base, form, 'instructor@acme').SMEService;

	const { sme } = await mine.createSME({ name: `Rail ${form}`, domain: 'Brakes' });
	is([sme.scope, sme.status, sme.teamIds, sme.knowledgeSummary], [SMEScope.SME_SCOPE_GLOBAL, SMEStatus.SME_STATUS_DRAFT, [], undefined], `${form}: an expert`);
	is(await failure(mine.createSME({ name: 'x', domain: 'x', scope: SMEScope.SME_SCOPE_TEAM })), 'InvalidArgument', `${form}: one for teams names them`);
	const smeId = sme.id;
	is((await mine.updateSME({ smeId, description: 'All of it' })).sme.description, 'All of it', `${form}: changed`);
	is((await mine.getSME({ smeId })).sme.name, `Rail ${form}`, `${form}: read again`);
	ok((await mine.listSMEs({ scope: SMEScope.SME_SCOPE_GLOBAL })).smes.some((s) => s.id === smeId), `${form}: listed`);
	await mine.deleteSME({ smeId });
	is((await mine.listSMEs({ status: SMEStatus.SME_STATUS_ARCHIVED })).smes.some((s) => s.id === smeId), true, `${form}: archived`);
	is((await mine.restoreSME({ smeId })).sme.status, SMEStatus.SME_STATUS_DRAFT, `${form}: restored`);
	return smeId;
}

async function tasks(site, form, smeId) {
	const mine = noting(site.base, form, 'instructor@acme').SMEService;
	const theirs = noting(site.base, form, 'sme@acme').SMEService;
	const dueDate = { seconds: 4070908800n, nanos: 0 }; // 2099

	const { task } = await mine.createTask({ smeId, title: 'Brakes', assignedToUserId: SME, dueDate, expectedContentType: ContentType.TEXT });
	is([task.status, Number(task.dueDate.seconds), task.teamId, task.completedAt], [SMETaskStatus.SME_TASK_STATUS_PENDING, 4070908800, undefined, undefined],
		`${form}: a task`);
	is(sql(`SELECT count(*) FROM mail_outbox WHERE kind = 'task_assigned' AND payload ->> 'link' LIKE '%${task.id}'`), '1', `${form}: with a mail`);
	const taskId = task.id;
	is((await theirs.listTasks({ smeId })).tasks.map((t) => t.id), [taskId], `${form}: whoever has it finds it`);
	is(await failure(theirs.cancelTask({ taskId })), 'PermissionDenied', `${form}: but does not end it`);
	is((await mine.updateTask({ taskId, title: 'Brakes, again', expectedContentType: ContentType.UNSPECIFIED })).task.expectedContentType,
		ContentType.UNSPECIFIED, `${form}: any content will do`);
	is((await theirs.getTask({ taskId })).task.title, 'Brakes, again', `${form}: read again`);
	is((await mine.cancelTask({ taskId })).task.status, SMETaskStatus.SME_TASK_STATUS_CANCELLED, `${form}: cancelled`);
	is(await failure(mine.cancelTask({ taskId })), 'InvalidArgument', `${form}: once`);
	await mine.deleteTask({ taskId });
	is(await failure(mine.getTask({ taskId })), 'NotFound', `${form}: deleted`);
}

function all(form) {
	const wanted = THESE.flatMap((name) => services[name].methods.map((m) => `${form} ${name}.${m.localName}`))
		.filter((m) => !ELSEWHERE.includes(m.split('.')[1]));
	is(wanted.filter((m) => !called.has(m)), [], `${form}: every method was called`);
}

await main(async () => {
	const site = await startSite();
	try {
		for (const form of ['connect', 'connect-json', 'grpc-web']) {
			await audiences(site, form);
			const smeId = await experts(site, form);
			await tasks(site, form, smeId);
			all(form);
		}
	} finally {
		site.stop();
	}
});
