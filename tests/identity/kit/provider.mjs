// Providers of sign-in on loopback: a real one (oidc-provider, PKCE required),
// one that lies in every way, and strict stand-ins for GitHub and Apple.
import crypto from 'node:crypto';
import fs from 'node:fs';
import http from 'node:http';
import { once } from 'node:events';
import Provider from 'oidc-provider';
import { setCookies } from '../../cookies.mjs';

console.info = console.warn = () => {}; // oidc-provider's advice on production

export const CLIENT = 'mirai-client';
export const SECRET = 'client: secret/+&';

async function listen(handler) {
	const server = http.createServer(handler);
	server.listen(0, '127.0.0.1');
	await once(server, 'listening');
	server.unref();
	return { server, base: `http://127.0.0.1:${server.address().port}` };
}

// Files of providers in dir: { id: [line ...] }; the lines for mirai.conf.
// timeout: how long one may be silent.
export function writeProviders(dir, files, allow = '127.0.0.1', timeout = '20s') {
	fs.mkdirSync(dir, { recursive: true });
	for (const [id, lines] of Object.entries(files))
		fs.writeFileSync(`${dir}/${id}.conf`, [...lines, ''].join('\n'));
	return [`identity.oidc.dir ${dir}`, `identity.oidc.allow_private ${allow}`,
		`identity.oidc.providers ${Object.keys(files).join(' ')}`,
		`identity.oidc.timeout ${timeout}`];
}

// --- a real one ----------------------------------------------------------------

// accounts: { login: claims }. Any password will do. callback: where people are
// sent back to, a list or a function that knows it once it is asked.
export async function startReal(accounts, callback, more = {}) {
	let provider;
	const { base } = await listen((req, res) => {
		provider ??= make();
		provider.callback()(req, res);
	});
	const jwks = { keys: [
		crypto.generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey,
		crypto.generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey,
	].map((k, i) => ({ ...k.export({ format: 'jwk' }), kid: `k${i}`, use: 'sig' })) };
	const make = () => new Provider(base, {
		clients: [{ client_id: CLIENT, client_secret: SECRET,
			redirect_uris: [].concat(typeof callback === 'function' ? callback() : callback),
			grant_types: ['authorization_code'], response_types: ['code'], ...more }],
		pkce: { required: () => true, methods: ['S256'] },
		claims: { openid: ['sub'], email: ['email', 'email_verified'],
			profile: ['given_name', 'family_name'] },
		cookies: { keys: [`key of ${base}`] },
		jwks,
		findAccount: (ctx, id) => ({ accountId: id,
			claims: () => ({ sub: id, ...accounts[id] }) }),
		renderError: (ctx, out) => { ctx.body = out; },
	});
	return { base, lines: [`issuer ${base}`, `client_id ${CLIENT}`, `client_secret ${SECRET}`] };
}

class Jar {
	constructor() { this.map = new Map(); }

	async go(url, body) {
		const r = await fetch(url, { redirect: 'manual', method: body ? 'POST' : 'GET', body,
			headers: { cookie: [...this.map].map(([k, v]) => `${k}=${v}`).join('; ') } });
		for (const line of setCookies(r.headers)) {
			const [, k, v] = line.match(/^([^=]+)=([^;]*)/);
			this.map.set(k, v);
		}
		return r;
	}
}

// What a person does at the real provider; the URL it sends them back to.
export async function signInAt(url, login, { deny = false, jar = new Jar() } = {}) {
	const base = new URL(url).origin;
	for (let i = 0; i < 12; i++) {
		const r = await jar.go(url);
		if (r.status !== 302 && r.status !== 303) {
			const page = await r.text();
			const prompt = page.match(/name="prompt" value="(\w+)"/)?.[1];
			if (!prompt) throw new Error(`${url}: ${r.status} ${page.slice(0, 300)}`);
			if (deny) { url = `${url}/abort`; continue; }
			const done = await jar.go(url, new URLSearchParams({ prompt, login, password: 'x' }));
			url = new URL(done.headers.get('location'), base).href;
		} else {
			url = new URL(r.headers.get('location'), base).href;
		}
		if (!url.startsWith(base)) return url;
	}
	throw new Error('the provider never sent anybody back');
}

// --- tokens --------------------------------------------------------------------

const b64 = (v) => Buffer.from(typeof v === 'string' ? v : JSON.stringify(v)).toString('base64url');

export function makeKey(kid, type = 'rsa') {
	const pair = type === 'rsa' ? crypto.generateKeyPairSync('rsa', { modulusLength: 2048 })
		: crypto.generateKeyPairSync('ec', { namedCurve: 'P-256' });
	return { kid, alg: type === 'rsa' ? 'RS256' : 'ES256', private: pair.privateKey,
		public: { ...pair.publicKey.export({ format: 'jwk' }), kid, use: 'sig' } };
}

export function makeToken(key, claims, header = {}) {
	const head = `${b64({ alg: key.alg, kid: key.kid, typ: 'JWT', ...header })}.${b64(claims)}`;
	const alg = header.alg ?? key.alg;
	if (/^none$/i.test(alg)) return `${head}.`;
	if (alg === 'HS256') {
		const secret = JSON.stringify(key.public);
		return `${head}.${crypto.createHmac('sha256', secret).update(head).digest('base64url')}`;
	}
	return `${head}.${crypto.sign('sha256', Buffer.from(head),
		{ key: key.private, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`;
}

async function readForm(req) {
	const chunks = [];
	for await (const c of req) chunks.push(c);
	return new URLSearchParams(Buffer.concat(chunks).toString());
}

function send(res, status, value, type = 'application/json') {
	res.writeHead(status, { 'content-type': type });
	res.end(typeof value === 'string' ? value : JSON.stringify(value));
}

const now = () => Math.floor(Date.now() / 1000);

// Whether the verifier is that of the challenge.
function pkceOk(verifier, challenge) {
	return crypto.createHash('sha256').update(verifier ?? '').digest('base64url') === challenge;
}

// --- one that lies -------------------------------------------------------------

// What each kind of it says, from what an honest one would.
const stranger = makeKey('main');
const LIES = {
	honest: {},
	es256: {},
	wrongiss: { claims: { iss: 'https://accounts.google.com' } },
	wrongaud: { claims: { aud: 'somebody-else' } },
	manyaud: { claims: { aud: [CLIENT, 'somebody-else'] } },
	wrongazp: { claims: { azp: 'somebody-else' } },
	badsig: { key: stranger },
	none: { header: { alg: 'none' } },
	hs256: { header: { alg: 'HS256' } },
	crit: { header: { crit: ['exp'] } },
	expired: { claims: { exp: now() - 3600 } },
	future: { claims: { iat: now() + 3600 } },
	wrongnonce: { claims: { nonce: 'another' } },
	nononce: { claims: { nonce: undefined } },
	nosub: { claims: { sub: undefined } },
	unverified: { claims: { email_verified: false } },
	verifiedtext: { claims: { email_verified: 'no' } },
	huge: { token: (res) => send(res, 200, { id_token: 'x'.repeat(1 << 20) }) },
	slow: { token: (res, self) => { self.held.push(res); } },
	drip: { token: (res) => {
		res.writeHead(200, { 'content-type': 'application/json' });
		const timer = setInterval(() => res.write(' '), 200);
		res.on('close', () => clearInterval(timer));
	} },
	redirect: { token: (res, self) => {
		res.writeHead(307, { location: `${self.base}/trap` });
		res.end();
	} },
	nojson: { token: (res) => send(res, 200, '<html>', 'text/html') },
	broken: { token: (res) => send(res, 500, { error: 'server_error' }) },
	otherissuer: { metadata: { issuer: 'https://accounts.google.com' } },
	hugekeys: { keys: (res) => send(res, 200, `{"keys":[${' '.repeat(1 << 20)}]}`) },
	badauth: { metadata: { authorization_endpoint: 'javascript:alert(1)' } },
	rotated: {},
};

// Each lie is an issuer of its own below base: `${base}/wrongiss`.
export async function startLiar() {
	const self = { main: makeKey('main'), ec: makeKey('ec', 'ec'), requests: [], held: [], sockets: 0,
		codes: new Map() };
	const handler = async (req, res) => {
		const [, lie, ...rest] = new URL(req.url, 'http://x').pathname.split('/');
		const issuer = `${self.base}/${lie}`;
		const what = LIES[lie] ?? {};
		const route = rest.join('/');
		self.requests.push(`${lie}/${route}`);
		if (route === '.well-known/openid-configuration')
			return send(res, 200, { issuer, authorization_endpoint: `${issuer}/auth`,
				token_endpoint: `${issuer}/token`, jwks_uri: `${issuer}/keys`, ...what.metadata });
		if (route === 'keys')
			return what.keys ? what.keys(res)
				: send(res, 200, { keys: [self.main.public, self.ec.public] });
		if (route !== 'token')
			return send(res, 404, {});
		const form = await readForm(req);
		const sent = self.codes.get(form.get('code'));
		const basic = `Basic ${Buffer.from([CLIENT, SECRET].map(encodeURIComponent).join(':'))
			.toString('base64')}`;
		self.codes.delete(form.get('code'));
		if (!sent || req.headers.authorization !== basic || form.get('redirect_uri') !==
			sent.redirect_uri || !pkceOk(form.get('code_verifier'), sent.code_challenge))
			return send(res, 400, { error: 'invalid_grant' });
		if (what.token) return what.token(res, self);
		const key = what.key ?? (lie === 'es256' ? self.ec : self.main);
		return send(res, 200, { token_type: 'Bearer', access_token: 'x', expires_in: 60,
			id_token: makeToken(key, { ...self.claims(issuer, sent), ...what.claims }, what.header) });
	};
	Object.assign(self, await listen(handler));
	self.server.on('connection', () => { self.sockets++; });
	self.person = { sub: 'liar-1', email_verified: true,
		given_name: 'Lia', family_name: 'Liar' };
	self.claims = (issuer, sent) => ({ iss: issuer, aud: CLIENT, iat: now(), exp: now() + 300,
		nonce: sent.nonce, email: `lia.${issuer.split('/').pop()}@liar.example`, ...self.person });
	self.lines = (lie) => [`issuer ${self.base}/${lie}`, `client_id ${CLIENT}`,
		`client_secret ${SECRET}`];
	self.lies = Object.keys(LIES);
	// The address somebody is sent back to who went where url leads.
	self.back = (url, more = {}) => {
		const sent = Object.fromEntries(new URL(url).searchParams);
		const code = crypto.randomUUID();
		self.codes.set(code, sent);
		return `${sent.redirect_uri}?${new URLSearchParams({ code, state: sent.state, ...more })}`;
	};
	return self;
}

// --- GitHub --------------------------------------------------------------------

export async function startGithub() {
	const self = { codes: new Map(), refused: [] };
	const refuse = (res, status, why) => {
		self.refused.push(why);
		send(res, status, { message: why });
	};
	const handler = async (req, res) => {
		const { pathname } = new URL(req.url, 'http://x');
		if (req.method === 'POST' && pathname === '/login/oauth/access_token') {
			const form = await readForm(req);
			const sent = self.codes.get(form.get('code'));
			if (req.headers.accept !== 'application/json') return refuse(res, 406, 'Accept');
			if (form.get('client_id') !== CLIENT || form.get('client_secret') !== SECRET)
				return send(res, 200, { error: 'incorrect_client_credentials' });
			if (!sent || form.get('redirect_uri') !== sent.redirect_uri ||
				!pkceOk(form.get('code_verifier'), sent.code_challenge))
				return send(res, 200, { error: 'bad_verification_code' });
			self.codes.delete(form.get('code'));
			return send(res, 200, { access_token: 'gho_x', token_type: 'bearer', scope: 'user:email' });
		}
		if (req.headers.authorization !== 'Bearer gho_x') return refuse(res, 401, 'Bad credentials');
		if (!req.headers['user-agent']) return refuse(res, 403, 'User-Agent');
		if (pathname === '/user') return send(res, 200, self.user);
		if (pathname === '/user/emails') return send(res, 200, self.emails);
		return refuse(res, 404, pathname);
	};
	Object.assign(self, await listen(handler));
	self.lines = ['preset github', `client_id ${CLIENT}`, `client_secret ${SECRET}`,
		`issuer ${self.base}`, `auth_url ${self.base}/login/oauth/authorize`,
		`token_url ${self.base}/login/oauth/access_token`, `userinfo_url ${self.base}/user`,
		`emails_url ${self.base}/user/emails`];
	self.back = (url) => {
		const sent = Object.fromEntries(new URL(url).searchParams);
		self.codes.set('gh-code', sent);
		return { sent, url: `${sent.redirect_uri}?code=gh-code&state=${sent.state}` };
	};
	return self;
}

// --- Apple ---------------------------------------------------------------------

export async function startApple(dir) {
	const self = { key: makeKey('apple'), codes: new Map(), refused: [] };
	const mine = crypto.generateKeyPairSync('ec', { namedCurve: 'P-256' });
	fs.mkdirSync(dir, { recursive: true });
	fs.writeFileSync(`${dir}/apple.p8`, mine.privateKey.export({ type: 'pkcs8', format: 'pem' }));
	const secretFault = (jwt) => {
		const [head, body, sig] = (jwt ?? '').split('.');
		const h = JSON.parse(Buffer.from(head, 'base64url'));
		const c = JSON.parse(Buffer.from(body, 'base64url'));
		if (h.alg !== 'ES256' || h.kid !== 'KEY1234567') return 'header';
		if (c.iss !== 'TEAM123456' || c.sub !== CLIENT || c.aud !== self.base) return 'claims';
		if (!(c.exp > now() && c.exp < now() + 15777000 && c.iat <= now())) return 'dates';
		return crypto.verify('sha256', Buffer.from(`${head}.${body}`),
			{ key: mine.publicKey, dsaEncoding: 'ieee-p1363' }, Buffer.from(sig, 'base64url'))
			? null : 'signature';
	};
	Object.assign(self, await listen(async (req, res) => {
		const { pathname } = new URL(req.url, 'http://x');
		if (pathname === '/.well-known/openid-configuration')
			return send(res, 200, { issuer: self.base, jwks_uri: `${self.base}/auth/keys`,
				authorization_endpoint: `${self.base}/auth/authorize`,
				token_endpoint: `${self.base}/auth/token` });
		if (pathname === '/auth/keys') return send(res, 200, { keys: [self.key.public] });
		const form = await readForm(req);
		const sent = self.codes.get(form.get('code'));
		const fault = secretFault(form.get('client_secret'));
		self.codes.delete(form.get('code'));
		if (fault || form.get('client_id') !== CLIENT) {
			self.refused.push(fault ?? 'client_id');
			return send(res, 400, { error: 'invalid_client' });
		}
		if (!sent || !pkceOk(form.get('code_verifier'), sent.code_challenge))
			return send(res, 400, { error: 'invalid_grant' });
		return send(res, 200, { access_token: 'x', id_token: makeToken(self.key, { iss: self.base,
			aud: CLIENT, sub: '000123.abc', iat: now(), exp: now() + 300, nonce: sent.nonce,
			email: 'anna@apple.example', email_verified: 'true', is_private_email: 'false' }) });
	}));
	self.lines = ['preset apple', `issuer ${self.base}`, `client_id ${CLIENT}`,
		'apple.team TEAM123456', 'apple.key_id KEY1234567', `apple.key_file ${dir}/apple.p8`];
	// What its page posts, from another site.
	self.post = (url, more = {}) => {
		const sent = Object.fromEntries(new URL(url).searchParams);
		self.codes.set('apple-code', sent);
		return { sent, fields: { code: 'apple-code', state: sent.state, ...more } };
	};
	return self;
}
