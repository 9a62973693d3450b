# SPDX-License-Identifier: LGPL-2.1-or-later
"""Sources of type git, from git's own server and from plain files behind nginx, good ones and hostile ones."""
import hashlib
import json
import os
import shutil
import subprocess

from badserver import BadServer, plain
from gitserver import ENVIRONMENT, GitBackend, GitRepository
from harness import TINY, SystemTest, write

APP = "org.nacelle.test.Git"


def sha256(data):
    return hashlib.sha256(data).hexdigest()


class GitTest(SystemTest):
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
        os.makedirs(self.folder)
        self.install_tiny()
        shutil.rmtree(os.path.join(self.env["XDG_CACHE_HOME"], "nacelle"), ignore_errors=True)

    def repository(self, name="repo"):
        return GitRepository(os.path.join(self.site, self._testMethodName, name))

    def url(self, name="repo", way="git"):
        return "/".join(part for part in (self.server.url, way, self._testMethodName, name) if part)

    def path(self, *parts):
        return os.path.join(self.folder, *parts)

    def write_manifest(self, source):
        return write(self.path("m.json"), json.dumps({
            "id": APP, "runtime": TINY, "runtime-version": "1", "sdk": TINY, "command": "sh",
            "modules": [{"name": "m", "buildsystem": "simple", "build-commands": ["mkdir /app/out && cp -a . /app/out/"],
                         "sources": [{"type": "git", **source}]}]}))

    def fetch(self, **source):
        return self.appbuild("fetch", self.write_manifest(source))

    def build(self, *options, **source):
        return self.appbuild(self.write_manifest(source), "-o", self.path("out.app"), "--state-dir", self.path("state"), *options)

    def built(self):
        place = self.path("unpacked")
        shutil.rmtree(place, ignore_errors=True)
        self.run_command(["unsquashfs", "-q", "-n", "-d", place, self.path("out.app")], check=True)
        return os.path.join(place, "files", "out")

    def text(self, name):
        with open(os.path.join(self.built(), name), encoding="utf-8") as f:
            return f.read()

    def git_of_result(self, *args):
        return subprocess.check_output(["git", "-C", self.built(), *args], text=True, env=ENVIRONMENT).strip()


class Fetching(GitTest):
    def check_commits(self, way):
        repo = self.repository()
        first = repo.commit({"f": "one\n", "run": ("program", "x"), "l": ("link", "/etc/passwd"), "d": {"e": "deep"}})
        second = repo.commit({"f": "two\n"})
        for commit, text in ((first, "one\n"), (second, "two\n")):
            self.assertOk(self.build(url=self.url(way=way), commit=commit))
            self.assertEqual(self.text("f"), text)
        self.assertOk(self.build(url=self.url(way=way), commit=first))
        self.assertEqual(self.text("d/e"), "deep")
        self.assertEqual(os.readlink(os.path.join(self.built(), "l")), "/etc/passwd")
        self.assertTrue(os.access(os.path.join(self.built(), "run"), os.X_OK))
        wrong = first.replace(first[0], "0" if first[0] != "0" else "1")
        self.assertFails(self.build(url=self.url(way=way), commit=wrong), wrong)
        shutil.rmtree(repo.path)
        shutil.rmtree(self.path("state"))
        self.assertOk(self.build("--offline", url=self.url(way=way), commit=second))
        self.assertEqual(self.text("f"), "two\n")

    def test_commits(self):
        self.check_commits("git")

    def test_commits_of_an_old_server(self):
        """It gives no commit that no branch ends in, so all branches are fetched."""
        self.check_commits("old")

    def test_commits_of_plain_files(self):
        self.check_commits("")

    def test_only_what_is_wanted_comes(self):
        repo = self.repository()
        old = repo.commit({"big": "x" * 1000})
        commit = repo.commit({"f": "two\n"})
        self.assertOk(self.fetch(url=self.url(), commit=commit))
        have = subprocess.run(["git", "--git-dir", self.mirror(), "cat-file", "-e", old], env=ENVIRONMENT, check=False,
                              stderr=subprocess.DEVNULL)
        self.assertNotEqual(have.returncode, 0)
        self.assertOk(self.build(**{"url": self.url(), "commit": commit, "disable-shallow-clone": True}))
        self.assertEqual(self.git_of_result("rev-list", "HEAD").split(), [commit, old])

    def mirror(self):
        place = os.path.join(self.env["XDG_CACHE_HOME"], "nacelle", "git")
        names = [n for n in os.listdir(place) if not n.startswith(".")]
        self.assertEqual(len(names), 1)
        return os.path.join(place, names[0])

    def test_branch_is_resolved_and_said(self):
        repo = self.repository()
        repo.commit({"f": "main\n"})
        repo.commit({"f": "one\n"}, branch="feature/x")
        self.assertOk(self.build(url=self.url(), branch="feature/x"))
        self.assertEqual(self.text("f"), "one\n")
        resolved = shutil.copy(os.path.join(self.path("unpacked"), "files/manifest.json"), self.path("resolved.json"))
        commit = repo.commit({"f": "two\n"}, branch="feature/x")
        done = self.build(url=self.url(), branch="feature/x")
        self.assertOk(done)
        self.assertIn(commit, done.out)
        self.assertEqual(self.text("f"), "two\n")
        self.assertOk(self.appbuild(resolved, "-o", self.path("out.app"), "--state-dir", self.path("state")))
        self.assertEqual(self.text("f"), "one\n")    # the commit that it was, although the branch has gone on
        self.assertOk(self.build(url=self.url()))
        self.assertEqual(self.text("f"), "main\n")
        repo.commit({"f": "three\n"}, branch="feature/x")
        self.assertOk(self.build("--offline", url=self.url(), branch="feature/x"))
        self.assertEqual(self.text("f"), "two\n")
        self.assertFails(self.build(url=self.url(), branch="none"), "none")
        self.assertFails(self.build("--offline", url=self.url(), branch="main"), "offline")

    def test_tag_and_commit_belong_together(self):
        """A tag that was moved on the server is found out."""
        repo = self.repository()
        first = repo.commit({"f": "one\n"})
        repo.tag("v1")
        annotated = repo.tag("v2", annotated=True)
        self.assertOk(self.build(url=self.url(), tag="v1", commit=first))
        self.assertOk(self.build(url=self.url(), tag="v2", commit=first))
        self.assertOk(self.build(url=self.url(), tag="v2", commit=annotated))
        self.assertOk(self.build(url=self.url(), branch="v2"))
        self.assertEqual(self.git_of_result("rev-parse", "HEAD"), first)
        second = repo.commit({"f": "two\n"})
        repo.tag("v1", second)
        self.assertOk(self.build(url=self.url(), tag="v1", commit=first))
        shutil.rmtree(os.path.join(self.env["XDG_CACHE_HOME"], "nacelle"))
        self.assertFails(self.build(url=self.url(), tag="v1", commit=first), "v1", first, second)
        self.assertOk(self.build(url=self.url(), tag="v1", commit=second))
        self.assertFails(self.build(url=self.url(), tag="v1", commit=first), "v1", first, second)

    def test_part_of_an_id_is_refused(self):
        commit = self.repository().commit({"f": "one\n"})
        self.assertFails(self.build(url=self.url(), commit=commit[:12]), "whole commit")

    def test_repository_in_the_sources(self):
        repo = self.repository()
        commit = repo.commit({"f": "one\n", "d": {"x": "y"}})
        repo.tag("v1.2")
        self.assertOk(self.build(url=self.url(), tag="v1.2", commit=commit))
        self.assertEqual(self.git_of_result("describe", "--tags", "--dirty"), "v1.2")
        self.assertEqual(self.git_of_result("status", "--short"), "")
        self.assertFalse(os.path.exists(os.path.join(self.built(), ".git", "hooks")))

    def test_same_commit_is_not_built_again(self):
        repo = self.repository()
        commit = repo.commit({"f": "one\n"})
        self.assertOk(self.build(url=self.url(), commit=commit))
        done = self.build(url=self.url(), commit=commit)
        self.assertIn("0 modules built, 1 unchanged", done.out)

    def test_local_repository(self):
        repo = GitRepository(self.path("local"))
        commit = repo.commit({"f": "one\n"})
        self.assertOk(self.build(path="local", commit=commit))
        self.assertEqual(self.text("f"), "one\n")
        self.assertFails(self.build(path="nowhere", commit=commit), "nowhere")
        url = "file://" + self.path("local")
        self.assertOk(self.build(url=url, branch="main"))
        self.assertEqual(self.text("f"), "one\n")
        second = repo.commit({"f": "two\n"})
        self.assertOk(self.build("--offline", url=url, branch="main"))
        self.assertEqual(self.text("f"), "one\n")    # as it was fetched
        self.assertFails(self.build("--offline", url=url, branch="other"), "branch other .*not fetched")
        self.assertOk(self.build(url=url, branch="main"))
        self.assertEqual(self.text("f"), "two\n")
        repo.tag("v1", commit)
        self.assertOk(self.build(url=url, tag="v1", commit=commit))
        shutil.rmtree(os.path.join(self.env["XDG_CACHE_HOME"], "nacelle"))
        repo.tag("v1", second)
        self.assertFails(self.build(url=url, tag="v1", commit=commit), "v1", commit, second)
        os.rename(self.path("local"), self.path("a b%41?#"))
        shutil.rmtree(os.path.join(self.env["XDG_CACHE_HOME"], "nacelle"))
        self.assertOk(self.build(path="a b%41?#", commit=commit))

    def test_files_are_as_in_a_checkout(self):
        """Attributes that are for archives are not obeyed, those for line ends are."""
        repo = self.repository()
        commit = repo.commit({".gitattributes": "f export-ignore\ng export-subst\n*.bat text eol=crlf\n", "f": "f", "g": "$Format:%H$",
                              "x.bat": "a\nb\n"})
        self.assertOk(self.build(url=self.url(), commit=commit))
        self.assertEqual(self.text("f"), "f")
        self.assertEqual(self.text("g"), "$Format:%H$")
        with open(os.path.join(self.built(), "x.bat"), "rb") as f:
            self.assertEqual(f.read(), b"a\r\nb\r\n")

    def test_lfs(self):
        """Files that are pointers in the commit, from an LFS server that wants to hear a word of its own with each request."""
        server = BadServer()
        self.addCleanup(server.close)
        files = [b"one\n" * 1000, b"two\n"]
        pointers = [f"version https://git-lfs.github.com/spec/v1\noid sha256:{sha256(data)}\nsize {len(data)}\n" for data in files]
        objects = [{"oid": sha256(data), "size": len(data), "actions": {"download": {
            "href": f"{server.url}/{sha256(data)}", "header": {"X-Word": "please"}}}} for data in files]
        server.answers["/lfs/objects/batch"] = [plain(json.dumps({"objects": objects}).encode())]
        server.answers["/" + sha256(files[0])] = [plain(files[0])]
        commit = self.repository().commit({
            ".gitattributes": "*.bin filter=lfs export-ignore\n", ".lfsconfig": f"[lfs]\n\turl = {server.url}/lfs\n", "a.bin": pointers[0],
            "d": {"b.bin": pointers[1]}, "text": pointers[0], "c.bin": "never handed to LFS\n"})
        source = {"url": self.url(), "commit": commit}
        self.assertFails(self.build(**source), "LFS object", sha256(files[1])[:12], "404")
        server.answers["/" + sha256(files[1])] = [plain(files[1])]
        self.assertOk(self.build(**source))
        for name, text in (("a.bin", "one\n" * 1000), ("d/b.bin", "two\n"), ("text", pointers[0]), ("c.bin", "never handed to LFS\n")):
            self.assertEqual(self.text(name), text, name)
        posted = [body for path, headers, body in server.posts]
        self.assertEqual({o["oid"] for o in json.loads(posted[0])["objects"]}, {sha256(data) for data in files})
        self.assertEqual({headers.get("x-word") for path, headers in server.requests if "batch" not in path}, {"please"})
        shutil.rmtree(self.path("state"))
        server.answers.clear()
        self.assertOk(self.build("--offline", **source))
        self.assertEqual(self.text("a.bin"), "one\n" * 1000)
        self.assertOk(self.build(**{**source, "disable-lfs": True}))
        self.assertEqual(self.text("a.bin"), pointers[0])

    def test_lfs_beside_the_repository(self):
        pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{'a' * 64}\nsize 5\n"
        commit = self.repository().commit({".gitattributes": "*.bin filter=lfs\n", "a.bin": pointer})
        done = self.fetch(url=self.url(), commit=commit)
        self.assertFails(done, "kept by Git LFS", "disable-lfs", "/repo.git/info/lfs/objects/batch")
        for bad in ("file:///etc", "http://u:p@127.0.0.1/x", "ext::sh -c x"):
            commit = self.repository(sha256(bad.encode())[:8]).commit({
                ".gitattributes": "*.bin filter=lfs\n", "a.bin": pointer, ".lfsconfig": f"[lfs]\n\turl = {bad}\n"})
            self.assertFails(self.fetch(url=self.url(sha256(bad.encode())[:8]), commit=commit), "address")

    def test_lfs_of_a_repository_on_this_computer(self):
        """The objects that git-lfs has put into it, by their hash alone; nothing else that lies in their places."""
        data, oid = b"one\n" * 1000, sha256(b"one\n" * 1000)
        pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{oid}\nsize {len(data)}\n"
        repo = self.repository()
        commit = repo.commit({".gitattributes": "*.bin filter=lfs\n", "a.bin": pointer})
        source = {"path": repo.path, "commit": commit}
        place = os.path.join(repo.path, "lfs/objects", oid[:2], oid[2:4], oid)
        self.assertFails(self.build(**source), "has not got it", oid, "disable-lfs")
        outside = write(self.path("outside"), data.decode())
        os.makedirs(os.path.dirname(place))
        os.symlink(outside, place)
        self.assertFails(self.build(**source), "has not got it")
        for bad, reason in (("two\n" * 1000, "expected"), ("short", "is not the file of 4000 bytes")):
            os.unlink(place)
            write(place, bad)
            self.assertFails(self.build(**source), reason)
        write(place, data.decode())
        self.assertOk(self.build("--offline", **source))
        self.assertEqual(self.text("a.bin"), data.decode())

    def test_server_that_is_away(self):
        self.assertFails(self.build(url=self.url("none"), branch="main"), self.url("none"))

    def test_submodules(self):
        inner, middle, repo = self.repository("inner"), self.repository("group/middle"), self.repository()
        deep = inner.commit({"x": "inner\n"})
        mid = middle.commit({"y": "middle\n", "sub": {"in": ("commit", deep)},
                             ".gitmodules": '[submodule "i"]\n\tpath = sub/in\n\turl = ../../inner\n'})
        commit = repo.commit({
            "f": "one\n", "m": ("commit", mid), "unnamed": ("commit", mid), "left": ("commit", mid),
            ".gitmodules": f'[submodule "a b"]\n path = m\n url = {self.url("group/middle")}\n'
                           '[submodule "left"]\n path = left\n url = ../none\n update = none\n'})
        self.assertOk(self.build(url=self.url(), commit=commit))
        self.assertEqual(self.text("m/y"), "middle\n")
        self.assertEqual(self.text("m/sub/in/x"), "inner\n")
        self.assertEqual(os.listdir(os.path.join(self.built(), "unnamed")), [])
        shutil.rmtree(self.path("state"))
        self.assertOk(self.build("--offline", url=self.url(), commit=commit))
        self.assertEqual(self.text("m/sub/in/x"), "inner\n")
        self.assertOk(self.build(**{"url": self.url(), "commit": commit, "disable-submodules": True}))
        self.assertEqual(os.listdir(os.path.join(self.built(), "m")), [])


class Hostile(GitTest):
    def with_module(self, url, path="sub", **files):
        inner = self.repository("inner")
        other = inner.commit({"x": "inner\n"})
        repo = self.repository()
        return repo.commit({"f": "one\n", "sub": ("commit", other), **files,
                            ".gitmodules": f'[submodule "s"]\n\tpath = "{path}"\n\turl = "{url}"\n'})

    def test_submodule_that_is_a_good_one(self):
        commit = self.with_module("../inner")
        self.assertOk(self.build(url=self.url(), commit=commit))
        self.assertEqual(self.text("sub/x"), "inner\n")

    def test_CVE_2018_17456(self):
        """Addresses and paths of submodules that are options; other ways to make git run or read something."""
        canary = self.path("canary")
        for url in (f"--upload-pack=touch {canary}", "-u./x", f"ext::sh -c touch% {canary}", f"file://{self.site}",
                    self.site, "ssh://127.0.0.1/x", "git@127.0.0.1:x", "git://127.0.0.1/x", "http://u:p@127.0.0.1/x",
                    "http://127.0.0.1/x\\r", "../../../../../../../../etc", "./--upload-pack=touch", "http:///x"):
            with self.subTest(url):
                shutil.rmtree(os.path.join(self.site, self._testMethodName), ignore_errors=True)
                commit = self.with_module(url)
                self.assertFails(self.build(**{"url": self.url(), "commit": commit, "disable-fsckobjects": True}), "submodule")
                self.assertFails(self.build(url=self.url(), commit=commit))
        self.assertFalse(os.path.exists(canary))

    def test_CVE_2022_39253(self):
        """A local repository whose objects are links to files of the host."""
        secret = write(self.path("secret"), "canary of the host")
        repo = GitRepository(self.path("local"))
        commit = repo.commit({"f": "one\n"})
        oid = repo.blob("one\n")
        place = os.path.join(repo.path, "objects", oid[:2], oid[2:])
        self.assertOk(self.build(path="local", commit=commit))
        shutil.rmtree(os.path.join(self.env["XDG_CACHE_HOME"], "nacelle"))
        os.unlink(place)
        os.symlink(secret, place)
        self.assertFails(self.build(path="local", commit=commit))
        found = subprocess.run(["grep", "-rl", "canary of the host", self.env["XDG_CACHE_HOME"]], stdout=subprocess.PIPE, check=False)
        self.assertEqual(found.stdout, b"")

    def test_CVE_2024_32002(self):
        """A submodule below a link that leads into .git, under names that differ in case."""
        hook = "#!/bin/sh\ntouch " + self.path("canary") + "\n"
        inner = self.repository("inner")
        other = inner.commit({"hooks": {"post-checkout": ("program", hook)}})
        repo = self.repository()
        commit = repo.commit({"A": {"modules": {"x": ("commit", other)}}, "a": ("link", ".git"),
                              ".gitmodules": '[submodule "x/y"]\n\tpath = A/modules/x\n\turl = ../inner\n'})
        self.assertOk(self.build(url=self.url(), commit=commit))
        self.assertEqual(os.readlink(os.path.join(self.built(), "a")), ".git")
        self.assertTrue(os.path.exists(os.path.join(self.built(), "A/modules/x/hooks/post-checkout")))
        self.assertFalse(os.path.exists(os.path.join(self.built(), ".git", "modules")))
        self.assertFalse(os.path.exists(self.path("canary")))

    def test_CVE_2018_11235(self):
        """Names and paths of submodules that lead out of where they belong."""
        for path in ("../../sub", ".git/modules", "sub/../../x", "/tmp/x", "SUB/.GIT/x", "git~1"):
            with self.subTest(path):
                shutil.rmtree(os.path.join(self.site, self._testMethodName), ignore_errors=True)
                commit = self.with_module("../inner", path)
                self.assertFails(self.build(**{"url": self.url(), "commit": commit, "disable-fsckobjects": True}))

    def test_gitmodules_that_is_a_link(self):
        """CVE-2020-26233 and the like: what is read must be in the repository."""
        other = self.repository("inner").commit({"x": "inner\n"})
        repo = self.repository()
        commit = repo.commit({"m": '[submodule "s"]\n\tpath = sub\n\turl = ../inner\n', "sub": ("commit", other),
                              ".gitmodules": ("link", "m")})
        self.assertFails(self.build(**{"url": self.url(), "commit": commit, "disable-fsckobjects": True}), ".gitmodules")

    def test_names_that_git_keeps_for_itself(self):
        """CVE-2014-9390: a .git among the files, in any spelling."""
        for name in (".git", ".GIT", "git~1", ".g\u200cit", ".git ", ".git::$INDEX_ALLOCATION"):
            with self.subTest(name):
                shutil.rmtree(os.path.join(self.site, self._testMethodName), ignore_errors=True)
                commit = self.repository().commit({"f": "x", name: {"config": "[core]\n"}})
                self.assertFails(self.build(url=self.url(), commit=commit))
                self.assertFails(self.build(**{"url": self.url(), "commit": commit, "disable-fsckobjects": True}))

    def test_malformed_objects(self):
        repo = self.repository()
        for way in ("git", ""):
            with self.subTest(way):
                tree = repo.git("hash-object", "-t", "tree", "-w", "--literally", "--stdin",
                                data=b"100644 b\0" + bytes.fromhex(repo.blob("b")) + b"100644 a\0" + bytes.fromhex(repo.blob("a")))
                commit = repo.git("commit-tree", tree, "-m", way)
                repo.git("update-ref", "refs/heads/main", commit)
                repo.git("update-server-info")
                self.assertFails(self.build(url=self.url(way=way), commit=commit))
                self.assertOk(self.build(**{"url": self.url(way=way), "commit": commit, "disable-fsckobjects": True}))
                self.assertFails(self.build(url=self.url(way=way), commit=commit))

    def test_links_lead_nowhere(self):
        """A commit with a link and, by a malformed tree, a file below it."""
        outside = self.path("outside")
        os.makedirs(outside)
        repo = self.repository()
        inner = repo.tree({"x": "x"})
        raw = b"120000 d\0" + bytes.fromhex(repo.blob(outside)) + b"40000 d\0" + bytes.fromhex(inner)
        tree = repo.git("hash-object", "-t", "tree", "-w", "--literally", "--stdin", data=raw)
        commit = repo.git("commit-tree", tree, "-m", "x")
        repo.git("update-ref", "refs/heads/main", commit)
        self.build(**{"url": self.url(), "commit": commit, "disable-fsckobjects": True})
        self.assertEqual(os.listdir(outside), [])

    def test_tree_without_end(self):
        """A dozen objects that are a million million files."""
        repo = self.repository()
        tree = repo.tree({f"f{i}": "x" for i in range(10)})
        for _ in range(11):
            tree = repo.tree({f"d{i}": ("tree", tree) for i in range(10)})
        commit = repo.git("commit-tree", tree, "-m", "x")
        repo.git("update-ref", "refs/heads/main", commit)
        self.assertFails(self.build(url=self.url(), commit=commit), "more than 1000000 files")

    def test_hooks_filters_and_configuration(self):
        """Nothing of the repository, of the user or of the host makes git run something."""
        canary = self.path("canary")
        tool = write(self.path("tool"), f"#!/bin/sh\ntouch {canary}\ncat\n", 0o755)
        repo = GitRepository(self.path("local"))
        commit = repo.commit({".gitattributes": "* filter=evil diff=evil\n", "f": "one\n"})
        for name in ("post-checkout", "reference-transaction", "post-index-change", "pre-auto-gc"):
            write(os.path.join(repo.path, "hooks", name), f"#!/bin/sh\ntouch {canary}\n", 0o755)
        config = f'[filter "evil"]\n\tsmudge = {tool}\n\tclean = {tool}\n[core]\n\tfsmonitor = {tool}\n\tgitProxy = {tool}\n' \
                 f'[uploadpack]\n\tpackObjectsHook = {tool}\n[credential]\n\thelper = {tool}\n'
        with open(os.path.join(repo.path, "config"), "a", encoding="utf-8") as f:
            f.write(config)
        home = write(os.path.join(self.env["HOME"], ".gitconfig"), config)
        self.addCleanup(os.unlink, home)
        self.assertOk(self.appbuild(self.write_manifest({"path": "local", "commit": commit}), "-o", self.path("out.app"),
                                    "--state-dir", self.path("state"),
                                    env={"GIT_SSH_COMMAND": tool, "GIT_EXTERNAL_DIFF": tool, "GIT_CONFIG_COUNT": "1",
                                         "GIT_CONFIG_KEY_0": "core.hooksPath", "GIT_CONFIG_VALUE_0": os.path.join(repo.path, "hooks")}))
        self.assertEqual(self.text("f"), "one\n")
        self.assertFalse(os.path.exists(canary))

    def test_names_like_options(self):
        canary = self.path("canary")
        self.repository().commit({"f": "one\n"})
        for name in (f"--upload-pack=touch {canary}", "-x", "--output=x", "a..b", "a b", "x:refs/heads/y", "@{u}", "a.lock", "/x"):
            for key in ("branch", "tag"):
                with self.subTest(f"{key} {name}"):
                    self.assertFails(self.build(**{"url": self.url(), key: name}))
        self.assertFalse(os.path.exists(canary))

    def test_addresses(self):
        for url in ("ssh://127.0.0.1/x", "git://127.0.0.1/x", "ext::sh", "-x", "http://u:p@127.0.0.1/x", "/etc"):
            with self.subTest(url):
                self.assertFails(self.build(url=url, branch="main"), "m.json")
