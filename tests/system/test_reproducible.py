# SPDX-License-Identifier: LGPL-2.1-or-later
"""The same manifest gives the same bytes: in another folder, with another umask and another number of jobs."""
import os
import shutil

from harness import SOURCE, SystemTest, sha256, time_limit, write

LONG = True


class Reproducible(SystemTest):
    shared_cache = True

    def build_twice(self, source, kind, app_id, install=()):
        for image in install:
            self.install(self.image(image))
        digests = []
        for folder, jobs, umask in (("one", "1", 0o022), ("another/and/deeper", "2", 0o077)):
            place = os.path.join(self.root, app_id, folder)
            shutil.copytree(os.path.join(SOURCE, source), os.path.join(place, source))
            out = os.path.join(place, f"out.{kind}")
            os.chmod(place, 0o755)
            self.appbuild(os.path.join(place, source, app_id, f"{app_id}.yaml"), "-o", out, "-j", jobs,
                          "--state-dir", os.path.join(place, "state"), timeout=600, umask=umask, check=True)
            digests.append(sha256(out))
        self.assertEqual(digests[0], digests[1])
        self.assertEqual(digests[0], sha256(self.image(app_id)), "differs from the image that ./dev has built")

    @time_limit(300)
    def test_busybox_runtime(self):
        self.build_twice("runtimes", "runtime", "org.nacelle.Busybox")

    @time_limit(300)
    def test_hello(self):
        self.build_twice("manifests", "app", "org.example.Hello", ["org.nacelle.Busybox"])

    @time_limit(300)
    def test_httpd(self):
        self.build_twice("manifests", "app", "org.example.Httpd", ["org.nacelle.Busybox"])

    @time_limit(600)
    def test_editor(self):
        self.build_twice("manifests", "app", "org.example.Editor", ["org.nacelle.Platform", "org.nacelle.Sdk"])

    @time_limit(300)
    def test_another_content_gives_another_image(self):
        """The twin: the comparison can fail."""
        self.install(self.image("org.nacelle.Busybox"))
        manifest = write(os.path.join(self.work, "org.example.Hello.yaml"), open(os.path.join(
            SOURCE, "manifests/org.example.Hello/org.example.Hello.yaml"), encoding="utf-8").read().replace("Hello, $", "Hi, $"))
        out = os.path.join(self.work, "hi.app")
        self.appbuild(manifest, "-o", out, "--state-dir", os.path.join(self.work, "state"), timeout=250, check=True)
        self.assertNotEqual(sha256(out), sha256(self.image("org.example.Hello")))
