# SPDX-License-Identifier: LGPL-2.1-or-later
"""Repositories whose content lies.  Each case is refused with nothing deployed; the same steps with an honest repository are in
test_distribution, and most cases end with one."""
import os
import re
import shutil
import stat
import struct
import zlib

from harness import ARCH, program, time_limit, write
from repository import APP, APP_REF, RUNTIME, RUNTIME_REF, Repository

VARIANTS = ("asan",)

LONG = True


class Metadata(Repository):
    """flatpak e9455b7a, 116a8b84; CVE-2021-43860: what is shown is what is applied, or nothing is."""

    def setUp(self):
        super().setUp()
        self.add_remote()
        self.tree = self.app_tree("raw")
        self.path = os.path.join(self.tree, "metadata")
        self.text = self.read(self.path)

    def assertRefused(self, *patterns):
        self.assertFails(self.manage("install", "test", APP), *patterns)
        self.assertNothingDeployed()

    def test_good(self):
        self.raw_commit(self.tree, self.text)
        self.install_app_from_remote()
        self.assertEqual(self.deployed(), "raw")

    def test_none(self):
        self.raw_commit(self.tree)
        self.assertRefused("does not carry its metadata")

    def test_empty(self):
        self.raw_commit(self.tree, "")
        self.assertRefused("does not carry its metadata")

    def test_other_than_in_the_tree(self):
        write(self.path, self.text + "[Context]\nfilesystems=host;\n")
        self.raw_commit(self.tree, self.text)
        self.assertRefused("differs from the metadata of the commit")

    def test_hidden_behind_a_nul(self):
        write(self.path, (self.text + "\0[Context]\nfilesystems=host;\n").encode())
        self.raw_commit(self.tree, self.text)
        self.assertRefused("differs from the metadata of the commit")

    def test_not_in_the_tree(self):
        os.unlink(self.path)
        self.raw_commit(self.tree, self.text)
        self.assertRefused("no file \"metadata\"")

    def test_link_in_the_tree(self):
        os.unlink(self.path)
        os.symlink("files/share/version", self.path)
        self.raw_commit(self.tree, self.text)
        self.assertRefused("metadata")

    def test_malformed(self):
        for bad in ("no keyfile", "[Application]\nname=../../x\nruntime=a.b.c/x/y\n",
                    f"[Application]\nname={APP}\nruntime=../../..\n", self.text + "[Application]\nname=x\n",
                    self.text + "[Context]\nfilesystems=/tmp/\x1b[2K;\n", self.text.replace("\n", "\r\n")):
            write(self.path, bad)
            self.raw_commit(self.tree, bad)
            self.assertRefused("metadata")

    def test_of_another_app(self):
        bad = self.text.replace(APP, "org.nacelle.test.Mask")
        write(self.path, bad)
        self.raw_commit(self.tree, bad)
        self.assertRefused("org.nacelle.test.Mask")

    def test_bound_to_another_ref(self):
        other = APP_REF.replace("stable", "beta")
        for binding, xa_ref in ((other, APP_REF), (APP_REF, other), (None, None), (other, other)):
            self.raw_commit(self.tree, self.text, binding, xa_ref)
            self.assertRefused("commit|ref")
        self.raw_commit(self.tree, self.text, None, APP_REF)
        self.install_app_from_remote()

    def test_one_app_in_the_place_of_another(self):
        other_ref = f"app/org.nacelle.test.Other/{ARCH}/stable"
        commit = self.publish_into(self.repo, other_ref, self.app_tree("other", "org.nacelle.test.Other"), 3000)
        self.run_command(["ostree", f"--repo={self.repo}", "reset", APP_REF, commit], check=True)
        self.update_summary()
        self.assertRefused("org.nacelle.test.Other")


class Content(Repository):
    def assertRefused(self, *patterns):
        self.assertFails(self.manage("install", "test", APP), *patterns)
        self.assertNothingDeployed()

    def version_object(self):
        """The object of files/share/version in the repository."""
        listed = self.ostree("ls", "-C", APP_REF, "/files/share/version", key=None).split()
        checksum = listed[4]
        return os.path.join(self.repo, "objects", checksum[:2], checksum[2:] + ".filez")

    def filez(self, data, mode=0o100644, level=9, size=None):
        header = struct.pack(">QIIII", size if size is not None else len(data), 0, 0, mode, 0) + b"\0"
        # (tuuuusa(ayay)): the empty array takes no bytes; one offset marks the end of the string.
        header += struct.pack("B", 0x19)
        squeeze = zlib.compressobj(level, zlib.DEFLATED, -15)
        return struct.pack(">II", len(header), 0) + header + squeeze.compress(data) + squeeze.flush()

    @time_limit(240)
    def test_damaged_objects(self):
        """Objects of every kind, tampered with and cut, then more of them tampered with, and then an honest server again."""
        self.add_remote()
        runtime = set(self.ostree("ls", "-R", "-C", RUNTIME_REF, key=None).split())
        for suffix in (".filez", ".dirtree", ".dirmeta", ".commit"):
            paths = [p for p in self.objects(suffix)
                     if suffix == ".dirmeta"       # the app's folders are like the runtime's: all have the same
                     or os.path.basename(os.path.dirname(p)) + os.path.basename(p)[:62] not in runtime]
            self.assertTrue(paths)
            for n, path in enumerate(paths[:4]):
                # What an earlier pull got is not fetched again: begin with nothing.
                shutil.rmtree(self.store)
                self.add_remote()
                good = self.read_bytes(path)
                middle = len(good) // 2
                flipped = good[:middle] + bytes([good[middle] ^ 0x40]) + good[middle + 1:]
                for bad in (flipped, *((good[:middle], b"", b"\0" * 40) if n == 0 else ())):
                    os.chmod(path, 0o644)
                    with open(path, "wb") as f:
                        f.write(bad)
                    self.assertFails(self.manage("install", "test", APP_REF), "test")
                    self.assertNothingDeployed()
                with open(path, "wb") as f:
                    f.write(good)
        self.install_app_from_remote()
        self.assertEqual(self.deployed(), "version 1")

    def test_missing_object(self):
        self.add_remote()
        path = self.version_object()
        os.rename(path, path + ".away")
        self.assertRefused("404|not found|Not Found")
        os.rename(path + ".away", path)
        self.install_app_from_remote()

    @time_limit(240)
    def test_GHSA_7cgc_gp99_6jmm_object_without_end(self):
        """An object that unpacks to 600 MB, where the app says that it needs a few kB."""
        self.add_remote()
        path = self.version_object()
        good = self.read_bytes(path)
        small = self.filez(b"version 1")
        self.assertEqual(small[:33], good[:33], "the header of this test is not what ostree writes")
        os.chmod(path, 0o644)
        with open(path, "wb") as f:
            f.write(self.filez(b"\0" * (600 << 20), level=6, size=9))
        self.assertRefused("test")
        used = sum(os.lstat(os.path.join(folder, name)).st_blocks * 512
                   for folder, _, names in os.walk(self.store) for name in names)
        self.assertLess(used, 16 << 20)
        with open(path, "wb") as f:
            f.write(good)
        self.install_app_from_remote()

    def test_CVE_2017_9780_modes(self):
        """setuid, setgid, sticky and world-writable entries are refused or lose those bits; never written."""
        self.add_remote()
        for name, mode in (("setuid", 0o4755), ("setgid", 0o2755), ("world", 0o666), ("group", 0o775), ("sticky", 0o1755)):
            tree = self.app_tree(f"with {name}")
            text = self.read(tree, "metadata")
            write(os.path.join(tree, "files/bin/evil"), "evil\n", mode)
            os.makedirs(os.path.join(tree, "files/folder"))
            os.chmod(os.path.join(tree, "files/folder"), 0o1777 if name == "sticky" else mode | 0o700)
            self.raw_commit(tree, text)
            result = self.manage("install", "test", APP)
            if result.status == 0:
                self.assertEqual(self.deployed(), f"with {name}")
                self.manage("uninstall", APP, check=True)
            else:
                self.assertFails(result, "mode")
                self.assertNothingDeployed()
            for folder, folders, names in os.walk(self.store):
                for entry in folders + names:
                    st = os.lstat(os.path.join(folder, entry))
                    if not stat.S_ISLNK(st.st_mode):
                        self.assertEqual(st.st_mode & 0o7002, 0, os.path.join(folder, entry))

    def serve_hostile_tree(self, kind, name):
        good = self.ostree("rev-parse", APP_REF, key=None)
        evil = self.run_command([program("hostile-tree"), self.repo, good, kind, name], check=True).out.strip()
        with open(os.path.join(self.repo, "refs/heads", APP_REF), "w", encoding="ascii") as f:
            f.write(evil + "\n")
        self.run_command(["ostree", f"--repo={self.repo}", "gpg-sign", f"--gpg-homedir={self.key.homedir}", APP_REF,
                          self.key.fingerprint], check=True)
        self.update_summary()

    def test_names_that_lead_out(self):
        """ostree 8e6e64a5, f3ae36ff: names in a folder object that are paths, or twice there."""
        self.add_remote()
        outside = os.path.join(self.store, "x")
        for kind in ("file", "folder"):
            for name in ("..", "../../../../../../x", "a/b", "", "bin"):
                with self.subTest(kind=kind, name=name):
                    self.setUp()
                    self.add_remote()
                    self.serve_hostile_tree(kind, name)
                    self.assertRefused("test")
                    self.assertFalse(os.path.lexists(outside))
        self.setUp()
        self.add_remote()
        self.serve_hostile_tree("file", "another")
        self.install_app_from_remote()
        self.assertTrue(os.path.exists(os.path.join(self.store, APP_REF, "active/files/another")))

    def test_files_is_not_a_folder(self):
        self.add_remote()
        for kind in ("file", "link", "missing"):
            tree = self.app_tree("raw")
            text = self.read(tree, "metadata")
            shutil.rmtree(os.path.join(tree, "files"))
            if kind == "file":
                write(os.path.join(tree, "files"), "no folder")
            elif kind == "link":
                os.symlink(self.home, os.path.join(tree, "files"))
            self.raw_commit(tree, text)
            self.assertRefused("test")

    def test_own_names_in_the_tree(self):
        """What only we write into a deployment cannot come from a commit."""
        self.add_remote()
        tree = self.app_tree("raw")
        text = self.read(tree, "metadata")
        for name in ("deploy", ".ref", "image", "active"):
            write(os.path.join(tree, name), "[Deployment]\norigin=evil\n")
        os.symlink("/", os.path.join(tree, "link"))
        self.raw_commit(tree, text)
        self.install_app_from_remote()
        deployment = os.path.join(self.store, APP_REF, "active")
        self.assertEqual(sorted(os.listdir(deployment)), [".ref", "deploy", "exported", "files", "metadata"])
        self.assertIn("from:       test", self.manage("info", APP, check=True).out)

    def test_links_lead_nowhere(self):
        """Links in the tree are kept as they are and never followed by us."""
        self.add_remote()
        canary = os.path.join(self.home, "canary")
        write(canary, "canary", 0o600)
        tree = self.app_tree("raw")
        text = self.read(tree, "metadata")
        os.symlink(self.home, os.path.join(tree, "files/home"))
        os.makedirs(os.path.join(tree, "export"))
        os.symlink(canary, os.path.join(tree, "export/x.desktop"))
        self.raw_commit(tree, text)
        self.install_app_from_remote()
        self.manage("uninstall", APP, check=True)
        self.assertEqual(stat.S_IMODE(os.stat(canary).st_mode), 0o600)
        self.assertEqual(self.read(canary), "canary")

    def test_runtime_is_missing_on_the_remote(self):
        self.run_command(["ostree", f"--repo={self.repo}", "refs", "--delete", RUNTIME_REF], check=True)
        self.update_summary()
        self.add_remote()
        self.assertRefused(f"needs the runtime {RUNTIME}/")


class BadWords(Repository):
    """GHSA-v2gw-v9h5-9q4x, ostree ac10a27d: bad names to every verb; CVE-2023-28101: nothing of them reaches a terminal."""

    BAD = ("../x", "a/b", "", ".", "..", "x\ny", "x" * 5000, "/etc/passwd", "x\x1b[2K", "\u202ex", "a b", "*", "@", ":",
           "a:b", "-", "org.nacelle.test.App//../..", "org.nacelle.test.App/../stable", "org.nacelle.test.App/x86_64/..",
           "app/../../x", "org.nacelle.test.\u200bApp", "org..App", "1.2.3")

    def assertSafe(self, result):
        for text in (result.out, result.err):
            for character in text:
                code = ord(character)
                self.assertFalse((code < 0x20 and character != "\n") or 0x7f <= code < 0xa0
                                 or code in (0x202e, 0x200b), f"{code:#x} in {text!r}")

    def test_every_verb(self):
        self.add_remote()
        self.install_app_from_remote()
        before = sorted(os.listdir(self.store))
        for word in self.BAD:
            for argv in (["install", word], ["install", "test", word], ["install", word, APP], ["uninstall", word],
                         ["update", word], ["info", word], ["remote", "ls", word], ["remote", "delete", word],
                         ["remote", "add", word, self.server.url, "--no-gpg-verify"]):
                if argv[1] == "add" and re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", word):
                    continue
                result = self.manage(argv[0], *argv[1:-1], "--", argv[-1]) if len(argv) == 2 else self.manage(*argv)
                self.assertFails(result)
                self.assertSafe(result)
        self.assertEqual(sorted(os.listdir(self.store)), before)
        self.assertEqual(self.deployed(), "version 1")
        self.assertEqual(len(self.manage("remote", "list", check=True).out.splitlines()), 2)

    def test_not_utf8(self):
        for argv in (["install", b"\xff\xfe"], ["uninstall", b"org.\xff.x"], ["remote", "ls", b"\xc0\x80"],
                     ["info", b"\xed\xa0\x80"]):
            result = self.manage(*argv)
            self.assertFails(result)
            self.assertSafe(result)

    def test_urls(self):
        for url in ("", "ftp://example.org/", "javascript:x", "http://", "http:///x", "file://relative", "file:x",
                    "http://example.org/a b", "http://example.org/\nurl=http://evil", "http://example.org/\x1b[2J",
                    "http://example.org/" + "x" * 5000, "HTTP", "//example.org", "http://exa\u202emple.org/", "http://[/"):
            result = self.manage("remote", "add", "bad", url, "--no-gpg-verify")
            self.assertFails(result)
            self.assertSafe(result)
        self.assertEqual(self.manage("remote", "list", check=True).out, "")
        for url in ("http://example.org/repo", "https://example.org:8080/a/b%20c/", "file:///srv/repo"):
            self.manage("remote", "add", "good", url, "--no-gpg-verify", check=True)
            self.manage("remote", "delete", "good", check=True)

    def test_usage(self):
        for argv in ([], ["nothing"], ["install"], ["install", "a", "b", "c"], ["list", "x"], ["remote"], ["remote", "add"],
                     ["remote", "ad", "x"], ["update", "a", "b"], ["install", "--nonsense", "x"], ["info"],
                     ["remote", "list", "--gpg-import", "x"], ["install", "--allow-unsealed", "test", APP]):
            result = self.run_command([program("nacelle-store"), *argv])
            self.assertFails(result, "--help", status=125)
        for verb in ("install", "uninstall", "update", "remote", "list", "info"):
            self.assertIn("Usage:", self.manage(verb, "--help", check=True).out)
