/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a build stands on: the installed SDK, which is /usr while building, and the runtime of the result.
 */
#pragma once

#include "builder/plan/plan.h"
#include "image/attach.h"
#include "sandbox/plan.h"
#include "store/deployment.h"

typedef struct
{
  Deployment *sdk;             /* NULL: a runtime that is made of packages alone */
  Deployment *runtime;         /* NULL for runtimes */
  int sdk_content_fd;          /* see deployment_open_content() */
  ImageAttachment attachment;  /* of the SDK when it is an image; kept so that its server stays for the whole build */
  gboolean attached;
  int usr_fd;                  /* directory with the SDK's files, to look at; owned by one of the above */
} Bases;

/* Find both and keep them from being removed.  An error names the manifest's line and says how to install what is missing. */
Bases *bases_open (const BuildPlan *plan, GError **error);
void bases_free (Bases *bases);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Bases, bases_free)

/* Make the SDK visible, so that usr_fd is valid: only a build that has something to do needs that.  *ret_note as in image_attach(). */
gboolean bases_attach (Bases *bases, char **ret_note, GError **error);

/* Add the SDK as read-only /usr. */
gboolean bases_add_usr (const Bases *bases, SandboxPlan *plan, GError **error);

/* Does the runtime have this file (path below its files/, links not followed)?  Attaches the runtime for the look. */
gboolean bases_runtime_has (const Bases *bases, const char *path, gboolean *ret_has, GError **error);
