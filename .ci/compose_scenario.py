#!/usr/bin/env python3
"""Uses the product under Compose as users and operators do, and breaks its parts meanwhile.

The product must be running, with three machines provisioned and registered, at the address API_BASE. Part of
.ci/compose.
"""
import functools
import json
import os
import pathlib
import re
import ssl
import subprocess
import sys
import threading
import time
import unittest
import urllib.error
import urllib.request

ROOT = pathlib.Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "tools/harness"))

from timed import TimedResult  # noqa: E402

API = os.environ.get("API_BASE", "https://localhost")
TLS = ssl._create_unverified_context()
MACHINES = {name: int(port) for name, port in re.findall(
    r'name: "(.*)"(?:\n(?!  - ).*)*?\n\s+port: (\d+)', (ROOT / "provision/machines.yml").read_text())}
SETTINGS = dict(line.split("=", 1) for line in (ROOT / "deploy/.env").read_text().splitlines()
                if "=" in line and not line.startswith("#"))
PASSWORD = "Lent-0-Secret-"


def run(*command):
    ended = subprocess.run(command, cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=300)
    assert ended.returncode == 0, f"{' '.join(command)}: {ended.stdout[-2000:]}"
    return ended.stdout


def say(text):
    print(f"   {text}", flush=True)


class Client:
    tokens = []

    def __init__(self, name, password):
        self.name, self.password, self.token = name, password, None

    def call(self, method, path, body=None, headers=None):
        """Returns the status and the content of the response; status 0 if there was no response."""
        request = urllib.request.Request(API + path, method=method, data=None if body is None else json.dumps(body).encode())
        for name, value in {"Content-Type": "application/json", **(headers or {})}.items():
            request.add_header(name, value)
        if self.token:
            request.add_header("Authorization", "Bearer " + self.token)
        try:
            with urllib.request.urlopen(request, context=TLS, timeout=120) as answer:
                return answer.status, json.loads(answer.read())
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read())
        except (OSError, ValueError):
            return 0, {}

    def log_in(self):
        status, content = self.call("POST", "/login", {"username": self.name, "password": self.password})
        assert status == 200, (status, content)
        self.token = content["access_token"]
        Client.tokens.append(self.token)
        return self


def ssh(machine, user, password, command="id -un"):
    return subprocess.run(
        ["sshpass", "-e", "ssh", "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o", "LogLevel=ERROR",
         "-o", "ConnectTimeout=10", "-o", "NumberOfPasswordPrompts=1", "-o", "PubkeyAuthentication=no",
         "-p", str(MACHINES[machine]), f"{user}@127.0.0.1", command],
        env={**os.environ, "SSHPASS": password}, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60)


def product_accounts():
    """Reads the product's accounts from the account list of each machine."""
    return {machine: found for machine in MACHINES
            if (found := re.findall(r"^([^:]+):.*machine-manager", run("docker", "exec", machine, "cat", "/etc/passwd"), re.M))}


def eventually(what, seconds, problem):
    deadline = time.monotonic() + seconds
    while True:
        found = what()
        if found:
            return found
        assert time.monotonic() < deadline, f"{problem} (not within {seconds} s)"
        time.sleep(0.5)


def container(service):
    return run("docker", "compose", "--project-name", "machine-manager", "ps", "--quiet", service).split()[0]


def healthy(service):
    state = json.loads(run("docker", "inspect", container(service)))[0]["State"]
    return state["Running"] and state.get("Health", {}).get("Status", "healthy") == "healthy"


def kill(*services):
    """Kills processes as a crash does. After `docker kill` the engine would not restart the containers."""
    def state(service):
        return json.loads(run("docker", "inspect", container(service)))[0]["State"]

    before = {service: state(service) for service in services}

    def is_back(service):
        return state(service)["StartedAt"] != before[service]["StartedAt"] and healthy(service)

    for killed in before.values():
        os.kill(killed["Pid"], 9)
    for service in services:
        eventually(functools.partial(is_back, service), 300, f"{service} did not come back")
    say(f"{' and '.join(services)} killed, and healthy again")


def logs():
    """The logs of all containers of the product and of all machines."""
    names = run("docker", "ps", "--all", "--format", "{{.Names}}", "--filter", "label=com.docker.compose.project=machine-manager").split()
    return {name: run("docker", "logs", name) for name in names + sorted(MACHINES)}


class ComposeScenario(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.admin = Client(SETTINGS["ADMIN_DEFAULT_USERNAME"], SETTINGS["ADMIN_DEFAULT_PASSWORD"]).log_in()
        status, content = cls.admin.call("POST", "/users", {"username": "alice", "password": "Alice-0-Secret"})
        assert status == 201, content
        cls.alice = Client("alice", "Alice-0-Secret").log_in()

    def all_is_free(self):
        status, content = self.alice.call("GET", "/available")
        return status == 200 and content["available"] == sorted(MACHINES) and not product_accounts()

    def test_01_reserved_machines_let_the_user_in(self):
        # On a busy host a new machine may answer its first probe too late. Then it is out of the pool for a while.
        eventually(self.all_is_free, 120, "the registered machines are not free")
        begun = time.monotonic()
        status, answer = self.alice.call("GET", f"/reserve?count=2&duration=1&reservation_password={PASSWORD}1")
        self.assertEqual(200, status, answer)
        say(f"two machines reserved in {time.monotonic() - begun:.1f} s")
        lent = [machine["machine"] for machine in answer["machines"]]
        type(self).lent, type(self).ends = lent, time.monotonic() + 60
        for machine in lent:
            self.assertEqual("alice\n", ssh(machine, "alice", PASSWORD + "1").stdout)
        self.assertEqual(set(lent), set(product_accounts()))
        status, answer = self.alice.call("GET", "/reserve?count=2")
        self.assertEqual((409, "not_enough_available", 1), (status, answer["error"], answer["available"]))

    def test_02_only_the_proxy_is_published(self):
        for service in "db", "api", "scheduler", "proxy":
            described = json.loads(run("docker", "inspect", container(service)))[0]
            with self.subTest(service):
                published = [port for port, to in described["NetworkSettings"]["Ports"].items() if to]
                self.assertEqual(["443/tcp", "80/tcp"] if service == "proxy" else [], sorted(published))
                host = described["HostConfig"]
                self.assertTrue(host["ReadonlyRootfs"])
                self.assertEqual(["ALL"], host["CapDrop"])
                self.assertIn("no-new-privileges:true", host["SecurityOpt"])
                self.assertGreater(host["Memory"], 0)
                user = run("docker", "exec", container(service), "id", "-u").strip()
                self.assertNotEqual("0", user)
        self.assertEqual(404, self.admin.call("GET", "/q/health/ready")[0])
        self.assertEqual(404, self.admin.call("GET", "/q/openapi")[0])
        self.assertEqual(200, Client("nobody", "").call("GET", "/openapi")[0])

    def test_02_the_audit_has_the_address_of_the_client(self):
        """Not the address that the client claims in its headers, and not the address of the proxy."""
        for said in "6.6.6.6", "not an address", "6.6.6.6, proxy":
            self.assertEqual(401, Client("mallory", "Wrong-0-Secret").call("POST", "/login", {
                "username": "mallory", "password": "Wrong-0-Secret"}, {"X-Forwarded-For": said, "Forwarded": "for=6.6.6.6"})[0])
        network = json.loads(run("docker", "network", "inspect", "machine-manager_edge"))[0]
        gateway = network["IPAM"]["Config"][0]["Gateway"]
        status, found = self.admin.call("GET", "/audit?action=logged_in&outcome=refused")
        self.assertEqual(200, status, found)
        self.assertEqual([gateway] * 3, [entry["address"] for entry in found])

    def test_02_the_scheduler_does_not_get_the_secrets_of_the_api(self):
        known = run("docker", "exec", container("scheduler"), "env")
        for name in "JWT_SECRET", "ADMIN_DEFAULT_PASSWORD":
            self.assertNotIn(SETTINGS[name], known)
        self.assertIn(SETTINGS["MACHINE_SECRETS_KEY"], known)

    def test_03_images_hold_no_secret(self):
        for image in "api:jvm", "scheduler:jvm", "proxy":
            described = run("docker", "inspect", f"machine-manager/{image}") + run(
                "docker", "history", "--no-trunc", f"machine-manager/{image}")
            for name in "DB_PASSWORD", "JWT_SECRET", "MACHINE_SECRETS_KEY", "ADMIN_DEFAULT_PASSWORD":
                self.assertNotIn(SETTINGS[name], described, f"{name} in {image}")

    def test_03_images_tell_what_they_were_built_from(self):
        version = re.search("<version>(.*)</version>", (ROOT / "pom.xml").read_text())[1]
        for image in "api:jvm", "scheduler:jvm", "proxy":
            labels = json.loads(run("docker", "inspect", f"machine-manager/{image}"))[0]["Config"]["Labels"]
            self.assertEqual(version, labels["org.opencontainers.image.version"], image)

    def test_04_services_do_not_start_without_secrets(self):
        for image, needed in ("api:jvm", ["DATABASE_URL", "JWT_SECRET", "ADMIN_DEFAULT_PASSWORD", "MACHINE_SECRETS_KEY"]), (
                "scheduler:jvm", ["DATABASE_URL", "MACHINE_SECRETS_KEY"]):
            ended = subprocess.run(["docker", "run", "--rm", f"machine-manager/{image}"], text=True, stdout=subprocess.PIPE,
                                   stderr=subprocess.STDOUT, timeout=120)
            self.assertEqual(1, ended.returncode, ended.stdout)
            for name in needed:
                self.assertRegex(ended.stdout, f"(?m)^Cannot start: {name} is missing")

    def test_05_three_replicas_share_the_calls(self):
        replicas = run("docker", "compose", "--project-name", "machine-manager", "ps", "--quiet", "api").split()
        self.assertEqual(3, len(replicas))
        self.assertEqual(2, len(run("docker", "compose", "--project-name", "machine-manager", "ps", "--quiet", "scheduler").split()))
        os.kill(json.loads(run("docker", "inspect", replicas[1]))[0]["State"]["Pid"], 9)
        answers = [self.alice.call("GET", "/whoami")[0] for _ in range(60)]
        self.assertEqual([200] * 60, answers)

    def test_06_one_replica_is_left_and_has_all_calls(self):
        """Compose decides which replica stays. Changed settings make Compose replace this one too.

        From here on machines are made anew after each reservation.
        """
        # A container that is replaced loses its log, so read all logs now.
        type(self).earlier = list(logs().items())
        with open(ROOT / "deploy/.env", "a", encoding="utf-8") as settings:
            settings.write("LOG_LEVEL=DEBUG\n")
        said = run("./justw", "provision", str(len(MACHINES)), "debian", "reset=true")
        self.assertRegex(said.splitlines()[-1], "root on this host")
        run("./justw", "run")
        self.assertEqual(1, len(run("docker", "compose", "--project-name", "machine-manager", "ps", "--all", "--quiet", "api").split()))
        self.assertIn("LOG_LEVEL=DEBUG", run("docker", "exec", container("api"), "env").splitlines())
        answers = [self.alice.call("GET", "/whoami")[0] for _ in range(60)]
        self.assertEqual([200] * 60, answers)
        self.assertEqual(200, self.alice.call("POST", "/login", {"username": "alice", "password": "Alice-0-Secret"})[0])

    def test_07_when_the_time_is_up_the_machines_refuse(self):
        """The reservation is that of test_01. Its time ran during the tests in between, which replaced both services."""
        eventually(self.all_is_free, 100, "the accounts were not removed")
        say(f"gone {time.monotonic() - self.ends:.0f} s after the end")
        for machine in self.lent:
            refused = ssh(machine, "alice", PASSWORD + "1")
            self.assertNotEqual(0, refused.returncode)
            self.assertIn("Permission denied", refused.stdout)

    def test_08_the_product_recovers_from_crashes(self):
        problems, done, counts = [], threading.Event(), {}

        def client():
            while not done.is_set():
                status, answer = self.alice.call("GET", f"/reserve?count=1&duration=1&reservation_password={PASSWORD}4")
                counts[status] = counts.get(status, 0) + 1
                if status not in (0, 200, 409, 502, 503):
                    problems.append(("reserve", status, answer))
                if status == 200:
                    logged_in = ssh(answer["machines"][0]["machine"], "alice", PASSWORD + "4")
                    if logged_in.stdout != "alice\n":
                        problems.append(("log-in", answer, logged_in.stdout))
                    status, answer = self.admin.call("GET", "/release_all")
                    if status not in (0, 200, 502, 503):
                        problems.append(("release", status, answer))
                done.wait(0.5)

        worker = threading.Thread(target=client)
        worker.start()
        try:
            run("docker", "compose", "--project-name", "machine-manager", "restart", "--timeout", "20", "db")
            eventually(lambda: healthy("db"), 120, "db did not come back")
            say("db restarted")
            kill("api")
            kill("scheduler", "proxy")
            kill("db")
            eventually(lambda: self.alice.call("GET", "/available")[0] == 200, 120, "the API does not answer")
        finally:
            done.set()
            worker.join()
        say(f"answers to reserve: {counts}")
        self.assertEqual([], problems)
        self.assertGreater(counts.get(200, 0), 0)
        self.admin.call("GET", "/release_all")
        eventually(self.all_is_free, 150, "not all machines are free")

    def test_09_a_backup_brings_back_what_was_there(self):
        self.earlier.extend(logs().items())
        backup = ROOT / "target" / "backup.sql.gz"
        run("./justw", "backup", str(backup))
        self.assertEqual(0o600, backup.stat().st_mode & 0o777)
        status, content = self.admin.call("POST", "/users", {"username": "bob", "password": "Bob-0-Secret"})
        self.assertEqual(201, status, content)
        run("./justw", "restore", str(backup), "yes")
        eventually(lambda: self.admin.call("GET", "/available")[0] == 200, 120, "the API does not answer")
        self.assertEqual(["admin", "alice"], sorted(user["username"] for user in self.admin.call("GET", "/users")[1]))
        status, answer = self.alice.call("POST", "/reservations", {"count": 3, "duration_minutes": 5})
        self.assertEqual(201, status, answer)
        type(self).generated = [answer["reservation_password"]]
        self.assertEqual({"released": 3}, {"released": self.admin.call("GET", "/release_all")[1]["released"]})
        eventually(self.all_is_free, 60, "not all machines are free")

    def test_10_the_lines_of_the_guide_for_users_work_as_they_stand(self):
        (ROOT / "target").mkdir(exist_ok=True)
        block = re.search(r"## Use it by curl.*?```sh\n(.*?)```", (ROOT / "docs/users.md").read_text(), re.S)[1]
        said = run("bash", "-euo", "pipefail", "-c", block.replace('"username":"alice"', '"username":"readme"')
                   .replace("https://localhost", API).replace("ca.crt", "target/ca.crt"))
        self.assertNotIn('"error"', said)
        self.assertRegex(said, r"ssh -p \d+ alice@localhost")
        self.assertRegex(said, r'"seconds_remaining":7[12]\d\d\b')
        type(self).generated += [re.search(r'"reservation_password":"(.*?)"', said)[1], "a long secret"]
        self.admin.call("POST", "/release_all")
        eventually(self.all_is_free, 60, "not all machines are free")

    def test_11_no_log_holds_a_secret(self):
        found = [*self.earlier, *logs().items()]
        self.assertIn('"uri":"/reserve"', "".join(log for _, log in found))
        secrets = {name: SETTINGS[name] for name in ("DB_PASSWORD", "JWT_SECRET", "MACHINE_SECRETS_KEY", "ADMIN_DEFAULT_PASSWORD")}
        secrets |= {f"token {n}": token for n, token in enumerate(Client.tokens)}
        secrets |= {"given password": PASSWORD, "alice": "Alice-0-Secret", "bob": "Bob-0-Secret"}
        secrets |= {f"generated {n}": password for n, password in enumerate(self.generated)}
        secrets |= {f"root of machine {n}": password for n, password in enumerate(
            re.findall(r'password: "(.*)"', (ROOT / "provision/machines.yml").read_text()))}
        self.assertGreater(len(secrets), 10)
        self.assertEqual([], [(container, name) for container, log in found for name, secret in secrets.items() if secret in log])
        say(f"{sum(len(log) for _, log in found)} characters of {len(dict(found))} containers' logs searched for {len(secrets)} secrets")


if __name__ == "__main__":
    unittest.main(testRunner=unittest.TextTestRunner(verbosity=2, failfast=True, resultclass=TimedResult))
