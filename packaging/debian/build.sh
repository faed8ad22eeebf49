#!/bin/sh
# Makes a Debian package out of what `make release` has built: build.sh RELEASE-DIRECTORY OUTPUT-DIRECTORY
# It needs dpkg-dev, and no rights: files belong to root in the package whoever builds it.
set -eu
release=$1
out=$2
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
# Whoever publishes the package says who they are, by the variables that Debian's own tools read.
maintainer="${DEBFULLNAME:-The Plumb authors} <${DEBEMAIL:-plumb@localhost}>"
: "${SOURCE_DATE_EPOCH:=$(git -C "$top" log -1 --format=%ct 2>/dev/null || date +%s)}"
export SOURCE_DATE_EPOCH
version=$("$release/plumb" version | sed 's/^plumb //; s/-/~/')
arch=$(dpkg --print-architecture)
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
chmod 755 "$tree"

install -D -m 755 "$release/plumb" "$tree/usr/bin/plumb"
install -D -m 755 "$release/plumb-keeper" "$tree/usr/libexec/plumb/plumb-keeper"
strip --strip-unneeded -R .comment -R .note "$tree/usr/bin/plumb" "$tree/usr/libexec/plumb/plumb-keeper"
for unit in plumb.service plumb-runs.service; do
    install -D -m 644 "$top/packaging/systemd/$unit" "$tree/usr/lib/systemd/system/$unit"
done
install -D -m 644 "$here/agent.yaml" "$tree/etc/plumb/agent.yaml"
doc=$tree/usr/share/doc/plumb
mkdir -p "$doc/examples"
cp -R "$top/docs/." "$doc/"
cp -R "$top/examples/units" "$doc/examples/fleet"
cp -R "$top/packaging/ci" "$top/packaging/hooks" "$top/packaging/prometheus" "$top/packaging/grafana" "$doc/examples/"
for shell in bash zsh fish; do
    case $shell in
        bash) file=usr/share/bash-completion/completions/plumb ;;
        zsh) file=usr/share/zsh/vendor-completions/_plumb ;;
        fish) file=usr/share/fish/vendor_completions.d/plumb.fish ;;
    esac
    mkdir -p "$tree/$(dirname "$file")"
    # It is read by a shell, never run.
    "$release/plumb" completion "$shell" | sed '1{/^#!/d}' > "$tree/$file"
done
"$top/packaging/man.py" "$release/plumb" "$tree/usr/share/man/man1"
gzip -9n "$tree"/usr/share/man/man1/*.1
"$here/copyright.py" "$top" > "$doc/copyright"
{
    echo "plumb ($version) unstable; urgency=medium"
    echo
    echo '  * What changed is told by the history of the repository.'
    echo
    echo " -- $maintainer  $(date -u -R -d "@$SOURCE_DATE_EPOCH")"
} | gzip -9n > "$doc/changelog.gz"
install -D -m 644 "$here/lintian-overrides" "$tree/usr/share/lintian/overrides/plumb"
find "$tree/usr/share" -type d -exec chmod 755 {} +
find "$tree/usr/share" -type f -exec chmod u=rwX,go=rX {} +

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
Maintainer: $maintainer
Section: admin
Priority: optional
Depends: $depends, git, tzdata, adduser
Recommends: ca-certificates, openssh-client, gpg
Installed-Size: $(du -ks --apparent-size "$tree/usr" | cut -f1)
Description: keeps hosts true to what a git repository declares
 Operators declare units, instances and schedules as YAML in a git repository;
 every host watches it, plans the difference between what is declared and what
 runs, and starts, stops or rolls back processes. Runs outlive the agent: an
 upgrade of this package restarts none of them.
EOF
echo /etc/plumb/agent.yaml > "$tree/DEBIAN/conffiles"
(cd "$tree" && find usr -type f -print0 | LC_ALL=C sort -z | xargs -0 md5sum > DEBIAN/md5sums)
chmod 644 "$tree/DEBIAN/control" "$tree/DEBIAN/conffiles" "$tree/DEBIAN/md5sums"
for script in preinst postinst prerm postrm; do install -m 755 "$here/$script" "$tree/DEBIAN/$script"; done
mkdir -p "$out"
package="$out/plumb_${version}_$arch.deb"
dpkg-deb --root-owner-group -Zxz --build "$tree" "$package" > /dev/null
echo "$package"
