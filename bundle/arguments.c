/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The finish-args, one row each.  The same table serves manifests and the command line of `apprun run`.
 */
#include "bundle/permissions.h"

#include <string.h>

#include "base/error.h"
#include "base/verb.h"
#include "bundle/filesystem.h"
#include "bundle/limits.h"
#include "bundle/network.h"
#include "bundle/walls.h"
#include "bundle/words.h"

typedef struct Argument Argument;

struct Argument
{
  const char *option;
  gboolean (*add) (const Argument *argument, Permissions *layer, const char *value, const char *origin, GError **error);
  gboolean granted;
  const char *detail;  /* word lists: the key in [Context]; bus names: the level; walls: the name */
  gsize offset;        /* array in Permissions, for bus names */
};

static gboolean
add_word (const Argument *argument, Permissions *layer, const char *value, const char *origin, GError **error)
{
  const WordList *list = word_list_find (argument->detail);
  if (g_str_has_prefix (value, "if:"))
    return error_throw_code (error, ERROR_USAGE, "conditions are given by %s-if=NAME:CONDITION", argument->option);
  if (!word_list_check (list, value, error))
    return FALSE;
  permissions_set (word_list_entries (list, layer), value, NULL, argument->granted, origin);
  /* As Flatpak has it: one that knows no fallback gives X11, and what takes the fallback away leaves no X11. */
  if (strcmp (value, "fallback-x11") == 0)
    permissions_set (word_list_entries (list, layer), "x11", NULL, argument->granted, origin);
  return TRUE;
}

static gboolean
add_condition (const Argument *argument, Permissions *layer, const char *value, const char *origin, GError **error)
{
  const WordList *list = word_list_find (argument->detail);
  g_autofree char *entry = g_strconcat ("if:", value, NULL);
  if (!word_list_check (list, entry, error))
    return FALSE;
  permissions_set (word_list_entries (list, layer), entry, NULL, TRUE, origin);
  return TRUE;
}

static gboolean
add_filesystem (const Argument *argument, Permissions *layer, const char *value, const char *origin, GError **error)
{
  FilesystemGrant *grant = filesystem_grant_parse (value, !argument->granted, origin, error);
  if (grant == NULL)
    return FALSE;
  if (argument->granted && grant->token[0] == '/' && filesystem_path_is_reserved (grant->token))
    {
      error_throw_code (error, ERROR_USAGE,
                        "\"%s\" belongs to the sandbox itself (or contains such a place), so the host's cannot be shown there",
                        grant->token);
      filesystem_grant_free (grant);
      return FALSE;
    }
  if (strcmp (grant->token, "host-reset") == 0)
    {
      /* For a Flatpak that knows no reset. */
      g_ptr_array_set_size (layer->filesystems, 0);
      filesystem_grant_set (layer->filesystems, filesystem_grant_parse ("host", TRUE, origin, NULL));
    }
  filesystem_grant_set (layer->filesystems, grant);
  return TRUE;
}

static gboolean
add_persistent (const Argument *argument, Permissions *layer, const char *value, const char *origin, GError **error)
{
  g_autofree char *path = NULL;
  if (value[0] == '/' || value[0] == '~' || value[0] == '\0')
    return error_throw_code (error, ERROR_USAGE, "\"%s\" is not a path relative to the home folder, such as .config/x", value);
  path = filesystem_path_normalise (value, error);
  if (path == NULL)
    return FALSE;
  permissions_set (layer->persistent, path[0] == '\0' ? "." : path, NULL, TRUE, origin);
  return TRUE;
}

static gboolean
add_variable (const Argument *argument, Permissions *layer, const char *value, const char *origin, GError **error)
{
  const char *equals = strchr (value, '=');
  if (equals == NULL)
    return error_throw_code (error, ERROR_USAGE, "\"%s\" is not of the form NAME=VALUE", value);
  g_autofree char *name = g_strndup (value, (gsize) (equals - value));
  if (!variable_name_check (name, error))
    return FALSE;
  if (!g_utf8_validate (equals + 1, -1, NULL))
    return error_throw_code (error, ERROR_USAGE, "the value of %s is not valid UTF-8", name);
  permissions_set (layer->environment, name, equals + 1, TRUE, origin);
  return TRUE;
}

static gboolean
add_unset_variable (const Argument *argument, Permissions *layer, const char *value, const char *origin, GError **error)
{
  if (!variable_name_check (value, error))
    return FALSE;
  permissions_set (layer->environment, value, NULL, FALSE, origin);
  return TRUE;
}

static gboolean
add_bus_name (const Argument *argument, Permissions *layer, const char *value, const char *origin, GError **error)
{
  if (!bus_name_check (value, error))
    return FALSE;
  permissions_set (G_STRUCT_MEMBER (GPtrArray *, layer, argument->offset), value, argument->detail, TRUE, origin);
  return TRUE;
}

static gboolean
add_usb (const Argument *argument, Permissions *layer, const char *value, const char *origin, GError **error)
{
  if (!usb_query_check (value, error))
    return FALSE;
  permissions_set (layer->usb, value, NULL, argument->granted, origin);
  return TRUE;
}

static gboolean
add_usb_list (const Argument *argument, Permissions *layer, const char *value, const char *origin, GError **error)
{
  g_auto (GStrv) queries = g_strsplit (value, ";", -1);
  for (char **query = queries; *query != NULL; query++)
    {
      gboolean hidden = (*query)[0] == '!';
      if ((*query)[0] == '\0')
        continue;
      if (!usb_query_check (*query + hidden, error))
        return FALSE;
      permissions_set (layer->usb, *query + hidden, NULL, !hidden, origin);
    }
  return TRUE;
}

static gboolean
add_policy (const Argument *argument, Permissions *layer, const char *value, const char *origin, GError **error)
{
  const char *dot = strchr (value, '.');
  const char *equals = strchr (value, '=');
  gboolean good = dot != NULL && equals != NULL && dot > value && equals > dot + 1 && equals[1] != '\0' && equals[1] != '!'
                  && g_utf8_validate (value, -1, NULL);
  for (const char *p = value; good && p < equals; p++)
    good = g_ascii_isalnum (*p) || strchr ("._-:", *p) != NULL;
  for (const char *p = value; good && *p != '\0'; p++)
    good = !g_ascii_iscntrl (*p);
  if (!good)
    return error_throw_code (error, ERROR_USAGE, "\"%s\" is not of the form SUBSYSTEM.KEY=VALUE", value);
  permissions_set (layer->policies, value, NULL, argument->granted, origin);
  return TRUE;
}

static gboolean
add_limit (const Argument *argument, Permissions *layer, const char *value, const char *origin, GError **error)
{
  const char *equals = strchr (value, '=');
  if (equals == NULL)
    return error_throw_code (error, ERROR_USAGE, "\"%s\" is not of the form NAME=VALUE, as memory=512M", value);
  g_autofree char *name = g_strndup (value, (gsize) (equals - value));
  return limits_set (layer->limits, name, equals + 1, origin, error);
}

static gboolean
add_network (const Argument *argument, Permissions *layer, const char *value, const char *origin, GError **error)
{
  return network_set_mode (layer, value, origin, error);
}

static gboolean
add_port (const Argument *argument, Permissions *layer, const char *value, const char *origin, GError **error)
{
  return network_set_port (layer, value, argument->granted, origin, error);
}

static gboolean
add_wall (const Argument *argument, Permissions *layer, const char *value, const char *origin, GError **error)
{
  return walls_set (layer->walls, argument->detail, value, origin, error);
}

#define SESSION_BUS G_STRUCT_OFFSET (Permissions, session_bus)
#define SYSTEM_BUS G_STRUCT_OFFSET (Permissions, system_bus)
#define ACCESSIBILITY_BUS G_STRUCT_OFFSET (Permissions, accessibility_bus)

static const Argument arguments[] = {
  { "--share", add_word, TRUE, "shared" },
  { "--unshare", add_word, FALSE, "shared" },
  { "--share-if", add_condition, TRUE, "shared" },
  { "--socket", add_word, TRUE, "sockets" },
  { "--nosocket", add_word, FALSE, "sockets" },
  { "--socket-if", add_condition, TRUE, "sockets" },
  { "--device", add_word, TRUE, "devices" },
  { "--nodevice", add_word, FALSE, "devices" },
  { "--device-if", add_condition, TRUE, "devices" },
  { "--allow", add_word, TRUE, "features" },
  { "--disallow", add_word, FALSE, "features" },
  { "--allow-if", add_condition, TRUE, "features" },
  { "--filesystem", add_filesystem, TRUE },
  { "--nofilesystem", add_filesystem, FALSE },
  { "--persist", add_persistent, TRUE },
  { "--env", add_variable, TRUE },
  { "--unset-env", add_unset_variable, FALSE },
  { "--own-name", add_bus_name, TRUE, "own", SESSION_BUS },
  { "--talk-name", add_bus_name, TRUE, "talk", SESSION_BUS },
  { "--no-talk-name", add_bus_name, FALSE, "none", SESSION_BUS },
  { "--system-own-name", add_bus_name, TRUE, "own", SYSTEM_BUS },
  { "--system-talk-name", add_bus_name, TRUE, "talk", SYSTEM_BUS },
  { "--system-no-talk-name", add_bus_name, FALSE, "none", SYSTEM_BUS },
  { "--a11y-own-name", add_bus_name, TRUE, "own", ACCESSIBILITY_BUS },
  { "--usb", add_usb, TRUE },
  { "--nousb", add_usb, FALSE },
  { "--usb-list", add_usb_list, TRUE },
  { "--add-policy", add_policy, TRUE },
  { "--remove-policy", add_policy, FALSE },
  { "--limit", add_limit, TRUE },
  { "--network", add_network, TRUE },
  { "--publish", add_port, TRUE },
  { "--nopublish", add_port, FALSE },
  { "--landlock", add_wall, TRUE, "landlock" },
};

static const Argument *
find_argument (const char *text, gsize length)
{
  for (guint i = 0; i < G_N_ELEMENTS (arguments); i++)
    if (strlen (arguments[i].option) == length && strncmp (arguments[i].option, text, length) == 0)
      return &arguments[i];
  return NULL;
}

gboolean
permissions_is_argument (const char *option)
{
  return find_argument (option, strcspn (option, "=")) != NULL;
}

const char *
permissions_near_argument (const char *text)
{
  const char *names[G_N_ELEMENTS (arguments) + 1] = { NULL };
  g_autofree char *option = g_strndup (text, strcspn (text, "="));

  for (guint i = 0; i < G_N_ELEMENTS (arguments); i++)
    names[i] = arguments[i].option;
  return g_utf8_validate (option, -1, NULL) ? verb_suggest (option, names) : NULL;
}

gboolean
permissions_add_argument (Permissions *layer, const char *text, const char *origin, GError **error)
{
  gsize length = strcspn (text, "=");
  const Argument *argument = find_argument (text, length);

  if (argument == NULL)
    {
      g_autofree char *option = g_strndup (text, length);
      gsize word = strcspn (text, " ");

      if (find_argument (text, word) != NULL)
        return error_throw_code (error, ERROR_USAGE, "between %.*s and its value stands a '=', no blank", (int) word, text);
      const char *near = permissions_near_argument (text);
      if (near != NULL)
        return error_throw_code (error, ERROR_USAGE, "\"%s\" is no permission; did you mean \"%s\"?", option, near);
      return error_throw_code (error, ERROR_USAGE, "\"%s\" is no permission (they look like --share=network)", option);
    }
  if (text[length] == '\0')
    return error_throw_code (error, ERROR_USAGE, "\"%s\" needs a value: %s=VALUE", text, text);
  if (!argument->add (argument, layer, text + length + 1, origin, error))
    return error_prefix (error, "%s", argument->option);
  return TRUE;
}
