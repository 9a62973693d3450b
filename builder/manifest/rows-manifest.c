/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "builder/manifest/rows.h"

#define OBJECT Manifest
static const Field rows[] = {
  TEXT ("id", id, "Name of the result: at least three words with dots between them, such as org.example.Editor.",
        .check = value_check_id),
  TEXT ("app-id", id, "Older word for id.", .check = value_check_id),
  TEXT ("branch", branch, "Branch of the result.", .check = value_check_branch),
  TEXT ("default-branch", default_branch, "Branch of the result when neither branch nor the command line names one.",
        .standard = "master", .check = value_check_branch),
  TEXT ("collection-id", collection_id, "Collection of the repository that the result is committed to.",
        .check = value_check_id),
  TEXT ("extension-tag", extension_tag, "Which of several extension points of that name an extension belongs to.",
        .check = value_check_tag),
  ROW ("token-type", FIELD_INT, token_type, "Above 0: a download from the repository needs a token of this type.",
       .check = value_check_token_type),
  TEXT ("runtime", runtime, "What the result runs on: ID or ID/ARCH/BRANCH.", .check = value_check_base),
  TEXT ("runtime-version", runtime_version, "Branch of runtime and sdk where they name none.", .standard = "master",
        .check = value_check_branch),
  TEXT ("sdk", sdk, "What the result is built in: a runtime with compilers and headers.", .check = value_check_base),
  TEXT ("runtime-commit", runtime_commit, "Commit of the runtime, as a resolved manifest records it.",
        .check = value_check_sha256),
  TEXT ("sdk-commit", sdk_commit, "Commit of the SDK, as a resolved manifest records it.", .check = value_check_sha256),
  TEXT ("base-commit", base_commit, "Commit of the base, as a resolved manifest records it.", .check = value_check_sha256),
  TEXTS ("other-commits", other_commits, "Extensions, and the runtime of var, that take part in the build, each as REF=COMMIT, as a "
         "resolved manifest records them; with the key no other one may take part.", .check = value_check_ref_commit, .own = TRUE),
  TEXT ("var", var, "A runtime that /var is filled from during the build.", .check = value_check_base),
  TEXT ("metadata", metadata, "A file that the metadata of the result begins with.", .check = value_check_path),
  TEXT ("metadata-platform", metadata_platform, "The same for id-platform.", .check = value_check_path),
  TEXT ("command", command, "The program that is started: a name, or a path below /app; without it the only program in /app/bin.",
        .check = value_check_command),
  BOOL ("build-runtime", build_runtime, "The result is a runtime."),
  BOOL ("build-extension", build_extension, "The result is an extension of runtime."),
  TEXT ("id-platform", id_platform, "Make a second runtime of this name, without what only builds need.",
        .check = value_check_id),
  BOOL ("separate-locales", separate_locales,
        "Move translations to share/runtime/locale, so that they can be an extension ID.Locale; they stay in the app unless "
        "appbuild is run with --extras=locale.", .standard = "true"),
  BOOL ("writable-sdk", writable_sdk, "Build in a copy of the SDK that may be written."),
  BOOL ("appstream-compose", appstream_compose, "Make catalogue data of the metainfo file, with appstreamcli(1) of the SDK or "
        "of this machine; without the key a missing tool or data that it refuses is a note only.", .standard = "true"),
  TEXTS ("sdk-extensions", sdk_extensions, "Extensions of the SDK that the build needs: ID or ID//BRANCH.",
         .check = value_check_base),
  TEXTS ("platform-extensions", platform_extensions, "Extensions that are put into id-platform.",
         .check = value_check_base),
  TEXT ("base", base, "An app whose files the build starts from.", .check = value_check_base),
  TEXT ("base-version", base_version, "Branch of base.", .standard = "the branch of the result", .check = value_check_branch),
  TEXTS ("base-extensions", base_extensions, "Extensions of the base whose files are taken along.",
         .check = value_check_base),
  TEXTS ("inherit-extensions", inherit_extensions, "Extension points of the base or SDK that the result has too.",
         .check = value_check_extension),
  TEXTS ("inherit-sdk-extensions", inherit_sdk_extensions, "The same, but not for id-platform.",
         .check = value_check_extension),
  ROW ("add-extensions", FIELD_EXTENSIONS, add_extensions, "Extension points of the result, by name."),
  ROW ("add-build-extensions", FIELD_EXTENSIONS, add_build_extensions,
       "Extension points of the result that are there while building too, by name."),
  ROW ("finish-args", FIELD_PERMISSIONS, finish_args, "Permissions and other properties, as flatpak-build-finish(1) takes them.",
       .check = value_check_finish),
  ROW ("permissions", FIELD_PERMISSION_LIST, permissions, "Permissions in words, each with its reason; added to finish-args.",
       .own = TRUE),
  ROW ("resources", FIELD_LIMITS, resources,
       "Limits of the app, by the names of apprun(1)'s --limit: memory, cpus, pids, files and others; each as a text or a number, such as "
       "{memory: 512M, cpus: 150%}.  What cannot be had on a host is refused there, unless the value ends in ,optional.", .own = TRUE),
  ROW ("network", FIELD_NETWORK, network,
       "Which network the app has: a mode, or a map, see NETWORK.  Without it share=network decides.", .own = TRUE),
  ROW ("tests", FIELD_TEST_LIST, tests,
       "What the finished app can do and cannot do, tried in its own sandbox before the result appears; see TESTS.", .own = TRUE),
  TEXTS ("tags", tags, "Words that are kept in the metadata.", .check = value_check_tag),
  TEXTS ("cleanup", cleanup, "Patterns of files that are removed at the end; one with a leading / is a path below the prefix."),
  TEXTS ("cleanup-commands", cleanup_commands, "Commands that run at the end, before files are removed, in the folder of the result."),
  TEXTS ("cleanup-platform", cleanup_platform, "Patterns of files that id-platform goes without."),
  TEXTS ("cleanup-platform-commands", cleanup_platform_commands, "Commands that run in id-platform at the end."),
  TEXTS ("prepare-platform-commands", prepare_platform_commands, "Commands that run in id-platform before new files are added."),
  TEXT ("rename-desktop-file", rename_desktop_file, "Desktop file that becomes ID.desktop; the metainfo file names it and the id then.",
        .check = value_check_file_name),
  TEXT ("rename-appdata-file", rename_appdata_file,
        "Metainfo file that becomes share/metainfo/ID.metainfo.xml, as without the key ID.appdata.xml does and what is in "
        "share/appdata; its other text stays as it is.  One that is missing is a note.",
        .check = value_check_file_name),
  TEXT ("rename-icon", rename_icon,
        "Icon, without suffix, that becomes ID: files in share/icons/THEME/SIZE/CONTEXT, Icon of the desktop file, and of its "
        "actions when it is the same.", .check = value_check_file_name),
  BOOL ("copy-icon", copy_icon, "Keep what rename-icon and rename-mime-icons rename under the old name too."),
  TEXT ("rename-mime-file", rename_mime_file, "File of MIME types that becomes ID.xml.", .check = value_check_file_name),
  TEXTS ("rename-mime-icons", rename_mime_icons, "Icons of MIME types that become ID.NAME, in the renamed file of MIME types too.",
         .check = value_check_file_name),
  TEXT ("appdata-license", appdata_license, "Licence that the metainfo file is made to name.", .check = value_check_line),
  TEXT ("desktop-file-name-prefix", desktop_file_name_prefix, "Put in front of the name in the desktop file.",
        .check = value_check_line),
  TEXT ("desktop-file-name-suffix", desktop_file_name_suffix, "Put behind the name in the desktop file.",
        .check = value_check_line),
  ROW ("build-options", FIELD_OPTIONS, build_options, "Environment and options of all modules."),
  ROW ("modules", FIELD_MODULES, modules, "What is built, in this order: maps, or names of files that hold one."),
  TEXT ("lock", lock,
        "The file with what the manifest leaves open, written by appbuild lock: packages, commits of repositories without commit, and "
        "hashes of downloads without hash, which only a manifest with this key may have.",
        .check = value_check_inner_path, .standard = "the name of the manifest with the suffix .lock.yaml", .no_digest = TRUE, .own = TRUE),
  TEXT ("mirror", mirror, "Package mirror of the sources of type packages.", .check = value_check_web_url,
        .no_digest = TRUE, .own = TRUE),
  { 0 }
};
#undef OBJECT

const FieldTable manifest_fields = { "the manifest", rows };

#define OBJECT ManifestExtension
static const Field extension_rows[] = {
  TEXT ("directory", directory, "Where it is mounted, below /app (of a runtime: /usr).", .check = value_check_inner_path),
  BOOL ("bundle", bundle, "What the build puts there becomes the extension.", .no_digest = TRUE),
  BOOL ("remove-after-build", remove_after_build, "Only while building: the result has no such extension point.",
        .no_digest = TRUE),
  BOOL ("autodelete", autodelete, "Removed together with the app."),
  BOOL ("no-autodownload", no_autodownload, "Not installed together with the app."),
  BOOL ("subdirectories", subdirectories, "Extensions whose names begin with this one have a folder each below the directory."),
  TEXT ("version", version, "Branch of the extension; without it, that of the result.", .check = value_check_branch),
  TEXT ("versions", versions, "Several branches, separated by ;.", .check = value_check_versions),
  TEXT ("add-ld-path", add_ld_path, "Folder in the extension that holds libraries.", .check = value_check_inner_path),
  TEXT ("merge-dirs", merge_dirs, "Folders, separated by ;, whose content is shown together for all extensions.",
        .check = value_check_inner_paths),
  TEXT ("subdirectory-suffix", subdirectory_suffix, "Folder behind the name of each extension.",
        .check = value_check_inner_path),
  BOOL ("locale-subset", locale_subset, "Only the languages of the user are installed."),
  TEXT ("download-if", download_if, "Condition for installing it.", .check = value_check_line),
  TEXT ("enable-if", enable_if, "Condition for mounting it.", .check = value_check_line),
  TEXT ("autoprune-unless", autoprune_unless, "Condition without which it is removed.", .check = value_check_line),
  { 0 }
};
#undef OBJECT

const FieldTable extension_fields = { "an extension point", extension_rows };

#define OBJECT ManifestPermission
static const Field permission_rows[] = {
  TEXTS ("share", share, "network or ipc.", .option = "--share="),
  TEXTS ("socket", socket, "wayland, fallback-x11, x11, pulseaudio, cups ...", .option = "--socket="),
  TEXTS ("device", device, "dri, input, usb, kvm, all ...", .option = "--device="),
  TEXTS ("allow", allow, "devel, multiarch, bluetooth ...", .option = "--allow="),
  TEXTS ("read", read, "Files and folders of the host that the app may read.", .option = "--filesystem=", .suffix = ":ro"),
  TEXTS ("write", write, "Files and folders of the host that it may read and write.", .option = "--filesystem="),
  TEXTS ("create", create, "The same, made when they are missing.", .option = "--filesystem=", .suffix = ":create"),
  TEXTS ("persist", persist, "Folders of the home folder that are kept for the app alone.", .option = "--persist="),
  TEXTS ("talk", talk, "Names on the session bus that it may talk to.", .option = "--talk-name="),
  TEXTS ("own", own, "Names on the session bus that it may take.", .option = "--own-name="),
  TEXTS ("system-talk", system_talk, "Names on the system bus that it may talk to.", .option = "--system-talk-name="),
  TEXTS ("system-own", system_own, "Names on the system bus that it may take.", .option = "--system-own-name="),
  TEXTS ("usb", usb, "USB devices that it may ask for.", .option = "--usb="),
  TEXTS ("env", env, "Environment variables, NAME=VALUE.", .option = "--env="),
  TEXT ("why", why, "The reason, for who reads the permissions.", .check = value_check_line),
  { 0 }
};
#undef OBJECT

const FieldTable permission_fields = { "a permission", permission_rows };

#define OBJECT ManifestNetwork
static const Field network_rows[] = {
  TEXTS ("mode", mode, "host: that of the machine, with all that listens there; isolated: a network of its own, with outgoing connections "
                       "and the ports of publish; none.", .option = "--network="),
  TEXTS ("publish", publish, "Ports of the machine that lead into an isolated network, [ADDRESS:]PORT[:PORT][/udp]; without an address, "
                             "from this machine only.", .option = "--publish="),
  TEXT ("why", why, "The reason, for who reads the permissions.", .check = value_check_line),
  { 0 }
};
#undef OBJECT

const FieldTable network_fields = { "the network", network_rows };
