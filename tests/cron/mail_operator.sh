#!/bin/sh
# mirai mail on a database: what it lists and shows, what it sends again, that
# no link of an invitation is told, and that every deed is in the audit log.
set -u
mirai=$BUILD/bin/mirai
n=0
ok() { # STATUS WHAT
	n=$((n + 1))
	if [ "$1" -eq 0 ]; then echo "ok $n - $2"; else
		echo "not ok $n - $2"
		sed 's/^/# /' "$TEST_DIR/out"
	fi
}
# run EXPECTED-STATUS TEXT-IN-OUTPUT WHAT COMMAND...
run() {
	want=$1 text=$2 what=$3
	shift 3
	"$@" >"$TEST_DIR/out" 2>&1 </dev/null
	got=$?
	[ $got -eq "$want" ] && grep -q -- "$text" "$TEST_DIR/out"
	ok $? "$what"
}
sql() { psql -qAtX "$DATABASE_ADMIN_URL dbname=$app" -c "$1"; }
app=$(printf %s "$DATABASE_URL" | sed 's/.*dbname=\([^ ]*\).*/\1/')
deliver() { SMTP_HOST='' "$BUILD/bin/mirai-mail" -1 >/dev/null 2>&1; }

# Ids: 1 an invitation, 2 a welcome of a tenant, 3 an alert of none, 4 given up.
id=00000000-0000-4000-8000-00000000000
tenant=aaaaaaaa-0000-4000-8000-000000000001
sql "INSERT INTO tenants (id, name, slug) VALUES ('$tenant', 'a', 'a');
INSERT INTO mail_outbox (id, tenant_id, kind, recipient, payload, created_at) VALUES
('${id}1', '$tenant', 'invitation', 'rosa@b.example', '{\"inviter\": \"Ann\", \"company\": \"Acme\",
\"link\": \"/auth/accept-invite?token=T0KEN\", \"expires_at\": \"2026-11-27T00:00:00Z\"}', now()),
('${id}2', '$tenant', 'welcome', 'bo@b.example', '{\"first_name\": \"Bo\", \"company\": \"Acme\"}',
now() - interval '1 minute'),
('${id}3', NULL, 'alert', 'ops@b.example', '{\"subject\": \"Look here\", \"text\": \"t\"}',
now() - interval '2 minutes');
INSERT INTO mail_outbox (id, tenant_id, kind, recipient, payload, created_at, attempts, failed_at,
error) VALUES ('${id}4', '$tenant', 'payment_failed', 'no@b.example', '{\"company\": \"Acme\"}',
now() - interval '3 minutes', 8, now(), 'smtp://x: busy (last reply 451)')"

run 0 'queued *0  invitation *rosa@b.example' 'mails are listed' "$mirai" mail list
[ "$(cut -c36 "$TEST_DIR/out" | tr -d '\n')" = 1234 ]
ok $? 'the newest first'
run 0 "^${id}4 .* failed *8  payment_failed *no@b.example  smtp://x: busy (last reply 451)$" \
    'those of one status, and why' "$mirai" mail list --status failed
[ "$(wc -l <"$TEST_DIR/out")" = 1 ]
ok $? 'and no others'
run 0 "^{\"id\":\"${id}2\",\"tenant_id\":\"$tenant\",\"kind\":\"welcome\"" 'a page, as JSON' \
    "$mirai" mail list --json --after "${id}1" --limit 1
run 1 'queued, sending, sent or failed' 'a status nobody knows' "$mirai" mail list --status lost
run 1 'not the id of a mail' 'what is no id' "$mirai" mail list --after x
run 2 usage 'a command nobody knows' "$mirai" mail burn
run 2 usage 'resending nothing' "$mirai" mail resend

run 0 'Subject   Ann invites you to join Acme on Mirai' 'one is shown' "$mirai" mail show "${id}1"
grep -q 'valid until November 27, 2026' "$TEST_DIR/out" && ! grep -q T0KEN "$TEST_DIR/out"
ok $? 'as it reads, without its link'
run 0 '"subject":"Look here","text":"t' 'or as JSON' "$mirai" mail show --json "${id}3"
run 1 'there is no such mail' 'one that is not there' "$mirai" mail show "${id}9"
run 1 'there is no such mail' 'nor can it be sent' "$mirai" mail resend "${id}9"

run 0 "${id}4 is due now" 'one that was given up is sent again' "$mirai" mail resend "${id}4"
run 0 "${id}4 .* queued *0" 'with its tries before it' "$mirai" mail list --status queued
sql "UPDATE mail_outbox SET lease = gen_random_uuid(), next_attempt_at = now() +
interval '1 minute' WHERE id = '${id}3'"
run 1 'being sent at this moment' 'one in hand is left alone' "$mirai" mail resend "${id}3"
sql "UPDATE mail_outbox SET lease = NULL, next_attempt_at = now()"
deliver
run 0 "${id}4 .* sent *1" 'all are sent' "$mirai" mail list --status sent
[ "$(wc -l <"$TEST_DIR/out")" = 4 ]
ok $? 'every one'
run 0 'Subject   Ann invites' 'an invitation can still be shown' "$mirai" mail show "${id}1"
run 1 'its link is kept no more' 'but not sent again' "$mirai" mail resend "${id}1"
run 0 "${id}3 is due now" 'others can' "$mirai" mail resend "${id}2" "${id}3"
run 0 'sent *1  invitation' 'what was not resent stays sent' "$mirai" mail list --status sent
[ "$(wc -l <"$TEST_DIR/out")" = 2 ]
ok $? 'and nothing else'
[ "$(sql "SELECT string_agg(right(target_id::text, 1) || (tenant_id = '$tenant')::text,
' ' ORDER BY created_at) FROM audit_log WHERE action = 'mail.resend'
AND details ->> 'by' LIKE 'operator:%'")" = '4true 2true 3false' ]
ok $? 'every deed is in the audit log'
echo "1..$n"
