# SPDX-License-Identifier: LGPL-2.1-or-later
"""The tools of the tests themselves: what would make a broken test look good is tried here."""
import json
import os
import subprocess
import sys
import urllib.request

from harness import SOURCE, SystemTest, descendants, program_path, tree, tree_difference, write

CASES = '''
import os, time, unittest
class Bad(unittest.TestCase):
    def test_1_passes(self): pass
    def test_2_fails(self): print("seen"); self.assertEqual(1, 2)
    def test_3_dies(self): os._exit(9)
    def test_4_is_skipped(self): self.skipTest("too lazy")
    def test_5_hangs(self): time.sleep(60)
    test_5_hangs.time_limit = 1
    def test_6_passes(self): pass
class NoSetUp(unittest.TestCase):
    @classmethod
    def setUpClass(cls): raise RuntimeError("no set-up")
    def test_a(self): pass
    def test_b(self): pass
'''


class Harness(SystemTest):
    def test_every_planned_case_gets_a_result(self):
        path = write(os.path.join(self.work, "test_bad.py"), CASES)
        script = ("import sys, os; sys.path.insert(0, sys.argv[1]); os.environ['CI'] = sys.argv[3]\n"
                  "from jobs import FileJob; from results import Results\n"
                  "r = Results(); FileJob('bad', sys.argv[2]).run(r); sys.exit(r.summary())")
        tools = os.path.join(SOURCE, "tests", "tools")
        lax = self.run_command([sys.executable, "-c", script, tools, path, "false"])
        self.assertStatus(lax, 1)
        self.assertEqual(lax.out.splitlines()[-1], "2 passed, 5 failed, 1 skipped", str(lax))
        for word in ("seen", "too lazy", "ended with status 9", "longer than its limit", "no set-up"):
            self.assertIn(word, lax.out)
        strict = self.run_command([sys.executable, "-c", script, tools, path, "true"])
        self.assertEqual(strict.out.splitlines()[-1], "2 passed, 6 failed, 0 skipped", str(strict))

    def test_what_failed_is_run_again_alone_and_told(self):
        cases = """
import os, unittest
class Once(unittest.TestCase):
    def test_always_fails(self): self.fail("for good")
    def test_fails_once(self):
        if not os.path.exists(__file__ + ".seen"):
            open(__file__ + ".seen", "w").close()
            self.fail("the first time")
    def test_passes(self): pass
"""
        path = write(os.path.join(self.work, "test_once.py"), cases)
        script = ("import sys; sys.path.insert(0, sys.argv[1])\n"
                  "from jobs import FileJob; from results import Results\n"
                  "r = Results(); FileJob('bad', sys.argv[2]).run(r); r.run_again(int(sys.argv[3])); sys.exit(r.summary())")
        tools = os.path.join(SOURCE, "tests", "tools")
        too_many = self.run_command([sys.executable, "-c", script, tools, path, "1"])
        self.assertEqual(too_many.out.splitlines()[-1], "1 passed, 2 failed, 0 skipped", str(too_many))
        os.remove(path + ".seen")
        done = self.run_command([sys.executable, "-c", script, tools, path, "2"])
        self.assertStatus(done, 1)
        self.assertEqual(done.out.splitlines()[-1], "2 passed, 1 failed, 0 skipped", str(done))
        self.assertRegex(done.out, r"passed when run again alone:\n  bad: .*test_fails_once\n")
        self.assertRegex(done.out, r"\nfailed:\n  bad: .*test_always_fails\n")

    def test_a_tap_program_that_dies_fails_one_case_and_the_rest_still_runs(self):
        fake = write(os.path.join(self.work, "fake"), """#!/bin/sh
case "$*" in
-l) printf '/a\\n/b\\n/c\\n' ;;
*'-p /c'*) echo 'ok 1 /c' ;;
*) echo 'ok 1 /a'; echo 'the reason'; kill -ABRT $$ ;;
esac
""", 0o755)
        script = ("import sys; sys.path.insert(0, sys.argv[1])\n"
                  "from jobs import TapJob; from results import Results\n"
                  "r = Results(); TapJob('fake', [sys.argv[2]]).run(r); sys.exit(r.summary())")
        done = self.run_command([sys.executable, "-c", script, os.path.join(SOURCE, "tests", "tools"), fake])
        self.assertEqual(done.out.splitlines()[-1], "2 passed, 1 failed, 0 skipped", str(done))
        self.assertIn("FAIL fake: /b", done.out)
        self.assertIn("the reason", done.out)

    def test_terminal(self):
        term = self.terminal(["sh", "-c", "printf 'name? '; read name; printf '\\033[1mhello %s\\033[0m\\n' $name; exit 3"])
        term.expect("name\\? ")
        term.send("you\n")
        term.expect("hello you")
        self.assertEqual(term.wait(), 3)
        silent = self.terminal(["sh", "-c", "echo other"])
        with self.assertRaises(AssertionError):
            silent.expect("never printed", timeout=5)

    def test_nginx_serves_a_folder(self):
        folder = os.path.join(self.work, "www")
        write(os.path.join(folder, "hello"), "from nginx")
        server = self.nginx(folder)
        with urllib.request.urlopen(server.url + "/hello", timeout=10) as answer:
            self.assertEqual(answer.read(), b"from nginx")
        server.close()
        self.assertEqual(len(server.requests()), 1)

    def test_gpg_key_signs(self):
        key = self.gpg_key()
        path = write(os.path.join(self.work, "text"), "text")
        key.sign(path, path + ".asc")
        ring = os.path.join(self.work, "ring.gpg")
        subprocess.run([program_path("gpg"), "--homedir", key.homedir, "--batch", "--output", ring, "--export"], check=True)
        check = [program_path("gpgv"), "--keyring", ring, path + ".asc", path]
        self.assertOk(self.run_command(check))
        write(path, "another text")
        self.assertFails(self.run_command(check))

    def test_trees_differ_by_content_mode_and_link(self):
        folder = os.path.join(self.work, "tree")
        write(os.path.join(folder, "a/file"), "x")
        os.symlink("file", os.path.join(folder, "a/link"))
        before = tree(folder)
        self.assertEqual(tree_difference(before, tree(folder)), [])
        write(os.path.join(folder, "a/file"), "y")
        os.chmod(os.path.join(folder, "a"), 0o700)
        write(os.path.join(folder, "new"), "")
        self.assertEqual([line.split(":")[0] for line in tree_difference(before, tree(folder))],
                         ["new", "changed", "changed"])

    def test_left_over_processes_are_seen_also_when_they_hide(self):
        before = descendants()
        # A double fork with a session of its own: an ordinary daemon.
        self.run_command(["sh", "-c", "setsid sh -c 'sleep 300 >/dev/null 2>&1 </dev/null &'"])
        with self.assertRaises(AssertionError):
            self.assertNoProcesses(before, timeout=0.2)
        for pid in descendants().keys() - before.keys():
            os.kill(pid, 9)
        self.assertNoProcesses(before)

    def test_environment_is_our_own(self):
        done = self.run_command([sys.executable, "-c", "import os, json; print(json.dumps(dict(os.environ)))"])
        seen = json.loads(done.out)
        self.assertTrue(seen["HOME"].startswith(self.root))
        self.assertNotIn("PYTHONPATH", seen)
