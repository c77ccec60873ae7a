// A Stripe on loopback, as strict as the real one about what it is sent: the
// key, the version, the form, idempotency. It keeps customers, checkouts,
// subscriptions and invoices, hosts the pages where one pays and changes a
// subscription, and delivers signed events. As a module it is driven by tests;
// as a command it serves a person who tries things out:
//
//	node tests/service/kit/stripe.mjs --port N --hook URL
//	    [--key sk_test_...] [--secret whsec_...]
//	    [--starter price_...] [--pro price_...]
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import http from 'node:http';
import { pathToFileURL } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';
import { Refusal, boolean, email, integer, invalid, list, metadata, missing, oneOf, parseForm,
	read, required, struct, text, url } from './stripe_form.mjs';
import { checkoutPage, errorPage, portalPage } from './stripe_pages.mjs';

const VERSION = '2023-10-16';
const MONTH = 30 * 86400;
const RUNNING = ['active', 'trialing', 'past_due', 'unpaid'];
const AMOUNT = { starter: 800, pro: 1200 };
const RETRY_MS = 2000; // a person does not wait for hours
const RETRIES = 30;

const now = () => Math.floor(Date.now() / 1000);
const token = (n = 12) => randomBytes(n).toString('hex');

// --- signatures --------------------------------------------------------------------

export function signature(secret, body, at = now()) {
	const mac = createHmac('sha256', secret).update(`${at}.`).update(body).digest('hex');
	return `t=${at},v1=${mac}`;
}

// --- what each call takes ------------------------------------------------------------

const CUSTOMER = {
	email, name: text(256), description: text(), phone: text(20), metadata,
};

const COMMON = { expand: list(text()) };

const CHECKOUT = {
	...COMMON,
	mode: required(oneOf('payment', 'setup', 'subscription')),
	customer: text(), customer_email: email, client_reference_id: text(200),
	line_items: required(list(struct({
		price: required(text()), quantity: required(integer(1, 999999)),
	}))),
	success_url: required(url), cancel_url: url, expires_at: integer(0, 2 ** 40), metadata,
	subscription_data: struct({ metadata, description: text(500), trial_period_days: integer(1, 730) }),
	allow_promotion_codes: boolean, locale: text(10),
};

const PORTAL = {
	...COMMON,
	customer: required(text()), return_url: url, configuration: text(), locale: text(10),
	flow_data: struct({
		type: required(oneOf('payment_method_update', 'subscription_cancel',
			'subscription_update', 'subscription_update_confirm')),
		subscription_update: struct({ subscription: required(text()) }),
		subscription_cancel: struct({ subscription: required(text()) }),
	}),
};

const PRORATION = oneOf('always_invoice', 'create_prorations', 'none');

const SUBSCRIPTION = {
	...COMMON,
	items: list(struct({ id: text(), price: text(), quantity: integer(0, 999999), deleted: boolean })),
	proration_behavior: PRORATION, cancel_at_period_end: boolean, metadata,
};

const CANCEL = {
	...COMMON,
	prorate: boolean, invoice_now: boolean,
	cancellation_details: struct({ comment: text(), feedback: text() }),
};

const RANGE = struct(Object.fromEntries(['gt', 'gte', 'lt', 'lte']
	.map((k) => [k, integer(0, 2 ** 40)])));

const PAGE = {
	...COMMON, limit: integer(1, 100), starting_after: text(), ending_before: text(),
	created: (v, name) => typeof v === 'string'
		? (n => ({ gte: n, lte: n }))(integer(0, 2 ** 40)(v, name)) : RANGE(v, name),
};

const SESSIONS = {
	...PAGE, customer: text(), subscription: text(), payment_intent: text(),
	status: oneOf('open', 'complete', 'expired'),
};

const SUBSCRIPTIONS = { ...PAGE, customer: text(), price: text(), status: text() };

// --- the service -----------------------------------------------------------------------

export class Stripe {
	// hook: the address of the webhook, or a function (headers, body) => status.
	// auto: what happens on a page is delivered at once.
	constructor({ key = 'sk_test_mirai', secret = 'whsec_mirai', hook = null, auto = true,
		starter = 'price_starter', pro = 'price_pro', retry = false, log = null } = {}) {
		Object.assign(this, { key, secret, hook, auto, retry, log });
		this.prices = new Map([[starter, 'starter'], [pro, 'pro']]
			.map(([id, plan]) => [id, priceOf(id, plan)]));
		this.customers = new Map();
		this.sessions = new Map();
		this.subscriptions = new Map();
		this.invoices = new Map();
		this.portals = new Map();
		this.events = [];
		this.requests = []; // { method, path, key, params } in their order
		this.faults = [];
		this.keys = new Map(); // idempotency
		this.server = http.createServer((req, res) => this.#serve(req, res));
	}

	async listen(port = 0, host = '127.0.0.1') {
		await new Promise((resolve, reject) => {
			this.server.once('error', reject).listen(port, host, resolve);
		});
		this.base = `http://${host}:${this.server.address().port}`;
		return this.base;
	}

	close() {
		this.server.closeAllConnections?.();
		return new Promise((resolve) => { this.server.close(resolve); });
	}

	// The next calls (times) that match fail. method, path: what to match, path
	// as a RegExp. how: a status; 'hang'; 'drop' before anything is done; 'lose'
	// the answer of what was done; 'garbage'; or a function of the answer's body
	// that makes another one.
	fault(how, { method = null, path = /./, times = 1 } = {}) {
		this.faults.push({ how, method, path, times });
	}

	#takeFault(req, path) {
		const f = this.faults.find((x) => x.times > 0 &&
			(x.method === null || x.method === req.method) && x.path.test(path));
		if (f !== undefined)
			f.times--;
		return f?.how ?? null;
	}

	// --- HTTP ---

	async #serve(req, res) {
		const chunks = [];
		try {
			for await (const c of req)
				chunks.push(c);
		} catch {
			return;
		}
		const body = Buffer.concat(chunks).toString();
		const { pathname, search } = new URL(req.url, 'http://x');
		if (pathname.startsWith('/v1/'))
			await this.#api(req, res, pathname, search.slice(1), body);
		else
			await this.#page(req, res, pathname, body);
	}

	async #api(req, res, path, query, body) {
		const request = { method: req.method, path, key: req.headers['idempotency-key'] ?? null,
			params: null, query, body };
		this.requests.push(request);
		const how = this.#takeFault(req, path);
		if (how === 'hang')
			return;
		if (how === 'drop') {
			req.socket.destroy();
			return;
		}
		const answer = Number.isInteger(how) ? failure(how) : await this.#answer(req, request);
		this.log?.(`${req.method} ${path}: ${answer.status}`);
		if (how === 'lose') {
			req.socket.destroy();
			return;
		}
		send(res, answer, how);
	}

	async #answer(req, request) {
		try {
			this.#checkHead(req, request);
			request.params = parseForm(req.method === 'POST' ? request.body : request.query);
			if (req.method !== 'POST' && request.body !== '')
				throw invalid('A body is of no use here');
			if (req.method !== 'POST' || request.key === null)
				return { status: 200, body: this.#route(request) };
			return await this.#once(request);
		} catch (e) {
			if (!(e instanceof Refusal))
				throw e;
			return { status: e.status, body: { error: e.error } };
		}
	}

	#checkHead(req, request) {
		const sent = Buffer.from(req.headers.authorization ?? '');
		const want = Buffer.from(`Bearer ${this.key}`);
		if (sent.length !== want.length || !timingSafeEqual(sent, want))
			throw new Refusal(401, { message: sent.length === 0
				? 'You did not provide an API key.' : 'Invalid API Key provided.' });
		if (req.headers['stripe-version'] !== VERSION)
			throw invalid(`Invalid Stripe API version: ${req.headers['stripe-version']}`);
		const type = (req.headers['content-type'] ?? '').split(';')[0];
		if (req.method === 'POST' && type !== 'application/x-www-form-urlencoded')
			throw invalid(`Invalid content type: ${type}`);
		if (request.key !== null && (request.key === '' || request.key.length > 255))
			throw invalid('Idempotency keys have at most 255 characters');
	}

	// The same key and parameters have the same answer; what was refused before
	// anything was done is not remembered.
	async #once(request) {
		const of = `${request.path} ${canonical(request.params)}`;
		const known = this.keys.get(request.key);
		if (known !== undefined && known.of !== of)
			throw new Refusal(400, { type: 'idempotency_error', message:
				'Keys for idempotent requests can only be used with the same parameters they were first used with.' });
		if (known?.answer !== undefined)
			return { ...known.answer, headers: { 'idempotent-replayed': 'true' } };
		if (known !== undefined)
			throw new Refusal(409, { type: 'idempotency_error', code: 'idempotency_key_in_use',
				message: 'There is another request in progress using this key.' });
		const entry = { of, answer: undefined };
		this.keys.set(request.key, entry);
		try {
			if (this.slow > 0)
				await sleep(this.slow);
			entry.answer = { status: 200, body: structuredClone(this.#route(request)) };
			return entry.answer;
		} catch (e) {
			this.keys.delete(request.key);
			throw e;
		}
	}

	// --- the calls ---

	#route({ method, path, params }) {
		for (const [m, pattern, call] of ROUTES) {
			const found = m === method ? pattern.exec(path) : null;
			if (found !== null)
				return call.call(this, params, ...found.slice(1));
		}
		throw new Refusal(404, { message: `Unrecognized request URL (${method}: ${path}).` });
	}

	#find(kind, id) {
		const o = this[`${kind}s`].get(id);
		if (o === undefined)
			throw missing(kind, id);
		return o;
	}

	// One that a parameter names: its absence is the caller's fault.
	#named(kind, id, param) {
		const o = this[`${kind}s`].get(id);
		if (o === undefined || o.deleted)
			throw missing(kind, id, param, 400);
		return o;
	}

	createCustomer(params) {
		const p = read({ ...COMMON, ...CUSTOMER }, params);
		const c = { id: `cus_${token(7)}`, object: 'customer', balance: 0, created: now(),
			currency: null, delinquent: false, description: p.description ?? null,
			email: p.email ?? null, livemode: false, metadata: p.metadata ?? {},
			name: p.name ?? null, phone: p.phone ?? null };
		this.customers.set(c.id, c);
		return c;
	}

	updateCustomer(params, id) {
		const c = this.#find('customer', id);
		const p = read({ ...COMMON, ...CUSTOMER }, params);
		merge(c, p);
		return c;
	}

	deleteCustomer(params, id) {
		this.#find('customer', id);
		read(COMMON, params);
		for (const s of this.runningOf(id))
			this.endSubscription(s.id);
		const gone = { id, object: 'customer', deleted: true };
		this.customers.set(id, gone);
		return gone;
	}

	readCustomer(params, id) {
		read(COMMON, params);
		return this.#find('customer', id);
	}

	createSession(params) {
		const p = read(CHECKOUT, params);
		if (p.customer !== undefined)
			this.#named('customer', p.customer, 'customer');
		if (p.mode !== 'subscription')
			throw invalid('Only subscriptions are sold here', 'mode');
		if (p.line_items.length !== 1)
			throw invalid('One line item is expected', 'line_items');
		this.#named('price', p.line_items[0].price, 'line_items[0][price]');
		checkExpiry(p.expires_at);
		const id = `cs_test_${token(24)}`;
		const s = { id, object: 'checkout.session', amount_total: this.#total(p.line_items[0]),
			cancel_url: p.cancel_url ?? null, client_reference_id: p.client_reference_id ?? null,
			created: now(), currency: 'usd', customer: p.customer ?? null,
			expires_at: p.expires_at ?? now() + 86400, livemode: false,
			metadata: p.metadata ?? {}, mode: p.mode, payment_status: 'unpaid', status: 'open',
			subscription: null, success_url: p.success_url, url: `${this.base}/pay/${id}` };
		hide(s, { line: p.line_items[0], data: p.subscription_data ?? {} });
		this.sessions.set(id, s);
		return s;
	}

	#total(line) {
		return this.prices.get(line.price).unit_amount * line.quantity;
	}

	readSession(params, id) {
		read(COMMON, params);
		return this.#find('session', id);
	}

	expireSession(params, id) {
		read(COMMON, params);
		const s = this.#find('session', id);
		if (s.status !== 'open')
			throw invalid(`Only Checkout Sessions with a status in ["open"] can be expired. This Checkout Session has a status of ${s.status}.`);
		this.#endSession(s);
		return s;
	}

	#endSession(s) {
		s.status = 'expired';
		s.url = null;
		this.emit('checkout.session.expired', s);
	}

	listSessions(params) {
		const p = read(SESSIONS, params);
		return pageOf([...this.sessions.values()], p, '/v1/checkout/sessions',
			['status', 'customer', 'subscription']);
	}

	createPortal(params) {
		const p = read(PORTAL, params);
		this.#named('customer', p.customer, 'customer');
		const flow = p.flow_data ?? null;
		if (flow?.type === 'subscription_update')
			this.#checkFlow(p, flow.subscription_update?.subscription);
		const id = `bps_${token()}`;
		const b = { id, object: 'billing_portal.session', configuration: 'bpc_default',
			created: now(), customer: p.customer, flow, livemode: false, locale: null,
			on_behalf_of: null, return_url: p.return_url ?? null,
			url: `${this.base}/portal/${id}` };
		this.portals.set(id, b);
		return b;
	}

	#checkFlow(p, id) {
		if (id === undefined)
			throw invalid('Missing required param: flow_data[subscription_update].',
				'flow_data[subscription_update]', 'parameter_missing');
		const param = 'flow_data[subscription_update][subscription]';
		const s = this.#named('subscription', id, param);
		if (s.customer !== p.customer)
			throw invalid('The subscription belongs to another customer', param);
		if (!RUNNING.includes(s.status))
			throw invalid('The subscription cannot be updated', param);
	}

	readSubscription(params, id) {
		read(COMMON, params);
		return this.#find('subscription', id);
	}

	listSubscriptions(params) {
		const p = read(SUBSCRIPTIONS, params);
		const all = [...this.subscriptions.values()].filter((s) =>
			p.status === 'all' || p.status === undefined ? p.status === 'all' || s.status !== 'canceled'
				: s.status === p.status);
		return pageOf(all, p, '/v1/subscriptions', ['customer']);
	}

	updateSubscription(params, id) {
		const s = this.#find('subscription', id);
		const p = read(SUBSCRIPTION, params);
		if (s.status === 'canceled')
			throw invalid('A canceled subscription can only update its cancellation_details and metadata.');
		for (const [i, item] of (p.items ?? []).entries())
			this.#updateItem(s, item, i);
		delete p.items;
		delete p.proration_behavior;
		merge(s, p);
		this.emit('customer.subscription.updated', s);
		return s;
	}

	#updateItem(s, item, i) {
		const own = s.items.data.find((x) => x.id === item.id);
		if (own === undefined)
			throw item.id === undefined ? invalid('A subscription of several items is not known here')
				: missing('subscription_item', item.id, `items[${i}][id]`, 400);
		if (item.price !== undefined)
			own.price = this.#named('price', item.price, `items[${i}][price]`);
		own.quantity = item.quantity ?? own.quantity;
	}

	cancelSubscription(params, id) {
		const s = this.#find('subscription', id);
		const p = read(CANCEL, params);
		if (s.status === 'canceled')
			throw missing('subscription', id);
		s.cancellation_details = { comment: p.cancellation_details?.comment ?? null,
			feedback: p.cancellation_details?.feedback ?? null, reason: 'cancellation_requested' };
		s.prorated = p.prorate ?? false;
		return this.endSubscription(id);
	}

	readInvoice(params, id) {
		read(COMMON, params);
		return this.#find('invoice', id);
	}

	readPrice(params, id) {
		read(COMMON, params);
		return this.#find('price', id);
	}

	// --- what customers do ---

	runningOf(customer) {
		return [...this.subscriptions.values()].filter((s) => s.customer === customer &&
			RUNNING.includes(s.status));
	}

	// Ends a checkout: 'paid', or 'unpaid' by a method that takes days. Returns
	// the session.
	async pay(id, payment = 'paid') {
		const s = this.sessions.get(id);
		if (s?.status !== 'open')
			throw new Error(`checkout ${id} is ${s?.status ?? 'unknown'}`);
		if (s.expires_at <= now())
			throw new Error(`checkout ${id} is over`);
		s.customer ??= this.createCustomer({}).id;
		const sub = this.#subscribe(s);
		Object.assign(s, { status: 'complete', payment_status: payment, url: null,
			subscription: sub.id });
		await Promise.all([this.emit('customer.subscription.created', sub),
			this.emit('checkout.session.completed', s)]);
		return s;
	}

	// How a payment that took days went.
	async settle(id, good) {
		const s = this.sessions.get(id);
		const sub = this.subscriptions.get(s.subscription);
		s.payment_status = good ? 'paid' : 'unpaid';
		sub.status = good ? 'active' : 'incomplete_expired';
		await this.emit(`checkout.session.async_payment_${good ? 'succeeded' : 'failed'}`, s);
	}

	#subscribe(session) {
		const { line, data } = session.hidden;
		const id = `sub_${token()}`;
		const sub = { id, object: 'subscription', cancel_at: null, cancel_at_period_end: false,
			canceled_at: null, cancellation_details: { comment: null, feedback: null, reason: null },
			created: now(), currency: 'usd', current_period_end: now() + MONTH,
			current_period_start: now(), customer: session.customer, ended_at: null,
			items: { object: 'list', data: [{ id: `si_${token(7)}`, object: 'subscription_item',
				created: now(), metadata: {}, price: this.prices.get(line.price),
				quantity: line.quantity, subscription: id }],
			has_more: false, total_count: 1, url: `/v1/subscription_items?subscription=${id}` },
			latest_invoice: null, livemode: false, metadata: { ...data.metadata },
			quantity: line.quantity, status: 'active' };
		this.subscriptions.set(id, sub);
		sub.latest_invoice = this.#invoice(sub, 'paid', 'subscription_create').id;
		return sub;
	}

	#invoice(sub, status, reason) {
		const item = sub.items.data[0];
		const i = { id: `in_${token()}`, object: 'invoice', amount_due: item.price.unit_amount *
			item.quantity, attempt_count: 1, billing_reason: reason, created: now(), currency: 'usd',
			customer: sub.customer, livemode: false, status, subscription: sub.id };
		this.invoices.set(i.id, i);
		return i;
	}

	// Makes one as if it had been bought, for states that a test begins with.
	subscribe(customer, plan, quantity, more = {}) {
		const price = [...this.prices.values()].find((p) => p.nickname === plan);
		const s = { customer };
		hide(s, { line: { price: price.id, quantity }, data: {} });
		return Object.assign(this.#subscribe(s), more);
	}

	// this.told: resolves when that was told to whom it may concern.
	endSubscription(id) {
		const s = this.subscriptions.get(id);
		Object.assign(s, { status: 'canceled', canceled_at: now(), ended_at: now() });
		this.told = this.emit('customer.subscription.deleted', s);
		return s;
	}

	changeSubscription(id, { plan, quantity, ...rest }) {
		const s = this.subscriptions.get(id);
		const item = s.items.data[0];
		if (plan !== undefined)
			item.price = [...this.prices.values()].find((p) => p.nickname === plan);
		item.quantity = quantity ?? item.quantity;
		Object.assign(s, rest);
		return this.emit('customer.subscription.updated', s);
	}

	// A renewal that cannot be collected.
	async failPayment(id) {
		const s = this.subscriptions.get(id);
		const i = this.#invoice(s, 'open', 'subscription_cycle');
		Object.assign(s, { status: 'past_due', latest_invoice: i.id });
		await Promise.all([this.emit('invoice.payment_failed', i),
			this.emit('customer.subscription.updated', s)]);
		return i;
	}

	settleInvoice(id) {
		const s = this.subscriptions.get(id);
		const i = this.invoices.get(s.latest_invoice);
		if (i !== undefined)
			i.status = 'paid';
		s.status = 'active';
		return this.emit('customer.subscription.updated', s);
	}

	// --- events ---

	event(type, object) {
		const e = { id: `evt_${token()}`, object: 'event', api_version: VERSION, created: now(),
			data: { object: structuredClone(object) }, livemode: false, pending_webhooks: 1,
			request: { id: null, idempotency_key: null }, type };
		this.events.push(e);
		return e;
	}

	// Makes an event and, unless told otherwise, delivers it.
	emit(type, object) {
		const e = this.event(type, object);
		if (!this.auto || this.hook === null)
			return Promise.resolve(e);
		return this.#deliverUntilTaken(e);
	}

	async #deliverUntilTaken(e) {
		let [status] = await this.deliver(e);
		this.log?.(`event ${e.type}: ${status}`);
		for (let i = 0; this.retry && i < RETRIES && (status < 200 || status > 299); i++) {
			await sleep(RETRY_MS);
			[status] = await this.deliver(e);
			this.log?.(`event ${e.type} again: ${status}`);
		}
		return e;
	}

	// Delivers an event (or several: all at once); the statuses of the answers.
	// times: each so often, at once as well. secret, at: for wrong signatures.
	deliver(events, { times = 1, secret = this.secret, at = now(), header = null, hook = this.hook } = {}) {
		const all = [events].flat().flatMap((e) => Array(times).fill(e));
		return Promise.all(all.map((e) => {
			const body = typeof e === 'string' ? e : JSON.stringify(e, null, 2);
			return post(hook, { 'content-type': 'application/json; charset=utf-8',
				'stripe-signature': header ?? signature(secret, body, at),
				'user-agent': 'Stripe/1.0 (+https://stripe.com/docs/webhooks)' }, body);
		}));
	}

	// --- pages ---

	async #page(req, res, path, body) {
		const m = /^\/(pay|portal)\/(\w+)$/.exec(path);
		const at = m === null ? undefined : (m[1] === 'pay' ? this.sessions : this.portals).get(m[2]);
		if (at === undefined) {
			html(res, 404, errorPage('There is no such page.'));
			return;
		}
		try {
			if (req.method === 'POST')
				await this.#submit(res, m[1], at, new URLSearchParams(body));
			else
				html(res, 200, this.#show(m[1], at));
		} catch (e) {
			html(res, 400, errorPage(e.message));
		}
	}

	#show(kind, at) {
		if (kind === 'portal')
			return portalPage(at, this.customers.get(at.customer), this.runningOf(at.customer),
				[...this.prices.values()]);
		const { line } = at.hidden;
		return checkoutPage(at, this.customers.get(at.customer), this.prices.get(line.price),
			line.quantity);
	}

	async #submit(res, kind, at, form) {
		const action = form.get('action');
		if (kind === 'pay')
			await this.#submitCheckout(res, at, action);
		else {
			await this.#submitPortal(form.get('subscription'), action, form);
			redirect(res, `/portal/${at.id}`);
		}
	}

	async #submitCheckout(res, s, action) {
		if (action === 'cancel') {
			redirect(res, s.cancel_url ?? `/pay/${s.id}`);
			return;
		}
		if (action === 'decline') {
			html(res, 200, errorPage('Your card was declined.'));
			return;
		}
		await this.pay(s.id, action === 'later' ? 'unpaid' : 'paid');
		redirect(res, s.success_url.replaceAll('{CHECKOUT_SESSION_ID}', s.id));
	}

	async #submitPortal(id, action, form) {
		if (action === 'update') {
			const price = this.prices.get(form.get('price'));
			await this.changeSubscription(id, { plan: price.nickname,
				quantity: Math.max(1, Number(form.get('quantity')) | 0) });
		} else if (action === 'end' || action === 'resume')
			await this.changeSubscription(id, { cancel_at_period_end: action === 'end' });
		else if (action === 'stop')
			await this.endSubscription(id);
		else if (action === 'fail')
			await this.failPayment(id);
		else if (action === 'settle')
			await this.settleInvoice(id);
	}
}

const P = Stripe.prototype;
const ROUTES = [
	['POST', /^\/v1\/customers$/, P.createCustomer],
	['GET', /^\/v1\/customers\/(\w+)$/, P.readCustomer],
	['POST', /^\/v1\/customers\/(\w+)$/, P.updateCustomer],
	['DELETE', /^\/v1\/customers\/(\w+)$/, P.deleteCustomer],
	['POST', /^\/v1\/checkout\/sessions$/, P.createSession],
	['GET', /^\/v1\/checkout\/sessions$/, P.listSessions],
	['GET', /^\/v1\/checkout\/sessions\/(\w+)$/, P.readSession],
	['POST', /^\/v1\/checkout\/sessions\/(\w+)\/expire$/, P.expireSession],
	['POST', /^\/v1\/billing_portal\/sessions$/, P.createPortal],
	['GET', /^\/v1\/subscriptions$/, P.listSubscriptions],
	['GET', /^\/v1\/subscriptions\/(\w+)$/, P.readSubscription],
	['POST', /^\/v1\/subscriptions\/(\w+)$/, P.updateSubscription],
	['DELETE', /^\/v1\/subscriptions\/(\w+)$/, P.cancelSubscription],
	['GET', /^\/v1\/invoices\/(\w+)$/, P.readInvoice],
	['GET', /^\/v1\/prices\/(\w+)$/, P.readPrice],
];

// --- helpers ------------------------------------------------------------------------------

function priceOf(id, plan) {
	return { id, object: 'price', active: true, currency: 'usd', livemode: false,
		nickname: plan, product: `prod_${plan}`, recurring: { interval: 'month', interval_count: 1 },
		type: 'recurring', unit_amount: AMOUNT[plan] };
}

// What an object remembers without showing it.
function hide(o, hidden) {
	Object.defineProperty(o, 'hidden', { value: hidden });
}

// Metadata is merged member by member; an empty value takes one away.
function merge(o, changes) {
	for (const [key, value] of Object.entries(changes)) {
		if (key !== 'metadata') {
			o[key] = value;
			continue;
		}
		for (const [k, v] of Object.entries(value))
			if (v === '')
				delete o.metadata[k];
			else
				o.metadata[k] = v;
	}
}

function checkExpiry(at) {
	if (at === undefined)
		return;
	const left = at - now();
	if (left < 1800 || left > 86400)
		throw invalid('The `expires_at` timestamp must be at least 30 minutes and less than 24 hours from Checkout Session creation.', 'expires_at');
}

function pageOf(all, p, path, filters) {
	const c = p.created ?? {};
	let items = all.filter((o) => filters.every((f) => p[f] === undefined || o[f] === p[f]) &&
		!(o.created < c.gte || o.created <= c.gt || o.created > c.lte || o.created >= c.lt));
	items.reverse(); // newest first
	if (p.starting_after !== undefined) {
		const i = items.findIndex((o) => o.id === p.starting_after);
		if (i === -1)
			throw missing('object', p.starting_after, 'starting_after', 400);
		items = items.slice(i + 1);
	}
	const limit = p.limit ?? 10;
	return { object: 'list', data: items.slice(0, limit), has_more: items.length > limit, url: path };
}

function canonical(v) {
	if (v === null || typeof v !== 'object')
		return JSON.stringify(v);
	return `{${Object.keys(v).sort().map((k) => `${JSON.stringify(k)}:${canonical(v[k])}`).join()}}`;
}

const failure = (status) => ({ status, body: { error: {
	type: status === 429 ? 'rate_limit_error' : 'api_error', message: 'Sorry.',
	...(status === 429 && { code: 'rate_limit' }) } } });

function send(res, answer, how) {
	let body = JSON.stringify(typeof how === 'function' ? how(structuredClone(answer.body))
		: answer.body, null, 2);
	if (how === 'garbage')
		body = body.slice(0, body.length / 2);
	res.writeHead(answer.status, { 'content-type': 'application/json',
		'request-id': `req_${token(7)}`, 'stripe-version': VERSION, ...answer.headers });
	res.end(body);
}

function html(res, status, body) {
	res.writeHead(status, { 'content-type': 'text/html; charset=utf-8' });
	res.end(body);
}

function redirect(res, to) {
	res.writeHead(303, { location: to });
	res.end();
}

// The status of the answer; 0: there was none.
async function post(hook, headers, body) {
	if (typeof hook === 'function')
		return hook(headers, body);
	try {
		const r = await fetch(hook, { method: 'POST', headers, body });
		await r.arrayBuffer();
		return r.status;
	} catch {
		return 0;
	}
}

// --- as a command ---------------------------------------------------------------------------

const OPTIONS = ['port', 'hook', 'key', 'secret', 'starter', 'pro'];

async function main(args) {
	const o = {};
	for (let i = 0; i < args.length; i += 2) {
		const name = /^--(.+)$/.exec(args[i])?.[1];
		if (!OPTIONS.includes(name) || args[i + 1] === undefined) {
			console.error(`usage: stripe.mjs ${OPTIONS.map((x) => `[--${x} ...]`).join(' ')}`);
			process.exit(1);
		}
		o[name] = args[i + 1];
	}
	const { port = '0', ...rest } = o;
	const stripe = new Stripe({ ...rest, retry: true, log: (line) => console.log(line) });
	const base = await stripe.listen(Number(port));
	console.log(`stripe.api ${base}`);
	console.log(`stripe.secret_key ${stripe.key}`);
	console.log(`stripe.webhook_secret ${stripe.secret}`);
	for (const p of stripe.prices.values())
		console.log(`stripe.${p.nickname}_price ${p.id}`);
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href)
	await main(process.argv.slice(2));
