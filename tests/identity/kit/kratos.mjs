// What an Ory Kratos 1.3 answers to every call the product makes, on two
// loopback listeners, and as strict: unknown members, missing CSRF, wrong
// methods, foreign sessions and unknown paths are refused with its statuses
// and bodies. A call it would not understand is kept in complaints. It can be
// told to misbehave: see fault().
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import http from 'node:http';
import { once } from 'node:events';
import { freePort } from '../../ports.mjs';

const SESSION = 'ory_kratos_session';
const MINUTE = 60_000;
const REASONS = { 400: 'Bad Request', 401: 'Unauthorized', 403: 'Forbidden', 404: 'Not Found',
	405: 'Method Not Allowed', 409: 'Conflict', 410: 'Gone', 422: 'Unprocessable Entity' };
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const now = () => new Date().toISOString();
const later = (ms) => new Date(Date.now() + ms).toISOString();

class Refusal extends Error {
	constructor(code, message, more = {}) {
		super(message);
		const { id, reason, details, ...beside } = more;
		this.code = code;
		this.body = { error: { ...(id ? { id } : {}), code, status: REASONS[code],
			...(reason ? { reason } : {}), ...(details ? { details } : {}), message }, ...beside };
	}
}

const message = (id, text, type = 'info', context = {}) => ({ id, text, type, context });
const WRONG = () => message(4000006, 'The provided credentials are invalid, check for spelling mistakes in your password or username, email address, or phone number.', 'error');

function input(name, type, group, value, label, more = {}) {
	return { type: 'input', group, messages: [], meta: label ? { label: message(label[0], label[1]) } : {},
		attributes: { name, type, disabled: false, node_type: 'input',
			...(value === undefined ? {} : { value }), ...more } };
}

function only(o, allowed, where) {
	if (o === null || typeof o !== 'object' || Array.isArray(o))
		throw new Refusal(400, 'The request was malformed or contained invalid parameters', { reason: `${where}: not an object` });
	for (const key of Object.keys(o))
		if (!allowed.includes(key))
			throw new Refusal(400, `json: unknown field "${key}"`);
}

const ADDRESS = ['id', 'value', 'verified', 'via', 'status', 'verified_at', 'created_at', 'updated_at'];

export class Kratos {
	constructor() {
		this.identities = new Map();
		this.sessions = new Map();
		this.flows = new Map();
		this.errors = new Map();
		this.complaints = [];
		this.seen = [];
		this.faults = [];
	}

	// base: the origin browsers use; pages: where flows are shown.
	async start(base = 'http://localhost', ports = null) {
		this.base = base;
		this.csrfName = `csrf_token_${createHash('sha256').update(base).digest('hex')}`;
		this.servers = [];
		ports ??= [await freePort(), await freePort()]; // its own also while it is stopped
		for (const [i, routes] of [publicRoutes, adminRoutes].entries()) {
			const server = http.createServer((req, res) => this.serve(routes, req, res));
			server.listen(ports[i], '127.0.0.1');
			await once(server, 'listening');
			this.servers.push(server);
		}
		[this.publicPort, this.adminPort] = this.servers.map((s) => s.address().port);
		return this;
	}

	get publicUrl() { return `http://127.0.0.1:${this.publicPort}`; }
	get adminUrl() { return `http://127.0.0.1:${this.adminPort}`; }

	async stop() {
		for (const s of this.servers) {
			s.closeAllConnections();
			s.close();
			await once(s, 'close');
		}
	}

	again() { return this.start(this.base, [this.publicPort, this.adminPort]); }

	// The next times calls to a path answer in another way; until cleared.
	fault(path, kind, method = null) { this.faults.push({ path, kind, method }); }

	clear() { this.faults = []; }

	async serve(routes, req, res) {
		const url = new URL(req.url, 'http://kratos');
		const chunks = [];
		for await (const c of req) chunks.push(c);
		const c = new Call(this, req, res, url, Buffer.concat(chunks).toString());
		this.seen.push({ method: req.method, path: url.pathname, target: req.url, headers: req.headers });
		const fault = this.faults.find((f) => f.path === url.pathname && (f.method ?? req.method) === req.method);
		if (fault && faults[fault.kind](c, res) === true) return;
		try {
			if (routes === adminRoutes && !url.pathname.startsWith('/admin')) {
				this.complaints.push(`${req.method} ${req.url}: without /admin`);
				c.send(307, undefined, { location: `/admin${req.url}` });
				return;
			}
			await this.route(routes, c);
		} catch (e) {
			if (!(e instanceof Refusal)) throw e;
			c.send(e.code, e.body);
		}
	}

	async route(routes, c) {
		const there = routes.filter(([, path]) => path.test(c.path));
		const hit = there.find(([method]) => method === '*' || method === c.method);
		if (there.length === 0) {
			this.complaints.push(`${c.method} ${c.target}: no such path`);
			throw new Refusal(404, 'The requested resource could not be found');
		}
		if (!hit)
			throw new Refusal(405, 'Method Not Allowed');
		await hit[2](this, c, ...hit[1].exec(c.path).slice(1));
	}

	// --- people

	addIdentity({ id = randomUUID(), email, first, last, password, verified = true, admin = null, state = 'active' }) {
		const at = now();
		const i = { id, schema_id: 'user', schema_url: `${this.base}/schemas/dXNlcg`, state, state_changed_at: at,
			traits: { email, name: { first, last } }, password,
			verifiable_addresses: [{ id: randomUUID(), value: email, verified, via: 'email',
				status: verified ? 'completed' : 'pending', ...(verified ? { verified_at: at } : {}), created_at: at, updated_at: at }],
			recovery_addresses: [{ id: randomUUID(), value: email, via: 'email', created_at: at, updated_at: at }],
			metadata_public: null, metadata_admin: admin, created_at: at, updated_at: at };
		this.identities.set(id, i);
		return i;
	}

	byEmail(email) {
		return [...this.identities.values()].find((i) => i.traits.email === email.trim().toLowerCase());
	}

	shown(i, admin = false) {
		const { password, metadata_admin, ...rest } = i;
		return admin ? { ...rest, metadata_admin, organization_id: null,
			...(password ? { credentials: { password: { type: 'password', identifiers: [i.traits.email], version: 0,
				created_at: i.created_at, updated_at: i.updated_at } } } : {}) } : { ...rest, organization_id: null };
	}

	addSession(identity, carrier, agent = 'test', more = {}) {
		const secret = carrier === 'token' ? `ory_st_${randomBytes(24).toString('base64url').replace(/[-_]/g, 'x')}`
			: `MTc${randomBytes(60).toString('base64url')}==`;
		const s = { id: randomUUID(), identity, carrier, secret, active: true, expires_at: later(24 * 60 * MINUTE),
			authenticated_at: now(), issued_at: now(), aal: 'aal1', agent, ...more };
		this.sessions.set(secret, s);
		return s;
	}

	sessionJson(s) {
		return { id: s.id, active: s.active, expires_at: s.expires_at, authenticated_at: s.authenticated_at,
			authenticator_assurance_level: s.aal,
			authentication_methods: [{ method: 'password', aal: 'aal1', completed_at: s.authenticated_at }],
			issued_at: s.issued_at, identity: this.shown(s.identity),
			devices: [{ id: randomUUID(), ip_address: '198.51.100.7', user_agent: s.agent, location: 'Bern, CH' }] };
	}
}

// True: the answer is given, or none will be.
const faults = {
	hang: () => true,
	close: (c, res) => { res.destroy(); return true; },
	500: (c) => { c.send(500, { error: { code: 500, status: 'Internal Server Error', message: 'An internal server error occurred' } }); return true; },
	garbage: (c, res) => { res.writeHead(200, { 'content-type': 'application/json' }); res.end('{"active": tru'); return true; },
	wrong: (c) => { c.send(200, { active: true, identity: { id: 'nobody' } }); return true; },
	huge: (c, res) => { res.writeHead(200, { 'content-type': 'application/json' }); res.end(`{"active":true,"x":"${'x'.repeat(1 << 20)}"}`); return true; },
	redirect: (c) => { c.send(302, undefined, { location: '/trap' }); return true; },
	// The work is done, the answer is lost.
	lost: (c) => { c.lose = true; return false; },
	// The first connection breaks, the next does not.
	once: (c, res) => { c.kratos.faults = c.kratos.faults.filter((f) => f.kind !== 'once'); res.destroy(); return true; },
};

// { traits: { email } } as a form has it: "traits.email".
function flat(o, at = '') {
	return Object.entries(o).reduce((all, [key, value]) => (value !== null && typeof value === 'object'
		? { ...all, ...flat(value, `${at}${key}.`) } : { ...all, [at + key]: value }), {});
}

class Call {
	constructor(kratos, req, res, url, text) {
		Object.assign(this, { kratos, req, res, text, method: req.method, target: req.url, path: url.pathname, query: url.searchParams });
		this.cookies = new Map((req.headers.cookie ?? '').split(/;\s*/).filter(Boolean).map((p) => {
			const at = p.indexOf('=');
			return [p.slice(0, at), p.slice(at + 1)];
		}));
		this.set = [];
	}

	get wantsJson() {
		return /application\/json/.test(this.req.headers.accept ?? '') || this.req.headers['content-type'] === 'application/json';
	}

	cookie(name, value, age) {
		this.set.push(`${name}=${value}; Path=/; Max-Age=${age}; HttpOnly; SameSite=Lax`);
		this.cookies.set(name, value);
	}

	send(status, body, headers = {}) {
		const text = body === undefined ? '' : JSON.stringify(body);
		if (this.lose) {
			this.res.destroy();
			return;
		}
		this.res.writeHead(status, { ...(text ? { 'content-type': 'application/json; charset=utf-8' } : {}),
			...(this.set.length ? { 'set-cookie': this.set } : {}), ...headers });
		this.res.end(text);
	}

	go(to) { this.send(303, undefined, { location: to }); }

	json(strict = true) {
		if (strict && this.req.headers['content-type'] !== 'application/json')
			throw new Refusal(400, 'The request was malformed or contained invalid parameters', { reason: 'unknown content type' });
		try {
			return JSON.parse(this.text);
		} catch {
			throw new Refusal(400, 'The request was malformed or contained invalid parameters', { reason: 'invalid JSON' });
		}
	}

	// A form's fields or a JSON body.
	fields() {
		if (/^application\/json/.test(this.req.headers['content-type'] ?? '')) return flat(this.json(false));
		return Object.fromEntries(new URLSearchParams(this.text));
	}

	// X-Session-Token, cookie, bearer: in this order.
	session() {
		const { headers } = this.req;
		const token = headers['x-session-token'];
		const bearer = /^bearer (\S+)$/i.exec(headers.authorization ?? '')?.[1];
		const [carrier, secret] = token ? ['token', token]
			: this.cookies.has(SESSION) ? ['cookie', this.cookies.get(SESSION)] : ['token', bearer];
		const s = this.kratos.sessions.get(secret);
		return s && s.carrier === carrier && s.active && s.identity.state === 'active' && s.expires_at > now() ? s : null;
	}

	needSession() {
		const s = this.session();
		if (!s)
			throw new Refusal(401, 'The request could not be authorized', { id: 'session_inactive', reason: 'No valid session credentials found in the request.' });
		if (s.aalDue)
			throw new Refusal(403, 'Session does not fulfill the requested Authenticator Assurance Level',
				{ id: 'session_aal2_required', reason: 'An active session was found but it does not fulfill the requested Authenticator Assurance Level. Please verify yourself with a second factor to resolve this issue.',
					redirect_browser_to: `${this.kratos.base}/self-service/login/browser?aal=aal2` });
		return s;
	}

	// --- CSRF: base64 in the cookie, pad and masked token in forms

	csrf() {
		const name = this.kratos.csrfName;
		if (!this.cookies.has(name)) this.freshCsrf();
		return Buffer.from(this.cookies.get(name), 'base64');
	}

	freshCsrf() { this.cookie(this.kratos.csrfName, randomBytes(32).toString('base64'), 31536000); }

	masked() {
		const pad = randomBytes(32);
		return Buffer.concat([pad, this.csrf().map((b, i) => b ^ pad[i])]).toString('base64');
	}

	checkCsrf(flow, given) {
		const raw = Buffer.from(given ?? '', 'base64');
		const token = raw.length === 64 ? raw.subarray(32).map((b, i) => b ^ raw[i]) : raw;
		const cookie = this.cookies.get(this.kratos.csrfName);
		if (cookie && flow.csrf === cookie && token.equals(Buffer.from(cookie, 'base64'))) return;
		this.refuseCsrf();
	}

	refuseCsrf() {
		throw new Refusal(403, 'the request was rejected to protect you from Cross-Site-Request-Forgery',
			{ id: 'security_csrf_violation', reason: 'Please retry the flow and optionally clear your cookies.', details: { reject_reason: 'The HTTP Cookie Header was set and a CSRF token was sent but they do not match.' } });
	}
}

// --- flows -------------------------------------------------------------------

const UI = { login: '/auth/login', settings: '/auth/settings', recovery: '/auth/recovery' };

function newFlow(k, c, kind, type, more = {}) {
	const flow = { id: randomUUID(), kind, type, issued_at: now(), expires_at: later(10 * MINUTE),
		request_url: `${k.base}${c.target}`, return_to: c.query.get('return_to') ?? undefined,
		state: kind === 'settings' ? 'show_form' : 'choose_method', messages: [], values: {}, ...more };
	if (flow.return_to && !flow.return_to.startsWith(k.base))
		throw new Refusal(400, 'The request was malformed or contained invalid parameters', { id: 'self_service_flow_return_to_forbidden', reason: `Requested return_to URL "${flow.return_to}" is not allowed.` });
	if (type === 'browser') {
		c.csrf();
		flow.csrf = c.cookies.get(k.csrfName);
	}
	k.flows.set(flow.id, flow);
	return flow;
}

const nodes = {
	login: (f) => [
		f.refresh ? input('identifier', 'hidden', 'default', f.session.identity.traits.email)
			: input('identifier', 'text', 'default', f.values.identifier ?? '', [1070004, 'ID'], { required: true }),
		input('password', 'password', 'password', undefined, [1070001, 'Password'], { required: true, autocomplete: 'current-password' }),
		input('method', 'submit', 'password', 'password', [1010022, 'Sign in with password']),
	],
	settings: (f) => [
		input('traits.email', 'email', 'profile', f.values.email ?? f.identity.traits.email, [1070002, 'E-Mail'], { required: true, autocomplete: 'email' }),
		input('traits.name.first', 'text', 'profile', f.identity.traits.name.first, [1070002, 'First Name'], { required: true }),
		input('traits.name.last', 'text', 'profile', f.identity.traits.name.last, [1070002, 'Last Name'], { required: true }),
		input('method', 'submit', 'profile', 'profile', [1070003, 'Save']),
		input('password', 'password', 'password', undefined, [1070001, 'Password'], { required: true, autocomplete: 'new-password' }),
		input('method', 'submit', 'password', 'password', [1070003, 'Save']),
	],
	recovery: (f) => (f.state === 'choose_method' ? [
		input('email', 'email', 'code', undefined, [1070007, 'Email'], { required: true }),
		input('method', 'submit', 'code', 'code', [1070009, 'Continue']),
	] : [
		input('code', 'text', 'code', undefined, [1070010, 'Recovery code'], { required: true, maxlength: 6, pattern: '[0-9]+', autocomplete: 'one-time-code' }),
		input('method', 'hidden', 'code', 'code'),
		input('method', 'submit', 'code', 'code', [1070009, 'Continue']),
		input('email', 'submit', 'code', f.values.email, [1070008, 'Resend code']),
	]),
};

function flowJson(k, c, f) {
	const csrf = f.type === 'browser' ? [input('csrf_token', 'hidden', 'default', c.masked(), null, { required: true })] : [];
	return { id: f.id, type: f.type, expires_at: f.expires_at, issued_at: f.issued_at, request_url: f.request_url,
		...(f.return_to ? { return_to: f.return_to } : {}), ...(f.active ? { active: f.active } : {}),
		ui: { action: `${k.base}/self-service/${f.kind}?flow=${f.id}`, method: 'POST',
			nodes: [...csrf, ...nodes[f.kind](f)], ...(f.messages.length ? { messages: f.messages } : {}) },
		...(f.kind === 'login' ? { created_at: f.issued_at, updated_at: f.issued_at, refresh: !!f.refresh, requested_aal: f.aal ?? 'aal1' } : {}),
		...(f.kind === 'settings' ? { identity: k.shown(f.identity) } : {}),
		...(f.kind === 'login' ? { organization_id: null } : {}), state: f.state };
}

function answerFlow(k, c, f) {
	if (c.wantsJson || f.type === 'api') c.send(200, flowJson(k, c, f));
	else c.go(`${k.base}${UI[f.kind]}?flow=${f.id}`);
}

// Refusals of browsers that want no JSON are pages of their own.
function orErrorPage(work) {
	return async (k, c, ...rest) => {
		try {
			await work(k, c, ...rest);
		} catch (e) {
			if (!(e instanceof Refusal) || c.wantsJson) throw e;
			const id = randomUUID();
			k.errors.set(id, e.body.error);
			c.go(`${k.base}/auth/error?id=${id}`);
		}
	};
}

const begin = (kind) => orErrorPage((k, c) => {
	if (kind === 'settings') {
		const s = c.session();
		if (!s && !c.wantsJson) {
			c.go(`${k.base}/self-service/login/browser?return_to=${encodeURIComponent(`${k.base}/self-service/settings/browser`)}`);
			return;
		}
		answerFlow(k, c, newFlow(k, c, kind, 'browser', { identity: c.needSession().identity }));
		return;
	}
	const s = c.session();
	const refresh = c.query.get('refresh') === 'true';
	if (s && !refresh) {
		if (c.wantsJson)
			throw new Refusal(400, 'A valid session was detected and thus login is not possible.', { id: 'session_already_available', reason: 'Did you forget to set `?refresh=true`?' });
		c.go(c.query.get('return_to') ?? `${k.base}/dashboard`);
		return;
	}
	answerFlow(k, c, newFlow(k, c, kind, 'browser', kind === 'login' && refresh && s ? { refresh, session: s,
		messages: [message(1010003, 'Please confirm this action by verifying that it is you.')] } : {}));
});

function getFlow(kind) {
	return (k, c) => {
		const f = k.flows.get(c.query.get('id'));
		if (!f || f.kind !== kind)
			throw new Refusal(404, 'The requested resource could not be found', { reason: 'Unable to locate the resource' });
		if (kind === 'settings') {
			const s = c.needSession();
			if (s.identity !== f.identity)
				throw new Refusal(403, 'The request was forbidden', { id: 'security_identity_mismatch', reason: 'The request was made for another identity.' });
		} else if (f.type === 'browser' && c.cookies.get(k.csrfName) !== f.csrf) {
			c.refuseCsrf();
		}
		if (f.expires_at < now())
			throw new Refusal(410, 'The self-service flow expired.', { id: 'self_service_flow_expired', reason: `The ${kind} flow has expired. Redirect the user to the ${kind} flow init endpoint to initialize a new ${kind} flow.`,
				details: { redirect_to: `${k.base}/self-service/${kind}/browser`, return_to: f.return_to ?? '' } });
		c.send(200, flowJson(k, c, f));
	};
}

function submitted(k, c, kind) {
	const f = k.flows.get(c.query.get('flow'));
	if (!f || f.kind !== kind)
		throw new Refusal(404, 'The requested resource could not be found');
	const fields = c.fields();
	if (f.type === 'browser') c.checkCsrf(f, fields.csrf_token);
	else if (c.req.headers.cookie || c.req.headers.origin) {
		k.complaints.push('an API flow with a cookie or an origin');
		throw new Refusal(400, 'The request was malformed', { reason: 'The HTTP Request Header included the "Cookie" key, indicating that this request was made by a Browser.' });
	}
	return [f, fields];
}

function showAgain(k, c, f) {
	if (c.wantsJson || f.type === 'api') c.send(400, flowJson(k, c, f));
	else c.go(`${k.base}${UI[f.kind]}?flow=${f.id}`);
}

const submitLogin = orErrorPage((k, c) => {
	const [f, fields] = submitted(k, c, 'login');
	if (f.expires_at < now()) {
		const next = newFlow(k, c, 'login', f.type, { return_to: f.return_to,
			messages: [message(4010001, 'The login flow expired 1.00 minutes ago, please try again.', 'error')] });
		if (c.wantsJson)
			throw new Refusal(410, 'The self-service flow expired.', { id: 'self_service_flow_expired', use_flow_id: next.id });
		c.go(`${k.base}${UI.login}?flow=${next.id}`);
		return;
	}
	if (fields.method !== 'password') throw new Refusal(400, 'no strategy');
	f.active = 'password';
	f.values.identifier = fields.identifier;
	const who = k.byEmail(fields.identifier ?? '');
	if (!who || who.password !== fields.password) {
		f.messages = [WRONG()];
		showAgain(k, c, f);
		return;
	}
	if (who.state !== 'active')
		throw new Refusal(401, 'identity is disabled', { id: 'identity_disabled' });
	if (f.type === 'api') {
		const s = k.addSession(who, 'token', c.req.headers['user-agent']);
		c.send(200, { session_token: s.secret, session: k.sessionJson(s), continue_with: [] });
		return;
	}
	const old = c.session();
	const s = f.refresh && old?.identity === who ? Object.assign(old, { authenticated_at: now() })
		: k.addSession(who, 'cookie', c.req.headers['user-agent']);
	c.cookie(SESSION, s.secret, 86400);
	c.freshCsrf();
	if (c.wantsJson) c.send(200, { session: k.sessionJson(s),
		continue_with: [{ action: 'redirect_browser_to', redirect_browser_to: f.return_to ?? `${k.base}/dashboard` }] });
	else c.go(f.return_to ?? `${k.base}/dashboard`);
});

const submitSettings = orErrorPage((k, c) => {
	const [f, fields] = submitted(k, c, 'settings');
	const s = c.needSession();
	if (s.identity !== f.identity) throw new Refusal(403, 'The request was forbidden', { id: 'security_identity_mismatch' });
	f.active = fields.method;
	f.messages = [];
	if (fields.method === 'password') {
		if (Date.parse(s.authenticated_at) < Date.now() - 15 * MINUTE) {
			const to = `${k.base}/self-service/login/browser?refresh=true&return_to=${encodeURIComponent(`${k.base}/self-service/settings?flow=${f.id}`)}`;
			if (c.wantsJson) throw new Refusal(403, 'The login session is too old', { id: 'session_refresh_required', redirect_browser_to: to });
			c.go(to);
			return;
		}
		if ((fields.password ?? '').length < 8) {
			f.messages = [message(4000032, 'The password must be at least 8 characters long.', 'error')];
			showAgain(k, c, f);
			return;
		}
		f.identity.password = fields.password;
	} else if (fields.method === 'profile') {
		for (const part of ['first', 'last'])
			if (!fields[`traits.name.${part}`]) {
				f.messages = [message(4000002, `Property ${part} is missing.`, 'error')];
				showAgain(k, c, f);
				return;
			}
		f.identity.traits.name = { first: fields['traits.name.first'], last: fields['traits.name.last'] };
	} else throw new Refusal(400, 'no strategy');
	f.state = 'success';
	f.messages = [message(1050001, 'Your changes have been saved!', 'success')];
	answerFlow(k, c, f);
});

const submitRecovery = orErrorPage((k, c) => {
	const [f, fields] = submitted(k, c, 'recovery');
	if (fields.email) {
		f.values.email = fields.email;
		f.code = String(100000 + randomBytes(3).readUIntBE(0, 3) % 900000);
		f.state = 'sent_email';
		f.active = 'code';
		f.messages = [message(1060003, 'An email containing a recovery code has been sent to the email address you provided.')];
		answerFlow(k, c, f);
		return;
	}
	const who = k.byEmail(f.values.email ?? '');
	if (!who || fields.code !== f.code) {
		f.messages = [message(4060006, 'The recovery code is invalid or has already been used. Please try again.', 'error')];
		answerFlow(k, c, f);
		return;
	}
	f.state = 'passed_challenge';
	const s = k.addSession(who, 'cookie', c.req.headers['user-agent']);
	c.cookie(SESSION, s.secret, 86400);
	c.freshCsrf();
	const next = newFlow(k, c, 'settings', 'browser', { identity: who, return_to: undefined,
		messages: [message(1060001, 'You successfully recovered your account. Please change your password or set up an alternative login method (e.g. social sign in) within the next 15.00 minutes.', 'success')] });
	const to = `${k.base}${UI.settings}?flow=${next.id}`;
	if (c.wantsJson)
		throw new Refusal(422, 'browser location change required', { id: 'browser_location_change_required', redirect_browser_to: to });
	c.go(to);
});

function whoami(k, c) {
	const s = c.needSession();
	c.send(200, k.sessionJson(s), { 'x-kratos-authenticated-identity-id': s.identity.id });
}

const others = (k, s) => [...k.sessions.values()].filter((o) => o.identity === s.identity && o !== s && o.active);

function beginLogout(k, c) {
	const s = c.cookies.has(SESSION) ? c.session() : null;
	if (!s)
		throw new Refusal(401, 'The request could not be authorized', { id: 'session_inactive', reason: 'No active session was found in this request.' });
	s.logout ??= `ory_lo_${randomBytes(24).toString('base64url').replace(/[-_]/g, 'x')}`;
	c.send(200, { logout_url: `${k.base}/self-service/logout?token=${s.logout}`, logout_token: s.logout });
}

function logout(k, c) {
	if (!c.query.get('token')) throw new Refusal(400, 'The request was malformed', { reason: 'Please include a token in the URL query.' });
	const s = c.session();
	if (!s) {
		if (c.wantsJson) throw new Refusal(401, 'The request could not be authorized', { id: 'session_inactive' });
		c.go(`${k.base}/`);
		return;
	}
	if (s.logout !== c.query.get('token')) throw new Refusal(403, 'The request was forbidden', { id: 'security_csrf_violation' });
	s.active = false;
	c.cookie(SESSION, '', -1);
	c.freshCsrf();
	if (c.wantsJson) c.send(204);
	else c.go(`${k.base}/`);
}

function logoutApi(k, c) {
	const body = c.json();
	only(body, ['session_token'], 'body');
	const s = k.sessions.get(body.session_token);
	if (!s || s.carrier !== 'token') throw new Refusal(403, 'The request was forbidden', { reason: 'The provided Session Token could not be found, is invalid, or otherwise malformed.' });
	s.active = false;
	c.send(204);
}

const publicRoutes = [
	['*', /^\/sessions\/whoami$/, whoami],
	['GET', /^\/sessions$/, (k, c) => {
		const s = c.needSession();
		const list = others(k, s).map((o) => k.sessionJson(o));
		c.send(200, list, { link: `</sessions?page=0&page_size=${c.query.get('page_size') ?? 250}>; rel="first"`, 'x-total-count': String(list.length) });
	}],
	['DELETE', /^\/sessions$/, (k, c) => {
		const list = others(k, c.needSession());
		for (const o of list) o.active = false;
		c.send(200, { count: list.length });
	}],
	['DELETE', /^\/sessions\/([^/]+)$/, (k, c, id) => {
		const s = c.needSession();
		if (id === s.id) throw new Refusal(400, 'The request was malformed', { reason: 'Cannot revoke current session. Please use a logout flow instead.' });
		const o = others(k, s).find((x) => x.id === id);
		if (!o) throw new Refusal(404, 'The requested resource could not be found');
		o.active = false;
		c.send(204);
	}],
	['GET', /^\/self-service\/login\/api$/, (k, c) => answerFlow(k, c, newFlow(k, c, 'login', 'api'))],
	['GET', /^\/self-service\/login\/browser$/, begin('login')],
	['GET', /^\/self-service\/recovery\/browser$/, begin('recovery')],
	['GET', /^\/self-service\/settings\/browser$/, begin('settings')],
	...['login', 'recovery', 'settings'].map((kind) => ['GET', new RegExp(`^/self-service/${kind}/flows$`), getFlow(kind)]),
	['POST', /^\/self-service\/login$/, submitLogin],
	['POST', /^\/self-service\/settings$/, submitSettings],
	['POST', /^\/self-service\/recovery$/, submitRecovery],
	['GET', /^\/self-service\/errors$/, (k, c) => {
		const error = k.errors.get(c.query.get('id'));
		if (!error) throw new Refusal(404, 'The requested resource could not be found');
		c.send(200, { id: c.query.get('id'), error, created_at: now(), updated_at: now() });
	}],
	['GET', /^\/self-service\/logout\/browser$/, beginLogout],
	['GET', /^\/self-service\/logout$/, logout],
	['DELETE', /^\/self-service\/logout\/api$/, logoutApi],
	['GET', /^\/health\/(?:alive|ready)$/, (k, c) => c.send(200, { status: 'ok' })],
];

// --- administrator -------------------------------------------------------------

const HASHES = /^(\$2[aby]\$\d\d\$[./A-Za-z0-9]{53}|\$argon2i?d?\$.+)$/;

function checkTraits(t) {
	only(t, ['email', 'name'], 'traits');
	only(t.name ?? {}, ['first', 'last'], 'traits.name');
	if (!/^[^@\s]+@[^@\s]+$/.test(t.email ?? '') || !t.name?.first || !t.name?.last)
		throw new Refusal(400, 'The request was malformed', { reason: 'I[#/traits] S[#/properties/traits] validation failed' });
}

function readCredentials(creds, k) {
	only(creds, ['password', 'oidc'], 'credentials');
	only(creds.password ?? {}, ['config'], 'credentials.password');
	const config = creds.password?.config ?? {};
	only(config, ['hashed_password', 'password', 'use_password_migration_hook'], 'config');
	if (config.hashed_password && !HASHES.test(config.hashed_password))
		throw new Refusal(400, 'The request was malformed', { reason: 'The imported password does not match any known hash format. For more information see https://www.ory.sh/dr/2' });
	if (config.hashed_password) k.hashes = [...(k.hashes ?? []), config.hashed_password];
	return config.password || (config.hashed_password ? `hash:${config.hashed_password}` : undefined);
}

function createIdentity(k, c) {
	const body = c.json(false);
	only(body, ['schema_id', 'traits', 'credentials', 'verifiable_addresses', 'recovery_addresses',
		'metadata_public', 'metadata_admin', 'state', 'organization_id'], 'body');
	if (body.schema_id !== 'user') throw new Refusal(400, 'The request was malformed', { reason: 'Unable to find JSON Schema ID' });
	if (body.state && !['active', 'inactive'].includes(body.state)) throw new Refusal(400, 'identity state is not valid');
	checkTraits(body.traits);
	for (const a of body.verifiable_addresses ?? []) only(a, ADDRESS, 'address');
	const password = readCredentials(body.credentials ?? {}, k);
	const email = body.traits.email.toLowerCase();
	if (k.byEmail(email))
		throw new Refusal(409, 'The resource could not be created due to a conflict', { reason: 'This identity conflicts with another identity that already exists.' });
	const a = body.verifiable_addresses?.find((x) => x.value.toLowerCase() === email);
	const i = k.addIdentity({ email, first: body.traits.name.first, last: body.traits.name.last, password,
		verified: a?.verified === true && a.status === 'completed' && a.via === 'email', admin: body.metadata_admin ?? null, state: body.state ?? 'active' });
	c.send(201, k.shown(i, true), { location: `${k.base}/admin/identities/${i.id}` });
}

function need(k, id) {
	const i = k.identities.get(id);
	if (!i) throw new Refusal(404, 'Unable to locate the resource');
	return i;
}

function listIdentities(k, c) {
	const ids = c.query.getAll('ids');
	const identifier = c.query.get('credentials_identifier');
	const size = Number(c.query.get('page_size') ?? 250);
	if (ids.length > 500) throw new Refusal(400, 'The request was malformed', { reason: 'The number of ids to filter must not exceed 500.' });
	if (ids.some((id) => !UUID.test(id))) throw new Refusal(400, 'The request was malformed', { reason: 'Invalid UUID value' });
	if (ids.length && identifier) throw new Refusal(400, 'The request was malformed', { reason: 'Cannot pass both ids and credentials_identifier.' });
	if (!(size >= 1 && size <= 1000)) throw new Refusal(400, 'The request was malformed', { reason: 'page_size' });
	for (const key of c.query.keys())
		if (!['ids', 'credentials_identifier', 'page_size', 'page_token'].includes(key)) k.complaints.push(`query ${key}`);
	const all = identifier ? [k.byEmail(identifier)].filter(Boolean)
		: [...k.identities.values()].filter((i) => ids.length === 0 || ids.includes(i.id));
	const page = all.slice(0, size);
	c.send(200, page.map((i) => k.shown(i, true)), { link: `</admin/identities?page_size=${size}&page_token=x>; rel="first"` });
}

function updateIdentity(k, c, id) {
	const body = c.json();
	only(body, ['schema_id', 'traits', 'credentials', 'metadata_public', 'metadata_admin', 'state'], 'body');
	const i = need(k, id);
	checkTraits(body.traits);
	if (body.credentials) i.password = readCredentials(body.credentials, k) ?? i.password;
	Object.assign(i, { traits: body.traits, state: body.state || i.state,
		metadata_public: body.metadata_public ?? null, metadata_admin: body.metadata_admin ?? null });
	c.send(200, k.shown(i, true));
}

const adminRoutes = [
	['POST', /^\/admin\/identities$/, createIdentity],
	['GET', /^\/admin\/identities$/, listIdentities],
	['GET', /^\/admin\/identities\/([^/]+)$/, (k, c, id) => c.send(200, k.shown(need(k, id), true))],
	['PUT', /^\/admin\/identities\/([^/]+)$/, updateIdentity],
	['DELETE', /^\/admin\/identities\/([^/]+)$/, (k, c, id) => {
		need(k, id);
		k.identities.delete(id);
		for (const s of k.sessions.values()) if (s.identity.id === id) s.active = false;
		c.send(204);
	}],
	['DELETE', /^\/admin\/identities\/([^/]+)\/sessions$/, (k, c, id) => {
		const list = [...k.sessions.values()].filter((s) => s.identity.id === id && s.active);
		if (list.length === 0) throw new Refusal(404, 'Unable to locate the resource');
		for (const s of list) s.active = false;
		c.send(204);
	}],
	['GET', /^\/admin\/sessions$/, (k, c) => c.send(200, [...k.sessions.values()].map((s) => k.sessionJson(s)))],
	['GET', /^\/admin\/health\/(?:alive|ready)$/, (k, c) => c.send(200, { status: 'ok' })],
	['GET', /^\/admin\/version$/, (k, c) => c.send(200, { version: 'v1.3.0' })],
];
