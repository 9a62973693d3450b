/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Build-time tool: writes the table of names.h as C.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/capability.h>

int
main (int argc, char **argv)
{
  FILE *out = argc == 2 ? fopen (argv[1], "we") : NULL;
  char *name = NULL;

  if (out == NULL)
    return EXIT_FAILURE;
  fputs ("#include \"sandbox/capabilities/names.h\"\n\nconst char *const capability_names[] = {\n", out);
  /* For a number that it has no name for, libcap writes the number. */
  for (cap_value_t capability = 0; (name = cap_to_name (capability)) != NULL && strncmp (name, "cap_", 4) == 0; capability++)
    {
      fprintf (out, "  \"%s\",\n", name);
      cap_free (name);
    }
  cap_free (name);
  fputs ("  0,\n};\n", out);
  return fclose (out) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
