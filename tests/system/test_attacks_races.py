# SPDX-License-Identifier: LGPL-2.1-or-later
"""Races with the set-up of a sandbox, by the public ids of the attacks (tests/ATTACKS.md).

race-flip exchanges two names as fast as it can while sandboxes start, until it has done so 10,000 times and more during
the launches, and must never win.  ./dev mutate shows that each of these tests fails when the engine looks away."""
import os
import time

from engine import EngineTest
from harness import tree
from races import Flipper

VARIANTS = ("old-kernel", "asan")
LAUNCHES = 60
SECONDS = 1         # and that long, so that the other side has its turns on a busy machine, too


class Races(EngineTest):
    def setUp(self):
        self.top = self.folder("race")
        self.out = self.folder("out")
        with open(f"{self.out}/mark", "w", encoding="ascii") as f:
            f.write("bad")
        self.before = tree(self.out)

    def make(self, name, mark=None):
        os.makedirs(os.path.join(self.top, name))
        if mark is not None:
            with open(os.path.join(self.top, name, "mark"), "w", encoding="ascii") as f:
                f.write(mark)

    def race(self, names, launch, met=()):
        """Call `launch` again and again while the first of `names` is exchanged with the others, also until it has ended with each
        of the statuses in `met`.  Returns what it returned."""
        flipper = Flipper(self, *[os.path.join(self.top, n) for n in names])
        results, end = [], time.monotonic() + SECONDS
        while (len(results) < LAUNCHES or time.monotonic() < end or not flipper.is_enough()
               or not {r.status for r in results}.issuperset(met)):
            results.append(launch())
            if len(results) >= 20 * LAUNCHES and flipper.is_enough():
                break
        flipper.end()
        self.assertEqual(tree(self.out), self.before)
        for result in results:
            self.assertIn(result.status, (0, 1, 125), str(result))
        return results

    def test_cve_2024_42472_cve_2022_3328_a8eef8b_the_source_of_a_bind_is_exchanged(self):
        """What was opened is what is mounted, or nothing is."""
        self.make("good", "good")
        self.make("bad", "bad")
        os.symlink(self.out, f"{self.top}/link")
        good = os.open(f"{self.top}/good", os.O_PATH | os.O_DIRECTORY)
        self.addCleanup(os.close, good)
        results = self.race(("good", "bad", "link"), lambda: self.sandbox("--bind-fd", str(good), "/x", "--", "cat", "/x/mark",
                                                                          pass_fds=(good,)))
        self.assertLessEqual({r.out for r in results}, {"good", ""})
        for result in results:
            if result.status != 0:
                self.assertFails(result, "moved, replaced or covered|cannot open the sources", status=125)

    def test_cve_2021_30465_cve_2024_45310_the_way_to_a_mount_point_is_exchanged(self):
        """A shared writable folder in which a folder on the way to a mount point becomes a link and back."""
        self.make("way/point")
        os.symlink(self.out, f"{self.top}/link")
        os.mkdir(f"{self.out}/point")           # so that the false way leads to a place for a mount, too
        self.before = tree(self.out)

        def launch():
            return self.sandbox("--bind", self.top, "/x", "--tmpfs", "/x/way/point", "--", "touch", "/x/way/point/made")
        results = self.race(("way", "link"), launch, met={125})
        self.assertIn(125, {r.status for r in results})
        self.assertEqual(sum(len(files) for _, _, files in os.walk(self.top)), 0)

    def test_cve_2024_45310_cve_2026_87766_what_is_made_on_the_way_stays_inside(self):
        """appbox makes missing places in a folder of the host too, where bubblewrap does."""
        self.make("way")
        os.symlink(self.out, f"{self.top}/link")
        base = [self.program("appbox"), "--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc", "--tmpfs", "/tmp", "--bind", self.top,
                "/tmp/x", "--bind", self.out, "/tmp/out"]
        numbers = iter(range(100000))

        def launch():
            n = next(numbers)
            return self.run_command([*base, "--tmpfs", f"/tmp/x/way/{n}/deep", "--dir", f"/tmp/x/way/d{n}", "--symlink", "x",
                                     f"/tmp/x/way/l{n}", "--dir", f"/tmp/x/way/../u{n}", "--", "true"])
        results = self.race(("way", "link"), launch, met={0, 1})
        self.assertEqual({r.status for r in results}, {0, 1})

    def test_cve_2021_26910_layers_of_an_overlay_are_exchanged(self):
        if "overlays: fallback: Operation not permitted" in self.run_command([self.program("sandbox-driver"), "--doctor"]).out:
            self.skipTest("kernel: no overlays for ordinary users before Linux 5.11")
        for name in ("lower", "middle", "upper", "upper.work"):
            self.make(name, "good" if name == "lower" else None)
        self.make("bad", "bad")
        os.symlink(self.out, f"{self.top}/link")
        fds = [os.open(f"{self.top}/{name}", os.O_PATH | os.O_DIRECTORY) for name in ("lower", "middle")]
        for fd in fds:
            self.addCleanup(os.close, fd)

        def launch():
            return self.sandbox("--overlay", str(fds[0]), str(fds[1]), "tmp", "/x", "--", "cat", "/x/mark", pass_fds=fds)
        self.assertLessEqual({r.out for r in self.race(("lower", "bad", "link"), launch)}, {"good", ""})

    def test_cve_2019_19921_cve_2025_52881_the_place_of_proc_is_exchanged(self):
        """It is mounted on the folder, which may have the link's name by now, or nothing starts."""
        self.make("proc")
        os.symlink(self.out, f"{self.top}/link")
        script = "grep ' - proc ' /proc/self/mountinfo | cut -d' ' -f5"

        def launch():
            return self.shell(script, "--bind", self.top, "/x", "--bind", self.out, self.out, "--proc", "/x/proc")
        for result in self.race(("proc", "link"), launch, met={0, 125}):
            if result.status == 0:
                self.assertIn(result.out.split(), (["/proc", "/x/proc"], ["/proc", "/x/link"]))
