# SPDX-License-Identifier: LGPL-2.1-or-later
"""Places of the runner that mutate.py weakens, as MUTATIONS there; the tables of tests/ATTACKS*.md name those of each row."""

APPDATA = "unit/runner-appdata: /runner/appdata/"
PLAN = "unit/runner-plan: /runner/plan/"

MUTANTS = {
    # What a sandbox is planned to be.
    "setuid-sandboxes-are-fine": ("sandbox/run.c", "if (getauxval (AT_SECURE) != 0)", "if (getauxval (AT_SECURE) > 1)", "made_setuid"),
    "bundles-are-written": ("runner/plan/base.c",
        "plan_dup (bundle->files_fd), name, dest, SANDBOX_BIND_READ_ONLY, origin);\n  if (bundle->alive_fd",
        "plan_dup (bundle->files_fd), name, dest, 0, origin);\n  if (bundle->alive_fd", PLAN + "default"),
    # The mount of the image server is read-only by itself.
    "images-are-written": ([("runner/plan/base.c",
        "(void) sandbox_plan_mount_fd (context->plan, plan_dup (bundle->files_fd), name, dest, SANDBOX_BIND_READ_ONLY, origin);",
        "(void) sandbox_plan_mount_fd (context->plan, plan_dup (bundle->files_fd), name, dest, 0, origin);"),
        ("image/server/mount.c", '"fuse.nacelle", MS_RDONLY | MS_NOSUID', '"fuse.nacelle", MS_NOSUID'),
        ("image/server/mount.c", '"overlay", MS_RDONLY | MS_NOSUID', '"overlay", MS_NOSUID'),
        ("image/server/tools.c", "#define READ_ONLY (0x1 | 0x2 | 0x4)", "#define READ_ONLY (0x2 | 0x4)")], "run_isolation*bc5ea572"),
    "the-root-is-written": ("runner/plan/plan.c", '  (void) sandbox_plan_remount_read_only (context->plan, "/", "default");\n', "", PLAN + "default"),
    "the-users-variables-pass": ("runner/plan/environment.c", 'if (g_str_has_prefix (name, "LC_") ||', 'if (name[0] != \'_\' ||',
                                 (PLAN + "default", "run_isolation*environment_is_a_list")),
    "paths-with-an-empty-element": ("runner/plan/environment.c", '"/app/bin:/usr/bin"', '"/app/bin::/usr/bin"', "AppImageKit_892"),
    "home-is-what-an-app-says": ("runner/plan/environment.c", '  set (context, "HOME", host->home);\n', "", PLAN + "environment"),
    "etc-of-the-runtime-wins": ("runner/plan/etc.c", "          || g_strv_contains (synthesised, found->d_name))", "          || FALSE)",
                                PLAN + "default"),
    "names-of-the-network-are-shown": ("runner/plan/network.c", "    case NETWORK_NONE:\n    default:\n",
                                       '    case NETWORK_NONE:\n    default:\n      show_names (context, "default");\n', PLAN + "default"),
    "working-in-a-descriptor": ("runner/plan/command.c", '!place_is_below (current, "/proc") &&', "", "run:*cve_2024_21626"),
    # Permissions.
    "conditions-are-met": ("bundle/permissions.c", "if (other->granted && is_condition_of (other->name, name))",
                           "if (!other->granted && is_condition_of (other->name, name))",
                           "unit/bundle-permissions: /bundle/permissions/conditions"),
    "what-was-taken-away-stays": ("bundle/permissions.c", "  if (entry == NULL || !entry->granted)\n", "  if (entry == NULL)\n",
                                  PLAN + "network-narrowed"),
    "a-reset-resets-nothing": ("bundle/permissions.c", "          g_ptr_array_set_size (lower->filesystems, 0);\n", "",
                               "unit/bundle-permissions: /bundle/permissions/reset"),
    "places-of-the-sandbox-are-shared": ("bundle/filesystem.c", "      if (below || above ||", "      if (reserved_length == 0 ||",
                                         ("unit/bundle-filesystem: /bundle/filesystem/reserved", PLAN + "own-places")),
    # Servers of the session.
    "any-name-is-waylands": ("runner/plan/sockets.c", 'gboolean plain = g_str_has_prefix (name, "wayland-") && strchr (name, \'/\') == NULL;',
                             "gboolean plain = TRUE;", PLAN + "wayland-names-2cedc86f"),
    "sockets-through-links": ("runner/plan/sockets.c", "file_open_beneath (dir, name, O_PATH, 0, NULL)",
                              "openat (dir, name, O_PATH | O_CLOEXEC)", PLAN + "wayland-names-2cedc86f"),
    "files-are-sockets": ("runner/plan/sockets.c", "fstat (fd, &st) == 0 && S_ISSOCK (st.st_mode)", "fstat (fd, &st) == 0",
                          PLAN + "wayland-names-2cedc86f"),
    "sockets-without-a-permission": ("runner/plan/sockets.c", '  if (permissions_has (sockets, "pulseaudio"))\n    add_pulseaudio (context, '
                                     'permissions_find (sockets, "pulseaudio")->origin);',
                                     '  add_pulseaudio (context, "default");', PLAN + "default"),
    "x11-beside-wayland": ("runner/plan/sockets.c", "      if (!wayland)\n", "      if (TRUE)\n", PLAN + "session"),
    "keys-of-all-displays": ("runner/plan/x11.c", "            ours = FALSE;\n", "            ours = TRUE;\n",
                             "unit/runner-x11: /runner/x11/authority"),
    "displays-of-other-machines": ("runner/plan/x11.c", 'if (colon == NULL || !(colon == display || g_str_has_prefix (display, "unix:")))',
                                   "if (colon == NULL)", "unit/runner-x11: /runner/x11/display"),
    "the-bus-is-there": ("runner/plan/sockets.c", '  add_display (context);\n  if (permissions_has (sockets, "pulseaudio"))',
                         '  add_display (context);\n  (void) sandbox_plan_setenv (context->plan, "DBUS_SESSION_BUS_ADDRESS", "unix:path=/run/bus", '
                         '"default");\n  if (permissions_has (sockets, "pulseaudio"))', (PLAN + "default", "attacks_runner*cbf43089f")),
    # Files of the user.
    "data-through-links": ("runner/appdata.c", "#define OPEN_FOLDER (O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)",
                           "#define OPEN_FOLDER (O_PATH | O_DIRECTORY | O_CLOEXEC)",
                           (APPDATA + "CVE-2024-42472", APPDATA + "GHSA-8688-9x26-hhxj", PLAN + "GHSA-8688-9x26-hhxj",
                            "run_files*cve_2024_42472_replaced", "run_files*cve_2024_42472_race", "run_files*ghsa_8688")),
    "places-that-begin-alike": ("runner/place.c", "(path[length] == '\\0' || path[length] == '/')", "length > 0",
                                ("unit/runner-place: /runner/place/below", "CVE_2026_48785")),
    "a-denial-loses": ("runner/plan/exports.c", "  return a->mode > b->mode;",
                       "  return (a->mode > b->mode) != (a->mode == EXPORT_DENIED || b->mode == EXPORT_DENIED);", PLAN + "places"),
    "stores-are-shown": ("runner/plan/exports.c", "    case EXPORT_HIDDEN:\n      if (parent_is_shown (exports, index, export->path))",
                         "    case EXPORT_HIDDEN:\n      if (exports == NULL)", (PLAN + "own-places", PLAN + "home")),
    "grants-in-the-store": ("runner/plan/hidden.c", "  if (exports_drop_below (context->exports, canonical) > 0)", "  if (canonical[0] == '\\0')",
                            PLAN + "own-places"),
    "folders-above-the-store-move": ("runner/plan/exports.c", "      (void) sandbox_plan_pin (plan, parent, \"default\");\n", "",
                                     "run_files*folder_above_the_store"),
    "links-above-the-store": ("runner/plan/hidden.c", "  return check_links (context, path, error);", "  return check_links (context, \"/\", error);",
                              "run_files*link_above_the_store"),
    "data-of-other-apps-leads-out": ("runner/plan/filesystem.c", "if (place_is_below (path, app_data) && !place_is_below (canonical, app_data))",
                                     "if (app_data == NULL)", PLAN + "own-places"),
    "data-of-other-apps-is-shown": ("runner/plan/home.c", "  if (is_shown (context, all_data))\n", "  if (all_data == NULL)\n", PLAN + "home"),
    # Images and bundles.
    "blocks-are-not-compared": ("image/verify.c", "if (memcmp (hash, hashes + i * IMAGE_HASH_SIZE, sizeof hash) != 0)", "if (count == 0)",
                                "unit/image-write: /image/write/any-byte-is-noticed"),
    "blocks-are-not-compared-when-read": ("image/reader.c", "if (memcmp (hash, expected, sizeof hash) == 0)", "if (hash != expected)",
                                          ("images: *flipped_byte", "images: *flipped_table_byte")),
    "fragments-of-any-length": ("image/check.c", "      if (ends[i] > length)\n", "      if (ends[i] == 0)\n", "hostile_images*fragment_shorter"),
    "others-read-the-data": ("runner/appdata.c", "i == 2 ? 0700 : 0755", "0755", "run:*cve_2021_3155"),
    "denied-places-are-shown": ("runner/plan/exports.c", "    case EXPORT_DENIED:\n      if (!parent_is_shown",
                                "    case EXPORT_DENIED:\n      if (parent_is_shown",
                                "run_files*cve_2015_4495"),
    "overrides-through-links": ("runner/layers.c", "file_open_beneath (root->fd, path, O_RDONLY | O_NONBLOCK, 0, error)",
                                "openat (root->fd, path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)", "run_files*untrusted_overrides"),
    # Two defences: the folder that is made is private, and one that is not is left alone.
    "foreign-folders-are-ours": ("image/attach_fuse.c", "|| (st.st_mode & 077) != 0)", "|| (st.st_mode & 01) == 4)",
                                 "images: *foreign_runtime_folder"),
    "our-folder-is-for-all": ([("image/attach_fuse.c", "|| (st.st_mode & 077) != 0)", "|| (st.st_mode & 01) == 4)"),
                               ("image/attach_fuse.c", '"nacelle", 0700)', '"nacelle", 0755)')], "images: *runtime_folder_is_private"),
    "a-file-brings-its-folder": ("runner/plan/filesystem.c", "  const char *why = refusal (context, path, canonical, fd);",
        "  struct stat kind;\n  if (fstat (fd, &kind) == 0 && S_ISREG (kind.st_mode))\n    {\n      *strrchr (canonical, '/') = '\\0';\n"
        "      file_close_fd (&fd);\n      fd = open (canonical, O_PATH | O_CLOEXEC);\n    }\n"
        "  const char *why = refusal (context, path, canonical, fd);", "run_files*relnotes_0_9_42"),
}
