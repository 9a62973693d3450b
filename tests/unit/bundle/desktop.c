/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Desktop files and search providers on their way to the desktop.
 */
#include <glib.h>
#include <string.h>

#include "base/error.h"
#include "bundle/desktop-file.h"
#include "bundle/exported.h"
#include "bundle/mime-file.h"

#define ID "org.example.App"
#define HEAD "[Desktop Entry]\nType=Application\nName=App\n"
#define RUN "/opt/na%%me/apprun run --branch=stable --arch=x86_64"

static const DesktopLauncher launcher = { "/opt/na%me/apprun", ID, "x86_64", "stable" };

/* NULL: refused. */
static const struct { const char *exec; const char *line; } lines[] = {
  { "app", RUN " --command=app " ID },
  { "", RUN " " ID },
  { "app %U", RUN " --command=app --file-forwarding " ID " @@u %U @@" },
  { "app --new %f -x %u", RUN " --command=app --file-forwarding " ID " --new @@ %f @@ -x @@u %u @@" },
  { "app --open=%f", RUN " --command=app " ID " --open=%f" },
  { "app %i %c %k %v %d a", RUN " --command=app " ID " a" },
  { "app 100%% \"a b\" '' \"c\\\"d\" $HOME `x`", RUN " --command=app " ID " 100%% \"a b\" \"\" \"c\\\"d\" \"\\$HOME\" \"\\`x\\`\"" },
  { "flatpak run --filesystem=host org.example.Other", RUN " --command=flatpak " ID " run --filesystem=host org.example.Other" },
  { "--filesystem=host x", RUN " --command=--filesystem=host " ID " x" },
  { "sh -c \"rm -rf ~; echo 'x'\"", RUN " --command=sh " ID " -c \"rm -rf ~; echo 'x'\"" },
  { "env A=b /usr/bin/app", RUN " --command=env " ID " A=b /usr/bin/app" },
  { "app a@@b user@host", RUN " --command=app " ID " a@@b user@host" },
  { "app @@ /etc/passwd @@", NULL },
  { "app @@u file:///x @@", NULL },
  { "app \"@@\" x", NULL },
  { "app @%i@ /etc/passwd", NULL },
  { "app @%f@ /etc/passwd", NULL },
  { "app %f@@", NULL },
  { "app %d@@", NULL },
  { "@@ x", NULL },
  { "app %", NULL },
  { "app \"unbalanced", NULL },
  { "app \x01", NULL },
  { "%c", NULL },
};

/* CVE-2021-21381 and what launchers put in the place of field codes. */
static void
test_exec (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (lines); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autofree char *line = desktop_exec_rewrite (lines[i].exec, &launcher, &error);

      g_assert_cmpstr (line, ==, lines[i].line);
      g_assert_cmpint (error == NULL, ==, line != NULL);
      if (line == NULL)
        g_assert_cmpint (error->code, ==, ERROR_REFUSED);
    }
}

/* What a launcher makes of the line is what went in, whatever is in the words. */
static void
test_exec_words_survive (void)
{
  static const char *const words[] = { "a b", "", "c\"d", "e'f", "$g", "`h`", "i\\j", "\\", "~", "*", "#", "a;b|c&d>e<f", "\xc3\xa4", "=", "--" };

  for (gsize i = 0; i < G_N_ELEMENTS (words); i++)
    {
      g_autofree char *quoted = g_shell_quote (words[i]);
      g_autofree char *exec = g_strconcat ("app ", quoted, NULL);
      g_autofree char *line = desktop_exec_rewrite (exec, &launcher, NULL);
      g_auto (GStrv) parsed = NULL;
      int n = 0;

      g_assert_true (g_shell_parse_argv (line, &n, &parsed, NULL));
      g_assert_cmpint (n, ==, 7);
      g_assert_cmpstr (parsed[5], ==, ID);
      g_assert_cmpstr (parsed[6], ==, words[i]);
    }
}

static char *
rewrite (const char *text, GError **error)
{
  gsize length = 0;
  char *result = desktop_file_rewrite (text, strlen (text), &launcher, &length, error);

  g_assert_cmpuint (result == NULL ? 0 : strlen (result), ==, length);
  return result;
}

static void
test_file (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *text
    = rewrite ("# a comment\n" HEAD "Name[de]=Ding\nExec=app %F\nTryExec=/bin/true\nIcon=" ID "\nIcon[de]=/etc/x.svg\nDBusActivatable=true\n"
               "MimeType=text/plain;\nActions=new;\nX-Flatpak=org.other\nX-Flatpak-RenamedFrom=firefox.desktop;\nPath=/etc\nKeywords=a;\n"
               "\n[Desktop Action new]\nName=New\nExec=app --new\n\n[X-Other Group]\nExec=evil\n", &error);

  g_assert_no_error (error);
  g_assert_nonnull (strstr (text, "\nExec=" RUN " --command=app --file-forwarding " ID " @@ %F @@\n"));
  g_assert_nonnull (strstr (text, "\nExec=" RUN " --command=app " ID " --new\n"));
  for (const char *const *kept = (const char *const[]){ "Name[de]=Ding", "Icon=" ID, "MimeType=text/plain;", "Keywords=a;", "Actions=new;",
                                                        "X-Nacelle=" ID, NULL }; *kept != NULL; kept++)
    g_assert_nonnull (strstr (text, *kept));
  for (const char *const *gone = (const char *const[]){ "TryExec", "DBusActivatable", "X-Flatpak", "Path=", "X-Other", "evil", "/etc/", NULL };
       *gone != NULL; gone++)
    g_assert_null (strstr (text, *gone));
  g_assert_true (desktop_file_check (HEAD, strlen (HEAD), NULL));
}

static void
test_file_refused (void)
{
  static const char *const bad[] = {
    "", "x", "[Desktop Entry]\nName=a\nExec=a\n", "[Desktop Entry]\nType=Link\nURL=file:///etc/passwd\n", "[Desktop Action a]\nExec=a\n",
    HEAD "Exec=a\nExec=b\n", HEAD "Exec=a\n[Desktop Entry]\nExec=b\n", HEAD "Exec=a\r\n", HEAD "Exec=\377\n", HEAD "Exec=a\\q\n",
    HEAD "Exec=a\n[Desktop Action x]\nExec=a @@ /x @@\n", "\xef\xbb\xbf" HEAD "Exec=a\n",
  };

  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autofree char *text = rewrite (bad[i], &error);

      g_assert_null (text);
      g_assert_error (error, ERROR_DOMAIN, ERROR_REFUSED);
    }
}

static void
test_search_provider (void)
{
  static const struct { const char *desktop_id, *bus_name; gboolean good; } cases[] = {
    { ID ".desktop", ID, TRUE },
    { ID ".desktop", ID ".Search", TRUE },
    { ID ".desktop", "org.gnome.Nautilus", FALSE },
    { "firefox.desktop", ID, FALSE },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      gsize length = 0;
      g_autofree char *text = g_strdup_printf ("[Shell Search Provider]\nDesktopId=%s\nBusName=%s\nObjectPath=/x\nVersion=2\n",
                                               cases[i].desktop_id, cases[i].bus_name);
      g_autofree char *result = search_provider_rewrite (text, strlen (text), ID, &length, NULL);

      g_assert_cmpint (result != NULL, ==, cases[i].good);
      if (result != NULL)
        g_assert_nonnull (strstr (result, "DefaultDisabled=true\n"));
    }
}

/* What an app says about types of files never makes others' files its own. */
static void
test_mime (void)
{
  static const char text[] =
    "<?xml version='1.0'?><!-- x --><mime-info xmlns='http://www.freedesktop.org/standards/shared-mime-info'>"
    "<mime-type type='text/x-own'><comment>Own &amp; good</comment><comment xml:lang='de'>Eigene</comment>"
    "<glob pattern='*.own' weight='100'/><glob pattern='*'/><glob pattern='*.*'/><glob pattern='[?]*'/><glob pattern='a/b'/><glob-deleteall/>"
    "<alias type='application/pdf'/><sub-class-of type='text/plain'/><sub-class-of type='../x'/><generic-icon name='text-x-own'/>"
    "<icon name='/etc/passwd'/><magic priority='100'><match type='string' offset='0' value='%PDF'/></magic>"
    "<root-XML namespaceURI='http://x' localName='y'/><treemagic><treematch path='x'/></treemagic></mime-type>"
    "<mime-type type='no/../type'><glob pattern='*.no'/></mime-type><other><mime-type type='text/x-deep'/></other></mime-info>";
  static const char *const bad[] = { "<mime-type type='a/b'/>", "<!DOCTYPE x [<!ENTITY a 'b'>]><mime-info/>", "<mime-info>", "text", "" };
  gsize length = 0;
  g_autoptr (GError) error = NULL;
  g_autofree char *result = mime_file_rewrite (text, strlen (text), &length, &error);

  g_assert_no_error (error);
  g_assert_cmpstr (result, ==,
                   "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                   "<mime-info xmlns=\"http://www.freedesktop.org/standards/shared-mime-info\">\n"
                   "  <mime-type type=\"text/x-own\">\n"
                   "    <comment>Own &amp; good</comment>\n    <comment xml:lang=\"de\">Eigene</comment>\n"
                   "    <glob pattern=\"*.own\" weight=\"5\"/>\n    <sub-class-of type=\"text/plain\"/>\n"
                   "    <generic-icon name=\"text-x-own\"/>\n  </mime-type>\n</mime-info>\n");
  g_assert_cmpuint (length, ==, strlen (result));
  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    g_assert_null (mime_file_rewrite (bad[i], strlen (bad[i]), &length, NULL));
}

static void
test_kinds (void)
{
  g_assert_cmpint (exported_kind ("share/metainfo/releases/" ID ".releases.xml"), ==, EXPORTED_METAINFO);
  g_assert_cmpint (exported_kind ("share/metainfo/other/" ID ".xml"), ==, EXPORTED_NOT);
  g_assert_cmpint (exported_kind ("share/krunner/dbusplugins/" ID ".desktop"), ==, EXPORTED_DBUS_SERVICE);
  g_assert_cmpint (exported_kind ("share/applications/" ID ".desktop"), ==, EXPORTED_DESKTOP_FILE);
  g_assert_cmpint (exported_kind ("share/applications/sub/" ID ".desktop"), ==, EXPORTED_NOT);
  g_assert_cmpint (exported_kind ("share/icons/hicolor/64x64/apps/" ID ".png"), ==, EXPORTED_ICON);
  g_assert_cmpint (exported_kind ("share/icons/hicolor/index.theme"), ==, EXPORTED_NOT);
  g_assert_cmpint (exported_kind ("share/dbus-1/services/" ID ".service"), ==, EXPORTED_DBUS_SERVICE);
  g_assert_cmpint (exported_kind ("share/autostart/" ID ".desktop"), ==, EXPORTED_NOT);
  g_assert_cmpint (exported_kind ("share/systemd/user/" ID ".service"), ==, EXPORTED_NOT);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/desktop/exec/CVE-2021-21381", test_exec);
  g_test_add_func ("/desktop/exec/CVE-2020-17368-words", test_exec_words_survive);
  g_test_add_func ("/desktop/file", test_file);
  g_test_add_func ("/desktop/file/refused", test_file_refused);
  g_test_add_func ("/desktop/search-provider/2ebf6728", test_search_provider);
  g_test_add_func ("/desktop/mime", test_mime);
  g_test_add_func ("/desktop/kinds/2ebf6728", test_kinds);
  return g_test_run ();
}
