# SPDX-License-Identifier: LGPL-2.1-or-later
"""Runtimes on a copy of their SDK, the way of runtime and app through a repository, and that the same manifest gives the same bytes."""
import json
import os
import unittest

from builds import APP, HELLO, BuildTest, module, read, script
from harness import TINY, sha256, time_limit, tree_hash, write



class Runtime(BuildTest):
    """A runtime is built as /usr itself, on a copy of its SDK."""
    BASE = "org.nacelle.test.Derived"

    def derived(self, *commands, **more):
        content = {"id": self.BASE, "branch": "1", "build-runtime": True, "runtime": TINY, "runtime-version": "1", "sdk": TINY,
                   "modules": [module("more", *commands)], **more}
        return write(os.path.join(self.folder, "derived.json"), json.dumps(content))

    def test_runtime_on_a_copy_of_its_sdk(self):
        manifest = self.derived("printf '#!/bin/sh\necho derived\n' > /usr/bin/extra && chmod 755 /usr/bin/extra",
                                "rm /usr/bin/nc", "echo data > /etc/extra.conf", "id -u > /usr/id")
        out = os.path.join(self.folder, "derived.runtime")
        self.assertOk(self.appbuild(manifest, "-o", out, "--install", "--state-dir", self.state))
        self.install_app("org.nacelle.test.OnDerived", runtime=self.BASE,
                         script="#!/bin/sh\nextra\ncat /etc/extra.conf\ntest -e /usr/bin/nc || echo no nc\n")
        self.assertEqual(self.assertOk(self.apprun("org.nacelle.test.OnDerived")).out, "derived\ndata\nno nc\n")

    def test_etc_that_is_a_link_leads_nowhere(self):
        outside = os.path.join(self.folder, "outside")
        write(os.path.join(outside, "passwd"), "host")
        manifest = self.derived(f"rm -rf /usr/etc; ln -s {outside} /usr/etc", "echo x > /etc/passwd")
        self.assertFails(self.appbuild(manifest, "--state-dir", self.state, "-o", "x.runtime"), "etc", status=125)
        self.assertEqual(read(os.path.join(outside, "passwd")), "host")

    def test_runtimes_export_nothing_and_have_no_command(self):
        manifest = self.derived(f"mkdir -p /usr/share/applications; echo > /usr/share/applications/{self.BASE}.desktop")
        self.assertOk(self.build(manifest))
        self.assertFalse(os.path.exists(os.path.join(self.unpacked(), "export")))


class Distribution(BuildTest):
    BASE = Runtime.BASE
    derived = Runtime.derived

    @time_limit(300)
    def test_built_signed_published_and_installed_elsewhere(self):
        """Runtime and app from manifests to a repository, over HTTP to another store, verified and run."""
        site = os.path.join(self.folder, "site")
        repo = os.path.join(site, "repo")
        key = self.gpg_key()
        sign = ("--repo", repo, "--gpg-sign", key.fingerprint, "--gpg-homedir", key.homedir)
        derived = self.derived("printf '#!/bin/sh\\necho derived\\n' > /usr/bin/extra && chmod 755 /usr/bin/extra")
        self.assertOk(self.appbuild(derived, "--install", *sign, "--state-dir", self.state))
        app = self.manifest(module("hello", *script("hello", "extra")), runtime=self.BASE, sdk=self.BASE, branch="stable")
        self.assertOk(self.appbuild(app, *sign, "--compression", "15", "--state-dir", self.state + "2"))

        elsewhere = {"NACELLE_STORE": os.path.join(self.folder, "elsewhere")}
        url = self.nginx(site).url
        self.assertFails(self.apprun(APP, env=elsewhere))
        self.assertOk(self.apprun("remote", "add", "origin", f"{url}/repo", "--gpg-import", key.public, env=elsewhere))
        self.assertOk(self.apprun("install", "origin", APP, env=elsewhere))
        self.assertEqual(self.assertOk(self.apprun(APP, env=elsewhere)).out, "derived\n")

        # A key that the repository doesn't know signs nothing.
        result = self.appbuild(app, "--repo", repo, "--gpg-sign", "0" * 40, "--gpg-homedir", key.homedir, "--state-dir", self.state + "2")
        self.assertFails(result, status=125)


class Reproducible(BuildTest):
    def modules(self):
        everything = module(
            "everything", "mkdir -p /app/share/a /app/share/b", "date +%s > /app/share/now-is-not-used; rm /app/share/now-is-not-used",
            "echo $SOURCE_DATE_EPOCH > /app/share/epoch", "id > /app/share/id", "hostname > /app/share/host",
            "env | grep -v N_JOBS | sort > /app/share/env",
            "pwd > /app/share/pwd", "umask > /app/share/umask", "cat tree/* > /app/share/tree", "cp -r tree /app/share/copied",
            "stat -c '%Y %n' tree/* > /app/share/times",
            "ln -s a /app/share/link", "cp /app/share/id /app/share/x && ln /app/share/x /app/share/y", "chmod 4755 /app/share/x",
            "cd /app && find . -exec stat -c '%A %u %g %n' {} + | sort > /tmp/listing && mv /tmp/listing /app/share/listing",
            sources=[{"type": "dir", "path": "tree", "dest": "tree"}])
        later = module("later", "ls -l /app/share /app/share/copied > /app/later")
        return HELLO, everything, later

    def build_in(self, name, *options, umask=0o022, env=None):
        folder = os.path.join(self.folder, name)
        for i in range(20):
            path = write(os.path.join(folder, f"tree/file{i}"), str(i))
            os.utime(path, (len(name) * 10 ** 7, len(name) * 10 ** 7))     # as two checkouts differ
        out = os.path.join(folder, "out.app")
        self.assertOk(self.appbuild(self.manifest(*self.modules(), folder=folder), "-o", out, "--state-dir", os.path.join(folder, "state"),
                                    *options, cwd=folder, umask=umask, env=env))
        return out

    def same(self, image):
        """Of the tree, without the manifest itself, which is kept in it."""
        place = os.path.join(self.folder, "same")
        self.run_command(["rm", "-rf", place], check=True)
        self.run_command(["unsquashfs", "-q", "-n", "-d", place, image], check=True)
        return tree_hash(place, skip=("files/manifest.json",))

    def test_same_bytes_in_other_folders_with_other_jobs_and_umask(self):
        first = self.build_in("one", "-j", "1")
        second = self.build_in("quite/another/place", "-j", "4", umask=0o077, env={"LANG": "de_DE.UTF-8", "TZ": "Asia/Tokyo", "EXTRA": "1"})
        if sha256(first) != sha256(second):
            for image, name in ((first, "first"), (second, "second")):
                self.run_command(["unsquashfs", "-q", "-n", "-d", os.path.join(self.folder, name), image], check=True)
            self.fail(self.run_command(["diff", "-r", os.path.join(self.folder, "first"), os.path.join(self.folder, "second")]).out)

    def test_same_tree_from_the_cache(self):
        first = self.build_in("one")
        good = self.same(first)
        folder = os.path.dirname(first)
        # Only the last module is built on the restored tree.
        state = os.path.join(folder, "state")
        self.run_command(["rm", "-rf", os.path.join(state, "images"), first], check=True)
        manifest = self.manifest(*self.modules(), folder=folder, **{"cleanup": ["nothing"]})
        self.assertOk(self.appbuild(manifest, "-o", first, "--state-dir", state))
        self.assertEqual(self.same(first), good)
        changed = self.modules()[:2] + (module("later", "ls -l /app/share /app/share/copied  > /app/later"),)
        result = self.assertOk(self.appbuild(self.manifest(*changed, folder=folder), "-o", first, "--state-dir", state))
        self.assertIn("1 module built, 2 unchanged", result.out)
        self.assertEqual(self.same(first), good)

    def test_epoch_of_the_caller_is_used(self):
        self.assertOk(self.build(self.manifest(HELLO, module("time", "mkdir /app/x; echo $SOURCE_DATE_EPOCH > /app/x/epoch")),
                                 env={"SOURCE_DATE_EPOCH": "1234567890"}))
        self.assertEqual(self.content("x/epoch"), "1234567890\n")
        self.assertEqual(int(os.stat(os.path.join(self.unpacked(), "files/x/epoch")).st_mtime), 1234567890)


if __name__ == "__main__":
    unittest.main()
