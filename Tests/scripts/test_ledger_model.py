"""A model of the Ledger outside of Orge: fed with what the journal says was run, it must reach every outcome and every balance,
and every bot must have been told the same, each outcome once, however often hosts, edges and (in the soak) supervisors were killed and connections were cut."""

import json
import os
import random
import signal
import struct
import time
import unittest

from orge_harness import Server, binary, crowd, is_soak, run, soaked, temporary_folder, wait_until
from wire import UPDATE, Client, update_tick, varint

BOTS, RATE, SECONDS, KILLS = (200, 5, 10 + soaked(110), soaked(40)) if is_soak() else (crowd(60), 5, 12, 4)
DROP_SECONDS = 2
EDGES = 2
OPENING_CENTS = 10_000
AMOUNTS = range(1, 5_001)
INVALID, NOT_FOUND, INSUFFICIENT = 1, 2, 5
BALANCE = 0  # the one component


def entity_number(words):
    """The 64 bits of an entity written WORLD:SLOT.GENERATION."""
    world, _, rest = words.partition(":")
    slot, _, generation = rest.partition(".")
    return int(world) << 50 | int(generation) << 26 | int(slot)


class Model:
    """Accounts and transfers, as a page of Python."""

    def __init__(self, accounts):
        self.cents = dict.fromkeys(accounts, OPENING_CENTS)

    def transfer(self, payer, to, amount):
        """(status, result or code), and its effect."""
        if amount not in AMOUNTS or to == payer:
            return "refused", INVALID
        if self.cents[payer] < amount:
            return "refused", INSUFFICIENT
        if to not in self.cents:
            return "refused", NOT_FOUND
        self.cents[payer] -= amount
        self.cents[to] += amount
        return "applied", self.cents[payer]


def outcome_of(line):
    outcome = line["outcome"]
    applied = outcome["status"] == "applied"
    return outcome["status"], outcome["result"]["cents"] if applied else outcome["code"]


def balances(address, names):
    """{name: (avatar, cents)} as each account sees itself."""
    seen = {}
    for name in names:
        with Client(address).log_in(name) as client:
            joined = client.join_patiently("ledger")
            _, body = client.expect(UPDATE)
            seen[name] = joined.avatar, cents_of(joined, body[update_tick(body)[1]:])
            client.leave()
    return seen


def cents_of(joined, entries):
    """The balance in the entries of a first update: two empty sections, then entities that enter with one row, (owner, cents)."""
    if entries[:2] != b"\0\0":
        raise AssertionError(f"something else than entering entities in {entries.hex()}")
    at, entity = 2, None
    while at < len(entries):
        difference, at = varint(entries, at)
        entity = joined.id_base + (difference >> 1 ^ -(difference & 1)) if entity is None else entity + difference
        components, at = varint(entries, at)
        owner, cents = struct.unpack_from(">Qq", entries, at)
        at += 16
        if (entity, components, owner) == (joined.avatar, 1 << BALANCE, joined.avatar):
            return cents
    raise AssertionError(f"no balance of {joined.avatar} in {entries.hex()}")


def commands_of(test, output):
    """The commands of a replay's output, with entities as numbers; its last line sums up."""
    *lines, summary = [json.loads(line) for line in output.splitlines()]
    test.assertEqual((summary["ok"], summary["outcomes"]), (True, len(lines)))
    for line in lines:
        line["avatar"] = line["avatar"] and entity_number(line["avatar"])
        line["fields"]["to"] = entity_number(line["fields"]["to"])
    return lines


class LedgerModelTests(unittest.TestCase):
    def test_a_model_outside_reaches_every_balance_and_every_bot_was_told_the_same(self):
        seed = int(os.environ.get("ORGE_SEED", random.SystemRandom().randrange(1 << 32)))
        print(f"      {BOTS} bots, {SECONDS} s, {KILLS} kills, ORGE_SEED={seed}")
        with temporary_folder() as folder:
            data, log = os.path.join(folder, "data"), os.path.join(folder, "outcomes.jsonl")
            with Server(["ledger"], data=data, options=["--edges", EDGES]) as server:
                answer, kills = self.act(server, log, random.Random(seed))
                incarnation = server.world("ledger")["incarnation"]
                self.assertEqual(server.stop(), 0)
            replay = self.replay(data)
            oracle = Oracle(self)
            model = oracle.check_replay(replay)
            oracle.check_bots(answer, log, replay, BOTS)
            self.assertGreater(answer["resumed"], BOTS, answer)
            self.assertEqual(incarnation, kills["host"] + kills["supervisor"] + 1)
            self.assertGreaterEqual(sum(kills.values()), KILLS // 2)
            with Server(["ledger"], data=data) as server:
                names = sorted({line["account"] for line in replay if line["account"]})
                seen = balances(server.address, names)
            self.assertEqual({avatar: cents for avatar, cents in seen.values()},
                             {avatar: model.cents[avatar] for avatar, _ in seen.values()})
            self.assertGreater(len(seen), BOTS * 3 // 4)
            print(f"      killed {kills}, {len(replay)} commands replayed, {len(seen)} balances, "
                  f"{answer['applied']} applied, {answer['refused']} refused; {answer['resumed']} sessions resumed, {answer['resent']} commands sent again")

    def act(self, server, log, source):
        """Bots whose connections are cut, and processes killed at moments drawn at random; answers the bots' last line and how often each kind was killed.

        A moment at which the host is still away kills no process. Killing the host at each return instead, before it could release a tick, would make
        the server give the world up.
        """
        options = ["--drop", DROP_SECONDS, "--outcomes", log, "--seed", source.randrange(1 << 32)]
        with server.bots_meanwhile(BOTS, RATE, SECONDS, world="ledger", options=options) as result:
            moments = sorted(source.uniform(0, SECONDS - 2) for _ in range(KILLS))
            began, kills = time.monotonic(), {"host": 0, "edge": 0, "supervisor": 0}
            for moment in moments:
                wait = began + moment - time.monotonic()
                if any(kills.values()) and wait < 0:
                    continue
                # The moment itself is what is drawn, so this is a wait for the clock.
                time.sleep(max(0, wait))
                kind = source.choices(["host", "edge", "supervisor"], [4, 4, 1 if is_soak() else 0])[0]
                kills[kind] += 1
                self.kill(server, kind, source, kills["host"] + kills["supervisor"] + 1)
            return result(), kills

    @staticmethod
    def kill(server, kind, source, incarnation):
        """SIGKILL; returns when what was killed is back."""
        if kind == "host":
            server.kill_host("ledger")
        elif kind == "edge":
            os.kill(server.processes()["edges"][source.randrange(EDGES)], signal.SIGKILL)
        else:
            os.kill(server.pid, signal.SIGKILL)
            server.program.end()
            # Where its clients look for it.
            server.port_wanted = server.port
            server.start()
        server.wait_for_world("ledger", lambda world: world["state"] == "ready" and world["incarnation"] == incarnation, "its return")
        wait_until(lambda: all(edge["state"] == "ready" for edge in server.status()["edges"]), "the edges")

    def replay(self, data):
        """The journal's lines. The world checks each record's hash while it runs them again."""
        code, output, errors = run([binary("ledger"), "--replay", os.path.join(data, "worlds", "ledger"), "--json"], 120)
        self.assertEqual(code, 0, errors)
        return commands_of(self, output)


class Oracle:
    """Judges a replayed journal and what bots were told; speaks through a test."""

    def __init__(self, test):
        self.test = test

    def check_replay(self, replay):
        """Runs the model beside the journal's outcomes; answers it."""
        avatars = {line["session"]: line["avatar"] for line in replay if line["avatar"]}
        model = Model(set(avatars.values()) | {line["fields"]["to"] for line in replay if line["outcome"]["status"] == "applied"})
        last = {}
        for line in replay:
            self.test.assertEqual(line["sequence"], last.get(line["session"], line["sequence"] - 1) + 1, f"a gap: {line}")
            last[line["session"]] = line["sequence"]
            payer = avatars.get(line["session"])
            self.test.assertIsNotNone(payer, f"whose command is it? {line}")
            self.test.assertEqual(outcome_of(line), model.transfer(payer, line["fields"]["to"], line["fields"]["amount"]), line)
        self.test.assertEqual(sum(model.cents.values()), OPENING_CENTS * len(model.cents))
        self.test.assertTrue(all(cents >= 0 for cents in model.cents.values()))
        return model

    def check_bots(self, answer, log, replay, bots):
        """Every outcome that a bot was told is the journal's, told once; what was not told is counted as that."""
        run_by = {(line["session"], line["sequence"]): line for line in replay}
        self.test.assertEqual(len(run_by), len(replay), "a command was run twice")
        with open(log, encoding="utf-8") as file:
            told = [json.loads(line) for line in file]
        self.test.assertEqual(len({(line["session"], line["sequence"]) for line in told}), len(told), "an outcome was told twice")
        for line in told:
            ran = run_by.get((line["session"], line["sequence"]))
            self.test.assertIsNotNone(ran, f"an outcome that the journal does not have: {line}")
            self.test.assertEqual((line["outcome"], line["tick"]), (ran["outcome"]["status"], ran["tick"]), line)
            if ran["account"]:
                self.test.assertEqual((line["account"], entity_number(line["avatar"])), (ran["account"], ran["avatar"]), line)
        self.test.assertEqual(answer["sent"], answer["applied"] + answer["refused"], answer)
        self.test.assertEqual(len(told), answer["applied"] + answer["refused"], answer)
        told_nothing = [answer[key] for key in ("unknown", "expired", "unanswered", "view_mismatches")]
        self.test.assertEqual((answer["clients"], told_nothing), (bots, [0, 0, 0, 0]), answer)
        self.test.assertEqual(answer["sent"], len(replay), "the world ran other commands than were sent")


if __name__ == "__main__":
    unittest.main()
