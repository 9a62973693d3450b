# SPDX-License-Identifier: LGPL-2.1-or-later
"""A kernel with SELinux and a policy of three types (guest/policy.cil), which is enforced."""
import os
import subprocess

from guest import machine_test
from machine import HERE

LABEL = "u:r:box_t:s0:c1,c2"
MADE = "u:r:made_t:s0:c1,c2"
CURRENT = "tr '\\0' '\\n' </proc/self/attr/current"
# For both programs; the answers are put beside each other.
BOTH = "for b in appbox bwrap; do echo $b:; $b --ro-bind / / --proc /proc --dev /dev {} 2>&1; echo status $?; done"

CASES = {
    "before_a_policy_is_loaded_there_are_no_labels": (f"box --exec-label {LABEL} echo ran", 1,
                                                     [r"^appbox: labeling not supported on this system: .* has no policy\n$"]),
    "policy_is_loaded_and_enforced": (
        "as_root 'mkdir -p /etc/selinux; : >/etc/selinux/config; dd if=/t/policy of=/sys/fs/selinux/load bs=1M; "
        f"echo 1 >/sys/fs/selinux/enforce' || cat /run/asked/log; cat /sys/fs/selinux/enforce; echo; {CURRENT}", 0, [r"^1\nu:r:base_t:s0\n"]),
    "exec_label": (BOTH.format(f"--exec-label {LABEL} cat /proc/self/attr/current"), 0,
                   [rf"appbox:\n{LABEL}\0?status 0\nbwrap:\n{LABEL}\0?status 0"]),
    "without_it_the_label_stays": (BOTH.format("cat /proc/self/attr/current"), 0,
                                   [r"appbox:\nu:r:base_t:s0\0?status 0\nbwrap:\nu:r:base_t:s0\0?status 0"]),
    "what_the_command_starts_has_it": (f"box --unshare-all --exec-label {LABEL} sh -c 'cat /proc/self/attr/current; true'", 0, [f"^{LABEL}"]),
    "of_the_first_process": (f"box --unshare-all --as-pid-1 --exec-label {LABEL} cat /proc/self/attr/current", 0, [f"^{LABEL}"]),
    "file_label": (
        "echo text >/tmp/text; " + BOTH.format(
            f"--file-label {MADE} --tmpfs /tmp --dir /tmp/folder --file 9 /tmp/file --symlink file /tmp/link "
            "stat -c '%n %C' /tmp /tmp/folder /tmp/file /tmp/link /dev /dev/shm 9</tmp/text"), 0,
        [rf"{name} {MADE}\n(?:.*\n)*bwrap:\n(?:.*\n)*{name} {MADE}" for name in ("/tmp", "/tmp/folder", "/tmp/file", "/tmp/link", "/dev", "/dev/shm")]),
    "of_new_files_in_places_of_the_host": (
        f"for b in appbox bwrap; do mkdir /dev/shm/$b; $b --ro-bind / / --bind /dev/shm/$b /mnt --file-label {MADE} --dir /mnt/new true; "
        "stat -c '%C %n' /dev/shm/$b /dev/shm/$b/new; done", 0,
        [rf"(?m)^u:object_r:base_t:s0 /dev/shm/{b}\n{MADE} /dev/shm/{b}/new$" for b in ("appbox", "bwrap")]),
    "what_the_command_makes_has_no_such_label": (
        f"mkdir /dev/shm/own; box --bind /dev/shm/own /mnt --file-label {MADE} touch /mnt/new; stat -c %C /dev/shm/own/new", 0, [r"^u:object_r:base_t:s0\n"]),
    "both_by_a_stored_plan": (
        f"box --tmpfs /tmp --exec-label {LABEL} --file-label {MADE} --plan-out /tmp/plan sh -c 'stat -c %C /tmp; cat /proc/self/attr/current'; "
        "appbox --plan-in /tmp/plan", 0, [f"^{MADE}\n{LABEL}"]),
    "unknown_labels": (BOTH.format("--exec-label u:r:nobody_t:s0 true") + "; " + BOTH.format("--file-label u:r:nobody_t:s0 true"), 0,
                       [r"(?:appbox: invalid label u:r:nobody_t:s0: Invalid argument\nstatus 1\n(?:.*\n)*){2}"]),
    "label_that_the_policy_refuses": (
        BOTH.format("--exec-label u:r:far_t:s0 echo ran"), 0,
        ["cannot execute “echo” in the sandbox: Operation not permitted; perhaps the policy of SELinux .* “u:r:far_t:s0”, .*nnp_transition",
         r"^(?!(.|\n)*\bran$)(.*\n)+status 1\nbwrap:\nbwrap: execvp echo: Operation not permitted\nstatus 1\n$"]),
    "and_a_false_proc_takes_none": (
        f"mkdir -p /tmp/false/self/attr; : >/tmp/false/self/attr/exec; box --bind /tmp/false /proc --exec-label {LABEL} echo ran", 1,
        [f"cannot have the SELinux label “{LABEL}”", r"^(?!(.|\n)*\bran$)"]),
}


def policy_make(folder):
    subprocess.run(["secilc", "-o", os.path.join(folder, "policy"), "-f", os.devnull, os.path.join(HERE, "guest", "policy.cil")], check=True)


Kernel = machine_test(("bookworm-security", "linux-image-cloud-amd64", "bookworm"), CASES, parameters="security=selinux",
                      programs=("/usr/bin/bwrap",), prepare=policy_make)
