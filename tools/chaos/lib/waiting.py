"""The users who wait: they choose machines, queue, poll, extend, set new passwords, cancel, and stop keeping alive."""

import math
import time

from clients import Client, seconds_of
from net import Lost, ssh
from pool import SELECTORS

# What keepalive_minutes the requests have that are kept alive: the shortest.
KEEPALIVE = 2


class WaitingClient(Client):
    """A user who also waits in the queue."""

    def next_action(self):
        draw = self.random.random()
        if draw < 0.03:
            self.look_around()
        elif draw < 0.05:
            self.ask_for_hidden_machine()
        elif draw < 0.5:
            self.wait_and_use()
        else:
            super().next_action()

    # ------------------------------------------------------------------------------------------------ in the queue

    def wait_and_use(self):
        request, body = self.wish()
        key = f"{self.name}-{request.number}" if self.random.random() < 0.3 else None
        answer = self.send(request, key, "POST", "/reservations", body)
        if answer is None or not self.is_accepted(request, answer):
            return
        password = body.get("reservation_password") or answer.body.get("reservation_password")
        if key and self.random.random() < 0.5:
            self.repeat_and_compare(request, body, key)
        if "history" in answer.body:
            answer = self.await_service(request)
            if answer is None:
                return
            password = password or answer.body.get("reservation_password")
        # The answer with the generated password may have been lost.
        password = password or self.set_password(request, None, None)
        until = seconds_of(answer.body["reserved_until"])
        if password is None or until < time.time() + 2:
            self.ledger.count("requests that were served too late to be used")
            self.ledger.settle(request, "lost")
        elif self.is_lent(request, answer, password):
            self.use_and_end(request, password, until)
            self.old_names.append(request)

    def wish(self):
        """Chooses machines; returns the request, and the body of the call."""
        pool, user = self.stage.pool, self.session.user
        minutes, wait = self.random.choice([1, 2, 2, 3]), self.random.choice([1, 2, 3])
        count = self.random.choices([1, 2, 3], [75, 18, 7])[0]
        body = {"duration_minutes": minutes, "wait_minutes": wait, "note": "chaos"}
        draw = self.random.random()
        usable = pool.usable(user)
        if draw < 0.15:
            body["machines"] = self.random.sample(sorted(usable), min(count, 2))
            usable = set(body["machines"])
            count = len(usable)
        elif draw < 0.7:
            selector = self.random.choice([s for s in SELECTORS if pool.usable(user, s)])
            body["selector"] = selector
            usable = pool.usable(user, selector)
        count = min(count, len(usable))
        request = self.ledger.ask(self.account_name(), count, minutes, usable, wait)
        body |= {"count": count, "username": request.account}
        if self.random.random() < 0.4:
            body["reservation_password"] = f"pw-{self.random.getrandbits(64):x}"
        # Few, since a request that is kept alive no more holds its machines for minutes.
        if self.random.random() < 0.08:
            body["keepalive_minutes"] = KEEPALIVE
            request.kept = (request.sent, math.inf)
        return request, body

    def is_accepted(self, request, answer):
        """Records the id of the request, and whether it waits."""
        if answer.status in (201, 202):
            request.id = answer.body["request_id"]
            self.kept(request, request.sent, answer.received)
            self.saw(request, answer)
            if answer.status == 201:
                self.ledger.took("reserve", answer.received - answer.sent)
            return True
        self.ledger.settle(request, "refused")
        # A machine may refuse the name of the account.
        conflict = answer.error == "conflict" and self.faults.met("foreign tool", request.sent)
        if answer.status not in (500, 502) and not conflict:
            self.ledger.violation("bad_answer", f"waiting for {request.count} of {sorted(request.usable)} got "
                                  f"{answer.status} {answer.body}")
        return False

    def saw(self, request, answer):
        """Records that an answer says that the request waits, or that it is being served."""
        state = answer.body["state"]
        if state == "queued":
            request.queued = request.queued or answer.received
        elif state == "provisioning":
            self.ledger.assigned.set()
        self.ledger.note(f"request {request.id} of {request.account} is {state}: {answer.body.get('reason')}",
                         *(m["machine"] for m in answer.body["machines"]))

    def await_service(self, request):
        """Polls until the request is served, and returns the answer that says so. Returns None if it is over."""
        cancel_at = time.time() + self.random.uniform(0, 8) if self.random.random() < 0.15 else math.inf
        while True:
            left = cancel_at - time.time()
            if left <= 0 or self.ended.is_set():
                self.take_back(request)
                return None
            if request.kept and time.time() - request.kept[0] > 30:
                self.keep_alive(request)
            answer = self.session.retry("GET", f"/requests/{request.id}?wait={max(1, int(min(10, left)))}")
            if answer is None or answer.status != 200:
                self.ledger.settle(request, "lost")
                if answer is None or answer.status != 500:
                    self.ledger.violation("bad_answer", f"request {request.id} got {answer and (answer.status, answer.body)}")
                return None
            self.saw(request, answer)
            state = answer.body["state"]
            if state == "active":
                self.ledger.count("requests served from the queue")
                self.ledger.took("queue", answer.received - request.sent)
                return answer
            if state == "queued":
                self.check_wait(request, answer)
            elif state != "provisioning":
                self.is_over(request, answer.body)
                return None
            elif self.random.random() < 0.1:
                cancel_at = time.time() + self.random.uniform(0, 1.5)

    def check_wait(self, request, answer):
        """Checks that a request does not stay in the queue for longer than it may."""
        late = answer.received - seconds_of(answer.body["waits_until"])
        broken = {"database", *(s.name for s in self.stage.services)}
        if late > self.stage.convergence and not self.faults.hit(broken, answer.received - late, answer.received):
            self.ledger.violation("lost_request", f"request {request.id} waits {late:.0f} s longer than it may")
            self.take_back(request)

    def is_over(self, request, body):
        """Checks why a request ended that its client did not cancel."""
        self.ledger.settle(request, "refused")
        state, ended = body["state"], seconds_of(body["ended_at"])
        self.ledger.count(f"waiting requests that {'were ' if state == 'cancelled' else ''}{state}")
        # A machine on which another tool has made an account of this name does not count.
        refused = state in ("lapsed", "failed") and self.faults.met("foreign tool", request.sent)
        right = {"lapsed": ended >= (request.kept[0] + 60 * KEEPALIVE if "alive" in body["reason"] and request.kept
                                     else seconds_of(body["waits_until"])),
                 "ended": "reserved_until" in body and ended >= seconds_of(body["reserved_until"])}
        if not refused and not right.get(state):
            self.ledger.violation("lost_request", f"request {request.id} of {request.account} is {state}: {body}")

    def repeat_and_compare(self, request, body, key):
        """The same call again finds the same request."""
        try:
            again = self.session.call("POST", "/reservations", body, key)
        except Lost:
            return
        if not again.ok or again.body["request_id"] == request.id:
            self.ledger.count("keys of waiting requests repeated")
            return
        # The key of a request that was over before it was served counts no more.
        first = self.session.retry("GET", f"/requests/{request.id}")
        if first and first.body["state"] not in ("cancelled", "lapsed", "failed"):
            self.ledger.violation("repeated_key", f"request {request.id} is {first.body['state']}, and then "
                                  f"{again.status} {again.body}")
        self.session.retry("DELETE", f"/requests/{again.body['request_id']}")

    def find_lost(self, request):
        """Cancels what a call without an answer may have put into the queue, as a careful client does."""
        if not request.wait:
            super().find_lost(request)
            return
        self.ledger.settle(request, "lost")
        self.ledger.count("requests without an answer, looked for")
        for _ in range(3):
            for state in ("queued", "provisioning", "active"):
                answer = self.session.retry("GET", f"/requests?state={state}")
                if answer is None or not answer.ok:
                    return
                for row in answer.body["requests"]:
                    if row["username"] == request.account:
                        self.ledger.count("requests without an answer, found and cancelled")
                        request.id = row["request_id"]
                        self.take_back(request)
                        return
            if self.ended.wait(2):
                return

    # ----------------------------------------------------------------------------------------------- when it is served

    def use_and_end(self, request, password, until):
        if request.kept:
            self.keep_alive(request)
            self.end_unkept(request, until)
        self.use_all(request, password)
        self.ended.wait(self.random.uniform(0, 1.5))
        draw = self.random.random()
        if request.kept and draw < 0.5:
            self.ledger.count("stopped keeping alive")
        elif request.kept or draw < 0.25:
            self.take_back(request)
        elif draw < 0.45:
            self.extend(request)
            self.take_back(request)
        elif draw < 0.6:
            self.change_password(request, password)
            self.take_back(request)
        else:
            self.finish(request, password, draw < 0.62)

    def take_back(self, request):
        """Cancels a request, or gives all of its machines back."""
        for loan in request.loans.values():
            loan.release_sent = time.time()
        self.ledger.note(f"cancelling request {request.id} of {request.account}", *request.loans)
        for attempt in range(40):
            try:
                answer = self.session.call("DELETE", f"/requests/{request.id}")
            except Lost:
                self.pause_after_loss(attempt)
                continue
            there = [name for name in self.stage.machines if self.observer.has_account(name, request.account)]
            if answer.status == 503:
                time.sleep(0.5)
                continue
            self.ledger.count(f"{'give back' if request.loans else 'cancel'} a request answered {answer.status}")
            self.ledger.note(f"cancelled {request.id}: {answer.status} {answer.body}", *request.loans)
            if not request.loans:
                self.ledger.settle(request, "refused")
            if answer.status == 200:
                request.cancelled = answer.received
                if there:
                    self.ledger.violation("given_back_but_there", f"{request.account} on {there}", *there)
            elif answer.status not in (202, 410, 500) or answer.status == 410 and not self.may_be_gone(request, attempt):
                self.ledger.violation("bad_answer", f"cancelling {request.id} got {answer.status} {answer.body}")
            return
        if not request.loans:
            self.ledger.settle(request, "lost")

    @staticmethod
    def may_be_gone(request, attempt):
        """Whether a request may be over although no cancellation was answered: by an earlier try, or by its end."""
        return attempt > 0 or not request.loans or any(time.time() >= loan.earliest_end for loan in request.loans.values())

    def extend(self, request):
        """All machines of a request get one more minute, or none does."""
        self.ledger.count("requests extended")
        loans = list(request.loans.values())
        for loan in loans:
            loan.latest_end += 60
            loan.machine_end = max(loan.machine_end, loan.latest_end)
        try:
            answer = self.session.call("PATCH", f"/requests/{request.id}", {"extend_minutes": 1})
        except Lost:
            return
        if answer.status in (500, 503):
            return
        ends = {m["machine"]: seconds_of(m["reserved_until"]) for m in answer.body["machines"]} if answer.ok else {}
        for loan in loans:
            wanted = loan.earliest_end + 60
            if answer.ok and abs(ends.get(loan.machine, 0) - wanted) > 0.01:
                self.ledger.violation("bad_answer", f"{loan.machine} was to end at {wanted}, but got {answer.body}", loan.machine)
            if answer.ok:
                loan.earliest_end = loan.latest_end = loan.machine_end = wanted
                if time.time() < wanted:
                    self.ledger.check_alone(loan)
            else:
                loan.latest_end -= 60
        if answer.status == 502:
            self.ledger.count("extensions that a machine did not take")
        elif not answer.ok and (answer.status not in (409, 410) or time.time() < min(loan.earliest_end for loan in loans)):
            self.ledger.violation("bad_answer", f"extending {request.id} got {answer.status} {answer.body}", *request.loans)

    def change_password(self, request, old):
        given = f"pw-{self.random.getrandbits(64):x}" if self.random.random() < 0.5 else None
        new = self.set_password(request, given, old)
        if new is None:
            return
        for loan in request.loans.values():
            self.use(loan, new, "id -un")
            # A refused log-in makes an sshd with penalties shut out the service too.
            if loan.machine not in self.stage.strict and time.time() < loan.surely_until():
                status, _ = ssh(self.stage.machines[loan.machine].port, request.account, old, "id -un")
                if status == 0:
                    self.ledger.violation("old_password", f"{request.account} on {loan.machine}", loan.machine)

    def set_password(self, request, given, old):
        """Sets a new password and returns it. Returns None if it is not known which one is right now."""
        body = {"reservation_password": given} if given else {}
        for attempt in range(20):
            try:
                answer = self.session.call("POST", f"/requests/{request.id}/password", body)
            except Lost:
                if old:
                    return None
                self.pause_after_loss(attempt)
                continue
            self.ledger.count(f"set a password answered {answer.status}")
            if answer.status == 200:
                return given or answer.body["reservation_password"]
            # 409: an earlier call still works on the accounts, or their time is over.
            if answer.status not in (409, 410, 500, 502, 503):
                self.ledger.violation("bad_answer", f"a password for {request.id} got {answer.status} {answer.body}")
            if old or answer.status == 410:
                return None
            time.sleep(1)
        return None

    # ------------------------------------------------------------------------------------------------------- keepalive

    def keep_alive(self, request):
        sent = time.time()
        try:
            answer = self.session.call("POST", f"/requests/{request.id}/keepalive")
        except Lost:
            self.kept(request, request.kept[0], time.time())
            return
        self.ledger.count(f"keepalive answered {answer.status}")
        if answer.status == 204:
            self.kept(request, sent, answer.received)
        elif answer.status not in (410, 500, 503):
            self.ledger.violation("bad_answer", f"keeping {request.id} alive got {answer.status} {answer.body}")

    @staticmethod
    def kept(request, since, until):
        """Records when the last keepalive counted: after the first time and before the second."""
        if request.kept:
            request.kept = (since, until)

    @staticmethod
    def end_unkept(request, until):
        """The machines' time is over when the request was not kept alive for so long."""
        for loan in request.loans.values():
            loan.earliest_end, loan.latest_end = (min(until, kept + 60 * KEEPALIVE) for kept in request.kept)

    # -------------------------------------------------------------------------------------------------- machines of others

    def look_around(self):
        """Reads a list. A user sees no machine that is for a group of others."""
        path = self.random.choice(["/machines", "/available", "/reservations"])
        answer = self.session.call("GET", path)
        if not answer.ok:
            return
        self.ledger.count("lists searched for hidden machines")
        seen = {"/machines": lambda: [m["name"] for m in answer.body],
                "/available": lambda: answer.body["available"] + answer.body["reserved"],
                "/reservations": lambda: [r["machine"] for r in answer.body["reservations"]]}[path]()
        if wrong := self.stage.pool.hidden_from(self.session.user) & set(seen):
            self.ledger.violation("wrong_machine", f"{path} shows {sorted(wrong)} to {self.session.user}", *wrong)

    def ask_for_hidden_machine(self):
        """A user neither gets a machine for a group of others by its name, nor sees it."""
        hidden = sorted(self.stage.pool.hidden_from(self.session.user))
        if not hidden:
            return
        name = self.random.choice(hidden)
        answer = self.session.call("POST", "/reservations", {"machines": [name], "duration_minutes": 1, "username": "hidden",
                                                             "wait_minutes": self.random.choice([0, 1])})
        self.ledger.count("requests for a hidden machine")
        if answer.status not in (500, 503) and answer.error != "no_matching_machines":
            self.ledger.violation("wrong_machine", f"{self.session.user} asked for {name} and got {answer.status} {answer.body}",
                                  name)
        shown = self.session.call("GET", f"/machines/{name}")
        if shown.status not in (404, 500, 503):
            self.ledger.violation("wrong_machine", f"{self.session.user} looked at {name} and got {shown.status} {shown.body}",
                                  name)
