# SPDX-License-Identifier: LGPL-2.1-or-later
"""apprun run: what an app sees and may do without any permission."""
import os
import re
import socket
import stat
import threading

from harness import sha256, write
from runtest import APP, RunTest

VARIANTS = ("old-kernel",)


class Isolation(RunTest):
    def test_ids_and_privileges(self):
        out = self.inside_ok("id -u; id -g; cat /proc/self/status")
        lines = out.splitlines()
        self.assertEqual(lines[:2], [str(os.getuid()), str(os.getgid())])
        status = dict(line.split(":", 1) for line in lines[2:] if ":" in line)
        for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
            self.assertEqual(int(status[name], 16), 0, name)
        self.assertEqual(status["NoNewPrivs"].strip(), "1")
        self.assertEqual(status["Seccomp"].strip(), "2")

    def test_usr_and_app_are_read_only(self):
        for place in ("/usr", "/app", "/", "/etc", "/bin", "/usr/bin"):
            with self.subTest(place):
                self.assertFails(self.inside(f"touch {place}/file"), "Read-only file system")
        for path in ("/etc/passwd", "/.flatpak-info", "/etc/hosts"):
            with self.subTest(path):
                self.assertFails(self.inside(f"echo x >> {path}"), "Read-only file system|Permission denied")

    def test_bc5ea572_mounts_are_read_only_but_for_the_listed_ones(self):
        writable = ["/dev", "/dev/.*", "/tmp", "/proc", f"/run/user/{os.getuid()}", re.escape(self.home),
                    "/var/(cache|tmp|data|config)", re.escape(self.data())]
        for line in self.inside_ok("cat /proc/self/mountinfo").splitlines():
            fields = line.split()
            place, options = fields[4], fields[5].split(",")
            if not any(re.fullmatch(pattern, place) for pattern in writable):
                self.assertIn("ro", options, line)
            self.assertIn("nosuid", options, line)
            if not place.startswith("/dev/"):
                self.assertIn("nodev", options, line)

    def test_the_host_is_not_there(self):
        write(os.path.join(self.home, "secret"), "canary")
        out = self.inside_ok(f"ls -A {self.home}; ls -A /; cat {self.home}/secret 2>&1; true")
        self.assertNotIn("canary", out)
        self.assertNotIn("secret\n.var", out)
        for name in ("boot", "root", "srv", "mnt", "sys"):
            self.assertNotIn(f"\n{name}\n", out)
        self.assertIn("canary", self.inside_ok(f"cat {self.home}/secret", "--filesystem=home"))

    def test_other_processes_are_not_there(self):
        self.start(["sleep", "1234.5"])
        self.assertNotIn("1234.5", self.inside_ok("ps -ef 2>/dev/null || ps"))
        self.assertLess(int(self.inside_ok("ls -d /proc/[0-9]* | wc -l")), 8)

    def test_network_and_abstract_sockets(self):
        name = f"nacelle-test-{os.getpid()}"
        with socket.socket(socket.AF_UNIX) as server, socket.socket() as tcp:
            server.bind("\0" + name)
            server.listen()
            tcp.bind(("127.0.0.1", 0))
            tcp.listen()
            port = tcp.getsockname()[1]
            threading.Thread(target=lambda: tcp.accept()[0].close(), daemon=True).start()
            probe = f"cat /proc/net/unix /proc/net/dev; nc -w 2 127.0.0.1 {port} </dev/null && echo connected"
            without = self.inside(probe).out
            self.assertNotIn(name, without)
            self.assertNotIn("connected", without)
            devices = re.findall(r"(?m)^ *([^ :|]+):", without)
            self.assertEqual(devices, ["lo"])
            shared = self.inside(probe, "--share=network").out
            self.assertIn(name, shared)
            self.assertIn("connected", shared)

    def test_ipc_and_hostname_namespaces_are_new(self):
        for name in ("ipc", "uts", "cgroup", "net", "pid", "mnt", "user"):
            outside = os.readlink(f"/proc/self/ns/{name}")
            self.assertNotEqual(self.inside_ok(f"readlink /proc/self/ns/{name}").strip(), outside, name)
        self.assertEqual(self.inside_ok("readlink /proc/self/ns/ipc", "--share=ipc").strip(), os.readlink("/proc/self/ns/ipc"))

    def test_chroot_breakouts_stay_inside(self):
        write(os.path.join(self.root, "outside"), "canary")
        script = f"""
            cd /; cat ../../../../../..{self.root}/outside
            cat /proc/1/root{self.root}/outside /proc/self/root{self.root}/outside /proc/self/cwd/../..{self.root}/outside
            mkdir /tmp/jail; chroot /tmp/jail /bin/sh -c true && echo chrooted
            mknod /tmp/disk b 8 0 && echo made-a-device
            mount -t tmpfs none /tmp && echo mounted
            mount -o remount,rw /usr && echo remounted
            umount /usr && echo unmounted
            true"""
        out = self.inside_ok(script)
        for word in ("canary", "chrooted", "made-a-device", "mounted", "remounted", "unmounted"):
            self.assertNotIn(word, out)

    def test_environment_is_a_list_of_what_may_pass(self):
        env = {"LD_PRELOAD": "/nonexistent.so", "LD_LIBRARY_PATH": "/x", "LD_AUDIT": "/x", "GCONV_PATH": "/x",
               "PYTHONPATH": "/x", "NACELLE_SECRET": "x", "BASH_ENV": "/x", "ENV": "/x", "DISPLAY": ":0", "SSH_AUTH_SOCK": "/x",
               "DBUS_SESSION_BUS_ADDRESS": "unix:path=/x", "LC_TIME": "C", "COLORTERM": "truecolor", "TZ": "UTC"}
        out = self.inside_ok("env", env=env)
        names = {line.split("=", 1)[0] for line in out.splitlines()}
        self.assertFalse(names & (set(env) - {"LC_TIME", "COLORTERM", "TZ"}), out)
        self.assertTrue({"LC_TIME", "COLORTERM", "TZ", "LANG", "TERM", "HOME", "FLATPAK_ID"} <= names)
        self.assertFalse([name for name in names if name.startswith(("NACELLE", "LD_"))])
        out = self.inside_ok("env", "--env=LD_LIBRARY_PATH=/mine", "--env=A=b c", "--unset-env=LANG")
        self.assertIn("LD_LIBRARY_PATH=/mine\n", out)
        self.assertIn("A=b c\n", out)
        self.assertNotIn("\nLANG=", "\n" + out)

    def test_identity_file(self):
        out = self.inside_ok("cat /.flatpak-info")
        self.assertIn(f"[Application]\nname={APP}\n", out)
        self.assertRegex(out, r"instance-id=\d+")
        out = self.inside_ok("cat /.flatpak-info", "--socket=session-bus", "--share=network", "--talk-name=org.example.X")
        self.assertIn("shared=network;", out)
        self.assertNotIn("session-bus", out)           # not granted, so not claimed
        self.assertNotIn("org.example.X", out)
        self.assertFails(self.inside("rm /.flatpak-info; mv /.flatpak-info /tmp"), status=1)

    def test_passwd_knows_one_user(self):
        out = self.inside_ok("cat /etc/passwd; ls -l /etc/passwd")
        self.assertIn(f":{os.getuid()}:{os.getgid()}:", out)
        self.assertNotIn("root:x:0", out)

    def test_two_instances_do_not_see_each_other(self):
        first = self.start([self.program("apprun"), APP, "sh", "-c", "echo x > /tmp/mine; echo ready; sleep 60"])
        self.assertEqual(first.stdout.readline(), b"ready\n")
        out = self.inside_ok("ls -A /tmp; ps")
        self.assertNotIn("mine", out)
        self.assertNotIn("sleep 60", out)

    def test_no_setuid_program_is_executed(self):
        log = os.path.join(self.work, "strace")
        self.run_command(["strace", "-f", "-qq", "-e", "trace=execve,execveat", "-e", "signal=none", "-o", log,
                          self.program("apprun"), APP, "true"], timeout=110)
        with open(log, encoding="utf-8", errors="replace") as f:
            paths = set(re.findall(r'exec(?:ve|veat)\((?:[^"]*, )?"([^"]*)"', f.read()))
        self.assertTrue(any(path.endswith("apprun") for path in paths), paths)
        for path in paths:
            if os.path.exists(path):
                self.assertFalse(os.stat(path).st_mode & (stat.S_ISUID | stat.S_ISGID), path)
        self.assertFalse([path for path in paths if "fusermount" in path or "newuidmap" in path], paths)
        for name in ("apprun", "image-server", "image-unpack"):
            self.assertFalse(os.stat(self.program(name)).st_mode & (stat.S_ISUID | stat.S_ISGID), name)

    def test_cve_2019_5736_the_launcher_cannot_be_overwritten(self):
        names = ("apprun", "image-server")
        before = {name: sha256(self.program(name)) for name in names}
        image = self.app_image("org.nacelle.test.Exe", files={"bin/self": ("#!/proc/self/exe\n", 0o755)})
        self.apprun("--command=self", image, "x")
        self.apprun("--command=/proc/self/exe", image, "--version")
        self.inside("for p in /proc/[0-9]*; do echo x > $p/exe; dd if=/dev/zero of=$p/exe bs=1 count=1 conv=notrunc; done")
        self.assertEqual({name: sha256(self.program(name)) for name in names}, before)
        self.assertOk(self.apprun(APP, "true"))
