# SPDX-License-Identifier: LGPL-2.1-or-later
"""flatpak-builder beside us, on a runtime and an SDK of its own which are one static busybox.  They are folders that are exported and
installed below the test's own folder; nothing is fetched."""

import configparser
import os
import shutil
import subprocess

from harness import SystemTest, find_busybox, write

RUNTIME = """[Runtime]
name=org.test.{0}
runtime=org.test.Platform/{1}/1
sdk=org.test.Sdk/{1}/1
"""
APPLETS = ("sh", "cat", "chmod", "cp", "echo", "install", "ln", "ls", "mkdir", "mv", "printf", "rm", "sed", "touch", "true")


def installed():
    return shutil.which("flatpak-builder") and shutil.which("flatpak")


def groups(text):
    """{group: {key: value}} of a metadata file, without what is ours alone.  Lists of words have no order."""
    parser = configparser.RawConfigParser(delimiters=("=",), comment_prefixes=("#",), strict=True, interpolation=None)
    parser.optionxform = str
    parser.read_string(text)
    result = {name: dict(parser[name]) for name in parser.sections() if not name.startswith("Nacelle")}
    result["Context"] = {key: sorted(value.split(";")) for key, value in result.get("Context", {}).items()}
    return result


class FlatpakTest(SystemTest):
    more_metadata = {}      # of the Sdk or the Platform
    more_folders = {}       # below its files

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.place = os.path.join(cls.work, "flatpak")
        cls.variables = {**os.environ, "HOME": cls.place, "XDG_DATA_HOME": os.path.join(cls.place, "data"),
                         "XDG_CACHE_HOME": os.path.join(cls.place, "cache"), "FLATPAK_SYSTEM_DIR": os.path.join(cls.place, "system"),
                         "GIT_CONFIG_NOSYSTEM": "1", "LC_ALL": "C.UTF-8"}
        os.makedirs(cls.place)
        cls.arch = cls.flatpak("flatpak", "--default-arch").strip()
        for name in ("Sdk", "Platform"):
            cls.export(name, RUNTIME.format(name, cls.arch) + cls.more_metadata.get(name, ""), "1", "-r", "--files=files", "--metadata=metadata")
        cls.flatpak("flatpak", "--user", "remote-add", "--no-gpg-verify", "test", os.path.join(cls.place, "repo"))
        cls.flatpak("flatpak", "--user", "install", "-y", "--noninteractive", "test", "org.test.Sdk//1", "org.test.Platform//1")

    @classmethod
    def flatpak(cls, *argv):
        result = subprocess.run(argv, cwd=cls.place, env=cls.variables, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT, timeout=120, check=False)
        if result.returncode != 0:
            raise AssertionError(f"{argv}: {result.stdout.decode(errors='replace')}")
        return result.stdout.decode()

    @classmethod
    def export(cls, name, metadata, branch, *options):
        folder = os.path.join(cls.place, name)
        bin_folder = os.path.join(folder, "files", "bin")
        os.makedirs(bin_folder)
        os.makedirs(os.path.join(folder, "export"))
        shutil.copy(find_busybox(), os.path.join(bin_folder, "busybox"))
        for applet in APPLETS:
            os.symlink("busybox", os.path.join(bin_folder, applet))
        for place in cls.more_folders.get(name, ()):
            os.makedirs(os.path.join(folder, "files", place))
        write(os.path.join(folder, "metadata"), metadata)
        cls.flatpak("flatpak", "build-export", *options, os.path.join(cls.place, "repo"), folder, branch)

    def flatpak_builder(self, folder, manifest, *options):
        """Build into FOLDER/out."""
        return self.flatpak("flatpak-builder", "--user", "--disable-rofiles-fuse", "--force-clean", f"--state-dir={folder}/state",
                            *options, f"{folder}/out", manifest)
