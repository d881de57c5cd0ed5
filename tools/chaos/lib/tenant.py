"""A user of a fault: it has one machine and an open session there when the end comes."""

import os
import subprocess
import time

from clients import seconds_of
from net import Session, ssh, ssh_command
from waiting import WaitingClient


# Long enough for a fault that waits until others are over.
MINUTES = 4


class Tenant(WaitingClient):
    """An admin, who may get any machine. A fault calls it; it does nothing by itself."""

    def __init__(self, stage, ledger, faults, observer, number, seed):
        super().__init__(stage, ledger, faults, observer, f"tenant-{number}", seed)
        self.session = Session(stage, ledger, faults, "admin", stage.admin_password, f"{seed}/tenant/{number}")
        self.key = stage.dir / f"tenant-{number}.key"
        self.loan = self.password = self.process = None

    def move_in(self):
        """Reserves a machine. Returns whether it has one."""
        self.loan = self.process = None
        if not self.key.exists():
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(self.key)], check=True)
        request = self.ledger.ask(self.account_name(), 1, MINUTES, self.stage.pool.usable("admin"), 1)
        self.password = f"pw-{self.random.getrandbits(64):x}"
        answer = self.send(request, None, "POST", "/reservations", {
            "count": 1, "duration_minutes": MINUTES, "wait_minutes": 1, "username": request.account, "note": "a tenant",
            "reservation_password": self.password, "ssh_public_key": self.key.with_suffix(".key.pub").read_text().strip()})
        if answer is None or not self.is_accepted(request, answer):
            return False
        if "history" in answer.body:
            answer = self.await_service(request)
        if answer is None:
            return False
        if seconds_of(answer.body["reserved_until"]) < time.time() + 60:
            self.ledger.settle(request, "lost")
            return False
        if not self.is_lent(request, answer, self.password):
            return False
        self.loan = request.loans[answer.body["machines"][0]["machine"]]
        return True

    def machine(self):
        return self.stage.machines[self.loan.machine]

    def open_session(self):
        """Logs in and stays, with a terminal, by password or by key. Returns whether that worked."""
        key = self.key if self.random.random() < 0.5 else None
        argv = ssh_command(self.machine().port, self.loan.request.account, "echo here; sleep 900 & exec sleep 900", key)
        argv[-2:-2] = ["-tt"]
        self.process = subprocess.Popen(argv, env={**os.environ, "SSHPASS": self.password}, stdin=subprocess.DEVNULL,
                                        stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        return b"here" in self.process.stdout.readline()

    def end_at(self, end):
        """Moves the end. Returns whether it was moved."""
        return self.move_end(self.loan, end) is True

    def ways_in(self):
        """What lets the account in: its password, its key. Not tried where a refusal shuts out all clients."""
        if self.loan.machine in self.stage.strict:
            return []
        account, port = self.loan.request.account, self.machine().port
        return [way for way, key in (("its password", None), ("its key", self.key))
                if ssh(port, account, self.password, "id -un", self.stage.log_in_seconds, key)[0] == 0]

    def move_out(self):
        """Gives the machine back, if its time is not over."""
        if self.process and self.process.poll() is None:
            self.process.kill()
        if self.process:
            self.process.wait()
            self.process.stdout.close()
        if self.loan and time.time() < self.loan.latest_end:
            self.give_back(self.loan)
