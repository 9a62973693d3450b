/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Source kinds.  A kind is a const descriptor in one table (kinds.c); a new kind is a file and a row.
 */
#pragma once

#include "base/terminal.h"
#include "builder/plan/plan.h"
#include "builder/sources/report.h"

/* What the kinds need from the build. */
typedef struct
{
  int cache_fd;                /* downloads, named by digest: $XDG_CACHE_HOME/nacelle */
  int use_fd;                  /* lock of who uses the cache (builder/collect-total.h); 0 or -1: none */
  const char *arch;
  const char *mirror;          /* --mirror or NACELLE_MIRROR, NULL: manifest's, then the host's configuration */
  const char *manifest_mirror; /* the manifest's own `mirror`, or NULL */
  gboolean offline;
  Progress *progress;          /* may be NULL */
  FetchReport *report;         /* of what is fetched; may be NULL */
  const char *lock_path;       /* of the manifest's lock file; read when it exists */
  const char *manifest_path;   /* as the user typed it, for messages; may be NULL */
  const char *confine_dir;     /* absolute; what lies outside of this folder may not be named (--sandbox). NULL: anything may */
  int state_fd;                /* the build's state directory, which `dir` never copies; 0 or -1: none */
  int output_fd;               /* the same for the file that the build will replace by its result */
} SourceContext;

/* What exactly a source is, where the manifest alone doesn't say it.  Any text may be NULL. */
typedef struct
{
  char *name, *version, *arch;
  char *commit;                /* of git */
  char *sha256;                /* of a file */
  char *path;                  /* of a file, below the mirror that it came from */
  guint64 size;
} SourcePart;

GPtrArray *source_parts_new (void);
/* Copies the texts. */
void source_parts_add (GPtrArray *parts, const SourcePart *part);

typedef struct
{
  const char *type;
  /* Bring everything that needs the network into the cache.  NULL: nothing to fetch. */
  gboolean (*fetch) (const ManifestSource *source, const SourceContext *context, GError **error);
  /* fetch() runs beside that of other sources, in a thread.  This kind's, though, come one after the other. */
  gboolean in_turn;
  /* The same for kinds that need plain files only: append them (FetchItem, builder/sources/fetch.h) to `items`, so that the
   * files of many sources come at once.  NULL: fetch() is called. */
  gboolean (*queue) (const ManifestSource *source, const SourceContext *context, GPtrArray *items, GError **error);
  /* Add what determines the content to the checksum (after fetch; a directory's content is hashed). */
  gboolean (*digest) (const ManifestSource *source, const SourceContext *context, GChecksum *checksum, GError **error);
  /* Put the source below `tree_fd` (the module's source directory, or the install tree for kinds with
   * `into_tree`).  The tree is not trusted: earlier sources may have put links there. */
  gboolean (*extract) (const ManifestSource *source, const SourceContext *context, int tree_fd, GError **error);
  /* After fetch: append (char *) the files and folders, below the cache directory, that the source needs.  NULL: none. */
  gboolean (*keep) (const ManifestSource *source, const SourceContext *context, GPtrArray *paths, GError **error);
  /* After fetch: append what it consists of (SourcePart).  NULL: the manifest says it all. */
  gboolean (*resolve) (const ManifestSource *source, const SourceContext *context, GPtrArray *parts, GError **error);
  gboolean into_tree;
  /* Commands that complete the source and need the tools of the SDK (patch, shell lines, post-install of packages).
   * NULL, or an empty array: none.  The build runs them in the sandbox, without network, directly after the source's
   * extract() and before the next source's, then removes SOURCE_SIDE_DIR from `tree_fd`.  BuildStep.cwd is relative
   * to the module's source directory; for a kind with `into_tree` the steps run with the new tree as /usr and
   * as root inside, cwd is not meant.  Returns an array of BuildStep, caller unrefs. */
  GPtrArray *(*steps) (const ManifestSource *source, const SourceContext *context, GError **error);
} SourceKind;

/* Where extract() puts what only the steps need (patch files), below the source directory. */
#define SOURCE_SIDE_DIR ".nacelle-sources"

const SourceKind *source_kind_find (const char *type);

/* Bring what all of `sources` (ManifestSource) need into the cache, files and repositories beside each other (gather.c).  The
 * message has all that could not be had, each with the place of its source. */
gboolean source_fetch_all (GPtrArray *sources, const SourceContext *context, GError **error);

/* Which files of the manifest's folder are used by the lock: MANIFEST without its suffix, plus ".lock.yaml"; caller frees. */
char *source_lock_path (const char *manifest_path);

/* Resolve all `packages` sources anew, and the repositories and downloads that have no commit and no hash, and write the lock file
 * (`appbuild lock`). */
gboolean source_lock_write (const Manifest *manifest, const SourceContext *context, GError **error);

/* Give sources the commits and hashes that the lock file has for them.  FALSE with a problem when it lacks one; a file that is missing
 * is one only for a manifest that names it. */
gboolean source_lock_apply (Manifest *manifest, const char *lock_path, GPtrArray *problems);

/* Append (char *) in what the lock file does not fit the manifest.  Asks no server. */
gboolean source_lock_check (const Manifest *manifest, const SourceContext *context, GPtrArray *problems, GError **error);

/* The package mirror by the order: context, source, manifest, host configuration; an error says how to give one.
 * Caller frees. */
char *source_mirror (const ManifestSource *source, const SourceContext *context, GError **error);
