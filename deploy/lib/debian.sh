# shellcheck shell=bash
# Debian packages for the scripts of this project. To be sourced by bash:
#
#     . "$root/deploy/lib/debian.sh"
#     need_debian_packages g++ cmake ninja-build || exit 1
#
# Defines functions only, sets no shell option, and works under `set -euo pipefail`.

# need_debian_packages PACKAGE...
#
# Installs those of the packages that are missing, as root or through sudo, without
# recommended ones and without questions. Prints on standard output what it does, nothing
# at all when nothing is missing. Does not touch the network unless something is missing.
# Returns 0 when all packages are there afterwards; otherwise 1, after a message on standard
# error that ends with the command to run by hand.
need_debian_packages() {
  local missing
  if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
    printf 'error: this is not Debian or a relative of it (no dpkg-query, no apt-get).\n  Install what these Debian packages hold, by the means of your system:\n    %s\n' \
      "$*" >&2
    return 1
  fi
  missing=$(missing_debian_packages "$@") || return 1
  [ -n "$missing" ] || return 0
  # Package names hold no blanks, so the words of the list are the packages.
  # shellcheck disable=SC2086
  _install_debian_packages $missing
}

# missing_debian_packages PACKAGE...
#
# Prints, in one line, those of the packages that are not installed; an empty line for none.
missing_debian_packages() {
  local installed package missing=()
  # dpkg-query fails when it does not know a package: that is one more that is missing.
  # shellcheck disable=SC2016
  installed=$(dpkg-query -W -f '${binary:Package} ${db:Status-Status}\n' "$@" 2>/dev/null |
    sed -n 's/^\([^ :]*\)\(:[^ ]*\)\{0,1\} installed$/\1/p') || true
  for package in "$@"; do
    grep -qxF -- "${package%%:*}" <<<"$installed" || missing+=("$package")
  done
  printf '%s\n' "${missing[*]}"
}

_install_debian_packages() {
  local as_root=() log
  printf '  missing: %s\n' "$*"
  if [ "$(id -u)" != 0 ]; then
    if ! command -v sudo >/dev/null; then
      printf 'error: only root can install packages, and there is no sudo here.\n' >&2
      _debian_by_hand "$@"
      return 1
    fi
    printf '  installing through sudo, which may ask for your password\n'
    # The password is asked for here, where nothing else is being printed. Not by `sudo -v`,
    # which may want one where commands need none.
    if ! sudo true; then
      printf 'error: sudo did not let us install packages.\n' >&2
      _debian_by_hand "$@"
      return 1
    fi
    as_root=(sudo)
  fi
  log=$(mktemp "${TMPDIR:-/tmp}/holdfast-packages.XXXXXX") || return 1

  # A package list that one dead repository keeps from being complete may still do.
  printf '  apt-get update\n'
  _apt_get update >"$log" 2>&1 || _debian_tail 'warning: apt-get update failed' "$log"

  printf '  apt-get install, log in %s\n' "$log"
  if ! (
    set -o pipefail
    trap '_debian_services free' EXIT
    _debian_services still
    _apt_get install -y --no-install-recommends "$@" 2>&1 | tee "$log" | _debian_progress
  ); then
    _debian_tail 'error: apt-get install failed' "$log"
    _debian_by_hand "$@"
    return 1
  fi
  if [ -n "$(missing_debian_packages "$@")" ]; then
    _debian_tail "error: apt-get is done, but still missing: $(missing_debian_packages "$@")" "$log"
    _debian_by_hand "$@"
    return 1
  fi
  rm -f "$log"
}

# _debian_services still|free
#
# Between the two, packages that bring a server (a web server, say) do not start it at once. A
# policy that is there already stays what it is.
_debian_services() {
  local policy=/usr/sbin/policy-rc.d mark='# made by holdfast for one installation'
  # shellcheck disable=SC2016
  case $1 in
    still) "${as_root[@]}" sh -c '[ -e "$1" ] || { printf "#!/bin/sh\n%s\nexit 101\n" "$2" >"$1" &&
             chmod 755 "$1"; }' sh "$policy" "$mark" ;;
    free) "${as_root[@]}" sh -c 'if grep -qxF "$2" "$1" 2>/dev/null; then rm -f "$1"; fi' \
            sh "$policy" "$mark" ;;
  esac || true
}

# apt-get without questions, with the caller's `as_root`. It waits for the lock, because a
# machine that has just booted often installs its security updates. A root shell made by plain
# `su` has no sbin in its PATH, without which dpkg refuses to work.
_apt_get() {
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive LC_ALL=C PATH="$PATH:/usr/sbin:/sbin" \
    apt-get -q -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=300 "$@" </dev/null
}

# From apt-get's output: how much there is to fetch, then a count of what is set up. On a
# terminal the count stays in one line.
_debian_progress() {
  local terminal=0
  [ -t 1 ] && terminal=1
  awk -v terminal="$terminal" '
    /^Waiting for cache lock/ && !waiting++ {
      print "  waiting for another installation of packages to end"; fflush()
    }
    / newly installed/        { total = $1 + $3 }
    /^Need to get /           { print "  " $0; fflush() }
    /^Unpacking /             { show("unpacking", ++unpacked) }
    /^Setting up /            { show("setting up", ++ready) }
    END                       { if (terminal && shown) printf "\r\033[K" }
    function show(verb, count) {
      if (terminal) printf "\r\033[K  %s %d of %d", verb, count, total
      else if (count % 25 == 0 || count == total) printf "  %s %d of %d\n", verb, count, total
      shown = 1
      fflush()
    }'
}

_debian_tail() {
  {
    printf '%s; the end of %s:\n' "$1" "$2"
    tail -n 15 "$2" | sed 's/^/    /'
  } >&2
}

_debian_by_hand() {
  printf '  Run as root, then start this again:\n    apt-get update && apt-get install -y --no-install-recommends %s\n' "$*" >&2
}
