# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a build makes beside its result (a second runtime, extensions made of a part of it), and what it may write that is no part of it:
the same manifest by flatpak-builder and by us gives the same refs, the same trees, the same metadata."""

import configparser
import json
import os
import unittest

from builds import module, read
from flatpaks import FlatpakTest, installed
from harness import tree, write

RUNTIME = """[Runtime]
name={0}
runtime=org.test.RichPlatform/{1}/1
sdk=org.test.RichSdk/{1}/1
"""
POINTS = """
[Extension org.test.RichSdk.Tool]
directory=lib/tool

[Extension org.test.RichSdk.GL]
directory=lib/gl
subdirectories=true
versions=1;2

[Extension org.test.RichSdk.Other]
directory=lib/other
autodelete=true
"""
PLATFORM_POINTS = """
[Extension org.test.RichPlatform.Codec]
directory=lib/codec
"""
# Ours alone, and what a deployment of theirs has besides its commit.
OWN = ("manifest.json", "sbom.spdx.json", "metadata", ".ref", "passwd", "group", "machine-id", "resolv.conf")
BASE = {"runtime": "org.test.RichPlatform", "runtime-version": "1", "sdk": "org.test.RichSdk", "appstream-compose": False}


def groups(path):
    parser = configparser.RawConfigParser(delimiters=("=",), comment_prefixes=("#",), strict=False, interpolation=None)
    parser.optionxform = str
    parser.read_string(read(path))
    return {name: dict(parser[name]) for name in parser.sections() if not name.startswith("Nacelle")}


@unittest.skipUnless(installed(), "flatpak-builder is not installed")
class Platform(FlatpakTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        of = "\n[ExtensionOf]\nref=runtime/{0}/" + cls.arch + "/1\n"
        extensions = {"RichSdk.Tool": "org.test.RichSdk", "RichPlatform.Codec": "org.test.RichPlatform"}
        for name, more in (("RichSdk", POINTS), ("RichPlatform", PLATFORM_POINTS), *((name, of.format(to)) for name, to in extensions.items())):
            full = f"org.test.{name}"
            write(os.path.join(cls.place, name, "files", f"of-{name}"), name)
            write(os.path.join(cls.place, name, "files/etc/x"), "")
            write(os.path.join(cls.place, name, "files/share/locale/fr", f"{name}.mo"), name)
            metadata = f"[Runtime]\nname={full}\n" if name in extensions else RUNTIME.format(full, cls.arch)
            cls.export(name, metadata + more, "1", "-r", "--files=files", "--metadata=metadata")
        cls.names = ["org.test.RichSdk", "org.test.RichPlatform", *(f"org.test.{name}" for name in extensions)]
        cls.flatpak("flatpak", "--user", "install", "-y", "--noninteractive", "test", *(f"{name}//1" for name in cls.names))

    def setUp(self):
        self.folder = os.path.join(self.place, self._testMethodName)
        os.makedirs(self.folder)
        self.apprun("remote", "add", "--no-gpg-verify", "beside", f"file://{self.place}/repo")
        for name in self.names:
            self.assertOk(self.apprun("install", "beside", f"{name}//1"))

    def manifest(self, *modules, **keys):
        return write(os.path.join(self.folder, "manifest.json"), json.dumps({**BASE, "modules": [*modules], **keys}))

    def ours(self, manifest, *options):
        return self.appbuild(manifest, "--state-dir", f"{self.folder}/our-state", *options)

    def commits(self, repo):
        result = {}
        for ref in self.run_command(["ostree", f"--repo={repo}", "refs"], check=True).out.split():
            place = f"{repo}-{ref.replace('/', '-')}"
            self.run_command(["ostree", f"--repo={repo}", "checkout", "-U", ref, place], check=True)
            result[ref] = place
        return result

    def compare(self, *modules, **keys):
        """The same manifest by both; {ref: folder of our result}."""
        manifest = self.manifest(*modules, **keys)
        self.flatpak_builder(self.folder, manifest, f"--repo={self.folder}/their-repo")
        self.assertOk(self.ours(manifest, "--repo", f"{self.folder}/our-repo", "--extras=locale"))
        ours, theirs = (self.commits(f"{self.folder}/{repo}") for repo in ("our-repo", "their-repo"))
        self.assertEqual(sorted(ours), sorted(theirs))
        for ref, place in ours.items():
            mine, other = tree(place), tree(theirs[ref])
            for own in [path for path in {**mine, **other} if path.split("/")[-1] in OWN]:
                mine.pop(own, None)
                other.pop(own, None)
            with self.subTest(ref):
                self.assertSameTree(other, mine)
                self.assertEqual(groups(os.path.join(place, "metadata")), groups(os.path.join(theirs[ref], "metadata")))
        return ours

    FILL = ("mkdir -p /usr/include /usr/lib/codec2 /usr/share/gone /usr/only-dev /usr/share/locale/de /usr/lib/debug && "
            "touch /usr/lib/l.a /usr/lib/l.so /usr/share/gone/x /usr/only-dev/y /usr/lib/codec2/c /usr/lib/debug/d /usr/include/i.h",
            "echo t > /usr/share/locale/de/a.mo && ln -s l.so /usr/lib/l.so.1 && rm /usr/of-RichSdk && echo new > /usr/shared",
            "ls /usr/lib > /usr/seen && ls -a /app >> /usr/seen")

    def test_sdk_and_platform(self):
        metadata = "metadata.in"
        keys = {"id": "org.test.New.Sdk", "id-platform": "org.test.New.Platform", "branch": "3", "build-runtime": True,
                "sdk-extensions": ["org.test.RichSdk.Tool"], "platform-extensions": ["org.test.RichPlatform.Codec"],
                "inherit-extensions": ["org.test.RichSdk.GL"], "inherit-sdk-extensions": ["org.test.RichSdk.Other"],
                "add-extensions": {"org.test.New.Sdk.E": {"directory": "lib/e"},
                                   "org.test.New.Platform.F": {"directory": "lib/codec2", "bundle": True}},
                "cleanup": ["/share/gone"], "cleanup-platform": ["/include", "*.a"], "cleanup-commands": ["echo c > /usr/by-cleanup"],
                "prepare-platform-commands": ["echo old > /usr/shared && echo $FLATPAK_ID > /usr/prepared",
                                              "touch /usr/at-first && ls /usr | sed /json/d > /usr/at-first"],
                "cleanup-platform-commands": ["touch /usr/at-last && ls /usr | sed /json/d > /usr/at-last",
                                              "cat /usr/shared >> /usr/at-last && rm /usr/bin/ln"],
                "finish-args": ["--env=A=B"]}
        ours = self.compare(module("m", *self.FILL, **{"cleanup-platform": ["/only-dev"]}), **keys)
        platform = os.path.join(ours[f"runtime/org.test.New.Platform/{self.arch}/3"], "files")
        self.assertEqual(read(os.path.join(platform, "prepared")), "org.test.New.Platform\n")
        self.assertIn("new\n", read(os.path.join(platform, "at-last")))
        self.assertTrue(os.path.exists(os.path.join(platform, "lib/codec/of-RichPlatform.Codec")))
        # Our own ways: images, which are kept, and installing.
        manifest = os.path.join(self.folder, "manifest.json")
        image = os.path.join(self.folder, "sdk.runtime")
        result = self.assertOk(self.ours(manifest, "-o", image))
        for name in ("org.test.New.Platform", "org.test.New.Platform.F"):
            self.assertIn(f"wrote {self.folder}/{name}.runtime", result.out)
            os.unlink(f"{self.folder}/{name}.runtime")
        result = self.assertOk(self.ours(manifest, "-o", image, "--install"))
        self.assertIn("unchanged:", result.out)
        self.assertIn(f"installed runtime/org.test.New.Platform/{self.arch}/3", result.out)
        listed = self.assertOk(self.apprun("list")).out
        for name in ("org.test.New.Sdk", "org.test.New.Platform", "org.test.New.Platform.F"):
            self.assertRegex(listed, rf"(?m)^{name} ")
        # A file instead of metadata that is made.
        write(os.path.join(self.folder, metadata), "[Runtime]\nname=org.test.New.Platform\nsdk=a.b.c/d/e\n")
        again = self.manifest(module("m", *self.FILL), **{**keys, "metadata-platform": metadata})
        self.assertOk(self.ours(again, "--repo", f"{self.folder}/second-repo"))
        text = self.run_command(["ostree", f"--repo={self.folder}/second-repo", "cat", f"runtime/org.test.New.Platform/{self.arch}/3", "/metadata"],
                                check=True).out
        self.assertIn("sdk=a.b.c/d/e", text)
        self.assertNotIn("[Environment]", text)
        write(os.path.join(self.folder, metadata), "[Runtime]\nname=org.test.Wrong\n")
        self.assertFails(self.ours(again), "metadata-platform", "name=org.test.New.Platform")

    def test_bundled_and_writable(self):
        first = ("touch /usr/by-first /var/lib/by-first && rm /usr/of-RichSdk && cat /usr/lib/tool/of-RichSdk.Tool",
                 "mkdir -p /app/lib/a/b /app/lib/c && echo x > /app/lib/a/x && echo y > /app/lib/a/b/y && echo z > /app/lib/c/z")
        second = ("mkdir -p /app/seen && ls /usr /var/lib /var/lib/tmp-of-var > /app/seen/by-second",)
        write(os.path.join(self.place, "Var/files/lib/tmp-of-var/f"), "f")
        if not os.path.exists(os.path.join(self.place, "Var/metadata")):
            self.export("Var", RUNTIME.format("org.test.Var", self.arch), "1", "-r", "--files=files", "--metadata=metadata")
            self.flatpak("flatpak", "--user", "install", "-y", "--noninteractive", "test", "org.test.Var//1")
        self.assertOk(self.apprun("install", "beside", "org.test.Var//1"))
        keys = {"id": "org.test.App", "writable-sdk": True, "var": "org.test.Var", "sdk-extensions": ["org.test.RichSdk.Tool"],
                "separate-locales": False,
                "add-extensions": {"org.test.App.A": {"directory": "lib/a", "bundle": True},
                                   "org.test.App.B": {"directory": "lib/a/b", "bundle": True, "version": "2", "autodelete": True},
                                   "org.test.App.Plain": {"directory": "lib/plain", "versions": "1;2"}}}
        ours = self.compare(module("first", *first), module("second", *second), **keys)
        self.assertEqual(sorted(ours), [f"app/org.test.App/{self.arch}/master", f"runtime/org.test.App.A/{self.arch}/master",
                                        f"runtime/org.test.App.B/{self.arch}/2"])
        seen = read(os.path.join(ours[f"app/org.test.App/{self.arch}/master"], "files/seen/by-second"))
        self.assertRegex(seen, r"(?s)by-first.*/var/lib:.*by-first")
        self.assertNotIn("of-RichSdk", seen)
        # The same when the first module comes from the cache, what it did to the SDK too.
        # "depends" is no hindrance to that.
        manifest = self.manifest(module("first", *first), module("second", *second, "cp /app/seen/by-second /app/seen/again", depends=["first"]),
                                 **keys)
        self.assertIn('with "writable-sdk" each module starts from all before it', self.assertOk(self.appbuild("check", manifest)).out)
        result = self.assertOk(self.ours(manifest, "--repo", f"{self.folder}/our-repo"))
        self.assertIn("1 module built, 1 unchanged", result.out)
        again = self.run_command(["ostree", f"--repo={self.folder}/our-repo", "cat", f"app/org.test.App/{self.arch}/master", "/files/seen/again"],
                                 check=True).out
        self.assertEqual(seen, again)
        # Refused by name.
        self.assertFails(self.ours(self.manifest(module("first"), **keys)), "org.test.App.A", "bundle", "/app/lib/a")


if __name__ == "__main__":
    unittest.main()
