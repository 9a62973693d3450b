# SPDX-License-Identifier: LGPL-2.1-or-later
"""A program on a pseudo-terminal, driven by what it prints and never by sleeping.

    with Terminal([apprun, "org.example.Editor", "x"], env=env) as term:
        term.expect("GNU nano")
        term.send("hello")
        status = term.wait()
"""
import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time

# Sequences that move the cursor or set colours: CSI, OSC, charset selection and single characters.
ESCAPES = re.compile(rb"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[()][A-Za-z0-9]|[=>78cDEHM])")


class Terminal:
    def __init__(self, argv, env=None, cwd=None, rows=24, columns=80, pass_fds=()):
        self.master, slave = pty.openpty()
        self.resize(rows, columns)
        self.raw = b""        # everything that was printed
        self.seen = 0         # how much of the plain text expect() has consumed

        def own_terminal():
            fcntl.ioctl(0, termios.TIOCSCTTY, 0)

        self.process = subprocess.Popen(argv, stdin=slave, stdout=slave, stderr=slave, env=env, cwd=cwd,
                                        pass_fds=pass_fds, start_new_session=True, preexec_fn=own_terminal)
        os.close(slave)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def resize(self, rows, columns):
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    @property
    def text(self):
        """What was printed so far, without escape sequences."""
        return ESCAPES.sub(b"", self.raw).decode("utf-8", "replace")

    def _read(self, seconds):
        """Read once; False at the end of the output."""
        ready, _, _ = select.select([self.master], [], [], max(0, seconds))
        if not ready:
            raise AssertionError(f"the terminal stayed silent; it shows:\n{self.text}")
        try:
            data = os.read(self.master, 65536)
        except OSError:          # EIO: the last process has closed its side
            return False
        self.raw += data
        return bool(data)

    def expect(self, pattern, timeout=30):
        """Read until the regular expression matches text that no earlier expect() has consumed."""
        deadline = time.monotonic() + timeout
        while True:
            text = self.text
            match = re.compile(pattern).search(text, min(self.seen, len(text)))
            if match:
                self.seen = match.end()
                return match
            if not self._read(deadline - time.monotonic()):
                raise AssertionError(f"the program ended before it printed {pattern!r}; the terminal shows:\n{self.text}")

    def send(self, text):
        data = text if isinstance(text, bytes) else text.encode()
        while data:
            data = data[os.write(self.master, data):]

    def wait(self, timeout=30):
        """Read to the end; the exit status (128+n for a signal)."""
        deadline = time.monotonic() + timeout
        while self._read(deadline - time.monotonic()):
            pass
        code = self.process.wait(max(0.1, deadline - time.monotonic()))
        return code if code >= 0 else 128 - code

    def close(self):
        if self.process.poll() is None:
            try:
                os.killpg(self.process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            self.process.wait()
        if self.master >= 0:
            os.close(self.master)
            self.master = -1
