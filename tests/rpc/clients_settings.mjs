// The official client calls every method of TenantSettingsService, and the one
// of SMEService that mirai-account answers, in each form it speaks, through the
// web server, with a Gemini on loopback.
import { Code, ConnectError } from '@connectrpc/connect';
import { bearer, clients, contracts, services } from './kit/clients.mjs';
import { is, main, ok, startSite, tokenOf } from '../web/kit/site.mjs';
import { sql } from '../service/kit/account.mjs';
import { Gemini } from '../ai/kit/gemini.mjs';

const { AIProvider, ContentType, EnhanceType } = contracts;
const KEY = 'tenant-secret-0123456789';
const EXPERT = 'a2000000-0000-4000-8000-000000000003';
const called = new Set();

// A client that notes what was called.
const noting = (base, form, who) => new Proxy(clients(base, form, bearer(tokenOf(who))).TenantSettingsService, {
	get(client, method) {
		called.add(`${form} ${method}`);
		return client[method];
	} });

async function failure(promise) {
	try {
		await promise;
		return null;
	} catch (error) {
		const e = ConnectError.from(error);
		return [Code[e.code], e.metadata.get('mirai-error-code')];
	}
}

async function settings(site, form) {
	const mine = noting(site.base, form, 'owner@acme');
	let { settings: s } = await mine.getAISettings({});
	is([s.provider, s.apiKeyConfigured, s.effectiveProvider, s.keysAccepted, s.updatedAt], [AIProvider.AI_PROVIDER_GEMINI, false, AIProvider.AI_PROVIDER_EXTRACTIVE, true,
		undefined], `${form}: before anything is chosen`);
	is(await failure(noting(site.base, form, 'instructor@acme').getAISettings({})), ['PermissionDenied', 'AUTH_FORBIDDEN'], `${form}: only administrators`);
	is((await mine.testAPIKey({ provider: AIProvider.AI_PROVIDER_GEMINI, apiKey: KEY })).valid, true, `${form}: a key is tried`);
	const bad = await mine.testAPIKey({ provider: AIProvider.AI_PROVIDER_GEMINI, apiKey: 'another-secret-0123456789' });
	is([bad.valid, bad.errorMessage], [false, 'The AI provider rejected the key.'], `${form}: and one that is none`);
	is(await failure(mine.setAPIKey({ apiKey: 'short' })), ['InvalidArgument', 'VALIDATION_INVALID_INPUT'], `${form}: a key that cannot be one`);
	({ settings: s } = await mine.setAPIKey({ provider: AIProvider.AI_PROVIDER_GEMINI, apiKey: KEY, model: 'gemini-test' }));
	is([s.apiKeyConfigured, s.model, s.effectiveProvider, s.updatedAt !== undefined], [true, 'gemini-test', AIProvider.AI_PROVIDER_GEMINI, true], `${form}: a key is set`);
	ok(!JSON.stringify(s, (k, v) => (typeof v === 'bigint' ? String(v) : v)).includes(KEY), `${form}: and not given back`);
	({ settings: s } = await mine.updateAISettings({ provider: AIProvider.AI_PROVIDER_GEMINI, model: '' }));
	is([s.apiKeyConfigured, s.model], [true, undefined], `${form}: the model of the installation again`);
}

async function enhance(site, form) {
	const { SMEService: sme } = clients(site.base, form, bearer(tokenOf('owner@acme')));
	const { sme: made } = await sme.createSME({ name: form, domain: 'D' });
	const { task } = await sme.createTask({ smeId: made.id, title: 'T', assignedToUserId: EXPERT });
	const { submission } = await sme.submitContent({ taskId: task.id, contentType: ContentType.TEXT, textContent: 'A pump moves water.' });
	const said = await sme.enhanceSubmissionContent({ submissionId: submission.id, enhanceType: EnhanceType.IMPROVE });
	ok(said.enhancedContent !== '' && said.originalContent === 'A pump moves water.', `${form}: a text is enhanced by another program than the rest`);
}

async function use(site, form) {
	const mine = noting(site.base, form, 'owner@acme');
	const u = await mine.getUsageStats({});
	is(u.usageByType.map((t) => [t.jobType, t.tokensUsed > 0n]).sort(), [['enhance', true], ['key_test', true]], `${form}: what it cost, by type`);
	is([u.usageByDay.length, u.totalTokensUsed === u.tokensThisMonth, u.monthlyLimit], [1, true, undefined], `${form}: by day, in all, without limit`);
	is((await mine.removeAPIKey({})).settings.apiKeyConfigured, false, `${form}: the key is removed`);
}

await main(async () => {
	const gemini = new Gemini({ key: KEY });
	await gemini.listen();
	const site = await startSite([`ai.gemini.url ${gemini.base}`, 'ai.gemini.model gemini-test', 'accounts.limits no', 'identity.limits no']);
	try {
		for (const form of ['connect', 'connect-json', 'grpc-web']) {
			sql('DELETE FROM tenant_ai_settings; DELETE FROM ai_usage');
			gemini.script('good',
				(m, q, res) => m.say(res, 'A pump moves water, said better.'));
			await settings(site, form);
			await enhance(site, form);
			await use(site, form);
			is(services.TenantSettingsService.methods.filter((m) => !called.has(`${form} ${m.localName}`)).map((m) => m.name), [],
				`${form}: no method was left out`);
		}
	} finally {
		site.stop();
		await gemini.close();
	}
});
