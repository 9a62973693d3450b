# SPDX-License-Identifier: LGPL-2.1-or-later
"""The base of the tests of real programs, which are built from their source releases when a test first asks for them.

The images and the state of their builds stay in the build directory, so that the next run builds only what has changed.
"""
import fcntl
import glob
import os
import re

from harness import BUILDDIR, SOURCE, SystemTest, program

FOLDERS = ("tests/programs", "manifests", "runtimes")


def manifest_of(app_id):
    for folder in FOLDERS:
        found = [path for suffix in ("yaml", "json")
                 for path in glob.glob(os.path.join(SOURCE, folder, app_id, f"{app_id}.{suffix}"))]
        if found:
            return found[0]
    raise AssertionError(f"there is no manifest of {app_id}")


def bases_of(manifest):
    """The ids of runtime and SDK, as they stand in the text."""
    with open(manifest, encoding="utf-8") as f:
        text = f.read()
    return [match[1] for match in re.finditer(r'^ *"?(?:runtime|sdk)"?: *"?([\w.]+)"?,?$', text, re.MULTILINE)]


class ProgramTest(SystemTest):
    shared_cache = True

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.images = os.environ.get("NACELLE_TEST_IMAGES") or os.path.join(BUILDDIR, "images")
        os.makedirs(cls.images, exist_ok=True)

    def built(self, app_id, timeout=900):
        """Path of the image of a program or runtime, built now unless nothing has changed."""
        manifest = manifest_of(app_id)
        suffix = "runtime" if f"{os.sep}runtimes{os.sep}" in manifest else "app"
        image = os.path.join(self.images, f"{app_id}.{suffix}")
        for base in dict.fromkeys(bases_of(manifest)):
            self.built(base)
        with open(os.path.join(self.images, ".building"), "w", encoding="utf-8") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)       # the store and the state directory are everybody's
            self.assertOk(self.appbuild(manifest, "-o", image, "--install", "--state-dir", os.path.join(BUILDDIR, "state"),
                                        env={"NACELLE_STORE": os.path.join(BUILDDIR, "store")}, timeout=timeout))
        return image

    def install_program(self, app_id):
        """Build what is needed, and install the program with its runtime in the store of the test."""
        image = self.built(app_id)
        runtime = bases_of(manifest_of(app_id))[0]
        self.install(self.image(runtime))
        self.install(image)

    def verify(self, app_id):
        """The manifest gives its image again, byte for byte, in another environment."""
        image = self.built(app_id)
        done = self.run_command([program("appbuild"), "verify", manifest_of(app_id), image], timeout=900,
                                env={"NACELLE_STORE": os.path.join(BUILDDIR, "store")})
        self.assertRegex(self.assertOk(done).out, "the same: [0-9a-f]{64}")
