#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Run a command as if the kernel were older: the newer system calls answer ENOSYS, so that the fallbacks are used.

    old_kernel.py COMMAND [ARG...]

The filter is inherited by everything that the command starts.  It needs no privilege.
"""
import ctypes
import errno
import os
import platform
import struct
import sys

# The numbers are the same on all architectures for calls that are younger than 5.0.
MISSING = {
    "open_tree": 428, "move_mount": 429, "fsopen": 430, "fsconfig": 431, "fsmount": 432, "fspick": 433,
    "landlock_create_ruleset": 444, "landlock_add_rule": 445, "landlock_restrict_self": 446,
    "clone3": 435, "close_range": 436, "openat2": 437, "mount_setattr": 442, "statmount": 457, "listmount": 458,
}
# Time namespaces: the call is old, this flag of it is not.  (With clone3 it is gone anyway, and so is CLONE_INTO_CGROUP.)
UNSHARE = {"x86_64": 272, "aarch64": 97, "riscv64": 97}
CLONE_NEWTIME = 0x80
AUDIT_ARCH = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7, "riscv64": 0xC00000F3}

PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 38, 22, 2
LOAD, EQUAL, ANY_BIT, RETURN = 0x20, 0x15, 0x45, 0x06
ALLOW, ERRNO = 0x7FFF0000, 0x00050000


class SockFprog(ctypes.Structure):
    _fields_ = [("len", ctypes.c_ushort), ("filter", ctypes.c_char_p)]


def program():
    arch = AUDIT_ARCH.get(platform.machine())
    if arch is None:
        sys.exit(f"old_kernel.py does not know the architecture {platform.machine()}")
    numbers = sorted(MISSING.values())
    # A foreign architecture jumps to the "allow" at the end of the list.
    code = [(LOAD, 0, 0, 4), (EQUAL, 0, len(numbers) + 2, arch), (LOAD, 0, 0, 0)]
    for i, number in enumerate(numbers):
        code.append((EQUAL, len(numbers) - i + 4, 0, number))
    code += [(EQUAL, 1, 0, UNSHARE[platform.machine()]), (RETURN, 0, 0, ALLOW), (LOAD, 0, 0, 16),
             (ANY_BIT, 0, 2, CLONE_NEWTIME), (RETURN, 0, 0, ERRNO | errno.EINVAL), (RETURN, 0, 0, ERRNO | errno.ENOSYS),
             (RETURN, 0, 0, ALLOW)]
    return b"".join(struct.pack("HBBI", *line) for line in code), len(code)


def main():
    libc = ctypes.CDLL(None, use_errno=True)
    data, count = program()
    fprog = SockFprog(count, data)
    if libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 or \
       libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.byref(fprog), 0, 0) != 0:
        sys.exit(f"old_kernel.py: no filter: {os.strerror(ctypes.get_errno())}")
    os.execvp(sys.argv[1], sys.argv[1:])


if __name__ == "__main__":
    main()
