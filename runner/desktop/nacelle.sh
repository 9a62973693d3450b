# SPDX-License-Identifier: LGPL-2.1-or-later
# For /etc/profile.d: desktops find the apps that Nacelle has installed.  Sessions of systemd users have 60-nacelle.conf.
nacelle_dirs=${NACELLE_STORE:-${XDG_DATA_HOME:-$HOME/.local/share}/nacelle}/exports/share:/var/lib/nacelle/exports/share
case ":${XDG_DATA_DIRS:-}:" in
  *":$nacelle_dirs:"*) ;;
  *) XDG_DATA_DIRS=$nacelle_dirs:${XDG_DATA_DIRS:-/usr/local/share:/usr/share}; export XDG_DATA_DIRS ;;
esac
unset nacelle_dirs
