# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the tests of distribution share: a signed repository behind nginx and the program that manages the store."""
import os
import shutil
import subprocess
import tempfile

from harness import ARCH, SystemTest, app_tree, program, tiny_runtime_tree, write

APP = "org.nacelle.test.App"
APP_REF = f"app/{APP}/{ARCH}/stable"
RUNTIME = "org.nacelle.test.Small"
RUNTIME_REF = f"runtime/{RUNTIME}/{ARCH}/1"


class Repository(SystemTest):
    """self.repo is served as the remote "test", which is signed by self.key; each case starts with an empty store and
    a repository that has version 1 (time 1000) of APP and RUNTIME."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.served = os.path.join(cls.root, "served")
        os.mkdir(cls.served)
        cls.server = cls.nginx(cls.served)
        cls.key = cls.gpg_key()
        cls.pristine = os.path.join(cls.root, "pristine")
        cls.publish_into(cls.pristine, RUNTIME_REF, cls.runtime_tree(), 1000)
        cls.publish_into(cls.pristine, APP_REF, cls.app_tree("version 1"), 1000)

    def setUp(self):
        super().setUp()
        self.repo = os.path.join(self.served, "repo")
        for folder in (self.repo, self.store):
            subprocess.run(["chmod", "-R", "u+rwX", folder], check=False, stderr=subprocess.DEVNULL)
            shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(self.pristine, self.repo, symlinks=True)

    # --- making bundles --------------------------------------------------------------------------------------------

    @classmethod
    def runtime_tree(cls):
        folder = tempfile.mkdtemp(prefix="tree", dir=cls.root)
        write(os.path.join(folder, "files/bin/sh"), "not a real one\n", 0o755)
        ref = RUNTIME_REF.split("/", 1)[1]
        write(os.path.join(folder, "metadata"), f"[Runtime]\nname={RUNTIME}\nruntime={ref}\nsdk={ref}\n")
        return folder

    @classmethod
    def app_tree(cls, text, app_id=APP, **options):
        folder = tempfile.mkdtemp(prefix="tree", dir=cls.root)
        files = {"share/version": text, "share/same": "the same in all versions\n" * 200}
        return app_tree(folder, app_id, runtime=RUNTIME, files=files, **options)

    @classmethod
    def publish_into(cls, repo, ref, tree, time, key="own"):
        """Returns the commit.  `key`: "own" (that of the remote), another key, or None for unsigned."""
        key = cls.key if key == "own" else key
        argv = [program("publish-tree"), repo, tree, ref, str(time)]
        if key:
            argv += [key.fingerprint, key.homedir]
        done = subprocess.run(argv, capture_output=True, text=True, timeout=60, check=False, stdin=subprocess.DEVNULL)
        if done.returncode != 0:
            raise AssertionError(f"{argv}: {done.stderr}")
        cls.age_summary(repo)
        return done.stdout.strip()

    @classmethod
    def age_summary(cls, repo):
        """nginx tells files apart by size and whole second; tests publish faster than that."""
        cls.n_summaries = getattr(cls, "n_summaries", 0) + 1
        for name in ("summary", "summary.sig"):
            path = os.path.join(repo, name)
            if os.path.exists(path):
                os.utime(path, (1700000000 + cls.n_summaries, 1700000000 + cls.n_summaries))

    def publish(self, text, time, key="own", repo=None, **options):
        return self.publish_into(repo or self.repo, APP_REF, self.app_tree(text, **options), time, key)

    def ostree(self, *args, repo=None, key="own"):
        """Run ostree on the repository; with "--gpg-sign" added unless `key` is None."""
        key = self.key if key == "own" else key
        signing = [f"--gpg-sign={key.fingerprint}", f"--gpg-homedir={key.homedir}"] if key else []
        return self.run_command(["ostree", f"--repo={repo or self.repo}", *args, *signing], check=True).out.strip()

    def raw_commit(self, tree, metadata=None, binding=APP_REF, xa_ref=APP_REF, time=2000, ref=APP_REF, key="own",
                   options=()):
        """A commit that publish_commit() would not make.  `metadata` None: no xa.metadata."""
        argv = ["commit", f"--branch={ref}", "--subject=raw", f"--timestamp=@{time}", "--owner-uid=0", "--owner-gid=0",
                "--no-xattrs", "--no-bindings", f"--tree=dir={tree}", *options]
        if metadata is not None:
            argv.append(f"--add-metadata-string=xa.metadata={metadata}")
        if xa_ref is not None:
            argv.append(f"--add-metadata-string=xa.ref={xa_ref}")
        if binding is not None:
            argv.append(f"--add-metadata=ostree.ref-binding=['{binding}']")
        commit = self.ostree(*argv, key=key)
        self.update_summary(key=key)
        return commit

    def update_summary(self, key="own"):
        for name in ("summary", "summary.sig"):
            path = os.path.join(self.repo, name)
            if os.path.exists(path):
                os.unlink(path)
        self.ostree("summary", "--update", key=key)
        self.age_summary(self.repo)

    @staticmethod
    def read(*parts):
        with open(os.path.join(*parts), encoding="utf-8") as f:
            return f.read()

    @staticmethod
    def read_bytes(path):
        with open(path, "rb") as f:
            return f.read()

    # --- the client --------------------------------------------------------------------------------------------------

    def manage(self, *args, **options):
        """A management verb of apprun."""
        return self.apprun(*args, **options)

    def add_remote(self, name="test", key="own", folder="repo", check=True):
        key = self.key if key == "own" else key
        options = ["--gpg-import", key.public] if key else ["--no-gpg-verify"]
        return self.manage("remote", "add", name, f"{self.server.url}/{folder}", *options, check=check)

    def install_app_from_remote(self, remote="test"):
        return self.manage("install", remote, APP, check=True)

    def deployed(self, ref=APP_REF):
        """The text of files/share/version of what is active; None when it is not installed."""
        active = os.path.join(self.store, ref, "active")
        if not os.path.lexists(active):
            return None
        with open(os.path.join(active, "files/share/version"), encoding="utf-8") as f:
            return f.read()

    def assertNothingDeployed(self, ref=APP_REF):
        self.assertFalse(os.path.lexists(os.path.join(self.store, ref, "active")))
        found = self.find_deployments(ref)
        self.assertEqual(found, [])
        staging = os.path.join(self.store, ".staging")
        self.assertEqual(os.listdir(staging) if os.path.isdir(staging) else [], [])

    def find_deployments(self, ref=APP_REF):
        folder = os.path.join(self.store, ref)
        return [n for n in os.listdir(folder) if len(n) == 64] if os.path.isdir(folder) else []

    def objects(self, suffix, repo=None):
        """Paths of all objects with that suffix, sorted."""
        found = []
        for folder, _, names in os.walk(os.path.join(repo or self.repo, "objects")):
            found += [os.path.join(folder, name) for name in names if name.endswith(suffix)]
        return sorted(found)
