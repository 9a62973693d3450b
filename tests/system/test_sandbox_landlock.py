# SPDX-License-Identifier: LGPL-2.1-or-later
"""Landlock as a second wall: what it stops when the mounts are not in the way, and what still works under it."""
import array
import os
import socket

from engine import EngineTest

VARIANTS = ("old-kernel", "asan")

# Takes the descriptor of a folder of the host from outside, as if it had leaked, and tries to use it.
STRANGER = """
import array, os, socket
s = socket.socket(fileno=5)
_, extra, _, _ = s.recvmsg(1, 64)
fd = array.array("i", extra[0][2])[0]
def attempt(what, function):
    try:
        function(); print(what, "ok")
    except OSError as e:
        print(what, e.strerror)
attempt("read", lambda: os.close(os.open("secret", os.O_RDONLY, dir_fd=fd)))
attempt("write", lambda: os.close(os.open("secret", os.O_WRONLY, dir_fd=fd)))
attempt("list", lambda: os.listdir(os.open(".", os.O_RDONLY, dir_fd=fd)))
attempt("make", lambda: os.mkdir("new", dir_fd=fd))
attempt("remove", lambda: os.unlink("other", dir_fd=fd))
attempt("truncate", lambda: os.truncate(f"/proc/self/fd/{fd}/secret", 0))
attempt("execute", lambda: os.posix_spawn(f"/proc/self/fd/{fd}/program", ["x"], {}))
"""

USE = """
set -e
echo a > /tmp/a; mkdir /tmp/d; mv /tmp/a /tmp/d/b; ln /tmp/d/b /tmp/c; : > /tmp/c; rm /tmp/c; ln -s x /tmp/l; mkfifo /tmp/p
echo b > /w/f; cat /w/f; cat /r/f; ls /r /w > /dev/null
echo out > /dev/stdout; echo err > /dev/stderr
echo 7 > /proc/self/oom_score_adj; cat /proc/self/oom_score_adj
head -c 2 /dev/zero | wc -c; echo x > /dev/shm/s; cat /etc/id
cp /usr/bin/true /w/true; /w/true; /tools/try-calls future
"""


class Landlock(EngineTest):
    def need_landlock(self):
        if "file rules of Landlock: ok" not in self.run_command([self.program("sandbox-driver"), "--doctor"]).out:
            self.skipTest("kernel: no Landlock of Linux 6.2")

    def stranger(self, *words):
        folder = self.folder("host")
        for name in ("secret", "other"):
            with open(f"{folder}/{name}", "w", encoding="ascii") as f:
                f.write("of the host")
        os.system(f"cp /usr/bin/true {folder}/program; rm -rf {folder}/new")
        ours, theirs = socket.socketpair()
        fd = os.open(folder, os.O_PATH | os.O_DIRECTORY)
        with ours, theirs:
            ours.sendmsg([b"x"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [fd]))])
            os.close(fd)
            result = self.python(STRANGER, *words, "--pass-fd", str(theirs.fileno()), "5", pass_fds=(theirs.fileno(),))
        return dict(line.split(" ", 1) for line in self.assertOk(result).out.splitlines())

    def test_a_descriptor_of_the_host_opens_nothing_cve_2024_21626_bce609d(self):
        """The same descriptor is a way out without the wall: that is what makes this a test."""
        self.assertEqual(set(self.stranger().values()), {"ok"})
        self.need_landlock()
        self.assertEqual(set(self.stranger("--landlock", "yes").values()), {"Permission denied"})

    def test_what_the_plan_gives_works(self):
        self.need_landlock()
        folders = [self.folder("w"), self.folder("r")]
        with open(f"{folders[1]}/f", "w", encoding="ascii") as f:
            f.write("r\n")
        words = ("--bind", folders[0], "/w", "--ro-bind", folders[1], "/r", "--file", "0444", "id\n", "/etc/id")
        expected = ["b", "r", "out", "7", "2", "id", "done"]
        for end in ((), ("--remount-ro", "/")):
            result = self.shell(USE, *words, "--landlock", "yes", *end)
            self.assertEqual((result.out.split(), result.err), (expected, "err\n"), str(result))

    def test_output_can_be_opened_again(self):
        """A script that says "> /dev/stderr" opens what its caller opened: a file or a terminal of the host."""
        self.need_landlock()
        path = os.path.join(self.folder("d"), "log")
        with open(path, "w", encoding="ascii") as log:
            process = self.start(self.sandbox_argv("--landlock", "yes", "--", "sh", "-c", "echo one >> /dev/stderr"), stderr=log)
            self.assertEqual(process.wait(30), 0)
        self.assertEqual(open(path, encoding="ascii").read(), "one\n")
        terminal = self.terminal(self.sandbox_argv("--landlock", "yes", "--", "sh", "-c", "echo two > /dev/stdout; stty size < /dev/tty"))
        self.assertEqual(terminal.wait(), 0, terminal.text)
        self.assertIn("two", terminal.text)

    def test_rules_say_what_the_mounts_say(self):
        """Through a descriptor of the host no mount of the sandbox is in the way, and the rules are seen alone."""
        self.need_landlock()
        seen = {}
        for option in ("--bind", "--ro-bind", "--noexec-bind"):
            seen[option] = self.stranger(option, self.folder("host"), "/x", "--landlock", "yes", "--remount-ro", "/")
        self.assertEqual(set(seen["--bind"].values()), {"ok"})
        no = "Permission denied"
        self.assertEqual(seen["--noexec-bind"], {**seen["--bind"], "execute": no})
        self.assertEqual(seen["--ro-bind"], {"read": "ok", "write": no, "list": "ok", "make": no, "remove": no, "truncate": no,
                                             "execute": "ok"})
        # A record that makes a place read-only later takes the rights away as well.
        seen = self.stranger("--bind", self.folder("host"), "/x", "--landlock", "yes", "--remount-ro", "/x", "--remount-ro", "/")
        self.assertEqual((seen["read"], seen["write"], seen["make"]), ("ok", no, no))

    def test_devices_can_be_controlled_where_they_are_given(self):
        self.need_landlock()
        script = ("import fcntl, os, struct, termios\nfor path in ('/dev/ptmx', '/dev/tty'):\n"
                  "    fd = os.open(path, os.O_RDWR | os.O_NOCTTY)\n    fcntl.ioctl(fd, termios.TIOCGWINSZ, b'x' * 8)\nprint('fine')\n")
        terminal = self.terminal(self.sandbox_argv("--landlock", "yes", "--", "/usr/bin/python3", "-c", script))
        self.assertEqual(terminal.wait(), 0, terminal.text)
        self.assertIn("fine", terminal.text)

    def test_ports(self):
        self.need_landlock()
        script = ("import socket\nserver = socket.create_server(('127.0.0.1', 0))\nprint('served')\n")
        self.assertEqual(self.python(script).out, "served\n")
        self.assertIn("Permission denied", self.python(script, "--landlock-connect", "80").err)
        script = ("import socket\nserver = socket.create_server(('127.0.0.1', 8080))\nport = server.getsockname()[1]\n"
                  "socket.create_connection(('127.0.0.1', port)); print('connected')\n")
        self.assertEqual(self.python(script, "--landlock-bind", "8080", "--landlock-connect", "8080").out, "connected\n")
        self.assertIn("Permission denied", self.python(script, "--landlock-bind", "8080", "--landlock-connect", "80").err)

    def test_c19_asked_for_and_not_there_is_a_refusal(self):
        """With VARIANTS: a kernel that has no Landlock."""
        has_it = "file rules of Landlock: ok" in self.run_command([self.program("sandbox-driver"), "--doctor"]).out
        for words in (("--landlock", "yes"), ("--landlock-connect", "80")):
            result = self.shell("echo ran", *words)
            if has_it:
                self.assertEqual(result.out, "ran\n")
            else:
                self.assertFails(result, "Landlock", status=125)
                self.assertEqual(result.out, "")
        self.assertEqual(self.shell("echo ran", "--landlock", "try").out, "ran\n")
        # One record that is content with less does not make the others so.
        self.assertEqual(self.shell("echo ran", "--landlock", "try", "--landlock-connect", "80").out, "ran\n" if has_it else "")

    def test_options_of_appbox(self):
        words = ["--ro-bind", "/", "/", "--proc", "/proc", "--dev", "/dev", "--landlock-try", "--", "echo", "ran"]
        self.assertEqual(self.run_command([self.program("appbox"), *words]).out, "ran\n")
        self.need_landlock()
        words[words.index("--landlock-try")] = "--landlock"
        self.assertEqual(self.run_command([self.program("appbox"), *words]).out, "ran\n")
        script = "import socket; socket.create_server(('127.0.0.1', 0))"
        words = ["--ro-bind", "/", "/", "--landlock-bind", "0", "--landlock-connect", "443", "--", "python3", "-c", script]
        self.assertIn("Permission denied", self.run_command([self.program("appbox"), *words]).err)

    def test_a_process_under_such_rules_mounts_nothing(self):
        self.need_landlock()
        script = "unshare -Urm mount -t tmpfs x /tmp 2>&1; echo $?"
        self.assertEqual(self.shell(script, "--filter", "16").out, "0\n")
        self.assertRegex(self.shell(script, "--filter", "16", "--landlock", "yes").out, "Operation not permitted\n1\n$")

    def test_nothing_is_left_of_the_ruleset(self):
        self.need_landlock()
        names = self.python("import os; print(sorted(os.listdir('/proc/self/fd'), key=int))", "--landlock", "yes").out
        self.assertEqual(names.strip(), "['0', '1', '2', '3']")
