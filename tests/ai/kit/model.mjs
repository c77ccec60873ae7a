// What the loopback servers of both wire forms share: a script of what happens
// to the next requests, and a record of what came.
import http from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { good, hostile } from './answers.mjs';

// The request is not what the real server would take.
export class Refused extends Error {
	constructor(status, message) {
		super(message);
		this.status = status;
	}
}

export const demand = (ok, message, status = 400) => {
	if (!ok)
		throw new Refused(status, message);
};

// A JSON Schema of no other words than these.
export function checkSchema(schema, allowed, each = () => {}, at = '$') {
	demand(typeof schema === 'object' && schema !== null && !Array.isArray(schema),
		`${at}: not a schema`);
	for (const word of Object.keys(schema))
		demand(['type', 'properties', 'items', ...allowed].includes(word),
			`${at}: unknown word ${word}`);
	demand(['object', 'array', 'string', 'integer', 'number', 'boolean'].includes(schema.type),
		`${at}: type ${schema.type}`);
	each(schema, at);
	if (schema.type === 'object') {
		demand(Object.keys(schema.properties ?? {}).length > 0, `${at}: no properties`);
		for (const name of schema.required ?? [])
			demand(name in schema.properties, `${at}: requires ${name}, unknown`);
		for (const [name, sub] of Object.entries(schema.properties))
			checkSchema(sub, allowed, each, `${at}.${name}`);
	}
	if (schema.type === 'array')
		checkSchema(schema.items, allowed, each, `${at}[]`);
}

export class Model {
	// tokens: what every answer costs.
	constructor({ key = 'test-key-0123456789', tokens = 100, log = null } = {}) {
		Object.assign(this, { key, tokens, log });
		this.requests = []; // { path, headers, body, at, done }
		this.refused = []; // what was wrong with requests
		this.plan = [];
		this.busy = 0;
		this.mostBusy = 0;
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

	// What happens to the next requests, in order; after them all is good. Each
	// is a name of this.acts or a function (this, question, res).
	script(...plan) {
		this.plan = plan;
		this.requests = [];
		this.refused = [];
		this.mostBusy = 0;
	}

	async #serve(req, res) {
		const chunks = [];
		for await (const c of req)
			chunks.push(c);
		const record = { path: req.url, method: req.method, headers: req.headers,
			body: Buffer.concat(chunks).toString(), at: Date.now(), done: false };
		this.requests.push(record);
		this.log?.(`${req.method} ${req.url}`);
		this.mostBusy = Math.max(this.mostBusy, ++this.busy);
		res.on('close', () => { record.done = true; this.busy--; record.ms = Date.now() - record.at; });
		try {
			const question = this.read(req, record.body);
			record.question = question;
			await this.#act(this.plan.shift() ?? 'good', question, res);
		} catch (e) {
			if (!(e instanceof Refused))
				this.refused.push(`crash: ${e.stack}`);
			else if (!e.expected)
				this.refused.push(e.message);
			this.send(res, e.status ?? 500, this.refusal(e.status ?? 500, e.message));
		}
	}

	async #act(act, question, res) {
		if (typeof act === 'function')
			return act(this, question, res);
		const [name, arg] = act.split(':');
		return acts[name](this, question, res, arg);
	}

	send(res, status, body, headers = {}) {
		if (res.destroyed)
			return;
		res.writeHead(status, { 'content-type': 'application/json', ...headers });
		res.end(typeof body === 'string' ? body : JSON.stringify(body));
	}

	// An answer whose text is this.
	say(res, text, end = 'done') {
		this.send(res, 200, this.answer(typeof text === 'string' ? text : JSON.stringify(text), end));
	}
}

const answerOf = (question) => good(question.schema, question.user);

export const acts = {
	good: (m, q, res) => m.say(res, answerOf(q)),
	async slow(m, q, res, ms) {
		await sleep(Number(ms));
		m.say(res, answerOf(q));
	},
	hang() {},
	// The head of an answer, and then a byte of it now and then.
	async drip(m, q, res) {
		res.writeHead(200, { 'content-type': 'application/json' });
		for (; !res.destroyed; await sleep(20))
			res.write(' ');
	},
	async late(m, q, res, ms) {
		await sleep(Number(ms));
		m.send(res, 503, m.refusal(503, 'scripted'));
	},
	drop: (m, q, res) => { res.destroy(); },
	truncated(m, q, res) {
		const all = JSON.stringify(answerOf(q));
		m.say(res, all.slice(0, all.length / 2), 'length');
	},
	malformed: (m, q, res) => m.say(res, '{"sections": [{'),
	garbage: (m, q, res) => m.send(res, 200, '<html>It works!</html>'),
	wrong: (m, q, res) => m.say(res, Object.fromEntries(
		Object.keys(q.schema.properties).map((k) => [k, 42]))),
	missing(m, q, res) {
		const all = answerOf(q);
		delete all[Object.keys(all)[0]];
		m.say(res, all);
	},
	line: (m, q, res) => m.say(res, JSON.stringify(answerOf(q)).replace(/"(?=[A-Z])/,
		`"${'x'.repeat(1024 * 1024)}`)),
	huge: (m, q, res) => m.say(res, 'x'.repeat(9 * 1024 * 1024)),
	hostile: (m, q, res) => m.say(res, hostile),
	empty: (m, q, res) => m.say(res, ''),
	unsafe: (m, q, res) => m.say(res, '', 'unsafe'),
	status: (m, q, res, status) => m.send(res, Number(status), m.refusal(Number(status), 'scripted')),
	limited: (m, q, res, seconds) => m.send(res, 429, m.refusal(429, 'scripted'),
		seconds === undefined ? {} : { 'retry-after': seconds }),
};

// Serves a person who tries things out.
export async function serve(Class, argv, env) {
	const opts = {};
	for (let i = 0; i + 1 < argv.length; i += 2)
		opts[argv[i].replace(/^--/, '')] = argv[i + 1];
	const m = new Class({ key: opts.key, log: (line) => console.log(line) });
	const base = await m.listen(Number(opts.port ?? 0));
	console.log(`${env}=${m.url ?? base}`);
}
