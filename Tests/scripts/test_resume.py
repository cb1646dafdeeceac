"""Sessions that are resumed by ticket: bots whose connections are cut, edges that are killed, tickets that are stolen or wrong."""

import os
import signal
import struct
import time
import unittest

from orge_harness import Server, crowd, wait_until
from wire import COMMAND, ENDED, JOIN, JOINED, NEVER, OUTCOME, RECALLED, RESUMED, RESUMED_ELSEWHERE, RESUMPTION, SCHEMA, UNKNOWN, UPDATE, \
    Client, Joined, command, extensions, join, update_tick

TRANSFER = 0


def transfer(client, sequence, to, cents):
    client.send(COMMAND, command(sequence, TRANSFER, struct.pack(">QI", to, cents)))


def resume(client, world, name, entry, kinds=(JOINED,)):
    """Logs in and asks for a session; answers the joined frame."""
    client.log_in(name)
    client.send(JOIN, join(world, extensions=extensions(entry)))
    return Joined.parse(client.expect(*kinds)[1])


def sequence_of(body):
    return struct.unpack_from(">Q", body)[0]


class BotTests(unittest.TestCase):
    def exactly_once(self, answer, count):
        told = {key: answer[key] for key in ("clients", "unknown", "expired", "unanswered", "view_mismatches")}
        self.assertEqual(told, {"clients": count, "unknown": 0, "expired": 0, "unanswered": 0, "view_mismatches": 0}, answer)
        self.assertEqual(answer["sent"], answer["applied"] + answer["refused"], answer)
        self.assertEqual(answer["audited"], count, answer)

    def test_bots_whose_connections_are_cut_lose_no_outcome(self):
        count = crowd(40)
        with Server(["ledger"], options=["--edges", 2]) as server:
            answer = server.bots(count, 40, 6, world="ledger", options=["--drop", 0.5])
        self.exactly_once(answer, count)
        self.assertGreater(answer["resumed"], count, answer)
        self.assertEqual(answer["disconnected"], 0, answer)

    def test_bots_of_killed_edges_and_hosts_lose_no_outcome(self):
        count = crowd(40)
        with Server(["meadow"], options=["--edges", 2]) as server:
            with server.bots_meanwhile(count, 20, 8, world="meadow") as result:
                for number in range(4):
                    edge = wait_until(lambda: next((edge for edge in server.status()["edges"] if edge["state"] == "ready"), None), "a ready edge")
                    os.kill(edge["pid"], signal.SIGKILL)
                    if number % 2:
                        server.kill_host("meadow")
                    # A death every second and a half, whatever the machine does: a wait for the clock.
                    time.sleep(1.5)
                answer = result()
        self.exactly_once(answer, count)
        self.assertGreater(answer["resumed"], 0, answer)


class TicketTests(unittest.TestCase):
    def test_a_client_gets_the_outcomes_that_it_missed_and_a_copy_of_a_command_runs_once(self):
        with Server(["ledger"], options=["--edges", 2]) as server:
            with Client(server.address).log_in("payee") as payee, Client(server.address).log_in("ada") as first:
                to = payee.join("ledger").avatar
                joined = first.join("ledger")
                for sequence in range(1, 4):
                    transfer(first, sequence, to, 100)
                first.expect(OUTCOME)
                first.close()
                with Client(server.address) as second:
                    again = resume(second, "ledger", "ada", joined.resume(acknowledged=1))
                    self.assertEqual((again.session, again.avatar, again.ticket), (joined.session, joined.avatar, joined.ticket))
                    self.assertEqual(again.extensions[RESUMPTION][0], RESUMED)
                    for sequence in range(again.first_sequence, 4):
                        transfer(second, sequence, to, 100)
                    self.assertEqual([sequence_of(second.expect(OUTCOME)[1]) for _ in range(2)], [2, 3])
                    transfer(second, 4, to, 1)
                    body = second.expect(OUTCOME)[1]
                    # Sequence, tick, status, then what is left of 10,000 cents: three transfers of 100, and no more.
                    self.assertEqual((sequence_of(body), body[16], struct.unpack_from(">q", body, 17)[0]), (4, 0, 10_000 - 301))

    def test_a_view_goes_on_where_the_edge_had_sent_it_and_begins_again_where_the_client_has_another(self):
        with Server(["ledger"]) as server:
            with Client(server.address).log_in("payee") as payee:
                to = payee.join("ledger").avatar
                client = Client(server.address).log_in("ada")
                client.send(JOIN, join("ledger"))
                schema_hash = struct.unpack_from(">Q", client.expect(SCHEMA)[1])[0]
                joined = Joined.parse(client.expect(JOINED)[1])
                body = client.expect(UPDATE)[1]
                reset, update = body, (update_tick(body)[0], 1)
                for sequence, (named, flag) in enumerate([(0, 1), (1, 0), (0, 1)], 1):
                    transfer(client, sequence, to, 1)
                    update = update_tick(client.expect(UPDATE)[1])[0], update[1] + 1
                    client.expect(OUTCOME)
                    client.close()
                    client = Client(server.address).log_in("ada")
                    entry = joined.resume(acknowledged=sequence, view=(update[0], update[1] + named))
                    client.send(JOIN, join("ledger", schema_hash=schema_hash, extensions=extensions(entry)))
                    again = Joined.parse(client.expect(JOINED)[1])
                    self.assertEqual(again.extensions[RESUMPTION][:2], bytes([RESUMED, flag]))
                    body = client.expect(UPDATE)[1]
                    self.assertEqual(body[0], 0 if flag else 2)
                    if flag:
                        self.assertLess(len(body), len(reset) - 16, "nothing has changed")
                    update = update_tick(body)[0], 1
                client.close()

    def test_the_newer_connection_wins_and_the_older_is_told(self):
        with Server(["ledger"], options=["--edges", 2]) as server:
            with Client(server.address).log_in("ada") as first:
                joined = first.join("ledger")
                # Often enough to come to both edges.
                for _ in range(6):
                    thief = Client(server.address)
                    again = resume(thief, "ledger", "ada", joined.resume())
                    self.assertEqual(again.session, joined.session)
                    closed = first.until_closed()
                    self.assertEqual((closed.code, closed.retry_after_ms), (RESUMED_ELSEWHERE, NEVER))
                    first.close()
                    first = thief
                first.close()

    def test_a_wrong_ticket_another_session_or_another_name_is_answered_as_unknown(self):
        with Server(["ledger", "meadow"]) as server:
            with Client(server.address).log_in("ada") as ada, Client(server.address).log_in("bob") as bob:
                hers, his = ada.join("ledger"), bob.join("ledger")
                attempts = [
                    ("eve", "ledger", hers.resume()), ("eve-2", "ledger", hers.resume(ticket=bytes(16))),
                    ("bob-2", "ledger", his.resume(ticket=hers.ticket)), ("eve-3", "meadow", hers.resume()),
                ]
                for name, world, entry in attempts:
                    with Client(server.address) as client:
                        joined = resume(client, world, name, entry)
                        self.assertEqual(joined.extensions[RESUMPTION], bytes([UNKNOWN]), name)
                        self.assertNotIn(joined.session if world == "ledger" else 0, (hers.session, his.session), name)

    def test_after_the_linger_a_client_learns_what_became_of_its_commands_and_arrives_as_a_newcomer(self):
        with Server(["ledger"], options=["--linger-seconds", 1]) as server:
            with Client(server.address).log_in("payee") as payee, Client(server.address).log_in("ada") as first:
                to = payee.join("ledger").avatar
                joined = first.join("ledger")
                for sequence in range(1, 3):
                    transfer(first, sequence, to, 100)
                for _ in range(2):
                    first.expect(OUTCOME)
                first.close()
                # Longer than the linger, shorter than the memory: a wait for the server's clock.
                time.sleep(2.5)
                with Client(server.address).log_in("ada") as second:
                    second.send(JOIN, join("ledger", extensions=extensions(joined.resume(acknowledged=1))))
                    kind, body = second.expect(RECALLED, JOINED)
                    self.assertEqual((kind, sequence_of(body)), (RECALLED, 2))
                    again = Joined.parse(second.expect(JOINED)[1])
                    self.assertNotEqual((again.session, again.ticket), (joined.session, joined.ticket))
                    self.assertEqual(struct.unpack(">BQQ", again.extensions[RESUMPTION]), (ENDED, 2, 2))


if __name__ == "__main__":
    unittest.main()
