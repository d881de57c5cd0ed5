"""The report as a table and as JSON, and the lines of the journal around each violation."""

import json
import time
from collections import Counter

from ledger import VIOLATIONS


def percentile(values, share):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def as_data(run, ledger, faults, observer):
    """Everything that is in the report."""
    found = Counter(kind for _, kind, _, _ in ledger.violations)
    return {
        **run,
        "reservations": ledger.actions["machines lent"],
        "actions": dict(sorted(ledger.actions.items())),
        "faults": dict(sorted(faults.done.items())),
        "faults_total": sum(faults.done.values()),
        "faults_skipped": dict(sorted(faults.skipped.items())),
        "looks_at_machines": observer.looks,
        "violations": {kind: found[kind] for kind in VIOLATIONS},
        "violations_total": len(ledger.violations),
        "seconds": {what: {"count": len(times), "p50": round(percentile(times, 0.5), 2),
                           "p99": round(percentile(times, 0.99), 2), "max": round(max(times), 2)}
                    for what, times in sorted(ledger.timings.items()) if times},
    }


def show(data):
    """Prints the table."""
    def section(title, rows):
        print(f"\n{title}")
        for name, value in rows:
            print(f"  {name:<66}{value:>9}")

    print("\n" + "=" * 77)
    section("Actions", [("reservations (machines lent by answers)", data["reservations"]),
                        *((k, v) for k, v in data["actions"].items() if k != "machines lent"),
                        ("readings of a machine by the observer", data["looks_at_machines"])])
    section(f"Faults: {data['faults_total']}", data["faults"].items())
    print("\nSeconds" + " " * 37 + f"{'number':>8}{'p50':>8}{'p99':>8}{'max':>8}")
    names = {"reserve": "reserve, call to answer", "removal": "removal, end to nothing left",
             "give back": "give back, call to answer", "queue": "wait in the queue, call to served", "log-in": "log-in over SSH",
             "cut": "guard, end and grace to access ended", "guard back": "guard ended by its fault, to back"}
    for what, t in data["seconds"].items():
        print(f"  {names.get(what, what):<42}{t['count']:>8}{t['p50']:>8}{t['p99']:>8}{t['max']:>8}")
    section(f"Violations: {data['violations_total']}",
            [(VIOLATIONS[kind], count) for kind, count in data["violations"].items()])
    print(f"\nseed {data['seed']}, {data['minutes']} min of faults, {data['took']} s in all, "
          f"{data['machines']} machines ({data['busybox']} with busybox), {data['clients']} clients, accounts by {data['driver']}, "
          f"{data['processors']} processors")
    for name, version in data["versions"].items():
        print(f"  {name:<10}{version}")


def explain(ledger, most=12):
    """Prints the lines of the journal around the first violations."""
    for at, kind, text, machines in ledger.violations[:most]:
        print(f"\n--- {kind} at {ledger.clock(at)}: {text}")
        for line in ledger.timeline(machines, at):
            print("    " + line)
    if len(ledger.violations) > most:
        print(f"\n... and {len(ledger.violations) - most} more; all of them are in the journal.")


def write(path, data, ledger):
    data = {**data, "ended": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "violation_list": [{"at": round(at - ledger.began, 3), "kind": kind, "text": text, "machines": machines}
                               for at, kind, text, machines in ledger.violations]}
    path.write_text(json.dumps(data, indent=2) + "\n", encoding="utf-8")
