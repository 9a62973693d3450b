/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a single value of a manifest may look like.  All have the shape of FieldCheck: FALSE with a sentence about
 * the value, which names it.
 */
#pragma once

#include <glib.h>

/* The value, quoted, and then what is wrong with it.  Returns FALSE. */
gboolean value_refuse (GError **error, const char *value, const char *format, ...) G_GNUC_PRINTF (3, 4);

gboolean value_check_id (const char *value, GError **error);
gboolean value_check_base (const char *value, GError **error);          /* runtime, sdk: ID or ID/ARCH/BRANCH */
gboolean value_check_branch (const char *value, GError **error);
gboolean value_check_arch (const char *value, GError **error);
gboolean value_check_command (const char *value, GError **error);
gboolean value_check_finish (const char *value, GError **error);        /* one finish-arg */
gboolean value_check_extension (const char *value, GError **error);     /* name of an extension point */
gboolean value_check_inner_paths (const char *value, GError **error);   /* several, ';' between them: merge-dirs */
gboolean value_check_versions (const char *value, GError **error);      /* branches, ';' between them */
gboolean value_check_line (const char *value, GError **error);          /* any text of one line */
gboolean value_check_token_type (const char *value, GError **error);
gboolean value_check_tag (const char *value, GError **error);
gboolean value_check_module_name (const char *value, GError **error);
gboolean value_check_inner_path (const char *value, GError **error);    /* relative, stays inside: dest, subdir */
gboolean value_check_file_name (const char *value, GError **error);     /* one component: dest-filename */
gboolean value_check_path (const char *value, GError **error);          /* of a file beside the manifest */
gboolean value_check_include (const char *value, GError **error);       /* of a file with modules or sources */
gboolean value_check_prefix (const char *value, GError **error);
gboolean value_check_url (const char *value, GError **error);           /* http, https, debian:pool/..., data: */
gboolean value_check_download (const char *value, GError **error);      /* the same, or a file of this machine: file:///... */
gboolean value_check_repository (const char *value, GError **error);    /* of git, svn, bzr: also other schemes */
gboolean value_check_git_name (const char *value, GError **error);      /* branch or tag */
gboolean value_check_commit (const char *value, GError **error);
gboolean value_check_revision (const char *value, GError **error);
gboolean value_check_size (const char *value, GError **error);          /* bytes, at least 1 */
gboolean value_check_web_url (const char *value, GError **error);       /* http or https */
gboolean value_check_md5 (const char *value, GError **error);
gboolean value_check_sha1 (const char *value, GError **error);
gboolean value_check_sha256 (const char *value, GError **error);
gboolean value_check_sha512 (const char *value, GError **error);
gboolean value_check_variable (const char *value, GError **error);      /* name of an environment variable */
gboolean value_check_archive_type (const char *value, GError **error);
gboolean value_check_buildsystem (const char *value, GError **error);   /* builder/buildsystems/ has each of them */
gboolean value_check_strip (const char *value, GError **error);
gboolean value_check_locked (const char *value, GError **error);        /* a package with all that is known of it */
gboolean value_check_ref_commit (const char *value, GError **error);    /* REF=COMMIT */
gboolean value_check_package (const char *value, GError **error);
gboolean value_check_suite (const char *value, GError **error);         /* also of a component */
gboolean value_check_suites (const char *value, GError **error);        /* one or more, separated by blanks */
gboolean value_check_test_path (const char *value, GError **error);     /* absolute, or below ~ */
gboolean value_check_test_peer (const char *value, GError **error);     /* HOST:PORT, /SOCKET, @SOCKET */
gboolean value_check_test_command (const char *value, GError **error);  /* a program and its arguments, quoted as for a shell */
gboolean value_check_test_status (const char *value, GError **error);   /* 0 to 255 */
gboolean value_check_build_arg (const char *value, GError **error);
gboolean value_check_test_rule (const char *value, GError **error);     /* the same, or nothing */
gboolean value_check_rule (const char *value, GError **error);          /* a target for make */
