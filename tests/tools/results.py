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
        self.failures = []
        self.skips = []

    def add(self, group, case, result, text=""):
        """`result`: passed, failed or skipped.  In CI a skip is a failure unless the kernel cannot do it."""
        if result == "skipped" and self.strict and not text.startswith("kernel:"):
            result, text = "failed", f"skipped, which CI does not accept: {text}"
        with self.lock:
            row = self.groups.setdefault(group, [0, 0, 0, 0.0])
            row[("passed", "failed", "skipped").index(result)] += 1
            if result == "failed":
                self.failures.append(f"{group}: {case}")
                print(f"FAIL {group}: {case}")
                for line in safe(text).rstrip().splitlines()[-80:]:
                    print(f"     {line}")
            elif result == "skipped":
                self.skips.append(f"{group}: {case}: {text}")
                print(f"skip {group}: {case}: {safe(text)}")
            elif self.verbose:
                print(f"ok   {group}: {case}")
            sys.stdout.flush()

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
        print(f"\n{passed} passed, {failed} failed, {skipped} skipped", flush=True)
        return 1 if failed or not passed else 0
