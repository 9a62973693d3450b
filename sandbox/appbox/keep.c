/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sandbox/appbox/keep.h"

#include "sandbox/appbox/number.h"
#include "sandbox/appbox/options.h"
#include "sandbox/appbox/text.h"
#include "sandbox/print.h"
#include "sandbox/stored.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void
option_explain (Appbox *box, char **values)
{
  box->explain = (AppboxExplain) box->option->bits;
}

void
option_plan_out (Appbox *box, char **values)
{
  box->plan_out = values[0];
}

/* It takes the place of the empty plan, so it comes before what adds to one; options.c sees to that. */
void
option_plan_in (Appbox *box, char **values)
{
  char reason[SANDBOX_STORED_REASON];
  int fd = open (values[0], O_RDONLY | O_CLOEXEC | O_NOCTTY);
  SandboxPlan *plan;
  size_t size;
  char *text;

  if (fd < 0)
    appbox_die ("--plan-in %s: %s", values[0], strerror (errno));
  if (box->has_plan)
    appbox_die ("--plan-in can be given once");
  text = text_read ("--plan-in", fd, &size);
  plan = sandbox_plan_read (text, size, NULL, NULL, reason);
  free (text);
  if (plan == NULL)
    appbox_die ("--plan-in %s: %s", values[0], reason);
  sandbox_plan_free (box->plan);
  box->plan = plan;
  box->has_plan = true;
}

/* Only for its owner: the environment is in it.  A file that was cut short by a full disk is refused when it is read. */
static void
plan_store (const Appbox *box)
{
  char reason[SANDBOX_STORED_REASON];
  void *data;
  size_t size;
  size_t done = 0;
  int fd;

  if (box->has_bind_fd)
    appbox_die ("--plan-out: the plan cannot be stored: a bind of a descriptor means nothing later; use --bind or --ro-bind");
  if (box->dies_with_parent)
    appbox_die ("--plan-out: --die-with-parent is about the process that runs a plan and cannot be stored; give it beside --plan-in");
  if (sandbox_plan_store (box->plan, &data, &size, reason) < 0)
    appbox_die ("--plan-out: %s", reason);
  fd = open (box->plan_out, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY, 0600);
  while (fd >= 0 && done < size)
    {
      ssize_t n = write (fd, (const char *) data + done, size - done);

      if (n < 0 && errno != EINTR)
        break;
      done += n > 0 ? (size_t) n : 0;
    }
  if (fd < 0 || done < size || close (fd) < 0)
    appbox_die ("--plan-out %s: %s", box->plan_out, strerror (errno));
  free (data);
}

void
plan_keep (const Appbox *box)
{
  char *text = NULL;

  if (box->plan_out != NULL)
    plan_store (box);
  if (box->explain == APPBOX_RUN)
    return;
  text = box->explain == APPBOX_EXPLAIN_JSON ? sandbox_plan_to_json (box->plan) : sandbox_plan_to_text (box->plan);
  if (text == NULL)
    appbox_die ("out of memory");
  fputs (text, stdout);
  free (text);
}
