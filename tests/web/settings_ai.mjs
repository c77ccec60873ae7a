// AI settings in a real browser against a provider on loopback: a key is tested
// and then saved, with script and without; it is shown nowhere; what was used
// is drawn and told; three widths, light and dark.
import { is, main, ok, startSite } from './kit/site.mjs';
import { launch, open, picture, signIn } from './kit/account.mjs';
import { becomes, through } from './kit/wait.mjs';
import { Gemini } from '../ai/kit/gemini.mjs';
import { sql } from '../service/kit/account.mjs';

const TENANT = 'a0000000-0000-4000-8000-000000000000';
const KEY = 'tenant-secret-0123456789', WRONG = 'another-secret-0123456789';
const tab = (site) => `${site.base}/settings?tab=ai`;
const note = (page) => page.getByRole('status').filter({ hasText: /\w/ }).first();
const result = (page) => page.locator('[data-key-result] p');
const button = (page, name) => page.getByRole('button', { name, exact: true });
const hidden = async (page) => !(await page.content()).includes('-secret-');

async function enter(page, script, name) {
	await page.getByRole('link', { name }).click();
	if (script) await page.locator('dialog:modal').waitFor();
	await page.locator('#api_key').waitFor();
}

// --- a key ---------------------------------------------------------------------------

async function withScript(page, site, gemini) {
	await page.goto(tab(site));
	ok(await page.getByText('Not configured').isVisible(), 'no key: said so');
	is(await page.locator('.ai-facts dd').first().innerText(), 'Built in, without a model', 'and who writes now');
	ok(await page.getByText('Nothing used this month').isVisible(), 'nothing was used');
	await enter(page, true, 'Configure API Key');
	ok(await button(page, 'Save Key').isDisabled(), 'nothing is saved untested');
	await page.locator('#api_key').fill(WRONG);
	await button(page, 'Test Key').click();
	await result(page).waitFor();
	is(await result(page).innerText(), 'The AI provider rejected the key.', 'a wrong key: said in the dialog');
	ok(await button(page, 'Save Key').isDisabled(), 'and not to be saved');
	is(await page.locator('#api_key').inputValue(), WRONG, 'it stays as it was typed');
	await page.locator('#api_key').fill('short');
	await button(page, 'Test Key').click();
	await page.locator('#api_key-note:not(:empty)').waitFor();
	is(await page.locator('#api_key-note').innerText(), 'Must have 20 to 512 characters.', 'a key that is none: beside the field');
	await page.locator('#api_key').fill(KEY);
	is(await result(page).count(), 0, 'another key: what was said of the last one goes');
	await button(page, 'Test Key').click();
	await page.getByText('The key works.').waitFor();
	await page.locator('#api_key').press('End');
	await page.locator('#api_key').pressSequentially('x');
	ok(await button(page, 'Save Key').isDisabled(), 'changed after its test: to be tested anew');
	await page.locator('#api_key').press('Backspace');
	await page.locator('#api_key').press('Enter');
	await page.getByText('The key works.').waitFor();
	gemini.script('status:500');
	await through(button(page, 'Save Key'));
	await page.getByText('The provider does not answer').waitFor();
	is(await page.locator('#api_key').inputValue(), '', 'the provider is away while it is saved: not kept, and not sent back');
	ok(await hidden(page), 'the key is not in the page');
	await page.locator('#api_key').fill(KEY);
	await button(page, 'Test Key').click();
	await page.getByText('The key works.').waitFor();
	await through(button(page, 'Save Key'));
	await page.getByText('The key was tested and is saved.').waitFor();
	ok(await page.getByText('Configured', { exact: true }).isVisible(), 'saved, and said so');
	is(await page.locator('.ai-facts dd').first().innerText(), 'Google Gemini', 'who writes now');
	ok(await hidden(page), 'the key is shown to nobody');
}

async function remove(page) {
	await page.getByRole('link', { name: 'Remove Key' }).click();
	await page.getByRole('heading', { name: 'Remove the key?' }).waitFor();
	await page.getByRole('link', { name: 'Cancel' }).click();
	await page.getByRole('link', { name: 'Remove Key' }).click();
	await page.getByRole('heading', { name: 'Remove the key?' }).waitFor();
	await through(button(page, 'Remove Key'));
	await page.getByText('The key is removed.').waitFor();
	ok(await page.getByText('Not configured').isVisible(), 'removed after a question');
}

async function withoutScript(page, site) {
	await page.goto(tab(site));
	await enter(page, false, 'Configure API Key');
	await page.locator('#api_key').fill(WRONG);
	await page.locator('#model').fill('gemini-test');
	await button(page, 'Save Key').click();
	is(await result(page).innerText(), 'The AI provider rejected the key.', 'without script: a wrong key is not saved');
	is(await page.locator('#model').inputValue(), 'gemini-test', 'the rest of the form stays');
	ok(await hidden(page), 'but not the key');
	await page.locator('#api_key').fill(KEY);
	await button(page, 'Test Key').click();
	is(await result(page).innerText(), 'The key works.', 'without script: tested');
	is(sql('SELECT count(*) FROM tenant_ai_settings WHERE has_key'), '0', 'and not saved by that');
	await page.locator('#api_key').fill(KEY);
	await button(page, 'Save Key').click();
	is(await note(page).innerText(), 'The key was tested and is saved.', 'without script: saved');
	await remove(page);
	await page.getByRole('link', { name: 'Change Provider' }).click();
	await page.getByLabel('Provider', { exact: true }).selectOption('openai');
	await page.getByLabel('Address').fill('http://inside.example');
	await button(page, 'Save Provider').click();
	is(await page.locator('#base_url-error').innerText(), 'Must begin with https://.', 'an address that may not be');
	is(await page.getByLabel('Address').inputValue(), 'http://inside.example', 'stays as it was typed');
	await page.getByLabel('Address').fill('https://ai.example/v1');
	await button(page, 'Save Provider').click();
	is(await note(page).innerText(), 'The provider is saved.', 'a server of its own');
	ok(await page.getByText('No key needed').isVisible(), 'which needs no key');
	await page.getByRole('link', { name: 'Change Provider' }).click();
	await page.getByLabel('Provider', { exact: true }).selectOption('extractive');
	await button(page, 'Save Provider').click();
	is(await page.locator('h2#ai-title').innerText(), 'Built in, without a model', 'and none at all');
}

// --- use -----------------------------------------------------------------------------

const use = () => sql(`DELETE FROM ai_usage; INSERT INTO ai_usage (tenant_id, day, kind, tokens, jobs)
	SELECT '${TENANT}', date_trunc('month', now() AT TIME ZONE 'UTC')::date + n, k, t * (n + 1), n + 1
	FROM generate_series(0, extract(day FROM now() AT TIME ZONE 'UTC')::int - 1) n,
	(VALUES ('lesson_content', 900), ('course_outline', 300), ('enhance', 20)) x (k, t);
	UPDATE tenant_ai_settings SET total_tokens_used = 1250000, monthly_token_limit = 10000000`);

async function usage(page, site) {
	// All of it is of one day, even about midnight.
	const today = () => sql("SELECT (now() AT TIME ZONE 'UTC')::date");
	let day;
	do {
		day = today();
		use();
		await page.goto(tab(site));
	} while (day !== today());
	const days = Number(day.slice(8));
	is(await page.locator('.ai-chart rect.ai-bar').count(), days, 'a bar for each day with use');
	is(await page.locator('.ai-chart title').first().textContent(), '1 '
		+ `${sql(`SELECT to_char('${day}'::date, 'Mon')`)}: 1.2K tokens, 3 jobs`, 'which says what it stands for');
	ok(/^Most on \d+ \w+: [\d.]+K? tokens/.test(await page.locator('#ai-chart-text').innerText()), 'the chart in words');
	await page.getByText('Show as a table').click();
	is(await page.locator('.ai-table tbody tr').count(), days, 'and as a table');
	is(await page.locator('.ai-kind-name').allInnerTexts(), ['Lessons', 'Course outlines', 'Improved texts'], 'by type, most first');
	is((await page.locator('.ai-sums dd').allInnerTexts()).slice(1), ['10.00M', '1.25M'], 'the limit, and all time');
	sql('UPDATE tenant_ai_settings SET monthly_token_limit = 100');
	await page.reload();
	ok(await page.getByText('The limit of this month is reached').isVisible(), 'a limit that is reached');
	is(await page.locator('.ai-usage progress').getAttribute('value'), '100', 'fills its bar');
	sql('UPDATE tenant_ai_settings SET monthly_token_limit = 10000000');
}

async function looks(browser, site) {
	for (const colorScheme of ['light', 'dark']) {
		const { context, page } = await open(browser, { colorScheme, reducedMotion: 'reduce', bypassCSP: true });
		await signIn(page, site, 'owner');
		await page.goto(tab(site));
		await picture(page, 'settings-ai', colorScheme);
		await page.getByRole('link', { name: 'Configure API Key' }).or(page.getByRole('link', { name: 'Update Key' })).click();
		await page.locator('dialog:modal').waitFor();
		await picture(page, 'settings-ai-key', colorScheme);
		await context.close();
	}
}

async function others(browser, site) {
	const context = await browser.newContext({ javaScriptEnabled: false });
	const page = await context.newPage();
	await signIn(page, site, 'instructor');
	is((await page.goto(tab(site))).status(), 403, 'an instructor: not allowed');
	for (const at of ['key', 'provider', 'remove'])
		is((await page.goto(`${site.base}/settings/ai/${at}`)).status(), 403, `nor /settings/ai/${at}`);
	await context.close();
}

// The pool that keeps the settings is away: said, and nothing else breaks.
async function away(browser, site) {
	const context = await browser.newContext({ javaScriptEnabled: false });
	const page = await context.newPage();
	await signIn(page, site, 'owner');
	await site.end('account');
	is((await page.goto(tab(site))).status(), 200, 'the settings cannot be had: a page all the same');
	ok(await page.getByText('The AI settings cannot be shown at the moment.').isVisible(), 'which says so');
	await context.close();
}

await main(async () => {
	const gemini = new Gemini({ key: KEY });
	await gemini.listen();
	const site = await startSite([`ai.gemini.url ${gemini.base}`, 'ai.gemini.model gemini-test', 'accounts.limits no', 'identity.limits no']);
	const browser = await launch();
	try {
		const context = await browser.newContext();
		const page = await context.newPage();
		await signIn(page, site, 'owner');
		await withScript(page, site, gemini);
		await remove(page);
		await context.close();
		const plain = await browser.newContext({ javaScriptEnabled: false });
		const plainPage = await plain.newPage();
		await signIn(plainPage, site, 'owner');
		await withoutScript(plainPage, site);
		await usage(plainPage, site);
		await plain.close();
		await looks(browser, site);
		await others(browser, site);
		await away(browser, site);
		is(gemini.refused.filter((s) => !/API key not valid/.test(s)), [], 'all that was asked is what the provider takes');
	} finally {
		await browser.close();
		site.stop();
		await gemini.close();
	}
});
