/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The manifest: flatpak-builder's keys (flatpak-manifest(5)) and a few of our own.  Parsing fills these structs and
 * decides nothing; builder/plan/ turns them into a build plan.  All strings are owned by the manifest.
 * Every key is declared once, in the field tables of fields.c.
 */
#pragma once

#include <glib.h>

/* Where something stands, for messages: FILE:LINE:COLUMN, counted from 1. */
typedef struct
{
  const char *file;     /* interned */
  unsigned line, column;
} ManifestPlace;

/* What every object begins with: where it stands, and the keys that were written in it. */
#define MANIFEST_OBJECT  \
  ManifestPlace place;   \
  GArray *keys;          /* of ManifestKey; or NULL */

typedef struct
{
  const char *name;      /* of the field table */
  unsigned line, column; /* in the file of the object */
} ManifestKey;

typedef struct
{
  MANIFEST_OBJECT
} ManifestObject;

/* Say that the object has this key, of its field table, though nobody wrote it; or has it no longer. */
void manifest_key_add (gpointer object, const char *key);
void manifest_key_remove (gpointer object, const char *key);

/* Where a key of the object stands; the object itself when it has no such key. */
ManifestPlace manifest_key_place (gconstpointer object, const char *key);

typedef struct ManifestBuildOptions
{
  MANIFEST_OBJECT
  char *cflags, *cxxflags, *cppflags, *ldflags, *rustflags;
  gboolean cflags_override, cxxflags_override, cppflags_override, ldflags_override, rustflags_override;
  char *cgo_cflags, *cgo_cxxflags, *cgo_ldflags;
  gboolean cgo_cflags_override, cgo_cxxflags_override, cgo_ldflags_override;
  char *prefix, *libdir;
  char *append_path, *prepend_path;
  char *append_ld_library_path, *prepend_ld_library_path;
  char *append_pkg_config_path, *prepend_pkg_config_path;
  GPtrArray *env;              /* ManifestVariable, in order */
  char **secret_env;           /* names of variables of the caller, handed on and never stored or shown */
  char **build_args, **test_args, **config_opts, **make_args, **make_install_args;
  char **secret_opts;          /* config-opts in which $NAME is a variable of the caller */
  gboolean strip, no_debuginfo, no_debuginfo_compression;
  GHashTable *arch;            /* arch name -> ManifestBuildOptions */
} ManifestBuildOptions;

typedef struct
{
  char *name;
  char *value;                 /* NULL: unset */
} ManifestVariable;

/* One source.  Which fields a kind uses stands in its descriptor (builder/sources/source.h). */
typedef struct
{
  MANIFEST_OBJECT
  char *base_dir;              /* directory of the file that named it: relative paths start here */
  char *type;                  /* "archive", "file", "patch", "dir", "script", "packages" ... */
  char *path;
  char **paths;
  char *url;                   /* http(s), or "debian:pool/..." for the package mirror */
  char **mirror_urls;
  char *referer;               /* sent with the request for `url` */
  char *md5, *sha1, *sha256, *sha512;
  char *dest, *dest_filename;
  int strip_components;        /* -1: not given (default 1) */
  char *archive_type;
  gboolean git_init;           /* archive: make a git repository of what was extracted */
  char *branch, *tag, *commit; /* git */
  gboolean disable_fsckobjects, disable_shallow_clone, disable_submodules, disable_lfs;
  char *contents;              /* inline */
  gboolean base64;             /* inline: `contents` is in base64 */
  char *filename;              /* extra-data */
  gint64 size, installed_size; /* extra-data, bytes; -1: not given */
  char *revision;              /* svn, bzr */
  char **commands;             /* script, shell */
  char **options;              /* patch */
  gboolean use_git, use_git_am;
  char **skip;                 /* dir */
  char **only_arches, **skip_arches;
  /* packages */
  char *suite;                 /* one, or several of the same mirror with blanks between them: the newest package wins */
  char **components, **packages;
  char *mirror;                /* overrides the host's configuration */
  char *keyring;               /* file, relative to base_dir */
  char **exclude;              /* package names left out of the closure, with all that only they need */
  char **post_install;         /* commands run in the sandbox with the new tree as root */
  char **locked;               /* exactly these, as package.h writes them; NULL: a lock file says it */
} ManifestSource;

typedef struct ManifestModule
{
  MANIFEST_OBJECT
  char *name;
  gboolean disabled;
  char *buildsystem;           /* NULL: autotools */
  gboolean cmake;              /* the old way of writing "buildsystem: cmake"; loading turns it into that */
  char **depends;              /* our own: names of the modules that this one needs; NULL: all before it */
  char **config_opts, **make_args, **make_install_args;
  char **build_commands, **post_install;
  char *subdir;
  gboolean builddir, rm_configure, no_autogen, no_parallel_make, no_make_install;
  gboolean no_python_timestamp_fix;
  char *install_rule;
  gboolean run_tests;
  char *test_rule;             /* NULL: check or test; "": none */
  char **test_commands;
  char **secret_env, **secret_opts;   /* as of build options */
  char **license_files;
  char **cleanup, **cleanup_platform;
  char **ensure_writable;
  char **only_arches, **skip_arches;
  ManifestBuildOptions *build_options;   /* or NULL */
  GPtrArray *sources;          /* ManifestSource */
  GPtrArray *modules;          /* ManifestModule, nested: built before this one */
} ManifestModule;

/* A place where extensions of the result are mounted. */
typedef struct
{
  MANIFEST_OBJECT
  char *name;                  /* the key of the map that it stands in */
  char *directory;             /* below the prefix */
  char *version, *versions;    /* `versions`: several, ';' between them */
  char *add_ld_path, *merge_dirs, *subdirectory_suffix;
  char *download_if, *enable_if, *autoprune_unless;
  gboolean bundle;             /* what the build puts there becomes that extension */
  gboolean remove_after_build, autodelete, no_autodownload, subdirectories, locale_subset;
} ManifestExtension;

/* Our own `permissions`: one or several things that the app may do, and why.  Each list is a finish-arg. */
typedef struct
{
  MANIFEST_OBJECT
  char **share, **socket, **device, **allow;
  char **read, **write, **create, **persist;   /* folders and files of the host; folders kept in the app's own home */
  char **talk, **own, **system_talk, **system_own;
  char **usb, **env;
  char *why;
} ManifestPermission;

/* Our own `network`: which one the app has. */
typedef struct
{
  MANIFEST_OBJECT
  char **mode;                 /* one */
  char **publish;
  char *why;
} ManifestNetwork;

typedef struct
{
  ManifestPlace place;
  char *text;
} ManifestText;

/* Our own `tests`: what the finished app must be able to do, and what it must not.  The lists hold ManifestText; or NULL. */
typedef struct
{
  MANIFEST_OBJECT
  GPtrArray *can_read, *cannot_read, *can_write, *cannot_write;   /* paths in the app's sandbox */
  GPtrArray *can_connect, *cannot_connect;                        /* HOST:PORT, /SOCKET, @SOCKET */
  GPtrArray *can_run, *cannot_run;                                /* commands with their arguments */
  GPtrArray *output_contains, *output_lacks;                      /* of can_run */
  int status;                  /* of can_run */
  char *why;
} ManifestTest;

typedef struct
{
  MANIFEST_OBJECT
  char *path;                  /* of the manifest file */
  char *dir;
  char *id, *branch, *default_branch, *collection_id, *extension_tag;
  int token_type;              /* -1: not given */
  char *runtime, *runtime_version, *sdk;   /* all NULL for a runtime that is made of packages alone */
  char *runtime_commit, *sdk_commit, *base_commit;
  char **other_commits;        /* "REF=COMMIT"; NULL: any */
  char *var;
  char *metadata, *metadata_platform;      /* files */
  char *command;
  gboolean build_runtime, build_extension;
  char *id_platform;
  gboolean separate_locales;   /* default TRUE */
  gboolean writable_sdk;
  gboolean appstream_compose;  /* default TRUE */
  char **sdk_extensions, **platform_extensions;
  char *base, *base_version;
  char **base_extensions;
  char **inherit_extensions, **inherit_sdk_extensions;
  GPtrArray *add_extensions, *add_build_extensions;   /* ManifestExtension; or NULL */
  char **finish_args;
  ManifestPlace *finish_args_places;       /* one for each */
  GPtrArray *permissions;      /* ManifestPermission; or NULL */
  GPtrArray *resources;        /* ManifestVariable: limits of bundle/limits.h; or NULL */
  ManifestNetwork *network;    /* or NULL */
  GPtrArray *tests;            /* ManifestTest; or NULL */
  char **tags;
  char **cleanup, **cleanup_commands;
  char **cleanup_platform, **cleanup_platform_commands, **prepare_platform_commands;
  char *rename_desktop_file, *rename_appdata_file, *rename_icon, *rename_mime_file;
  char **rename_mime_icons;
  gboolean copy_icon;
  char *appdata_license, *desktop_file_name_prefix, *desktop_file_name_suffix;
  ManifestBuildOptions *build_options;     /* or NULL */
  GPtrArray *modules;          /* ManifestModule */
  GPtrArray *files;            /* char *, from `dir`: all files that the manifest is made of */
  char *mirror;                /* package mirror of all sources */
  char *lock;                  /* the lock file, below `dir`; NULL: beside the manifest, with its name */
} Manifest;

/* One finding.  All of them are reported, not only the first. */
typedef struct
{
  ManifestPlace place;
  gboolean is_error;           /* else a warning */
  const char *rule;            /* "unknown-key": for programs, and for who wants to read more */
  char *message;
  char *excerpt;               /* the line with a caret below, ready to print; or NULL */
} ManifestProblem;

/* Read YAML or JSON with comments.  Returns NULL if there was any error; `problems` (ManifestProblem, never NULL)
 * receives every error and warning in order of place.  Limits: 8 MiB a file, depth 64, and over all
 * files together 300,000 keys and values after aliases, 32 MiB and 2000 files. */
Manifest *manifest_load (const char *path, GPtrArray *problems);
/* The same; with `compat`, what flatpak-builder takes without a word (a key given twice, a key that nobody knows) is a warning. */
Manifest *manifest_load_full (const char *path, gboolean compat, GPtrArray *problems);
/* The same, but errors keep nothing back: a manifest to find more faults in, of which any member may be missing.  NULL when the file
 * itself could not be read or is no map. */
Manifest *manifest_load_anyway (const char *path, gboolean compat, GPtrArray *problems);
void manifest_free (Manifest *manifest);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Manifest, manifest_free)

GPtrArray *manifest_problems_new (void);
/* "FILE:LINE:COLUMN: error: text" lines, control characters escaped.  Caller frees. */
char *manifest_problems_format (const GPtrArray *problems);
