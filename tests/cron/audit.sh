#!/bin/sh
# mirai-sweep copies the identity service's audit trail to the audit logs of
# the tenants: what is of their people, each row once, whatever is killed when.
set -u
n=0
ok() { # STATUS WHAT
	n=$((n + 1))
	if [ "$1" -eq 0 ]; then echo "ok $n - $2"; else
		echo "not ok $n - $2"
		sed 's/^/# /' "$TEST_DIR/out"
	fi
}
id() { psql -qAtX -v ON_ERROR_STOP=1 "$IDENTITY_OWNER_URL" -c "$1"; }
db=$(printf %s "$DATABASE_URL" | sed 's/.*dbname=\([^ ]*\).*/\1/')
app() { psql -qAtX -v ON_ERROR_STOP=1 "$DATABASE_ADMIN_URL dbname=$db" -c "$1"; }
sweep() { "$BUILD/bin/mirai-sweep" -1 "$@" >"$TEST_DIR/out" 2>&1; }
company() { # NAME ADDRESS
	MIRAI_PASSWORD=Long-Enough-7x "$BUILD/bin/mirai" company create --name "$1" \
	    --email "$2" --first-name Ada --last-name Byron >"$TEST_DIR/out" 2>&1
}
who() { id "SELECT id FROM identities WHERE traits->>'email' = '$1'"; }
event() { # ACTION ID MORE
	id "INSERT INTO audit (action, result, actor, identity_id, ip_address, at)
	    VALUES ('$1', '${3:-ok}', '${4:-self}', '$2', '192.0.2.1', now() - interval '${5:-0}')"
}
copies="SELECT string_agg(l.action || '/' || c.name, ' ' ORDER BY l.created_at, l.action)
    FROM audit_log l JOIN companies c USING (tenant_id) WHERE target_type = 'identity'"

company One ada@one.example && company Two bo@two.example; ok $? 'two companies'
ada=$(who ada@one.example) bo=$(who bo@two.example)
sweep; ok $? 'what happened so far is copied'
[ "$(app "$copies")" = 'identity.create/One identity.create/Two' ]; ok $? 'to the right logs'
app "SELECT details FROM audit_log WHERE action = 'identity.create' LIMIT 1" >"$TEST_DIR/out"
grep -q '"by": "operator:' "$TEST_DIR/out"; ok $? 'with who did it'

event login "$ada" refused
event totp.add "$ada"
event session.issue "$bo"
id "INSERT INTO audit (action, result, actor) VALUES ('login', 'refused', 'self')"
stranger=$(id "INSERT INTO identities (traits) VALUES ('{\"email\":\"new@one.example\"}') RETURNING id")
event registration "$stranger"
gone=33333333-3333-4333-8333-333333333333
event account.delete $gone ok self '2 days'
sweep -n; [ "$(id 'SELECT count(*) FROM audit_outbox')" = 5 ]; ok $? '-n copies nothing'
sweep; ok $? 'a run'
[ "$(app "$copies" | tr ' ' '\n' | sort | tr '\n' ' ')" = \
    'identity.create/One identity.create/Two identity.login/One identity.session.issue/Two identity.totp.add/One ' ]
ok $? 'copies what is of their people'
[ "$(app "SELECT count(*) FROM audit_log WHERE action = 'identity.login' AND actor_user_id IS NULL
    AND details->>'result' = 'refused' AND details->>'ip_address' = '192.0.2.1'")" = 1 ]
ok $? 'a failure is nobody'\''s deed'
[ "$(app "SELECT count(*) FROM audit_log l JOIN users u ON u.id = l.actor_user_id
    WHERE l.action = 'identity.totp.add' AND u.kratos_id = '$ada'")" = 1 ]
ok $? 'a change is one'\''s own'
[ "$(id 'SELECT count(*) FROM audit_outbox')" = 1 ]; ok $? 'who may sign up soon is waited for'
app "INSERT INTO users (tenant_id, company_id, kratos_id, role) SELECT tenant_id, id, '$stranger', 'sme'
    FROM companies WHERE name = 'One'"
sweep
[ "$(app "SELECT count(*) FROM audit_log WHERE action = 'identity.registration'")" = 1 ]; ok $? 'and then copied'
[ "$(id 'SELECT count(*) FROM audit_outbox')" = 0 ]; ok $? 'nothing is left'

# Somebody changed company: what happened before is of the first.
app "UPDATE users SET removed_at = now() - interval '1 hour', created_at = now() - interval '1 day'
    WHERE kratos_id = '$bo'"
app "INSERT INTO users (tenant_id, company_id, kratos_id, role, created_at) SELECT tenant_id, id, '$bo', 'sme',
    now() - interval '30 minutes' FROM companies WHERE name = 'One'"
event logout "$bo" ok self '2 hours'
event lock "$bo" ok self '1 minute'
sweep
app "$copies" >"$TEST_DIR/out"
grep -q 'identity.logout/Two.*identity.lock/One' "$TEST_DIR/out"; ok $? 'each company sees its time'

# More than one batch, killed between the two databases.
id "INSERT INTO audit (action, result, actor, identity_id) SELECT 'session.refresh', 'ok', 'self', '$ada'
    FROM generate_series(1, 1200)"
mkfifo "$TEST_DIR/hold"
psql -qAtX "$IDENTITY_OWNER_URL" <"$TEST_DIR/hold" >/dev/null 2>&1 &
holder=$!
exec 3>"$TEST_DIR/hold"
echo 'BEGIN; LOCK TABLE audit_outbox IN SHARE MODE;' >&3
held="SELECT count(*) FROM pg_locks WHERE granted AND mode = 'ShareLock'
    AND relation = 'audit_outbox'::regclass"
i=0
while [ "$(id "$held")" = 0 ] && [ $i -lt 600 ]; do sleep 0.1; i=$((i + 1)); done
"$BUILD/bin/mirai-sweep" -1 >"$TEST_DIR/out" 2>&1 &
sweep=$!
many="SELECT count(*), count(DISTINCT id) FROM audit_log WHERE action = 'identity.session.refresh'"
i=0
while [ "$(app "$many")" != '500|500' ] && [ $i -lt 600 ]; do sleep 0.1; i=$((i + 1)); done
[ "$(app "$many")" = '500|500' ]; ok $? 'the first batch is there'
kill -9 $sweep; wait $sweep 2>/dev/null
[ "$(id "SELECT count(*) FROM audit_outbox")" = 1200 ]; ok $? 'and still on the list'
exec 3>&-
wait $holder
sweep; ok $? 'the next run'
[ "$(app "$many")" = '1200|1200' ]; ok $? 'copies nothing twice and loses nothing'
[ "$(id 'SELECT count(*) FROM audit_outbox')" = 0 ]; ok $? 'and ends'
! psql -qAtX "$IDENTITY_DATABASE_URL" -c 'DELETE FROM audit' >"$TEST_DIR/out" 2>&1
ok $? 'the trail itself only grows'
echo "1..$n"
