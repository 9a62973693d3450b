# SPDX-License-Identifier: LGPL-2.1-or-later
"""Published attacks on programs that install and run apps, tried on apprun; tests/ATTACKS-runner.md says which test tries which."""
import os
import stat

from harness import TINY, SystemTest, descendants, write

VARIANTS = ("old-kernel",)

APP = "org.nacelle.test.App"
EVIL = {"LD_PRELOAD": "/evil/preload.so", "LD_AUDIT": "/evil/audit.so", "GCONV_PATH": "/evil/gconv", "BASH_ENV": "/evil/bash",
        "GIO_EXTRA_MODULES": "/evil/gio", "NACELLE_LIBEXECDIR": "/evil/helpers", "NACELLE_STORE": "/evil/store", "PATH": "/app/bin:/usr/bin:/bin:/evil/bin"}


class Runner(SystemTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        self = cls("test_CVE_2026_48785_names_that_begin_alike")
        self.install_tiny()
        variables = "".join(f"{name}={value}\n" for name, value in EVIL.items())
        self.install_app(extra=f"\n[Environment]\nOF_THE_APP=yes\n{variables}")

    def test_CVE_2021_21261_variables_of_the_app_are_for_the_app(self):
        """No process of ours on the host has them, not those that start later either."""
        overrides = write(os.path.join(self.store, "overrides", APP), "[Environment]\nLD_BIND_NOT=/evil/override\n")
        self.addCleanup(os.unlink, overrides)
        before = set(descendants())
        running = self.start([self.program("apprun"), "--env=LD_DEBUG_OUTPUT=/evil/option", APP, "sh", "-c", "env; echo end; read x; true"])
        inside = []
        while not inside or inside[-1] != "end\n":
            inside.append(running.stdout.readline().decode())
            self.assertNotEqual(inside[-1], "", "the app has ended")
        for name, value in {**EVIL, "LD_BIND_NOT": "/evil/override", "LD_DEBUG_OUTPUT": "/evil/option"}.items():
            self.assertIn(f"{name}={value}\n", inside)
        own, looked_at = os.readlink("/proc/self/ns/mnt"), 0
        for pid in set(descendants()) - before:
            try:
                if os.readlink(f"/proc/{pid}/ns/mnt") == own:
                    with open(f"/proc/{pid}/environ", "rb") as f:
                        self.assertNotIn(b"/evil", f.read())
                    looked_at += 1
            except (PermissionError, FileNotFoundError, ProcessLookupError):
                pass            # it is not dumpable, or has ended
        self.assertGreater(looked_at, 0)
        running.stdin.close()
        self.assertEqual(running.wait(60), 0)

    def test_CVE_2026_48785_names_that_begin_alike(self):
        """A grant, or a denied place, is that folder and what is in it, not what begins with its name."""
        for name in ("Doc", "Doc2", "Doc/sub", "Doc/sub2"):
            write(os.path.join(self.home, name, "file"), name)
        done = self.apprun("--filesystem=~/Doc", "--nofilesystem=~/Doc/sub", APP, "sh", "-c", "cd ~ && cat Doc*/file Doc/sub*/file")
        self.assertEqual(done.out, "DocDoc/sub2", done)
        # The data of other apps is a folder that links do not lead out of, and ~/.var/app2 is no part of it.
        write(os.path.join(self.home, ".var/app2/file"), "canary")
        trap = os.path.join(self.home, ".var/app/org.nacelle.test.Other/trap")
        os.makedirs(os.path.dirname(trap))
        os.symlink("../../app2", trap)
        for grant, shown in (("~/.var/app/org.nacelle.test.Other/trap", ""), ("~/.var/app2", "canary")):
            done = self.apprun(f"--filesystem={grant}", APP, "sh", "-c", "cat ~/.var/app2/file")
            self.assertEqual(done.out, shown, done)

    def test_AppImageKit_892_no_list_of_folders_has_an_empty_element(self):
        """CVE-2020-27348: an empty element is the working directory."""
        done = self.apprun(TINY, "-c", "env",
                           env={"PATH": f":{self.env['PATH']}:", "LD_LIBRARY_PATH": None, "XDG_DATA_DIRS": "::", "XDG_CONFIG_DIRS": ":"},
                           check=True)
        seen = dict(line.split("=", 1) for line in done.out.splitlines() if "=" in line)
        for name in ("PATH", "LD_LIBRARY_PATH", "XDG_DATA_DIRS", "XDG_CONFIG_DIRS"):
            for element in seen.get(name, "/").split(":"):
                self.assertTrue(element.startswith("/"), f"{name}={seen.get(name)}")

    def test_cbf43089f_no_bus_of_the_session(self):
        """Without a permission for it there is no socket and no address."""
        write(os.path.join(self.runtime_dir, "bus"), "")
        done = self.apprun(APP, "sh", "-c", 'env; ls -a "$XDG_RUNTIME_DIR" /run/dbus /run/user 2>/dev/null; true',
                           env={"DBUS_SESSION_BUS_ADDRESS": f"unix:path={self.runtime_dir}/bus"}, check=True)
        self.assertIn("XDG_RUNTIME_DIR", done.out)
        self.assertNotIn("DBUS_", done.out)
        self.assertNotIn("bus", done.out.split())

    def test_GHSA_qrwq_7qwx_q9rp_the_store_is_closed_to_others(self):
        """Whatever the caller's umask is: nobody else gets to what is staged, and nobody else can write what is stored."""
        self.run_command([self.program("apprun"), "install", self.app_image("org.nacelle.test.Open")], umask=0, check=True)
        self.addCleanup(self.apprun, "uninstall", "org.nacelle.test.Open")
        self.assertEqual(stat.S_IMODE(os.stat(self.store).st_mode), 0o700)
        self.assertEqual(stat.S_IMODE(os.stat(os.path.join(self.store, ".staging")).st_mode), 0o700)
        for folder, folders, names in os.walk(self.store):
            for name in folders + names:
                st = os.lstat(os.path.join(folder, name))
                if not stat.S_ISLNK(st.st_mode):
                    self.assertEqual(st.st_mode & 0o7022, 0, os.path.join(folder, name))
