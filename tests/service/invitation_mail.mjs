// An invitation from its call to the mailbox and back: what arrives at a real
// SMTP receiver, that its link makes the account, that a mail sent again kills
// the link before, and that hostile names of companies and people are harmless
// in subject, text and HTML.
import { Account, identitySql, loadFixtures, sql } from './kit/account.mjs';
import { closed, config, drain, finish, is, ok, receiver, simpleParser } from '../cron/kit/mail.mjs';

const EVIL = 'Acme\r\nBcc: all@example.net\r\n\r\n<script>alert(1)</script>';
const TAME = 'Acme Bcc: all@example.net <script>alert(1)</script>';

loadFixtures();
const account = await new Account({ workers: 2 }).start();
const server = await receiver();
const conf = config('invitation', ['smtp.host 127.0.0.1', `smtp.port ${server.port}`, 'smtp.from it@example.com']);

const create = (email, as = 'owner@acme') => account.call('InvitationService/CreateInvitation', { email, role: 'ROLE_SME' }, { as });

async function arrived() {
	await drain(conf, '-v');
	const mail = server.got.pop();
	return { mail, parsed: await simpleParser(mail.raw) };
}

const linkIn = (parsed) => /href="([^"]*)"/.exec(parsed.html)[1];
const signUp = (link) => account.call('AuthService/RegisterWithInvitation', { token: new URL(link).searchParams.get('token'),
	password: 'Zebra-Kite-42', firstName: 'Nina', lastName: 'New' });

// --- there and back ------------------------------------------------------------------

const made = await create('nina@new.example');
const first = await arrived();
is([first.parsed.to.value[0].address, first.parsed.subject], ['nina@new.example', 'Olivia Owner invites you to join Acme on Mirai'],
	'the mail goes to who is invited and says by whom');
ok(/^https:\/\/app\.example\.com\/auth\/accept-invite\?token=[A-Za-z0-9_-]{43}$/.test(linkIn(first.parsed)), 'its link is that of the page');
ok(first.parsed.text.includes(linkIn(first.parsed)), 'and in the text as well');
ok(!JSON.stringify(made.json).includes(new URL(linkIn(first.parsed)).searchParams.get('token')), 'the answer of the call had no token');

await account.call('InvitationService/ResendInvitation', { invitationId: made.json.invitation.id }, { as: 'owner@acme' });
const second = await arrived();
ok(linkIn(second.parsed) !== linkIn(first.parsed), 'sent again it is another link');
is((await signUp(linkIn(first.parsed))).headers['mirai-error-code'], 'INVITATION_NOT_FOUND', 'the first one is dead');
const done = await signUp(linkIn(second.parsed));
is([done.status, done.json.user?.role], [200, 'ROLE_SME'], 'the second one makes the account');

// --- hostile names ---------------------------------------------------------------------

sql(`UPDATE companies SET name = E'${EVIL.replaceAll('\r', '\\r').replaceAll('\n', '\\n')}' WHERE name = 'Acme'`);
identitySql(`UPDATE identities SET traits = jsonb_set(traits, '{name}', '{"first": "<b>Oli\\r\\nBcc: x@y.example", "last": "Owner</b>"}')
	WHERE id = 'a3000000-0000-4000-8000-000000000005'`);
is((await create('eva@new.example', 'elder@acme')).status, 200, 'a company with a hostile name invites');
const { mail, parsed } = await arrived();
const head = mail.raw.toString('latin1').split('\r\n\r\n')[0];
ok(!/^Bcc:/im.test(head), 'no header comes of a name');
is(mail.envelope.rcptTo.map((to) => to.address), ['eva@new.example'], 'the mail goes to one');
is(parsed.subject, `<b>Oli Bcc: x@y.example Owner</b> invites you to join ${TAME} on Mirai`, 'in the subject names are one line');
ok(parsed.text.includes(TAME), 'in the text they are text');
ok(!/<script|<b>Oli/.test(parsed.html) && parsed.html.includes('&lt;script&gt;'), 'in the HTML they are text, too');
const page = await account.call('InvitationService/GetInvitationByToken', { token: new URL(linkIn(parsed)).searchParams.get('token') });
is(page.json.company.name, EVIL, 'who looks at the invitation gets the name as data');
ok(!account.log().includes(new URL(linkIn(parsed)).searchParams.get('token')) && !account.log().includes('nina@new.example'),
	'no token and no address is in the log');

await account.stop();
await closed(server);
finish();
