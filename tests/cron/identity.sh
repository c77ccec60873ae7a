#!/bin/sh
# mirai identity on the database: what it shows, changes, moves in files and
# seals anew; what it refuses; and that every deed is in the audit trail.
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
sql() { psql -qAtX -v ON_ERROR_STOP=1 "$IDENTITY_OWNER_URL" -c "$1"; }
conf() { # SECRETS
	cat >"$TEST_DIR/conf" <<-EOF
		identity.secrets $1
		identity.argon2.memory 256K
		identity.argon2.passes 1
		url.auth https://auth.mirai.example
		url.app https://app.mirai.example
		cache.path $TEST_DIR/cache.db
	EOF
}
id() { verb=$1; shift; "$mirai" identity "$verb" -f "$TEST_DIR/conf" "$@"; }
person() { # NUMBER MORE
	printf '{"schema_id":"user","traits":{"email":"p%d@one.example","name":{"first":"Pia","last":"No %d"}}%s}\n' "$1" "$1" "$2"
}
S1=first-secret-0123456789abcdef
S2=second-secret-0123456789abcdef
S3=third-secret-0123456789abcdef
KEY=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP
ADA=0b2f3c1e-7c4d-4e0a-9b1f-3f0a5f2d7c11
conf "$S1"

# --- files -------------------------------------------------------------------
cat >"$TEST_DIR/in" <<EOF
{"id":"$ADA","schema_id":"user","schema_url":"https://old.example/schemas/dXNlcg","state":"active","state_changed_at":"2024-01-01T00:00:00Z","traits":{"email":"Ada@one.example","name":{"first":"Ada","last":"Byron"}},"verifiable_addresses":[{"id":"5f0c0f6c-51d3-4e0d-8d6e-0d4c1c9d8a10","value":"ada@one.example","verified":true,"via":"email","status":"completed","verified_at":"2024-02-03T04:05:06Z","created_at":"2024-01-01T00:00:00Z","updated_at":"2024-01-01T00:00:00Z"}],"recovery_addresses":[{"value":"ada@one.example","via":"email"}],"metadata_public":{"crew":7},"metadata_admin":null,"credentials":{"password":{"type":"password","identifiers":["ada@one.example"],"config":{"hashed_password":"\$2a\$10\$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy"},"version":0,"created_at":"2024-01-01T00:00:00Z","updated_at":"2024-01-01T00:00:00Z"},"totp":{"config":{"totp_url":"otpauth://totp/Old:ada?secret=$KEY&issuer=Old"}},"lookup_secret":{"config":{"recovery_codes":[{"code":"abcd1234"},{"code":"efgh5678","used_at":"2024-03-01T00:00:00Z"}]}}},"created_at":"2024-01-01T00:00:00Z","updated_at":"2024-01-01T00:00:00Z"}

$(person 1 ',"credentials":{"password":{"config":{"password":"Correct-Horse-7!"}}}')
$(person 2 '')
EOF
run 0 '3 would be made, 0 skipped, 0 refused' 'a dry run counts' id import --dry-run "$TEST_DIR/in"
[ "$(sql 'SELECT count(*) FROM identities')" = 0 ]; ok $? 'and makes nothing'
run 0 '3 made, 0 skipped, 0 refused' 'people are imported' id import "$TEST_DIR/in"
[ "$(sql "SELECT id FROM identities WHERE traits->>'name' LIKE '%Byron%'")" = $ADA ]
ok $? 'an id stays as it was'
[ "$(sql "SELECT verified_at AT TIME ZONE 'UTC' FROM verifiable_addresses WHERE value = 'ada@one.example'")" = '2024-02-03 04:05:06' ]
ok $? 'an address that was verified is so still'
! sql 'SELECT config FROM credentials' | grep -q -e "$KEY" -e abcd1234
ok $? 'secrets are sealed'
run 1 'in:1: there is an identity with this' 'nobody is made twice' id import "$TEST_DIR/in"
run 0 '0 made, 3 skipped, 0 refused' 'those that are there can be skipped' id import --skip-existing "$TEST_DIR/in"
[ "$(sql 'SELECT count(*) FROM identities')" = 3 ]; ok $? 'and are left alone'
{
	echo 'nonsense'
	person 3 ',"colour":"red"'
	person 3 ',"credentials":{"password":{"config":{"hashed_password":"$2a$31$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy"}}}'
	person 3 ',"credentials":{"totp":{"config":{"totp_url":"x"}}}'
	person 3 ',"id":"x"'
	echo '{"traits":{"email":"x","name":{"first":"A","last":"B"}}}'
	echo '[]'
	person 3 ',"verifiable_addresses":[{"value":"who@else.example","via":"email"}]'
	person 3 ''
} >"$TEST_DIR/bad"
run 1 '1 made, 0 skipped, 8 refused' 'bad lines keep no good one back' id import "$TEST_DIR/bad"
sed 's|^.*/bad:|bad:|' "$TEST_DIR/out" >"$TEST_DIR/said"
for line in 'bad:2: colour: ' \
    'bad:3: credentials.password.config.hashed_password: ' \
    'bad:4: credentials.totp.config.totp_url: ' 'bad:5: id: not a UUID' \
    'bad:6: traits.email: ' 'bad:7: not an object' \
    'bad:8: .*verifiable_addresses.0.: '; do
	grep -q "^$line" "$TEST_DIR/said"; ok $? "$line"
done
grep -q '^bad:1: ' "$TEST_DIR/said"; ok $? 'text that is not JSON'
run 1 'No such file' 'a file that is not there' id import "$TEST_DIR/none"
id import - --json <"$TEST_DIR/in" >"$TEST_DIR/out" 2>/dev/null
grep -q '{"made":0,"skipped":0,"refused":3,"dry_run":false}' "$TEST_DIR/out"
ok $? 'from standard input, told in JSON'

id export >"$TEST_DIR/plain" 2>"$TEST_DIR/out"; ok $? 'people are exported'
[ "$(wc -l <"$TEST_DIR/plain")" = 4 ] && ! grep -q -e credentials -e hashed_password "$TEST_DIR/plain"
ok $? 'without what proves who they are'
id export --with-credentials >"$TEST_DIR/full" 2>"$TEST_DIR/out"; ok $? 'or with it'
grep -q "secret=$KEY" "$TEST_DIR/full" && grep -q '"code":"abcd1234"' "$TEST_DIR/full" &&
    grep -q '"hashed_password":"[$]2a[$]10[$]N9' "$TEST_DIR/full"
ok $? 'hash, app and back-up codes'
run 0 '"email":"p2@one.example"' 'one by address' id export p2@one.example
run 1 'nobody@one.example: there is no such identity' 'or not at all' id export nobody@one.example

# What was exported makes the same people again, elsewhere.
sql 'CREATE TEMP TABLE x AS SELECT 1; DELETE FROM identities' >/dev/null
run 0 '4 made' 'an export is imported' id import "$TEST_DIR/full"
id export --with-credentials >"$TEST_DIR/again" 2>"$TEST_DIR/out"
facts() { node -e '
const lines = require("fs").readFileSync(process.argv[1], "utf8").trim().split("\n").map((l) => JSON.parse(l));
for (const l of lines) {
	const c = l.credentials;
	console.log(JSON.stringify([l.id, l.traits, l.state, l.metadata_public ?? null,
		l.verifiable_addresses.map((v) => [v.value, v.verified]),
		Object.keys(c).sort().map((t) => [t, c[t].identifiers, c[t].config])]));
}' "$1"; }
facts "$TEST_DIR/full" >"$TEST_DIR/a" && facts "$TEST_DIR/again" >"$TEST_DIR/b" &&
    diff "$TEST_DIR/a" "$TEST_DIR/b" >"$TEST_DIR/out"
ok $? 'and exports the same'

# --- many --------------------------------------------------------------------
i=10
while [ $i -lt 310 ]; do person $i ''; i=$((i + 1)); done >"$TEST_DIR/many"
run 0 '300 made' 'many people' id import "$TEST_DIR/many"
id list --json >"$TEST_DIR/list"; [ "$(wc -l <"$TEST_DIR/list")" = 304 ]
ok $? 'lists go over pages'
[ "$(sort -u "$TEST_DIR/list" | wc -l)" = 304 ]; ok $? 'and name nobody twice'
[ "$(id export | wc -l)" = 304 ]; ok $? 'exports too'
last=$(tail -n 2 "$TEST_DIR/list" | head -n 1 | sed 's/.*"id":"\([0-9a-f-]\{36\}\)","schema_id.*/\1/')
[ "$(id list --after "$last" | wc -l)" = 2 ]; ok $? 'the rest after one of them'
[ "$(id list --limit 251 | wc -l)" = 252 ]; ok $? 'at most so many'
run 2 'not an id' 'an id is checked' id list --after x
id list >/dev/full 2>"$TEST_DIR/out"; [ $? -eq 1 ]; ok $? 'a full disk is an error'

# --- one ---------------------------------------------------------------------
run 0 'Address    ada@one.example, verified' 'one is shown' id show ADA@one.example
run 0 'Level      aal2' 'with what he can prove' id show $ADA
run 0 '"locked_seconds":0' 'as JSON' id show --json $ADA
run 1 'x@y: there is no such identity' 'nobody is not' id show x@y
run 2 usage 'whom?' id show
run 2 usage 'a command nobody knows' id praise
cp "$TEST_DIR/conf" "$TEST_DIR/conf.kept"
printf 'identity.mode kratos\nidentity.kratos.public_url http://127.0.0.1:1\nidentity.kratos.admin_url http://127.0.0.1:1\n' >>"$TEST_DIR/conf"
run 1 'identities are kept there' 'a real Kratos keeps its own' id list
mv "$TEST_DIR/conf.kept" "$TEST_DIR/conf"
run 0 usage 'help' "$mirai" identity -h

sql "INSERT INTO sessions (identity_id, token_hash, expires_at) SELECT '$ADA', sha256(g::text::bytea),
    now() + interval '1 hour' FROM generate_series(1, 3) g" >/dev/null
run 0 'Sessions   3' 'sessions are counted' id show $ADA
run 0 '3 sessions ended' 'and ended' id revoke-sessions ada@one.example
run 0 '0 sessions ended' 'once' id revoke-sessions $ADA
run 0 "$ADA: must have a second factor" 'one is demanded' id require-mfa --days 3 $ADA p1@one.example
[ "$(sql "SELECT count(*) FROM identities WHERE second_factor_after BETWEEN now() + interval '71 hours' AND now() + interval '3 days'")" = 2 ]
ok $? 'of those who were named'
run 0 '"demanded":0' 'or no more' id release-mfa --json p1@one.example
run 2 usage 'of whom?' id require-mfa
run 2 '0 to 7' 'at most a week' id require-mfa --days 8 $ADA
run 0 '2 second factors removed' 'lost factors are taken away' id reset-mfa $ADA
run 0 'Level      aal1' 'and are gone' id show $ADA
id release-mfa $ADA >/dev/null

# --- a company ---------------------------------------------------------------
MIRAI_PASSWORD=Long-Enough-7x "$mirai" company create -f "$TEST_DIR/conf" --name 'One Ltd' \
    --email p1@one.example --first-name Pia --last-name One >"$TEST_DIR/out" 2>&1; ok $? 'a company is made of one of them'
run 0 'must have a second factor' 'a company demands it' id require-mfa --company 'One Ltd'
[ "$(sql "SELECT string_agg(traits->>'email', ' ') FROM identities WHERE second_factor_after IS NOT NULL")" = p1@one.example ]
ok $? 'of its people'
run 1 'Two: no such company' 'if there is one' id release-mfa --company Two
run 2 usage 'companies and people are not mixed' id release-mfa --company 'One Ltd' $ADA

# --- the trail ---------------------------------------------------------------
run 0 "factor.reset *operator:.*$ADA" 'deeds are listed' id audit $ADA
id audit --json --limit 2 >"$TEST_DIR/out"; [ "$(wc -l <"$TEST_DIR/out")" = 2 ]; ok $? 'at most so many'
before=$(tail -n 1 "$TEST_DIR/out" | sed 's/{"id":\([0-9]*\),.*/\1/')
id audit --json --before "$before" --limit 1 >"$TEST_DIR/out"
grep -q "^{\"id\":$((before - 1))," "$TEST_DIR/out"; ok $? 'and the ones before'
[ "$(id audit | wc -l)" = "$(sql 'SELECT count(*) FROM audit')" ]; ok $? 'all of them, over pages'
[ "$(sql "SELECT string_agg(DISTINCT action, ' ' ORDER BY action) FROM audit WHERE actor LIKE 'operator:%'")" = \
    'credentials.export factor.demand factor.demand_end factor.reset identity.create identity.export session.revoke_all' ]
ok $? 'every deed has its row'

# --- secrets -----------------------------------------------------------------
sql 'DELETE FROM identities' >/dev/null
id import "$TEST_DIR/in" >/dev/null
conf "$S2 $S1"
run 1 'authenticator apps *1 seen, 0 sealed anew, 1 left' 'what an older secret sealed is counted' id reseal --dry-run
run 0 'back-up codes *1 seen, 1 sealed anew, 0 left' 'and sealed anew' id reseal
run 0 'authenticator apps *1 seen, 0 sealed anew, 0 left' 'once' id reseal
conf "$S3 $S2"
run 0 '"what":"authenticator apps","seen":1,"done":1,"left":0,"lost":0' 'by a third secret' id reseal --json
conf "$S3"
run 0 '0 left, 0 lost' 'which then is enough' id reseal
run 0 "secret=$KEY" 'and opens what is there' id export --with-credentials $ADA
conf "$S1"
run 1 '1 seen, 0 sealed anew, 0 left, 1 lost' 'the first is of no use any more' id reseal
run 1 '2 credentials can be opened by no secret' 'and an export says so' id export --with-credentials $ADA
[ "$(sql "SELECT count(*) FROM audit WHERE action = 'secrets.reseal'")" = 2 ]
ok $? 'both times are in the trail'
echo "1..$n"
