/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "plugin/lookout.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "plugin/clock.h"
#include "rules/boot_line.h"
#include "rules/profile.h"
#include "rules/reading.h"

enum { BOOT_LINE_MAX = 4096 }; /* the kernel's own limit is 2048 (x86) or less */

/* What the two threads share. The asker may still be kept waiting by the kernel when the process
 * ends, so this is freed by nobody. */
struct asker {
	int socket;
	uint32_t number; /* of the question; the asker's while it is busy */
	_Atomic bool busy, over;
	sem_t runs, asked; /* runs: posted once */
};

struct lookout {
	const struct logger *log;
	const char *shipped;
	struct asker *asker;
	struct kernel_reading reading;
	struct ruleset wanted;
	bool has_wanted, settled, awaiting;
	int64_t began, asked_at, due, every;
	char digest[RULES_STATE_HEX];
	struct blind_snapshot snapshot;
};

static void wait_for(sem_t *semaphore)
{
	while (sem_wait(semaphore) < 0 && errno == EINTR)
		;
}

/* Allocates nothing and takes no lock, so that a fork of the supervisor finds none held. */
static void *ask_kernel(void *ctx)
{
	struct asker *asker = ctx;

	sem_post(&asker->runs);
	for (wait_for(&asker->asked); !atomic_load(&asker->over); wait_for(&asker->asked)) {
		kernel_reading_ask(asker->socket, asker->number);
		atomic_store(&asker->busy, false);
	}
	return NULL;
}

/* Signals are the main thread's. The beginning of a thread takes locks (of AddressSanitizer's
 * allocator, for one): a child that was forked then would wait for them forever. */
static int start_thread(struct asker *asker, struct error *err)
{
	pthread_t thread;
	pthread_attr_t attributes;
	sigset_t all, before;
	int number;

	sigfillset(&all);
	pthread_attr_init(&attributes);
	pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	number = pthread_create(&thread, &attributes, ask_kernel, asker);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&attributes);
	if (number)
		return error_set(err, "a thread: %s", strerror(number));
	wait_for(&asker->runs);
	return 0;
}

static int start_asker(struct asker *asker, struct error *err)
{
	sem_init(&asker->runs, 0, 0);
	sem_init(&asker->asked, 0, 0);
	asker->socket = kernel_reading_open(err);
	if (asker->socket < 0)
		return -1;
	return start_thread(asker, err);
}

/* "" when it cannot be read. */
static void read_line(const char *path, char *line, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t got = fd < 0 ? -1 : read(fd, line, size - 1);

	if (fd >= 0)
		close(fd);
	line[got > 0 ? got : 0] = '\0';
	line[strcspn(line, "\n")] = '\0';
}

static void read_boot(struct blind_snapshot *snapshot)
{
	char line[BOOT_LINE_MAX];

	read_line("/proc/sys/kernel/random/boot_id", snapshot->boot_id, BLIND_BOOT_MAX);
	read_line("/proc/cmdline", line, sizeof(line));
	snapshot->may_be_older = *line && !boot_line_audits(line);
}

struct lookout *lookout_new(const char *rules, const struct logger *log, struct error *err)
{
	struct lookout *lookout = calloc(1, sizeof(*lookout));
	struct asker *asker = calloc(1, sizeof(*asker));

	if (!lookout || !asker)
		error_set(err, "no memory");
	else if (start_asker(asker, err) == 0) {
		lookout->log = log;
		lookout->shipped = rules;
		lookout->asker = asker;
		lookout->every = LOOKOUT_EVERY_MS;
		lookout->began = lookout->due = clock_steady_ms();
		read_boot(&lookout->snapshot);
		lookout_reload(lookout);
		return lookout;
	}
	if (asker && asker->socket >= 0)
		close(asker->socket);
	free(asker);
	free(lookout);
	return NULL;
}

/* The thread ends when it finds no more questions. */
void lookout_free(struct lookout *lookout)
{
	if (!lookout)
		return;
	atomic_store(&lookout->asker->over, true);
	sem_post(&lookout->asker->asked);
	kernel_reading_free(&lookout->reading);
	ruleset_free(&lookout->wanted);
	free(lookout);
}

/* A site that loads its rules by other means than rules.d is held to the core. */
void lookout_reload(struct lookout *lookout)
{
	const struct rules_place place = {"", lookout->shipped};
	unsigned profiles = profile_installed(&place);
	struct ruleset wanted = {0};
	struct error err;

	if (profile_expected(&place, profiles ? profiles : PROFILE_NEVER | PROFILE_CORE, &wanted,
			     &err) < 0) {
		log_line(lookout->log, LOG_ERR,
			 "%s: whether the audit rules are loaded is not checked%s", err.text,
			 lookout->has_wanted ? " by that, but by what was there before" : "");
		ruleset_free(&wanted);
		return;
	}
	ruleset_free(&lookout->wanted);
	lookout->wanted = wanted;
	lookout->has_wanted = true;
}

int lookout_fd(const struct lookout *lookout)
{
	return lookout->asker->socket;
}

int64_t lookout_due(const struct lookout *lookout)
{
	return lookout->awaiting ? lookout->asked_at + LOOKOUT_ANSWER_MS : lookout->due;
}

void lookout_look(struct lookout *lookout)
{
	int64_t soonest = lookout->asked_at + LOOKOUT_LEAST_MS * lookout->every / LOOKOUT_EVERY_MS;

	if (soonest < lookout->due)
		lookout->due = soonest;
}

const char *lookout_digest(const struct lookout *lookout)
{
	return lookout->digest;
}

static void ask(struct lookout *lookout, int64_t now)
{
	uint32_t number = lookout->reading.number + 1;

	/* the kernel still keeps the asker waiting for its last question */
	if (atomic_load(&lookout->asker->busy)) {
		lookout->due = now + LOOKOUT_EVERY_MS;
		return;
	}
	kernel_reading_begin(&lookout->reading, number);
	lookout->asker->number = number;
	atomic_store(&lookout->asker->busy, true);
	lookout->awaiting = sem_post(&lookout->asker->asked) == 0;
	lookout->asked_at = now;
	lookout->due = now + lookout->every;
}

static int64_t cpu_ms_of_thread(void)
{
	struct timespec used;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
	return (int64_t)used.tv_sec * 1000 + used.tv_nsec / 1000000;
}

static void judge_reading(struct lookout *lookout, int64_t now)
{
	const struct kernel_reading *reading = &lookout->reading;
	const struct sight_question question = {&reading->status, &reading->rules,
						&lookout->wanted};
	struct sight sight;

	if (rules_state_digest(&reading->rules, lookout->digest) < 0 ||
	    sight_judge(&question, &sight, NULL) < 0)
		return; /* no memory now: the next one will tell */
	snapshot_fill(&lookout->snapshot, &sight, &reading->status);
	lookout->settled |= (sight.missing == 0 && reading->status.enabled != KERNEL_AUDIT_OFF) ||
			    now - lookout->began >= LOOKOUT_SETTLED_MS;
	lookout->snapshot.settled = lookout->settled;
	sight_free(&sight);
}

static void space_out(struct lookout *lookout, int64_t cpu_ms)
{
	lookout->every = cpu_ms * LOOKOUT_SHARE;
	if (lookout->every < LOOKOUT_EVERY_MS)
		lookout->every = LOOKOUT_EVERY_MS;
	if (lookout->every > LOOKOUT_LONGEST_MS)
		lookout->every = LOOKOUT_LONGEST_MS;
	lookout->due = lookout->asked_at + lookout->every;
}

/* Returns whether there is something new to tell. */
static bool take(struct lookout *lookout, int64_t now)
{
	int64_t cpu = cpu_ms_of_thread();
	struct error err;
	int result = kernel_reading_take(lookout->asker->socket, &lookout->reading, &err);

	if (result == 0)
		return false;
	lookout->awaiting = false;
	if (result > 0)
		judge_reading(lookout, now);
	else
		snapshot_fill_unreadable(&lookout->snapshot, err.text);
	space_out(lookout, cpu_ms_of_thread() - cpu);
	return true;
}

const struct blind_snapshot *lookout_run(struct lookout *lookout)
{
	int64_t now = clock_steady_ms();
	bool taken = take(lookout, now);

	if (lookout->awaiting && now - lookout->asked_at >= LOOKOUT_ANSWER_MS)
		lookout->awaiting = false;
	if (!lookout->awaiting && now >= lookout->due)
		ask(lookout, now);
	return taken ? &lookout->snapshot : NULL;
}
