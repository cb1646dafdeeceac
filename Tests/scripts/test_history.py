"""How much of a world's journal stays, and what of it a start needs."""

import os
import unittest

from orge_harness import Server, binary, run, temporary_folder

STARTS = 6


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
                segment.seek(512 + 48)  # behind the segment's head, in the first record's body
                byte = segment.read(1)[0]
                segment.seek(-1, os.SEEK_CUR)
                segment.write(bytes([byte ^ 1]))
            serve_once(folder)
            code, _, errors = replay(folder)
            self.assertEqual(code, 1, errors)
            self.assertIn(first, errors)


if __name__ == "__main__":
    unittest.main()
