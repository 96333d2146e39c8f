#!/bin/sh
# Makes the secrets that docker-compose.yml names, each random and alone in a file of deploy/secrets. A file that
# exists is kept, so this may run again; remove a file to have it made anew. Those of others, such as a provider's key, are
# left empty, to be written into.
#
#   deploy/secrets.sh [FOLDER]
set -eu
umask 077

folder=${1:-$(dirname -- "$0")/secrets}
mkdir -p -- "$folder"
# Nobody else gets into the folder. The files themselves are readable, since Compose mounts them into
# containers as they are, whose users have other numbers than whoever runs this.
chmod 700 -- "$folder"

# random LENGTH prints that many letters and digits; each is worth almost 6 bits.
random() {
  LC_ALL=C tr -dc 'A-Za-z0-9' </dev/urandom | head -c "$1"
}

# keep NAME VALUE writes a file unless it is there. It appears whole or not at all.
keep() {
  file=$folder/$1.txt
  if [ -s "$file" ]; then
    return
  fi
  printf '%s\n' "$2" >"$file.new"
  chmod 444 -- "$file.new"
  mv -- "$file.new" "$file"
  echo "made $1"
}

keep postgres_password "$(random 40)"
keep redis_password "$(random 40)"
keep redis_url "redis://:$(cat -- "$folder/redis_password.txt")@redis:6379/0"
keep jwt_secret "$(random 64)"
keep sealing_keys "first $(head -c 32 /dev/urandom | base64)"
keep minio_root_user "weav-root-$(random 8)"
keep minio_root_password "$(random 40)"
# An access key is a name, and part of every signed address: only its secret is one.
keep minio_app_access_key "weav-app-$(random 8)"
keep minio_app_secret_key "$(random 40)"

# What others give out: empty until somebody writes it into its file.
for name in portone_api_secret portone_webhook_secret openai_api_key gemini_api_key; do
  file=$folder/$name.txt
  if [ ! -e "$file" ]; then
    : >"$file"
    chmod 444 -- "$file"
    echo "left $name empty"
  fi
done
