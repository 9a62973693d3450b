# SPDX-License-Identifier: LGPL-2.1-or-later
"""What `./dev install` puts on a machine, and the script itself."""
import os
import re
import stat

from harness import BUILDDIR, SOURCE, SystemTest, program_path


class Install(SystemTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.destination = os.path.join(cls.root, "destination")
        tester = cls("test_programs_and_manual_pages_are_there")
        tester.run_command(["meson", "install", "-C", BUILDDIR, "--no-rebuild", "--destdir", cls.destination], check=True,
                           timeout=60)
        cls.files = {}
        for folder, _, leaves in os.walk(cls.destination):
            for leaf in leaves:
                path = os.path.join(folder, leaf)
                cls.files[os.path.relpath(path, cls.destination)] = path

    def named(self, *endings):
        return [name for name in self.files if name.endswith(endings)]

    def test_programs_and_manual_pages_are_there(self):
        for ending in ("bin/apprun", "bin/appbuild", "libexec/nacelle/nacelle-store", "man1/apprun.1", "man1/appbuild.1",
                       "lib/environment.d/60-nacelle.conf", "profile.d/nacelle.sh"):
            self.assertTrue(self.named(ending), f"{ending} is not among {sorted(self.files)}")

    def test_nothing_is_setuid_or_has_capabilities(self):
        self.assertTrue(self.files)
        for name, path in self.files.items():
            mode = os.lstat(path).st_mode
            self.assertFalse(mode & (stat.S_ISUID | stat.S_ISGID), name)
            self.assertFalse(mode & (stat.S_IWGRP | stat.S_IWOTH), name)
            self.assertNotIn("security.capability", os.listxattr(path), name)

    def test_made_setuid_they_refuse_to_work(self):
        """CVE-2026-41163, CVE-2023-30549: with the rights of somebody else none of them does anything."""
        as_root = ["unshare", "--map-auto", "--map-root-user", "sh", "-euc"]
        folder = self._folder("setuid", 0o755)
        copy = ('cp "$1" "$2" && chown 1:1 "$2" && chmod 6755 "$2" && shift && exec "$@"')
        twin = self.run_command([*as_root, copy, "sh", program_path("id"), os.path.join(folder, "id"), "-u"])
        if twin.out != "1\n":
            self.skipTest("kernel: a setuid file of another user cannot be made here, or has no effect")
        for name in ("bin/apprun", "bin/appbuild", "bin/appbox", "nacelle/nacelle-store", "nacelle/nacelle-fetch", "nacelle/nacelle-scope",
                     "nacelle/image-server", "nacelle/image-unpack", *(["nacelle/nacelle-run"] if self.named("nacelle/nacelle-run") else [])):
            argv = [*as_root, copy, "sh", self.files[self.named(name)[0]], os.path.join(folder, "copy"), "true"]
            done = self.run_command(argv if not name.endswith("appbox") else [*argv[:-1], "--ro-bind", "/", "/", "true"])
            self.assertRegex(done.err, "refus.*(privileges|setuid)", name)
            self.assertIn(done.status, (1, 125), done)

    def test_menus_are_found_once(self):
        """What login shells read; a user's own value stays."""
        script = f". {self.files[self.named('profile.d/nacelle.sh')[0]]}; " * 2 + 'echo "$XDG_DATA_DIRS"'
        both = f"{self.store}/exports/share:/var/lib/nacelle/exports/share:"
        for value, rest in ((None, "/usr/local/share:/usr/share"), ("/a:/b", "/a:/b")):
            done = self.run_command(["sh", "-euc", script], env={"XDG_DATA_DIRS": value}, check=True)
            self.assertEqual(done.out, f"{both}{rest}\n")

    def test_programs_answer(self):
        for program in ("apprun", "appbuild"):
            done = self.run_command([self.files[self.named(f"bin/{program}")[0]], "--version"], check=True)
            self.assertRegex(done.out, r"\d+\.\d+\.\d+")


class Script(SystemTest):
    def test_help(self):
        done = self.run_command([os.path.join(SOURCE, "dev"), "help"], check=True)
        for command in ("run", "test", "build", "lint", "asan", "bench", "install", "help"):
            self.assertRegex(done.out, rf"(?m)^  {command}\b")
        self.assertEqual(done.err, "")
        with open(os.path.join(SOURCE, "dev"), encoding="utf-8") as f:
            known = re.search(r'(?m)^  ([a-z |]+)\) "command_\$verb"', f.read())[1].split(" | ")
        self.assertEqual(sorted(known), sorted(set(re.findall(r"(?m)^  ([a-z]+)\b", done.out))))
        self.assertLessEqual(max(map(len, done.out.splitlines())), 80)

    def test_unknown_command(self):
        self.assertFails(self.run_command([os.path.join(SOURCE, "dev"), "biuld"]), "biuld", "help", status=1)

    def test_install_wants_an_absolute_prefix(self):
        for args in ([], ["--prefix"], ["--prefix", "relative"], ["--perfix", "/x"]):
            self.assertFails(self.run_command([os.path.join(SOURCE, "dev"), "install", *args]), "install: ", status=1)
