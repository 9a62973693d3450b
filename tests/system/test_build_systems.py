# SPDX-License-Identifier: LGPL-2.1-or-later
"""The recipes of the build systems with the real tools of the SDK, and the sources that need tools: patch and shell."""
import os
import unittest

from harness import SystemTest, time_limit, write

APP = "org.nacelle.test.Systems"

MESON = "project('m', 'c')\nexecutable('with-meson', 'm.c', install: true)\n"
CMAKE = ("cmake_minimum_required(VERSION 3.10)\nproject(c C)\nadd_executable(with-cmake c.c)\n"
         "install(TARGETS with-cmake DESTINATION bin)\n")
# An autotools project as it is in version control: configure has to be made first.
CONFIGURE = "AC_INIT([a],[1])\nAM_INIT_AUTOMAKE([foreign])\nAC_PROG_CC\nAC_CONFIG_FILES([Makefile])\nAC_OUTPUT\n"
MAKEFILE = "bin_PROGRAMS = with-autotools\nwith_autotools_SOURCES = a.c\n"
AUTOGEN = "#!/bin/sh\nexec autoreconf -fi\n"
PATCH = ("--- a/m.c\n+++ b/m.c\n@@ -1,2 +1,3 @@\n"
         " #include <stdio.h>\n+#define WHAT \"patched\"\n int main (void) { puts (WHAT); return 0; }\n")

MANIFEST = f"""\
id: {APP}
runtime: org.nacelle.Platform
runtime-version: '12'
sdk: org.nacelle.Sdk
command: with-meson
build-options:
  strip: true
modules:
  - name: meson
    buildsystem: meson
    sources:
      - {{type: dir, path: meson}}
      - {{type: patch, path: what.patch}}
  - name: cmake
    buildsystem: cmake-ninja
    sources:
      - {{type: dir, path: cmake}}
      - type: shell
        commands: ["sed -i s/plain/edited/ c.c"]
  - name: autotools
    sources:
      - {{type: dir, path: autotools}}
"""


def program(text):
    return f"#include <stdio.h>\nint main (void) {{ puts ({text}); return 0; }}\n"


class Systems(SystemTest):
    @time_limit(600)
    def test_meson_cmake_and_autotools(self):
        for runtime in ("org.nacelle.Platform", "org.nacelle.Sdk"):
            self.install(self.image(runtime))
        for path, text in (("meson/meson.build", MESON), ("meson/m.c", program("WHAT")), ("what.patch", PATCH),
                           ("cmake/CMakeLists.txt", CMAKE), ("cmake/c.c", program('"plain"')),
                           ("autotools/configure.ac", CONFIGURE), ("autotools/Makefile.am", MAKEFILE),
                           ("autotools/a.c", program('"from autotools"')), ("manifest.yaml", MANIFEST)):
            write(os.path.join(self.work, path), text)
        write(os.path.join(self.work, "autotools/autogen.sh"), AUTOGEN, 0o755)
        out = os.path.join(self.work, "out.app")
        self.assertOk(self.appbuild("manifest.yaml", "-o", out, timeout=500))
        for command, expected in (("with-meson", "patched"), ("with-cmake", "edited"), ("with-autotools", "from autotools")):
            with self.subTest(command=command):
                self.assertEqual(self.assertOk(self.apprun(f"--command={command}", out)).out, expected + "\n")
        # `strip` took the symbols out.
        place = os.path.join(self.work, "unpacked")
        self.run_command(["unsquashfs", "-q", "-n", "-d", place, out], check=True)
        for command in ("with-meson", "with-cmake", "with-autotools"):
            with open(os.path.join(place, "files/bin", command), "rb") as f:
                self.assertNotIn(b".symtab", f.read())


if __name__ == "__main__":
    unittest.main()
