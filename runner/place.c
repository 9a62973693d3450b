/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "runner/place.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/witness.h"

#define LINKS_MAX 40 /* as the kernel */

typedef struct
{
  int fd;              /* where we are */
  GPtrArray *names;    /* the way from "/" to there */
  GString *rest;       /* still to go */
  guint n_links;
  GPtrArray *links;
} Walk;

void
place_link_free (PlaceLink *link)
{
  g_free (link->path);
  g_free (link->target);
  g_free (link);
}

gboolean
place_is_below (const char *path, const char *parent)
{
  gsize length = strlen (parent);
  return strncmp (path, parent, length) == 0 && (path[length] == '\0' || path[length] == '/');
}

static char *
walk_path (const Walk *walk, const char *last)
{
  GString *path = g_string_new (NULL);
  for (guint i = 0; i < walk->names->len; i++)
    g_string_append_printf (path, "/%s", (const char *) walk->names->pdata[i]);
  if (last != NULL)
    g_string_append_printf (path, "/%s", last);
  if (path->len == 0)
    g_string_append_c (path, '/');
  return g_string_free (path, FALSE);
}

/* 0 or an errno value. */
static int
walk_to_root (Walk *walk)
{
  file_close_fd (&walk->fd);
  g_ptr_array_set_size (walk->names, 0);
  walk->fd = open ("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
  return walk->fd >= 0 ? 0 : errno;
}

static void
walk_note (const Walk *walk, const char *last, WitnessKind kind)
{
  g_autofree char *path = walk_path (walk, last);

  witness_note (kind, path);
}

static int
walk_link (Walk *walk, int link_fd, const char *name)
{
  char target[PATH_MAX];

  walk_note (walk, name, WITNESS_LINK);
  ssize_t length = readlinkat (link_fd, "", target, sizeof target);

  if (length < 0)
    return errno;
  if (length == 0 || (gsize) length >= sizeof target)
    return ENAMETOOLONG;
  if (++walk->n_links > LINKS_MAX)
    return ELOOP;
  target[length] = '\0';
  if (walk->links != NULL)
    {
      PlaceLink *link = g_new0 (PlaceLink, 1);
      link->path = walk_path (walk, name);
      link->target = g_strdup (target);
      g_ptr_array_add (walk->links, link);
    }
  g_string_prepend_c (walk->rest, '/');
  g_string_prepend (walk->rest, target);
  return target[0] == '/' ? walk_to_root (walk) : 0;
}

static int
walk_step (Walk *walk, const char *name)
{
  gboolean up = strcmp (name, "..") == 0;
  autofd next = openat (walk->fd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
  struct stat st;

  if (next < 0)
    {
      int failure = errno;
      walk_note (walk, name, WITNESS_PLACE);
      return failure;
    }
  if (fstat (next, &st) < 0)
    return errno;
  if (S_ISLNK (st.st_mode))
    return walk_link (walk, next, name);
  if (up && walk->names->len > 0)
    g_ptr_array_set_size (walk->names, (int) walk->names->len - 1);
  else if (!up)
    g_ptr_array_add (walk->names, g_strdup (name));
  file_close_fd (&walk->fd);
  walk->fd = file_steal_fd (&next);
  return 0;
}

static int
walk_all (Walk *walk)
{
  int failure = walk_to_root (walk);
  while (failure == 0 && walk->rest->len > 0)
    {
      gsize length = strcspn (walk->rest->str, "/");
      g_autofree char *name = g_strndup (walk->rest->str, length);
      g_string_erase (walk->rest, 0, (gssize) MIN (length + 1, walk->rest->len));
      if (length > 0 && strcmp (name, ".") != 0)
        failure = walk_step (walk, name);
    }
  return failure;
}

int
place_open (const char *path, char **ret_canonical, GPtrArray *links, GError **error)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GString) rest = g_string_new (path);
  Walk walk = { .fd = -1, .names = names, .rest = rest, .links = links };
  int failure = walk_all (&walk);

  if (failure != 0)
    {
      file_close_fd (&walk.fd);
      error_throw_errno (error, failure, "cannot open \"%s\"", path);
      if (error != NULL && (failure == ENOENT || failure == ENOTDIR))
        (*error)->code = ERROR_NOT_FOUND;
      return -1;
    }
  *ret_canonical = walk_path (&walk, NULL);
  witness_note (WITNESS_PLACE, *ret_canonical);
  return walk.fd;
}

/* Open the nearest parent of `path` that exists, or `path` itself; *ret_missing points into `path`. */
static int
open_existing (const char *path, char **ret_canonical, const char **ret_missing)
{
  g_autofree char *existing = g_strdup (path);

  for (;;)
    {
      int fd = place_open (existing[0] != '\0' ? existing : "/", ret_canonical, NULL, NULL);
      char *slash = strrchr (existing, '/');

      if (fd >= 0 || slash == NULL)
        {
          *ret_missing = path + strlen (existing);
          *ret_missing += strspn (*ret_missing, "/");
          return fd;
        }
      *slash = '\0';
    }
}

gboolean
place_create_folder (const char *path, mode_t mode, GError **error)
{
  g_autofree char *canonical = NULL;
  const char *missing;
  autofd fd = open_existing (path, &canonical, &missing);

  if (fd < 0)
    return error_throw (error, "cannot create \"%s\"", path);
  if (missing[0] == '\0')
    return TRUE;
  autofd made = file_mkdir_p (fd, missing, mode, error);
  return made >= 0;
}

char *
place_canonical (const char *path, gboolean *ret_exists, gboolean *ret_writable)
{
  g_autofree char *canonical = NULL;
  const char *missing;
  autofd fd = open_existing (path, &canonical, &missing);

  *ret_exists = fd >= 0 && missing[0] == '\0';
  *ret_writable = fd >= 0 && access (canonical, W_OK) == 0;
  if (fd < 0 || missing[0] == '\0')
    return g_steal_pointer (&canonical);
  return g_build_filename (canonical, missing, NULL);
}
