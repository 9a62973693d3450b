# SPDX-License-Identifier: LGPL-2.1-or-later
"""Sources from real servers: files over HTTP, and packages from signed repositories that are attacked."""
import glob
import hashlib
import json
import os
import re
import shutil

from debian import DebianRepository
from harness import SystemTest, program, write

LOCAL = {"no_proxy": "127.0.0.1", "NO_PROXY": "127.0.0.1", "NACELLE_MIRROR": None}


class SourceTest(SystemTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.update({name: value for name, value in LOCAL.items() if value is not None})
        cls.env.pop("NACELLE_MIRROR", None)

    def setUp(self):
        self.site = os.path.join(self.work, self._testMethodName)
        os.makedirs(self.site)
        shutil.rmtree(self.cache, ignore_errors=True)

    @property
    def cache(self):
        return os.path.join(self.env["XDG_CACHE_HOME"], "nacelle")

    def manifest(self, *sources, **keys):
        """A manifest with these sources, as JSON."""
        return write(os.path.join(self.site, "manifest.json"), json.dumps({
            "id": "org.nacelle.test.Sources", "branch": "1", **keys,
            "modules": [{"name": "m", "buildsystem": "simple", "sources": list(sources)}]}))


class Files(SourceTest):
    """appbuild fetch against nginx."""

    def setUp(self):
        super().setUp()
        self.data = os.urandom(3_000_000)
        self.digest = hashlib.sha256(self.data).hexdigest()
        with open(os.path.join(self.site, "file"), "wb") as f:
            f.write(self.data)

    def serve(self, extra=""):
        server = self.nginx(self.site, extra)
        self.addCleanup(server.close)
        return server

    def fetch(self, url, digest=None, more=()):
        return self.appbuild("fetch", self.manifest({"type": "file", "url": url, "sha256": digest or self.digest}, *more,
                                                    runtime="org.nacelle.test.Tiny", sdk="org.nacelle.test.Tiny",
                                                    command="sh", **{"runtime-version": "1"}))

    def cached(self):
        return os.path.join(self.cache, "downloads", self.digest)

    def put_part(self, url, data):
        name = f".part-{self.digest}-{hashlib.sha256(url.encode()).hexdigest()[:16]}"
        os.makedirs(os.path.join(self.cache, "downloads"))
        with open(os.path.join(self.cache, "downloads", name), "wb") as f:
            f.write(data)

    def test_plain(self):
        self.assertOk(self.fetch(self.serve().url + "/file"))
        with open(self.cached(), "rb") as f:
            self.assertEqual(f.read(), self.data)

    def test_many_files_of_many_sources(self):
        server = self.serve()
        more = []
        for i in range(40):
            data = b"file %d" % i
            write(os.path.join(self.site, f"small{i}"), data)
            more.append({"type": "file", "url": f"{server.url}/small{i}", "sha256": hashlib.sha256(data).hexdigest()})
        done = self.fetch(server.url + "/file", more=more)
        self.assertOk(done)
        self.assertEqual(len(server.requests()), 41)
        for name in ("file", "small0", "small39"):
            self.assertRegex(done.out, rf"(?m): fetching {name} \([0-9]+ of 41\)$")
        for source in more:
            self.assertTrue(os.path.exists(os.path.join(self.cache, "downloads", source["sha256"])))
        shutil.rmtree(self.cache)
        more[30]["sha256"] = self.digest.replace(self.digest[0], "0" if self.digest[0] != "0" else "1")
        self.assertFails(self.fetch(server.url + "/file", more=more), "manifest.json:1: ", "small30")

    def test_wrong_hash_shows_both_and_keeps_nothing(self):
        wrong = hashlib.sha256(b"other").hexdigest()
        done = self.fetch(self.serve().url + "/file", wrong)
        self.assertFails(done, wrong, self.digest)
        self.assertEqual([n for n in os.listdir(os.path.join(self.cache, "downloads")) if n != ".lock"], [])

    def test_interrupted_download_continues(self):
        server = self.serve()
        self.put_part(server.url + "/file", self.data[:1_000_000])
        self.assertOk(self.fetch(server.url + "/file"))
        self.assertTrue(any(" 206 2000000 " in line for line in server.requests()), server.requests())
        self.assertTrue(os.path.exists(self.cached()))

    def test_file_that_changed_on_the_server_is_fetched_anew(self):
        server = self.serve()
        self.put_part(server.url + "/file", b"x" * 1_000_000)
        self.assertOk(self.fetch(server.url + "/file"))
        self.assertTrue(os.path.exists(self.cached()))

    def test_redirect(self):
        server = self.serve("location = /away { return 302 /file; }")
        self.assertOk(self.fetch(server.url + "/away"))

    def test_redirect_to_a_local_file_is_refused(self):
        path = os.path.join(self.site, "file")
        server = self.serve(f"location = /away {{ return 302 file://{path}; }}")
        self.assertFails(self.fetch(server.url + "/away"), "neither http:// nor https://")
        self.assertFalse(os.path.exists(self.cached()))

    def test_missing_file(self):
        self.assertFails(self.fetch(self.serve().url + "/none"), "404", "/none")

    def test_nobody_listens(self):
        server = self.serve()
        server.close()
        self.assertFails(self.fetch(server.url + "/file"), "Cannot fetch file from http://127")

    def test_bad_addresses_are_refused(self):
        for url in ("file://127.0.0.1/etc/passwd", "ftp://127.0.0.1/x", "http://user:secret@127.0.0.1/x", "http://127.0.0.1/a b"):
            with self.subTest(url):
                done = self.fetch(url)
                self.assertFails(done, "address")
                self.assertNotIn("secret", done.err.replace(url, ""))


class Packages(SourceTest):
    """appbuild lock and fetch against a signed repository."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.key = cls.gpg_key()
        cls.other = cls.gpg_key("Somebody Else <else@example.org>")

    def setUp(self):
        super().setUp()
        self.repo = DebianRepository(os.path.join(self.site, "debian"), self.key)
        self.server = self.nginx(self.site)
        self.addCleanup(self.server.close)
        self.mirror = self.server.url + "/debian"
        self.keyring = self.key.public

    def packages_manifest(self, *packages, **more):
        return self.manifest({"type": "packages", "suite": "test", "components": ["main"], "packages": list(packages),
                              "keyring": self.keyring, **more}, **{"build-runtime": True})

    def lock(self, *packages, **more):
        return self.appbuild("lock", "--arch", "x86_64", "--mirror", self.mirror, self.packages_manifest(*packages, **more))

    def fetch(self, *packages, **more):
        return self.appbuild("fetch", "--arch", "x86_64", "--mirror", self.mirror, self.packages_manifest(*packages, **more))

    def lock_text(self):
        with open(os.path.join(self.site, "manifest.lock.yaml"), encoding="utf-8") as f:
            return f.read()

    def locked(self):
        return re.findall(r'name: "([^"]*)", version: "([^"]*)"', self.lock_text())

    def publish_some(self):
        self.repo.add("app", "1:2.0-1", Depends="libone (>= 1.5), virtual, first | second", Recommends="extra")
        self.repo.add("libone", "1.4")
        self.repo.add("libone", "1.6", Depends="libtwo:any")
        self.repo.add("libtwo", "1", Multi_Arch="allowed")
        self.repo.add("provider", "1", arch="all", Provides="virtual", Pre_Depends="deep")
        self.repo.add("deep", "1")
        self.repo.add("first", "1")
        self.repo.add("second", "1")
        self.repo.add("extra", "1")
        self.repo.publish()

    def test_closure(self):
        self.publish_some()
        self.assertOk(self.lock("app"))
        self.assertEqual(self.locked(), [("app", "1:2.0-1"), ("deep", "1"), ("first", "1"), ("libone", "1.6"),
                                         ("libtwo", "1"), ("provider", "1")])
        self.assertNotIn("127.0.0.1", self.lock_text())
        before = self.lock_text()
        self.assertOk(self.lock("app"))
        self.assertEqual(self.lock_text(), before)

    def test_first_alternative_is_taken(self):
        self.repo.add("app", "1", Depends="zeta | alpha, mid | zeta")
        self.repo.add("other", "1", Depends="alpha | zeta")
        for name in ("alpha", "mid", "zeta"):
            self.repo.add(name)
        self.repo.publish()
        self.assertOk(self.lock("app"))
        # "mid" is not needed: what "zeta" is there for serves the second dependency too.
        self.assertEqual([n for n, _ in self.locked()], ["app", "zeta"])
        self.assertOk(self.lock("other"))
        self.assertEqual([n for n, _ in self.locked()], ["alpha", "other"])

    def test_newest_of_two_suites(self):
        self.publish_some()
        updates = DebianRepository(self.repo.root, self.key, suite="test-updates", codename="tester-updates")
        updates.add("libone", "1.7")
        updates.publish()
        self.assertOk(self.lock("libone"))
        self.assertEqual(self.locked(), [("libone", "1.6"), ("libtwo", "1")])
        self.assertOk(self.lock("libone", "libtwo", suite="test test-updates"))
        self.assertEqual(self.locked(), [("libone", "1.7"), ("libtwo", "1")])

    def test_two_at_once(self):
        self.publish_some()
        self.assertOk(self.lock("app"))
        path = self.packages_manifest("app")
        both = [self.start([program("appbuild"), "fetch", "--arch", "x86_64", "--mirror", self.mirror, path])
                for _ in range(2)]
        for process in both:
            _, err = process.communicate(timeout=60)
            self.assertEqual(process.returncode, 0, err)

    def test_exclude_leaves_out_what_only_it_needs(self):
        self.publish_some()
        self.assertOk(self.lock("app", exclude=["provider"]))
        self.assertEqual([n for n, _ in self.locked()], ["app", "first", "libone", "libtwo"])

    def test_fetch_writes_a_lock_and_then_keeps_to_it(self):
        self.publish_some()
        self.assertOk(self.fetch("libone"))
        self.assertEqual(self.locked(), [("libone", "1.6"), ("libtwo", "1")])
        self.repo.add("libone", "2.0")
        self.repo.publish()
        shutil.rmtree(self.cache)
        self.assertOk(self.fetch("libone"))
        self.assertEqual(self.locked(), [("libone", "1.6"), ("libtwo", "1")])
        self.assertOk(self.lock("libone"))
        self.assertEqual(self.locked(), [("libone", "2.0")])

    def test_folder_that_is_not_writable(self):
        self.publish_some()
        path = self.packages_manifest("libtwo")
        os.chmod(self.site, 0o555)
        self.addCleanup(os.chmod, self.site, 0o755)
        for _ in range(2):
            self.assertOk(self.appbuild("fetch", "--arch", "x86_64", "--mirror", self.mirror, path))
        self.assertFalse(os.path.exists(os.path.join(self.site, "manifest.lock.yaml")))
        self.assertEqual(len(glob.glob(os.path.join(self.cache, "locks/*"))), 1)

    def test_lock_of_another_request_is_an_error(self):
        self.publish_some()
        self.assertOk(self.lock("libtwo"))
        done = self.fetch("libone")
        self.assertFails(done, "no longer fits", "appbuild lock .*manifest.json")

    def test_locks_of_other_architectures_stay(self):
        self.publish_some()
        self.assertOk(self.lock("libtwo"))
        arm = DebianRepository(self.repo.root, self.key, arch="arm64")
        arm.add("libtwo", "1")
        arm.publish()
        self.assertOk(self.appbuild("lock", "--arch", "aarch64", "--mirror", self.mirror, self.packages_manifest("libtwo")))
        self.assertIn('"aarch64":', self.lock_text())
        self.assertIn('"x86_64":', self.lock_text())

    def test_package_that_the_mirror_lost(self):
        path = self.repo.add("app", "1.0")
        self.repo.publish()
        self.assertOk(self.lock("app"))
        os.unlink(self.repo.path(path))
        self.assertFails(self.fetch("app"), "app 1.0", "404", "appbuild lock .*manifest.json")

    def test_package_that_was_tampered_with(self):
        path = self.repo.add("app", "1.0")
        self.repo.publish()
        self.assertOk(self.lock("app"))
        with open(self.repo.path(path), "r+b") as f:
            f.seek(100)
            f.write(b"X")
        self.assertFails(self.fetch("app"), "app 1.0", "sha256")
        self.assertEqual(glob.glob(os.path.join(self.cache, "downloads/" + "[0-9a-f]" * 64)),
                         [f for f in glob.glob(os.path.join(self.cache, "downloads/*")) if self.is_index(f)])

    @staticmethod
    def is_index(path):
        with open(path, "rb") as f:
            return f.read(6) == b"\xfd7zXZ\0"

    def test_unknown_package(self):
        self.publish_some()
        self.assertFails(self.lock("libtow"), "no package libtow", "did you mean libtwo")

    def test_unknown_component_and_suite(self):
        self.publish_some()
        self.assertFails(self.lock("app", components=["contrib"]), "no component contrib")
        self.assertFails(self.lock("app", suite="none"), "InRelease file of none", "404")

    def test_packages_that_exclude_each_other(self):
        self.repo.add("one", Conflicts="two")
        self.repo.add("two")
        self.repo.add("three", Depends="nowhere (>= 3)")
        self.repo.publish()
        self.assertFails(self.lock("one", "two"), "one", "two", "conflict")
        self.assertFails(self.lock("three"), "three", "nowhere")

    def test_release_that_was_tampered_with(self):
        self.publish_some()
        with open(self.repo.in_release, encoding="utf-8") as f:
            text = f.read()
        write(self.repo.in_release, text.replace("Origin: Test", "Origin: Best"))
        self.assertFails(self.lock("app"), "InRelease", "bad")

    def test_text_around_the_signed_one_is_not_read(self):
        """What stands before or after the signed message must not add a file list."""
        self.publish_some()
        with open(self.repo.in_release, encoding="utf-8") as f:
            text = f.read()
        shutil.rmtree(self.repo.path("dists/test/main"))
        self.repo.stanzas.clear()
        self.repo.add("app", "666")
        self.repo.publish(key=self.other)
        with open(self.repo.path("dists/test/Release"), encoding="utf-8") as f:
            evil = f.read()
        for attack in (evil + "\n" + text, text + "\n" + evil):
            with self.subTest(attack[:20]):
                write(self.repo.in_release, attack)
                self.assertFails(self.lock("app"))
                self.assertFalse(os.path.exists(os.path.join(self.site, "manifest.lock.yaml")))

    def test_second_message_with_a_bad_signer_is_refused(self):
        self.publish_some()
        with open(self.repo.in_release, encoding="utf-8") as f:
            text = f.read()
        self.repo.add("app", "666")
        self.repo.publish(key=self.other)
        with open(self.repo.in_release, encoding="utf-8") as f:
            evil = f.read()
        for attack in (evil + text, text + evil):
            with self.subTest(attack[:20]):
                write(self.repo.in_release, attack)
                self.assertFails(self.lock("app"), "InRelease", "not one signed message")

    def test_wrong_key(self):
        self.publish_some()
        self.repo.publish(key=self.other)
        self.assertFails(self.lock("app"), "not signed by a key of the keyring", "not in the keyring")

    def test_unsigned(self):
        self.publish_some()
        shutil.copy(self.repo.path("dists/test/Release"), self.repo.in_release)
        self.assertFails(self.lock("app"), "not signed")

    def test_two_signatures_one_known(self):
        self.publish_some()
        both = self.gpg_key("Third <third@example.org>")
        self.assertEqual(both.homedir != "", True)
        key = os.path.join(self.site, "secret.asc")
        both._gpg("--armor", "--output", key, "--export-secret-keys", both.fingerprint)
        self.key._gpg("--import", key)
        self.key._gpg("--local-user", self.key.fingerprint, "--local-user", both.fingerprint, "--output",
                      self.repo.in_release, "--clearsign", self.repo.path("dists/test/Release"))
        self.assertOk(self.lock("app"))

    def test_weak_signature(self):
        """SHA-1 can be made to collide, so a signature over it proves nothing."""
        self.publish_some()
        self.key._gpg("--passphrase", "", "--quick-generate-key", "Weak <weak@example.org>", "rsa2048", "sign", "never")
        self.key._gpg("--output", os.path.join(self.site, "weak.gpg"), "--export", "weak@example.org")
        self.keyring = os.path.join(self.site, "weak.gpg")
        for digest, fine in (("SHA512", True), ("SHA1", False)):
            with self.subTest(digest):
                self.key._gpg("--local-user", "weak@example.org", "--digest-algo", digest, "--output",
                              self.repo.in_release, "--clearsign", self.repo.path("dists/test/Release"))
                done = self.lock("app")
                if fine:
                    self.assertOk(done)
                else:
                    self.assertFails(done, "not signed by a key")

    def test_expired_release(self):
        self.publish_some()
        self.repo.publish(Valid_Until="Sat, 01 Jan 2022 00:00:00 UTC")
        self.assertFails(self.lock("app"), "valid until 2022-01-01", "clock")
        self.repo.publish(Valid_Until="Fri, 01 Jan 2100 00:00:00 UTC")
        self.assertOk(self.lock("app"))

    def test_release_of_another_suite(self):
        self.publish_some()
        self.repo.publish(Suite="old", Codename="older")
        self.assertFails(self.lock("app"), "for the suite old")
        self.repo.publish(Suite="stable", Codename="test")
        self.assertOk(self.lock("app"))

    def test_index_that_was_tampered_with(self):
        self.publish_some()
        folder = os.path.dirname(self.repo.index)
        for path in [self.repo.index, *glob.glob(os.path.join(folder, "by-hash/SHA256/*"))]:
            with open(path, "r+b") as f:
                f.seek(20)
                f.write(b"XX")
        self.assertFails(self.lock("app"), "package list of test main", "sha256")

    def test_index_without_by_hash(self):
        self.repo.by_hash = False
        self.publish_some()
        self.assertOk(self.lock("app"))
        shutil.rmtree(self.cache)
        self.repo.publish(Acquire_By_Hash="yes")
        self.assertOk(self.lock("app"))

    def test_index_with_a_path_that_leads_out(self):
        self.repo.add("app", "1.0")
        self.repo.stanzas[0] = re.sub("Filename: .*", "Filename: ../../secret", self.repo.stanzas[0])
        self.repo.publish()
        self.assertFails(self.lock("app"), "app", "path")

    def test_no_mirror_is_known(self):
        self.publish_some()
        path = self.packages_manifest("app")
        done = self.appbuild("lock", "--arch", "x86_64", path)
        self.assertFails(done, "--mirror", "NACELLE_MIRROR", "mirror:")
        self.assertOk(self.appbuild("lock", "--arch", "x86_64", path, env={"NACELLE_MIRROR": self.mirror}))
        os.unlink(os.path.join(self.site, "manifest.lock.yaml"))
        self.assertOk(self.appbuild("lock", "--arch", "x86_64", self.packages_manifest("app", mirror=self.mirror)))

    def test_no_gpgv(self):
        self.publish_some()
        done = self.appbuild("lock", "--arch", "x86_64", "--mirror", self.mirror, self.packages_manifest("app"),
                             env={"PATH": self.site})
        self.assertFails(done, "gpgv is not installed")

    def test_no_keyring(self):
        self.publish_some()
        self.keyring = "none.gpg"
        self.assertFails(self.lock("app"), "keyring", "none.gpg")

    def test_offline(self):
        self.publish_some()
        path = self.packages_manifest("libtwo")
        self.assertOk(self.fetch("libtwo"))
        self.server.close()
        self.assertOk(self.appbuild("fetch", "--arch", "x86_64", "--mirror", self.mirror, path))
