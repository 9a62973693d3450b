#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Does `appbuild plan --manifest` take what `flatpak-builder --show-manifest` takes, and is it the same?

    manifest_compare.py APPBUILD [--count N] [--first NUMBER] [--keep DIR] [--oddness X]     manifests made by chance; 0: good ones
    manifest_compare.py APPBUILD MANIFEST...                                                  these

What is odd is taken with --compat, good ones without.
A key whose value flatpak-builder drops, which it says on its standard error, is left out of the comparison for all objects of that
kind: there we take what was meant (a number for a text, one text for a list), or drop it with a warning, too."""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile

from manifest_maker import Maker

DROPPED = re.compile(r'Failed to deserialize "([^"]+)" property of type "[^"]+" for an object of type "Builder(\w+)"')
UNKNOWN = re.compile(r"Unknown property (\S+) for type Builder(\w+)")
# What flatpak-builder 1.2 writes the wrong way round, or does not know, or does not write.
LEFT_OUT = ("no-autodownload", "subdirectories", "autoprune-unless", "rename-mime-file", "license-files")
NAMES = ("add-extensions", "add-build-extensions", "arch", "env")      # maps whose keys are names
SOURCES = {"extra-data": "SourceExtraData"}


def plain(value, kind="Manifest", dropped=frozenset(), key=None):
    """Without notes, empty values and what was dropped.  Paths begin elsewhere there."""
    if isinstance(value, dict):
        if key == "sources" or (key is None and "type" in value):
            kind = SOURCES.get(value.get("type"), "Source" + str(value.get("type")).capitalize())
        if value.get("cmake") is True and kind == "Module":       # the old word, which we don't write
            value = {"buildsystem": "cmake", **{name: item for name, item in value.items() if name != "cmake"}}
        inner = {"modules": "Module", "build-options": "Options", "add-extensions": "Extension", "add-build-extensions": "Extension"}
        kept = {name: plain(item, inner.get(name, kind), dropped, name) for name, item in value.items()
                if key in NAMES or (not name.startswith(("x-", "//", "$schema")) and name not in LEFT_OUT and (name, kind) not in dropped)}
        return {name: item for name, item in kept.items() if item not in ([], {}, None)}
    if isinstance(value, list):
        if key == "finish-args":           # what is no option does nothing in `flatpak build-finish`
            value = [item for item in value if str(item).startswith("-")]
        return [os.path.normpath(item).rsplit("/", 1)[-1] if key == "paths" else plain(item, kind, dropped, key) for item in value]
    return os.path.normpath(value).rsplit("/", 1)[-1] if key == "path" else value


def difference(ours, theirs, place=""):
    """The first place where they differ, in words; None when they don't."""
    if type(ours) is not type(theirs):
        return f"{place}: ours {ours!r}, theirs {theirs!r}"
    if isinstance(ours, dict):
        for key in [*ours, *theirs]:
            if key not in ours or key not in theirs:
                return f"{place}.{key}: ours {ours.get(key)!r}, theirs {theirs.get(key)!r}"
        return next(filter(None, (difference(ours[key], theirs[key], f"{place}.{key}") for key in ours)), None)
    if isinstance(ours, list):
        if len(ours) != len(theirs):
            return f"{place}: ours {ours!r}, theirs {theirs!r}"
        return next(filter(None, (difference(a, b, f"{place}[{i}]") for i, (a, b) in enumerate(zip(ours, theirs)))), None)
    return None if ours == theirs else f"{place}: ours {ours!r}, theirs {theirs!r}"


def run(argv, folder, environment):
    result = subprocess.run(argv, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                            timeout=120, check=False)
    return result.returncode, result.stdout.decode("utf-8", "replace"), result.stderr.decode("utf-8", "replace")


def compare(appbuild, folder, name, *options, environment=None):
    """None when both do the same of FOLDER/NAME; else what differs."""
    # It leaves a folder where it is started.
    status, theirs, said = run(["flatpak-builder", "--show-manifest", name], folder, environment)
    our_status, ours, our_words = run([appbuild, "plan", "--manifest", *options, name], folder, environment)
    if our_status not in (0, 125):
        return f"appbuild ended with status {our_status}: {our_words}"
    if (status == 0) != (our_status == 0):
        return f"flatpak-builder refuses it ({said.strip()}), we take it" if status else f"flatpak-builder takes it, we refuse: {our_words.strip()}"
    if status != 0:
        return None
    dropped = {(key.replace("_", "-"), kind) for key, kind in [*DROPPED.findall(said), *UNKNOWN.findall(said)]}
    if ("cmake", "Module") in dropped:
        dropped.add(("buildsystem", "Module"))
    return difference(plain(json.loads(ours), dropped=dropped), plain(json.loads(theirs), dropped=dropped))


def write_files(folder, files):
    """The manifest's name."""
    for name, text in files.items():
        path = os.path.join(folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8", newline="") as f:
            f.write(text)
    return next(iter(files))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("appbuild")
    parser.add_argument("manifests", nargs="*")
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--oddness", type=float, default=0.05)
    parser.add_argument("--keep", help="folder for those that differ")
    options = parser.parse_args()
    appbuild, failed = os.path.abspath(options.appbuild), 0
    for path in options.manifests:
        with tempfile.TemporaryDirectory() as scratch:
            os.symlink(os.path.abspath(os.path.dirname(path) or "."), os.path.join(scratch, "m"))
            words = compare(appbuild, scratch, os.path.join("m", os.path.basename(path)), "--compat")
        failed += words is not None
        if words:
            print(f"{path}: {words}")
    for number in range(options.first, options.first + (0 if options.manifests else options.count)):
        with tempfile.TemporaryDirectory() as scratch:
            files = Maker(number, options.oddness).files()
            words = compare(appbuild, scratch, write_files(scratch, files), *(["--compat"] if options.oddness else []))
        if words:
            failed += 1
            print(f"{number}: {words}", flush=True)
            if options.keep:
                write_files(os.path.join(options.keep, str(number)), files)
    print(f"{failed} differ of {len(options.manifests) or options.count}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
