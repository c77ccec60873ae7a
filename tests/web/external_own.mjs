// identity.mode kratos with Mirai's own identity service behind it: the other
// programs know it by HTTP only, have no identity database, and must take it
// for a Kratos. The journeys are those of external.mjs.
import fs from 'node:fs';
import { launchBrowser } from './kit/browser.mjs';
import { byToken, calls, commands, foreignFlow, mirai, pages, rpc } from './kit/external.mjs';
import { is, main, ok, startSite } from './kit/site.mjs';
import { becomes } from './kit/wait.mjs';

const TOKEN = 'secret-of-the-administrators';

async function againstOwn(browser) {
	const how = 'own';
	const site = await startSite([`identity.kratos.admin_token ${TOKEN}`, 'identity.limits no',
		'identity.kratos.whoami_timeout 60', 'identity.kratos.timeout 60'],
		{ kratos: 'own', own: [`identity.admin.secrets ${TOKEN}`] });
	try {
		await becomes(async () => site.log('api').includes('kratos: '), true, `${how}: the start asks`);
		const token = await calls(site, how);
		await pages(browser, site, how);
		await foreignFlow(browser, site, how);
		await commands(site, how);
		const other = `${site.conf}.2`;
		fs.writeFileSync(other, fs.readFileSync(site.conf, 'utf8').replace(TOKEN, 'not-the-secret-of-anybody'), { mode: 0o600 });
		const r = await mirai({ conf: other }, ['user', 'list']);
		ok(r.status === 1 && r.text.includes('refused'), `${how}: the administrator's secret is needed`);
		is((await rpc(site, byToken(token))).status, 200, `${how}: still signed in`);
	} finally {
		site.stop();
	}
}

await main(async () => {
	const browser = await launchBrowser();
	try {
		await againstOwn(browser);
	} finally {
		await browser.close();
	}
});
