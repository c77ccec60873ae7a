// What waits in the mail queue, opened with the service's secret, and the
// identity database as its owner.
import crypto from 'node:crypto';
import { psql } from '../../psql.mjs';

export const SECRET = '0123456789abcdef0123456789abcdef';

export const sql = (text) => psql(process.env.IDENTITY_OWNER_URL, text);

function unseal(id, sealed, secret) {
	const key = crypto.createHmac('sha256', secret).update('mirai seal v1').digest();
	const raw = Buffer.from(sealed.replace(/^v1\./, ''), 'base64url');
	const open = crypto.createDecipheriv('aes-256-gcm', key, raw.subarray(0, 12));
	open.setAAD(Buffer.from(`mail:${id}`));
	open.setAuthTag(raw.subarray(raw.length - 16));
	return JSON.parse(Buffer.concat([open.update(raw.subarray(12, raw.length - 16)),
		open.final()]).toString());
}

// All mails to an address, oldest first: { type, valid, ...data }.
export function mails(to, secret = SECRET) {
	const rows = JSON.parse(sql(`SELECT coalesce(json_agg(json_build_object('id', id,
		'type', template, 'valid', valid, 'sealed', sealed) ORDER BY created_at, id), '[]')
		FROM mails WHERE recipient = '${to}'`));
	return rows.map((m) => ({ type: m.type, valid: m.valid, ...unseal(m.id, m.sealed, secret) }));
}

export function lastMail(to, secret = SECRET) {
	return mails(to, secret).at(-1);
}

// A code of six digits that is not this one.
export function otherThan(code) {
	return String((Number(code) + 1) % 1000000).padStart(6, '0');
}
