#!/usr/bin/env bash
# Brings axe-core, which judges whether pages can be used by everybody, from npm's registry to
# ${FAREBOX_BROWSER_HOME:-$HOME/.cache/farebox-browser}/axe.min.js, once, and exits.
# axe-core is MPL-2.0; it is run in tests as it is and is no part of Farebox.
set -euo pipefail
VERSION=4.14.1
SHA512=FHfa+lmNjQZfJz1q8wKqIDwC6DExcHt/pkjNQb09a3NPjCKg2rhu5qb2S4r76ASyFNNtuFooJpZe37OgudVGtQ==
HOME_OF_TOOLS=${FAREBOX_BROWSER_HOME:-$HOME/.cache/farebox-browser}

if [ -f "$HOME_OF_TOOLS/axe.min.js" ] && [ "$(cat "$HOME_OF_TOOLS/.axe-version" 2>/dev/null)" = "$VERSION" ]; then
  exit 0
fi
command -v npm >/dev/null || { echo "install.sh: npm is missing: apt-get install npm" >&2; exit 1; }
mkdir -p "$HOME_OF_TOOLS"
work=$(mktemp -d "$HOME_OF_TOOLS/work.XXXXXX")
trap 'rm -rf "$work"' EXIT
(cd "$work" && npm pack --silent "axe-core@$VERSION" >/dev/null)
got=$(openssl dgst -sha512 -binary "$work/axe-core-$VERSION.tgz" | base64 -w0)
[ "$got" = "$SHA512" ] || { echo "install.sh: axe-core $VERSION is not what it was: sha512 $got" >&2; exit 1; }
tar xzf "$work/axe-core-$VERSION.tgz" -C "$work" package/axe.min.js
mv "$work/package/axe.min.js" "$HOME_OF_TOOLS/axe.min.js"
echo "$VERSION" > "$HOME_OF_TOOLS/.axe-version"
