/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sandbox/plan-limit.h"

#include "sandbox/limit.h"
#include "sandbox/plan-build.h"

#include <string.h>

int
sandbox_plan_limit (SandboxPlan *plan, const char *name, const char *value, const char *origin)
{
  Record record = RECORD_INIT (RECORD_LIMIT);
  char reason[SANDBOX_LIMIT_REASON];
  SandboxLimit limit;

  if (name == NULL || value == NULL)
    return plan_fail (plan, &record, "a limit needs a name and a value");
  if (sandbox_limit_parse (name, value, &limit, reason) < 0)
    return plan_fail (plan, &record, "%s", reason);
  record.size = limit.soft;
  record.hard = limit.hard;
  record.number = limit.name->resource;
  record.flags = (limit.optional ? LIMIT_OPTIONAL : 0) | (limit.none ? LIMIT_NONE : 0);
  if (record_text (plan, &record, &record.dest, name) < 0 || record_text (plan, &record, &record.source, value) < 0)
    return -1;
  return plan_append (plan, &record, origin);
}

const Record *
limit_next (const SandboxPlan *plan, bool of_group, size_t *i)
{
  for (; *i < plan->n_records; (*i)++)
    {
      const Record *record = &plan->records[*i];
      size_t later = *i + 1;

      if (record->kind != RECORD_LIMIT || (record->number < 0) != of_group || (record->flags & LIMIT_NONE) != 0)
        continue;
      while (later < plan->n_records
             && (plan->records[later].kind != RECORD_LIMIT || strcmp (plan->records[later].dest, record->dest) != 0))
        later++;
      if (later < plan->n_records)
        continue;
      (*i)++;
      return record;
    }
  return NULL;
}

bool
limit_is_wanted (const SandboxPlan *plan, bool of_group)
{
  size_t i = 0;

  return limit_next (plan, of_group, &i) != NULL;
}
