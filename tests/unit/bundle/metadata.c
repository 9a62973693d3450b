/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bundle/metadata.h"

#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"

#define HEAD "[Application]\nname=org.example.App\nruntime=org.example.Platform/x86_64/1\n"

static void
assert_refused (const char *data, gsize length, const char *part)
{
  g_autoptr (GError) error = NULL;
  g_assert_null (metadata_parse (data, length, "test", &error));
  g_assert_error (error, ERROR_DOMAIN, ERROR_REFUSED);
  if (strstr (error->message, part) == NULL)
    g_error ("\"%s\" does not say \"%s\"", error->message, part);
}

#define REFUSED(text, part) assert_refused (text, sizeof text - 1, part)

static void
test_good (void)
{
  static const char text[] = HEAD "sdk=org.example.Sdk/x86_64/1\ncommand=editor\n"
                                  "# a comment\n\n[Context]\nshared=network;\n[Future Group]\nkey=value\nname[de]=x";
  g_autoptr (GError) error = NULL;
  g_autoptr (Metadata) metadata = metadata_parse (text, sizeof text - 1, "test", &error);
  g_assert_no_error (error);
  g_assert_cmpint (metadata->kind, ==, REF_APP);
  g_assert_cmpstr (metadata->id, ==, "org.example.App");
  g_assert_cmpstr (metadata->runtime, ==, "org.example.Platform/x86_64/1");
  g_assert_cmpstr (metadata->sdk, ==, "org.example.Sdk/x86_64/1");
  g_assert_cmpstr (metadata->command, ==, "editor");
  g_assert_cmpstr (metadata->text, ==, text);
  g_assert_true (g_key_file_has_group (metadata->keyfile, "Future Group"));
}

static void
test_runtime (void)
{
  static const char text[] = "[Runtime]\nname=org.example.Platform\n";
  g_autoptr (Metadata) metadata = metadata_parse (text, sizeof text - 1, "test", NULL);
  g_assert_nonnull (metadata);
  g_assert_cmpint (metadata->kind, ==, REF_RUNTIME);
  g_assert_null (metadata->command);
}

/* CVE-2021-43860: what follows a NUL was hidden from the user and seen by the parser. */
static void
test_hidden_text (void)
{
  REFUSED (HEAD "[Context]\nshared=\n\0\n[Context]\nfilesystems=host\n", "line 6 has a NUL");
  REFUSED (HEAD "[Context]\nshared=\n[Context]\nfilesystems=host\n", "line 6 opens a group for the second time");
  REFUSED (HEAD "[Context]\nshared=ipc\nshared=network\n", "line 6 gives a key for the second time");
  REFUSED (HEAD "[Context]\nshared=ipc\nshared =network\n", "line 6 gives a key for the second time");
  REFUSED (HEAD " [Application]\nname=org.example.Other\n", "line 4 opens a group");
  REFUSED ("\xef\xbb\xbf" HEAD, "byte order mark");
  REFUSED ("[\0A\0p\0", "NUL");
}

/* CVE-2023-28101: control characters moved the cursor in the permission prompt. */
static void
test_control_characters (void)
{
  REFUSED (HEAD "command=a\x1b[2K\n", "line 4 has a control character");
  REFUSED (HEAD "command=a\r\n", "line 4 has a control character");
  REFUSED (HEAD "command=a\b\n", "control character");
  REFUSED (HEAD "command=a\x7f\n", "control character");
  REFUSED (HEAD "command=a\xc2\x9b" "2K\n", "control character");
  REFUSED (HEAD "command=a\xff\n", "line 4 is not valid UTF-8");
  REFUSED (HEAD "command=a\xed\xa0\x80\n", "not valid UTF-8");
}

static void
test_malformed (void)
{
  REFUSED ("", "needs one of the groups");
  REFUSED ("name=org.example.App\n", "line 1 has a key before");
  REFUSED ("[\n", "line 1 is not a [Group]");
  REFUSED ("]\n", "line 1 is not KEY=VALUE");
  REFUSED ("[]\n", "line 1 is not a [Group]");
  REFUSED ("[a]x\n", "line 1 is not a [Group]");
  REFUSED (HEAD "=x\n", "line 4 is not KEY=VALUE");
  REFUSED (HEAD "command=\\q\n", "command");
  REFUSED (HEAD "text\n", "line 4 is not KEY=VALUE");
  REFUSED (HEAD "[Runtime]\nname=a.b.c\n", "needs one of the groups");
  REFUSED ("[Application]\nruntime=a.b.c/x/y\n", "has no name=");
  REFUSED ("[Application]\nname=org.example.App\n", "names no runtime=");
  REFUSED ("[Application]\nname=../../x\nruntime=a.b.c/x/y\n", "id");
  REFUSED ("[Application]\nname=org.example.App\nruntime=a.b.c/../..\n", "runtime=");
  REFUSED ("[Application]\nname=org.example.App\nruntime=a.b.c\n", "names no architecture");
}

static void
test_size (void)
{
  g_autoptr (GString) text = g_string_new (HEAD);
  while (text->len < 1024 * 1024 - 8)
    g_string_append (text, "#######\n");
  g_autoptr (Metadata) metadata = metadata_parse (text->str, text->len, "test", NULL);
  g_assert_nonnull (metadata);
  while (text->len <= 1024 * 1024)
    g_string_append (text, "#######\n");
  assert_refused (text->str, text->len, "larger than 1 MiB");
}

static void
test_load (void)
{
  g_autofree char *dir = g_dir_make_tmp ("nacelle-test-XXXXXX", NULL);
  autofd fd = open (dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  g_assert_true (file_write_atomic (fd, "metadata", HEAD, strlen (HEAD), 0644, NULL));
  g_assert_cmpint (symlinkat ("metadata", fd, "link"), ==, 0);
  g_assert_cmpint (mkfifoat (fd, "fifo", 0600), ==, 0);

  g_autoptr (Metadata) metadata = metadata_load (fd, "metadata", "test", NULL);
  g_assert_nonnull (metadata);
  g_assert_null (metadata_load (fd, "link", "test", NULL));
  g_assert_null (metadata_load (fd, "fifo", "test", NULL));
  g_assert_null (metadata_load (fd, "none", "test", NULL));
  g_assert_true (file_remove_tree (AT_FDCWD, dir, NULL));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/bundle/metadata/good", test_good);
  g_test_add_func ("/bundle/metadata/runtime", test_runtime);
  g_test_add_func ("/bundle/metadata/CVE-2021-43860", test_hidden_text);
  g_test_add_func ("/bundle/metadata/CVE-2023-28101", test_control_characters);
  g_test_add_func ("/bundle/metadata/malformed", test_malformed);
  g_test_add_func ("/bundle/metadata/size", test_size);
  g_test_add_func ("/bundle/metadata/load", test_load);
  return g_test_run ();
}
