#!/usr/bin/env bash
# A database for each service, that only its own role may use. Runs once, when the volume is empty.
set -euo pipefail
for file in /run/secrets/databases/*; do
    name=$(basename "$file")
    psql --username postgres --set ON_ERROR_STOP=1 --quiet \
        --set name="$name" --set password="$(cat "$file")" <<'END'
create role :"name" login password :'password';
create database :"name" owner :"name";
revoke connect on database :"name" from public;
END
done
