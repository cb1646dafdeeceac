"""A server that is given other executables: what it keeps of the old ones, and what it does with their records."""

import contextlib
import hashlib
import json
import os
import shutil
import signal
import unittest

from orge_harness import Server, binary, run, temporary_folder, wait_until

FIRST, MENDED, WIDER = "changing", "changing-mended", "changing-wider"


def digest(path):
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


def kept(folder):
    return sorted(os.listdir(os.path.join(folder, "code")))


def entry(folder):
    """What universe.json says of the one world."""
    with open(os.path.join(folder, "universe.json"), encoding="utf-8") as file:
        return json.load(file)["worlds"][0]


def add(server, amount, name="ada"):
    code, outcome = server.call("add", name=name, amount=amount)
    assert code in (0, 1), outcome
    return outcome


def total(server, name="ada"):
    outcome = add(server, 0, name)
    assert outcome["outcome"] == "applied", outcome
    return outcome["result"]["total"]


def refused_start(folder, world):
    """A start that must fail: (exit code, what it says)."""
    code, output, errors = run([binary("orge"), "serve", "--json", "--data", folder, "--port", 0, "--world", world])
    return code, output + errors


def overwrite(path, change):
    """Alters a file as a disk or a person would, through its folder: kept executables are read-only."""
    with open(path, "rb") as file:
        content = bytearray(file.read())
    change(content)
    os.unlink(path)
    with open(path, "wb") as file:
        file.write(content)
    os.chmod(path, 0o500)


def flip(content):
    content[len(content) // 2] ^= 1


class Copies:
    """Executables under one path, as a developer's build leaves them."""

    def __init__(self, folder):
        self.path = os.path.join(folder, "world")

    def install(self, name, suffix=b""):
        """The program of this name, with bytes after its end that change nothing but its hash."""
        fresh = self.path + ".fresh"
        shutil.copyfile(binary(name), fresh)
        with open(fresh, "ab") as file:
            file.write(suffix)
        os.chmod(fresh, 0o755)
        os.replace(fresh, self.path)
        return digest(self.path)


class ChangedCodeTests(unittest.TestCase):
    def killed_life(self, folder, world, amount):
        """A life of the server that ends by SIGKILL, so that the journal has a tail."""
        with Server([world], data=folder) as server:
            add(server, amount)
            before = total(server)
            os.kill(server.pid, signal.SIGKILL)
            server.program.wait()
            return before

    def test_mended_code_takes_over_after_the_code_before_has_settled_its_records(self):
        with temporary_folder() as folder:
            before = self.killed_life(folder, FIRST, 5)
            with Server([MENDED], data=folder) as server:
                self.assertEqual(total(server), before)
                self.assertEqual(add(server, 2**31 - 1)["outcome"], "refused", "the first version would have trapped")
                self.assertEqual(entry(folder)["code"], digest(binary(MENDED)))
                self.assertTrue(any("settles ticks" in line for line in server.program.errors), server.program.errors)
                self.assertEqual(server.stop(), 0)
            # And back, also by kill.
            with Server([MENDED], data=folder) as server:
                add(server, 7)
                os.kill(server.pid, signal.SIGKILL)
                server.program.wait()
            self.assertEqual(kept(folder), sorted([digest(binary(MENDED)), digest(binary(FIRST)) + ".zst"]), "code that does not run is compressed")
            with Server([FIRST], data=folder) as server:
                self.assertEqual(total(server), before + 7)
                self.assertEqual(server.stop(), 0)

    def test_a_host_is_started_again_from_the_kept_copy_and_the_same_bytes_change_nothing(self):
        with temporary_folder() as folder, temporary_folder() as elsewhere:
            copies = Copies(elsewhere)
            first = copies.install(FIRST)
            with Server([copies.path], data=folder) as server:
                add(server, 3)
                copies.install(WIDER)
                before = server.kill_host("changing")
                server.wait_for_world("changing", lambda world: world["state"] == "ready" and world["pid"] != before["pid"], "back")
                self.assertEqual(total(server), 3)
                self.assertEqual((entry(folder)["given"], entry(folder)["code"]), (first, first))
                self.assertEqual(server.stop(), 0)
            self.assertEqual(copies.install(FIRST), first)
            with Server([copies.path], data=folder) as server:
                self.assertEqual(total(server), 3)
                self.assertEqual(kept(folder), [first])
                self.assertEqual(server.stop(), 0)

    def test_the_code_in_charge_runs_when_the_same_executable_is_given_again(self):
        """As after an upgrade of the running world: another code is in charge than the one that `serve` was given."""
        with temporary_folder() as folder:
            self.killed_life(folder, FIRST, 1)
            with Server([MENDED], data=folder) as server:
                self.assertEqual(server.stop(), 0)
            path = os.path.join(folder, "universe.json")
            with open(path, encoding="utf-8") as file:
                text = file.read()
            with open(path, "w", encoding="utf-8") as file:
                file.write(text.replace(f'"given":"{digest(binary(MENDED))}"', f'"given":"{digest(binary(FIRST))}"'))
            with Server([FIRST], data=folder) as server:
                self.assertEqual(add(server, 2**31 - 1)["outcome"], "refused", "the mended code is in charge")
                self.assertTrue(any("is in charge, and runs" in line for line in server.program.errors), server.program.errors)
                self.assertEqual(server.stop(), 0)

    def test_a_wider_and_a_new_field_need_no_word_and_the_way_back_is_refused(self):
        with temporary_folder() as folder:
            before = self.killed_life(folder, FIRST, 4)
            with Server([WIDER], data=folder) as server:
                self.assertEqual(total(server), before)
                said = "\n".join(server.program.errors)
                for part in ["sum.total: i32 → i64", "sum.additions: u32: added", "version: 1 → 2"]:
                    self.assertIn(part, said)
                self.assertEqual(server.stop(), 0)
            code, said = refused_start(folder, binary(FIRST))
            self.assertEqual(code, 1)
            self.assertIn("its data is of version 2", said)
            with Server([WIDER], data=folder) as server:
                self.assertEqual(total(server), before)
                self.assertEqual(server.stop(), 0)

    def test_an_altered_or_missing_kept_executable_is_never_run_and_the_data_stays(self):
        with temporary_folder() as folder:
            before = self.killed_life(folder, FIRST, 6)
            copy = os.path.join(folder, "code", digest(binary(FIRST)))
            with open(copy, "rb") as file:
                whole = file.read()
            overwrite(copy, flip)
            code, said = refused_start(folder, binary(MENDED))
            self.assertEqual(code, 1)
            self.assertIn("was altered", said)
            os.unlink(copy)
            code, said = refused_start(folder, binary(MENDED))
            self.assertEqual(code, 1)
            self.assertIn("is not kept", said)
            self.assertIn("ticks 1 to", said)
            # The remedy that it names.
            with open(copy, "wb") as file:
                file.write(whole)
            os.chmod(copy, 0o500)
            with Server([MENDED], data=folder) as server:
                self.assertEqual(total(server), before)
                self.assertEqual(server.stop(), 0)

    def test_a_dead_host_is_not_started_again_from_an_altered_copy(self):
        with temporary_folder() as folder:
            with Server([FIRST], data=folder) as server:
                add(server, 9)
                copy = os.path.join(folder, "code", digest(binary(FIRST)))
                overwrite(copy, flip)
                server.kill_host("changing")
                wait_until(lambda: any("was altered" in line for line in server.program.errors), "the refusal")
                self.assertNotEqual(server.program.wait(), 0)
            # Given again, the same bytes are a whole copy.
            with Server([FIRST], data=folder) as server:
                self.assertEqual(total(server), 9)
                self.assertEqual(server.stop(), 0)

    def test_code_that_no_kept_record_needs_is_removed(self):
        with temporary_folder() as folder:
            for world in [FIRST, MENDED, MENDED, MENDED, MENDED]:
                with Server([world], data=folder, options=["--forget-history"]) as server:
                    add(server, 1)
                    self.assertEqual(server.stop(), 0)
            self.assertEqual(kept(folder), [digest(binary(MENDED))])


class VerifyTests(unittest.TestCase):
    """`orge replay --verify` over a history that two executables have written, the first of them twice."""

    @classmethod
    def setUpClass(cls):
        cls.cleanup = contextlib.ExitStack()
        cls.folder = cls.cleanup.enter_context(temporary_folder())
        for number, world in enumerate([FIRST, MENDED, FIRST]):
            with Server([world], data=cls.folder) as server:
                # A sum that both count alike, and one that only the mended code refuses: run by the first, it would trap.
                add(server, 5)
                if world == MENDED:
                    assert add(server, 2**31 - 1)["outcome"] == "refused"
                if number == 2:
                    cls.running = verify(cls.folder)
                    os.kill(server.pid, signal.SIGKILL)
                    server.program.wait()
                else:
                    assert server.stop() == 0

    @classmethod
    def tearDownClass(cls):
        cls.cleanup.close()

    def test_every_stretch_is_run_by_its_own_executable_and_the_sums_are_told(self):
        code, lines = verify(self.folder)
        self.assertEqual(code, 0, lines)
        stretches = [line for line in lines if line.get("event") == "stretch"]
        self.assertEqual([stretch["code"] for stretch in stretches], [digest(binary(world)) for world in [FIRST, MENDED, FIRST]])
        self.assertEqual([stretch["first"] for stretch in stretches], [1] + [stretch["last"] + 1 for stretch in stretches[:-1]])
        self.assertEqual(lines[-1], {"ticks": stretches[-1]["last"], "outcomes": 4, "amendments": 0, "ok": True})

    def test_it_works_beside_a_running_server(self):
        code, lines = self.running
        self.assertEqual((code, lines[-1]["ok"]), (0, True), lines)

    def test_people_read_the_same(self):
        code, output, errors = run([binary("orge"), "replay", "--data", self.folder, "--world", "changing", "--verify"])
        self.assertEqual(code, 0, output + errors)
        self.assertIn("4 outcomes, every hash as recorded", output)
        self.assertIn(digest(binary(MENDED))[:12], output)

    def test_one_executable_alone_says_which_ticks_are_not_its_own_and_fails_on_them(self):
        """The first version traps where the mended one has refused."""
        code, output, errors = run([binary(MENDED), "--replay", self.folder, "--json"])
        self.assertEqual(errors.count("were recorded by other code"), 2, errors)
        self.assertEqual((code, json.loads(output.splitlines()[-1])["ok"]), (0, True), "the mended code reproduces the first one's ticks here")
        code, _, errors = run([binary(FIRST), "--replay", self.folder, "--json"])
        self.assertNotEqual(code, 0)
        self.assertEqual(errors.count("were recorded by other code"), 1, errors)

    def test_a_missing_or_altered_executable_is_told_and_nothing_is_left_behind(self):
        with temporary_folder() as copy, temporary_folder() as scratch:
            data = os.path.join(copy, "data")
            shutil.copytree(self.folder, data, ignore=shutil.ignore_patterns("*.sock"))
            name = next(name for name in kept(data) if name.startswith(digest(binary(MENDED))))
            overwrite(os.path.join(data, "code", name), flip)
            code, lines = verify(data, "--scratch", scratch)
            self.assertEqual((code, lines[-1]["ok"]), (1, False), lines)
            self.assertIn("was altered", lines[-2]["why"])
            self.assertGreater(lines[-1]["ticks"], 0, "the stretch before was run")
            os.unlink(os.path.join(data, "code", name))
            self.assertIn("is not kept", verify(data, "--scratch", scratch)[1][-2]["why"])
            self.assertEqual(os.listdir(scratch), [])

    def test_a_damaged_journal_is_told_with_the_command_that_says_more(self):
        with temporary_folder() as copy:
            data = os.path.join(copy, "data")
            shutil.copytree(self.folder, data, ignore=shutil.ignore_patterns("*.sock"))
            segment = os.path.join(data, "worlds", "changing", "journal", f"{1:020}.segment")
            with open(segment, "r+b") as file:
                content = bytearray(file.read())
                place = content.index(b"ada")
                content[place] ^= 2
                file.seek(0)
                file.write(content)
            code, output, errors = run([binary("orge"), "replay", "--data", data, "--verify"])
            self.assertEqual(code, 1)
            self.assertIn("doctor", output + errors)


def verify(folder, *options):
    """`orge replay --verify --json`: (exit code, lines)."""
    code, output, errors = run([binary("orge"), "replay", "--data", folder, "--verify", "--json", *options])
    assert output, errors
    return code, [json.loads(line) for line in output.splitlines()]


if __name__ == "__main__":
    unittest.main()
