/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * From nodes to the structs of the manifest, over all files that make it up.
 */
#pragma once

#include "builder/manifest/fields.h"
#include "builder/manifest/node.h"

typedef struct LoadFile LoadFile;

typedef struct
{
  const char *top_dir;         /* absolute folder of the manifest */
  const char *display_dir;     /* the same as the user named it, for messages */
  int top_fd;
  ManifestBudget budget;
  GPtrArray *problems;
  GPtrArray *files;            /* char *, from top_dir: what was read */
  gboolean locked;             /* the manifest names a lock file, which may have what sources lack */
} Loader;

/* A file that is being read; the chain of `parent` is how it came to be read. */
struct LoadFile
{
  Loader *loader;
  const LoadFile *parent;
  ManifestDocument *document;
  char *name;                  /* relative to top_dir, normalised: ".." at its beginning only */
  unsigned depth;
};

/* Read a file that `from` names at `place`.  NULL when it can't be (a problem says why). */
LoadFile *load_file_open (const LoadFile *from, const char *path, ManifestPlace place);
void load_file_free (LoadFile *file);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LoadFile, load_file_free)

/* Absolute folder that the file is in.  Caller frees. */
char *load_file_dir (const LoadFile *file);

/* Fill `object` from a map by its table; `scope` tells which rows may be used. */
void load_object (const LoadFile *file, const ManifestNode *map, const FieldTable *table, guint scope, void *object);

/* The lists that hold objects or names of files. */
/* FALSE when the kind of one could not be told. */
gboolean load_sources (const LoadFile *file, const ManifestNode *list, GPtrArray *sources);
void load_modules (const LoadFile *file, const ManifestNode *list, GPtrArray *modules);
void load_extensions (const LoadFile *file, const ManifestEntry *entry, GPtrArray **member);
void load_resources (const LoadFile *file, const ManifestEntry *entry, GPtrArray **member);
void load_network (const LoadFile *file, const ManifestEntry *entry, ManifestNetwork **member);
void load_tests (const LoadFile *file, const ManifestNode *list, GPtrArray **member);
void load_permission_list (const LoadFile *file, const ManifestNode *list, GPtrArray **member);

void load_finish_args (const LoadFile *file, const ManifestEntry *entry, const Field *field, Manifest *manifest);

/* The items of a list of texts; a text is a list of one.  Nodes are not owned; caller unrefs. */
GPtrArray *load_text_items (const LoadFile *file, const ManifestNode *node, const char *key);

/* `wanted` says it and gives an example, in which %s is the key. */
void load_wrong_type (const LoadFile *file, const ManifestNode *node, const char *key, const char *wanted);

/* Notes for people and for other programs. */
gboolean load_is_foreign_key (const char *key);
