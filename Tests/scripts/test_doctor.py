"""Damage that is told: a torn record, decay of old history, and what the doctor says and saves."""

import json
import os
import shutil
import signal
import struct
import unittest

from orge_harness import Server, binary, run, temporary_folder, wait_until
from test_changed_code import FIRST, add, digest, flip, overwrite, total, verify


def journal(folder, world="changing"):
    path = os.path.join(folder, "worlds", world, "journal")
    return [os.path.join(path, name) for name in sorted(os.listdir(path))]


def doctor(folder, *options):
    """`orge doctor --json`: (exit code, document)."""
    code, output, errors = run([binary("orge"), "doctor", folder, "--json", *options])
    assert output, errors
    return code, json.loads(output.splitlines()[-1])


def end_of_records(path):
    """Where the last record of a segment that was not closed ends: the records are followed by zeros."""
    with open(path, "rb") as file:
        content = file.read()
    place = 512
    while content[place + 14]:
        place += 48 + (struct.unpack_from(">I", content, place + 8)[0] + 7) // 8 * 8
    return place


def write_at(path, place, content):
    with open(path, "r+b") as file:
        file.seek(place)
        file.write(content)


def lives(folder, *ends):
    """A life of the world for each end: "stop" or "kill". Answers the sum of ada at the end."""
    for end in ends:
        with Server([FIRST], data=folder) as server:
            add(server, 5)
            result = total(server)
            if end == "stop":
                assert server.stop() == 0
            else:
                os.kill(server.pid, signal.SIGKILL)
                server.program.wait()
    return result


class DamageToldTests(unittest.TestCase):
    def test_a_torn_last_record_is_dropped_and_told_with_bytes_and_tick(self):
        with temporary_folder() as folder:
            before = lives(folder, "kill")
            segment = journal(folder)[-1]
            write_at(segment, end_of_records(segment), b"\x5a" * 45)
            code, found = doctor(folder)
            self.assertEqual(code, 0, "a torn tail is no damage")
            self.assertIn("45 bytes", found["worlds"][0]["remarks"][0])
            with Server([FIRST], data=folder) as server:
                dropped = server.world("changing")["dropped"]
                self.assertEqual((dropped["bytes"], dropped["tick"]), (45, found["worlds"][0]["last_tick"] + 1))
                self.assertTrue(any("45 bytes after tick" in line for line in server.program.errors), server.program.errors)
                self.assertEqual(total(server), before)
                self.assertIn("45 bytes of a record", run([binary("orge"), "status", "--data", folder])[1])
                self.assertEqual(server.stop(), 0)

    def test_history_is_checked_in_the_background_and_damage_in_it_stops_no_world(self):
        with temporary_folder() as folder:
            lives(folder, "stop", "stop")
            with Server([FIRST], data=folder) as server:
                world = server.wait_for_world("changing", lambda world: world["checked_through"], "its history is checked")
                self.assertIsNone(world["damage"])
                self.assertLess(world["checked_through"], world["tick"])
                self.assertEqual(server.stop(), 0)
            oldest = journal(folder)[0]
            # In its first record: the last group is dead, as the next segment repeats it.
            write_at(oldest, 512 + 48 + 20, b"\x5a")
            with Server([FIRST], data=folder) as server:
                world = server.wait_for_world("changing", lambda world: world["damage"], "the damage is told")
                self.assertIn(os.path.basename(oldest), world["damage"])
                wait_until(lambda: any("DAMAGE" in line for line in server.program.errors), "the log")
                self.assertIn("DAMAGE", run([binary("orge"), "status", "--data", folder])[1])
                self.assertEqual((world["state"], add(server, 1)["outcome"]), ("ready", "applied"))
                self.assertEqual(server.stop(), 0)
            with Server([FIRST], data=folder, options=["--history-check-bytes-per-second", "0"]) as server:
                self.assertIsNone(server.world("changing")["checked_through"])
                self.assertEqual(server.stop(), 0)


class DoctorTests(unittest.TestCase):
    def test_a_whole_folder_is_whole_also_beside_a_server(self):
        with temporary_folder() as folder:
            lives(folder, "stop", "kill")
            code, found = doctor(folder)
            self.assertEqual((code, found["ok"], found["in_use"]), (0, True, False), found)
            self.assertEqual([code["hash"] for code in found["worlds"][0]["code"]], [digest(binary(FIRST))])
            with Server([FIRST], data=folder) as server:
                self.assertTrue(doctor(folder)[1]["in_use"])
                code, output, errors = run([binary("orge"), "doctor", folder, "--repair", folder + "-saved"])
                self.assertEqual((code, os.path.exists(folder + "-saved")), (1, False), output)
                self.assertIn("a server is at work", errors)
                self.assertEqual(server.stop(), 0)

    def test_what_can_be_saved_is_written_into_a_new_folder_and_served_from_there(self):
        with temporary_folder() as place:
            folder, saved = os.path.join(place, "data"), os.path.join(place, "saved")
            before = lives(folder, "stop", "kill")
            # After the image of the first life, in the middle of the tail of the second.
            segment = journal(folder)[-1]
            with open(segment, "rb") as file:
                content = file.read()
            first = 512 + 48 + (struct.unpack_from(">I", content, 520)[0] + 7) // 8 * 8
            write_at(segment, first + 50, bytes([content[first + 50] ^ 1]))
            code, said, errors = run([binary("orge"), "serve", "--json", "--data", folder, "--port", 0, "--world", binary(FIRST)])
            self.assertEqual(code, 1, "no start from less")
            self.assertIn("damaged", said + errors)
            code, found = doctor(folder)
            world = found["worlds"][0]
            self.assertEqual((code, world["ok"]), (1, False))
            self.assertIn(os.path.basename(segment), world["findings"][0]["file"])
            self.assertEqual(world["lost"], None if world["can_save"]["through"] == world["last_tick"] else
                             {"first": world["can_save"]["through"] + 1, "last": world["last_tick"]})
            code, output, errors = run([binary("orge"), "doctor", folder, "--repair", saved])
            self.assertEqual(code, 0, output + errors)
            self.assertIn(f"through tick {world['can_save']['through']}", output)
            self.assertEqual(run([binary("orge"), "doctor", folder, "--repair", saved])[0], 1, "never over something")
            self.assertEqual(doctor(saved)[0], 0)
            code, lines = verify(saved)
            self.assertEqual((code, lines[-1]["ticks"]), (0, world["can_save"]["through"]))
            with Server([FIRST], data=saved) as server:
                self.assertLessEqual(total(server), before)
                self.assertGreaterEqual(total(server), 5, "the first life is whole")
                self.assertEqual(server.stop(), 0)

    def test_a_missing_genesis_and_a_damaged_universe_are_written_again(self):
        with temporary_folder() as place:
            folder, saved = os.path.join(place, "data"), os.path.join(place, "saved")
            before = lives(folder, "stop")
            os.unlink(os.path.join(folder, "worlds", "changing", "genesis"))
            write_at(os.path.join(folder, "universe.json"), 0, b"?")
            code, found = doctor(folder, "--repair", saved)
            self.assertEqual((code, found["ok"], found["saved"]), (0, False, True), found)
            self.assertIn("damaged", found["universe"])
            with Server([FIRST], data=saved) as server:
                self.assertEqual(total(server), before)
                self.assertEqual(server.stop(), 0)

    def test_an_altered_executable_is_found(self):
        with temporary_folder() as folder:
            lives(folder, "stop")
            overwrite(os.path.join(folder, "code", digest(binary(FIRST))), flip)
            code, found = doctor(folder)
            self.assertEqual(code, 1)
            self.assertIn("was altered", found["worlds"][0]["code"][0]["state"])

    def test_what_is_no_data_folder_is_told_in_words(self):
        with temporary_folder() as folder:
            for path in [folder, os.path.join(folder, "nowhere")]:
                code, output, errors = run([binary("orge"), "doctor", path])
                self.assertEqual((code, output), (1, ""))
                self.assertIn("data folder", errors)

    def test_nothing_to_save_is_told(self):
        with temporary_folder() as place:
            folder, saved = os.path.join(place, "data"), os.path.join(place, "saved")
            lives(folder, "kill")
            shutil.rmtree(os.path.join(folder, "worlds", "changing", "images"))
            os.mkdir(os.path.join(folder, "worlds", "changing", "images"))
            write_at(journal(folder)[0], 20, b"\x5a")
            os.unlink(os.path.join(folder, "worlds", "changing", "genesis"))
            code, found = doctor(folder, "--repair", saved)
            self.assertEqual((code, found["saved"], found["worlds"][0]["can_save"]), (1, False, None), found)


if __name__ == "__main__":
    unittest.main()
