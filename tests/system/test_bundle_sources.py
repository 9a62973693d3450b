# SPDX-License-Identifier: LGPL-2.1-or-later
"""appbuild bundle-sources: one folder that a build elsewhere can start from."""
import hashlib
import json
import os
import shutil

from gitserver import GitBackend, GitRepository
from harness import TINY, SystemTest, sha256, write


class BundleSources(SystemTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.update({"no_proxy": "127.0.0.1", "NO_PROXY": "127.0.0.1"})
        cls.site = os.path.join(cls.work, "site")
        os.makedirs(cls.site)
        backend = GitBackend(cls.site, os.path.join(cls.work, "g"))
        cls.addClassCleanup(backend.close)
        cls.server = cls.nginx(cls.site, backend.locations)

    def setUp(self):
        self.folder = os.path.join(self.work, self._testMethodName)
        self.top = os.path.join(self.folder, "top")
        os.makedirs(self.top)
        self.install_tiny()

    def path(self, *parts):
        return os.path.join(self.folder, *parts)

    def manifest(self, *sources):
        write(os.path.join(self.top, "parts", "more.json"), json.dumps([{"type": "file", "path": "x"}]))
        write(os.path.join(self.top, "parts", "x"), "x\n")
        return write(os.path.join(self.top, "m.json"), json.dumps({
            "id": "org.nacelle.test.Bundle", "runtime": TINY, "runtime-version": "1", "sdk": TINY, "command": "sh",
            "modules": [{"name": "m", "buildsystem": "simple", "sources": ["parts/more.json", *sources],
                         "build-commands": ["rm -rf g/.git", "mkdir /app/out && cp -a . /app/out/"]}]}))

    def test_build_from_it(self):
        inner = GitRepository(os.path.join(self.site, "inner"))
        other = inner.commit({"i": "inner\n"})
        repo = GitRepository(os.path.join(self.site, "repo"))
        repo.commit({"f": "git\n", "sub": ("commit", other), ".gitmodules": '[submodule "s"]\n\tpath = sub\n\turl = ../inner\n'})
        data = os.urandom(10000)
        write(os.path.join(self.site, "data"), data)
        write(os.path.join(self.top, "tree", "y"), "y\n")
        manifest = self.manifest({"type": "git", "url": self.server.url + "/git/repo", "branch": "main", "dest": "g"},
                                 {"type": "file", "url": self.server.url + "/data", "sha256": hashlib.sha256(data).hexdigest()},
                                 {"type": "dir", "path": "tree", "dest": "t"})
        first, second = self.path("first.app"), self.path("second.app")
        self.assertOk(self.appbuild(manifest, "-o", first, "--state-dir", self.path("state")))
        result = self.assertOk(self.appbuild("bundle-sources", "--json", manifest, os.path.join(self.top, "bundle")))
        self.assertEqual({json.loads(line)["event"] for line in result.out.splitlines()}, {"start", "done", "note"})
        os.rename(os.path.join(self.top, "bundle"), self.path("bundle"))
        shutil.rmtree(self.top)
        shutil.rmtree(os.path.join(self.env["XDG_CACHE_HOME"], "nacelle"))
        self.assertOk(self.appbuild("--offline", self.path("bundle", "manifest", "m.json"), "-o", second,
                                    "--state-dir", self.path("state2"), env={"XDG_CACHE_HOME": self.path("bundle", "cache")}))
        self.assertEqual(sha256(first), sha256(second))
        self.assertEqual(sorted(os.listdir(self.path("bundle", "manifest"))), ["m.json", "parts", "tree"])

    def test_whole_folder_without_the_bundle_itself(self):
        manifest = self.manifest({"type": "dir", "path": "."})
        self.assertOk(self.appbuild("bundle-sources", manifest, os.path.join(self.top, "bundle")))
        self.assertEqual(sorted(os.listdir(os.path.join(self.top, "bundle", "manifest"))), ["m.json", "parts"])

    def test_what_cannot_be_taken_along(self):
        write(self.path("secret"), "x")
        for number, path in enumerate((self.path("secret"), "../secret", os.path.join(self.top, "parts/x"))):
            with self.subTest(path):
                self.assertFails(self.appbuild("bundle-sources", self.manifest({"type": "file", "path": path}),
                                               self.path(f"bundle{number}")), "manifest's folder|absolute")
        os.makedirs(self.path("full", "x"))
        self.assertFails(self.appbuild("bundle-sources", self.manifest(), self.path("full")), "not empty")
        self.assertFails(self.appbuild("bundle-sources", self.manifest()), "folder")
