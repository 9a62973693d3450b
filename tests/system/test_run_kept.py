# SPDX-License-Identifier: LGPL-2.1-or-later
"""Launches that are kept: the next one of the same words is run from what was planned, unless anything has changed."""
import grp
import os
import pwd
import signal

from harness import descendants, program, programs, remove_tree, wait_until, write
from runtest import APP, RunTest


VARIANTS = ("old-kernel",)
OLD = os.environ.get("NACELLE_TEST_VARIANT") == "old-kernel"     # nothing is kept without openat2: each launch is planned, with the same results


class Kept(RunTest):
    def setUp(self):
        super().setUp()
        if "nacelle-run" not in programs():
            self.skipTest("this build has no front: musl-gcc was not there")
        self.need_fuse()
        if os.getpriority(os.PRIO_PROCESS, 0) > 0:
            self.skipTest("these tests were started with little priority (nice), and an image server that has that serves one launch only")

    @property
    def folder(self):
        return os.path.join(self.runtime_dir, "nacelle", "launches")

    def kept(self):
        return [os.path.join(self.folder, name) for name in os.listdir(self.folder)] if os.path.isdir(self.folder) else []

    def launch(self, *words, program=None, **options):
        """(program that runs it, what it prints, what it says to the reader): the app waits for a word meanwhile."""
        process = self.start([program or self.program("apprun"), *words], **options)
        line = process.stdout.readline().decode()
        runs = os.path.basename(os.readlink(f"/proc/{process.pid}/exe")) if line else ""
        out, err = process.communicate(b"go\n", timeout=60)
        self.assertEqual((process.returncode, err), (0, b""), line + out.decode())
        return runs, line + out.decode()

    def words(self, *options, script="echo ready; read x; cat /.flatpak-info"):
        return [*options, APP, "sh", "-c", script]

    def until_kept(self, *options, **keywords):
        """Launch until it is kept: not before some time has passed since the last change of what it depends on."""
        words = self.words(*options, **keywords.pop("words", {}))
        if OLD:
            self.assertPlanned(words, **keywords)
            self.assertEqual(self.kept(), [])
            return words
        wait_until(lambda: self.launch(*words, **keywords)[0] == "apprun", 60, "a launch that is kept")
        return words

    def assertPlanned(self, words, **options):
        runs, out = self.launch(*words, **options)
        self.assertEqual(runs, "nacelle-run")
        return out

    def assertKept(self, words, **options):
        runs, out = self.launch(*words, **options)
        self.assertEqual(runs, "nacelle-run" if OLD else "apprun")
        return out

    def need_kept(self):
        if OLD:
            self.skipTest("kernel: nothing is kept without openat2")

    def test_it_is_the_same_but_for_its_number(self):
        script = ("echo ready; read x; cat /.flatpak-info; env | sort; cat /etc/passwd; ls -a / /etc /usr /app ~ /var /run; "
                  "stat -c '%A %U %n' /etc /etc/* /.flatpak-info ~/.var /tmp /run /var/*; "
                  "grep -E '^(Cap|Seccomp|NoNewPrivs)' /proc/self/status; sed 's/^[0-9]* [0-9]* [0-9]*:[0-9]* //; s/ - / /' /proc/self/mountinfo")
        words = self.words("--env=A=b", "--share=ipc", script=script)
        planned = self.assertPlanned(words)
        self.until_kept("--env=A=b", "--share=ipc", words={"script": script})

        def lines(text):
            number = [line for line in text.splitlines() if line.startswith("instance-id=")]
            return number, [line for line in text.splitlines() if line not in number and "nacelle-image" not in line]
        first, second = self.assertKept(words), self.assertKept(words)
        self.assertEqual(lines(first)[1], lines(planned)[1])
        self.assertEqual(len({lines(text)[0][0] for text in (planned, first, second)}), 3)

    def test_the_words_behind_the_id_are_the_apps(self):
        self.until_kept()
        result = self.apprun(APP, "printf", "[%s]", "--", "-v", "", "a b", "--help")
        self.assertEqual(self.assertOk(result).out, "[--][-v][][a b][--help]")
        self.assertKept([APP, "sh", "-c", "echo other; read x", "--env=A=b"])
        self.assertStatus(self.inside("exit 7"), 7)
        self.assertStatus(self.inside("kill -9 $$"), 137)
        self.assertFails(self.apprun("--command=no-such", APP), "not found", status=127)
        self.assertFails(self.apprun("--command=no-such", APP), "not found", status=127)
        for option in ("-v", "--timing"):
            self.assertIn("apprun: ", self.assertOk(self.apprun(option, APP, "true")).err)

    def test_what_it_depends_on(self):
        """Everything that a plan is made from: each change is seen by the next launch."""
        overrides = os.path.join(self.store, "overrides")
        words = self.until_kept()
        for name in ("global", APP):
            with self.subTest(override=name):
                write(os.path.join(overrides, name), "[Environment]\nFROM_OVERRIDE=yes\n")
                self.assertIn("yes", self.assertPlanned(self.words(script="echo ready; read x; echo $FROM_OVERRIDE")))
                self.until_kept()
                write(os.path.join(overrides, name), "[Environment]\nFROM_OVERRIDE=no!\n")
                self.assertIn("no!", self.assertPlanned(self.words(script="echo ready; read x; echo $FROM_OVERRIDE")))
                os.unlink(os.path.join(overrides, name))
                self.assertNotIn("no!", self.assertPlanned(self.words(script="echo ready; read x; echo $FROM_OVERRIDE")))
                self.until_kept()
        for variable in ({"LANG": "C"}, {"NO_COLOR": "1"}, {"XDG_CONFIG_HOME": self.work}, {"ANY": "thing"}):
            with self.subTest(variable=variable):
                self.assertPlanned(words, env=variable)
        self.assertKept(words, env={"SHLVL": "7", "OLDPWD": "/"})
        self.assertPlanned(words, cwd="/")
        self.assertPlanned(self.words("--share=network"))
        self.assertPlanned(["run", *words])
        with self.subTest("a file of the name of the app"):
            path = write(os.path.join(self.work, APP), "")
            self.assertPlanned(words)
            os.unlink(path)
        with self.subTest("another branch"):
            self.install_app(APP, app_branch="other")
            self.assertPlanned(words)
            self.apprun("uninstall", APP + "//other", check=True)
            self.assertPlanned(words)

    def test_what_is_installed(self):
        self.until_kept()
        self.install_app(APP, files={"share/version": "two\n"})
        self.assertIn("two", self.assertPlanned(self.words(script="echo ready; read x; cat /app/share/version")))
        self.until_kept()
        self.assertIn("two", self.assertKept(self.words(script="echo ready; read x; cat /app/share/version")))
        self.apprun("install", "--allow-unsealed", self.tiny_runtime(plain=True), check=True)
        self.assertPlanned(self.words())
        self.until_kept()
        self.apprun("uninstall", APP, check=True)
        self.assertFails(self.inside("true"), "no app", status=125)
        self.install_app(APP)

    def test_places_that_are_exchanged(self):
        shared, other = (os.path.join(self.home, name) for name in ("shared", "other"))
        for path in (shared, other):
            write(os.path.join(path, "name"), os.path.basename(path) + "\n")
        option = f"--filesystem={shared}"
        script = f"echo ready; read x; cat {shared}/name"
        words = self.until_kept(option, words={"script": script})
        self.assertIn("shared", self.assertKept(words))
        os.rename(shared, shared + ".old")
        self.assertNotIn("shared\n", self.launch(*self.words(option, script=f"echo ready; read x; cat {shared}/name 2>/dev/null || true"))[1])
        os.symlink(other, shared)
        self.assertIn("other", self.assertPlanned(words))
        words = self.until_kept(option, words={"script": script})
        self.assertIn("other", self.assertKept(words), "the link leads where it did")
        os.unlink(shared)
        os.symlink(shared + ".old", shared)
        self.assertIn("shared", self.assertPlanned(words))

    def test_the_apps_own_folders(self):
        words = self.until_kept()
        remove_tree(self.data("cache"))
        self.assertPlanned(words)
        self.until_kept()
        target = self._folder("target")
        os.rename(self.data("config"), self.data("config.old"))
        os.symlink(target, self.data("config"))
        script = "echo ready; read x; echo hello > /var/config/file"
        self.assertPlanned(self.words(script=script))
        self.assertEqual(os.listdir(target), [])
        remove_tree(self.data("config"))
        os.rename(self.data("config.old"), self.data("config"))
        self.until_kept()
        data = self.data()
        os.rename(data, data + ".old")
        os.symlink(data + ".old", data)
        self.assertFails(self.inside("true"), "refused.*link", status=125)
        os.unlink(data)
        os.rename(data + ".old", data)

    def test_what_is_kept_is_damaged_or_not_ours_alone(self):
        self.need_kept()
        words = self.until_kept()
        whole = {path: open(path, "rb").read() for path in self.kept()}
        self.assertTrue(whole)

        def spoil(change):
            for path, content in whole.items():
                write(path, change(content))
                os.chmod(path, 0o600)
        places = [0, 8, 16, 100] + [len(min(whole.values(), key=len)) * i // 8 for i in range(1, 6)]
        for at in places:
            with self.subTest(flipped=at):
                spoil(lambda content, at=at: content[:at] + bytes([content[at] ^ 1]) + content[at + 1:])
                self.assertPlanned(words)
        for size in (0, 1000):
            with self.subTest(size=size):
                spoil(lambda content, size=size: content[:size])
                self.assertPlanned(words)
        for mode in (0o640, 0o620, 0o604, 0o602):
            with self.subTest(mode=oct(mode)):
                self.until_kept()
                for path in self.kept():
                    os.chmod(path, mode)
                self.assertPlanned(words)
        self.until_kept()
        for path in self.kept():
            os.rename(path, os.path.join(self.folder, "moved"))
            os.symlink("moved", path)
        with self.subTest("a link to what was kept"):
            self.assertPlanned(words)
        self.until_kept()
        os.chmod(self.folder, 0o750)
        self.assertPlanned(words)
        os.chmod(self.folder, 0o700)
        remove_tree(self.folder)
        os.symlink(self._folder("elsewhere"), self.folder)
        self.assertPlanned(words)
        self.assertPlanned(words)
        self.assertEqual(os.listdir(os.path.join(self.root, "elsewhere")), [])
        os.unlink(self.folder)
        self.until_kept()

    def own_etc(self):
        """A sandbox whose /etc is a folder of ours: (that folder, what to run there, a function that changes a link in it while a launch is
        kept and says what the next one sees)."""
        etc, old = self._folder("etc", 0o755), self._folder("old", 0o755)
        for name in os.listdir("/etc"):
            if not os.path.lexists(f"{etc}/{name}") and name not in ("resolv.conf", "hosts", "gai.conf"):
                os.symlink(f"{old}/{name}", f"{etc}/{name}")
        box = [program("appbox"), "--dev-bind", "/", "/", "--ro-bind", "/etc", old, "--ro-bind", etc, "/etc"]

        def launch(script):
            return self.assertOk(self.run_command([*box, program("apprun"), "--share=network", APP, "sh", "-c", script])).out

        def is_kept(script):
            launch(script)
            return self.kept()

        def changed(name, target, script):
            for path in self.kept():
                os.unlink(path)
            wait_until(lambda: is_kept(script) or OLD, 60, "a launch that is kept")
            before = {path: os.stat(path).st_ino for path in self.kept()}
            launch(script)
            self.assertEqual({path: os.stat(path).st_ino for path in self.kept()}, before, "who plans writes what is kept anew")
            os.symlink(target, f"{etc}/new")
            os.rename(f"{etc}/new", f"{etc}/{name}")
            return launch(script)
        return etc, launch, changed

    def test_name_servers_that_change(self):
        """A VPN leads the link elsewhere, or makes a file that was not there."""
        etc, launch, changed = self.own_etc()
        for name in ("one", "two"):
            write(f"{etc}/{name}", f"nameserver 192.0.2.1 # {name}\n")
        os.symlink("one", f"{etc}/resolv.conf")
        os.symlink("one", f"{etc}/hop")
        script = "cat /etc/resolv.conf /etc/gai.conf 2>/dev/null; true"
        self.assertIn("# one\n", launch(script))
        for name, target, expected in (("resolv.conf", "two", ["two"]), ("resolv.conf", "hop", ["one"]), ("hop", "two", ["two"]),
                                       ("gai.conf", "one", ["two", "one"]), ("resolv.conf", "none", ["one"])):
            with self.subTest(f"{name} leads to {target}"):
                self.assertEqual(changed(name, target, script), "".join(f"nameserver 192.0.2.1 # {name}\n" for name in expected))

    def test_accounts_and_the_clock_that_change(self):
        etc, _, changed = self.own_etc()
        account, group = pwd.getpwuid(os.getuid()), grp.getgrgid(os.getgid()).gr_name
        write(f"{etc}/passwd.new", f"{account.pw_name}:x:{os.getuid()}:{os.getgid()}:Somebody Else:{account.pw_dir}:/bin/sh\n")
        write(f"{etc}/group.new", f"elsewhere{group}:x:{os.getgid()}:\n")
        write(f"{etc}/machine-id.new", "0123456789abcdef" * 2 + "\n")
        for name, target, script, pattern in (
                ("passwd", "passwd.new", "cat /etc/passwd", ":Somebody Else:"), ("group", "group.new", "cat /etc/group", "elsewhere"),
                ("machine-id", "machine-id.new", "cat /etc/machine-id", "0123456789abcdef0"),
                ("localtime", "/usr/share/zoneinfo/Nowhere/One", "cat /etc/timezone 2>/dev/null; true", "Nowhere/One"),
                ("localtime", "/usr/share/zoneinfo/Nowhere/Two", "cat /etc/timezone", "Nowhere/Two")):
            with self.subTest(f"{name} leads to {target}"):
                self.assertIn(pattern, changed(name, target, script))

    def test_of_somebody_else(self):
        """As root of a user namespace, who may read what another has."""
        self.need_kept()
        if self.run_command(["unshare", "-U", "--map-root-user", "--map-auto", "true"]).status != 0:
            self.skipTest("kernel: this user has no ranges of ids here")
        script = (f'cd "$XDG_RUNTIME_DIR/nacelle" && rm -rf launches; n=0; until ls launches/* >/dev/null 2>&1; do [ $n -lt 200 ] || exit 9; n=$((n + 1)); '
                  f'"$1" {APP} true || exit 8; done; stat -c %i launches/*; "$1" {APP} true; stat -c %i launches/*; '
                  f'chown 1:1 launches/* || exit 7; "$1" {APP} true; stat -c %u launches/*; rm -rf launches')
        result = self.run_command(["unshare", "-U", "--map-root-user", "--map-auto", "sh", "-c", script, "sh", self.program("apprun")],
                                  timeout=100)
        first, second, owner = self.assertOk(result).out.split()
        self.assertEqual(first, second, "who plans writes what is kept anew")
        self.assertEqual(owner, "0", "planned again")

    def test_no_app_sees_them(self):
        self.until_kept()
        self.assertTrue(self.kept() or OLD)
        script = f"ls -a {self.runtime_dir} {self.runtime_dir}/nacelle {self.folder} 2>&1; true"
        for option in (f"--filesystem={self.root}", "--filesystem=xdg-run/nacelle", f"--filesystem={self.folder}", "--filesystem=host"):
            self.assertNotIn("launches\n", self.inside_ok(script, option).replace(self.folder, ""), option)

    def test_there_are_not_too_many(self):
        self.need_kept()
        self.until_kept()
        for i in range(70):
            write(os.path.join(self.folder, f"{i:016x}"), "old")
        self.until_kept("--env=ANOTHER=1")
        self.assertLess(len(self.kept()), 70)

    def test_without_the_server_or_the_program(self):
        words = self.until_kept()
        for pid, line in descendants().items():
            if "image-server" in line:
                os.kill(pid, signal.SIGKILL)
        self.assertPlanned(words)
        self.until_kept()
        other = self._folder("libexec")
        result = self.apprun(APP, "true", env={"NACELLE_LIBEXECDIR": other})
        if result.status != 0:      # else the program beside it was found
            self.assertFails(result, "nacelle-run.*is the installation complete|Cannot start the image server", status=125)

    def test_at_once_after_a_change_nothing_is_kept(self):
        """Two changes in one step of the clock of files look like one."""
        self.until_kept()
        path = write(os.path.join(self.store, "overrides", APP), "[Environment]\nSTEP=1\n")
        script = "echo ready; read x; echo step $STEP"
        for i in range(6):
            with open(path, "r+", encoding="ascii") as f:      # the same file and size
                f.write(f"[Environment]\nSTEP={i % 10}\n")
            self.assertIn(f"step {i % 10}\n", self.launch(*self.words(script=script))[1])
        os.unlink(path)
        self.assertIn("step\n", self.launch(*self.words(script=script))[1])
