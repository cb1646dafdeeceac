"""The command line as scripts use it, and the Erlang client beside it."""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import tempfile
import unittest

from orge_harness import ANSWER_SECONDS, Program, Server, binary, crowd, repository, run, wait_until
from relay import Relay
from wire import COMMAND, EVENT, JOINED, OUTCOME, UPDATE, Client

ERLANG_CLIENT = repository("Clients", "erlang", "orge_debug")


@contextlib.contextmanager
def stopped(pid, after=None):
    """Holds a process by SIGSTOP, once `after` has returned."""
    if after:
        after()
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


class Cutter(Relay):
    """Cuts its first connection before it passes on a frame of one type, and leaves the others alone."""

    def __init__(self, server, cut):
        self.cut = cut
        super().__init__(server)

    def passed(self, frame, connection, is_servers):
        return None if connection == 1 and frame[0] == self.cut else frame


class CommandLineTests(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = cls.enterClassContext(Server(["meadow", "ledger"]))

    def orge(self, *words):
        return run([binary("orge"), *words])

    def client(self, verb, world, *words):
        return self.orge(verb, "--connect", self.server.address, "--world", world, *words)

    def test_an_applied_call_prints_its_outcome_and_exits_with_zero(self):
        code, output, errors = self.client("call", "meadow", "say", "text=hello")
        self.assertEqual((code, output.strip()), (0, "applied"), errors)
        code, outcome = self.server.call("say", world="meadow", text="good morning")
        self.assertEqual((code, outcome["outcome"], outcome["result"]), (0, "applied", {}))
        self.assertGreater(outcome["tick"], 0)

    def test_the_example_of_the_contract_finds_the_one_world_by_itself(self):
        with Server(["meadow"]) as server:
            code, output, errors = self.orge("call", "--connect", server.address, "say", "text=hello")
            self.assertEqual((code, output.strip()), (0, "applied"), errors)
            code, output, errors = self.orge("call", "--data", server.data, "say", "text=hello")
            self.assertEqual((code, output.strip()), (0, "applied"), errors)

    def test_a_call_waits_for_a_world_that_is_on_its_way_back(self):
        with Server(["meadow"]) as server:
            for _ in range(3):
                server.kill_host("meadow")
                code, output, errors = self.orge("call", "--data", server.data, "say", "text=back?")
                self.assertEqual((code, output.strip()), (0, "applied"), errors)

    def test_a_call_stays_for_the_events_that_are_asked_for(self):
        words = ["call", "--connect", self.server.address, "--world", "ledger", "--as", "listener", "--json", "--events", "600"]
        with Client(self.server.address).log_in("giver") as giver:
            own = giver.join("ledger").avatar
            with Program([binary("orge"), *words, "transfer", f"to={own}", "amount=7"]) as call:
                outcome = call.event()
                self.assertEqual((outcome["outcome"], outcome["result"]), ("applied", {"cents": 9993}))
                # After tick and kind, the event of the one that was paid names the one that paid.
                listener = int.from_bytes(giver.expect(EVENT)[1][10:18], "big")
                for cents in (3, 4):
                    code, paid = self.server.call("transfer", world="ledger", name="payer-of-events", to=listener, amount=cents)
                    self.assertEqual((code, paid["outcome"]), (0, "applied"), paid)
                    event = call.event()
                    self.assertEqual((list(event), event["event"], event["fields"]["amount"]), (["tick", "event", "fields"], "received", cents))
                # What status counts is as old as the edge's last report.
                wait_until(lambda: self.server.client_count() == 2, "giver and caller are counted")
                call.send(signal.SIGINT)
                self.assertEqual(call.wait(), 0, call.story())
                wait_until(lambda: self.server.client_count() == 1, "the caller has left")

    def test_the_events_of_a_call_end_with_their_time_and_its_exit_code(self):
        for seconds in ("nan", "-1", "86401"):
            code, output, errors = self.client("call", "meadow", f"--events={seconds}", "say", "text=hello")
            self.assertEqual((code, output), (64, ""))
            self.assertIn("--events must be", errors)
        code, output, errors = self.client("call", "meadow", "say", "text=", "--events", "1")
        self.assertEqual(code, 1, errors)
        self.assertEqual([line for line in output.splitlines() if "refused" in line], ["refused: text: must not be empty (code 7)"])
        code, output, errors = self.client("call", "meadow", "say", "text=listen", "--events", "1", "--as", "speaker")
        self.assertEqual(code, 0, errors)
        spoken, applied = [next(number for number, line in enumerate(output.splitlines()) if word in line) for word in ("event spoken", "applied")]
        self.assertLess(spoken, applied, output)

    def test_a_call_that_waits_for_events_survives_its_world(self):
        with Server(["meadow"]) as server:
            with Program([binary("orge"), "call", "--data", server.data, "--events", "600", "say", "text=stay"]) as call:
                while call.line() != "applied":
                    pass
                server.kill_host("meadow")
                said = [call.line()]
                while "the world is back" not in said[-1]:
                    said.append(call.line())
                self.assertIn("the world's process is away", said)
                call.send(signal.SIGTERM)
                self.assertEqual(call.wait(), 0, call.story())

    def test_a_refused_call_says_why_and_does_not_exit_with_zero(self):
        with Client(self.server.address).log_in("payee") as payee:
            other = payee.join("ledger").avatar
            code, output, _ = self.client("call", "ledger", "--as", "payer", "transfer", f"to={other}", "amount=0")
            self.assertEqual(code, 1)
            self.assertRegex(output, "^refused: amount: .*code 7")
            for _ in range(2):
                code, outcome = self.server.call("transfer", world="ledger", name="payer", to=other, amount=5000)
                self.assertEqual((code, outcome["outcome"]), (0, "applied"), outcome)
            self.assertEqual(outcome["result"], {"cents": 0})
            code, outcome = self.server.call("transfer", world="ledger", name="payer", to=other, amount=1)
            self.assertEqual((code, outcome["outcome"], outcome["code"]), (1, "refused", 5), outcome)
            self.assertIn("0 cents", outcome["reason"])

    def test_mistakes_are_named_with_their_remedy(self):
        for words, said in [
            (["say", "txt=hello"], ["has no field txt", "text"]),
            (["say"], ["needs text", "text=…"]),
            (["say", "hello"], ["is no field", "NAME=VALUE"]),
            (["shout", "text=hello"], ["no command shout", "say"]),
            (["plant", "height=high"], ["height", "from 1 to 100"]),
            (["walk", "dx=1", "dy=0"], ["is an intent", "say, plant"]),
            (["say", "text=a", "text=b"], ["text is given twice"]),
        ]:
            with self.subTest(words):
                code, output, errors = self.client("call", "meadow", *words)
                self.assertEqual((code, output), (1, ""))
                for each in said:
                    self.assertIn(each, errors)
        code, _, errors = self.client("call", "atlantis", "say", "text=hello")
        self.assertEqual(code, 1)
        self.assertRegex(errors, "(?s)no world atlantis.*meadow, ledger")
        code, _, errors = self.orge("call", "--connect", "127.0.0.1:1", "say", "text=hello")
        self.assertEqual(code, 1)
        self.assertIn("no server answers at 127.0.0.1:1", errors)

    def test_watch_prints_a_line_of_json_a_second(self):
        code, output, errors = self.client("watch", "meadow", "--seconds", "3", "--json")
        self.assertEqual(code, 0, errors)
        # Notices come in between: on a slow machine, that the world's time runs slowly.
        lines = [line for line in map(json.loads, output.splitlines()) if "notice" not in line]
        self.assertGreaterEqual(len(lines), 1)
        for line in lines:
            self.assertEqual(list(line), ["tick", "entities", "rows", "updates", "events", "bytes_in"])
        self.assertGreater(lines[-1]["entities"], 1_000)
        self.assertGreater(lines[-1]["updates"], 0)

    def test_watch_prints_rows_as_they_change(self):
        code, output, errors = self.client("watch", "meadow", "--seconds", "2", "--rows", "--json")
        self.assertEqual(code, 0, errors)
        lines = [json.loads(line) for line in output.splitlines()]
        self.assertTrue(any(line.get("component") == "position" and line["row"] for line in lines))

    def test_watch_ends_when_nobody_reads_it_any_more(self):
        words = [binary("orge"), "watch", "--connect", self.server.address, "--world", "meadow"]
        for options in [["--rows"], ["--json"]]:
            with self.subTest(options), subprocess.Popen([*words, *options], stdout=subprocess.PIPE, stdin=subprocess.DEVNULL) as watch:
                self.assertNotEqual(watch.stdout.readline(), b"")
                watch.stdout.close()
                try:
                    self.assertEqual(watch.wait(timeout=ANSWER_SECONDS), 0)
                finally:
                    watch.kill()
        with open("/dev/full", "wb") as full:
            done = subprocess.run([*words, "--seconds", "60"], stdout=full, stderr=subprocess.PIPE, timeout=ANSWER_SECONDS, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn(b"No space left", done.stderr)

    def test_numbers_beyond_reason_are_named_or_do_no_harm(self):
        for verb, option, value in [
                ("watch", "--timeout", "nan"), ("call", "--timeout", "0"), ("watch", "--seconds", "1e300"), ("watch", "--seconds", "nan"),
                ("bots", "--churn", "inf"), ("bots", "--churn", "nan"),
                ("bots", "--rate", "nan"), ("bots", "--seconds", "inf")]:
            with self.subTest(verb=verb, option=option, value=value):
                code, output, errors = self.client(verb, "meadow", option, value)
                self.assertEqual((code, output), (64, ""))
                self.assertIn(f"{option} must be", errors)
        self.assertEqual(self.server.bots(1, "1e-300", 1, world="meadow")["sent"], 0)

    def test_mistyped_and_misplaced_words_get_a_suggestion(self):
        for words, hint in [
                (["stauts", "--data", "x"], "Did you mean: orge status --data x"),
                (["--data", "x", "status"], "Options come after the subcommand: orge status --data x"),
                (["frobnicate"], "There is: new, check, serve, status,"), (["status", "--data", "x", "--jsn"], "Did you mean '--json'?")]:
            with self.subTest(words=words):
                code, output, errors = self.orge(*words)
                self.assertEqual((code, output), (64, ""))
                self.assertIn(hint, errors)
        code, _, errors = self.orge("call", "--connect", self.server.address, "--world", "maedow", "say", "text=hello")
        self.assertEqual(code, 1)
        self.assertIn("Did you mean meadow?", errors)

    def test_a_failure_is_an_object_for_scripts(self):
        for words, code, kind in [
                (["status", "--data", "/nowhere", "--json"], 1, "failed"), (["call", "--data", "/nowhere", "say", "--json"], 1, "failed"),
                (["status", "--json"], 64, "usage"), (["stauts", "--json"], 64, "usage")]:
            with self.subTest(words=words):
                found, output, errors = self.orge(*words)
                error = json.loads(output)["error"]
                self.assertEqual((found, error["code"]), (code, kind), errors)
                self.assertTrue(error["message"])
        code, output, _ = self.orge("bots", "--connect", "127.0.0.1:1", "--count", "3", "--json")
        report = json.loads(output)
        self.assertEqual((code, report["bots"], report["clients"], report["absent"]), (1, 3, 0, {"not connected": 3}))
        self.assertIn("none of the 3 bots", report["error"]["message"])

    def test_a_server_that_says_nothing_is_told_within_the_timeout(self):
        with Server(["meadow"], options=["--silence-limit-seconds", 0]) as server:
            call = [binary("orge"), "call", "--connect", server.address, "say", "text=hello", "--json", "--timeout", "1"]
            watch = [binary("orge"), "watch", "--connect", server.address, "--json", "--timeout", "1"]
            with Program(watch) as watching, stopped(server.edge()["pid"], after=watching.event):
                # The kernel accepts connections for a stopped process; those that are there stay open.
                schema = [binary("orge"), "schema", "--connect", server.address, "--json"]
                for words in (call, watch, [*schema, "--timeout", "1"]):
                    with self.subTest(words[1]):
                        code, output, errors = run(words)
                        error = json.loads(output)["error"]
                        self.assertEqual((code, error["code"]), (75, "timeout"), errors)
                        self.assertIn(f"{server.address} accepted the connection and did not answer within 1.000 s", error["message"])
                        self.assertIn("--timeout", error["hint"])
                        self.assertIn(error["message"], errors)
                self.assertEqual(watching.wait(), 75)
                self.assertIn("nothing came from the server", watching.story())
            self.assertEqual(run([*call[:-1], "30"])[0], 0)

    def test_a_world_that_says_nothing_leaves_the_outcome_open(self):
        with Server(["ledger"], options=["--silence-limit-seconds", 0]) as server, Client(server.address).log_in("payee") as payee:
            avatar = payee.join("ledger").avatar
            words = [binary("orge"), "call", "--connect", server.address, "transfer", f"to={avatar}", "amount=1", "--json", "--timeout", "1"]
            with stopped(server.world("ledger")["pid"]):
                code, output, errors = run(words)
                self.assertEqual((code, json.loads(output)["error"]["code"]), (75, "timeout"), errors)
                self.assertIn("did not answer the request for the world within", errors)
            code, output, errors = run([*words[:-1], "30"])
            self.assertEqual((code, json.loads(output)["outcome"]), (0, "applied"), errors)

    def test_every_bot_is_accounted_for(self):
        words = self.server.bots_command(3, 1, 1, world="meadow", options=["--prefix", "twin"])
        with Program(self.server.bots_command(3, 1, 600, world="meadow", options=["--prefix", "twin"])):
            wait_until(lambda: self.server.edge()["clients"] >= 3, "the first three")
            code, output, errors = run(words, 60)
            report = json.loads(output)
            self.assertEqual((code, report["bots"], report["clients"], report["absent"]), (1, 3, 0, {"accountInUse": 3}), errors)

    def test_bots_that_are_interrupted_end_in_order(self):
        with tempfile.NamedTemporaryFile() as log:
            words = self.server.bots_command(5, 20, 600, world="meadow", options=["--outcomes", log.name])
            with Program(words) as bots:
                wait_until(lambda: self.server.edge()["clients"] == 5, "five bots")
                bots.send(signal.SIGINT)
                result = bots.event()
                self.assertEqual(bots.wait(), 0)
            self.assertEqual((result["clients"], result["audited"], result["unanswered"], result["disconnected"]), (5, 5, 0, 0))
            self.assertEqual(len(log.readlines()), result["applied"] + result["refused"])

    def test_bots_whose_log_cannot_be_written_say_so(self):
        code, output, errors = run(self.server.bots_command(2, 20, 1, world="meadow", options=["--outcomes", "/dev/full"]), 60)
        self.assertEqual((code, json.loads(output)["clients"]), (1, 2), errors)
        self.assertIn("No space left", errors)

    def test_bots_without_an_end_of_their_own_end_with_the_server(self):
        with Server(["meadow"]) as server:
            words = [binary("orge"), "bots", "--connect", server.address, "--count", "3", "--churn", "0.2", "--json"]
            with Program(words) as bots:
                wait_until(lambda: server.edge()["clients"] > 0, "bots")
                server.stop()
                self.assertLessEqual(bots.event()["clients"], 3)
                bots.wait()

    def test_schema_is_one_object(self):
        code, output, errors = self.client("schema", "meadow", "--json")
        self.assertEqual(code, 0, errors)
        schema = json.loads(output)
        self.assertEqual((schema["world"], schema["version"], schema["tick_us"]), ("meadow", 1, 50_000))
        self.assertIn("say", [command["name"] for command in schema["commands"]])
        self.assertNotIn("creature", [component["name"] for component in schema["components"]])
        code, output, _ = self.client("schema", "ledger")
        self.assertEqual(code, 0)
        self.assertIn("command transfer → cents", output)

    def test_every_command_has_help_with_examples(self):
        for verb in ["serve", "status", "bots", "watch", "call", "play", "schema"]:
            with self.subTest(verb):
                code, output, _ = self.orge(verb, "--help")
                self.assertEqual(code, 0)
                self.assertIn(f"orge {verb}", output)
                self.assertIn("Examples:", output)


@unittest.skipUnless(shutil.which("escript"), "there is no Erlang")
@unittest.skipUnless(os.path.exists(ERLANG_CLIENT), "there is no Erlang client")
class ErlangClientTests(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = cls.enterClassContext(Server(["meadow", "ledger"]))

    def debug(self, verb, world, *words):
        return run(["escript", ERLANG_CLIENT, verb, "--connect", self.server.address, "--world", world, *words], 60)

    def test_a_call_whose_connection_is_lost_goes_on_with_its_session(self):
        with Client(self.server.address).log_in("heir") as heir:
            to = heir.join("ledger").avatar
            heir.leave()
        for cents, (said, cut) in enumerate({"1 command sent again": COMMAND, "the outcome comes": OUTCOME}.items()):
            with self.subTest(said), Cutter(self.server.address, cut) as relay:
                words = ["--as", f"erin-{cents}", "transfer", f"to={to}", "amount=7"]
                code, output, errors = run(["escript", ERLANG_CLIENT, "call", "--connect", relay.address, "--world", "ledger", *words], 60)
                self.assertEqual((code, output.strip()), (0, "applied {cents=9993}"), errors)
                self.assertRegex(errors, r"reconnecting in \d+ ms, 1 command in flight")
                self.assertIn(f"resumed: {said}", errors)

    def test_a_call_whose_connection_is_lost_before_it_has_credit_comes_back(self):
        with Client(self.server.address).log_in("heir") as heir:
            to = heir.join("ledger").avatar
            heir.leave()
        with Cutter(self.server.address, JOINED) as relay:
            words = ["--as", "early", "transfer", f"to={to}", "amount=7"]
            code, output, errors = run(["escript", ERLANG_CLIENT, "call", "--connect", relay.address, "--world", "ledger", *words], 60)
            self.assertEqual((code, output.strip()), (0, "applied {cents=9993}"), errors)
            self.assertRegex(errors, "(?s)reconnecting in .*0 commands in flight.*connected again")

    def test_a_watch_goes_on_when_its_connection_is_lost(self):
        with Cutter(self.server.address, UPDATE) as relay:
            words = ["watch", "--connect", relay.address, "--world", "meadow", "--audit"]
            code, output, errors = run(["escript", ERLANG_CLIENT, *words], 60)
            self.assertEqual(code, 0, errors)
            self.assertRegex(output, r"audit: \d+ rows, 0 mismatches")
            self.assertRegex(errors, "(?s)reconnecting in .*connected again")

    def test_it_plays_the_worked_example_of_the_protocol_and_the_golden_vectors(self):
        for words in ([], [repository("docs", "vectors")]):
            code, output, errors = run(["escript", ERLANG_CLIENT, "selftest", *words], 60)
            self.assertEqual(code, 0, output + errors)

    def test_an_applied_call_exits_with_zero_and_a_refused_one_does_not(self):
        code, output, errors = self.debug("call", "meadow", "say", "text=hello from Erlang")
        self.assertEqual(code, 0, errors)
        self.assertTrue(output.startswith("applied"), output)
        code, output, errors = self.debug("call", "ledger", "transfer", "to=none", "amount=1")
        self.assertEqual(code, 1, errors)
        self.assertTrue(output.startswith("refused"), output)

    def test_its_view_of_a_living_world_is_what_the_world_holds(self):
        with self.server.bots_meanwhile(crowd(20), 2, 5, world="meadow") as result:
            code, output, errors = self.debug("watch", "meadow", "--once", "--audit")
            self.assertEqual(code, 0, output[-500:] + errors)
            self.assertRegex(output, r"audit: [1-9]\d* rows, 0 mismatches")
            self.assertEqual(result()["view_mismatches"], 0)

    def test_it_prints_the_schema(self):
        code, output, errors = self.debug("schema", "ledger")
        self.assertEqual(code, 0, errors)
        self.assertIn("transfer", output)


if __name__ == "__main__":
    unittest.main()
