# SPDX-License-Identifier: LGPL-2.1-or-later
"""A build reaches nothing of the host, and the tree that it leaves leads no step of ours out of it."""
import os
import re
import socket
import unittest

from builds import APP, HELLO, BuildTest, module
from harness import write

VARIANTS = ("old-kernel", "asan")


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

    def test_cve_2019_8308_no_program_of_ours_can_be_opened_from_a_build(self):
        result = self.probe("ls -l /proc/*/exe > /app/result 2>/dev/null; for i in /proc/[0-9]*/exe; do "
                            "(echo evil >> $i) 2>/dev/null && echo WROTE $i >> /app/result; done; true")
        self.assertNotIn("WROTE", result)
        self.assertEqual({line.split(" -> ")[1] for line in result.splitlines() if " -> " in line}, {"/usr/bin/busybox"})

    def test_cve_2017_9780_modes_are_plain_in_the_image(self):
        self.assertOk(self.build(self.manifest(HELLO, module(
            "modes", "mkdir -p /app/open && chmod 1777 /app/open", "cp /usr/bin/busybox /app/suid && chmod 6755 /app/suid",
            "echo > /app/writable && chmod 666 /app/writable"))))
        # As it stands in the image: who unpacks it without privilege gets neither those bits nor what the umask takes.
        listed = self.run_command(["unsquashfs", "-ll", os.path.join(self.folder, "out.app")], check=True).out
        modes = {line.split()[-1].rsplit("/", 1)[1]: line.split()[0] for line in listed.splitlines() if "/files/" in line}
        self.assertEqual([modes[name] for name in ("open", "suid", "writable", "hello")],
                         ["drwxr-xr-x", "-rwxr-xr-x", "-rw-r--r--", "-rwxr-xr-x"])

    def test_cve_2024_27297_abstract_sockets_of_the_host_are_not_there(self):
        name = "nacelle-test-" + os.path.basename(self.root)
        server = socket.socket(socket.AF_UNIX)
        self.addCleanup(server.close)
        server.bind("\0" + name)
        server.listen()
        with open("/proc/net/unix", encoding="ascii", errors="replace") as f:
            self.assertIn(name, f.read())
        self.assertNotIn(name, self.probe("cat /proc/net/unix > /app/result"))

    def test_descriptors_of_the_caller_do_not_reach_a_build(self):
        fds = [os.open("/", os.O_RDONLY | os.O_DIRECTORY) for _ in range(5)]
        for fd in fds:
            self.addCleanup(os.close, fd)
        manifest = self.manifest(HELLO, module("probe", "ls /proc/self/fd > /app/result"))
        self.assertOk(self.build(manifest, pass_fds=fds))
        self.assertEqual(self.content("result").split(), ["0", "1", "2", "3"])   # 3: the folder that ls reads

    def test_source_names_are_no_shell_text(self):
        names = ["; touch canary;", "$(touch canary)", "`touch canary`", "a'b\"c", "-rf"]
        for name in names:
            write(os.path.join(self.folder, "odd", name), "x")
        sources = [{"type": "file", "path": os.path.join("odd", name)} for name in names]
        result = self.probe("ls -A | wc -l > /app/result", "test ! -e canary")
        self.assertEqual(result, "0\n")
        self.assertOk(self.build(self.manifest(HELLO, module("probe", "ls -A | wc -l > /app/result", "test ! -e canary", sources=sources))))
        self.assertEqual(self.content("result"), "5\n")
        self.assertFalse(os.path.exists(os.path.join(self.folder, "canary")))

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
