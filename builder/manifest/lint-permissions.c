/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "builder/manifest/lint.h"

#include "builder/manifest/fields.h"
#include "builder/manifest/problem.h"

#include <string.h>

/* One permission as it was written, whether as a finish-arg or as an entry of `permissions`. */
typedef struct
{
  char *argument;              /* as a finish-arg, without the mode of a place */
  char *mode;                  /* of a place: "ro", "rw", "create"; else NULL */
  ManifestPlace place;
  gboolean explained;          /* has a `why` */
  gboolean listed;             /* in `permissions` */
} Grant;

static const struct { const char *argument, *what; } broad[] = {
  { "--filesystem=host", "shows all files of the host to the app" },
  { "--filesystem=host-root", "shows all files of the host to the app" },
  { "--filesystem=host-os", "shows the programs and libraries of the host to the app" },
  { "--filesystem=home", "shows all files of the user to the app, with keys and passwords" },
  { "--filesystem=~", "shows all files of the user to the app, with keys and passwords" },
  { "--filesystem=xdg-config", "shows the settings of all programs of the user to the app" },
  { "--filesystem=xdg-data", "shows the data of all programs of the user to the app, of which some are run by the desktop" },
  { "--filesystem=~/.config", "shows the settings of all programs of the user to the app" },
  { "--filesystem=~/.local/share", "shows the data of all programs of the user to the app, of which some are run by the desktop" },
  { "--filesystem=~/.var/app", "shows the data of all other apps to the app, with keys and passwords" },
  { "--filesystem=/home", "shows the files of all users to the app, with keys and passwords" },
  { "--filesystem=xdg-config/autostart", "lets the app have programs started outside of its sandbox at the next login" },
  { "--filesystem=~/.ssh", "shows the user's keys for other machines to the app" },
  { "--filesystem=~/.gnupg", "shows the user's keys to the app" },
  { "--device=all", "gives all devices to the app; dri, input, usb and others are given alone" },
  { "--socket=session-bus", "takes the filter away from the session bus, by which programs can be started outside" },
  { "--socket=system-bus", "takes the filter away from the system bus" },
  { "--talk-name=org.freedesktop.Flatpak", "lets the app start programs outside of its sandbox" },
  { "--talk-name=org.freedesktop.systemd1", "lets the app start programs outside of its sandbox" },
  { "--talk-name=*", "opens every name on the session bus" },
  { "--talk-name=org.freedesktop.*", "opens names on the session bus by which programs can be started outside" },
  { "--talk-name=org.gnome.Shell", "lets the app steer the whole desktop" },
  { "--talk-name=ca.desrt.dconf", "lets the app change the settings of all programs" },
  { "--own-name=*", "lets the app stand in for any service" },
  { "--own-name=org.freedesktop.*", "lets the app stand in for services of the desktop" },
};

/* The opposite of each option, by which a later argument takes back an earlier one. */
static const struct { const char *yes, *no; } opposites[] = {
  { "--share=", "--unshare=" }, { "--socket=", "--nosocket=" }, { "--device=", "--nodevice=" }, { "--allow=", "--disallow=" },
  { "--filesystem=", "--nofilesystem=" }, { "--talk-name=", "--no-talk-name=" }, { "--system-talk-name=", "--system-no-talk-name=" },
  { "--usb=", "--nousb=" }, { "--add-policy=", "--remove-policy=" },
};

static void
grant_clear (gpointer data)
{
  Grant *grant = data;

  g_free (grant->argument);
  g_free (grant->mode);
}

static void
grants_add (GArray *grants, const char *argument, ManifestPlace place, gboolean listed, gboolean explained)
{
  static const char *const modes[] = { "ro", "rw", "create" };
  Grant grant = { .argument = g_strdup (argument), .place = place, .listed = listed, .explained = explained };
  char *colon = g_str_has_prefix (argument, "--filesystem=") ? strrchr (grant.argument, ':') : NULL;

  for (gsize i = 0; colon != NULL && i < G_N_ELEMENTS (modes); i++)
    if (g_str_equal (colon + 1, modes[i]))
      {
        grant.mode = g_strdup (modes[i]);
        *colon = '\0';
        break;
      }
  /* "~/" is "~". */
  if (g_str_has_prefix (argument, "--filesystem=") && g_str_has_suffix (grant.argument, "/") && !g_str_has_suffix (grant.argument, "=/"))
    grant.argument[strlen (grant.argument) - 1] = '\0';
  g_array_append_val (grants, grant);
}

static GArray *
grants_of (const Manifest *manifest)
{
  GArray *grants = g_array_new (FALSE, FALSE, sizeof (Grant));

  g_array_set_clear_func (grants, grant_clear);
  for (gsize i = 0; manifest->finish_args != NULL && manifest->finish_args[i] != NULL; i++)
    grants_add (grants, manifest->finish_args[i], manifest->finish_args_places[i], FALSE, FALSE);
  for (guint i = 0; manifest->permissions != NULL && i < manifest->permissions->len; i++)
    for (const Field *field = permission_fields.fields; field->key != NULL; field++)
      {
        const ManifestPermission *entry = g_ptr_array_index (manifest->permissions, i);
        char **value = field->option != NULL ? G_STRUCT_MEMBER (char **, entry, field->offset) : NULL;

        for (; value != NULL && *value != NULL; value++)
          {
            g_autofree char *argument = g_strconcat (field->option, *value, field->suffix, NULL);

            grants_add (grants, argument, manifest_key_place (entry, field->key), TRUE, entry->why != NULL);
          }
      }
  return grants;
}

/* The argument that says the contrary; NULL when there is none. */
static char *
opposite_of (const char *argument)
{
  for (gsize i = 0; i < G_N_ELEMENTS (opposites); i++)
    {
      if (g_str_has_prefix (argument, opposites[i].yes))
        return g_strconcat (opposites[i].no, argument + strlen (opposites[i].yes), NULL);
      if (g_str_has_prefix (argument, opposites[i].no))
        return g_strconcat (opposites[i].yes, argument + strlen (opposites[i].no), NULL);
    }
  return NULL;
}

static const Grant *
grant_find (const GArray *grants, const char *argument, guint end)
{
  for (guint i = 0; i < end; i++)
    if (g_str_equal (g_array_index (grants, Grant, i).argument, argument))
      return &g_array_index (grants, Grant, i);
  return NULL;
}

static gboolean
has (const GArray *grants, const char *argument)
{
  return grant_find (grants, argument, grants->len) != NULL;
}

static void
lint_repeated (const GArray *grants, guint index, GPtrArray *problems)
{
  const Grant *grant = &g_array_index (grants, Grant, index);
  const Grant *first = grant_find (grants, grant->argument, index);
  g_autofree char *opposite = opposite_of (grant->argument);
  const Grant *undone = opposite != NULL ? grant_find (grants, opposite, index) : NULL;

  if (first != NULL && g_strcmp0 (first->mode, grant->mode) != 0)
    manifest_problem_warning (problems, grant->place, "permission-repeated",
                              "%s is here with another mode than at line %u; only the last one counts", grant->argument, first->place.line);
  else if (first != NULL)
    manifest_problem_warning (problems, grant->place, "permission-repeated", "%s is here a second time; the first is at line %u",
                              grant->argument, first->place.line);
  if (undone != NULL)
    manifest_problem_warning (problems, grant->place, "permission-undone", "%s takes back what %s at line %u says", grant->argument,
                              undone->argument, undone->place.line);
}

static void
lint_broad (const Grant *grant, GPtrArray *problems)
{
  for (gsize i = 0; i < G_N_ELEMENTS (broad); i++)
    if (g_str_equal (grant->argument, broad[i].argument))
      {
        manifest_problem_warning (problems, grant->place, "permission-broad", "the permission %s%s%s %s%s", grant->argument,
                                  grant->mode != NULL ? ":" : "", grant->mode ?: "", broad[i].what,
                                  grant->listed && !grant->explained ? "; say \"why\"" : "");
        return;
      }
  if (grant->listed && !grant->explained && g_str_equal (grant->argument, "--share=network"))
    manifest_problem_warning (problems, grant->place, "permission-why",
                              "the app may use the network, and nobody is told what for; add \"why\" to this entry");
}

/* Folders that `outer` contains whatever the user has set up.  What is below xdg-config and its like is shown in the app's own folder
 * too, so that is more. */
static gboolean
is_below (const char *place, const char *outer)
{
  static const char *const more[] = { "xdg-run", "xdg-config", "xdg-data", "xdg-cache" };

  if (g_str_equal (place, outer))
    return FALSE;
  for (gsize i = 0; i < G_N_ELEMENTS (more); i++)
    if (g_str_has_prefix (place, more[i]))
      return FALSE;
  if (g_str_has_prefix (place, "xdg-") || g_str_has_prefix (place, "~") || g_str_has_prefix (place, "home"))
    return TRUE;
  return g_str_equal (outer, "host") && (g_str_has_prefix (place, "/media") || g_str_has_prefix (place, "/mnt")
                                         || g_str_has_prefix (place, "/run/media") || g_str_has_prefix (place, "/srv"));
}

static void
lint_contained (const GArray *grants, const Grant *grant, GPtrArray *problems)
{
  static const char *const outers[] = { "host", "home" };
  const char *option = "--filesystem=";

  if (!g_str_has_prefix (grant->argument, option) || g_strcmp0 (grant->mode, "create") == 0)
    return;
  for (gsize i = 0; i < G_N_ELEMENTS (outers); i++)
    {
      g_autofree char *argument = g_strconcat (option, outers[i], NULL);
      const Grant *outer = grant_find (grants, argument, grants->len);
      gboolean same = outer != NULL && g_strcmp0 (outer->mode ?: "rw", grant->mode ?: "rw") == 0;

      if (!same || !is_below (grant->argument + strlen (option), outers[i]))
        continue;
      manifest_problem_warning (problems, grant->place, "permission-useless", "%s is part of %s at line %u already", grant->argument,
                                argument, outer->place.line);
      return;
    }
}

/* Bus names that every app may have. */
static void
lint_free_names (const Manifest *manifest, const Grant *grant, GPtrArray *problems)
{
  const char *own = g_str_has_prefix (grant->argument, "--own-name=") ? grant->argument + strlen ("--own-name=") : NULL;
  const char *talk = g_str_has_prefix (grant->argument, "--talk-name=") ? grant->argument + strlen ("--talk-name=") : NULL;
  gsize length = manifest->id != NULL ? strlen (manifest->id) : 0;

  if (own != NULL && length > 0 && strncmp (own, manifest->id, length) == 0 && (own[length] == '\0' || own[length] == '.'))
    manifest_problem_warning (problems, grant->place, "permission-useless", "%s: an app may own its id and the names below without asking",
                              grant->argument);
  if (talk != NULL && (g_str_has_prefix (talk, "org.freedesktop.portal.") || g_str_equal (talk, "org.freedesktop.DBus")))
    manifest_problem_warning (problems, grant->place, "permission-useless", "%s: every app may talk to portals and to the bus itself",
                              grant->argument);
}

static void
lint_together (const GArray *grants, const Grant *grant, GPtrArray *problems)
{
  if (g_str_equal (grant->argument, "--socket=x11") && has (grants, "--socket=fallback-x11"))
    manifest_problem_warning (problems, grant->place, "permission-useless",
                              "--socket=fallback-x11 gives X11 where there is no Wayland; beside it, --socket=x11 has no effect");
  if (g_str_equal (grant->argument, "--socket=fallback-x11") && !has (grants, "--socket=wayland"))
    manifest_problem_warning (problems, grant->place, "permission-useless",
                              "--socket=fallback-x11 is for an app with --socket=wayland too; on Wayland this one would have no display");
  if ((g_str_equal (grant->argument, "--socket=x11") || g_str_equal (grant->argument, "--socket=fallback-x11"))
      && !has (grants, "--share=ipc"))
    manifest_problem_warning (problems, grant->place, "permission-missing",
                              "%s: without --share=ipc, X11 cannot share memory with the app and is slow", grant->argument);
  if (g_str_has_prefix (grant->argument, "--device=") && !g_str_equal (grant->argument, "--device=all")
      && !g_str_equal (grant->argument, "--device=shm") && has (grants, "--device=all"))
    manifest_problem_warning (problems, grant->place, "permission-useless", "%s is part of --device=all", grant->argument);
}

void
manifest_lint_permissions (const Manifest *manifest, GPtrArray *problems)
{
  g_autoptr (GArray) grants = grants_of (manifest);

  for (guint i = 0; i < grants->len; i++)
    {
      const Grant *grant = &g_array_index (grants, Grant, i);

      lint_broad (grant, problems);
      lint_repeated (grants, i, problems);
      lint_contained (grants, grant, problems);
      lint_free_names (manifest, grant, problems);
      lint_together (grants, grant, problems);
    }
}
