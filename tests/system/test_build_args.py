# SPDX-License-Identifier: LGPL-2.1-or-later
"""build-args and test-args: what of the host the commands of a build reach, and that without them they reach nothing."""
import os
import socket
import unittest

from builds import HELLO, BuildTest, module, read
from harness import write


class BuildArgs(BuildTest):
    def setUp(self):
        super().setUp()
        self.shared = os.path.join(self.folder, "shared")
        write(os.path.join(self.shared, "file"), "of the host\n")
        self.socket_path = os.path.join(self.folder, "agent")
        server = socket.socket(socket.AF_UNIX)
        self.addCleanup(server.close)
        server.bind(self.socket_path)
        server.listen()

    def look(self):
        """What a command finds, into /app/found; nothing of it is an error there."""
        return (f"mkdir -p /app/found && (cat {self.shared}/file; cat /run/other/file; echo A=$A; "
                f"test -S \"$SSH_AUTH_SOCK\" && echo agent; touch {self.shared}/new && echo written; ls -d {self.home}) > /app/found/all 2>/dev/null; true")

    def args(self):
        return [f"--filesystem={self.shared}:ro", f"--bind-mount=/run/other={self.shared}", "--env=A=b", "--socket=ssh-auth", "--socket=x11",
                "--filesystem=/nonexistent/place", "--device=all", "--die-with-parent", "--allow=devel"]

    @property
    def home(self):
        return self.environment()["HOME"]

    def test_reached_only_when_asked_for(self):
        environment = {"SSH_AUTH_SOCK": self.socket_path, "DISPLAY": "", "XDG_RUNTIME_DIR": self.folder}
        plain = self.manifest(HELLO, module("look", self.look()))
        self.assertOk(self.build(plain, env=environment))
        self.assertEqual(self.content("found/all"), "A=\n")
        asked = self.manifest(HELLO, module("look", self.look(), **{"build-options": {"build-args": self.args()}}))
        self.assertOk(self.build(asked, env=environment))
        self.assertEqual(self.content("found/all"), "of the host\nof the host\nA=b\nagent\n")
        self.assertFalse(os.path.exists(os.path.join(self.shared, "new")))
        log = read(os.path.join(self.state, "logs/look.log"))
        self.assertIn("not there for --socket=x11: DISPLAY names no X server", log)
        self.assertIn("not there for --filesystem=/nonexistent/place", log)
        result = self.assertOk(self.appbuild("plan", asked))
        self.assertIn("build-arg --socket=ssh-auth", result.out)
        # A stranger's manifest gets none of it.
        self.assertFails(self.build(asked, "--sandbox", env=environment), "module 'look'", "--sandbox")
        home = self.manifest(HELLO, module("look", self.look(), **{"build-options": {"build-args": ["--filesystem=home"]}}))
        self.assertOk(self.build(home, env=environment))
        self.assertIn(self.home + "\n", self.content("found/all"))

    def test_for_tests_alone(self):
        test = f"test $A = t && cat {self.shared}/file"
        common = {"run-tests": True, "test-commands": [test], "build-options": {"test-args": ["--env=A=t", f"--filesystem={self.shared}"]}}
        self.assertOk(self.build(self.manifest(HELLO, module("look", self.look(), **common))))
        self.assertEqual(self.content("found/all"), "A=\n")
        self.assertFails(self.build(self.manifest(HELLO, module("look", self.look(), **{**common, "build-options": {}}))), "test-commands")

    def test_refused_with_the_reason(self):
        for argument, reason in (("--talk-name=org.test.A", "single names on a bus need a proxy"), ("--allow=bluetooth", "Bluetooth sockets"),
                                 ("--bind-mount=/usr/lib=/tmp", "/usr/lib belongs to the sandbox itself"),
                                 ("--filesystem=nonsense", "nonsense"), ("--nonsense", "no option of the build sandbox")):
            with self.subTest(argument):
                self.assertFails(self.build(self.manifest(HELLO, module("look", **{"build-options": {"build-args": [argument]}}))), reason)


if __name__ == "__main__":
    unittest.main()
