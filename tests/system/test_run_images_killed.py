# SPDX-License-Identifier: LGPL-2.1-or-later
"""Apps whose image server is killed while they run, as a whole or in part."""
import os
import signal

NOT_OLD = "images are served only where open_tree is there; elsewhere they are unpacked: test_images_unpacked"

from harness import SystemTest, descendants, wait_until

SCRIPT = '#!/bin/sh\necho ready\nwhile read -r name; do cat "/app/data/$name" 2>&1; done\n'


class Killed(SystemTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["NACELLE_IMAGE_IDLE"] = "1"

    def setUp(self):
        self.need_fuse()
        self.runtime = self.tiny_runtime()
        if not os.path.exists(os.path.join(self.root, "done")):
            self.install(self.runtime)
            for name in ("One", "Two"):
                files = {f"data/{i}": f"{name} {i}\n" for i in range(10)}
                self.install_app(f"org.nacelle.test.{name}", script=SCRIPT, files=files)
            open(os.path.join(self.root, "done"), "w", encoding="ascii").close()
        self.before = set(descendants())

    def tearDown(self):
        wait_until(lambda: not set(descendants()) - self.before, 20, "the end of all that was started")
        # A killed server cannot remove its socket; the next one does.
        folder = os.path.join(self.runtime_dir, "nacelle")
        if os.path.isdir(folder):
            self.assertEqual(sorted(set(os.listdir(folder)) - {"launches"}), ["images.lock", "images.log"])

    def app(self, name, **env):
        process = self.start([self.program("apprun"), f"org.nacelle.test.{name}"], env=env)
        self.assertEqual(process.stdout.readline(), b"ready\n", name)
        return process

    def ask(self, process, number):
        process.stdin.write(b"%d\n" % number)
        process.stdin.flush()
        return process.stdout.readline().decode().strip()

    def servers(self, name):
        result = []
        for pid in descendants():
            try:
                with open(f"/proc/{pid}/comm", encoding="ascii") as f:
                    if f.read().strip() == name:
                        result.append(pid)
            except (FileNotFoundError, ProcessLookupError):
                pass        # it has ended since
        return result

    def end(self, process):
        process.stdin.close()
        self.assertEqual(process.wait(20), 0)

    def test_workers(self):
        """They are replaced and the apps go on."""
        one, two = self.app("One"), self.app("Two")
        self.assertEqual(self.ask(one, 1), "One 1")
        workers = set(self.servers("image-worker"))
        self.assertEqual(len(workers), 3)                # the runtime and two apps
        for pid in workers:
            os.kill(pid, signal.SIGKILL)
        wait_until(lambda: len(set(self.servers("image-worker")) - workers) == 3, 15, "three new workers")
        for number in range(10):
            self.assertEqual(self.ask(one, number), f"One {number}")
            self.assertEqual(self.ask(two, number), f"Two {number}")
        self.end(one)
        self.end(two)

    def test_keeper(self):
        """The apps that it served end, with the status for errors of ours, and a sentence."""
        one = self.app("One")
        keeper, = self.servers("image-server")
        os.kill(keeper, signal.SIGKILL)
        self.assertEqual(one.wait(10), 125)
        self.assertRegex(one.stderr.read().decode(), "depends on is gone: .*org.nacelle.test")
        again = self.app("One")
        self.assertEqual(self.ask(again, 3), "One 3")
        self.end(again)

    def test_keeper_of_one_app(self):
        """Servers that are not shared: the other app goes on."""
        one = self.app("One", XDG_RUNTIME_DIR=None)
        keepers = self.servers("image-server")
        two = self.app("Two", XDG_RUNTIME_DIR=None)
        for pid in keepers:
            os.kill(pid, signal.SIGKILL)
        self.assertEqual(one.wait(10), 125)
        for number in range(10):
            self.assertEqual(self.ask(two, number), f"Two {number}")
        self.end(two)

    def test_launcher(self):
        """kill -9 of apprun leaves nothing, and the other app goes on."""
        one, two = self.app("One"), self.app("Two")
        one.kill()
        one.wait()
        for number in range(10):
            self.assertEqual(self.ask(two, number), f"Two {number}")
        self.end(two)

    def test_launcher_with_a_server_of_its_own(self):
        one = self.app("One", XDG_RUNTIME_DIR=None)
        self.assertEqual(len(self.servers("image-server")), 2)
        one.kill()
        one.wait()
        wait_until(lambda: not self.servers("image-server"), 10, "the end of its servers")
