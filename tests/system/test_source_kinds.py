# SPDX-License-Identifier: LGPL-2.1-or-later
"""Sources as a build uses them: kinds after one another in one tree, patches in the sandbox, and runtimes made of
packages of a small signed repository."""
import hashlib
import io
import json
import os
import shutil
import stat
import tarfile

import spdx
from debian import DebianRepository
from harness import TINY, SystemTest, find_busybox, sha256, write

APP = "org.nacelle.test.Kinds"
RUNTIME = "org.nacelle.test.Packaged"
COPY = "mkdir -p /app/out && cp -a . /app/out/"


class KindTest(SystemTest):
    def setUp(self):
        self.folder = os.path.join(self.work, self._testMethodName)
        os.makedirs(self.folder)
        self.out = os.path.join(self.folder, "out.app")

    def path(self, *parts):
        return os.path.join(self.folder, *parts)

    def build(self, manifest, *options, **more):
        return self.appbuild(manifest, "-o", self.out, "--state-dir", self.path("state"), *options, **more)

    def unpacked(self, out=None):
        place = self.path("unpacked")
        self.run_command(["rm", "-rf", place])
        self.run_command(["unsquashfs", "-q", "-n", "-d", place, out or self.out], check=True)
        return os.path.join(place, "files")


class Application(KindTest):
    """On the SDK that is one busybox."""

    def setUp(self):
        super().setUp()
        self.install_tiny()

    def make(self, *sources, commands=(COPY,)):
        content = {"id": APP, "runtime": TINY, "runtime-version": "1", "sdk": TINY, "command": "sh",
                   "modules": [{"name": "m", "buildsystem": "simple", "build-commands": list(commands),
                                "sources": list(sources)}]}
        return self.build(write(self.path("m.json"), json.dumps(content)))

    def built(self, name):
        with open(os.path.join(self.unpacked(), "out", name), encoding="utf-8") as f:
            return f.read()

    def tar(self, name, *entries):
        with tarfile.open(self.path(name), "w:gz") as tar:
            for path, kind, value in entries:
                info = tarfile.TarInfo(path)
                info.mtime = 1600000000
                if kind == "file":
                    info.size = len(value)
                    tar.addfile(info, io.BytesIO(value.encode()))
                else:
                    info.type = {"link": tarfile.SYMTYPE, "hard": tarfile.LNKTYPE, "dir": tarfile.DIRTYPE}[kind]
                    info.linkname = value
                    info.mode = 0o755
                    tar.addfile(info)
        return {"type": "archive", "path": name}

    def test_all_kinds_in_order(self):
        source = self.tar("a.tar.gz", ("p-1/hello", "file", "one\n"), ("p-1/sub/x", "file", "x\n"))
        write(self.path("b.patch"), "--- a/hello\n+++ b/hello\n@@ -1 +1 @@\n-one\n+two\n")
        write(self.path("plain"), "plain\n")
        write(self.path("dir/deep/y"), "y\n")
        self.assertOk(self.make(
            source, {"type": "patch", "path": "b.patch"}, {"type": "shell", "commands": ["cat hello hello > twice"]},
            {"type": "file", "path": "plain", "dest": "sub", "dest-filename": "renamed"},
            {"type": "dir", "path": "dir", "dest": "copied"}, {"type": "script", "commands": ["echo hi"]}))
        for name, text in (("hello", "two\n"), ("twice", "two\ntwo\n"), ("sub/x", "x\n"), ("sub/renamed", "plain\n"),
                           ("copied/deep/y", "y\n"), ("autogen.sh", "#!/bin/sh\necho hi\n")):
            self.assertEqual(self.built(name), text, name)
        self.assertFalse(os.path.exists(os.path.join(self.unpacked(), "out", ".nacelle-sources")))

    def test_patch_in_a_subdirectory(self):
        source = self.tar("a.tar.gz", ("p-1/sub/dir/hello", "file", "one\n"))
        write(self.path("b.patch"), "--- hello\n+++ hello\n@@ -1 +1 @@\n-one\n+two\n")
        self.assertOk(self.make(source, {"type": "patch", "paths": ["b.patch"], "dest": "sub/dir", "strip-components": 0}))
        self.assertEqual(self.built("sub/dir/hello"), "two\n")

    def test_patch_that_does_not_apply(self):
        source = self.tar("a.tar.gz", ("p-1/hello", "file", "one\n"))
        write(self.path("b.patch"), "--- a/hello\n+++ b/hello\n@@ -1 +1 @@\n-three\n+two\n")
        self.assertFails(self.make(source, {"type": "patch", "path": "b.patch"}), "b.patch")

    def test_patch_reaches_nothing_outside(self):
        """CVE-2010-4651, CVE-2019-13636: a patch that names the host's files, or goes through a link."""
        canary = write(self.path("canary"), "alive\n")
        source = self.tar("a.tar.gz", ("p-1/hello", "file", "one\n"), ("p-1/link", "link", canary))
        for number, target in enumerate((canary, "../../../../../.." + canary, "link")):
            with self.subTest(target):
                write(self.path("b.patch"), f"--- {target}\n+++ {target}\n@@ -1 +1 @@\n-alive\n+dead{number}\n")
                self.make(source, {"type": "patch", "path": "b.patch", "strip-components": 0})
                with open(canary, encoding="utf-8") as f:
                    self.assertEqual(f.read(), "alive\n")

    def test_names_with_shell_characters(self):
        """flatpak-builder 5b8fdb49: names of sources in a command line."""
        name = "a;touch evil;$(touch evil)`touch evil`'\" -rf"
        write(self.path(name), "--- a/hello\n+++ b/hello\n@@ -1 +1 @@\n-one\n+two\n")
        source = self.tar("a.tar.gz", ("p-1/hello", "file", "one\n"))
        self.assertOk(self.make(source, {"type": "patch", "path": name}, {"type": "file", "path": name}))
        self.assertEqual(self.built("hello"), "two\n")
        self.assertNotIn("evil", os.listdir(os.path.join(self.unpacked(), "out")))
        self.assertFalse(os.path.exists(self.path("evil")))

    def test_links_of_an_earlier_source(self):
        """flatpak-builder 88a3c6bf, f2a8c22b, e3835512: an archive prepares links, the next source writes there."""
        outside = self.path("outside")
        os.makedirs(outside)
        canary = write(os.path.join(outside, "canary"), "alive\n")
        write(self.path("f"), "mine\n")
        write(self.path("dir/sub/x"), "x\n")
        source = self.tar("a.tar.gz", ("p/d", "link", outside), ("p/f", "link", canary), ("p/sub", "link", outside))
        self.assertFails(self.make(source, {"type": "file", "path": "f", "dest": "d"}), '"d"')
        self.assertFails(self.make(source, {"type": "dir", "path": "dir"}), "dir")
        self.assertOk(self.make(source, {"type": "file", "path": "f"}))
        self.assertEqual(self.built("f"), "mine\n")
        self.assertEqual(os.listdir(outside), ["canary"])
        with open(canary, encoding="utf-8") as f:
            self.assertEqual(f.read(), "alive\n")

    def test_archives_that_lead_out(self):
        outside = self.path("outside")
        os.makedirs(outside)
        for entries in ([("p/../../x", "file", "x")], [("/tmp/x/y", "file", "x")],
                        [("p/l", "link", outside), ("p/l/x", "file", "x")],
                        [("p/h", "hard", "../../canary")], [("p/l", "link", outside), ("p/l", "dir", "")]):
            with self.subTest(entries):
                self.assertFails(self.make(self.tar("a.tar.gz", *entries)), "a.tar.gz")
        self.assertEqual(os.listdir(outside), [])

    def test_content_of_the_manifest(self):
        self.assertOk(self.make(
            {"type": "inline", "contents": "one\ntwo", "dest": "sub", "dest-filename": "text"},
            {"type": "inline", "contents": "AAEC", "base64": True, "dest-filename": "bytes"},
            {"type": "file", "url": "data:text/plain;base64,SGVsbG8=", "dest-filename": "hello"}))
        for name, text in (("sub/text", "one\ntwo"), ("bytes", "\0\1\2"), ("hello", "Hello")):
            self.assertEqual(self.built(name), text, name)
        self.assertFails(self.make({"type": "inline", "contents": "x"}), "dest-filename")
        self.assertFails(self.make({"type": "file", "url": "data:,x"}), "dest-filename")
        self.assertFails(self.make({"type": "archive", "url": "data:,x", "dest-filename": "x"}), "data:")
        self.assertFails(self.make({"type": "inline", "contents": "A", "base64": True, "dest-filename": "x"}), "base64")

    def test_git_init(self):
        """The tools are the SDK's; here it has a git that writes down what it is asked."""
        source = self.tar("a.tar.gz", ("p-1/hello", "file", "one\n"))
        tool = "#!/bin/sh\nfor last; do :; done; echo \"$1 in $PWD: $last\" >> /run/build/m/log\n"
        content = {"id": APP, "runtime": TINY, "runtime-version": "1", "sdk": TINY, "command": "sh", "modules": [
            {"name": "git", "buildsystem": "simple", "build-commands": ["mkdir -p /app/bin", "cp git /app/bin/", "chmod 755 /app/bin/git"],
             "sources": [{"type": "inline", "contents": tool, "dest-filename": "git"}]},
            {"name": "m", "buildsystem": "simple", "build-commands": [COPY],
             "sources": [{**source, "git-init": True, "dest": "d"}]}]}
        self.assertOk(self.build(write(self.path("m.json"), json.dumps(content))))
        self.assertEqual(self.built("log").splitlines(), [
            "init in /run/build/m/d: .", "add in /run/build/m/d: .", "-c in /run/build/m/d: Sources"])

    def test_manifest_of_a_stranger(self):
        """flatpak-builder 49c3a469: sources that name files of the host, when the manifest is not trusted."""
        self.tar("a.tar.gz", ("p-1/hello", "file", "one\n"))
        write(self.path("top/sub/f"), "mine\n")
        write(self.path("top/b.patch"), "")
        write(self.path("secret"), "canary\n")
        os.symlink(self.path("secret"), self.path("top/link"))
        os.symlink(self.folder, self.path("top/up"))
        os.symlink("sub", self.path("top/inner"))
        rename = {"dest-filename": "f"}
        bad = [{"type": "file", "path": self.path("secret")}, {"type": "file", "path": "../secret", **rename},
               {"type": "file", "path": "sub/../../secret", **rename}, {"type": "file", "path": "link"},
               {"type": "file", "path": "up/secret"}, {"type": "dir", "path": ".."}, {"type": "dir", "path": "up"},
               {"type": "dir", "path": "/etc"}, {"type": "file", "url": "file:///etc/passwd", "sha256": "0" * 64},
               {"type": "dir", "path": self.path("top") + "x"},
               {"type": "archive", "path": "../a.tar.gz"}, {"type": "patch", "path": "../secret"},
               {"type": "patch", "paths": ["b.patch", "link"]}, {"type": "git", "path": "../repo"},
               {"type": "file", "path": "inner/f"}]
        good = [{"type": "file", "path": "sub/f"}, {"type": "dir", "path": "."}, {"type": "dir", "path": "sub/../sub"},
                {"type": "file", "path": self.path("top/sub/f")}]
        os.makedirs(self.path("topx"))
        for source in good + bad:
            with self.subTest(source):
                content = {"id": APP, "runtime": TINY, "runtime-version": "1", "sdk": TINY, "command": "sh", "modules": [
                    {"name": "m", "buildsystem": "simple", "build-commands": ["mkdir /app/out", "echo 1 > /app/out/x"],
                     "sources": [source]}]}
                manifest = write(self.path("top/m.json"), json.dumps(content))
                done = self.build(manifest, "--sandbox")
                if source in good:
                    self.assertOk(done)
                else:
                    self.assertFails(done, "--sandbox|No such file")
        write(self.path("module.json"), json.dumps(content["modules"][0] | {"sources": []}))
        outside = write(self.path("top/m.json"), json.dumps(content | {"modules": ["../module.json"]}))
        self.assertFails(self.build(outside, "--sandbox"), "--sandbox")
        self.assertOk(self.build(outside))
        content["modules"][0].update({"sources": [], "build-options": {"build-args": ["--share=network"]}})
        manifest = write(self.path("top/m.json"), json.dumps(content))
        self.assertFails(self.build(manifest, "--sandbox"), "network")
        self.assertOk(self.build(manifest))

    def test_state_directory_inside_the_source(self):
        """A build of its own folder must not copy its own state, and is not changed by it."""
        write(self.path("dir/x"), "one\n")
        content = {"id": APP, "runtime": TINY, "runtime-version": "1", "sdk": TINY, "command": "sh", "modules": [
            {"name": "m", "buildsystem": "simple", "build-commands": [COPY], "sources": [{"type": "dir", "path": "dir"}]}]}
        manifest = write(self.path("m.json"), json.dumps(content))
        for expected in ("1 module built, 0 unchanged", "0 modules built, 1 unchanged"):
            done = self.appbuild(manifest, "-o", self.out, "--state-dir", self.path("dir", "state"))
            self.assertOk(done)
            self.assertIn(expected, done.out)
        self.assertEqual(os.listdir(os.path.join(self.unpacked(), "out")), ["x"])

    def test_changed_directory_is_built_again(self):
        write(self.path("dir/x"), "one\n")
        for text in ("one\n", "two\n"):
            write(self.path("dir/x"), text)
            self.assertOk(self.make({"type": "dir", "path": "dir"}))
            self.assertEqual(self.built("x"), text)


class Runtime(KindTest):
    """A runtime of packages: busybox and what tests need."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.key = cls.gpg_key()
        cls.env.update({"no_proxy": "127.0.0.1", "NO_PROXY": "127.0.0.1"})
        with open(find_busybox(), "rb") as f:
            cls.busybox = f.read()

    def setUp(self):
        super().setUp()
        self.repo = DebianRepository(self.path("debian"), self.key)
        server = self.nginx(self.folder)
        self.addCleanup(server.close)
        self.env["NACELLE_MIRROR"] = server.url + "/debian"
        self.repo.add("busybox", files={"bin/busybox": self.busybox, "bin/sh": "-> busybox"})

    def make(self, *packages, post_install=(), second=None, **more):
        self.repo.publish()
        lock = self.path("m.lock.yaml")
        if os.path.exists(lock):
            os.unlink(lock)
        content = {"id": RUNTIME, "branch": "1", "build-runtime": True, "modules": [
            {"name": "packages", "buildsystem": "simple", "sources": [
                {"type": "packages", "suite": "test", "components": ["main"], "packages": ["busybox", *packages],
                 "keyring": self.key.public, "post-install": list(post_install), **more}]}, *([second] if second else [])]}
        return self.build(write(self.path("m.json"), json.dumps(content)), "--arch", "x86_64")

    def test_tree(self):
        setuid = tarfile.TarInfo()
        setuid.mode = 0o6755
        self.repo.add("one", files={
            "usr/bin/one": "1", "bin/two": "2", "lib/x86_64-linux-gnu/libx.so": "3", "lib64/ld": "-> /lib/ld",
            "etc/one.conf": "4", "usr/share/doc/one/copyright": "5", "var/lib/one/state": "6", "run/x": "7", "opt/y": "8",
            "usr/bin/privileged": setuid})
        self.assertOk(self.make("one", post_install=["busybox id -u > /usr/made", "echo done >> /etc/one.conf"]))
        files = self.unpacked()
        for name, text in (("bin/one", "1"), ("bin/two", "2"), ("lib/x86_64-linux-gnu/libx.so", "3"),
                           ("etc/one.conf", "4done\n"), ("share/doc/one/copyright", "5"), ("made", "0\n")):
            with open(os.path.join(files, name), encoding="utf-8") as f:
                self.assertEqual(f.read(), text, name)
        self.assertEqual(os.readlink(os.path.join(files, "lib64/ld")), "/lib/ld")
        for name in ("var", "run", "opt", "usr"):
            self.assertFalse(os.path.lexists(os.path.join(files, name)), name)
        self.assertEqual(stat.S_IMODE(os.stat(os.path.join(files, "bin/privileged")).st_mode), 0o755)

    def test_records_name_each_package(self):
        """The resolved manifest builds the same again without a lock file; the SPDX document has names, versions and licences."""
        dep5 = "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n\nFiles: *\nCopyright: me\nLicense: GPL-2+ or Expat\n" \
               "\nFiles: x\nCopyright: me\nLicense: own\n Do what\n .\n you like.\n"
        self.repo.add("one", "1:2.0+x-1", files={"usr/share/doc/one/copyright": dep5}, Depends="two")
        self.repo.add("two", files={"usr/share/doc/two": "-> one"})
        self.repo.add("three", files={"usr/share/doc/three/copyright": "It is under the GPL.\n"})
        pool = "pool/main/n/nano/nano_7.2.orig.tar.xz"
        self.repo.write(pool, b"source")
        extra = {"type": "file", "url": "debian:" + pool, "sha256": hashlib.sha256(b"source").hexdigest(), "dest-filename": "x"}
        self.assertOk(self.make("one", "three", second={"name": "second", "buildsystem": "simple", "sources": [extra],
                                                        "build-commands": ["busybox cp x /usr/x"]}))
        first, files = sha256(self.out), self.unpacked()
        with open(os.path.join(files, "manifest.json"), encoding="utf-8") as f:
            source = json.load(f)["modules"][0]["sources"][0]
        self.assertEqual([line.split()[:3] for line in source["locked"]],
                         [["busybox", "1", "amd64"], ["one", "1:2.0+x-1", "amd64"], ["three", "1", "amd64"], ["two", "1", "amd64"]])
        self.assertRegex(source["locked"][1], r" \d+ [0-9a-f]{64} pool/main/o/one/one_2\.0\+x-1_amd64\.deb$")
        with open(os.path.join(files, "sbom.spdx.json"), encoding="utf-8") as f:
            document = json.load(f)
        self.assertEqual(spdx.problems(document), [])
        packages = {package["name"]: package for package in document["packages"]}
        place = {name: packages[name]["externalRefs"][0]["referenceLocator"] for name in ("one", "nano_7.2.orig.tar.xz")}
        self.assertEqual(place, {"one": "pkg:deb/debian/one@1%3A2.0%2Bx-1?arch=amd64", "nano_7.2.orig.tar.xz": "pkg:deb/debian/nano?arch=source"})
        for name, licence, comment in (("one", "(GPL-2.0-or-later OR MIT) AND LicenseRef-1", "share/doc/one/copyright"),
                                       ("two", "(GPL-2.0-or-later OR MIT) AND LicenseRef-1", "share/doc/one/copyright"),
                                       ("three", "NOASSERTION", "for people to read"), ("busybox", "NOASSERTION", "no copyright file")):
            self.assertEqual(packages[name]["licenseDeclared"], licence)
            self.assertIn(comment, packages[name]["licenseComments"])
        self.assertEqual([one["extractedText"] for one in document["hasExtractedLicensingInfos"]], ["Do what\n\nyou like."])
        # Elsewhere, from the manifest alone; nobody writes a lock file, and the archive has moved on.
        shutil.rmtree(self.path("state"))
        os.makedirs(self.path("again"))
        again = shutil.copy(os.path.join(files, "manifest.json"), self.path("again"))
        self.repo.add("one", "3")
        self.repo.publish()
        self.assertOk(self.build(again, "--arch", "x86_64", "--offline"))
        self.assertEqual(sha256(self.out), first)
        self.assertEqual(os.listdir(self.path("again")), ["manifest.json"])
        self.assertFails(self.build(again, "--arch", "aarch64", "--offline"), r"\"locked\" has the packages of amd64")
        with open(again, encoding="utf-8") as f:
            text = f.read()
        write(again, text.replace("one 1:2.0+x-1 amd64", "one 1:2.0+x-1"))
        self.assertFails(self.build(again), r"manifest.json:\d+:\d+: error: \"locked\": .*must be NAME VERSION")

    def test_same_lock_gives_the_same_bytes(self):
        self.repo.add("one", files={"usr/a": "1", "usr/b": "-> a"}, Depends="two")
        self.repo.add("two", files={"usr/c": "2", "etc/d": "3"})
        self.assertOk(self.make("one"))
        first = sha256(self.out)
        self.run_command(["rm", "-rf", self.path("state"), self.out], check=True)
        self.assertOk(self.build(self.path("m.json"), "--arch", "x86_64", "-j", "1", umask=0o077))
        self.assertEqual(sha256(self.out), first)

    def test_same_file_in_two_packages(self):
        self.repo.add("one", files={"usr/share/same": "x" * 100000, "usr/share/link": "-> same"})
        self.repo.add("two", files={"usr/share/same": "x" * 100000, "usr/share/link": "-> same"})
        self.assertOk(self.make("one", "two"))
        self.repo.add("three", files={"usr/share/same": "x" * 99999 + "y"})
        self.assertFails(self.make("one", "three"), "share/same", "one", "three", "exclude")
        self.repo.add("four", files={"usr/share/link": "-> other"})
        self.assertFails(self.make("one", "four"), "share/link", "one", "four")

    def test_packages_that_lead_out(self):
        outside = self.path("outside")
        os.makedirs(outside)
        device = tarfile.TarInfo()
        device.type = tarfile.CHRTYPE
        for number, files in enumerate(({"usr/../../../x": "x"}, {"usr/l": f"-> {outside}", "usr/l/x": "x"},
                                        {"usr/device": device})):
            with self.subTest(files):
                name = f"evil{number}"
                self.repo.add(name, files=files)
                self.assertFails(self.make(name), name)
        self.assertEqual(os.listdir(outside), [])

    def test_post_install_that_fails(self):
        self.assertFails(self.make(post_install=["exit 3"]), "post-install")
