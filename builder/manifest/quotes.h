/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* The last quoted text of a YAML file that ends in `line` (all from 0): where it begins, and in which line it ends.  FALSE: there is
 * none. */
gboolean quotes_last (const char *data, unsigned line, unsigned *ret_line, unsigned *ret_column, unsigned *ret_end);
