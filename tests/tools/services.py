# SPDX-License-Identifier: LGPL-2.1-or-later
"""Real servers and keys for tests: nginx on a loopback port, GnuPG keys in a home of their own."""
import os
import shutil
import socket
import subprocess

NGINX_CONFIG = """\
worker_processes 1;
pid {root}/nginx.pid;
error_log {root}/error.log warn;
events {{ worker_connections 128; }}
http {{
  access_log {root}/access.log;
  default_type application/octet-stream;
  client_body_temp_path {root}/body;
  proxy_temp_path {root}/proxy;
  fastcgi_temp_path {root}/fastcgi;
  uwsgi_temp_path {root}/uwsgi;
  scgi_temp_path {root}/scgi;
  server {{
    listen 127.0.0.1:{port};
    root {directory};
    autoindex on;
    {extra}
  }}
}}
"""


def program_path(name):
    """Find a host program; servers live in folders that are not in every user's PATH."""
    path = shutil.which(name, path=os.environ.get("PATH", "/usr/bin:/bin") + ":/usr/sbin:/sbin:/usr/local/sbin")
    if path is None:
        raise AssertionError(f"{name} is not installed; ./dev test installs it on Debian-like hosts")
    return path


class Nginx:
    """Serves `directory` at self.url until close().  `state` is a folder for its own files."""

    def __init__(self, directory, state, extra=""):
        os.makedirs(state, exist_ok=True)
        self.state = state
        # The listening socket is made here and inherited by nginx, so there is no port to guess and nobody to wait for:
        # who connects early waits in the backlog.
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
            listener.bind(("127.0.0.1", 0))
            listener.listen(64)
            self.port = listener.getsockname()[1]
            config = os.path.join(state, "nginx.conf")
            with open(config, "w", encoding="utf-8") as f:
                f.write(NGINX_CONFIG.format(root=state, directory=directory, port=self.port, extra=extra))
            with open(os.path.join(state, "output.log"), "wb") as log:
                self.process = subprocess.Popen(
                    [program_path("nginx"), "-p", state, "-c", config, "-g", "daemon off;",
                     "-e", os.path.join(state, "error.log")],
                    env={**os.environ, "NGINX": f"{listener.fileno()};"}, pass_fds=[listener.fileno()],
                    stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self.url = f"http://127.0.0.1:{self.port}"

    def requests(self):
        """Lines of the access log."""
        try:
            with open(os.path.join(self.state, "access.log"), encoding="utf-8", errors="replace") as f:
                return f.read().splitlines()
        except FileNotFoundError:
            return []

    def close(self):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


class GpgKey:
    """A fresh ed25519 signing key without a passphrase, in `homedir` (short: it holds sockets)."""

    def __init__(self, homedir, name="Nacelle Test <test@example.org>"):
        os.makedirs(homedir, mode=0o700, exist_ok=True)
        os.chmod(homedir, 0o700)
        self.homedir = homedir
        self.name = name
        self._gpg("--passphrase", "", "--quick-generate-key", name, "ed25519", "sign", "never")
        listing = self._gpg("--with-colons", "--list-keys", name)
        prints = [line.split(":")[9] for line in listing.splitlines() if line.startswith("fpr:")]
        self.fingerprint = prints[-1]
        self.public = os.path.join(homedir, f"{self.fingerprint}.asc")
        self._gpg("--armor", "--output", self.public, "--export", self.fingerprint)

    def _gpg(self, *args):
        done = subprocess.run([program_path("gpg"), "--homedir", self.homedir, "--batch", "--no-tty", "--yes",
                               "--pinentry-mode", "loopback", *args],
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=False)
        if done.returncode != 0:
            raise AssertionError(f"gpg {' '.join(args)} failed: {done.stderr}")
        return done.stdout

    def sign(self, path, output, clear=False):
        """Detached (or inline, `clear`) signature of a file."""
        self._gpg("--local-user", self.fingerprint, "--armor", "--output", output,
                  "--clearsign" if clear else "--detach-sign", path)

    def close(self):
        subprocess.run([program_path("gpgconf"), "--homedir", self.homedir, "--kill", "all"], check=False,
                       stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=30)
