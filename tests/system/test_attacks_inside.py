# SPDX-License-Identifier: LGPL-2.1-or-later
"""Published attacks from inside a sandbox, by their public ids (tests/ATTACKS.md).  One launch of attack-probe tries most of
them; each test looks at its own lines."""
import os
import re
import shutil
import socket
import time

from engine import EngineTest, TOOLS

VARIANTS = ("old-kernel", "asan")


class Inside(EngineTest):
    seen = None

    def tried(self, *names):
        """What attack-probe saw for these names, without a kept right and in the default filter."""
        if Inside.seen is None:
            folder = self._folder("work/probe", 0o755)
            with open(f"{folder}/file", "w", encoding="ascii") as f:
                f.write("x")
            result = self.assertOk(self.sandbox("--bind", folder, "/w", "--", "/tools/attack-probe", "inside", str(os.getpid())))
            Inside.seen = dict(line.split(" ", 1) for line in result.out.splitlines())
        return [Inside.seen[name] for name in names]

    def assertRefused(self, *names):
        for name, answer in zip(names, self.tried(*names)):
            self.assertIn(answer, ("EPERM", "ENOSYS", "EACCES", "ENOENT", "ESRCH", "EROFS", "EINVAL", "EPROTONOSUPPORT"), name)

    def test_133dcb7_host_and_domain_name(self):
        before = os.uname()
        self.assertEqual(self.tried("host-name", "domain-name"), ["EPERM", "EPERM"])
        self.assertEqual(os.uname(), before)

    def test_b48c129_cve_2016_8659_processes_of_the_host_and_the_set_up(self):
        self.assertEqual(self.tried("kill-host", "pidfd-host"), ["ESRCH", "ESRCH"])
        self.assertRefused("trace-host", "trace-init", "init-memory")

    def test_2ba9a9a_53475bc_no_other_way_to_a_user_namespace(self):
        self.assertRefused("join-init", "join-own", "limit-namespaces", "own-map")
        self.assertFails(self.shell("cat /proc/1/ns/user"), "Permission denied", status=1)

    def test_cve_2013_1858_a_new_namespace_never_shares_the_root(self):
        self.assertEqual(self.tried("clone-shared-root"), ["EPERM"])       # the kernel's own answer is EINVAL

    def test_cve_2014_8989_groups_cannot_be_dropped(self):
        self.assertRefused("drop-groups", "become-root")
        out = self.shell("cat /proc/self/setgroups; id -G | wc -w").out.split()
        self.assertEqual(out, ["deny", str(len(set(os.getgroups()) | {os.getgid()}))])

    def test_bc5ea572_nothing_is_remounted(self):
        self.assertRefused("remount-usr")

    def test_cve_2022_0492_cve_2023_25809_control_groups_are_out_of_reach(self):
        self.assertRefused("mount-cgroup", "mount-cgroup2", "cgroup-folder", "release-agent")
        self.assertEqual(self.shell("find / -name release_agent -o -name cgroup.procs 2>/dev/null").out, "")

    def test_cve_2022_0185_file_systems_are_not_configured(self):
        self.assertEqual(self.tried("open-fs"), ["ENOSYS"])     # the filter's answer; the kernel's is EPERM

    def test_cve_2022_25636_the_network_is_not_administrated(self):
        self.assertRefused("netfilter")
        result = self.python("import socket, fcntl\ns = socket.socket()\nfcntl.ioctl(s, 0x8914, b'lo' + bytes(14) + bytes(24))")
        self.assertIn("Operation not permitted", result.err)

    def test_cve_2021_3493_file_capabilities_cannot_be_given(self):
        """For root of the sandbox too, whom the kernel would believe with the right to it."""
        self.assertRefused("file-capability")
        result = self.sandbox("--identity", "0", "0", "--bind", os.path.join(self.work, "probe"), "/w", "--", "/tools/attack-probe", "inside",
                              str(os.getpid()))
        self.assertIn("\nfile-capability EPERM\n", self.assertOk(result).out)
        with self.assertRaises(OSError):
            os.getxattr(os.path.join(self.work, "probe/file"), "security.capability")

    def test_cve_2025_52881_cve_2019_16884_machine_wide_files_of_proc(self):
        self.assertRefused("core-pattern", "sysrq", "own-map")
        self.assertEqual(self.shell("cat /proc/self/uid_map").out.split(), [str(os.getuid()), str(os.getuid()), "1"])
        self.assertEqual(self.shell("cat /proc/self/gid_map").out.split(), [str(os.getgid()), str(os.getgid()), "1"])

    def test_a8eef8b_devices_and_the_kernel(self):
        self.assertRefused("make-device", "hang-up", "load-module", "load-bpf", "userfaultfd", "open-handle", "kexec", "key-ring",
                           "io-uring")

    def test_a955622_cve_2022_29162_cve_2022_27650_no_set_comes_back(self):
        """Not by what is executed either: a file of the host with file capabilities, where there is one."""
        found = [p for p in ("/usr/bin/ping", "/usr/bin/newuidmap") if os.path.exists(p)]
        script = "cat /proc/self/status; " + "".join(f"{p} --nonsense >/dev/null 2>&1;" for p in found) + "cat /proc/self/status"
        for words in ((), ("--identity", "0", "0"), ("--filter", "1")):
            sets = re.findall(r"Cap(?:Inh|Prm|Eff|Bnd|Amb):\t(\w+)", self.shell(script, *words).out)
            self.assertEqual(sets, ["0" * 16] * 10, words)

    def test_cve_2017_5206_a_tracer_does_not_get_past_the_filter(self):
        outside = self.assertOk(self.run_command([f"{TOOLS}/attack-probe", "rewrite"]))
        self.assertIn(outside.out, ("rewrite ok\n", "rewrite EPERM\n"))
        self.assertEqual(self.sandbox("--", "/tools/attack-probe", "rewrite").out, "rewrite no-tracing\n")
        self.assertEqual(self.sandbox("--filter", "1", "--", "/tools/attack-probe", "rewrite").out, "rewrite EPERM\n")

    def test_cve_2019_5736_cve_2019_12499_programs_of_the_host_are_not_truncated(self):
        driver = self.program("sandbox-driver")
        before = os.stat(driver).st_size, os.stat(driver).st_mtime_ns
        copy = os.path.join(self.folder("own"), "sandbox-driver")     # of the user, who could write to it
        shutil.copy(driver, copy)
        argv = [copy, *self.sandbox_argv()[1:]]
        size = os.stat(copy).st_size
        for words in ((), ("--share", "16")):
            result = self.run_command([*argv, *words, "--", "/tools/attack-probe", "overwrite", "200"])
            if not words:
                self.assertEqual(result.out, "opened 0\n")
            self.assertEqual(os.stat(copy).st_size, size)
        self.assertEqual((os.stat(driver).st_size, os.stat(driver).st_mtime_ns), before)

    def test_cve_2017_5226_cve_2016_7545_cve_2016_9016_cve_2023_1523_cve_2019_7303_nothing_is_typed_into_the_shell(self):
        canary = os.path.join(self.folder("d"), "canary")
        shell = self.terminal(["/bin/bash", "--norc", "--noprofile", "-i"], env={"PS1": "$ "})
        argv = " ".join(f"'{word}'" for word in self.sandbox_argv("--", "/tools/attack-probe", "terminal", canary))
        for _ in range(2):
            shell.send(f"{argv}; echo af''ter\n")
            shell.expect("typed 0")
            shell.expect("after")
        shell.send("echo sti''ll\n")
        shell.expect("still")
        time.sleep(0.2)
        self.assertFalse(os.path.exists(canary))

    def test_cve_2016_10119_cve_2016_10120_modes_do_not_depend_on_the_caller(self):
        for mask in (0o000, 0o777):
            out = self.shell("stat -c %a /dev /dev/shm /x /y; umask", "--tmpfs-size", "65536", "/x", "--dir", "0700", "/y", umask=mask).out
            self.assertEqual(out.split(), ["755", "1777", "1777", "700", f"{mask:04o}"])

    def test_cve_2024_5300_cve_2020_15257_sockets_of_the_host(self):
        path = os.path.join(self._folder("s"), "socket")       # a short name
        with socket.socket(socket.AF_UNIX) as server, socket.socket(socket.AF_UNIX) as abstract:
            server.bind(path)
            abstract.bind(f"\0walls-{os.getpid()}")
            find = r"find / \( -path /proc -o -path /usr \) -prune -o -type s -print 2>/dev/null"
            self.assertEqual(self.shell(f"{find}; tail -n +2 /proc/net/unix").out, "")
            # A socket that a plan gives is there, and only that.
            self.assertEqual(self.shell(find, "--bind", os.path.dirname(path), "/s").out, "/s/socket\n")

    def test_no_4780_no_way_up_from_the_working_directory(self):
        script = ("import os\nseen = set()\nfor _ in range(40):\n    st = os.stat('.'); seen.add((st.st_dev, st.st_ino)); os.chdir('..')\n"
                  "st = os.stat('/')\nprint(os.getcwd(), (st.st_dev, st.st_ino) in seen, sorted(os.listdir('.')) == sorted(os.listdir('/')))\n")
        gone = self.folder("gone")
        for cwd, is_gone in ((self.home, False), ("/", False), ("/proc", False), (gone, True)):
            argv = ["sh", "-c", 'cd "$1"; [ -z "$2" ] || rmdir "$1"; shift 2; exec "$@"', "sh", cwd, "x" if is_gone else "",
                    *self.sandbox_argv("--", "/usr/bin/python3", "-c", script)]
            self.assertEqual(self.run_command(argv).out, "/ True True\n", cwd)

    def test_cve_2019_12589_filters_are_no_file_that_could_be_written(self):
        """A filter that the caller brings along is passed to the last step before the app in a file; the app finds none."""
        allow = b"\6\0\0\0\0\0\xff\x7f"
        script = ("import os\nprint(sorted(os.listdir('/proc/self/fd'), key=int))\n"
                  "print([f'{top}/{f}' for top, _, files in os.walk('/') if not top.startswith(('/proc', '/dev', '/usr', '/tools')) for f in files])\n"
                  "print([line.split()[1] for line in open('/proc/self/status') if line.startswith('Seccomp:')])\n")
        words = [self.program("appbox"), *self.sandbox_argv()[1:], "--unshare-all"]
        for n in (1, 2):
            pipes = [os.pipe() for _ in range(n)]
            for r, w in pipes:
                os.write(w, allow)
                os.close(w)
                self.addCleanup(os.close, r)
            filters = [word for r, _ in pipes for word in ("--add-seccomp-fd", str(r))]
            result = self.run_command([*words, *filters, "/usr/bin/python3", "-c", script], pass_fds=[r for r, _ in pipes])
            self.assertEqual(self.assertOk(result).out.splitlines(), ["['0', '1', '2', '3']", "[]", "['2']"], n)

    def test_cve_2023_0386_copies_of_an_overlay_are_the_users(self):
        if "overlays: fallback: Operation not permitted" in self.run_command([self.program("sandbox-driver"), "--doctor"]).out:
            self.skipTest("kernel: no overlays for ordinary users before Linux 5.11")
        lower, upper = self.folder("lower"), self.folder("upper")
        self.folder("upper.work")
        shutil.copy("/usr/bin/id", f"{lower}/own")
        os.chmod(f"{lower}/own", 0o6755)
        script = ("for f in su mount passwd own; do chmod u+s,g+s,o+w $f; echo x >> $f; touch $f; mv $f $f.moved; done 2>/dev/null;"
                  "/x/own.moved -u; grep ' /x ' /proc/self/mountinfo")
        out = self.shell(f"cd /x; {script}", "--overlay", "/usr/bin", lower, upper, "/x").out
        self.assertRegex(out, rf"^{os.getuid()}\n")
        self.assertIn("nosuid", out)
        for top, folders, files in os.walk(upper):
            for name in folders + files:
                self.assertEqual(os.lstat(os.path.join(top, name)).st_uid, os.getuid(), name)
