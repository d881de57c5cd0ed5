"""Prints one line of JSON for each machine as soon as its result is there, and nothing else."""

import json
import sys

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
    name: result_lines
    type: stdout
    short_description: one line of JSON for each machine
    description:
      - Prints one line of JSON for each machine as soon as its result is there, and nothing else.
"""

# The most characters of the output of both streams.
MAX_OUTPUT = 1300


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "stdout"
    CALLBACK_NAME = "result_lines"

    def v2_runner_on_ok(self, result):
        self._line("ok", result)

    def v2_runner_on_failed(self, result, ignore_errors=False):
        self._line("failed", result)

    def v2_runner_on_unreachable(self, result):
        self._line("unreachable", result)

    def v2_runner_on_skipped(self, result):
        self._line("failed", result)

    def _line(self, state, result):
        values = result._result
        line = {
            "host": result._host.get_name(),
            "state": state,
            "rc": values.get("rc", -1),
            "stage": values.get("stage", "BEFORE_LOG_IN"),
            "answer": str(values.get("answer", "")),
            "said": str(values.get("said", values.get("msg", "")))[-MAX_OUTPUT:],
        }
        # Not by Ansible's display, which may split lines and delay them.
        sys.stdout.write(json.dumps(line) + "\n")
        sys.stdout.flush()
