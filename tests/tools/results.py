# SPDX-License-Identifier: LGPL-2.1-or-later
"""Counts single cases, prints failures as they come and the table at the end."""
import os
import re
import sys
import threading
import time

# Control characters of a program under test must not reach the reader's terminal.
UNSAFE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def safe(text):
    return UNSAFE.sub(lambda m: f"\\x{ord(m.group()):02x}", text)


class Results:
    def __init__(self, verbose=False):
        self.strict = os.environ.get("CI", "").lower() in ("true", "1", "yes")
        self.verbose = verbose
        self.lock = threading.Lock()
        self.groups = {}          # group -> [passed, failed, skipped, seconds]
        self.failures = {}        # "group: case" -> (job, the job's own name of the case), or None when it cannot be run by itself
        self.skips = []
        self.second = []          # what failed beside others and passed alone

    def add(self, group, case, result, text="", again=None):
        """`result`: passed, failed or skipped.  In CI a skip is a failure unless the kernel cannot do it."""
        if result == "skipped" and self.strict and not text.startswith("kernel:"):
            result, text = "failed", f"skipped, which CI does not accept: {text}"
        with self.lock:
            row = self.groups.setdefault(group, [0, 0, 0, 0.0])
            row[("passed", "failed", "skipped").index(result)] += 1
            if result == "failed":
                self.failures[f"{group}: {case}"] = again
                print(f"FAIL {group}: {case}")
                for line in safe(text).rstrip().splitlines()[-80:]:
                    print(f"     {line}")
            elif result == "skipped":
                self.skips.append(f"{group}: {case}: {text}")
                print(f"skip {group}: {case}: {safe(text)}")
            elif self.verbose:
                print(f"ok   {group}: {case}")
            sys.stdout.flush()

    def run_again(self, most):
        """Run what failed once more with nothing beside it: on a machine that others use a wait can be too short.  More than
        `most` failures are no accident and stay as they are; what passes only now is told by name in the summary."""
        failures = list(self.failures.items())
        if len(failures) > most or any(again is None for _, again in failures):
            return
        for name, (job, case) in failures:
            print(f"again {name}", flush=True)
            del self.failures[name]
            self.groups[job.group][1] -= 1
            job.run(self, [case])
            if name not in self.failures:
                self.second.append(name)

    def done(self, group, started):
        with self.lock:
            row = self.groups.setdefault(group, [0, 0, 0, 0.0])
            row[3] += time.monotonic() - started
            print(f"     {group}: {row[0]} passed"
                  + (f", {row[1]} failed" if row[1] else "") + (f", {row[2]} skipped" if row[2] else "")
                  + f" ({row[3]:.1f} s)", flush=True)

    def totals(self):
        return [sum(row[i] for row in self.groups.values()) for i in range(3)]

    def summary(self):
        passed, failed, skipped = self.totals()
        width = max([len(name) for name in self.groups] + [5])
        print(f"\n{'group':{width}}  passed  failed  skipped  seconds")
        for name, row in sorted(self.groups.items()):
            print(f"{name:{width}}  {row[0]:6}  {row[1]:6}  {row[2]:7}  {row[3]:7.1f}")
        if self.failures:
            print("\nfailed:")
            for name in self.failures:
                print(f"  {name}")
        if self.second:
            print("\nfailed at first, passed when run again alone:")
            for name in self.second:
                print(f"  {name}")
        print(f"\n{passed} passed, {failed} failed, {skipped} skipped", flush=True)
        return 1 if failed or not passed else 0
