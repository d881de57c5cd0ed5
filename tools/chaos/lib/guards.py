"""Checks from outside that access to each account ends at its end and not before, also while nothing of the service runs.

A machine that is lent has a guard: a process that ends access to an account when its end and the grace have passed. These
checks read the machine's account files and processes through the host. They hold each account against its own end: the
time of the last answer that gave or moved it.

What is claimed:
- From the end, the grace and CUT_WITHIN on, no process and no session of the account is on the machine, and its entry is
  locked for passwords and expired for keys, or gone. Time counts in which the machine is on and runs at its normal speed.
- Before its end no account is locked or expired, unless its client has given it back.
- A lent machine always has its guard. A guard that a fault has ended is excused until it could be back: until cron could
  have started it, where the fault left its files and cron line, or until a probe could have found and repaired that. A probe
  mends only reservations whose end has not come; after that the service removes the account.
- When no account is left, nothing of a guard is left.
"""

import re
import time
from dataclasses import dataclass, field

from stage import GRACE, PROBE_INTERVAL

# The guard's files on a machine, without the first slash.
STATE = "var/lib/machine-manager"
CRON_FILE = "etc/cron.d/machine-manager-guard"
CRONTAB = "var/spool/cron/crontabs/root"
UNITS = ("etc/systemd/system/machine-manager-guard.service",
         "etc/systemd/system/multi-user.target.wants/machine-manager-guard.service")
GUARD = f"/{STATE}/guard"
SESSION = re.compile(r"^sshd(?:-session)?: ([a-z_][a-z0-9_-]*)@")

# How long after the end and the grace access may be open, in seconds: the end on a machine may differ by half of the grace
# before a probe corrects it, the guard looks every 5 seconds, and it takes a moment to end everything.
CUT_WITHIN = GRACE / 2 + 5 + 2.5
# How long a probe needs at most to find that a guard is missing and to start it: it comes at intervals, and a probe that
# meets other work on the account leaves the guard to the next one.
MENDED_WITHIN = 2 * PROBE_INTERVAL + 10
# Cron starts a guard at each full minute.
CRON_WITHIN = 60 + 15
# A guard may be missing for as long while a machine gets a new one.
REPLACED_WITHIN = 5


@dataclass
class Running:
    """What runs on a machine at one moment: ids of users, accounts with a session, and whether a guard does."""

    uids: set = field(default_factory=set)
    sessions: set = field(default_factory=set)
    guard: bool = False

    def add(self, uids, command):
        """Adds a process, with the words of its command line."""
        self.uids |= uids
        if command and (session := SESSION.match(command[0])):
            self.sessions.add(session.group(1))
        self.guard |= is_guard(command)


def is_guard(command):
    """Whether a command line is that of a guard, and not of what it runs to end access."""
    return command[1:] == [GUARD]


@dataclass
class Lost:
    """A guard that a fault has ended."""

    # Whether the fault left what lets cron start it again.
    cron: bool
    since: float
    # For how many seconds in a row a probe could have repaired it, and for how many the machine has worked.
    mendable: float = 0.0
    working: float = 0.0
    over: bool = False

    def age(self, passed, can_mend, works, patience):
        """Counts the time that has passed."""
        self.mendable = self.mendable + passed if can_mend else 0.0
        self.working += passed if works else 0.0
        if self.mendable > MENDED_WITHIN * patience or self.cron and self.working > CRON_WITHIN * patience:
            self.over = True


def shadow_entry(text, account):
    """The fields of an account in the text of a shadow file; None when it has no entry."""
    return next((line.split(":") for line in text.splitlines() if line.startswith(account + ":")), None)


def locks_of(entry, now):
    """Whether a shadow entry is locked for passwords, and whether it has expired, for keys too."""
    day = entry[7] if len(entry) > 7 else ""
    return entry[1].startswith(("!", "*")), day.isdigit() and int(day) <= now // 86400


class GuardWatch:
    """Compares the ends of all accounts with what the machines let in."""

    def __init__(self, stage, ledger, faults):
        self.stage, self.ledger, self.faults = stage, ledger, faults
        self.missing = dict.fromkeys(stage.machines, 0.0)

    # ------------------------------------------------------------------------------------------------ on a machine

    def shadow(self, name):
        """The text of a machine's shadow file."""
        machine = self.stage.machines[name]
        own = machine.disk / "etc/shadow"
        try:
            return (own if own.exists() else machine.lower / "etc/shadow").read_text(errors="replace")
        except OSError:
            return ""

    def open_ways(self, presence, running):
        """What access to an account is open: a process, a session, or a log-in."""
        ways = ["a process"] if presence.uid in running.uids else []
        ways += ["a session"] if presence.account in running.sessions else []
        # An account that is out of the list cannot log in.
        entry = shadow_entry(self.shadow(presence.machine), presence.account) if presence.until is None else None
        if entry:
            locked, expired = locks_of(entry, time.time())
            ways += [] if locked else ["its password"]
            ways += [] if expired else ["its key"]
        return ways

    def is_whole(self, name, account, running):
        """Whether the guard of a machine runs, has its files, and knows the account."""
        state = self.stage.machines[name].disk / STATE
        files = (state / "guard", state / "guard.pid", state / "ends" / account)
        return running.guard and all(path.is_file() for path in files)

    def works(self, name):
        """Whether the processes of a machine run at their normal speed."""
        return self.stage.machines[name].pid() is not None and not self.faults.stopped(name)

    # ------------------------------------------------------------------------------------------------- the checks

    def look(self, presences, running, passed):
        """Checks all accounts. `passed` are the seconds since the last call."""
        now = time.time()
        for name in self.stage.machines:
            here = [p for p in presences if p.machine == name]
            on = running.get(name, Running())
            works = self.works(name)
            self.look_for_guard(name, here, on, passed if works else 0.0, now)
            for presence in here:
                self.check_late(presence, on, passed, works, now)

    def look_for_guard(self, name, here, running, passed, now):
        """Checks that a lent machine has its guard."""
        lent = [p for p in here if self.is_lent(p, now)]
        lost = self.faults.lost.get(name)
        if not lent:
            self.missing[name] = 0.0
        elif passed and all(self.is_whole(name, p.account, running) for p in lent):
            self.missing[name] = 0.0
            if lost:
                self.faults.lost.pop(name, None)
                self.ledger.note(f"the guard is back after {now - lost.since:.1f} s", name)
        elif lost is None or lost.over:
            self.missing[name] += passed
            if self.missing[name] > REPLACED_WITHIN * self.stage.patience:
                self.missing[name] = float("-inf")
                self.ledger.violation("no_guard", f"{name} is lent to {lent[0].account} and has no guard"
                                      + (f", {now - lost.since:.0f} s after it was ended" if lost else ""), name)
        if lost:
            calm = self.faults.calm(name) and not self.faults.broken("ansible")
            lost.age(passed, bool(lent) and calm, passed > 0, self.stage.patience)

    @staticmethod
    def is_lent(presence, now):
        """Whether an answer has said that the account is there, and its end has not come."""
        loan = presence.request.loans.get(presence.machine) if presence.request else None
        return bool(loan and presence.until is None and loan.answered + 1 < now < loan.surely_until() - 1)

    def due(self, presence):
        """When the guard must end access to an account; None while no answer has said its end."""
        end = presence.request.machine_end(presence.machine) if presence.request else None
        return None if end is None else end + GRACE

    def check_late(self, presence, running, passed, works, now):
        """Checks that access is ended after the end and the grace."""
        due = self.due(presence)
        if due is None or now < due or presence.open_reported:
            return
        ways = self.open_ways(presence, running)
        if not ways:
            presence.open_for = presence.open_run = 0.0
            return
        lost = self.faults.lost.get(presence.machine)
        if not works or lost and not lost.over:
            presence.open_run = 0.0
            return
        presence.open_for += passed
        presence.open_run += passed
        limit = CUT_WITHIN * self.stage.patience
        if presence.open_run > limit or presence.open_for > 3 * limit:
            presence.open_reported = True
            self.ledger.violation("open_after_end", f"{presence.account} on {presence.machine}: {', '.join(ways)}, "
                                  f"{now - due:.0f} s after its end and the grace", presence.machine)

    def check_early(self, presences, now):
        """Checks that no account of a machine whose files have changed is locked before its end."""
        for presence in presences:
            loan = presence.request.loans.get(presence.machine) if presence.request else None
            if not loan or presence.since >= loan.answered or presence.open_reported:
                continue
            entry = shadow_entry(self.shadow(presence.machine), presence.account)
            if entry and any(locks_of(entry, now)) and now < loan.surely_until():
                presence.open_reported = True
                self.ledger.violation("cut_early", f"{presence.account} on {presence.machine} was locked "
                                      f"{loan.surely_until() - now:.2f} s before its end", presence.machine)

    # ------------------------------------------------------------------------------------------------- at the end

    def left(self, running):
        """What is left of guards, by machine."""
        found = {}
        for name, machine in self.stage.machines.items():
            state = machine.disk / STATE
            left = ["a guard process"] if running.get(name, Running()).guard else []
            paths = [*state.glob("guard*"), *state.glob("ends/*"), *state.glob("greetings/*"),
                     *(machine.disk / path for path in (CRON_FILE, *UNITS))]
            left += [f"/{path.relative_to(machine.disk)}" for path in paths if path.is_symlink() or path.is_file()]
            crontab = machine.disk / CRONTAB
            if crontab.is_file() and GUARD in crontab.read_text(errors="replace"):
                left.append(f"a line in /{CRONTAB}")
            if left:
                found[name] = left
        return found
