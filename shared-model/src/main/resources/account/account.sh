# shellcheck shell=dash disable=SC2154
#
# Creates or removes accounts on the machine it runs on, gives them a new password or end, or lists them, as root, in any
# POSIX shell (dash, busybox ash, bash). It is also the guard that ends access on time when the service cannot.
#
# Contents, in this order. Each part has a heading of the form "# ---- name ---".
#   constants               folders and files on the machine
#   basics                  the answer, files, processes
#   input                   checks of the data that was sent
#   machine lock            one task at a time on a machine
#   changes of the list     commands that change the account list, and what keeps them from it
#   fence                   the highest token that was cleaned up here
#   ownership               whether an account is ours
#   create                  the steps of a creation
#   create: name            whether the name is free and has no rights on the machine
#   create: log-in          whether sshd and PAM will let the account in
#   create: account         number, entry, home, password, keys, sudo rule
#   password                a new password for an account that is ready
#   end                     the end of an account: noting it, moving it, and the greeting that tells it
#   guard: start            starting the guard, and what starts it again after a reboot
#   guard                   the guard's loop: ends access, and warns before
#   remove                  the steps of a removal
#   remove: verification    what is left of an account
#   remove: processes       processes and sessions
#   remove: jobs and state  cron, at, linger, and what programs keep under the name or number
#   remove: account         the entry, its group and its memberships
#   remove: files           home, shared folders, mounts, btrfs subvolumes
#   remove: shared memory   System V shared memory, queues and semaphores
#   probe                   our accounts, what the machine is, and whether a new one would be of use
#   main
#
# Guarantees, and the tests that hold them. The tests are classes of the package io.machinemanager.account.
#   Only our accounts are changed or removed.
#     - AccountOwnershipTest: removalOfAForeignAccountTouchesNothing, accountOfAnotherReservationIsNotOurs,
#       systemAccountWithOurMarkIsNotOurs
#     - ForeignAccountTest: all
#     - AccountRemovalTest: newOwnerOfTheNumberLosesNothing, accountThatAnotherProgramAddedSinceIsNotOurs
#   An account stays ours when its comment, record, number or name service entry changes.
#     - AccountRemovalTest: accountWithAChangedCommentFieldIsStillOurs, accountWhoseRecordIsLostIsStillOurs
#     - ForeignAccountTest: accountIsRemovedWhateverNumberItWasGivenSince
#     - AccountOwnershipTest: accountIsRemovedEvenWhenADirectoryServiceHasTheName
#   A name that exists on the machine, or has rights there, is refused, and nothing is touched.
#     - AccountOwnershipTest: nameInUseOnTheMachineIsRefusedAndNothingIsTouched
#     - NameRightsTest: all
#   A new account is an ordinary one; sudo only on request.
#     - AccountOwnershipTest: accountHasNoSpecialRights
#     - AccountAccessTest: sudoIsAllowedOnlyOnRequestAndRemovedWithTheAccount
#   An account that is DONE can log in. Where none could, the answer is UNUSABLE.
#     - LogInCheckTest: all
#     - AccountAccessTest: keyLetsTheUserInAndNoPasswordDoes, eachOfSeveralKeysLetsTheUserIn
#     - NewPasswordTest: passwordThatNobodyCouldLogInWithIsRefused
#   Access ends on time without the service: the guard locks the account and ends its sessions.
#     - GuardTest: all
#     - GuardRebootTest: all
#     - GuardFaultTest: all
#     - GuardCronTest: all
#   The end of an account can be moved, and the guard follows.
#     - EndChangeTest: all
#   Its user is warned on terminals that show a shell, and nowhere else.
#     - GuardWarningTest: all
#   A creation that fails or hangs leaves nothing behind.
#     - AccountCreationTest: creationThatFailsHalfWayLeavesNothing, hungCreationIsKilledAndLeavesNothing
#   Only an account of ours gets a new password, and nothing else of it is changed. It stays ours by that password.
#     - NewPasswordTest: all
#   Removed means gone: entry, password, group, processes, sessions, home, files, jobs, shared memory, sudo rule.
#     - AccountWayTest: accountIsCreatedAndRemovedWithItsSession
#     - ProcessRemovalTest: all
#     - FileRemovalTest: all
#     - SystemsTest: accountIsCreatedUsedFoundAndRemovedCompletely
#     - BusyboxMachineTest: all
#   A removal that does not remove everything fails and names what is left.
#     - AccountRemovalTest: removalThatDoesNotSucceedSaysWhatIsLeft
#     - FileRemovalTest: jobThatCannotBeDeletedFailsTheRemoval, sharedMemoryThatCannotBeDeletedFailsTheRemoval
#   What cannot be listed is never taken for empty.
#     - ProcessRemovalTest: unlistableProcessesFailRemovalAndCreation, truncatedListOfProcessesFailsTheRemoval
#     - FileRemovalTest: unlistableFilesFailRemovalAndCreation
#     - AccountRemovalTest: unreadableAccountListFailsTheRemoval
#   The next user of a name or number gets nothing of the last one.
#     - LeftStateTest: nextUserOfANameIsNotLockedOutByTheLastOne,
#       stateKeptUnderTheNameIsRemovedBeforeACreationAndByARemoval
#     - AccountCreationTest: numbersAreNotReusedSoon
#     - AccountAccessTest: numberWithRemainsIsSkipped
#   No user's link or folder leads root elsewhere.
#     - AccountAccessTest: halfMadeAccountIsMadeAnewAndNothingIsWrittenThroughItsHome
#     - FileRemovalTest: filesAndJobsAreRemoved, mountsInSharedFoldersAreNotEntered
#   Any step can be repeated, also after the script was killed.
#     - AccountWayTest: repeatingWorkIsHarmless
#     - NewPasswordTest: repeatingAChangeIsHarmless, changeThatDiedHalfWayLeavesTheAccountOurs
#     - AccountRemovalTest: removalThatDiedHalfWayIsFinished
#   A creation that arrives after the removal of its reservation is refused.
#     - AccountWayTest: lateCreationAfterTheRemovalIsRefused
#     - AccountCreationTest: creationAndRemovalAtOnceLeaveNothing
#   One task at a time; a task that hangs is ended by the next one; no step depends on the clock.
#     - AccountCreationTest: hungWorkIsKilledByTheNextTask
#     - WrongClockTest: all
#   While another program keeps the account list locked, log-ins are still stopped, and the reason names the program.
#     - LeftStateTest: programThatLocksTheAccountListIsNamed
#   Data is never code; no secret is on a command line; the machine cannot forge an answer.
#     - AccountScriptTest: all
#     - AccountWayTest: machinePasswordIsUsedLiterally
#     - NoisyMachineTest: all
#     - ansible.AnsibleDriverTest: secretsAreInNoProcessListAndNoEnvironment
#   A text that was cut off on its way does nothing.
#     - AccountScriptTest: aTextThatWasCutOffDoesNothing
#
# Protocol. The caller sends the script to the standard input of a shell that has read the lines of data before it into
# variables, and the script itself into mm_script. On the machine it is a file only while there is a guard, which runs it.
#   mm_action   CREATE, PASSWORD, END, REMOVE or PROBE; GUARD and CUT when the guard runs it
#   mm_account  the account's name
#   mm_token    the fencing token of the reservation
#   mm_hash     the crypt hash of the password, "*" when no password may log in; empty for END, REMOVE and PROBE
#   mm_limit    the seconds that the caller waits for the answer
#   mm_keys     the public keys for authorized_keys, without comments, with commas between them; empty for none
#   mm_sudo     "sudo" when the account may use sudo, else empty
#   mm_first_uid, mm_last_uid   the range of numbers (uids) that accounts get
#   mm_left     the seconds until the end of the account, for CREATE and END; empty for an account without a guard
#   mm_until    the end as a text for the user, such as "2026-12-01 14:05 UTC"
#   mm_request  the number of the request, by which the user can extend it
#   mm_grace    how many seconds after the end the guard ends access
#   mm_warnings how many seconds before the end the guard warns, with commas between them; empty for no warnings
#   mm_closed   "closed" when no log-in to the account may work until END opens it, else empty; for CREATE
# The answer is the last line of standard output: MM-RESULT, then
#   DONE        and a sentence
#   REFUSED     and the reason why this name cannot be used here, or why the account gets no new password
#   UNUSABLE    and the reason why no new account would be of use here
#   FAILED      and the reason
#   FOUND       (to PROBE) our accounts as name=token, or name=token/seconds with the seconds that the guard gives them,
#               a dot, what the machine is as {name=value}, and the reason why no new account would be of use, if any
#
# Ownership. Each step that destroys something first proves that it is ours. An entry of the account list is ours when
#   - root's record of the account has its number, or
#   - it carries our mark and a number of our range, or
#   - it still has the very password hash that we gave to it last, or the one before while that is being changed.
# While the name belongs to an account that is not ours, nothing that is found by the name is touched. While the number
# belongs to another account, nothing that is found by the number is touched.
#
# Rules for changes of this file:
#   - Outside of functions there are only assignments, and mm_main in the last line. When the connection breaks half way
#     through the text, the part that arrived must do nothing.
#   - Empty lines and lines that are only a comment are not sent, and no spaces at the beginning of lines. So no line of
#     a string or a here-document may be empty, begin with "#" or depend on spaces at its beginning.
#   - Starting a process takes milliseconds on small machines, and ( ), $( ) and each part of a pipe start one. So the
#     shell does what it can by itself. But it reads files byte by byte: long lists are for grep.
#   - Words: "entry" is the line of an account in /etc/passwd, "record" our file about it, "list" the account list
#     (passwd, shadow, group, gshadow), "number" the uid. To cut an account off (CUT, mm_cut, mm_end_is_cut) is to end
#     its access: the guard locks it and ends its processes. The account itself stays until the service removes it.

# ---- constants ------------------------------------------------------------------------------------------------------

PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
LC_ALL=C
export PATH LC_ALL
unset CDPATH ENV BASH_ENV TMPDIR
IFS=' 	
'
mm_default_ifs=$IFS
mm_tab='	'
mm_newline='
'
# Our files on the machine: the lock, the fence, the last number, and for each account a record, an end and a greeting.
mm_state=/var/lib/machine-manager
mm_unwritable="cannot write to $mm_state on the machine"
# Raise this when the guard, or anything that it uses, changes: a running guard of an older version is replaced.
mm_guard_version=1
mm_guard_interval=5
# The beginning of 2024. A clock that is before it has not been set yet, and will jump.
mm_first_clock=1704067200
mm_guard_unit=machine-manager-guard.service
mm_units=/etc/systemd/system
mm_guard_unit_file=$mm_units/$mm_guard_unit
mm_guard_wants=$mm_units/multi-user.target.wants
mm_guard_cron_file=/etc/cron.d/machine-manager-guard
mm_crontab_folders='/var/spool/cron/crontabs /var/spool/cron/tabs /var/spool/cron /etc/crontabs'
mm_spool_folders='/var/spool/cron /var/spool/at'
# Folders where every user may write, or have something written. Searching the whole disk would take too long.
mm_shared_folders="$mm_spool_folders /tmp /var/tmp /dev/shm /dev/mqueue /run/lock /run/screen /var/crash /var/mail /var/spool/mail"

# ---- basics ---------------------------------------------------------------------------------------------------------

# Sets the variables that follow from $mm_account and $mm_token.
mm_name_files() {
    mm_record_file=$mm_state/accounts/$mm_account
    mm_end_file=$mm_state/ends/$mm_account
    mm_greeting_file=$mm_state/greetings/$mm_account
    mm_mark=machine-manager-$mm_token
    mm_home=/home/$mm_account
    mm_sudo_rule=/etc/sudoers.d/machine-manager-$mm_account
}

# Gives the answer $1 with the sentence $2, and ends.
mm_answer() {
    printf '\nMM-RESULT %s %s\n' "$1" "$2" >&3
    exit 0
}

mm_fail() {
    mm_answer FAILED "$1"
}

# Whether there is a command of that name.
mm_has() {
    command -v "$1" >/dev/null
}

# Unlike test -e, also true for a link that leads nowhere.
mm_exists() {
    [ -e "$1" ] || [ -L "$1" ]
}

# Removes files, by one process, and by none when none of them is there, which is the usual case.
mm_delete_existing() {
    for mm_file in "$@"; do
        if mm_exists "$mm_file"; then
            rm -f "$@"
            return
        fi
    done
}

# Writes the file $1 anew, with the lines $2 and so on. It has all of them, or stays as it is.
mm_replace() {
    mm_to=$1
    shift
    printf '%s\n' "$@" >"$mm_to.new" && mv -f "$mm_to.new" "$mm_to"
}

# The same; a file that is not there yet is written without a further process, and is not there when that fails.
mm_write() {
    if [ -e "$1" ]; then
        mm_replace "$@"
        return
    fi
    mm_to=$1
    shift
    printf '%s\n' "$@" >"$mm_to" || { rm -f "$mm_to" && false; }
}

mm_pause() {
    sleep 0.1 || sleep 1
}

# Runs a command that only helps: for a limited time, without a check of its result, and not at all where it is missing.
mm_best_effort() {
    ! mm_has "$1" || $mm_timeout "$@" 3>&- 9>&- || return 0
}

# Sets $mm_now to the seconds since boot.
mm_uptime() {
    read -r mm_now _ </proc/uptime
    mm_now=${mm_now%%.*}
}

# Sets $mm_clock to the time of the machine's clock, in seconds since 1970. It may be wrong.
mm_read_clock() {
    mm_clock=$(date +%s)
    case $mm_clock in
    '' | *[!0-9]*) mm_clock=0 ;;
    esac
}

# Prints the process id $1 with the name of the program.
mm_describe_process() {
    mm_process_name=
    [ ! -r "/proc/$1/comm" ] || read -r mm_process_name <"/proc/$1/comm"
    printf '%s' "$1${mm_process_name:+ ($mm_process_name)}" | tr -cd ' -~'
}

# ---- input ----------------------------------------------------------------------------------------------------------

mm_check_input() {
    case $mm_account in
    '' | [!a-z_]* | *[!a-z0-9_-]*) mm_fail 'the account name is not valid' ;;
    esac
    [ ${#mm_account} -le 32 ] || mm_fail 'the account name is too long'
    case $mm_token in
    '' | 0* | *[!0-9]*) mm_fail 'the fencing token is not a number' ;;
    esac
    [ ${#mm_token} -le 18 ] || mm_fail 'the fencing token is too large'
    case $mm_limit in
    '' | *[!0-9]*) mm_fail 'the time limit is not a number' ;;
    esac
    [ "$mm_limit" -ge 4 ] || mm_limit=4
    case $mm_keys in
    *[!A-Za-z0-9@.+/=,\ -]*) mm_fail 'the SSH public keys are not valid' ;;
    esac
    case $mm_sudo in
    '' | sudo) ;;
    *) mm_fail 'whether sudo is allowed is not clear' ;;
    esac
    case $mm_first_uid:$mm_last_uid in
    *[!0-9:]* | :* | *: | *:*:*) mm_fail 'the range of account numbers is not valid' ;;
    esac
    if [ "$mm_first_uid" -lt 1000 ] || [ "$mm_last_uid" -lt "$mm_first_uid" ]; then
        mm_fail 'the range of account numbers is not valid'
    fi
    case $mm_left:$mm_request:$mm_grace:$mm_warnings in
    *[!0-9:,]* | *:*:*:*:*) mm_fail 'the end of the account is not valid' ;;
    esac
    case $mm_until in
    *[!0-9A-Z:\ -]*) mm_fail 'the text of the end is not valid' ;;
    esac
    [ $((${#mm_left} > 9 || ${#mm_grace} > 9)) = 0 ] || mm_fail 'the end of the account is too far away'
    [ -r /proc/self/status ] || mm_fail '/proc is not mounted on the machine'
    while read -r mm_word _ mm_euid _ && [ "$mm_word" != Uid: ]; do :; done </proc/self/status
    [ "$mm_euid" = 0 ] || mm_fail 'the script needs the rights of root'
    mm_has flock || mm_fail 'the machine has no flock command'
}

# ---- machine lock ---------------------------------------------------------------------------------------------------

# The kernel frees the lock when the last process that has it open ends. Commands that change the account list have it
# open too. So when a useradd hangs and outlives this script, a later removal does not start before that useradd is
# gone.
mm_acquire_lock() {
    [ -d "$mm_state/accounts" ] || mkdir -p "$mm_state/accounts"
    # Not with a special built-in such as : or exec: a shell exits when such a command cannot write.
    if [ -L "$mm_state" ] || [ ! -O "$mm_state" ] || [ ! -d "$mm_state/accounts" ] ||
        { ! true >>"$mm_state/lock" && [ "$mm_action" != CUT ]; }; then
        mm_fail "$mm_unwritable"
    fi
    mm_tries=0
    until mm_open_lock 9 "$mm_state/lock" && flock -n 9; do
        # A waiter closes the file, so that it cannot be taken for a holder.
        exec 9>&-
        mm_tries=$((mm_tries + 1))
        [ $mm_tries -lt $((mm_half_limit * 10)) ] || mm_fail 'the machine is busy with other account work'
        if [ $((mm_tries % 10)) -eq 0 ] && mm_overdue; then mm_kill_lock_holders; fi
        mm_pause
    done
    mm_uptime
    echo $((mm_now + mm_limit * 2)) >"$mm_state/until"
    true >"$mm_said" || mm_said=/dev/null
}

# Opens the file $2 with the number $1, for a lock. Access must also end while the file system is read-only; then the
# file is opened for reading, which is enough for the lock.
mm_open_lock() {
    mm_mode='>>'
    true >>"$2" || mm_mode='<'
    eval "exec $1$mm_mode\"\$2\""
}

# Whether the holder of the lock should have ended long ago. This is measured in time since boot, as clocks may jump.
mm_overdue() {
    mm_until=
    read -r mm_until <"$mm_state/until"
    case $mm_until in
    '' | *[!0-9]*) return 1 ;;
    esac
    mm_uptime
    [ "$mm_now" -gt "$mm_until" ] || [ "$mm_until" -gt $((mm_now + 86400)) ]
}

# Kills every process that has the lock open, except this shell.
mm_kill_lock_holders() {
    for mm_fd in /proc/[0-9]*/fd/9; do
        if [ "$mm_fd" -ef "$mm_state/lock" ]; then
            mm_pid=${mm_fd#/proc/}
            mm_pid=${mm_pid%%/*}
            [ "$mm_pid" = $$ ] || kill -KILL "$mm_pid"
        fi
    done
}

# ---- changes of the list --------------------------------------------------------------------------------------------

# Runs a command that changes the account list, for a limited time. Keeps its output for mm_last_output, as the reason
# of a failure.
mm_change_list() {
    ${mm_timeout:+timeout -s KILL "$mm_change_limit"} "$@" >"$mm_said" 2>&1 3>&-
    mm_status=$?
    if [ $mm_status -eq 137 ] || [ $mm_status -eq 124 ]; then
        mm_kill_lock_holders
        echo "it did not end within $mm_change_limit s" >"$mm_said"
    fi
    return $mm_status
}

# Prints the last line of that output, at most 200 plain characters.
mm_last_output() {
    mm_text=
    while IFS= read -r mm_last || [ -n "$mm_last" ]; do
        [ -z "$mm_last" ] || mm_text=$mm_last
    done <"$mm_said"
    printf '%.200s' "$mm_text" | tr -cd ' -~'
}

# Keeps in $mm_cause why a removal failed. Only the first cause counts, as later failures follow from it.
mm_note_cause() {
    [ -z "$mm_cause" ] || return 0
    mm_find_list_holder
    mm_cause=${mm_holder:-$(mm_last_output)}
}

# Sets $mm_holder to what keeps the account list from being changed, if anything does.
mm_find_list_holder() {
    mm_holder=
    [ -w /etc/passwd ] || mm_holder='the folder /etc is read-only'
    for mm_file in passwd shadow group gshadow; do
        if [ -n "$mm_holder" ] || [ ! -e "/etc/$mm_file.lock" ]; then continue; fi
        mm_pid=
        read -r mm_pid <"/etc/$mm_file.lock"
        # A lock of a process that has ended does not count: the next command removes it.
        [ ! -d "/proc/${mm_pid:-none}" ] || mm_holder="/etc/$mm_file.lock is held by process $(mm_describe_process "$mm_pid")"
    done
    [ -z "$mm_holder" ] && [ -e /etc/.pwd.lock ] || return 0
    mm_inode=$(ls -i /etc/.pwd.lock)
    mm_inode=${mm_inode%% /*}
    while read -r _ _ _ _ mm_pid mm_place _; do
        case $mm_place in
        *:"${mm_inode##* }") mm_holder="/etc/.pwd.lock is held by process $(mm_describe_process "$mm_pid")" ;;
        esac
    done </proc/locks
}

# ---- fence ----------------------------------------------------------------------------------------------------------

# Sets $mm_fence_token to the highest token that was cleaned up on this machine, 0 if there is none.
mm_read_fence() {
    mm_fence_token=0
    if [ -f "$mm_state/fence" ]; then read -r mm_fence_token <"$mm_state/fence"; fi
    case $mm_fence_token in
    '' | *[!0-9]*) mm_fence_token=0 ;;
    esac
}

# Refuses from now on every creation with this token or an older one: it is late. False when that cannot be written.
mm_raise_fence() {
    mm_read_fence
    [ "$mm_fence_token" -ge "$mm_token" ] && return 0
    mm_replace "$mm_state/fence" "$mm_token"
    mm_read_fence
    [ "$mm_fence_token" -ge "$mm_token" ]
}

# ---- ownership ------------------------------------------------------------------------------------------------------

# Looks the name up, and sets $mm_name_is to "ours", "another" (the account of another) or "free".
mm_classify_name() {
    if ! mm_look_up_name; then
        mm_name_is=free
    elif mm_entry_is_ours; then
        mm_name_is=ours
    else
        mm_name_is=another
    fi
}

# Looks the name up, and sets $mm_entry_*. False when there is no entry. A name that any name service knows is not free,
# but only entries of the local list can be changed. Work on an account that is there reads the local list alone, as a
# directory service may have got the same name since.
mm_look_up_name() {
    mm_line=
    if [ "$mm_action" = CREATE ] && mm_has getent; then
        mm_line=$($mm_timeout getent passwd "$mm_account" 3>&- 9>&-)
    fi
    mm_read_lists
    mm_line=${mm_line:-$mm_in_passwd}
    set -f
    IFS=:
    # shellcheck disable=SC2086
    set -- $mm_line
    IFS=$mm_default_ifs
    set +f
    mm_entry_uid=$3 mm_entry_gid=$4 mm_entry_comment=$5
    [ -n "$mm_line" ]
}

# Reads what the local lists have under the name: entries, the ids of groups, groups of which it is a member or an
# administrator, subordinate ids, and whether a sudo rule names it or its number. In a sudo rule, users stand before the
# first "=" and before any path; the words of commands name no user. Status 2 of grep may only mean that there is no
# sudo; above that grep has not run, or not to its end.
mm_read_lists() {
    mm_in_passwd='' mm_in_shadow='' mm_in_sudoers='' mm_group_ids='' mm_in_groups='' mm_in_subids=''
    mm_lists=$(grep -asE "^$mm_account:|[:,]$mm_account([:,]|\$)|(^|^([^#=/]*|[[:space:]]*User_Alias[[:space:]][^#]*)[[:space:],=:%+!\"])$mm_account([[:space:],=:\"]|\$)|$(mm_sudo_number_pattern)" \
        /etc/passwd /etc/group /etc/gshadow /etc/shadow /etc/subuid /etc/subgid /etc/sudoers /etc/sudoers.d/*)
    [ $? -le 2 ] || mm_fail 'the account list on the machine cannot be read'
    set -f
    IFS=$mm_newline
    for mm_entry in $mm_lists; do
        case $mm_entry in
        "/etc/passwd:$mm_account:"*) mm_in_passwd=${mm_in_passwd:-${mm_entry#*:}} ;;
        "/etc/shadow:$mm_account:"*) mm_in_shadow=${mm_in_shadow:-${mm_entry#*:}} ;;
        "/etc/group:$mm_account:"*)
            mm_entry=${mm_entry#*:*:*:}
            mm_group_ids="${mm_group_ids:- }${mm_entry%%:*} "
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
    IFS=$mm_default_ifs
    set +f
}

# Prints the pattern by which a sudo rule names an account, or its group, by the number.
mm_sudo_number_pattern() {
    printf '%s' "(^|[[:space:],=%!\\])#${mm_uid:-none}([[:space:],=]|\$)"
}

# Reads our record of the account into $mm_record_*: the token, the number, and one line for each step of the creation
# that was done. False when there is no record with a valid number.
mm_read_record() {
    mm_record_token='' mm_record_uid='' mm_record_made='' mm_record_home='' mm_record_ready='' mm_record_hash=''
    mm_record_hash_before=
    [ -f "$mm_record_file" ] && {
        read -r mm_record_token
        read -r mm_record_uid
        while read -r mm_word mm_rest; do
            case $mm_word in
            made) mm_record_made=yes ;;
            home) mm_record_home=yes ;;
            hash) mm_record_hash_before=$mm_record_hash mm_record_hash=$mm_rest ;;
            # Records of earlier versions have "ready" in place of all steps.
            ready) mm_record_made=yes mm_record_home=yes mm_record_ready=yes ;;
            esac
        done
    } <"$mm_record_file"
    case $mm_record_uid in
    '' | *[!0-9]*) return 1 ;;
    esac
    [ "$mm_record_uid" -ge 1000 ]
}

# Whether our record of the account is of this reservation.
mm_record_matches() {
    mm_read_record && [ "$mm_record_token" = "$mm_token" ]
}

# Whether the entry last looked up was made for this reservation.
mm_entry_is_ours() {
    { mm_find_owner && [ "$mm_owner" = "$mm_token" ]; } || mm_entry_has_our_hash
}

# Sets $mm_owner to the token of the reservation for which the entry was made. False when the entry is not provably
# ours. The record alone proves it only once it says that the entry was made: until then another program may have taken
# the name and, by chance, the number. The mark is written together with the entry.
mm_find_owner() {
    mm_entry_token=${mm_entry_comment%%,*}
    case $mm_entry_token in
    machine-manager-[1-9]*) mm_entry_token=${mm_entry_token#machine-manager-} ;;
    *) mm_entry_token= ;;
    esac
    case $mm_entry_token in
    *[!0-9]*) mm_entry_token= ;;
    esac
    if mm_read_record && [ "$mm_record_uid" = "$mm_entry_uid" ] &&
        { [ -n "$mm_record_made" ] || [ "$mm_record_token" = "$mm_entry_token" ]; }; then
        mm_owner=$mm_record_token
        return 0
    fi
    mm_owner=$mm_entry_token
    [ -n "$mm_owner" ] && [ "$mm_entry_uid" -ge "$mm_first_uid" ] && [ "$mm_entry_uid" -le "$mm_last_uid" ]
}

# Whether the entry has a password hash that we gave to it. This holds whatever else was changed in the entry since.
mm_entry_has_our_hash() {
    mm_record_matches && [ -n "$mm_record_made" ] || return 1
    mm_entry_has_hash "$mm_record_hash" || mm_entry_has_hash "$mm_record_hash_before"
}

# Whether the entry has the password hash $1, locked or not. The salt makes sure that no other account has it.
mm_entry_has_hash() {
    [ ${#1} -gt 20 ] || return 1
    case $mm_in_shadow in
    "$mm_account:$1:"* | "$mm_account:!$1:"*) ;;
    *) return 1 ;;
    esac
}

# Whether an entry that is not provably ours may still be the account that we made: a user with sudo can change its
# number.
mm_entry_may_be_ours() {
    [ -n "$mm_record_made" ] && { [ "$mm_entry_token" = "$mm_token" ] || ! [ "$mm_entry_uid" -ge 1000 ]; }
}

# Whether another account has the number $mm_uid. Then nothing of that number may be touched.
mm_uid_is_anothers() {
    while IFS=: read -r mm_other _; do
        [ -z "$mm_other" ] || [ "$mm_other:$mm_name_is" = "$mm_account:ours" ] || return 0
    done <<EOF
$(grep -s "^[^:]*:[^:]*:$mm_uid:" /etc/passwd)
EOF
    return 1
}

# ---- create ---------------------------------------------------------------------------------------------------------

mm_create() {
    mm_read_fence
    [ "$mm_token" -gt "$mm_fence_token" ] || mm_fail 'this reservation was already cleaned up on the machine'
    mm_classify_name
    case $mm_name_is in
    another)
        ! mm_record_matches || mm_erase_number_only ||
            mm_fail "what was left half made could not be removed: $mm_left"
        mm_answer REFUSED "the account $mm_account exists on the machine and is not ours"
        ;;
    ours) mm_uid=$mm_entry_uid ;;
    esac
    ! mm_record_matches || mm_uid=$mm_record_uid
    # A half made account is made anew, since root must not write into a home where a user may be at work.
    if [ -n "$mm_uid" ] && ! { [ "$mm_name_is:$mm_entry_uid" = "ours:$mm_uid" ] && mm_record_is_complete; }; then
        mm_erase || mm_fail "what was left half made could not be removed: $mm_left"
    fi
    if [ "$mm_name_is" = free ]; then
        mm_check_tools || mm_answer UNUSABLE "$mm_problem"
        mm_check_name || mm_answer REFUSED "$mm_problem"
        mm_begin_guard
        mm_add_account
        mm_delete_kept_state
        mm_check_rights || mm_undo "$mm_outcome" "$mm_problem"
        mm_check_login || mm_undo "$mm_outcome" "$mm_problem"
        mm_close
        [ -z "$mm_keys$mm_sudo" ] || mm_require_ours
        [ -z "$mm_keys" ] || mm_add_keys || mm_undo FAILED 'the SSH keys could not be put into the home'
        [ -z "$mm_sudo" ] || mm_add_sudo_rule || mm_undo FAILED "sudo could not be allowed: $(mm_last_output)"
    else
        mm_begin_guard
        mm_close
    fi
    mm_await_guard || mm_undo FAILED "$mm_problem"
    mm_require_ours
    mm_set_password || mm_undo FAILED "the password could not be set: $(mm_last_output)"
    if ! mm_look_up_name || ! mm_entry_is_ours || ! mm_password_is_set || [ ! -d "$mm_home" ]; then
        mm_revoke_password
        mm_undo FAILED 'the account is not as it should be after it was made'
    fi
    mm_record_is_complete || printf '%s\n' "hash $mm_hash" ready >>"$mm_record_file" ||
        mm_undo FAILED "$mm_unwritable"
    mm_answer DONE 'the account is ready'
}

# Has the account expire, if it is to be closed, before it has a key or a password: no log-in works then.
mm_close() {
    [ -n "$mm_closed" ] || return 0
    mm_require_ours
    mm_expiry_day=1
    mm_set_expiry || mm_undo FAILED "the account could not be closed: $(mm_last_output)"
}

# Ends when another program has replaced our account by its own since it was made. The key, the sudo rule and the
# password would be given to that account.
mm_require_ours() {
    mm_classify_name
    [ "$mm_name_is" = ours ] || mm_undo FAILED 'another program has changed the account while it was made'
}

# Locks an account of another program that got the password meant for ours.
mm_revoke_password() {
    mm_classify_name
    if [ "$mm_name_is" = another ] && mm_password_is_set; then
        mm_hash='!'
        mm_set_password
    fi
}

# Whether the record says that the creation came to its end.
mm_record_is_complete() {
    mm_read_record && [ "$mm_record_uid" = "$mm_uid" ] && [ -n "$mm_record_ready" ]
}

# Removes what was made, and answers $1 with the reason $2.
mm_undo() {
    mm_classify_name
    if [ "$mm_name_is" = another ]; then
        mm_erase_number_only || mm_fail "$2; what was made could not be removed: $mm_left"
    elif ! mm_erase; then
        mm_fail "$2; what was made could not be removed: $mm_left"
    fi
    mm_answer "$1" "$2"
}

# ---- create: name ---------------------------------------------------------------------------------------------------

# Whether accounts can be made and removed here at all. Else $mm_problem says why not.
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

# Whether the command is busybox's. Debian has commands of the same names, in Perl, which take other options.
mm_has_busybox() {
    mm_has "$1" && case $("$1" --help 2>&1 3>&- 9>&-) in *BusyBox*) ;; *) return 1 ;; esac
}

# Whether nothing on the machine carries the name yet. A group, folder or sudo rule of that name would become the
# user's. Nor may anything give rights to the name, even where neither a user nor a group has it.
mm_check_name() {
    mm_problem=
    [ -z "$mm_in_shadow" ] || mm_problem="a password for $mm_account exists on the machine and is not ours"
    [ -z "$mm_group_ids" ] || mm_problem="a group named $mm_account exists on the machine and is not ours"
    [ -z "$mm_in_groups" ] || mm_problem="the group${mm_in_groups} on the machine has $mm_account among its members"
    [ -z "$mm_in_subids" ] || mm_problem="subordinate numbers for $mm_account exist on the machine (/etc/subuid, /etc/subgid)"
    ! mm_exists "$mm_home" || mm_problem="the folder $mm_home exists on the machine and is not ours"
    [ -z "$mm_in_sudoers" ] || mm_problem="a sudo rule for $mm_account exists on the machine and is not ours"
    [ -n "$mm_problem" ] || mm_check_settings
    [ -z "$mm_problem" ]
}

# Searches settings that give rights to names, by the forms in which they write names: in lists of words, in quotes, or
# after a word for user or group. The folders of sudo are not searched, as sudo itself is asked.
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
        # Lists of users who may become another user, as of su.
        # shellcheck disable=SC2013 # words, not lines
        for mm_word in $(grep -hsE '^[^#]*pam_listfile\.so.*item=ruser' /etc/pam.conf /etc/pam.d/*); do
            case $mm_word in
            file=/*) grep -lsxF "$mm_account" "${mm_word#file=}" ;;
            esac
        done
    )
    [ -z "$mm_file" ] || mm_problem="the machine gives rights to the name $mm_account in ${mm_file%%"$mm_newline"*}"
}

# Whether the new account has only the rights that every new account has.
mm_check_rights() {
    mm_problem='' mm_outcome=REFUSED
    mm_groups=$($mm_timeout id -G "$mm_account" 3>&- 9>&-)
    [ "$mm_groups" = "$mm_entry_gid" ] || mm_problem="the machine puts $mm_account into groups of its own ($mm_groups)"
    ! mm_has sudo || [ -n "$mm_problem" ] || mm_check_sudo
    [ -z "$mm_problem" ]
}

mm_check_sudo() {
    mm_query_sudo "$mm_account"
    case $mm_sudo_answer in
    *'is not allowed to run sudo'*) return ;;
    *'may run the following'*) ;;
    *)
        mm_problem="sudo does not say what $mm_account may do (${mm_sudo_answer##*"$mm_newline"})"
        # When sudo does not say it of a user that it knows either, it is so for each new account.
        mm_query_sudo nobody
        case $mm_sudo_answer in
        *'is not allowed to run sudo'* | *'may run the following'*) ;;
        *) mm_outcome=UNUSABLE ;;
        esac
        return
        ;;
    esac
    mm_allowed=${mm_sudo_answer#*may run the following}
    mm_query_sudo nobody
    case $mm_sudo_answer in
    *'may run the following'*"${mm_allowed#*:}") ;;
    *) mm_problem="the machine lets $mm_account use sudo, by its name, its group or its number" ;;
    esac
}

# Sets $mm_sudo_answer to what sudo says that the user $1 may do. sudo resolves the name of the host, which must not
# take long where no name server answers.
mm_query_sudo() {
    mm_sudo_answer=$(RES_OPTIONS='timeout:1 attempts:1' $mm_timeout sudo -n -l -U "$1" 2>&1 3>&- 9>&-)
    case $mm_sudo_answer in
    *'must have a tty'*)
        # With "requiretty" sudo answers on a terminal only, which "script" makes. The name is of plain characters.
        ! mm_has script || mm_sudo_answer=$($mm_timeout script -qec "sudo -n -l -U $1" /dev/null 2>&1 3>&- 9>&- | tr -d '\r')
        ;;
    esac
}

# ---- create: log-in -------------------------------------------------------------------------------------------------

# Whether the account can log in over SSH by one of the methods that were asked for. Else $mm_problem says why not, and
# $mm_outcome is UNUSABLE when that holds for each new account of this machine, REFUSED when it is about this name.
mm_check_login() {
    mm_problem='' mm_outcome=REFUSED mm_pam=yes mm_subject=$mm_account
    [ "$mm_action" = CREATE ] || mm_subject='new accounts'
    ! mm_query_sshd || mm_check_sshd_settings
    # Without PAM, sshd itself reads only the first of them.
    for mm_file in /etc/nologin /run/nologin /var/run/nologin; do
        [ ! -e "$mm_file" ] || mm_note_problem UNUSABLE \
            "the file $mm_file on the machine keeps all users but root from logging in"
        [ "$mm_pam" = yes ] || break
    done
    [ -n "$mm_problem" ] || [ "$mm_pam" != yes ] || mm_check_pam
    [ -z "$mm_problem" ]
}

# Notes the outcome $1 and the reason $2 why there is no log-in. Only the first one counts.
mm_note_problem() {
    [ -z "$mm_problem" ] || return 0
    mm_outcome=$1 mm_problem=$2
}

# Asks the SSH server through which we came which settings hold for the account. False where they cannot be found out.
mm_query_sshd() {
    mm_find_sshd || return 1
    set -f
    # shellcheck disable=SC2086
    mm_sshd_settings=$($mm_timeout sshd -T -C "user=$mm_account,host=$mm_client_address,addr=$mm_client_address,laddr=$mm_server_address,lport=$mm_server_port" \
        $mm_sshd_options 3>&- 9>&- | awk '{ $1 = tolower($1); print }')
    set +f
    [ -n "$mm_sshd_settings" ]
}

# Finds that server among the ancestors of this process, with the settings file and the options that it was started
# with, and the addresses of the connection, as settings may depend on them.
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
        mm_listener=${mm_listener##*"$mm_newline"}
        mm_sshd_option=
        for mm_word in ${mm_listener#sshd: }; do
            case $mm_sshd_option$mm_word in
            -f | -o) mm_sshd_option=$mm_word ;;
            -f* | -o*)
                mm_sshd_options="$mm_sshd_options $mm_sshd_option $mm_word"
                mm_sshd_option=
                ;;
            esac
        done
        ;;
    esac
    mm_connection=${SSH_CONNECTION:-}
    if [ -z "$mm_connection" ]; then
        # sudo removes it from the environment.
        # shellcheck disable=SC2086
        mm_connection=$(cat $mm_environs | tr '\0' '\n' | grep -a '^SSH_CONNECTION=' | head -n 1)
        mm_connection=${mm_connection#*=}
    fi
    # shellcheck disable=SC2086
    set -- ${mm_connection:-127.0.0.1 1 127.0.0.1 22}
    mm_client_address=$1 mm_server_address=$3 mm_server_port=$4
}

# Reads what sshd -T prints: a line for each setting, and for lists a line for each word. Newer versions print the names
# of settings with capital letters.
mm_check_sshd_settings() {
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
$mm_sshd_settings
EOF
    # Keyboard-interactive is PAM's way to take a password.
    [ "$mm_keyboard$mm_pam" != yesyes ] || mm_password=yes
    set -f
    mm_check_sshd_lists
    mm_check_sshd_methods
    mm_check_foreign_keys
    set +f
    case $mm_forced in
    internal-sftp* | */nologin* | */false)
        mm_note_problem REFUSED "the machine's SSH server gives $mm_subject no shell (ForceCommand)"
        ;;
    esac
    [ "$mm_sessions" != 0 ] || mm_note_problem UNUSABLE "the machine's SSH server gives no shell (MaxSessions 0)"
}

# The group of the account has its name. An Allow list that names only existing accounts, or groups, keeps every new
# account out.
mm_check_sshd_lists() {
    # A Deny pattern for certain addresses leaves the user other addresses.
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
        mm_note_problem "$(mm_outcome_of_deny_list "$mm_deny_users")" \
            "the machine's SSH server does not let $mm_subject in (DenyUsers)"
    fi
    if [ -n "$mm_allow_users" ] && ! mm_matches "$mm_account" "$mm_allow_users"; then
        mm_note_problem "$(mm_outcome_of_allow_list passwd "$mm_allow_users")" \
            "the machine's SSH server lets only some users in, and not $mm_subject (AllowUsers)"
    fi
    if mm_matches "$mm_account" "$mm_deny_groups"; then
        mm_note_problem "$(mm_outcome_of_deny_list "$mm_deny_groups")" \
            "the machine's SSH server does not let the group of $mm_subject in (DenyGroups)"
    fi
    if [ -n "$mm_allow_groups" ] && ! mm_matches "$mm_account" "$mm_allow_groups"; then
        mm_note_problem "$(mm_outcome_of_allow_list group "$mm_allow_groups")" \
            "the machine's SSH server lets only some groups in, and not $mm_subject (AllowGroups)"
    fi
}

# Whether the name $1 matches one of the patterns in $2. The address of a pattern (USER@HOST) is ignored.
mm_matches() {
    for mm_pattern in $2; do
        # shellcheck disable=SC2254
        case $1 in
        ${mm_pattern%%@*}) return 0 ;;
        esac
    done
    return 1
}

# Prints the outcome for a name on the Deny list $1.
mm_outcome_of_deny_list() {
    case " $1 " in
    *' * '*) echo UNUSABLE ;;
    *) echo REFUSED ;;
    esac
}

# Prints the outcome for a name that is not on the Allow list $2. A list with a wildcard, or with a name that the list
# /etc/$1 does not have, may let other new accounts in.
mm_outcome_of_allow_list() {
    for mm_pattern in $2; do
        mm_pattern=${mm_pattern%%@*}
        case $mm_pattern in
        *[*?]*) mm_existing= ;;
        *) mm_existing=$(grep -s "^$mm_pattern:" "/etc/$1") ;;
        esac
        # An account of ours goes, and may come again.
        if [ -z "$mm_existing" ] || [ -e "$mm_state/accounts/$mm_pattern" ]; then
            echo REFUSED
            return
        fi
    done
    echo UNUSABLE
}

# Checks the log-in methods that were asked for. One that works is enough.
mm_check_sshd_methods() {
    mm_usable_methods='' mm_key_problem='' mm_password_problem=
    [ "$mm_pubkey" = yes ] || mm_key_problem='the SSH server of the machine takes no keys (PubkeyAuthentication no)'
    case " $mm_keys_in " in
    *' .ssh/authorized_keys '* | *' %h/.ssh/authorized_keys '* | *' /home/%u/.ssh/authorized_keys '*) ;;
    *)
        mm_key_problem=${mm_key_problem:-the SSH server of the machine reads no keys from the home (AuthorizedKeysFile)}
        ;;
    esac
    [ -z "$mm_keys" ] || mm_is_key_taken ||
        mm_key_problem=${mm_key_problem:-the SSH server of the machine takes no keys of the type $mm_types}
    [ "$mm_password" = yes ] || mm_password_problem='the SSH server of the machine takes no passwords (PasswordAuthentication no)'
    # A probe asks for any method.
    { [ "$mm_action" = CREATE ] && [ -z "$mm_keys" ]; } || [ -n "$mm_key_problem" ] || mm_usable_methods=" publickey"
    [ "$mm_hash" = '*' ] || [ -n "$mm_password_problem" ] || mm_usable_methods="$mm_usable_methods password keyboard-interactive"
    if [ -n "$mm_key_problem" ] && [ -n "$mm_password_problem" ]; then
        mm_note_problem UNUSABLE "$mm_password_problem, and $mm_key_problem"
    elif [ -z "$mm_usable_methods" ]; then
        mm_note_problem REFUSED "${mm_key_problem:-$mm_password_problem}"
    fi
    for mm_list in $mm_methods; do
        [ "$mm_list" != any ] || return 0
        mm_missing=
        IFS=,
        for mm_method in $mm_list; do
            case "$mm_usable_methods " in
            *" ${mm_method%%:*} "*) ;;
            *) mm_missing=yes ;;
            esac
        done
        IFS=$mm_default_ifs
        [ -n "$mm_missing" ] || return 0
    done
    mm_note_problem REFUSED \
        "the SSH server of the machine asks for more than the account has (AuthenticationMethods $mm_methods)"
}

# Whether the SSH server takes keys of the type of one of ours. Else $mm_types has all of them.
mm_is_key_taken() {
    mm_types=
    IFS=,
    for mm_type in $mm_keys; do
        mm_type=${mm_type%% *}
        mm_types="$mm_types${mm_types:+, }$mm_type"
        [ "$mm_type" != ssh-rsa ] || mm_type=rsa-sha2-512
        case ,$mm_algorithms, in
        ,, | *",$mm_type,"*) mm_types= ;;
        esac
        [ -n "$mm_types" ] || break
    done
    IFS=$mm_default_ifs
    [ -z "$mm_types" ]
}

# Keys for the name that are outside of the home already would let others in.
mm_check_foreign_keys() {
    for mm_file in $mm_keys_in; do
        case $mm_file in
        /*%[uU]*) ;;
        *) continue ;;
        esac
        mm_file=$(printf '%s' "$mm_file" | sed "s/%u/$mm_account/g; s/%U/${mm_uid:-0}/g; s|%h|$mm_home|g")
        case $mm_file in
        "$mm_home"/*) ;;
        *)
            ! mm_exists "$mm_file" || mm_note_problem REFUSED \
                "SSH keys for $mm_subject exist on the machine in $mm_file"
            ;;
        esac
    done
}

# Checks what sshd leaves to PAM: the relevant lines of its own file and of the files that it includes.
mm_check_pam() {
    [ -r /etc/pam.d/sshd ] && grep -qsE '^[^#]*(pam_access|pam_listfile|pam_shells)' /etc/pam.d/* || return 0
    mm_stack=$(grep -hsE '^[^#]*(pam_access|pam_listfile|pam_shells|include|substack)' /etc/pam.d/sshd)
    mm_includes=$(printf '%s\n' "$mm_stack" | sed -n 's/^.*\(include\|substack\)[[:space:]]\{1,\}\([a-z0-9._-]*\).*$/\2/p' | sort -u)
    for mm_word in $mm_includes; do
        mm_stack="$mm_stack$mm_newline$(grep -hsE '^[^#]*(pam_access|pam_listfile|pam_shells)' "/etc/pam.d/$mm_word")"
    done
    while read -r mm_type _ mm_rest; do
        case $mm_type:$mm_rest in
        *:*pam_access.so*) mm_check_pam_access ;;
        *:*pam_listfile.so*item=user*) mm_check_pam_listfile ;;
        *auth:*pam_shells.so* | account:*pam_shells.so*)
            mm_choose_shell
            grep -qxF "$mm_shell" /etc/shells || mm_note_problem UNUSABLE \
                "PAM lets only users in whose shell is in /etc/shells, and $mm_shell is not"
            ;;
        esac
    done <<EOF
$mm_stack
EOF
}

# Checks pam_access. The first line that matches the account decides. A line for certain origins only counts when it
# lets in, not when it keeps out.
mm_check_pam_access() {
    mm_access=/etc/security/access.conf
    case $mm_rest in
    *accessfile=*)
        mm_access=${mm_rest#*accessfile=}
        mm_access=${mm_access%% *}
        ;;
    esac
    mm_others_allowed=
    set -f
    while IFS=: read -r mm_sign mm_users mm_places; do
        mm_sign=${mm_sign%%[[:space:]]*} mm_matched=
        for mm_word in $(printf '%s' "$mm_users" | tr ',' ' '); do
            case $mm_word in
            EXCEPT) break ;;
            ALL) mm_is_excepted || mm_matched=all ;;
            "$mm_account" | "($mm_account)" | "$mm_account"@*) mm_matched=name ;;
            esac
        done
        # Names that the line lets in, or excepts from keeping out.
        case $mm_sign:$mm_users in
        +:* | *EXCEPT*) mm_others_allowed="$mm_others_allowed $(printf '%s' "${mm_users#*EXCEPT}" | tr '(),' '   ')" ;;
        esac
        [ -n "$mm_matched" ] || continue
        [ "$mm_sign" = - ] || break
        # shellcheck disable=SC2086
        set -- $mm_places
        if [ "${1:-}" != ALL ] || [ $# -ne 1 ]; then continue; fi
        case $mm_matched in
        name) mm_note_problem REFUSED "PAM does not let $mm_subject in ($mm_access)" ;;
        all)
            mm_note_problem "$(mm_outcome_of_allow_list passwd "$mm_others_allowed")" \
                "PAM lets only some users in, and not $mm_subject ($mm_access)"
            ;;
        esac
        break
    done <<EOF
$(cat /etc/security/access.d/*.conf "$mm_access" | grep -E '^[[:space:]]*[-+]' | sed 's/^[[:space:]]*//')
EOF
    set +f
}

# Whether the account is among the names after EXCEPT.
mm_is_excepted() {
    case " ${mm_users#*EXCEPT} " in
    *[[:space:],]"$mm_account"[[:space:],]* | *"($mm_account)"*) [ "${mm_users#*EXCEPT}" != "$mm_users" ] ;;
    *) return 1 ;;
    esac
}

# Checks pam_listfile.
mm_check_pam_listfile() {
    mm_file=${mm_rest#*file=}
    mm_file=${mm_file%% *}
    [ -r "$mm_file" ] || return 0
    case $mm_rest in
    *sense=allow*)
        grep -qxF "$mm_account" "$mm_file" ||
            mm_note_problem "$(mm_outcome_of_allow_list passwd "$(cat "$mm_file")")" \
                "PAM lets only the users of $mm_file in, and not $mm_subject"
        ;;
    *sense=deny*)
        ! grep -qxF "$mm_account" "$mm_file" || mm_note_problem REFUSED \
            "PAM keeps the users of $mm_file out, and so $mm_subject"
        ;;
    esac
}

# ---- create: account ------------------------------------------------------------------------------------------------

# Sets $mm_uid to the next free number, which is not soon used again. False when none is free.
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
        mm_uid_is_taken || break
        mm_tries=$((mm_tries + 1))
        [ $mm_tries -le $((mm_last_uid - mm_first_uid)) ] || return 1
    done
    echo "$mm_uid" >"$mm_state/uid"
}

# A number is also taken while something of its last user may be left.
mm_uid_is_taken() {
    grep -qsE "^[^:]*:[^:]*:$mm_uid:|^$mm_uid(:|\$)" /etc/passwd /etc/group /etc/subuid /etc/subgid \
        "$mm_state"/accounts/* && return 0
    ! grep -qsE "$(mm_sudo_number_pattern)" /etc/sudoers /etc/sudoers.d/* || return 0
    if mm_has_processes || mm_has_ipc || mm_has_files; then return 0; fi
    # Nothing has been made yet, so there is nothing to undo.
    [ -z "$mm_unlistable" ] || mm_fail "the $mm_unlistable on the machine cannot be listed"
    mm_has getent && { $mm_timeout getent passwd "$mm_uid" || $mm_timeout getent group "$mm_uid"; } 3>&- 9>&-
}

# Sets $mm_shell to the log-in shell of new accounts.
mm_choose_shell() {
    mm_shell=/bin/sh
    [ ! -x /bin/bash ] || mm_shell=/bin/bash
}

# Adds the account with its home, or ends with the reason. Tries up to three times when another program takes the number
# meanwhile.
mm_add_account() {
    mm_tries_to_add=0
    until mm_add_entry; do
        mm_tries_to_add=$((mm_tries_to_add + 1))
        mm_reason="the account could not be added: $(mm_last_output)"
        mm_classify_name
        [ "$mm_name_is" != another ] || mm_undo REFUSED "another program has added the account $mm_account meanwhile"
        if [ "$mm_name_is" = free ] && [ -n "$mm_group_ids" ] && ! mm_has_own_group; then
            mm_undo REFUSED "another program has added a group named $mm_account meanwhile"
        fi
        # 4 is the status of useradd for a number that is taken.
        if [ "$mm_name_is:$mm_status" != free:4 ] || [ $mm_tries_to_add -ge 3 ]; then mm_undo FAILED "$mm_reason"; fi
    done
    if ! mm_look_up_name || ! mm_entry_is_ours; then mm_undo FAILED 'the account is not there after it was added'; fi
    mm_name_is=ours
    mm_add_home || mm_undo "$mm_outcome" "the folder $mm_home could not be made: $(mm_last_output)"
}

# Writes the record before the entry, so that whatever a crash leaves half made is found again.
mm_add_entry() {
    # Nothing has been made yet, so there is nothing to undo; and the number at which the search ended is another's.
    mm_choose_uid || mm_fail 'no number for the account is free, or none can be noted, on the machine'
    mm_status=1
    echo "cannot write to $mm_state" >"$mm_state/said"
    printf '%s\n' "$mm_token" "$mm_uid" >"$mm_record_file.new" &&
        mv -f "$mm_record_file.new" "$mm_record_file" || return 1
    mm_choose_shell
    if mm_has useradd; then
        # No ageing, no expiry and no groups, whatever the machine's defaults are. And no range of subordinate numbers,
        # as processes with those could not be told to be the user's: useradd gives a range only to numbers from UID_MIN
        # to UID_MAX.
        mm_change_list useradd -c "$mm_mark" -d "$mm_home" -M -s "$mm_shell" -u "$mm_uid" -U -G '' \
            -e "$mm_expiry_day" -f -1 \
            -K PASS_MAX_DAYS=-1 -K PASS_MIN_DAYS=-1 -K PASS_WARN_AGE=-1 -K UID_MIN=1 -K UID_MAX=1 "$mm_account"
    else
        mm_change_list adduser -D -H -g "$mm_mark" -h "$mm_home" -s "$mm_shell" -u "$mm_uid" "$mm_account"
        [ $mm_status -ne 0 ] || [ -z "$mm_expiry_day" ] || mm_edit_shadow '' "$mm_expiry_day"
    fi
    [ $mm_status -eq 0 ] && echo made >>"$mm_record_file"
}

# Makes the home. useradd does not, because it would use a folder that another program has made meanwhile.
mm_add_home() {
    [ -d /home ] || mkdir -m 755 /home
    mm_outcome=FAILED
    mkdir -m 700 "$mm_home" >"$mm_state/said" 2>&1 || {
        # The name is refused only for a folder that another program has made meanwhile.
        ! mm_exists "$mm_home" || mm_outcome=REFUSED
        return 1
    }
    echo home >>"$mm_record_file" && chown "$mm_uid" "$mm_home" || return 1
    [ ! -d /etc/skel ] || cp -a /etc/skel/. "$mm_home" >"$mm_state/said" 2>&1 || return 1
    [ -z "$mm_left" ] || mm_add_greeting
    chmod 700 "$mm_home" && chown -hR "$mm_uid:$mm_entry_gid" "$mm_home" >"$mm_state/said" 2>&1 || return 1
    mm_best_effort restorecon -R "$mm_home"
}

# Sends the hash through standard input: no process ever has it as an argument.
mm_set_password() {
    mm_change_list chpasswd -e <<EOF
$mm_account:$mm_hash
EOF
}

mm_password_is_set() {
    case $mm_in_shadow in
    "$mm_account:$mm_hash:"*) ;;
    *) return 1 ;;
    esac
}

# The home is new and nobody can log in yet. The file belongs to root until it is whole and everything else is done.
mm_add_keys() {
    rm -rf "$mm_home/.ssh"
    mkdir -m 700 "$mm_home/.ssh" || return 1
    IFS=,
    # shellcheck disable=SC2086 # a line for each key
    printf '%s\n' $mm_keys >"$mm_home/.ssh/authorized_keys"
    mm_status=$?
    IFS=$mm_default_ifs
    [ $mm_status -eq 0 ] || return 1
    chown "$mm_entry_uid:$mm_entry_gid" "$mm_home/.ssh" || return 1
    mm_best_effort restorecon -R "$mm_home/.ssh"
    chown -h "$mm_entry_uid:$mm_entry_gid" "$mm_home/.ssh/authorized_keys"
}

# Writes a sudo rule in a file of its own. sudo passes over file names with a dot, so it sees the rule only once it is
# whole.
mm_add_sudo_rule() {
    if ! mm_has sudo || [ ! -d /etc/sudoers.d ]; then
        echo 'the machine has no sudo' >"$mm_state/said"
        return 1
    fi
    mm_sudo_tag=
    [ "$mm_hash" != '*' ] || mm_sudo_tag='NOPASSWD: '
    printf '%s ALL=(ALL:ALL) %sALL\n' "$mm_account" "$mm_sudo_tag" >"$mm_sudo_rule.new" &&
        chmod 440 "$mm_sudo_rule.new" || return 1
    ! mm_has visudo || mm_change_list visudo -c -q -f "$mm_sudo_rule.new" || return 1
    mv -f "$mm_sudo_rule.new" "$mm_sudo_rule" || return 1
    $mm_timeout sudo -n -l -U "$mm_account" 3>&- 9>&- | grep -q 'ALL) ' && return 0
    echo 'the machine does not heed /etc/sudoers.d' >"$mm_state/said"
    return 1
}

# ---- password -------------------------------------------------------------------------------------------------------

# Gives a ready account of ours a new password. Its home, keys, sudo rule and sessions stay as they are.
mm_change_password() {
    [ ${#mm_hash} -gt 20 ] || mm_fail 'the password hash is not valid'
    mm_require_ready
    mm_check_password_login
    mm_note_hash || mm_fail "$mm_unwritable"
    mm_set_password || mm_fail "the password could not be set: $(mm_last_output)"
    mm_classify_name
    if [ "$mm_name_is" != ours ] || ! mm_password_is_set; then
        mm_revoke_password
        mm_fail 'the account is not as it should be after the password was set'
    fi
    # Should this fail, the record has one hash more than it needs.
    mm_note_hash
    mm_answer DONE 'the password is set'
}

# Ends with the reason when there is no account of this reservation that was handed over.
mm_require_ready() {
    mm_read_fence
    [ "$mm_token" -gt "$mm_fence_token" ] || mm_answer REFUSED 'this reservation was already cleaned up on the machine'
    mm_classify_name
    case $mm_name_is in
    free) mm_answer REFUSED "there is no account $mm_account on the machine" ;;
    another) mm_answer REFUSED "the account $mm_account on the machine is not ours" ;;
    esac
    # Without a record the account is ours by its mark, and was ready once.
    ! mm_record_matches || [ -n "$mm_record_ready" ] || mm_answer REFUSED "the account $mm_account is only half made"
}

# Ends with the reason when the SSH server takes no password for the account. What else it may ask for was checked when
# the account was made.
mm_check_password_login() {
    mm_problem='' mm_password_problem='' mm_pam=yes mm_methods=any mm_subject=$mm_account
    ! mm_query_sshd || mm_check_sshd_settings
    case $mm_methods in
    *any* | *password* | *keyboard-interactive*) ;;
    *) mm_password_problem="the SSH server of the machine asks for other things than a password (AuthenticationMethods $mm_methods)" ;;
    esac
    [ -z "$mm_password_problem" ] || mm_answer REFUSED "$mm_password_problem"
}

# Notes $mm_hash in the record, and before it the hash of ours that the entry has now, if that is another one.
mm_note_hash() {
    mm_record_matches || return 0
    mm_note=
    for mm_word in "$mm_record_hash_before" "$mm_record_hash"; do
        [ "$mm_word" = "$mm_hash" ] || ! mm_entry_has_hash "$mm_word" || mm_note="hash $mm_word$mm_newline"
    done
    printf '%s\n' "$mm_record_token" "$mm_record_uid" made home "${mm_note}hash $mm_hash" ready >"$mm_record_file.new" &&
        mv -f "$mm_record_file.new" "$mm_record_file"
}

# ---- end ------------------------------------------------------------------------------------------------------------

# Gives a ready account of ours another end, or none. The guard goes by it from now on.
mm_move_end() {
    mm_require_ready
    if [ -z "$mm_left" ]; then
        mm_delete_end
    else
        mm_begin_guard
        mm_await_guard || mm_fail "$mm_problem"
    fi
    mm_set_expiry || mm_fail "the day of expiry could not be set: $(mm_last_output)"
    mm_answer DONE 'the end is set'
}

# Notes the end of the account, and starts the guard, unless the account is to have none.
mm_begin_guard() {
    [ -n "$mm_left" ] || return 0
    [ -d "$mm_state/ends" ] || mkdir "$mm_state/ends" || mm_fail "$mm_unwritable"
    mm_read_boot
    mm_uptime
    mm_read_clock
    mm_end_token=$mm_token mm_end=$((mm_now + mm_left)) mm_end_boot=$mm_boot mm_end_at=$mm_now mm_end_clock=$mm_clock
    mm_end_grace=$mm_grace mm_end_uids="$mm_first_uid $mm_last_uid" mm_end_request=$mm_request mm_end_is_cut=no
    mm_end_warnings=${mm_warnings:--} mm_end_until=$mm_until
    if ! mm_write_end || ! mm_write_greeting || ! mm_start_guard; then
        mm_delete_existing "$mm_end_file.new"
        mm_fail "$mm_unwritable"
    fi
    if ! mm_guard_is_kept && [ "$mm_clock" -gt $mm_first_clock ]; then
        mm_expiry_day=$(((mm_clock + mm_left + mm_grace) / 86400 + 1))
    fi
}

# Sets $mm_boot to what is another text after each boot, and after each start of a container: the boot of the kernel, and
# when the first process started.
mm_read_boot() {
    mm_boot='' mm_line=
    read -r mm_boot </proc/sys/kernel/random/boot_id
    read -r mm_line </proc/1/stat
    # The name of the program, in parentheses, may have spaces.
    # shellcheck disable=SC2086
    set -- ${mm_line##*) }
    mm_boot=${mm_boot:--}/${20:-}
}

# Writes $mm_end_*: the end in seconds since the boot $mm_end_boot; and when this was written, by the time since that
# boot and by the clock.
mm_write_end() {
    mm_write "$mm_end_file" "$mm_end_token $mm_end $mm_end_boot $mm_end_at $mm_end_clock $mm_end_grace $mm_end_uids" \
        "$mm_end_is_cut $mm_end_request $mm_end_warnings $mm_end_until"
}

# Reads them. False when there is no valid end.
mm_read_end() {
    mm_end='' mm_end_at='' mm_end_clock='' mm_end_grace='' mm_end_until=''
    [ -f "$mm_end_file" ] && {
        read -r mm_end_token mm_end mm_end_boot mm_end_at mm_end_clock mm_end_grace mm_end_uids
        read -r mm_end_is_cut mm_end_request mm_end_warnings mm_end_until
    } <"$mm_end_file"
    case ${mm_end#-}:$mm_end_at:$mm_end_clock:$mm_end_grace in
    *[!0-9:]* | :* | *::* | *:) return 1 ;;
    esac
}

mm_delete_end() {
    mm_delete_existing "$mm_end_file" "$mm_greeting_file" "$@"
}

# Sets the day on which the account expires to $mm_expiry_day, empty for never, and unlocks an account that the guard
# has locked: the service knows better whether its time is over.
mm_set_expiry() {
    mm_day=${mm_in_shadow%:*}
    mm_day=${mm_day##*:}
    if [ "$mm_day" = "$mm_expiry_day" ]; then return 0; fi
    if mm_has usermod; then
        mm_unlock=
        ! mm_is_locked || mm_unlock=-U
        # shellcheck disable=SC2086
        mm_change_list usermod $mm_unlock -e "$mm_expiry_day" "$mm_account"
    else
        mm_edit_shadow '' "$mm_expiry_day"
    fi
}

# Whether the entry last looked up is locked, for passwords and for keys.
mm_is_locked() {
    case $mm_in_shadow in
    "$mm_account:!"*:*:*:*:*:*:1:*) ;;
    *) return 1 ;;
    esac
}

# Writes the text that the account's shell shows at a log-in. It is not in the home, where root must not write once the
# user is there.
mm_write_greeting() {
    [ -d "$mm_state/greetings" ] || { mkdir -m 755 "$mm_state/greetings" && chmod 711 "$mm_state"; } || return 1
    umask 022
    printf '%s\n' "This machine is yours until $mm_until. To extend: PATCH /requests/$mm_request {\"extend_minutes\": 60}" \
        >"$mm_greeting_file"
    mm_status=$?
    umask 077
    return $mm_status
}

# Lets the log-in shell show it, on terminals only. The home is new, and its user cannot log in yet. The last line of the
# file may have no end, hence the empty line.
mm_add_greeting() {
    mm_file=$mm_home/.profile
    [ ! -e "$mm_home/.bash_profile" ] || mm_file=$mm_home/.bash_profile
    [ -L "$mm_file" ] || printf '\n%s\n' "[ ! -t 1 ] || [ -e ~/.hushlogin ] || cat $mm_greeting_file 2>/dev/null" >>"$mm_file"
}

# ---- guard: start ---------------------------------------------------------------------------------------------------

# Whether a guard runs, has its script, without which it cannot end access, and has started or given a sign of life not
# long ago, which one that was stopped has not. Sets $mm_guard_pid, also of one that is silent, and $mm_running_version.
mm_guard_runs() {
    mm_guard_pid='' mm_running_version='' mm_started=''
    [ ! -f "$mm_state/guard" ] || [ ! -f "$mm_state/guard.pid" ] ||
        read -r mm_guard_pid mm_running_version mm_started <"$mm_state/guard.pid"
    case $mm_guard_pid:$mm_running_version:$mm_started in
    *[!0-9:]* | :* | *::* | *:) mm_guard_pid= ;;
    *) [ "/proc/$mm_guard_pid/fd/8" -ef "$mm_state/guard.lock" ] || mm_guard_pid= ;;
    esac
    if [ -n "$mm_guard_pid" ]; then
        mm_read_boot
        mm_uptime
        mm_read_seen
        # It notes each minute that it runs.
        [ "$mm_seen_boot" = "$mm_boot" ] && [ "$mm_seen_at" -gt "$mm_started" ] && mm_started=$mm_seen_at
        [ $((mm_started + 300)) -lt "$mm_now" ] || return 0
    fi
    mm_running_version=0
    return 1
}

# Reads what the guard has noted last: the boot, the time since that, and the clock.
mm_read_seen() {
    mm_seen_boot='' mm_seen_at=0 mm_seen_clock=0
    [ ! -f "$mm_state/guard.seen" ] || read -r mm_seen_boot mm_seen_at mm_seen_clock <"$mm_state/guard.seen"
}

mm_kill_guard() {
    [ -z "$mm_guard_pid" ] || kill -KILL "$mm_guard_pid"
}

# Starts the guard unless one of this version or a later one runs. It is this script in a file, which only root can read.
mm_start_guard() {
    if mm_guard_runs && [ "$mm_running_version" -ge $mm_guard_version ]; then return 0; fi
    # shellcheck disable=SC2016
    mm_write "$mm_state/guard" 'mm_action=${1:-GUARD} mm_account=${2:-} mm_guards_end=${3:-}' \
        'mm_token= mm_hash= mm_limit=60 mm_keys= mm_sudo= mm_left=' "PATH=${mm_script#*PATH=}" || return 1
    # Only now, as it must not end where no other one can be written, such as on a full disk, which keeps it silent too.
    mm_kill_guard
    # systemd keeps what it starts itself, whatever becomes of the session that this script runs in.
    if [ -d /run/systemd/system ]; then
        if mm_write_unit && $mm_timeout systemctl start $mm_guard_unit 3>&- 9>&-; then return 0; fi
        mm_delete_existing $mm_guard_unit_file
    fi
    ! mm_find_cron || mm_write_cron_line
    if mm_has setsid; then
        setsid /bin/sh "$mm_state/guard" 3>&- 9>&- &
    else
        /bin/sh "$mm_state/guard" 3>&- 9>&- &
    fi
}

# Waits until the guard runs. An account that is to have one and has none is not handed over.
mm_await_guard() {
    [ -n "$mm_left" ] || return 0
    mm_tries=0
    until mm_guard_runs; do
        mm_problem='the guard does not start on the machine'
        mm_tries=$((mm_tries + 1))
        [ $mm_tries -le 50 ] || return 1
        mm_pause
        # The last guard may just have been about to end.
        if [ $((mm_tries % 15)) -eq 0 ]; then mm_start_guard; fi
    done
}

# Writes a unit that starts the guard after a reboot, and when it was killed by any signal, while it has its script.
# systemd finds a new unit by itself.
mm_write_unit() {
    mkdir -p $mm_guard_wants && printf '%s\n' '[Unit]' 'Description=Ends the access of lent accounts on time' \
        StartLimitIntervalSec=0 "ConditionPathExists=$mm_state/guard" '[Service]' "ExecStart=/bin/sh $mm_state/guard" \
        Restart=on-failure 'RestartForceExitStatus=SIGHUP SIGINT SIGTERM' RestartSec=1 '[Install]' WantedBy=multi-user.target \
        >$mm_guard_unit_file && ln -sf $mm_guard_unit_file $mm_guard_wants/
}

# Lets cron start the guard each minute. A guard that finds another one ends at once.
mm_write_cron_line() {
    ! mm_has_cron_line || return 0
    # The last line of a crontab may have no end.
    [ ! -s "$mm_cron_file" ] || [ -z "$(tail -c 1 "$mm_cron_file")" ] || echo >>"$mm_cron_file"
    printf '%s\n' "* * * * * ${mm_cron_user}[ ! -f $mm_state/guard ] || exec /bin/sh $mm_state/guard >/dev/null 2>&1" >>"$mm_cron_file"
    mm_tell_cron
}

mm_has_cron_line() {
    [ -s "$mm_cron_file" ] && { [ "$mm_cron_file" = $mm_guard_cron_file ] || grep -qF "$mm_state/guard" "$mm_cron_file"; }
}

# busybox's crond reads a crontab again when it is told to.
mm_tell_cron() {
    [ "$mm_cron_file" = $mm_guard_cron_file ] || echo root >>"${mm_cron_file%/*}/cron.update"
}

# Sets $mm_cron_file to the file in which the cron that runs finds our line, and $mm_cron_user to what the line names its
# user by. busybox's crond reads root's crontab, and no folder /etc/cron.d. False where no cron runs.
mm_find_cron() {
    mm_cron_pid='' mm_line='' mm_cron_user=
    for mm_file in /run/crond.pid /var/run/crond.pid; do
        [ ! -f $mm_file ] || [ -n "$mm_cron_pid" ] || read -r mm_cron_pid <$mm_file
    done
    # The number may be that of another process after a restart of a container.
    [ ! -f "/proc/${mm_cron_pid:-none}/comm" ] || read -r mm_line <"/proc/$mm_cron_pid/comm"
    case $mm_line in
    *cron*) ;;
    *) return 1 ;;
    esac
    if [ "$mm_line" = cron ] || ! mm_has_busybox crond; then
        mm_cron_file=$mm_guard_cron_file mm_cron_user='root '
        [ -d /etc/cron.d ]
        return
    fi
    for mm_folder in $mm_crontab_folders; do
        mm_cron_file=$mm_folder/root
        [ ! -d "$mm_folder" ] || return 0
    done
    return 1
}

# Whether the guard is started again after a reboot. Without that, the day of expiry ends the account.
mm_guard_is_kept() {
    { [ -d /run/systemd/system ] && [ -f $mm_guard_unit_file ]; } || { mm_find_cron && mm_has_cron_line; }
}

# Removes what starts the guard again, and its files.
mm_forget_guard() {
    mm_delete_existing $mm_guard_cron_file
    for mm_folder in $mm_crontab_folders; do
        mm_cron_file=$mm_folder/root
        if mm_has_cron_line; then
            sed -i "\\|$mm_state/guard|d" "$mm_cron_file"
            mm_tell_cron
        fi
    done
    rm -f "$mm_state/guard" "$mm_state"/guard.*
    if mm_exists $mm_guard_unit_file; then
        rm -f $mm_guard_unit_file $mm_guard_wants/$mm_guard_unit
        # Else a unit that was there at the boot is kept in memory.
        mm_best_effort systemctl daemon-reload
    fi
}

# ---- guard ----------------------------------------------------------------------------------------------------------

# The guard: one process for all accounts of the machine. It measures time since boot, as clocks may jump. It reads the
# ends anew in each round, so nothing has to be told to it. It ends with the last account.
mm_guard() {
    mm_open_lock 8 "$mm_state/guard.lock" || exit 1
    mm_tries=0
    until flock -n 8; do
        mm_tries=$((mm_tries + 1))
        [ $mm_tries -le 3 ] || exit 0
        mm_pause
    done
    mm_read_boot
    mm_uptime
    echo "$$ $mm_guard_version $mm_now" >"$mm_state/guard.pid"
    mm_guard_round=0 mm_warned=' ' mm_began=$mm_now
    mm_read_seen
    while :; do
        mm_guard_accounts
        # For the next boot. It comes after the accounts, which may still need what it says of the last one.
        if [ $((mm_guard_round % 12)) -eq 1 ]; then mm_try 'mm_note_round'; fi
        mm_guard_round=$((mm_guard_round + 1))
        # In a shell of its own, as some shells would close the file of the lock while the command runs.
        mm_try "(exec 8>&- && exec sleep $mm_guard_interval)"
    done
}

# Runs a command that needs a new process. Where none can be started, because a user has filled the table of processes,
# the shell would end without "command".
mm_try() {
    command eval "$1"
}

mm_note_round() {
    mm_read_clock
    mm_replace "$mm_state/guard.seen" "$mm_boot $mm_now $mm_clock"
}

# One round over all accounts. Ends the guard when there is none.
mm_guard_accounts() {
    mm_any=
    mm_uptime
    for mm_file in "$mm_state"/ends/*; do
        mm_account=${mm_file##*/}
        case $mm_account in
        '*' | *.*) continue ;;
        esac
        mm_any=yes
        mm_name_files
        mm_read_end || continue
        if mm_is_due; then
            # Once its access is ended, a check each minute is enough.
            if [ "$mm_end_is_cut" = no ] || [ $((mm_guard_round % 12)) -eq 0 ]; then mm_end_access; fi
        elif [ $((mm_guard_round % 3)) -eq 0 ] && [ "$mm_end_warnings" != - ]; then
            mm_try mm_warn
        fi
    done
    [ -n "$mm_any" ] || mm_try '! (mm_leave) || exit 0'
}

# Sets $mm_left to the seconds until the end last read. Whether they and the grace have passed.
mm_is_due() {
    [ "$mm_end_boot" = "$mm_boot" ] || mm_try mm_carry_over
    mm_left=$((mm_end - mm_now))
    [ $((mm_left + mm_end_grace)) -le 0 ]
}

# After a reboot: the account has the time left that it had in the guard's last round before, less the time that the
# machine was off, by the clock. A clock that was set back does not give more time than that; one that was not set yet
# before the reboot does not tell how long the machine was off.
mm_carry_over() {
    mm_since=$mm_end_at mm_since_clock=$mm_end_clock
    if [ "$mm_seen_boot" = "$mm_end_boot" ] && [ "$mm_seen_at" -ge "$mm_end_at" ]; then
        mm_since=$mm_seen_at mm_since_clock=$mm_seen_clock
    fi
    mm_read_clock
    mm_off=$((mm_clock - mm_since_clock))
    [ "$mm_since_clock" -gt $mm_first_clock ] || mm_off=0
    # Where the end is computed in each round, no clock stops the time.
    [ $mm_off -ge $((mm_now - mm_began)) ] || mm_off=$((mm_now - mm_began))
    mm_end=$((mm_end - mm_since - mm_off + mm_now))
    # Where it cannot be written, it is computed again in each round.
    (exec 8>&- && mm_note_carried_over)
}

mm_note_carried_over() {
    mm_carried=$mm_end
    mm_acquire_lock
    # The service may have sent another end meanwhile.
    if ! mm_read_end || [ "$mm_end_boot" = "$mm_boot" ]; then exit; fi
    mm_end=$mm_carried mm_end_boot=$mm_boot mm_end_at=$mm_now mm_end_clock=$mm_clock
    mm_write_end
}

# Ends the access of an account that is due, in a process of its own, which is ended when it hangs. Where that does not
# succeed, as when the user has filled the table of processes, without starting any process first.
mm_end_access() {
    mm_start_cut
    # The service may have moved the end meanwhile.
    if mm_read_end && [ "$mm_end_is_cut" = no ] && mm_is_due; then
        for mm_signal in STOP KILL; do mm_signal_processes; done
        mm_start_cut
    fi
}

mm_start_cut() {
    # shellcheck disable=SC2016
    mm_try '(exec 8>&- && exec ${mm_timeout:+timeout -s KILL 90} /bin/sh "$mm_state/guard" CUT "$mm_account" "$mm_end_token $mm_end $mm_boot")'
    mm_uptime
}

# Sends $mm_signal to the processes of the account, by what the shell can do itself: while the number is provably that of
# our account, and of no other.
mm_signal_processes() {
    mm_read_record && [ "$mm_record_token" = "$mm_end_token" ] && [ -n "$mm_record_made" ] || return 0
    mm_is_ours=
    while IFS=: read -r mm_other _ mm_entry_uid _; do
        [ "$mm_entry_uid" = "$mm_record_uid" ] || continue
        [ "$mm_other" = "$mm_account" ] || return 0
        mm_is_ours=yes
    done </etc/passwd
    [ -n "$mm_is_ours" ] || return 0
    for mm_process in /proc/[0-9]*; do
        while read -r mm_word mm_uid _; do
            [ "$mm_word" = Uid: ] || continue
            [ "$mm_uid" != "$mm_record_uid" ] || kill -$mm_signal "${mm_process#/proc/}"
            break
        done <"$mm_process/status"
    done
}

# Ends the access of the account, if it is still ours: locks it, and ends its processes and sessions. The service removes
# the account later. The end of an earlier boot does not count: the guard hands over what it has computed from it.
mm_cut() {
    mm_read_end || exit
    # shellcheck disable=SC2086
    set -- $mm_guards_end
    if [ "$mm_end_boot" != "$3" ]; then
        [ "$mm_end_token" = "$1" ] || exit
        mm_read_clock
        mm_end=$2 mm_end_boot=$3 mm_end_at=$mm_now mm_end_clock=$mm_clock
    fi
    if [ $((mm_end + mm_end_grace)) -gt "$mm_now" ]; then exit; fi
    mm_token=$mm_end_token
    mm_first_uid=${mm_end_uids% *} mm_last_uid=${mm_end_uids#* }
    mm_name_files
    mm_classify_name
    if [ "$mm_name_is" != ours ]; then
        # Another program has the name by now, or there is no such account.
        if [ "$mm_name_is" = free ] || ! mm_entry_may_be_ours; then mm_delete_end; fi
        exit
    fi
    mm_uid=$mm_entry_uid mm_uids=$mm_entry_uid mm_name_was=ours
    if ! mm_is_locked; then
        mm_lock_account
        mm_classify_name
        mm_is_locked || mm_edit_shadow ! 1
    fi
    if mm_uid_is_anothers; then exit; fi
    mm_delete_jobs
    mm_kill_all
    mm_classify_name
    if [ "$mm_end_is_cut" = no ] && mm_is_locked; then
        mm_end_is_cut=yes
        mm_write_end
    fi
}

# Warns the user on each terminal once for each time before the end, and again after an extension.
mm_warn() {
    mm_before=
    IFS=,
    for mm_word in $mm_end_warnings; do
        # A warning that is as far from the end as the account's whole time would come at once.
        if [ "$mm_left" -le "$mm_word" ] && [ $((mm_end - mm_end_at)) -gt "$mm_word" ] &&
            [ "$mm_word" -lt "${mm_before:-999999999}" ]; then mm_before=$mm_word; fi
    done
    IFS=$mm_default_ifs
    [ -n "$mm_before" ] && [ "$mm_left" -gt 0 ] && mm_read_record || return 0
    # As of write(1): the owner lets others write to it.
    mm_terminals=$(find /dev/pts -maxdepth 1 -type c -user "$mm_record_uid" -perm -020)
    [ -n "$mm_terminals" ] || return 0
    mm_find_prompts
    mm_minutes=$(((mm_left + 59) / 60))
    for mm_terminal in $mm_terminals; do
        mm_number=${mm_terminal##*/}
        case $mm_number in
        *[!0-9]*) continue ;;
        esac
        case $mm_warned in
        *" $mm_account:$mm_end:$mm_before:$mm_number "*) continue ;;
        esac
        # The number by which the kernel names a terminal in /proc/PID/stat.
        case $mm_prompts in
        *" $((34816 + (mm_number & 255) + ((mm_number >> 8) << 20))) "*) ;;
        *) continue ;;
        esac
        mm_warned="$mm_warned$mm_account:$mm_end:$mm_before:$mm_number "
        # In the background, as a terminal can be stopped.
        # shellcheck disable=SC2016
        $mm_timeout /bin/sh -c 'printf "\r\n%s\r\n%s\r\n" "$2" "$3" >"$1"' sh "$mm_terminal" \
            "Your access to this machine ends at $mm_end_until, in $mm_minutes min." \
            "To extend: PATCH /requests/$mm_end_request {\"extend_minutes\": 60}" 8>&- &
    done
    # Forgetting repeats a warning at worst.
    [ ${#mm_warned} -le 20000 ] || mm_warned=' '
}

# Sets $mm_prompts to the terminals whose log-in shell is in the foreground: there the user is at a prompt, and no
# program's screen is spoiled.
mm_find_prompts() {
    # shellcheck disable=SC2016
    mm_prompts=$(awk '{
        name = $0; sub(/^[0-9]+ \(/, "", name); sub(/\) [^)]*$/, "", name)
        rest = $0; sub(/^.*\) /, "", rest); split(rest, f, " ")
        if (f[5] != 0 && f[3] == f[6] && f[3] == $1 && f[4] == $1 && name ~ /^-?(sh|ash|bash|busybox|dash|fish|ksh|mksh|zsh)$/)
            printf " %s ", f[5]
    }' <<EOF
$(cat /proc/[0-9]*/stat)
EOF
    )
}

# Removes the guard, under the lock of the machine, unless an account has come meanwhile. False when it stays.
mm_leave() {
    exec 9>>"$mm_state/lock" && flock -n 9 || exit 1
    ! mm_has_ends || exit 1
    mm_forget_guard
}

# Whether there is an account with an end.
mm_has_ends() {
    for mm_file in "$mm_state"/ends/*; do
        case ${mm_file##*/} in
        '*' | *.*) ;;
        *) return 0 ;;
        esac
    done
    return 1
}

# ---- remove ---------------------------------------------------------------------------------------------------------

mm_remove() {
    mm_raise_fence
    mm_classify_name
    if mm_record_matches; then
        mm_uid=$mm_record_uid
        if [ "$mm_name_is" = another ]; then
            ! mm_entry_may_be_ours || mm_fail \
                "the account could not be removed: its name has the number $mm_entry_uid by now, which is not the one it was given"
            mm_erase_number_only || mm_fail "the account could not be removed: $mm_left"
            mm_answer_absent 'the name belongs to an account that is not ours'
        fi
        # A user with sudo may have given it another number.
        [ "$mm_name_is" != ours ] || [ "$mm_entry_uid" = "$mm_uid" ] || ! mm_find_owner || mm_uids="$mm_entry_uid $mm_uid"
    else
        case $mm_name_is in
        free) mm_answer_absent 'there is no such account' ;;
        another)
            # Only we make a sudo rule of that file name, and it goes together with the record. So a user with sudo has
            # removed the record.
            ! mm_exists "$mm_sudo_rule" || mm_fail \
                "the account could not be removed: $mm_sudo_rule is ours, but what proves the account $mm_account to be ours is gone"
            mm_answer_absent 'the name belongs to an account that is not ours'
            ;;
        esac
        mm_uid=$mm_entry_uid
    fi
    mm_erase || mm_fail "the account could not be removed: $mm_left"
    mm_answer_absent 'the account is removed'
}

# Answers that the account is absent. That holds only behind the fence: otherwise a late worker could still make the
# account.
mm_answer_absent() {
    mm_delete_end
    # Of a guard that did not start, or was removed by a user with sudo.
    for mm_file in "$mm_state/guard" $mm_guard_cron_file $mm_guard_unit_file; do
        if [ -f "$mm_file" ] && ! mm_guard_runs && ! mm_has_ends; then
            mm_kill_guard
            mm_forget_guard
        fi
    done
    mm_raise_fence || mm_fail "$mm_unwritable"
    mm_answer DONE "$1"
}

# Removes what has the number of our account, but nothing that is found by its name, which another account has by now.
# False, with the reason in $mm_left, when a process may be left.
mm_erase_number_only() {
    mm_delete_existing "$mm_sudo_rule" "$mm_sudo_rule.new"
    mm_uid=$mm_record_uid mm_uids=$mm_record_uid mm_name_was=another
    if [ -n "$mm_record_made" ] && ! mm_uid_is_anothers; then
        mm_kill_processes
        mm_delete_files
        if mm_has_processes || [ -n "$mm_unlistable" ]; then
            mm_left="a process of it may be left, and its name is another account's by now"
            return 1
        fi
    fi
    mm_delete_end "$mm_record_file"
}

# Removes everything of the account $mm_account, whose name was just found to be ours or free, and of the number
# $mm_uid. False when something is left, which $mm_left then names. Each step may find nothing to do.
mm_erase() {
    mm_cause='' mm_name_was=$mm_name_is mm_gid=${mm_entry_gid:-$mm_uid} mm_uids=${mm_uids:-$mm_uid}
    mm_delete_existing "$mm_sudo_rule" "$mm_sudo_rule.new"
    [ "$mm_name_is" != ours ] || mm_lock_account
    for mm_uid in $mm_uids; do
        mm_left="its number $mm_uid is that of another account too"
        ! mm_uid_is_anothers || return 1
    done
    for mm_uid in $mm_uids; do mm_delete_jobs; done
    mm_kill_all
    mm_delete_account
    # Again, for a log-in that was under way while the entry went.
    mm_kill_all
    for mm_uid in $mm_uids; do mm_delete_files; done
    if ! mm_verify_gone; then
        for mm_uid in $mm_uids; do mm_delete_deep_folders; done
        # The disk may have been too full to write the account list anew.
        mm_delete_account
        mm_verify_gone || return 1
    fi
    mm_delete_end "$mm_record_file"
}

mm_kill_all() {
    for mm_uid in $mm_uids; do mm_kill_processes; done
    mm_kill_sessions
}

# Keeps new sessions out. The expiry date also counts for log-ins by key. The command waits for the lock of the account
# list, which another program may hold for long.
mm_lock_account() {
    mm_change_limit=5 mm_holder=
    if mm_has usermod; then
        mm_change_list usermod -L -e 1 "$mm_account"
    else
        mm_change_list passwd -l "$mm_account"
    fi
    if [ $mm_status -ne 0 ]; then
        mm_edit_shadow ! 1
        mm_find_list_holder
    fi
    [ -n "$mm_holder" ] || mm_change_limit=$mm_half_limit
}

# Rewrites the line of the account in /etc/shadow without the usual commands, where they fail because another program
# keeps the list locked, and where there are none: $1 is "!" to lock the password, or empty to unlock it if there is one,
# and the account expires on the day $2. Does not replace a file that changes meanwhile.
mm_edit_shadow() {
    [ -w /etc/shadow ] || return 1
    # Not in our folder, which may be read-only by now.
    mm_new=/etc/.machine-manager.shadow
    cp -p /etc/shadow $mm_new.old && cp -p /etc/shadow $mm_new &&
        sed -E "s/^($mm_account:)!+([^:])/\1\2/;s/^($mm_account:)([^:]*(:[^:]*){5}:)[^:]*:/\1$1\2$2:/" $mm_new.old >$mm_new &&
        cmp -s /etc/shadow $mm_new.old && mv -f $mm_new /etc/shadow && mm_best_effort restorecon /etc/shadow
    mm_delete_existing $mm_new $mm_new.old
}

# ---- remove: verification -------------------------------------------------------------------------------------------

# Whether nothing of the account is left; else $mm_left names what is.
mm_verify_gone() {
    mm_left=
    mm_classify_name
    case $mm_name_is in
    ours) mm_left="its entry in the account list (${mm_cause:-it is there again})" ;;
    # Added by another program since our entry was removed.
    another) ;;
    esac
    if [ "$mm_name_is" != another ]; then
        [ -z "$mm_in_shadow" ] || mm_left="$mm_left, its password"
        ! mm_has_own_group || mm_left="$mm_left, its group"
        [ -z "$mm_in_groups" ] || mm_left="$mm_left, its name in the group$mm_in_groups"
        [ -z "$mm_in_subids" ] || mm_left="$mm_left, its subordinate numbers"
        ! mm_has_jobs || mm_left="$mm_left, a job in $mm_folder"
        [ -z "$mm_in_sudoers" ] || mm_left="$mm_left, a sudo rule for its name"
    fi
    for mm_uid in $mm_uids; do
        ! mm_has_processes || mm_left="$mm_left, a process that cannot be ended"
        ! mm_has_mounts || mm_left="$mm_left, a file system of its own"
        ! mm_home_is_ours || mm_left="$mm_left, its folder $mm_home$(mm_snapshot_hint "$mm_home")"
        ! mm_exists "/run/user/$mm_uid" || mm_left="$mm_left, its folder /run/user/$mm_uid"
        ! mm_has_files || mm_left="$mm_left, files in $mm_folder"
        [ -z "$mm_unlistable" ] || mm_left="$mm_left, $mm_unlistable, which cannot be listed"
        ! mm_has_ipc || mm_left="$mm_left, shared memory or queues"
    done
    mm_left=${mm_left#, }
    [ -z "$mm_left" ] || [ "$mm_name_is" = ours ] || mm_left="$mm_left${mm_cause:+ ($mm_cause)}"
    [ -z "$mm_left" ]
}

# ---- remove: processes ----------------------------------------------------------------------------------------------

# A process may fork faster than it is found. So from the second round on, all are stopped before any is killed, and the
# kernel is asked to kill all processes of the user in one step, where it can.
mm_kill_processes() {
    mm_round=0
    while mm_has_processes; do
        mm_round=$((mm_round + 1))
        [ $mm_round -le 40 ] || return 1
        if [ $mm_round -gt 1 ]; then
            mm_kill_at_once
            mm_stop_processes
            mm_has_processes || break
            mm_pause
        fi
        # shellcheck disable=SC2086
        kill -KILL $mm_pids
    done
}

# Whether the account has living processes: those with its number as real, effective, saved or file system uid. An
# answer of no counts only while $mm_unlistable is empty.
mm_has_processes() {
    mm_list_processes ''
    [ -n "$mm_pids" ]
}

# Sets $mm_pids to them, without those in the states $1. The output must list this shell twice, in its place and at the
# end. Otherwise not all processes were listed, and finding none means nothing. A process whose first thread has ended
# looks dead while its other threads live on.
mm_list_processes() {
    mm_grep_processes status -ashE \
        "^State:|^Pid:|^Uid:(${mm_tab}[0-9]+)*$mm_tab$mm_uid($mm_tab|\$)|^Threads:$mm_tab([2-9]|1.)"
    mm_pids='' mm_self='' mm_dead_leader=''
    IFS=$mm_newline
    for mm_entry in $mm_found; do
        case $mm_entry in
        "State:$mm_tab"[ZX]*) mm_process_state=dead ;;
        "State:$mm_tab"[X$1]*) mm_process_state=passed ;;
        State:*) mm_process_state= ;;
        "Pid:$mm_tab$$") mm_pid=$$ mm_self=$mm_self. ;;
        Pid:*) mm_pid=${mm_entry#*"$mm_tab"} ;;
        Uid:*)
            case $mm_process_state in
            '') mm_pids="$mm_pids$mm_pid " ;;
            dead) mm_dead_leader=$mm_pid ;;
            esac
            ;;
        Threads:*) [ "$mm_dead_leader" != "$mm_pid" ] || mm_pids="$mm_pids$mm_pid " ;;
        esac
    done
    IFS=$mm_default_ifs
    mm_unlistable=
    [ "$mm_self" != .. ] || return 0
    mm_unlistable=processes
    # Not every shell has a status of its own for a command line that is too long.
    [ -n "$mm_use_xargs" ] || {
        mm_use_xargs=yes
        mm_list_processes "$1"
    }
}

# Sets $mm_found to what grep finds in the file $1 of each process, that of this shell last. When they do not fit on one
# command line, it sets $mm_use_xargs.
mm_grep_processes() {
    if [ -n "$mm_use_xargs" ]; then
        mm_found=$(printf '%s\n' /proc/[0-9]*/"$1" /proc/$$/"$1" | xargs grep "$2" "$3")
    else
        mm_found=$(grep "$2" "$3" /proc/[0-9]*/"$1" /proc/$$/"$1")
        [ $? -le 2 ] || {
            mm_use_xargs=yes
            mm_grep_processes "$@"
        }
    fi
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

mm_kill_at_once() {
    mm_file=/sys/fs/cgroup/user.slice/user-$mm_uid.slice/cgroup.kill
    [ ! -w "$mm_file" ] || echo 1 >"$mm_file"
    if mm_has setpriv && setpriv --reuid="$mm_uid" --clear-groups true; then
        mm_best_effort setpriv --reuid="$mm_uid" --clear-groups /bin/sh -c 'kill -KILL -1'
    else
        # The name may have got another number since.
        mm_best_effort su -s /bin/sh "$mm_account" -c "[ \"\$(id -u)\" = $mm_uid ] && kill -KILL -1"
    fi
}

# The part of an sshd session that runs as root ends by itself with its child. But one that is still at the log-in has
# no child of the user yet.
mm_kill_sessions() {
    [ "$mm_name_was" = ours ] || return 0
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

# ---- remove: jobs and state -----------------------------------------------------------------------------------------

# Removes jobs that would run later, and ends sessions that systemd keeps without a log-in.
mm_delete_jobs() {
    # shellcheck disable=SC2086
    find $mm_spool_folders -xdev -depth -mindepth 1 -user "$mm_uid" -delete
    if [ -d /run/systemd/system ]; then
        mm_best_effort loginctl disable-linger "$mm_uid"
        mm_best_effort loginctl kill-user -s KILL "$mm_uid"
        mm_best_effort loginctl terminate-user "$mm_uid"
    fi
    [ "$mm_name_is" = another ] || mm_delete_jobs_of_name
}

mm_delete_jobs_of_name() {
    for mm_folder in $mm_crontab_folders; do
        [ -f "$mm_folder/$mm_account" ] || continue
        rm -f "$mm_folder/$mm_account"
        # busybox's crond goes on with the jobs that it has read, for a new account of that name too, unless it is told.
        if mm_has crond && ! mm_has cron; then echo "$mm_account" >>"$mm_folder/cron.update"; fi
    done
    mm_delete_existing "/var/lib/systemd/linger/$mm_account"
}

# Whether a job of the account is left, found by name; $mm_folder is the place.
mm_has_jobs() {
    for mm_folder in $mm_crontab_folders /var/lib/systemd/linger; do
        ! mm_exists "$mm_folder/$mm_account" || return 0
    done
    return 1
}

# Removes what programs keep under the name or the number and what would outlive the account: counted log-in failures,
# mail, time stamps of sudo and of log-ins, old passwords, quotas. This is also done before a new account gets the name.
mm_delete_kept_state() {
    mm_delete_jobs_of_name
    # grep finds words such as dir, = and a folder, of which only the last passes the test below. Other modules have
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
    # shellcheck disable=SC2013 # names without spaces
    for mm_file in $(grep -lsE "^($mm_account|$mm_uid):" /etc/security/opasswd /etc/subuid /etc/subgid); do
        sed -i "/^$mm_account:/d; /^$mm_uid:/d" "$mm_file"
    done
    [ ! -e /var/log/tallylog ] || mm_best_effort pam_tally2 --user "$mm_account" --reset --quiet
    [ ! -e /var/lib/lastlog/lastlog2.db ] || mm_best_effort lastlog2 --clear --user "$mm_account"
    mm_best_effort setquota -u "$mm_uid" 0 0 0 0 -a
}

# ---- remove: account ------------------------------------------------------------------------------------------------

mm_delete_account() {
    mm_classify_name
    if [ "$mm_name_is" = ours ]; then
        if [ -n "$mm_in_groups" ]; then
            for mm_group in $mm_in_groups; do mm_remove_from_group; done
            mm_classify_name
        fi
        [ "$mm_name_is" != ours ] || mm_delete_user
        mm_classify_name
    fi
    [ "$mm_name_is" = free ] || return 0
    if mm_has_own_group; then
        if mm_has groupdel; then
            mm_change_list groupdel "$mm_account"
        else
            mm_change_list delgroup "$mm_account"
        fi || mm_note_cause
    fi
    # A userdel that was killed leaves the password behind, which no command removes. Given an entry for it, userdel
    # does.
    if [ -n "$mm_in_shadow" ] && mm_has useradd; then
        mm_change_list useradd -c "$mm_mark" -M -N -d "$mm_home" -u "$mm_uid" "$mm_account" && mm_delete_user
    fi
}

# Group members are kept by name, and a user with sudo may have put the account into groups.
mm_remove_from_group() {
    if mm_has gpasswd; then
        mm_change_list gpasswd -d "$mm_account" "$mm_group"
    else
        mm_change_list delgroup "$mm_account" "$mm_group"
    fi
}

mm_delete_user() {
    if mm_has userdel; then
        # Without -f it refuses while there is a process, even a dead one that no parent has waited for.
        mm_change_list userdel "$mm_account" || {
            mm_find_list_holder
            [ -z "$mm_holder" ] && mm_change_list userdel -f "$mm_account"
        } || mm_note_cause
    elif mm_has_busybox deluser; then
        mm_change_list deluser "$mm_account" || mm_note_cause
    else
        echo 'the machine has neither userdel nor deluser' >"$mm_state/said"
        mm_note_cause
    fi
}

# Whether the group that has the name is the account's own.
mm_has_own_group() {
    case $mm_group_ids in
    *" $mm_gid "* | *" $mm_uid "*) ;;
    *) return 1 ;;
    esac
}

# ---- remove: files --------------------------------------------------------------------------------------------------

mm_delete_files() {
    mm_delete_jobs
    ! mm_home_is_ours || mm_delete_tree "$mm_home"
    mm_delete_tree "/run/user/$mm_uid"
    [ "$mm_name_is" = another ] || mm_delete_kept_state
    while mm_has_mounts; do
        mm_unmount "$mm_mounted" || break
    done
    # shellcheck disable=SC2086 # find passes over folders that are not there, or are links
    find $mm_shared_folders -xdev -depth -mindepth 1 -user "$mm_uid" -delete
    for mm_folder in $mm_shared_folders; do mm_delete_subvolumes "$mm_folder"; done
    mm_delete_ipc
}

# Whether the folder at the place of the home is the account's: we made it and the account was still there when the
# removal began, or its owner has the number. A home that a crash left before it got its owner is empty, and is removed
# here.
mm_home_is_ours() {
    mm_exists "$mm_home" || return 1
    [ "$mm_name_was:$mm_record_home" != ours:yes ] || return 0
    [ -z "$(find "$mm_home" -maxdepth 0 -user "$mm_uid")" ] || return 0
    [ "$mm_name_is" = another ] || [ -n "$mm_record_ready" ] || rmdir "$mm_home"
    return 1
}

# Whether a file of the account is left in a shared folder; $mm_folder is the place. An answer of no counts only while
# $mm_unlistable is empty.
mm_has_files() {
    # shellcheck disable=SC2086
    mm_has_files_in $mm_shared_folders
    case $? in
    0) for mm_folder in $mm_shared_folders; do ! mm_has_files_in "$mm_folder" || return 0; done ;;
    1) return 1 ;;
    *)
        mm_unlistable=${mm_unlistable:-files}
        return 1
        ;;
    esac
}

# The last path that find comes to is a file of our own. When find does not print it, find has not come to its end, for
# which the status is 2.
mm_has_files_in() {
    find "$@" "$mm_state" -xdev -mindepth 1 \( -user "$mm_uid" -o -path "$mm_state/said" \) | {
        read -r mm_line || exit 2
        [ "$mm_line" != "$mm_state/said" ]
    }
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

# Moves folders up whose path is longer than a path may be, in pieces of twelve levels, which always fit. Each piece
# gets a name of its own, the process id of the shell that moves it: a user may have given the same name to all of them,
# and may have made folders with names that we would use.
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

# Removes what find could not empty, because folders are nested too deep for a path. What others have put there stays.
mm_delete_deep_folders() {
    for mm_folder in $mm_shared_folders; do
        for mm_top in "$mm_folder"/* "$mm_folder"/.[!.]* "$mm_folder"/..?*; do
            if [ ! -d "$mm_top" ] || [ -L "$mm_top" ]; then continue; fi
            [ -n "$(find "$mm_top" -maxdepth 0 -user "$mm_uid")" ] || continue
            mm_flatten "$mm_top"
            for mm_piece in "$mm_top"/.machine-manager-*; do
                [ ! -d "$mm_piece" ] || chown -h "$mm_uid" "$mm_piece"
            done
            find "$mm_top" -xdev -depth -user "$mm_uid" -delete
        done
    done
}

# Whether a file system is mounted that the account has mounted by itself; $mm_mounted is the place. Root cannot look
# into it, so its owner is not seen from there.
mm_has_mounts() {
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

# A user can make subvolumes of btrfs, read-only ones too, which neither rm nor find can empty. The root of each has
# inode 256. Where there is no btrfs command to make them writable, perl or python can ask the kernel for it.
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

# Prints a hint where a subvolume is left.
mm_snapshot_hint() {
    grep -qs ' btrfs ' /proc/mounts && [ -n "$(find "$1" -type d -inum 256)" ] || return 0
    printf ' (a read-only btrfs snapshot in it can be deleted only with btrfs-progs, perl or python3)'
}

# ---- remove: shared memory ------------------------------------------------------------------------------------------

mm_delete_ipc() {
    if mm_has ipcrm && mm_has_ipc; then
        for mm_object in $mm_objects; do ipcrm "${mm_object%:*}" "${mm_object#*:}"; done
    fi
}

# Whether there are System V shared memory segments, queues or semaphores that the account owns or made. They outlive
# every process that uses them.
mm_has_ipc() {
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
            # The owner's uid, its gid, and the uid of the creator.
            if [ "$1" = "$mm_uid" ] || [ "$3" = "$mm_uid" ]; then mm_objects="$mm_objects $mm_option:$mm_id"; fi
        done <"$mm_list"
    done
    [ -n "$mm_objects" ]
}

# ---- probe ----------------------------------------------------------------------------------------------------------

# Lists all our accounts, also those that a removal has only taken out of the list so far. Takes no lock, since it
# changes nothing and must not wait for work that is under way. The dot shows that the answer is whole.
mm_probe() {
    mm_found='' mm_names=' '
    mm_read_boot
    mm_uptime
    while IFS=: read -r mm_account _ mm_entry_uid _ mm_entry_comment _; do
        mm_name_files
        if mm_find_owner; then
            mm_add_found "$mm_owner"
        elif mm_token=$mm_record_token && mm_entry_may_be_ours; then
            # Its removal will say what is wrong with it.
            mm_add_found "$mm_record_token"
        fi
        mm_names="$mm_names$mm_account "
    done </etc/passwd
    for mm_record_file in "$mm_state"/accounts/*; do
        mm_account=${mm_record_file##*/}
        case $mm_account in
        *.*) continue ;;
        esac
        case $mm_names in
        *" $mm_account "*) continue ;;
        esac
        mm_name_files
        ! mm_read_record || mm_add_found "$mm_record_token"
    done
    # A name that no account has stands for all new ones.
    mm_account=machine-manager-probe mm_outcome=''
    mm_check_tools || mm_outcome=UNUSABLE
    [ -n "$mm_outcome" ] || mm_check_login || [ "$mm_outcome" = UNUSABLE ] || mm_problem=
    mm_describe_machine
    mm_answer FOUND "$mm_found. {$mm_facts}${mm_problem:+ $mm_problem}"
}

# Adds the account to what was found, with the token $1, and the seconds until its end if the guard knows one.
mm_add_found() {
    mm_found="$mm_found$mm_account=$1"
    if mm_read_end && [ "$mm_end_token:$mm_end_boot" = "$1:$mm_boot" ]; then mm_found="$mm_found/$((mm_end - mm_now))"; fi
    mm_found="$mm_found "
}

# Adds the fact $1=$2, unless the value would break the answer.
mm_add_fact() {
    case $2 in
    '' | *[!A-Za-z0-9._-]*) ;;
    *) mm_facts="$mm_facts $1=$2" ;;
    esac
}

# Sets mm_facts to what the machine is, as name=value: kernel, arch, os, os_version, cores, memory and disk and
# disk_free (KiB), load (of the last minute), and the version of the guard while one runs. In a container, its limits
# count, and not the memory of its host.
mm_describe_machine() {
    mm_facts='' mm_value=''
    ! read -r mm_value </proc/sys/kernel/osrelease || mm_add_fact kernel "$mm_value"
    read -r mm_value </proc/sys/kernel/arch || mm_value=$(uname -m)
    mm_add_fact arch "$mm_value"
    mm_describe_os
    mm_describe_cores
    mm_describe_memory
    ! read -r mm_value _ </proc/loadavg || mm_add_fact load "$mm_value"
    mm_describe_disk
    ! mm_guard_runs || mm_add_fact guard "$mm_running_version"
}

# Of the file system of /, which is where the homes are on most machines.
mm_describe_disk() {
    # shellcheck disable=SC2046
    set -- $($mm_timeout df -Pk / 3>&- | tail -n 1)
    [ $# -ge 6 ] || return 0
    mm_add_fact disk "$2"
    mm_add_fact disk_free "$4"
}

mm_describe_os() {
    # A user with sudo may have put anything there, such as a pipe that nobody writes to.
    [ -f /etc/os-release ] || return 0
    mm_count=0
    while IFS='=' read -r mm_name mm_value && [ $((mm_count += 1)) -le 50 ]; do
        mm_value=${mm_value#[\"\']}
        mm_value=${mm_value%[\"\']}
        case $mm_name in
        ID) mm_add_fact os "$mm_value" ;;
        VERSION_ID) mm_add_fact os_version "$mm_value" ;;
        esac
    done </etc/os-release
}

# The cores are a list such as 0-3,8.
mm_describe_cores() {
    mm_list='' mm_count=0
    read -r mm_list </sys/fs/cgroup/cpuset.cpus.effective
    [ -n "$mm_list" ] || read -r mm_list </sys/devices/system/cpu/online
    IFS=,
    for mm_value in $mm_list; do
        case $mm_value in
        *[!0-9-]* | -* | *- | *-*-* | 0[0-9]* | *-0* | *??????????*) mm_count=0 && break ;;
        esac
        mm_count=$((mm_count + ${mm_value#*-} - ${mm_value%-*} + 1))
    done
    IFS=$mm_default_ifs
    [ "$mm_count" -gt 0 ] || mm_count=$(nproc)
    mm_add_fact cores "$mm_count"
}

mm_describe_memory() {
    mm_limit_bytes='' mm_value=''
    read -r _ mm_value _ </proc/meminfo
    read -r mm_limit_bytes </sys/fs/cgroup/memory.max
    case $mm_limit_bytes in
    '' | *[!0-9]* | 0* | *????????????????*) ;;
    *) [ "$((mm_limit_bytes / 1024))" -gt "${mm_value:-0}" ] || mm_value=$((mm_limit_bytes / 1024)) ;;
    esac
    mm_add_fact memory "$mm_value"
}

# ---- main -----------------------------------------------------------------------------------------------------------

mm_main() {
    # The output of the commands must not mix with the answer, and an answer that nobody waits for must not stop the
    # work.
    exec 3>&1 >/dev/null 2>&1 </dev/null
    trap '' HUP PIPE
    umask 077
    cd / || mm_fail 'the machine has no root folder'
    mm_name_files
    [ "$mm_action" = GUARD ] || [ "$mm_action" = CUT ] || mm_check_input
    mm_half_limit=$((mm_limit / 2)) mm_change_limit=$((mm_limit / 2)) mm_said=$mm_state/said
    # The time limit for commands that only read or help; empty where there is no timeout command that works. busybox's
    # lives on for a second, in which it must not keep the answer's output open. Hence 3>&- after $mm_timeout, and 9>&-
    # for the lock.
    mm_timeout='timeout -s KILL 5'
    $mm_timeout true 3>&- || mm_timeout=
    [ "$mm_action" != PROBE ] || mm_probe
    mm_use_xargs='' mm_uid='' mm_uids='' mm_gid='' mm_cause='' mm_expiry_day=''
    [ "$mm_action" != GUARD ] || mm_guard
    mm_acquire_lock
    case $mm_action in
    CUT) mm_cut ;;
    CREATE) mm_create ;;
    PASSWORD) mm_change_password ;;
    END) mm_move_end ;;
    REMOVE) mm_remove ;;
    *) mm_fail 'the action is not known' ;;
    esac
}

mm_main
