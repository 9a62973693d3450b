# SPDX-License-Identifier: LGPL-2.1-or-later
"""The base of the tests of appbuild: small manifests on an SDK that is one static busybox."""
import json
import os

from harness import TINY, SystemTest, write

APP = "org.nacelle.test.Built"


def module(name, *commands, **more):
    return {"name": name, "buildsystem": "simple", "build-commands": list(commands), **more}


def script(name, text):
    """Commands that install an executable script."""
    return [f"mkdir -p /app/bin && printf '%s\\n' '#!/bin/sh' '{text}' > /app/bin/{name} && chmod 755 /app/bin/{name}"]


def read(path):
    with open(path, encoding="utf-8") as f:
        return f.read()


HELLO = module("hello", *script("hello", "echo hello from $0"))
# Different on every build, so it shows whether a module was built again.
MARK = "mkdir -p /app/marks && cat /proc/sys/kernel/random/uuid > /app/marks/"


class BuildTest(SystemTest):
    def setUp(self):
        self.install_tiny()
        self.folder = os.path.join(self.work, self.id().rsplit(".", 1)[-1])
        os.makedirs(self.folder)
        self.state = os.path.join(self.folder, "state")

    def manifest(self, *modules, folder=None, **more):
        content = {"id": APP, "runtime": TINY, "runtime-version": "1", "sdk": TINY, "command": "hello",
                   "modules": list(modules), **more}
        return write(os.path.join(folder or self.folder, f"{APP}.json"), json.dumps(content, indent=1))

    def build(self, manifest, *options, **run_options):
        out = os.path.join(self.folder, "out.app")
        return self.appbuild(manifest, "-o", out, "--state-dir", self.state, *options, **run_options)

    def unpacked(self):
        """The last image's tree, read by a tool that isn't ours."""
        place = os.path.join(self.folder, "unpacked")
        self.run_command(["rm", "-rf", place])
        self.run_command(["unsquashfs", "-q", "-n", "-d", place, os.path.join(self.folder, "out.app")], check=True)
        return place

    def content(self, path):
        return read(os.path.join(self.unpacked(), "files", path))
