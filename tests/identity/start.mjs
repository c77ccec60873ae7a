// What stops the start, each with the name of its setting (rules S-3, S-4,
// S-5, K-3), and a service under a path of its host (S-2).
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { APP, AUTH, Browser, PASSWORD, csrfOf, is, main, ok, request, startService } from './kit/server.mjs';

const dir = process.env.TEST_DIR;
const SECRET = 'identity.secrets 0123456789abcdef0123456789abcdef';
const USER = { type: 'object', properties: { traits: { type: 'object', properties: {
	email: { type: 'string', format: 'email', 'ory.sh/kratos': { credentials: { password: { identifier: true } } } },
} } } };

let n = 0;
function write(name, text) {
	const file = path.join(dir, `${n++}${name}`);
	fs.writeFileSync(file, text);
	return file;
}

// Starts nothing: what checking the configuration says.
function check(lines) {
	const has = (key) => lines.some((l) => l.startsWith(`${key} `));
	const base = [SECRET, `url.auth ${AUTH}`, `url.app ${APP}`].filter((l) => !has(l.split(' ')[0]));
	const r = spawnSync(path.join(process.env.BUILD, 'bin/mirai-identity'),
		['-n', '-f', write('.conf', [...base, ...lines, ''].join('\n'))], { encoding: 'utf8' });
	return { status: r.status, text: r.stderr };
}

function refused(lines, say, what) {
	const r = check(lines);
	ok(r.status === 1 && r.text.includes(say), `${what}: ${r.text.trim().split('\n').pop()}`);
}

function settings() {
	is(check([]), { status: 0, text: '' }, 'a good configuration says nothing');
	refused(['identity.secrets short'], 'identity.secrets: shorter than 16 bytes', 'S-4: a short secret');
	refused(['identity.secrets 0123456789abcdef, short'], 'identity.secrets: shorter', 'S-4: a short second one');
	refused(['identity.secrets change-me-change-me'], 'identity.secrets: the example\'s value', 'S-4: the example');
	const dev = check(['identity.secrets change-me-change-me', 'cookie.secure no']);
	is([dev.status, dev.text.trim().split('\n').length, dev.text.includes('cookie.secure is off')],
		[0, 1, true], 'S-5: developing, it will do, with one line of warning');
	refused(['cookie.same_site none', 'cookie.secure no'], 'cookie.same_site: none needs cookie.secure',
		'K-3: none without Secure');
	is(check(['cookie.same_site none']).status, 0, 'K-3: with it');
	for (const domain of ['mirai.other', 'x.auth.mirai.example', 'ai.example', 'uth.mirai.example'])
		refused([`cookie.domain ${domain}`], 'cookie.domain: does not cover url.auth', `K-3: ${domain}`);
	for (const domain of ['mirai.example', '.mirai.example', 'auth.mirai.example'])
		is(check([`cookie.domain ${domain}`]).status, 0, `K-3: ${domain} covers it`);
}

// A word that would be ignored must not look as if it counted.
function schemas() {
	const load = (schema) => ['identity.schemas people=' + write('.json', JSON.stringify(schema)),
		'identity.default_schema people'];
	const email = USER.properties.traits.properties.email;
	const withEmail = (more) => load({ ...USER, properties: { traits: { ...USER.properties.traits,
		properties: { email: { ...email, ...more } } } } });
	is(check(load(USER)).status, 0, 'a schema');
	for (const [word, value] of [['oneOf', [{ type: 'string' }]], ['if', { const: 'a' }], ['uniqueItems', true],
		['multipleOf', 2], ['contentEncoding', 'base64'], ['surprise', 1]])
		refused(withEmail({ [word]: value }), word, `a schema's ${word}`);
	refused(withEmail({ pattern: '[' }), 'pattern', 'a pattern that is none');
	for (const [word, value] of [['type', 'text'], ['type', ['string', 'null']], ['minLength', '3'],
		['required', true], ['enum', 'a'], ['title', 1]])
		refused(withEmail({ [word]: value }), word, `a schema's ${word} ${JSON.stringify(value)}`);
	refused(load({ ...USER, additionalProperties: { type: 'string' } }), 'additionalProperties',
		'a schema of what is not named');
}

// A proxy in front takes the path away before requests arrive here.
async function underPath() {
	const BASE = 'https://app.mirai.example/api/kratos';
	const svc = await startService([`url.auth ${BASE}`]);
	const b = new Browser(svc);
	const own = (url) => url.slice(BASE.length);
	let r = await b.getJson('/self-service/registration/browser');
	ok(r.json.ui.action.startsWith(`${BASE}/self-service/registration?flow=`), 'S-2: forms go where the service is');
	ok(r.json.request_url.startsWith(`${BASE}/self-service/registration/browser`), 'S-2: as the request did');
	r = await b.postJson(own(r.json.ui.action), { method: 'password', password: PASSWORD, csrf_token: csrfOf(r.json),
		traits: { email: 'pia@acme.example', name: { first: 'Pia', last: 'Ost' } } });
	ok(r.cookies.every((c) => c.includes('; Path=/;')), 'S-2: cookies for the whole host');
	is([r.status, r.json.identity.schema_url.startsWith(`${BASE}/schemas/`)], [200, true], 'S-2: schemas, too');
	r = await b.getJson('/self-service/logout/browser');
	ok(r.json.logout_url.startsWith(`${BASE}/self-service/logout?token=`), 'S-2: and the way out');
	r = await request(svc, 'GET', '/self-service/settings/browser');
	is(r.headers.location, `${BASE}/self-service/login/browser?return_to=`
		+ encodeURIComponent(`${BASE}/self-service/settings/browser`), 'S-2: one way leads to another');
	r = await new Browser(svc).getJson(own(r.headers.location));
	is([r.status, r.json.return_to], [200, `${BASE}/self-service/settings/browser`], 'R-2: own paths are allowed');
	r = await new Browser(svc).getJson('/self-service/login/browser?return_to='
		+ encodeURIComponent('https://app.mirai.example.evil/api/kratos/self-service/x'));
	is(r.status, 400, 'R-2: and nobody else\'s');
}

await main(async () => {
	settings();
	schemas();
	await underPath();
});
