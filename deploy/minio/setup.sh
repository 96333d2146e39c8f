#!/bin/sh
# Makes the bucket, the policy and WEAV's own account on MinIO. Running it again changes nothing, but
# for a policy or a secret that is new: those it replaces.
#
# MINIO_URL is the server, SECRETS_DIR holds the files minio_root_user, minio_root_password,
# minio_app_access_key and minio_app_secret_key, POLICY_FILE is the account's policy.
set -eu

MINIO_URL=${MINIO_URL:-http://minio:9000}
SECRETS_DIR=${SECRETS_DIR:-/run/secrets}
POLICY_FILE=${POLICY_FILE:-/setup/policy.json}
bucket=weavai-files
policy=weav-files

fail() {
  echo "minio-setup: $1" >&2
  exit 1
}

# secret NAME prints the file's first line.
secret() {
  line=
  IFS= read -r line <"$SECRETS_DIR/$1" || [ -n "$line" ] || fail "the secret $1 is empty"
  printf '%s' "$line"
}

root_user=$(secret minio_root_user)
root_password=$(secret minio_root_password)
app_key=$(secret minio_app_access_key)
app_secret=$(secret minio_app_secret_key)
[ "$app_key" != "$root_user" ] || fail "the application's account must not be the root account"

# Keys go through standard input: arguments can be read by anybody who lists processes.
printf '%s\n%s\n' "$root_user" "$root_password" | mc --quiet alias set weav "$MINIO_URL" >/dev/null

mc --quiet mb --ignore-existing "weav/$bucket"
mc --quiet anonymous set private "weav/$bucket"
mc --quiet admin policy create weav "$policy" "$POLICY_FILE"
printf '%s\n%s\n' "$app_key" "$app_secret" | mc --quiet admin user add weav >/dev/null

# attached prints the names of all policies of the account, separated by commas.
attached() {
  mc --json admin user info weav "$app_key" | sed -n 's/.*"policyName":"\([^"]*\)".*/\1/p'
}

if [ "$(attached)" = "" ]; then
  mc --quiet admin policy attach weav "$policy" --user "$app_key"
fi
[ "$(attached)" = "$policy" ] || fail "the account must have the policy $policy and no other: detach the rest"
echo "The bucket $bucket and its account are ready."
