#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Run the tests and count single cases.

The last line is exactly "N passed, N failed, N skipped"; the status is 0 only if something passed and nothing failed.
Where CI=true a skip is a failure unless its reason begins with "kernel:", and a few that failed are run again alone.
"""
import argparse
import fnmatch
import glob
import json
import os
import re
import signal
import sys

TOOLS = os.path.dirname(os.path.abspath(__file__))
SOURCE = os.path.dirname(os.path.dirname(TOOLS))
sys.dont_write_bytecode = True
sys.path.insert(0, TOOLS)

from jobs import FileJob, TapJob, run_all     # noqa: E402  (the path is set above)
from results import Results                   # noqa: E402
from traces import become_reaper, kill_descendants   # noqa: E402


# Leaks are not looked for: programs of the launch path end by exec or _exit and let the kernel free.
SANITIZERS = {"ASAN_OPTIONS": "detect_leaks=0:abort_on_error=1:detect_stack_use_after_return=1",
              "UBSAN_OPTIONS": "halt_on_error=1:abort_on_error=1:print_stacktrace=1"}


def options():
    parser = argparse.ArgumentParser(description="Run Nacelle's tests.")
    parser.add_argument("pattern", nargs="*", help="only cases whose name (GROUP: CASE) contains or globs one of these")
    parser.add_argument("--builddir", default=os.environ.get("NACELLE_BUILDDIR") or os.path.join(SOURCE, "_build"))
    parser.add_argument("--kind", default="lint,unit,system,old-kernel,vm-one",
                        help="which kinds, with commas: lint, unit, system, old-kernel (tests where the newer system calls are "
                        "missing, through the fallbacks; fallback: all that can run so), vm (virtual machines with other kernels; vm-one: one of "
                        "them), asan (unit and system tests of --asan-builddir), programs (real ones, for minutes)")
    parser.add_argument("--asan-builddir", default=os.path.join(SOURCE, "_build-asan"))
    parser.add_argument("-j", "--jobs", type=int, default=(os.cpu_count() or 1) + 1, help="one more than processors, since many tests wait")
    parser.add_argument("-l", "--list", action="store_true", help="print the names and end")
    parser.add_argument("-v", "--verbose", action="store_true", help="a line for each case")
    return parser.parse_args()


def unit_jobs(builddir, group="unit", env=None, prefix=(), rooms=("",)):
    with open(os.path.join(builddir, "meson-info", "intro-tests.json"), encoding="utf-8") as f:
        tests = json.load(f)
    return [TapJob(f"{group}/{test['name']}", [*prefix, *test["cmd"]], {**test["env"], "G_TEST_SRCDIR": SOURCE, **(env or {})})
            for test in tests if test["protocol"] == "tap" and test["name"].startswith(rooms)]


def system_files(variant=None, folder="system"):
    """All files of system tests; or those that have asked to run in a variant by a line VARIANTS = ("old-kernel", ...); or for the variant
    "fallback" those that do not say by a line NOT_OLD = "..." why that would show nothing."""
    for path in sorted(glob.glob(os.path.join(SOURCE, "tests", folder, "test_*.py"))):
        with open(path, encoding="utf-8") as f:
            source = f.read()
        declared = re.search(r"^VARIANTS = \((.*?)\)", source, re.MULTILINE)
        if variant == "fallback":
            chosen = re.search(r"^NOT_OLD = ", source, re.MULTILINE) is None
        else:
            chosen = variant is None or (declared and f'"{variant}"' in declared[1])
        if chosen:
            yield os.path.basename(path)[5:-3], path


def machine_jobs(every):
    """Virtual machines: all, or those that say ALWAYS = True."""
    folder = os.path.join(SOURCE, "tests", "vm")
    for path in sorted(glob.glob(os.path.join(folder, "test_*.py"))):
        with open(path, encoding="utf-8") as f:
            always = re.search(r"^ALWAYS = True", f.read(), re.MULTILINE) is not None
        if every or always:
            yield FileJob(f"vm/{os.path.basename(path)[5:-3]}", path, env={"PYTHONPATH": f"{TOOLS}:{folder}"})


def all_jobs(args):
    kinds = args.kind.split(",")
    jobs = []
    if "system" in kinds:
        jobs += [FileJob(f"system/{name}", path) for name, path in system_files()]
    if "programs" in kinds:
        jobs += [FileJob(f"programs/{name}", path) for name, path in system_files(folder="programs")]
    for kind in ("old-kernel", "fallback"):
        if kind in kinds:
            prefix = [sys.executable, os.path.join(TOOLS, "old_kernel.py")]
            env = {"NACELLE_TEST_VARIANT": "old-kernel"}
            jobs += [FileJob(f"old-kernel/{name}", path, prefix, env) for name, path in system_files(kind)]
            rooms = ("",) if kind == "fallback" else ("sandbox-", "runner-plan", "runner-front", "runner-place")
            jobs += unit_jobs(args.builddir, "old-kernel/unit", env, prefix, rooms)
    if "asan" in kinds:
        env = {"NACELLE_BUILDDIR": os.path.abspath(args.asan_builddir), **SANITIZERS}
        jobs += [FileJob(f"asan/{name}", path, env=env) for name, path in system_files("asan")]
        jobs += unit_jobs(args.asan_builddir, "asan/unit", env)
    if "vm" in kinds or "vm-one" in kinds:
        jobs += list(machine_jobs("vm" in kinds))
    if "unit" in kinds:
        jobs += unit_jobs(args.builddir)
    if "lint" in kinds:
        jobs.append(TapJob("lint", [sys.executable, os.path.join(TOOLS, "lint.py")], glib=False))
    return jobs


def matches(name, patterns):
    return any(pattern in name or fnmatch.fnmatch(name, pattern) for pattern in patterns)


def choose(job, patterns):
    """The cases of a job that were asked for; None means all."""
    if not patterns or matches(job.group, patterns):
        return None
    # Cases of one file by "FILE: CASE": the others need not be asked for theirs.
    files = [pattern.split(": ")[0] for pattern in patterns if ": " in pattern]
    if len(files) == len(patterns) and not any(job.group.endswith(file) or fnmatch.fnmatch(job.group, file) for file in files):
        return []
    return [case for case in job.list() if matches(f"{job.group}: {case.removeprefix('test_')}", patterns)
            or matches(f"{job.group}: {case}", patterns)]


def take_signals():
    """Begin as a shell's own command would: in the background of a script, or under nohup, signals are ignored that the
    tests send, and programs hand that on to their children."""
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM, signal.SIGCHLD, signal.SIGTSTP, signal.SIGTTIN,
                   signal.SIGTTOU):
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, [])


def main():
    args = options()
    args.builddir = os.path.abspath(args.builddir)
    os.environ["NACELLE_BUILDDIR"] = args.builddir
    os.umask(0o022)
    jobs = [(job, choose(job, args.pattern)) for job in all_jobs(args)]
    jobs = [(job, chosen) for job, chosen in jobs if chosen is None or chosen]
    if args.list:
        for job, chosen in jobs:
            for case in chosen or job.list():
                print(f"{job.group}: {case}")
        return 0
    if os.geteuid() == 0:
        print("run.py: tests do not run as root; ./dev test makes an unprivileged user for them", file=sys.stderr)
        return 2
    take_signals()
    become_reaper()
    results = Results(args.verbose)
    try:
        run_all(jobs, results, max(1, args.jobs))
        if results.strict:
            results.run_again(most=6)
    finally:
        kill_descendants()
    return results.summary()


if __name__ == "__main__":
    sys.exit(main())
