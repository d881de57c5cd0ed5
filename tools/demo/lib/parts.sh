# The private folder, the processes of the demo, and their end.
# shellcheck shell=bash

dir=''           # everything of this run is in this folder
parts=()         # "name pid" of what runs in the background, in the order of its start
shown_log=''     # the log that explains a failure of the current step
failure=''       # what went wrong, in words
staying=no       # yes when the demo waits for the user to end it

# open_private_folder  Makes the folder, and sets traps so that the demo leaves nothing behind, however it ends.
open_private_folder() {
  dir=$(mktemp -d "${TMPDIR:-/tmp}/machine-manager-demo.XXXXXX")
  # The database runs as another user, which must reach its own folder below this one.
  chmod 711 "$dir"
  mkdir -m 700 "$dir/logs" "$dir/private"
  # Every process of this run has this variable in its environment, so on_exit finds all of them.
  export MACHINE_MANAGER_DEMO=$dir
  trap on_exit EXIT
  trap 'unexpected $LINENO "$BASH_COMMAND"' ERR
  trap 'interrupted 129' HUP
  trap 'interrupted 130' INT
  trap 'interrupted 143' TERM
  trap 'exit 141' PIPE
}

# secret  Prints 24 random characters that need no quoting anywhere.
secret() { head -c 18 /dev/urandom | base64 | tr '+/' 'Aa'; }

# fail TEXT [LOG]  Ends the demo with that reason.
fail() {
  failure=$1
  shown_log=${2:-$shown_log}
  # A subshell cannot set variables of the demo, so it passes the reason in a file.
  printf '%s' "$failure" >"$dir/private/failure"
  printf '%s' "$shown_log" >"$dir/private/failure-log"
  exit 1
}

unexpected() {
  local status=$?
  if [[ ! -s $dir/private/failure ]]; then printf 'line %s: %s (exit status %s)' "$1" "$2" "$status" >"$dir/private/failure"; fi
  exit 1
}

interrupted() {
  failure=interrupted
  if [[ $staying == yes ]]; then exit 0; fi
  exit "$1"
}

# pause SECONDS  Sleeps, but in such a way that a signal is handled at once.
pause() {
  sleep "$1" &
  wait $!
}

# start NAME COMMAND...  Runs a part of the demo in the background, with its own session and log. The part gets a TERM
# when the demo itself is killed.
start() {
  local name=$1
  shift
  setsid setpriv --pdeathsig TERM "$@" >"$dir/logs/$name.log" 2>&1 </dev/null &
  parts+=("$name $!")
}

# in_background NAME COMMAND...  Runs a command and waits for its end. A signal is handled at once and ends the command.
in_background() {
  local name=$1
  shown_log=$dir/logs/$1.log
  shift
  setsid "$@" >"$shown_log" 2>&1 </dev/null &
  parts+=("$name $!")
  if [[ $on_terminal == yes ]]; then tick $!; fi
  wait "${parts[-1]#* }" || fail "$name failed"
  unset 'parts[-1]'
  shown_log=''
}

# tick PID  Shows the elapsed time on the terminal until that process has ended.
tick() {
  local waited
  for ((waited = 0; ; waited++)); do
    kill -0 "$1" 2>/dev/null || break
    if ((waited >= 10)); then printf '\r    %s ... ' "$(seconds_since "$step_began")"; fi
    pause 0.2
  done
  if ((waited >= 10)); then printf '\r\e[K'; fi
}

# check_parts  Fails when a part that should be running has ended.
check_parts() {
  local part
  for part in "${parts[@]}"; do
    [[ $part == held-* ]] || kill -0 "${part#* }" 2>/dev/null || fail "${part% *} has ended by itself" "$dir/logs/${part% *}.log"
  done
}

# wait_for NAME SECONDS COMMAND...  Returns when the command succeeds; fails when that takes too long or a part ends.
wait_for() {
  local name=$1 until=$((SECONDS + $2))
  shown_log=$dir/logs/$name.log
  shift 2
  until "$@" >/dev/null 2>&1; do
    check_parts
    if ((SECONDS >= until)); then fail "$name was not ready in time"; fi
    pause 0.1
  done
  shown_log=''
}

# free_port  Sets $port to a loopback port that is free, below the range that the kernel uses for outgoing connections.
free_port() {
  local tries
  for ((tries = 0; tries < 200; tries++)); do
    port=$((12000 + SRANDOM % 8000))
    [[ " ${ports_taken[*]-} " == *" $port "* ]] && continue
    (: <"/dev/tcp/127.0.0.1/$port") 2>/dev/null && continue
    ports_taken+=("$port")
    return
  done
  fail "no free port was found"
}

on_exit() {
  local status=$?
  trap - EXIT ERR
  trap '' HUP INT TERM PIPE
  set +eu
  if [[ -s $dir/private/failure ]]; then failure=$(<"$dir/private/failure"); fi
  if [[ -s $dir/private/failure-log ]]; then shown_log=$(<"$dir/private/failure-log"); fi
  if ((status != 0)) && [[ $failure != interrupted ]]; then explain; fi
  if [[ $failure == interrupted ]]; then printf '\n'; fi
  stop_everything
  exit "$status"
}

# explain  Says what failed, shows the end of the log that tells why, and keeps all logs.
explain() {
  local kept=$root/target/demo-logs
  {
    printf '\n%sFailed%s in step %d, "%s", after %s: %s\n' \
      "$red" "$plain" "$step_number" "$step_title" "$(seconds_since "$step_began")" "${failure:-no reason known}"
    if [[ -s $shown_log ]]; then
      printf '\nThe end of %s:\n' "${shown_log##*/}"
      tail -n 30 "$shown_log" | sed 's/^/    /'
    fi
    rm -rf "$kept"
    mkdir -p "${kept%/*}" && cp -r "$dir/logs" "$kept" && printf '\nAll logs are kept in %s\n' "$kept"
  } >&2
}

# end_part PID SECONDS  TERM to the process and, if it is still there after that time, KILL to its whole group.
end_part() {
  local tries
  kill -TERM "$1" 2>/dev/null || return
  for ((tries = 0; tries < $2 * 10; tries++)); do
    kill -0 "$1" 2>/dev/null || return
    sleep 0.1
  done
  kill -KILL -- "-$1" 2>/dev/null
}

# ours  Prints the ids of the processes of this run, which have its variable in their environments.
ours() {
  local file
  for file in /proc/[0-9]*/environ; do
    if grep -qazxF "MACHINE_MANAGER_DEMO=$dir" "$file" 2>/dev/null; then
      file=${file#/proc/}
      echo "${file%/environ}"
    fi
  done
}

stop_everything() {
  local i pid left
  printf 'Stopping everything ...\n'
  {
    # What was started last ends first: the services before the database they write to.
    for ((i = ${#parts[@]} - 1; i >= 0; i--)); do
      if [[ ${parts[i]} == need\ * ]]; then
        # An apt-get that is killed leaves packages half installed.
        printf 'Waiting for apt-get to finish ...\n'
        end_part "${parts[i]#* }" 600
      else
        end_part "${parts[i]#* }" 15
      fi
    done
    if [[ -e $dir/lab ]]; then "$root/tools/lab/lab" down "$dir/lab" >>"$dir/logs/lab.log"; fi
    for pid in $(ours); do kill -KILL "$pid"; done
    # The kernel needs a moment to end them.
    for ((i = 0; i < 50; i++)); do
      left=$(ours)
      [[ -z $left ]] && break
      sleep 0.1
    done
    rm -rf "$dir"
  } 2>/dev/null
  if [[ -n $left || -e $dir ]]; then
    printf 'Left behind: processes %s, folder %s\n' "${left//$'\n'/ }" "$dir" >&2
  else
    printf 'Nothing is left running, and %s is gone.\n' "$dir"
  fi
}
