# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a build stands on besides its SDK: a base app, extensions of the SDK, what an extension extends."""
import configparser
import json
import os
import shutil
import unittest

from builds import APP, HELLO, BuildTest, module, read
from extensions import install_extension
from harness import ARCH, TINY, sha256, tiny_runtime_tree, write, write_image

BASE = "org.nacelle.test.Base"
SDK = "org.nacelle.test.BigSdk"
POINTS = f"""
[Extension {SDK}.Extension]
directory=lib/sdk
version=1
subdirectories=true

[Extension {SDK}.One]
directory=lib/one
add-ld-path=lib
no-autodownload=true
"""
PLUGINS = f"""
[Extension {BASE}.Plug]
directory=plug
autodelete=true
"""
SHOW = "mkdir -p /app/bin; echo hello > /app/hello; printf '#!/bin/sh\\n' > /app/bin/hello; chmod 755 /app/bin/hello"


class Bases(BuildTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        self = cls("runTest")
        folder = cls._folder("big-sdk", 0o755)
        tiny_runtime_tree(folder, SDK)
        for place in ("lib/sdk", "lib/one"):
            write(os.path.join(folder, "files", place, ".keep"), "")
        with open(os.path.join(folder, "metadata"), "a", encoding="ascii") as f:
            f.write(POINTS)
        self.install(write_image(self.program("bundle-image"), folder, os.path.join(cls.root, "big.runtime")))
        install_extension(self, f"{SDK}.Extension.rust", files={"bin/rustc": ("#!/bin/sh\necho rustc\n", 0o755)})
        install_extension(self, f"{SDK}.Extension.other", files={"bin/other": "other"})
        install_extension(self, f"{SDK}.One", files={"lib/one": "one"})
        install_extension(self, f"{BASE}.Plug", branch="stable", files={"new": "new"})
        self.install_app(BASE, files={"lib/base": "base", "plug/old": "old", "hello": "of the base"}, extra=PLUGINS)

    def runTest(self):
        pass

    def metadata(self):
        parser = configparser.RawConfigParser(delimiters=("=",), strict=True)
        parser.optionxform = str
        parser.read_string(read(os.path.join(self.unpacked(), "metadata")))
        return {name: dict(parser[name]) for name in parser.sections()}

    def built(self, *modules, **keys):
        keys = {"sdk": SDK, "branch": "stable", **keys}
        result = self.build(self.manifest(*modules, **keys))
        self.assertOk(result)
        return result

    def shown(self, line, **keys):
        """What a command of the build printed."""
        self.built(module("show", f"({line}) > /app/shown 2>&1", SHOW), **keys)
        return self.content("shown").split()

    # --- base

    def test_base_is_what_a_build_begins_with(self):
        self.built(module("m", "cat /app/lib/base > /app/seen", "echo mine > /app/hello", SHOW), base=BASE,
                   cleanup=["/lib", "/plug"])
        self.assertEqual(self.content("seen"), "base")
        self.assertEqual(self.content("hello"), "hello\n")
        self.assertEqual(self.content("lib/base"), "base")   # cleanup is about what modules made
        self.assertEqual(self.content("plug/old"), "old")
        self.assertEqual(self.metadata()["Application"]["base"], f"app/{BASE}/{ARCH}/stable")

    def test_base_extensions_replace_their_folder(self):
        self.built(module("m", SHOW, "ls /app/plug > /app/seen"), **{"base": BASE, "base-extensions": [f"{BASE}.Plug"]})
        self.assertEqual(self.content("seen").split(), ["new"])

    def test_extension_points_are_inherited(self):
        self.built(module("m", SHOW, "ls /app/plug > /app/seen"),
                   **{"base": BASE, "inherit-extensions": [f"{BASE}.Plug"],
                      "add-extensions": {"org.nacelle.test.Built.X": {"directory": "x"}}})
        self.assertEqual(self.metadata()[f"Extension {BASE}.Plug"], {"directory": "plug", "autodelete": "true", "version": "stable"})
        self.assertEqual(self.content("seen").split(), ["new"])     # it is mounted while building
        self.assertEqual(self.content("plug/old"), "old")           # and not part of the result

    def test_inherited_point_can_be_removed_again(self):
        self.built(HELLO, **{"base": BASE, "inherit-extensions": [f"{BASE}.Plug"], "finish-args": [f"--remove-extension={BASE}.Plug"]})
        self.assertNotIn(f"Extension {BASE}.Plug", self.metadata())

    def test_inherited_from_the_sdk_without_a_base(self):
        self.built(HELLO, **{"inherit-sdk-extensions": [f"{SDK}.One"]})
        self.assertEqual(self.metadata()[f"Extension {SDK}.One"]["version"], "1")

    def test_what_is_missing_is_named(self):
        for keys, pattern in (
                ({"base": "org.nacelle.test.None", "base-version": "7"},
                 rf"the base of '{APP}' is missing: app/org\.nacelle\.test\.None/{ARCH}/7 is not installed; install it with"),
                ({"base": BASE, "base-extensions": [f"{BASE}.None"]}, rf"json:\d+: \"base-extensions\": app/{BASE}/.* has no extension point"),
                ({"base": BASE, "inherit-extensions": ["org.nacelle.test.N"]}, r"has no extension point org\.nacelle\.test\.N to inherit"),
                ({"sdk-extensions": [f"{SDK}.Extension.golang"]},
                 rf"the extension {SDK}\.Extension\.golang that \"sdk-extensions\" asks for is missing: "
                 rf"runtime/{SDK}\.Extension\.golang/{ARCH}/1 is not installed; install it with"),
                ({"sdk-extensions": [f"{SDK}.Extension.rust//9"]}, rf"runtime/{SDK}\.Extension\.rust/{ARCH}/9 is not installed")):
            with self.subTest(keys=keys):
                self.assertFails(self.build(self.manifest(HELLO, **{"sdk": SDK, "branch": "stable", **keys})), pattern)

    def test_other_base_is_another_build(self):
        keys = {"sdk": SDK, "branch": "stable", "base": "org.nacelle.test.Base2", "base-version": "stable"}
        self.install_app("org.nacelle.test.Base2", files={"lib/base": "one"})
        manifest = self.manifest(HELLO, **keys)
        self.assertRegex(self.build(manifest).out, "1 module built, 0 unchanged")
        self.assertRegex(self.build(manifest).out, "0 modules built, 1 unchanged")
        self.install_app("org.nacelle.test.Base2", files={"lib/base": "two"})
        self.assertRegex(self.appbuild("why", manifest, "--state-dir", self.state).out, "hello: built again\n  base is another one")
        self.assertRegex(self.build(manifest).out, "1 module built, 0 unchanged")
        self.assertEqual(self.content("lib/base"), "two")

    # --- commits

    def test_commit_of_a_base(self):
        checksum = os.readlink(os.path.join(self.store, "runtime", SDK, ARCH, "1", "active"))
        self.built(HELLO, **{"sdk-commit": checksum})
        other = "0" * 64
        self.assertFails(self.build(self.manifest(HELLO, **{"sdk": SDK, "sdk-commit": other})),
                         rf"\"sdk-commit\" asks for commit {other} of runtime/{SDK}/{ARCH}/1, and {checksum} is installed")
        for key, more in (("runtime-commit", {}), ("base-commit", {"base": BASE, "branch": "stable"})):
            self.assertFails(self.build(self.manifest(HELLO, **{"sdk": SDK, key: other, **more})), rf"\"{key}\" asks for commit")

    def test_resolved_manifest_has_what_took_part(self):
        """It builds the same again, and nothing else with other extensions."""
        install_extension(self, f"{APP}.More", branch="stable", files={"f": "more"})
        keys = {"base": BASE, "base-extensions": [f"{BASE}.Plug"], "sdk-extensions": [f"{SDK}.Extension.rust"],
                "add-build-extensions": {f"{APP}.More": {"directory": "more"}}}
        self.built(module("m", SHOW, "cat /app/more/f > /app/seen"), **keys)
        first = sha256(os.path.join(self.folder, "out.app"))
        manifest = os.path.join(self.unpacked(), "files/manifest.json")
        resolved = json.loads(read(manifest))
        names = [entry.split("=")[0] for entry in resolved["other-commits"]]
        self.assertEqual(names, [f"runtime/{BASE}.Plug/{ARCH}/stable", f"runtime/{SDK}.Extension.rust/{ARCH}/1",
                                 f"runtime/{APP}.More/{ARCH}/stable"])
        self.assertEqual(resolved["base-commit"], os.readlink(os.path.join(self.store, "app", BASE, ARCH, "stable", "active")))
        self.state += "2"
        self.assertOk(self.build(manifest))
        self.assertEqual(first, sha256(os.path.join(self.folder, "out.app")))
        install_extension(self, f"{APP}.More", branch="stable", files={"f": "other"})
        self.assertFails(self.build(manifest), rf"json:\d+: \"other-commits\" does not have runtime/{APP}\.More/.*, which is installed")
        shutil.rmtree(os.path.join(self.store, "runtime", f"{APP}.More"))
        self.assertFails(self.build(manifest), rf"\"other-commits\" asks for runtime/{APP}\.More/.*=[0-9a-f]*, which takes no part")

    def test_resolved_extension_has_the_commit_of_what_it_extends(self):
        self.extension(f"{SDK}.Extension.resolved", "echo x > $FLATPAK_DEST/x", runtime=SDK)
        resolved = json.loads(self.content("manifest.json"))
        self.assertEqual(resolved["runtime-commit"], os.readlink(os.path.join(self.store, "runtime", SDK, ARCH, "1", "active")))

    # --- extensions of the SDK

    def test_sdk_extensions_that_are_asked_for(self):
        self.assertEqual(self.shown("ls /usr/lib/sdk /usr/lib/one; /usr/lib/sdk/rust/bin/rustc; touch /usr/lib/sdk/rust/x || echo no",
                                    **{"sdk-extensions": [f"{SDK}.Extension.rust"]}),
                         ["/usr/lib/one:", "/usr/lib/sdk:", "rust", "rustc", "touch:", "/usr/lib/sdk/rust/x:", "Read-only", "file",
                          "system", "no"])

    def test_library_path_of_an_sdk_extension(self):
        self.assertEqual(self.shown("echo $LD_LIBRARY_PATH; cat /usr/lib/one/lib/one", **{"sdk-extensions": [f"{SDK}.One"]}),
                         ["/app/lib:/usr/lib/one/lib", "one"])

    def test_sdk_without_a_place_for_extensions(self):
        install_extension(self, f"{TINY}.Extension.x")
        self.assertFails(self.build(self.manifest(HELLO, **{"sdk-extensions": [f"{TINY}.Extension.x"]})),
                         r"there is no folder /usr/lib/sdk for the extension runtime/.* to be mounted at")

    def test_build_extensions_are_there_while_building(self):
        install_extension(self, f"{APP}.Tools", branch="stable", files={"lib/tool": "tool"})
        keys = {"add-build-extensions": {f"{APP}.Tools": {"directory": "tools", "add-ld-path": "lib", "remove-after-build": True},
                                         f"{APP}.None": {"directory": "none"}}}
        self.assertEqual(self.shown("ls /app/tools/lib; echo $LD_LIBRARY_PATH", **keys), ["tool", "/app/tools/lib:/app/lib"])
        self.assertEqual(os.listdir(os.path.join(self.unpacked(), "files/tools")), [])
        self.assertNotIn(f"Extension {APP}.Tools", self.metadata())
        self.assertIn(f"Extension {APP}.None", self.metadata())

    def test_conditions_and_merged_folders_as_at_a_launch(self):
        for name in ("a", "b"):
            install_extension(self, f"{APP}.Plugin.{name}", branch="stable", files={f"share/{name}": name, f"x/{name}": name})
        install_extension(self, f"{APP}.Here", branch="stable", files={"f": "here"})
        install_extension(self, f"{APP}.Away", branch="stable", files={"f": "away"})
        keys = {"add-build-extensions": {f"{APP}.Plugin": {"directory": "plugins", "subdirectories": True, "merge-dirs": "share"},
                                         f"{APP}.Here": {"directory": "here", "enable-if": "nonsense;on-xdg-desktop-test"},
                                         f"{APP}.Away": {"directory": "away", "enable-if": "on-xdg-desktop-other"}}}
        self.env["XDG_CURRENT_DESKTOP"] = "Test"
        self.addCleanup(self.env.pop, "XDG_CURRENT_DESKTOP")
        shown = self.shown("ls /app/plugins /app/plugins/share; cat /app/plugins/share/b /app/plugins/a/x/a /app/here/f; "
                           "test -e /app/away/f || echo -none", **keys)
        self.assertEqual(" ".join(shown), "/app/plugins: a b share /app/plugins/share: a b bahere-none")

    # --- extensions

    def extension(self, extension_id, *commands, **keys):
        manifest = self.manifest(module("m", *commands), **{"id": extension_id, "build-extension": True, "sdk": SDK, "branch": "1", **keys})
        result = self.build(manifest, "--install")
        self.assertOk(result)
        return result

    def test_extension_of_the_sdk_is_built_in_its_place_and_used(self):
        self.extension(f"{SDK}.Extension.new", "echo $FLATPAK_DEST > $FLATPAK_DEST/dest", "ls -a /app > $FLATPAK_DEST/app",
                       "ls /usr/lib/sdk > $FLATPAK_DEST/beside", runtime=SDK,
                       **{"build-options": {"prefix": "/usr/lib/sdk/new"}, "sdk-extensions": [f"{SDK}.Extension.rust"]})
        self.assertEqual(self.content("dest"), "/usr/lib/sdk/new\n")
        self.assertEqual(self.content("app").split(), [".", ".."])
        self.assertEqual(self.content("beside").split(), ["new", "rust"])
        self.assertEqual(self.metadata()["ExtensionOf"], {"ref": f"runtime/{SDK}/{ARCH}/1", "runtime": f"{SDK}/{ARCH}/1"})
        self.assertEqual(self.shown("cat /usr/lib/sdk/new/dest", **{"sdk-extensions": [f"{SDK}.Extension.new"]}), ["/usr/lib/sdk/new"])

    def test_extension_of_an_app_sees_the_app_and_is_mounted_into_it(self):
        self.extension(f"{BASE}.Plug", "cat /app/lib/base > /app/plug/seen", "! touch /app/x", runtime=BASE,
                       **{"runtime-version": "stable", "sdk": f"{SDK}//1", "branch": "stable"})
        self.assertEqual(self.metadata()["ExtensionOf"], {"ref": f"app/{BASE}/{ARCH}/stable", "runtime": f"{TINY}/{ARCH}/1"})
        result = self.apprun(BASE, "cat", "/app/plug/seen")
        install_extension(self, f"{BASE}.Plug", branch="stable", files={"new": "new"})
        self.assertEqual(result.out, "base", result)

    def test_extension_needs_a_point(self):
        self.assertFails(self.build(self.manifest(HELLO, **{"id": "org.nacelle.test.Other", "build-extension": True, "runtime": BASE,
                                                            "runtime-version": "stable", "sdk": f"{SDK}//1"})),
                         rf"cannot extend app/{BASE}/{ARCH}/stable, whose metadata has no extension point for it")


if __name__ == "__main__":
    unittest.main()
