# SPDX-License-Identifier: LGPL-2.1-or-later
"""Installed extensions of app and runtime are mounted at launch, where the metadata says."""
import os
import unittest

from extensions import extension_tree, install_extension
from harness import ARCH, TINY, SystemTest, tiny_runtime_tree, write, write_image

VARIANTS = ("old-kernel",)

APP = "org.nacelle.test.App"
POINTS = f"""
[Extension {APP}.Plugin]
directory=plugins
version=1
subdirectories=true
add-ld-path=lib
merge-dirs=etc;data

[Extension {APP}.One]
directory=one
versions=9;2
subdirectory-suffix=inner

[Extension {APP}.Never]
directory=never
version=1
enable-if=have-kernel-module-no_such_module

[Extension {APP}.Missing]
directory=missing
"""
DRIVERS = f"""
[Extension {TINY}.GL]
directory=lib/GL
version=1
subdirectories=true
add-ld-path=lib
enable-if=active-gl-driver
"""
EMPTY = {name: "" for name in ("plugins/.keep", "one/inner/.keep", "never/.keep", "missing/there")}


class Extensions(SystemTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        self = cls("runTest")
        folder = cls._folder("driver-runtime", 0o755)
        tiny_runtime_tree(folder)
        write(os.path.join(folder, "files/lib/GL/.keep"), "")
        with open(os.path.join(folder, "metadata"), "a", encoding="ascii") as f:
            f.write(DRIVERS)
        self.install(write_image(self.program("bundle-image"), folder, os.path.join(cls.root, "driver.runtime")))
        self.install_app(files=EMPTY, extra=POINTS)
        of = "\n[ExtensionOf]\nref=app/{}\npriority={}\n"
        install_extension(self, f"{APP}.Plugin.a", files={"etc/common": "a", "etc/a": "a", "lib/x": ""}, metadata=of.format(APP, 1))
        install_extension(self, f"{APP}.Plugin.b", files={"etc/common": "b", "data/b": "b"}, metadata=of.format(APP, 5))
        install_extension(self, f"{APP}.Plugin.old", branch="0", files={"etc/old": "old"})
        install_extension(self, f"{APP}.One", branch="2", files={"two": "two"})
        install_extension(self, f"{APP}.Never", files={"x": ""})
        install_extension(self, f"{TINY}.GL.default", files={"lib/libGL": ""})
        install_extension(self, f"{TINY}.GL.nvidia-1-2", files={"lib/libGL": ""})

    def runTest(self):
        pass

    def shell(self, line, *options, **more):
        result = self.apprun(*options, APP, "sh", "-c", line, **more)
        self.assertOk(result)
        return result.out.split()

    def test_several_beside_each_other(self):
        self.assertEqual(self.shell("ls /app/plugins; cat /app/plugins/a/etc/a"), ["a", "b", "data", "etc", "a"])

    def test_folders_are_merged_by_priority(self):
        self.assertEqual(self.shell("cd /app/plugins; ls etc data; cat etc/common; echo; readlink etc/a"),
                         ["data:", "b", "etc:", "a", "common", "b", "/app/plugins/a/etc/a"])

    def test_first_version_that_is_installed_below_its_suffix(self):
        self.assertEqual(self.shell("ls /app/one /app/one/inner"), ["/app/one:", "inner", "/app/one/inner:", "two"])

    def test_missing_extension_leaves_the_folder(self):
        self.assertEqual(self.shell("ls /app/missing"), ["there"])

    def test_condition_that_does_not_hold(self):
        self.assertEqual(self.shell("ls -a /app/never"), [".", "..", ".keep"])
        self.assertRegex(self.apprun("-v", APP, "true").err, rf"{APP}\.Never is left out: none of its conditions")

    def test_driver_of_this_machine(self):
        self.assertEqual(self.shell("ls /usr/lib/GL"), ["default"])
        self.assertEqual(self.shell("ls /usr/lib/GL", env={"FLATPAK_GL_DRIVERS": "nvidia-1-2"}), ["nvidia-1-2"])

    def test_library_path(self):
        self.assertEqual(self.shell("echo $LD_LIBRARY_PATH"),
                         ["/app/plugins/b/lib:/app/plugins/a/lib:/usr/lib/GL/default/lib"])

    def test_cannot_be_written(self):
        self.shell("! touch /app/plugins/a/x && ! touch /app/one/inner/x && ! rm /app/one/inner/two")

    def test_named_in_the_identity_file(self):
        lines = self.apprun(APP, "cat", "/.flatpak-info").out
        self.assertRegex(lines, rf"app-extensions={APP}\.Plugin\.b=[0-9a-f]{{64}};{APP}\.Plugin\.a=[0-9a-f]{{64}};"
                         rf"{APP}\.One=[0-9a-f]{{64}}\n")
        self.assertRegex(lines, rf"runtime-extensions={TINY}\.GL\.default=[0-9a-f]{{64}}\n")

    def test_GHSA_w69g_9x8j_7p8f_links_in_an_extension_lead_to_no_folder_of_the_host(self):
        write(os.path.join(self.home, "secret-name"), "canary")
        folder = self._folder("evil-extension", 0o755)
        extension_tree(folder, f"{APP}.Plugin.evil", files={"data2/x": ""})
        os.symlink(self.home, os.path.join(folder, "files/data"))
        os.symlink("../" * 12 + self.home[1:], os.path.join(folder, "files/etc"))
        self.install(write_image(self.program("bundle-image"), folder, os.path.join(self.root, "evil.runtime")))
        self.addCleanup(self.apprun, "uninstall", f"{APP}.Plugin.evil")
        found = self.shell("ls -R /app/plugins/etc /app/plugins/data; ls /app/plugins")
        self.assertIn("evil", found)
        self.assertIn("common", found)
        self.assertNotIn("secret-name", found)

    def test_path_out_of_the_bundle_is_refused(self):
        """Directory traversal by an extension point."""
        for key, value in (("directory", "../../etc"), ("add-ld-path", "a/../../b"), ("merge-dirs", "x;/etc"),
                           ("subdirectory-suffix", "../..")):
            with self.subTest(key=key):
                point = "\n[Extension org.nacelle.test.X]\nversion=1\n" + ("" if key == "directory" else "directory=x\n")
                image = self.app_image("org.nacelle.test.Evil", extra=f"{point}{key}={value}\n")
                self.assertFails(self.apprun(image, "true"), rf'"{key}" in \[Extension org.nacelle.test.X\] must be a path below')


if __name__ == "__main__":
    unittest.main()
