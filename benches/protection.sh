#!/bin/sh
# What `bangui check --deep` takes: JAILS jails with a filter and a log of LINES lines each, and BANS bans in each of
# their sets of nftables. As root, in a network of its own:
#   cargo build --release
#   sudo unshare --net sh benches/protection.sh target/release/bangui
#   sudo JAILS=1 BANS=100000 unshare --net sh benches/protection.sh target/release/bangui
# With LOG=shared all jails read one log.
set -eu
bangui=$(realpath "$1")
jails=${JAILS:-20} bans=${BANS:-500} lines=${LINES:-2000}

ip link set lo up
place=$(mktemp -d)
server=
cleanup() {
    [ -z "$server" ] || kill "$server"
    rm -rf "$place"
}
trap cleanup EXIT
cp -r /etc/fail2ban "$place/conf"
rm -f "$place"/conf/jail.d/*
printf '[Definition]\nsocket = %s\npidfile = %s\ndbfile = None\nlogtarget = %s\n' \
    "$place/socket" "$place/pid" "$place/f2b.log" > "$place/conf/fail2ban.local"
# Bans run no command: the elements come by one call, and the words of the action later.
printf '[Definition]\nactionstart =\nactionstop =\nactionban =\nactionunban =\n' > "$place/conf/action.d/set.conf"

filters='sshd postfix dovecot apache-auth nginx-http-auth exim proftpd vsftpd asterisk named-refused'
printf '[DEFAULT]\nbackend = polling\nport = 22\nbantime = 1d\nusedns = no\n' > "$place/conf/jail.local"
line='Nov 28 12:00:00 host sshd[1]: Failed password for root from 203.0.113.5 port 22 ssh2'
for n in $(seq "$jails"); do
    # shellcheck disable=SC2086 # a list of words
    set -- $filters
    shift $(((n - 1) % 10))
    log=$place/$([ "${LOG:-}" = shared ] && echo shared || echo "$n").log
    yes "$line" | head -n "$lines" > "$log"
    printf '[j%s]\nenabled = true\nfilter = %s\nlogpath = %s\naction = set\n' "$n" "$1" "$log" >> "$place/conf/jail.local"
done

client() {
    fail2ban-client -s "$place/socket" "$@"
}
fail2ban-server -c "$place/conf" -s "$place/socket" -p "$place/pid" -xf start > "$place/out" 2>&1 &
server=$!
until client ping > "$place/ping" 2>&1; do sleep 0.1; done
nft 'add table inet f2b-table; add chain inet f2b-table f2b-chain { type filter hook input priority -1; }'
for n in $(seq "$jails"); do
    seq "$bans" | awk -v jail="$n" '{ printf "10.%d.%d.%d\n", jail + int($1 / 62500), int($1 / 250) % 250, $1 % 250 + 1 }' > "$place/ips"
    xargs -n 2000 fail2ban-client -s "$place/socket" set "j$n" banip < "$place/ips" > "$place/banned"
    echo "add set inet f2b-table addr-j$n { type ipv4_addr; elements = { $(paste -sd, "$place/ips") }; }" > "$place/rules"
    echo "add rule inet f2b-table f2b-chain ip saddr @addr-j$n drop" >> "$place/rules"
    nft -f "$place/rules"
    until client get "j$n" banip | wc -w | grep -qx "$bans"; do sleep 1; done
    client set "j$n" action set actionban "nft add element inet f2b-table addr-j$n \\{ <ip> \\}" > "$place/set"
done

# Seconds of work of fail2ban's server.
worked() {
    awk -v tick="$(getconf CLK_TCK)" '{ print ($14 + $15) / tick }' "/proc/$server/stat"
}
for _ in 1 2 3; do
    before=$(worked)
    \time -f '%e s; work: %U s + %S s, %M kB' "$bangui" check --deep --fail2ban-socket "$place/socket" \
        --fail2ban-config "$place/conf" > "$place/said" || true
    echo "of fail2ban's server: $(worked) s after $before s; $(grep -c '^j.*: works' "$place/said") of $jails work"
done
