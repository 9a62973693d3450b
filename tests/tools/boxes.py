# SPDX-License-Identifier: LGPL-2.1-or-later
"""The base of the tests of appbox: each command line is run by bwrap too, where that is installed, and what they print and
return is the same."""
import os
import shutil
import struct
import tempfile

from engine import SYSTEM
from harness import SystemTest, program

BWRAP = shutil.which("bwrap")
USUAL = SYSTEM + ["--proc", "/proc", "--dev", "/dev"]
# What both are compared by; root gets no user namespace from bwrap unless it asks.
USER = ["--unshare-user"]
MACHINE = os.uname().machine
MKDIRAT, UNLINKAT = {"x86_64": ((83, 258), (84, 87, 263)), "aarch64": ((34,), (35,))}[MACHINE]


def filter_against(numbers):
    """A classic BPF program that answers EPERM to these system calls of the native architecture."""
    code = [(0x20, 0, 0, 0)]
    for i, number in enumerate(numbers):
        code.append((0x15, len(numbers) - i, 0, number))
    code += [(0x06, 0, 0, 0x7fff0000), (0x06, 0, 0, 0x00050001)]
    return b"".join(struct.pack("HBBI", *instruction) for instruction in code)


class AppboxTest(SystemTest):
    def appbox(self, *words, **options):
        return self.run_command([program("appbox"), *words], **options)

    def run_both(self, *words, data=(), **options):
        """The results of both; `data`: texts that become descriptors, put in place of the words FD0, FD1, ..."""
        results = []
        for name in (program("appbox"), BWRAP):
            if name is None:
                continue
            files = [tempfile.TemporaryFile() for _ in data]
            for file, text in zip(files, data):
                file.write(text)
                file.flush()
                file.seek(0)
            numbers = {f"FD{i}": str(file.fileno()) for i, file in enumerate(files)}
            argv = [name] + [numbers.get(word, word) for word in words]
            results.append(self.run_command(argv, pass_fds=[file.fileno() for file in files], **options))
            for file in files:
                file.close()
        return results

    def same(self, script, *words, expect=None, status=0, **options):
        results = self.run_both(*USER, *USUAL, *words, "sh", "-c", script, **options)
        for result in results:
            self.assertStatus(result, status)
            self.assertEqual(result.out, results[0].out, str(result))
        if expect is not None:
            self.assertEqual(results[0].out, expect, str(results[0]))

    def same_failure(self, pattern, *words):
        for result in self.run_both(*words):
            self.assertStatus(result, 1)
            self.assertEqual(result.out, "")
            self.assertRegex(result.err, pattern)
