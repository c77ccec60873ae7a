#!/bin/sh
# The contract compiler: what it refuses, and the names it makes.

cd "${SRCDIR:-.}" || exit 1
plugin=${BUILD:-build}/tool/protoc-gen-mirai
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
n=0

ok() {
	n=$((n + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $n - $2"
	else
		echo "not ok $n - $2"
		sed 's/^/# /' "$dir/err"
	fi
}

# contract TEXT: a contract with this text, compiled to $dir.
contract() {
	{
		echo 'syntax = "proto3"; package t;'
		echo 'import "mirai/options.proto";'
		echo 'message Q {} message A {}'
		echo "$1"
	} >"$dir/t.proto"
	protoc --plugin=protoc-gen-mirai="$plugin" -I"$dir" -Ilib/proto \
	    -I/usr/include --mirai_out="${2:-}$dir" t.proto 2>"$dir/err"
}

refused() {
	! contract "$1" "${3:-}" && grep -q "$2" "$dir/err"
	ok $? "refused: $2"
}

has() {
	grep -qF -e "$2" "$dir/$1"
	ok $? "$1: $2"
}

refused 'service S { rpc M(Q) returns (A); }' \
    't.S/M says not who may call it'
refused 'service S { rpc M(Q) returns (A) {
	option (mirai.need) = NEED_UNSPECIFIED; } }' \
    't.S/M says not who may call it'
refused 'service S { rpc M(Q) returns (stream A) {
	option (mirai.need) = PUBLIC;
	option idempotency_level = NO_SIDE_EFFECTS; } }' \
    't.S/M is a stream'
refused '' 'unknown parameter' nonsense:

contract 'message ListSMEsRequest { optional int32 default = 1;
	repeated string tags = 2; map<string, int64> counts = 3;
	oneof pick { string name = 4; Q q = 5; } }
message GetUploadURL { message InnerHTTPThing {} enum Kind { KIND_A = 0; } }
message Error { Error error = 1; }
service SMEListService {
	option (mirai.service_max_bytes) = 1024;
	rpc ListSMEs(Q) returns (A) { option (mirai.need) = EDITOR; }
	rpc SetAPIKey(Q) returns (A) {
		option (mirai.need) = ADMIN;
		option (mirai.max_bytes) = 4096;
		option (mirai.never_compress) = true;
		option (mirai.while_suspended) = true;
	}
	rpc Look(Q) returns (A) {
		option (mirai.need) = PUBLIC;
		option idempotency_level = NO_SIDE_EFFECTS;
	}
	rpc Ask(Q) returns (A) {
		option (mirai.need) = MEMBER;
		option (mirai.outside) = true;
	}
	rpc Watch(Q) returns (stream A) {
		option (mirai.need) = USER;
		option (mirai.served_apart) = true;
	}
}'
ok $? 'a contract with a bit of everything compiles'
has t.pb.h 'struct pb_list_smes_request {'
has t.pb.h '	bool has_default;'
has t.pb.h '	int32_t default_;'
has t.pb.h '	const char **tags;'
has t.pb.h '	size_t ntags;'
has t.pb.h '	struct pb_list_smes_request_counts_entry *counts;'
has t.pb.h '	enum pb_list_smes_request_pick which_pick;'
has t.pb.h '	PB_LIST_SMES_REQUEST_PICK_Q = 5'
has t.pb.h 'struct pb_get_upload_url {'
has t.pb.h 'struct pb_get_upload_url_inner_http_thing {'
has t.pb.h '	PB_GET_UPLOAD_URL_KIND_A = 0'
has t.pb.h 'struct pb_error_message {'
has t.rpc.h 'enum code sme_list_list_smes(struct req *r, const struct pb_q *in,'
has t.rpc.h 'enum code sme_list_set_api_key('
has t.rpc.h 'enum code rpc_sme_list_look('
has t.rpc.c '.path = "/t.SMEListService/SetAPIKey",'
has t.rpc.c '.need = RPC_NEED_EDITOR,'
has t.rpc.c '.tx = DB_TX_READ,'
has t.rpc.c '.max_bytes = 4096,'
has t.rpc.c '.max_bytes = 1024,'
has t.rpc.c '.never_compress = true,'
has t.rpc.c '.while_suspended = true,'
has t.rpc.h 'extern const struct rpc_service sme_list_outside;'
has t.rpc.c '.methods = sme_list_outside_methods,'
has t.rpc.c 'return rpc_call(r, &sme_list_outside_methods[0], in, out);'
sed -n '/sme_list_methods\[\] = {/,/^};/p' "$dir/t.rpc.c" >"$dir/err"
! grep -q '/Ask"' "$dir/err" && grep -q '/Look"' "$dir/err"
ok $? 'a method that waits for somebody outside is in no other table'
! grep -q 'sme_list_watch' "$dir/t.rpc.h"
ok $? 'a method served apart has no handler'
${CC:-cc} -std=c11 -Wall -Wextra -Werror -Ilib -I"$dir" -c -o "$dir/t.o" \
    "$dir/t.pb.c" 2>"$dir/err" &&
    ${CC:-cc} -std=c11 -Wall -Wextra -Werror -Ilib -I"$dir" -c \
    -o "$dir/r.o" "$dir/t.rpc.c" 2>"$dir/err"
ok $? 'what comes out compiles'

echo "1..$n"
