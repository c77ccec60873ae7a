#!/bin/sh
# mirai-generate and mirai-ingest as programs: their flags, what they show, which
# jobs are whose, and that wrong settings end them at once.
set -u
n=0
ok() { # STATUS WHAT
	n=$((n + 1))
	if [ "$1" -eq 0 ]; then echo "ok $n - $2"; else
		echo "not ok $n - $2"
		sed 's/^/# /' "$TEST_DIR/out"
	fi
}
db=$(printf %s "$DATABASE_URL" | sed 's/.*dbname=\([^ ]*\).*/\1/')
sql() { psql -qAtX -v ON_ERROR_STOP=1 "$DATABASE_ADMIN_URL dbname=$db" -c "$1"; }
run() { # PROGRAM FLAG ...
	p=$1; shift
	"$BUILD/bin/mirai-$p" "$@" >"$TEST_DIR/out" 2>&1
}
job() { # TYPE
	sql "INSERT INTO generation_jobs (tenant_id, type, created_by_user_id)
	    SELECT tenant_id, '$1', id FROM users RETURNING id"
}
states() { sql "SELECT string_agg(type || ' ' || status, ', ' ORDER BY type) FROM generation_jobs"; }
is() { [ "$1" = "$2" ] || { echo "got: $1; want: $2" >"$TEST_DIR/out"; false; }; }

sql "INSERT INTO tenants (id, name, slug) VALUES ('a0000000-0000-4000-8000-000000000000', 'A', 'a');
    INSERT INTO companies (tenant_id, name) VALUES ('a0000000-0000-4000-8000-000000000000', 'A');
    INSERT INTO users (tenant_id, kratos_id, company_id, role)
    SELECT tenant_id, gen_random_uuid(), id, 'admin' FROM companies"
for p in generate ingest; do
	run $p -V && grep -q "^mirai-$p [0-9]" "$TEST_DIR/out"; ok $? "$p -V"
	run $p -h && grep -q '^usage: mirai-' "$TEST_DIR/out"; ok $? "$p -h"
	run $p -x; is $? 2; ok $? "$p: an unknown flag"
	run $p word; is $? 2; ok $? "$p: an argument"
	run $p -1 && [ ! -s "$TEST_DIR/out" ]; ok $? "$p: nothing to do, nothing to say"
	DATABASE_WORKER_URL="host=$TEST_DIR dbname=x" run $p -1; is $? 1; ok $? "$p: no database"
done
echo 'scan.clamd nonsense:x' >"$TEST_DIR/bad.conf"
run ingest -1 -f "$TEST_DIR/bad.conf"; is $? 1; ok $? 'ingest: a scanner that is no address'

# Neither job has what it needs, so both fail; who is asked tells them apart.
g=$(job component_regen) i=$(job sme_ingestion)
run generate -n && is "$(cat "$TEST_DIR/out")" "$g component_regen, queued, attempt 1"; ok $? 'generate -n'
run ingest -n && is "$(cat "$TEST_DIR/out")" "$i sme_ingestion, queued, attempt 1"; ok $? 'ingest -n'
is "$(states)" 'sme_ingestion queued, component_regen queued'; ok $? 'which changes nothing'
run generate -1 -v && is "$(cat "$TEST_DIR/out")" "$g component_regen failed"; ok $? 'generate -1 -v'
is "$(states)" 'sme_ingestion queued, component_regen failed'; ok $? 'and leaves the other alone'
run ingest -1 -v && grep -q "^$i sme_ingestion " "$TEST_DIR/out"; ok $? 'ingest -1 -v'
is "$(sql "SELECT count(*) FROM generation_jobs WHERE status = 'failed' AND error_message <> ''
    AND completed_at IS NOT NULL")" 2; ok $? 'failed jobs say why'
echo "1..$n"
