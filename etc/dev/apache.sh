#!/bin/sh
# The installed sample (etc/apache.conf) with the values of a private instance
# and what Debian's own configuration says around it, on standard output, so
# that what is tested is what is shipped. PORT, ADMIN (a second port), DOMAIN,
# RUN (sockets of the pools in RUN/svc), INST (PREFIX of the installation) and
# LOG (a directory) come from the environment.
set -eu
: "${PORT:?}" "${ADMIN:?}" "${DOMAIN:?}" "${RUN:?}" "${INST:?}" "${LOG:?}"

sample=$(dirname "$0")/../apache.conf
echo "ServerRoot \"$LOG\""
echo "DefaultRuntimeDir \"$LOG\""
echo "PidFile \"$LOG/apache.pid\""
echo "ServerName localhost"
[ "$(id -u)" -ne 0 ] || printf 'User www-data\nGroup www-data\n'
for m in mpm_event authz_core $(sed -n 's/^# *a2enmod //p' "$sample"); do
	echo "LoadModule ${m}_module /usr/lib/apache2/modules/mod_$m.so"
done
cat <<CONF
Mutex pthread
ErrorLog "/dev/stderr"
LogLevel warn
TypesConfig /dev/null
<Directory />
	Require all denied
</Directory>
Listen 127.0.0.1:$PORT
CONF
sed -e "s|^Define mirai_port .*|Define mirai_port $PORT|" \
    -e "s|^Define mirai_domain .*|Define mirai_domain $DOMAIN|" \
    -e "s|^Define mirai_run .*|Define mirai_run $RUN/svc|" \
    -e "s|^Define mirai_static .*|Define mirai_static $INST/share/mirai/static|" \
    -e '/^#Listen 127/,/^#<\/VirtualHost>/s/^#//' \
    -e "s|127\.0\.0\.1:4434|127.0.0.1:$ADMIN|" "$sample"
