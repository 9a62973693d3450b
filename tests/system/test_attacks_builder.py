# SPDX-License-Identifier: LGPL-2.1-or-later
"""Published attacks on builders, row by row of ATTACKS-builder.md: what is built tries to get at files of the user who builds it."""
import io
import os
import shutil
import subprocess
import tarfile
import threading
import unittest

from builds import APP, HELLO, BuildTest, module, read
from extensions import install_extension
from harness import TINY, sha256, tiny_runtime_tree, tree, wait_until, write, write_image

BASE = "org.nacelle.test.EvilBase"
SDK = "org.nacelle.test.EvilSdk"
# Loaded into a program, it says so inside and outside of the sandbox.
EVIL = """
#include <stdio.h>
__attribute__ ((constructor)) static void evil (void)
{
  static const char *const paths[] = { "/app/owned", "CANARY.owned" };
  for (int i = 0; i < 2; i++)
    {
      FILE *f = fopen (paths[i], "w");
      if (f)
        fclose (f);
    }
}
"""


class Attack(BuildTest):
    def setUp(self):
        super().setUp()
        self.out = os.path.join(self.folder, "out")
        os.mkdir(self.out)
        self.canary = write(os.path.join(self.folder, "private/canary"), "the user's secret", 0o600)

    def assertHarmless(self, before=None):
        """The user's file is what it was, nothing was made in the folder outside, and no result has the secret."""
        self.assertEqual(read(self.canary), "the user's secret")
        self.assertEqual(os.stat(self.canary).st_mode & 0o7777, 0o600)
        self.assertEqual(os.stat(self.canary).st_nlink, 1)
        self.assertEqual(os.listdir(os.path.dirname(self.canary)), ["canary"])
        self.assertEqual(os.listdir(self.out) if before is None else tree(self.out), [] if before is None else before)
        if os.path.exists(os.path.join(self.folder, "out.app")):
            for folder, _, names in os.walk(self.unpacked()):
                for name in names:
                    path = os.path.join(folder, name)
                    if os.path.isfile(path) and not os.path.islink(path):
                        with open(path, "rb") as f:
                            self.assertNotIn(b"the user's secret", f.read(), path)


class HostSteps(Attack):
    """What appbuild does to the tree after the commands."""

    def test_cve_2022_21682_and_cve_2019_14271_programs_and_libraries_of_the_tree_serve_no_step(self):
        """A13, A134: the build brings programs named as our tools are, libraries for them, and an environment that asks for both."""
        evil = os.path.join(self.folder, "evil.so")
        write(evil + ".c", EVIL.replace("CANARY", self.canary))
        self.run_command(["gcc", "-shared", "-fPIC", "-o", evil, evil + ".c"], check=True)
        self.run_command(["true"], env={"LD_PRELOAD": evil}, check=True)
        self.assertTrue(os.path.exists(self.canary + ".owned"))          # it works where it is loaded
        os.unlink(self.canary + ".owned")
        shutil.copy("/bin/cat", os.path.join(self.folder, "program"))    # with something to strip
        self.run_command(["gcc", "-g", "-o", os.path.join(self.folder, "program"), "-x", "c", "-"], input="int main (void) { return 0; }",
                         check=True)
        tools = "strip eu-strip eu-elfcompress debugedit appstreamcli desktop-file-validate gpg sh python3"
        libraries = "libnss_files.so.2 libc.so.6 libelf.so.1 libdw.so.1 libz.so.1 libbfd.so libglib-2.0.so.0 libappstream.so.4"
        lines = [f"mkdir -p /app/bin /app/lib/debug /app/share/metainfo; for i in {tools}; do printf '#!/bin/sh\\necho > /app/owned\\n' "
                 "> /app/bin/$i; chmod 755 /app/bin/$i; done",
                 # The build's own commands have the environment, so this is one, and removes what they say.
                 f"for i in {libraries}; do cp evil.so /app/lib/$i; done; cp evil.so /app/lib/evil.so; cp program /app/bin/program",
                 f"printf '<component type=\"console-application\"><id>{APP}</id><name>n</name><summary>s</summary>"
                 "<metadata_license>MIT</metadata_license></component>' "
                 f"> /app/share/metainfo/{APP}.metainfo.xml; rm -f /app/owned"]
        env = {"LD_LIBRARY_PATH": "/app/lib", "LD_PRELOAD": "/app/lib/evil.so", "PATH": "/app/bin:/usr/bin", "GCONV_PATH": "/app/lib"}
        sources = [{"type": "file", "path": name} for name in ("evil.so", "program")]
        for options in ({"strip": True}, {}):        # {}: split into a debug part
            with self.subTest(**options):
                result = self.build(self.manifest(HELLO, module("evil", "; ".join(lines), sources=sources, **{"build-options": {"env": env, **options}}),
                                                  **{"finish-args": ["--filesystem=host"]}))
                self.assertOk(result)
                log = read(os.path.join(self.state, "logs/evil.log"))
                self.assertRegex(log, r"strip: \d+ files" if options else "bin/program")
                self.assertTrue(os.path.exists(os.path.join(self.state, "logs/appstream-compose.log")))
                self.assertNotIn("owned", os.listdir(os.path.join(self.unpacked(), "files")))
                self.assertFalse(os.path.exists(self.canary + ".owned"))
                self.assertHarmless()

    def test_48933348_translations_are_moved_in_the_tree_only(self):
        """A44"""
        write(os.path.join(self.out, "de/LC_MESSAGES/x.mo"), "x")
        before = tree(self.out)
        for line in (f"ln -s {self.out} /app/share/locale", f"mkdir -p /app/share/locale/de; ln -s {self.out} /app/share/runtime",
                     "mkdir -p /app/share/locale/de; ln -s .. /app/share/runtime"):
            with self.subTest(line=line):
                self.build(self.manifest(HELLO, module("evil", "mkdir -p /app/share", line)))
                self.assertHarmless(before)
        good = module("good", "mkdir -p /app/share/locale/de/LC_MESSAGES; echo > /app/share/locale/de/LC_MESSAGES/x.mo")
        self.assertOk(self.build(self.manifest(HELLO, good)))
        self.assertTrue(os.path.islink(os.path.join(self.unpacked(), "files/share/locale/de")))

    def test_cve_2021_21381_and_other_exports(self):
        """A7, B16: only plain files with the app's id leave the bundle, and a desktop file that gives files away is an error."""
        place = "/app/share/applications"
        names = (f"{APP}.desktop", f"{APP}-two.desktop", "org.other.App.desktop", f".{APP}.desktop", f"{APP}x.desktop", f"{APP}.exe")
        lines = [f"mkdir -p {place} /app/share/dbus-1/services /app/share/icons/hicolor/48x48/apps",
                 *(f"printf '[Desktop Entry]\\nName=x\\nExec=hello\\n' > {place}/{name}" for name in names),
                 f"mkfifo {place}/{APP}.fifo.desktop; mkdir {place}/{APP}.folder.desktop; ln -s {self.canary} {place}/{APP}.link.desktop",
                 f"ln -s {self.canary} /app/share/icons/hicolor/48x48/apps/{APP}.png; ln -s {self.out} /app/share/metainfo",
                 f"echo > /app/share/dbus-1/services/{APP}.service; echo > /app/share/dbus-1/services/org.other.App.service"]
        result = self.assertOk(self.build(self.manifest(HELLO, module("exports", *lines, f"rm {place}/{APP}.fifo.desktop"))))
        self.assertIn("org.other.App.desktop (its name does not begin with", result.err)
        export = os.path.join(self.unpacked(), "export/share")
        self.assertEqual(sorted(os.listdir(os.path.join(export, "applications"))), [f"{APP}-two.desktop", f"{APP}.desktop"])
        self.assertEqual(os.listdir(os.path.join(export, "dbus-1/services")), [f"{APP}.service"])
        self.assertEqual(sorted(os.listdir(export)), ["applications", "dbus-1"])
        self.assertHarmless()
        for text in ("[Desktop Entry]\\nName=x\\nExec=hello @@ /home/u/canary @@\\n", "[Desktop Entry]\\nExec=hello\\0\\n",
                     "[Desktop Entry]\\nExec=hello @@u file:///x @@\\n", "no entry\\n", "[Other]\\nName=x\\n",
                     "[Desktop Entry]\\nExec=hello\\n[Desktop Action a]\\nExec=hello @@ /x @@\\n"):
            with self.subTest(text=text):
                os.unlink(os.path.join(self.folder, "out.app"))
                self.assertFails(self.build(self.manifest(HELLO, module("bad", f"mkdir -p {place}; printf '{text}' > {place}/{APP}.desktop"))),
                                 rf"cannot export 'share/applications/{APP}\.desktop'", status=125)
                self.assertFalse(os.path.exists(os.path.join(self.folder, "out.app")))
                self.assertOk(self.build(self.manifest(HELLO)))


class Grounds(Attack):
    """A base or an SDK that is hostile."""

    def install_sdk(self, metadata="", programs=None, **links):
        folder = os.path.join(self.folder, "sdk")
        self.run_command(["rm", "-rf", folder], check=True)
        tiny_runtime_tree(folder, SDK)
        for path, text in (programs or {}).items():
            write(os.path.join(folder, "files", path), text, 0o755)
        for name, target in links.items():
            path = os.path.join(folder, "files", name.replace("_", "/"))
            if os.path.isdir(path):
                shutil.rmtree(path)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            if target is None:
                write(os.path.join(path, ".keep"), "")
            else:
                os.symlink(target, path)
        with open(os.path.join(folder, "metadata"), "a", encoding="ascii") as f:
            f.write(metadata)
        self.install(write_image(self.program("bundle-image"), folder, os.path.join(self.folder, "sdk.runtime")))

    def test_194b8869_files_of_the_sdk_are_looked_for_in_it(self):
        """A43: its etc is a link to a folder of the user."""
        self.install_sdk(etc=os.path.dirname(self.canary))
        self.assertOk(self.build(self.manifest(HELLO, module("m", "ls /etc > /app/etc.list"), sdk=SDK)))
        self.assertEqual(self.content("etc.list").split(), ["group", "hosts", "passwd"])
        self.assertHarmless()

    def test_48933348_tools_of_a_hostile_sdk(self):
        """A44: its appstreamcli puts a link in the place of a folder and fails; what it may have made by half is removed in the tree only."""
        write(os.path.join(self.out, "app-info/precious"), "mine")
        before = tree(self.out)
        metainfo = f"mkdir -p /app/share/metainfo; echo '<component/>' > /app/share/metainfo/{APP}.metainfo.xml"
        for line in (f"rm -rf /app/share; ln -s {self.out} /app/share", "mkdir -p /app/share/app-info/half"):
            with self.subTest(line=line):
                self.install_sdk(programs={"bin/appstreamcli": f"#!/bin/sh\n{line}\nexit 1\n", "libexec/appstreamcli-compose": ""})
                result = self.assertOk(self.build(self.manifest(HELLO, module("m", metainfo), sdk=SDK)))
                self.assertIn("no catalogue data was made", result.err)
                self.assertHarmless(before)
        self.assertEqual(os.listdir(os.path.join(self.unpacked(), "files/share")), ["metainfo"])

    def test_cve_2024_1753_place_of_an_extension_is_a_link(self):
        """A136: what is mounted there must not come to lie elsewhere, nor anything be made through the link."""
        points = f"\n[Extension {SDK}.Tool]\ndirectory=lib/tool\nversion=1\n"
        install_extension(self, f"{SDK}.Tool", files={"tool": "tool"})
        for target in (self.out, "/"):
            with self.subTest(target=target):
                self.install_sdk(points, lib_tool=target)
                self.assertFails(self.build(self.manifest(HELLO, module("m", "true"), sdk=SDK, **{"sdk-extensions": [f"{SDK}.Tool"]})),
                                 "/usr/lib/tool", status=125)
                self.assertHarmless()
                self.assertFalse(os.path.exists("/tool"))
        self.install_sdk(points, lib_tool=None)
        self.assertOk(self.build(self.manifest(HELLO, module("m", "cp /usr/lib/tool/tool /app/found"), sdk=SDK,
                                               **{"sdk-extensions": [f"{SDK}.Tool"]})))
        self.assertEqual(self.content("found"), "tool")

    def test_ghsa_8qxj_x646_phcm_extension_points_that_lead_out(self):
        """A25: the folders of extension points come from the metadata of a stranger's base."""
        deep = "../" * 12
        places = {"Up": f"{deep}{self.out.lstrip('/')}/up", "Root": f"{self.out}/root", "Linked": "linked/x", "Good": "good"}
        for name in places:
            install_extension(self, f"{BASE}.{name}", branch="stable", files={"file": "file"})
        for name, place in places.items():
            with self.subTest(place=place):
                # A folder of an app is made by this test's tools; the link is one that a build could have made.
                extra = f"\n[Extension {BASE}.{name}]\ndirectory={place}\nversion=stable\n"
                image = self.app_image(BASE, extra=extra, files={"file": "file", "hello": "x"})
                linked = os.path.join(self.folder, "linked" + name)
                self.run_command(["unsquashfs", "-q", "-n", "-d", linked, image], check=True)
                os.symlink(self.out, os.path.join(linked, "files/linked"))
                os.makedirs(os.path.join(linked, "files/good"))
                self.apprun("install", write_image(self.program("bundle-image"), linked, linked + ".app"))
                result = self.build(self.manifest(HELLO, module("m", "find /app > /app/found"), base=BASE, branch="stable",
                                                  **{"base-extensions": [f"{BASE}.{name}"]}))
                self.assertHarmless()
                if name == "Good":
                    self.assertOk(result)
                    self.assertIn("/app/good/file", self.content("found").split())
                else:
                    self.assertFails(result, status=125)


class Images(Attack):
    """Images of a stranger that are looked at."""

    def test_metadata_that_is_a_link(self):
        """`appbuild diff` unpacks both images: what it reads there must be theirs."""
        good = os.path.join(self.folder, "out.app")
        self.assertOk(self.build(self.manifest(HELLO)))
        keys = write(os.path.join(self.folder, "keys"), "[Account]\npassword=sesame\n", 0o600)
        for kind in ("link", "file"):
            with self.subTest(kind=kind):
                place = self.unpacked()
                metadata = os.path.join(place, "metadata")
                os.unlink(metadata)
                if kind == "link":
                    os.symlink(keys, metadata)
                else:
                    shutil.copy(keys, metadata)
                other = os.path.join(self.folder, f"{kind}.app")
                self.run_command(["mksquashfs", place, other, "-quiet", "-no-progress", "-all-root", "-comp", "zstd", "-no-xattrs"], check=True)
                result = self.appbuild("diff", good, other)
                self.assertEqual("sesame" in result.out + result.err, kind == "file", result)


class Sources(Attack):
    """Sources that follow each other in one folder."""

    def test_f2a8c22b_and_e3835512_links_of_an_earlier_source(self):
        """A47, A48: a file goes over a link, a folder into a linked one."""
        for name, target in (("f", self.canary), ("sub", self.out)):
            os.makedirs(os.path.join(self.folder, "links"), exist_ok=True)
            os.symlink(target, os.path.join(self.folder, "links", name))
        write(os.path.join(self.folder, "two/sub/x"), "x")
        write(os.path.join(self.folder, "file"), "x")
        links = {"type": "dir", "path": "links"}
        for more in ({"type": "file", "path": "file", "dest-filename": "f"}, {"type": "dir", "path": "two"},
                     {"type": "inline", "contents": "x", "dest-filename": "f"}, {"type": "script", "commands": ["x"], "dest-filename": "f"}):
            with self.subTest(more=more):
                self.build(self.manifest(HELLO, module("m", "cp -a . /app/src", sources=[links, more])))
                self.assertHarmless()
        self.assertOk(self.build(self.manifest(HELLO, module("m", "cp -a . /app/src", sources=[{"type": "dir", "path": "two"}]))))
        self.assertEqual(self.content("src/sub/x"), "x")

    def test_ghsa_9rww_v4mm_x4jg_hard_links_of_an_archive(self):
        """A26: to the user's file by an absolute name, by "..", and through a link that the archive brought."""
        def link(name, target, kind=tarfile.LNKTYPE):
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, target
            return info, None

        def data(name, text):
            info = tarfile.TarInfo(name)
            info.size = len(text)
            return info, io.BytesIO(text)
        deep = "../" * 15 + self.canary.lstrip("/")
        archives = ([link("f", self.canary)], [link("f", deep)], [link("f", self.canary), data("f", b"evil")],
                    [link("d", os.path.dirname(self.canary), tarfile.SYMTYPE), link("f", "d/canary")],
                    [link("d", os.path.dirname(self.canary), tarfile.SYMTYPE), link("f", "d/canary"), data("f", b"evil")],
                    [link("d", self.canary, tarfile.SYMTYPE), link("f", "d"), data("f", b"evil")],
                    [data("good", b"good"), link("f", "good")])
        for number, members in enumerate(archives):
            with self.subTest(number=number):
                path = os.path.join(self.folder, f"{number}.tar")
                with tarfile.open(path, "w") as archive:
                    for info, content in members:
                        archive.addfile(info, content)
                source = {"type": "archive", "path": os.path.basename(path), "sha256": sha256(path), "strip-components": 0}
                result = self.build(self.manifest(HELLO, module("m", "cat f > /app/f; ls -l f > /app/links", sources=[source])))
                self.assertHarmless()
                if number + 1 == len(archives):
                    self.assertOk(result)
                    self.assertEqual(self.content("f"), "good")
                    self.assertEqual(self.content("links").split()[1], "2")

    def test_cve_2024_23651_the_download_cache_is_changed_meanwhile(self):
        """A56: two builds share it, and somebody exchanges its files for links to those of the user; what comes is the source, or nothing."""
        text = b"x" * (1 << 20)
        path = write(os.path.join(self.folder, "www/data"), text)
        server = self.nginx(os.path.dirname(path))
        source = {"type": "file", "url": f"{server.url}/data", "sha256": sha256(path)}
        folders = [os.path.join(self.folder, str(number)) for number in range(2)]
        manifests = [self.manifest(HELLO, module("m", "cp data /app/data", sources=[source]), folder=folder) for folder in folders]
        self.assertOk(self.build(manifests[0]))
        downloads = os.path.join(self.env["XDG_CACHE_HOME"], "nacelle/downloads")
        name = os.path.join(downloads, next(name for name in os.listdir(downloads) if not name.startswith(".")))
        os.rename(name, name + ".good")
        stop = threading.Event()
        turns = []

        def flip():
            while not stop.is_set():
                os.symlink(self.canary, name + ".new")
                os.rename(name + ".new", name)
                os.link(name + ".good", name + ".new")
                os.rename(name + ".new", name)
                turns.append(None)
        thread = threading.Thread(target=flip)
        thread.start()
        try:
            wait_until(lambda: len(turns) > 10)
            for number in range(6):
                builds = [subprocess.Popen([self.program("appbuild"), manifest, "--offline", "--state-dir", f"{folder}/state{number}", "-o",
                                            f"{folder}/{number}.app"], env=self.environment(), stdin=subprocess.DEVNULL,
                                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
                          for manifest, folder in zip(manifests, folders)]
                for build in builds:
                    self.assertIn(build.wait(60), (0, 125))
        finally:
            stop.set()
            thread.join()
        good = sha256(os.path.join(self.folder, "out.app"))
        for folder in folders:
            for file in os.listdir(folder):
                if file.endswith(".app"):
                    self.assertEqual(sha256(os.path.join(folder, file)), good)
        os.replace(name + ".good", name)
        self.assertHarmless()


class Callers(Attack):
    def test_97bb0134_folders_with_other_things_in_them(self):
        """A50: a build deletes in its state directory, so it takes none that has been something else."""
        place = os.path.join(self.folder, "precious")
        write(os.path.join(place, "work/file"), "mine")
        write(os.path.join(place, "cache/file"), "mine")
        os.symlink(place, os.path.join(self.folder, "link"))
        manifest = self.manifest(HELLO)
        before = tree(place)
        for state in (place, os.path.join(self.folder, "link"), os.path.join(place, "."), ".", self.home, self.folder, "/"):
            with self.subTest(state=state):
                self.assertFails(self.appbuild(manifest, "--state-dir", state, "-o", os.path.join(self.folder, "out.app"), cwd=place),
                                 "is not a state directory|cannot write there|another user", status=125)
                self.assertSameTree(before, tree(place))
        self.assertOk(self.appbuild(manifest, "--state-dir", os.path.join(place, "new"), "-o", os.path.join(self.folder, "out.app")))
        self.assertEqual(sorted(os.listdir(place)), ["cache", "new", "work"])

    def test_d3c4c317_commands_in_the_place_of_the_build(self):
        """A51: `appbuild run` has what a build has, not what the app may do."""
        manifest = self.manifest(HELLO, **{"finish-args": ["--filesystem=host", "--share=network"]})
        argv = ("run", "--state-dir", self.state, manifest, "sh", "-c")
        result = self.assertOk(self.appbuild(*argv, f"cat {self.canary}; ls {self.home}; cut -d: -f1 /proc/net/dev; ls /app/bin"))
        self.assertNotIn("secret", result.out)
        self.assertIn("hello\n", result.out)                     # it ran there
        self.assertEqual([line.strip() for line in result.out.splitlines() if line.strip() == "lo"], ["lo"])
        self.assertHarmless()


if __name__ == "__main__":
    unittest.main()
