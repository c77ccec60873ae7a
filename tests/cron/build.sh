#!/bin/sh
# mirai build: what it makes, what it refuses, and that it leaves nothing half
# done. Each bad file gets a line that names it and the reason, and exit 1.
set -u

mirai=$BUILD/bin/mirai
book=$SRCDIR/etc/examples/handbook.md
dir=$TEST_DIR/build
n=0

mkdir -p "$dir" && cd "$dir" || exit 1

check() { # ok? name
	n=$((n + 1))
	if [ "$1" -eq 0 ]; then echo "ok $n - $2"; else echo "not ok $n - $2"; fi
}

# refused FILE REASON: exit 1, the line, no package and nothing else
refused() {
	"$mirai" build "$1" -o out.zip >said 2>&1
	status=$?
	grep -qxF "mirai: $1: $2" said && [ $status -eq 1 ] &&
	    [ -z "$(ls | grep '^out\|\.tmp$')" ]
	ok=$?
	check $ok "refused $1"
	[ $ok -eq 0 ] || sed 's/^/# /' said
}

"$mirai" build "$book" -o one.zip >said 2>&1
check $? "handbook builds"
grep -q '^one.zip: 11 sections, [0-9]* lessons, [0-9]* questions$' said
check $? "says what it made"
grep -q '^lessons: ' said && ! grep -q "$(printf '\r')" said
check $? "plain lines when there is no terminal"

mkdir -p elsewhere
cp "$book" elsewhere/handbook.md
(cd elsewhere && TZ=Asia/Tokyo LC_ALL=de_DE.UTF-8 LANG=tr_TR.UTF-8 \
    "$mirai" build handbook.md -o ../two.zip >/dev/null 2>&1)
cmp -s one.zip two.zip
check $? "same bytes in another place, zone and language"

"$mirai" build "$book" -o doc.json --format document --json >said 2>err
check $? "document"
[ ! -s err ] && tail -n 1 said | grep -q '"event":"done".*"sections":11'
check $? "--json prints lines of JSON on standard output only"
grep -q '"event":"progress","step":"lessons"' said
check $? "--json reports progress"
grep -q '"dataSource": "document-upload"' doc.json
check $? "the document is a course document"
"$mirai" build "$book" -o t.json --format document --title 'Mein Titel' \
    --language de >/dev/null 2>&1 && grep -q '"title": "Mein Titel"' t.json &&
    grep -q 'Nach dieser Lektion' t.json
check $? "--title and --language"

"$mirai" build "$SRCDIR/tests/ai/files/crane.pdf" -o pdf.zip >/dev/null 2>&1
check $? "PDF"
# Packages of XML, told by what is in them whatever the name says.
pack() { "$BUILD/tests/ai/package" pack "$SRCDIR/tests/fuzz/corpus/$1" "$2"; }
pack extract_pptx/deck deck.md && pack extract_odt/guide guide.docx &&
    pack extract_epub/book3 book.zip
check $? "packages are made"
for f in deck.md:Loads guide.docx:Firing book.zip:'In spring'; do
	"$mirai" build "${f%%:*}" -o office.json --format document >said 2>&1 &&
	    grep -q "\"${f#*:}\"" office.json
	check $? "${f%%:*}"
done

printf 'caf\303\251 is served from 8:00 in the canteen of the factory.\n' |
    cat >ok.txt
"$mirai" build ok.txt -o txt.zip >/dev/null 2>&1
check $? "plain text"

: >empty.md
head -c 4096 /dev/urandom >binary.md
printf 'x\000y' >>binary.md
truncate -s 2G huge.md
printf 'caf\351 au lait is a drink of coffee and milk\n' >latin1.txt
printf '%%PDF-1.4\nno more\n' >broken.pdf
printf 'PK\003\004 no more' >broken.docx
cp "$SRCDIR/tests/ai/files/encrypted.pdf" "$SRCDIR/tests/ai/files/scan.pdf" .
mkdir folder.md
refused empty.md "empty"
refused huge.md "larger than 25 MiB"
refused latin1.txt "text that is not UTF-8; save it as UTF-8"
refused broken.pdf "a damaged PDF"
refused broken.docx "a damaged ZIP archive"
refused encrypted.pdf "an encrypted PDF; save it without a password"
refused scan.pdf "a PDF without text (scanned pages?)"
refused folder.md "a directory, not a file"
refused nowhere.md "No such file or directory"
rm -f binary.md
printf 'a\000b\000c text enough to be read by someone' >binary.md
refused binary.md "binary data, not a document"

# the old package stays when the new one cannot be made
echo old >out.zip
"$mirai" build empty.md -o out.zip >/dev/null 2>&1
[ $? -eq 1 ] && [ "$(cat out.zip)" = old ]
check $? "a failure keeps the old package"
rm -f out.zip
"$mirai" build "$book" -o nowhere/out.zip >said 2>&1
[ $? -eq 1 ] && grep -q '^mirai: nowhere/out.zip: ' said
check $? "a directory that is not there"
cp ok.txt self.txt
"$mirai" build self.txt -o self.txt >said 2>&1
[ $? -eq 1 ] && cmp -s ok.txt self.txt
check $? "never over the document itself"

# killed at any moment: no package, or a whole one, and no litter
bad=0
for pause in 0 0.005 0.01 0.02 0.03 0.04 0.06 0.08; do
	rm -f kill.zip
	"$mirai" build "$book" -o kill.zip >/dev/null 2>&1 &
	pid=$!
	sleep $pause
	kill -9 $pid 2>/dev/null
	wait $pid 2>/dev/null
	[ ! -e kill.zip ] || cmp -s kill.zip one.zip || bad=1
	[ -z "$(ls | grep '\.tmp$')" ] || bad=1
done
check $bad "killed: all or nothing"

usage() { # name, arguments
	name=$1
	shift
	"$mirai" build "$@" >said 2>err
	[ $? -eq 2 ] && [ -s err ] && [ ! -e u.zip ]
	check $? "usage: $name"
}
usage "no file" -o u.zip
usage "no output" "$book"
usage "two files" "$book" "$book" -o u.zip
usage "format" "$book" -o u.zip --format pptx
usage "provider" "$book" -o u.zip --provider nobody
usage "language" "$book" -o u.zip --language 'x y'
usage "title" "$book" -o u.zip --title "$(printf 'a\tb')"
"$mirai" build -h | grep -q '^usage: mirai build'
check $? "-h"

echo "1..$n"
