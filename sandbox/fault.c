/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sandbox/setup.h"

#include <errno.h>
#include <string.h>

/* The end of a long path says more than its beginning. */
static void
text_keep_end (char *buffer, size_t size, const char *text)
{
  size_t length = strlen (text);

  if (length >= size)
    text += length - size + 1;
  memcpy (buffer, text, strlen (text) + 1);
}

int
fault_set (Setup *setup, FaultKind kind, const char *call, const char *path)
{
  setup->fault.saved_errno = errno;
  setup->fault.kind = kind;
  text_keep_end (setup->fault.call, sizeof setup->fault.call, call);
  text_keep_end (setup->fault.path, sizeof setup->fault.path, path != NULL ? path : "");
  return -1;
}
