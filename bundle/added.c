/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bundle/added-private.h"

#include <string.h>

#include "bundle/limits.h"
#include "bundle/network.h"
#include "bundle/walls.h"
#include "bundle/words.h"

static const struct { const char *key, *word, *means; } meanings[] = {
  { "shared", "network", "use the network" },   /* under a condition */
  { "shared", "ipc", "share memory with programs of the host" },
  { "sockets", "x11", "use X11, and so see all windows and what is typed into them" },
  { "sockets", "fallback-x11", "use X11 where there is no Wayland, and so see all windows and what is typed into them" },
  { "sockets", "wayland", "show windows" },
  { "sockets", "inherit-wayland-socket", "use a connection to Wayland of its caller" },
  { "sockets", "pulseaudio", "play and record sound" },
  { "sockets", "session-bus", "talk to every program of the session" },
  { "sockets", "system-bus", "talk to every service of the system" },
  { "sockets", "ssh-auth", "use your SSH keys" },
  { "sockets", "gpg-agent", "use your GnuPG keys" },
  { "sockets", "pcsc", "use smart cards" },
  { "sockets", "cups", "print" },
  { "devices", "dri", "use the graphics card" },
  { "devices", "input", "read keyboards, mice and game controllers directly" },
  { "devices", "usb", "use all USB devices" },
  { "devices", "kvm", "run virtual machines" },
  { "devices", "shm", "use the host's shared memory" },
  { "devices", "all", "use all devices" },
  { "features", "devel", "trace programs" },
  { "features", "multiarch", "run programs of other architectures" },
  { "features", "bluetooth", "use Bluetooth" },
  { "features", "canbus", "use the CAN bus" },
};

/* Another word that allows at least as much, and what Flatpak does not take for more. */
static const struct { const char *word, *by; } implied[] = {
  { "fallback-x11", "x11" }, { "dri", "all" }, { "input", "all" }, { "usb", "all" }, { "kvm", "all" },
  { "multiarch", NULL }, { "per-app-dev-shm", NULL },
};

void
added_say (GPtrArray *words, const char *format, ...)
{
  va_list args;

  va_start (args, format);
  g_ptr_array_add (words, g_strdup_vprintf (format, args));
  va_end (args);
}

static const char *
meaning (const char *key, const char *word)
{
  for (gsize i = 0; i < G_N_ELEMENTS (meanings); i++)
    if (strcmp (meanings[i].key, key) == 0 && strcmp (meanings[i].word, word) == 0)
      return meanings[i].means;
  return "have a permission";
}

static gboolean
is_implied (const GPtrArray *older, const char *word)
{
  for (gsize i = 0; i < G_N_ELEMENTS (implied); i++)
    if (strcmp (implied[i].word, word) == 0 && (implied[i].by == NULL || permissions_has (older, implied[i].by)))
      return TRUE;
  return FALSE;
}

/* Beside fallback-x11, which is written with it, x11 means no more than that. */
static gboolean
allows (const GPtrArray *entries, const char *word)
{
  return permissions_has (entries, word) && (strcmp (word, "x11") != 0 || !permissions_has (entries, "fallback-x11"));
}

/* Without conditions, where there was one ("if:WORD:CONDITION"), is more. */
static void
add_word (const WordList *list, const GPtrArray *older, const GPtrArray *newer, const char *word, GPtrArray *words)
{
  /* The network has modes: see added_network(). */
  if (strcmp (word, "network") != 0 && allows (newer, word) && !allows (older, word) && !is_implied (older, word))
    added_say (words, "%s (%s)", meaning (list->key, word), word);
}

static void
added_words (const Permissions *older, const Permissions *newer, GPtrArray *words)
{
  for (const WordList *list = word_lists; list->key != NULL; list++)
    {
      const GPtrArray *before = word_list_entries (list, older);
      const GPtrArray *after = word_list_entries (list, newer);

      for (const char *const *word = list->words; *word != NULL; word++)
        add_word (list, before, after, *word, words);
      for (guint i = 0; i < after->len; i++)
        {
          const PermissionEntry *entry = after->pdata[i];
          const PermissionEntry *old = permissions_find (before, entry->name);
          g_auto (GStrv) parts = g_strsplit (entry->name, ":", 3);

          if (entry->granted && strcmp (parts[0], "if") == 0 && parts[1] != NULL && (old == NULL || !old->granted)
              && !permissions_has (before, parts[1]) && !is_implied (before, parts[1]))
            added_say (words, "%s, under a condition (%s)", meaning (list->key, parts[1]), entry->name);
        }
    }
}

/* Entries that are alike or not; `hidden` is said of one that was taken away before. */
static void
added_entries (const GPtrArray *older, const GPtrArray *newer, const char *what, const char *hidden, GPtrArray *words)
{
  for (guint i = 0; i < newer->len; i++)
    {
      const PermissionEntry *entry = newer->pdata[i];
      const PermissionEntry *old = permissions_find (older, entry->name);
      if (entry->granted && (old == NULL || !old->granted))
        added_say (words, "%s %s", what, entry->name);
    }
  for (guint i = 0; hidden != NULL && i < older->len; i++)
    {
      const PermissionEntry *old = older->pdata[i];
      const PermissionEntry *entry = permissions_find (newer, old->name);
      if (!old->granted && entry == NULL)
        added_say (words, "%s %s", hidden, old->name);
    }
}

static void
added_network (const Permissions *older, const Permissions *newer, GPtrArray *words)
{
  NetworkMode before = network_mode (older), after = network_mode (newer);

  if (after == NETWORK_ISOLATED && before == NETWORK_NONE)
    added_say (words, "use the network, apart from that of the host (isolated)");
  if (after == NETWORK_HOST && before != NETWORK_HOST)
    added_say (words, "use the network (network)");
  if (after == NETWORK_ISOLATED)
    added_entries (older->published, newer->published, "be reached from the network at port", NULL, words);
}

static void
added_walls (const Permissions *older, const Permissions *newer, GPtrArray *words)
{
  const char *ignored;
  WallState before = walls_landlock (older, &ignored), after = walls_landlock (newer, &ignored);

  if (after == WALL_OFF && before != WALL_OFF)
    added_say (words, "run without rules of Landlock (landlock=off)");
  if (after == WALL_AUTO && before == WALL_ON)
    added_say (words, "run where there are no rules of Landlock (landlock=auto)");
}

GPtrArray *
permissions_added (const Permissions *older, const Permissions *newer)
{
  GPtrArray *words = g_ptr_array_new_with_free_func (g_free);

  added_words (older, newer, words);
  added_network (older, newer, words);
  added_filesystems (older, newer, words);
  added_bus_names (older, newer, words);
  added_entries (older->usb, newer->usb, "find the USB devices", "find the USB devices", words);
  added_entries (older->policies, newer->policies, "have the policy", NULL, words);
  added_limits (older, newer, words);
  added_walls (older, newer, words);
  return words;
}

static gboolean
is_unknown_group (const char *group)
{
  return g_str_has_prefix (group, "Nacelle ") && strcmp (group, "Nacelle Bundle") != 0 && strcmp (group, LIMITS_GROUP) != 0
         && strcmp (group, NETWORK_GROUP) != 0 && strcmp (group, WALLS_GROUP) != 0;
}

static void
added_unknown (GKeyFile *older, GKeyFile *newer, GPtrArray *words)
{
  g_auto (GStrv) groups = g_key_file_get_groups (newer, NULL);

  for (gsize i = 0; groups[i] != NULL; i++)
    {
      g_auto (GStrv) keys = is_unknown_group (groups[i]) ? g_key_file_get_keys (newer, groups[i], NULL, NULL) : NULL;
      for (gsize j = 0; keys != NULL && keys[j] != NULL; j++)
        {
          g_autofree char *before = g_key_file_get_value (older, groups[i], keys[j], NULL);
          g_autofree char *after = g_key_file_get_value (newer, groups[i], keys[j], NULL);
          if (g_strcmp0 (before, after) != 0)
            added_say (words, "have what this version of Nacelle does not know: [%s] %s=%s", groups[i], keys[j], after);
        }
    }
}

GPtrArray *
permissions_added_keyfile (GKeyFile *older, GKeyFile *newer, GError **error)
{
  g_autoptr (Permissions) after = permissions_from_keyfile (newer, "the new version", error);
  g_autoptr (Permissions) before = permissions_from_keyfile (older, "the installed version", NULL);

  if (after == NULL)
    return NULL;
  if (before == NULL)
    before = permissions_new ();
  GPtrArray *words = permissions_added (before, after);
  added_unknown (older, newer, words);
  return words;
}
