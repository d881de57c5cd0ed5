# The output of the demo. It has colour only on a terminal, and none if NO_COLOR is set.
# shellcheck shell=bash

bold='' dim='' green='' red='' plain=''
on_terminal=no
if [[ -t 1 && ${TERM:-dumb} != dumb ]]; then
  on_terminal=yes
  if [[ -z ${NO_COLOR:-} ]]; then
    bold=$'\e[1m' dim=$'\e[2m' green=$'\e[32m' red=$'\e[31m' plain=$'\e[0m'
  fi
fi

step_number=0
step_title='the start'
began=${EPOCHREALTIME/[.,]/}
step_began=$began

say() { printf '%s\n' "$*"; }

# note TEXT...  Prints a line below the current step.
note() { printf '    %s\n' "$*"; }

# seconds_since MICROSECONDS  Prints the time that has passed since then, as in "2.1 s".
seconds_since() {
  local tenths=$(((${EPOCHREALTIME/[.,]/} - $1) / 100000))
  printf '%d.%d s' $((tenths / 10)) $((tenths % 10))
}

# step TITLE MEANING  Begins a step.
step() {
  step_number=$((step_number + 1))
  step_title=$1
  step_began=${EPOCHREALTIME/[.,]/}
  printf '\n%s%2d  %s%s\n' "$bold" "$step_number" "$1" "$plain"
  printf '    %s%s%s\n' "$dim" "$2" "$plain"
}

# finished RESULT  Prints the result of the current step, which has worked.
finished() { printf '    %sdone in %s%s: %s\n' "$green" "$(seconds_since "$step_began")" "$plain" "$1"; }

# succeeded TEXT  Prints that the demo has worked, and the time that it took.
succeeded() { printf '\n%s%s%s It took %s.\n' "$green" "$1" "$plain" "$(seconds_since "$began")"; }

# count_down EPOCH_SECONDS  Returns when that time has come: one line that changes on a terminal, a few lines elsewhere.
count_down() {
  local end=$1 left total bar next
  total=$((end - $(date +%s)))
  next=$total
  while left=$((end - $(date +%s))) && ((left > 0)); do
    if [[ $on_terminal == yes ]]; then
      bar=$(printf '%*s' $((30 * left / (total > 0 ? total : 1))) '')
      printf '\r    %2d s left  %s%-30s%s ' "$left" "$green" "${bar// /=}" "$plain"
    elif ((left <= next)); then
      note "$left s left"
      next=$((left - 15))
    fi
    check_parts
    pause 1
  done
  if [[ $on_terminal == yes ]]; then printf '\r\e[K'; fi
}
