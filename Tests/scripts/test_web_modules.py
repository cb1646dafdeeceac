"""The page's pure modules, under node: every Tests/web/*.test.mjs is one test here. And the files of the page, as a server gives them out."""

import glob
import http.client
import os
import re
import shutil
import subprocess
import unittest

from orge_harness import Server, missing_programs, repository

# The first version whose test runner mocks timers.
NODE_VERSION = 20
RUN_SECONDS = 120
CONTENT_TYPES = {
    ".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".svg": "image/svg+xml",
}
POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " \
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"


def missing_node():
    """Why node cannot run the tests here, or None."""
    node = shutil.which("node")
    if not node:
        return f"there is no node: Tests/web needs node {NODE_VERSION} or later"
    version = subprocess.run([node, "--version"], capture_output=True, text=True, timeout=RUN_SECONDS, check=False).stdout.strip()
    major = re.match(r"v(\d+)", version)
    if not major or int(major[1]) < NODE_VERSION:
        return f"node is {version or 'broken'}: Tests/web needs node {NODE_VERSION} or later"
    return None


@unittest.skipIf(missing_node(), missing_node())
class WebModuleTests(unittest.TestCase):
    """One method for each file of Tests/web, made below."""

    def run_file(self, path):
        done = subprocess.run(["node", "--test", path], capture_output=True, text=True, timeout=RUN_SECONDS, check=False)
        self.assertEqual(done.returncode, 0, f"{done.stdout}\n{done.stderr}")
        passed = re.search(r"^. pass (\d+)$", done.stdout, re.MULTILINE)
        self.assertTrue(passed and int(passed[1]) > 0, f"no test ran in {path}:\n{done.stdout}")


for file in sorted(glob.glob(repository("Tests", "web", "*.test.mjs"))):
    name = os.path.basename(file).removesuffix(".test.mjs")
    setattr(WebModuleTests, f"test_{name}", lambda self, path=file: self.run_file(path))


@unittest.skipIf(missing_programs("orge", "ledger"), missing_programs("orge", "ledger"))
class PageFileTests(unittest.TestCase):
    """What the server answers for the paths of the page."""

    @classmethod
    def setUpClass(cls):
        cls.server = cls.enterClassContext(Server(worlds=["ledger"]))

    def ask(self, path, method="GET", headers=None):
        """(status, headers, body)"""
        connection = http.client.HTTPConnection(self.server.host, self.server.port, timeout=RUN_SECONDS)
        try:
            connection.request(method, path, headers=headers or {})
            answer = connection.getresponse()
            return answer.status, dict(answer.getheaders()), answer.read()
        finally:
            connection.close()

    @staticmethod
    def files():
        """{path: file} of everything in Clients/web that a browser loads."""
        root = repository("Clients", "web")
        found = {"/": os.path.join(root, "index.html")}
        for folder, _, names in os.walk(root):
            for name in names:
                if os.path.splitext(name)[1] in CONTENT_TYPES:
                    path = os.path.join(folder, name)
                    found["/" + os.path.relpath(path, root).replace(os.sep, "/")] = path
        return found

    def test_every_file_is_served_as_it_is(self):
        tags = set()
        for path, file in self.files().items():
            with self.subTest(path=path):
                status, headers, body = self.ask(path)
                with open(file, "rb") as source:
                    self.assertEqual((status, body), (200, source.read()))
                self.assertEqual(headers["Content-Type"], CONTENT_TYPES[os.path.splitext(file)[1]])
                self.assertEqual(headers["Content-Security-Policy"], POLICY)
                self.assertEqual(headers["X-Content-Type-Options"], "nosniff")
                self.assertEqual(headers["Cache-Control"], "no-cache")
                tags.add(headers["ETag"])
        # One for all: a browser that asks again gets all files of one build.
        self.assertEqual(len(tags), 1)

    def test_a_file_that_the_browser_has_is_not_sent_again(self):
        tag = self.ask("/style.css")[1]["ETag"]
        status, headers, body = self.ask("/page/main.js", headers={"If-None-Match": tag})
        self.assertEqual((status, body, headers["ETag"]), (304, b"", tag))
        status, _, body = self.ask("/page/main.js", headers={"If-None-Match": '"older"'})
        self.assertEqual((status, len(body) > 0), (200, True))

    def test_a_head_has_the_length_and_no_body(self):
        status, headers, body = self.ask("/page/main.js", "HEAD")
        self.assertEqual((status, body), (200, b""))
        self.assertEqual(int(headers["Content-Length"]), len(self.ask("/page/main.js")[2]))

    def test_nothing_else_is_served(self):
        for path in ["/page", "/page/", "/client/../style.css", "/page/main.js/", "//style.css", "/WebPage.swift", "/package.json", "/orge.js", "/favicon.ico",
                     "/page/Main.js", "/%70age/main.js"]:
            with self.subTest(path=path):
                self.assertEqual(self.ask(path)[0], 404)

    def test_the_page_holds_no_inline_script_or_style(self):
        page = self.ask("/")[2].decode()
        self.assertEqual(re.findall(r"<script(?![^>]*\bsrc=)[^>]*>|<style|\bstyle=|\bon\w+=", page), [])


if __name__ == "__main__":
    unittest.main()
