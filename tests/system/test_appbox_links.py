# SPDX-License-Identifier: LGPL-2.1-or-later
"""Places whose way leads through a symbolic link: appbox follows it inside the new root, as bubblewrap 0.12 does, and nowhere
else; plans of apps stay strict."""
import os

from engine import USUAL, EngineTest
from harness import tree

VARIANTS = ("old-kernel", "asan")


class Links(EngineTest):
    def appbox(self, *words, **options):
        return self.run_command([self.program("appbox"), *USUAL, *words], **options)

    def outside(self):
        """A folder of the host with a mark in it, and one that has links to it."""
        out, top = self.folder("out"), self.folder("top")
        with open(f"{out}/mark", "w", encoding="ascii") as f:
            f.write("mark")
        os.mkdir(f"{out}/real")
        for name, target in (("absolute", out), ("relative", os.path.relpath(out, top)), ("up", "../" * 20 + out[1:])):
            os.symlink(target, f"{top}/{name}")
        return out, top

    def test_a_link_on_the_way_is_followed(self):
        """Relative and absolute, one after another, and from the top on where “..” would lead beyond it."""
        words = ["--dir", "/real/deep"]
        for i, target in enumerate(("real", "/real", "../real/./deep/..", "../../../real", "l0", "/l4", "real//deep/../", "tmp/../real")):
            words += ["--symlink", target, f"/l{i}", "--dir", f"/l{i}/dir{i}", "--tmpfs", f"/l{i}/tmpfs{i}/x", "--ro-bind", "/usr/share",
                      f"/l{i}/bind{i}"]
        result = self.appbox(*words, "sh", "-c", "echo /real/*; ls /real/bind3 | head -n 1; grep -c /real/ /proc/mounts")
        self.assertOk(result)
        places = sorted(f"/real/{kind}{i}" for kind in ("bind", "dir", "tmpfs") for i in range(8))
        self.assertEqual(result.out.splitlines(), [" ".join([*places[:8], "/real/deep", *places[8:]]), sorted(os.listdir("/usr/share"))[0], "16"])

    def test_every_kind_of_place(self):
        here, there = os.pipe()
        os.write(there, b"text")
        os.close(there)
        self.addCleanup(os.close, here)
        result = self.appbox("--dir", "/real", "--symlink", "real", "/l", "--file", str(here), "/l/file", "--symlink", "x", "/l/link",
                             "--proc", "/l/proc", "--dev", "/l/dev", "--chmod", "0700", "/l/dev", "--remount-ro", "/l/dev",
                             "sh", "-c", "cd /real; cat file; readlink link; test -d proc/1 && stat -c %a dev; touch dev/x; echo $?", pass_fds=(here,))
        self.assertEqual(result.out, "textx\n700\n1\n", str(result))

    def test_the_last_name_is_not_followed(self):
        for words in (["--tmpfs", "/l"], ["--dir", "/l"], ["--ro-bind", "/usr/share", "/l"], ["--proc", "/l"], ["--dev", "/l"],
                      ["--ro-bind", "/etc/passwd", "/f"]):
            result = self.appbox("--dir", "/real", "--symlink", "real", "/l", "--symlink", "real/file", "/f", *words, "true")
            self.assertFails(result, "symbolic link", status=1)

    def test_what_leads_nowhere_is_refused(self):
        for target in ("missing", "/missing/deeper", "loop", "a/" * 2000):
            result = self.appbox("--symlink", target, "/loop", "--dir", "/loop/x", "true")
            self.assertFails(result, "/loop", status=1)
        self.assertFails(self.appbox("--symlink", "etc/passwd", "/l", "--dir", "/etc", "--ro-bind", "/etc/passwd", "/etc/passwd", "--dir",
                                     "/l/x", "true"), "directory", status=1)

    def test_no_link_leads_outside(self):
        """Neither where the place is missing inside, nor where it is there: then it is the one inside."""
        out, top = self.outside()
        before = tree(out)
        for name in ("absolute", "relative", "up"):
            for words in (["--dir", f"/x/{name}/made"], ["--tmpfs", f"/x/{name}/real/made"], ["--symlink", "a", f"/x/{name}/made"],
                          ["--ro-bind", "/usr/bin", f"/x/{name}/real"]):
                result = self.appbox("--bind", top, "/x", *words, "true")
                self.assertFails(result, status=1)
                self.assertEqual(tree(out), before)
        for name in ("absolute", "up"):
            result = self.appbox("--bind", top, "/x", "--dir", out, "--dir", f"/x/{name}/made", "--tmpfs", f"/x/{name}/real", "sh", "-c",
                                 f"ls {out}")
            self.assertEqual(result.out.split(), ["made", "real"], str(result))
            self.assertEqual(tree(out), before)

    def test_links_of_proc_lead_to_nothing_of_the_host(self):
        out, _ = self.outside()
        before = tree(out)
        for target in (f"/proc/self/root{out}", f"/proc/1/root{out}", "/proc/self/cwd", "/proc/self/fd/9"):
            self.assertFails(self.appbox("--symlink", target, "/l", "--dir", "/l/made", "true", cwd=out), status=1)
            self.assertEqual(tree(out), before)

    def test_plans_of_apps_are_strict(self):
        for words in (["--dir", "0755", "/l/x"], ["--tmpfs", "/l/x"]):
            result = self.sandbox("--dir", "0755", "/real", "--symlink", "real", "/l", *words, "--", "true")
            self.assertFails(result, "symbolic link", status=125)
