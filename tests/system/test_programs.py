# SPDX-License-Identifier: LGPL-2.1-or-later
"""Programs from their source releases, each by another build system, do in their sandboxes what they are for.

Those that take longer are in tests/programs/test_more.py."""
import gzip
import os

from harness import time_limit, write
from programs import ProgramTest

LONG = True


class Programs(ProgramTest):
    @time_limit(900)
    def test_autotools_units(self):
        self.install_program("org.example.Units")
        done = self.apprun("org.example.Units", "-t", "3 feet + 4 inches", "cm", check=True)
        self.assertEqual(done.out, "101.6\n")
        self.assertEqual(self.apprun("org.example.Units", "-t", "tempF(212)", "tempC", check=True).out, "100\n")
        self.assertFails(self.apprun("org.example.Units", "-t", "3 feet", "kilograms"), status=1)

    @time_limit(900)
    def test_cmake_ninja_cplusplus_zopfli(self):
        """Its library is one of the app's own, in /app/lib; the file is in the folder that the manifest names."""
        self.install_program("org.example.Zopfli")
        text = "".join(f"{number} is a number\n" for number in range(300))
        path = write(os.path.join(self.documents, "numbers"), text)
        self.apprun("org.example.Zopfli", "--i1", path, check=True)
        with gzip.open(path + ".gz", "rt", encoding="ascii") as f:
            self.assertEqual(f.read(), text)
        elsewhere = write(os.path.join(self.home, "numbers"), text)
        self.apprun("org.example.Zopfli", "--i1", elsewhere)
        self.assertFalse(os.path.exists(elsewhere + ".gz"), "the twin: a folder that is not granted")
        listed = self.apprun("--command=ls", "org.example.Zopfli", "/app", "/app/lib", check=True).out
        self.assertIn("libzopfli.so.1", listed)
        self.assertNotIn("include", listed)

    @time_limit(900)
    def test_simple_figlet(self):
        self.install_program("org.example.Figlet")
        done = self.apprun("org.example.Figlet", "-f", "small", "Hi", check=True)
        self.assertEqual([line.rstrip() for line in done.out.splitlines()[:4]],
                         [" _  _ _", "| || (_)", "| __ | |", "|_||_|_|"])
        # What was set while it was built, and what a pattern of the manifest took away again.
        done = self.apprun("--command=sh", "org.example.Figlet", "-c", "cat /app/share/figlet/banner; ls /app/bin", check=True)
        self.assertEqual(done.out.split(), ["figlet", "for", "org.example.Figlet", "on", os.uname().machine,
                                            "figlet", "showfigfonts"])

    @time_limit(900)
    def test_python_with_a_part_in_c(self):
        """Jinja on MarkupSafe, installed by pip; the runtime's Python finds what is in the app."""
        self.install_program("org.example.Template")
        done = self.apprun("org.example.Template", "name=<you>", "n=2", check=True,
                           input="<p>{% for i in range(n | int) %}{{ name }} {% endfor %}{{ escape('&') }}</p>\n")
        self.assertEqual(done.out, "<p>&lt;you&gt; &lt;you&gt; &amp;</p>")
        self.assertFails(self.apprun("org.example.Template", input="{{ nothing }}"), "UndefinedError", status=1)

    @time_limit(900)
    def test_they_are_reproducible(self):
        for app_id in ("org.example.Figlet", "org.example.Template"):
            with self.subTest(app_id):
                self.verify(app_id)
