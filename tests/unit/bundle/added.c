/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Does a new version want more than the installed one?
 */
#include <glib.h>
#include <string.h>

#include "bundle/added.h"

/* Words as on a command line, with spaces between; `added`: what is said, joined with "; ". */
static const struct { const char *older, *newer, *added; } cases[] = {
  /* b3bd5019 */
  { "", "", "" },
  { "--filesystem=home", "--filesystem=home", "" },
  { "--filesystem=home", "--filesystem=home --filesystem=/var/x", "read and write /var/x" },
  { "--filesystem=home:ro", "--filesystem=home", "read and write your home folder (home)" },
  { "--filesystem=home", "--filesystem=home:ro", "" },
  { "--filesystem=xdg-download", "--filesystem=home", "read and write your home folder (home)" },
  { "--filesystem=home", "--filesystem=~/a --filesystem=~/b:ro", "" },
  { "--filesystem=home", "--filesystem=xdg-download:ro", "read your downloads (xdg-download)" },
  { "--filesystem=xdg-download", "--filesystem=xdg-download/sub", "" },
  { "--filesystem=~/a", "--filesystem=~/ab", "read and write ~/ab" },
  { "--filesystem=/srv/a", "--filesystem=/srv/a/b", "" },
  { "--filesystem=/srv/a/b", "--filesystem=/srv/a", "read and write /srv/a" },
  { "--filesystem=host", "--filesystem=home --filesystem=/srv --filesystem=host-os:ro", "" },
  { "--filesystem=host", "--filesystem=/var/lib", "read and write /var/lib" },
  { "--filesystem=home", "--filesystem=host", "read and write all files of this machine (host)" },
  { "--filesystem=home --nofilesystem=~/secret", "--filesystem=home --nofilesystem=~/secret", "" },
  { "--filesystem=home --nofilesystem=~/secret", "--filesystem=home", "read and write ~/secret" },
  { "--filesystem=home --nofilesystem=~/secret", "--filesystem=home --nofilesystem=~/secret --filesystem=~/secret/key:ro",
    "read ~/secret/key" },
  { "--filesystem=home --nofilesystem=~/secret", "--filesystem=~/a", "" },
  { "--filesystem=home --filesystem=~/a:ro", "--filesystem=home", "read and write ~/a" },
  { "--filesystem=xdg-run/a", "--filesystem=xdg-run/b", "read and write xdg-run/b" },
  /* Words. */
  { "", "--share=network --socket=wayland", "show windows (wayland); use the network (network)" },
  { "--share=network --socket=wayland", "--socket=wayland", "" },
  { "--socket=x11", "--socket=fallback-x11 --allow=multiarch", "" },
  { "--socket=fallback-x11", "--socket=x11", "use X11, and so see all windows and what is typed into them (x11)" },
  { "--device=all", "--device=dri --device=kvm", "" },
  { "--device=dri", "--device=all", "use all devices (all)" },
  { "--device=all", "--device=shm", "use the host's shared memory (shm)" },
  { "", "--allow=devel", "trace programs (devel)" },
  { "--socket-if=x11:!has-wayland", "--socket-if=x11:!has-wayland", "" },
  { "--socket=x11", "--socket-if=x11:!has-wayland", "" },
  { "", "--socket-if=x11:!has-wayland",
    "use X11, and so see all windows and what is typed into them, under a condition (if:x11:!has-wayland)" },
  { "--unshare=ipc", "--share=ipc", "share memory with programs of the host (ipc)" },
  /* Names. */
  { "--talk-name=org.example.A", "--talk-name=org.example.A", "" },
  { "--talk-name=org.example.A", "--own-name=org.example.A", "own the name org.example.A on the session bus" },
  { "--talk-name=org.example.*", "--talk-name=org.example.A.B", "" },
  { "--talk-name=org.example.A", "--talk-name=org.example.*", "talk to org.example.* on the session bus" },
  { "--talk-name=org.example.*", "--talk-name=org.examples.A", "talk to org.examples.A on the session bus" },
  { "--talk-name=org.example.A", "--system-talk-name=org.example.A", "talk to org.example.A on the system bus" },
  { "--socket=session-bus", "--talk-name=org.example.A", "" },
  { "", "--a11y-own-name=org.example.A", "own the name org.example.A on the accessibility bus" },
  /* The rest. */
  { "", "--usb=vnd:0fd9", "find the USB devices vnd:0fd9" },
  { "--usb=all --nousb=cls:03:*", "--usb=all", "find the USB devices cls:03:*" },
  { "", "--add-policy=A.b=c", "have the policy A.b=c" },
  { "--limit=memory=512M", "--limit=memory=256M", "" },
  { "", "--limit=memory=256M", "" },
  { "--limit=memory=512M", "--limit=memory=1G", "use more memory: 1G, it was 512M" },
  { "--limit=memory=512M", "", "use more memory: without a limit, it was 512M" },
  { "--limit=memory=512M", "--limit=memory=512M,optional", "use more memory: 512M,optional, it was 512M" },
  { "--limit=memory=512M,optional", "--limit=memory=512M", "" },
  { "", "--network=isolated", "use the network, apart from that of the host (isolated)" },
  { "--network=isolated", "--network=host", "use the network (network)" },
  { "--share=network", "--network=isolated", "" },
  { "--network=isolated", "--network=isolated --publish=8080:80", "be reached from the network at port 127.0.0.1/8080:80" },
  /* What is the app's own. */
  { "", "--persist=.x --env=A=b --unset-env=C", "" },
};

static Permissions *
layer (const char *arguments)
{
  Permissions *permissions = permissions_new ();
  g_auto (GStrv) words = g_strsplit (arguments, " ", -1);

  for (gsize i = 0; words[i] != NULL; i++)
    {
      g_autoptr (GError) error = NULL;
      if (words[i][0] != '\0')
        permissions_add_argument (permissions, words[i], "test", &error);
      g_assert_no_error (error);
    }
  return permissions;
}

static char *
join (GPtrArray *words)
{
  g_ptr_array_add (words, NULL);
  return g_strjoinv ("; ", (char **) words->pdata);
}

static void
test_table (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (Permissions) older = layer (cases[i].older);
      g_autoptr (Permissions) newer = layer (cases[i].newer);
      g_autoptr (GPtrArray) added = permissions_added (older, newer);
      g_autofree char *text = join (added);

      if (strcmp (text, cases[i].added) != 0)
        g_error ("from \"%s\" to \"%s\": \"%s\"", cases[i].older, cases[i].newer, text);
    }
}

static GKeyFile *
keyfile (const char *text)
{
  GKeyFile *result = g_key_file_new ();

  g_assert_true (g_key_file_load_from_data (result, text, strlen (text), G_KEY_FILE_NONE, NULL));
  return result;
}

static void
test_keyfiles (void)
{
  static const struct { const char *older, *newer, *added; } files[] = {
    { "[Context]\nshared=ipc;\n", "[Context]\nshared=ipc;\n[Nacelle Bundle]\nref=x\n", "" },
    { "[Context]\nshared=ipc;\n", "[Context]\nshared=ipc;\n[Nacelle Later]\nall=yes\n",
      "have what this version of Nacelle does not know: [Nacelle Later] all=yes" },
    { "[Nacelle Sandbox]\nlandlock=on\n", "[Nacelle Sandbox]\nlandlock=off\n", "run without rules of Landlock (landlock=off)" },
    { "[Nacelle Sandbox]\nlandlock=on\n", "", "run where there are no rules of Landlock (landlock=auto)" },
    { "[Nacelle Sandbox]\nlandlock=off\n", "[Nacelle Sandbox]\nlandlock=on\n", "" },
    { "[Nacelle Later]\nall=no\n", "[Nacelle Later]\nall=no\n", "" },
    { "[Context]\nshared=what-is-this;\n", "[Context]\nshared=ipc;\n", "share memory with programs of the host (ipc)" },
    { "[Context]\nshared=ipc;\n", "[Context]\nshared=what-is-this;\n", NULL },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (files); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (GKeyFile) older = keyfile (files[i].older);
      g_autoptr (GKeyFile) newer = keyfile (files[i].newer);
      g_autoptr (GPtrArray) added = permissions_added_keyfile (older, newer, &error);
      g_autofree char *text = added == NULL ? NULL : join (added);

      g_assert_cmpstr (text, ==, files[i].added);
      g_assert_cmpint (error == NULL, ==, added != NULL);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/added/b3bd5019", test_table);
  g_test_add_func ("/added/keyfiles", test_keyfiles);
  return g_test_run ();
}
