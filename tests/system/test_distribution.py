# SPDX-License-Identifier: LGPL-2.1-or-later
"""Bundles travel: published and signed, served by nginx, installed, updated, removed."""
import fcntl
import json
import os
import shutil
import socket
import time
import unittest

from harness import ARCH, TINY, app_tree, program, time_limit, tiny_runtime_tree
from repository import APP, APP_REF, RUNTIME, RUNTIME_REF, Repository

LONG = True


class Chain(Repository):
    def test_install_update_uninstall(self):
        self.add_remote()
        result = self.manage("remote", "ls", "test", check=True)
        self.assertEqual(result.out.splitlines(), [APP_REF, RUNTIME_REF])

        result = self.manage("install", "test", APP, check=True)
        self.assertIn(f"installed {APP_REF}", result.out)
        self.assertEqual(self.deployed(), "version 1")
        self.assertTrue(os.path.isfile(os.path.join(self.store, RUNTIME_REF, "active/files/bin/sh")))

        listed = json.loads(self.manage("list", "--json", check=True).out)
        self.assertEqual([d["ref"] for d in listed], [APP_REF, RUNTIME_REF])
        self.assertEqual([d["origin"] for d in listed], ["test", "test"])
        self.assertEqual([d["form"] for d in listed], ["tree", "tree"])
        first = listed[0]["checksum"]
        self.assertIn(f"command:    app\n", self.manage("info", APP, check=True).out)
        self.assertIn("everything is up to date", self.manage("update", check=True).out)

        second = self.publish("version 2", 2000)
        self.assertIn("updated: 1", self.manage("update", check=True).out)
        self.assertEqual(self.deployed(), "version 2")
        self.assertEqual(self.find_deployments(), [second])
        self.assertNotEqual(first, second)

        self.assertFails(self.manage("uninstall", RUNTIME), f"needed by {APP}")
        self.manage("uninstall", APP, check=True)
        self.manage("uninstall", RUNTIME, check=True)
        self.assertEqual(json.loads(self.manage("list", "--json", check=True).out), [])
        self.assertEqual(self.objects(".file", os.path.join(self.store, "repo")), [])

    def test_what_was_installed_runs(self):
        """An app of hard links to the repository, on a runtime of the same kind: read-only, and it sees its update."""
        runtime = tiny_runtime_tree(os.path.join(self.work, "runtime"))
        runtime_ref = f"runtime/{TINY}/{ARCH}/1"
        self.publish_into(self.repo, runtime_ref, runtime, 1000)
        script = "#!/bin/sh\ncat /app/share/version\necho changed > /app/share/version\ntouch /usr/x\n"
        for number in (1, 2):
            tree = os.path.join(self.work, f"app{number}")
            app_tree(tree, APP, script=script, files={"share/version": f"run {number}\n"})
            self.publish_into(self.repo, APP_REF, tree, 1000 + number)
            if number == 1:
                self.add_remote()
                self.install_app_from_remote()
            else:
                self.manage("update", check=True)
            result = self.apprun(APP)
            self.assertEqual(result.out, f"run {number}\n", result)
            self.assertEqual(result.err.count("Read-only file system"), 2, result)
        self.run_command(["ostree", f"--repo={self.store}/repo", "fsck"], check=True)

    def test_update_one(self):
        self.add_remote()
        self.install_app_from_remote()
        self.publish("version 2", 2000)
        self.assertIn("up to date", self.manage("update", RUNTIME, check=True).out)
        self.assertEqual(self.deployed(), "version 1")
        self.manage("update", "app", check=True)
        self.assertEqual(self.deployed(), "version 2")

    def test_update_takes_what_changed_only(self):
        self.add_remote()
        self.install_app_from_remote()
        before = len(self.server.requests())
        self.publish("version 2", 2000)
        self.manage("update", check=True)
        fetched = [line for line in self.server.requests()[before:] if ".filez" in line and " 200 " in line]
        self.assertEqual(len(fetched), 1, fetched)

    def test_remotes(self):
        self.assertEqual(json.loads(self.manage("remote", "list", "--json", check=True).out), [])
        self.add_remote()
        self.add_remote("open", key=None)
        self.assertFails(self.add_remote(check=False), "there is a remote \"test\" already")
        listed = json.loads(self.manage("remote", "list", "--json", check=True).out)
        self.assertEqual([(r["name"], r["gpg_verify"]) for r in listed], [("open", False), ("test", True)])
        self.assertFails(self.manage("remote", "add", "third", self.server.url), "--gpg-import")
        self.assertFails(self.manage("install", "tset", APP), "did you mean \"test\"")
        self.assertFails(self.manage("install", "test", "org.nacelle.test.Appp"), f"did you mean {APP}")
        self.install_app_from_remote()
        self.assertIn("is not updated any more", self.manage("remote", "delete", "test", check=True).err)
        self.assertEqual(self.deployed(), "version 1")
        self.assertFails(self.manage("update"), "there is no remote \"test\"")

    def test_no_key_in_the_file(self):
        bad = os.path.join(self.work, "bad.asc")
        with open(bad, "w", encoding="ascii") as f:
            f.write("no key\n")
        self.assertFails(self.manage("remote", "add", "test", self.server.url, "--gpg-import", bad), "OpenPGP")
        self.assertFails(self.manage("remote", "add", "test", self.server.url, "--gpg-import", "/dev/zero"), "zero")
        self.assertEqual(json.loads(self.manage("remote", "list", "--json", check=True).out), [])
        self.add_remote()

    def test_server_down(self):
        self.manage("remote", "add", "down", "http://127.0.0.1:1/repo", "--gpg-import", self.key.public, check=True)
        down = r"the remote \"down\".*: nothing answers at 127\.0\.0\.1:1; is this machine connected .*try again later$"
        self.assertFails(self.manage("install", "down", APP), down)
        self.assertFails(self.manage("remote", "ls", "down"), down)
        self.manage("remote", "add", "moved", self.server.url + "/not-here", "--gpg-import", self.key.public, check=True)
        self.assertFails(self.manage("remote", "ls", "moved"), r"\"moved\".*: the server has no repository at this address, or one without")
        self.assertFails(self.manage("install", "moved", APP_REF), "has no signature.*is the address right")
        self.manage("remote", "add", "bare", self.server.url + "/not-here", "--no-gpg-verify", check=True)
        self.assertFails(self.manage("install", "bare", APP_REF), "no repository at .*is the address right")
        self.assertNothingDeployed()

    def test_silent_server(self):
        """One that takes the connection and never answers."""
        with socket.create_server(("127.0.0.1", 0)) as server:
            url = f"http://127.0.0.1:{server.getsockname()[1]}/repo"
            self.manage("remote", "add", "silent", url, "--gpg-import", self.key.public, check=True)
            for verb in (["remote", "ls", "silent"], ["install", "silent", APP_REF]):
                result = self.manage(*verb, env={"NACELLE_NETWORK_TIMEOUT": "1"})
                self.assertFails(result, "silent.*has sent nothing for")
        self.assertNothingDeployed()
        self.assertNoProcesses()

    def test_looking_does_not_wait(self):
        """What only reads does so while another process changes the store."""
        self.assertEqual(self.manage("remote", "list", check=True).out, "")
        self.assertFalse(os.path.exists(self.store))
        self.assertFails(self.manage("remote", "ls", "test"), "there is no remote \"test\"")
        self.add_remote()
        with open(os.path.join(self.store, "lock"), "r+b") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            self.assertIn("test", self.manage("remote", "list", check=True).out)
            self.assertIn(APP_REF, self.manage("remote", "ls", "test", check=True).out)
            self.manage("list", check=True)
            waiting = self.start([program("nacelle-store"), "install", "test", RUNTIME])
            line = waiting.stderr.readline().decode()
            self.assertIn("waiting for it to end", line)
        waiting.communicate()
        self.assertEqual(waiting.returncode, 0)

    def test_not_found(self):
        self.add_remote(folder="nothing-here")
        self.assertFails(self.manage("install", "test", APP), "test")
        self.assertFails(self.manage("install", "test", APP_REF), "test")
        self.assertFails(self.manage("install", APP), "not known which remote has .*apprun install REMOTE")
        self.assertNothingDeployed()

    def test_file_url(self):
        self.manage("remote", "add", "local", f"file://{self.repo}", "--gpg-import", self.key.public, check=True)
        self.assertFails(self.manage("install", APP + "x"), f"did you mean {APP}")
        self.manage("install", APP, check=True)
        self.assertEqual(self.deployed(), "version 1")

    def test_two_at_once(self):
        self.add_remote()
        both = [self.start([program("nacelle-store"), "install", "test", ref]) for ref in (APP_REF, RUNTIME_REF)]
        for process in both:
            out, err = process.communicate(timeout=60)
            self.assertEqual(process.returncode, 0, err)
        self.assertEqual(self.deployed(), "version 1")

    def test_one_app_from_two_remotes(self):
        """A second remote with the same id (flatpak 2ebf6728, NEWS 1.3.2) neither replaces nor blocks the first."""
        other_key = self.gpg_key("Other <other@example.org>")
        self.publish_into(os.path.join(self.served, "other"), APP_REF, self.app_tree("theirs"), 9000, other_key)
        self.add_remote()
        self.add_remote("other", other_key, "other")
        self.assertFails(self.manage("install", APP), "both the remotes \"other\" and \"test\" have")
        self.install_app_from_remote()
        self.assertFails(self.manage("install", "other", APP), "installed from the remote \"test\"")
        self.publish("version 2", 2000)
        self.manage("update", check=True)
        self.assertEqual(self.deployed(), "version 2")


class InUse(Repository):
    def lock(self):
        """What a running instance holds."""
        fd = os.open(os.path.join(self.store, APP_REF, "active/.ref"), os.O_RDONLY)
        self.addCleanup(os.close, fd)
        fcntl.flock(fd, fcntl.LOCK_SH)
        return fd

    def test_update_while_running(self):
        self.add_remote()
        self.install_app_from_remote()
        fd = self.lock()
        second = self.publish("version 2", 2000)
        self.manage("update", check=True)
        self.assertEqual(self.deployed(), "version 2")
        self.assertEqual(len(self.find_deployments()), 2)
        fcntl.flock(fd, fcntl.LOCK_UN)
        self.manage("update", check=True)
        self.assertEqual(self.find_deployments(), [second])

    def test_uninstall_while_running(self):
        self.add_remote()
        self.install_app_from_remote()
        fd = self.lock()
        self.assertIn("still running", self.manage("uninstall", APP, check=True).out)
        self.assertIsNone(self.deployed())
        kept = self.find_deployments()
        self.assertEqual(len(kept), 1)
        self.assertTrue(os.path.exists(os.path.join(self.store, APP_REF, kept[0], "files/share/version")))
        self.assertFails(self.manage("uninstall", APP), f"no app and no runtime \"{APP}\" is installed")
        # Installing again takes the files that are still there.
        self.install_app_from_remote()
        self.assertEqual(self.find_deployments(), kept)
        self.manage("uninstall", APP, check=True)
        fcntl.flock(fd, fcntl.LOCK_UN)
        self.manage("update", check=True)
        self.assertFalse(os.path.exists(os.path.join(self.store, "app", APP)))


class Killed(Repository):
    def broken(self):
        """Sentences about deployments that are there but not whole."""
        return self.manage("list", check=True).err

    def kill_and_check(self, argv, delays):
        n_killed = 0
        for delay in delays:
            process = self.start([program("nacelle-store"), *argv])
            time.sleep(delay)
            process.kill()
            process.communicate()
            n_killed += process.returncode == -9
            self.assertEqual(self.broken(), "")
            self.assertIn(self.deployed(), (None, "version 1"))
        return n_killed

    @time_limit(300)
    def test_pull_killed(self):
        """kill -9 at any moment of an install from a remote; the next one succeeds and leaves nothing over."""
        self.add_remote()
        self.assertGreater(self.kill_and_check(["install", "test", APP], [i * 0.015 for i in range(20)]), 5)
        self.install_app_from_remote()
        self.assertEqual(self.deployed(), "version 1")
        self.assertEqual(os.listdir(os.path.join(self.store, ".staging")), [])
        self.assertEqual(len(self.find_deployments()), 1)

    @time_limit(300)
    def test_update_killed(self):
        self.add_remote()
        self.install_app_from_remote()
        for i in range(12):
            commit = self.publish(f"version {i + 2}", 2000 + i)
            old = self.deployed()
            process = self.start([program("nacelle-store"), "update"])
            time.sleep(i * 0.02)
            process.kill()
            process.communicate()
            self.assertEqual(self.broken(), "")
            self.assertIn(self.deployed(), (old, f"version {i + 2}"))
        self.manage("update", check=True)
        self.assertEqual(self.deployed(), "version 13")
        self.assertEqual(self.find_deployments(), [commit])

    @time_limit(300)
    def test_image_install_killed(self):
        image = self.app_image(files={"share/version": "version 1", "big": "x" * 3000000})
        active = os.path.join(self.store, APP_REF, "active/image")
        for i in range(20):
            process = self.start([program("nacelle-store"), "install", image])
            time.sleep(i * 0.004)
            process.kill()
            process.communicate()
            self.assertEqual(self.broken(), "")
            if os.path.lexists(active):
                self.assertEqual(os.path.getsize(active), os.path.getsize(image))
        self.manage("install", image, check=True)
        self.assertEqual(len(self.find_deployments()), 1)
        self.assertEqual(os.listdir(os.path.join(self.store, ".staging")), [])


class PublisherKilled(Repository):
    @time_limit(240)
    def test_publish_killed(self):
        """kill -9 of a publisher: what clients get is whole, and the next publication mends the rest."""
        self.add_remote()
        self.install_app_from_remote()
        for i in range(12):
            tree = self.app_tree(f"version {i + 2}")
            process = self.start([program("publish-tree"), self.repo, tree, APP_REF, str(2000 + i), self.key.fingerprint,
                                  self.key.homedir])
            time.sleep(0.01 + i * 0.01)
            process.kill()
            process.communicate()
            before = self.deployed()
            if self.manage("update").status != 0:
                self.assertEqual(self.deployed(), before)
            self.assertEqual(self.manage("list", check=True).err, "")
        self.publish("the last", 3000)
        self.ostree("fsck", key=None)
        self.manage("update", check=True)
        self.assertEqual(self.deployed(), "the last")


class DiskFull(Repository):
    def limited(self, megabytes, *args):
        """Run a verb with a store on a small file system of its own, and list it afterwards."""
        os.makedirs(self.store, exist_ok=True)
        script = ('mount -t tmpfs -o mode=700,size="$1" store "$NACELLE_STORE" || exit 77; shift; '
                  '"$@"; status=$?; "$1" list; find "$NACELLE_STORE/.staging" "$NACELLE_STORE/app" -mindepth 1; '
                  'exit $status')
        result = self.run_command(["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", script, "sh",
                                   f"{megabytes}m", program("nacelle-store"), *args])
        if result.status == 77:
            self.skipTest("kernel: no tmpfs in a user namespace")
        return result

    def test_image(self):
        image = self.app_image(files={"noise": os.urandom(3 << 20).hex()})
        result = self.limited(1, "install", image)
        self.assertFails(result, "No space left")
        self.assertTrue(result.out.endswith("\nnothing is installed\n"), result)
        self.assertIn(APP, self.limited(64, "install", image).out)


class FlatpakInstalls(Repository):
    """What we publish is a Flatpak repository."""

    def flatpak(self, *args, **options):
        env = {"FLATPAK_SYSTEM_DIR": os.path.join(self.root, "flatpak-system"), "XDG_DATA_DIRS": "/usr/share"}
        # It asks two buses, and neither is there in a test; one private daemon stands for both.
        script = 'DBUS_SYSTEM_BUS_ADDRESS=$DBUS_SESSION_BUS_ADDRESS exec flatpak "$@"'
        return self.run_command(["dbus-run-session", "--", "sh", "-c", script, "flatpak", "--user", *args], env=env,
                                check=True, **options)

    @unittest.skipUnless(shutil.which("flatpak") and shutil.which("dbus-run-session"), "no flatpak on this host")
    def test_flatpak(self):
        self.flatpak("remote-add", f"--gpg-import={self.key.public}", "test", f"{self.server.url}/repo")
        listed = self.flatpak("remote-ls", "--all", "--columns=ref,download-size", "test").out
        self.assertIn(APP_REF, listed)
        self.assertNotIn("0 bytes", listed)
        self.flatpak("install", "--assumeyes", "--noninteractive", "test", APP)
        self.assertIn(f"Ref: {APP_REF}", self.flatpak("info", APP).out)
        self.assertIn(RUNTIME, self.flatpak("list").out)
        self.publish("version 2", 2000)
        self.flatpak("update", "--assumeyes", "--noninteractive")
        self.assertIn(self.ostree("rev-parse", APP_REF, key=None), self.flatpak("info", APP).out)

    def test_ostree_fsck(self):
        self.publish("version 2", 2000)
        self.ostree("fsck", key=None)


class FromFlatpak(Repository):
    """Repositories that Flatpak's own tools made install here."""

    @unittest.skipUnless(shutil.which("flatpak"), "no flatpak on this host")
    def test_build_export(self):
        theirs = os.path.join(self.served, "theirs")
        env = {"FLATPAK_SYSTEM_DIR": os.path.join(self.root, "flatpak-system")}
        sign = [f"--gpg-sign={self.key.fingerprint}", f"--gpg-homedir={self.key.homedir}"]
        for tree, options in ((self.runtime_tree(), ["--runtime"]), (self.app_tree("made by flatpak"), [])):
            os.makedirs(os.path.join(tree, "export"))
            branch = "1" if options else "stable"
            self.run_command(["flatpak", "build-export", "--disable-sandbox", "--files=files", f"--arch={ARCH}", *sign,
                              *options, theirs, tree, branch], env=env, check=True)
        self.add_remote("theirs", folder="theirs")
        self.manage("install", "theirs", APP, check=True)
        self.assertEqual(self.deployed(), "made by flatpak")
