"""The pages that an author follows, followed word for word: docs/worlds.md, the README's world and docs/testing-worlds.md.

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


# Two sections, the first with a build of its own.
PAGE = """# Page

## One

```swift
// Sources/One.swift
```

```console
$ swift build
```

## Two

```swift
// Sources/Two.swift
LAST
```
"""


@unittest.skipIf(missing_programs("orge"), missing_programs("orge"))
class GuideTests(unittest.TestCase):
    def follow(self, *pages, folder_name=""):
        """Of each a section, or None for the whole page, one after the other in the same folder."""
        with temporary_folder() as above:
            folder = os.path.join(above, folder_name)
            os.makedirs(folder, exist_ok=True)
            os.symlink(repository(), os.path.join(above, "orge"))
            for page, section in pages:
                reader = listings.Reader(repository(page), folder, reader_environment(above), section)
                reader.follow()
                slowest = sorted(reader.log, key=lambda entry: -entry[2])[:5]
                print("\n".join(f"      {seconds:6.1f} s  {page}:{line} {command}" for line, command, seconds in slowest))

    def test_a_section_whose_last_listing_does_not_compile_is_found(self):
        with temporary_folder() as folder:
            swift = os.path.join(folder, "swift")
            with open(swift, "w", encoding="utf-8") as file:
                file.write("#!/bin/sh\n! grep -l mistake Sources/*.swift\n")
            os.chmod(swift, 0o755)
            outside = {**environment(), "PATH": os.pathsep.join([folder, environment()["PATH"]])}

            def follow(last_listing):
                page = os.path.join(folder, "page.md")
                with open(page, "w", encoding="utf-8") as file:
                    file.write(PAGE.replace("LAST", last_listing))
                reader = listings.Reader(page, folder, outside)
                reader.follow()
                return [command for _, command, _ in reader.log]

            self.assertEqual(follow("fine"), ["first: swift build", "first: swift build"])
            with self.assertRaisesRegex(AssertionError, r"page\.md:19: swift build: exit code 1"):
                follow("mistake")

    def test_the_tutorial_works_word_for_word(self):
        self.follow(("docs/worlds.md", None))

    def test_the_world_of_the_readme_and_its_tests_work_word_for_word(self):
        self.follow(("README.md", "A world in twenty lines"), ("docs/testing-worlds.md", None), folder_name="tally")
