"""Runs the account script on a machine: one ssh call, no Python on the machine, nothing secret on a command line.

It does what the raw module does, but sends the script and its data to the standard input of a constant command, where
raw would put all of it on the command line of ssh, for every user of this host to read.
"""

import glob
import os
import signal

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase

MARK = "MM-RESULT "
KEPT = 600
KEPT_OF_LIST = 40000


def end_children():
    """Ends what this process, a fork for one machine, has started."""
    for of_a_thread in glob.glob("/proc/self/task/*/children"):
        with open(of_a_thread, encoding="ascii") as children:
            for child in children.read().split():
                os.kill(int(child), signal.SIGTERM)


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
        data = str(task_vars["account_input"])
        try:
            with open(self._task.args["path"], encoding="ascii") as script:
                data += script.read()
        except OSError as error:
            raise AnsibleActionFail("the account script cannot be read: %s" % error) from error
        try:
            # An empty executable keeps Ansible from wrapping the command in one more shell.
            said = self._low_level_execute_command(
                command, sudoable=False, in_data=data.encode("utf-8"), executable=""
            )
        except BaseException:
            # Above all of the time limit, after which the ssh that hangs would stay until the end of the run.
            end_children()
            raise
        answers = [line for line in said["stdout_lines"] if line.startswith(MARK)]
        answer = answers[-1][len(MARK):].strip() if answers else ""
        kept = KEPT_OF_LIST if answer.startswith("FOUND ") else KEPT
        # A shell that lets nobody in says so on standard output.
        reason = said["stderr"].strip() or said["stdout"].strip()
        # Nothing else is kept, so that the result has nothing to hide and its reason can be shown.
        result.update(changed=answer.startswith("DONE"), rc=said["rc"], answer=answer[:kept], said=reason[-KEPT:])
        return result
