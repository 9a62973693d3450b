# SPDX-License-Identifier: LGPL-2.1-or-later
"""The lock file: what a manifest leaves open of its repositories and downloads, and what is said when the two don't fit."""
import json
import os

from builds import HELLO, BuildTest, module, read
from gitserver import GitBackend, GitRepository
from harness import write


class Pins(BuildTest):
    def setUp(self):
        super().setUp()
        self.env.update({"no_proxy": "127.0.0.1", "NO_PROXY": "127.0.0.1"})
        self.site = os.path.join(self.folder, "site")
        os.makedirs(self.site)
        backend = GitBackend(self.site, os.path.join(self.folder, "g"))
        self.addCleanup(backend.close)
        self.url = self.nginx(self.site, backend.locations).url
        self.repository = GitRepository(os.path.join(self.site, "repo"))
        self.first = self.repository.commit({"a.txt": "first"})
        write(os.path.join(self.site, "data.txt"), "one")

    def locked(self, branch="main", lock="deep/own.lock", **more):
        sources = [{"type": "git", "url": f"{self.url}/git/repo", **({"branch": branch} if branch else {})}]
        sources += [{"type": "file", "url": f"{self.url}/data.txt", **more}]
        copy = module("copy", "cat a.txt data.txt > /app/both", sources=sources)
        return self.manifest(HELLO, copy, **({"lock": lock} if lock else {}))

    def test_commits_and_hashes_come_from_the_lock(self):
        os.makedirs(os.path.join(self.folder, "deep"))
        manifest = self.locked()
        self.assertFails(self.build(manifest), r"json:\d+:\d+: error: the lock file .*deep/own.lock is not there yet; write it: appbuild")
        self.assertFails(self.appbuild("lock", "--check", manifest), "is not there yet")
        self.assertIn("deep/own.lock\n", self.assertOk(self.appbuild("lock", manifest)).out)
        lock = read(os.path.join(self.folder, "deep/own.lock"))
        self.assertIn(f'url: "{self.url}/git/repo", ref: "main", commit: "{self.first}"', lock)
        self.assertIn("fits the manifest\n", self.assertOk(self.appbuild("lock", "--check", manifest)).out)
        path = os.path.join(self.folder, "deep/own.lock")
        self.assertEqual(json.loads(self.assertOk(self.appbuild("lock", "--check", "--json", manifest)).out),
                         {"lock": path, "fits": True, "problems": []})
        self.assertEqual(json.loads(self.assertOk(self.appbuild("lock", "--json", manifest)).out), {"lock": path, "written": True})
        self.assertEqual(read(path), lock)
        # What the server has now is of no interest.
        self.repository.commit({"a.txt": "second"})
        write(os.path.join(self.site, "data.txt"), "two")
        result = self.assertOk(self.build(manifest))
        self.assertNotIn("warning", result.err)
        self.assertEqual(self.content("both"), "firstone")
        sources = json.loads(self.content("manifest.json"))["modules"][1]["sources"]
        self.assertEqual((sources[0]["commit"], "branch" in sources[0], len(sources[1]["sha256"])), (self.first, False, 64))
        self.assertOk(self.appbuild("lock", manifest))
        self.assertOk(self.build(manifest))
        self.assertEqual(self.content("both"), "secondtwo")

    def test_a_lock_for_another_manifest_is_an_error(self):
        os.makedirs(os.path.join(self.folder, "deep"))
        self.assertOk(self.appbuild("lock", self.locked()))
        manifest = self.locked(branch="")
        self.assertFails(self.build(manifest), r"json:\d+:\d+: error: the lock file .*own.lock no longer fits the manifest: "
                                               r"it has nothing for .*/git/repo; write it anew: appbuild lock")
        self.assertEqual(self.appbuild("check", manifest).status, 1)
        result = self.appbuild("lock", "--check", manifest)
        self.assertStatus(result, 1)
        self.assertRegex(result.out, r"own.lock: it has git .*/repo main, which the manifest does not leave open\n"
                                     r".*: it lacks git .*/repo\n")
        told = json.loads(self.assertStatus(self.appbuild("lock", "--check", "--json", manifest), 1).out)
        self.assertEqual((told["fits"], [problem.split(" ")[1] for problem in told["problems"]]), (False, ["has", "lacks"]))
        write(os.path.join(self.folder, "deep/own.lock"), "version: 1\nsources: []\npins:\n- { url: x }\n")
        self.assertFails(self.build(manifest), "cannot be used .*a pin lacks its url, commit or sha256")

    def test_without_the_key_a_download_needs_a_hash(self):
        self.assertFails(self.build(self.locked(lock=None)), "a download needs a hash")
        digest = "7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed"
        manifest = self.locked(lock=None, sha256=digest)
        self.assertFails(self.appbuild("lock", self.manifest(HELLO)), "leaves nothing open that could be locked")
        manifest = self.locked(lock=None, sha256=digest)
        self.assertRegex(self.assertOk(self.build(manifest)).err, "has no \"commit\"")
        self.assertOk(self.appbuild("lock", manifest))        # beside the manifest, by its name
        self.repository.commit({"a.txt": "second"})
        self.assertOk(self.build(manifest))
        self.assertEqual(self.content("both"), "firstone")
