"""Runs the account script on a machine: one ssh call, no Python on the machine, nothing secret on a command line.

It works like the raw module, with two differences. It sends the script and its data to the standard input of a
constant command; raw would put them on the command line of ssh, where every user of this host can read them. And it
keeps only the end of the machine's output; Ansible would keep all of it in memory.
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
# Limits in characters, and of a line in bytes.
MAX_OUTPUT = 600
MAX_LIST = 40000
MAX_LINE = 64 * 1024
# The script ends right after its answer. A background process of a shell start file may keep the output open longer.
SECONDS_AFTER_ANSWER = 2

# Log lines of ssh, which it writes only at the level DEBUG1 or above.
LOGGED_IN = "Authenticated to "
EXIT_STATUS = re.compile(r"debug1: Exit status ([0-9]+)")
GREETING = re.compile(r"debug1: .*banner line [0-9]+: (.*)")
# All other log lines of ssh begin with one of these.
SSH_LOG = ("debug1: ", "Transferred: sent ", "Bytes per second: sent ")
RELEVANT = (START.encode(), MARK.encode(), LOGGED_IN.encode(), b"debug1: ")


def end_children():
    """Ends the children of this process, which is Ansible's fork for one machine."""
    for path in glob.glob("/proc/self/task/*/children"):
        with open(path, encoding="ascii") as children:
            for child in children.read().split():
                os.kill(int(child), signal.SIGTERM)


def seconds_since_start(pid):
    """How long a process has been running, by the kernel: clocks may jump. 0 when it is not known."""
    try:
        with open("/proc/uptime", encoding="ascii") as uptime, open("/proc/%d/stat" % pid, encoding="utf-8") as stat:
            started = int(stat.read().rpartition(")")[2].split()[19]) / os.sysconf("SC_CLK_TCK")
            return max(0, int(float(uptime.read().split()[0]) - started))
    except (OSError, ValueError, IndexError):
        return 0


class Lines:
    """Splits output into lines, and keeps only the beginning of long ones."""

    def __init__(self):
        self._line = b""

    def feed(self, chunk):
        if not any(mark in chunk for mark in RELEVANT):
            # Without a relevant line, only the end of a chunk is needed, and its first line, which may be the end of a
            # relevant one.
            first = chunk.find(b"\n") + 1
            chunk = chunk[:first] + chunk[max(first, len(chunk) - 2 * MAX_OUTPUT):]
        lines = chunk.split(b"\n")
        for line in lines[:-1]:
            self._add(line)
            self.on_line(self._line.decode("utf-8", "replace").strip())
            self._line = b""
        self._add(lines[-1])

    def _add(self, part):
        self._line += part[: MAX_LINE - len(self._line)]

    def end(self):
        self.feed(b"\n")

    def append(self, text, line):
        return text if not line else (text + "\n" + line)[-MAX_OUTPUT:]


class Answer(Lines):
    """Finds the script's answer in the standard output of the machine.

    The script begins by printing a line with a nonce, which nothing on the machine can know before.
    """

    def __init__(self):
        super().__init__()
        self.nonce = secrets.token_hex(16)
        self.begun = False
        self.answer = ""
        self.text = ""
        self._timer = threading.Timer(SECONDS_AFTER_ANSWER, end_children)

    def end(self):
        super().end()
        self._timer.cancel()

    def on_line(self, line):
        if line == START + self.nonce:
            self.begun = True
        elif line.startswith(MARK):
            if self.begun and not self.answer:
                answer = line[len(MARK):].strip()
                self.answer = answer[: MAX_LIST if answer.startswith("FOUND ") else MAX_OUTPUT]
                self._timer.start()
        else:
            self.text = self.append(self.text, line)


class Errors(Lines):
    """Reads the standard error of ssh: of ssh itself until the log-in, and of the machine after it."""

    def __init__(self):
        super().__init__()
        self.logged_in = False
        self.status = -1
        self.text = ""

    def on_line(self, line):
        status = EXIT_STATUS.match(line)
        greeting = GREETING.match(line)
        if not self.logged_in and line.startswith(LOGGED_IN):
            self.logged_in = True
            self.text = ""
        elif status:
            self.status = int(status.group(1))
        elif greeting:
            self.text = self.append(self.text, greeting.group(1))
        elif not line.startswith(SSH_LOG):
            self.text = self.append(self.text, line)


class Pipe:
    """A pipe of ssh. Its output goes to Lines, and Ansible gets one byte in place of each chunk."""

    def __init__(self, pipe, lines):
        self._pipe = pipe
        self._lines = lines

    def read(self):
        chunk = os.read(self._pipe.fileno(), 65536)
        self._lines.feed(chunk)
        return chunk and b"\n"

    def drain(self):
        """Reads the rest when Ansible has stopped reading because ssh ended before it took all of its input."""
        with contextlib.suppress(OSError, ValueError):
            while self.read():
                pass

    def __getattr__(self, name):
        return getattr(self._pipe, name)


@contextlib.contextmanager
def output_to(answer, errors):
    """Sends the output of ssh, which Ansible starts meanwhile, to these two.

    Replacing subprocess.Popen is safe, as this process is a fork for one machine.
    """
    popen = subprocess.Popen
    pipes = []

    class Bounded(popen):
        def __init__(self, *args, **options):
            super().__init__(*args, **options)
            if self.stdout and self.stderr:
                self.stdout = Pipe(self.stdout, answer)
                self.stderr = Pipe(self.stderr, errors)
                pipes[:] = [self.stdout, self.stderr]

    subprocess.Popen = Bounded
    try:
        yield
    finally:
        subprocess.Popen = popen
        for pipe in pipes:
            pipe.drain()
        answer.end()
        errors.end()


class ActionModule(ActionBase):
    TRANSFERS_FILES = False
    _requires_connection = True

    def run(self, tmp=None, task_vars=None):
        result = super().run(tmp, task_vars)
        if self._task.check_mode:
            return dict(result, skipped=True)
        # Read without templating: values of the inventory are data.
        command = str(task_vars["account_command"])
        if task_vars.get("ansible_password") is not None:
            # Set here because Ansible strips the quotes of a password that begins and ends with one.
            self._connection.set_option("password", str(task_vars["ansible_password"]))
        answer, errors = Answer(), Errors()
        # The seconds that are left until the end of the account were counted just before Ansible was started.
        waited = seconds_since_start(os.getppid())
        data = str(task_vars["account_input"])
        data += '[ -z "$mm_left" ] || mm_left=$((mm_left > %d ? mm_left - %d : 0))\n' % (waited, waited)
        data += "printf '\\n%s%%s\\n' %s\n" % (START, answer.nonce)
        try:
            with open(self._task.args["path"], encoding="ascii") as script:
                data += script.read()
        except OSError as error:
            raise AnsibleActionFail("the account script cannot be read: %s" % error) from error
        failure = ""
        try:
            with output_to(answer, errors):
                # An empty executable keeps Ansible from wrapping the command in one more shell.
                self._low_level_execute_command(command, sudoable=False, in_data=data.encode("utf-8"), executable="")
        except AnsibleConnectionFailure as error:
            # The output of ssh, and an answer that came before the failure, are returned below.
            failure = str(error)
        except BaseException:
            # Mostly the time limit: without this, an ssh that hangs would stay until the end of the run.
            end_children()
            raise
        stage = "BEGUN" if answer.begun else "LOGGED_IN" if errors.logged_in else "BEFORE_LOG_IN"
        reason = "\n".join([answer.text, errors.text]).strip()
        if stage == "BEFORE_LOG_IN":
            reason = reason or failure
        # The result has nothing else, so it has no secret, and the reason can be shown.
        result.update(
            changed=answer.answer.startswith("DONE"),
            rc=errors.status,
            stage=stage,
            answer=answer.answer,
            said=reason,
        )
        return result
