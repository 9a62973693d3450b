/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "runner/account.h"

#include <string.h>

#include "base/file.h"
#include "base/spawn.h"
#include "base/witness.h"

#define FILE_MAX (16 * 1024 * 1024)
#define PATIENCE 30   /* seconds for a directory service */

enum { FIELD_NAME = 0, FIELD_ID = 2, FIELD_REAL_NAME = 4, FIELD_HOME = 5 };

/* The fields of the first line whose id is `id`; NULL when there is none, or it has fewer than `n_fields`. */
static char **
find_line (const char *text, const char *id, guint n_fields)
{
  for (const char *line = text; *line != '\0';)
    {
      gsize length = strcspn (line, "\n");
      const char *field = line;

      for (guint i = 0; field != NULL && i < FIELD_ID; i++)
        {
          field = memchr (field, ':', length - (gsize) (field - line));
          field = field != NULL ? field + 1 : NULL;
        }
      if (field != NULL && strncmp (field, id, strlen (id)) == 0 && field[strlen (id)] == ':')
        {
          g_autofree char *copy = g_strndup (line, length);
          g_auto (GStrv) fields = g_strsplit (copy, ":", -1);
          if (g_strv_length (fields) >= n_fields)
            return g_steal_pointer (&fields);
        }
      line += length + (line[length] == '\n');
    }
  return NULL;
}

/* In the file `database` of `etc`, or by getent. */
static char **
find (const char *etc, const char *database, guint id, guint n_fields)
{
  g_autofree char *path = g_build_filename (etc, database, NULL);
  g_autofree char *number = g_strdup_printf ("%u", id);
  const char *const argv[] = { "getent", database, number, NULL };
  SpawnRequest request = SPAWN_REQUEST_INIT;
  g_autofree char *output = NULL;
  g_autofree char *ignored = NULL;
  int status = 0;
  gsize length;

  witness_note (WITNESS_FILE, path);
  g_autofree char *text = file_read (AT_FDCWD, path, FILE_MAX, &length, NULL);
  char **fields = text != NULL ? find_line (text, number, n_fields) : NULL;
  if (fields != NULL)
    return fields;
  witness_spoil (); /* what a directory service says */
  request.argv = argv;
  request.time_limit = PATIENCE;
  if (!spawn_run (&request, &status, &output, &ignored, NULL) || status != 0)
    return NULL;
  return find_line (output, number, n_fields);
}

Account *
account_of_user (const char *etc, uid_t uid)
{
  g_auto (GStrv) fields = find (etc, "passwd", (guint) uid, FIELD_HOME + 1);
  Account *account = fields != NULL ? g_new0 (Account, 1) : NULL;

  if (account == NULL)
    return NULL;
  account->name = g_strdup (fields[FIELD_NAME]);
  account->real_name = g_strdup (fields[FIELD_REAL_NAME]);
  account->home = g_strdup (fields[FIELD_HOME]);
  return account;
}

char *
account_group_name (const char *etc, gid_t gid)
{
  g_auto (GStrv) fields = find (etc, "group", (guint) gid, FIELD_ID + 1);

  return fields != NULL ? g_strdup (fields[FIELD_NAME]) : NULL;
}

void
account_free (Account *account)
{
  if (account == NULL)
    return;
  g_free (account->name);
  g_free (account->real_name);
  g_free (account->home);
  g_free (account);
}
