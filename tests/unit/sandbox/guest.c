/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The records of plan-guest.h: what they accept, and a whole plan as text and as JSON.
 */
#include "sandbox/attribute.h"
#include "sandbox/filter-list.h"
#include "sandbox/plan-guest.h"
#include "sandbox/print.h"
#include "sandbox/record.h"

#include <fcntl.h>
#include <glib.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int
root_open (void)
{
  return open ("/", O_PATH | O_CLOEXEC);
}

static void
assert_text (const SandboxPlan *plan, char *text, const char *expected)
{
  g_assert_cmpstr (sandbox_plan_failed (plan), ==, NULL);
  g_assert_cmpstr (text, ==, expected);
  free (text);
}

static SandboxPlan *
plan_make (void)
{
  static const char *const lower[] = { "/usr", "/" };
  SandboxPlan *plan = sandbox_plan_new ();

  sandbox_plan_data (plan, "/d", "xy", 2, 0600, SANDBOX_DATA_WRITTEN, "a \"b\"\n\\");
  sandbox_plan_chmod (plan, "/d", 01700, NULL);
  sandbox_plan_mqueue (plan, "/q\xff\xc3\xbc\xed\xa0\x80", "x");
  sandbox_plan_overlay_paths (plan, lower, 2, NULL, NULL, 1, "/ro", "x");
  sandbox_plan_overlay_paths (plan, lower, 1, "/tmp", "/var", 0, "/up", "x");
  sandbox_plan_start (plan, SANDBOX_START_AS_PID_1 | SANDBOX_START_MAPPED_OUTSIDE | SANDBOX_START_FOLLOW_LINKS | SANDBOX_START_KEEP_PARENTS,
                      "x");
  sandbox_plan_argv0 (plan, "", "x");
  sandbox_plan_seccomp (plan, "\6\0\0\0\0\0\377\177", 8, "x");
  sandbox_plan_lock (plan, "/d", "x");
  sandbox_plan_hold_fd (plan, root_open (), "x");
  sandbox_plan_wait_fd (plan, root_open (), "x");
  sandbox_plan_join (plan, SANDBOX_JOIN_USER_LAST, open ("/proc/self/ns/user", O_RDONLY | O_CLOEXEC), "x");
  sandbox_plan_exec_label (plan, "u:r:box_t:s0:c1,c2", "x");
  sandbox_plan_file_label (plan, "u:r:file_t:s0", NULL);
  sandbox_plan_restrict (plan, "/d", SANDBOX_BIND_READ_ONLY | SANDBOX_BIND_NOEXEC, "x");
  sandbox_plan_domain_name (plan, "d.example", "x");
  sandbox_plan_attribute (plan, "cpus", "0,2-5", "x");
  sandbox_plan_exec_profile (plan, "a box", "x");
  sandbox_plan_binfmt (plan, ":a:E::b::/c:", "/m", "x");
  sandbox_plan_deny_calls (plan, "getpid,@swap:kill", "x");
  sandbox_plan_deny_write_exec (plan, NULL);
  return plan;
}

static void
test_text (void)
{
  SandboxPlan *plan = plan_make ();

  assert_text (plan, sandbox_plan_to_text (plan),
               "file /d 0600 2 bytes  # a \"b\" \\\n"
               "chmod /d 1700  #\n"
               "mqueue \"/q\xff\xc3\xbc\xed\xa0\x80\"  # x\n"
               "overlay /ro lower=2 ro  # x\n"
               "overlay /up lower=1 upper  # x\n"
               "start as-pid-1 mapped-outside follow-links keep-parents  # x\n"
               "argv0 \"\"  # x\n"
               "seccomp 1 instructions  # x\n"
               "lock /d  # x\n"
               "hold-fd  # x\n"
               "wait-fd  # x\n"
               "join user-last  # x\n"
               "exec-label u:r:box_t:s0:c1,c2  # x\n"
               "file-label u:r:file_t:s0  #\n"
               "restrict /d ro noexec  # x\n"
               "domain-name d.example  # x\n"
               "attribute cpus 0,2-5  # x\n"
               "exec-profile \"a box\"  # x\n"
               "binfmt /m :a:E::b::/c:  # x\n"
               "seccomp 13 instructions  # x\n"
               "seccomp 35 instructions  #\n");
  sandbox_plan_free (plan);
}

static void
test_json (void)
{
  SandboxPlan *plan = plan_make ();

  assert_text (plan, sandbox_plan_to_json (plan),
               "[\n"
               "  { \"record\": \"file\", \"dest\": \"/d\", \"mode\": \"0600\", \"bytes\": 2, \"origin\": \"a \\\"b\\\"\\u000a\\\\\" },\n"
               "  { \"record\": \"chmod\", \"dest\": \"/d\", \"mode\": \"1700\", \"origin\": \"\" },\n"
               "  { \"record\": \"mqueue\", \"dest\": \"/q\\ufffd\xc3\xbc\\ufffd\\ufffd\\ufffd\", \"origin\": \"x\" },\n"
               "  { \"record\": \"overlay\", \"dest\": \"/ro\", \"kind\": \"ro\", \"n-lower\": 2, \"lower\": [\"/usr\", \"/\"], \"origin\": \"x\" },\n"
               "  { \"record\": \"overlay\", \"dest\": \"/up\", \"kind\": \"upper\", \"n-lower\": 1, \"upper\": \"/tmp\", \"work\": \"/var\","
               " \"lower\": [\"/usr\"], \"origin\": \"x\" },\n"
               "  { \"record\": \"start\", \"flags\": [\"as-pid-1\", \"mapped-outside\", \"follow-links\", \"keep-parents\"], \"origin\": \"x\" },\n"
               "  { \"record\": \"argv0\", \"name\": \"\", \"origin\": \"x\" },\n"
               "  { \"record\": \"seccomp\", \"instructions\": 1, \"origin\": \"x\" },\n"
               "  { \"record\": \"lock\", \"dest\": \"/d\", \"origin\": \"x\" },\n"
               "  { \"record\": \"hold-fd\", \"origin\": \"x\" },\n"
               "  { \"record\": \"wait-fd\", \"origin\": \"x\" },\n"
               "  { \"record\": \"join\", \"namespace\": \"user-last\", \"origin\": \"x\" },\n"
               "  { \"record\": \"exec-label\", \"label\": \"u:r:box_t:s0:c1,c2\", \"origin\": \"x\" },\n"
               "  { \"record\": \"file-label\", \"label\": \"u:r:file_t:s0\", \"origin\": \"\" },\n"
               "  { \"record\": \"restrict\", \"dest\": \"/d\", \"flags\": [\"ro\", \"noexec\"], \"origin\": \"x\" },\n"
               "  { \"record\": \"domain-name\", \"name\": \"d.example\", \"origin\": \"x\" },\n"
               "  { \"record\": \"attribute\", \"value\": \"0,2-5\", \"name\": \"cpus\", \"origin\": \"x\" },\n"
               "  { \"record\": \"exec-profile\", \"profile\": \"a box\", \"origin\": \"x\" },\n"
               "  { \"record\": \"binfmt\", \"rule\": \":a:E::b::/c:\", \"dest\": \"/m\", \"origin\": \"x\" },\n"
               "  { \"record\": \"seccomp\", \"instructions\": 13, \"origin\": \"x\" },\n"
               "  { \"record\": \"seccomp\", \"instructions\": 35, \"origin\": \"\" }\n"
               "]\n");
  sandbox_plan_free (plan);
  plan = sandbox_plan_new ();
  assert_text (plan, sandbox_plan_to_json (plan), "[\n]\n");
  sandbox_plan_free (plan);
}

/* Whoever adds a kind of record must say what it is called in JSON. */
static void
test_every_kind_has_a_name (void)
{
  static char *const argv[] = { NULL };

  for (int kind = 0; kind < RECORD_N_KINDS; kind++)
    {
      Record record = { .kind = (RecordKind) kind, .origin = (char *) (uintptr_t) "x", .dest = (char *) (uintptr_t) "d",
                        .source = (char *) (uintptr_t) "s", .argv = (char **) (uintptr_t) argv };
      SandboxPlan plan = { .records = &record, .n_records = 1 };
      char *none[] = { (char *) (uintptr_t) "u", (char *) (uintptr_t) "w", NULL };
      char *text;

      if (kind == RECORD_OVERLAY)
        record.argv = none;
      text = sandbox_plan_to_json (&plan);
      g_assert_nonnull (text);
      g_assert_null (strstr (text, "\"record\": \"\""));
      free (text);
      text = sandbox_plan_to_text (&plan);
      g_assert_nonnull (text);
      g_assert_false (g_str_has_prefix (text, "record-"));
      free (text);
    }
}

static int
add_bad_mode (SandboxPlan *p)
{
  return sandbox_plan_chmod (p, "/x", 010000, "x");
}

static int
add_bad_start (SandboxPlan *p)
{
  return sandbox_plan_start (p, INIT_SHARED_PIDS, "x");
}

static int
add_quoted_label (SandboxPlan *p)
{
  return sandbox_plan_file_label (p, "u:r:t\",size=9", "x");
}

static int
add_long_label (SandboxPlan *p)
{
  g_autofree char *label = g_strnfill (LABEL_MAX + 1, 'x');

  return sandbox_plan_exec_label (p, label, "x");
}

static int
add_odd_filter (SandboxPlan *p)
{
  return sandbox_plan_seccomp (p, "1234567", 7, "x");
}

static int
add_empty_filter (SandboxPlan *p)
{
  return sandbox_plan_seccomp (p, "", 0, "x");
}

static int
add_long_filter (SandboxPlan *p)
{
  g_autofree char *program = g_malloc0 (4097 * 8);

  return sandbox_plan_seccomp (p, program, 4097 * 8, "x");
}

static int
add_closed (SandboxPlan *p)
{
  return sandbox_plan_wait_fd (p, -1, "x");
}

static int
add_other_namespace (SandboxPlan *p)
{
  return sandbox_plan_join (p, SANDBOX_JOIN_NET, open ("/proc/self/ns/user", O_RDONLY | O_CLOEXEC), "x");
}

static int
add_no_namespace (SandboxPlan *p)
{
  return sandbox_plan_join (p, SANDBOX_JOIN_USER, root_open (), "x");
}

static int
add_missing_layer (SandboxPlan *p)
{
  static const char *const lower[] = { "/usr", "/nowhere" };

  return sandbox_plan_overlay_paths (p, lower, 2, NULL, NULL, 0, "/o", "x");
}

static int
add_relative (SandboxPlan *p)
{
  return sandbox_plan_lock (p, "x", "x");
}

static int
add_loose_place (SandboxPlan *p)
{
  return sandbox_plan_restrict (p, "/d", SANDBOX_BIND_DEV, "x");
}

static int
add_free_place (SandboxPlan *p)
{
  return sandbox_plan_restrict (p, "/d", 0, "x");
}

static int
add_unknown_attribute (SandboxPlan *p)
{
  return sandbox_plan_attribute (p, NULL, "1", "x");
}

static int
add_endless_attribute (SandboxPlan *p)
{
  return sandbox_plan_attribute (p, "cpus", "0-99999999999999999999", "x");
}

static int
add_long_profile (SandboxPlan *p)
{
  g_autofree char *name = g_strnfill (LABEL_MAX + 1, 'x');

  return sandbox_plan_exec_profile (p, name, "x");
}

static int
add_endless_list (SandboxPlan *p)
{
  g_autoptr (GString) list = g_string_new ("getpid");

  for (int i = 0; i < 3000; i++)
    g_string_append (list, ",getpid");
  return sandbox_plan_only_calls (p, list->str, "x");
}

static void
test_refused (void)
{
  static const struct { int (*add) (SandboxPlan *plan); const char *word; } cases[] = {
    { add_bad_mode, "not a mode" }, { add_bad_start, "unknown ways" }, { add_odd_filter, "multiple of 8" },
    { add_quoted_label, "no blanks, quotes" }, { add_long_label, "1 to 1024 bytes" }, { add_empty_filter, "1 to 4096" },
    { add_long_filter, "1 to 4096" }, { add_closed, "not open" },
    { add_other_namespace, "network namespace" }, { add_no_namespace, "user namespace" },
    { add_loose_place, "read-only, not executable" }, { add_free_place, "read-only, not executable" },
    { add_unknown_attribute, "no attribute" }, { add_endless_attribute, "numbers of processors" }, { add_long_profile, "1 to 1024 bytes" },
    { add_endless_list, "too long" },
    { add_missing_layer, "/nowhere: No such file" }, { add_relative, "does not begin with" },
  };

  for (size_t i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      SandboxPlan *plan = sandbox_plan_new ();

      g_assert_cmpint (cases[i].add (plan), ==, -1);
      if (strstr (sandbox_plan_failed (plan), cases[i].word) == NULL)
        g_error ("“%s” does not say “%s”", sandbox_plan_failed (plan), cases[i].word);
      sandbox_plan_free (plan);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sandbox/guest/text", test_text);
  g_test_add_func ("/sandbox/guest/json", test_json);
  g_test_add_func ("/sandbox/guest/every-kind-has-a-name", test_every_kind_has_a_name);
  g_test_add_func ("/sandbox/guest/refused", test_refused);
  return g_test_run ();
}
