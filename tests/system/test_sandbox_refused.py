# SPDX-License-Identifier: LGPL-2.1-or-later
"""Hosts that do not allow a sandbox, as far as an ordinary user can make one: each gives its own sentence, status 125, and
never runs the command.  (A host made by sysctl or AppArmor is imitated by unit tests of the same sentences.)"""
import os
import sys

from engine import USUAL, EngineTest

VARIANTS = ("old-kernel", "asan")

NESTED = """
import ctypes, os, sys
libc = ctypes.CDLL(None)
for _ in range(int(sys.argv[1])):
    uid, gid = os.getuid(), os.getgid()
    if libc.unshare(0x10000000) != 0:
        break
    if sys.argv[2] == "mapped":
        for name, text in (("setgroups", "deny"), ("gid_map", f"{gid} {gid} 1"), ("uid_map", f"{uid} {uid} 1")):
            with open(f"/proc/self/{name}", "w") as f:
                f.write(text)
os.execv(sys.argv[3], sys.argv[3:])
"""

CHROOT = """
import os, subprocess, sys
top = sys.argv[1]
for name in ("usr", "proc", "dev", "tmp", "lib", "lib64", "bin", "tools"):
    os.makedirs(f"{top}/{name}", exist_ok=True)
for name in ("usr", "proc", "dev", "lib", "lib64", "bin"):
    subprocess.run(["mount", "--rbind", f"/{name}", f"{top}/{name}"], check=True)
subprocess.run(["mount", "--bind", sys.argv[2], f"{top}/tools"], check=True)
os.chroot(top)
os.chdir("/")
os.execv("/tools/sandbox-driver", ["sandbox-driver", *sys.argv[3:]])
"""


class Refused(EngineTest):
    def refused(self, argv, *patterns, **options):
        result = self.run_command(argv, **options)
        self.assertFails(result, *patterns, status=125)
        self.assertNotIn("ran", result.out)
        self.assertEqual(len(result.err.splitlines()), 1, str(result))

    def command(self):
        return self.sandbox_argv("--", "echo", "ran")

    def test_c18_limit_of_zero(self):
        for kind in ("user", "net", "cgroup"):
            script = f'echo 0 > /proc/sys/user/max_{kind}_namespaces && exec "$@"'
            self.refused(["unshare", "-Ur", "sh", "-c", script, "sh", *self.command()],
                         rf"user\.max_{kind}_namespaces is 0", rf"sysctl -w user\.max_{kind}_namespaces")

    def test_c18_nesting_limit(self):
        self.refused([sys.executable, "-c", NESTED, "40", "mapped", *self.command()], "32 levels")
        self.assertOk(self.run_command([sys.executable, "-c", NESTED, "3", "mapped", *self.command()]))

    def test_c18_ids_without_a_mapping(self):
        self.refused([sys.executable, "-c", NESTED, "1", "unmapped", *self.command()], "no mapping")

    def test_c18_outer_filter(self):
        """Inside one of our own sandboxes our own filter is the outer one."""
        inner = ["/tools/sandbox-driver", "--ro-bind", "/usr", "/usr", "--", "/usr/bin/echo", "ran"]
        self.refused(self.sandbox_argv("--", *inner), "system call filter", "seccomp")

    def test_c18_chroot(self):
        folder = self.folder("root")
        tools = os.path.dirname(self.program("sandbox-driver"))
        inner = ["--ro-bind", "/usr", "/usr", "--", "/usr/bin/echo", "ran"]
        self.refused(["unshare", "-Urm", sys.executable, "-c", CHROOT, folder, tools, *inner], "chroot")

    def test_c18_covered_proc(self):
        """A container that covers parts of /proc: a new one is refused, and the host's is never used instead."""
        argv = ["unshare", "-Urm", "sh", "-c", 'mount -t tmpfs x /proc/fs && exec "$@"', "sh", *self.command()]
        self.refused(argv, "cannot mount proc", "“/proc”")

    def test_a_false_proc_cve_2019_16884(self):
        script = ('mount -t tmpfs x /proc && mkdir -p /proc/self/fd && cd /proc/self && touch uid_map gid_map setgroups && '
                  'exec "$@"')
        result = self.run_command(["unshare", "-Urm", "sh", "-c", script, "sh", *self.command()])
        self.assertFails(result, "proc", status=125)
        self.assertNotIn("ran", result.out)

    def test_the_host_of_these_tests_allows_it(self):
        self.assertEqual(self.run_command(self.command()).out, "ran\n")
        self.assertEqual(self.run_command([self.program("sandbox-driver"), "--doctor"]).out.count("missing"), 0)
        self.assertIn("/usr", USUAL)
