"""Breaks parts for a limited time and repairs them. The seed determines what is broken, when and how long."""

import contextlib
import math
import os
import random
import signal
import socket
import subprocess
import threading
import time
from collections import Counter
from dataclasses import dataclass

from endfaults import EndFaults
from host import ansible_processes, dropped, greets_at, replaced, send
from net import ssh
from stage import DATABASE_PORT, MAX_CONNECTIONS, RUN_TIMEOUT, SOCKET_TIMEOUT

# kind: (weight, what it hits, shortest and longest duration in seconds)
KINDS = {
    "kill api": (7, "api", 0, 2),
    "kill scheduler": (6, "scheduler", 0, 2),
    "freeze api": (4, "api", 4, 14),
    "freeze scheduler": (4, "scheduler", 4, 14),
    "clock of api +1 h": (2, "api", 6, 15),
    "clock of api -1 h": (2, "api", 6, 15),
    "clock of scheduler +1 h": (2, "scheduler", 6, 15),
    "clock of scheduler -1 h": (2, "scheduler", 6, 15),
    "clocks of all schedulers +1 h and back": (2, "clocks", 3, 6),
    "restart database": (3, "database", 0, 2),
    "kill database": (3, "database", 0, 2),
    "freeze database": (2, "database", SOCKET_TIMEOUT + 6, SOCKET_TIMEOUT + 9),
    "freeze database for long": (1, "database", RUN_TIMEOUT + 2, RUN_TIMEOUT + 5),
    "fill database connections": (3, "database", 4, 8),
    "kill ansible-playbook": (14, "ansible", 0, 0),
    "refuse ssh": (6, "machine", 3, 12),
    "blackhole ssh": (6, "machine", 3, 12),
    "freeze machine": (6, "machine", 3, 25),
    "slow machine": (6, "machine", 4, 12),
    "restart machine": (8, "machine", 0, 0),
    "useradd fails": (3, "machine", 4, 12),
    "useradd fails late": (3, "machine", 4, 12),
    "useradd hangs": (3, "machine", 4, 15),
    "useradd hangs late": (3, "machine", 4, 15),
    "userdel fails": (3, "machine", 4, 12),
    "userdel fails late": (3, "machine", 4, 12),
    "userdel hangs": (3, "machine", 4, 15),
    "userdel hangs late": (3, "machine", 4, 15),
    "foreign tool": (5, "shadow", 4, 12),
    "foreign tool that is faster": (8, "shadow", 8, 16),
    "provoked penalties": (5, "strict", 0, 0),
    "fill and lock": (8, "user", 8, 16),
    "everything dead at the end": (2, "everything", 3, 12),
    "network cut at the end": (5, "network", 3, 8),
    "kill guard": (4, "guard", 0, 0),
    "kill guard and remove its files": (4, "guard", 0, 0),
    "remove files of guard": (3, "guard", 0, 0),
}

# The user ids of another tool's accounts. The product uses none of them.
FOREIGN_UIDS = range(1500, 2000)
FOREIGN_FILE = "of-another-tool"
# Takes the place of useradd. Makes an account of the same name first, as another tool may do between the product's
# check of the account list and its useradd.
FASTER = """#!/bin/sh
for name in "$@"; do :; done
if /usr/sbin/useradd.whole -m -u $((1500 + $$ % 500)) "$name"; then
    echo "$name" >"/home/$name/{file}"
    echo "$name" >>/run/foreign
fi
exec /usr/sbin/useradd.whole "$@"
"""

# The share of the machines that may be broken at once, so that some can always be lent.
MOST_MACHINES = 0.3
ON_MACHINES = ("machine", "shadow", "strict")
# Those that break services or the database. They wait while everything is dead.
OF_SERVICES = ("api", "scheduler", "clocks", "database", "everything")
# Faults that stop the processes of a machine.
STOPPING = ("refuse ssh", "restart machine", "freeze machine", "slow machine")


@dataclass
class Planned:
    """One fault of the plan."""

    number: int
    at: float
    kind: str
    seconds: float
    pick: int


def plan(seed, seconds, gap, only="", driver="ansible"):
    """Returns the faults of a run, each kind at least once if time allows.

    `only` lists texts with commas between; the names of the faults have one of them. With the driver ssh there are no
    faults of Ansible.
    """
    rng = random.Random(f"{seed}/faults")
    kinds = [kind for kind in KINDS if any(text.strip() in kind for text in only.split(","))
             and (driver != "ssh" or KINDS[kind][1] != "ansible")]
    if not kinds:
        raise ValueError(f"no fault is called {only}; there are: {', '.join(KINDS)}")
    first = sorted(kinds)
    rng.shuffle(first)
    weights = [KINDS[kind][0] for kind in kinds]
    planned, at = [], 1.0
    while at < seconds:
        kind = first.pop() if first else rng.choices(kinds, weights)[0]
        _, _, least, most = KINDS[kind]
        planned.append(Planned(len(planned), at, kind, rng.uniform(least, most), rng.randrange(1 << 16)))
        at += rng.uniform(0.4, 1.6) * gap
    return planned


@dataclass
class Window:
    """A time during which something was broken."""

    kind: str
    target: str
    began: float
    ended: float | None = None


class Faults(EndFaults):
    """Carries out the plan, and knows at any time what is broken."""

    def __init__(self, stage, ledger):
        super().__init__()
        self.stage, self.ledger = stage, ledger
        self.lock = threading.RLock()
        self.windows = []
        self.done = Counter()
        self.skipped = Counter()
        self.busy = set()
        self.stopping = threading.Event()
        self.threads = []
        # How many users still have to fill and lock what they can.
        self.fill_and_lock = 0

    # ------------------------------------------------------------------------------------------------ what is broken

    def hit(self, targets, since, until):
        """Whether one of the targets was broken at any moment between these two times."""
        with self.lock:
            return any(w.target in targets and w.began <= until and (w.ended is None or w.ended >= since)
                       for w in self.windows)

    def recent(self, at):
        """Whether anything was broken at that time or shortly before, because calls to it time out only later."""
        with self.lock:
            return any(w.ended is None or w.ended >= at - self.stage.convergence for w in self.windows)

    def met(self, kind, since):
        """Whether a fault of that kind was active at any moment since then."""
        with self.lock:
            return any(w.kind.startswith(kind) and (w.ended is None or w.ended >= since) for w in self.windows)

    def broken(self, *targets):
        """Whether one of the targets is broken now."""
        with self.lock:
            return any(w.ended is None and w.target in targets for w in self.windows)

    def stopped(self, machine):
        """Whether the machine is off or its processes do not run at their normal speed."""
        with self.lock:
            return any(w.ended is None and w.target == machine and w.kind in STOPPING for w in self.windows)

    def calm(self, machine):
        """Whether no fault prevents account work on the machine now."""
        return (not self.broken(machine, "database")
                and not all(self.broken(s.name) for s in self.stage.schedulers))

    # --------------------------------------------------------------------------------------------------- the schedule

    def run(self, planned):
        """Starts each fault at its time; returns at the end of the plan or when `stopping` is set."""
        began = time.time()
        for fault in planned:
            if self.stopping.wait(max(0.0, began + self.held + fault.at - time.time())):
                break
            waited = time.time()
            while KINDS[fault.kind][1] in OF_SERVICES and self.holding and not self.stopping.wait(0.1):
                pass
            self.held += time.time() - waited
            thread = threading.Thread(target=self.carry_out, args=(fault,), name=f"fault-{fault.number}", daemon=True)
            thread.start()
            self.threads.append(thread)

    def heal(self, seconds=180):
        """Ends the plan and waits until every fault has repaired what it broke."""
        self.stopping.set()
        for tenant in self.tenants:
            tenant.ended.set()
        until = time.time() + seconds
        for thread in self.threads:
            thread.join(max(0.1, until - time.time()))
        with self.lock:
            for w in self.windows:
                if w.ended is None:
                    self.ledger.violation("not_healed", f"{w.kind} of {w.target} did not end")

    def take(self, fault):
        """Chooses a target that is not broken. Returns None if enough targets of this sort are broken already."""
        sort = KINDS[fault.kind][1]
        names = {"api": [s.name for s in self.stage.apis], "scheduler": [s.name for s in self.stage.schedulers],
                 "machine": list(self.stage.machines), "strict": self.stage.strict,
                 # Busybox does not lock the account list: when two tools change it at once, lines are lost.
                 "shadow": [n for n, m in self.stage.machines.items() if not m.busybox],
                 # These take long, and each has a machine of its own.
                 "network": ["network 1", "network 2"], "guard": ["guard 1", "guard 2"]}.get(sort, [sort])
        most = (max(1, int(MOST_MACHINES * len(self.stage.machines))) if sort in ON_MACHINES
                else 2 if sort in ("network", "guard") else 1)
        # The clock of a process may be wrong while the process is killed or frozen, so a clock counts as another
        # target.
        names = [(name, fault.kind.startswith("clock")) for name in names]
        # One of two replicas stays up. Without any there would be no work that faults could disturb.
        alike = {(name, False) for name in self.stage.machines} if sort in ON_MACHINES else set(names)
        with self.lock:
            if self.holding and sort in OF_SERVICES:
                return None
            if len(self.busy & alike) < most:
                for i in range(len(names)):
                    name = names[(fault.pick + i) % len(names)]
                    if name not in self.busy:
                        self.busy.add(name)
                        return name
        return None

    def carry_out(self, fault):
        taken = self.take(fault)
        if taken is None:
            with self.lock:
                self.skipped[fault.kind] += 1
            return
        target = taken[0]
        rng = random.Random(f"{fault.pick}/{fault.number}")
        sort = KINDS[fault.kind][1]
        window = Window(fault.kind, target, time.time())
        with self.lock:
            self.windows.append(window)
        where = (target,) if sort in ON_MACHINES else ()
        self.ledger.note(f"fault {fault.number}: {fault.kind} of {target} for {fault.seconds:.1f} s", *where)
        happened = False
        try:
            happened = getattr(self, "on_" + sort)(fault, target, rng)
        except (OSError, subprocess.SubprocessError) as e:
            self.ledger.violation("not_healed", f"fault {fault.number}, {fault.kind} of {target}: {e!r}", *where)
        finally:
            with self.lock:
                window.ended = time.time()
                self.busy.discard(taken)
                (self.done if happened is not False else self.skipped)[fault.kind] += 1
            self.ledger.note(f"fault {fault.number}: {fault.kind} of {target} is over", *where)

    def pause(self, seconds):
        """Waits that long, or until the run ends."""
        self.stopping.wait(seconds)

    @contextlib.contextmanager
    def breaking(self, kind, *targets):
        """Records a fault of further targets."""
        windows = [Window(kind, target, time.time()) for target in targets]
        with self.lock:
            self.windows += windows
        try:
            yield
        finally:
            with self.lock:
                for window in windows:
                    window.ended = time.time()

    # ------------------------------------------------------------------------------------------------- the services

    def on_api(self, fault, target, rng):
        service = next(s for s in self.stage.services if s.name == target)
        if fault.kind.startswith("clock"):
            service.set_clock(3600 if "+" in fault.kind else -3600)
            self.pause(fault.seconds)
            service.set_clock(0)
            time.sleep(1.5)
        elif fault.kind.startswith("freeze"):
            service.signal(signal.SIGSTOP)
            try:
                self.pause(fault.seconds)
            finally:
                service.signal(signal.SIGCONT)
            # The fault ends only when the service has caught up and is ready again.
            service.await_ready(30)
        else:
            if fault.kind == "kill scheduler" and rng.random() < 0.5:
                # The accounts of the request are not made yet.
                self.ledger.assigned.clear()
                self.ledger.assigned.wait(3)
            service.end()
            self.pause(fault.seconds)
            self.start_again(service)

    on_scheduler = on_api

    def on_clocks(self, fault, target, rng):
        """Sets all schedulers' clocks wrong. This tests what they do when the clocks go back."""
        for service in self.stage.schedulers:
            service.set_clock(3600)
        self.pause(fault.seconds)
        for service in self.stage.schedulers:
            service.set_clock(0)
        time.sleep(1.5)

    def start_again(self, service):
        """Starts the service again and again until it is ready, as a supervisor does."""
        began = time.time()
        service.start()
        while not service.await_ready(180):
            if service.process.poll() is None:
                self.ledger.violation("not_healed", f"{service.name} did not become ready within 180 s")
                return
            if self.hit({"database"}, began, time.time()):
                self.ledger.count("starts that ended because the database was broken")
            else:
                self.ledger.violation("service_ended", f"{service.name} ended while it started")
            service.start()

    # ------------------------------------------------------------------------------------------------- the database

    def on_database(self, fault, target, rng):
        database = self.stage.database
        if fault.kind.startswith("freeze"):
            database.signal(signal.SIGSTOP)
            try:
                self.pause(fault.seconds)
            finally:
                database.signal(signal.SIGCONT)
        elif fault.kind == "fill database connections":
            self.fill(fault.seconds)
        else:
            database.end(signal.SIGTERM if fault.kind.startswith("restart") else signal.SIGKILL)
            self.pause(fault.seconds)
            database.start()
        while not database.greets():
            time.sleep(0.1)

    def fill(self, seconds):
        """Ends the connections of the services and takes all connections that the server allows."""
        held, until = [], time.time() + seconds
        try:
            self.stage.database.as_root("KILL USER machine_manager")
            while time.time() < until and not self.stopping.is_set():
                # The server closes a connection without a log-in after some seconds.
                while len(held) > MAX_CONNECTIONS + 20:
                    held.pop(0).close()
                held.append(socket.create_connection(("127.0.0.1", DATABASE_PORT), 1))
                if len(held) > MAX_CONNECTIONS:
                    time.sleep(0.1)
        except OSError:
            self.pause(1)
        finally:
            for connection in held:
                connection.close()

    # --------------------------------------------------------------------------------------------------- Ansible

    def on_ansible(self, fault, target, rng):
        until = time.time() + 10
        while time.time() < until and not self.stopping.is_set():
            if found := ansible_processes():
                time.sleep(rng.uniform(0, 0.6))
                still = [pid for pid in ansible_processes() if pid in found]
                if still:
                    os.kill(rng.choice(still), signal.SIGKILL)
                    return True
            time.sleep(0.02)
        return False

    # -------------------------------------------------------------------------------------------------- the machines

    def on_machine(self, fault, target, rng):
        machine = self.stage.machines[target]
        if fault.kind == "refuse ssh":
            self.stage.on_lab("stop", str(machine.lab), target)
            try:
                self.lose_guard(target)
                self.pause(fault.seconds)
            finally:
                self.stage.on_lab("start", str(machine.lab), target)
        elif fault.kind == "restart machine":
            self.stage.on_lab("restart", str(machine.lab), target)
            self.lose_guard(target)
        elif fault.kind == "blackhole ssh":
            self.blackhole(machine, fault.seconds)
        elif fault.kind == "freeze machine":
            self.freeze(machine, fault.seconds)
        elif fault.kind == "slow machine":
            until = time.time() + fault.seconds
            while time.time() < until and not self.stopping.is_set():
                self.freeze(machine, rng.uniform(0.1, 0.5))
                time.sleep(rng.uniform(0.05, 0.15))
        else:
            self.replace_account_program(machine, fault)

    def blackhole(self, machine, seconds):
        with dropped(machine, "--dport"):
            self.pause(seconds)

    def freeze(self, machine, seconds):
        try:
            # The second list has the processes that were forked while the first was made.
            for pid in machine.processes() + machine.processes():
                send(pid, signal.SIGSTOP)
            self.pause(seconds)
        finally:
            for pid in machine.processes():
                send(pid, signal.SIGCONT)

    def replace_account_program(self, machine, fault):
        """Replaces the program that makes or removes accounts by one that fails or hangs."""
        command, how, *late = fault.kind.split()
        name, real_program = machine.program(command)
        work = f'{real_program} "$@"\n' if late else ""
        last = "exec sleep 60\n" if how == "hangs" else f'echo "{name}: the disk is on fire" >&2\nexit 1\n'
        with replaced(machine, name, f"#!/bin/sh\n{work}{last}"):
            self.pause(fault.seconds)

    # ------------------------------------------------------------------------------------ another tool on the machine

    def on_shadow(self, fault, target, rng):
        if fault.kind == "foreign tool":
            return self.churn_foreign_accounts(fault, target, rng)
        machine = self.stage.machines[target]
        with replaced(machine, "useradd", FASTER.replace("{file}", FOREIGN_FILE)):
            self.pause(fault.seconds)
        # A useradd that began during the fault may end after it.
        happened, running, made = False, True, machine.root() / "run/foreign"
        while running:
            running = machine.runs("useradd")
            if made.exists():
                happened = True
                names = made.read_text(encoding="ascii").split()
                made.unlink()
                for name in names:
                    self.remove_foreign(target, name)
            time.sleep(0.2)
        return happened

    def churn_foreign_accounts(self, fault, target, rng):
        """Adds and removes accounts, as another tool does, with the names that clients use now or next."""
        until, happened = time.time() + fault.seconds, False
        while time.time() < until and not self.stopping.is_set():
            names = rng.sample(self.ledger.next_names(), 3)
            made = [name for name in names if self.make_foreign(target, name, rng.choice(FOREIGN_UIDS))]
            self.pause(rng.uniform(0, 1.5))
            for name in made:
                happened = True
                self.remove_foreign(target, name)
        return happened

    def make_foreign(self, target, name, uid):
        status, _ = self.stage.inside(target, "sh", "-c", 'useradd -m -u "$2" "$1" && echo "$1" >"/home/$1/$3"', "sh", name,
                                      str(uid), FOREIGN_FILE)
        return status == 0

    def remove_foreign(self, target, name):
        """Checks that the account of the other tool is unchanged, and removes it."""
        self.ledger.count("accounts of another tool")
        self.ledger.foreign_removed[target, name] = math.inf
        try:
            _, said = self.stage.inside(target, "sh", "-c", 'grep "^$1:" /etc/passwd; cat "/home/$1/$2"', "sh", name,
                                        FOREIGN_FILE)
            line, *file = said.splitlines() or [""]
            fields = line.split(":")
            foreign = len(fields) == 7 and int(fields[2]) in FOREIGN_UIDS
            if not foreign or file != [name]:
                self.ledger.violation("foreign_touched", f"the account {name} of another tool on {target} has become "
                                      f"{said!r}", target)
            # The product may hold the lock of the account list.
            for _ in range(5):
                if not foreign or self.stage.inside(target, "userdel", "-r", name)[0] in (0, 6):
                    return
                time.sleep(0.5)
            self.ledger.violation("not_healed", f"the account {name} of another tool on {target} stays", target)
        finally:
            self.ledger.foreign_removed[target, name] = time.time()

    # ------------------------------------------------------------------------------------------------ the users

    def on_strict(self, fault, target, rng):
        """Tries wrong passwords from the service's address until sshd blocks it, which lasts a minute at most."""
        port = self.stage.machines[target].port
        guesses = [threading.Thread(target=ssh, args=(port, "root", "wrong", "true"), daemon=True) for _ in range(7)]
        for guess in guesses:
            guess.start()
        for guess in guesses:
            guess.join()
        blocked = not greets_at(port)
        if blocked:
            self.ledger.note("sshd blocks the address of the service", target)
        until = time.time() + 80
        while not greets_at(port) and time.time() < until:
            time.sleep(1)
        return blocked

    def on_user(self, fault, target, rng):
        """Lets the next user who logs in fill and lock what it can."""
        with self.lock:
            self.fill_and_lock += 1
        self.pause(fault.seconds)
        return not self.take_fill_and_lock()

    def take_fill_and_lock(self):
        """Whether the calling user has to fill and lock what it can."""
        with self.lock:
            taken, self.fill_and_lock = self.fill_and_lock > 0, max(0, self.fill_and_lock - 1)
            return taken
