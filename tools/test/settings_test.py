#!/usr/bin/env python3
"""Compares the settings that the code reads with those that docs/configuration.md and deploy/.env.example describe."""
import pathlib
import re
import unittest

ROOT = pathlib.Path(__file__).parent.parent.parent
SHARED = ROOT / "shared-model/src/main/resources/META-INF/microprofile-config.properties"
SERVICES = {name: ROOT / f"{name}-service/src/main/resources/application.properties" for name in ("api", "scheduler")}
# DatabaseUrlConfigSourceFactory reads them by name
READ_BY_NAME = {"DATABASE_URL", "DB_USER", "DB_PASSWORD"}
# set by the services or by tests, not by operators
NOT_FOR_OPERATORS = {"DATABASE_SCHEMA", "DATABASE_URL_PROBLEM", "JOBS_ENABLED"}
# compose.yml sets these itself
FIXED_BY_COMPOSE = {"DATABASE_URL", "DB_USER", "TRUSTED_PROXIES"}
# `just run` sets these for compose.yml, or they are described among the recipes
NOT_OF_THE_ENV_FILE = {"API_UPSTREAMS", "COMPOSE_PROJECT_NAME", "ENV_FILE", "IMAGE_VERSION", "IMAGE_REVISION", "IMAGE_SOURCE"}


def properties(file):
    """The properties of a file, without those of a profile."""
    return dict(re.findall(r"^([a-z\"][\w.\"-]*)=(.*)$", file.read_text(), re.MULTILINE))


def placeholders(text):
    """Each ${NAME:default} in a text."""
    return re.findall(r"\$\{([A-Z][A-Z0-9_]+):([^}]*)\}", text)


def kebab(name):
    return re.sub(r"([a-z0-9])([A-Z])", r"\1-\2", name).lower()


def mappings():
    """Each method of a @ConfigMapping: its property, the name that its Javadoc says, and its default."""
    for file in sorted(ROOT.glob("*/src/main/java/**/*.java")):
        text = file.read_text()
        found = re.search(r'@ConfigMapping\(prefix = "([^"]+)"', text)
        if not found:
            continue
        body = text[found.end():]
        for method in re.finditer(r"(?P<before>(?:/\*\*(?:(?!\*/).)*\*/)?(?:(?!/\*\*)[^;{}])*?)\b(?P<name>[a-z]\w*)\(\);",
                                  body, re.DOTALL):
            javadoc = re.match(r"/\*\*(.*?)\*/", method["before"].strip(), re.DOTALL)
            named = javadoc and re.search(r"\{@code ([A-Z][A-Z0-9]*_[A-Z0-9_]+)\}\s*:", javadoc[1])
            default = re.search(r'@WithDefault\("([^"]*)"\)', method["before"])
            yield (f"{found[1]}.{kebab(method['name'])}", named[1] if named else None,
                   default[1] if default else None, file.name)


def variables():
    """The environment variable of each property that a file sets to ${NAME:default}."""
    found = {}
    for file in (SHARED, *SERVICES.values()):
        for name, value in properties(file).items():
            for variable, _ in placeholders(value)[:1]:
                found[name] = variable
    return found


def defaults():
    """Each name in a properties file, with the values that hold without it, by the file that says so."""
    found = {}
    for file in (SHARED, *SERVICES.values()):
        for value in properties(file).values():
            for name, default in placeholders(value):
                found.setdefault(name, {})[file] = default
    return found


def read():
    """All names that the services read."""
    by_property = variables()
    names = READ_BY_NAME | set(defaults())
    for prop, named, _, _ in mappings():
        names.add(by_property.get(prop) or named or re.sub(r"[.-]", "_", prop).upper())
    return names - NOT_FOR_OPERATORS


def tables():
    """The rows of docs/configuration.md by section: name, default, and all cells."""
    text = (ROOT / "docs/configuration.md").read_text()
    for section in re.split(r"^## ", text, flags=re.MULTILINE)[1:]:
        title = section.split("\n", 1)[0]
        for row in re.findall(r"^\| (`[A-Z].*) \|$", section, re.MULTILINE):
            cells = [cell.strip() for cell in row.split(" | ")]
            yield title, cells[0].strip("`"), cells[1], cells


def rows(*titles, without=()):
    return {name: default for title, name, default, _ in tables() if (title in titles if titles else title not in without)}


# of what has no default that could be written down
WITHOUT_DEFAULT = "required", "none", "the folder for temporary files"
OTHERS = "Addresses and ports", "Docker Compose and the proxy", "Recipes"


def plain(default):
    """What stands in a cell, without a remark in brackets: `ansible`, 10080 (a week)."""
    return re.sub(r" \([^)]*\)", "", default).strip("`").split(", ")


class SettingsTest(unittest.TestCase):
    maxDiff = None

    def test_each_setting_has_one_row_and_no_row_is_without_a_setting(self):
        names = [name for title, name, _, _ in tables() if title not in OTHERS]
        self.assertEqual(sorted(set(names)), sorted(names))
        self.assertEqual(read(), set(names))

    def test_each_row_says_the_default_that_holds(self):
        told = rows(without=OTHERS)
        for name, values in defaults().items():
            if set(values.values()) == {""}:
                self.assertIn(told[name], WITHOUT_DEFAULT, name)
                continue
            # What a service says wins over what both have in common.
            actual = [values.get(file, values.get(SHARED)) for file in SERVICES.values()]
            actual = list(dict.fromkeys(value for value in actual if value is not None))
            wanted = [told[name].strip("`")] if "," in actual[0] else plain(told[name])
            self.assertEqual(actual, wanted, name)

    def test_a_setting_without_a_name_of_its_own_has_the_default_of_its_interface(self):
        told, by_property = rows(without=OTHERS), variables()
        for prop, named, default, file in mappings():
            name = by_property.get(prop) or named or re.sub(r"[.-]", "_", prop).upper()
            if default is None or name not in told:
                continue
            if prop not in by_property:
                self.assertEqual([default], plain(told[name]), f"{prop} of {file}")
            else:
                self.assertIn(default, defaults()[name].values(), f"{prop} of {file} and the properties differ")

    def test_a_javadoc_names_the_variable_that_its_property_is_read_from(self):
        by_property = variables()
        for prop, named, _, file in mappings():
            if named and prop in by_property:
                self.assertEqual(by_property[prop], named, f"{prop} of {file}")

    def test_ports_are_those_of_the_services(self):
        told = rows("Addresses and ports")
        ports = [properties(file)["quarkus.management.port"] for file in SERVICES.values()]
        self.assertEqual(ports, re.findall(r"\d{4}", told["QUARKUS_MANAGEMENT_PORT"]))
        self.assertEqual(properties(SERVICES["api"])["quarkus.http.port"], told["QUARKUS_HTTP_PORT"])

    def test_each_row_says_which_service_reads_the_setting(self):
        cells = {name: row for title, name, _, row in tables() if title not in OTHERS}
        for name, row in cells.items():
            self.assertIn(row[3], ("API", "scheduler", "both"), name)
            self.assertEqual(5, len(row), f"{name}: a row has five cells")

    def test_the_example_has_each_setting_with_its_default(self):
        example = dict(re.findall(r"^#?([A-Z][A-Z0-9_]+)=(.*)$", (ROOT / "deploy/.env.example").read_text(), re.MULTILINE))
        # Seldom changed: those that have no name of their own in the properties files.
        named = READ_BY_NAME | set(defaults()) | {named for _, named, _, _ in mappings() if named}
        self.assertEqual(named - FIXED_BY_COMPOSE, set(example) - set(rows("Docker Compose and the proxy")))
        for name, values in defaults().items():
            if example.get(name) and len(set(values.values())) == 1:
                self.assertEqual(set(values.values()), {example[name]}, name)

    def test_what_compose_and_the_proxy_read_is_described(self):
        told = rows("Docker Compose and the proxy")
        compose = dict(re.findall(r"\$\{([A-Z][A-Z0-9_]+):-([^}]*)\}", (ROOT / "deploy/compose.yml").read_text()))
        caddy = dict(re.findall(r"\{\$([A-Z][A-Z0-9_]+):([^}]*)\}", (ROOT / "deploy/Caddyfile").read_text()))
        added = set(re.findall(r"\$\{([A-Z][A-Z0-9_]+):[-?]", "".join(
            (ROOT / f"deploy/compose.{name}.yml").read_text() for name in ("docker", "playbooks"))))
        self.assertEqual((set(compose) | set(caddy) | added) - (NOT_OF_THE_ENV_FILE - {"API_UPSTREAMS"}), set(told))
        for name, default in compose.items():
            if name in told and name not in ("EMAIL", "API_UPSTREAMS"):
                self.assertEqual([default], plain(told[name]), name)

    def test_what_the_recipes_read_is_described(self):
        told = rows("Recipes")
        playbook = set(re.findall(r"'ansible\.builtin\.env', '([A-Z_]+)'", (ROOT / "provision/register.yml").read_text()))
        pool = set(re.findall(r"\$\{([A-Z][A-Z_]+)[-:]", (ROOT / "provision/pool").read_text()))
        stack = set(re.findall(r"\$\{([A-Z][A-Z_]+)[-:]", (ROOT / "deploy/stack").read_text()))
        stack = {name for name in stack if not name.startswith(("IMAGE_", "BASH"))}
        development = set(re.findall(r"\$\{([A-Z][A-Z_]+):-", (ROOT / "tools/dev/compose.yml").read_text()))
        elsewhere = set(rows(without=("Recipes",)))
        self.assertEqual(set(), (playbook | pool | stack | development) - elsewhere - set(told) - {"DOCKER_HOST", "PATH", "HOME"})


if __name__ == "__main__":
    unittest.main()
