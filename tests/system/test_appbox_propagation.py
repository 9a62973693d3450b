# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the host mounts and unmounts while a sandbox runs, beside bwrap: a writable bind follows, a read-only one does not (with bwrap it
does, and what arrives is writable)."""
import os
import shlex

from boxes import BWRAP, USER, USUAL, AppboxTest
from harness import program

VARIANTS = ("old-kernel",)
# In a mount namespace of our own we are the host: the tmpfs there can be shared with a peer group, which a plain user's / cannot.
HOST = """
set -e
cd "$1"; shift
mkdir -p host; mount -t tmpfs host host; mount --make-shared host
mkdir host/later host/early host/secret; mount -t tmpfs early host/early; echo old >host/early/name; echo s >host/secret/name
rm -f go up; mkfifo go up
"$@" <go >out 2>err & box=$!
exec 3>go
read line <up
mount -t tmpfs -o nosuid,nodev later host/later; echo new >host/later/name; mount -t tmpfs -o nosuid,nodev x host/secret; echo z >host/secret/name
umount host/early || echo busy
echo now >&3; exec 3>&-
wait $box || echo "status $?"
cat out err
"""
INSIDE = """
echo up >/up; read line
cat /w/early/name /w/later/name /w/secret/name 2>/dev/null
if (: >/w/later/made) 2>/dev/null; then echo writable; fi
"""


class Propagation(AppboxTest):
    def inside(self, tool, *words):
        folder = self._folder("place", 0o755)
        argv = [tool, *USER, *USUAL, "--unshare-pid", *words, "--bind", f"{folder}/up", "/up", "sh", "-c", INSIDE]
        script = HOST.replace('"$@" <go', shlex.join(argv) + " <go")
        return self.assertOk(self.run_command(["unshare", "-Urm", "--propagation", "unchanged", "sh", "-c", script, "sh", folder])).out

    def place(self):
        return os.path.join(self._folder("place", 0o755), "host")

    def test_writable_binds_follow_the_host(self):
        for option in ("--bind", "--dev-bind", "--bind-try"):
            for tool in filter(None, (program("appbox"), BWRAP)):
                self.assertEqual(self.inside(tool, option, self.place(), "/w"), "new\nz\nwritable\n", f"{tool} {option}")

    def test_what_is_kept_from_the_app_stays_so(self):
        for cover in (("--tmpfs", "/w/secret"), ("--hide", "/w/secret"), ("--hide", "/w/secret/name")):
            self.assertEqual(self.inside(program("appbox"), "--bind", self.place(), "/w", *cover), "new\nwritable\n" if cover[1] == "/w/secret" else
                             "new\nz\nwritable\n", str(cover))

    def test_read_only_binds_stay_as_they_are(self):
        for words in ((), ("--propagation", "private")):
            self.assertEqual(self.inside(program("appbox"), *words, "--ro-bind", self.place(), "/w"), "old\ns\n")
        self.assertEqual(self.inside(program("appbox"), "--propagation", "private", "--bind", self.place(), "/w"), "old\ns\nwritable\n")
        for name in ("--read-only", "--noexec"):
            self.assertEqual(self.inside(program("appbox"), "--bind", self.place(), "/w", name, "/w"),
                             "old\ns\n" + ("writable\n" if name == "--noexec" else ""))

    def test_slave_on_request(self):
        expected = "new\nz\nwritable\n"
        for tool, words in ((program("appbox"), ("--propagation", "slave")), (BWRAP, ())):
            if tool is not None:
                self.assertEqual(self.inside(tool, *words, "--ro-bind", self.place(), "/w"), expected, tool)

    def test_nothing_goes_out(self):
        folder = self._folder("place", 0o755)
        self.inside(program("appbox"), "--bind", self.place(), "/w")
        script = 'cd "$1"; mount -t tmpfs host host; mount --make-shared host; mkdir host/in; shift; "$@" && ls -A host/in'
        box = [program("appbox"), *USUAL, "--bind", self.place(), "/w", "--tmpfs", "/w/in", "--file", "0", "/w/in/name", "cat", "/w/in/name"]
        result = self.run_command(["unshare", "-Urm", "--propagation", "unchanged", "sh", "-c", script, "sh", folder, *box], input=b"text\n")
        self.assertEqual(self.assertOk(result).out, "text\n")

    def test_refused(self):
        for word, pattern in (("shared", "never appears on the host"), ("rshared", "takes private or slave, not “rshared”")):
            self.assertFails(self.appbox("--propagation", word, *USUAL, "true"), pattern, status=1)
