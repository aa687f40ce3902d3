#!/bin/sh
# Run a command with TONGBAO_DATABASE_URL naming a throw-away PostgreSQL made from the newest
# binaries that Debian or Ubuntu put in /usr/lib/postgresql (package postgresql). For example:
#
#   tests/postgres15.sh .venv/bin/pytest -m postgres
#
# POSTGRES_BIN=/folder/of/binaries chooses others. Without binaries it says so and ends well.
# SERVERS=2 starts as many, one for each worker of the tests; the URL says {worker} for its name.
set -eu

[ $# -gt 0 ] || { echo "usage: $0 COMMAND [ARGUMENT…]" >&2; exit 2; }

bin=${POSTGRES_BIN:-$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -n 1)}
if [ ! -x "${bin:-/nowhere}/initdb" ]; then
  echo "skipped: no PostgreSQL binaries in /usr/lib/postgresql (apt-get install postgresql)"
  exit 0
fi

# In memory, where there is enough: the databases of tests are copied in no time.
room=$(df -k --output=avail /dev/shm 2>/dev/null | tail -n 1)
[ "${room:-0}" -ge 4194304 ] && where=/dev/shm || where=/tmp
folder=$(mktemp -d "$where/tongbao-postgres.XXXXXX")
as_owner() { "$@"; }
if [ "$(id -u)" = 0 ]; then
  # PostgreSQL refuses to run as root.
  chown postgres "$folder"
  as_owner() { (cd / && setpriv --reuid=postgres --regid=postgres --clear-groups "$@"); }
fi
finish() {
  for data in "$folder"/*/data; do
    as_owner "$bin/pg_ctl" stop -s -m immediate -D "$data" >/dev/null 2>&1 || true
  done
  rm -rf "$folder"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

worker=0
while [ "$worker" -lt "${SERVERS:-1}" ]; do
  own="$folder/gw$worker"
  as_owner mkdir "$own"
  as_owner "$bin/initdb" -A trust -U postgres -E UTF8 --locale=C -N "$own/data" >/dev/null
  as_owner "$bin/pg_ctl" start -s -w -D "$own/data" -l "$own/log" \
    -o "-c listen_addresses='' -c unix_socket_directories=$own -c fsync=off" ||
    { cat "$own/log" >&2; exit 1; }
  worker=$((worker + 1))
done

"$bin/postgres" --version
case ${SERVERS:-1} in 1) name=gw0 ;; *) name='{worker}' ;; esac
export TONGBAO_DATABASE_URL="postgresql://postgres@/postgres?host=$folder/$name"
"$@"
