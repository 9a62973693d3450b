/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * One installed bundle that a build stands on, in whatever form it is installed: its files can be looked at and mounted.
 */
#pragma once

#include "bundle/ref.h"
#include "image/attach.h"
#include "sandbox/plan.h"
#include "store/deployment.h"

typedef struct
{
  Deployment *deployment;      /* kept from being removed while this is open */
  char *name;                  /* for messages: its ref */
  int content_fd;              /* see deployment_open_content() */
  ImageAttachment attachment;  /* of an image; kept so that its server stays for the whole build */
  gboolean attached;
  int files_fd;                /* directory with its files, to look at; -1 until ground_attach() */
} Ground;

/* ERROR_NOT_FOUND names the ref and how to install it. */
Ground *ground_open (const Ref *ref, GError **error);
/* The same for what was found already; takes it. */
Ground *ground_new (Deployment *deployment, GError **error);
void ground_free (Ground *ground);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Ground, ground_free)

/* Make the files visible here: only what has something to do with them needs that.  *ret_note as in image_attach(). */
gboolean ground_attach (Ground *ground, char **ret_note, GError **error);

/* Its files, read-only at `dest`; the sandbox ends with their server. */
gboolean ground_mount (const Ground *ground, SandboxPlan *plan, const char *dest, const char *origin, GError **error);
