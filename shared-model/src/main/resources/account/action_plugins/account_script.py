"""Runs the account script on a machine: one ssh call, no Python on the machine, nothing secret on a command line.

It does what the raw module does, but sends the script and its data to the standard input of a constant command, where
raw would put all of it on the command line of ssh, for every user of this host to read. And it keeps no more than the
end of what the machine says, where Ansible would keep all of it in memory.
"""

import contextlib
import glob
import os
import re
import secrets
import signal
import subprocess
import threading

from ansible.errors import AnsibleActionFail, AnsibleConnectionFailure
from ansible.plugins.action import ActionBase

START = "MM-START "
MARK = "MM-RESULT "
KEPT = 600
KEPT_OF_LIST = 40000
LONGEST_LINE = 64 * 1024
# The script ends right after its answer. A process that a shell start file has left in the background may keep the
# output open for longer.
SECONDS_AFTER_ANSWER = 2

# Of ssh at the level DEBUG1, which alone shows these.
LOGGED_IN = "Authenticated to "
EXIT_STATUS = re.compile(r"debug1: Exit status ([0-9]+)")
GREETING = re.compile(r"debug1: .*banner line [0-9]+: (.*)")
# What it says besides.
OF_SSH = ("debug1: ", "Transferred: sent ", "Bytes per second: sent ")
TELLING = (START.encode(), MARK.encode(), LOGGED_IN.encode(), b"debug1: ")


def end_children():
    """Ends what this process, a fork for one machine, has started."""
    for of_a_thread in glob.glob("/proc/self/task/*/children"):
        with open(of_a_thread, encoding="ascii") as children:
            for child in children.read().split():
                os.kill(int(child), signal.SIGTERM)


class Lines:
    """Splits what comes into lines, of which only the beginning counts."""

    def __init__(self):
        self._line = b""

    def feed(self, chunk):
        if not any(mark in chunk for mark in TELLING):
            # Of what tells nothing only the end is kept. The first line may be the end of one that does.
            first = chunk.find(b"\n") + 1
            chunk = chunk[:first] + chunk[max(first, len(chunk) - 2 * KEPT):]
        lines = chunk.split(b"\n")
        for line in lines[:-1]:
            self._add(line)
            self.take(self._line.decode("utf-8", "replace").strip())
            self._line = b""
        self._add(lines[-1])

    def _add(self, part):
        self._line += part[: LONGEST_LINE - len(self._line)]

    def end(self):
        self.feed(b"\n")

    def keep(self, kept, line):
        return kept if not line else (kept + "\n" + line)[-KEPT:]


class Answer(Lines):
    """Finds the script's answer in what the machine writes. The script begins with a line that nothing there can know."""

    def __init__(self):
        super().__init__()
        self.nonce = secrets.token_hex(16)
        self.begun = False
        self.answer = ""
        self.said = ""
        self._timer = threading.Timer(SECONDS_AFTER_ANSWER, end_children)

    def end(self):
        super().end()
        self._timer.cancel()

    def take(self, line):
        if line == START + self.nonce:
            self.begun = True
        elif line.startswith(MARK):
            if self.begun and not self.answer:
                answer = line[len(MARK):].strip()
                self.answer = answer[: KEPT_OF_LIST if answer.startswith("FOUND ") else KEPT]
                self._timer.start()
        else:
            self.said = self.keep(self.said, line)


class Complaints(Lines):
    """Tells what ssh says of the way to the machine from what the machine says once the log-in has worked."""

    def __init__(self):
        super().__init__()
        self.logged_in = False
        self.status = -1
        self.said = ""

    def take(self, line):
        status = EXIT_STATUS.match(line)
        greeting = GREETING.match(line)
        if not self.logged_in and line.startswith(LOGGED_IN):
            self.logged_in = True
            self.said = ""
        elif status:
            self.status = int(status.group(1))
        elif greeting:
            self.said = self.keep(self.said, greeting.group(1))
        elif not line.startswith(OF_SSH):
            self.said = self.keep(self.said, line)


class Pipe:
    """A pipe of ssh. What comes out of it goes elsewhere, and Ansible gets one byte in place of each part."""

    def __init__(self, pipe, lines):
        self._pipe = pipe
        self._lines = lines

    def read(self):
        chunk = os.read(self._pipe.fileno(), 65536)
        self._lines.feed(chunk)
        return chunk and b"\n"

    def drain(self):
        """Reads what is there when Ansible has given up because ssh ended before it took all of its input."""
        with contextlib.suppress(OSError, ValueError):
            while self.read():
                pass

    def __getattr__(self, name):
        return getattr(self._pipe, name)


@contextlib.contextmanager
def output_to(answer, complaints):
    """Has the output of ssh, which Ansible starts meanwhile, go there. This process is a fork for one machine."""
    popen = subprocess.Popen
    pipes = []

    class Bounded(popen):
        def __init__(self, *args, **options):
            super().__init__(*args, **options)
            if self.stdout and self.stderr:
                self.stdout = Pipe(self.stdout, answer)
                self.stderr = Pipe(self.stderr, complaints)
                pipes[:] = [self.stdout, self.stderr]

    subprocess.Popen = Bounded
    try:
        yield
    finally:
        subprocess.Popen = popen
        for pipe in pipes:
            pipe.drain()
        answer.end()
        complaints.end()


class ActionModule(ActionBase):
    TRANSFERS_FILES = False
    _requires_connection = True

    def run(self, tmp=None, task_vars=None):
        result = super().run(tmp, task_vars)
        if self._task.check_mode:
            return dict(result, skipped=True)
        # Read as they are: a value of the inventory is data, and is never a template.
        command = str(task_vars["account_command"])
        if task_vars.get("ansible_password") is not None:
            # Of a password that begins and ends with a quote, Ansible itself takes both away.
            self._connection.set_option("password", str(task_vars["ansible_password"]))
        answer, complaints = Answer(), Complaints()
        data = str(task_vars["account_input"]) + "printf '\\n%s%%s\\n' %s\n" % (START, answer.nonce)
        try:
            with open(self._task.args["path"], encoding="ascii") as script:
                data += script.read()
        except OSError as error:
            raise AnsibleActionFail("the account script cannot be read: %s" % error) from error
        failure = ""
        try:
            with output_to(answer, complaints):
                # An empty executable keeps Ansible from wrapping the command in one more shell.
                self._low_level_execute_command(command, sudoable=False, in_data=data.encode("utf-8"), executable="")
        except AnsibleConnectionFailure as error:
            # What ssh has said is told below, and so is an answer that came before the failure.
            failure = str(error)
        except BaseException:
            # Above all of the time limit, after which the ssh that hangs would stay until the end of the run.
            end_children()
            raise
        stage = "BEGUN" if answer.begun else "LOGGED_IN" if complaints.logged_in else "BEFORE_LOG_IN"
        reason = "\n".join([answer.said, complaints.said]).strip()
        if stage == "BEFORE_LOG_IN":
            reason = reason or failure
        # Nothing else is kept, so that the result has nothing to hide and its reason can be shown.
        result.update(
            changed=answer.answer.startswith("DONE"),
            rc=complaints.status,
            stage=stage,
            answer=answer.answer,
            said=reason,
        )
        return result
