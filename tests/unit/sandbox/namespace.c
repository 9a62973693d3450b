/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Records of plan-namespace.h: as text, and what is no such record.
 */
#include "sandbox/plan-namespace.h"
#include "sandbox/print.h"
#include "sandbox/publication.h"

#include <glib.h>
#include <stdlib.h>

static void
test_text (void)
{
  static const char *const ports[] = { "80:8080", "192.0.2.1/1:65535" };
  SandboxPlan *plan = sandbox_plan_new ();
  char *text;

  sandbox_plan_time_offset (plan, SANDBOX_CLOCK_MONOTONIC, -5, "a");
  sandbox_plan_time_offset (plan, SANDBOX_CLOCK_BOOTTIME, 7, "b");
  sandbox_plan_map_range (plan, SANDBOX_RANGE_USERS | SANDBOX_RANGE_GROUPS, 0, 0, 0, "c");
  sandbox_plan_map_range (plan, SANDBOX_RANGE_GROUPS, 1, 100000, 65535, "d");
  sandbox_plan_network_outgoing (plan, ports, G_N_ELEMENTS (ports), "e");
  sandbox_plan_terminal (plan, "f");
  sandbox_plan_securebits (plan, 3, "g");
  g_assert_cmpstr (sandbox_plan_failed (plan), ==, NULL);
  text = sandbox_plan_to_text (plan);
  g_assert_cmpstr (text, ==,
                   "clock monotonic -5  # a\n"
                   "clock boottime +7  # b\n"
                   "map users groups auto  # c\n"
                   "map groups 1:100000:65535  # d\n"
                   "network-outgoing 127.0.0.1/80:8080 192.0.2.1/1:65535  # e\n"
                   "terminal  # f\n"
                   "securebits 0x3  # g\n");
  free (text);
  text = sandbox_plan_to_json (plan);
  g_assert_cmpstr (text, ==,
                   "[\n  { \"record\": \"clock\", \"name\": \"monotonic\", \"seconds\": -5, \"origin\": \"a\" },\n"
                   "  { \"record\": \"clock\", \"name\": \"boottime\", \"seconds\": 7, \"origin\": \"b\" },\n"
                   "  { \"record\": \"map\", \"what\": [\"users\", \"groups\"], \"origin\": \"c\" },\n"
                   "  { \"record\": \"map\", \"what\": [\"groups\"], \"inner\": 1, \"outer\": 100000, \"count\": 65535, \"origin\": \"d\" },\n"
                   "  { \"record\": \"network-outgoing\", \"ports\": [\"127.0.0.1/80:8080\", \"192.0.2.1/1:65535\"], \"origin\": \"e\" },\n"
                   "  { \"record\": \"terminal\", \"origin\": \"f\" },\n"
                   "  { \"record\": \"securebits\", \"bits\": 3, \"origin\": \"g\" }\n]\n");
  free (text);
  sandbox_plan_free (plan);
}

static void
refused (SandboxPlan *plan, int result, const char *pattern)
{
  g_assert_cmpint (result, ==, -1);
  g_assert_true (g_regex_match_simple (pattern, sandbox_plan_failed (plan), 0, 0));
  sandbox_plan_free (plan);
}

static void
test_ports (void)
{
  static const char *const bad[] = { "", "80:", ":80", "0:80", "80:0", "65536:1", "1:65536", "1:2:3", "1:2,3", "~1:2", "all", "/1:2",
                                     "1.2.3/1:2", "1.2.3.4%eth0/1:2", "11.22.33.44.55.66.77.88/1:2", "1:2 ",
                                     "100000000000000000001:2", "/udp", "1/sctp", "1/udp/udp", "udp:1:1", "1.2.3.4", "1.2.3.4:", "::1:1:2", "[::1]",
                                     "[::1]1:2", "[1.2.3.4]:1:2", "[::1:1:2", "[fe80::1%lo]:1:2", "1:2/udp", "1.2.3.4.5:1:2", "1/1:2", "-1", "+1" };
  static const struct { const char *text, *full; } good[] = {
    { "80", "127.0.0.1/80:80" }, { "80:81", "127.0.0.1/80:81" }, { "80/tcp", "127.0.0.1/80:80" }, { "53/udp", "127.0.0.1/53:53/udp" },
    { "1.2.3.4:80", "1.2.3.4/80:80" }, { "1.2.3.4:80:81", "1.2.3.4/80:81" }, { "1.2.3.4/80:81/tcp", "1.2.3.4/80:81" },
    { "[::1]:80:81", "::1/80:81" }, { "[::]:53/udp", "::/53:53/udp" }, { "0:0::1/80", "::1/80:80" }, { "::1/53:53/udp", "::1/53:53/udp" },
    { "65535:1", "127.0.0.1/65535:1" },
  };
  char reason[SANDBOX_PUBLICATION_REASON];

  for (size_t i = 0; i < G_N_ELEMENTS (good); i++)
    {
      char *full = sandbox_publication_parse (good[i].text, reason);
      char *again = sandbox_publication_parse (full, reason);

      g_assert_cmpstr (full, ==, good[i].full);
      g_assert_cmpstr (again, ==, full);
      g_assert_cmpint (sandbox_publication_is_udp (full), ==, strstr (full, "udp") != NULL);
      g_assert_cmpint (sandbox_publication_is_ipv6 (full), ==, strstr (full, "::") != NULL);
      free (again);
      free (full);
    }
  g_assert_true (sandbox_publication_clashes ("::1/80:80", "127.0.0.1/80:81"));
  g_assert_false (sandbox_publication_clashes ("::1/80:80", "::1/8:80"));
  g_assert_false (sandbox_publication_clashes ("::1/80:80", "::1/80:80/udp"));

  for (size_t i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      SandboxPlan *plan = sandbox_plan_new ();

      refused (plan, sandbox_plan_network_outgoing (plan, &bad[i], 1, ""), "does not publish a port");
    }
}

static void
test_refused (void)
{
  SandboxPlan *plan = sandbox_plan_new ();

  refused (plan, sandbox_plan_time_offset (plan, (SandboxClock) 2, 1, ""), "not a clock");
  plan = sandbox_plan_new ();
  refused (plan, sandbox_plan_time_offset (plan, SANDBOX_CLOCK_BOOTTIME, INT64_MIN, ""), "cannot be shifted");
  plan = sandbox_plan_new ();
  refused (plan, sandbox_plan_map_range (plan, 0, 0, 1, 1, ""), "users, of groups");
  plan = sandbox_plan_new ();
  refused (plan, sandbox_plan_map_range (plan, 4, 0, 1, 1, ""), "users, of groups");
  plan = sandbox_plan_new ();
  refused (plan, sandbox_plan_map_range (plan, SANDBOX_RANGE_USERS, UINT32_MAX - 1, 1, 2, ""), "highest id");
  plan = sandbox_plan_new ();
  refused (plan, sandbox_plan_map_range (plan, SANDBOX_RANGE_USERS, 1, UINT32_MAX - 1, 2, ""), "highest id");
  plan = sandbox_plan_new ();
  refused (plan, sandbox_plan_securebits (plan, 1u << 20, ""), "securebits");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sandbox/namespace/text", test_text);
  g_test_add_func ("/sandbox/namespace/ports", test_ports);
  g_test_add_func ("/sandbox/namespace/refused", test_refused);
  return g_test_run ();
}
