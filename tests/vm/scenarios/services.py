# SPDX-License-Identifier: Apache-2.0
"""services: quiet steps of packaged services: started at boot, worked with, reloaded, restarted, stopped.
Every step checks what it got: an answer of the service, not only that it runs.

Owns: what each service is configured to do here, and the work through it. Must not own: people, units of
systemd's own features, containers (administration, containers).

A host has lo and a cable that leads from itself to itself: lan0 (10.77.0.1, the side that serves) and
lan1 (the side of guests).
"""
from scenario import RELEASE, Step


def written(path, text, mode="0644"):
    """Shell that writes a file."""
    return f"install -D -m {mode} /dev/stdin {path} <<'END'\n{text.strip()}\nEND\n"


# Services that a boot starts, and how systemd is asked for each.
AT_BOOT = (
    "systemd-networkd", "systemd-resolved", "named", "unbound", "dnsmasq", "chrony",
    "apache2", "nginx", "lighttpd", "haproxy", "squid", "tor@default",
    "postfix", "dovecot", "smbd", "nmbd", "winbind", "proftpd", "rpcbind", "nfs-server",
    "slapd", "sssd", "freeradius", "redis-server", "postgresql", "memcached", "mosquitto",
    "rsyslog", "fail2ban", "irqbalance", "smartmontools", "snmpd",
    "frr", "isc-dhcp-server", "keepalived", "lldpd", "openvpn-server@test", "openvpn-client@test",
    "strongswan-starter", "avahi-daemon", "cups",
)
ENABLED = {"tor@default": "tor"}  # where another unit starts it
INIT_SCRIPTS = {12: ("isc-dhcp-server", "slapd"), 13: ("isc-dhcp-server",)}[RELEASE]  # and no unit of their own

NETWORK = (
    written("/etc/systemd/network/10-lan.netdev", """
[NetDev]
Name=lan0
Kind=veth
[Peer]
Name=lan1
""")
    + written("/etc/systemd/network/10-lan0.network", """
[Match]
Name=lan0
[Network]
Address=10.77.0.1/24
Address=10.77.0.2/24
Address=fd77::1/64
LinkLocalAddressing=ipv6
IPForward=yes
ConfigureWithoutCarrier=yes
""")
    + written("/etc/systemd/network/10-lan1.network", """
[Match]
Name=lan1
[Network]
LinkLocalAddressing=no
IPv6AcceptRA=no
""")
    + "printf 'net.ipv4.ip_forward=1\\nnet.ipv6.conf.all.forwarding=1\\n' >/etc/sysctl.d/90-test.conf\n"
    # linux-sysctl-defaults, which is only recommended: ping has no file capability any more
    + ("echo 'net.ipv4.ping_group_range=0 2147483647' >>/etc/sysctl.d/90-test.conf\n" if RELEASE >= 13 else ""))

NAMES = (
    written("/etc/bind/named.conf.options", """
options {
	directory "/var/cache/bind";
	listen-on { 127.0.0.1; };
	listen-on-v6 { none; };
	recursion no;
	dnssec-validation no;
};
""")
    + written("/etc/bind/named.conf.local", """
zone "test.example" { type primary; file "/etc/bind/db.test.example"; };
""")
    + written("/etc/bind/db.test.example", """
$TTL 60
@ IN SOA vm.example. root.vm.example. 1 3600 600 86400 60
  IN NS vm.example.
www IN A 192.0.2.1
""")
    + written("/etc/unbound/unbound.conf.d/test.conf", """
server:
    interface: 127.0.0.1
    port: 5335
    local-data: "www.test.example. A 192.0.2.2"
""")
    + written("/etc/dnsmasq.d/test.conf", """
port=5354
listen-address=127.0.0.1
bind-dynamic
no-resolv
address=/www.test.example/192.0.2.3
enable-tftp
tftp-root=/srv/files
""")
    + "echo 'IGNORE_RESOLVCONF=yes' >>/etc/default/dnsmasq\n"
    + written("/etc/systemd/resolved.conf.d/test.conf", """
[Resolve]
DNS=127.0.0.1
Domains=~test.example
DNSSEC=no
LLMNR=no
MulticastDNS=no
"""))

CLOCK = written("/etc/chrony/conf.d/test.conf", """
local stratum 8
allow 127.0.0.1
""") + "sed -i '/^pool/d; /^server/d' /etc/chrony/chrony.conf\n"
# Emulated, a start takes many times what its packager thought of.
PATIENCE = written("/etc/systemd/system.conf.d/test.conf", "[Manager]\nDefaultTimeoutStartSec=5min")

WEB = (
    "mkdir -p /var/www/html && echo 'a page' >/var/www/html/page.html\n"
    "sed -i 's/listen 80 /listen 8080 /; s/listen \\[::\\]:80 /listen [::]:8080 /' /etc/nginx/sites-available/default\n"
    "sed -i 's/^server.port.*/server.port = 8081/' /etc/lighttpd/lighttpd.conf\n"
    + written("/etc/squid/conf.d/test.conf", """
http_access allow localhost
shutdown_lifetime 1 seconds
""")
    + "echo 'ShutdownWaitLength 1' >>/etc/tor/torrc\n"
    "cat >>/etc/haproxy/haproxy.cfg <<'END'\n"
    "frontend test\n\tbind 127.0.0.1:8082\n\tdefault_backend nginx\n"
    "backend nginx\n\tserver one 127.0.0.1:8080\n"
    "END\n")

DOVECOT = {12: "mail_location = maildir:~/Maildir",
           13: "mail_driver = maildir\nmail_path = ~/Maildir\nmail_inbox_path = ~/Maildir"}
MAIL = (
    written("/etc/postfix/main.cf", """
compatibility_level = 3.6
myhostname = vm.example
mydestination = vm.example, vm, localhost
inet_interfaces = 127.0.0.1
mynetworks = 127.0.0.0/8
home_mailbox = Maildir/
alias_maps =
alias_database =
""")
    + "dd status=none of=/etc/dovecot/conf.d/99-test.conf <<'END'\n" + DOVECOT[RELEASE] + "\nEND\n")

FILES = (
    "install -d -m 1777 /srv/files\n"
    "cat >>/etc/samba/smb.conf <<'END'\n[files]\n   path = /srv/files\n   read only = no\nEND\n"
    "printf 'alice-password\\nalice-password\\n' | smbpasswd -s -a alice >/dev/null\n"
    + written("/etc/exports", "/srv/files 127.0.0.1(rw,no_subtree_check,no_root_squash,insecure)")
    + written("/etc/ganesha/ganesha.conf", """
NFS_CORE_PARAM { Protocols = 4; Enable_NLM = false; Enable_RQUOTA = false; }
NFSv4 { Graceless = true; }
EXPORT {
	Export_Id = 1;
	Path = /srv/files;
	Pseudo = /files;
	Access_Type = RW;
	Squash = No_root_squash;
	SecType = sys;
	Protocols = 4;
	FSAL { Name = VFS; }
}
"""))

DIRECTORIES = r"""
suffix=$(slapcat -n 1 | sed -n '1s/^dn: //p')
slapadd -n 1 <<END
dn: ou=people,$suffix
objectClass: organizationalUnit
ou: people

dn: uid=dora,ou=people,$suffix
objectClass: account
objectClass: posixAccount
cn: Dora
uid: dora
uidNumber: 3000
gidNumber: 3000
homeDirectory: /home/dora
END
chown -R openldap:openldap /var/lib/ldap
install -m 0600 /dev/stdin /etc/sssd/sssd.conf <<END
[sssd]
services = nss
domains = test
[domain/test]
id_provider = ldap
auth_provider = none
ldap_id_use_start_tls = false
ldap_uri = ldap://127.0.0.1
ldap_search_base = $suffix
END
sed -i '1i alice Cleartext-Password := "radius"' /etc/freeradius/3.0/mods-config/files/authorize
""" + written("/etc/mosquitto/conf.d/test.conf", "listener 1883 127.0.0.1\nallow_anonymous true")

SUPERVISION = (
    written("/etc/fail2ban/jail.local", "[DEFAULT]\nbackend = systemd\nbanaction = nftables\n[sshd]\nenabled = true")
    # smartd is for hosts with disks of their own; here it has none to look at, and stays
    + written("/etc/systemd/system/smartmontools.service.d/test.conf", "[Unit]\nConditionVirtualization=")
    + "echo 'smartd_opts=\"-q never\"' >>/etc/default/smartmontools\n")

DHCP = (
    "printf 'INTERFACESv4=\"lan0\"\\nINTERFACESv6=\"\"\\n' >/etc/default/isc-dhcp-server\n"
    + written("/etc/dhcp/dhcpd.conf", """
default-lease-time 600;
subnet 10.77.0.0 netmask 255.255.255.0 { range 10.77.0.150 10.77.0.160; }
""")
    + written("/etc/kea/kea-dhcp4.conf", """
{ "Dhcp4": {
    "interfaces-config": { "interfaces": [ "lan0" ] },
    "lease-database": { "type": "memfile", "persist": false },
    "valid-lifetime": 600,
    "subnet4": [ { "id": 1, "subnet": "10.77.0.0/24", "pools": [ { "pool": "10.77.0.170 - 10.77.0.180" } ] } ]
} }
"""))

ROUTING = (
    "sed -i 's/^ospfd=no/ospfd=yes/' /etc/frr/daemons\n"
    + written("/etc/radvd.conf", "interface lan0 { AdvSendAdvert on; MinRtrAdvInterval 3; MaxRtrAdvInterval 4;"
              " prefix fd77::/64 { }; };")
    + written("/etc/keepalived/keepalived.conf", """
global_defs {
	enable_script_security
	script_user nobody
}
vrrp_script well {
	script "/bin/true"
	interval 5
}
vrrp_instance test {
	state MASTER
	interface lan0
	virtual_router_id 51
	priority 100
	advert_int 1
	virtual_ipaddress { 10.77.0.100/24 }
	track_script { well }
}
"""))

VPN = r"""
cd /etc/openvpn
for side in server client; do
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 3650 -subj /CN=$side \
		-keyout $side/test.key -out $side/test.crt 2>/dev/null
	chmod 0600 $side/test.key
done
print_of() { openssl x509 -noout -fingerprint -sha256 -in $1/test.crt | cut -d= -f2; }
common='dev-type tun
proto udp
user nobody
group nogroup
persist-key
persist-tun
data-ciphers AES-128-GCM'
cat >server/test.conf <<END
$common
dev tun-server
local 127.0.0.1
server 10.88.0.0 255.255.255.0
topology subnet
dh none
cert test.crt
key test.key
peer-fingerprint $(print_of client)
keepalive 10 60
END
cat >client/test.conf <<END
$common
dev tun-client
client
nobind
remote 127.0.0.1 1194
cert test.crt
key test.key
peer-fingerprint $(print_of server)
END
""" + written("/etc/ipsec.conf", """
conn here
	left=10.77.0.1
	right=10.77.0.2
	authby=secret
	auto=add
""") + written("/etc/ipsec.secrets", ': PSK "capwatch-test"', "0600")

DESKTOP = (
    written("/etc/avahi/services/test.service", """
<?xml version="1.0" standalone='no'?>
<!DOCTYPE service-group SYSTEM "avahi-service.dtd">
<service-group><name>a page</name><service><type>_http._tcp</type><port>80</port></service></service-group>
""")
    # a printer's driver side, which the daemon executes as lp
    + written("/usr/lib/cups/backend/keep", """
#!/bin/sh
[ $# = 0 ] && { echo 'direct keep "test" "test"'; exit; }
cat -- "${6:--}" >"$TMPDIR/kept"
""", "0755"))

BEFORE_BOOT = (
    Step("patience", PATIENCE),
    Step("the network", NETWORK),
    Step("name services", NAMES),
    Step("the clock", CLOCK),
    Step("web servers and proxies", WEB),
    Step("mail", MAIL),
    Step("file services", FILES),
    Step("directories and the message broker", DIRECTORIES),
    Step("supervision", SUPERVISION),
    Step("DHCP", DHCP),
    Step("routing", ROUTING),
    Step("VPNs", VPN),
    Step("discovery and printing", DESKTOP),
    # Most have an init script besides their unit; keeping each in step with its unit takes minutes, and
    # so does every reload of systemd. The reboot reads it all.
    Step("start them at boot", "export SYSTEMCTL_SKIP_SYSV=1\nsystemctl enable --quiet --no-reload "
         + " ".join(ENABLED.get(name, name) for name in AT_BOOT if name not in INIT_SCRIPTS)
         + "".join(f"\nln -sf ../init.d/{name} /etc/rc{level}.d/S01{name}"
                   for name in INIT_SCRIPTS for level in "2345"),
         timeout=300),
)


RUN = Step("the boot started them all", f"""
for name in {' '.join(AT_BOOT)}; do
	for wait in $(seq 60); do
		if systemctl is-active --quiet $name; then continue 2; fi
		sleep 0.5
	done
	systemctl status --no-pager $name
	exit 1
done
""", services=" ".join(f"{name}.service" for name in AT_BOOT), timeout=240)


NAMES_WORK = (
    Step("a query to named", '[ "$(dig @127.0.0.1 +short www.test.example)" = 192.0.2.1 ]'),
    Step("a query to unbound", '[ "$(dig @127.0.0.1 -p 5335 +short www.test.example)" = 192.0.2.2 ]'),
    Step("a query to dnsmasq", '[ "$(dig @127.0.0.1 -p 5354 +short www.test.example)" = 192.0.2.3 ]'),
    Step("a file from dnsmasq by TFTP", """
echo by TFTP >/srv/files/tftp-file
[ "$(curl -sS tftp://127.0.0.1/tftp-file)" = 'by TFTP' ]
"""),
    Step("a query to systemd-resolved, which asks named", """
resolvectl query --legend=no www.test.example | grep -c 192.0.2.1
"""),
)
WEB_WORK = (
    Step("a page from apache", "[ \"$(curl -sS http://127.0.0.1/page.html)\" = 'a page' ]"),
    Step("a page from nginx", "[ \"$(curl -sS http://127.0.0.1:8080/page.html)\" = 'a page' ]"),
    Step("a page from lighttpd", "[ \"$(curl -sS http://127.0.0.1:8081/page.html)\" = 'a page' ]"),
    Step("a page through haproxy", "[ \"$(curl -sS http://127.0.0.1:8082/page.html)\" = 'a page' ]"),
    Step("a page through squid",
         "[ \"$(curl -sS -x http://127.0.0.1:3128 http://localhost:8080/page.html)\" = 'a page' ]"),
    Step("tor's version from its control socket", r"""
python3 - <<'END'
import socket
cookie = open("/run/tor/control.authcookie", "rb").read().hex()
tor = socket.socket(socket.AF_UNIX)
tor.settimeout(20)
tor.connect("/run/tor/control")
tor.sendall(f"AUTHENTICATE {cookie}\r\nGETINFO version\r\nQUIT\r\n".encode())
answer = b""
while chunk := tor.recv(4096):
    answer += chunk
assert b"version=0." in answer, answer
END
"""),
)
MAIL_WORK = (
    Step("a mail sent by SMTP and read by IMAP", r"""
word=mail-$RANDOM$RANDOM
printf 'Subject: %s\n\nHello\n' $word | curl -sS smtp://127.0.0.1 --mail-from bob@vm.example \
	--mail-rcpt alice@vm.example --upload-file -
for wait in $(seq 60); do
	grep -qrs $word /home/alice/Maildir && break
	sleep 0.3
done
number=$(curl -sS -u alice:alice-password imap://127.0.0.1/INBOX -X "SEARCH SUBJECT $word" | tr -dc '0-9 ' | xargs)
curl -sS -u alice:alice-password "imap://127.0.0.1/INBOX;MAILINDEX=${number##* }" | grep -c $word
"""),
    Step("a mail handed to sendmail by alice", r"""
word=mail-$RANDOM$RANDOM
printf 'Subject: %s\n\nHello\n' $word | runuser -u alice -- /usr/sbin/sendmail bob@vm.example
for wait in $(seq 60); do
	grep -qrs $word /home/bob/Maildir && exit 0
	sleep 0.3
done
exit 1
"""),
)
FILES_WORK = (
    Step("an SMB session: list, put, get", r"""
cd $(mktemp -d)
echo by SMB $RANDOM >sent
smbclient //127.0.0.1/files -U alice%alice-password -c 'ls; put sent smb-file; get smb-file got' >log 2>&1 || { cat log; false; }
cmp sent got
[ $(stat -c %U /srv/files/smb-file) = alice ]
smbclient //127.0.0.1/alice -U alice%alice-password -c 'mkdir by-smb; rmdir by-smb'
for wait in 1 2 3 4; do  # smbd starts its RPC services first
	smbclient -t 60 -L //127.0.0.1 -U alice%alice-password | grep -c files && exit 0
done
exit 1
""", timeout=150),
    Step("a name from nmbd", "nmblookup -U 10.77.0.1 VM | grep -c '10.77.0.1 VM'"),
    Step("winbind's ping and its domain", "wbinfo -p && [ \"$(wbinfo --own-domain)\" = WORKGROUP ]"),
    Step("an FTP login with a transfer each way", r"""
cd $(mktemp -d)
echo by FTP $RANDOM >sent
curl -sS -u alice:alice-password -T sent ftp://127.0.0.1/ftp-file
curl -sS -u alice:alice-password ftp://127.0.0.1/ftp-file -o got
cmp sent got
[ $(stat -c %U /home/alice/ftp-file) = alice ]
! curl -sS -u alice:wrong ftp://127.0.0.1/ 2>/dev/null
"""),
    Step("NFS: mount, write as root and as alice", r"""
mkdir -p /mnt/nfs
mount -t nfs -o vers=4.2 127.0.0.1:/srv/files /mnt/nfs
echo by NFS >/mnt/nfs/nfs-root
runuser -u alice -- sh -c 'echo by alice >/mnt/nfs/nfs-alice'
umount /mnt/nfs
[ $(stat -c %U /srv/files/nfs-alice) = alice ]
rpcinfo -p 127.0.0.1 | grep -c nfs
"""),
)
DIRECTORIES_WORK = (
    Step("a search in slapd", r"""
base=$(ldapsearch -x -LLL -H ldap://127.0.0.1 -s base -b '' namingContexts | sed -n 's/^namingContexts: //p')
ldapsearch -x -LLL -H ldap://127.0.0.1 -b "$base" uid=dora cn | grep -c 'cn: Dora'
ldapsearch -Q -Y EXTERNAL -LLL -H ldapi:/// -b cn=config -s base dn 2>/dev/null | grep -c 'dn: cn=config'
"""),
    Step("a user of LDAP by sssd", r"""
for wait in $(seq 20); do
	getent -s sss passwd dora | grep -c /home/dora && exit 0
	sleep 0.5
done
exit 1
""", timeout=90),
    Step("a RADIUS login, and one refused", r"""
printf 'User-Name=alice,User-Password=radius' | radclient -x 127.0.0.1 auth testing123 | grep -c Access-Accept
printf 'User-Name=alice,User-Password=wrong' | { radclient -x 127.0.0.1 auth testing123 || true; } | grep -c Received.Access-Reject
"""),
    Step("a key in redis", "redis-cli set key value && [ \"$(redis-cli get key)\" = value ]"),
    Step("a table in PostgreSQL", r"""
runuser -u postgres -- psql -qtA -c 'drop table if exists t; create table t (n int); insert into t values (6)' \
	-c 'select n * 7 from t' | grep -cx 42
"""),
    Step("a value in memcached", r"""
exec 3<>/dev/tcp/127.0.0.1/11211
printf 'set key 0 60 5\r\nvalue\r\nget key\r\nquit\r\n' >&3
grep -q '^value' <&3
"""),
    Step("a message through mosquitto", r"""
mosquitto_pub -h 127.0.0.1 -t test -m hello -r
[ "$(mosquitto_sub -h 127.0.0.1 -t test -C 1 -W 20)" = hello ]
"""),
)
HOST_WORK = (
    Step("an SSH login with a command and sudo", r"""
[ "$(ssh alice@127.0.0.1 'id -un; sudo -n id -un')" = "alice
root" ]
echo by SFTP >/tmp/sent
printf 'put /tmp/sent sftp-file\n' | sftp -q -b - alice@127.0.0.1
[ $(stat -c %U /home/alice/sftp-file) = alice ]
"""),
    Step("a line in rsyslog's log", r"""
word=line-$RANDOM$RANDOM
logger -t test $word
for wait in $(seq 40); do
	grep -qs $word /var/log/syslog && exit 0
	sleep 0.2
done
exit 1
"""),
    Step("a ban by fail2ban", r"""
for wait in $(seq 60); do
	fail2ban-client ping >/dev/null 2>&1 && break
	sleep 0.5
done
fail2ban-client set sshd banip 192.0.2.9
nft list ruleset | grep -c 192.0.2.9
fail2ban-client set sshd unbanip 192.0.2.9
""", timeout=120),
    Step("the clock from chrony", "chronyc -n tracking | grep -c '^Stratum' && chronyc makestep | grep -c 200"),
    Step("a value from snmpd", "snmpget -v2c -c public 127.0.0.1 .1.3.6.1.2.1.1.5.0 | grep -c vm"),
    Step("ping as root and as alice", r"""
ping -q -c 2 -i 0.2 127.0.0.1
ssh alice@127.0.0.1 ping -q -c 2 -i 0.2 127.0.0.1
ping -q -c 1 -m 7 10.77.0.1
ping -6 -q -c 1 ::1
"""),
    Step("a capture with tcpdump, of lo, and with a file as its own user", r"""
cd $(mktemp -d)
ping -q -c 20 -i 0.3 127.0.0.1 >/dev/null &
tcpdump -n -i lo -c 3 icmp >log 2>&1 || { cat log; false; }
grep -c 'ICMP echo' log
tcpdump -n -i lo -c 3 -w /tmp/capture.pcap icmp 2>/dev/null
tcpdump -n -r /tmp/capture.pcap 2>/dev/null | grep -c ICMP
wait
"""),
)
NETWORK_WORK = (
    Step("a route through frr", r"""
vtysh -c 'configure terminal' -c 'ip route 10.99.0.0/24 10.77.0.9'
for wait in $(seq 40); do
	ip route show 10.99.0.0/24 | grep -c 10.77.0.9 && break
	sleep 0.3
done
vtysh -c 'show ip route static' | grep -c 10.99.0.0
vtysh -c 'configure terminal' -c 'router ospf' -c 'network 10.77.0.0/24 area 0'
for wait in $(seq 40); do
	vtysh -c 'show ip ospf interface lan0' | grep -c 'lan0 is up' && break
	sleep 0.3
done
vtysh -c 'show ip ospf interface lan0' | grep -c 'Area 0.0.0.0'
vtysh -c 'configure terminal' -c 'no router ospf' -c 'no ip route 10.99.0.0/24 10.77.0.9'
"""),
    Step("a lease from dhcpd", "busybox udhcpc -i lan1 -f -n -q -t 5 -T 2 -s /bin/true 2>&1 | grep 'lease of 10.77.0.15'"),
    # not at boot: with all others starting, on a slow host, its start timed out
    Step("radvd started, and its advertisement seen", "systemctl start radvd; timeout 30 tcpdump -n -i lan1 -c 1 'icmp6 and ip6[40] == 134' 2>/dev/null | "
         "grep -c 'router advertisement'; systemctl is-active radvd", services="radvd.service", timeout=120),
    Step("keepalived holds the address", "ip address show lan0 | grep -c 10.77.0.100"),
    Step("lldpd knows the host", "lldpcli show chassis | grep -c 'MgmtIP: *10.77.0.1'"),
    Step("openvpn's client is with its server", r"""
for wait in $(seq 60); do
	ip address show tun-client 2>/dev/null | grep -c 10.88.0.2 && break
	sleep 0.5
done
ip address show tun-client | grep -c 10.88.0.2
grep -q '^CLIENT_LIST' /run/openvpn-server/status-test.log
"""),
    Step("strongswan has its connection", "ipsec statusall | grep -c 'here: .*10.77.0.1'"),
)
DESKTOP_WORK = (
    Step("avahi finds a service", "avahi-browse -rpt _http._tcp | grep -c '^='"),
    Step("a page printed", r"""
rm -f /var/spool/cups/tmp/kept
lpadmin -p test -E -v keep:/ -m raw 2>/dev/null
echo 'a printed page' | lp -d test
for wait in $(seq 60); do
	grep -qs 'a printed page' /var/spool/cups/tmp/kept && break
	sleep 0.3
done
grep 'a printed page' /var/spool/cups/tmp/kept
[ $(stat -c %U /var/spool/cups/tmp/kept) = lp ]
lpstat -p test | grep -c enabled
"""),
    Step("rtkit gives a thread another priority", r"""
sleep 60 &
busctl call org.freedesktop.RealtimeKit1 /org/freedesktop/RealtimeKit1 org.freedesktop.RealtimeKit1 \
	MakeThreadHighPriorityWithPID tti $! $! -- -5
[ "$(ps -o ni= -p $!)" -eq -5 ]
kill $!
""", services="rtkit-daemon.service"),
    Step("polkit answers", "pkcheck -a org.freedesktop.RealtimeKit1.acquire-high-priority -p $$", services="polkit.service"),
    Step("udisks sets up a loop device", r"""
truncate -s 16M /tmp/disk
udisksctl loop-setup -f /tmp/disk --no-user-interaction | tee /tmp/made
udisksctl loop-delete -b $(grep -o '/dev/loop[0-9]*' /tmp/made) --no-user-interaction
""", services="udisks2.service"),
    Step("accounts-daemon knows alice", "busctl call org.freedesktop.Accounts /org/freedesktop/Accounts "
         "org.freedesktop.Accounts FindUserByName s alice | grep -c User1000", services="accounts-daemon.service"),
)

WORK = (NAMES_WORK + WEB_WORK + MAIL_WORK + FILES_WORK + DIRECTORIES_WORK + HOST_WORK + NETWORK_WORK + DESKTOP_WORK)

RELOADED = ("named", "unbound", "apache2", "nginx", "haproxy", "squid", "tor@default", "postfix", "dovecot", "smbd",
            "nmbd", "winbind", "proftpd", "nfs-server", "freeradius", "postgresql", "mosquitto", "fail2ban",
            "smartmontools", "snmpd", "keepalived", "radvd", "strongswan-starter", "avahi-daemon", "systemd-networkd")
RESTARTED = ("named", "unbound", "dnsmasq", "systemd-resolved", "chrony", "nginx", "squid", "dovecot", "postfix", "smbd",
             "proftpd", "rpcbind", "redis-server", "memcached", "mosquitto", "snmpd", "keepalived", "lldpd",
             "openvpn-server@test", "avahi-daemon", "cups", "ssh")

RELOAD = (Step("reload them", f"systemctl reload {' '.join(RELOADED)}", timeout=120),)
RESTART = (Step("restart them", f"systemctl restart {' '.join(RESTARTED)}\nsystemctl is-active {' '.join(RESTARTED)}",
                timeout=300),)

def unpacked(package):
    """Shell that lays out a package which cannot be installed beside what it exchanges."""
    return (f"dpkg --fsys-tarfile /var/lib/capwatch-test/exchanged/{package}_*.deb | "
            "tar -x -C / --keep-directory-symlink\nsystemctl daemon-reload\n")


EXCHANGE = (
    Step("ntpsec in chrony's place", "systemctl stop chrony\nid -u ntpsec >/dev/null 2>&1 || useradd --system ntpsec\n" + unpacked("ntpsec") + """
install -d -o ntpsec -g ntpsec /var/lib/ntpsec /var/log/ntpsec
sed -i '/^pool/d; /^server/d; /^tos/d' /etc/ntpsec/ntp.conf
systemctl start ntpsec
for wait in $(seq 40); do
	ntpq -c rv 127.0.0.1 2>/dev/null | grep -c 'version=' && break
	sleep 0.5
done
systemctl is-active ntpsec
ntpq -c rv 127.0.0.1 | grep -c 'version='
""", services="ntpsec.service", timeout=120),
    Step("vsftpd in proftpd's place", "systemctl stop proftpd\n" + unpacked("vsftpd") + """
mkdir -p /var/run/vsftpd/empty
systemctl start vsftpd
cd $(mktemp -d)
for wait in $(seq 40); do
	curl -sS -u alice:alice-password ftp://127.0.0.1/ftp-file -o got && break
	sleep 0.3
done
grep 'by FTP' got
! curl -sS -u alice:wrong ftp://127.0.0.1/ 2>/dev/null
systemctl is-active vsftpd
""", services="vsftpd.service", timeout=120),
    Step("nfs-ganesha in the kernel's place", r"""
systemctl stop nfs-server
systemctl start nfs-ganesha
mkdir -p /mnt/ganesha
for wait in $(seq 20); do
	mount -t nfs -o vers=4.1 127.0.0.1:/files /mnt/ganesha && break
	sleep 0.5
done
runuser -u alice -- sh -c 'echo by alice >/mnt/ganesha/ganesha-alice'
echo by root >/mnt/ganesha/ganesha-root
umount /mnt/ganesha
[ $(stat -c %U /srv/files/ganesha-alice) = alice ]
systemctl is-active nfs-ganesha
""", services="nfs-ganesha.service", timeout=120),
    Step("kea in dhcpd's place", r"""
systemctl stop isc-dhcp-server
systemctl start kea-dhcp4-server
sleep 1
systemctl is-active kea-dhcp4-server
busybox udhcpc -i lan1 -f -n -q -t 5 -T 2 -s /bin/true 2>&1 | grep 'lease of 10.77.0.17'
""", services="kea-dhcp4-server.service"),
)

STOPPED = ("radvd",) + tuple(name for name in AT_BOOT if name not in ("chrony", "proftpd", "nfs-server", "isc-dhcp-server",
                                                         "systemd-networkd", "systemd-resolved", "rsyslog"))
STOP = (
    Step("stop them", f"systemctl stop {' '.join(STOPPED)} ntpsec vsftpd nfs-ganesha kea-dhcp4-server"
         " rpcbind.socket avahi-daemon.socket cups.socket cups.path\n"
         f"! systemctl is-active {' '.join(STOPPED)} | grep '^active'", timeout=300),
)

# In the order of a run: what a boot started works; then administration reinstalls packages under the running
# daemons, which work on; then they are restarted, exchanged and stopped.
AT_WORK = (RUN,) + WORK + RELOAD
WORK_ON = NAMES_WORK + WEB_WORK[:5] + MAIL_WORK[:1] + FILES_WORK + HOST_WORK[:1]
CHANGES = RESTART + NAMES_WORK + FILES_WORK[:1] + EXCHANGE + STOP
