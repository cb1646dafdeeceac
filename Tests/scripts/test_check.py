"""`orge check`: worlds without a mistake, worlds with one, and what is no world."""

import json
import os
import re
import shutil
import subprocess
import time
import unittest

from orge_harness import binary, environment, repository, temporary_folder

# Of one call: ten runs of some ticks each, and the backtracer.
CHECK_SECONDS = 120
# A package without dependencies: it is read in seconds, and never built here.
PACKAGE = """// swift-tools-version: 6.3
import PackageDescription
let package = Package(name: "tool", targets: [.executableTarget(name: "tool")])
"""
# What looks like Orge to `orge check`, and builds in a second; and a package of a world that uses it.
ORGE = """// swift-tools-version: 6.3
import PackageDescription
let package = Package(
    name: "orge", products: [.library(name: "OrgeWorld", targets: ["OrgeWorld"])], targets: [.target(name: "OrgeWorld")])
"""
WORLD_PACKAGE = """// swift-tools-version: 6.3
import PackageDescription
let package = Package(
    name: "tool", dependencies: [.package(path: "../orge")],
    targets: [.executableTarget(name: "tool", dependencies: [.product(name: "OrgeWorld", package: "orge")])])
"""


WRONG_WORLDS = repository("Tests", "WrongWorlds")
# Found by a look at the code; a world's executable alone does not show it, or shows it otherwise.
IN_CODE = {"clock", "foundation", "threads", "randomness", "unordered", "state", "input", "float"}
# What runs of an executable show of code that is not deterministic.
SEEN_AS_DIFFERENCE = ["AmbientRandom", "Clock", "DictionaryOrder", "HashValue", "SetOrder"]


def wrong_worlds():
    """World → (kind, line) of the one finding, from the comment that stands on its line."""
    worlds = {}
    for name in sorted(os.listdir(WRONG_WORLDS)):
        with open(os.path.join(WRONG_WORLDS, name), encoding="utf-8") as file:
            found = [(match[1], number) for number, line in enumerate(file, 1) if (match := re.search("// finding: ([a-z]+)", line))]
        if found and name != "Main.swift":
            worlds[name.removesuffix(".swift")] = found[0]
    return worlds


def check(*words):
    """Exit code, lines of standard output, lines of standard error without the progress."""
    done = subprocess.run([binary("orge"), "check", *map(str, words)], env=environment(), capture_output=True, text=True, timeout=CHECK_SECONDS, check=False)
    errors = [line for line in done.stderr.splitlines() if not line.startswith("check: ")]
    return done.returncode, done.stdout.splitlines(), errors


def check_json(*words):
    code, lines, _ = check(*words, "--json")
    return code, json.loads(lines[-1])


class CheckTests(unittest.TestCase):
    def setUp(self):
        self.folder = self.enterContext(temporary_folder())

    def path(self, *parts):
        return os.path.join(self.folder, *parts)

    def executable(self, name, text):
        with open(self.path(name), "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(self.path(name), 0o755)
        return self.path(name)

    def copy(self, program, name):
        """Of a program with several worlds, which its file's name chooses."""
        return shutil.copy(binary(program), self.path(name))

    def test_worlds_without_a_mistake_have_no_findings(self):
        for world in ["echo-world", "kinds-world"]:
            with self.subTest(world):
                code, lines, errors = check(binary(world), "--seeds", 2, "--ticks", 60)
                self.assertEqual((code, errors), (0, []), lines)
                self.assertIn(f"{world}: no findings", lines[-1])

    def test_the_declaration_is_explained(self):
        code, lines, _ = check(binary("kinds-world"), "--seeds", 0)
        self.assertEqual(code, 0)
        self.assertIn("    measure: f64, finite", lines)
        code, document = check_json(binary("meadow"), "--seeds", 0)
        self.assertEqual((code, document["findings"]), (0, []))
        declaration = document["worlds"][0]["declaration"]
        self.assertEqual([command["name"] for command in declaration["schema"]["commands"]], ["say", "plant"])
        self.assertIn({"name": "Roam", "period": 1, "reads": ["heading"], "writes": ["position"]}, declaration["systems"])

    def test_a_mistake_in_the_declaration_is_one_line_with_its_place(self):
        for name, line in {
                "twice": "FaultyWorlds/Faulty.swift:34: command Say is registered twice",
                "undeclared": "FaultyWorlds/Faulty.swift:45: system Grow declares Body, which is not among the world's parts",
                "owner-last": "FaultyWorlds/Faulty.swift:56: the owner field of deed must stand before texts and lists",
        }.items():
            with self.subTest(name):
                code, lines, _ = check(self.copy("faulty-worlds", name))
                self.assertEqual(code, 1)
                self.assertEqual([found for found in lines if "code that" not in found][0].replace("faulty_worlds", "FaultyWorlds"), line)

    def test_a_trap_and_an_endless_loop_are_findings_with_file_and_line(self):
        code, document = check_json(binary("faulty"), "--patience", 1, "--ticks", 100)
        self.assertEqual(code, 1)
        found = {finding["kind"]: finding for finding in document["findings"] if finding["kind"] in ("trap", "loop")}
        for kind, words in [("loop", "loop rounds="), ("trap", "traps: arithmetic overflow")]:
            self.assertIn(words, found[kind]["message"])
            self.assertTrue(found[kind]["file"].endswith("Tests/FaultyTally/Faulty.swift"), found[kind])
            self.assertGreater(found[kind]["line"], 0)

    def test_a_world_that_traps_or_loops_at_its_start_is_one_line(self):
        for variant, words in [("traps-at-start", "the world's start traps: arithmetic overflow (seed 1, tick 0)"),
                               ("loops-at-start", "the world's start does not end: no tick in 1 s of processor time (seed 1, tick 0)")]:
            with self.subTest(variant):
                code, document = check_json(self.copy("faulty", variant), "--patience", 1)
                self.assertEqual(code, 1)
                self.assertEqual([finding["message"] for finding in document["findings"]], [words])
                self.assertTrue(document["findings"][0]["file"].endswith("Tests/FaultyTally/Faulty.swift"))

    def test_what_is_no_world_is_said_and_no_finding(self):
        plain = self.path("plain")
        with open(plain, "w", encoding="utf-8") as file:
            file.write("text")
        for path, words in [
                (self.path("missing"), "is not there"),
                (plain, "is neither a folder nor an executable"),
                (self.executable("quiet", "#!/bin/sh\n"), "printed no declaration"),
                (self.executable("garbage", "#!/bin/sh\nhead -c 100000 /dev/urandom\necho\n"), "printed no declaration"),
                (self.executable("ends", "#!/bin/sh\nexit 3\n"), "exited with status 3"),
                (self.executable("broken", "\x7fELF"), "cannot be run"),
        ]:
            with self.subTest(os.path.basename(path)):
                code, lines, errors = check(path)
                self.assertEqual((code, lines), (2, []), errors)
                self.assertIn(words, "\n".join(errors))
                code, document = check_json(path)
                self.assertEqual((code, document["error"]["code"]), (2, "unchecked"))

    def test_a_program_that_runs_for_ever_ends_within_the_bound(self):
        began = time.monotonic()
        code, lines, _ = check(self.executable("ever", "#!/bin/sh\nexec sleep 1000\n"), "--patience", 1)
        self.assertEqual(code, 1)
        self.assertIn("ever: the declaration does not end: nothing in 2 s", lines[0])
        self.assertLess(time.monotonic() - began, CHECK_SECONDS)

    def test_a_folder_without_a_package_and_a_package_without_a_world(self):
        code, _, errors = check(self.folder)
        self.assertEqual(code, 2)
        self.assertIn("is no package that Swift can read", "\n".join(errors))
        os.makedirs(self.path("Sources", "tool"))
        for name, text in [("Package.swift", PACKAGE), ("Sources/tool/main.swift", "print(1)\n")]:
            with open(self.path(name), "w", encoding="utf-8") as file:
                file.write(text)
        code, _, errors = check(self.folder)
        self.assertEqual(code, 2)
        self.assertIn("has no world", "\n".join(errors))
        code, _, errors = check(binary("echo-world"), "--product", "echo")
        self.assertEqual(code, 2)

    def test_options_out_of_range_are_a_mistake_of_usage(self):
        for option, value in [("--seeds", -1), ("--seeds", 1_001), ("--ticks", 0), ("--patience", 0), ("--patience", "x")]:
            with self.subTest(f"{option} {value}"):
                self.assertEqual(check(repository(), option, value)[0], 64)

    def test_each_wrong_world_has_one_finding_in_its_line(self):
        worlds = {name: finding for name, finding in wrong_worlds().items() if finding[0] not in IN_CODE}
        self.assertGreaterEqual(len(worlds), 15)
        for name, expected in worlds.items():
            with self.subTest(name):
                code, document = check_json(self.copy("wrong-worlds", name), "--seeds", 3, "--ticks", 100, "--patience", 1)
                found = [(finding["kind"], finding["line"]) for finding in document["findings"]]
                self.assertEqual((code, found), (1, [expected]), document["findings"])
                self.assertTrue(document["findings"][0]["file"].endswith(f"/{name}.swift"))

    def test_runs_of_an_executable_show_that_its_code_is_not_deterministic(self):
        for name in SEEN_AS_DIFFERENCE:
            with self.subTest(name):
                # Two processes that choose one of six or more agree by chance; ten times in a row they do not.
                code, document = check_json(self.copy("wrong-worlds", name), "--seeds", 10, "--ticks", 60)
                self.assertEqual((code, [finding["kind"] for finding in document["findings"]]), (1, ["difference"]))
        code, lines, _ = check(self.copy("wrong-worlds", "Prints"), "--seeds", 1, "--ticks", 60)
        self.assertEqual((code, lines[0]), (1, 'Prints: prints to standard output: "adding" (seed 1)'))

    def test_the_code_of_each_wrong_world_has_one_finding_in_its_line(self):
        """The package that is checked is the project itself, which is built: the package manager has nothing to do."""
        worlds = {name: finding for name, finding in wrong_worlds().items() if finding[0] in IN_CODE}
        self.assertGreaterEqual(len(worlds), 12)
        sound = ["meadow", "ledger", "echo-world", "kinds-world"]
        products = [word for name in ["wrong-worlds", *sound] for word in ("--product", name)]
        code, document = check_json(repository(), *products, "--seeds", 0)
        found = sorted((finding["program"], finding["file"], finding["kind"], finding["line"]) for finding in document["findings"])
        expected = sorted(("wrong-worlds", f"Tests/WrongWorlds/{name}.swift", kind, line) for name, (kind, line) in worlds.items())
        self.assertEqual((code, found), (1, expected))
        allowed = {world["program"]: [finding["file"] for finding in world["allowed"]] for world in document["worlds"]}
        self.assertEqual({name for name, files in allowed.items() if files}, {"wrong-worlds"})
        self.assertEqual(set(allowed["wrong-worlds"]), {"Tests/WrongWorlds/Main.swift", "Tests/WrongWorlds/Wrong.swift"})

    def test_a_part_of_each_kind_that_is_written_and_not_listed_is_found_where_it_is_declared(self):
        path = "Tests/UnlistedParts/Garden.swift"
        with open(repository(path), encoding="utf-8") as file:
            expected = [number for number, line in enumerate(file, 1) if "{  // finding: declaration" in line]
        code, document = check_json(repository(), "--product", "unlisted-parts", "--seeds", 1, "--ticks", 20)
        found = sorted((finding["line"], finding["message"]) for finding in document["findings"])
        words = "{} is {} and not among the parts of Garden: add {}.self to `parts`"
        kinds = [("Garden.Pick", "a Command"), ("Fence", "a Component"), ("Dig", "an Intent"), ("Rained", "an Event"), ("Wither", "a System")]
        self.assertEqual([message for _, message in found], [words.format(name, kind, name) for name, kind in kinds])
        self.assertEqual([line for line, _ in found], expected)
        self.assertEqual({(finding["kind"], finding["file"]) for finding in document["findings"]}, {("declaration", path)})
        self.assertEqual([finding["message"].split(" ")[0] for finding in document["worlds"][0]["allowed"]], ["Greenhouse"])
        self.assertEqual((code, document["worlds"][0]["seeds"]), (1, 1), "the runs are made all the same")

    def test_a_package_that_does_not_compile_is_not_checked(self):
        """The compiler's words are for its author. The package depends on nothing but a package of its own by the name of Orge's."""
        for folder, name, text in [
                ("orge/Sources/OrgeWorld", "World.swift", ""), ("orge", "Package.swift", ORGE), ("tool/Sources/tool", "main.swift", "let number: Int = true\n"),
                ("tool", "Package.swift", WORLD_PACKAGE),
        ]:
            os.makedirs(self.path(folder), exist_ok=True)
            with open(self.path(folder, name), "w", encoding="utf-8") as file:
                file.write(text)
        code, lines, errors = check(self.path("tool"))
        self.assertEqual((code, lines), (2, []), errors)
        self.assertIn("cannot convert value of type 'Bool' to specified type 'Int'", "\n".join(errors))
        self.assertIn("tool was not built: the words of `swift build` stand above", "\n".join(errors))
        code, document = check_json(self.path("tool"))
        self.assertEqual((code, document["error"]["code"]), (2, "unchecked"))


if __name__ == "__main__":
    unittest.main()
