// Our S3 client against the official one (the same URLs, byte for byte; each
// reads what the other wrote), and against a server that is slow, busy, breaks
// off or is sorry.
import { createHash } from 'node:crypto';
import { execFile } from 'node:child_process';
import { truncateSync } from 'node:fs';
import { mkdtemp, readFile, writeFile, open, rm, stat, truncate } from 'node:fs/promises';
import http from 'node:http';
import path from 'node:path';
import { DeleteObjectCommand, GetObjectCommand, ListObjectsV2Command, PutObjectCommand, S3Client }
	from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { S3 } from './kit/s3.mjs';
import { s3rver } from './kit/s3rver.mjs';

const BIN = path.join(process.env.BUILD, 'tests/net/s3');
const dir = await mkdtemp(path.join(process.env.TEST_DIR, 's3-'));
const MIB = 1024 * 1024;
let count = 0;

function ok(good, name, got) {
	count++;
	console.log(`${good ? 'ok' : 'not ok'} ${count} - ${name}`);
	if (!good)
		console.log(`# got: ${JSON.stringify(got)}`);
}

const is = (got, want, name) => ok(JSON.stringify(got) === JSON.stringify(want), name, got);

// One call of ours: its code, the lines before it, what it logged.
function ours(env, ...args) {
	return new Promise((done) => {
		execFile(BIN, args.map(String), { env: { ...process.env, ...env } }, (error, stdout, stderr) => {
			const lines = stdout.trimEnd().split('\n');
			done({ code: lines.pop(), rss: Number(lines.pop()?.slice(4)), lines, log: stderr,
				status: error ? error.code : 0 });
		});
	});
}

const url = async (...args) => (await ours(...args)).lines[0].slice(4);

function official(env) {
	return new S3Client({ region: env.S3_REGION, endpoint: env.S3_ENDPOINT,
		forcePathStyle: env.S3_ENDPOINT !== undefined, maxAttempts: 1,
		requestChecksumCalculation: 'WHEN_REQUIRED', responseChecksumValidation: 'WHEN_REQUIRED',
		credentials: { accessKeyId: env.S3_ACCESS_KEY, secretAccessKey: env.S3_SECRET_KEY } });
}

// The official client signs as of the time that stands in our URL.
function as(text) {
	const q = new URL(text).searchParams;
	const d = q.get('X-Amz-Date');
	return { expiresIn: Number(q.get('X-Amz-Expires')),
		signingDate: new Date(d.replace(/^(....)(..)(..T..)(..)(..Z)$/, '$1-$2-$3:$4:$5')) };
}

// --- the same URLs ------------------------------------------------------------

const strict = await new S3().listen();
const below = { ...strict.env, S3_ENDPOINT: `${strict.endpoint}/some/path` };
const aws = { S3_REGION: 'eu-central-1', S3_BUCKET: 'mirai-test', S3_ACCESS_KEY: 'AKIDEXAMPLE',
	S3_SECRET_KEY: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' };
const keys = ['data/11111111-1111-4111-8111-111111111111/exports/a.zip', "a b+c&d=e?f#g%2F!'()*~/é😀.pdf"];
const names = ['attachment', 'attachment; filename="Kurs 1 (neu).zip"',
	"attachment; filename=\"F_r.zip\"; filename*=UTF-8''F%C3%BCr.zip"];
const places = [['a server at a path', below], ['a server', strict.env], ['AWS', aws],
	['AWS, a bucket with dots', { ...aws, S3_BUCKET: 'mirai.test.bucket' }],
	['AWS in China', { ...aws, S3_REGION: 'cn-north-1' }]];

for (const [place, env] of places)
	for (const key of keys) {
		for (const name of names) {
			const mine = await url(env, 'url_get', key, name, 900);
			const theirs = await getSignedUrl(official(env), new GetObjectCommand({ Bucket: env.S3_BUCKET,
				Key: key, ResponseContentDisposition: name }), as(mine));
			ok(mine === theirs, `${place}: the URL to download is the official client's`, [mine, theirs]);
		}
		const mine = await url(env, 'url_put', key, 'application/pdf', 12345, 900);
		const theirs = await getSignedUrl(official(env), new PutObjectCommand({ Bucket: env.S3_BUCKET,
			Key: key, ContentType: 'application/pdf', ContentLength: 12345 }),
		{ ...as(mine), signableHeaders: new Set(['content-type', 'content-length', 'host']) });
		ok(mine === theirs, `${place}: the URL to upload is the official client's`, [mine, theirs]);
	}

// --- each reads what the other wrote --------------------------------------------

const small = path.join(dir, 'small');
await writeFile(small, 'one small object\n');

async function together(name, server) {
	const { env } = server;
	const sdk = official(env);
	const Bucket = env.S3_BUCKET;
	is((await ours(env, 'put', 'x/ours', small, 'text/plain')).code, 'ok', `${name}: ours writes`);
	const got = await sdk.send(new GetObjectCommand({ Bucket, Key: 'x/ours' }));
	is([await got.Body.transformToString(), got.ContentType], ['one small object\n', 'text/plain'],
		`${name}: the official client reads it`);
	await sdk.send(new PutObjectCommand({ Bucket, Key: 'x/theirs', Body: 'from afar' }));
	const file = path.join(dir, `${name}.got`);
	is((await ours(env, 'get', 'x/theirs', file)).code, 'ok', `${name}: and the other way round`);
	is(await readFile(file, 'utf8'), 'from afar', `${name}: what it wrote`);
	is((await ours(env, 'list', 'x/')).lines, ['item 17 x/ours', 'item 9 x/theirs'], `${name}: both are listed`);
	if (server === strict) // the other does not know the slash that the official client ends a bucket with
		is((await sdk.send(new ListObjectsV2Command({ Bucket, Prefix: 'x/' }))).Contents.map((o) => o.Key),
			['x/ours', 'x/theirs'], `${name}: by both`);
	is((await ours(env, 'head', 'x/theirs')).lines, ['len 9'], `${name}: head`);
	const link = await url(env, 'url_get', 'x/ours', 'attachment; filename="a (1).txt"', 60);
	const down = await fetch(link);
	is([down.status, await down.text()], [200, 'one small object\n'], `${name}: a link downloads`);
	ok(/^attachment; filename="/.test(down.headers.get('content-disposition')), `${name}: as a file`,
		down.headers.get('content-disposition'));
	await sdk.send(new DeleteObjectCommand({ Bucket, Key: 'x/ours' }));
	is((await ours(env, 'head', 'x/ours')).code, 'not_found', `${name}: what it deleted is gone`);
	is((await ours(env, 'delete', 'x/theirs')).code, 'ok', `${name}: ours deletes`);
	is((await ours(env, 'delete', 'x/theirs')).code, 'ok', `${name}: and again`);
	is((await ours(env, 'list', 'x/')).lines, [], `${name}: nothing is left`);
	const wrong = await ours({ ...env, S3_SECRET_KEY: 'another' }, 'head', 'x/ours');
	is(wrong.code, 'unavailable', `${name}: a wrong key`);
	const said = await ours({ ...env, S3_SECRET_KEY: 'another' }, 'get', 'x/ours', file);
	ok(/store: GET: http:\/\/127\.0\.0\.1:\d+: 403 SignatureDoesNotMatch\n$/.test(said.log),
		`${name}: is named in the log`, said.log);
	ok(!said.log.includes('another') && !said.log.includes('x/ours'), `${name}: without a secret`, said.log);
}

await together('the strict server', strict);
const published = await s3rver(path.join(dir, 'rver'));
await together('the published server', published);
await published.close();

// --- a server that takes its time ---------------------------------------------------

// Its two calls go on beside what follows, since they only wait. What comes
// soon is far within the limit of the one that goes on, however busy it is here.
const slow = http.createServer((req, res) => {
	let n = 0;
	const some = () => {
		if (req.url === '/stops' && n > 2)
			return;
		res.write('x'.repeat(10));
		if (++n === 16) {
			clearInterval(timer);
			res.end();
		}
	};
	const timer = setInterval(some, 250);
	some();
	res.on('close', () => clearInterval(timer));
});
await new Promise((r) => slow.listen(0, '127.0.0.1', r));
const at = `http://127.0.0.1:${slow.address().port}`;
const waits = Promise.all([ours(strict.env, 'stall', `${at}/goes`, 3000), ours(strict.env, 'stall', `${at}/stops`, 1000)]);

// --- faults -----------------------------------------------------------------------

let seen = 0;
function sent() {
	const all = strict.requests.slice(seen);
	seen = strict.requests.length;
	return all.map((r) => `${r.method} ${r.path.split('/').pop()}${r.query && `?${r.query.split('=')[0]}`}`);
}

async function fault(name, how, times, args, code, calls) {
	sent();
	strict.fail(how, times);
	const started = Date.now();
	const r = await ours(strict.env, ...args);
	const took = Date.now() - started;
	strict.faults = [];
	is([r.code, sent().length], [code, calls], name);
	return { ...r, took };
}

const got = path.join(dir, 'fault.got');
strict.objects.set('f', { data: Buffer.from('whole'), etag: '"e"', at: Date.now() });
await fault('busy once', { status: 503, code: 'SlowDown' }, 1, ['put', 'g', small, 'a/b'], 'ok', 2);
is(strict.objects.get('g').data.toString(), 'one small object\n', 'and the object is whole');
const busy = await fault('busy for good', { status: 503, code: 'SlowDown' }, 9, ['head', 'f'], 'unavailable', 3);
ok(busy.took > 400 && busy.took < 30000, 'with pauses between', busy.took);
await fault('a broken inside', { status: 500, code: 'InternalError' }, 2, ['delete', 'g'], 'ok', 3);
await fault('too many requests', { status: 429, code: 'TooManyRequests' }, 1, ['head', 'f'], 'ok', 2);
await fault('SlowDown as 400', { status: 400, code: 'SlowDown' }, 1, ['get', 'f', got], 'ok', 2);
await rm(got);
await fault('an error that stays is not repeated', { status: 400, code: 'InvalidArgument' }, 9,
	['put', 'g', small, 'a/b'], 'unavailable', 1);
await fault('a page of a proxy', { status: 502, body: '<html>bad gateway</html>' }, 1, ['head', 'f'], 'ok', 2);
await fault('a broken connection', { drop: true }, 1, ['head', 'f'], 'ok', 2);
const cut = await fault('an answer that breaks off', { cut: true }, 1, ['get', 'f', got], 'ok', 2);
is([cut.lines, await readFile(got, 'utf8')], [['len 5'], 'whole'], 'leaves nothing of the first try');
await writeFile(got, 'before');
await fault('one that always breaks off', { cut: true }, 9, ['get', 'f', got], 'unavailable', 3);
is(await readFile(got, 'utf8'), 'before', 'leaves the file as it was');
await fault('no bucket', { status: 404, code: 'NoSuchBucket' }, 9, ['get', 'f', got], 'unavailable', 1);
await fault('no such object', { status: 404, code: 'NoSuchKey' }, 9, ['get', 'f', got], 'not_found', 1);
await fault('a list that is no XML', { body: 'hello' }, 1, ['list', ''], 'unavailable', 1);
await fault('a list that never ends', { body: '<ListBucketResult><IsTruncated>true</IsTruncated>' +
	'<NextContinuationToken>t</NextContinuationToken></ListBucketResult>' }, 9, ['list', ''], 'unavailable', 2);
await fault('a cut list without a way on', { body: '<ListBucketResult><IsTruncated>true</IsTruncated>' +
	'</ListBucketResult>' }, 1, ['list', ''], 'unavailable', 1);
const gone = await ours({ ...strict.env, S3_ENDPOINT: 'http://127.0.0.1:1' }, 'head', 'f');
is(gone.code, 'unavailable', 'no server');
ok(/store: HEAD: http:\/\/127\.0\.0\.1:1: /.test(gone.log), 'is named in the log', gone.log);

for (const [name, how] of [['silent', { hang: true }], ['busy', { status: 503, code: 'SlowDown' }]]) {
	for (const args of [['head', 'f'], ['get', 'f', got]]) {
		strict.fail(how, 9);
		const started = Date.now();
		const r = await ours({ ...strict.env, S3_UNTIL_MS: '700' }, ...args);
		const took = Date.now() - started;
		strict.faults = [];
		is(r.code, 'unavailable', `a ${name} server is not waited for beyond the end: ${args[0]}`);
		ok(took < 15000, 'as far as was said', took);
	}
}
is((await ours({ ...strict.env, S3_UNTIL_MS: '60000' }, 'head', 'f')).code, 'ok', 'in time is in time');

// --- large objects -------------------------------------------------------------------

const large = path.join(dir, 'large');
const SIZE = 100 * MIB + 12345;
const hash = createHash('sha256');
const f = await open(large, 'w');
for (let left = SIZE, i = 0; left > 0; left -= MIB, i++) {
	const piece = Buffer.alloc(Math.min(left, MIB), `piece ${i} `);
	hash.update(piece);
	await f.write(piece);
}
await f.close();
const want = hash.digest('hex');
sent();
const up = await ours(strict.env, 'put', 'large', large, 'video/mp4');
const parts = sent();
is([up.code, parts.length, parts[0], parts[parts.length - 1]], ['ok', 9, 'POST large?uploads', 'POST large?uploadId'],
	'100 MiB go in seven parts');
const stored = strict.objects.get('large');
is([stored.type, stored.data.length, createHash('sha256').update(stored.data).digest('hex')],
	['video/mp4', SIZE, want], 'and arrive whole, with their type');
const back = path.join(dir, 'large.got');
const down = await ours(strict.env, 'get', 'large', back);
is([down.code, down.lines], ['ok', [`len ${SIZE}`]], 'and come back');
is(createHash('sha256').update(await readFile(back)).digest('hex'), want, 'as they were');
if (!process.env.BUILD.includes('asan'))
	ok(up.rss < 40960 && down.rss < 40960, 'in at most 40 MiB of memory', [up.rss, down.rss]);
await rm(back);
strict.objects.delete('large');

// The rest with five parts, the fewest there are: what is smaller goes in one.
const WHOLE = 70 * MIB;
await truncate(large, WHOLE);
const wantFive = createHash('sha256').update(await readFile(large)).digest('hex');

const part = (n) => ({ method, query }) => method === 'PUT' && query.startsWith(`partNumber=${n}&`);
strict.fail({ status: 503, code: 'SlowDown' }, 2, part(3));
is((await ours(strict.env, 'put', 'large', large, 'video/mp4')).code, 'ok', 'a part that must be sent three times');
is(createHash('sha256').update(strict.objects.get('large').data).digest('hex'), wantFive, 'is sent rightly');
strict.objects.delete('large');
strict.fail({ drop: true }, 9, part(2));
is((await ours(strict.env, 'put', 'large', large, 'video/mp4')).code, 'unavailable', 'a part that cannot be sent');
is([strict.objects.has('large'), strict.uploads.size], [false, 0], 'leaves no object and no parts');
strict.faults = [];
const end = ({ method, query }) => method === 'POST' && query.startsWith('uploadId=');
strict.fail({ sorry: 'InternalError' }, 1, end);
is((await ours(strict.env, 'put', 'large', large, 'video/mp4')).code, 'ok', 'an error in an answer of 200 is seen');
ok(strict.objects.has('large'), 'and the end is tried again');
strict.objects.delete('large');
strict.fail({ sorry: 'InternalError' }, 9, end);
is((await ours(strict.env, 'put', 'large', large, 'video/mp4')).code, 'unavailable', 'one that stays');
is([strict.objects.has('large'), strict.uploads.size], [false, 0], 'leaves nothing either');
strict.faults = [];
strict.fail({ body: '<ok/>' }, 1, ({ query }) => query.startsWith('uploads='));
is((await ours(strict.env, 'put', 'large', large, 'video/mp4')).code, 'unavailable', 'a begin without a name');
strict.fail({ drop: true }, 9, part(1));
strict.fail({ status: 500, code: 'InternalError' }, 9, ({ method }) => method === 'DELETE');
const left = await ours(strict.env, 'put', 'data/large', large, 'video/mp4');
ok(/parts of an upload are left to mirai-sweep/.test(left.log), 'what cannot be taken back is said', left.log);
strict.faults = [];
strict.page = 1;
for (const key of ['data/other', 'elsewhere/x'])
	strict.uploads.set(`id-${key.length}`, { key, parts: new Map(), at: Date.now() });
is([(await ours(strict.env, 'clean', 'data/', 3600)).code, strict.uploads.size], ['ok', 3],
	'young uploads are left alone');
strict.age(2 * 3600 * 1000);
is([(await ours(strict.env, 'clean', 'data/', 3600)).code, [...strict.uploads.values()].map((u) => u.key)],
	['ok', ['elsewhere/x']], 'old ones go, over several pages, but none of others');
const lacks = await fault('a server that cannot list uploads', { status: 501, code: 'NotImplemented' }, 1,
	['clean', 'data/', 1], 'ok', 1);
is(lacks.log, '', 'needs no word');
strict.fail({ drop: true }, 1, (call) => {
	if (part(1)(call))
		truncateSync(large, 20 * MIB);
	return false;
});
is((await ours(strict.env, 'put', 'large', large, 'video/mp4')).code, 'unavailable', 'a file that becomes shorter');
strict.faults = [];
is([strict.objects.has('large'), [...strict.uploads.values()].length, (await stat(large)).size],
	[false, 1, 20 * MIB], 'is not stored');

// --- progress ------------------------------------------------------------------------

const [steady, silent] = await waits;
is([steady.code, steady.lines], ['ok', ['len 160']], 'four slow seconds are waited for while something comes');
is(silent.code, 'deadline_exceeded', 'a second of silence is not');
slow.closeAllConnections();
slow.close();
await strict.close();
await rm(dir, { recursive: true });
console.log(`1..${count}`);
