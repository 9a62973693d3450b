# SPDX-License-Identifier: LGPL-2.1-or-later
"""Published attacks by a tree that somebody else made (an image, a shared folder), by their public ids (tests/ATTACKS.md).
Each tree is tried as a place in the sandbox and as its root, and nothing outside may change."""
import os

from engine import EngineTest
from harness import tree

VARIANTS = ("old-kernel", "asan")


class Trees(EngineTest):
    def setUp(self):
        self.out = self.folder("out")
        with open(f"{self.out}/canary", "w", encoding="ascii") as f:
            f.write("canary")
        self.image = self.folder("image")

    def link(self, name, target):
        path = os.path.join(self.image, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        if os.path.lexists(path):
            os.unlink(path)
        os.symlink(target, path)

    def as_place(self, *words, bind="--bind", command=("true",)):
        return self.sandbox(bind, self.image, "/image", *[w.replace("@", "/image") for w in words], "--", *command)

    def as_root(self, *words, bind="--bind", command=("/usr/bin/true",)):
        return self.run_command([self.program("sandbox-driver"), bind, self.image, "/", *[w.replace("@", "") for w in words],
                                 "--", *command])

    def assertLeadsNowhere(self, *words):
        before = tree(self.out)
        for bind in ("--bind", "--ro-bind"):
            for run in (self.as_place, self.as_root):
                self.assertFails(run(*words, bind=bind), status=125)
        self.assertEqual(tree(self.out), before)

    def test_cve_2019_19921_cve_2023_27561_cve_2023_28642_proc_is_a_link(self):
        for target in (self.out, "x", "../../../../../../..", "/proc/self"):
            self.link("proc", target)
            self.assertLeadsNowhere("--proc", "@/proc")
        # Twice: a link to a link, and one in the middle.
        self.link("proc", "other")
        self.link("other", self.out)
        self.assertLeadsNowhere("--proc", "@/proc")
        self.link("mid", ".")
        self.assertLeadsNowhere("--proc", "@/mid/mid/proc")

    def test_cve_2026_47766_cve_2026_41579_places_of_dev_are_links(self):
        self.link("dev", self.out)
        self.assertLeadsNowhere("--dev", "@/dev")
        os.unlink(f"{self.image}/dev")
        # What is in the image's own dev is covered by a new one, and never written through.
        for name in ("null", "zero", "tty", "shm", "pts", "fd", "ptmx", "console", "stdout"):
            self.link(f"dev/{name}", f"{self.out}/canary")
        before = tree(self.out), tree(self.image)
        result = self.as_place("--dev", "@/dev", command=("sh", "-c", "stat -c '%F %t:%T' /image/dev/null; stat -c %F /image/dev/shm"))
        self.assertEqual(result.out, "character special file 1:3\ndirectory\n", str(result))
        self.assertEqual((tree(self.out), tree(self.image)), before)

    def test_cve_2025_31133_cve_2025_52565_devices_are_the_hosts_and_looked_at(self):
        """A host whose /dev/null is something else: another device, a file, a link."""
        for make in ("mount --bind /dev/zero /dev/null", f"mount --bind {self.out}/canary /dev/null",
                     "mount -t tmpfs x /dev && ln -s /proc/sysrq-trigger /dev/null"):
            argv = ["unshare", "-Urm", "sh", "-c", make + ' && exec "$@"', "sh", *self.sandbox_argv("--", "true")]
            self.assertFails(self.run_command(argv), "/dev/null|null”", status=125)
        # What hides a file is a file of ours, not a device of the image.
        os.makedirs(f"{self.image}/dev")
        self.link("dev/null", "/proc/self/environ")
        with open(f"{self.image}/secret", "w", encoding="ascii") as f:
            f.write("secret")
        result = self.as_place("--hide", "@/secret", command=("sh", "-c", "cat /image/secret; echo x > /image/secret; cat /image/secret"))
        self.assertEqual(result.out, "")

    def test_cve_2015_1335_cve_2016_10117_each_kind_of_record_through_a_link(self):
        for name in ("etc", "usr", "run", "deep/er"):
            self.link(name, self.out)
        for words in (("--tmpfs", "@/etc"), ("--tmpfs", "@/etc/new"), ("--dir", "0777", "@/etc/new"), ("--file", "0644", "x", "@/etc/passwd"),
                      ("--symlink", "x", "@/run/l"), ("--bind", "/usr", "@/usr"), ("--ro-bind", "/usr/bin/true", "@/run/canary"),
                      ("--bind", "/usr", "@/deep/er/est"), ("--pin", "@/deep/er"), ("--proc", "@/deep/er")):
            self.assertLeadsNowhere(*words)

    def test_4a1418d_a_read_only_bind_is_read_only_where_it_is(self):
        """The place of the bind leads through a link: the flags went to another mount than the files."""
        source = self.folder("source")
        os.makedirs(f"{self.image}/real")
        self.link("way", "real")
        self.assertLeadsNowhere("--ro-bind", source, "@/way")
        self.assertFails(self.as_place("--ro-bind", source, "@/way/x"), status=125)
        result = self.as_place("--ro-bind", source, "@/real", command=("touch", "/image/real/x"))
        self.assertIn("Read-only file system", result.err)
        self.assertEqual(os.listdir(source), [])

    def test_cve_2025_24965_cve_2016_10118_8cc39fc_files_that_we_make_are_not_written_through_links(self):
        for name in ("passwd", "hosts", "machine-id"):
            self.link(f"etc/{name}", f"{self.out}/canary")
            self.assertLeadsNowhere("--file", "0444", "ours", f"@/etc/{name}")
        os.unlink(f"{self.image}/etc/hosts")
        os.link(f"{self.out}/canary", f"{self.image}/etc/hosts")        # a hard link is covered, not written to
        result = self.as_place("--file", "0444", "ours", "@/etc/hosts", command=("cat", "/image/etc/hosts"))
        self.assertEqual(result.out, "ours")
        self.assertEqual(open(f"{self.out}/canary", encoding="ascii").read(), "canary")
        # appbox writes files into trees where bubblewrap does; also never through a link.
        r, w = os.pipe()
        os.write(w, b"ours")
        os.close(w)
        self.addCleanup(os.close, r)
        result = self.run_command([self.program("appbox"), "--ro-bind", "/", "/", "--bind", self.image, "/tmp", "--file", str(r),
                                   "/tmp/etc/passwd", "--", "true"], pass_fds=(r,))
        self.assertNotEqual(result.status, 0)
        self.assertEqual(open(f"{self.out}/canary", encoding="ascii").read(), "canary")

    def test_a8deee3b_chains_of_links_end(self):
        self.link("l0", "l0")
        for n in range(1, 60):
            self.link(f"l{n}", f"l{n - 1}")
        long = "a" * 255
        self.link("long", "/".join([long] * 15))
        for words in (("--hide", "@/l0"), ("--hide", "@/l59"), ("--remount-ro", "@/l59")):
            result = self.as_place(*words)
            self.assertEqual(result.status, 125, str(result))
        # One that has an end is followed as far as the kernel would.
        os.mkdir(f"{self.image}/m0")
        for n in range(1, 60):
            self.link(f"m{n}", f"m{n - 1}")
        self.assertOk(self.as_place("--hide", "@/m30"))
        self.assertFails(self.as_place("--hide", "@/m59"), "Too many levels", status=125)
        self.assertIn(self.as_place("--hide", "@/long").status, (0, 125))
        self.assertFails(self.as_place("--tmpfs", "@/l59/x"), status=125)
        self.assertFails(self.sandbox("--tmpfs", "/" + "/".join([long] * 16), "--", "true"), "too long", status=125)
        self.assertOk(self.sandbox("--tmpfs", "/" + "/".join([long] * 15), "--", "true"))

    def test_cve_2021_4120_names_are_only_names(self):
        """Nothing in a path is taken for an option of a mount."""
        for name in ("a,b", "a:b", "a\\b", 'a"b', "a b", "a\nb", "lowerdir=x", "a*", "size=1,mode=777", "\u00e9\u200b"):
            folder = os.path.join(self.image, name)
            os.makedirs(folder)
            os.makedirs(f"{folder}.work")
            with open(f"{folder}/f", "w", encoding="utf-8") as f:
                f.write(name)
            for words in (("--bind", folder, f"/p/{name}"), ("--tmpfs", f"/p/{name}", "--bind", folder, f"/p/{name}/{name}")):
                out = self.sandbox(*words, "--", "cat", f"{words[-1]}/f").out
                self.assertEqual(out, name)
            if "overlays: fallback: Operation not permitted" not in self.run_command([self.program("sandbox-driver"), "--doctor"]).out:
                out = self.sandbox("--overlay", folder, folder + ".work", "tmp", f"/p/{name}", "--", "cat", f"/p/{name}/f").out
                self.assertEqual(out, name)

    def test_cve_2019_18837_links_are_followed_inside_only(self):
        self.link("canary", f"{self.out}/canary")
        self.link("relative", "../" * 20 + f"{self.out}/canary"[1:])
        for name in ("canary", "relative"):
            self.assertNotEqual(self.as_place(command=("cat", f"/image/{name}")).status, 0)
            # What is to be hidden is looked for inside: it is what the app would reach by that link, and no file of the host.
            for hidden, seen in (((), "inside"), (("--hide", f"@/{name}"), "")):
                result = self.as_place("--file", "0644", "inside", f"{self.out}/canary", *hidden, command=("cat", f"/image/{name}"))
                self.assertEqual(self.assertOk(result).out, seen)
        self.assertEqual(open(f"{self.out}/canary", encoding="ascii").read(), "canary")
