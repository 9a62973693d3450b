# SPDX-License-Identifier: LGPL-2.1-or-later
"""How a sandbox starts and ends: status, signals, kills, and callers in an odd state."""
import os
import re
import signal
import subprocess
import sys
import time

from engine import EngineTest, USUAL
from harness import descendants, mounts, program, wait_until

VARIANTS = ("old-kernel", "asan")

# Run a command after doing something odd to this process.
ODD = """
import os, resource, signal, sys
{}
os.execv(sys.argv[1], sys.argv[1:])
"""


class Process(EngineTest):
    # --- status --------------------------------------------------------------------------------------------------

    def test_status_is_the_apps(self):
        for status in (0, 1, 7, 125, 126, 127, 255):
            result = self.shell(f"exit {status}")
            self.assertEqual((result.status, result.err), (status, ""))

    def test_c23_death_by_signal_is_128_plus_n(self):
        for number in (signal.SIGTERM, signal.SIGKILL, signal.SIGSEGV, signal.SIGABRT, signal.SIGPIPE):
            self.assertEqual(self.shell(f"kill -{int(number)} $$").status, 128 + number)

    def test_missing_and_unusable_commands(self):
        folder = self.folder("d")
        for name, text, mode in (("text", "hello\n", 0o644), ("noloader", "#!/nowhere/sh\n", 0o755), ("nothing", "\x01\x02", 0o755)):
            with open(f"{folder}/{name}", "w", encoding="ascii") as f:
                f.write(text)
            os.chmod(f"{folder}/{name}", mode)
        words = ("--bind", folder, "/x", "--")
        self.assertFails(self.sandbox(*words, "nonesuch"), "“nonesuch” was not found.*PATH", status=127)
        self.assertFails(self.sandbox(*words, "/x/nonesuch"), "“/x/nonesuch” was not found", status=127)
        self.assertFails(self.sandbox(*words, "/x/text"), "cannot execute.*Permission denied", status=126)
        self.assertFails(self.sandbox(*words, "/x"), "cannot execute", status=126)
        self.assertFails(self.sandbox(*words, "/x/noloader"), "interpreter", status=126)
        self.assertFails(self.sandbox(*words, "/x/nothing"), "Exec format error", status=126)
        self.assertFails(self.sandbox("--bind", folder, "/x", "--setenv", "PATH", "/x:/usr/bin", "--", "text"),
                         "Permission denied", status=126)
        self.assertOk(self.sandbox("--bind", folder, "/x", "--setenv", "PATH", "/nowhere:/x/text:/x:/usr/bin", "--", "true"))

    def test_errors_of_ours_are_125_and_leave_nothing(self):
        before = os.listdir(self.env["TMPDIR"]), mounts()
        for words in (("--bind", "/nowhere", "/x"), ("--tmpfs", "relative"), ("--remount-ro", "/nowhere"), ("--cwd", "/proc")):
            result = self.assertFails(self.sandbox(*words, "--", "true"), status=125)
            self.assertEqual(len(result.err.splitlines()), 1, str(result))
        self.assertFails(self.sandbox(), "no command", status=125)
        self.assertNoProcesses()
        self.assertEqual((os.listdir(self.env["TMPDIR"]), mounts()), before)

    # --- kills ---------------------------------------------------------------------------------------------------

    def started(self, script, *words, **options):
        """A running sandbox whose shell has said that it is ready."""
        process = self.start(self.sandbox_argv(*words, "--", "sh", "-c", "echo ready; " + script), **options)
        self.assertEqual(process.stdout.readline(), b"ready\n")
        return process

    def init_of(self, pid):
        """The first child of a process."""
        return int(open(f"/proc/{pid}/task/{pid}/children", encoding="ascii").read().split()[0])

    def inside(self, process):
        """Pids of what runs in the sandbox of `process`, pid 1 first."""
        init = self.init_of(process.pid)
        return [init] + [int(p) for p in open(f"/proc/{init}/task/{init}/children", encoding="ascii").read().split()]

    def test_c5_kill_9_of_the_caller_ends_everything(self):
        process = self.started("trap '' TERM HUP INT; (setsid sleep 1000 &) ; setsid sleep 1000 & sleep 1000")
        self.assertGreater(len(descendants()), 2)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        self.assertNoProcesses()

    def test_c5_kill_9_of_the_caller_during_the_start(self):
        for n in range(40):
            process = self.start(self.sandbox_argv("--", "sleep", "1000"))
            time.sleep(n * 0.0002)
            os.kill(process.pid, signal.SIGKILL)
            process.wait()
        self.assertNoProcesses()

    def test_c5_kill_9_of_pid_1_is_125(self):
        process = self.started("setsid sleep 1000 & sleep 1000")
        os.kill(self.inside(process)[0], signal.SIGKILL)
        self.assertEqual(process.wait(20), 125)
        self.assertRegex(process.stderr.read().decode(), "^sandbox-driver: the sandbox was lost")
        self.assertNoProcesses()

    def test_pid_1_cannot_be_killed_from_inside(self):
        self.assertStatus(self.shell("kill -9 1; kill -TERM 1; kill -SEGV 1; kill -STOP 1; sleep 0.1; exit 3"), 3)

    def test_c24_end_of_the_app_ends_what_it_left(self):
        self.assertOk(self.shell("setsid sleep 1000 & (sleep 1000 &)", timeout=20))
        self.assertNoProcesses()

    def test_pid_1_reaps(self):
        self.assertEqual(self.assertOk(self.sandbox("--", "/tools/try-calls", "orphans")).out, "orphans 3000\nleft 0\n")
        alone = self.run_command([program("appbox"), *USUAL, "--unshare-pid", "--as-pid-1", "/tools/try-calls", "orphans"])
        self.assertEqual(self.assertOk(alone).out, "orphans 3000\nleft 3000\n")       # nobody does it for a command that is pid 1

    def test_dies_with_a_descriptor(self):
        r, w = os.pipe()
        process = self.started("exec sleep 1000", "--die-with-fd", str(r), "image server", pass_fds=(r,))
        os.close(r)
        os.write(w, b"still here")
        time.sleep(0.2)
        self.assertIsNone(process.poll())
        os.close(w)
        self.assertEqual(process.wait(20), 125)
        self.assertRegex(process.stderr.read().decode(), "image server")
        self.assertNoProcesses()

    # --- signals -------------------------------------------------------------------------------------------------

    def test_c23_signals_are_forwarded(self):
        for name in ("TERM", "INT", "HUP", "QUIT", "USR1", "USR2", "WINCH"):
            process = self.started(f"trap 'echo got {name}; exit 9' {name}; echo set; while :; do sleep 0.05; done")
            self.assertEqual(process.stdout.readline(), b"set\n")
            process.send_signal(getattr(signal, "SIG" + name))
            self.assertEqual((process.wait(20), process.stdout.read()), (9, f"got {name}\n".encode()))

    def test_term_ends_an_app_without_a_handler(self):
        process = self.started("exec sleep 1000")
        process.terminate()
        self.assertEqual(process.wait(20), 143)

    def state(self, pid):
        return re.search(r"State:\t(.)", open(f"/proc/{pid}/status", encoding="ascii").read())[1]

    def test_c22_stop_and_continue(self):
        shell = self.terminal(["/bin/bash", "--norc", "--noprofile", "-i"], env={"PS1": "$ "})
        argv = " ".join(f"'{word}'" for word in self.sandbox_argv("--"))
        shell.send(f"""{argv} sh -c "trap 'echo o''n' CONT; echo rea''dy; while :; do sleep 0.05; done" & echo pid=$!.\n""")
        pid = int(shell.expect(r"pid=(\d+)\.")[1])
        shell.expect("ready")
        os.kill(pid, signal.SIGTSTP)
        app = self.init_of(self.init_of(pid))
        wait_until(lambda: (self.state(pid), self.state(app)) == ("T", "T"))
        os.kill(pid, signal.SIGCONT)
        shell.expect("on")
        os.kill(pid, signal.SIGTERM)
        self.assertNoProcesses(ignore=("bash",))

    def test_c22_an_app_that_stops_itself_stops_the_job(self):
        shell = self.terminal(["/bin/bash", "--norc", "--noprofile", "-i"], env={"PS1": "$ "})
        argv = " ".join(f"'{word}'" for word in self.sandbox_argv("--"))
        for stop in ("kill -STOP 0", "kill -TSTP $$", "kill -TSTP 0"):
            shell.send(f"""{argv} sh -c 'echo rea''dy; {stop}; echo awa''ke; exit 9'; echo after=$?.\n""")
            shell.expect("ready")
            shell.expect("Stopped")
            shell.expect(r"after=1\d\d\.")
            shell.send("fg; echo status=$?.\n")
            shell.expect("awake")
            shell.expect(r"status=9\.")

    def test_ignored_hangup_stays_ignored(self):
        process = self.started("while :; do sleep 0.05; done", preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))
        process.send_signal(signal.SIGHUP)
        process.send_signal(signal.SIGUSR1)
        self.assertEqual(process.wait(20), 128 + signal.SIGUSR1)

    def test_c23_interrupt_and_suspend_from_a_terminal(self):
        shell = self.terminal(["/bin/bash", "--norc", "--noprofile", "-i"], env={"PS1": "$ "})
        argv = " ".join(f"'{word}'" for word in self.sandbox_argv("--"))
        shell.send(f"{argv} sh -c 'echo rea''dy; exec sleep 1000'\n")
        shell.expect("ready")
        shell.send("\x1a")
        shell.expect("Stopped")
        shell.send("fg; echo status=$?.\n")
        shell.expect("sleep 1000")
        wait_until(lambda: os.tcgetpgrp(shell.master) != shell.process.pid, 30)      # else ^C is for the shell
        shell.send("\x03")
        shell.expect("status=130.")
        shell.send(f"{argv} bash --norc --noprofile -i -c 'echo job con''trol; set -m; sleep 0.1 & fg' 2>&1; echo e''nd\n")
        shell.expect("job control")
        shell.expect("end")
        self.assertNotIn("no job control", shell.text)

    # --- odd callers ---------------------------------------------------------------------------------------------

    def odd(self, code, *words, script="echo fine", **options):
        argv = [sys.executable, "-c", ODD.format(code), *self.sandbox_argv(*words, "--", "sh", "-c", script)]
        return self.run_command(argv, **options)

    def test_closed_standard_descriptors(self):
        for fds in ((0,), (1,), (2,), (0, 1, 2)):
            code = "".join(f"os.close({fd});" for fd in fds)
            result = self.odd(code, script="ls -l /proc/self/fd > /x/list; echo out; echo err >&2; exit 5", *[
                "--bind", self.folder("d"), "/x"])
            self.assertStatus(result, 5)
            listing = open(os.path.join(self.folder("d"), "list"), encoding="utf-8").read()
            for fd in fds:
                if fd != 1:
                    self.assertRegex(listing, rf" {fd} -> (/dev)?/null\n")
            self.assertEqual(len(re.findall(r" \d+ -> ", listing)), 4, listing)

    def test_blocked_and_ignored_signals(self):
        result = self.odd("signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals());"
                          "signal.signal(signal.SIGCHLD, signal.SIG_IGN); signal.signal(signal.SIGPIPE, signal.SIG_IGN)",
                          script="grep -E 'Sig(Blk|Ign)' /proc/self/status; (exit 4); echo $?; kill -TERM $$")
        self.assertEqual(result.out.split(), ["SigBlk:", "0" * 16, "SigIgn:", "0" * 16, "4"], str(result))
        self.assertStatus(result, 143)

    def test_ignored_child_signal_does_not_lose_the_status(self):
        self.assertStatus(self.odd("signal.signal(signal.SIGCHLD, signal.SIG_IGN)", script="exit 6"), 6)
        self.assertFails(self.odd("signal.signal(signal.SIGCHLD, signal.SIG_IGN)", "--remount-ro", "/nowhere"), status=125)

    def test_odd_umask(self):
        result = self.odd("os.umask(0o777)", "--tmpfs", "/a/b", "--file", "0644", "x", "/e/f", "--dir", "0755", "/g/h",
                          script="umask; stat -c %a / /a /a/b /e /e/f /g /g/h /dev /proc /dev/shm")
        self.assertEqual(result.out.split(), ["0777", "755", "755", "755", "755", "644", "755", "755", "755", "555", "1777"])

    def test_c7_few_descriptors(self):
        result = self.odd("resource.setrlimit(resource.RLIMIT_NOFILE, (24, 1000))", script="ulimit -n")
        self.assertEqual((result.status, result.out), (0, "24\n"), str(result))
        result = self.odd("resource.setrlimit(resource.RLIMIT_NOFILE, (5, 5))")
        self.assertFails(result, "open files|Too many", status=125)

    def test_c7_no_more_processes(self):
        result = self.odd("resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))")
        self.assertFails(result, "Resource temporarily unavailable", status=125)

    def test_working_directory_is_gone(self):
        result = self.odd("d = os.path.join(os.environ['TMPDIR'], 'gone'); os.mkdir(d); os.chdir(d); os.rmdir(d)", script="pwd")
        self.assertEqual((result.status, result.out), (0, "/tmp\n"), str(result))

    def test_no_home_and_no_working_directory(self):
        gone = "d = os.path.join(os.environ['TMPDIR'], 'gone2'); os.mkdir(d); os.chdir(d); os.rmdir(d)"
        for home in ((), ("--setenv", "HOME", "relative"), ("--setenv", "HOME", "/nowhere")):
            result = self.odd(gone, "--unsetenv", "HOME", *home, "--cwd", "/nowhere", script="pwd")
            self.assertEqual((result.status, result.out), (0, "/\n"), str(result))

    def test_c22_a_stopped_caller_loses_nothing(self):
        """The app ends while the caller is suspended."""
        process = self.started("read x; exit 4", stdin=subprocess.PIPE)
        os.kill(process.pid, signal.SIGSTOP)
        wait_until(lambda: self.state(process.pid) == "T")
        process.stdin.write(b"x\n")
        process.stdin.flush()
        init = self.init_of(process.pid)
        wait_until(lambda: not os.path.exists(f"/proc/{init}") or self.state(init) == "Z")
        os.kill(process.pid, signal.SIGCONT)
        self.assertEqual(process.wait(20), 4)

    def test_empty_environment(self):
        self.assertOk(self.run_command(self.sandbox_argv("--", "true"), env=dict.fromkeys(self.env)))

    # --- more ----------------------------------------------------------------------------------------------------

    def test_many_binds(self):
        words = [w for n in range(300) for w in ("--ro-bind", "/usr", f"/many/{n}/usr")]
        self.assertEqual(self.shell("ls -d /many/*/usr/bin | wc -l", *words).out, "300\n")

    def test_many_sandboxes_at_once(self):
        running = [self.start(self.sandbox_argv("--", "sh", "-c", f"echo {n}; exit {n}"), stderr=subprocess.DEVNULL) for n in range(30)]
        for n, process in enumerate(running):
            self.assertEqual((process.wait(60), process.stdout.read()), (n, f"{n}\n".encode()))

    def test_large_arguments_and_environment_arrive_whole_cve_2021_43784(self):
        argument = "x" * 120000
        result = self.sandbox("--setenv", "BIG", argument, "--", "sh", "-c", 'echo ${#1} ${#BIG} $#', "sh", argument, *["y"] * 5000)
        self.assertEqual(result.out.split(), ["120000", "120000", "5001"])

    def test_c24_a_fork_bomb_ends_with_the_sandbox(self):
        process = self.started("trap '' TERM; for i in $(seq 200); do (trap '' TERM; sleep 1000) & done; echo all; wait")
        self.assertEqual(process.stdout.readline(), b"all\n")
        process.kill()
        process.wait()
        self.assertNoProcesses()

    def test_nested_user_namespaces_are_refused_2ba9a9a(self):
        for command in ("unshare -U true", "unshare -Ur true", "unshare -n true", "nsenter -t 1 -U true"):
            result = self.sandbox("--", *command.split())
            self.assertNotEqual(result.status, 0, str(result))
        self.assertOk(self.run_command(["unshare", "-U", "true"]))

    def test_set_up_cannot_be_used_by_others_cve_2026_41163(self):
        """A caller that has every right, as the root of a user namespace, hands none of them on, neither to init nor to the command."""
        look = ["cat", "/proc/self/status", "/proc/1/status"]
        as_root = ["unshare", "-Ur"]
        self.assertNotIn("0" * 16, re.findall(r"Cap(?:Prm|Eff|Bnd):\t(\w+)", self.assertOk(self.run_command([*as_root, *look[:2]])).out))
        inside = self.assertOk(self.run_command([*as_root, *self.sandbox_argv("--", *look)]))
        self.assertEqual(re.findall(r"Cap...:\t(\w+)", inside.out), ["0" * 16] * 10, inside.out)
