// mirai-provision: what it makes of a paid registration, what it asks Stripe,
// which failures are put off and which end it, and whom it tells.
import {
	WHOLE, alertText, alerts, app, bought, clear, done, exists, host, ident,
	identities, is, ok, openStripe, paying, provision, quote, register, start, status, wakes,
} from './kit/provision.mjs';

const stripe = await openStripe();
const conf = host(paying(stripe));

// --- the good way ------------------------------------------------------------------

{
	const r = await bought(stripe, { plan: 'pro', seats: 7, company: 'Acme Labs' });
	const got = await provision(conf, '-v');
	is(got.code, 0, 'a paid registration is provisioned');
	ok(new RegExp(`registration ${r.id}: company [0-9a-f-]{36}\n`).test(got.text), '-v names it', got.text);
	is(exists(r), WHOLE, 'there is one of everything, and no registration');
	is(app(`SELECT concat_ws(' ', plan, subscription_status, seat_count, industry, team_size,
		stripe_customer_id, stripe_subscription_id) FROM companies WHERE name = 'Acme Labs'`),
	`pro active 7 Chemistry 11-50 ${r.customer} ${r.subscription}`, 'with what was bought');
	ok(/^acme-labs-[0-9a-f]{8}$/.test(app(`SELECT slug FROM tenants WHERE name = 'Acme Labs'`)), 'and a slug');
	is(ident(`SELECT metadata_admin->>'registration_id' FROM identities
		WHERE traits->>'email' = ${quote(r.email)}`), r.id, 'the identity names the registration');
	is(ident(`SELECT count(*) FROM verifiable_addresses WHERE value = ${quote(r.email)} AND verified`),
		'0', 'nobody proved the mailbox yet');
	is(app(`SELECT payload->>'first_name' || '/' || (payload->>'company') FROM mail_outbox
		WHERE kind = 'welcome' AND recipient = ${quote(r.email)}`), 'Ada/Acme Labs', 'a welcome mail waits');
	const company = app(`SELECT id FROM companies WHERE name = 'Acme Labs'`);
	is(stripe.subscriptions.get(r.subscription).metadata.company_id, company,
		'the subscription at Stripe names the company');
	is(stripe.customers.get(r.customer).metadata.company_id, company, 'and so does the customer');
	is(app('SELECT count(*) FROM compensations'), '0', 'nothing is left to do');
	is(app(`SELECT details->>'by' FROM audit_log WHERE action = 'company.create'`), 'sign-up', 'it is audited');
	is((await provision(conf, '-v')).text.includes('registration'), false, 'a second run has nothing to do');
}

{
	const r = register({ company: 'Nothing Paid', plan: 'starter', seats: 3 });
	is((await provision(host(['billing.seats 42']))).code, 0, 'where nothing is paid, too');
	is(exists(r), WHOLE, 'there is one of everything');
	is(app(`SELECT concat_ws(' ', plan, subscription_status, seat_count, coalesce(stripe_customer_id, '-'))
		FROM companies WHERE name = 'Nothing Paid'`), 'starter active 42 -', 'with the seats of the configuration');
	is(app(`SELECT count(*) FROM compensations`), '0', 'and nothing to tell Stripe');
}

{
	const pending = register({ status: 'pending' });
	const failed = register({ status: 'failed' });
	const later = register({ next_attempt_at: "now() + interval '1 minute'" });
	const taken = register({ status: 'provisioning', lease_until: "now() + interval '1 minute'" });
	is((await provision(conf)).code, 0, 'what is not due is left alone');
	is([pending, failed, later, taken].map(status), ['pending', 'failed', 'paid', 'provisioning'], 'as it was');
	const shown = (await provision(conf, '-n')).text;
	ok(shown.includes(`registration ${later.id}, try 1, not due yet`) && !shown.includes(pending.id),
		'-n shows what waits', shown);
	clear(stripe);
}

{
	const r = await bought(stripe, { expires_at: "now() - interval '2 days'" });
	await provision(conf);
	is(exists(r), WHOLE, 'one that expired but was paid is provisioned');
}

{
	const r = await bought(stripe, { subscription: null });
	await provision(conf);
	is(exists(r), WHOLE, 'the subscription is found by the checkout session');
	const id = app(`SELECT stripe_subscription_id FROM companies WHERE name = ${quote(r.company)}`);
	is(stripe.subscriptions.has(id), true, 'and kept');
}

{
	const r = await bought(stripe, { plan: 'pro', seats: 5 });
	await stripe.changeSubscription(r.subscription, { plan: 'starter', quantity: 2, status: 'past_due' });
	await provision(conf);
	is(app(`SELECT concat_ws(' ', plan, subscription_status, seat_count) FROM companies
		WHERE name = ${quote(r.company)}`), 'starter past_due 2', 'what Stripe says now counts');
}

// --- names that bite -------------------------------------------------------------------

{
	const name = 'A\r\nBcc: x@y.example\n<script>alert(1)</script>';
	const r = await bought(stripe, { company: name });
	await provision(conf);
	is(app(`SELECT payload->>'company' = ${quote(name)} FROM mail_outbox WHERE recipient = ${quote(r.email)}`),
		't', 'a name with line breaks and HTML is data of the mail, nothing else');
	ok(/^a-bcc-x-y-example-script-alert-1-script-[0-9a-f]{8}$/.test(app(`SELECT slug FROM tenants
		WHERE name = ${quote(name)}`)), 'and harmless in the slug');
	const bad = await bought(stripe, { company: name });
	stripe.endSubscription(bad.subscription);
	await provision(conf);
	ok(alertText('failed').includes('Company           A  Bcc: x@y.example <script>'), 'one line in an alert',
		alertText('failed'));
	ok(!/[\r\n]/.test(app(`SELECT payload->>'subject' FROM mail_outbox WHERE kind = 'alert' LIMIT 1`)),
		'and not in its subject');
	clear(stripe);
}

// --- failures for good ---------------------------------------------------------------------

{
	const r = await bought(stripe);
	stripe.endSubscription(r.subscription);
	const got = await provision(conf);
	is(got.code, 0, 'a cancelled subscription');
	is(status(r), 'failed', 'ends it');
	is(exists(r), '0 0 0 0 0 0 1', 'and nothing is made');
	is(alerts('failed'), 1, 'an alert is queued at once');
	const text = alertText('failed');
	ok([r.id, r.email, r.company, r.session, r.subscription, 'canceled', 'refund', 'registration retry']
		.every((s) => text.includes(s)), 'it names what one has to know', text);
	ok(got.text.includes(`registration ${r.id}: failed: the subscription was canceled`) &&
		!got.text.includes(r.email), 'the log names it, not the address', got.text);
	await provision(conf);
	is(alerts('failed'), 1, 'once');
	clear(stripe);
}

{
	const other = register({ email: 'taken@sign-up.example' });
	await provision(conf);
	is(exists(other), WHOLE, 'somebody has an address');
	const r = await bought(stripe, { email: 'taken@sign-up.example' });
	await provision(conf);
	is(status(r), 'failed', 'an address that is somebody else\'s');
	is(identities(r), '1', 'is left to them');
	ok(/refund/.test(alertText('failed')) && /somebody else/.test(alertText('failed')), 'the alert asks for a refund');
	clear(stripe);
}

{
	const r = await bought(stripe, { subscription: 'sub_unknown', session: null });
	await provision(conf);
	is(status(r), 'failed', 'a subscription nobody knows');
	clear(stripe);
}

// --- failures that pass ----------------------------------------------------------------------

{
	const r = await bought(stripe);
	stripe.fault(503, { path: /subscriptions/, times: 3 });
	const got = await provision(conf);
	is(got.code, 0, 'Stripe answers 503');
	is(status(r), 'paid', 'it stays paid');
	ok(got.text.includes(`registration ${r.id}: try 1: the payment provider does not answer`), 'the log says why', got.text);
	is(app(`SELECT round(extract(epoch FROM next_attempt_at - now())) BETWEEN 5 AND 11 FROM pending_registrations`),
		't', 'and it comes again in 10 seconds');
	is(alerts('registration'), 0, 'nobody is told yet');
	await provision(conf);
	is(status(r), 'paid', 'not before');
	app('UPDATE pending_registrations SET next_attempt_at = now()');
	await provision(conf);
	is(exists(r), WHOLE, 'then it goes on');
}

{
	const r = await bought(stripe);
	const waits = [];
	const keyless = host(); // what fails without waiting for anybody
	for (let i = 1; i <= 10; i++) {
		app('UPDATE pending_registrations SET next_attempt_at = now()');
		await provision(keyless);
		if (i < 10)
			waits.push(Number(app(`SELECT round(extract(epoch FROM next_attempt_at - now()) / 10) * 10
				FROM pending_registrations`)));
	}
	is(waits, [10, 20, 40, 80, 160, 320, 600, 600, 600], 'it waits longer and longer');
	is(status(r), 'failed', 'after ten tries it has failed');
	is(alerts('failed'), 1, 'and that is told');
	clear(stripe);
}

{
	const r = await bought(stripe);
	await provision(host());
	is(status(r), 'paid', 'a key that is gone from the configuration is no reason to give up');
	app('UPDATE pending_registrations SET next_attempt_at = now()');
	await provision(conf);
	is(exists(r), WHOLE, 'it comes back');
}

{
	const r = await bought(stripe);
	app(`UPDATE pending_registrations SET password_hash = NULL WHERE id = '${r.id}'`);
	await provision(conf);
	is(exists(r), WHOLE, 'without a hash there is an account as well');
	is(ident(`SELECT count(*) FROM credentials c JOIN identities i ON i.id = c.identity_id
		WHERE i.traits->>'email' = ${quote(r.email)} AND c.type = 'password'`), '0', 'to be opened by a mailed code');
	clear(stripe);
}

// --- alerts without an address ------------------------------------------------------------------

{
	const r = await bought(stripe);
	stripe.endSubscription(r.subscription);
	const got = await provision(host(paying(stripe), []));
	ok(/alert: Mirai: CRITICAL: a registration failed/.test(got.text), 'without an address an alert is in the log', got.text);
	is(alerts('registration'), 0, 'and nowhere else');
	clear(stripe);
}

// --- at once -------------------------------------------------------------------------------------

{
	const child = start('mirai-provision', conf);
	const ms = await wakes(async () => {
		const r = await bought(stripe);
		app('NOTIFY mirai_provision');
		return r;
	}, (r) => exists(r) === WHOLE);
	ok(ms < 5000, 'a paid registration wakes it', ms);
	child.kill('SIGTERM');
	is(await child.done, 0, 'it ends when asked to');
}

await stripe.close();
done();
