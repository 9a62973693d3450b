# SPDX-License-Identifier: LGPL-2.1-or-later
"""Runs one file of system tests for run.py and reports every case as a line of JSON on descriptor FD.

    unittest_child.py FD FILE list
    unittest_child.py FD FILE run [ID...]

Output of a case goes to a file of its own and is reported with a failure.  A case that outlives its limit gets an
exception that shows where it was; run.py kills the whole program a little later when that does not help.
"""
import importlib.util
import json
import os
import signal
import sys
import tempfile
import traceback
import unittest

from traces import reap_orphans

DEFAULT_LIMIT = 120


class CaseTimeout(AssertionError):
    pass


def cases(suite):
    for test in suite:
        if isinstance(test, unittest.TestSuite):
            yield from cases(test)
        else:
            yield test


def limit_of(test):
    method = getattr(test, getattr(test, "_testMethodName", ""), None)
    return getattr(method, "time_limit", None) or getattr(type(test), "time_limit", None) or DEFAULT_LIMIT


class Report(unittest.TestResult):
    def __init__(self, events, output):
        super().__init__()
        self.events = events
        self.output = output
        self.trouble = []

    def send(self, **event):
        os.write(self.events, (json.dumps(event) + "\n").encode())

    def startTest(self, test):
        super().startTest(test)
        self.trouble = []
        os.ftruncate(self.output, 0)
        os.lseek(self.output, 0, os.SEEK_SET)
        self.send(event="start", id=test.id(), limit=limit_of(test))
        signal.setitimer(signal.ITIMER_REAL, limit_of(test))

    def stopTest(self, test):
        signal.setitimer(signal.ITIMER_REAL, 0)
        super().stopTest(test)
        reap_orphans()      # the case has waited for its own children
        failed = [text for kind, text in self.trouble if kind == "failed"]
        skipped = [text for kind, text in self.trouble if kind == "skipped"]
        if failed:
            self.send(event="end", id=test.id(), result="failed", text="\n".join(failed) + self.printed())
        elif skipped:
            self.send(event="end", id=test.id(), result="skipped", text=skipped[0])
        else:
            self.send(event="end", id=test.id(), result="passed", text="")

    def printed(self):
        sys.stdout.flush()
        sys.stderr.flush()
        os.lseek(self.output, 0, os.SEEK_SET)
        text = os.read(self.output, 20000).decode("utf-8", "replace")
        return f"\n--- printed by the test\n{text}" if text.strip() else ""

    def note(self, test, kind, text):
        if isinstance(test, unittest.TestCase) or hasattr(test, "test_case"):
            self.trouble.append((kind, text))
        else:       # setUpClass or setUpModule: none of the cases of the class or module will start
            self.send(event="group", id=test.id(), result=kind, text=text)

    @staticmethod
    def format(err):
        return "".join(traceback.format_exception(*err, limit=-6))

    def addError(self, test, err):
        super().addError(test, err)
        self.note(test, "failed", self.format(err))

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self.note(test, "failed", self.format(err))

    def addSubTest(self, test, subtest, err):
        super().addSubTest(test, subtest, err)
        if err is not None:
            self.trouble.append(("failed", f"{subtest}\n{self.format(err)}"))

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self.note(test, "skipped", reason)

    def addUnexpectedSuccess(self, test):
        super().addUnexpectedSuccess(test)
        self.note(test, "failed", "was expected to fail and did not")


def load(path):
    name = os.path.splitext(os.path.basename(path))[0]
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return unittest.defaultTestLoader.loadTestsFromModule(module)


def main():
    number, path, what, *ids = sys.argv[1:]
    events = int(number)
    suite = load(path)
    if what == "list":
        os.write(events, (json.dumps([t.id() for t in cases(suite)]) + "\n").encode())
        return
    wanted = set(ids)
    chosen = unittest.TestSuite(t for t in cases(suite) if t.id() in wanted)

    def too_long(*_):
        raise CaseTimeout("the case took longer than its limit")
    signal.signal(signal.SIGALRM, too_long)
    os.set_inheritable(events, False)
    output = tempfile.TemporaryFile()
    os.dup2(output.fileno(), 1)
    os.dup2(output.fileno(), 2)
    chosen.run(Report(events, output.fileno()))


if __name__ == "__main__":
    main()
