/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Deployments: what is installed on this machine.  This half of the store is on the launch path and
 * opens no repository (no libostree).
 *
 *   ROOT/app|runtime/ID/ARCH/BRANCH/CHECKSUM/   one deployment
 *       metadata     copy of the bundle's metadata
 *       deploy       keyfile: origin remote, time of the commit, time of the installation, size
 *       image        the bundle as an image, or
 *       files/       hard-link checkout
 *       exported/    what the desktop may see of it (exports.h)
 *       .ref         lock: held shared by running instances, exclusively to remove
 *   ROOT/app|runtime/ID/ARCH/BRANCH/active  ->  CHECKSUM
 *
 * ROOT is $NACELLE_STORE, else $XDG_DATA_HOME/nacelle (user); /var/lib/nacelle (system, or
 * $NACELLE_SYSTEM_STORE) is read as well, after it.
 */
#pragma once

#include "bundle/metadata.h"
#include "bundle/ref.h"

typedef enum { DEPLOYMENT_IMAGE, DEPLOYMENT_TREE } DeploymentForm;

typedef struct
{
  Ref *ref;
  char *checksum;       /* name of the directory */
  char *path;           /* absolute, for messages */
  int dir_fd;           /* of the deployment */
  int lock_fd;          /* shared lock on .ref; keep it open while in use.  -1 on a read-only store */
  DeploymentForm form;
  Metadata *metadata;
  char *origin;         /* remote name, or NULL for a local file */
  gint64 commit_time;   /* seconds since 1970; 0 for a local file.  An update never goes below it */
  gint64 install_time;  /* seconds since 1970 */
  guint64 size;         /* bytes on disk, as counted at installation */
  gboolean system;
} Deployment;

void deployment_free (Deployment *deployment);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Deployment, deployment_free)

/* The active deployment of `ref` (exact).  ERROR_NOT_FOUND names the ref and how to install it. */
Deployment *deployment_open (const Ref *ref, GError **error);
/* Add to such an ERROR_NOT_FOUND what is installed of the same id, or of one that is nearly the same; leaves other errors alone.
 * Lists the stores, so it is for errors that somebody will read.  FALSE. */
gboolean deployment_add_others (const Ref *ref, GError **error);

/* Find by what a user types: "ID", "ID//BRANCH", "ID/ARCH/BRANCH", or the last element of an id
 * when it is unique.  Several branches: "stable", "master", else the only one, else an error that lists them. */
Deployment *deployment_find (RefKind kind, const char *text, GError **error);
/* The same without opening it: also finds one that is damaged. */
Ref *deployment_find_ref (RefKind kind, const char *text, GError **error);

/* All active deployments (Deployment), user first, sorted by ref.  lock_fd is -1.  One that is broken is
 * left out; deployment_list_problems() also appends a sentence (char *) for each of those to `problems`. */
GPtrArray *deployment_list (GError **error);
GPtrArray *deployment_list_problems (GPtrArray *problems, GError **error);

/* An O_RDONLY descriptor of `image` or an O_PATH descriptor of `files`; -1 on error. */
int deployment_open_content (const Deployment *deployment, GError **error);
