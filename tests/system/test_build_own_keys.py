# SPDX-License-Identifier: LGPL-2.1-or-later
"""What appbuild has beyond flatpak-builder: `resources`; and what `gc` removes of killed fetches."""
import os
import time

from builds import HELLO, BuildTest, module, read


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
