#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The rules of the house, each one a case.  Prints TAP; `lint.py --list` names the cases, arguments choose some."""
import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import lint_programs      # noqa: E402  (the path is set above)
import lint_text          # noqa: E402


def main():
    rules = {**lint_text.RULES, **lint_programs.RULES}
    chosen = [name for name in sys.argv[1:] if not name.startswith("-")]
    if "--list" in sys.argv:
        print("\n".join(rules))
        return 0
    failed = 0
    names = [name for name in rules if not chosen or name in chosen]
    print(f"1..{len(names)}")
    for number, name in enumerate(names, 1):
        try:
            problems = list(rules[name]())
        except lint_programs.Skip as e:
            print(f"ok {number} - {name} # SKIP {e}", flush=True)
            continue
        for problem in problems:
            print(f"# {problem}")
        real = [p for p in problems if not p.startswith("warning:")]
        failed += bool(real)
        print(f"{'not ok' if real else 'ok'} {number} - {name}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
