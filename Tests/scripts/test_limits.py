"""The server's bounds: how many clients it takes, and what a client that does not read may cost the others."""

import struct
import time
import unittest

import procfs
from orge_harness import Server, crowd, wait_until
from wire import COMMAND, FULL, HELLO, LEAVE, LEFT, LOGIN, MONITOR, OUTCOME, SLOW_READER, Client, Closed, command, hello, login

# The edge lets one client have this much unread: an update of at most a whole view (two frames of 256 KiB for Meadow's monitors), and
# 256 KiB of outcomes and events. What the kernel holds in its socket buffers is not the edge's memory.
SLOW_READER_BYTES = 1 << 20
# What the kernel may hold for it beyond what its own side has room for: a client that reads slowly sees the world that much late. The edge
# allows 32 KiB; the kernel takes whole segments, which are large on loopback. Without the bound it takes some MiB.
KERNEL_BYTES = 512 * 1024
# Memory is given out in pages and kept in pools: growth that says nothing.
NOISE_BYTES = 6 << 20
# A client that does not read is closed after ten seconds. A server that waited for it would wait as long, so this tells the two apart on a
# machine of any speed; how much the ratio of the two runs is, a timed test cannot say: the line that it prints can.
DELAYED_MS = 5_000
OTHERS = crowd(40)


class LeavingTests(unittest.TestCase):
    def test_a_client_that_leaves_and_reads_slowly_gets_every_outcome_and_the_close(self):
        count = 250
        with Server(["ledger"]) as server, Client(server.address, receive_buffer_bytes=2_304).log_in("slow") as client:
            sequence = client.join("ledger").first_sequence
            for index in range(count):
                client.send(COMMAND, command(sequence + index, 0, struct.pack(">QI", 0, 1)))
            client.send(LEAVE)
            data = bytearray()
            # 4 KB a second: it takes some seconds in all, and each of them reads something.
            while piece := client.socket.recv(200):
                data += piece
                time.sleep(0.05)
        frames, at = [], 0
        while at < len(data):
            (size,) = struct.unpack_from(">I", data, at)
            frames.append(bytes(data[at + 4:at + 4 + size]))
            at += 4 + size
        self.assertEqual(sum(frame[0] == OUTCOME for frame in frames), count)
        self.assertEqual(Closed.parse(frames[-1][1:]).code, LEFT)


class BurstTests(unittest.TestCase):
    def test_the_edge_gives_memory_back_when_a_crowd_has_gone(self):
        count = 2_000
        with Server(["ledger"], options=["--max-clients", count]) as server:
            pid = server.edge()["pid"]
            before = procfs.private_bytes(pid)
            clients = [Client(server.address).log_in(f"crowd-{index}") for index in range(count)]
            for client in clients:
                client.join("ledger")
            burst = procfs.private_bytes(pid) - before
            for client in clients:
                client.close()
            wait_until(lambda: procfs.private_bytes(pid) - before < burst / 2, "half of the crowd's memory to go back")
        print(f"      {count} clients took {burst // 1024} KiB")


class FullTests(unittest.TestCase):
    def test_one_client_too_many_is_told_so_within_a_second_and_the_others_stay(self):
        with Server(["ledger"], options=["--max-clients", 5]) as server:
            clients = [Client(server.address).log_in(f"guest-{index}") for index in range(5)]
            began = time.monotonic()
            with Client(server.address) as late:
                late.send(HELLO, hello())
                late.send(LOGIN, login("late"))
                closed = late.until_closed()
                took = time.monotonic() - began
                self.assertEqual(closed.code, FULL)
                self.assertGreater(closed.retry_after_ms, 0)
                self.assertLess(took, 1)
                self.assertIsNone(late.receive())
            wait_until(lambda: server.edge()["clients"] == 5, "the five who are in")
            for client in clients:
                self.assertNotEqual(client.join("ledger").avatar, 0)
            # A place that becomes free is given to the next.
            clients.pop().leave()
            wait_until(lambda: server.edge()["clients"] == 4, "the free place")
            with Client(server.address).log_in("late") as late:
                self.assertNotEqual(late.join("ledger").avatar, 0)
            for client in clients:
                client.close()

    def test_bots_count_who_was_turned_away(self):
        with Server(["ledger"], options=["--max-clients", 5]) as server:
            answer = server.bots(8, 2, 2, world="ledger")
        self.assertEqual((answer["clients"], answer["turned_away"]), (5, 3), answer)
        self.assertEqual((answer["unanswered"], answer["disconnected"]), (0, 0), answer)


class SlowReaderTests(unittest.TestCase):
    def test_a_client_that_never_reads_is_closed_at_its_bound_and_delays_nobody(self):
        with Server(["meadow"]) as server:
            edge_pid = server.edge()["pid"]
            without = server.bots(OTHERS, 5, 8, world="meadow")
            before = procfs.private_bytes(edge_pid)
            with Client(server.address, receive_buffer_bytes=4096).log_in("slow") as slow:
                slow.join("meadow", role=MONITOR)
                with server.bots_meanwhile(OTHERS, 5, 8, world="meadow") as result:
                    beside = result()
                    unread = procfs.unread_bytes(server.port, slow.socket.getsockname()[1])
                wait_until(lambda: server.edge()["clients"] == 0, "the slow reader's end", 60)
                grown = procfs.private_bytes(edge_pid) - before
                self.assertEqual(last_close(slow), SLOW_READER)
        print(f"      p99 {without['latency_ms']['p99']} ms without, {beside['latency_ms']['p99']} ms beside one that never reads; "
              f"the edge grew by {grown / 1024:.0f} KiB, the kernel held {(unread or 0) / 1024:.0f} KiB")
        for answer in (without, beside):
            self.assertEqual((answer["clients"], answer["disconnected"], answer["unanswered"], answer["view_mismatches"]), (OTHERS, 0, 0, 0), answer)
        self.assertLess(beside["latency_ms"]["p99"] - without["latency_ms"]["p99"], DELAYED_MS)
        self.assertLessEqual(unread or 0, KERNEL_BYTES)
        self.assertLessEqual(grown, SLOW_READER_BYTES + NOISE_BYTES)


def last_close(client):
    """The code with which the connection was closed; SLOW_READER too for a connection that was cut off in the middle of a frame that
    was never read, since then no further frame can be sent."""
    try:
        closed = client.until_closed()
    except ConnectionResetError:
        return SLOW_READER
    return closed.code if closed else SLOW_READER


if __name__ == "__main__":
    unittest.main()
