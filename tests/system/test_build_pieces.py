# SPDX-License-Identifier: LGPL-2.1-or-later
"""Debug information, translations and sources as extensions of their own.  The program is compiled here, as a build in /run/build would
have compiled it; the tools that split it are this machine's, since the tiny SDK has none."""

import configparser
import json
import os
import re
import shutil
import unittest

from builds import APP, HELLO, BuildTest, module, read
from flatpaks import FlatpakTest, installed
from harness import TINY, tree, write
from pictures import png

VARIANTS = ("asan",)
TOOLS = all(shutil.which(name) for name in ("gcc", "eu-strip", "eu-elfcompress", "eu-unstrip", "debugedit", "readelf"))
PROGRAM = """#include <stdio.h>
#include "sub/number.h"
int main (void) { printf ("%d\\n", twice (NUMBER)); return 0; }
"""
HEADER = "#define NUMBER 21\nstatic int twice (int n) { return n * 2; }\n"


def compile_program(test, folder, name="prog"):
    """In `folder`: a program and a library with debug information that says /run/build/NAME."""
    write(os.path.join(folder, "main.c"), PROGRAM)
    write(os.path.join(folder, "sub/number.h"), HEADER)
    for output, flags in (("prog", ("-O1",)), ("libprog.so.1", ("-fPIC", "-shared"))):
        test.run_command(["gcc", "-g", f"-ffile-prefix-map={folder}=/run/build/{name}", *flags, "-o", output, "main.c"], cwd=folder, check=True)
    return [{"type": "dir", "path": os.path.basename(folder)}]


INSTALL = ("mkdir -p /app/bin /app/lib && cp prog /app/bin/hello && cp libprog.so.1 /app/lib", "ln /app/bin/hello /app/bin/other",
           "chmod 555 /app/lib/libprog.so.1", "cp prog /app/top && cp prog /app/lib/self.zip")
TRANSLATE = ("for l in de pt_BR en_GB C sr@latin; do mkdir -p /app/share/locale/$l/LC_MESSAGES && "
             "echo $l > /app/share/locale/$l/LC_MESSAGES/hello.mo; done",
             "mkdir -p /app/lib/locale/fr && echo x > /app/lib/locale/fr/LC_TIME && echo a > /app/share/locale/locale.alias")


def groups(text):
    parser = configparser.RawConfigParser(delimiters=("=",), comment_prefixes=("#",), strict=True, interpolation=None)
    parser.optionxform = str
    parser.read_string(text)
    return {name: dict(parser[name]) for name in parser.sections()}


@unittest.skipUnless(TOOLS, "gcc, elfutils and debugedit are not installed")
class Pieces(BuildTest):
    def sources(self):
        return compile_program(self, os.path.join(self.folder, "tree"))

    def checked_out(self, repo, ref):
        place = os.path.join(self.folder, "checkout-" + ref.replace("/", "-"))
        self.run_command(["ostree", f"--repo={repo}", "checkout", "-U", ref, place], check=True)
        return place

    def sections(self, path):
        return self.run_command(["readelf", "-SW", path], check=True).out

    def test_debug_information(self):
        repo = os.path.join(self.folder, "repo")
        result = self.assertOk(self.build(self.manifest(module("prog", *INSTALL, sources=self.sources())), "--extras=debug", "--repo", repo))
        files = os.path.join(self.unpacked(), "files")
        self.assertEqual(self.run_command([os.path.join(files, "bin/hello")]).out, "42\n")
        for path in ("bin/hello", "bin/other", "lib/libprog.so.1"):
            self.assertNotRegex(self.sections(os.path.join(files, path)), r"\.symtab|\.debug_info|\.comment")
            self.assertIn(".gnu_debuglink", self.sections(os.path.join(files, path)))
        for path in ("top", "lib/self.zip"):
            self.assertIn(".symtab", self.sections(os.path.join(files, path)))
        self.assertEqual(os.listdir(os.path.join(files, "lib/debug")), [])
        # The extension: what was taken out, and the sources that it names.
        self.assertIn(f"wrote {self.folder}/{APP}.Debug.runtime", result.out)
        place = os.path.join(self.folder, "debug")
        self.run_command(["unsquashfs", "-q", "-n", "-d", place, os.path.join(self.folder, f"{APP}.Debug.runtime")], check=True)
        debug = os.path.join(place, "files")
        self.assertRegex(self.sections(os.path.join(debug, "bin/hello.debug")), r"(?s)\.zdebug_info.*\.symtab")
        self.assertEqual(read(os.path.join(debug, "source/prog/main.c")), PROGRAM)
        self.assertEqual(read(os.path.join(debug, "source/prog/sub/number.h")), HEADER)
        # Both halves together are the program again.
        whole = os.path.join(self.folder, "whole")
        self.run_command(["eu-unstrip", "-o", whole, os.path.join(files, "bin/hello"), os.path.join(debug, "bin/hello.debug")], check=True)
        self.assertIn("main", self.run_command(["readelf", "-sW", whole], check=True).out)
        self.assertEqual(tree(self.checked_out(repo, f"runtime/{APP}.Debug/x86_64/master")).keys(), tree(place).keys())
        metadata = groups(read(os.path.join(self.folder, "unpacked/metadata")))
        self.assertEqual(metadata[f"Extension {APP}.Debug"], {"directory": "lib/debug", "autodelete": "true", "no-autodownload": "true"})
        self.assertEqual(metadata["Build"]["built-extensions"], f"{APP}.Debug;")

    def test_plain_kept_and_stripped(self):
        for options, pattern in (({"no-debuginfo-compression": True}, None), ({"no-debuginfo": True}, r"\.debug_info"),
                                 ({"strip": True}, "^((?!symtab).)*$")):
            self.assertOk(self.build(self.manifest(module("prog", *INSTALL, sources=self.sources(), **{"build-options": options})), "--extras=debug"))
            files = os.path.join(self.unpacked(), "files")
            if pattern is not None:
                self.assertRegex(self.sections(os.path.join(files, "bin/hello")), "(?s)" + pattern)
                self.assertFalse(os.path.exists(os.path.join(files, "lib/debug")))
                continue
            place = os.path.join(self.folder, "debug")
            self.run_command(["unsquashfs", "-q", "-n", "-d", place, os.path.join(self.folder, f"{APP}.Debug.runtime")], check=True)
            self.assertRegex(self.sections(os.path.join(place, "files/bin/hello.debug")), r"\.debug_info")

    def test_same_again_and_from_the_cache(self):
        manifest = self.manifest(module("prog", *INSTALL, *TRANSLATE, sources=self.sources()))
        options = ("--extras", "locale,debug,sources")
        self.assertOk(self.build(manifest, *options))
        names = ["out.app", *(f"{APP}.{piece}.runtime" for piece in ("Debug", "Locale", "Sources"))]
        first = [self.content_of(name) for name in names]
        self.assertIn("0 modules built, 1 unchanged", self.assertOk(self.build(manifest, *options)).out)
        self.assertEqual(first, [self.content_of(name) for name in names])
        # Without the images of an earlier build, in another state directory.
        self.state += "2"
        self.assertOk(self.build(manifest, *options))
        self.assertEqual(first, [self.content_of(name) for name in names])
        # A commit needs what that image left out; the tree comes from the cache.
        repo = os.path.join(self.folder, "repo")
        self.assertIn("0 modules built", self.assertOk(self.build(manifest, "--repo", repo)).out)
        refs = self.run_command(["ostree", f"--repo={repo}", "refs"], check=True).out.split()
        self.assertEqual(sorted(refs), [f"app/{APP}/x86_64/master", f"runtime/{APP}.Debug/x86_64/master"])

    def content_of(self, name):
        with open(os.path.join(self.folder, name), "rb") as f:
            return f.read()

    def test_translations(self):
        manifest = self.manifest(HELLO, module("more", *TRANSLATE))
        self.assertOk(self.build(manifest))
        # An image stands alone: everything is in it, at the place of the extension.
        files = os.path.join(self.unpacked(), "files")
        self.assertEqual(os.readlink(os.path.join(files, "share/locale/pt_BR")), "../../share/runtime/locale/pt/share/pt_BR")
        self.assertEqual(read(os.path.join(files, "share/locale/pt_BR/LC_MESSAGES/hello.mo")), "pt_BR\n")
        self.assertEqual(read(os.path.join(files, "lib/locale/fr/LC_TIME")), "x\n")
        for stays in ("en_GB", "C"):
            self.assertFalse(os.path.islink(os.path.join(files, "share/locale", stays)))
        self.assertOk(self.build(manifest, "--extras=locale"))
        files = os.path.join(self.unpacked(), "files")
        self.assertEqual(sorted(os.listdir(os.path.join(files, "share/runtime/locale"))), ["de", "fr", "pt", "sr"])
        self.assertFalse(os.path.exists(os.path.join(files, "share/locale/pt_BR")))
        self.assertEqual(read(os.path.join(files, "share/locale/en_GB/LC_MESSAGES/hello.mo")), "en_GB\n")
        metadata = groups(read(os.path.join(self.folder, "unpacked/metadata")))
        self.assertEqual(metadata[f"Extension {APP}.Locale"], {"directory": "share/runtime/locale", "autodelete": "true", "locale-subset": "true"})
        self.assertOk(self.build(self.manifest(HELLO, module("more", *TRANSLATE), **{"separate-locales": False})))
        self.assertFalse(os.path.exists(os.path.join(self.unpacked(), "files/share/runtime")))

    def test_sources_build_again(self):
        manifest = self.manifest(HELLO, module("prog", "mkdir -p /app/share && cp main.c /app/share", sources=self.sources()))
        self.assertOk(self.build(manifest, "--extras=sources"))
        first = self.content_of("out.app")
        place = os.path.join(self.folder, "sources")
        self.run_command(["unsquashfs", "-q", "-n", "-d", place, os.path.join(self.folder, f"{APP}.Sources.runtime")], check=True)
        again = os.path.join(place, "files/manifest", os.path.basename(manifest))
        self.state += "2"
        self.assertOk(self.build(again, "--extras=sources", "--offline"))
        self.assertEqual(first, self.content_of("out.app"))

    def test_CVE_2022_21682_tools_of_the_app_do_not_run(self):
        evil = [f"printf '#!/bin/sh\\necho $0 >> /app/evil\\n' > /app/bin/{name} && chmod 755 /app/bin/{name}"
                for name in ("sh", "debugedit", "eu-strip", "eu-elfcompress", "strip", "mkdir")]
        manifest = self.manifest(HELLO, module("tools", *evil), module("prog", "cp -r . /app/lib", sources=self.sources(),
                                                                       **{"build-options": {"prepend-path": "/usr/bin"}}),
                                 **{"finish-args": ["--filesystem=host"], "build-options": {"prepend-path": "/usr/bin"}})
        self.assertOk(self.build(manifest))
        files = os.path.join(self.unpacked(), "files")
        self.assertTrue(os.path.exists(os.path.join(files, "lib/debug")))
        self.assertFalse(os.path.exists(os.path.join(files, "evil")))

    def test_no_id_48933348_links_out_of_the_tree(self):
        outside = os.path.join(self.folder, "outside")
        os.makedirs(os.path.join(outside, "de"))
        write(os.path.join(outside, "de/canary"), "secret of the host")
        sources = self.sources()
        cases = ((f"mkdir -p /app/share && ln -s {outside} /app/share/locale", None),
                 (f"mkdir -p /app/share/locale/de && ln -s {outside} /app/share/runtime", "cannot move the translations"),
                 (f"mkdir -p /app/share/locale/de /app/share/runtime && ln -s .. /app/share/runtime/locale", "cannot move the translations"),
                 (f"mkdir -p /app/bin /app/lib && cp prog /app/bin/p && ln -s {outside} /app/lib/debug", "debug information"),
                 (f"mkdir -p /app/bin /app/lib/debug && cp prog /app/bin/p && ln -s {outside} /app/lib/debug/source", "sources of the debug"),
                 (f"rm -r sub main.c && ln -s {outside} sub && ln -s {outside}/de/canary main.c && mkdir -p /app/bin && cp prog /app/bin/p", None))
        for command, message in cases:
            with self.subTest(command):
                before = tree(outside)
                result = self.build(self.manifest(HELLO, module("prog", command, sources=sources)), "--extras=debug")
                if message is None:
                    self.assertOk(result)
                    self.assertEqual(self.run_command(["grep", "-r", "secret of the host", self.unpacked()]).out, "")
                    self.run_command(["rm", "-f", os.path.join(self.folder, f"{APP}.Debug.runtime")])
                else:
                    self.assertFails(result, message)
                self.assertSameTree(before, tree(outside))


@unittest.skipUnless(TOOLS and installed(), "gcc, elfutils, debugedit or flatpak-builder are not installed")
class BesideFlatpakBuilder(FlatpakTest):
    """The same manifest by both: the same refs, the same trees, the same bytes."""

    CLEAN = ("mkdir -p /app/inc/d /app/share/lib/a /app/share/man1 /app/lib/x /app/lonely /app/keep && touch /app/inc/d/f "
             "/app/share/lib/a/x.la /app/share/lib/z /app/share/man1/m /app/lib/x/y /app/lonely/l.a /app/keep/k /app/lib/ab.c /app/lib/b.cc",
             "mkdir -p /app/deep/one/two && touch /app/deep/one/two/gone")
    CLEANUP = ["/inc", "/share/lib*a", "*.a", "/share/man*1", "/lib/x/", "k?", "/deep/*/two", "[ab]*", "/lib//b.cc", "*.c"]
    DESKTOP = "[Desktop Entry]\\nType=Application\\nName=Tool\\nName[de]=Werkzeug\\nIcon=tool.png\\nExec=prog\\nX-Flatpak-RenamedFrom=old.desktop;\\n"

    def both(self, *modules, options=(), **keys):
        folder = os.path.join(self.place, self._testMethodName)
        os.makedirs(folder, exist_ok=True)
        self.install_tiny()
        common = {"id": "org.test.App", "command": "prog", "modules": [*modules], "appstream-compose": False, **keys}
        theirs = write(os.path.join(folder, "theirs.json"), json.dumps(
            {**common, "runtime": "org.test.Platform", "runtime-version": "1", "sdk": "org.test.Sdk"}))
        ours = write(os.path.join(folder, "ours.json"), json.dumps({**common, "runtime": TINY, "runtime-version": "1", "sdk": TINY}))
        self.flatpak_builder(folder, theirs, f"--repo={folder}/their-repo", *options)
        self.assertOk(self.appbuild(ours, "--state-dir", f"{folder}/our-state", "--repo", f"{folder}/our-repo", "--extras=locale", *options))
        return f"{folder}/our-repo", f"{folder}/their-repo"

    def commits(self, repo):
        """{ref: {path: what it is}}, and the metadata of each."""
        result = {}
        for ref in self.run_command(["ostree", f"--repo={repo}", "refs"], check=True).out.split():
            place = f"{repo}-{ref.replace('/', '-')}"
            self.run_command(["ostree", f"--repo={repo}", "checkout", "-U", ref, place], check=True)
            result[ref] = place
        return result

    def test_same_result(self):
        folder = os.path.join(self.place, self._testMethodName, "tree")
        sources = compile_program(self, folder)
        with open(os.path.join(folder, "tool.png"), "wb") as f:
            f.write(png(48))
        dress = (f"mkdir -p /app/share/applications /app/share/icons/hicolor/48x48/apps && printf '{self.DESKTOP}' > "
                 "/app/share/applications/tool.desktop && cp tool.png /app/share/icons/hicolor/48x48/apps && "
                 "cp tool.png /app/share/icons && ln -s tool.png /app/share/icons/hicolor/48x48/apps/tool.svg",)
        install = ("mkdir -p /app/bin /app/lib && cp prog /app/bin/prog && cp libprog.so.1 /app/lib",)
        ours, theirs = map(self.commits, self.both(
            module("prog", *install, *TRANSLATE, *dress, sources=sources, cleanup=["/share/locale/sr*"]), module("clean", *self.CLEAN),
            **{"cleanup": self.CLEANUP, "rename-desktop-file": "tool.desktop", "rename-icon": "tool", "desktop-file-name-suffix": " (x)",
               "cleanup-commands": ["touch /app/keep/command.a"], "finish-args": ["--share=network"]}))
        self.assertEqual(sorted(ours), sorted(theirs))
        self.assertEqual(len(ours), 3)
        for ref, place in ours.items():
            mine, other = tree(place), tree(theirs[ref])
            for own in ("files/manifest.json", "files/sbom.spdx.json", "metadata"):
                mine.pop(own, None)
                other.pop(own, None)
            with self.subTest(ref):
                self.assertSameTree(other, mine)
            a, b = (groups(read(os.path.join(folder, "metadata"))) for folder in (place, theirs[ref]))
            a.pop("Nacelle Bundle")
            for kind in ("Application",):
                a.pop(kind, None)
                b.pop(kind, None)
            built = [metadata.pop("Build", {"built-extensions": ""})["built-extensions"].strip(";") for metadata in (a, b)]
            self.assertEqual(a, b)
            self.assertEqual(*built)

    def test_same_commands(self):
        """What configure, make and commands are called with, where, and in which environment."""
        folder = os.path.join(self.place, self._testMethodName, "tree")
        note = "#!/bin/sh\necho \"$0 in $PWD with $* ($NOCONFIGURE)\" >> /app/steps\n"
        for name in ("configure", "sub/autogen.sh"):
            write(os.path.join(folder, name), note + "touch Makefile\n", 0o755)
        write(os.path.join(folder, "sub/autogen.sh"), note + "cp ../configure configure\n", 0o755)
        write(os.path.join(folder, "make"), note, 0o755)
        sources = [{"type": "dir", "path": "tree"}]
        look = ('echo "in $PWD: $FLATPAK_DEST $FLATPAK_ID $FLATPAK_ARCH $FLATPAK_BUILDER_N_JOBS $FLATPAK_BUILDER_BUILDDIR" >> /app/steps; for v in '
                "CFLAGS CXXFLAGS CPPFLAGS LDFLAGS PATH LD_LIBRARY_PATH PKG_CONFIG_PATH ACLOCAL_PATH C_INCLUDE_PATH CPLUS_INCLUDE_PATH "
                'XDG_DATA_DIRS XDG_CONFIG_DIRS A B C D; do eval "echo $v=\\${$v-unset} >> /app/steps"; done')
        common = {"sources": sources, "config-opts": ["--own", "-Da=b c"], "make-args": ["V=1"], "make-install-args": ["W=1"],
                  "post-install": ["echo post in $PWD >> /app/steps"]}
        options = {"prefix": "/app/other", "libdir": "/app/lib64", "cflags": "-O1", "cflags-override": True, "cxxflags": "-O0", "config-opts": ["--x"],
                   "make-args": ["X=1"], "make-install-args": ["Y=1"], "append-path": "/app/more",
                   "env": {"A": "own", "C": None, "D": "$HOME", "PKG_CONFIG_PATH": "/own/pc"},
                   "prepend-ld-library-path": "/app/first", "append-pkg-config-path": "/app/pc",
                   "arch": {self.arch: {"cflags": "-m64", "env": {"B": "arch"}}, "none": {"cflags": "-no"}}}
        repos = self.both(
            module("tools", "mkdir -p /app/bin && cp make /app/bin/make && cp make /app/bin/prog", sources=sources),
            {"name": "plain", **common, "build-commands": [look]},
            {"name": "there", **common, "builddir": True, "rm-configure": True, "no-autogen": True, "no-make-install": True,
             "sources": [*sources, {"type": "shell", "commands": ["touch Makefile"]}]},
            {"name": "below", **common, "builddir": True, "subdir": "sub", "install-rule": "put", "build-options": options, "build-commands": [look]},
            module("last", look, **{"build-options": {"arch": {self.arch: {"prepend-path": "/app/first"}}}}),
            options=("--jobs=3",),
            **{"build-options": {"cflags": "-O2", "cxxflags": "-O3", "cppflags": "-DX", "prepend-path": "/app/all", "append-path": "/app/end",
                                 "config-opts": ["--all"],
                                 "make-args": ["ALL=1"], "env": {"A": "all", "C": "all"}, "arch": {self.arch: {"cflags": "-g"}}}})
        texts = [re.sub(" +", " ", self.run_command(["ostree", f"--repo={repo}", "cat", f"app/org.test.App/{self.arch}/master", "/files/steps"],
                                                    check=True).out) for repo in repos]
        self.assertEqual(*(text.splitlines() for text in texts))
        self.assertIn("./configure in /run/build/plain with --prefix=/app --own -Da=b c --all", texts[0])


if __name__ == "__main__":
    unittest.main()
