# SPDX-License-Identifier: LGPL-2.1-or-later
"""apprun run: what an app sees, what it may not, and what its attempts leave on the host."""
import json
import os
import re
import signal
import socket
import stat
import subprocess
import threading

from harness import ARCH, TINY, SystemTest, app_tree, sha256, time_limit, tree, wait_until, write, write_image

VARIANTS = ("old-kernel",)

APP = "org.nacelle.test.App"


class RunTest(SystemTest):
    """The tiny runtime and an app whose command runs its arguments."""

    installed = False

    def setUp(self):
        if not type(self).installed:
            self.install_tiny()
            self.install_app(APP)
            type(self).installed = True

    def inside(self, script, *options, app=APP, **keywords):
        return self.apprun(*options, app, "sh", "-c", script, **keywords)

    def inside_ok(self, script, *options, **keywords):
        return self.assertOk(self.inside(script, *options, **keywords)).out

    def data(self, *path, app=APP):
        return os.path.join(self.home, ".var/app", app, *path)


class CommandLine(RunTest):
    def test_status_passes_through(self):
        self.assertStatus(self.inside("exit 7"), 7)
        self.assertStatus(self.inside("exit 0"), 0)
        self.assertStatus(self.inside("kill -9 $$"), 137)
        self.assertStatus(self.inside("kill -15 $$"), 143)

    def test_status_of_what_cannot_be_executed(self):
        self.assertFails(self.apprun("--command=no-such-command", APP), "not found", status=127)
        self.assertFails(self.apprun("--command=/etc/passwd", APP), "ermission denied", status=126)

    def test_arguments_arrive_as_they_are(self):
        words = ["--share=network", "--", "-v", "", "=", "a b", "*", "$HOME", "new\nline", "--help", "\\", "é"]
        got = self.assertOk(self.apprun(APP, "printf", "[%s]\\n", *words)).out
        self.assertEqual(got, "".join(f"[{word}]\n" for word in words))

    def test_cve_2024_32462_commands_that_look_like_options(self):
        for command in ("--bind", "--version", "-x", "--help", "--", "-"):
            with self.subTest(command):
                self.assertFails(self.apprun(f"--command={command}", APP, "/", "/"), "not found", status=127)
        self.assertFails(self.apprun("--command=", APP), "empty")
        image = self.app_image("org.nacelle.test.Option", command="--bind")
        self.assertOk(self.apprun(image, "true"))      # there is a file of exactly that name, and it is what runs
        other = self.app_image("org.nacelle.test.Missing", extra="", command="app")
        folder = os.path.dirname(other)
        metadata = os.path.join(folder, "metadata")
        with open(metadata, encoding="utf-8") as f:
            text = f.read().replace("command=app", "command=--ro-bind")
        write(metadata, text)
        os.unlink(other)
        write_image(self.program("bundle-image"), folder, other)
        self.assertFails(self.apprun(other, "/", "/"), "not found", status=127)

    def test_wrong_words_are_answered_with_a_suggestion(self):
        self.assertFails(self.apprun("--share=netwrk", APP), 'did you mean "network"', status=125)
        self.assertFails(self.apprun("--filesystem=hme", APP), 'did you mean "home"')
        self.assertFails(self.apprun("--nonsense", APP), "nonsense")
        self.assertFails(self.apprun("--command"), "needs a value")
        self.assertFails(self.apprun("run"), "which app")
        self.assertFails(self.apprun("org.nacelle.test.Ap"), "org.nacelle.test.App")
        self.assertFails(self.apprun(""), "empty|no app")

    def test_ghsa_v2gw_v9h5_9q4x_names_that_are_paths(self):
        for bad in ("../x", "a/b", ".", "..", "x\ny", "", "x" * 5000, "/etc"):
            for option in ("--arch", "--branch"):
                with self.subTest(option=option, bad=bad[:20]):
                    self.assertFails(self.apprun(f"{option}={bad}", APP, "true"), status=125)
        for bad in ("../../etc", "org.nacelle.test/../../x", "org.nacelle.test.App/../x", "org..App", "x" * 5000,
                    "org.nacelle.test.App//..", "org.nacelle.test.App/x86_64/../..", "."):
            with self.subTest(bad=bad[:30]):
                self.assertFails(self.apprun(bad, "true"), status=125)
        self.assertOk(self.apprun(f"--arch={ARCH}", APP, "true"))

    def test_cve_2023_28101_control_characters_are_not_printed(self):
        for word in ("org.\x1b[2K.x", "a\x1b]0;title\x07", "\u202eevil", "x\rfake", "./\x1b[31m.app"):
            with self.subTest(repr(word)):
                result = self.assertFails(self.apprun(word))
                self.assertNotRegex(result.out + result.err, "[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u200b]")
        result = self.assertFails(self.apprun("--filesystem=/a\x1b[2Kb", APP))
        self.assertNotIn("\x1b", result.err)

    def test_help_fits_a_screen(self):
        for words in (("--help",), ("run", "--help")):
            result = self.assertOk(self.apprun(*words))
            lines = result.out.splitlines()
            self.assertLessEqual(len(lines), 40)
            self.assertLessEqual(max(map(len, lines)), 80)
        self.assertRegex(self.assertOk(self.apprun("--version")).out, r"^apprun \d+\.\d+\.\d+\n$")

    def test_short_name_and_runtime_shell(self):
        self.assertOk(self.apprun("App", "true"))
        self.assertEqual(self.assertOk(self.apprun(TINY, "-c", "ls /app; echo done")).out, "done\n")

    def test_a_missing_runtime_is_named(self):
        image = self.app_image("org.nacelle.test.Lonely", runtime="org.nacelle.test.Absent")
        self.assertFails(self.apprun(image, "true"), "org.nacelle.test.Absent", "install", status=125)

    def test_doctor(self):
        self.assertRegex(self.assertOk(self.apprun("doctor")).out, "Apps can run here")
        report = json.loads(self.assertOk(self.apprun("doctor", "--json")).out)
        self.assertTrue(report["good"])
        self.assertTrue(any("user" in check["name"] for check in report["checks"]))
        self.assertFails(self.apprun("doctor", "more"), "no arguments")

    def test_explain_names_origins(self):
        out = self.assertOk(self.apprun("explain", "--filesystem=xdg-documents", "--socket=session-bus", APP)).out
        self.assertRegex(out, r"(?m)^bind .*/Documents  # command line$")
        self.assertRegex(out, r"(?m)^# not granted: --socket=session-bus")
        self.assertNotRegex(out, "share network")
        self.assertRegex(self.assertOk(self.apprun("explain", "--share=network", APP)).out, "share network  # command line")

    def test_the_launch_path_loads_little(self):
        out = subprocess.run(["ldd", self.program("apprun")], capture_output=True, text=True, check=True).stdout
        names = {line.split()[0].split(".so")[0] for line in out.splitlines()}
        names -= {"linux-vdso", "/lib64/ld-linux-x86-64", "libc", "libm", "libpcre2-8", "libpcre", "libglib-2.0", "libcap"}
        names -= {name for name in names if "ld-linux" in name or "asan" in name or "ubsan" in name or "gcc_s" in name}
        self.assertEqual(names, set())


class Isolation(RunTest):
    def test_ids_and_privileges(self):
        out = self.inside_ok("id -u; id -g; cat /proc/self/status")
        lines = out.splitlines()
        self.assertEqual(lines[:2], [str(os.getuid()), str(os.getgid())])
        status = dict(line.split(":", 1) for line in lines[2:] if ":" in line)
        for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
            self.assertEqual(int(status[name], 16), 0, name)
        self.assertEqual(status["NoNewPrivs"].strip(), "1")
        self.assertEqual(status["Seccomp"].strip(), "2")

    def test_usr_and_app_are_read_only(self):
        for place in ("/usr", "/app", "/", "/etc", "/bin", "/usr/bin"):
            with self.subTest(place):
                self.assertFails(self.inside(f"touch {place}/file"), "Read-only file system")
        for path in ("/etc/passwd", "/.flatpak-info", "/etc/hosts"):
            with self.subTest(path):
                self.assertFails(self.inside(f"echo x >> {path}"), "Read-only file system|Permission denied")

    def test_bc5ea572_mounts_are_read_only_but_for_the_listed_ones(self):
        writable = ["/dev", "/dev/.*", "/tmp", "/proc", f"/run/user/{os.getuid()}", re.escape(self.home),
                    "/var/(cache|tmp|data|config)", re.escape(self.data())]
        for line in self.inside_ok("cat /proc/self/mountinfo").splitlines():
            fields = line.split()
            place, options = fields[4], fields[5].split(",")
            if not any(re.fullmatch(pattern, place) for pattern in writable):
                self.assertIn("ro", options, line)
            self.assertIn("nosuid", options, line)
            if not place.startswith("/dev/"):
                self.assertIn("nodev", options, line)

    def test_the_host_is_not_there(self):
        write(os.path.join(self.home, "secret"), "canary")
        out = self.inside_ok(f"ls -A {self.home}; ls -A /; cat {self.home}/secret 2>&1; true")
        self.assertNotIn("canary", out)
        self.assertNotIn("secret\n.var", out)
        for name in ("boot", "root", "srv", "mnt", "sys"):
            self.assertNotIn(f"\n{name}\n", out)
        self.assertIn("canary", self.inside_ok(f"cat {self.home}/secret", "--filesystem=home"))

    def test_other_processes_are_not_there(self):
        self.start(["sleep", "1234.5"])
        self.assertNotIn("1234.5", self.inside_ok("ps -ef 2>/dev/null || ps"))
        self.assertLess(int(self.inside_ok("ls -d /proc/[0-9]* | wc -l")), 8)

    def test_network_and_abstract_sockets(self):
        name = f"nacelle-test-{os.getpid()}"
        with socket.socket(socket.AF_UNIX) as server, socket.socket() as tcp:
            server.bind("\0" + name)
            server.listen()
            tcp.bind(("127.0.0.1", 0))
            tcp.listen()
            port = tcp.getsockname()[1]
            threading.Thread(target=lambda: tcp.accept()[0].close(), daemon=True).start()
            probe = f"cat /proc/net/unix /proc/net/dev; nc -w 2 127.0.0.1 {port} </dev/null && echo connected"
            without = self.inside(probe).out
            self.assertNotIn(name, without)
            self.assertNotIn("connected", without)
            devices = re.findall(r"(?m)^ *([^ :|]+):", without)
            self.assertEqual(devices, ["lo"])
            shared = self.inside(probe, "--share=network").out
            self.assertIn(name, shared)
            self.assertIn("connected", shared)

    def test_ipc_and_hostname_namespaces_are_new(self):
        for name in ("ipc", "uts", "cgroup", "net", "pid", "mnt", "user"):
            outside = os.readlink(f"/proc/self/ns/{name}")
            self.assertNotEqual(self.inside_ok(f"readlink /proc/self/ns/{name}").strip(), outside, name)
        self.assertEqual(self.inside_ok("readlink /proc/self/ns/ipc", "--share=ipc").strip(), os.readlink("/proc/self/ns/ipc"))

    def test_chroot_breakouts_stay_inside(self):
        write(os.path.join(self.root, "outside"), "canary")
        script = f"""
            cd /; cat ../../../../../..{self.root}/outside
            cat /proc/1/root{self.root}/outside /proc/self/root{self.root}/outside /proc/self/cwd/../..{self.root}/outside
            mkdir /tmp/jail; chroot /tmp/jail /bin/sh -c true && echo chrooted
            mknod /tmp/disk b 8 0 && echo made-a-device
            mount -t tmpfs none /tmp && echo mounted
            mount -o remount,rw /usr && echo remounted
            umount /usr && echo unmounted
            true"""
        out = self.inside_ok(script)
        for word in ("canary", "chrooted", "made-a-device", "mounted", "remounted", "unmounted"):
            self.assertNotIn(word, out)

    def test_environment_is_a_list_of_what_may_pass(self):
        env = {"LD_PRELOAD": "/nonexistent.so", "LD_LIBRARY_PATH": "/x", "LD_AUDIT": "/x", "GCONV_PATH": "/x",
               "PYTHONPATH": "/x", "NACELLE_SECRET": "x", "BASH_ENV": "/x", "ENV": "/x", "DISPLAY": ":0", "SSH_AUTH_SOCK": "/x",
               "DBUS_SESSION_BUS_ADDRESS": "unix:path=/x", "LC_TIME": "C", "COLORTERM": "truecolor", "TZ": "UTC"}
        out = self.inside_ok("env", env=env)
        names = {line.split("=", 1)[0] for line in out.splitlines()}
        self.assertFalse(names & (set(env) - {"LC_TIME", "COLORTERM", "TZ"}), out)
        self.assertTrue({"LC_TIME", "COLORTERM", "TZ", "LANG", "TERM", "HOME", "FLATPAK_ID"} <= names)
        self.assertFalse([name for name in names if name.startswith(("NACELLE", "LD_"))])
        out = self.inside_ok("env", "--env=LD_LIBRARY_PATH=/mine", "--env=A=b c", "--unset-env=LANG")
        self.assertIn("LD_LIBRARY_PATH=/mine\n", out)
        self.assertIn("A=b c\n", out)
        self.assertNotIn("\nLANG=", "\n" + out)

    def test_identity_file(self):
        out = self.inside_ok("cat /.flatpak-info")
        self.assertIn(f"[Application]\nname={APP}\n", out)
        self.assertRegex(out, r"instance-id=\d+")
        self.assertFails(self.inside("rm /.flatpak-info; mv /.flatpak-info /tmp"), status=1)

    def test_passwd_knows_one_user(self):
        out = self.inside_ok("cat /etc/passwd; ls -l /etc/passwd")
        self.assertIn(f":{os.getuid()}:{os.getgid()}:", out)
        self.assertNotIn("root:x:0", out)

    def test_two_instances_do_not_see_each_other(self):
        first = self.start([self.program("apprun"), APP, "sh", "-c", "echo x > /tmp/mine; echo ready; sleep 60"])
        self.assertEqual(first.stdout.readline(), b"ready\n")
        out = self.inside_ok("ls -A /tmp; ps")
        self.assertNotIn("mine", out)
        self.assertNotIn("sleep 60", out)

    def test_no_setuid_program_is_executed(self):
        log = os.path.join(self.work, "strace")
        self.run_command(["strace", "-f", "-qq", "-e", "trace=execve,execveat", "-e", "signal=none", "-o", log,
                          self.program("apprun"), APP, "true"], timeout=110)
        with open(log, encoding="utf-8", errors="replace") as f:
            paths = set(re.findall(r'exec(?:ve|veat)\((?:[^"]*, )?"([^"]*)"', f.read()))
        self.assertTrue(any(path.endswith("apprun") for path in paths), paths)
        for path in paths:
            if os.path.exists(path):
                self.assertFalse(os.stat(path).st_mode & (stat.S_ISUID | stat.S_ISGID), path)
        self.assertFalse([path for path in paths if "fusermount" in path or "newuidmap" in path], paths)
        for name in ("apprun", "image-server", "image-unpack"):
            self.assertFalse(os.stat(self.program(name)).st_mode & (stat.S_ISUID | stat.S_ISGID), name)

    def test_cve_2019_5736_the_launcher_cannot_be_overwritten(self):
        names = ("apprun", "image-server")
        before = {name: sha256(self.program(name)) for name in names}
        image = self.app_image("org.nacelle.test.Exe", files={"bin/self": ("#!/proc/self/exe\n", 0o755)})
        self.apprun("--command=self", image, "x")
        self.apprun("--command=/proc/self/exe", image, "--version")
        self.inside("for p in /proc/[0-9]*; do echo x > $p/exe; dd if=/dev/zero of=$p/exe bs=1 count=1 conv=notrunc; done")
        self.assertEqual({name: sha256(self.program(name)) for name in names}, before)
        self.assertOk(self.apprun(APP, "true"))


class Start(RunTest):
    """Odd circumstances of the start."""

    def test_cve_2024_21626_working_directories_that_are_descriptors(self):
        for cwd in ("/proc/self/fd/3", "/proc/self/fd/10", "/proc/self/cwd", "/dev/fd/4", "/proc/1/root"):
            with self.subTest(cwd):
                self.assertFails(self.apprun(f"--cwd={cwd}", APP, "pwd"), "refused", status=125)
        self.assertFails(self.apprun("--cwd=relative", APP, "pwd"), "absolute")
        self.assertEqual(self.assertOk(self.apprun("--cwd=/usr/bin", APP, "pwd")).out, "/usr/bin\n")
        out = self.assertOk(self.inside("pwd; readlink /proc/self/cwd", cwd="/proc/self")).out
        self.assertNotIn("/proc", out)

    def test_09020907_descriptors_do_not_leak(self):
        fds = [os.open(path, os.O_RDONLY) for path in ("/", self.home, "/etc/passwd")]
        fds += [os.dup2(fds[0], number) for number in range(20, 40)]
        try:
            out = self.inside_ok("ls /proc/self/fd", pass_fds=fds)
        finally:
            for fd in fds:
                os.close(fd)
        self.assertLessEqual(set(out.split()), {"0", "1", "2", "3"})   # 3 is ls's own
        out = self.inside_ok("for n in 3 4 5 6 7 8 20 30; do ls /proc/self/fd/$n/ 2>/dev/null; done; true", pass_fds=())
        self.assertNotIn("boot", out)

    def test_working_directory_that_is_gone_or_elsewhere(self):
        gone = os.path.join(self.work, "gone")
        os.mkdir(gone)
        script = 'cd "$1" && rmdir "$1" && shift && exec "$@"'
        result = self.run_command(["sh", "-c", script, "sh", gone, self.program("apprun"), APP, "pwd"])
        self.assertEqual(self.assertOk(result).out.strip(), self.home)
        self.assertEqual(self.inside_ok("pwd", cwd="/var/lib").strip(), self.home)
        self.assertEqual(self.inside_ok("pwd", cwd="/usr/bin").strip(), "/usr/bin")

    def test_closed_standard_streams(self):
        for closed in ("<&-", ">&-", "2>&-", "<&- >&- 2>&-"):
            with self.subTest(closed):
                result = self.run_command(["sh", "-c", f'exec "$@" {closed}', "sh", self.program("apprun"), APP, "sh", "-c",
                                           "ls -l /proc/self/fd > ~/.var/app/$FLATPAK_ID/fds; exit 5"])
                self.assertStatus(result, 5)
                with open(self.data("fds"), encoding="utf-8") as f:
                    self.assertNotIn(self.home + "\n", f.read())

    def test_homes(self):
        self.assertFails(self.apprun(APP, "true", env={"HOME": "relative", "XDG_DATA_HOME": None}), "absolute", status=125)
        for bad in ("/", "/usr", "/proc/self", "/nonexistent/home", "/home/../etc", "/etc"):
            with self.subTest(bad):
                self.assertFails(self.apprun(APP, "true", env={"HOME": bad}), "home folder", status=125)
        link = os.path.join(self.root, "link-to-home")
        os.symlink(self.home, link)
        result = self.assertOk(self.apprun(APP, "sh", "-c", "cd; pwd -P; touch ~/.var/app/$FLATPAK_ID/x", env={"HOME": link}))
        self.assertEqual(result.out.strip(), self.home)
        self.assertTrue(os.path.exists(self.data("x")))

    def test_without_home_the_account_decides(self):
        result = self.apprun(APP, "sh", "-c", "echo $HOME", env={"HOME": None})
        if result.status == 0:
            self.assertNotEqual(result.out.strip(), "")
        else:
            self.assertFails(result, "home folder|data folder", status=125)

    def test_without_a_session(self):
        self.assertOk(self.apprun(APP, "true", env={"XDG_RUNTIME_DIR": None}))
        self.assertOk(self.apprun(APP, "true", env={"XDG_RUNTIME_DIR": "/nonexistent"}))

    def test_odd_umask_and_limits(self):
        for umask in (0o777, 0):
            with self.subTest(oct(umask)):
                self.assertOk(self.apprun(APP, "true", umask=umask))
        self.assertEqual(os.stat(self.data()).st_mode & 0o777, 0o700)
        script = 'ulimit -n 40; exec "$@"'
        result = self.run_command(["sh", "-c", script, "sh", self.program("apprun"), APP, "true"])
        self.assertIn(result.status, (0, 125), str(result))

    def test_signals_reach_the_app(self):
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            with self.subTest(number):
                process = self.start([self.program("apprun"), APP, "sh", "-c",
                                      "trap 'exit 42' TERM INT HUP; echo ready; while true; do sleep 0.1; done"])
                self.assertEqual(process.stdout.readline(), b"ready\n")
                process.send_signal(number)
                self.assertEqual(process.wait(20), 42)

    def test_killed_launcher_leaves_nothing(self):
        process = self.start([self.program("apprun"), APP, "sh", "-c", "echo ready; sleep 4321"])
        self.assertEqual(process.stdout.readline(), b"ready\n")
        process.kill()
        process.wait(20)
        self.assertNoProcesses()

    def test_pipe_gone(self):
        """SIGPIPE has its usual effect in the app."""
        script = '"$@" | head -n 1; true'
        result = self.run_command(["bash", "-c", 'set -o pipefail; "$@" | head -n 1 >/dev/null', "bash",
                                   self.program("apprun"), APP, "yes"])
        self.assertStatus(result, 141)
        self.assertOk(self.run_command(["sh", "-c", script, "sh", self.program("apprun"), APP, "yes"]))


class ImageFiles(RunTest):
    def test_nothing_is_written_but_the_app_data(self):
        image = self.app_image("org.nacelle.test.File", script="#!/bin/sh\necho hello > ~/.var/app/$FLATPAK_ID/data/x\n")
        self.assertOk(self.apprun(APP, "true"))
        before = tree(self.home)
        self.assertOk(self.apprun(image))
        after = tree(self.home)
        new = {path for path in set(after) - set(before)}
        self.assertTrue(new)
        self.assertFalse([path for path in new if not path.lstrip("/").startswith(".var/app/org.nacelle.test.File")
                          and "nacelle/unpacked" not in path], new)
        self.assertNotIn("org.nacelle.test.File", self.assertOk(self.apprun("list")).out)

    def test_an_installed_app_wins_over_a_file_of_its_name(self):
        write(os.path.join(self.work, APP), "not an image")
        self.assertOk(self.apprun(APP, "true"))
        self.assertFails(self.apprun("./" + APP, "true"), status=125)

    def test_bad_images(self):
        good = self.app_image("org.nacelle.test.Bad")
        with open(good, "rb") as f:
            data = f.read()
        cases = {"empty": b"", "text": b"#!/bin/sh\necho hello\n", "random": os.urandom(65536), "zeros": bytes(8192),
                 "half": data[:len(data) // 2], "cut": data[:-1], "head": data[:96], "flipped": bytearray(data)}
        cases["flipped"][len(data) - 20] ^= 0xff
        for name, content in cases.items():
            path = write(os.path.join(self.work, f"{name}.app"), bytes(content))
            for way in ((), ("--unpacked",)):
                with self.subTest(name, way=way):
                    self.assertFails(self.apprun(*way, path, "true"), name, status=125)
        fifo = os.path.join(self.work, "fifo.app")
        os.mkfifo(fifo)
        for path in (fifo, self.work, "/dev/null", "/nonexistent.app"):
            with self.subTest(path):
                self.assertFails(self.apprun(path if "." in path else path + "/", "true"), status=125)

    def test_unsealed_images_need_consent(self):
        image = self.app_image("org.nacelle.test.Plain", plain=True, files={"share/noise": os.urandom(20000)})
        self.assertFails(self.apprun(image, "true"), "allow-unsealed", status=125)
        self.assertOk(self.apprun("--allow-unsealed", image, "true"))

    def test_unpacked_is_the_same(self):
        script = "find /app /usr | sort; cat /app/bin/app; sha256sum /usr/bin/busybox"
        self.assertEqual(self.inside_ok(script), self.inside_ok(script, "--unpacked"))
        self.assertFails(self.inside("touch /app/x", "--unpacked"), "Read-only file system")

    def hostile(self, metadata):
        folder = app_tree(os.path.join(self.work, f"hostile{len(os.listdir(self.work))}"), "org.nacelle.test.Hostile")
        write(os.path.join(folder, "metadata"), metadata)
        return write_image(self.program("bundle-image"), folder, folder + ".app")

    def test_cve_2021_43860_hidden_metadata(self):
        head = f"[Application]\nname=org.nacelle.test.Hostile\nruntime={TINY}/{ARCH}/1\ncommand=app\n"
        self.assertOk(self.apprun(self.hostile(head), "true"))
        for name, text in {
                "nul": head + "[Context]\nshared=\n\0\n[Context]\nfilesystems=host\n",
                "group twice": head + "[Context]\nshared=\n[Context]\nfilesystems=home\n",
                "key twice": head + "[Context]\nfilesystems=\nfilesystems=home\n",
                "carriage return": head.replace("\n", "\r\n"),
                "unknown word": head + "[Context]\nshared=everything;\n",
                "bad path": head + "[Context]\nfilesystems=~/../..;\n",
                "no runtime": "[Application]\nname=org.nacelle.test.Hostile\ncommand=app\n",
                "path as name": head.replace("org.nacelle.test.Hostile", "../../../../tmp/x"),
        }.items():
            with self.subTest(name):
                self.assertFails(self.apprun(self.hostile(text), "true"), status=125)


class Files(RunTest):
    """Grants of places of the host."""

    def test_documents(self):
        write(os.path.join(self.documents, "note"), "hello")
        self.assertFails(self.inside("cat ~/Documents/note"), status=1)
        self.assertEqual(self.inside_ok("cat ~/Documents/note", "--filesystem=xdg-documents:ro"), "hello")
        self.assertFails(self.inside("echo x > ~/Documents/note", "--filesystem=xdg-documents:ro"), "Read-only")
        self.inside_ok("echo changed > ~/Documents/note", "--filesystem=xdg-documents")
        with open(os.path.join(self.documents, "note"), encoding="utf-8") as f:
            self.assertEqual(f.read(), "changed\n")
        self.assertIn("XDG_DOCUMENTS_DIR", self.inside_ok("cat $XDG_CONFIG_HOME/user-dirs.dirs", "--filesystem=xdg-documents"))

    def test_reserved_places_are_refused(self):
        for place in ("/", "/usr", "/etc", "/proc", "/dev", "/app", "/run", "/bin", "/etc/ssh", "/run/host"):
            with self.subTest(place):
                self.assertFails(self.inside("true", f"--filesystem={place}"), status=125)
        link = os.path.join(self.home, "link-to-etc")
        os.symlink("/etc", link)
        out = self.inside_ok("ls ~/link-to-etc/ 2>&1; true", "--filesystem=~/link-to-etc")
        self.assertNotIn("shadow", out)

    def test_links_are_shown_with_their_target(self):
        target = os.path.join(self.root, "elsewhere")
        os.makedirs(os.path.join(target, "deep"), exist_ok=True)
        write(os.path.join(target, "deep", "file"), "found")
        os.symlink("../elsewhere/deep", os.path.join(self.home, "linked"))
        self.assertEqual(self.inside_ok("cat ~/linked/file; readlink ~/linked", "--filesystem=~/linked"),
                         "found../elsewhere/deep\n")
        self.assertNotIn("found", self.inside("cat ~/linked/file").out)

    def test_missing_and_created(self):
        self.inside_ok("true", "--filesystem=~/missing")
        self.assertFalse(os.path.exists(os.path.join(self.home, "missing")))
        self.assertIn("missing", self.apprun("-v", "--filesystem=~/missing", APP, "true").err)
        self.inside_ok("touch ~/made/below/x", "--filesystem=~/made/below:create")
        self.assertTrue(os.path.exists(os.path.join(self.home, "made/below/x")))

    def test_denied_place_in_a_shown_one(self):
        write(os.path.join(self.home, "private/file"), "canary")
        write(os.path.join(self.home, "public"), "visible")
        out = self.inside_ok("cat ~/public; cat ~/private/file; true", "--filesystem=home", "--nofilesystem=~/private")
        self.assertEqual(out, "visible")
        self.assertIn("canary", self.inside_ok("cat ~/private/file", "--filesystem=home"))

    def test_no_7132_policy_cannot_be_made_by_an_app_with_home_access(self):
        write(os.path.join(self.home, ".var/app/org.nacelle.test.Other/data/x"), "canary")
        script = f"""
            mkdir -p {self.store}/overrides && printf '[Context]\\nshared=network;\\n' > {self.store}/overrides/{APP}
            echo x > {self.store}/x; echo x > ~/.cache/nacelle/x
            ls -A {self.store} ~/.cache/nacelle ~/.var/app
            cat ~/.var/app/org.nacelle.test.Other/data/x
            true"""
        out = self.inside_ok(script, "--filesystem=home")
        self.assertNotIn("canary", out)
        self.assertNotIn("org.nacelle.test.Other", out)
        self.assertFalse(os.path.exists(os.path.join(self.store, "overrides")))
        self.assertFalse(os.path.exists(os.path.join(self.home, ".cache/nacelle/x")))
        self.assertNotIn("app\n", self.inside_ok(f"ls {self.store}", f"--filesystem={os.path.dirname(self.store)}"))
        refused = self.apprun("-v", f"--filesystem={self.store}", APP, "ls", self.store)
        self.assertIn("belongs to Nacelle", refused.err)

    def test_data_folder_survives(self):
        self.inside_ok("echo kept > $XDG_DATA_HOME/x; echo kept > /var/cache/y; echo lost > ~/z; echo lost > /tmp/t")
        self.assertEqual(self.inside_ok("cat $XDG_DATA_HOME/x ~/.var/app/$FLATPAK_ID/cache/y; ls ~/z /tmp/t; true"),
                         "kept\nkept\n")

    def test_persistent_folder(self):
        self.inside_ok("echo kept > ~/.state/x", "--persist=.state")
        self.assertEqual(self.inside_ok("cat ~/.state/x", "--persist=.state"), "kept\n")
        self.assertTrue(os.path.exists(self.data(".state/x")))

    def replaced(self, what, target, *options):
        """Run 1 replaces `what` below the app's data by a link; run 2 must stay inside."""
        self.inside("true", *options)
        self.inside(f"cd ~/.var/app/$FLATPAK_ID && rm -rf {what} && ln -s {target} {what}", *options)
        outside = os.path.join(self.root, "outside")
        before = tree(outside)
        result = self.inside("for d in /var/cache /var/tmp /var/data /var/config ~/.state ~/.state/deep; do "
                             "cat $d/canary; touch $d/written; done 2>/dev/null; true", *options)
        self.assertNotIn("canary", result.out)
        self.assertSameTree(before, tree(outside))
        return result

    def test_ghsa_8688_9x26_hhxj_replaced_folders(self):
        outside = os.path.join(self.root, "outside")
        write(os.path.join(outside, "canary"), "canary")
        for what in ("cache", "cache/tmp", "data", "config", ".local", ".local/state"):
            for target in (outside, "/nonexistent", ".", "../../../.."):
                with self.subTest(what, target=target):
                    self.replaced(what, target)

    def test_cve_2024_42472_replaced_persistent_folder(self):
        outside = os.path.join(self.root, "outside")
        write(os.path.join(outside, "canary"), "canary")
        for what in (".state", ".state/deep"):
            with self.subTest(what):
                self.replaced(what, outside, "--persist=.state/deep")
        self.assertFails(self.inside("true", "--persist=../.."), r"\.\.", status=125)

    @time_limit(240)
    def test_cve_2024_42472_race(self):
        outside = os.path.join(self.root, "outside-race")
        write(os.path.join(outside, "canary"), "canary")
        self.inside_ok("mkdir -p ~/.var/app/$FLATPAK_ID/race")
        flip = f"cd ~/.var/app/$FLATPAK_ID; ln -sfn {outside} link; echo ready; " \
               "while true; do mv race real 2>/dev/null; cp -P link race 2>/dev/null; rm race 2>/dev/null; mv real race; done"
        flipper = self.start([self.program("apprun"), APP, "sh", "-c", flip])
        self.assertEqual(flipper.stdout.readline(), b"ready\n")
        for _ in range(40):
            result = self.inside("cat ~/race/canary 2>/dev/null; touch ~/race/written; true", "--persist=race")
            self.assertNotIn("canary", result.out)
        flipper.kill()
        self.assertEqual(os.listdir(outside), ["canary"])

    def test_links_on_the_way_to_the_data(self):
        outside = os.path.join(self.root, "outside-way")
        os.mkdir(outside)
        home = self._folder("home-with-link", 0o755)
        os.symlink(outside, os.path.join(home, ".var"))
        result = self.apprun(APP, "true", env={"HOME": home})
        self.assertFails(result, r"\.var is not a folder", status=125)
        self.assertEqual(os.listdir(outside), [])


class Overrides(RunTest):
    def setUp(self):
        super().setUp()
        self.folder = os.path.join(self.store, "overrides")
        os.makedirs(self.folder, mode=0o755, exist_ok=True)
        self.addCleanup(lambda: [os.unlink(os.path.join(self.folder, name)) for name in os.listdir(self.folder)])

    def override(self, text, name=APP, mode=0o644):
        return write(os.path.join(self.folder, name), text, mode)

    def test_order_of_layers(self):
        app = "org.nacelle.test.Layers"
        self.install_app(app, context={"shared": "network;"}, extra="[Environment]\nA=app\nB=app\nC=app\nD=app\n")
        self.override("[Environment]\nB=global\nC=global\nD=global\n", "global")
        self.override("[Context]\nshared=!network;\n[Environment]\nC=override\nD=override\n", app)
        out = self.inside_ok("echo $A $B $C $D; cat /proc/net/dev | wc -l", "--env=D=line", app=app)
        self.assertEqual(out.splitlines()[0], "app global override line")
        self.assertRegex(self.assertOk(self.apprun("explain", app)).out, r"setenv C override  # .*overrides/" + app)
        self.assertNotIn("share network", self.assertOk(self.apprun("explain", app)).out)
        self.assertIn("share network", self.assertOk(self.apprun("explain", "--share=network", app)).out)

    def test_untrusted_overrides_are_refused(self):
        self.override("[Context]\nshared=network;\n", mode=0o666)
        self.assertFails(self.inside("true"), "others can write", APP, status=125)
        self.override("[Context]\nshared=network;\n", mode=0o644)
        self.assertOk(self.inside("true"))
        os.unlink(os.path.join(self.folder, APP))
        os.symlink("/etc/passwd", os.path.join(self.folder, APP))
        self.assertFails(self.inside("true"), status=125)
        os.unlink(os.path.join(self.folder, APP))
        os.mkfifo(os.path.join(self.folder, APP))
        self.assertFails(self.inside("true"), "regular file", status=125)

    def test_broken_overrides_are_not_ignored(self):
        for text in ("[Context]\nfilesystems=!home", "[Context]\nshared=!networ;\n", "nonsense\n", "[Context]\nshared=a\nshared=b\n"):
            with self.subTest(text):
                self.override(text)
                if text.endswith("!home"):
                    self.assertOk(self.inside("true"))
                else:
                    self.assertFails(self.inside("true"), APP, status=125)

    def test_sleepers_keep_their_deployment(self):
        app = "org.nacelle.test.Sleeper"
        self.install_app(app)
        process = self.start([self.program("apprun"), app, "sh", "-c", "echo ready; read line; cat /app/bin/app >/dev/null && echo alive"])
        self.assertEqual(process.stdout.readline(), b"ready\n")
        self.apprun("uninstall", app)
        process.stdin.write(b"go\n")
        process.stdin.flush()
        self.assertEqual(process.stdout.readline(), b"alive\n")
        wait_until(lambda: process.poll() is not None, 20)
