# SPDX-License-Identifier: LGPL-2.1-or-later
"""bubblewrap as it was released last for Debian's stable: its tests, and the program itself built from the same source.

    from bubblewrap import BubblewrapTest

    class Mine(BubblewrapTest):
        def test_it(self):
            self.same_results("test-run.sh", 66)
"""
import fcntl
import os
import re
import shutil
import subprocess
import tarfile

from harness import BUILDDIR, SystemTest, program
from mirror import fetch

VERSION = "0.12.0"
DIGEST = "9760d007363e3abba7c747489910f9f82d9fca53ba3bd3282e396fa3c97a3314"
PROGRAM = ("bubblewrap.c", "bind-mount.c", "network.c", "utils.c", "chroot_realpath.c", "safe_openat.c")


def newest():
    """The folder with `source/`, the program `bwrap`, and `tests/try-syscall`; made once for a build directory."""
    folder = os.path.join(BUILDDIR, f"bubblewrap-{VERSION}")
    with open(folder + ".lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not os.path.isdir(folder):
            shutil.rmtree(folder + ".new", ignore_errors=True)
            os.makedirs(folder + ".new/tests")
            build(folder + ".new")
            os.rename(folder + ".new", folder)
    return folder


def build(folder):
    archive = fetch(f"pool/main/b/bubblewrap/bubblewrap_{VERSION}.orig.tar.xz", DIGEST, os.path.join(BUILDDIR, f"bubblewrap-{VERSION}.tar.xz"))
    with tarfile.open(archive) as tar:
        tar.extractall(folder)
    source = os.path.join(folder, "source")
    os.rename(os.path.join(folder, f"bubblewrap-{VERSION}"), source)
    with open(os.path.join(folder, "config.h"), "w", encoding="ascii") as f:
        f.write(f'#define PACKAGE_STRING "bubblewrap {VERSION}"\n')
    compiler = ["gcc", "-w", "-O1", "-D_GNU_SOURCE", "-I", folder, "-I", source, "-o"]
    subprocess.run([*compiler, f"{folder}/bwrap", *(os.path.join(source, name) for name in PROGRAM), "-lcap"], check=True)
    subprocess.run([*compiler, f"{folder}/tests/try-syscall", f"{source}/tests/try-syscall.c"], check=True)


class BubblewrapTest(SystemTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.newest = newest()
        cls.newest_bwrap = os.path.join(cls.newest, "bwrap")
        cls.as_bwrap = os.path.join(cls._folder("bin", 0o755), "bwrap")      # appbox, by the name that callers know
        os.symlink(program("appbox"), cls.as_bwrap)

    def upstream(self, name, bwrap, changes=()):
        """Run one of its tests; the lines of its results, and how it ended.  `changes`: (pattern, text, how often) in the test's
        own text; a number that is another one is an error."""
        source = os.path.join(self.newest, "source")
        script = os.path.join(source, "tests", name)
        if changes:
            with open(script, encoding="utf-8") as f:
                text = f.read()
            for pattern, replacement, count in changes:
                text, done = re.subn(pattern, replacement, text)
                self.assertEqual(done, count, pattern)
            copy = os.path.join(self._folder("changed", 0o755), "tests")
            shutil.rmtree(copy, ignore_errors=True)
            shutil.copytree(os.path.dirname(script), copy)
            source, script = os.path.dirname(copy), os.path.join(copy, name)
            with open(script, "w", encoding="utf-8") as f:
                f.write(text)
        done = self.run_command(["/usr/bin/python3" if name.endswith(".py") else "bash", script], timeout=600, cwd=self.work,
                                env={"BWRAP": bwrap, "BWRAP_MUST_WORK": "1", "G_TEST_SRCDIR": source, "G_TEST_BUILDDIR": self.newest,
                                     "PATH": "/usr/bin:/bin:/usr/sbin:/sbin"})
        return [line for line in done.out.splitlines() if re.match(r"(not )?ok\b|1\.\.", line)], done

    def same_results(self, name, count, changes=(), mended=()):
        """All `count` results of the test are good, those of appbox and those of bubblewrap itself, skipped ones too.  `changes`
        are for appbox, as it is known to do something otherwise; `mended` for both, as the test itself is wrong."""
        theirs, done = self.upstream(name, self.newest_bwrap, mended)
        self.assertOk(done)
        ours, done = self.upstream(name, self.as_bwrap, [*mended, *changes])
        self.assertOk(done)
        self.assertEqual(ours, theirs, str(done))
        self.assertEqual(len([line for line in ours if line.startswith("ok ")]), count, str(done))
        self.assertIn(f"1..{count}", ours)
