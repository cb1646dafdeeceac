"""A Ledger's host is killed at named points of its work, by a hook that debug builds have, and loses what it had not synced: everything that a client was
told must be in the journal, and the model outside must agree. Two controls, which break the disk's promise, must be caught."""

import contextlib
import json
import os
import random
import subprocess
import threading
import time
import unittest

import test_ledger_model as ledger
from disk_library import COMPILER, disk_library, settings
from orge_harness import READY_SECONDS, HarnessError, Server, binary, crowd, has_crash_points, is_soak, run, soaked, temporary_folder, wait_until
from test_quarantine import LARGEST, WORLD_FAULT, Honest, Player, faults, variant

POINTS = ["before-seal", "after-seal", "before-write", "after-write", "before-sync", "after-sync", "before-release", "after-release",
          "before-image-rename", "after-image-rename", "before-truncation", "after-truncation"]
# Seconds of bots; one death takes a little less than one. In `make test` every point comes once or twice.
BOTS, RATE, SECONDS, LEAST = (100, 5, 8 + soaked(252), soaked(20)) if is_soak() else (crowd(40), 5, 20, 0)
CONTROL_SECONDS = 8
# A host that has served for half a second and released a tick is started again at once; after a shorter life the pauses grow to five seconds.
LIFE_MS = 550
# Of the amendments, in which each host dies that is to record one; then each that has recorded one.
FAULTS, LEAST_AMENDMENTS = (4 + soaked(20), soaked(20)) if is_soak() else (3, 2)


class Plan:
    """The file of which each process takes its line."""

    def __init__(self, folder, points, source):
        self.path = os.path.join(folder, "crashes")
        # Not a truncation: the first process has no segment that could go.
        lines = [f"after-sync 1 {LIFE_MS}"] if "after-sync" in points else []
        for _ in range(1_000):
            lines += source.sample([self.line(point, source) for point in points], len(points))
        self.write(lines)

    @staticmethod
    def line(point, source):
        # What goes is the segments of processes before, with a process's first image: soon after its start, and not again.
        if point.endswith("truncation"):
            return f"{point} 1 0"
        return f"{point} {source.randint(1, 3)} {source.randint(LIFE_MS, LIFE_MS + 100)}"

    def write(self, lines):
        self.points = [line.split()[0] for line in lines]
        with open(self.path, "w", encoding="ascii") as file:
            file.write("\n".join(lines) + "\n")

    def finish(self):
        """No further process takes a line."""
        with open(self.path, "w", encoding="ascii"):
            pass


class AmendmentPlan(Plan):
    """Each third process serves, until it fails on a command; of those between, which are to leave that command out, one dies before it has recorded so and one
    after. In what order they die is not theirs to choose: what was recorded once is not recorded again."""

    def __init__(self, folder):
        self.path = os.path.join(folder, "crashes")
        self.write(["after-release 1 86400000", "before-amendment 1 0", "after-amendment 1 0"] * 1_000)


class Archive:
    """Links every segment that appears, so that the whole history is there although the host removes what its images need no more."""

    def __init__(self, world, folder):
        self.world, self.source, self.folder = world, os.path.join(world, "journal"), folder
        os.makedirs(os.path.join(folder, "journal"))
        os.makedirs(os.path.join(folder, "images"))
        os.link(os.path.join(world, "genesis"), os.path.join(folder, "genesis"))
        self.over = threading.Event()
        self.thread = threading.Thread(target=self.watch, daemon=True)
        self.thread.start()

    def watch(self):
        # A test that fails takes the folder away before it says that this is over.
        with contextlib.suppress(FileNotFoundError):
            while not self.over.wait(0.02):
                self.link()

    def link(self):
        for name in os.listdir(self.source):
            if name.endswith(".segment"):
                with contextlib.suppress(FileExistsError, FileNotFoundError):
                    os.link(os.path.join(self.source, name), os.path.join(self.folder, "journal", name))

    def finish(self):
        self.over.set()
        self.thread.join()
        # Marks first: they name no segment that comes later.
        for name in os.listdir(self.world):
            if name.endswith((".newest", ".claimed")):
                with contextlib.suppress(FileNotFoundError):
                    os.link(os.path.join(self.world, name), os.path.join(self.folder, name))
        self.link()


KILLED = "it was ended by signal 9"


def deaths(server, world):
    """Why each process of the world ended, in order. To be asked once."""
    events = []
    while not server.program.lines.empty():
        line = server.program.lines.get()
        if line:
            events.append(json.loads(line))
    return [event["why"] for event in events if event["event"] == "restarting" and event["child"] == world]


class Run:
    """One life of a server under bots, whose host dies again and again; then what is known of it."""

    def __init__(self, test, points, seconds, source):
        self.test = test
        self.deaths = dict.fromkeys(points, 0)
        with temporary_folder() as folder:
            plan = Plan(folder, points, source)
            data, self.log = os.path.join(folder, "data"), os.path.join(folder, "outcomes.jsonl")
            world = os.path.join(data, "worlds", "ledger")
            with settings(WORLD_TEST_CRASHES=plan.path), Server(["ledger"], data=data, options=["--forget-history"]) as server:
                archive = Archive(world, os.path.join(folder, "archive"))
                options = ["--drop", ledger.DROP_SECONDS, "--outcomes", self.log, "--seed", source.randrange(1 << 32)]
                with server.bots_meanwhile(BOTS, RATE, seconds, world="ledger", options=options) as result:
                    self.answer = result()
                plan.finish()
                ready = server.wait_for_world("ledger", lambda world: world["state"] == "ready", "its last return")
                self.test.assertEqual(server.stop(), 0)
                whys = deaths(server, "ledger")
                # The k-th process takes the k-th line, and dies by it.
                self.test.assertEqual(set(whys) | {KILLED}, {KILLED})
                self.test.assertEqual(ready["incarnation"], len(whys) + 1)
                for point in plan.points[:len(whys)]:
                    self.deaths[point] += 1
            archive.finish()
            # A fresh process runs all that was ever recorded; it checks every hash while it does.
            code, output, errors = run([binary("ledger"), "--replay", archive.folder, "--json"], 300)
            self.test.assertEqual(code, 0, errors)
            self.check(ledger.commands_of(self.test, output))

    def check(self, replay):
        oracle = ledger.Oracle(self.test)
        oracle.check_replay(replay)
        oracle.check_bots(self.answer, self.log, replay, BOTS)


@unittest.skipUnless(COMPILER, "no C compiler")
@unittest.skipUnless(has_crash_points(), "crash points are in debug builds only")
class CrashPointTests(unittest.TestCase):
    def source(self):
        seed = int(os.environ.get("ORGE_SEED", random.SystemRandom().randrange(1 << 32)))
        print(f"      {BOTS} bots, ORGE_SEED={seed}")
        return random.Random(seed)

    def check_deaths(self, done):
        print("      " + ", ".join(f"{point} {count}" for point, count in done.deaths.items()))
        self.assertGreaterEqual(sum(done.deaths.values()), 3)
        self.assertGreaterEqual(min(done.deaths.values()), LEAST)

    def test_what_was_answered_survives_a_power_cut_at_every_point(self):
        with disk_library(DISK_TEST_HOLD="power"):
            self.check_deaths(Run(self, POINTS, SECONDS, self.source()))

    @unittest.skipUnless(is_soak(), "the power cut is the harder case")
    def test_what_was_answered_survives_a_kill_at_every_point(self):
        self.check_deaths(Run(self, POINTS, SECONDS, self.source()))

    def test_a_fault_is_contained_once_although_hosts_die_before_and_after_they_record_that(self):
        with temporary_folder() as folder, disk_library(DISK_TEST_HOLD="power"):
            plan, world = AmendmentPlan(folder), variant(folder, "lenient")
            with settings(WORLD_TEST_CRASHES=plan.path), Server([world]) as server:
                with Player(server, "poisoner") as poisoner, Honest(server) as honest:
                    began = time.monotonic()
                    self.assertEqual(poisoner.add(LARGEST), (0, LARGEST))
                    for _ in range(FAULTS):
                        seen = honest.applied
                        # A second of this world: the pauses between starts begin from the first again.
                        wait_until(lambda seen=seen: honest.applied > seen + 20, "an honest player at work", READY_SECONDS)
                        self.assertEqual(poisoner.add(1)[0], WORLD_FAULT)
                    print(f"      {FAULTS} faults in {time.monotonic() - began:.0f} s; an honest client waited {honest.longest:.1f} s at most")
                    self.assertEqual((honest.wrong, poisoner.add(-1)), ([], (0, LARGEST - 1)))
                whys = deaths(server, "faulty")
                killed = [point for point, why in zip(plan.points, whys) if why == KILLED]
                print(f"      killed before {killed.count('before-amendment')} and after {killed.count('after-amendment')} amendments")
                self.assertEqual(len(whys) - len(killed), FAULTS, "each fault ends one host")
                self.assertGreaterEqual(min(killed.count("before-amendment"), killed.count("after-amendment")), LEAST_AMENDMENTS)
                self.assertEqual([fault["grade"] for fault in faults(server.data)], ["skipped"] * FAULTS)
                plan.finish()
                self.assertEqual(server.stop(), 0)
                code, output, errors = run([world, "--replay", os.path.join(server.data, "worlds", "faulty"), "--json"], 300)
                self.assertEqual(code, 0, errors)
                *lines, summary = [json.loads(line) for line in output.splitlines()]
                self.assertEqual((summary["ok"], summary["amendments"]), (True, FAULTS))
                codes = [line["outcome"].get("code") for line in lines if line["account"] == "poisoner"]
                self.assertEqual(codes, [None] + [WORLD_FAULT] * FAULTS + [None])

    def test_a_sync_that_does_nothing_is_caught(self):
        self.check_caught("never", ["before-write", "after-release"])

    def test_a_release_before_its_sync_is_caught(self):
        self.check_caught("late", ["after-release"])

    def check_caught(self, mode, points):
        with disk_library(DISK_TEST_HOLD=mode):
            try:
                Run(self, points, CONTROL_SECONDS, self.source())
            except (AssertionError, HarnessError, subprocess.SubprocessError) as caught:
                print(f"      caught: {str(caught).splitlines()[0][:150]}")
                return
        self.fail(f"a disk that syncs {mode} goes unnoticed")


if __name__ == "__main__":
    unittest.main()
