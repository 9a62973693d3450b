# SPDX-License-Identifier: LGPL-2.1-or-later
"""The two kinds of test jobs: a program that prints TAP, and a file of Python system tests.

A job is one process that runs many cases.  When it dies or hangs in the middle, the case that it was in has failed
and the rest is run again, so that every case that was planned ends with a result.
"""
import json
import os
import re
import select
import signal
import subprocess
import sys
import threading
import time

from traces import descendants, reap_orphans

TOOLS = os.path.dirname(os.path.abspath(__file__))
TAP_LINE = re.compile(r"(ok|not ok)\s+\d+\s*(?:-\s*)?(.*?)(?:\s+#\s*(SKIP)\b\s*(.*))?$", re.IGNORECASE)
UNIT_LIMIT = 60          # seconds for one case of a unit program
SILENCE_LIMIT = 900      # seconds between two reports of a system test file


def status_text(returncode):
    if returncode < 0:
        return f"killed by {signal.Signals(-returncode).name}"
    return f"ended with status {returncode}"


class Process:
    """A child in its own session, read line by line with a deadline."""
    running = set()

    def __init__(self, argv, env, stdout_fd=None, write_fd=None):
        self.process = subprocess.Popen(argv, env=env, stdin=subprocess.DEVNULL,
                                        stdout=subprocess.PIPE if stdout_fd is None else subprocess.DEVNULL,
                                        stderr=subprocess.STDOUT if stdout_fd is None else None,
                                        pass_fds=[write_fd] if write_fd is not None else [], start_new_session=True)
        Process.running.add(self.process.pid)
        if write_fd is not None:
            os.close(write_fd)
        self.fd = self.process.stdout.fileno() if stdout_fd is None else stdout_fd
        self.buffer = b""

    def line(self, deadline):
        """The next line, "" at the end, None when the deadline has passed."""
        while b"\n" not in self.buffer:
            ready, _, _ = select.select([self.fd], [], [], max(0, deadline - time.monotonic()))
            if not ready:
                return None
            data = os.read(self.fd, 65536)
            if not data:
                rest, self.buffer = self.buffer, b""
                return rest.decode("utf-8", "replace")
            self.buffer += data
        line, self.buffer = self.buffer.split(b"\n", 1)
        return line.decode("utf-8", "replace") + "\n"

    def end(self):
        """Wait, or kill with everything below it; the return code."""
        try:
            code = self.process.wait(30)
        except subprocess.TimeoutExpired:
            for pid in [*descendants(self.process.pid), self.process.pid]:
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
            code = self.process.wait()
        Process.running.discard(self.process.pid)
        if self.process.stdout:
            self.process.stdout.close()
        else:
            os.close(self.fd)
        return code


class TapJob:
    """`argv` prints TAP.  `glib`: it is a GLib test program, whose cases can be listed and chosen."""
    serial = False
    long = False

    def __init__(self, group, argv, env=None, glib=True):
        self.group = group
        self.argv = argv
        self.env = {**os.environ, **(env or {})}
        self.glib = glib

    def list(self):
        argv = self.argv + (["-l"] if self.glib else ["--list"])
        done = subprocess.run(argv, env=self.env, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60,
                              check=False)
        return [line for line in done.stdout.splitlines() if line.startswith("/") or not self.glib]

    def run(self, results, chosen=None):
        """`chosen`: cases to run, None for all."""
        started = time.monotonic()
        planned = self.list() if chosen is None else list(chosen)
        if not planned:
            results.add(self.group, "(list)", "failed", f"{self.argv[0]} lists no cases")
        if chosen is None and planned:
            planned = self.pass_over(results, planned, [])
        for case in planned:     # what the first pass did not reach, one process each
            for missing in self.pass_over(results, [case], ["-p", case] if self.glib else [case]):
                results.add(self.group, missing, "failed", "the program did not report this case", (self, missing))
        results.done(self.group, started)

    def pass_over(self, results, planned, select_args):
        """Run once; the planned cases that have no result afterwards."""
        left = list(planned)
        output = []
        child = Process(self.argv + (["--tap", "-k"] if self.glib else []) + select_args, self.env)
        while True:
            line = child.line(time.monotonic() + UNIT_LIMIT)
            if not line:
                break
            match = TAP_LINE.match(line.rstrip("\n"))
            if not match:
                output.append(line)
                continue
            verdict, name, directive, reason = match.groups()
            name = name.split(" - ")[0] if self.glib else name
            case = next((c for c in left if c == name), None)
            if case is None:
                continue
            left.remove(case)
            if verdict == "not ok":
                results.add(self.group, case, "failed", "".join(output), (self, case))
            elif directive:
                results.add(self.group, case, "skipped", reason or "no reason given")
            else:
                results.add(self.group, case, "passed")
            output = []
        timed_out = line is None
        if timed_out:
            child.process.kill()
        code = child.end()
        if (timed_out or code != 0) and left:     # an assertion ends a GLib program: the case it was in is the next one
            case = left.pop(0)
            reason = f"no result within {UNIT_LIMIT} s" if timed_out else status_text(code)
            results.add(self.group, case, "failed", f"{reason}\n" + "".join(output), (self, case))
        elif code < 0 or (code != 0 and not any(f.startswith(self.group + ":") for f in results.failures)):
            results.add(self.group, "(exit)", "failed", f"{status_text(code)}\n" + "".join(output))
        return left


class FileJob:
    """A file of unittest cases, run by unittest_child.py."""

    def __init__(self, group, path, prefix=(), env=None):
        self.group = group
        self.path = path
        self.prefix = list(prefix)       # a program that runs the rest of the command line in another setting
        self.env = {**os.environ, "PYTHONPATH": TOOLS, "PYTHONDONTWRITEBYTECODE": "1", **(env or {})}
        with open(path, encoding="utf-8") as f:
            source = f.read()
        self.serial = re.search(r"^SERIAL = True", source, re.MULTILINE) is not None
        self.long = re.search(r"^LONG = True", source, re.MULTILINE) is not None     # a minute or more: begins first

    def child(self, *args):
        read_fd, write_fd = os.pipe()
        argv = self.prefix + [sys.executable, os.path.join(TOOLS, "unittest_child.py"), str(write_fd), self.path, *args]
        return Process(argv, self.env, read_fd, write_fd)

    def list(self):
        child = self.child("list")
        line = child.line(time.monotonic() + 60)
        code = child.end()
        if not line:
            raise RuntimeError(f"{self.path} cannot be loaded ({status_text(code)})")
        return json.loads(line)

    def run(self, results, chosen=None):
        started = time.monotonic()
        try:
            left = self.list() if chosen is None else list(chosen)
        except RuntimeError as e:
            results.add(self.group, "(load)", "failed", str(e))
            left = []
        while left:
            before = len(left)
            self.pass_over(results, left)
            reap_orphans(Process.running)
            if len(left) == before:
                for case in left:
                    results.add(self.group, case, "failed", "the test program ended before this case", (self, case))
                break
        results.done(self.group, started)

    def pass_over(self, results, left):
        """Run all that is left, taking each case with a result out of the list."""
        child = self.child("run", *left)
        current = None
        deadline = time.monotonic() + SILENCE_LIMIT
        while True:
            line = child.line(deadline)
            if not line:
                break
            event = json.loads(line)
            deadline = time.monotonic() + SILENCE_LIMIT
            if event["event"] == "start":
                current = event["id"]
                deadline = time.monotonic() + event["limit"] + 20
            elif event["event"] == "end":
                current = None
                left.remove(event["id"])
                results.add(self.group, event["id"].split(".", 1)[1], event["result"], event["text"], (self, event["id"]))
            else:
                self.group_event(results, left, event)
        if line is None:
            for pid in [*descendants(child.process.pid), child.process.pid]:
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
        code = child.end()
        if current is not None:
            left.remove(current)
            reason = "hung and was killed" if line is None else f"the test program {status_text(code)}"
            results.add(self.group, current.split(".", 1)[1], "failed", reason, (self, current))

    def group_event(self, results, left, event):
        """setUpClass (test_x.Class) or setUpModule (test_x) failed or was skipped: so has every case below it.  A failed
        tearDown comes when all of them have their results, and is one failure more."""
        scope = event["id"].split("(")[-1].rstrip(")")
        members = [case for case in left if case.startswith(scope + ".")] if event["id"].startswith("setUp") else []
        for case in members:
            left.remove(case)
            results.add(self.group, case.split(".", 1)[1], event["result"], event["text"], (self, case))
        if not members:
            results.add(self.group, event["id"], event["result"], event["text"])


def run_all(jobs, results, workers):
    """`jobs`: (job, chosen).  Parallel ones first, then those that want the machine alone."""
    queue = sorted((pair for pair in jobs if not pair[0].serial), key=lambda pair: not pair[0].long)
    lock = threading.Lock()

    def work():
        while True:
            with lock:
                if not queue:
                    return
                job, chosen = queue.pop(0)
            job.run(results, chosen)

    threads = [threading.Thread(target=work) for _ in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for job, chosen in jobs:
        if job.serial:
            job.run(results, chosen)
