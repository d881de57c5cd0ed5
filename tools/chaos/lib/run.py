"""One run: prepare, make faults, wait for the recovery, and check that every machine is clean and free."""

import os
import threading
import time

from clients import Client, Watcher
from faults import Faults, plan
from ledger import Ledger
from net import Session, ssh
from observer import Observer
from report import as_data, explain, show, write
from stage import Stage


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
        self.clients = [Client(self.stage, self.ledger, self.faults, self.observer, n, seed)
                        for n in range(options["clients"])]
        for machine in self.stage.machines.values():
            self.made("/machines", {"name": machine.name, "host": "127.0.0.1", "port": machine.port,
                                    "user": machine.user, "password": machine.password})
        for client in self.clients:
            self.made("/users", {"username": client.session.user, "password": client.session.password,
                                 "is_admin": False})
        self.say("the database, the machines, two APIs and two schedulers are up; everything is registered")

    def made(self, path, body):
        answer = self.admin.call("POST", path, body)
        if answer.status != 201:
            raise SystemExit(f"POST {path} got {answer.status} {answer.body}")

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
        while time.time() < until and not self.stop.exists():
            time.sleep(min(0.5, max(0.0, until - time.time())))
            if time.time() - reported >= 15:
                reported = time.time()
                self.progress()
        until = min(until, time.time())
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
        self.release_all()
        self.say(f"everything is released; all accounts must be gone within {self.stage.convergence:g} s")
        until = time.time() + self.stage.convergence
        while time.time() < until and not self.observer.all_gone():
            time.sleep(0.2)
        self.observer.final_check()
        self.expect_all_free(until + 5)
        self.lend_all()
        self.observer.ended.set()
        self.observer.join(5)

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
