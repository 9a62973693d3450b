# SPDX-License-Identifier: LGPL-2.1-or-later
"""Installing bundles that are files."""
import fcntl
import json
import os
import subprocess

from harness import ARCH, TINY, SystemTest, app_tree, program, program_path, sha256, write, write_image

VARIANTS = ("old-kernel", "asan")

APP = "org.nacelle.test.App"
APP_REF = f"app/{APP}/{ARCH}/stable"


class InstallImage(SystemTest):
    def tearDown(self):
        for ref in (APP, f"{APP}//beta", TINY):
            self.apprun("uninstall", ref)
        super().tearDown()

    def listed(self):
        return [d["ref"] for d in json.loads(self.apprun("list", "--json", check=True).out)]

    def assertRefused(self, image, *patterns, options=()):
        before = self.listed()
        self.assertFails(self.apprun("install", *options, image), *patterns)
        self.assertEqual(self.listed(), before)
        staging = os.path.join(self.store, ".staging")
        self.assertEqual(os.listdir(staging) if os.path.isdir(staging) else [], [])

    def image_with(self, metadata, name="bad.app"):
        folder = os.path.join(self.work, name + ".tree")
        app_tree(folder, APP)
        write(os.path.join(folder, "metadata"), metadata)
        return write_image(program("bundle-image"), folder, os.path.join(self.work, name))

    def test_install_list_info_uninstall(self):
        image = self.app_image()
        result = self.apprun("install", image, check=True)
        self.assertIn(f"installed {APP_REF}", result.out)
        self.assertRegex(result.err, f"needs the runtime {TINY}/{ARCH}/1, which is not installed.*apprun install")
        self.assertEqual(self.listed(), [APP_REF])
        active = os.path.join(self.store, APP_REF, "active")
        self.assertEqual(sha256(os.path.join(active, "image")), sha256(image))
        self.assertRegex(self.apprun("info", "app", check=True).out, "from: +a file")
        self.assertFails(self.apprun("update", APP), "installed from a file")
        self.apprun("update", check=True)

        self.install_tiny()
        self.assertEqual(self.apprun("install", image, check=True).err, "")
        self.assertFails(self.apprun("uninstall", TINY), f"needed by {APP}", "--force")
        self.apprun("uninstall", APP, check=True)
        self.apprun("uninstall", TINY, check=True)
        self.assertEqual(self.listed(), [])
        self.assertEqual(os.listdir(os.path.join(self.store, "app")), [])

    def test_info_of_a_file(self):
        image = self.app_image(context={"shared": "network;"})
        info = self.assertOk(self.apprun("info", image)).out
        self.assertRegex(info, f"(?m)^ref: +{APP_REF}$")
        self.assertRegex(info, "(?m)^installed: +no")
        self.assertIn("[Context]\nshared=network;", info)
        told = json.loads(self.assertOk(self.apprun("info", "--json", image)).out)
        self.assertEqual((told["ref"], told["path"], told["installed"]), (APP_REF, image, 0))
        self.assertEqual(self.listed(), [])
        for verb in ("uninstall", "update"):
            self.assertFails(self.apprun(verb, image), "is a file; what is installed has an id")

        self.install(image)        # the same, and where it is from
        installed = json.loads(self.assertOk(self.apprun("info", "--json", APP)).out)
        self.assertEqual([installed[k] for k in ("ref", "checksum", "metadata", "size")],
                         [told[k] for k in ("ref", "checksum", "metadata", "size")])
        with open(image, "r+b") as f:
            f.seek(5000)
            f.write(b"damage")
        self.assertFails(self.apprun("info", image), "was changed or damaged")
        self.assertFails(self.apprun("info", self.store), "is not a regular file")
        self.assertFails(self.apprun("info", "./nothing.app"), "cannot open")

    def test_force(self):
        self.install_tiny()
        self.apprun("install", self.app_image(), check=True)
        self.apprun("uninstall", "--force", TINY, check=True)
        self.assertEqual(self.listed(), [APP_REF])

    def test_branches(self):
        self.apprun("install", self.app_image(), check=True)
        self.apprun("install", self.app_image(app_branch="beta"), check=True)
        self.assertEqual(self.listed(), [APP_REF.replace("stable", "beta"), APP_REF])
        self.apprun("uninstall", f"{APP}//beta", check=True)
        self.assertEqual(self.listed(), [APP_REF])

    def test_new_version_while_running(self):
        self.apprun("install", self.app_image(files={"a": "1"}), check=True)
        active = os.path.join(self.store, APP_REF, "active")
        first = os.readlink(active)
        with open(os.path.join(active, ".ref"), "rb") as lock:
            fcntl.flock(lock, fcntl.LOCK_SH)
            self.apprun("install", self.app_image(files={"a": "2"}), check=True)
            self.assertNotEqual(os.readlink(active), first)
            self.assertTrue(os.path.exists(os.path.join(self.store, APP_REF, first, "image")))
        self.apprun("install", self.app_image(files={"a": "3"}), check=True)
        self.assertFalse(os.path.exists(os.path.join(self.store, APP_REF, first)))

    def test_damaged_deployment_is_replaced(self):
        image = self.app_image()
        self.apprun("install", image, check=True)
        stored = os.path.join(self.store, APP_REF, "active/image")
        with open(stored, "r+b") as f:
            f.seek(200)
            f.write(b"damage")
        self.apprun("install", image, check=True)
        self.assertEqual(sha256(stored), sha256(image))
        os.unlink(os.path.join(self.store, APP_REF, "active/metadata"))
        self.assertFails(self.apprun("info", APP), "damaged", "install it again")
        self.assertIn("damaged", self.apprun("list", check=True).err)
        self.apprun("install", image, check=True)
        self.assertEqual(self.apprun("list", check=True).err, "")
        os.unlink(os.path.join(self.store, APP_REF, "active/deploy"))
        self.apprun("uninstall", APP, check=True)
        self.assertEqual(self.listed(), [])

    def test_not_sealed(self):
        folder = os.path.join(self.work, "plain.tree")
        plain = os.path.join(self.work, "plain.app")
        app_tree(folder, APP)
        self.run_command([program_path("mksquashfs"), folder, plain, "-comp", "zstd", "-all-root", "-no-xattrs"],
                         check=True)
        self.assertRefused(plain, "--allow-unsealed")
        self.apprun("install", "--allow-unsealed", plain, check=True)
        self.assertEqual(self.listed(), [APP_REF])

    def test_not_an_image(self):
        """CVE-2020-25266: an image in something else is none."""
        good = self.app_image()
        with open(good, "rb") as f:
            data = f.read()
        for name, content in (("empty", b""), ("random", os.urandom(100000)), ("text", b"#!/bin/sh\n"),
                              ("half", data[:len(data) // 2]), ("cut", data[:-1]), ("more", data + b"x"),
                              ("flipped", data[:5000] + bytes([data[5000] ^ 1]) + data[5001:]),
                              ("polyglot", b"\x7fELF" + data[4:])):
            path = os.path.join(self.work, name)
            with open(path, "wb") as f:
                f.write(content)
            self.assertRefused(path, name)
            if name != "flipped":
                self.assertRefused(path, name, options=["--allow-unsealed"])
        self.apprun("install", good, check=True)

    def test_not_a_file(self):
        """GHSA-2fxp-43j9-pwvc: nothing but a regular file is read, and nothing hangs."""
        fifo = os.path.join(self.work, "fifo")
        os.mkfifo(fifo)
        for path in (fifo, self.work, "/dev/null", "/dev/zero", "/proc/self/mem", os.path.join(self.work, "nothing")):
            self.assertRefused(path, path)

    def test_ref_of_the_metadata(self):
        head = f"[Application]\nname={APP}\nruntime={TINY}/{ARCH}/1\n"
        self.assertRefused(self.image_with(head, "none.app"), "does not say which branch")
        for number, ref in enumerate((f"app/org.nacelle.test.Other/{ARCH}/stable", f"runtime/{APP}/{ARCH}/stable",
                                      f"app/{APP}/{ARCH}/..", f"app/{APP}/../stable", "app/../../..", "", "x",
                                      f"app/{APP}/{ARCH}/stable/x", f"app/{APP}/{ARCH}/" + "b" * 5000)):
            image = self.image_with(f"{head}\n[Nacelle Bundle]\nref={ref}\n", f"ref{number}.app")
            self.assertRefused(image, "metadata")
        self.assertRefused(self.image_with("no keyfile", "broken.app"), "metadata")
        self.assertRefused(self.image_with(head.replace(APP, "../../x"), "id.app"), "metadata")

    def test_what_a_person_may_try(self):
        self.assertRefused("https://example.org/App.app", "an address is not installed: download")
        self.assertRefused(APP, "no remote to look for it in")
        self.assertRefused(self.app_image(), "one at a time", options=["./first.app"])

    def test_bundle_without_metadata(self):
        folder = os.path.join(self.work, "empty.tree")
        os.makedirs(os.path.join(folder, "files"))
        image = write_image(program("bundle-image"), folder, os.path.join(self.work, "empty.app"))
        self.assertRefused(image, "not a bundle")

    def test_file_names_are_shown_safely(self):
        """CVE-2023-28101."""
        path = os.path.join(self.work, "a\x1b[2K\r\u202eb.app")
        write(path, "nothing\n")
        for argv in (["install", path], ["install", path + "x"]):
            result = self.apprun(*argv)
            self.assertFails(result)
            for character in "\x1b\r\u202e":
                self.assertNotIn(character, result.out + result.err)

    def test_store_of_others(self):
        for mode in (0o770, 0o707):
            self.apprun("install", self.app_image(), check=True)
            os.chmod(self.store, mode)
            try:
                for argv in (["list"], ["info", APP], ["install", self.app_image()], ["uninstall", APP]):
                    self.assertFails(self.apprun(*argv), "written by others")
            finally:
                os.chmod(self.store, 0o700)
        self.assertEqual(self.listed(), [APP_REF])

    def test_system_store(self):
        """What the administrator has installed is there for all; the user's own goes first."""
        system = self.env["NACELLE_SYSTEM_STORE"]
        image = self.app_image(files={"a": "system"})
        self.apprun("install", image, check=True, env={"NACELLE_STORE": system})
        self.addCleanup(self.apprun, "uninstall", APP, env={"NACELLE_STORE": system})
        listed = json.loads(self.apprun("list", "--json", check=True).out)
        self.assertEqual([(d["ref"], d["system"]) for d in listed], [(APP_REF, True)])
        self.assertIn("(system)", self.apprun("list", check=True).out)
        self.assertFails(self.apprun("uninstall", APP), "for all users of this machine")
        self.apprun("install", self.app_image(files={"a": "own"}), check=True)
        self.assertIn(self.store, self.apprun("info", APP, check=True).out)
        self.apprun("uninstall", APP, check=True)
        self.assertIn(system, self.apprun("info", APP, check=True).out)

    def test_links_in_the_store(self):
        """CVE-2026-34079: nothing outside the store is touched through a link in it."""
        canary = os.path.join(self.home, "canary")
        os.makedirs(canary)
        write(os.path.join(canary, "file"), "canary")
        image = self.app_image()
        self.apprun("install", image, check=True)
        active = os.path.join(self.store, APP_REF, "active")
        os.unlink(active)
        os.symlink("../../../../../../../canary", active)
        self.assertFails(self.apprun("info", APP_REF), "active")
        self.apprun("install", image, check=True)
        self.assertEqual(self.listed(), [APP_REF])
        self.apprun("uninstall", APP, check=True)
        os.makedirs(os.path.join(self.store, "app", APP), exist_ok=True)
        os.symlink(canary, os.path.join(self.store, "app", APP, ARCH))
        self.assertFails(self.apprun("install", image), "symbolic link")
        os.unlink(os.path.join(self.store, "app", APP, ARCH))
        os.symlink(canary, os.path.join(self.store, ".staging", "x"))
        self.apprun("install", image, check=True)
        self.assertEqual(os.listdir(canary), ["file"])

    def test_launching_needs_no_libostree(self):
        """What the runner links of the store."""
        libraries = subprocess.run(["ldd", program("test-store-deployment")], capture_output=True, text=True,
                                   check=True).stdout
        self.assertIn("libglib", libraries)
        for name in ("ostree", "gio", "curl", "dbus", "gpgme"):
            self.assertNotIn(f"lib{name}", libraries)
