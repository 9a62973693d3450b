# SPDX-License-Identifier: LGPL-2.1-or-later
"""appbox: the command line of bubblewrap on our engine.  Where bwrap is installed, each line is run by both and what they
print and return is the same; the rest says what appbox has to do by itself."""
import json
import os
import tempfile

from boxes import USER, USUAL, AppboxTest
from harness import program

VARIANTS = ("old-kernel", "asan")


class Appbox(AppboxTest):
    # --- places --------------------------------------------------------------------------------------------------

    def test_binds(self):
        folder = self._folder("work/binds", 0o755)
        with open(f"{folder}/f", "w", encoding="ascii") as f:
            f.write("x\n")
        self.same("cat /x/f; echo y > /x/f || echo refused; test -e /z || echo none", "--ro-bind", folder, "/x",
                  "--bind-try", "/nowhere", "/z", expect="x\nrefused\nnone\n")
        self.same("echo y > /x/f; cat /x/f; mknod /x/n p && rm /x/n && echo made", "--bind", folder, "/x", expect="y\nmade\n")
        self.same("echo a > /host/null && echo works", "--dev-bind", "/dev", "/host", expect="works\n")
        self.same("(echo a > /host/null) 2>/dev/null || echo refused", "--bind", "/dev", "/host", expect="refused\n")

    def test_what_the_root_is_built_on_hides_nothing(self):
        """The host's /tmp, bound alone or with all of "/", is the host's and no place of ours."""
        with tempfile.TemporaryDirectory(dir="/tmp") as folder:
            os.chmod(folder, 0o755)
            for words in (["--bind", "/", "/"], ["--ro-bind", "/", "/", "--bind", "/tmp", "/tmp"]):
                script = f"test -d {folder} && echo here >{folder}/f && ls -d /tmp/root /tmp/stage 2>/dev/null; cat {folder}/f"
                for result in self.run_both(*USER, *words, "sh", "-c", script):
                    self.assertEqual(self.assertOk(result).out, "here\n")
                with open(f"{folder}/f", encoding="ascii") as f:
                    self.assertEqual(f.read(), "here\n")
                os.unlink(f"{folder}/f")

    def test_bind_of_a_descriptor(self):
        fd = os.open("/usr", os.O_PATH)
        result = self.appbox(*USUAL, "--ro-bind-fd", str(fd), "/x", "sh", "-c", f"test -d /x/bin && test ! -e /proc/self/fd/{fd}",
                             pass_fds=[fd])
        os.close(fd)
        self.assertOk(result)

    def test_order_of_operations(self):
        self.same("ls /x", "--dir", "/x/a", "--tmpfs", "/x", "--dir", "/x/b", expect="b\n")

    def test_modes_and_sizes(self):
        self.same("stat -c '%a %n' /t /a /a/b /c /d; df -B1 --output=size /t | tail -n 1 | tr -d ' '", "--size", "65536", "--perms", "0710",
                  "--tmpfs", "/t", "--perms", "0700", "--dir", "/a/b", "--dir", "/c", "--dir", "/d", "--chmod", "0500", "/d",
                  expect="710 /t\n700 /a\n700 /a/b\n755 /c\n500 /d\n65536\n")

    def test_data(self):
        self.same("cat /a/f /a/g /a/h; stat -c '%a' /a /b /a/f /a/g /a/h; echo 2 > /a/f && echo 2 > /a/g && cat /a/f /a/g;"
                  "(echo 2 > /a/h) 2>/dev/null || echo refused; rm /a/f && test ! -e /a/f && echo gone",
                  "--perms", "0640", "--file", "FD0", "/a/f", "--dir", "/b/c", "--bind-data", "FD1", "/a/g", "--ro-bind-data", "FD2", "/a/h",
                  data=(b"one\n", b"two\n", b"three\n"),
                  expect="one\ntwo\nthree\n750\n755\n640\n600\n600\n2\n2\nrefused\ngone\n")

    def test_parents_of_what_is_kept_lead_through_a_link(self):
        """Missing ones are as close as what is made; those that are there stay as they are, a link too."""
        self.same("stat -c '%a %n' /v /v/x /v/t /v/d /v/d/e /a /b; cat /v/x", "--dir", "/v", "--symlink", "v", "/l", "--bind-data", "FD0", "/l/x",
                  "--perms", "0700", "--tmpfs", "/l/t", "--perms", "0710", "--dir", "/l/d/e", "--perms", "0750", "--dir", "/a/f", "--perms", "0604",
                  "--file", "FD1", "/b/f", data=(b"kept\n", b""),
                  expect="755 /v\n600 /v/x\n700 /v/t\n750 /v/d\n710 /v/d/e\n750 /a\n705 /b\nkept\n")

    def test_modes_with_the_upper_bits(self):
        """--perms goes up to 07777 for data as well; what is written loses the set-id bits, as everywhere."""
        self.same("stat -c '%a' /f /g /h /d", "--perms", "4751", "--file", "FD0", "/f", "--perms", "1640", "--bind-data", "FD1", "/g", "--perms",
                  "2755", "--ro-bind-data", "FD2", "/h", "--perms", "1777", "--dir", "/d", data=(b"a", b"b", b"c"), expect="751\n1640\n755\n1777\n")

    def test_what_could_not_be_made_is_named(self):
        for words, call in ((["--tmpfs", "/nothing"], "mkdir"), (["--ro-bind", "/etc/passwd", "/nothing"], "create"),
                            (["--dir", "/nothing/x"], "mkdir")):
            for result in self.run_both(*USER, "--ro-bind", "/", "/", "--remount-ro", "/", *words, "true"):
                self.assertStatus(result, 1)
                self.assertRegex(result.err, f"{call}.*Read-only file system|create file at /nothing: Read-only")

    def test_links(self):
        self.same("readlink /a/l", "--symlink", "../x", "/a/l", expect="../x\n")
        self.assertOk(self.appbox(*USUAL, "--symlink", "../x", "/a/l", "--symlink", "../x", "/a/l", "true"))
        self.assertFails(self.appbox(*USUAL, "--symlink", "../x", "/a/l", "--symlink", "y", "/a/l", "true"), "File exists", status=1)

    def test_remount_read_only_is_one_mount(self):
        self.same("touch /t/f 2>/dev/null || echo refused; touch /t/u/f && echo written", "--tmpfs", "/t", "--tmpfs", "/t/u",
                  "--remount-ro", "/t", expect="refused\nwritten\n")

    def test_root_is_bound(self):
        for result in self.run_both(*USER, "--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc", "--tmpfs", "/tmp", "sh", "-c",
                                    "ls /tmp; touch /tmp/f && (touch /f 2>/dev/null || echo refused)"):
            self.assertEqual((result.status, result.out), (0, "refused\n"), str(result))

    def test_places_are_made_in_what_is_bound(self):
        for i, result in enumerate(self.run_both(*USER, *USUAL, "--bind", self._folder("work/made", 0o755), "/x", "--dir", "/x/a",
                                                 "--tmpfs", "/x/b/c", "ls", "/x")):
            self.assertEqual((result.status, result.out), (0, "a\nb\n"), str(result))
        self.assertTrue(os.path.isdir(os.path.join(self._folder("work/made", 0o755), "b", "c")))

    def test_links_in_what_is_bound_lead_nowhere(self):
        folder, other = self._folder("work/bad", 0o755), self._folder("work/other", 0o755)
        os.symlink(other, f"{folder}/l")
        for words in (["--dir", "/x/l/made"], ["--file", "FD0", "/x/l/made"], ["--tmpfs", "/x/l"], ["--chmod", "0700", "/x/l"]):
            with tempfile.TemporaryFile() as file:
                number = str(file.fileno())
                result = self.appbox(*USUAL, "--bind", folder, "/x", *[number if w == "FD0" else w for w in words], "true",
                                     pass_fds=[file.fileno()])
            self.assertStatus(result, 1)
            self.assertEqual(os.listdir(other), [])
            self.assertEqual(os.stat(other).st_mode & 0o777, 0o755)

    # --- the process ---------------------------------------------------------------------------------------------

    def test_namespaces(self):
        kinds = ("ipc", "pid", "net", "uts", "cgroup")
        script = "for n in ipc pid net uts cgroup; do readlink /proc/self/ns/$n; done"
        ours = [os.readlink(f"/proc/self/ns/{kind}") for kind in kinds]
        for words in ([], ["--unshare-all"], ["--unshare-all", "--share-net"], *([f"--unshare-{kind}"] for kind in kinds)):
            new = []
            for result in self.run_both(*USER, *USUAL, *words, "sh", "-c", script):
                self.assertOk(result)
                new.append([a != b for a, b in zip(result.out.split(), ours)])
            for seen in new:
                self.assertEqual(seen, [("--unshare-all" in words and (kind != "net" or "--share-net" not in words))
                                        or f"--unshare-{kind}" in words for kind in kinds], str(words))

    def test_of_the_network_the_last_word_counts(self):
        for words, is_new in ((["--share-net"], False), (["--unshare-net", "--share-net"], False), (["--share-net", "--unshare-net"], True),
                              (["--share-net", "--unshare-all"], True)):
            for result in self.run_both(*USER, *USUAL, *words, "readlink", "/proc/self/ns/net"):
                self.assertEqual(self.assertOk(result).out.strip() != os.readlink("/proc/self/ns/net"), is_new, str(result))

    def test_shared_pids(self):
        self.same(f"kill -0 {os.getpid()} && test -d /proc/{os.getpid()} && echo there", expect="there\n")
        self.same(f"kill -0 {os.getpid()} 2>/dev/null || echo alone", "--unshare-pid", expect="alone\n")

    def test_environment(self):
        self.same("env | sort", "--setenv", "LOST", "x", "--clearenv", "--setenv", "PATH", "/usr/bin", "--setenv", "A", "b",
                  "--setenv", "C", "d", "--unsetenv", "C", expect="A=b\nPATH=/usr/bin\nPWD=/\n", cwd=self._folder("work/away"))
        result = self.appbox(*USUAL, "printenv", "KEPT", env={"KEPT": "1"})
        self.assertEqual(result.out, "1\n", str(result))

    def test_working_directory(self):
        self.same("pwd; echo $PWD", "--chdir", "/usr/bin", expect="/usr/bin\n/usr/bin\n")
        self.same("pwd; echo $PWD", cwd="/usr/lib", expect="/usr/lib\n/usr/lib\n")

    def test_identity_and_names(self):
        self.same("id -u; id -g; uname -n", "--uid", "0", "--gid", "7", "--unshare-uts", "--hostname", "box", expect="0\n7\nbox\n")

    def test_no_capability_but_those_asked_for(self):
        self.same("grep ^Cap /proc/self/status; grep ^NoNewPrivs /proc/self/status")
        self.same("grep ^CapEff /proc/self/status", "--cap-add", "ALL", "--cap-drop", "ALL", "--cap-add", "CAP_NET_ADMIN",
                  expect="CapEff:\t0000000000001000\n")
        self.same("grep ^CapEff /proc/self/status", "--cap-add", "12", expect="CapEff:\t0000000000001000\n")      # as libcap reads it

    def test_no_filter(self):
        # As many as we have ourselves: the test may run under one.
        with open("/proc/self/status", encoding="ascii") as f:
            own = [line for line in f if line.startswith("Seccomp_filters:")]
        self.same("grep ^Seccomp_filters: /proc/self/status", expect="".join(own))

    def test_session(self):
        self.same("test $(cut -d' ' -f6 /proc/self/stat) = 1 && echo own", "--unshare-pid", "--new-session", expect="own\n")
        self.same("cut -d' ' -f6 /proc/self/stat", "--unshare-pid", expect="0\n")

    def test_argv0(self):
        result = self.appbox(*USUAL, "--argv0", "other", "sh", "-c", "tr '\\0' ' ' < /proc/$$/cmdline; true")
        self.assertTrue(result.out.startswith("other -c "), str(result))
        self.assertFails(self.appbox(*USUAL, "--argv0", "a", "--argv0", "b", "true"), "--argv0 used multiple times", status=1)

    def test_descriptors(self):
        with tempfile.TemporaryFile() as file:
            file.write(b"inherited\n")
            file.flush()
            result = self.appbox(*USUAL, "sh", "-c", f"cat /proc/self/fd/{file.fileno()}", pass_fds=[file.fileno()])
            self.assertEqual(result.out, "inherited\n", str(result))
        self.same("ls /proc/self/fd | wc -l", expect="4\n")

    def test_args(self):
        self.same("echo $A; ls /x", "--args", "FD0", "--dir", "/x/c", data=(b"--setenv\0A\0b c\0--dir\0/x/d\0",), expect="b c\nc\nd\n")

    def test_status(self):
        self.same("exit 7", status=7)
        self.same("kill -9 $$", status=137)

    def test_descriptors_of_pid_1(self):
        """Where the command is pid 1, the descriptor to hold is its own, by its number; and nobody is there who could hold a lock."""
        words = [*USER, *USUAL, "--unshare-pid", "--as-pid-1"]
        for result in self.run_both(*words, "--sync-fd", "FD0", "sh", "-c", "echo $$; ls /proc/1/fd; cat <&$0", "FD0", data=(b"held\n",)):
            lines = self.assertOk(result).out.split()
            self.assertEqual((lines[0], lines[-1], len(lines)), ("1", "held", 6), str(result))
        self.same_failure("Specifying --as-pid-1 and --lock-file is not permitted", *words, "--lock-file", "/usr/bin/sh", "true")

    def test_messages_after_a_report_on_standard_error(self):
        self.assertFails(self.appbox(*USUAL, "--info-fd", "2", "--", "/usr/nothing"), "child-pid(.|\n)*execvp /usr/nothing", status=1)

    def test_status_descriptors(self):
        for option, tail in (("--info-fd", []), ("--json-status-fd", [{"exit-code": 3}])):
            seen = []
            for result in self.run_both(*USER, *USUAL, "--unshare-pid", "--unshare-net", option, "1", "sh", "-c", "exit 3"):
                self.assertStatus(result, 3)
                documents, rest = [], result.out
                while rest.strip():
                    document, end = json.JSONDecoder().raw_decode(rest.strip())
                    documents.append(document)
                    rest = rest.strip()[end:]
                self.assertGreater(documents[0]["child-pid"], 1)
                self.assertEqual(documents[1:], tail)
                seen.append(list(documents[0]))
            self.assertTrue(all(keys == seen[0] for keys in seen), str(seen))

    def test_the_command_ends_with_appbox(self):
        for words in ([], ["--unshare-pid"]):
            process = self.start([program("appbox"), *USUAL, *words, "sh", "-c", "echo up; exec sleep 1000"])
            self.assertEqual(process.stdout.readline(), b"up\n")
            process.kill()
            self.assertEqual(process.stdout.read(), b"")        # comes when nobody holds the pipe any more

    # --- what is refused -----------------------------------------------------------------------------------------

    def test_sentences_that_callers_look_for(self):
        self.same_failure(r"Can't find source path /nowhere: No such file or directory", "--bind", "/nowhere", "/x", "true")
        self.same_failure(r"Can't chdir to /nowhere: No such file or directory", *USUAL, "--chdir", "/nowhere", "true")
        self.same_failure(r"Can't chdir to : No such file or directory", *USUAL, "--chdir", "", "true")
        self.same_failure(r"execvp nothing: No such file or directory", *USUAL, "nothing")
        self.same_failure(r"Unknown option --frobnicate", "--frobnicate", "true")
        self.same_failure(r"--bind takes two arguments", "--bind", "/usr")
        self.same_failure(r"--perms must be followed by an option that creates a file", "--perms", "0700", "--proc", "/proc", "true")
        self.same_failure(r"--hostname requires --unshare-uts", *USER, *USUAL, "--hostname", "x", "true")
        self.same_failure(r"usage: ")

    def test_timing_names_each_step(self):
        result = self.assertOk(self.appbox("--timing", *USUAL, "--unshare-all", "echo", "done"))
        self.assertEqual(result.out, "done\n")
        rows = [line.split(" us  ") for line in result.err.splitlines()]
        names = [name for _, name in rows]
        for name in ("set up the file system", "make the network namespace", "run the app", "in all"):
            self.assertEqual(names.count(name), 1, result.err)
        self.assertAlmostEqual(sum(float(taken) for taken, _ in rows[:-1]), float(rows[-1][0]), delta=5)
        self.assertEqual(self.assertOk(self.appbox(*USUAL, "true")).err, "")

    def test_bad_values(self):
        for words in (["--uid", "-1"], ["--uid", "x"], ["--perms", "8", "--dir", "/x"], ["--size", "0", "--tmpfs", "/x"],
                      ["--size", "99999999999999999999", "--tmpfs", "/x"], ["--file", "999", "/x"], ["--cap-add", "CAP_NOTHING"],
                      ["--args", "999"], ["--setenv", "a=b", "c"], ["--perms", "0700"]):
            self.assertFails(self.appbox(*USUAL, *words, "--", "true") if words != ["--perms", "0700"]
                             else self.appbox(*USUAL, *words), "appbox: ", status=1)
