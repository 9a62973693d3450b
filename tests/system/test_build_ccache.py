# SPDX-License-Identifier: LGPL-2.1-or-later
"""appbuild --ccache, on a tiny SDK whose compiler and ccache are scripts: the one says when it runs, the other keeps what it wrote.  And
once with the real ones."""
import os
import re
import unittest

from builds import HELLO, BuildTest, module
from bundles import tiny_runtime_tree, write_image
from harness import BUILDDIR, write

SDK = "org.nacelle.test.Compilers"
CC = """#!/bin/sh
cat "$1" > "$2"
echo compiled $1
"""
# Called as the compiler whose name it has, like the real one.
CCACHE = """#!/bin/sh
name=${0##*/}
key=$(cat "$1" | md5sum)
if [ -f "$CCACHE_DIR/${key%% *}" ]; then
  echo hit
else
  /usr/bin/$name "$1" "$CCACHE_DIR/${key%% *}"
fi
cat "$CCACHE_DIR/${key%% *}" > "$2"
"""


class Ccache(BuildTest):
    def install_sdk(self, name, **files):
        root = os.path.join(self.folder, name)
        tree = tiny_runtime_tree(root, name)
        for applet in ("cat", "md5sum"):
            if not os.path.lexists(os.path.join(tree, "files/bin", applet)):
                os.symlink("busybox", os.path.join(tree, "files/bin", applet))
        for program, text in files.items():
            write(os.path.join(tree, "files/bin", program), text, 0o755)
        self.install(write_image(self.program("bundle-image"), tree, os.path.join(self.folder, f"{name}.runtime")))

    def manifest_of(self, *sources, sdk=SDK, **more):
        compile_all = ["echo disabled: ${CCACHE_DISABLE-no}",
                       "mkdir -p /app/objects && for f in *.c; do cc $f /app/objects/$f.o || exit 1; done", "command -v clang > /app/clang || true"]
        inline = [{"type": "inline", "dest-filename": f"{name}.c", "contents": name} for name in sources]
        return self.manifest(HELLO, module("objects", *compile_all, sources=inline, **more), sdk=sdk)

    def log(self):
        with open(os.path.join(self.state, "logs/objects.log"), encoding="utf-8") as f:
            return f.read()

    def test_only_what_is_new_is_compiled(self):
        self.install_sdk(SDK, cc=CC, ccache=CCACHE)
        self.assertOk(self.build(self.manifest_of("a", "b"), "--ccache"))
        self.assertIn("disabled: no\n", self.log())
        self.assertIn("compiled a.c\ncompiled b.c", self.log())
        with open(os.path.join(self.folder, "out.app"), "rb") as f:
            first = f.read()
        self.assertOk(self.build(self.manifest_of("a", "c"), "--ccache"))
        self.assertIn("hit\ncompiled c.c", self.log())
        self.assertEqual(self.content("objects/c.c.o"), "c")
        self.assertEqual(self.content("clang"), "")     # the SDK has none, so there seems to be none
        # Everything but what ccache keeps is gone: no module comes from the cache, nothing is compiled.
        self.run_command(["rm", "-rf", *(os.path.join(self.state, name) for name in ("cache", "changes", "images", "parts"))], check=True)
        result = self.assertOk(self.build(self.manifest_of("a", "b"), "--ccache"))
        self.assertIn("2 modules built", result.out)
        self.assertIn("hit\nhit", self.log())
        self.assertNotIn("compiled", self.log())
        with open(os.path.join(self.folder, "out.app"), "rb") as f:
            self.assertEqual(first, f.read())
        # Without the option it is not there, and the result is the same one.
        self.state += "2"
        self.assertOk(self.build(self.manifest_of("a", "b")))
        self.assertIn("compiled a.c\ncompiled b.c", self.log())
        with open(os.path.join(self.folder, "out.app"), "rb") as f:
            self.assertEqual(first, f.read())

    def test_what_a_build_system_does_with_it_without_the_option(self):
        self.install_sdk(SDK, cc=CC, ccache=CCACHE)
        self.assertOk(self.build(self.manifest_of("a")))
        self.assertIn("disabled: 1\n", self.log())
        # Whoever has a folder for it, has it.
        self.assertOk(self.build(self.manifest_of("a", **{"build-options": {"env": {"CCACHE_DIR": "/tmp/kept"}}})))
        self.assertIn("disabled: no\n", self.log())

    def test_sdk_without_it(self):
        self.install_sdk("org.nacelle.test.Plain", cc=CC)
        self.assertFails(self.build(self.manifest_of("a", sdk="org.nacelle.test.Plain"), "--ccache"), "org.nacelle.test.Plain", "has no /usr/bin/ccache")
        self.assertOk(self.build(self.manifest_of("a", sdk="org.nacelle.test.Plain")))

    def test_real_ccache(self):
        """The SDK's compiler and ccache: the second time nothing is compiled, and the result is the same to the byte."""
        names = ("one", "two", "three")
        sources = [{"type": "inline", "dest-filename": f"{name}.c", "contents": f"int {name} (void);\nint {name} (void) {{ return {i}; }}\n"}
                   for i, name in enumerate(names)]
        commands = [*(f"cc -g -O2 -c {name}.c" for name in names), "gcc -shared -o libnumbers.so one.o two.o three.o",
                    "mkdir -p /app/bin /app/lib; cp libnumbers.so /app/lib/; printf '#!/bin/sh\\n' > /app/bin/hello; chmod 755 /app/bin/hello",
                    "ccache --print-stats"]
        manifest = self.manifest(module("objects", *commands, sources=sources), runtime="org.nacelle.Sdk", sdk="org.nacelle.Sdk",
                                 **{"runtime-version": "12"})
        images = []
        for hits in (0, 3):
            self.assertOk(self.build(manifest, "--ccache", env={"NACELLE_STORE": os.path.join(BUILDDIR, "store")}))
            counted = dict(re.findall(r"^(\w+)\t(\d+)$", self.log(), re.MULTILINE))
            self.assertEqual(int(counted["direct_cache_hit"]) + int(counted["preprocessed_cache_hit"]), hits)
            self.assertEqual(counted["cache_miss"], "3")
            with open(os.path.join(self.folder, "out.app"), "rb") as f:
                images.append(f.read())
            self.run_command(["rm", "-rf", *(os.path.join(self.state, name) for name in ("cache", "changes", "images", "parts"))], check=True)
        self.assertEqual(*images)


if __name__ == "__main__":
    unittest.main()
