/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * From what a user types to a bundle whose files can be mounted.
 */
#pragma once

#include "bundle/metadata.h"
#include "bundle/ref.h"
#include "store/deployment.h"

typedef struct
{
  Metadata *metadata;
  Ref *ref;              /* NULL for an image file, which has no branch */
  char *name;            /* for messages: the ref or the file */
  char *checksum;        /* of the deployment, NULL for an image file */
  gboolean system;       /* from the system's store */
  int files_fd;          /* what becomes /app or /usr */
  gboolean files_is_mount;
  int alive_fd;          /* EOF when the image server is gone, or -1 */
  int extra_fd;          /* its extra data, what becomes /app/extra, or -1 */
  int lock_fd;           /* keeps the deployment from being removed, or -1 */
} Bundle;

void bundle_free (Bundle *bundle);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Bundle, bundle_free)

typedef struct
{
  const char *arch;         /* NULL: the machine's */
  const char *branch;       /* NULL: the installed one */
  gboolean unpacked;        /* do not serve images by FUSE */
  gboolean allow_unsealed;  /* accept an image without hash tree */
} ResolveOptions;

/* `text`: an image file (a path with '/' or ending in .app, or the name of a file that is no id), or an installed
 * app or runtime as deployment_find() takes it.  `notes` (char *) gets what the user may want to know. */
Bundle *bundle_resolve (const char *text, const ResolveOptions *options, GPtrArray *notes, GError **error);

/* What is installed.  Takes `deployment`. */
Bundle *bundle_open_deployment (Deployment *deployment, const ResolveOptions *options, GPtrArray *notes, GError **error);

/* The runtime that `app` names; never a folder of the host instead. */
Bundle *bundle_resolve_runtime (const Bundle *app, const ResolveOptions *options, GPtrArray *notes, GError **error);
