/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Overlays.  Layers are named by /proc/self/fd/N, so that their real names (which may have commas and colons)
 * never appear in the options.
 */
#include "sandbox/decimal.h"
#include "sandbox/mount.h"
#include "sandbox/place.h"

#include <errno.h>
#include <sys/mount.h>
#include <unistd.h>

/* 200 lower layers of at most 25 bytes each, and the rest. */
#define OPTIONS_MAX 6000

static char *
layer_append (char *end, int fd)
{
  return decimal_append (text_append (end, "/proc/self/fd/"), (unsigned) fd);
}

/* The kernel wants the topmost layer first; a plan has the bottom first. */
static char *
lower_append (char *end, const Record *record)
{
  end = text_append (end, "userxattr,lowerdir=");
  for (size_t i = record->n_fds; i > 0; i--)
    {
      end = layer_append (end, record->fds[i - 1]);
      if (i > 1)
        end = text_append (end, ":");
    }
  return end;
}

/* A detached mount can be a layer once it is attached somewhere: in stage, which goes away with the old root.  Its
 * descriptor then leads there. */
static int
layers_attach (Setup *setup, const Record *record)
{
  for (size_t i = 0; i < record->n_fds; i++)
    {
      int fd;
      int result;

      if (record->reals[i] != NULL)
        continue;
      fd = place_stage_directory (setup, 0755);
      if (fd < 0)
        return -1;
      result = setup->way->attach (setup, record->fds[i], fd, SANDBOX_BIND_READ_ONLY);
      (void) close (fd);
      if (result < 0)
        return -1;
    }
  return 0;
}

int
place_overlay (Setup *setup, const Record *record)
{
  char options[OPTIONS_MAX];
  char *end = lower_append (options, record);
  int upper = record->upper_fd;
  int work = record->work_fd;
  int fd = place_mount_point (setup, record->dest, true);
  int result;

  if (fd < 0 || layers_attach (setup, record) < 0)
    return -1;
  if (!record->number)
    {
      if (upper < 0)
        {
          upper = place_stage_directory (setup, 0755);
          work = upper < 0 ? -1 : place_stage_directory (setup, 0700);
          if (work < 0)
            return -1;
        }
      end = layer_append (text_append (end, ",upperdir="), upper);
      end = layer_append (text_append (end, ",workdir="), work);
    }
  if (end - options >= 4095)
    {
      errno = E2BIG;        /* the kernel takes one page of options */
      return fault_set (setup, FAULT_PLAIN, "mount", "overlay");
    }
  result = mount_filesystem (setup, "overlay", fd, MS_NODEV | (record->number ? MS_RDONLY : 0), options);
  (void) close (fd);
  if (result < 0 && setup->fault.saved_errno == EPERM)
    setup->fault.kind = FAULT_NO_OVERLAY;
  if (result < 0 || record->number)
    return result;
  fd = place_mount_point (setup, record->dest, true);
  if (fd < 0)
    return -1;
  result = place_own (setup, fd);
  (void) close (fd);
  return result;
}
