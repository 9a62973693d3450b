# SPDX-License-Identifier: LGPL-2.1-or-later
"""What is done to the install tree outside of the sandbox: licences and renames, in trees that want out."""
import os
import unittest

from builds import APP, HELLO, BuildTest, module, read
from harness import write

VARIANTS = ("asan",)


class Licences(BuildTest):
    def licences(self, name):
        place = os.path.join(self.unpacked(), "files/share/licenses", APP, name)
        return sorted(os.path.relpath(os.path.join(folder, f), place) for folder, _, files in os.walk(place) for f in files)

    def folder_source(self, **files):
        for name, text in files.items():
            write(os.path.join(self.folder, "tree", name.replace("__", "/").replace("_", ".")), text)
        return [{"type": "dir", "path": "tree"}]

    def test_usual_names_are_found(self):
        sources = self.folder_source(COPYING="gpl", LICENSE_md="mit", README="no", LICENSES__MIT_txt="mit", sub__COPYING="deep")
        self.assertOk(self.build(self.manifest(HELLO, module("lib", "ln -s /etc/passwd COPYING.link", sources=sources))))
        self.assertEqual(self.licences("lib"), ["COPYING", "LICENSE.md", "LICENSES/MIT.txt"])
        self.assertEqual(self.licences("hello"), [])

    def test_named_files(self):
        sources = self.folder_source(COPYING="gpl", doc__terms="terms")
        self.assertOk(self.build(self.manifest(HELLO, module("lib", "true", sources=sources, **{"license-files": ["doc/terms"]}))))
        self.assertEqual(self.licences("lib"), ["terms"])

    def test_named_file_that_is_missing(self):
        result = self.build(self.manifest(HELLO, module("lib", "true", **{"license-files": ["doc/terms"]})))
        self.assertFails(result, "license-files: cannot take 'doc/terms'")

    def test_CVE_2026_39977_named_file_through_a_link(self):
        secret = write(os.path.join(self.folder, "home/canary"), "canary")
        home = os.path.dirname(secret)
        for command, path in ((f"ln -s {home} lic", "lic/canary"), (f"ln -s {secret} direct", "direct"), ("true", secret),
                              ("true", f"../../../../../../../../..{secret}")):
            result = self.build(self.manifest(HELLO, module("lib", command, **{"license-files": [path]})))
            self.assertFails(result, "license-files")
            self.assertFalse(os.path.exists(os.path.join(self.folder, "out.app")))

    def test_CVE_2026_39977_usual_name_that_is_a_link(self):
        secret = write(os.path.join(self.folder, "home/canary"), "canary")
        self.assertOk(self.build(self.manifest(HELLO, module("lib", f"ln -s {secret} COPYING; ln -s {os.path.dirname(secret)} LICENSES"))))
        self.assertEqual(self.licences("lib"), [])

    def test_licence_folder_that_leads_out_of_the_tree(self):
        outside = os.path.join(self.folder, "outside")
        os.makedirs(outside)
        commands = ("mkdir -p /app/share", f"ln -s {outside} /app/share/licenses", "echo a > COPYING")
        result = self.build(self.manifest(HELLO, module("lib", *commands)))
        self.assertFails(result, "cannot keep the licences of module 'lib'")
        self.assertEqual(os.listdir(outside), [])


if __name__ == "__main__":
    unittest.main()
