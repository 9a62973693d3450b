# SPDX-License-Identifier: LGPL-2.1-or-later
"""The metadata that flatpak-builder itself writes for a manifest is the metadata of our plan.  Skipped where flatpak-builder is not
installed.  Runtimes are folders that are exported and installed below the test's own folder; nothing is fetched."""

import configparser
import json
import os
import unittest

from flatpaks import FlatpakTest, installed
from harness import write

COMMON = {"runtime": "org.test.Platform", "runtime-version": "1", "sdk": "org.test.Sdk", "separate-locales": False,
          "appstream-compose": False, "modules": [{"name": "none", "buildsystem": "simple", "disabled": True}]}


def groups(text):
    """{group: {key: value}} of a metadata file, without what is ours alone.  Lists of words have no order."""
    parser = configparser.RawConfigParser(delimiters=("=",), comment_prefixes=("#",), strict=True, interpolation=None)
    parser.optionxform = str
    parser.read_string(text)
    result = {name: dict(parser[name]) for name in parser.sections() if not name.startswith("Nacelle")}
    result["Context"] = {key: sorted(value.split(";")) for key, value in result.get("Context", {}).items()}
    return result


@unittest.skipUnless(installed(), "flatpak-builder is not installed")
class Metadata(FlatpakTest):
    def compare(self, **keys):
        """Both ways of the same manifest; returns the groups."""
        folder = os.path.join(self.place, self._testMethodName)
        os.makedirs(folder)
        manifest = os.path.join(folder, "manifest.json")
        write(manifest, json.dumps({**COMMON, **keys}))
        self.flatpak_builder(folder, manifest)
        with open(os.path.join(folder, "out", "metadata"), encoding="utf-8") as f:
            theirs = groups(f.read())
        result = self.appbuild("plan", "--json", "--arch", self.arch, manifest)
        self.assertOk(result)
        ours = groups(json.loads(result.out)["metadata"])
        self.assertEqual(ours, theirs)
        return ours

    def test_app(self):
        metadata = self.compare(**{
            "id": "org.test.App", "tags": ["proprietary", "beta"],
            "finish-args": ["--share=network", "--share=ipc", "--socket=wayland", "--filesystem=xdg-documents:ro",
                            "--persist=.x", "--talk-name=org.test.*", "--system-talk-name=org.test.A", "--env=A=b c",
                            "--unset-env=Z", "--device=dri", "--allow=devel", "--nosocket=x11", "--nofilesystem=home",
                            "--filesystem=~/a b:create", "--own-name=org.test.App.*", "--no-talk-name=org.test.N",
                            "--unshare=ipc", "--disallow=multiarch", "--env=E=", "--add-policy=x.y=z",
                            "--metadata=X-DConf=migrate-path=/org/test/App/", "--metadata=X-A=b", "--require-version=1.12.0",
                            "--extension=org.test.App.Z=directory=z", "--extension=org.test.App.Z=autodelete"]})
        self.assertEqual(metadata["X-A"], {"b": "true"})

    def test_extension_points(self):
        metadata = self.compare(**{
            "id": "org.test.App",
            "add-extensions": {
                "org.test.App.A": {"directory": "a", "subdirectories": True, "no-autodownload": False},
                "org.test.App.B": {"directory": "b", "version": "1", "versions": "1;2", "autodelete": True,
                                   "no-autodownload": True, "add-ld-path": "lib", "merge-dirs": "a;b",
                                   "subdirectory-suffix": "suf", "locale-subset": True,
                                   "download-if": "active-gl-driver", "enable-if": "active-gl-driver"}},
            "add-build-extensions": {"org.test.App.C": {"directory": "c"},
                                     "org.test.App.D": {"directory": "d", "remove-after-build": True}}})
        self.assertIn("Extension org.test.App.C", metadata)
        self.assertNotIn("Extension org.test.App.D", metadata)

    def test_runtime(self):
        self.compare(**{"id": "org.test.Runtime", "branch": "2", "build-runtime": True, "finish-args": ["--env=A=B"]})

    def test_extension(self):
        metadata = self.compare(**{"id": "org.test.Sdk.Extension.x", "runtime": "org.test.Sdk", "branch": "1",
                                   "build-extension": True, "finish-args": ["--extension-priority=4"]})
        self.assertEqual(metadata["ExtensionOf"]["priority"], "4")

    def test_comparison_can_fail(self):
        with self.assertRaises(AssertionError):
            self.compare(**{"id": "org.test.App", "permissions": [{"share": "network"}]})


if __name__ == "__main__":
    unittest.main()
