/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Who installed an app has agreed to what it may do then.  What a later version wants in addition is asked for, before anything of it
 * is fetched; the metadata of the commit, which is compared, is signed, and the same as that in its tree (pull.c).
 */
#include "base/error.h"
#include "bundle/added.h"
#include "store/store-private.h"

static char *
join (const GPtrArray *words)
{
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint i = 0; i < words->len; i++)
    g_string_append_printf (text, "%s%s", i > 0 ? "; " : "", (char *) words->pdata[i]);
  return g_string_free (g_steal_pointer (&text), FALSE);
}

char *
consent_describe (const Deployment *current, const Metadata *newer)
{
  g_autoptr (GPtrArray) added = permissions_added_keyfile (current->metadata->keyfile, newer->keyfile, NULL);

  return added == NULL || added->len == 0 ? NULL : join (added);
}

gboolean
consent_ask (Store *store, const Deployment *current, const Metadata *newer, GError **error)
{
  if (current == NULL || newer->kind != REF_APP)
    return TRUE;
  g_autoptr (GPtrArray) added = permissions_added_keyfile (current->metadata->keyfile, newer->keyfile, error);
  if (added == NULL)
    return FALSE;
  if (added->len == 0)
    return TRUE;
  if (store->consent != NULL)
    return store->consent (current->ref, added, store->consent_data, error);
  g_autofree char *text = join (added);
  return error_throw_code (error, ERROR_REFUSED, "the new version wants to do more than the installed one: %s", text);
}
