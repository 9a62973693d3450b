# SPDX-License-Identifier: LGPL-2.1-or-later
"""A base with its extensions, extensions of the SDK and extensions for a build: what a build sees of them and what becomes of them is the
same with flatpak-builder, on the same folders, by the same manifest.  Skipped where flatpak-builder is not installed.

Two things are not the same, and not here: flatpak shows a build every extension of the SDK that happens to be installed, appbuild those
that the manifest names; and appbuild shows it the inherited ones as well."""
import json
import os
import shutil
import unittest

from builds import read
from flatpaks import FlatpakTest, groups, installed
from harness import tree, write, write_image

APP = "org.test.Stands"
MORE_OF_THE_SDK = """
[Extension org.test.Sdk.Extension]
directory=lib/sdk
version=1
subdirectories=true

[Extension org.test.Sdk.One]
directory=lib/one
version=1
add-ld-path=lib
"""
BASE_APP = """[Application]
name=org.test.Base
runtime=org.test.Platform/{0}/1
sdk=org.test.Sdk/{0}/1

[Extension org.test.Base.Plug]
directory=plug
autodelete=true

[Extension org.test.Base.Other]
directory=share/other
version=stable

[Extension org.test.Base.Left]
directory=left
version=stable
"""
EXTENSION = """[Runtime]
name={1}

[ExtensionOf]
ref={2}
"""
SDK_REF, BASE_REF = "runtime/org.test.Sdk/{0}/1", "app/org.test.Base/{0}/stable"
# ref: (metadata, {path below files: text})
BUNDLES = {
    "app/org.test.Base/{0}/stable": (BASE_APP, {"bin/based": "#!/bin/sh\n", "lib/base": "base", "plug/old": "old", "share/other/old": "old",
                                                 "left/kept": "kept"}),
    "runtime/org.test.Base.Plug/{0}/stable": (BASE_REF, {"new": "new", "sub/deep": "deep"}),
    "runtime/org.test.Base.Other/{0}/stable": (BASE_REF, {"file": "other"}),
    "runtime/org.test.Sdk.Extension.rust/{0}/1": (SDK_REF, {"bin/rustc": "#!/bin/sh\necho rustc\n"}),
    "runtime/org.test.Sdk.One/{0}/1": (SDK_REF, {"lib/one": "one"}),
    "runtime/org.test.Stands.Headers/{0}/1": (BASE_REF, {"include/x.h": "x"}),
}
LOOK = ("mkdir -p /app/bin; ls -R /usr/lib /app > /app/seen; rustc > /app/rust; cat /usr/lib/one/lib/one /app/extra/include/x.h > /app/read; "
        "echo $PATH $LD_LIBRARY_PATH > /app/env; printf '#!/bin/sh\\n' > /app/bin/look; chmod 755 /app/bin/look")


@unittest.skipUnless(installed() and shutil.which("dbus-run-session"), "flatpak-builder is not installed")
class Bases(FlatpakTest):
    more_metadata = {"Sdk": MORE_OF_THE_SDK}
    more_folders = {"Sdk": ("lib/sdk", "lib/one")}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.trees = [(os.path.join(cls.place, name), f"runtime/org.test.{name}/{cls.arch}/1") for name in ("Sdk", "Platform")]
        for form, (metadata, files) in BUNDLES.items():
            ref = form.format(cls.arch)
            kind, name, _, branch = ref.split("/")
            folder = os.path.join(cls.place, name)
            text = metadata if "[" in metadata else EXTENSION.format(cls.arch, name, metadata)
            write(os.path.join(folder, "metadata"), text.format(cls.arch))
            os.makedirs(os.path.join(folder, "export"))
            for path, content in files.items():
                write(os.path.join(folder, "files", path), content, 0o755 if path.startswith("bin/") else 0o644)
            cls.flatpak("flatpak", "build-export", *(["-r"] if kind == "runtime" else []), "--files=files", "--metadata=metadata",
                        os.path.join(cls.place, "repo"), folder, branch)
            cls.trees.append((folder, ref))
        # For an app it asks two buses, and neither is there in a test; one private daemon stands for both.
        cls.flatpak("dbus-run-session", "--", "sh", "-c", 'DBUS_SYSTEM_BUS_ADDRESS=$DBUS_SESSION_BUS_ADDRESS exec flatpak "$@"', "flatpak",
                    "--user", "install", "-y", "--noninteractive", "--no-related", "test", *(ref for _, ref in cls.trees[2:]))

    def both(self, **keys):
        """Build in both ways; the folders and the metadata of ours and theirs."""
        for folder, ref in self.trees:
            with open(os.path.join(folder, "metadata"), "a", encoding="utf-8") as f:
                f.write(f"\n[Nacelle Bundle]\nref={ref}\n")
            self.install(write_image(self.program("bundle-image"), folder, folder + ".bundle"))
        place = os.path.join(self.place, "build")
        os.makedirs(place)
        manifest = write(os.path.join(place, f"{APP}.json"), json.dumps({
            "id": APP, "runtime": "org.test.Platform", "runtime-version": "1", "sdk": "org.test.Sdk", "command": "look", "branch": "1",
            "separate-locales": False, "appstream-compose": False, **keys}))
        self.flatpak_builder(place, manifest)
        self.assertOk(self.appbuild(manifest, "-o", os.path.join(place, "out.app"), "--state-dir", os.path.join(place, "ours")))
        self.run_command(["unsquashfs", "-q", "-n", "-d", os.path.join(place, "own"), os.path.join(place, "out.app")], check=True)
        result = []
        for name in ("own", "out"):
            with open(os.path.join(place, name, "metadata"), encoding="utf-8") as f:
                result.append((os.path.join(place, name, "files"), groups(f.read())))
        return result

    def test_same_trees(self):
        own, theirs = self.both(
            **{"base": "org.test.Base", "base-version": "stable", "base-extensions": ["org.test.Base.Plug", "org.test.Base.Other"],
               "sdk-extensions": ["org.test.Sdk.Extension.rust", "org.test.Sdk.One"],
               "add-build-extensions": {f"{APP}.Headers": {"directory": "extra", "version": "1"},
                                        f"{APP}.Gone": {"directory": "gone", "version": "1", "remove-after-build": True}},
               "inherit-extensions": ["org.test.Base.Left"],
               "build-options": {"append-path": "/usr/lib/sdk/rust/bin"},
               "modules": [{"name": "look", "buildsystem": "simple", "build-commands": [LOOK]}]})
        for name in ("seen", "rust", "read", "env"):
            with self.subTest(name):
                self.assertEqual(*(read(os.path.join(files, name)) for files, _ in (own, theirs)))
        # What the build was made of stands in both, and each has its own way of saying it; flatpak marks what it has installed.
        self.assertSameTree(*(tree(files, skip=("manifest.json", "sbom.spdx.json", ".ref", "plug/.ref", "share/other/.ref"))
                              for files, _ in (own, theirs)))
        self.assertEqual(own[1], theirs[1])
        # And it is what was wanted: the extensions of the base replaced what was there, others were only seen, and one was not there.
        files = own[0]
        self.assertEqual([read(os.path.join(files, path)) for path in ("lib/base", "plug/new", "share/other/file", "rust", "read")],
                         ["base", "new", "other", "rustc\n", "onex"])
        self.assertEqual(sorted(os.listdir(os.path.join(files, "plug"))), ["new", "sub"])
        self.assertIn("/usr/lib/sdk:\nrust\n", read(os.path.join(files, "seen")))
        self.assertIn(f"Extension {APP}.Headers", own[1])
        self.assertNotIn(f"Extension {APP}.Gone", own[1])


if __name__ == "__main__":
    unittest.main()
