/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "tests/unit/judge_fixture.h"

#include <check.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char systemd_exe[] = "/usr/lib/systemd/systemd";

static const struct event_sets full = {FIXTURE_ALL, FIXTURE_ALL, 0, 0};

/* ---- /proc ----------------------------------------------------------------------------------- */

static uint64_t inode_of(const char *path)
{
	uint64_t hash = 5381;

	for (; *path; path++)
		hash = hash * 33 + (unsigned char)*path;
	return hash % 1000000 + 2;
}

struct fixture_process *fixture_find(struct fixture *fx, pid_t pid)
{
	for (size_t i = 0; i < FIXTURE_PROCESSES; i++)
		if (fx->processes[i].pid == pid)
			return &fx->processes[i];
	return NULL;
}

static bool read_status(void *ctx, pid_t pid, struct proc_status *status)
{
	const struct fixture_process *process = fixture_find(ctx, pid);

	if (!process)
		return false;
	*status = process->status;
	status->auid = status->session = -1;
	return true;
}

static void read_login(void *ctx, pid_t pid, struct proc_status *status)
{
	const struct fixture_process *process = fixture_find(ctx, pid);

	if (!process)
		return;
	status->auid = process->status.auid;
	status->session = process->status.session;
}

static bool read_start(void *ctx, pid_t pid, uint64_t *start_ticks)
{
	const struct fixture_process *process = fixture_find(ctx, pid);

	if (process)
		*start_ticks = process->status.start_ticks;
	return process != NULL;
}

static bool read_cgroup(void *ctx, pid_t pid, char *buf, size_t size)
{
	const struct fixture_process *process = fixture_find(ctx, pid);

	if (process)
		snprintf(buf, size, "%s\n", process->cgroup);
	return process != NULL;
}

static bool read_exe(void *ctx, pid_t pid, char *path, size_t size, struct proc_file *file,
		     bool *deleted)
{
	const struct fixture_process *process = fixture_find(ctx, pid);

	if (!process || process->exe_hidden)
		return false;
	snprintf(path, size, "%s", process->exe);
	file->device = FIXTURE_DEVICE;
	file->inode = inode_of(process->file[0] ? process->file : path) +
		      (process->other_file ? 1000000 : 0);
	*deleted = process->deleted;
	return true;
}

static bool read_host_file(void *ctx, const char *path, struct proc_file *file)
{
	const struct fixture *fx = ctx;

	file->device = FIXTURE_DEVICE;
	file->inode = inode_of(path);
	return strcmp(path, fx->missing_file) != 0;
}

static bool read_threads(void *ctx, pid_t pid, struct proc_status *status)
{
	const struct fixture_process *process = fixture_find(ctx, pid);

	if (!process)
		return false;
	status->task_permitted = process->status.task_permitted;
	status->task_effective = process->status.task_effective;
	status->task_inheritable = process->status.task_inheritable;
	status->task_ambient = process->status.task_ambient;
	return true;
}

static bool read_userns(void *ctx, pid_t pid, bool *host)
{
	const struct fixture_process *process = fixture_find(ctx, pid);

	if (process)
		*host = !process->child_userns;
	return process != NULL;
}

static bool read_sees_host(void *ctx, pid_t pid)
{
	const struct fixture_process *process = fixture_find(ctx, pid);

	return process && !process->exe_hidden && !process->foreign_files;
}

static bool read_foreign_code(void *ctx, pid_t pid, bool *foreign)
{
	const struct fixture_process *process = fixture_find(ctx, pid);

	if (process)
		*foreign = process->foreign_code;
	return process != NULL;
}

static bool read_file_caps(void *ctx, pid_t pid, const char *path, struct proc_file_caps *caps)
{
	struct fixture *fx = ctx;

	snprintf(fx->file_asked, sizeof(fx->file_asked), "%s", path);
	memset(caps, 0, sizeof(*caps));
	if (!fixture_find(fx, pid))
		return false;
	caps->present = fx->file_caps != 0;
	caps->permitted = fx->file_caps;
	caps->inode = fx->file_inode;
	caps->changed = fx->file_changed;
	caps->lacks_20 = fx->file_lacks_20;
	caps->lacks_24 = fx->file_lacks_24;
	return true;
}

static void each_process(void *ctx, void (*visit)(void *visit_ctx, pid_t pid), void *visit_ctx)
{
	const struct fixture *fx = ctx;

	for (size_t i = 0; i < FIXTURE_PROCESSES; i++)
		if (fx->processes[i].pid)
			visit(visit_ctx, fx->processes[i].pid);
}

struct fixture_process *fixture_process(struct fixture *fx, pid_t pid, pid_t ppid, const char *exe)
{
	struct fixture_process *process = fixture_find(fx, pid);

	if (!process)
		process = fixture_find(fx, 0);
	ck_assert_ptr_nonnull(process);
	memset(process, 0, sizeof(*process));
	process->pid = pid;
	snprintf(process->exe, sizeof(process->exe), "%s", exe);
	snprintf(process->cgroup, sizeof(process->cgroup), "0::/");
	process->status.ppid = ppid;
	process->status.threads = 1;
	process->status.start_time = fx->now - fx->late;
	process->status.start_ticks =
		(uint64_t)(process->status.start_time - FIXTURE_START * 1000LL) / 10 + 1;
	process->status.bounding = fx->bounding;
	process->status.auid = process->status.session = -1;
	snprintf(process->status.comm, sizeof(process->status.comm), "daemon");
	fixture_hold(fx, pid, full);
	return process;
}

void fixture_exit(struct fixture *fx, pid_t pid)
{
	fixture_find(fx, pid)->pid = 0;
}

void fixture_hold(struct fixture *fx, pid_t pid, struct event_sets sets)
{
	struct proc_status *status = &fixture_find(fx, pid)->status;

	status->permitted = status->task_permitted = sets.permitted;
	status->effective = status->task_effective = sets.effective;
	status->inheritable = status->task_inheritable = sets.inheritable;
	status->ambient = status->task_ambient = sets.ambient;
}

/* ---- alerts ---------------------------------------------------------------------------------- */

static void keep_string(char **at, struct bytes *string)
{
	memcpy(*at, string->data ? string->data : "", string->length);
	string->data = *at;
	*at += string->length;
	*(*at)++ = '\0';
}

static void keep_alert(void *ctx, const struct alert *alert)
{
	struct fixture *fx = ctx;
	struct fixture_alert *kept;
	char sentence[8192];
	struct alert *copy;
	json_t *json = alert_to_json(alert);

	/* whatever the alert is, it has a JSON and a sentence */
	ck_assert_ptr_nonnull(json);
	json_decref(json);
	ck_assert_uint_gt(strlen(alert_message(alert, sentence, sizeof(sentence))), 0);
	if (fx->alert_count == fx->alert_capacity) {
		fx->alert_capacity = fx->alert_capacity ? fx->alert_capacity * 2 : 16;
		fx->alerts = realloc(fx->alerts, fx->alert_capacity * sizeof(*fx->alerts));
		ck_assert_ptr_nonnull(fx->alerts);
	}
	kept = &fx->alerts[fx->alert_count++];
	kept->alert = *alert;
	copy = &kept->alert;
	struct bytes *strings[] = {
		&copy->host,
		&copy->process.comm,
		&copy->process.exe,
		&copy->process.command_line,
		&copy->process.user,
		&copy->process.login_user,
		&copy->process.parent_exe,
		&copy->service.name,
		&copy->service.unit,
		&copy->service.template_name,
		&copy->service.container.id,
		&copy->service.container.runtime,
		&copy->service.container.pod_uid,
		&copy->file.path,
		&copy->coverage.lost,
		&copy->coverage.rule,
		&copy->coverage.by_exe,
		&copy->coverage.act,
		&copy->coverage.boot_id,
		&copy->baseline.entry,
		&copy->baseline.suggestion,
		&copy->detail,
		&copy->audit.key,
		&copy->audit.syscall,
		&copy->audit.arch,
	};
	size_t total = 0, count = sizeof(strings) / sizeof(strings[0]);
	for (size_t i = 0; i < count; i++)
		total += strings[i]->length + 1;
	char *at = kept->block = malloc(total);
	ck_assert_ptr_nonnull(at);
	for (size_t i = 0; i < count; i++)
		keep_string(&at, strings[i]);
	copy->audit.record_count = 0;
}

void fixture_forget_alerts(struct fixture *fx)
{
	for (size_t i = 0; i < fx->alert_count; i++)
		free(fx->alerts[i].block);
	fx->alert_count = 0;
}

static void describe_alerts(const struct fixture *fx, char *buf, size_t size)
{
	size_t used = 0;

	buf[0] = '\0';
	for (size_t i = 0; i < fx->alert_count && used < size; i++) {
		const struct alert *alert = &fx->alerts[i].alert;
		used += (size_t)snprintf(buf + used, size - used,
					 " [%s %s %s %s pid %" PRId64 " %s]",
					 vocab_word(&vocab_reason, alert->reason),
					 vocab_word(&vocab_severity, alert->severity),
					 vocab_word(&vocab_phase, alert->phase),
					 vocab_word(&vocab_mechanism, alert->mechanism),
					 alert->process.pid, alert->service.name.data);
	}
}

void fixture_no_alert(const struct fixture *fx)
{
	char text[4096];

	describe_alerts(fx, text, sizeof(text));
	ck_assert_msg(fx->alert_count == 0, "unexpected:%s", text);
}

const struct alert *fixture_only_alert(const struct fixture *fx)
{
	char text[4096];

	describe_alerts(fx, text, sizeof(text));
	ck_assert_msg(fx->alert_count == 1, "%zu alerts instead of one:%s", fx->alert_count, text);
	return &fx->alerts[0].alert;
}

const struct alert *fixture_last_alert(const struct fixture *fx)
{
	ck_assert_uint_gt(fx->alert_count, 0);
	return &fx->alerts[fx->alert_count - 1].alert;
}

/* ---- the judge ------------------------------------------------------------------------------- */

struct baseline *fixture_baseline(const char *text)
{
	char path[] = "/tmp/capwatch-judge-XXXXXX";
	char *paths[] = {path, NULL};
	struct error err = {""};
	int fd = mkstemp(path);
	struct baseline *baseline;

	if (!text)
		text = "services: []\n";
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
	baseline = baseline_load(paths, false, &err);
	unlink(path);
	ck_assert_msg(baseline != NULL, "%s", err.text);
	return baseline;
}

static struct fixture *make(const char *baseline, bool live)
{
	struct fixture *fx = calloc(1, sizeof(*fx));
	struct judge_options options = {
		.host = "thishost", .whole = live, .alert = keep_alert, .alert_ctx = fx};
	struct error err = {""};

	ck_assert_ptr_nonnull(fx);
	fx->live = live;
	fx->now = FIXTURE_START * 1000LL;
	fx->serial = 1;
	fx->bounding = FIXTURE_ALL;
	fx->settings.mode = MODE_ALERT;
	fx->settings.start_window_ms = 10000;
	fx->settings.start_timeout_ms = 300000;
	fx->settings.coverage_grace_ms = 60000;
	snprintf(fx->settings.digest, sizeof(fx->settings.digest), "settings-one");
	fx->baseline = fixture_baseline(baseline);
	fx->reader = (struct proc_reader){.ctx = fx,
					  .status = read_status,
					  .login = read_login,
					  .start = read_start,
					  .cgroup = read_cgroup,
					  .exe = read_exe,
					  .host_file = read_host_file,
					  .threads = read_threads,
					  .in_host_userns = read_userns,
					  .sees_host_files = read_sees_host,
					  .foreign_code = read_foreign_code,
					  .file_caps = read_file_caps,
					  .each_process = each_process};
	options.settings = &fx->settings;
	options.baseline = fx->baseline;
	options.proc = live ? &fx->reader : NULL;
	fx->learner = options.learner = learner_new("thishost", "thishost-id");
	fx->judge = judge_new(&options, &err);
	ck_assert_msg(fx->judge != NULL, "%s", err.text);
	return fx;
}

struct fixture *fixture_live(const char *baseline)
{
	struct fixture *fx = make(baseline, true);

	fixture_process(fx, 1, 0, systemd_exe);
	snprintf(fixture_find(fx, 1)->cgroup, sizeof(fx->processes[0].cgroup), "0::/init.scope");
	judge_seed(fx->judge, fx->now);
	fixture_wait(fx, 60000);
	return fx;
}

struct fixture *fixture_replay(const char *baseline)
{
	return make(baseline, false);
}

void fixture_free(struct fixture *fx)
{
	judge_free(fx->judge);
	learner_free(fx->learner);
	baseline_free(fx->baseline);
	fixture_forget_alerts(fx);
	free(fx->alerts);
	free(fx);
}

void fixture_wait(struct fixture *fx, int64_t milliseconds)
{
	int64_t end = fx->now + milliseconds, deadline;

	while (fx->live && (deadline = judge_next_deadline(fx->judge)) >= 0 && deadline < end) {
		fx->now = deadline > fx->now ? deadline : fx->now;
		judge_tick(fx->judge, fx->now);
	}
	fx->now = end;
	if (fx->live)
		judge_tick(fx->judge, fx->now);
}

void fixture_reconfigure(struct fixture *fx, const char *baseline)
{
	struct baseline *old = fx->baseline;

	if (baseline)
		fx->baseline = fixture_baseline(baseline);
	judge_reconfigure(fx->judge, &fx->settings, fx->baseline, "the test", fx->now);
	if (baseline)
		baseline_free(old);
}

/* ---- records --------------------------------------------------------------------------------- */

void fixture_add(struct fixture_text *text, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	text->used += (size_t)vsnprintf(text->bytes + text->used, sizeof(text->bytes) - text->used,
					format, args);
	va_end(args);
	ck_assert_uint_lt(text->used, sizeof(text->bytes));
}

static void add_record(struct fixture *fx, struct fixture_text *text, const char *node,
		       const char *record)
{
	const char *body = strpbrk(record, " \n");
	size_t type = body && *body == ' ' ? (size_t)(body - record) : strcspn(record, "\n");
	size_t length = strcspn(record, "\n");
	int64_t time = fx->now - fx->late;

	if (node)
		fixture_add(text, "node=%s ", node);
	fixture_add(text, "type=%.*s msg=audit(%" PRId64 ".%03" PRId64 ":%" PRIu64 "):%.*s\n",
		    (int)type, record, time / 1000, time % 1000, fx->serial, (int)(length - type),
		    record + type);
}

void fixture_feed(struct fixture *fx, const char *text)
{
	judge_feed(fx->judge, text, strlen(text), fx->live ? fx->now : 0);
}

void fixture_record(struct fixture *fx, const char *record)
{
	struct fixture_text text = {.used = 0};

	add_record(fx, &text, NULL, record);
	add_record(fx, &text, NULL, "EOE");
	fx->serial++;
	fixture_feed(fx, text.bytes);
}

static void complete(struct fixture_act *act)
{
	act->pid = act->pid ? act->pid : 100;
	act->ppid = act->ppid || act->pid == 1 ? act->ppid : 1;
	act->exe = act->exe ? act->exe : "/usr/sbin/daemon";
	act->comm = act->comm ? act->comm : "daemon";
	act->key = act->key ? act->key : "capwatch";
	act->arch = act->arch ? act->arch : FIXTURE_X86_64;
}

/* As the kernel writes text that an attacker may choose: in hex where a quote, a space or a byte
 * beyond printable ASCII is in it. */
static void add_untrusted(struct fixture_text *text, const char *name, const char *value)
{
	bool plain = true;

	for (const char *c = value; *c; c++)
		plain = plain && *c > 0x20 && *c < 0x7f && *c != '"';
	if (plain) {
		fixture_add(text, " %s=\"%s\"", name, value);
		return;
	}
	fixture_add(text, " %s=", name);
	for (const char *c = value; *c; c++)
		fixture_add(text, "%02X", (unsigned char)*c);
}

static void syscall_text(const struct fixture_act *act, struct fixture_text *text)
{
	fixture_add(text, "SYSCALL arch=%x syscall=%u success=%s exit=%" PRId64, act->arch,
		    act->call, act->error ? "no" : "yes",
		    act->error ? -(int64_t)act->error : act->exit);
	for (int i = 0; i < 4; i++)
		fixture_add(text, " a%d=%" PRIx64, i, act->args[i]);
	fixture_add(text, " items=0 ppid=%" PRId64 " pid=%" PRId64, act->ppid, act->pid);
	fixture_add(text, " auid=%u uid=%u gid=0 euid=%u suid=%u fsuid=%u egid=0 sgid=0 fsgid=0",
		    act->session ? 1000u : 4294967295u, act->uid, act->euid, act->suid, act->fsuid);
	fixture_add(text, " tty=(none) ses=%u",
		    act->session ? (unsigned)act->session : 4294967295u);
	add_untrusted(text, "comm", act->comm);
	add_untrusted(text, "exe", act->exe);
	fixture_add(text, " subj=unconfined");
	if (strcmp(act->key, "(null)") == 0)
		fixture_add(text, " key=(null)");
	else
		add_untrusted(text, "key", act->key);
}

static void add_lines(struct fixture *fx, struct fixture_text *text, const char *node,
		      const char *lines)
{
	while (lines && *lines) {
		add_record(fx, text, node, lines);
		lines += strcspn(lines, "\n");
		lines += *lines == '\n';
	}
}

void fixture_call(struct fixture *fx, struct fixture_act act)
{
	struct fixture_text record = {.used = 0}, text = {.used = 0};

	complete(&act);
	syscall_text(&act, &record);
	add_lines(fx, &text, act.node, act.ahead);
	add_record(fx, &text, act.node, record.bytes);
	add_lines(fx, &text, act.node, act.records);
	if (!act.no_end) {
		add_record(fx, &text, act.node, "PROCTITLE proctitle=\"daemon\"");
		add_record(fx, &text, act.node, "EOE ");
	}
	fx->serial++;
	fixture_feed(fx, text.bytes);
}

void fixture_login(struct fixture *fx, struct fixture_act act)
{
	char login[256];

	complete(&act);
	act.call = 1;
	snprintf(login, sizeof(login),
		 "LOGIN pid=%" PRId64 " uid=0 old-auid=4294967295 auid=1000 tty=(none) "
		 "old-ses=4294967295 ses=%u res=1",
		 act.pid, (unsigned)act.session);
	act.ahead = login;
	fixture_call(fx, act);
}

void fixture_capset(struct fixture *fx, struct fixture_act act, struct event_sets sets)
{
	char record[256];

	complete(&act);
	act.call = act.call ? act.call : act.arch == FIXTURE_I386 ? 185 : 126;
	snprintf(record, sizeof(record),
		 "CAPSET pid=%" PRId64 " cap_pi=%016" PRIx64 " cap_pp=%016" PRIx64
		 " cap_pe=%016" PRIx64 " cap_pa=%" PRIx64,
		 act.pid, sets.inheritable, sets.permitted, sets.effective, sets.ambient);
	act.records = record;
	fixture_call(fx, act);
}

void fixture_capset_refused(struct fixture *fx, struct fixture_act act)
{
	act.call = 126;
	act.error = 1;
	fixture_call(fx, act);
}

void fixture_prctl(struct fixture *fx, struct fixture_act act, uint64_t option, uint64_t a1,
		   uint64_t a2)
{
	complete(&act);
	act.call = act.arch == FIXTURE_I386 ? 172 : 157;
	act.args[0] = option;
	act.args[1] = a1;
	act.args[2] = a2;
	fixture_call(fx, act);
}

void fixture_setuid(struct fixture *fx, struct fixture_act act)
{
	act.call = act.call ? act.call : 117;
	fixture_call(fx, act);
}

static void add_sets(struct fixture_text *text, const char *prefix, const struct event_sets *sets)
{
	fixture_add(text,
		    " %1$spp=%2$016" PRIx64 " %1$spi=%3$016" PRIx64 " %1$spe=%4$016" PRIx64
		    " %1$spa=%5$016" PRIx64,
		    prefix, sets->permitted, sets->inheritable, sets->effective, sets->ambient);
}

void fixture_exec(struct fixture *fx, struct fixture_act act, const struct event_sets *old,
		  const struct event_sets *new)
{
	struct fixture_text records = {.used = 0};
	struct fixture_process *process;
	bool other = false;

	complete(&act);
	process = fixture_find(fx, (pid_t)act.pid);
	if (process) {
		snprintf(process->exe, sizeof(process->exe), "%s", act.exe);
		other = process->other_file;
	}
	if (old) {
		fixture_add(&records, "BPRM_FCAPS fver=0 fp=0 fi=0 fe=0");
		add_sets(&records, "old_", old);
		add_sets(&records, "", new);
		fixture_add(&records, " frootid=0\n");
	}
	fixture_add(&records, "EXECVE argc=1 a0=\"%s\"\n", act.exe);
	fixture_add(&records, "CWD cwd=\"/\"\n");
	fixture_add(&records,
		    "PATH item=0 name=\"%s\" inode=%" PRIu64
		    " dev=08:01 mode=0100755 ouid=0 ogid=0 rdev=00:00 "
		    "nametype=NORMAL cap_fp=0 cap_fi=0 cap_fe=0 cap_fver=0 cap_frootid=0",
		    act.exe, inode_of(act.exe) + (other ? 1000000 : 0));
	act.call = act.call ? act.call : 59;
	act.records = records.bytes;
	fixture_call(fx, act);
}

void fixture_service(struct fixture *fx, const char *type, const char *unit)
{
	char record[512];

	snprintf(record, sizeof(record),
		 "%s pid=1 uid=0 auid=4294967295 ses=4294967295 subj=unconfined msg='unit=%s "
		 "comm=\"systemd\" exe=\"/usr/lib/systemd/systemd\" hostname=? addr=? terminal=? "
		 "res=success'",
		 type, unit);
	fixture_record(fx, record);
}

void fixture_start_unit(struct fixture *fx, pid_t pid, const char *unit, const char *exe)
{
	struct fixture_process *process = fixture_process(fx, pid, 1, systemd_exe);

	snprintf(process->cgroup, sizeof(process->cgroup), "0::/system.slice/%s.service", unit);
	fixture_capset(fx, (struct fixture_act){.pid = pid, .exe = systemd_exe, .comm = "(unit)"},
		       full);
	fixture_exec(fx, (struct fixture_act){.pid = pid, .exe = exe}, NULL, NULL);
	fixture_wait(fx, 100);
	fixture_service(fx, "SERVICE_START", unit);
}

void fixture_run_unit(struct fixture *fx, pid_t pid, const char *unit, const char *exe)
{
	fixture_start_unit(fx, pid, unit, exe);
	fixture_wait(fx, 20000);
}
