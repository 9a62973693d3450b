/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Writes the seeds of a target as files, for libFuzzer to begin with: seeds-NAME FOLDER.
 */
#include "tests/fuzz/entry.h"

#include <stdio.h>
#include <stdlib.h>

int
main (int argc, char **argv)
{
  uint8_t *seed;
  size_t size;

  if (argc != 2)
    return 2;
  for (size_t i = 0; (seed = fuzz_seed (i, &size)) != NULL; i++)
    {
      char path[4096];
      FILE *out;

      (void) snprintf (path, sizeof path, "%s/seed-%zu", argv[1], i);
      out = fopen (path, "we");
      if (out == NULL || fwrite (seed, 1, size, out) != size || fclose (out) != 0)
        return 1;
      free (seed);
    }
  return 0;
}
