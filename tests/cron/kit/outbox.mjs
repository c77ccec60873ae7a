// The application's queue of mails, for tests of mirai-mail: a tenant with a
// person and a notice, and a payload for every kind of letter.
import crypto from 'node:crypto';
import { ask, psql } from './mail.mjs';

const { DATABASE_WORKER_URL } = process.env;

export const sql = (text, stderr) => psql(DATABASE_WORKER_URL, text, stderr);
export const quote = (s) => `'${s.replaceAll("'", "''")}'`;

export const TENANT = 'aaaaaaaa-0000-4000-8000-000000000001';
export const USER = 'aaaaaaaa-0000-4000-8000-000000000003';
export const NOTICE = 'aaaaaaaa-0000-4000-8000-00000000000b';
export const TOKEN = 'q83vEjRWeJASNFZ4kBI0VniQq83vEjRWeJASNFZ4kBI';

export function makeTenant() {
	sql(`INSERT INTO tenants (id, name, slug) VALUES ('${TENANT}', 'Acme', 'acme');
		INSERT INTO users (id, tenant_id, kratos_id, role)
			VALUES ('${USER}', '${TENANT}', '${USER}', 'admin');
		INSERT INTO notifications (id, tenant_id, user_id, type, title, message)
			VALUES ('${NOTICE}', '${TENANT}', '${USER}', 'outline_ready', 't', 'm')`);
}

export const course = 'Fire safety in the workshop: before, during and after';
const link = '/course/9f0c1d6e-6f0a-4f5e-9a51-2f6f6f0f7a11';

export const letters = {
	invitation: { inviter: 'Jörg Müller', company: 'Brückenbau & Söhne', expires_at:
		'2026-11-27T10:00:00Z', link: `/auth/accept-invite?token=${TOKEN}` },
	welcome: { first_name: 'Rosa', company: 'Acme Training GmbH' },
	task_assigned: { assignee: 'Rosa Weiss', assigner: 'Jörg Müller', link: '/smes/tasks/1',
		task: 'Describe how the press is set up after a change of tools', sme: 'Hydraulic press',
		due_at: '2026-12-04T12:00:00Z' },
	ingestion_complete: { user: 'Rosa Weiss', sme: 'Hydraulic press', task: 'Setting up the press',
		link: '/smes/1' },
	ingestion_failed: { user: 'Rosa Weiss', sme: 'Hydraulic press', task: 'Setting up the press',
		link: '/smes/tasks/1', error: 'press-manual.pdf: the file is protected by a password.' },
	generation_complete: { user: 'Rosa Weiss', course, what: 'outline', link },
	generation_failed: { user: 'Rosa Weiss', course, what: 'lesson', link,
		error: 'The provider did not answer within 120 seconds, three times.' },
	outline_ready: { user: 'Rosa Weiss', course, sections: 4, lessons: 17, link: `${link}/outline` },
	course_complete: { user: 'Rosa Weiss', course, sections: 4, lessons: 17, minutes: 150,
		link: `${link}/preview` },
	alert: { subject: 'Sign-ups are stuck: 2 for more than 30 minutes', text:
		'Registration  Company        Minutes\r\n71c5…         Acme GmbH      34\r\n' +
		'9d02…         Brückenbau     51\r\n\r\nCheck the logs, the identity service and the ' +
		'database, and act by hand.' },
	payment_failed: { company: 'Brückenbau & Söhne' },
	enterprise_inquiry: { company: 'Nordwind AG', industry: 'Logistics', team_size: '501-1000',
		name: 'Zoë O’Hara', email: 'zoe@nordwind.example', phone: '+49 30 1234567', message:
			'We train drivers at 40 places.\n\nCould we talk next week? <b>Thanks</b>' },
};

export function queue(kind, { to = 'rosa@example.org', data = letters[kind], tenant = TENANT,
	notice = null } = {}) {
	const id = crypto.randomUUID();
	const text = (s) => (s === null ? 'NULL' : quote(s));
	sql(`INSERT INTO mail_outbox (id, tenant_id, notification_id, kind, recipient, payload) VALUES
		('${id}', ${text(tenant)}, ${text(notice)}, '${kind}', ${quote(to)},
		${quote(JSON.stringify(data))}); NOTIFY mirai_outbox`);
	return id;
}

const statusOf = (id) => `SELECT CASE WHEN sent_at IS NOT NULL THEN 'sent'
	WHEN failed_at IS NOT NULL THEN 'failed' WHEN lease IS NOT NULL THEN 'sending'
	ELSE 'queued' END || ' ' || attempts FROM mail_outbox WHERE id = '${id}'`;
export const status = (id) => sql(statusOf(id));
export const isSent = async (id) => await ask(DATABASE_WORKER_URL, statusOf(id)) === 'sent 1';
export const lastError = (id) => sql(`SELECT error FROM mail_outbox WHERE id = '${id}'`);
export const due = () => sql('UPDATE mail_outbox SET next_attempt_at = now()');
export const clear = () => sql('DELETE FROM mail_outbox');
