// mirai course draft: a document to a course on a running instance, with the
// real workers, written without a model and by loopback models of both wire
// forms; exported. What it says of files it cannot take, of a model that
// refuses, and what an interruption leaves.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { Gemini } from '../ai/kit/gemini.mjs';
import { OpenAI } from '../ai/kit/openai.mjs';
import { call, is, main, ok, startSite, tokenOf } from '../web/kit/site.mjs';

const { BUILD, SRCDIR, TEST_DIR } = process.env;
const PDF = path.join(SRCDIR, 'tests/ai/files/crane.pdf');
const KINDS = 'pdf docx pptx odt epub html htm md markdown txt';
const WORKERS = ['export', 'generate', 'ingest'];

// A program of the tree: what it said and how it ended; seen() looks at what it
// has said so far.
async function run(program, args, { env = {}, seen = () => {} } = {}) {
	const child = spawn(path.join(BUILD, 'bin', program), args, { cwd: TEST_DIR, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
	const said = { out: '', err: '' };
	child.stdout.on('data', (text) => { said.out += text; });
	child.stderr.on('data', (text) => { said.err += text; seen(said.err, child); });
	const [code, signal] = await once(child, 'close');
	return { code, signal, ...said };
}

const mirai = (site, args, more = {}) => run('mirai', ['course', ...args],
	{ ...more, env: { MIRAI_URL: site.base, MIRAI_TOKEN: tokenOf('owner@acme') } });

// What cron starts, by a model of its own, while a test runs.
async function working(site, lines, test) {
	const conf = path.join(TEST_DIR, 'workers.conf');
	fs.writeFileSync(conf, [fs.readFileSync(site.conf, 'utf8'), ...lines, ''].join('\n'), { mode: 0o600 });
	const log = fs.openSync(path.join(TEST_DIR, 'workers.log'), 'a');
	const children = WORKERS.map((name) => spawn(path.join(BUILD, 'bin', `mirai-${name}`), ['-f', conf], { stdio: ['ignore', log, log] }));
	const gone = children.map((child) => once(child, 'exit'));
	try {
		return await test();
	} finally {
		for (const child of children) child.kill('SIGTERM');
		await Promise.all(gone);
	}
}

const gemini = (m) => ['ai.provider gemini', `ai.gemini.url ${m.base}`, `ai.gemini.key ${m.key}`, `ai.gemini.model ${m.model}`, 'ai.rate 6000'];
const openai = (m) => ['ai.provider openai', `ai.openai.url ${m.url}`, `ai.openai.key ${m.key}`, `ai.openai.model ${m.model}`, 'ai.rate 6000'];

// --- files it cannot take ---------------------------------------------------------

function badFiles() {
	const at = (name) => path.join(TEST_DIR, name);
	fs.mkdirSync(at('folder.pdf'));
	fs.writeFileSync(at('empty.md'), '');
	fs.writeFileSync(at('tool.exe'), 'MZ');
	fs.writeFileSync(at('plain'), 'Without an ending.');
	fs.writeFileSync(at('large.pdf'), '');
	fs.truncateSync(at('large.pdf'), 25 * 1024 * 1024 + 1);
	execFileSync('mkfifo', [at('pipe.txt')]);
	return [['nowhere.md', 'No such file or directory'], ['folder.pdf', 'a directory, not a file'], ['empty.md', 'empty'],
		['tool.exe', `its name must end in one of: ${KINDS}`], ['plain', `its name must end in one of: ${KINDS}`],
		['large.pdf', 'larger than 25 MiB'], ['pipe.txt', 'not a file']];
}

// Told before anybody is asked who they are: nobody listens there.
async function refused() {
	const nowhere = { base: 'http://127.0.0.1:9' };
	const env = { MIRAI_URL: nowhere.base, MIRAI_TOKEN: '', MIRAI_EMAIL: '' };
	for (const [name, why] of badFiles()) {
		const r = await run('mirai', ['course', 'draft', name], { env });
		is([r.code, r.out, r.err], [1, '', `mirai: ${name}: ${why}\n`], `${name}: ${why}`);
	}
	const r = await run('mirai', ['course', 'draft'], { env });
	ok(r.code === 2 && r.err.startsWith('usage: mirai course'), 'no file: how it is called');
}

// --- a course of it -----------------------------------------------------------------

const STEPS = ['expert', 'audience', 'task', 'upload', 'review', 'course', 'outline', 'approval', 'lessons'];

async function made(site, name, r, title) {
	is([r.code, r.err.split('\n').map((line) => line.split(':')[0]).filter(Boolean)], [0, STEPS], `${name}: every step is told`);
	const id = r.out.trim();
	const { course } = await call(site, 'owner@acme', 'CourseService/GetCourse', { id });
	const { courses } = await call(site, 'owner@acme', 'CourseService/ListCourses');
	is([course.settings.title, courses.find((c) => c.id === id)?.status], [title, 'COURSE_STATUS_GENERATED'], `${name}: a generated course`);
	const lessons = course.content.sections.flatMap((s) => s.lessons);
	ok(lessons.length > 0 && lessons.every((l) => l.blocks.length > 0), `${name}: with ${lessons.length} lessons, none of them empty`);
	const zip = `${name}.zip`;
	const e = await mirai(site, ['export', '-o', zip, id]);
	is([e.code, e.out], [0, `${zip}\n`], `${name}: exported`);
	const manifest = execFileSync('unzip', ['-p', path.join(TEST_DIR, zip), 'imsmanifest.xml'], { encoding: 'utf8' });
	ok(manifest.includes(`>${title}<`), `${name}: a package of that title`);
	return JSON.stringify(course);
}

async function byModel(site, name, m, lines) {
	m.script();
	const text = await working(site, lines, async () =>
		made(site, name, await mirai(site, ['draft', '--title', `By ${name}`, '--outcome', 'Use cranes without accidents.', PDF]), `By ${name}`));
	ok(text.includes('It matters'), `${name}: what the model wrote is in it`);
	is(m.refused, [], `${name}: every request is one the server takes`);
}

// One that is interrupted leaves nothing that the next one trips over.
async function extractive(site) {
	await working(site, ['ai.provider extractive'], async () => {
		const cut = await mirai(site, ['draft', PDF], { seen: (err, child) => { if (err.includes('course: ')) child.kill('SIGINT'); } });
		is([cut.signal, cut.out], ['SIGINT', ''], 'an interrupted draft names no course');
		await made(site, 'extractive', await mirai(site, ['draft', PDF]), 'crane');
	});
	const { templates } = await call(site, 'owner@acme', 'TargetAudienceService/ListTemplates');
	is(templates.map((t) => t.name), ['Everyone'], 'one audience serves every draft');
}

// --- a model that refuses ------------------------------------------------------------

async function rejected(site, m) {
	m.script();
	const r = await working(site, gemini({ ...m, base: m.base, model: m.model, key: 'another-key-0123456789' }), () => mirai(site, ['draft', '--title', 'Refused', PDF]));
	const { courses } = await call(site, 'owner@acme', 'CourseService/ListCourses');
	const id = courses.find((c) => c.title === 'Refused')?.id;
	is([r.code, r.out], [1, ''], 'a key that is rejected: no course');
	is(r.err.split('\n').filter((line) => line.startsWith('mirai: ')), [
		'mirai: outline: The AI provider rejected the key.', 'mirai: the draft ended at: outline',
		`mirai: the course is there to go on with: ${site.base}/course-builder?id=${id}`,
	], 'why, where it ended, and where to go on');
	ok(!r.err.includes('another-key') && !fs.readFileSync(path.join(TEST_DIR, 'workers.log'), 'utf8').includes('another-key'), 'the key is told nowhere');
}

await main(async () => {
	const site = await startSite();
	const g = new Gemini();
	const o = new OpenAI();
	try {
		await refused();
		await Promise.all([g.listen(), o.listen()]);
		await extractive(site);
		await byModel(site, 'gemini', g, gemini(g));
		await byModel(site, 'openai', o, openai(o));
		await rejected(site, g);
	} finally {
		await Promise.all([g.close(), o.close()]);
		site.stop();
	}
});
