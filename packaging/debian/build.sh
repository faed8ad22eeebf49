#!/bin/sh
# Makes a Debian package out of what `make release` has built: build.sh RELEASE-DIRECTORY OUTPUT-DIRECTORY
# It needs dpkg-dev, and no rights: files belong to root in the package whoever builds it.
set -eu
release=$1
out=$2
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
version=$("$release/plumb" version | sed 's/^plumb //; s/-/~/')
arch=$(dpkg --print-architecture)
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
chmod 755 "$tree"

install -D -m 755 "$release/plumb" "$tree/usr/bin/plumb"
install -D -m 755 "$release/plumb-keeper" "$tree/usr/libexec/plumb/plumb-keeper"
strip --strip-unneeded "$tree/usr/bin/plumb" "$tree/usr/libexec/plumb/plumb-keeper"
install -D -m 644 "$top/packaging/systemd/plumb.service" "$tree/lib/systemd/system/plumb.service"
install -D -m 644 "$here/agent.yaml" "$tree/usr/share/doc/plumb/examples/agent.yaml"
cp -R "$top/docs/." "$tree/usr/share/doc/plumb/"
cp -R "$top/examples/units" "$top/packaging/ci" "$top/packaging/hooks" "$tree/usr/share/doc/plumb/examples/"
for shell in bash zsh fish; do
    case $shell in
        bash) file=usr/share/bash-completion/completions/plumb ;;
        zsh) file=usr/share/zsh/vendor-completions/_plumb ;;
        fish) file=usr/share/fish/vendor_completions.d/plumb.fish ;;
    esac
    mkdir -p "$tree/$(dirname "$file")"
    "$release/plumb" completion "$shell" > "$tree/$file"
done
"$top/packaging/man.py" "$release/plumb" "$tree/usr/share/man/man1"
gzip -9n "$tree"/usr/share/man/man1/*.1
find "$tree/usr/share" -type d -exec chmod 755 {} +
find "$tree/usr/share" -type f -exec chmod u=rw,go=r {} +
chmod 755 "$tree/usr/share/doc/plumb/examples/hooks/"*

# The libraries that the program is linked with, as their packages are called here.
stub=$(mktemp -d)
mkdir "$stub/debian"
printf 'Source: plumb\n\nPackage: plumb\nArchitecture: any\n' > "$stub/debian/control"
depends=$(cd "$stub" && dpkg-shlibdeps -O "$tree/usr/bin/plumb" 2>/dev/null | sed -n 's/^shlibs:Depends=//p')
rm -rf "$stub"
[ -n "$depends" ] || { echo 'dpkg-shlibdeps has found no libraries: is dpkg-dev installed?' >&2; exit 1; }

install -d -m 755 "$tree/DEBIAN"
cat > "$tree/DEBIAN/control" <<EOF
Package: plumb
Version: $version
Architecture: $arch
Maintainer: The Plumb authors <plumb@localhost>
Section: admin
Priority: optional
Depends: $depends, git, tzdata, adduser
Recommends: ca-certificates, openssh-client, gpg
Installed-Size: $(du -ks "$tree/usr" | cut -f1)
Description: keeps hosts true to what a git repository declares
 Operators declare units, instances and schedules as YAML in a git repository;
 every host watches it, plans the difference between what is declared and what
 runs, and starts, stops or rolls back processes. Runs outlive the agent: an
 upgrade of this package restarts none of them.
EOF
for script in postinst prerm postrm; do install -m 755 "$here/$script" "$tree/DEBIAN/$script"; done
mkdir -p "$out"
package="$out/plumb_${version}_$arch.deb"
dpkg-deb --root-owner-group -Zxz --build "$tree" "$package" > /dev/null
echo "$package"
