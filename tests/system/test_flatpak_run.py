# SPDX-License-Identifier: LGPL-2.1-or-later
"""Debian's flatpak runs an app of a local repository on appbox, with FLATPAK_BWRAP; what the app sees is what it sees on
bwrap."""
import os
import re
import shutil
import unittest

from harness import ARCH, SystemTest, command_line, descendants, find_busybox, program, write

LONG = True
APP = "org.nacelle.test.Guest"
RUNTIME = "org.nacelle.test.GuestRuntime"
SDK = f"{RUNTIME}/{ARCH}/1"
TOOLS = ("sh", "cat", "ls", "id", "readlink", "env", "grep", "sed", "sort", "touch", "mkdir", "ps")

# What a sandbox of flatpak looks like from inside; nothing of it is different each time.
LOOK = """#!/bin/sh
echo "$@"; id -u; id -g; pwd; ls / /app /run /run/user/$(id -u) 2>&1; cat /app/share/text
cut -d' ' -f5- /proc/self/mountinfo 2>/dev/null | sed 's/ shared:[0-9]*//; s/ master:[0-9]*//; s/ - .*//' | sort
env | grep -v '^DBUS' | sort; grep -E '^(Cap|NoNewPrivs|Seccomp:)' /proc/self/status
touch /usr/x /app/x 2>&1; touch $HOME/Documents/written && echo written; touch $HOME/hidden 2>&1
ls -l /run/.userns > /dev/null 2>&1 && echo userns; cat /proc/net/dev | grep -c :
exit 7
"""


@unittest.skipUnless(shutil.which("flatpak") and shutil.which("dbus-run-session"), "no flatpak on this host")
class FlatpakRun(SystemTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.repo = os.path.join(cls.root, "repo")
        test = cls("test_same_as_bwrap")
        runtime, app = cls._folder("runtime", 0o755), cls._folder("app", 0o755)
        write(os.path.join(runtime, "metadata"), f"[Runtime]\nname={RUNTIME}\nruntime={SDK}\nsdk={SDK}\n")
        os.makedirs(os.path.join(runtime, "files/bin"))
        os.makedirs(os.path.join(runtime, "files/etc"))
        shutil.copy(find_busybox(), os.path.join(runtime, "files/bin/busybox"))
        for name in TOOLS + ("cut",):
            os.symlink("busybox", os.path.join(runtime, "files/bin", name))
        write(os.path.join(app, "metadata"),
              f"[Application]\nname={APP}\nruntime={SDK}\nsdk={SDK}\ncommand=look\n\n[Context]\nshared=ipc;\n"
              "filesystems=xdg-documents;\n\n[Session Bus Policy]\norg.freedesktop.Notifications=talk\n")
        write(os.path.join(app, "files/bin/look"), LOOK, 0o755)
        write(os.path.join(app, "files/share/text"), "text of the app\n")
        os.makedirs(os.path.join(app, "export"))
        test.run_command(["ostree", f"--repo={cls.repo}", "init", "--mode=archive"], check=True)
        for tree, ref in ((runtime, f"runtime/{SDK}"), (app, f"app/{APP}/{ARCH}/stable")):
            with open(os.path.join(tree, "metadata"), encoding="utf-8") as f:
                metadata = f.read()
            test.run_command(["ostree", f"--repo={cls.repo}", "commit", f"--branch={ref}", "--owner-uid=0", "--owner-gid=0",
                              f"--add-metadata-string=xa.metadata={metadata}", f"--tree=dir={tree}"], check=True)
        test.run_command(["ostree", f"--repo={cls.repo}", "summary", "--update"], check=True)
        # flatpak run looks into the system's installation too; this one is empty.
        test.run_command(["ostree", f"--repo={cls._folder('system', 0o755)}/repo", "init", "--mode=bare-user-only"], check=True)
        test.flatpak("remote-add", "--user", "--no-gpg-verify", "test", cls.repo, check=True)
        test.flatpak("install", "--user", "--assumeyes", "--noninteractive", "test", APP, check=True)

    def flatpak(self, *args, bwrap=None, **options):
        env = {"FLATPAK_SYSTEM_DIR": os.path.join(self.root, "system"), "XDG_DATA_DIRS": "/usr/share", "FLATPAK_BWRAP": bwrap}
        # It asks two buses, and neither is there in a test; one private daemon stands for both.
        script = 'DBUS_SYSTEM_BUS_ADDRESS=$DBUS_SESSION_BUS_ADDRESS exec flatpak "$@"'
        return self.run_command(["dbus-run-session", "--", "sh", "-c", script, "flatpak", *args], env=env, **options)

    def look(self, bwrap, *options):
        result = self.flatpak("run", *options, APP, "one", "two words", bwrap=bwrap)
        self.assertStatus(result, 7)
        # The number of the instance, and the name of what runs it.
        return re.sub(r"\.flatpak/\d+", ".flatpak/N", re.sub(r"FLATPAK_BWRAP=.*\n", "", result.out))

    def test_same_as_bwrap(self):
        ours = self.look(program("appbox"))
        for text in ("one two words\n", "text of the app\n", "\nwritten\n", "Seccomp:\t2\n", "CapEff:\t0000000000000000\n", f"FLATPAK_ID={APP}\n",
                     "/usr/x: Read-only file system", "userns\n"):
            self.assertIn(text, ours)
        if shutil.which("bwrap"):
            self.assertEqual(ours.splitlines(), self.look(shutil.which("bwrap")).splitlines())

    def test_options(self):
        for options in (["--share=network", "--nofilesystem=xdg-documents", "--filesystem=host:ro"], ["--devel", "--allow=multiarch"],
                        ["--unshare=ipc", "--device=all", "--env=A=b c", "--cwd=/app"]):
            self.assertIn("text of the app\n", self.look(program("appbox"), *options))

    def test_the_proxy_of_the_bus_runs_on_it_too(self):
        """flatpak puts xdg-dbus-proxy into a sandbox of its own; what it does not let through is not there."""
        script = "test -S /run/flatpak/bus && echo socket; echo $DBUS_SESSION_BUS_ADDRESS; read x"
        script = f'DBUS_SYSTEM_BUS_ADDRESS=$DBUS_SESSION_BUS_ADDRESS exec flatpak run --command=sh {APP} -c \'{script}\''
        process = self.start(["dbus-run-session", "--", "sh", "-c", script],
                             env={"FLATPAK_SYSTEM_DIR": os.path.join(self.root, "system"), "FLATPAK_BWRAP": program("appbox")})
        self.assertEqual(process.stdout.readline(), b"socket\n")
        self.assertEqual(process.stdout.readline(), b"unix:path=/run/flatpak/bus\n")
        proxies = [line for line in map(command_line, descendants()) if "xdg-dbus-proxy" in line]
        self.assertTrue(any(program("appbox") in line for line in proxies), proxies)
        process.communicate(b"\n")
        self.assertEqual(process.returncode, 0)
