// The official client calls every method of the services of accounts, in each
// form it speaks, with a Stripe on loopback. What is counted at the end: no
// method of theirs was left out.
import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { Code, ConnectError } from '@connectrpc/connect';
import { bearer, clients, contracts, services } from './kit/clients.mjs';
import { is, main, ok, startSite, tokenOf } from '../web/kit/site.mjs';
import { sql } from '../service/kit/account.mjs';
import { Stripe } from '../service/kit/stripe.mjs';

const { Plan, Role, InvitationStatus, NotificationEventType } = contracts;
const THESE = ['AuthService', 'BillingService', 'InvitationService', 'NotificationService'];
const SECRET = 'Zebra-Kite-42';
const ACME = 'a0000000-0000-4000-8000-000000000000';
const OWNER = 'a2000000-0000-4000-8000-000000000001';
const called = new Set();

// Clients that note what was called.
function noting(base, form, headers) {
	const all = clients(base, form, headers);
	return Object.fromEntries(THESE.map((name) => [name, new Proxy(all[name], {
		get(client, method) {
			called.add(`${form} ${name}.${method}`);
			return client[method];
		} })]));
}

async function failure(promise) {
	try {
		await promise;
		return null;
	} catch (error) {
		const e = ConnectError.from(error);
		return [Code[e.code], e.metadata.get('mirai-error-code')];
	}
}

// The token as its mail has it; only there is it written.
const tokenFor = (email) => sql(`SELECT substr(payload ->> 'link', 27) FROM mail_outbox
	WHERE kind = 'invitation' AND recipient = '${email}' ORDER BY created_at DESC LIMIT 1`);

// Not the blocking kind: our Stripe runs in this very process.
const run = (program, site) => promisify(execFile)(path.join(process.env.BUILD, `bin/mirai-${program}`),
	['-1', '-f', site.conf], { timeout: 60000 });

async function signUp(site, stripe, form) {
	const { AuthService } = noting(site.base, form);
	const email = `${form}@new.example`;
	const person = { email, password: SECRET, firstName: 'Nina', lastName: 'New', companyName: 'New', plan: Plan.PRO, seatCount: 3 };

	is((await AuthService.checkEmail({ email })).exists, false, `${form}: an address nobody has`);
	const bought = await AuthService.register(person);
	is([bought.email, bought.user], [email, undefined], `${form}: Register tells where to pay, no account yet`);
	const paid = await fetch(bought.checkoutUrl, { method: 'POST', body: 'action=pay', redirect: 'manual',
		headers: { 'content-type': 'application/x-www-form-urlencoded' } });
	is(paid.status, 303, `${form}: paid`);
	is((await AuthService.checkEmail({ email })).exists, true, `${form}: the address is taken from now on`);
	is(await failure(AuthService.register(person)), ['AlreadyExists', 'USER_EMAIL_EXISTS'], `${form}: and is not sold twice`);
	await run('provision', site);
	is(sql(`SELECT name || ' ' || plan || ' ' || seat_count || ' ' || subscription_status FROM companies
		ORDER BY created_at DESC LIMIT 1`), 'New pro 3 active', `${form}: the company is there`);
	ok((await AuthService.enterpriseContact({ companyName: 'Big', name: 'Bo', email: 'bo@big.example' })).success, `${form}: the sales desk is asked`);
	ok(stripe.subscriptions.size > 0, `${form}: and pays for itself`);
}

// A session, as a program gets one.
async function signIn(site, email) {
	const flow = await (await fetch(`${site.base}/self-service/login/api`)).json();
	const r = await fetch(flow.ui.action, { method: 'POST', headers: { 'content-type': 'application/json' },
		body: JSON.stringify({ method: 'password', identifier: email, password: SECRET }) });
	return (await r.json()).session_token;
}

// Somebody who was invited and made an account for it; their address and user.
async function invited(site, form, owner) {
	const nobody = noting(site.base, form);
	const email = `one-${form}@new.example`;

	const before = (await owner.getSeatInfo({})).seatInfo;
	const { invitation } = await owner.createInvitation({ email, role: Role.INSTRUCTOR });
	is([invitation.email, invitation.role, invitation.status], [email, Role.INSTRUCTOR, InvitationStatus.PENDING], `${form}: invited`);
	is((await owner.getSeatInfo({})).seatInfo.availableSeats, before.availableSeats - 1, `${form}: which holds a seat`);
	is((await owner.getInvitation({ invitationId: invitation.id })).invitation.id, invitation.id, `${form}: read again`);
	ok((await owner.listInvitations({ statusFilter: [InvitationStatus.PENDING] })).invitations.some((i) => i.id === invitation.id), `${form}: listed`);
	const token = tokenFor(email);
	is((await nobody.InvitationService.getInvitationByToken({ token })).company.name, 'Acme', `${form}: the token shows the company`);
	sql(`UPDATE invitations SET last_sent_at = now() - interval '1 hour' WHERE id = '${invitation.id}'`);
	await owner.resendInvitation({ invitationId: invitation.id });
	is(await failure(nobody.InvitationService.getInvitationByToken({ token })), ['NotFound', 'INVITATION_NOT_FOUND'], `${form}: sent again, the old token is dead`);
	const joined = await nobody.AuthService.registerWithInvitation({ token: tokenFor(email), password: SECRET, firstName: 'Ina', lastName: 'Invited' });
	is([joined.user.role, joined.company.name], [Role.INSTRUCTOR, 'Acme'], `${form}: joined with an account made for it`);
	const me = await clients(site.base, form, bearer(joined.sessionToken)).UserService.getMe({});
	is(me.user.email, email, `${form}: and signed in`);
	return { email, userId: joined.user.id };
}

// They leave, come back by another invitation, leave and found a company.
async function people(site, form) {
	const owner = noting(site.base, form, bearer(tokenOf('owner@acme'))).InvitationService;
	const { UserService: users } = clients(site.base, form, bearer(tokenOf('owner@acme')));
	const { email, userId } = await invited(site, form, owner);

	await users.removeCompanyUser({ userId });
	const again = await owner.createInvitation({ email, role: Role.SME });
	const revoked = await owner.revokeInvitation({ invitationId: again.invitation.id });
	is(revoked.invitation.status, InvitationStatus.REVOKED, `${form}: revoked`);
	await owner.createInvitation({ email, role: Role.SME });
	const back = noting(site.base, form, bearer(await signIn(site, email)));
	const accepted = await back.InvitationService.acceptInvitation({ token: tokenFor(email) });
	is([accepted.user.role, accepted.company.name], [Role.SME, 'Acme'], `${form}: accepted by somebody with an account`);
	await users.removeCompanyUser({ userId: accepted.user.id });

	const { AuthService } = noting(site.base, form, bearer(await signIn(site, email)));
	const made = await AuthService.onboard({ companyName: `Lone ${form}`, plan: Plan.STARTER });
	is([made.user.role, made.company.name], [Role.ADMIN, `Lone ${form}`], `${form}: a company for somebody without one`);
	ok(made.checkoutUrl?.startsWith('http'), `${form}: and where to pay for it`);
	is(await failure(AuthService.onboard({ companyName: 'Two', plan: Plan.STARTER })), ['AlreadyExists', 'USER_ALREADY_ONBOARDED'], `${form}: once`);
}

async function billing(site, stripe, form) {
	const { BillingService } = noting(site.base, form, bearer(tokenOf('owner@acme')));
	const member = noting(site.base, form, bearer(tokenOf('sme@acme'))).BillingService;

	is((await member.getBillingInfo({})).plan, Plan.PRO, `${form}: what the company has`);
	is(await failure(member.createCheckoutSession({ plan: Plan.PRO })), ['PermissionDenied', 'AUTH_FORBIDDEN'], `${form}: only admins buy`);
	ok((await BillingService.createCheckoutSession({ plan: Plan.STARTER })).url.startsWith(stripe.base), `${form}: where to buy`);
	ok((await BillingService.createPortalSession({})).url.startsWith(stripe.base), `${form}: where cards are kept`);
}

const notice = (title) => sql(`INSERT INTO notifications (tenant_id, user_id, type, title, message)
	VALUES ('${ACME}', '${OWNER}', 'outline_ready', '${title}', 'm') RETURNING id`);

async function notices(site, form) {
	const { NotificationService: mine } = noting(site.base, form, bearer(tokenOf('owner@acme')));
	const ids = ['a', 'b', 'c'].map(notice);

	is((await mine.listNotifications({ limit: 2, unreadOnly: true })).notifications.length, 2, `${form}: a page of notices`);
	is((await mine.getUnreadCount({})).count, 3, `${form}: counted`);
	const done = new AbortController();
	const stream = mine.subscribeNotifications({}, { signal: done.signal })[Symbol.asyncIterator]();
	is((await stream.next()).value.eventType, NotificationEventType.KEEPALIVE, `${form}: the stream stands`);
	is((await mine.markAsRead({ notificationIds: [ids[0]] })).markedCount, 1, `${form}: one read`);
	const told = (await stream.next()).value;
	is([told.eventType, told.notification.id], [NotificationEventType.READ, ids[0]], `${form}: of which the stream tells`);
	done.abort();
	is(await failure(stream.next()), ['Canceled', null], `${form}: until it is left`);
	await mine.deleteNotification({ notificationId: ids[1] });
	is((await mine.markAllAsRead({})).markedCount, 1, `${form}: the rest read`);
	sql('DELETE FROM notifications');
}

await main(async () => {
	const stripe = new Stripe();
	await stripe.listen();
	const site = await startSite([`stripe.api ${stripe.base}`, `stripe.secret_key ${stripe.key}`,
		`stripe.webhook_secret ${stripe.secret}`, 'stripe.starter_price price_starter',
		'stripe.pro_price price_pro', 'accounts.limits no', 'identity.limits no']);
	stripe.hook = `${site.base}/api/v1/billing/webhook`;
	try {
		for (const form of ['connect', 'connect-json', 'grpc-web']) {
			await signUp(site, stripe, form);
			await people(site, form);
			await billing(site, stripe, form);
			await notices(site, form);
			is(THESE.flatMap((name) => services[name].methods.map((m) => `${form} ${name}.${m.localName}`))
				.filter((m) => !called.has(m)), [], `${form}: no method was left out`);
		}
	} finally {
		site.stop();
		await stripe.close();
	}
});
