#!/bin/sh
# A slot renamed in a template, or given the wrong type, must not compile; an
# unsound template must stop the build with file and line, and write nothing.
set -u
BUILD=${BUILD:-build}
tmplc=$BUILD/tools/tmplc
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
n=0

report() { # ok|"not ok" text
	n=$((n + 1))
	echo "$1 $n - $2"
}

# page USE: a file that fills the template row.html with USE.
page() {
	printf '#include <stddef.h>\n#include "web/tmpl.h"\nvoid page(struct html *h);\n' >"$dir/page.c"
	printf 'void page(struct html *h) { tmpl_row(h, &(struct tmpl_row){ %s }); }\n' "$1" >>"$dir/page.c"
	cc -std=c11 -Wall -Wextra -Werror -Ilib -I"$dir" -fsyntax-only "$dir/page.c" 2>/dev/null
}

mkdir "$dir/web"
printf '<li>{{name}} {{n:int}}</li>\n' >"$dir/row.html"
"$tmplc" "$dir/web/tmpl" "$dir/row.html" && report ok "a sound template compiles" ||
	report "not ok" "a sound template compiles"
page '.name = "x", .n = 1' && report ok "its slots can be set" ||
	report "not ok" "its slots can be set"
page '.title = "x", .n = 1' && report "not ok" "a renamed slot is refused" ||
	report ok "a renamed slot is refused"
page '.name = "x", .n = "1"' && report "not ok" "text for a number is refused" ||
	report ok "text for a number is refused"

mkdir "$dir/bad"
printf '<p>\n<script>{{x}}</script></p>\n' >"$dir/bad.html"
if "$tmplc" "$dir/bad/tmpl" "$dir/row.html" "$dir/bad.html" 2>"$dir/err"; then
	report "not ok" "a slot in a script stops the build"
else
	report ok "a slot in a script stops the build"
fi
grep -q "bad.html:2: no slot may stand in script" "$dir/err" &&
	report ok "the error names file and line" ||
	report "not ok" "the error names file and line"
[ -z "$(ls "$dir/bad")" ] && report ok "nothing is written" ||
	report "not ok" "nothing is written"
echo "1..$n"
