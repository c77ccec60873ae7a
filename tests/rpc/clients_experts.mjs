// The official client calls every method of the services of experts and target
// audiences, in each form it speaks. What is counted at the end: none was left
// out.
import { Code, ConnectError } from '@connectrpc/connect';
import { bearer, clients, contracts, services } from './kit/clients.mjs';
import { is, main, ok, startSite, tokenOf } from '../web/kit/site.mjs';
import { sql } from '../service/kit/account.mjs';

const { ContentType, EnhanceType, ExperienceLevel, SMEScope, SMEStatus, SMETaskStatus, TargetAudienceStatus } = contracts;
const THESE = ['SMEService', 'TargetAudienceService'];
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

// A file and a text, from the task to knowledge that is found.
async function content(site, form, smeId) {
	const mine = noting(site.base, form, 'instructor@acme').SMEService;
	const theirs = noting(site.base, form, 'sme@acme').SMEService;
	const bytes = Buffer.from('# Brakes\n\nIron blocks wear.\n');

	const { task } = await mine.createTask({ smeId, title: 'Blocks', assignedToUserId: SME });
	const file = { taskId: task.id, fileName: 'blocks.md', contentType: ContentType.DOCUMENT, fileSizeBytes: BigInt(bytes.length) };
	const upload = await theirs.getUploadURL(file);
	is((await fetch(upload.uploadUrl, { method: 'PUT', headers: { 'content-type': upload.mediaType }, body: bytes })).ok, true, `${form}: a file goes to storage`);
	const { submission } = await theirs.submitContent({ ...file, filePath: upload.filePath });
	is([submission.fileName, submission.isApproved, submission.extractedText], ['blocks.md', false, undefined], `${form}: and is handed in`);
	const submissionId = submission.id;
	const download = await mine.getSubmissionFile({ submissionId });
	is(await (await fetch(download.downloadUrl)).text(), bytes.toString(), `${form}: it can be had`);
	is((await mine.requestSubmissionChanges({ submissionId, feedback: 'As a text' })).submission.reviewerNotes, 'As a text', `${form}: sent back`);
	const text = (await theirs.submitContent({ taskId: task.id, contentType: ContentType.TEXT, textContent: 'Iron blocks wear.' })).submission;
	is((await mine.listSubmissions({ taskId: task.id })).submissions.map((b) => b.id), [text.id, submissionId], `${form}: the newest first`);
	const { enhancedContent } = await mine.enhanceSubmissionContent({ submissionId: text.id, enhanceType: EnhanceType.IMPROVE });
	is(enhancedContent.trim(), 'Iron blocks wear.', `${form}: a proposal`);
	is(await failure(theirs.approveSubmission({ submissionId: text.id, approvedContent: 'x' })), 'PermissionDenied', `${form}: nobody approves their own`);
	const approved = await mine.approveSubmission({ submissionId: text.id, approvedContent: `Iron blocks ${form.replace('-', '')} wear.` });
	is([approved.submission.isApproved, approved.createdChunks.length], [true, 1], `${form}: approved`);
	is((await mine.getSubmission({ submissionId: text.id })).submission.approvedByUserId, task.assignedByUserId, `${form}: by whom`);
	const chunkId = approved.createdChunks[0].id;
	is((await theirs.searchKnowledge({ query: `block "${form.replace('-', '')} wear"` })).chunks.map((k) => k.id), [chunkId], `${form}: found`);
	is((await mine.updateKnowledgeChunk({ chunkId, content: 'Steel', keywords: ['steel'] })).chunk.keywords, ['steel'], `${form}: corrected`);
	is((await theirs.getKnowledge({ smeId })).chunks.map((k) => k.content), ['Steel'], `${form}: read`);
	await mine.deleteKnowledgeChunk({ chunkId });
	is((await mine.getKnowledge({ smeId })).sme.chunkCount, 0, `${form}: and gone`);
}

function all(form) {
	const wanted = THESE.flatMap((name) => services[name].methods.map((m) => `${form} ${name}.${m.localName}`));
	is(wanted.filter((m) => !called.has(m)), [], `${form}: every method was called`);
}

await main(async () => {
	const site = await startSite();
	try {
		for (const form of ['connect', 'connect-json', 'grpc-web']) {
			await audiences(site, form);
			const smeId = await experts(site, form);
			await tasks(site, form, smeId);
			await content(site, form, smeId);
			all(form);
		}
	} finally {
		site.stop();
	}
});
