// An authenticator in software, and a browser in front of it: what
// navigator.credentials.create() and get() would answer, as JSON, with every
// part open to change. Keys and signatures are node's.
import crypto from 'node:crypto';

const b64 = (bytes) => Buffer.from(bytes).toString('base64url');
const sha256 = (data) => crypto.createHash('sha256').update(data).digest();

export const UP = 0x01;
export const UV = 0x04;
export const BE = 0x08;
export const BS = 0x10;
export const AT = 0x40;
export const ED = 0x80;

// --- CBOR, canonical -----------------------------------------------------------

function head(major, n) {
	if (n < 24)
		return Buffer.from([major << 5 | n]);
	if (n < 0x100)
		return Buffer.from([major << 5 | 24, n]);
	const b = Buffer.from([major << 5 | 25, 0, 0]);
	b.writeUInt16BE(n, 1);
	return b;
}

// Numbers, strings, buffers, booleans, arrays and Maps.
export function cbor(v) {
	if (typeof v === 'number')
		return v >= 0 ? head(0, v) : head(1, -1 - v);
	if (typeof v === 'string')
		return Buffer.concat([head(3, Buffer.byteLength(v)), Buffer.from(v)]);
	if (typeof v === 'boolean')
		return Buffer.from([v ? 0xf5 : 0xf4]);
	if (Buffer.isBuffer(v))
		return Buffer.concat([head(2, v.length), v]);
	if (Array.isArray(v))
		return Buffer.concat([head(4, v.length), ...v.map(cbor)]);
	return Buffer.concat([head(5, v.size),
		...[...v].flatMap(([k, w]) => [cbor(k), cbor(w)])]);
}

// --- keys ----------------------------------------------------------------------

const kinds = {
	ES256: {
		make: () => crypto.generateKeyPairSync('ec', { namedCurve: 'P-256' }),
		cose: (jwk) => new Map([[1, 2], [3, -7], [-1, 1],
			[-2, Buffer.from(jwk.x, 'base64url')], [-3, Buffer.from(jwk.y, 'base64url')]]),
		alg: -7,
	},
	EdDSA: {
		make: () => crypto.generateKeyPairSync('ed25519'),
		cose: (jwk) => new Map([[1, 1], [3, -8], [-1, 6], [-2, Buffer.from(jwk.x, 'base64url')]]),
		alg: -8,
	},
	RS256: {
		make: () => crypto.generateKeyPairSync('rsa', { modulusLength: 2048 }),
		cose: (jwk) => new Map([[1, 3], [3, -257], [-1, Buffer.from(jwk.n, 'base64url')],
			[-2, Buffer.from(jwk.e, 'base64url')]]),
		alg: -257,
	},
};

export class Key {
	constructor(kind = 'ES256', { id = crypto.randomBytes(32), counts = true } = {}) {
		const pair = kinds[kind].make();
		this.private = pair.privateKey;
		this.alg = kinds[kind].alg;
		this.cose = cbor(kinds[kind].cose(pair.publicKey.export({ format: 'jwk' })));
		this.kind = kind;
		this.id = id;
		this.counts = counts;
		this.count = 0;
		this.user = null; // the handle it was made for
	}

	sign(data) {
		return crypto.sign(this.kind === 'EdDSA' ? null : 'sha256', data, this.private);
	}

	authData({ rpId, flags, count, attested = false, extensions = null }) {
		const tail = Buffer.alloc(4);
		tail.writeUInt32BE(count);
		const parts = [sha256(rpId), Buffer.from([flags | (attested ? AT : 0) |
			(extensions ? ED : 0)]), tail];
		if (attested) {
			const len = Buffer.alloc(2);
			len.writeUInt16BE(this.id.length);
			parts.push(Buffer.alloc(16), len, this.id, this.cose);
		}
		if (extensions)
			parts.push(cbor(extensions));
		return Buffer.concat(parts);
	}

	next() {
		return this.counts ? ++this.count : 0;
	}
}

// A part that is given replaces what would be right.
function clientData(type, challenge, origin, over) {
	return Buffer.from(JSON.stringify({ type, challenge, origin, crossOrigin: false,
		...over }));
}

function answer(key, response, over) {
	return { id: b64(over.id ?? key.id), rawId: b64(over.id ?? key.id),
		type: 'public-key', response, clientExtensionResults: {} };
}

// The answer to options.publicKey of a registration.
export function create(key, options, origin, over = {}) {
	const pk = options.publicKey;
	const data = clientData('webauthn.create', pk.challenge, origin, over.client);
	const auth = over.auth ?? key.authData({ rpId: over.rpId ?? pk.rp.id,
		flags: over.flags ?? UP | UV, count: over.count ?? key.next(), attested: true,
		extensions: over.extensions });
	key.user = Buffer.from(pk.user.id, 'base64url');
	const statement = over.packed
		? new Map([['alg', key.alg], ['sig', key.sign(Buffer.concat([auth, sha256(data)]))]])
		: over.statement ?? new Map();
	const object = over.object ?? cbor(new Map([
		['fmt', over.packed ? 'packed' : over.fmt ?? 'none'], ['attStmt', statement],
		['authData', auth]]));
	return answer(key, { clientDataJSON: b64(data), attestationObject: b64(object) }, over);
}

// The answer to options.publicKey of a sign-in.
export function get(key, options, origin, over = {}) {
	const pk = options.publicKey;
	const data = clientData('webauthn.get', pk.challenge, origin, over.client);
	const auth = over.auth ?? key.authData({ rpId: over.rpId ?? pk.rpId,
		flags: over.flags ?? UP | UV, count: over.count ?? key.next(),
		extensions: over.extensions });
	const signature = Buffer.from((over.signer ?? key).sign(
		Buffer.concat([auth, sha256(data)])));
	if (over.tamper)
		signature[signature.length - 1] ^= 1;
	const handle = over.handle === undefined ? key.user : over.handle;
	return answer(key, { clientDataJSON: b64(data), authenticatorData: b64(auth),
		signature: b64(signature), ...(handle ? { userHandle: b64(handle) } : {}) }, over);
}
