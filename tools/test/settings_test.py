#!/usr/bin/env python3
"""Compares the settings that the services read with those that the README and deploy/.env.example tell of."""
import pathlib
import re
import unittest

ROOT = pathlib.Path(__file__).parent.parent.parent
PROPERTIES = [
    ROOT / "shared-model/src/main/resources/META-INF/microprofile-config.properties",
    ROOT / "api-service/src/main/resources/application.properties",
    ROOT / "scheduler-service/src/main/resources/application.properties",
]
# compose.yml sets these itself
FIXED_BY_COMPOSE = {"DATABASE_URL", "DB_USER", "TRUSTED_PROXIES"}
# these belong to compose.yml and the proxy, not to the services
NOT_OF_THE_SERVICES = {
    "DOMAIN", "EMAIL", "HTTP_PUBLISH", "HTTPS_PUBLISH", "HSTS_MAX_AGE", "VARIANT", "API_REPLICAS", "SCHEDULER_REPLICAS",
    "API_MEMORY", "SCHEDULER_MEMORY", "DB_MEMORY", "PROXY_MEMORY",
}


def defaults():
    """Each name in a properties file, with the values that hold without it."""
    found = {}
    for file in PROPERTIES:
        for name, value in re.findall(r"\$\{([A-Z][A-Z0-9_]+):([^}]*)\}", file.read_text()):
            found.setdefault(name, set()).add(value)
    return found


def read():
    """All names: those of the properties files, and those that a configuration interface says it reads."""
    names = set(defaults())
    for file in ROOT.glob("*/src/main/java/**/*Config*.java"):
        names |= set(re.findall(r"\{@code ([A-Z][A-Z0-9]*_[A-Z0-9_]+)\}", file.read_text()))
    return names - {"QUARKUS_DATASOURCE_JDBC_URL"}


class SettingsTest(unittest.TestCase):
    maxDiff = None

    def test_the_readme_tells_of_each_setting_and_of_no_other(self):
        table = (ROOT / "README.md").read_text().split("## Configuration", 1)[1].split("\n## ", 1)[0]
        told = set()
        for row in re.findall(r"^\| (`[^|]*) \|", table, re.MULTILINE):
            told |= set(re.findall(r"`([A-Z0-9_]+)`", row))
        self.assertEqual(read(), told)

    def test_the_example_has_each_setting_with_its_default(self):
        example = dict(re.findall(r"^#?([A-Z][A-Z0-9_]+)=(.*)$", (ROOT / "deploy/.env.example").read_text(), re.MULTILINE))
        self.assertEqual(read() - FIXED_BY_COMPOSE, set(example) - NOT_OF_THE_SERVICES)
        for name, values in defaults().items():
            if example.get(name) and len(values) == 1:
                self.assertEqual(values, {example[name]}, name)


if __name__ == "__main__":
    unittest.main()
