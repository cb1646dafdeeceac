"""`orge new`: the package of a new world, what it needs, and what is left when it cannot be made."""

import contextlib
import os
import re
import shutil
import subprocess
import time
import unittest

from disk_library import settings
from orge_harness import Program, binary, environment, is_soak, repository, run, temporary_folder, wait_until

# Hopeless waits end.
RESOLVE_SECONDS = 120
BUILD_SECONDS = 1800
SWIFT = os.environ.get("SWIFT", "swift")


@contextlib.contextmanager
def inside(folder):
    """Programs are started in this folder meanwhile."""
    before = os.getcwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


def new(folder, *words):
    """`orge new` in the folder: (exit code, output, errors)."""
    with inside(folder):
        return run([binary("orge"), "new", *words])


def git(folder, *words):
    command = ["git", "-c", "user.name=t", "-c", "user.email=t@example.org", *words]
    subprocess.run(command, cwd=folder, env=environment(), check=True, capture_output=True)


class NewTests(unittest.TestCase):
    def setUp(self):
        self.folder = self.enterContext(temporary_folder())

    def assert_refused(self, *words, says, folder=None):
        """One line with the cause, one with the remedy, exit code 1, and no new name in the folder."""
        folder = folder or self.folder
        before = sorted(os.listdir(folder))
        code, output, errors = new(folder, *words)
        lines = errors.splitlines()
        self.assertEqual((code, output, len(lines)), (1, "", 2), errors)
        self.assertIn(says, lines[0])
        if folder != "/proc":
            self.assertEqual(sorted(os.listdir(folder)), before)

    def manifest(self, name):
        with open(os.path.join(self.folder, name, "Package.swift"), encoding="utf-8") as file:
            return file.read()

    def test_a_package_is_made_whole_with_the_rights_of_the_umask_and_says_what_to_do_next(self):
        code, output, errors = new(self.folder, "garden")
        self.assertEqual((code, errors), (0, ""))
        self.assertEqual(output.splitlines()[0], f"Made garden, with Orge from {repository()}:")
        self.assertEqual([line.split("  ")[1] for line in output.splitlines()[-3:]], ["cd garden", "make run", "make test"])
        for path in re.findall(r"garden/\S+", output):
            self.assertTrue(os.path.isfile(os.path.join(self.folder, path)), path)
        umask = os.umask(0)
        os.umask(umask)
        self.assertEqual(os.stat(os.path.join(self.folder, "garden", "Sources")).st_mode & 0o777, 0o777 & ~umask)
        self.assertEqual(os.stat(os.path.join(self.folder, "garden", "README.md")).st_mode & 0o777, 0o666 & ~umask)
        self.assertEqual(os.listdir(self.folder), ["garden"])

    def test_names_that_no_module_can_have_and_folders_that_exist_are_refused(self):
        self.assert_refused("class", says='"class" is a keyword of Swift')
        self.assert_refused("Testing", says='"Testing" is a module of Swift')
        self.assert_refused("OrgeWorld", says="Orge keeps to itself")
        self.assert_refused("9lives", says="no name of a Swift module")
        self.assert_refused("x" * 33, says="has 33 characters")
        self.assert_refused("", says="a world needs a name")
        for odd, near in [("-x", "x"), ("--fast", "fast"), (" ", "garden"), ("..", "garden"), ("a/b", "a_b"), ("/tmp/x", "tmp_x"), ("x-y", "x_y"),
                          ("\u00e9", "garden"), ("a\tb", "a_b"), ("_", "garden"), ("1", "world_1")]:
            with self.subTest(odd):
                self.assert_refused(odd, says="is no name of a Swift module")
                self.assertEqual(new(self.folder, odd)[2].splitlines()[1], f"Such as: orge new {near}")
        for words, said in [([], "a world needs a name"), (["one", "two"], "one name at a time"), (["one", "--twice"], "there is no option --twice")]:
            code, output, errors = new(self.folder, *words)
            self.assertEqual((code, output), (64, ""))
            self.assertIn(said, errors.splitlines()[0])
            self.assertEqual(os.listdir(self.folder), [])
        os.mkdir(os.path.join(self.folder, "empty"))
        self.assert_refused("empty", says="there is empty already")
        os.symlink("/nowhere", os.path.join(self.folder, "link"))
        self.assert_refused("link", says="there is link already")
        code, output, _ = new(self.folder, "class", "--json")
        self.assertEqual(code, 64, "there is no --json")

    def test_sources_of_orge_that_are_not_there_are_refused(self):
        self.assert_refused("garden", "--orge", "nowhere", says="there is no folder nowhere")
        self.assert_refused("garden", "--orge", "/", says="does not hold Orge's sources")
        self.assert_refused("garden", "--orge", "file:///nowhere", says="cannot be read")

    def test_a_folder_that_cannot_be_written_or_is_full_keeps_nothing(self):
        # No process may make files there, be it the superuser's.
        self.assert_refused("garden", folder="/proc", says="the folder garden cannot be made here")
        # A limit for the size of files, which the page of the README reaches: the disk is full in the middle.
        with inside(self.folder):
            done = subprocess.run(
                ["bash", "-c", 'trap "" XFSZ; ulimit -f 1; exec "$@"', "bash", binary("orge"), "new", "garden"],
                env=environment(), capture_output=True, text=True, check=False)
        self.assertEqual((done.returncode, len(done.stderr.splitlines())), (1, 2), done.stderr)
        self.assertIn("cannot be made here: File too large", done.stderr)
        self.assertEqual(os.listdir(self.folder), [])

    def test_the_package_is_valid_and_fetches_nothing(self):
        self.assertEqual(new(self.folder, "garden")[0], 0)
        done = subprocess.run(
            [SWIFT, "package", "--cache-path", f"{self.folder}/cache", "show-dependencies", "--format", "flatlist"],
            cwd=os.path.join(self.folder, "garden"), env=environment(), capture_output=True, text=True, timeout=RESOLVE_SECONDS, check=False)
        self.assertEqual((done.returncode, len(done.stdout.splitlines())), (0, 1), done.stdout + done.stderr)
        checkouts = os.path.join(self.folder, "garden", ".build", "checkouts")
        self.assertEqual(os.listdir(checkouts) if os.path.isdir(checkouts) else [], [])

    def test_a_relative_folder_stays_relative(self):
        os.symlink(repository(), os.path.join(self.folder, "sources"))
        code, output, errors = new(self.folder, "garden", "--orge", "sources")
        self.assertEqual(code, 0, errors)
        self.assertIn(f"Orge from {repository()}", output)
        self.assertIn('path: "../sources"', self.manifest("garden"))

    @unittest.skipUnless(shutil.which("git"), "git is missing")
    def test_a_repository_is_asked_for_this_version_or_else_for_its_branch(self):
        origin = os.path.join(self.folder, "Orge.git")
        os.mkdir(origin)
        git(origin, "init", "--quiet", "--initial-branch", "trunk")
        git(origin, "commit", "--quiet", "--allow-empty", "--message", "first")
        self.assertEqual(new(self.folder, "one", "--orge", f"file://{origin}")[0], 0)
        self.assertIn(f'.package(url: "file://{origin}", branch: "trunk", traits: [])', self.manifest("one"))
        self.assertIn('package: "orge"', self.manifest("one"))
        version = run([binary("orge"), "--version"])[1].split()[1]
        git(origin, "tag", version)
        self.assertEqual(new(self.folder, "two", "--orge", f"file://{origin}")[0], 0)
        self.assertIn(f'.upToNextMinor(from: "{version}")', self.manifest("two"))
        self.assertEqual(new(self.folder, "three", "--orge", f"file://{origin}#trunk")[0], 0)
        self.assertIn('branch: "trunk"', self.manifest("three"))
        self.assert_refused("four", "--orge", f"file://{origin}#side", says='no branch and no version "side"')


@unittest.skipUnless(is_soak(), "builds of minutes, in the soak")
class NewWorldBuildTests(unittest.TestCase):
    """A new world from nothing: built in release mode without a network, served by `make run`, called, tested. Times are printed."""

    def setUp(self):
        self.folder = self.enterContext(temporary_folder())

    def timed(self, what, *command, folder):
        begin = time.monotonic()
        before = os.times()
        done = subprocess.run(command, cwd=folder, env=environment(), capture_output=True, text=True, timeout=BUILD_SECONDS, check=False)
        after = os.times()
        spent = after.children_user + after.children_system - before.children_user - before.children_system
        print(f"      {what}: {time.monotonic() - begin:.0f} s, of the processors {spent:.0f} s", flush=True)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def live(self, package):
        offline = ["unshare", "--net", "--map-root-user", "--"] if shutil.which("unshare") else []
        self.timed("build in release mode, from nothing", *offline, SWIFT, "build", "-c", "release", folder=package)
        with settings(ORGE=binary("orge")), Program(["make", "run", "PORT=0"], cwd=package) as served:
            url = wait_until(lambda: next((line for line in served.output if "http://" in line), None), "the URL", BUILD_SECONDS)
            self.assertRegex(url, r"http://127\.0\.0\.1:\d+/#token=\w+")
            orge, data = binary("orge"), os.path.join(package, "data")
            self.assertEqual(run([orge, "call", "sow", "seeds=3", "--data", data])[0], 0)
            code, output, errors = run([orge, "call", "harvest", "--data", data])
            self.assertIn("not ripe", output + errors)
            self.assertNotEqual(code, 0)
        self.timed("swift test, from nothing", *offline, SWIFT, "test", folder=package)
        self.timed("orge check, of the package", *offline, binary("orge"), "check", package, folder=self.folder)
        self.timed("orge check, of the release build", *offline, binary("orge"), "check", f"{package}/.build/release/garden", folder=self.folder)

    def test_the_new_world_is_built_served_called_and_tested_without_a_network(self):
        begin = time.monotonic()
        self.assertEqual(new(self.folder, "garden")[0], 0)
        self.live(os.path.join(self.folder, "garden"))
        print(f"      in all: {time.monotonic() - begin:.0f} s")

    @unittest.skipUnless(os.path.isdir(repository(".git")) or os.path.isfile(repository(".git")), "the sources are no git repository")
    def test_the_new_world_is_built_with_orge_from_a_repository(self):
        origin = os.path.join(self.folder, "clone.git")
        git(self.folder, "clone", "--quiet", repository(), origin)
        self.assertEqual(new(self.folder, "garden", "--orge", f"file://{origin}")[0], 0)
        self.live(os.path.join(self.folder, "garden"))


