/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "runner/front/keep.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "runner/extensions.h"
#include "runner/front/front.h"
#include "sandbox/stored.h"

#define KEPT_MOST 64    /* launches; then all are forgotten */

typedef struct
{
  GArray *images;       /* FrontImage */
  GPtrArray *bundles;   /* Bundle: whose they are */
  GArray *sources;      /* FrontSource */
  GPtrArray *texts;     /* owned, of both */
  gboolean is_bad;
} Keeping;

static struct
{
  char *key;
  gsize key_size;
  int argc, n_words;
  char *const *argv;
} begun;

void
keep_begin (int argc, char *const *argv)
{
  begun.argc = argc;
  begun.argv = argv;
  begun.key = front_key (argc, argv, environ, &begun.key_size, &begun.n_words);
  if (begun.key == NULL)
    return;
  begun.argv = g_strdupv ((char **) (gpointer) argv);   /* who parses options takes words out of it */
  witness_begin ();
  g_autofree char *planner = front_planner ();
  witness_note (WITNESS_FILE, planner);
}

static gboolean
words_are_ours (const RunOptions *options)
{
  if (strcmp (begun.argv[begun.n_words - 1], options->target) != 0 || options->verbose || options->timing || options->unpacked
      || options->allow_unsealed || options->forwarded != NULL)
    return FALSE;
  return (int) g_strv_length (options->arguments) == begun.argc - begun.n_words;
}

static gboolean
same_file (int a, int b)
{
  struct stat first, second;

  return a >= 0 && b >= 0 && fstat (a, &first) == 0 && fstat (b, &second) == 0 && first.st_dev == second.st_dev
         && first.st_ino == second.st_ino;
}

/* What the kernel calls it; for the keeper of texts. */
static const char *
name_of (Keeping *keeping, int fd)
{
  g_autofree char *link = g_strdup_printf ("/proc/self/fd/%d", fd);
  char *name = g_file_read_link (link, NULL);

  if (name != NULL)
    g_ptr_array_add (keeping->texts, name);
  return name;
}

static void
add_image (Keeping *keeping, const Bundle *bundle)
{
  FrontImage image = { .name = bundle->name };
  const char *lock = bundle->lock_fd >= 0 ? name_of (keeping, bundle->lock_fd) : NULL;

  if (!bundle->files_is_mount || bundle->ref == NULL || lock == NULL || !g_str_has_suffix (lock, "/.ref"))
    {
      keeping->is_bad = TRUE;
      return;
    }
  char *folder = g_path_get_dirname (lock);
  g_ptr_array_add (keeping->texts, folder);
  g_autofree char *path = g_build_filename (folder, "image", NULL);
  image.folder = folder;
  keeping->is_bad |= !witness_look (WITNESS_FILE, path, &image.state) || image.state.error != 0;
  g_array_append_val (keeping->images, image);
  g_ptr_array_add (keeping->bundles, (gpointer) bundle);
}

static void
add_extensions (Keeping *keeping, const GPtrArray *extensions)
{
  for (guint i = 0; extensions != NULL && i < extensions->len; i++)
    add_image (keeping, ((const LaunchExtension *) extensions->pdata[i])->bundle);
}

static void
add_source (void *context, int fd)
{
  Keeping *keeping = context;
  FrontSource source = { .kind = FRONT_PLACE };
  WitnessState now;

  for (guint i = 0; i < keeping->bundles->len; i++)
    {
      const Bundle *bundle = keeping->bundles->pdata[i];
      if (!same_file (fd, bundle->files_fd) && !same_file (fd, bundle->alive_fd))
        continue;
      source.kind = same_file (fd, bundle->files_fd) ? FRONT_FILES : FRONT_ALIVE;
      source.image = i;
      g_array_append_val (keeping->sources, source);
      return;
    }
  source.path = name_of (keeping, fd);
  if (source.path == NULL || source.path[0] != '/' || !witness_look (WITNESS_PLACE, source.path, &source.state)
      || !witness_look_fd (WITNESS_PLACE, fd, &now) || !witness_is (&now, &source.state))
    keeping->is_bad = TRUE;
  g_array_append_val (keeping->sources, source);
}

/* The one place where the number of this launch is written. */
static gboolean
find_instance (FrontLaunch *launch, const char *instance)
{
  g_autofree char *line = g_strdup_printf ("\ninstance-id=%s\n", instance);
  gsize length = strlen (line);
  const char *found = memmem (launch->plan, launch->plan_size, line, length);

  if (found == NULL || strlen (instance) != FRONT_INSTANCE_DIGITS)
    return FALSE;
  launch->instance = (gsize) (found - (const char *) launch->plan) + strlen ("\ninstance-id=");
  gsize rest = launch->plan_size - launch->instance;
  return memmem ((const char *) launch->plan + launch->instance, rest, line, length) == NULL;
}

static void
forget_all (int folder)
{
  g_autofree char *path = g_strdup_printf ("/proc/self/fd/%d", folder);
  DIR *dir = opendir (path);
  guint n = 0;

  if (dir == NULL)
    return;
  while (readdir (dir) != NULL)
    n++;
  rewinddir (dir);
  for (struct dirent *entry; n > KEPT_MOST && (entry = readdir (dir)) != NULL;)
    if (entry->d_name[0] != '.')
      (void) unlinkat (folder, entry->d_name, 0);
  closedir (dir);
}

static void
write_launch (const FrontLaunch *launch)
{
  char name[FRONT_NAME_SIZE];
  autofd runtime = front_runtime_folder ();
  autofd folder = runtime >= 0 ? front_launches_folder (runtime, TRUE) : -1;
  g_autofree void *data = NULL;
  gsize size = 0;

  if (folder < 0 || front_write (launch, &data, &size) < 0)
    return;
  forget_all (folder);
  front_name (launch->key, launch->key_size, name);
  (void) file_write_unsynced (folder, name, data, size, 0600, NULL);
}

static void
keep (const Prepared *prepared, const char *command, Keeping *keeping)
{
  char reason[SANDBOX_STORED_REASON];
  FrontLaunch launch = { .key = begun.key, .key_size = begun.key_size, .command = command };
  gsize n_witnesses = 0;

  add_image (keeping, prepared->app);
  add_image (keeping, prepared->runtime);
  add_extensions (keeping, prepared->app_extensions);
  add_extensions (keeping, prepared->runtime_extensions);
  sandbox_plan_supplied (prepared->plan, add_source, keeping);
  launch.witnesses = (Witness *) (gpointer) witness_list (&n_witnesses);
  launch.n_witnesses = (guint32) n_witnesses;
  launch.images = (FrontImage *) (gpointer) keeping->images->data;
  launch.n_images = keeping->images->len;
  launch.sources = (FrontSource *) (gpointer) keeping->sources->data;
  launch.n_sources = keeping->sources->len;
  if (keeping->is_bad || launch.witnesses == NULL || launch.n_witnesses > FRONT_WITNESSES_MAX || launch.n_images > FRONT_IMAGES_MAX
      || launch.n_sources > FRONT_SOURCES_MAX
      || sandbox_plan_store_start (prepared->plan, &launch.plan, &launch.plan_size, reason) < 0)
    return;
  if (find_instance (&launch, prepared->host->instance))
    write_launch (&launch);
  free (launch.plan);
}

void
keep_launch (const Prepared *prepared, const RunOptions *options)
{
  Keeping keeping = { NULL };
  const char *command;

  if (begun.key == NULL || prepared->app == NULL || !words_are_ours (options))
    return;
  command = options->command != NULL ? options->command : prepared->app->metadata->command;
  keeping.images = g_array_new (FALSE, FALSE, sizeof (FrontImage));
  keeping.bundles = g_ptr_array_new ();
  keeping.sources = g_array_new (FALSE, FALSE, sizeof (FrontSource));
  keeping.texts = g_ptr_array_new_with_free_func (g_free);
  keep (prepared, command, &keeping);
  g_array_unref (keeping.images);
  g_ptr_array_unref (keeping.bundles);
  g_array_unref (keeping.sources);
  g_ptr_array_unref (keeping.texts);
}
