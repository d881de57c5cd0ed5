#!/usr/bin/env python3
"""Runs provision/library/register_machines.py, and what calls it, against an API of the test's own."""
import http.server
import json
import os
import pathlib
import shutil
import socket
import subprocess
import tempfile
import threading
import unittest

ROOT = pathlib.Path(__file__).parent.parent.parent
MODULE = ROOT / "provision/library/register_machines.py"
PASSWORD = "s3cr3t-of-the-admin"


class Api(http.server.ThreadingHTTPServer):
    """Knows machines by their name, takes one admin's password, and remembers every request."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self):
        self.machines = {}
        self.seen = []
        # (method, path) or (method, name of the machine) to an answer in place of the usual one
        self.answers = {}
        super().__init__(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()

    @property
    def base(self):
        return f"http://127.0.0.1:{self.server_port}"


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def handle_any(self):
        text = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        self.server.seen.append((self.command, self.path, text))
        body = json.loads(text) if text else {}
        for key in ((self.command, self.path), (self.command, body.get("name"))):
            if key in self.server.answers:
                return self.reply(*self.server.answers[key])
        if self.path == "/healthz":
            return self.reply(200, {"status": "ok"})
        if self.path == "/login":
            right = body == {"username": "admin", "password": PASSWORD}
            return self.reply(200, {"access_token": "t"}) if right else self.reply(401, {"message": "wrong password"})
        if self.headers["Authorization"] != "Bearer t":
            return self.reply(401, {"message": "no token"})
        if self.command == "GET":
            return self.reply(200, list(self.server.machines.values()))
        if self.command == "PATCH":
            self.server.machines[self.path.split("/")[-1]].update(body)
            return self.reply(200, body)
        self.server.machines[body["name"]] = body
        return self.reply(201, body)

    do_GET = do_POST = do_PATCH = handle_any

    def reply(self, status, body, **headers):
        text = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_):
        pass


def interpreter():
    """The Python that has Ansible, which need not be the one that runs this."""
    with open(shutil.which("ansible-playbook"), encoding="utf-8") as script:
        return script.readline().removeprefix("#!").strip()


def machine(n, **other):
    return {"name": f"m{n}", "host": "192.0.2.1", "port": 22000 + n, "user": "root", "password": f"p{n}", **other}


class RegisterMachinesTest(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.file = self.folder / "machines.yml"
        self.api = Api()
        self.addCleanup(self.api.server_close)
        self.addCleanup(self.api.shutdown)

    def run_module(self, machines, **options):
        """The module's answer; machines are the file's text, or what JSON makes of them."""
        self.file.write_text(machines if isinstance(machines, str) else json.dumps(machines))
        given = {"api_base": self.api.base, "username": "admin", "password": PASSWORD, "machines_file": str(self.file)}
        arguments = self.folder / "arguments.json"
        arguments.write_text(json.dumps({"ANSIBLE_MODULE_ARGS": {**given, **options}}))
        done = subprocess.run([interpreter(), MODULE, arguments], capture_output=True, text=True, timeout=120, check=False)
        self.assertNotIn("Traceback", done.stderr)
        self.assertNotIn(PASSWORD, done.stdout.split('"invocation"', maxsplit=1)[0])
        return json.loads(done.stdout)

    def failed(self, text):
        answer = self.run_module(text)
        self.assertEqual({}, self.api.machines)
        return answer["failed_machines"]

    def paths(self):
        return [(method, path) for method, path, _ in self.api.seen]

    def test_adds_what_is_new_and_leaves_alone_what_is_there(self):
        self.api.machines["m1"] = machine(1)
        answer = self.run_module({"machines": [machine(1, os="debian"), machine(2, port="22002", os="debian", host_key="k")]})
        self.assertEqual((["m2"], ["m1"], [], True), (answer["added"], answer["present"], answer["failed_machines"], answer["changed"]))
        self.assertEqual(machine(2, host_key="k"), self.api.machines["m2"])
        again = self.run_module([machine(1), machine(2)])
        self.assertEqual(([], ["m1", "m2"], False), (again["added"], again["present"], again["changed"]))

    def test_passes_on_that_a_host_may_be_shared_as_a_truth_value_only(self):
        answer = self.run_module([machine(1, shared_host=True), machine(2, shared_host="true"), machine(3, shared_host=1)])
        self.assertEqual({"m1": machine(1, shared_host=True)}, self.api.machines)
        self.assertEqual(["m2: shared_host is neither true nor false", "m3: shared_host is neither true nor false"],
                         answer["failed_machines"])

    def test_labels_are_passed_on_when_they_are_text(self):
        machines = [machine(1, labels={"os": "debian", "gpu": ""}), machine(2, labels={}), machine(3, labels={"cores": 8, "os": "x"}),
                    machine(4, labels=["os"]), machine(5, labels={"gpu": None}), machine(6, labels=None)]
        answer = self.run_module(machines)
        self.assertEqual(["m1", "m2", "m6"], answer["added"])
        self.assertEqual(["m3: put these labels in quotes, name and value: cores", "m4: labels are not values by name",
                          "m5: put these labels in quotes, name and value: gpu"], answer["failed_machines"])
        self.assertEqual({"os": "debian", "gpu": ""}, self.api.machines["m1"]["labels"])
        self.assertEqual(["m1: put these labels in quotes, name and value: 1, yes_"],
                         self.run_module("[{name: m1, host: h, port: 1, user: r, password: p, labels: {1: a, yes_: yes}}]")["failed_machines"])

    def test_groups_are_passed_on_when_they_are_names(self):
        machines = [machine(1, groups=["ci", "lab"]), machine(2, groups=[]), machine(3, groups="ci"), machine(4, groups=[7])]
        answer = self.run_module(machines)
        self.assertEqual(["m1", "m2"], answer["added"])
        self.assertEqual(["m3", "m4"], [failed.split(":")[0] for failed in answer["failed_machines"]])
        self.assertEqual(["ci", "lab"], self.api.machines["m1"]["groups"])

    def test_labels_of_a_machine_that_is_there_are_changed_only_when_asked(self):
        self.api.machines["m1"] = machine(1)
        self.assertEqual(["m1"], self.run_module([machine(1, labels={"os": "debian"})])["present"])
        self.assertNotIn("labels", self.api.machines["m1"])
        self.run_module([machine(1, labels={"os": "debian"})], update=True)
        self.assertEqual({"os": "debian"}, self.api.machines["m1"]["labels"])

    def test_changes_what_is_there_only_when_asked(self):
        self.api.machines["m1"] = machine(1)
        moved = machine(1, host="192.0.2.9")
        self.assertEqual(["m1: is registered with another host; UPDATE=true changes it"], self.run_module([moved])["failed_machines"])
        self.assertEqual(["m1"], self.run_module([moved], update=True)["changed_machines"])
        self.assertEqual(moved, self.api.machines["m1"])

    def test_one_that_is_refused_does_not_hold_up_the_others(self):
        self.api.answers = {("POST", "m1"): (400, {"message": "no"}), ("POST", "m2"): (502, ["not", "an", "object"]),
                            ("POST", "m3"): (500, b"<html>"), ("POST", "m4"): (500, b"[" * 100_000)}
        answer = self.run_module([machine(n) for n in range(1, 6)])
        self.assertEqual(["m5"], answer["added"])
        self.assertEqual(["m1: no", "m2: 502 Bad Gateway", "m3: 500 Internal Server Error", "m4: 500 Internal Server Error"],
                         answer["failed_machines"])

    def test_a_thousand_are_registered_in_the_order_of_the_file(self):
        answer = self.run_module([machine(n) for n in range(1000)])
        self.assertEqual([f"m{n}" for n in range(1000)], answer["added"])
        self.assertEqual(1000, len(self.api.machines))

    def test_what_yaml_would_change_is_refused_and_nothing_is_sent(self):
        whole = {"name": "m1", "host": "h", "port": "22", "user": "root", "password": "p", "private_key": "k", "host_key": "s"}
        for field in ("name", "host", "user", "password", "private_key", "host_key"):
            for value in ("012345", "1_000", "0", "yes", "no", "1.10", "2024-01-01", "!!binary aGk=", "{a: b}", "[a]"):
                with self.subTest(field=field, value=value):
                    text = "".join(f"  {key}: {value if key == field else json.dumps(whole[key])}\n" for key in whole)
                    name = "entry 1" if field == "name" else "m1"
                    self.assertEqual([f"{name}: put it in quotes: {field}"], self.in_process(f"-\n{text}"))

    def in_process(self, text):
        """As failed, without a process for each."""
        script = self.folder / "check.py"
        if not script.exists():
            script.write_text(
                f"import sys, json; sys.path.insert(0, {str(MODULE.parent)!r}); import register_machines as m\n"
                "for line in sys.stdin:\n"
                "    open(sys.argv[1], 'w').write(json.loads(line))\n"
                "    machine = m.read(sys.argv[1])[0]\n"
                "    try: answer = m.register(None, machine, {}, False)\n"
                "    except ValueError as problem: answer = str(problem)\n"
                "    print(json.dumps([m.label(1, machine) + ': ' + answer]), flush=True)\n")
            self.checker = subprocess.Popen([interpreter(), script, self.file], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            self.addCleanup(self.checker.communicate)
        self.checker.stdin.write(json.dumps(text) + "\n")
        self.checker.stdin.flush()
        return json.loads(self.checker.stdout.readline())

    def test_what_is_missing_is_named(self):
        self.assertEqual(["entry 1: not given: name, port, password or private_key"],
                         self.failed("[{name: '', host: h, user: root, password: }]"))

    def test_a_port_is_a_number(self):
        for port in ("0", "65536", "yes", "'22a'", "2.5", "'²'", "[22]", "-1"):
            with self.subTest(port=port):
                text = f"[{{name: m1, host: h, port: {port}, user: root, password: p}}]"
                self.assertEqual(["m1: the port is not a number from 1 to 65535"], self.in_process(text))

    def test_a_file_that_is_made_to_break_it_is_refused_in_a_line_without_its_content(self):
        for text in ("[" * 5000, "- !!bool hidden", "- !!int ''", "- !!timestamp hidden", "- {a: hidden", "- !!python/name:os.hidden",
                     "a: &a [*a]", "? [hidden]\n: 1", "hidden", "{name: m1, host: hidden}", "machines: {a: hidden}", "- hidden",
                     "", "\0hidden"):
            with self.subTest(text=text[:40]):
                answer = self.run_module(text)
                self.assertTrue(answer["failed"])
                self.assertRegex(answer["msg"], "^.*machines.yml cannot be read: (line [0-9]+ is not YAML|it is not a list of machines)$")
                self.assertNotIn("hidden", answer["msg"])
        self.assertEqual([], self.api.seen)

    def test_an_address_that_leads_elsewhere_never_gets_the_password(self):
        self.api.answers[("GET", "/healthz")] = (308, b"")
        answer = self.run_module([machine(1)])
        self.assertIn("it redirects to", answer["msg"])
        self.assertEqual([("GET", "/healthz")], self.paths())

    def test_a_call_that_leads_elsewhere_is_not_followed(self):
        self.api.answers[("POST", "/login")] = (307, b"")
        self.assertIn("it redirects to", self.run_module([machine(1)])["msg"])
        self.assertEqual([("GET", "/healthz"), ("POST", "/login")], self.paths())

    def test_a_wrong_password_and_another_service_are_told_apart(self):
        self.assertIn("as admin: wrong password", self.run_module([], password="another")["msg"])
        for answer in ([], "text", 5, {"access_token": 5}, b"<html>", {}):
            self.api.answers[("POST", "/login")] = (200, answer)
            self.assertIn("does not answer as Machine Manager does", self.run_module([])["msg"])
        del self.api.answers[("POST", "/login")]
        for answer in ({"message": "m"}, ["m"], [{}], 5):
            self.api.answers[("GET", "/machines")] = (200, answer)
            self.assertIn("does not answer as Machine Manager does", self.run_module([])["msg"])

    def just_register(self, settings, **environment):
        (self.folder / "env").write_text(settings)
        unset = ("API_BASE", "DOMAIN", "HTTPS_PUBLISH", "ADMIN_DEFAULT_USERNAME", "ADMIN_DEFAULT_PASSWORD", "UPDATE", "VERIFY_TLS")
        inherited = {name: value for name, value in os.environ.items() if name not in unset}
        environment = {**inherited, "ENV_FILE": str(self.folder / "env"), "MACHINES_FILE": str(self.file), **environment}
        done = subprocess.run([ROOT / "provision/pool", "register"], env=environment, capture_output=True, text=True, timeout=120, check=False)
        return done.stdout + done.stderr

    def test_just_register_says_what_came_of_it(self):
        self.file.write_text(json.dumps([machine(1)]))
        said = self.just_register(f"ADMIN_DEFAULT_PASSWORD={PASSWORD}\n", API_BASE=self.api.base)
        self.assertIn("1 added: m1", said)
        self.assertNotIn("is not", said)
        self.assertNotIn(PASSWORD, said)

    def test_just_register_finds_the_service_by_the_settings(self):
        self.file.write_text("[]")
        with socket.socket() as taken:
            # bound and not listening: a connection is refused
            taken.bind(("127.0.0.1", 0))
            port = taken.getsockname()[1]
            said = self.just_register(f"ADMIN_DEFAULT_PASSWORD={PASSWORD}\nDOMAIN=127.0.0.1\nHTTPS_PUBLISH=127.0.0.1:{port}\n")
        self.assertIn(f"cannot log in to https://127.0.0.1:{port} as admin: ", said)


if __name__ == "__main__":
    unittest.main()
