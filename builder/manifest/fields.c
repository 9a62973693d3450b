/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "builder/manifest/fields.h"

#include "base/verb.h"
#include "builder/manifest/value.h"

/* In the rows below: NOW (key, type, member, check), LATER (key), NO_EFFECT (key, why). */
#define ROW(key_, type_, member_, ...) { .key = key_, .type = type_, .offset = G_STRUCT_OFFSET (OBJECT, member_), __VA_ARGS__ }
#define TEXT(key_, member_, ...) ROW (key_, FIELD_TEXT, member_, __VA_ARGS__)
#define TEXTS(key_, member_, ...) ROW (key_, FIELD_TEXTS, member_, __VA_ARGS__)
#define BOOL(key_, member_, ...) ROW (key_, FIELD_BOOL, member_, __VA_ARGS__)
#define LATER(key_, ...) { .key = key_, .type = FIELD_ANY, .state = FIELD_LATER, __VA_ARGS__ }
#define NO_EFFECT(key_, why_) { .key = key_, .type = FIELD_ANY, .state = FIELD_NO_EFFECT, .hint = why_ }

#define NO_PLATFORM "no platform is made of an SDK"
#define NO_TESTS "no tests are run during a build"

#define OBJECT Manifest
static const Field manifest_rows[] = {
  TEXT ("id", id, .check = value_check_id),
  TEXT ("app-id", id, .check = value_check_id),
  TEXT ("branch", branch, .check = value_check_branch),
  TEXT ("default-branch", default_branch, .check = value_check_branch),
  TEXT ("runtime", runtime, .check = value_check_base),
  TEXT ("runtime-version", runtime_version, .check = value_check_branch),
  TEXT ("sdk", sdk, .check = value_check_base),
  TEXT ("command", command, .check = value_check_command),
  BOOL ("build-runtime", build_runtime),
  ROW ("finish-args", FIELD_PERMISSIONS, finish_args, .check = value_check_permission),
  TEXTS ("tags", tags, .check = value_check_tag),
  TEXTS ("cleanup", cleanup),
  TEXTS ("cleanup-commands", cleanup_commands),
  ROW ("build-options", FIELD_OPTIONS, build_options),
  ROW ("modules", FIELD_MODULES, modules),
  TEXT ("mirror", mirror, .check = value_check_web_url, .no_digest = TRUE),
  LATER ("collection-id"),
  LATER ("extension-tag"),
  LATER ("token-type"),
  LATER ("runtime-commit"),
  LATER ("sdk-commit"),
  LATER ("base-commit"),
  LATER ("var"),
  LATER ("metadata"),
  LATER ("metadata-platform"),
  LATER ("build-extension"),
  LATER ("id-platform"),
  LATER ("separate-locales"),
  LATER ("writable-sdk"),
  LATER ("appstream-compose"),
  LATER ("sdk-extensions"),
  LATER ("platform-extensions"),
  LATER ("base"),
  LATER ("base-version"),
  LATER ("base-extensions"),
  LATER ("inherit-extensions"),
  LATER ("inherit-sdk-extensions"),
  LATER ("add-extensions"),
  LATER ("add-build-extensions"),
  LATER ("rename-desktop-file"),
  LATER ("rename-appdata-file"),
  LATER ("rename-icon"),
  LATER ("copy-icon"),
  LATER ("rename-mime-file"),
  LATER ("rename-mime-icons"),
  LATER ("appdata-license"),
  LATER ("desktop-file-name-prefix"),
  LATER ("desktop-file-name-suffix"),
  NO_EFFECT ("cleanup-platform", NO_PLATFORM),
  NO_EFFECT ("cleanup-platform-commands", NO_PLATFORM),
  NO_EFFECT ("prepare-platform-commands", NO_PLATFORM),
  { 0 }
};
#undef OBJECT

#define OBJECT ManifestBuildOptions
static const Field options_rows[] = {
  TEXT ("cflags", cflags),
  TEXT ("cxxflags", cxxflags),
  TEXT ("cppflags", cppflags),
  TEXT ("ldflags", ldflags),
  BOOL ("cflags-override", cflags_override),
  BOOL ("cxxflags-override", cxxflags_override),
  BOOL ("cppflags-override", cppflags_override),
  BOOL ("ldflags-override", ldflags_override),
  TEXT ("prefix", prefix, .check = value_check_prefix),
  TEXT ("libdir", libdir, .check = value_check_prefix),
  TEXT ("append-path", append_path),
  TEXT ("prepend-path", prepend_path),
  TEXT ("append-ld-library-path", append_ld_library_path),
  TEXT ("prepend-ld-library-path", prepend_ld_library_path),
  TEXT ("append-pkg-config-path", append_pkg_config_path),
  TEXT ("prepend-pkg-config-path", prepend_pkg_config_path),
  ROW ("env", FIELD_ENV, env),
  TEXTS ("build-args", build_args, .check = value_check_build_arg),
  TEXTS ("config-opts", config_opts),
  TEXTS ("make-args", make_args),
  TEXTS ("make-install-args", make_install_args),
  BOOL ("strip", strip),
  BOOL ("no-debuginfo", no_debuginfo),
  ROW ("arch", FIELD_ARCH_OPTIONS, arch, .scope = OPTIONS_OUTSIDE_ARCH),
  LATER ("cgo-cflags"),
  LATER ("cgo-cxxflags"),
  LATER ("cgo-ldflags"),
  LATER ("cgo-cflags-override"),
  LATER ("cgo-cxxflags-override"),
  LATER ("cgo-ldflags-override"),
  LATER ("rustflags", .hint = "\"env\" can set RUSTFLAGS"),
  LATER ("rustflags-override"),
  LATER ("secret-env"),
  LATER ("secret-opts"),
  NO_EFFECT ("test-args", NO_TESTS),
  NO_EFFECT ("no-debuginfo-compression", "debug information is not compressed"),
  { 0 }
};
#undef OBJECT

#define OBJECT ManifestModule
static const Field module_rows[] = {
  TEXT ("name", name, .check = value_check_module_name),
  BOOL ("disabled", disabled, .no_digest = TRUE),
  TEXT ("buildsystem", buildsystem, .check = value_check_buildsystem),
  TEXTS ("config-opts", config_opts),
  TEXTS ("make-args", make_args),
  TEXTS ("make-install-args", make_install_args),
  TEXTS ("build-commands", build_commands),
  TEXTS ("post-install", post_install),
  TEXT ("subdir", subdir, .check = value_check_inner_path),
  BOOL ("builddir", builddir),
  BOOL ("rm-configure", rm_configure),
  BOOL ("no-autogen", no_autogen),
  BOOL ("no-parallel-make", no_parallel_make),
  BOOL ("no-make-install", no_make_install),
  TEXT ("install-rule", install_rule, .check = value_check_rule),
  TEXTS ("cleanup", cleanup, .no_digest = TRUE) /* done at the end, over what all modules made */,
  TEXTS ("only-arches", only_arches, .check = value_check_arch, .no_digest = TRUE),
  TEXTS ("skip-arches", skip_arches, .check = value_check_arch, .no_digest = TRUE),
  ROW ("build-options", FIELD_OPTIONS, build_options),
  ROW ("sources", FIELD_SOURCES, sources),
  ROW ("modules", FIELD_MODULES, modules),
  LATER ("cmake", .hint = "write \"buildsystem: cmake\""),
  LATER ("secret-opts"),
  LATER ("secret-env"),
  LATER ("run-tests"),
  LATER ("license-files"),
  NO_EFFECT ("test-rule", NO_TESTS),
  NO_EFFECT ("test-commands", NO_TESTS),
  NO_EFFECT ("cleanup-platform", NO_PLATFORM),
  NO_EFFECT ("ensure-writable", "every file may be written while a module is built"),
  NO_EFFECT ("no-python-timestamp-fix", "compiled Python files are left as they are"),
  { 0 }
};
#undef OBJECT

enum
{
  ARCHIVE = 1 << 0,
  FILE_ = 1 << 1,
  GIT = 1 << 2,
  DIR_ = 1 << 3,
  PATCH = 1 << 4,
  SCRIPT = 1 << 5,
  INLINE = 1 << 6,
  SHELL = 1 << 7,
  EXTRA_DATA = 1 << 8,
  SVN = 1 << 9,
  BZR = 1 << 10,
  PACKAGES = 1 << 11,
};

const SourceType source_types[] = {
  { "archive", ARCHIVE, FIELD_NOW },
  { "file", FILE_, FIELD_NOW },
  { "dir", DIR_, FIELD_NOW },
  { "patch", PATCH, FIELD_NOW },
  { "script", SCRIPT, FIELD_NOW },
  { "shell", SHELL, FIELD_NOW },
  { "packages", PACKAGES, FIELD_NOW },
  { "git", GIT, FIELD_LATER },
  { "inline", INLINE, FIELD_NOW },
  { "extra-data", EXTRA_DATA, FIELD_LATER },
  { "svn", SVN, FIELD_LATER },
  { "bzr", BZR, FIELD_LATER },
  { 0 }
};

#define OBJECT ManifestSource
static const Field source_rows[] = {
  TEXT ("type", type),
  TEXT ("dest", dest, .check = value_check_inner_path, .scope = ~(guint) (PACKAGES | EXTRA_DATA)),
  TEXTS ("only-arches", only_arches, .check = value_check_arch, .no_digest = TRUE),
  TEXTS ("skip-arches", skip_arches, .check = value_check_arch, .no_digest = TRUE),
  TEXT ("path", path, .check = value_check_path, .scope = ARCHIVE | FILE_ | GIT | DIR_ | PATCH, .no_digest = TRUE),
  TEXTS ("paths", paths, .check = value_check_path, .scope = PATCH, .no_digest = TRUE),
  TEXT ("url", url, .check = value_check_url, .scope = ARCHIVE | FILE_ | GIT | EXTRA_DATA | SVN | BZR,
        .no_digest = TRUE),
  TEXTS ("mirror-urls", mirror_urls, .check = value_check_url, .scope = ARCHIVE | FILE_, .no_digest = TRUE),
  TEXT ("md5", md5, .check = value_check_md5, .scope = ARCHIVE | FILE_),
  TEXT ("sha1", sha1, .check = value_check_sha1, .scope = ARCHIVE | FILE_),
  TEXT ("sha256", sha256, .check = value_check_sha256, .scope = ARCHIVE | FILE_ | EXTRA_DATA),
  TEXT ("sha512", sha512, .check = value_check_sha512, .scope = ARCHIVE | FILE_),
  TEXT ("dest-filename", dest_filename, .check = value_check_file_name, .scope = ARCHIVE | FILE_ | SCRIPT | INLINE),
  ROW ("strip-components", FIELD_INT, strip_components, .check = value_check_strip, .scope = ARCHIVE | PATCH),
  TEXT ("archive-type", archive_type, .check = value_check_archive_type, .scope = ARCHIVE),
  TEXTS ("commands", commands, .scope = SCRIPT | SHELL),
  TEXTS ("options", options, .scope = PATCH),
  BOOL ("use-git", use_git, .scope = PATCH),
  BOOL ("use-git-am", use_git_am, .scope = PATCH),
  TEXTS ("skip", skip, .check = value_check_path, .scope = DIR_),
  TEXT ("suite", suite, .check = value_check_suites, .scope = PACKAGES),
  TEXTS ("components", components, .check = value_check_suite, .scope = PACKAGES),
  TEXTS ("packages", packages, .check = value_check_package, .scope = PACKAGES),
  TEXT ("mirror", mirror, .check = value_check_web_url, .scope = PACKAGES, .no_digest = TRUE),
  TEXT ("keyring", keyring, .check = value_check_path, .scope = PACKAGES, .no_digest = TRUE),
  TEXTS ("exclude", exclude, .check = value_check_package, .scope = PACKAGES),
  TEXTS ("post-install", post_install, .scope = PACKAGES),
  TEXT ("referer", referer, .check = value_check_web_url, .scope = ARCHIVE | FILE_, .no_digest = TRUE),
  BOOL ("git-init", git_init, .scope = ARCHIVE),
  LATER ("branch", .scope = GIT),
  LATER ("tag", .scope = GIT),
  LATER ("commit", .scope = GIT),
  LATER ("disable-fsckobjects", .scope = GIT),
  LATER ("disable-shallow-clone", .scope = GIT),
  LATER ("disable-submodules", .scope = GIT),
  LATER ("disable-lfs", .scope = GIT),
  TEXT ("contents", contents, .scope = INLINE),
  BOOL ("base64", base64, .scope = INLINE),
  LATER ("filename", .scope = EXTRA_DATA),
  LATER ("size", .scope = EXTRA_DATA),
  LATER ("installed-size", .scope = EXTRA_DATA),
  LATER ("revision", .scope = SVN | BZR),
  { .key = "disable-http-decompression", .type = FIELD_ANY, .state = FIELD_NO_EFFECT, .scope = ARCHIVE | FILE_,
    .hint = "a download is never decompressed on its way" },
  { 0 }
};
#undef OBJECT

const FieldTable manifest_fields = { "the manifest", manifest_rows };
const FieldTable options_fields = { "build options", options_rows };
const FieldTable module_fields = { "a module", module_rows };
const FieldTable source_fields = { "a source", source_rows };

const Field *
field_find (const FieldTable *table, const char *key)
{
  for (const Field *field = table->fields; field->key != NULL; field++)
    if (g_str_equal (field->key, key))
      return field;
  return NULL;
}

const char *
field_suggest (const FieldTable *table, const char *word, guint scope)
{
  g_autoptr (GPtrArray) keys = g_ptr_array_new ();

  for (const Field *field = table->fields; field->key != NULL; field++)
    if (field->scope == 0 || (field->scope & scope) != 0)
      g_ptr_array_add (keys, (gpointer) field->key);
  g_ptr_array_add (keys, NULL);
  return verb_suggest (word, (const char *const *) keys->pdata);
}

const SourceType *
source_type_find (const char *name)
{
  for (const SourceType *type = source_types; type->name != NULL; type++)
    if (g_str_equal (type->name, name))
      return type;
  return NULL;
}

const char *
source_type_suggest (const char *word)
{
  const char *names[G_N_ELEMENTS (source_types)] = { NULL };

  for (gsize i = 0; source_types[i].name != NULL; i++)
    names[i] = source_types[i].name;
  return verb_suggest (word, names);
}
