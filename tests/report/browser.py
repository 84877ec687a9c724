# SPDX-License-Identifier: Apache-2.0
"""A headless Chromium, driven through ChromeDriver's WebDriver interface (W3C) with the standard library alone."""
import base64
import json
import re
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--window-size=1240,900",
]
ELEMENT = "element-6066-11e4-a52e-4f735466cecf"  # the key that the specification gives to references


class Browser:
    """with Browser() as browser: browser.open(url); browser.run("return document.title")"""

    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="floe-browser-")
        with open(self.folder.name + "/log", "w+", encoding="utf-8") as log:
            self.driver = subprocess.Popen(["chromedriver", "--port=0"], stdout=log, stderr=subprocess.STDOUT)
            self.base = "http://127.0.0.1:%d" % self.wait_for_port(log)
        options = {"args": ARGUMENTS + ["--user-data-dir=" + self.folder.name + "/profile"], "binary": "/usr/bin/chromium"}
        capabilities = {"goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL"}}
        session = self.ask("POST", "/session", {"capabilities": {"alwaysMatch": capabilities}})
        self.base += "/session/" + session["sessionId"]
        return self

    def __exit__(self, *_):
        try:
            self.ask("DELETE", "")
        except OSError:
            pass
        self.driver.terminate()
        self.driver.wait(timeout=20)
        self.folder.cleanup()

    def wait_for_port(self, log):
        for _ in range(200):
            log.seek(0)
            found = re.search(r"started successfully on port (\d+)", log.read())
            if found:
                return int(found.group(1))
            time.sleep(0.1)
        raise OSError("chromedriver did not start")

    def ask(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.base + path, data, {"Content-Type": "application/json"}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=120) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            raise OSError(json.load(error)["value"]["message"]) from None

    def open(self, url):
        self.ask("POST", "/url", {"url": url})

    def run(self, script, *arguments):
        return self.ask("POST", "/execute/sync", {"script": script, "args": list(arguments)})

    def find(self, selector):
        return self.ask("POST", "/element", {"using": "css selector", "value": selector})[ELEMENT]

    def click(self, selector):
        self.ask("POST", "/element/%s/click" % self.find(selector), {})

    def type(self, selector, text):
        self.ask("POST", "/element/%s/value" % self.find(selector), {"text": text})

    def complaints(self):
        """What the page made the browser complain of: errors of scripts, blocked requests."""
        return [entry["message"] for entry in self.ask("POST", "/se/log", {"type": "browser"})]

    def screenshot(self):
        return base64.b64decode(self.ask("GET", "/screenshot"))
