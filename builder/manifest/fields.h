/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Every key of a manifest, one row each: what it is called, what it holds, where that goes, who checks it.
 * Loading, freeing and the digest walk these tables, so that a new key is one row and one struct member.
 */
#pragma once

#include "builder/manifest/manifest.h"

typedef enum
{
  FIELD_TEXT,          /* char * */
  FIELD_TEXTS,         /* char ** */
  FIELD_BOOL,          /* gboolean */
  FIELD_INT,           /* int */
  FIELD_INT64,         /* gint64 */
  FIELD_PERMISSIONS,   /* finish_args and finish_args_places */
  FIELD_LIMITS,        /* GPtrArray of ManifestVariable: limits, each checked */
  FIELD_PERMISSION_LIST, /* GPtrArray of ManifestPermission */
  FIELD_NETWORK,       /* ManifestNetwork * */
  FIELD_TEST_LIST,     /* GPtrArray of ManifestTest */
  FIELD_PLACED,        /* GPtrArray of ManifestText: a list of texts, each with its place */
  FIELD_EXTENSIONS,    /* GPtrArray of ManifestExtension */
  FIELD_ENV,           /* GPtrArray of ManifestVariable */
  FIELD_OPTIONS,       /* ManifestBuildOptions * */
  FIELD_ARCH_OPTIONS,  /* GHashTable, arch name -> ManifestBuildOptions */
  FIELD_SOURCES,       /* GPtrArray of ManifestSource */
  FIELD_MODULES,       /* GPtrArray of ManifestModule */
  FIELD_ANY,           /* not stored */
} FieldType;

typedef enum
{
  FIELD_NOW,
  FIELD_NO_EFFECT,     /* known, ignored with a warning: cannot change the result */
} FieldState;

/* ERROR with a sentence when `value` is not one that the key can have. */
typedef gboolean (*FieldCheck) (const char *value, GError **error);

typedef struct
{
  const char *key;
  FieldType type;
  FieldState state;
  gsize offset;
  FieldCheck check;    /* of each text; may be NULL */
  guint scope;         /* bits of who may use the key; 0: all.  Sources: their types; options: OPTIONS_OUTSIDE_ARCH.  A
                        * key that means different things has several rows */
  gboolean no_digest;  /* cannot change what is built: where something comes from, whether and for whom it is built */
  const char *hint;    /* why it has no effect */
  const char *about;   /* for the manual, a sentence */
  const char *standard; /* for the manual: what holds when the key is not given; NULL: nothing */
  gboolean own;        /* flatpak-builder does not have it */
  const char *option, *suffix;   /* `permissions`, `network`: the finish-arg that each text stands in */
} Field;

typedef struct
{
  const char *what;    /* "a module" */
  const Field *fields; /* ended by a row without key */
} FieldTable;

extern const FieldTable manifest_fields;
extern const FieldTable options_fields;
extern const FieldTable module_fields;
extern const FieldTable source_fields;
extern const FieldTable extension_fields;
extern const FieldTable permission_fields;
extern const FieldTable network_fields;
extern const FieldTable test_fields;

#define OPTIONS_OUTSIDE_ARCH 1u

typedef struct
{
  const char *name;
  guint bit;           /* in Field.scope */
  const char *about;
} SourceType;

extern const SourceType source_types[];   /* ended by a row without name */

/* NULL when there is no such key.  The row that this scope may use is preferred. */
const Field *field_find (const FieldTable *table, const char *key, guint scope);

/* Whether the object has the key. */
gboolean field_is_written (const Field *field, gconstpointer object);

/* Whether the object's key was written and holds something other than false, 0 or an empty list. */
gboolean field_is_wanted (const Field *field, gconstpointer object);

/* The nearest key of the table that this scope may use, or NULL. */
const char *field_suggest (const FieldTable *table, const char *word, guint scope);

const SourceType *source_type_find (const char *name);
/* "archive, file": those whose sources may have the key.  Caller frees. */
char *source_types_with (const char *key);
const char *source_type_suggest (const char *word);

/* Free all members of `object`, which begins with MANIFEST_OBJECT, that the table names; not the object. */
void fields_clear (const FieldTable *table, void *object);

void manifest_build_options_free (ManifestBuildOptions *options);

/* Add to the checksum the texts, lists, booleans and numbers that decide what is built; not objects below. */
void fields_digest (const FieldTable *table, const void *object, GChecksum *checksum);
