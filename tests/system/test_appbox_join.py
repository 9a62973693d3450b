# SPDX-License-Identifier: LGPL-2.1-or-later
"""appbox --join: a command in a sandbox that runs already, held as tight as that one."""
import ast
import json
import os
import re
import signal
import subprocess

from engine import EngineTest
from harness import descendants, program, wait_until
from traces import reap_orphans

# Somebody inside who looks at every other process, until it gets a line.
WATCHER = """
import os, select, stat, sys
seen = set()
print("ready", flush=True)
while not select.select([0], [], [], 0)[0]:
    for pid in filter(str.isdigit, os.listdir("/proc")):
        if int(pid) in (1, os.getpid()):
            continue
        try:
            seen.add(open(f"/proc/{pid}/comm").read().strip())
            for name in ["cwd", "root", "exe"] + ["fd/" + fd for fd in os.listdir(f"/proc/{pid}/fd")]:
                st = os.stat(f"/proc/{pid}/{name}")
                seen.add((name.split("/")[0], stat.S_ISDIR(st.st_mode), st.st_dev, st.st_ino))
            os.open(f"/proc/{pid}/exe", os.O_WRONLY)
            seen.add("opened")
        except OSError:
            pass
print(seen)
"""

VARIANTS = ("old-kernel", "asan")
KINDS = "user mnt pid ipc uts net cgroup time"
LINKS = f"for n in {KINDS}; do readlink /proc/self/ns/$n || echo none; done"


class Join(EngineTest):
    def running(self, *words):
        """A sandbox that runs, and the number of its first process."""
        usual = [word for word in self.sandbox_argv()[1:] if word != "--setenv"]
        usual = usual[:usual.index("PATH")]
        r, w = os.pipe()
        process = self.start([program("appbox"), *usual, "--unshare-all", "--hostname", "box", *words, "--json-status-fd", str(w), "sh", "-c",
                              f"echo in > /tmp/mark; {LINKS}; exec sleep 1000"], pass_fds=[w])
        os.close(w)
        with os.fdopen(r) as status:
            pid = json.loads(status.readline())["child-pid"]
        links = [process.stdout.readline().decode().strip() for _ in KINDS.split()]
        return process, pid, links

    def join(self, pid, *words, **options):
        return self.run_command([program("appbox"), "--join", str(pid), *words], **options)

    def test_all_of_a_running_sandbox(self):
        _, pid, links = self.running()
        out = self.assertStatus(self.join(pid, "sh", "-c", f"{LINKS}; cat /tmp/mark; hostname; readlink /proc/self/root; ls /home 2>&1; "
                                          "for p in /proc/[0-9]*; do cat $p/comm; done; grep -E '^(Cap|NoNew)' /proc/self/status; exit 7"), 7).out
        lines = out.splitlines()
        self.assertEqual(lines[:8], links)
        self.assertNotIn(os.readlink("/proc/self/ns/user"), links)
        self.assertEqual(lines[8:11], ["in", "box", "/"])
        self.assertNotIn("appbox", out)
        self.assertEqual(len(re.findall(r"^nacelle-init$", out, re.M)), 1)     # the one that was there
        self.assertEqual(set(re.findall(r"^Cap\w+:\s(\w+)$", out, re.M)), {"0" * 16})
        self.assertRegex(out, r"NoNewPrivs:\s1\n")
        self.assertFails(self.join(pid, "nonesuch"), "not found", status=1)
        self.assertEqual(self.join(pid, "--pty", "sh", "-c", "test -t 0 && test -t 1 && echo tty; kill -TERM $$").raw_out, b"tty\r\n")

    def test_capabilities_within_those_of_the_sandbox_cve_2022_31214(self):
        _, pid, _ = self.running("--cap-add", "CAP_NET_ADMIN")
        out = self.assertOk(self.join(pid, "--cap-add", "CAP_NET_ADMIN", "grep", "CapEff", "/proc/self/status")).out
        self.assertEqual(out.split()[1], f"{1 << 12:016x}")
        self.assertFails(self.join(pid, "--cap-add", "CAP_SYS_ADMIN", "echo", "ran"), "does not have all of the capabilities", status=1)

    def test_a_filter_for_a_filter_cve_2022_31214(self):
        process = self.start(self.sandbox_argv("--", "sh", "-c", "echo ready; exec sleep 1000"))
        self.assertEqual(process.stdout.readline(), b"ready\n")
        pid = int(open(f"/proc/{process.pid}/task/{process.pid}/children", encoding="ascii").read().split()[0])
        result = self.join(pid, "/usr/bin/echo", "ran")
        self.assertFails(result, "has a system call filter, and the command would have none", status=1)
        self.assertEqual(result.out, "")
        # Allow everything: a filter all the same, of the caller's choice.
        r, w = os.pipe()
        os.write(w, b"\6\0\0\0\0\0\xff\x7f")
        os.close(w)
        result = self.join(pid, "--seccomp", str(r), "/usr/bin/grep", "Seccomp:", "/proc/self/status", pass_fds=[r])
        os.close(r)
        self.assertEqual(self.assertOk(result).out.split()[1], "2")

    def test_only_sandboxes_of_this_user_cve_2022_31214(self):
        plain = subprocess.Popen(["unshare", "-Ur", "sleep", "1000"])
        self.addCleanup(plain.wait)
        self.addCleanup(plain.kill)
        wait_until(lambda: os.readlink(f"/proc/{plain.pid}/ns/user") != os.readlink("/proc/self/ns/user"))
        for pid, pattern in ((os.getpid(), "not in a sandbox that this user has started"), (1, "not in a sandbox|No such process"),
                             (2 ** 22 + 1, "cannot be joined"), (0, "no process")):
            result = self.join(pid, "echo", "ran")
            self.assertFails(result, "cannot be joined", pattern, status=1)
            self.assertEqual(result.out, "")
        # Under no_new_privs (as with the filter of an older kernel) nobody there may gain rights.
        if re.search(r"NoNewPrivs:\s0", open("/proc/self/status", encoding="ascii").read()):
            self.assertFails(self.join(plain.pid, "echo", "ran"), "may gain rights", status=1)
        process, pid, _ = self.running()
        process.kill()
        process.wait()
        wait_until(lambda: "cannot be joined" in self.join(pid, "true").err)

    def test_a_false_proc_of_the_sandbox_is_not_asked_cve_2015_1334(self):
        """Its /proc says that its processes have neither a filter nor anything else that would bind who joins."""
        false = self.folder("false")
        for pid in (1, 2):
            os.makedirs(f"{false}/{pid}")
            with open(f"{false}/{pid}/status", "w", encoding="ascii") as f:
                f.write(f"NoNewPrivs:\t1\nSeccomp:\t0\nSeccomp_filters:\t0\nCapBnd:\t{'f' * 16}\n")
        process = self.start(self.sandbox_argv("--bind", false, "/proc", "--", "sh", "-c", "echo ready; exec sleep 1000"))
        self.assertEqual(process.stdout.readline(), b"ready\n")
        pid = int(open(f"/proc/{process.pid}/task/{process.pid}/children", encoding="ascii").read().split()[0])
        result = self.join(pid, "/usr/bin/echo", "ran")
        self.assertFails(result, "has a system call filter, and the command would have none", status=1)
        # What is true of it is seen all the same.
        _, pid, _ = self.running("--bind", false, "/proc")
        self.assertEqual(self.assertOk(self.join(pid, "ls", "/proc")).out, "1\n2\n")
        self.assertFails(self.join(pid, "--cap-add", "CAP_SYS_ADMIN", "echo", "ran"), "does not have all of the capabilities", status=1)

    def test_a_command_that_joins_types_nothing_cve_2016_7545(self):
        """Without a filter, what joins has no terminal of the caller's to type into, when it is to have a session of its own."""
        _, pid, _ = self.running()
        code = ("import fcntl, os, termios\n"
                "for n in (0, 1, 2):\n    try:\n        for c in (b'X', b'\\n'): fcntl.ioctl(n, termios.TIOCSTI, c)\n"
                "    except OSError: pass\nprint('tried')\n")
        for words in (("--new-session",), ("--pty",)):
            terminal = self.terminal(["bash", "-c", '"$@"; printf "typed:"; IFS= read -r -t 0.3 x; echo "<$x>"', "bash",
                                      program("appbox"), "--join", str(pid), *words, "/usr/bin/python3", "-c", code])
            self.assertEqual(terminal.wait(), 0, terminal.text)
            self.assertIn("tried", terminal.text)
            self.assertIn("typed:<>", terminal.text)
            self.assertNotIn("<X", terminal.text)

    def test_nothing_is_to_be_had_of_a_newcomer_cve_2016_9962_cve_2016_8649_bce609d(self):
        """Who is inside looks at all that a newcomer has, from its first moment on.  With the network of the host, since else Landlock
        keeps them apart."""
        usual = self.sandbox_argv()[1:]
        r, w = os.pipe()
        process = self.start([program("appbox"), *usual, "--unshare-pid", "--json-status-fd", str(w), "/usr/bin/python3", "-c", WATCHER], pass_fds=[w])
        os.close(w)
        with os.fdopen(r) as status:
            pid = json.loads(status.readline())["child-pid"]
        self.assertEqual(process.stdout.readline(), b"ready\n")
        for _ in range(30):
            self.assertOk(self.join(pid, "/usr/bin/sleep", "0.02"))
        process.stdin.write(b"\n")
        process.stdin.flush()
        seen = ast.literal_eval(process.stdout.readline().decode())
        self.assertIn("sleep", seen)
        self.assertNotIn("opened", seen)
        self.assertEqual([entry for entry in seen if entry[:2] == ("fd", True)], [])
        files = {entry[2:] for entry in seen if isinstance(entry, tuple)}
        for path in (program("appbox"), "/"):
            self.assertNotIn((os.stat(path).st_dev, os.stat(path).st_ino), files, path)
        self.assertIn((os.stat("/usr/bin/sleep").st_dev, os.stat("/usr/bin/sleep").st_ino), files)

    def test_nothing_can_be_chosen(self):
        _, pid, _ = self.running()
        for words in (("--tmpfs", "/x"), ("--ro-bind", "/", "/x"), ("--uid", "5"), ("--time-offset", "monotonic=1"), ("--chmod", "700", "/tmp"),
                      ("--map-auto",), ("--landlock",)):
            self.assertFails(self.join(pid, *words, "echo", "ran"), "joined as it is", status=1)
        for words in (("--unshare-pid",), ("--unshare-all",), ("--net=pasta",), ("--unshare-user",)):
            self.assertFails(self.join(pid, *words, "echo", "ran"), "takes the namespaces", status=1)

    def test_ends(self):
        process, pid, _ = self.running()
        joined = self.start([program("appbox"), "--join", str(pid), "sh", "-c", "trap 'exit 9' TERM; echo up; while :; do sleep 0.05; done"])
        self.assertEqual(joined.stdout.readline(), b"up\n")
        joined.send_signal(signal.SIGTERM)
        self.assertEqual(joined.wait(20), 9)
        for way in ("joined", "sandbox"):
            joined = self.start([program("appbox"), "--join", str(pid), "sh", "-c", "echo up; exec sleep 2000"])
            self.assertEqual(joined.stdout.readline(), b"up\n")
            (joined if way == "joined" else process).kill()
            self.assertEqual(joined.wait(20), -9 if way == "joined" else 137)
            wait_until(lambda: not any("sleep 2000" in line for line in descendants().values()))

        def gone():
            reap_orphans()      # a killed command's zombie comes to us, and the pid namespace waits for it
            return not descendants()
        wait_until(gone)
