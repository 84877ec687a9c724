# SPDX-License-Identifier: Apache-2.0
"""A small HTTP/1.1 server on raw sockets: it can break the protocol at any byte, which http.server cannot.

`Server(answer)` listens on a free loopback port with a thread a connection. `answer(exchange)` sees each request
when its head has arrived (the body is read on demand) and answers with `exchange.send(Response)`, raw bytes, a
reset or nothing."""

import http.client
import re
import socket
import ssl
import struct
import threading
import time
import traceback

TROUBLE = []  # what went wrong in servers themselves


class Request:
    """What a client asked for. `headers` are pairs in the order of the wire."""

    def __init__(self, method, target, headers, connection):
        self.method, self.target, self.headers, self.connection = method, target, headers, connection
        self.at = time.monotonic()

    def header(self, name, default=None):
        return next((value for key, value in self.headers if key.lower() == name.lower()), default)

    def __repr__(self):
        return "%s %s" % (self.method, self.target)


class Response:
    """Status, headers and body (bytes, or an iterable of bytes that is sent as it comes)."""

    def __init__(self, status=200, headers=(), body=b"", reason="Because"):
        self.status, self.headers, self.body, self.reason = status, list(headers), body, reason

    def header(self, name, default=None):
        return next((value for key, value in self.headers if key.lower() == name.lower()), default)

    def set(self, name, value):
        """Replaces a header; None takes it away."""
        self.headers = [(key, old) for key, old in self.headers if key.lower() != name.lower()]
        if value is not None:
            self.headers.append((name, value))
        return self

    def head(self):
        lines = ["HTTP/1.1 %d %s" % (self.status, self.reason)] + ["%s: %s" % pair for pair in self.headers]
        return ("\r\n".join(lines) + "\r\n\r\n").encode("utf-8", "surrogateescape")


class Gone(Exception):
    """The client closed the connection, or the test reset it."""


class Exchange:
    """One request on one connection and the ways to answer it."""

    def __init__(self, server, sock, buffer, request):
        self.server, self.sock, self.buffer, self.request = server, sock, buffer, request
        self.body = None
        self.left = int(request.header("Content-Length", "0") or 0)
        self.chunked = "chunked" in (request.header("Transfer-Encoding") or "").lower()

    def _some(self):
        if self.buffer:
            data, self.buffer = self.buffer, b""
            return data
        try:
            data = self.sock.recv(65536)
        except OSError as error:
            raise Gone from error
        if not data:
            raise Gone
        return data

    def read(self, limit=None):
        """The body, or its first `limit` bytes (once only)."""
        if limit is not None:
            return self._read(limit)
        if self.body is None:
            self.body = self._read(None)
        return self.body

    def _read(self, limit):
        if (self.request.header("Expect") or "").lower() == "100-continue" and (self.left or self.chunked):
            self.raw(b"HTTP/1.1 100 Continue\r\n\r\n")
        if self.chunked:
            return self._read_chunks()
        parts, wanted = [], self.left if limit is None else min(limit, self.left)
        while wanted > 0:
            data = self._some()
            parts.append(data[:wanted])
            self.buffer = data[wanted:]
            wanted -= len(parts[-1])
            self.left -= len(parts[-1])
        return b"".join(parts)

    def _read_chunks(self):
        parts, self.chunked = [], False
        while True:
            size = int(self._line().split(b";")[0], 16)
            data = b""
            while len(data) < size + 2:
                data += self._some()
            self.buffer = data[size + 2 :] + self.buffer
            parts.append(data[:size])
            if size == 0:
                return b"".join(parts)

    def _line(self):
        data = b""
        while b"\r\n" not in data:
            data += self._some()
        line, self.buffer = data.split(b"\r\n", 1)
        return line

    def raw(self, data):
        try:
            self.sock.sendall(data)
        except OSError as error:
            raise Gone from error

    def send(self, response):
        """Sends a response; the length of a body of bytes is added unless it is lied about already."""
        self.read()
        if isinstance(response.body, bytes):
            framed = response.header("Content-Length") or response.header("Transfer-Encoding")
            if not framed and response.status not in (204, 304):
                response.set("Content-Length", str(len(response.body)))
            self.raw(response.head() + (b"" if self.request.method == "HEAD" else response.body))
            return
        if not response.header("Content-Length"):
            response.set("Connection", "close")
        self.raw(response.head())
        if self.request.method != "HEAD":
            for part in response.body:
                self.raw(part)
        if not response.header("Content-Length"):
            self.close()

    def reset(self):
        """Ends the connection with RST."""
        try:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        except OSError:
            pass
        self.close()

    def close(self):
        """Ends the connection with FIN."""
        try:
            self.sock.close()
        finally:
            raise Gone


class Server:
    """Listens on 127.0.0.1 (or `host`) until stop(). `requests` are all that were seen, `connections` counts
    accepts."""

    def __init__(self, answer, tls=None, host="127.0.0.1", on_connect=None):
        self.answer, self.tls, self.on_connect = answer, tls, on_connect
        self.requests, self.connections = [], 0
        self.lock, self.stopped = threading.Lock(), False
        self.listener = socket.create_server((host, 0), backlog=128)
        self.port = self.listener.getsockname()[1]
        self.host = "%s:%d" % (host, self.port)
        self.url = "%s://%s" % ("https" if tls else "http", self.host)
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while not self.stopped:
            try:
                sock, _ = self.listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._serve, args=(sock, self.connections), daemon=True).start()

    def _serve(self, sock, number):
        try:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sock.settimeout(120)
            if self.on_connect and self.on_connect(sock):
                return
            if self.tls:
                sock = self.tls.wrap_socket(sock, server_side=True)
            self._talk(sock, number)
        except (Gone, OSError, ssl.SSLError):
            pass
        except Exception:  # a mistake of the tests' own: shown at their end
            TROUBLE.append(traceback.format_exc(limit=-3))
        finally:
            sock.close()

    def _talk(self, sock, number):
        buffer = b""
        while not self.stopped:
            while b"\r\n\r\n" not in buffer:
                data = sock.recv(65536)
                if not data or len(buffer) > 1 << 20:
                    return
                buffer += data
                if buffer[0] == 0x16:
                    return  # a TLS hello to a plain port
            head, buffer = buffer.split(b"\r\n\r\n", 1)
            lines = head.decode("latin-1").split("\r\n")
            method, target = lines[0].split(" ")[:2]
            headers = [tuple(re.split(r":\s*", line, maxsplit=1)) for line in lines[1:]]
            request = Request(method, target, headers, number)
            with self.lock:
                self.requests.append(request)
            exchange = Exchange(self, sock, buffer, request)
            self.answer(exchange)
            exchange.read()
            buffer = exchange.buffer

    def seen(self, method=None, pattern=""):
        """The requests of a method whose target matches."""
        with self.lock:
            return [r for r in self.requests if method in (None, r.method) and re.search(pattern, r.target)]

    def forget(self):
        with self.lock:
            self.requests.clear()
        self.connections = 0

    def stop(self):
        self.stopped = True
        try:
            self.listener.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.listener.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


_upstreams = threading.local()


def _whole_body(answer):
    """docker-registry says the blob's length with a short text that a range is wrong (416)."""
    try:
        return answer.read()
    except http.client.IncompleteRead as error:
        answer.close()
        return error.partial


HOP_HEADERS = ("connection", "transfer-encoding", "expect", "content-length")


def forward(request, body, upstream, drop=HOP_HEADERS, secure=False):
    """Asks the registry at `upstream` (host:port, plain HTTP) the same thing and returns its whole Response. The
    Host header stays the client's, so that the registry's Locations lead back through the proxy, which talks TLS if
    `secure`."""
    known = _upstreams.__dict__.setdefault("open", {})
    for attempt in (1, 2):
        connection = known.get(upstream) or http.client.HTTPConnection(upstream, timeout=60)
        known[upstream] = connection
        try:
            connection.putrequest(request.method, request.target, skip_host=True, skip_accept_encoding=True)
            for key, value in request.headers:
                if key.lower() not in drop:
                    connection.putheader(key, value.encode("latin-1"))
            if secure:
                connection.putheader("X-Forwarded-Proto", "https")
            if body or request.method in ("PUT", "POST", "PATCH"):
                connection.putheader("Content-Length", str(len(body)))
            connection.endheaders(body or None)
            answer = connection.getresponse()
            data = _whole_body(answer)
            break
        except (OSError, http.client.HTTPException):
            known.pop(upstream).close()
            if attempt == 2:  # trouble of the tests' own, which must not look like a fault that was asked for
                raise RuntimeError("no answer from %s to %r" % (upstream, request)) from None
    headers = [
        (key, value) for key, value in answer.getheaders() if key.lower() not in ("connection", "transfer-encoding")
    ]
    response = Response(answer.status, headers, data, answer.reason)
    return response if request.method == "HEAD" else response.set("Content-Length", None)
