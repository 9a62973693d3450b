/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * nacelle-fetch PARENT MAX-BYTES list REMOTE | commit REMOTE REF | content REMOTE REF CHECKSUM | file URL
 *
 * Not for people: store/transfer.c starts it, with the repository's folder (or the new file) as descriptor 3.
 */
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/terminal.h"
#include "base/verb.h"
#include "store/fetch.h"
#include "store/fetch-file.h"

#define REPO_FD 3

static void
print_progress (guint done, guint total)
{
  printf ("progress %u %u\n", done, total);
  fflush (stdout);
}

static gboolean
list (const FetchRequest *request, GError **error)
{
  g_autoptr (GPtrArray) names = fetch_list (request, error);

  for (guint i = 0; names != NULL && i < names->len; i++)
    if (strchr (names->pdata[i], '\n') == NULL)
      printf ("result %s\n", (char *) names->pdata[i]);
  return names != NULL;
}

static gboolean
commit (const FetchRequest *request, GError **error)
{
  g_autofree char *checksum = fetch_commit (request, error);

  if (checksum != NULL)
    printf ("result %s\n", checksum);
  return checksum != NULL;
}

static gboolean
run (int argc, char **argv, GError **error)
{
  guint64 parent = 0;
  FetchRequest request = { .repo_fd = REPO_FD, .progress = print_progress };

  if (argc < 5 || !g_ascii_string_to_unsigned (argv[1], 10, 1, G_MAXINT32, &parent, error)
      || !g_ascii_string_to_unsigned (argv[2], 10, 1, G_MAXINT64, &request.max_bytes, error)
      || !fetch_confine ((int) parent, request.max_bytes, error))
    return FALSE;
  if (strcmp (argv[3], "file") == 0 && argc == 5)
    return fetch_file (REPO_FD, argv[4], request.max_bytes, print_progress, error);
  request.remote = argv[4];
  request.ref = argc > 5 ? argv[5] : NULL;
  if (strcmp (argv[3], "list") == 0 && argc == 5)
    return list (&request, error);
  if (strcmp (argv[3], "commit") == 0 && argc == 6)
    return commit (&request, error);
  if (strcmp (argv[3], "content") == 0 && argc == 7)
    return fetch_content (&request, argv[6], error);
  return FALSE;
}

int
main (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;

  if (verb_refuses_privileges ("nacelle-fetch"))
    return EXIT_OURS;
  if (run (argc, argv, &error))
    return fflush (stdout) == 0 ? 0 : 1;
  g_autofree char *safe = terminal_escape (error != NULL ? error->message : "nacelle-fetch is started by apprun", TRUE);
  fprintf (stderr, "%s\n", safe);
  return 1;
}
