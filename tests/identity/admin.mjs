// The official client's administrator calls, unmodified, against the real
// program behind its own lighttpd; and that no public host knows them.
import { execFileSync } from 'node:child_process';
import crypto from 'node:crypto';
import { Configuration, CourierApi, IdentityApi } from '@ory/client';
import { Key, UP, UV, get } from './kit/authenticator.mjs';
import { ADMIN_SECRET, APP, AUTH, Browser, PASSWORD, actionOf, api, csrfOf, is, loginApi, main, node, ok, registerApi, request, sql, startAdmin,
	startService } from './kit/server.mjs';

const NOBODY = '00000000-0000-4000-8000-000000000000';
const BEARER = { authorization: `Bearer ${ADMIN_SECRET}` };

function client(svc, Api, headers = { Authorization: `Bearer ${ADMIN_SECRET}` }) {
	return new Api(new Configuration({ basePath: 'http://admin.mirai.example',
		baseOptions: { socketPath: svc.socketPath, proxy: false, maxRedirects: 0,
			validateStatus: () => true, headers } }));
}

function person(email, more = {}) {
	return { schema_id: 'user', traits: { email, name: { first: 'Petra', last: 'Vogel' } }, ...more };
}

function withPassword(email, config, more = {}) {
	return person(email, { credentials: { password: { config } }, ...more });
}

function adminCall(svc, method, target, value) {
	return api(svc, method, target, value, BEARER);
}

const sessionOf = (svc, token) => api(svc, 'GET', '/sessions/whoami', undefined,
	{ 'x-session-token': token });

async function create(svc, pub) {
	const ory = client(svc, IdentityApi);
	let r = await ory.createIdentity({ createIdentityBody: withPassword('Ann+x@Acme.example',
		{ password: 'abc' }, { metadata_admin: { crm: 1 }, metadata_public: ['p'],
			external_id: 'crm/1', state: 'active' }) });
	is([r.status, r.data.traits.email, r.data.metadata_admin, r.data.metadata_public,
		r.data.external_id], [201, 'ann+x@acme.example', { crm: 1 }, ['p'], 'crm/1'], 'made');
	const ann = r.data.id;
	is(r.headers.location, `/admin/identities/${ann}`, 'with its address');
	is([Object.keys(r.data.credentials), r.data.credentials.password.identifiers,
		r.data.credentials.password.config],
	[['password'], ['ann+x@acme.example'], undefined], 'its credential without content');
	is((await loginApi(pub, 'ann+x@acme.example', 'abc')).status, 200,
		'signs in with a password no policy would take');

	r = await ory.createIdentity({ createIdentityBody: person('ann+x@acme.example') });
	is([r.status, r.data.error.code, r.data.error.status], [409, 409, 'Conflict'], 'taken');
	r = await ory.createIdentity({ createIdentityBody: person('b@acme.example',
		{ external_id: 'crm/1' }) });
	is(r.status, 409, 'so is an external id');
	is((await ory.createIdentity({ createIdentityBody: person('b@acme.example',
		{ surprise: 1 }) })).status, 400, 'unknown members are refused');

	is((await ory.getIdentity({ id: ann, includeCredential: ['password'] }))
		.data.credentials.password.config, undefined, 'a hash is never shown');
	is((await ory.getIdentity({ id: NOBODY })).status, 404, 'not found');
	is((await ory.getIdentityByExternalID({ externalID: 'crm/1' })).data.id, ann,
		'found by its external id');
	is((await ory.getIdentityByExternalID({ externalID: 'crm/2' })).status, 404, 'or not');

	r = await ory.listIdentities({ credentialsIdentifier: 'ANN+x@acme.example' });
	is(r.data.map((i) => i.id), [ann], 'found by identifier, the plus sign encoded');
	r = await request(svc, 'GET', '/admin/identities?credentials_identifier=ann+x@acme.example',
		BEARER);
	is(r.json, [], 'a bare plus sign is a blank');
	is((await ory.listIdentities({ credentialsIdentifier: 'nobody@acme.example' })).data, [],
		'or not');
	is((await ory.listIdentities({ ids: [ann, NOBODY] })).data.map((i) => i.id), [ann], 'by ids');
	return ann;
}

async function update(svc, pub, ann) {
	const ory = client(svc, IdentityApi);
	const login = await loginApi(pub, 'ann+x@acme.example', 'abc');
	let r = await ory.updateIdentity({ id: ann, updateIdentityBody: { ...person('ann@acme.example'),
		state: 'active', metadata_public: { a: 1 } } });
	is([r.status, r.data.traits.email, r.data.metadata_public, r.data.metadata_admin,
		r.data.external_id], [200, 'ann@acme.example', { a: 1 }, null, undefined], 'replaced');
	is(r.data.credentials.password.identifiers, ['ann@acme.example'], 'the identifier follows');
	is(r.data.verifiable_addresses.map((v) => [v.value, v.verified]), [['ann@acme.example', false]],
		'and the address');
	is(r.data.recovery_addresses.map((v) => v.value), ['ann@acme.example'], 'both of them');
	is((await loginApi(pub, 'ann@acme.example', 'abc')).status, 200, 'the password stays');
	is((await loginApi(pub, 'ann+x@acme.example', 'abc')).status, 400, 'the old address is gone');
	is((await sessionOf(pub, login.json.session_token)).status, 200, 'sessions stay');

	r = await ory.updateIdentity({ id: ann, updateIdentityBody: { ...withPassword('ann@acme.example',
		{ password: PASSWORD }), state: 'active' } });
	is(r.status, 200, 'a new password');
	is((await loginApi(pub, 'ann@acme.example', PASSWORD)).status, 200, 'is good');
	is((await loginApi(pub, 'ann@acme.example', 'abc')).status, 400, 'the old one is not');
	is((await sessionOf(pub, login.json.session_token)).status, 401, 'and ends sessions');
	is((await ory.updateIdentity({ id: NOBODY, updateIdentityBody: { ...person('x@acme.example'),
		state: 'active' } })).status, 404, 'nobody to replace');
	is((await adminCall(svc, 'PUT', `/admin/identities/${ann}`, person('ann@acme.example'))).json
		.error.reason, 'state: must be given', 'the state must be given');
	await ory.createIdentity({ createIdentityBody: person('taken@acme.example') });
	is((await ory.updateIdentity({ id: ann, updateIdentityBody: { ...person('taken@acme.example'),
		state: 'active' } })).status, 409, 'an address of somebody else');
	is((await ory.getIdentity({ id: ann })).data.traits.email, 'ann@acme.example',
		'nothing was changed');
}

async function patch(svc, pub, ann) {
	const ory = client(svc, IdentityApi);
	const apply = (...jsonPatch) => ory.patchIdentity({ id: ann, jsonPatch });
	const token = sql(`INSERT INTO sessions (identity_id, token_hash, expires_at) SELECT '${ann}',
		sha256('ory_st_${'a'.repeat(32)}'), now() + interval '1 hour' RETURNING 'ory_st_${'a'.repeat(32)}'`);
	const names = async () => [...new Set((await Promise.all(Array.from({ length: 12 }, () => sessionOf(pub, token))))
		.map((s) => s.json.identity?.traits.name.first))];
	const before = await names();
	let r = await apply({ op: 'replace', path: '/traits/name/first', value: 'Anna' },
		{ op: 'add', path: '/metadata_admin', value: { tags: ['x'] } },
		{ op: 'add', path: '/metadata_admin/tags/-', value: 'y' },
		{ op: 'replace', path: '/verifiable_addresses/0/verified', value: true });
	is([r.status, r.data.traits.name.first, r.data.metadata_admin, r.data.metadata_public],
		[200, 'Anna', { tags: ['x', 'y'] }, null], 'patched');
	is([before.length, before[0] === 'Anna', await names()], [1, false, ['Anna']],
		'and whoever remembered the session is told');
	is(r.data.verifiable_addresses.map((v) => [v.verified, v.status]), [[true, 'completed']],
		'an address is verified');
	r = await apply({ op: 'replace', path: '/traits/email', value: 'ANN2@acme.example' });
	is([r.data.traits.email, r.data.verifiable_addresses[0].verified],
		['ann2@acme.example', false], 'a new one is not');
	r = await apply({ op: 'replace', path: '/traits/email', value: 'ann@acme.example' });
	is(r.status, 200, 'and back');
	for (const [what, ...ops] of [
		['id', { op: 'replace', path: '/id', value: NOBODY }],
		['credentials', { op: 'remove', path: '/credentials/password' }],
		['a copy of credentials', { op: 'copy', from: '/credentials', path: '/metadata_admin' }],
		['stateChangedAt', { op: 'replace', path: '/stateChangedAt', value: 'x' }],
		['created_at', { op: 'remove', path: '/created_at' }],
		['an unknown member', { op: 'add', path: '/role', value: 'x' }],
		['a trait that breaks the schema', { op: 'remove', path: '/traits/email' }],
		['a state that is none', { op: 'replace', path: '/state', value: 'x' }],
		['what is not there', { op: 'remove', path: '/metadata_admin/none' }],
		['the whole', { op: 'replace', path: '', value: null }],
		['a failed test', { op: 'test', path: '/state', value: 'inactive' }],
	]) {
		r = await apply({ op: 'replace', path: '/traits/name/last', value: 'Half' }, ...ops);
		ok(r.status === 400 && r.data.error.reason !== '', `refused: ${what}`);
	}
	r = await ory.getIdentity({ id: ann });
	is(r.data.traits.name.last, 'Vogel', 'and nothing of it was done');
	is((await ory.patchIdentity({ id: NOBODY, jsonPatch: [] })).status, 404, 'nobody to patch');
	is((await adminCall(svc, 'PATCH', `/admin/identities/${ann}`, {})).status, 400, 'not a list');

	const login = await loginApi(pub, 'ann@acme.example');
	r = await apply({ op: 'replace', path: '/state', value: 'inactive' });
	is(r.data.state, 'inactive', 'switched off');
	is((await sessionOf(pub, login.json.session_token)).status, 401, 'its sessions end');
	is((await loginApi(pub, 'ann@acme.example')).json.error.id, 'identity_disabled', 'no new one');
	r = await apply({ op: 'replace', path: '/state', value: 'active' });
	is((await loginApi(pub, 'ann@acme.example')).status, 200, 'switched on');
}

async function bulk(svc, pub) {
	const ory = client(svc, IdentityApi);
	const id = (n) => `11111111-1111-4111-8111-11111111111${n}`;
	let r = await ory.batchPatchIdentities({ patchIdentitiesBody: { identities: [
		{ create: withPassword('bulk1@acme.example', { password: 'abc' }), patch_id: id(1) },
		{ create: person('ann@acme.example'), patch_id: id(2) },
		{ create: person('no address'), patch_id: id(3) },
		{ create: person('bulk4@acme.example') },
		{ patch_id: id(5) },
	] } });
	is([r.status, r.data.identities.map((i) => [i.action, i.patch_id ?? null, i.error?.code ?? 0])],
		[200, [['create', id(1), 0], ['error', id(2), 409], ['error', id(3), 400],
			['create', null, 0], ['error', id(5), 400]]], 'each has its result');
	is((await ory.getIdentity({ id: r.data.identities[0].identity })).data.traits.email,
		'bulk1@acme.example', 'and those made are there');
	is((await loginApi(pub, 'bulk1@acme.example', 'abc')).status, 200, 'and sign in');
	const many = (n, make) => ({ identities: Array.from({ length: n }, (_, i) => ({ create: make(i) })) });
	is((await adminCall(svc, 'PATCH', '/admin/identities', many(1001, (i) => person(`m${i}@x.example`))))
		.json.error.reason, 'identities: more than 1000', 'a thousand at most');
	is((await adminCall(svc, 'PATCH', '/admin/identities',
		many(201, (i) => withPassword(`m${i}@x.example`, { password: 'x' })))).json.error.reason,
	'identities: more than 200 with a password in clear', 'two hundred in clear');
	r = await adminCall(svc, 'PATCH', '/admin/identities', many(300, (i) => person(`m${i}@x.example`)));
	is(r.json.identities.filter((i) => i.action === 'create').length, 300, 'three hundred');
}

// Follows the links to the end; every id once.
async function pages(svc, start) {
	const ids = [];
	let next = start;
	let n = 0;
	while (next && n++ < 50) {
		const r = await request(svc, 'GET', next, BEARER);
		if (r.status !== 200)
			throw new Error(`${next}: ${r.text}`);
		ids.push(...r.json.map((i) => i.id));
		next = /<([^>]*)>; rel="next"/.exec(r.headers.link)?.[1];
	}
	return { ids, n };
}

async function paging(svc) {
	const all = await pages(svc, '/admin/identities?page_size=100');
	ok(all.ids.length > 300 && new Set(all.ids).size === all.ids.length,
		`${all.ids.length} identities in ${all.n} pages, none twice`);
	const ory = client(svc, IdentityApi);
	const r = await ory.listIdentities({ pageSize: 2 });
	ok(r.data.length === 2 && /rel="first"/.test(r.headers.link) &&
		/rel="next"/.test(r.headers.link), 'two of them, with links');
	const organization = '22222222-2222-4222-8222-222222222222';
	for (let i = 0; i < 3; i++)
		await ory.createIdentity({ createIdentityBody: person(`org${i}@acme.example`,
			{ organization_id: organization }) });
	const some = await pages(svc, `/admin/identities?organization_id=${organization}&page_size=1`);
	is(some.ids.length, 3, 'a filter stays in the links');
	is((await adminCall(svc, 'GET', '/admin/identities?page_size=1001')).status, 400,
		'at most a thousand');
}

async function sessions(svc, pub, ann) {
	const ory = client(svc, IdentityApi);
	await ory.deleteIdentitySessions({ id: ann });
	const tokens = [];
	for (let i = 0; i < 3; i++)
		tokens.push((await loginApi(pub, 'ann@acme.example')).json.session_token);
	let r = await ory.listIdentitySessions({ id: ann, active: true });
	is([r.status, r.data.length, r.data[0].identity.id, r.data[0].devices.length],
		[200, 3, ann, 1], 'sessions of one');
	const r2 = await adminCall(svc, 'GET', `/admin/identities/${ann}/sessions?page=2&per_page=2`);
	is([r2.json.length, r2.headers['x-total-count']], [1, '3'], 'by page number too');
	const [first, second] = r.data;
	is(first.issued_at >= second.issued_at, true, 'newest first');
	is((await ory.listIdentitySessions({ id: NOBODY })).status, 404, 'of nobody');

	r = await ory.getSession({ id: first.id });
	is([r.status, r.data.id, r.data.identity, r.data.devices], [200, first.id, undefined, undefined],
		'one');
	r = await ory.getSession({ id: first.id, expand: ['identity', 'devices'] });
	is([r.data.identity.id, r.data.devices.length], [ann, 1], 'expanded');
	is((await adminCall(svc, 'GET', `/admin/sessions/${first.id}?expand=secrets`)).status, 400,
		'not into anything');
	is((await ory.getSession({ id: NOBODY })).status, 404, 'none');
	r = await ory.listSessions({ active: true, expand: ['identity'] });
	is(r.data.filter((s) => s.identity.id === ann).length, 3, 'all of them');
	const all = await pages(svc, '/admin/sessions?page_size=2');
	ok(all.ids.length > 3 && new Set(all.ids).size === all.ids.length, 'in pages, none twice');

	r = await ory.extendSession({ id: first.id });
	ok(r.status === 200 && r.data.expires_at > first.expires_at, 'extended');
	is((await ory.extendSession({ id: NOBODY })).status, 404, 'none to extend');

	is((await ory.disableSession({ id: first.id })).status, 204, 'ended');
	is((await ory.extendSession({ id: first.id })).status, 404, 'not extended after that');
	const dead = await Promise.all(tokens.map(async (t) => (await sessionOf(pub, t)).status));
	is(dead.sort(), [200, 200, 401], 'that one alone');
	is((await ory.disableSession({ id: NOBODY })).status, 404, 'none to end');

	r = await adminCall(svc, 'POST', '/admin/sessions', { action: 'disable', sessions: [second.id, NOBODY] });
	is([r.status, r.json], [200, { processed: 1, more: false }], 'by action');
	r = await adminCall(svc, 'POST', '/admin/sessions', { action: 'delete', identities: [ann] });
	is([r.status, r.json], [200, { processed: 3, more: false }], 'deleted by identity');
	is((await ory.listIdentitySessions({ id: ann })).data, [], 'none is left');
	for (const body of [{ action: 'explode', sessions: [NOBODY] }, { action: 'disable' },
		{ action: 'disable', sessions: [] }, { action: 'disable', sessions: ['x'] },
		{ action: 'disable', sessions: [7] }, { action: 'disable', sessions: [NOBODY], more: 1 },
		{ action: 'disable', sessions: [NOBODY], identities: [NOBODY] }, {}])
		is((await adminCall(svc, 'POST', '/admin/sessions', body)).status, 400,
			`refused: ${JSON.stringify(body)}`);
}

async function credentials(svc, pub, ann) {
	const ory = client(svc, IdentityApi);
	let r = await ory.deleteIdentityCredentials({ id: ann, type: 'password' });
	is(r.status, 400, 'the last way to sign in stays');
	is((await loginApi(pub, 'ann@acme.example')).status, 200, 'and is good');
	is((await ory.deleteIdentityCredentials({ id: ann, type: 'totp' })).status, 404, 'none of a type');
	is((await ory.deleteIdentityCredentials({ id: NOBODY, type: 'password' })).status, 404, 'nobody');
	is((await ory.deleteIdentityCredentials({ id: ann, type: 'oidc' })).status, 400, 'of which provider');
	is((await ory.deleteIdentityCredentials({ id: ann, type: 'magic' })).status, 400, 'no such type');
	r = await adminCall(svc, 'DELETE', `/admin/identities/${ann}/credentials/password?force=true`);
	is(r.status, 204, 'unless forced');
	is((await loginApi(pub, 'ann@acme.example')).status, 400, 'then it is gone');
}

// Links, authenticator apps and back-up codes; secrets do not stay in clear.
async function factors(svc) {
	const ory = client(svc, IdentityApi);
	const SECRET = 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP';
	const url = (more) => `otpauth://totp/Mirai:f?issuer=Mirai&secret=${SECRET}${more}`;
	const of = (email, list) => person(email, { credentials: list });
	const links = (...providers) => ({ oidc: { config: { providers } } });
	let r = await ory.createIdentity({ createIdentityBody: of('f@acme.example', {
		...links({ provider: 'google', subject: 'g-1' }, { provider: 'github', subject: '7' }),
		totp: { config: { totp_url: url('&digits=6&period=30&algorithm=SHA1') } },
		lookup_secret: { config: { recovery_codes: [{ code: 'aaaabbbb' },
			{ code: 'ccccdddd', used_at: '2026-01-01T00:00:00Z' }] } },
	}) });
	const id = r.data.id;
	is([r.status, Object.keys(r.data.credentials), r.data.credentials.oidc.identifiers],
		[201, ['lookup_secret', 'oidc', 'totp'], ['github:7', 'google:g-1']], 'three kinds');
	ok(Object.values(r.data.credentials).every((k) => k.config === undefined), 'without content');
	r = await ory.getIdentity({ id, includeCredential: ['oidc', 'totp', 'lookup_secret'] });
	is(r.data.credentials.oidc.config.providers, [{ subject: 'g-1', provider: 'google' },
		{ subject: '7', provider: 'github' }], 'links when asked for');
	const all = execFileSync('psql', ['-qAtX', process.env.IDENTITY_OWNER_URL, '-c',
		`SELECT string_agg(config::text, ' ') FROM credentials WHERE identity_id = '${id}'`]).toString();
	ok(all.includes('g-1') && !JSON.stringify(r.data).includes('aaaabbbb') &&
		!/aaaabbbb|ccccdddd|JBSWY/.test(all), 'codes and secret are sealed');
	is((await ory.listIdentities({ credentialsIdentifier: 'google:g-1' })).data.map((i) => i.id), [id],
		'found by its link');
	is((await ory.createIdentity({ createIdentityBody: of('f2@acme.example',
		links({ provider: 'google', subject: 'g-1' })) })).status, 409, 'a link is of one only');
	for (const [rule, list] of [
		['credentials.oidc.config.providers: must be 1 to 16', links()],
		['credentials.oidc.config.providers: provider and subject must be given',
			links({ provider: 'a:b', subject: 'x' })],
		['credentials.oidc.config.providers: provider and subject must be given', links({ provider: 'a' })],
		['credentials.totp.config.totp_url: must be otpauth://totp/...?secret=...',
			{ totp: { config: { totp_url: 'https://x?secret=JBSWY3DPEHPK3PXP' } } }],
		['credentials.totp.config.totp_url: must be of SHA1, 6 digits and 30 seconds',
			{ totp: { config: { totp_url: url('&digits=8') } } }],
		['credentials.totp.config.totp_url: its secret must be 20 bytes in base32',
			{ totp: { config: { totp_url: 'otpauth://totp/x?secret=JBSWY3DPEHPK3PXP' } } }],
		['credentials.totp.config.totp_url: its secret must be 20 bytes in base32',
			{ totp: { config: { totp_url: url('1') } } }],
		['credentials.lookup_secret.config.recovery_codes: must be 1 to 100',
			{ lookup_secret: { config: { recovery_codes: [] } } }],
		['credentials.lookup_secret.config.recovery_codes: a code must be given, and used_at be a time',
			{ lookup_secret: { config: { recovery_codes: [{ code: 'a', used_at: 'then' }] } } }],
		['credentials.magic: unknown member', { magic: {} }],
		['credentials.totp.name: unknown member', { totp: { name: 'x' } }],
		['credentials.password.config.use_password_migration_hook: there is no such hook',
			{ password: { config: { use_password_migration_hook: true } } }],
	]) {
		r = await ory.createIdentity({ createIdentityBody: of('f3@acme.example', list) });
		is([r.status, r.data.error?.reason], [400, rule], rule);
	}

	const drop = (type, query) => adminCall(svc, 'DELETE', `/admin/identities/${id}/credentials/${type}${query}`);
	is((await drop('oidc', '?identifier=google:other')).status, 404, 'no such link');
	is((await drop('oidc', '?identifier=google:g-1')).status, 204, 'one link is cut');
	is((await ory.getIdentity({ id })).data.credentials.oidc.identifiers, ['github:7'],
		'the other stays');
	is((await drop('oidc', '?identifier=github:7')).status, 400, 'the last way to sign in');
	is((await drop('totp', '')).status, 204, 'a second factor is no way to sign in');
	is((await ory.deleteIdentityCredentials({ id, type: 'lookup_secret' })).status, 204, 'nor are codes');
	is(Object.keys((await ory.getIdentity({ id })).data.credentials), ['oidc'], 'both are gone');
}

function totp(secret, steps) {
	const set = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
	const bits = [...secret].map((c) => set.indexOf(c).toString(2).padStart(5, '0')).join('');
	const key = Buffer.from(bits.match(/.{8}/g).map((b) => parseInt(b, 2)));
	const counter = Buffer.alloc(8);
	counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30000) + steps));
	const mac = crypto.createHmac('sha1', key).update(counter).digest();
	return String((mac.readUInt32BE(mac[19] & 15) & 0x7fffffff) % 1000000).padStart(6, '0');
}

// What was imported is good for a second step.
async function secondFactors(svc, pub) {
	const SECRET = 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP';
	const r = await client(svc, IdentityApi).createIdentity({ createIdentityBody:
		person('two@acme.example', { credentials: {
			password: { config: { password: PASSWORD } },
			totp: { config: { totp_url: `otpauth://totp/Mirai:x?secret=${SECRET}` } },
			lookup_secret: { config: { recovery_codes: [{ code: 'aaaabbbb' },
				{ code: 'ccccdddd', used_at: '2026-01-01T00:00:00Z' }] } },
		} }) });
	is(r.status, 201, 'somebody with a second factor');
	const proofs = [
		[200, 'totp', { totp_code: totp(SECRET, 0) }], [400, 'totp', { totp_code: '00000' }],
		[200, 'lookup_secret', { lookup_secret: 'aaaabbbb' }],
		[400, 'lookup_secret', { lookup_secret: 'aaaabbbb' }],
		[400, 'lookup_secret', { lookup_secret: 'ccccdddd' }]];
	for (const [status, method, fields] of proofs) {
		const b = new Browser(pub);
		await b.login('two@acme.example');
		const { action, csrf } = await b.start('login', '?aal=aal2');
		const done = await b.postJson(action, { csrf_token: csrf, method, ...fields });
		is(done.status, status, `${method}: ${JSON.stringify(fields)}`);
	}
}

// A passkey that was made elsewhere signs in here.
async function passkeys(svc) {
	const pub = await startService(['identity.passkey yes']);
	const key = new Key();
	key.user = Buffer.from('handle-of-the-old-house');
	const config = (more) => ({ passkey: { config: { credentials: [{ id: key.id.toString('base64'),
		public_key: key.cose.toString('base64'), display_name: 'Phone', ...more }],
	user_handle: key.user.toString('base64') } } });
	let r = await client(svc, IdentityApi).createIdentity({ createIdentityBody:
		person('key@acme.example', { credentials: config({}) }) });
	is([r.status, r.data.credentials?.passkey.identifiers.includes('handle-of-the-old-house')],
		[201, true], 'somebody with a passkey');
	const who = r.data.id;
	const b = new Browser(pub);
	const { flow, csrf, action } = await b.start('login');
	const options = JSON.parse(node(flow, 'passkey_challenge').attributes.value);
	r = await b.postJson(action, { csrf_token: csrf, passkey_login:
		JSON.stringify(get(key, options, APP, { flags: UP | UV })) });
	is([r.status, r.json.session?.identity.id], [200, who], 'signs in with it');
	const no = (more, handle) => {
		const c = config(more);
		if (handle !== undefined)
			c.passkey.config.user_handle = handle;
		return adminCall(svc, 'POST', '/admin/identities', person('no@acme.example', { credentials: c }));
	};
	is((await no({ public_key: 'AAAA' })).json.error.reason, 'credentials.passkey.config.credentials:' +
		' id and public_key (COSE) must be given in base64', 'a key that is none');
	is((await no({ id: '' })).status, 400, 'one without id');
	is((await no({}, '')).json.error.reason,
		'credentials.passkey.config.user_handle: must be 1 to 64 bytes in base64', 'and whose');
	is((await adminCall(svc, 'POST', '/admin/identities', person('no@acme.example', { credentials:
		{ webauthn: { config: { credentials: [] } } } }))).json.error.reason,
	'credentials.webauthn.config.credentials: must be 1 to 32', 'no key at all');
}

async function mails(svc) {
	const ory = client(svc, CourierApi);
	is((await ory.listCourierMessages({ status: 'queued', recipient: 'x@acme.example' })).data, [],
		'no mail');
	is((await ory.getCourierMessage({ id: NOBODY })).status, 404, 'none of that id');
	is((await adminCall(svc, 'GET', '/admin/courier/messages?status=lost')).json.error.reason,
		'status: must be queued, processing, sent or abandoned', 'no such status');
}

// Counters are those of the public program, in memory that both share.
async function metrics(svc, pub) {
	const read = async () => {
		const r = await request(svc, 'GET', '/admin/metrics/prometheus', BEARER);
		is([r.status, r.headers['content-type']],
			[200, 'text/plain; version=0.0.4; charset=utf-8'], 'counters');
		const lines = r.text.trimEnd().split('\n');
		ok(lines.every((l) => /^# (HELP|TYPE) mirai_identity_\w+ .+$/.test(l) ||
			/^mirai_identity_\w+(\{\w+="[^"]*"\})? [0-9.e+-]+$/.test(l)), 'each line well formed');
		return Object.fromEntries(lines.filter((l) => !l.startsWith('#'))
			.map((l) => [l.split(' ')[0].slice('mirai_identity_'.length), Number(l.split(' ')[1])]));
	};
	await registerApi(pub, 'metrics@acme.example');
	const before = await read();
	await loginApi(pub, 'metrics@acme.example', 'wrong');
	const { session_token: token } = (await loginApi(pub, 'metrics@acme.example')).json;
	await sessionOf(pub, token);
	await sessionOf(pub, 'ory_st_nobody');
	let after = await read();
	const grown = (name) => after[name] - before[name];
	// a look at a session is counted once it is answered
	for (let i = 0; i < 50 && grown('whoami_seconds_count') < 2; i++)
		after = await read();
	is([grown('logins_total{result="ok"}'), grown('logins_total{result="refused"}'),
		grown('sessions_active'), grown('whoami_seconds_count'), grown('hash_wait_seconds_count')],
	[1, 1, 1, 2, 2], 'count what happened');
	is([after.hash_waiting, after['mails{status="sent"}']], [0, 0], 'and what is');
	const mails = (text) => execFileSync('psql', ['-qAtX', process.env.IDENTITY_OWNER_URL, '-c', text]);
	mails(`INSERT INTO mails (template, recipient, sealed, created_at)
		VALUES ('x', 'old@acme.example', '', now() - interval '10 minutes')`);
	const waiting = await read();
	ok(waiting['mails{status="queued"}'] >= 1 && waiting.mail_wait_seconds >= 600 &&
		waiting.mail_wait_seconds < 660, 'a mail that waits is seen to wait');
	mails("DELETE FROM mails WHERE recipient = 'old@acme.example'");
	is(after['whoami_seconds_bucket{le="+Inf"}'], after.whoami_seconds_count, 'the last bucket has all');
	ok(after['whoami_seconds_bucket{le="0.0005"}'] <= after['whoami_seconds_bucket{le="0.1"}'],
		'buckets add up');
}

// What an administrator hands over opens the account, once.
async function recovery(svc, pub) {
	const ory = client(svc, IdentityApi);
	const who = (await registerApi(pub, 'lost@acme.example')).json.identity.id;
	let r = await ory.createRecoveryLinkForIdentity({ createRecoveryLinkForIdentityBody:
		{ identity_id: who, expires_in: '1h30m' } });
	is([r.status, r.data.recovery_code], [200, undefined], 'a link');
	const left = Date.parse(r.data.expires_at) - Date.now();
	ok(left > 5300000 && left <= 5400000, 'good for ninety minutes');
	const link = new URL(r.data.recovery_link);
	ok(link.href.startsWith(`${AUTH}/self-service/recovery?`), 'to this service');
	const open = async (b) => {
		await b.get(link.pathname + link.search);
		const f = (await b.getJson(`/self-service/recovery/flows?id=${link.searchParams.get('flow')}`)).json;
		return b.post(actionOf(f), { csrf_token: csrfOf(f), method: 'link',
			token: link.searchParams.get('token') });
	};
	const browser = new Browser(pub);
	r = await open(browser);
	ok(r.status === 303 && browser.jar.has('ory_kratos_session'), 'signs its holder in');
	is((await browser.getJson('/sessions/whoami')).json.identity.id, who, 'as that one');
	const other = new Browser(pub);
	await open(other).catch(() => null);
	ok(!other.jar.has('ory_kratos_session'), 'once');

	r = await ory.createRecoveryCodeForIdentity({ createRecoveryCodeForIdentityBody: { identity_id: who } });
	ok(r.status === 201 && /^[0-9]{6}$/.test(r.data.recovery_code), 'a code');
	ok(r.data.recovery_link.includes('flow=') && !r.data.recovery_link.includes(r.data.recovery_code),
		'and where to type it');
	for (const [body, reason] of [
		[{ identity_id: 'x' }, 'identity_id: not a UUID'],
		[{ identity_id: who, expires_in: '1x' }, 'expires_in: must be 1m to 168h, as 1h30m'],
		[{ identity_id: who, expires_in: '59s' }, 'expires_in: must be 1m to 168h, as 1h30m'],
		[{ identity_id: who, expires_in: '169h' }, 'expires_in: must be 1m to 168h, as 1h30m'],
		[{ identity_id: who, expires_in: '99999999999999999999h' },
			'expires_in: must be 1m to 168h, as 1h30m'],
		[{ identity_id: who, flow_type: 'api' }, 'flow_type: must be browser'],
		[{ identity_id: who, code: '1' }, 'code: unknown member'],
	]) {
		r = await adminCall(svc, 'POST', '/admin/recovery/code', body);
		is([r.status, r.json.error.reason], [400, reason], `refused: ${JSON.stringify(body)}`);
	}
	is((await adminCall(svc, 'POST', '/admin/recovery/link', { identity_id: NOBODY })).status, 404,
		'nobody to recover');
	is((await adminCall(svc, 'POST', '/admin/recovery/link?return_to=https%3A%2F%2Fevil.example',
		{ identity_id: who })).json.error.id, 'self_service_flow_return_to_forbidden', 'not anywhere');
}

// Who did what to whom is written down, each time.
function trail(ann) {
	const rows = execFileSync('psql', ['-qAtX', process.env.IDENTITY_OWNER_URL, '-c',
		`SELECT DISTINCT action, actor FROM audit WHERE identity_id = '${ann}'
		AND actor LIKE 'admin%' ORDER BY 1`]).toString().trim().split('\n');
	is(rows, ['identity.create', 'identity.update', 'password.remove', 'password.set',
		'session.delete', 'session.delete_all', 'session.extend', 'session.revoke']
		.map((a) => `${a}|admin: secret 1`), 'the audit trail names the caller');
}

async function strangers(pub) {
	for (const host of ['auth', 'app', 'api', 'get'].map((h) => `${h}.mirai.example`)) {
		for (const [method, path] of [['GET', '/admin/identities'], ['POST', '/admin/identities'],
			['POST', '/admin/sessions'], ['GET', `/admin/identities/${NOBODY}`],
			['PATCH', '/admin/identities'], ['GET', '/admin/health/alive'],
			['GET', '/admin/metrics/prometheus']]) {
			const r = await request(pub, method, path, { ...BEARER, host });
			is(r.status, 404, `${method} ${path} of ${host}`);
		}
	}
}

// Without a secret: who can open the socket is an administrator.
async function openSocket() {
	const svc = await startAdmin(['identity.admin.open yes', 'identity.methods.link no']);
	is((await api(svc, 'POST', '/admin/recovery/link', { identity_id: NOBODY })).status, 404,
		'no link while that method is off');
	is((await request(svc, 'GET', '/admin/identities')).status, 200, 'by the socket alone');
	const r = await api(svc, 'POST', '/admin/sessions', { identity_id: NOBODY });
	is(r.status, 404, 'and writes');
}

main(async () => {
	const pub = await startService(['identity.methods.link yes']);
	const svc = await startAdmin(['identity.methods.link yes']);
	is((await client(svc, IdentityApi, {}).listIdentities()).status, 401, 'strangers are refused');
	is((await request(svc, 'GET', '/health/ready')).json, { status: 'ok' }, 'it is ready');
	const ann = await create(svc, pub);
	await update(svc, pub, ann);
	await patch(svc, pub, ann);
	await bulk(svc, pub);
	await paging(svc);
	await sessions(svc, pub, ann);
	await credentials(svc, pub, ann);
	trail(ann);
	await recovery(svc, pub);
	await metrics(svc, pub);
	await factors(svc);
	await secondFactors(svc, pub);
	await passkeys(svc);
	await mails(svc);
	const gone = (await registerApi(pub, 'gone@acme.example')).json;
	const ory = client(svc, IdentityApi);
	is((await ory.deleteIdentity({ id: gone.identity.id })).status, 204, 'removed');
	is((await sessionOf(pub, gone.session_token)).status, 401, 'with its sessions');
	is((await ory.deleteIdentity({ id: gone.identity.id })).status, 404, 'once');
	await strangers(pub);
	await openSocket();
});
