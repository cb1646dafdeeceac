"""The pages that an author follows, followed word for word: docs/worlds.md and the README's world.

`make test` compiles their listings against the modules of Orge's own build (`shared_build/swift`), so that a page takes seconds. In the soak the
package manager builds them, as it does for a reader.
"""

import os
import unittest

import listings
from orge_harness import binary, environment, is_soak, missing_programs, repository, temporary_folder


def reader_environment(folder):
    """A shell of a reader who has built Orge and put its programs on the path. Backtraces are on: the tutorial shows one."""
    programs = os.path.dirname(binary("orge"))
    shared = [] if is_soak() else [repository("Tests", "scripts", "shared_build")]
    outside = {name: value for name, value in environment().items() if name != "SWIFT_BACKTRACE"}
    return {**outside, "PATH": os.pathsep.join([*shared, programs, outside["PATH"]]), "ORGE_BIN": programs, "HOME": folder, "USER": "you"}


@unittest.skipIf(missing_programs("orge"), missing_programs("orge"))
class GuideTests(unittest.TestCase):
    def follow(self, page, section=None, folder_name=""):
        with temporary_folder() as above:
            folder = os.path.join(above, folder_name)
            os.makedirs(folder, exist_ok=True)
            os.symlink(repository(), os.path.join(above, "orge"))
            reader = listings.Reader(repository(page), folder, reader_environment(above), section)
            reader.follow()
            slowest = sorted(reader.log, key=lambda entry: -entry[2])[:5]
            print("\n".join(f"      {seconds:6.1f} s  {page}:{line} {command}" for line, command, seconds in slowest))

    def test_the_tutorial_works_word_for_word(self):
        self.follow("docs/worlds.md")

    def test_the_world_of_the_readme_works_word_for_word(self):
        self.follow("README.md", "A world in twenty lines", "tally")
