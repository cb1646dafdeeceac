"""A server that is given an executable with another schema: what it makes of the data, and what it refuses."""

import json
import os
import shutil
import signal
import unittest

from orge_harness import Server, binary, repository, run, temporary_folder

ERLANG_CLIENT = repository("Clients", "erlang", "orge_debug")
ONE, TWO, THREE = "tally-1", "tally-2", "tally-3"


def call(server, command, name="ada", **fields):
    code, outcome = server.call(command, name=name, **fields)
    assert code in (0, 1), outcome
    return outcome


def total(server, name="ada"):
    outcome = call(server, "add", name, points=0)
    assert outcome["outcome"] == "applied", outcome
    return outcome["result"]


def refused_start(folder, world, *options):
    """A start that must fail: what it says."""
    path = world if "/" in world else binary(world)
    code, output, errors = run([binary("orge"), "serve", "--json", "--data", folder, "--port", 0, "--world", path, *options])
    assert code == 1, output + errors
    return output + errors


def verify(folder):
    code, output, errors = run([binary("orge"), "replay", "--data", folder, "--verify", "--json"])
    assert code == 0, output + errors
    return json.loads(output.splitlines()[-1])


def end(server, is_killed):
    """Ends a life of the server."""
    if not is_killed:
        assert server.stop() == 0
        return
    os.kill(server.pid, signal.SIGKILL)
    server.program.wait()


class MigrationTests(unittest.TestCase):
    def life_of_one(self, folder, is_killed=False):
        with Server([ONE], data=folder) as server:
            for name, points, full in [("ada", 5, "Ada Lovelace"), ("bob", -3, "Bob")]:
                call(server, "add", name, points=points)
                call(server, "name", name, full=full)
            end(server, is_killed)

    def test_data_goes_through_three_versions_and_its_history_verifies(self):
        for is_killed in [False, True]:
            with self.subTest(is_killed=is_killed), temporary_folder() as folder:
                self.life_of_one(folder, is_killed)
                with Server([TWO], data=folder, options=["--one-way"]) as server:
                    self.assertEqual(total(server), {"hundredths": 500})
                    self.assertEqual(total(server, "bob"), {"hundredths": -300})
                    self.assertEqual(call(server, "add", points=2)["result"], {"hundredths": 700})
                    end(server, is_killed)
                # A start on migrated data, of which the image may still be of the first version.
                with Server([TWO], data=folder) as server:
                    self.assertEqual(total(server), {"hundredths": 700})
                    before = server.kill_host("tally")
                    server.wait_for_world("tally", lambda world: world["state"] == "ready" and world["pid"] != before["pid"], "back")
                    self.assertEqual(total(server, "bob"), {"hundredths": -300})
                    end(server, is_killed)
                with Server([THREE], data=folder, options=["--one-way"]) as server:
                    self.assertEqual(call(server, "who")["result"], {"first": "Ada", "last": "Lovelace", "level": 2})
                    self.assertEqual(call(server, "who", "bob")["result"], {"first": "Bob", "last": "", "level": 2})
                    self.assertEqual(total(server), {"hundredths": 700})
                    end(server, is_killed)
                self.assertTrue(verify(folder)["ok"])

    def test_a_version_may_be_left_out(self):
        with temporary_folder() as folder:
            self.life_of_one(folder)
            with Server([THREE], data=folder, options=["--one-way"]) as server:
                self.assertEqual(call(server, "who")["result"], {"first": "Ada", "last": "Lovelace", "level": 1})
                self.assertEqual(total(server), {"hundredths": 500})
                self.assertEqual(server.stop(), 0)
            self.assertTrue(verify(folder)["ok"])

    def test_a_version_that_ran_no_tick_has_migrated_all_the_same(self):
        with temporary_folder() as folder:
            self.life_of_one(folder)
            for world in [TWO, THREE]:
                with Server([world], data=folder, options=["--one-way"]) as server:
                    end(server, is_killed=True)
            self.assertTrue(verify(folder)["ok"], "the last change has no tick after it either")
            with Server([THREE], data=folder) as server:
                self.assertEqual(call(server, "who")["result"], {"first": "Ada", "last": "Lovelace", "level": 2}, "level 2 is the second version's")
                self.assertEqual(server.stop(), 0)
            self.assertTrue(verify(folder)["ok"])

    def test_what_was_applied_under_a_key_is_not_run_again_and_its_old_result_is_left_out(self):
        with temporary_folder() as folder:
            self.life_of_one(folder)
            key = "0123456789abcdef0123456789abcdef"

            def clients(server):
                calls = [[binary("orge"), "call", "--json", "--connect", server.address, "--as", "ada", "--key", key, "add", "points=4"]]
                if shutil.which("escript"):
                    calls.append(["escript", ERLANG_CLIENT, "call", "--connect", server.address, "--as", "ada", "--key", key, "add", "points=4"])
                return [run(call) for call in calls]

            with Server([ONE], data=folder) as server:
                for code, output, errors in clients(server):
                    self.assertEqual(code, 0, output + errors)
                    self.assertIn("9", output)
                self.assertEqual(server.stop(), 0)
            with Server([TWO], data=folder, options=["--one-way"]) as server:
                for code, output, errors in clients(server):
                    self.assertEqual(code, 0, output + errors)
                    self.assertIn("repeated", output)
                    self.assertNotIn("900", output)
                self.assertEqual(total(server), {"hundredths": 900}, "it ran once")
                self.assertEqual(server.stop(), 0)

    def test_what_nothing_takes_back_is_shown_and_needs_a_flag(self):
        with temporary_folder() as folder:
            self.life_of_one(folder)
            said = refused_start(folder, TWO)
            for part in ["score.points: converted to hundredths: i64", "component badge: dropped", "a step over the whole world", "--one-way"]:
                self.assertIn(part, said)
            with Server([ONE], data=folder) as server:
                self.assertEqual(total(server), {"points": 5}, "the data is as it was")
                self.assertEqual(server.stop(), 0)

    def test_an_older_version_is_refused(self):
        with temporary_folder() as folder:
            self.life_of_one(folder)
            with Server([TWO], data=folder, options=["--one-way"]) as server:
                self.assertEqual(server.stop(), 0)
            said = refused_start(folder, ONE, "--one-way")
            self.assertIn("its data is of version 2", said)
            with Server([TWO], data=folder) as server:
                self.assertEqual(total(server), {"hundredths": 500})
                self.assertEqual(server.stop(), 0)

    def test_a_migration_that_fails_leaves_the_data_as_it_was(self):
        faults = {
            "trap": "points of",
            "loop": "its migration of the data traps or does not end",
            "rule": "2 migrated rows break a rule; the first: score of entity",
            "random": "another state each time it runs",
            "refuse": "the step refuses: there is too much of it",
            "gap": "score.name: text(32), which Score does not have",
        }
        with temporary_folder() as folder, temporary_folder() as elsewhere:
            self.life_of_one(folder)
            for fault, words in faults.items():
                with self.subTest(fault=fault):
                    path = os.path.join(elsewhere, "tally-bad-" + fault)
                    shutil.copyfile(binary("tally-bad"), path)
                    os.chmod(path, 0o755)
                    self.assertIn(words, refused_start(folder, path, "--one-way", "--silence-limit-seconds", "3", "--processor-limit-ms", "1000"))
            with Server([ONE], data=folder) as server:
                self.assertEqual(total(server), {"points": 5})
                self.assertEqual(total(server, "bob"), {"points": -3})
                self.assertEqual(server.stop(), 0)

    def test_a_program_says_how_it_migrates_a_schema(self):
        with temporary_folder() as folder:
            path = os.path.join(folder, "schema")
            with open(path, "w", encoding="utf-8") as file:
                file.write(run([binary(ONE), "describe", "--schema"])[1])
            code, output, _ = run([binary(TWO), "--migration", path])
            self.assertEqual(code, 0)
            self.assertIn("component badge: dropped, with its rows (no way back)", output.splitlines())
            # Back again: nothing says what becomes of what the second version has more.
            with open(path, "w", encoding="utf-8") as file:
                file.write(run([binary(TWO), "describe", "--schema"])[1])
            code, _, errors = run([binary(ONE), "--migration", path])
            self.assertEqual(code, 1)
            for part in ["the data has rows of level, and no component takes them", '.dropped("level")', '.formerly("level")  // in Badge',
                         '.dropped("hundredths")']:
                self.assertIn(part, errors)


if __name__ == "__main__":
    unittest.main()
