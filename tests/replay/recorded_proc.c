/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "tests/replay/recorded_proc.h"

#include <stdlib.h>
#include <string.h>

#include "common/hash.h"

enum {
	BUCKETS = 1 << 16,
	/* a start as /proc tells it is rounded to a tick, the clock was read a moment before */
	START_GRAIN_MS = 20,
};

static const uint32_t never = UINT32_MAX;

/* From one start of a pid to its end. */
struct life {
	uint64_t ticks; /* 0: not told yet */
	int64_t start;	/* ms; INT64_MIN: not told */
	uint32_t gone;	/* the step in which it was found to be gone, or never */
	struct life *next;
};

struct pid_lives {
	pid_t pid;
	struct life *first, *last;
	struct pid_lives *next; /* of its bucket */
};

struct fact {
	uint32_t step;
	bool by_judge, known;
	const char *answer;
	const struct life *life; /* NULL: of no process */
	struct fact *next;	 /* of its question, in order */
};

struct question {
	const char *key;
	size_t key_length;
	enum recording_call call;
	struct pid_lives *lives; /* NULL: of no process */
	struct fact *first, *last;
	struct fact *before; /* the last one of an earlier step than the present */
	struct fact *from;   /* the first one of the present step or a later one */
	uint32_t asked_step, asked_times;
	struct question *next; /* of its bucket */
};

struct recorded_proc {
	struct proc_reader reader;
	uint32_t step;
	int64_t now;
	struct question *questions[BUCKETS];
	struct pid_lives *pids[BUCKETS];
	struct recorded_proc_stats stats;
};

/* ---- the table ------------------------------------------------------------------------------- */

static size_t hash(const char *key, size_t length)
{
	uint32_t value = hash_bytes(HASH_START, key, length);

	return (value ^ value >> 16) % BUCKETS;
}

static struct question *find(struct recorded_proc *proc, const char *key, size_t length)
{
	struct question *question = proc->questions[hash(key, length)];

	while (question &&
	       (question->key_length != length || memcmp(question->key, key, length) != 0))
		question = question->next;
	return question;
}

static struct pid_lives *lives_of(struct recorded_proc *proc, pid_t pid)
{
	struct pid_lives **bucket = &proc->pids[(size_t)pid % BUCKETS], *lives = *bucket;

	while (lives && lives->pid != pid)
		lives = lives->next;
	if (lives)
		return lives;
	lives = calloc(1, sizeof(*lives));
	if (!lives)
		return NULL;
	lives->pid = pid;
	lives->next = *bucket;
	*bucket = lives;
	return lives;
}

static struct question *get(struct recorded_proc *proc, const struct recording_line *line)
{
	struct question *question = find(proc, line->key, line->key_length);
	struct question **bucket = &proc->questions[hash(line->key, line->key_length)];

	if (question)
		return question;
	question = calloc(1, sizeof(*question));
	if (!question)
		return NULL;
	question->lives = line->pid ? lives_of(proc, line->pid) : NULL;
	if (line->pid && !question->lives) {
		free(question);
		return NULL;
	}
	question->key = line->key;
	question->key_length = line->key_length;
	question->call = line->call;
	question->asked_step = never;
	question->next = *bucket;
	*bucket = question;
	return question;
}

/* ---- lives ----------------------------------------------------------------------------------- */

static struct life *new_life(struct pid_lives *lives)
{
	struct life *life = calloc(1, sizeof(*life));

	if (!life)
		return NULL;
	life->start = INT64_MIN;
	life->gone = never;
	if (lives->last)
		lives->last->next = life;
	else
		lives->first = life;
	lives->last = life;
	return life;
}

/* The life that a fact of this line is of: another start, or an answer after there was none, is
 * another process of this pid. */
static struct life *take_life(struct pid_lives *lives, uint32_t step,
			      const struct recording_line *line)
{
	struct life *life = lives->last ? lives->last : new_life(lives);
	struct recording_answer answer = {.known = false};

	if (!life || line->call != RECORDING_STATUS)
		return life;
	if (!line->known) {
		if (life->gone == never)
			life->gone = step;
		return life;
	}
	if (!recording_read_answer(RECORDING_STATUS, line->answer, &answer))
		return life;
	if (life->gone != never || (life->ticks && life->ticks != answer.status.start_ticks))
		life = new_life(lives);
	if (life && !life->ticks) {
		life->ticks = answer.status.start_ticks;
		life->start = answer.status.start_time;
	}
	return life;
}

/* The latest that had begun by now; NULL: none had, as far as is known. */
static const struct life *present_life(const struct pid_lives *lives, int64_t now)
{
	const struct life *present = NULL;

	for (const struct life *life = lives->first; life; life = life->next)
		if (life->start == INT64_MIN || life->start <= now + START_GRAIN_MS)
			present = life;
	return present;
}

bool recorded_proc_add(struct recorded_proc *proc, uint32_t step, const struct recording_line *line)
{
	struct question *question = get(proc, line);
	struct fact *fact = question ? calloc(1, sizeof(*fact)) : NULL;

	if (!fact)
		return false;
	*fact = (struct fact){.step = step,
			      .by_judge = line->by_judge,
			      .known = line->known,
			      .answer = line->answer};
	if (question->last)
		question->last->next = fact;
	else
		question->first = question->from = fact;
	question->last = fact;
	if (question->lives)
		fact->life = take_life(question->lives, step, line);
	return !question->lives || fact->life;
}

/* ---- the choice ------------------------------------------------------------------------------ */

static void catch_up(struct question *question, uint32_t step)
{
	while (question->from && question->from->step < step) {
		question->before = question->from;
		question->from = question->from->next;
	}
}

/* Of those that were asked by the judge (or not) in this step, the nth, or else the last. */
static const struct fact *nth_of_step(const struct question *question, uint32_t step, bool by_judge,
				      uint32_t n)
{
	const struct fact *found = NULL;

	for (const struct fact *fact = question->from; fact && fact->step == step;
	     fact = fact->next) {
		if (fact->by_judge != by_judge)
			continue;
		found = fact;
		if (n-- == 0)
			break;
	}
	return found;
}

static const struct fact *exact(struct question *question, uint32_t step)
{
	const struct fact *fact;

	if (question->asked_step != step) {
		question->asked_step = step;
		question->asked_times = 0;
	}
	fact = nth_of_step(question, step, true, question->asked_times++);
	return fact ? fact : nth_of_step(question, step, false, UINT32_MAX);
}

static const struct fact *nearby(const struct question *question, uint32_t step, int64_t now)
{
	const struct life *life = question->lives ? present_life(question->lives, now) : NULL;
	const struct fact *found = NULL;

	if (question->lives && !life)
		return NULL;
	for (const struct fact *fact = question->from; fact; fact = fact->next)
		if (fact->known && fact->life == life)
			return fact;
	if (life && life->gone <= step)
		return NULL;
	for (const struct fact *fact = question->first; fact != question->from; fact = fact->next)
		if (fact->life == life)
			found = fact;
	return found;
}

static const struct fact *choose(struct recorded_proc *proc, struct question *question)
{
	const struct fact *fact;

	catch_up(question, proc->step);
	fact = exact(question, proc->step);
	if (fact) {
		proc->stats.answered_exactly++;
		return fact;
	}
	fact = nearby(question, proc->step, proc->now);
	if (fact)
		proc->stats.answered_nearby++;
	else
		proc->stats.never_recorded++;
	return fact;
}

static bool ask(struct recorded_proc *proc, const struct recording_question *asked,
		struct recording_answer *answer)
{
	char key[RECORDING_KEY_MAX];
	struct question *question;
	const struct fact *fact;

	recording_make_key(asked, key);
	proc->stats.asked++;
	question = find(proc, key, strlen(key));
	if (!question) {
		proc->stats.never_recorded++;
		return false;
	}
	fact = choose(proc, question);
	answer->known = false;
	return fact && fact->known && recording_read_answer(asked->call, fact->answer, answer);
}

/* ---- the reader ------------------------------------------------------------------------------ */

static bool put_text(const char *text, char *buf, size_t size)
{
	if (strlen(text) >= size)
		return false;
	strcpy(buf, text);
	return true;
}

static bool recorded_status(void *ctx, pid_t pid, struct proc_status *status)
{
	struct recording_answer answer = {.known = false};

	if (!ask(ctx, &(struct recording_question){RECORDING_STATUS, pid, NULL}, &answer))
		return false;
	*status = answer.status;
	return true;
}

/* Of a process with one thread there is nothing to ask, whether it was recorded or not. */
static bool recorded_threads(void *ctx, pid_t pid, struct proc_status *status)
{
	struct recording_answer answer = {.known = false};

	if (!ask(ctx, &(struct recording_question){RECORDING_THREADS, pid, NULL}, &answer))
		return status->threads <= 1;
	status->task_permitted = answer.status.task_permitted;
	status->task_effective = answer.status.task_effective;
	status->task_inheritable = answer.status.task_inheritable;
	status->task_ambient = answer.status.task_ambient;
	return true;
}

static bool recorded_cgroup(void *ctx, pid_t pid, char *buf, size_t size)
{
	struct recording_answer answer = {.known = false};

	return ask(ctx, &(struct recording_question){RECORDING_CGROUP, pid, NULL}, &answer) &&
	       put_text(answer.text, buf, size);
}

static bool recorded_exe(void *ctx, pid_t pid, char *path, size_t size, struct proc_file *file,
			 bool *deleted)
{
	struct recording_answer answer = {.known = false};

	if (!ask(ctx, &(struct recording_question){RECORDING_EXE, pid, NULL}, &answer) ||
	    !put_text(answer.text, path, size))
		return false;
	*file = answer.file;
	*deleted = answer.flag;
	return true;
}

static bool recorded_host_file(void *ctx, const char *path, struct proc_file *file)
{
	struct recording_answer answer = {.known = false};

	if (!ask(ctx, &(struct recording_question){RECORDING_HOST_FILE, 0, path}, &answer))
		return false;
	*file = answer.file;
	return true;
}

static bool recorded_in_host_userns(void *ctx, pid_t pid, bool *host)
{
	struct recording_answer answer = {.known = false};

	if (!ask(ctx, &(struct recording_question){RECORDING_IN_HOST_USERNS, pid, NULL}, &answer))
		return false;
	*host = answer.flag;
	return true;
}

static bool recorded_sees_host_files(void *ctx, pid_t pid)
{
	struct recording_answer answer = {.known = false};

	return ask(ctx, &(struct recording_question){RECORDING_SEES_HOST_FILES, pid, NULL},
		   &answer);
}

static bool recorded_foreign_code(void *ctx, pid_t pid, bool *foreign)
{
	struct recording_answer answer = {.known = false};

	if (!ask(ctx, &(struct recording_question){RECORDING_FOREIGN_CODE, pid, NULL}, &answer))
		return false;
	*foreign = answer.flag;
	return true;
}

static bool recorded_file_caps(void *ctx, pid_t pid, const char *path, struct proc_file_caps *caps)
{
	struct recording_answer answer = {.known = false};
	bool known = ask(ctx, &(struct recording_question){RECORDING_FILE_CAPS, pid, path},
			 &answer);

	*caps = answer.caps;
	return known;
}

static void recorded_each_process(void *ctx, void (*visit)(void *visit_ctx, pid_t pid),
				  void *visit_ctx)
{
	struct recording_answer answer = {.known = false};

	answer.pids = calloc(RECORDING_PIDS_MAX, sizeof(*answer.pids));
	if (answer.pids &&
	    ask(ctx, &(struct recording_question){RECORDING_EACH_PROCESS, 0, NULL}, &answer))
		for (size_t i = 0; i < answer.pid_count; i++)
			visit(visit_ctx, answer.pids[i]);
	free(answer.pids);
}

/* ---- the face -------------------------------------------------------------------------------- */

struct recorded_proc *recorded_proc_new(void)
{
	struct recorded_proc *proc = calloc(1, sizeof(*proc));

	if (!proc)
		return NULL;
	proc->reader = (struct proc_reader){
		.ctx = proc,
		.status = recorded_status,
		.threads = recorded_threads,
		.cgroup = recorded_cgroup,
		.exe = recorded_exe,
		.host_file = recorded_host_file,
		.in_host_userns = recorded_in_host_userns,
		.sees_host_files = recorded_sees_host_files,
		.foreign_code = recorded_foreign_code,
		.file_caps = recorded_file_caps,
		.each_process = recorded_each_process,
	};
	return proc;
}

static void free_question(struct question *question)
{
	for (struct fact *fact = question->first, *next; fact; fact = next) {
		next = fact->next;
		free(fact);
	}
	free(question);
}

static void free_lives(struct pid_lives *lives)
{
	for (struct life *life = lives->first, *next; life; life = next) {
		next = life->next;
		free(life);
	}
	free(lives);
}

void recorded_proc_free(struct recorded_proc *proc)
{
	if (!proc)
		return;
	for (size_t i = 0; i < BUCKETS; i++) {
		for (struct question *question = proc->questions[i], *next; question;
		     question = next) {
			next = question->next;
			free_question(question);
		}
		for (struct pid_lives *lives = proc->pids[i], *next; lives; lives = next) {
			next = lives->next;
			free_lives(lives);
		}
	}
	free(proc);
}

void recorded_proc_move_to(struct recorded_proc *proc, uint32_t step, int64_t now)
{
	proc->step = step;
	proc->now = now;
}

const struct proc_reader *recorded_proc_reader(struct recorded_proc *proc)
{
	return &proc->reader;
}

void recorded_proc_get_stats(const struct recorded_proc *proc, struct recorded_proc_stats *stats)
{
	*stats = proc->stats;
}
