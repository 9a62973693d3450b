# SPDX-License-Identifier: LGPL-2.1-or-later
"""appbuild end to end: what comes out, what is built again, what is cleaned up, what a failure shows."""
import glob
import json
import os
import re
import unittest

from builds import APP, HELLO, MARK, BuildTest, module, read
from harness import ARCH, SystemTest, sha256, write

VARIANTS = ("asan",)


class Help(SystemTest):
    def test_help_fits_a_screen(self):
        for arguments in (["--help"], *([verb, "--help"] for verb in (
                "build", "lock", "fetch", "bundle-sources", "check", "plan", "why", "run", "diff", "verify", "gc"))):
            result = self.assertOk(self.appbuild(*arguments))
            self.assertLessEqual(len(result.out.splitlines()), 24, arguments)
            self.assertLessEqual(max(map(len, result.out.splitlines())), 80, result.out)
            self.assertEqual(result.err, "")

    def test_other_words_for_verbs(self):
        for word, verb in (("clean", "gc"), ("lint", "check"), ("download", "fetch"), ("biuld", "build")):
            self.assertFails(self.appbuild(word), f"did you mean '{verb}'", status=125)

    def test_version(self):
        self.assertRegex(self.assertOk(self.appbuild("--version")).out, r"^appbuild \d+\.\d+")


class Chain(BuildTest):
    def test_built_app_runs(self):
        self.assertOk(self.build(self.manifest(HELLO)))
        result = self.assertOk(self.apprun(os.path.join(self.folder, "out.app")))
        self.assertEqual(result.out, "hello from /app/bin/hello\n")

    def test_default_output_is_in_the_current_folder(self):
        manifest = self.manifest(HELLO)
        self.assertOk(self.appbuild(manifest, cwd=self.folder))
        self.assertOk(self.apprun(os.path.join(self.folder, f"{APP}.app")))
        states = glob.glob(os.path.join(self.env["XDG_CACHE_HOME"], "nacelle/build", f"{APP}-*"))
        self.assertEqual(len(states), 1)

    def test_install(self):
        self.assertOk(self.appbuild(self.manifest(HELLO), "--install", "--state-dir", self.state, cwd=self.folder))
        self.assertFalse(os.path.exists(os.path.join(self.folder, f"{APP}.app")))
        self.assertEqual(self.assertOk(self.apprun(APP)).out, "hello from /app/bin/hello\n")

    def test_publish(self):
        repo = os.path.join(self.folder, "repo")
        self.assertOk(self.appbuild(self.manifest(HELLO), "--repo", repo, "--state-dir", self.state, cwd=self.folder))
        refs = glob.glob(os.path.join(repo, "refs/heads/app", APP, ARCH, "*"))
        self.assertEqual(len(refs), 1)
        # An image made earlier is as good a source as the tree.
        self.assertOk(self.build(self.manifest(HELLO)))
        again = self.assertOk(self.build(self.manifest(HELLO), "--repo", repo))
        self.assertIn("0 modules built", again.out)
        self.assertIn("as commit", again.out)
        told = json.loads(self.assertOk(self.build(self.manifest(HELLO), "--repo", repo, "--json", "-v")).out)
        with open(refs[0], encoding="ascii") as f:
            self.assertEqual(told["commit"], f.read().strip())
        out = os.path.join(self.folder, "out.app")
        self.assertEqual((told["ref"], told["built"], told["unchanged"], told["image"], told["image-size"], told["image-unchanged"]),
                         (f"app/{APP}/{ARCH}/master", 0, 1, out, os.path.getsize(out), True))
        self.assertFails(self.build(self.manifest(HELLO, module("bad", "false")), "--json"), "bad")

    def test_sources_are_in_the_build_folder(self):
        write(os.path.join(self.folder, "tree/sub/a.txt"), "from a folder\n")
        write(os.path.join(self.folder, "b.txt"), "from a file\n")
        sources = [{"type": "dir", "path": "tree"}, {"type": "file", "path": "b.txt", "dest": "other"},
                   {"type": "script", "commands": ["echo run"], "dest-filename": "run.sh"}]
        show = module("show", "mkdir -p /app/share", "cat sub/a.txt other/b.txt > /app/share/all", "sh run.sh >> /app/share/all",
                      "pwd >> /app/share/all", sources=sources)
        self.assertOk(self.build(self.manifest(HELLO, show)))
        self.assertEqual(self.content("share/all"), "from a folder\nfrom a file\nrun\n/run/build/show\n")

    def test_exports_carry_the_id(self):
        share = "/app/share/applications"
        desktop = module("desktop", f"mkdir -p {share}", f"echo '[Desktop Entry]' > {share}/{APP}.desktop", f"echo b > {share}/firefox.desktop",
                         f"ln -s /etc/passwd {share}/{APP}.link.desktop")
        result = self.assertOk(self.build(self.manifest(HELLO, desktop)))
        self.assertRegex(result.err, "not exported: share/applications/firefox.desktop")
        exported = os.path.join(self.unpacked(), "export/share/applications")
        self.assertEqual(os.listdir(exported), [f"{APP}.desktop"])


class Cache(BuildTest):
    def marks(self):
        place = os.path.join(self.unpacked(), "files/marks")
        return {name: read(os.path.join(place, name)) for name in os.listdir(place)}

    def modules(self, change=""):
        return (HELLO, module("one", MARK + "one"), module("two", MARK + "two", change or "true"), module("three", MARK + "three"))

    def test_changed_module_and_later_ones_are_built_again(self):
        result = self.assertOk(self.build(self.manifest(*self.modules())))
        self.assertIn("4 modules built, 0 unchanged", result.out)
        first = self.marks()
        result = self.assertOk(self.build(self.manifest(*self.modules("echo changed"))))
        self.assertIn("2 modules built, 2 unchanged", result.out)
        second = self.marks()
        self.assertEqual(first["one"], second["one"])
        self.assertNotEqual(first["two"], second["two"])
        self.assertNotEqual(first["three"], second["three"])
        # And back: both states are kept.
        result = self.assertOk(self.build(self.manifest(*self.modules())))
        self.assertIn("0 modules built, 4 unchanged", result.out)
        self.assertEqual(self.marks(), first)

    def test_nothing_to_do_touches_nothing(self):
        manifest = self.manifest(*self.modules())
        self.assertOk(self.build(manifest))
        out = os.path.join(self.folder, "out.app")
        before = os.stat(out)
        result = self.assertOk(self.build(manifest))
        self.assertIn("0 modules built, 4 unchanged", result.out)
        self.assertIn("unchanged:", result.out)
        after = os.stat(out)
        self.assertEqual((before.st_ino, before.st_mtime_ns), (after.st_ino, after.st_mtime_ns))

    def test_manifests_that_share_a_state_folder_keep_their_images(self):
        manifest = self.manifest(*self.modules())
        other = self.manifest(HELLO, folder=os.path.join(self.folder, "other"), id=APP + ".Other")
        self.assertOk(self.build(manifest))
        self.assertOk(self.build(other))
        for i in range(2):
            self.assertNotIn("writing the image", self.assertOk(self.build(manifest)).out)
            self.assertNotIn("writing the image", self.assertOk(self.build(other)).out)

    def test_source_content_counts(self):
        source = write(os.path.join(self.folder, "a.txt"), "1")
        copy = module("copy", "mkdir -p /app/share && cp a.txt /app/share", sources=[{"type": "file", "path": "a.txt"}])
        manifest = self.manifest(HELLO, copy)
        self.assertOk(self.build(manifest))
        os.utime(source, (1, 1))                    # a new time is not a new content
        self.assertIn("0 modules built", self.assertOk(self.build(manifest)).out)
        write(source, "2")
        self.assertIn("1 module built, 1 unchanged", self.assertOk(self.build(manifest)).out)
        self.assertEqual(self.content("share/a.txt"), "2")

    def test_damaged_image_is_made_again(self):
        manifest = self.manifest(*self.modules())
        self.assertOk(self.build(manifest))
        good = sha256(os.path.join(self.folder, "out.app"))
        [image] = glob.glob(os.path.join(self.state, "images/*"))
        for path in (image, os.path.join(self.folder, "out.app")):
            with open(path, "r+b") as f:
                f.seek(200)
                f.write(b"damage")
        self.assertIn("0 modules built, 4 unchanged", self.assertOk(self.build(manifest)).out)
        self.assertEqual(sha256(os.path.join(self.folder, "out.app")), good)

    def test_result_beside_its_sources_is_no_source(self):
        everything = module("all", "mkdir -p /app/share && ls -R > /app/share/all", sources=[{"type": "dir", "path": "."}])
        manifest = self.manifest(HELLO, everything)
        self.assertOk(self.build(manifest))
        self.assertNotIn("state", self.content("share/all").split())
        self.run_command(["rm", "-rf", os.path.join(self.folder, "unpacked")], check=True)
        self.assertIn("0 modules built, 2 unchanged", self.assertOk(self.build(manifest)).out)

    def test_another_sdk_builds_everything_again(self):
        manifest = self.manifest(HELLO)
        self.assertOk(self.build(manifest))
        self.install(self.tiny_runtime(branch="2"))
        other = self.manifest(HELLO, **{"runtime-version": "2"})
        self.assertIn("1 module built", self.assertOk(self.build(other)).out)


class Cleanup(BuildTest):
    def files(self):
        root = os.path.join(self.unpacked(), "files")
        return sorted(os.path.relpath(os.path.join(d, n), root) for d, names, leaves in os.walk(root) for n in leaves
                      if n not in ("manifest.json", "sbom.spdx.json"))

    def test_patterns_and_commands(self):
        first = module("first", "mkdir -p /app/include/sub /app/lib", "echo > /app/include/sub/a.h", "echo > /app/lib/a.la",
                       "echo > /app/lib/a.keep", cleanup=["*.drop"])
        second = module("second", "echo > /app/lib/b.drop", "echo > /app/lib/c.mine", cleanup=["*.mine", "*.keep"])
        self.assertOk(self.build(self.manifest(
            HELLO, first, second, cleanup=["/include", "*.la"],
            **{"cleanup-commands": ["echo > /app/lib/by-command", "test -e /app/include/sub/a.h"]})))
        # *.drop belongs to the first module, which made none; *.keep to the second, which didn't make a.keep.
        self.assertEqual(self.files(), ["bin/hello", "lib/a.keep", "lib/b.drop", "lib/by-command"])
        self.assertFalse(os.path.exists(os.path.join(self.unpacked(), "files/include")))

    def test_patterns_of_cached_modules_still_apply(self):
        trash = module("trash", "mkdir -p /app/lib", "echo > /app/lib/a.la")
        self.assertOk(self.build(self.manifest(HELLO, trash)))
        self.assertEqual(self.files(), ["bin/hello", "lib/a.la"])
        result = self.assertOk(self.build(self.manifest(HELLO, trash, cleanup=["*.la"])))
        self.assertIn("0 modules built", result.out)
        self.assertEqual(self.files(), ["bin/hello"])

    def test_failing_cleanup_command(self):
        manifest = self.manifest(HELLO, **{"cleanup-commands": ["echo reason; exit 5"]})
        self.assertFails(self.build(manifest), r"cleanup-commands\[1\]", "exit status 5", "reason", status=125)


class Failures(BuildTest):
    def test_failure_names_module_step_command_status_and_log(self):
        noise = "for i in $(seq 100); do echo line $i; done; echo on stderr >&2; exit 3"
        result = self.build(self.manifest(HELLO, module("broken", "true", noise)))
        log = os.path.join(self.state, "logs/broken.log")
        self.assertFails(result, "broken", r"build-commands\[2\]", re.escape("exit 3"), "exit status 3", "line 100", "on stderr",
                         re.escape(log), status=125)
        self.assertNotRegex(result.err, r"line 10\n")          # the end only
        self.assertIn("line 10\n", read(log))
        self.assertFalse(os.path.exists(os.path.join(self.folder, "out.app")))
        self.assertEqual(os.listdir(os.path.join(self.state, "logs")).count("hello.log"), 1)
        # What was finished stays finished.
        result = self.assertOk(self.build(self.manifest(HELLO, module("broken", "true"))))
        self.assertIn("1 module built, 1 unchanged", result.out)

    def test_output_is_shown_only_when_asked_for(self):
        manifest = self.manifest(HELLO, module("chatty", "echo from the build", "printf '\\033[31mred\\n'"))
        self.assertNotIn("from the build", self.assertOk(self.build(manifest)).out)
        manifest = self.manifest(HELLO, module("chatty", "echo from the build ", "printf '\\033[31mred\\n'"))
        result = self.assertOk(self.build(manifest, "-v"))
        self.assertIn("\nfrom the build\n", result.out)
        self.assertNotIn("\033[31m", result.out)

    def test_command_that_a_signal_ends(self):
        self.assertFails(self.build(self.manifest(module("victim", "kill -SEGV $$"))), "victim", "signal 11|status 139", status=125)

    def test_failed_build_leaves_no_work(self):
        self.assertFails(self.build(self.manifest(module("broken", "mkdir -p /app/a/b; chmod 0 /app/a; chmod 0 . ; exit 1"))))
        self.assertFalse(os.path.exists(os.path.join(self.state, "work")))

    def test_missing_runtime(self):
        result = self.build(self.manifest(HELLO, runtime="org.nacelle.test.Nowhere", sdk="org.nacelle.test.Nowhere"))
        self.assertFails(result, f"org.nacelle.test.Nowhere/{ARCH}/1", "install", status=125)

    def test_missing_command(self):
        self.assertFails(self.build(self.manifest(module("empty", "true"))), "command 'hello' does not exist", status=125)
        plain = module("plain", "mkdir -p /app/bin; echo > /app/bin/hello")
        self.assertFails(self.build(self.manifest(plain)), "not executable", status=125)
        # A command of the runtime will do.
        self.assertOk(self.build(self.manifest(module("empty", "true"), command="sh")))

    def test_no_command(self):
        install = "mkdir -p /app/bin; for name in %s; do printf '#!/bin/sh\\necho this is $0\\n' >/app/bin/$name; chmod 755 /app/bin/$name; done"
        result = self.assertOk(self.build(self.manifest(module("one", install % "one", "echo >/app/bin/README"), command=None)))
        self.assertRegex(result.err, "names no command; 'one' is taken")
        self.assertEqual(self.assertOk(self.apprun(os.path.join(self.folder, "out.app"))).out, "this is /app/bin/one\n")
        for names, said in (("two one", "2 programs, such as 'one' and 'two'.*command: one"), ("", "no module installed a program.*nothing to run")):
            self.assertRegex(self.assertOk(self.build(self.manifest(module("some", install % names), command=None))).err, said)
            self.assertFails(self.apprun(os.path.join(self.folder, "out.app")), "no command")

    def test_failures_that_the_sandbox_explains(self):
        for command, said in (("no-such-program", "has to come from the SDK"), ("echo >/usr/x", "below .FLATPAK_DEST"),
                              ("echo wget: unable to resolve host address; exit 4", "has no network.*sources"), ("exit 3", None)):
            result = self.assertFails(self.build(self.manifest(module("broken", command))), "exit status", status=125)
            self.assertRegex(result.err.splitlines()[-1], said or "^the whole log|no output|logs/broken.log")
        missing = {"name": "it", "buildsystem": "simple", "sources": [{"type": "file", "path": "nowhere"}]}
        self.assertFails(self.build(self.manifest(missing)), r"\.json:\d+: source of module 'it': cannot open .*nowhere", status=125)

    def test_socket_in_the_result(self):
        self.assertFails(self.build(self.manifest(HELLO, module("odd", "mkfifo /app/pipe"))), "'pipe'", "odd", status=125)

    def test_state_folder_must_be_ours(self):
        other = os.path.join(self.folder, "other")
        write(os.path.join(other, "work/precious"), "mine")
        result = self.appbuild(self.manifest(HELLO), "--state-dir", other, cwd=self.folder)
        self.assertFails(result, "is not empty", "--state-dir", status=125)
        self.assertEqual(os.listdir(other), ["work"])
        self.assertTrue(os.path.exists(os.path.join(other, "work/precious")))

    def test_bad_command_lines(self):
        manifest = self.manifest(HELLO)
        for arguments in ((), ("a", "b"), ("--no-such-option", manifest), (manifest, "-j", "-3"), (manifest, "-j", "x"),
                          (manifest, "--compression", "99"), (manifest, "--gpg-sign", "KEY"), ("no-such-file.yaml",),
                          ("build",), ("plan",), ("check",), ("lock",), ("fetch",), (manifest, "-o", "/no/such/folder/x.app"), (manifest, "-o", self.folder),
                          (self.folder,), ("/dev/null",), (manifest, "--arch", "../x"), (manifest, "--state-dir", "/proc")):
            with self.subTest(arguments=arguments):
                self.assertFails(self.appbuild(*arguments, cwd=self.folder), "^appbuild: |error: ")


if __name__ == "__main__":
    unittest.main()
