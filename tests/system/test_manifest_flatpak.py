# SPDX-License-Identifier: LGPL-2.1-or-later
"""flatpak-builder reads a manifest as we do, and the metadata that it writes is that of our plan; so is what `flatpak build-finish` makes of
each finish-arg.  Skipped where flatpak-builder is not installed.  Runtimes are folders that are exported and installed below the
test's own folder; nothing is fetched.  NACELLE_SAMPLES may name a folder of public manifests, as ID/ID.json (or .yaml, .yml);
NACELLE_MANIFESTS, how many manifests made by chance are tried."""

import glob
import json
import os
import unittest

from flatpaks import FlatpakTest, groups, installed
from harness import SystemTest, program, write
from manifest_compare import compare, write_files
from manifest_maker import Maker

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

COMMON = {"runtime": "org.test.Platform", "runtime-version": "1", "sdk": "org.test.Sdk", "separate-locales": False,
          "appstream-compose": False, "modules": [{"name": "none", "buildsystem": "simple", "disabled": True}]}


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


def plain(value, key=None):
    """Without notes, and what flatpak-builder 1.2 writes the wrong way round or does not know.  Paths begin elsewhere there."""
    if isinstance(value, dict):
        return {name: plain(item, name) for name, item in value.items()
                if not name.startswith(("x-", "//", "$schema")) and item not in ([], {})
                and name not in ("no-autodownload", "subdirectories", "autoprune-unless", "rename-mime-file", "license-files")}
    if isinstance(value, list):
        return [os.path.basename(item) if key == "paths" else plain(item) for item in value]
    return os.path.basename(value) if key == "path" else value


@unittest.skipUnless(installed(), "flatpak-builder is not installed")
class ShownManifest(SystemTest):
    def shown(self, path):
        """What each of both makes of the manifest."""
        # It leaves a folder where it is started.
        theirs = self.run_command(["flatpak-builder", "--show-manifest", os.path.abspath(path)], cwd=self.work)
        self.assertOk(theirs)
        ours = self.appbuild("plan", "--manifest", "--compat", path)
        self.assertOk(ours)
        return json.loads(ours.out), json.loads(theirs.out)

    def compare(self, path):
        ours, theirs = self.shown(path)
        with self.subTest(path):
            self.assertEqual(plain(ours), plain(theirs))

    def test_includes_anchors_and_texts(self):
        path = os.path.join(TESTS, "plans", "show", "app.yaml")
        self.compare(path)
        ours, _ = self.shown(path)
        self.assertEqual(ours["id"], "org.test.Show")
        two = ours["modules"][1]
        # Where the one file would be used, beside the manifest.
        self.assertEqual(two["modules"][0]["sources"][0]["path"], "parts/a.patch")
        self.assertEqual(two["sources"][1]["path"], "parts")
        # In one piece it says the same: reading it again changes nothing.
        again = write(os.path.join(self.work, "again.json"), json.dumps(ours))
        self.assertEqual(json.loads(self.appbuild("plan", "--manifest", again).out), ours)

    def test_examples(self):
        paths = sorted(glob.glob(os.path.join(TESTS, "..", "manifests", "*", "*.yaml")))
        self.assertGreater(len(paths), 3)
        for path in paths:
            if not path.endswith(".lock.yaml"):
                self.compare(path)

    def test_own_permissions_become_finish_args(self):
        path = write(os.path.join(self.work, "own.json"), json.dumps(
            {**COMMON, "id": "org.test.App", "finish-args": ["--share=ipc"], "resources": {"pids": 9},
             "permissions": [{"share": "network", "why": "x"}, {"read": "~/x", "create": ["~/y"]}]}))
        ours, theirs = self.shown(path)
        self.assertEqual(ours["finish-args"], ["--share=ipc", "--share=network", "--filesystem=~/x:ro", "--filesystem=~/y:create"])
        self.assertEqual(theirs["finish-args"], ["--share=ipc"])
        self.assertFalse({"permissions", "resources"} & set(ours))

    if "NACELLE_SAMPLES" in os.environ:
        def test_samples(self):
            for folder in sorted(glob.glob(os.path.join(os.environ["NACELLE_SAMPLES"], "*"))):
                for path in glob.glob(os.path.join(folder, os.path.basename(folder) + ".*")):
                    if path.endswith((".json", ".yaml", ".yml")):
                        self.compare(path)


@unittest.skipUnless(installed(), "flatpak-builder is not installed")
class MadeManifests(SystemTest):
    """Every key in many spellings (tests/tools/manifest_maker.py), always the same ones."""
    COUNT = int(os.environ.get("NACELLE_MANIFESTS", "8"))

    def try_them(self, first, oddness, *options):
        for number in range(first, first + self.COUNT):
            folder = os.path.join(self.work, str(number))
            name = write_files(folder, Maker(number, oddness).files())
            self.assertIsNone(compare(program("appbuild"), folder, name, *options, environment=self.env), f"manifest {number} in {folder}")

    def test_good_ones(self):
        self.try_them(1000, 0)

    def test_odd_ones(self):
        """Wrong types, null, unknown keys, '_' for '-': what flatpak-builder drops, --compat drops or takes for what was meant."""
        self.try_them(100000, 0.1, "--compat")

    def test_comparison_can_fail(self):
        folder = os.path.join(self.work, "other")
        name = write_files(folder, {"other.json": json.dumps({**COMMON, "id": "org.test.App", "permissions": [{"share": "network"}]})})
        self.assertIn("--share=network", compare(program("appbuild"), folder, name, environment=self.env))


# Each list goes into one app, so that what belongs together meets; every option of build-finish(1) of Flatpak 1.14 is here.
FINISH = (
    ["--share=network", "--share=ipc", "--socket=x11", "--socket=wayland", "--socket=pulseaudio", "--socket=session-bus",
     "--socket=system-bus", "--socket=ssh-auth", "--socket=pcsc", "--socket=cups", "--socket=gpg-agent", "--device=dri", "--device=all",
     "--device=kvm", "--device=shm", "--allow=devel", "--allow=multiarch", "--allow=bluetooth", "--allow=canbus",
     "--allow=per-app-dev-shm", "--persist=.x", "--persist=a/b", "--persist=.", "--require-version=1.0.0"],
    ["--socket=fallback-x11", "--unshare=network", "--nodevice=all", "--disallow=devel", "--filesystem=host", "--nofilesystem=home"],
    ["--nosocket=fallback-x11", "--share=network", "--unshare=network", "--unshare=ipc", "--share=ipc", "--filesystem=home:ro",
     "--filesystem=home", "--command=other", "--no-exports", "--no-inherit-permissions"],
    ["--filesystem=host:ro", "--filesystem=host-os", "--filesystem=host-etc:ro", "--filesystem=~/x:create", "--filesystem=/opt/y:rw",
     "--filesystem=/opt//z/./w/", "--filesystem=home/v", "--filesystem=/a\\:b", "--nofilesystem=~/no:ro", "--nofilesystem=/no"]
    + ["--filesystem=xdg-" + name for name in ("desktop", "documents/a:ro", "download", "music", "pictures", "public-share", "videos",
                                               "templates", "config", "config/x", "cache/x", "data", "run/x")],
    ["--nofilesystem=host:reset", "--filesystem=xdg-music"],
    ["--env=A=b;c d", "--env=E=", "--env=A=second", "--unset-env=Z", "--env=Y=1", "--unset-env=Y", "--unset-env=X", "--env=X=1",
     "--own-name=org.x.Own", "--own-name=org.x.All.*", "--talk-name=org.x.Talk", "--talk-name=org.y.*", "--no-talk-name=org.x.No",
     "--own-name=org.x.Less", "--talk-name=org.x.Less", "--system-own-name=org.s.Own", "--system-talk-name=org.s.Talk",
     "--system-no-talk-name=org.s.No", "--add-policy=a.b=c", "--add-policy=a.b=d", "--add-policy=a.e=f", "--remove-policy=a.e=g"],
    ["--metadata=X-A=b", "--metadata=X-A=c=d=e", "--extension=org.x.Y=directory=x", "--extension=org.x.Y=autodelete", "--sdk=org.o.Sdk",
     "--runtime=org.o.Platform//2", "--extra-data=n:" + 64 * "0" + ":5:6:https://a.example/n", "--extra-data=m:" + 64 * "1" + ":7::http://a.example/m"],
)
REFUSED = ("--share=nothing", "--nothing=x", "--filesystem=xdg-run", "--filesystem=/", "--filesystem=../x", "--env=A", "--own-name=:1.2",
           "--add-policy=a.b", "--metadata=X-A", "--extension=org.x.Y", "--extension-priority=x")
# What Flatpak takes and then does not obey; left out of the metadata, with a warning.
IGNORED = ("--filesystem=/usr", "--filesystem=/app/x", "--persist=/x")


@unittest.skipUnless(installed(), "flatpak-builder is not installed")
class FinishArgs(SystemTest):
    def theirs(self, number, arguments):
        """The groups of the metadata; None when Flatpak refuses."""
        folder = os.path.join(self.work, f"{self._testMethodName}-{number}")
        os.makedirs(os.path.join(folder, "files", "bin"))
        os.makedirs(os.path.join(folder, "var"))
        write(os.path.join(folder, "files", "bin", "app"), "", 0o755)
        metadata = write(os.path.join(folder, "metadata"), "[Application]\nname=org.test.App\nruntime=org.test.Platform/x86_64/1\n"
                                                           "sdk=org.test.Sdk/x86_64/1\n")
        environment = {"FLATPAK_SYSTEM_DIR": os.path.join(self.work, "system"), "XDG_DATA_HOME": os.path.join(self.work, "data")}
        result = self.run_command(["flatpak", "build-finish", folder, *arguments], env=environment)
        if result.status != 0:
            return None
        with open(metadata, encoding="utf-8") as f:
            return groups(f.read())

    def ours(self, number, arguments, *options):
        manifest = write(os.path.join(self.work, f"{self._testMethodName}-{number}.json"), json.dumps(
            {**COMMON, "id": "org.test.App", "command": "app", "finish-args": arguments}))
        result = self.appbuild("plan", "--json", "--arch", "x86_64", *options, manifest)
        return groups(json.loads(result.out)["metadata"]) if result.status == 0 else None

    def test_every_option(self):
        for number, arguments in enumerate(FINISH):
            with self.subTest(arguments):
                theirs = self.theirs(number, arguments)
                self.assertIsNotNone(theirs)
                self.assertEqual(self.ours(number, arguments), theirs)

    def test_refused_by_both(self):
        for number, argument in enumerate(REFUSED):
            with self.subTest(argument):
                self.assertIsNone(self.theirs(number, [argument]))
                self.assertIsNone(self.ours(number, [argument]))

    def test_ignored(self):
        arguments = [*IGNORED, "--share", "ipc", "--socket=x11"]
        self.assertIsNotNone(self.theirs(0, [*arguments, "nothing"]))
        self.assertEqual(self.ours(0, arguments)["Context"], {"shared": ["", "ipc"], "sockets": ["", "x11"]})
        self.assertIsNone(self.ours(1, [*arguments, "nothing"]))
        metadata = self.ours(2, [*arguments, "nothing"], "--compat")
        self.assertEqual(metadata["Context"], {"shared": ["", "ipc"], "sockets": ["", "x11"]})

    def test_unknown_ending(self):
        """Flatpak leaves the ending out and gives the place."""
        arguments = ["--filesystem=xdg-music:persistent", "--filesystem=~/x/:ro:rw"]
        theirs = self.theirs(0, arguments)
        self.assertEqual(theirs["Context"]["filesystems"], ["", "xdg-music", "~/x"])
        self.assertEqual(self.ours(0, arguments, "--compat"), theirs)
        self.assertIsNone(self.ours(1, arguments))


if __name__ == "__main__":
    unittest.main()
