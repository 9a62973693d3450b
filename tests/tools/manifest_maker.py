# SPDX-License-Identifier: LGPL-2.1-or-later
"""Manifests made by chance, always the same for the same number: every key of the field tables (builder/manifest/rows-*.c, so that a
new row is tried at once), in every way that YAML and JSON have to write it, in one file or several.

    files = Maker(7).files()          # {name: text}; the first is the manifest

What the values mean is mostly sensible, as both builders refuse nonsense at different times; what is odd is the spelling and the types."""

import glob
import os
import random
import re

import manifest_texts
from manifest_texts import Plain, Shared

ROOM = os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))), "builder", "manifest")
ROW = re.compile(r'^  (TEXTS?|BOOL|ROW|NO_EFFECT) \("([a-z0-9-]+)",\s*(FIELD_\w+)?', re.MULTILINE)
TYPES = {"TEXT": "FIELD_TEXT", "TEXTS": "FIELD_TEXTS", "BOOL": "FIELD_BOOL", "NO_EFFECT": "FIELD_BOOL"}

HEX = "0123456789abcdef"
WORDS = ("6.7", "1e3", "0777", "no", "on", "~", "a b", "--x=y", "", " blank ", "a: b", "a #b", "#a", "- a", "[a", "{a}", "&a", "*a",
         "!a", "%a", "@a", "`a`", "a'b", 'a"b', "a\\b", "/* no comment */", "// neither", "$schema", "x-y", "a\nb", "a\n\n  b\n", "a\tb",
         "\u00e4\u2019", "\U0001f600", "a" * 90, "a " * 60 + "b", "true false", "nullable", "0x1F", "1_000", ".5", "5.", "=", "<<", "?", ": ",
         "a:", "a,b", "key: [1, 2]", "\\n", "${FLATPAK_ID}", "$(cat x)", "%s", "-1 ", "2020-01-01", "12:30", "\x7e", "yes", "|", ">")
COMMANDS = ("make", "install -Dm755 a /app/bin/a", "sed -i 's/a: b/c/' \"x y\"", "echo \"a\\tb\" > c", "cat <<EOF\n{\n  a: b\n}\nEOF\n",
            "for i in *; do\n  echo $i\ndone", "true # not a comment", "test 1 = 1 && echo 'it''s'")
ARGUMENTS = ("--share=network", "--share=ipc", "--socket=wayland", "--socket=fallback-x11", "--device=dri", "--filesystem=xdg-documents:ro",
             "--talk-name=org.test.A", "--env=A=b c", "--persist=.x", "--env=E=", "--filesystem=~/a b", "--own-name=org.test.B.*",
             "--metadata=X-DConf=migrate-path=/org/test/", "--nofilesystem=host", "--unset-env=C", "--allow=devel", "--unshare=ipc")
ARCHES = ("x86_64", "aarch64", "i386", "arm", "riscv64")
VALUES = {
    "id": ("org.test.App", "org.test.App2", "org.test.my-app", "a.b.c_d", "org.test.Sdk.Extension.x"), "branch": ("stable", "23.08", "1e3", "5.15-23.08"),
    "default-branch": ("master", "beta"), "collection-id": ("org.test.Collection",), "extension-tag": ("tag1",),
    "runtime": ("org.test.Platform", "org.test.Platform/x86_64/1", "org.test.Platform//1"), "runtime-version": ("1", "23.08", "6.7", "master"),
    "sdk": ("org.test.Sdk", "org.test.Sdk//1"), "base": ("org.test.BaseApp",), "base-version": ("stable", "2.10"), "var": ("org.test.Var",),
    "metadata": ("metadata",), "metadata-platform": ("metadata.platform",), "command": ("app", "/app/bin/app"), "id-platform": ("org.test.Small",),
    "sdk-extensions": ("org.test.Sdk.Extension.a", "org.test.Sdk.Extension.b//1"), "platform-extensions": ("org.test.Extension.a",),
    "base-extensions": ("org.test.BaseApp.Locale",), "inherit-extensions": ("org.test.A",), "inherit-sdk-extensions": ("org.test.B",),
    "tags": ("proprietary", "beta", "6.10"), "rename-mime-icons": ("x-test",), "appdata-license": ("GPL-2.0+",),
    "desktop-file-name-prefix": ("(Nightly) ", "a: "), "desktop-file-name-suffix": (" (beta)", " #1"),
    "cleanup": ("/include", "*.la", "/lib/pkgconfig", "*.a", "/share/{a,b}", "!x"), "name": ("one", "two", "three-3", "6.7", "no", "libx264+"),
    "buildsystem": ("autotools", "cmake", "cmake-ninja", "meson", "qmake", "simple"), "subdir": ("src", "a/b"), "install-rule": ("install-all",),
    "test-rule": ("check", ""), "license-files": ("COPYING", "doc/LICENSE"), "ensure-writable": ("/lib/x",),
    "dest": ("a", "a/b/"), "path": ("data.txt", "./data.txt", "a b.patch"), "paths": ("one.patch", "sub/two.patch"), "url": ("https://a.example/b-1.tar.gz",),
    "mirror-urls": ("https://m.example/b-1.tar.gz",), "referer": ("https://a.example/",), "dest-filename": ("b.txt", "c d"),
    "archive-type": ("tar-gzip", "zip", "7z", "tar-zst"), "tag": ("v1.0", "1.10", "1e3"), "commit": ("0" * 40, "1" * 40), "revision": ("123",),
    "filename": ("d.deb",), "contents": WORDS, "options": ("-p0", "--fuzz=2"), "skip": ("x", "y/z"), "prefix": ("/app", "/app/x"),
    "libdir": ("/app/lib64",), "secret-env": ("SECRET",), "secret-opts": ("-Da=$SECRET",), "build-args": ("--share=network",),
    "test-args": ("--share=network", "--socket=x11"), "directory": ("a", "lib/b"), "version": ("1", "23.08"), "versions": ("1;2", "23.08;22.08"),
    "add-ld-path": (".", "lib"), "merge-dirs": ("a;b", "c"), "subdirectory-suffix": ("suf",), "download-if": ("active-gl-driver",),
    "enable-if": ("active-gl-driver",), "autoprune-unless": ("active-gl-driver",), "finish-args": ARGUMENTS,
    "runtime-commit": ("2" * 64,), "sdk-commit": ("3" * 64,), "base-commit": ("4" * 64,),
}
VALUES["app-id"] = VALUES["id"]
for key in ("cleanup-platform",):
    VALUES[key] = VALUES["cleanup"]
for key in ("rename-desktop-file", "rename-appdata-file", "rename-icon", "rename-mime-file"):
    VALUES[key] = ("old.name", "6.7", "old name")
for key in ("build-commands", "post-install", "commands", "test-commands", "cleanup-commands", "cleanup-platform-commands",
            "prepare-platform-commands"):
    VALUES[key] = COMMANDS
for key in ("only-arches", "skip-arches"):
    VALUES[key] = ARCHES
DIGITS = {"md5": 32, "sha1": 40, "sha256": 64, "sha512": 128}
NUMBERS = {"size": (1, 5000000000), "installed-size": (7,), "strip-components": (0, 1, 2, 3), "token-type": (0, 1)}
# What a source of each type needs; the first of the ways is taken, or another.
NEEDED = {
    "archive": (("url", "sha256"), ("path",), ("url", "sha512")), "file": (("path",), ("url", "sha256")), "dir": (("path",),), "patch": (("path",), ("paths",)),
    "script": (("commands",),), "shell": (("commands",),), "inline": (("dest-filename", "contents"),), "git": (("url", "commit"), ("url", "tag"), ("path",)),
    "svn": (("url", "revision"),), "bzr": (("url", "revision"),), "extra-data": (("filename", "url", "sha256", "size"),),
}
# Two that exclude each other, so the second is only there when the first is not.
EXCLUDED = {"use-git-am": "use-git", "branch": "tag", "tag": "branch", "paths": "path", "path": "paths", "cmake": "buildsystem"}


def tables():
    """{the table's name in the code: {key: (type, names of the source types or None)}}, without what only we have."""
    result = {}
    for path in sorted(glob.glob(os.path.join(ROOM, "rows-*.c"))):
        with open(path, encoding="utf-8") as f:
            text = f.read()
        for part in re.split(r"^#define OBJECT ", text, flags=re.MULTILINE)[1:]:
            rows = result.setdefault(part.split()[0], {})
            found = list(ROW.finditer(part))
            for row, following in zip(found, found[1:] + [None]):
                body = part[row.end():following.start() if following else part.index("{ 0 }")]
                if ".own = TRUE" not in body:
                    scope = re.search(r"\.scope = (.*?)(, \.|$)", body, re.DOTALL)
                    scope = scope.group(1) if scope else ""
                    kinds = set(re.findall(r"[A-Z_]{3,}", scope))
                    old = rows.get(row.group(2), (None, set()))[1]
                    rows[row.group(2)] = (row.group(3) or TYPES[row.group(1)], old | {"~" * scope.startswith("~") + kind for kind in kinds})
    return result


TABLES = tables()


class Maker:
    def __init__(self, number, oddness=0.05):
        self.random = random.Random(number)
        self.oddness = oddness            # how often something is not as it should be
        self.parts = {}                   # name: node
        self.depth = 0

    def chance(self, probability):
        return self.random.random() < probability

    def odd(self, key="", kind=""):
        """A value of a type that is not wanted.  What we understand all the same would have to mean something."""
        values = [None, [], {}, [None]] + ([{"a": "b"}] if kind != "FIELD_EXTENSIONS" else [])
        if kind == "FIELD_TEXT":
            values += [True, ["a", "b"], [1, "a"]] + ([5, 1.5, Plain("no"), Plain("~")] if key not in VALUES and key not in DIGITS else [])
        elif kind not in ("FIELD_TEXTS", "FIELD_PERMISSIONS", "FIELD_SOURCES", "FIELD_MODULES"):
            values += ["text", 1.5, ["a", "b"], True, Plain("yes"), Plain("2.0")]
        return self.random.choice(values)

    def text(self, key):
        if key in DIGITS:
            return "".join(self.random.choice(HEX) for _ in range(DIGITS[key]))
        return self.random.choice(VALUES.get(key, WORDS))

    def texts(self, key):
        items = [self.text(key) for _ in range(self.random.choice((0, 1, 1, 2, 3, 5)))]
        return items[0] if len(items) == 1 and self.chance(self.oddness) else items

    def environment(self):
        names = self.random.sample(("A", "CFLAGS", "PATH_", "_x", "V1", "npm_config_x", "NO"), self.random.randint(0, 4))
        return {name: self.text("") for name in names}

    def value(self, table, key, kind):
        if self.chance(self.oddness / 3):
            return self.odd(key, kind)
        if kind == "FIELD_TEXT":
            return self.text(key)
        if kind in ("FIELD_TEXTS", "FIELD_PERMISSIONS"):
            return self.texts(key)
        if kind == "FIELD_BOOL":
            return self.chance(0.6)
        if kind in ("FIELD_INT", "FIELD_INT64"):
            return self.random.choice(NUMBERS[key])
        if kind == "FIELD_ENV":
            return self.environment()
        if kind == "FIELD_OPTIONS":
            return self.options(True)
        if kind == "FIELD_ARCH_OPTIONS":
            return {arch: self.options(False) for arch in self.random.sample(ARCHES, self.random.randint(0, 2))}
        if kind == "FIELD_EXTENSIONS":
            return {name: self.some("ManifestExtension", 0.3, {"directory": self.text("directory")})
                    for name in self.random.sample(("org.test.App.A", "org.test.App.B", "org.test.GL"), self.random.randint(0, 2))}
        if kind == "FIELD_SOURCES":
            return self.sources()
        if kind == "FIELD_MODULES":
            return self.modules()
        raise AssertionError(f"{table}: no values for {kind} of {key}; teach the maker")

    def some(self, table, probability, first=None, wanted=lambda kinds: True, exceptions=()):
        """A map with some keys of the table behind those of `first`."""
        result = dict(first or {})
        for key, (kind, kinds) in TABLES[table].items():
            if key in result or key in exceptions or not wanted(kinds) or EXCLUDED.get(key) in result or not self.chance(probability):
                continue
            result[key] = self.value(table, key, kind)
        return self.decorated(result)

    def decorated(self, keys):
        """Notes, null values, other spellings, another order."""
        items = list(keys.items())
        for note in ("x-note", "//", "$schema", "x-checker-data", "//2"):
            if self.chance(0.03):
                items.append((note, self.random.choice(("text", {"type": "json"}, ["a"], 1, None))))
        if self.chance(self.oddness / 2):
            items.append((self.random.choice(("unknown", "run-test", "Sources")), self.odd()))
        if self.chance(self.oddness / 2) and items:
            items = [(key.replace("-", "_") if self.chance(0.5) and not key.startswith("x-") else key, value) for key, value in items]
        if self.chance(0.3):
            self.random.shuffle(items)
        if self.chance(self.oddness / 4):
            items.append(("<<", self.random.choice(({"name": "merged"}, [{"command": "merged"}], "x"))))
        return dict(items)

    def options(self, outside):
        wanted = (lambda kinds: True) if outside else (lambda kinds: not kinds)
        return self.some("ManifestBuildOptions", 0.12, wanted=wanted)

    def source(self):
        kind = self.random.choice(tuple(NEEDED))
        name = {"file": "FILE_", "dir": "DIR_", "extra-data": "EXTRA_DATA"}.get(kind, kind.upper())
        first = {"type": kind}
        for key in self.random.choice(NEEDED[kind]):
            value = TABLES["ManifestSource"][key][0]
            first[key] = self.text(key) if value == "FIELD_TEXT" else [self.text(key)] if value == "FIELD_TEXTS" else self.value("", key, value)
            if key == "url" and kind in ("git", "svn", "bzr"):
                first[key] = "https://a.example/repo.git"
        alone = {"url"} if "path" in first or kind in ("git", "svn", "bzr", "extra-data") else set()
        if kind == "git" and "url" in first:
            alone.add("path")
        result = self.some("ManifestSource", 0.12, first,
                           lambda kinds: not kinds or name in kinds or (any(k[0] == "~" for k in kinds) and "~" + name not in kinds), alone)
        if "base64" in result:
            result["contents"] = "YQ=="
        return result

    def part(self, node):
        """In a file of its own, sometimes; then its name."""
        if not self.chance(0.15) or len(self.parts) > 6:
            return node
        name = f"{self.random.choice(('', 'parts/', 'parts/deep/'))}part{len(self.parts)}.{self.random.choice(('json', 'yaml', 'yml'))}"
        self.parts[name] = node
        return name

    def sources(self):
        items = [self.source() for _ in range(self.random.choice((0, 1, 1, 2, 3)))]
        part = self.part(items if self.chance(0.5) else items[0]) if items and self.chance(0.5) else None
        if isinstance(part, str):
            return [part]
        if len(items) > 1 and self.chance(0.1):
            items.append(Shared(items[0]))
        return items

    def module(self):
        first = {"name": self.text("name")}
        if self.chance(0.7):
            first["buildsystem"] = self.text("buildsystem")
        return self.some("ManifestModule", 0.1, first)

    def modules(self):
        self.depth += 1
        items = [self.part(self.module()) for _ in range(self.random.randint(1, 3))] if self.depth < 4 else []
        self.depth -= 1
        return items

    def files(self):
        first = {"app-id" if self.chance(0.3) else "id": self.text("id"), "runtime": self.text("runtime"), "sdk": self.text("sdk"),
                 "runtime-version": self.text("runtime-version"), "modules": self.modules() or ["x"]}
        if self.chance(0.1):
            first[self.random.choice(("build-runtime", "build-extension"))] = True
        # Two words for the same, or what excludes each other.
        alone = {"id", "app-id", "build-runtime", "build-extension"}
        top = self.some("Manifest", 0.15, first, exceptions=alone)
        name = f"{first.get('id') or first.get('app-id')}.{self.random.choice(('json', 'yaml', 'yml'))}"
        # What a part names begins at the part's folder.
        return {path: manifest_texts.write(self.relative(path, node), path.endswith(".json"), self.random)
                for path, node in {name: top, **self.parts}.items()}

    def relative(self, path, node):
        folder = os.path.dirname(path) or "."
        if isinstance(node, dict):
            return {key: self.relative(path, value) for key, value in node.items()}
        if isinstance(node, list):
            return [self.relative(path, item) for item in node]
        return os.path.relpath(node, folder) if isinstance(node, str) and node in self.parts else node
