# SPDX-License-Identifier: LGPL-2.1-or-later
"""The base of the tests of images: a tree with a large file and many small ones, and a program that attaches it and
answers questions."""
import hashlib
import os

from harness import SystemTest, descendants, sha256, wait_until, write


class Attached:
    """attach-tool: an attachment that answers questions."""

    def __init__(self, test, image, way="fuse", trust="sealed", prefix=(), **env):
        self.process = test.start([*prefix, test.program("attach-tool"), way, trust, image], env=env)
        self.ready = self.process.stdout.readline().decode().strip()
        if not self.ready:
            self.process.wait()
        self.error = "" if self.ready else self.process.stderr.read().decode()

    def ask(self, path):
        self.process.stdin.write(path.encode() + b"\n")
        self.process.stdin.flush()
        return self.line()

    def line(self):
        return self.process.stdout.readline().decode().rstrip("\n")

    def end(self):
        self.process.stdin.close()
        return self.process.wait()

    def kill(self):
        self.process.kill()
        self.process.wait()


class ImageTest(SystemTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.tree = os.path.join(cls.root, "tree")
        write(os.path.join(cls.tree, "metadata"), "[Application]\nname=org.nacelle.test.App\n")
        for i in range(300):
            write(os.path.join(cls.tree, f"files/small/{i:03}"), f"file number {i}\n" * (i + 1))
        cls.big = b"".join(hashlib.sha256(b"%d" % i).digest() for i in range(100000))
        write(os.path.join(cls.tree, "files/big"), cls.big)
        os.symlink("../small/001", os.path.join(cls.tree, "files/link"))
        write(os.path.join(cls.tree, "files/program"), "#!/bin/sh\n", 0o755)
        cls.env["NACELLE_IMAGE_IDLE"] = "1"

    def setUp(self):
        self.image = os.path.join(self.work, f"{self._testMethodName}.app")
        self.write_image(self.image)

    def tearDown(self):
        wait_until(lambda: not self.servers(), 15, "the end of all image servers")

    def write_image(self, path):
        self.run_command([self.program("image-tool"), "write", self.tree, path], check=True)

    def servers(self):
        """{pid: "image-server" or "image-worker"}"""
        result = {}
        for pid, line in descendants().items():
            if "image-server" in line:
                try:
                    with open(f"/proc/{pid}/comm", encoding="ascii") as f:
                        result[pid] = f.read().strip()
                except (FileNotFoundError, ProcessLookupError):
                    pass        # it has ended since
        return result

    def pids(self, name):
        return [pid for pid, comm in self.servers().items() if comm == name]

    def check_content(self, attached):
        self.assertEqual(attached.ask("metadata"), sha256(os.path.join(self.tree, "metadata")))
        self.assertEqual(attached.ask("files/big"), hashlib.sha256(self.big).hexdigest())
        self.assertEqual(attached.ask("files/small/299"), sha256(os.path.join(self.tree, "files/small/299")))
        self.assertEqual(attached.ask("files/link"), "-> ../small/001")
        self.assertEqual(attached.ask("files/none"), "error ENOENT")
        self.assertEqual(sorted(attached.ask(".").split()), sorted("dir . .. files metadata".split()))
        names = attached.ask("files/small").split()[1:]
        self.assertEqual(sorted(names), sorted([".", ".."] + [f"{i:03}" for i in range(300)]))

    def runtime_file(self, name):
        return os.path.join(self.runtime_dir, "nacelle", name)

    def log(self):
        with open(self.runtime_file("images.log"), encoding="utf-8") as f:
            return f.read()
