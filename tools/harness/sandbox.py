"""A run of its own: private namespaces in which a program starts whatever it needs, and which all end with it."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# The library that jumps clocks leaves shared memory behind when its process is killed: hence a private folder for that.
INSIDE = 'ip link set lo up && mount -t tmpfs tmpfs /dev/shm && python3 "$@"; status=$?; exit $status'

ENDING = (signal.SIGTERM, signal.SIGHUP)
SERVICES = ("api-service", "scheduler-service")


def need(why, commands):
    """Makes sure that this is root on Linux and that the commands, each with its package, are there."""
    if not sys.platform.startswith("linux") or os.geteuid() != 0:
        print(f"Machines are made out of Linux namespaces here, so this runs as root on Linux: sudo ./justw {why}",
              file=sys.stderr)
        sys.exit(2)
    os.environ["PATH"] += ":/usr/local/sbin:/usr/sbin:/sbin"
    subprocess.run([ROOT / "tools/setup/need", *commands], check=True)


def newest_source(product):
    """When the sources of the services were last changed."""
    sources = [product / "pom.xml"]
    for module in ("shared-model", *SERVICES):
        sources += [product / module / "pom.xml", *(product / module / "src/main").rglob("*")]
    return max(s.stat().st_mtime for s in sources if s.is_file())


def binary(product, service):
    """The native binary of a service; without one that is newer than the sources the run ends."""
    oldest = newest_source(product)
    for found in (product / service / "target").glob("*-runner"):
        if found.stat().st_mtime >= oldest:
            return found
    sys.exit(f"{product / service}/target has no native binary that is newer than the sources: just native builds it")


def package(product):
    """Builds the services unless they are newer than their sources."""
    jars = [product / s / "target/quarkus-app/quarkus-run.jar" for s in SERVICES]
    if all(j.exists() for j in jars) and min(j.stat().st_mtime for j in jars) >= newest_source(product):
        return
    print("Packaging the services ...", flush=True)
    subprocess.run([ROOT / "tools/setup/mvn", "--quiet", "--file", product / "pom.xml", "package", "-DskipTests"],
                   check=True)


def end(*_):
    """Ends the run. The signal may come twice, to the group and once more from whoever started this; the tidying goes on."""
    for how in ENDING:
        signal.signal(how, signal.SIG_IGN)
    sys.exit(143)


def run(name, script, words, kept):
    """Runs a script of ours as `script --inside FOLDER WORDS…` with a private folder, and gives its exit status.

    kept names what is copied from the folder to target/NAME when there is a report.json.
    """
    folder = Path(tempfile.mkdtemp(prefix=f"machine-manager-{name}."))
    # The database runs as another user, who has to get at its own folder below this one.
    folder.chmod(0o711)
    # A network of their own: nothing but this run can reach the parts, faults of the network hit nobody else, and no
    # port is taken. Numbers of processes of their own: when the first of them ends, the kernel ends all others.
    # That first one is a shell, because it waits for the orphans.
    argv = ["setpriv", "--pdeathsig", "KILL", "unshare", "--net", "--pid", "--ipc", "--mount", "--mount-proc", "--fork",
            "--kill-child=KILL", "bash", "-c", INSIDE, name, str(Path(script).resolve()), "--inside", str(folder), *words]
    process = None
    try:
        # Ctrl-C reaches the inner one by itself, which then stops and reports.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        for how in ENDING:
            signal.signal(how, end)
        process = subprocess.Popen(argv)
        status = process.wait()
    finally:
        if process and process.poll() is None:
            process.kill()
            process.wait()
        keep(folder, ROOT / "target" / name, kept)
        # A machine's mounts end with its last process, which may take the kernel a moment.
        for _ in range(50):
            shutil.rmtree(folder, ignore_errors=True)
            if not folder.exists():
                break
            time.sleep(0.1)
    return status if status >= 0 else 1


def keep(folder, target, kept):
    """Copies what outlives the run."""
    if (folder / "report.json").exists():
        shutil.rmtree(target, ignore_errors=True)
        target.mkdir(parents=True)
        for name in kept:
            subprocess.run(["cp", "-r", folder / name, target], check=False)
        print(f"\nThe report as JSON and all logs are in {target}")


if __name__ == "__main__":
    # sandbox.py  Builds the services of this checkout unless they are newer than their sources.
    package(ROOT)
