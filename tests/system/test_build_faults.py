# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a build meets on real machines: a full disk, a folder that cannot be written, a clock that is wrong by years."""
import fcntl
import glob
import hashlib
import json
import os
import time
import unittest

from builds import APP, HELLO, MARK, BuildTest, module, read
from harness import sha256, tree, write

SIZE = 16 << 20
PART = 400 << 10      # of what is built; each stage of a build writes it once more
TEN_YEARS = 315360000


class FullDisk(BuildTest):
    """The disk is a small tmpfs in a mount namespace, so no privilege is needed.  (C6)"""

    def disk(self, script, place, **more):
        """Run a shell script with an empty disk of SIZE at `place`."""
        os.makedirs(place, exist_ok=True)
        return self.run_command([self.program("appbox"), "--dev-bind", "/", "/", "--size", str(SIZE), "--tmpfs", place, "--",
                                 "sh", "-c", script, "sh", self.program("appbuild")], **more)

    def test_at_every_stage(self):
        """Download, sources, tree, cache, image, output and store are all on the disk; it is full at one after the other."""
        data = os.urandom(PART)
        server = self.nginx(os.path.dirname(write(os.path.join(self.folder, "www/data"), data)))
        place, logs = (os.path.join(self.folder, name) for name in ("disk", "logs"))
        os.mkdir(logs)
        # Who copies does not look whether that worked: such a module must not count as built.
        careless = module("careless", "mkdir -p /app/share; cp data /app/share/data || true",
                          sources=[{"type": "file", "url": f"{server.url}/data", "sha256": hashlib.sha256(data).hexdigest()}])
        manifest = self.manifest(HELLO, careless)
        self.assertOk(self.build(manifest))
        good = sha256(os.path.join(self.folder, "out.app"))
        frees = [PART // 2 + stage * PART for stage in range(8)] + [12 * PART]
        script = f"""cd {place} && appbuild=$1
            for free in {' '.join(map(str, frees))}; do
              rm -rf * .o*; cp -a {self.store} store; export NACELLE_STORE=$PWD/store XDG_CACHE_HOME=$PWD/cache
              mkdir cache state out
              left=$(($(stat -f -c '%a * %S' .) - free)); head -c $left /dev/zero >ballast
              set -- {manifest} --state-dir $PWD/state -o $PWD/out/a.app --install
              $appbuild "$@" >{logs}/$free 2>&1; first=$?
              echo $free first $first $(sha256sum <out/a.app 2>/dev/null) $(ls -A out state | grep -xE 'work|.*[.]part|[.]part-.*') >>{logs}/all
              rm ballast
              $appbuild "$@" >>{logs}/$free 2>&1; second=$?
              echo $free second $second $(sha256sum <out/a.app) $(ls -A out state cache/nacelle/downloads | grep -xE 'work|.*[.]part|[.]part-.*') \
                   $(ls store/app) >>{logs}/all
            done"""
        self.assertOk(self.disk(script, place, timeout=110))
        lines = [line.split() for line in read(os.path.join(logs, "all")).splitlines()]
        said = {free: read(os.path.join(logs, str(free))) for free in frees}
        self.assertEqual(len(lines), 2 * len(frees))
        failed = 0
        for free, which, status, *rest in lines:
            with self.subTest(free=free, which=which):
                if which == "second" or status == "0":
                    self.assertEqual([status, *rest], ["0", good, "-"] + ([APP] if which == "second" else []), said[int(free)])
                    continue
                failed += 1
                self.assertEqual(status, "125", said[int(free)])
                # What is there is whole: the output comes before the installation.
                self.assertIn(rest, ([], [good, "-"]), said[int(free)])
                self.assertIn("No space left on device", said[int(free)])
                self.assertRegex(said[int(free)], r"is on a disk of 16\.\d.MB, which has .* left(.*); ")
        self.assertEqual(lines[-2][1:3], ["first", "0"])         # with room nothing fails
        self.assertGreater(failed, 5)
        everything = "\n".join(said.values())
        for stage in ("annot fetch", "source of module 'careless'|result of module 'careless'", "may be cut short", "the store"):
            self.assertRegex(everything, stage)

    def test_what_is_wanted_and_how_much(self):
        write(os.path.join(self.folder, "data"), os.urandom(3 * PART))
        manifest = self.manifest(HELLO, module("data", "mkdir -p /app/share; cp data /app/share", sources=[{"type": "file", "path": "data"}]))
        self.assertOk(self.build(manifest))
        place = os.path.join(self.folder, "disk")
        result = self.disk(f"head -c {SIZE - PART} /dev/zero >{place}/ballast; $1 {manifest} --state-dir {self.state} -o {place}/a.app; "
                           f"status=$?; ls -A {place}; exit $status", place)
        self.assertFails(result, r"a\.app.*No space left", rf"the output \({place}/a.app\) is on a disk of 16.* left, and 1\.\d.MB are wanted; "
                         "-o names another", status=125)
        self.assertEqual(result.out, "ballast\n")


class ReadOnly(BuildTest):
    def test_state_directory(self):
        manifest = self.manifest(HELLO)
        self.assertOk(self.build(manifest))
        before = tree(self.state)
        argv = [self.program("appbox"), "--dev-bind", "/", "/", "--ro-bind", self.state, self.state, "--", self.program("appbuild"),
                manifest, "-o", os.path.join(self.folder, "other.app"), "--state-dir"]
        result = self.assertFails(self.run_command([*argv, self.state]), "Read-only file system", "--state-dir names", status=125)
        self.assertIn(self.state, result.err)
        self.assertFalse(os.path.exists(os.path.join(self.folder, "other.app")))
        self.assertSameTree(before, tree(self.state))
        self.assertOk(self.run_command([*argv, os.path.join(self.folder, "another")]))

    def test_output(self):
        manifest = self.manifest(HELLO)
        place = os.path.join(self.folder, "closed")
        os.mkdir(place, 0o555)
        self.assertFails(self.appbuild(manifest, "-o", os.path.join(place, "a.app"), "--state-dir", self.state), "a.app.*Permission denied",
                         status=125)
        self.assertFalse(os.path.exists(os.path.join(self.state, "cache")))        # told before anything was built
        os.chmod(place, 0o755)
        self.assertOk(self.appbuild(manifest, "-o", os.path.join(place, "a.app"), "--state-dir", self.state))


class Clock(BuildTest):
    """appbuild itself, and not what it builds, believes that it is ten years later or earlier.  (C20)"""

    def at(self, seconds):
        library = os.path.join(self.env["NACELLE_LIBEXECDIR"], "nacelle-vary.so")
        self.assertTrue(os.path.exists(library))
        return {"LD_PRELOAD": library, "NACELLE_VARY_TIME": str(seconds)}

    def test_a_build_does_not_go_by_the_clock(self):
        manifest = self.manifest(HELLO, module("random", MARK + "x"))
        self.assertOk(self.build(manifest))
        good = sha256(os.path.join(self.folder, "out.app"))
        for seconds in (TEN_YEARS, -TEN_YEARS, -40 * TEN_YEARS // 10):
            with self.subTest(seconds=seconds):
                result = self.assertOk(self.build(manifest, env=self.at(seconds)))
                self.assertIn("0 modules built, 2 unchanged", result.out)
                self.assertOk(self.appbuild("gc", "--state-dir", self.state, env=self.at(seconds)))
                self.assertIn("0 modules built, 2 unchanged", self.assertOk(self.build(manifest, env=self.at(seconds))).out)
                other = os.path.join(self.folder, f"other{seconds}")
                self.assertOk(self.appbuild(self.manifest(HELLO, folder=other + ".d"), "-o", other, "--state-dir", other + ".state", env=self.at(seconds)))
        self.assertEqual(sha256(os.path.join(self.folder, "out.app")), good)
        self.assertEqual(len({sha256(path) for path in glob.glob(os.path.join(self.folder, "other*[0-9]"))}), 1)
        self.assertEqual(len(glob.glob(os.path.join(self.folder, "other*[0-9]"))), 3)

    def test_what_is_in_use_is_no_leftover(self):
        """By the clock everything is old; by its lock it is in use."""
        cache = os.path.join(self.env["XDG_CACHE_HOME"], "nacelle")
        used, left, young = (os.path.join(cache, name) for name in ("verify-used", "verify-left", "look-young"))
        part = os.path.join(cache, "downloads/.part-old")
        for place in used, left, young:
            write(os.path.join(place, "file"), "x")
        write(part, "x")
        fd = os.open(used, os.O_RDONLY)
        self.addCleanup(os.close, fd)
        fcntl.flock(fd, fcntl.LOCK_EX)
        for place in used, left, part:
            os.utime(place, (time.time() - 30 * 86400,) * 2)
        for seconds in (0, TEN_YEARS):
            self.assertOk(self.appbuild("gc", env=self.at(seconds)))
            self.assertEqual([os.path.exists(place) for place in (used, left, part)], [True, False, False])
            self.assertEqual(os.path.exists(young), seconds == 0)

    def test_repository_takes_no_older_time(self):
        repo = os.path.join(self.folder, "repo")
        publish = ("--repo", repo, "--state-dir", self.state)
        self.assertOk(self.appbuild(self.manifest(HELLO), *publish))
        other = self.manifest(HELLO, module("more", "echo > /app/more"))
        result = self.assertFails(self.appbuild(other, *publish, env=self.at(-TEN_YEARS)), "later version", "clock", status=125)
        self.assertNotIn("published", result.out)
        self.assertOk(self.appbuild(other, *publish, env=self.at(TEN_YEARS)))


class Killed(BuildTest):
    """What a killed build leaves where no state directory is.  (C4)"""

    def test_beside_the_output(self):
        dead, held, foreign = (os.path.join(self.folder, name) for name in (".out.app.77.part", ".out.app.78.part", ".out.apple.part"))
        for path in dead, held, foreign:
            write(path, "half")
        with open(held, "rb") as f:
            fcntl.flock(f, fcntl.LOCK_EX)
            self.assertOk(self.build(self.manifest(HELLO)))
        self.assertEqual([os.path.exists(path) for path in (dead, held, foreign)], [False, True, True])


class Sources(BuildTest):
    def test_server_gives_something_else(self):
        """C26: the build names both values and takes nothing; C25: with the right file once, no network is needed."""
        path = write(os.path.join(self.folder, "www/data"), "right")
        server = self.nginx(os.path.dirname(path))
        right, wrong = (hashlib.sha256(text).hexdigest() for text in (b"right", b"wrong"))
        manifest = self.manifest(HELLO, module("data", "cp data /app/data", sources=[
            {"type": "file", "url": f"{server.url}/data", "sha256": right}]))
        write(path, "wrong")
        self.assertFails(self.build(manifest), right, wrong, status=125)
        self.assertFalse(os.path.exists(os.path.join(self.folder, "out.app")))
        downloads = os.path.join(self.env["XDG_CACHE_HOME"], "nacelle/downloads")
        self.assertEqual([name for name in os.listdir(downloads) if name != ".lock"], [])
        write(path, "right")
        self.assertOk(self.build(manifest))
        self.assertEqual(self.content("data"), "right")
        server.close()
        os.unlink(os.path.join(self.folder, "out.app"))
        again = self.manifest(HELLO, module("data", "cp data /app/data; true", sources=json.loads(read(manifest))["modules"][1]["sources"]))
        self.assertOk(self.build(again))
        self.assertOk(self.build(again, "--offline"))


if __name__ == "__main__":
    unittest.main()
