// The service set up by a Kratos configuration: its keys count, mirai.conf
// wins over them, unknown ones warn, and what is not implemented stops the
// start with file and key (spec identity.md S-3).
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { APP, AUTH, Browser, api, is, loginApi, main, node, ok, registerApi, request, sql,
	startService } from './kit/server.mjs';

const dir = process.env.TEST_DIR;
const YAML = `
version: v1.3.0
dsn: memory://ignored
dev: false
serve:
  public:
    base_url: ${AUTH}/
    cors:
      enabled: true
      allowed_origins: ["https://pages.mirai.example"]
      allow_credentials: true
  admin: {base_url: http://kratos:4434/}
selfservice:
  default_browser_return_url: ${APP}/start
  allowed_return_urls: [${APP}, "https://*.shop.example"]
  methods:
    password: {enabled: true, config: {haveibeenpwned_enabled: false}}
    code: {enabled: true}
    totp: {enabled: false}
    lookup_secret: {enabled: false}
  flows:
    error: {ui_url: ${APP}/oops}
    login:
      ui_url: ${APP}/enter
      lifespan: 1h30m
      after:
        default_browser_return_url: ${APP}/in
        password: {default_browser_return_url: ${APP}/by-password,
          hooks: [{hook: require_verified_address}]}
    registration:
      ui_url: ${APP}/join
      after:
        password: {hooks: [{hook: session}]}
    settings: {ui_url: ${APP}/me, privileged_session_max_age: 5m, required_aal: aal1}
session:
  lifespan: 2h
  cookie: {same_site: Strict, persistent: false}
  whoami: {required_aal: aal1}
secrets:
  default: [a-secret-of-the-yaml-file]
  cookie: [whatever-it-is]
hashers:
  algorithm: argon2
  argon2: {memory: 1MB, iterations: 3, parallelism: 1, salt_length: 16, key_length: 16}
identity:
  default_schema_id: staff
  schemas:
    - {id: staff, url: file://staff.json}
courier:
  smtp: {connection_uri: "smtp://127.0.0.1:1025/?disable_starttls=true", from_address: it@mirai.example}
`;

const STAFF = { title: 'Staff', type: 'object', properties: { traits: { type: 'object',
	properties: { email: { type: 'string', format: 'email', title: 'Work mail', 'ory.sh/kratos': {
		credentials: { password: { identifier: true } },
		verification: { via: 'email' }, recovery: { via: 'email' } } },
	badge: { type: 'integer', minimum: 1, title: 'Badge' } },
	required: ['email', 'badge'], additionalProperties: false } } };

let n = 0;
function write(text) {
	const file = path.join(dir, `kratos${n++}.yml`);
	fs.writeFileSync(file, text);
	return file;
}

// Starts nothing: what checking the configuration says.
function check(yaml, lines = []) {
	const conf = path.join(dir, `check${n++}.conf`);
	fs.writeFileSync(conf, [`identity.config ${write(yaml)}`, `url.app ${APP}`,
		'identity.argon2.memory 256K', ...lines, ''].join('\n'));
	const r = spawnSync(path.join(process.env.BUILD, 'bin/mirai-identity'), ['-n', '-f', conf],
		{ encoding: 'utf8', env: { ...process.env } });
	return { status: r.status, text: r.stderr };
}

async function works() {
	fs.writeFileSync(path.join(dir, 'staff.json'), JSON.stringify(STAFF));
	const svc = await startService([`identity.config ${write(YAML)}`], 4, 'mirai-identity', false,
		['identity.secrets', 'identity.argon2.memory', 'identity.argon2.passes', 'url.auth']);
	const b = new Browser(svc);
	let r = await b.get('/self-service/login/browser');
	ok(r.headers.location.startsWith(`${APP}/enter?flow=`), 'the page of the flow');
	const flow = (await api(svc, 'GET', '/self-service/login/api')).json;
	is((Date.parse(flow.expires_at) - Date.parse(flow.issued_at)) / 60000, 90, 'its life, in Go\'s form');
	r = await b.get('/self-service/login/browser?return_to=https://evil.example/');
	ok(r.headers.location.startsWith(`${APP}/oops?id=`), 'the page of errors');
	r = await b.get('/self-service/login/browser?return_to=https://a.shop.example/x');
	is(r.status, 303, 'an address of the allow-list');

	const { action, csrf } = await b.start('registration');
	const form = { csrf_token: csrf, method: 'password', password: 'Correct-Horse-7!',
		'traits.email': 'staff@acme.example', 'traits.badge': '0' };
	r = await b.post(action, form);
	ok(r.headers.location.startsWith(`${APP}/join?flow=`), 'the schema of the file refuses badge 0');
	r = await b.post(action, { ...form, 'traits.badge': '7' });
	is([r.status, r.headers.location], [303, `${APP}/start`], 'badge 7 is let in, to the default');
	const cookie = r.cookies.find((l) => l.startsWith('ory_kratos_session='));
	ok(/SameSite=Strict/i.test(cookie) && !/Max-Age/i.test(cookie), `the cookie as it was set: ${cookie}`);
	is(sql("SELECT schema_id, traits ->> 'badge' FROM identities WHERE traits ->> 'email' = 'staff@acme.example'"),
		'staff|7', 'stored under its schema, as a number');
	const hash = sql("SELECT config ->> 'hashed_password' FROM credentials ORDER BY created_at DESC LIMIT 1");
	ok(hash.includes('m=1024,t=3,p=1'), `hashed as set: ${hash.slice(0, 30)}`);

	const unproven = await loginApi(svc, 'staff@acme.example');
	is(unproven.status, 400, 'a hook of the file asks for a proven address');
	sql("UPDATE verifiable_addresses SET verified = true, status = 'completed' WHERE value = 'staff@acme.example'");
	const me = new Browser(svc);
	const login = await me.start('login');
	r = await me.post(login.action, { csrf_token: login.csrf, method: 'password',
		identifier: 'staff@acme.example', password: 'Correct-Horse-7!' });
	is(r.headers.location, `${APP}/by-password`, 'the address after this method');
	r = await me.get('/self-service/settings/browser');
	ok(r.headers.location.startsWith(`${APP}/me?flow=`), 'the page of settings');
	const settings = (await me.start('settings')).flow;
	const groups = new Set(settings.ui.nodes.map((x) => x.group));
	ok(!groups.has('totp') && !groups.has('lookup_secret'), 'methods that are off draw nothing');
	is(settings.ui.nodes.filter((x) => x.group === 'profile').map((x) => x.attributes.name),
		['traits.email', 'traits.badge', 'method'], 'the profile has the traits of the schema');
	const schemas = (await api(svc, 'GET', '/schemas')).json;
	is(schemas.map((s) => s.id), ['user', 'staff'], 'both schemas are told');
	r = await request(svc, 'GET', '/sessions/whoami', { origin: 'https://pages.mirai.example' });
	is(r.headers['access-control-allow-origin'], 'https://pages.mirai.example', 'its origins');
	r = await request(svc, 'GET', '/sessions/whoami', { origin: APP });
	is(r.headers['access-control-allow-origin'], undefined, 'and no others');
	r = await registerApi(svc, 'nobadge@acme.example');
	is(r.status, 400, 'the built-in traits do not do');
	const session = (await loginApi(svc, 'staff@acme.example')).json.session;
	is(Math.round((Date.parse(session.expires_at) - Date.parse(session.issued_at)) / 60000), 120,
		'the life of a session');
	r = await api(svc, 'GET', '/self-service/registration/api?identity_schema=user');
	is(r.json.ui.nodes.map((x) => x.attributes.name).includes('traits.name.first'), true,
		'another schema by the query');
	const late = new Browser(svc);
	const old = await late.start('registration', '?identity_schema=user');
	sql(`UPDATE flows SET expires_at = now() - interval '1 minute' WHERE id = '${old.flow.id}'`);
	r = await late.postJson(old.action, { csrf_token: old.csrf, method: 'password' });
	r = await late.getJson(`/self-service/registration/flows?id=${r.json.use_flow_id}`);
	is([r.json.identity_schema, node(r.json, 'traits.name.first') !== undefined], ['user', true],
		'which a form that expired keeps');
	is((await api(svc, 'GET', '/self-service/registration/api?identity_schema=x')).status, 400,
		'not one there is not');
}

function refusals() {
	const base = `serve: {public: {base_url: "${AUTH}"}}\nsecrets: {default: [a-secret-of-the-yaml-file]}\n`;
	is(check(base).status, 0, 'a small file will do');
	let r = check(`${base}surprise: {party: 1}\n`);
	ok(r.status === 0 && r.text.includes('surprise.party: not known, ignored'), 'unknown: a warning');
	r = check(`${base}session: {lifespan: 24h}\n`, ['session.lifespan 1h', 'session.lifespan 2x']);
	ok(r.status !== 0 && r.text.includes('session.lifespan'), 'our own file is still checked');
	for (const [yaml, say] of [
		['hashers: {algorithm: bcrypt}', 'hashers.algorithm: only argon2 is implemented'],
		['session: {cookie: {name: sid}}', 'session.cookie.name: only ory_kratos_session'],
		['session: {lifespan: soon}', 'session.lifespan: has another form'],
		['session: {lifespan: [1h]}', 'session.lifespan: must be one value'],
		['session: {lifespan: 1s}', 'session.lifespan: is out of range'],
		['selfservice: {methods: {oidc: {enabled: true, config: {providers: [{id: x}]}}}}', 'mirai-oidc(5)'],
		['selfservice: {methods: {password: {config: {haveibeenpwned_enabled: true}}}}', 'identity.breach'],
		['selfservice: {methods: {password: {config: {min_password_length: 12}}}}', 'only 8 is'],
		['selfservice: {flows: {login: {after: {hooks: [{hook: web_hook}]}}}}', 'web_hook: see mirai-hooks(5)'],
		['selfservice: {flows: {login: {before: {hooks: [{hook: session}]}}}}', 'session: see mirai-hooks(5)'],
		['session: {whoami: {tokenizer: {templates: {a: 1}}}}', 'there are no tokenizers'],
		['oauth2_provider: {url: http://hydra:4445}', 'there is no OAuth2 provider'],
		['identity: {schemas: [{id: a, url: "http://x/y.json"}]}', 'file://'],
		['identity: {schemas: [{id: a, url: "file:///nowhere.json"}]}', '/nowhere.json'],
		['courier: {channels: []}', 'courier.channels'],
		['cookies: {same_site: Sometimes}', 'cookie.same_site'],
		['selfservice: {default_browser_return_url: "javascript:alert(1)"}', 'default_browser_return_url'],
		['a: &x 1\nb: *x', 'anchors'],
	]) {
		r = check(`${base}${yaml}\n`);
		ok(r.status !== 0 && r.text.includes(say), `${yaml.slice(0, 60)} => ${r.text.trim().split('\n').pop()}`);
	}
	r = check(`${base}`.replace('a-secret-of-the-yaml-file', 'a secret, with blanks'));
	ok(r.status !== 0 && !r.text.includes('blanks'), 'a secret that does not fit is not printed');
	r = check('serve: [');
	ok(r.status !== 0 && /kratos\d+\.yml: line \d+/.test(r.text), 'a broken file: its line');
	ok(check(base, ['identity.config /nowhere.yml']).text.includes('/nowhere.yml'), 'no file');
}

main(async () => {
	refusals();
	await works();
});
