"""The installation that is measured: a database, machines, one API and one scheduler, with the product's defaults."""

import http.client
import json
import secrets
import subprocess
import time
from pathlib import Path

from parts import ROOT, Database, Service, as_delivered, machines_up, new_secrets, tail
from sandbox import binary

SERVICES = {"api": 15100, "scheduler": 15200}
# The interval of the probes is 12 h, because probes would disturb the measurement.
SETTINGS = {"MALLOC_ARENA_MAX": "2", "SSH_HEALTH_INTERVAL": "12h", "SCHEDULER_INTERVAL": "1s", "LOG_LEVEL": "WARN"}


class Measured(Service):
    """A service as it is delivered: in the JVM, or as the native binary."""

    native = False
    # Whether the JVM uses the AOT cache.
    cached = True

    def command(self):
        if self.native:
            return [str(binary(ROOT, f"{self.name}-service"))]
        return super().command()

    def java_options(self):
        options = as_delivered(ROOT, self.jar)
        return options if self.cached else options[:1]

    def memory(self):
        """Its resident memory in MB."""
        status = Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii")
        return int(next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1]) / 1024


class Api:
    """A client with one persistent connection."""

    def __init__(self, port, token=None):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=600)
        self.token = token

    def call(self, method, path, body=None, right=(200, 201)):
        """Returns the JSON of the response. A status that is not in `right` ends the run."""
        headers = {"Content-Type": "application/json"}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        self.connection.request(method, path, None if body is None else json.dumps(body), headers)
        response = self.connection.getresponse()
        text = response.read()
        if response.status not in right:
            raise SystemExit(f"{method} {path} got {response.status} {text[:500]}")
        return json.loads(text)


class Installation:
    """All parts. Everything is below one folder."""

    def __init__(self, folder):
        self.dir = folder
        self.logs = folder / "logs"
        self.logs.mkdir(mode=0o700)
        self.password = secrets.token_hex(12)
        self.database = Database(folder / "database", self.logs / "database.log", 15000,
                                 ["--innodb-buffer-pool-size=128M"])
        self.secrets = new_secrets(self.database, self.password)
        self.api, self.scheduler = [
            Measured(name, ROOT / f"{name}-service/target/quarkus-app/quarkus-run.jar", port, self.logs / f"{name}.log")
            for name, port in SERVICES.items()]
        self.token = None
        self.machines = []

    def start_database(self):
        self.database.install()
        self.database.start()
        while not self.database.greets():
            time.sleep(0.05)

    def start_machines(self, count):
        self.machines = list(machines_up(self.logs / "lab.log", self.dir / "lab", count).values())
        for described in json.loads((self.dir / "lab/machines.json").read_text()):
            next(m for m in self.machines if m.name == described["name"]).host_keys = described["hostKeys"]

    def start(self, *services, **settings):
        """Starts services; returns for each how many seconds passed until it was ready."""
        took = {}
        for service in services:
            service.settings = {**self.secrets, **SETTINGS, **settings}
            began = time.perf_counter()
            service.start()
            if not service.await_ready(120, 0.01):
                raise SystemExit(f"{service.name} did not become ready; the end of its log:\n" + tail(service.log))
            took[service.name] = time.perf_counter() - began
        if self.api in services:
            self.token = self.client(False).call("POST", "/login", {"username": "admin", "password": self.password}
                                                 )["access_token"]
        return took

    def stop(self):
        for service in (self.api, self.scheduler):
            if service.process and service.process.poll() is None:
                service.end(15)

    def client(self, authorised=True):
        return Api(self.api.port, self.token if authorised else None)

    def register(self, machines):
        """Registers machines of the lab under their names."""
        client = self.client()
        for machine in machines:
            client.call("POST", "/machines", registration(machine.name, machine))

    def sql(self, statements):
        """Runs SQL as the database's root; returns the lines that it prints, without headings."""
        done = subprocess.run(["mariadb", "--no-defaults", f"--socket={self.database.home}/socket", "--batch",
                               "--skip-column-names", "machine_manager"], input=statements, capture_output=True,
                              text=True, check=False)
        if done.returncode:
            raise SystemExit(f"SQL failed: {done.stderr}")
        return done.stdout.splitlines()

    def forget_machines(self):
        """Deletes all machines and reservations, and their history."""
        self.sql("delete from reservation_events; delete from reservations; delete from machines;")


def registration(name, machine):
    return {"name": name, "host": "127.0.0.1", "port": machine.port, "user": machine.user,
            "password": machine.password, "host_key": "\n".join(machine.host_keys)}
