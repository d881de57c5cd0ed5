"""Measures how long a client waits for machines, and how long until they are verified clean again."""

import time
from concurrent.futures import ThreadPoolExecutor

from plain import Plain
from report import seconds

RESERVATION = {"duration_minutes": 60, "reservation_password": "bench-password"}


def measure(bench, driver):
    """Reserves and gives back 1, 10 and 20 machines, alternating with the same work without the product."""
    it, sizes = bench.installation, [n for n in bench.sizes if n <= len(bench.installation.machines)]
    it.start(it.api, ACCOUNT_DRIVER=driver)
    it.forget_machines()
    it.register(it.machines)
    # Each driver has its own account name, so that accounts left by a failure of one do not disturb the other.
    account = f"bench-{driver}"
    plain = Plain(it.dir / f"plain-{driver}", it.machines, account)
    plain.open()
    clients = [it.client() for _ in range(max(sizes))]
    times = {}

    def note(what, n, took):
        times.setdefault((what, n), []).append(took)

    for turn in range(bench.turns + 1):
        for n in sizes if turn else [max(sizes)]:
            took = product(clients, n, account)
            # The first turn opens connections and warms the JVM.
            if turn:
                note("reserve", n, took[0])
                note("release", n, took[1])
            for way in ("fresh", "kept") if driver == "ssh" else ("ansible",):
                token = plain.next_token()
                for action, what in (("CREATE", "reserve"), ("REMOVE", "release")):
                    took = plain.by_ansible(it.machines[:n], action, token) if way == "ansible" else \
                        plain.on(it.machines[:n], action, token, way == "kept")
                    if turn:
                        note(f"{way} {what}", n, took)
    plain.close()
    it.stop()
    for what in ("reserve", "release"):
        for n in sizes:
            name = f"{what} {n} machine{'s' if n > 1 else ''}, {driver} driver"
            if driver == "ssh":
                bench.table.slower(name, times[what, n], "plain ssh, kept connections", times[f"kept {what}", n],
                                   seconds, 2.0 if what == "reserve" else None, 0.03)
                bench.table.slower(f"{name} (again)", times[what, n], "plain ssh, fresh connections",
                                   times[f"fresh {what}", n], seconds)
            else:
                bench.table.slower(name, times[what, n], "ansible-playbook with a raw task",
                                   times[f"ansible {what}", n], seconds, 1.3 if what == "reserve" else None)


def product(clients, n, account):
    """Reserves n machines and gives each back; returns the seconds of both steps."""
    began = time.perf_counter()
    clients[0].call("POST", "/reservations", {**RESERVATION, "username": account, "count": n})
    reserved = time.perf_counter() - began
    ids = [r["reservation_id"] for r in clients[0].call("GET", "/reservations")["reservations"]]
    with ThreadPoolExecutor(n) as pool:
        list(pool.map(lambda pair: pair[0].call("GET", "/healthz"), zip(clients, ids)))
        began = time.perf_counter()
        list(pool.map(lambda pair: pair[0].call("DELETE", f"/reservations/{pair[1]}"), zip(clients, ids)))
        return reserved, time.perf_counter() - began
