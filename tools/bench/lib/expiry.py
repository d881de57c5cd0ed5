"""Measures how late accounts are removed when very many reservations end in the same second."""

import time
from concurrent.futures import ThreadPoolExecutor

from installation import registration
from plain import Plain, expect_done
from report import seconds

AT_ONCE = 100


def measure(bench, driver):
    """Reserves the whole pool, lets all reservations end in one second, and reads when each account was removed.

    Each machine of the lab is registered under several names, and has an account of another name for each of them.
    """
    it = bench.installation
    lab, rows = it.machines, bench.rows
    it.start(it.api, it.scheduler, ACCOUNT_DRIVER=driver)
    it.forget_machines()
    client = it.client()
    for row in range(rows):
        client.call("POST", "/machines", {**registration(f"row-{row:04}", lab[row % len(lab)]), "shared_host": True})
    for first in range(0, rows, len(lab)):
        client.call("POST", "/reservations", {
            "count": min(len(lab), rows - first), "duration_minutes": 600, "username": f"expiry{first // len(lab)}",
            "reservation_password": "bench-password"})
    it.sql("update reservations set reserved_until = utc_timestamp(6) + interval 3 second where state = 'ACTIVE';")
    # On a slow host ansible takes more than a second for each.
    limit = 60 + 3 * rows
    until = time.time() + limit
    while it.sql("select count(*) from reservations where state <> 'RELEASED';") != ["0"]:
        if time.time() > until:
            raise SystemExit(f"not all of {rows} accounts were removed within {limit} s; see scheduler.log")
        time.sleep(0.5)
    lags = sorted(float(lag) for lag in it.sql(
        "select timestampdiff(microsecond, reserved_until, released_at) / 1e6 from reservations;"))
    if len(lags) != rows:
        raise SystemExit(f"the database has {len(lags)} reservations, not {rows}")
    it.forget_machines()
    it.stop()
    plain = by_plain_ssh(it, rows)
    for percent, goal in ((50, None), (99, 3.0)):
        bench.table.slower(f"{rows:,} reservations due at once, {driver} driver: {percent} % verified gone within",
                           [at(lags, percent)], f"plain ssh, {AT_ONCE} at once", [at(plain, percent)], seconds, goal)


def by_plain_ssh(it, rows):
    """Does the same removals by plain ssh; returns after how many seconds each was done."""
    plain = Plain(it.dir / f"plain-expiry-{time.time_ns()}", it.machines)
    work = [(it.machines[row % len(it.machines)], f"expiry{row // len(it.machines)}") for row in range(rows)]
    token = plain.next_token()

    def do(action):
        def one(item):
            expect_done(*plain.begin(*[item[0], action, item[1], token], kept=False).communicate())
            return time.perf_counter() - began
        began = time.perf_counter()
        with ThreadPoolExecutor(AT_ONCE) as pool:
            return sorted(pool.map(one, work))

    do("CREATE")
    return do("REMOVE")


def at(values, percent):
    """The percentile of sorted values, by the nearest rank."""
    return values[max(0, -(-len(values) * percent // 100) - 1)]
