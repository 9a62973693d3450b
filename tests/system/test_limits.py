# SPDX-License-Identifier: LGPL-2.1-or-later
"""Limits of resources.  Those of a control group need controllers that are given to the user: they are enforced in the virtual
machines (tests/vm), and refused with the reason here, where there is neither a user's systemd nor a directory."""
import resource

from engine import EngineTest
from harness import program
from runtest import APP, RunTest

VARIANTS = ("asan", "old-kernel")
RLIMIT_LOCKS, RLIMIT_NICE = 10, 13
NO_GROUP = {"XDG_RUNTIME_DIR": "/nowhere"}


class Process(EngineTest):
    def limited(self, script, *limits, **options):
        words = [word for limit in limits for word in ("--limit", *limit.split("=", 1))]
        return self.shell(script, *words, **options)

    def test_every_limit_of_a_process_is_set(self):
        values = {"address-space": ("8G", resource.RLIMIT_AS, 8 << 30), "core": ("0", resource.RLIMIT_CORE, 0),
                  "cpu-time": ("50:60", resource.RLIMIT_CPU, 50), "data": ("7G", resource.RLIMIT_DATA, 7 << 30),
                  "file-size": ("1M", resource.RLIMIT_FSIZE, 1 << 20), "files": ("300", resource.RLIMIT_NOFILE, 300),
                  "locked-memory": ("16K", resource.RLIMIT_MEMLOCK, 16 << 10), "locks": ("50", RLIMIT_LOCKS, 50),
                  "message-queues": ("8K", resource.RLIMIT_MSGQUEUE, 8192), "processes": ("900", resource.RLIMIT_NPROC, 900),
                  "realtime-priority": ("0", resource.RLIMIT_RTPRIO, 0),
                  "realtime-time": ("1000", resource.RLIMIT_RTTIME, 1000), "resident": ("1G", resource.RLIMIT_RSS, 1 << 30),
                  "signals": ("70", resource.RLIMIT_SIGPENDING, 70), "stack": ("4M", resource.RLIMIT_STACK, 4 << 20)}
        words = [word for name, (value, _, _) in values.items() for word in ("--limit", name, value)]
        numbers = [str(int(number)) for _, number, _ in values.values()]
        got = self.assertOk(self.python(f"import resource\nfor n in ({','.join(numbers)}): print(resource.getrlimit(n)[0])",
                                        *words)).out.split()
        self.assertEqual(got, [str(soft) for _, _, soft in values.values()])
        # The one that is often 0 for users, and cannot be raised then.
        result = self.python(f"import resource; print(resource.getrlimit({RLIMIT_NICE})[0])", "--limit", "nice", "19")
        hard = resource.getrlimit(RLIMIT_NICE)[1]
        if 0 <= hard < 1:
            self.assertFails(result, "“nice”.*not have more than 0", status=125)
        else:
            self.assertEqual(self.assertOk(result).out, "1\n")

    def test_limits_that_are_not_named_are_inherited(self):
        self.assertEqual(self.assertOk(self.shell("ulimit -n")).out, self.assertOk(self.run_command(["sh", "-c", "ulimit -n"])).out)

    def test_soft_and_hard(self):
        self.assertEqual(self.assertOk(self.limited("ulimit -Sn; ulimit -Hn", "files=100:200")).out, "100\n200\n")
        self.assertEqual(self.assertOk(self.limited("ulimit -n", "files=100", "files=50")).out, "50\n")
        usual = self.assertOk(self.shell("ulimit -n")).out
        self.assertEqual(self.assertOk(self.limited("ulimit -n", "files=100", "files=none")).out, usual)

    def test_above_the_hard_limit_is_refused(self):
        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        result = self.limited("true", f"files={hard + 1}")
        self.assertFails(result, "“files”", f"not have more than {hard}", "wanted by: driver", status=125)
        self.assertOk(self.limited("true", f"files={hard + 1},optional"))
        self.assertEqual(self.assertOk(self.limited("ulimit -Hn", "files=unlimited")).out, f"{hard}\n")

    def test_processor_time(self):
        result = self.limited("while :; do :; done", "cpu-time=1")
        self.assertStatus(result, 152)
        self.assertIn("used more than 1 seconds of processor time (limit of: driver)", result.err)

    def test_file_size(self):
        result = self.limited("exec head -c 100000 /dev/zero >/tmp/x", "file-size=64K")
        self.assertStatus(result, 153)
        self.assertIn("wrote a file of more than 64K (limit of: driver)", result.err)
        result = self.limited("head -c 1000 /dev/zero >/tmp/x; wc -c </tmp/x", "file-size=64K")
        self.assertOk(result)
        self.assertEqual((result.out.strip(), result.err), ("1000", ""))

    def test_a_limit_of_a_group_says_why_it_cannot_be_had(self):
        for limit in ("memory=64M", "cpus=50%", "pids=unlimited", "io-weight=50"):
            result = self.limited("echo ran", limit, env=NO_GROUP)
            self.assertFails(result, limit.replace("%", "."), "wanted by: driver", "a directory given to this user has none",
                             "systemd has none", "/nowhere/systemd/private", status=125)
            self.assertEqual(result.out, "")

    def test_an_optional_limit_of_a_group_is_left_out(self):
        result = self.limited("echo ran", "memory=64M,optional", "pids=50,optional", env=NO_GROUP)
        self.assertOk(result)
        self.assertEqual((result.out, result.err), ("ran\n", ""))
        self.assertFails(self.limited("true", "memory=64M,optional", "pids=50", env=NO_GROUP), "pids=50", status=125)

    def test_words_that_are_no_limits(self):
        self.assertFails(self.limited("true", "memry=1G"), "no limit", status=125)
        self.assertFails(self.limited("true", "memory=lots"), "512K, 64M or 2G", status=125)


class Appbox(EngineTest):
    def test_option(self):
        words = [program("appbox"), "--ro-bind", "/", "/", "--proc", "/proc", "--dev", "/dev", "--limit"]
        self.assertEqual(self.assertOk(self.run_command([*words, "files=77", "sh", "-c", "ulimit -n"])).out, "77\n")
        result = self.run_command([*words, "cpu-time=1", "sh", "-c", "while :; do :; done"])
        self.assertStatus(result, 152)
        self.assertIn("appbox: the command was ended because it used more than 1 seconds", result.err)
        self.assertFails(self.run_command([*words, "files", "true"]), "NAME=VALUE", status=1)
        self.assertFails(self.run_command([*words, "memory=64M", "true"], env=NO_GROUP), "memory=64M", status=1)


class Runner(RunTest):
    def test_metadata_override_and_command_line(self):
        image = self.app_image("org.nacelle.test.Limited", extra="[Nacelle Limits]\nfiles=300\ncore=0\nmemory=64M,optional\n")
        self.assertEqual(self.assertOk(self.apprun("--command=sh", image, "-c", "ulimit -n; ulimit -c")).out, "300\n0\n")
        self.assertEqual(self.assertOk(self.apprun("--limit=files=90", "--command=sh", image, "-c", "ulimit -n")).out, "90\n")
        explained = self.assertOk(self.apprun("explain", "--limit=core=none", image)).out
        self.assertRegex(explained, r"(?m)^limit files 300 +# metadata of .*org.nacelle.test.Limited")
        self.assertRegex(explained, r"(?m)^limit memory 64M,optional +# ")
        self.assertNotIn("limit core", explained)

    def test_refusals(self):
        self.assertFails(self.apprun("--limit=memry=1G", APP, "true"), 'did you mean "memory"')
        self.assertFails(self.apprun("--limit=files", APP, "true"), "NAME=VALUE")
        self.assertFails(self.apprun("--limit=memory=64M", APP, "true", env=NO_GROUP), "memory=64M", "wanted by: command line")
        result = self.apprun("--limit=cpu-time=1", "--command=sh", APP, "-c", "while :; do :; done")
        self.assertStatus(result, 152)
        self.assertIn("apprun: the command was ended because it used more than 1 seconds", result.err)
