/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Filters that the plan brings along.  Init's child loads them just before it becomes the app, and init has only what is
 * passed on the way of a program: so they stand in a file without a name, each as its length in bytes (8 of them, in
 * the order of the machine) and its instructions.
 */
#include "sandbox/place.h"

#include <fcntl.h>
#include <unistd.h>

int
filters_write (Setup *setup)
{
  static const char name[] = "filters";
  const SandboxPlan *plan = setup->launch->plan;

  for (size_t i = 0; i < plan->n_records; i++)
    {
      const Record *record = &plan->records[i];
      uint64_t size = record->data_size;

      if (record->kind != RECORD_SECCOMP)
        continue;
      if (setup->filters_fd < 0)
        {
          setup->filters_fd = openat (setup->stage_fd, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
          if (setup->filters_fd < 0 || unlinkat (setup->stage_fd, name, 0) < 0)
            return fault_set (setup, FAULT_PLAIN, "create", name);
        }
      if (place_write (setup, setup->filters_fd, (const char *) &size, sizeof size, name) < 0
          || place_write (setup, setup->filters_fd, record->data, size, name) < 0)
        return -1;
    }
  if (setup->filters_fd >= 0 && lseek (setup->filters_fd, 0, SEEK_SET) < 0)
    return fault_set (setup, FAULT_PLAIN, "lseek", name);
  return 0;
}
