# SPDX-License-Identifier: LGPL-2.1-or-later
"""The options of bubblewrap that few scripts use but programs do: filters, namespaces that are joined or forbidden, layers,
locks, and descriptors that the life of the sandbox hangs on.  What bwrap has too is compared with it."""
import fcntl
import json
import os
import signal
import struct
import subprocess
import tempfile
import termios
import time

from boxes import BWRAP, MACHINE, MKDIRAT, UNLINKAT, USER, USUAL, AppboxTest, filter_against
from harness import program, wait_until

VARIANTS = ("old-kernel", "asan")


class Filters(AppboxTest):
    def test_seccomp(self):
        data = (filter_against(MKDIRAT),)
        self.same("mkdir /t/d 2>/dev/null || echo refused; touch /t/f && rm /t/f && echo fine", "--tmpfs", "/t", "--seccomp", "FD0",
                  data=data, expect="refused\nfine\n")
        self.same("mkdir /t/d && echo made", "--tmpfs", "/t", data=(), expect="made\n")

    def test_the_last_one_counts(self):
        self.same("mkdir /t/d && echo made; rmdir /t/d 2>/dev/null || echo refused", "--tmpfs", "/t", "--seccomp", "FD0", "--seccomp",
                  "FD1", data=(filter_against(MKDIRAT), filter_against(UNLINKAT)), expect="made\nrefused\n")

    def test_several(self):
        self.same("mkdir /t/d 2>/dev/null || echo refused; touch /t/f; rm /t/f 2>/dev/null || echo refused", "--tmpfs", "/t",
                  "--add-seccomp-fd", "FD0", "--add-seccomp-fd", "FD1", data=(filter_against(MKDIRAT), filter_against(UNLINKAT)),
                  expect="refused\nrefused\n")

    def test_as_strict_as_the_command_can_bear(self):
        """Init needs no more than it has: only the app is under the filter, from its first instruction on."""
        killing = filter_against(MKDIRAT)[:-8] + struct.pack("HBBI", 0x06, 0, 0, 0)
        results = self.run_both(*USER, *USUAL, "--tmpfs", "/t", "--seccomp", "FD0", "sh", "-c", "mkdir /t/d; echo $?", data=(killing,))
        for result in results:
            self.assertEqual(result.out, "159\n", str(result))     # SIGSYS

    def test_refused(self):
        with tempfile.TemporaryFile() as file:
            for text, pattern in ((b"1234567", "Invalid seccomp data, must be multiple of 8"), (b"12345678", "PR_SET_SECCOMP")):
                file.seek(0)
                file.truncate()
                file.write(text)
                file.flush()
                file.seek(0)
                result = self.appbox(*USUAL, "--seccomp", str(file.fileno()), "echo", "ran", pass_fds=[file.fileno()])
                self.assertFails(result, pattern, status=1)
                self.assertEqual(result.out, "")
        for words in (["--seccomp", "FD0", "--add-seccomp-fd", "FD1"], ["--add-seccomp-fd", "FD0", "--seccomp", "FD1"]):
            for result in self.run_both(*USUAL, *words, "true", data=(filter_against([1]), filter_against([1]))):
                self.assertFails(result, "cannot be combined with", status=1)


class Namespaces(AppboxTest):
    def test_no_user_namespace_inside(self):
        """2ba9a9a, 53475bc: forbidden whatever is tried, and the limit cannot be raised again."""
        script = ("unshare -U true 2>/dev/null || echo none; (echo 9 > /proc/sys/user/max_user_namespaces) 2>/dev/null || echo fixed;"
                  "grep CapBnd /proc/self/status; id -u")
        self.same(script, "--unshare-pid", "--disable-userns", expect=f"none\nfixed\nCapBnd:\t0000000000000000\n{os.getuid()}\n")
        self.assertOk(self.appbox(*USER, *USUAL, "--disable-userns", "--uid", "5", "sh", "-c", "test $(id -u) = 5"))
        self.same("unshare -U true && echo one", expect="one\n")

    def test_that_none_is_possible_is_looked_at(self):
        self.same_failure("creation of new user namespaces was not disabled as requested", *USER, *USUAL, "--assert-userns-disabled", "true")
        self.same("echo fine", "--disable-userns", "--assert-userns-disabled", expect="fine\n")

    def test_join(self):
        """Where bwrap joins two namespaces of users and one of processes, so do we."""
        outer = self.start([program("appbox"), *USUAL, *USER, "--unshare-all", "--json-status-fd", "1", "sh", "-c", "read x"])
        pid = json.loads(outer.stdout.readline())["child-pid"]
        self.addCleanup(outer.kill)
        wait_until(lambda: subprocess.check_output(["cat", f"/proc/{pid}/uid_map"]), 30, "the map of its ids, which comes after its number")
        user, pids = (os.open(f"/proc/{pid}/ns/{kind}", os.O_RDONLY) for kind in ("user", "pid"))
        expect = [os.readlink(f"/proc/{pid}/ns/user"), os.readlink(f"/proc/{pid}/ns/pid")]
        script = "readlink /proc/self/ns/user /proc/self/ns/pid; echo $$ > /dev/null; test -e /proc/1/status && id -u; exit 3"
        for name in filter(None, (program("appbox"), BWRAP)):
            result = self.run_command([name, *USUAL, "--userns", user, "--pidns", pids, "sh", "-c", script], pass_fds=[user, pids])
            self.assertStatus(result, 3)
            self.assertEqual(result.out.split(), [*expect, str(os.getuid())], str(result))
            result = self.run_command([name, *USUAL, "--userns", user, "--pidns", pids, "--unshare-pid", "--json-status-fd", "2", "sh",
                                       "-c", "readlink /proc/self/ns/pid; exit 3"], pass_fds=[user, pids])
            self.assertStatus(result, 3)
            self.assertNotEqual(result.out.strip(), expect[1])
            self.assertIn('"exit-code": 3', result.err)
        inner = self.start([program("appbox"), *USUAL, "--userns", str(user), "--json-status-fd", "1", *["--unshare-pid"], "sh", "-c", "read x"],
                           pass_fds=[user])
        self.addCleanup(inner.kill)
        self.assertTrue(os.path.exists(f"/proc/{json.loads(inner.stdout.readline())['child-pid']}"))
        self.assertFails(self.appbox(*USUAL, "--userns", str(user), "--uid", "77", "true", pass_fds=[user]), "has not the user and group ids", status=1)
        self.assertFails(self.appbox(*USUAL, "--userns", str(pids), "true", pass_fds=[pids]), "not one of a user namespace", status=1)
        for words in (["--unshare-user"], ["--unshare-all"]):
            self.assertFails(self.appbox(*USUAL, "--userns", str(user), *words, "true", pass_fds=[user]), "--userns not compatible", status=1)
        os.close(user)
        os.close(pids)

    def test_join_at_the_end(self):
        outer = self.start([program("appbox"), *USUAL, *USER, "--unshare-pid", "--disable-userns", "--json-status-fd", "1", "sh", "-c", "echo; read x"])
        pid = json.loads(outer.stdout.readline())["child-pid"]
        outer.stdout.readline()
        self.addCleanup(outer.kill)
        last = os.open(f"/proc/{pid}/ns/user", os.O_RDONLY)
        first = fcntl.ioctl(last, 0xb702)       # NS_GET_PARENT
        for name in filter(None, (program("appbox"), BWRAP)):
            result = self.run_command([name, *USUAL, "--userns", first, "--userns2", last, "readlink", "/proc/self/ns/user"],
                                      pass_fds=[first, last])
            self.assertEqual(result.out.strip(), os.readlink(f"/proc/{pid}/ns/user"), str(result))
        os.close(first)
        os.close(last)

    def test_ids_mapped_from_outside(self):
        for name in filter(None, (program("appbox"), BWRAP)):
            info, info_end = os.pipe()
            block_end, block = os.pipe()
            process = self.start([name, *USUAL, *USER, "--info-fd", str(info_end), "--userns-block-fd", str(block_end), "id", "-u"],
                                 pass_fds=[info_end, block_end])
            os.close(info_end)
            os.close(block_end)
            with open(info, encoding="ascii") as f:
                pid = json.load(f)["child-pid"]
            for file, text in (("setgroups", "deny"), ("gid_map", f"7 {os.getgid()} 1"), ("uid_map", f"5 {os.getuid()} 1")):
                with open(f"/proc/{pid}/{file}", "w", encoding="ascii") as f:
                    f.write(text)
            os.close(block)
            self.assertEqual(process.communicate()[0], b"5\n", name)
        self.same_failure("--userns-block-fd requires --info-fd", *USER, *USUAL, "--userns-block-fd", "0", "true")

    def test_message_queues(self):
        self.same("stat -f -c %T /q", "--unshare-ipc", "--mqueue", "/q", expect="mqueue\n")
        self.assertFails(self.appbox(*USUAL, "--mqueue", "/q", "true"), "message queues.*not permitted", status=1)


class Layers(AppboxTest):
    def setUp(self):
        super().setUp()
        for name in ("a", "b", "up", "work"):
            self._folder(f"work/{name}", 0o755)
        for name, text in (("a/x", "a"), ("b/x", "b"), ("a/only", "a")):
            with open(os.path.join(self.work, name), "w", encoding="ascii") as f:
                f.write(text + "\n")

    def sources(self):
        return ["--overlay-src", f"{self.work}/a", "--overlay-src", "b"]        # the second is above the first

    def test_forgotten(self):
        result = self.appbox(*USUAL, *self.sources(), "--tmp-overlay", "/o", "sh", "-c", "cat /o/x /o/only; echo c > /o/x; cat /o/x; rm /o/only")
        self.assertEqual(result.out, "b\na\nc\n", str(result))
        self.assertEqual(sorted(os.listdir(f"{self.work}/a")), ["only", "x"])

    def test_kept(self):
        self.assertOk(self.appbox(*USUAL, *self.sources(), "--overlay", "up", "work", "/o", "sh", "-c", "echo c > /o/x"))
        with open(os.path.join(self.work, "up/x"), encoding="ascii") as f:
            self.assertEqual(f.read(), "c\n")

    def test_read_only(self):
        result = self.appbox(*USUAL, *self.sources(), "--ro-overlay", "/o", "sh", "-c", "cat /o/x; touch /o/y 2>/dev/null || echo refused")
        self.assertEqual(result.out, "b\nrefused\n", str(result))

    def test_rules(self):
        one = ["--overlay-src", "a"]
        for words, pattern in (([*one, "--ro-overlay", "/o"], "--ro-overlay requires at least two --overlay-src"),
                               (["--tmp-overlay", "/o"], "--tmp-overlay requires at least one --overlay-src"),
                               ([*one, "--dir", "/x"], "--overlay-src must be followed by another --overlay-src or one of"),
                               (one, "--overlay-src must be followed by another --overlay-src or one of"),
                               (["--overlay-src", "nowhere", "--tmp-overlay", "/o"], "Can't find source path .*nowhere: No such file")):
            self.assertFails(self.appbox(*USUAL, *words, "--", "true"), pattern, status=1)


class Life(AppboxTest):
    def test_lock(self):
        folder = self._folder("work/locks", 0o755)
        path = os.path.join(folder, "f")
        with open(path, "w", encoding="ascii"):
            pass
        for name in filter(None, (program("appbox"), BWRAP)):
            for words in ([], ["--unshare-pid"]):
                process = self.start([name, *USUAL, *USER, *words, "--bind", folder, "/l", "--lock-file", "/l/f", "sh", "-c",
                                      "ls -l /proc/self/fd | grep -c /l/f; read x"])
                self.assertEqual(process.stdout.readline(), b"0\n")      # the command does not have it
                with open(path, "r+", encoding="ascii") as f:
                    self.assertRaises(OSError, fcntl.lockf, f, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    process.communicate(b"\n")
                    # bwrap may be gone a moment before its pid 1.
                    fcntl.lockf(f, fcntl.LOCK_EX | (fcntl.LOCK_NB if name == program("appbox") else 0))
        with open(path, "r+", encoding="ascii") as f:
            fcntl.lockf(f, fcntl.LOCK_EX)
            self.assertFails(self.appbox(*USUAL, "--bind", folder, "/l", "--lock-file", "/l/f", "true"), "somebody else holds a lock", status=1)
        self.assertFails(self.appbox(*USUAL, "--lock-file", "/nowhere", "true"), "cannot lock .*/nowhere.*No such file", status=1)

    def test_held_to_the_end(self):
        for name in filter(None, (program("appbox"), BWRAP)):
            mine, theirs = os.pipe()
            process = self.start([name, *USUAL, *USER, "--unshare-pid", "--sync-fd", str(theirs), "sh", "-c",
                                  f"test -e /proc/self/fd/{theirs} || echo hidden; read x"], pass_fds=[theirs])
            os.close(theirs)
            self.assertEqual(process.stdout.readline(), b"hidden\n")
            os.set_blocking(mine, False)
            self.assertRaises(BlockingIOError, os.read, mine, 1)
            process.communicate(b"\n")
            os.set_blocking(mine, name != program("appbox"))        # as above
            self.assertEqual(os.read(mine, 1), b"")
            os.close(mine)

    def test_what_the_command_closes_is_closed(self):
        mine, theirs = os.pipe()
        process = self.start([program("appbox"), *USUAL, "sh", "-c", f"exec {theirs}>&-; read x"] if theirs < 10 else
                             [program("appbox"), *USUAL, "bash", "-c", f"exec {theirs}>&-; read x"], pass_fds=[theirs])
        os.close(theirs)
        self.assertEqual(os.read(mine, 1), b"")
        self.assertIsNone(process.poll())
        os.close(mine)
        process.communicate(b"\n")

    def test_wait_for_the_word(self):
        for name in filter(None, (program("appbox"), BWRAP)):
            theirs, mine = os.pipe()
            info, info_end = os.pipe()
            process = self.start([name, *USUAL, *USER, "--unshare-net", "--block-fd", str(theirs), "--info-fd", str(info_end), "sh", "-c",
                                  f"echo started; test -e /proc/self/fd/{theirs} || echo hidden"], pass_fds=[theirs, info_end])
            os.close(theirs)
            os.close(info_end)
            with open(info, encoding="ascii") as f:
                self.assertIn("net-namespace", json.load(f))
            os.set_blocking(process.stdout.fileno(), False)
            self.assertIsNone(process.stdout.read())
            os.set_blocking(process.stdout.fileno(), True)
            os.write(mine, b"x")
            self.assertEqual(process.communicate()[0], b"started\nhidden\n")
            os.close(mine)

    def test_who_waits_can_be_ended(self):
        theirs, mine = os.pipe()
        process = self.start([program("appbox"), *USUAL, "--unshare-pid", "--json-status-fd", "1", "--block-fd", str(theirs), "true"],
                             pass_fds=[theirs])
        os.close(theirs)
        pid = json.loads(process.stdout.readline())["child-pid"]
        process.send_signal(signal.SIGTERM)
        self.assertIn(b"ended by a signal", process.communicate()[1])
        self.assertEqual(process.returncode, 1)
        self.assertFalse(os.path.exists(f"/proc/{pid}"))
        os.close(mine)

    def test_pid_1(self):
        self.same("echo $$; exit 7", "--unshare-pid", "--as-pid-1", status=7, expect="1\n")
        process = self.start([program("appbox"), *USUAL, "--unshare-pid", "--as-pid-1", "--json-status-fd", "1", "sleep", "1000"])
        pid = json.loads(process.stdout.readline())["child-pid"]
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline and os.readlink(f"/proc/{pid}/exe").endswith("appbox"):
            time.sleep(0.01)
        os.kill(pid, signal.SIGKILL)
        self.assertEqual(json.loads(process.communicate()[0]), {"exit-code": 137})
        self.same_failure("--as-pid-1 requires --unshare-pid", *USER, *USUAL, "--as-pid-1", "true")
        self.assertFails(self.appbox(*USUAL, "--unshare-pid", "--as-pid-1", "nothing"), "execvp nothing: No such file", status=1)
        self.assertFails(self.appbox(*USUAL, "--unshare-pid", "--as-pid-1", "--lock-file", "/usr", "true"), "--lock-file is not permitted", status=1)

    def test_ends_with_the_parent(self):
        """With everything that it has left behind, also what has forked twice into a session of its own; without the option it goes on."""
        argv = [program("appbox"), *USUAL, "--unshare-pid"]
        plan = os.path.join(self.work, "parent")
        script = "(setsid sh -c 'echo up; exec sleep 1000' &); read x; echo went on"
        self.assertFails(self.appbox(*argv[1:], "--die-with-parent", "--plan-out", plan, "sh", "-c", script), "beside --plan-in", status=1)
        self.assertOk(self.appbox(*argv[1:], "--plan-out", plan, "sh", "-c", script))
        for words in ([*argv, "--die-with-parent"], [*argv, "--die-with-parent", "--as-pid-1"], argv, [argv[0], "--plan-in", plan, "--die-with-parent"]):
            with self.subTest(words=words[-2:]):
                command = [] if "--plan-in" in words else ["sh", "-c", script]
                process = self.start(["sh", "-c", 'exec 3<&0; "$@" <&3 3<&- & wait', "sh", *words, *command])
                self.assertEqual(process.stdout.readline(), b"up\n")
                process.kill()
                process.wait()
                if words is argv:
                    process.stdin.write(b"x\n")
                    process.stdin.flush()
                self.assertEqual(process.stdout.read(), b"went on\n" if words is argv else b"")
                self.assertNoProcesses()

    def test_a_parent_that_is_gone_already(self):
        """It dies before the option is read: of two files of options the first is read, and the second not yet."""
        pipes = [os.pipe(), os.pipe()]
        files = [word for theirs, _ in pipes for word in ("--args", str(theirs))]
        process = self.start(["sh", "-c", '"$@" & wait', "sh", program("appbox"), *files, *USUAL, "echo", "ran"],
                             pass_fds=[theirs for theirs, _ in pipes])
        os.write(pipes[0][1], b"--unshare-pid\0")
        os.close(pipes[0][1])
        wait_until(lambda: fcntl.ioctl(pipes[0][0], termios.FIONREAD, bytes(4)) == bytes(4))
        process.kill()
        process.wait()
        os.write(pipes[1][1], b"--die-with-parent\0")
        for fd in (pipes[0][0], *pipes[1]):
            os.close(fd)
        self.assertEqual(process.stdout.read(), b"")

    def test_signals_end_a_command_that_is_pid_1(self):
        """The kernel gives it only what it catches; what would end another command ends it too, and what it ignores does not."""
        for script, number, expected in (("exec sleep 1000", signal.SIGTERM, (143, b"")), ("exec sleep 1000", signal.SIGHUP, (129, b"")),
                                         ("trap '' TERM; echo; read x; echo on; exit 4", signal.SIGTERM, (4, b"on\n")),
                                         ("trap 'echo caught; exit 5' TERM; echo; while :; do sleep 0.05; done", signal.SIGTERM, (5, b"caught\n"))):
            with self.subTest(script=script):
                process = self.start([program("appbox"), *USUAL, "--unshare-pid", "--as-pid-1", "sh", "-c", f"echo up; {script}"])
                self.assertEqual(process.stdout.readline(), b"up\n")
                if "trap" in script:
                    process.stdout.readline()
                process.send_signal(number)
                out = process.communicate(b"x\n")[0]
                self.assertEqual((process.returncode, out), expected)

    def test_pid_1_ends_with_appbox(self):
        process = self.start([program("appbox"), *USUAL, "--unshare-pid", "--as-pid-1", "sh", "-c", "echo up; exec sleep 1000"])
        self.assertEqual(process.stdout.readline(), b"up\n")
        process.kill()
        self.assertEqual(process.stdout.read(), b"")


class Words(AppboxTest):
    def test_levels_of_messages(self):
        self.assertFails(self.appbox("--level-prefix", "--bind", "/nowhere", "/x", "true"), "^<3>appbox: Can't find source path", status=1)
        self.assertIn("<4>appbox: Only the last --chdir option will take effect",
                      self.appbox("--level-prefix", *USUAL, "--chdir", "/", "--chdir", "/usr", "true").err)

    def test_what_is_in_the_way(self):
        for words, pattern in ((["--dir", "/d", "--ro-bind", "/etc/passwd", "/d"], "Destination is not a file /d"),
                               (["--perms", "0600", "--dir", "/a", "--bind", "/usr", "/etc/passwd"], "Destination is not a directory /etc/passwd"),
                               (["--symlink", "x", "/l", "--tmpfs", "/l"], "Can't mount on symlink destination /l"),
                               (["--symlink", "x", "/l", "--symlink", "y", "/l"], "Can't make symlink at /l: existing destination is x"),
                               (["--dir", "/d", "--symlink", "y", "/d"], "Can't make symlink at /d: destination exists and is not a symlink")):
            self.assertFails(self.appbox("--tmpfs", "/", "--dir", "/etc", "--ro-bind", "/etc/passwd", "/etc/passwd", *words, "true"),
                             f"^appbox: {pattern}: ", status=1)
        for name, value in (("--perms", "0700"), ("--size", "4096")):
            self.assertFails(self.appbox(name, value, name, value, "--tmpfs", "/x", "true"), f"{name} given twice for the same action", status=1)

    def test_called_by_the_name_of_bubblewrap(self):
        """Callers look for its name too.  What it has for those who want no boundary is taken, and nothing is looser."""
        link = os.path.join(self._folder("called", 0o755), "bwrap")
        os.symlink(program("appbox"), link)
        self.assertFails(self.run_command([link, "--bind", "/nowhere", "/x", "true"]), "^bwrap: Can't find source path /nowhere", status=1)
        for words in (["--help"], [*USUAL, "--help"], ["--unshare-pid", "--help", "true"]):
            self.assertTrue(self.assertOk(self.run_command([link, *words])).out.startswith(f"usage: {link} "))     # as it was called
        # Who builds for bubblewrap cuts the version off the end of the line.
        for words in (["--version"], ["--unshare-all", "--perms", "0700", "--version", "--no-such-option"]):
            self.assertEqual(self.assertOk(self.run_command([link, *words])).out, "bubblewrap 0.11.0\n")
            self.assertRegex(self.assertOk(self.appbox(*words)).out, r"\Aappbox \d\S+\n\Z")
        self.assertFails(self.run_command([link, "--", "--version"]), "execvp --version: No such file", status=1)
        self.assertOk(self.run_command([link, "--not-a-security-boundary", *USUAL, "true"]))

    def test_labels_are_not_passed_over(self):
        for option in ("--exec-label", "--file-label"):
            self.assertFails(self.appbox(*USUAL, option, "x", "true"), f"labeling not supported on this system: {option} x, .*SELinux", status=1)

    def test_a_label_that_is_not_set_is_no_start(self):
        """Where something looks like SELinux: the labels are written, and this kernel takes none.  A false /proc does not either."""
        script = ('mount -t tmpfs x /sys/fs && mkdir /sys/fs/selinux && cd /sys/fs/selinux && echo "$1" >context && mkdir initial_contexts && '
                  'echo "$2" >initial_contexts/kernel && cd / && shift 2 && exec "$@"')
        false = self._folder("false", 0o755)
        os.makedirs(f"{false}/self/attr")
        for name in ("exec", "fscreate"):
            with open(f"{false}/self/attr/{name}", "w", encoding="ascii"):
                pass

        def labelled(*words, kernel="a:b:c"):
            return self.run_command(["unshare", "-Urm", "sh", "-c", script, "sh", "x", kernel, program("appbox"), *USUAL, *words, "echo", "ran"])
        for words, pattern in ((["--exec-label", "a:b:c"], "cannot have the SELinux label “a:b:c”: /proc/self/attr/exec"),
                               (["--bind", false, "/proc", "--exec-label", "a:b:c"], "cannot have the SELinux label “a:b:c”"),
                               (["--file-label", "a:b:c"], "cannot label what is made"),
                               (["--exec-label", 'a"b'], "no blanks, quotes"), (["--file-label", "x" * 1025], "1 to 1024 bytes")):
            result = labelled(*words)
            self.assertFails(result, pattern, status=1)
            self.assertEqual(result.out, "")
        self.assertEqual(labelled().out, "ran\n")
        self.assertFails(labelled("--exec-label", "a:b:c", kernel="kernel"), "labeling not supported .*has no policy", status=1)
        with open(f"{false}/self/attr/exec", encoding="ascii") as f:
            self.assertEqual(f.read(), "")

    def test_what_only_a_kernel_can_forbid(self):
        """The sentences that callers look for, where no user namespace is to be had."""
        result = self.appbox(*USUAL, *USER, "--disable-userns", "--bind", program("appbox"), "/box", "/box", "--bind", "/usr", "/usr", "true")
        self.assertFails(result, "Creating new namespace failed: nesting depth or /proc/sys/user/max_\\*_namespaces exceeded \\(ENOSPC\\)",
                         status=1)

    def test_no_permission(self):
        """An outer filter that forbids clone: the first words are those that callers know."""
        clones = {"x86_64": (56, 435), "aarch64": (220, 435)}[MACHINE]
        with tempfile.TemporaryFile() as file:
            file.write(filter_against(clones))
            file.flush()
            file.seek(0)
            result = self.appbox("--dev-bind", "/", "/", "--seccomp", str(file.fileno()), program("appbox"), "--ro-bind", "/usr", "/usr", "true",
                                 pass_fds=[file.fileno()])
        self.assertFails(result, "appbox: No permissions to create new namespace, likely because the kernel does not allow", status=1)

    def test_no_map(self):
        """Somebody outside promised to write the maps, and did not."""
        for name in filter(None, (program("appbox"), BWRAP)):
            result = self.run_command([name, *USUAL, *USER, "--info-fd", "1", "--userns-block-fd", "0", "true"])
            self.assertNotEqual(result.status, 0)
            if name == program("appbox"):
                self.assertFails(result, "appbox: setting up uid map: ", status=1)

    def test_arguments_of_arguments(self):
        for data, pattern in ((b"--args\0FD1\0", "--args not supported in arguments file"), (b"--bind\0/usr\0", "--bind takes two arguments"),
                              (b"--bind", "--bind takes two arguments"), (b"--dir\0/a\0" * 100000 + b"--dir\0", "Exceeded maximum number of arguments"),
                              (b"\0", "options only, without a command"), (b"--perms\x000700\0", "--perms must be followed by"),
                              (b"--size\x004096\0", "--size must be followed by --tmpfs")):
            with tempfile.TemporaryFile() as file:
                file.write(data)
                file.flush()
                file.seek(0)
                self.assertFails(self.appbox(*USUAL, "--args", str(file.fileno()), "--tmpfs", "/t", "true", pass_fds=[file.fileno()]), pattern, status=1)
        many = b"".join(b"--dir\0/d%d\0" % i for i in range(4000))
        self.same("ls / | grep -c ^d", "--args", "FD0", data=(many,), expect="4001\n")

    def test_odd_values(self):
        for words in (["--perms", "", "--dir", "/x"], ["--perms", "17777", "--dir", "/x"], ["--perms", "+7", "--dir", "/x"], ["--uid", " 1"],
                      ["--uid", "4294967295"], ["--uid", "0x1"], ["--size", "-1", "--tmpfs", "/x"], ["--block-fd", "1e3"],
                      ["--block-fd", "99999999999"], ["--sync-fd", "1023"], ["--seccomp", ""], ["--setenv", "", "x"], ["--hostname", "x" * 65],
                      ["--lock-file", "x"], ["--symlink", "", "/x"], ["--dir", "/" + "x" * 256],
                      ["--chmod", "8", "/usr"]):
            self.assertFails(self.appbox(*USUAL, "--unshare-uts", *words, "true"), "appbox: ", status=1)


class Plans(AppboxTest):
    def explain(self, *words):
        return self.run_command([program("appbox"), *words], check=True, env={"A": "b c"}).out

    def test_explained_and_not_run(self):
        words = [*USUAL, *USER, "--unshare-all", "--tmpfs", "/t", "--bind-try", "/nowhere", "/n", "--perms", "0700", "--dir", "/d", "--uid", "7"]
        text = self.explain(*words, "--explain", "touch", f"{self.work}/ran")
        self.assertIn("\ntmpfs /t 0755  # --tmpfs\n", text)
        self.assertIn("\ndir /d 0700  # --dir\n", text)
        self.assertIn('\nsetenv A "b c"  # appbox\n', text)
        self.assertNotIn("nowhere", text)
        records = json.loads(self.explain(*words, "--explain-json", "touch", f"{self.work}/ran"))
        self.assertEqual(len(records), len(text.splitlines()))
        self.assertIn({"record": "tmpfs", "dest": "/t", "mode": "0755", "origin": "--tmpfs"}, records)
        self.assertIn({"record": "identity", "uid": 7, "gid": os.getgid(), "origin": "appbox"}, records)
        self.assertEqual(records[-1], {"record": "command", "argv": ["touch", f"{self.work}/ran"], "origin": "appbox"})
        self.assertFalse(os.path.exists(f"{self.work}/ran"))

    def test_stored_and_run(self):
        folder = self._folder("work/stored", 0o755)
        with open(f"{folder}/f", "w", encoding="ascii") as f:
            f.write("source\n")
        plan = os.path.join(self.work, "plan")
        with tempfile.TemporaryFile() as program_file, tempfile.TemporaryFile() as data:
            for file, text in ((program_file, filter_against(MKDIRAT)), (data, b"data\0\n")):
                file.write(text)
                file.flush()
                file.seek(0)
            words = [*USUAL, *USER, "--unshare-pid", "--ro-bind", "stored", "/s", "--bind-data", str(data.fileno()), "/data", "--tmpfs", "/t", "--dir", "/c",
                     "--chmod", "0700", "/c", "--overlay-src", "stored", "--tmp-overlay", "/o", "--lock-file", "/s/f", "--seccomp",
                     str(program_file.fileno()), "--argv0", "other", "--unshare-ipc", "--mqueue", "/q", "--cap-add", "CAP_NET_ADMIN",
                     "--setenv", "A", "b", "--chdir", "/c"]
            script = ("cat /s/f /o/f; tr -d '\\0' < /data; stat -c %a /c; stat -f -c %T /q; mkdir /t/x 2>/dev/null || echo refused; echo $A; pwd;"
                      "tr '\\0' ' ' < /proc/$$/cmdline | cut -c1-5; exit 9")
            result = self.run_command([program("appbox"), *words, "--plan-out", plan, "sh", "-c", script],
                                      pass_fds=[program_file.fileno(), data.fileno()], check=True)
        self.assertEqual(result.out, "")
        self.assertEqual(os.stat(plan).st_mode & 0o777, 0o600)      # the environment is in it
        result = self.run_command([program("appbox"), "--plan-in", plan], cwd="/", env={"A": "not this"})
        self.assertStatus(result, 9)
        self.assertEqual(result.out, "source\nsource\ndata\n700\nmqueue\nrefused\nb\n/c\nother\n", str(result))
        self.assertEqual(self.explain("--plan-in", plan, "--explain"), self.explain("--plan-in", plan, "--explain"))
        again = os.path.join(self.work, "again")
        self.explain("--plan-in", plan, "--plan-out", again)
        with open(plan, "rb") as one, open(again, "rb") as two:
            self.assertEqual(one.read(), two.read())
        self.assertEqual(self.appbox("--plan-in", plan, "cat", "/s/f").out, "source\n")

    def test_refused(self):
        plan = os.path.join(self.work, "refused")
        self.explain(*USUAL, "--plan-out", plan, "true")
        with open(plan, "rb") as f:
            whole = f.read()
        for data, pattern in ((whole[:-1], "damaged"), (whole[:40] + b"\xff" + whole[41:], "damaged"), (b"#!/bin/sh\n" * 9, "not a stored"),
                              (whole[:7] + b"\x09" + whole[8:], "version"), (b"", "not a stored")):
            with open(plan, "wb") as f:
                f.write(data)
            self.assertFails(self.appbox("--plan-in", plan), pattern, status=1)
        self.assertFails(self.appbox("--plan-in", f"{self.work}/nowhere"), "No such file", status=1)
        self.assertFails(self.appbox("--plan-in", "/dev/zero"), "64 MiB", status=1)
        with open(plan, "wb") as f:
            f.write(whole)
        for words in (["--plan-in", plan, "--dir", "/x"], ["--dir", "/x", "--plan-in", plan]):
            self.assertFails(self.appbox(*words, "true"), "--dir cannot be combined with --plan-in", status=1)
        for words, pattern in ((["--ro-bind-fd", "0", "/x"], "a bind of a descriptor"), (["--sync-fd", "0"], "--sync-fd.*is a descriptor"),
                               (["--block-fd", "0"], "--block-fd.*is a descriptor")):
            self.assertFails(self.appbox(*USUAL, *words, "--plan-out", plan, "true"), pattern, status=1)
