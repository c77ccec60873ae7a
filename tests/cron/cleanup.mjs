// mirai-cleanup: every rule with a row on each side of its line; registrations
// only after Stripe has said that nobody paid or still can.
import crypto from 'node:crypto';

import {
	WHOLE, app, bought, checkout, clear, done, exists, hold, host, ident, identities, is, kill,
	ok, openStripe, paying, provision, quiet, quote, register, run, start, status, until,
} from './kit/provision.mjs';

const stripe = await openStripe();
const conf = host(paying(stripe));
const dueAgain = () => app('DELETE FROM schedules');
const past = (what) => `now() - interval '${what}'`;

async function cleanup(c = conf, ...args) {
	dueAgain();
	return run('mirai-cleanup', c, ...args);
}

// A sign-up whose time is over, with a checkout of its own.
function expired(more = {}) {
	const id = crypto.randomUUID();
	const session = checkout(stripe, id);
	const r = register({ status: 'pending', session: session.id, customer: session.customer,
		expires_at: past('1 minute'), ...more, id: quote(id) });
	return { ...r, id, session: session.id };
}

// --- registrations ----------------------------------------------------------------

{
	const over = expired();
	stripe.expireSession({}, over.session);
	const bare = register({ status: 'pending', expires_at: past('1 minute') });
	const gone = register({ status: 'pending', session: 'cs_test_gone', expires_at: past('1 minute') });
	const open = expired();
	const young = expired({ expires_at: "now() + interval '1 minute'" });
	const others = ['paid', 'provisioning', 'failed'].map((s) => register({ status: s, expires_at: past('2 days'),
		lease_until: "now() + interval '1 minute'", next_attempt_at: "now() + interval '1 hour'" }));
	const got = await cleanup(conf, '-v');
	is(got.code, 0, 'sign-ups past their time');
	is([over, bare, gone].map(status), ['', '', ''], 'are removed when nobody paid');
	is([status(open), stripe.sessions.get(open.session).status], ['', 'expired'],
		'one that could still be paid is ended at Stripe first');
	is(status(young), 'pending', 'one with time left stays');
	is(others.map(status), ['paid', 'provisioning', 'failed'], 'and so do those that are paid, or failed');
	ok(got.text.includes('unpaid registrations removed: 4\n'), '-v tells how many', got.text);
	is((await cleanup()).text, '', 'silence is success');
	clear(stripe);
}

{
	const r = expired();
	await stripe.pay(r.session);
	const got = await cleanup(conf, '-v');
	ok(got.text.includes('registrations found paid: 1\n'), 'one that was paid, unheard', got.text);
	is(status(r), 'paid', 'becomes paid');
	await provision(conf);
	is(exists(r), WHOLE, 'and gets its account');
	is(app(`SELECT seat_count FROM companies WHERE name = ${quote(r.company)}`), '7', 'with what was bought');
	clear(stripe);
}

{
	const slow = expired();
	await stripe.pay(slow.session, 'unpaid');
	await cleanup();
	is(status(slow), 'pending', 'a bank that takes its time is waited for');
	app(`UPDATE pending_registrations SET expires_at = ${past('15 days')}`);
	await cleanup();
	is(status(slow), '', 'two weeks');
	clear(stripe);
}

{
	const all = [expired(), expired(), register({ status: 'pending', expires_at: past('1 minute') })];
	stripe.fault(503, { path: /checkout/, times: 50 });
	const got = await cleanup();
	stripe.faults.length = 0;
	is(got.code, 1, 'Stripe does not answer: that is an error');
	ok(/did not say whether registrations were paid; they are kept/.test(got.text), 'and said', got.text);
	is(all.map(status), ['pending', 'pending', ''], 'what it was asked about stays');
	is((await cleanup()).code, 0, 'until it answers');
	is(all.map(status), ['', '', ''], 'then it goes');
	const nobody = expired();
	is((await cleanup(host())).code, 1, 'a key that is gone says nothing either');
	is(status(nobody), 'pending', 'so the sign-up stays');
	clear(stripe);
}

{
	const r = expired();
	stripe.fault('hang', { path: /checkout/ });
	const child = start('mirai-cleanup', conf);
	dueAgain();
	await until(() => stripe.requests.some((q) => q.path.includes(r.session)), 'Stripe to be asked');
	await stripe.pay(r.session);
	app(`UPDATE pending_registrations SET status = 'paid' WHERE id = '${r.id}'`);
	await kill(child);
	await cleanup();
	is(status(r), 'paid', 'one that is paid while Stripe is asked is never removed');
	clear(stripe);
}

{
	app(`INSERT INTO pending_registrations (email, first_name, last_name, company_name, plan, expires_at)
		SELECT 'many' || g || '@x.example', 'A', 'B', 'C', 'pro', ${past('1 hour')}
		FROM generate_series(1, 230) g`);
	const child = start('mirai-cleanup', conf);
	await new Promise((go) => { setTimeout(go, 60); });
	await kill(child);
	await quiet('mirai-cleanup');
	is((await cleanup()).code, 0, 'more than one page of them, and a kill in between');
	is(app('SELECT count(*) FROM pending_registrations'), '0', 'all are removed');
}

// --- what is kept for a while -------------------------------------------------------

function company() {
	app(`WITH t AS (INSERT INTO tenants (name, slug) VALUES ('T', 't') RETURNING id),
		c AS (INSERT INTO companies (tenant_id, name) SELECT id, 'T' FROM t RETURNING id, tenant_id)
		INSERT INTO users (tenant_id, company_id, kratos_id, role)
		SELECT tenant_id, id, gen_random_uuid(), 'admin' FROM c`);
}

// rows: [what stays or goes, columns as SQL]; a name per row tells which is left.
async function rule(name, insert, left, want) {
	for (const sql of insert)
		app(sql);
	const dry = await run('mirai-cleanup', conf, '-n');
	const got = await cleanup(conf, '-v');
	is(app(left), want, name);
	return { dry: dry.text, text: got.text };
}

company();
const ids = `(SELECT tenant_id FROM users), (SELECT company_id FROM users)`;
const person = `(SELECT tenant_id FROM users), (SELECT id FROM users)`;

{
	const invite = (email, state, at) => `INSERT INTO invitations (tenant_id, company_id, email, role, status,
		token, expires_at) VALUES (${ids}, '${email}', 'sme', '${state}', md5(random()::text), ${at})`;
	const told = await rule('invitations past their time expire, others stay as they are', [
		invite('a', 'pending', past('1 second')), invite('b', 'pending', "now() + interval '1 minute'"),
		invite('c', 'accepted', past('1 day')), invite('d', 'revoked', past('1 day')),
	], `SELECT string_agg(email || ' ' || status, ', ' ORDER BY email) FROM invitations`,
	'a expired, b pending, c accepted, d revoked');
	ok(told.dry.includes('invitations expired: 1\n') && told.text.includes('invitations expired: 1\n'),
		'-n tells it before, -v after', told.dry + told.text);
}

{
	const mail = (to, sent, gone) => `INSERT INTO mail_outbox (kind, recipient, payload, created_at, sent_at,
		failed_at) VALUES ('alert', '${to}', '{}', ${past('400 days')}, ${sent}, ${gone})`;
	await rule('sent mails go after 30 days, given up ones after 90, waiting ones never', [
		mail('a', past('31 days'), 'NULL'), mail('b', past('29 days'), 'NULL'), mail('c', 'NULL', 'NULL'),
		mail('d', 'NULL', past('91 days')), mail('e', 'NULL', past('89 days')),
	], `SELECT string_agg(recipient, '' ORDER BY recipient) FROM mail_outbox`, 'bce');
}

{
	const event = (id, at) => `INSERT INTO stripe_events (event_id, type, received_at)
		VALUES ('${id}', 'x', ${at})`;
	await rule('events of Stripe go after 90 days', [event('a', past('91 days')), event('b', past('89 days'))],
		`SELECT string_agg(event_id, '') FROM stripe_events`, 'b');
}

{
	const notice = (title, read, made) => `INSERT INTO notifications (tenant_id, user_id, type, title, message,
		read, read_at, created_at) VALUES (${person}, 'task_assigned', '${title}', 'm', ${read !== 'NULL'},
		${read}, ${made})`;
	await rule('notices that were read go after 90 days, all after 365', [
		notice('a', past('91 days'), past('92 days')), notice('b', past('89 days'), past('92 days')),
		notice('c', 'NULL', past('364 days')), notice('d', 'NULL', past('366 days')),
	], `SELECT string_agg(title, '' ORDER BY title) FROM notifications`, 'bc');
	const event = (kind, at) => `INSERT INTO notification_events (tenant_id, user_id, kind, notice, created_at)
		VALUES (${person}, ${kind}, '{}', ${at})`;
	app('DELETE FROM notification_events');
	await rule('what streams were told goes after a day', [event(1, past('25 hours')), event(2, past('23 hours'))],
		`SELECT string_agg(kind::text, '') FROM notification_events`, '2');
}

{
	app(`WITH s AS (INSERT INTO subject_matter_experts (tenant_id, company_id, name, domain, created_by_user_id)
		VALUES (${ids}, 'Rail', 'd', (SELECT id FROM users)) RETURNING tenant_id, id, created_by_user_id AS u)
		INSERT INTO sme_tasks (tenant_id, sme_id, title, assigned_to_user_id, assigned_by_user_id, status, due_date)
		SELECT tenant_id, s.id, v.title, u, u, v.status::sme_task_status, now() + v.due::interval FROM s, (VALUES
		('soon', 'pending', '23 hours'), ('again', 'changes_requested', '1 minute'), ('later', 'pending', '25 hours'),
		('over', 'pending', '-1 minute'), ('answered', 'awaiting_review', '1 hour'), ('gone', 'cancelled', '1 hour'))
		v (title, status, due)`);
	const told = () => app(`SELECT string_agg(title, ', ' ORDER BY title) FROM notifications WHERE type = 'task_due_soon'`);
	const dry = await run('mirai-cleanup', conf, '-n');
	is([told(), /reminders of tasks that are due soon: 2\n/.test(dry.text)], ['', true], '-n tells of reminders and makes none');
	await cleanup();
	is(told(), 'Due soon: again, Due soon: soon', 'who has an open task that is due within a day is reminded');
	is(app(`SELECT count(*) FROM notifications n JOIN sme_tasks t ON t.id = n.task_id AND t.sme_id = n.sme_id
		AND n.action_url = '/smes?sme=' || t.sme_id || '&task=' || t.id WHERE n.type = 'task_due_soon'`), '2', 'by a notice that leads there');
	await cleanup();
	is(told(), 'Due soon: again, Due soon: soon', 'once');
	app(`DELETE FROM subject_matter_experts`);
	app(`DELETE FROM notifications`);
}

{
	const failed = (company, at) => register({ company, status: 'failed', updated_at: at });
	const [a, b, c] = [failed('a', past('6 days')), failed('b', past('8 days')), failed('c', past('91 days'))];
	const paid = register({ company: 'd', updated_at: past('100 days'), next_attempt_at: "now() + interval '1 hour'" });
	await cleanup();
	is([a, b, c, paid].map(status), ['failed', 'failed', '', 'paid'], 'failed registrations go after 90 days, paid ones never');
	is([a, b, paid].map((r) => app(`SELECT password_hash IS NULL FROM pending_registrations WHERE id = '${r.id}'`)),
		['f', 't', 'f'], 'their password hash after 7');
	const made = await bought(stripe);
	await provision(conf);
	const id = ident(`SELECT id FROM identities WHERE traits->>'email' = ${quote(made.email)}`);
	app(`DELETE FROM users WHERE kratos_id = '${id}'`);
	const stale = register({ email: 'stale@x.example', status: 'failed', updated_at: past('91 days'), kratos_id: quote(id) });
	await cleanup();
	is(status(stale), '', 'one whose login was made');
	await provision(conf);
	is(identities(made), '0', 'takes the login with it');
	app('DELETE FROM compensations');
}

{
	const task = (kind, at) => `INSERT INTO compensations (kind, payload, failed_at, created_at)
		VALUES ('${kind}', '{}', ${at}, ${past('400 days')})`;
	await rule('tasks that were given up go after 90 days, waiting ones never',
		[task('a', past('91 days')), task('b', past('89 days')), task('c', 'NULL')],
		`SELECT string_agg(kind, '' ORDER BY kind) FROM compensations`, 'bc');
	await rule('inquiries of visitors are kept', [`INSERT INTO enterprise_inquiries (company_name, name, email,
		created_at) VALUES ('x', 'y', 'z', ${past('4000 days')})`],
	'SELECT count(*) FROM enterprise_inquiries', '1');
}

{
	app(`INSERT INTO stripe_events (event_id, type, received_at) SELECT 'e' || g, 'x', ${past('100 days')}
		FROM generate_series(1, 2500) g`);
	const got = await cleanup(conf, '-v');
	ok(got.text.includes('events of the payment provider removed: 2500\n'), 'many rows go in several steps', got.text);
	app(`INSERT INTO stripe_events (event_id, type, received_at) VALUES ('held', 'x', ${past('100 days')})`);
	const free = await hold('app', `SELECT FROM stripe_events WHERE event_id = 'held' FOR UPDATE`);
	is((await cleanup()).code, 0, 'a row that somebody holds is left for the next time');
	await free();
	is(app(`SELECT count(*) FROM stripe_events WHERE event_id = 'held'`), '1', 'and in nobody\'s way');
}

// --- once an hour ----------------------------------------------------------------------

{
	dueAgain();
	const old = () => app(`INSERT INTO stripe_events (event_id, type, received_at)
		VALUES (gen_random_uuid(), 'x', ${past('100 days')})`);
	old();
	const hosts = [1, 2, 3].map(() => host(paying(stripe)));
	await Promise.all(hosts.map((h) => run('mirai-cleanup', h)));
	old();
	await run('mirai-cleanup', hosts[0]);
	const count = () => app(`SELECT count(*) FROM stripe_events WHERE received_at < ${past('90 days')}`);
	is(count(), '1', 'three hosts clean once in the hour');
	app("UPDATE schedules SET ran_at = ran_at - interval '59 minutes'");
	await run('mirai-cleanup', hosts[1]);
	is(count(), '0', 'and again in the next');
	is((await run('mirai-cleanup', conf, '-n')).code, 0, '-n asks at any time');
}

await stripe.close();
done();
