# SPDX-License-Identifier: LGPL-2.1-or-later
"""apprun run: the command line, and odd circumstances of the start."""
import json
import os
import pwd
import shutil
import signal
import subprocess

from harness import ARCH, TINY, app_tree, programs, write, write_image
from runtest import APP, RunTest

VARIANTS = ("old-kernel",)


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
        folder = app_tree(os.path.join(self.work, "missing"), "org.nacelle.test.Missing")
        metadata = os.path.join(folder, "metadata")
        with open(metadata, encoding="utf-8") as f:
            text = f.read().replace("command=app", "command=--ro-bind")
        write(metadata, text)
        other = write_image(self.program("bundle-image"), folder, folder + ".app")
        self.assertFails(self.apprun(other, "/", "/"), "not found", status=127)

    def test_wrong_words_are_answered_with_a_suggestion(self):
        self.assertFails(self.apprun("--share=netwrk", APP), 'did you mean "network"', status=125)
        self.assertFails(self.apprun("--filesystem=hme", APP), 'did you mean "home"')
        self.assertFails(self.apprun("instal", "x.app"), "did you mean the verb 'install'")
        for word, verb in (("remove", "uninstall"), ("rm", "uninstall"), ("ls", "list"), ("upgrade", "update"), ("show", "info"),
                           ("search", "remote ls")):
            self.assertFails(self.apprun(word, APP), f"did you mean the verb '{verb}'")
        self.assertFails(self.apprun("remote", "rm", "x"), 'did you mean "delete"')
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
        self.assertEqual(self.apprun("help", "info").out, self.apprun("info", "--help").out)
        self.assertEqual(self.apprun("help", "nonsense").out, self.apprun("--help").out)
        self.assertRegex(self.assertOk(self.apprun("--version")).out, r"^apprun \d+\.\d+\.\d+\n$")

    def test_short_name_and_runtime_shell(self):
        self.assertOk(self.apprun("App", "true"))
        self.assertEqual(self.assertOk(self.apprun(TINY, "-c", "ls /app; echo done")).out, "done\n")

    def test_a_missing_runtime_is_named(self):
        image = self.app_image("org.nacelle.test.Lonely", runtime="org.nacelle.test.Absent")
        self.assertFails(self.apprun(image, "true"), "org.nacelle.test.Absent", "install", status=125)

    def test_what_is_wrong_is_said_in_sentences(self):
        folder = self._folder("closed", 0o500)
        self.assertFails(self.apprun(APP, "true", env={"HOME": folder}), "data folder of .* cannot be opened.*Permission denied; .*set HOME to a "
                         "folder that you can write to", status=125)
        self.assertFails(self.apprun(APP, "true", env={"HOME": "/nowhere/x"}), "/nowhere/x.*No such file.*set HOME to a folder that is there", status=125)
        self.assertFails(self.apprun("--netwrk=none", APP), 'no option "--netwrk"; did you mean "--network"', status=125)
        self.assertFails(self.apprun("--comand=sh", APP), 'no option "--comand"; did you mean "--command"', status=125)
        self.assertFails(self.apprun("--frobnicate", APP), "behind its id", status=125)
        result = self.assertStatus(self.apprun("-v", APP, "sh", "-c", "kill -9 $$"), 137)
        self.assertRegex(result.err, r"apprun: the app has ended with status 137, as after signal 9 \(Killed\)")
        home = pwd.getpwuid(os.getuid()).pw_dir
        for value in (None, ""):     # only asked: the account's own home is no place for a test to write to
            self.assertRegex(self.apprun("doctor", env={"HOME": value}).out, f"(?m)^home folder +ok +{home}$")
        for value in (None, "/nowhere", "relative"):
            self.assertEqual(self.assertOk(self.apprun(APP, "echo", "ran", env={"XDG_RUNTIME_DIR": value})).out, "ran\n")
        gone = self._folder("work/gone")
        result = self.run_command(["sh", "-c", 'cd "$1" && rmdir "$1" && exec "$2" "$3" pwd', "sh", gone, self.program("apprun"), APP])
        self.assertEqual(self.assertOk(result).out, self.home + "\n")

    def test_doctor(self):
        self.assertRegex(self.assertOk(self.apprun("doctor")).out, "Apps can run here")
        report = json.loads(self.assertOk(self.apprun("doctor", "--json")).out)
        self.assertTrue(report["good"])
        self.assertTrue(any("user" in check["name"] for check in report["checks"]))
        self.assertFails(self.apprun("doctor", "more"), "no arguments")

    def test_explain_names_origins(self):
        out = self.assertOk(self.apprun("explain", "--filesystem=xdg-documents", "--socket=session-bus", APP)).out
        self.assertRegex(out, r"(?m)^bind .*/Documents slave  # command line$")
        self.assertRegex(out, r"(?m)^# not granted: --socket=session-bus")
        self.assertNotRegex(out, "share network")
        self.assertRegex(self.assertOk(self.apprun("explain", "--share=network", APP)).out, "share network  # command line")

    def test_explain_a_path(self):
        def explain(*words):
            return self.assertOk(self.apprun("explain", *words)).out
        self.assertRegex(explain(APP, "/usr/bin/env"), "shown, read-only.*\n    mount|bind")
        self.assertRegex(explain(APP, "/bin/env"), r"(?s)/bin/env: a link.*/usr/bin/env: shown, read-only")
        self.assertIn("not shown", explain(APP, self.documents))
        self.assertRegex(explain("--filesystem=xdg-documents", APP, self.documents), "shown, writable.*\n.*# command line")
        self.assertIn("hidden", explain("--filesystem=home", APP, os.path.join(self.store, "overrides")))
        self.assertIn("not there", explain(APP, "/boot"))

    def test_explain_for_programs(self):
        """Options are taken before and behind the id."""
        words = ("--share=network", "--socket=session-bus")
        plan = json.loads(self.assertOk(self.apprun("explain", *words, "--json", APP)).out)
        self.assertEqual(json.loads(self.assertOk(self.apprun("explain", APP, *words, "--json")).out)["notes"], plan["notes"])
        self.assertIn({"record": "share", "namespaces": ["network"], "origin": "command line"}, plan["plan"])
        self.assertRegex("\n".join(plan["notes"]), "session-bus")
        self.assertEqual(plan["reasons"], [])
        self.assertFails(self.apprun("explain", APP, "--json", "/usr"), "leave one of them out", status=125)
        self.assertFails(self.apprun("explain", APP, "--jsn"), 'there is no option "--jsn"', status=125)
        self.assertIn("/--json: not there", self.assertOk(self.apprun("explain", APP, "--", "--json")).out)

    def test_the_launch_path_loads_little(self):
        programs_of_it = {"apprun", "nacelle-run"} & set(programs())
        out = "".join(subprocess.run(["ldd", self.program(name)], capture_output=True, text=True, check=False).stdout
                      for name in programs_of_it)
        names = {line.split()[0].split(".so")[0] for line in out.splitlines()
                 if line.strip() not in ("statically linked", "not a dynamic executable")}
        names -= {"linux-vdso", "/lib64/ld-linux-x86-64", "libc", "libm", "libpcre2-8", "libpcre", "libglib-2.0", "libcap"}
        if "libasan" in names:      # a build for the sanitizers
            names -= {"libasan", "libubsan", "libstdc++", "libgcc_s", "librt", "libdl", "libpthread"}
        names = {name for name in names if "ld-linux" not in name}
        self.assertEqual(names, set())


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

    def test_cve_2021_3155_odd_umask_and_limits(self):
        made = os.path.join(self.home, "made")
        for umask, mode in ((0o777, 0o700), (0, 0o755)):
            with self.subTest(oct(umask)):
                shutil.rmtree(os.path.join(self.home, ".var"), ignore_errors=True)
                shutil.rmtree(made, ignore_errors=True)
                self.assertOk(self.apprun("--filesystem=~/made/deep:create", APP, "touch", f"{made}/deep/file", umask=umask))
                self.assertEqual([os.stat(path).st_mode & 0o777 for path in (made, f"{made}/deep")], [mode, mode])
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
