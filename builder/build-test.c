/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The tests of the result, before it appears.  An image of which they were true has a mark beside it; one without is tried again, so that
 * neither a failure nor a kill in between can make it count as good.
 */
#include "builder/build-private.h"

#include "base/error.h"
#include "base/file.h"
#include "builder/output.h"
#include "builder/testing.h"

gboolean
build_has_tests (const Build *build)
{
  const GPtrArray *tests = build->plan->manifest->tests;

  return tests != NULL && tests->len > 0 && !build->request->no_tests;
}

gboolean
build_run_tests (Build *build, GError **error)
{
  const char *id = build->plan->manifest->id;

  if (!build_has_tests (build) || (!build->request->test_only && output_is_tested (build->state, id, build->image_key)))
    return TRUE;
  autofd place = file_mkdir_p (build->work_fd, "tests", 0700, error);
  if (place < 0)
    return FALSE;
  build_announce (build, "testing", id);
  g_autofree char *path = g_build_filename (build->state->path, "work/tests", NULL);
  g_autofree char *image = output_image_path (build->state, id, build->image_key);
  const TestingRequest request = {
    .image = image,
    .tests = build->plan->manifest->tests,
    .place_fd = place,
    .place = path,
    .echo_fd = build->request->echo_fd,
    .failures = build->request->test_failures,
  };
  return testing_run (&request, &build->result->n_tests, error)
         && output_mark_tested (build->state, id, build->image_key, error);
}
