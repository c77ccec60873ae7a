#!/bin/sh
# make run: a private instance from nothing, the demo user signs in, a signal
# to make alone or to all of it stops every process, and a second start finds
# what the first one left.
n=0
ok() { # ok STATUS NAME
	n=$((n + 1))
	if [ "$1" -eq 0 ]; then echo "ok $n - $2"; else
		echo "not ok $n - $2"
		sed 's/^/# /' "$TEST_DIR/out"
	fi
}

# Its programs run as other users when this one is root.
chmod 755 "$TEST_DIR"
state=$TEST_DIR/var
# Whoever says the port holds it as long as this runs.
node --input-type=module -e "
	import { freePort } from '$SRCDIR/tests/ports.mjs';
	console.log(await freePort());
	setInterval(() => {}, 60000)" >"$TEST_DIR/port" &
holder=$!
until [ -s "$TEST_DIR/port" ] || ! kill -0 $holder; do sleep 0.02; done
port=$(cat "$TEST_DIR/port")
flags=$(echo "${MAKEFLAGS:-}" | sed 's/ -j[^ ]*//g; s/ --jobserver[^ ]*//g')
mark=instance-test-$$
make=

# Nothing of the test's own set-up, and a mark to know its processes by.
# Replaces the shell it is called in.
run() {
	exec env -i PATH="$PATH" HOME="$TEST_DIR" TMPDIR=/tmp MIRAI_MARK="$mark" \
	    ASAN_OPTIONS="${ASAN_OPTIONS:-}" MAKEFLAGS="$flags" "$@"
}
processes() {
	grep -alsx "MIRAI_MARK=$mark" -z /proc/[0-9]*/environ
}
start() {
	: >"$TEST_DIR/out" # here, so that nobody finds there what an earlier start said
	(run setsid make -C "$SRCDIR" DEPS=no BUILD="$BUILD" STATE="$state" \
	    PORT="$port" run) >>"$TEST_DIR/out" 2>&1 &
	make=$!
	i=0
	until grep -q 'Ctrl-C stops' "$TEST_DIR/out" || [ $i -ge 2400 ]; do
		i=$((i + 1))
		kill -0 "$make" 2>/dev/null || break
		sleep 0.1
	done
	grep -q 'Ctrl-C stops' "$TEST_DIR/out"
}
courses() {
	(run MIRAI_PASSWORD="$(sed -n 's/^Password *//p' "$state/demo.txt")" \
	    "$state/inst/bin/mirai" course list --url "http://127.0.0.1:$port" \
	    --email demo@mirai.example) >"$TEST_DIR/courses" 2>>"$TEST_DIR/out"
}
gone() {
	i=0
	while [ -n "$(processes)" ] && [ $i -lt 900 ]; do
		i=$((i + 1))
		sleep 0.1
	done
	for p in $(processes); do
		tr '\0' ' ' <"${p%/environ}/cmdline" >>"$TEST_DIR/out"
		echo >>"$TEST_DIR/out"
	done
	[ -z "$(processes)" ]
}
delivers() { # its lock, whose directory is $1
	i=0
	while [ ! -e "$1/mirai-mail.lock" ] && [ $i -lt 600 ]; do
		i=$((i + 1))
		sleep 0.1
	done
	[ -e "$1/mirai-mail.lock" ]
}
trap 'kill $holder; for p in $(processes); do p=${p#/proc/}; kill -9 "${p%/environ}"; done' EXIT

start
ok $? 'it starts from nothing'
courses
ok $? 'the demo user signs in'
grep -q . "$TEST_DIR/courses"
ok $? 'and has a course'
mails=$(sed -n 's/^ *Mails *//p' "$TEST_DIR/out")
case $mails in /*/mail/new) delivers "${mails%/mail/new}" ;; *) false ;; esac
ok $? 'it says where mails land, and something delivers them there'
cp "$state/demo.txt" "$TEST_DIR/demo.txt"
kill -s TERM "$make"
gone
ok $? 'a signal to make alone stops every process'

start
ok $? 'it starts again'
! grep -q 'Creating the' "$TEST_DIR/out" &&
	cmp -s "$state/demo.txt" "$TEST_DIR/demo.txt"
ok $? 'with what there was'
courses
ok $? 'the same password signs in'
kill -s TERM -- "-$make"
gone
ok $? 'a signal to all of it stops every process'
echo "1..$n"
