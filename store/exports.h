/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the desktop sees of the installed apps.  Internal to store/.
 *
 *   DEPLOYMENT/exported/share/...   of the bundle's export/: checked, desktop files made anew (bundle/desktop-file.h)
 *   ROOT/exports/share/...          links to those of the active deployments, by way of their links `active`;
 *                                   applications/mimeinfo.cache says which app opens what
 *
 * ROOT/exports/share belongs into XDG_DATA_DIRS (see `apprun doctor`).
 */
#pragma once

#include "store/store-private.h"

/* A file of export/.  Content is read only of those that may be exported. */
typedef struct
{
  char *path;               /* "share/applications/org.example.App.desktop" */
  GBytes *content;          /* NULL: see `why` */
  const char *why;          /* it is left out; static */
} ExportItem;

#define EXPORT_FILE_MAX (4u << 20)
#define EXPORT_TOTAL_MAX (64u << 20)
#define EXPORT_FILES_MAX 4096
#define EXPORT_DEPTH_MAX 10

/* Both read all of it, in order (ExportItem); nothing where there is no such folder (-1).  An error when it is more than all of the
 * limits allow. */
GPtrArray *exports_read_folder (int export_fd, GError **error);
GPtrArray *exports_read_image (int image_fd, const char *name, GError **error);

/* Write what may be shown to the new folder `exported` of a deployment.  A sentence about each file that is left out is appended
 * to `notes` (char *). */
gboolean exports_write (int deployment_fd, const Ref *ref, const GPtrArray *items, GPtrArray *notes, GError **error);

/* Make ROOT/exports what the active deployments say, each link by one rename.  The links of `changed` (may be NULL) are renewed even
 * where they stay the same, for a desktop notices only that.  An app is of use without that, so a failure is a note of the store. */
void store_tell_desktop (Store *store, const Ref *changed);
