// A course of 20 lessons by a provider that takes 2 s for every answer and is
// asked at most five times at once: seconds from the wish to the course, with
// the outline, and the memory of mirai-generate with all its processes. Run by
// tests/run, which brings the databases.
import { setTimeout as sleep } from 'node:timers/promises';
import { OpenAI } from '../ai/kit/openai.mjs';
import { begin, config, course, jobOf, newCourseJob, newJob, sql, start, until }
	from '../service/kit/generate.mjs';
import { watch } from './memory.mjs';

const ANSWER_MS = 2000;
const SECTIONS = 5;
const LESSONS = 4; // of each

const outline = {
	sections: Array.from({ length: SECTIONS }, (_, i) => ({
		title: `Section ${i + 1}`,
		description: 'A part.',
		lesson_titles: Array.from({ length: LESSONS }, (_l, j) => `Lesson ${i + 1}.${j + 1}`),
	})),
};

const m = new OpenAI();
await m.listen();
const usual = m.say.bind(m);
m.say = async (res, answer, end) => {
	await sleep(ANSWER_MS);
	usual(res, typeof answer === 'object' && 'sections' in answer ? outline : answer, end);
};

begin();
const conf = config('openai', m, 'worker.tenant_max 5\n');
const id = await course('Pumps');
const worker = start(conf, []);
const peak = watch(worker.pid);
const over = (job) => until('the end', async () => worker.exitCode !== null ||
	['completed', 'failed'].includes((await jobOf(job)).status));
const at = Date.now();
await over(await newJob({ type: 'course_outline', course_id: id }));
const parent = await newCourseJob(id);
await over(parent);
const seconds = (Date.now() - at) / 1000;
const mib = peak();
worker.kill('SIGTERM');
const end = await worker.done;
await m.close();

const lessons = Number(await sql('SELECT count(*) FROM generated_lessons'));
console.log(`# ${lessons} lessons in ${seconds.toFixed(1)} s, ${m.mostBusy} calls at once, ${mib} MiB`);
const good = lessons === SECTIONS * LESSONS && m.mostBusy <= 5 && seconds <= 20 && mib <= 64
	&& end.status === 0;
console.log(`${good ? 'ok' : 'not ok'} 1 - 20 lessons within 20 s, five calls at once`);
console.log('1..1');
