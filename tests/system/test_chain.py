# SPDX-License-Identifier: LGPL-2.1-or-later
"""The main job: manifests become images, images are installed, and run in their sandbox on a shared runtime."""
import os
import subprocess
import urllib.error
import urllib.request

from harness import SystemTest, program, programs, tree, wait_until, write

VARIANTS = ("old-kernel", "asan")

RUNTIMES = ("org.nacelle.Busybox", "org.nacelle.Platform")


class Examples(SystemTest):
    """The three examples, installed from the images that ./dev has built."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        installer = cls("test_hello")
        for app_id in (*RUNTIMES, "org.example.Editor", "org.example.Hello", "org.example.Httpd"):
            installer.install(installer.image(app_id))

    def test_hello(self):
        done = self.apprun("org.example.Hello", "Ada", check=True)
        self.assertEqual(done.out, f"Hello, Ada, from {os.uname().machine} in a sandbox.\n")

    def test_installed_bundles_are_listed(self):
        done = self.apprun("list", check=True)
        for app_id in (*RUNTIMES, "org.example.Editor", "org.example.Hello", "org.example.Httpd"):
            self.assertIn(app_id, done.out)

    def test_editor_prints_its_version(self):
        done = self.apprun("org.example.Editor", "--version", check=True)
        self.assertIn("GNU nano, version 7.2", done.out)

    def edit(self, path, text):
        """Open `path` in the editor, type `text`, save, leave; the editor's status."""
        term = self.terminal([program("apprun"), "org.example.Editor", path])
        term.expect(r"\^X")                      # the last of the help lines: the screen is complete
        term.send(text)
        term.send("\x0f")                         # ^O, write out
        term.expect("File Name to Write")
        term.send("\r")
        term.expect(r"Wrote \d+ line|Error writing|Permission denied|Read-only|No such")
        term.send("\x18")                         # ^X, leave
        return term

    def test_editor_edits_and_saves_a_document(self):
        path = write(os.path.join(self.documents, "letter.txt"), "Dear reader,\n")
        term = self.edit(path, "good news. ")
        self.assertEqual(term.wait(), 0, term.text)
        with open(path, encoding="utf-8") as f:
            self.assertEqual(f.read(), "good news. Dear reader,\n")
        self.assertEqual(os.stat(path).st_uid, os.getuid())

    def test_editor_makes_a_new_document(self):
        path = os.path.join(self.documents, "new.txt")
        term = self.edit(path, "first line")
        self.assertEqual(term.wait(), 0, term.text)
        with open(path, encoding="utf-8") as f:
            self.assertEqual(f.read(), "first line\n")

    def test_editor_does_not_reach_what_was_not_permitted(self):
        """The twin of the two above: the same keys, one folder beside."""
        path = write(os.path.join(self.home, "private.txt"), "mine\n")
        before = tree(self.home, skip=(".cache", ".local", ".var"))
        term = self.terminal([program("apprun"), "org.example.Editor", path])
        term.expect(r"\^X")
        self.assertNotIn("mine", term.text)
        term.send("x\x0f")
        term.expect("File Name to Write")
        term.send("\r")
        term.expect("Wrote|Error|No such|denied|not exist|Read-only")
        term.send("\x18")
        term.expect(".|\n")
        term.close()
        self.assertSameTree(before, tree(self.home, skip=(".cache", ".local", ".var")))

    def serve(self, folder, *options):
        """Start the server on a port of its choice range; (process, url)."""
        for port in range(20000 + os.getpid() % 20000, 60000, 101):
            server = self.start([program("apprun"), *options, f"--filesystem={folder}:ro", "org.example.Httpd", folder,
                                 f"127.0.0.1:{port}"])
            url = f"http://127.0.0.1:{port}"

            def answered():
                try:
                    with urllib.request.urlopen(url + "/index.html", timeout=5) as answer:
                        return answer.read()
                except urllib.error.HTTPError as e:
                    return str(e.code).encode()
                except OSError:
                    return b"ended" if server.poll() is not None else None
            first = wait_until(answered, 30, "an answer of the server")
            if first != b"ended":
                return server, url, first
        self.fail("no port was free")

    def test_httpd_serves_one_folder_read_only(self):
        folder = os.path.join(self.work, "www")
        write(os.path.join(folder, "index.html"), "<p>served from a sandbox</p>\n")
        os.symlink("/etc/passwd", os.path.join(folder, "passwd"))
        write(os.path.join(self.work, "secret"), "secret\n")
        before = tree(folder)
        server, url, page = self.serve(folder)
        self.assertEqual(page, b"<p>served from a sandbox</p>\n")
        for path in ("/../secret", "/%2e%2e/secret", "/..%2fsecret"):
            with self.assertRaises(urllib.error.HTTPError, msg=path):
                urllib.request.urlopen(url + path, timeout=10)
        # The link is followed inside the sandbox: what is read is the sandbox's file, not the host's.
        try:
            with urllib.request.urlopen(url + "/passwd", timeout=10) as answer:
                inside = answer.read()
        except urllib.error.HTTPError:
            inside = b""
        with open("/etc/passwd", "rb") as f:
            self.assertNotEqual(inside, f.read())
        server.terminate()
        self.assertIn(server.wait(20), (-15, 143), "ends by the signal it got")
        self.assertSameTree(before, tree(folder))

    def test_httpd_without_network_cannot_be_reached(self):
        folder = os.path.join(self.work, "unserved")
        write(os.path.join(folder, "index.html"), "x")
        done = self.apprun("--unshare=network", f"--filesystem={folder}:ro", "--command=sh", "org.example.Httpd", "-c",
                           "ip -o link | wc -l; wget -q -O- http://127.0.0.1:1/ || echo unreachable", check=True)
        self.assertEqual(done.out.split(), ["1", "unreachable"], str(done))

    def test_an_image_runs_without_being_installed(self):
        done = self.apprun(self.image("org.example.Hello"), "file", check=True)
        self.assertIn("Hello, file", done.out)

    def test_uninstall_leaves_nothing_of_an_app(self):
        image = self.image("org.example.Hello")
        env = {"NACELLE_STORE": os.path.join(self.root, "second-store")}
        self.apprun("install", self.image("org.nacelle.Busybox"), env=env, check=True)
        self.apprun("install", image, env=env, check=True)
        self.apprun("org.example.Hello", env=env, check=True)
        self.apprun("uninstall", "org.example.Hello", env=env, check=True)
        self.assertFails(self.apprun("org.example.Hello", env=env), "org.example.Hello")
        self.assertEqual([], [name for name in tree(env["NACELLE_STORE"]) if "org.example.Hello/" in name])


class LaunchPath(SystemTest):
    def test_apprun_loads_no_library_of_the_store(self):
        """The launch path loads neither libostree nor libcurl nor a D-Bus library."""
        for name in {"apprun", "nacelle-run"} & set(programs()):
            with self.subTest(name):
                self.holds_nothing_of_the_store(name)

    def holds_nothing_of_the_store(self, program_name):
        done = subprocess.run(["ldd", program(program_name)], capture_output=True, text=True, check=False)
        out = done.stdout + done.stderr
        for name in ("ostree", "curl", "dbus", "gio", "gobject", "archive", "solv", "squashf", "fuse", "gpgme", "crypto"):
            self.assertNotIn(name, out)
        if "statically linked" not in out and "not a dynamic executable" not in out:
            self.assertIn("libglib-2.0", out, "the twin: ldd does print what is loaded")
            return
        with open(program(program_name), "rb") as f:
            content = f.read()
        if program_name == "nacelle-run" or "nacelle-run" not in programs():
            self.assertIn(b"g_key_file_new", content, "the twin: names of what is linked in are there")
        for name in (b"ostree_repo", b"curl_easy", b"dbus_message", b"g_object_new", b"archive_read"):
            self.assertNotIn(name, content)

    def test_what_manages_the_store_is_another_program(self):
        done = subprocess.run(["ldd", program("nacelle-store")], capture_output=True, text=True, check=True)
        self.assertIn("ostree", done.stdout)
