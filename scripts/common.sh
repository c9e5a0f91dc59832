# Shared by quickstart, test and dev: where things are, and installing what is missing. Sourced, never run.
set -euo pipefail
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$ROOT"

export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 TESTINGPLATFORM_TELEMETRY_OPTOUT=1
export DOTNET_CLI_UI_LANGUAGE=en LC_ALL=C.UTF-8

# Executables that were built elsewhere can be given; then nothing is published.
GIVEN_BIN=${FLEXFS_BIN:-}
BIN=${GIVEN_BIN:-$ROOT/out/bin}

if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then
  BOLD=$'\e[1m' GREEN=$'\e[32m' RED=$'\e[31m' DIM=$'\e[2m' PLAIN=$'\e[0m'
else
  BOLD='' GREEN='' RED='' DIM='' PLAIN=''
fi

say()  { printf '%s\n' "${GREEN}*${PLAIN} $*"; }
fail() { printf '%s\n' "${RED}!${PLAIN} $*" >&2; exit 1; }

# need COMMAND PACKAGE...: installs the Debian packages when the command is not there.
need() {
  local command=$1; shift
  command -v "$command" >/dev/null 2>&1 && return
  [ "$(id -u)" = 0 ] || fail "$command is missing: install $* (or run this as root, which does it)"
  if [ -z "${APT_UPDATED:-}" ]; then
    apt-get update -qq >/dev/null || fail "apt-get update failed; $* cannot be installed"
    APT_UPDATED=1
  fi
  say "installing $*"
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null \
    || fail "apt-get could not install $*"
}

need_sdk() {
  command -v dotnet >/dev/null 2>&1 || fail "the .NET SDK is missing: install version 10.0, see https://dot.net"
  dotnet --version >/dev/null || fail "the .NET SDK does not start (see above), or is not the version 10.0 that global.json wants"
}

# What NativeAOT links with.
need_build_tools() {
  need_sdk
  need gcc gcc libc6-dev
  need ld binutils
}

# publish [APP...]: the executables, as NativeAOT, in out/bin. Skips what is newer than every source.
publish() {
  [ -z "$GIVEN_BIN" ] || return 0
  need_build_tools
  mkdir -p "$BIN"
  local apps=("$@") app log
  [ ${#apps[@]} -gt 0 ] || mapfile -t apps < <(cd src/apps && ls -d -- *.flexfs)
  for app in "${apps[@]}"; do
    [ -d "src/apps/$app" ] || fail "there is no executable $app; src/apps has: $(cd src/apps && echo *.flexfs)"
    if [ -x "$BIN/$app" ] && [ -z "$(find src Directory.*.props global.json -newer "$BIN/$app" -type f \
        -not -path '*/bin/*' -not -path '*/obj/*' -print -quit)" ]; then
      continue
    fi
    say "publishing $app"
    log=$(mktemp)
    if ! dotnet publish "src/apps/$app" -c Release -v quiet --nologo -o "$ROOT/out/publish/$app" >"$log" 2>&1; then
      cat "$log" >&2; rm -f "$log"; fail "$app could not be published"
    fi
    rm -f "$log"
    # Libraries beside the executable; replaced by rename, so that a running process keeps its own.
    local library
    for library in "$ROOT/out/publish/$app/"*.so; do
      [ -e "$library" ] || continue
      cp -f "$library" "$BIN/.new" && mv -f "$BIN/.new" "$BIN/$(basename "$library")"
    done
    cp -f "$ROOT/out/publish/$app/$app" "$BIN/.new" && mv -f "$BIN/.new" "$BIN/$app"
    touch "$BIN/$app"
  done
}
