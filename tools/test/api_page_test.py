#!/usr/bin/env python3
"""Compares docs/api.md with the calls that the API has.

EveryCallTest compares its table of calls with the API's own description, so that table stands for the description here.
`api_page_test.py write OPENAPI.json` writes the table of the page anew from the description that GET /openapi serves, and
that a build stores with -Dquarkus.smallrye-openapi.store-schema-directory=target/openapi.
"""
import json
import pathlib
import re
import sys
import unittest

ROOT = pathlib.Path(__file__).parent.parent.parent
PAGE = ROOT / "docs/api.md"
BEGIN, END = "<!-- calls -->\n", "<!-- end of calls -->\n"


def sources(pattern):
    return [file.read_text() for file in sorted((ROOT / "api-service/src").glob(pattern))]


def callers():
    """Each call with who may make it, from the statuses that nobody, a user and an admin get."""
    [table] = sources("test/java/**/EveryCallTest.java")
    found = {}
    for call, nobody, user, _ in re.findall(r'call\("([A-Z]+ /[^"]*)", (\d+), (\d+), (\d+)\)', table):
        found[call] = "admin" if user == "403" else "any user" if nobody == "401" else "public"
    return found


def rows():
    """The rows of the page: call, who, what, and what may be sent."""
    table = PAGE.read_text().split(BEGIN)[1].split(END)[0]
    return [re.fullmatch(r"\| `([^`]+)` \| ([^|]+) \| ([^|]+) \|(.*)\|", line).groups() for line in table.splitlines()[2:]]


def table_of(document):
    who, lines = callers(), ["| call | who | what | fields and parameters |", "|---|---|---|---|"]
    for path, methods in sorted(document["paths"].items()):
        for method in ("get", "post", "put", "patch", "delete"):
            if method not in methods:
                continue
            operation = methods[method]
            names = [p["name"] for p in operation.get("parameters", []) + methods.get("parameters", []) if p["in"] != "path"]
            if "requestBody" in operation:
                [content] = operation["requestBody"]["content"].values()
                names += document["components"]["schemas"][content["schema"]["$ref"].rsplit("/", 1)[1]]["properties"]
            call = f"{method.upper()} {path}"
            lines.append(f"| `{call}` | {who[call]} | {operation['summary']} | {', '.join(f'`{n}`' for n in names)} |")
    return "\n".join(lines) + "\n"


class ApiPageTest(unittest.TestCase):
    maxDiff = None

    def test_each_call_has_a_row_that_says_who_may_make_it(self):
        self.assertEqual(callers(), {call: who for call, who, _, _ in rows()})
        self.assertEqual(len(callers()), len(rows()))

    def test_what_a_call_does_is_said_as_in_the_description(self):
        code = "\n".join(sources("main/java/**/*Resource.java"))
        for call, _, what, _ in rows():
            self.assertIn(f'summary = "{what}"', code, call)

    def test_each_error_has_a_row_with_its_status(self):
        [enum] = (file.read_text() for file in ROOT.glob("shared-model/src/main/java/**/ErrorCode.java"))
        codes = {name.lower(): status for name, status in re.findall(r"^    ([A-Z_]+)\((\d+)\)", enum, re.MULTILINE)}
        told = dict(re.findall(r"^\| `([a-z_]+)` \| (\d+) \|", PAGE.read_text(), re.MULTILINE))
        self.assertEqual(codes, told)


if __name__ == "__main__":
    if sys.argv[1:2] == ["write"]:
        before, rest = PAGE.read_text().split(BEGIN)
        document = json.loads(pathlib.Path(sys.argv[2]).read_text())
        PAGE.write_text(before + BEGIN + table_of(document) + END + rest.split(END)[1])
    else:
        unittest.main()
