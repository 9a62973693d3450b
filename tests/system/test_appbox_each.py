# SPDX-License-Identifier: LGPL-2.1-or-later
"""Each option of appbox by itself: what it does, and what is when it is not given, or what is refused.  An option that --help lists and that
has no row here fails, as does a record of plans that no row leads to.  Other files say more about each; this one forgets none."""
import ctypes
import fcntl
import glob
import json
import os
import pwd
import re
import select
import shutil
import signal
import subprocess
import tempfile
from collections import namedtuple

from boxes import MKDIRAT, USUAL, AppboxTest, filter_against
from harness import SOURCE, program

VARIANTS = ("old-kernel",)
OLD = os.environ.get("NACELLE_TEST_VARIANT") == "old-kernel"


def has_ranges():
    """Whether newuidmap(1) can map this user's ids: not without ranges, nor where no_new_privs is set."""
    user = pwd.getpwuid(os.getuid()).pw_name
    for path in ("/etc/subuid", "/etc/subgid"):
        if not os.path.exists(path):
            return False
        with open(path, encoding="ascii") as f:
            if not any(line.split(":")[0] in (user, str(os.getuid())) for line in f):
                return False
    return not OLD and shutil.which("newuidmap") is not None


def has_binfmt():
    with open("/proc/filesystems", encoding="ascii") as f:
        return "\tbinfmt_misc\n" in f.read() and tuple(map(int, os.uname().release.split(".")[:2])) >= (6, 7)


# What this kernel has of the newer things; where it lacks one, that is refused by name.
HAS = {"Landlock": ctypes.CDLL(None).syscall(444, None, 0, 1) >= 4, "clocks": not OLD and os.path.exists("/proc/self/ns/time"),
       "/etc/sub[ug]id|new[ug]idmap": has_ranges(), "cannot register what runs programs": has_binfmt()}
LANDLOCK, CLOCKS, RANGES, BINFMT = HAS

# `words` (with the option) and `script`, which then prints `out` or has `err` on standard error; `without`: what it prints when the
# option is taken away; `wrong`: lists of words with the sentence of the refusal; `older`: the newer thing that it needs, of HAS;
# `elsewhere`: (file, text) where it is shown what the option does, since that needs more than a command line
# (`wrong` None: and what is without it); `data`: what FD0 gives.
Row = namedtuple("Row", "words script out err without wrong older elsewhere data")


def row(words, script="echo ran", out=None, err=None, without=None, wrong=(), older=None, elsewhere=None, data=b""):
    return Row(words.split(), script, out, err, without, wrong, older, elsewhere, data)


def new(kind):
    return f'test "$(readlink /proc/self/ns/{kind})" = "$HOST_{kind}" && echo host || echo new'


def namespace(option, kind, more=""):
    return row(f"{option} {more}", new(kind), "new", without="host")


NOWHERE = "Can't find source path /nowhere: No such file or directory"
MADE = "(echo x >/w/f) 2>/dev/null && echo written || echo refused"
NULL = "(echo x >/d/null) 2>/dev/null && echo works || echo refused"
LOOK = "cat /o/x; (echo z >/o/x) 2>/dev/null; cat /o/x"
MODE = "stat -c %a /x"
PYTHON = "/usr/bin/python3 -c"
BIND_PORT = f"{PYTHON} 'import socket; s = socket.socket(); s.bind((\"127.0.0.1\", 0)); print(\"bound\")' 2>&1 | tail -n 1"
CONNECT = "bash -c 'echo >/dev/tcp/127.0.0.1/9' 2>&1 | grep -o 'Permission denied\\|Connection refused' | head -n 1"
MOUNT = "mount -t tmpfs x /tmp 2>/dev/null && echo mounted || echo refused"
FD_WRONG = ("999", r"999")
IDS = "cat /proc/self/{}_map | wc -l"
SELINUX = "labeling not supported on this system"

ROWS = {
    "--help": row("--help", out="usage: ", without="ran"),
    "--version": row("--version", out=r"appbox \d", without="ran"),
    "--not-a-security-boundary": row("--not-a-security-boundary", out="ran", wrong=[
        ("--not-a-security-boundary --assert-userns-disabled", "was not disabled as requested")]),
    "--level-prefix": row("--level-prefix --chdir / --chdir /usr", "pwd", "/usr", err="^<4>appbox: Only the last", wrong=[
        ("--level-prefix --bind /nowhere /x", "^<3>appbox: Can't find")]),
    "--args": row("--args FD0", "test -d /t && echo there || echo none", "there", without="none", data=b"--tmpfs\0/t\0", wrong=[
        ("--args 999", "999")]),
    "--argv0": row("--argv0 called", "echo $0", "called", without="sh", wrong=[("--argv0 a --argv0 b", "--argv0 used multiple times")]),
    "--unshare-all": namespace("--unshare-all", "net"),
    "--share-net": row("--unshare-all --share-net", new("net"), "host", without="new"),
    "--unshare-user": row("--unshare-user", new("user"), "new", wrong=[("--userns FD:user --unshare-user", "--userns not compatible")]),
    "--unshare-user-try": row("--unshare-user-try", new("user"), "new", wrong=[("--userns FD:user --unshare-user-try", "--userns not compatible")]),
    "--unshare-ipc": namespace("--unshare-ipc", "ipc"),
    "--unshare-pid": namespace("--unshare-pid", "pid"),
    "--unshare-net": namespace("--unshare-net", "net"),
    "--unshare-uts": namespace("--unshare-uts", "uts"),
    "--unshare-cgroup": namespace("--unshare-cgroup", "cgroup"),
    "--unshare-cgroup-try": namespace("--unshare-cgroup-try", "cgroup"),
    "--userns": row("--userns FD:user", 'test "$(readlink /proc/self/ns/user)" = "$OUTER_user" && echo joined', "joined", without="", wrong=[
        ("--userns FD:pid", "not one of a user namespace"), ("--userns 999", "999")]),
    "--userns2": row("--userns FD:parent --userns2 FD:nested", 'test "$(readlink /proc/self/ns/user)" = "$OUTER_nested" && echo entered', "entered", wrong=[
        ("--userns FD:parent --userns2 FD:pid", "not one of a user namespace")]),
    "--pidns": row("--userns FD:user --pidns FD:pid", 'test "$(readlink /proc/self/ns/pid)" = "$OUTER_pid" && echo joined', "joined", wrong=[
        ("--userns FD:user --pidns FD:user", "not one of a pid namespace"), ("--pidns 999", "999")]),
    "--disable-userns": row("--unshare-user --disable-userns", "unshare -U true 2>/dev/null && echo made || echo refused", "refused", without="made",
                            wrong=[("--userns FD:user --disable-userns", "--disable-userns")]),
    "--assert-userns-disabled": row("--unshare-user --disable-userns --assert-userns-disabled", out="ran", wrong=[
        ("--assert-userns-disabled", "was not disabled as requested")]),
    "--uid": row("--uid 5", "id -u", "5", wrong=[("--uid -1", "--uid")]),
    "--gid": row("--gid 6", "id -g", "6", wrong=[("--gid x", "--gid")]),
    "--hostname": row("--unshare-uts --hostname box", "cat /proc/sys/kernel/hostname", "box", wrong=[("--hostname box", "--hostname requires --unshare-uts")]),
    "--chdir": row("--chdir /usr", "pwd", "/usr", wrong=[("--chdir /nowhere", "Can't chdir to /nowhere")]),
    "--clearenv": row("--clearenv", "echo ${HOST_user:-none}", "none", without="user:"),
    "--setenv": row("--setenv A b", "echo ${A:-none}", "b", without="none", wrong=[("--setenv a=b c", "a=b")]),
    "--unsetenv": row("--unsetenv HOST_user", "echo ${HOST_user:-none}", "none", without="user:", wrong=[("--unsetenv a=b", "a=b")]),
    "--bind": row("--bind WORK /w", MADE, "written", without="refused", wrong=[("--bind /nowhere /x", NOWHERE)]),
    "--bind-try": row("--bind-try /nowhere /n --bind-try WORK /w", MADE + "; test -e /n || echo passed", "written\npassed",
                      wrong=[("--bind-try WORK /usr/bin/env", "Destination is not a directory /usr/bin/env")]),
    "--dev-bind": row("--dev-bind /dev /d", NULL, "works", without="refused", wrong=[("--dev-bind /nowhere /x", NOWHERE)]),
    "--dev-bind-try": row("--dev-bind-try /nowhere /n --dev-bind-try /dev /d", NULL + "; test -e /n || echo passed", "works\npassed",
                          wrong=[("--dev-bind-try /dev /usr/bin/env", "Destination is not a directory /usr/bin/env")]),
    "--ro-bind": row("--ro-bind WORK /w", "test -d /w && echo there;" + MADE, "there\nrefused", wrong=[("--ro-bind /nowhere /x", NOWHERE)]),
    "--ro-bind-try": row("--ro-bind-try /nowhere /n --ro-bind-try WORK /w", "test -d /w && echo there; test -e /n || echo passed;" + MADE,
                         "there\npassed\nrefused", wrong=[("--ro-bind-try WORK /usr/bin/env", "Destination is not a directory /usr/bin/env")]),
    "--bind-fd": row("--bind-fd FD:work /w", MADE, "written", without="refused", wrong=[("--bind-fd 999 /w", "999")]),
    "--ro-bind-fd": row("--ro-bind-fd FD:work /w", "test -d /w && echo there;" + MADE, "there\nrefused", wrong=[("--ro-bind-fd 999 /w", "999")]),
    "--overlay-src": row("--overlay-src WORK/a --tmp-overlay /o", LOOK, "a\nz", wrong=[
        ("--overlay-src WORK/a --dir /x", "--overlay-src must be followed by another")]),
    "--overlay": row("--overlay-src WORK/a --overlay WORK/up WORK/scratch /o", LOOK, "a\nz", wrong=[
        ("--overlay WORK/up WORK/scratch /o", "requires at least one --overlay-src")]),
    "--tmp-overlay": row("--overlay-src WORK/a --tmp-overlay /o", LOOK, "a\nz", wrong=[("--tmp-overlay /o", "requires at least one --overlay-src")]),
    "--ro-overlay": row("--overlay-src WORK/a --overlay-src WORK/b --ro-overlay /o", LOOK, "b\nb", wrong=[
        ("--overlay-src WORK/a --ro-overlay /o", "requires at least two --overlay-src")]),
    "--remount-ro": row("--tmpfs /w --remount-ro /w", MADE, "refused", without="written", wrong=[("--remount-ro /nowhere", "/nowhere")]),
    "--proc": row("--proc /p", "test -d /p/self && echo there || echo none", "there", without="none", wrong=[("--proc /usr/bin/env", "/usr/bin/env")]),
    "--dev": row("--dev /d", NULL, "works", without="refused", wrong=[("--dev /usr/bin/env", "/usr/bin/env")]),
    "--tmpfs": row("--tmpfs /w", MADE, "written", without="refused", wrong=[("--symlink x /w --tmpfs /w", "Can't mount on symlink destination /w")]),
    "--mqueue": row("--unshare-ipc --mqueue /q", "stat -f -c %T /q", "mqueue", wrong=[("--mqueue /q", "message queues.*not permitted")]),
    "--dir": row("--dir /x", "test -d /x && echo there || echo none", "there", without="none", wrong=[("--dir /usr/bin/env", "/usr/bin/env")]),
    "--file": row("--file FD0 /x", "cat /x 2>/dev/null || echo none", "text", without="none", data=b"text\n", wrong=[("--file 999 /x", "999")]),
    "--bind-data": row("--bind-data FD0 /x", "cat /x; (echo more >>/x) && tail -n 1 /x", "text\nmore", data=b"text\n", wrong=[("--bind-data 999 /x", "999")]),
    "--ro-bind-data": row("--ro-bind-data FD0 /x", "cat /x; (echo more >>/x) 2>/dev/null || echo refused", "text\nrefused", data=b"text\n",
                          wrong=[("--ro-bind-data 999 /x", "999")]),
    "--symlink": row("--symlink to /x", "readlink /x || echo none", "to", without="none", wrong=[
        ("--dir /x --symlink to /x", "destination exists and is not a symlink")]),
    "--chmod": row("--dir /x --chmod 0711 /x", MODE, "711", without="755", wrong=[("--chmod 0711 /nowhere", "/nowhere"), ("--chmod 8 /usr", "8")]),
    "--perms": row("--perms 0711 --dir /x", MODE, "711", without="755", wrong=[
        ("--perms 0700 --proc /p", "--perms must be followed by an option that creates a file"), ("--perms 8 --dir /x", "8")]),
    "--size": row("--size 65536 --tmpfs /x", "df -k /x | tail -n 1 | tr -s ' ' | cut -d' ' -f2", "64", wrong=[
        ("--size 4096 --dir /x", "--size must be followed by --tmpfs"), ("--size 0 --tmpfs /x", "--size takes a non-zero number of bytes")]),
    "--exec-label": row("--exec-label x", elsewhere=("vm/test_selinux.py", "--exec-label {LABEL} cat"), wrong=[("--exec-label x", SELINUX)]),
    "--file-label": row("--file-label x", elsewhere=("vm/test_selinux.py", "--file-label {MADE} --tmpfs"), wrong=[("--file-label x", SELINUX)]),
    "--seccomp": row("--tmpfs /t --seccomp FD0", "mkdir /t/d 2>/dev/null && echo made || echo refused", "refused", without="made",
                     data=filter_against(MKDIRAT), wrong=[("--seccomp 999", "999"), ("--seccomp FD0 --add-seccomp-fd FD0", "cannot be combined with")]),
    "--add-seccomp-fd": row("--tmpfs /t --add-seccomp-fd FD0", "mkdir /t/d 2>/dev/null && echo made || echo refused", "refused", without="made",
                            data=filter_against(MKDIRAT), wrong=[("--add-seccomp-fd 999", "999")]),
    "--lock-file": row("--bind WORK /w --lock-file /w/a/x", out="ran", wrong=[("--lock-file /nowhere", "cannot lock .*/nowhere")]),
    "--sync-fd": row("--sync-fd FD0", out="ran", elsewhere=("system/test_appbox_options.py", "def test_held_to_the_end"), wrong=[("--sync-fd 999", "999")]),
    "--block-fd": row("--block-fd FD0", out="ran", elsewhere=("system/test_appbox_options.py", "def test_wait_for_the_word"), data=b"x", wrong=[
        ("--block-fd 1e3", "1e3")]),
    "--userns-block-fd": row("", elsewhere=("system/test_appbox_options.py", "def test_ids_mapped_from_outside"), wrong=[
        ("--unshare-user --userns-block-fd 0", "--userns-block-fd requires --info-fd")]),
    "--as-pid-1": row("--unshare-pid --as-pid-1", "echo $$", "1", without=r"[2-9]|\d\d+", wrong=[("--as-pid-1", "--as-pid-1 requires --unshare-pid")]),
    "--new-session": row("--unshare-pid --new-session", "read a b c d e session g </proc/$$/stat; test $session = 0 && echo outside || echo new", "new",
                         without="outside"),
    "--die-with-parent": row("--die-with-parent", out="ran", elsewhere=("system/test_appbox_each.py", "def test_die_with_parent"), wrong=None),
    "--cap-add": row("--cap-add CAP_NET_ADMIN", "grep CapEff /proc/self/status", r"CapEff:\s0{12}1000", without=r"CapEff:\s0{16}", wrong=[
        ("--cap-add CAP_NOTHING", "CAP_NOTHING")]),
    "--cap-drop": row("--cap-add CAP_NET_ADMIN --cap-drop CAP_NET_ADMIN", "grep CapEff /proc/self/status", r"CapEff:\s0{16}", without=r"CapEff:\s0{12}1000",
                      wrong=[("--cap-drop CAP_NOTHING", "CAP_NOTHING")]),
    "--landlock": row("--cap-add CAP_SYS_ADMIN --tmpfs /tmp --landlock", MOUNT, "refused", without="mounted", older=LANDLOCK),
    "--landlock-try": row("--cap-add CAP_SYS_ADMIN --tmpfs /tmp --landlock-try", MOUNT, "refused" if HAS[LANDLOCK] else "mounted", without="mounted"),
    "--landlock-connect": row("--landlock-connect 1", CONNECT, "Permission denied", without="Connection refused", older=LANDLOCK, wrong=[
        ("--landlock-connect x", "--landlock-connect")]),
    "--landlock-bind": row("--landlock-bind 1", BIND_PORT, "PermissionError", without="bound", older=LANDLOCK, wrong=[
        ("--landlock-bind 65536", "--landlock-bind")]),
    "--limit": row("--limit files=51", "ulimit -n", "51", without=r"(?!51\n)", wrong=[("--limit nothing=1", "nothing")]),
    "--info-fd": row("--unshare-pid --info-fd 2", out="ran", err='"child-pid"(?s:.*)"pid-namespace"', wrong=[("--info-fd 999", "999")]),
    "--json-status-fd": row("--json-status-fd 2", out="ran", err='"child-pid"(?s:.*)"exit-code": 0', wrong=[("--json-status-fd 999", "999")]),
    "--explain": row("--explain", out=r"(?s:.*)^command sh -c .*# appbox", without="ran", wrong=[("--explain --bind /nowhere /x", NOWHERE)]),
    "--explain-json": row("--explain-json", out=r'\[\n(?s:.*)\{ "record": "command", "argv": \["sh"', without="ran", wrong=[
        ("--explain-json --uid x", "--uid")]),
    "--plan-out": row("--plan-out WORK/plan", out="$", without="ran", wrong=[("--plan-out /nowhere/plan", "/nowhere/plan"),
                                                                          ("--bind-fd FD:work /w --plan-out WORK/other", "descriptor")]),
    "--plan-in": row("--plan-in WORK/stored", out="stored", elsewhere=("system/test_appbox_options.py", "def test_stored"), wrong=[
        ("--plan-in /nowhere", "/nowhere"), ("--plan-in WORK/a/x", "not a stored sandbox plan"),
        ("--plan-in WORK/stored --uid 5", "cannot be combined with --plan-in")]),
    "--timing": row("--timing", out="ran", err="us  in all", wrong=[("--timing --chdir /nowhere", "Can't chdir to /nowhere")]),
    "--join": row("--join PID", elsewhere=("system/test_appbox_each.py", "def test_join"), wrong=[("--join 1", "1"), ("--join x", "--join")]),
    "--time-offset": row("--time-offset boottime=7000000", "cut -c-2 /proc/uptime", "70|[7-9]", older=CLOCKS, wrong=[
        ("--time-offset realtime=1", "--time-offset")]),
    "--map-auto": row("--map-auto", IDS.format("uid") + ";" + IDS.format("gid"), "[2-9]\n[2-9]", older=RANGES, without="1\n1", wrong=[
        ("--map-auto --userns FD:user", "--map-auto|ids")]),
    "--map-users": row("--map-users auto", IDS.format("uid"), "[2-9]", older=RANGES, without="1", wrong=[("--map-users 1:2", "--map-users")]),
    "--map-groups": row("--map-groups auto", IDS.format("gid"), "[2-9]", older=RANGES, without="1", wrong=[("--map-groups 1:2:0", "--map-groups")]),
    "--net=pasta": row("--unshare-pid --net=pasta", elsewhere=("system/test_appbox_network.py", "--net=pasta"), wrong=[
        ("--net=pasta", "needs new network and pid namespaces")]),
    "--publish": row("--unshare-pid --net=pasta --publish 8080", elsewhere=("system/test_appbox_network.py", "--publish"), wrong=[
        ("--publish 8080", "--net=pasta"), ("--net=pasta --publish 0", "does not publish a port")]),
    "--netns": row("--userns FD:user --netns FD:net", 'test "$(readlink /proc/self/ns/net)" = "$OUTER_net" && echo joined', "joined", wrong=[
        ("--netns FD:user", "not one of a network namespace")]),
    "--pty": row("--pty", "test -t 1 && echo terminal || echo none", "terminal", without="none", wrong=[("--pty --explain --uid x", "--uid")]),
    "--securebits": row("--securebits noroot", "setpriv -d | grep Secure", "Securebits: noroot", without=r"Securebits: \[none\]", wrong=[
        ("--securebits rooty", "unknown securebit: rooty")]),
    "--domainname": row("--unshare-uts --domainname box.example", "cat /proc/sys/kernel/domainname", "box.example", wrong=[
        ("--domainname box.example", "needs --unshare-uts")]),
    "--apparmor": row("--apparmor box", elsewhere=("vm/guest.py", "box --apparmor inside sh -c"), wrong=[
        ("--apparmor " + "x" * 1025, "the name of a profile has 1 to 1024 bytes")]),
    "--propagation": row("--propagation private --bind WORK /w --explain", out="(?s:.*)^bind .* /w  # --bind", without="(?s:.*)^bind .* /w slave  # --bind",
                         wrong=[("--propagation shared", "--propagation")]),
    "--hide": row("--ro-bind WORK /w --hide /w/a/x", "cat /w/a/x; cat /w/b/x", "b", without="a\nb", wrong=[("--join PID --hide /x", "--hide|joined")]),
    "--read-only": row("--bind WORK /w --read-only /w", MADE, "refused", without="written", wrong=[("--read-only /nowhere", "cannot restrict “/nowhere”")]),
    "--noexec": row("--bind WORK /w --noexec /w", "cp /usr/bin/true /w/t; /w/t 2>/dev/null && echo runs || echo refused", "refused", without="runs",
                    wrong=[("--noexec /nowhere", "cannot restrict “/nowhere”")]),
    "--attribute": row("--attribute umask=0135", "umask", "0135", without=r"(?!0135)", wrong=[("--attribute foo=1", "no attribute of processes"),
                                                                                     ("--attribute umask=9", "is no value")]),
    "--filter": row("--filter default", "unshare -U true 2>/dev/null && echo made || echo refused", "refused", without="made", wrong=[
        ("--filter nothing", "is no word for a filter")]),
    "--binfmt": row("--uid 0 --gid 0 --binfmt :box:E::box::/usr/bin/wc: /m", "test -e /m/box && echo there || echo none", "there", without="none",
                    older=BINFMT, wrong=[("--binfmt :box:E::box::/usr/bin/wc: /m", "cannot register what runs programs")]),
    "--deny-calls": row("--tmpfs /t --deny-calls mkdir,mkdirat" if os.uname().machine == "x86_64" else "--tmpfs /t --deny-calls mkdirat",
                        "mkdir /t/d 2>/dev/null && echo made || echo refused", "refused", without="made", wrong=[("--deny-calls nonsense", "no system call")]),
    "--only-calls": row("", elsewhere=("system/test_appbox_tighter.py", "def test_only_calls"), wrong=[("--only-calls nonsense", "no system call")]),
    "--only-sockets": row("--only-sockets unix", BIND_PORT, "OSError", without="bound", wrong=[("--only-sockets tcp", "none of unix")]),
    "--deny-namespaces": row("--deny-namespaces all", "unshare -U true 2>/dev/null && echo made || echo refused", "refused", without="made", wrong=[
        ("--deny-namespaces disk", "none of user")]),
    "--deny-write-exec": row("--deny-write-exec", f"{PYTHON} 'import mmap; mmap.mmap(-1, 4096, prot=7); print(\"mapped\")' 2>&1 | tail -n 1", "PermissionError",
                             without="mapped"),
    "--safe-env": row("--safe-env", "echo ${HOST_user:-none}; test -n \"$PATH\" && echo path", "none\npath", without="user:.*\npath"),
}
# Records that no option of appbox makes (apprun and the builder do), by the option of sandbox-driver; those of labels need SELinux.
OF_THE_LIBRARY = {"mount": "--mount-fd", "pin": "--pin", "pass-fd": "--pass-fd", "die-with-fd": "--die-with-fd", "unsetenv": "--unsetenv"}
LABELS = {"exec-label", "file-label"}
KINDS = ("user", "pid", "net", "ipc", "uts", "cgroup")


def help_of_appbox():
    """{option: the names of its values}"""
    text = subprocess.run([program("appbox"), "--help"], stdout=subprocess.PIPE, text=True, check=True).stdout
    return {match[1]: match[2].split() for match in re.finditer(r"^    (--[a-z0-9=-]+) ?((?:[\[A-Z].*?)?)(?:  .*)?$", text, re.M)}


class Each(AppboxTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for name in ("a", "b"):
            cls._folder(f"work/{name}", 0o755)
            with open(f"{cls.work}/{name}/x", "w", encoding="ascii") as f:
                f.write(name + "\n")
        for name in ("up", "scratch"):
            cls._folder(f"work/{name}", 0o755)
        cls.env.update({f"HOST_{kind}": os.readlink(f"/proc/self/ns/{kind}") for kind in KINDS})

    def outer(self, *words):
        """A running sandbox: the number of its first process."""
        outer = self.start([program("appbox"), *USUAL, "--unshare-user", "--unshare-pid", *words, "--json-status-fd", "1", "sh", "-c", "echo up; read x"])
        pid = json.loads(outer.stdout.readline())["child-pid"]
        self.assertEqual(outer.stdout.readline(), b"up\n")
        return pid

    def setUp(self):
        """Sandboxes to join, and descriptors of their namespaces."""
        super().setUp()
        self.pid = self.outer("--unshare-net")
        self.fds = {kind: os.open(f"/proc/{self.pid}/ns/{kind}", os.O_RDONLY) for kind in ("user", "pid", "net")}
        self.fds["nested"] = os.open(f"/proc/{self.outer('--disable-userns')}/ns/user", os.O_RDONLY)
        self.fds["parent"] = fcntl.ioctl(self.fds["nested"], 0xb702)      # NS_GET_PARENT
        self.fds["work"] = os.open(self.work, os.O_PATH | os.O_DIRECTORY)
        for fd in self.fds.values():
            self.addCleanup(os.close, fd)
        self.names = {f"OUTER_{kind}": os.readlink(f"/proc/self/fd/{fd}") for kind, fd in self.fds.items()}
        self.assertOk(self.appbox(*USUAL, "--plan-out", f"{self.work}/stored", "echo", "stored"))

    def run_row(self, words, script, data):
        with tempfile.TemporaryFile() as file:
            file.write(data)
            file.flush()
            file.seek(0)
            fds = {**self.fds, "FD0": file.fileno()}
            words = [str(fds[word.removeprefix("FD:")]) if word.removeprefix("FD:") in fds and word.startswith("FD") else
                     word.replace("WORK", self.work).replace("PID", str(self.pid)) for word in words]
            usual = [] if "--plan-in" in words or "--join" in words else USUAL
            command = [] if "--plan-in" in words else ["sh", "-c", script]
            return self.appbox(*usual, *words, *command, pass_fds=list(fds.values()), env=self.names)


    def test_none_is_forgotten(self):
        self.assertEqual(sorted(ROWS), sorted(help_of_appbox()))
        self.assertGreater(len(ROWS), 90)
        for option, (words, script, out, err, without, wrong, older, elsewhere, data) in ROWS.items():
            self.assertTrue(out is not None or elsewhere, f"{option} without a case in which it works")
            self.assertTrue(without not in (None, out) or wrong or option == "--landlock-try" or (wrong is None and elsewhere),
                            f"{option} without a case in which something is refused or missing")
            if elsewhere:
                with open(os.path.join(SOURCE, "tests", elsewhere[0]), encoding="utf-8") as f:
                    self.assertIn(elsewhere[1], f.read(), option)

    def test_what_each_does(self):
        for option, each in ROWS.items():
            if each.out is None:
                continue
            with self.subTest(option):
                result = self.run_row(each.words, each.script, each.data)
                if not HAS.get(each.older, True):
                    self.assertFails(result, each.older, status=1)
                    self.assertEqual(result.out, "")
                    continue
                self.assertOk(result)
                self.assertRegex(result.out, re.compile(rf"\A(?:{each.out})", re.M), str(result))
                self.assertRegex(result.err, re.compile(each.err or r"\A\Z", re.M), str(result))

    def test_what_is_without_it(self):
        values = help_of_appbox()
        for option, each in ROWS.items():
            if each.without is None:
                continue
            with self.subTest(option):
                words = list(each.words)
                while option in words:
                    at = words.index(option)
                    del words[at:at + 1 + len(values[option])]
                result = self.run_row(words, each.script, each.data)
                self.assertRegex(result.out, re.compile(rf"\A(?:{each.without})", re.M), str(result))
                if each.without != each.out:     # so where what is asked for if possible is not
                    self.assertNotRegex(result.out, re.compile(rf"\A(?:{each.out})", re.M), str(result))

    def test_what_is_refused(self):
        for option, each in ROWS.items():
            for words, pattern in each.wrong or ():
                with self.subTest(words=words):
                    result = self.run_row(words.split(), "echo ran", each.data)
                    self.assertFails(result, "appbox: ", pattern, status=1)
                    self.assertNotIn("ran", result.out)

    def test_die_with_parent(self):
        for words, ends in (("--die-with-parent", True), ("", False)):
            script = f'"$@" sh -c "echo up; exec sleep 1000" & echo $!; wait'
            parent = self.start(["sh", "-c", script, "sh", program("appbox"), *USUAL, "--unshare-pid", *words.split()])
            first, second = parent.stdout.readline(), parent.stdout.readline()
            pid = int(second if first == b"up\n" else first)
            fd = os.pidfd_open(pid)
            self.addCleanup(os.close, fd)
            parent.kill()
            parent.wait(60)
            if ends:
                self.assertTrue(select.select([fd], [], [], 60)[0], "appbox ends with its parent")
            else:
                self.assertFalse(select.select([fd], [], [], 0.3)[0], "appbox stays")
                signal.pidfd_send_signal(fd, signal.SIGKILL)

    def test_join(self):
        script = "readlink /proc/self/ns/pid; grep NoNewPrivs /proc/self/status"
        result = self.assertOk(self.run_row(["--join", "PID"], script, b""))
        self.assertEqual(result.out, f"{self.names['OUTER_pid']}\nNoNewPrivs:\t1\n")
        self.assertNotIn(self.names["OUTER_pid"], self.assertOk(self.run_row([], script, b"")).out)

    def test_records(self):
        """Each kind of record of a plan comes from one of these options, or is one of the library alone and has its tests in test_sandbox_*."""
        with open(os.path.join(SOURCE, "sandbox", "print-json.c"), encoding="utf-8") as f:
            kinds = set(re.findall(r'\[RECORD_\w+\] = \{ "([a-z0-9-]+)"', f.read()))
        self.assertGreater(len(kinds), 40)
        seen = set()
        for _, each in ROWS.items():
            result = self.run_row(each.words + ["--explain-json"], "true", each.data)
            if result.status == 0 and result.out.startswith("["):
                seen |= {record["record"] for record in json.loads(result.out)}
        for name, option in OF_THE_LIBRARY.items():
            tests = ""
            for path in glob.glob(os.path.join(SOURCE, "tests", "system", "test_*.py")):
                with open(path, encoding="utf-8") as f:
                    tests += f.read()
            self.assertIn(f'"{option}"', tests, name)
        self.assertEqual(kinds - seen - LABELS, set(OF_THE_LIBRARY))
