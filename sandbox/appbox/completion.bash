# SPDX-License-Identifier: LGPL-2.1-or-later
# Completion of appbox for bash.  The options come from the program itself.

_appbox ()
{
  local current=${COMP_WORDS[COMP_CWORD]} i
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    [ "${COMP_WORDS[i]}" != -- ] || return 0
  done
  case $current in
    -*)
      local options
      options=$("${COMP_WORDS[0]}" --help 2>/dev/null | sed -n 's/^    \(--[a-z0-9-]*\).*/\1/p')
      mapfile -t COMPREPLY < <(compgen -W "$options" -- "$current" | sort)
      ;;
    *) mapfile -t COMPREPLY < <(compgen -f -- "$current") ;;
  esac
}
complete -o filenames -F _appbox appbox
