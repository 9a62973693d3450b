/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The reader of stored plans.  Header and checksum are made right, so that what comes behind them is reached; what is read
 * is printed and stored again, and that gives the same bytes each time.
 */
#include "sandbox/plan-guest.h"
#include "sandbox/plan-limit.h"
#include "sandbox/print.h"
#include "sandbox/stored-format.h"
#include "sandbox/stored.h"
#include "tests/fuzz/entry.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int
supply_root (void *context, const char *name, int number)
{
  (void) context;
  return name[0] == 'm' && number == 0 ? -1 : open ("/", O_PATH | O_CLOEXEC);
}

static void
header_set (uint8_t *bytes, size_t size)
{
  uint64_t sum = stored_checksum (bytes + STORED_HEADER_SIZE, size - STORED_HEADER_SIZE);

  memcpy (bytes, STORED_MAGIC, STORED_MAGIC_SIZE);
  for (int i = 0; i < 8; i++)
    bytes[STORED_MAGIC_SIZE + i] = (uint8_t) (sum >> (8 * i));
}

static void
plan_use (SandboxPlan *plan)
{
  char reason[SANDBOX_STORED_REASON];
  void *data[2] = { NULL, NULL };
  size_t size[2] = { 0, 0 };
  SandboxPlan *again;

  free (sandbox_plan_to_text (plan));
  free (sandbox_plan_to_json (plan));
  if (sandbox_plan_store (plan, &data[0], &size[0], reason) < 0)
    return;
  again = sandbox_plan_read (data[0], size[0], supply_root, NULL, reason);
  if (again != NULL && (sandbox_plan_store (again, &data[1], &size[1], reason) < 0 || size[0] != size[1]
                        || memcmp (data[0], data[1], size[0]) != 0))
    {
      char *texts[] = { sandbox_plan_to_text (plan), sandbox_plan_to_text (again) };

      fprintf (stderr, "not the same again:\n%s\n%s", texts[0], texts[1]);
      abort ();
    }
  sandbox_plan_free (again);
  free (data[0]);
  free (data[1]);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  char reason[SANDBOX_STORED_REASON];
  uint8_t *copy = malloc (size + 1);
  SandboxPlan *plan;

  if (copy == NULL)
    return 0;
  memcpy (copy, data, size);
  if (size >= STORED_HEADER_SIZE)
    header_set (copy, size);
  plan = sandbox_plan_read (copy, size, supply_root, NULL, reason);
  if (plan != NULL)
    plan_use (plan);
  sandbox_plan_free (plan);
  free (copy);
  return 0;
}

static void
places_add (SandboxPlan *plan)
{
  static const char *const lower[] = { "/usr", "/" };

  sandbox_plan_bind (plan, "/", "/host", SANDBOX_BIND_READ_ONLY, "x");
  sandbox_plan_bind_fd (plan, open ("/", O_PATH | O_CLOEXEC), "folder", "/folder", SANDBOX_BIND_DEV, "x");
  sandbox_plan_tmpfs (plan, "/tmp", 01777, 4096, "x");
  sandbox_plan_proc (plan, "/proc", "x");
  sandbox_plan_dev (plan, "/dev", "x");
  sandbox_plan_dir (plan, "/run", 0700, "x");
  sandbox_plan_file (plan, "/f", "a\0b", 3, 0444, "x");
  sandbox_plan_data (plan, "/d", "x", 1, 0600, SANDBOX_DATA_WRITTEN, "x");
  sandbox_plan_symlink (plan, "a", "/l", "x");
  sandbox_plan_hide (plan, "/h", "x");
  sandbox_plan_remount_read_only (plan, "/", "x");
  sandbox_plan_chmod (plan, "/d", 01700, "x");
  sandbox_plan_mqueue (plan, "/q", "x");
  sandbox_plan_binfmt (plan, ":a:E::b::/c:", "/m", "x");
  sandbox_plan_overlay_paths (plan, lower, 2, NULL, NULL, 1, "/ro", "x");
}

static void
process_add (SandboxPlan *plan)
{
  static const char *const argv[] = { "sh", "-c", "", NULL };

  sandbox_plan_setenv (plan, "A", "1", "x");
  sandbox_plan_unsetenv (plan, "B", "x");
  sandbox_plan_share (plan, SANDBOX_SHARE_IPC, "x");
  sandbox_plan_identity (plan, 1, 2, "x");
  sandbox_plan_hostname (plan, "box", "x");
  sandbox_plan_keep_capability (plan, 3, "x");
  sandbox_plan_filter (plan, SANDBOX_FILTER_DEVEL, "x");
  sandbox_plan_landlock_port (plan, SANDBOX_LANDLOCK_CONNECT, 443, "x");
  sandbox_plan_limit (plan, "files", "10:20", "x");
  sandbox_plan_cwd (plan, "/run", "x");
  sandbox_plan_start (plan, SANDBOX_START_AS_PID_1, "x");
  sandbox_plan_argv0 (plan, "name", "x");
  sandbox_plan_seccomp (plan, "\6\0\0\0\0\0\377\177", 8, "x");
  sandbox_plan_lock (plan, "/d", "x");
  sandbox_plan_exec_label (plan, "u:r:box_t:s0:c1,c2", "x");
  sandbox_plan_file_label (plan, "u:r:file_t:s0", "x");
  sandbox_plan_pass_fd (plan, open ("/", O_PATH | O_CLOEXEC), 9, "x");
  sandbox_plan_command (plan, argv, "x");
}

uint8_t *
fuzz_seed (size_t number, size_t *ret_size)
{
  char reason[SANDBOX_STORED_REASON];
  SandboxPlan *plan = number < 3 ? sandbox_plan_new () : NULL;
  void *data = NULL;

  if (plan == NULL)
    return NULL;
  if (number != 1)
    places_add (plan);
  if (number != 0)
    process_add (plan);
  if (sandbox_plan_store (plan, &data, ret_size, reason) < 0)
    abort ();
  sandbox_plan_free (plan);
  return data;
}

const char *const fuzz_words[] = { "--args", "--", "--dir", "--perms", "--overlay-src", "0", "4294967296", "-1", "/", "/../x", "--seccomp", NULL };
