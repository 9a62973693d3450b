/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bundle/network.h"

#include "layer.h"

/* Layers from low to high, each a keyfile or options. */
static Permissions *
merge (const char *const *layers)
{
  Permissions *merged = permissions_new ();

  for (; *layers != NULL; layers++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (Permissions) layer = (*layers)[0] == '[' ? layer_read (*layers, "test", &error) : permissions_new ();
      g_auto (GStrv) options = g_strsplit ((*layers)[0] == '[' ? "" : *layers, " ", -1);

      g_assert_no_error (error);
      for (char **option = options; *option != NULL; option++)
        {
          permissions_add_argument (layer, *option, "test", &error);
          g_assert_no_error (error);
        }
      permissions_merge (merged, layer);
    }
  return merged;
}

#define HOST "[Context]\nshared=network\n"
#define ISOLATED "[Nacelle Network]\nmode=isolated\n"

static void
test_layers (void)
{
  static const struct { NetworkMode mode; const char *layers[4]; } rows[] = {
    { NETWORK_NONE, { NULL } },
    { NETWORK_HOST, { HOST } },
    { NETWORK_ISOLATED, { ISOLATED } },
    { NETWORK_ISOLATED, { HOST ISOLATED } },
    { NETWORK_HOST, { "[Nacelle Network]\nmode=host\n" } },
    /* Within a layer the denial wins, and in options the last one. */
    { NETWORK_NONE, { "[Context]\nshared=!network\n" ISOLATED } },
    { NETWORK_NONE, { HOST "[Nacelle Network]\nmode=none\n" } },
    { NETWORK_NONE, { "--network=isolated --unshare=network" } },
    { NETWORK_ISOLATED, { "--unshare=network --network=isolated" } },
    /* A layer narrows what is below it. */
    { NETWORK_NONE, { ISOLATED, "[Context]\nshared=!network\n" } },
    { NETWORK_NONE, { HOST, "[Nacelle Network]\nmode=none\n" } },
    { NETWORK_ISOLATED, { HOST, ISOLATED } },
    { NETWORK_ISOLATED, { HOST, "--network=isolated" } },
    { NETWORK_NONE, { ISOLATED, "--network=none" } },
    /* To share the network does not tear down the wall around it, to ask for the host's does. */
    { NETWORK_ISOLATED, { ISOLATED, HOST } },
    { NETWORK_ISOLATED, { ISOLATED, "--network=none", "--share=network" } },
    { NETWORK_HOST, { ISOLATED, "--network=host" } },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (Permissions) merged = merge (rows[i].layers);
      if (network_mode (merged) != rows[i].mode)
        g_error ("row %u: %s", i, network_mode_name (network_mode (merged)));
    }
}

static void
test_ports (void)
{
  g_autoptr (GKeyFile) keyfile = g_key_file_new ();
  g_autoptr (Permissions) merged = merge ((const char *const[]) {
    ISOLATED "publish=8080:80;0.0.0.0/8443:443;7\n",
                                                         "--nopublish=127.0.0.1/8080:80 --publish=9000 --publish=[::1]:53/udp", NULL });

  g_assert_false (permissions_has (merged->published, "127.0.0.1/8080:80"));
  g_assert_true (permissions_has (merged->published, "127.0.0.1/9000:9000"));
  g_assert_true (permissions_has (merged->published, "::1/53:53/udp"));
  g_assert_true (permissions_has (merged->published, "0.0.0.0/8443:443"));

  /* What is written is read again. */
  permissions_to_keyfile (merged, keyfile);
  g_autofree char *text = g_key_file_to_data (keyfile, NULL, NULL);
  g_autofree char *publish = g_key_file_get_string (keyfile, NETWORK_GROUP, "publish", NULL);
  g_assert_cmpstr (publish, ==, "!127.0.0.1/8080:80;0.0.0.0/8443:443;127.0.0.1/7:7;127.0.0.1/9000:9000;::1/53:53/udp;");
  g_assert_nonnull (strstr (text, "shared=network;"));
  g_autoptr (Permissions) again = merge ((const char *const[]) { text, NULL });
  g_assert_cmpint (network_mode (again), ==, NETWORK_ISOLATED);
  g_assert_cmpuint (again->published->len, ==, 5);
}

static void
test_refused (void)
{
  static const RefusedRow rows[] = {
    { "mode=isolatd\n", "[Nacelle Network] mode: \"isolatd\" is no network; did you mean \"isolated\"" },
    { "mode=tor\n", "there are host, isolated and none" },
    { "mode=\n", "there are host, isolated and none" },
    { "ports=1:1\n", "\"ports\" is no key of this group; it knows mode and publish" },
    { "publish=80:\n", "[Nacelle Network] publish: \u201c80:\u201d does not publish a port; it is written as PORT, or PORT:PORT" },
    { "publish=0:80\n", "PORT:PORT" },
    { "publish=80:65536\n", "PORT:PORT" },
    { "publish=localhost/80:80\n", "with ADDRESS: or [ADDRESS]: of this machine" },
    { "publish=53:5353/udp\n", "one of UDP has the same number inside and outside" },
    { "publish=udp:53:53\n", "PORT:PORT" },
  };

  layers_refused (NETWORK_GROUP, rows, G_N_ELEMENTS (rows));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/network/layers", test_layers);
  g_test_add_func ("/network/ports", test_ports);
  g_test_add_func ("/network/refused", test_refused);
  return g_test_run ();
}
