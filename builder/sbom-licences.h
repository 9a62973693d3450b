/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The licences in an SPDX document: expressions for its packages, and the texts of those licences that have no identifier.
 */
#pragma once

#include <json-glib/json-glib.h>

typedef struct SbomLicences SbomLicences;

SbomLicences *sbom_licences_new (void);
void sbom_licences_free (SbomLicences *licences);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SbomLicences, sbom_licences_free)

/* Of the licence files that a module of the result `id` brought, which lie in share/licenses/ID/MODULE below `files_fd`; the tree is
 * not trusted.  NULL without error: there are none.  Caller frees. */
char *sbom_licences_of_module (SbomLicences *licences, const char *id, const char *module, int files_fd, GError **error);

/* Of a Debian package, by the copyright file that it left in the tree.  NULL: *ret_comment (caller frees) says why; else it says whose
 * word it is.  Caller frees. */
char *sbom_licences_of_package (SbomLicences *licences, const char *name, int files_fd, char **ret_comment);

/* The member hasExtractedLicensingInfos. */
void sbom_licences_write (const SbomLicences *licences, JsonBuilder *json);
