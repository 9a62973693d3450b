# SPDX-License-Identifier: LGPL-2.1-or-later
"""The base of the tests of programs that call bwrap: they are Debian's own, and find another program by that name."""
import os
import shutil
import subprocess

from harness import BUILDDIR, SystemTest, program, write
from mirror import fetch

BWRAP = shutil.which("bwrap")


class CallerTest(SystemTest):
    """`self.bwraps`: the folders for PATH, by name, each with one program `bwrap`: appbox, bubblewrap itself, and one that
    never starts anything."""
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.bwraps = {name: cls._folder(f"bwrap-{name}", 0o755) for name in ("appbox", "bubblewrap", "broken")}
        os.symlink(program("appbox"), os.path.join(cls.bwraps["appbox"], "bwrap"))
        if BWRAP:
            os.symlink(BWRAP, os.path.join(cls.bwraps["bubblewrap"], "bwrap"))
        else:
            del cls.bwraps["bubblewrap"]
        write(os.path.join(cls.bwraps["broken"], "bwrap"), "#!/bin/sh\necho 'no sandbox today' >&2\nexit 77\n", 0o755)

    def bwrap(self, name):
        return os.path.join(self.bwraps[name], "bwrap")

    def path_with(self, name):
        return f"{self.bwraps[name]}:/usr/bin:/bin"

    def compiled_in(self, name, *argv, over=()):
        """A command line for a caller that knows the program as /usr/bin/bwrap only; `over`: more (file, place)."""
        words = [program("appbox"), "--dev-bind", "/", "/"]
        for source, place in ((os.path.realpath(self.bwrap(name)), os.path.realpath("/usr/bin/bwrap")), *over):
            words += ["--ro-bind", source, place]
        return [*words, "--", *argv]


def unpacked(name, digest):
    """The folder with the files of a package that is not to be installed; `name` is its place in the pool."""
    folder = os.path.join(BUILDDIR, os.path.basename(name).removesuffix(".deb"))
    archive = fetch(name, digest, folder + ".deb")
    if not os.path.isdir(folder):
        subprocess.run(["dpkg-deb", "-x", archive, f"{folder}.{os.getpid()}"], check=True)
        os.rename(f"{folder}.{os.getpid()}", folder)
    return folder
