// What tests of generation by a model share: a company with an expert and its
// knowledge, courses, jobs made by hand, and mirai-generate on a loopback model.
import { execFile, execFileSync, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

const { BUILD, TEST_DIR, DATABASE_URL, LOCAL_STORAGE_DIR } = process.env;

export const TENANT = 'a0000000-0000-4000-8000-000000000000';
const COMPANY = 'a1000000-0000-4000-8000-000000000000';
export const USER = 'a2000000-0000-4000-8000-000000000001';
export const EXPERT = 'a4000000-0000-4000-8000-000000000001';

const SUPER = DATABASE_URL.replace(/user=\S+/, 'user=postgres');
const ARGS = ['-qAtX', '-v', 'ON_ERROR_STOP=1', SUPER];

// As the superuser; servers of this process go on answering meanwhile.
export async function sql(text) {
	const { stdout } = await promisify(execFile)('psql', ['-c', text, ...ARGS]);
	return stdout.trimEnd();
}

export const json = async (text) => JSON.parse(await sql(`SELECT to_json(x) FROM (${text}) x`) || 'null');

export function begin() {
	execFileSync('psql', ARGS, { input: `
		INSERT INTO tenants (id, name, slug) VALUES ('${TENANT}', 'A', 'a');
		INSERT INTO companies (id, tenant_id, name, plan, subscription_status)
			VALUES ('${COMPANY}', '${TENANT}', 'A', 'pro', 'active');
		INSERT INTO users (id, tenant_id, kratos_id, company_id, role)
			VALUES ('${USER}', '${TENANT}', gen_random_uuid(), '${COMPANY}', 'admin');
		INSERT INTO subject_matter_experts (id, tenant_id, company_id, name, domain, status,
			knowledge_summary, created_by_user_id) VALUES ('${EXPERT}', '${TENANT}', '${COMPANY}',
			'Grace', 'Pumps', 'active', 'How pumps are run.', '${USER}');
		INSERT INTO sme_knowledge_chunks (tenant_id, sme_id, topic, content, keywords,
			relevance_score, lang, position, heading_path)
		SELECT '${TENANT}', '${EXPERT}', 'Pump ' || n, 'Pump number ' || n || ' starts when valve '
			|| n || ' is open. ' || repeat('Nobody opens it while the pump runs. ', 5),
			ARRAY['pump', 'valve'], 1 - n / 20.0, 'en', n, ARRAY['Pumps', 'Pump ' || n]
		FROM generate_series(1, 12) n;` });
}

// A draft with its document and what it is to be made from.
export async function course(title) {
	const id = randomUUID();
	const key = `courses/${id}/content.1.json`;
	const file = path.join(LOCAL_STORAGE_DIR, 'data', TENANT, key);
	fs.mkdirSync(path.dirname(file), { recursive: true });
	fs.writeFileSync(file, JSON.stringify({ id, version: 1, settings: { title }, content: {} }));
	await sql(`INSERT INTO courses (id, tenant_id, company_id, created_by_user_id, title,
			content_path) VALUES ('${id}', '${TENANT}', '${COMPANY}', '${USER}', '${title}', '${key}');
		INSERT INTO course_generation_inputs (tenant_id, course_id, sme_ids, target_audience_ids,
			desired_outcome) VALUES ('${TENANT}', '${id}', '{${EXPERT}}', '{}', 'Pumps run')`);
	return id;
}

const job = (values) => {
	const row = { tenant_id: TENANT, created_by_user_id: USER, ...values };
	return `INSERT INTO generation_jobs (${Object.keys(row).join(', ')})
		VALUES (${Object.values(row).map((v) => `'${v}'`).join(', ')}) RETURNING id`;
};

export const newJob = (values) => sql(`NOTIFY mirai_generate; ${job(values)}`);

// The latest outline approved, and a job for each of its lessons below a parent.
export async function newCourseJob(id) {
	await sql(`UPDATE course_outlines SET approval_status = 'approved' WHERE course_id = '${id}'`);
	const parent = await sql(job({ type: 'full_course', status: 'processing', max_retries: 0,
		course_id: id }));
	await sql(`NOTIFY mirai_generate; INSERT INTO generation_jobs (tenant_id, created_by_user_id, type, course_id,
			outline_lesson_id, parent_job_id)
		SELECT '${TENANT}', '${USER}', 'lesson_content', '${id}', l.id, '${parent}'
		FROM course_outlines o JOIN outline_sections s ON s.outline_id = o.id
		JOIN outline_lessons l ON l.section_id = s.id WHERE o.course_id = '${id}'
		AND o.version = (SELECT max(version) FROM course_outlines WHERE course_id = '${id}')`);
	return parent;
}

export const jobOf = (id) => json(`SELECT status, retry_count, error_message, tokens_used, lesson_id,
	(SELECT max(generated_at)::text || count(*) FROM generated_lessons) AS stored
	FROM generation_jobs WHERE id = '${id}'`);

// A configuration that asks this model, which is a Gemini or an OpenAI.
export function config(kind, m, lines = '') {
	const file = path.join(TEST_DIR, `${kind}.conf`);
	fs.writeFileSync(file, `ai.rate 0\nai.provider ${kind}\nai.${kind}.model ${m.model}\n` +
		`ai.${kind}.url ${m.url ?? m.base}\nai.${kind}.key ${m.key}\n` +
		`cache.path ${TEST_DIR}/${kind}.db\n${lines}`);
	return file;
}

// One run until there is nothing to claim (or other flags); started, to be
// waited for or killed.
export function start(conf, flags = ['-1'], program = 'mirai-generate') {
	const p = spawn(path.join(BUILD, 'bin', program), [...flags, '-f', conf], { stdio: ['ignore', 'ignore', 'pipe'] });
	p.text = '';
	p.stderr.on('data', (s) => { p.text += s; });
	p.done = new Promise((resolve) => {
		p.on('exit', (status, signal) => resolve({ status, signal, text: p.text }));
	});
	return p;
}

// The same, again and again until nothing of the queue is left.
export async function drain(conf) {
	for (let i = 0; i < 10; i++) {
		const end = await start(conf).done;
		if (end.status !== 0)
			throw new Error(`mirai-generate: ${end.status} ${end.text}`);
		const left = await sql(`UPDATE generation_jobs SET run_after = NULL
			WHERE status IN ('queued', 'processing') RETURNING id`);
		if (left === '')
			return;
	}
	throw new Error('jobs are left');
}

export async function until(what, fn) {
	const end = Date.now() + 60000;
	while (!await fn()) {
		if (Date.now() > end)
			throw new Error(`never: ${what}`);
		await sleep(20);
	}
}
