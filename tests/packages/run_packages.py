#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks `floe dbt deps` against a hub, archives and git repositories on this machine: run_packages.py FLOE [CASE...]

Every case makes a project, runs deps and looks at package-lock.yml, the installed packages and what was asked of the
server. With FLOE_DBT set to a dbt command line, dbt does the same first and its package-lock.yml is what floe must write.
Exit codes: 0 all passed, 1 some failed, 2 wrong usage."""
import hashlib
import http.server
import io
import json
import os
import shlex
import subprocess
import sys
import tarfile
import tempfile
import threading
from pathlib import Path

CASES = []
SECRET = "s3cr3t-token"


def case(function):
    CASES.append(function)
    return function


def archive(files, folder="pkg-1", extra=()):
    """A .tar.gz with these files in one folder, and further (TarInfo, bytes)."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for name, text in files.items():
            info = tarfile.TarInfo(folder + "/" + name)
            info.size = len(text.encode())
            tar.addfile(info, io.BytesIO(text.encode()))
        for info, data in extra:
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


def package_files(name, model="select 1 as id", packages=None):
    files = {"dbt_project.yml": "name: %s\nversion: '1.0'\nconfig-version: 2\n" % name,
             "models/%s_model.sql" % name: model}
    if packages:
        files["packages.yml"] = packages
    return files


class Server(http.server.ThreadingHTTPServer):
    """Serves `pages` (path: bytes) and remembers what was asked for."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.pages = {}
        self.asked = []
        self.url = "http://127.0.0.1:%d/" % self.server_address[1]
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def hub(self, packages):
        """packages: {"org/name": {version: {"packages": [...], "files": {...}, "require": ...}}}"""
        self.pages["/api/v1/index.json"] = json.dumps(list(packages)).encode()
        for package, versions in packages.items():
            namespace, name = package.split("/")
            entry = {"name": name, "namespace": namespace, "versions": {}}
            for version, data in versions.items():
                path = "/tar/%s-%s.tar.gz" % (name, version)
                self.pages[path] = archive(data.get("files") or package_files(name, "select '%s' as v" % version),
                                           "%s-%s" % (name, version))
                entry["versions"][version] = {
                    "name": name, "packages": data.get("packages", []), "version": version,
                    "require_dbt_version": data.get("require", []),
                    "downloads": {"tarball": self.url.rstrip("/") + path, "format": "tgz", "sha1": ""}}
            self.pages["/api/v1/%s.json" % package] = json.dumps(entry).encode()


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.asked.append(self.path)
        page = self.server.pages.get(self.path.split("?")[0])
        if isinstance(page, str):
            self.send_response(302)
            self.send_header("Location", page)
            self.end_headers()
            return
        self.send_response(200 if page is not None else 404)
        self.end_headers()
        self.wfile.write(page or b"")

    def log_message(self, *_):
        pass


class World:
    """A scratch folder with a project, and the commands that are tried on it."""

    def __init__(self, folder, floe, dbt):
        self.folder, self.floe, self.dbt = folder, floe, dbt
        self.root = folder / "project"
        self.server = Server()
        self.environment = dict(os.environ, DBT_PACKAGE_HUB_URL=self.server.url, GIT_CONFIG_NOSYSTEM="1",
                                HOME=str(folder), DBT_SEND_ANONYMOUS_USAGE_STATS="false", DBT_USE_COLORS="false",
                                DBT_ENV_SECRET_TOKEN=SECRET, PACKAGE_VERSION="1.1.0",
                                GIT_AUTHOR_NAME="t", GIT_AUTHOR_EMAIL="t@t", GIT_COMMITTER_NAME="t",
                                GIT_COMMITTER_EMAIL="t@t", GIT_ALLOW_PROTOCOL="file:http:https")

    def write(self, files, below=None):
        for name, text in files.items():
            path = (below or self.root) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)

    def project(self, packages, **files):
        self.write({"dbt_project.yml": "name: root\nprofile: p\n", "packages.yml": packages, **files})

    def run(self, command, *arguments):
        return subprocess.run(shlex.split(command) + list(arguments), cwd=self.root, env=self.environment,
                              capture_output=True, text=True, timeout=300)

    def deps(self, *arguments, fails=None):
        """Runs floe (after dbt, where there is one), and compares the lock files."""
        wanted = None
        if self.dbt and fails is None:
            self.clear_lock = [p for p in (self.root / "package-lock.yml",) if not p.exists()]
            before = self.snapshot()
            done = self.run(self.dbt, "deps", *arguments)
            assert done.returncode == 0, "dbt: " + done.stdout + done.stderr
            wanted = self.snapshot()
            self.restore(before)
        done = self.run(self.floe + " dbt", "deps", *arguments)
        output = done.stdout + done.stderr
        assert SECRET not in output, "a secret is shown: " + output
        if fails is not None:
            assert done.returncode != 0, "should have failed: " + output
            assert fails in output, "expected %r in:\n%s" % (fails, output)
            return output
        assert done.returncode == 0, output
        if wanted is not None:
            got = self.snapshot()
            assert got == wanted, "dbt:\n%s\nfloe:\n%s" % (wanted, got)
        return output

    def snapshot(self):
        """The files that deps writes into the project."""
        return {name: (self.root / name).read_text() if (self.root / name).exists() else None
                for name in ("package-lock.yml", "packages.yml", "dependencies.yml")}

    def restore(self, files):
        subprocess.run(["rm", "-rf", str(self.root / "dbt_packages")], check=True)
        for name, text in files.items():
            if text is None:
                (self.root / name).unlink(missing_ok=True)
            else:
                (self.root / name).write_text(text)

    def lock(self):
        return (self.root / "package-lock.yml").read_text()

    def installed(self):
        folder = self.root / "dbt_packages"
        return sorted(p.name for p in folder.iterdir() if p.is_dir())

    def text(self, name):
        return (self.root / "dbt_packages" / name).read_text()

    def git(self, *arguments, folder):
        return subprocess.run(["git", "-c", "init.defaultBranch=main", *arguments], cwd=folder, env=self.environment,
                              capture_output=True, text=True, check=True).stdout.strip()

    def repository(self, name, files):
        folder = self.folder / name
        self.write(files, folder)
        self.git("init", "-q", folder=folder)
        self.commit(folder, "first")
        return folder

    def commit(self, folder, message):
        self.git("add", "-A", folder=folder)
        self.git("commit", "-q", "-m", message, folder=folder)
        return self.git("rev-parse", "HEAD", folder=folder)


@case
def local_packages(world):
    world.write(package_files("one", packages="packages:\n  - local: ../two\n"), world.folder / "one")
    world.write(package_files("two"), world.folder / "two")
    world.project("packages:\n  - local: \"{{ 'one' if true }}\"\n".replace("'one'", "'../one'"))
    world.deps()
    assert world.installed() == ["one", "two"]
    assert (world.root / "dbt_packages" / "one").is_symlink()
    world.project("packages:\n  - local: ../two\n")
    world.deps()
    assert world.installed() == ["two"], "what is no longer asked for goes"


@case
def hub_ranges(world):
    world.server.hub({"org/a": {"1.0.0": {}, "1.1.0": {"packages": [{"package": "org/b", "version": [">=0.1.0", "<0.3.0"]}]},
                                "1.2.0-rc1": {}, "2.0.0": {"require": [">=99.0.0"]}},
                      "org/b": {"0.1.0": {}, "0.2.0": {}, "0.2.5": {}, "0.3.0": {}}})
    world.project("packages:\n  - package: org/a\n    version: ['>=1.0.0', '<3.0.0']\n"
                  "  - package: org/b\n    version: '<0.2.5'\n")
    world.deps()
    assert world.installed() == ["a", "b"]
    assert "1.1.0" in world.text("a/models/a_model.sql") and "0.2.0" in world.text("b/models/b_model.sql")
    world.project("packages:\n  - package: org/a\n    version: ['>=1.0.0', '<3.0.0']\n    install_prerelease: true\n")
    world.deps()
    assert "version: 1.2.0-rc1" in world.lock()
    world.project("packages:\n  - package: org/a\n    version: \"{{ env_var('PACKAGE_VERSION') }}\"\n")
    world.deps()
    assert "version: 1.1.0" in world.lock()


@case
def hub_errors(world):
    world.server.hub({"org/a": {"1.0.0": {"packages": [{"package": "org/b", "version": "=1.0.0"}]}},
                      "org/b": {"1.0.0": {}, "2.0.0": {}}})
    world.project("packages:\n  - package: org/a\n    version: 1.0.0\n  - package: org/b\n    version: 2.0.0\n")
    world.deps(fails="Could not find a satisfactory version from options")
    world.project("packages:\n  - package: org/a\n    version: '>=5.0.0'\n")
    world.deps(fails="Could not find a matching compatible version for package org/a")
    world.project("packages:\n  - package: org/none\n    version: 1.0.0\n")
    world.deps(fails="Package org/none was not found in the package index")
    world.project("packages:\n  - package: org/a\n    version: one\n")
    world.deps(fails="\"one\" is not a valid semantic version")
    world.project("packages:\n  - package: org/a\n")
    world.deps(fails="'version' is a required property")
    world.project("packages:\n  - package: a\n    version: 1.0.0\n")
    world.deps(fails="Packages on the index require a namespace")
    world.project("packages:\n  - something: a\n")
    world.deps(fails="malformed")
    assert not (world.root / "package-lock.yml").exists()


@case
def offline(world):
    world.server.hub({"org/a": {"1.0.0": {}}})
    world.project("packages:\n  - package: org/a\n    version: 1.0.0\n")
    world.deps()
    world.server.asked.clear()
    if not world.dbt:
        world.server.shutdown()
        world.server.server_close()
    done = world.run(world.floe + " dbt", "deps")
    assert done.returncode == 0 and not world.server.asked, done.stdout + done.stderr
    (world.root / "dbt_packages/a/models/a_model.sql").write_text("select 'changed'")
    done = world.run(world.floe + " dbt", "deps")
    if world.dbt:
        assert done.returncode == 0 and "changed" not in world.text("a/models/a_model.sql")
    else:
        assert done.returncode == 2, "a changed package is fetched again"


@case
def changed_archives_are_refused(world):
    world.server.hub({"org/a": {"1.0.0": {}}})
    world.project("packages:\n  - package: org/a\n    version: 1.0.0\n")
    world.deps()
    digest = hashlib.sha256(world.server.pages["/tar/a-1.0.0.tar.gz"]).hexdigest()
    assert digest in (world.root / "package-checksums.txt").read_text()
    world.server.pages["/tar/a-1.0.0.tar.gz"] = archive(package_files("a", "select 'evil'"))
    subprocess.run(["rm", "-rf", str(world.root / "dbt_packages")], check=True)
    done = world.run(world.floe + " dbt", "deps")
    assert done.returncode == 4 and "is not what was installed before" in done.stdout, done.stdout + done.stderr


@case
def tarballs(world):
    world.server.pages["/x.tar.gz"] = archive(package_files("inner"))
    world.server.pages["/moved.tar.gz"] = world.server.url + "x.tar.gz"
    world.project("packages:\n  - tarball: %smoved.tar.gz\n    name: outer\n" % world.server.url)
    world.deps()
    assert world.installed() == ["outer"]
    world.project("packages:\n  - tarball: %sx.tar.gz\n    name: ../outer\n" % world.server.url)
    world.deps(fails="../outer")
    assert not (world.root / "outer").exists()


def link(name, target, kind=tarfile.SYMTYPE):
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info, b""


@case
def hostile_archives(world):
    outside = world.folder / "outside"
    outside.mkdir()
    device = tarfile.TarInfo("pkg-1/device")
    device.type = tarfile.CHRTYPE
    hostile = {
        "parent": [(tarfile.TarInfo("pkg-1/../../escaped"), b"x")],
        "absolute": [(tarfile.TarInfo(str(outside / "escaped")), b"x")],
        "link": [link("pkg-1/link", "../../../outside")],
        "absolute link": [link("pkg-1/link", str(outside))],
        "through a link": [link("pkg-1/link", str(outside)), (tarfile.TarInfo("pkg-1/link/escaped"), b"x")],
        "behind a link": [link("pkg-1/a", "."), link("pkg-1/a/b", "..")],
        "two links": [link("pkg-1/a", "."), link("pkg-1/b", "a/../../..")],
        "hard link": [link("pkg-1/hard", "../../../project/dbt_project.yml", tarfile.LNKTYPE)],
        "device": [(device, b"")],
    }
    for number, (name, extra) in enumerate(hostile.items()):
        path = "/h%d.tar.gz" % number
        world.server.pages[path] = archive(package_files("evil"), extra=extra)
        world.project("packages:\n  - tarball: %s%s\n    name: evil\n" % (world.server.url.rstrip("/"), path))
        output = world.deps(fails="the archive is refused")
        assert not list(outside.iterdir()) and not list(world.folder.rglob("escaped")), (name, output)
        assert world.installed() == [] if (world.root / "dbt_packages").exists() else True
    bomb = tarfile.TarInfo("pkg-1/zeros")
    world.server.pages["/bomb.tar.gz"] = archive(package_files("evil"), extra=[(bomb, b"\0" * (600 << 20))])
    world.project("packages:\n  - tarball: %sbomb.tar.gz\n    name: evil\n" % world.server.url)
    world.deps(fails="the archive is refused")
    world.server.pages["/cut.tar.gz"] = archive(package_files("evil"))[:-30]
    world.project("packages:\n  - tarball: %scut.tar.gz\n    name: evil\n" % world.server.url)
    world.deps(fails="the archive is broken")
    world.server.pages["/text.tar.gz"] = b"no archive at all"
    world.project("packages:\n  - tarball: %stext.tar.gz\n    name: evil\n" % world.server.url)
    world.deps(fails="the archive is broken")
    good = archive(package_files("good"), extra=[link("pkg-1/README", "dbt_project.yml")])
    world.server.pages["/good.tar.gz"] = good
    world.project("packages:\n  - tarball: %sgood.tar.gz\n    name: good\n" % world.server.url)
    world.deps()
    assert (world.root / "dbt_packages/good/README").is_symlink()


@case
def git_packages(world):
    repository = world.repository("repo", {**package_files("plain"),
                                           **{"sub/" + k: v for k, v in package_files("inside").items()}})
    first = world.git("rev-parse", "HEAD", folder=repository)
    world.git("tag", "v1", folder=repository)
    world.write({"models/plain_model.sql": "select 2 as id"}, repository)
    second = world.commit(repository, "second")
    url = "file://%s" % repository
    world.project("packages:\n  - git: %s\n    revision: v1\n" % url)
    world.deps()
    assert first in world.lock() and "select 1" in world.text("plain/models/plain_model.sql")
    world.project("packages:\n  - git: %s\n    revision: main\n" % url)
    assert "pinned to the \"main\" branch" in world.deps()
    assert second in world.lock() and "select 2" in world.text("plain/models/plain_model.sql")
    world.project("packages:\n  - git: %s\n    warn-unpinned: false\n" % url)
    assert "not pinned" not in world.deps()
    world.project("packages:\n  - git: %s\n    revision: %s\n    subdirectory: sub\n" % (url, first))
    world.deps()
    assert world.installed() == ["inside"] and "subdirectory: sub" in world.lock()
    world.project("packages:\n  - git: %s\n    revision: v1\n  - git: %s.git\n    revision: main\n" % (url, url))
    world.deps(fails="git dependencies should contain exactly one version")
    world.project("packages:\n  - git: %s\n    revision: nothing\n" % url)
    world.deps(fails="Error checking out spec='nothing'")
    world.project("packages:\n  - git: file:///nowhere/{{ env_var('DBT_ENV_SECRET_TOKEN') }}\n    revision: v1\n")
    world.deps(fails="*****")
    world.project("packages:\n  - git: --upload-pack=x\n    revision: v1\n")
    world.deps(fails="nothing that git can fetch")


@case
def private_packages(world):
    repository = world.repository("org/repo", package_files("hidden"))
    world.git("tag", "v1", folder=repository)
    world.environment["DBT_ENV_PRIVATE_GIT_PROVIDER_INFO"] = json.dumps(
        [{"org": "org", "url": "file://%s/org/{repo}" % world.folder, "token": SECRET, "provider": "github"}])
    world.project("packages:\n  - private: org/repo\n    revision: v1\n")
    # dbt takes the whole path for the name, which of a file URL is more than org/repo.
    world.deps(fails="No matching Git URLs")
    world.environment["DBT_ENV_PRIVATE_GIT_PROVIDER_INFO"] = "[]"
    world.project("packages:\n  - private: org/repo\n    provider: nobody\n    revision: v1\n")
    world.deps(fails="Valid providers are: github, gitlab, ado, azure_devops")


@case
def dependencies_file(world):
    world.write(package_files("one"), world.folder / "one")
    world.write({"dbt_project.yml": "name: root\nprofile: p\n",
                 "dependencies.yml": "projects:\n  - name: upstream\npackages:\n  - local: ../one\n"})
    world.deps()
    assert world.installed() == ["one"]
    world.write({"packages.yml": "packages:\n  - local: ../one\n"})
    world.deps(fails="cannot be specified in both")
    world.write({"packages.yml": "projects: []\n"})
    world.deps(fails="'projects' key cannot be specified in packages.yml")


@case
def names_that_clash(world):
    world.write(package_files("one"), world.folder / "one")
    world.write(package_files("one"), world.folder / "uno")
    world.project("packages:\n  - local: ../one\n  - local: ../uno\n")
    world.deps(fails="Found duplicate project \"one\"")
    world.write(package_files("root"), world.folder / "uno")
    world.project("packages:\n  - local: ../uno\n")
    world.deps(fails="same name as the root project")
    world.project("packages:\n  - local: ../nothing\n")
    world.deps(fails="No dbt_project.yml found at expected path")


@case
def circles(world):
    world.write(package_files("one", packages="packages:\n  - local: ../two\n"), world.folder / "one")
    world.write(package_files("two", packages="packages:\n  - local: ../one\n"), world.folder / "two")
    world.project("packages:\n  - local: ../one\n")
    dbt, world.dbt = world.dbt, None  # dbt does not come to an end
    world.deps()
    world.dbt = dbt
    assert world.installed() == ["one", "two"]


@case
def locking(world):
    world.server.hub({"org/a": {"1.0.0": {}, "1.1.0": {}}})
    world.project("packages:\n  - package: org/a\n    version: '>=1.0.0'\n")
    world.deps("--lock")
    assert "version: 1.1.0" in world.lock() and not (world.root / "dbt_packages/a").exists()
    world.server.hub({"org/a": {"1.0.0": {}, "1.1.0": {}, "1.2.0": {}}})
    output = world.deps()
    assert "version: 1.1.0" in world.lock() and "Updated version available: 1.2.0" in output
    world.deps("--upgrade")
    assert "version: 1.2.0" in world.lock() and "1.2.0" in world.text("a/models/a_model.sql")


@case
def adding(world):
    world.server.hub({"org/a_b": {"1.0.0": {}}, "org/c": {"1.0.0": {}, "1.5.0": {}}})
    world.write({"dbt_project.yml": "name: root\nprofile: p\n"})
    world.deps("--add-package", "org/a_b@1.0.0")
    world.deps("--add-package", "org/c@>=1.0.0,<1.4.0", "--source", "hub")
    world.deps("--add-package", "org/a_b@=1.0.0")
    assert (world.root / "packages.yml").read_text().count("a_b") == 1
    world.write(package_files("one"), world.folder / "one")
    world.deps("--add-package", "../one", "--source", "local")
    assert world.installed() == ["a_b", "c", "one"]


@case
def nothing_wanted(world):
    world.write({"dbt_project.yml": "name: root\nprofile: p\n"})
    assert "No packages were found in packages.yml" in world.deps()
    world.project("packages: []\n")
    world.deps()


@case
def hash_of_odd_entries(world):
    world.server.hub({"org/a": {"1.0.0": {}}})
    repository = world.repository("repo", package_files("plain"))
    world.git("tag", "1.5", folder=repository)
    world.git("tag", "2.0", folder=repository)
    world.project("packages:\n  - git: file://%s\n    revision: 1.5\n    warn-unpinned: true\n"
                  "  - package: org/a\n    version: [1.0.0]\n    install_prerelease: true\n" % repository)
    world.deps()
    world.project("packages:\n  - git: file://%s\n    revision: 2.0\n  - local: ../é\n" % repository)
    world.write(package_files("accent"), world.folder / "é")
    world.deps()


def main():
    if len(sys.argv) < 2:
        print(__doc__)
        sys.exit(2)
    floe, wanted = str(Path(sys.argv[1]).resolve()), sys.argv[2:]
    passed = failed = 0
    for function in CASES:
        if wanted and function.__name__ not in wanted:
            continue
        with tempfile.TemporaryDirectory(prefix="packages-") as scratch:
            world = World(Path(scratch).resolve(), floe, os.environ.get("FLOE_DBT"))
            world.root.mkdir()
            try:
                function(world)
                passed += 1
                print("%-32s ok" % function.__name__)
            except (AssertionError, subprocess.SubprocessError, OSError) as error:
                failed += 1
                print("%-32s FAILED: %s" % (function.__name__, error))
            finally:
                world.server.shutdown()
    print("%d passed, %d failed" % (passed, failed))
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
