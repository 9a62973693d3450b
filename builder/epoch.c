/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "builder/epoch.h"

#define DEFAULT_EPOCH G_GINT64_CONSTANT (1321009871) /* the time that flatpak-builder gives its builds */

static gboolean
read_epoch (guint64 *ret_epoch)
{
  const char *text = g_getenv ("SOURCE_DATE_EPOCH");

  return text != NULL && g_ascii_string_to_unsigned (text, 10, 0, G_MAXUINT32, ret_epoch, NULL);
}

gint64
build_epoch (void)
{
  guint64 epoch;

  return read_epoch (&epoch) ? (gint64) epoch : DEFAULT_EPOCH;
}

gboolean
build_epoch_given (void)
{
  guint64 epoch;

  return read_epoch (&epoch);
}
