// A course on its way through generation, put where the service finds it.
import { randomUUID } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { sql } from './account.mjs';

const { TEST_DIR } = process.env;

// letter: the company of the fixtures ("a" is acme). status: of the outline,
// which has one section and one lesson; written: the lesson has a text.
export function draft(letter = 'a', { status = 'pending_review', written = false, title = 'C' } = {}) {
	const tenant = `${letter}0000000-0000-4000-8000-000000000000`, user = `${letter}2000000-0000-4000-8000-000000000001`;
	const [course, outline, section, lesson, generated, component] = Array.from({ length: 6 }, () => randomUUID());
	const key = `courses/${course}/content.1.${randomUUID()}.json`, file = path.join(TEST_DIR, 'store/data', tenant, key);
	fs.mkdirSync(path.dirname(file), { recursive: true });
	fs.writeFileSync(file, JSON.stringify({ id: course, settings: { title } }));
	sql(`INSERT INTO courses (id, tenant_id, company_id, created_by_user_id, title, content_path)
			SELECT '${course}', tenant_id, company_id, id, '${title}', '${key}' FROM users WHERE id = '${user}';
		INSERT INTO course_outlines (id, tenant_id, course_id, approval_status) VALUES ('${outline}', '${tenant}', '${course}', '${status}');
		INSERT INTO outline_sections (id, tenant_id, outline_id, title, position) VALUES ('${section}', '${tenant}', '${outline}', '${title}', 1);
		INSERT INTO outline_lessons (id, tenant_id, section_id, title, position) VALUES ('${lesson}', '${tenant}', '${section}', '${title}', 1)`);
	if (written)
		sql(`INSERT INTO generated_lessons (id, tenant_id, course_id, section_id, outline_lesson_id, title)
				VALUES ('${generated}', '${tenant}', '${course}', '${section}', '${lesson}', '${title}');
			INSERT INTO lesson_components (id, tenant_id, lesson_id, type, position, content_json) VALUES ('${component}', '${tenant}',
				'${generated}', 'text', 1, '{"html": "<p>${title}</p>", "plaintext": "${title}"}')`);
	return { course, outline, section, lesson, generated, component };
}

// A job of a course, asked for by the n-th person of the company.
export function job(letter, course, n = 1) {
	return sql(`INSERT INTO generation_jobs (tenant_id, type, course_id, created_by_user_id) VALUES
		('${letter}0000000-0000-4000-8000-000000000000', 'course_outline', '${course}', '${letter}2000000-0000-4000-8000-00000000000${n}')
		RETURNING id`);
}
