#!/usr/bin/env python3
"""Runs tools/package/audit on an SBOM of the test's own against an OSV of the test's own."""
import http.server
import json
import os
import pathlib
import subprocess
import tempfile
import threading
import unittest

AUDIT = pathlib.Path(__file__).parent.parent / "package/audit"
KNOWN = {"pkg:maven/org.example/bad@1.0": ["GHSA-1", "GHSA-2"]}


class Osv(http.server.BaseHTTPRequestHandler):
    asked = []

    def do_POST(self):
        queries = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["queries"]
        results = []
        for query in queries:
            self.asked.append(query["package"]["purl"])
            ids = KNOWN.get(query["package"]["purl"], [])
            # one a page
            page = int(query.get("page_token", "0"))
            result = {"vulns": [{"id": ids[page]}]} if ids else {}
            if page + 1 < len(ids):
                result["next_page_token"] = str(page + 1)
            results.append(result)
        self.answer({"results": results})

    def do_GET(self):
        self.answer({"id": self.path.split("/")[-1], "aliases": ["CVE-2001-1"], "summary": "runs what it reads"})

    def answer(self, body):
        text = json.dumps(body).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_):
        pass


class AuditTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.sbom = pathlib.Path(folder.name) / "bom.json"
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Osv)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        self.api = f"http://127.0.0.1:{server.server_port}"
        Osv.asked = []

    def audit(self, *purls, api=None):
        self.sbom.write_text(json.dumps({"components": [{"purl": purl} for purl in purls] + [{"name": "no purl"}]}))
        environment = dict(os.environ, OSV_API=api or self.api, no_proxy="127.0.0.1")
        return subprocess.run([AUDIT, "--sbom", self.sbom], env=environment, capture_output=True, text=True, timeout=60)

    def test_advisories_are_named_and_fail_the_audit(self):
        run = self.audit("pkg:maven/org.example/bad@1.0?type=jar", "pkg:maven/org.example/good@1.0?type=jar")
        self.assertEqual(run.returncode, 1, run.stderr)
        self.assertIn("org.example/bad@1.0", run.stdout)
        self.assertIn("GHSA-1 CVE-2001-1: runs what it reads", run.stdout)
        self.assertIn("GHSA-2", run.stdout)
        self.assertIn("2 known advisories", run.stdout)

    def test_all_libraries_but_our_own_are_looked_up(self):
        run = self.audit("pkg:maven/io.machinemanager/shared-model@1", *[f"pkg:maven/x/y{n}@1" for n in range(1001)])
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assertEqual(sorted(Osv.asked), sorted(f"pkg:maven/x/y{n}@1" for n in range(1001)))

    def test_without_a_network_it_says_so_and_does_not_pass(self):
        run = self.audit("pkg:maven/x/y@1", api="http://127.0.0.1:1")
        self.assertEqual(run.returncode, 2)
        self.assertIn("NOT LOOKED UP", run.stdout)


if __name__ == "__main__":
    unittest.main()
