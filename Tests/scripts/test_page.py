"""The page, in headless Chromium: the module against the worked example of docs/protocol.md, and the page against a running server."""

import functools
import http.server
import json
import os
import re
import threading
import unittest

import chromium
from orge_harness import HarnessError, Server, binary, crowd, repository

# How long a killed world may take to be back. What it must take is for the benchmarks to say.
BACK_SECONDS = 30
# Enough to make the meadow a busy place, few enough for a debug build on a busy machine.
BOTS = 24


def screenshots():
    """Where pictures go: docs/images when ORGE_SCREENSHOTS names it, else a folder of the build, which nobody keeps."""
    return os.environ.get("ORGE_SCREENSHOTS") or repository(".build", "screenshots")


def worked_example():
    """The page's ```hex NAME blocks as hexadecimal text, without comments and without the size that only raw-tcp has."""
    with open(repository("docs", "protocol.md"), encoding="utf-8") as file:
        page = file.read()
    blocks = {}
    for name, body in re.findall(r"```hex (\S+)\n(.*?)```", page, re.DOTALL):
        blocks[name] = "".join(re.sub(r";.*", "", body).split())[8:]
    return blocks


# Plays the example: what the client sends is compared, what the server sends is fed to it.
REPLAY = """
(async () => {
    const { Session, parseEntity, fromHex, toHex, hashRow } = await import("/orge.js")
    const blocks = %s
    const sent = [], told = []
    const session = new Session({ name: "ada", clientKind: 2, software: "demo 0.1", transmit: (bytes) => sent.push(toHex(bytes)),
        emit: (kind, detail) => told.push(kind) })
    const wrong = []
    const expect = (name) => { const got = sent.shift(); if (got !== blocks[name]) wrong.push(`${name}: ${got} is not ${blocks[name]}`) }
    const feed = (name) => session.receive(fromHex(blocks[name]))
    const outcomes = []
    const transfer = (amount) => session.command("transfer", { to: parseEntity("1:6.1"), amount }).then((outcome) => outcomes.push(outcome))
    session.begin(); expect("hello"); expect("login"); feed("welcome"); feed("worlds")
    session.join("ledger"); expect("join"); feed("schema"); feed("joined"); feed("update-reset")
    transfer(250); expect("command"); feed("update"); feed("outcome-applied")
    transfer(5000); expect("command-refused"); feed("outcome-refused"); feed("event"); feed("credit")
    session.ping(123456789); expect("ping"); feed("pong")
    session.nextAudit = 7
    const audit = session.audit(); expect("audit")
    // Half an answer about an entity that is nowhere; then the world goes away, and the whole answer comes when it is back.
    const half = fromHex(blocks["audit-answer"]); half[13] = 1; half[21] = 9
    session.receive(half); feed("notice-away"); feed("notice-back"); feed("audit-answer")
    session.leave(); expect("leave"); feed("close")
    const compared = await audit
    return {
        wrong, told, state: session.state, avatar: session.avatar === parseEntity("1:5.1"),
        outcomes: outcomes.map((each) => [each.status, String(each.tick), each.reason ?? String(each.result.cents)]),
        audit: [compared.rows, compared.mismatches.map((each) => each.why)], credit: [String(session.throughSequence), String(session.throughByte)],
        hashes: [hashRow(1, fromHex("")), hashRow(0x0102, fromHex("0304"))].map((hash) => hash.toString(16)),
    }
})()
"""

# Every server frame cut short at every length: it may be read or refused as malformed, but nothing else may happen.
CUT = """
(async () => {
    const { Session, MalformedError, SchemaCache, fromHex } = await import("/orge.js")
    const blocks = %s
    const faults = []
    let refused = 0
    for (const name of ["welcome", "worlds", "schema", "joined", "update-reset", "event", "pong", "notice-back", "close"]) {
        const bytes = fromHex(blocks[name])
        for (let length = 0; length < bytes.length; length += 1) {
            const session = new Session({ name: "ada", transmit: () => {}, emit: () => {} })
            session.begin(); session.receive(fromHex(blocks.welcome)); session.receive(fromHex(blocks.worlds)); session.join("ledger")
            session.receive(fromHex(blocks.schema)); session.receive(fromHex(blocks.joined))
            try { session.receive(bytes.slice(0, length)) } catch (error) {
                refused += 1
                if (!(error instanceof MalformedError)) faults.push(`${name} cut to ${length}: ${error}`)
            }
        }
    }
    return { faults, refused }
})()
"""

# A connection is lost and another try is planned; then its user wants another name, twice. How many sockets are there in the end, and for whom?
RESTART = """
(async () => {
    const { Connection } = await import("/orge.js")
    const sockets = []
    class Socket {
        static OPEN = 1
        static CLOSED = 3
        constructor() { this.readyState = 0; sockets.push(this) }
        send() {}
        close() { if (this.readyState !== 3) { this.readyState = 3; setTimeout(() => this.onclose?.()) } }
    }
    globalThis.WebSocket = Socket
    const lost = Promise.withResolvers()
    const connection = new Connection({ url: "", name: "ada", rename: (name) => name, emit: (kind) => { if (kind === "lost") lost.resolve() } })
    connection.open()
    sockets[0].close()
    await lost.promise
    const planned = connection.state
    const first = connection.restart({ name: "bea" })
    await Promise.all([first, connection.restart({ name: "cay" })])
    clearInterval(connection.heartbeat)
    return { planned, state: connection.state, name: connection.session.name, open: sockets.filter((each) => each.readyState !== 3).length }
})()
"""

# Notes every text that the banner and the feed show, however short.
WATCH = """
window.shownTexts = []
for (const id of ["bannerText", "feed"]) {
    const element = document.getElementById(id)
    new MutationObserver(() => window.shownTexts.push(element.textContent)).observe(element, { childList: true, characterData: true, subtree: true })
}
window.shown = (text) => window.shownTexts.some((each) => each.includes(text))
"""
OTHERS = "[...orge.view.entities.values()].filter((each) => each.values.body && each.values.name?.text !== orge.name).length"


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@unittest.skipUnless(chromium.program(), "there is no Chromium")
class ModuleTests(unittest.TestCase):
    """orge.js alone."""

    @classmethod
    def setUpClass(cls):
        handler = functools.partial(QuietHandler, directory=repository("Clients", "web"))
        cls.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        cls.addClassCleanup(cls.server.server_close)
        threading.Thread(target=cls.server.serve_forever, daemon=True).start()
        cls.addClassCleanup(cls.server.shutdown)
        browser = chromium.Browser().__enter__()
        cls.addClassCleanup(browser.end)
        cls.page = browser.open(f"http://127.0.0.1:{cls.server.server_port}/orge.js")
        cls.page.wait_for("document.readyState === 'complete'", "the module's text")

    def test_the_module_writes_and_reads_the_worked_example(self):
        seen = self.page.run(REPLAY % json.dumps(worked_example()))
        self.assertEqual(seen["wrong"], [])
        self.assertEqual(seen["outcomes"], [["applied", "42", "2750"], ["refused", "43", "the account holds 2750 cents, not 5000"]])
        # The example does not show the update through tick 44, so the audit must notice that one balance is old.
        self.assertEqual(seen["audit"], [1, ["different"]])
        self.assertEqual(seen["credit"], ["384", "68480"])
        self.assertEqual(seen["hashes"], ["8328707b4eb6e3a", "be7a5e775165785d"])
        self.assertEqual((seen["state"], seen["avatar"]), ("closed", True))
        self.assertEqual(
            seen["told"],
            ["welcome", "worlds", "schema", "joined", "view", "view", "outcome", "outcome", "event", "pong", "hostAway", "hostBack", "close"])

    def test_frames_cut_short_are_malformed_and_nothing_worse(self):
        seen = self.page.run(CUT % json.dumps(worked_example()))
        self.assertEqual(seen["faults"], [])
        self.assertGreater(seen["refused"], 300)

    def test_a_new_name_while_another_try_is_planned_makes_one_connection(self):
        seen = self.page.run(RESTART)
        self.assertEqual(seen, {"planned": "waiting", "state": "connecting", "name": "cay", "open": 1})


def missing():
    """Why the page cannot be tried against a server here, or None."""
    if not chromium.program():
        return "there is no Chromium"
    try:
        for name in ["orge", "meadow", "ledger"]:
            binary(name)
    except HarnessError as error:
        return str(error)
    return None


@unittest.skipIf(missing(), missing())
class PageTests(unittest.TestCase):
    """The page that a server gives out, driven as a person would."""

    @classmethod
    def setUpClass(cls):
        server = Server(worlds=["meadow", "ledger"], options=["--dev", "--bots", BOTS])
        cls.server = cls.enterClassContext(server)
        cls.browser = cls.enterClassContext(chromium.Browser())

    def address(self, name, world=""):
        """The printed address, token included, with a name and perhaps a world."""
        base, _, fragment = self.server.web.partition("#")
        joiner = "&" if "?" in base else "?"
        return f"{base}{joiner}name={name}{f'&world={world}' if world else ''}{f'#{fragment}' if fragment else ''}"

    def enter(self, name, world=""):
        page = self.browser.open(self.address(name, world))
        self.addCleanup(page.close)
        page.wait_for("window.orge?.state === 'joined' && orge.view.rowCount > 0", f"{name} in {world or 'the first world'}")
        page.run(WATCH)
        return page

    def assert_content(self, page):
        """Nothing went wrong that the page itself noticed, and its view is what the world holds."""
        audit = page.run("orge.audit()")
        self.assertEqual(audit["mismatches"], 0, audit)
        self.assertGreater(audit["rows"], 0)
        self.assertEqual(page.complaints, [])
        self.assertEqual(page.run("orge.reconnects"), 0)

    def test_a_player_walks_speaks_and_sees_others(self):
        page = self.enter("walker")
        self.assertEqual(page.run("orge.world"), "meadow")
        self.assertGreater(page.wait_for(OTHERS, "others in view"), 0)

        start = page.run("orge.position")
        # Away from the nearer edge, where walking would end at once.
        key, ahead = ("KeyD", 1) if start["x"] < 12_800 else ("KeyA", -1)
        page.key(key, "keyDown")
        page.wait_for(f"(orge.position.x - {start['x']}) * {ahead} > 200", "two metres of walking")
        page.key(key, "keyUp")
        page.wait_for("orge.view.entities.get([...orge.view.entities.values()].find((each) => each.values.name?.text === 'walker').id)"
                      ".values.walk?.dx === 0", "the released key to reach the world")

        page.press("Enter")
        page.write("good <b>morning</b>")
        page.press("Enter")
        page.wait_for("orge.heard.some((each) => each.name === 'walker' && each.text === 'good <b>morning</b>')", "its own words")
        page.wait_for("orge.lastOutcome?.command === 'say' && orge.lastOutcome.status === 'applied'", "the outcome")
        page.wait_for("shown('walker good <b>morning</b>')", "its own words in the feed, as they are")
        self.assertEqual(page.run("document.querySelectorAll('#feed li b b').length"), 0)
        page.screenshot(os.path.join(screenshots(), "meadow.png"))
        self.assert_content(page)

    def test_a_killed_world_comes_back_under_the_open_connection(self):
        page = self.enter("phoenix")
        page.wait_for("orge.stats.latency !== null", "the first pong")
        avatar = page.run("orge.avatar")
        before = page.run("orge.stats")
        page.click("#kill")
        page.wait_for(f"orge.stats.incarnation === {before['incarnation'] + 1}", "the world's return", BACK_SECONDS)
        page.wait_for(f"orge.stats.tick > {before['tick'] + 5}", "ticks after the return", BACK_SECONDS)
        for text in ["The world is being restarted", "The world is back"]:
            self.assertTrue(page.run(f"shown({json.dumps(text)})"), page.run("window.shownTexts"))
        self.assertEqual(page.run("orge.avatar"), avatar)
        self.assertTrue(page.run("orge.position !== null"))

        there = page.run("orge.position")
        page.run(f"orge.walk({1 if there['x'] < 12_800 else -1}, 0)")
        page.wait_for(f"Math.abs(orge.position.x - {there['x']}) > 100", "walking on")
        page.run("orge.walk(0, 0)")
        self.assertEqual(page.run("orge.say('still here').then((outcome) => outcome.status)"), "applied")
        self.assert_content(page)

    def test_a_world_without_places_is_a_table_with_forms(self):
        page = self.enter("payer", "ledger")
        other = self.enter("payee", "ledger")
        page.wait_for("document.querySelector('#tables').textContent.includes('10000 cents')", "the table")
        form = "form.command"
        page.run("document.querySelector('#transfer-1-input').value = '9999999'")
        page.click(f"{form} button.primary")
        self.assertIn("from 1 to", page.run("document.querySelector('#transfer-1-error').textContent"))

        page.run(f"document.querySelector('#transfer-0-input').value = {json.dumps(other.run('orge.avatar'))}")
        page.run("document.querySelector('#transfer-1-input').value = '250'")
        page.click(f"{form} button.primary")
        page.wait_for("orge.lastOutcome?.status === 'applied' && document.querySelector('#tables').textContent.includes('9750 cents')", "the payment")
        other.wait_for("document.querySelector('#tables').textContent.includes('10250 cents')", "the money")

        page.run("document.querySelector('#transfer-0-input').value = 'none'")
        page.click(f"{form} button.primary")
        page.wait_for("orge.lastOutcome?.status === 'refused'", "a refusal")
        for each in [page, other]:
            self.assert_content(each)


if __name__ == "__main__":
    unittest.main()
