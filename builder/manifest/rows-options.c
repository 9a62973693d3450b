/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "builder/manifest/rows.h"

#define OVERRIDE "Drop what options before these said of it."

#define OBJECT ManifestBuildOptions
static const Field rows[] = {
  TEXT ("cflags", cflags, "Added to CFLAGS."),
  BOOL ("cflags-override", cflags_override, OVERRIDE),
  TEXT ("cxxflags", cxxflags, "Added to CXXFLAGS."),
  BOOL ("cxxflags-override", cxxflags_override, OVERRIDE),
  TEXT ("cppflags", cppflags, "Added to CPPFLAGS."),
  BOOL ("cppflags-override", cppflags_override, OVERRIDE),
  TEXT ("ldflags", ldflags, "Added to LDFLAGS, which of an app begin with -L/app/lib; flatpak-builder leaves that out where there are "
        "ldflags."),
  BOOL ("ldflags-override", ldflags_override, OVERRIDE),
  TEXT ("cgo-cflags", cgo_cflags, "Added to CGO_CFLAGS, which begins as CFLAGS."),
  BOOL ("cgo-cflags-override", cgo_cflags_override, OVERRIDE),
  TEXT ("cgo-cxxflags", cgo_cxxflags, "Added to CGO_CXXFLAGS, which begins as CXXFLAGS."),
  BOOL ("cgo-cxxflags-override", cgo_cxxflags_override, OVERRIDE),
  TEXT ("cgo-ldflags", cgo_ldflags, "Added to CGO_LDFLAGS, which begins as LDFLAGS."),
  BOOL ("cgo-ldflags-override", cgo_ldflags_override, OVERRIDE),
  TEXT ("rustflags", rustflags, "Added to RUSTFLAGS."),
  BOOL ("rustflags-override", rustflags_override, OVERRIDE),
  TEXT ("prefix", prefix, "Where build systems install to.", .standard = "/app, of a runtime /usr",
        .check = value_check_prefix),
  TEXT ("libdir", libdir, "Where build systems install libraries.", .standard = "lib below the prefix",
        .check = value_check_prefix),
  TEXT ("append-path", append_path, "Folders, separated by :, behind PATH; those of all modules behind those of one."),
  TEXT ("prepend-path", prepend_path, "Folders in front of PATH; those of all modules in front of those of one."),
  TEXT ("append-ld-library-path", append_ld_library_path, "Folders behind LD_LIBRARY_PATH."),
  TEXT ("prepend-ld-library-path", prepend_ld_library_path, "Folders in front of LD_LIBRARY_PATH."),
  TEXT ("append-pkg-config-path", append_pkg_config_path, "Folders behind PKG_CONFIG_PATH."),
  TEXT ("prepend-pkg-config-path", prepend_pkg_config_path, "Folders in front of PKG_CONFIG_PATH."),
  ROW ("env", FIELD_ENV, env, "Environment variables: a map, in which no value unsets one, or a list of NAME=VALUE. "
       "PATH, LD_LIBRARY_PATH and PKG_CONFIG_PATH are what append- and prepend- are added to."),
  TEXTS ("secret-env", secret_env, "Variables of the caller that are handed on, and neither stored nor shown.",
         .check = value_check_variable),
  TEXTS ("build-args", build_args,
         "Options of flatpak-build(1) that open the build sandbox: --share, --socket, --device, --allow, --filesystem, "
         "--bind-mount, --env, and --talk-name, --own-name and their --system- forms for single names on a bus, which xdg-dbus-proxy(1) "
         "lets through.  What this machine does not have is left out, and told in the log.",
         .check = value_check_build_arg),
  TEXTS ("test-args", test_args, "The same for the commands of tests, which get these instead.", .check = value_check_build_arg),
  TEXTS ("config-opts", config_opts, "Added to those of each module."),
  TEXTS ("secret-opts", secret_opts, "The same, where $NAME is a variable of the caller, never stored nor shown.",
         .check = value_check_line),
  TEXTS ("make-args", make_args, "Added to those of each module."),
  TEXTS ("make-install-args", make_install_args, "Added to those of each module."),
  BOOL ("strip", strip, "Remove debug information."),
  BOOL ("no-debuginfo", no_debuginfo, "Leave debug information where the compiler put it."),
  BOOL ("no-debuginfo-compression", no_debuginfo_compression, "Do not compress debug information."),
  ROW ("arch", FIELD_ARCH_OPTIONS, arch, "For each architecture: build options that count only there.",
       .scope = OPTIONS_OUTSIDE_ARCH),
  { 0 }
};
#undef OBJECT

const FieldTable options_fields = { "build options", rows };
