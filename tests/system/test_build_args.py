# SPDX-License-Identifier: LGPL-2.1-or-later
"""build-args and test-args: what of the host the commands of a build reach, and that without them they reach nothing."""
import glob
import os
import socket
import unittest

from buses import Bus
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
        """test-args stand in the place of build-args, as with flatpak-builder."""
        test = f"test $A = t && test -z $B && cat {self.shared}/file && test ! -e /run/other"
        common = {"run-tests": True, "test-commands": [test], "build-options": {
            "test-args": ["--env=A=t", f"--filesystem={self.shared}"], "build-args": ["--env=B=b", f"--bind-mount=/run/other={self.shared}"]}}
        self.assertOk(self.build(self.manifest(HELLO, module("look", self.look(), **common))))
        self.assertEqual(self.content("found/all"), "of the host\nA=\n")
        self.assertFails(self.build(self.manifest(HELLO, module("look", self.look(), **{**common, "build-options": {}}))), "test-commands")

    def ask_bus(self):
        """What a bus answers, by the host's dbus-send: names that are there, and names that are wanted."""
        loader = [path for path in glob.glob("/usr/lib/*/ld-linux*.so*") if os.uname().machine.replace("_", "-") in path]
        libraries = "/run/host" + os.path.dirname(loader[0])
        send = (f"/run/host{loader[0]} --library-path {libraries} /run/host/usr/bin/dbus-send --session --print-reply=literal "
                "--dest=org.freedesktop.DBus / org.freedesktop.DBus.")
        return ("mkdir -p /app/found && (for name in Talked Hidden; do " + send + "NameHasOwner string:org.test.$name; done; "
                "for name in Mine Other; do " + send + "RequestName string:org.test.$name uint32:0 2>&1; done; "
                "id -u; ls /run/dbus) >/app/found/all 2>&1; true")

    def test_single_names_on_a_bus(self):
        bus = Bus(os.path.join(self.folder, "bus"), ("org.test.Talked", "org.test.Hidden"))
        self.addCleanup(bus.close)
        names = ["--talk-name=org.test.Talked", "--own-name=org.test.Mine", "--system-talk-name=org.test.System"]
        manifest = self.manifest(HELLO, module("look", self.ask_bus(), **{"build-options": {"build-args": ["--filesystem=host-os:ro", *names]}}))
        environment = {"DBUS_SESSION_BUS_ADDRESS": bus.address, "DBUS_SYSTEM_BUS_ADDRESS": f"unix:path={self.folder}/none"}
        self.assertOk(self.build(manifest, env=environment))
        found = [line.strip() for line in self.content("found/all").splitlines()]
        self.assertEqual(found[:3], ["boolean true", "boolean false", "uint32 1"])
        self.assertRegex(found[3], r"^Error org\.freedesktop\.DBus\.Error\.")
        self.assertEqual(found[4:], [str(os.getuid()), "system_bus_socket"])
        self.assertEqual([name for name in os.listdir(os.path.join(self.env["XDG_CACHE_HOME"], "nacelle")) if name.startswith("bus-")], [])
        # What is not there is told, strangers get nothing, and whole buses are no filtered ones.
        self.assertOk(self.build(manifest, "--state-dir", os.path.join(self.folder, "other"),
                                 env={"DBUS_SESSION_BUS_ADDRESS": "", "DBUS_SYSTEM_BUS_ADDRESS": bus.address, "XDG_RUNTIME_DIR": self.folder + "/no"}))
        self.assertIn("not there for --talk-name: this machine has no session bus", read(os.path.join(self.folder, "other/logs/look.log")))
        self.assertFails(self.build(manifest, "--sandbox", env=environment), "module 'look'", "--sandbox")
        whole = self.manifest(HELLO, module("look", self.ask_bus(), **{"build-options": {"build-args": [
            "--filesystem=host-os:ro", "--socket=session-bus", *names[:2]]}}))
        self.assertOk(self.build(whole, env=environment))
        self.assertEqual([line.strip() for line in self.content("found/all").splitlines()][:2], ["boolean true", "boolean true"])

    def test_refused_with_the_reason(self):
        for argument, reason in (("--a11y-own-name=org.test.A", "no accessibility bus"), ("--talk-name=:1.2", ":1.2"), ("--runtime", "with the SDK"),
                                 ("--bind-mount=/usr/lib=/tmp", "/usr/lib belongs to the sandbox itself"),
                                 ("--filesystem=nonsense", "nonsense"), ("--nonsense", "no option of the build sandbox")):
            with self.subTest(argument):
                self.assertFails(self.build(self.manifest(HELLO, module("look", **{"build-options": {"build-args": [argument]}}))), reason)


if __name__ == "__main__":
    unittest.main()
