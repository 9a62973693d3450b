/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The finish-args that are no permissions: what else flatpak-build-finish(1) puts into the metadata.
 */
#pragma once

#include <glib.h>

typedef enum
{
  FINISH_METADATA,             /* --metadata=GROUP=KEY[=VALUE]; the next two are forms of it */
  FINISH_EXTENSION,            /* --extension=NAME=KEY[=VALUE] */
  FINISH_PRIORITY,             /* --extension-priority=NUMBER */
  FINISH_REMOVE_EXTENSION,     /* --remove-extension=NAME */
  FINISH_REQUIRE_VERSION,      /* --require-version=MAJOR.MINOR.MICRO: of Flatpak */
  FINISH_EXTRA_DATA,           /* --extra-data=NAME:SHA256:SIZE:[INSTALLED-SIZE]:URL */
  FINISH_COMMAND, FINISH_SDK, FINISH_RUNTIME,
  FINISH_NO_EXPORTS, FINISH_NO_INHERIT_PERMISSIONS,
} FinishKind;

typedef struct
{
  FinishKind kind;
  char *group, *key;           /* where it goes; NULL for kinds that say more or less than one key */
  char *value;
  char *sha256, *size, *installed_size, *url;   /* of extra data, `value` is its name; installed_size may be NULL */
} FinishOption;

void finish_option_clear (FinishOption *option);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (FinishOption, finish_option_clear)

/* Whether the argument, up to its first '=', is one of these. */
gboolean finish_option_is (const char *argument);

/* Whether one of the arguments (NULL: there are none) is an option of this kind, with this value unless that is NULL. */
gboolean finish_option_among (char *const *arguments, FinishKind kind, const char *value);

/* *ret_option has to be zeroed. */
gboolean finish_option_parse (const char *argument, FinishOption *ret_option, GError **error);
