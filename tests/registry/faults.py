# SPDX-License-Identifier: Apache-2.0
"""A proxy in front of a registry that breaks what it is told to break, where it is told to.

    proxy = Proxy(registry.host)
    proxy.on("GET", r"/blobs/", status(503), times=2)

A rule holds for requests of a method ("GET|HEAD", None for all) whose target matches; it lets `after` of them pass,
works on the next `times` (None: on all) and is counted in `rule.used`. The first rule that wants a request gets it;
everything else goes through untouched. Every request is kept in `proxy.server.requests`. A fault is a function of
(exchange, answer), where answer() asks the registry and returns its Response."""

import email.utils
import hashlib
import re
import threading
import time

import wire


class Rule:
    def __init__(self, method, pattern, fault, times, after):
        self.method, self.pattern, self.fault, self.times, self.after = method, pattern, fault, times, after
        self.used = 0

    def wants(self, request):
        if self.method is not None and request.method not in self.method.split("|"):
            return False
        if not re.search(self.pattern, request.target):
            return False
        if self.after > 0:
            self.after -= 1
            return False
        if self.times is not None and self.used >= self.times:
            return False
        self.used += 1
        return True


class Proxy:
    """Listens on its own port in front of `upstream` (host:port, plain HTTP), over TLS if given a context."""

    def __init__(self, upstream, tls=None):
        self.upstream, self.rules, self.lock = upstream, [], threading.Lock()
        self.server = wire.Server(self._answer, tls=tls)
        self.host, self.url = self.server.host, self.server.url

    def on(self, method, pattern, fault, times=1, after=0):
        rule = Rule(method, pattern, fault, times, after)
        with self.lock:
            self.rules.append(rule)
        return rule

    def clear(self):
        """No rules and no memory of requests."""
        with self.lock:
            self.rules.clear()
        self.server.forget()

    def seen(self, method=None, pattern=""):
        return self.server.seen(method, pattern)

    def _answer(self, exchange):
        with self.lock:
            rule = next((rule for rule in self.rules if rule.wants(exchange.request)), None)

        def answer():
            return wire.forward(exchange.request, exchange.read(), self.upstream, secure=self.server.tls is not None)

        if rule:
            rule.fault(exchange, answer)
        else:
            exchange.send(answer())

    def stop(self):
        self.server.stop()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


def position(where, length):
    """A byte position by its class: first, middle, last, or a number."""
    return {"none": 0, "first": 1, "middle": length // 2, "last": length - 1}.get(where, where)


# What answers instead of the registry.


def respond(response):
    """Always this response (or what a function of the exchange makes)."""
    return lambda exchange, answer: exchange.send(response(exchange) if callable(response) else response)


def status(code, retry_after=None, body=b'{"errors":[{"code":"UNAVAILABLE","message":"fault proxy"}]}', headers=()):
    """A bare status; retry_after in seconds, or "date:SECONDS" for an HTTP date."""

    def fault(exchange, answer):
        response = wire.Response(code, [("Content-Type", "application/json"), *headers], body)
        if retry_after is not None:
            text = str(retry_after)
            if text.startswith("date:"):
                text = email.utils.formatdate(time.time() + float(text[5:]), usegmt=True)
            response.set("Retry-After", text)
        exchange.send(response)

    return fault


def html_page(code=200):
    """A login page where JSON should be, as captive portals and single sign-on proxies send it."""
    return status(
        code,
        body=b"<!DOCTYPE html><html><title>Sign in</title><form method=post></form></html>",
        headers=[("Content-Type", "text/html")],
    )


def redirect(location, code=307):
    """A redirect; `location` may be a function of the exchange."""
    return lambda exchange, answer: exchange.send(
        wire.Response(code, [("Location", location(exchange) if callable(location) else location)])
    )


def redirect_loop():
    return redirect(lambda exchange: exchange.request.target)


def redirect_chain():
    """Redirects that never end and never repeat."""
    return redirect(
        lambda exchange: exchange.request.target + ("&" if "?" in exchange.request.target else "?") + "again=1"
    )


def garbage(data=b"\x16\x03\x01\x02\x00\x01 this is no HTTP\r\n\r\n"):
    def fault(exchange, answer):
        exchange.raw(data)
        exchange.close()

    return fault


def in_turn(*faults):
    """The first fault for the first request, and so on; what comes after them goes through."""
    left = list(faults)

    def fault(exchange, answer):
        if left:
            left.pop(0)(exchange, answer)
        else:
            exchange.send(answer())

    return fault


def ignore_range():
    """The whole body with 200, whatever part was asked for."""

    def fault(exchange, answer):
        exchange.request.headers = [pair for pair in exchange.request.headers if pair[0].lower() != "range"]
        exchange.send(answer())

    return fault


def wrong_range(text):
    """The whole body with 206 and this Content-Range."""

    def fault(exchange, answer):
        exchange.request.headers = [pair for pair in exchange.request.headers if pair[0].lower() != "range"]
        response = answer().set("Content-Range", text)
        response.status = 206
        exchange.send(response)

    return fault


# Connections that end too early.


def reset_request_head():
    """RST when the head of the request was seen, with its body unread."""
    return lambda exchange, answer: exchange.reset()


def reset_request_body(where="middle"):
    """RST when that much of the request's body has arrived."""

    def fault(exchange, answer):
        exchange.read(position(where, exchange.left))
        exchange.reset()

    return fault


def reset_after_request():
    """The registry does it all, but the client never hears of it."""

    def fault(exchange, answer):
        answer()
        exchange.reset()

    return fault


def cut_head(where="middle", clean=False):
    """The response's head up to a byte class, then RST (or FIN)."""

    def fault(exchange, answer):
        head = answer().head()
        exchange.raw(head[: position(where, len(head))])
        pause_then_end(exchange, clean)

    return fault


def cut_body(where="middle", clean=False):
    """The response with its right Content-Length and the body up to a byte class, then RST (or FIN)."""

    def fault(exchange, answer):
        response = answer()
        response.set("Content-Length", str(len(response.body)))
        exchange.raw(response.head() + response.body[: position(where, len(response.body))])
        pause_then_end(exchange, clean)

    return fault


def pause_then_end(exchange, clean):
    """RST throws away what the client has not read yet: it gets a moment for that."""
    if clean:
        exchange.close()
    time.sleep(0.02)
    exchange.reset()


# Responses that lie.


def change(function):
    """The registry's response as function(response) leaves it; what it returns, if anything, is sent instead."""

    def fault(exchange, answer):
        response = answer()
        exchange.send(function(response) or response)

    return fault


def bit_flip(where="middle"):
    def flip(response):
        body = bytearray(response.body)
        body[position(where, len(body)) - (where == "first")] ^= 1
        response.body = bytes(body)

    return change(flip)


def other_content(body, honest_digest=False):
    """Another body with a right length; with honest_digest its own digest in the header."""

    def replace(response):
        response.body = body
        response.set("Content-Length", str(len(body)))
        if honest_digest:
            response.set("Docker-Content-Digest", "sha256:" + hashlib.sha256(body).hexdigest())

    return change(replace)


def lying_length(by):
    """Content-Length off by so many bytes; the connection ends after the body."""

    def fault(exchange, answer):
        response = answer()
        response.set("Content-Length", str(len(response.body) + by)).set("Connection", "close")
        exchange.raw(response.head() + response.body)
        exchange.close()

    return fault


def length_header(text):
    """Any text as the Content-Length; the connection ends after the body."""

    def fault(exchange, answer):
        response = answer().set("Content-Length", text).set("Connection", "close")
        exchange.raw(response.head() + response.body)
        exchange.close()

    return fault


def header(name, value):
    """One header of the response replaced, or taken away with None."""
    return change(lambda response: response.set(name, value))


def huge_headers(size=64 << 20):
    def fault(exchange, answer):
        exchange.raw(b"HTTP/1.1 200 OK\r\n")
        line = b"X-Padding: " + b"a" * 8000 + b"\r\n"
        for _ in range(size // len(line)):
            exchange.raw(line)
        exchange.close()

    return fault


def endless_body(code=200, first=b"", limit=512 << 20):
    """A body that does not end, with no length; `sent` of the returned fault counts the bytes that were taken."""

    def fault(exchange, answer):
        exchange.raw(b"HTTP/1.1 %d OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n" % code + first)
        block = b" " * 65536
        while fault.sent < limit:
            exchange.raw(block)
            fault.sent += len(block)
        exchange.close()

    fault.sent = 0
    return fault


def broken_chunks(how="size"):
    """Chunked encoding with a size that is none, a chunk that is too short, or no last chunk."""

    def fault(exchange, answer):
        response = answer()
        response.set("Content-Length", None).set("Transfer-Encoding", "chunked")
        body = response.body
        framed = {
            "size": b"zz\r\n" + body,
            "short": b"%x\r\n%s\r\nrubbish" % (len(body) + 10, body),
            "no end": b"%x\r\n%s\r\n" % (len(body), body),
        }[how]
        exchange.raw(response.head() + framed)
        exchange.close()

    return fault


# Responses that take their time.


def slow_head(pause=1.0, limit=600):
    """The head, a byte every `pause` seconds."""

    def fault(exchange, answer):
        head = answer().head()
        end = time.monotonic() + limit
        for number in range(len(head)):
            exchange.raw(head[number : number + 1])
            if time.monotonic() > end:
                break
            time.sleep(pause)
        exchange.close()

    return fault


def stall(where="middle", seconds=600):
    """The body up to a byte class, then nothing for a long time."""

    def fault(exchange, answer):
        response = answer()
        response.set("Content-Length", str(len(response.body)))
        exchange.raw(response.head() + response.body[: position(where, len(response.body))])
        exchange.sock.settimeout(seconds)
        try:
            exchange.sock.recv(1)  # ends when the client gives up
        except OSError:
            pass
        exchange.close()

    return fault


def delay(seconds):
    def fault(exchange, answer):
        time.sleep(seconds)
        exchange.send(answer())

    return fault
