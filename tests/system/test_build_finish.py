# SPDX-License-Identifier: LGPL-2.1-or-later
"""What is done to the install tree outside of the sandbox: licences and renames, in trees that want out."""
import os
import shutil
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


class Libraries(BuildTest):
    """A program of this host, which asks for its libc, in an app on a runtime without one."""

    def build_with(self, *commands):
        shutil.copy("/bin/cat", os.path.join(self.folder, "program"))
        sources = [{"type": "file", "path": "program"}]
        done = self.build(self.manifest(HELLO, module("program", "cp program /app/bin/program", *commands, sources=sources)))
        return self.assertOk(done).err

    def test_library_that_nobody_has(self):
        self.assertRegex(self.build_with(), r"bin/program needs libc\.so\.6, which neither the app nor its runtime .* has")

    def test_library_that_the_app_has(self):
        self.assertNotIn("libc.so.6", self.build_with("mkdir -p /app/lib/own && touch /app/lib/own/libc.so.6"))


class Rename(BuildTest):
    DESKTOP = ("[Desktop Entry]\\nName=Tool\\nName[de]=Werkzeug\\nIcon=tool.png\\nIcon[de]=tool\\nExec=hello\\nX-Flatpak-RenamedFrom=old.desktop;\\n"
               "Actions=a;\\n\\n[Desktop Action a]\\nName=A\\nIcon=tool\\n\\n[Desktop Action b]\\nIcon=other\\n")
    METAINFO = ("<component><!-- <id>no</id> -->\\n<id>tool.desktop</id>\\n<launchable type=\"desktop-id\">tool.desktop</launchable>\\n"
                "<project_license>X</project_license></component>\\n")

    MIME = ('<mime-info><mime-type type="text/x-a"><icon name="x-tool"/></mime-type>\\n<mime-type type="text/x-b"></mime-type>\\n'
            '<mime-type type="text/x-c"></mime-type></mime-info>')

    def tree(self):
        place = "/app/share"
        lines = [f"mkdir -p {place}/applications {place}/appdata {place}/mime/packages",
                 f"mkdir -p {place}/icons/hicolor/48x48/apps {place}/icons/hicolor/scalable/mimetypes",
                 f"printf '{self.DESKTOP}' > {place}/applications/tool.desktop",
                 f"printf '{self.METAINFO}' > {place}/appdata/tool.appdata.xml",
                 f"echo png > {place}/icons/hicolor/48x48/apps/tool.png", f"echo no > {place}/icons/hicolor/48x48/apps/toolbox.png",
                 f"cd {place}/icons && ln -s tool.png hicolor/48x48/apps/tool.ico && cp hicolor/48x48/apps/tool.png tool.png",
                 f"for i in x-tool text-x-a text-x-b; do echo svg > {place}/icons/hicolor/scalable/mimetypes/$i.svg; done",
                 f"printf '{self.MIME}' > {place}/mime/packages/tool.xml"]
        return module("tree", *lines)

    def path(self, *parts):
        return os.path.join(self.folder, "unpacked", *parts)

    KEYS = {"rename-desktop-file": "tool.desktop", "rename-appdata-file": "tool.appdata.xml", "rename-icon": "tool",
            "rename-mime-file": "tool.xml", "rename-mime-icons": ["x-tool", "text-x-a", "text-x-b"], "appdata-license": "MIT & more",
            "desktop-file-name-prefix": "Nightly ", "desktop-file-name-suffix": " (dev)"}

    def test_everything_gets_the_id(self):
        self.assertOk(self.build(self.manifest(HELLO, self.tree(), **self.KEYS)))
        self.unpacked()
        share = self.path("files/share")
        desktop = read(os.path.join(share, f"applications/{APP}.desktop"))
        for line in ("Name=Nightly Tool (dev)", "Name[de]=Nightly Werkzeug (dev)", f"Icon={APP}", f"Icon[de]={APP}",
                     "X-Flatpak-RenamedFrom=old.desktop;tool.desktop;",
                     f"Name=A\nIcon={APP}", "[Desktop Action b]\nIcon=other"):
            self.assertIn(line + "\n", desktop)
        metainfo = read(os.path.join(share, f"metainfo/{APP}.metainfo.xml"))
        self.assertIn("<!-- <id>no</id> -->", metainfo)
        self.assertIn(f"\n<id>{APP}</id>\n", metainfo)
        self.assertIn("<provides>\n    <id>tool.desktop</id>", metainfo)
        self.assertIn(f">{APP}.desktop</launchable>", metainfo)
        self.assertIn("<project_license>MIT &amp; more</project_license>", metainfo)
        self.assertEqual(os.listdir(os.path.join(share, "appdata")), [])
        # Icons are files in THEME/SIZE/CONTEXT.
        self.assertEqual(sorted(os.listdir(os.path.join(share, "icons/hicolor/48x48/apps"))), [f"{APP}.png", "tool.ico", "toolbox.png"])
        self.assertEqual(sorted(os.listdir(os.path.join(share, "icons"))), ["hicolor", "tool.png"])
        self.assertEqual(sorted(os.listdir(os.path.join(share, "icons/hicolor/scalable/mimetypes"))),
                         [f"{APP}.text-x-a.svg", f"{APP}.text-x-b.svg", f"{APP}.x-tool.svg"])
        mime = read(os.path.join(share, f"mime/packages/{APP}.xml"))
        self.assertIn(f'<mime-type type="text/x-a"><icon name="{APP}.x-tool"/></mime-type>', mime)
        self.assertRegex(mime, rf'<mime-type type="text/x-b">\s*<icon name="{APP}\.text-x-b"/>\s*</mime-type>')
        self.assertEqual(mime.count("<icon "), 2)
        self.assertEqual(os.listdir(self.path("export/share/applications")), [f"{APP}.desktop"])
        # Only the end is done again when only that changed.
        again = self.assertOk(self.build(self.manifest(HELLO, self.tree(), **{**self.KEYS, "copy-icon": True})))
        self.assertIn("0 modules built, 2 unchanged", again.out)
        self.unpacked()
        self.assertEqual(sorted(os.listdir(self.path("files/share/icons/hicolor/48x48/apps"))),
                         [f"{APP}.png", "tool.ico", "tool.png", "toolbox.png"])
        self.assertIn("x-tool.svg", os.listdir(self.path("files/share/icons/hicolor/scalable/mimetypes")))

    def test_what_is_missing_is_an_error(self):
        for key in ("rename-desktop-file", "rename-icon", "rename-mime-file", "rename-mime-icons"):
            value = ["nothing"] if key == "rename-mime-icons" else "nothing"
            self.assertFails(self.build(self.manifest(HELLO, self.tree(), **{key: value})), f"{key}: no module installed")

    def test_metainfo_moves_where_others_look(self):
        """Its own name or another, with or without a key; when there is none it is a note, as flatpak-builder says nothing at all."""
        tree = module("tree", "mkdir -p /app/share/appdata /app/share/applications",
                      f"printf '{self.METAINFO}' > /app/share/appdata/{APP}.appdata.xml; printf '{self.DESKTOP}' > /app/share/applications/tool.desktop")
        self.assertOk(self.build(self.manifest(HELLO, tree, **{"rename-desktop-file": "tool.desktop"})))
        text = read(os.path.join(self.unpacked(), f"export/share/metainfo/{APP}.metainfo.xml"))
        self.assertEqual(text, self.content(f"share/metainfo/{APP}.metainfo.xml"))
        for line in (f"<id>{APP}</id>", "<id>tool.desktop</id>", f">{APP}.desktop</launchable>"):
            self.assertIn(line, text)
        keys = {"rename-appdata-file": "no.xml", "appdata-license": "MIT"}
        result = self.assertOk(self.build(self.manifest(HELLO, tree, **keys)))
        self.assertIn("rename-appdata-file: no module installed 'no.xml' in share/metainfo or share/appdata", result.err)
        self.assertIn("appdata-license: there is no", result.err)

    def test_links_lead_nowhere(self):
        canary = write(os.path.join(self.folder, "home/tool.desktop"), "[Desktop Entry]\nName=canary\n")
        home = os.path.dirname(canary)
        for commands in ((f"ln -s {home} /app/share/applications",), ("mkdir /app/share/applications",
                                                                     f"ln -s {canary} /app/share/applications/tool.desktop")):
            result = self.build(self.manifest(HELLO, module("tree", "mkdir -p /app/share", *commands),
                                              **{"rename-desktop-file": "tool.desktop"}))
            self.assertFails(result, "desktop")
            self.assertEqual(os.listdir(home), ["tool.desktop"])
            self.assertEqual(read(canary), "[Desktop Entry]\nName=canary\n")
            self.assertFalse(os.path.exists(os.path.join(self.folder, "out.app")))


if __name__ == "__main__":
    unittest.main()
