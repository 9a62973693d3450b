# SPDX-License-Identifier: LGPL-2.1-or-later
# Completion of apprun and appbuild for bash.  Verbs and options come from the programs' own --help.

# The verbs of the program $1.
_nacelle_verbs ()
{
  "$1" --help 2>/dev/null | sed -n '/^Examples:/q; s/^  \([a-z][a-z-]*\)  .*/\1/p'
}

# The options of the verb $2 of the program $1, those with a value ending in "=".
_nacelle_options ()
{
  "$1" "$2" --help 2>/dev/null | sed '/^Examples:/q' | grep -o -E -e '(^|[^a-z-])--[a-z][a-z-]+=?' | sed 's/^[^-]*//' \
    | sort -r -u | awk '{ name = $0; sub(/=$/, "", name) } !seen[name]++' | sort
}

# The first column of those that are installed, of the kinds $2 ...; nothing is said when the store cannot be read.
_nacelle_ids ()
{
  local program=$1 id kind
  shift
  "$program" list 2>/dev/null | while read -r id _ _ kind _; do
    case " $* " in *" $kind "*) printf '%s\n' "$id" ;; esac
  done
}

# Files that end in one of the words $2 ..., and folders.  Bash itself adds "/" to these where it is told that all words are files,
# which they are not where a verb may stand.
_nacelle_files ()
{
  local word=$1 ending slash=()
  shift
  ((COMP_CWORD > 1)) || slash=(-S /)
  for ending; do compgen -f -X "!*.$ending" -- "$word"; done
  compgen -d "${slash[@]}" -- "$word"
}

# What may stand behind the option $1.
_nacelle_values ()
{
  local option=$1 word=$2
  case $option in
    --share | --unshare) compgen -W "network ipc" -- "$word" ;;
    --landlock) compgen -W "on off auto" -- "$word" ;;
    --network) compgen -W "host isolated none" -- "$word" ;;
    --socket | --nosocket) compgen -W "wayland x11 fallback-x11 pulseaudio" -- "$word" ;;
    --device | --nodevice) compgen -W "dri input usb kvm shm all" -- "$word" ;;
    --allow | --disallow) compgen -W "devel multiarch" -- "$word" ;;
    --extras) compgen -W "locale debug sources sbom" -- "$word" ;;
    --arch) compgen -W "x86_64 aarch64 i386 arm" -- "$word" ;;
    --filesystem | --nofilesystem)
      compgen -W "home host xdg-documents xdg-download xdg-music xdg-pictures xdg-videos" -- "$word"
      _nacelle_files "$word" ;;
    --repo | --state-dir | --gpg-homedir | --cwd) _nacelle_files "$word" ;;
    --output | -o | --gpg-import) compgen -f -- "$word" ;;
  esac
}

# What is no option: $3 is the number of such words before it.
_nacelle_arguments ()
{
  local program=$1 verb=$2 n=$3 word=$4
  case ${program##*/}.$verb.$n in
    appbuild.gc.*) ;;
    appbuild.verify.1 | appbuild.diff.[01]) _nacelle_files "$word" app runtime ;;
    appbuild.test.0) _nacelle_files "$word" yaml yml json app runtime ;;
    appbuild.check.* | appbuild.*.0) _nacelle_files "$word" yaml yml json ;;
    appbuild.bundle-sources.1) _nacelle_files "$word" ;;
    apprun.run.0 | apprun.explain.0)
      compgen -W "$(_nacelle_ids "$program" app)" -- "$word"
      _nacelle_files "$word" app ;;
    apprun.run.* | apprun.explain.* | appbuild.run.*) compgen -f -- "$word" ;;
    apprun.install.*) _nacelle_files "$word" app runtime ;;
    apprun.info.0 | apprun.uninstall.0 | apprun.update.0)
      compgen -W "$(_nacelle_ids "$program" app runtime extension)" -- "$word"
      [ "$verb" != info ] || _nacelle_files "$word" app runtime ;;
    apprun.remote.0) compgen -W "add list ls delete" -- "$word" ;;
    apprun.remote.1) compgen -W "$("$program" remote list 2>/dev/null | sed '1d; s/ .*//')" -- "$word" ;;
  esac
}

_nacelle ()
{
  local program=${COMP_WORDS[0]} word=${COMP_WORDS[COMP_CWORD]} verbs verb options option="" n=0 i=1
  COMPREPLY=()
  verbs=$(_nacelle_verbs "$program")
  case ${program##*/} in appbuild) verb=build ;; *) verb=run ;; esac
  if ((COMP_CWORD > 1)) && grep -q -x -e "${COMP_WORDS[1]}" <<<"$verbs"; then
    verb=${COMP_WORDS[1]}
    i=2
  fi
  options=$(_nacelle_options "$program" "$verb")

  # Which word is wanted?  "=" is a word of its own to bash.
  for ((; i < COMP_CWORD; i++)); do
    case ${COMP_WORDS[i]} in
      =) [ "${COMP_WORDS[i - 1]#-}" != "${COMP_WORDS[i - 1]}" ] && ((i + 1 < COMP_CWORD)) && option="" && ((i++)) ;;
      -*) option=${COMP_WORDS[i]}
          if [ "$option" != -o ] && ! grep -q -x -e "$option=" <<<"$options"; then
            option=""
          elif [ "${COMP_WORDS[i + 1]}" != = ] && ((i + 1 < COMP_CWORD)); then
            option=""
            ((i++))
          fi ;;
      *) ((n++)) ;;
    esac
  done
  [ "$word" != = ] || word=""
  ((COMP_CWORD == 1)) || compopt -o filenames 2>/dev/null
  if [ -n "$option" ]; then
    mapfile -t COMPREPLY < <(_nacelle_values "$option" "$word")
    return
  fi
  case $verb.$n.$word in
    run.[1-9]*.*) ;;         # behind the id everything is the app's
    *.-*)
      mapfile -t COMPREPLY < <(compgen -W "$options" -- "$word")
      [[ ${COMPREPLY[0]:-} != *= ]] || compopt -o nospace 2>/dev/null
      return ;;
  esac
  mapfile -t COMPREPLY < <(_nacelle_arguments "$program" "$verb" "$n" "$word"
                           if ((COMP_CWORD == 1)); then compgen -W "$verbs" -- "$word"; fi)
  [[ ${COMPREPLY[0]:-} != */ ]] || compopt -o nospace 2>/dev/null
}

complete -F _nacelle apprun appbuild
