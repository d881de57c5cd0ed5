"""Checks the histories of all requests at the end: that no later request passed an earlier one, and that none was lost.

The checks only claim what is certain. They look at requests for one machine, from when an answer said that they wait until
machines were assigned for the first time: what comes back to the queue pauses, and may have been refused by a machine.
"""

from collections import defaultdict
from dataclasses import dataclass

from clients import seconds_of

GONE = ("verified_gone", "nothing_made", "abandoned")
# For transactions that overlap.
MARGIN = 1.0
# For a machine that is free: to be assigned where nothing is broken. It includes a probe of a machine on a busy host.
SERVED_WITHIN = 10.0


@dataclass
class Held:
    """A machine of a request, from its assignment until nothing of the account is left."""

    view: dict
    machine: str
    since: float
    until: float = float("inf")

    def is_first(self):
        """Whether the request got the machine in the queue, not in place of one that was lost."""
        return "started_at" not in self.view or self.since <= seconds_of(self.view["started_at"])


@dataclass
class Wait:
    """The first time in the queue of a request for one machine."""

    view: dict
    usable: set
    since: float
    until: float


def held(views):
    """The times in which requests had machines, by machine."""
    found = defaultdict(list)
    for view in views:
        current = {}
        for event in view["history"]:
            machine, at = event.get("machine"), seconds_of(event["at"])
            if event["event"] == "allocated":
                current[machine] = Held(view, machine, at)
                found[machine].append(current[machine])
            elif event["event"] in GONE and machine in current:
                current[machine].until = at
    for times in found.values():
        times.sort(key=lambda h: h.since)
    return found


def end_of_wait(view, now):
    """When machines were first assigned to a request, or when it was over."""
    ends = [seconds_of(e["at"]) for e in view["history"] if e["event"] in ("allocated", "cancelled", "lapsed", "failed")]
    return min(ends, default=now)


class Order:
    """What all requests together must fulfil."""

    def __init__(self, stage, ledger, faults, views, now):
        self.stage, self.pool, self.ledger, self.faults = stage, stage.pool, ledger, faults
        self.views, self.now = views, now
        self.held = held(views)
        queued = {r.id: r.queued for r in ledger.requests if r.id and r.queued}
        self.waits = [Wait(v, self.usable(v), queued[v["request_id"]] + MARGIN, end_of_wait(v, now))
                      for v in views if v["request_id"] in queued and v["count"] == 1
                      and v["owner"] not in self.pool.unclear]
        # When machines came into trouble without a fault that the suite has made.
        self.troubles = defaultdict(list)
        for view in views:
            for event in view["history"]:
                if event["event"] in ("account_failed", "removal_failed"):
                    self.troubles[event.get("machine")].append(seconds_of(event["at"]))

    def check(self):
        for wait in self.waits:
            self.check_passed(wait)
            self.check_lost(wait)

    def usable(self, view):
        return self.pool.usable(view["owner"], view.get("selector"), view.get("wanted_machines"))

    def place(self, view):
        return -self.pool.priority(view["owner"]), view["request_id"]

    # ----------------------------------------------------------------------------------------------------- the order

    def check_passed(self, wait):
        """No later request for at least the same time got the only machine that the waiting one could use."""
        self.ledger.count("waiting requests with their order checked")
        for machine in wait.usable:
            for other in (h for h in self.held[machine] if h.is_first() and self.is_later(wait, h.view)):
                self.ledger.count("machines that later requests got, with the order checked")
                if other.since < wait.until and self.all_held(wait.usable - {machine}, other.since):
                    self.ledger.violation("passed", f"request {wait.view['request_id']} waited {other.since - wait.since:.1f} "
                                          f"s for one of {sorted(wait.usable)}, and the later request "
                                          f"{other.view['request_id']} got {machine}", machine, at=other.since)

    def is_later(self, wait, other):
        return (other["owner"] not in self.pool.unclear and wait.since < seconds_of(other["created_at"]) < wait.until
                and self.pool.priority(other["owner"]) <= self.pool.priority(wait.view["owner"])
                # A shorter request may end before the earlier one needs the machine.
                and other["duration_minutes"] >= wait.view["duration_minutes"])

    def all_held(self, machines, at):
        return all(any(h.since < at - MARGIN and at < h.until for h in self.held[m]) for m in machines)

    # --------------------------------------------------------------------------------------------------- lost requests

    def check_lost(self, wait):
        """A machine that works, is free and that no earlier request waits for is assigned soon."""
        for machine in wait.usable:
            for since, until in self.free(machine, wait.since, wait.until):
                if until - since > SERVED_WITHIN and not self.is_wanted(machine, wait, since, until):
                    self.check_served(wait, machine, since, until)

    def free(self, machine, since, until):
        """The times in which nobody had the machine."""
        for h in self.held[machine]:
            if h.until > since and h.since < until:
                if h.since > since:
                    yield since, h.since
                since = h.until
        if since < until:
            yield since, until

    def is_wanted(self, machine, wait, since, until):
        """Whether an earlier request may have waited for the machine."""
        return any(machine in self.usable(v) and v is not wait.view
                   and (v["owner"] in self.pool.unclear or self.place(v) < self.place(wait.view))
                   and seconds_of(v["created_at"]) < until and self.over_at(v) > since for v in self.views)

    def over_at(self, view):
        """When a request needed no further machine."""
        return seconds_of(view.get("started_at") or view.get("ended_at") or "9999-01-01T00:00:00Z")

    def check_served(self, wait, machine, since, until):
        targets = {machine, "database", *(s.name for s in self.stage.schedulers)}
        longest = 0.0
        for begin, end in self.calm(targets, since, until):
            troubled = (self.faults.hit(targets, begin - self.stage.convergence, end)
                        or any(begin - self.stage.convergence < t < end for t in self.troubles[machine]))
            allowed = self.stage.convergence if troubled else SERVED_WITHIN * self.stage.patience
            longest = max(longest, end - begin - allowed)
        if longest > 0:
            self.ledger.violation("lost_request", f"request {wait.view['request_id']} waited while {machine} was free for "
                                  f"{until - since:.0f} s, {longest:.0f} s too long", machine, at=until)

    def calm(self, targets, since, until):
        """The parts of a time in which none of the targets was broken."""
        windows = sorted(((w.began, w.ended or self.now) for w in self.faults.windows if w.target in targets))
        for began, ended in windows:
            if began >= until:
                break
            if began > since:
                yield since, began
            since = max(since, ended)
        if since < until:
            yield since, until


def check_cancelled(ledger, views):
    """Nothing is assigned to a request after its cancellation was answered."""
    cancelled = {r.id: r.cancelled for r in ledger.requests if r.id and r.cancelled}
    for view in views:
        at = cancelled.get(view["request_id"])
        for event in view["history"]:
            if at and event["event"] in ("allocated", "served", "account_made") and seconds_of(event["at"]) > at:
                ledger.violation("cancelled_but_served", f"request {view['request_id']} was cancelled, and then "
                                 f"{event['event']}", at=seconds_of(event["at"]))
