# SPDX-License-Identifier: LGPL-2.1-or-later
"""Command lines of programs that call bwrap and are not installed here, option for option as their sources put them together, with places
of this test; appbox and the newest bubblewrap run each, and what a command sees inside is the same."""
import ctypes
import difflib
import json
import os
import re
import shlex
import shutil
import signal
import struct
import tempfile

from bubblewrap import BubblewrapTest
from engine import SYSTEM
from harness import find_busybox, write

# What a command can see of a sandbox and is not another number each time.  Looked at are the folders that it is given, and of mounts those
# that were asked for.
LOOK = """
ls -A / "$@"; pwd; umask; id -u; id -g; echo "$0"; env | sort; uname -m
[ ! -e /proc/self/fd ] || {
  cut -d' ' -f5- /proc/self/mountinfo | sed 's/^/mount /; s/ - .*//'
  grep -E '^(Cap|NoNewPrivs|Seccomp:|Groups)' /proc/self/status; cat /proc/sys/kernel/hostname
  ls /proc/self/fd; ls -d /proc/[0-9]* 2>/dev/null | wc -l | sed 's/^[1-9]$/few/; t; s/.*/many/'; cut -d: -f1 /proc/net/dev; }
for folder in / /etc /usr /run /home /dev /dev/shm "$@"; do touch $folder/x && rm $folder/x; done 2>&1
exit 5
"""
# Where appbox is as tight in every case, and bwrap in some: no program gains privileges anyway, since no_new_privs is always set.
TIGHTER = re.compile(r",(nosuid|noexec)\b")
GLYCIN = """access arch_prctl brk capget capset chdir clock_getres clock_gettime clone clone3 close connect creat dup epoll_create epoll_create1
epoll_ctl epoll_pwait epoll_wait eventfd eventfd2 execve exit faccessat fadvise64 fchdir fcntl fstat fstatfs ftruncate futex get_mempolicy
getcwd getdents64 getegid geteuid getgid getpid getppid getrandom gettid gettimeofday getuid ioctl madvise membarrier memfd_create mmap mprotect
mremap munmap newfstatat open openat pipe pipe2 pivot_root poll ppoll prctl pread64 prlimit64 read readlink readlinkat recvfrom recvmsg rseq
rt_sigaction rt_sigprocmask rt_sigreturn sched_getaffinity sched_yield sendmsg sendto set_mempolicy set_robust_list set_tid_address sigaltstack
signalfd4 socket stat statfs statx sysinfo timerfd_create timerfd_settime tgkill unshare wait4 write exit_group""".split()


ALLOW, TRAP, REFUSE = 0x7fff0000, 0x00030000, 0x00050001


def call_filter(names, these, others):
    """A filter with one answer to these calls, of those that this architecture has, and one to all others."""
    resolve = ctypes.CDLL("libseccomp.so.2").seccomp_syscall_resolve_name
    numbers = [number for number in (resolve(name.encode()) for name in names) if number >= 0]
    code = [(0x20, 0, 0, 0), *((0x15, len(numbers) - i, 0, number) for i, number in enumerate(numbers)),
            (0x06, 0, 0, others), (0x06, 0, 0, these)]
    return b"".join(struct.pack("HBBI", *instruction) for instruction in code)


SLIPS = """
--uid x
--gid -1
--uid 5 --bind /
--args
--args -1
--args 99
--seccomp x
--seccomp 99
--add-seccomp-fd -1
--add-seccomp-fd 99
--userns 99
--bind-fd x /a
--file '' /a
--perms x --dir /a
--perms 08 --dir /a
--perms 77777 --dir /a
--perms 0700 --perms 0700 --dir /a
--chmod 9 /a
--size x --tmpfs /a
--size 0 --tmpfs /a
--size 1 --dir /a
--cap-add none
--setenv A
--bogus
--level-prefix --bogus
--hostname a
--as-pid-1
--disable-userns
--overlay-src /usr
--tmp-overlay /a
--ro-bind /nowhere /a
--ro-bind / / --dir /etc/passwd
--ro-bind / / --bind /etc/passwd /usr
"""


class Lines(BubblewrapTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.tree = cls._folder("work/tree", 0o755)
        for name in ("bin", "etc", "dev", "proc", "run", "tmp", "var/tmp", "work", "home", "sys"):
            cls._folder(f"work/tree/{name}", 0o755)
        shutil.copy(find_busybox(), f"{cls.tree}/bin/busybox")
        for name in "sh ls cut sed sort grep env stat touch rm cat id uname head wc test chmod mkdir echo".split():
            os.symlink("busybox", f"{cls.tree}/bin/{name}")
        write(f"{cls.tree}/etc/machine-id", "0123456789abcdef0123456789abcdef\n")
        write(f"{cls.home}/.config/app/settings", "of the app\n")

    def run_line(self, bwrap, *words, data=(), **options):
        """The words @N stand for descriptors that give data[N]."""
        files = [tempfile.TemporaryFile() for _ in data]
        for file, text in zip(files, data):
            file.write(text)
            file.seek(0)
        argv = [str(files[int(word[1:])].fileno()) if word[:1] == "@" and word[1:].isdigit() else word for word in words]
        done = self.run_command([bwrap, *argv], pass_fds=[file.fileno() for file in files], **options)
        for file in files:
            file.close()
        return done

    def same(self, *words, data=(), status=5, command=("sh", "-c", LOOK, "look"), places=(), points=(), **options):
        """Returns what both print; `points`: mounts that are asked for otherwise than by words."""
        results = [self.run_line(bwrap, *words, *command, *places, data=data, **options) for bwrap in (self.newest_bwrap, self.as_bwrap)]
        self.same_output(*results, [*words, *points], status)
        return results[1].out

    def same_output(self, theirs, ours, words, status):
        points = {"/", *(word.rstrip("/") for word in words)}

        def seen(result):
            for line in result.out.splitlines():
                if not line.startswith("mount "):
                    yield line
                elif line.split(" ")[1] in points:
                    yield re.sub(r" (shared|master|propagate_from):\d+", "", TIGHTER.sub("", line))
        self.assertStatus(theirs, status)
        self.assertStatus(ours, status)
        self.assertEqual(ours.err, theirs.err)
        changes = list(difflib.unified_diff(list(seen(theirs)), list(seen(ours)), "bwrap", "appbox", lineterm="", n=0))
        if changes:
            self.fail("\n".join(changes))

    def test_another_sandbox_is_noticed(self):
        words = [*SYSTEM, "--proc", "/proc", "--dev", "/dev", "--unshare-all"]
        self.same(*words)
        for changed in (["--share-net"], ["--unshare-uts", "--hostname", "other"], ["--setenv", "A", "b"], ["--ro-bind", "/etc", "/etc"]):
            other = write(os.path.join(self.work, "other"), f'#!/bin/bash\nexec {self.as_bwrap} "${{@:1:{len(words)}}}" {" ".join(changed)} '
                                                            f'"${{@:{len(words) + 1}}}"\n', 0o755)
            with self.assertRaises(AssertionError):
                self.same_output(*(self.run_line(bwrap, *words, "sh", "-c", LOOK, "look") for bwrap in (self.newest_bwrap, other)), words, 5)

    def test_glycin(self):
        """Loaders of pictures, under a filter that knows few calls."""
        words = ["--unshare-all", "--clearenv", "--die-with-parent", "--chdir", "/", "--ro-bind", "/usr", "/usr", "--dev", "/dev",
                 "--ro-bind-try", "/etc/ld.so.cache", "/etc/ld.so.cache", "--tmpfs", "/tmp-home", "--setenv", "HOME", "/tmp-home",
                 "--tmpfs", "/tmp-run", "--setenv", "XDG_RUNTIME_DIR", "/tmp-run", "--ro-bind-try", "/etc/fonts", "/etc/fonts",
                 "--ro-bind-try", "/var/cache/fontconfig", "/var/cache/fontconfig", *SYSTEM[3:], "--seccomp", "@0"]
        data = (call_filter(GLYCIN, ALLOW, TRAP),)
        self.assertIn("tmp-run\n", self.same(*words, data=data, status=0, command=("/usr/bin/ls", "-A", "/", "/tmp-home")))
        self.assertIn("XDG_RUNTIME_DIR=/tmp-run\n", self.same(*words, data=data, status=0, command=("/usr/bin/env",)))
        self.same(*words, data=data, status=128 + signal.SIGSYS, command=("/usr/bin/mkdir", "/tmp-home/x"))

    def test_bubblejail(self):
        """All options come from a descriptor, without a NUL behind the last one; the command reaps for itself."""
        words = ["--unshare-all", "--die-with-parent", "--as-pid-1", "--new-session", "--proc", "/proc", "--dev", "/dev", "--clearenv",
                 *SYSTEM, "--ro-bind", "/etc", "/etc", "--perms", "0700", "--dir", "/run/user/1000", "--setenv", "XDG_RUNTIME_DIR",
                 "/run/user/1000", "--symlink", "/run", "/var/run", "--bind", self.home, "/home/user", "--setenv", "HOME", "/home/user",
                 "--chdir", "/home/user", "--share-net", "--setenv", "PATH", "/usr/bin", "--bind-try", "/nowhere", "/nowhere"]
        out = self.same("--args", "@0", "--", data=("\0".join(words).encode(),), places=["/run", "/var", "/home/user"], points=words)
        self.assertIn("HOME=/home/user\n", out)
        for bwrap in (self.newest_bwrap, self.as_bwrap):
            read_fd, write_fd = os.pipe()
            self.addCleanup(os.close, read_fd)
            text = "\0".join([*words, "--ro-bind-data", "@1", "/etc/passwd", "--info-fd", str(write_fd)])
            with tempfile.TemporaryFile() as passwd, tempfile.TemporaryFile() as args:
                passwd.write(b"user:x:1000:1000::/home/user:/bin/sh\n")
                args.write(text.replace("@1", str(passwd.fileno())).encode())
                passwd.seek(0)
                args.seek(0)
                done = self.run_command([bwrap, "--args", str(args.fileno()), "--", "sh", "-c", "cat /etc/passwd; echo $$"],
                                        pass_fds=[passwd.fileno(), args.fileno(), write_fd])
            os.close(write_fd)
            self.assertEqual(self.assertOk(done).out, "user:x:1000:1000::/home/user:/bin/sh\n1\n")
            self.assertGreater(json.loads(os.read(read_fd, 1000))["child-pid"], 1)

    def test_pressure_vessel(self):
        """Steam's runtime: its files over those of the host, which are below /run/host; descriptors are passed on to its helper."""
        data = (b"", b"user:x:1000:1000::/home/user:/bin/sh\n", b"LANG=C\n")
        words = ["--new-session", "--dev-bind", "/dev", "/dev", "--proc", "/proc", "--ro-bind", "/sys", "/sys",
                 "--dir", "/run/pressure-vessel", "--ro-bind", "/usr", "/run/host/usr", "--symlink", "usr/lib", "/run/host/lib",
                 "--symlink", "usr/bin", "/run/host/bin", "--ro-bind", "/etc", "/run/host/etc", *SYSTEM,
                 "--dir", "/etc", "--symlink", "/run/host/etc/localtime", "/etc/localtime", "--ro-bind-data", "@1", "/etc/passwd",
                 "--tmpfs", "/home", "--bind", self.home, self.home, "--dir", "/var/tmp", "--symlink", "../run", "/var/run",
                 "--bind", "/tmp", "/tmp", "--setenv", "LD_LIBRARY_PATH", "/usr/lib/pressure-vessel/overrides/lib", "--unsetenv", "TMPDIR",
                 "--unsetenv", "PWD", "--perms", "0755", "--dir", "/run/host/tools", "--chdir", self.home, "--share-net"]
        out = self.same(*words, "--", data=data, places=["/run", "/run/host", "/etc", "/home"])
        self.assertIn("/run/host:\nbin\netc\nlib\ntools\nusr\n", out)
        # The descriptor that only the command knows of is open in it.
        self.same(*words, "sh", "-c", 'cat <&"$1"', "sh", "@2", data=data, status=0, command=())

    def test_mkosi(self):
        """One sandbox in the other: the first makes what the system in a folder needs, the second starts in that."""
        apivfs = ["--dev-bind", "/", "/", "--chdir", self.work, "--tmpfs", f"{self.tree}/run", "--tmpfs", f"{self.tree}/tmp",
                  "--bind", "/var/tmp", f"{self.tree}/var/tmp", "--proc", f"{self.tree}/proc", "--dev", f"{self.tree}/dev",
                  "--unsetenv", "TMPDIR", "--ro-bind", f"{self.tree}/etc/machine-id", f"{self.tree}/etc/machine-id",
                  "sh", "-c", f"chmod 1777 {self.tree}/tmp {self.tree}/dev/shm && mkdir {self.tree}/run/host && "
                              f'echo mkosi >{self.tree}/run/host/container-manager && exec $0 "$@"']
        out = []
        for bwrap in (self.newest_bwrap, self.as_bwrap):
            chroot = [bwrap, "--dev-bind", self.tree, "/", "--setenv", "container", "mkosi", "--setenv", "HOME", "/",
                      "--setenv", "PATH", "/work/scripts:/bin", "--ro-bind", "/etc/resolv.conf", "/etc/resolv.conf"]
            out.append(self.run_command([bwrap, *apivfs, *chroot, "sh", "-c", LOOK, "look"]))
        self.same_output(*out, [*apivfs, *chroot], 5)
        self.assertIn("container=mkosi\n", out[1].out)

    def test_mkosi_tools(self):
        links = [word for name in sorted(os.listdir("/")) if os.path.islink(f"/{name}")
                 for word in ("--symlink", os.readlink(f"/{name}"), f"/{name}")]
        out = self.same("--ro-bind", "/usr", "/usr", "--ro-bind-try", "/nix/store", "/nix/store", "--bind", "/var/tmp", "/var/tmp",
                        "--bind", "/tmp", "/tmp", "--bind", self.work, self.work, "--chdir", self.work, "--unshare-pid", "--unshare-ipc",
                        "--unshare-cgroup", "--die-with-parent", "--proc", "/proc", "--setenv", "SYSTEMD_OFFLINE", "1", "--dev", "/dev",
                        *links, *([] if links else SYSTEM[3:]), "--ro-bind", "/etc/ssl", "/etc/ssl", "--setenv", "PATH", ":/usr/bin:/bin",
                        "sh", "-c", 'chmod 1777 /dev/shm && exec $0 "$@"')
        self.assertIn("SYSTEMD_OFFLINE=1\n", out)

    def test_buildstream(self):
        """A root that becomes read-only when all is mounted, devices one by one, and how it ended in a file."""
        for extra in ([], ["--remount-ro", "/"]):
            words = ["--setenv", "LANG", "C", "--unsetenv", "USER", "--unshare-pid", "--die-with-parent", "--bind", self.tree, "/",
                     "--unshare-net", "--unshare-uts", "--hostname", "buildstream", "--unshare-ipc", "--proc", "/proc", "--tmpfs", "/tmp"]
            for name in ("full", "null", "urandom", "random", "zero"):
                words += ["--dev-bind", f"/dev/{name}", f"/dev/{name}"]
            words += ["--tmpfs", "/dev/shm", "--dev-bind", self.home, "/home", *extra, "--dir", "/work", "--chdir", "/work",
                      "--unshare-user", "--uid", "0", "--gid", "0"]
            out = self.same(*words)
            self.assertIn("buildstream\n", out)
            status = []
            for bwrap in (self.newest_bwrap, self.as_bwrap):
                with tempfile.TemporaryFile() as file:
                    done = self.run_command([bwrap, *words, "--json-status-fd", str(file.fileno()), "sh", "-c", "exit 7"],
                                            pass_fds=[file.fileno()])
                    self.assertStatus(done, 7)
                    file.seek(0)
                    status.append([json.loads(line) for line in file.read().splitlines()][-1])
            self.assertEqual(status, [{"exit-code": 7}] * 2)
        self.assertEqual(self.same("--ro-bind", "/", "/", "--unshare-user", "--uid", "0", "--gid", "0", command=("whoami",), status=0), "root\n")

    def test_opam(self):
        """Builds see the home read-only, and may write where they work."""
        links = [word for name in ("bin", "lib", "lib64") if os.path.islink(f"/{name}")
                 for word in ("--symlink", os.path.realpath(f"/{name}"), f"/{name}")]
        out = self.same("--unshare-net", "--new-session", "--proc", "/proc", "--dev", "/dev", "--bind", self.env["TMPDIR"], "/tmp",
                        "--setenv", "TMPDIR", "/tmp", "--setenv", "TMP", "/tmp", "--tmpfs", "/run", "--ro-bind", "/usr", "/usr",
                        *(links or SYSTEM[3:]), "--ro-bind", "/etc", "/etc", "--ro-bind", "/opt", "/opt", "--ro-bind", "/home", "/home",
                        "--ro-bind", "/var", "/var", "--ro-bind", self.home, self.home, "--bind", self.work, self.work, cwd=self.work)
        self.assertIn(f"PWD={self.work}\n", out)

    def test_nix(self):
        """buildFHSEnv: a system made of links and binds, with the host's folders beside it."""
        store = self._folder("work/store/glibc/etc", 0o755)
        write(os.path.join(self.work, "store/glibc/rpc"), "rpc\n")
        places = [word for name in ("home", "opt", "root", "srv", "sys", "var") if os.path.isdir(f"/{name}")
                  for word in ("--bind", f"/{name}", f"/{name}")]
        etc = [word for name in ("passwd", "group", "hosts", "resolv.conf", "nsswitch.conf", "localtime")
               for word in ("--symlink", f"/.host-etc/{name}", f"/etc/{name}")]
        out = self.same("--dev-bind", "/dev", "/dev", "--proc", "/proc", "--chdir", self.work, "--die-with-parent",
                        "--bind", f"{self.work}/store", "/nix/store", "--tmpfs", "/tmp", "--tmpfs", "/nix/store/glibc/etc", "--tmpfs", "/etc",
                        "--symlink", "/etc/ld.so.conf", "/nix/store/glibc/etc/ld.so.conf",
                        "--symlink", "/etc/ld.so.cache", "/nix/store/glibc/etc/ld.so.cache",
                        "--ro-bind", f"{self.work}/store/glibc/rpc", "/nix/store/glibc/etc/rpc", "--remount-ro", "/nix/store/glibc/etc",
                        "--symlink", "/nix/store/init", "/init", *SYSTEM, "--ro-bind", "/etc", "/.host-etc", *etc, *places,
                        "--tmpfs", "/tmp/.X11-unix", "--ro-bind-try", "/tmp/.X11-unix/X7", "/tmp/.X11-unix/X7")
        self.assertIn("/nix/store/glibc/etc ro,", out)
        self.assertEqual(os.listdir(store), [])

    def test_demonstration(self):
        """bubblewrap's own example, as many scripts begin: a link at a place without a slash, users from descriptors."""
        out = self.same("--ro-bind", "/usr", "/usr", "--dir", "/tmp", "--dir", "/var", "--symlink", "../tmp", "var/tmp", "--proc", "/proc",
                        "--dev", "/dev", "--ro-bind", "/etc/resolv.conf", "/etc/resolv.conf", *SYSTEM[3:], "--chdir", "/", "--unshare-all",
                        "--share-net", "--die-with-parent", "--dir", "/run/user/1000", "--setenv", "XDG_RUNTIME_DIR", "/run/user/1000",
                        "--setenv", "PS1", "bwrap-demo$ ", "--file", "@0", "/etc/passwd", "--file", "@1", "/etc/group",
                        data=(b"user:x:1000:1000::/:/bin/sh\n", b"user:x:1000:\n"))
        self.assertIn("PS1=bwrap-demo$ \n", out)

    def test_agents(self):
        """Tools that run what a model wrote: nothing but the work is writable, and no sandbox can be made inside."""
        size = ["--size", "16777216", "--perms", "1777", "--tmpfs", "/tmp"]
        out = self.same("--new-session", "--die-with-parent", "--ro-bind", "/", "/", "--dev", "/dev", "--unshare-user", "--unshare-pid",
                        "--unshare-net", "--proc", "/proc", *size, "--bind", self.work, self.work,
                        "--ro-bind", "/dev/null", f"{self.home}/.config/app/settings",
                        "--tmpfs", f"{self.home}/.config", "--remount-ro", f"{self.home}/.config", "--chdir", self.work, "--argv0", "tool", "--")
        self.assertIn("few\n", out)
        out = self.same("--unshare-all", "--unshare-user", "--disable-userns", "--assert-userns-disabled", "--cap-drop", "ALL", "--new-session",
                        "--die-with-parent", "--hostname", "agent", "--uid", "65532", "--gid", "65532", "--clearenv", "--setenv", "HOME", "/tmp/home",
                        "--setenv", "PATH", "/usr/bin", "--size", "8388608", "--tmpfs", "/", "--dir", "/work", *SYSTEM, "--proc", "/proc",
                        "--dev", "/dev", "--size", "1048576", "--tmpfs", "/dev/shm", "--bind", self.work, "/work", "--chdir", "/work", "--")
        self.assertIn("65532\n", out)
        self.assertIn("agent\n", out)

    def test_descriptors(self):
        """Sources that were looked at before are given as descriptors, the root too."""
        root, work = os.open("/", os.O_PATH), os.open(self.work, os.O_RDONLY | os.O_DIRECTORY)
        self.addCleanup(os.close, root)
        self.addCleanup(os.close, work)
        results = []
        for bwrap in (self.newest_bwrap, self.as_bwrap):
            with tempfile.TemporaryFile() as file:
                file.write(b"{}\n")
                file.seek(0)
                words = [
                    bwrap, "--die-with-parent", "--new-session", "--unshare-user", "--unshare-ipc", "--unshare-pid", "--unshare-uts",
                    "--unshare-cgroup-try", "--unshare-net", "--ro-bind-fd", str(root), "/", "--proc", "/proc", "--dev", "/dev",
                    "--bind-fd", str(work), "/mnt", "--tmpfs", "/srv", "--perms", "0400", "--ro-bind-data", str(file.fileno()), "/srv/graph.json",
                    "--perms", "1777", "--tmpfs", "/tmp", "--clearenv", "--setenv", "PATH", "/usr/bin", "--", "sh", "-c",
                    LOOK.replace("exit 5", "cat /srv/graph.json; stat -c %a /srv/graph.json; ls /mnt")]
                results.append(self.run_command(words, pass_fds=[root, work, file.fileno()]))
        self.same_output(*results, words, 0)
        self.assertIn("{}\n400\n", results[1].out)

    def test_desktop_programs(self):
        """As the scripts for browsers do it: places with a slash at the end, links into /usr, a folder of the user alone."""
        out = self.same("--unshare-all", "--share-net", "--new-session", "--die-with-parent", "--cap-drop", "ALL", "--clearenv",
                        "--setenv", "XDG_RUNTIME_DIR", self.runtime_dir, "--setenv", "HOME", self.home, "--setenv", "PATH", "/usr/bin",
                        "--hostname", "localhost", "--dev", "/dev/", "--ro-bind", "/sys/dev/char", "/sys/dev/char", "--ro-bind", "/usr/", "/usr/",
                        "--symlink", "/usr/lib", "/lib", "--symlink", "/usr/lib64", "/lib64", "--symlink", "/usr/bin", "/bin",
                        "--ro-bind", "/etc/group", "/etc/group", "--tmpfs", "/run", "--tmpfs", "/usr/share/doc", "--proc", "/proc/",
                        "--tmpfs", self.home, "--bind", f"{self.home}/.config/", f"{self.home}/.config/", "--bind-try", f"{self.home}/Downloads/",
                        f"{self.home}/Downloads/", "--ro-bind", self.runtime_dir, self.runtime_dir, "--chdir", self.home)
        self.assertIn("localhost\n", out)
        out = self.same("--unshare-user", "--unshare-ipc", "--unshare-pid", "--unshare-uts", "--unshare-cgroup", "--new-session",
                        "--die-with-parent", "--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc", "--tmpfs", "/tmp", "--tmpfs", self.home,
                        "--ro-bind-try", f"{self.home}/.gnupg/pubring.kbx", f"{self.home}/.gnupg/pubring.kbx", "--bind", self.work, self.work,
                        "--seccomp", "@0", data=(call_filter(["ptrace", "keyctl", "add_key"], REFUSE, ALLOW),))
        self.assertIn("Seccomp:\t2\n", out)

    def test_slips(self):
        """What is wrong with a command line is said in bubblewrap's words; more may follow them."""
        for line in SLIPS.strip().splitlines():
            words = shlex.split(line)
            with self.subTest(line):
                theirs, ours = (self.run_command([bwrap, *words, *(["--ro-bind", "/", "/", "true"] if words != ["--args"] else [])])
                                for bwrap in (self.newest_bwrap, self.as_bwrap))
                self.assertStatus(theirs, 1)
                self.assertStatus(ours, 1)
                self.assertTrue(ours.err.startswith(theirs.err.splitlines()[0]), f"{ours}{theirs}")
