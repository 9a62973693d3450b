/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Options that make places and processes less than they would be.
 */
#include "sandbox/appbox/options.h"
#include "sandbox/attribute.h"
#include "sandbox/filter-list.h"

#include <stdlib.h>
#include <string.h>

void
option_domain_name (Appbox *box, char **values)
{
  box->has_domain_name = true;
  (void) sandbox_plan_domain_name (box->plan, values[0], box->origin);
}

void
option_restrict (Appbox *box, char **values)
{
  (void) sandbox_plan_restrict (box->plan, values[0], box->option->bits, box->origin);
}

void
option_binfmt (Appbox *box, char **values)
{
  (void) sandbox_plan_binfmt (box->plan, values[0], values[1], box->origin);
}

static void
setting_add (Appbox *box, const char *text, const char *example,
             int (*add) (SandboxPlan *plan, const char *name, const char *value, const char *origin))
{
  const char *equals = strchr (text, '=');
  char *name = equals != NULL ? strndup (text, (size_t) (equals - text)) : NULL;

  if (name == NULL)
    appbox_die ("%s takes NAME=VALUE, as %s: “%s”", box->origin, example, text);
  (void) add (box->plan, name, equals + 1, box->origin);
  free (name);
}

void
option_limit (Appbox *box, char **values)
{
  setting_add (box, values[0], "memory=512M", sandbox_plan_limit);
}

void
option_attribute (Appbox *box, char **values)
{
  setting_add (box, values[0], "nice=10", sandbox_plan_attribute);
}

void
option_deny_write_exec (Appbox *box, char **values)
{
  (void) sandbox_plan_deny_write_exec (box->plan, box->origin);
}
