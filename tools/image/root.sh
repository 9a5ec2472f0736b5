#!/usr/bin/env bash
# root.sh PROGRAM FOLDER: the files of an image that runs PROGRAM and nothing else: the program, the libraries that it and
# its plug-ins are linked with, certificates, and a user without rights. Times are that of SOURCE_DATE_EPOCH, or of 1970.
set -euo pipefail

program=$(realpath "$1")
root=$2
user=65532

# Libraries of a program or a library, by their real places.
libraries() {
    ldd "$1" | sed -n 's/.*=> \(\/[^ ]*\) .*/\1/p; s/^[[:space:]]*\(\/[^ ]*\) (0x.*/\1/p'
}

# Copies a file to where it is, following links.
put() {
    [ -e "$root$1" ] || { mkdir -p "$root$(dirname "$1")" && cp -L "$1" "$root$1"; }
}

install -D -m 0755 "$program" "$root/usr/bin/heard"
for library in $(libraries "$program"); do
    put "$library"
done
# Kerberos is a plug-in of libsasl2, which is asked for by its name only once it is needed. So are those that look up hosts.
for plugin in /usr/lib/*/sasl2/libgssapiv2.so /usr/lib/*/libnss_files.so.2 /usr/lib/*/libnss_dns.so.2 \
    /lib/*/libnss_files.so.2 /lib/*/libnss_dns.so.2; do
    case $plugin in
    *sasl2*) libraries "$program" | grep -q libsasl2 || continue ;;
    esac
    [ -e "$plugin" ] || continue
    put "$plugin"
    for library in $(libraries "$plugin"); do
        put "$library"
    done
done
put /etc/ssl/certs/ca-certificates.crt
put /etc/nsswitch.conf
mkdir -p "$root/tmp" "$root/etc/heard" "$root/etc/ssl/certs"
chmod 1777 "$root/tmp"
echo "heard:x:$user:$user::/:/sbin/nologin" >"$root/etc/passwd"
echo "heard:x:$user:" >"$root/etc/group"
find "$root" -exec touch -h -d "@${SOURCE_DATE_EPOCH:-0}" {} +
