#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Show that the tests of attacks can fail: weaken engine, store or runner in one place, build that, and expect the named tests to fail.

    mutate.py [-l] [NAME...]

The source is copied to _build-mutate (or MUTATE_DIR) beside it; each mutation replaces one text of one file there (several where
two defences stand behind each other), builds, runs its tests, and puts the text back.  A mutation whose tests pass, or whose text
is not in the file any more, is a failure.  Those of the builder are in mutants_builder.py; the name "builder" stands for all of them,
"runner" for those of mutants_runner.py.
It takes some minutes, so it is no part of the suite; it runs as an ordinary user, as the tests do.
"""
import argparse
import os
import shutil
import subprocess
import sys
import time

from mutants_builder import MUTANTS as OF_THE_BUILDER
from mutants_engine import MUTANTS as MORE_OF_THE_ENGINE
from mutants_runner import MUTANTS as OF_THE_RUNNER

SOURCE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
WORK = os.environ.get("MUTATE_DIR") or os.path.join(SOURCE, "_build-mutate")

TARGETS = ["sandbox/appbox/appbox", *[f"tests/tools/{name}" for name in ("sandbox-driver", "try-calls", "attack-probe", "fail-call", "race-flip")]]
# What the tests of the builder run.
BUILDER_TARGETS = ["sandbox/appbox/appbox", "builder/appbuild", "builder/vary/nacelle-vary.so", "runner/apprun", "runner/nacelle-run",
                   "runner/manage/nacelle-store", "runner/manage/nacelle-fetch", "image/image-server", "image/image-unpack", "tests/tools/bundle-image"]

# name: (file, text, replacement, pattern of the tests that must fail; or several, each of which must find one); a list of the first
# three for several edits
MUTATIONS = {
    "walk-follows-links": ("sandbox/place.c", "int fd = openat (parent_fd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);",
                           "int fd = openat (parent_fd, name, O_PATH | O_CLOEXEC);", "the_way_to_a_mount_point_is_exchanged"),
    "made-through-links": ("sandbox/place.c", "int fd = openat (parent_fd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);",
                           "int fd = openat (parent_fd, name, O_PATH | O_CLOEXEC);", "what_is_made_on_the_way_stays_inside"),
    "links-lead-outside": ("sandbox/place-follow.c", "RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS", "0", "appbox_links*no_link_leads_outside"),
    "ways-up-leave-the-root": ("sandbox/place.c", 'strcmp (name, "..") == 0\n      || (', "(", "appbox_ways*nothing_is_above_the_root"),
    "apps-follow-links": ("sandbox/place.c", "(setup->launch->start & SANDBOX_START_FOLLOW_LINKS) != 0", "setup->fault_fd > 0",
                          "plans_of_apps_are_strict"),
    "last-name-follows-links": ("sandbox/place.c", "  fd = openat (parent, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);\n  if (fd < 0 && errno == ENOENT",
                                "  fd = openat (parent, name, O_PATH | O_CLOEXEC);\n  if (fd < 0 && errno == ENOENT",
                                ("proc_is_a_link", "the_place_of_proc_is_exchanged")),
    "source-is-not-compared": ("sandbox/source.c", "before.st_dev != now.st_dev || before.st_ino != now.st_ino", "0",
                               "the_source_of_a_bind_is_exchanged"),
    "layer-is-not-compared": ("sandbox/source.c", "before.st_dev != now.st_dev || before.st_ino != now.st_ino", "before.st_mode != now.st_mode",
                              "layers_of_an_overlay_are_exchanged"),
    "descriptors-stay-open": ("sandbox/descriptors.c", "pass_all (setup, held) < 0 || close_others (setup) < 0",
                              "pass_all (setup, held) < 0", "sandbox_places*no_descriptor_of_the_caller"),
    "read-only-is-not-set": ("sandbox/mount-new.c", "    attr.set |= MOUNT_ATTR_RDONLY;\n", "    attr.set |= 0;\n",
                             "sandbox_places*read_write_and_read_only"),
    "restrictions-of-the-top-only": ("sandbox/mount-new.c", "AT_EMPTY_PATH | AT_RECURSIVE, &attr", "AT_EMPTY_PATH, &attr",
                                     "sandbox_places*recursive_in_all"),
    "bounding-set-stays": ("sandbox/privileges.c", "if (cap_drop_bound (capability) < 0)", "if (capability > 70)",
                           "no_set_comes_back"),
    "scope-is-not-set": ("sandbox/scope.c", "LANDLOCK_SCOPE_ABSTRACT_SOCKET | LANDLOCK_SCOPE_SIGNAL", "LANDLOCK_SCOPE_ABSTRACT_SOCKET",
                         "signals_do_not_reach"),
    "landlock-allows-the-host": ("sandbox/landlock.c", "  if (rule_add (setup, setup->root_fd, root, \"/\") < 0\n",
                                 "  if (rule_add (setup, open (\"/home\", O_PATH), RIGHTS_ALL, \"/\") < 0\n"
                                 "      || rule_add (setup, setup->root_fd, root, \"/\") < 0\n", "a_descriptor_of_the_host_opens_nothing"),
    "landlock-writes-everywhere": ("sandbox/landlock.c", "if ((flags & SANDBOX_BIND_READ_ONLY) == 0)", "if (flags < 99)",
                                   "rules_say_what_the_mounts_say"),
    "nothing-is-pinned": ("sandbox/places.c", "      return make_pin (setup, record);", "      return 0;", "pinned_directories"),
    "nothing-is-restricted": ("sandbox/places.c", "      return make_restricted (setup, record);", "      return 0;", "places_are_less"),
    "lists-let-x32-through": ("sandbox/filter-list.c", "BPF_JGE | BPF_K, 0, 1, X32_BIT", "BPF_JGE | BPF_K, 0, 1, 2 * X32_BIT", "no_way_around"),
    "sets-enter-any-namespace": ("sandbox/filter-list.c", "BPF_JEQ | BPF_K, 1, 0, 0);", "BPF_JEQ | BPF_K, 2, 0, 0);", "deny_namespaces"),
    "nothing-is-hidden": ("sandbox/places.c", "      return make_hidden (setup, record);", "      return 0;", "sandbox_places*test_hide"),
    "devices-are-not-looked-at": ("sandbox/dev.c", "st.st_rdev != makedev (nodes[i].major, nodes[i].minor)", "st.st_rdev == 0",
                                  "devices_are_the_hosts"),
    "init-can-be-looked-at": ("sandbox/init/init.c", "PR_SET_DUMPABLE, 0,", "PR_SET_DUMPABLE, 1,",
                             ("processes_of_the_host_and_the_set_up", "no_other_way_to_a_user_namespace", "init_leads_to_no_program")),
    "high-bits-count": ("sandbox/filters/generate.c", "SCMP_CMP_MASKED_EQ, 0xffffffffu, (uint64_t) TIOCSTI", "SCMP_CMP_EQ, (uint64_t) TIOCSTI",
                        "sandbox_filter*typed_into"),
    "later-calls-exist": ("sandbox/filters/generate.c", "#define NEWEST_KNOWN 466", "#define NEWEST_KNOWN 5000", "later_kernels_do_not_exist"),
    "clone3-exists": ("sandbox/filters/generate.c", "  \"clone3\", ", "  ", "new_namespaces_and_mounts"),
    "families-are-open": ("sandbox/filters/generate.c", "  socket_rules (filter, profile);\n", "  if (profile > 99)\n    socket_rules (filter, profile);\n",
                          "new_namespaces_and_mounts"),
    "cwd-may-be-a-descriptor": ("sandbox/plan-process.c", "path_leads_below (record.dest, \"/proc\") || path_leads_below (record.dest, \"/dev\")",
                                "0", "working_directory_is_never"),
    "a-failed-filter-is-no-fault": ("sandbox/start.c", "    return fault_set (setup, FAULT_PLAIN, \"prctl\", \"seccomp\");", "    return 0;",
                                    "a_step_that_fails_is_the_end"),
    "a-descriptor-of-init-stays-open": ("sandbox/init/execute.c", "result_check (task, \"fcntl\", ", "(void) (",
                                        "c7_each_call_of_a_launch"),
    "init-may-stay-dumpable": ("sandbox/init/init.c", "result_check (task, \"prctl\", system_call (__NR_prctl, PR_SET_DUMPABLE",
                               "(void) (system_call (__NR_prctl, PR_SET_DUMPABLE", "c7_each_call_of_a_launch"),
    "a-pipe-is-left-open": ("sandbox/run.c", "  (void) close (fault_pipe[0]);\n  (void) close (fault_pipe[1]);\n", "",
                            "no_descriptor_more_afterwards"),
    "a-false-proc-takes-labels": ("sandbox/init/execute.c", "fs.f_type != PROC_SUPER_MAGIC", "0", "a_label_that_is_not_set"),
    "init-is-whoever-says-so": ("sandbox/init/init.c", "|| !is_init (argv[0], task->flags)", "", "arguments_of_an_app"),
    "files-are-written-through-links": ("sandbox/places.c", "O_TRUNC | O_NOFOLLOW | O_NONBLOCK", "O_TRUNC | O_NONBLOCK", "files_that_we_make"),
    "words-may-become-marks": ("bundle/desktop-exec.c", "g_str_has_prefix (clean->str, FORWARD) || (code && strchr (clean->str, '@') != NULL)",
                               "code && clean->len > 9999", "hostile_exports"),
    "exports-of-any-name": ("store/exports-write.c", "!exported_name_allowed (ref->id, name)", "name[0] == '\\n'", "hostile_exports"),
    "icons-of-any-size": ("store/exports-write.c", "width > ICON_SIZE_MAX || height > ICON_SIZE_MAX", "0", "hostile_exports"),
    "names-of-other-apps": ("store/exports-links.c", "strlen (other->id) > strlen (id) &&", "0 &&", "names_belong_to_the_app"),
    "links-of-old-writers-stay": ("store/exports-links.c", "  if (!remove_others (wanted, fd, \"\", error))\n    return FALSE;\n", "",
                                  "what_a_killed_writer_left"),
    "marks-without-the-option": ("runner/options.c", "if (options.file_forwarding)", "if (!*ret_done)", "only_what_was_opened"),
    "updates-are-not-compared": ("store/pull.c", "!consent_ask (store, current, commit->metadata, error) || ", "", "updates_that_want_more"),
    "older-versions-are-taken": ("store/pull.c", "gboolean older = commit->time < current->commit_time;", "gboolean older = FALSE;",
                                 "Downgrade*test_old_repository"),
    "metadata-of-the-tree-is-not-read": ("store/pull.c", "length != strlen (commit->metadata->text) || memcmp (text, commit->metadata->text, length) != 0",
                                         "length > METADATA_SIZE_MAX", "other_than_in_the_tree"),
    "overrides-of-others": ("runner/layers.c", "(st.st_mode & (S_IWGRP | S_IWOTH)) != 0", "st.st_mode == 0", "untrusted_overrides"),
    "what-has-changed-is-kept": ("runner/front/again.c", "|| !witness_is (&now, &witness->state)", "", "run_kept*what_it_depends_on"),
    "kept-by-others": ("runner/front/again.c", "(st.st_mode & 077) == 0", "st.st_mode != 0", "run_kept*not_ours_alone"),
    "setuid-is-fine": ("base/verb.c", "if (getauxval (AT_SECURE) == 0)", "if (getauxval (AT_SECURE) < 2)", "made_setuid"),
    "merged-folders-through-links": ("runner/plan/extensions.c",
                                     "file_open_beneath (extension->bundle->files_fd, folder, O_RDONLY | O_DIRECTORY, 0, NULL)",
                                     "openat (extension->bundle->files_fd, folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)",
                                     "links_in_an_extension"),
}
MUTATIONS.update(MORE_OF_THE_ENGINE)
MUTATIONS.update(OF_THE_RUNNER)


def run(argv, **options):
    return subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, **options)


def prepare():
    tree = os.path.join(WORK, "source")
    if os.path.isdir(tree):
        shutil.rmtree(tree)
    shutil.copytree(SOURCE, tree, symlinks=True, ignore=shutil.ignore_patterns("_build*", ".git"))
    # What an earlier run built last may be a weakened file; a copy with the time of the original would not be built again.
    for file in {file for name in chosen([]) for file, _, _ in mutant(name)[0]}:
        os.utime(os.path.join(tree, file))
    build = os.path.join(WORK, "build")
    if not os.path.exists(os.path.join(build, "build.ninja")):
        result = run(["meson", "setup", build, tree])
        if result.returncode != 0:
            sys.exit(result.stdout)
    return tree, build


def mutant(name):
    """Its edits, (file, text, replacement), its patterns, and what has to be built for system tests; no targets are everything."""
    if name in OF_THE_BUILDER:
        _, edits, patterns = OF_THE_BUILDER[name]
        targets = BUILDER_TARGETS
    else:
        *edits, patterns = MUTATIONS[name]
        edits = edits[0] if isinstance(edits[0], list) else [tuple(edits)]
        of_the_engine = name not in OF_THE_RUNNER and all(file.startswith("sandbox/") for file, _, _ in edits)
        targets = TARGETS if of_the_engine else []
    return edits if isinstance(edits, list) else [edits], [patterns] if isinstance(patterns, str) else patterns, targets


def unit_program(pattern):
    """Of "unit/ROOM-NAME: /case"."""
    name = pattern.split(":")[0].removeprefix("unit/")
    return f"tests/unit/{name.split('-')[0]}/test-{name}"


def compile_and_test(tree, build, patterns, targets):
    """Returns whether tests of each pattern failed, and what was printed."""
    system = [pattern for pattern in patterns if not pattern.startswith("unit/")]
    units = {unit_program(pattern) for pattern in patterns if pattern.startswith("unit/")}
    if system and not targets:
        units = set()
    result = run(["ninja", "-C", build, *(targets if system else []), *sorted(units)])
    if result.returncode != 0:
        return None, "does not build:\n" + result.stdout[-3000:]
    for pattern in patterns:
        failed, output = test_unit(tree, build, pattern) if pattern.startswith("unit/") else test(tree, build, f"*{pattern}*")
        if not failed:
            break
    return failed, output


def test_unit(tree, build, pattern):
    program = os.path.join(build, unit_program(pattern))
    case = pattern.split(": ")[1]
    if case not in run([program, "-l"]).stdout.splitlines():
        return None, f"no test is called {pattern}"
    result = run([program, "-p", case], env={**os.environ, "G_TEST_SRCDIR": tree})
    return result.returncode != 0, f"{pattern}\n{result.stdout[-1500:]}"


def test(tree, build, pattern):
    kind = "old-kernel" if "old-kernel/" in pattern else "system"
    result = run([sys.executable, os.path.join(tree, "tests", "tools", "run.py"), "--builddir", build, "--kind", kind, pattern])
    failed = [line for line in result.stdout.splitlines() if line.startswith("FAIL ")]
    if result.stdout.rstrip().endswith("0 passed, 0 failed, 0 skipped"):
        return None, f"no test is called {pattern}"
    return bool(failed), result.stdout[-1500:]


def edit(tree, edits):
    """Make the edits; the texts that the files had, by path.  Nothing is changed when one of them is not possible."""
    before = {}
    after = {}
    for file, old, new in edits:
        path = os.path.join(tree, file)
        if path not in before:
            with open(path, encoding="utf-8") as f:
                before[path] = after[path] = f.read()
        if old not in after[path]:
            raise LookupError(f"the text is not in {file} any more")
        after[path] = after[path].replace(old, new, 1)
    put(after)
    return before


def put(texts):
    for path, text in texts.items():
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)


def mutate(name, tree, build):
    edits, patterns, targets = mutant(name)
    try:
        before = edit(tree, edits)
    except LookupError as e:
        return str(e)
    try:
        failed, output = compile_and_test(tree, build, patterns, targets)
    finally:
        put(before)
    if failed is None:
        return output
    return None if failed else f"no test noticed:\n{output}"


def chosen(names):
    every = [*MUTATIONS, *OF_THE_BUILDER]
    return [mutation for name in names or every for mutation in {"builder": OF_THE_BUILDER, "runner": OF_THE_RUNNER}.get(name, [name])]


def main():
    parser = argparse.ArgumentParser(description="Weaken one place at a time and expect tests to fail.")
    parser.add_argument("name", nargs="*", help="only these; \"builder\", \"runner\": all of theirs")
    parser.add_argument("-l", "--list", action="store_true", help="print the names and end")
    arguments = parser.parse_args()
    if arguments.list:
        print("\n".join([*MUTATIONS, *OF_THE_BUILDER]))
        return 0
    if os.geteuid() == 0:
        sys.exit("mutate.py runs tests, and those do not run as root")
    tree, build = prepare()
    unnoticed = 0
    begun = time.monotonic()
    for name in chosen(arguments.name):
        why = mutate(name, tree, build)
        unnoticed += why is not None
        print(f"{'noticed  ' if why is None else 'UNNOTICED'} {name}{'' if why is None else ': ' + why}", flush=True)
    print(f"{unnoticed} of them unnoticed; it took {time.monotonic() - begun:.0f} seconds")
    return 1 if unnoticed else 0


if __name__ == "__main__":
    sys.exit(main())
