"""The users: each repeatedly reserves machines, logs in, and then extends, shortens, gives back or lets expire."""

import datetime
import itertools
import random
import threading
import time
import urllib.parse

from net import Lost, Session, ssh
from pool import GROUP

# How many seconds a machine with penalties may refuse connections after a fault.
PENALTY = 60

# System accounts of every machine. The product must refuse to lend them.
TAKEN = ["root", "daemon", "sshd", "nobody"]

LEAVE_THINGS = """\
id -un
echo left >/tmp/of-$(id -un); mkdir -p ~/a/b && echo left >~/a/b/c
(setsid sleep 900 >/dev/null 2>&1 </dev/null &)
echo '* * * * * true' | crontab - 2>/dev/null || true
"""

# What a user without root rights can do to obstruct the removal of the account, limited to 136 MB and 120 processes.
FILL_AND_LOCK = """\
id -un
exec 2>/dev/null
for f in /tmp/full /dev/shm/full; do dd if=/dev/zero of=$f bs=1M count=100; done; dd if=/dev/zero of=full bs=1M count=8
for f in locked /tmp/locked /var/tmp/locked; do
    mkdir -p $f/a/b; touch $f/a/b/c "$f/a/-rf" "$f/a/$(printf 'x\\ny')"; chmod 1777 $f/a/b; chmod 0 $f/a $f
done
d=xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
mkdir $d; i=0; while [ $i -lt 50 ]; do mkdir n; mv $d n; mv n $d; i=$((i+1)); done
mkfifo pipe; ln -s / root; ln -s /etc/passwd link; chmod 500 .
ipcmk -M 4096; ipcmk -Q; ipcmk -S 2
i=0; while [ $i -lt 100 ]; do (setsid sleep 900 >/dev/null </dev/null &); i=$((i+1)); done
(setsid sh -c 'trap "" TERM HUP INT QUIT; while :; do sleep 3; done' >/dev/null </dev/null &)
(setsid sh -c 'cd /tmp; kill -STOP $$; sleep 900' >/dev/null </dev/null &)
(setsid sh -c 'while :; do (sleep 2 &); sleep 0.2; done' >/dev/null </dev/null &)
(setsid unshare -Urmp --fork --mount-proc sh -c 'mount -t tmpfs none /tmp; touch /tmp/x; sleep 900' >/dev/null </dev/null &)
(echo '* * * * * sleep 600'; echo '@reboot sleep 600') | crontab -
echo 'sleep 600' | at now + 1 minute || true
"""


def iso(at):
    return datetime.datetime.fromtimestamp(at, datetime.timezone.utc).isoformat(timespec="milliseconds") \
        .replace("+00:00", "Z")


def seconds_of(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


class Client(threading.Thread):
    """One user, whose random choices follow from the seed."""

    names = itertools.count()
    names_lock = threading.Lock()

    def __init__(self, stage, ledger, faults, observer, number, seed):
        super().__init__(name=f"client-{number}", daemon=True)
        self.stage, self.ledger, self.faults, self.observer = stage, ledger, faults, observer
        self.random = random.Random(f"{seed}/client/{number}")
        self.session = Session(stage, ledger, faults, f"user{number}", f"password-{number}", f"{seed}/api/{number}")
        # A session of an admin, who sometimes deletes this user.
        self.admin = Session(stage, ledger, faults, "admin", stage.admin_password, f"{seed}/admin/{number}")
        self.ended = threading.Event()
        self.old_names, self.granted = [], []

    def run(self):
        while not self.ended.is_set():
            try:
                self.next_action()
            except Lost:
                pass
            except Exception as e:  # pylint: disable=broad-except  # an error of the suite must not count as a success
                self.ledger.violation("bad_answer", f"{self.name}: {e!r}")
                raise
            self.ended.wait(self.random.uniform(0.0, 0.6))

    def next_action(self):
        draw = self.random.random()
        if draw < 0.01:
            self.ask_for_taken_name()
        elif draw < 0.02:
            self.send_invalid_request()
        else:
            self.reserve_and_use()

    # ---------------------------------------------------------------------------------------------------- reserving

    def reserve_and_use(self):
        # Long enough that the client ends each reservation before its time is up, except the few that must expire.
        minutes = self.random.choice([2, 2, 3, 5])
        expire_in_full = self.random.random() < 0.02
        count = self.random.choices([1, 2, 3, 4], [70, 18, 7, 5])[0]
        request = self.ledger.ask(self.account_name(), count, 1 if expire_in_full else minutes,
                                  self.stage.pool.usable(self.session.user))
        password = f"pw-{self.random.getrandbits(64):x}" if self.random.random() < 0.6 else None
        answer, key = self.reserve(request, password)
        if answer is None:
            return
        password = password or answer.body.get("reservation_password")
        if not self.is_lent(request, answer, password):
            return
        if key and self.random.random() < 0.3:
            self.repeat(request, key, password, answer)
        self.use_all(request, password)
        self.finish(request, password, expire_in_full)
        self.old_names.append(request)

    def use_all(self, request, password):
        for loan in list(request.loans.values()):
            fill_and_lock = self.faults.take_fill_and_lock()
            self.ledger.count("users who filled and locked what they can", int(fill_and_lock))
            self.use(loan, password, FILL_AND_LOCK if fill_and_lock else LEAVE_THINGS)

    def account_name(self):
        """Mostly a new name, sometimes the name of a removed account, to find files that the removal has left."""
        for request in self.old_names[:1]:
            if self.random.random() < 0.15 and not self.observer.knows(request.account):
                return self.old_names.pop(0).account
        with Client.names_lock:
            return f"c{next(Client.names):05d}"

    def reserve(self, request, password):
        """Returns the response and the idempotency key of a request that was granted; otherwise twice None."""
        key = f"{self.name}-{request.number}" if self.random.random() < 0.5 else None
        old_way = key is None and self.random.random() < 0.3
        body = {"count": request.count, "duration_minutes": request.minutes, "username": request.account}
        if password:
            body["reservation_password"] = password
        if old_way:
            query = {"count": request.count, "duration": request.minutes, "username": request.account}
            query |= {"reservation_password": password} if password else {}
            answer = self.send(request, None, "GET", "/reserve?" + urllib.parse.urlencode(query))
        else:
            answer = self.send(request, key, "POST", "/reservations", body)
        if answer is None:
            return None, None
        if answer.status == (200 if old_way else 201):
            self.ledger.took("reserve", answer.received - answer.sent)
            return answer, key
        self.ledger.settle(request, "refused")
        if answer.ok or answer.status not in (409, 500, 502):
            self.ledger.violation("bad_answer", f"reserving got {answer.status} {answer.body}")
        elif answer.error == "conflict" and key is None and not self.faults.met("foreign tool", request.sent):
            self.ledger.violation("bad_answer", f"reserving for {request.account} got {answer.body}")
        return None, None

    def send(self, request, key, method, path, body=None):
        """Sends a request, and sends one with a key again until it is answered. Returns None if the result is unknown."""
        patience = self.random.uniform(0.5, 4) if self.random.random() < 0.04 else None
        until = time.time() + 120
        while True:
            try:
                answer = self.session.call(method, path, body, key, patience)
            except Lost:
                if key and time.time() < until:
                    self.ledger.count("requests repeated with their key")
                    patience = None
                    time.sleep(0.3)
                    continue
                self.find_lost(request)
                return None
            if answer.status in (502, 503) and key and time.time() < until and self.random.random() < 0.5:
                time.sleep(0.5)
                continue
            break
        self.ledger.count(f"reserve answered {answer.status}")
        if answer.status == 503:
            # The database was not available, perhaps only when the request was nearly done.
            self.find_lost(request)
            return None
        return answer

    def is_lent(self, request, answer, password):
        """Records the response, and checks at once that the accounts are on the machines."""
        try:
            machines = [(m["machine"], m["reservation_id"]) for m in answer.body["machines"]]
            until = seconds_of(answer.body["reserved_until"])
            right = (answer.body["username"] == request.account and password
                     and len(machines) == len({m for m, _ in machines}) == request.count
                     and all(m in self.stage.machines for m, _ in machines))
        except (KeyError, TypeError, ValueError):
            right = False
        if not right:
            self.ledger.violation("bad_answer", f"reserving {request.count} for {request.account} got {answer.body}")
            self.ledger.settle(request, "lost")
            return False
        there = {name: self.observer.has_account(name, request.account) for name, _ in machines}
        if request.usable is not None and (wrong := there.keys() - request.usable):
            self.ledger.violation("wrong_machine", f"{self.session.user} got {sorted(wrong)} for {request.account}", *wrong)
        self.ledger.lend(request, until, machines)
        self.granted = [r for r in self.granted if any(loan.over_at() > time.time() for loan in r.loans.values())]
        self.granted.append(request)
        self.ledger.note(f"answered: {request.account} has {machines} until {self.ledger.clock(until)}", *there)
        self.ledger.count("machines lent", len(machines))
        for name in [n for n, is_there in there.items() if not is_there]:
            self.ledger.violation("success_without_account", f"{request.account} was not on {name} at the response", name)
        return True

    def repeat(self, request, key, password, first):
        """A second request with the same key must get the same response, from any replica."""
        body = {"count": request.count, "duration_minutes": request.minutes, "username": request.account}
        if "reservation_password" not in first.body:
            body["reservation_password"] = password
        try:
            again = self.session.call("POST", "/reservations", body, key)
        except Lost:
            return
        if again.ok:
            self.ledger.count("keys repeated after the answer")
            if again.body != first.body:
                self.ledger.violation("repeated_key", f"{first.body} and then {again.body}", *request.loans)
        elif again.status not in (502, 503, 500):
            self.ledger.violation("repeated_key", f"{first.body} and then {again.status} {again.body}", *request.loans)

    def find_lost(self, request):
        """Gives back what a request without a response may have reserved, as a careful client does."""
        self.ledger.settle(request, "lost")
        self.ledger.count("requests without an answer, looked for")
        # The service may still process the request. If its process was killed, the work ends when its claim expires.
        for _ in range(3):
            answer = self.session.retry("GET", "/reservations")
            if answer is None or not answer.ok:
                return
            for row in answer.body["reservations"]:
                if row["username"] == request.account:
                    self.session.retry("DELETE", f"/reservations/{row['reservation_id']}")
            if self.ended.wait(2):
                return

    # -------------------------------------------------------------------------------------------------------- using

    def use(self, loan, password, command=LEAVE_THINGS):
        """Logs in. If a fault of this machine prevents that, tries again until it works or the reservation ends."""
        machine, request = self.stage.machines[loan.machine], loan.request
        unexplained = 0
        while True:
            began = time.time()
            if loan.surely_until() - began < 1:
                self.ledger.count("log-ins that a fault left no time for")
                return
            status, said = ssh(machine.port, request.account, password, command, self.stage.log_in_seconds)
            now = time.time()
            if status == 0 and request.account in said.split():
                self.ledger.count("log-ins")
                self.ledger.took("log-in", now - began)
                return
            if now >= loan.surely_until():
                self.ledger.count("log-ins that a fault left no time for")
                return
            # An sshd with penalties refuses connections for a while after a fault has broken off others before the log-in.
            penalised = loan.machine in self.stage.strict and said.startswith("kex_exchange_identification")
            if self.faults.hit({loan.machine}, began - (PENALTY if penalised else 0.5), now):
                self.ledger.count("log-ins tried again after a fault")
                time.sleep(0.5)
                continue
            # No fault explains the failure. A slow host may, but then a later try works; a slow host does not refuse a
            # password.
            unexplained += 1
            self.ledger.note(f"log-in of {request.account}: {status} {said}", loan.machine)
            if "Permission denied" in said or unexplained == 3:
                self.ledger.violation("no_login", f"{request.account} on {loan.machine}: {said}", loan.machine)
                return
            time.sleep(0.5)

    # ----------------------------------------------------------------------------------------------------- the end

    def finish(self, request, password, expire_in_full):
        self.ended.wait(self.random.uniform(0, 1.5))
        loans = list(request.loans.values())
        draw = self.random.random()
        if expire_in_full:
            self.ledger.count("left to expire in full")
        elif draw < 0.04:
            self.be_deleted()
        elif draw < 0.45:
            for loan in loans:
                self.give_back(loan)
        elif draw < 0.75:
            for loan in loans:
                self.shorten(loan)
        elif draw < 0.87:
            self.shorten_and_extend(loans, password)
        else:
            self.race_the_end(loans)

    def give_back(self, loan):
        loan.release_sent = time.time()
        self.ledger.note(f"giving back {loan.request.account} ({loan.reservation})", loan.machine)
        for attempt in range(40):
            try:
                answer = self.session.call("DELETE", f"/reservations/{loan.reservation}")
            except Lost:
                self.pause_after_loss(attempt)
                continue
            there = self.observer.has_account(loan.machine, loan.request.account)
            if answer.status == 503:
                time.sleep(0.5)
                continue
            self.ledger.count(f"give back answered {answer.status}")
            self.ledger.note(f"gave back {loan.request.account}: {answer.status} {answer.body}", loan.machine)
            if answer.status == 200:
                self.ledger.took("give back", answer.received - answer.sent)
                if there:
                    self.ledger.violation("given_back_but_there", f"{loan.request.account} on {loan.machine}",
                                          loan.machine)
            elif answer.status not in (202, 500) and not (answer.status == 404 and attempt > 0):
                # A 404 is correct after a try whose response was lost, or after the end of the reservation.
                if not (answer.status == 404 and answer.received >= loan.earliest_end):
                    self.ledger.violation("bad_answer", f"giving back {loan.reservation} got {answer.status} "
                                          f"{answer.body}", loan.machine)
            return

    @staticmethod
    def pause_after_loss(attempt):
        """Waits for longer and longer: nothing may be up for a minute or two."""
        time.sleep(min(5.0, 0.1 * 2 ** min(attempt, 6)))

    def be_deleted(self):
        """Lets an admin delete this user and create it again. Deletion must release all and end the token."""
        # This includes the machines of earlier requests that are left to expire.
        now = time.time()
        for loan in [loan for request in self.granted for loan in request.loans.values()]:
            loan.release_sent = loan.release_sent or now
            self.ledger.note(f"deleting {self.session.user}, who has {loan.request.account}", loan.machine)
        answer = self.admin.retry("DELETE", f"/users/{self.session.user}")
        self.ledger.count("users deleted while they had machines")
        # A 404 is correct after a try whose response was lost.
        if answer and answer.status not in (200, 404, 500):
            self.ledger.violation("bad_answer", f"deleting {self.session.user} got {answer.status} {answer.body}")
        if answer and answer.ok:
            self.try_old_token()
        answer = self.admin.retry("POST", "/users", {"username": self.session.user, "is_admin": False,
                                                      "password": self.session.password})
        if answer and answer.status not in (201, 409, 500):
            self.ledger.violation("bad_answer", f"making {self.session.user} got {answer.status} {answer.body}")
        self.session.token = None
        if self.session.user in self.stage.pool.members:
            answer = self.admin.retry("PUT", f"/groups/{GROUP}/members/{self.session.user}")
            if answer is None or answer.status != 200:
                self.stage.pool.unclear.add(self.session.user)

    def try_old_token(self):
        try:
            answer = self.session.once("GET", "/whoami")
        except Lost:
            return
        if answer.status not in (401, 500, 503):
            self.ledger.violation("bad_answer", f"the token of the deleted user {self.session.user} got {answer.status}")

    def move_end(self, loan, end):
        """Moves the end. Returns True if it was moved, False if it was not, None if the result is unknown."""
        old, sent = (loan.earliest_end, loan.latest_end), time.time()
        loan.earliest_end, loan.latest_end = min(old[0], end), max(old[1], end)
        loan.machine_end = max(loan.machine_end, end)
        self.ledger.note(f"moving the end of {loan.request.account} to {self.ledger.clock(end)}", loan.machine)
        try:
            answer = self.session.call("PATCH", f"/reservations/{loan.reservation}", {"reserved_until": iso(end)})
        except Lost:
            return None
        there = self.observer.has_account(loan.machine, loan.request.account)
        now = time.time()
        self.ledger.note(f"moved the end of {loan.request.account}: {answer.status}", loan.machine)
        if answer.status == 200:
            got = seconds_of(answer.body["reserved_until"])
            loan.earliest_end = loan.latest_end = got
            # A later end was on the machine before the answer. An earlier one counts even if the machine was not told.
            if got >= old[1] or not self.faults.hit({loan.machine, "ansible", "database"}, sent - 1, now):
                loan.machine_end = got
            else:
                self.ledger.count("earlier ends that a fault may have kept from the machine")
            if abs(got - end) > 0.01:
                self.ledger.violation("bad_answer", f"{iso(end)} was requested, but got {answer.body}", loan.machine)
            if now < got:
                self.ledger.check_alone(loan)
                if not there:
                    self.ledger.violation("success_without_account", f"{loan.request.account} was not on "
                                          f"{loan.machine} at the response to its extension", loan.machine)
            return True
        if answer.status in (503, 500):
            return None
        loan.earliest_end, loan.latest_end = old
        # A machine that does not take a later end makes the call fail. Then nothing is changed.
        if answer.status == 502 and end > old[0]:
            self.ledger.count("extensions that a machine did not take")
            return False
        # A refusal is correct once the old or the new end has passed.
        if answer.status not in (400, 409) or now < min(end, old[0]):
            self.ledger.violation("bad_answer", f"moving the end of {loan.reservation} got {answer.status} "
                                  f"{answer.body}", loan.machine)
        return False

    def shorten(self, loan):
        self.ledger.count("shortened")
        if self.move_end(loan, time.time() + self.random.uniform(1.5, 5)) is not True:
            self.give_back(loan)

    def shorten_and_extend(self, loans, password):
        self.ledger.count("extended", len(loans))
        for loan in loans:
            first = time.time() + 4
            if self.move_end(loan, first) is True and self.move_end(loan, time.time() + 8) is True:
                # After the first end the log-in must still work.
                self.ended.wait(max(0.0, first + 0.5 - time.time()))
                self.use(loan, password, "id -un")
        for loan in loans:
            if loan.latest_end > time.time() + 20:
                self.give_back(loan)

    def race_the_end(self, loans):
        """An extension at the moment of the end must either fully succeed or be refused."""
        for loan in loans:
            end = time.time() + 2
            if self.move_end(loan, end) is True:
                time.sleep(max(0.0, end + self.random.uniform(-0.12, 0.06) - time.time()))
                won = self.move_end(loan, time.time() + 4)
                self.ledger.count({True: "extended at the end, granted", False: "extended at the end, too late",
                                   None: "extended at the end, no answer"}[won])
        for loan in loans:
            if loan.latest_end > time.time() + 20:
                self.give_back(loan)

    # ------------------------------------------------------------------------------------------------ what must fail

    def ask_for_taken_name(self):
        name = self.random.choice(TAKEN)
        answer = self.session.call("POST", "/reservations", {"count": 1, "duration_minutes": 1, "username": name})
        self.ledger.count("requests for an account of the system")
        if answer.ok or answer.status not in (400, 409, 500, 502, 503):
            self.ledger.violation("bad_answer", f"the account {name} got {answer.status} {answer.body}")

    def send_invalid_request(self):
        body = self.random.choice([{"count": -1}, {"count": 0}, {"duration_minutes": 0}, {"username": "a b"},
                                   {"username": "../x"}, {"username": "x;reboot"}, {"count": "many"}])
        answer = self.session.call("POST", "/reservations", body)
        self.ledger.count("requests with invalid values")
        if answer.status not in (400, 500, 503):
            self.ledger.violation("bad_answer", f"{body} got {answer.status} {answer.body}")


class Watcher(threading.Thread):
    """An admin who compares what the API calls available with what is on the machines."""

    def __init__(self, stage, ledger, faults, observer, seed):
        super().__init__(name="watcher", daemon=True)
        self.stage, self.ledger, self.observer = stage, ledger, observer
        self.session = Session(stage, ledger, faults, "admin", stage.admin_password, f"{seed}/watcher")
        self.ended = threading.Event()

    def run(self):
        while not self.ended.wait(0.5):
            try:
                self.compare()
            except (Lost, OSError):
                pass

    def compare(self):
        before = {name: self.observer.accounts(name) for name in self.stage.machines}
        answer = self.session.call("GET", "/available")
        if not answer.ok:
            return
        self.ledger.count("comparisons of what is available")
        free, held = set(answer.body["available"]), set(answer.body["reserved"])
        if free & held:
            self.ledger.violation("bad_answer", f"both available and reserved: {sorted(free & held)}")
        for name in free:
            # An account that was there before the request and after the response was there in between, too.
            if stays := before[name] & self.observer.accounts(name):
                self.ledger.violation("freed_with_account", f"{name} was called available with {sorted(stays)}", name)
        for name in self.stage.machines:
            lent = [loan for loan in self.ledger.by_machine[name]
                    if loan.answered < answer.sent and loan.surely_until() > answer.received]
            if lent and name not in held:
                self.ledger.violation("bad_answer", f"{name} is lent to {lent[0].request.account} and was not called "
                                      f"reserved", name)
