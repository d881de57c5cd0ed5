# shellcheck shell=dash disable=SC2154
#
# Makes or removes one account on the machine it runs on, as root, in any POSIX shell (dash, busybox ash, bash).
#
# It is never a file on the machine: the caller sends it, after these lines of data, to the standard input of a shell
# that has read them into variables. Data is thus never code, and nothing secret is ever on a command line.
#   mm_action   CREATE, REMOVE or PROBE
#   mm_account  the account's name
#   mm_token    the fencing token of the reservation
#   mm_hash     the crypt hash of its password, empty unless it is to be made
#   mm_limit    the seconds that the caller waits for the answer
#   mm_key      the public key for authorized_keys, without a comment; empty for none
#   mm_sudo     "sudo" when the account may use sudo, else empty
#   mm_first_uid, mm_last_uid   the numbers that accounts get
# The answer is the last line of standard output: MM-RESULT, then DONE, REFUSED or FAILED, then one sentence;
# or, to PROBE, FOUND, each account of ours as name=token, and a dot.
#
# Nothing but assignments and functions may stand outside the last line: when the connection breaks half way through
# the script, the part that arrived must do nothing.
#
# To start a process takes milliseconds on small machines, and ( ), $( ) and each part of a pipe start one. What the shell
# can do by itself it does; it reads files byte by byte, though, so long lists are for grep.

PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
LC_ALL=C
export PATH LC_ALL
unset CDPATH ENV BASH_ENV TMPDIR
IFS=' 	
'
mm_ifs=$IFS
mm_tab='	'
mm_eol='
'
mm_state=/var/lib/machine-manager
mm_record=$mm_state/accounts/$mm_account
mm_mark=machine-manager-$mm_token
mm_home=/home/$mm_account
mm_rule=/etc/sudoers.d/machine-manager-$mm_account
mm_spools='/var/spool/cron /var/spool/at'
# Where everybody may write, or have something written. To look through all of the disk would take too long.
mm_shared="$mm_spools /tmp /var/tmp /dev/shm /dev/mqueue /run/lock /run/screen /var/crash /var/mail /var/spool/mail"

mm_end() {
    printf '\nMM-RESULT %s %s\n' "$1" "$2" >&3
    exit 0
}

mm_has() {
    command -v "$1" >/dev/null
}

# Also sees a link that leads nowhere.
mm_exists() {
    [ -e "$1" ] || [ -L "$1" ]
}

# Removes files, most of which are not there.
mm_drop() {
    for mm_file in "$@"; do
        ! mm_exists "$mm_file" || rm -f "$mm_file"
    done
}

mm_pause() {
    sleep 0.1 || sleep 1
}

# ---- input ----------------------------------------------------------------------------------------------------------

mm_check() {
    case $mm_account in
    '' | [!a-z_]* | *[!a-z0-9_-]*) mm_end FAILED 'the account name is not valid' ;;
    esac
    [ ${#mm_account} -le 32 ] || mm_end FAILED 'the account name is too long'
    case $mm_token in
    '' | 0* | *[!0-9]*) mm_end FAILED 'the fencing token is not a number' ;;
    esac
    [ ${#mm_token} -le 18 ] || mm_end FAILED 'the fencing token is too large'
    case $mm_limit in
    '' | *[!0-9]*) mm_end FAILED 'the time limit is not a number' ;;
    esac
    [ "$mm_limit" -ge 4 ] || mm_limit=4
    case $mm_key in
    *[!A-Za-z0-9@.+/=\ -]*) mm_end FAILED 'the SSH public key is not valid' ;;
    esac
    case $mm_sudo in
    '' | sudo) ;;
    *) mm_end FAILED 'whether sudo is allowed is not clear' ;;
    esac
    case $mm_first_uid:$mm_last_uid in
    *[!0-9:]* | :* | *: | *:*:*) mm_end FAILED 'the range of account numbers is not valid' ;;
    esac
    if [ "$mm_first_uid" -lt 1000 ] || [ "$mm_last_uid" -lt "$mm_first_uid" ]; then
        mm_end FAILED 'the range of account numbers is not valid'
    fi
    mm_half=$((mm_limit / 2))
    [ -r /proc/self/status ] || mm_end FAILED '/proc is not mounted on the machine'
    while read -r mm_name _ mm_euid _ && [ "$mm_name" != Uid: ]; do :; done </proc/self/status
    [ "$mm_euid" = 0 ] || mm_end FAILED 'the script needs the rights of root'
    mm_has flock || mm_end FAILED 'the machine has no flock command'
}

# ---- one at a time on this machine ----------------------------------------------------------------------------------

# The kernel frees the lock when its last holder ends. Commands that change the account list hold it too: a useradd
# that hangs and outlives this script thus keeps a later removal from believing that it has seen the end of it.
mm_lock() {
    [ -d "$mm_state/accounts" ] || mkdir -p "$mm_state/accounts"
    # Not with a special command such as : or exec, of which a shell dies when it cannot write.
    if [ -L "$mm_state" ] || [ ! -O "$mm_state" ] || [ ! -d "$mm_state/accounts" ] || ! true >>"$mm_state/lock"; then
        mm_end FAILED "cannot write to $mm_state on the machine"
    fi
    mm_tries=0
    until exec 9>>"$mm_state/lock" && flock -n 9; do
        # A waiter does not keep the file open, so that it cannot be taken for a holder.
        exec 9>&-
        mm_tries=$((mm_tries + 1))
        [ $mm_tries -lt $((mm_half * 10)) ] || mm_end FAILED 'the machine is busy with other account work'
        if [ $((mm_tries % 10)) -eq 0 ] && mm_overdue; then mm_end_holders; fi
        mm_pause
    done
    mm_uptime
    echo $((mm_now + mm_limit * 2)) >"$mm_state/until"
    : >"$mm_state/said"
}

mm_uptime() {
    read -r mm_now _ </proc/uptime
    mm_now=${mm_now%%.*}
}

# Whether the one who holds the lock should have ended long ago. Time since boot, as clocks may jump.
mm_overdue() {
    mm_until=
    read -r mm_until <"$mm_state/until"
    case $mm_until in
    '' | *[!0-9]*) return 1 ;;
    esac
    mm_uptime
    [ "$mm_now" -gt "$mm_until" ] || [ "$mm_until" -gt $((mm_now + 86400)) ]
}

# Ends every process that holds the lock, except this shell.
mm_end_holders() {
    for mm_fd in /proc/[0-9]*/fd/9; do
        if [ "$mm_fd" -ef "$mm_state/lock" ]; then
            mm_pid=${mm_fd#/proc/}
            mm_pid=${mm_pid%%/*}
            [ "$mm_pid" = $$ ] || kill -KILL "$mm_pid"
        fi
    done
}

# Runs a command that changes the account list, for a limited time, and keeps what it says for the reason of a failure.
mm_change() {
    ${mm_briefly:+timeout -s KILL "$mm_half"} "$@" >"$mm_state/said" 2>&1 3>&-
    mm_status=$?
    if [ $mm_status -eq 137 ] || [ $mm_status -eq 124 ]; then
        mm_end_holders
        echo "it did not end within $mm_half s" >"$mm_state/said"
    fi
    return $mm_status
}

# What the last such command said: its last line, short, of plain characters.
mm_said() {
    mm_text=
    while IFS= read -r mm_line || [ -n "$mm_line" ]; do
        [ -z "$mm_line" ] || mm_text=$mm_line
    done <"$mm_state/said"
    printf '%.200s' "$mm_text" | tr -cd ' -~'
}

# Runs something that only helps, for a limited time and whatever comes of it.
mm_try() {
    ! mm_has "$1" || $mm_briefly "$@" 3>&- 9>&- || return 0
}

# ---- whose account it is --------------------------------------------------------------------------------------------

# Looks the name up; all of the name services count for a name, but only the local list can be changed. What is to be
# removed is looked for there alone, as a directory may have got the same name since.
mm_passwd() {
    mm_line=
    if [ "$mm_action" != REMOVE ] && mm_has getent; then
        mm_line=$($mm_briefly getent passwd "$mm_account" 3>&- 9>&-)
    fi
    mm_read_lists
    mm_line=${mm_line:-$mm_in_passwd}
    set -f
    IFS=:
    # shellcheck disable=SC2086
    set -- $mm_line
    IFS=$mm_ifs
    set +f
    mm_p_uid=$3 mm_p_gid=$4 mm_p_gecos=$5
    [ -n "$mm_line" ]
}

# Reads what the machine's own lists have under the name: entries, the numbers of groups, and whether there is a sudo rule.
# A status of 2 may only mean that there is no sudo; above that grep has not run, or not to its end.
mm_read_lists() {
    mm_in_passwd='' mm_in_shadow='' mm_in_sudoers='' mm_gids=''
    mm_lists=$(grep -asE "^$mm_account:|^[[:space:]]*${mm_account}[[:space:],]" \
        /etc/passwd /etc/group /etc/shadow /etc/sudoers /etc/sudoers.d/*)
    [ $? -le 2 ] || mm_end FAILED 'the account list on the machine cannot be read'
    set -f
    IFS=$mm_eol
    for mm_entry in $mm_lists; do
        case $mm_entry in
        "/etc/passwd:$mm_account:"*) mm_in_passwd=${mm_in_passwd:-${mm_entry#*:}} ;;
        "/etc/shadow:$mm_account:"*) mm_in_shadow=${mm_in_shadow:-${mm_entry#*:}} ;;
        "/etc/group:$mm_account:"*)
            mm_entry=${mm_entry#*:*:*:}
            mm_gids="${mm_gids:- }${mm_entry%%:*} "
            ;;
        /etc/sudoers*) mm_in_sudoers=yes ;;
        esac
    done
    IFS=$mm_ifs
    set +f
}

# Reads what was recorded when the account was made.
mm_recorded() {
    mm_r_token='' mm_r_uid='' mm_r_ready=''
    [ -f "$mm_record" ] && {
        read -r mm_r_token
        read -r mm_r_uid
        read -r mm_r_ready
    } <"$mm_record"
    case $mm_r_uid in
    '' | *[!0-9]*) return 1 ;;
    esac
    [ "$mm_r_uid" -ge 1000 ]
}

# Whether the record of the account is about this reservation.
mm_recorded_as_ours() {
    mm_recorded && [ "$mm_r_token" = "$mm_token" ]
}

# Whether the entry last looked up was made for this reservation.
mm_ours() {
    [ "$mm_p_uid" -ge 1000 ] && mm_owner && [ "$mm_owner" = "$mm_token" ]
}

# The token of the reservation for which the entry was made: from the record, which only root can change, when it is about
# the same number; else from the mark that was written together with the entry.
mm_owner() {
    if mm_recorded && [ "$mm_r_uid" = "$mm_p_uid" ]; then
        mm_owner=$mm_r_token
        return 0
    fi
    mm_owner=${mm_p_gecos%%,*}
    mm_owner=${mm_owner#machine-manager-}
    case $mm_p_gecos:$mm_owner in
    machine-manager-[1-9]*:*[!0-9]*) return 1 ;;
    machine-manager-[1-9]*) return 0 ;;
    *) return 1 ;;
    esac
}

# ---- the fence: the highest token that was cleaned up here -----------------------------------------------------------

mm_fence() {
    mm_fenced=0
    if [ -f "$mm_state/fence" ]; then read -r mm_fenced <"$mm_state/fence"; fi
    case $mm_fenced in
    '' | *[!0-9]*) mm_fenced=0 ;;
    esac
}

# Whatever still comes with this token or an older one is late from now on.
mm_raise_fence() {
    mm_fence
    [ "$mm_fenced" -ge "$mm_token" ] && return 0
    echo "$mm_token" >"$mm_state/fence.new" && mv -f "$mm_state/fence.new" "$mm_state/fence"
    mm_fence
    [ "$mm_fenced" -ge "$mm_token" ]
}

# ---- make -----------------------------------------------------------------------------------------------------------

mm_create() {
    mm_fence
    [ "$mm_token" -gt "$mm_fenced" ] || mm_end FAILED 'this reservation was already cleaned up on the machine'
    if mm_passwd; then
        mm_ours || mm_end REFUSED "the account $mm_account exists on the machine and is not ours"
        mm_uid=$mm_p_uid
        # What was left half made is made anew, since root must not write into a home where somebody may be at work.
        mm_ready || mm_erase || mm_end FAILED "what was left half made could not be removed: $mm_left"
    fi
    if [ -z "$mm_p_uid" ]; then
        mm_check_free
        mm_add || mm_undo "the account could not be added: $(mm_said)"
        [ -z "$mm_key" ] || mm_add_key || mm_undo 'the SSH key could not be put into the home'
        [ -z "$mm_sudo" ] || mm_add_rule || mm_undo "sudo could not be allowed: $(mm_said)"
    fi
    mm_set_password || mm_undo "the password could not be set: $(mm_said)"
    if ! mm_passwd || ! mm_ours || ! mm_password_is_set || [ ! -d "$mm_home" ]; then
        mm_undo 'the account is not as it should be after it was made'
    fi
    mm_ready || echo ready >>"$mm_record" || mm_undo "cannot write to $mm_state on the machine"
    mm_end DONE 'the account is ready'
}

# Whether the account was made to its end.
mm_ready() {
    mm_recorded && [ "$mm_r_uid" = "$mm_uid" ] && [ "$mm_r_ready" = ready ]
}

# The home is new and nobody can log in yet. The file is for root alone until it is whole and everything else is done.
mm_add_key() {
    mm_passwd || return 1
    rm -rf "$mm_home/.ssh"
    mkdir -m 700 "$mm_home/.ssh" && printf '%s\n' "$mm_key" >"$mm_home/.ssh/authorized_keys" || return 1
    chown "$mm_p_uid:$mm_p_gid" "$mm_home/.ssh" || return 1
    mm_try restorecon -R "$mm_home/.ssh"
    chown -h "$mm_p_uid:$mm_p_gid" "$mm_home/.ssh/authorized_keys"
}

# A rule of its own, which sudo sees only when it is known to be whole: it passes over names with a dot.
mm_add_rule() {
    if ! mm_has sudo || [ ! -d /etc/sudoers.d ]; then
        echo 'the machine has no sudo' >"$mm_state/said"
        return 1
    fi
    mm_tag=
    [ "$mm_hash" != '*' ] || mm_tag='NOPASSWD: '
    printf '%s ALL=(ALL:ALL) %sALL\n' "$mm_account" "$mm_tag" >"$mm_rule.new" && chmod 440 "$mm_rule.new" || return 1
    ! mm_has visudo || mm_change visudo -c -q -f "$mm_rule.new" || return 1
    mv -f "$mm_rule.new" "$mm_rule" || return 1
    $mm_briefly sudo -n -l -U "$mm_account" 3>&- 9>&- | grep -q 'ALL) ' && return 0
    echo 'the machine does not heed /etc/sudoers.d' >"$mm_state/said"
    return 1
}

# Nothing that carries the name may be there before: its group, folder or sudo rule would be the borrower's.
mm_check_free() {
    mm_recorded_as_ours && return 0
    [ -z "$mm_gids" ] || mm_end REFUSED "a group named $mm_account exists on the machine and is not ours"
    ! mm_exists "$mm_home" || mm_end REFUSED "the folder $mm_home exists on the machine and is not ours"
    [ -z "$mm_in_sudoers" ] || mm_end REFUSED "a sudo rule for $mm_account exists on the machine and is not ours"
}

mm_choose_uid() {
    mm_uid=
    if [ -f "$mm_state/uid" ]; then read -r mm_uid <"$mm_state/uid"; fi
    case $mm_uid in
    '' | *[!0-9]*) mm_uid=0 ;;
    esac
    mm_tries=0
    while :; do
        mm_uid=$((mm_uid + 1))
        [ $mm_uid -ge "$mm_first_uid" ] && [ $mm_uid -le "$mm_last_uid" ] || mm_uid=$mm_first_uid
        mm_uid_taken || break
        mm_tries=$((mm_tries + 1))
        [ $mm_tries -le $((mm_last_uid - mm_first_uid)) ] || return 1
    done
    echo "$mm_uid" >"$mm_state/uid"
}

# Also when something of whoever had the number before may be left.
mm_uid_taken() {
    grep -qsE "^[^:]*:[^:]*:$mm_uid:|^$mm_uid\$" /etc/passwd /etc/group "$mm_state"/accounts/* && return 0
    if mm_processes || mm_ipc || mm_files; then return 0; fi
    # Nothing has been made yet.
    [ -z "$mm_blind" ] || mm_end FAILED "the $mm_blind on the machine cannot be listed"
    mm_has getent && { $mm_briefly getent passwd "$mm_uid" || $mm_briefly getent group "$mm_uid"; } 3>&- 9>&-
}

# The record comes first, so that whatever a crash leaves half made is found again.
mm_add() {
    # Nothing has been made yet, and the number at which the search has ended is somebody else's.
    mm_choose_uid || mm_end FAILED 'no number for the account is free, or none can be noted, on the machine'
    printf '%s\n' "$mm_token" "$mm_uid" >"$mm_record.new" && mv -f "$mm_record.new" "$mm_record" || return 1
    [ -d /home ] || mkdir -m 755 /home
    mm_shell=/bin/sh
    [ ! -x /bin/bash ] || mm_shell=/bin/bash
    if mm_has useradd; then
        # No ageing and no expiry, whatever the machine's defaults are, and no range of subordinate ids, whose
        # processes could not be told to be the borrower's.
        mm_change useradd -c "$mm_mark" -d "$mm_home" -m -s "$mm_shell" -u "$mm_uid" -U -e '' -f -1 \
            -K PASS_MAX_DAYS=-1 -K PASS_MIN_DAYS=-1 -K PASS_WARN_AGE=-1 \
            -K SUB_UID_COUNT=0 -K SUB_GID_COUNT=0 "$mm_account"
    elif mm_has adduser; then
        mm_change adduser -D -g "$mm_mark" -h "$mm_home" -s "$mm_shell" -u "$mm_uid" "$mm_account"
    else
        echo 'the machine has neither useradd nor adduser' >"$mm_state/said"
        return 1
    fi
    [ $mm_status -eq 0 ] && [ -d "$mm_home" ] && [ ! -L "$mm_home" ] && chmod 700 "$mm_home"
}

# Through standard input: no process ever has the hash as an argument.
mm_set_password() {
    mm_has chpasswd || {
        echo 'the machine has no chpasswd' >"$mm_state/said"
        return 1
    }
    mm_change chpasswd -e <<EOF
$mm_account:$mm_hash
EOF
}

mm_password_is_set() {
    case $mm_in_shadow in
    "$mm_account:$mm_hash:"*) return 0 ;;
    *) return 1 ;;
    esac
}

mm_undo() {
    mm_reason=$1
    mm_passwd
    mm_erase || mm_reason="$mm_reason; what was made could not be removed: $mm_left"
    mm_end FAILED "$mm_reason"
}

# ---- remove ---------------------------------------------------------------------------------------------------------

mm_remove() {
    mm_raise_fence
    if mm_passwd; then
        if mm_ours; then
            mm_uid=$mm_p_uid
        else
            ! mm_recorded_as_ours || mm_forget
            mm_absent 'the name belongs to an account that is not ours'
        fi
    elif mm_recorded_as_ours; then
        mm_uid=$mm_r_uid
        ! mm_uid_is_given || mm_end FAILED "the account could not be removed: its number is somebody else's by now"
    else
        mm_absent 'there is no such account'
    fi
    mm_erase || mm_end FAILED "the account could not be removed: $mm_left"
    mm_absent 'the account is removed'
}

# Whether somebody has the number of an account that is out of the list.
mm_uid_is_given() {
    grep -qs "^[^:]*:[^:]*:$mm_uid:" /etc/passwd
}

# Drops the record of an account that is out of the list, when its name has been given to somebody else.
mm_forget() {
    mm_uid=$mm_r_uid
    if ! mm_uid_is_given && { mm_processes || [ -n "$mm_blind" ]; }; then
        mm_end FAILED "a process of the account may be left, and its name is somebody else's by now"
    fi
    rm -f "$mm_record"
}

# Without the fence a late worker could still make the account, so that its absence would prove nothing.
mm_absent() {
    mm_raise_fence || mm_end FAILED "cannot write to $mm_state on the machine"
    mm_end DONE "$1"
}

# Ends and removes everything of the account $mm_account with the number $mm_uid, which was just looked up; false when
# something is left, which $mm_left then names. Every step may find that there is nothing to do.
mm_erase() {
    mm_gid=${mm_p_gid:-$mm_uid}
    mm_drop "$mm_rule" "$mm_rule.new"
    [ -z "$mm_p_uid" ] || mm_lock_account
    mm_forget_jobs
    mm_end_processes
    mm_end_sessions
    mm_delete_account
    # A log-in that was under way while the account went.
    mm_end_processes
    mm_end_sessions
    mm_delete_files
    if ! mm_verify_gone; then
        mm_delete_folders
        # The disk may have been too full to write the account list anew.
        mm_delete_account
        mm_verify_gone || return 1
    fi
    rm -f "$mm_record"
}

# No new session from here on; the expiry date also counts for keys.
mm_lock_account() {
    if mm_has usermod; then
        mm_change usermod -L -e 1 "$mm_account"
    else
        mm_change passwd -l "$mm_account"
    fi
}

mm_forget_jobs() {
    for mm_folder in /var/spool/cron/crontabs /var/spool/cron/tabs /var/spool/cron /etc/crontabs; do
        [ -f "$mm_folder/$mm_account" ] || continue
        rm -f "$mm_folder/$mm_account"
        # The crond of busybox goes on with what it has read, for a new account of that name too, unless it is told.
        if mm_has crond && ! mm_has cron; then echo "$mm_account" >>"$mm_folder/cron.update"; fi
    done
    # shellcheck disable=SC2086
    find $mm_spools -xdev -depth -mindepth 1 -user "$mm_uid" -delete
    mm_drop "/var/lib/systemd/linger/$mm_account"
    if [ -d /run/systemd/system ]; then
        mm_try loginctl disable-linger "$mm_account"
        mm_try loginctl kill-user -s KILL "$mm_account"
        mm_try loginctl terminate-user "$mm_account"
    fi
}

# Whether the account has living processes: those that have its number as the real, effective, saved or file system one.
# An answer of no counts only while $mm_blind is empty.
mm_processes() {
    mm_list_processes ''
    [ -n "$mm_pids" ]
}

# Puts them into $mm_pids, without those in the given states. The list must have this shell twice, in its place and as the
# last: else not all processes were listed, and that none was found means nothing. A process whose first thread has ended
# looks dead while it lives on in the others.
mm_list_processes() {
    mm_grep_processes status -ashE \
        "^State:|^Pid:|^Uid:(${mm_tab}[0-9]+)*$mm_tab$mm_uid($mm_tab|\$)|^Threads:$mm_tab([2-9]|1.)"
    mm_pids='' mm_self='' mm_headless=''
    IFS=$mm_eol
    for mm_entry in $mm_found; do
        case $mm_entry in
        "State:$mm_tab"[ZX]*) mm_seems=dead ;;
        "State:$mm_tab"[X$1]*) mm_seems=passed ;;
        State:*) mm_seems= ;;
        "Pid:$mm_tab$$") mm_pid=$$ mm_self=$mm_self. ;;
        Pid:*) mm_pid=${mm_entry#*"$mm_tab"} ;;
        Uid:*)
            case $mm_seems in
            '') mm_pids="$mm_pids$mm_pid " ;;
            dead) mm_headless=$mm_pid ;;
            esac
            ;;
        Threads:*) [ "$mm_headless" != "$mm_pid" ] || mm_pids="$mm_pids$mm_pid " ;;
        esac
    done
    IFS=$mm_ifs
    mm_blind=
    [ "$mm_self" != .. ] || return 0
    mm_blind=processes
    # Not every shell has a status of its own for a command line that is too long.
    [ -n "$mm_many" ] || {
        mm_many=yes
        mm_list_processes "$1"
    }
}

# Puts into $mm_found what grep finds in the file $1 of every process, this shell's at last. There may be more than fit on
# one command line: then $mm_many is set.
mm_grep_processes() {
    if [ -n "$mm_many" ]; then
        mm_found=$(printf '%s\n' /proc/[0-9]*/"$1" /proc/$$/"$1" | xargs grep "$2" "$3")
    else
        mm_found=$(grep "$2" "$3" /proc/[0-9]*/"$1" /proc/$$/"$1")
        [ $? -le 2 ] || {
            mm_many=yes
            mm_grep_processes "$@"
        }
    fi
}

# A process may fork faster than it is found. So after the first round they are all stopped before any is ended, and
# where the machine can, the kernel ends all of the user's processes in one step.
mm_end_processes() {
    mm_round=0
    while mm_processes; do
        mm_round=$((mm_round + 1))
        [ $mm_round -le 40 ] || return 1
        if [ $mm_round -gt 1 ]; then
            mm_end_at_once
            mm_stop_processes
            mm_processes || break
            mm_pause
        fi
        # shellcheck disable=SC2086
        kill -KILL $mm_pids
    done
}

mm_stop_processes() {
    mm_sweep=0
    while [ $mm_sweep -lt 20 ]; do
        mm_list_processes T
        [ -n "$mm_pids" ] || break
        # shellcheck disable=SC2086
        kill -STOP $mm_pids
        mm_sweep=$((mm_sweep + 1))
    done
}

mm_end_at_once() {
    mm_file=/sys/fs/cgroup/user.slice/user-$mm_uid.slice/cgroup.kill
    [ ! -w "$mm_file" ] || echo 1 >"$mm_file"
    if mm_has setpriv && setpriv --reuid="$mm_uid" --clear-groups true; then
        mm_try setpriv --reuid="$mm_uid" --clear-groups /bin/sh -c 'kill -KILL -1'
    else
        mm_try su -s /bin/sh "$mm_account" -c 'kill -KILL -1'
    fi
}

# The part of a session's sshd that runs as root: it ends by itself with its child, but one that still is at the log-in
# has no child of the user yet.
mm_end_sessions() {
    for mm_signal in TERM KILL; do
        mm_grep_processes cmdline -slE "^sshd(-session|-auth)?: $mm_account( |@|\$)"
        [ -n "$mm_found" ] || return 0
        for mm_file in $mm_found; do
            mm_file=${mm_file#/proc/}
            kill -$mm_signal "${mm_file%/*}"
        done
        mm_pause
    done
}

mm_delete_account() {
    mm_read_lists
    if [ -n "$mm_in_passwd" ]; then
        mm_delete_user
        mm_read_lists
    fi
    if mm_own_group; then
        if mm_has groupdel; then mm_change groupdel "$mm_account"; else mm_change delgroup "$mm_account"; fi
    fi
    # A userdel that was killed leaves the password behind, which no command removes: with an entry to it, userdel does.
    if [ -n "$mm_in_shadow" ] && ! mm_passwd && mm_has useradd; then
        mm_change useradd -c "$mm_mark" -M -N -d "$mm_home" -u "$mm_uid" "$mm_account" && mm_delete_user
    fi
}

mm_delete_user() {
    if mm_has userdel; then
        # Without -f it refuses while there is a process, were it a dead one that nobody has waited for.
        mm_change userdel "$mm_account" || mm_change userdel -f "$mm_account"
    elif mm_has deluser; then
        mm_change deluser "$mm_account"
    else
        echo 'the machine has neither userdel nor deluser' >"$mm_state/said"
    fi
}

mm_own_group() {
    [ "${mm_gids#* "$mm_gid" }" != "$mm_gids" ]
}

mm_delete_files() {
    mm_forget_jobs
    mm_delete_tree "$mm_home"
    mm_delete_tree "/run/user/$mm_uid"
    mm_drop "/var/mail/$mm_account" "/var/spool/mail/$mm_account"
    while mm_mounts; do
        mm_unmount "$mm_mounted" || break
    done
    # shellcheck disable=SC2086 # find passes over folders that are not there, or are links
    find $mm_shared -xdev -depth -mindepth 1 -user "$mm_uid" -delete
    mm_delete_ipc
}

# What find could not empty, because folders are in folders, too deep for a path. What others have put there stays.
mm_delete_folders() {
    for mm_folder in $mm_shared; do
        for mm_top in "$mm_folder"/* "$mm_folder"/.[!.]* "$mm_folder"/..?*; do
            [ -d "$mm_top" ] && [ ! -L "$mm_top" ] || continue
            [ -n "$(find "$mm_top" -maxdepth 0 -user "$mm_uid")" ] || continue
            mm_flatten "$mm_top"
            for mm_piece in "$mm_top"/.machine-manager-*; do
                [ ! -d "$mm_piece" ] || chown -h "$mm_uid" "$mm_piece"
            done
            find "$mm_top" -xdev -depth -user "$mm_uid" -delete
        done
    done
}

# Whether a file system that the account has mounted by itself is there; $mm_mounted is the place. Root cannot look into
# it, so its owner is not to be seen from there.
mm_mounts() {
    while read -r _ mm_mounted mm_type mm_options _; do
        case $mm_type,$mm_options, in
        fuse*,user_id=$mm_uid,*) return 0 ;;
        esac
    done </proc/mounts
    return 1
}

# Takes a place as /proc/mounts writes it. The name may end with the end of a line, which the dot keeps.
mm_unmount() {
    mm_place=$(printf '%b.' "$1")
    umount -l "${mm_place%.}"
}

# Follows no link: neither rm nor find does, and the folder above belongs to root.
mm_delete_tree() {
    mm_exists "$1" || return 0
    while read -r _ mm_mounted _; do
        case $mm_mounted in
        "$1" | "$1"/*) mm_unmount "$mm_mounted" ;;
        esac
    done </proc/mounts
    rm -rf "$1" 3>&- 9>&-
    mm_exists "$1" || return 0
    mm_flatten "$1"
    rm -rf "$1" 3>&- 9>&-
}

# Folders within folders, so deep that their path is longer than a path may be, are moved up in pieces. A path of twelve
# names always fits.
mm_flatten() {
    mm_tries=0
    while [ $mm_tries -lt 1000 ] && [ -n "$(find "$1" -xdev -mindepth 12 -maxdepth 12 -type d)" ]; do
        mm_folder=$1/.machine-manager-$mm_tries
        mkdir "$mm_folder" && find "$1" -xdev -mindepth 12 -maxdepth 12 -type d -exec mv {} "$mm_folder" \;
        mm_tries=$((mm_tries + 1))
    done
}

mm_delete_ipc() {
    if mm_has ipcrm && mm_ipc; then
        for mm_object in $mm_objects; do ipcrm "${mm_object%:*}" "${mm_object#*:}"; done
    fi
}

# Shared memory, queues and semaphores that the account owns or made. They survive everybody who uses them.
mm_ipc() {
    mm_objects=
    for mm_kind in shm:8:-m msg:8:-q sem:5:-s; do
        mm_list=/proc/sysvipc/${mm_kind%%:*}
        mm_option=${mm_kind##*:}
        mm_column=${mm_kind#*:}
        [ -r "$mm_list" ] || continue
        while read -r mm_line; do
            # shellcheck disable=SC2086
            set -- $mm_line
            mm_id=$2
            shift $((${mm_column%:*} - 1))
            # The owner, his group, and whoever made it.
            if [ "$1" = "$mm_uid" ] || [ "$3" = "$mm_uid" ]; then mm_objects="$mm_objects $mm_option:$mm_id"; fi
        done <"$mm_list"
    done
    [ -n "$mm_objects" ]
}

# Whether a file of the account is left where everybody may write; $mm_folder is the place. An answer of no counts only
# while $mm_blind is empty.
mm_files() {
    # shellcheck disable=SC2086
    mm_files_in $mm_shared
    case $? in
    0) for mm_folder in $mm_shared; do ! mm_files_in "$mm_folder" || return 0; done ;;
    1) return 1 ;;
    *)
        mm_blind=${mm_blind:-files}
        return 1
        ;;
    esac
}

# The last that is looked at is a file of our own: when find says nothing of it, it has not come to its end, for which the
# status is 2.
mm_files_in() {
    find "$@" "$mm_state" -xdev -mindepth 1 \( -user "$mm_uid" -o -path "$mm_state/said" \) | {
        read -r mm_line || exit 2
        [ "$mm_line" != "$mm_state/said" ]
    }
}

# Whether something of the account is left that would be run later; $mm_folder is the place.
mm_jobs() {
    for mm_folder in /var/spool/cron/crontabs /var/spool/cron/tabs /var/spool/cron /etc/crontabs \
        /var/lib/systemd/linger; do
        ! mm_exists "$mm_folder/$mm_account" || return 0
    done
    return 1
}

mm_verify_gone() {
    mm_left=
    if mm_passwd; then mm_left="its entry in the account list ($(mm_said))"; fi
    [ -z "$mm_in_shadow" ] || mm_left="$mm_left, its password"
    ! mm_own_group || mm_left="$mm_left, its group"
    ! mm_processes || mm_left="$mm_left, a process that cannot be ended"
    ! mm_mounts || mm_left="$mm_left, a file system of its own"
    ! mm_exists "$mm_home" || mm_left="$mm_left, its folder $mm_home"
    ! mm_exists "/run/user/$mm_uid" || mm_left="$mm_left, its folder /run/user/$mm_uid"
    ! mm_files || mm_left="$mm_left, files in $mm_folder"
    [ -z "$mm_blind" ] || mm_left="$mm_left, $mm_blind, which cannot be listed"
    ! mm_jobs || mm_left="$mm_left, a job in $mm_folder"
    ! mm_ipc || mm_left="$mm_left, shared memory or queues"
    [ -z "$mm_in_sudoers" ] || mm_left="$mm_left, a sudo rule for its name"
    mm_left=${mm_left#, }
    [ -z "$mm_left" ]
}

# ---- look -----------------------------------------------------------------------------------------------------------

# All accounts of ours, also those that a removal has only taken out of the list so far. Takes no lock, since it changes
# nothing and must not be held up by work that is under way. The dot shows that the answer is whole.
mm_probe() {
    mm_found='' mm_names=' '
    while IFS=: read -r mm_account _ mm_p_uid _ mm_p_gecos _; do
        mm_names="$mm_names$mm_account "
        mm_record=$mm_state/accounts/$mm_account
        if [ "$mm_p_uid" -ge 1000 ] && mm_owner; then mm_found="$mm_found$mm_account=$mm_owner "; fi
    done </etc/passwd
    for mm_record in "$mm_state"/accounts/*; do
        mm_account=${mm_record##*/}
        case $mm_account in
        *.*) continue ;;
        esac
        case $mm_names in
        *" $mm_account "*) continue ;;
        esac
        ! mm_recorded || mm_found="$mm_found$mm_account=$mm_r_token "
    done
    mm_end FOUND "$mm_found."
}

# ---- the work -------------------------------------------------------------------------------------------------------

mm_main() {
    # What the commands say must not mix with the answer, and an answer that nobody waits for must not stop the work.
    exec 3>&1 >/dev/null 2>&1 </dev/null
    trap '' HUP PIPE
    umask 077
    cd / || mm_end FAILED 'the machine has no root folder'
    mm_check
    [ "$mm_action" != PROBE ] || mm_probe
    # The limit for what only looks or helps; none where there is no timeout that works. That of busybox lives on for a
    # second, in which it must not keep the answer's end from the caller.
    mm_briefly='timeout -s KILL 5'
    $mm_briefly true 3>&- || mm_briefly=
    mm_many=
    mm_lock
    case $mm_action in
    CREATE) mm_create ;;
    REMOVE) mm_remove ;;
    *) mm_end FAILED 'the action is not known' ;;
    esac
}

mm_main
