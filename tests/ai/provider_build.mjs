// mirai build by a model: both wire forms on loopback make a course of a real
// document; what goes wrong leaves no file and says why.
import { execFile } from 'node:child_process';
import { access, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { Gemini } from './kit/gemini.mjs';
import { OpenAI } from './kit/openai.mjs';

const BIN = path.join(process.env.BUILD, 'bin/mirai');
const DIR = process.env.TEST_DIR;
const BOOK = path.join(DIR, 'handbook.md');

let count = 0;

function ok(good, name, got) {
	count++;
	console.log(`${good ? 'ok' : 'not ok'} ${count} - ${name}`);
	if (!good && got !== undefined)
		console.log(`# got: ${JSON.stringify(got)}`.slice(0, 2000));
}

const is = (got, want, name) => ok(JSON.stringify(got) === JSON.stringify(want), name, got);

await writeFile(BOOK, '# The pump\n\n## Start\n\nThe pump starts when the tank is empty. ' +
	'Open the valve before you start it.\n\n## Stop\n\nThe pump stops by itself when the tank is full.\n');

const gemini = new Gemini();
const openai = new OpenAI({ key: null });
await gemini.listen();
await openai.listen();

const envOf = {
	gemini: { GEMINI_BASE_URL: gemini.base, GEMINI_MODEL: gemini.model, GEMINI_API_KEY: gemini.key },
	openai: { OPENAI_BASE_URL: `${openai.url}/`, OPENAI_MODEL: openai.model },
};

async function build(out, args, env = {}) {
	const base = { ...process.env };
	for (const k of ['GEMINI_API_KEY', 'OPENAI_API_KEY'])
		delete base[k];
	try {
		const { stdout, stderr } = await promisify(execFile)(BIN,
			['build', BOOK, '-o', out, ...args], { env: { ...base, ...env } });
		return { status: 0, stdout, stderr };
	} catch (e) {
		return { status: e.code, stdout: e.stdout, stderr: e.stderr };
	}
}

const exists = (file) => access(file).then(() => true, () => false);
const limits = path.join(DIR, 'limits.conf');
await writeFile(limits, 'ai.rate 0\n');

for (const [name, m] of [['gemini', gemini], ['openai', openai]]) {
	const env = { ...envOf[name], MIRAI_CONF: limits };
	const out = path.join(DIR, `${name}.json`);
	let r = await build(out, ['--provider', name, '--format', 'document', '--json'], env);
	is(r.status, 0, `${name}: a course is made`);
	is(m.refused, [], `${name}: every request is one the server takes`);
	const done = JSON.parse(r.stdout.trimEnd().split('\n').pop());
	is([done.provider, done.sections, done.lessons, done.questions, done.tokens],
		[name, 3, 6, 6, 1100], `${name}: what came of it`);
	const course = JSON.parse(await readFile(out));
	is(course.settings.title, 'The pump', `${name}: the document's title`);
	is(course.content.sections.map((s) => s.lessons.length), [2, 2, 2], `${name}: its lessons`);
	const blocks = course.content.sections[0].lessons[0].blocks;
	ok(blocks.some((b) => b.content.includes('<strong>because</strong>')), `${name}: its text`, blocks);
	ok(blocks.some((b) => b.content.includes('<figure>')), `${name}: a figure for an image`, blocks);
	is(JSON.stringify(course).includes('extractive'), false, `${name}: no mark of another provider`);

	const zip = path.join(DIR, `${name}.zip`);
	m.script();
	r = await build(zip, ['--provider', name], env);
	is(r.status, 0, `${name}: a package`);
	is((await readFile(zip)).subarray(0, 2).toString(), 'PK', `${name}: a package: is one`);

	for (const [act, say] of [['status:401', 'rejected the key'], ['unsafe', 'safety rules'],
		['wrong', 'could not be used'], ['status:404', 'refused the request']]) {
		const none = path.join(DIR, 'none.zip');
		m.script('good', act);
		r = await build(none, ['--provider', name], env);
		is([r.status, await exists(none)], [1, false], `${name}: ${act}: no package`);
		ok(r.stderr.includes(say) && r.stderr.includes('handbook.md'), `${name}: ${act}: the reason`,
			r.stderr);
	}
}

let r = await build(path.join(DIR, 'no.zip'), ['--provider', 'gemini'],
	{ ...envOf.gemini, GEMINI_API_KEY: '' });
ok(r.status === 1 && r.stderr.includes('No key'), 'gemini: no key', r);
const conf = path.join(DIR, 'key.conf');
await writeFile(conf, `ai.rate 0\nai.gemini.key ${gemini.key}\nai.gemini.model ${gemini.model}\n` +
	`ai.gemini.url ${gemini.base}\n`);
gemini.script();
r = await build(path.join(DIR, 'conf.zip'), ['--provider', 'gemini'], { MIRAI_CONF: conf });
is(r.status, 0, 'gemini: key, model and address from the configuration');
gemini.script();
r = await build(path.join(DIR, 'own.zip'), []);
is([r.status, gemini.requests.length], [0, 0], 'without a provider nobody is called');

await gemini.close();
await openai.close();
console.log(`1..${count}`);
