// An S3 on loopback, as strict as the real one where it matters: it computes
// every signature anew (header and query form), holds the hash, length and time
// of a request against what was signed, answers in pages, and knows uploads in
// parts. It plays faults: fail() takes the next calls that match.
import { createHash, createHmac, randomBytes } from 'node:crypto';
import http from 'node:http';

const SKEW = 15 * 60 * 1000;
const PART_MIN = 5 * 1024 * 1024;

const sha256 = (data) => createHash('sha256').update(data).digest('hex');
const hmac = (key, data) => createHmac('sha256', key).update(data).digest();
const encode = (s) => encodeURIComponent(s).replace(/[!'()*]/g,
	(c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
const xml = (s) => String(s).replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
const tag = (name, value) => `<${name}>${value}</${name}>`;

class Refusal extends Error {
	constructor(status, code, text = code) {
		super(text);
		this.status = status;
		this.code = code;
	}
}

// "20130524T000000Z" as milliseconds.
function stamp(text) {
	const m = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text ?? '');
	if (!m)
		throw new Refusal(403, 'AccessDenied', 'no date');
	return Date.UTC(m[1], m[2] - 1, m[3], m[4], m[5], m[6]);
}

export class S3 {
	constructor({ accessKey = 'AKIDTEST', secretKey = 'secret/with+signs=', region = 'eu-test-1',
		bucket = 'bucket-one', page = 1000, prefix = '' } = {}) {
		Object.assign(this, { accessKey, secretKey, region, bucket, page, prefix });
		this.objects = new Map(); // key: { data, type, at }
		this.uploads = new Map(); // id: { key, type, parts, at }
		this.requests = [];
		this.faults = [];
	}

	async listen() {
		this.server = http.createServer((req, res) => this.#take(req, res));
		this.server.keepAliveTimeout = 60000;
		await new Promise((r) => this.server.listen(0, '127.0.0.1', r));
		this.endpoint = `http://127.0.0.1:${this.server.address().port}${this.prefix}`;
		return this;
	}

	close() {
		this.server.closeAllConnections();
		return new Promise((r) => this.server.close(r));
	}

	get env() {
		return { S3_ENDPOINT: this.endpoint, S3_REGION: this.region, S3_BUCKET: this.bucket,
			S3_ACCESS_KEY: this.accessKey, S3_SECRET_KEY: this.secretKey };
	}

	// The next calls that match: how = { status, code } or { drop } or { hang } or
	// { cut } (half a body) or { sorry } (an error in an answer of 200).
	fail(how, times = 1, match = () => true) {
		this.faults.push({ how, times, match });
	}

	age(ms) {
		for (const o of [...this.objects.values(), ...this.uploads.values()])
			o.at -= ms;
	}

	async #take(req, res) {
		const pieces = [];
		for await (const p of req)
			pieces.push(p);
		const body = Buffer.concat(pieces);
		const [path, query = ''] = req.url.split('?');
		const call = { method: req.method, path, query, headers: req.headers, body };
		this.requests.push({ ...call, body: undefined, len: body.length });
		try {
			this.before?.();
			this.#verify(call);
			if (!this.#fault(call, res))
				this.#answer(call, res);
		} catch (e) {
			if (!(e instanceof Refusal))
				throw e;
			this.refused = e;
			this.#error(res, call.method, e);
		}
	}

	#error(res, method, { status, code, message }) {
		const text = `<?xml version="1.0" encoding="UTF-8"?>\n<Error>${tag('Code', code)}` +
			`${tag('Message', xml(message ?? code))}<Resource>/</Resource></Error>`;
		res.writeHead(status, { 'content-type': 'application/xml' });
		res.end(method === 'HEAD' ? '' : text);
	}

	#fault(call, res) {
		const i = this.faults.findIndex((f) => f.match(call));
		if (i === -1)
			return false;
		const { how } = this.faults[i];
		if (--this.faults[i].times === 0)
			this.faults.splice(i, 1);
		if (how.drop) {
			res.socket.destroy();
		} else if (how.cut) {
			res.writeHead(200, { 'content-length': 1000000, etag: '"x"' });
			res.write('x'.repeat(100000), () => setTimeout(() => res.socket.destroy(), 20));
		} else if (how.sorry) {
			this.#error(res, call.method, { status: 200, code: how.sorry });
		} else if (how.body !== undefined) {
			res.writeHead(how.status ?? 200, { 'content-type': 'application/xml' });
			res.end(how.body);
		} else if (!how.hang) {
			this.#error(res, call.method, how);
		}
		return true;
	}

	// --- signatures ---------------------------------------------------------

	#verify(call) {
		const q = new Map(call.query.split('&').filter(Boolean).map((p) => {
			const [name, value = ''] = p.split('=');
			return [decodeURIComponent(name), decodeURIComponent(value)];
		}));
		call.params = q;
		if (q.has('X-Amz-Signature'))
			this.#presigned(call, q);
		else
			this.#header(call);
	}

	#header(call) {
		const m = /^AWS4-HMAC-SHA256 Credential=([^,]+), SignedHeaders=([^,]+), Signature=([0-9a-f]{64})$/
			.exec(call.headers.authorization ?? '');
		if (!m)
			throw new Refusal(403, 'AccessDenied', 'not signed');
		const hash = call.headers['x-amz-content-sha256'];
		if (hash !== sha256(call.body))
			throw new Refusal(400, 'XAmzContentSHA256Mismatch');
		const at = stamp(call.headers['x-amz-date']);
		if (Math.abs(Date.now() - at) > SKEW)
			throw new Refusal(403, 'RequestTimeTooSkewed');
		this.#check(call, m[1], call.headers['x-amz-date'], m[2], m[3], hash, call.query);
		for (const name of Object.keys(call.headers))
			if (name.startsWith('x-amz-') && !m[2].split(';').includes(name))
				throw new Refusal(403, 'AccessDenied', `${name} is not signed`);
	}

	#presigned(call, q) {
		const names = ['Algorithm', 'Credential', 'Date', 'Expires', 'SignedHeaders', 'Signature'];
		if (names.some((n) => !q.has(`X-Amz-${n}`)) || q.get('X-Amz-Algorithm') !== 'AWS4-HMAC-SHA256')
			throw new Refusal(400, 'AuthorizationQueryParametersError');
		const expires = q.get('X-Amz-Expires');
		if (!/^\d+$/.test(expires) || Number(expires) > 604800)
			throw new Refusal(400, 'AuthorizationQueryParametersError');
		const at = stamp(q.get('X-Amz-Date'));
		if (at - Date.now() > SKEW || Date.now() > at + Number(expires) * 1000)
			throw new Refusal(403, 'AccessDenied', 'Request has expired');
		const rest = call.query.split('&').filter((p) => !p.startsWith('X-Amz-Signature=')).join('&');
		this.#check(call, q.get('X-Amz-Credential'), q.get('X-Amz-Date'), q.get('X-Amz-SignedHeaders'),
			q.get('X-Amz-Signature'), 'UNSIGNED-PAYLOAD', rest);
	}

	#check(call, credential, date, names, given, payload, query) {
		const scope = `${date.slice(0, 8)}/${this.region}/s3/aws4_request`;
		if (credential !== `${this.accessKey}/${scope}`)
			throw new Refusal(403, 'InvalidAccessKeyId');
		const listed = names.split(';');
		if (!listed.includes('host') || listed.join() !== [...listed].sort().join())
			throw new Refusal(403, 'SignatureDoesNotMatch', 'signed headers');
		const canonicalQuery = query.split('&').filter(Boolean).map((p) => {
			const [name, value = ''] = p.split('=');
			return [encode(decodeURIComponent(name)), encode(decodeURIComponent(value))];
		}).sort((a, b) => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : a[1] < b[1] ? -1 : 1))
			.map((p) => p.join('=')).join('&');
		const path = decodeURIComponent(call.path).split('/').map(encode).join('/');
		const request = [call.method, path, canonicalQuery,
			...listed.map((n) => `${n}:${(call.headers[n] ?? '').trim().replace(/ +/g, ' ')}`), '',
			names, payload].join('\n');
		const key = [date.slice(0, 8), this.region, 's3', 'aws4_request']
			.reduce((k, part) => hmac(k, part), `AWS4${this.secretKey}`);
		const want = hmac(key, ['AWS4-HMAC-SHA256', date, scope, sha256(request)].join('\n'));
		if (want.toString('hex') !== given)
			throw new Refusal(403, 'SignatureDoesNotMatch');
	}

	// --- the interface ------------------------------------------------------

	#answer(call, res) {
		const root = `${this.prefix}/${this.bucket}`;
		const path = decodeURIComponent(call.path);
		if (path !== root && !path.startsWith(`${root}/`))
			throw new Refusal(404, 'NoSuchBucket');
		const key = path.slice(root.length + 1);
		const q = call.params;
		if (key === '' && call.method === 'GET')
			return q.has('uploads') ? this.#listUploads(res, q) : this.#list(res, q);
		if (key === '' || Buffer.byteLength(key) > 1024)
			throw new Refusal(405, 'MethodNotAllowed');
		if (q.has('uploads') || q.has('uploadId'))
			return this.#parts(call, res, key, q);
		if (call.method === 'PUT')
			return this.#put(call, res, key);
		if (call.method === 'DELETE') {
			this.objects.delete(key);
			this.after?.(call, key);
			return res.writeHead(204).end();
		}
		return this.#get(call, res, key, q);
	}

	#put(call, res, key) {
		if (call.headers['content-length'] === undefined)
			throw new Refusal(411, 'MissingContentLength');
		if (call.headers['x-amz-copy-source'] !== undefined)
			return this.#copy(call, res, key);
		const etag = `"${createHash('md5').update(call.body).digest('hex')}"`;
		this.objects.set(key, { data: call.body, type: call.headers['content-type'], etag, at: Date.now() });
		this.after?.(call, key);
		res.writeHead(200, { etag }).end();
	}

	#copy(call, res, key) {
		const from = decodeURIComponent(call.headers['x-amz-copy-source']);
		if (call.body.length !== 0 || !from.startsWith(`/${this.bucket}/`))
			throw new Refusal(400, 'InvalidArgument');
		const o = this.objects.get(from.slice(this.bucket.length + 2));
		if (!o)
			throw new Refusal(404, 'NoSuchKey');
		this.objects.set(key, { ...o, at: Date.now() });
		res.writeHead(200, { 'content-type': 'application/xml' });
		res.end(`<CopyObjectResult>${tag('ETag', xml(o.etag))}</CopyObjectResult>`);
	}

	#get(call, res, key, q) {
		const o = this.objects.get(key);
		if (!o)
			throw new Refusal(404, 'NoSuchKey');
		const head = { 'content-type': o.type ?? 'binary/octet-stream', 'content-length': o.data.length,
			etag: o.etag, 'last-modified': new Date(o.at).toUTCString() };
		const disposition = q.get('response-content-disposition');
		if (disposition !== undefined)
			head['content-disposition'] = disposition;
		res.writeHead(200, head);
		res.end(call.method === 'HEAD' ? undefined : o.data);
	}

	#list(res, q) {
		if (q.get('list-type') !== '2')
			throw new Refusal(400, 'InvalidArgument');
		const prefix = q.get('prefix') ?? '';
		const delimiter = q.get('delimiter') ?? '';
		const url = q.get('encoding-type') === 'url';
		const name = (s) => (url ? encode(s).replace(/%2F/g, '/').replace(/%20/g, '+') : xml(s));
		const after = q.has('continuation-token')
			? Buffer.from(q.get('continuation-token'), 'base64').toString() : '';
		const rows = new Map();
		for (const key of [...this.objects.keys()].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))) {
			if (!key.startsWith(prefix))
				continue;
			const i = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length);
			const at = i === -1 ? key : key.slice(0, i + delimiter.length);
			if (at > after)
				rows.set(at, i === -1 ? this.objects.get(key) : null);
		}
		const all = [...rows];
		const page = all.slice(0, this.page);
		const more = all.length > page.length;
		const token = more ? Buffer.from(page[page.length - 1][0]).toString('base64') : '';
		res.writeHead(200, { 'content-type': 'application/xml' });
		res.end(`<?xml version="1.0" encoding="UTF-8"?>\n<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">` +
			tag('Name', this.bucket) + tag('Prefix', name(prefix)) + tag('KeyCount', page.length) +
			tag('MaxKeys', this.page) + (url ? tag('EncodingType', 'url') : '') + tag('IsTruncated', more) +
			(more ? tag('NextContinuationToken', xml(token)) : '') +
			page.map(([key, o]) => (o === null ? tag('CommonPrefixes', tag('Prefix', name(key)))
				: tag('Contents', tag('Key', name(key)) + tag('LastModified', new Date(o.at).toISOString()) +
					tag('ETag', xml(o.etag)) + tag('Size', o.data.length) +
					tag('Owner', tag('ID', 'x')) + tag('StorageClass', 'STANDARD')))).join('') +
			'</ListBucketResult>');
	}

	#listUploads(res, q) {
		const prefix = q.get('prefix') ?? '';
		const mark = `${q.get('key-marker') ?? ''}\0${q.get('upload-id-marker') ?? ''}`;
		const all = [...this.uploads].filter(([id, u]) => u.key.startsWith(prefix) &&
			(mark === '\0' || `${u.key}\0${id}` > mark))
			.sort(([a, x], [b, y]) => (`${x.key}\0${a}` < `${y.key}\0${b}` ? -1 : 1));
		const page = all.slice(0, this.page);
		const more = all.length > page.length;
		const last = page[page.length - 1];
		res.writeHead(200, { 'content-type': 'application/xml' });
		res.end(`<ListMultipartUploadsResult>${tag('Bucket', this.bucket)}${tag('IsTruncated', more)}` +
			(more ? tag('NextKeyMarker', xml(last[1].key)) + tag('NextUploadIdMarker', last[0]) : '') +
			page.map(([id, u]) => tag('Upload', tag('Key', xml(u.key)) + tag('UploadId', id) +
				tag('Initiated', new Date(u.at).toISOString()))).join('') + '</ListMultipartUploadsResult>');
	}

	#parts(call, res, key, q) {
		if (call.method === 'POST' && q.has('uploads')) {
			const id = randomBytes(12).toString('hex');
			this.uploads.set(id, { key, type: call.headers['content-type'], parts: new Map(), at: Date.now() });
			res.writeHead(200, { 'content-type': 'application/xml' });
			return res.end(`<InitiateMultipartUploadResult>${tag('Bucket', this.bucket)}${tag('Key', xml(key))}` +
				`${tag('UploadId', id)}</InitiateMultipartUploadResult>`);
		}
		const upload = this.uploads.get(q.get('uploadId'));
		if (!upload || upload.key !== key)
			throw new Refusal(404, 'NoSuchUpload');
		if (call.method === 'DELETE') {
			this.uploads.delete(q.get('uploadId'));
			return res.writeHead(204).end();
		}
		if (call.method === 'PUT') {
			const etag = `"${createHash('md5').update(call.body).digest('hex')}"`;
			upload.parts.set(Number(q.get('partNumber')), { data: call.body, etag });
			return res.writeHead(200, { etag }).end();
		}
		return this.#complete(call, res, key, upload, q.get('uploadId'));
	}

	#complete(call, res, key, upload, id) {
		const text = call.body.toString();
		const named = [...text.matchAll(/<Part><PartNumber>(\d+)<\/PartNumber><ETag>&quot;([0-9a-f]+)&quot;<\/ETag><\/Part>/g)];
		if (!/^<CompleteMultipartUpload>.*<\/CompleteMultipartUpload>$/.test(text) || named.length === 0)
			throw new Refusal(400, 'MalformedXML');
		const pieces = named.map(([, number, etag], i) => {
			const part = upload.parts.get(Number(number));
			if (!part || part.etag !== `"${etag}"` || Number(number) !== i + 1)
				throw new Refusal(400, 'InvalidPart');
			if (i + 1 < named.length && part.data.length < PART_MIN)
				throw new Refusal(400, 'EntityTooSmall');
			return part.data;
		});
		this.uploads.delete(id);
		const etag = `"${createHash('md5').update(named.join()).digest('hex')}-${named.length}"`;
		this.objects.set(key, { data: Buffer.concat(pieces), type: upload.type, etag, at: Date.now() });
		res.writeHead(200, { 'content-type': 'application/xml' });
		res.end(`<CompleteMultipartUploadResult>${tag('Key', xml(key))}${tag('ETag', xml(etag))}</CompleteMultipartUploadResult>`);
	}
}
