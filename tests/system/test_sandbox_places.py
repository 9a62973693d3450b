# SPDX-License-Identifier: LGPL-2.1-or-later
"""The file system of a sandbox: each kind of record, and trees that try to lead its set-up astray."""
import os
import sys

from engine import EngineTest

VARIANTS = ("old-kernel", "asan")


class Places(EngineTest):
    def refused(self, *words, **options):
        return self.assertFails(self.sandbox(*words, "--", "true"), status=125, **options)

    # --- records -------------------------------------------------------------------------------------------------

    def test_bind_read_write_and_read_only(self):
        folder = self.folder("d")
        self.assertOk(self.shell("echo a > /x/f", "--bind", folder, "/x"))
        self.assertEqual(open(f"{folder}/f", encoding="ascii").read(), "a\n")
        result = self.shell("echo b > /x/f; rm /x/f; mkdir /x/d; chmod 600 /x/f; cat /x/f", "--ro-bind", folder, "/x")
        self.assertEqual(result.out, "a\n")
        self.assertEqual(result.err.count("Read-only file system"), 4, str(result))

    def test_bind_is_recursive_in_all_its_restrictions(self):
        inner = ["--tmpfs", "/o", "--ro-bind", "/usr", "/o/usr"]
        mounts = self.shell("cat /proc/self/mountinfo", *inner, "--ro-bind", "/dev", "/host").out
        below = [line.split() for line in mounts.splitlines() if line.split()[4].startswith("/host")]
        self.assertGreater(len(below), 1, "the host's /dev has mounts below it")
        seen = {}
        for fields in below:
            seen[fields[4]] = fields[5]         # of two mounts on one place the later one is the one to be seen
        for place, options in seen.items():
            for option in ("ro", "nosuid", "nodev"):
                self.assertIn(option, options.split(","), place)

    def test_bind_of_a_file_and_of_names_with_odd_characters(self):
        folder = self.folder("o d\n\\d,:\u00e9")
        with open(f"{folder}/f", "w", encoding="ascii") as f:
            f.write("odd")
        for option in ("--bind", "--ro-bind"):
            self.assertEqual(self.shell('cat "/a b\t\\c,:/x/f"', option, folder, "/a b\t\\c,:/x").out, "odd")
            self.assertEqual(self.shell("cat /x/f", option, f"{folder}/f", "/x/f").out, "odd")

    def test_bind_over_root(self):
        result = self.run_command([self.program("sandbox-driver"), "--ro-bind", "/", "/", "--tmpfs", "/tmp", "--proc", "/proc",
                                   "--dev", "/dev", "--", "/bin/sh", "-c", "touch /x; touch /tmp/x && test -d /usr/bin && echo $(id -u)"])
        self.assertEqual(result.out.strip(), str(os.getuid()), str(result))
        self.assertIn("Read-only file system", result.err)

    def test_missing_source(self):
        self.refused("--bind", "/nowhere/at/all", "/x")
        self.assertStatus(self.shell("test -e /x", "--bind-try", "/nowhere/at/all", "/x"), 1)

    def test_noexec(self):
        folder = self.folder("d")
        os.system(f"cp /usr/bin/true {folder}/true")
        self.assertOk(self.shell("/x/true", "--bind", folder, "/x"))
        self.assertStatus(self.shell("/x/true", "--noexec-bind", folder, "/x"), 126)

    def test_c24_tmpfs_with_a_size(self):
        result = self.shell("stat -c %a /x; head -c 100000 /dev/zero > /x/f; stat -c %s /x/f", "--tmpfs-size", "65536", "/x")
        self.assertEqual(result.out.split()[0], "1777")
        self.assertEqual(int(result.out.split()[1]), 65536)

    def test_directories_files_and_links(self):
        result = self.shell("stat -c %a /a /a/b /a/b/c; cat /a/f; readlink /a/l; cat /a/l",
                            "--dir", "0700", "/a/b/c", "--file", "0644", "hello\n", "/a/f", "--symlink", "f", "/a/l",
                            "--symlink", "f", "/a/l")
        self.assertEqual(result.out.split(), ["755", "755", "700", "hello", "f", "hello"])
        self.refused("--symlink", "f", "/a/l", "--symlink", "g", "/a/l")
        self.refused("--file", "0644", "x", "/a", "--dir", "0755", "/a")

    def test_a_file_without_write_bit_stays_as_it_is(self):
        tries = "echo x > /etc/id; chmod 666 /etc/id; rm -f /etc/id; mv /etc/id /etc/other; cat /etc/id"
        self.assertEqual(self.shell(tries, "--file", "0444", "mine", "/etc/id").out, "mine")
        # The directory above it is as safe as the plan makes it.
        result = self.shell("mv /etc /other; cat /etc/id", "--file", "0444", "mine", "/etc/id", "--remount-ro", "/")
        self.assertEqual(result.out, "mine")
        self.assertEqual(self.shell("echo x > /etc/id; cat /etc/id", "--file", "0644", "mine", "/etc/id").out, "x\n")

    def test_a_file_over_one_of_a_read_only_tree(self):
        folder = self.folder("etc")
        with open(f"{folder}/passwd", "w", encoding="ascii") as f:
            f.write("of the image")
        words = ("--ro-bind", folder, "/etc", "--file", "0444", "ours", "/etc/passwd")
        self.assertEqual(self.shell("cat /etc/passwd", *words).out, "ours")
        self.assertEqual(open(f"{folder}/passwd", encoding="ascii").read(), "of the image")

    def test_hide(self):
        folder = self.folder("d/secret")
        with open(f"{folder}/key", "w", encoding="ascii") as f:
            f.write("key")
        os.symlink("secret", f"{folder}/../link")
        top = os.path.dirname(folder)
        self.assertEqual(self.shell("cat /x/secret/key", "--bind", top, "/x").out, "key")
        result = self.shell("ls -A /x/secret; cat /x/link/key; touch /x/secret/n; rmdir /x/secret; mv /x/secret /x/s",
                            "--bind", top, "/x", "--hide", "/x/secret", "--hide", "/x/missing/x")
        self.assertEqual((result.out, len(result.err.splitlines())), ("", 4), str(result))
        result = self.shell("cat /x/secret/key; echo x > /x/secret/key; rm -f /x/secret/key", "--bind", top, "/x", "--hide",
                            "/x/secret/key")
        self.assertEqual((result.out, len(result.err.splitlines())), ("", 2), str(result))
        self.assertEqual(open(f"{folder}/key", encoding="ascii").read(), "key")

    def test_hide_through_a_link_covers_what_it_leads_to_or_refuses(self):
        folder = self.folder("d/secret")
        with open(f"{folder}/key", "w", encoding="ascii") as f:
            f.write("key")
        os.symlink("secret", f"{folder}/../link")
        result = self.shell("cat /x/secret/key /x/link/key", "--bind", os.path.dirname(folder), "/x", "--hide", "/x/link")
        self.assertNotEqual(result.status, 0)
        self.assertEqual(result.out, "")

    def test_pinned_directories_stay_where_they_are_0a95081e3(self):
        folder = self.folder("d")
        os.makedirs(f"{folder}/a/b/secret")
        tries = ("import os\nfor f, *names in ((os.rename, '/x/a', '/x/z'), (os.rename, '/x/a/b', '/x/a/z'), (os.rmdir, '/x/a/b'),\n"
                 "        (os.rename, '/x/a/b/secret', '/x/a/b/z'), (os.mkdir, '/x/a/f'), (os.rename, '/x/a/f', '/x/a/g')):\n"
                 "    try:\n        f(*names); print('ok')\n    except OSError as e: print(e.strerror)\n")
        words = ("--bind", folder, "/x", "--pin", "/x/a", "--pin", "/x/a/b", "--hide", "/x/a/b/secret", "--pin", "/x/missing")
        self.assertEqual(self.python(tries, *words).out.splitlines(), ["Device or resource busy"] * 4 + ["ok"] * 2)
        self.assertEqual(sorted(os.listdir(f"{folder}/a")), ["b", "g"])
        # The mount is like the one that it copies.
        out = self.shell("touch /x/a/n; grep ' /x/a ' /proc/self/mountinfo | cut -d' ' -f6", "--ro-bind", folder, "/x", "--pin", "/x/a").out
        self.assertEqual(out.strip().split(",")[:3], ["ro", "nosuid", "nodev"])
        os.symlink("a", f"{folder}/l")
        self.refused("--bind", folder, "/x", "--pin", "/x/l")
        # Without the pin the hidden place is not where it was.
        result = self.shell("mv /x/a /x/z && mkdir -p /x/a/b/secret && echo mine", "--bind", folder, "/x", "--hide", "/x/a/b/secret")
        self.assertEqual(result.out, "mine\n")

    def test_remount_read_only(self):
        result = self.shell("touch /x /tmp/x && echo no; touch /tmp/x && echo yes", "--remount-ro", "/")
        self.assertEqual(result.out, "yes\n")
        self.refused("--dir", "0755", "/plain", "--remount-ro", "/plain")

    def test_overlays(self):
        if "overlays: fallback: Operation not permitted" in self.run_command([self.program("sandbox-driver"), "--doctor"]).out:
            self.skipTest("kernel: no overlays for ordinary users before Linux 5.11")
        lower, middle, upper = self.folder("lower"), self.folder("middle"), self.folder("upper")
        self.folder("upper.work")
        for folder, names in ((lower, "ab"), (middle, "bc")):
            for name in names:
                with open(f"{folder}/{name}", "w", encoding="ascii") as f:
                    f.write(os.path.basename(folder))
        read = "cd /x; for f in a b c; do cat $f; echo; done"
        for kind in ("ro", "tmp", upper):
            words = ("--overlay", lower, middle, kind, "/x")
            self.assertEqual(self.shell(read, *words).out.split(), ["lower", "middle", "middle"], kind)
        self.assertIn("Read-only", self.shell("touch /x/n", "--overlay", lower, middle, "ro", "/x").err)
        change = "cd /x && echo new > a && rm b && mv c d && mkdir e && mv e f && ls"
        self.assertEqual(self.shell(change, "--overlay", lower, middle, "tmp", "/x").out.split(), ["a", "d", "f"])
        self.assertEqual(sorted(os.listdir(upper)), [])
        self.assertEqual(self.shell(change, "--overlay", lower, middle, upper, "/x").out.split(), ["a", "d", "f"])
        self.assertEqual(self.shell("ls /x", "--overlay", lower, middle, upper, "/x").out.split(), ["a", "d", "f"])
        self.assertEqual(open(f"{lower}/a", encoding="ascii").read(), "lower")

    def test_what_a_bind_covers_is_left_alone(self):
        """A bind over a place that has mounts below it: those are out of reach, and there may be nothing at their names."""
        folder = self.folder("cover")
        os.mkdir(f"{folder}/pts")
        result = self.shell("ls /dev /proc; touch /dev/pts/x || echo ro", "--ro-bind", folder, "/dev", "--bind", folder, "/proc")
        self.assertEqual(result.out.split(), ["/dev:", "pts", "/proc:", "pts", "ro"], str(result))

    def test_detached_mounts(self):
        """As an image server hands them out: made in another user namespace, attached nowhere."""
        if "new mount interface: ok" not in self.run_command([self.program("sandbox-driver"), "--doctor"]).out:
            self.skipTest("kernel: no detached mounts before Linux 5.12")
        lower, upper = self.folder("lower"), self.folder("upper")
        for folder, name in ((lower, "a"), (upper, "b")):
            os.mkdir(f"{folder}/{name}")
        make = ("import ctypes, os, sys\nlibc = ctypes.CDLL(None)\n"
                "fds = [libc.syscall(428, -100, name.encode(), 1) for name in sys.argv[1:3]]\n"
                "os.execv(sys.argv[3], [word.format(*fds) for word in sys.argv[3:]])\n")
        argv = ["unshare", "-Urm", sys.executable, "-c", make, lower, upper, *self.sandbox_argv()]
        check = ("--", "sh", "-c", "ls /x; touch /x/n; mkdir /x/a/n; grep ' /x ' /proc/self/mountinfo | cut -d' ' -f6")
        result = self.run_command([*argv, "--mount-fd", "{0}", "/x", *check])
        self.assertEqual(result.out.split(), ["a", "ro,nosuid,nodev,relatime"], str(result))
        result = self.run_command([*argv, "--overlay", "{0}", "{1}", "tmp", "/x", "--", "ls", "/x"])
        self.assertEqual(result.out.split(), ["a", "b"], str(result))
        self.assertFails(self.run_command([*argv, "--bind-fd", "{0}", "/x", *check]), "no name", status=125)

    def test_working_directory(self):
        folder = self.folder("d")
        words = ("--bind", folder, "/x", "--tmpfs", "/home")
        self.assertEqual(self.shell("pwd", *words, "--cwd", "/x").out, "/x\n")
        self.assertEqual(self.shell("pwd", *words, "--cwd", "/missing").out, "/tmp\n")
        self.assertEqual(self.shell("pwd", *words, "--cwd", "/missing", "--setenv", "HOME", "/missing").out, "/\n")

    # --- hostile trees -------------------------------------------------------------------------------------------

    def hostile(self, target):
        """A tree whose usual mount points are links to `target`."""
        tree = self.folder("image")
        for name in ("etc", "usr", "var", "run", "dev", "proc", "tmp", "home", "app"):
            os.symlink(target, os.path.join(tree, name))
        return tree

    def try_hostile(self, target, out):
        tree = self.hostile(target)
        for words in (("--dev", "/image/dev"), ("--proc", "/image/proc"), ("--tmpfs", "/image/tmp"), ("--tmpfs", "/image/var/a/b"),
                      ("--dir", "0777", "/image/run/x"), ("--file", "0644", "x", "/image/etc/passwd"), ("--dir", "0755", "/image/app"),
                      ("--symlink", "x", "/image/home/l"), ("--bind", "/usr", "/image/usr"), ("--bind", "/usr", "/image/usr/a"),
                      ("--bind", "/usr/bin/true", "/image/app/true"), ("--remount-ro", "/image/home")):
            for bind in ("--bind", "--ro-bind"):
                result = self.sandbox(bind, tree, "/image", *words, "--", "true")
                self.assertFails(result, status=125)
        self.assertEqual(os.listdir(out), [])

    def test_links_in_a_tree_lead_nowhere_ghsa_pxhw_h44j_8pfx(self):
        """CVE-2026-87766: a mount point is made through a link of the image, outside."""
        out = self.folder("out")
        self.try_hostile(out, out)

    def test_relative_links_in_a_tree_lead_nowhere_cve_2024_45310(self):
        out = self.folder("out")
        self.try_hostile("../" * 20 + out[1:], out)

    def test_dangling_links_in_a_tree_lead_nowhere_cve_2026_41579(self):
        out = self.folder("out")
        self.try_hostile(os.path.join(out, "new"), out)

    def test_a_root_full_of_links_leads_nowhere(self):
        """The same when the tree is the root itself."""
        out = self.folder("out")
        tree = self.hostile(out)
        for words in (("--dev", "/dev"), ("--proc", "/proc"), ("--tmpfs", "/tmp/x"), ("--bind", "/usr", "/usr"),
                      ("--file", "0644", "x", "/etc/passwd")):
            result = self.run_command([self.program("sandbox-driver"), "--bind", tree, "/", *words, "--", "/usr/bin/true"])
            self.assertFails(result, status=125)
        self.assertEqual(os.listdir(out), [])

    def test_real_directories_in_a_tree_do(self):
        tree = self.folder("image")
        for name in ("dev", "proc", "usr"):
            os.mkdir(f"{tree}/{name}")
        self.assertOk(self.sandbox("--bind", tree, "/image", "--dev", "/image/dev", "--proc", "/image/proc", "--bind", "/usr",
                                   "/image/usr", "--", "test", "-e", "/image/usr/bin"))

    def test_nothing_is_made_in_a_folder_of_the_host(self):
        folder = self.folder("d")
        result = self.sandbox("--bind", folder, "/x", "--tmpfs", "/x/a/b", "--", "true")
        self.assertFails(result, "belongs to somebody else", status=125)
        self.assertEqual(os.listdir(folder), [])
        os.makedirs(f"{folder}/a/b")
        self.assertOk(self.sandbox("--bind", folder, "/x", "--tmpfs", "/x/a/b", "--", "touch", "/x/a/b/c"))
        self.assertEqual(os.listdir(f"{folder}/a/b"), [])

    def test_working_directory_is_never_a_descriptor_cve_2024_21626(self):
        for n in list(range(3, 12)) + ["/../7"]:
            for place in (f"/proc/self/fd/{n}", f"/dev/fd/{n}"):
                self.assertFails(self.sandbox("--cwd", place, "--", "pwd"), status=125)
        self.assertFails(self.sandbox("--cwd", "/proc/self/cwd", "--", "pwd"), status=125)
        folder = self.folder("d")
        secret = os.open(self.home, os.O_RDONLY | os.O_DIRECTORY)
        self.addCleanup(os.close, secret)
        for n in range(0, 40):
            link = f"{folder}/{n}"
            os.symlink(f"/proc/self/fd/{n}", link)
            result = self.shell("pwd; ls -A; ls /proc/self/fd | wc -l", "--bind", folder, "/x", "--cwd", f"/x/{n}", pass_fds=(secret,))
            self.assertEqual(result.out.split()[0], "/tmp", n)
            self.assertNotIn("Documents", result.out)

    def test_no_descriptor_of_the_caller_gets_in_09020907_13645276(self):
        fds = [os.open(self.home, os.O_RDONLY | os.O_DIRECTORY) for _ in range(5)]
        fds.append(os.dup2(fds[0], 200))
        for fd in fds:
            self.addCleanup(os.close, fd)
        names = self.python("import os; print(sorted(os.listdir('/proc/self/fd'), key=int))", pass_fds=fds).out
        self.assertEqual(names.strip(), "['0', '1', '2', '3']")       # 3 is the listing itself
        out = self.python("import os; print(sorted(os.listdir('/proc/self/fd'), key=int));"
                          "print(os.path.exists('/proc/self/fd/9/Documents'))", "--pass-fd", str(fds[1]), "9", pass_fds=fds).out
        self.assertEqual(out.splitlines(), ["['0', '1', '2', '3', '9']", "True"])

    def test_a_directory_as_standard_input_is_refused(self):
        for fd in (0, 1, 2):
            command = " ".join(f"'{word}'" for word in self.sandbox_argv("--", "ls", f"/proc/self/fd/{fd}/"))
            result = self.run_command(["sh", "-c", f"exec 9>&2; {command} {fd}<{self.home} 2>&9" if fd != 2 else f"{command} 2<{self.home}"])
            self.assertStatus(result, 125)
            self.assertNotIn("Documents", result.out)

    def test_descriptors_are_passed_in_any_order(self):
        pipes = [os.pipe() for _ in range(4)]
        for n, (r, w) in enumerate(pipes):
            os.write(w, str(n).encode())
            os.close(w)
            self.addCleanup(os.close, r)
        fds = [r for r, _ in pipes]
        numbers = [fds[1], fds[2], fds[0], 3]
        words = [x for fd, n in zip(fds, numbers) for x in ("--pass-fd", str(fd), str(n))]
        script = "import os\nprint([os.read(n, 9).decode() for n in %r])" % (numbers,)
        self.assertEqual(self.assertOk(self.python(script, *words, pass_fds=fds)).out.strip(), "['0', '1', '2', '3']")
