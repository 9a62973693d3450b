# SPDX-License-Identifier: LGPL-2.1-or-later
"""What can be said about an image: how it differs from another, and whether its manifest gives it again."""
import json
import os
import shlex
import unittest

from builds import APP, HELLO, MARK, BuildTest, module
from harness import sha256, time_limit

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
        digest = sha256(os.path.join(self.folder, "out.app"))
        told = json.loads(self.assertOk(self.appbuild("verify", "--json", manifest, os.path.join(self.folder, "out.app"))).out)
        self.assertEqual(told, {"same": True, "image-sha256": digest, "second-sha256": digest, "differences": 0, "first": None})
        self.assertFalse([n for n in os.listdir(os.path.join(self.env["XDG_CACHE_HOME"], "nacelle")) if n.startswith("verify-")])

    def test_difference_names_file_place_and_module(self):
        manifest = self.manifest(HELLO, module("random", MARK + "x"), module("last", "true"))
        self.assertOk(self.build(manifest))
        result = self.appbuild("verify", manifest, os.path.join(self.folder, "out.app"))
        self.assertEqual(result.status, 1)
        self.assertRegex(result.out, r"first: files/marks/x: content from byte \d+ on\nmade by module: random\n")
        told = json.loads(self.assertStatus(self.appbuild("verify", "--json", manifest, os.path.join(self.folder, "out.app")), 1).out)
        first = told["first"]
        self.assertEqual((told["same"], told["differences"], first["path"], first["kind"], first["module"]),
                         (False, 1, "files/marks/x", "changed", "random"))
        self.assertEqual(first["detail"], f"content from byte {first['offset']} on")
        self.assertEqual(told["image-sha256"], sha256(os.path.join(self.folder, "out.app")))
        self.assertNotEqual(told["image-sha256"], told["second-sha256"])

    @time_limit(300)
    def test_leaks(self):
        """Recipes that put into the result what another day or machine would answer: each is found, with its module."""
        leaks = {"date": "date +%F", "clock": "echo $EPOCHSECONDS", "kernel": "uname -rv", "order": "ls -U /usr/bin",
                 "python-order": "perl -e 'opendir(D, \"/usr/bin\"); print join(\"\\n\", readdir D)'", "pid": "echo $$", "random": "echo $RANDOM $RANDOM",
                 "processors": "nproc", "jobs": "echo $FLATPAK_BUILDER_N_JOBS"}
        # What the sandbox gives every build alike cannot leak, whatever the caller has.
        fixed = {"umask": "umask; touch x; stat -c %a x", "locale": "locale; echo $LANG $LC_ALL; printf 'I\\ni\\nZ\\n' | sort",
                 "path": "pwd; echo $PWD $HOME $TMPDIR $SHLVL", "zone": "date -d @0; echo $TZ", "host": "uname -n; hostname; id",
                 "terminal": "echo $TERM; tty", "environment": "env | grep -v N_JOBS | sort", "tree": "stat -c '%n %a %u %g' /app/*"}
        for runtime in ("org.nacelle.Platform", "org.nacelle.Sdk"):
            self.install(self.image(runtime))

        def modules(recipes):
            lines = [f"bash -c {shlex.quote(line)} > /app/found/{name}" for name, line in sorted(recipes.items())]
            return [module("first", "mkdir /app/found; " + lines[0]), module("others", "\n".join([*lines[1:], "true"]))]
        base = {"runtime": "org.nacelle.Platform", "sdk": "org.nacelle.Sdk", "runtime-version": "12"}
        if len(os.sched_getaffinity(0)) < 2:
            del leaks["processors"]
        for recipes, status, text in ((fixed, 0, r"the same: [0-9a-f]{64}\n$"),
                                      (leaks, 1, rf"not the same: {len(leaks)} differences\nfirst: files/found/clock: content from byte "
                                                 r"\d+ on\nmade by module: first\n$")):
            with self.subTest(status=status):
                manifest = self.manifest(HELLO, *modules(recipes), **base)
                self.assertOk(self.build(manifest))
                result = self.assertStatus(self.appbuild("verify", manifest, os.path.join(self.folder, "out.app")), status)
                self.assertRegex(result.out, text)

    def test_second_build_that_fails(self):
        good = self.manifest(HELLO)
        self.assertOk(self.build(good))
        bad = self.manifest(HELLO, module("bad", "echo reason; false"), folder=os.path.join(self.folder, "other"), id=APP)
        result = self.appbuild("verify", bad, os.path.join(self.folder, "out.app"))
        self.assertEqual(result.status, 125)
        self.assertIn("the second build", result.err)


if __name__ == "__main__":
    unittest.main()
