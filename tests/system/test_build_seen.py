# SPDX-License-Identifier: LGPL-2.1-or-later
"""A build as people see it: on terminals of different widths, and interrupted."""
import os

from builds import HELLO, BuildTest, module
from harness import descendants, program, wait_until
from screen import Screen


class Terminals(BuildTest):
    def begin(self, columns, *modules, **env):
        self.term = self.terminal([program("appbuild"), self.manifest(*modules), "-o", os.path.join(self.folder, "out.app"),
                                   "--state-dir", self.state], env={"TERM": "xterm", **env}, columns=columns)
        return self.term

    def interrupt(self):
        """Once the module's command runs: before that a signal ends appbuild at once."""
        wait_until(lambda: any("sleep 1000" in line and "sh -c" not in line for line in descendants().values()), 60)
        self.term.send("\x03")

    def lines(self, columns):
        return Screen(columns).feed(self.term.raw.decode()).lines

    def test_interrupted(self):
        """The bar says which module of how many; ^C leaves nothing of it."""
        self.begin(80, HELLO, module("slow", "sleep 1000"))
        self.term.expect(r"50% org.nacelle.test.Built: building slow \(2 of 2\)", 60)
        self.assertEqual(self.lines(80)[-1], "[##########..........]  50% org.nacelle.test.Built: building slow (2 of 2)")
        self.interrupt()
        self.assertIn(self.term.wait(60), (125, 130))
        self.assertNotIn("[#", "".join(self.lines(80)))
        # In a window of 20 columns, which has become narrower than what was drawn.
        self.begin(20, HELLO, module("slow", "sleep 1000"))
        self.term.expect("50% building slo", 60)
        self.assertEqual(self.lines(20)[-1], " 50% building slo")
        self.term.resize(24, 10)
        self.interrupt()
        self.assertIn(self.term.wait(60), (125, 130))
        self.assertNotIn("50%", "".join(self.lines(20)[-1:]))

    def test_plain_lines(self):
        self.begin(200, HELLO, TERM="dumb")
        self.assertEqual(self.term.wait(60), 0)
        self.assertNotIn(b"\x1b", self.term.raw)
        for line in ("building hello (1 of 1)", "writing the image"):
            self.assertIn(f"org.nacelle.test.Built: {line}", self.lines(200))
        self.assertIn("1 module built", self.lines(200)[-2])

    def test_nothing_is_left_of_bars(self):
        self.begin(200, HELLO, NO_COLOR="1")
        self.assertEqual(self.term.wait(60), 0)
        self.assertEqual(len(self.lines(200)), 2, self.lines(200))
        self.assertNotIn(b"\x1b[3", self.term.raw)
