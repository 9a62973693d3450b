# SPDX-License-Identifier: LGPL-2.1-or-later
"""Faults in the middle of a launch (C7): each system call that a launch makes fails once, by tests/tools/fail-call.c.

Whichever it is, the program is confined as it always is, or does not run; then there is a sentence, and the status is that of a
failure.  Nothing is left behind.  With NACELLE_TEST_FAULTS=all each fails in each way, which takes a minute; where the newer
calls are missing only every so many fail, the first one of each process among them.  (Not with sanitizers: they make calls of their own,
and end the program when one fails.)  And init knows the arguments of the engine from those that an app gives it."""
import errno
import os
import re
import subprocess

from engine import TOOLS, USUAL, EngineTest

VARIANTS = ("old-kernel",)
SAMPLE = 9          # of so many calls one, where all have their turn elsewhere
ERRNOS = (errno.EPERM, errno.ENOMEM, errno.EMFILE)
PATIENCE = 300
NO_FAULT = (0, 0, 0)
GETPPID = {"x86_64": 110, "aarch64": 173}[os.uname().machine]     # cannot fail, and a parent that differs from itself has died
APPBOX = ["--unshare-all", "--die-with-parent", "--new-session", "--hostname", "inside", "--clearenv", "--setenv", "A", "b", "--perms",
          "0700", "--dir", "/x", "--symlink", "x", "/y", "--chdir", "/tmp", "--", "/tools/fail-call", "look"]


def facts(text):
    """What the program has seen, without numbers that are new each time.  A directory whose name cannot be found out has no PWD,
    which is documented."""
    text = re.sub(r"(?m)^namespace (\w+):\[\d+\]$", r"namespace \1", text)
    return text.replace("variable PWD=/tmp\n", "")


class Faults(EngineTest):
    def launch(self, fault, argv):
        """Run `argv` with (process, number, errno) as its fault; returns the result, the call that has failed, the processes that were left,
        the descriptors that were open at the end, and the calls of each process."""
        here, there = os.pipe()
        argv = [f"{TOOLS}/fail-call", *map(str, fault), str(there), *argv]
        try:
            result = subprocess.run(argv, pass_fds=(there,), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                    text=True, errors="replace", timeout=PATIENCE, check=False, cwd="/")
        finally:
            os.close(there)
            with open(here, encoding="ascii") as f:
                report = f.read().split()
        if result.returncode == 77 and result.stderr.startswith("kernel: "):
            self.skipTest(result.stderr.strip())
        failed, left, n_open = map(int, report[:3])
        return result, failed, left, n_open, [list(map(int, calls.split(","))) for calls in report[3:]]

    def faults(self, calls, processes):
        """Of the same call many times in a row (of each capability, of each signal) the first and the last are enough."""
        everything = os.environ.get("NACELLE_TEST_FAULTS") == "all"
        step = SAMPLE if "NACELLE_TEST_VARIANT" in os.environ and not everything else 1
        for process in processes:
            row = calls[process]
            for i, call in enumerate(row):
                if i % step == 0 and call != GETPPID and (everything or row[max(i - 1, 0):i + 2] != [call] * 3):
                    for code in ERRNOS if everything else (ERRNOS[i % len(ERRNOS)],):
                        yield process, i + 1, code

    def check(self, reference, argv, fault, failure):
        """`failure`: the statuses that are failures of ours.  Returns whether the call was reached."""
        result, failed, left, n_open, _ = self.launch(fault, argv)
        told = f"call {failed} of {fault}: {result}"
        self.assertEqual(left, 0, told)
        if result.stdout:
            self.assertEqual(facts(result.stdout), facts(reference[0].stdout), told)
        if result.returncode == 0:
            self.assertTrue(result.stdout, told)
            self.assertEqual(n_open, reference[3], told)
        else:
            self.assertIn(result.returncode, failure, told)
            self.assertRegex(result.stderr, r"^[\w./-]+: .{10,}", told)
            self.assertEqual(len(result.stderr.splitlines()), 1, told)
        return failed >= 0, n_open

    def each(self, argv, processes, failure):
        reference = self.launch(NO_FAULT, argv)
        self.assertEqual((reference[0].returncode, reference[0].stderr), (0, ""))
        for line in ("NoNewPrivs:\t1", "CapBnd:\t0000000000000000", "init closed", "interface lo"):
            self.assertIn(f"\n{line}\n", reference[0].stdout)
        for kind in ("ipc", "mnt", "net", "pid", "user"):
            self.assertNotIn(os.readlink(f"/proc/self/ns/{kind}"), reference[0].stdout)
        before = self.mounts()
        results = [self.check(reference, argv, fault, failure) for fault in self.faults(reference[4], processes or range(len(reference[4])))]
        reached = sum(reached for reached, _ in results)
        self.assertGreater(reached, 0.9 * len(results))
        self.assertEqual(self.mounts(), before)
        return reference, results

    @staticmethod
    def mounts():
        """Where the engine mounts before it enters the new root (sandbox/root.c); others may mount something meanwhile."""
        with open("/proc/self/mountinfo", encoding="utf-8", errors="surrogateescape") as f:
            return [line for line in f if re.match(r"/(tmp|run|var|usr)(/root|/stage)?$", line.split()[4])]

    def test_c7_each_call_of_a_launch_fails(self):
        """A command that was killed with its sandbox ended by a signal; one whose sandbox could not be made ends with 1."""
        argv = [self.program("appbox"), *USUAL, *APPBOX]
        _, results = self.each(argv, None, {1, 127, 137})
        self.assertGreater(len(results), 20 if "NACELLE_TEST_VARIANT" in os.environ else 200)

    def test_c7_a_caller_has_no_descriptor_more_afterwards(self):
        """The library, which leaves what it has opened to nobody: at the end only what the caller had before is open."""
        argv = [self.program("sandbox-driver"), *USUAL, "--", "/tools/fail-call", "look"]
        reference, results = self.each(argv, [0], {125, 127})
        self.assertEqual(reference[3], 3)
        self.assertEqual({n for _, n in results} - {0}, {3})


class InitAgain(EngineTest):
    """An app can execute the program of init, by a script that init itself executes.  It is not init then, whatever it is given."""

    def script(self, arguments):
        folder = self.folder("scripts")
        with open(f"{folder}/again", "w", encoding="ascii") as f:
            f.write("#!/proc/self/exe " + arguments + "\n")
        os.chmod(f"{folder}/again", 0o755)
        return folder

    def again(self, numbers, outer, *words):
        """In a sandbox of its own, beside a process that must survive: a sandbox that shares its processes runs the script."""
        folder = self.script(numbers)
        box = self.program("appbox")
        script = (f"sleep 300 & {box} --ro-bind / / --dev /dev {outer} {folder}/again {' '.join(words)}; echo status $?; "
                  "kill -0 $! && echo survived; kill $!")
        return self.run_command([box, "--unshare-pid", "--bind", "/", "/", "--dev", "/dev", "--proc", "/proc", "sh", "-c", script])

    def test_arguments_of_an_app_are_not_those_of_init(self):
        """The script's arguments would say: there are no shared processes, so all that are left can be killed."""
        for numbers in ("0 1 0 9 0", "1 2 0 99 0"):
            result = self.again(numbers, "", "0", "''", "/usr/bin/true", "true")
            self.assertOk(result)
            self.assertEqual(result.out.splitlines(), ["status 125", "survived"], str(result))
