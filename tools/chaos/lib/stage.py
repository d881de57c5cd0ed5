"""The parts of a run: the database, the machines, two APIs and two schedulers, all in private namespaces."""

import glob
import secrets
import subprocess
import threading
import time
from pathlib import Path

from net import LOG_IN_SECONDS
from pool import Pool
from parts import Database, Service, as_delivered, machines_up, new_secrets, on_lab, tail, versions
from sandbox import binary

DATABASE_PORT = 15000
MAX_CONNECTIONS = 120

# Settings with which the services recover in seconds, so that a short run has many recoveries.
CLAIM = 8
RETRY_LONGEST = 4
RUN_TIMEOUT = 20
CONNECT_TIMEOUT = 3
SOCKET_TIMEOUT = 6
GRACE = 15
PROBE_INTERVAL = 10
TIMINGS = {
    "CLAIM_DURATION": f"{CLAIM}s",
    "SCHEDULER_INTERVAL": "1s",
    "ANSIBLE_RUN_TIMEOUT": f"{RUN_TIMEOUT}s",
    "SSH_CONNECT_TIMEOUT": f"{CONNECT_TIMEOUT}s",
    "PROVISIONING_TIMEOUT": "20s",
    "RESERVATIONS_RETRY_FIRST": "1s",
    "RESERVATIONS_RETRY_LONGEST": f"{RETRY_LONGEST}s",
    "MACHINES_SIT_OUT": "2s",
    "MACHINES_SIT_OUT_MAX": "5s",
    "SSH_HEALTH_INTERVAL": f"{PROBE_INTERVAL}s",
    "GUARD_GRACE": f"{GRACE}s",
    "WARN_BEFORE": "40s,10s",
    "DB_CONNECT_MAX_RETRIES": "600",
    "DB_CONNECT_RETRY_SECONDS": "1",
}

# The time in which the product must recover after the last fault: a claim expires, the next try comes, and its run
# takes the longest time that is allowed. The 10 s are for a host with two busy processors.
CONVERGENCE = CLAIM + RETRY_LONGEST + CONNECT_TIMEOUT + RUN_TIMEOUT + 10


class Attacked(Service):
    """A service with a clock of its own."""

    def __init__(self, stage, package, number, driver):
        name = f"{package.split('-')[0]}-{number}"
        port = (15100 if package.startswith("api") else 15200) + number
        super().__init__(name, stage.product / package / "target/quarkus-app/quarkus-run.jar", port,
                         stage.logs / f"{name}.log")
        self.stage, self.package, self.driver = stage, package, driver
        self.clock = stage.dir / f"{self.name}.clock"
        self.set_clock(0)

    def set_clock(self, seconds):
        """Sets the clock of the process this many seconds ahead, with effect within a second."""
        new = self.clock.with_suffix(".new")
        new.write_text(f"{seconds:+d}\n", encoding="ascii")
        new.rename(self.clock)

    def start(self):
        self.settings = {
            **self.stage.settings, "ACCOUNT_DRIVER": self.driver, "TMPDIR": str(self.stage.tmp),
            "LD_PRELOAD": self.stage.faketime, "FAKETIME_TIMESTAMP_FILE": str(self.clock),
            # Only the wall clock jumps, because a real monotonic clock never does. With another value of the "fix" the
            # library treats the monotonic deadlines of Java as wall-clock times, and every wait ends at once.
            "FAKETIME_DONT_FAKE_MONOTONIC": "1", "FAKETIME_FORCE_MONOTONIC_FIX": "0", "FAKETIME_CACHE_DURATION": "1"}
        super().start()

    def command(self):
        if self.stage.native:
            return [str(binary(self.stage.product, self.package)), *self.properties()]
        return super().command()

    def java_options(self):
        return [*as_delivered(self.stage.product, self.jar), *self.properties()]

    def properties(self):
        """Properties of both variants. The timeout of the socket is shorter than a freeze of the database."""
        return [f"-Djava.io.tmpdir={self.stage.tmp}",
                "-Dquarkus.datasource.jdbc.additional-jdbc-properties.socketTimeout=" + str(SOCKET_TIMEOUT * 1000)]


class Stage:
    """All parts of a run. Everything is below one folder."""

    def __init__(self, folder, root, options):
        self.dir, self.root, self.product = Path(folder), Path(root), Path(options["product"])
        self.native = options["native"]
        # Whether account work is slow, since Ansible does it.
        self.slow = options["driver"] != "ssh"
        self.logs, self.tmp = self.dir / "logs", self.dir / "tmp"
        # On a host with other work everything takes longer, which is not an error of the product.
        self.patience = options["patience"]
        self.convergence = CONVERGENCE * self.patience
        self.log_in_seconds = LOG_IN_SECONDS * self.patience
        self.logs.mkdir(mode=0o700)
        self.tmp.mkdir(mode=0o700)
        libraries = glob.glob("/usr/lib/*/faketime/libfaketimeMT.so.1")
        self.faketime = libraries[0] if libraries else ""
        self.admin_password = secrets.token_hex(12)
        self.database = Database(self.dir / "database", self.logs / "database.log", DATABASE_PORT,
                                 ["--innodb-buffer-pool-size=64M", f"--max-connections={MAX_CONNECTIONS}"])
        self.settings = {**TIMINGS, **new_secrets(self.database, self.admin_password)}
        drivers = ("ansible", "ssh") if options["driver"] == "both" else (options["driver"],) * 2
        self.apis = [Attacked(self, "api-service", n, driver) for n, driver in enumerate(drivers, 1)]
        self.schedulers = [Attacked(self, "scheduler-service", n, driver) for n, driver in enumerate(drivers, 1)]
        self.services = self.apis + self.schedulers
        self.machines = {}
        self.users = [f"user{n}" for n in range(options["clients"])]
        self.pool = Pool([], [])
        # The machines whose sshd blocks an address after refused log-ins, as it does by default.
        self.strict = []
        self.lab_lock = threading.Lock()

    def start(self, machines, busybox):
        self.database.install()
        self.database.start()
        strict = (machines - busybox) // 4
        for flavour, count, prefix, *more in (("debian", machines - busybox - strict, "lab-"),
                                              ("debian", strict, "strict-", "--penalties"),
                                              ("busybox", busybox, "busybox-")):
            if count:
                self.machines |= machines_up(self.logs / "lab.log", self.dir / prefix.strip("-"), count, "--flavour", flavour,
                                             "--prefix", prefix, *more)
        self.strict = [name for name in self.machines if name.startswith("strict-")]
        self.pool = Pool(self.machines, self.users)
        while not self.database.greets():
            time.sleep(0.1)
        for service in self.services:
            service.start()
        for service in self.services:
            if not service.await_ready(300):
                raise SystemExit(f"{service.name} did not become ready; the end of its log:\n" + tail(service.log))

    def on_lab(self, *arguments):
        """Runs a command of the lab."""
        on_lab(self.logs / "lab.log", *arguments)

    def inside(self, name, *command):
        """Runs a command as root on a machine; returns its exit status and output."""
        machine = self.machines[name]
        done = subprocess.run([self.root / "tools/lab/lab", "exec", machine.lab, name, *command], text=True,
                              stdin=subprocess.DEVNULL, capture_output=True, errors="replace", timeout=60, check=False)
        return done.returncode, done.stdout

    def versions(self):
        return versions(self.product)
