# SPDX-License-Identifier: LGPL-2.1-or-later
"""The key `tests`: what the finished app can do and cannot do is tried in its own sandbox before the result appears."""
import json
import os
import re
import socket

from builds import HELLO, BuildTest, module, script
from harness import write

FAILS = module("fails", *script("fails", "echo before it fails; exit 3"))
PERMISSIONS = ["--filesystem=xdg-download", "--filesystem=xdg-documents:ro", "--filesystem=xdg-music"]
# Of every kind, all true.
GOOD = [
    {"can-run": ["hello", "sh -c 'echo \"two  words\"'"], "output-lacks": ["bye", "sandbox"]},
    {"can-run": "hello", "output-contains": ["hello from", "/app/bin/hello"]},
    {"can-run": "fails", "status": 3, "output-contains": "before it fails"},
    {"cannot-run": ["no-such-program", "fails", "/app/bin"]},
    {"can-read": ["/app/bin/hello", "/usr", "~/Documents", "/.flatpak-info", "/dev/null"]},
    {"cannot-read": ["~/Documents/mine", "/etc/shadow", "~/Videos", "/root"]},
    {"can-write": ["~", "~/Downloads", "~/Downloads/new", "/tmp", "~/Music/x"]},
    {"cannot-write": ["/app", "/app/bin/hello", "/usr/x", "~/Documents", "/"]},
]


class Tested(BuildTest):
    def with_tests(self, tests, **more):
        return self.manifest(HELLO, FAILS, **{"finish-args": PERMISSIONS, "tests": tests, **more})

    def out(self):
        return os.path.join(self.folder, "out.app")

    def place(self, manifest, text):
        """FILE:LINE:COLUMN of the quoted text."""
        with open(manifest, encoding="utf-8") as f:
            for number, line in enumerate(f, 1):
                if f'"{text}"' in line:
                    return f"{manifest}:{number}:{line.index(chr(34) + text + chr(34)) + 1}"
        raise AssertionError(f"{text} is not in {manifest}")

    def test_good_ones_pass_and_are_kept(self):
        write(os.path.join(self.documents, "mine"), "of the caller")
        # The caller's own settings have no part in it.
        write(os.path.join(self.store, "overrides/global"), "[Context]\nfilesystems=!xdg-music;\n")
        self.addCleanup(os.remove, os.path.join(self.store, "overrides/global"))
        n = sum(len(texts) if isinstance(texts, list) else 1
                for entry in GOOD for key, texts in entry.items() if key.startswith("can"))
        manifest = self.with_tests(GOOD)
        result = self.assertOk(self.build(manifest, "-v"))
        self.assertIn(f"{n} tests passed\n", result.out)
        self.assertIn("== test: cannot-read: ~/Documents/mine\n", result.out)
        self.assertNotIn("tests passed", self.assertOk(self.build(manifest)).out)      # the image is the same
        self.assertIn(f"{manifest}: {n} tests passed\n", self.assertOk(self.appbuild("test", manifest, "--state-dir", self.state)).out)
        self.assertEqual(self.assertOk(self.appbuild("test", self.out())).out, f"{self.out()}: {n} tests passed\n")
        for what in (self.out(), manifest):
            told = json.loads(self.assertOk(self.appbuild("test", "--json", "-v", what, "--state-dir", self.state)).out)
            self.assertEqual(told, {"tested": what, "tests": n, "failures": []})
        self.assertEqual(os.listdir(self.documents), ["mine"])
        os.truncate(self.out(), os.path.getsize(self.out()) // 2)
        self.assertFails(self.appbuild("test", self.out()), "^appbuild: The image .*out.app ")    # and not: no manifest

    def test_failures_are_located_and_make_no_result(self):
        manifest = self.with_tests([
            {"can-run": "hello once", "output-contains": ["from", "good bye"]},
            {"can-run": ["fails once", "fails twice"], "why": "so that it works"},
            {"cannot-run": "hello thrice"},
            {"can-run": "nowhere"},
            {"cannot-read": ["/etc/shadow", "/app/bin/hello"], "can-read": ["/app/bin/helo"]},
            {"cannot-write": ["~/Downloads"], "can-write": ["~/Documents"]},
            {"can-connect": "127.0.0.1:9"},
        ])
        result = self.assertFails(self.build(manifest))
        self.assertIn("of the app's tests 10 failed:\n", result.err)
        for text, message in (
                ("good bye", r"output-contains: good bye: expected in the output of 'hello once', which is:\n    hello from /app/bin/hello"),
                ("fails once", r"can-run: fails once \(so that it works\): expected exit status 0, and its exit status is 3; "
                               r"the end of its output:\n    before it fails"),
                ("fails twice", r"can-run: fails twice "), ("nowhere", r"can-run: nowhere: .*127"),
                ("hello thrice", r"cannot-run: hello thrice: expected that it is not there or fails, and it ran"),
                ("/app/bin/hello", r"cannot-read: /app/bin/hello: expected that it cannot be done, and it can"),
                ("/app/bin/helo", r"can-read: /app/bin/helo: .*No such file"),
                ("~/Downloads", r"cannot-write: ~/Downloads: "), ("~/Documents", r"can-write: ~/Documents: .*Read-only"),
                ("127.0.0.1:9", r"can-connect: 127.0.0.1:9: .*(refused|unreachable)")):      # its own loopback, where nobody listens
            self.assertRegex(result.err, re.escape(self.place(manifest, text)) + ": " + message)
        self.assertFalse(os.path.exists(self.out()))
        # That the image is kept for the next build does not make it good.
        self.assertIn("tests 10 failed", self.assertFails(self.build(manifest)).err)
        self.assertFalse(os.path.exists(self.out()))
        self.assertOk(self.build(manifest, "--no-tests"))
        self.assertTrue(os.path.exists(self.out()))
        self.assertIn("tests 10 failed", self.assertFails(self.build(manifest)).err)
        self.assertRegex(self.assertFails(self.appbuild("test", self.out())).err, r"out.app/manifest.json:\d+:\d+: can-run: nowhere: ")
        told = json.loads(self.assertFails(self.appbuild("test", "--json", manifest, "--state-dir", self.state), "tests 10 failed").out)
        self.assertEqual((told["tests"], len(told["failures"])), (11, 10))
        one = next(failure for failure in told["failures"] if failure["text"] == "fails twice")
        self.assertEqual((f"{one['file']}:{one['line']}:{one['column']}", one["test"]), (self.place(manifest, "fails twice"), "can-run"))
        self.assertIn("expected exit status 0", one["message"])

    def test_connections(self):
        server = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(server.close)
        peer = f"127.0.0.1:{server.getsockname()[1]}"
        shared = self.with_tests([{"can-connect": peer}], **{"finish-args": ["--share=network"]})
        self.assertOk(self.build(shared))
        alone = self.with_tests([{"cannot-connect": [peer, "192.0.2.1:80", "[2001:db8::1]:80", "@none", "/run/none"]}])
        self.assertOk(self.build(alone))
        shared = self.with_tests([{"cannot-connect": peer}], **{"finish-args": ["--share=network"]})
        self.assertIn(f"cannot-connect: {peer}: expected that it cannot be done, and it can", self.assertFails(self.build(shared)).err)

    def test_wrong_entries_are_told_before_the_build(self):
        for entry, message in (({"can-raed": "/"}, 'did you mean "can-read"'), ({"can-read": "etc"}, "is a relative path"),
                               ({"status": 3}, "tries nothing"), ({"can-read": "/", "output-lacks": "x"}, "this entry has none"),
                               ({"can-run": "sh -c 'x"}, "is no command"), ({"can-connect": "example.org:80"}, "numeric address"),
                               ({"can-run": "x", "status": 256}, "from 0 to 255"), ("can-run", "maps in its list")):
            result = self.assertFails(self.build(self.with_tests([entry])))
            self.assertRegex(result.err, r"json:\d+:\d+: error: (?s:.*)" + message)
        self.assertFalse(os.path.exists(self.state))
        self.assertOk(self.build(self.manifest(HELLO)))
        self.assertIn("has no tests", self.assertFails(self.appbuild("test", self.out())).err)
