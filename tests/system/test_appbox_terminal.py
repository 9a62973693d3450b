# SPDX-License-Identifier: LGPL-2.1-or-later
"""appbox --pty: a terminal of the app's own, and the caller's as it was before, whatever happens."""
import os
import re
import signal
import subprocess
import termios

from engine import SYSTEM
from harness import SystemTest, descendants, program, wait_until

VARIANTS = ("old-kernel", "asan")
# A job of a shell that waits until somebody has looked at the terminal.
BEGUN = 'echo begin; read go; "$@"; echo status=$?.; sleep 1000'
USUAL = SYSTEM + ["--proc", "/proc", "--dev", "/dev", "--unshare-all"]


class Pty(SystemTest):
    def argv(self, *words):
        return [program("appbox"), *USUAL, *words]

    def on_terminal(self, script, *words):
        return self.terminal(self.argv("--pty", *words, "sh", "-c", script))

    def modes(self, terminal):
        return termios.tcgetattr(terminal.master)

    def is_raw(self, terminal):
        return not self.modes(terminal)[3] & (termios.ICANON | termios.ECHO | termios.ISIG)

    def child_of(self, pid):
        return int(open(f"/proc/{pid}/task/{pid}/children", encoding="ascii").read().split()[0])

    # --- what the app sees ---------------------------------------------------------------------------------------

    def test_without_a_terminal_outside(self):
        result = self.run_command(self.argv("--pty", "sh", "-c", "tty; stty size; test -t 0 -a -t 1 -a -t 2 && echo all; echo tty > /dev/tty;"
                                            "echo err >&2; exit 7"))
        self.assertEqual((result.status, result.raw_out, result.err), (7, b"/dev/console\r\n24 80\r\nall\r\ntty\r\nerr\r\n", ""))

    def test_input_ends_with_the_callers(self):
        result = self.run_command(self.argv("--pty", "sh", "-c", "stty -echo; read a; echo got $a; cat; echo end"), input=b"one\ntwo\nthree")
        self.assertEqual(result.status, 0)
        self.assertRegex(result.out, r"got one\s+two\s+three\s*end")

    def test_much_output_arrives_whole(self):
        result = self.run_command(self.argv("--pty", "sh", "-c", "stty -opost; seq 60000; exit 3"))
        self.assertEqual((result.status, result.out), (3, "".join(f"{n}\n" for n in range(1, 60001))))

    def blocks_stops(self, command):
        """As a shell does for the moment in which it starts a program."""
        for pid, line in descendants().items():
            if line.startswith(command):
                with open(f"/proc/{pid}/status", encoding="ascii") as f:
                    return bool(int(re.search(r"SigBlk:\s*(\w+)", f.read())[1], 16) >> (signal.SIGTSTP - 1) & 1)
        return True

    def test_keys_reach_a_session_of_its_own(self):
        """The terminal knows nothing of it: its whole process group gets from appbox what the keys send."""
        shell = self.terminal(["/bin/bash", "--norc", "--noprofile", "-i"], env={"PS1": "$ "})
        for words in ((), ("--as-pid-1",)):
            argv = " ".join(f"'{word}'" for word in self.argv("--new-session", *words))
            shell.send(f"{argv} sh -c 'echo rea''dy; sleep 1000; exit 3'; echo status=$?.\n")
            shell.expect("ready")
            wait_until(lambda: any(line == "sleep 1000" for line in descendants().values()) and not self.blocks_stops("sh -c echo rea"))
            shell.send("\x1a")
            shell.expect("Stopped")
            shell.send("fg; echo again=$?.\n")
            shell.expect(r"fg; echo[^\n]*\n")
            wait_until(lambda: os.tcgetpgrp(shell.master) != shell.process.pid)       # else ^C is for the shell
            shell.send("\x03")
            shell.expect(r"again=130\.")
            self.assertNoProcesses(ignore=("bash",))

    def test_nothing_else_is_there(self):
        terminal = self.on_terminal("ls /dev/pts; ls /proc/self/fd | wc -l; readlink /proc/self/fd/0; ps -e -o comm= | sort -u | tr '\\n' ' '")
        self.assertEqual(terminal.wait(), 0)
        self.assertNotIn("appbox", terminal.text)
        self.assertEqual(terminal.text.split()[:2], ["ptmx", "4"])

    def test_job_control_and_sizes(self):
        terminal = self.on_terminal("stty size; trap 'echo size $(stty size)' WINCH; trap 'echo int' INT; echo ready; "
                                    "while :; do if read x; then echo got $x; fi; done")
        terminal.expect("24 80")
        terminal.expect("ready")
        terminal.resize(50, 132)
        terminal.expect("size 50 132")
        terminal.send("hello\n")
        terminal.expect("got hello")
        terminal.send("\x03")
        terminal.expect("int")
        terminal.send("\x1c")
        self.assertEqual(terminal.wait(), 128 + signal.SIGQUIT)

    def test_a_shell_controls_jobs(self):
        """On a terminal of its own, and on the caller's where a filter keeps it from typing."""
        for words in (("--pty",), ("--filter", "default")):
            terminal = self.terminal(self.argv(*words, "--setenv", "PS1", "$ ", "bash", "--norc", "--noprofile", "-i"))
            terminal.send("sleep 1000\n")
            terminal.expect("sleep 1000")
            wait_until(lambda: any(line == "sleep 1000" for line in descendants().values()))
            terminal.send("\x1a")
            terminal.expect("Stopped")
            terminal.send("exit 5\n")
            terminal.expect("There are stopped jobs")
            terminal.send("exit 5\n")
            self.assertEqual(terminal.wait(), 5, words)
            self.assertNotIn("no job control", terminal.text)
            self.assertNoProcesses()

    # --- the caller's terminal -----------------------------------------------------------------------------------

    def test_c23_modes_are_restored_on_every_way_out(self):
        ways = {
            "end": ("sleep 0.1; exit 4", None, 4),
            "death of the app": ("sleep 0.1; kill -9 $$", None, 137),
            "not found": (None, None, 1),
            "term": ("echo up; exec sleep 1000", signal.SIGTERM, 143),
            "kill": ("echo up; exec sleep 1000", signal.SIGKILL, 137),
        }
        for name, (script, number, status) in ways.items():
            with self.subTest(way=name):
                words = ["/nonesuch"] if script is None else ["sh", "-c", script]
                terminal = self.terminal(["sh", "-mc", BEGUN, "sh", *self.argv("--pty", *words)])
                terminal.expect("begin")
                before = self.modes(terminal)
                terminal.send("\n")
                if number is not None:
                    terminal.expect("up")
                    wait_until(lambda t=terminal: self.is_raw(t))
                    pid = self.child_of(terminal.process.pid)
                    os.kill(pid, number)
                terminal.expect(rf"status={status}\.")
                wait_until(lambda t=terminal, b=before: self.modes(t) == b, what="the modes of before")
                terminal.close()
        self.assertNoProcesses()

    def test_modes_are_restored_when_the_keeper_is_killed(self):
        terminal = self.terminal(["sh", "-mc", BEGUN, "sh", *self.argv("--pty", "sh", "-c", "echo up; exec sleep 1000")])
        terminal.expect("begin")
        before = self.modes(terminal)
        terminal.send("\n")
        terminal.expect("up")
        wait_until(lambda: self.is_raw(terminal))
        boxes = sorted(p for p, line in descendants(terminal.process.pid).items() if "--pty" in line)
        keeper = next(p for p in boxes if any("ptmx" in os.readlink(f"/proc/{p}/fd/{fd}") for fd in os.listdir(f"/proc/{p}/fd")))
        os.kill(keeper, signal.SIGKILL)
        terminal.expect(r"status=129\.")       # the app's terminal has hung up
        wait_until(lambda: self.modes(terminal) == before)
        terminal.close()
        self.assertNoProcesses()

    def test_c22_stop_and_go_on(self):
        shell = self.terminal(["/bin/bash", "--norc", "--noprofile", "-i"], env={"PS1": "$ "})
        words = " ".join(f"'{word}'" for word in self.argv("--pty"))
        shell.send(f"{words} sh -c 'echo rea''dy; read x; kill -STOP $$; stty -a | grep -c . ; echo bac''k; read y; exit 6'\n")
        shell.expect("ready")
        wait_until(lambda: self.is_raw(shell))
        shell.send("go\n")
        shell.expect("Stopped")
        shell.send("echo still''here\n")
        shell.expect("stillhere")
        shell.send("fg\n")
        shell.expect("back")
        wait_until(lambda: self.is_raw(shell))
        shell.send("x\n")
        shell.expect(r"\$ ")
        shell.send("echo status=$?.\n")
        shell.expect(r"status=6\.")

    def test_c22_hangup_of_the_callers_terminal(self):
        terminal = self.on_terminal("trap '' HUP; echo up; while read x; do :; done; exit 0")
        terminal.expect("up")
        os.close(terminal.master)
        terminal.master = -1
        self.assertNoProcesses()
        terminal.process.wait(20)

    # --- CVE-2017-5226 and what came after -----------------------------------------------------------------------

    def test_a_new_session_cannot_type_cve_2017_5226_cve_2023_1523(self):
        """What the app may type into is no terminal of the caller's, or a filter refuses that alone."""
        code = ("import fcntl, os, sys, termios\n"
                "for n in (0, 1, 2):\n"
                "  for request, argument in ((termios.TIOCSTI, b'X'), (0x541C, b'\\3'), (0x100005412, b'X'), (termios.TIOCSTI, b'\\n')):\n"
                "    try: fcntl.ioctl(n, request & 0xffffffff, argument); print('typed', file=sys.stderr)\n"
                "    except OSError as e: print(e.errno, end=' ')\n"
                "try: os.open('/dev/tty', os.O_RDWR); print('has a terminal')\n"
                "except OSError: print('no terminal')\n")
        python = "/usr/bin/python3"
        for words, text in ((("--new-session",), "no terminal"), (("--pty",), "has a terminal"),
                            (("--filter", "default"), "1 1 1 1 1 1 1 1 1 1 1 1 has a terminal")):
            terminal = self.terminal(["bash", "-c", '"$@"; printf "typed:"; IFS= read -r -t 0.3 x; echo "<$x>"', "bash",
                                      *self.argv(*words, python, "-c", code)])
            self.assertEqual(terminal.wait(), 0, terminal.text)
            self.assertIn(text, terminal.text)
            self.assertIn("typed:<>", terminal.text)
            self.assertNotIn("<X", terminal.text)

    def test_closed_descriptors(self):
        for closed in ((0,), (1,), (0, 1, 2)):
            code = "".join(f"os.close({fd});" for fd in closed)
            result = subprocess.run(["/usr/bin/python3", "-c", f"import os, sys; {code} os.execv(sys.argv[1], sys.argv[1:])",
                                     *self.argv("--pty", "sh", "-c", "test -t 0 && test -t 1 && test -t 2 && exit 9")],
                                    stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                    env=self.environment({}), timeout=60, check=False)
            self.assertEqual(result.returncode, 9, closed)
