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

typedef struct ManifestBuildOptions
{
  ManifestPlace place;
  char *cflags, *cxxflags, *cppflags, *ldflags;
  gboolean cflags_override, cxxflags_override, cppflags_override, ldflags_override;
  char *prefix, *libdir;
  char *append_path, *prepend_path;
  char *append_ld_library_path, *prepend_ld_library_path;
  char *append_pkg_config_path, *prepend_pkg_config_path;
  GPtrArray *env;              /* ManifestVariable, in order */
  char **build_args, **config_opts, **make_args, **make_install_args;
  gboolean strip, no_debuginfo;
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
  ManifestPlace place;
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
} ManifestSource;

typedef struct ManifestModule
{
  ManifestPlace place;
  char *name;
  gboolean disabled;
  char *buildsystem;           /* NULL: autotools */
  char **config_opts, **make_args, **make_install_args;
  char **build_commands, **post_install;
  char *subdir;
  gboolean builddir, rm_configure, no_autogen, no_parallel_make, no_make_install;
  char *install_rule;
  char **cleanup;
  char **only_arches, **skip_arches;
  ManifestBuildOptions *build_options;   /* or NULL */
  GPtrArray *sources;          /* ManifestSource */
  GPtrArray *modules;          /* ManifestModule, nested: built before this one */
} ManifestModule;

typedef struct
{
  ManifestPlace place;
  char *path;                  /* of the manifest file */
  char *dir;
  char *id, *branch, *default_branch;
  char *runtime, *runtime_version, *sdk;   /* all NULL for a runtime that is made of packages alone */
  char *command;
  gboolean build_runtime;
  char **finish_args;
  ManifestPlace *finish_args_places;       /* one for each */
  char **tags;
  char **cleanup, **cleanup_commands;
  ManifestBuildOptions *build_options;     /* or NULL */
  GPtrArray *modules;          /* ManifestModule */
  char *mirror;                /* package mirror of all sources */
} Manifest;

/* One finding.  All of them are reported, not only the first. */
typedef struct
{
  ManifestPlace place;
  gboolean is_error;           /* else a warning */
  char *message;
} ManifestProblem;

/* Read YAML or JSON with comments.  Returns NULL if there was any error; `problems` (ManifestProblem, never NULL)
 * receives every error and warning in order of place.  Limits: 8 MiB a file, depth 64, and over all
 * files together 300,000 keys and values after aliases, 32 MiB and 2000 files. */
Manifest *manifest_load (const char *path, GPtrArray *problems);
void manifest_free (Manifest *manifest);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Manifest, manifest_free)

GPtrArray *manifest_problems_new (void);
/* "FILE:LINE:COLUMN: error: text" lines, control characters escaped.  Caller frees. */
char *manifest_problems_format (const GPtrArray *problems);
