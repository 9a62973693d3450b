/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Cache keys: SHA-256 over all that decides a result.  Each key contains the one before it, so a change reaches all that
 * comes later.  Places, times and the number of jobs are in none.
 */
#pragma once

#include "builder/plan/plan.h"
#include "builder/sources/source.h"

/* One thing that decides a key. */
typedef struct
{
  char *name;      /* "sdk", "recipe", "source 1" */
  char *digest;    /* or the value itself where that is short; "" for nothing */
} KeyPart;

GPtrArray *key_parts_new (void);
void key_parts_add (GPtrArray *parts, const char *name, const char *digest);

/* The parts of the two kinds of keys below: what is hashed, in order.  Caller unrefs; NULL on error. */
GPtrArray *key_parts_of_base (const BuildPlan *plan, const GPtrArray *bases);
GPtrArray *key_parts_of_module (const char *previous, const BuildPlan *plan, const BuildModule *module,
                                const SourceContext *sources, GError **error);
/* Caller frees. */
char *key_of_parts (const GPtrArray *parts);

/* What the first module starts from.  `bases`: see bases_key_parts().  Caller frees. */
char *key_of_base (const BuildPlan *plan, const GPtrArray *bases);

/* The tree after `module`; reads its sources (fetched before).  Caller frees, NULL on error. */
char *key_of_module (const char *previous, const BuildPlan *plan, const BuildModule *module, const SourceContext *sources,
                     GError **error);

/* What decides the image besides manifest and tree. */
typedef struct
{
  int compression_level;
  gboolean split_locales, bundle_sources;
  const char *catalogue;           /* compose_key() */
  const char *runtime_checksum;    /* recorded in it; NULL without one */
  const char *platform;            /* build_platform_key() */
} ImageKeyOptions;

/* The finished image.  Caller frees. */
char *key_of_image (const char *last, const BuildPlan *plan, const ImageKeyOptions *options);
