# SPDX-License-Identifier: LGPL-2.1-or-later
"""Places that are written as ways: with “..”, “.”, several slashes, or no slash at the beginning.  appbox makes of each what
bubblewrap makes of it, where that is installed; and none leads above the new root, which is where bubblewrap before 0.12 goes on."""
import os

from boxes import USER, AppboxTest
from engine import SYSTEM
from harness import tree

VARIANTS = ("old-kernel", "asan")
# What there is, where it comes from, and what is mounted on it; without what SYSTEM brings.  Without modes: bubblewrap makes the missing
# parents of a bind with 0700, against its manual, and those of a directory with 0755.
LOOK = r"""cd /; find . -path ./usr -prune -o -path ./proc -prune -o -mindepth 1 ! -path './lib*' ! -path './?bin' ! -path ./bin \
  -printf '%y %p %l\n' | sort
while read -r id parent device root point options rest
do case $point in /usr* | /proc*) ;; *) echo "$root $point $options" ;; esac; done </proc/self/mountinfo"""


class Ways(AppboxTest):
    def look(self, *words, **options):
        """The lines that both print, the same but for names that differ (where a root comes from)."""
        results = self.run_both(*USER, "--unshare-pid", *SYSTEM, "--proc", "/proc", *words, "sh", "-c", LOOK, **options)
        lines = [[line.replace("/newroot ", "/ ").replace("/root ", "/ ") for line in self.assertOk(result).out.splitlines()] for result in results]
        for other in lines[1:]:
            self.assertEqual(lines[0], other, words)
        return lines[0]

    def test_ways_up_and_down(self):
        """One after another in one sandbox, each with a letter of its own; missing parts are made on the way, also those that it leaves."""
        few = self._folder("work/few", 0o755)
        lines = self.look("--dir", "/a/../b", "--tmpfs", "/c/../d", "--ro-bind", few, "/e/../f/../g", "--symlink", "x", "/h/../i",
                          "--dir", "j/./k//", "--tmpfs", "l", "--dir", "/m/n/..", "--tmpfs", "/o/p/..", "--dir", "/o/q", "--chmod", "0700",
                          "/m/../b", "--remount-ro", "/c/../d", "--dir", "/r/s", "--symlink", "r/s", "/t", "--dir", "/t/../u", "--ro-bind",
                          few, "/t/../../x/../y", "--tmpfs", "/t/../v/..", "--dir", "/r/w")
        text = "\n".join(lines)
        for place in ("a", "b", "c", "e", "f", "h", "j/k", "m/n", "o/q", "r/w"):
            self.assertRegex(text, rf"(?m)^d \./{place} $")
        for point in ("/d", "/g", "/l", "/o", "/r", "/y"):
            self.assertRegex(text, rf"(?m)^\S+ {point} r[ow],nosuid,nodev")

    def test_what_is_made_of_data(self):
        script = "cat /b /d /f; pwd -P"
        self.same(script, "--perms", "0640", "--file", "FD0", "/a/../b", "--bind-data", "FD1", "c/../d", "--ro-bind-data", "FD2", "/e//./../f",
                  "--chdir", "/a/../e/..", data=(b"1\n", b"2\n", b"3\n"), expect="1\n2\n3\n/\n")
        self.same("echo *; pwd -P", "--dir", "/a/b", "--chdir", "a/b/..", expect="b\n/a\n")

    def test_a_way_that_ends_at_the_top(self):
        """What is mounted there is the root from then on."""
        again = [*SYSTEM, "--proc", "/proc", "--dir", "/z"]
        for words in (["--tmpfs", "/a/.."], ["--tmpfs", ""], ["--tmpfs", "/."]):
            lines = self.look("--dir", "/hidden", *words, *again)
            self.assertEqual([line for line in lines if line.startswith("d")], ["d ./z "])
        folder = self._folder("work/root", 0o755)
        for name in ("usr", "proc", "dev"):
            os.makedirs(f"{folder}/{name}", exist_ok=True)
        # bubblewrap looks for the way again when the mount has covered it.
        result = self.appbox(*USER, "--bind", folder, "/a/..", *SYSTEM, "--proc", "/proc", "--dir", "/z", "ls", "-d", "/a", "/z")
        self.assertEqual((result.out, sorted(os.listdir(folder))[-1]), ("/z\n", "z"), str(result))
        self.look("--dir", "/b", "--remount-ro", "/b/..")
        self.look("--dir", "/..", "--dir", "/")

    def test_what_is_no_place(self):
        for pattern, words in (("directory", ["--ro-bind", "/etc/passwd", "/a/.."]), ("exists", ["--symlink", "x", "/a/.."]),
                               ("directory", ["--ro-bind", "/etc/passwd", "/f", "--dir", "/f/../g"])):
            self.same_failure(pattern, *USER, *SYSTEM, *words, "true")
        self.assertFails(self.appbox(*SYSTEM, "--proc", "/proc", "--chdir", "/x/../proc/self/fd/0", "true"), "working directory", status=1)

    def test_nothing_is_above_the_root(self):
        """The twin of each: it is made inside."""
        out = self._folder("work/out", 0o755)
        before = tree(out)
        up = "/.." * 12 + "/"
        lines = self.look("--dir", "/x")
        for words in (["--dir", f"{up}{out[1:]}/made"], ["--dir", f"/a{up}{out[1:]}/made"], ["--dir", f"/l{up}{out[1:]}/made"],
                      ["--dir", f"a{up}{out[1:]}/made"],
                      ["--tmpfs", f"{up}oldroot{out}/made"], ["--ro-bind", "/etc", f"/a{up}{out[1:]}/made"]):
            result = self.appbox(*USER, "--unshare-pid", *SYSTEM, "--proc", "/proc", "--dir", "/d/e", "--symlink", f"/d/e{up}", "/l", *words,
                                 "find", "/", "-xdev", "-name", "made")
            self.assertEqual(self.assertOk(result).out.replace("/oldroot", ""), f"{out}/made\n")
            self.assertEqual(tree(out), before)
        self.assertIn("d ./x ", lines)

    def test_plans_are_stored_with_their_ways(self):
        plan = os.path.join(self._folder("work/plans", 0o755), "plan")
        self.assertOk(self.appbox(*SYSTEM, "--proc", "/proc", "--tmpfs", "/a/../b/c/..", "--plan-out", plan))
        result = self.appbox("--plan-in", plan, "cut", "-d ", "-f5", "/proc/self/mountinfo")
        self.assertIn("/b", self.assertOk(result).out.splitlines())
