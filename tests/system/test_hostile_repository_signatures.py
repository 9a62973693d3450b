# SPDX-License-Identifier: LGPL-2.1-or-later
"""Repositories that have the wrong signature, or an old one.  Each is refused with nothing deployed, and most cases end with an honest
one.  GnuPG and libostree read what is signed: so not once more with sanitizers, as the others of test_hostile_repository are."""
import os
import shutil

from repository import APP, APP_REF, RUNTIME, RUNTIME_REF, Repository

LONG = True


class Signatures(Repository):
    def assertRefused(self, *patterns, ref=APP_REF):
        self.assertFails(self.manage("install", "test", ref), *patterns)
        self.assertNothingDeployed()

    def rebuild(self, key):
        shutil.rmtree(self.repo)
        self.publish_into(self.repo, RUNTIME_REF, self.runtime_tree(), 1000, key)
        self.publish_into(self.repo, APP_REF, self.app_tree("version 1"), 1000, key)

    def test_unsigned(self):
        self.rebuild(None)
        self.add_remote()
        self.assertRefused("signature")
        self.manage("remote", "delete", "test", check=True)
        self.add_remote(key=None)
        self.install_app_from_remote()

    def test_wrong_key(self):
        other = self.gpg_key("Other <other@example.org>")
        self.rebuild(other)
        self.add_remote()
        self.assertRefused("signature|keyring|public key")
        self.manage("remote", "delete", "test", check=True)
        self.add_remote(key=other)
        self.install_app_from_remote()

    def test_unsigned_commit_in_a_signed_summary(self):
        self.add_remote()
        for path in self.objects(".commitmeta"):
            os.unlink(path)
        self.assertRefused("signature")

    def test_commit_signed_by_another_key(self):
        other = self.gpg_key("Third <third@example.org>")
        self.add_remote()
        for path in self.objects(".commitmeta"):
            os.unlink(path)
        for ref in (APP_REF, RUNTIME_REF):
            self.run_command(["ostree", f"--repo={self.repo}", "gpg-sign", f"--gpg-homedir={other.homedir}", ref,
                              other.fingerprint], check=True)
        self.assertRefused("signature|keyring|public key")

    def test_signature_of_another_commit(self):
        """A real signature of the right key, over something else."""
        second = self.publish("version 2", 2000)
        first, = [p for p in self.objects(".commitmeta") if os.path.basename(p).split(".")[0] not in (
            second, self.ostree("rev-parse", RUNTIME_REF, key=None)) and second not in p.replace("/", "")
            and self.ostree("rev-parse", RUNTIME_REF, key=None) not in p.replace("/", "")]
        shutil.copy(first, os.path.join(self.repo, "objects", second[:2], second[2:] + ".commitmeta"))
        self.add_remote()
        self.assertRefused("[Ss]ignature")

    def test_unsigned_summary(self):
        os.unlink(os.path.join(self.repo, "summary.sig"))
        self.add_remote()
        self.assertRefused("signature|summary")
        self.assertFails(self.manage("remote", "ls", "test"), "signature|summary")

    def test_damaged_summary(self):
        self.add_remote()
        path = os.path.join(self.repo, "summary")
        good = self.read_bytes(path)
        for bad in (b"", b"\xff" * 64, os.urandom(5000), good[:-7], bytes([good[0] ^ 1]) + good[1:], good + b"x"):
            with open(path, "wb") as f:
                f.write(bad)
            self.assertRefused("summary|signature")
        with open(path, "wb") as f:
            f.write(good)
        self.install_app_from_remote()

    def test_summary_without_keys_is_checked(self):
        """ostree 4c238c35: the same without signatures, so that the parser sees it."""
        self.add_remote(key=None)
        path = os.path.join(self.repo, "summary")
        good = self.read_bytes(path)
        for bad in (b"", b"\xff" * 64, os.urandom(5000), good[:-7]):
            with open(path, "wb") as f:
                f.write(bad)
            self.assertRefused("test", ref=APP)

    def test_commit_that_was_here_before(self):
        """A commit that came from a remote without keys is not good for one with keys."""
        unsigned = os.path.join(self.served, "unsigned")
        shutil.rmtree(unsigned, ignore_errors=True)
        commit = self.publish("theirs", 2000, key=None, repo=unsigned)
        self.add_remote("unsigned", key=None, folder="unsigned")
        self.add_remote()
        self.manage("install", "test", RUNTIME, check=True)
        self.manage("install", "unsigned", APP, check=True)
        self.manage("uninstall", APP, check=True)
        # The signed summary of "test" is made to name it; the publisher's key never saw the commit itself.
        self.ostree("pull-local", unsigned, commit, key=None)
        self.run_command(["ostree", f"--repo={self.repo}", "refs", "--delete", APP_REF], check=True)
        self.run_command(["ostree", f"--repo={self.repo}", "refs", f"--create={APP_REF}", commit], check=True)
        self.update_summary()
        self.assertRefused("signature")


class Downgrade(Repository):
    """GHSA-q4gr-vc25-57m5, flatpak 3ff6d312: an old version with its good signature."""

    def setUp(self):
        super().setUp()
        self.old = self.repo + "-old"
        shutil.rmtree(self.old, ignore_errors=True)
        shutil.copytree(self.repo, self.old, symlinks=True)
        self.publish("version 2", 2000)
        self.add_remote()
        self.install_app_from_remote()
        self.assertEqual(self.deployed(), "version 2")
        shutil.rmtree(self.repo)
        shutil.copytree(self.old, self.repo, symlinks=True)
        self.age_summary(self.repo)

    def assertKept(self):
        before = len(self.server.requests())
        for verb in (["update"], ["update", APP], ["install", "test", APP]):
            self.assertFails(self.manage(*verb), "older version")
        self.assertEqual(self.deployed(), "version 2")
        fetched = [line for line in self.server.requests()[before:] if ".filez" in line or ".dirtree" in line]
        self.assertEqual(fetched, [], "content was downloaded before the refusal (ostree 618617d6)")

    def test_old_repository(self):
        self.assertKept()

    def test_old_repository_after_forgetting(self):
        """Nothing in the client's repository is needed to notice."""
        shutil.rmtree(os.path.join(self.store, "repo/refs"))
        for folder in ("refs/heads", "refs/remotes", "refs/mirrors"):
            os.makedirs(os.path.join(self.store, "repo", folder))
        shutil.rmtree(os.path.join(self.store, "repo/tmp/cache"), ignore_errors=True)
        for path in self.objects(".commit", os.path.join(self.store, "repo")):
            os.unlink(path)
        self.assertKept()

    def test_wanted(self):
        self.manage("uninstall", APP, check=True)
        self.install_app_from_remote()
        self.assertEqual(self.deployed(), "version 1")

    def test_parent(self):
        """With equal times, the parent of what is installed is older."""
        first = self.ostree("rev-parse", APP_REF, key=None)
        tree = self.app_tree("version 3")
        metadata = self.read(tree, "metadata")
        self.raw_commit(tree, metadata, time=3000, options=[f"--parent={first}"])
        third = self.ostree("rev-parse", APP_REF, key=None)
        self.manage("update", check=True)
        self.assertEqual(self.deployed(), "version 3")
        fourth = self.raw_commit(self.app_tree("version 4"), metadata, time=3000, options=[f"--parent={third}"])
        self.manage("update", check=True)
        self.assertEqual(self.deployed(), "version 4")
        self.assertEqual(self.find_deployments(), [fourth])
        self.ostree("reset", APP_REF, third, key=None)
        self.update_summary()
        self.assertFails(self.manage("update"), "older version")
        self.assertEqual(self.deployed(), "version 4")
