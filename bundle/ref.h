/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Refs: KIND/ID/ARCH/BRANCH, as in Flatpak (flatpak(1), "Flatpak refs").
 */
#pragma once

#include <glib.h>

typedef enum { REF_APP, REF_RUNTIME } RefKind;

typedef struct
{
  RefKind kind;
  char *id;
  char *arch;
  char *branch;
} Ref;

/* Checks that every part is legal before any path is built of it.
 * id: 3 or more elements of [A-Za-z0-9_-] split by '.', no leading digit, '-' only in the last,
 * 255 bytes at most.  branch: [A-Za-z0-9_-][A-Za-z0-9._-]*.  arch: [A-Za-z0-9_]+ */
Ref *ref_new (RefKind kind, const char *id, const char *arch, const char *branch, GError **error);
Ref *ref_copy (const Ref *ref);
void ref_free (Ref *ref);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Ref, ref_free)

/* "app/ID/ARCH/BRANCH" or "runtime/ID/ARCH/BRANCH". */
Ref *ref_parse (const char *text, GError **error);
/* "ID/ARCH/BRANCH", as the keys runtime= and sdk= of a metadata file; empty arch or branch take the
 * defaults given. */
Ref *ref_parse_partial (RefKind kind, const char *text, const char *default_arch, const char *default_branch,
                        GError **error);
char *ref_format (const Ref *ref);          /* with the kind; caller frees */
char *ref_format_partial (const Ref *ref);  /* without; caller frees */
gboolean ref_equal (const Ref *a, const Ref *b);

gboolean ref_id_check (const char *id, GError **error);
gboolean ref_branch_check (const char *branch, GError **error);
gboolean ref_arch_check (const char *arch, GError **error);
const char *ref_native_arch (void);         /* Flatpak's names: x86_64, aarch64, i386, arm ... */
const char *ref_kind_name (RefKind kind);   /* "app", "runtime" */
