# SPDX-License-Identifier: Apache-2.0
"""The platform's channels: what they get, and that none of them can hurt a run."""
import http.server
import json
import os
import socket
import threading
import time

from shop import BAD, ORDERS, Shop, expect, expect_said

MODELS = {
    "silver_orders": ORDERS,
    "gold_orders": "{{ config(materialized='table') }}\nselect * from {{ ref('silver_orders') }}\n",
}
SCHEMA = "models: [{name: gold_orders, columns: [{name: order_id, data_tests: [unique, not_null]}]}]\n"
FILES = {"tests/not_negative.sql": "{{ config(error_if='<> 0') }}\nselect * from {{ ref('gold_orders') }} where amount < 0\n"}
SECRET = "T0P-S3CR3T"


class Channel:
    """A server on a free port of this machine; `answer(handler, n)` answers its n-th request."""

    def __init__(self, answer):
        self.got = []
        channel = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):  # pylint: disable=invalid-name
                body = self.rfile.read(int(self.headers["Content-Length"]))
                channel.got.append((self.path, dict(self.headers), body))
                try:
                    answer(self, len(channel.got))
                except OSError:
                    pass  # floe hung up

            do_GET = do_POST

            def log_message(self, *args):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.server.shutdown()
        self.server.server_close()

    def url(self, userinfo=""):
        return "http://%s127.0.0.1:%d/%s?token=%s" % (userinfo, self.server.server_port, SECRET, SECRET)


def status(code, headers=(), body=b""):
    def answer(handler, _):
        handler.send_response(code)
        for name, value in headers:
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(body)
    return answer


def shop_with(floe, channels, on_failure="notify"):
    """A product whose platform tells these channels (type → environment variable)."""
    gates = "    on_failure: %s\n    notify:\n" % on_failure
    for kind, variable in channels:
        gates += "      - {type: %s, %s}\n" % (kind, variable)
    shop = Shop(floe, MODELS, SCHEMA, {"orders": "gold_orders"}, gates=gates, files=FILES)
    shop.orders(BAD)
    return shop


def url(variable):
    return 'url: "${env:%s}"' % variable


def told(shop, env, seconds=60):
    """Runs the product; what was said, which never holds a secret, within a bounded time."""
    start = time.monotonic()
    said = shop.run(env=env)
    took = time.monotonic() - start
    assert took < seconds, "the run took %.0f seconds" % took
    assert SECRET not in said, "a secret is told:\n" + said
    for folder, _, names in os.walk(os.path.join(shop.path, "target")):
        for name in names:
            with open(os.path.join(folder, name), "rb") as file:
                assert SECRET.encode() not in file.read(), "a secret is in " + name
    expect_said(said, "not_negative")
    return said


def test_what_a_webhook_gets(floe):
    with Channel(status(204)) as hook, Channel(status(200, body=b"ok")) as slack:
        with shop_with(floe, [("webhook", url("HOOK")), ("slack", 'secret_ref: "${secret:slack-hook}"')]) as shop:
            said = told(shop, {"HOOK": hook.url(), "SLACK_HOOK": slack.url()})
            expect_said(said, "told 2 channels about 1 failed gate")
            expect(len(hook.got), 1, "requests to the webhook")
            path, headers, body = hook.got[0]
            expect(path, "/%s?token=%s" % (SECRET, SECRET), "the path")
            expect(headers["Content-Type"], "application/json", "the content type")
            payload = json.loads(body)
            assert payload.pop("invocation_id") and payload.pop("time"), "neither invocation_id nor time"
            expect(payload, {
                "schemaVersion": 1,
                "event": "quality_gate_failed",
                "product": {"name": "shop", "version": "1.0"},
                "platform": {"name": "shop-platform", "version": "1.0.0"},
                "environment": "local",
                "failures": [{"node": "test.shop.not_negative", "name": "not_negative", "status": "warn",
                              "message": "Got 1 result, configured to warn if != 0", "failures": 1}],
            }, "the webhook's payload")
            expect(json.loads(slack.got[0][2]), {
                "text": "1 quality gate failed of shop v1.0 in local (shop-platform v1.0.0):\n"
                        "• not_negative: Got 1 result, configured to warn if != 0"}, "Slack's payload")
            # Nothing to tell: nobody is told.
            shop.orders([(1, "ann", 1)])
            shop.run(env={"HOOK": hook.url(), "SLACK_HOOK": slack.url()})
            expect(len(hook.got) + len(slack.got), 2, "requests in the end")


def test_a_channel_that_fails_for_a_while_is_told_in_the_end(floe):
    def flaky(handler, n):
        status(503 if n < 3 else 200, headers=[("Retry-After", "86400")])(handler, n)

    with Channel(flaky) as hook, shop_with(floe, [("webhook", url("HOOK"))]) as shop:
        expect_said(told(shop, {"HOOK": hook.url()}), "told 1 channel about 1 failed gate")
        expect(len(hook.got), 3, "requests")
        expect(len({body for _, _, body in hook.got}), 1, "different payloads")


def test_channels_that_are_down_are_reported(floe):
    def never(handler, _):
        time.sleep(300)

    with socket.socket() as closed:  # nobody listens there
        closed.bind(("127.0.0.1", 0))
        down = "http://127.0.0.1:%d/%s" % (closed.getsockname()[1], SECRET)
        with Channel(status(500)) as broken, Channel(never) as hangs, Channel(never) as hangs_too, Channel(status(404)) as gone, \
                Channel(status(200)) as fine:
            with shop_with(floe, [("webhook", url(name)) for name in ("DOWN", "BROKEN", "HANGS", "HANGS_TOO", "GONE", "FINE", "UNSET")]) as shop:
                said = told(shop, {"DOWN": down, "BROKEN": broken.url("user:%s@" % SECRET), "HANGS": hangs.url(), "HANGS_TOO": hangs_too.url(),
                                   "GONE": gone.url(), "FINE": fine.url()})
                expect(said.count("a notification could not be delivered"), 6, "warnings")
                expect_said(said, r"http://127\.0\.0\.1:\d+ answers 500", r"http://127\.0\.0\.1:\d+ answers 404", "UNSET is not set",
                            "told 1 channel")
                expect(len(fine.got), 1, "requests to the one that works")
                expect(len(broken.got), 3, "requests to the one that answers 500")
                expect(len(gone.got), 1, "requests to the one that answers 404")
                expect(len(hangs.got), 3, "requests to the one that never answers")


def test_hostile_answers_are_harmless(floe):
    def endless(handler, _):
        handler.send_response(200)
        handler.end_headers()
        while True:
            handler.wfile.write(b"x" * 65536)

    def slow(handler, _):
        handler.send_response(200)
        handler.send_header("Content-Length", "1000000")
        handler.end_headers()
        for _ in range(3000):
            handler.wfile.write(b"x")
            handler.wfile.flush()
            time.sleep(0.1)

    def garbage(handler, _):
        handler.wfile.write(b"\x00\xff not HTTP at all\r\n\x1b[2J\r\n" * 100)
        handler.close_connection = True

    def headers(handler, _):
        handler.send_response(200)
        for n in range(100000):
            handler.wfile.write(b"X-%d: %s\r\n" % (n, b"y" * 1000))

    with Channel(status(200)) as elsewhere:
        answers = {
            "MOVED": status(302, headers=[("Location", elsewhere.url())]),
            "MOVED_FOR_GOOD": status(307, headers=[("Location", "file:///etc/passwd")]),
            "ENDLESS": endless,
            "SLOW": slow,
            "GARBAGE": garbage,
            "HEADERS": headers,
        }
        channels = {name: Channel(answer) for name, answer in answers.items()}
        try:
            with shop_with(floe, [("webhook", url(name)) for name in channels]) as shop:
                said = told(shop, {name: channel.url() for name, channel in channels.items()})
        finally:
            for channel in channels.values():
                channel.__exit__()
        expect(len(elsewhere.got), 0, "requests that followed a redirect")
        expect_said(said, "answers 302: a redirect, which floe does not follow", "answers 307", "told 2 channels")
        expect(len(channels["ENDLESS"].got), 1, "requests to the one with the endless answer")
        expect(len(channels["SLOW"].got), 1, "requests to the one with the slow answer")
        assert "\x1b[2J" not in said and "root:" not in said, said


def test_gates_that_block_and_notify(floe):
    """What Slack is told cannot mention anybody or be a link."""
    with Channel(status(204)) as hook, Channel(status(200)) as slack:
        env = {"HOOK": hook.url(), "SLACK": slack.url()}
        channels = [("webhook", url("HOOK")), ("slack", url("SLACK"))]
        with shop_with(floe, channels, on_failure="block") as shop:
            shop.run(env=env, code=1)
            expect(len(hook.got), 0, "requests of a platform that only blocks")
        with shop_with(floe, channels) as shop:
            with open(os.path.join(shop.path, "floe.yaml"), "a") as file:
                file.write("quality:\n  gates:\n    - {name: strict, scope: {models: [gold_orders]}, checks: [{type: row_count, min: 1}], on_failure: block}\n")
            shop.orders([(1, "ann", 1)])
            shop.run(env=env)
            shop.orders(BAD)
            said = shop.run(env=env, code=1)
            expect_said(said, "output port 'orders' was not published", "told 2 channels about 1 failed gate")
            payload = json.loads(hook.got[0][2])
            expect([failure["name"] for failure in payload["failures"]], ["not_negative"], "the gates that the channel heard of")
            port = payload["ports"][0]
            expect((port["port"], port["status"], port["readable"]), ("orders", "refused", True), "the port that the channel heard of")
            text = json.loads(slack.got[0][2])["text"]
            expect_said(text, "• output port 'orders' was not published: .*readers still see the version of ", "configured to fail if &lt;&gt; 0")
            expect("<" in text, False, "Slack gets what it would take for a link")
