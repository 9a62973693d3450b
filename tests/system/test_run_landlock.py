# SPDX-License-Identifier: LGPL-2.1-or-later
"""Landlock as a second wall around an app: on where the kernel has it, demanded or taken away by --landlock and [Nacelle Sandbox]."""
import array
import os
import socket
import threading

from harness import program, write
from runtest import APP, RunTest

VARIANTS = ("old-kernel", "asan")

# What an app does all day.
USE = """
set -e
echo a > /tmp/a; mkdir /tmp/d; mv /tmp/a /tmp/d/b; ln /tmp/d/b /tmp/c; : > /tmp/c; rm /tmp/c; ln -s x /tmp/l; mkfifo /tmp/p
echo data > ~/kept; mkdir -p $XDG_CACHE_HOME/x; mv ~/kept $XDG_CACHE_HOME/x/kept; cat $XDG_CACHE_HOME/x/kept
cp /usr/bin/busybox /tmp/d/busybox; /tmp/d/busybox echo executed; echo x > /dev/shm/s; head -c 2 /dev/zero | wc -c
echo out > /dev/stdout; echo err > /dev/stderr; echo 7 > /proc/self/oom_score_adj; cat /etc/hosts > /dev/null
"""


class Landlock(RunTest):
    def has_landlock(self):
        lines = self.apprun("doctor").out.splitlines()
        return any(line.startswith("file rules of Landlock") and line.split("Landlock")[1].split()[0] == "ok" for line in lines)

    def explain(self, *options):
        return [line for line in self.assertOk(self.apprun("explain", *options, APP)).out.splitlines() if line.startswith("landlock")]

    def override(self, text):
        path = write(os.path.join(self.store, "overrides", APP), text)
        self.addCleanup(os.remove, path)

    def stranger(self, *options):
        """What an app does with the descriptor of a folder of the host that another program sends it."""
        folder = self._folder("work/strange", 0o755)
        write(os.path.join(folder, "secret"), "of the host\n")
        place = self._folder("place")
        path = os.path.join(place, "socket")
        probe = write(os.path.join(place, "probe"), open(program("receive-folder"), "rb").read(), 0o755)
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(path)
            server.listen()
            server.settimeout(90)

            def send():
                connection, _ = server.accept()
                fd = os.open(folder, os.O_PATH | os.O_DIRECTORY)
                with connection:
                    connection.sendmsg([b"x"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [fd]))])
                    connection.recv(1)      # until it has ended
                os.close(fd)
            thread = threading.Thread(target=send, daemon=True)
            thread.start()
            try:
                return self.assertOk(self.apprun(f"--filesystem={place}", f"--command={probe}", *options, APP, path, "secret")).out
            finally:
                os.remove(path)
                thread.join(90)

    def test_a_descriptor_of_the_host_opens_nothing_cve_2024_21626_bce609d(self):
        self.assertEqual(self.stranger("--landlock=off"), "of the host\n")     # the way out that the wall closes
        self.assertEqual(self.stranger(), "Permission denied\n" if self.has_landlock() else "of the host\n")

    def test_layers(self):
        self.assertEqual(self.explain(), ["landlock files if-possible  # default"])
        self.assertEqual(self.explain("--landlock=on"), ["landlock files  # command line"])
        self.assertEqual(self.explain("--landlock=off"), [])
        self.override("[Nacelle Sandbox]\nlandlock=off\n")
        self.assertEqual(self.explain(), [])
        self.assertEqual(self.explain("--landlock=auto"), ["landlock files if-possible  # command line"])
        self.assertFails(self.apprun("--landlock=yes", APP), '"yes" is not on, off or auto', status=125)

    def test_demanded_and_not_there_is_a_refusal(self):
        """With VARIANTS: a kernel that has no Landlock."""
        result = self.inside("echo ran", "--landlock=on")
        if self.has_landlock():
            self.assertEqual(self.assertOk(result).out, "ran\n")
        else:
            self.assertFails(result, "the kernel has no Landlock", status=125)
            self.assertEqual(result.out, "")
        self.assertEqual(self.inside_ok("echo ran"), "ran\n")

    def test_what_the_app_may_do_works(self):
        expected = ["data", "executed", "2", "out"]
        result = self.inside(USE)
        self.assertEqual((result.out.split(), result.err), (expected, "err\n"), result)
        # A file that comes while the app runs, where the portal of documents puts it.
        documents = self._folder("run/doc")
        dest = f"/run/user/{os.getuid()}/doc"
        process = self.start([program("apprun"), "--filesystem=xdg-run/doc", APP, "sh", "-c",
                              f"echo up; read x; cat {dest}/1/new; echo more >>{dest}/1/new; mv {dest}/1/new {dest}/2"])
        self.assertEqual(process.stdout.readline(), b"up\n")
        write(os.path.join(documents, "1", "new"), "chosen\n")
        out, err = process.communicate(b"\n", timeout=90)
        self.assertEqual((process.returncode, out), (0, b"chosen\n"), err)
        self.assertEqual(open(os.path.join(documents, "2"), encoding="ascii").read(), "chosen\nmore\n")

    def test_a_program_that_the_app_is_given_can_be_executed(self):
        path = write(os.path.join(self.work, "script"), "#!/bin/sh\necho ran $1\n", 0o755)
        with open(path, "rb") as script:
            process = self.start([program("apprun"), APP, "/proc/self/fd/0", "word"], stdin=script)
            out, err = process.communicate(timeout=90)
        self.assertEqual((process.returncode, out), (0, b"ran word\n"), err)

    def test_output_to_a_file_can_be_opened_again(self):
        path = os.path.join(self.work, "log")
        with open(path, "w", encoding="ascii") as log:
            process = self.start([program("apprun"), APP, "sh", "-c", "echo one; echo two >>/dev/stdout"], stdout=log)
            self.assertEqual(process.wait(90), 0)
        self.assertEqual(open(path, encoding="ascii").read(), "one\ntwo\n")
