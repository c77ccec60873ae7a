// What becomes of those who paid while something is down: they stay paid, are
// queued again, told of once per tier, and get their account when it is back.
// And payments that nobody reported.
import fs from 'node:fs';
import path from 'node:path';

import { Kratos } from '../identity/kit/kratos.mjs';
import {
	HASH, WHOLE, age, alertText, alerts, app, bought, checkout, clear, done, exists, host, ident,
	is, mirai, ok, openStripe, paying, provision, quote, register, run, status,
} from './kit/provision.mjs';

const { TEST_DIR, IDENTITY_DATABASE_URL } = process.env;
const stripe = await openStripe();
const conf = host(paying(stripe));
const database = /dbname=(\S+)/.exec(IDENTITY_DATABASE_URL)[1];

// --- an hour without the identity service ---------------------------------------------

// down(true) makes it refuse, down(false) brings it back.
async function outage(name, own, down, people) {
	const r = await bought(stripe, { company: `Outage ${name}` });
	const other = register({ company: `Late ${name}`, updated_at: "now() - interval '20 minutes'" });
	await down(true);
	let got = await provision(own);
	is([status(r), status(other)], ['paid', 'paid'], `${name}: they stay paid`);
	ok(got.text.includes('the identity service does not answer'), `${name}: the log says why`, got.text);
	is([alerts('warning'), alerts('critical')], [1, 0], `${name}: one waited 20 minutes: a warning`);
	ok(alertText('warning').includes(other.id) && !alertText('warning').includes(r.id), 'about that one',
		alertText('warning'));
	for (let i = 0; i < 4; i++) {
		age(15);
		got = await provision(own);
	}
	is([status(r), status(other)], ['paid', 'paid'], `acceptance 4: the identity service is down for an hour after payment: they stay paid (${name})`);
	is(app(`SELECT max(attempts) < 10 FROM pending_registrations`), 't', `${name}: reconciliation gives new tries`);
	is([alerts('warning'), alerts('critical')], [2, 2], `acceptance 4: warning and critical alert once each (${name})`);
	const text = alertText('critical');
	ok(text.includes(r.id) && text.includes(r.email) && text.includes(r.company) && text.includes(r.session) &&
		/Waiting +\d+ minutes/.test(text) && text.includes('does not answer') && text.includes('mirai-provision'),
	`${name}: it says who and what to check`, text);
	await down(false);
	age(15);
	got = await provision(own);
	is([exists(r, people(r)), exists(other, people(other))], [WHOLE, WHOLE], `acceptance 4: the accounts appear after recovery (${name})`);
	is([alerts('warning'), alerts('critical')], [2, 2], `${name}: and nothing more is told`);
	clear(stripe);
}

await outage('embedded', conf, async (stop) => {
	const name = quote(database);
	app(`ALTER DATABASE "${database}" ALLOW_CONNECTIONS ${!stop}`);
	app(`SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity WHERE datname = ${name} AND application_name <> 'psql'`);
}, (r) => ident(`SELECT count(*) FROM identities WHERE traits->>'email' = ${quote(r.email)}`));

{
	let kratos = await new Kratos().start();
	const ports = [kratos.publicPort, kratos.adminPort];
	const kept = () => [...kratos.identities.values()];
	const own = host([...paying(stripe), 'identity.mode kratos', `identity.kratos.public_url ${kratos.publicUrl}`,
		`identity.kratos.admin_url ${kratos.adminUrl}`]);
	await outage('kratos', own, async (stop) => {
		if (stop) {
			await kratos.stop();
			return;
		}
		kratos = await new Kratos().start('http://localhost', ports);
	}, (r) => String(kept().filter((i) => i.traits.email === r.email).length));

	const r = await bought(stripe);
	await provision(own);
	const i = kept().find((x) => x.traits.email === r.email);
	is(exists(r, i === undefined ? '0' : '1'), WHOLE, 'a Kratos that answers: the account is made');
	is(i?.metadata_admin?.registration_id, r.id, 'there, for that registration');
	is(JSON.stringify(i).includes(HASH), true, 'with the hash that was stored');
	is(kratos.complaints, [], 'and it had no complaint');

	const lost = await bought(stripe);
	kratos.fault('/admin/identities', 'lost');
	await provision(own);
	kratos.clear();
	app('UPDATE pending_registrations SET next_attempt_at = now()');
	await provision(own);
	is(exists(lost, String(kept().filter((x) => x.traits.email === lost.email).length)), WHOLE,
		'an answer of it that got lost makes no second person');
	await kratos.stop();
	clear(stripe);
}

// --- tiers ---------------------------------------------------------------------------------

{
	const at = (minutes) => `now() - interval '${minutes} minutes'`;
	const later = "now() + interval '1 hour'";
	const four = register({ updated_at: at(4), next_attempt_at: later });
	const six = register({ updated_at: at(6), next_attempt_at: later });
	const left = register({ updated_at: at(6), status: 'provisioning', lease_until: at(1), lease: 'gen_random_uuid()' });
	const pending = register({ updated_at: at(60), status: 'pending' });
	const failed = register({ updated_at: at(40), status: 'failed', error_message: "'no reason'" });
	const told = register({ updated_at: at(50), status: 'failed', alerted_at: at(50) });
	const got = await mirai(conf, 'registration', 'reconcile', '--json');
	is(got.code, 0, 'reconciliation by hand');
	is(JSON.parse(got.text), { queued: 2, warned: 0, alerted: 1, found: 0, lost: 0 }, 'says what it did');
	is([six, left].map((r) => app(`SELECT status || (next_attempt_at <= now()) FROM pending_registrations
		WHERE id = '${r.id}'`)), ['paidtrue', 'paidtrue'], 'after 5 minutes they are queued again');
	is([four, pending, failed].map(status), ['paid', 'pending', 'failed'], 'others are left');
	ok(alertText('critical').includes(failed.id) && !alertText('critical').includes(told.id) &&
		alertText('critical').includes('no reason'), 'a failed one is told of once');
	clear(stripe);
}

{
	const r = register({ updated_at: "now() - interval '20 minutes'", next_attempt_at: "now() + interval '1 hour'",
		company: 'Line\nbreak <b>', email: 'a@b.example' });
	const runs = await Promise.all([1, 2, 3].map(() => mirai(conf, 'registration', 'reconcile', '--json')));
	is(runs.reduce((n, x) => n + JSON.parse(x.text).warned, 0), 1, 'three at once: one warning');
	is(alerts('warning'), 1, 'in one mail');
	ok(alertText('warning').includes('Company           Line break <b>\n'), 'a name stays in its line');
	void r;
	clear(stripe);
}

// --- once per interval ---------------------------------------------------------------------------

{
	const hosts = [host(paying(stripe)), host(paying(stripe)), host(paying(stripe))];
	const runs = await Promise.all(hosts.map((h) => run('mirai-provision', h, '-1', '-v')));
	is(runs.filter((x) => x.text.includes('reconciled:')).length, 1, 'three hosts: one of them reconciles');
	is((await provision(conf, '-v')).text.includes('reconciled:'), false, 'not again within the interval');
	age(14);
	is((await provision(conf, '-v')).text.includes('reconciled:'), false, 'nor after 14 minutes');
	age(2);
	is((await provision(conf, '-v')).text.includes('reconciled:'), true, 'but after 15');
	clear(stripe);
}

// --- payments nobody reported ------------------------------------------------------------------------

{
	const r = await bought(stripe, { told: false, plan: 'pro', seats: 9 });
	const unpaid = register({ status: 'pending' });
	checkout(stripe, unpaid.id);
	is(status(r), 'pending', 'a payment whose report never came');
	const got = await provision(conf, '-v');
	ok(got.text.includes('1 found'), 'is found', got.text);
	is(exists(r), WHOLE, 'and the account made by the same run');
	is(app(`SELECT concat_ws(' ', plan, seat_count, stripe_subscription_id) FROM companies
		WHERE name = ${quote(r.company)}`), `pro 9 ${r.subscription}`, 'as it was bought');
	is(status(unpaid), 'pending', 'one that is not paid is left');
	age(16);
	is((await provision(conf, '-v')).text.includes('0 found, 0 lost'), true, 'the next time it is known');
	clear(stripe);
}

{
	const r = await bought(stripe, { told: false });
	app(`DELETE FROM pending_registrations WHERE id = '${r.id}'`);
	const got = await provision(conf, '-v');
	ok(got.text.includes('0 found, 1 lost'), 'a payment that belongs to nothing', got.text);
	is(alerts('belongs to no registration'), 1, 'is told');
	ok([r.session, r.customer, r.subscription].every((s) => alertText('belongs').includes(s)), 'with what Stripe calls it');
	age(16);
	await provision(conf);
	is(alerts('belongs to no registration'), 1, 'once');
	clear(stripe);
}

{
	const r = await bought(stripe, { told: false });
	stripe.sessions.get(r.session).created -= 49 * 3600;
	const got = await provision(conf, '-v');
	ok(got.text.includes('0 found'), 'older than 48 hours: not asked for', got.text);
	clear(stripe);
}

{
	const r = register({ updated_at: "now() - interval '20 minutes'", next_attempt_at: "now() + interval '1 hour'" });
	stripe.fault(503, { path: /checkout.sessions$/, times: 9 });
	const got = await provision(conf);
	stripe.faults.length = 0;
	is(got.code, 1, 'Stripe does not answer: that is an error');
	is(alerts('warning'), 1, 'but those who wait are told of');
	is(exists(r), WHOLE, 'and served');
	clear(stripe);
}

// --- a cache that cannot be used ------------------------------------------------------------------------

{
	const file = path.join(TEST_DIR, 'not-a-cache');
	fs.writeFileSync(file, 'this is no SQLite file'.repeat(500));
	const broken = host(paying(stripe));
	fs.writeFileSync(broken, fs.readFileSync(broken, 'utf8').replace(/^cache\.path .*$/m, `cache.path ${file}`));
	const r = await bought(stripe);
	is((await provision(broken)).code, 0, 'a cache file that cannot be used');
	is(exists(r), WHOLE, 'is in nobody\'s way');
	const nowhere = host(paying(stripe));
	fs.writeFileSync(nowhere, fs.readFileSync(nowhere, 'utf8').replace(/^cache\.path .*$/m,
		'cache.path /proc/nowhere/cache.db'));
	const s = await bought(stripe);
	is((await provision(nowhere)).code, 0, 'nor is one in no directory');
	is(exists(s), WHOLE, 'the account is there');
	clear(stripe);
}

await stripe.close();
done();
