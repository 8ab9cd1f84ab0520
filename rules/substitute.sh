#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# substitute.sh IN OUT: fills the installed paths (SBINDIR, COURIER) and this machine's system call
# facts, asked of CC, into a rules file. For make only.
set -eu
in=$1 out=$2

# The values of the machine that is compiled for, which need not be the one compiled on.
facts=$(printf '%s\n' '#include <fcntl.h>' '#include <sys/syscall.h>' \
	'capwatch_read O_RDONLY|O_CLOEXEC' \
	'capwatch_folder O_RDONLY|O_DIRECTORY|O_CLOEXEC' \
	'capwatch_listing O_RDONLY|O_NONBLOCK|O_DIRECTORY|O_CLOEXEC' 'capwatch_path O_PATH' \
	'#ifdef __NR_poll' 'capwatch_legacy' '#endif' | ${CC:-cc} -D_GNU_SOURCE -E -P -)
flags() {
	# the preprocessor leaves octal numbers and |, which is what the shell's arithmetic takes
	printf '0x%x' "$(($(printf '%s\n' "$facts" | sed -n "s/^capwatch_$1 //p")))"
}
# What newer machines have no number for: named in place of @LEGACY@, or taken out of b64 rules.
case $facts in
*capwatch_legacy*) legacy=poll,select,epoll_wait,readlink, without='' ;;
*) legacy='' without='/arch=b64/s/-S \(open,creat,\)*\(chmod,\)*/-S /' ;;
esac

mkdir -p "$(dirname "$out")"
sed -e "$without" -e "s|@SBINDIR@|$SBINDIR|g" -e "s|@COURIER@|$COURIER|g" -e "s|@LEGACY@|$legacy|g" \
	-e "s|@OPEN_READ@|$(flags read)|g" -e "s|@OPEN_FOLDER@|$(flags folder)|g" \
	-e "s|@OPEN_LISTING@|$(flags listing)|g" -e "s|@OPEN_PATH@|$(flags path)|g" "$in" >"$out.tmp"
mv "$out.tmp" "$out"
