"""A run in namespaces of its own leaves nothing, however it is ended."""

import os
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

PARTS = Path(__file__).resolve().parents[1] / "parts"
RUN = "import sys; import sandbox; sys.exit(sandbox.run('test', sys.argv[1], [], ()))"
# Makes what takes a while to tidy up, and waits.
SCRIPT = """
import sys, time
for i in range(20000):
    open(f"{sys.argv[2]}/{i}", "w").close()
print(sys.argv[2], flush=True)
time.sleep(100)
"""


@unittest.skipUnless(sys.platform.startswith("linux") and os.geteuid() == 0, "needs root on Linux")
class Ended(unittest.TestCase):
    def test_by_a_signal_that_comes_twice_it_leaves_nothing(self):
        with tempfile.TemporaryDirectory() as folder:
            script = Path(folder) / "script.py"
            script.write_text(SCRIPT)
            with subprocess.Popen([sys.executable, "-c", RUN, script], stdout=subprocess.PIPE, text=True,
                                  env={**os.environ, "PYTHONPATH": str(PARTS)}) as run:
                inside = Path(run.stdout.readline().strip())
                self.assertTrue(inside.is_dir())
                run.send_signal(signal.SIGTERM)
                while run.poll() is None and (inside / "0").exists():
                    time.sleep(0.001)
                run.send_signal(signal.SIGTERM)
                self.assertEqual(run.wait(60), 143)
            self.assertFalse(inside.exists())


if __name__ == "__main__":
    unittest.main()
