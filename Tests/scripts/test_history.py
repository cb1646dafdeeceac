"""How much of a world's journal stays, and what of it a start needs."""

import hashlib
import json
import os
import struct
import unittest

from orge_harness import Server, binary, run, temporary_folder
from wire import COMMAND, OUTCOME, Client, command, frame

STARTS = 6
# The one command of the Ledger, and a kind that it does not have; codes of refusals.
TRANSFER, UNKNOWN = 0, 99
INVALID, MALFORMED = 1, 10


def files(folder, kind):
    """Names in the ledger's folder of one kind, sorted."""
    return sorted(os.listdir(os.path.join(folder, "worlds", "ledger", kind)))


def serve_once(folder, options=()):
    """One life of the server: a command, and an orderly stop, which leaves an image."""
    with Server(["ledger"], data=folder, options=options) as server:
        code, outcome = server.call("transfer", name="ada", to=1, amount=1)
        assert (code, outcome["outcome"]) == (1, "refused"), outcome
        assert server.stop() == 0


def replay(folder):
    return run([binary("ledger"), "--replay", folder])


class HistoryTests(unittest.TestCase):
    def test_history_is_kept_and_runs_again_from_its_beginning(self):
        with temporary_folder() as folder:
            for _ in range(STARTS):
                serve_once(folder)
            self.assertEqual(len(files(folder, "journal")), STARTS)
            code, output, errors = replay(folder)
            self.assertEqual(code, 0, errors)
            self.assertIn(f"{STARTS} outcomes, every hash as recorded", output)

    def test_a_malformed_command_is_replayed_in_its_place_with_everything_around_it(self):
        """Three commands in one write, so that they mostly share a tick: the one in the middle is of a kind that the world does not have."""
        with temporary_folder() as folder:
            with Server(["ledger"], data=folder) as server:
                client = Client(server.address).log_in("ada")
                joined = client.join("ledger")
                kinds = [TRANSFER, UNKNOWN, TRANSFER]
                payloads = [struct.pack(">QI", joined.avatar, 1 + number) for number in range(len(kinds))]
                sequences = [joined.first_sequence + number for number in range(len(kinds))]
                client.send_raw(b"".join(frame(COMMAND, command(*words)) for words in zip(sequences, kinds, payloads)))
                told = [client.expect(OUTCOME)[1] for _ in kinds]
                client.leave()
                self.assertEqual(server.stop(), 0)
            # Sequence, then tick; a refusal is a 1 and its code.
            self.assertEqual([(struct.unpack_from(">Q", body)[0], *body[16:18]) for body in told],
                             list(zip(sequences, [1] * 3, [INVALID, MALFORMED, INVALID])))
            code, output, errors = run([binary("ledger"), "--replay", folder, "--json"])
            self.assertEqual(code, 0, errors)
            *lines, summary = [json.loads(line) for line in output.splitlines()]
            self.assertEqual((summary["outcomes"], summary["amendments"], summary["ok"]), (3, 0, True))
            self.assertEqual([(line["sequence"], line["command"], line["outcome"]["code"]) for line in lines],
                             list(zip(sequences, ["transfer", "malformed", "transfer"], [INVALID, MALFORMED, INVALID])))
            self.assertEqual([line["tick"] for line in lines], [struct.unpack_from(">Q", body, 8)[0] for body in told])
            self.assertEqual({line["account"] for line in lines}, {"ada"})
            code, output, errors = run([binary("ledger"), "--replay", folder])
            self.assertEqual((code, "3 outcomes, every hash as recorded" in output), (0, True), errors)

    def test_forgotten_history_leaves_a_bounded_folder_that_starts_and_runs_again_from_an_image(self):
        with temporary_folder() as folder:
            for _ in range(STARTS):
                serve_once(folder, ["--forget-history"])
                self.assertLessEqual(len(files(folder, "journal")), 3)
                self.assertLessEqual(len(files(folder, "images")), 2)
            code, output, errors = replay(folder)
            self.assertEqual(code, 0, errors)
            self.assertIn("every hash as recorded", output)

    def test_damage_in_old_history_stops_no_start_and_is_named_by_replay(self):
        with temporary_folder() as folder:
            for _ in range(2):
                serve_once(folder)
            first = files(folder, "journal")[0]
            with open(os.path.join(folder, "worlds", "ledger", "journal", first), "r+b") as segment:
                segment.seek(512 + 48)  # after the segment's head, in the first record's body
                byte = segment.read(1)[0]
                segment.seek(-1, os.SEEK_CUR)
                segment.write(bytes([byte ^ 1]))
            serve_once(folder)
            code, _, errors = replay(folder)
            self.assertEqual(code, 1, errors)
            self.assertIn(first, errors)

    def test_an_image_is_listed_without_the_world_and_a_damaged_one_is_named(self):
        with temporary_folder() as folder:
            serve_once(folder)
            newest = os.path.join(folder, "worlds", "ledger", "images", files(folder, "images")[-1])
            code, output, errors = run([binary("orge"), "image", newest, "--json"])
            self.assertEqual(code, 0, errors)
            lines = [json.loads(line) for line in output.splitlines()]
            self.assertEqual(lines[0]["type"], "image")
            self.assertEqual((lines[0]["world"], lines[0]["format"]), ("ledger", 2))
            self.assertEqual(lines[-1]["type"], "trailer")
            named = [line["name"] for line in lines if line["type"] == "section"]
            self.assertEqual(named[:4], ["world", "entities", "accounts", "keys"])
            self.assertEqual(lines[-1]["sections"], len(named))
            rows = [line for line in lines if line["type"] == "row"]
            self.assertEqual([(row["component"], row["fields"]["cents"]) for row in rows], [("balance", 10000)])
            self.assertEqual(rows[0]["fields"]["owner"], rows[0]["entity"])
            accounts = [line for line in lines if line["type"] == "account"]
            self.assertEqual([(line["name"], line["avatar"]) for line in accounts], [("ada", rows[0]["entity"])])
            guest = int.from_bytes(hashlib.sha256(b"ada").digest()[:8], "big") | 1 << 63
            self.assertEqual(accounts[0]["account"], f"{guest:016x}")
            self.assertNotIn("seed", output)
            code, output, errors = run([binary("orge"), "image", newest])
            self.assertEqual(code, 0, errors)
            self.assertIn("cents=10000", output)
            with open(newest, "r+b") as image:
                image.seek(-40, os.SEEK_END)
                image.write(b"\xff")
            code, _, errors = run([binary("orge"), "image", newest])
            self.assertEqual(code, 1)
            self.assertIn("checksum", errors)
            code, _, errors = run([binary("orge"), "image", binary("orge")])
            self.assertEqual(code, 1)
            self.assertIn("not an image", errors)


if __name__ == "__main__":
    unittest.main()
