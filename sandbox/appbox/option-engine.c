/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Options about filters, labels and layers.
 */
#include "sandbox/appbox/number.h"
#include "sandbox/appbox/options.h"
#include "sandbox/appbox/text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* --- filters --- */

void
option_seccomp (Appbox *box, char **values)
{
  char *text;

  if (box->has_add_seccomp)
    appbox_die ("--seccomp cannot be combined with --add-seccomp-fd");
  text = text_read (box->origin, descriptor_value (box->origin, values[0]), &box->seccomp_size);
  free (box->seccomp);
  box->seccomp = text;
}

void
option_add_seccomp_fd (Appbox *box, char **values)
{
  size_t size;
  char *text;

  if (box->seccomp != NULL)
    appbox_die ("--add-seccomp-fd cannot be combined with --seccomp");
  box->has_add_seccomp = true;
  text = text_read (box->origin, descriptor_value (box->origin, values[0]), &size);
  if (size == 0)
    box->has_empty_filter = true;         /* refused when all options have been read, as by bubblewrap */
  else
    (void) sandbox_plan_seccomp (box->plan, text, size, box->origin);
  free (text);
}

/* --- namespaces --- */

void
option_disable_userns (Appbox *box, char **values)
{
  box->has_disable_userns = true;
  box->start |= SANDBOX_START_NO_USERNS;
}

/* --- labels --- */

/* In bubblewrap's words. */
void
option_label (Appbox *box, char **values)
{
  if (!sandbox_label_is_possible ())
    appbox_die ("labeling not supported on this system: %s %s, and SELinux is not enabled here or has no policy", box->origin,
                values[0]);
  if (sandbox_label_check (values[0]) < 0)
    appbox_die ("invalid label %s: %s", values[0], strerror (errno));
  option_record (box, values);
}

/* --- layers --- */

/* A stored plan may be run from another place, so a name in it is a whole one.  It lives as long as the texts of --args. */
static const char *
layer_name (Appbox *box, const char *name)
{
  char *here = name[0] == '/' ? NULL : getcwd (NULL, 0);
  char **texts;
  char *whole;

  if (here == NULL)
    return name;
  texts = reallocarray (box->texts, box->n_texts + 1, sizeof *texts);
  if (texts == NULL || asprintf (&whole, "%s/%s", here, name) < 0)
    appbox_die ("out of memory");
  free (here);
  box->texts = texts;
  box->texts[box->n_texts++] = whole;
  return whole;
}

void
option_overlay_src (Appbox *box, char **values)
{
  const char **layers = reallocarray (box->layers, box->n_layers + 1, sizeof *layers);

  if (layers == NULL)
    appbox_die ("out of memory");
  box->layers = layers;
  box->layers[box->n_layers++] = layer_name (box, values[0]);
}

static void
overlay_add (Appbox *box, size_t n_least, const char *upper, const char *work, int is_read_only, const char *dest)
{
  if (box->n_layers < n_least)
    appbox_die ("%s requires at least %s --overlay-src", box->origin, n_least == 1 ? "one" : "two");
  (void) sandbox_plan_overlay_paths (box->plan, box->layers, box->n_layers, upper, work, is_read_only, dest, box->origin);
  box->n_layers = 0;
}

void
option_overlay (Appbox *box, char **values)
{
  overlay_add (box, 1, layer_name (box, values[0]), layer_name (box, values[1]), 0, values[2]);
}

void
option_tmp_overlay (Appbox *box, char **values)
{
  overlay_add (box, 1, NULL, NULL, 0, values[0]);
}

void
option_ro_overlay (Appbox *box, char **values)
{
  overlay_add (box, 2, NULL, NULL, 1, values[0]);
}

/* In a sandbox of ours no step fails that this would excuse: a mount that cannot be restricted is never let pass. */
void
option_no_boundary (Appbox *box, char **values)
{
}

void
option_level_prefix (Appbox *box, char **values)
{
  appbox_prefix_levels ();
}
