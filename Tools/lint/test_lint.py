"""The rules against their fixtures, and the scanner against Swift's awkward corners.

A fixture's first line says where it pretends to lie. In `fixtures/RULE/bad*` exactly the lines that end in "// rejected" are refused,
once for every "rejected", and by that rule alone; in `fixtures/RULE/good*` no rule refuses anything.
"""

import os
import re
import sys
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)

import rules  # noqa: E402
import tables  # noqa: E402
import tree  # noqa: E402
from arrows import reachable  # noqa: E402
from source import Source, blanked  # noqa: E402

FIXTURES = os.path.join(HERE, "fixtures")


def fixture(rule, name):
    with open(os.path.join(FIXTURES, rule, name), encoding="utf-8") as file:
        text = file.read()
    path = re.search(r"path: ([^\s>]+)", text.splitlines()[0])
    return Source(path[1], text)


def expected(source):
    """The numbers of the lines that should be refused, each as often as it says "rejected"."""
    marked = [(number, re.search(r"// (rejected(?:, rejected)*)(?: -->)?$", line)) for number, line in enumerate(source.lines, 1)]
    return [number for number, match in marked if match for _ in match[1].split(", ")]


class RuleTests(unittest.TestCase):
    def test_every_rule_has_a_fixture_that_is_rejected_and_one_that_passes(self):
        for rule in rules.RULES:
            names = os.listdir(os.path.join(FIXTURES, rule))
            self.assertTrue(any(name.startswith("bad") for name in names), rule)
            self.assertTrue(any(name.startswith("good") for name in names), rule)

    def test_fixtures_are_refused_where_they_say_and_nowhere_else(self):
        for rule in sorted(os.listdir(FIXTURES)):
            self.assertIn(rule, rules.RULES)
            for name in sorted(os.listdir(os.path.join(FIXTURES, rule))):
                source = fixture(rule, name)
                found = rules.findings(source)
                wanted = [(number, rule) for number in expected(source)]
                with self.subTest(f"{rule}/{name}"):
                    self.assertEqual(bool(wanted), name.startswith("bad"))
                    self.assertEqual([(number, by) for number, by, _ in found], wanted)

    def test_an_exception_silences_its_own_rule_only(self):
        source = Source("Tools/lint/rules.py", "# TODO" + " " + "x" * 160)
        self.assertEqual([rule for _, rule, _ in rules.findings(source)], ["long-line"])


class TableTests(unittest.TestCase):
    def test_the_arrows_form_no_circle(self):
        for module, targets in tables.ARROWS.items():
            self.assertNotIn(module, reachable(targets), module)

    def test_the_arrows_name_only_modules_of_the_table(self):
        for module, targets in tables.ARROWS.items():
            for target in targets:
                self.assertIn(target, tables.ARROWS, f"{module} → {target}")

    def test_a_pure_module_reaches_pure_modules_only(self):
        pure = os.listdir(os.path.join(HERE, "..", "..", tables.PURE_FLOOR))
        for module in pure:
            for target in reachable(tables.ARROWS[module]):
                self.assertIn(target, pure, f"{module} → {target}")


class ScannerTests(unittest.TestCase):
    def assert_code(self, text, code):
        self.assertEqual(blanked(text).split(), code.split())
        self.assertEqual(len(blanked(text)), len(text))
        self.assertEqual(blanked(text).count("\n"), text.count("\n"))

    def test_comments_nest_and_end(self):
        self.assert_code("a /* b /* c */ d */ e // f\ng", "a e g")

    def test_strings_and_their_escapes_are_blank(self):
        self.assert_code(r'a "b \" c" d', "a d")
        self.assert_code('a "// b" c', "a c")

    def test_raw_and_long_strings_are_blank(self):
        self.assert_code('a #"b " c"# d', "a d")
        self.assert_code('a """\n b " c\n""" d', "a d")

    def test_code_in_an_interpolation_stays(self):
        self.assert_code(r'a "b \(c("d \(e) f")) g" h', 'a (c( (e) )) h')

    def test_an_unclosed_string_ends_with_its_line(self):
        self.assert_code('a "b\nc', "a c")


class TreeTests(unittest.TestCase):
    def test_the_walk_leaves_out_build_folders_and_fixtures(self):
        for folder in [".git", ".build", ".build-release", "fixtures", "data"]:
            self.assertTrue(tree.is_skipped(folder), folder)
        self.assertFalse(tree.is_skipped("Sources"))


if __name__ == "__main__":
    unittest.main()
