"""One seed, one state: in every run and in both configurations. And the check must be able to fail."""

import unittest

from orge_harness import binary, release_binary, run

TICKS = 2_000
SCRIPT = 7
# A debug build takes ten times as long; a tenth of the ticks says as much about it.
DEBUG_TICKS = 200
CONTROL_RUNS = 5
RUN_SECONDS = 300


def last_word(*command):
    code, output, errors = run(command, RUN_SECONDS)
    if code != 0:
        raise AssertionError(f"exit code {code} from {command}: {errors}")
    return output.split()[-1]


def fast(path, ticks):
    """The state hash after so many ticks; Swift hashes with a new seed in every run."""
    return last_word(path, "--fast", ticks, "--script", SCRIPT)


class ReproducibilityTests(unittest.TestCase):
    def assert_reproducible(self, world):
        ours = {fast(binary(world), DEBUG_TICKS) for _ in range(3)}
        self.assertEqual(len(ours), 1, f"{world}: three runs, {len(ours)} states")
        self.assertNotEqual(ours, {last_word(binary(world), "--fast", DEBUG_TICKS, "--script", SCRIPT + 1)}, "the script has no effect")
        if release_binary(world):
            self.assertEqual({fast(release_binary(world), DEBUG_TICKS)}, ours, f"{world}: the release build comes to another state")
            theirs = {fast(release_binary(world), TICKS) for _ in range(3)}
            theirs.add(fast(binary(world), TICKS))
            self.assertEqual(len(theirs), 1, f"{world}: {TICKS} ticks in both builds, {len(theirs)} states")

    def test_the_meadow_comes_to_one_state(self):
        self.assert_reproducible("meadow")

    def test_the_ledger_comes_to_one_state(self):
        self.assert_reproducible("ledger")

    def control(self, world):
        return {last_word(binary("control-worlds"), world, 50, SCRIPT) for _ in range(CONTROL_RUNS)}

    def test_a_world_that_keeps_the_rules_agrees_with_itself(self):
        self.assertEqual(len(self.control("sound")), 1)

    def test_worlds_that_break_the_rules_are_caught(self):
        for world in ["set", "padding", "clock"]:
            with self.subTest(world):
                self.assertGreater(len(self.control(world)), 1)


if __name__ == "__main__":
    unittest.main()
