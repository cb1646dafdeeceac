"""What the compiler refuses in a world: Tests/RefusedWorlds, compiled against the built modules. docs/decisions has the list and its reasons."""

import os
import re
import subprocess
import unittest

from orge_harness import environment, repository

# A file takes a second; a busy machine ten times as long.
COMPILE_SECONDS = 300
ERROR = re.compile(r"^(?P<file>[^ ].*):(?P<line>\d+):\d+: error: (?P<words>.*)$", re.M)
MARK = re.compile(r"// refused: (.*)$")


class RefusedByCompilerTests(unittest.TestCase):
    def errors(self, name):
        """What the compiler says of a file: the words of its errors by line."""
        modules = os.path.join(os.environ["ORGE_BIN"], "Modules")
        # To the end of the checks that follow the types: overflow, exclusive access.
        command = [os.environ.get("SWIFTC", "swiftc"), "-emit-sil", "-o", os.devnull, "-swift-version", "6", "-parse-as-library", "-I", modules,
                   repository("Tests", "RefusedWorlds", name)]
        done = subprocess.run(command, env=environment(), capture_output=True, text=True, timeout=COMPILE_SECONDS, check=False)
        found = {}
        for error in ERROR.finditer(done.stderr):
            self.assertEqual(os.path.basename(error["file"]), name, done.stderr)
            found.setdefault(int(error["line"]), []).append(error["words"])
        self.assertEqual(done.returncode == 0, not found, done.stderr)
        return found

    def check(self, name):
        with open(repository("Tests", "RefusedWorlds", name), encoding="utf-8") as file:
            marks = {number: mark[1] for number, line in enumerate(file, 1) if (mark := MARK.search(line))}
        found = self.errors(name)
        self.assertEqual(sorted(found), sorted(marks), found)
        for line, words in marks.items():
            self.assertTrue(any(words in error for error in found[line]), f"{name}:{line}: {found[line]}")

    def test_a_world_without_a_mistake_is_compiled(self):
        self.assertEqual(self.errors("Fine.swift"), {})

    def test_mistakes_of_types_are_refused_in_their_line_with_words_that_help(self):
        self.check("ByTypes.swift")

    def test_values_outside_of_a_type_and_queries_in_queries_are_refused_in_their_line(self):
        self.check("ByFlow.swift")
