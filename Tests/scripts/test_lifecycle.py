"""`orge serve` from its first line to its end, and what other programs see of it meanwhile."""

import fcntl
import json
import os
import shutil
import signal
import socket
import stat
import struct
import subprocess
import threading
import unittest

import procfs
from orge_harness import READY_SECONDS, Program, Server, binary, run, temporary_folder, wait_until
from wire import CLOSE, COMMAND, OUTCOME, Client, command

EDGE_FIELDS = ["pid", "state", "silent_ms", "kind", "address", "clients", "limit", "slots"]
WORLD_FIELDS = ["name", "version", "pid", "state", "silent_ms", "paused", "faults", "trouble", "incarnation", "tick", "tick_ms", "late", "entities",
                "disk_bytes", "journal_bytes_per_hour", "journal_syncs", "journal_sync_ms", "hash", "images", "checked_through", "damage", "dropped"]
# The side process that checks history comes and goes.
NO_SIDE_PROCESS = ["--history-check-bytes-per-second", 0]


def has_ended(pids):
    return not any(procfs.is_running(pid) for pid in pids)


class LifecycleTests(unittest.TestCase):
    def test_the_ready_line_names_an_address_that_takes_clients(self):
        with Server(["ledger"], options=["--max-clients", 7]) as server:
            self.assertEqual(list(server.ready), ["event", "address", "web"])
            self.assertEqual(server.host, "127.0.0.1")
            self.assertTrue(server.web.startswith(f"http://{server.address}/"), server.web)
            with Client(server.address).log_in("ada") as client:
                self.assertNotEqual(client.join("ledger").avatar, 0)

    def test_status_has_exactly_the_fields_of_the_contract(self):
        with Server(["ledger", "meadow"], options=["--max-clients", 7, *NO_SIDE_PROCESS]) as server:
            server.wait_for_world("meadow", lambda world: world["hash"], "its first report")
            status = server.wait_for_world("ledger", lambda world: world["hash"], "its first report") and server.status()
            self.assertEqual(list(status), ["supervisor", "edges", "worlds"])
            self.assertEqual(status["supervisor"], {"pid": server.pid})
            (edge,) = status["edges"]
            self.assertEqual(list(edge), EDGE_FIELDS)
            self.assertEqual((edge["state"], edge["address"], edge["clients"], edge["limit"]), ("ready", server.address, 0, 7))
            self.assertEqual([world["name"] for world in status["worlds"]], ["ledger", "meadow"])
            for world in status["worlds"]:
                self.assertEqual(list(world), WORLD_FIELDS)
                self.assertEqual(list(world["tick_ms"]), ["p50", "p99", "max"])
                self.assertEqual((world["state"], world["version"], world["incarnation"]), ("ready", 1, 1))
                self.assertRegex(world["hash"], "^[0-9a-f]{16}$")
            pids = [edge["pid"], *(world["pid"] for world in status["worlds"])]
            self.assertEqual(sorted(procfs.tree(server.pid)[1:]), sorted(pids))

    def test_status_says_what_a_world_takes_on_the_disk_and_how_fast_its_journal_grows(self):
        with Server(["ledger"]) as server, Client(server.address).log_in("ada") as ada, Client(server.address).log_in("bob") as bob:
            giver, taker = ada.join("ledger"), bob.join("ledger")
            for place in range(100):
                ada.send(COMMAND, command(giver.first_sequence + place, 0, struct.pack(">QI", taker.avatar, 1)))
                ada.expect(OUTCOME)
            # Scaled to an hour from a minute at least: 100 records with their inputs are some kilobytes.
            world = server.wait_for_world("ledger", lambda world: world["journal_bytes_per_hour"], "a second measurement")
            self.assertTrue(100 * 40 <= world["journal_bytes_per_hour"] <= 100 * 2_000 * 60, world)
            folder = os.path.join(server.data, "worlds", "ledger")
            taken = sum(os.lstat(os.path.join(path, name)).st_blocks * 512 for path, folders, files in os.walk(folder) for name in folders + files)
            self.assertLess(abs(world["disk_bytes"] - taken), 1 << 20)
            self.assertGreater(world["disk_bytes"], 1 << 20)

    def test_the_hash_in_status_is_another_after_each_tick_and_the_same_after_a_kill(self):
        with Server(["ledger"]) as server, Client(server.address).log_in("ada") as ada, Client(server.address).log_in("bob") as bob:
            giver, taker = ada.join("ledger"), bob.join("ledger")

            def hash_after(tick):
                return server.wait_for_world("ledger", lambda world: world["tick"] == tick and world["hash"], f"its report of tick {tick}")["hash"]

            hashes = [hash_after(taker.tick)]
            for place, cents in enumerate([5, 0, 7]):
                ada.send(COMMAND, command(giver.first_sequence + place, 0, struct.pack(">QI", taker.avatar, cents)))
                outcome = ada.expect(OUTCOME)[1]
                self.assertEqual(outcome[16] == 0, cents > 0)
                hashes.append(hash_after(struct.unpack(">Q", outcome[8:16])[0]))
            self.assertEqual(len(set(hashes)), len(hashes), hashes)
            server.kill_host("ledger")
            world = server.wait_for_world("ledger", lambda world: world["incarnation"] == 2 and world["hash"], "its return")
            self.assertEqual(world["hash"], hashes[-1])

    def test_the_pid_is_null_while_a_world_is_away(self):
        with Server(["ledger"]) as server:
            # A host that is stopped while it dies is not back before the test could look.
            server.kill_host("ledger")
            seen = []

            def is_back():
                seen.append(server.world("ledger"))
                return seen[-1]["incarnation"] == 2 and seen[-1]["state"] == "ready"
            wait_until(is_back, "the world's return")
            for world in seen:
                if world["state"] in ("restarting", "failed"):
                    self.assertIsNone(world["pid"])

    def test_an_orderly_stop_ends_with_zero_and_leaves_no_process(self):
        for number in [signal.SIGTERM, signal.SIGINT]:
            with self.subTest(signal=number), Server(["ledger", "meadow"], options=NO_SIDE_PROCESS) as server:
                pids = procfs.tree(server.pid)
                self.assertEqual(len(pids), 4)
                with Client(server.address).log_in("ada") as client:
                    client.join("ledger")
                    self.assertEqual(server.stop(number), 0)
                    closed = client.until_closed()
                    self.assertEqual((closed.code, closed.retry_after_ms), (2, 1_000))
                wait_until(lambda: has_ended(pids), "the end of all processes")
                code, _, errors = run([binary("orge"), "status", "--data", server.data, "--json"])
                self.assertEqual(code, 1, errors)

    def test_nothing_outlives_a_killed_supervisor(self):
        with Server(["ledger", "meadow"]) as server, server.bots_meanwhile(5, 5, 60, world="meadow"):
            pids = procfs.tree(server.pid)
            os.kill(server.pid, signal.SIGKILL)
            wait_until(lambda: has_ended(pids), "the end of the orphans")
            # What they held is free again: data, port and all.
            with Server(["ledger", "meadow"], data=server.data, port=server.port) as next_server:
                self.assertEqual(next_server.port, server.port)
                self.assertEqual(next_server.world("meadow")["incarnation"], 2)

    def test_a_second_server_on_the_same_data_is_refused_and_the_first_goes_on(self):
        with Server(["ledger"]) as server:
            code, output, errors = run([binary("orge"), "serve", "--json", "--world", binary("ledger"), "--data", server.data, "--port", 0])
            self.assertEqual((code, json.loads(output)["error"]["code"]), (1, "failed"))
            self.assertIn("another `orge serve`", errors)
            with Client(server.address).log_in("ada") as client:
                client.join("ledger")
            self.assertEqual(server.world("ledger")["incarnation"], 1)

    def test_a_world_goes_on_where_an_orderly_stop_left_it(self):
        with temporary_folder() as data:
            with Server(["ledger"], data=data) as server:
                self.assertEqual(server.bots(10, 20, 1, world="ledger")["unanswered"], 0)
                server.stop()
            with Server(["ledger"], data=data) as server:
                before = server.wait_for_world("ledger", lambda world: world["hash"], "its first report")
                server.stop()
            with Server(["ledger"], data=data) as server:
                after = server.wait_for_world("ledger", lambda world: world["hash"], "its first report")
            self.assertGreater(before["entities"], 0)
            # These differ between two processes, or follow from the time; each start begins a segment of the journal.
            other = dict.fromkeys(["pid", "tick_ms", "incarnation", "disk_bytes", "journal_bytes_per_hour", "journal_syncs", "journal_sync_ms",
                                   "checked_through"])
            self.assertEqual({**after, **other}, {**before, **other})
            self.assertEqual(after["incarnation"], before["incarnation"] + 1)

    def test_serve_never_waits_for_a_reader_of_its_output(self):
        reading, writing = os.pipe()
        with temporary_folder() as data:
            os.set_blocking(writing, False)
            with self.assertRaises(BlockingIOError):
                while True:
                    os.write(writing, b"x" * 4096)
            os.set_blocking(writing, True)
            words = [binary("orge"), "serve", "--json", "--data", data, "--port", "0", "--world", binary("ledger")]
            with Silent(words, writing) as program:
                status = [binary("orge"), "status", "--data", data, "--json"]
                running = wait_until(lambda: running_world(status), "the world")
                os.kill(running["pid"], signal.SIGKILL)
                wait_until(lambda: (running_world(status) or {}).get("incarnation") == 2, "its return")
                program.send(signal.SIGTERM)
                self.assertEqual(program.wait(), 0)
        os.close(reading)
        os.close(writing)


class Silent(Program):
    """A program whose standard output is a pipe that is full and is not read."""

    def __init__(self, command, output):
        with open(os.devnull, encoding="utf-8") as nothing:
            super().__init__(["/bin/sh", "-c", 'exec "$@" >&%d' % output, "sh", *command], pass_fds=[output])
            del nothing


def running_world(status):
    code, output, _ = run(status)
    if code != 0:
        return None
    status = json.loads(output)
    world = status["worlds"][0]
    # A child that dies before the whole server was ready ends it, so the edge has to be there too.
    is_ready = world["state"] == "ready" and all(edge["state"] == "ready" for edge in status["edges"])
    return world if is_ready else None


class StopTests(unittest.TestCase):
    """What an orderly stop owes to clients with commands under way."""

    def test_every_transfer_that_ran_was_told_to_its_client(self):
        clients, most = 12, 2_000
        with temporary_folder() as data, Server(["ledger"], data=data) as server:
            payers = [Client(server.address).log_in(f"payer-{index}") for index in range(clients)]
            first = [payer.join("ledger") for payer in payers]
            sink = first[0].avatar
            told = [0] * clients

            def pay(index):
                """Pays a cent at a time, with a hundred commands under way, until the server closes the connection."""
                payer, sequence = payers[index], first[index].first_sequence
                answered, limit = sequence - 1, most
                while True:
                    try:
                        while sequence <= answered + 100 and sequence < limit:
                            payer.send(COMMAND, command(sequence, 0, struct.pack(">QI", sink, 1)))
                            sequence += 1
                    except OSError:
                        # The server takes nothing more. What it has said is still to be read.
                        limit = 0
                    kind, body = payer.receive()
                    if kind == CLOSE:
                        return
                    if kind == OUTCOME:
                        answered += 1
                        told[index] += body[16] == 0
            threads = [threading.Thread(target=pay, args=[index]) for index in range(1, clients)]
            for thread in threads:
                thread.start()
            wait_until(lambda: sum(told) > 500, "transfers under way")
            self.assertEqual(server.stop(), 0)
            for thread in threads:
                thread.join()
            self.assertLess(max(told), most - 2, "the stop came too late to find commands under way")
            images = os.path.join(data, "worlds", "ledger", "images")
            code, output, errors = run([binary("orge"), "image", os.path.join(images, sorted(os.listdir(images))[-1]), "--json"])
            self.assertEqual(code, 0, errors)
            rows = [line for line in map(json.loads, output.splitlines()) if line["type"] == "row"]
            cents = {row["entity"]: row["fields"]["cents"] for row in rows if row["component"] == "balance"}
            self.assertEqual(max(cents.values()) - 10_000, sum(told))


class RightsTests(unittest.TestCase):
    """Where the tests run as root they would not notice that something is allowed to root only."""

    @unittest.skipIf(os.geteuid() != 0, "all tests run without rights")
    def test_server_and_client_need_no_rights(self):
        nobody = {"user": 65_534, "group": 65_534, "extra_groups": []}
        if subprocess.run(["test", "-x", binary("orge"), "-a", "-x", binary("ledger")], check=False, **nobody).returncode != 0:
            self.skipTest("only root may run the programs here")
        with temporary_folder() as folder:
            os.chown(folder, nobody["user"], nobody["group"])
            serve = [binary("orge"), "serve", "--json", "--world", binary("ledger"), "--data", folder, "--port", 0]
            with Program(serve, cwd=folder, **nobody) as server:
                address = server.event(READY_SECONDS)["address"]
                with Client(address).log_in("ada") as client:
                    avatar = client.join("ledger").avatar
                self.assertNotEqual(avatar, 0)
                call = [binary("orge"), "call", "--json", "--connect", address, "transfer", f"to={avatar}", "amount=1"]
                with Program(call, cwd=folder, **nobody) as calling:
                    self.assertEqual(calling.event()["outcome"], "applied")
                server.send(signal.SIGTERM)
                self.assertEqual(server.wait(), 0)


class FailingWorldTests(unittest.TestCase):
    """Worlds that cannot be served: the server must say why, and not stay."""

    def serve(self, script):
        with temporary_folder() as folder:
            path = os.path.join(folder, "broken")
            with open(path, "w", encoding="utf-8") as file:
                file.write(script)
            os.chmod(path, stat.S_IRWXU)
            words = [binary("orge"), "serve", "--json", "--world", path, "--data", os.path.join(folder, "data"), "--port", 0]
            return run(words)

    def test_a_world_that_cannot_say_its_name_ends_the_server_with_its_words(self):
        code, output, errors = self.serve("#!/bin/sh\necho no disk today >&2\nexit 3\n")
        self.assertEqual((code, json.loads(output)["error"]["code"]), (1, "failed"))
        self.assertIn("no disk today", errors)
        self.assertIn("status 3", errors)

    def test_a_mistake_of_a_worlds_author_is_one_sentence_with_its_place_wherever_the_world_is_started(self):
        faults = {
            "twice": "Faulty.swift:%d: command Say is registered twice",
            "undeclared": "Faulty.swift:%d: system Grow declares Body, which is not among the world's parts",
            "owner-last": "Faulty.swift:%d: the owner field of deed must stand before texts and lists",
            "no-name": "Faulty.swift:%d: \"No Name\" is no name for a world: 1 to 32 of a-z 0-9 - _",
        }
        lines = [34, 45, 56, 11]
        for (name, sentence), line in zip(faults.items(), lines):
            with self.subTest(name), temporary_folder() as folder:
                world = shutil.copy(binary("faulty-worlds"), os.path.join(folder, name))
                sentence = f"faulty_worlds/{sentence % line}"
                for words in (["describe"], ["--fast", 1], ["--replay", folder]):
                    self.assertEqual(run([world, *words]), (65, "", sentence + "\n"))
                code, output, errors = run([binary("orge"), "serve", "--json", "--world", world, "--data", f"{folder}/data", "--port", 0])
                self.assertEqual((code, json.loads(output)["error"]["code"]), (1, "failed"))
                self.assertIn(f"cannot be served: {sentence}", errors)
                self.assertEqual(len(errors.splitlines()), 2, errors)
                # A supervisor that has started the host is told the same on its control channel.
                ours, theirs = socket.socketpair()
                with ours, theirs:
                    host = [world, "host", "--data", f"{folder}/{name}", "--number", "1", "--control-fd", str(theirs.fileno()), "--control-version", "5"]
                    self.assertEqual(subprocess.run(host, pass_fds=[theirs.fileno()], stderr=subprocess.DEVNULL, timeout=30).returncode, 65)
                    self.assertIn(sentence.encode(), ours.recv(4096))

    def test_a_world_that_dies_at_its_start_ends_the_server_with_its_words(self):
        code, output, errors = self.serve('#!/bin/sh\n[ "$1" = describe ] && echo broken 1 && exit 0\necho the terrain is missing >&2\nexit 4\n')
        self.assertEqual((code, output), (1, ""))
        self.assertIn("the terrain is missing", errors)
        self.assertRegex(errors, "broken.*status 4|status 4.*broken")

    def test_a_missing_executable_is_named_with_its_remedy(self):
        with temporary_folder() as folder:
            code, output, errors = run([binary("orge"), "serve", "--json", "--world", f"{folder}/nothing", "--data", folder, "--port", 0])
        self.assertEqual((code, json.loads(output)["error"]["code"]), (1, "failed"))
        self.assertIn("nothing", errors)
        self.assertIn("swift build", errors)


if __name__ == "__main__":
    unittest.main()
