#!/usr/bin/env python3
"""Runs provision/library/reset_container.py against an engine of the test's own."""
import http.server
import json
import pathlib
import re
import socketserver
import subprocess
import tempfile
import threading
import unittest

ROOT = pathlib.Path(__file__).parent.parent.parent
MODULE = ROOT / "provision/library/reset_container.py"
OLD = {
    "Id": "old", "Image": "sha256:1",
    "Config": {"Hostname": "m1", "Image": "machine-manager/machine:alpine", "Labels": {"machine-manager.machine": "true"}},
    "HostConfig": {"Binds": ["machine-manager-keys-m1:/etc/ssh/keys:rw", "/srv/data:/data"], "Memory": 268435456, "NetworkMode": "default",
                   "PortBindings": {"22/tcp": [{"HostIp": "127.0.0.1", "HostPort": "22221"}]}},
    "NetworkSettings": {"Networks": {"bridge": {"IPAMConfig": None, "Aliases": None}}},
}


class Engine(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True

    def __init__(self, path):
        self.containers, self.done, self.images, self.status = {"m1": OLD}, [], {OLD["Config"]["Image"], OLD["Image"]}, 0
        super().__init__(path, Handler)
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def reply(self, status, body=None):
        text = b"" if body is None else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def handle_any(self):
        engine = self.server
        body = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or "{}")
        path, _, query = self.path.partition("?")
        name = path.split("/")[2]
        engine.done.append(f"{self.command} {self.path}")
        if path.startswith("/containers/") and path != "/containers/create" and name not in engine.containers:
            return self.reply(404, {"message": f"No such container: {name}"})
        if self.command == "GET" and path.startswith("/containers/"):
            return self.reply(200, engine.containers[name])
        if path == "/containers/create":
            if body["Image"] not in engine.images:
                return self.reply(404, {"message": "No such image"})
            engine.containers[query.split("=")[1]] = {
                **OLD, "Id": "new", "Config": {k: v for k, v in body.items() if k != "HostConfig"}, "HostConfig": body["HostConfig"]}
            return self.reply(201, {"Id": "new"})
        if path.endswith("/rename"):
            engine.containers[query.split("=")[1]] = engine.containers.pop(name)
            return self.reply(204)
        if self.command == "DELETE":
            del engine.containers[name]
            return self.reply(204)
        if path.endswith("/exec"):
            engine.done[-1] += " " + body["Cmd"][0]
            return self.reply(201, {"Id": "e1"})
        if path == "/exec/e1/start":
            self.send_response(101)
            self.send_header("Connection", "Upgrade")
            self.end_headers()
            engine.done[-1] += " " + self.rfile.read().decode()
            self.wfile.write(b"\1\0\0\0\0\0\0\2ok")
            self.close_connection = True
            return None
        if path == "/exec/e1/json":
            return self.reply(200, {"ExitCode": engine.status})
        return self.reply(204)

    do_GET = do_POST = do_DELETE = handle_any

    def address_string(self):
        return ""

    def log_message(self, *_):
        pass


class ResetContainerTest(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.socket = pathlib.Path(folder.name) / "engine.sock"
        self.engine = Engine(str(self.socket))
        self.addCleanup(self.engine.server_close)
        self.addCleanup(self.engine.shutdown)

    def reset(self, **parameters):
        arguments = {"name": "m1", "port": 22221, "password": "S3cret-of-root", "socket": str(self.socket), **parameters}
        done = subprocess.run(["/usr/bin/python3", MODULE], input=json.dumps({"ANSIBLE_MODULE_ARGS": arguments}), text=True,
                              timeout=60, check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.assertNotIn("S3cret-of-root", done.stdout)
        said = json.loads(re.search(r"\{.*\}", done.stdout, re.DOTALL)[0])
        return said.get("msg") if said.get("failed") else "done"

    def test_a_new_container_takes_the_place_of_the_old_one(self):
        self.assertEqual("done", self.reset())
        self.assertEqual(["m1"], list(self.engine.containers))
        self.assertEqual("new", self.engine.containers["m1"]["Id"])
        self.assertEqual(OLD["Config"], self.engine.containers["m1"]["Config"])
        self.assertEqual({**OLD["HostConfig"], "Binds": ["machine-manager-keys-m1:/etc/ssh/keys:ro", "/srv/data:/data"]},
                         self.engine.containers["m1"]["HostConfig"])
        done = [re.sub(r"^\w+ ", "", line) for line in self.engine.done]
        self.assertLess(done.index("/containers/create?name=m1.new"), done.index("/containers/m1?force=1&v=1"))
        self.assertEqual(["/containers/m1.new/rename?name=m1", "/containers/m1/start", "/containers/m1/exec chpasswd",
                          "/exec/e1/start root:S3cret-of-root\n", "/exec/e1/json"], done[-5:])

    def test_what_a_killed_run_has_left_is_taken_up(self):
        self.engine.containers["m1.new"] = {**OLD, "Id": "half-made"}
        self.assertEqual("done", self.reset())
        self.assertEqual(["new"], [container["Id"] for container in self.engine.containers.values()])

        self.engine.containers = {"m1.new": {**OLD, "Id": "made"}}
        self.assertEqual("done", self.reset())
        self.assertEqual({"m1": "made"}, {name: container["Id"] for name, container in self.engine.containers.items()})

    def test_an_image_that_has_lost_its_name_is_used_by_its_id(self):
        self.engine.images = {OLD["Image"]}
        self.assertEqual("done", self.reset())
        self.assertEqual("sha256:1", self.engine.containers["m1"]["Config"]["Image"])

    def test_a_container_that_provision_did_not_make_is_left_alone(self):
        self.engine.containers = {"m1": {**OLD, "Config": {"Labels": {}}}}
        self.assertEqual("The container m1 was not made by provision, so it is left alone.", self.reset())
        self.assertEqual(["GET /containers/m1/json", "GET /containers/m1.new/json"], self.engine.done)
        self.assertEqual("There is no container m2.", self.reset(name="m2"))

    def test_a_container_with_another_port_is_left_alone(self):
        self.assertEqual("The container m1 does not have the port 22222 of the machine, so it is left alone.",
                         self.reset(port=22222))
        self.assertEqual(["GET /containers/m1/json", "GET /containers/m1.new/json"], self.engine.done)

    def test_a_failure_says_what_failed(self):
        self.engine.status = 1
        self.assertEqual("The command chpasswd in the new container ended with exit status 1.", self.reset())
        self.assertRegex(self.reset(socket="/nonexistent.sock"),
                         r"^The Docker engine does not answer at /nonexistent.sock: No such file or directory\.")


if __name__ == "__main__":
    unittest.main()
