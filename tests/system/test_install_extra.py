# SPDX-License-Identifier: LGPL-2.1-or-later
"""Extra data: files that come when an app is installed."""
import configparser
import hashlib
import os
import unittest

from builds import APP, BuildTest, module, read
from harness import ARCH, app_tree, write, write_image

CONTENT = "part one of the payload\n" * 100
UNPACK = """#!/bin/sh
set -e
cat payload > unpacked
pwd >> report
ls / >> report
cat /proc/net/dev >> report 2>&1 || true
touch /app/x >> report 2>&1 || echo read-only >> report
[ -n "$SSH_AUTH_SOCK$XDG_RUNTIME_DIR" ] && echo leak >> report
ls /usr/bin/busybox >> report 2>&1 || echo no runtime >> report
rm payload
chmod 6777 unpacked
mkdir made; chmod 700 made
"""


class ExtraData(BuildTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.www = cls._folder("www", 0o755)
        write(os.path.join(cls.www, "payload-1.bin"), CONTENT)
        cls.server = cls.nginx(cls.www)

    def extra(self, **changes):
        return {"type": "extra-data", "filename": "payload", "url": f"{self.server.url}/payload-1.bin", "size": len(CONTENT),
                "sha256": hashlib.sha256(CONTENT.encode()).hexdigest(), **changes}

    def app(self, *sources, unpack=UNPACK, **keys):
        """The image of an app with these files."""
        commands = ["mkdir -p /app/bin", "printf '#!/bin/sh\\nexec \"$@\"\\n' > /app/bin/hello", "chmod 755 /app/bin/hello"]
        files = []
        if unpack is not None:
            files = [{"type": "inline", "dest-filename": "apply_extra", "contents": unpack}]
            commands += ["cp apply_extra /app/bin", "chmod 755 /app/bin/apply_extra"]
        self.assertOk(self.build(self.manifest(module("app", *commands, sources=[*files, *sources]), **keys)))
        return os.path.join(self.folder, "out.app")

    def refused(self, image, *patterns):
        """The installation fails, and leaves nothing of the app."""
        self.assertFails(self.apprun("install", image), *patterns)
        self.assertFalse(os.path.lexists(os.path.join(self.store, "app", APP, ARCH, "master", "active")))
        self.assertEqual(os.listdir(os.path.join(self.store, ".staging")), [])

    def tearDown(self):
        self.apprun("uninstall", APP)

    def test_downloaded_checked_unpacked_and_shown(self):
        image = self.app(self.extra())
        metadata = configparser.RawConfigParser(delimiters=("=",), strict=True)
        metadata.read_string(read(os.path.join(self.unpacked(), "metadata")))
        self.assertEqual(metadata["Extra Data"]["name"], "payload")
        self.assertOk(self.apprun("install", image, env={"SSH_AUTH_SOCK": "/x"}))
        result = self.apprun(APP, "sh", "-c", "ls -l /app/extra; cat /app/extra/unpacked; ! touch /app/extra/x")
        self.assertOk(result)
        self.assertIn(CONTENT, result.out)
        self.assertRegex(result.out, r"drwxr-xr-x .* made\n-rw-r--r-- .* report\n-rwxr-xr-x .* unpacked\n")
        report = self.apprun(APP, "cat", "/app/extra/report").out.split("\n")
        self.assertEqual(report[0], "/app/extra")
        self.assertEqual([line for line in report if line in ("proc", "home", "run", "leak", "no runtime")], [])
        self.assertIn("/usr/bin/busybox", report)
        self.assertTrue(any("Read-only file system" in line for line in report), report)
        self.assertTrue(any("/proc/net/dev" in line and "No such file" in line for line in report), report)

    def test_without_a_program_and_for_one_architecture(self):
        other = self.extra(filename="other", **{"only-arches": ["none"]})
        image = self.app(other, self.extra(), unpack=None)
        self.assertOk(self.apprun("install", image))
        self.assertEqual(self.apprun(APP, "sh", "-c", "cd /app/extra; ls; cat payload").out, f"payload\n{CONTENT}")

    def test_as_finish_arg_and_without_the_runtime(self):
        digest = hashlib.sha256(CONTENT.encode()).hexdigest()
        argument = f"--extra-data=payload:{digest}:{len(CONTENT)}::{self.server.url}/payload-1.bin"
        image = self.app(unpack="#!/usr/bin/sh\n", **{"finish-args": [argument, "--metadata=Extra Data=NoRuntime=true"]})
        self.refused(image, r"cannot run the app's apply_extra: .*apply_extra")

    def test_must_be_installed_before_it_runs(self):
        image = self.app(self.extra())
        self.assertFails(self.apprun(image, "true"), "needs files that are downloaded when it is installed; first \"apprun install")
        self.assertFails(self.build(os.path.join(self.folder, f"{APP}.json"), "--install"), "which only \"apprun install\" brings")

    def test_what_is_not_as_told_is_refused(self):
        for changes, pattern in (
                ({"sha256": "0" * 64}, r"its SHA-256 is [0-9a-f]{64}, and the app says 0{64}"),
                ({"size": len(CONTENT) - 1}, r"the server sends more than the \d+ bytes"),
                ({"size": len(CONTENT) + 1}, rf"it has {len(CONTENT)} bytes, and the app says {len(CONTENT) + 1}"),
                ({"url": f"{self.server.url}/missing"}, r"cannot take the extra data payload from http.*: the server answered 404")):
            with self.subTest(changes=changes):
                self.refused(self.app(self.extra(**changes)), pattern)

    def test_failing_program_fails_the_installation(self):
        self.refused(self.app(self.extra(), unpack="#!/bin/sh\necho some words >&2; exit 9\n"),
                     r"some words\n", r"its program apply_extra ended with status 9")
        self.refused(self.app(self.extra(), unpack="#!/bin/sh\nmkfifo pipe\n"), r"made 'pipe' of its extra data, which is neither")

    def test_GHSA_fqx6_vh4p_42cg_names_and_links(self):
        """Extra data goes nowhere but into its own folder."""
        digest = hashlib.sha256(CONTENT.encode()).hexdigest()
        for name in ("..", ".", "../x", "a/b", "/x", ""):
            with self.subTest(name=name):
                text = f"\n[Extra Data]\nname={name}\nuri={self.server.url}/payload-1.bin\nsize={len(CONTENT)}\nchecksum={digest}\n"
                image = self.app_image("org.nacelle.test.Evil", extra=text, files={"extra/.keep": ""})
                self.assertFails(self.apprun("install", image), r"the extra data is refused: \".*\" is no name of a file")
        for key, value, pattern in (("uri", "file:///etc/passwd", "must begin with http"), ("size", "0", "it has no size"),
                                    ("checksum", "0", "it has no SHA-256"), ("uri", "http://x/ y", "must begin with http")):
            with self.subTest(key=key, value=value):
                keys = {"name": "p", "uri": f"{self.server.url}/payload-1.bin", "size": len(CONTENT), "checksum": digest, key: value}
                text = "\n[Extra Data]\n" + "".join(f"{k}={v}\n" for k, v in keys.items())
                self.assertFails(self.apprun("install", self.app_image("org.nacelle.test.Evil", extra=text)), pattern)
        canary = os.path.join(self.folder, "canary")
        os.mkdir(canary)
        keys = {"name": "p", "uri": f"{self.server.url}/payload-1.bin", "size": len(CONTENT), "checksum": digest}
        tree = os.path.join(self.folder, "tree")
        app_tree(tree, APP, extra="\n[Extra Data]\n" + "".join(f"{k}={v}\n" for k, v in keys.items()))
        os.symlink(canary, os.path.join(tree, "files/extra"))
        image = write_image(self.program("bundle-image"), tree, os.path.join(self.folder, "link.app"))
        self.assertFails(self.apprun("install", image), 'has extra data, and no folder "extra" to show it in')
        self.assertEqual(os.listdir(canary), [])
        os.unlink(os.path.join(tree, "files/extra"))
        os.mkdir(os.path.join(tree, "files/extra"))
        self.assertOk(self.apprun("install", write_image(self.program("bundle-image"), tree, image)))

    def test_published_and_installed_from_a_repository(self):
        self.app(self.extra())
        repo = os.path.join(self.folder, "repo")
        self.assertOk(self.build(os.path.join(self.folder, f"{APP}.json"), "--repo", repo))
        shown = self.run_command(["ostree", f"--repo={repo}", "show", "--print-metadata-key=xa.extra-data-sources",
                                  f"app/{APP}/{ARCH}/master"], check=True).out
        self.assertIn("payload", shown)
        self.assertOk(self.apprun("remote", "add", "--no-gpg-verify", "extra", f"file://{repo}"))
        self.assertOk(self.apprun("install", "extra", APP))
        self.assertEqual(self.apprun(APP, "cat", "/app/extra/unpacked").out, CONTENT)


if __name__ == "__main__":
    unittest.main()
