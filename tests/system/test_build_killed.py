# SPDX-License-Identifier: LGPL-2.1-or-later
"""Builds that are killed or interrupted: nothing they leave is taken for good by the next one."""
import os
import signal
import subprocess
import threading
import unittest

from builds import HELLO, BuildTest, module, read
from harness import command_line, descendants, sha256, time_limit, wait_until, write



class Killed(BuildTest):
    def slow(self):
        return self.manifest(HELLO, module("slow", "mkdir -p /app/lib; echo half > /app/lib/data; echo begun; "
                                           "test -e /app/lib/never || sleep 1000"))

    def begin(self, *options):
        log = os.path.join(self.state, "logs/slow.log")
        if os.path.exists(log):
            os.unlink(log)
        process = self.start([self.program("appbuild"), self.slow(), "-o", os.path.join(self.folder, "out.app"), "--state-dir",
                              self.state, *options])
        wait_until(lambda: os.path.exists(log) and "\nbegun" in read(log))
        return process

    def finish(self):
        """The same module with its sleep cut short: what the killed build left must not be taken for it."""
        result = self.assertOk(self.build(self.manifest(HELLO, module("slow", "mkdir -p /app/lib; test ! -e /app/lib/data; "
                                                                      "test ! -e /app/lib/data && echo whole > /app/lib/data"))))
        self.assertIn("1 module built, 1 unchanged", result.out)
        self.assertEqual(self.content("lib/data"), "whole\n")
        self.assertFalse(os.path.exists(os.path.join(self.state, "work")))
        self.assertEqual(sorted(n for n in os.listdir(self.folder) if "out" in n), ["out.app"])

    def test_sigkill(self):
        process = self.begin()
        process.send_signal(signal.SIGKILL)
        process.wait()
        self.assertNoProcesses()
        self.assertFalse(os.path.exists(os.path.join(self.folder, "out.app")))
        self.finish()

    def test_sigterm_and_sigint(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            with self.subTest(signal=number):
                process = self.begin()
                process.send_signal(number)
                self.assertEqual(process.wait(30), -number)   # as a shell expects it
                self.assertNoProcesses()
                self.assertFalse(os.path.exists(os.path.join(self.state, "work")))
        self.finish()

    def test_two_builds_of_one_state_folder_take_turns(self):
        first = self.begin()
        outcome = []
        second = threading.Thread(target=lambda: outcome.append(self.build(self.manifest(HELLO))))
        second.start()
        second.join(2)
        self.assertTrue(second.is_alive())
        first.send_signal(signal.SIGTERM)
        second.join(60)
        self.assertOk(outcome[0])
        self.assertRegex(outcome[0].out, rf"waiting for appbuild \(process {first.pid}\)")


    @time_limit(300)
    def test_sigkill_at_any_moment(self):
        """Through fetching, building, caching, writing the image and delivering it: the next build is as good as a clean one."""
        write(os.path.join(self.folder, "data/big"), os.urandom(3 << 20))
        copy = module("copy", "mkdir -p /app/share; cp big /app/share/big", sources=[{"type": "dir", "path": "data"}])
        manifest = self.manifest(HELLO, copy, module("later", "cat /app/share/big /app/share/big > /app/share/twice"))
        clean = os.path.join(self.folder, "clean.app")
        self.assertOk(self.appbuild(manifest, "-o", clean, "--state-dir", os.path.join(self.folder, "clean")))
        for i in range(24):
            process = self.start([self.program("appbuild"), manifest, "-o", os.path.join(self.folder, "out.app"),
                                  "--state-dir", self.state])
            try:
                process.wait(0.02 + i * 0.015)
                self.run_command(["rm", "-rf", os.path.join(self.state, "images"), os.path.join(self.state, "cache"),
                                  os.path.join(self.state, "changes")], check=True)   # it was faster: begin anew
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGKILL)
                process.wait()
        self.assertNoProcesses()
        self.assertOk(self.build(manifest))
        self.assertEqual(sha256(os.path.join(self.folder, "out.app")), sha256(clean))
        self.assertFalse(os.path.exists(os.path.join(self.state, "work")))

    def test_image_server_of_the_sdk_is_killed(self):
        self.need_fuse()
        process = self.begin()
        servers = [pid for pid in descendants() if "image-server" in command_line(pid)]
        self.assertTrue(servers)
        for pid in servers:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        self.assertEqual(process.wait(30), 125)
        self.assertRegex(process.stderr.read().decode(), "slow")
        self.assertNoProcesses()
        self.finish()


if __name__ == "__main__":
    unittest.main()
