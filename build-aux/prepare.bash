# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2034 # the lists are used by name, in prepare_packages
# What quickstart and check share: installing packages that are missing, and building.
# Owns: the names of packages, by distribution. Must not own: what is done with them.

# What the build needs, what the private auditd of a live run needs, what the tests need, static
# analysis and valgrind, fuzzing, and what whole hosts need.
PACKAGES_APT_BUILD=(autoconf automake gcc make pkgconf libc6-dev libauparse-dev libaudit-dev
	libcurl4-openssl-dev libyaml-dev libcap-dev libjansson-dev libseccomp-dev libssl-dev nettle-dev zlib1g-dev)
PACKAGES_APT_LIVE=(auditd)
PACKAGES_APT_TEST=(openssl strace git check clang clang-format shellcheck groff-base xz-utils procps iproute2 libcap2-bin
	python3 python3-jsonschema chrony nginx-light unbound dnsmasq-base tcpdump iputils-ping sudo
	bubblewrap crun runc busybox-static mount systemd prometheus-alertmanager rsyslog liblognorm-utils
	audispd-plugins)
PACKAGES_APT_ANALYSIS=(clang-tidy cppcheck valgrind)
PACKAGES_APT_FUZZ=(clang libclang-rt-dev llvm)
PACKAGES_APT_VM=(mmdebstrap qemu-system-x86 qemu-utils e2fsprogs debian-archive-keyring openssh-client python3-yaml)

PACKAGES_DNF_BUILD=(autoconf automake gcc make pkgconf-pkg-config audit-libs-devel libcurl-devel
	libyaml-devel libcap-devel jansson-devel libseccomp-devel openssl-devel nettle-devel zlib-devel)
PACKAGES_DNF_LIVE=(audit)
PACKAGES_DNF_TEST=(openssl strace git check-devel clang clang-tools-extra ShellCheck groff-base xz procps-ng iproute libcap
	libasan libubsan python3 python3-jsonschema chrony nginx unbound dnsmasq tcpdump iputils sudo
	bubblewrap crun runc busybox rsyslog liblognorm-utils audispd-plugins)
PACKAGES_DNF_ANALYSIS=(clang-tools-extra cppcheck valgrind)
PACKAGES_DNF_FUZZ=(clang compiler-rt llvm)
PACKAGES_DNF_VM=(mmdebstrap qemu-system-x86-core qemu-img e2fsprogs debian-keyring openssh-clients python3-pyyaml)

# say LINE...
say() {
	printf '%s\n' "$@"
}

die() {
	printf '%s: %s\n' "${0##*/}" "$*" >&2
	exit 1
}

# as_root COMMAND...: runs it as root, by sudo where we are not and sudo asks for no password.
as_root() {
	if ((EUID == 0)); then
		"$@"
	else
		sudo -n "$@"
	fi
}

apt_has() {
	[[ $(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null) == installed ]]
}

dnf_has() {
	rpm -q --quiet --whatprovides "$1"
}

# Installing auditd or chrony would start it and enable it for the next boot; a test host's owner has
# not asked for that. policy-rc.d is Debian's own way to say so; a subshell, whose end removes it again,
# also when interrupted.
apt_install() (
	policy=/usr/sbin/policy-rc.d
	apt=(env DEBIAN_FRONTEND=noninteractive DEBCONF_NOWARNINGS=yes apt-get -qq)
	if [[ ! -e $policy ]]; then
		trap 'as_root rm -f "$policy"' EXIT
		printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null
		as_root chmod 0755 "$policy"
	fi
	as_root "${apt[@]}" update &&
		as_root "${apt[@]}" install -y --no-install-recommends "$@" >/dev/null || exit 1
	command -v systemctl >/dev/null || exit 0
	for package in "$@"; do
		case $package in
		auditd | chrony | unbound | rsyslog | prometheus-alertmanager) as_root systemctl -q disable "$package.service" ;;
		nginx-light) as_root systemctl -q disable nginx.service ;;
		esac
	done
	exit 0
)

dnf_install() {
	as_root dnf -q -y --setopt=install_weak_deps=False install "$@"
}

# prepare_packages GROUP...: installs what is missing of these groups; fails, having said the
# exact command, when it may not.
prepare_packages() {
	local tool group package
	local -a missing=()
	if command -v apt-get >/dev/null; then
		tool=apt
	elif command -v dnf >/dev/null; then
		tool=dnf
	else
		say "neither apt-get nor dnf is here: taking the libraries to be installed (configure will tell)"
		return 0
	fi
	for group in "$@"; do
		local -n packages="PACKAGES_${tool^^}_${group^^}"
		for package in "${packages[@]}"; do
			"${tool}_has" "$package" || missing+=("$package")
		done
	done
	((${#missing[@]} > 0)) || return 0
	if ((EUID != 0)) && ! sudo -n true 2>/dev/null; then
		say "these packages are missing; install them, then run ${0##*/} again:" >&2
		say "  sudo ${tool/apt/apt-get} install ${missing[*]}" >&2
		return 1
	fi
	say "installing packages: ${missing[*]}"
	"${tool}_install" "${missing[@]}" || {
		say "could not install them; what ${tool/apt/apt-get} said is above" >&2
		return 1
	}
}

# prepare_build SOURCE BUILD [CONFIGURE-OPTION...]: configures once, then makes; quiet unless it fails.
prepare_build() {
	local source=$1 build=$2 log=$2/quiet.log
	shift 2
	mkdir -p "$build" || return 1
	{
		if [[ ! -x $source/configure || $source/configure.ac -nt $source/configure ||
			-n $(find "$source" -maxdepth 3 -name local.mk -newer "$source/Makefile.in" -print -quit) ||
			$source/Makefile.am -nt $source/Makefile.in ]]; then
			(cd "$source" && autoreconf -fi)
		fi &&
			(cd "$build" && { [[ -e Makefile && Makefile -nt $source/configure ]] || "$source/configure" "$@"; }) &&
			make -C "$build" -j"$(nproc)"
	} >"$log" 2>&1 || {
		grep -n -A12 -m20 -e 'error:' -e '\*\*\*' "$log" >&2 || tail -n 40 "$log" >&2
		say "the whole output is in $log" >&2
		return 1
	}
}
