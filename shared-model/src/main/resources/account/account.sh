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
# The answer is the last line of standard output: MM-RESULT, then DONE, REFUSED (this name cannot be used here), UNUSABLE
# (no new account would be of use here) or FAILED, then one sentence; or, to PROBE, FOUND, each account of ours as
# name=token, a dot, and, where no new account would be of use, the reason.
#
# Every step that destroys something first proves that it is ours. An entry of the account list is ours when root's record
# of the account has its number, when it carries our mark and a number of our range, or when it still has the very password
# hash that we gave to it. What goes by the name is left alone while the name belongs to an account that is not ours; what
# goes by the number, while the number does.
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
    mm_within=$mm_half
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
    ${mm_briefly:+timeout -s KILL "$mm_within"} "$@" >"$mm_state/said" 2>&1 3>&-
    mm_status=$?
    if [ $mm_status -eq 137 ] || [ $mm_status -eq 124 ]; then
        mm_end_holders
        echo "it did not end within $mm_within s" >"$mm_state/said"
    fi
    return $mm_status
}

# What the last such command said: its last line, short, of plain characters.
mm_said() {
    mm_text=
    while IFS= read -r mm_last || [ -n "$mm_last" ]; do
        [ -z "$mm_last" ] || mm_text=$mm_last
    done <"$mm_state/said"
    printf '%.200s' "$mm_text" | tr -cd ' -~'
}

# Keeps why a removal failed: the first cause counts, as what fails after it fails because of it.
mm_blame() {
    [ -z "$mm_why" ] || return 0
    mm_list_holder
    mm_why=${mm_holder:-$(mm_said)}
}

# Names in $mm_holder what keeps the account list from being changed, if anything does.
mm_list_holder() {
    mm_holder=
    [ -w /etc/passwd ] || mm_holder='the folder /etc is read-only'
    for mm_file in passwd shadow group gshadow; do
        [ -z "$mm_holder" ] && [ -e "/etc/$mm_file.lock" ] || continue
        mm_pid=
        read -r mm_pid <"/etc/$mm_file.lock"
        # That of a process that has ended does not count: the next command removes it.
        [ ! -d "/proc/${mm_pid:-none}" ] || mm_holder="/etc/$mm_file.lock is held by process $(mm_describe "$mm_pid")"
    done
    [ -z "$mm_holder" ] && [ -e /etc/.pwd.lock ] || return 0
    mm_inode=$(ls -i /etc/.pwd.lock)
    mm_inode=${mm_inode%% /*}
    while read -r _ _ _ _ mm_pid mm_place _; do
        case $mm_place in
        *:"${mm_inode##* }") mm_holder="/etc/.pwd.lock is held by process $(mm_describe "$mm_pid")" ;;
        esac
    done </proc/locks
}

mm_describe() {
    mm_name_of=
    [ ! -r "/proc/$1/comm" ] || read -r mm_name_of <"/proc/$1/comm"
    printf '%s' "$1${mm_name_of:+ ($mm_name_of)}" | tr -cd ' -~'
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

# Reads what the machine's own lists have under the name: entries, the numbers of groups, groups of which it is a member or
# an administrator, subordinate numbers, and whether a sudo rule names it or its number. In a rule, the users stand before
# the first "=" and before any path; the words of commands name nobody. A status of 2 may only mean that there is no sudo;
# above that grep has not run, or not to its end.
mm_read_lists() {
    mm_in_passwd='' mm_in_shadow='' mm_in_sudoers='' mm_gids='' mm_in_groups='' mm_in_subids=''
    mm_lists=$(grep -asE "^$mm_account:|[:,]$mm_account([:,]|\$)|(^|^([^#=/]*|[[:space:]]*User_Alias[[:space:]][^#]*)[[:space:],=:%+!\"])$mm_account([[:space:],=:\"]|\$)|$(mm_by_number)" \
        /etc/passwd /etc/group /etc/gshadow /etc/shadow /etc/subuid /etc/subgid /etc/sudoers /etc/sudoers.d/*)
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
        "/etc/gshadow:$mm_account:"*) ;;
        /etc/group:*[:,]"$mm_account" | /etc/group:*[:,]"$mm_account"[:,]* | \
            /etc/gshadow:*[:,]"$mm_account" | /etc/gshadow:*[:,]"$mm_account"[:,]*)
            mm_entry=${mm_entry#*:}
            mm_in_groups="$mm_in_groups ${mm_entry%%:*}"
            ;;
        "/etc/subuid:$mm_account:"* | "/etc/subgid:$mm_account:"*) mm_in_subids=yes ;;
        /etc/sudoers*)
            case ${mm_entry#*:} in
            '#'[!0-9]*) ;;
            *) mm_in_sudoers=yes ;;
            esac
            ;;
        esac
    done
    IFS=$mm_ifs
    set +f
}

# How a sudo rule names an account, or its group, by the number.
mm_by_number() {
    printf '%s' "(^|[[:space:],=%!\\])#${mm_uid:-none}([[:space:],=]|\$)"
}

# Reads what was recorded of the account: its token, its number, and how far it was made, a line for each step.
mm_recorded() {
    mm_r_token='' mm_r_uid='' mm_r_made='' mm_r_home='' mm_r_ready='' mm_r_hash=''
    [ -f "$mm_record" ] && {
        read -r mm_r_token
        read -r mm_r_uid
        while read -r mm_word mm_rest; do
            case $mm_word in
            made) mm_r_made=yes ;;
            home) mm_r_home=yes ;;
            hash) mm_r_hash=$mm_rest ;;
            # The records of earlier versions have no other step.
            ready) mm_r_made=yes mm_r_home=yes mm_r_ready=yes ;;
            esac
        done
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
    { mm_owner && [ "$mm_owner" = "$mm_token" ]; } || mm_changed
}

# The token of the reservation for which the entry was made. The record alone proves it only once the entry was made: until
# then another program may have taken the name and, by chance, the number. The mark is written together with the entry.
mm_owner() {
    mm_mark_of=${mm_p_gecos%%,*}
    case $mm_mark_of in
    machine-manager-[1-9]*) mm_mark_of=${mm_mark_of#machine-manager-} ;;
    *) mm_mark_of= ;;
    esac
    case $mm_mark_of in
    *[!0-9]*) mm_mark_of= ;;
    esac
    if mm_recorded && [ "$mm_r_uid" = "$mm_p_uid" ] && { [ -n "$mm_r_made" ] || [ "$mm_r_token" = "$mm_mark_of" ]; }; then
        mm_owner=$mm_r_token
        return 0
    fi
    mm_owner=$mm_mark_of
    [ -n "$mm_owner" ] && [ "$mm_p_uid" -ge "$mm_first_uid" ] && [ "$mm_p_uid" -le "$mm_last_uid" ]
}

# Whether the entry is the account that was made, whatever was changed in it since: it has the password hash, locked or not,
# that it was given then, and with its salt no other account has that.
mm_changed() {
    mm_recorded_as_ours && [ -n "$mm_r_made" ] && [ ${#mm_r_hash} -gt 20 ] || return 1
    case $mm_in_shadow in
    "$mm_account:$mm_r_hash:"* | "$mm_account:!$mm_r_hash:"*) return 0 ;;
    *) return 1 ;;
    esac
}

# Whether an entry that is not provably ours may be the account that was made all the same: a borrower with the rights of
# root can change its number.
mm_suspect() {
    [ -n "$mm_r_made" ] && { [ "$mm_mark_of" = "$mm_token" ] || ! [ "$mm_p_uid" -ge 1000 ]; }
}

# Looks the name up again, and sets $mm_name to whether it is ours, free, or another's.
mm_judge() {
    if ! mm_passwd; then
        mm_name=free
    elif mm_ours; then
        mm_name=ours
    else
        mm_name=another
    fi
}

# Whether another account has the number: then nothing of it may be touched.
mm_number_is_given() {
    while IFS=: read -r mm_other _; do
        [ -z "$mm_other" ] || [ "$mm_other:$mm_name" = "$mm_account:ours" ] || return 0
    done <<EOF
$(grep -s "^[^:]*:[^:]*:$mm_uid:" /etc/passwd)
EOF
    return 1
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
    mm_judge
    case $mm_name in
    another)
        ! mm_recorded_as_ours || mm_leave_name || mm_end FAILED "what was left half made could not be removed: $mm_left"
        mm_end REFUSED "the account $mm_account exists on the machine and is not ours"
        ;;
    ours) mm_uid=$mm_p_uid ;;
    esac
    ! mm_recorded_as_ours || mm_uid=$mm_r_uid
    # What was left half made is made anew, since root must not write into a home where a user may be at work.
    if [ -n "$mm_uid" ] && ! { [ "$mm_name:$mm_p_uid" = "ours:$mm_uid" ] && mm_ready; }; then
        mm_erase || mm_end FAILED "what was left half made could not be removed: $mm_left"
    fi
    if [ "$mm_name" = free ]; then
        mm_check_tools || mm_end UNUSABLE "$mm_problem"
        mm_check_name || mm_end REFUSED "$mm_problem"
        mm_add
        mm_forget_state
        mm_check_rights || mm_undo "$mm_scope" "$mm_problem"
        mm_check_login || mm_undo "$mm_scope" "$mm_problem"
        [ -z "$mm_key$mm_sudo" ] || mm_still_ours
        [ -z "$mm_key" ] || mm_add_key || mm_undo FAILED 'the SSH key could not be put into the home'
        [ -z "$mm_sudo" ] || mm_add_rule || mm_undo FAILED "sudo could not be allowed: $(mm_said)"
    fi
    mm_still_ours
    mm_set_password || mm_undo FAILED "the password could not be set: $(mm_said)"
    if ! mm_passwd || ! mm_ours || ! mm_password_is_set || [ ! -d "$mm_home" ]; then
        mm_take_back_password
        mm_undo FAILED 'the account is not as it should be after it was made'
    fi
    mm_ready || printf '%s\n' "hash $mm_hash" ready >>"$mm_record" || mm_undo FAILED "cannot write to $mm_state on the machine"
    mm_end DONE 'the account is ready'
}

# Ends when another program has put an account of its own in the place of ours since that was made: the key, the sudo rule
# and the password would be that account's.
mm_still_ours() {
    mm_judge
    [ "$mm_name" = ours ] || mm_undo FAILED 'another program has changed the account while it was made'
}

# Nobody may log in to an account of another program with the password that was meant for ours.
mm_take_back_password() {
    mm_judge
    if [ "$mm_name" = another ] && mm_password_is_set; then
        mm_hash='!'
        mm_set_password
    fi
}

# Whether the account was made to its end.
mm_ready() {
    mm_recorded && [ "$mm_r_uid" = "$mm_uid" ] && [ -n "$mm_r_ready" ]
}

# The home is new and nobody can log in yet. The file is for root alone until it is whole and everything else is done.
mm_add_key() {
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

# Whether an account can be made and removed here at all; else $mm_problem says why not.
mm_check_tools() {
    mm_problem=
    if mm_has useradd; then
        mm_has userdel || mm_problem='the machine has no userdel, so that no account could be removed'
    elif ! mm_has_busybox adduser; then
        mm_problem="the machine has neither useradd nor busybox's adduser"
    elif ! mm_has_busybox deluser; then
        mm_problem='the machine has no deluser, so that no account could be removed'
    fi
    mm_has chpasswd || mm_problem=${mm_problem:-the machine has no chpasswd}
    # For root this is false only where the file system is read-only.
    [ -w /etc/passwd ] || mm_problem=${mm_problem:-the folder /etc of the machine is read-only}
    [ -z "$mm_problem" ]
}

# Debian has a program of the same name, in Perl, which takes other options.
mm_has_busybox() {
    mm_has "$1" && case $("$1" --help 2>&1 3>&- 9>&-) in *BusyBox*) ;; *) return 1 ;; esac
}

# Nothing that carries the name may be there before: its group, folder or sudo rule would be the borrower's. Nor may anything
# that hands rights to the name, although neither a user nor a group has it yet.
mm_check_name() {
    mm_problem=
    [ -z "$mm_in_shadow" ] || mm_problem="a password for $mm_account exists on the machine and is not ours"
    [ -z "$mm_gids" ] || mm_problem="a group named $mm_account exists on the machine and is not ours"
    [ -z "$mm_in_groups" ] || mm_problem="the group${mm_in_groups} on the machine has $mm_account among its members"
    [ -z "$mm_in_subids" ] || mm_problem="subordinate numbers for $mm_account exist on the machine (/etc/subuid, /etc/subgid)"
    ! mm_exists "$mm_home" || mm_problem="the folder $mm_home exists on the machine and is not ours"
    [ -z "$mm_in_sudoers" ] || mm_problem="a sudo rule for $mm_account exists on the machine and is not ours"
    [ -n "$mm_problem" ] || mm_check_settings
    [ -z "$mm_problem" ]
}

# Where settings hand rights to names, by the way in which they are written: in lists of words, in quotes, or after a word
# for user or group. The folders of sudo are not among them, as sudo itself is asked.
mm_check_settings() {
    mm_old_lib=
    [ /lib -ef /usr/lib ] || mm_old_lib='/lib/udev/rules.d /lib/systemd/system'
    # shellcheck disable=SC2086
    mm_file=$(
        exec 3>&- 9>&-
        grep -rlsE "^[^#]*(^|[[:space:]:;,@%])$mm_account([[:space:]:;,]|\$)" \
            /etc/security/group.conf /etc/security/capability.conf /etc/security/limits.conf /etc/security/limits.d \
            /etc/doas.conf /etc/doas.d /etc/cron.allow /etc/at.allow /etc/selinux/*/seusers \
            /etc/tmpfiles.d /run/tmpfiles.d /usr/lib/tmpfiles.d /etc/sysusers.d /run/sysusers.d /usr/lib/sysusers.d
        grep -rlsE "[\"':]${mm_account}[\"';]|:$mm_account\$" \
            /etc/polkit-1 /run/polkit-1 /usr/share/polkit-1/rules.d /usr/local/share/polkit-1 /var/lib/polkit-1
        grep -rlsE "^[^#]*(user|group|User|Group|Groups|USER|GROUP|OWNER|ingroup)[[:space:]]*[:+]?(=|in|[[:space:]])[[:space:]]*([^[:space:]]*[:[:space:]])?[\"']?$mm_account([\"':]|[[:space:]]|\$)" \
            /etc/pam.conf /etc/pam.d /etc/dbus-1 /usr/share/dbus-1/system.d /etc/udev/rules.d /run/udev/rules.d \
            /usr/lib/udev/rules.d /etc/systemd/system /run/systemd/system /usr/lib/systemd/system \
            /usr/local/lib/systemd/system $mm_old_lib
        # Jobs of cron that another program would run under the name of the account.
        grep -lsE "^[[:space:]]*(@[a-z]+|([^#[:space:]]+[[:space:]]+){4}[^[:space:]]+)[[:space:]]+${mm_account}[[:space:]]" \
            /etc/crontab /etc/cron.d/*
        # Lists of those who may become another user, as of su.
        for mm_word in $(grep -hsE '^[^#]*pam_listfile\.so.*item=ruser' /etc/pam.conf /etc/pam.d/*); do
            case $mm_word in
            file=/*) grep -lsxF "$mm_account" "${mm_word#file=}" ;;
            esac
        done
    )
    [ -z "$mm_file" ] || mm_problem="the machine gives rights to the name $mm_account in ${mm_file%%"$mm_eol"*}"
}

# What the account may do, now that it is there, must be what any new account may do.
mm_check_rights() {
    mm_problem='' mm_scope=REFUSED
    mm_groups=$($mm_briefly id -G "$mm_account" 3>&- 9>&-)
    [ "$mm_groups" = "$mm_p_gid" ] || mm_problem="the machine puts $mm_account into groups of its own ($mm_groups)"
    ! mm_has sudo || [ -n "$mm_problem" ] || mm_check_sudo
    [ -z "$mm_problem" ]
}

mm_check_sudo() {
    mm_ask_sudo "$mm_account"
    case $mm_rights in
    *'is not allowed to run sudo'*) return ;;
    *'may run the following'*) ;;
    *)
        mm_problem="sudo does not say what $mm_account may do (${mm_rights##*"$mm_eol"})"
        # Where it does not say it of a user whom it knows either, it is so for each new account.
        mm_ask_sudo nobody
        case $mm_rights in
        *'is not allowed to run sudo'* | *'may run the following'*) ;;
        *) mm_scope=UNUSABLE ;;
        esac
        return
        ;;
    esac
    mm_allowed=${mm_rights#*may run the following}
    mm_ask_sudo nobody
    case $mm_rights in
    *'may run the following'*"${mm_allowed#*:}") ;;
    *) mm_problem="the machine lets $mm_account use sudo, by its name, its group or its number" ;;
    esac
}

# It looks for the host's own name, which must not take long where nothing answers.
mm_ask_sudo() {
    mm_rights=$(RES_OPTIONS='timeout:1 attempts:1' $mm_briefly sudo -n -l -U "$1" 2>&1 3>&- 9>&-)
    case $mm_rights in
    *'must have a tty'*)
        # With "requiretty" it answers on a terminal only, which "script" makes. The name is of plain characters.
        ! mm_has script || mm_rights=$($mm_briefly script -qec "sudo -n -l -U $1" /dev/null 2>&1 3>&- 9>&- | tr -d '\r')
        ;;
    esac
}

# ---- whether the account can log in ---------------------------------------------------------------------------------

# Whether the account can log in over SSH in a way that was asked for. Else $mm_problem says why not, and $mm_scope is
# UNUSABLE when it is so for each new account of this machine, REFUSED when it is about this one.
mm_check_login() {
    mm_problem='' mm_scope=REFUSED mm_pam=yes mm_whom=$mm_account
    [ "$mm_action" = CREATE ] || mm_whom='new accounts'
    ! mm_ask_sshd || mm_check_ways
    # Without PAM, sshd itself heeds only the first.
    for mm_file in /etc/nologin /run/nologin /var/run/nologin; do
        [ ! -e "$mm_file" ] || mm_bar UNUSABLE "the file $mm_file on the machine keeps all users but root from logging in"
        [ "$mm_pam" = yes ] || break
    done
    [ -n "$mm_problem" ] || [ "$mm_pam" != yes ] || mm_check_pam
    [ -z "$mm_problem" ]
}

# Notes why there is no log-in; the first reason counts.
mm_bar() {
    [ -z "$mm_problem" ] || return 0
    mm_scope=$1 mm_problem=$2
}

# Asks the SSH server that let us in what holds for the account. False where that cannot be found out.
mm_ask_sshd() {
    mm_find_sshd || return 1
    set -f
    # shellcheck disable=SC2086
    mm_rules=$($mm_briefly sshd -T -C "user=$mm_account,host=$mm_from,addr=$mm_from,laddr=$mm_at,lport=$mm_port" \
        $mm_sshd_options 3>&- 9>&- | awk '{ $1 = tolower($1); print }')
    set +f
    [ -n "$mm_rules" ]
}

# Finds the server among the processes from which this one comes, with the file and the options that it was started with,
# and the addresses of the connection: rules may depend on them.
mm_find_sshd() {
    mm_has sshd || return 1
    mm_parents='' mm_pid=$$ mm_environs=''
    while [ "${mm_pid:-0}" -gt 1 ] && [ ${#mm_parents} -lt 1000 ]; do
        mm_parents="$mm_parents /proc/$mm_pid/cmdline" mm_environs="$mm_environs /proc/$mm_pid/environ"
        mm_parent=
        while read -r mm_word mm_parent _ && [ "$mm_word" != PPid: ]; do :; done <"/proc/$mm_pid/status"
        mm_pid=$mm_parent
    done
    # shellcheck disable=SC2086
    mm_listener=$(grep -ahsE '^sshd(-session)?: ' $mm_parents /proc/1/cmdline | tr '\0' '\n')
    [ -n "$mm_listener" ] || return 1
    mm_sshd_options=
    case $mm_listener in
    *' [listener]'*)
        mm_listener=${mm_listener%% \[listener\]*}
        mm_listener=${mm_listener##*"$mm_eol"}
        mm_take=
        for mm_word in ${mm_listener#sshd: }; do
            case $mm_take$mm_word in
            -f | -o) mm_take=$mm_word ;;
            -f* | -o*)
                mm_sshd_options="$mm_sshd_options $mm_take $mm_word"
                mm_take=
                ;;
            esac
        done
        ;;
    esac
    mm_connection=${SSH_CONNECTION:-}
    if [ -z "$mm_connection" ]; then
        # sudo takes it away.
        # shellcheck disable=SC2086
        mm_connection=$(cat $mm_environs | tr '\0' '\n' | grep -a '^SSH_CONNECTION=' | head -n 1)
        mm_connection=${mm_connection#*=}
    fi
    # shellcheck disable=SC2086
    set -- ${mm_connection:-127.0.0.1 1 127.0.0.1 22}
    mm_from=$1 mm_at=$3 mm_port=$4
}

# Reads what the server says it does: a line for each setting, and for lists a line for each word. Newer versions write the
# names of settings with capital letters.
mm_check_ways() {
    mm_password=no mm_keyboard=no mm_pubkey=no mm_methods=any mm_keys_in='' mm_algorithms='' mm_forced=none mm_sessions=1
    mm_allow_users='' mm_deny_users='' mm_allow_groups='' mm_deny_groups=''
    while read -r mm_word mm_rest; do
        case $mm_word in
        usepam) mm_pam=$mm_rest ;;
        passwordauthentication) mm_password=$mm_rest ;;
        kbdinteractiveauthentication) mm_keyboard=$mm_rest ;;
        pubkeyauthentication) mm_pubkey=$mm_rest ;;
        authenticationmethods) mm_methods=$mm_rest ;;
        authorizedkeysfile) mm_keys_in=$mm_rest ;;
        pubkeyacceptedalgorithms | pubkeyacceptedkeytypes) mm_algorithms=$mm_rest ;;
        forcecommand) mm_forced=$mm_rest ;;
        maxsessions) mm_sessions=$mm_rest ;;
        allowusers) mm_allow_users="$mm_allow_users $mm_rest" ;;
        denyusers) mm_deny_users="$mm_deny_users $mm_rest" ;;
        allowgroups) mm_allow_groups="$mm_allow_groups $mm_rest" ;;
        denygroups) mm_deny_groups="$mm_deny_groups $mm_rest" ;;
        esac
    done <<EOF
$mm_rules
EOF
    # Asking by keyboard is PAM's way to take a password.
    [ "$mm_keyboard$mm_pam" != yesyes ] || mm_password=yes
    set -f
    mm_check_lists
    mm_check_methods
    mm_check_foreign_keys
    set +f
    case $mm_forced in
    internal-sftp* | */nologin* | */false) mm_bar REFUSED "the machine's SSH server gives $mm_whom no shell (ForceCommand)" ;;
    esac
    [ "$mm_sessions" != 0 ] || mm_bar UNUSABLE "the machine's SSH server gives no shell (MaxSessions 0)"
}

# The group of the account has its name. A list that names only accounts, or groups, that are there already keeps each new
# one out.
mm_check_lists() {
    # A list that keeps out from certain addresses only leaves the owner others.
    mm_denied=
    for mm_pattern in $mm_deny_users; do
        case $mm_pattern in
        *@\*) mm_denied="$mm_denied ${mm_pattern%@*}" ;;
        *@*) ;;
        *) mm_denied="$mm_denied $mm_pattern" ;;
        esac
    done
    mm_deny_users=$mm_denied
    if mm_matches "$mm_account" "$mm_deny_users"; then
        mm_bar "$(mm_for_all "$mm_deny_users")" "the machine's SSH server does not let $mm_whom in (DenyUsers)"
    fi
    if [ -n "$mm_allow_users" ] && ! mm_matches "$mm_account" "$mm_allow_users"; then
        mm_bar "$(mm_for_new passwd "$mm_allow_users")" "the machine's SSH server lets only some users in, and not $mm_whom (AllowUsers)"
    fi
    if mm_matches "$mm_account" "$mm_deny_groups"; then
        mm_bar "$(mm_for_all "$mm_deny_groups")" "the machine's SSH server does not let the group of $mm_whom in (DenyGroups)"
    fi
    if [ -n "$mm_allow_groups" ] && ! mm_matches "$mm_account" "$mm_allow_groups"; then
        mm_bar "$(mm_for_new group "$mm_allow_groups")" "the machine's SSH server lets only some groups in, and not $mm_whom (AllowGroups)"
    fi
}

# Whether the name $1 fits one of the patterns in $2, of which some may be for certain addresses only.
mm_matches() {
    for mm_pattern in $2; do
        # shellcheck disable=SC2254
        case $1 in
        ${mm_pattern%%@*}) return 0 ;;
        esac
    done
    return 1
}

# The scope of a list that keeps out: every name that it matches.
mm_for_all() {
    case " $1 " in
    *' * '*) echo UNUSABLE ;;
    *) echo REFUSED ;;
    esac
}

# The scope of a list that lets in: with patterns, or with names that the list $1 of the machine has not, it may let others
# in than this account.
mm_for_new() {
    for mm_pattern in $2; do
        mm_pattern=${mm_pattern%%@*}
        case $mm_pattern in
        *[*?]*) mm_there= ;;
        *) mm_there=$(grep -s "^$mm_pattern:" "/etc/$1") ;;
        esac
        # One of ours goes, and may come again.
        if [ -z "$mm_there" ] || [ -e "$mm_state/accounts/$mm_pattern" ]; then
            echo REFUSED
            return
        fi
    done
    echo UNUSABLE
}

# The ways that were asked for, of which one that works is enough.
mm_check_methods() {
    mm_ways='' mm_no_key='' mm_no_password=
    [ "$mm_pubkey" = yes ] || mm_no_key='the SSH server of the machine takes no keys (PubkeyAuthentication no)'
    case " $mm_keys_in " in
    *' .ssh/authorized_keys '* | *' %h/.ssh/authorized_keys '* | *' /home/%u/.ssh/authorized_keys '*) ;;
    *) mm_no_key=${mm_no_key:-the SSH server of the machine reads no keys from the home (AuthorizedKeysFile)} ;;
    esac
    mm_type=${mm_key%% *}
    case $mm_type in
    ssh-rsa) mm_type=rsa-sha2-512 ;;
    esac
    case ,$mm_algorithms, in
    ,, | *",$mm_type,"*) ;;
    *)
        [ -z "$mm_type" ] || mm_no_key=${mm_no_key:-the SSH server of the machine takes no keys of the type ${mm_key%% *}}
        ;;
    esac
    [ "$mm_password" = yes ] || mm_no_password='the SSH server of the machine takes no passwords (PasswordAuthentication no)'
    # A probe asks for any way.
    { [ "$mm_action" = CREATE ] && [ -z "$mm_key" ]; } || [ -n "$mm_no_key" ] || mm_ways=" publickey"
    [ "$mm_hash" = '*' ] || [ -n "$mm_no_password" ] || mm_ways="$mm_ways password keyboard-interactive"
    if [ -n "$mm_no_key" ] && [ -n "$mm_no_password" ]; then
        mm_bar UNUSABLE "$mm_no_password, and $mm_no_key"
    elif [ -z "$mm_ways" ]; then
        mm_bar REFUSED "${mm_no_key:-$mm_no_password}"
    fi
    for mm_list in $mm_methods; do
        [ "$mm_list" != any ] || return 0
        mm_missing=
        IFS=,
        for mm_method in $mm_list; do
            case "$mm_ways " in
            *" ${mm_method%%:*} "*) ;;
            *) mm_missing=yes ;;
            esac
        done
        IFS=$mm_ifs
        [ -n "$mm_missing" ] || return 0
    done
    mm_bar REFUSED "the SSH server of the machine asks for more than the account has (AuthenticationMethods $mm_methods)"
}

# Keys outside of the home that are there already would let others in.
mm_check_foreign_keys() {
    for mm_file in $mm_keys_in; do
        case $mm_file in
        /*%[uU]*) ;;
        *) continue ;;
        esac
        mm_file=$(printf '%s' "$mm_file" | sed "s/%u/$mm_account/g; s/%U/${mm_uid:-0}/g; s|%h|$mm_home|g")
        case $mm_file in
        "$mm_home"/*) ;;
        *) ! mm_exists "$mm_file" || mm_bar REFUSED "SSH keys for $mm_whom exist on the machine in $mm_file" ;;
        esac
    done
}

# What sshd leaves to PAM. The lines that matter, of its own file and of those that it includes.
mm_check_pam() {
    [ -r /etc/pam.d/sshd ] && grep -qsE '^[^#]*(pam_access|pam_listfile|pam_shells)' /etc/pam.d/* || return 0
    mm_stack=$(grep -hsE '^[^#]*(pam_access|pam_listfile|pam_shells|include|substack)' /etc/pam.d/sshd)
    mm_includes=$(printf '%s\n' "$mm_stack" | sed -n 's/^.*\(include\|substack\)[[:space:]]\{1,\}\([a-z0-9._-]*\).*$/\2/p' | sort -u)
    for mm_word in $mm_includes; do
        mm_stack="$mm_stack$mm_eol$(grep -hsE '^[^#]*(pam_access|pam_listfile|pam_shells)' "/etc/pam.d/$mm_word")"
    done
    while read -r mm_type _ mm_rest; do
        case $mm_type:$mm_rest in
        *:*pam_access.so*) mm_check_access ;;
        *:*pam_listfile.so*item=user*) mm_check_listfile ;;
        *auth:*pam_shells.so* | account:*pam_shells.so*)
            mm_shell=/bin/sh
            [ ! -x /bin/bash ] || mm_shell=/bin/bash
            grep -qxF "$mm_shell" /etc/shells || mm_bar UNUSABLE "PAM lets only users in whose shell is in /etc/shells, and $mm_shell is not"
            ;;
        esac
    done <<EOF
$mm_stack
EOF
}

# The first line that is about the account decides. Lines for certain places only are taken to let in and not to keep out.
mm_check_access() {
    mm_access=/etc/security/access.conf
    case $mm_rest in
    *accessfile=*)
        mm_access=${mm_rest#*accessfile=}
        mm_access=${mm_access%% *}
        ;;
    esac
    mm_seen=
    set -f
    while IFS=: read -r mm_sign mm_users mm_places; do
        mm_sign=${mm_sign%%[[:space:]]*} mm_matched=
        for mm_word in $(printf '%s' "$mm_users" | tr ',' ' '); do
            case $mm_word in
            EXCEPT) break ;;
            ALL) mm_excepted || mm_matched=all ;;
            "$mm_account" | "($mm_account)" | "$mm_account"@*) mm_matched=name ;;
            esac
        done
        # Those whom a line lets in, or takes out of those whom it keeps out.
        case $mm_sign:$mm_users in
        +:* | *EXCEPT*) mm_seen="$mm_seen $(printf '%s' "${mm_users#*EXCEPT}" | tr '(),' '   ')" ;;
        esac
        [ -n "$mm_matched" ] || continue
        [ "$mm_sign" = - ] || break
        # shellcheck disable=SC2086
        set -- $mm_places
        [ "${1:-}" = ALL ] && [ $# -eq 1 ] || continue
        case $mm_matched in
        name) mm_bar REFUSED "PAM does not let $mm_whom in ($mm_access)" ;;
        all) mm_bar "$(mm_for_new passwd "$mm_seen")" "PAM lets only some users in, and not $mm_whom ($mm_access)" ;;
        esac
        break
    done <<EOF
$(cat /etc/security/access.d/*.conf "$mm_access" | grep -E '^[[:space:]]*[-+]' | sed 's/^[[:space:]]*//')
EOF
    set +f
}

# Whether the account is among those that a line takes out of ALL.
mm_excepted() {
    case " ${mm_users#*EXCEPT} " in
    *[[:space:],]"$mm_account"[[:space:],]* | *"($mm_account)"*) [ "${mm_users#*EXCEPT}" != "$mm_users" ] ;;
    *) return 1 ;;
    esac
}

mm_check_listfile() {
    mm_file=${mm_rest#*file=}
    mm_file=${mm_file%% *}
    [ -r "$mm_file" ] || return 0
    case $mm_rest in
    *sense=allow*)
        grep -qxF "$mm_account" "$mm_file" ||
            mm_bar "$(mm_for_new passwd "$(cat "$mm_file")")" "PAM lets only the users of $mm_file in, and not $mm_whom"
        ;;
    *sense=deny*) ! grep -qxF "$mm_account" "$mm_file" || mm_bar REFUSED "PAM keeps the users of $mm_file out, and so $mm_whom" ;;
    esac
}

# ---- adding the account ---------------------------------------------------------------------------------------------

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
    grep -qsE "^[^:]*:[^:]*:$mm_uid:|^$mm_uid(:|\$)" /etc/passwd /etc/group /etc/subuid /etc/subgid \
        "$mm_state"/accounts/* && return 0
    ! grep -qsE "$(mm_by_number)" /etc/sudoers /etc/sudoers.d/* || return 0
    if mm_processes || mm_ipc || mm_files; then return 0; fi
    # Nothing has been made yet.
    [ -z "$mm_blind" ] || mm_end FAILED "the $mm_blind on the machine cannot be listed"
    mm_has getent && { $mm_briefly getent passwd "$mm_uid" || $mm_briefly getent group "$mm_uid"; } 3>&- 9>&-
}

# Adds the account with an empty home, or ends with the reason. A number that another program takes meanwhile costs a
# second try.
mm_add() {
    mm_tries_to_add=0
    until mm_add_entry; do
        mm_tries_to_add=$((mm_tries_to_add + 1))
        mm_reason="the account could not be added: $(mm_said)"
        mm_judge
        [ "$mm_name" != another ] || mm_undo REFUSED "another program has added the account $mm_account meanwhile"
        if [ "$mm_name" = free ] && [ -n "$mm_gids" ] && ! mm_own_group; then
            mm_undo REFUSED "another program has added a group named $mm_account meanwhile"
        fi
        # The status of useradd for a number that is taken.
        [ "$mm_name:$mm_status" = free:4 ] && [ $mm_tries_to_add -lt 3 ] || mm_undo FAILED "$mm_reason"
    done
    mm_passwd && mm_ours || mm_undo FAILED 'the account is not there after it was added'
    mm_name=ours
    mm_add_home || mm_undo "$mm_scope" "the folder $mm_home could not be made: $(mm_said)"
}

# The record comes first, so that whatever a crash leaves half made is found again.
mm_add_entry() {
    # Nothing has been made yet, and the number at which the search has ended is another's.
    mm_choose_uid || mm_end FAILED 'no number for the account is free, or none can be noted, on the machine'
    mm_status=1
    echo "cannot write to $mm_state" >"$mm_state/said"
    printf '%s\n' "$mm_token" "$mm_uid" >"$mm_record.new" && mv -f "$mm_record.new" "$mm_record" || return 1
    mm_shell=/bin/sh
    [ ! -x /bin/bash ] || mm_shell=/bin/bash
    if mm_has useradd; then
        # No ageing, no expiry and no groups, whatever the machine's defaults are; and no range of subordinate numbers, whose
        # processes could not be told to be the borrower's: only numbers between UID_MIN and UID_MAX get one.
        mm_change useradd -c "$mm_mark" -d "$mm_home" -M -s "$mm_shell" -u "$mm_uid" -U -G '' -e '' -f -1 \
            -K PASS_MAX_DAYS=-1 -K PASS_MIN_DAYS=-1 -K PASS_WARN_AGE=-1 -K UID_MIN=1 -K UID_MAX=1 "$mm_account"
    else
        mm_change adduser -D -H -g "$mm_mark" -h "$mm_home" -s "$mm_shell" -u "$mm_uid" "$mm_account"
    fi
    [ $mm_status -eq 0 ] && echo made >>"$mm_record"
}

# Made here and not by useradd, which would take a folder for its own that another program has made meanwhile.
mm_add_home() {
    [ -d /home ] || mkdir -m 755 /home
    mm_scope=FAILED
    mkdir -m 700 "$mm_home" >"$mm_state/said" 2>&1 || {
        # Only a folder that another program has made meanwhile is about this name.
        ! mm_exists "$mm_home" || mm_scope=REFUSED
        return 1
    }
    echo home >>"$mm_record" && chown "$mm_uid" "$mm_home" || return 1
    [ ! -d /etc/skel ] || cp -a /etc/skel/. "$mm_home" >"$mm_state/said" 2>&1 || return 1
    chmod 700 "$mm_home" && chown -hR "$mm_uid:$mm_p_gid" "$mm_home" >"$mm_state/said" 2>&1 || return 1
    mm_try restorecon -R "$mm_home"
}

# Through standard input: no process ever has the hash as an argument.
mm_set_password() {
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

# Removes what was made, and ends with the outcome $1 for the reason $2.
mm_undo() {
    mm_judge
    if [ "$mm_name" = another ]; then
        mm_leave_name || mm_end FAILED "$2; what was made could not be removed: $mm_left"
    elif ! mm_erase; then
        mm_end FAILED "$2; what was made could not be removed: $mm_left"
    fi
    mm_end "$1" "$2"
}

# ---- remove ---------------------------------------------------------------------------------------------------------

mm_remove() {
    mm_raise_fence
    mm_judge
    if mm_recorded_as_ours; then
        mm_uid=$mm_r_uid
        if [ "$mm_name" = another ]; then
            ! mm_suspect || mm_end FAILED \
                "the account could not be removed: its name has the number $mm_p_uid by now, which is not the one it was given"
            mm_leave_name || mm_end FAILED "the account could not be removed: $mm_left"
            mm_absent 'the name belongs to an account that is not ours'
        fi
        # A borrower with the rights of root may have given it another number.
        [ "$mm_name" != ours ] || [ "$mm_p_uid" = "$mm_uid" ] || ! mm_owner || mm_uids="$mm_p_uid $mm_uid"
    else
        case $mm_name in
        free) mm_absent 'there is no such account' ;;
        another)
            # Only we make a rule of that name, and it goes with the record: a borrower with the rights of root took that away.
            ! mm_exists "$mm_rule" || mm_end FAILED \
                "the account could not be removed: $mm_rule is ours, but what proves the account $mm_account to be ours is gone"
            mm_absent 'the name belongs to an account that is not ours'
            ;;
        esac
        mm_uid=$mm_p_uid
    fi
    mm_erase || mm_end FAILED "the account could not be removed: $mm_left"
    mm_absent 'the account is removed'
}

# Ends what has the number of an account of ours whose name has been given to another account since. False, with the reason
# in $mm_left, when a process may be left.
mm_leave_name() {
    mm_drop "$mm_rule" "$mm_rule.new"
    mm_uid=$mm_r_uid mm_uids=$mm_r_uid mm_had=another
    if [ -n "$mm_r_made" ] && ! mm_number_is_given; then
        mm_end_processes
        mm_delete_files
        if mm_processes || [ -n "$mm_blind" ]; then
            mm_left="a process of it may be left, and its name is another account's by now"
            return 1
        fi
    fi
    rm -f "$mm_record"
}

# Without the fence a late worker could still make the account, so that its absence would prove nothing.
mm_absent() {
    mm_raise_fence || mm_end FAILED "cannot write to $mm_state on the machine"
    mm_end DONE "$1"
}

# Ends and removes everything of the account $mm_account, which was just judged to be ours or to be out of the list, and of
# the number $mm_uid; false when something is left, which $mm_left then names. Every step may find that there is nothing to
# do.
mm_erase() {
    mm_why='' mm_had=$mm_name mm_gid=${mm_p_gid:-$mm_uid} mm_uids=${mm_uids:-$mm_uid}
    mm_drop "$mm_rule" "$mm_rule.new"
    [ "$mm_name" != ours ] || mm_lock_account
    for mm_uid in $mm_uids; do
        mm_left="its number $mm_uid is that of another account too"
        ! mm_number_is_given || return 1
    done
    for mm_uid in $mm_uids; do mm_forget_jobs; done
    mm_end_all
    mm_delete_account
    # A log-in that was under way while the account went.
    mm_end_all
    for mm_uid in $mm_uids; do mm_delete_files; done
    if ! mm_verify_gone; then
        for mm_uid in $mm_uids; do mm_delete_folders; done
        # The disk may have been too full to write the account list anew.
        mm_delete_account
        mm_verify_gone || return 1
    fi
    rm -f "$mm_record"
}

mm_end_all() {
    for mm_uid in $mm_uids; do mm_end_processes; done
    mm_end_sessions
}

# No new session from here on; the expiry date also counts for keys. The command waits for the lock of the account list,
# which another program may hold for long.
mm_lock_account() {
    mm_within=5 mm_holder=
    if mm_has usermod; then
        mm_change usermod -L -e 1 "$mm_account"
    else
        mm_change passwd -l "$mm_account"
    fi
    if [ $mm_status -ne 0 ]; then
        mm_lock_by_hand
        mm_list_holder
    fi
    [ -n "$mm_holder" ] || mm_within=$mm_half
}

# Where the commands fail, because another program keeps the account list locked, the list of passwords is written anew
# without them, unless it changes meanwhile.
mm_lock_by_hand() {
    [ -w /etc/shadow ] || return 1
    mm_new=/etc/.machine-manager.shadow
    cp -p /etc/shadow "$mm_state/shadow" && cp -p /etc/shadow "$mm_new" &&
        sed -E "s/^($mm_account:)!*([^:]*(:[^:]*){5}:)[^:]*:/\1!\21:/" "$mm_state/shadow" >"$mm_new" &&
        cmp -s /etc/shadow "$mm_state/shadow" && mv -f "$mm_new" /etc/shadow && mm_try restorecon /etc/shadow
    mm_drop "$mm_new" "$mm_state/shadow"
}

# Jobs that would be run later, and sessions that are kept without a log-in.
mm_forget_jobs() {
    # shellcheck disable=SC2086
    find $mm_spools -xdev -depth -mindepth 1 -user "$mm_uid" -delete
    if [ -d /run/systemd/system ]; then
        mm_try loginctl disable-linger "$mm_uid"
        mm_try loginctl kill-user -s KILL "$mm_uid"
        mm_try loginctl terminate-user "$mm_uid"
    fi
    [ "$mm_name" = another ] || mm_forget_named_jobs
}

mm_forget_named_jobs() {
    for mm_folder in /var/spool/cron/crontabs /var/spool/cron/tabs /var/spool/cron /etc/crontabs; do
        [ -f "$mm_folder/$mm_account" ] || continue
        rm -f "$mm_folder/$mm_account"
        # The crond of busybox goes on with what it has read, for a new account of that name too, unless it is told.
        if mm_has crond && ! mm_has cron; then echo "$mm_account" >>"$mm_folder/cron.update"; fi
    done
    mm_drop "/var/lib/systemd/linger/$mm_account"
}

# What programs keep under the name or the number and what would outlive the account: failed log-ins that were counted,
# mail, the memory of sudo, of log-ins and of old passwords, quotas. Also before a new account gets it.
mm_forget_state() {
    mm_forget_named_jobs
    # What grep finds are words such as dir, = and a folder, of which only the last fits a test below. Other modules have
    # options of such a name too, for folders that must not be touched.
    for mm_file in /var/mail /var/spool/mail /run/faillock /var/run/faillock /var/lib/faillock /var/log/faillock \
        $(grep -shoE '^[[:space:]]*dir[[:space:]]*=[[:space:]]*/[^[:space:]]+|^[^#]*pam_faillock\.so[[:space:]]([^#]*[[:space:]])?dir=/[^[:space:]]+' \
            /etc/security/faillock.conf /etc/pam.conf /etc/pam.d/*) \
        /run/sudo/ts /var/run/sudo/ts /var/lib/sudo/ts /var/db/sudo/ts /run/sudo-rs/ts /var/lib/sudo/lectured \
        /var/db/sudo/lectured /run/pam_timestamp /var/run/pam_timestamp /var/lib/AccountsService/users \
        /var/lib/AccountsService/icons; do
        mm_file=${mm_file##*=}
        for mm_kept in "$mm_file/$mm_account" "$mm_file/$mm_uid"; do
            case $mm_kept in
            /*/*) ! mm_exists "$mm_kept" || rm -rf "$mm_kept" ;;
            esac
        done
    done
    for mm_file in $(grep -lsE "^($mm_account|$mm_uid):" /etc/security/opasswd /etc/subuid /etc/subgid); do
        sed -i "/^$mm_account:/d; /^$mm_uid:/d" "$mm_file"
    done
    [ ! -e /var/log/tallylog ] || mm_try pam_tally2 --user "$mm_account" --reset --quiet
    [ ! -e /var/lib/lastlog/lastlog2.db ] || mm_try lastlog2 --clear --user "$mm_account"
    mm_try setquota -u "$mm_uid" 0 0 0 0 -a
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
        # The name may have got another number since.
        mm_try su -s /bin/sh "$mm_account" -c "[ \"\$(id -u)\" = $mm_uid ] && kill -KILL -1"
    fi
}

# The part of a session's sshd that runs as root: it ends by itself with its child, but one that still is at the log-in
# has no child of the user yet.
mm_end_sessions() {
    [ "$mm_had" = ours ] || return 0
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
    mm_judge
    if [ "$mm_name" = ours ]; then
        if [ -n "$mm_in_groups" ]; then
            for mm_group in $mm_in_groups; do mm_leave_group; done
            mm_judge
        fi
        [ "$mm_name" != ours ] || mm_delete_user
        mm_judge
    fi
    [ "$mm_name" = free ] || return 0
    if mm_own_group; then
        if mm_has groupdel; then mm_change groupdel "$mm_account"; else mm_change delgroup "$mm_account"; fi || mm_blame
    fi
    # A userdel that was killed leaves the password behind, which no command removes: with an entry to it, userdel does.
    if [ -n "$mm_in_shadow" ] && mm_has useradd; then
        mm_change useradd -c "$mm_mark" -M -N -d "$mm_home" -u "$mm_uid" "$mm_account" && mm_delete_user
    fi
}

# A borrower with the rights of root may have put it into groups, whose members are kept by name.
mm_leave_group() {
    if mm_has gpasswd; then mm_change gpasswd -d "$mm_account" "$mm_group"; else mm_change delgroup "$mm_account" "$mm_group"; fi
}

mm_delete_user() {
    if mm_has userdel; then
        # Without -f it refuses while there is a process, were it a dead one that no parent has waited for.
        mm_change userdel "$mm_account" || {
            mm_list_holder
            [ -z "$mm_holder" ] && mm_change userdel -f "$mm_account"
        } || mm_blame
    elif mm_has_busybox deluser; then
        mm_change deluser "$mm_account" || mm_blame
    else
        echo 'the machine has neither userdel nor deluser' >"$mm_state/said"
        mm_blame
    fi
}

mm_own_group() {
    case $mm_gids in
    *" $mm_gid "* | *" $mm_uid "*) return 0 ;;
    *) return 1 ;;
    esac
}

mm_delete_files() {
    mm_forget_jobs
    ! mm_home_is_ours || mm_delete_tree "$mm_home"
    mm_delete_tree "/run/user/$mm_uid"
    [ "$mm_name" = another ] || mm_forget_state
    while mm_mounts; do
        mm_unmount "$mm_mounted" || break
    done
    # shellcheck disable=SC2086 # find passes over folders that are not there, or are links
    find $mm_shared -xdev -depth -mindepth 1 -user "$mm_uid" -delete
    for mm_folder in $mm_shared; do mm_delete_subvolumes "$mm_folder"; done
    mm_delete_ipc
}

# Whether the folder at the place of the home is the account's: we made it and the account was still there when its removal
# began, or its owner has the number. One that a crash left before it got its owner is empty, and goes at once.
mm_home_is_ours() {
    mm_exists "$mm_home" || return 1
    [ "$mm_had:$mm_r_home" != ours:yes ] || return 0
    [ -z "$(find "$mm_home" -maxdepth 0 -user "$mm_uid")" ] || return 0
    [ "$mm_name" = another ] || [ -n "$mm_r_ready" ] || rmdir "$mm_home"
    return 1
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
    mm_delete_subvolumes "$1"
    mm_flatten "$1"
    rm -rf "$1" 3>&- 9>&-
}

# A user can make subvolumes of btrfs, read-only ones too, which neither rm nor find can empty. The root of each has the
# number 256. Where the machine has no command that makes them writable, perl or python can ask the kernel for it.
mm_delete_subvolumes() {
    grep -qs ' btrfs ' /proc/mounts || return 0
    # shellcheck disable=SC2016
    find "$1" -depth -type d -inum 256 -user "$mm_uid" -exec /bin/sh -c '
        btrfs property set -t subvol "$1" ro false ||
            perl -e "open(D, q(<), shift); \$no = pack(q(Q), 0); ioctl(D, 0x4008941a, \$no) or exit 1" "$1" ||
            python3 -c "import fcntl, os, sys; fcntl.ioctl(os.open(sys.argv[1], 0), 0x4008941a, bytes(8))" "$1"
        find "$1" -xdev -depth -user "$2" -delete
    ' sh {} "$mm_uid" \; 3>&- 9>&-
}

# Folders within folders, so deep that their path is longer than a path may be, are moved up in pieces. A path of twelve
# names always fits. Each piece gets a name of its own, the number of the shell that moves it: a borrower may have given the
# same name to all of them, and may have made folders with names that we would use.
mm_flatten() {
    mm_tries=0
    while [ $mm_tries -lt 1000 ] && [ -n "$(find "$1" -xdev -mindepth 12 -maxdepth 12 -type d | head -n 1)" ]; do
        mm_folder=$1/.machine-manager-$$-$mm_now-$mm_tries
        # shellcheck disable=SC2016
        mkdir "$mm_folder" && find "$1" -xdev -mindepth 12 -maxdepth 12 -type d \
            -exec /bin/sh -c 'mv "$1" "$2/$$"' sh {} "$mm_folder" \;
        mm_tries=$((mm_tries + 1))
    done
}

# Says so where a subvolume is left.
mm_snapshot_in() {
    grep -qs ' btrfs ' /proc/mounts && [ -n "$(find "$1" -type d -inum 256)" ] || return 0
    printf ' (a read-only btrfs snapshot in it can be deleted only with btrfs-progs, perl or python3)'
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
    mm_judge
    case $mm_name in
    ours) mm_left="its entry in the account list (${mm_why:-it is there again})" ;;
    # Added by another program since the entry was removed.
    another) ;;
    esac
    if [ "$mm_name" != another ]; then
        [ -z "$mm_in_shadow" ] || mm_left="$mm_left, its password"
        ! mm_own_group || mm_left="$mm_left, its group"
        [ -z "$mm_in_groups" ] || mm_left="$mm_left, its name in the group$mm_in_groups"
        [ -z "$mm_in_subids" ] || mm_left="$mm_left, its subordinate numbers"
        ! mm_jobs || mm_left="$mm_left, a job in $mm_folder"
        [ -z "$mm_in_sudoers" ] || mm_left="$mm_left, a sudo rule for its name"
    fi
    for mm_uid in $mm_uids; do
        ! mm_processes || mm_left="$mm_left, a process that cannot be ended"
        ! mm_mounts || mm_left="$mm_left, a file system of its own"
        ! mm_home_is_ours || mm_left="$mm_left, its folder $mm_home$(mm_snapshot_in "$mm_home")"
        ! mm_exists "/run/user/$mm_uid" || mm_left="$mm_left, its folder /run/user/$mm_uid"
        ! mm_files || mm_left="$mm_left, files in $mm_folder"
        [ -z "$mm_blind" ] || mm_left="$mm_left, $mm_blind, which cannot be listed"
        ! mm_ipc || mm_left="$mm_left, shared memory or queues"
    done
    mm_left=${mm_left#, }
    [ -z "$mm_left" ] || [ "$mm_name" = ours ] || mm_left="$mm_left${mm_why:+ ($mm_why)}"
    [ -z "$mm_left" ]
}

# ---- look -----------------------------------------------------------------------------------------------------------

# All accounts of ours, also those that a removal has only taken out of the list so far. Takes no lock, since it changes
# nothing and must not be held up by work that is under way. The dot shows that the answer is whole.
mm_probe() {
    mm_found='' mm_names=' '
    while IFS=: read -r mm_account _ mm_p_uid _ mm_p_gecos _; do
        mm_record=$mm_state/accounts/$mm_account
        if mm_owner; then
            mm_found="$mm_found$mm_account=$mm_owner "
        elif mm_token=$mm_r_token && mm_suspect; then
            # Its removal will say what is wrong with it.
            mm_found="$mm_found$mm_account=$mm_r_token "
        fi
        mm_names="$mm_names$mm_account "
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
    # A name that no account has stands for all new ones.
    mm_account=machine-manager-probe mm_scope=''
    mm_check_tools || mm_scope=UNUSABLE
    [ -n "$mm_scope" ] || mm_check_login || [ "$mm_scope" = UNUSABLE ] || mm_problem=
    mm_end FOUND "$mm_found.${mm_problem:+ $mm_problem}"
}

# ---- the work -------------------------------------------------------------------------------------------------------

mm_main() {
    # What the commands say must not mix with the answer, and an answer that nobody waits for must not stop the work.
    exec 3>&1 >/dev/null 2>&1 </dev/null
    trap '' HUP PIPE
    umask 077
    cd / || mm_end FAILED 'the machine has no root folder'
    mm_check
    # The limit for what only looks or helps; none where there is no timeout that works. That of busybox lives on for a
    # second, in which it must not keep the answer's end from the caller.
    mm_briefly='timeout -s KILL 5'
    $mm_briefly true 3>&- || mm_briefly=
    [ "$mm_action" != PROBE ] || mm_probe
    mm_many='' mm_uid='' mm_uids='' mm_gid='' mm_why=''
    mm_lock
    case $mm_action in
    CREATE) mm_create ;;
    REMOVE) mm_remove ;;
    *) mm_end FAILED 'the action is not known' ;;
    esac
}

mm_main
