"""Several edges on one port: clients spread over them, the death of one, names, and the limit that they share."""

import os
import signal
import struct
import time
import unittest

import procfs
from orge_harness import HarnessError, Server, crowd, wait_until
from wire import ACCOUNT_IN_USE, FULL, HELLO, JOIN, JOIN_REFUSED, JOINED, LOGIN, PING, PONG, WORLDS, Client, Joined, hello, join, login, refusal

EDGES = ["--edges", 2]
# A connection that an edge has accepted is visible within a turn of its loop; one that waits at a stopped edge never is.
ACCEPT_SECONDS = 0.5
# Connections to try for one at a certain edge: the kernel chooses by the client's port, so all at the other one of two is 2^-60.
TRIES = 60


def pids(server):
    """The edges' processes, once both are ready."""
    def ready():
        edges = server.status()["edges"]
        return [edge["pid"] for edge in edges] if all(edge["state"] == "ready" for edge in edges) else None
    return wait_until(ready, "both edges")


def edge_of(server, client, edges):
    """The process that has accepted the connection; None when none has."""
    local = client.socket.getsockname()[1]
    deadline = time.monotonic() + ACCEPT_SECONDS
    while time.monotonic() < deadline:
        inode = procfs.socket_inode(server.port, local)
        for pid in edges:
            if inode and procfs.holds_socket(pid, inode):
                return pid
        time.sleep(0.005)
    return None


def connect_to(server, edge, edges):
    """A connection that this edge has accepted."""
    others = []
    try:
        for _ in range(TRIES):
            client = Client(server.address)
            if edge_of(server, client, edges) == edge:
                return client
            # Kept open, so that the next one has another port.
            others.append(client)
    finally:
        for other in others:
            other.close()
    raise HarnessError(f"no connection to edge {edge} of {edges}")


def ask_to_join(client, world):
    """One join: the joined frame, or the code of the refusal."""
    client.send(JOIN, join(world))
    kind, body = client.expect(JOINED, JOIN_REFUSED)
    return Joined.parse(body) if kind == JOINED else refusal(body)[0]


def is_alive(client):
    client.send(PING, struct.pack(">Q", 7))
    return client.expect(PONG)[1][:8] == struct.pack(">Q", 7)


class SpreadTests(unittest.TestCase):
    def test_clients_are_spread_over_both_edges_and_status_lists_both(self):
        count = crowd(60)
        with Server(["meadow"], options=EDGES) as server:
            edges = pids(server)
            self.assertEqual(len(set(edges)), 2)
            with server.bots_meanwhile(count, 5, 6, world="meadow") as result:
                shares = [edge["clients"] for edge in server.status()["edges"]]
                answer = result()
            self.assertEqual(sum(shares), count)
            self.assertGreater(min(shares), 0, shares)
            self.assertEqual([edge["address"] for edge in server.status()["edges"]], [server.address] * 2)
            self.assertEqual([edge["limit"] for edge in server.status()["edges"]], [1000, 1000])
        self.assertEqual((answer["clients"], answer["disconnected"], answer["unanswered"], answer["view_mismatches"]), (count, 0, 0, 0), answer)


class DeathTests(unittest.TestCase):
    def test_the_clients_of_a_killed_edge_come_back_under_their_names_and_the_others_notice_nothing(self):
        with Server(["ledger"], options=EDGES) as server:
            dead, other = edges = pids(server)
            lost = [connect_to(server, dead, edges) for _ in range(4)]
            kept = [connect_to(server, other, edges) for _ in range(4)]
            avatars = {}
            for index, client in enumerate(lost + kept):
                client.log_in(f"guest-{index}")
                avatars[index] = client.join("ledger").avatar
            os.kill(dead, signal.SIGKILL)
            for client in lost:
                self.assertIsNone(client.until_closed())
            for index in range(4):
                # The news of the death goes from the kernel through the supervisor to the host: one refusal may come before it. Without it a
                # name is in use for five seconds.
                again = Client(server.address).log_in(f"guest-{index}")
                self.assertEqual(self.join_again(again).avatar, avatars[index])
                self.assertTrue(is_alive(again))
            for client in kept:
                self.assertTrue(is_alive(client))
            self.assertEqual(pids(server)[1], other)
            self.assertNotEqual(pids(server)[0], dead)

    def join_again(self, client):
        for refusals in range(2):
            answer = ask_to_join(client, "ledger")
            if isinstance(answer, Joined):
                return answer
            self.assertEqual((answer, refusals), (ACCOUNT_IN_USE, 0))
            # Joins faster than this are too fast.
            time.sleep(1)
        raise AssertionError("the name of a dead edge's client is in use")


class NameTests(unittest.TestCase):
    def test_a_name_of_a_living_edge_without_its_link_is_in_use_and_free_once_that_edge_is_dead(self):
        for _ in range(5):
            if self.took_the_way():
                return
        self.fail("the machine was too slow five times: the edge was given up before the test could ask")

    def took_the_way(self):
        """False when the host gave the edge up, as it does after five seconds, before the join could be tried."""
        with Server(["ledger"], options=EDGES) as server:
            stopped, other = edges = pids(server)
            holder = connect_to(server, stopped, edges)
            holder.log_in("ada")
            avatar = holder.join("ledger").avatar
            newcomer = connect_to(server, other, edges)
            newcomer.log_in("ada")
            # A process that is stopped lives; its link ends with the host, and it cannot make a new one.
            os.kill(stopped, signal.SIGSTOP)
            began = time.monotonic()
            server.kill_host("ledger")
            server.wait_for_world("ledger", lambda world: world["incarnation"] == 2 and world["state"] == "ready", "its return")
            answer = wait_until(lambda: self.asked(newcomer), "an answer of the host that is back")
            if time.monotonic() - began > 4:
                return False
            self.assertEqual(answer, ACCOUNT_IN_USE)
            os.kill(stopped, signal.SIGKILL)
            pids(server)
            answer = wait_until(lambda: self.asked(newcomer), "an answer after the edge's death")
            self.assertIsInstance(answer, Joined)
            self.assertEqual(answer.avatar, avatar)
            return True

    @staticmethod
    def asked(client):
        """The answer to one join of a world that runs; None while it does not."""
        answer = ask_to_join(client, "ledger")
        if isinstance(answer, Joined) or answer == ACCOUNT_IN_USE:
            return answer
        time.sleep(0.3)
        return None


class LimitTests(unittest.TestCase):
    def test_the_limit_of_clients_holds_over_both_edges_wherever_they_come(self):
        with Server(["ledger"], options=[*EDGES, "--max-clients", 5]) as server:
            first, second = edges = pids(server)
            # All through one edge, then one more through each.
            clients = [connect_to(server, first, edges) for _ in range(4)] + [connect_to(server, second, edges)]
            for index, client in enumerate(clients):
                client.log_in(f"guest-{index}")
            for edge in edges:
                self.assertEqual(self.refused(connect_to(server, edge, edges)), FULL)
            wait_until(lambda: [edge["clients"] for edge in server.status()["edges"]] == [4, 1], "both counts")
            self.assertEqual(sum(edge["slots"] for edge in server.status()["edges"]), 5)
            # A place that becomes free at one edge is given to a client of the other.
            clients.pop(0).leave()
            wait_until(lambda: self.is_admitted(connect_to(server, second, edges), "late"), "the free place")
            # The places of an edge that dies are free.
            os.kill(first, signal.SIGKILL)
            edges = pids(server)
            for index in range(3):
                wait_until(lambda index=index: self.is_admitted(connect_to(server, second, edges), f"later-{index}"), "a dead edge's place")
            self.assertEqual(self.refused(connect_to(server, edges[0], edges)), FULL)

    def setUp(self):
        self.kept = []

    def tearDown(self):
        for client in self.kept:
            client.close()

    def is_admitted(self, client, name):
        client.send(HELLO, hello())
        client.send(LOGIN, login(name))
        try:
            client.expect(WORLDS)
        except HarnessError:
            client.close()
            return False
        self.kept.append(client)
        return True

    def refused(self, client):
        with client:
            client.send(HELLO, hello())
            client.send(LOGIN, login("late"))
            return client.until_closed().code


if __name__ == "__main__":
    unittest.main()
