/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bundle/limits.h"

#include "base/error.h"
#include "base/verb.h"
#include "sandbox/limit.h"

static gboolean
throw_name (const char *name, GError **error)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new ();

  for (const LimitName *row = sandbox_limit_names; row->name != NULL; row++)
    g_ptr_array_add (names, (gpointer) row->name);
  g_ptr_array_add (names, NULL);
  const char *near = g_utf8_validate (name, -1, NULL) ? verb_suggest (name, (const char *const *) names->pdata) : NULL;
  if (near != NULL)
    return error_throw_code (error, ERROR_USAGE, "\"%s\" is no limit; did you mean \"%s\"?", name, near);
  g_autofree char *known = g_strjoinv (", ", (char **) names->pdata);
  return error_throw_code (error, ERROR_USAGE, "\"%s\" is no limit; there are %s", name, known);
}

static gboolean
limit_read (const char *name, const char *value, SandboxLimit *ret_limit, GError **error)
{
  char reason[SANDBOX_LIMIT_REASON];

  if (sandbox_limit_find (name) == NULL)
    return throw_name (name, error);
  if (value == NULL)
    return error_throw_code (error, ERROR_USAGE, "the limit \"%s\" has no value", name);
  return sandbox_limit_parse (name, value, ret_limit, reason) == 0 || error_throw_code (error, ERROR_USAGE, "%s", reason);
}

gboolean
limits_check (const char *name, const char *value, GError **error)
{
  SandboxLimit limit;

  return limit_read (name, value, &limit, error);
}

gboolean
limits_set (GPtrArray *limits, const char *name, const char *value, const char *origin, GError **error)
{
  SandboxLimit limit;

  if (!limit_read (name, value, &limit, error))
    return FALSE;
  permissions_set (limits, name, value, !limit.none, origin);
  return TRUE;
}
