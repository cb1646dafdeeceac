"""A package outside with a world, as the README shows it: what is fetched and what is built for it."""

import json
import os
import subprocess
import unittest

import listings
from orge_harness import environment, is_soak, repository, temporary_folder

# A hopeless wait ends; a debug build of a world's modules takes a minute on two idle cores.
RESOLVE_SECONDS = 120
BUILD_SECONDS = 900


def readme_world():
    """The files of the README's world."""
    return [block for block in listings.blocks(repository("README.md"), "A world in twenty lines") if isinstance(block, listings.Listing)]


class WorldPackageTests(unittest.TestCase):
    def setUp(self):
        self.folder = self.enterContext(temporary_folder())
        self.package = os.path.join(self.folder, "tally")
        os.symlink(repository(), os.path.join(self.folder, "orge"))
        reader = listings.Reader(repository("README.md"), self.package, environment())
        for listing in readme_world():
            reader.write(listing)

    def swift(self, *words, seconds):
        # A cache of its own: what is needed must be fetched, and then lies below it or in the package's checkouts.
        cache = os.path.join(self.folder, "cache")
        command = [os.environ.get("SWIFT", "swift"), *words[:1], "--cache-path", cache, *words[1:]]
        done = subprocess.run(command, cwd=self.package, env=environment(), capture_output=True, text=True, timeout=seconds, check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout

    def fetched(self):
        places = [os.path.join(self.package, ".build", "checkouts"), os.path.join(self.folder, "cache", "repositories")]
        return [name for place in places if os.path.isdir(place) for name in os.listdir(place)]

    def test_a_world_without_the_trait_server_fetches_no_package(self):
        tree = json.loads(self.swift("package", "show-dependencies", "--format", "json", seconds=RESOLVE_SECONDS))
        self.assertEqual([(found["identity"], found["dependencies"]) for found in tree["dependencies"]], [("orge", [])])
        self.assertEqual(self.fetched(), [])

    @unittest.skipUnless(is_soak(), "a build of a minute, in the soak")
    def test_the_world_of_the_readme_is_built_from_modules_of_orge_alone(self):
        self.swift("build", "--quiet", seconds=BUILD_SECONDS)
        self.assertEqual(self.fetched(), [])
        modules = os.listdir(os.path.join(self.package, ".build", "debug", "Modules"))
        built = {name.removesuffix(".swiftmodule") for name in modules if name.endswith(".swiftmodule")}
        self.assertIn("OrgeHostProcess", built)
        others = {name for name in built if not name.startswith("Orge")} | (built & {"OrgeClient", "OrgeEdgeServer"})
        self.assertEqual(others, {"tally"})
