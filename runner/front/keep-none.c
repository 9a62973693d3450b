/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Where there is no front, nobody would find what is kept.
 */
#include "runner/front/keep.h"

void
keep_begin (int argc, char *const *argv)
{
}

void
keep_launch (const Prepared *prepared, const RunOptions *options)
{
}
