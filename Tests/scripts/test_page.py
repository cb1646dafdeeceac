"""The page that a server gives out, in headless Chromium. Its pure modules have tests of their own (test_web_modules.py)."""

import json
import os
import signal
import unittest

import chromium
from orge_harness import Server, missing_programs, repository, wait_until

# How long a killed world may take to be back. What it must take is for the benchmarks to say.
BACK_SECONDS = 30
# Enough to make the meadow a busy place, few enough for a debug build on a busy machine.
BOTS = 24


def picture(name, is_documented=False):
    """Where a picture goes: a folder of the build, or for the README's the folder that ORGE_SCREENSHOTS names (docs/images)."""
    named = os.environ.get("ORGE_SCREENSHOTS") if is_documented else None
    return os.path.join(named or repository(".build", "screenshots"), name)


# Notes every text that the banner and the log show, however short.
WATCH = """
window.shownTexts = []
for (const id of ["bannerText", "log"]) {
    const element = document.getElementById(id)
    new MutationObserver(() => window.shownTexts.push(element.textContent)).observe(element, { childList: true, characterData: true, subtree: true })
}
window.shown = (text) => window.shownTexts.some((each) => each.includes(text))
"""
# Creatures and players in view, and players alone: only they have names.
OTHERS = "[...orge.view.entities.values()].filter((each) => each.values.body && each.values.name?.text !== orge.name).length"
PLAYERS = "[...orge.view.entities.values()].filter((each) => each.values.name && each.values.name.text !== orge.name).length"
COMPANY_ATTEMPTS = 20


# What of the page is outside of the window, cut off or under another part. Parts that scroll may hold more than they show.
CLIPPED = """
(() => {
    const found = []
    const isShown = (element) => element.checkVisibility() && element.getBoundingClientRect().width > 0
    const name = (element) => element.id || element.textContent
    const scrollers = "#log, #people, #drawerBody, #hudBody, #tables"
    for (const element of document.querySelectorAll("#ui .card, #ui button, #ui input, #stick, #keys")) {
        if (!isShown(element) || element.closest(scrollers)) continue
        const box = element.getBoundingClientRect()
        if (box.left < 0 || box.top < 0 || box.right > innerWidth || box.bottom > innerHeight) found.push(`${name(element)} is outside`)
        if (element.tagName === "BUTTON" && element.scrollWidth > element.clientWidth) found.push(`${name(element)} is cut off`)
    }
    const sheet = matchMedia("(max-width: 760px), (max-height: 520px)").matches ? "" : ", #drawer"
    const parts = [...document.querySelectorAll(`#hud, #lines, #foot, #banner, #tables, #around, #keys, #stick${sheet}`)].filter(isShown)
    for (const [index, one] of parts.entries()) {
        for (const other of parts.slice(index + 1)) {
            const [a, b] = [one.getBoundingClientRect(), other.getBoundingClientRect()]
            const width = Math.min(a.right, b.right) - Math.max(a.left, b.left)
            const height = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top)
            if (width > 1 && height > 1) found.push(`${one.id} and ${other.id} overlap`)
        }
    }
    for (const scroller of document.querySelectorAll(scrollers)) {
        if (!isShown(scroller)) continue
        if (scroller.scrollWidth > scroller.clientWidth + 1) found.push(`${scroller.id} is wider than it shows`)
        const [box, card] = [scroller, scroller.closest(".card")].map((each) => each.getBoundingClientRect())
        if (box.bottom > card.bottom + 1 || box.right > card.right + 1) found.push(`${scroller.id} hangs out of its card`)
    }
    return found
})()
"""

# The share of the map that is as dark as a map without a world. The picture is shrunk first, so that a name's outline does not count.
DARK = """
(() => {
    const small = Object.assign(document.createElement("canvas"), { width: 64, height: 36 })
    const context = small.getContext("2d")
    context.drawImage(document.querySelector("#map"), 0, 0, 64, 36)
    const { data } = context.getImageData(0, 0, 64, 36)
    let dark = 0
    for (let at = 0; at < data.length; at += 4) if (data[at] + data[at + 1] + data[at + 2] < 75) dark += 1
    return dark / (64 * 36)
})()
"""

# Colours of the minimap: its own player's, and how many others there are.
MINIMAP = """
(() => {
    const canvas = document.querySelector("#minimap")
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height)
    const colours = new Set()
    for (let at = 0; at < data.length; at += 4) colours.add((data[at] << 16) | (data[at + 1] << 8) | data[at + 2])
    return { own: colours.has(0xe6ff9b), colours: colours.size }
})()
"""


def missing():
    """Why the page cannot be tried against a server here, or None."""
    if not chromium.program():
        return "there is no Chromium"
    return missing_programs("orge", "meadow", "ledger")


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

    def enter(self, name, world="", size=None, mobile=False):
        page = self.browser.open(self.address(name, world), size, mobile)
        self.addCleanup(page.close)
        page.wait_for("window.orge?.state === 'joined' && orge.view.rowCount > 0", f"{name} in {world or 'the first world'}")
        page.run(WATCH)
        return page

    def enter_company(self, name):
        """A page in the meadow whose avatar arrived where at least one other player is in view. Players arrive anywhere, and with this
        few bots about one in five arrives where no other player sees it."""
        for attempt in range(COMPANY_ATTEMPTS):
            page = self.enter(f"{name}-{attempt}")
            page.wait_for("orge.view.rowCount > 1", "a first update")
            if page.run(f"{PLAYERS} > 0"):
                return page
            page.close()
        self.fail(f"{COMPANY_ATTEMPTS} players arrived, each alone, in a meadow with {BOTS} bots")

    def assert_content(self, page, reconnects=0):
        """Nothing went wrong that the page itself noticed, and its view is what the world holds."""
        # A busy world answers an audit later.
        audit = page.wait_for("orge.audit().then((audit) => (/no time/.test(audit.error) ? null : audit))", "an audit")
        self.assertEqual(audit["mismatches"], 0, audit)
        self.assertGreater(audit["rows"], 0)
        self.assertEqual(page.complaints, [])
        self.assertEqual(page.run("orge.reconnects"), reconnects)

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
        page.wait_for("shown('walker good <b>morning</b>')", "its own words in the log, as they are")
        self.assertEqual(page.run("document.querySelectorAll('#log li b b').length"), 0)
        page.screenshot(picture("meadow.png", is_documented=True))
        self.assert_content(page)

    def test_the_surroundings_are_on_the_minimap_and_in_the_list(self):
        page = self.enter_company("looker")
        page.wait_for("document.querySelectorAll('#people li').length > 0", "the list of those near")
        row = page.run("document.querySelector('#people li').textContent")
        self.assertRegex(row, r"^\S+[→↗↑↖←↙↓↘] \d+ m$")
        self.assertEqual(page.run("document.querySelector('#nearCount').textContent === '0'"), False)
        page.wait_for(f"{MINIMAP}.own && {MINIMAP}.colours > 5", "the ground and the player on the minimap")

        page.click("#people li button")
        page.wait_for("!document.querySelector('#drawer').hidden", "the selected player's rows")
        name = page.wait_for("document.querySelector('#people [aria-pressed=true] .name')?.textContent", "the pressed row")
        self.assertIn(name, page.run("document.querySelector('#drawerBody').textContent"))
        self.assert_content(page)

    def test_the_map_is_nowhere_black(self):
        page = self.enter("viewer")
        # So far that ground which was never seen comes into the picture, and mostly the world's border, too.
        page.wheel("#map", 4_000)
        page.wait_for(f"{DARK} < 0.05", "a bright map")
        self.assert_content(page)

    def test_the_log_scrolls_and_keeps_its_history(self):
        page = self.enter("talker")
        at_end = "(() => { const log = document.querySelector('#log'); return log.scrollHeight - log.scrollTop - log.clientHeight <= 8 })()"
        say = "orge.say('line %d').then((outcome) => outcome.status)"
        for line in range(12):
            self.assertEqual(page.run(say % line), "applied")
        page.wait_for("shown('line 11')", "the last line")
        page.wait_for(f"document.querySelector('#log').scrollHeight > document.querySelector('#log').clientHeight && {at_end}", "the log at its end")

        def is_at_start():
            # A line that comes while the log is still at its end keeps it there, so one turn of the wheel may be lost.
            page.wheel("#log", -10_000)
            return page.run("document.querySelector('#log').scrollTop === 0")
        wait_until(is_at_start, "the log at its start")
        self.assertIn("line 0", page.run("document.querySelector('#log').textContent"))
        self.assertEqual(page.run(say % 12), "applied")
        page.wait_for("/^\\d+ new/.test(document.querySelector('#newer').textContent)", "word of new lines")
        self.assertEqual(page.run("document.querySelector('#log').scrollTop"), 0)
        page.click("#newer")
        page.wait_for(f"{at_end} && document.querySelector('#newer').hidden", "the newest lines")

        page.click("#filters [data-show=speech]")
        self.assertEqual(page.run("[...document.querySelectorAll('#log li')].filter((each) => each.checkVisibility() && "
                                  "each.dataset.kind !== 'speech').length"), 0)
        self.assert_content(page)

    def test_a_finger_walks_with_the_joystick(self):
        page = self.enter("thumb", size=(360, 640), mobile=True)
        self.assertTrue(page.run("document.querySelector('#stick').checkVisibility()"))
        start = page.run("orge.position")
        x, y = page.middle("#stick")
        ahead = 1 if start["x"] < 12_800 else -1
        page.touch("touchStart", (x, y))
        page.touch("touchMove", (x + 50 * ahead, y))
        page.wait_for(f"(orge.position.x - {start['x']}) * {ahead} > 200", "two metres of walking")
        page.touch("touchEnd")
        page.wait_for("orge.view.entities.get([...orge.view.entities.values()].find((each) => each.values.name?.text === 'thumb').id)"
                      ".values.walk?.dx === 0", "the lifted finger to reach the world")
        page.screenshot(picture("phone.png"))
        self.assert_content(page)

    def test_a_mouse_has_no_joystick(self):
        page = self.enter("mouse")
        self.assertFalse(page.run("document.querySelector('#stick').checkVisibility()"))

    def test_nothing_is_clipped(self):
        sizes = [(360, 640, True), (640, 360, True), (844, 390, True), (1024, 700, False), (1280, 720, False), (2560, 1440, False)]
        for world in ["meadow", "ledger"]:
            page = self.enter_company("fit") if world == "meadow" else self.enter("fit", world)
            if world == "meadow":
                page.wait_for("document.querySelectorAll('#people li').length > 0", "the list of those near")
            for width, height, mobile in sizes:
                with self.subTest(world=world, width=width, height=height):
                    page.resize(width, height, mobile=mobile)
                    page.wait_for(f"innerWidth === {width} && innerHeight === {height}", "the new size")
                    self.assertEqual(page.run(CLIPPED), [])
                    page.screenshot(picture(f"{world}-{width}x{height}.png"))
            self.assertEqual(page.complaints, [])

    def test_the_menu_of_a_phone_fits(self):
        page = self.enter("menu", size=(360, 640), mobile=True)
        page.click("#menu")
        page.wait_for("document.querySelector('#hudBody').checkVisibility()", "the menu")
        box = page.run("(({ left, top, right, bottom }) => [left, top, right, bottom])(document.querySelector('#hudBody').getBoundingClientRect())")
        self.assertTrue(box[0] >= 0 and box[1] >= 0 and box[2] <= 360 and box[3] <= 640, box)
        page.click("#showCommands")
        page.wait_for("document.querySelectorAll('#drawer form').length > 0", "the forms")
        self.assert_content(page)

    def test_a_kill_asks_first(self):
        page = self.enter("careful")
        before = page.run("orge.stats")
        for leave in [lambda: page.press("Escape"), lambda: page.click("#killNo")]:
            page.click("#kill")
            page.wait_for("document.querySelector('#killDialog').open", "the question")
            self.assertEqual(page.run("document.activeElement.id"), "killNo")
            leave()
            page.wait_for("!document.querySelector('#killDialog').open", "no question")
        page.wait_for(f"orge.stats.tick > {before['tick'] + 5}", "ticks")
        self.assertEqual(page.run("orge.stats.incarnation"), before["incarnation"])
        self.assert_content(page)

    def test_a_killed_world_comes_back_under_the_open_connection(self):
        page = self.enter("phoenix")
        page.wait_for("orge.stats.latency !== null", "the first pong")
        avatar = page.run("orge.avatar")
        before = page.run("orge.stats")
        page.click("#kill")
        page.click("#killYes")
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

    def test_a_lost_connection_goes_on_with_its_session(self):
        page = self.enter("returner")
        avatar = page.run("orge.avatar")
        page.run("orge.drop()")
        page.wait_for("orge.resumes === 1 && orge.state === 'joined'", "the session")
        for text in ["Reconnecting, 0 commands in flight", "Resumed, 0 commands sent again"]:
            self.assertTrue(page.run(f"shown({json.dumps(text)})"), page.run("window.shownTexts"))
        self.assertEqual(page.run("orge.avatar"), avatar)
        self.assertEqual(page.run("orge.say('back again').then((outcome) => outcome.status)"), "applied")
        self.assert_content(page, reconnects=1)

    def test_a_reload_goes_on_with_the_session(self):
        page = self.enter("reloader")
        avatar = page.run("orge.avatar")
        page.run("location.reload()")
        page.wait_for("window.orge?.resumes === 1 && orge.state === 'joined' && orge.view.rowCount > 0", "the session")
        self.assertEqual(page.run("orge.avatar"), avatar)
        # The ticket is in the storage between two pages only.
        self.assertIsNone(page.run("sessionStorage.getItem('orge.session')"))
        self.assert_content(page)

    def test_a_payment_whose_edge_dies_is_made_once_and_its_outcome_comes(self):
        payer = self.enter("sender", "ledger")
        other = self.enter("receiver", "ledger")
        to = json.dumps(other.run("orge.avatar"))
        payer.run("window.statuses = []")
        for _ in range(3):
            edge = wait_until(lambda: self.server.edge()["state"] == "ready" and self.server.edge(), "the edge")
            before = payer.run("orge.resumes")
            pay = f"orge.call('transfer', {{ to: orge.parseEntity({to}), amount: 1 }}).then((outcome) => statuses.push(outcome.status))"
            payer.run(f"for (let count = 0; count < 40; count += 1) {pay}; 0")
            os.kill(edge["pid"], signal.SIGKILL)
            payer.wait_for(f"orge.resumes > {before} && orge.inFlight === 0", "the outcomes", BACK_SECONDS)
        self.assertEqual(payer.run("statuses.filter((status) => status === 'applied').length"), 120)
        payer.wait_for("document.querySelector('#tables').textContent.includes('9880 cents')", "each payment, once")
        other.wait_for("orge.state === 'joined' && document.querySelector('#tables').textContent.includes('10120 cents')", "the money", BACK_SECONDS)

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
