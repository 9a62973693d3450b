/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The readers of files that come with a bundle or that a person writes: metadata and overrides, desktop files, search providers.  What
 * is accepted is written and read once more: nothing that was refused may come back that way.
 */
#include "bundle/added.h"
#include "bundle/desktop-file.h"
#include "bundle/extension.h"
#include "bundle/metadata.h"
#include "tests/fuzz/entry.h"

#include <stdlib.h>
#include <string.h>

static const DesktopLauncher launcher = { "/usr/bin/apprun", "org.example.App", "x86_64", "stable" };

static void
layer_use (GKeyFile *keyfile)
{
  g_autoptr (GKeyFile) empty = g_key_file_new ();
  g_autoptr (GKeyFile) written = g_key_file_new ();
  g_autoptr (Permissions) layer = permissions_from_keyfile (keyfile, "input", NULL);
  g_autoptr (GPtrArray) added = permissions_added_keyfile (empty, keyfile, NULL);
  g_autoptr (GPtrArray) points = extension_points_new (keyfile, "1", NULL);

  if ((layer == NULL) != (added == NULL))
    abort ();
  if (layer == NULL)
    return;
  permissions_to_keyfile (layer, written);
  g_autoptr (Permissions) again = permissions_from_keyfile (written, "written", NULL);
  if (again == NULL)
    abort ();
  /* What is written allows what was read, and not more. */
  g_autoptr (GPtrArray) more = permissions_added (layer, again);
  g_autoptr (GPtrArray) less = permissions_added (again, layer);
  if (more->len > 0 || less->len > 0)
    abort ();
}

/* The words between which a launcher puts files are there where we put them, and nowhere else. */
static void
line_use (const char *line)
{
  g_auto (GStrv) words = NULL;
  gboolean forwards = FALSE;
  int n = 0;

  if (!g_shell_parse_argv (line, &n, &words, NULL) || n < 5 || strcmp (words[0], launcher.program) != 0 || strcmp (words[1], "run") != 0)
    abort ();
  for (int i = 0; i < n; i++)
    {
      forwards = forwards || strcmp (words[i], "--file-forwarding") == 0;
      if (strncmp (words[i], "@@", 2) != 0)
        continue;
      if (!forwards || i + 2 >= n || words[i + 1][0] != '%' || strlen (words[i + 1]) != 2 || strcmp (words[i + 2], "@@") != 0)
        abort ();
      i += 2;
    }
}

static void
desktop_use (const char *text, size_t size)
{
  gsize length = 0;
  g_autofree char *result = desktop_file_rewrite (text, size, &launcher, &length, NULL);
  g_autofree char *provider = search_provider_rewrite (text, size, launcher.id, &length, NULL);

  (void) desktop_file_check (text, size, NULL);
  if (result == NULL)
    return;
  g_autoptr (GKeyFile) keyfile = g_key_file_new ();
  if (!g_key_file_load_from_data (keyfile, result, strlen (result), G_KEY_FILE_NONE, NULL))
    abort ();
  g_auto (GStrv) groups = g_key_file_get_groups (keyfile, NULL);
  for (gsize i = 0; groups[i] != NULL; i++)
    {
      g_autofree char *line = g_key_file_get_string (keyfile, groups[i], "Exec", NULL);
      if (line == NULL)
        abort ();
      line_use (line);
    }
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  const char *text = (const char *) data;
  g_autoptr (Metadata) metadata = size > 65536 ? NULL : metadata_parse (text, size, "input", NULL);
  g_autoptr (GKeyFile) keyfile = size > 65536 ? NULL : metadata_keyfile_parse (text, size, "input", NULL);

  if (keyfile != NULL)
    layer_use (keyfile);
  if (size <= 65536)
    desktop_use (text, size);
  return 0;
}

uint8_t *
fuzz_seed (size_t number, size_t *ret_size)
{
  static const char *const seeds[] = {
    "[Application]\nname=org.example.App\nruntime=org.example.Runtime/x86_64/1\ncommand=app\n\n[Context]\nshared=network;ipc;\n"
    "sockets=x11;!wayland;if:pulseaudio:has-wayland;\nfilesystems=home;!~/x;xdg-download:ro;/srv/a\\\\:b:create;\npersistent=.x;\n",
    "[Context]\ndevices=dri;all;\nfeatures=devel;\nunset-environment=A;\n\n[Environment]\nB=c d\\se\n\n[Session Bus Policy]\n"
    "org.example.*=talk\norg.other.A=own\n\n[System Bus Policy]\norg.x.Y=see\n\n[USB Devices]\nenumerable-devices=vnd:0fd9+dev:0063;\n",
    "[Nacelle Limits]\nmemory=512M\ncpus=150%,optional\n\n[Nacelle Network]\nmode=isolated\npublish=8080:80;127.0.0.1/8443:443\n\n"
    "[Policy Tracker]\na=b;!c;\n\n[Extension org.example.App.Plugin]\ndirectory=lib/p\nversions=1;2\nsubdirectories=true\nmerge-dirs=a;b\n",
    "[Desktop Entry]\nType=Application\nName=A\nName[de]=B\nExec=app --x=%f \"a b\" %U %i 100%%\nIcon=org.example.App\nActions=n;\n"
    "MimeType=text/plain;\n\n[Desktop Action n]\nName=N\nExec=app -n @x a@@b '%c'\n",
    "[Shell Search Provider]\nDesktopId=org.example.App.desktop\nBusName=org.example.App\nObjectPath=/x\nVersion=2\n",
  };

  if (number >= G_N_ELEMENTS (seeds))
    return NULL;
  *ret_size = strlen (seeds[number]);
  uint8_t *seed = malloc (*ret_size);
  if (seed == NULL)
    abort ();
  memcpy (seed, seeds[number], *ret_size);
  return seed;
}

const char *const fuzz_words[] = { "\n[", "]\n", "=", ";", "@@", "%f", "%", "\\", "\"", "home;", "!", ":ro", "..", "org.example.*=own\n", NULL };
