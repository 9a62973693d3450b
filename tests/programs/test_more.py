# SPDX-License-Identifier: LGPL-2.1-or-later
"""More programs from their source releases, and a second build of everything: `./dev test --programs`."""
import os

from harness import SOURCE, time_limit, write
from programs import ProgramTest

LONG = True

DRAWING = "0\nSECTION\n2\nENTITIES\n0\nLINE\n8\n0\n10\n1.5\n20\n2\n30\n0\n11\n3\n21\n4\n31\n0\n0\nENDSEC\n0\nEOF\n"


class More(ProgramTest):
    @time_limit(900)
    def test_cmake_cmark(self):
        self.install_program("org.example.Cmark")
        done = self.apprun("org.example.Cmark", "-t", "html", input="# Hi *you*\n\n- a & b\n", check=True)
        self.assertEqual(done.out, "<h1>Hi <em>you</em></h1>\n<ul>\n<li>a &amp; b</li>\n</ul>\n")

    @time_limit(900)
    def test_meson_fribidi(self):
        self.install_program("org.example.Bidi")
        done = self.apprun("org.example.Bidi", "--nopad", input="abc \u05d0\u05d1\u05d2\n", check=True)
        self.assertEqual(done.out, "abc \u05d2\u05d1\u05d0\n")

    @time_limit(900)
    def test_qmake_dxflib(self):
        self.install_program("org.example.Drawing")
        path = write(os.path.join(self.documents, "one.dxf"), DRAWING)
        done = self.apprun("org.example.Drawing", path, cwd=self.documents, check=True)
        self.assertIn("LINE     ( 1.500,  2.000,  0.000) ( 3.000,  4.000,  0.000)", done.out)
        with open(os.path.join(self.documents, "myfile.dxf"), encoding="ascii") as f:
            self.assertIn("AC1015", f.read())

    @time_limit(900)
    def test_nested_modules_and_patches_jq(self):
        """jq with a library of regular expressions that is a module of its own, built before it."""
        self.install_program("org.example.Jq")
        done = self.apprun("org.example.Jq", "-c", '.a[1].b | [match("o+").string, test("^f")]',
                           input='{"a": [1, {"b": "foo bar"}]}', check=True)
        self.assertEqual(done.out, '["oo",true]\n')
        self.assertEqual(self.apprun("org.example.Jq", "--version", check=True).out, "jq-1.6\n", "a patch says so")
        listed = self.apprun("--command=ls", "org.example.Jq", "/app/bin", "/app/lib", check=True).out.split()
        self.assertIn("libonig.so.5", listed)
        self.assertNotIn("onig-config", listed, "cleaned up by the inner module")


class SecondBuild(ProgramTest):
    """`appbuild verify` of everything: folder, umask, language, time zone and number of jobs are others."""

    def check(self, folder):
        ids = [name for name in sorted(os.listdir(os.path.join(SOURCE, folder))) if name.startswith("org.")]
        self.assertTrue(ids)
        for app_id in ids:
            with self.subTest(app_id):
                self.verify(app_id)

    @time_limit(3000)
    def test_programs(self):
        self.check("tests/programs")

    @time_limit(3000)
    def test_examples(self):
        self.check("manifests")

    @time_limit(3000)
    def test_runtimes(self):
        self.check("runtimes")
