# SPDX-License-Identifier: LGPL-2.1-or-later
"""appbox(1) has a line for each job of unshare(1).  Both are run as they stand there, and do the same.  Those beside firejail(1) are run
alone: it is a program of root's."""
import os
import shutil

from harness import SOURCE, SystemTest, find_busybox, program

VARIANTS = ("old-kernel",)
OLD = os.environ.get("NACELLE_TEST_VARIANT") == "old-kernel"

# Of the lines beside firejail's, by its first option: status, output, and what is on standard error.
FIREJAIL = {
    "blacklist": (0, r"0 /etc/passwd\n", ""), "read-only": (1, "", "Read-only file system"), "noexec": (1, "", "Permission denied"),
    "whitelist": (0, "bin\n", ""), "private-dev": (0, r"/dev/shm:\n\n/tmp:\n", ""), "dns": (0, r"nameserver 192\.0\.2\.1\n", ""),
    "machine-id": (0, "1\n", ""), "net": (0, r"[\s\S]* lo\n[\s\S]*", ""), "seccomp": (1, "", "Operation not permitted"),
    "seccomp.drop": (1, "", "Operation not permitted"),
    "protocol": (1, "", "Address family not supported"), "memory-deny-write-execute": (1, "", "PermissionError"),
    "restrict-namespaces": (1, "", "Operation not permitted"), "caps.keep": (0, r"CapEff:\s0*2000\n", ""),
    "nice": (0, r"19\n1000\n", ""), "rlimit-nofile": (0, "50\n", ""), "env": (0, "b\n", ""), "timeout": (0, "done\n", ""),
}


def lines_of_the_manual(program_name="unshare"):
    """Pairs of command lines: theirs, and ours."""
    with open(os.path.join(SOURCE, "man", "appbox.1"), encoding="utf-8") as f:
        text = f.read().split(f".Ss What {program_name}(1) does\n")[1].split("\n.El")[0]
    pairs, theirs = [], None
    for line in text.replace("\\-", "-").replace("\\(aq", "'").replace("\\(dq", '"').splitlines():
        if line.startswith(".It Li "):
            theirs = line[len(".It Li "):]
        elif line.startswith(".Dl "):
            pairs.append((theirs, line[len(".Dl "):]))
    return pairs


class Manual(SystemTest):
    def root_folder(self):
        root = self._folder("work/root", 0o755)
        for name in ("bin", "srv", "proc"):
            self._folder(f"work/root/{name}", 0o755)
        shutil.copy(find_busybox(), f"{root}/bin/busybox")
        if not os.path.lexists(f"{root}/bin/pwd"):
            os.symlink("busybox", f"{root}/bin/pwd")
        return root

    def test_what_unshare_does(self):
        pairs = lines_of_the_manual()
        self.assertGreater(len(pairs), 12)
        path = os.path.dirname(program("appbox")) + ":/usr/bin:/bin:/usr/sbin:/sbin"
        root = self.root_folder()
        for pair in pairs:
            if "--time" in pair[0] and not os.path.exists("/proc/self/ns/time"):
                continue        # Linux 5.6
            results = [self.run_command(["/bin/bash", "-c", line.replace("/srv/root", root)], env={"PATH": path})
                       for line in pair]
            with self.subTest(pair=pair):
                if "--time" in pair[0] and OLD:
                    self.assertFails(results[1], "this kernel has no time namespaces", status=1)
                    continue
                self.assertEqual(results[0].err, "")
                self.assertEqual((results[1].status, results[1].out), (results[0].status, results[0].out), str(results[1]))

    def test_what_firejail_does(self):
        path = os.path.dirname(program("appbox")) + ":/usr/bin:/bin:/usr/sbin:/sbin"
        root = self.root_folder()
        tried = set()
        for theirs, ours in lines_of_the_manual("firejail"):
            name = theirs.split()[1].lstrip("-").split("=")[0]
            result = self.run_command(["/bin/bash", "-c", ours.replace("/srv/root", root)], env={"PATH": path})
            status, out, err = FIREJAIL[name]
            with self.subTest(line=ours):
                self.assertEqual(result.status, status, str(result))
                self.assertRegex(result.out, rf"\A(?:{out})\Z", str(result))
                self.assertRegex(result.err, err or r"\A\Z", str(result))
            tried.add(name)
        self.assertEqual(tried, set(FIREJAIL))

    def test_every_option_is_in_the_manual(self):
        with open(os.path.join(SOURCE, "man", "appbox.1"), encoding="utf-8") as f:
            manual = f.read().replace("\\-", "-")
        options = [line.split()[0] for line in self.run_command([program("appbox"), "--help"]).out.splitlines() if line.startswith("    --")]
        self.assertGreater(len(options), 60)
        theirs, ours = self.run_command([program("appbox"), "--help"]).out.split("\nBeyond bubblewrap:\n")
        for option in ("--time-offset", "--landlock", "--limit", "--net=pasta", "--explain", "--plan-out", "--plan-in"):
            self.assertIn(f"\n    {option} ", "\n" + ours)
        for option in ("--bind", "--seccomp", "--json-status-fd", "--as-pid-1"):
            self.assertIn(f"\n    {option} ", theirs)
        for option in options:
            name = option[:-len("-try")] if option.endswith("-try") else option
            self.assertRegex(manual, rf"{name}(?![a-z-])", option)

    def test_completion(self):
        """bash offers what --help lists, and files where an option takes one."""
        script = (f'PATH={os.path.dirname(program("appbox"))}:$PATH; . {SOURCE}/sandbox/appbox/completion.bash;'
                  'COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMPREPLY=(); _appbox; printf "%s\\n" "${COMPREPLY[@]}"')

        def complete(*words):
            return self.run_command(["bash", "-c", script, "bash", *words], check=True).out.split()

        self.assertEqual(complete("appbox", "--ro-bind-"), ["--ro-bind-data", "--ro-bind-fd", "--ro-bind-try"])
        self.assertIn("--plan-out", complete("appbox", "--bind", "/", "/", "--pl"))
        self.assertEqual(complete("appbox", "--bind", "/us"), ["/usr"])
        self.assertEqual(complete("appbox", "--tmpfs", "/tmp", "--", "--pl"), [])
