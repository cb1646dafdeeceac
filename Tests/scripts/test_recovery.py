"""A world's process is killed under its clients: no client loses its connection, and nothing that was told is taken back."""

import os
import signal
import struct
import time
import unittest

from orge_harness import Server, crowd, wait_until
from wire import AUDIT, AUDIT_ANSWER, HOST_AWAY, HOST_BACK, NOTICE, UPDATE, Client, update_tick

BOTS = crowd(50)
# What a return may take on a machine that does other things too; how long it does take is for the benchmarks to say.
BACK_SECONDS = 30


def next_notice(client, kind):
    """The fields of the next notice of a kind."""
    while True:
        _, body = client.expect(NOTICE)
        if body[0] == kind:
            return body[1:]


def update_after(client, tick):
    """The tick of the first update beyond a tick."""
    while True:
        _, body = client.expect(UPDATE)
        seen, _ = update_tick(body)
        if seen > tick:
            return seen


class RecoveryTests(unittest.TestCase):
    def test_a_killed_world_is_back_under_bots_that_never_notice(self):
        with Server(["meadow"]) as server, Client(server.address, BACK_SECONDS).log_in("witness") as witness:
            joined = witness.join("meadow")
            with server.bots_meanwhile(BOTS, 5, 8, world="meadow") as result:
                edge = server.edge()
                before = server.kill_host("meadow")
                began = time.monotonic()
                next_notice(witness, HOST_AWAY)
                incarnation, tick = struct.unpack(">IQ", next_notice(witness, HOST_BACK))
                update_after(witness, tick)
                print(f"      kill -9 to the first new update: {time.monotonic() - began:.3f} s under {BOTS} bots")
                self.assertEqual(incarnation, joined.incarnation + 1)
                self.assertGreaterEqual(tick, before["tick"])
                answer = result()
            self.assertEqual((answer["clients"], answer["turned_away"], answer["disconnected"]), (BOTS, 0, 0), answer)
            self.assertEqual((answer["unanswered"], answer["unknown"]), (0, 0), answer)
            self.assertEqual(answer["sent"], answer["applied"] + answer["refused"], answer)
            self.assertEqual(answer["view_mismatches"], 0, answer)
            self.assertGreater(answer["view_rows"], BOTS, answer)
            after = server.world("meadow")
            self.assertEqual((after["incarnation"], after["state"]), (before["incarnation"] + 1, "ready"))
            self.assertNotEqual(after["pid"], before["pid"])
            self.assertEqual({**server.edge(), "clients": 0}, {**edge, "clients": 0})
            witness.leave()

    def test_an_avatar_is_the_same_before_and_after_its_world_was_killed(self):
        with Server(["meadow"]) as server:
            with Client(server.address, BACK_SECONDS).log_in("phoenix") as client:
                before = client.join("meadow")
                server.kill_host("meadow")
                next_notice(client, HOST_BACK)
            # The connection is lost, not left: the avatar waits for its player.
            with Client(server.address, BACK_SECONDS).log_in("phoenix") as client:
                after = client.join_patiently("meadow")
            self.assertEqual(after.avatar, before.avatar)
            # Another number, so that no outcome of the old connection can be taken for one of the new.
            self.assertNotEqual(after.session, before.session)
            self.assertEqual(after.incarnation, before.incarnation + 1)

    def test_a_world_comes_back_as_often_as_it_is_killed(self):
        with Server(["ledger"]) as server, server.bots_meanwhile(10, 20, 8, world="ledger") as result:
            for incarnation in range(2, 5):
                server.kill_host("ledger")
                server.wait_for_world("ledger", lambda world, n=incarnation: world["incarnation"] == n and world["state"] == "ready", "its return")
            answer = result()
        self.assertEqual((answer["disconnected"], answer["unanswered"], answer["unknown"], answer["view_mismatches"]), (0, 0, 0, 0), answer)
        self.assertEqual(answer["sent"], answer["applied"] + answer["refused"], answer)

    def test_an_edge_that_dies_is_started_again_on_the_same_port(self):
        with Server(["ledger"]) as server:
            with Client(server.address).log_in("ada") as client:
                avatar = client.join("ledger").avatar
                edge = server.edge()
                os.kill(edge["pid"], signal.SIGKILL)
                wait_until(lambda: server.edge()["pid"] not in (None, edge["pid"]) and server.edge()["state"] == "ready", "another edge")
            with Client(server.address).log_in("ada") as client:
                self.assertEqual(client.join_patiently("ledger").avatar, avatar)
            self.assertEqual(server.edge()["address"], server.address)
            self.assertEqual(server.world("ledger")["incarnation"], 1)

    def test_a_monitor_sees_the_world_whole_after_its_return(self):
        with Server(["meadow"]) as server, Client(server.address, BACK_SECONDS).log_in("monitor") as monitor:
            monitor.join("meadow", role=2)
            server.kill_host("meadow")
            _, tick = struct.unpack(">IQ", next_notice(monitor, HOST_BACK))
            update_after(monitor, tick)
            monitor.send(AUDIT, struct.pack(">I", 1))
            _, body = monitor.expect(AUDIT_ANSWER)
            self.assertGreater(struct.unpack(">Q", body[4:12])[0], tick)


if __name__ == "__main__":
    unittest.main()
