#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# substitute.sh IN OUT: fills the installed paths (SBINDIR, COURIER) and this machine's system call
# facts, asked of CC, into a rules file. For make only.
set -eu
in=$1 out=$2

# The values of the machine that is compiled for, which need not be the one compiled on.
facts=$(printf '%s\n' '#include <fcntl.h>' '#include <sys/syscall.h>' \
	'capwatch_read O_RDONLY|O_CLOEXEC' \
	'capwatch_folder O_RDONLY|O_NONBLOCK|O_DIRECTORY|O_CLOEXEC' \
	'#ifdef __NR_poll' 'capwatch_legacy' '#endif' | ${CC:-cc} -D_GNU_SOURCE -E -P -)
number() {
	# the preprocessor leaves octal numbers and |, which is what the shell's arithmetic takes
	printf '%s\n' "$facts" | sed -n "s/^capwatch_$1 //p"
}
read_flags=$(printf '0x%x' "$(($(number read)))")
folder_flags=$(printf '0x%x' "$(($(number folder)))")
legacy=
case $facts in *capwatch_legacy*) legacy=poll,select,epoll_wait,readlink, ;; esac

mkdir -p "$(dirname "$out")"
sed -e "s|@SBINDIR@|$SBINDIR|g" -e "s|@COURIER@|$COURIER|g" -e "s|@LEGACY@|$legacy|g" \
	-e "s|@OPEN_READ@|$read_flags|g" -e "s|@OPEN_FOLDER@|$folder_flags|g" "$in" >"$out.tmp"
mv "$out.tmp" "$out"
