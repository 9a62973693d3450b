# SPDX-License-Identifier: LGPL-2.1-or-later
"""What can be said about an image: how it differs from another, and whether its manifest gives it again."""
import json
import os
import unittest

from builds import APP, HELLO, MARK, BuildTest, module

VARIANTS = ("asan",)


class Diff(BuildTest):
    def pair(self):
        first = os.path.join(self.folder, "first.app")
        second = os.path.join(self.folder, "second.app")
        share = "mkdir -p /app/share; "
        self.assertOk(self.appbuild(self.manifest(HELLO, module("a", share + "echo 12345678 > /app/share/a", "echo > /app/share/gone"),
                                                  **{"finish-args": ["--share=network", "--socket=x11"]}),
                                    "-o", first, "--state-dir", self.state))
        self.assertOk(self.appbuild(self.manifest(HELLO, module("a", share + "echo 12345x78 > /app/share/a", "ln -s a /app/share/new",
                                                                "cp /usr/bin/busybox /app/bin/hello.new"),
                                                  **{"finish-args": ["--socket=x11", "--filesystem=home"]}),
                                    "-o", second, "--state-dir", self.state))
        return first, second

    def test_permissions_and_files(self):
        first, second = self.pair()
        result = self.assertOk(self.appbuild("diff", first, second))
        self.assertIn("  - Context: shared=network\n", result.out)
        self.assertIn("  + Context: filesystems=home\n", result.out)
        self.assertNotIn("x11", result.out)
        self.assertIn("  ~ files/share/a: content from byte 5 on\n", result.out)
        self.assertIn("  - files/share/gone (1 bytes)\n", result.out)
        self.assertIn("  + files/share/new (0 bytes)\n", result.out)
        self.assertEqual(self.appbuild("diff", "--exit-code", first, second).status, 1)
        self.assertFalse([n for n in os.listdir(os.path.join(self.env["XDG_CACHE_HOME"], "nacelle")) if n.startswith("look-")])

    def test_json(self):
        first, second = self.pair()
        report = json.loads(self.assertOk(self.appbuild("diff", "--json", first, second)).out)
        self.assertIn("- Context: shared=network", report["metadata"])
        self.assertGreater(report["new-content-size"], report["old-content-size"])

    def test_the_same(self):
        self.assertOk(self.build(self.manifest(HELLO)))
        image = os.path.join(self.folder, "out.app")
        self.assertEqual(self.assertOk(self.appbuild("diff", "--exit-code", image, image)).out, "no difference\n")

    def test_damaged_image_is_refused(self):
        self.assertOk(self.build(self.manifest(HELLO)))
        image = os.path.join(self.folder, "out.app")
        with open(image, "r+b") as f:
            f.seek(300)
            f.write(b"damage")
        self.assertFails(self.appbuild("diff", image, image))


class Verify(BuildTest):
    def test_nothing_of_the_caller_gets_in(self):
        manifest = self.manifest(HELLO, module("b", "mkdir -p /app/share", "umask > /app/share/umask; pwd >> /app/share/umask",
                                               "env | sort | grep -v JOBS >> /app/share/umask", "ls -ln /app >> /app/share/umask"))
        self.assertOk(self.build(manifest))
        result = self.assertOk(self.appbuild("verify", manifest, os.path.join(self.folder, "out.app")))
        self.assertRegex(result.out, "the same: [0-9a-f]{64}\n$")
        self.assertFalse([n for n in os.listdir(os.path.join(self.env["XDG_CACHE_HOME"], "nacelle")) if n.startswith("verify-")])

    def test_difference_names_file_place_and_module(self):
        manifest = self.manifest(HELLO, module("random", MARK + "x"), module("last", "true"))
        self.assertOk(self.build(manifest))
        result = self.appbuild("verify", manifest, os.path.join(self.folder, "out.app"))
        self.assertEqual(result.status, 1)
        self.assertRegex(result.out, r"first: files/marks/x: content from byte \d+ on\nmade by module: random\n")

    def test_second_build_that_fails(self):
        good = self.manifest(HELLO)
        self.assertOk(self.build(good))
        bad = self.manifest(HELLO, module("bad", "echo reason; false"), folder=os.path.join(self.folder, "other"), id=APP)
        result = self.appbuild("verify", bad, os.path.join(self.folder, "out.app"))
        self.assertEqual(result.status, 125)
        self.assertIn("the second build", result.err)


if __name__ == "__main__":
    unittest.main()
