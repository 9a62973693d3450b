# SPDX-License-Identifier: LGPL-2.1-or-later
"""Modules with `depends`: what they see, what is built again, that they run beside each other, and that nothing of it shows in the
result."""
import os
import socket

from builds import HELLO, MARK, BuildTest, module, read
from harness import sha256, tree

VARIANTS = ("asan",)

SEE = "mkdir -p /app/seen && (cd /app && find . -type f | sort) > /app/seen/"


class Depends(BuildTest):
    def seen(self, name):
        return read(os.path.join(self.unpacked(), "files/seen", name)).split()

    def marks(self):
        place = os.path.join(self.unpacked(), "files/marks")
        return {name: read(os.path.join(place, name)) for name in os.listdir(place)}

    def touch(self, name, **more):
        return module(name, f"{MARK}{name}", **more)

    def test_a_module_sees_what_it_depends_on(self):
        low = module("low", "mkdir -p /app/lib && echo low > /app/lib/low", depends=[])
        other = module("other", "mkdir -p /app/lib && echo other > /app/lib/other", depends=[])
        inner = module("inner", "mkdir -p /app/lib && echo inner > /app/lib/inner", depends=[])
        high = module("high", SEE + "high", depends=["low"], modules=[inner])
        top = module("top", SEE + "top", depends=["high"])
        last = module("last", SEE + "last")
        self.assertOk(self.build(self.manifest(HELLO, low, other, high, top, last)))
        # The list itself is there when `find` begins, as the shell makes it first.
        self.assertEqual(self.seen("high"), ["./lib/inner", "./lib/low", "./seen/high"])
        self.assertEqual(self.seen("top"), ["./lib/inner", "./lib/low", "./seen/high", "./seen/top"])
        self.assertEqual(self.seen("last"), ["./bin/hello", "./lib/inner", "./lib/low", "./lib/other", "./seen/high", "./seen/last",
                                             "./seen/top"])

    def test_only_what_depends_is_built_again(self):
        def all_modules(text):
            return (HELLO, self.touch("a", depends=[]), module("b", f"echo {text}", f"{MARK}b", depends=[]),
                    self.touch("on-a", depends=["a"]), self.touch("on-b", depends=["b"]), self.touch("after"))
        self.assertOk(self.build(self.manifest(*all_modules("one"))))
        before = self.marks()
        result = self.assertOk(self.build(self.manifest(*all_modules("two"))))
        self.assertIn("3 modules built, 3 unchanged", result.out)
        after = self.marks()
        self.assertEqual({name for name in before if before[name] != after[name]}, {"b", "on-b", "after"})
        # Nothing has changed: nothing is done.
        self.assertIn("0 modules built, 6 unchanged", self.assertOk(self.build(self.manifest(*all_modules("two")))).out)
        why = self.assertOk(self.appbuild("why", self.manifest(*all_modules("three")), "on-b", "--state-dir", self.state))
        self.assertIn("module b, which it needs, is built again", why.out)

    def test_they_run_beside_each_other(self):
        """One waits until the other calls: built one after the other, this would never end."""
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        network = {"build-options": {"build-args": ["--share=network"]}}
        answers = module("answers", f"echo hello | timeout 40 nc -l -p {port}", depends=[], **network)
        # Input that does not end at once: nc ends with the first end that it sees.
        calls = module("calls", f"i=0; until sleep 1 | nc 127.0.0.1 {port} | grep hello > /app/heard || [ $i = 40 ]; do "
                       "i=$((i + 1)); done", depends=[], **network)
        self.assertOk(self.build(self.manifest(HELLO, answers, calls), "-j", "3"))
        self.assertEqual(self.content("heard"), "hello\n")

    def test_any_number_of_jobs_gives_the_same_bytes(self):
        modules = [HELLO, module("slow", "sleep 0.3; mkdir -p /app/x; echo slow > /app/x/slow", depends=[]),
                   module("quick", "mkdir -p /app/x; echo quick > /app/x/quick; ln -s quick /app/x/link", depends=[]),
                   module("over", "echo over > /app/x/slow; rm /app/x/quick", depends=["slow", "quick"])]
        digests = set()
        for jobs in "1", "4":
            self.state = os.path.join(self.folder, f"state{jobs}")
            self.assertOk(self.build(self.manifest(*modules), "-j", jobs))
            digests.add(sha256(os.path.join(self.folder, "out.app")))
        self.assertEqual(len(digests), 1)
        self.assertEqual(self.content("x/slow"), "over\n")
        self.assertFalse(os.path.exists(os.path.join(self.unpacked(), "files/x/quick")))
        # A third time, with everything but the last module from the cache: but for the manifest that is kept inside, it is the same.
        kept = ("files/manifest.json", "files/sbom.spdx.json")
        before = tree(self.unpacked(), skip=kept)
        modules[-1] = module("over", "echo over > /app/x/slow; rm /app/x/quick; true", depends=["slow", "quick"])
        self.assertOk(self.build(self.manifest(*modules)))
        self.assertEqual(tree(self.unpacked(), skip=kept), before)

    def test_a_conflict_names_both(self):
        a = module("a", "mkdir -p /app/etc; echo a > /app/etc/conf; echo same > /app/etc/same", depends=[])
        b = module("b", "mkdir -p /app/etc; echo b > /app/etc/conf; echo same > /app/etc/same", depends=[])
        result = self.assertFails(self.build(self.manifest(HELLO, a, b)))
        self.assertRegex(result.err, r"modules 'a' and 'b' do not agree about 'etc/conf'.*depends")
        # One that depends on the other may replace its file; and the same content is no conflict.
        b = module("b", "mkdir -p /app/etc; echo b > /app/etc/conf; echo same > /app/etc/same", depends=["a"])
        self.assertOk(self.build(self.manifest(HELLO, a, b)))
        self.assertEqual(self.content("etc/conf"), "b\n")

    def test_a_failure_keeps_what_ran_beside_it(self):
        good = self.touch("good", depends=[])
        bad = module("bad", "sleep 0.2", "exit 7", depends=[])
        result = self.assertFails(self.build(self.manifest(HELLO, good, bad), "-j", "3"))
        self.assertRegex(result.err, r"module 'bad', step build-commands\[2\] \(exit 7\): exit status 7")
        bad = module("bad", "true", depends=[])
        self.assertIn("1 module built, 2 unchanged", self.assertOk(self.build(self.manifest(HELLO, good, bad))).out)

    def test_a_damaged_result_is_built_again(self):
        a, on_a = self.touch("a", depends=[]), self.touch("on-a", depends=["a"])
        beside = self.touch("beside", depends=[])
        self.assertOk(self.build(self.manifest(HELLO, a, on_a, beside)))
        before = self.marks()
        objects = os.path.join(self.state, "cache/objects")
        damaged = 0
        for folder, _, names in os.walk(objects):
            for name in names:
                path = os.path.join(folder, name)
                if name.endswith(".file") and read(path) == before["a"]:
                    os.chmod(path, 0o644)
                    with open(path, "w", encoding="utf-8") as f:
                        f.write("something else")
                    damaged += 1
        self.assertEqual(damaged, 1)
        result = self.assertOk(self.build(self.manifest(HELLO, a, on_a, beside, tags=["x"])))
        self.assertIn("2 modules built, 2 unchanged", result.out)
        after = self.marks()
        self.assertEqual({name for name in before if before[name] != after[name]}, {"a", "on-a"})

    def test_names_that_are_no_earlier_module(self):
        late = self.assertFails(self.build(self.manifest(HELLO, module("a", depends=["b"]), module("b"))))
        self.assertRegex(late.err, 'module "a" depends on "b", which is no module before it')
        foreign = module("foreign", "exit 1", **{"only-arches": ["s390x"]})
        self.assertOk(self.build(self.manifest(HELLO, foreign, module("a", depends=["foreign"]))))
