# SPDX-License-Identifier: LGPL-2.1-or-later
"""One timed run of a command, as all benchmarks of launches do it."""
import os
import signal
import time

NULL_STREAMS = [(os.POSIX_SPAWN_OPEN, 0, "/dev/null", os.O_RDONLY, 0), (os.POSIX_SPAWN_OPEN, 1, "/dev/null", os.O_WRONLY, 0),
                (os.POSIX_SPAWN_OPEN, 2, "/dev/null", os.O_WRONLY, 0)]


def inherit_nothing():
    """What the caller of a benchmark left open is not handed on: each sandbox would have to pass it in."""
    for name in os.listdir("/proc/self/fd"):
        if int(name) > 2:
            try:
                os.set_inheritable(int(name), False)
            except OSError:
                pass        # the folder that was listed


def once(argv, env, files=()):
    """Seconds from fork to exit; the output is not looked at.  `files`: [(number, path)] to be open for reading."""
    streams = NULL_STREAMS + [(os.POSIX_SPAWN_OPEN, number, path, os.O_RDONLY, 0) for number, path in files]
    started = time.perf_counter()
    pid = os.posix_spawnp(argv[0], argv, env, file_actions=streams, setsigdef=[signal.SIGPIPE])
    _, status = os.waitpid(pid, 0)
    taken = time.perf_counter() - started
    if status != 0:
        raise RuntimeError(f"{' '.join(argv)}: status {status}")
    return taken
