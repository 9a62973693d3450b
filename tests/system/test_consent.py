# SPDX-License-Identifier: LGPL-2.1-or-later
"""A new version that wants to do more than the installed one."""
import json

from repository import APP, APP_REF, RUNTIME_REF, Repository


class Consent(Repository):
    def publish_with(self, number, **context):
        self.publish(f"version {number}", 1000 + number, context=context or None)

    def test_updates_that_want_more(self):
        """b3bd5019: asked about on a terminal, refused elsewhere, and only that one."""
        self.add_remote()
        self.install_app_from_remote()

        self.publish_with(2, filesystems="xdg-download;", sockets="x11;")
        tree = self.runtime_tree()
        self.publish_into(self.repo, RUNTIME_REF, tree, 2000)
        for verb in (["update"], ["update", APP], ["install", "test", APP]):
            done = self.assertFails(self.manage(*verb), "read and write your downloads", "see all windows", "--accept-permissions")
            self.assertIn("updated: 1" if verb == ["update"] else "", done.out)
            self.assertEqual(self.deployed(), "version 1")
        self.assertEqual(self.objects(".commitpartial", f"{self.store}/repo"), [])

        terminal = self.terminal([self.program("apprun"), "update"])
        terminal.expect(r"may also:[\s\S]*see all windows[\s\S]*downloads[\s\S]*\[y/N\] ")
        terminal.send("n\n")
        self.assertEqual(terminal.wait(), 125)
        self.assertEqual(self.deployed(), "version 1")
        terminal = self.terminal([self.program("apprun"), "update"])
        terminal.expect(r"\[y/N\] ")
        terminal.send("y\n")
        self.assertEqual(terminal.wait(), 0)
        self.assertEqual(self.deployed(), "version 2")

        self.publish_with(3, filesystems="xdg-download:ro;")
        self.manage("update", check=True)
        self.assertEqual(self.deployed(), "version 3")

        self.publish_with(4, filesystems="xdg-download;")
        done = self.manage("update", "--json")
        self.assertFails(done)
        self.assertEqual(json.loads(done.out)["permissions"],
                         [{"ref": APP_REF, "added": ["read and write your downloads (xdg-download)"], "accepted": False}])
        done = self.manage("update", "--json", "--accept-permissions", check=True)
        self.assertEqual([json.loads(done.out)[key] for key in ("updated", "error")], [1, None])
        self.assertEqual(self.deployed(), "version 4")

    def test_a_file_is_what_was_asked_for(self):
        """The new version of a file is installed; what is more is said."""
        self.install(self.app_image(context={"filesystems": "xdg-download:ro;"}))
        done = self.apprun("install", self.app_image(context={"filesystems": "home;"}), check=True)
        self.assertRegex(done.err, rf"note: this version of {APP} may also: read and write your home folder")
        done = self.apprun("install", self.app_image(context={"filesystems": "~/a;"}), check=True)
        self.assertNotIn("may also", done.err)
