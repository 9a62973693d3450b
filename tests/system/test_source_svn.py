# SPDX-License-Identifier: LGPL-2.1-or-later
"""Sources of types svn and bzr: Subversion's own server on a loopback port, and what is refused."""
import json
import os
import shutil
import socket
import subprocess
import time

from harness import TINY, SystemTest, write
from services import program_path


class Svn(SystemTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.site = os.path.join(cls.work, "site")
        cls.svnadmin("create", cls.site)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        server = subprocess.Popen([program_path("svnserve"), "-d", "--foreground", "-r", cls.site, "--listen-host", "127.0.0.1",
                                   "--listen-port", str(port)], stdin=subprocess.DEVNULL)
        cls.addClassCleanup(lambda: (server.terminate(), server.wait()))
        cls.url = f"svn://127.0.0.1:{port}/trunk"
        for _ in range(200):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        cls.svn("mkdir", "-m", "x", f"file://{cls.site}/trunk")

    @staticmethod
    def svnadmin(*args):
        subprocess.run([program_path("svnadmin"), *args], check=True)

    @classmethod
    def svn(cls, *args):
        subprocess.run([program_path("svn"), "-q", "--non-interactive", *args], check=True, stdout=subprocess.DEVNULL,
                       env={**os.environ, "HOME": cls.env["HOME"]})

    def setUp(self):
        self.folder = os.path.join(self.work, self._testMethodName)
        os.makedirs(self.folder)
        self.install_tiny()
        shutil.rmtree(os.path.join(self.env["XDG_CACHE_HOME"], "nacelle"), ignore_errors=True)

    def put(self, name, text):
        self.svn("rm", "--force", "-m", "x", f"file://{self.site}/trunk/{name}") if name in self.names() else None
        self.svn("import", "-m", "x", write(os.path.join(self.folder, "in"), text), f"file://{self.site}/trunk/{name}")

    def names(self):
        return subprocess.check_output([program_path("svn"), "ls", f"file://{self.site}/trunk"], text=True).split()

    def build(self, *options, env=None, **source):
        manifest = write(os.path.join(self.folder, "m.json"), json.dumps({
            "id": "org.nacelle.test.Svn", "runtime": TINY, "runtime-version": "1", "sdk": TINY, "command": "sh",
            "modules": [{"name": "m", "buildsystem": "simple", "build-commands": ["mkdir /app/out && cp -a . /app/out/"],
                         "sources": [{"type": "svn", **source}]}]}))
        return self.appbuild(manifest, "-o", os.path.join(self.folder, "out.app"), "--state-dir", os.path.join(self.folder, "state"),
                             *options, env=env)

    def text(self, name):
        place = os.path.join(self.folder, "unpacked")
        shutil.rmtree(place, ignore_errors=True)
        self.run_command(["unsquashfs", "-q", "-n", "-d", place, os.path.join(self.folder, "out.app")], check=True)
        with open(os.path.join(place, "files", "out", name), encoding="utf-8") as f:
            return f.read()

    def revision(self):
        return subprocess.check_output([program_path("svnlook"), "youngest", self.site], text=True).strip()

    def test_revisions(self):
        self.put("f", "one\n")
        first = self.revision()
        self.put("f", "two\n")
        for revision, text in ((first, "one\n"), (self.revision(), "two\n")):
            self.assertOk(self.build(url=self.url, revision=revision))
            self.assertEqual(self.text("f"), text)
        self.assertOk(self.build("--offline", url=self.url, revision=first))
        self.assertEqual(self.text("f"), "one\n")
        self.assertFails(self.build(url=self.url, revision="99999"), "99999")
        self.assertFails(self.build("--offline", url=self.url, revision="1"), "offline")

    def test_last_revision_is_said(self):
        self.put("g", "one\n")
        self.assertOk(self.build(url=self.url))
        self.put("g", "two\n")
        done = self.build(url=self.url)
        self.assertOk(done)
        self.assertIn("revision " + self.revision(), done.out)
        self.assertEqual(self.text("g"), "two\n")
        self.put("g", "three\n")
        self.assertOk(self.build("--offline", url=self.url))
        self.assertEqual(self.text("g"), "two\n")

    def test_addresses(self):
        """CVE-2017-9800 and the like: addresses and revisions that make the client run something or read this computer."""
        canary = os.path.join(self.folder, "canary")
        for kind in ("svn", "bzr"):
            for url in (f"file://{self.site}/trunk", "svn+ssh://-oProxyCommand=touch$IFS" + canary + "/x", "bzr+ssh://127.0.0.1/x",
                        "--config-option=x", self.site, "http://u:p@127.0.0.1/x", "svn://-oProxyCommand=x/", "lp:x"):
                with self.subTest(f"{kind} {url}"):
                    self.assertFails(self.build(type=kind, url=url, revision="1"), "m.json")
        self.assertFails(self.build(url=self.url, revision="--config-dir=x"), "revision")
        self.assertFalse(os.path.exists(canary))

    def test_missing_tool_is_named(self):
        empty = os.path.join(self.folder, "bin")
        os.makedirs(empty)
        for kind, name, url in (("svn", "svn", self.url), ("bzr", "brz", "bzr://127.0.0.1/x")):
            self.assertFails(self.build(type=kind, url=url, revision="1", env={"PATH": empty}), f"program {name}, which is not installed")

    def test_bzr_branch(self):
        """A branch as plain files behind a web server, by brz."""
        branch = os.path.join(self.folder, "site", "branch")
        env = {**os.environ, "HOME": self.folder, "BRZ_HOME": self.folder, "BRZ_EMAIL": "T <t@example.org>"}

        def brz(*args):
            subprocess.run([program_path("brz"), "--no-plugins", "--no-aliases", *args], check=True, env=env, cwd=branch, stdout=subprocess.DEVNULL)

        os.makedirs(branch)
        brz("init", "--quiet", "--format=2a")
        for text in ("one", "two"):
            write(os.path.join(branch, "f"), text)
            brz("add", "--quiet")
            brz("commit", "--quiet", "-m", text)
        url = self.nginx(os.path.join(self.folder, "site")).url + "/branch"
        env = {"no_proxy": "127.0.0.1"}
        self.assertOk(self.build(type="bzr", url=url, revision="1", env=env))
        self.assertEqual(self.text("f"), "one")
        self.assertOk(self.build(type="bzr", url=url, env=env))
        self.assertEqual(self.text("f"), "two")
        self.assertFails(self.build(type="bzr", url=url, revision="7", env=env), "bzr")
