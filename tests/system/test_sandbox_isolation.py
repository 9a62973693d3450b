# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a process in a sandbox is, has and sees."""
import os
import re
import socket

from engine import EngineTest

VARIANTS = ("old-kernel", "asan")

# Classic ways out of a chroot; each prints what it finds at the top.
CHROOT_BREAKOUT = """
import os
os.chdir("/tmp"); os.makedirs("jail", exist_ok=True); fd = os.open("/", os.O_RDONLY)
try:
    os.chroot("jail"); print("chroot worked")
except OSError as e:
    print("chroot", e.strerror)
os.fchdir(fd)
for _ in range(64):
    os.chdir("..")
print(sorted(os.listdir(".")) == sorted(os.listdir("/")), os.stat(".").st_ino == os.stat("/").st_ino)
print(os.path.exists("../../../../../../" + MARK), os.path.exists("/proc/1/root" + MARK), os.path.exists("/proc/self/root" + MARK))
"""


class Isolation(EngineTest):
    def test_no_privilege_in_any_set(self):
        status = self.shell("cat /proc/self/status").out
        for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
            self.assertRegex(status, rf"{name}:\t0000000000000000\n")
        self.assertRegex(status, r"NoNewPrivs:\t1\n")
        self.assertRegex(status, r"Seccomp:\t2\n")

    def test_every_process_of_ours_inside_has_no_privilege_cve_2020_5291(self):
        for identity in (("1", "1"), ("0", "0"), ("65534", "65534"), ("4294967294", "0")):
            status = self.shell("cat /proc/1/status", "--identity", *identity).out
            self.assertEqual(re.findall(r"Cap(?:Inh|Prm|Eff|Bnd|Amb):\t(\w+)", status), ["0" * 16] * 5, identity)
            self.assertRegex(status, r"NoNewPrivs:\t1\n")

    def test_kept_capability_is_the_only_one(self):
        for identity in (("0", "0"), ("1000", "1000")):
            status = self.shell("cat /proc/self/status", "--identity", *identity, "--keep-capability", "1").out
            self.assertEqual(re.findall(r"Cap(?:Inh|Prm|Eff|Bnd|Amb):\t(\w+)", status), ["0" * 15 + "2"] * 5, identity)
            self.assertRegex(status, r"NoNewPrivs:\t1\n")

    def test_setuid_and_file_capabilities_give_nothing(self):
        folder = self.folder("bin")
        os.system(f"cp /usr/bin/id {folder}/id && chmod 6755 {folder}/id")
        out = self.shell("/x/id -u; /x/id -ru; grep nosuid /proc/self/mountinfo | grep -c ' /x '", "--bind", folder, "/x").out
        self.assertEqual(out.split(), [str(os.getuid()), str(os.getuid()), "1"])

    def test_identity_is_the_users(self):
        self.assertEqual(self.shell("id -u; id -g").out.split(), [str(os.getuid()), str(os.getgid())])
        self.assertEqual(self.shell("id -u; id -g", "--identity", "0", "0").out.split(), ["0", "0"])
        folder = self.folder("owned")
        self.assertOk(self.shell("touch /x/f", "--bind", folder, "/x", "--identity", "0", "0"))
        self.assertEqual(os.stat(f"{folder}/f").st_uid, os.getuid())

    def test_files_of_the_host_are_not_there(self):
        listed = self.shell("ls -a /").out.split()
        self.assertEqual(set(listed) - {"bin", "sbin", "lib", "lib32", "lib64", "libx32"},
                         {".", "..", "usr", "proc", "dev", "tmp", "tools"})
        for path in (self.home, "/etc/passwd", "/root", "/home", "/var", "/sys", "/run"):
            self.assertStatus(self.shell(f"test -e {path}"), 1)
        self.assertOk(self.shell(f"test -e {self.home}", "--ro-bind", self.home, self.home))

    def test_read_only_places_refuse_writing(self):
        for path in ("/usr/x", "/usr/bin/x", "/tools/x"):
            result = self.shell(f"echo x > {path}")
            self.assertNotEqual(result.status, 0)
            self.assertIn("Read-only file system", result.err)
        self.assertOk(self.shell("echo x > /tmp/x && cat /tmp/x"))

    def test_classic_ways_out_of_a_chroot_stay_inside(self):
        mark = self.home
        self.assertTrue(os.path.exists(mark))
        result = self.assertOk(self.python(f"MARK = {mark!r}\n" + CHROOT_BREAKOUT))
        self.assertEqual(result.out.splitlines(), ["chroot Operation not permitted", "True True", "False False False"])

    def test_processes_of_the_host_are_not_there_b48c129(self):
        script = ("import os, signal\nprint(sorted(int(p) for p in os.listdir('/proc') if p.isdigit()) == [1, os.getpid()])\n"
                  f"for pid in ({os.getpid()}, {os.getppid()}):\n"
                  "    try:\n        os.kill(pid, 0); print('alive')\n    except ProcessLookupError: print('gone')\n"
                  "try:\n    os.kill(-1, 0); print('some')\nexcept (ProcessLookupError, PermissionError): print('none')\n")
        self.assertEqual(self.assertOk(self.python(script)).out.splitlines(), ["True", "gone", "gone", "none"])

    def test_network_is_only_a_loopback(self):
        server = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(server.close)
        port = server.getsockname()[1]
        script = (f"import socket\nprint([n for _, n in socket.if_nameindex()])\n"
                  f"try:\n    socket.create_connection(('127.0.0.1', {port}), 5); print('reached')\n"
                  "except OSError as e: print(e.strerror)\n"
                  "s = socket.create_server(('127.0.0.1', 0)); socket.create_connection(s.getsockname()); print('own')\n")
        self.assertEqual(self.assertOk(self.python(script)).out.splitlines(), ["['lo']", "Connection refused", "own"])
        self.assertEqual(self.assertOk(self.python(script, "--share", "1")).out.splitlines()[1:], ["reached", "own"])

    def test_abstract_sockets_are_unreachable(self):
        name = f"\0nacelle-test-{os.getpid()}"
        server = socket.socket(socket.AF_UNIX)
        self.addCleanup(server.close)
        server.bind(name)
        server.listen()
        script = (f"import socket\ns = socket.socket(socket.AF_UNIX)\n"
                  f"try:\n    s.connect({name!r}); print('reached')\nexcept OSError as e: print(e.strerror)")
        self.assertEqual(self.assertOk(self.python(script)).out.strip(), "Connection refused")
        # With the network of the host the kernel has to keep them apart, where it can.
        shared = self.assertOk(self.python(script, "--share", "1")).out.strip()
        self.assertEqual(shared, "Operation not permitted" if self.has_scope() else "reached")

    def has_scope(self):
        return "signal scope: ok" in self.run_command([self.program("sandbox-driver"), "--doctor"]).out

    def test_signals_do_not_reach_the_callers_process_group(self):
        """A process group crosses pid namespaces: kill(0) would reach whoever started the sandbox from a script."""
        if not self.has_scope():
            self.skipTest("kernel: Landlock cannot limit signals")
        script = ("import os, signal\nsignal.signal(signal.SIGTERM, lambda *_: print('own', flush=True))\n"
                  "os.kill(0, signal.SIGTERM)\nos.killpg(os.getpgrp() or 0, signal.SIGTERM)\n")
        argv = ["sh", "-c", 'trap "echo reached" TERM; "$@"; echo status $?', "sh", *self.sandbox_argv(
            "--", "/usr/bin/python3", "-c", script)]
        self.assertEqual(self.run_command(argv).out.split(), ["own", "own", "status", "0"])

    def test_namespaces_are_new_unless_shared(self):
        names = ("user", "mnt", "pid", "ipc", "uts", "cgroup", "net")
        script = "; ".join(f"readlink /proc/self/ns/{name}" for name in names)
        host = [os.readlink(f"/proc/self/ns/{name}") for name in names]
        inside = self.shell(script).out.split()
        self.assertEqual([a == b for a, b in zip(host, inside)], [False] * 7)
        shared = self.shell(script, "--share", "15").out.split()
        self.assertEqual([a == b for a, b in zip(host, shared)], [False, False, False, True, True, True, True])

    def test_host_name_of_the_host_is_safe_133dcb7(self):
        before = os.uname().nodename
        self.assertEqual(self.shell("uname -n", "--hostname", "box").out.strip(), "box")
        self.assertFails(self.shell("true", "--hostname", "box", "--share", "4"), "host name", status=125)
        self.assertEqual(os.uname().nodename, before)

    def test_init_leads_to_no_program_of_the_host_cve_2019_5736(self):
        self.assertFails(self.shell("readlink /proc/1/exe || ls /proc/1/exe/"), status=2)
        for name in ("exe", "root", "cwd", "fd", "mem", "environ", "maps"):
            self.assertNotEqual(self.python(f"import os; fd = os.open('/proc/1/{name}', os.O_RDONLY); os.read(fd, 1)").status, 0)
        folder = self.folder("bin")
        script = os.path.join(folder, "self")
        with open(script, "w", encoding="ascii") as f:
            f.write("#!/proc/self/exe\n")
        os.chmod(script, 0o755)
        driver = os.stat(self.program("sandbox-driver"))
        # What runs then is init's program, which has no use for such arguments, and never ours.
        self.sandbox("--ro-bind", folder, "/x", "--", "/x/self")
        watcher = ("import os\npid = os.fork()\nif pid == 0:\n    os.execv('/x/self', ['/x/self', '0 0', '', '/usr/bin/sleep', '3'])\n"
                   "import time\nfor _ in range(2000):\n"
                   "    try:\n        target = os.stat(f'/proc/{pid}/exe')\n        print(target.st_dev, target.st_ino)\n"
                   "    except OSError: pass\n    if os.waitpid(pid, os.WNOHANG)[0]: break\n")
        seen = set(self.python(watcher, "--ro-bind", folder, "/x").out.split("\n"))
        self.assertNotIn(f"{driver.st_dev} {driver.st_ino}", seen)

    def test_proc_of_the_host_is_not_writable(self):
        result = self.python("import os\nfor p in ('/proc/sys/kernel/core_pattern', '/proc/sysrq-trigger', "
                             "'/proc/sys/user/max_user_namespaces', '/proc/1/uid_map', '/proc/self/uid_map', "
                             "'/proc/self/setgroups', '/proc/1/oom_score_adj'):\n"
                             "    try:\n        fd = os.open(p, os.O_WRONLY); os.write(fd, b'0'); print('wrote', p)\n"
                             "    except OSError: pass\n")
        self.assertEqual(self.assertOk(result).out, "")

    def test_a_minimal_dev_cve_2020_27352(self):
        out = self.shell("ls /dev; ls -l /dev/null | cut -c1; test -c /dev/full && echo x > /dev/null && head -c1 /dev/zero | wc -c;"
                         "df --output=target /dev/shm | tail -1; touch /dev/shm/x && ls /dev/pts").out.split()
        self.assertEqual(out, ["core", "fd", "full", "null", "ptmx", "pts", "random", "shm", "stderr", "stdin", "stdout",
                               "tty", "urandom", "zero", "c", "1", "/dev", "ptmx"])
        self.assertOk(self.python("import pty, os; m, s = pty.openpty(); assert os.ttyname(s) == '/dev/pts/0'"))

    def test_device_nodes_work_only_where_asked_cve_2020_27352(self):
        self.assertOk(self.shell("echo x > /x", "--dev-bind", "/dev/null", "/x"))
        self.assertNotEqual(self.shell("echo x > /x", "--bind", "/dev/null", "/x").status, 0)

    def test_environment_is_empty_but_for_the_plan(self):
        result = self.sandbox("--setenv", "A", "1", "--setenv", "A", "2", "--setenv", "B", "3", "--unsetenv", "B", "--", "env",
                              env={"LD_LIBRARY_PATH": "/nowhere", "SECRET": "x"})
        self.assertEqual(sorted(result.out.split()), ["A=2", "HOME=/tmp", "PATH=/usr/bin:/usr/sbin:/tools"])
