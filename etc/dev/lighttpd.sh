#!/bin/sh
# The installed sample (etc/lighttpd.conf) with the values of a private
# instance, on standard output, so that what is run here is what is shipped.
# PORT, RUN (sockets of the pools in RUN/svc), STATE, INST (PREFIX of the
# installation) and LOG come from the environment.
set -eu
: "${PORT:?}" "${RUN:?}" "${STATE:?}" "${INST:?}" "${LOG:?}"

sed -e "s|^var\.run .*|var.run = \"$RUN/svc\"|" \
    -e "s|^var\.static .*|var.static = \"$INST/share/mirai/static\"|" \
    -e "s|^server\.port .*|server.port = $PORT\\
server.bind = \"127.0.0.1\"|" \
    -e '/^#\$SERVER\["socket"\] == var\.run/,/^#}/s/^#//' \
    -e '/^server\.\(errorlog\|username\|groupname\|pid-file\) /d' \
    "$(dirname "$0")/../lighttpd.conf"
