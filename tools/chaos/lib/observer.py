"""Checks every machine from outside, many times a second, and compares it with the responses that the clients got.

It reads the machines' disks and processes through the host. It knows two things of the product: the mark in the comment
field of the product's accounts, and the files of the guard (guards.py).
"""

import os
import re
import stat
import threading
import time
from dataclasses import dataclass

from faults import FOREIGN_FILE, FOREIGN_UIDS
from guards import GuardWatch, Running
from host import command_of

MARK = re.compile(r"^machine-manager[-:](\d+)")
EVERY = 0.1
SWEEP_EVERY = 0.5


@dataclass
class Presence:
    """An account on a machine, from when it was first seen until nothing of it is left."""

    machine: str
    account: str
    token: str
    uid: int
    since: float
    request: object = None
    until: float | None = None
    # The seconds after its end in which no fault prevented its removal: in total, and since the last such fault.
    calm: float = 0.0
    calm_run: float = 0.0
    reported: bool = False
    # The seconds after its end and the grace in which access was open: in total, and without a break.
    open_for: float = 0.0
    open_run: float = 0.0
    open_reported: bool = False

    def key(self):
        return (self.account, self.token)


class Observer(threading.Thread):
    """The thread that checks the machines."""

    def __init__(self, stage, ledger, faults):
        super().__init__(name="observer", daemon=True)
        self.stage, self.ledger, self.faults = stage, ledger, faults
        self.ended = threading.Event()
        self.seen = {}
        self.entries = {name: ([], []) for name in stage.machines}
        self.baseline = {name: self.read(name)[1] for name in stage.machines}
        self.present = {name: {} for name in stage.machines}
        # Accounts of another tool: their lines in the list, and the files in their homes that were seen.
        self.foreign = {name: {} for name in stage.machines}
        self.foreign_files = set()
        self.looked = {name: 0.0 for name in stage.machines}
        # Accounts that are no longer in the account list, but may have left something else.
        self.leaving = []
        self.guards = GuardWatch(stage, ledger, faults)
        self.seen_shadow = {}
        self.looks = 0
        self.lock = threading.Lock()

    def run(self):
        last, swept = time.time(), 0.0
        while not self.ended.wait(EVERY):
            now = time.time()
            with self.lock:
                for name in self.stage.machines:
                    self.look(name)
                self.age(min(now - last, 1.0))
                if now - swept > SWEEP_EVERY:
                    self.sweep(min(now - swept, 2.0))
                    swept = now
            last = now

    # ------------------------------------------------------------------------------------------- the account lists

    def passwd_of(self, name):
        machine = self.stage.machines[name]
        own = machine.disk / "etc/passwd"
        return own if own.exists() else machine.lower / "etc/passwd"

    def read(self, name):
        """The account list now: (ours, others), ours as (account, token, uid). The other tool's are in neither."""
        ours, others, foreign = self.read_all(name)
        return ours, others

    def read_all(self, name):
        ours, others, foreign = [], [], {}
        # Tools write a new list and rename it, so a read sees one complete list.
        for line in self.passwd_of(name).read_text(errors="replace").splitlines():
            fields = line.split(":")
            mark = MARK.match(fields[4]) if len(fields) == 7 else None
            if mark:
                ours.append((fields[0], mark.group(1), int(fields[2])))
            elif len(fields) == 7 and int(fields[2]) in FOREIGN_UIDS:
                foreign[fields[0]] = line
            else:
                others.append(line)
        return ours, others, foreign

    def accounts(self, name):
        """The product's accounts on the machine now, as a set of (account, token)."""
        return {(account, token) for account, token, _ in self.read(name)[0]}

    def has_account(self, name, account):
        return any(account == a for a, _ in self.accounts(name))

    def knows(self, account):
        """Whether an account of this name, or something that it has left, is on any machine."""
        with self.lock:
            return (any(key[0] == account for known in self.present.values() for key in known)
                    or any(p.account == account for p in self.leaving))

    def ways_of(self, name, account):
        """What access to an account is open now."""
        running = self.running().get(name, Running())
        with self.lock:
            known = [p for p in (*self.present[name].values(), *self.leaving) if p.machine == name and p.account == account]
        return [way for p in known for way in self.guards.open_ways(p, running)]

    def look(self, name):
        self.looks += 1
        before, self.looked[name] = self.looked[name], time.time()
        self.look_at_foreign_files(name, before)
        self.look_at_locks(name)
        try:
            s = os.stat(self.passwd_of(name))
        except OSError:
            return
        version = (s.st_ino, s.st_mtime_ns, s.st_size)
        if self.seen.get(name) == version:
            return
        ours, others, foreign = self.read_all(name)
        self.seen[name] = version
        self.compare_foreign(name, foreign, before)
        now = time.time()
        if others != self.baseline[name]:
            changed = sorted(set(others) ^ set(self.baseline[name]))
            self.ledger.violation("foreign_touched", f"the account list of {name} has changed: {changed}", name)
            self.baseline[name] = others
        self.compare(name, ours, now)

    def look_at_locks(self, name):
        """Looks for accounts that are locked, when the file that says so has changed."""
        try:
            s = os.stat(self.stage.machines[name].disk / "etc/shadow")
        except OSError:
            return
        version = (s.st_ino, s.st_mtime_ns, s.st_size)
        if self.seen_shadow.get(name) != version:
            self.seen_shadow[name] = version
            self.guards.check_early(self.present[name].values(), self.looked[name])

    def compare_foreign(self, name, foreign, before):
        for account, line in self.foreign[name].items():
            if foreign.get(account) != line and self.ledger.foreign_removed[name, account] < before:
                self.ledger.violation("foreign_touched", f"the account {account} of another tool on {name} was {line} and is "
                                      f"{foreign.get(account)}", name)
        self.foreign[name] = foreign

    def look_at_foreign_files(self, name, before):
        for account in self.foreign[name]:
            if there(self.stage.machines[name].disk / "home" / account / FOREIGN_FILE):
                self.foreign_files.add((name, account))
            elif (name, account) in self.foreign_files:
                self.foreign_files.discard((name, account))
                if self.ledger.foreign_removed[name, account] < before:
                    self.ledger.violation("foreign_touched", f"the home of {account} of another tool on {name} is gone", name)

    def compare(self, name, ours, now):
        known = self.present[name]
        keys = {(account, token) for account, token, _ in ours}
        for key in [k for k in known if k not in keys]:
            self.vanished(known.pop(key), now)
        for account, token, uid in ours:
            if (account, token) not in known:
                request = self.ledger.by_account.get(account)
                known[(account, token)] = Presence(name, account, token, uid, now, request)
                self.ledger.note(f"account {account} ({token}, uid {uid}) is there", name)
                self.check_right(name, request)
        if len(keys) > 1:
            self.ledger.violation("two_accounts", f"{name} has {sorted(keys)}", name)

    def check_right(self, name, request):
        """Checks that the request of a new account may have the machine, and was not cancelled before this look."""
        if request and request.usable is not None and name not in request.usable:
            self.ledger.violation("wrong_machine", f"{request.account} is on {name}, which the request may not have", name)
        if request and request.cancelled and request.cancelled < self.looked[name]:
            self.ledger.violation("cancelled_but_served", f"{request.account} was cancelled and is on {name} now", name)

    def vanished(self, presence, now):
        self.ledger.note(f"account {presence.account} ({presence.token}) is out of the list", presence.machine)
        presence.until = now
        self.leaving.append(presence)
        request = presence.request
        loan = request.loans.get(presence.machine) if request else None
        if loan and loan.release_sent is None and now < loan.earliest_end and presence.since < loan.answered:
            self.ledger.violation("taken_early", f"{presence.account} on {presence.machine} was gone "
                                  f"{loan.earliest_end - now:.2f} s before its end", presence.machine)

    # ---------------------------------------------------------------------------------------------- what has to go

    def over_at(self, presence):
        # An account that no request has asked for must not exist.
        return presence.request.over_at(presence.machine) if presence.request else presence.since

    def age(self, passed):
        """Counts the calm time of accounts that must be gone, and reports those with more than the limit."""
        now = time.time()
        for name, known in self.present.items():
            calm = None
            for presence in [*known.values(), *(p for p in self.leaving if p.machine == name)]:
                over = self.over_at(presence)
                if over is None or now < over or presence.reported:
                    continue
                calm = self.faults.calm(name) if calm is None else calm
                presence.calm += passed if calm else 0
                presence.calm_run = presence.calm_run + passed if calm else 0
                if presence.calm_run > self.stage.convergence or presence.calm > 3 * self.stage.convergence:
                    self.report_late(presence, now - over)

    def report_late(self, presence, late):
        presence.reported = True
        if presence.until is None:
            self.ledger.violation("left_behind", f"{presence.account} is still on {presence.machine}, {late:.0f} s "
                                  f"after its end, {presence.calm:.0f} s of them calm", presence.machine)
        else:
            self.ledger.violation("residue", f"{presence.account} on {presence.machine}: {self.left_of(presence)}",
                                  presence.machine)

    def sweep(self, passed=0.0):
        """Checks what runs on the machines, and finds the removed accounts of which nothing is left."""
        running = self.running()
        self.guards.look([p for known in self.present.values() for p in known.values()] + self.leaving, running, passed)
        now = time.time()
        for presence in list(self.leaving):
            if not self.left_of(presence, running):
                self.leaving.remove(presence)
                self.ledger.note(f"nothing of {presence.account} is left", presence.machine)
                over = self.over_at(presence)
                # An account that went before its end was of a request that failed. Its time is not counted.
                if over is not None and presence.request.outcome == "lent" and now >= over:
                    self.ledger.took("removal", now - over)

    def left_of(self, presence, running=None):
        """Lists what is left of an account, except its entry in the account list."""
        machine = self.stage.machines[presence.machine]
        running = self.running() if running is None else running
        name_in_use = (any(p.account == presence.account for p in self.present[presence.machine].values())
                       or presence.account in self.read_all(presence.machine)[2])
        left = []
        if presence.machine in running and presence.uid in running[presence.machine].uids:
            left.append("a process")
        if not name_in_use:
            places = {"its home": f"home/{presence.account}", "its crontab": f"var/spool/cron/crontabs/{presence.account}",
                      "its mail": f"var/mail/{presence.account}"}
            left += [what for what, path in places.items() if there(machine.disk / path)]
            left += ["its password"] if self.in_shadow(machine, presence.account) else []
        for folder in self.temporary(machine):
            left += [f"a file in {folder.name}"] if owns_in(folder, presence.uid) else []
        return left

    @staticmethod
    def in_shadow(machine, account):
        try:
            return f"\n{account}:" in (machine.disk / "etc/shadow").read_text(errors="replace")
        except OSError:
            return False

    @staticmethod
    def temporary(machine):
        root = machine.root()
        return [machine.disk / "var/tmp", machine.disk / "var/spool/cron/atjobs"] + ([root / "tmp", root / "dev/shm"] if root else [])

    def running(self):
        """What runs on the machines, by machine."""
        spaces = {machine.namespace(): name for name, machine in self.stage.machines.items()}
        found = {}
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                name = spaces.get(os.readlink(f"/proc/{pid}/ns/pid"))
                if name is None:
                    continue
                with open(f"/proc/{pid}/status", encoding="utf-8", errors="replace") as status:
                    lines = {k: v.split() for k, _, v in (line.partition(":") for line in status)}
                if lines["State"][0] not in "ZX":
                    found.setdefault(name, Running()).add({int(uid) for uid in lines["Uid"]}, command_of(pid))
            except (OSError, KeyError):
                continue
        return found

    # -------------------------------------------------------------------------------------------------- at the end

    def all_gone(self):
        with self.lock:
            return not self.leaving and not any(self.present.values())

    def final_check(self):
        """Reports everything that is left, as all machines must be clean now."""
        with self.lock:
            for name, known in self.present.items():
                for presence in known.values():
                    if not presence.reported:
                        self.report_late(presence, time.time() - (self.over_at(presence) or time.time()))
            for presence in self.leaving:
                if not presence.reported:
                    self.report_late(presence, 0.0)
            for name, running in self.running().items():
                # User ids from 1000 on are for people, except 65534, the user "nobody". The machines have no people.
                if strangers := {uid for uid in running.uids if 1000 <= uid < 65534}:
                    self.ledger.violation("residue", f"{name} runs processes of users {sorted(strangers)}", name)
            for name, machine in self.stage.machines.items():
                _, memory = self.stage.inside(name, "sh", "-c", "cat /proc/sysvipc/*")
                if len(memory.splitlines()) > 3:
                    self.ledger.violation("residue", f"{name} has shared memory, queues or semaphores:\n{memory}", name)
                homes = [h.name for h in (machine.disk / "home").glob("*")] if there(machine.disk / "home") else []
                if homes:
                    self.ledger.violation("residue", f"{name} has the homes {homes}", name)

    def check_guards_gone(self, seconds):
        """Waits until no guard is left on any machine, and reports those that stay. No account is left."""
        until = time.time() + seconds
        while (left := self.guards.left(self.running())) and time.time() < until:
            time.sleep(0.5)
        for name, what in left.items():
            self.ledger.violation("guard_left", f"{name} has {', '.join(what)}", name)


def there(path):
    try:
        # An overlay marks a deleted file of its lower layer by a character device.
        return not stat.S_ISCHR(os.lstat(path).st_mode)
    except OSError:
        return False


def owns_in(folder, uid):
    try:
        with os.scandir(folder) as entries:
            return any(e.stat(follow_symlinks=False).st_uid == uid for e in entries)
    except OSError:
        return False
