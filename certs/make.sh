#!/bin/sh
# Makes the test certificates with nothing but OpenSSL 3's command line: the same five files, with the same extensions,
# as `securechannel certificates`. They are valid from now on; that command's are from a day before.
#
# usage: certs/make.sh [HOST]...
#        HOST is a host name or an IP address of the server; localhost, 127.0.0.1 and ::1 when there is none
set -eu

case $(openssl version 2>&1) in
    "OpenSSL 3."* | "OpenSSL 4."*) ;;
    *) echo "make.sh: OpenSSL 3 is needed; 'openssl version' says: $(openssl version 2>&1)" >&2 && exit 1 ;;
esac

[ $# -gt 0 ] || set -- localhost 127.0.0.1 ::1
names=
for host in "$@"; do
    case $host in
        # Letters, digits and a few signs: nothing that means something in OpenSSL's configuration language.
        '' | *[!A-Za-z0-9.:*_-]*) echo "make.sh: '$host' is no host name or IP address" >&2 && exit 2 ;;
        *:*) names=$names,IP:$host ;;
        *[!0-9.]*) names=$names,DNS:$host ;;
        *) names=$names,IP:$host ;;
    esac
done
names=${names#,}

# Everything is made in a directory of its own and moved beside this script at the end. With this umask a key is never
# readable by others, not for a moment.
umask 077
destination=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d "$destination/.make.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
cd "$work"

cat > request.cnf <<END
[req]
distinguished_name = subject
prompt = no
[subject]
[authority]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid:always
[server]
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = serverAuth
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid:always
subjectAltName = $names
[client]
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = clientAuth
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid:always
subjectAltName = DNS:client
END

# certificate FILE SECTION COMMON-NAME DAYS [OPTION]...
certificate() {
    file=$1 section=$2 name=$3 days=$4
    shift 4
    openssl genpkey -algorithm EC -pkeyopt group:P-256 -out "$file.key"
    openssl req -x509 -new -config request.cnf -extensions "$section" -subj "/CN=$name" -sha256 -days "$days" \
        -key "$file.key" -out "$file.pem" "$@"
}

certificate ca authority "swift-secure-channel test authority" 3650
certificate server server "$1" 397 -CA ca.pem -CAkey ca.key
certificate client client client 397 -CA ca.pem -CAkey ca.key

chmod 644 ca.pem server.pem client.pem
for file in ca.pem server.pem server.key client.pem client.key; do # the authority's key is thrown away
    mv -f "$file" "$destination/$file"
done
echo "made ca.pem, server.pem, server.key, client.pem and client.key in $destination, for $names"
