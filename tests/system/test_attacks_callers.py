# SPDX-License-Identifier: LGPL-2.1-or-later
"""Published attacks by words, surroundings and hosts of a launch, by their public ids (tests/ATTACKS.md)."""
import json
import os
import platform
import shutil
import sys
import unittest

from engine import EngineTest

VARIANTS = ("old-kernel", "asan")

# Makes one system call fail (argument 0 may be asked for) and executes the rest.
FAILING = """
import ctypes, os, struct, sys
number, argument, error = (int(word) for word in sys.argv[1:4])
code = [(0x20, 0, 0, 0), (0x15, 0, 3, number)]
code += [(0x20, 0, 0, 16), (0x15, 0, 1, argument)] if argument >= 0 else [(0x15, 0, 0, 0), (0x15, 0, 0, 0)]
code += [(0x06, 0, 0, 0x50000 | error), (0x06, 0, 0, 0x7fff0000)]
data = b"".join(struct.pack("HBBI", *line) for line in code)
class Program(ctypes.Structure):
    _fields_ = [("len", ctypes.c_ushort), ("filter", ctypes.c_char_p)]
libc = ctypes.CDLL(None)
program = Program(len(code), data)
assert libc.prctl(38, 1, 0, 0, 0) == 0 and libc.prctl(22, 2, ctypes.byref(program), 0, 0) == 0
os.execv(sys.argv[4], sys.argv[4:])
"""
PR_SET_SECCOMP, EINVAL, EPERM = 22, 22, 1
CALLS = {"mount": 165, "umount2": 166, "pivot_root": 155, "capset": 126, "fchdir": 81, "execveat": 322, "prlimit64": 302}


class Callers(EngineTest):
    BOX = ("--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc", "--tmpfs", "/tmp")

    def appbox(self, *words, **options):
        return self.run_command([self.program("appbox"), *words], **options)

    # --- words -------------------------------------------------------------------------------------------------------

    def test_cve_2021_4034_f7dbb36_no_argument_zero(self):
        for name in ("sandbox-driver", "appbox"):
            for argv in ([], [""], ["x"] * 100000, ["x", "y" * 130000]):
                code = f"import os, sys; os.execve({self.program(name)!r}, {argv!r} if {argv!r} else [''], {{'A': '--bind'}})"
                if len(argv) > 1000 or (argv and len(argv[-1]) > 1000):
                    result = self.run_command([self.program(name), *argv[1:]])
                else:
                    result = self.run_command([sys.executable, "-c", code])
                self.assertNotEqual(result.status, 0)
                self.assertLess(result.status, 128, str(result))
        # Python refuses an empty list; the kernel puts an empty string there since 5.18, and before that nothing.  What would be
        # read then is the environment.
        code = ("import ctypes; libc = ctypes.CDLL(None, use_errno=True)\n"
                f"libc.execve({self.program('appbox')!r}.encode(), (ctypes.c_char_p * 1)(None), (ctypes.c_char_p * 2)(b'--version', None))\n")
        result = self.run_command([sys.executable, "-c", code])
        self.assertEqual((result.status, result.out), (1, ""), str(result))
        self.assertRegex(result.err, "^usage: ")
        self.assertOk(self.appbox("--version"))

    def test_cve_2020_17367_cve_2020_17368_ghsa_p9v8_q5m4_pf46_words_after_the_command_are_the_commands(self):
        canary = os.path.join(self.folder("d"), "canary")
        words = ["--bind", "/", "/mnt", "--", "--share-net", f"; touch {canary}", f"$(touch {canary})", f"`touch {canary}`", f"> {canary}",
                 f"| tee {canary}", "&&", "a\nb", "'", '"', "\\", "*", "--args", "0", ""]
        script = "import sys, json; print(json.dumps(sys.argv[1:]))"
        for end in ((), ("--",)):
            result = self.appbox(*self.BOX, *end, sys.executable, "-c", script, *words)
            self.assertEqual(result.out.strip(), json.dumps(words), str(result))
            result = self.appbox(*self.BOX, *end, "true", *words)
            self.assertOk(result)
        self.assertFalse(os.path.exists(canary))
        # A command that looks like an option needs "--", and then is looked for and not understood.
        self.assertIn("was not found", self.appbox(*self.BOX, "--", "--bind", "/", "/").err)

    def test_cve_2026_30892_numbers_are_exact_or_refused(self):
        for word in ("", "-1", " 1", "1 ", "1x", "0x", "4294967296", "4294967297", "99999999999999999999", "1:2:3", "+1", "1.0"):
            result = self.appbox(*self.BOX, "--uid", word, "--", "id", "-u")
            self.assertNotEqual(result.status, 0, word)
            self.assertEqual(result.out, "", word)
        for word in ("1", "1000", "0"):
            self.assertEqual(self.appbox(*self.BOX, "--uid", word, "--", "id", "-u").out, f"{int(word)}\n")

    def test_cve_2016_10122_odd_environments(self):
        many = {f"V{n}": "x" for n in range(5000)}
        script = "import os; print(len(os.environ['BIG']), 'LD_PRELOAD' in os.environ, os.environ.get('HOME'))"
        for home in ("", "relative", "/..", "/nonexistent"):
            env = {**many, "BIG": "y" * 100000, "HOME": home, "PATH": "/usr/bin"}
            result = self.run_command([*self.sandbox_argv("--setenv", "BIG", env["BIG"]), "--", "/usr/bin/python3", "-c", script], env=env)
            self.assertEqual(result.out, "100000 False /tmp\n", str(result))
        # Nothing of the caller's environment gets in by itself, twice the same name included.
        code = ("import ctypes, sys\nlibc = ctypes.CDLL(None)\nargv = [a.encode() for a in sys.argv[1:]]\n"
                "libc.execve(argv[0], (ctypes.c_char_p * (len(argv) + 1))(*argv, None), (ctypes.c_char_p * 5)(b'A=1', b'A=2', b'LD_PRELOAD=', b'=x', None))\n")
        result = self.run_command([sys.executable, "-c", code, *self.sandbox_argv("--", "/usr/bin/env")])
        self.assertEqual(sorted(result.out.split()), ["HOME=/tmp", "PATH=/usr/bin:/usr/sbin:/tools"])

    # --- surroundings ------------------------------------------------------------------------------------------------

    def test_cve_2019_12439_cve_2021_44731_cve_2026_3888_no_place_with_a_name_that_could_be_there_before(self):
        """The root is made on a file system of the new mount namespace: nothing appears in the host's folders."""
        watched = ("/tmp", "/var/tmp", "/dev/shm", "/run")
        code = ("import ctypes, os, struct, subprocess, sys\nlibc = ctypes.CDLL(None)\nfd = libc.inotify_init1(0o4000)\n"
                f"for folder in {watched!r}:\n    libc.inotify_add_watch(fd, folder.encode(), 0x100 | 0x80 | 0x40 | 0x200)\n"
                "subprocess.run(sys.argv[1:], check=True)\n"
                "try:\n    data = os.read(fd, 65536)\nexcept BlockingIOError: data = b''\n"
                "names = []\nwhile data:\n    length = struct.unpack('iIII', data[:16])[3]\n"
                "    names.append(data[16:16 + length].rstrip(b'\\0').decode())\n"
                "    data = data[16 + length:]\n"
                "print([n for n in names if any(w in n.lower() for w in ('nacelle', 'sandbox', 'appbox', 'stage', 'root', 'init'))])\n")
        result = self.run_command([sys.executable, "-c", code, *self.sandbox_argv("--file", "0444", "x", "/etc/x", "--", "true")])
        self.assertEqual(result.out, "[]\n", str(result))

    def test_cve_2021_44730_cve_2017_5207_no_program_beside_ours_is_run(self):
        folder = self.folder("d")
        canary = os.path.join(folder, "canary")
        for name in ("appbox", "sandbox-driver"):
            shutil.copy(self.program(name), folder)
        for name in ("nacelle-init", "init", "sh", "bwrap", "fusermount3", "newuidmap", "true"):
            with open(f"{folder}/{name}", "w", encoding="ascii") as f:
                f.write(f"#!/bin/sh\ntouch {canary}\n")
            os.chmod(f"{folder}/{name}", 0o755)
        env = {"PATH": f"{folder}:/usr/bin:/bin", "SHELL": f"{folder}/sh"}
        self.assertOk(self.run_command([f"{folder}/sandbox-driver", *self.sandbox_argv("--", "true")[1:]], env=env, cwd=folder))
        self.assertOk(self.run_command([f"{folder}/appbox", *self.BOX, "--", "/usr/bin/true"], env=env, cwd=folder))
        self.assertFalse(os.path.exists(canary))

    def test_188d5f16d_no_6896_nothing_is_read_from_the_working_directory(self):
        folder = self.folder("d")
        for name in ("libc.so.6", "appbox.conf", "metadata", "nacelle.conf", "passwd", "environment"):
            with open(f"{folder}/{name}", "w", encoding="ascii") as f:
                f.write("evil")
        os.utime(folder, (1, 1))
        for name in os.listdir(folder):
            os.utime(f"{folder}/{name}", (1, 1))
        self.assertOk(self.appbox(*self.BOX, "--", "true", cwd=folder))
        self.assertOk(self.run_command(self.sandbox_argv("--", "true"), cwd=folder))
        self.assertEqual({os.stat(f"{folder}/{name}").st_atime for name in os.listdir(folder)}, {1.0})

    # --- hosts -------------------------------------------------------------------------------------------------------

    @unittest.skipUnless(platform.machine() == "x86_64", "kernel: not x86-64")
    def test_cve_2016_10123_relnotes_0_9_44_10_a_step_that_fails_is_the_end(self):
        """Whatever call the kernel refuses, the command does not run with less."""
        for name, number in CALLS.items():
            if name == "prlimit64" and "_build-asan" in self.program("sandbox-driver"):
                continue        # the sanitizer cannot do without it
            result = self.run_command([sys.executable, "-c", FAILING, str(number), "-1", str(EPERM), *self.sandbox_argv("--", "echo", "ran")])
            self.assertFails(result, status=125)
            self.assertEqual(result.out, "", name)
        for argument in (PR_SET_SECCOMP, 24, 38, 47):       # filter, bounding set, no_new_privs, ambient set
            result = self.run_command([sys.executable, "-c", FAILING, "157", str(argument), str(EPERM), *self.sandbox_argv("--", "echo", "ran")])
            self.assertFails(result, "prctl", status=125)
            self.assertEqual(result.out, "", argument)
        # A kernel without filters: refused, unless the plan says that there is none.
        base = [sys.executable, "-c", FAILING, "157", str(PR_SET_SECCOMP), str(EINVAL)]
        self.assertFails(self.run_command([*base, *self.sandbox_argv("--", "echo", "ran")]), "filter", status=125)
        self.assertEqual(self.run_command([*base, *self.sandbox_argv("--filter", "16", "--", "echo", "ran")]).out, "ran\n")
