# SPDX-License-Identifier: Apache-2.0
"""A registry that means harm: it serves whatever documents it is given, with right digests unless told otherwise.

`Hostile` answers as one repository, `acme/platform`, in which every tag names `manifest`. The functions below make
the documents: all that a compromised registry, a man in the middle or a careless tool could put where floe looks."""

import hashlib
import json
import re

import wire

REPOSITORY = "acme/platform"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"
EMPTY = "application/vnd.oci.empty.v1+json"
DOCKER_V1 = "application/vnd.docker.distribution.manifest.v1+prettyjws"
DOCKER_V2 = "application/vnd.docker.distribution.manifest.v2+json"
TITLE = "org.opencontainers.image.title"
EMPTY_BLOB = b"{}"


def sha256(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


def descriptor(data, media_type="application/json", title=None, **more):
    found = {"mediaType": media_type, "digest": sha256(data), "size": len(data), **more}
    if title is not None:
        found["annotations"] = {TITLE: title}
    return found


def artifact(layers, **more):
    """An artifact's manifest as a dict: layers are descriptors."""
    return {
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "artifactType": "application/vnd.floe.platform.v1",
        "config": descriptor(EMPTY_BLOB, EMPTY),
        "layers": layers,
        **more,
    }


def encode(document):
    return json.dumps(document, separators=(",", ":")).encode("utf-8", "surrogatepass")


class Hostile:
    """The server. Assign `manifest` (bytes, or an iterable for what is too big to hold), `media_type`, `blobs`,
    `tags`, `referrers`; `special` are (method, pattern, answer(exchange)) that come before all else."""

    def __init__(self, tls=None):
        self.server = wire.Server(self._answer, tls=tls)
        self.host, self.url = self.server.host, self.server.url
        self.clear()

    def clear(self):
        self.blobs = {sha256(EMPTY_BLOB): EMPTY_BLOB}
        self.manifest, self.media_type, self.digest, self.size = encode(artifact([])), MANIFEST, None, None
        self.manifests, self.tags, self.referrers, self.special = {}, ["v1.0.0"], [], []
        self.server.forget()

    def blob(self, data):
        self.blobs[sha256(data)] = data
        return data

    def reference(self, tag="v1.0.0"):
        return "oci://%s/%s:%s" % (self.host, REPOSITORY, tag)

    def on(self, method, pattern, answer):
        self.special.append((method, pattern, answer))

    def seen(self, method=None, pattern=""):
        return self.server.seen(method, pattern)

    def _answer(self, exchange):
        request = exchange.request
        exchange.read()
        for method, pattern, answer in self.special:
            if request.method in method.split("|") and re.search(pattern, request.target):
                answer(exchange)
                return
        path = request.target.partition("?")[0]
        kind, name = (re.match(r"/v2/%s/(\w+)/(.+)" % REPOSITORY, path) or re.match("()()", "")).groups()
        if path in ("/v2/", "/v2"):
            exchange.send(wire.Response(200, [("Content-Type", "application/json")], b"{}"))
        elif kind == "manifests":
            exchange.send(self._manifest(name))
        elif kind == "blobs" and name in self.blobs:
            exchange.send(
                wire.Response(
                    200,
                    [("Content-Type", "application/octet-stream"), ("Docker-Content-Digest", name)],
                    self.blobs[name],
                )
            )
        elif kind == "tags":
            body = encode({"name": REPOSITORY, "tags": self.tags})
            exchange.send(wire.Response(200, [("Content-Type", "application/json")], body))
        elif kind == "referrers":
            body = self.referrers
            if isinstance(body, list):
                body = encode({"schemaVersion": 2, "mediaType": INDEX, "manifests": body})
            exchange.send(wire.Response(200, [("Content-Type", INDEX)], body))
        else:
            exchange.send(
                wire.Response(
                    404,
                    [("Content-Type", "application/json")],
                    b'{"errors":[{"code":"MANIFEST_UNKNOWN","message":"unknown"}]}',
                )
            )

    def _manifest(self, name):
        media_type, body = self.manifests.get(name, (self.media_type, self.manifest))
        if name.startswith("sha256-"):
            return wire.Response(404, [], b"{}")
        digest = self.digest or (sha256(body) if isinstance(body, bytes) else "sha256:" + 64 * "a")
        response = wire.Response(
            200, [("Content-Type", media_type), ("Docker-Content-Digest", digest)], body() if callable(body) else body
        )
        if self.size is not None:
            response.set("Content-Length", str(self.size))
        return response

    def stop(self):
        self.server.stop()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


# Manifests: name -> function(server) that sets it up.


def deep(server, levels=100_000):
    """Nested far deeper than anybody writes: in a place a reader would skip."""
    server.manifest = encode(artifact([]))[:-1] + b',"x":' + b"[" * levels + b"]" * levels + b"}"


def deep_objects(server, levels=100_000):
    server.manifest = encode(artifact([]))[:-1] + b',"x":' + b'{"a":' * levels + b"1" + b"}" * levels + b"}"


def huge(server, size=100 << 20):
    """A valid manifest of 100 MB, with its length said honestly."""
    start, end = encode(artifact([]))[:-1] + b',"x":"', b'"}'
    block = b"a" * 65536

    def body():
        yield start
        for _ in range(size // len(block)):
            yield block
        yield end

    server.manifest, server.size = body, len(start) + size // len(block) * len(block) + len(end)


def huge_unsaid(server):
    """The same with no Content-Length."""
    huge(server)
    server.size = None


def duplicate_keys(server):
    good, bad = server.blob(b'{"good":1}'), server.blob(b'{"evil":1}')
    text = encode(artifact([descriptor(good, title="manifest.json")]))
    server.manifest = text[:-1] + b',"layers":' + encode([descriptor(bad, title="manifest.json")]) + b"}"


def layers(server, number):
    data = server.blob(b'{"a":1}')
    server.manifest = encode(artifact([descriptor(data, title="f%d" % n) for n in range(number)]))


def layers_million(server, number=1_000_000):
    start, end = encode(artifact([]))[:-2].replace(b'"layers":[', b'"layers":['), b"]}"
    assert start.endswith(b'"layers":[')
    one = encode(descriptor(server.blob(b'{"a":1}')))
    block = b",".join([one] * 1000)

    def body():
        yield start + block
        for _ in range(number // 1000 - 1):
            yield b"," + block
        yield end

    server.manifest = body
    server.size = len(start) + number // 1000 * (len(block) + 1) - 1 + len(end)


def many_values(server, one, size=4_000_000):
    """As many small values as a manifest may hold: bytes of text that become far more in memory."""
    server.manifest = encode(artifact([]))[:-1] + b',"x":[' + b",".join([one] * (size // (len(one) + 1))) + b"]}"


def many_empty_layers(server, size=4_000_000):
    server.manifest = encode(artifact([])).replace(
        b'"layers":[]', b'"layers":[' + b",".join([b"{}"] * (size // 3)) + b"]"
    )


def titled(server, *titles):
    server.manifest = encode(
        artifact([descriptor(server.blob(b'{"n":%d}' % n), title=title) for n, title in enumerate(titles)])
    )


def titles():
    """Titles that would leave the target folder, or be something else than a plain relative file."""
    names = {
        "parent": "../escaped.json",
        "absolute": "/escaped.json",
        "inside_out": "a/../../escaped.json",
        "nul": "a\0b",
        "very_long": "a" * 5000,
        "many_parts": "a/" * 5000 + "b",
        "empty": "",
        "dot": ".",
        "dot_dot": "..",
        "slash_end": "folder/",
        "double_slash": "a//b",
        "backslash": "..\\escaped.json",
        "newline": "a\nb",
        "escape": "a\x1b[31mb",
        "drive": "C:/escaped.json",
        "dot_part": "./a/./b",
    }
    found = {"title_" + key: (lambda server, title=title: titled(server, title)) for key, title in names.items()}
    found["title_surrogate"] = lambda server: titled(server, "a\udc80b")
    found["title_twice"] = lambda server: titled(server, "manifest.json", "manifest.json")
    found["title_file_and_folder"] = lambda server: titled(server, "a", "a/b")
    found["title_number"] = lambda server: titled(server, 7)
    return found


def typed(server, media_type, document):
    server.media_type, server.manifest = media_type, document if isinstance(document, bytes) else encode(document)


def docker_schema1(server):
    typed(server, DOCKER_V1, {"schemaVersion": 1, "name": REPOSITORY, "tag": "v1.0.0", "fsLayers": [], "history": []})


def docker_schema2(server):
    layer = server.blob(b"not a tar")
    typed(
        server,
        DOCKER_V2,
        {
            "schemaVersion": 2,
            "mediaType": DOCKER_V2,
            "config": descriptor(EMPTY_BLOB),
            "layers": [descriptor(layer, "application/vnd.docker.image.rootfs.diff.tar.gzip")],
        },
    )


def index_of_itself(server):
    """An index whose only child is served under any digest: itself, for ever."""
    child = {"mediaType": INDEX, "digest": "sha256:" + 64 * "b", "size": 1000}
    typed(server, INDEX, {"schemaVersion": 2, "mediaType": INDEX, "manifests": [child]})


def index_nested(server, levels=1000):
    body = encode(artifact([]))
    media_type = MANIFEST
    for _ in range(levels):
        server.manifests[sha256(body)] = media_type, body
        child = {"mediaType": media_type, "digest": sha256(body), "size": len(body)}
        body, media_type = encode({"schemaVersion": 2, "mediaType": INDEX, "manifests": [child]}), INDEX
    typed(server, INDEX, body)


def type_confusion(server):
    """A manifest that says it is an index, with both layers and manifests (CVE-2021-41190)."""
    document = artifact([descriptor(server.blob(b'{"a":1}'), title="a")], manifests=[])
    typed(server, INDEX, {**document, "mediaType": MANIFEST})


def layered(server, **changes):
    """One layer whose descriptor lies in some member."""
    layer = descriptor(server.blob(b'{"a":1}'), title="manifest.json")
    layer.update(changes)
    server.manifest = encode(artifact([{key: value for key, value in layer.items() if value is not None}]))


def raw_size(server, text):
    layer = encode(descriptor(server.blob(b'{"a":1}'), title="manifest.json")).replace(b'"size":7', b'"size":' + text)
    server.manifest = encode(artifact([])).replace(b'"layers":[]', b'"layers":[' + layer + b"]")


def manifests():
    """All hostile manifests: {name: set-up}. Each must end in exit code 3 or 4."""
    found = {
        "deep_arrays": deep,
        "deep_objects": deep_objects,
        "huge": huge,
        "huge_without_length": huge_unsaid,
        "many_numbers": lambda s: many_values(s, b"0"),
        "many_lists": lambda s: many_values(s, b"[]"),
        "many_empty_layers": many_empty_layers,
        "duplicate_keys": duplicate_keys,
        "a_million_layers": layers_million,
        "docker_schema_1": docker_schema1,
        "docker_schema_2": docker_schema2,
        "index_of_itself": index_of_itself,
        "index_nested": index_nested,
        "type_confusion": type_confusion,
        "size_wrong_small": lambda s: layered(s, size=3),
        "size_wrong_big": lambda s: layered(s, size=70),
        "size_negative": lambda s: layered(s, size=-7),
        "size_2_to_63": lambda s: layered(s, size=1 << 63),
        "size_2_to_64": lambda s: layered(s, size=1 << 64),
        "size_float": lambda s: raw_size(s, b"7.0"),
        "size_exponent": lambda s: raw_size(s, b"7e0"),
        "size_text": lambda s: layered(s, size="7"),
        "size_none": lambda s: layered(s, size=None),
        "size_terabyte": lambda s: layered(s, size=1 << 40),
        "digest_md5": lambda s: layered(s, digest="md5:" + 32 * "a"),
        "digest_sha512": lambda s: layered(s, digest="sha512:" + hashlib.sha512(b'{"a":1}').hexdigest()),
        "digest_upper_case": lambda s: layered(s, digest=sha256(b'{"a":1}').upper().replace("SHA", "sha")),
        "digest_path": lambda s: layered(s, digest="sha256:../../../../etc/passwd"),
        "digest_short": lambda s: layered(s, digest="sha256:abcd"),
        "digest_none": lambda s: layered(s, digest=None),
        "digest_query": lambda s: layered(s, digest=sha256(b'{"a":1}') + "?x=1"),
        "digest_list": lambda s: layered(s, digest=[sha256(b'{"a":1}')]),
        "layers_object": lambda s: setattr(s, "manifest", encode(artifact({"a": 1}))),
        "annotations_list": lambda s: setattr(s, "manifest", encode(artifact([], annotations=["a"]))),
        "not_utf8": lambda s: setattr(s, "manifest", encode(artifact([]))[:-1] + b',"x":"\xff\xfe"}'),
        "empty": lambda s: setattr(s, "manifest", b""),
        "null": lambda s: setattr(s, "manifest", b"null"),
        "list": lambda s: setattr(s, "manifest", b"[]"),
        "text": lambda s: setattr(s, "manifest", b"hello"),
        "half": lambda s: setattr(s, "manifest", encode(artifact([]))[:-20]),
        "two_documents": lambda s: setattr(s, "manifest", encode(artifact([])) * 2),
        "schema_version_1": lambda s: setattr(s, "manifest", encode(artifact([], schemaVersion=1))),
        "blob_missing": lambda s: setattr(s, "manifest", encode(artifact([descriptor(b"nowhere", title="a")]))),
        "digest_header_lies": lambda s: setattr(s, "digest", sha256(b"another")),
        "digest_header_rubbish": lambda s: setattr(s, "digest", "sha256:../../x"),
    }
    found.update(titles())
    return found


# Lists.


def endless_tags(server):
    """Every page links to a next one that was not there before."""
    count = [0]

    def answer(exchange):
        count[0] += 1
        body = encode({"name": REPOSITORY, "tags": ["v0.%d.%d" % (count[0], n) for n in range(100)]})
        link = '</v2/%s/tags/list?n=100&last=%d>; rel="next"' % (REPOSITORY, count[0])
        exchange.send(wire.Response(200, [("Content-Type", "application/json"), ("Link", link)], body))

    server.on("GET", "/tags/list", answer)


def looping_tags(server):
    """Every page links to itself."""
    body = encode({"name": REPOSITORY, "tags": ["v1.0.0"]})
    link = '</v2/%s/tags/list>; rel="next"' % REPOSITORY
    server.on(
        "GET",
        "/tags/list",
        lambda exchange: exchange.send(
            wire.Response(200, [("Content-Type", "application/json"), ("Link", link)], body)
        ),
    )


def tags_link_to(server, location):
    """The next page is on another host."""
    body = encode({"name": REPOSITORY, "tags": ["v1.0.0"]})
    server.on(
        "GET",
        "/tags/list",
        lambda exchange: exchange.send(
            wire.Response(200, [("Content-Type", "application/json"), ("Link", '<%s>; rel="next"' % location)], body)
        ),
    )


def strange_tags(server):
    server.tags = [
        "v1.0.0",
        "v1\x1b[31mred",
        "v1\nv9.9.9",
        "../../x",
        "",
        "a" * 5000,
        "\u202ev1",
        7,
        None,
        ["v2"],
        "v1?x",
        "v1#x",
    ]


def many_tags(server):
    server.tags = ["v1.0.%d" % number for number in range(300_000)]


def tiny_tags(server):
    server.tags = ["a"] * 900_000


def referrers_million(server):
    one = encode({"mediaType": MANIFEST, "digest": "sha256:" + 64 * "c", "size": 100, "artifactType": "a/b"})
    block = b",".join([one] * 1000)

    def body():
        yield b'{"schemaVersion":2,"mediaType":"%s","manifests":[' % INDEX.encode() + block
        for _ in range(999):
            yield b"," + block
        yield b"]}"

    server.on(
        "GET", "/referrers/", lambda exchange: exchange.send(wire.Response(200, [("Content-Type", INDEX)], body()))
    )


# Authentication.


def challenge(server, text, realm=None):
    """Everything is refused with this WWW-Authenticate (text, or a list of header values)."""
    values = text if isinstance(text, list) else [text]
    values = [value.replace("REALM", realm or "") for value in values]
    server.on(
        "GET|HEAD|PUT|POST|DELETE|PATCH",
        "^/v2/",
        lambda exchange: exchange.send(wire.Response(401, [("WWW-Authenticate", value) for value in values], b"{}")),
    )


def challenges():
    """{name: WWW-Authenticate} that no client can satisfy."""
    return {
        "empty": "",
        "garbage": "\x01\x02 =,=,,= ;;",
        "unknown_scheme": "Negotiate abc",
        "digest_scheme": 'Digest realm="x"',
        "no_realm": 'Bearer service="x",scope="repository:a:pull"',
        "unclosed_quote": 'Bearer realm="http://127.0.0.1',
        "quotes_in_quotes": 'Bearer realm="a\\"b\\\\",service="\\',
        "empty_realm": 'Bearer realm="",service="x"',
        "relative_realm": 'Bearer realm="/token",service="x"',
        "a_megabyte": 'Bearer realm="' + "a" * 1_000_000 + '"',
        "many_parameters": "Bearer " + ",".join('a%d="b"' % number for number in range(5000)),
        "no_url": 'Bearer realm="::::",service="x"',
        "spaces": "Bearer" + " " * 9000,
        "realm_line_break": 'Bearer realm="http://127.0.0.1/\\r\\nX-Evil: 1",service="x"',
    }


def token_answers():
    """{name: body, or an iterable} of a token endpoint that gives no token."""
    return {
        "html": b"<html>Sign in</html>",
        "null": b"null",
        "null_token": b'{"token":null}',
        "number": b'{"token":7}',
        "empty": b"",
        "empty_token": b'{"token":""}',
        "list": b"[]",
        "deep": b"[" * 100_000,
        "huge": lambda: (b'{"token":"' if n == 0 else b"a" * 65536 for n in range(1600)),
        "line_break": b'{"token":"a\\r\\nX-Evil: 1"}',
        "control": b'{"token":"a\\u0000b"}',
        "expires_text": b'{"token":null,"expires_in":"soon"}',
    }
