/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "common/syscall_groups.h"

#include <fcntl.h>
#include <linux/prctl.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include "common/sanitized.h"

/* Nothing in the flags that writes, makes or empties a file. O_TMPFILE holds O_DIRECTORY, which
 * reading a folder has, too. */
#define OPENS_FOR_MORE (O_ACCMODE | O_CREAT | O_TRUNC | (O_TMPFILE & ~O_DIRECTORY))

const struct syscall_rule syscall_group_life[] = {
	{"brk", "the heap", 0, 0, 0},
	{"munmap", "the heap gives back", 0, 0, 0},
	{"mremap", "realloc of what is large", 0, 0, 0},
	{"madvise", "free, and a thread's stack at its end", 0, 0, 0},
	{"futex", "locks, and waiting for a thread", 0, 0, 0},
	{"getrandom", "seeds of hash tables, of the heap and of TLS", 0, 0, 0},
	{"clock_gettime", "the time, where the vDSO has no clock to read", 0, 0, 0},
	{"gettimeofday", "the same", 0, 0, 0},
	{"time", "the same", 0, 0, 0},
	{"clock_getres", "libraries ask how fine a clock is", 0, 0, 0},
	{"clock_nanosleep", "a pause", 0, 0, 0},
	{"nanosleep", "the same, in older libraries", 0, 0, 0},
	{"alarm", "a limit to the time that ending takes", 0, 0, 0},
	{"rt_sigaction", "what a signal does", 0, 0, 0},
	{"rt_sigprocmask", "which signals wait", 0, 0, 0},
	{"rt_sigreturn", "the end of a signal's handler", 0, 0, 0},
	{"restart_syscall", "a wait goes on after SIGSTOP and SIGCONT", 0, 0, 0},
	{"tgkill", "abort(): ends with SIGABRT; others of its user are its own threads", 0, 0, 0},
	{"getpid", "its own number, for log lines", 0, 0, 0},
	{"gettid", "abort(), locks", 0, 0, 0},
	{"getppid", "whether the supervisor still lives", 0, 0, 0},
	{"getuid", "libraries ask whether they run set-user-ID", 0, 0, 0},
	{"geteuid", "the same", 0, 0, 0},
	{"getgid", "the same", 0, 0, 0},
	{"getegid", "the same", 0, 0, 0},
	{"uname", "the host's name", 0, 0, 0},
	{"sysinfo", "qsort() asks how much memory there is", 0, 0, 0},
	{"sched_yield", "locks", 0, 0, 0},
	{"sched_getaffinity", "how many arenas the heap takes", 0, 0, 0},
	{"getcpu", "where the vDSO has none", 0, 0, 0},
	{"rseq", "a thread's start, from glibc 2.35 on", 0, 0, 0},
	{"set_robust_list", "a thread's start", 0, 0, 0},
	{"prlimit64", "reads a limit (sysconf, a thread's stack) and sets none", 2, UINT64_MAX, 0},
	{"getrlimit", "the same, in older libraries", 0, 0, 0},
	{"exit", "a thread's end", 0, 0, 0},
	{"exit_group", "the end", 0, 0, 0},
	{0},
};

const struct syscall_rule syscall_group_map_exec[] = {
	{"mmap", "the heap; a library that is loaded late (a resolver's, OpenSSL's)", 0, 0, 0},
	{"mprotect", "the same: its relocations, once done, are read-only", 0, 0, 0},
	{0},
};

const struct syscall_rule syscall_group_map_data[] = {
	{"mmap", "the heap; never code", 2, PROT_EXEC, 0},
	{"mprotect", "the heap grows; never into code", 2, PROT_EXEC, 0},
	{0},
};

const struct syscall_rule syscall_group_descriptors[] = {
	{"read", "files, signals, sockets", 0, 0, 0},
	{"readv", "the same", 0, 0, 0},
	{"pread64", "a file from a place on", 0, 0, 0},
	{"write", "sockets; a file, where one could be opened for it; stderr", 0, 0, 0},
	{"writev", "the same", 0, 0, 0},
	{"lseek", "stdio; a folder read again from its beginning", 0, 0, 0},
	{"close", "what is open", 0, 0, 0},
	{"fcntl", "close-on-exec, non-blocking", 0, 0, 0},
	{"fstat", "a file's size and kind", 0, 0, 0},
	{"poll", "waits for what is open", 0, 0, 0},
	{"ppoll", "the same, where there is no poll", 0, 0, 0},
	{"recvmsg", "the control socket and the link, descriptors with it", 0, 0, 0},
	{"recvfrom", "auditd's socket; recv()", 0, 0, 0},
	{"sendmsg", "the link", 0, 0, 0},
	{"sendto", "send()", 0, 0, 0},
	{"getsockopt", "whether fd 0 is a socket; whether a connect worked", 0, 0, 0},
	{"ioctl", "how much waits to be read", 1, SYSCALL_INT_MASK, FIONREAD},
	{"ioctl", "non-blocking, as libcurl sets it", 1, SYSCALL_INT_MASK, FIONBIO},
	{"ioctl", "stdio asks whether it writes to a terminal", 1, SYSCALL_INT_MASK, TCGETS},
	{0},
};

const struct syscall_rule syscall_group_look[] = {
	{"newfstatat", "a file's identity", 0, 0, 0},
	{"stat", "the same, in older libraries", 0, 0, 0},
	{"lstat", "the same", 0, 0, 0},
	{"statx", "the same, in newer libraries", 0, 0, 0},
	{"statfs", "which file system it is", 0, 0, 0},
	{"fstatfs", "the same", 0, 0, 0},
	{"access", "whether a file is there", 0, 0, 0},
	{"faccessat", "the same", 0, 0, 0},
	{"faccessat2", "the same", 0, 0, 0},
	{"readlink", "where a link leads: /proc/PID/exe and ns/user", 0, 0, 0},
	{"readlinkat", "the same", 0, 0, 0},
	{"getdents64", "a folder's names", 0, 0, 0},
	{"getxattr", "a file's capabilities", 0, 0, 0},
	{"lgetxattr", "the same", 0, 0, 0},
	{"fgetxattr", "the same", 0, 0, 0},
	{"listxattr", "whether a file can have been given any", 0, 0, 0},
	{"getcwd", "realpath() of a name that is relative", 0, 0, 0},
	{0},
};

const struct syscall_rule syscall_group_open_read[] = {
	{"openat", "to read, and nothing else", 2, OPENS_FOR_MORE, O_RDONLY},
	{"open", "the same, in other libraries", 1, OPENS_FOR_MORE, O_RDONLY},
	{0},
};

const struct syscall_rule syscall_group_write_files[] = {
	{"openat", "a spool's files, a sink's file, the checkpoint", 0, 0, 0},
	{"open", "the same, in other libraries", 0, 0, 0},
	{"pwrite64", "a file from a place on", 0, 0, 0},
	{"ftruncate", "takes back half a line that did not fit", 0, 0, 0},
	{"fallocate", "room for a file", 0, 0, 0},
	{"fsync", "what is acknowledged is on disk", 0, 0, 0},
	{"fdatasync", "the same", 0, 0, 0},
	{"rename", "a file gets its name when it is whole", 0, 0, 0},
	{"renameat", "the same", 0, 0, 0},
	{"renameat2", "the same", 0, 0, 0},
	{"link", "a file gets its name unless there is one", 0, 0, 0},
	{"linkat", "the same", 0, 0, 0},
	{"unlink", "delivered", 0, 0, 0},
	{"unlinkat", "the same", 0, 0, 0},
	{"mkdir", "a spool's folder", 0, 0, 0},
	{"mkdirat", "the same", 0, 0, 0},
	{"rmdir", "the same, when it is empty", 0, 0, 0},
	{"fchmod", "who may read what it wrote", 0, 0, 0},
	{"umask", "the same", 0, 0, 0},
	{"flock", "one writer at a time", 0, 0, 0},
	{"utimensat", "the age of a file in the spool", 0, 0, 0},
	{0},
};

const struct syscall_rule syscall_group_threads[] = {
	/* clone3 has its flags in memory, where a filter can't see them: refused with ENOSYS, on
	 * which every C library takes clone */
	{"clone", "a thread (libcurl's resolver), no process", 0, CLONE_THREAD, CLONE_THREAD},
	{"prctl", "a thread's name", 0, SYSCALL_INT_MASK, PR_SET_NAME},
	{"prctl", "a mapping's name, from glibc 2.40 on", 0, SYSCALL_INT_MASK, 0x53564d41},
	{"set_tid_address", "a thread's start, in other libraries", 0, 0, 0},
	{0},
};

const struct syscall_rule syscall_group_network[] = {
	{"socket", "syslog, the resolvers' daemons", 0, SYSCALL_INT_MASK, AF_UNIX},
	{"socket", "webhooks, syslog, DNS", 0, SYSCALL_INT_MASK, AF_INET},
	{"socket", "the same", 0, SYSCALL_INT_MASK, AF_INET6},
	{"socket", "getaddrinfo() asks which addresses the host has", 0, SYSCALL_INT_MASK,
	 AF_NETLINK},
	{"socketpair", "libcurl wakes its own wait", 0, 0, 0},
	{"pipe2", "the same, in some versions", 0, 0, 0},
	{"pipe", "the same", 0, 0, 0},
	{"eventfd2", "the same", 0, 0, 0},
	{"connect", "receivers", 0, 0, 0},
	{"bind", "getaddrinfo()'s netlink socket", 0, 0, 0},
	{"getsockname", "which address it has", 0, 0, 0},
	{"getpeername", "whom it is connected with", 0, 0, 0},
	{"setsockopt", "no delay, keep-alive", 0, 0, 0},
	{"sendmmsg", "the resolver asks for both kinds of address at once", 0, 0, 0},
	{"recvmmsg", "the same", 0, 0, 0},
	{"shutdown", "the end of what it says", 0, 0, 0},
	{"select", "libraries that wait so", 0, 0, 0},
	{"pselect6", "the same", 0, 0, 0},
	{"epoll_create1", "the same", 0, 0, 0},
	{"epoll_ctl", "the same", 0, 0, 0},
	{"epoll_wait", "the same", 0, 0, 0},
	{"epoll_pwait", "the same", 0, 0, 0},
	{0},
};

const struct syscall_rule syscall_group_sanitizer[] = {
	{"getdents", "the leak checker lists threads by the older call", 0, 0, 0},
	{SANITIZED ? "ptrace" : NULL, "the leak checker stops its own threads", 0, 0, 0},
	{"clone", "the same, from a process of its own", 0, 0, 0},
	{"wait4", "the same", 0, 0, 0},
	{"prctl", "the same: it must be dumpable meanwhile", 0, 0, 0},
	{"sigaltstack", "a stack for its report", 0, 0, 0},
	{"mprotect", "its shadow memory", 0, 0, 0},
	{"mmap", "the same", 0, 0, 0},
	{"sched_getparam", "the stack's bounds", 0, 0, 0},
	{"getpgrp", "a report to a terminal", 0, 0, 0},
	{"pipe", "it tries whether memory can be read", 0, 0, 0},
	{"pipe2", "the same", 0, 0, 0},
	{"process_vm_readv", "the same", 0, 0, 0},
	{0},
};

#define MADE_BY_INTRUDERS NULL, 0, 0, 0

const struct syscall_rule syscall_group_intruder[] = {
	/* into other processes. A build for tests traces itself */
	{SANITIZED ? "process_vm_writev" : "ptrace", MADE_BY_INTRUDERS},
	{SANITIZED ? "process_vm_writev" : "process_vm_readv", MADE_BY_INTRUDERS},
	{"process_vm_writev", MADE_BY_INTRUDERS},
	{"process_madvise", MADE_BY_INTRUDERS},
	{"pidfd_getfd", MADE_BY_INTRUDERS},
	{"kcmp", MADE_BY_INTRUDERS},
	/* into the kernel */
	{"init_module", MADE_BY_INTRUDERS},
	{"finit_module", MADE_BY_INTRUDERS},
	{"delete_module", MADE_BY_INTRUDERS},
	{"kexec_load", MADE_BY_INTRUDERS},
	{"kexec_file_load", MADE_BY_INTRUDERS},
	{"bpf", MADE_BY_INTRUDERS},
	{"perf_event_open", MADE_BY_INTRUDERS},
	{"userfaultfd", MADE_BY_INTRUDERS},
	{"io_uring_setup", MADE_BY_INTRUDERS}, /* goes past a filter of calls */
	{"io_uring_enter", MADE_BY_INTRUDERS},
	{"io_uring_register", MADE_BY_INTRUDERS},
	{"iopl", MADE_BY_INTRUDERS},
	{"ioperm", MADE_BY_INTRUDERS},
	{"add_key", MADE_BY_INTRUDERS},
	{"request_key", MADE_BY_INTRUDERS},
	{"keyctl", MADE_BY_INTRUDERS},
	/* another view of files, or of everything */
	{"mount", MADE_BY_INTRUDERS},
	{"umount2", MADE_BY_INTRUDERS},
	{"pivot_root", MADE_BY_INTRUDERS},
	{"open_tree", MADE_BY_INTRUDERS},
	{"move_mount", MADE_BY_INTRUDERS},
	{"fsopen", MADE_BY_INTRUDERS},
	{"fsconfig", MADE_BY_INTRUDERS},
	{"fsmount", MADE_BY_INTRUDERS},
	{"fspick", MADE_BY_INTRUDERS},
	{"mount_setattr", MADE_BY_INTRUDERS},
	{"open_by_handle_at", MADE_BY_INTRUDERS}, /* cap_dac_read_search's way round paths */
	{"chroot", MADE_BY_INTRUDERS},
	{"setns", MADE_BY_INTRUDERS},
	{"unshare", MADE_BY_INTRUDERS},
	/* the host's own state */
	{"reboot", MADE_BY_INTRUDERS},
	{"swapon", MADE_BY_INTRUDERS},
	{"swapoff", MADE_BY_INTRUDERS},
	{"settimeofday", MADE_BY_INTRUDERS},
	{"clock_settime", MADE_BY_INTRUDERS},
	{"sethostname", MADE_BY_INTRUDERS},
	{"acct", MADE_BY_INTRUDERS},
	{"quotactl", MADE_BY_INTRUDERS},
	{0},
};

const struct syscall_rule syscall_group_other_program[] = {
	{"execve", MADE_BY_INTRUDERS},
	{"execveat", MADE_BY_INTRUDERS},
	{0},
};
