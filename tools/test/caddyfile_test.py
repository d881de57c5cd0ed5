#!/usr/bin/env python3
"""Runs a real Caddy with deploy/Caddyfile in front of two upstreams of the test's own and looks at both sides.

CADDY names the binary (caddy). Everything is on loopback, on free ports, in a folder of its own.
"""
import concurrent.futures
import http.client
import http.server
import os
import pathlib
import re
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import threading
import time
import unittest

CADDYFILE = pathlib.Path(__file__).parents[2] / "deploy/Caddyfile"
SECRET = "s3cr3t-in-query"
TOKEN = "t0k3n-in-header"


class Upstream(http.server.ThreadingHTTPServer):
    """Answers 200 and remembers what it was asked; `hang_up` makes it close the connection without an answer.

    `waits` has seconds that it takes for a path.
    """

    daemon_threads = True

    def __init__(self, port=0):
        self.seen = []
        self.hang_up = False
        self.waits = {}
        self.stopped = False
        super().__init__(("127.0.0.1", port), Handler)
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()

    @property
    def port(self):
        return self.server_address[1]

    def stop(self):
        self.stopped = True
        self.shutdown()
        self.server_close()

    def handle_error(self, request, client_address):
        pass


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def answer(self):
        if self.server.stopped:
            self.close_connection = True
            return None
        if self.path == "/healthz":
            return self.reply(b"ok")
        length = sum(map(len, self.parts()))
        self.server.seen.append((self.command, self.path, self.headers, length))
        time.sleep(self.server.waits.get(self.path, 0))
        if self.server.hang_up:
            self.close_connection = True
            return None
        return self.reply(b"x" * 2000)

    def parts(self):
        """The body; all of it, or no answer is right."""
        if self.headers["Transfer-Encoding"] != "chunked":
            yield self.rfile.read(int(self.headers.get("Content-Length") or 0))
            return
        while size := int(self.rfile.readline(), 16):
            yield self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()

    do_GET = do_POST = do_PATCH = do_DELETE = answer

    def reply(self, body):
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Server", "upstream")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def free_ports(count):
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [s.getsockname()[1] for s in sockets]
    for s in sockets:
        s.close()
    return ports


def eventually(what, seconds=15):
    deadline = time.monotonic() + seconds
    while not what():
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds} s")
        time.sleep(0.05)


class CaddyTest(unittest.TestCase):
    """A Caddy for the tests of a class."""

    @classmethod
    def caddyfile(cls):
        return CADDYFILE

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="caddyfile-test.")
        cls.upstreams = [Upstream(), Upstream()]
        cls.http_port, cls.https_port = free_ports(2)
        cls.log = open(os.path.join(cls.folder, "log"), "wb")
        cls.caddy = subprocess.Popen(
            [os.environ.get("CADDY", "caddy"), "run", "--config", str(cls.caddyfile()), "--adapter", "caddyfile"],
            stdout=cls.log, stderr=subprocess.STDOUT, env={
                "PATH": os.environ["PATH"], "HOME": cls.folder,
                "XDG_DATA_HOME": cls.folder, "XDG_CONFIG_HOME": cls.folder,
                "HTTP_PORT": str(cls.http_port), "HTTPS_PORT": str(cls.https_port),
                # Everything Caddy has to say, so that the search of its log means something.
                "CADDY_LOG_LEVEL": "DEBUG",
                "API_UPSTREAMS": " ".join(f"127.0.0.1:{u.port}" for u in cls.upstreams)})
        eventually(cls.is_up)

    @classmethod
    def is_up(cls):
        try:
            return cls.call("GET", "/available")[0] == 200
        except OSError:
            return False

    @classmethod
    def tearDownClass(cls):
        cls.caddy.send_signal(signal.SIGTERM)
        cls.caddy.wait(20)
        cls.log.close()
        for upstream in cls.upstreams:
            upstream.stop()
        shutil.rmtree(cls.folder)

    @classmethod
    def call(cls, method, path, body=None, headers=None):
        context = ssl._create_unverified_context()
        connection = http.client.HTTPSConnection("localhost", cls.https_port, context=context, timeout=20)
        try:
            connection.request(method, path, body, {"Authorization": f"Bearer {TOKEN}", **(headers or {})})
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()
        finally:
            connection.close()

    def plain(self, path, host="localhost"):
        """The same by plain HTTP: the status, and where it sends the client."""
        connection = http.client.HTTPConnection("localhost", self.http_port, timeout=5)
        try:
            connection.request("GET", path, headers={"Host": host})
            answer = connection.getresponse()
            return answer.status, answer.headers["Location"]
        finally:
            connection.close()


class CaddyfileTest(CaddyTest):
    def setUp(self):
        for upstream in self.upstreams:
            upstream.hang_up = False
            upstream.seen.clear()
        # Upstreams that an earlier test let fail are taken back first.
        eventually(lambda: all(self.call("GET", "/available")[0] == 200 for _ in range(4)) and all(
            u.seen for u in self.upstreams))
        for upstream in self.upstreams:
            upstream.seen.clear()

    def seen(self):
        return [request for upstream in self.upstreams for request in upstream.seen]

    def test_answers_carry_the_usual_headers(self):
        for path in "/available", "/q/health":
            _, headers, _ = self.call("GET", path)
            self.assertEqual("max-age=31536000", headers["Strict-Transport-Security"])
            self.assertEqual("nosniff", headers["X-Content-Type-Options"])
            self.assertEqual("DENY", headers["X-Frame-Options"])
            self.assertEqual("no-referrer", headers["Referrer-Policy"])
            self.assertIsNone(headers["Server"])

    def test_plain_http_only_redirects(self):
        self.assertEqual((308, "https://localhost/reserve?count=1"), self.plain("/reserve?count=1"))
        self.assertEqual([], self.seen())

    def test_another_name_than_its_own_is_refused(self):
        status, headers, body = self.call("GET", "/available", headers={"Host": "elsewhere.example"})
        self.assertEqual((421, "application/json"), (status, headers["Content-Type"]))
        self.assertEqual("nosniff", headers["X-Content-Type-Options"])
        self.assertIn(b'"not_found"', body)
        self.assertEqual((421, None), self.plain("/available", "elsewhere.example"))
        self.assertEqual([], self.seen())

    def test_compresses_lists_but_no_answer_with_secrets(self):
        wanted = {"Accept-Encoding": "gzip"}
        for path in "/machines", "/openapi":
            self.assertEqual("gzip", self.call("GET", path, headers=wanted)[1]["Content-Encoding"])
        self.assertIsNone(self.call("GET", "/reserve", headers=wanted)[1]["Content-Encoding"])
        self.assertIsNone(self.call("POST", "/login", b"{}", wanted)[1]["Content-Encoding"])

    def test_operators_paths_are_not_reachable(self):
        for path in ("/q", "/q/", "/q/health", "/Q/health", "//q/health", "/%71/health", "/./q/health", "/x/../q/health",
                     "/q;x=1/openapi", "/q%2fhealth", "/x/%2e%2e/q/health"):
            status, headers, body = self.call("GET", path)
            self.assertEqual((404, "application/json"), (status, headers["Content-Type"]), path)
            self.assertIn(b'"not_found"', body)
        self.assertEqual([], self.seen())
        self.assertEqual(200, self.call("GET", "/queue")[0])

    def test_the_client_address_is_caddys_word_alone(self):
        self.call("GET", "/whoami", headers={
            "X-Forwarded-For": "6.6.6.6", "X-Forwarded-Proto": "http", "X-Forwarded-Host": "evil.example",
            "X-Forwarded-Port": "1", "X-Forwarded-Prefix": "/x", "Forwarded": "for=6.6.6.6", "X-Real-IP": "6.6.6.6"})
        headers = self.seen()[0][2]
        self.assertIn(headers["X-Forwarded-For"], ("127.0.0.1", "::1"))
        self.assertEqual("https", headers["X-Forwarded-Proto"])
        self.assertEqual(f"localhost:{self.https_port}", headers["X-Forwarded-Host"])
        for name in "Forwarded", "X-Real-Ip", "X-Forwarded-Port", "X-Forwarded-Prefix":
            self.assertIsNone(headers[name], name)

    def test_large_bodies_are_refused(self):
        for size in 9_999, 65_499, 65_536:
            self.assertEqual(200, self.call("POST", "/machines", b"x" * size)[0], size)
        for size in 65_537, 65_540, 65_600, 66_000, 70_000, 100_000:
            status, _, body = self.call("POST", "/machines", b"x" * size)
            self.assertEqual(413, status, size)
            self.assertIn(b'"invalid_request"', body)

    def test_large_bodies_without_a_length_do_not_shut_the_api_for_others(self):
        for _ in range(8):
            self.assertEqual(413, self.call("POST", "/machines", iter([b"x" * 65_537]))[0])
        self.assertEqual(200, self.call("POST", "/machines", b"{}")[0])

    def raw(self, request):
        """What comes back for bytes that no client library would send."""
        with socket.create_connection(("localhost", self.https_port), 20) as plain, \
                ssl._create_unverified_context().wrap_socket(plain, server_hostname="localhost") as connection:
            connection.sendall(request)
            answer = http.client.HTTPResponse(connection)
            answer.begin()
            return answer.status, answer.headers, answer.read()

    def test_a_malformed_chunk_is_the_clients_fault(self):
        calls = [(method, path, body) for method, path in (
            ("POST", "/login"), ("POST", "/machines"), ("PATCH", "/machines/m1"), ("GET", "/machines")) for body in (
            b"zz\r\n{}\r\n0\r\n\r\n", b"2\r\n{}\r\nzz\r\n", b"-2\r\n{}\r\n0\r\n\r\n",
            b"2\r\n{}XX0\r\n\r\n", b"2;" + b"x" * 20_000 + b"\r\n{}\r\n0\r\n\r\n")]
        # Side by side: Caddy tries a harmless call again for five seconds.
        with concurrent.futures.ThreadPoolExecutor(len(calls)) as clients:
            for (method, path, body), (status, headers, answer) in zip(calls, clients.map(self.send_chunks, calls)):
                self.assertEqual((400, "application/json"), (status, headers["Content-Type"]), (method, path, body[:20]))
                self.assertIn(b'"invalid_request"', answer)
        for method, path in ("GET", "/reserve"), ("POST", "/release_all"), ("DELETE", "/machines/m1"):
            status, _, answer = self.send_chunks((method, path, b"zz\r\n{}\r\n0\r\n\r\n"))
            self.assertEqual(503, status, path)
            self.assertIn(b"Whether the call took effect is not known", answer)

    def send_chunks(self, call):
        method, path, body = call
        return self.raw(f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n".encode() + body)

    def test_a_client_that_never_ends_its_headers_is_cut_off(self):
        with socket.create_connection(("localhost", self.https_port), 60) as plain, \
                ssl._create_unverified_context().wrap_socket(plain, server_hostname="localhost") as connection:
            connection.sendall(b"GET /available HTTP/1.1\r\nHost: localhost\r\nX: ")
            # of a client that is not cut off this runs into its own time limit
            while connection.recv(4096):
                pass

    def test_harmless_calls_are_repeated_when_the_answer_is_lost(self):
        self.upstreams[0].hang_up = True
        for _ in range(4):
            self.assertEqual(200, self.call("GET", "/machines")[0])

    def test_calls_that_change_things_are_never_repeated(self):
        for upstream in self.upstreams:
            upstream.hang_up = True
        for method, path in (("GET", "/reserve?count=1"), ("GET", "/release_all"), ("GET", "/reserve/"),
                             ("GET", "/RESERVE"), ("POST", "/reservations"), ("DELETE", "/machines/m1")):
            for upstream in self.upstreams:
                upstream.seen.clear()
            status, headers, body = self.call(method, path, b"{}" if method == "POST" else None)
            self.assertEqual(1, len(self.seen()), f"{method} {path}")
            self.assertEqual((503, "5"), (status, headers["Retry-After"]), f"{method} {path}")
            self.assertIn(b'"unavailable"', body)

    def test_nothing_is_sent_twice_on_a_kept_connection_that_has_died(self):
        for _ in range(8):
            self.call("GET", "/reserve")
            self.call("GET", "/whoami")
        for upstream in self.upstreams:
            upstream.seen.clear()
            upstream.hang_up = True
        self.call("GET", "/reserve")
        self.assertEqual(1, len(self.seen()))

    def test_every_call_goes_to_the_replica_that_is_up(self):
        port = self.upstreams[0].port
        self.upstreams[0].stop()
        try:
            for method, path in (("GET", "/reserve"), ("POST", "/login"), ("GET", "/machines"), ("DELETE", "/machines/m1")):
                self.assertEqual(200, self.call(method, path)[0], f"{method} {path}")
            self.assertEqual(4, len(self.upstreams[1].seen))
        finally:
            self.upstreams[0] = Upstream(port)

    def test_no_log_line_holds_a_query_or_a_token(self):
        self.call("GET", f"/reserve?reservation_password={SECRET}")
        self.call("GET", f"/machines?limit={SECRET}", headers={"Referer": f"https://localhost/reserve?password={SECRET}"})
        self.call("GET", f"/q/health?{SECRET}")
        for mark in "%3F", "%3f", "%23":
            self.call("GET", f"/reserve{mark}reservation_password={SECRET}")
        self.plain(f"/reserve?password={SECRET}")
        self.plain(f"/reserve?password={SECRET}", "elsewhere.example")
        self.call("GET", f"/reserve?password={SECRET}", headers={"Host": "elsewhere.example"})
        self.call("POST", f"/reserve?{SECRET}", b"x" * 101_000)
        for upstream in self.upstreams:
            upstream.hang_up = True
        self.assertEqual(503, self.call("GET", f"/reserve?lost-answer={SECRET}")[0])
        eventually(lambda: b'"status":503' in self.logged())
        logged = self.logged()
        self.assertTrue(b'"uri":"/reserve"' in logged)
        self.assertTrue(b"http.log.error" in logged, "no error was logged, so its line was not looked at")
        for secret in SECRET, TOKEN, "lost-answer", "reservation_password":
            found = [line for line in logged.splitlines() if secret.encode() in line]
            self.assertEqual([], found, f"{secret} is in the log")

    def logged(self):
        return pathlib.Path(self.log.name).read_bytes()


class ShortLimitsTest(CaddyTest):
    """The limits are those of the Caddyfile in small."""

    LIMITS = {}

    @classmethod
    def caddyfile(cls):
        text = CADDYFILE.read_text()
        for limit, seconds in cls.LIMITS.items():
            text, found = re.subn(rf"(?m)^(\t+{limit}) .*", rf"\1 {seconds}s", text)
            assert found, f"there is no {limit} in the Caddyfile"
        file = pathlib.Path(cls.folder, "Caddyfile")
        file.write_text(text)
        return file


def seconds(limit, file=CADDYFILE, between=" "):
    """All values of a limit in a file."""
    found = re.findall(rf"(?m)^\s*{limit}{between}(\d+)([sm]?)$", file.read_text())
    assert found, f"there is no {limit} in {file}"
    return [int(count) * (60 if unit == "m" else 1) for count, unit in found]


class StopTest(ShortLimitsTest):
    LIMITS = {"grace_period": 4}

    def test_calls_that_are_under_way_end_and_one_that_does_not_is_cut_off(self):
        answers = {}

        def ask(path):
            try:
                answers[path] = self.call("POST", path)[0]
            except (OSError, http.client.HTTPException):
                answers[path] = None

        for upstream in self.upstreams:
            upstream.seen.clear()
            upstream.waits = {"/long": 2, "/endless": 60}
        threads = [threading.Thread(target=ask, args=[path], daemon=True) for path in ("/long", "/endless")]
        for thread in threads:
            thread.start()
        eventually(lambda: sum(len(upstream.seen) for upstream in self.upstreams) == 2)
        self.caddy.send_signal(signal.SIGTERM)
        self.assertEqual(0, self.caddy.wait(15))
        for thread in threads:
            thread.join()
        self.assertEqual({"/long": 200, "/endless": None}, answers)

    def test_nobody_ends_it_before_its_time(self):
        grace, = seconds("grace_period")
        self.assertLessEqual(seconds("write")[0], grace)
        self.assertLess(grace, seconds("TimeoutStopSec", CADDYFILE.parent / "systemd/caddy.conf", "=")[0])
        compose = (CADDYFILE.parent / "compose.yml").read_text()
        proxy = re.search(r"(?ms)^  proxy:\n.*?(?=^\S|^  \S)", compose)[0]
        self.assertLess(grace, int(re.search(r"(?m)^    stop_grace_period: (\d+)s$", proxy)[1]))


class SlowBodyTest(ShortLimitsTest):
    LIMITS = {"read_timeout": 1, "read_body": 2, "write": 3}

    def test_the_limits_have_the_order_that_this_relies_on(self):
        self.assertLess(max(seconds("read_timeout")), seconds("read_body")[0])
        self.assertLess(seconds("read_body")[0], seconds("write")[0])

    def test_a_body_that_stalls_is_answered_as_an_error(self):
        for sent in b"Content-Length: 100\r\n\r\nabc", b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n":
            with socket.create_connection(("localhost", self.https_port), timeout=20) as plain, \
                    ssl._create_unverified_context().wrap_socket(plain, server_hostname="localhost") as connection:
                connection.sendall(b"POST /login HTTP/1.1\r\nHost: localhost\r\n" + sent)
                self.assertEqual(b"503", connection.makefile("rb").readline().split()[1])

    def test_a_body_that_trickles_over_http_2_is_answered_as_an_error(self):
        curl = subprocess.Popen(
            ["curl", "--silent", "--insecure", "--http2", "--max-time", "20", "--output", os.devnull, "--request", "POST",
             "--write-out", "%{http_version} %{http_code}", "--upload-file", "-", f"https://localhost:{self.https_port}/login"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE)

        def trickle():
            while curl.poll() is None:
                curl.stdin.write(b"x")
                curl.stdin.flush()
                time.sleep(0.1)

        threading.Thread(target=trickle, daemon=True).start()
        self.assertEqual(b"2 503", curl.stdout.read())
        curl.wait(20)

    def test_a_slow_body_does_not_shut_the_api_for_others(self):
        for _ in range(4):
            self.test_a_body_that_stalls_is_answered_as_an_error()
        self.assertEqual(200, self.call("GET", "/available")[0])


if __name__ == "__main__":
    unittest.main()
