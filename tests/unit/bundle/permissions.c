/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bundle/permissions.h"

#include <string.h>

#include "base/error.h"
#include "bundle/metadata.h"

/* Every word of Flatpak, as finish-args. */
static const char *const every_argument[] = {
  "--share=network", "--share=ipc", "--socket=x11", "--socket=wayland", "--socket=fallback-x11", "--socket=pulseaudio",
  "--socket=session-bus", "--socket=system-bus", "--socket=ssh-auth", "--socket=pcsc", "--socket=cups",
  "--socket=gpg-agent", "--socket=inherit-wayland-socket", "--device=dri", "--device=input", "--device=usb",
  "--device=kvm", "--device=shm", "--nodevice=all", "--allow=devel", "--allow=multiarch", "--allow=bluetooth",
  "--allow=canbus", "--disallow=per-app-dev-shm", "--filesystem=xdg-documents:ro", "--filesystem=~/x:create",
  "--nofilesystem=host", "--filesystem=/mnt/a\\:b;c", "--persist=.mozilla", "--env=A=B=C", "--env=EMPTY=",
  "--env=SPACE= two\nlines;", "--unset-env=GONE", "--own-name=org.example.App.*", "--talk-name=org.example.Other",
  "--no-talk-name=org.example.Never", "--system-talk-name=org.example.System", "--system-own-name=org.example.Own",
  "--system-no-talk-name=org.example.No", "--a11y-own-name=org.example.App.Sandboxed", "--usb=vnd:0fd9+dev:0063",
  "--nousb=cls:03:*", "--add-policy=Tracker3.dbus:org.freedesktop.Tracker3=tracker:Audio", "--remove-policy=Foo.bar=baz",
  "--limit=memory=512M", "--limit=files=1024:4096,optional", "--limit=cpus=none",
  "--socket-if=x11:!has-wayland", "--share-if=ipc:true", "--device-if=input:has-input-device", "--allow-if=devel:false",
};

static char *
to_text (const Permissions *permissions)
{
  g_autoptr (GKeyFile) keyfile = g_key_file_new ();
  permissions_to_keyfile (permissions, keyfile);
  return g_key_file_to_data (keyfile, NULL, NULL);
}

static Permissions *
from_text (const char *text, GError **error)
{
  g_autoptr (GKeyFile) keyfile = g_key_file_new ();
  g_assert_true (g_key_file_load_from_data (keyfile, text, strlen (text), G_KEY_FILE_NONE, NULL));
  return permissions_from_keyfile (keyfile, "test", error);
}

static void
add (Permissions *layer, const char *argument)
{
  g_autoptr (GError) error = NULL;
  permissions_add_argument (layer, argument, "test", &error);
  g_assert_no_error (error);
}

static void
test_round_trip (void)
{
  g_autoptr (Permissions) layer = permissions_new ();
  for (guint i = 0; i < G_N_ELEMENTS (every_argument); i++)
    {
      g_assert_true (permissions_is_argument (every_argument[i]));
      add (layer, every_argument[i]);
    }

  g_autoptr (GError) error = NULL;
  g_autofree char *text = to_text (layer);
  g_autoptr (Permissions) again = from_text (text, &error);
  g_assert_no_error (error);
  g_autofree char *text_again = to_text (again);
  g_assert_cmpstr (text, ==, text_again);

  g_assert_nonnull (strstr (text, "sockets=x11;wayland;"));
  g_assert_nonnull (strstr (text, "filesystems=xdg-documents:ro;~/x:create;!host;"));
  g_assert_nonnull (strstr (text, "org.example.Other=talk\n"));
  g_assert_nonnull (strstr (text, "unset-environment=GONE;"));
  g_assert_nonnull (strstr (text, "[Policy Tracker3]\ndbus:org.freedesktop.Tracker3=tracker:Audio;"));
  g_assert_cmpstr (permissions_find (again->environment, "SPACE")->value, ==, " two\nlines;");
  g_assert_cmpstr (permissions_find (again->environment, "A")->value, ==, "B=C");
}

static void
test_unknown (void)
{
  static const struct
  {
    const char *argument;
    const char *part;
  } rows[] = {
    { "--share=netwrk", "did you mean \"network\"?" },
    { "--sharee=network", "did you mean \"--share\"?" },
    { "--socket=xyzzy", "it knows x11" },
    { "--share", "needs a value" },
    { "--share=", "no word" },
    { "--share=!network", "no word" },
    { "--share=if:network:true", "--share-if" },
    { "--socket-if=x11:maybe", "no word of conditions" },
    { "--socket-if=x11", "if:NAME:CONDITION" },
    { "--filesystem=/usr", "belongs to the sandbox" },
    { "--filesystem=/run", "belongs to the sandbox" },
    { "--filesystem=/etc/passwd", "belongs to the sandbox" },
    { "--filesystem=a/../b", "no place" },
    { "--persist=../x", "\"..\"" },
    { "--persist=/x", "relative to the home" },
    { "--persist=~/x", "relative to the home" },
    { "--env=A", "NAME=VALUE" },
    { "--env==x", "no name" },
    { "--env=A B=x", "no name" },
    { "--env=A=\xff", "UTF-8" },
    { "--unset-env=A=B", "no name" },
    { "--talk-name=:1.5", "unique" },
    { "--talk-name=org", "no bus name" },
    { "--talk-name=*", "no bus name" },
    { "--talk-name=org.example.*x", "no bus name" },
    { "--talk-name=org..example", "no bus name" },
    { "--usb=dev:0001", "needs vnd" },
    { "--usb=vnd:00", "no USB query" },
    { "--usb=vnd:0001+vnd:0002", "no USB query" },
    { "--add-policy=a=b", "SUBSYSTEM.KEY" },
  };
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (Permissions) layer = permissions_new ();
      g_autoptr (GError) error = NULL;
      if (permissions_add_argument (layer, rows[i].argument, "test", &error))
        g_error ("\"%s\" was accepted", rows[i].argument);
      if (strstr (error->message, rows[i].part) == NULL)
        g_error ("\"%s\" does not say \"%s\"", error->message, rows[i].part);
      g_autofree char *text = to_text (layer);
      g_assert_cmpstr (text, ==, "");
    }
}

static void
test_hostile_keyfiles (void)
{
  static const char *const bad[] = {
    "[Context]\nshared=network;everything;\n", "[Context]\nsockets=!\n",  "[Context]\nfilesystems=home/../..;\n",
    "[Context]\nfilesystems=/a:rw:ro;\n",      "[Context]\nfilesystems=/;\n", "[Context]\nfilesystems=/a\\nb;\n",
    "[Context]\nfilesystems=!!home;\n",        "[Context]\nfilesystems=/a\\xb;\n", "[Context]\npersistent=..;\n",
    "[Context]\npersistent=/etc;\n",           "[Context]\nshared=\\q;\n", "[Session Bus Policy]\norg.example.X=all\n",
    "[Session Bus Policy]\n:1.2=talk\n",       "[Environment]\nA B=x\n",    "[Environment]\nA=\\q\n",
    "[Context]\nunset-environment=A=B;\n",     "[USB Devices]\nenumerable-devices=any;\n",
    "[Context]\ndevices=if:dri;\n",            "[Context]\nshared=\\snetwork;\n",
  };
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autoptr (GError) error = NULL;
      if (from_text (bad[i], &error) != NULL)
        g_error ("\"%s\" was accepted", bad[i]);
      g_assert_error (error, ERROR_DOMAIN, ERROR_REFUSED);
      g_assert_true (g_str_has_prefix (error->message, "test: ["));
    }

  /* Empty lists, empty elements' absence and future keys are fine. */
  g_autoptr (Permissions) layer = from_text ("[Context]\nshared=\nfuture=x;\n[Later]\na=b\n", NULL);
  g_assert_nonnull (layer);
  g_assert_cmpuint (layer->shared->len, ==, 0);
}

static void
test_merge (void)
{
  g_autoptr (Permissions) lower = permissions_new ();
  g_autoptr (Permissions) upper = permissions_new ();
  add (lower, "--share=network");
  add (lower, "--share=ipc");
  add (lower, "--filesystem=home");
  add (lower, "--filesystem=~/x:ro");
  add (lower, "--env=A=lower");
  add (lower, "--talk-name=org.example.Other");
  add (upper, "--unshare=network");
  add (upper, "--nofilesystem=home");
  add (upper, "--unset-env=A");
  add (upper, "--env=B=upper");
  add (upper, "--no-talk-name=org.example.Other");
  permissions_merge (lower, upper);

  g_assert_false (permissions_has (lower->shared, "network"));
  g_assert_true (permissions_has (lower->shared, "ipc"));
  g_assert_false (permissions_has (lower->shared, "nothing"));
  g_assert_false (permissions_find (lower->environment, "A")->granted);
  g_assert_cmpstr (permissions_find (lower->environment, "B")->value, ==, "upper");
  g_assert_cmpstr (permissions_find (lower->session_bus, "org.example.Other")->value, ==, "none");
  g_assert_cmpuint (lower->filesystems->len, ==, 2);
  const FilesystemGrant *home = lower->filesystems->pdata[0], *narrow = lower->filesystems->pdata[1];
  g_assert_cmpint (home->mode, ==, FILESYSTEM_NONE);
  g_assert_cmpint (narrow->mode, ==, FILESYSTEM_READ_ONLY); /* a denial does not take away what is narrower */
}

static void
test_reset (void)
{
  g_autoptr (Permissions) lower = permissions_new ();
  g_autoptr (Permissions) upper = permissions_new ();
  add (lower, "--filesystem=home");
  add (lower, "--filesystem=/mnt/x");
  add (upper, "--nofilesystem=host:reset");
  add (upper, "--filesystem=xdg-music");
  permissions_merge (lower, upper);
  g_autofree char *text = to_text (lower);
  g_assert_cmpstr (text, ==, "[Context]\nfilesystems=!host;!host:reset;xdg-music;\n");
}

static void
test_conditions (void)
{
  g_autoptr (Permissions) lower = permissions_new ();
  g_autoptr (Permissions) upper = permissions_new ();
  add (lower, "--socket=x11");
  g_assert_true (permissions_has (lower->sockets, "x11"));
  add (lower, "--socket-if=x11:!has-wayland");
  g_assert_false (permissions_has (lower->sockets, "x11"));
  add (upper, "--socket=x11");
  permissions_merge (lower, upper);
  g_assert_true (permissions_has (lower->sockets, "x11"));
}

static void
test_last_wins (void)
{
  g_autoptr (Permissions) layer = permissions_new ();
  add (layer, "--share=network");
  add (layer, "--unshare=network");
  g_assert_false (permissions_has (layer->shared, "network"));
  add (layer, "--share=network");
  g_assert_true (permissions_has (layer->shared, "network"));
  g_assert_cmpuint (layer->shared->len, ==, 1);
}

/* Whatever is accepted must read back as itself: what is shown is then what is applied. */
static void
test_mutations (void)
{
  static const char seed[] = "[Context]\nshared=network;!ipc;\nfilesystems=~/a\\\\:b;xdg-run/x:ro;!host;/c d:create;\n"
                             "persistent=.x;\nunset-environment=A;\n[Environment]\nB=c\\sd\n"
                             "[Session Bus Policy]\norg.a.*=talk\n[USB Devices]\nenumerable-devices=all;\n[Policy X]\ny=z;!w;\n";
  static const char letters[] = "\n=;:!~/\\.[]*ao -#%\"'$\t1";
  g_autoptr (GRand) random = g_rand_new_with_seed (20261123);
  guint n_accepted = 0;

  for (guint i = 0; i < 20000; i++)
    {
      g_autofree char *text = g_strdup (seed);
      for (gint n = g_rand_int_range (random, 1, 4); n > 0; n--)
        text[g_rand_int_range (random, 0, sizeof seed - 1)] = letters[g_rand_int_range (random, 0, sizeof letters - 1)];

      g_autoptr (GKeyFile) keyfile = metadata_keyfile_parse (text, strlen (text), "test", NULL);
      g_autoptr (Permissions) first = keyfile != NULL ? permissions_from_keyfile (keyfile, "test", NULL) : NULL;
      if (first == NULL)
        continue;
      n_accepted++;
      g_autoptr (GError) error = NULL;
      g_autofree char *shown = to_text (first);
      g_autoptr (Permissions) second = from_text (shown, &error);
      g_assert_no_error (error);
      g_autofree char *again = to_text (second);
      g_assert_cmpstr (shown, ==, again);
    }
  g_assert_cmpuint (n_accepted, >, 1000);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/bundle/permissions/round-trip", test_round_trip);
  g_test_add_func ("/bundle/permissions/unknown", test_unknown);
  g_test_add_func ("/bundle/permissions/hostile-keyfiles", test_hostile_keyfiles);
  g_test_add_func ("/bundle/permissions/mutations", test_mutations);
  g_test_add_func ("/bundle/permissions/merge", test_merge);
  g_test_add_func ("/bundle/permissions/reset", test_reset);
  g_test_add_func ("/bundle/permissions/conditions", test_conditions);
  g_test_add_func ("/bundle/permissions/last-wins", test_last_wins);
  return g_test_run ();
}
