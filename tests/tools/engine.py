# SPDX-License-Identifier: LGPL-2.1-or-later
"""The base of the tests of the engine (sandbox/): a sandbox from words, with the host's /usr as its system.

    from engine import EngineTest

    class Mine(EngineTest):
        def test_it(self):
            self.assertOk(self.sandbox("--tmpfs", "/x", "--", "true"))
"""
import os
import sys

from harness import BUILDDIR, SystemTest, program

TOOLS = os.path.join(BUILDDIR, "tests", "tools")

# What a dynamic program of the host needs, without any file of the user.
SYSTEM = ["--ro-bind", "/usr", "/usr"]
for name in ("bin", "sbin", "lib", "lib32", "lib64"):
    if os.path.islink(f"/{name}"):
        SYSTEM += ["--symlink", f"usr/{name}", f"/{name}"]
    elif os.path.isdir(f"/{name}"):
        SYSTEM += ["--ro-bind", f"/{name}", f"/{name}"]
USUAL = SYSTEM + ["--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp", "--ro-bind", TOOLS, "/tools",
                  "--setenv", "PATH", "/usr/bin:/usr/sbin:/tools", "--setenv", "HOME", "/tmp"]


class EngineTest(SystemTest):
    def sandbox_argv(self, *words):
        return [program("sandbox-driver"), *USUAL, *words]

    def sandbox(self, *words, **options):
        """Run `words` (records, then "--", then a command) after the usual records."""
        return self.run_command(self.sandbox_argv(*words), **options)

    def shell(self, script, *words, **options):
        return self.sandbox(*words, "--", "sh", "-c", script, **options)

    def python(self, script, *words, **options):
        return self.sandbox(*words, "--", os.path.join("/usr/bin", os.path.basename(os.path.realpath(sys.executable))),
                            "-c", script, **options)

    def folder(self, name, mode=0o755):
        return self._folder(os.path.join("work", self.id().rsplit(".", 1)[1], name), mode)
