# SPDX-License-Identifier: LGPL-2.1-or-later
"""appbuild end to end, on an SDK that is one static busybox: what is built again, what a failure shows, what a killed build
leaves, that the same manifest gives the same bytes, and that a build reaches nothing of the host."""
import glob
import json
import os
import re
import signal
import socket
import subprocess
import threading
import unittest

from harness import ARCH, TINY, SystemTest, command_line, descendants, sha256, time_limit, wait_until, write

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


class Help(SystemTest):
    def test_help_fits_a_screen(self):
        for arguments in (["--help"], *([verb, "--help"] for verb in ("build", "lock", "fetch", "check", "plan"))):
            result = self.assertOk(self.appbuild(*arguments))
            self.assertLessEqual(len(result.out.splitlines()), 24, arguments)
            self.assertLessEqual(max(map(len, result.out.splitlines())), 80, result.out)
            self.assertEqual(result.err, "")

    def test_version(self):
        self.assertRegex(self.assertOk(self.appbuild("--version")).out, r"^appbuild \d+\.\d+")


class Chain(BuildTest):
    def test_built_app_runs(self):
        self.assertOk(self.build(self.manifest(HELLO)))
        result = self.assertOk(self.apprun(os.path.join(self.folder, "out.app")))
        self.assertEqual(result.out, "hello from /app/bin/hello\n")

    def test_default_output_is_in_the_current_folder(self):
        manifest = self.manifest(HELLO)
        self.assertOk(self.appbuild(manifest, cwd=self.folder))
        self.assertOk(self.apprun(os.path.join(self.folder, f"{APP}.app")))
        states = glob.glob(os.path.join(self.env["XDG_CACHE_HOME"], "nacelle/build", f"{APP}-*"))
        self.assertEqual(len(states), 1)

    def test_install(self):
        self.assertOk(self.appbuild(self.manifest(HELLO), "--install", "--state-dir", self.state, cwd=self.folder))
        self.assertFalse(os.path.exists(os.path.join(self.folder, f"{APP}.app")))
        self.assertEqual(self.assertOk(self.apprun(APP)).out, "hello from /app/bin/hello\n")

    def test_publish(self):
        repo = os.path.join(self.folder, "repo")
        self.assertOk(self.appbuild(self.manifest(HELLO), "--repo", repo, "--state-dir", self.state, cwd=self.folder))
        refs = glob.glob(os.path.join(repo, "refs/heads/app", APP, ARCH, "*"))
        self.assertEqual(len(refs), 1)
        # An image made earlier is as good a source as the tree.
        self.assertOk(self.build(self.manifest(HELLO)))
        again = self.assertOk(self.build(self.manifest(HELLO), "--repo", repo))
        self.assertIn("0 modules built", again.out)
        self.assertIn("as commit", again.out)

    def test_sources_are_in_the_build_folder(self):
        write(os.path.join(self.folder, "tree/sub/a.txt"), "from a folder\n")
        write(os.path.join(self.folder, "b.txt"), "from a file\n")
        sources = [{"type": "dir", "path": "tree"}, {"type": "file", "path": "b.txt", "dest": "other"},
                   {"type": "script", "commands": ["echo run"], "dest-filename": "run.sh"}]
        show = module("show", "mkdir -p /app/share", "cat sub/a.txt other/b.txt > /app/share/all", "sh run.sh >> /app/share/all",
                      "pwd >> /app/share/all", sources=sources)
        self.assertOk(self.build(self.manifest(HELLO, show)))
        self.assertEqual(self.content("share/all"), "from a folder\nfrom a file\nrun\n/run/build/show\n")

    def test_exports_carry_the_id(self):
        share = "/app/share/applications"
        desktop = module("desktop", f"mkdir -p {share}", f"echo a > {share}/{APP}.desktop", f"echo b > {share}/firefox.desktop",
                         f"ln -s /etc/passwd {share}/{APP}.link.desktop")
        result = self.assertOk(self.build(self.manifest(HELLO, desktop)))
        self.assertRegex(result.err, "not exported: share/applications/firefox.desktop")
        exported = os.path.join(self.unpacked(), "export/share/applications")
        self.assertEqual(os.listdir(exported), [f"{APP}.desktop"])


class Cache(BuildTest):
    def marks(self):
        place = os.path.join(self.unpacked(), "files/marks")
        return {name: read(os.path.join(place, name)) for name in os.listdir(place)}

    def modules(self, change=""):
        return (HELLO, module("one", MARK + "one"), module("two", MARK + "two", change or "true"), module("three", MARK + "three"))

    def test_changed_module_and_later_ones_are_built_again(self):
        result = self.assertOk(self.build(self.manifest(*self.modules())))
        self.assertIn("4 modules built, 0 unchanged", result.out)
        first = self.marks()
        result = self.assertOk(self.build(self.manifest(*self.modules("echo changed"))))
        self.assertIn("2 modules built, 2 unchanged", result.out)
        second = self.marks()
        self.assertEqual(first["one"], second["one"])
        self.assertNotEqual(first["two"], second["two"])
        self.assertNotEqual(first["three"], second["three"])
        # And back: both states are kept.
        result = self.assertOk(self.build(self.manifest(*self.modules())))
        self.assertIn("0 modules built, 4 unchanged", result.out)
        self.assertEqual(self.marks(), first)

    def test_nothing_to_do_touches_nothing(self):
        manifest = self.manifest(*self.modules())
        self.assertOk(self.build(manifest))
        out = os.path.join(self.folder, "out.app")
        before = os.stat(out)
        result = self.assertOk(self.build(manifest))
        self.assertIn("0 modules built, 4 unchanged", result.out)
        self.assertIn("unchanged:", result.out)
        after = os.stat(out)
        self.assertEqual((before.st_ino, before.st_mtime_ns), (after.st_ino, after.st_mtime_ns))

    def test_manifests_that_share_a_state_folder_keep_their_images(self):
        manifest = self.manifest(*self.modules())
        other = self.manifest(HELLO, folder=os.path.join(self.folder, "other"), id=APP + ".Other")
        self.assertOk(self.build(manifest))
        self.assertOk(self.build(other))
        for i in range(2):
            self.assertNotIn("writing the image", self.assertOk(self.build(manifest)).out)
            self.assertNotIn("writing the image", self.assertOk(self.build(other)).out)

    def test_source_content_counts(self):
        source = write(os.path.join(self.folder, "a.txt"), "1")
        copy = module("copy", "mkdir -p /app/share && cp a.txt /app/share", sources=[{"type": "file", "path": "a.txt"}])
        manifest = self.manifest(HELLO, copy)
        self.assertOk(self.build(manifest))
        os.utime(source, (1, 1))                    # a new time is not a new content
        self.assertIn("0 modules built", self.assertOk(self.build(manifest)).out)
        write(source, "2")
        self.assertIn("1 module built, 1 unchanged", self.assertOk(self.build(manifest)).out)
        self.assertEqual(self.content("share/a.txt"), "2")

    def test_damaged_image_is_made_again(self):
        manifest = self.manifest(*self.modules())
        self.assertOk(self.build(manifest))
        good = sha256(os.path.join(self.folder, "out.app"))
        [image] = glob.glob(os.path.join(self.state, "images/*"))
        for path in (image, os.path.join(self.folder, "out.app")):
            with open(path, "r+b") as f:
                f.seek(200)
                f.write(b"damage")
        self.assertIn("0 modules built, 4 unchanged", self.assertOk(self.build(manifest)).out)
        self.assertEqual(sha256(os.path.join(self.folder, "out.app")), good)

    def test_another_sdk_builds_everything_again(self):
        manifest = self.manifest(HELLO)
        self.assertOk(self.build(manifest))
        self.install(self.tiny_runtime(branch="2"))
        other = self.manifest(HELLO, **{"runtime-version": "2"})
        self.assertIn("1 module built", self.assertOk(self.build(other)).out)


class Cleanup(BuildTest):
    def files(self):
        root = os.path.join(self.unpacked(), "files")
        return sorted(os.path.relpath(os.path.join(d, n), root) for d, names, leaves in os.walk(root) for n in leaves)

    def test_patterns_and_commands(self):
        first = module("first", "mkdir -p /app/include/sub /app/lib", "echo > /app/include/sub/a.h", "echo > /app/lib/a.la",
                       "echo > /app/lib/a.keep", cleanup=["*.drop"])
        second = module("second", "echo > /app/lib/b.drop", "echo > /app/lib/c.mine", cleanup=["*.mine", "*.keep"])
        self.assertOk(self.build(self.manifest(
            HELLO, first, second, cleanup=["/include", "*.la"],
            **{"cleanup-commands": ["echo > /app/lib/by-command", "test -e /app/include/sub/a.h"]})))
        # *.drop belongs to the first module, which made none; *.keep to the second, which didn't make a.keep.
        self.assertEqual(self.files(), ["bin/hello", "lib/a.keep", "lib/b.drop", "lib/by-command"])
        self.assertFalse(os.path.exists(os.path.join(self.unpacked(), "files/include")))

    def test_patterns_of_cached_modules_still_apply(self):
        trash = module("trash", "mkdir -p /app/lib", "echo > /app/lib/a.la")
        self.assertOk(self.build(self.manifest(HELLO, trash)))
        self.assertEqual(self.files(), ["bin/hello", "lib/a.la"])
        result = self.assertOk(self.build(self.manifest(HELLO, trash, cleanup=["*.la"])))
        self.assertIn("0 modules built", result.out)
        self.assertEqual(self.files(), ["bin/hello"])

    def test_failing_cleanup_command(self):
        manifest = self.manifest(HELLO, **{"cleanup-commands": ["echo reason; exit 5"]})
        self.assertFails(self.build(manifest), r"cleanup-commands\[1\]", "exit status 5", "reason", status=125)


class Failures(BuildTest):
    def test_failure_names_module_step_command_status_and_log(self):
        noise = "for i in $(seq 100); do echo line $i; done; echo on stderr >&2; exit 3"
        result = self.build(self.manifest(HELLO, module("broken", "true", noise)))
        log = os.path.join(self.state, "logs/broken.log")
        self.assertFails(result, "broken", r"build-commands\[2\]", re.escape("exit 3"), "exit status 3", "line 100", "on stderr",
                         re.escape(log), status=125)
        self.assertNotRegex(result.err, r"line 10\n")          # the end only
        self.assertIn("line 10\n", read(log))
        self.assertFalse(os.path.exists(os.path.join(self.folder, "out.app")))
        self.assertEqual(os.listdir(os.path.join(self.state, "logs")).count("hello.log"), 1)
        # What was finished stays finished.
        result = self.assertOk(self.build(self.manifest(HELLO, module("broken", "true"))))
        self.assertIn("1 module built, 1 unchanged", result.out)

    def test_output_is_shown_only_when_asked_for(self):
        manifest = self.manifest(HELLO, module("chatty", "echo from the build", "printf '\\033[31mred\\n'"))
        self.assertNotIn("from the build", self.assertOk(self.build(manifest)).out)
        manifest = self.manifest(HELLO, module("chatty", "echo from the build ", "printf '\\033[31mred\\n'"))
        result = self.assertOk(self.build(manifest, "-v"))
        self.assertIn("\nfrom the build\n", result.out)
        self.assertNotIn("\033[31m", result.out)

    def test_command_that_a_signal_ends(self):
        self.assertFails(self.build(self.manifest(module("victim", "kill -SEGV $$"))), "victim", "signal 11|status 139", status=125)

    def test_failed_build_leaves_no_work(self):
        self.assertFails(self.build(self.manifest(module("broken", "mkdir -p /app/a/b; chmod 0 /app/a; chmod 0 . ; exit 1"))))
        self.assertFalse(os.path.exists(os.path.join(self.state, "work")))

    def test_missing_runtime(self):
        result = self.build(self.manifest(HELLO, runtime="org.nacelle.test.Nowhere", sdk="org.nacelle.test.Nowhere"))
        self.assertFails(result, f"org.nacelle.test.Nowhere/{ARCH}/1", "install", status=125)

    def test_missing_command(self):
        self.assertFails(self.build(self.manifest(module("empty", "true"))), "command 'hello' does not exist", status=125)
        plain = module("plain", "mkdir -p /app/bin; echo > /app/bin/hello")
        self.assertFails(self.build(self.manifest(plain)), "not executable", status=125)
        # A command of the runtime will do.
        self.assertOk(self.build(self.manifest(module("empty", "true"), command="sh")))

    def test_socket_in_the_result(self):
        self.assertFails(self.build(self.manifest(HELLO, module("odd", "mkfifo /app/pipe"))), "'pipe'", "odd", status=125)

    def test_state_folder_must_be_ours(self):
        other = os.path.join(self.folder, "other")
        write(os.path.join(other, "work/precious"), "mine")
        result = self.appbuild(self.manifest(HELLO), "--state-dir", other, cwd=self.folder)
        self.assertFails(result, "is not empty", "--state-dir", status=125)
        self.assertEqual(os.listdir(other), ["work"])
        self.assertTrue(os.path.exists(os.path.join(other, "work/precious")))

    def test_bad_command_lines(self):
        manifest = self.manifest(HELLO)
        for arguments in ((), ("a", "b"), ("--no-such-option", manifest), (manifest, "-j", "-3"), (manifest, "-j", "x"),
                          (manifest, "--compression", "99"), (manifest, "--gpg-sign", "KEY"), ("no-such-file.yaml",),
                          ("build",), ("plan",), ("check",), ("lock",), ("fetch",), (manifest, "-o", "/no/such/folder/x.app"),
                          (self.folder,), ("/dev/null",), (manifest, "--arch", "../x"), (manifest, "--state-dir", "/proc")):
            with self.subTest(arguments=arguments):
                self.assertFails(self.appbuild(*arguments, cwd=self.folder), "^appbuild: |error: ")


class Killed(BuildTest):
    def slow(self):
        return self.manifest(HELLO, module("slow", "mkdir -p /app/lib; echo half > /app/lib/data; echo begun; "
                                           "test -e /app/lib/never || sleep 1000"))

    def begin(self, *options):
        log = os.path.join(self.state, "logs/slow.log")
        if os.path.exists(log):
            os.unlink(log)
        process = self.start([self.program("appbuild"), self.slow(), "-o", os.path.join(self.folder, "out.app"), "--state-dir",
                              self.state, *options])
        wait_until(lambda: os.path.exists(log) and "\nbegun" in read(log))
        return process

    def finish(self):
        """The same module with its sleep cut short: what the killed build left must not be taken for it."""
        result = self.assertOk(self.build(self.manifest(HELLO, module("slow", "mkdir -p /app/lib; test ! -e /app/lib/data; "
                                                                      "test ! -e /app/lib/data && echo whole > /app/lib/data"))))
        self.assertIn("1 module built, 1 unchanged", result.out)
        self.assertEqual(self.content("lib/data"), "whole\n")
        self.assertFalse(os.path.exists(os.path.join(self.state, "work")))
        self.assertEqual(sorted(n for n in os.listdir(self.folder) if "out" in n), ["out.app"])

    def test_sigkill(self):
        process = self.begin()
        process.send_signal(signal.SIGKILL)
        process.wait()
        self.assertNoProcesses()
        self.assertFalse(os.path.exists(os.path.join(self.folder, "out.app")))
        self.finish()

    def test_sigterm_and_sigint(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            with self.subTest(signal=number):
                process = self.begin()
                process.send_signal(number)
                self.assertEqual(process.wait(30), 125)
                self.assertNoProcesses()
                self.assertFalse(os.path.exists(os.path.join(self.state, "work")))
        self.finish()

    def test_two_builds_of_one_state_folder_take_turns(self):
        first = self.begin()
        outcome = []
        second = threading.Thread(target=lambda: outcome.append(self.build(self.manifest(HELLO))))
        second.start()
        second.join(2)
        self.assertTrue(second.is_alive())
        first.send_signal(signal.SIGTERM)
        second.join(60)
        self.assertOk(outcome[0])
        self.assertRegex(outcome[0].out, rf"waiting for appbuild \(process {first.pid}\)")


    @time_limit(300)
    def test_sigkill_at_any_moment(self):
        """Through fetching, building, caching, writing the image and delivering it: the next build is as good as a clean one."""
        write(os.path.join(self.folder, "data/big"), os.urandom(3 << 20))
        copy = module("copy", "mkdir -p /app/share; cp big /app/share/big", sources=[{"type": "dir", "path": "data"}])
        manifest = self.manifest(HELLO, copy, module("later", "cat /app/share/big /app/share/big > /app/share/twice"))
        clean = os.path.join(self.folder, "clean.app")
        self.assertOk(self.appbuild(manifest, "-o", clean, "--state-dir", os.path.join(self.folder, "clean")))
        for i in range(24):
            process = self.start([self.program("appbuild"), manifest, "-o", os.path.join(self.folder, "out.app"),
                                  "--state-dir", self.state])
            try:
                process.wait(0.02 + i * 0.015)
                self.run_command(["rm", "-rf", os.path.join(self.state, "images"), os.path.join(self.state, "cache"),
                                  os.path.join(self.state, "changes")], check=True)   # it was faster: begin anew
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGKILL)
                process.wait()
        self.assertNoProcesses()
        self.assertOk(self.build(manifest))
        self.assertEqual(sha256(os.path.join(self.folder, "out.app")), sha256(clean))
        self.assertFalse(os.path.exists(os.path.join(self.state, "work")))

    def test_image_server_of_the_sdk_is_killed(self):
        self.need_fuse()
        process = self.begin()
        servers = [pid for pid in descendants() if "image-server" in command_line(pid)]
        self.assertTrue(servers)
        for pid in servers:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        self.assertEqual(process.wait(30), 125)
        self.assertRegex(process.stderr.read().decode(), "slow")
        self.assertNoProcesses()
        self.finish()


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
            "ln -s a /app/share/link", "cp /app/share/id /app/share/x && ln /app/share/x /app/share/y", "chmod 4755 /app/share/x",
            "ls -la /app /app/share > /app/share/listing",
            sources=[{"type": "dir", "path": "tree", "dest": "tree"}])
        later = module("later", "ls -l /app/share /app/share/copied > /app/later")
        return HELLO, everything, later

    def build_in(self, name, *options, umask=0o022, env=None):
        folder = os.path.join(self.folder, name)
        for i in range(20):
            write(os.path.join(folder, f"tree/file{i}"), str(i))
        out = os.path.join(folder, "out.app")
        self.assertOk(self.appbuild(self.manifest(*self.modules(), folder=folder), "-o", out, "--state-dir", os.path.join(folder, "state"),
                                    *options, cwd=folder, umask=umask, env=env))
        return out

    def test_same_bytes_in_other_folders_with_other_jobs_and_umask(self):
        first = self.build_in("one", "-j", "1")
        second = self.build_in("quite/another/place", "-j", "4", umask=0o077, env={"LANG": "de_DE.UTF-8", "TZ": "Asia/Tokyo", "EXTRA": "1"})
        self.assertEqual(sha256(first), sha256(second))

    def test_same_bytes_from_the_cache(self):
        first = self.build_in("one")
        good = sha256(first)
        folder = os.path.dirname(first)
        # Only the last module is built on the restored tree.
        state = os.path.join(folder, "state")
        self.run_command(["rm", "-rf", os.path.join(state, "images"), first], check=True)
        manifest = self.manifest(*self.modules(), folder=folder, **{"cleanup": ["nothing"]})
        self.assertOk(self.appbuild(manifest, "-o", first, "--state-dir", state))
        self.assertEqual(sha256(first), good)
        changed = self.modules()[:2] + (module("later", "ls -l /app/share /app/share/copied  > /app/later"),)
        result = self.assertOk(self.appbuild(self.manifest(*changed, folder=folder), "-o", first, "--state-dir", state))
        self.assertIn("1 module built, 2 unchanged", result.out)
        self.assertEqual(sha256(first), good)

    def test_epoch_of_the_caller_is_used(self):
        self.assertOk(self.build(self.manifest(HELLO, module("time", "mkdir /app/x; echo $SOURCE_DATE_EPOCH > /app/x/epoch")),
                                 env={"SOURCE_DATE_EPOCH": "1234567890"}))
        self.assertEqual(self.content("x/epoch"), "1234567890\n")
        self.assertEqual(int(os.stat(os.path.join(self.unpacked(), "files/x/epoch")).st_mtime), 1234567890)


class Confined(BuildTest):
    def probe(self, *commands, **more):
        """Run commands in a build and return what they put into /app/result."""
        self.assertOk(self.build(self.manifest(HELLO, module("probe", *commands), **more)))
        return self.content("result")

    def test_no_network(self):
        server = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(server.close)
        port = server.getsockname()[1]
        result = self.probe(f"nc -w 2 127.0.0.1 {port} </dev/null >/dev/null 2>&1; echo $? > /app/result; "
                            "cut -d: -f1 /proc/net/dev | tail -n +3 | tr -d ' ' >> /app/result")
        self.assertEqual(result, "1\nlo\n")

    def test_nothing_of_the_host(self):
        canary = write(os.path.join(self.home, "canary"), "secret")
        result = self.probe(f"cat {canary} > /app/result 2>/dev/null; ls / > /app/result; "
                            "ls /run /run/build /home >> /app/result 2>/dev/null; ls /proc | grep -c '^[0-9]' >> /app/result; true")
        self.assertNotIn("secret", result)
        self.assertEqual(result.split("\n/run:")[0].split(), "app bin dev etc proc run tmp usr var".split())
        self.assertIn("/run/build:\nprobe\n", result)

    def test_no_privilege(self):
        result = self.probe("grep -E '^(Cap|NoNewPrivs|Seccomp:)' /proc/self/status > /app/result")
        self.assertEqual(set(re.findall(r"^Cap\w+:\t(\w+)$", result, re.MULTILINE)), {"0" * 16})
        self.assertIn("NoNewPrivs:\t1", result)
        self.assertIn("Seccomp:\t2", result)

    def test_usr_is_read_only(self):
        self.assertEqual(self.probe("touch /usr/bin/x 2> /app/result; true").strip().rsplit(": ", 1)[-1], "Read-only file system")

    def test_no_variable_of_the_caller(self):
        result = self.assertOk(self.build(self.manifest(HELLO, module("probe", "env > /app/result")),
                                          env={"LD_PRELOAD": "", "SECRET_TOKEN": "x", "PYTHONPATH": "/x"}))
        del result
        environment = self.content("result")
        self.assertNotRegex(environment, "SECRET_TOKEN|PYTHONPATH|" + re.escape(self.home))
        # CVE-2020-27348: an empty or relative element would be the current folder.
        for name in ("PATH", "LD_LIBRARY_PATH", "PKG_CONFIG_PATH"):
            found = re.search(rf"^{name}=(.*)$", environment, re.MULTILINE)
            if found:
                self.assertTrue(all(part.startswith("/") for part in found[1].split(":")), found[0])

    def test_cve_2022_21682_run_permissions_do_not_apply_to_the_build(self):
        canary = write(os.path.join(self.home, "canary"), "secret")
        more = {"finish-args": ["--filesystem=host", "--filesystem=home", "--share=network"]}
        steps = [f"cat {canary} > /app/result 2>&1; cut -d: -f1 /proc/net/dev | tail -n +3 | tr -d ' ' >> /app/result"]
        result = self.probe(*steps, **more, **{"cleanup-commands": [f"cat {canary} >> /app/result 2>&1; true"]})
        self.assertNotIn("secret", result)
        self.assertIn("lo\n", result)

    def test_cve_2024_23652_mount_points_replaced_by_links(self):
        victim = os.path.join(self.folder, "victim")
        write(os.path.join(victim, "precious"), "mine")
        replace = "for i in /app/etc /app/bin /app/share; do rm -rf $i; ln -s " + victim + " $i; done; "
        source = (f"cd /; rm -rf /run/build/evil 2>/dev/null; rm -rf /run/build/evil/*; "
                  f"ln -s {victim} /run/build/evil/.nacelle-sources; true")
        self.assertFails(self.build(self.manifest(HELLO, module("evil", replace + source))), "hello", status=125)
        self.assertEqual(os.listdir(victim), ["precious"])

    def test_links_in_the_tree_lead_no_host_step_out(self):
        outside = os.path.join(self.folder, "outside")
        write(os.path.join(outside, "applications", f"{APP}.desktop"), "canary", 0o600)
        evil = module("evil", f"ln -s {outside} /app/share; ln -s {outside} /app/lib; echo x > /app/top")
        self.assertOk(self.build(self.manifest(HELLO, evil, cleanup=["/share/applications", "/lib/*", "*.desktop"])))
        self.assertEqual(os.stat(os.path.join(outside, "applications", f"{APP}.desktop")).st_mode & 0o777, 0o600)
        with open(os.path.join(self.folder, "out.app"), "rb") as f:
            self.assertNotIn(b"canary", f.read())
        self.assertEqual(os.listdir(os.path.join(self.unpacked(), "export")), [])

    def test_module_names_that_are_paths(self):
        for name in ("../x", "/x", "", ".", "..", "a/b", "a\nb", "x" * 300):
            with self.subTest(name=name):
                self.assertFails(self.build(self.manifest(module(name, "true"))), "name", status=125)
                self.assertFalse(os.path.exists(self.state))

    def test_source_destinations_that_leave_the_source_folder(self):
        out = os.path.join(self.folder, "out")
        os.makedirs(out)
        write(os.path.join(self.folder, "a.txt"), "canary")
        os.makedirs(os.path.join(self.folder, "links"))
        os.symlink(out, os.path.join(self.folder, "links/d"))
        plain = {"type": "file", "path": "a.txt"}
        for sources in ([{**plain, "dest": "../../out"}], [{**plain, "dest": out}],
                        [{"type": "dir", "path": "links"}, {**plain, "dest": "d"}]):
            with self.subTest(sources=sources):
                self.assertFails(self.build(self.manifest(module("evil", "true", sources=sources))), status=125)
                self.assertEqual(os.listdir(out), [])
        self.assertOk(self.build(self.manifest(HELLO, module("good", "test -e sub/a.txt", sources=[{**plain, "dest": "sub"}]))))


if __name__ == "__main__":
    unittest.main()
