/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sandbox/appbox/number.h"
#include "sandbox/appbox/options.h"
#include "sandbox/appbox/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A stored plan may be run from another place, so a name in it is a whole one. */
static const char *
source_name (const char *name, char **ret_whole)
{
  char *here = name[0] == '/' ? NULL : getcwd (NULL, 0);

  if (here != NULL && asprintf (ret_whole, "%s/%s", here, name) < 0)
    appbox_die ("out of memory");
  free (here);
  return *ret_whole != NULL ? *ret_whole : name;
}

void
option_propagation (Appbox *box, char **values)
{
  if (strcmp (values[0], "private") == 0)
    box->propagation = APPBOX_PROPAGATION_PRIVATE;
  else if (strcmp (values[0], "slave") == 0)
    box->propagation = APPBOX_PROPAGATION_SLAVE;
  else
    appbox_die ("--propagation takes private or slave, not “%s”%s", values[0],
                strcmp (values[0], "shared") == 0 || strcmp (values[0], "unchanged") == 0
                ? ": what a sandbox mounts never appears on the host" : "");
}

static unsigned
bind_flags (const Appbox *box)
{
  unsigned others = box->option->bits & ~(unsigned) SANDBOX_BIND_SLAVE;

  switch (box->propagation)
    {
    case APPBOX_PROPAGATION_PRIVATE:
      return others;
    case APPBOX_PROPAGATION_SLAVE:
      return others | SANDBOX_BIND_SLAVE;
    case APPBOX_PROPAGATION_USUAL:
    default:
      return box->option->bits;
    }
}

/* The sentence about a missing source is one that callers look for.  Opened here, so that its reason is known. */
void
option_bind (Appbox *box, char **values)
{
  unsigned flags = bind_flags (box);
  int fd = open (values[0], O_PATH | O_CLOEXEC);
  char *whole = NULL;

  if (fd < 0 && errno == ENOENT && (flags & SANDBOX_BIND_TRY) != 0)
    return;
  if (fd < 0)
    appbox_die ("Can't find source path %s: %s", values[0], strerror (errno));
  (void) sandbox_plan_bind_fd (box->plan, fd, source_name (values[0], &whole), values[1], flags | SANDBOX_BIND_BY_NAME,
                               box->origin);
  free (whole);
}

void
option_bind_fd (Appbox *box, char **values)
{
  int fd = descriptor_value (box->origin, values[0]);

  box->has_bind_fd = true;
  (void) sandbox_plan_bind_fd (box->plan, fd > 2 ? fd : descriptor_copy (box->origin, values[0]), values[0], values[1],
                               bind_flags (box), box->origin);
}

void
option_record (Appbox *box, char **values)
{
  (void) box->option->add (box->plan, values[0], box->origin);
}

/* The mode of what is made. */
static mode_t
perms_or (const Appbox *box, mode_t usual)
{
  return box->perms >= 0 ? (mode_t) box->perms : usual;
}

void
option_tmpfs (Appbox *box, char **values)
{
  (void) sandbox_plan_tmpfs (box->plan, values[0], perms_or (box, 0755), box->size, box->origin);
}

void
option_dir (Appbox *box, char **values)
{
  (void) sandbox_plan_dir (box->plan, values[0], perms_or (box, 0755), box->origin);
}

static void
data_add (Appbox *box, char **values, mode_t usual, SandboxData what)
{
  size_t size;
  char *text = text_read (box->origin, descriptor_value (box->origin, values[0]), &size);

  (void) sandbox_plan_data (box->plan, values[1], text, size, perms_or (box, usual), what, box->origin);
  free (text);
}

void
option_file (Appbox *box, char **values)
{
  data_add (box, values, 0666, SANDBOX_DATA_WRITTEN);
}

void
option_bind_data (Appbox *box, char **values)
{
  data_add (box, values, 0600, SANDBOX_DATA_MOUNTED);
}

void
option_ro_bind_data (Appbox *box, char **values)
{
  data_add (box, values, 0600, SANDBOX_DATA_MOUNTED_READ_ONLY);
}

void
option_symlink (Appbox *box, char **values)
{
  (void) sandbox_plan_symlink (box->plan, values[0], values[1], box->origin);
}

void
option_chmod (Appbox *box, char **values)
{
  (void) sandbox_plan_chmod (box->plan, values[1], mode_value (box->origin, values[0]), box->origin);
}

void
option_perms (Appbox *box, char **values)
{
  if (box->perms >= 0)
    appbox_die ("--perms given twice for the same action");
  box->perms = (long) mode_value (box->origin, values[0]);
}

void
option_size (Appbox *box, char **values)
{
  if (box->size != 0)
    appbox_die ("--size given twice for the same action");
  if (!number_read (values[0], 10, INT64_MAX, &box->size) || box->size == 0)
    appbox_die ("--size takes a non-zero number of bytes, and “%s” is none", values[0]);
}
