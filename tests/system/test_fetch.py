# SPDX-License-Identifier: LGPL-2.1-or-later
"""appbuild fetch against servers that misbehave, and how it is seen by people and by programs."""
import glob
import gzip
import hashlib
import json
import os
import re
import shutil
import socket
import subprocess
import threading
import time

from badserver import BadServer, cut, drip, gated, plain, proxy, redirect, stall, status
from gitserver import GitBackend, GitRepository
from harness import SystemTest, program, program_path, wait_until, write
from screen import Screen

DATA = hashlib.shake_256(b"data").digest(200_000)
OTHER = hashlib.shake_256(b"other").digest(200_000)


def sha256(data):
    return hashlib.sha256(data).hexdigest()


class FetchTest(SystemTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.update(no_proxy="127.0.0.1", NO_PROXY="127.0.0.1", NACELLE_FETCH_ATTEMPTS="2")
        cls.env.pop("NACELLE_MIRROR", None)
        cls.server = BadServer()
        cls.addClassCleanup(cls.server.close)

    def setUp(self):
        shutil.rmtree(self.downloads, ignore_errors=True)
        self.path = "/" + self._testMethodName
        self.url = self.server.url + self.path
        self.server.requests.clear()
        self.server.answers.clear()
        self.server.stalled.clear()

    @property
    def downloads(self):
        return os.path.join(self.env["XDG_CACHE_HOME"], "nacelle", "downloads")

    def file(self, data=DATA, url=None, **keys):
        keys = keys if any(name in keys for name in ("md5", "sha512")) else {"sha256": sha256(data), **keys}
        return {"type": "file", "url": url or self.url, **keys}

    def manifest(self, *sources):
        return write(os.path.join(self.work, self._testMethodName + ".json"), json.dumps({
            "id": "org.nacelle.test.Fetch", "runtime": "org.nacelle.test.Tiny", "sdk": "org.nacelle.test.Tiny",
            "runtime-version": "1", "command": "sh",
            "modules": [{"name": "m", "buildsystem": "simple", "sources": list(sources) or [self.file()]}]}, indent=1))

    def fetch(self, *sources, options=(), **env):
        return self.appbuild("fetch", *options, self.manifest(*sources), env=env)

    def serve(self, *answers):
        self.server.answers[self.path] = list(answers)

    def asked(self, header="range"):
        return [headers.get(header) for path, headers in self.server.requests if path == self.path]

    def kept(self):
        """What is in the cache of downloads."""
        return sorted(n for n in os.listdir(self.downloads) if n != ".lock")

    def put_part(self, data, version=None, url=None):
        ending = f"{sha256(DATA)}-{sha256((url or self.url).encode())[:16]}"
        write(os.path.join(self.downloads, ".part-" + ending), data)
        if version:
            write(os.path.join(self.downloads, ".from-" + ending), version)

    def assertCached(self, data=DATA):
        with open(os.path.join(self.downloads, sha256(data)), "rb") as f:
            self.assertEqual(sha256(f.read()), sha256(data))


class Broken(FetchTest):
    """Servers and lines that break."""

    def test_truncated_file_continues(self):
        self.serve(cut(DATA, 1000, ETag='"v1"'), plain(DATA, etag='"v1"'))
        self.assertOk(self.fetch())
        self.assertCached()
        self.assertEqual(self.asked(), [None, "bytes=1000-"])
        self.assertEqual(self.asked("if-range"), [None, '"v1"'])
        self.assertEqual(self.kept(), [sha256(DATA)])

    def test_server_without_ranges_begins_again(self):
        self.serve(cut(DATA, 1000), plain(DATA, ranges=False))
        self.assertOk(self.fetch())
        self.assertCached()
        self.assertEqual(len(self.server.requests), 2)

    def test_file_that_changed_between_two_attempts(self):
        self.serve(cut(OTHER, 1000, ETag='"v1"'), plain(DATA, etag='"v2"'))
        self.assertOk(self.fetch())
        self.assertCached()
        self.assertEqual(len(self.server.requests), 2)

    def test_file_that_changed_on_a_server_that_says_no_version(self):
        self.serve(cut(OTHER, 1000), plain(DATA))
        self.assertOk(self.fetch())
        self.assertCached()
        self.assertEqual(self.asked(), [None, "bytes=1000-", None])

    def test_stall(self):
        self.serve(stall(DATA, 1000))
        self.assertFails(self.fetch(NACELLE_FETCH_STALL="0.3", NACELLE_FETCH_ATTEMPTS="1"), "no byte came for 0.3 seconds")
        self.serve(stall(DATA, 1000), plain(DATA))
        self.assertOk(self.fetch(NACELLE_FETCH_STALL="2", NACELLE_FETCH_ATTEMPTS="8"))
        self.assertCached()
        self.assertFails(self.fetch(self.file(OTHER), NACELLE_FETCH_STALL="soon"), "NACELLE_FETCH_STALL=soon")

    def test_slow_is_not_stalled(self):
        """All of it takes longer than the limit, each byte does not."""
        self.serve(drip(b"slow" * 10, 0.05))
        self.assertOk(self.fetch(self.file(b"slow" * 10), NACELLE_FETCH_STALL="1.5", NACELLE_FETCH_ATTEMPTS="4"))

    def test_length_that_is_too_short(self):
        self.serve(cut(DATA, len(DATA), length=len(DATA) - 100))
        self.assertFails(self.fetch(), sha256(DATA), sha256(DATA[:-100]))
        self.assertEqual(self.kept(), [])

    def test_nothing_more_to_range(self):
        """416: what is there is either all, or was never a beginning of the file."""
        self.serve(plain(DATA))
        for part in (DATA, OTHER, DATA + b"x"):
            self.put_part(part)
            self.assertOk(self.fetch())
            self.assertCached()
            self.assertEqual(self.kept(), [sha256(DATA)])
            shutil.rmtree(self.downloads)

    def test_wrong_hash_shows_both_and_keeps_nothing(self):
        self.serve(plain(OTHER))
        self.assertFails(self.fetch(), sha256(DATA), sha256(OTHER))
        self.assertEqual(self.kept(), [])

    def test_compressed_on_the_way(self):
        packed = gzip.compress(DATA, mtime=0)
        self.serve(plain(packed, ranges=False, **{"Content-Encoding": "gzip"}))
        self.assertOk(self.fetch())          # the server compressed the file
        self.assertCached()
        self.assertOk(self.fetch(self.file(packed)))      # it says so of a file that is a .gz
        self.assertCached(packed)
        self.assertFails(self.fetch(self.file(OTHER)), sha256(DATA))

    def test_busy_server(self):
        self.serve(status(503, Retry_After="1"), plain(DATA))
        done = self.fetch()
        self.assertOk(done)
        self.assertIn("503; trying again", done.out)

    def test_real_ranges(self):
        site = os.path.join(self.work, "site")
        write(os.path.join(site, "file"), DATA)
        nginx = self.nginx(site, "etag on;")
        tag = f'"{int(os.stat(os.path.join(site, "file")).st_mtime):x}-{len(DATA):x}"'
        for version, line in ((tag, f" 206 {len(DATA) - 1000} "), ('"old"', f" 200 {len(DATA)} ")):
            self.put_part(DATA[:1000], version, nginx.url + "/file")
            self.assertOk(self.fetch(self.file(url=nginx.url + "/file")))
            self.assertCached()
            wait_until(lambda wanted=line: any(wanted in r for r in nginx.requests()), 30)
            shutil.rmtree(self.downloads)


class Addresses(FetchTest):
    def test_redirects(self):
        self.serve(redirect(self.url))
        self.assertFails(self.fetch(), "redirects")
        for bad in ("file:///etc/passwd", "ftp://127.0.0.1/x", "gopher://127.0.0.1/x"):
            self.serve(redirect(bad))
            self.assertFails(self.fetch(), "neither http:// nor https://")
        self.serve(redirect("/there"))
        self.server.answers["/there"] = [plain(DATA)]
        self.assertOk(self.fetch())

    def test_mirrors_in_their_order(self):
        mirrors = [self.server.url + name for name in ("/one", "/two", "/three")]
        self.server.answers.update({"/one": [plain(OTHER)], "/two": [plain(DATA)], "/three": [plain(DATA)]})
        self.assertOk(self.fetch(self.file(**{"mirror-urls": mirrors, "referer": "http://example.org/from"})))
        self.assertEqual([path for path, _ in self.server.requests], [self.path, "/one", "/two"])
        self.assertEqual({headers.get("referer") for _, headers in self.server.requests}, {"http://example.org/from"})
        self.assertEqual(self.kept(), [sha256(DATA)])
        # Two sources that are the same file have each other's addresses.
        self.server.answers["/same"] = [plain(b"same")]
        self.assertOk(self.fetch(*(self.file(b"same", url=self.server.url + name) for name in ("/none", "/same"))))
        done = self.fetch(self.file(OTHER + b"x", **{"mirror-urls": mirrors[1:2]}))
        self.assertFails(done, r"404 \(not found\); from .*/two", sha256(DATA), sha256(OTHER + b"x"))

    def test_secure_to_plain(self):
        """A way that anybody may change is only gone for a hash that nobody can forge."""
        keys = os.path.join(self.work, "tls.pem")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj",
                        "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-days", "30", "-keyout", keys, "-out", keys + ".crt"],
                       check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        with open(keys, "a", encoding="ascii") as out, open(keys + ".crt", encoding="ascii") as f:
            out.write(f.read())
        secure = BadServer(keys)
        self.addCleanup(secure.close)
        secure.answers.update({"/away": [redirect(self.url)], "/here": [plain(OTHER)]})
        self.serve(plain(DATA))
        trusted = {"SSL_CERT_FILE": keys + ".crt"}
        weak = self.file(url=secure.url + "/away", md5=hashlib.md5(DATA).hexdigest())
        self.assertFails(self.fetch(weak, **trusted), "from https to http", "sha256 or sha512")
        self.assertEqual(self.server.requests, [])
        self.assertOk(self.fetch(self.file(url=secure.url + "/away"), **trusted))
        self.assertOk(self.fetch(self.file(OTHER, url=secure.url + "/here"), **trusted))
        shutil.rmtree(self.downloads)
        sources = [self.file(data, url=secure.url + "/here") for data in (b"a", b"b", b"c")]
        done = self.fetch(*sources, SSL_CERT_FILE=None)
        self.assertFails(done, "Cannot fetch 3 sources from 127.0.0.1:[0-9]+: SSL certificate problem")
        self.assertEqual(done.err.count("SSL certificate"), 1)

    def test_hosts_that_cannot_be_reached(self):
        """One sentence a host."""
        sources = []
        for host in "ab":
            nobody = socket.socket()
            self.addCleanup(nobody.close)
            nobody.bind(("127.0.0.1", 0))
            url = f"http://127.0.0.1:{nobody.getsockname()[1]}/"
            sources += [self.file(f"{host}{i}".encode(), url=url + f"file{i}") for i in range(6)]
        self.serve(plain(DATA))
        done = self.fetch(*sources, self.file(), NACELLE_FETCH_ATTEMPTS="1")
        self.assertFails(done, "12 sources could not be fetched", "They are file0, file1, file2, file3 and 2 more")
        self.assertEqual(done.err.count("Cannot fetch 6 sources from 127.0.0.1"), 2)
        self.assertEqual(len(done.err.splitlines()), 3)
        self.assertCached()

    def test_all_failures_are_told_and_the_rest_is_fetched(self):
        self.serve(plain(DATA))
        done = self.fetch(self.file(b"a", url=self.server.url + "/none"), self.file(OTHER), self.file(), {
            "type": "git", "url": self.server.url + "/none.git", "commit": "a" * 40})
        self.assertFails(done, "3 sources could not be fetched:", r"json:\d+: Cannot fetch none .*404", sha256(OTHER),
                         r"json:\d+: Cannot fetch the commit")
        self.assertCached()


class Repositories(FetchTest):
    def test_bazaar(self):
        site = os.path.join(self.work, "bazaar")
        branch = os.path.join(site, "branch")
        write(os.path.join(branch, "f"), "one\n")
        nginx = self.nginx(site)
        for command in ("init -q", "add -q", "commit -q -m x"):
            subprocess.run([program_path("brz"), *command.split()], check=True, cwd=branch, stdin=subprocess.DEVNULL,
                           env={"PATH": self.env["PATH"], "HOME": self.home, "BRZ_HOME": self.home, "BRZ_EMAIL": "T <t@example.org>"})
        self.assertOk(self.fetch({"type": "bzr", "url": nginx.url + "/branch", "revision": "1"}))
        kept = glob.glob(os.path.join(os.path.dirname(self.downloads), "vcs/*/f"))
        self.assertEqual([open(path, encoding="ascii").read() for path in kept], ["one\n"])
        done = self.fetch({"type": "bzr", "url": nginx.url + "/branch"}, {"type": "bzr", "url": nginx.url + "/none", "revision": "1"})
        self.assertFails(done, "Cannot fetch http.*/none")
        self.assertIn("/branch is at revision 1", done.out)

    def test_cut_off_repository(self):
        """The pack ends early, then comes whole; through git's own server."""
        top = os.path.join(self.work, "git")
        os.makedirs(top)
        commit = GitRepository(os.path.join(top, "r.git")).commit({"f": DATA.hex()})
        backend = GitBackend(top, os.path.join(self.root, "fcgi"))
        self.addCleanup(backend.close)
        nginx = self.nginx(top, backend.locations)
        wait_until(lambda: os.path.exists(os.path.join(self.root, "fcgi", "s")), 30)
        source = {"type": "git", "url": self.server.url + "/git/r.git", "commit": commit}
        pack = "/git/r.git/git-upload-pack"
        # The first two requests for the pack negotiate, or are the only one: both are cut.
        self.server.answers.update({"*": [proxy(nginx.url)], pack: [proxy(nginx.url, 200)]})
        self.assertFails(self.fetch(source), "Cannot fetch the commit")
        self.assertFails(self.fetch(source, options=("--json",), NACELLE_FETCH_ATTEMPTS="1"), "Cannot fetch the commit")
        # What a killed git leaves is not in the way.
        mirror = glob.glob(os.path.join(os.path.dirname(self.downloads), "git/*"))[0]
        leavings = [os.path.join(mirror, name) for name in ("shallow.lock", "HEAD.lock", "objects/pack/tmp_pack_x")]
        for path in leavings:
            write(path, "")
        self.server.answers[pack] = [proxy(nginx.url, 200), proxy(nginx.url)]
        self.assertOk(self.fetch(source))
        self.assertEqual([path for path in leavings if os.path.exists(path)], [])


class Cache(FetchTest):
    def test_gc_goes_by_the_last_use(self):
        sources = [self.file(data, url=self.server.url + "/" + data.decode()) for data in (b"used", b"old")]
        self.server.answers.update({"/used": [plain(b"used")], "/old": [plain(b"old")]})
        self.assertOk(self.fetch(*sources))
        self.put_part(b"part", "version")
        for name in self.kept():
            os.utime(os.path.join(self.downloads, name), (time.time() - 8 * 86400,) * 2)
        self.assertOk(self.fetch(sources[0]))
        self.assertOk(self.appbuild("gc"))
        self.assertEqual(self.kept(), sorted([sha256(b"used"), sha256(b"old")]))
        self.assertOk(self.appbuild("gc", "--older-than", "3"))
        self.assertEqual(self.kept(), [sha256(b"used")])
        self.assertFails(self.appbuild("gc", "--older-than", "-3"), "number of days")

    def test_offline_names_all_that_is_missing(self):
        names = ("one", "two")
        sources = [self.file(name.encode(), url=f"{self.server.url}/{name}") for name in names]
        sources.append({"type": "git", "url": self.server.url + "/none.git", "commit": "a" * 40})
        done = self.appbuild("bundle-sources", "--offline", self.manifest(*sources), os.path.join(self.work, "bundle"))
        self.assertFails(done, "3 sources could not be fetched", r"json:\d+: one is not in the download cache",
                         r"json:\d+: two is not in the download cache", r"none.git was not fetched")
        self.assertEqual(self.server.requests, [])


class Seen(FetchTest):
    def test_events(self):
        self.serve(plain(DATA))
        done = self.fetch(self.file(b"a", url=self.server.url + "/none"), self.file(), options=("--json",))
        self.assertFails(done, "Cannot fetch none")
        events = [json.loads(line) for line in done.out.splitlines()]
        name = self.path[1:]
        self.assertIn({"event": "start", "name": name, "url": self.url}, events)
        self.assertIn({"event": "done", "name": name, "size": len(DATA)}, events)
        failed = [e for e in events if e["event"] == "failed"]
        self.assertEqual([e["name"] for e in failed], ["none"])
        self.assertIn("404", failed[0]["reason"])
        self.assertLessEqual({e["event"] for e in events}, {"start", "progress", "done", "failed", "note"})

    def bars(self, columns, text, **env):
        """A fetch of which half has come, on a terminal."""
        self.serve(stall(DATA, 100_000))
        term = self.terminal([program("appbuild"), "fetch", self.manifest()],
                             env={"TERM": "xterm", "NACELLE_FETCH_STALL": "600", **env}, columns=columns)
        term.expect(text, 60)
        return term

    def screen(self, term, columns):
        return Screen(columns).feed(term.raw.decode()).lines

    def test_bars(self):
        term = self.bars(80, "50% of 200.0 kB  test_bars")
        self.assertEqual(self.screen(term, 80), [
            "[....................]   0% org.nacelle.test.Fetch: fetching sources",
            "  [##########..........]  50% of 200.0 kB  test_bars"])
        term.send("\x03")
        self.assertEqual(term.wait(), 130)
        self.assertEqual(self.screen(term, 80), [])
        # What came is not asked for again.
        self.serve(plain(DATA))
        self.assertOk(self.fetch())
        self.assertEqual(self.asked()[-1], "bytes=100000-")

    def test_narrow_window(self):
        term = self.bars(20, "50% test_narrow_")
        self.assertEqual(self.screen(term, 20), ["  0% fetching sou", " 50% test_narrow_"])
        term.send("\x03")
        self.assertEqual(term.wait(), 130)
        self.assertEqual(self.screen(term, 20), [])

    def test_terminals_without_movement(self):
        term = self.bars(80, "fetching test_terminals_without_movement", TERM="dumb")
        term.send("\x03")
        self.assertEqual(term.wait(), 130)
        self.assertNotIn(b"\x1b", term.raw)
        term = self.bars(80, "50% of 200.0 kB", NO_COLOR="1")
        term.send("\x03")
        self.assertEqual(term.wait(), 130)
        self.assertIsNone(re.search(rb"\x1b\[[0-9;]*m", term.raw))

    def test_two_fetch_the_same_file(self):
        """The second waits for the first, and takes what that has brought."""
        gate = threading.Event()
        self.addCleanup(gate.set)
        self.serve(gated(DATA, gate))
        argv = [program("appbuild"), "fetch", self.manifest()]
        patient = {"NACELLE_FETCH_STALL": "600"}
        first = self.start(argv, env=patient)
        self.assertTrue(self.server.stalled.wait(60))
        second = self.start(argv, env=patient)
        self.assertIn(b"waiting for", second.stdout.readline())
        gate.set()
        for process in (first, second):
            _, err = process.communicate(timeout=60)
            self.assertEqual(process.returncode, 0, err)
        self.assertEqual(len(self.server.requests), 1)
        self.assertCached()
