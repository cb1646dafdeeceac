"""Idempotency keys from outside: one payment, however often and through whatever client it is repeated."""

import os
import re
import secrets
import shutil
import unittest

from orge_harness import Server, binary, missing_programs, repository, run, temporary_folder
from wire import COMMAND, MALFORMED, Client, command

ERLANG_CLIENT = repository("Clients", "erlang", "orge_debug")
KEYED = 2


@unittest.skipIf(missing_programs("orge", "ledger", "meadow"), missing_programs("orge", "ledger", "meadow"))
class KeyTests(unittest.TestCase):
    def setUp(self):
        self.data = self.enterContext(temporary_folder())

    def payee(self, server):
        with Client(server.address).log_in("payee") as client:
            avatar = client.join("ledger").avatar
            client.leave()
            return avatar

    def call(self, server, *words, world="ledger", name="payer"):
        """(exit code, outcome or errors) of one `orge call`, a session of its own."""
        code, output, errors = run([binary("orge"), "call", "--connect", server.address, "--world", world, "--as", name, *words])
        return code, output.strip() or errors

    def test_a_payment_is_made_once_over_sessions_crashes_and_restarts(self):
        key = secrets.token_hex(16)
        with Server(["ledger"], data=self.data) as server:
            to = self.payee(server)
            pay = ["--key", key, "transfer", f"to={to}", "amount=250"]
            self.assertEqual(self.call(server, *pay), (0, "applied cents=9750"))
            self.assertRegex(self.call(server, *pay)[1], r"^applied cents=9750 \(repeated: tick \d+ applied it\)$")
            server.kill_host("ledger")
            code, said = self.call(server, "--json", *pay)
            self.assertEqual(code, 0, said)
            self.assertRegex(said, r'"result":\{"cents":9750\},"repeated":true,"first_tick":\d+')
            # Another payload, another account, another key.
            code, said = self.call(server, "--key", key, "transfer", f"to={to}", "amount=251")
            self.assertEqual((code, said.split(":")[0], "code 11" in said), (1, "refused", True), said)
            self.assertEqual(self.call(server, *pay, name="other"), (0, "applied cents=9750"))
            self.assertEqual(self.call(server, "--key", secrets.token_hex(16), *pay[2:]), (0, "applied cents=9500"))
            server.stop()
        with Server(["ledger"], data=self.data) as server:
            self.assertRegex(self.call(server, *pay)[1], r"^applied cents=9750 \(repeated: ")
            self.assertEqual(self.call(server, *pay[2:]), (0, "applied cents=9250"))
            code, said = self.call(server, "--key", "", *pay[2:])
            self.assertEqual((code, "32 hexadecimal digits" in said), (1, True), said)
            server.stop()
        code, output, errors = run([binary("ledger"), "--replay", os.path.join(self.data, "worlds", "ledger"), "--json"])
        self.assertEqual(code, 0, errors)
        self.assertEqual(len(re.findall('"status":"repeated"', output)), 3, output)
        self.assertEqual(len(re.findall('"status":"applied"', output)), 4, output)

    @unittest.skipUnless(shutil.which("escript"), "there is no Erlang")
    def test_clients_share_keys_and_a_world_without_them_says_so(self):
        key = secrets.token_hex(16)
        with Server(["meadow", "ledger"]) as server:
            to = self.payee(server)
            debug = ["escript", ERLANG_CLIENT, "call", "--connect", server.address, "--as", "payer", "--key"]
            _, output, errors = run([*debug, key, "--world", "ledger", "transfer", f"to={to}", "amount=9"], 60)
            self.assertEqual(output.strip(), "applied {cents=9991}", errors)
            self.assertRegex(self.call(server, "--key", key, "transfer", f"to={to}", "amount=9")[1], r"^applied cents=9991 \(repeated: ")
            _, output, errors = run([*debug, key, "--world", "ledger", "transfer", f"to={to}", "amount=9"], 60)
            self.assertRegex(output, r"^applied \{cents=9991\} \(repeated: tick \d+ applied it\)", errors)
            code, output, errors = run([*debug, key, "--world", "meadow", "say", "text=hello"], 60)
            self.assertEqual((code, output.split(":")[0]), (1, "refused noKeys"), errors)
            code, said = self.call(server, "--key", key, "say", "text=hello", world="meadow")
            self.assertEqual((code, "code 13" in said), (1, True), said)
            code, _, errors = run([*debug, key[1:], "--world", "ledger", "transfer", f"to={to}", "amount=9"], 60)
            self.assertEqual((code, "32 hexadecimal digits" in errors), (2, True), errors)

    def test_a_key_that_is_cut_or_a_flag_that_is_not_defined_closes_the_connection(self):
        with Server(["ledger"]) as server:
            for flags, payload in [(KEYED, 15), (KEYED, 0), (1, 28), (3, 28), (4, 28), (255, 28)]:
                with self.subTest(flags=flags, payload=payload), Client(server.address).log_in(f"p{flags}-{payload}") as client:
                    client.join("ledger")
                    client.send(COMMAND, bytes([flags]) + command(1, 0, bytes(payload))[1:])
                    self.assertEqual(client.until_closed().code, MALFORMED)


if __name__ == "__main__":
    unittest.main()
