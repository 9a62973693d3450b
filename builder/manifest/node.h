/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A manifest file as a tree of nodes, before any key has a meaning.
 *
 * Nodes live as long as their document and never change once parsed; an alias is the same node in a second place.
 * The parser answers for the form (encoding, syntax, limits, keys given twice), load.c for the meaning.
 */
#pragma once

#include "builder/manifest/manifest.h"

typedef enum { NODE_TEXT, NODE_LIST, NODE_MAP } ManifestNodeKind;

typedef struct ManifestNode ManifestNode;

typedef struct
{
  const char *key;
  unsigned line, column;
  const ManifestNode *value;
} ManifestEntry;

struct ManifestNode
{
  ManifestNodeKind kind;
  gboolean plain;              /* text without quotes: may also be read as null, a boolean or a number */
  gboolean folded;             /* lines without quotes, which are one text */
  unsigned line, column;
  unsigned size;               /* nodes from here down, an alias counted as what it stands for */
  unsigned n;                  /* of a list or map */
  const char *text;
  const ManifestNode **items;
  ManifestEntry *entries;
};

/* What one manifest_load() may use up, over all files that it reads. */
typedef struct
{
  unsigned nodes;
  gsize bytes;
  unsigned files;
  gboolean compat;             /* be as lenient as flatpak-builder: see manifest_load_full() */
} ManifestBudget;

/* What node, cargo and nuget generators write of a large program has 30000 sources in 12 MB. */
#define MANIFEST_BUDGET_INIT { 300000, 64 * 1024 * 1024, 2000, FALSE }
#define MANIFEST_FILE_MAX (16 * 1024 * 1024)
#define MANIFEST_DEPTH_MAX 64

typedef struct
{
  const char *file;            /* interned, for places */
  GStringChunk *texts;
  GPtrArray *nodes;            /* owns them */
  const ManifestNode *root;
} ManifestDocument;

/* Parse `data` (NUL-terminated at `length`).  `file` names it in messages and tells JSON from YAML by its suffix.
 * NULL when there is an error; findings go to `problems`. */
ManifestDocument *manifest_document_parse (const char *file, const char *data, gsize length, ManifestBudget *budget,
                                           GPtrArray *problems);
void manifest_document_free (ManifestDocument *document);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ManifestDocument, manifest_document_free)

ManifestPlace manifest_node_place (const ManifestDocument *document, const ManifestNode *node);
ManifestPlace manifest_entry_place (const ManifestDocument *document, const ManifestEntry *entry);

/* NULL when the map has no such key; '_' may stand for '-'. */
const ManifestEntry *manifest_node_entry (const ManifestNode *map, const char *key);

/* A value that is not there: `key:` with nothing behind, `null` or `~`. */
gboolean manifest_node_is_null (const ManifestNode *node);

/* "a list", "a map", "the text \"...\"": for "wanted X, found Y".  Caller frees. */
char *manifest_node_describe (const ManifestNode *node);
