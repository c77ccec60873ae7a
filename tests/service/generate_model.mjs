// Generation by a model of either wire form: what its good and bad answers
// make of jobs, lessons and courses.
import fs from 'node:fs';
import { Gemini } from '../ai/kit/gemini.mjs';
import { OpenAI } from '../ai/kit/openai.mjs';
import { begin, config, course, drain, jobOf, json, newCourseJob, newJob, sql, start, until }
	from './kit/generate.mjs';

let count = 0;

function ok(good, name, got) {
	count++;
	console.log(`${good ? 'ok' : 'not ok'} ${count} - ${name}`);
	if (!good && got !== undefined)
		console.log(`# got: ${JSON.stringify(got)}`.slice(0, 2000));
}

const is = (got, want, name) => ok(JSON.stringify(got) === JSON.stringify(want), name, got);

const lessonOf = (id) => sql(`SELECT l.id FROM course_outlines o JOIN outline_sections s
	ON s.outline_id = o.id JOIN outline_lessons l ON l.section_id = s.id
	WHERE o.course_id = '${id}' ORDER BY s.position, l.position LIMIT 1`);

const notices = (id) => sql(`SELECT string_agg(type || ':' || title, ', ' ORDER BY created_at)
	FROM notifications WHERE course_id = '${id}'`);

// One attempt of a job that is reset before.
async function attempt(conf, job, retries = 0) {
	await sql(`UPDATE generation_jobs SET status = 'queued', retry_count = ${retries},
		run_after = NULL, error_message = NULL, completed_at = NULL, tokens_used = 0
		WHERE id = '${job}'`);
	await start(conf).done;
	return jobOf(job);
}

// How an answer ends an attempt: the act, attempts before, status, the reason.
const ends = [
	['truncated', 0, 'queued', 'cut off'],
	['truncated', 1, 'failed', 'cut off'],
	['malformed', 0, 'queued', 'could not be used'],
	['malformed', 3, 'failed', 'could not be used'],
	['garbage', 0, 'queued', ''],
	['wrong', 0, 'queued', 'could not be used'],
	['missing', 0, 'queued', 'could not be used'],
	['line', 0, 'queued', 'could not be used'],
	['huge', 0, 'queued', ''],
	['status:404', 0, 'failed', 'refused the request'],
	['status:401', 0, 'failed', 'rejected the key'],
	['unsafe', 0, 'failed', 'safety rules'],
];
const brief = ['missing', 'unsafe']; // the wire is tests/ai/provider.mjs's to test

const TENANT = 'a0000000-0000-4000-8000-000000000000';
const limit = (n) => sql(`UPDATE tenant_ai_settings SET monthly_token_limit = ${n}`);

// Jobs of one company at once do not pass the limit together, and what was
// reserved by one that was killed keeps nobody waiting.
async function sideBySide(name, m) {
	const conf = config(name, m, 'worker.slots 6\nworker.tenant_max 6\n');
	const id = await course('Side by side');
	await sql('DELETE FROM ai_usage');
	await limit('NULL');
	m.script();
	await newJob({ type: 'course_outline', course_id: id });
	await drain(conf); // 400 tokens
	await limit(550); // before a lesson is written, twice
	m.script();
	const parent = await newCourseJob(id);
	await drain(conf);
	is([(await jobOf(parent)).error_message, m.mostBusy], ['4 of 6 lessons could not be written', 1],
		`${name}: six jobs at once: near the limit one call after the other`);
	is(await sql('SELECT sum(tokens) FROM ai_usage'), '600', `${name}: six jobs at once: no more than one`);
	is(await sql('SELECT count(*) FROM ai_reservations'), '0', `${name}: nothing stays reserved`);

	// One calls, one waits for it; the one that calls is killed.
	await limit(5000);
	const jobs = await json(`SELECT array_agg(id ORDER BY id) AS ids FROM generation_jobs
		WHERE parent_job_id = '${parent}' AND status = 'failed'`);
	const again = (job) => sql(`UPDATE generation_jobs SET status = 'queued', retry_count = 0,
		run_after = NULL, parent_job_id = NULL, completed_at = NULL WHERE id = '${job}';
		NOTIFY mirai_generate`);
	m.script('hang');
	await again(jobs.ids[0]);
	const worker = start(conf, []);
	await until('the first call', () => m.requests.length === 1);
	const [child] = fs.readFileSync(`/proc/${worker.pid}/task/${worker.pid}/children`, 'utf8').split(' ');
	await again(jobs.ids[1]);
	await until('the second job waits', async () => await sql(`SELECT running FROM ai_reservations
		WHERE holder = '${jobs.ids[1]}'`) === '0');
	is(m.requests.length, 1, `${name}: a call that would not fit waits`);
	process.kill(Number(child), 'SIGKILL');
	await until('the second job is done', async () => (await jobOf(jobs.ids[1])).status === 'completed');
	ok(true, `${name}: its turn comes when the process before it is killed`);
	worker.kill('SIGTERM');
	await worker.done;
	is(await sql(`SELECT count(*) FROM ai_reservations WHERE holder = '${jobs.ids[1]}'`), '0',
		`${name}: what is booked is not reserved`);
	await limit('NULL');
	await drain(conf);
	is((await jobOf(jobs.ids[0])).status, 'completed', `${name}: the killed one runs again`);
	is(await sql('SELECT count(*) FROM ai_reservations'), '0', `${name}: and nothing stays reserved`);
}

const dropped = []; // milliseconds until calls of no use ended
begin();
const gemini = new Gemini();
const openai = new OpenAI();

for (const [name, m] of [['gemini', gemini], ['openai', openai]]) {
	await m.listen();
	const conf = config(name, m);

	// A whole course.
	const id = await course(`Pumps by ${name}`);
	const outline = await newJob({ type: 'course_outline', course_id: id });
	await drain(conf);
	is((await jobOf(outline)).tokens_used, 400, `${name}: tokens of four calls`);
	is(await sql(`SELECT count(*) || ' ' || bool_and(cardinality(sme_chunk_ids) > 0)
		FROM outline_lessons l JOIN outline_sections s ON s.id = l.section_id
		JOIN course_outlines o ON o.id = s.outline_id WHERE o.course_id = '${id}'`), '6 true',
	`${name}: lessons with the chunks that match them`);
	const parent = await newCourseJob(id);
	await drain(conf);
	is(m.refused, [], `${name}: every request is one the server takes`);
	const done = await jobOf(parent);
	is([done.status, done.tokens_used], ['completed', 600], `${name}: the course is made`);
	is(await sql(`SELECT status || ' ' || version FROM courses WHERE id = '${id}'`), 'generated 2',
		`${name}: the course`);
	is(await sql(`SELECT count(*) FROM lesson_components WHERE type IN ('text', 'quiz')
		AND sme_chunk_ids = '{}'`), '0', `${name}: every text says where it comes from`);
	is(await notices(id), `outline_ready:Outline ready: Pumps by ${name}, ` +
		`generation_complete:Course ready: Pumps by ${name}`, `${name}: two notices`);

	// What goes wrong.
	const one = await newJob({ type: 'lesson_content', course_id: id,
		outline_lesson_id: await lessonOf(id) });
	let { stored } = await jobOf(one);
	for (const [act, retries, status, say] of ends) {
		if (name !== 'gemini' && !brief.includes(act))
			continue;
		m.script(act);
		const end = await attempt(conf, one, retries);
		is([end.status, end.retry_count, end.stored], [status, retries + (status === 'queued'), stored],
			`${name}: ${act} at attempt ${retries + 1}: nothing is stored`);
		ok((end.error_message ?? '').includes(say), `${name}: ${act}: the reason`, end);
		stored = end.stored;
	}
	ok((await notices(id)).endsWith(`generation_failed:Generation failed: Pumps by ${name}`),
		`${name}: a final failure is told`, await notices(id));

	// An injected document makes a model write what it should not.
	m.script('hostile');
	const bad = await attempt(conf, one);
	is(bad.status, 'completed', `${name}: hostile: what remains is a lesson`);
	const text = await sql(`SELECT string_agg(content_json->>'html', '') FROM lesson_components
		WHERE lesson_id = '${bad.lesson_id}' AND type = 'text'`);
	is(/<script|<iframe|<svg|<style|<img|<form|javascript:|onclick|onerror|evil/i.test(text), false,
		`${name}: hostile: nothing that acts`);
	is(await sql(`SELECT count(*) FROM lesson_components WHERE lesson_id = '${bad.lesson_id}'
		AND content_json ? 'url'`), '0', `${name}: hostile: no picture from elsewhere`);
	ok(text.includes('https://good.example/x'), `${name}: hostile: what is harmless stays`, text);


	// A component, changed as asked, in the lesson and in the course.
	m.script();
	await drain(conf);
	const part = await json(`SELECT k.id, g.id AS lesson FROM lesson_components k
		JOIN generated_lessons g ON g.id = k.lesson_id WHERE g.course_id = '${id}'
		AND k.type = 'text' AND g.id <> '${bad.lesson_id}' LIMIT 1`);
	const regen = await newJob({ type: 'component_regen', course_id: id, lesson_id: part.lesson,
		component_id: part.id, input: JSON.stringify({ component_id: part.id, prompt: 'Shorter' }) });
	await drain(conf);
	is((await jobOf(regen)).status, 'completed', `${name}: a component`);
	is(await sql(`SELECT content_json->>'html', version FROM lesson_components
		WHERE id = '${part.id}'`), '<p>Changed.</p>|2', `${name}: a component: its text`);
	is(await sql(`SELECT version FROM courses WHERE id = '${id}'`), '3',
		`${name}: a component: the course changes with it`);
	ok(m.requests.some((r) => r.body.includes('Shorter')), `${name}: a component: the wish is told`);

	// Cancelled, and deleted, while the model thinks or wants to be left alone.
	for (const [what, statement] of [
		['cancelled', `UPDATE generation_jobs SET status = 'cancelled', claim_token = NULL,
			lease_until = NULL, completed_at = now() WHERE id = '${one}'`],
		['deleted', `DELETE FROM courses WHERE id = '${id}'`],
	]) {
		m.script(name === 'gemini' ? 'hang' : 'limited:30');
		await sql(`UPDATE generation_jobs SET status = 'queued', retry_count = 0, run_after = NULL,
			completed_at = NULL WHERE id = '${one}'`);
		const worker = start(conf);
		await until('a request', () => m.requests.length === 1);
		const at = Date.now();
		await sql(statement);
		is((await worker.done).status, 0, `${name}: ${what} while the model thinks`);
		dropped.push(Date.now() - at);
		ok(dropped.at(-1) < 20000, `${name}: ${what}: nobody waits for the model`, dropped.at(-1));
		ok(m.requests[0].done, `${name}: ${what}: the connection is closed`);
	}

	// The month's tokens end in the middle of a course.
	m.script();
	await sql(`INSERT INTO tenant_ai_settings (tenant_id) VALUES ('${TENANT}')
		ON CONFLICT DO NOTHING; DELETE FROM ai_usage`);
	const poor = await course('Poor');
	await newJob({ type: 'course_outline', course_id: poor });
	await drain(conf);
	await sql('UPDATE tenant_ai_settings SET monthly_token_limit = 650');
	const part2 = await newCourseJob(poor);
	await drain(config(name, m, 'worker.slots 1\n'));
	await sql('UPDATE tenant_ai_settings SET monthly_token_limit = NULL');
	const poorJob = await jobOf(part2);
	is([poorJob.status, poorJob.error_message], ['failed', '3 of 6 lessons could not be written'],
		`${name}: the limit in the middle of a course`);
	is(await sql(`SELECT count(*) FROM generated_lessons WHERE course_id = '${poor}'`), '3',
		`${name}: the limit: what is written stays`);
	is(await sql(`SELECT count(DISTINCT error_message) || ' ' || max(retry_count)
		FROM generation_jobs WHERE parent_job_id = '${part2}' AND status = 'failed'`), '1 0',
	`${name}: the limit: no second attempt`);
	is(await sql('SELECT sum(tokens) FROM ai_usage'), '700', `${name}: every token is counted`);
	if (m === gemini)
		await sideBySide(name, m);
	await m.close();
}

// One of them will have had the machine for itself.
ok(Math.min(...dropped) < 2500, 'a call of no use is dropped within 2 s', dropped);
console.log(`1..${count}`);
