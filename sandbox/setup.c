/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The dangerous sequence.  The process is the only one in its new namespaces and has every
 * capability in them when it starts here, and none when it leaves.
 *
 * Order matters:
 *  - the parent's death is followed before anything else, so that nothing can be orphaned;
 *  - ids are mapped before any file is made, or files would have no owner;
 *  - sources are opened again in this mount namespace before anything is mounted over their names;
 *  - all places are made while the old root is still there, by descriptor and without following links;
 *  - the network is waited for as late as the capabilities for it are there: the kernel takes longer for it than for all places;
 *  - the old root is taken off by a thread that has begun before the capabilities go (root.c), and init lets no app begin before it
 *    is gone;
 *  - the filter comes last since it forbids what the steps before it do.
 */
#include "sandbox/setup.h"

#include "sandbox/moment.h"
#include "sandbox/steps.h"

#include <unistd.h>

const Step setup_steps[] = {
  { "follow the life of the caller", lifeline_follow_parent },
  { "take the terminal", terminal_take },
  { "complete the standard descriptors", descriptors_standard },
  { "begin the network namespace", network_begin, STEP_MAKING },
  { "make the other namespaces", namespaces_make, STEP_MAKING },
  { "map the user and group id", idmap_write, STEP_MAKING },
  { "shift the clocks", time_shift, STEP_MAKING },
  { "label what is made", label_files, STEP_MAKING },
  { "let the network helper in", outgoing_mapped, STEP_MAKING },
  { "set the host name and the domain name", hostname_set, STEP_MAKING },
  { "open the sources again", sources_open, STEP_MAKING },
  { "make a new root", root_make, STEP_MAKING },
  { "write the init program", init_write, STEP_MAKING },
  { "join the running sandbox", enter_join, STEP_ENTERING },
  { "write down the filters of the app", filters_write },
  { "set the attributes of processes", attributes_set },
  { "set up the file system", places_make, STEP_MAKING },
  { "prepare the rules of Landlock", landlock_prepare, STEP_MAKING },
  { "take the locks", locks_take, STEP_MAKING },
  { "enter the new root", root_enter, STEP_MAKING },
  { "wait for the limits", limits_await },
  { "make the network namespace", network_join, STEP_MAKING },
  { "settle the user namespace", userns_finish, STEP_MAKING },
  { "wait for the word to start", start_await },
  { "connect the network", outgoing_wait, STEP_MAKING },
  { "arrange the open files", descriptors_arrange },
  { "drop all privileges", privileges_drop },
  { "limit the reach of the app", scope_limit },
  { "start a session", session_make },
  { "set the limits", rlimits_set },
  { "load the system call filter", filter_load },
  { "start init", init_become },
};
const int setup_n_steps = sizeof setup_steps / sizeof setup_steps[0];
_Static_assert (sizeof setup_steps / sizeof setup_steps[0] <= MOMENT_STEPS_MAX - MOMENT_STEPS, "room for their moments");

void
setup_run (Setup *setup)
{
  setup->fault.record = -1;
  for (int i = 0; i < setup_n_steps; i++)
    {
      if (setup_steps[i].when == (setup->launch->is_entering ? STEP_MAKING : STEP_ENTERING))
        continue;
      setup->fault.step = i;
      if (setup_steps[i].run (setup) < 0)
        return;
      moment_pass (setup->launch->plan->timing, MOMENT_STEPS + i);
    }
}
