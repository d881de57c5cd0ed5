"""Tells the service how the run of a playbook goes on, and ends the run when the service does not answer for it any more.

The report is the file report.json in the home folder, which is the private folder of the run. The service writes a byte to
the standard input each time its claim on the machine was renewed. Without one for MACHINE_MANAGER_CONFIRMATION_TIMEOUT
seconds (the first one until MACHINE_MANAGER_DEADLINE on the kernel's monotonic clock), as when the service is frozen, or at
the end of the input, as when it was killed, another process may work on the machine soon. Then all processes of the run are
killed. They have MACHINE_MANAGER_RUN in common.
"""

import json
import os
import select
import shutil
import signal
import threading
import time

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
    name: playbook_report
    type: notification
    short_description: reports to Machine Manager
    description:
      - Reports to Machine Manager how a playbook goes on.
"""

MAX_NAME = 100
MAX_MESSAGE = 1000


class Guard(threading.Thread):
    """Kills the run when it is not confirmed in time."""

    def __init__(self):
        super().__init__(daemon=True)
        self.timeout = float(os.environ["MACHINE_MANAGER_CONFIRMATION_TIMEOUT"])
        self.deadline = float(os.environ["MACHINE_MANAGER_DEADLINE"])
        self.mark = ("MACHINE_MANAGER_RUN=" + os.environ["MACHINE_MANAGER_RUN"]).encode()
        self.folder = os.environ["HOME"]
        # No process that the playbook starts may read the confirmations.
        self.input = os.dup(0)
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        os.close(nothing)

    def run(self):
        # At first Ansible's own start counts, too.
        wait = max(0.0, self.deadline - time.monotonic())
        while select.select([self.input], [], [], wait)[0] and os.read(self.input, 4096):
            wait = self.timeout
        shutil.rmtree(self.folder, ignore_errors=True)
        playbook = os.getpid()
        if os.fork() == 0:
            # First, since it would go on, and end by itself, when its workers are gone.
            os.kill(playbook, signal.SIGKILL)
            for _ in range(3):
                self.kill()
            os._exit(0)

    def kill(self):
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open(f"/proc/{pid}/environ", "rb") as environment:
                    if int(pid) != os.getpid() and self.mark in environment.read():
                        os.kill(int(pid), signal.SIGKILL)
            except OSError:
                pass  # it belongs to another user, or has ended


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "playbook_report"

    def __init__(self):
        super().__init__()
        self.report = {"tasks": 0}
        self.file = os.path.join(os.environ["HOME"], "report.json")
        prefer_to_be_killed()
        Guard().start()

    def v2_playbook_on_task_start(self, task, is_conditional):
        self.started(task)

    def v2_playbook_on_handler_task_start(self, task):
        self.started(task)

    def v2_runner_on_failed(self, result, ignore_errors=False):
        if not ignore_errors:
            self.write(failed=name_of(result._task), message=message_of(result._result), unreachable=False)

    def v2_runner_on_unreachable(self, result):
        # ssh gives the reason last, after warnings
        message = "" if "censored" in result._result else last_line(result._result.get("msg"))
        self.write(failed=name_of(result._task), message=message, unreachable=True)

    def started(self, task):
        self.write(tasks=self.report["tasks"] + 1, task=name_of(task))

    def write(self, **values):
        self.report.update(values)
        partial = self.file + ".partial"
        with open(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            json.dump(self.report, file)
        os.replace(partial, self.file)


def prefer_to_be_killed():
    """When memory runs out, the kernel ends the playbook, and not the service that started it."""
    try:
        with open("/proc/self/oom_score_adj", "w") as file:
            file.write("900")
    except OSError:
        pass


def name_of(task):
    """A name may be a template, which a task with no_log may not show."""
    return str(task.action if task.no_log else task.get_name())[:MAX_NAME]


def message_of(values):
    """The message of a task that failed. It is empty where no_log hides it."""
    if "censored" in values:
        return ""
    for item in values.get("results") or ():
        if isinstance(item, dict) and item.get("failed"):
            return message_of(item)
    message = str(values.get("msg") or "")[:MAX_MESSAGE].strip()
    for stream in "stderr", "module_stderr", "stdout":
        line = last_line(values.get(stream))
        if line:
            return f"{message}: {line}" if message else line
    return message or "it gave no message"


def last_line(text):
    lines = str(text or "")[-MAX_MESSAGE:].strip().splitlines()
    return lines[-1] if lines else ""
