/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A plan as bytes, to be kept in a file and run later.
 *
 * Stored are the words of the plan, not what they led to: a source that was given by name is opened when the plan is
 * read, and one that was given as a descriptor is asked for by its name.  Everything that is read goes
 * through the add functions of plan.h and their checks once more; a damaged, cut or foreign file
 * is refused as a whole.  The bytes are the same for the same plan, and for one architecture only in so far as
 * its records are (they are little-endian everywhere).
 */
#pragma once

#include "sandbox/plan.h"

#define SANDBOX_STORED_REASON 256

/* malloc'ed bytes of the plan; 0, or -1 with a sentence in `reason`.  An overlay of layers that have no names cannot be
 * stored, nor can descriptors to hold, to wait for or to join. */
int sandbox_plan_store (const SandboxPlan *plan, void **ret_data, size_t *ret_size, char reason[SANDBOX_STORED_REASON]);

/* The same without the command, which is to be added to the plan that is read. */
int sandbox_plan_store_start (const SandboxPlan *plan, void **ret_data, size_t *ret_size, char reason[SANDBOX_STORED_REASON]);

/* Say of each descriptor for which sandbox_plan_read() will ask what it is now, in the same order. */
typedef void (*SandboxSuppliedFunction) (void *context, int fd);
void sandbox_plan_supplied (const SandboxPlan *plan, SandboxSuppliedFunction tell, void *context);

/* Put other bytes of the same size into what was stored, which stays whole. */
void sandbox_stored_replace (void *data, size_t size, size_t offset, const void *bytes, size_t n);

/* Give the descriptor for `name` (the source name, or what a die_with_fd means; "" for a passed one, with its `number`);
 * ownership goes to the plan.  -1: there is none. */
typedef int (*SandboxSupplyFunction) (void *context, const char *name, int number);

/* The plan, or NULL with a sentence in `reason`.  `supply` may be NULL when no record needs it. */
SandboxPlan *sandbox_plan_read (const void *data, size_t size, SandboxSupplyFunction supply, void *context,
                                char reason[SANDBOX_STORED_REASON]);
