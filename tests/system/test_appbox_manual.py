# SPDX-License-Identifier: LGPL-2.1-or-later
"""appbox(1) has a line for each job of unshare(1).  Both are run as they stand there, and do the same."""
import os
import shutil

from harness import SOURCE, SystemTest, find_busybox, program


def lines_of_the_manual():
    """Pairs of command lines: that of unshare, and ours."""
    with open(os.path.join(SOURCE, "man", "appbox.1"), encoding="utf-8") as f:
        text = f.read().split(".Ss What unshare(1) does\n")[1].split("\n.El")[0]
    pairs, theirs = [], None
    for line in text.replace("\\-", "-").replace("\\(aq", "'").splitlines():
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
                self.assertEqual(results[0].err, "")
                self.assertEqual((results[1].status, results[1].out), (results[0].status, results[0].out), str(results[1]))

    def test_every_option_is_in_the_manual(self):
        with open(os.path.join(SOURCE, "man", "appbox.1"), encoding="utf-8") as f:
            manual = f.read().replace("\\-", "-")
        options = [line.split()[0] for line in self.run_command([program("appbox"), "--help"]).out.splitlines() if line.startswith("    --")]
        self.assertGreater(len(options), 60)
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
