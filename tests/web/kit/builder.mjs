// What tests of the course builder share: an expert with knowledge, an
// audience, the worker that writes, and the way to an outline by its pages.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { call, PASSWORD } from './site.mjs';
import { psql, superuser } from '../../psql.mjs';

const { BUILD, DATABASE_URL, TEST_DIR } = process.env;

export const sql = (text) => psql(superuser(DATABASE_URL), text);

const SUBJECTS = { Protection: ['helmet', 'harness', 'glove'], Emergency: ['extinguisher', 'alarm', 'exit'] };

function chunk(topic, word) {
	return `The ${word} is the part of ${topic.toLowerCase()} that every technician must check before the work begins. `
		+ `The ${word} protects the people near the machine and is inspected by a second person every morning. `
		+ `A damaged ${word} is replaced at once and is never repaired with tape. `
		+ `Whoever finds a worn ${word} tells the shift leader, who locks the machine until a new ${word} has arrived. `
		+ `The record of the ${word} is kept for five years in the office of the plant.`;
}

// An expert that is ready, one that is not, and two audiences.
export async function seed(site) {
	const { sme } = await call(site, 'owner@acme', 'SMEService/CreateSME',
		{ name: 'Grace Safety', domain: 'Plant safety', description: 'Knows every machine of the plant.', scope: 'SME_SCOPE_GLOBAL' });
	await call(site, 'owner@acme', 'SMEService/CreateSME',
		{ name: 'Nobody Yet', domain: 'Nothing', description: '', scope: 'SME_SCOPE_GLOBAL' });
	let n = 0;
	const rows = Object.entries(SUBJECTS).flatMap(([topic, words]) => words.map((word) =>
		`('a0000000-0000-4000-8000-000000000000', '${sme.id}', '${topic} ${word}', '${chunk(topic, word)}', '{${word}}', 0.8, 'en', ${n++}, '{${topic},${topic} ${word}}')`));
	sql(`UPDATE subject_matter_experts SET status = 'active', knowledge_summary = 'How to work safely near machines.' WHERE id = '${sme.id}';
		INSERT INTO sme_knowledge_chunks (tenant_id, sme_id, topic, content, keywords, relevance_score, lang, position, heading_path) VALUES ${rows.join(',')}`);
	const crowd = async (name, role) => (await call(site, 'owner@acme', 'TargetAudienceService/CreateTemplate',
		{ name, role, description: 'People who begin at the plant.', experienceLevel: 'EXPERIENCE_LEVEL_BEGINNER',
			learningGoals: ['Know the machines', 'Work safely', 'Report damage'] })).template;
	return { sme, newcomers: await crowd('Newcomers', 'Technician'), leaders: await crowd('Shift leaders', 'Leader') };
}

// A program that cron starts, until it is told to stop: one that has worked for
// its minute is followed by the next. lines: configuration of its own.
export function startProgram(site, name, lines = []) {
	const conf = path.join(TEST_DIR, `${name}-${lines.length}.conf`);
	fs.writeFileSync(conf, `${fs.readFileSync(site.conf, 'utf8')}\n${lines.join('\n')}\n`, { mode: 0o600 });
	const log = fs.openSync(path.join(TEST_DIR, `${name}.log`), 'a');
	let child;
	let gone;
	let stopped = false;
	const start = () => {
		child = spawn(path.join(BUILD, `bin/mirai-${name}`), ['-f', conf], { stdio: ['ignore', log, log] });
		gone = once(child, 'exit').then(([code]) => { if (!stopped && code === 0) start(); });
	};
	start();

	return { async stop() {
		stopped = true;
		child.kill('SIGTERM');
		await gone;
	} };
}

// Writes what is asked for.
export const startWriter = (site, lines) => startProgram(site, 'generate', lines);

export const secret = PASSWORD;
