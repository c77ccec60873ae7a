// The commands of an operator: registrations, a company's contract, cleanup and
// reconciliation by hand. Every deed has its row in the audit log, and nothing
// else has one.
import crypto from 'node:crypto';
import os from 'node:os';

import {
	HASH, WHOLE, app, bought, clear, done, exists, host, ident, identities, is, mirai, ok,
	openStripe, paying, provision, quote, register, start, status, wakes,
} from './kit/provision.mjs';

const stripe = await openStripe();
const conf = host(paying(stripe));
const me = `operator:${os.userInfo().username}`;
const NOBODY = '00000000-0000-0000-0000-000000000000';

let audited = 0;
const audit = () => Number(app('SELECT count(*) FROM audit_log'));

// A deed: exit status, and one more row in the audit log, or none.
async function deed(want, action, ...args) {
	const got = await mirai(conf, ...args);
	ok(got.code === want, `mirai ${args.slice(0, 2).join(' ')}: exit status ${want}`, got.text + got.errors);
	const rows = audit() - audited;
	audited += rows;
	if (action === null)
		is(rows, 0, 'nothing is audited');
	else
		is([rows, app(`SELECT action || ' ' || tenant_id || ' ' || (details->>'by') FROM audit_log
		ORDER BY created_at DESC LIMIT 1`)], [1, action], 'the deed is in the audit log');
	return got;
}

// --- looking ---------------------------------------------------------------------------

const failed = await bought(stripe, { company: 'Failed Ltd', status: 'failed', error_message: "'no reason'" });
app(`UPDATE pending_registrations SET attempts = 10, alerted_at = now() WHERE id = '${failed.id}'`);
const paid = register({ company: 'Paid Ltd', next_attempt_at: "now() + interval '1 hour'", attempts: 4 });
const pending = register({ company: 'Pending\nLtd', status: 'pending' });
const busy = register({ status: 'provisioning', lease_until: "now() + interval '1 hour'" });
audited = audit();

{
	let got = await deed(0, null, 'registration', 'list');
	is(got.text.trim().split('\n').length, 4, 'the list has a line for each');
	ok(got.text.includes('Pending Ltd') && got.text.includes(failed.id), 'with id and company', got.text);
	got = await deed(0, null, 'registration', 'list', '--status', 'failed', '--json');
	const one = JSON.parse(got.text);
	is([one.id, one.status, one.email, one.company, one.error, one.attempts, one.checkout_session_id, one.has_password],
		[failed.id, 'failed', failed.email, 'Failed Ltd', 'no reason', 10, failed.session, true], 'or an object');
	got = await deed(0, null, 'registration', 'show', failed.email.toUpperCase());
	is(JSON.parse(got.text).id, failed.id, 'one is found by its address');
	ok(!got.text.includes(HASH.slice(0, 20)), 'a password hash is never shown');
	is(JSON.parse((await deed(0, null, 'registration', 'show', '--json', failed.id)).text).id, failed.id, 'or by its id');
	ok((await deed(1, null, 'registration', 'show', crypto.randomUUID())).errors.includes('no such registration'), 'if there is one');
	await deed(2, null, 'registration', 'list', '--status', 'lost');
	await deed(2, null, 'registration', 'show');
	await deed(2, null, 'registration', 'praise', failed.id);
}

// --- deciding ----------------------------------------------------------------------------

{
	for (const r of [pending, busy]) {
		ok((await deed(1, null, 'registration', 'retry', r.id)).errors.includes('cannot be done with it now'),
			'one in no state for it is left');
		await deed(1, null, 'registration', 'discard', r.id);
	}
	await deed(1, null, 'registration', 'discard', paid.id);
	is([pending, busy, paid].map(status), ['pending', 'provisioning', 'paid'], 'as it was');

	await deed(0, `registration.retry ${NOBODY} ${me}`, 'registration', 'retry', failed.id);
	is(app(`SELECT concat_ws(' ', status, attempts, next_attempt_at <= now(), alerted_at IS NULL)
		FROM pending_registrations WHERE id = '${failed.id}'`), 'paid 0 t t', 'a failed one begins again');
	await deed(0, `registration.retry ${NOBODY} ${me}`, 'registration', 'retry', paid.email);
	is(app(`SELECT attempts || ' ' || (next_attempt_at <= now()) FROM pending_registrations
		WHERE id = '${paid.id}'`), '0 true', 'a waiting one is due');
	await provision(conf);
	is([exists(failed), exists(paid)], [WHOLE, WHOLE], 'and both get their account');
	audited = audit();
}

{
	const child = start('mirai-provision', conf);
	const ms = await wakes(async () => {
		const r = register({ status: 'failed' });
		await mirai(conf, 'registration', 'retry', r.id);
		return r;
	}, (r) => exists(r) === WHOLE);
	ok(ms < 5000, 'a retry wakes mirai-provision', ms);
	child.kill('SIGTERM');
	await child.done;
	audited = audit();
}

{
	// Its login was made before it failed.
	const made = register({ company: 'Came Back' });
	await provision(conf);
	const id = ident(`SELECT id FROM identities WHERE traits->>'email' = ${quote(made.email)}`);
	app(`DELETE FROM tenants WHERE name = 'Came Back'`);
	const r = register({ email: made.email, status: 'failed', kratos_id: quote(id), subscription: 'sub_x' });
	audited = audit();
	const got = await deed(0, `registration.discard ${NOBODY} ${me}`, 'registration', 'discard', r.id, '--json');
	is(JSON.parse(got.text), { id: r.id, status: 'discarded' }, 'a failed one is discarded');
	is(status(r), '', 'it is gone');
	await provision(conf);
	is(identities(r), '0', 'and so is the login that was made for it');
	const taken = await bought(stripe, { email: failed.email, company: 'Twice' });
	await provision(conf);
	is(status(taken), 'failed', 'one whose address is somebody else\'s');
	audited = audit();
	await deed(0, `registration.discard ${NOBODY} ${me}`, 'registration', 'discard', taken.id);
	await provision(conf);
	is(identities(failed), '1', 'leaves them their login when it is discarded');
}

{
	const r = await bought(stripe, { told: false });
	audited = audit();
	const got = await deed(0, `registration.reconcile ${NOBODY} ${me}`, 'registration', 'reconcile');
	ok(/^0 queued again, 0 warned of, 0 alerted of, 1 payments found, 0 belong to nobody\n$/.test(got.text),
		'reconciliation by hand tells what it did', got.text);
	is(status(r), 'paid', 'and did it');
	app('DELETE FROM pending_registrations');
}

// --- a company's contract -----------------------------------------------------------------

{
	const tenant = app(`SELECT tenant_id FROM companies WHERE name = 'Failed Ltd'`);
	const now = () => app(`SELECT concat_ws(' ', plan, subscription_status, seat_count) FROM companies
		WHERE name = 'Failed Ltd'`);
	audited = audit();
	await deed(0, `company.plan ${tenant} ${me}`, 'company', 'plan', '--plan', 'enterprise', '--status', 'active',
		'--seats', '2500', 'Failed Ltd');
	is(now(), 'enterprise active 2500', 'plan, status and seats are set');
	await deed(0, `company.plan ${tenant} ${me}`, 'company', 'plan', '--seats', '0', 'Failed Ltd');
	is(now(), 'enterprise active 0', 'or one of them alone');
	is(app(`SELECT details->>'plan' || (details->>'seats') FROM audit_log WHERE action = 'company.plan'
		ORDER BY created_at DESC LIMIT 1`), 'enterprise0', 'the audit log has what is now');
	ok((await deed(1, null, 'company', 'plan', 'Failed Ltd')).errors.includes('is required'), 'nothing to set');
	ok((await deed(1, null, 'company', 'plan', '--plan', 'gold', 'Failed Ltd')).errors.includes('--plan:'), 'no such plan');
	ok((await deed(1, null, 'company', 'plan', '--status', 'good', 'Failed Ltd')).errors.includes('--status:'), 'no such status');
	await deed(2, null, 'company', 'plan', '--seats', '-1', 'Failed Ltd');
	ok((await deed(1, null, 'company', 'plan', '--seats', '1', 'Nobody')).errors.includes('no such company'), 'no such company');
	await deed(0, `tenant.status ${tenant} ${me}`, 'company', 'suspend', 'Failed Ltd');
	await deed(0, `tenant.status ${tenant} ${me}`, 'company', 'activate', 'Failed Ltd');
}

// --- cleanup ---------------------------------------------------------------------------------

{
	app(`INSERT INTO stripe_events (event_id, type, received_at) VALUES ('old', 'x', now() - interval '100 days')`);
	let got = await deed(0, null, 'cleanup', '-n');
	ok(/^ +1 {2}events of the payment provider removed$/m.test(got.text), '-n tells what would be', got.text);
	is(app(`SELECT count(*) FROM stripe_events WHERE event_id = 'old'`), '1', 'and changes nothing');
	got = await deed(0, `cleanup.run ${NOBODY} ${me}`, 'cleanup', '--json');
	ok(got.text.trim().split('\n').map((l) => JSON.parse(l))
		.some((l) => l.what === 'events of the payment provider removed' && l.rows === 1), 'done, it is told', got.text);
	is(app(`SELECT count(*) FROM stripe_events WHERE event_id = 'old'`), '0', 'and gone');
	await deed(2, null, 'cleanup', 'now');
}

// --- without the identity service ----------------------------------------------------------------

{
	const r = register({ status: 'failed' });
	const broken = host([...paying(stripe), 'identity.mode kratos', 'identity.kratos.public_url http://127.0.0.1:9',
		'identity.kratos.admin_url http://127.0.0.1:9']);
	is((await mirai(broken, 'registration', 'list')).code, 0, 'registrations are shown while people cannot be had');
	is((await mirai(broken, 'registration', 'retry', r.id)).code, 0, 'and decided about');
	clear(stripe);
}

await stripe.close();
done();
