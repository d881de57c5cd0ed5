"""One run: prepare, make faults, wait for the recovery, and check that every machine is clean and free."""

import os
import threading
import time

from clients import Watcher, seconds_of
from faults import Faults, plan
from ledger import Ledger
from net import Session, ssh
from observer import Observer
from order import Order, check_cancelled
from pool import GROUP, PRIORITY
from report import as_data, explain, show, write
from stage import Stage
from tenant import Tenant
from waiting import WaitingClient


# How many users the faults at the end of a reservation have.
TENANTS = 7
# How long a guard takes at most to leave a machine without accounts. It looks every 5 s, and not while there is other work.
LEFT_WITHIN = 20


class Run:
    """A run and its steps."""

    def __init__(self, folder, root, options):
        self.folder, self.options = folder, options
        # If this file exists, the faults end early.
        self.stop, self.attacking = folder / "stop", False
        self.stage = Stage(folder, root, options)
        self.ledger = Ledger(folder / "journal.jsonl")
        self.faults = self.observer = self.admin = None
        self.clients = []
        self.began = time.time()

    def say(self, text):
        print(f"{self.ledger.clock(time.time())}  {text}", flush=True)

    # ----------------------------------------------------------------------------------------------------- prepare

    def prepare(self):
        options = self.options
        self.say(f"seed {options['seed']}: {options['minutes']:g} min of faults, {options['machines']} machines, "
                 f"{options['busybox']} of them with busybox, {options['clients']} clients, accounts by {options['driver']}; "
                 f"to end it early: Ctrl-C, or touch {self.stop}")
        self.stage.start(options["machines"], options["busybox"])
        self.faults = Faults(self.stage, self.ledger)
        self.observer = Observer(self.stage, self.ledger, self.faults)
        seed = options["seed"]
        self.admin = Session(self.stage, self.ledger, self.faults, "admin", self.stage.admin_password, f"{seed}/admin")
        self.clients = [WaitingClient(self.stage, self.ledger, self.faults, self.observer, n, seed)
                        for n in range(options["clients"])]
        self.faults.observer = self.observer
        self.faults.tenants = [Tenant(self.stage, self.ledger, self.faults, self.observer, n, seed) for n in range(TENANTS)]
        pool = self.stage.pool
        self.made("/groups", {"name": GROUP, "priority": PRIORITY})
        for machine in self.stage.machines.values():
            self.made("/machines", {"name": machine.name, "host": "127.0.0.1", "port": machine.port,
                                    "user": machine.user, "password": machine.password, "labels": pool.labels[machine.name],
                                    "groups": [GROUP] if machine.name in pool.for_group else []})
        for client in self.clients:
            self.made("/users", {"username": client.session.user, "password": client.session.password,
                                 "is_admin": False})
        for user in pool.members:
            self.made(f"/groups/{GROUP}/members/{user}", None, "PUT")
        self.say("the database, the machines, two APIs and two schedulers are up; everything is registered")

    def made(self, path, body, method="POST"):
        answer = self.admin.call(method, path, body)
        if not answer.ok:
            raise SystemExit(f"{method} {path} got {answer.status} {answer.body}")

    # ------------------------------------------------------------------------------------------------------ attack

    def attack(self):
        seconds = self.options["minutes"] * 60
        self.observer.start()
        watcher = Watcher(self.stage, self.ledger, self.faults, self.observer, self.options["seed"])
        supervisor = threading.Thread(target=self.supervise, name="supervisor", daemon=True)
        for thread in (*self.clients, watcher, supervisor):
            thread.start()
        schedule = plan(self.options["seed"], seconds, self.options["gap"], self.options["only"], self.options["driver"])
        injector = threading.Thread(target=self.faults.run, args=(schedule,), name="injector", daemon=True)
        injector.start()
        self.say(f"the attack begins: {len(schedule)} faults are planned")
        self.attacking = True
        until = time.time() + seconds
        reported = time.time()
        # Faults that have to wait while everything is dead come later, and so does the end.
        while (time.time() < until + self.faults.held or self.faults.preparing) and not self.stop.exists():
            time.sleep(0.5)
            if time.time() - reported >= 15:
                reported = time.time()
                self.progress()
        until = time.time()
        self.attacking = False
        self.faults.stopping.set()
        injector.join()
        self.faults.heal()
        self.say("all faults are over; the clients finish their reservations")
        for thread in (*self.clients, watcher):
            thread.ended.set()
        for thread in (*self.clients, watcher):
            thread.join(max(1.0, until + 240 - time.time()))
            if thread.is_alive():
                self.ledger.violation("not_healed", f"{thread.name} did not end in time")

    def progress(self):
        actions = self.ledger.actions
        self.say(f"{actions['machines lent']} machines lent, {actions['log-ins']} log-ins, "
                 f"{sum(self.faults.done.values())} faults, {len(self.ledger.violations)} violations")

    def supervise(self):
        """Reports a service that ended by itself, and starts it again."""
        while True:
            time.sleep(0.5)
            for service in self.stage.services:
                process = service.process
                if service.wanted and process.poll() is not None and not self.faults.broken(service.name):
                    # A kill is recorded before it happens. It may have begun between these checks.
                    if process is not service.process or not service.wanted:
                        continue
                    self.ledger.violation("service_ended", f"{service.name} ended with status {process.returncode}")
                    service.start()

    # ---------------------------------------------------------------------------------------------------- conclude

    def conclude(self):
        self.cancel_all()
        self.release_all()
        self.say(f"everything is released; all accounts must be gone within {self.stage.convergence:g} s")
        until = time.time() + self.stage.convergence
        while time.time() < until and not self.observer.all_gone():
            time.sleep(0.2)
        self.observer.final_check()
        self.expect_all_free(until + 5)
        self.check_requests()
        self.lend_all()
        self.observer.check_guards_gone(LEFT_WITHIN * self.stage.patience)
        self.observer.ended.set()
        self.observer.join(5)

    def cancel_all(self):
        """Cancels what still waits: of calls without an answer."""
        for state in ("queued", "provisioning"):
            answer = self.admin.retry("GET", f"/requests?state={state}")
            for row in answer.body["requests"] if answer and answer.ok else []:
                late = time.time() - seconds_of(row["waits_until"]) if "waits_until" in row else 0
                if state == "queued" and late > self.stage.convergence:
                    self.ledger.violation("lost_request", f"{row} waits {late:.0f} s longer than it may")
                self.admin.retry("DELETE", f"/requests/{row['request_id']}")

    def check_requests(self):
        """Checks the histories of all requests, which are over now."""
        rows, part = [], [None]
        while part:
            answer = self.admin.retry("GET", f"/requests?limit=1000&offset={len(rows)}")
            part = answer.body["requests"] if answer and answer.ok else []
            rows += part
        answers = [self.admin.retry("GET", f"/requests/{row['request_id']}") for row in rows]
        views = [a.body for a in answers if a and a.ok]
        if not rows or len(views) < len(rows):
            self.ledger.violation("not_healed", f"only {len(views)} of {len(rows)} requests could be read")
        for view in views:
            if view["state"] in ("queued", "provisioning", "active"):
                self.ledger.violation("lost_request", f"request {view['request_id']} is still {view['state']}")
        Order(self.stage, self.ledger, self.faults, views, time.time()).check()
        check_cancelled(self.ledger, views)
        self.say(f"the histories of {len(views)} requests are checked")

    def release_all(self):
        # From here on accounts may be removed before their ends.
        self.ledger.release_all()
        answer = self.admin.retry("POST", "/release_all")
        if answer is None or answer.status != 200:
            self.ledger.violation("not_healed", f"release_all got {answer and (answer.status, answer.body)}")
        else:
            pending = answer.body.get("pending", [])
            self.ledger.note(f"release_all: {answer.body}")
            for name in self.stage.machines:
                if name not in pending and (left := self.observer.accounts(name)):
                    self.ledger.violation("given_back_but_there", f"release_all left {sorted(left)} on {name}", name)

    def expect_all_free(self, until):
        """Checks that every machine is in the pool, as none is broken any more."""
        answer = None
        while True:
            answer = self.admin.retry("GET", "/available")
            if answer and answer.ok and len(answer.body["available"]) == len(self.stage.machines):
                self.say("every machine is clean and free")
                return
            if time.time() > until:
                break
            time.sleep(0.5)
        out = answer.body if answer else "no answer"
        self.ledger.violation("not_healed", f"not every machine is available again: {out}")

    def lend_all(self):
        """Checks that one request for all machines works on each of them, now that nothing is broken."""
        count = len(self.stage.machines)
        request = self.ledger.ask("lastone", count, 5)
        answer = self.admin.retry("POST", "/reservations", {"count": count, "duration_minutes": 5,
                                                             "username": "lastone", "reservation_password": "the-last"})
        if answer is None or answer.status != 201:
            self.ledger.settle(request, "refused")
            self.ledger.violation("not_healed", f"reserving all got {answer and (answer.status, answer.body)}")
            return
        for lent in answer.body["machines"]:
            status, said = ssh(lent["port"], "lastone", "the-last", "id -un")
            if status != 0:
                self.ledger.violation("no_login", f"lastone on {lent['machine']}: {said}", lent["machine"])
        self.ledger.count("machines lent", count)
        self.ledger.settle(request, "refused")
        self.release_all()
        self.expect_all_free(time.time() + self.stage.convergence)

    def report(self):
        """Prints and writes the report; returns the exit status."""
        run = {"seed": self.options["seed"], "minutes": self.options["minutes"],
               "took": round(time.time() - self.began), "machines": len(self.stage.machines), "busybox": self.options["busybox"],
               "clients": self.options["clients"], "driver": self.options["driver"], "processors": os.cpu_count(), "convergence": self.stage.convergence, "versions": self.stage.versions()}
        data = as_data(run, self.ledger, self.faults, self.observer)
        explain(self.ledger)
        show(data)
        write(self.folder / "report.json", data, self.ledger)
        return 1 if self.ledger.violations else 0
