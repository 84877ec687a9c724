# SPDX-License-Identifier: Apache-2.0
"""Registries for tests on free loopback ports: docker-registry in several set-ups, a referrers-capable one written
in Go, and a front that wants bearer tokens. All are stopped when the test ends, however it ends; logs are kept if
it failed.

The passwords and tokens in here are recognisable on purpose: SECRETS is what floe must never write anywhere."""

import atexit
import base64
import ctypes
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.parse

import wire

USER = "ada"
PASSWORD = "planted-basic-password-5e1f0c"
PASSWORD_HASH = "$2b$04$GLhkuzYcRSDZvsSJEBh5xuZ0340aaxkhgF1iEVKBhbYQyQBOZS62y"  # bcrypt of it
IDENTITY_TOKEN = "planted-identity-token-b2c4d8"
BEARER_PREFIX = "planted-bearer-token-"
HELPER_PASSWORD = "planted-helper-password-77ab01"
HELPER_HASH = "$2b$04$qeK8uJC1cDnKX3oSFsJAwOifA9PhSUndbs.uxkX98.nNLBG61zyGe"
KEY_PASSPHRASE = "planted-key-passphrase-9d3e55"


def planted():
    """Every form in which a secret could turn up."""
    plain = [PASSWORD, IDENTITY_TOKEN, BEARER_PREFIX, HELPER_PASSWORD, KEY_PASSPHRASE]
    pairs = ["%s:%s" % (USER, PASSWORD), "%s:%s" % (USER, HELPER_PASSWORD)]
    encoded = [base64.b64encode(text.encode()).decode().rstrip("=") for text in plain + pairs]
    return plain + encoded


class Skip(Exception):
    """The machine does not offer what a scenario needs."""


_running = []


def stop_all():
    for server in list(_running):
        server.stop()


atexit.register(stop_all)


_libc = ctypes.CDLL(None)


def _die_with_parent():
    _libc.prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG: a runner that is killed leaves no server behind


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


class Process:
    """A server process on a free port; `command(port)` gives its command line. Ready when it accepts connections."""

    def __init__(self, work, name, command, env=None):
        self.folder = tempfile.mkdtemp(prefix=name + "-", dir=work)
        self.log_path = os.path.join(self.folder, "log")
        self.process, self.paused = None, False
        for _ in range(5):
            self.port = free_port()
            self.host = "127.0.0.1:%d" % self.port
            self.command = command(self)
            self.env = env
            self.start()
            if self.process.poll() is None:
                return
        raise AssertionError("%s does not start:\n%s" % (name, self.log()[-2000:]))

    def start(self):
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(
                self.command,
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                cwd=self.folder,
                env=self.env,
                preexec_fn=_die_with_parent,
            )
        _running.append(self)
        end = time.monotonic() + 30
        while self.process.poll() is None and time.monotonic() < end:
            try:
                socket.create_connection(("127.0.0.1", self.port), 5).close()
                return
            except OSError:
                time.sleep(0.01)

    def log(self):
        with open(self.log_path, encoding="utf-8", errors="replace") as file:
            return file.read()

    def stop(self):
        if self in _running:
            _running.remove(self)
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                self.process.kill()
        self.process.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


class DockerRegistry(Process):
    """The Debian package's docker-registry. `users`: {name: bcrypt hash}; `tls`: Certificates; `cache_of`: URL of a
    registry whose pull-through cache it is; `root`: storage folder to continue with; `remembers`: keeps the sizes of
    blobs in memory, as Debian's configuration has it."""

    def __init__(self, work, delete=False, users=None, tls=None, cache_of=None, root=None, remembers=False):
        assert shutil.which("docker-registry"), "docker-registry is missing: scripts/setup installs it"
        self.delete, self.users, self.tls, self.cache_of, self.root = delete, users, tls, cache_of, root
        self.remembers = remembers
        env = {key: value for key, value in os.environ.items() if not key.startswith("REGISTRY_")}
        super().__init__(work, "registry", self._command, env)
        self.url = "%s://%s" % ("https" if tls else "http", self.host)

    def _command(self, process):
        self.root = self.root or os.path.join(process.folder, "storage")
        os.makedirs(self.root, exist_ok=True)
        config = {
            "version": 0.1,
            "log": {"level": "info", "accesslog": {"disabled": False}},
            "storage": {
                "filesystem": {"rootdirectory": self.root},
                "delete": {"enabled": self.delete},
                "maintenance": {"uploadpurging": {"enabled": False}},
            },
            "http": {"addr": process.host, "secret": "of no meaning"},
        }
        if self.remembers:
            config["storage"]["cache"] = {"blobdescriptor": "inmemory"}
        if self.tls:
            config["http"]["tls"] = {"certificate": self.tls.certificate, "key": self.tls.key}
        if self.users:
            path = os.path.join(process.folder, "htpasswd")
            with open(path, "w", encoding="utf-8") as file:
                file.write("".join("%s:%s\n" % pair for pair in self.users.items()))
            config["auth"] = {"htpasswd": {"realm": "floe tests", "path": path}}
        if self.cache_of:
            config["proxy"] = {"remoteurl": self.cache_of}
        path = os.path.join(process.folder, "config.yml")
        with open(path, "w", encoding="utf-8") as file:
            json.dump(config, file)  # JSON is YAML
        return ["docker-registry", "serve", path]

    def blob_path(self, digest):
        """The file that holds a blob."""
        algorithm, text = digest.split(":")
        return os.path.join(self.root, "docker/registry/v2/blobs", algorithm, text[:2], text, "data")

    def tag_digest(self, repository, tag):
        """What the storage says a tag names; None if there is no such tag."""
        link = "docker/registry/v2/repositories/%s/_manifests/tags/%s/current/link" % (repository, tag)
        try:
            with open(os.path.join(self.root, link), encoding="utf-8") as file:
                return file.read().strip() or None
        except FileNotFoundError:
            return None


def referrers_program(build):
    """Builds the Go registry once into `build` and returns its path."""
    if not shutil.which("go"):
        raise Skip("go is not installed: no referrers-capable registry")
    source = os.path.join(os.path.dirname(os.path.abspath(__file__)), "referrers")
    program = os.path.join(build, "referrers-registry")
    newest = max(os.path.getmtime(os.path.join(source, name)) for name in os.listdir(source))
    if os.path.exists(program) and os.path.getmtime(program) >= newest:
        return program
    os.makedirs(build, exist_ok=True)
    done = subprocess.run(
        ["go", "build", "-trimpath", "-buildvcs=false", "-o", program, "."],
        cwd=source,
        capture_output=True,
        text=True,
        timeout=600,
    )
    if done.returncode != 0:
        raise Skip("the referrers registry does not build: %s" % done.stderr.strip()[-300:])
    return program


class ReferrersRegistry(Process):
    """go-containerregistry's test registry with the referrers API. It checks nothing: use it for referrers only."""

    def __init__(self, work, build):
        program = referrers_program(build)
        super().__init__(work, "referrers", lambda process: [program, process.host])
        self.url = "http://" + self.host


class Certificates:
    """A private CA and a certificate by it for 127.0.0.1 and localhost."""

    def __init__(self, work, name="acme"):
        if not shutil.which("openssl"):
            raise Skip("openssl is not installed")
        folder = tempfile.mkdtemp(prefix="tls-%s-" % name, dir=work)
        path = lambda file: os.path.join(folder, file)  # noqa: E731
        self.ca, self.certificate, self.key = path("ca.pem"), path("server.pem"), path("server.key")
        with open(path("ext"), "w", encoding="utf-8") as file:
            file.write("subjectAltName=IP:127.0.0.1,DNS:localhost\nbasicConstraints=CA:FALSE\n")
        curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
        self._openssl(
            "req",
            "-x509",
            *curve,
            "-keyout",
            path("ca.key"),
            "-out",
            self.ca,
            "-days",
            "3",
            "-subj",
            "/CN=%s test CA" % name
        )
        self._openssl("req", "-new", *curve, "-keyout", self.key, "-out", path("csr"), "-subj", "/CN=registry")
        self._openssl(
            "x509",
            "-req",
            "-in",
            path("csr"),
            "-CA",
            self.ca,
            "-CAkey",
            path("ca.key"),
            "-CAcreateserial",
            "-days",
            "2",
            "-extfile",
            path("ext"),
            "-out",
            self.certificate,
        )

    @staticmethod
    def _openssl(*args):
        done = subprocess.run(["openssl", *args], capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr

    def context(self):
        """For wire.Server(tls=…)."""
        context = wire.ssl.SSLContext(wire.ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, self.key)
        return context


ACTIONS = {"GET": "pull", "HEAD": "pull", "PUT": "push", "POST": "push", "PATCH": "push", "DELETE": "delete"}


class BearerFront:
    """Wants a bearer token of the right scope for all that it hands on to a registry, and gives them out itself at
    /token: for `users` {name: password} by basic authentication, for IDENTITY_TOKEN by refresh_token, for anybody
    if `anonymous`."""

    def __init__(self, upstream, users=None, anonymous=False, key="token", lifetime=300):
        self.upstream, self.users, self.anonymous = upstream, users or {}, anonymous
        self.key, self.lifetime, self.given = key, lifetime, {}
        self.server = wire.Server(self._answer)
        self.host, self.url = self.server.host, self.server.url

    def revoke(self):
        """All tokens that were given out are worth nothing from now on, as if they had expired."""
        self.given.clear()

    def _answer(self, exchange):
        request = exchange.request
        if request.target.startswith("/token"):
            exchange.send(self._token(exchange))
            return
        body = exchange.read()
        refusal = self._refusal(request)
        if refusal:
            exchange.send(refusal)
            return
        exchange.send(wire.forward(request, body, self.upstream, wire.HOP_HEADERS + ("authorization",)))

    def _refusal(self, request):
        match = re.match(r"/v2/(.+?)/(manifests|blobs|tags|referrers)/", request.target)
        action, repository = ACTIONS[request.method], match[1] if match else None
        scheme, _, token = (request.header("Authorization") or "").partition(" ")
        scopes, until = self.given.get(token, ((), 0)) if scheme.lower() == "bearer" else ((), 0)
        if time.monotonic() < until and (not match or "%s:%s" % (repository, action) in scopes):
            return None
        challenge = 'Bearer realm="%s/token",service="floe-tests"' % self.url
        if match:
            wanted = {"pull": "pull", "push": "pull,push", "delete": "delete"}[action]
            challenge += ',scope="repository:%s:%s"' % (repository, wanted)
            challenge += ',error="insufficient_scope"' if token else ""
        body = b'{"errors":[{"code":"UNAUTHORIZED","message":"authentication required"}]}'
        return wire.Response(401, [("WWW-Authenticate", challenge), ("Content-Type", "application/json")], body)

    def _token(self, exchange):
        request, body = exchange.request, exchange.read().decode()
        query = urllib.parse.parse_qs(urllib.parse.urlsplit(request.target).query)
        if request.method == "POST":
            query = urllib.parse.parse_qs(body)
            allowed = (
                query.get("grant_type") == ["refresh_token"]
                and query.get("refresh_token") == [IDENTITY_TOKEN]
                and bool(query.get("client_id"))
            )
        else:
            scheme, _, value = (request.header("Authorization") or "").partition(" ")
            user, _, password = (
                base64.b64decode(value + "==").decode().partition(":") if scheme.lower() == "basic" else 3 * ("",)
            )
            allowed = self.anonymous if not scheme else bool(password) and self.users.get(user) == password
        if not allowed or query.get("service") != ["floe-tests"]:
            return wire.Response(
                401,
                [("Content-Type", "application/json")],
                b'{"errors":[{"code":"UNAUTHORIZED","message":"who are you?"}]}',
            )
        scopes = set()
        for scope in " ".join(query.get("scope", [])).split():
            kind, _, rest = scope.partition(":")
            name, _, actions = rest.rpartition(":")
            if kind == "repository":
                scopes |= {"%s:%s" % (name, action) for action in actions.split(",")}
        token = BEARER_PREFIX + os.urandom(8).hex()
        self.given[token] = scopes, time.monotonic() + self.lifetime
        document = {self.key: token, "expires_in": self.lifetime}
        return wire.Response(200, [("Content-Type", "application/json")], json.dumps(document).encode())

    def stop(self):
        self.server.stop()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


def docker_config(folder, auths=None, helpers=None, store=None):
    """Writes a docker config.json and returns its folder (for DOCKER_CONFIG). auths: {host: (user, password) or
    token}."""
    os.makedirs(folder, exist_ok=True)
    document = {"auths": {}}
    for host, value in (auths or {}).items():
        if isinstance(value, str):
            empty = base64.b64encode(b"00000000-0000-0000-0000-000000000000:").decode()
            document["auths"][host] = {"auth": empty, "identitytoken": value}
        else:
            document["auths"][host] = {"auth": base64.b64encode(":".join(value).encode()).decode()}
    if helpers:
        document["credHelpers"] = helpers
    if store:
        document["credsStore"] = store
    with open(os.path.join(folder, "config.json"), "w", encoding="utf-8") as file:
        json.dump(document, file)
    return folder


def credential_helper(folder, answers, name="test"):
    """Writes docker-credential-NAME, which answers `get` for the hosts in {host: (user, secret)} and notes what it
    was asked in FOLDER/asked; returns the folder (for PATH)."""
    os.makedirs(folder, exist_ok=True)
    path = os.path.join(folder, "docker-credential-" + name)
    known = {
        host: {"ServerURL": host, "Username": user, "Secret": secret} for host, (user, secret) in answers.items()
    }
    with open(path, "w", encoding="utf-8") as file:
        file.write(
            "#!/usr/bin/env python3\nimport json, os, sys\nknown = %r\nhost = sys.stdin.read().strip()\n" % known
        )
        file.write(
            "open(os.path.join(%r, 'asked'), 'a').write(' '.join(sys.argv[1:]) + ' ' + host + '\\n')\n" % folder
        )
        file.write(
            "if sys.argv[1:] != ['get'] or host not in known:\n"
            "    print('credentials not found in native keychain')\n    sys.exit(1)\nprint(json.dumps(known[host]))\n"
        )
    os.chmod(path, 0o755)
    return folder
