/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * From "ID", "ID//BRANCH" or "ID/ARCH/BRANCH" to one ref that a remote has.
 */
#include <string.h>

#include "base/error.h"
#include "runner/manage/manage.h"

/* What is given of the three parts; NULL: not given. */
typedef struct
{
  const char *id;
  const char *arch;
  const char *branch;
} Pattern;

static gboolean
parse_pattern (char **parts, Pattern *pattern, GError **error)
{
  guint n_parts = g_strv_length (parts);

  if (n_parts == 0 || n_parts > 3)
    return error_throw_code (error, ERROR_REFUSED, "that is neither an id nor of the form ID/ARCH/BRANCH");
  pattern->id = parts[0];
  pattern->arch = n_parts > 1 && parts[1][0] != '\0' ? parts[1] : ref_native_arch ();
  pattern->branch = n_parts > 2 && parts[2][0] != '\0' ? parts[2] : NULL;
  return ref_id_check (pattern->id, error) && ref_arch_check (pattern->arch, error)
         && (pattern->branch == NULL || ref_branch_check (pattern->branch, error));
}

static const Ref *
find_branch (const GPtrArray *refs, RefKind kind, const char *branch)
{
  for (guint i = 0; i < refs->len; i++)
    {
      const Ref *ref = refs->pdata[i];
      if (ref->kind == kind && strcmp (ref->branch, branch) == 0)
        return ref;
    }
  return NULL;
}

/* All of `refs` have the wanted id and architecture. */
static Ref *
choose (const GPtrArray *refs, const Pattern *pattern, GError **error)
{
  g_autoptr (GString) names = g_string_new (NULL);

  for (RefKind kind = REF_APP; kind <= REF_RUNTIME; kind++)
    {
      const Ref *chosen = NULL;
      guint n_branches = 0;

      for (guint i = 0; i < refs->len; i++)
        {
          const Ref *ref = refs->pdata[i];
          if (ref->kind != kind)
            continue;
          n_branches++;
          chosen = ref;
          g_string_append_printf (names, "%s%s//%s", names->len > 0 ? ", " : "", ref->id, ref->branch);
        }
      if (pattern->branch != NULL)
        chosen = find_branch (refs, kind, pattern->branch);
      else if (n_branches > 1 && (chosen = find_branch (refs, kind, "stable")) == NULL)
        chosen = find_branch (refs, kind, "master");
      if (chosen != NULL)
        return ref_copy (chosen);
    }
  if (refs->len == 0)
    error_throw_code (error, ERROR_NOT_FOUND, "it has no %s for %s", pattern->id, pattern->arch);
  else
    error_throw_code (error, ERROR_NOT_FOUND, "say which branch: it has %s", names->str);
  return NULL;
}

static const char *
suggest (const GPtrArray *all, const char *id)
{
  g_autoptr (GPtrArray) words = g_ptr_array_new ();

  for (guint i = 0; i < all->len; i++)
    g_ptr_array_add (words, ((Ref *) all->pdata[i])->id);
  g_ptr_array_add (words, NULL);
  return verb_suggest (id, (const char *const *) words->pdata);
}

Ref *
manage_find_remote (Store *store, const char *remote, const char *text, GError **error)
{
  g_auto (GStrv) parts = g_strsplit (text, "/", 5);
  Pattern pattern = { NULL };

  if (g_strv_length (parts) == 4)
    return ref_parse (text, error);
  if (!parse_pattern (parts, &pattern, error))
    {
      error_prefix (error, "\"%.80s\"", text);
      return NULL;
    }
  g_autoptr (GPtrArray) all = store_remote_ls (store, remote, error);
  g_autoptr (GPtrArray) refs = g_ptr_array_new ();
  if (all == NULL)
    return NULL;
  for (guint i = 0; i < all->len; i++)
    {
      const Ref *ref = all->pdata[i];
      if (strcmp (ref->id, pattern.id) == 0 && strcmp (ref->arch, pattern.arch) == 0)
        g_ptr_array_add (refs, (gpointer) ref);
    }
  const char *near = refs->len > 0 ? NULL : suggest (all, pattern.id);
  if (near != NULL && strcmp (near, pattern.id) != 0)
    {
      error_throw_code (error, ERROR_NOT_FOUND, "the remote \"%s\" has no %s; did you mean %s?", remote, pattern.id,
                        near);
      return NULL;
    }
  Ref *ref = choose (refs, &pattern, error);
  if (ref == NULL)
    error_prefix (error, "cannot find \"%s\" on the remote \"%s\"", text, remote);
  return ref;
}

static Ref *
throw_nowhere (const char *text, const GPtrArray *remotes, GError *failure, GError **error)
{
  if (failure != NULL)
    g_propagate_error (error, g_error_copy (failure));
  else if (remotes->len == 0)
    error_throw_code (error, ERROR_NOT_FOUND,
                      "there is no file \"%.80s\", and no remote to look for it in; "
                      "\"apprun remote add NAME URL --gpg-import KEY\" adds one", text);
  else
    error_throw_code (error, ERROR_NOT_FOUND, "there is no file \"%.80s\", and no remote has an app or runtime of that name", text);
  return NULL;
}

Ref *
manage_find_anywhere (Store *store, const char *text, char **ret_remote, GError **error)
{
  g_autoptr (GPtrArray) remotes = store_remote_list (store, error);
  g_autoptr (GError) failure = NULL;
  g_autoptr (Ref) found = NULL;
  g_autofree char *name = NULL;

  for (guint i = 0; remotes != NULL && i < remotes->len; i++)
    {
      const Remote *remote = remotes->pdata[i];
      g_autoptr (GError) local_error = NULL;
      g_autoptr (Ref) ref = manage_find_remote (store, remote->name, text, &local_error);

      if (ref == NULL && !g_error_matches (local_error, ERROR_DOMAIN, ERROR_NOT_FOUND))
        {
          /* One that cannot be asked may have it, too. */
          g_set_error (error, local_error->domain, local_error->code, "%s; so it is not known which remote has %s: name the one to "
                       "install from, as in \"apprun install REMOTE %s\"", local_error->message, text, text);
          return NULL;
        }
      if (ref == NULL)
        {
          if (remotes->len == 1)
            failure = g_steal_pointer (&local_error); /* with a suggestion, maybe */
          continue;
        }
      if (found != NULL)
        {
          error_throw (error, "both the remotes \"%s\" and \"%s\" have %s; say which one: apprun install REMOTE %s", name, remote->name,
                       ref->id, text);
          return NULL;
        }
      found = g_steal_pointer (&ref);
      name = g_strdup (remote->name);
    }
  if (remotes == NULL || found == NULL)
    return remotes == NULL ? NULL : throw_nowhere (text, remotes, failure, error);
  *ret_remote = g_steal_pointer (&name);
  return g_steal_pointer (&found);
}
