# SPDX-License-Identifier: LGPL-2.1-or-later
"""A screen of its own for a test: a real X server without a monitor, with an access key, and what can be seen on it."""
import os
import re
import secrets
import subprocess

from traces import wait_until

SIZE = (640, 480)


class Screen:
    """`.env`: what a program needs to be shown here."""

    def __init__(self, folder):
        self.authority = os.path.join(folder, "Xauthority")
        self.key = secrets.token_bytes(16)
        self._write_authority(b"")
        read_fd, write_fd = os.pipe()
        self.process = subprocess.Popen(
            ["Xvfb", "-displayfd", str(write_fd), "-screen", "0", f"{SIZE[0]}x{SIZE[1]}x24", "-nolisten", "tcp", "-noreset",
             "-auth", self.authority], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            pass_fds=[write_fd], start_new_session=True)
        os.close(write_fd)
        with os.fdopen(read_fd, encoding="ascii") as f:
            number = f.readline().strip()
        if not number:
            raise AssertionError(f"Xvfb ended with status {self.process.wait()}")
        self._write_authority(number.encode())      # clients look for the entry of the number, which is known only now
        self.env = {"DISPLAY": f":{number}", "XAUTHORITY": self.authority}

    def _write_authority(self, number):
        fields = (b"", number, b"MIT-MAGIC-COOKIE-1", self.key)
        data = b"\xff\xff" + b"".join(len(field).to_bytes(2, "big") + field for field in fields)     # of any address
        with open(self.authority, "wb", opener=lambda path, flags: os.open(path, flags, 0o600)) as f:
            f.write(data)

    def close(self):
        self.process.terminate()
        self.process.wait()

    def run(self, *argv):
        done = subprocess.run(argv, env={**os.environ, **self.env}, stdin=subprocess.DEVNULL, capture_output=True, timeout=60,
                              check=False)
        if done.returncode != 0:
            raise AssertionError(f"{' '.join(argv)}: {done.stderr.decode('utf-8', 'replace')}")
        return done.stdout

    def windows(self):
        """{title: (id, x, y, width, height)} of what is shown."""
        found = {}
        for line in self.run("xwininfo", "-root", "-tree").decode().splitlines():
            match = re.match(r'\s*(0x[0-9a-f]+) "(.*)": \(.*\)\s+(\d+)x(\d+)\+.* \+(-?\d+)\+(-?\d+)$', line)
            if not match or "IsViewable" not in self.run("xwininfo", "-id", match[1]).decode():
                continue
            found[match[2]] = (match[1], *(int(match[i]) for i in (5, 6, 3, 4)))
        return found

    def window(self, title, process=None, timeout=60):
        """Wait for the window; what windows() says of it."""
        def look():
            if process is not None and process.poll() is not None:
                raise AssertionError(f"ended with status {process.returncode}: {process.stderr.read().decode()}")
            return self.windows().get(title)
        return wait_until(look, timeout, f"a window '{title}'")

    def pixels(self, x, y, width, height):
        """The rows of a part of the screen, each a list of (red, green, blue)."""
        data = self.run("import", "-silent", "-window", "root", "-crop", f"{width}x{height}+{x}+{y}", "-depth", "8", "rgb:-")
        if len(data) != 3 * width * height:
            raise AssertionError(f"{len(data)} bytes for {width}x{height} pixels")
        return [[tuple(data[3 * (row * width + column):][:3]) for column in range(width)] for row in range(height)]

    def settled(self, *place):
        """The same as pixels(), when nothing changes any more."""
        last = [None]

        def same():
            now = self.pixels(*place)
            if now == last[0]:
                return now
            last[0] = now
            return None
        return wait_until(same, 60, "a screen that stays as it is")

    def click(self, x, y):
        self.run("xdotool", "mousemove", str(x), str(y), "click", "1")

    def type(self, text):
        """Keys go to what is under the pointer, as there is no window manager."""
        self.run("xdotool", "type", "--delay", "20", text)
