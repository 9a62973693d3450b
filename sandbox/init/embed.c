/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Build-time tool: embed PROGRAM OUTPUT writes the bytes of a file as a C array (program.h).
 */
#include <stdio.h>

int
main (int argc, char **argv)
{
  FILE *in;
  FILE *out;
  int byte;

  if (argc != 3 || (in = fopen (argv[1], "rbe")) == NULL || (out = fopen (argv[2], "we")) == NULL)
    {
      fprintf (stderr, "usage: embed PROGRAM OUTPUT\n");
      return 1;
    }
  fputs ("#include \"sandbox/init/program.h\"\n\nconst unsigned char init_program[] = {", out);
  for (long n = 0; (byte = getc (in)) != EOF; n++)
    fprintf (out, "%s%d,", n % 24 == 0 ? "\n" : "", byte);
  fputs ("\n};\nconst size_t init_program_size = sizeof init_program;\n", out);
  return ferror (in) || fclose (in) != 0 || fclose (out) != 0;
}
