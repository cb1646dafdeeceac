"""A world loses records that were durable while its edge lives: clients are told, lose nothing else, and none of them waits for ever."""

import glob
import os
import signal
import struct
import unittest

from orge_harness import Server, wait_until
from wire import COMMAND, NOTICE, OUTCOME, WORLDS, Client, command

BACK_SECONDS = 30
TIMELINE_CHANGED = 6
# Of a record's end: less than the head and body of one transfer.
LOST_BYTES = 40


def transfer(to, amount):
    return struct.pack(">QI", to, amount)


def pay(client, sequence, to):
    """Sends one transfer and waits for its outcome; answers the outcome's tick."""
    client.send(COMMAND, command(sequence, 0, transfer(to, 1)))
    _, body = client.expect(OUTCOME)
    answered, tick = struct.unpack(">QQ", body[:16])
    assert answered == sequence, (answered, sequence)
    return tick


def lose_tail(folder):
    """Damages the end of the newest segment, as a disk does that lost its last writes."""
    segment = max(glob.glob(os.path.join(folder, "journal", "*.segment")))
    with open(segment, "r+b") as file:
        end = len(file.read().rstrip(b"\0"))
        file.seek(end - LOST_BYTES)
        file.write(bytes(LOST_BYTES))


def change(client):
    """The fields of the next timelineChanged: (fork or None, incarnation, next sequence or None)."""
    while True:
        _, body = client.expect(NOTICE)
        if body[0] != TIMELINE_CHANGED:
            continue
        flags, incarnation = struct.unpack(">BI", body[1:6])
        rest = list(struct.unpack(f">{(len(body) - 6) // 8}Q", body[6:]))
        fork = rest.pop(0) if flags & 1 else None
        return fork, incarnation, rest.pop(0) if flags & 2 else None


class TimelineTests(unittest.TestCase):
    def kill_and_lose(self, server, world):
        """The supervisor stands still meanwhile, or the world would be back before its disk has lost anything."""
        pid = server.world(world)["pid"]
        os.kill(server.pid, signal.SIGSTOP)
        try:
            os.kill(pid, signal.SIGKILL)
            wait_until(lambda: open(f"/proc/{pid}/stat").read().rpartition(")")[2].split()[0] == "Z", "the end of the world's process")
            lose_tail(os.path.join(server.data, "worlds", world))
        finally:
            os.kill(server.pid, signal.SIGCONT)

    def test_clients_of_a_world_that_lost_its_last_record_are_told_and_go_on(self):
        with Server(["ledger"]) as server, Client(server.address, BACK_SECONDS).log_in("ada") as ada, \
                Client(server.address, BACK_SECONDS).log_in("bob") as bob:
            first, other = ada.join("ledger"), bob.join("ledger")
            ticks = [pay(ada, sequence, other.avatar) for sequence in range(1, 6)]
            edge = server.edge()
            incarnation = server.world("ledger")["incarnation"]
            self.kill_and_lose(server, "ledger")
            fork, now, following = change(ada)
            self.assertEqual(now, incarnation + 1)
            self.assertLess(fork, ticks[-1])
            # Whatever holds was executed, and the next sequence follows it.
            self.assertEqual(following, 1 + sum(tick <= fork for tick in ticks))
            self.assertEqual(change(bob)[:2], (fork, now))
            again = {}
            for name, client in (("ada", ada), ("bob", bob)):
                client.expect(WORLDS)
                again[name] = client.join_patiently("ledger")
            self.assertEqual((again["ada"].session, again["ada"].avatar), (first.session, first.avatar))
            self.assertEqual(again["bob"].avatar, other.avatar)
            self.assertEqual(again["ada"].first_sequence, following)
            # Past every tick that was lost: an edge that compared numbers alone would wait for ever.
            last = [pay(ada, following + step, other.avatar) for step in range(8)]
            self.assertGreater(last[-1], ticks[-1])
            self.assertEqual(server.edge()["pid"], edge["pid"])

    def test_bots_of_a_world_that_lost_its_last_record_account_for_every_command(self):
        with Server(["ledger"]) as server:
            with server.bots_meanwhile(8, 20, 6, world="ledger") as result:
                before = server.world("ledger")
                self.kill_and_lose(server, "ledger")
                server.wait_for_world("ledger", lambda world: world["incarnation"] > before["incarnation"] and world["state"] == "ready", "its return")
                answer = result()
            self.assertEqual((answer["disconnected"], answer["unanswered"], answer["view_mismatches"]), (0, 0, 0), answer)
            self.assertEqual(answer["sent"], answer["applied"] + answer["refused"] + answer["unknown"] + answer["withdrawn"], answer)
            self.assertGreater(answer["withdrawn"], 0, answer)
            self.assertEqual(server.stop(), 0)
