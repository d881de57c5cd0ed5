"""The HTTP and SSH clients, and the check of every response against the contract of the API."""

import http.client
import json
import os
import random
import subprocess
import threading
import time

CODES = {
    400: {"invalid_request"}, 401: {"unauthorized", "invalid_grant"}, 403: {"forbidden"}, 404: {"not_found"},
    405: {"method_not_allowed"}, 409: {"conflict", "not_enough_available", "no_matching_machines", "limit_reached"},
    410: {"gone"}, 415: {"unsupported_media_type"},
    429: {"too_many_requests"}, 502: {"provisioning_failed"}, 503: {"unavailable"},
}

# The longest time of a call: it may wait for the first request with the same key, and then do the work again.
PATIENCE = 150.0


class Lost(Exception):
    """There was no response, so it is not known whether the call took effect."""


class Answer:
    """A response. If it breaks the contract, the violation was recorded."""

    def __init__(self, status, body, sent, received):
        self.status, self.body, self.sent, self.received = status, body, sent, received

    @property
    def ok(self):
        return 200 <= self.status < 300

    @property
    def error(self):
        return self.body.get("error") if isinstance(self.body, dict) else None


class Session:
    """One user of the API. Each call goes to a random replica."""

    def __init__(self, stage, ledger, faults, user, password, seed):
        self.stage, self.ledger, self.faults = stage, ledger, faults
        self.user, self.password, self.token = user, password, None
        self.random = random.Random(seed)

    def log_in(self):
        """Gets a token; tries again until it has one."""
        while True:
            try:
                answer = self.once("POST", "/login", {"username": self.user, "password": self.password})
            except Lost:
                time.sleep(0.3)
                continue
            if answer.ok:
                self.token = answer.body["access_token"]
                return
            # All clients log in at once, and a busy service refuses some for a moment. A locked account gets another
            # message.
            busy = answer.status == 429 and "at this moment" in answer.body.get("message", "")
            if answer.status != 503 and not busy:
                self.ledger.violation("bad_answer", f"the log-in of {self.user} got {answer.status} {answer.body}")
            time.sleep(0.5)

    def call(self, method, path, body=None, key=None, patience=None):
        """One call with a token. Raises Lost; a 401 is a violation, because no token expires during a run."""
        if self.token is None:
            self.log_in()
        answer = self.once(method, path, body, key, patience)
        if answer.status == 401:
            self.ledger.violation("bad_answer", f"{method} {path.split('?')[0]}: a valid token got {answer.body}")
            self.token = None
        return answer

    def retry(self, method, path, body=None, seconds=240.0):
        """Repeats a call that is safe to repeat until the response is not 503. Returns None after that time."""
        until = time.time() + seconds
        while time.time() < until:
            try:
                answer = self.call(method, path, body)
                if answer.status != 503:
                    return answer
            except Lost:
                pass
            time.sleep(0.4)
        return None

    def once(self, method, path, body=None, key=None, patience=None):
        api = self.random.choice(self.stage.apis)
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        if key:
            headers["Idempotency-Key"] = key
        data = None
        if body is not None:
            headers["Content-Type"] = "application/json"
            data = json.dumps(body)
        sent = time.time()
        connection = http.client.HTTPConnection("127.0.0.1", api.port, timeout=patience or PATIENCE)
        what = f"{method} {path.split('?')[0]} at {api.name}"
        try:
            connection.request(method, path, data, headers)
            response = connection.getresponse()
            text = response.read()
        except (OSError, http.client.HTTPException) as e:
            self.lost(api, what, sent, e, patience)
        finally:
            connection.close()
        return self.checked(what, response.status, text, sent)

    def lost(self, api, what, sent, cause, patience):
        now = time.time()
        if patience and isinstance(cause, TimeoutError):
            self.ledger.count("calls given up by an impatient client")
        else:
            self.ledger.count("calls lost with their connection")
            # A service may be down for a moment before and after the recorded time of its fault.
            if not self.faults.hit({api.name}, sent - 1, now + 1):
                self.ledger.violation("no_connection", f"{what}: {cause!r} after {now - sent:.1f} s")
        raise Lost(what) from cause

    def checked(self, what, status, text, sent):
        received = time.time()
        try:
            body = json.loads(text) if text or status != 204 else None
        except ValueError:
            body = None
            self.ledger.violation("bad_answer", f"{what}: {status} with a body that is not JSON: {text[:200]!r}")
        answer = Answer(status, body, sent, received)
        if status < 400:
            return answer
        if status == 500:
            self.ledger.violation("server_error", f"{what}: {text[:300]!r}")
            return answer
        message = body.get("message") if isinstance(body, dict) else None
        if answer.error not in CODES.get(status, ()) or not isinstance(message, str) or not message:
            self.ledger.violation("bad_answer", f"{what}: {status} {text[:300]!r}")
        elif status >= 500 and not self.faults.recent(sent):
            self.ledger.violation("unprovoked", f"{what}: {status} {text[:300]!r}")
        if status >= 500:
            self.ledger.note(f"{what}: {status} {message}")
        return answer


# Log-ins need processor time on both sides; too many at once only delay each other.
ssh_slots = threading.Semaphore(4)


# How long a log-in may take with the command that it runs. One of those of the clients starts some 300 processes.
LOG_IN_SECONDS = 25


def ssh_command(port, account, command, key=None):
    """The command line of a log-in with a key, or with the password in the variable SSHPASS."""
    way = ["-o", "PreferredAuthentications=publickey", "-i", str(key)] if key else \
        ["-o", "PreferredAuthentications=password", "-o", "PubkeyAuthentication=no"]
    return ["sshpass", "-e", "ssh", "-F", "/dev/null", "-p", str(port), "-o", "StrictHostKeyChecking=no",
            "-o", "UserKnownHostsFile=/dev/null", "-o", "LogLevel=ERROR", "-o", "ConnectTimeout=10",
            "-o", "NumberOfPasswordPrompts=1", *way, "-o", "KexAlgorithms=curve25519-sha256",
            f"{account}@127.0.0.1", command]


def ssh(port, account, password, command, seconds=LOG_IN_SECONDS, key=None):
    """Logs in and runs a command. Gives (exit status, what was printed); 255 is ssh's own failure."""
    argv = ssh_command(port, account, command, key)
    with ssh_slots:
        try:
            done = subprocess.run(argv, env={**os.environ, "SSHPASS": password}, stdin=subprocess.DEVNULL,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=seconds, check=False)
        except subprocess.TimeoutExpired:
            return 255, f"no end within {seconds:.0f} s"
    return done.returncode, done.stdout.decode(errors="replace").strip()
