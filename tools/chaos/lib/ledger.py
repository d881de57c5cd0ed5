"""Records the requests, the responses, the faults and the violations of a run."""

import json
import threading
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field

# Every kind of violation that is checked. The report lists all of them, also those that did not occur.
VIOLATIONS = {
    "two_accounts": "accounts of two reservations on one machine at once",
    "lent_twice": "answers that lend a machine to two requests at once",
    "success_without_account": "success was answered, and the account was not on the machine",
    "no_login": "an answered reservation could not log in",
    "taken_early": "an account was gone before its end",
    "cut_early": "access to an account was ended before its end",
    "open_after_end": "access to an account was open after its end and the grace",
    "no_guard": "a lent machine had no guard",
    "guard_left": "something of a guard was left when no account was",
    "left_behind": "an account outlived its end and the convergence time",
    "residue": "a process, home, crontab or file outlived its account",
    "freed_with_account": "the API called a machine available that had an account",
    "given_back_but_there": "giving back was answered with 200, and the account was there",
    "wrong_machine": "a user got or saw a machine that is not for this user or request",
    "passed": "a later request got a machine that an earlier one waited for",
    "lost_request": "a waiting request was not served, or ended without a reason",
    "cancelled_but_served": "a request was served after its cancellation was answered",
    "old_password": "the old password worked after a new one was set",
    "repeated_key": "one Idempotency-Key gave two different answers",
    "foreign_touched": "an account that is not ours, or its home, was changed",
    "server_error": "status 500",
    "bad_answer": "an answer that breaks the contract",
    "unprovoked": "a failure was answered while nothing was broken",
    "no_connection": "a connection failed while the API was up",
    "service_ended": "a service ended by itself",
    "not_healed": "something did not work again after the end of all faults",
}


@dataclass
class Loan:
    """One machine of a granted request. If the response to a change of its end was lost, two ends are possible."""

    request: "Request"
    machine: str
    reservation: int
    answered: float
    earliest_end: float
    latest_end: float
    release_sent: float | None = None
    # The latest end that the machine may have, which its guard goes by. It is the end of the last answer, unless a fault
    # may have kept an earlier end from the machine, or it is not known whether a later one was taken back.
    machine_end: float = 0.0

    def __post_init__(self):
        self.machine_end = self.latest_end

    def surely_until(self):
        """The time until which no other request may have the machine."""
        return min(self.earliest_end, self.release_sent or self.earliest_end)

    def over_at(self):
        """The time from which the account must be removed."""
        return min(self.latest_end, self.release_sent or self.latest_end)


@dataclass
class Request:
    """One request of a client for machines, with all its repetitions."""

    number: int
    account: str
    count: int
    minutes: int
    sent: float
    outcome: str = "open"  # then lent, refused or lost
    settled: float = 0.0
    loans: dict[str, Loan] = field(default_factory=dict)
    # When an admin released all machines.
    released_all: float | None = None
    # The machines that it may get; None for any.
    usable: set[str] | None = None
    # How many minutes it may wait, and its id and when it was first known to wait.
    wait: int = 0
    id: int | None = None
    queued: float | None = None
    # When its cancellation was answered with 200, and when a keepalive last counted, at the earliest and at the latest.
    cancelled: float | None = None
    kept: tuple[float, float] | None = None

    def over_at(self, machine):
        """The time from which this request may have no account on the machine; None while it may."""
        over = self.over_by_itself(machine)
        return over if self.released_all is None else min(over or self.released_all, self.released_all)

    def machine_end(self, machine):
        """The latest end that the machine may have for this request; None while no answer has said one."""
        if machine in self.loans:
            return self.loans[machine].machine_end
        return self.settled + self.longest() if self.outcome in ("refused", "lost") else None

    def longest(self):
        """How many seconds after its answer a request may have machines of which the client does not know."""
        # A failed try to serve it does not count as waiting.
        return (self.minutes + 2 * self.wait) * 60 + 60

    def over_by_itself(self, machine):
        if machine in self.loans:
            return self.loans[machine].over_at()
        if self.outcome in ("lent", "refused"):
            return self.settled
        if self.outcome == "lost":
            # The request may have been granted although the client does not know it. Then it expires.
            return self.settled + self.longest()
        return None


class Ledger:
    """Thread-safe. Times are of the host's clock, which the database uses too."""

    def __init__(self, journal):
        self.lock = threading.RLock()
        self.began = time.time()
        self.journal = open(journal, "w", encoding="utf-8")
        self.events = []
        self.actions = Counter()
        self.timings = defaultdict(list)
        self.violations = []
        self.requests = []
        self.by_account = {}
        self.by_machine = defaultdict(list)
        # When another tool last removed an account of its own, by (machine, account); infinite during the removal.
        self.foreign_removed = defaultdict(float)
        # Set at the moment when a client learns that machines were assigned to a request that waited.
        self.assigned = threading.Event()

    def note(self, text, *machines):
        """Adds a line to the journal."""
        with self.lock:
            entry = (time.time(), machines, text)
            self.events.append(entry)
            self.journal.write(json.dumps({"at": round(entry[0], 3), "machines": machines, "text": text}) + "\n")
            self.journal.flush()

    def count(self, action, amount=1):
        with self.lock:
            self.actions[action] += amount

    def took(self, what, seconds):
        with self.lock:
            self.timings[what].append(seconds)

    def violation(self, kind, text, *machines, at=None):
        """Records and prints a violation, which may be found later than it happened."""
        at = at or time.time()
        with self.lock:
            self.violations.append((at, kind, text, machines))
        self.note(f"VIOLATION {kind}: {text}", *machines)
        print(f"  !! {self.clock(at)} {kind}: {text}", flush=True)

    def clock(self, at):
        """A time as the seconds since the start of the run."""
        return f"{at - self.began:7.2f}s"

    def ask(self, account, count, minutes, usable=None, wait=0):
        """Records that a client is about to request machines."""
        with self.lock:
            request = Request(len(self.requests), account, count, minutes, time.time(), usable=usable, wait=wait)
            self.requests.append(request)
            self.by_account[account] = request
            return request

    def next_names(self):
        """The account names of the latest requests and of the next ones."""
        with self.lock:
            names = [request.account for request in self.requests[-4:]]
            last = max((int(name[1:]) for name in self.by_account if name[1:].isdigit()), default=0)
        return names + [f"c{last + n:05d}" for n in range(1, 5)]

    def settle(self, request, outcome):
        with self.lock:
            request.outcome, request.settled = outcome, time.time()

    def release_all(self):
        """Records that from now on no client may have a machine."""
        now = time.time()
        with self.lock:
            for request in self.requests:
                request.released_all = now
                for loan in request.loans.values():
                    loan.release_sent = loan.release_sent or now

    def lend(self, request, reserved_until, machines):
        """Records that a request was granted; machines are (name, reservation id) pairs."""
        now = time.time()
        with self.lock:
            request.outcome, request.settled = "lent", now
            for name, reservation in machines:
                loan = Loan(request, name, reservation, now, reserved_until, reserved_until)
                request.loans[name] = loan
                self.by_machine[name].append(loan)
                self.check_alone(loan)

    def check_alone(self, loan):
        """Checks that no other request has the machine, when a response says that this one has it."""
        now = time.time()
        with self.lock:
            others = [o for o in self.by_machine[loan.machine] if o.request is not loan.request]
        for other in others:
            if other.answered <= now < other.surely_until() and now < loan.surely_until():
                self.violation("lent_twice", f"{loan.machine} is lent to {loan.request.account} and, until "
                               f"{self.clock(other.surely_until())}, to {other.request.account}", loan.machine)

    def timeline(self, machines, at, before=45.0, after=5.0, most=60):
        """The journal's lines about machines (or about everything) around a time, as text."""
        with self.lock:
            chosen = [e for e in self.events if at - before <= e[0] <= at + after
                      and (not e[1] or not machines or set(e[1]) & set(machines))]
        return [f"{self.clock(t)} {' '.join(m):<8} {text}" for t, m, text in chosen[-most:]]
