#!/bin/sh
# Starts Redis with the password of a secret, which stands neither in its arguments nor in its
# environment. Nothing is kept on disk: Postgres holds the truth, and what Redis forgets is sent again.
set -eu
umask 077
IFS= read -r password </run/secrets/redis_password
printf 'requirepass %s\n' "$password" >/tmp/auth.conf
exec redis-server /tmp/auth.conf --dir /tmp --save '' --appendonly no \
  --maxmemory 256mb --maxmemory-policy volatile-ttl
