# SPDX-License-Identifier: LGPL-2.1-or-later
"""bubblewrap's own tests, as released, with appbox as the program; bubblewrap itself gives the same results, line by line.
The longer ones are in tests/programs/."""
import os

from bubblewrap import BubblewrapTest
from harness import time_limit, write

# The first process of a sandbox of ours is a program of its own, so that a sandbox cannot reach the one that starts it
# (CVE-2019-5736): what is meant is given by name (appbox(1), DESCRIPTION).
NOT_ITSELF = (r"-- /proc/self/exe ", "-- $BWRAP ", 3)


class Tests(BubblewrapTest):
    @time_limit(600)
    def test_run(self):
        self.same_results("test-run.sh", 66, [NOT_ITSELF])

    @time_limit(300)
    def test_joining_namespaces(self):
        self.same_results("test-specifying-userns.sh", 1)
        self.same_results("test-specifying-pidns.sh", 1)

    def test_a_program_that_does_it_otherwise_is_noticed(self):
        other = write(os.path.join(self.work, "other/bwrap"), '#!/bin/bash\nfor word; do [ "$word" != --unshare-net ] || exit 0; done\n'
                      f'exec -a "$0" {self.as_bwrap} "$@"\n', 0o755)
        lines, done = self.upstream("test-run.sh", other, [NOT_ITSELF])
        self.assertFails(done, "Could read /etc/shadow")
        self.assertIn("ok 1 Help works", lines)
        self.assertNotIn("1..66", lines)
