/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Permissions and how layers of them merge.  A layer is the [Context], [Environment] and bus policy
 * groups of a metadata file, an override file, or options of a command line (the same words as
 * Flatpak's finish-args).  Every entry keeps the name of the layer it came from.
 */
#pragma once

#include <glib.h>

typedef enum
{
  FILESYSTEM_NONE,      /* "!token": taken away */
  FILESYSTEM_READ_ONLY, /* ":ro" */
  FILESYSTEM_READ_WRITE,
  FILESYSTEM_CREATE,    /* ":create": read-write, made when missing */
} FilesystemMode;

typedef struct
{
  char *token;          /* normalised: "home", "host", "xdg-documents/sub", "~/x", "/abs" */
  FilesystemMode mode;
  char *origin;
} FilesystemGrant;

typedef struct
{
  char *name;           /* "network", "x11", "dri", "devel", "org.example.*", "VARIABLE" ... */
  char *value;          /* bus policy: "talk"; environment: value, NULL when unset; else NULL */
  gboolean granted;     /* FALSE: an explicit "!name" */
  char *origin;
} PermissionEntry;

/* One merged set.  The arrays are ordered by first appearance. */
typedef struct
{
  GPtrArray *shared;       /* PermissionEntry: network, ipc */
  GPtrArray *sockets;      /* x11, wayland, ... */
  GPtrArray *devices;      /* dri, all, ... */
  GPtrArray *features;     /* devel, multiarch, ... */
  GPtrArray *filesystems;  /* FilesystemGrant */
  GPtrArray *persistent;   /* PermissionEntry, home-relative path */
  GPtrArray *environment;  /* PermissionEntry */
  GPtrArray *session_bus;  /* PermissionEntry, value none|see|talk|own */
  GPtrArray *system_bus;
  GPtrArray *accessibility_bus;
  GPtrArray *usb;          /* query as in Flatpak ("vnd:0fd9+dev:0063", "cls:03:*", "all"); not granted: hidden */
  GPtrArray *policies;     /* name "SUBSYSTEM.KEY=VALUE" */
  GPtrArray *limits;       /* of resources; name and value as limits.h has them */
  GPtrArray *network;      /* "mode" with its value; network.h */
  GPtrArray *published;    /* ports; network.h */
  GPtrArray *walls;        /* "landlock" with its word; walls.h */
} Permissions;

Permissions *permissions_new (void);
void permissions_free (Permissions *permissions);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Permissions, permissions_free)

/* Read a layer from a keyfile that metadata_parse() accepted.  Unknown groups and keys are left alone; an unknown
 * word in a known list is ERROR_REFUSED, because what cannot be understood cannot be shown. */
Permissions *permissions_from_keyfile (GKeyFile *keyfile, const char *origin, GError **error);

/* Read one finish-arg ("--share=network", "--filesystem=xdg-documents:ro", "--env=A=B") into the
 * layer.  ERROR_USAGE with a suggestion when the option or its value is unknown. */
gboolean permissions_add_argument (Permissions *layer, const char *argument, const char *origin, GError **error);

/* The option of these that `option` ("--shar=network") is likely meant to be; NULL when none is near. */
const char *permissions_near_argument (const char *option);

/* Whether `option` ("--share", a "=VALUE" behind it is ignored) is one that permissions_add_argument()
 * knows.  All of them take a value. */
gboolean permissions_is_argument (const char *option);

/* Put `upper` over `lower`: a later layer wins name by name, and "!name" takes away. */
void permissions_merge (Permissions *lower, const Permissions *upper);

/* Write into the groups of a metadata keyfile (the form that Flatpak reads). */
void permissions_to_keyfile (const Permissions *permissions, GKeyFile *keyfile);

/* Present, granted and not bound to a condition ("if:NAME:CONDITION" beside it). */
gboolean permissions_has (const GPtrArray *entries, const char *name);
const PermissionEntry *permissions_find (const GPtrArray *entries, const char *name); /* NULL when absent */

/* Append to `entries`, or replace the entry of that name in place.  Strings are copied. */
void permissions_set (GPtrArray *entries, const char *name, const char *value, gboolean granted, const char *origin);
