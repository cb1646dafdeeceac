"""Drives headless Chromium over its DevTools protocol, with a small WebSocket client of its own. Python 3 standard library only.

    with Browser() as browser:
        page = browser.open("http://127.0.0.1:9512/")
        page.wait_for("window.orge?.state === 'joined'", "the world")
        page.press("KeyD", seconds=1)
        page.screenshot("meadow.png")
"""

import base64
import contextlib
import itertools
import json
import os
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import time
import urllib.request

# Deadlines in seconds: they end a hopeless wait, they measure nothing.
START_SECONDS = 60
ANSWER_SECONDS = 60
POLL_SECONDS = 0.05
NAMES = ["chromium", "chromium-browser", "google-chrome", "chrome"]
KEY_NAMES = {"Enter": ("Enter", "\r", 13), "Escape": ("Escape", "", 27), "KeyW": ("w", "w", 87), "KeyA": ("a", "a", 65),
             "KeyS": ("s", "s", 83), "KeyD": ("d", "d", 68)}


class BrowserError(AssertionError):
    """The browser, or the script in it, did not do what the test needs."""


def program():
    """The path of Chromium, or None."""
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)


class WebSocket:
    """A blocking client for text messages: all that DevTools needs."""

    def __init__(self, url, seconds=ANSWER_SECONDS):
        address, _, path = url.removeprefix("ws://").partition("/")
        host, _, port = address.rpartition(":")
        self.socket = socket.create_connection((host, int(port)), timeout=seconds)
        self.input = self.socket.makefile("rb")
        key = base64.b64encode(os.urandom(16)).decode()
        self.socket.sendall(
            f"GET /{path} HTTP/1.1\r\nHost: {address}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode())
        status = self.input.readline().decode().strip()
        if " 101 " not in status:
            raise BrowserError(f"no WebSocket at {url}: {status}")
        while self.input.readline().strip():
            pass

    def send(self, message):
        data = message.encode()
        mask = os.urandom(4)
        if len(data) < 126:
            head = struct.pack(">BB", 0x81, 0x80 | len(data))
        elif len(data) < 65_536:
            head = struct.pack(">BBH", 0x81, 0x80 | 126, len(data))
        else:
            head = struct.pack(">BBQ", 0x81, 0x80 | 127, len(data))
        masked = bytes(byte ^ mask[index & 3] for index, byte in enumerate(data))
        self.socket.sendall(head + mask + masked)

    def exactly(self, count):
        data = self.input.read(count)
        if len(data) != count:
            raise BrowserError("the browser closed its DevTools connection")
        return data

    def receive(self):
        """The next message, put together from its fragments."""
        message = b""
        while True:
            first, second = self.exactly(2)
            length = second & 0x7F
            if length == 126:
                (length,) = struct.unpack(">H", self.exactly(2))
            elif length == 127:
                (length,) = struct.unpack(">Q", self.exactly(8))
            message += self.exactly(length)
            if first & 0x0F == 8:
                raise BrowserError("the browser closed its DevTools connection")
            if first & 0x80:
                return message.decode()

    def close(self):
        self.input.close()
        self.socket.close()


class Page:
    """One tab."""

    def __init__(self, url):
        self.socket = WebSocket(url)
        self.numbers = itertools.count(1)
        self.complaints = []
        for domain in ["Page", "Runtime", "Log"]:
            self.ask(f"{domain}.enable")

    def ask(self, method, **parameters):
        """One DevTools command and its answer; notes what the page complains about meanwhile."""
        number = next(self.numbers)
        self.socket.send(json.dumps({"id": number, "method": method, "params": parameters}))
        while True:
            message = json.loads(self.socket.receive())
            if message.get("id") == number:
                if "error" in message:
                    raise BrowserError(f"{method}: {message['error']}")
                return message["result"]
            self.note(message)

    def note(self, message):
        parameters = message.get("params", {})
        if message.get("method") == "Runtime.exceptionThrown":
            details = parameters["exceptionDetails"]
            self.complaints.append(details.get("exception", {}).get("description") or details["text"])
        if message.get("method") == "Log.entryAdded" and parameters["entry"]["level"] == "error":
            self.complaints.append(parameters["entry"]["text"])

    def run(self, script):
        """The value of an expression, as JSON would carry it; a promise is awaited."""
        answer = self.ask("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in answer:
            details = answer["exceptionDetails"]
            raise BrowserError(f"{script}: {details.get('exception', {}).get('description') or details['text']}")
        return answer["result"].get("value")

    def run_between_loads(self, script):
        """As run; None when another document takes the page's place meanwhile, as in a reload."""
        try:
            return self.run(script)
        except BrowserError as error:
            if "navigated or closed" in str(error):
                return None
            raise

    def wait_for(self, script, what, seconds=ANSWER_SECONDS):
        """Waits until an expression is truthy, and answers its value."""
        deadline = time.monotonic() + seconds
        while True:
            value = self.run_between_loads(script)
            if value:
                return value
            if time.monotonic() > deadline:
                raise BrowserError(f"waited {seconds} s for {what}; last seen: {value!r}; the page complained: {self.complaints}")
            time.sleep(POLL_SECONDS)

    def key(self, code, kind):
        key, words, number = KEY_NAMES[code]
        extra = {"text": words} if kind == "keyDown" else {}
        self.ask("Input.dispatchKeyEvent", type=kind, code=code, key=key, windowsVirtualKeyCode=number, **extra)

    def press(self, code):
        self.key(code, "keyDown")
        self.key(code, "keyUp")

    def write(self, words):
        self.ask("Input.insertText", text=words)

    def middle(self, selector):
        """The middle of the element, in pixels of the window."""
        script = f"(() => {{ const box = document.querySelector({json.dumps(selector)}).getBoundingClientRect();" \
            " return [box.x + box.width / 2, box.y + box.height / 2] })()"
        return self.run(script)

    def click(self, selector):
        """A click in the middle of the element, as a mouse would make it."""
        x, y = self.middle(selector)
        for kind in ["mousePressed", "mouseReleased"]:
            self.ask("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def wheel(self, selector, pixels):
        """A turn of the wheel above the element; positive pixels scroll down."""
        x, y = self.middle(selector)
        self.ask("Input.dispatchMouseEvent", type="mouseWheel", x=x, y=y, deltaX=0, deltaY=pixels)

    def touch(self, kind, *points):
        """`touchStart`, `touchMove` or `touchEnd` with the fingers that are down at these points."""
        self.ask("Input.dispatchTouchEvent", type=kind, touchPoints=[{"x": x, "y": y} for x, y in points])

    def resize(self, width, height, scale=1, mobile=False):
        """Another size of the window; a mobile one has a touch screen and no mouse."""
        self.ask("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=scale, mobile=mobile)
        self.ask("Emulation.setTouchEmulationEnabled", enabled=mobile, maxTouchPoints=5 if mobile else 1)

    def screenshot(self, path):
        data = base64.b64decode(self.ask("Page.captureScreenshot", format="png")["data"])
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(data)

    def close(self):
        """Closes the tab, and with it its connections."""
        with contextlib.suppress(BrowserError, OSError):
            self.ask("Page.close")
        self.socket.close()


class Browser:
    """A headless Chromium with a profile of its own, which goes away with it."""

    def __init__(self, width=1280, height=800):
        self.size = f"{width},{height}"
        self.pages = []

    def __enter__(self):
        self.profile = tempfile.mkdtemp(prefix="orge-chromium-")
        # In a session of its own, so that its helpers can be ended with it.
        self.process = subprocess.Popen(
            [program(), "--headless=new", "--remote-debugging-port=0", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--mute-audio",
             "--no-first-run", "--disable-extensions", "--disable-background-networking", "--hide-scrollbars", f"--window-size={self.size}",
             f"--user-data-dir={self.profile}", "about:blank"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
        try:
            self.port = self.find_port()
        except BaseException:
            self.end()
            raise
        return self

    def find_port(self):
        """Chromium writes the port that it was given into its profile."""
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self.process.poll() is None:
            with contextlib.suppress(FileNotFoundError, ValueError, IndexError):
                with open(os.path.join(self.profile, "DevToolsActivePort"), encoding="ascii") as file:
                    return int(file.read().split("\n")[0])
            time.sleep(POLL_SECONDS)
        raise BrowserError(f"{program()} did not start (exit code {self.process.poll()})")

    def open(self, url, size=None, mobile=False):
        """A new tab with that address, of the browser's size unless another is given."""
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}/json/new?about:blank", method="PUT")
        with urllib.request.urlopen(request, timeout=ANSWER_SECONDS) as answer:
            page = Page(json.load(answer)["webSocketDebuggerUrl"])
        self.pages.append(page)
        page.resize(*(size or map(int, self.size.split(","))), mobile=mobile)
        # Pages in the background draw no frames.
        page.ask("Page.bringToFront")
        page.ask("Page.navigate", url=url)
        return page

    def end(self):
        for page in self.pages:
            page.socket.close()
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        shutil.rmtree(self.profile, ignore_errors=True)

    def __exit__(self, *_):
        self.end()
