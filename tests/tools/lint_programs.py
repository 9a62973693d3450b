# SPDX-License-Identifier: LGPL-2.1-or-later
"""Rules that run something: compilers, checkers, and the built programs' --help against their manual pages."""
import functools
import json
import os
import platform
import re
import shutil
import subprocess
import sys

from lint_text import SOURCE, files, text

BUILDDIR = os.path.abspath(os.environ.get("NACELLE_BUILDDIR") or os.path.join(SOURCE, "_build"))
MANUALS = ("apprun", "appbuild")
COLUMNS = 80


class Skip(Exception):
    pass


def introspect(what):
    path = os.path.join(BUILDDIR, "meson-info", f"intro-{what}.json")
    if not os.path.exists(path):
        raise Skip(f"{BUILDDIR} is not built; ./dev build")
    with open(path, encoding="utf-8") as f:
        return json.load(f)


def run(argv, **options):
    return subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300, check=False,
                          cwd=SOURCE, **options)


def installed_programs():
    """{name: built path} of what users type."""
    result = {}
    for built, place in introspect("installed").items():
        if os.path.basename(os.path.dirname(place)) == "bin":
            result[os.path.basename(place)] = built
    return result


def warnings_are_errors():
    if run(["gcc", "-dumpversion"]).stdout.strip() != "12":
        raise Skip("this is not the compiler that the code is kept free of warnings with (gcc 12)")
    option = {o["name"]: o["value"] for o in introspect("buildoptions")}["werror"]
    if not option:
        yield f"{BUILDDIR} is configured without -Dwerror=true"


def headers_stand_alone():
    flags = run(["pkg-config", "--cflags", "glib-2.0"]).stdout.split()
    for path in files(".h"):
        if path.startswith("tests"):
            continue
        done = run(["gcc", "-std=gnu11", "-D_GNU_SOURCE", "-fsyntax-only", "-x", "c", "-I.", *flags, path])
        if done.returncode != 0 and "fatal error" not in done.stderr:
            yield f"{path}: does not compile alone: {done.stderr.splitlines()[0] if done.stderr else ''}"


def cppcheck():
    if not shutil.which("cppcheck"):
        raise Skip("cppcheck is not installed")
    rooms = [room for room in ("base", "bundle", "sandbox", "image", "store", "builder", "runner")
             if any(path.startswith(room + os.sep) for path in files(".c"))]
    # Declarations with attributes of ours are spelled out, so that the checker parses them.
    machine = [f"-D__{platform.machine()}__=1", "-D__LP64__=1", "-D__GNUC__=12"]
    # Macros that the checker cannot know, spelled out.
    macros = ["_GNU_SOURCE", 'NACELLE_VERSION=""', 'NACELLE_LIBEXECDIR=""', "g_autoptr(x)=x *", "g_autofree=", "autofd=int",
              "g_auto(x)=x", "G_DEFINE_AUTOPTR_CLEANUP_FUNC(a,b)=", "G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(a,b)=",
              "G_GNUC_PRINTF(a,b)=", "G_N_ELEMENTS(a)=(sizeof(a)/sizeof((a)[0]))", "G_STATIC_ASSERT(a)=",
              "G_UNLIKELY(a)=(a)", "G_LIKELY(a)=(a)", "g_steal_pointer(p)=*(p)", "TRUE=1", "FALSE=0"]
    # What is NULL at the end of a list is a pointer on every platform that Nacelle runs on.
    suppressed = ["missingInclude", "varFuncNullUB", "selfAssignment", "unknownMacro", "uninitvar:*",
                  "normalCheckLevelMaxBranches"]
    done = run(["cppcheck", "-q", "-j2", "--std=c11", "--enable=warning,portability", "--inline-suppr", "-I.", *machine,
                *[f"-D{macro}" for macro in macros], *[f"--suppress={name}" for name in suppressed], "--error-exitcode=3",
                "--template={file}:{line}: {id}: {message}", *rooms])
    if done.returncode != 0:
        yield from done.stderr.splitlines()[:40]


def scripts_parse():
    for path in ("dev", ".ci/run"):
        done = run(["bash", "-n", path])
        if done.returncode != 0:
            yield f"{path}: {done.stderr}"
    for path in files(".py"):
        try:
            compile(text(path), path, "exec")
        except SyntaxError as e:
            yield f"{path}:{e.lineno}: {e.msg}"


@functools.lru_cache(maxsize=None)
def help_texts(name, path):
    """{"": --help, verb: its --help}, as finished processes."""
    env = {**os.environ, "NACELLE_LIBEXECDIR": os.path.join(BUILDDIR, "libexec")}
    result = {"": run([path, "--help"], env=env)}
    verbs = result[""].stdout.split("Examples:")[0]
    for verb in re.findall(r"^  ([a-z][a-z-]*)(?: .*)?$", verbs, re.MULTILINE):
        result.setdefault(verb, run([path, verb, "--help"], env=env))
    return result


def help_is_on_stdout():
    for name, path in installed_programs().items():
        for verb, done in help_texts(name, path).items():
            command = f"{name} {verb} --help".replace("  ", " ")
            if done.returncode != 0 or not done.stdout.strip():
                yield f"{command}: status {done.returncode}, {len(done.stdout)} bytes on stdout"
            if done.stderr:
                yield f"{command}: writes to stderr: {done.stderr.splitlines()[0]}"
            for line in done.stdout.replace(path, name).splitlines():      # appbox says how it was called
                if len(line) > COLUMNS:
                    yield f"{command}: {len(line)} columns: {line.strip()[:60]}"


def manual_mentions_everything():
    for name, path in installed_programs().items():
        if name not in MANUALS:
            continue
        page = f"man/{name}.1"
        if not os.path.exists(os.path.join(SOURCE, page)):
            yield f"{page} is missing"
            continue
        manual = text(page).replace("\\-", "-").replace("\\fB", "").replace("\\fR", "").replace("\\fI", "")
        for verb, done in help_texts(name, path).items():
            if verb and not re.search(rf"\b{re.escape(verb)}\b", manual):
                yield f"{page}: the verb {verb} is not mentioned"
            for option in sorted(set(re.findall(r"(?<![\w-])--[a-z][a-z-]*[a-z]", done.stdout))):
                if not re.search(re.escape(option) + r"(?![\w-])", manual):
                    yield f"{page}: {option} of {name} {verb} is not mentioned"


def offered_by_completion(name, path):
    """What bash offers behind each verb of a program that begins with "-", and the verbs."""
    script = (f'PATH={os.path.dirname(path)}:$PATH; . base/completion.bash; for verb in $(_nacelle_verbs {name}); do echo $verb; '
              f'COMP_WORDS=({name} $verb --) COMP_CWORD=2; _nacelle; printf "%s\\n" "${{COMPREPLY[@]%=}}"; done')
    env = {**os.environ, "NACELLE_LIBEXECDIR": os.path.join(BUILDDIR, "libexec")}
    return set(run(["bash", "--norc", "-c", script], env=env).stdout.split())


def completion_offers_everything():
    """Every verb, and every option that has an entry of its own in the manual, which knows all that --help does."""
    for name, path in installed_programs().items():
        if name not in MANUALS:
            continue
        entries = "\n".join(re.findall(r"^\.It .*$", text(f"man/{name}.1"), re.MULTILINE)).replace("\\-", "-")
        wanted = {*re.findall(r"(?<![\w-])--[a-z][a-z-]*[a-z]", entries), *(verb for verb in help_texts(name, path) if verb)}
        for word in sorted(wanted - offered_by_completion(name, path) - {"--version"}):
            yield f"base/completion.bash: {word} of {name} is not offered"


def manual_has_no_errors():
    if not shutil.which("man"):
        raise Skip("man is not installed")
    for path in files(".1"):
        done = run(["man", "--warnings", "-l", path], env={**os.environ, "LC_ALL": "C.UTF-8", "MANWIDTH": "80",
                                                           "MANROFFSEQ": ""})
        if done.returncode != 0 or done.stderr:
            yield f"{path}: {done.stderr.strip()[:300]}"


RULES = {rule.__name__.replace("_", "-"): rule for rule in (
    warnings_are_errors, headers_stand_alone, cppcheck, scripts_parse, help_is_on_stdout, manual_mentions_everything,
    completion_offers_everything, manual_has_no_errors)}

if __name__ == "__main__":
    sys.exit("lint_programs.py is a module of lint.py")
