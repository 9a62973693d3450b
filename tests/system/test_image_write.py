# SPDX-License-Identifier: LGPL-2.1-or-later
"""Making images from trees of the host: what can go wrong, what it costs, and that the common tools read the result."""
import os
import random
import shutil

from harness import SystemTest, sha256, write


class Write(SystemTest):
    def make_tree(self, name, size):
        path = os.path.join(self.work, name)
        source = random.Random(name)
        for i in range(40):
            write(os.path.join(path, f"files/{i}"), source.randbytes(size // 80) + bytes(size // 80))
        return path

    def write(self, *args, **options):
        return self.run_command([self.program("image-tool"), "write", *args], **options)

    def test_full_disk(self):
        folder = self.make_tree("full", 8 << 20)
        mountpoint = os.path.join(self.work, "mnt")
        os.makedirs(mountpoint, exist_ok=True)
        script = 'mount -t tmpfs -o size=1m none "$1" && "$0" write "$2" "$1/image"'
        result = self.run_command(["unshare", "-Urm", "sh", "-c", script, self.program("image-tool"), mountpoint, folder])
        self.assertFails(result, "No space left on device", status=1)

    def test_unreadable_file_is_named(self):
        folder = self.make_tree("unreadable", 1 << 16)
        os.chmod(os.path.join(folder, "files/7"), 0)
        self.assertFails(self.write(folder, folder + ".app"), "files/7.*Permission denied", status=1)

    def test_unreadable_folder_is_named(self):
        folder = self.make_tree("closed", 1 << 16)
        os.chmod(os.path.join(folder, "files"), 0)
        self.addCleanup(os.chmod, os.path.join(folder, "files"), 0o755)
        self.assertFails(self.write(folder, folder + ".app"), "files.*Permission denied", status=1)

    def test_links_are_not_followed(self):
        folder = self.make_tree("links", 1 << 16)
        secret = write(os.path.join(self.work, "secret"), "a secret of the host\n")
        os.symlink(secret, os.path.join(folder, "files/link"))
        os.symlink("/etc", os.path.join(folder, "files/folder"))
        self.assertOk(self.write(folder, folder + ".app"))
        dest = folder + ".d"
        os.mkdir(dest)
        self.assertOk(self.run_command([self.program("image-tool"), "unpack", folder + ".app", dest]))
        self.assertEqual(os.readlink(os.path.join(dest, "files/link")), secret)
        self.assertEqual(os.readlink(os.path.join(dest, "files/folder")), "/etc")

    def test_memory_does_not_grow_with_the_tree(self):
        folder = self.make_tree("large", 96 << 20)
        pid = os.posix_spawn(self.program("image-tool"), ["image-tool", "write", folder, folder + ".app", "3", "2"], os.environ)
        _, status, usage = os.wait4(pid, 0)
        self.assertEqual(status, 0)
        if "asan" not in self.builddir:
            self.assertLess(usage.ru_maxrss, 48 << 10)      # KiB

    def test_umask_and_threads_and_folder_do_not_show(self):
        one = self.make_tree("same", 4 << 20)
        two = os.path.join(self.work, "elsewhere")
        shutil.copytree(one, two)
        self.run_command(["chmod", "-R", "go-rwx", two], check=True)
        self.assertOk(self.write(one, one + ".app", "0", "1", umask=0o002))
        self.assertOk(self.write(two, two + ".app", "0", "5", umask=0o077))
        self.assertEqual(sha256(one + ".app"), sha256(two + ".app"))

    def test_common_tools_read_it(self):
        if shutil.which("unsquashfs", path=self.env["PATH"] + ":/usr/sbin:/sbin") is None:
            self.skipTest("unsquashfs is not installed")
        folder = self.make_tree("common", 4 << 20)
        self.assertOk(self.write(folder, folder + ".app"))
        self.assertOk(self.run_command(["unsquashfs", "-n", "-d", folder + ".u", folder + ".app"]))
        self.assertOk(self.run_command(["diff", "-r", folder, folder + ".u"]))
