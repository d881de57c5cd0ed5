# The parts of the product, started for one run of the demo.
# shellcheck shell=bash

# up_to_date FILE FOLDER...  True when the file is there and nothing in those folders is newer.
up_to_date() {
  local file=$1
  shift
  [[ -e $file && -z $(find "$@" "$root/pom.xml" "$root/.mvn" -newer "$file" -print -quit) ]]
}

# package_of SERVICE  Prints what to run: the native binary when it is up to date, otherwise the jar; fails when neither is.
package_of() {
  local jar=$root/$1/target/quarkus-app/quarkus-run.jar file
  local sources=("$root/shared-model/src/main" "$root/shared-model/pom.xml" "$root/$1/src/main" "$root/$1/pom.xml")
  for file in "$root/$1"/target/*-runner "$jar"; do
    if up_to_date "$file" "${sources[@]}"; then
      echo "$file"
      return
    fi
  done
  return 1
}

# package_services  Builds what is not up to date, and sets $packaged to a text about it.
package_services() {
  mkdir -p "$root/target"
  # One at a time: two demos may be started at once.
  exec 8>"$root/target/demo-build.lock"
  flock 8
  packaged="both were up to date"
  if ! package_of api-service >/dev/null || ! package_of scheduler-service >/dev/null; then
    in_background build "$root/tools/setup/mvn" --quiet --file "$root/pom.xml" package -DskipTests \
      -Dformatter.skip -Dimpsort.skip 8>&-
    packaged="both were built"
  fi
  exec 8>&-
}

start_database() {
  local data=$dir/database
  free_port
  database_port=$port
  database_password=$(secret)
  database_user=mysql
  id -u mysql >/dev/null 2>&1 || database_user=nobody
  database_version=$(mariadbd --version | sed 's/.*Ver \([0-9.]*\).*/\1/')
  local group
  group=$(id -gn "$database_user")

  install -d -m 700 -o "$database_user" -g "$group" "$data" "$data/data"
  in_background install-database mariadb-install-db --no-defaults --user="$database_user" --datadir="$data/data" \
    --skip-test-db --auth-root-authentication-method=socket
  install -m 600 -o "$database_user" -g "$group" /dev/stdin "$data/init.sql" <<SQL
CREATE DATABASE machine_manager CHARACTER SET utf8mb4;
CREATE USER machine_manager@'%' IDENTIFIED BY '$database_password';
GRANT ALL ON machine_manager.* TO machine_manager@'%';
SQL
  # At its start MariaDB deletes all temporary tables in its tmpdir, so it must not share this folder with another
  # server.
  start database --reuid "$database_user" --regid "$group" --init-groups \
    mariadbd --no-defaults --datadir="$data/data" --tmpdir="$data/data" --init-file="$data/init.sql" \
    --bind-address=127.0.0.1 --port="$database_port" --socket="$data/socket" --pid-file="$data/pid" \
    --skip-name-resolve --innodb-buffer-pool-size=64M
  printf '[client]\nhost=127.0.0.1\nport=%s\nuser=machine_manager\npassword=%s\n' "$database_port" "$database_password" |
    install -m 600 /dev/stdin "$dir/private/client.cnf"
  wait_for database 60 mariadb --defaults-file="$dir/private/client.cnf" -e 'SELECT 1' machine_manager
}

# start_machines COUNT  Sets $machines to the file that says how to reach them.
start_machines() {
  # The machines keep running after this command, and end with the demo.
  in_background lab "$root/tools/lab/lab" up "$dir/lab" "$1" --with $$
  machines=$dir/lab/machines.json
}

# ready PORT  True when the service with this management port is ready.
ready() { curl --silent --fail --max-time 5 "http://127.0.0.1:$1/q/health/ready"; }

# start_service NAME PORT MANAGEMENT_PORT  The settings are in the environment, which other users cannot read.
start_service() {
  local package command=()
  package=$(package_of "$1") || fail "$1 is not packaged"
  case $package in
    *.jar) command=("$(JAVA_HOME=${JAVA_HOME:-} "$root/tools/setup/jdk")/bin/java" "@$root/deploy/java.options" -jar "$package") ;;
    *) command=("$package") ;;
  esac
  MALLOC_ARENA_MAX=2 QUARKUS_HTTP_HOST=127.0.0.1 QUARKUS_HTTP_PORT=$2 QUARKUS_MANAGEMENT_HOST=127.0.0.1 QUARKUS_MANAGEMENT_PORT=$3 \
    start "$1" "${command[@]}"
}

start_services() {
  local api_management scheduler_http scheduler_management
  admin_password=$(secret)
  export DATABASE_URL="mysql+pymysql://machine_manager:$database_password@127.0.0.1:$database_port/machine_manager?charset=utf8mb4"
  export ADMIN_DEFAULT_USERNAME=admin ADMIN_DEFAULT_PASSWORD=$admin_password
  export JWT_SECRET MACHINE_SECRETS_KEY
  JWT_SECRET=$(secret)$(secret)
  MACHINE_SECRETS_KEY=$(head -c 32 /dev/urandom | base64)
  export SCHEDULER_INTERVAL=2s LOG_LEVEL=INFO

  free_port && api_port=$port
  free_port && api_management=$port
  free_port && scheduler_http=$port
  free_port && scheduler_management=$port
  start_service api-service "$api_port" "$api_management"
  start_service scheduler-service "$scheduler_http" "$scheduler_management"
  # No other program needs these.
  unset DATABASE_URL ADMIN_DEFAULT_USERNAME ADMIN_DEFAULT_PASSWORD JWT_SECRET MACHINE_SECRETS_KEY SCHEDULER_INTERVAL LOG_LEVEL
  wait_for api-service 180 ready "$api_management"
  wait_for scheduler-service 180 ready "$scheduler_management"
}

# start_caddy  Sets $api to the address for clients, and $ca to the certificate of the authority that they must trust.
start_caddy() {
  local http_port
  free_port && http_port=$port
  free_port
  api=https://localhost:$port
  ca=$dir/ca.crt
  mkdir -m 700 "$dir/caddy"
  # HSTS is off, because a browser would then require HTTPS for all other servers on localhost, too.
  DOMAIN=localhost BIND_ADDRESS=127.0.0.1 HTTPS_PORT=$port HTTP_PORT=$http_port HSTS_MAX_AGE=0 \
    API_UPSTREAMS=127.0.0.1:$api_port XDG_DATA_HOME=$dir/caddy XDG_CONFIG_HOME=$dir/caddy HOME=$dir/caddy \
    start caddy caddy run --adapter caddyfile --config "$root/deploy/Caddyfile"
  wait_for caddy 30 test -s "$dir/caddy/caddy/pki/authorities/local/root.crt"
  install -m 644 "$dir/caddy/caddy/pki/authorities/local/root.crt" "$ca"
  wait_for caddy 30 curl --fail --silent --max-time 5 --cacert "$ca" "$api/healthz"
}
