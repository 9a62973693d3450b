/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "store/deployment.h"

#include <sys/file.h>

#include "tests/unit/store/folder.h"

#define SUM_A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define SUM_B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

static void
set_up (Folder *folder, gconstpointer data)
{
  folder_set_up (folder, data);
  g_autofree char *user = g_build_filename (folder->path, "user", NULL);
  g_autofree char *system = g_build_filename (folder->path, "system", NULL);
  g_assert_cmpint (g_mkdir (user, 0700), ==, 0);
  g_assert_cmpint (g_mkdir (system, 0755), ==, 0);
  g_setenv ("NACELLE_STORE", user, TRUE);
  g_setenv ("NACELLE_SYSTEM_STORE", system, TRUE);
}

/* A deployment by hand, as the layout in the header says; image and metadata only. */
static void
deploy (Folder *folder, const char *store, const char *ref_text, const char *checksum, const char *id)
{
  g_autofree char *base = g_strdup_printf ("%s/%s/%s", store, ref_text, checksum);
  g_autofree char *metadata_path = g_strdup_printf ("%s/metadata", base);
  g_autofree char *deploy_path = g_strdup_printf ("%s/deploy", base);
  g_autofree char *image_path = g_strdup_printf ("%s/image", base);
  g_autofree char *lock_path = g_strdup_printf ("%s/.ref", base);
  g_autofree char *active = g_strdup_printf ("%s/%s/active", store, ref_text);
  g_autofree char *metadata
    = g_str_has_prefix (ref_text, "app/")
        ? g_strdup_printf ("[Application]\nname=%s\nruntime=org.example.Platform/x86_64/stable\n", id)
        : g_strdup_printf ("[Runtime]\nname=%s\n", id);

  folder_write (folder->fd, metadata_path, metadata, 0644);
  folder_write (folder->fd, deploy_path, "[Deployment]\norigin=home\ncommit-time=7\ninstall-time=8\nsize=9\n", 0644);
  folder_write (folder->fd, image_path, "image", 0644);
  folder_write (folder->fd, lock_path, "", 0644);
  unlinkat (folder->fd, active, 0);
  g_assert_cmpint (symlinkat (checksum, folder->fd, active), ==, 0);
}

static char *
ref_text (const char *kind, const char *id, const char *branch)
{
  return g_strdup_printf ("%s/%s/%s/%s", kind, id, ref_native_arch (), branch);
}

static void
deploy_app (Folder *folder, const char *store, const char *id, const char *branch)
{
  g_autofree char *text = ref_text ("app", id, branch);
  deploy (folder, store, text, SUM_A, id);
}

static void
assert_fails (const char *text, int code, const char *words)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (Deployment) deployment = deployment_find (REF_APP, text, &error);

  g_assert_null (deployment);
  g_assert_error (error, ERROR_DOMAIN, code);
  if (words != NULL && strstr (error->message, words) == NULL)
    g_error ("\"%s\" is not in: %s", words, error->message);
}

static void
assert_finds (const char *text, const char *branch, gboolean system)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (Deployment) deployment = deployment_find (REF_APP, text, &error);

  g_assert_no_error (error);
  g_assert_cmpstr (deployment->ref->branch, ==, branch);
  g_assert_cmpint (deployment->system, ==, system);
}

static void
test_open (Folder *folder, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  deploy_app (folder, "user", "org.example.Editor", "stable");
  g_autoptr (Deployment) deployment = deployment_find (REF_APP, "org.example.Editor", &error);
  g_assert_no_error (error);
  g_assert_cmpstr (deployment->checksum, ==, SUM_A);
  g_assert_cmpint (deployment->form, ==, DEPLOYMENT_IMAGE);
  g_assert_cmpstr (deployment->origin, ==, "home");
  g_assert_cmpint (deployment->commit_time, ==, 7);
  g_assert_cmpint (deployment->install_time, ==, 8);
  g_assert_cmpuint (deployment->size, ==, 9);
  g_assert_cmpstr (deployment->metadata->id, ==, "org.example.Editor");

  autofd content = deployment_open_content (deployment, &error);
  g_assert_no_error (error);
  g_autofree char *text = file_read_fd (content, "image", 100, NULL, &error);
  g_assert_cmpstr (text, ==, "image");
}

static void
test_lock (Folder *folder, gconstpointer data)
{
  g_autofree char *text = ref_text ("app", "org.example.Editor", "stable");
  g_autofree char *lock_path = g_strdup_printf ("user/%s/" SUM_A "/.ref", text);

  deploy_app (folder, "user", "org.example.Editor", "stable");
  g_autoptr (Deployment) deployment = deployment_find (REF_APP, text, NULL);
  g_assert_nonnull (deployment);
  g_assert_cmpint (deployment->lock_fd, >=, 0);
  autofd lock = openat (folder->fd, lock_path, O_RDONLY | O_CLOEXEC);
  g_assert_cmpint (flock (lock, LOCK_EX | LOCK_NB), ==, -1);
  g_assert_cmpint (flock (lock, LOCK_SH | LOCK_NB), ==, 0);
  file_close_fd (&deployment->lock_fd);
  g_assert_cmpint (flock (lock, LOCK_EX | LOCK_NB), ==, 0);

  /* Somebody removes it: it is not handed out. */
  assert_fails (text, ERROR_FAILED, "damaged");
}

static void
test_branches (Folder *folder, gconstpointer data)
{
  deploy_app (folder, "user", "org.example.Editor", "beta");
  assert_finds ("org.example.Editor", "beta", FALSE);
  deploy_app (folder, "user", "org.example.Editor", "alpha");
  assert_fails ("org.example.Editor", ERROR_FAILED, "org.example.Editor//alpha, org.example.Editor//beta");
  deploy_app (folder, "user", "org.example.Editor", "master");
  assert_finds ("org.example.Editor", "master", FALSE);
  deploy_app (folder, "system", "org.example.Editor", "stable");
  assert_finds ("org.example.Editor", "stable", TRUE);
  deploy_app (folder, "user", "org.example.Editor", "stable");
  assert_finds ("org.example.Editor", "stable", FALSE);
  assert_finds ("org.example.Editor//beta", "beta", FALSE);
  g_autofree char *full = g_strdup_printf ("org.example.Editor/%s/alpha", ref_native_arch ());
  assert_finds (full, "alpha", FALSE);
  assert_fails ("org.example.Editor/mips/alpha", ERROR_NOT_FOUND, "mips");
  assert_fails ("org.example.Editor//gamma", ERROR_NOT_FOUND, "/gamma is not installed (there is org.example.Editor/");
  assert_fails ("org.example.Edtor//gamma", ERROR_NOT_FOUND, "/gamma is not installed (there is org.example.Editor/");
  assert_fails ("org.example.Other//gamma", ERROR_NOT_FOUND, "/gamma is not installed; install it with \"apprun install");
}

static void
test_names (Folder *folder, gconstpointer data)
{
  deploy_app (folder, "user", "org.example.Editor", "stable");
  assert_finds ("Editor", "stable", FALSE);
  assert_finds ("editor", "stable", FALSE);
  assert_finds ("EDITOR//stable", "stable", FALSE);
  assert_fails ("edito", ERROR_NOT_FOUND, "did you mean \"Editor\"");
  assert_fails ("org.example.Edtor", ERROR_NOT_FOUND, "did you mean \"org.example.Editor\"");
  assert_fails ("org.example.Other.Thing.Far", ERROR_NOT_FOUND, "apprun list");
  deploy_app (folder, "user", "net.example.Editor", "stable");
  assert_fails ("editor", ERROR_FAILED, "net.example.Editor and org.example.Editor");
}

/* CVE-2016-1580: an id is looked up exactly, never by prefix or pattern. */
static void
test_similar_ids (Folder *folder, gconstpointer data)
{
  deploy_app (folder, "user", "org.example.Editor.Evil", "stable");
  assert_fails ("org.example.Editor", ERROR_NOT_FOUND, NULL);
  assert_fails ("org.example.Edit*", ERROR_REFUSED, NULL);
  assert_fails ("org.example.Editor.Evil//[a-z]*", ERROR_REFUSED, NULL);
  assert_finds ("org.example.Editor.Evil", "stable", FALSE);
}

/* GHSA-v2gw-v9h5-9q4x: nothing of a path is built of an unchecked name. */
static void
test_bad_names (Folder *folder, gconstpointer data)
{
  g_autofree char *long_name = g_strnfill (5000, 'a');
  g_autofree char *long_id = g_strdup_printf ("org.example.%s", long_name);
  const char *const bad[] = { "..", ".", "../x", "org.example.Editor/../..", "org.example.Editor/x86_64/..",
                              "org.example.Editor/x86_64/.hidden", "org.example.Edi\ntor", "org.example.Editor//a b",
                              "a/b/c/d/e", "app/../x86_64/stable", "org..Editor", "", "/", "//", "/etc/passwd",
                              "-.x.y", long_id, NULL };

  deploy_app (folder, "user", "org.example.Editor", "stable");
  for (gsize i = 0; bad[i] != NULL; i++)
    assert_fails (bad[i], ERROR_REFUSED, NULL);
  assert_fails ("runtime/org.example.Editor/x86_64/stable", ERROR_REFUSED, "is no app");
  assert_fails (long_name, ERROR_NOT_FOUND, NULL);
}

/* CVE-2026-34079: `active` is followed only to a deployment. */
static void
test_active_link (Folder *folder, gconstpointer data)
{
  g_autofree char *text = ref_text ("app", "org.example.Editor", "stable");
  g_autofree char *branch = g_strdup_printf ("user/%s", text);
  g_autofree char *active = g_strdup_printf ("user/%s/active", text);
  g_autofree char *inner = g_strdup_printf ("%s/" SUM_A, branch);
  const char *const targets[] = { "../../../../..", "/etc", "..", "x", SUM_A "/../" SUM_A, SUM_A "\n", "", NULL };

  deploy (folder, "user", text, SUM_A, "org.example.Editor");
  for (gsize i = 0; targets[i] != NULL && *targets[i] != '\0'; i++)
    {
      unlinkat (folder->fd, active, 0);
      g_assert_cmpint (symlinkat (targets[i], folder->fd, active), ==, 0);
      assert_fails (text, ERROR_REFUSED, "active");
    }
  unlinkat (folder->fd, active, 0);
  g_assert_cmpint (symlinkat (SUM_B, folder->fd, active), ==, 0);
  assert_fails (text, ERROR_FAILED, "damaged");

  /* The folder of the deployment may not be a link either. */
  g_autofree char *link = g_strdup_printf ("%s/" SUM_B, branch);
  g_assert_cmpint (symlinkat (SUM_A, folder->fd, link), ==, 0);
  assert_fails (text, ERROR_FAILED, "cannot open");
  unlinkat (folder->fd, active, 0);
  g_assert_cmpint (symlinkat (SUM_A, folder->fd, active), ==, 0);
  assert_finds (text, "stable", FALSE);
}

static void
test_linked_components (Folder *folder, gconstpointer data)
{
  g_autofree char *arch_path = g_strdup_printf ("user/app/org.example.Editor/%s", ref_native_arch ());

  deploy_app (folder, "user", "org.example.Editor", "stable");
  assert_finds ("org.example.Editor", "stable", FALSE);
  g_assert_cmpint (renameat (folder->fd, arch_path, folder->fd, "elsewhere"), ==, 0);
  g_assert_cmpint (symlinkat ("../../../elsewhere", folder->fd, arch_path), ==, 0);
  g_autofree char *full = ref_text ("app", "org.example.Editor", "stable");
  assert_fails (full, ERROR_REFUSED, "symbolic link");
}

static void
test_untrusted_store (Folder *folder, gconstpointer data)
{
  g_autofree char *path = g_build_filename (folder->path, "user", NULL);

  deploy_app (folder, "user", "org.example.Editor", "stable");
  for (int bit = 0; bit < 2; bit++)
    {
      g_assert_cmpint (g_chmod (path, 0700 | (bit == 0 ? 020 : 02)), ==, 0);
      assert_fails ("org.example.Editor", ERROR_REFUSED, "written by others");
    }
  g_assert_cmpint (g_chmod (path, 0700), ==, 0);
  assert_finds ("org.example.Editor", "stable", FALSE);

  if (geteuid () == 0)
    {
      g_assert_cmpint (chown (path, 12345, 12345), ==, 0);
      assert_fails ("org.example.Editor", ERROR_REFUSED, "belongs to user 12345");
    }
  g_setenv ("NACELLE_STORE", "relative", TRUE);
  assert_fails ("org.example.Editor", ERROR_REFUSED, "absolute");
}

static void
test_damaged (Folder *folder, gconstpointer data)
{
  g_autofree char *text = ref_text ("app", "org.example.Editor", "stable");
  g_autofree char *metadata = g_strdup_printf ("user/%s/" SUM_A "/metadata", text);
  g_autofree char *image = g_strdup_printf ("user/%s/" SUM_A "/image", text);

  deploy (folder, "user", text, SUM_A, "org.example.Editor");
  deploy_app (folder, "user", "org.example.Other", "stable");
  folder_write (folder->fd, metadata, "[Application]\nname=org.example.Mask\nruntime=a.b.c/x/y\n", 0644);
  assert_fails (text, ERROR_REFUSED, "org.example.Mask");
  g_assert_cmpint (unlinkat (folder->fd, metadata, 0), ==, 0);
  assert_fails (text, ERROR_FAILED, "damaged");

  /* One that is damaged does not hide the others. */
  g_autoptr (GPtrArray) problems = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GPtrArray) list = deployment_list_problems (problems, NULL);
  g_assert_cmpuint (list->len, ==, 1);
  g_assert_cmpuint (problems->len, ==, 1);
  g_assert_nonnull (strstr (problems->pdata[0], text));

  deploy (folder, "user", text, SUM_A, "org.example.Editor");
  assert_finds (text, "stable", FALSE);
  g_assert_cmpint (unlinkat (folder->fd, image, 0), ==, 0);
  assert_fails (text, ERROR_FAILED, "neither an image nor");
  g_assert_cmpint (symlinkat ("/etc/passwd", folder->fd, image), ==, 0);
  assert_fails (text, ERROR_FAILED, "neither an image nor");
}

static void
test_list (Folder *folder, gconstpointer data)
{
  g_autofree char *runtime = ref_text ("runtime", "org.example.Platform", "1");
  g_autoptr (GError) error = NULL;

  deploy_app (folder, "system", "org.example.A", "stable");
  deploy_app (folder, "user", "org.example.C", "stable");
  deploy_app (folder, "user", "org.example.B", "stable");
  deploy (folder, "user", runtime, SUM_B, "org.example.Platform");
  folder_write (folder->fd, "user/app/stray", "", 0644);
  folder_write (folder->fd, "user/app/org.example.D/stray", "", 0644);

  g_autoptr (GPtrArray) list = deployment_list (&error);
  g_assert_no_error (error);
  g_assert_cmpuint (list->len, ==, 4);
  const char *const ids[] = { "org.example.B", "org.example.C", "org.example.Platform", "org.example.A" };
  for (guint i = 0; i < list->len; i++)
    {
      const Deployment *deployment = list->pdata[i];
      g_assert_cmpstr (deployment->ref->id, ==, ids[i]);
      g_assert_cmpint (deployment->lock_fd, ==, -1);
      g_assert_cmpint (deployment->system, ==, i == 3);
    }
}

static void
test_empty (Folder *folder, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) list = NULL;

  g_setenv ("NACELLE_STORE", "/nonexistent/nacelle", TRUE);
  list = deployment_list (&error);
  g_assert_no_error (error);
  g_assert_cmpuint (list->len, ==, 0);
  assert_fails ("org.example.Editor", ERROR_NOT_FOUND, "apprun install");
}

#define ADD(name, function) \
  g_test_add ("/store/deployment/" name, Folder, NULL, set_up, function, folder_tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("open", test_open);
  ADD ("lock", test_lock);
  ADD ("branches", test_branches);
  ADD ("names", test_names);
  ADD ("CVE-2016-1580-similar-ids", test_similar_ids);
  ADD ("GHSA-v2gw-v9h5-9q4x-bad-names", test_bad_names);
  ADD ("CVE-2026-34079-active-link", test_active_link);
  ADD ("linked-components", test_linked_components);
  ADD ("untrusted-store", test_untrusted_store);
  ADD ("damaged", test_damaged);
  ADD ("list", test_list);
  ADD ("empty", test_empty);
  return g_test_run ();
}
