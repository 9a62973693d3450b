/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Small texts that the builder is given by others: lock files, releases of packages, files of metadata, licences, addresses, names in
 * archives and lists of changes.  The first byte says which one it is.
 */
#include "base/error.h"
#include "builder/licence-debian.h"
#include "builder/licence-text.h"
#include "builder/metainfo.h"
#include "builder/sources/data.h"
#include "builder/sources/git/modules.h"
#include "builder/sources/http.h"
#include "builder/sources/packages/lock.h"
#include "builder/sources/packages/release.h"
#include "builder/sources/packages/unpack.h"
#include "builder/sources/treewriter.h"
#include "builder/tree/changes.h"
#include "tests/fuzz/entry.h"

#include <stdlib.h>
#include <string.h>

#define PARENT "https://a.example/b/c.git"

/* What was read is written, and that read and written is the same. */
static void
use_lock (const char *text, gsize length)
{
  g_autoptr (Lock) lock = lock_parse (text, length, "input", NULL);
  g_autofree char *written = lock != NULL ? lock_format (lock) : NULL;
  g_autoptr (Lock) again = written != NULL ? lock_parse (written, strlen (written), "written", NULL) : NULL;
  g_autofree char *twice = again != NULL ? lock_format (again) : NULL;

  if (g_strcmp0 (written, twice) != 0)
    abort ();
}

static void
use_release (const char *text, gsize length)
{
  g_autoptr (Release) release = release_new (text, "stable", 1600000000, "input", NULL);

  if (release != NULL && g_strcmp0 (release->suite, "stable") != 0 && g_strcmp0 (release->codename, "stable") != 0)
    abort ();
}

static void
use_metadata (const char *text, gsize length)
{
  Manifest manifest = { .id = (char *) "org.example.App", .rename_desktop_file = (char *) "a.desktop", .appdata_license = (char *) "MIT" };
  char *icons[] = { (char *) "icon", (char *) "text-x", NULL };

  for (int renamed = 0; renamed < 2; renamed++)
    {
      g_autofree char *edited = metainfo_edit (&manifest, text, renamed);
      g_autofree char *licence = metainfo_licence (edited);
    }
  g_autofree char *mime = mime_edit (manifest.id, icons, text);
  g_autofree char *licence = metainfo_licence (text);
}

static char *
reference (const char *name, const char *text, gpointer data)
{
  return g_strdup ("LicenseRef-1");
}

static void
use_licence (const char *text, gsize length)
{
  g_autofree char *unknown = NULL;

  (void) licence_recognise (text);
  (void) licence_expression_check (text, &unknown);
  g_autofree char *expression = licence_of_copyright (text, reference, NULL);
  if (expression != NULL && !licence_expression_check (expression, NULL))
    abort ();
}

static void
use_address (const char *text, gsize length)
{
  g_autofree char *module = git_module_url (PARENT, text, NULL);
  g_autoptr (GBytes) data = data_url_is (text) ? data_url_decode (text, NULL) : NULL;
  g_autoptr (GBytes) bytes = data_base64_decode (text, NULL);

  if (module != NULL && !http_url_check (module, NULL))
    abort ();
}

/* Neither absolute nor with a part that leads up, however it was written. */
static void
check_inside (const char *path)
{
  g_auto (GStrv) parts = path != NULL ? g_strsplit (path, "/", -1) : NULL;

  for (gsize i = 0; parts != NULL && parts[i] != NULL; i++)
    if (*parts[i] == '\0' || strcmp (parts[i], ".") == 0 || strcmp (parts[i], "..") == 0)
      abort ();
}

static void
use_name (const char *text, gsize length)
{
  g_autofree char *mapped = NULL;

  for (unsigned strip = 0; strip < 3; strip++)
    {
      g_autofree char *path = NULL;

      if (tree_path_clean (text, strip, &path, NULL))
        check_inside (path);
    }
  if (unpack_map_path (text, NULL, &mapped, NULL))
    check_inside (mapped);
  (void) git_path_is_special (text);
}

static void
use_changes (const char *text, gsize length)
{
  g_autoptr (GPtrArray) changes = tree_changes_parse (text, length);
  g_autoptr (GBytes) bytes = changes != NULL ? tree_changes_format (changes) : NULL;
  g_autoptr (GPtrArray) again = bytes != NULL ? tree_changes_parse (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes)) : NULL;

  if (changes != NULL && (again == NULL || again->len != changes->len))
    abort ();
}

static void (*const readers[]) (const char *text, gsize length) = {
  use_lock, use_release, use_metadata, use_licence, use_address, use_name, use_changes,
};

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  if (size == 0 || size > 65536)
    return 0;
  /* In memory of its own, so that what lies far behind it is seen. */
  g_autofree char *text = g_strndup ((const char *) data + 1, size - 1);
  g_autofree char *whole = memcpy (g_malloc (size), data + 1, size - 1);
  unsigned reader = data[0] % G_N_ELEMENTS (readers);

  if (readers[reader] == use_lock || readers[reader] == use_changes)
    readers[reader] (whole, size - 1);
  else
    readers[reader] (text, strlen (text));
  return 0;
}

#define SUM "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
static const char *const seeds[] = {
  "\7version: 1\nsources:\n- request: \"" SUM "\"\n  suite: \"stable\"\n  architectures:\n    \"x86_64\":\n"
    "    - { name: \"a\", version: \"1:1.0-1\", architecture: \"amd64\", size: 9, sha256: \"" SUM "\", path: \"pool/a.deb\" }\n"
    "pins:\n- { url: \"https://a.example/x.git\", ref: \"main\", value: \"0123456789012345678901234567890123456789\" }\n",
  "\1Suite: stable\nCodename: x\nValid-Until: Sat, 01 Jan 2033 00:00:00 UTC\nAcquire-By-Hash: yes\nSHA256:\n " SUM " 7 main/binary/Packages.xz\n",
  "\2<?xml version=\"1.0\"?>\n<component type=\"desktop\"><id>org.other</id><!-- <id>x</id> --><project_license>GPL-2.0+</project_license>"
    "<launchable type=\"desktop-id\">a.desktop</launchable><provides><id>b</id></provides></component>\n",
  "\2<mime-info><mime-type type=\"text/x\"><icon name=\"icon\"/><generic-icon name='text-x'/></mime-type></mime-info>\n",
  "\3GPL-2.0-or-later WITH Classpath-exception-2.0 OR (MIT AND LicenseRef-x)",
  "\3Permission is hereby granted, free of charge, to any person obtaining a copy\n * of this software. Copyright (c) 2001-2020 A B\n",
  "\3Format: x\n\nFiles: *\nLicense: GPL-2+ or Expat, and own\n a\n .\n b\n\nLicense: ISC and Zlib or odd\n",
  "\4../../other/./x.git", "\4data:text/plain;charset=x;base64,SGVs%0AbG8=",
  "\5usr/./lib//a/..b/c", "\5./lib64/x",
  "\0062\0usr/bin/a\0usr\0",
};
static const size_t sizes[] = { [G_N_ELEMENTS (seeds) - 1] = 17 };

uint8_t *
fuzz_seed (size_t number, size_t *ret_size)
{
  if (number >= G_N_ELEMENTS (seeds))
    return NULL;
  *ret_size = sizes[number] != 0 ? sizes[number] : strlen (seeds[number]);
  return memcpy (g_malloc (*ret_size), seeds[number], *ret_size);
}

const char *const fuzz_words[] = { "\n- ", ": ", "{", "}", "\"", "\\", "&a ", "*a", "<", ">", "</", "<!--", "-->", "<![CDATA[", "]]>", "/>", "..", "../",
                                   "//", "%", "%00", "http://", ";base64,", " AND ", "(", ")", "\nLicense: ", " or ", " and ",
                                   ", and ", "+", "@", "Copyright", "SHA256:\n", "usr/", NULL };
