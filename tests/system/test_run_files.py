# SPDX-License-Identifier: LGPL-2.1-or-later
"""apprun run: image files, places of the host, the app's data, override files."""
import os
import tempfile

from harness import ARCH, TINY, app_tree, time_limit, tree, wait_until, write, write_image
from races import Flipper
from runtest import APP, RunTest

VARIANTS = ("old-kernel",)


class ImageFiles(RunTest):
    def test_nothing_is_written_but_the_app_data(self):
        image = self.app_image("org.nacelle.test.File", script="#!/bin/sh\necho hello > ~/.var/app/$FLATPAK_ID/data/x\n")
        self.assertOk(self.apprun(APP, "true"))
        before = tree(self.home)
        self.assertOk(self.apprun(image))
        after = tree(self.home)
        new = {path for path in set(after) - set(before)}
        self.assertTrue(new)
        self.assertFalse([path for path in new if not path.lstrip("/").startswith(".var/app/org.nacelle.test.File")
                          and "nacelle/unpacked" not in path], new)
        self.assertNotIn("org.nacelle.test.File", self.assertOk(self.apprun("list")).out)

    def test_an_installed_app_wins_over_a_file_of_its_name(self):
        write(os.path.join(self.work, APP), "not an image")
        self.assertOk(self.apprun(APP, "true"))
        self.assertFails(self.apprun("./" + APP, "true"), status=125)

    def test_bad_images(self):
        good = self.app_image("org.nacelle.test.Bad")
        with open(good, "rb") as f:
            data = f.read()
        cases = {"empty": b"", "text": b"#!/bin/sh\necho hello\n", "random": os.urandom(65536), "zeros": bytes(8192),
                 "half": data[:len(data) // 2], "cut": data[:-1], "head": data[:96], "flipped": bytearray(data)}
        cases["flipped"][len(data) - 20] ^= 0xff
        for name, content in cases.items():
            path = write(os.path.join(self.work, f"{name}.app"), bytes(content))
            for way in ((), ("--unpacked",)):
                with self.subTest(name, way=way):
                    self.assertFails(self.apprun(*way, path, "true"), name, status=125)
        fifo = os.path.join(self.work, "fifo.app")
        os.mkfifo(fifo)
        for path in (fifo, self.work, "/dev/null", "/nonexistent.app"):
            with self.subTest(path):
                self.assertFails(self.apprun(path if "." in path else path + "/", "true"), status=125)

    def test_unsealed_images_need_consent(self):
        image = self.app_image("org.nacelle.test.Plain", plain=True, files={"share/noise": os.urandom(20000)})
        self.assertFails(self.apprun(image, "true"), "allow-unsealed", status=125)
        self.assertOk(self.apprun("--allow-unsealed", image, "true"))

    def test_unpacked_is_the_same(self):
        script = "find /app /usr | sort; cat /app/bin/app; sha256sum /usr/bin/busybox"
        self.assertEqual(self.inside_ok(script), self.inside_ok(script, "--unpacked"))
        self.assertFails(self.inside("touch /app/x", "--unpacked"), "Read-only file system")

    def hostile(self, metadata):
        folder = app_tree(os.path.join(self.work, f"hostile{len(os.listdir(self.work))}"), "org.nacelle.test.Hostile")
        write(os.path.join(folder, "metadata"), metadata)
        return write_image(self.program("bundle-image"), folder, folder + ".app")

    def test_cve_2021_43860_hidden_metadata(self):
        head = f"[Application]\nname=org.nacelle.test.Hostile\nruntime={TINY}/{ARCH}/1\ncommand=app\n"
        self.assertOk(self.apprun(self.hostile(head), "true"))
        for name, text in {
                "nul": head + "[Context]\nshared=\n\0\n[Context]\nfilesystems=host\n",
                "group twice": head + "[Context]\nshared=\n[Context]\nfilesystems=home\n",
                "key twice": head + "[Context]\nfilesystems=\nfilesystems=home\n",
                "carriage return": head.replace("\n", "\r\n"),
                "unknown word": head + "[Context]\nshared=everything;\n",
                "bad path": head + "[Context]\nfilesystems=~/../..;\n",
                "no runtime": "[Application]\nname=org.nacelle.test.Hostile\ncommand=app\n",
                "path as name": head.replace("org.nacelle.test.Hostile", "../../../../tmp/x"),
        }.items():
            with self.subTest(name):
                self.assertFails(self.apprun(self.hostile(text), "true"), status=125)


class Files(RunTest):
    """Grants of places of the host."""

    def test_documents(self):
        write(os.path.join(self.documents, "note"), "hello")
        self.assertFails(self.inside("cat ~/Documents/note"), status=1)
        self.assertEqual(self.inside_ok("cat ~/Documents/note", "--filesystem=xdg-documents:ro"), "hello")
        self.assertFails(self.inside("echo x > ~/Documents/note", "--filesystem=xdg-documents:ro"), "Read-only")
        self.inside_ok("echo changed > ~/Documents/note", "--filesystem=xdg-documents")
        with open(os.path.join(self.documents, "note"), encoding="utf-8") as f:
            self.assertEqual(f.read(), "changed\n")
        self.assertIn("XDG_DOCUMENTS_DIR", self.inside_ok("cat $XDG_CONFIG_HOME/user-dirs.dirs", "--filesystem=xdg-documents"))

    def test_reserved_places_are_refused(self):
        for place in ("/", "/usr", "/etc", "/proc", "/dev", "/app", "/run", "/bin", "/etc/ssh", "/run/host"):
            with self.subTest(place):
                self.assertFails(self.inside("true", f"--filesystem={place}"), status=125)
        link = os.path.join(self.home, "link-to-etc")
        os.symlink("/etc", link)
        out = self.inside_ok("ls ~/link-to-etc/ 2>&1; true", "--filesystem=~/link-to-etc")
        self.assertNotIn("shadow", out)

    def test_links_are_shown_with_their_target(self):
        target = os.path.join(self.root, "elsewhere")
        os.makedirs(os.path.join(target, "deep"), exist_ok=True)
        write(os.path.join(target, "deep", "file"), "found")
        os.symlink("../elsewhere/deep", os.path.join(self.home, "linked"))
        self.assertEqual(self.inside_ok("cat ~/linked/file; readlink ~/linked", "--filesystem=~/linked"),
                         "found../elsewhere/deep\n")
        self.assertNotIn("found", self.inside("cat ~/linked/file").out)

    def test_missing_and_created(self):
        self.inside_ok("true", "--filesystem=~/missing")
        self.assertFalse(os.path.exists(os.path.join(self.home, "missing")))
        self.assertIn("missing", self.apprun("-v", "--filesystem=~/missing", APP, "true").err)
        self.inside_ok("touch ~/made/below/x", "--filesystem=~/made/below:create")
        self.assertTrue(os.path.exists(os.path.join(self.home, "made/below/x")))

    def test_configuration_is_also_where_the_app_looks_for_it(self):
        write(os.path.join(self.home, ".config/toolkit/settings"), "shared")
        write(os.path.join(self.home, ".config/single"), "file")
        options = ("--filesystem=xdg-config/toolkit:ro", "--filesystem=xdg-config/single:ro")
        self.assertEqual(self.inside_ok("cat $XDG_CONFIG_HOME/toolkit/settings ~/.config/toolkit/settings "
                                        "$XDG_CONFIG_HOME/single", *options), "sharedsharedfile")
        self.assertFails(self.inside("touch $XDG_CONFIG_HOME/toolkit/x", *options), "Read-only")
        self.inside_ok("rmdir $XDG_CONFIG_HOME/toolkit; ln -s /etc $XDG_CONFIG_HOME/toolkit; "
                       "rm $XDG_CONFIG_HOME/single; ln -s /etc/passwd $XDG_CONFIG_HOME/single")
        self.assertEqual(self.inside_ok("cat $XDG_CONFIG_HOME/toolkit/settings", *options), "shared")

    def test_cve_2015_4495_denied_place_in_a_shown_one(self):
        write(os.path.join(self.home, "private/file"), "canary")
        write(os.path.join(self.home, "public"), "visible")
        out = self.inside_ok("cat ~/public; cat ~/private/file; true", "--filesystem=home", "--nofilesystem=~/private")
        self.assertEqual(out, "visible")
        self.assertIn("canary", self.inside_ok("cat ~/private/file", "--filesystem=home"))

    def test_no_7132_policy_cannot_be_made_by_an_app_with_home_access(self):
        write(os.path.join(self.home, ".var/app/org.nacelle.test.Other/data/x"), "canary")
        script = f"""
            mkdir -p {self.store}/overrides && printf '[Context]\\nshared=network;\\n' > {self.store}/overrides/{APP}
            echo x > {self.store}/x; echo x > ~/.cache/nacelle/x
            ls -A {self.store} ~/.cache/nacelle ~/.var/app
            cat ~/.var/app/org.nacelle.test.Other/data/x
            true"""
        out = self.inside_ok(script, "--filesystem=home")
        self.assertNotIn("canary", out)
        self.assertNotIn("org.nacelle.test.Other", out)
        self.assertFalse(os.path.exists(os.path.join(self.store, "overrides")))
        self.assertFalse(os.path.exists(os.path.join(self.home, ".cache/nacelle/x")))
        self.assertNotIn("app\n", self.inside_ok(f"ls {self.store}", f"--filesystem={os.path.dirname(self.store)}"))
        refused = self.apprun("-v", f"--filesystem={self.store}", APP, "ls", self.store)
        self.assertIn("belongs to Nacelle", refused.err)

    def test_no_0a95081e3_a_folder_above_the_store_cannot_be_exchanged(self):
        """The store is covered, but if ~/.local could be renamed, the next start would find what the app puts there."""
        script = f"""
            cd ~
            for folder in .local .local/share .cache .var; do
                mv $folder false-$(basename $folder) 2>/dev/null && echo moved $folder
                rmdir $folder 2>/dev/null && echo removed $folder
            done
            mkdir .local/share/other && mv .local/share/other .local/share/again && echo others can"""
        self.assertEqual(self.inside_ok(script, "--filesystem=home"), "others can\n")
        self.assertTrue(os.path.isdir(self.store))
        # The same without a store of ours on the way: such folders are the app's to move.
        self.inside_ok("mkdir -p ~/free/share && mv ~/free ~/moved && rmdir ~/moved/share", "--filesystem=home")

    def test_no_0a95081e3_a_link_above_the_store_is_refused(self):
        """A link cannot be kept in its place."""
        home = self._folder("home-with-linked-cache", 0o755)
        os.makedirs(os.path.join(home, "real/nacelle"))
        if not os.path.islink(os.path.join(home, ".cache")):
            os.symlink("real", os.path.join(home, ".cache"))
        env = {"HOME": home, "XDG_CACHE_HOME": None}
        self.assertFails(self.apprun("--filesystem=home", APP, "true", env=env), r"\.cache is a symbolic link", "XDG_CACHE_HOME", status=125)
        self.assertOk(self.apprun("--filesystem=home:ro", APP, "true", env=env))
        self.assertOk(self.apprun("--filesystem=home", APP, "true", env={"HOME": home, "XDG_CACHE_HOME": os.path.join(home, "real")}))

    def test_places_of_nacelle_are_made_before_an_app_can_make_them(self):
        real = self._folder("real-home", 0o755)
        link = os.path.join(self.root, "linked-home")
        os.symlink("real-home", link)
        env = {"HOME": link, "XDG_CACHE_HOME": None}        # the store is elsewhere, the cache does not exist
        out = self.inside_ok("mkdir ~/.cache/nacelle/folder; echo x > ~/.cache/nacelle/x; touch ~/written; ls -A ~/.cache",
                             "--filesystem=home", env=env)
        self.assertEqual(out, "nacelle\n")
        self.assertFalse({"x", "folder"} & set(os.listdir(os.path.join(real, ".cache/nacelle"))))
        self.assertTrue(os.path.exists(os.path.join(real, "written")))

    def test_data_folder_survives(self):
        self.inside_ok("echo kept > $XDG_DATA_HOME/x; echo kept > /var/cache/y; echo lost > ~/z; echo lost > /tmp/t")
        self.assertEqual(self.inside_ok("cat $XDG_DATA_HOME/x ~/.var/app/$FLATPAK_ID/cache/y; ls ~/z /tmp/t; true"),
                         "kept\nkept\n")

    def test_relnotes_0_9_42_a_granted_file_stays_the_file_that_it_is(self):
        """What is granted alone cannot be replaced by a link that the next start would follow: not it, and no folder above it."""
        folder = os.path.join(self.home, "single")
        path = write(os.path.join(folder, "file"), "mine")
        secret = write(os.path.join(self.home, "secret-of-single"), "canary")
        script = f"""
            cat ~/single/file; echo more >> ~/single/file; rm -f ~/single/file; mv ~/single/file ~/single/other; mv ~/single ~/elsewhere
            ln -sf {secret} ~/single/file; mkdir -p ~/single; ln -s {secret} ~/single/file; true"""
        for _ in range(2):
            self.assertNotIn("canary", self.inside_ok(f"{{ {script}; }} 2>/dev/null", "--filesystem=~/single/file"))
        self.assertEqual(os.listdir(folder), ["file"])
        with open(path, encoding="utf-8") as f:
            self.assertEqual(f.read(), "minemore\nmore\n")       # the file itself is the app's to write
        with open(secret, encoding="utf-8") as f:
            self.assertEqual(f.read(), "canary")

    def test_persistent_folder(self):
        self.inside_ok("echo kept > ~/.state/x", "--persist=.state")
        self.assertEqual(self.inside_ok("cat ~/.state/x", "--persist=.state"), "kept\n")
        self.assertTrue(os.path.exists(self.data(".state/x")))

    def test_whole_home_is_kept(self):
        options = ("--persist=.", "--filesystem=xdg-documents")
        self.inside_ok("echo kept > ~/x; echo seen > ~/Documents/y", *options)
        self.assertEqual(self.inside_ok("cat ~/x; ls ~/.var/app", *options), f"kept\n{APP}\n")
        self.assertTrue(os.path.exists(self.data("x")))
        self.assertTrue(os.path.exists(os.path.join(self.documents, "y")))

    def test_homes_in_places_that_the_app_has_itself(self):
        for parent in ("/var/tmp", "/tmp"):
            with tempfile.TemporaryDirectory(dir=parent) as home:
                write(os.path.join(home, "Documents/x"), "found")
                for options in ((), ("--filesystem=home",), (f"--filesystem={home}/Documents:ro",)):
                    with self.subTest(parent, options=options):
                        out = self.inside_ok("cd; pwd; touch ~/.var/app/$FLATPAK_ID/y; cat ~/Documents/x 2>/dev/null; true",
                                             *options, env={"HOME": home})
                        self.assertEqual(out, home + "\n" + ("found" if options else ""))

    def replaced(self, what, target, *options):
        """Run 1 replaces `what` below the app's data by a link; run 2 must stay inside."""
        self.inside("true", *options)
        self.inside(f"cd ~/.var/app/$FLATPAK_ID && rm -rf {what} && ln -s {target} {what}", *options)
        outside = os.path.join(self.root, "outside")
        before = tree(outside)
        result = self.inside("for d in /var/cache /var/tmp /var/data /var/config ~/.state ~/.state/deep; do "
                             "cat $d/canary; touch $d/written; done 2>/dev/null; true", *options)
        self.assertNotIn("canary", result.out)
        self.assertSameTree(before, tree(outside))
        return result

    def test_ghsa_8688_9x26_hhxj_replaced_folders(self):
        outside = os.path.join(self.root, "outside")
        write(os.path.join(outside, "canary"), "canary")
        for what in ("cache", "cache/tmp", "data", "config", ".local", ".local/state"):
            for target in (outside, "/nonexistent", ".", "../../../.."):
                with self.subTest(what, target=target):
                    self.replaced(what, target)

    def test_cve_2024_42472_replaced_persistent_folder(self):
        outside = os.path.join(self.root, "outside")
        write(os.path.join(outside, "canary"), "canary")
        for what in (".state", ".state/deep"):
            with self.subTest(what):
                self.replaced(what, outside, "--persist=.state/deep")
        self.assertFails(self.inside("true", "--persist=../.."), r"\.\.", status=125)

    @time_limit(240)
    def test_cve_2024_42472_race(self):
        outside = os.path.join(self.root, "outside-race")
        write(os.path.join(outside, "canary"), "canary")
        self.inside_ok("mkdir -p ~/.var/app/$FLATPAK_ID/race")
        data = os.path.join(self.home, ".var", "app", APP)
        flipper, rounds = Flipper(self, f"{data}/race", f"{data}/link", target=outside), 0
        while rounds < 40 or not flipper.is_enough():
            result = self.inside("cat ~/race/canary 2>/dev/null; touch ~/race/written; true", "--persist=race")
            self.assertNotIn("canary", result.out)
            rounds += 1
        flipper.end()
        self.assertEqual(os.listdir(outside), ["canary"])

    def test_links_on_the_way_to_the_data(self):
        outside = os.path.join(self.root, "outside-way")
        os.mkdir(outside)
        home = self._folder("home-with-link", 0o755)
        os.symlink(outside, os.path.join(home, ".var"))
        result = self.apprun(APP, "true", env={"HOME": home})
        self.assertFails(result, r"\.var is not a folder", status=125)
        self.assertEqual(os.listdir(outside), [])


class Overrides(RunTest):
    def setUp(self):
        super().setUp()
        self.folder = os.path.join(self.store, "overrides")
        os.makedirs(self.folder, mode=0o755, exist_ok=True)
        self.addCleanup(lambda: [os.unlink(os.path.join(self.folder, name)) for name in os.listdir(self.folder)])

    def override(self, text, name=APP, mode=0o644):
        return write(os.path.join(self.folder, name), text, mode)

    def test_order_of_layers(self):
        app = "org.nacelle.test.Layers"
        self.install_app(app, context={"shared": "network;"}, extra="[Environment]\nA=app\nB=app\nC=app\nD=app\n")
        self.override("[Environment]\nB=global\nC=global\nD=global\n", "global")
        self.override("[Context]\nshared=!network;\n[Environment]\nC=override\nD=override\n", app)
        out = self.inside_ok("echo $A $B $C $D; cat /proc/net/dev | wc -l", "--env=D=line", app=app)
        self.assertEqual(out.splitlines()[0], "app global override line")
        self.assertRegex(self.assertOk(self.apprun("explain", app)).out, r"setenv C override  # .*overrides/" + app)
        self.assertNotIn("share network", self.assertOk(self.apprun("explain", app)).out)
        self.assertIn("share network", self.assertOk(self.apprun("explain", "--share=network", app)).out)

    def test_cve_2017_5180_cve_2017_5940_untrusted_overrides_are_refused(self):
        self.override("[Context]\nshared=network;\n", mode=0o666)
        self.assertFails(self.inside("true"), "others can write", APP, status=125)
        self.override("[Context]\nshared=network;\n", mode=0o644)
        self.assertOk(self.inside("true"))
        elsewhere = os.path.join(self.work, "elsewhere")
        os.rename(os.path.join(self.folder, APP), elsewhere)         # all is well with it, but for its place
        for target in (elsewhere, "/etc/passwd"):
            os.symlink(target, os.path.join(self.folder, APP))
            self.assertFails(self.inside("true"), APP, status=125)
            os.unlink(os.path.join(self.folder, APP))
        os.mkfifo(os.path.join(self.folder, APP))
        self.assertFails(self.inside("true"), "regular file", status=125)

    def test_broken_overrides_are_not_ignored(self):
        for text in ("[Context]\nfilesystems=!home", "[Context]\nshared=!networ;\n", "nonsense\n", "[Context]\nshared=a\nshared=b\n"):
            with self.subTest(text):
                self.override(text)
                if text.endswith("!home"):
                    self.assertOk(self.inside("true"))
                else:
                    self.assertFails(self.inside("true"), APP, status=125)

    def test_sleepers_keep_their_deployment(self):
        app = "org.nacelle.test.Sleeper"
        self.install_app(app)
        process = self.start([self.program("apprun"), app, "sh", "-c", "echo ready; read line; cat /app/bin/app >/dev/null && echo alive"])
        self.assertEqual(process.stdout.readline(), b"ready\n")
        self.apprun("uninstall", app)
        process.stdin.write(b"go\n")
        process.stdin.flush()
        self.assertEqual(process.stdout.readline(), b"alive\n")
        wait_until(lambda: process.poll() is not None, 30)
