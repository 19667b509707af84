#!/bin/sh
# Installs what the tests need beside Python: Chromium with its driver, a Chinese font to look at,
# PostgreSQL with PostGIS, and axe-core, which looks for barriers on our pages (pinned with its hash
# in tools/axe; it is not shipped). Does nothing where they are there already.
set -eu
here=$(dirname "$0")

missing=""
command -v chromium >/dev/null 2>&1 || command -v google-chrome >/dev/null 2>&1 || missing="$missing chromium"
command -v chromedriver >/dev/null 2>&1 || missing="$missing chromium-driver"
ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || command -v initdb >/dev/null 2>&1 || missing="$missing postgresql"
ls /usr/share/postgresql/*/extension/postgis.control >/dev/null 2>&1 || missing="$missing postgresql-postgis"
fc-list :lang=zh 2>/dev/null | grep -q . || missing="$missing fonts-wqy-microhei"
[ -f "$here/axe/node_modules/axe-core/axe.min.js" ] || command -v npm >/dev/null 2>&1 || missing="$missing npm"

if [ -n "$missing" ]; then
    if command -v apt-get >/dev/null 2>&1 && [ "$(id -u)" = 0 ]; then
        apt-get update -qq
        # shellcheck disable=SC2086
        DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
    else
        echo "The tests need:$missing. Install them with your package manager, for example:" >&2
        echo "    sudo apt-get install$missing" >&2
        echo "then run 'make test' again." >&2
        exit 1
    fi
fi

[ -f "$here/axe/node_modules/axe-core/axe.min.js" ] ||
    npm ci --prefix "$here/axe" --ignore-scripts --omit-lockfile-registry-resolved --no-audit --no-fund --silent
