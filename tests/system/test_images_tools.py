# SPDX-License-Identifier: LGPL-2.1-or-later
"""Large programs of an SDK that a build runs again and again are copied into memory, and nothing else changes by that."""
import os
import shutil
import signal
import unittest

from builds import APP, HELLO, BuildTest
from bundles import tiny_runtime_tree, write_image
from harness import descendants, wait_until

VARIANTS = ("asan",)
NOT_OLD = "images are served only where open_tree is there; elsewhere they are unpacked: test_images_unpacked"
SDK = "org.nacelle.test.Large"
# What a sandbox sees: the mounts of copies, the content, that it runs, that it can't be changed, its mode and its neighbours.
LOOK = """grep -c nacelle-tools /proc/self/mountinfo
md5sum < /usr/bin/busybox-large
busybox-large echo it runs
(: >> /usr/bin/busybox-large) 2>/dev/null || echo read-only
ls -l /usr/bin/busybox-large /usr/bin/busybox
ls /usr/bin /usr/lib
true
"""


class Tools(BuildTest):
    def setUp(self):
        super().setUp()
        self.need_fuse()
        tree = tiny_runtime_tree(os.path.join(self.folder, "sdk"), SDK)
        programs = os.path.join(tree, "files/bin")
        for applet in ("grep", "md5sum", "ls"):
            if not os.path.lexists(os.path.join(programs, applet)):
                os.symlink("busybox", os.path.join(programs, applet))
        large = os.path.join(programs, "busybox-large")
        shutil.copy(os.path.join(programs, "busybox"), large)
        with open(large, "ab") as f:
            f.write(os.urandom(3 << 20))
        os.chmod(large, 0o755)
        # Folders that are looked at must be folders.
        os.makedirs(os.path.join(tree, "files/lib"))
        os.symlink("../bin", os.path.join(tree, "files/lib/gcc"))
        self.install(write_image(self.program("bundle-image"), tree, os.path.join(self.folder, "sdk.runtime")))
        self.path = self.manifest(HELLO, sdk=SDK)

    def look(self):
        """(whether it is a copy, all else) as a new sandbox sees it."""
        result = self.assertOk(self.appbuild("run", "--state-dir", self.state, self.path, "sh", "-c", LOOK, env={"NACELLE_IMAGE_IDLE": "60"}))
        n_mounts, rest = result.out.split("\n", 1)
        return n_mounts != "0", rest

    def servers(self, name):
        found = []
        for pid in descendants():
            try:
                with open(f"/proc/{pid}/comm", encoding="ascii") as f:
                    if f.read().strip() == name:
                        found.append(pid)
            except FileNotFoundError:
                pass
        return found

    def test_copies(self):
        kept, before = self.look()
        self.assertFalse(kept)
        self.assertIn("it runs\nread-only\n", before)
        # The kernel tells what of a file is in memory since 6.5; a look is several sandboxes apart, so it comes within some.
        release = tuple(int(part) for part in os.uname().release.split("-")[0].split(".")[:2])
        if release < (6, 5) or not os.path.exists("/sys/kernel/mm/transparent_hugepage/enabled"):
            self.skipTest("kernel: does not tell what of a file is in memory, or has no large pages")
        after = wait_until(lambda: next((rest for kept, rest in [self.look()] if kept), None), 120, "a copy of the large program")
        self.assertEqual(after, before)
        # Apps have no use of it, but are served by the same server; and whoever comes after it has died is served by another.
        for pid in self.servers("image-server"):
            os.kill(pid, signal.SIGKILL)
        wait_until(lambda: not self.servers("image-worker"), 30, "the end of the workers")
        self.assertEqual(self.look(), (False, before))
        self.assertOk(self.build(self.path))
        self.assertTrue(os.path.exists(os.path.join(self.folder, "out.app")), APP)


if __name__ == "__main__":
    unittest.main()
