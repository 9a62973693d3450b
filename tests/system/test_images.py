# SPDX-License-Identifier: LGPL-2.1-or-later
"""Images as launches see them, served by the shared server or by one of their own; and what is left when a part of that
is killed."""
import hashlib
import os
import random
import re
import signal
import stat
import time
import unittest

from attached import Attached, ImageTest
from harness import sha256, time_limit, wait_until, write

VARIANTS = ("asan",)
NOT_OLD = "images are served only where open_tree is there; elsewhere they are unpacked: test_images_unpacked"


class OwnServer(ImageTest):
    """Where there is no XDG_RUNTIME_DIR."""

    def setUp(self):
        super().setUp()
        self.need_fuse()

    def attach(self, *args, **env):
        return Attached(self, self.image, *args, XDG_RUNTIME_DIR=None, **env)

    def test_content_and_end(self):
        attached = self.attach()
        self.assertEqual(attached.ready, "ready mount", attached.error)
        self.check_content(attached)
        self.assertEqual(sorted(self.servers().values()), ["image-server", "image-worker"])
        self.assertEqual(attached.end(), 0)
        wait_until(lambda: not self.servers(), 30)

    def test_killed_launcher_leaves_nothing(self):
        attached = self.attach()
        self.assertEqual(attached.ready, "ready mount", attached.error)
        attached.kill()
        wait_until(lambda: not self.servers(), 30)

    def test_killed_launcher_while_it_reads(self):
        attached = self.attach()
        for i in range(20):
            attached.process.stdin.write(b"files/big\n")
        attached.process.stdin.flush()
        attached.kill()
        wait_until(lambda: not self.servers(), 30)

    def test_two_launchers_do_not_share(self):
        one, two = self.attach(), self.attach()
        self.assertEqual(len(self.pids("image-server")), 2)
        one.kill()
        self.check_content(two)
        two.end()


class SharedServer(ImageTest):
    def setUp(self):
        super().setUp()
        self.need_fuse()

    def attach(self, *args, **env):
        attached = Attached(self, self.image, *args, **env)
        self.assertEqual(attached.ready, "ready mount", attached.error)
        return attached

    def test_is_shared_and_leaves_when_idle(self):
        one = self.attach()
        self.check_content(one)
        servers = self.servers()
        two = self.attach()
        self.check_content(two)
        self.assertEqual(self.servers(), servers)
        self.assertEqual(sorted(servers.values()), ["image-server", "image-worker"])
        self.assertTrue(stat.S_ISSOCK(os.stat(self.runtime_file("images.sock")).st_mode))
        one.end()
        self.check_content(two)
        two.end()
        wait_until(lambda: not self.servers(), 30)
        self.assertFalse(os.path.exists(self.runtime_file("images.sock")))

    def test_image_stays_warm_between_launches(self):
        one = self.attach(NACELLE_IMAGE_IDLE="4")
        worker = self.pids("image-worker")
        one.end()
        two = self.attach()
        self.assertEqual(self.pids("image-worker"), worker)
        two.end()

    def test_one_worker_an_image(self):
        other = self.image + ".other"
        self.write_image(other)
        one = self.attach()
        two = Attached(self, other)
        self.assertEqual(two.ready, "ready mount", two.error)
        self.assertEqual(len(self.pids("image-worker")), 2)
        self.assertEqual(len(self.pids("image-server")), 1)
        one.kill()
        self.check_content(two)
        two.end()

    def test_many_launchers_at_once(self):
        processes = [self.start([self.program("attach-tool"), "fuse", "sealed", self.image]) for _ in range(8)]
        for process in processes:
            self.assertEqual(process.stdout.readline(), b"ready mount\n")
        for process in processes:
            process.stdin.write(b"files/big\n")
            process.stdin.flush()
            self.assertEqual(process.stdout.readline().decode().strip(), hashlib.sha256(self.big).hexdigest())
        late = self.attach()
        self.check_content(late)
        for process in processes:
            process.kill()
        late.end()

    @time_limit(120)
    def test_many_readers_of_a_large_image(self):
        """Large enough for several threads; each reader takes the files in another order."""
        tree = os.path.join(self.work, "large")
        names = [f"files/{i:03}" for i in range(300)]
        for i, name in enumerate(names):
            write(os.path.join(tree, name), random.Random(i).randbytes(1000 * i % 180000 + i))
        self.run_command([self.program("image-tool"), "write", tree, self.image], check=True)
        self.assertGreater(os.path.getsize(self.image), 16 << 20)
        readers = [self.attach() for _ in range(5)]
        worker, = self.pids("image-worker")
        self.assertEqual(len(os.listdir(f"/proc/{worker}/task")), min(4, len(os.sched_getaffinity(0))))
        orders = [random.Random(seed).sample(names, len(names)) for seed in range(len(readers))]
        for reader, order in zip(readers, orders):
            reader.process.stdin.write("".join(name + "\n" for name in order).encode())
            reader.process.stdin.flush()
        for reader, order in zip(readers, orders):
            for name in order:
                self.assertEqual(reader.line(), sha256(os.path.join(tree, name)), name)
            reader.end()

    def test_killed_worker_is_replaced(self):
        attached = self.attach()
        self.assertNotIn("error", attached.ask("metadata"))
        worker = self.pids("image-worker")[0]
        os.kill(worker, signal.SIGKILL)
        wait_until(lambda: self.pids("image-worker") not in ([], [worker]), 30)
        self.check_content(attached)
        attached.end()

    def test_worker_killed_in_the_middle_of_reading(self):
        attached = self.attach()
        for _ in range(4):
            attached.process.stdin.write(b"files/big\n")
        attached.process.stdin.flush()
        for _ in range(3):
            for worker in self.pids("image-worker"):
                os.kill(worker, signal.SIGKILL)
            time.sleep(0.05)
        for _ in range(4):
            self.assertEqual(attached.line(), hashlib.sha256(self.big).hexdigest())
        attached.end()

    def test_worker_killed_again_and_again_is_given_up(self):
        attached = self.attach()
        killed = set()
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline and len(killed) < 20:
            for worker in self.pids("image-worker"):
                os.kill(worker, signal.SIGKILL)
                killed.add(worker)
            time.sleep(0.05)
            if killed and not self.pids("image-worker"):
                break
        self.assertEqual(attached.line(), "dead")
        self.assertRegex(attached.ask("files/big"), "error (ENOTCONN|ECONNABORTED)")
        self.assertRegex(self.log(), "ended 5 times")
        attached.end()
        again = self.attach()
        self.check_content(again)
        again.end()

    def test_killed_keeper_takes_all_along(self):
        attached = self.attach()
        os.kill(self.pids("image-server")[0], signal.SIGKILL)
        self.assertEqual(attached.line(), "dead")
        wait_until(lambda: not self.servers(), 30)
        self.assertRegex(attached.ask("files/big"), "error (ENOTCONN|ECONNABORTED)")
        attached.end()
        again = self.attach()
        self.check_content(again)
        again.end()

    def test_stopped_keeper_does_not_stop_a_launch(self):
        one = self.attach()
        keeper = self.pids("image-server")[0]
        os.kill(keeper, signal.SIGSTOP)
        try:
            two = self.attach()
            self.check_content(two)
            two.end()
        finally:
            os.kill(keeper, signal.SIGCONT)
        self.check_content(one)
        one.end()

    def test_changed_file_is_another_image(self):
        one = self.attach()
        self.assertNotIn("error", one.ask("metadata"))
        write(os.path.join(self.tree, "files/new"), "new\n")
        self.addCleanup(os.unlink, os.path.join(self.tree, "files/new"))
        os.rename(self.image, self.image + ".old")
        self.write_image(self.image)
        two = self.attach()
        self.assertEqual(two.ask("files/new"), hashlib.sha256(b"new\n").hexdigest())
        self.assertEqual(one.ask("files/new"), "error ENOENT")
        self.check_content(one)
        one.end()
        two.end()

    def test_worker_is_confined(self):
        attached = self.attach()
        worker = self.pids("image-worker")[0]
        with open(f"/proc/{worker}/status", encoding="ascii") as f:
            status = dict(line.rstrip("\n").split(":\t", 1) for line in f if ":\t" in line)
        for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
            self.assertEqual(int(status[name], 16), 0, name)
        self.assertEqual(status["NoNewPrivs"], "1")
        self.assertEqual(status["Seccomp"], "2")
        # Not dumpable: its memory and descriptors cannot be reached by processes of the same user.
        with self.assertRaises(PermissionError):
            os.listdir(f"/proc/{worker}/fd")
        with self.assertRaises(PermissionError):
            os.readlink(f"/proc/{worker}/root")
        keeper = self.pids("image-server")[0]
        with self.assertRaises(PermissionError):
            os.listdir(f"/proc/{keeper}/fd")
        attached.end()

    def test_cve_2016_10121_cve_2015_1331_foreign_runtime_folder_is_not_used(self):
        folder = os.path.join(self.work, "shared-run")
        os.makedirs(os.path.join(folder, "nacelle"))
        os.chmod(os.path.join(folder, "nacelle"), 0o777)
        attached = self.attach(XDG_RUNTIME_DIR=folder)
        self.check_content(attached)
        self.assertEqual(os.listdir(os.path.join(folder, "nacelle")), [])
        attached.end()

    def test_limits_of_one_launch_are_not_for_others(self):
        for command in ("nice -n 10", "prlimit --cpu=100", "prlimit --fsize=4000000000:4000000000"):
            with self.subTest(command):
                limited = self.attach(prefix=command.split())
                keeper = self.pids("image-server")[0]
                other = self.attach()
                self.assertEqual(len(self.pids("image-server")), 2)
                limited.kill()
                wait_until(lambda k=keeper: k not in self.pids("image-server"), 30)
                self.check_content(other)
                other.end()
                wait_until(lambda: not self.servers(), 30)

    def test_cve_2016_10121_runtime_folder_is_private(self):
        attached = self.attach()
        self.assertEqual(os.stat(self.runtime_file("")).st_mode & 0o777, 0o700)
        attached.end()

    def test_no_setuid_helper_and_no_mount_outside(self):
        with open("/proc/self/mountinfo", encoding="utf-8") as f:
            before = f.read()
        attached = self.attach()
        with open("/proc/self/mountinfo", encoding="utf-8") as f:
            self.assertEqual(f.read(), before)
        attached.end()


class Damage(ImageTest):
    """Bytes that change below a server."""

    def setUp(self):
        super().setUp()
        self.need_fuse()

    def flip(self, at):
        with open(self.image, "r+b") as f:
            f.seek(at)
            byte = f.read(1)[0]
            f.seek(at)
            f.write(bytes([byte ^ 1]))

    def test_flipped_byte_is_an_error_of_one_file(self):
        self.flip(1 << 20)                      # in the middle of files/big, which comes first
        attached = Attached(self, self.image)
        self.assertEqual(attached.ready, "ready mount", attached.error)
        self.assertEqual(attached.ask("files/big"), "error EIO")
        self.assertEqual(attached.ask("metadata"), sha256(os.path.join(self.tree, "metadata")))
        self.assertRegex(self.log(), "does not match the hash tree")
        attached.end()

    def test_flipped_table_byte_is_refused(self):
        size = os.path.getsize(self.image)
        found = self.run_command([self.program("image-tool"), "inspect", self.image], check=True).out
        squashfs_size = int(re.search(r"squashfs_size=(\d+)", found)[1])
        self.assertLess(squashfs_size, size)
        with open(self.image, "rb") as f:
            f.seek(64)
            inode_table = int.from_bytes(f.read(8), "little")
        self.flip(inode_table + 10)
        attached = Attached(self, self.image)
        self.assertRegex(attached.error, r"does not match the hash tree.*code 3")

    def test_truncated_while_mounted(self):
        attached = Attached(self, self.image)
        self.assertEqual(attached.ask("metadata"), sha256(os.path.join(self.tree, "metadata")))
        os.truncate(self.image, 8192)
        self.assertEqual(attached.ask("files/big"), "error EIO")
        self.assertEqual(attached.ask("files/link"), "-> ../small/001")
        self.assertEqual(len(self.pids("image-worker")), 1)
        attached.end()

    def test_changed_after_it_was_read(self):
        attached = Attached(self, self.image)
        self.check_content(attached)
        self.flip(1 << 20)
        # What the kernel has cached stays good; what it asks for again is compared again.
        self.assertIn(attached.ask("files/big"), ("error EIO", hashlib.sha256(self.big).hexdigest()))
        attached.end()

    def test_removed_and_renamed_while_mounted(self):
        attached = Attached(self, self.image)
        os.unlink(self.image)
        self.check_content(attached)
        attached.end()


class Trust(ImageTest):
    def setUp(self):
        super().setUp()
        self.need_fuse()
        found = self.run_command([self.program("image-tool"), "inspect", self.image], check=True).out
        self.plain = self.image + ".plain"
        with open(self.image, "rb") as f:
            write(self.plain, f.read(int(re.search(r"squashfs_size=(\d+)", found)[1])))

    def test_plain_squashfs_needs_consent(self):
        for way in ("fuse", "auto", "unpacked"):
            refused = Attached(self, self.plain, way)
            self.assertRegex(refused.error, r"no hash tree.*\(code 3\)", way)
        allowed = Attached(self, self.plain, "fuse", "any")
        self.check_content(allowed)
        # Allowing it for one launch does not allow it for the next.
        refused = Attached(self, self.plain, "fuse")
        self.assertRegex(refused.error, "no hash tree")
        allowed.end()

    def test_not_a_bundle(self):
        tree = os.path.join(self.work, "no-files")
        write(os.path.join(tree, "metadata"), "x")
        image = tree + ".app"
        self.run_command([self.program("image-tool"), "write", tree, image], check=True)
        for way in ("fuse", "unpacked"):
            self.assertRegex(Attached(self, image, way).error, "no folder \"files\"")

    def test_not_an_image(self):
        for name, content in (("empty", b""), ("text", b"hello " * 1000), ("elf", b"\x7fELF" + bytes(8000))):
            path = write(os.path.join(self.work, name), content)
            for way in ("fuse", "auto", "unpacked"):
                attached = Attached(self, path, way)
                self.assertRegex(attached.error, r"is not an image.*\(code 3\)")


class LaunchPath(ImageTest):
    def test_neither_squashfs_nor_fuse_library(self):
        out = self.run_command(["ldd", self.program("attach-tool")], check=True).out
        self.assertIn("libglib", out)
        self.assertNotRegex(out, "squash|fuse|nettle|gio")


if __name__ == "__main__":
    unittest.main()
