# SPDX-License-Identifier: LGPL-2.1-or-later
"""Rules that need only the text of the sources.  A rule yields problems; one that begins with "warning:" does not fail."""
import glob
import os
import re

import mutate

SOURCE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

# Which rooms, or single headers of them, the files of a room may include, beside their own.
ARROWS = {
    "base": set(),
    "bundle": {"base", "sandbox/limit.h", "sandbox/publication.h"},
    "sandbox": set(),
    "image": {"base"},
    "store": {"base", "bundle", "image"},
    "builder": {"base", "bundle", "sandbox", "image", "store"},
    "runner": {"base", "bundle", "sandbox", "image", "store"},
}
# Foreign headers (by pattern) and meson dependencies that belong to one place.
ONLY_USER = [
    (r"sqfs/|squashfuse|fuse", r"squashfs|squashfuse|fuse3?", ("image/",)),
    (r"ostree|libostree", r"ostree-1", ("store/",)),
    (r"archive(_entry)?\.h", r"libarchive", ("builder/sources/",)),
    (r"curl/", r"libcurl", ("builder/sources/", "store/fetch-file.c")),
    (r"solv/", r"libsolv(ext)?", ("builder/sources/",)),
    (r"yaml\.h", r"yaml-0\.1", ("builder/manifest/", "builder/sources/")),
    (r"seccomp\.h", r"libseccomp", ("sandbox/", "image/server/")),
    (r"systemd/", r"libsystemd", ("sandbox/systemd/",)),
    (r"sys/capability\.h", r"libcap", ("sandbox/", "image/server/")),
]
BANNED = {
    "system": "use base/spawn.h", "popen": "use base/spawn.h", "g_spawn_command_line_sync": "use base/spawn.h",
    "strcpy": "no size", "strcat": "no size", "sprintf": "no size", "vsprintf": "no size", "gets": "no size",
    "stpcpy": "no size", "scanf": "overflows", "sscanf": "overflows", "strtok": "not reentrant",
    "tmpnam": "a race", "tempnam": "a race", "mktemp": "a race", "alloca": "unbounded stack", "g_alloca": "unbounded stack",
    "atoi": "hides errors", "atol": "hides errors", "readdir_r": "obsolete", "gethostbyname": "obsolete",
}
LIMIT = 500
FUNCTION_LIMIT = 80
COLUMNS = 140


def files(*suffixes):
    """Relative paths of all files of the checkout (not of build directories) that end in one of `suffixes`."""
    result = []
    for folder, names, leaves in os.walk(SOURCE):
        names[:] = sorted(n for n in names if not n.startswith("_build") and n not in (".git", "__pycache__"))
        for leaf in sorted(set(leaves) - {".git"}):
            path = os.path.relpath(os.path.join(folder, leaf), SOURCE)
            if not os.path.islink(os.path.join(SOURCE, path)) and (not suffixes or leaf.endswith(suffixes)):
                result.append(path)
    return result


def text(path):
    with open(os.path.join(SOURCE, path), encoding="utf-8", errors="replace") as f:
        return f.read()


def code_only(source):
    """C without comments and the content of strings; line numbers stay."""
    pattern = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.DOTALL)
    return pattern.sub(lambda m: '""' if m[0][0] == '"' else "\n" * m[0].count("\n") or " ", source)


def room_of(path):
    first = path.split(os.sep)[0]
    return first if first in ARROWS else None


def include_arrows():
    for path in files(".c", ".h"):
        room = room_of(path)
        if room is None:
            continue
        for number, line in enumerate(text(path).splitlines(), 1):
            match = re.match(r'\s*#\s*include\s+"([^"]+)"', line)
            if not match:
                continue
            target = match[1]
            there = target.split("/")[0]
            if "/" not in target and not os.path.exists(os.path.join(SOURCE, os.path.dirname(path), target)):
                continue     # generated, or from the build directory
            if "/" not in target or there not in ARROWS:
                yield f'{path}:{number}: include "{target}": paths start at a room'
            elif there != room and there not in ARROWS[room] and target not in ARROWS[room]:
                yield f"{path}:{number}: {room}/ must not include {there}/"


def only_user_of():
    for path in files(".c", ".h"):
        if path.startswith("tests"):
            continue
        for number, line in enumerate(text(path).splitlines(), 1):
            match = re.match(r"\s*#\s*include\s+<([^>]+)>", line)
            for header, _, owners in ONLY_USER if match else ():
                if re.match(header, match[1]) and not match[1].startswith("linux/") and not path.startswith(owners):
                    yield f"{path}:{number}: <{match[1]}> is for {' and '.join(owners)} only"
    for path in files("meson.build"):
        for number, line in enumerate(text(path).splitlines(), 1):
            for name in re.findall(r"dependency\(\s*'([^']+)'", line):
                for _, dependency, owners in ONLY_USER:
                    folders = tuple(owner.split("/")[0] + "/" for owner in owners)
                    if re.fullmatch(dependency, name) and not path.startswith((*folders, "tests/")):
                        yield f"{path}:{number}: dependency {name} is for {' and '.join(owners)} only"


def sandbox_without_glib():
    for path in files(".c", ".h"):
        if path.startswith("sandbox" + os.sep):
            for number, line in enumerate(code_only(text(path)).splitlines(), 1):
                if re.search(r"#\s*include\s*<g(lib|io|object)|\bg_(?:auto|free|malloc|new|str|clear|error)", line):
                    yield f"{path}:{number}: sandbox/ uses no GLib"


def file_length():
    for path in files(".c", ".h", ".py", ".build", "dev", ".sh"):
        if path.startswith(("subprojects", "runtimes", "manifests")):
            continue
        lines = text(path).count("\n")
        if lines > LIMIT:
            yield f"{path}: {lines} lines, more than {LIMIT}: split it by concept"


def function_length():
    for path in files(".c"):
        start = name = None
        before = ""
        for number, line in enumerate(text(path).splitlines(), 1):
            if line == "{":
                start, name = number, before
            elif line == "}" and start:
                if number - start > FUNCTION_LIMIT:
                    yield f"warning: {path}:{start}: {name.split('(')[0].strip()}: {number - start} lines"
                start = None
            elif line and not line[0].isspace():
                before = line


def banned_identifiers():
    words = re.compile(r"(?<![\w.>])(" + "|".join(BANNED) + r")\s*\(")
    for path in files(".c", ".h"):
        for number, line in enumerate(code_only(text(path)).splitlines(), 1):
            for word in words.findall(line):
                if not (path.startswith("tests") and word.startswith("ato")):     # numbers of our own tests
                    yield f"{path}:{number}: {word}(): {BANNED[word]}"


def prints_only_in_verbs():
    """Below the programs' verbs nothing prints and nothing ends the process."""
    calls = re.compile(r"(?<![\w.>])(printf|puts|perror|g_print|g_printerr|exit|err|errx|warnx?)\s*\(")
    for path in files(".c"):
        if not path.startswith(("bundle", "image", "store", "builder/manifest", "builder/plan", "builder/sources",
                                "builder/tree", "builder/buildsystems", "builder/export", "runner/plan", "runner/session")):
            continue
        source = code_only(text(path))
        if re.search(r"^main \(", source, re.MULTILINE):     # a program of its own
            continue
        for number, line in enumerate(source.splitlines(), 1):
            for word in calls.findall(line):
                yield f"{path}:{number}: {word}() is for verbs"


def spdx_lines():
    for path in files(".c", ".h", ".py", ".build", ".yaml", ".1", ".sh", "dev", "run", "launch"):
        if os.sep + "hostile" + os.sep in path or path.startswith("tests/plans") or path.endswith(".lock.yaml"):
            continue     # data of tests, generated files
        if "SPDX-License-Identifier: LGPL-2.1-or-later" not in "\n".join(text(path).splitlines()[:4]):
            yield f"{path}: no SPDX line at the top"


def unfinished_words():
    words = re.compile(r"\b(" + "|".join(("TO" + "DO", "FIX" + "ME", "XX" + "X", "HA" + "CK")) + r")\b")
    for path in files(".c", ".h", ".py", ".build", ".md", ".yaml", "dev"):
        for number, line in enumerate(text(path).splitlines(), 1):
            if words.search(line):
                yield f"{path}:{number}: {line.strip()[:80]}"


def apt_hosts():
    """Host names in this machine's own package configuration: the ones that slip into a file by accident."""
    hosts = set()
    for path in ["/etc/apt/sources.list", *glob.glob("/etc/apt/sources.list.d/*")]:
        try:
            with open(path, encoding="utf-8", errors="replace") as f:
                hosts |= set(re.findall(r"^[^#\n]*https?://([^/\s:]+)", f.read(), re.MULTILINE))
        except OSError:
            continue
    return hosts - {"localhost", "127.0.0.1"}


def no_mirror_names():
    names = re.compile("|".join([r"\b(?:deb|ftp|security|snapshot|archive|cdn-fastly|httpredir)(?:\.\w+)*\.debian\.org"]
                                + [r"(?<![\w.])" + re.escape(host) for host in sorted(apt_hosts())]))
    for path in files():
        for number, line in enumerate(text(path).splitlines(), 1):
            if names.search(line):
                yield f"{path}:{number}: names the host of a package mirror"


def no_paths_outside():
    outside = re.compile(r"\.\./" + "shared|/work/" + "(shared|wt|main)")
    for path in files():
        if path.startswith("tests") and not path.endswith(".py"):
            continue
        for number, line in enumerate(text(path).splitlines(), 1):
            if outside.search(line) and "environ" not in line:
                yield f"{path}:{number}: a path outside the repository"


def white_space():
    for path in files(".c", ".h", ".py", ".build", ".md", "dev"):
        source = text(path)
        for number, line in enumerate(source.splitlines(), 1):
            if line != line.rstrip():
                yield f"{path}:{number}: blanks at the end of the line"
            if "\t" in line and path.endswith((".c", ".h", ".py", "meson.build")):
                yield f"{path}:{number}: a tab"
            if len(line) > COLUMNS + 20 * path.startswith("tests") and not path.endswith(".md"):
                yield f"{path}:{number}: {len(line)} columns"
        if source and not source.endswith("\n"):
            yield f"{path}: no newline at the end"


def weakened_places():
    """The last column of the tables of attacks names weakened builds that there are, and those find their texts."""
    every = [*mutate.MUTATIONS, *mutate.OF_THE_BUILDER]
    for path in ("tests/ATTACKS.md", "tests/ATTACKS-runner.md", "tests/ATTACKS-builder.md"):
        for number, line in enumerate(text(path).splitlines(), 1):
            if line.startswith("|") and line.count("|") < 5:
                yield f"{path}:{number}: the row has no last column"
            names = line.rstrip("| ").rsplit("|", 1)[-1] if line.startswith("| ") and not line.endswith("| |") else ""
            for name in filter(None, (n.strip() for n in names.split(","))):
                if name not in every and name != "weakened":
                    yield f"{path}:{number}: no weakened build is called {name}; ./dev mutate -l lists them"
    for name in every:
        for file, old, _ in mutate.mutant(name)[0]:
            if not os.path.exists(os.path.join(SOURCE, file)) or old not in text(file):
                yield f"warning: the text that {name} replaces is not in {file} any more"


def attacks_have_tests():
    """What the engine's table says to be tried is in the name of a test, by its public id; an id in parentheses is another name."""
    plain = re.compile(r"[^a-z0-9]+")
    names = "\n".join(plain.sub("_", line.lower()) for path in files(".py", ".c") if path.startswith(("tests/system", "tests/unit"))
                      for line in text(path).splitlines() if re.search(r"def test_|\bADD \(|g_test_add", line))
    for number, line in enumerate(text("tests/ATTACKS.md").splitlines(), 1):
        cells = line.split("|")
        if len(cells) < 6 or cells[1].strip() in ("id", "fault", "---") or not cells[-2].strip():
            continue
        for public in filter(None, (plain.sub("_", word.strip().lower()) for word in re.sub(r"\(.*?\)", "", cells[1]).split(","))):
            if not re.search(rf"_{public.strip('_')}_", names):
                yield f"tests/ATTACKS.md:{number}: no test is called {public}"


RULES = {rule.__name__.replace("_", "-"): rule for rule in (
    include_arrows, only_user_of, sandbox_without_glib, file_length, function_length, banned_identifiers,
    prints_only_in_verbs, spdx_lines, unfinished_words, no_mirror_names, no_paths_outside, white_space, weakened_places, attacks_have_tests)}
