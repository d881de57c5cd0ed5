#!/usr/bin/env python3
"""Checks the Markdown of the project: relative links and their anchors, 120 columns, and that what is named exists."""
import pathlib
import re
import subprocess
import unittest

ROOT = pathlib.Path(__file__).parent.parent.parent
WIDTH = 120
# folders whose files may be named in backticks
FOLDERS = "api-service", "scheduler-service", "shared-model", "deploy", "provision", "tools", ".ci", ".github", "docs"
# made on the way, so not in the repository
MADE = "deploy/.env", "provision/machines.yml", "target/"


def pages():
    listed = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.md"], cwd=ROOT, check=True,
                            capture_output=True, text=True).stdout.split("\n")
    return [ROOT / name for name in listed if name and (ROOT / name).exists()]


def without_code(text):
    """The text with empty lines in place of fenced blocks, so that line numbers stay."""
    return re.sub(r"^```.*?^```$", lambda block: "\n" * block[0].count("\n"), text, flags=re.MULTILINE | re.DOTALL)


def anchors(page):
    """The anchors of a page's headings, as the hosting sites make them."""
    found, seen = set(), {}
    for heading in re.findall(r"^#+ (.*)$", without_code(page.read_text()), re.MULTILINE):
        text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).replace("`", "").strip().lower()
        anchor = re.sub(r"[^\w\- ]", "", text).replace(" ", "-")
        number = seen.get(anchor, 0)
        seen[anchor] = number + 1
        found.add(f"{anchor}-{number}" if number else anchor)
    return found


class DocsTest(unittest.TestCase):
    maxDiff = None

    def problems(self, of):
        """All that is wrong on any page; nothing is checked when no page is found."""
        found = pages()
        self.assertGreater(len(found), 10)
        return [f"{page.relative_to(ROOT)}: {problem}" for page in found for problem in of(page, page.read_text())]

    def test_links_lead_somewhere(self):
        def broken(page, text):
            for link in re.findall(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)", re.sub(r"`[^`\n]*`", "", without_code(text))):
                if re.match(r"[a-z]+:", link):
                    continue
                path, _, anchor = link.partition("#")
                target = (page.parent / path).resolve() if path else page
                if not target.exists():
                    yield f"{link} leads nowhere"
                elif anchor and target.suffix == ".md" and anchor not in anchors(target):
                    yield f"{link}: there is no such heading"
        self.assertEqual([], self.problems(broken))

    def test_lines_are_short_outside_of_tables_and_code(self):
        def long(_, text):
            for number, line in enumerate(without_code(text).split("\n"), 1):
                # A word as long as a line, such as an address, cannot be wrapped.
                if len(line) > WIDTH and not line.startswith("|") and max(map(len, line.split())) < WIDTH - 10:
                    yield f"line {number} has {len(line)} columns"
        self.assertEqual([], self.problems(long))

    def test_files_that_are_named_exist(self):
        def missing(_, text):
            for named in re.findall(r"`([^`\s]+)`", without_code(text)):
                if named.startswith(tuple(f"{folder}/" for folder in FOLDERS)) and re.fullmatch(r"[\w./-]+", named) \
                        and not any(made in named for made in MADE) and not (ROOT / named).exists():
                    yield f"{named} is not there"
        self.assertEqual([], self.problems(missing))

    def test_tests_that_are_named_exist(self):
        tests = {}
        for file in ROOT.glob("*/src/test/java/**/*.java"):
            tests.setdefault(file.stem, []).append(file.read_text())

        def missing(_, text):
            last = None
            for cls, method, script in re.findall(
                    r"`(?:([A-Z]\w*(?:Test|IT))?(?:\.([a-z]\w+))?|((?:[\w./-]*/)?\w+_test\.py))`", text):
                if script and not list(ROOT.glob(f"*/test/{pathlib.Path(script).name}")):
                    yield f"there is no {script}"
                if cls:
                    last = tests.get(cls, [None])
                    if len(last) != 1 or last == [None]:
                        yield f"there is not one test {cls}"
                if method and last and last[0] and not re.search(rf"\b{method}\(", last[0]):
                    yield f"{cls or 'the class before'} has no {method}"
        self.assertEqual([], self.problems(missing))

    def test_the_readme_is_short(self):
        self.assertLessEqual(len((ROOT / "README.md").read_text().splitlines()), 150)


if __name__ == "__main__":
    unittest.main()
