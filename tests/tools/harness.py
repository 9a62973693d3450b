# SPDX-License-Identifier: LGPL-2.1-or-later
"""The base of all system tests: real programs, real sandboxes, an unprivileged user.

    from harness import SystemTest, time_limit

    class Launch(SystemTest):
        def test_status_passes_through(self):
            self.install_tiny()                                  # a runtime that is one static busybox
            self.install_app("org.nacelle.test.App", script="#!/bin/sh\nexit 7\n")
            self.assertStatus(self.apprun("org.nacelle.test.App"), 7)

Each class gets a fresh HOME with fresh XDG folders and store below self.root, in self.env; nothing of the caller's
environment is passed but what is listed in PASSED.  Each test method is one case.  A case has 120 seconds unless
@time_limit(N) says otherwise.  Run one file by hand:

    NACELLE_BUILDDIR=_build python3 tests/tools/run.py test_launch

What else is here: self.terminal() (pseudo-terminal, terminal.py), self.nginx(), self.gpg_key() (services.py), tree(),
tree_difference(), wait_until(), descendants() (traces.py), app_tree() and tiny_runtime_tree() (bundles.py),
self.image("org.nacelle.Busybox") (the runtimes and examples that ./dev has built).
"""
import functools
import glob
import json
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest

from bundles import ARCH, TINY, app_tree, find_busybox, tiny_runtime_tree, write, write_image
from services import GpgKey, Nginx, program_path
from terminal import Terminal
from traces import (become_reaper, command_line, descendants, kill_descendants, mounts, sha256, tree, tree_difference,
                    tree_hash, wait_until)

__all__ = ["ARCH", "TINY", "SystemTest", "Result", "Terminal", "app_tree", "command_line", "descendants",
           "find_busybox", "mounts", "program_path", "sha256", "time_limit", "tiny_runtime_tree", "tree",
           "tree_difference", "tree_hash", "wait_until", "write", "write_image", "SOURCE", "BUILDDIR"]

SOURCE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILDDIR = os.path.abspath(os.environ.get("NACELLE_BUILDDIR") or os.path.join(SOURCE, "_build"))

# The only variables of the caller that a test's programs see.
PASSED = ("PATH", "CI", "NACELLE_MIRROR", "http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY",
          "NO_PROXY", "ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS", "LD_LIBRARY_PATH", "SSL_CERT_FILE",
          "NACELLE_TEST_IMAGES", "NACELLE_IMAGE_IDLE")


def time_limit(seconds):
    """Decorator: how long a test method may take."""
    def mark(method):
        @functools.wraps(method)
        def wrapped(*args, **kwargs):
            return method(*args, **kwargs)
        wrapped.time_limit = seconds
        return wrapped
    return mark


class Result:
    """How a program ended: status (128+n for a signal), out, err, and both in order of time when merged."""

    def __init__(self, argv, returncode, out, err):
        self.argv = argv
        self.status = returncode if returncode >= 0 else 128 - returncode
        self.out = out.decode("utf-8", "replace")
        self.err = err.decode("utf-8", "replace")
        self.raw_out = out

    def __str__(self):
        return f"$ {' '.join(map(str, self.argv))}\nstatus {self.status}\n--- stdout\n{self.out}--- stderr\n{self.err}---"


def introspect(what):
    """One of meson's intro files, which every build directory has."""
    path = os.path.join(BUILDDIR, "meson-info", f"intro-{what}.json")
    with open(path, encoding="utf-8") as f:
        return json.load(f)


@functools.lru_cache(maxsize=None)
def programs():
    """{name: path} of all executables of the build tree."""
    result = {}
    for target in introspect("targets"):
        if target["type"] == "executable" or target["name"] in ("appbox", "apprun", "nacelle-run"):    # static, linked by commands
            for filename in target["filename"]:
                result.setdefault(os.path.basename(filename), filename)
    return result


def program(name):
    path = programs().get(name)
    if path is None or not os.path.exists(path):
        raise AssertionError(f"the program {name} is not in {BUILDDIR}; run ./dev build")
    return path


@functools.lru_cache(maxsize=None)
def libexec_folder():
    """A folder of links to the helper programs of the build tree, for NACELLE_LIBEXECDIR."""
    folder = os.path.join(BUILDDIR, "libexec")
    os.makedirs(folder, exist_ok=True)
    for built, installed in introspect("installed").items():
        helper = os.path.basename(os.path.dirname(installed)) == "nacelle" and "libexec" in installed
        if not helper and not installed.endswith("/bin/apprun"):      # which appbuild starts
            continue
        link = os.path.join(folder, os.path.basename(installed))
        if not os.path.islink(link) or os.readlink(link) != built:
            temporary = f"{link}.{os.getpid()}"
            os.symlink(built, temporary)
            os.replace(temporary, link)
    return folder


def scratch_parent():
    """Where the folders of tests are made.  Not below /tmp, which is another place inside a sandbox."""
    given = os.environ.get("NACELLE_TEST_TMP")
    home = os.environ.get("HOME") or pwd.getpwuid(os.getuid()).pw_dir
    for parent in ([given] if given else [os.path.join(home, ".cache", "nacelle-tests"), "/var/tmp", "/tmp"]):
        try:
            os.makedirs(parent, exist_ok=True)
            if os.access(parent, os.W_OK | os.X_OK):
                return parent
        except OSError:
            continue
    raise AssertionError("no folder to work in; set NACELLE_TEST_TMP")


def remove_tree(path):
    """Remove a folder of ours, also when something in it is write-protected."""
    def open_up(function, name, _):
        try:
            os.chmod(os.path.dirname(name), 0o700)
            if os.path.isdir(name) and not os.path.islink(name):
                os.chmod(name, 0o700)
                shutil.rmtree(name, onerror=open_up)
            else:
                function(name)
        except OSError:
            pass
    shutil.rmtree(path, onerror=open_up)


class SystemTest(unittest.TestCase):
    maxDiff = None
    # True: keep the caller's download cache, for tests that fetch packages.
    shared_cache = False

    @classmethod
    def setUpClass(cls):
        if os.geteuid() == 0:
            raise RuntimeError("system tests do not run as root: ./dev test makes an unprivileged user for them")
        become_reaper()
        cls.source = SOURCE
        cls.builddir = BUILDDIR
        cls.root = tempfile.mkdtemp(prefix="", dir=scratch_parent())
        cls.addClassCleanup(remove_tree, cls.root)
        cls.addClassCleanup(kill_descendants, tuple(descendants()))
        cls.home = cls._folder("home", 0o755)
        cls.runtime_dir = cls._folder("run")
        cls.store = os.path.join(cls.home, ".local/share/nacelle")
        cls.documents = cls._folder("home/Documents", 0o755)
        cls.work = cls._folder("work", 0o755)          # a place for the test's own files
        cls.env = {name: os.environ[name] for name in PASSED if name in os.environ}
        cls.env.setdefault("PATH", "/usr/local/bin:/usr/bin:/bin")
        user = pwd.getpwuid(os.getuid()).pw_name
        cls.env.update(
            HOME=cls.home, USER=user, LOGNAME=user, LANG="C.UTF-8", TERM="xterm", SHELL="/bin/sh",
            TMPDIR=cls._folder("tmp"),
            XDG_DATA_HOME=os.path.join(cls.home, ".local/share"), XDG_CONFIG_HOME=cls._folder("home/.config"),
            XDG_CACHE_HOME=cls._folder("home/.cache"), XDG_STATE_HOME=os.path.join(cls.home, ".local/state"),
            XDG_RUNTIME_DIR=cls.runtime_dir, NACELLE_STORE=cls.store,
            NACELLE_SYSTEM_STORE=os.path.join(cls.root, "system-store"), NACELLE_LIBEXECDIR=libexec_folder())
        write(os.path.join(cls.home, ".config/user-dirs.dirs"), 'XDG_DOCUMENTS_DIR="$HOME/Documents"\n')
        if cls.shared_cache:
            cls.env["XDG_CACHE_HOME"] = os.environ.get("XDG_CACHE_HOME") or os.path.join(
                os.environ.get("HOME") or pwd.getpwuid(os.getuid()).pw_dir, ".cache")

    @classmethod
    def _folder(cls, name, mode=0o700):
        path = os.path.join(cls.root, name)
        os.makedirs(path, exist_ok=True)
        os.chmod(path, mode)
        return path

    # --- running -------------------------------------------------------------------------------------------------

    def program(self, name):
        """Path of a built program: "apprun", "appbuild", a helper or a test tool."""
        return program(name)

    def run_command(self, argv, timeout=60, env=None, cwd=None, input=None, pass_fds=(), check=False, umask=-1):
        """Run to the end; `env` is added to self.env (a None value removes).  stdin is empty unless `input` is given.
        The whole process group is killed at the time limit, and the case fails with what was printed."""
        process = subprocess.Popen([str(a) for a in argv], env=self.environment(env), cwd=cwd or self.work,
                                   stdin=subprocess.PIPE if input is not None else subprocess.DEVNULL,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, pass_fds=pass_fds, umask=umask,
                                   start_new_session=True)
        data = input.encode() if isinstance(input, str) else input
        try:
            out, err = process.communicate(data, timeout=timeout)
        except BaseException as e:
            try:
                os.killpg(process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            try:
                out, err = process.communicate(timeout=5)
            except subprocess.TimeoutExpired:      # a process in a session of its own holds the pipe
                kill_descendants()
                out, err = process.communicate(timeout=5)
            if isinstance(e, subprocess.TimeoutExpired):
                self.fail(f"still running after {timeout} s and killed: {Result(argv, process.returncode, out, err)}")
            raise
        result = Result(argv, process.returncode, out, err)
        if check:
            self.assertOk(result)
        return result

    def environment(self, changes=None):
        merged = {**self.env, **(changes or {})}
        return {name: str(value) for name, value in merged.items() if value is not None}

    def apprun(self, *args, **options):
        return self.run_command([program("apprun"), *args], **options)

    def appbuild(self, *args, **options):
        return self.run_command([program("appbuild"), *args], **options)

    def start(self, argv, env=None, **options):
        """Start in the background (pipes for all three streams unless given); killed at the end of the case."""
        for stream in ("stdin", "stdout", "stderr"):
            options.setdefault(stream, subprocess.PIPE)
        process = subprocess.Popen([str(a) for a in argv], env=self.environment(env), start_new_session=True,
                                   cwd=options.pop("cwd", self.work), **options)

        def end():
            if process.poll() is None:
                try:
                    os.killpg(process.pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
                process.wait()
            for stream in (process.stdin, process.stdout, process.stderr):
                if stream:
                    try:
                        stream.close()
                    except OSError:
                        pass
        self.addCleanup(end)
        return process

    def terminal(self, argv, env=None, **options):
        """Start on a pseudo-terminal; closed at the end of the case."""
        term = Terminal([str(a) for a in argv], env=self.environment(env), cwd=options.pop("cwd", self.work), **options)
        self.addCleanup(term.close)
        return term

    # --- servers and keys ----------------------------------------------------------------------------------------

    @classmethod
    def nginx(cls, directory, extra=""):
        """A real nginx that serves `directory` at .url; ends with the class."""
        server = Nginx(directory, tempfile.mkdtemp(prefix="nginx", dir=cls.root), extra)
        cls.addClassCleanup(server.close)
        return server

    @classmethod
    def gpg_key(cls, name="Nacelle Test <test@example.org>"):
        """A fresh key: .homedir, .fingerprint, .public (armoured file), .sign(); ends with the class."""
        key = GpgKey(tempfile.mkdtemp(prefix="gpg", dir=cls.root), name)
        cls.addClassCleanup(key.close)
        return key

    # --- bundles -------------------------------------------------------------------------------------------------

    def image(self, app_id):
        """The built image of a runtime or an example, from NACELLE_TEST_IMAGES or the build directory."""
        folder = os.environ.get("NACELLE_TEST_IMAGES") or os.path.join(BUILDDIR, "images")
        found = glob.glob(os.path.join(folder, app_id + ".app")) + glob.glob(os.path.join(folder, app_id + ".runtime"))
        if not found:
            self.fail(f"{app_id} is not built in {folder}; run ./dev test or ./dev run")
        return found[0]

    def tiny_runtime(self, runtime_id=TINY, branch="1", plain=False):
        """Path of the image of a runtime that is one static busybox."""
        path = os.path.join(self.root, f"{runtime_id}-{branch}{'-plain' if plain else ''}.runtime")
        if not os.path.exists(path):
            folder = tempfile.mkdtemp(prefix="tree", dir=self.root)
            os.chmod(folder, 0o755)
            write_image(program("bundle-image"), tiny_runtime_tree(folder, runtime_id, branch), path, plain)
        return path

    def app_image(self, app_id="org.nacelle.test.App", plain=False, **options):
        """Path of an image of an app; options as app_tree()."""
        folder = tempfile.mkdtemp(prefix="tree", dir=self.root)
        os.chmod(folder, 0o755)
        tree_folder = os.path.join(folder, "tree")     # the image is beside it, not in it
        os.mkdir(tree_folder)
        app_tree(tree_folder, app_id, **options)
        return write_image(program("bundle-image"), tree_folder, os.path.join(folder, f"{app_id}.app"), plain)

    def install(self, image):
        return self.apprun("install", image, check=True)

    def install_tiny(self, **options):
        self.install(self.tiny_runtime(**options))

    def install_app(self, app_id="org.nacelle.test.App", **options):
        """Make and install an app; without `script` its command runs its arguments."""
        image = self.app_image(app_id, **options)
        self.install(image)
        return image

    # --- assertions ----------------------------------------------------------------------------------------------

    def assertStatus(self, result, status):
        if result.status != status:
            self.fail(f"expected status {status}: {result}")
        return result

    def assertOk(self, result):
        return self.assertStatus(result, 0)

    def assertFails(self, result, *patterns, status=None):
        """Ended with an error (125 for errors of Nacelle itself unless `status` is given), without a crash, and stderr
        matches every pattern."""
        if status is not None:
            self.assertStatus(result, status)
        elif result.status == 0 or result.status >= 128:
            self.fail(f"expected an orderly failure: {result}")
        for pattern in patterns:
            self.assertRegex(result.err, pattern, str(result))
        return result

    def assertSameTree(self, before, after):
        lines = tree_difference(before, after)
        if lines:
            self.fail("the tree has changed:\n" + "\n".join(lines[:40]))

    def assertNoProcesses(self, before=(), ignore=("image-server", "gpg-agent", "nginx"), timeout=30):
        """Nothing that this test has started is left (the image server may idle for a while)."""
        def left():
            return {pid: line for pid, line in descendants().items()
                    if pid not in before and not any(word in line for word in ignore)}
        try:
            wait_until(lambda: not left(), timeout)
        except AssertionError:
            lines = [f"{pid} {line}" for pid, line in left().items()]
            self.fail("processes are left:\n" + "\n".join(lines))

    def need_fuse(self):
        """Skip where FUSE cannot be had at all; an error where only the set-up is missing."""
        if not os.path.exists("/dev/fuse") and "nodev\tfuse\n" not in open("/proc/filesystems", encoding="ascii").read():
            self.skipTest("kernel: no FUSE")
        try:
            os.close(os.open("/dev/fuse", os.O_RDWR | os.O_CLOEXEC))
        except OSError as e:
            self.fail(f"/dev/fuse cannot be opened ({e.strerror}); ./dev test gives the tests one of their own")


if __name__ == "__main__":
    sys.exit("harness.py is a module; tests are run by tests/tools/run.py")
