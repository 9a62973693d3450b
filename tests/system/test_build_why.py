# SPDX-License-Identifier: LGPL-2.1-or-later
"""What would be built again and why; a build that stops before a module, a shell and a command in it; room in the cache."""
import fcntl
import glob
import json
import os
import shutil
import unittest

from builds import APP, HELLO, MARK, BuildTest, module, read
from harness import write

VARIANTS = ("asan",)


class Why(BuildTest):
    def modules(self, change="true"):
        copy = module("copy", "mkdir -p /app/share && cp a.txt /app/share", sources=[{"type": "file", "path": "a.txt"}])
        return (HELLO, copy, module("last", MARK + "last", change))

    def why(self, manifest, *arguments):
        return self.appbuild("why", manifest, *arguments, "--state-dir", self.state)

    def setUp(self):
        super().setUp()
        self.source = write(os.path.join(self.folder, "a.txt"), "1")

    def test_before_the_first_build(self):
        result = self.why(self.manifest(*self.modules()))
        self.assertEqual(result.status, 125)
        self.assertIn("was not built yet", result.err)
        self.assertFalse(os.path.exists(self.state))

    def test_nothing_changed(self):
        manifest = self.manifest(*self.modules())
        self.assertOk(self.build(manifest))
        out = self.assertOk(self.why(manifest)).out
        self.assertEqual(out, "".join(f"{name}: unchanged, taken from the cache\n" for name in ("hello", "copy", "last")))

    def test_plan_has_the_keys_of_a_build(self):
        manifest = self.manifest(*self.modules())
        self.assertOk(self.build(manifest))
        keys = {}
        for name in ("hello", "copy", "last"):
            with open(os.path.join(self.state, "parts", f"{APP}@{name}"), encoding="utf-8") as f:
                keys[name] = f.readline().strip().partition("\t")[2]
        plan = json.loads(self.assertOk(self.appbuild("plan", "--json", manifest)).out)
        self.assertIsNone(plan["keys-missing"])
        self.assertEqual({module["name"]: module["key"] for module in plan["modules"]}, keys)

    def test_changed_source_is_named_and_what_follows_from_it(self):
        manifest = self.manifest(*self.modules())
        self.assertOk(self.build(manifest))
        write(self.source, "2")
        out = self.assertOk(self.why(manifest)).out
        self.assertIn("hello: unchanged", out)
        self.assertIn("copy: built again\n  source 1 has other content: file a.txt\n", out)
        self.assertIn("last: built again\n  module copy, which comes before it, is built again\n", out)

    def test_changed_recipe_shows_its_lines(self):
        self.assertOk(self.build(self.manifest(*self.modules())))
        manifest = self.manifest(*self.modules("echo other"))
        out = self.assertOk(self.why(manifest, "last")).out
        self.assertEqual(out, "last: built again\n  step build-commands[2] changed: sh -c true -> sh -c 'echo other'\n")
        # Asking does not count as building.
        self.assertEqual(self.assertOk(self.why(manifest, "last")).out, out)
        self.assertOk(self.build(manifest))
        self.assertIn("last: unchanged", self.assertOk(self.why(manifest, "last")).out)

    def test_time_and_new_module(self):
        self.assertOk(self.build(self.manifest(*self.modules())))
        manifest = self.manifest(module("first", MARK + "first"), *self.modules())
        out = self.assertOk(self.why(manifest)).out
        self.assertIn("first: built, as it never was before\n", out)
        self.assertIn("hello: built again\n  module first, which comes before it, was never built\n", out)
        env = {"SOURCE_DATE_EPOCH": "1000000000"}
        self.assertRegex(self.assertOk(self.appbuild("why", self.manifest(*self.modules()), "--state-dir", self.state, env=env)).out,
                         r"hello: built again\n  SOURCE_DATE_EPOCH changed: \d+ -> 1000000000\n")

    def test_values_then_and_now_also_as_json(self):
        def modules(flags, key, text, *depends):
            inline = {"type": "inline", "dest-filename": "a", "contents": text}
            return (HELLO, module("base", MARK + "base", sources=[inline], **{"build-options": {"cflags": flags}}),
                    module("needs", MARK + "needs", depends=["base"], **key), module("other", MARK + "other", depends=list(depends)))
        self.assertOk(self.build(self.manifest(*modules("-O1", {}, "one", "hello"))))
        changed = self.manifest(*modules("-O2", {"rm-configure": True}, "two"), module("new", "true"))
        out = self.assertOk(self.why(changed)).out
        self.assertIn("hello: unchanged, taken from the cache\nbase: built again\n  environment variable CFLAGS changed: -O1 -> -O2\n", out)
        self.assertIn("  source 1 has other content: inline", out)
        self.assertIn("needs: built again\n  module base, which it needs, is built again\n  key rm-configure is new: true\n", out)
        self.assertIn("other: built again\n  dependency on hello is gone\n", out)
        self.assertIn("new: built, as it never was before\n", out)
        told = json.loads(self.assertOk(self.why(changed, "--json")).out)
        self.assertEqual([(one["module"], one["state"]) for one in told],
                         [("hello", "unchanged"), ("base", "changed"), ("needs", "changed"), ("other", "changed"), ("new", "never-built")])
        self.assertIn({"what": "environment variable CFLAGS", "how": "changed", "from": "-O1", "to": "-O2"}, told[1]["changes"])
        self.assertEqual(json.loads(self.assertOk(self.why(changed, "hello", "--json")).out)[0]["changes"], [])

    def test_unknown_module_lists_the_known(self):
        manifest = self.manifest(*self.modules())
        self.assertOk(self.build(manifest))
        result = self.why(manifest, "lsat")
        self.assertEqual(result.status, 125)
        self.assertIn("hello, copy, last", result.err)


class Stop(BuildTest):
    def modules(self):
        return (HELLO, module("second", "false", sources=[{"type": "inline", "dest-filename": "a.txt", "contents": "inside"}]),
                module("third", "true"))

    def options(self):
        return ("--state-dir", self.state)

    def test_stop_at_builds_what_comes_before(self):
        result = self.assertOk(self.appbuild(self.manifest(*self.modules()), "--stop-at", "second", *self.options(), cwd=self.folder))
        self.assertIn("1 module built", result.out)
        self.assertEqual(glob.glob(os.path.join(self.folder, "*.app")), [])
        self.assertEqual(self.build(self.manifest(*self.modules())).status, 125)   # the second fails when it is reached
        self.assertIn("0 modules built, 1 unchanged",
                      self.assertOk(self.appbuild(self.manifest(*self.modules()), "--stop-at", "second", *self.options())).out)

    def test_stop_at_makes_no_result(self):
        result = self.build(self.manifest(*self.modules()), "--stop-at", "second")
        self.assertEqual(result.status, 125)
        self.assertIn("make no result", result.err)
        result = self.appbuild(self.manifest(*self.modules()), "--stop-at", "fourth", *self.options())
        self.assertEqual(result.status, 125)
        self.assertIn("there is no module 'fourth'", result.err)

    def test_shell_in_the_sources_of_a_module(self):
        script = "cat a.txt; pwd; test -x /app/bin/hello && touch /app/mine && exit 7\n"
        result = self.appbuild(self.manifest(*self.modules()), "--build-shell", "second", *self.options(), input=script)
        self.assertEqual(result.status, 7, result.err)
        self.assertIn("inside/run/build/second\n", result.out)
        # What it did is gone.
        result = self.appbuild("run", *self.options(), self.manifest(HELLO), "ls", "/app")
        self.assertEqual(self.assertOk(result).out, "bin\n")

    def test_shell_after_configure(self):
        """As flatpak-builder's; but one that does not get so far is where the failure can be looked at."""
        for status, found in ((0, "Makefile"), (1, "half")):
            write(os.path.join(self.folder, "tree/configure"), f"#!/bin/sh\ntouch {found}\nexit {status}\n", 0o755)
            manifest = self.manifest(HELLO, {"name": "conf", "builddir": True, "sources": [{"type": "dir", "path": "tree"}]})
            result = self.appbuild(manifest, "--build-shell", "conf", *self.options(), input="pwd; ls; exit 4\n")
            self.assertEqual(result.status, 4, result.err)
            self.assertIn(f"/run/build/conf/_flatpak_build\n{found}\n", result.out)
            self.assertEqual("step configure (../configure" in result.err, status == 1, result.err)

    def test_build_folders_are_kept_when_asked_for(self):
        manifest = self.manifest(HELLO, module("good", "echo made > it"), module("bad", "echo half > it", "false"))
        self.assertFails(self.build(manifest))
        self.assertFalse(os.path.exists(os.path.join(self.state, "build")))
        shutil.rmtree(self.state)
        for _ in range(2):
            self.assertFails(self.build(manifest, "--keep-build-dirs"))
            self.assertEqual(read(os.path.join(self.state, "build/good/it")), "made\n")
            self.assertEqual(read(os.path.join(self.state, "build/bad/it")), "half\n")

    def test_run_in_the_build(self):
        manifest = self.manifest(HELLO)
        result = self.appbuild("run", *self.options(), manifest, "--", "sh", "-c", "/app/bin/hello; cat; exit 3", input="typed")
        self.assertEqual(result.status, 3, result.err)
        self.assertIn("hello from /app/bin/hello\ntyped", result.out)
        result = self.appbuild("run", *self.options(), manifest)
        self.assertEqual(result.status, 125)
        self.assertIn("no command was given", result.err)

    def test_run_sees_nothing_of_the_host(self):
        secret = write(os.path.join(self.folder, "secret"), "canary")
        result = self.appbuild("run", *self.options(), self.manifest(HELLO), "cat", secret)
        self.assertNotEqual(result.status, 0)
        self.assertNotIn("canary", result.out)


class Room(BuildTest):
    def build_three(self, **options):
        for change in ("one", "two", "three"):
            manifest = self.manifest(HELLO, module("big", "mkdir -p /app/big", f"echo {change} > /app/big/x",
                                                   "head -c 3000000 /dev/urandom > /app/big/data"))
            self.assertOk(self.build(manifest, **options))
        return manifest

    def trees(self):
        return len(glob.glob(os.path.join(self.state, "cache/refs/heads/module-*")))

    def size(self):
        return int(self.run_command(["du", "-sk", self.state], check=True).out.split()[0])

    def test_gc_keeps_the_last_build(self):
        manifest = self.build_three()
        before = self.size()
        self.assertEqual(self.trees(), 4)
        told = json.loads(self.assertOk(self.appbuild("gc", "--json", "--state-dir", self.state)).out)
        self.assertGreater(told["freed"], 5000000)
        self.assertEqual(told["notes"], [])
        self.assertEqual(self.assertOk(self.appbuild("gc", "--state-dir", self.state)).out, "freed 0.0 MB\n")
        self.assertEqual(self.trees(), 2)
        self.assertLess(self.size(), before - 5000)
        shutil.rmtree(os.path.join(self.state, "images"))
        self.assertIn("0 modules built, 2 unchanged", self.assertOk(self.build(manifest)).out)

    def test_gc_with_a_limit_empties_the_oldest(self):
        manifest = self.manifest(HELLO)
        for version in ("1", "2"):
            self.assertOk(self.appbuild(manifest, "--arch", os.uname().machine, "--state-dir",
                                        os.path.join(self.env["XDG_CACHE_HOME"], "nacelle/build", version), cwd=self.folder))
        folder = os.path.join(self.env["XDG_CACHE_HOME"], "nacelle/build")
        os.utime(os.path.join(folder, "1/owner"), (1000, 1000))
        self.assertEqual(self.appbuild("gc", "--max-size", "lots").status, 125)
        self.assertOk(self.appbuild("gc", "--max-size", "1G"))
        self.assertTrue(os.path.exists(os.path.join(folder, "1/cache")))
        total = sum(int(self.run_command(["du", "-sB1", os.path.join(folder, n)], check=True).out.split()[0]) for n in "12")
        result = self.assertOk(self.appbuild("gc", "--max-size", str(total - 20000)))
        self.assertIn(f"emptied {folder}/1", result.out)
        self.assertFalse(os.path.exists(os.path.join(folder, "1/cache")))
        self.assertTrue(os.path.exists(os.path.join(folder, "2/cache")))

    def test_one_limit_for_results_and_downloads(self):
        """What was not used for the longest time goes first, whichever it is; and nothing that a running build may need."""
        cache = os.path.join(self.env["XDG_CACHE_HOME"], "nacelle")
        shutil.rmtree(cache, ignore_errors=True)
        states = [os.path.join(cache, "build", name) for name in "12"]
        for state in states:
            self.assertOk(self.appbuild(self.manifest(HELLO), "--state-dir", state, cwd=self.folder))
        ages = {f"{states[0]}/owner": 1000, f"{cache}/downloads/old": 2000, f"{cache}/git/mirror": 3000, f"{cache}/vcs/export": 4000,
                f"{states[1]}/owner": 5000, f"{cache}/downloads/new": 6000}
        write(os.path.join(states[0], "ccache/x"), "x" * 200000)
        for path in (f"{cache}/downloads/old", f"{cache}/downloads/new", f"{cache}/git/mirror/pack", f"{cache}/vcs/export/file"):
            write(path, "x" * 1000000)
        for path, age in ages.items():
            os.utime(path, (age, age))

        def left():
            return [path for path in ages if os.path.exists(path if "/build/" not in path else f"{os.path.dirname(path)}/images")]

        def size():
            return sum(int(self.run_command(["du", "-sB1", path], check=True).out.split()[0]) for path in [*states, *list(ages)[1:4], list(ages)[5]]
                       if os.path.exists(path))
        self.assertEqual(left(), list(ages))
        with open(os.path.join(cache, "use"), "w") as running:
            fcntl.flock(running, fcntl.LOCK_SH)
            result = self.assertOk(self.appbuild("gc", "--max-size", str(size() - 1300000)))
            self.assertIn("downloads are left alone", result.out)
            self.assertEqual(left(), [path for path in ages if "/build/" not in path])
        self.assertEqual(os.listdir(states[0] + "/ccache") if os.path.exists(states[0] + "/ccache") else [], [])
        self.assertIn("removed 2 downloads", self.assertOk(self.appbuild("gc", env={"NACELLE_CACHE_SIZE": str(size() - 1100000)})).out)
        self.assertEqual(left(), [f"{cache}/vcs/export", f"{cache}/downloads/new"])
        # A build does it by itself, once a day; what it made itself stays.
        os.utime(os.path.join(cache, "collected"), (1000, 1000))
        manifest = self.manifest(HELLO, module("more"))
        self.assertOk(self.appbuild(manifest, "--state-dir", states[1], cwd=self.folder, env={"NACELLE_CACHE_SIZE": "1"}))
        self.assertEqual(left(), [f"{states[1]}/owner"])
        self.assertFails(self.appbuild("gc", env={"NACELLE_CACHE_SIZE": "much"}), "NACELLE_CACHE_SIZE")

    def test_gc_leaves_other_folders_alone(self):
        home = os.path.join(self.folder, "mine")
        write(os.path.join(home, "letter"), "dear")
        result = self.appbuild("gc", "--state-dir", home)
        self.assertEqual(result.status, 125)
        self.assertIn("is not a state directory", result.err)
        self.assertEqual(os.listdir(home), ["letter"])

    def test_a_build_keeps_to_the_limit(self):
        self.build_three(env={"NACELLE_BUILD_CACHE_SIZE": "1M"})
        self.assertEqual(self.trees(), 2)
        result = self.build(self.manifest(HELLO, module("other", MARK + "x")), env={"NACELLE_BUILD_CACHE_SIZE": "much"})
        self.assertEqual(result.status, 125)
        self.assertIn("NACELLE_BUILD_CACHE_SIZE", result.err)


if __name__ == "__main__":
    unittest.main()
