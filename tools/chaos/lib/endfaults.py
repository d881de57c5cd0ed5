"""Faults at the end of a reservation, when only the guard of its machine can end access, and faults of guards."""

import contextlib
import signal
import time
from concurrent.futures import ThreadPoolExecutor

from guards import CRON_FILE, CRONTAB, CUT_WITHIN, GUARD, STATE, Lost, is_guard
from host import ansible_processes, command_of, dropped, send
from stage import GRACE

# For how many seconds before the end everything is dead, or the network cut, at least.
BEFORE_THE_END = 3
# How many seconds a new end takes to reach the machines, without Ansible and with it.
MOVED_WITHIN = (5, 20)


class EndFaults:
    """The part of the faults that needs users with a session on a machine: tenants."""

    def __init__(self):
        # The guards that a fault has ended, by machine. Guards that are back are not in it.
        self.lost = {}
        # The users, and what shows whether an account is open.
        self.tenants, self.observer = [], None
        # Whether everything is dead or about to be, and for how many seconds the plan has waited for that.
        self.holding, self.held = False, 0.0
        # Whether the fault that kills everything has begun. It takes long, and must not be cut short.
        self.preparing = False

    def on_everything(self, fault, target, rng):
        """Ends all services and the database across the end of some reservations, until their guards have ended access."""
        self.preparing = True
        try:
            return self.kill_everything(fault, rng)
        finally:
            self.preparing = False

    def kill_everything(self, fault, rng):
        with self.housed(rng.choice((1, 2, 3))) as tenants, self.all_services() as names:
            if not tenants or not names:
                return False
            tenants, end = self.end_soon(tenants, fault.seconds)
            if not tenants:
                return False
            with self.breaking(fault.kind, *names):
                for service in self.stage.services:
                    service.end()
                self.stage.database.end(signal.SIGKILL)
                for pid in ansible_processes():
                    send(pid, signal.SIGKILL)
                self.ledger.note("everything is dead")
                try:
                    return self.check_ends(tenants, end)
                finally:
                    self.ledger.note("everything is started again")
                    self.stage.database.start()
                    while not self.stage.database.greets():
                        time.sleep(0.1)
                    for service in self.stage.services:
                        service.start()
                    for service in self.stage.services:
                        if not service.await_ready(180):
                            self.start_again(service)

    def on_network(self, fault, target, rng):
        """Cuts the network to a machine across the end of its reservation."""
        with self.housed(1) as tenants:
            return bool(tenants) and self.cut_network(fault, *tenants)

    def cut_network(self, fault, tenant):
        machine = tenant.machine()
        moved, end = self.end_soon([tenant], fault.seconds)
        if not moved:
            return False
        with self.breaking(fault.kind, machine.name), dropped(machine, "--dport"), dropped(machine, "--sport"):
            self.ledger.note("the network is cut", machine.name)
            if not self.check_ends([tenant], end):
                return False
        if ways := tenant.ways_in():
            self.ledger.violation("open_after_end", f"{tenant.loan.request.account} got in by {ways}", machine.name)
        return True

    def end_soon(self, tenants, seconds):
        """Moves the ends of reservations to one time, which comes soon. Returns those whose end was moved, and the time."""
        lead = BEFORE_THE_END + seconds + MOVED_WITHIN[self.stage.slow]
        # Other faults may break a call or slow it down.
        for _ in range(4):
            end = time.time() + lead
            with ThreadPoolExecutor(len(tenants)) as calls:
                done = list(calls.map(lambda tenant: tenant.end_at(end), tenants))
            if any(done) and time.time() < end - BEFORE_THE_END:
                return [tenant for tenant, moved in zip(tenants, done) if moved], end
            lead *= 1.5
            if self.stopping.wait(1):
                break
        return [], 0.0

    def check_ends(self, tenants, end):
        """Checks that sessions are open until the end, and that guards end access after the grace. False if not tried."""
        if self.stopping.wait(max(0.0, end - 0.3 - time.time())):
            return False
        for tenant in (t for t in tenants if "a session" not in self.ways_of(t)):
            self.ledger.violation("cut_early", f"the session of {tenant.loan.request.account} ended before its end",
                                  tenant.loan.machine)
        open_still, due = list(tenants), end + GRACE
        last = due + CUT_WITHIN * self.stage.patience
        while open_still and time.time() < last:
            for tenant in [t for t in open_still if not self.ways_of(t)]:
                open_still.remove(tenant)
                self.ledger.took("cut", time.time() - due)
                self.ledger.note(f"access of {tenant.loan.request.account} is ended", tenant.loan.machine)
            if self.stopping.wait(0.5):
                return False
        self.ledger.count("reservations that ended while the service was dead or cut off", len(tenants))
        for tenant in open_still:
            self.ledger.violation("open_after_end", f"{tenant.loan.request.account} is in", tenant.loan.machine)
        for tenant in tenants:
            if not self.broken(tenant.loan.machine) and (ways := tenant.ways_in()):
                self.ledger.violation("open_after_end", f"{tenant.loan.request.account} got in by {ways}", tenant.loan.machine)
        return True

    def ways_of(self, tenant):
        """What access of the account is open: a process, a session, a log-in."""
        return self.observer.ways_of(tenant.loan.machine, tenant.loan.request.account)

    @contextlib.contextmanager
    def housed(self, number):
        """Lets so many users have a session on a machine each, which no other fault breaks. There may be fewer of them."""
        with self.lock:
            tenants, self.tenants = self.tenants[:number], self.tenants[number:]
        taken, inside = set(), []
        try:
            for tenant in tenants:
                # Other faults may break a call or two.
                if any(tenant.move_in() for _ in range(3)) and self.occupy(place := (tenant.loan.machine, False)):
                    taken.add(place)
                    if tenant.open_session():
                        inside.append(tenant)
            yield inside
        finally:
            with self.lock:
                self.busy -= taken
            for tenant in tenants:
                tenant.move_out()
            with self.lock:
                self.tenants += tenants

    def occupy(self, place):
        """Keeps other faults from a machine, when those that break it now are over. Returns whether that was soon enough."""
        until = time.time() + 30
        while time.time() < until and not self.stopping.is_set():
            with self.lock:
                if place not in self.busy:
                    self.busy.add(place)
                    return True
            time.sleep(0.2)
        return False

    @contextlib.contextmanager
    def all_services(self):
        """Waits until no other fault has a service or the database, and keeps others from them. Gives their names."""
        names = [*(s.name for s in self.stage.services), "database"]
        places = {(name, False) for name in names}
        self.holding, free = True, False
        try:
            until = time.time() + 60
            while not free and time.time() < until and not self.stopping.wait(0.2):
                with self.lock:
                    free = not self.busy & places
                    if free:
                        self.busy |= places
            yield names if free else []
        finally:
            with self.lock:
                if free:
                    self.busy -= places
            self.holding = False

    # ------------------------------------------------------------------------------------------------- the guards

    def on_guard(self, fault, target, rng):
        """Ends the guard of a lent machine, waits for a probe to mend it, and sees whether the new one does its work."""
        with self.housed(1) as tenants:
            if not tenants:
                return False
            tenant = tenants[0]
            name = tenant.loan.machine
            if "files" in fault.kind:
                self.remove_guard_files(name, "kill" not in fault.kind and rng.random() < 0.5)
            if "kill" in fault.kind:
                self.kill_guard(name)
            self.lose_guard(name, "files" not in fault.kind)
            began = time.time()
            while name in self.lost and time.time() < tenant.loan.surely_until() and not self.stopping.wait(0.2):
                pass
            if name in self.lost or self.stopping.is_set():
                return True
            self.ledger.took("guard back", time.time() - began)
            if rng.random() < 0.5:
                self.cut_network(fault, tenant)
            return True

    def lose_guard(self, name, cron=True):
        """Records that a machine has just lost its guard, and whether cron can start it again."""
        before = self.lost.get(name)
        self.lost[name] = Lost(cron and (before is None or before.cron), time.time())

    def kill_guard(self, name):
        for pid in self.stage.machines[name].processes():
            if is_guard(command_of(pid)):
                send(pid, signal.SIGKILL)

    def remove_guard_files(self, name, only_script):
        """Removes the script that the guard runs, or everything of the guard, as a user with sudo could."""
        machine = self.stage.machines[name]
        # Through the machine's root, as its file system does not expect changes below it.
        root = machine.root()
        if only_script:
            (root / STATE / "guard").unlink(missing_ok=True)
            return
        for path in (*(root / STATE).glob("guard*"), *(root / STATE / "ends").glob("*"), root / CRON_FILE):
            path.unlink(missing_ok=True)
        crontab = root / CRONTAB
        if crontab.is_file():
            crontab.write_text("".join(line for line in crontab.read_text().splitlines(True) if GUARD not in line))
