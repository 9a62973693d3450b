/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The part of a pull that talks to a server, for a process of its own (see transfer.h): libostree waits for a
 * silent server without end and reads what it sends before it can be verified, so this process is watched,
 * limited, and killed when need be.  Whatever it was doing, the repository stays whole.
 */
#pragma once

#include <glib.h>

typedef struct
{
  int repo_fd;             /* the repository's folder */
  const char *remote;
  const char *ref;         /* not for fetch_list() */
  guint64 max_bytes;       /* that a file may have, and that may be received */
  /* Called when something has arrived; numbers of objects. */
  void (*progress) (guint done, guint total);
} FetchRequest;

/* Call first: dies with `parent` (its process id), in a process group of its own, within limits of memory and file size. */
gboolean fetch_confine (int parent, guint64 max_bytes, GError **error);

/* Refs that the remote has (char *), as its signed summary says. */
GPtrArray *fetch_list (const FetchRequest *request, GError **error);
/* The commit object of `ref` and its signature; its checksum, caller frees. */
char *fetch_commit (const FetchRequest *request, GError **error);
/* Everything of that commit. */
gboolean fetch_content (const FetchRequest *request, const char *checksum, GError **error);
