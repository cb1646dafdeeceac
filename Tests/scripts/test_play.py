"""`orge play` in a pseudo-terminal: what a person types and sees, and that the terminal is always given back."""

import os
import re
import signal
import time
import unittest

import procfs
from orge_harness import Program, Server, binary, run, wait_until
from relay import Relay
from terminal import Terminal
from wire import Client


class Forger(Relay):
    """Writes an escape sequence into whatever the server says: bytes of one text become others of the same number."""

    def __init__(self, server, harmless, hostile):
        assert len(harmless) == len(hostile)
        self.harmless, self.hostile = harmless, hostile
        super().__init__(server)

    def passed(self, frame, connection, is_servers):
        return frame.replace(self.harmless, self.hostile) if is_servers else frame


class PlayTests(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = cls.enterClassContext(Server(["meadow", "ledger"]))

    def play(self, world, name, server=None, connect=None, **options):
        where = ["--connect", connect or (server or self.server).address]
        return Terminal([binary("orge"), "play", *where, "--world", world, "--as", name], **options)

    def check_end(self, terminal, code=0):
        self.assertEqual(terminal.wait(), code)
        terminal.wait_for_restored()

    def test_a_person_pays_is_paid_and_leaves(self):
        with Client(self.server.address).log_in("merchant") as merchant, self.play("ledger", "ada") as ada:
            to = merchant.join("ledger").avatar
            status = ada.wait_for("connected")
            self.assertRegex(status, r"^ ledger  ada \d+:\d+\.\d+  tick \d+  1 in view")
            ada.type("tr\t")
            ada.wait_for(r"^> transfer$")
            ada.wait_for(r"^transfer  to: entity  amount: u32, 1…5000, in cents")
            ada.type(f"to={to} am\t")
            ada.wait_for(rf"^> transfer to={to} amount=$")
            ada.type("700\r")
            ada.wait_for(r"^transfer: applied cents=9300 \(\d+(\.\d)? ms\)$")
            ada.wait_for(r"^\* \d+:\d+\.\d+ .* 9300$")
            # A second payment, recalled and changed.
            ada.type("\x1b[A\x7f\x7f\x7f9999\r")
            ada.wait_for(r"^transfer: refused: amount: must be from 1 to 5000")
            # Another client's command changes the row here, and its event comes.
            own = re.search(r"ada (\S+)", status)[1]
            code, paid = self.server.call("transfer", world="ledger", name="customer", to=own, amount=41)
            self.assertEqual((code, paid["outcome"]), (0, "applied"), paid)
            ada.wait_for(r"^\d+ received from=\d+:\d+\.\d+ amount=41$")
            ada.wait_for(r"^\* \d+:\d+\.\d+ .* 9341$")
            self.assertEqual(ada.differences(), [])
            ada.type("quit\r")
            self.check_end(ada)

    def test_a_person_walks_speaks_resizes_and_sees_the_world_come_back(self):
        with Server(["meadow"]) as server, self.play("meadow", "walker", server) as walker:
            walker.wait_for("connected")
            walker.wait_for(r"^\* \d+:\d+\.\d+ .*player.*walker")
            walker.type('say text="漢字 are wide"\r')
            walker.wait_for(r"^say: applied")
            walker.wait_for(r'^\d+ spoken by=\S+ \((walker|you)\) text="漢字 are wide"$')
            walker.type("only bo\t\r")
            walker.wait_for(r"only body")
            walker.resize(120, 40)
            walker.wait_for(lambda lines: len(lines) == 40 and lines[39].startswith(">") and "connected" in lines[0])
            self.assertEqual(walker.differences(), [])
            walker.resize(60, 20)
            walker.wait_for("orge play needs a terminal of 80 x 24; this one has 60 x 20")
            walker.resize(80, 24)
            walker.wait_for(lambda lines: len(lines) == 24 and "connected" in lines[0])
            server.kill_host("meadow")
            walker.wait_for("^the world's process is away$")
            walker.wait_for(r"^the world is back, at tick \d+$")
            walker.type("say text=back\r")
            walker.wait_for(r"^\d+ spoken by=\S+ \((walker|you)\) text=back$")
            # The edge goes with every connection: the session is resumed through the next one.
            os.kill(server.edge()["pid"], signal.SIGKILL)
            walker.wait_for("^the connection is lost; trying again$")
            walker.wait_for("^the connection is back: the session goes on")
            walker.wait_for("connected")
            walker.type("\x03")
            self.check_end(walker)

    def test_a_server_that_stops_gives_the_terminal_back_and_says_why(self):
        with Server(["ledger"]) as server, self.play("ledger", "ada", server) as ada:
            ada.wait_for("connected")
            server.stop()
            self.check_end(ada, 1)
            self.assertIn("the server closed the connection: serverStopping", ada.text.rpartition("\x1b[?1049l")[2])

    def test_signals_give_the_terminal_back(self):
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            with self.subTest(number), self.play("ledger", "ada") as ada:
                ada.wait_for("connected")
                ada.send(number)
                self.check_end(ada)

    def test_a_stopped_player_gives_the_terminal_back_and_takes_it_again(self):
        with self.play("ledger", "ada") as ada:
            ada.wait_for("connected")
            for stop in (lambda: ada.type("\x1a"), lambda: ada.send(signal.SIGTSTP)):
                stop()
                wait_until(lambda: procfs.stat_fields(ada.process.pid)[0] == "T", "stopped")
                ada.wait_for_restored()
                ada.send(signal.SIGCONT)
                wait_until(lambda: "?1049" in ada.screen.modes, "the screen taken again")
                ada.wait_for("connected")
            ada.type("\x04")
            self.check_end(ada)

    def test_a_trap_gives_the_terminal_back(self):
        for number in (signal.SIGSEGV, signal.SIGABRT, signal.SIGTRAP, signal.SIGILL):
            with self.subTest(number), self.play("ledger", "ada") as ada:
                ada.wait_for("connected")
                ada.send(number)
                self.check_end(ada, -number)

    def test_a_terminal_that_takes_nothing_holds_up_nothing_else(self):
        with self.play("meadow", "stalled") as stalled:
            stalled.wait_for("connected")
            stalled.takes.clear()
            # More than a pseudo-terminal holds, whether all of it has been drawn by the end or not.
            for _ in range(60):
                stalled.type("\x0c")
                time.sleep(0.02)
            stalled.send(signal.SIGTERM)
            self.assertEqual(stalled.wait(), 0)
            stalled.takes.set()
            stalled.wait_for_settings()

    def test_no_text_of_a_world_reaches_the_terminal_raw(self):
        hostile = b"\x1b[2J\x07\xc2\x9b31m!!"
        with Forger(self.server.address, b"HARMLESSTEXT", hostile) as forger, self.play("meadow", "victim", connect=forger.address) as victim:
            victim.wait_for("connected")
            victim.type("say text=HARMLESSTEXT\r")
            victim.wait_for(r"spoken by=.*\\u\{1b\}\[2J\\u\{7\}\\u\{9b\}31m!!")
            self.assertNotIn(b"\x1b[2J\x07", victim.raw)
            self.assertEqual(victim.differences(), [])
            victim.type("quit\r")
            self.check_end(victim)

    def test_colours_can_be_turned_off(self):
        with self.play("ledger", "ada", variables={"NO_COLOR": "1"}) as ada:
            ada.wait_for("connected")
            ada.type("dance\r")
            ada.wait_for("^there is no command dance")
            self.assertNotRegex(ada.raw.decode(errors="replace"), r"\x1b\[[0-9;]*3[0-7]m")
            ada.type("\x04")
            self.check_end(ada)

    def test_where_it_cannot_draw_it_says_so(self):
        words = [binary("orge"), "play", "--connect", self.server.address, "--world", "ledger"]
        code, output, errors = run(words)
        self.assertEqual((code, output, errors.strip()), (
            1, "", "Error: orge play needs a terminal as its input and output; scripts use `orge call` and `orge watch`"))
        with Terminal(words, variables={"TERM": "dumb"}) as dumb:
            self.assertEqual(dumb.wait(), 1)
            dumb.reader.join(timeout=1)
            self.assertIn("(TERM is dumb)", dumb.text)
        with Terminal([*words[:3], "127.0.0.1:1", "--world", "ledger"]) as nowhere:
            self.assertEqual(nowhere.wait(), 1)
            wait_until(lambda: "no server answers" in nowhere.text, "the reason")
            self.assertNotIn("\x1b", nowhere.text)
        with Terminal([*words, "--as", "ada"], columns=79, rows=24) as narrow:
            narrow.wait_for("orge play needs a terminal of 80 x 24; this one has 79 x 24")
            narrow.type("\x04")
            self.check_end(narrow)

    def test_an_account_in_use_is_told_before_anything_is_drawn(self):
        with Client(self.server.address).log_in("twin") as twin:
            twin.join("ledger")
            with self.play("ledger", "twin") as other:
                self.assertEqual(other.wait(), 1)
                wait_until(lambda: "not admitted: twin is in this world" in other.text, "the reason")
                self.assertNotIn("\x1b", other.text)


if __name__ == "__main__":
    unittest.main()
