#!/bin/sh
# mirai company and mirai user on the databases: what they make, what they
# refuse, and that every deed is in the audit log.
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
company() {
	"$mirai" company create --name "$1" --email "$2" --first-name Ada --last-name Byron
}
MIRAI_PASSWORD=Long-Enough-7x
export MIRAI_PASSWORD

run 0 'User *ada@one.example' 'a company is made' company 'One Ltd' ada@one.example
run 1 'belongs to a company already' 'one company a person' company Two ada@one.example
[ "$(sql 'SELECT count(*) FROM tenants')" = 1 ]
ok $? 'and nothing of the second is left'
run 1 'not an e-mail address' 'an address is checked' company Two nonsense
run 1 '1 to 200 characters' 'a name is checked' company '   ' b@two.example
MIRAI_PASSWORD=short run 1 . 'a weak password is refused' company Two b@two.example
[ "$(sql 'SELECT count(*) FROM tenants')" = 1 ]
ok $? 'and leaves no company'

run 0 'instructor of One Ltd' 'a user is added' "$mirai" user create \
    --company 'One Ltd' --first-name Bo --last-name Li --role instructor bo@one.example
run 1 'belongs to a company already' 'but once only' "$mirai" user create \
    --company 'One Ltd' --first-name Bo --last-name Li bo@one.example
run 1 'no such company' 'to a company that exists' "$mirai" user create \
    --company Nowhere --first-name Bo --last-name Li x@one.example
run 2 usage 'with a role that exists' "$mirai" user create \
    --company 'One Ltd' --first-name Bo --last-name Li --role king x@one.example
run 0 '"role":"instructor"' 'the list has it' "$mirai" user list --company 'One Ltd' --json
run 0 'is now sme' 'a role is changed' "$mirai" user role --role sme bo@one.example
run 1 'only admin' 'the last admin stays admin' "$mirai" user role --role sme ada@one.example
run 1 'only admin' 'and stays' "$mirai" user remove ada@one.example
run 1 'nobody has this address' 'an unknown person' "$mirai" user remove who@one.example
run 0 'was removed' 'a user is removed' "$mirai" user remove bo@one.example
run 1 'belongs to no company' 'once' "$mirai" user remove bo@one.example
run 0 suspended 'a company is suspended' "$mirai" company suspend 'One Ltd'
run 0 '"status":"suspended"' 'and shown so' "$mirai" company list --json
run 0 active 'and let in again' "$mirai" company activate 'One Ltd'
run 2 usage 'a command nobody knows' "$mirai" user praise
[ "$(sql "SELECT string_agg(action, ' ' ORDER BY created_at) FROM audit_log
    WHERE details->>'by' LIKE 'operator:%'")" = \
    'company.create user.create user.role user.remove tenant.status tenant.status' ]
ok $? 'every deed is in the audit log, and nothing else'
echo "1..$n"
