#!/bin/sh
# mirai-migrate: set-up from nothing, forward only, edited files refused,
# two at once, killed in the middle.
n=0
ok() { # ok STATUS NAME
	n=$((n + 1))
	if [ "$1" -eq 0 ]; then echo "ok $n - $2"; else
		echo "not ok $n - $2"
		sed 's/^/# /' "$TEST_DIR/out"
	fi
}
is() { # is GOT WANT NAME
	[ "$1" = "$2" ]
	ok $? "$3 ($1)"
}

# A cluster is shared by all tests: databases of our own names.
socket=${DATABASE_ADMIN_URL#host=}
socket=${socket%% *}
app=m$$_app
id=m$$_id
unset DATABASE_URL DATABASE_WORKER_URL DATABASE_OWNER_URL \
	IDENTITY_DATABASE_URL IDENTITY_READER_URL IDENTITY_OWNER_URL
trap 'for d in $app $id; do
	psql -qX "$DATABASE_ADMIN_URL" -c "DROP DATABASE IF EXISTS $d WITH (FORCE)"
done' EXIT

sql=$TEST_DIR/sql
cp -R sql "$sql"
migrate() { "$BUILD/bin/mirai-migrate" -d "$sql" "$@" >"$TEST_DIR/out" 2>&1; }
ask() { psql -qAtX "host=$socket user=postgres dbname=$app" -c "$1"; }
files=$(ls sql/app | wc -l)

migrate "$app" "$id"
ok $((! $?)) "without set-up and without an owner's url it refuses"
grep -q 'database.owner_url is not set' "$TEST_DIR/out"
ok $? "and names the key"
migrate -s "$app"
ok $((! $?)) "one name of two is a usage error"
migrate -s 'x; DROP' y
ok $((! $?)) "a name that needs quotes is refused"

migrate -s -n "$app" "$id"
is "$(grep -c '^database' "$TEST_DIR/out")" 2 "-n names the databases"
psql -qAtX "host=$socket user=postgres dbname=$app" -c '' 2>/dev/null
ok $((! $?)) "-n makes nothing"
migrate -s "$app" "$id"
ok $? "set-up"
is "$(wc -c <"$TEST_DIR/out")" 0 "silent"
is "$(ask "SELECT count(*) FROM schema_migrations WHERE name ~ '^[0-9]'")" \
	"$files" "every file is recorded"
is "$(ask "SELECT count(*) FROM schema_migrations m WHERE name = '0001_tenancy'
	AND sha256 = '$(sha256sum <sql/app/0001_tenancy.sql | cut -d' ' -f1)'")" \
	1 "with its SHA-256"
is "$(ask "SELECT pg_get_userbyid(relowner) FROM pg_class
	WHERE relname = 'users'")" mirai_owner "the owner owns the tables"
migrate -s "$app" "$id"
ok $? "again: nothing to do"
is "$(ask "SELECT has_database_privilege('mirai_identity', '$app', 'CONNECT')")" \
	f "the identity role does not get into the application"

export DATABASE_OWNER_URL="host=$socket dbname=$app user=mirai_owner"
export IDENTITY_OWNER_URL="host=$socket dbname=$id user=mirai_owner"
next=$(printf '%04d' $((files + 1)))
printf -- '-- Why.\nCREATE TABLE one (a int);\n' >"$sql/app/${next}_one.sql"
migrate -n
is "$(cat "$TEST_DIR/out")" "app: ${next}_one" "-n shows what is missing"
is "$(ask "SELECT to_regclass('one') IS NULL")" t "and does nothing"
migrate -v
ok $? "applied"
grep -q "app: ${next}_one" "$TEST_DIR/out"
ok $? "-v says so"

echo '-- more' >>"$sql/app/${next}_one.sql"
migrate
ok $((! $?)) "an edited file is refused"
grep -q "${next}_one was edited" "$TEST_DIR/out"
ok $? "and named"
printf -- '-- Why.\nCREATE TABLE one (a int);\n' >"$sql/app/${next}_one.sql"
mv "$sql/app/${next}_one.sql" "$TEST_DIR/"
migrate
ok $((! $?)) "a file that is gone is refused"
mv "$TEST_DIR/${next}_one.sql" "$sql/app/"

after=$(printf '%04d' $((files + 2)))
cp "$sql/app/${next}_one.sql" "$sql/app/${next}_two.sql"
migrate
ok $((! $?)) "a number used twice is refused"
mv "$sql/app/${next}_two.sql" "$TEST_DIR/"
printf 'CREATE TABLE two (a int);\n' >"$sql/app/${after}_two.sql"
migrate
ok $((! $?)) "a file without its reason is refused"
printf -- '-- Why.\nCREATE TABLE two (a int);\nSELECT nonsense;\n' \
	>"$sql/app/${after}_two.sql"
migrate
ok $((! $?)) "a failing file fails"
is "$(ask "SELECT to_regclass('two') IS NULL")" t "and leaves nothing behind"

# A lock holds it there.
mkfifo "$TEST_DIR/hold"
psql -qAtX "host=$socket user=postgres dbname=$app" <"$TEST_DIR/hold" >"$TEST_DIR/held" &
holder=$!
exec 3>"$TEST_DIR/hold"
echo "SELECT 'held' FROM pg_advisory_lock(4711);" >&3
until grep -q held "$TEST_DIR/held" || ! kill -0 $holder; do sleep 0.02; done
printf -- '-- Why.\nCREATE TABLE two (a int);\nSELECT pg_advisory_xact_lock(4711);\n' \
	>"$sql/app/${after}_two.sql"
"$BUILD/bin/mirai-migrate" -d "$sql" >"$TEST_DIR/out" 2>&1 &
pid=$!
until [ "$(ask "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'
	AND objid = 4711 AND NOT granted")" = 1 ] || ! kill -0 $pid; do sleep 0.02; done
kill -KILL $pid
wait $pid 2>/dev/null
exec 3>&-
wait $holder
until [ "$(ask "SELECT count(*) FROM pg_stat_activity WHERE datname = '$app'
	AND pid <> pg_backend_pid()")" = 0 ]; do sleep 0.02; done
is "$(ask "SELECT count(*) FROM schema_migrations WHERE name = '${after}_two'")" \
	0 "killed in the middle: not recorded"
"$BUILD/bin/mirai-migrate" -d "$sql" >"$TEST_DIR/out" 2>&1 &
first=$!
"$BUILD/bin/mirai-migrate" -d "$sql" >"$TEST_DIR/out2" 2>&1 &
second=$!
wait $first
ok $? "two at once: one does it"
wait $second
ok $? "the other finds it done"
is "$(ask "SELECT to_regclass('two') IS NOT NULL")" t "and there it is"
is "$(ask "SELECT count(*) FROM schema_migrations WHERE name = '${after}_two'")" \
	1 "recorded once"

"$BUILD/bin/mirai-migrate" -h | grep -q '^usage: mirai-migrate'
ok $? "-h"
"$BUILD/bin/mirai-migrate" -V | grep -q '^mirai-migrate [0-9]'
ok $? "-V"
echo "1..$n"
