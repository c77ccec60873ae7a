// From the payment to the person who is signed in: a Stripe on loopback tells
// the webhook of a paid checkout, mirai-provision makes the account, the person
// signs in and asks who they are. Prints the 99th percentile in milliseconds.
//
// usage: node signup.mjs BASE STRIPE_PORT CONNECTION IDENTITY_CONNECTION
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';

import { Stripe } from '../service/kit/stripe.mjs';
import { parseForm } from '../service/kit/stripe_form.mjs';

const [base, port, app, people] = process.argv.slice(2);
const TIMES = 60;
const PASSWORD = 'Bench-Pass-9A';

// One connection each; an answer is one line.
function database(url) {
	const child = spawn('psql', ['-qAtX', '-v', 'ON_ERROR_STOP=1', url], { stdio: ['pipe', 'pipe', 'inherit'] });
	const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
	return {
		async ask(sql) {
			child.stdin.write(`${sql};\n`);
			return (await lines.next()).value;
		},
		close: () => child.stdin.end(),
	};
}

async function json(path, body, headers = {}) {
	const r = await fetch(base + path, { method: body === undefined ? 'GET' : 'POST',
		headers: { 'content-type': 'application/json', ...headers },
		body: body === undefined ? undefined : JSON.stringify(body) });
	if (r.status !== 200)
		throw new Error(`${path}: ${r.status} ${await r.text()}`);
	return r.json();
}

const form = (o) => parseForm(Object.entries(o).map((kv) => kv.map(encodeURIComponent).join('=')).join('&'));

const db = database(app);
const identities = database(people);
const stripe = new Stripe({ hook: `${base}/api/v1/billing/webhook`, key: 'sk_test_bench', secret: 'whsec_bench' });
await stripe.listen(Number(port));
const hash = await identities.ask(`SELECT config->>'hashed_password' FROM credentials
	WHERE type = 'password' LIMIT 1`);

async function one(n) {
	const email = `signup${n}@mirai.example`;
	const id = await db.ask(`INSERT INTO pending_registrations (email, password_hash, first_name, last_name,
		company_name, plan) VALUES ('${email}', '${hash}', 'Ada', 'Byron', 'Company ${n}', 'pro') RETURNING id`);
	const session = stripe.createSession(form({ mode: 'subscription', customer: stripe.createCustomer({}).id,
		success_url: base, 'line_items[0][price]': 'price_pro', 'line_items[0][quantity]': 5,
		'metadata[registration_id]': id }));
	await db.ask(`UPDATE pending_registrations SET checkout_session_id = '${session.id}',
		stripe_customer_id = '${session.customer}' WHERE id = '${id}' RETURNING id`);
	const from = performance.now();
	const paid = stripe.pay(session.id);
	while (await db.ask(`SELECT count(*) FROM pending_registrations WHERE id = '${id}'`) !== '0')
		await sleep(2);
	const flow = await json('/self-service/login/api');
	const login = await json(flow.ui.action.slice(flow.ui.action.indexOf('/self-service')),
		{ method: 'password', identifier: email, password: PASSWORD });
	const me = await json('/mirai.v1.UserService/GetMe', {}, { authorization: `Bearer ${login.session_token}` });
	const ms = performance.now() - from;
	if (me.company?.name !== `Company ${n}` || me.company.seatCount !== 5)
		throw new Error(`not the company: ${JSON.stringify(me)}`);
	await paid;
	return ms;
}

const times = [];
for (let n = 0; n < TIMES; n++) {
	times.push(await one(n));
	await sleep(20);
}
times.sort((a, b) => a - b);
console.log(Math.round(times[Math.ceil(TIMES * 0.99) - 1]));
db.close();
identities.close();
await stripe.close();
