# SPDX-License-Identifier: LGPL-2.1-or-later
"""What appbuild has beyond flatpak-builder: `resources`, `network`; and what `gc` removes of killed fetches."""
import os
import time

from builds import APP, HELLO, BuildTest, module, read
from harness import write


class Resources(BuildTest):
    def test_limits_are_in_the_metadata_and_hold(self):
        shows = module("shows", "printf '#!/bin/sh\\nulimit -n\\n' > /app/bin/hello")
        self.assertOk(self.build(self.manifest(HELLO, shows, resources={"files": 77, "core": "0"})))
        metadata = read(os.path.join(self.unpacked(), "metadata"))
        self.assertRegex(metadata, r"(?s)\[Nacelle Limits\]\n(core=0\nfiles=77\n|files=77\ncore=0\n)")
        self.assertEqual(self.assertOk(self.apprun(os.path.join(self.folder, "out.app"))).out, "77\n")

    def test_wrong_limits_are_told_with_their_place(self):
        for resources, message in (({"memroy": "1G"}, 'did you mean "memory"'), ({"files": "many"}, "many"), (["files"], "a map")):
            result = self.assertFails(self.build(self.manifest(HELLO, resources=resources)))
            self.assertRegex(result.err, r"json:\d+(?s:.*)" + message)
            self.assertFalse(os.path.exists(self.state))


class Network(BuildTest):
    def test_mode_ports_and_reasons_are_in_the_metadata(self):
        network = {"mode": "isolated", "publish": "18080:80", "why": "to serve a page"}
        permissions = [{"read": "xdg-documents", "why": "to show letters"}]
        self.assertOk(self.build(self.manifest(HELLO, network=network, permissions=permissions)))
        metadata = read(os.path.join(self.unpacked(), "metadata"))
        self.assertRegex(metadata, r"\[Nacelle Network\]\nmode=isolated\npublish=127.0.0.1/18080:80;\n")
        self.assertIn("\nshared=network;\n", metadata)
        explained = self.assertOk(self.apprun("explain", os.path.join(self.folder, "out.app"))).out
        self.assertIn("# reason of the author for --network=isolated: to serve a page\n", explained)
        self.assertOk(self.apprun("install", os.path.join(self.folder, "out.app")))
        info = self.assertOk(self.apprun("info", APP)).out
        self.assertIn("The author's reasons:\n  --filesystem=xdg-documents:ro: to show letters\n", info)
        self.assertEqual(read(os.path.join(self.unpacked(), "files/manifest.json")).count('"isolated"'), 1)

    def test_wrong_rules_are_told_with_their_place(self):
        for network, message in (("isolatd", 'did you mean "isolated"'), ({"publish": "80:80"}, 'needs one "mode"'),
                                 ({"mode": "host", "publish": "80:80"}, "which only the mode isolated gives"),
                                 ({"mode": "isolated", "publish": "eighty"}, "does not publish a port"), (["none"], "a text or a map"),
                                 ("none", "says none, and the permissions say --share=network")):
            result = self.assertFails(self.build(self.manifest(HELLO, network=network, **{"finish-args": ["--share=network"]})))
            self.assertRegex(result.err, r"json:\d+:\d+: error: (?s:.*)" + message)
        self.assertFalse(os.path.exists(self.state))


class Verbs(BuildTest):
    def test_a_mistyped_verb_is_no_manifest(self):
        for words in (["paln"], ["paln", self.manifest(HELLO)], ["paln", "--json", self.manifest(HELLO)]):
            result = self.appbuild(*words)
            self.assertFails(result, r"there is no verb 'paln'; did you mean 'plan'\?", status=125)
            self.assertNotIn("error:", result.err)
        write(os.path.join(self.folder, "paln"), "")
        self.assertIn("paln:1:1: error: the file is empty", self.appbuild("paln", cwd=self.folder).err)      # what is there is meant


class Leftovers(BuildTest):
    def test_gc_removes_what_killed_fetches_left(self):
        cache = os.path.join(self.env["XDG_CACHE_HOME"], "nacelle")
        old, new, other = (os.path.join(cache, name) for name in ("git/.tmp-old", "git/.tmp-new", "git/mirror"))
        verify = os.path.join(cache, "verify-old")
        for place in old, new, other, verify:
            os.makedirs(os.path.join(place, "deep"))
        for place in old, other, verify:
            os.utime(place, (time.time() - 200000,) * 2)
        self.assertOk(self.appbuild("gc"))
        self.assertEqual([os.path.exists(place) for place in (old, new, other, verify)], [False, True, True, False])
