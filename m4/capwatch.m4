# SPDX-License-Identifier: Apache-2.0
# The questions that configure.ac asks of the system.

# CAPWATCH_LIBRARY(VARIABLE, PKG-CONFIG SPEC, LIBRARY, FUNCTION, HEADER, DEBIAN PACKAGE, FEDORA PACKAGE)
# Sets VARIABLE_CFLAGS and VARIABLE_LIBS, by pkg-config or, where its file is not installed, by trying
# to link; else adds a line to $capwatch_missing.
AC_DEFUN([CAPWATCH_LIBRARY], [
PKG_CHECK_MODULES([$1], [$2], [], [
	capwatch_found=no
	# A .pc file that is there but too old is a no: linking would not show the version.
	AS_IF([$PKG_CONFIG --exists "m4_bpatsubst([$2], [ .*])" 2>/dev/null], [],
		[AC_CHECK_HEADER([$5], [AC_CHECK_LIB([$3], [$4], [capwatch_found=yes])])])
	AS_IF([test "x$capwatch_found" = xyes],
		[$1_LIBS="-l$3"; AC_SUBST([$1_LIBS])],
		[capwatch_missing="$capwatch_missing
  $2: Debian package $6, Fedora package $7"])])
])

# CAPWATCH_COMPILE_FLAGS(VARIABLE, FLAGS): those of FLAGS that compile without a warning.
AC_DEFUN([CAPWATCH_COMPILE_FLAGS], [
$1=
for capwatch_flag in m4_normalize([$2]); do
	AC_MSG_CHECKING([whether $CC takes $capwatch_flag])
	capwatch_saved_cflags=$CFLAGS
	CFLAGS="$CFLAGS -Werror $capwatch_flag"
	AC_COMPILE_IFELSE([AC_LANG_PROGRAM([], [])],
		[AC_MSG_RESULT([yes]); $1="$[$1] $capwatch_flag"],
		[AC_MSG_RESULT([no])])
	CFLAGS=$capwatch_saved_cflags
done
AC_SUBST([$1])
])

# CAPWATCH_LINK_FLAGS(VARIABLE, FLAGS): those of FLAGS that link.
AC_DEFUN([CAPWATCH_LINK_FLAGS], [
$1=
for capwatch_flag in m4_normalize([$2]); do
	AC_MSG_CHECKING([whether $CC links with $capwatch_flag])
	capwatch_saved_cflags=$CFLAGS
	CFLAGS="$CFLAGS $HARDENING_CFLAGS $capwatch_flag"
	AC_LINK_IFELSE([AC_LANG_PROGRAM([], [])],
		[AC_MSG_RESULT([yes]); $1="$[$1] $capwatch_flag"],
		[AC_MSG_RESULT([no])])
	CFLAGS=$capwatch_saved_cflags
done
AC_SUBST([$1])
])

# CAPWATCH_FORTIFY(VARIABLE): the highest _FORTIFY_SOURCE that libc's headers take without a warning
# at the optimisation in CFLAGS; nothing when that is -O0.
AC_DEFUN([CAPWATCH_FORTIFY], [
$1=
for capwatch_level in 3 2; do
	AC_MSG_CHECKING([for _FORTIFY_SOURCE=$capwatch_level])
	capwatch_saved_cflags=$CFLAGS
	CFLAGS="$CFLAGS -Werror -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=$capwatch_level"
	AC_COMPILE_IFELSE([AC_LANG_PROGRAM([[#include <string.h>]],
			[[
			#if !defined __USE_FORTIFY_LEVEL || __USE_FORTIFY_LEVEL < $capwatch_level
			#error "no such level"
			#endif
			]])],
		[AC_MSG_RESULT([yes])
		 $1="-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=$capwatch_level"],
		[AC_MSG_RESULT([no])])
	CFLAGS=$capwatch_saved_cflags
	test -z "$[$1]" || break
done
])
