/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The verbs of appbuild, one a file: each exports its row of the table.
 */
#pragma once

#include "base/verb.h"

extern const Verb verb_build, verb_bundle_sources, verb_check, verb_diff, verb_fetch, verb_gc, verb_lock,
                  verb_plan, verb_run, verb_test, verb_verify, verb_why;
