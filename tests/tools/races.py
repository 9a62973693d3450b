# SPDX-License-Identifier: LGPL-2.1-or-later
"""Somebody who exchanges names as fast as they can, for tests of races: 10,000 times and more while something is tried."""
import select

from engine import TOOLS

FLIPS = 10000


class Flipper:
    def __init__(self, test, *paths, target=None):
        """The first of `paths` is exchanged with each of the others, and back, from now on; with a target the second is made a link to it
        again and again."""
        self.test = test
        self.process = test.start([f"{TOOLS}/race-flip", *(["-l", target] if target else []), *paths])
        self.target = target
        self.said = False

    def is_enough(self):
        self.said = self.said or bool(select.select([self.process.stdout], [], [], 0)[0]) and self.process.stdout.readline() == b"enough\n"
        return self.said

    def end(self):
        """All names are where they were, and there were as many exchanges as there should be."""
        self.process.stdin.close()
        *_, flips, failed = self.process.stdout.read().split()
        self.test.assertEqual((self.process.wait(30), 0 if self.target else int(failed)), (0, 0))
        self.test.assertGreater(int(flips), FLIPS)
