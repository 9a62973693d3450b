# SPDX-License-Identifier: LGPL-2.1-or-later
"""The options of appbox that make places and processes less than they would be: what firejail, docker and setpriv are asked for."""
import os
import re
import subprocess

from boxes import USUAL, AppboxTest
from engine import TOOLS
from harness import find_busybox, program

VARIANTS = ("old-kernel",)
PLACES = """
echo x 2>/dev/null >/w/a/new && echo written-a; echo x 2>/dev/null >/w/b/new && echo written-b
/w/a/true && echo ran-a; /w/b/true 2>/dev/null && echo ran-b; cat /w/a/secret /w/b/secret; ls -A /w/c /w/d
"""


def answers(result):
    """{name: answer} of try-calls."""
    return dict(line.split(" ", 1) for line in result.out.splitlines())


class Places(AppboxTest):
    def folder(self):
        root = self._folder("w", 0o755)
        for name in ("a", "b", "c", "d"):
            self._folder(f"w/{name}", 0o755)
            with open(f"{root}/{name}/secret", "w", encoding="ascii") as f:
                f.write(name)
        for name in ("a", "b"):
            subprocess.run(["cp", "/usr/bin/true", f"{root}/{name}/true"], check=True)
        if not os.path.lexists(f"{root}/link"):
            os.symlink("/w/d", f"{root}/link")
        return root

    def places(self, *words):
        root = self.folder()
        for name in ("a", "b"):
            if os.path.exists(f"{root}/{name}/new"):
                os.unlink(f"{root}/{name}/new")
        return self.assertOk(self.appbox(*USUAL, "--bind", root, "/w", *words, "sh", "-c", PLACES)).out

    def test_places_are_less_than_what_is_around_them(self):
        free = "written-a\nwritten-b\nran-a\nran-b\nab/w/c:\nsecret\n\n/w/d:\nsecret\n"
        self.assertEqual(self.places(), free)
        self.assertEqual(self.places("--read-only", "/w/b", "--noexec", "/w/b"), free.replace("written-b\n", "").replace("ran-b\n", ""))
        self.assertEqual(self.places("--read-only", "/w", "--noexec", "/w/a/true"),
                         free.replace("written-a\nwritten-b\n", "").replace("ran-a\n", ""))
        self.assertEqual(self.places("--hide", "/w/b/secret", "--hide", "/w/c", "--hide", "/w/link", "--hide", "/w/nothing"),
                         free.replace("ab/w", "a/w").replace("secret\n", ""))

    def test_what_is_mounted_below_is_included(self):
        result = self.appbox(*USUAL, "--tmpfs", "/w", "--tmpfs", "/w/in", "--read-only", "/w", "--tmpfs", "/w/in/later", "sh", "-c",
                             "for f in /w/x /w/in/x /w/in/later/x; do (: >$f) 2>/dev/null && echo $f; done")
        self.assertFails(result, "later", status=1)     # its place cannot be made any more
        result = self.appbox(*USUAL, "--tmpfs", "/w", "--tmpfs", "/w/in/later", "--read-only", "/w", "--tmpfs", "/w/in/later", "sh", "-c",
                             "for f in /w/x /w/in/x /w/in/later/x; do (: >$f) 2>/dev/null && echo $f; done")
        self.assertEqual(self.assertOk(result).out, "/w/in/later/x\n")

    def test_the_root_itself(self):
        result = self.appbox("--tmpfs", "/", *USUAL, "--read-only", "/", "sh", "-c", "(: >/x) 2>/dev/null || echo no; echo y >/dev/null && echo yes")
        self.assertEqual(self.assertOk(result).out, "no\nyes\n")

    def test_refused(self):
        for option in ("--read-only", "--noexec"):
            self.assertFails(self.appbox(*USUAL, option, "/nothing", "true"), "cannot restrict “/nothing”.*No such file", status=1)
            self.assertFails(self.appbox(*USUAL, option, "nothing", "true"), "nothing", status=1)

    def test_domain_name(self):
        show = ("cat", "/proc/sys/kernel/domainname")
        self.assertEqual(self.assertOk(self.appbox(*USUAL, "--unshare-uts", "--domainname", "box.example", *show)).out, "box.example\n")
        self.assertNotEqual(self.assertOk(self.appbox(*USUAL, "--unshare-uts", *show)).out, "box.example\n")
        self.assertFails(self.appbox(*USUAL, "--domainname", "box.example", "true"), "needs --unshare-uts", status=1)
        self.assertFails(self.appbox(*USUAL, "--unshare-uts", "--domainname", "x" * 65, "true"), "1 to 64 bytes", status=1)

    def test_programs_of_other_machines(self):
        """As unshare --load-interp has them; the rule is for the sandbox alone."""
        file = os.path.join(self._folder("binfmt", 0o755), "hello.nacelle")
        with open(file, "w", encoding="ascii") as f:
            f.write("text\n")
        os.chmod(file, 0o755)
        root = ["--uid", "0", "--gid", "0"]
        words = [*USUAL, "--ro-bind", file, "/h/hello.nacelle", "--binfmt", ":nacelle:E::nacelle::/usr/bin/wc:", "/m"]
        self.assertFails(self.appbox(*words[:-3], "/h/hello.nacelle"), "Exec format error", status=1)
        self.assertFails(self.appbox(*USUAL, "--binfmt", "x\ny", "/m", "true"), "a rule for programs is one line", status=1)
        if "\tbinfmt_misc\n" not in open("/proc/filesystems", encoding="ascii").read():
            self.skipTest("kernel: no binfmt_misc")
        result = self.appbox(*words, *root, "/h/hello.nacelle")
        if "its own since Linux 6.7" in result.err and tuple(map(int, os.uname().release.split(".")[:2])) < (6, 7):
            self.skipTest("kernel: user namespaces have no binfmt_misc of their own")
        self.assertEqual(self.assertOk(result).out.split(), ["1", "1", "5", "/h/hello.nacelle"])
        self.assertFails(self.appbox(*words, "true"), "cannot register what runs programs .*rules are for user and group 0", status=1)
        self.assertFails(self.appbox(*USUAL, *root, "--binfmt", "no rule", "/m", "true"), "cannot register.*Invalid argument", status=1)
        self.assertEqual(self.assertOk(self.appbox(*USUAL, *root, "--binfmt", "", "/m", "ls", "/m")).out, "register\nstatus\n")

    def test_apparmor_that_is_not_there(self):
        result = self.run_command(["unshare", "-Urm", "sh", "-c", 'mount -t tmpfs x /sys && exec "$@"', "sh", program("appbox"), *USUAL,
                                   "--apparmor", "box", "echo", "ran"])
        self.assertFails(result, "AppArmor is not enabled on this machine", status=1)
        self.assertEqual(result.out, "")


class Attributes(AppboxTest):
    SHOW = "nice; umask; cat /proc/self/oom_score_adj; nproc; uname -m; sed -n 's/^THP_enabled:.//p' /proc/self/status; cat /proc/self/personality"

    def show(self, *words):
        options = [word for attribute in words for word in ("--attribute", attribute)]
        return self.assertOk(self.appbox(*USUAL, *options, "sh", "-c", self.SHOW)).out.split()

    def test_attributes(self):
        cpu = min(os.sched_getaffinity(0))
        nice = os.nice(0)
        with open("/proc/self/oom_score_adj", encoding="ascii") as f:
            oom = int(f.read())
        before = self.show()
        after = self.show(f"nice={nice + 3}", "nice=19", f"nice={min(nice + 5, 19)}", "umask=0135", f"oom-score={min(oom + 7, 1000)}",
                          f"cpus={cpu},{cpu}-{cpu}", "huge-pages=never", "personality=linux32", "personality=no-randomize", "io=idle")
        self.assertEqual(after[:4], [str(min(nice + 5, 19)), "0135", str(min(oom + 7, 1000)), "1"])
        self.assertNotEqual(before[4], after[4])        # i686, armv8l
        self.assertEqual(after[-1], "00040008")
        self.assertEqual(before[0], str(nice))
        if len(after) == 7:
            self.assertEqual((before[5], after[5]), ("1", "0"))

    def test_class_of_the_disk(self):
        for value, shown in (("idle", "idle"), ("best-effort:6", "best-effort: prio 6"), ("best-effort", "best-effort: prio 4")):
            self.assertEqual(self.assertOk(self.appbox(*USUAL, "--attribute", f"io={value}", "ionice")).out, f"{shown}\n")

    def test_what_cannot_be(self):
        cases = [("io=realtime:0", "needs CAP_SYS_NICE"), ("groups=none", "--map-groups"), ("cpus=1023", "none of these processors")]
        # Somebody may have given this user more than is usual.
        if self.run_command(["nice", "-n", "-20", "nice"]).out != "-20\n":
            cases.append(("nice=-20", "cannot set the attribute “nice” to -20.*a limit “nice”"))
        if self.run_command(["sh", "-c", "echo -1000 >/proc/self/oom_score_adj"]).status != 0:
            cases.append(("oom-score=-1000", "CAP_SYS_RESOURCE"))
        for value, pattern in cases:
            result = self.appbox(*USUAL, "--attribute", value, "echo", "ran")
            self.assertFails(result, pattern, status=1)
            self.assertEqual(result.out, "")
        for value in ("nice=", "nice=20", "nice=1x", "nice= 1", "cpus=", "cpus=1,", "cpus=3-1", "cpus=9999", "io=idle:1", "io=best-effort:8", "io=x",
                      "oom-score=1001", "umask=9", "umask=1000", "huge-pages=always", "personality=x", "groups=x", "core=x"):
            self.assertFails(self.appbox(*USUAL, "--attribute", value, "true"), f"is no value for the attribute “{value.split('=')[0]}”", status=1)
        self.assertFails(self.appbox(*USUAL, "--attribute", "foo=1", "true"), "no attribute of processes; there are nice", status=1)
        self.assertFails(self.appbox(*USUAL, "--attribute", "nice", "true"), "NAME=VALUE", status=1)


class Filters(AppboxTest):
    def tried(self, what, *words):
        return answers(self.assertOk(self.appbox(*USUAL, "--ro-bind", TOOLS, "/tools", *words, "/tools/try-calls", what)))

    def test_deny_calls(self):
        script = "mkdir /t/d 2>&1; mknod /t/p p 2>&1; echo >/t/f; chmod 600 /t/f 2>&1 && echo yes"
        calls = "mkdir:ENOSYS,mkdirat:ENOSYS,mknod,mknodat" if os.uname().machine == "x86_64" else "mkdirat:ENOSYS,mknodat"
        out = self.assertOk(self.appbox(*USUAL, "--tmpfs", "/t", "--deny-calls", calls, "sh", "-c", script)).out
        self.assertRegex(out, r"\A[^\n]*Function not implemented\n[^\n]*Operation not permitted\nyes\n\Z")
        self.assertEqual(self.assertOk(self.appbox(*USUAL, "--tmpfs", "/t", "sh", "-c", script)).out, "yes\n")

    def test_filters_of_apps(self):
        free = self.tried("calls")
        tried = self.tried("calls", "--filter", "default")
        self.assertEqual((tried["unshare-user"], tried["fsopen"], tried["socket-bluetooth-no-type"]), ("EPERM", "ENOSYS", "EAFNOSUPPORT"))
        self.assertEqual((free["unshare-user"], tried["getpid"]), ("ok", "ok"))
        self.assertEqual(self.tried("calls", "--filter", "default,bluetooth")["socket-bluetooth-no-type"], "EINVAL")
        self.assertEqual((self.tried("devel", "--filter", "default")["ptrace"], self.tried("devel", "--filter", "devel,multiarch")["ptrace"]),
                         ("EPERM", "ok"))
        for word in ("", "all", "default,", "default devel"):
            self.assertFails(self.appbox(*USUAL, "--filter", word, "echo", "ran"), "is no word for a filter; there are default", status=1)

    def test_groups_and_answers(self):
        free = self.tried("calls")
        tried = self.tried("calls", "--deny-calls", "@mount:EAGAIN,@keyring:kill,@module:99", "--deny-calls", "getpid:log,@reboot")
        for name in ("mount", "fsopen", "pivot_root", "open_tree"):
            self.assertEqual(tried[name], "EAGAIN")
        self.assertEqual((tried["keyctl"], tried["finit_module"], tried["kexec_load"]), ("killed by 31", "EADDRNOTAVAIL", "EPERM"))
        changed = {name for name in free if free[name] != tried[name]}
        self.assertLessEqual(changed, {"mount", "umount2", "pivot_root", "chroot", "open_tree", "move_mount", "fsopen", "fsconfig", "fsmount", "fspick",
                                       "mount_setattr", "add_key", "keyctl", "request_key", "init_module", "finit_module", "delete_module", "kexec_load"})
        self.assertEqual(tried["getpid"], "ok")

    def test_only_calls(self):
        busybox = find_busybox()
        trace = f"{self._folder('s', 0o755)}/trace"
        self.assertOk(self.run_command(["strace", "-qq", "-o", trace, busybox, "echo", "said"]))
        with open(trace, encoding="utf-8") as f:
            names = ",".join(sorted({match[1] for match in re.finditer(r"(?m)^(\w+)\(", f.read())} - {"write"}))
        self.assertIn("exit_group", names)

        def say(calls):
            return self.appbox(*USUAL, "--ro-bind", busybox, "/busybox", "--only-calls", calls, "/busybox", "echo", "said")
        self.assertEqual(self.assertOk(say(f"{names},write")).out, "said\n")
        result = say(names)
        self.assertEqual((result.out, result.err, result.status), ("", "", 1))      # EPERM, and it cannot even complain
        self.assertEqual(say(f"*:kill,{names}").status, 159)

    def test_only_sockets(self):
        tried = self.tried("calls", "--only-sockets", "unix,netlink")
        self.assertEqual({tried[name] for name in tried if name.startswith("socket-") and name not in ("socket-unix", "socket-netlink")},
                         {"EAFNOSUPPORT"})
        self.assertEqual((tried["socket-unix"], tried["socket-netlink"], tried["io_uring_setup"]), ("ok", "ok", "ENOSYS"))
        tried = self.tried("calls", "--only-sockets", "none")
        self.assertEqual({tried[name] for name in tried if name.startswith("socket-")}, {"EAFNOSUPPORT"})
        self.assertEqual(self.tried("calls")["socket-inet"], "ok")

    def test_deny_namespaces(self):
        free = self.tried("namespaces")
        self.assertEqual([free[name] for name in ("unshare-user", "unshare-user-net", "clone-user-net", "setns-net")], ["ok", "ok", "ok", "EBADF"])
        every = self.tried("namespaces", "--deny-namespaces", "all")
        self.assertEqual({name for name in every if every[name] == "EPERM"}, set(every) - {"unshare-files", "clone-none", "clone3"})
        self.assertEqual((every["unshare-files"], every["clone-none"], every["clone3"]), ("ok", "ok", "ENOSYS"))
        some = self.tried("namespaces", "--deny-namespaces", "net,time")
        self.assertEqual({name for name in some if some[name] == "EPERM"},
                         {"unshare-user-net", "unshare-user-time", "clone-user-net", "setns-any", "setns-net"})
        self.assertEqual((some["unshare-user"], some["clone-user"], some["setns-user"]), ("ok", "ok", "EBADF"))

    def test_deny_write_exec(self):
        free = self.tried("memory")
        self.assertEqual({free[name] for name in free if name not in ("shmat-exec", "pkey_mprotect-exec")}, {"ok"})
        tight = self.tried("memory", "--deny-write-exec")
        self.assertEqual({name for name in tight if tight[name] == "EPERM"},
                         {"mmap-both", "mprotect-exec", "pkey_mprotect-exec", "shmat-exec", "memfd_create", "personality-exec"})
        self.assertEqual({tight[name] for name in ("mmap-write", "mmap-exec", "mprotect-read", "personality-ask")}, {"ok"})

    def test_other_conventions_are_no_way_around(self):
        if os.uname().machine != "x86_64":
            self.skipTest("kernel: this machine has no other conventions")
        for words in (("--deny-calls", "@mount"), ("--only-sockets", "unix"), ("--deny-namespaces", "all"), ("--deny-write-exec",)):
            self.assertEqual(set(self.tried("foreign", *words).values()), {"killed by 31"}, words)

    def test_lists_that_say_nothing(self):
        for option, value, pattern in (
                ("--deny-calls", "nonsense", "“nonsense” is no system call"), ("--deny-calls", "@nonsense", "no group"), ("--deny-calls", "", "empty word"),
                ("--deny-calls", "mkdirat,", "empty word"), ("--deny-calls", "mkdirat:EFOO", "no answer"), ("--deny-calls", "mkdirat:0", "no answer"),
                ("--deny-calls", "*", "no system call"), ("--only-calls", "mkdirat:EPERM", "has no other answer"), ("--deny-calls", "x" * 70, "too long"),
                ("--only-sockets", "tcp", "none of unix"), ("--only-sockets", "unix:EPERM", "none of unix"),
                ("--deny-namespaces", "disk", "none of user"), ("--deny-namespaces", "net,net", "there already"),
                ("--deny-calls", ",".join(["getpid"] * 2100), "too long for a system call filter")):
            result = self.appbox(*USUAL, option, value, "echo", "ran")
            self.assertFails(result, option, pattern, status=1)
            self.assertEqual(result.out, "")

    def test_all_of_it_in_a_stored_plan(self):
        plan = f"{self._folder('p', 0o755)}/plan"
        words = ["--tmpfs", "/t", "--read-only", "/t", "--hide", "/etc/passwd", "--unshare-uts", "--domainname", "d.example", "--attribute", "umask=0135",
                 "--attribute", f"cpus={min(os.sched_getaffinity(0))}", "--deny-namespaces", "all", "--only-sockets", "unix"]
        script = "umask; nproc; cat /proc/sys/kernel/domainname /etc/passwd; (: >/t/x) 2>/dev/null || echo ro; unshare -U true 2>/dev/null || echo denied"
        self.assertOk(self.appbox(*USUAL, *words, "--plan-out", plan, "sh", "-c", script))
        self.assertEqual(self.assertOk(self.appbox("--plan-in", plan)).out, "0135\n1\nd.example\nro\ndenied\n")
        self.assertIn("attribute umask 0135  # --attribute\n", self.assertOk(self.appbox("--plan-in", plan, "--explain")).out)

    def test_who_joins(self):
        sandbox = self.start([program("appbox"), *USUAL, "--json-status-fd", "1", "sh", "-c", "echo up; exec sleep 1000"])
        pid = re.search(rb'"child-pid": (\d+)', sandbox.stdout.readline())[1].decode()
        self.assertEqual(sandbox.stdout.readline(), b"up\n")
        result = self.appbox("--join", pid, "--attribute", "umask=0135", "--only-sockets", "unix", "sh", "-c", "umask; grep Seccomp: /proc/self/status")
        self.assertEqual(self.assertOk(result).out.split(), ["0135", "Seccomp:", "2"])
        self.assertFails(self.appbox("--join", pid, "--read-only", "/tmp", "true"), "joined as it is", status=1)
