# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a run leaves behind: processes, mounts, files.

The test process makes itself the reaper of its orphans, so everything that a test has started and that still runs
is a descendant of it, however often it has forked.
"""
import ctypes
import hashlib
import os
import signal
import stat
import time

PR_SET_CHILD_SUBREAPER = 36


def become_reaper():
    if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_CHILD_SUBREAPER)")


def process_state(pid):
    """(state, parent, name) or None when there is no such process."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as f:
            text = f.read()
    except OSError:
        return None
    name = text[text.index("(") + 1:text.rindex(")")]
    fields = text[text.rindex(")") + 2:].split()
    return fields[0], int(fields[1]), name


def command_line(pid):
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as f:
            return f.read().replace(b"\0", b" ").decode("utf-8", "replace").strip()
    except OSError:
        return ""


def descendants(root=None):
    """Living descendants of `root` (this process), as {pid: command line}; zombies are not alive."""
    root = root or os.getpid()
    children = {}
    states = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            found = process_state(int(entry))
            if found:
                states[int(entry)] = found
                children.setdefault(found[1], []).append(int(entry))
    result = {}
    queue = list(children.get(root, []))
    while queue:
        pid = queue.pop()
        if states[pid][0] not in "ZX":
            result[pid] = command_line(pid) or states[pid][2]
        queue += children.get(pid, [])
    return result


def wait_until(condition, timeout=30, what="the condition"):
    """Ask until `condition()` is true, and return its value; an AssertionError after `timeout` seconds."""
    deadline = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"{what} did not come true within {timeout} s")
        time.sleep(0.02)


def reap_orphans(known=()):
    """Take the zombies that came to this process when their parents ended; `known` are children that somebody waits for."""
    for entry in os.listdir("/proc"):
        if entry.isdigit() and int(entry) not in known:
            found = process_state(int(entry))
            if found and found[0] == "Z" and found[1] == os.getpid():
                try:
                    os.waitpid(int(entry), os.WNOHANG)
                except ChildProcessError:
                    pass


def kill_descendants(before=()):
    """End everything below this process that is not in `before`."""
    for _ in range(50):
        left = [pid for pid in descendants() if pid not in before]
        if not left:
            return
        for pid in left:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        time.sleep(0.02)


def mounts():
    """The mount table of this process without the columns that change by themselves."""
    with open("/proc/self/mountinfo", encoding="utf-8", errors="replace") as f:
        return sorted(" ".join(line.split()[2:6]) for line in f)


def tree(path, times=False, skip=()):
    """{relative path: description} of everything below `path`; equal dictionaries mean equal trees.
    `skip`: relative paths (with all below them) that are left out."""
    result = {}
    path = os.fspath(path)

    def visit(full, relative):
        if relative in skip:
            return
        try:
            info = os.lstat(full)
        except OSError as e:
            result[relative] = f"error {e.errno}"
            return
        words = [oct(info.st_mode), f"{info.st_uid}:{info.st_gid}"]
        if times:
            words.append(str(info.st_mtime_ns))
        if stat.S_ISLNK(info.st_mode):
            words.append("-> " + os.readlink(full))
        elif stat.S_ISREG(info.st_mode):
            try:
                with open(full, "rb") as f:
                    words.append(f"{info.st_size} " + hashlib.file_digest(f, "sha256").hexdigest())
            except OSError as e:
                words.append(f"{info.st_size} unreadable {e.errno}")
        result[relative] = " ".join(words)
        if stat.S_ISDIR(info.st_mode):
            try:
                names = sorted(os.listdir(full))
            except OSError as e:
                result[relative] += f" unlistable {e.errno}"
                return
            for name in names:
                visit(os.path.join(full, name), os.path.join(relative, name) if relative else name)

    visit(path, "")
    return result


def tree_hash(path, **options):
    digest = hashlib.sha256()
    for name, words in sorted(tree(path, **options).items()):
        digest.update(os.fsencode(f"{name}\0{words}\n"))
    return digest.hexdigest()


def tree_difference(before, after):
    """Lines that say what changed between two tree()s."""
    lines = [f"gone: {name or '.'}" for name in sorted(before.keys() - after.keys())]
    lines += [f"new: {name or '.'}" for name in sorted(after.keys() - before.keys())]
    lines += [f"changed: {name or '.'}: {before[name]} => {after[name]}"
              for name in sorted(before.keys() & after.keys()) if before[name] != after[name]]
    return lines


def sha256(path):
    with open(path, "rb") as f:
        return hashlib.file_digest(f, "sha256").hexdigest()
