"""Worlds whose code fails: the input that they fail on is named, left out and told, and everything else goes on."""

import contextlib
import json
import os
import shutil
import signal
import struct
import threading
import time
import unittest

from disk_library import settings
from orge_harness import READY_SECONDS, Program, Server, binary, has_crash_points, is_soak, run, soaked, temporary_folder, wait_until
from wire import COMMAND, JOIN, JOINED, JOIN_REFUSED, OUTCOME, Client, command, join, refusal

ADD, LOOP, PLANT, HOARD, DIVE = range(5)
APPLIED, REFUSED, REPEATED = 0, 1, 2
WORLD_FAULT, SUSPENDED, KIND_DISABLED = 14, 15, 16
LARGEST = 2**31 - 1
# A lost restart costs tens of seconds; a busy machine some. The figures of a quiet one are printed.
GENEROUS_SECONDS = 20
# Between two outcomes of a world with 20 ticks a second; shorter ones are a busy machine's.
OUTAGE_SECONDS = 0.2
# For so long twenty accounts send poison.
SIEGE_SECONDS = soaked(60) if is_soak() else 0


def variant(folder, name):
    """The faulty world as another program, with other bytes: what stands behind its last one chooses what fails."""
    path = os.path.join(folder, name)
    shutil.copy(binary("faulty"), path)
    with open(path, "ab") as file:
        file.write(f" variant={name}".encode())
    return path


class Player:
    """A client in the world faulty that counts its commands."""

    def __init__(self, server, name):
        self.client = Client(server.address, READY_SECONDS).log_in(name)
        self.sequence = self.client.join("faulty").first_sequence

    def send(self, kind, payload, key=None):
        self.client.send(COMMAND, command(self.sequence, kind, payload, key))
        self.sequence += 1

    def outcome(self):
        """(refusal code or 0, the outcome's rest) of the next one."""
        _, body = self.client.expect(OUTCOME)
        status = body[16]
        if status == REFUSED:
            return body[17], body[18:]
        if status not in (APPLIED, REPEATED):
            raise AssertionError(f"no outcome: {body.hex()}")
        return 0, body[17:]

    def do(self, kind, payload, key=None):
        self.send(kind, payload, key)
        return self.outcome()

    def add(self, amount, key=None):
        """(refusal code or 0, the sum or None)."""
        code, rest = self.do(ADD, struct.pack(">i", amount), key)
        return code, struct.unpack(">i", rest[-4:])[0] if code == 0 else None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.client.close()


class Honest:
    """A player beside the failing one: adds 1 again and again, and measures the longest time between two outcomes, and the sum of those that are outages."""

    def __init__(self, server, name="honest"):
        self.player = Player(server, name)
        self.longest = 0.0
        self.outage = 0.0
        self.applied = 0
        self.wrong = []
        self.isOver = threading.Event()
        self.thread = threading.Thread(target=self.play, daemon=True)

    def play(self):
        last = time.monotonic()
        while not self.isOver.is_set():
            code, total = self.player.add(1)
            now = time.monotonic()
            self.longest = max(self.longest, now - last)
            if now - last > OUTAGE_SECONDS:
                self.outage += now - last
            last = now
            self.applied += 1
            if (code, total) != (0, self.applied):
                self.wrong.append((code, total, self.applied))

    def __enter__(self):
        self.thread.start()
        wait_until(lambda: self.applied > 5, "an honest player at work")
        return self

    def __exit__(self, *_):
        seen = self.applied
        wait_until(lambda: self.applied > seen + 5 or not self.thread.is_alive(), "the honest player still at work")
        self.isOver.set()
        self.thread.join(READY_SECONDS)
        self.player.client.close()


def faults(data):
    code, output, errors = run([binary("orge"), "faults", "--data", data, "--json"], READY_SECONDS)
    if code != 0:
        raise AssertionError(f"orge faults: {errors}")
    return json.loads(output)


def lift(server, what, *words):
    """(exit code, output, errors) of `orge faults --lift`."""
    code, output, errors = run([binary("orge"), "faults", "--data", server.data, "--lift", what, *words], READY_SECONDS)
    return code, output.strip(), errors


def events(server, name):
    """All events of that name so far; others are dropped."""
    found = []
    while not server.program.lines.empty():
        line = server.program.lines.get()
        if line and json.loads(line)["event"] == name:
            found.append(json.loads(line))
    return found


class QuarantineTests(unittest.TestCase):
    def honest_kept_on(self, honest, what):
        print(f"{what}: longest time between an honest client's outcomes {honest.longest * 1000:.0f} ms")
        self.assertEqual(honest.wrong, [])
        self.assertLess(honest.longest, GENEROUS_SECONDS)

    def test_a_command_that_traps_is_refused_and_nothing_else_notices(self):
        with Server(["faulty"]) as server, Player(server, "ada") as ada:
            with Honest(server) as honest:
                self.assertEqual(ada.add(LARGEST), (0, LARGEST))
                self.assertEqual(ada.add(1)[0], WORLD_FAULT)
            self.honest_kept_on(honest, "a trapping command")
            world = server.wait_for_world("faulty", lambda world: world["state"] == "ready", "is ready")
            self.assertEqual((world["faults"], len(events(server, "fault"))), (1, 1))
            [fault] = faults(server.data)
            self.assertEqual((fault["world"], fault["phase"], fault["kind"], fault["account"]), ("faulty", "command", "add", "ada"))
            self.assertIn(fault["signal"], (signal.SIGILL, signal.SIGTRAP))
            self.assertEqual((fault["grade"], fault["strikes"]), ("skipped", 1))
            # The report comes from a side process, after the world is back.
            report = wait_until(lambda: faults(server.data)[0]["report"], "the report", READY_SECONDS)
            with open(report, encoding="utf-8") as file:
                text = file.read()
            self.assertIn("input: add amount=1", text)
            self.assertIn("overflow", text)
            self.assertEqual(server.stop(), 0)
            self.assertEqual(len(faults(server.data)), 1)

    def test_a_command_that_never_ends_is_refused_after_it_has_used_too_much_twice(self):
        with Server(["faulty"], options=["--processor-limit-ms", 500]) as server, Player(server, "ada") as ada:
            with Honest(server) as honest:
                self.assertEqual(ada.do(LOOP, struct.pack(">I", 0))[0], WORLD_FAULT)
            self.honest_kept_on(honest, "an endless command, bound 500 ms")
            [fault] = faults(server.data)
            self.assertEqual((fault["kind"], fault["signal"], fault["cause"]), ("loop", None, "too much processor time"))
            self.assertEqual(ada.do(LOOP, struct.pack(">I", 10))[0], SUSPENDED)

    def test_a_command_that_uses_up_the_stack_is_refused(self):
        """The handler of the signal has a stack of its own."""
        with Server(["faulty"]) as server, Player(server, "ada") as ada:
            with Honest(server) as honest:
                self.assertEqual(ada.do(DIVE, b"")[0], WORLD_FAULT)
            self.honest_kept_on(honest, "a command that uses up the stack")
            [fault] = faults(server.data)
            self.assertEqual((fault["kind"], fault["signal"], fault["grade"]), ("dive", signal.SIGSEGV, "skipped"))

    def test_a_poisoned_command_with_a_key_uses_no_key_and_known_keys_are_answered_to_a_suspended_account(self):
        with Server(["faulty"]) as server, Player(server, "ada") as ada:
            self.assertEqual(ada.add(LARGEST, b"the first key, 1"), (0, LARGEST))
            self.assertEqual(ada.add(1, b"the second key 2")[0], WORLD_FAULT)
            self.assertEqual(ada.add(1, b"the second key 2")[0], SUSPENDED)
            self.assertEqual(ada.add(LARGEST, b"the first key, 1"), (0, LARGEST))
            self.assertEqual(len(faults(server.data)), 1)

    def test_signals_from_outside_blame_nothing(self):
        with Server(["faulty"]) as server:
            with Honest(server):
                for number in (signal.SIGKILL, signal.SIGSEGV, signal.SIGILL, signal.SIGABRT, signal.SIGKILL):
                    before = server.wait_for_world("faulty", lambda world: world["state"] == "ready", "is ready")
                    os.kill(before["pid"], number)
                    server.wait_for_world("faulty", lambda world: world["state"] == "ready" and world["pid"] != before["pid"], "is back")
            self.assertEqual((faults(server.data), server.world("faulty")["faults"]), ([], 0))

    def test_an_arrival_that_traps_is_refused(self):
        with Server(["faulty"]) as server, Client(server.address, READY_SECONDS).log_in("trapper") as trapper:
            with Honest(server) as honest:
                trapper.send(JOIN, join("faulty"))
                kind, body = trapper.expect(JOINED, JOIN_REFUSED)
                self.assertEqual(kind, JOIN_REFUSED, body)
                self.assertTrue(refusal(body)[2])
            self.honest_kept_on(honest, "a trapping arrival")
            [fault] = faults(server.data)
            self.assertEqual((fault["phase"], fault["kind"], fault["account"]), ("arrival", None, "trapper"))

    def test_a_value_on_which_a_system_traps_later_is_set_aside(self):
        with Server(["faulty"]) as server, Player(server, "ada") as ada:
            with Honest(server) as honest:
                self.assertEqual(ada.do(PLANT, struct.pack(">H", 5))[0], 0)
                wait_until(lambda: server.world("faulty")["faults"] == 1, "the fault", READY_SECONDS)
                self.assertEqual(ada.add(7), (0, 7))
            self.honest_kept_on(honest, "a planted value")
            [fault] = faults(server.data)
            self.assertEqual((fault["phase"], fault["system"], fault["account"], fault["grade"]), ("system", "Burn", None, "entitySetAside"))
            self.assertIsNotNone(fault["entity"])

    def test_accounts_that_the_policy_counts_disable_a_kind_with_three_crashes(self):
        with temporary_folder() as folder, Server([variant(folder, "counts-guests")]) as server:
            with Honest(server) as honest:
                codes = self.poison(server, 20)
            print(f"twenty accounts for {SIEGE_SECONDS} s: {codes}; an honest client's outages: longest {honest.longest * 1000:.0f} ms, "
                  f"in all {honest.outage * 1000:.0f} ms")
            self.assertEqual(server.world("faulty")["faults"], 3)
            self.assertEqual(codes, [WORLD_FAULT] * 3 + [KIND_DISABLED] * 17)
            self.assertEqual({code for code, _, _ in honest.wrong}, {KIND_DISABLED}, "the kind is disabled for everybody")
            self.assertEqual([fault["disabled"] for fault in faults(server.data)], [None, None, "all"])

    def test_guests_switch_a_kind_off_for_guests_alone_and_are_suspended(self):
        with Server(["faulty"]) as server:
            codes = self.poison(server, 20)
            self.assertEqual(codes, [WORLD_FAULT] * 3 + [KIND_DISABLED] * 17)
            self.assertEqual([fault["disabled"] for fault in faults(server.data)], [None, None, "guests"])

    def test_an_operator_lifts_a_disabled_kind_and_a_suspension(self):
        with temporary_folder() as folder, Server([variant(folder, "counts-guests")]) as server:
            with Player(server, "honest") as honest, Player(server, "ada") as suspended:
                self.assertEqual((suspended.add(LARGEST), suspended.add(1)[0]), ((0, LARGEST), WORLD_FAULT))
                self.assertEqual(self.poison(server, 2), [WORLD_FAULT] * 2)
                self.assertEqual((honest.add(1)[0], suspended.add(1)[0]), (KIND_DISABLED, SUSPENDED))
                code, output, errors = lift(server, "kind:ad", "--json")
                self.assertEqual((code, "has no command ad" in json.loads(output)["error"]["message"]), (1, True), errors)
                code, output, errors = lift(server, "system:Burn")
                self.assertEqual((code, output), (1, ""), errors)
                self.assertIn("nothing of the world faulty is lifted by system:Burn", errors)
                self.assertIn("In force: kind:add (disabled), account:", errors)
                code, output, errors = lift(server, "kind:add", "--json")
                self.assertEqual(code, 0, errors)
                lifted = json.loads(output)
                self.assertEqual((lifted["world"], lifted["lifted"]), ("faulty", ["kind:add (disabled)"]))
                self.assertEqual((honest.add(1), suspended.add(1)[0]), ((0, 1), SUSPENDED))
                code, output, errors = lift(server, "account:ada")
                self.assertEqual(code, 0, errors)
                self.assertRegex(output, r"^Lifted in the world faulty, in tick \d+: account:ada \(suspended until .*\)\.$")
                # It still holds the largest number.
                self.assertEqual(suspended.add(-1), (0, LARGEST - 1))
                server.kill_host("faulty")
                self.assertEqual((honest.add(1), suspended.add(-1)), ((0, 2), (0, LARGEST - 2)))
            self.assertEqual(server.stop(), 0)
            code, _, errors = run([server.worlds[0], "--replay", os.path.join(server.data, "worlds", "faulty")], READY_SECONDS)
            self.assertEqual(code, 0, errors)
            code, _, errors = lift(server, "all")
            self.assertEqual((code, "no server is running" in errors), (1, True), errors)

    def test_what_can_be_lifted_is_told_for_wrong_words(self):
        code, output, errors = run([binary("orge"), "faults", "--data", "data", "--lift", "transfer"])
        self.assertEqual((code, output), (64, ""))
        self.assertIn("transfer is none of kind:NAME, system:NAME, account:NAME, all", errors)

    def poison(self, server, count):
        """Each of so many accounts sends the command that traps; the codes that they get. In the soak they repeat it, and are refused."""
        players = [Player(server, f"poisoner{index}") for index in range(count)]
        for player in players:
            self.assertEqual(player.add(LARGEST), (0, LARGEST))
        end = time.monotonic() + SIEGE_SECONDS
        codes = [player.add(1)[0] for player in players]
        while time.monotonic() < end:
            self.assertLessEqual({player.add(1)[0] for player in players}, {SUSPENDED, KIND_DISABLED})
        for player in players:
            player.client.close()
        return codes

    def test_a_start_that_traps_ends_the_server_with_one_line_after_one_death(self):
        with temporary_folder() as folder:
            words = [binary("orge"), "serve", "--json", "--data", os.path.join(folder, "data"), "--port", 0, "--world", variant(folder, "traps-at-start")]
            with Program(words) as serve:
                self.assertEqual(serve.wait(READY_SECONDS), 1)
                told = [line for line in serve.errors if line.startswith("orge: world faulty did not start: its `start` traps")]
                self.assertEqual(len(told), 1, serve.errors)
                self.assertIn("--fast 0", told[0])


class MemoryGroup:
    """A control group with a limit of memory; `path` is None where this system lets no test make one."""

    MEBIBYTES = 400

    def __enter__(self):
        self.path = None
        for root, limit, swap in (("/sys/fs/cgroup/memory", "memory.limit_in_bytes", "memory.memsw.limit_in_bytes"),
                                  ("/sys/fs/cgroup", "memory.max", "memory.swap.max")):
            path = os.path.join(root, f"orge-test-{os.getpid()}")
            try:
                os.mkdir(path)
                self.write(path, limit, self.MEBIBYTES << 20)
            except OSError:
                with contextlib.suppress(OSError):
                    os.rmdir(path)
                continue
            with contextlib.suppress(OSError):
                self.write(path, swap, self.MEBIBYTES << 20 if "memsw" in swap else 0)
            self.path = path
            break
        return self

    @staticmethod
    def write(path, name, value):
        with open(os.path.join(path, name), "w", encoding="ascii") as file:
            file.write(str(value))

    def __exit__(self, *_):
        if self.path:
            wait_until(self.is_gone, "the end of the group's processes")

    def is_gone(self):
        try:
            os.rmdir(self.path)
            return True
        except OSError:
            return False


class MemoryTests(unittest.TestCase):
    def test_a_command_that_uses_up_the_memory_twice_is_left_out(self):
        with MemoryGroup() as group:
            if group.path is None:
                self.skipTest("no control group for memory can be made here")
            with temporary_folder() as data:
                server = Server(["faulty"], data=data)
                words = [binary("orge"), "serve", "--json", "--data", data, "--port", "0", "--processor-limit-ms", "0", "--world", binary("faulty")]
                script = 'echo $$ > "$0"/cgroup.procs && exec "$@"'
                with contextlib.ExitStack() as stack:
                    server.run_program(["sh", "-c", script, group.path, *words])
                    stack.callback(server.program.end)
                    with Player(server, "ada") as ada:
                        self.assertEqual(ada.add(3), (0, 3))
                        self.assertEqual(ada.do(HOARD, b"")[0], WORLD_FAULT)
                    [fault] = faults(data)
                    self.assertEqual((fault["kind"], fault["signal"], fault["cause"]), ("hoard", None, "too much memory"))
                    self.assertEqual(len(events(server, "suspected")), 1)
                    self.assertEqual(server.stop(), 0)


class AcceptanceStoryTests(unittest.TestCase):
    """The story of 2008, docs/a-request-that-crashes.md: a request that crashes is answered as failed, the state set before it is still there, and a
    corrected program takes over with it."""

    def test_the_story(self):
        with temporary_folder() as folder, temporary_folder() as data:
            # A policy that suspends nobody: this player comes back within the minute.
            with Server([variant(folder, "lenient")], data=data) as server, Player(server, "ada") as ada:
                self.assertEqual(ada.add(LARGEST), (0, LARGEST))
                self.assertEqual(ada.add(1)[0], WORLD_FAULT)
                ada.client.leave()
                self.assertEqual(server.stop(), 0)
            with Server([variant(folder, "mended")], data=data) as server, Player(server, "ada") as ada:
                self.assertEqual(ada.add(0), (0, LARGEST), "the state set before is there")
                code, _ = ada.add(1)
                self.assertNotIn(code, (0, WORLD_FAULT), "the corrected program refuses what the other one crashed on")

    def test_a_mended_program_starts_on_a_tail_that_the_old_one_cannot_replay(self):
        """The machine goes down in the middle: the last record of the journal crashes the code that made it, and other code takes over."""
        with temporary_folder() as folder, temporary_folder() as data:
            with Server([variant(folder, "lenient")], data=data) as server, Player(server, "ada") as ada:
                self.assertEqual(ada.add(LARGEST), (0, LARGEST))
                ada.send(ADD, struct.pack(">i", 1))
                wait_until(lambda: any(fault["event"] == "fault" for fault in self.said(server)), "the fault", READY_SECONDS)
                server.program.end()
            with Server([variant(folder, "mended")], data=data) as server, Player(server, "ada") as ada:
                self.assertEqual(ada.add(0), (0, LARGEST))
                self.assertEqual([fault["kind"] for fault in faults(data)], ["add"])

    @unittest.skipUnless(has_crash_points(), "crash points are in debug builds only")
    def test_an_old_program_that_traps_while_it_settles_is_told_what_to_leave_out(self):
        """No host has amended the last record: each is killed before it can. So the kept program that settles meets it unprepared."""
        with temporary_folder() as folder, temporary_folder() as data:
            plan = os.path.join(folder, "crashes")
            with open(plan, "w", encoding="ascii") as file:
                file.write("after-release 1 86400000\n" + "before-amendment 1 0\n" * 100)
            with settings(WORLD_TEST_CRASHES=plan), Server([variant(folder, "lenient")], data=data) as server, Player(server, "ada") as ada:
                self.assertEqual(ada.add(LARGEST), (0, LARGEST))
                ada.send(ADD, struct.pack(">i", 1))
                killed = {"event": "restarting", "child": "faulty", "why": "it was ended by signal 9"}
                wait_until(lambda: any(killed.items() <= line.items() for line in self.said(server)), "a host that dies before it amends", READY_SECONDS)
                server.program.end()
            self.assertEqual(faults(data), [])
            with Server([variant(folder, "mended")], data=data) as server, Player(server, "ada") as ada:
                [fault] = faults(data)
                self.assertEqual((fault["kind"], fault["account"], fault["grade"]), ("add", "ada", "skipped"))
                self.assertEqual(ada.add(0), (0, LARGEST))
                settled = [line for line in server.program.errors if "settled through tick" in line]
                self.assertEqual(len(settled), 1, server.program.errors)
                self.assertEqual(server.stop(), 0)

    @staticmethod
    def said(server):
        found = []
        while not server.program.lines.empty():
            line = server.program.lines.get()
            if line:
                found.append(json.loads(line))
        return found


if __name__ == "__main__":
    unittest.main()
