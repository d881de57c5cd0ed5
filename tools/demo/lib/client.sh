# What a client does: HTTPS with the certificate checked, and SSH.
# shellcheck shell=bash

# as USER METHOD PATH  Sends a request as this user (`nobody` has no token), and prints the body of the response. The
# body of a POST comes from standard input. Any status but 2xx ends the demo.
as() {
  local user=$1 method=$2 path=$3 answer status
  local send=()
  if [[ $method == POST ]]; then send=(--header 'Content-Type: application/json' --data-binary @-); fi
  if [[ $user != nobody ]]; then send+=(--header @"$dir/private/$user.header"); fi
  answer=$(curl --silent --show-error --max-time 120 --cacert "$ca" --request "$method" --write-out '\n%{http_code}' \
    "${send[@]}" "$api$path" 2>&1) || fail "$method ${path%%\?*}: $answer" "$dir/logs/caddy.log"
  status=${answer##*$'\n'}
  answer=${answer%$'\n'*}
  [[ $status == 2* ]] || fail "$method ${path%%\?*} was answered with $status: $answer" "$dir/logs/api-service.log"
  printf '%s\n' "$answer"
}

# log_in NAME PASSWORD  Keeps the user's token for `as`.
log_in() {
  local token
  token=$(jq -n --arg name "$1" --arg password "$2" '{username: $name, password: $password}' | as nobody POST /login | jq -er .access_token)
  printf 'Authorization: Bearer %s\n' "$token" | install -m 600 /dev/stdin "$dir/private/$1.header"
}

register_machines() {
  local machine
  while read -r machine; do
    as admin POST /machines <<<"$machine" >/dev/null
  done < <(jq -c '.[] | {name, host, port, user, password}' "$machines")
}

# wait_until_free COUNT  Returns when at least COUNT machines are free, and fails when that takes more than a minute.
wait_until_free() {
  local until=$((SECONDS + 60)) free
  while free=$(as admin GET /available | jq '.available | length') && ((free < $1)); do
    check_parts
    if ((SECONDS >= until)); then fail "only $free machines are free a minute after the end" "$dir/logs/scheduler-service.log"; fi
    pause 0.5
  done
}

# ssh_to HOST PORT COMMAND  As the reservation's account, with its password from $SSHPASS.
ssh_to() {
  exec sshpass -e ssh -p "$2" -o UserKnownHostsFile="$dir/private/known_hosts" -o StrictHostKeyChecking=accept-new \
    -o PreferredAuthentications=password,keyboard-interactive -o PubkeyAuthentication=no -o NumberOfPasswordPrompts=1 \
    -o ConnectTimeout=10 -o LogLevel=ERROR -F /dev/null "$account@$1" "$3"
}

# log_in_over_ssh HOST PORT COMMAND  Prints what the command says, or why the log-in was refused.
log_in_over_ssh() { (ssh_to "$@") 2>&1 </dev/null; }

# hold_session NAME HOST PORT  Keeps a session open that says so once a second.
hold_session() {
  export -f ssh_to
  export dir account
  # shellcheck disable=SC2016 # for the shell that is started
  start "held-$1" bash -c 'ssh_to "$1" "$2" "$3"' held "$2" "$3" 'while echo "still here"; do sleep 1; done'
  wait_for "held-$1" 15 grep -q 'still here' "$dir/logs/held-$1.log"
}

# when_cut NAME  Prints when that session ended, in seconds since 1970. This is the time of its log, because the SSH
# client writes its last line at the end of the session.
when_cut() { date -r "$dir/logs/held-$1.log" +%s; }

# expect_session_cut NAME  Fails when the session is still open.
expect_session_cut() {
  local part
  for part in "${parts[@]}"; do
    [[ $part == "held-$1 "* ]] || continue
    if kill -0 "${part#* }" 2>/dev/null; then fail "the session on $1 is still open" "$dir/logs/held-$1.log"; fi
  done
}

# lines_to_copy  Sets $lines to commands that a user can paste into a shell on this machine.
lines_to_copy() {
  # shellcheck disable=SC2016 # for the user's shell
  lines=(
    "CA=$ca API=$api"
    "TOKEN=\$(curl -sS --fail --cacert \$CA \$API/login -H 'Content-Type: application/json' -d @- <<<'{\"username\":\"$user\",\"password\":\"$user_password\"}' | jq -r .access_token)"
    'curl -sS --fail --cacert $CA -H "Authorization: Bearer $TOKEN" $API/machines | jq .'
    'curl -sS --fail --cacert $CA -H "Authorization: Bearer $TOKEN" "$API/reserve?count=1&duration=5" | jq .'
    'curl -sS --fail --cacert $CA -H "Authorization: Bearer $TOKEN" $API/reservations | jq .'
  )
}

# run_lines  Runs these lines in a new shell, as a user does who pastes them.
run_lines() {
  printf '%s\n' "${lines[@]}" >"$dir/private/lines"
  in_background lines bash -euo pipefail "$dir/private/lines"
}

# stay_up  Prints what the user can try. Ends only by a signal or when a part ends.
stay_up() {
  succeeded "The whole job works."
  say ""
  say "${bold}It is all still up for you to try.${plain} Stop it with Ctrl-C here, or: kill $$"
  note "address  $api (certificate authority: $ca)"
  note "admin    admin, password $admin_password"
  note "user     $user, password $user_password"
  note "logs     $dir/logs"
  say ""
  say "To copy:"
  printf '    %s\n' "${lines[@]}"
  say ""
  say "Then log in on the machine that /reserve has returned, with its reservation_password:  ssh -p PORT $user@127.0.0.1"
  staying=yes
  shown_log=''
  while true; do
    check_parts
    pause 1
  done
}
