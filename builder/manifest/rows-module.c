/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "builder/manifest/rows.h"

#define OBJECT ManifestModule
static const Field rows[] = {
  TEXT ("name", name, "Name of the module; also of its folder.", .check = value_check_module_name),
  BOOL ("disabled", disabled, "Leave it and its nested modules out.", .no_digest = TRUE),
  TEXTS ("depends", depends,
         "Names of the modules that it needs, which come before it: it is built in the files of these, of its nested modules and of "
         "what these need, beside modules that it has nothing to do with.  Without the key it needs all before it, and so it does with "
         "writable-sdk and var, where all write to the same place.",
         .check = value_check_module_name, .no_digest = TRUE, .own = TRUE),
  TEXT ("buildsystem", buildsystem, "autotools, cmake, cmake-ninja, meson, qmake or simple.", .standard = "autotools",
        .check = value_check_buildsystem),
  BOOL ("cmake", cmake, "Old way to write buildsystem: cmake.", .no_digest = TRUE),
  TEXTS ("config-opts", config_opts, "Arguments of configure, cmake, meson or qmake."),
  TEXTS ("secret-opts", secret_opts, "The same, where $NAME is a variable of the caller, never stored nor shown.",
         .check = value_check_line),
  TEXTS ("secret-env", secret_env, "Variables of the caller that are handed on, and neither stored nor shown.",
         .check = value_check_variable),
  TEXTS ("make-args", make_args, "Arguments of make or ninja."),
  TEXTS ("make-install-args", make_install_args, "Arguments of make or ninja when they install."),
  TEXTS ("build-commands", build_commands, "Commands between building and installing; with simple, all there is."),
  TEXTS ("post-install", post_install, "Commands after installing."),
  TEXT ("subdir", subdir, "Folder of the sources that is built.", .check = value_check_inner_path),
  BOOL ("builddir", builddir, "Build in a folder of its own, as cmake, cmake-ninja and meson always do."),
  BOOL ("rm-configure", rm_configure, "Remove configure first, so that it is made anew."),
  BOOL ("no-autogen", no_autogen, "Do not make a missing configure."),
  BOOL ("no-parallel-make", no_parallel_make, "One command at a time."),
  BOOL ("no-make-install", no_make_install, "Do not install."),
  TEXT ("install-rule", install_rule, "What make or ninja are told to install.", .standard = "install",
        .check = value_check_rule),
  BOOL ("run-tests", run_tests, "Run its tests after everything else, when nothing below the prefix can be written."),
  TEXT ("test-rule", test_rule, "What make or ninja are told to test; empty: nothing.", .check = value_check_test_rule),
  TEXTS ("test-commands", test_commands, "Commands that test it."),
  TEXTS ("license-files", license_files, "Files of the sources that are its licence; without it, those with usual names.",
         .check = value_check_inner_path),
  TEXTS ("cleanup", cleanup, "Patterns of files of this module that are removed at the end.",
         .no_digest = TRUE) /* done at the end, over what all modules made */,
  TEXTS ("cleanup-platform", cleanup_platform, "Patterns of files of this module that id-platform goes without.",
         .no_digest = TRUE),
  TEXTS ("only-arches", only_arches, "Architectures that it is built for.", .check = value_check_arch, .no_digest = TRUE),
  TEXTS ("skip-arches", skip_arches, "Architectures that it is not built for.", .check = value_check_arch,
         .no_digest = TRUE),
  ROW ("build-options", FIELD_OPTIONS, build_options, "Added to those of the manifest."),
  ROW ("sources", FIELD_SOURCES, sources, "What it is built from: maps, or names of files that hold one or a list."),
  ROW ("modules", FIELD_MODULES, modules, "Modules that are built before it."),
  TEXTS ("ensure-writable", ensure_writable, "Has no effect: every file may be written while a module is built.", .no_digest = TRUE),
  BOOL ("no-python-timestamp-fix", no_python_timestamp_fix,
        "Leave compiled Python files as they are; else they are made valid for the time that every file gets."),
  { 0 }
};
#undef OBJECT

const FieldTable module_fields = { "a module", rows };
