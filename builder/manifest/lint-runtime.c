/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Runtimes that get no corrections any more.  What is not in the table is not judged: it may be newer than this program.
 */
#include "builder/manifest/lint.h"

#include "builder/manifest/problem.h"
#include "bundle/ref.h"

#include <string.h>

typedef struct
{
  const char *family;          /* of the ids FAMILY.Platform and FAMILY.Sdk */
  const char *branch;
  int year, month;             /* the first month without support */
} Row;

/* By what rule, and where each end is known, when it was announced on Flathub ("is no longer supported as of", "is end-of-life"):
 * org.freedesktop: two years, until the second release after it, always in August.
 * org.gnome: a year, until the second release after it, in March or September or some weeks later.
 * org.kde: the two newest minor versions of Qt, and one to four months more.  5.15-YY.MM: until the spring after the next one came.
 * What was not announced when this was written (org.gnome from 49 on, org.kde from 6.10 on) is as late as it was with others. */
static const Row rows[] = {
  { "org.freedesktop", "1.6", 2019, 12 }, { "org.freedesktop", "18.08", 2020, 10 }, { "org.freedesktop", "19.08", 2021, 9 },
  { "org.freedesktop", "20.08", 2022, 9 }, { "org.freedesktop", "21.08", 2023, 9 }, { "org.freedesktop", "22.08", 2024, 9 },
  { "org.freedesktop", "23.08", 2025, 9 }, { "org.freedesktop", "24.08", 2026, 9 }, { "org.freedesktop", "25.08", 2027, 9 },
  { "org.freedesktop", "26.08", 2028, 9 },
  { "org.gnome", "3.24", 2019, 2 }, { "org.gnome", "3.28", 2019, 4 }, { "org.gnome", "3.30", 2019, 10 }, { "org.gnome", "3.32", 2020, 4 },
  { "org.gnome", "3.34", 2020, 10 }, { "org.gnome", "3.36", 2021, 3 }, { "org.gnome", "3.38", 2021, 10 }, { "org.gnome", "40", 2022, 4 },
  { "org.gnome", "41", 2022, 10 }, { "org.gnome", "42", 2023, 4 }, { "org.gnome", "43", 2023, 10 }, { "org.gnome", "44", 2024, 4 },
  { "org.gnome", "45", 2024, 10 }, { "org.gnome", "46", 2025, 5 }, { "org.gnome", "47", 2025, 11 }, { "org.gnome", "48", 2026, 4 },
  { "org.gnome", "49", 2026, 11 }, { "org.gnome", "50", 2027, 5 }, { "org.gnome", "51", 2027, 11 },
  { "org.kde", "5.9", 2018, 6 }, { "org.kde", "5.10", 2018, 9 }, { "org.kde", "5.11", 2019, 6 }, { "org.kde", "5.12", 2020, 6 },
  { "org.kde", "5.13", 2020, 6 }, { "org.kde", "5.14", 2021, 1 }, { "org.kde", "5.15", 2022, 6 }, { "org.kde", "5.15-21.08", 2023, 9 },
  { "org.kde", "5.15-22.08", 2024, 5 }, { "org.kde", "5.15-23.08", 2025, 5 }, { "org.kde", "5.15-24.08", 2026, 5 },
  { "org.kde", "5.15-25.08", 2027, 5 }, { "org.kde", "6.2", 2022, 12 }, { "org.kde", "6.3", 2023, 6 }, { "org.kde", "6.4", 2023, 9 },
  { "org.kde", "6.5", 2024, 5 }, { "org.kde", "6.6", 2024, 11 }, { "org.kde", "6.7", 2025, 9 }, { "org.kde", "6.8", 2025, 12 },
  { "org.kde", "6.9", 2026, 9 }, { "org.kde", "6.10", 2027, 2 }, { "org.kde", "6.11", 2027, 9 },
};

static const Row *
row_find (const char *id, const char *branch)
{
  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      gsize length = strlen (rows[i].family);

      if (strncmp (id, rows[i].family, length) == 0 && g_str_equal (branch, rows[i].branch)
          && (g_str_equal (id + length, ".Platform") || g_str_equal (id + length, ".Sdk")))
        return &rows[i];
    }
  return NULL;
}

/* The newest row of the family that is still supported; NULL when none is. */
static const Row *
row_newest (const char *family, GDateTime *now)
{
  const Row *found = NULL;
  int month = g_date_time_get_year (now) * 12 + g_date_time_get_month (now);

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    if (g_str_equal (rows[i].family, family) && month < rows[i].year * 12 + rows[i].month)
      found = &rows[i];
  return found;
}

static gboolean
lint_one (const Manifest *manifest, const char *key, const char *text, GDateTime *now, GPtrArray *problems)
{
  g_autoptr (Ref) ref = NULL;
  const Row *row, *newer;

  if (text == NULL || now == NULL)
    return FALSE;
  ref = ref_parse_partial (REF_RUNTIME, text, "x86_64", manifest->runtime_version ?: "master", NULL);
  row = ref != NULL ? row_find (ref->id, ref->branch) : NULL;
  if (row == NULL || g_date_time_get_year (now) * 12 + g_date_time_get_month (now) < row->year * 12 + row->month)
    return FALSE;
  newer = row_newest (row->family, now);
  manifest_problem_warning (problems, manifest_key_place (manifest, strchr (text, '/') == NULL ? "runtime-version" : key), "runtime-old",
                            "%s %s has had no corrections, also of security, since about %d-%02d%s%s", ref->id, row->branch, row->year,
                            row->month, newer != NULL ? "; there is " : "", newer != NULL ? newer->branch : "");
  return TRUE;
}

void
manifest_lint_runtimes (const Manifest *manifest, gint64 now, GPtrArray *problems)
{
  g_autoptr (GDateTime) date = g_date_time_new_from_unix_utc (now);

  /* Mostly they are of one family and branch: once is enough. */
  if (!lint_one (manifest, "runtime", manifest->runtime, date, problems))
    (void) lint_one (manifest, "sdk", manifest->sdk, date, problems);
  if (manifest->runtime != NULL && manifest->runtime_version == NULL && !manifest_problems_have_error (problems)
      && strchr (manifest->runtime, '/') == NULL)
    manifest_problem_warning (problems, manifest_key_place (manifest, "runtime"), "runtime-version",
                              "without \"runtime-version\" the branch \"master\" of %s is used, which changes or is not there",
                              manifest->runtime);
}
