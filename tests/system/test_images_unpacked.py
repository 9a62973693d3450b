# SPDX-License-Identifier: LGPL-2.1-or-later
"""Images where they cannot be mounted: unpacked once into the user's cache."""
import hashlib
import os
import signal
import stat
import time
import unittest

from attached import Attached, ImageTest
from harness import descendants, write

VARIANTS = ("asan", "old-kernel")


class Unpacked(ImageTest):
    def cache(self):
        return os.path.join(self.home, ".cache/nacelle/unpacked")

    def unpacked(self):
        return [name for name in os.listdir(self.cache()) if "." not in name]

    def setUp(self):
        super().setUp()
        self.run_command(["chmod", "-R", "u+w", self.cache()])
        self.run_command(["rm", "-rf", self.cache()])

    def test_content_once(self):
        one = Attached(self, self.image, "unpacked")
        self.assertEqual(one.ready, "ready folder", one.error)
        self.check_content(one)
        one.end()
        name, = self.unpacked()
        inode = os.stat(os.path.join(self.cache(), name)).st_ino
        two = Attached(self, self.image, "unpacked")
        self.check_content(two)
        two.end()
        self.assertEqual([name], self.unpacked())
        self.assertEqual(inode, os.stat(os.path.join(self.cache(), name)).st_ino)
        self.assertEqual(os.stat(self.cache()).st_mode & 0o777, 0o700)
        for folder, _, files in os.walk(os.path.join(self.cache(), name)):
            for entry in ["."] + files:
                found = os.lstat(os.path.join(folder, entry))
                self.assertTrue(stat.S_ISLNK(found.st_mode) or found.st_mode & 0o222 == 0, entry)

    def test_altered_copy_is_made_again(self):
        Attached(self, self.image, "unpacked").end()
        name, = self.unpacked()
        path = os.path.join(self.cache(), name, "files/small/007")
        times = os.stat(path)
        os.chmod(path, 0o644)
        content = open(path, "rb").read()
        write(path, b"X" + content[1:])
        os.chmod(path, 0o444)
        os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
        attached = Attached(self, self.image, "unpacked")
        self.assertEqual(attached.ask("files/small/007"), hashlib.sha256(content).hexdigest())
        attached.end()

    def test_half_unpacked_copy_is_never_used(self):
        Attached(self, self.image, "unpacked").end()
        name, = self.unpacked()
        tree = os.path.join(self.cache(), name)
        self.run_command(["chmod", "-R", "u+w", tree])
        self.run_command(["rm", "-rf", os.path.join(tree, "files/small")])
        os.unlink(tree + ".tree")
        os.makedirs(tree + ".partial/files")
        attached = Attached(self, self.image, "unpacked")
        self.check_content(attached)
        attached.end()
        self.assertFalse(os.path.exists(tree + ".partial"))

    def test_killed_while_unpacking(self):
        for delay in (0.001, 0.005, 0.02, 0.05):
            attached = self.start([self.program("attach-tool"), "unpacked", "sealed", self.image])
            time.sleep(delay)
            attached.kill()
            for pid, line in descendants().items():
                if "image-unpack" in line:
                    os.kill(pid, signal.SIGKILL)
        attached = Attached(self, self.image, "unpacked")
        self.check_content(attached)
        attached.end()

    def test_many_at_once(self):
        processes = [self.start([self.program("attach-tool"), "unpacked", "sealed", self.image]) for _ in range(5)]
        for process in processes:
            self.assertEqual(process.stdout.readline(), b"ready folder\n")
            process.kill()
        self.assertEqual(len(self.unpacked()), 1)

    def test_damaged_image_is_refused(self):
        with open(self.image, "r+b") as f:
            f.seek(1 << 20)
            f.write(b"damage")
        attached = Attached(self, self.image, "unpacked")
        self.assertRegex(attached.error, r"does not match the hash tree.*\(code 3\)")
        self.assertEqual(self.unpacked(), [])

    def test_falls_back_where_fuse_is_denied(self):
        denied = write(os.path.join(self.work, "denied"), b"", 0)
        for source in (denied, "/dev/null"):
            prefix = ["unshare", "-Urm", "sh", "-c", 'mount --bind "$0" /dev/fuse && exec "$@"', source]
            auto = Attached(self, self.image, "auto", prefix=prefix, XDG_RUNTIME_DIR=None)
            self.assertRegex(auto.ready, "^ready folder .*unpacked.*(/dev/fuse|FUSE)", auto.error)
            self.check_content(auto)
            auto.end()
            fuse = Attached(self, self.image, "fuse", prefix=prefix, XDG_RUNTIME_DIR=None)
            self.assertRegex(fuse.error, r"(/dev/fuse|FUSE).*\(code 4\)")

    def test_falls_back_where_mounts_cannot_be_handed_out(self):
        """With VARIANTS: a kernel without open_tree."""
        auto = Attached(self, self.image, "auto")
        self.assertRegex(auto.ready, "^ready (mount$|folder .*unpacked.*handed out)", auto.error)
        self.check_content(auto)
        auto.end()

    def test_foreign_cache_folder_is_refused(self):
        os.makedirs(self.cache())
        os.chmod(self.cache(), 0o777)
        attached = Attached(self, self.image, "unpacked")
        self.assertRegex(attached.error, "can be written by others")


if __name__ == "__main__":
    unittest.main()
