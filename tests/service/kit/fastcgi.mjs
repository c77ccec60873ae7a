// A FastCGI client for one Connect call in JSON: what a web server would send,
// straight to the program's socket.
import net from 'node:net';

const BEGIN = 1, END = 3, PARAMS = 4, STDIN = 5, STDOUT = 6;
const RECORD_MAX = 60000;

export function record(type, content) {
	const head = Buffer.from([1, type, 0, 1, content.length >> 8, content.length & 255, 0, 0]);
	return Buffer.concat([head, content]);
}

export function stream(type, content) {
	const parts = [];
	for (let at = 0; at < content.length; at += RECORD_MAX)
		parts.push(record(type, content.subarray(at, at + RECORD_MAX)));
	parts.push(record(type, Buffer.alloc(0)));
	return Buffer.concat(parts);
}

function length(n) {
	const b = Buffer.alloc(4);
	b.writeUInt32BE((n | 0x80000000) >>> 0);
	return b;
}

export function params(all) {
	const parts = [];
	for (const [name, value] of Object.entries(all)) {
		const n = Buffer.from(name), v = Buffer.from(value);
		parts.push(length(n.length), length(v.length), n, v);
	}
	return Buffer.concat(parts);
}

function request({ method, target, headers, body, length, type }) {
	const [path, query = ''] = target.split('?');
	const all = {
		REQUEST_METHOD: method, REQUEST_URI: target, SCRIPT_NAME: path, QUERY_STRING: query,
		SERVER_PROTOCOL: 'HTTP/1.1', REMOTE_ADDR: '127.0.0.1', HTTP_HOST: 'localhost',
		CONTENT_TYPE: type ?? 'application/json', CONTENT_LENGTH: String(length ?? body.length),
	};
	for (const [name, value] of Object.entries(headers))
		all[`HTTP_${name.toUpperCase().replaceAll('-', '_')}`] = value;
	return Buffer.concat([record(BEGIN, Buffer.from([0, 1, 0, 0, 0, 0, 0, 0])),
		stream(PARAMS, params(all)), stream(STDIN, body)]);
}

// What the program wrote, or null when it never said that this was all.
function output(bytes) {
	const parts = [];
	for (let at = 0; at + 8 <= bytes.length;) {
		const n = bytes.readUInt16BE(at + 4);
		if (bytes[at + 1] === END)
			return Buffer.concat(parts);
		if (bytes[at + 1] === STDOUT)
			parts.push(bytes.subarray(at + 8, at + 8 + n));
		at += 8 + n + bytes[at + 6];
	}
	return null;
}

function parse(answer) {
	const text = answer.toString();
	const at = text.search(/\r?\n\r?\n/);
	const status = Number(/^Status: *(\d+)/im.exec(text.slice(0, at))?.[1] ?? 200);
	const body = text.slice(at).trimStart();
	let json;
	try {
		json = JSON.parse(body);
	} catch {
		json = undefined;
	}
	const headers = Object.fromEntries([...text.slice(0, at).matchAll(/^([^:\r\n]+): *(.*?)\r?$/gm)]
		.map(([, name, value]) => [name.toLowerCase(), value]));
	return { status, text: body, json, headers, answer };
}

// A header of an answer, or null.
export const headerOf = (answer, name) => answer.headers?.[name] ?? null;

// { status, text, json, headers, answer: its bytes }. Status 0: no whole answer came; "refused" when
// nobody took the call at all. length: what is announced, if not the truth.
export function requestFastCgi(socket, { method = 'GET', target, headers = {}, body = '', length, type }) {
	return new Promise((resolve) => {
		const chunks = [];
		const s = net.connect(socket);
		let none = 'refused';
		s.on('connect', () => {
			none = 'cut off';
			s.write(request({ method, target, headers, body: Buffer.from(body), length, type }));
		});
		s.on('data', (c) => chunks.push(c));
		s.on('error', () => {});
		s.on('close', () => {
			const answer = output(Buffer.concat(chunks));
			resolve(answer === null ? { status: 0, text: none } : parse(answer));
		});
	});
}

// One Connect call.
export function callFastCgi(socket, target, headers, message) {
	return requestFastCgi(socket, { method: 'POST', target, headers, body: JSON.stringify(message) });
}
