// Password hashes of other systems, made by node's crypto and by openssl:
// imported by an administrator, good for one sign-in, then argon2id.
import { execFileSync } from 'node:child_process';
import crypto from 'node:crypto';
import { ADMIN_SECRET, api, is, loginApi, main, ok, startAdmin, startService } from './kit/server.mjs';
import { psql } from '../psql.mjs';

const BEARER = { authorization: `Bearer ${ADMIN_SECRET}` };
const PLAIN = 'Blåbärs-Soppa 12!';
const b64 = (b) => Buffer.from(b).toString('base64');
const raw64 = (b) => b64(b).replace(/=+$/, '');
const salt = crypto.randomBytes(12);
const digest = (name, ...parts) => crypto.createHash(name).update(Buffer.concat(parts
	.map((p) => Buffer.from(p)))).digest();
const passwd = (flag, password = PLAIN, ...more) => execFileSync('openssl',
	['passwd', flag, ...more, '-stdin'], { input: password }).toString().trim();
const pf = (form) => `pf=${b64(form)}`;

function pbkdf2(name, iterations, len) {
	const key = crypto.pbkdf2Sync(PLAIN, salt, iterations, len, name);
	return `$pbkdf2-${name}$i=${iterations},l=${len}$${raw64(salt)}$${raw64(key)}`;
}

function scrypt(n, r, p, ln = n) {
	const key = crypto.scryptSync(PLAIN, salt, 32, { N: n, r, p, maxmem: 300 * 1024 * 1024 });
	return `$scrypt$ln=${ln},r=${r},p=${p}$${b64(salt)}$${b64(key)}`;
}

const hmac = (name, form) => `$hmac-${name}$${b64(form === 'hex'
	? crypto.createHmac(name, 'key').update(PLAIN).digest('hex')
	: crypto.createHmac(name, 'key').update(PLAIN).digest())}$${b64('key')}`;

const good = {
	'pbkdf2-sha1': pbkdf2('sha1', 1000, 20),
	'pbkdf2-sha224': pbkdf2('sha224', 1, 28),
	'pbkdf2-sha256': pbkdf2('sha256', 5000, 32),
	'pbkdf2-sha384': pbkdf2('sha384', 10, 48),
	'pbkdf2-sha512': pbkdf2('sha512', 1000, 128),
	'scrypt': scrypt(16384, 8, 1),
	'scrypt by logarithm': scrypt(1024, 4, 2, 10),
	'scrypt of the highest cost': scrypt(131072, 8, 1),
	'md5-crypt': passwd('-1'),
	'md5-crypt as Kratos': passwd('-1').replace('$1$', '$md5-crypt$'),
	'sha256-crypt': passwd('-5'),
	'sha256-crypt as Kratos': passwd('-5').replace('$5$', '$sha256-crypt$'),
	'sha512-crypt': passwd('-6'),
	'sha512-crypt as Kratos': passwd('-6').replace('$6$', '$sha512-crypt$'),
	'SSHA': `{SSHA}${b64(Buffer.concat([digest('sha1', PLAIN, salt), salt]))}`,
	'SSHA256': `{SSHA256}${b64(Buffer.concat([digest('sha256', PLAIN, salt), salt]))}`,
	'SSHA512': `{SSHA512}${b64(Buffer.concat([digest('sha512', PLAIN, salt), salt]))}`,
	'sha1': `$sha1$${pf('{SALT}{PASSWORD}')}$${b64(salt)}$${b64(digest('sha1', salt, PLAIN))}`,
	'sha256': `$sha256$${pf('{PASSWORD}{SALT}')}$${b64(salt)}$${b64(digest('sha256', PLAIN, salt))}`,
	'sha512': `$sha512$${pf('x{SALT}$${PASSWORD}{SALT}')}$${b64(salt)}$${b64(digest('sha512', 'x', salt,
		'$$', PLAIN, salt))}`,
	'md5': `$md5$${b64(digest('md5', PLAIN))}`,
	'md5 with salt': `$md5$${pf('{SALT}{PASSWORD}')}$${b64(salt)}$${b64(digest('md5', salt, PLAIN))}`,
	'hmac-md5': hmac('md5', 'hex'),
	'hmac-sha1': hmac('sha1', 'hex'),
	'hmac-sha224': hmac('sha224', 'raw'),
	'hmac-sha256': hmac('sha256', 'hex'),
	'hmac-sha384': hmac('sha384', 'hex'),
	'hmac-sha512': hmac('sha512', 'raw'),
};

const k32 = raw64(Buffer.alloc(32, 7));
const bad = {
	'bcrypt cost above 15': `$2a$16$${'a'.repeat(53)}`,
	'bcrypt cost below 4': `$2a$03$${'a'.repeat(53)}`,
	'bcrypt hash out of shape': '$2a$10$short',
	'argon2 memory not from 8 KiB to 1 GiB': `$argon2id$v=19$m=1048577,t=1,p=1$${k32}$${k32}`,
	'argon2 passes not from 1 to 10': `$argon2i$v=19$m=1024,t=11,p=1$${k32}$${k32}`,
	'argon2 lanes not from 1 to 16': `$argon2id$v=19$m=1024,t=1,p=17$${k32}$${k32}`,
	'argon2 hash out of shape': `$argon2id$v=16$m=1024,t=1,p=1$${k32}$${k32}`,
	'pbkdf2 iterations above 10000000': `$pbkdf2-sha256$i=10000001,l=32$${k32}$${k32}`,
	'pbkdf2 without iterations': `$pbkdf2-sha256$i=0,l=32$${k32}$${k32}`,
	'pbkdf2 hash of another length than it says': `$pbkdf2-sha256$i=10,l=31$${k32}$${k32}`,
	'pbkdf2 hash out of shape': `$pbkdf2-sha256$i=10,l=32$${k32}$`,
	'scrypt cost above 131072': `$scrypt$ln=262144,r=8,p=1$${k32}$${k32}`,
	'scrypt cost is no power of two': `$scrypt$ln=1000,r=8,p=1$${k32}$${k32}`,
	'scrypt block size not from 1 to 8': `$scrypt$ln=1024,r=9,p=1$${k32}$${k32}`,
	'scrypt parallelism not from 1 to 10': `$scrypt$ln=1024,r=8,p=11$${k32}$${k32}`,
	'scrypt hash out of shape': `$scrypt$ln=1024,r=8$${k32}$${k32}`,
	'crypt rounds above 1000000': `$6$rounds=1000001$salt$${'a'.repeat(86)}`,
	'crypt hash out of shape': '$6$salt$short',
	'SSHA hash too short': `{SSHA512}${b64(Buffer.alloc(40))}`,
	'SSHA hash out of shape': '{SSHA}***',
	'hash without pf=': `$sha1$${k32}$${k32}`,
	'pf= without {PASSWORD}': `$sha1$${pf('{SALT}')}$${k32}$${k32}`,
	'hash of another length than its digest has': `$md5$${k32}`,
	'hmac hash out of shape': `$hmac-sha256$${k32}`,
	'hash of no known kind': '$hmac-md4$aaaaaaaaaaaaaaaa$aaaa',
	'hash longer than 4096 bytes': `{SSHA}${'A'.repeat(4100)}`,
};

const person = (email, hash) => ({ schema_id: 'user', traits: { email,
	name: { first: 'Petra', last: 'Vogel' } },
credentials: { password: { config: { hashed_password: hash } } } });
const create = (svc, email, hash) => api(svc, 'POST', '/admin/identities', person(email, hash), BEARER);
const stored = (email) => psql(process.env.IDENTITY_OWNER_URL,
	`SELECT c.config ->> 'hashed_password' FROM credentials c JOIN credential_identifiers n
	ON n.credential_id = c.id WHERE n.identifier = '${email}'`);

async function signsIn(svc, pub, what, hash, i) {
	const email = `hash${i}@acme.example`;
	const r = await create(svc, email, hash);
	if (!ok(r.status === 201, `${what}: imported`))
		console.log(`# ${hash} ${r.text}`);
	is((await loginApi(pub, email, `${PLAIN}x`)).status, 400, `${what}: a wrong password`);
	is(stored(email), hash, `${what}: is kept`);
	is((await loginApi(pub, email, PLAIN)).status, 200, `${what}: the right one`);
	ok(stored(email).startsWith('$argon2id$v=19$m=256,t=1,p=1$'), `${what}: hashed anew`);
	is((await loginApi(pub, email, PLAIN)).status, 200, `${what}: still the right one`);
}

// bcrypt looks at 72 bytes: a longer password never matches one.
async function bcrypt(svc, pub) {
	const long = 'p'.repeat(72);
	const hash = execFileSync('perl', ['-e', 'print crypt($ARGV[0], q($2b$04$abcdefghijklmnopqrstuu))',
		long]).toString();
	await create(svc, 'bcrypt@acme.example', hash);
	is((await loginApi(pub, 'bcrypt@acme.example', `${long}p`)).status, 400, '73 bytes are not cut');
	is(stored('bcrypt@acme.example'), hash, 'nor hashed anew');
	is((await loginApi(pub, 'bcrypt@acme.example', long)).status, 200, '72 bytes are right');
	ok(stored('bcrypt@acme.example').startsWith('$argon2id$'), 'and hashed anew');
	is((await loginApi(pub, 'bcrypt@acme.example', `${long}p`)).status, 400, 'then all bytes count');
}

// P-7: other parameters are a reason too.
async function parameters() {
	const email = 'hash0@acme.example';
	const pub = await startService(['identity.argon2.passes 3']);
	ok(stored(email).includes('t=1,'), 'hashed once over');
	is((await loginApi(pub, email, PLAIN)).status, 200, 'signs in');
	ok(stored(email).includes('t=3,'), 'hashed three times over');
}

main(async () => {
	const pub = await startService();
	const svc = await startAdmin();
	let i = 0;
	for (const [what, hash] of Object.entries(good))
		await signsIn(svc, pub, what, hash, i++);
	for (const [rule, hash] of Object.entries(bad))
		is((await create(svc, 'bad@acme.example', hash)).json.error.reason,
			`credentials.password.config.hashed_password: ${rule}`, rule);
	await bcrypt(svc, pub);
	await parameters();
});
