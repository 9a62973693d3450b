/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Files from the network into the download cache.
 */
#pragma once

#include "builder/sources/hashes.h"
#include "builder/sources/report.h"

#define FETCH_CONNECT_SECONDS 20
#define FETCH_STALL_SECONDS 30
#define FETCH_ATTEMPTS 4

typedef struct
{
  char *name;                /* for messages and progress */
  char *place;               /* "FILE:LINE" that asked for it, for messages; may be NULL */
  const char *referer;       /* sent with the request; may be NULL; must outlive the call */
  char **urls;               /* tried in this order; http and https only */
  FileHashes hashes;         /* at least one; the strings must outlive the call */
  char **headers;            /* "Name: value" of the request; may be NULL */
  guint64 size;              /* exact size in bytes, 0: not known */
  char *missing_hint;        /* said in addition when every server answers 404 or 410; may be NULL */
} FetchItem;

FetchItem *fetch_item_new (const char *name, const FileHashes *hashes);
void fetch_item_free (FetchItem *item);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (FetchItem, fetch_item_free)

typedef struct
{
  int cache_fd;
  gboolean offline;          /* what is not in the cache is an error that names it */
  FetchReport *report;       /* may be NULL */
  guint connect_seconds;     /* 0: 20 */
  double stall_seconds;      /* no byte for so long is a failed attempt; 0: NACELLE_FETCH_STALL, or 30 */
  guint attempts;            /* for each address, for failures that may pass; 0: NACELLE_FETCH_ATTEMPTS, or 4 */
} FetchOptions;

/* Replace what is 0 by what counts. */
gboolean fetch_options_fill (FetchOptions *options, GError **error);

/* Make sure that every item (FetchItem) is in the cache.  Several files come at once; one that was cut off continues
 * where it stopped, also in a later call; one that somebody else is fetching is waited for.  All are tried. */
gboolean fetch_files (GPtrArray *items, const FetchOptions *options, GError **error);

/* The same; what could not be had is added to `failures` (report.h). */
void fetch_files_all (GPtrArray *items, const FetchOptions *options, GPtrArray *failures);

/* A document whose hash nobody knows beforehand (the caller verifies it by other means), at most `max` bytes.
 * Never cached.  Caller frees. */
char *fetch_document (const char *url, const char *name, gsize max, const FetchOptions *options, gsize *ret_length,
                      GError **error);

/* The same for the answer to a POST of `body`, where both are of the media type `type`. */
char *fetch_answer (const char *url, const char *name, const char *type, const char *body, gsize max, const FetchOptions *options,
                    gsize *ret_length, GError **error);
