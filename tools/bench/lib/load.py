"""Measures requests a second and how long each takes, by wrk on persistent connections."""

import itertools
import json
import re
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor

from report import megabytes, number, per_second, seconds

UNITS = {"us": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0}
LOGIN = """wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.body = %s
"""
# Machines as in a real pool: with an encrypted password and three host keys. No service ever logs in to them.
MACHINES = """
set @now = utc_timestamp(6);
insert into machines (id, name, host, port, ssh_user, sealed_password, host_keys, enabled, shared_host, next_probe_at,
    last_seen_at, created_at)
  select 1000000 + seq, concat('{prefix}', lpad(seq, 6, '0')), '127.0.0.1', 22, 'root', repeat('x', 80),
    concat('ssh-ed25519 ', repeat('A', 68), '\\necdsa-sha2-nistp256 ', repeat('B', 140), '\\nssh-rsa ', repeat('C', 544)),
    1, 1, @now + interval 1 day, @now, @now from seq_1_to_{count};
insert into requests (owner_id, owner_name, account, machine_count, duration_minutes, state, created_at, started_at)
  select id, username, 'bench', 1, 1440, 'ACTIVE', @now, @now from users where username = 'admin';
insert into reservations (request_id, machine_id, machine_name, owner_id, owner_name, account, password_hash, state,
    created_at, duration_minutes, started_at, reserved_until)
  select last_insert_id(), m.id, m.name, u.id, u.username, 'bench', repeat('h', 100), 'ACTIVE', @now, 1440, @now,
    @now + interval 1 day from machines m join users u where u.username = 'admin' and m.id % 5 = 0
    and m.name like '{prefix}%';
analyze table machines, reservations;
"""


# How many clients poll at once: one, some, and many.
CONNECTIONS = (1, 8, 64)
POLLERS = CONNECTIONS[-1]
# 64 log-ins at once would be refused.
LOGINS = 8


class Load:
    """Sends many requests to one installation."""

    def __init__(self, installation):
        self.it = installation
        self.script = installation.dir / "login.lua"
        body = json.dumps({"username": "admin", "password": installation.password})
        self.script.write_text(LOGIN % json.dumps(body), encoding="ascii")

    def start(self, path, duration, connections=POLLERS):
        argv = ["wrk", "--threads", "1", "--connections", str(connections), "--duration", f"{duration}s", "--timeout",
                "30s", "--latency"]
        if path == "/login":
            argv += ["--script", str(self.script)]
        elif path != "/healthz":
            argv += ["--header", f"Authorization: Bearer {self.it.token}"]
        return subprocess.Popen([*argv, f"http://127.0.0.1:{self.it.api.port}{path}"], stdout=subprocess.PIPE, text=True)

    @staticmethod
    def result(process, allow_refusals=False):
        """Returns the requests a second, and the median and the 99th percentile of their times in seconds."""
        text = process.communicate()[0]
        refused = re.search(r"Non-2xx or 3xx responses: (\d+)", text)
        if process.returncode or refused and not allow_refusals or "Socket errors" in text and not allow_refusals:
            raise SystemExit(f"wrk says:\n{text}")

        def percentile(p):
            found = re.search(rf"^\s+{p}%\s+([0-9.]+)(us|ms|s|m)\s*$", text, re.M)
            # Without any response there is no percentile.
            return float(found.group(1)) * UNITS[found.group(2)] if found else float("inf")
        return float(re.search(r"Requests/sec:\s+([0-9.]+)", text).group(1)), percentile(50), percentile(99)

    def once(self, path, duration, connections=POLLERS):
        return self.result(self.start(path, duration, LOGINS if path == "/login" else connections))


def measure(bench):
    """Measures all calls in turn, with 10 machines and with 1,000."""
    it, load, table = bench.installation, Load(bench.installation), bench.table
    starts(bench)
    it.client().call("GET", "/machines")
    time.sleep(bench.rest)
    for service in (it.api, it.scheduler):
        table.alone(f"memory of the {service.name}, idle", [service.memory()], megabytes, "< 160 MB", lambda v: v < 160)
    results = {}
    calls = [(10, path, connections) for connections in CONNECTIONS
             for path in ("/healthz", "/whoami", "/available", "/machines", "/reservations")]
    calls.append((10, "/login", LOGINS))
    calls += [(1000, path, POLLERS) for path in ("/available", "/machines", "/reservations")]
    for rows, group in itertools.groupby(calls, lambda call: call[0]):
        group = list(group)
        it.forget_machines()
        it.sql(MACHINES.format(prefix="row-", count=rows))
        for _, path, connections in group:
            load.once(path, bench.warm, connections)
        for _ in range(bench.turns):
            for _, path, connections in group:
                results.setdefault((rows, path, connections), []).append(load.once(path, bench.seconds, connections))
    for (rows, path, connections), got in results.items():
        rates = [r[0] for r in got]
        healthz = [r[0] for r in results[10, "/healthz", connections]]
        name = (f"{path}" + (f", {rows:,} machines" if path in ("/available", "/machines", "/reservations") else "")
                + f", {connections} connection{'s' if connections > 1 else ''}")
        if path == "/healthz":
            table.alone(f"{name}: requests", rates, per_second)
        else:
            polled = rows == 10 and path in ("/available", "/machines", "/reservations")
            goal = 0.5 if path == "/whoami" else 0.4 if polled and connections == POLLERS else None
            table.faster(f"{name}: requests", rates, "/healthz", healthz, per_second, goal)
        table.alone(f"{name}: half of them within", [r[1] for r in got], seconds)
        table.alone(f"{name}: 99 % within", [r[2] for r in got], seconds)
    storm(bench, load, [r[0] for r in results[10, "/whoami", POLLERS]])
    for service in (it.api, it.scheduler):
        table.alone(f"memory of the {service.name}, after the load", [service.memory()], megabytes)
    it.forget_machines()


def starts(bench):
    """Measures the time until each service is ready, on the JVM also without the AOT cache. The services stay up."""
    it = bench.installation
    took = {}
    for _ in range(bench.turns):
        for cached in (True,) if it.api.native else (False, True):
            it.stop()
            # One after the other, because at the same time each would have only one core.
            for service in (it.api, it.scheduler):
                service.cached = cached
                took.setdefault((service.name, cached), []).append(it.start(service)[service.name])
    for name in ("api", "scheduler"):
        row = f"start of the {name} until it is ready"
        if it.api.native:
            bench.table.alone(row, took[name, True], seconds)
        else:
            bench.table.slower(row, took[name, True], "without the AOT cache", took[name, False], seconds)


def storm(bench, load, alone):
    """Measures how many other requests are served while many clients log in at once."""
    got = []
    for _ in range(bench.turns):
        logins = load.start("/login", bench.seconds + 1, POLLERS)
        time.sleep(0.5)
        got.append(load.once("/whoami", bench.seconds)[0])
        load.result(logins, allow_refusals=True)
    bench.table.faster(f"/whoami while {POLLERS} clients log in: requests", got, "/whoami alone", alone, per_second)


def large(bench):
    """Lists 101,000 machines several times: how long it takes, and how much more memory the process has then."""
    it = bench.installation
    it.start(it.api)
    client = it.client()
    it.forget_machines()
    it.sql(MACHINES.format(prefix="row-", count=1000))
    for _ in range(20):
        client.call("GET", "/machines")
    before = it.api.memory()
    it.sql(MACHINES.format(prefix="many-", count=100000).replace("1000000 +", "2000000 +"))
    times = []
    for _ in range(bench.turns):
        began = time.perf_counter()
        client.call("GET", "/machines")
        times.append(time.perf_counter() - began)
    bench.table.alone("/machines, 101,000 machines", times, seconds)
    bench.table.slower("memory of the api after that", [it.api.memory()], "the same before", [before], megabytes)
    it.forget_machines()
    it.stop()


def soak(bench):
    """Measures the memory at the beginning and at the end of a long load of requests and reservations."""
    it, load = bench.installation, Load(bench.installation)
    it.start(it.api, it.scheduler, ACCOUNT_DRIVER="ssh")
    # Only machines that can be lent: an account on any other would fail.
    it.forget_machines()
    it.register(it.machines)
    samples = {service: [] for service in (it.api, it.scheduler)}
    over, until = threading.Event(), time.time() + bench.soak
    with ThreadPoolExecutor(1) as pool:
        lending = pool.submit(lend, it, over)
        try:
            # lend() ends before `over` is set only if it fails.
            while time.time() < until and not lending.done():
                for path in ("/whoami", "/available", "/machines", "/reservations", "/login"):
                    load.once(path, 4)
                for service, seen in samples.items():
                    seen.append(service.memory())
        finally:
            over.set()
        made = lending.result()
    for service, seen in samples.items():
        third = max(1, len(seen) // 3)
        bench.table.slower(f"memory of the {service.name} after {bench.soak} s of load", seen[-third:],
                           "after a third of it", seen[third:2 * third] or seen, megabytes, 1.05)
    bench.table.alone("reservations meanwhile, half of them ended by the scheduler", [made], number)
    await_free(it.client(), len(it.machines))
    it.forget_machines()
    it.stop()


def lend(it, over):
    """Reserves one or two machines over and over. Half of the reservations are given back, and the others expire.

    Returns how many reservations it has made.
    """
    client, most, made = it.client(), min(2, len(it.machines)), 0
    for turn in itertools.count():
        if over.is_set():
            return made
        await_free(client, most)
        lease = client.call("POST", "/reservations", {
            "count": 1 + turn % most, "duration_minutes": 60, "username": f"soak{turn}",
            "reservation_password": "bench-password"})
        for machine in lease["machines"]:
            path = f"/reservations/{machine['reservation_id']}"
            if turn % 4 < 2:
                # 202: the scheduler finishes the removal.
                client.call("DELETE", path, right=(200, 202))
            else:
                # The API refuses an end that has passed when it serves the call.
                soon = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 10))
                client.call("PATCH", path, {"reserved_until": soon})
            made += 1


def await_free(client, count):
    """Waits until at least `count` machines are free."""
    until = time.time() + 300
    while len(client.call("GET", "/available")["available"]) < count:
        if time.time() > until:
            raise SystemExit(f"{count} machines were not free again within 300 s; see scheduler.log")
        time.sleep(0.5)
