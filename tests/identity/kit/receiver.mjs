// A strict receiver of web hooks on loopback: whatever is not as it must be is
// an error of its own, and what it answers is scripted.
import { once } from 'node:events';
import http from 'node:http';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

export class Receiver {
	constructor() {
		this.calls = [];
		this.errors = [];
		this.script = [];
	}

	async start() {
		this.server = http.createServer((req, res) => this.take(req, res)).listen(0, '127.0.0.1');
		this.connections = 0;
		this.server.on('connection', () => { this.connections++; });
		await once(this.server, 'listening');
		this.port = this.server.address().port;
		this.url = `http://127.0.0.1:${this.port}`;
		return this;
	}

	stop() {
		this.server.closeAllConnections();
		this.server.close();
	}

	// The answers to come, in their order; afterwards 204 again.
	answers(...list) {
		this.script = list;
	}

	// The calls since this was last asked.
	taken() {
		return this.calls.splice(0);
	}

	expect(good, what) {
		if (!good)
			this.errors.push(what);
	}

	async take(req, res) {
		const chunks = [];
		for await (const c of req)
			chunks.push(c);
		const text = Buffer.concat(chunks).toString();
		let body;
		try {
			body = JSON.parse(text);
		} catch {
			this.errors.push(`no JSON: ${text}`);
		}
		const h = req.headers;
		this.expect(req.method === 'POST', `method ${req.method}`);
		this.expect(h['content-type'] === 'application/json', `type ${h['content-type']}`);
		this.expect(Number(h['content-length']) === Buffer.byteLength(text), 'length');
		this.expect(UUID.test(h['idempotency-key'] ?? ''), `key ${h['idempotency-key']}`);
		this.expect(!('expect' in h) && !('transfer-encoding' in h), 'a body that is waited for');
		this.calls.push({ path: req.url, headers: h, body, key: h['idempotency-key'] });
		const { status = 204, headers = {}, json, text: raw = '', hang = false } = this.script.shift() ?? {};
		if (hang)
			return;
		res.writeHead(status, headers);
		res.end(json === undefined ? raw : JSON.stringify(json));
	}
}

// Messages as a hook says them.
export function says(pointer, text, id = 4990001, type = 'error') {
	return { messages: [{ instance_ptr: pointer, messages: [{ id, text, type }] }] };
}
