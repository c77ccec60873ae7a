// A PDF of 100 pages that an expert handed in: seconds until its text and
// summary lie before the reviewer, and from approval to the pieces courses are
// made from, without a model; with the memory of mirai-ingest and all its
// processes. Run by tests/run, which brings the databases.
import fs from 'node:fs';
import path from 'node:path';
import { begin, EXPERT, sql, start, TENANT, USER } from '../service/kit/generate.mjs';
import { watch } from './memory.mjs';

const { LOCAL_STORAGE_DIR, MIRAI_CONF } = process.env;
const PAGES = 100;
const LINES = 45;
const TASK = 'b0000000-0000-4000-8000-000000000001';
const SUBMISSION = 'b1000000-0000-4000-8000-000000000001';
const FILE = `submissions/${SUBMISSION}/files/manual.pdf`;

const parts = 'valve pump gauge filter motor belt switch sensor brake cable'.split(' ');
const acts = ['checks', 'cleans', 'closes', 'replaces', 'records', 'tightens', 'inspects', 'reports'];

function line(page, n) {
	const i = page * LINES + n;
	return `Station ${i}: the shift leader ${acts[i % acts.length]} the ${parts[(i * 7) % parts.length]} of unit ` +
		`${i % 37} within ${5 + (i % 50)} minutes.`;
}

function content(page) {
	let text = `BT /F1 16 Tf 50 790 Td (Chapter ${page + 1}: ${parts[page % parts.length]}) Tj /F1 10 Tf 0 -24 Td 15 TL`;
	for (let n = 0; n < LINES; n++)
		text += ` (${line(page, n)}) Tj T*`;
	return `${text} ET`;
}

function pdf() {
	const object = ['<</Type/Catalog/Pages 2 0 R>>',
		`<</Type/Pages/Count ${PAGES}/Kids[${Array.from({ length: PAGES }, (_, i) => `${4 + 2 * i} 0 R`).join(' ')}]>>`,
		'<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>'];
	for (let i = 0; i < PAGES; i++) {
		const text = content(i);
		object.push(`<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents ${5 + 2 * i} 0 R/Resources<</Font<</F1 3 0 R>>>>>>`,
			`<</Length ${text.length}>>stream\n${text}\nendstream`);
	}
	let out = '%PDF-1.4\n';
	const at = object.map((o, i) => {
		const from = out.length;
		out += `${i + 1} 0 obj${o}endobj\n`;
		return `${String(from).padStart(10, '0')} 00000 n \n`;
	});
	return `${out}xref\n0 ${at.length + 1}\n0000000000 65535 f \n${at.join('')}` +
		`trailer<</Size ${at.length + 1}/Root 1 0 R>>\nstartxref\n${out.length}\n%%EOF\n`;
}

const job = () => sql(`INSERT INTO generation_jobs (tenant_id, type, created_by_user_id, sme_task_id, submission_id)
	VALUES ('${TENANT}', 'sme_ingestion', '${USER}', '${TASK}', '${SUBMISSION}')`);

// One run of the program: its seconds, start and end of it too, and its memory.
async function run() {
	await job();
	const at = Date.now();
	const worker = start(MIRAI_CONF, ['-1'], 'mirai-ingest');
	const peak = watch(worker.pid);
	const end = await worker.done;
	return { seconds: (Date.now() - at) / 1000, mib: peak(), fine: end.status === 0 };
}

begin();
const file = path.join(LOCAL_STORAGE_DIR, 'data', TENANT, FILE);
const bytes = pdf();
fs.mkdirSync(path.dirname(file), { recursive: true });
fs.writeFileSync(file, bytes);
await sql(`DELETE FROM sme_knowledge_chunks;
	INSERT INTO sme_tasks (id, tenant_id, sme_id, title, assigned_to_user_id, assigned_by_user_id, status)
		VALUES ('${TASK}', '${TENANT}', '${EXPERT}', 'The manual', '${USER}', '${USER}', 'submitted');
	INSERT INTO sme_task_submissions (id, tenant_id, task_id, file_name, file_path, content_type, file_size_bytes,
		submitted_by_user_id) VALUES ('${SUBMISSION}', '${TENANT}', '${TASK}', 'manual.pdf', '${FILE}', 'document',
		${bytes.length}, '${USER}')`);
const read = await run();
const letters = Number(await sql('SELECT length(extracted_text) FROM sme_task_submissions'));
await sql(`UPDATE sme_task_submissions SET is_approved = true, approved_at = now(), approved_by_user_id = '${USER}',
		approved_content = extracted_text;
	UPDATE sme_tasks SET status = 'processing'; UPDATE subject_matter_experts SET status = 'ingesting'`);
const distilled = await run();
const chunks = Number(await sql('SELECT count(*) FROM sme_knowledge_chunks'));
const seconds = read.seconds + distilled.seconds;
const mib = Math.max(read.mib, distilled.mib);
console.log(`# ${PAGES} pages, ${letters} letters, ${chunks} chunks: read in ${read.seconds.toFixed(2)} s,` +
	` distilled in ${distilled.seconds.toFixed(2)} s`);
console.log(`# together ${seconds.toFixed(2)} s, ${mib} MiB`);
const done = read.fine && distilled.fine && letters > 300000 && chunks >= PAGES;
console.log(`${done && seconds <= 2 && mib <= 64 ? 'ok' : 'not ok'} 1 - 100 pages within 2 s and 64 MiB`);
console.log('1..1');
