/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "plugin/proc_live.h"

#include <ctype.h>
#include <dirent.h>
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "plugin/clock.h"
#include "plugin/root_path.h"

enum {
	NAME_MAX_LENGTH = 64,	 /* "/proc/PID", "/proc/self/fd/N" */
	STAT_MAX = 2048,	 /* 52 numbers of at most 20 digits, and a comm */
	NUMBER_MAX = 32,	 /* loginuid, sessionid */
	LINE_CHUNK = 4096,	 /* longer lines of /proc/PID/status (Groups) are cut */
	STATUS_CHUNKS_MAX = 256, /* of one status: 65,536 groups take 180 */
	CGROUP_WHOLE_MAX = 16 * 1024,
	CAPS_XATTR_MAX = 64,
	XATTR_NAMES_MAX = 4096, /* of one file, as listxattr(2) gives them */
	MAPS_LINE = 512,	/* a longer path is cut, but not its beginning */
	MAPS_LINES_MAX = 4096,	/* of a launcher, which has some dozens */
};

static const char deleted_suffix[] = " (deleted)";

/* --- small files --- */

/* The whole of a small file, terminated; its length, or -1 (also when it does not fit). What /proc
 * gives less of than asked for has ended: no second read asks for that, at half the cost of a file.
 */
static ssize_t read_small(int dir, const char *name, char *buf, size_t size)
{
	size_t used = 0;
	ssize_t got;
	int fd = openat(dir, name, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return -1;
	do
		got = read(fd, buf, size - 1);
	while (got < 0 && errno == EINTR);
	close(fd);
	used = got > 0 ? (size_t)got : 0;
	buf[used] = '\0';
	return got >= 0 && used < size - 1 ? got : -1;
}

/* A descriptor of /proc/PID: what is opened below it belongs to one process, whatever becomes of
 * the number meanwhile. */
static int open_process(pid_t pid)
{
	char name[NAME_MAX_LENGTH];

	snprintf(name, sizeof(name), "/proc/%d", (int)pid);
	return open(name, O_PATH | O_DIRECTORY | O_CLOEXEC);
}

static bool read_id(int process, const char *name, int64_t *id)
{
	char text[NUMBER_MAX];
	char *end;
	unsigned long value;

	if (read_small(process, name, text, sizeof(text)) <= 0)
		return false;
	value = strtoul(text, &end, 10);
	if (end == text)
		return false;
	*id = (uint32_t)value == UINT32_MAX ? -1 : (int64_t)value;
	return true;
}

/* --- /proc/PID/status, line by line --- */

struct status_sets {
	capmask inheritable, permitted, effective, bounding, ambient;
};

static void parse_set(const char *line, struct status_sets *sets)
{
	static const struct {
		const char *name;
		size_t offset;
	} fields[] = {
		{"CapInh:", offsetof(struct status_sets, inheritable)},
		{"CapPrm:", offsetof(struct status_sets, permitted)},
		{"CapEff:", offsetof(struct status_sets, effective)},
		{"CapBnd:", offsetof(struct status_sets, bounding)},
		{"CapAmb:", offsetof(struct status_sets, ambient)},
	};

	for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++) {
		size_t length = strlen(fields[i].name);

		if (strncmp(line, fields[i].name, length) == 0)
			*(capmask *)((char *)sets + fields[i].offset) = strtoull(line + length,
										 NULL, 16);
	}
}

struct status_lines {
	struct status_sets sets;
	bool has_sets;
	struct proc_status *status; /* NULL: only the sets */
};

static void parse_status_line(const char *line, struct status_lines *lines)
{
	struct proc_status *status = lines->status;

	if (strncmp(line, "Cap", 3) == 0) {
		parse_set(line, &lines->sets);
		lines->has_sets = true;
	} else if (status && strncmp(line, "Uid:", 4) == 0) {
		sscanf(line, "Uid: %" SCNu32 " %" SCNu32 " %" SCNu32 " %" SCNu32, &status->uid,
		       &status->euid, &status->suid, &status->fsuid);
	}
}

/* Hands each line of chunk to the parser and moves an unfinished one to its front. A line longer
 * than the chunk is dropped up to its end: no line that counts is that long, but Groups can be. */
static size_t parse_chunk(char *chunk, size_t used, bool *in_long_line, struct status_lines *lines)
{
	char *line = chunk, *end;

	while ((end = memchr(line, '\n', used - (size_t)(line - chunk)))) {
		*end = '\0';
		if (!*in_long_line)
			parse_status_line(line, lines);
		*in_long_line = false;
		line = end + 1;
	}
	used -= (size_t)(line - chunk);
	if (used == LINE_CHUNK) {
		*in_long_line = true;
		return 0;
	}
	memmove(chunk, line, used);
	return used;
}

static bool read_status(int dir, const char *name, struct status_lines *lines)
{
	char chunk[LINE_CHUNK];
	size_t used = 0, room = 0;
	bool in_long_line = false;
	ssize_t got = 0;
	int fd = openat(dir, name, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return false;
	for (int i = 0; i < STATUS_CHUNKS_MAX && got == (ssize_t)room; i++) {
		room = sizeof(chunk) - used;
		got = read(fd, chunk + used, room);
		if (got > 0)
			used = parse_chunk(chunk, used + (size_t)got, &in_long_line, lines);
	}
	close(fd);
	return got >= 0 && got < (ssize_t)room && lines->has_sets;
}

/* --- status --- */

/* The nth field (as proc(5) counts, from 3 on) of what follows comm. */
static const char *stat_field(const char *after_comm, int wanted)
{
	const char *field = after_comm;

	for (int number = 3; number < wanted; number++) {
		field = strchr(field, ' ');
		if (!field)
			return NULL;
		field++;
	}
	return field;
}

bool proc_live_parse_stat(const char *text, size_t length, struct proc_status *status)
{
	enum {
		STAT_STATE = 3,
		STAT_PPID = 4,
		STAT_FLAGS = 9,
		STAT_THREADS = 20,
		STAT_START = 22,
		STAT_STACK = 28,
		STAT_HEAP = 47,
		FLAG_KTHREAD = 0x00200000, /* PF_KTHREAD of <linux/sched.h> */
		FLAG_FORKED = 0x40,	   /* PF_FORKNOEXEC */
	};
	const char *open = memchr(text, '(', length), *close = memrchr(text, ')', length);
	const char *threads, *start, *stack, *state, *heap;
	size_t comm_length;

	if (!open || !close || close < open || close + 2 >= text + length)
		return false;
	threads = stat_field(close + 2, STAT_THREADS);
	start = stat_field(close + 2, STAT_START);
	if (!threads || !start)
		return false;
	comm_length = (size_t)(close - open - 1);
	if (comm_length > PROC_COMM_MAX)
		comm_length = PROC_COMM_MAX; /* kernel threads show more */
	memcpy(status->comm, open + 1, comm_length);
	status->comm[comm_length] = '\0';
	status->ppid = (pid_t)strtol(stat_field(close + 2, STAT_PPID), NULL, 10);
	status->threads = (uint32_t)strtoul(threads, NULL, 10);
	status->start_ticks = strtoull(start, NULL, 10);
	state = stat_field(close + 2, STAT_STATE);
	/* a leader that has ended shows as a zombie as long as one of its threads runs */
	status->ended = strchr("ZXx", *state) && status->threads <= 1;
	status->kernel_thread = strtoul(stat_field(close + 2, STAT_FLAGS), NULL, 10) & FLAG_KTHREAD;
	stack = stat_field(close + 2, STAT_STACK);
	status->image = stack ? strtoull(stack, NULL, 10) : 0;
	status->forked = strtoul(stat_field(close + 2, STAT_FLAGS), NULL, 10) & FLAG_FORKED;
	heap = stat_field(close + 2, STAT_HEAP);
	status->heap = heap ? strtoull(heap, NULL, 10) : 0;
	return true;
}

/* /proc/stat's btime has whole seconds only; the difference of the two clocks has milliseconds. */
static int64_t start_time(const struct proc_live *live, uint64_t ticks)
{
	int64_t boot = clock_ms(CLOCK_REALTIME) - clock_ms(CLOCK_BOOTTIME);

	return boot + (int64_t)(ticks * 1000 / (uint64_t)live->ticks_per_second);
}

static void intersect_thread(int tasks, const char *name, struct proc_status *status)
{
	char path[NAME_MAX_LENGTH];
	struct status_lines lines = {0};

	if (snprintf(path, sizeof(path), "%s/status", name) >= (int)sizeof(path) ||
	    !read_status(tasks, path, &lines))
		return; /* it has ended */
	status->task_permitted &= lines.sets.permitted;
	status->task_effective &= lines.sets.effective;
	status->task_inheritable &= lines.sets.inheritable;
	status->task_ambient &= lines.sets.ambient;
}

/* What every thread holds: starts from the leader, which holds it even when it is a zombie. */
static void intersect_threads(int process, struct proc_status *status)
{
	struct dirent *entry;
	DIR *tasks;
	int fd = openat(process, "task", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	tasks = fd < 0 ? NULL : fdopendir(fd);
	if (!tasks) {
		if (fd >= 0)
			close(fd);
		return;
	}
	for (int seen = 0; seen < PROC_LIVE_THREADS_MAX && (entry = readdir(tasks));) {
		if (!isdigit((unsigned char)entry->d_name[0]))
			continue;
		intersect_thread(fd, entry->d_name, status);
		seen++;
	}
	closedir(tasks);
}

static bool read_process(const struct proc_live *live, int process, struct proc_status *status)
{
	char stat[STAT_MAX];
	struct status_lines lines = {.status = status};
	ssize_t length = read_small(process, "stat", stat, sizeof(stat));

	memset(status, 0, sizeof(*status));
	if (length <= 0 || !proc_live_parse_stat(stat, (size_t)length, status) ||
	    !read_status(process, "status", &lines))
		return false;
	status->start_time = start_time(live, status->start_ticks);
	status->task_permitted = status->permitted = lines.sets.permitted;
	status->task_effective = status->effective = lines.sets.effective;
	status->task_inheritable = status->inheritable = lines.sets.inheritable;
	status->task_ambient = status->ambient = lines.sets.ambient;
	status->bounding = lines.sets.bounding;
	status->auid = status->session = -1;
	return true;
}

static bool live_status(void *ctx, pid_t pid, struct proc_status *status)
{
	int process = open_process(pid);
	bool known;

	if (process < 0)
		return false;
	known = read_process(ctx, process, status);
	close(process);
	return known;
}

/* A kernel without CONFIG_AUDIT has neither; there nobody has logged in, as far as it knows. */
static void live_login(void *ctx, pid_t pid, struct proc_status *status)
{
	int process = open_process(pid);

	(void)ctx;
	if (process < 0)
		return;
	(void)read_id(process, "loginuid", &status->auid);
	(void)read_id(process, "sessionid", &status->session);
	close(process);
}

static bool live_start(void *ctx, pid_t pid, uint64_t *start_ticks)
{
	char name[NAME_MAX_LENGTH], stat[STAT_MAX];
	struct proc_status status;
	ssize_t length;

	(void)ctx;
	snprintf(name, sizeof(name), "/proc/%d/stat", (int)pid);
	length = read_small(AT_FDCWD, name, stat, sizeof(stat));
	if (length <= 0 || !proc_live_parse_stat(stat, (size_t)length, &status))
		return false;
	*start_ticks = status.start_ticks;
	return true;
}

static bool live_threads(void *ctx, pid_t pid, struct proc_status *status)
{
	int process = open_process(pid);

	(void)ctx;
	if (process < 0)
		return false;
	if (status->threads > 1)
		intersect_threads(process, status);
	close(process);
	return true;
}

/* --- cgroup --- */

/* The two lines that name a service, of cgroup v2 and of systemd on v1. */
static bool names_service(const char *line)
{
	const char *controllers = strchr(line, ':');

	return controllers &&
	       (strncmp(line, "0::", 3) == 0 || strncmp(controllers, ":name=systemd:", 14) == 0);
}

static bool append_line(char *buf, size_t size, const char *line, size_t length)
{
	size_t used = strlen(buf);

	if (used + length >= size)
		return false;
	memcpy(buf + used, line, length);
	buf[used + length] = '\0';
	return true;
}

/* Where the whole does not fit, as with a dozen v1 controllers: first what names the service, then
 * what of the others has room. */
static bool shorten_cgroup(const char *whole, char *buf, size_t size)
{
	bool complete = true;

	buf[0] = '\0';
	for (int others = 0; others < 2; others++) {
		for (const char *line = whole, *end; *line; line = end) {
			end = strchrnul(line, '\n');
			end += *end == '\n';
			if (names_service(line) != !others)
				continue;
			if (!append_line(buf, size, line, (size_t)(end - line)) && !others)
				complete = false;
		}
	}
	return complete && buf[0];
}

static bool live_cgroup(void *ctx, pid_t pid, char *buf, size_t size)
{
	char whole[CGROUP_WHOLE_MAX];
	int process = open_process(pid);
	ssize_t length;

	(void)ctx;
	if (process < 0)
		return false;
	length = read_small(process, "cgroup", whole, sizeof(whole));
	close(process);
	if (length <= 0)
		return false;
	return shorten_cgroup(whole, buf, size);
}

/* --- files --- */

static bool identify(int fd, struct proc_file *file, uint32_t *links)
{
	struct statx attributes;

	if (statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC | AT_NO_AUTOMOUNT,
		  STATX_INO | STATX_NLINK, &attributes) < 0)
		return false;
	file->device = makedev(attributes.stx_dev_major, attributes.stx_dev_minor);
	file->inode = attributes.stx_ino;
	if (links)
		*links = attributes.stx_nlink;
	return true;
}

static bool link_text(int fd, char *path, size_t size)
{
	char name[NAME_MAX_LENGTH];
	ssize_t length;

	snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	length = readlink(name, path, size);
	if (length <= 0 || (size_t)length >= size)
		return false;
	path[length] = '\0';
	return true;
}

/* The text says " (deleted)" of an unlinked file, but a file may also be called that. */
static bool strip_deleted(char *path, uint32_t links)
{
	size_t length = strlen(path), suffix = sizeof(deleted_suffix) - 1;

	if (links != 0)
		return false;
	if (length > suffix && strcmp(path + length - suffix, deleted_suffix) == 0)
		path[length - suffix] = '\0';
	return true;
}

/* A leader that has ended while its threads go on shows no file: theirs is the same. */
static int open_threads_exe(pid_t pid)
{
	char name[NAME_MAX_LENGTH];
	struct dirent *entry;
	int exe = -1;
	DIR *tasks;

	snprintf(name, sizeof(name), "/proc/%d/task", (int)pid);
	tasks = opendir(name);
	for (int seen = 0; tasks && exe < 0 && seen < PROC_LIVE_THREADS_MAX; seen++) {
		entry = readdir(tasks);
		if (!entry)
			break;
		if (snprintf(name, sizeof(name), "%s/exe", entry->d_name) < (int)sizeof(name) &&
		    isdigit((unsigned char)entry->d_name[0]))
			exe = openat(dirfd(tasks), name, O_PATH | O_CLOEXEC);
	}
	if (tasks)
		closedir(tasks);
	return exe;
}

static int open_exe(pid_t pid)
{
	char name[NAME_MAX_LENGTH];
	int exe;

	snprintf(name, sizeof(name), "/proc/%d/exe", (int)pid);
	exe = open(name, O_PATH | O_CLOEXEC);
	/* cppcheck-suppress resourceLeak ; it is the caller's */
	return exe < 0 && errno == ENOENT ? open_threads_exe(pid) : exe;
}

/* Through one descriptor, so that text and file are of the same program even when it execs
 * meanwhile. */
static bool live_exe(void *ctx, pid_t pid, char *path, size_t size, struct proc_file *file,
		     bool *deleted)
{
	uint32_t links = 0;
	bool known;
	int fd = open_exe(pid);

	(void)ctx;
	if (fd < 0)
		return false;
	known = link_text(fd, path, size) && identify(fd, file, &links);
	close(fd);
	if (known)
		*deleted = strip_deleted(path, links);
	return known;
}

static bool live_host_file(void *ctx, const char *path, struct proc_file *file)
{
	int fd = open(path, O_PATH | O_CLOEXEC);
	bool known;

	(void)ctx;
	if (fd < 0)
		return false;
	known = identify(fd, file, NULL);
	close(fd);
	return known;
}

/* The file that /proc/PROCESS/ENTRY leads to: a namespace, or the root folder. */
static bool file_of(const char *process, const char *entry, struct proc_file *file)
{
	char name[NAME_MAX_LENGTH];
	struct stat attributes;

	snprintf(name, sizeof(name), "/proc/%s/%s", process, entry);
	if (stat(name, &attributes) < 0)
		return false;
	file->device = attributes.st_dev;
	file->inode = attributes.st_ino;
	return true;
}

static bool same_file(const struct proc_file *one, const struct proc_file *other)
{
	return one->device == other->device && one->inode == other->inode;
}

static bool live_in_host_userns(void *ctx, pid_t pid, bool *host)
{
	const struct proc_live *live = ctx;
	struct proc_file ns;
	char process[NAME_MAX_LENGTH / 2];

	snprintf(process, sizeof(process), "%d", (int)pid);
	if (!live->knows_host_userns || !file_of(process, "ns/user", &ns))
		return false;
	*host = same_file(&ns, &live->host_userns);
	return true;
}

static bool live_sees_host_files(void *ctx, pid_t pid)
{
	const struct proc_live *live = ctx;
	struct proc_file ns, root;
	char process[NAME_MAX_LENGTH / 2];

	snprintf(process, sizeof(process), "%d", (int)pid);
	return live->knows_host_mounts && file_of(process, "ns/mnt", &ns) &&
	       file_of(process, "root", &root) && same_file(&ns, &live->host_mntns) &&
	       same_file(&root, &live->host_root);
}

/* --- /proc/PID/maps --- */

/* Where a host keeps its libraries; what anybody writes to is elsewhere. */
static bool is_system_file(const char *path)
{
	static const char *const folders[] = {"/usr/", "/lib",	"/bin/", "/sbin/",
					      "/opt/", "/nix/", "/gnu/", "/snap/"};

	for (size_t i = 0; i < sizeof(folders) / sizeof(*folders); i++)
		if (strncmp(path, folders[i], strlen(folders[i])) == 0)
			return true;
	return false;
}

/* "START-END r-xp OFFSET MAJOR:MINOR INODE      /PATH": is it code of another file than the
 * program's, from outside the system's folders? What has no file ([vdso], anonymous) is none. The
 * device is no help: on btrfs and overlayfs it is another than stat(2) says. */
static bool is_foreign(const char *line, uint64_t program)
{
	const char *path = strchr(line, '/');
	uint64_t inode;
	char executable;

	return path && sscanf(line, "%*s %*2c%c%*c %*s %*s %" SCNu64, &executable, &inode) == 2 &&
	       executable == 'x' && inode != program && !is_system_file(path);
}

static bool search_maps(FILE *maps, uint64_t program)
{
	char line[MAPS_LINE];
	bool begins = true;

	/* a longer line's rest is no line */
	for (int i = 0; i < MAPS_LINES_MAX && fgets(line, sizeof(line), maps); i++) {
		if (begins && is_foreign(line, program))
			return true;
		begins = strchr(line, '\n') != NULL;
	}
	return false;
}

static bool live_foreign_code(void *ctx, pid_t pid, bool *foreign)
{
	struct proc_file program = {0, 0};
	char name[NAME_MAX_LENGTH];
	FILE *maps;

	snprintf(name, sizeof(name), "/proc/%d/exe", (int)pid);
	(void)live_host_file(ctx, name, &program);
	snprintf(name, sizeof(name), "/proc/%d/maps", (int)pid);
	maps = fopen(name, "re");
	if (!maps)
		return false;
	*foreign = search_maps(maps, program.inode);
	fclose(maps);
	return true;
}

/* --- file capabilities --- */

static uint32_t le32_at(const unsigned char *bytes)
{
	uint32_t value;

	memcpy(&value, bytes, sizeof(value));
	return le32toh(value);
}

bool proc_live_parse_file_caps(const void *value, size_t size, capmask *permitted,
			       capmask *inheritable)
{
	const unsigned char *bytes = value;
	uint32_t revision;
	unsigned words;

	if (size < sizeof(uint32_t))
		return false;
	revision = le32_at(bytes) & VFS_CAP_REVISION_MASK;
	words = revision == VFS_CAP_REVISION_1 ? VFS_CAP_U32_1 : VFS_CAP_U32_2;
	if (!(revision == VFS_CAP_REVISION_1 && size == XATTR_CAPS_SZ_1) &&
	    !(revision == VFS_CAP_REVISION_2 && size == XATTR_CAPS_SZ_2) &&
	    !(revision == VFS_CAP_REVISION_3 && size == XATTR_CAPS_SZ_3))
		return false;
	/* version 3 ends in the root user of the namespace it was made in: there alone it counts */
	if (revision == VFS_CAP_REVISION_3 && le32_at(bytes + XATTR_CAPS_SZ_2) != 0)
		return false;
	*permitted = *inheritable = 0;
	for (unsigned word = 0; word < words; word++) {
		*permitted |= (capmask)le32_at(bytes + 4 + 8 * word) << (32 * word);
		*inheritable |= (capmask)le32_at(bytes + 8 + 8 * word) << (32 * word);
	}
	return true;
}

/* Symbolic links end at the process's root, not at ours. */
static int open_as_seen_by(pid_t pid, const char *path)
{
	char name[NAME_MAX_LENGTH];
	int root, fd;

	snprintf(name, sizeof(name), "/proc/%d/root", (int)pid);
	root = open(name, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root < 0)
		return -1;
	fd = root_path_open(root, path);
	close(root);
	return fd;
}

/* The file behind "fd/N" of the process. */
static int open_descriptor_of(pid_t pid, const char *path)
{
	char name[NAME_MAX_LENGTH];

	if (snprintf(name, sizeof(name), "/proc/%d/%s", (int)pid, path) >= (int)sizeof(name))
		return -1;
	return open(name, O_PATH | O_CLOEXEC);
}

/* What trusted.* attributes there are is not told to who lacks cap_sys_admin. */
static void find_lacking(const char *path, struct proc_file_caps *caps)
{
	char names[XATTR_NAMES_MAX];
	ssize_t length = listxattr(path, names, sizeof(names));
	bool has_20 = false, has_24 = false;

	for (ssize_t at = 0; at < length; at += (ssize_t)strlen(names + at) + 1) {
		ssize_t size = getxattr(path, names + at, NULL, 0);

		if (size < 0)
			return;
		has_20 = has_20 || size == XATTR_CAPS_SZ_2;
		has_24 = has_24 || size == XATTR_CAPS_SZ_3;
	}
	caps->lacks_20 = length >= 0 && !has_20;
	caps->lacks_24 = length >= 0 && !has_24;
}

static bool live_file_caps(void *ctx, pid_t pid, const char *path, struct proc_file_caps *caps)
{
	unsigned char value[CAPS_XATTR_MAX];
	char name[NAME_MAX_LENGTH];
	struct stat attributes;
	ssize_t size;
	int fd = *path == '/' ? open_as_seen_by(pid, path) : open_descriptor_of(pid, path);
	int error;

	(void)ctx;
	memset(caps, 0, sizeof(*caps));
	if (fd < 0)
		return false;
	/* fgetxattr refuses O_PATH; by way of /proc it is the same file */
	snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	size = getxattr(name, "security.capability", value, sizeof(value));
	error = errno;
	find_lacking(name, caps);
	if (fstat(fd, &attributes) == 0) {
		caps->inode = attributes.st_ino;
		caps->changed = (int64_t)attributes.st_ctim.tv_sec * 1000 +
				attributes.st_ctim.tv_nsec / 1000000;
	}
	close(fd);
	caps->present = size > 0 && proc_live_parse_file_caps(value, (size_t)size, &caps->permitted,
							      &caps->inheritable);
	return size >= 0 || error == ENODATA || error == EOPNOTSUPP;
}

/* --- all --- */

static void live_each_process(void *ctx, void (*visit)(void *visit_ctx, pid_t pid), void *visit_ctx)
{
	struct dirent *entry;
	DIR *proc = opendir("/proc");

	(void)ctx;
	if (!proc)
		return;
	while ((entry = readdir(proc))) {
		char *end;
		long pid = strtol(entry->d_name, &end, 10);

		if (pid > 0 && *end == '\0')
			visit(visit_ctx, (pid_t)pid);
	}
	closedir(proc);
}

/* A place in /proc is a pid (fs/proc/base.c, proc_pid_readdir()): it holds from one opening to the
 * next. */
static bool live_list(void *ctx, int64_t *place, pid_t *pids, size_t *count)
{
	struct dirent *entry = NULL;
	DIR *proc = opendir("/proc");
	size_t found = 0;

	(void)ctx;
	if (proc && *place)
		seekdir(proc, (long)*place);
	while (proc && found < *count && (entry = readdir(proc))) {
		char *end;
		long pid = strtol(entry->d_name, &end, 10);

		if (pid > 0 && *end == '\0')
			pids[found++] = (pid_t)pid;
	}
	*count = found;
	if (!proc)
		return false;
	*place = telldir(proc);
	closedir(proc);
	return entry != NULL;
}

void proc_live_init(struct proc_live *live)
{
	*live = (struct proc_live){
		.reader = {.ctx = live,
			   .status = live_status,
			   .login = live_login,
			   .start = live_start,
			   .cgroup = live_cgroup,
			   .exe = live_exe,
			   .host_file = live_host_file,
			   .threads = live_threads,
			   .in_host_userns = live_in_host_userns,
			   .sees_host_files = live_sees_host_files,
			   .foreign_code = live_foreign_code,
			   .file_caps = live_file_caps,
			   .each_process = live_each_process,
			   .list = live_list},
		.ticks_per_second = sysconf(_SC_CLK_TCK),
	};
	/* where init's is not to be seen, as inside a container, what we are in stands for the host
	 */
	live->knows_host_userns = file_of("1", "ns/user", &live->host_userns) ||
				  file_of("self", "ns/user", &live->host_userns);
	live->knows_host_mounts = file_of("1", "ns/mnt", &live->host_mntns) &&
				  file_of("1", "root", &live->host_root);
}
