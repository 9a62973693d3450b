# SPDX-License-Identifier: LGPL-2.1-or-later
"""What runs in a machine, and what is expected of it.

A case is a script of bash, the status that it must end with, and patterns that its output must match.  All cases of a machine
run in one boot, in the order of the table; each is judged as a test of its own.
"""
import os
import platform
import re
import shutil
import subprocess
import tempfile
import unittest

from bundles import ARCH, TINY, app_tree, tiny_runtime_tree, write
from harness import program, programs
from machine import HERE, Machine

APP = "org.nacelle.test.App"
EAT = """awk 'BEGIN { x = "x"; while (1) x = x x }'"""

# name: (script, status, patterns)
LIMITS = {
    "groups_are_there": ("cat /sys/fs/cgroup/user.slice/user-1000.slice/user@1000.service/cgroup.controllers", 0, ["memory", "pids"]),
    "values_reach_the_kernel": (
        "box --limit memory=64M --limit memory-high=32M --limit swap=0 --limit pids=20 --limit cpus=50% --limit cpu-weight=50 "
        "sh -c \"$inside\"'; cd $g; cat memory.max memory.high pids.max cpu.max cpu.weight; cat memory.swap.max'",
        0, [r"(?m)^67108864\n33554432\n20\n50000 100000\n50\n0$"]),
    "memory": ("box --unshare-all --limit memory=64M tail /dev/zero", 137,
               [r"appbox: the command was ended because it used more than 64M memory \(limit of: --limit\)"]),
    "memory_enough": ("box --unshare-all --limit memory=64M sh -c 'head -c 8M /dev/zero | tail -c 8M | wc -c'", 0, [r"^8388608\n$"]),
    "memory_of_a_child": ("box --unshare-all --limit memory=64M sh -c 'tail /dev/zero; exit 3'", (3, 143),
                          ["used more than 64M memory"]),
    "processes": ("box --unshare-all --limit pids=8 sh -c 'for i in 1 2 3 4 5 6 7 8 9 10; do sleep 60 & done'", 2,
                  ["could make no more processes or threads: it had reached its limit of 8"]),
    "group_namespace_begins_in_the_scope": ("box --unshare-all --limit pids=20 cat /proc/self/cgroup", 0, [r"^0::/\n$"]),
    "app_cannot_raise_its_limit": (
        "appbox --bind / / --proc /proc --dev /dev --unshare-all --limit memory=64M bash -c '"
        "for g in /sys/fs/cgroup/user.slice/user-1000.slice/user@1000.service/app.slice/app-nacelle-*; do "
        "echo max >$g/memory.max && echo raised; cat $g/memory.max; done'", 0, [r"67108864", r"^(?!(.|\n)*raised)"]),
    "missing_controller": ("box --limit io-weight=50 echo ran", 1, ["io-weight=50 .*“io” is not delegated to this user", r"^(?!(.|\n)*\bran$)"]),
    "missing_controller_optional": ("box --limit io-weight=50,optional --limit pids=20 echo ran", 0, [r"^ran\n$"]),
    "nothing_is_left": ("sleep 1; ls -d /sys/fs/cgroup/user.slice/user-1000.slice/user@1000.service/app.slice/app-nacelle-* 2>&1; "
                        "systemctl --user list-units --all 'app-nacelle*' --no-legend", 0, [r"^ls: cannot access[^\n]*\n$"]),
    "who_joins_is_under_the_same_limits": (
        "mkfifo /tmp/said /tmp/runs; box --unshare-all --limit pids=12 --json-status-fd 9 sh -c 'echo; exec sleep 90' "
        "9>/tmp/said >/tmp/runs & exec 8</tmp/said; read -r line </tmp/runs; read -r line <&8; pid=$(expr \"$line\" : '.*child-pid\": \\([0-9]*\\)'); "
        "forks='for i in 1 2 3 4 5 6 7 8 9 10 11 12; do sleep 20 & done; echo all'; "
        "appbox --join $pid sh -c \"$forks\"; echo joined $?; appbox --join $pid --limit pids=50 true; echo more $?; "
        "kill -9 $pid; wait; box --unshare-all sh -c \"$forks\" | sed s/^/free:/",
        0, [r"(?m)^joined [12]$", "limits of a control group cannot be added.*\nmore 1\n", "free:all", r"\A(?!(.|\n)*\nall\n)"]),
    "nice_values_that_are_given": (
        "as_root 'systemd-run --wait --pipe -q --uid=1000 -p LimitNICE=-10 /t/bin/appbox --ro-bind / / --proc /proc --dev /dev --limit nice=-5 "
        "sh -c \"grep nice /proc/self/limits; nice -n -5 nice\" >/run/nice 2>&1'; cat /run/nice", 0, [r"(?m)^Max nice priority +25 +25 *\n-5$"]),
    "no_systemd_and_no_directory": ("export XDG_RUNTIME_DIR=/nowhere; box --limit memory=64M true", 1,
                                    ["a directory given to this user has none", "systemd has none .*does not run: /nowhere"]),
    "freeze_thaw_kill": (
        "(while [ ! -s /tmp/ticks ]; do sleep 0.2; done; echo freeze; sleep 1; wc -l </tmp/ticks >/tmp/a; sleep 1; "
        "wc -l </tmp/ticks >/tmp/b; echo thaw; while cmp -s /tmp/b /tmp/c; do wc -l </tmp/ticks >/tmp/c; done; echo kill) | "
        "SANDBOX_DRIVER_CONTROL=1 sandbox-driver --ro-bind / / --bind /tmp /tmp --proc /proc --dev /dev --limit pids unlimited -- "
        "/bin/bash -c 'while :; do echo . >>/tmp/ticks; sleep 0.1; done'; s=$?; cmp /tmp/a /tmp/b && echo stood still; exit $s",
        125, [r"ok\nok\nok\n", "stood still", "the sandbox was lost"]),
    "given_directory": (
        "systemd-run --user --scope -q -p Delegate=yes bash -c '. /t/prelude; export XDG_RUNTIME_DIR=/nowhere; '\"$inside\"'; "
        "mkdir $g/main; echo $$ >$g/main/cgroup.procs; box --limit memory=64M --limit pids=30 "
        "sh -c \"$inside; cat \\$g/memory.max; cat /proc/self/cgroup\"; box --unshare-all --limit memory=48M tail /dev/zero; "
        "echo status $?; ls $g | grep nacelle-; cat $g/cgroup.subtree_control'",
        0, [r"(?m)^67108864$", r"/nacelle-\d+-0\n", "used more than 48M memory", "status 137\n(memory|pids|cpu)"]),
    "given_directory_without_clone3": (
        "systemd-run --user --wait --pipe -q -p Delegate=yes -p SystemCallFilter=~clone3 -p SystemCallErrorNumber=ENOSYS "
        "bash -c '. /t/prelude; export XDG_RUNTIME_DIR=/nowhere; '\"$inside\"'; mkdir $g/main; echo $BASHPID >$g/main/cgroup.procs; "
        "box --limit memory=64M sh -c \"$inside; cat \$g/memory.max; cat /proc/self/cgroup\"'",
        0, [r"(?m)^67108864$", r"/nacelle-\d+-0\n"]),
    "given_directory_with_processes": (
        "systemd-run --user --scope -q -p Delegate=yes bash -c '. /t/prelude; export XDG_RUNTIME_DIR=/nowhere; box --limit memory=64M true'",
        1, ["has processes of its own"]),
}
# The same by the runner, with an override file of the system's store: its limits are hit, replaced and taken away.
APPS = {
    "app_limits_of_an_override": (f"apprun {APP} {EAT}", 137,
                                  [rf"apprun: the command was ended because it used more than 48M memory \(limit of: /t/store/overrides/{APP}\)"]),
    "app_memory": (f"apprun --limit=memory=64M {APP} {EAT}", 137, [r"used more than 64M memory \(limit of: command line\)"]),
    "app_without_the_limit": (f"apprun --limit=memory=none {APP} awk 'BEGIN {{ x = \"x\"; while (length (x) < 80000000) x = x x; print \"big\" }}'", 0,
                              [r"^big\n$"]),
    "app_processes": (f"apprun --limit=pids=8 {APP} sh -c 'for i in 1 2 3 4 5 6 7 8 9 10; do sleep 60 & done'", (1, 2),
                      [r"apprun: the command could make no more processes or threads: it had reached its limit of 8 \(limit of: command line\)"]),
    "doctor_tells_of_limits": ("apprun doctor; export XDG_RUNTIME_DIR=/nowhere; apprun doctor", 0,
                               [r"(?m)^limits of resources +\w+ +memory.* processes.*, by the user's systemd",
                                r"(?m)^limits of resources +fallback +none of memory"]),
}
REFUSALS = {
    "user_namespaces_forbidden": ("as_root sysctl -w kernel.unprivileged_userns_clone=0; box true; s=$?; "
                                  "as_root sysctl -w kernel.unprivileged_userns_clone=1; exit $s", 1,
                                  ["forbidden to ordinary users on this machine", "sysctl -w kernel.unprivileged_userns_clone=1"]),
    "user_namespaces_limited_to_none": ("as_root sysctl -w user.max_user_namespaces=0; box true; s=$?; "
                                        "as_root sysctl -w user.max_user_namespaces=5000; exit $s", 1,
                                        ["kind “user” are switched off", "user.max_user_namespaces is 0"]),
    "mount_namespaces_limited_to_none": ("as_root sysctl -w user.max_mnt_namespaces=0; box true; s=$?; "
                                         "as_root sysctl -w user.max_mnt_namespaces=5000; exit $s", 1,
                                         ["kind “mnt” are switched off", "user.max_mnt_namespaces is 0", r"^(?!(.|\n)*“user”)"]),
    "outer_filter": ("systemd-run --user --wait --pipe -q -p RestrictNamespaces=yes /t/bin/appbox --ro-bind / / true", 1,
                     ["a system call filter around this process"]),
    "and_otherwise_it_works": ("box --unshare-all true", 0, []),
}
APPARMOR = {
    "apparmor_profile": (
        "printf 'abi <abi/4.0>,\\nprofile box /t/bin/appbox { allow all, deny userns, }\\n' >/tmp/p; as_root apparmor_parser -r /tmp/p || cat /run/asked/log; "
        "box true; s=$?; as_root apparmor_parser -R /tmp/p; box true && echo works without; exit $s", 1,
        ["the security profile “box", "works without"]),
    "apparmor_profile_of_the_command": (
        "printf 'abi <abi/4.0>,\\nprofile inside flags=(attach_disconnected) { allow all, deny /etc/hostname r, }\\n' >/tmp/p; "
        "as_root apparmor_parser -r /tmp/p || cat /run/asked/log; "
        "show='cat /proc/self/attr/apparmor/current; cat /etc/hostname 2>&1; cat /etc/machine-id >/dev/null && echo other'; "
        "box --apparmor inside sh -c \"$show\"; box sh -c \"$show\"; box --unshare-all --as-pid-1 --apparmor inside cat /proc/self/attr/apparmor/current; "
        "box --apparmor inside --plan-out /tmp/plan cat /proc/self/attr/apparmor/current; appbox --plan-in /tmp/plan; "
        "box --apparmor nobody echo ran; s=$?; as_root apparmor_parser -R /tmp/p; exit $s", 1,
        [r"\Ainside \(enforce\)\ncat: /etc/hostname: Permission denied\nother\nunconfined\nvm\nother\ninside \(enforce\)\ninside \(enforce\)\n"
         "appbox: the command cannot have the AppArmor profile “nobody”: No such file or directory; apparmor_parser"]),
}
# The last ones: they start the user's systemd anew, with the disks and without the processors.
UNDELEGATED = {
    "disks": (
        "as_root 'mkdir -p /etc/systemd/system/user@.service.d; printf \"[Service]\\nDelegate=cpu io memory pids\\n\" "
        ">/etc/systemd/system/user@.service.d/delegate.conf; systemctl daemon-reload; systemctl restart user@1000'; "
        "box --limit io-read=1M:/t/run --limit io-write-operations=50:/t/run --limit io-weight=50 "
        "sh -c \"$inside\"'; cd $g; cat io.max io.weight'; box --limit io-read=1M:/proc true",
        1, [r"(?m)^254:16 rbps=1048576 wbps=max riops=max wiops=50$", r"(?m)^default 50$", "/proc” is on a file system that is not on one disk"]),
    "cpu_not_delegated": (
        "as_root 'mkdir -p /etc/systemd/system/user@.service.d; printf \"[Service]\\nDelegate=\\nDelegate=memory pids\\n\" "
        ">/etc/systemd/system/user@.service.d/delegate.conf; systemctl daemon-reload; systemctl stop user@1000; "
        "echo -cpu >/sys/fs/cgroup/user.slice/user-1000.slice/cgroup.subtree_control; systemctl start user@1000'; "
        "cat /sys/fs/cgroup/user.slice/user-1000.slice/user@1000.service/cgroup.controllers; "
        "box --limit cpus=50% true; s=$?; box --limit memory=64M --limit cpus=50%,optional echo ran; exit $s", 1,
        [r"(?m)^memory pids$", "cpus=50% .*“cpu” is not delegated", "Delegate=cpu cpuset io", r"(?m)^ran$"]),
}


def deploy(store, kind, app_id, branch, make):
    """As installed from a repository: a folder, so that nothing has to be served or unpacked."""
    branch = os.path.join(store, kind, app_id, ARCH, branch)
    os.makedirs(branch)
    make(os.path.join(branch, "0" * 64))
    write(os.path.join(branch, "0" * 64, ".ref"), "")
    write(os.path.join(branch, "0" * 64, "deploy"), "[Deployment]\ncommit-time=0\ninstall-time=0\nsize=0\n")
    os.symlink("0" * 64, os.path.join(branch, "active"))


def folder_fill(folder, cases):
    os.chmod(folder, 0o755)
    os.mkdir(os.path.join(folder, "bin"))
    os.mkdir(os.path.join(folder, "cases"))
    for name in ("appbox", "apprun", *({"nacelle-run"} & set(programs())), "sandbox-driver", "nacelle-scope"):
        shutil.copy(program(name), os.path.join(folder, "bin", name))
        subprocess.run(["strip", "-g", os.path.join(folder, "bin", name)], check=False)
    for name in ("run", "root", "prelude"):
        shutil.copy(os.path.join(HERE, "guest", name), os.path.join(folder, name))
    store = os.path.join(folder, "store")
    deploy(store, "runtime", TINY, "1", tiny_runtime_tree)
    deploy(store, "app", APP, "stable", app_tree)
    write(os.path.join(store, "overrides", APP), "[Nacelle Limits]\nmemory=48M\npids=200\n")
    for i, (name, (script, _, _)) in enumerate(cases.items()):
        with open(os.path.join(folder, "cases", f"{i:02}-{name}"), "w", encoding="utf-8") as f:
            f.write(f". /t/prelude\n{script}\n")


def results_read(text):
    """{case: (status, output)}"""
    found = {}
    for block in re.split(r"(?m)^#case ", text)[1:]:
        match = re.match(r"\d\d-(\w+)\n(?:.*\n)*?#status (\d+)\n((?:\|.*\n)*)", block)
        if match:
            found[match[1]] = (int(match[2]), "".join(line[1:] + "\n" for line in match[3].splitlines()))
    return found


class MachineTest(unittest.TestCase):
    """`row`: the suite and package of the kernel, and the release around it; `cases`: what runs there; `parameters`: of the
    kernel; `programs`: of this host, for /t/bin; `prepare`: called with what becomes /t."""
    row = None
    cases = {}
    parameters = ""
    programs = ()
    prepare = None
    time_limit = 60

    @classmethod
    def setUpClass(cls):
        if platform.machine() != "x86_64":
            raise unittest.SkipTest("kernel: the machines are of x86_64")
        with tempfile.TemporaryDirectory() as folder:
            folder_fill(folder, cls.cases)
            for path in cls.programs:
                shutil.copy(path, os.path.join(folder, "bin"))
            if cls.prepare:
                cls.prepare(folder)
            machine = Machine(*cls.row)
            try:
                cls.text = machine.boot(folder, 600, cls.parameters)
            except subprocess.TimeoutExpired as e:
                cls.text = (e.stdout or b"").decode("utf-8", "replace").replace("\r", "") + "\nthe machine did not end in time\n"
            cls.results = results_read(cls.text)

    def judge(self, name):
        _, status, patterns = self.cases[name]
        if name not in self.results:
            self.fail(f"the machine has not reached this case; its last words:\n{self.text[-3000:]}")
        got, output = self.results[name]
        wanted = status if isinstance(status, tuple) else (status,)
        self.assertIn(got, wanted, output)
        for pattern in patterns:
            self.assertRegex(output, pattern)


def machine_test(row, *tables, prepare=None, **options):
    """A class of tests, one method a case."""
    cases = {name: case for table in tables for name, case in table.items()}
    methods = {f"test_{name}": lambda self, name=name: self.judge(name) for name in cases}
    return type("Kernel", (MachineTest,), {"row": row, "cases": cases, "prepare": prepare and staticmethod(prepare), **options, **methods})
