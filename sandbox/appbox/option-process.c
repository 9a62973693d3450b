/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sandbox/appbox/capability.h"
#include "sandbox/appbox/number.h"
#include "sandbox/appbox/options.h"
#include "sandbox/appbox/text.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

void
option_args (Appbox *box, char **values)
{
  char **texts;
  char **words;
  char *text;
  size_t size;
  size_t n = 0;

  if (box->is_in_args)
    appbox_die ("--args not supported in arguments file");
  text = text_read ("--args", descriptor_value ("--args", values[0]), &size);
  texts = reallocarray (box->texts, box->n_texts + 1, sizeof *texts);
  for (const char *p = text; p < text + size; p += strlen (p) + 1)
    n++;
  words = calloc (n + 1, sizeof *words);
  if (texts == NULL || words == NULL)
    appbox_die ("out of memory");
  box->texts = texts;
  box->texts[box->n_texts++] = text;
  n = 0;
  for (char *word = text; word < text + size; word += strlen (word) + 1)
    words[n++] = word;
  box->is_in_args = true;
  if (options_read (box, words, n) != n)
    appbox_die ("--args %s: what is read there may be options only, without a command", values[0]);
  box->is_in_args = false;
  options_next (box, OPTION_TAKES_LAYERS);     /* the modes of a file end with it */
  free (words);
}

/* Other options that are given twice only have a warning. */
void
option_argv0 (Appbox *box, char **values)
{
  if (box->has_argv0)
    appbox_die ("--argv0 used multiple times");
  box->has_argv0 = true;
  option_record (box, values);
}

void
option_unshare_all (Appbox *box, char **values)
{
  box->namespaces |= APPBOX_NEW_ALL;
  box->has_user_try = true;
}

void
option_share_net (Appbox *box, char **values)
{
  box->has_share_net = true;
  box->namespaces &= ~(unsigned) APPBOX_NEW_NET;      /* a later --unshare-net wants it again */
}

void
option_unshare_user (Appbox *box, char **values)
{
  box->has_user = true;     /* there always is one, unless one is joined */
}

void
option_unshare_user_try (Appbox *box, char **values)
{
  box->has_user_try = true;
}

void
option_unshare (Appbox *box, char **values)
{
  box->namespaces |= box->option->bits;
}

void
option_uid (Appbox *box, char **values)
{
  box->uid = id_value (box->origin, values[0]);
  box->has_uid = true;
}

void
option_gid (Appbox *box, char **values)
{
  box->gid = id_value (box->origin, values[0]);
  box->has_gid = true;
}

void
option_hostname (Appbox *box, char **values)
{
  box->hostname = values[0];
  (void) sandbox_plan_hostname (box->plan, values[0], box->origin);
}

void
option_chdir (Appbox *box, char **values)
{
  if (values[0][0] == '\0')
    appbox_die ("Can't chdir to : %s", strerror (ENOENT));
  box->cwd = values[0];
}

/* The environment is our own until the plan is completed. */
void
option_clearenv (Appbox *box, char **values)
{
  (void) clearenv ();
}

void
option_setenv (Appbox *box, char **values)
{
  if (setenv (values[0], values[1], 1) < 0)
    appbox_die ("setenv failed: “%s”: %s", values[0], strerror (errno));
}

void
option_unsetenv (Appbox *box, char **values)
{
  if (unsetenv (values[0]) < 0)
    appbox_die ("unsetenv failed: “%s”: %s", values[0], strerror (errno));
}

void
option_landlock (Appbox *box, char **values)
{
  (void) sandbox_plan_landlock_files (box->plan, box->option->bits, box->origin);
}

void
option_landlock_port (Appbox *box, char **values)
{
  int port = (int) number_value (box->origin, values[0], 65535);

  (void) sandbox_plan_landlock_port (box->plan, box->option->bits, port, box->origin);
}

void
option_start (Appbox *box, char **values)
{
  box->start |= box->option->bits;
}

/* The sandbox always ends with appbox; this makes appbox end with its parent. */
void
option_die_with_parent (Appbox *box, char **values)
{
  box->dies_with_parent = true;
  if (prctl (PR_SET_PDEATHSIG, SIGKILL) < 0)
    appbox_die ("prctl: %s", strerror (errno));
  /* The kernel tells nobody whose parent has died already. */
  if (getppid () != box->parent)
    (void) raise (SIGKILL);
}

void
option_cap_add (Appbox *box, char **values)
{
  box->capabilities |= capability_value (box->origin, values[0]);
}

void
option_cap_drop (Appbox *box, char **values)
{
  box->capabilities &= ~capability_value (box->origin, values[0]);
}

/* The member of Appbox that the row names. */
static int *
descriptor_member (Appbox *box)
{
  return (int *) (void *) ((char *) box + box->option->bits);
}

/* One to write to, as it is. */
void
option_report_fd (Appbox *box, char **values)
{
  *descriptor_member (box) = descriptor_value (box->origin, values[0]);
}

void
option_fd (Appbox *box, char **values)
{
  *descriptor_member (box) = descriptor_copy (box->origin, values[0]);
}

void
option_sync_fd (Appbox *box, char **values)
{
  option_fd (box, values);
  box->sync_number = (int) number_value (box->origin, values[0], INT32_MAX);
}

void
option_lock_file (Appbox *box, char **values)
{
  box->has_lock = true;
  option_record (box, values);
}
