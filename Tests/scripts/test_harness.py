"""The harness itself: it must end what it started and say what it saw."""

import os
import sys
import unittest

import procfs
from orge_harness import HarnessError, Program, run, temporary_folder, wait_until

ECHO = [sys.executable, "-c"]


class HarnessTests(unittest.TestCase):
    def test_lines_of_a_program_arrive_as_they_are_written(self):
        with Program([*ECHO, 'print("{\\"event\\": \\"ready\\"}", flush=True); import time; time.sleep(60)']) as program:
            self.assertEqual(program.event(), {"event": "ready"})

    def test_a_program_that_ends_too_early_is_reported_with_its_words(self):
        with Program([*ECHO, 'import sys; sys.exit("no such world")']) as program:
            with self.assertRaisesRegex(HarnessError, "no such world"):
                program.line()
            self.assertEqual(program.wait(), 1)

    def test_the_end_of_a_program_takes_its_children_along(self):
        script = 'import subprocess, time; print(subprocess.Popen(["sleep", "60"]).pid, flush=True); time.sleep(60)'
        with Program([*ECHO, script]) as program:
            child = int(program.line())
            self.assertEqual(procfs.tree(program.pid), [program.pid, child])
        wait_until(lambda: not procfs.is_running(child), "the child's end")

    def test_a_wait_says_what_it_waited_for(self):
        with self.assertRaisesRegex(HarnessError, "the moon; last seen: False"):
            wait_until(lambda: False, "the moon", seconds=0)

    def test_a_temporary_folder_goes_away(self):
        with temporary_folder() as folder:
            self.assertTrue(os.path.isdir(folder))
        self.assertFalse(os.path.exists(folder))

    def test_cpu_seconds_count_a_busy_process(self):
        with Program([*ECHO, "while True: pass"]) as program:
            wait_until(lambda: procfs.cpu_seconds(program.pid) > 0.05, "CPU time")
            self.assertGreater(procfs.resident_bytes(program.pid), procfs.private_bytes(program.pid) // 2)

    def test_a_command_gives_code_output_and_errors(self):
        self.assertEqual(run([*ECHO, 'import sys; print("a"); print("b", file=sys.stderr); sys.exit(3)']), (3, "a\n", "b\n"))


if __name__ == "__main__":
    unittest.main()
