# SPDX-License-Identifier: LGPL-2.1-or-later
"""Larger programs that call bwrap, and more of bubblewrap's tests: `./dev test --programs`."""
import os
import re
import subprocess

from bubblewrap import BubblewrapTest
from callers import CallerTest
from display import Screen
from harness import SOURCE, descendants, time_limit, wait_until, write
from pictures import png

LONG = True

PAGE = """<!doctype html><meta charset=utf-8><title>loading</title><body style="margin: 0; background: rgb(0, 128, 0)">
<img src="picture.png" onload="document.title = 'picture of ' + this.naturalWidth" onerror="document.title = 'no picture'">
"""


class WebKit(CallerTest):
    """A view with the sandbox on shows a page; what runs the page's code is in a sandbox of that program."""
    def look(self, name):
        screen = Screen(self._folder(f"screen-{name}"))
        self.addCleanup(screen.close)
        folder = self._folder(f"work/{name}", 0o755)
        page = write(os.path.join(folder, "page.html"), PAGE)
        write(os.path.join(folder, "picture.png"), png(40))
        command = ["dbus-run-session", "--", "/usr/bin/python3", os.path.join(SOURCE, "tests/tools/browse.py"), f"file://{page}", folder]
        process = self.start(self.compiled_in(name, *command), stderr=subprocess.DEVNULL,
                             env={**screen.env, "WEBKIT_DISABLE_COMPOSITING_MODE": "1", "LIBGL_ALWAYS_SOFTWARE": "1", "GDK_BACKEND": "x11",
                                  "NO_AT_BRIDGE": "1", "GSETTINGS_BACKEND": "memory", "GIO_USE_VFS": "local"})
        titles = []
        for line in process.stdout:
            kind, _, text = line.decode().strip().partition(": ")
            if kind == "title":
                titles.append(text)
            if kind in ("failed", "terminated") or titles[-1:] not in ([], ["loading"]):
                break
        return process, screen, titles, folder

    def named(self, process, name):
        """The one process of that program below `process`."""
        found = [pid for pid, line in descendants(process.pid).items() if os.path.basename(line.split(" ")[0]) == name]
        self.assertEqual(len(found), 1, found)
        return found[0]

    def parent(self, pid):
        with open(f"/proc/{pid}/status", encoding="utf-8") as f:
            return int(re.search(r"(?m)^PPid:\s(\d+)$", f.read())[1])

    def started_by(self, pid, name):
        """The sandbox of `pid` is one of that program."""
        there, known = os.stat(f"/proc/{self.parent(self.parent(pid))}/exe"), os.stat(self.bwrap(name))
        self.assertEqual((there.st_dev, there.st_ino), (known.st_dev, known.st_ino))

    @time_limit(600)
    def test_page(self):
        for name in self.bwraps:
            if name == "broken":
                continue
            with self.subTest(name):
                process, screen, titles, folder = self.look(name)
                self.assertEqual(titles[-1:], ["picture of 40"])
                x, y = screen.window("browse", process)[1:3]
                wait_until(lambda: screen.pixels(x + 100, y + 100, 1, 1) == [[(0, 128, 0)]], 60, "the colour of the page")
                self.assertEqual(screen.pixels(x + 20, y + 20, 1, 1), [[(255, 0, 0)]])
                web = self.named(process, "WebKitWebProcess")
                self.started_by(web, name)
                self.started_by(self.named(process, "xdg-dbus-proxy"), name)
                browser = self.named(process, "python3")
                for kind in ("mnt", "pid", "net"):
                    self.assertNotEqual(os.readlink(f"/proc/{web}/ns/{kind}"), os.readlink(f"/proc/{browser}/ns/{kind}"))
                with open(f"/proc/{web}/status", encoding="utf-8") as f:
                    self.assertRegex(f.read(), r"NoNewPrivs:\s1\n[\s\S]*Seccomp:\s2\n")
                self.assertTrue(os.path.exists(f"/proc/{browser}/root{self.documents}"))
                self.assertFalse(os.path.exists(f"/proc/{web}/root{self.documents}"))
                self.assertTrue(os.path.exists(f"/proc/{web}/root{folder}/page.html"))
                process.communicate(b"\n", timeout=120)

    @time_limit(300)
    def test_no_page_without_a_sandbox(self):
        self.assertNotIn("picture of 40", self.look("broken")[2])


class Mat2(CallerTest):
    """It looks for data about data in files, and takes them out, with exiftool in a sandbox."""
    CLEAN = ("import sys; from libmat2 import parser_factory; parser = parser_factory.get_parser(sys.argv[1])[0]; "
             "print(parser.get_meta()); parser.lightweight_cleaning = True; parser.output_filename = sys.argv[2]; print(parser.remove_all())")

    def test_data_about_data(self):
        for name in self.bwraps:
            file, cleaned = (os.path.join(self._folder(f"work/{name}/{place}", 0o755), "picture.png") for place in ("in", "out"))
            write(file, png(20))
            self.run_command(["exiftool", "-overwrite_original", "-Comment=where it was taken", file], check=True)
            done = self.run_command(["/usr/bin/python3", "-c", self.CLEAN, file, cleaned], env={"PATH": self.path_with(name)})
            if name == "broken":
                self.assertFails(done, "no sandbox today")
                continue
            self.assertRegex(self.assertOk(done).out, r"where it was taken[\s\S]*True")
            with open(cleaned, "rb") as f:
                self.assertNotIn(b"where it was taken", f.read())


class Opam(CallerTest):
    """Packages are built and installed in a sandbox, by a script that opam brings."""
    def opam(self, name, *words, **options):
        return self.run_command(["opam", *words], timeout=120, cwd=self.work, env={
            "PATH": self.path_with(name), "OPAMROOT": os.path.join(self.root, f"opam-{name}"), "OPAMYES": "1", "OPAMCOLOR": "never",
            "OPAMNODEPEXTS": "1", "OPAMSWITCH": "test"}, **options)

    @time_limit(600)
    def test_a_package(self):
        repository = self._folder("work/repository", 0o755)
        write(f"{repository}/repo", 'opam-version: "2.0"\n')
        look = ("echo built >made && (echo x >$HOME/written) 2>/dev/null || echo home is closed >>made; "
                "cut -d: -f1 /proc/net/dev | tail -n +3 | tr -d ' ' >>made")
        write(f"{repository}/packages/look/look.1/opam",
              'opam-version: "2.0"\nmaintainer: "t@example.org"\nsynopsis: "looks"\n'
              f'build: ["sh" "-c" "{look}"]\ninstall: ["cp" "made" "%{{prefix}}%/made"]\n')
        for name in self.bwraps:
            with self.subTest(name):
                begun = self.opam(name, "init", "--bare", "--no-setup", "local", repository)
                if name == "broken":
                    self.assertRegex(begun.err, "Sandboxing is not working on your platform[\\s\\S]*no sandbox today")
                    continue
                self.assertNotIn("andboxing", self.assertOk(begun).err)
                self.opam(name, "switch", "create", "test", "--empty", check=True)
                self.opam(name, "install", "look", check=True)
                with open(os.path.join(self.root, f"opam-{name}/test/made"), encoding="ascii") as f:
                    self.assertEqual(f.read(), "built\nhome is closed\nlo\n")
                self.opam(name, "remove", "look", check=True)
                self.assertFalse(os.path.exists(os.path.join(self.root, f"opam-{name}/test/made")))


# It gives statfs(2) less room than that writes to, and crashes.
ROOM = (r"\('f_bsize', ctypes\.c_long\)\]", "('f_bsize', ctypes.c_long), ('rest', ctypes.c_long * 16)]", 1)


class Tests(BubblewrapTest):
    @time_limit(900)
    def test_filters(self):
        self.same_results("test-seccomp.py", 1)

    @time_limit(900)
    def test_sandbox(self):
        self.same_results("test-sandbox.py", 68, mended=[ROOM])
