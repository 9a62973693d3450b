/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * One file on its way into the download cache: which address, which attempt, which bytes are still missing.  fetch.c runs many
 * of them beside each other.
 */
#pragma once

#include "builder/sources/fetch.h"
#include "builder/sources/http.h"

typedef struct
{
  HttpGet get;             /* first: the private pointer of the curl handle */
  const FetchItem *item;
  int downloads_fd;        /* borrowed */
  const FetchOptions *options;
  char *final_name;
  char *part_name, *from_name;   /* of the present address */
  int lock_fd;             /* >= 0: nobody else fetches this file */
  gboolean waited;         /* for somebody else; that has been said */
  guint url_index, attempt;
  gint64 not_before;       /* monotonic, microseconds */
  gint64 last_byte;        /* the same */
  guint64 last_received;
  guint64 best;            /* as many bytes of the file were there at once */
  gboolean active, ended, all_missing, same_host;
  gboolean decode;         /* undo the server's Content-Encoding, as the bytes alone have the wrong hash */
  char *validator;
  GString *tried;          /* addresses before the present one, and why they failed */
  FetchJob *job;
  char *host, *host_reason;      /* the host that is to blame for the failure, or NULL */
  GError *failure;         /* when ended without the file */
} Transfer;

Transfer *transfer_new (const FetchItem *item, int downloads_fd, const FetchOptions *options);
void transfer_free (Transfer *transfer);

const char *transfer_url (const Transfer *transfer);

/* Make get.easy ready, or end.  Returns TRUE when it is to be run. */
gboolean transfer_start (Transfer *transfer);

/* What was begun is over.  The transfer has then ended, or is to be started again at not_before. */
void transfer_finish (Transfer *transfer, CURLcode code);
/* The same for one that is cut off here, or not begun at all. */
void transfer_give_up_attempt (Transfer *transfer, HttpOutcome outcome, const char *reason);

/* End it: the file is in the cache, brought by somebody else. */
void transfer_is_there (Transfer *transfer);
