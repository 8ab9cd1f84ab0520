/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/resume.h"

#include <inttypes.h>
#include <syslog.h>

#include "common/text.h"
#include "plugin/audit_log.h"
#include "plugin/clock.h"
#include "plugin/progress.h"

enum {
	/* how often the log is looked at again while it and the stream do not meet; and when they
	   have not for long, as on a host where nothing happens */
	LOOK_MS = 20,
	LOOK_LONG_MS = 1000,
	LOOK_SOON_MS = 5000,
};

static void report_loss(struct resume *resume, const char *what)
{
	log_line(resume->log, LOG_ERR, "%s", what);
	judge_report_loss(*resume->judge, what, SEVERITY_HIGH, clock_wall_ms());
}

static void seed(struct resume *resume)
{
	if (resume->seeded)
		return;
	judge_end_late(*resume->judge);
	judge_seed(*resume->judge, clock_wall_ms());
	resume->seeded = true;
}

/* Nothing is caught up with, and what the supervisor threw away is lost. */
static void begin_now(struct resume *resume, const struct resume_options *options, const char *loss)
{
	struct error what;

	seed(resume);
	if (loss)
		report_loss(resume, loss);
	if (options->discarded == 0)
		return;
	error_set(&what, "%" PRIu64 " bytes of records were discarded while there was no sensor",
		  options->discarded);
	report_loss(resume, what.text);
}

/* Where the log is cannot be asked of the dead. What is left of the stream is judged; but before it
 * there may be more that nobody judged, so the checkpoint stays for whoever auditd starts next. */
static void begin_aside(struct resume *resume)
{
	seed(resume);
	resume->aside = true;
	log_line(resume->log, LOG_NOTICE,
		 "auditd has ended: its log is left to the next sensor to catch up with");
}

static void report_no_log(struct resume *resume, const struct resume_options *options,
			  const struct checkpoint *from, const struct error *why)
{
	struct error what;
	char since[32];

	if (from->clean) {
		begin_now(resume, options, NULL);
		return;
	}
	error_set(&what, "records from %s (serial %" PRIu64 ") until now may be missed: %s",
		  text_time(from->time, since, sizeof(since)), from->serial, why->text);
	begin_now(resume, options, what.text);
}

static void begin_catching_up(struct resume *resume, const struct resume_options *options,
			      const struct checkpoint *from)
{
	int64_t boot = clock_wall_ms() - clock_ms(CLOCK_BOOTTIME);
	struct audit_log log;
	struct error err = {"no memory"};
	char since[32];

	if (audit_log_find(options->auditd, &log, &err) < 0) {
		if (audit_log_is_gone(options->auditd)) {
			begin_aside(resume);
			return;
		}
		report_no_log(resume, options, from, &err);
		return;
	}
	resume->catchup = catchup_new(log.path, from, boot);
	if (!resume->catchup) {
		report_no_log(resume, options, from, &err);
		return;
	}
	resume->began_at = clock_steady_ms();
	log_line(resume->log, LOG_INFO, "going on after serial %" PRIu64 " (%s) in %s",
		 from->serial, text_time(from->time, since, sizeof(since)), log.path);
	resume->warm = true; /* until a piece says otherwise */
	resume->before_boot = from->time < boot;
	judge_begin_late(*resume->judge, from->time);
	if (options->discarded > 0)
		log_line(resume->log, LOG_NOTICE,
			 "%" PRIu64 " bytes of records were discarded while there was no sensor; "
			 "they are read from %s",
			 options->discarded, log.path);
}

void resume_begin(struct resume *resume, const struct resume_options *options)
{
	bool is_auditd = audit_log_is_auditd(options->auditd);
	struct checkpoint from;

	if (!is_auditd && !audit_log_is_gone(options->auditd)) {
		begin_now(resume, options, NULL);
		return;
	}
	switch (progress_read(options->spool_folder, &from)) {
	case PROGRESS_FOUND:
		if (is_auditd)
			begin_catching_up(resume, options, &from);
		else
			begin_aside(resume);
		return;
	case PROGRESS_BROKEN:
		begin_now(resume, options,
			  "the checkpoint cannot be read: records since the last sensor's end may "
			  "be missed");
		return;
	case PROGRESS_NONE:
		begin_now(resume, options, NULL);
		return;
	}
}

void resume_end(struct resume *resume)
{
	catchup_free(resume->catchup);
	resume->catchup = NULL;
}

bool resume_is_on(const struct resume *resume)
{
	return resume->catchup != NULL;
}

bool resume_may_tell_progress(const struct resume *resume)
{
	return !resume->aside && !(resume->catchup && resume->warm);
}

void resume_take_stream(struct resume *resume, const char *bytes, size_t length)
{
	catchup_take_stream(resume->catchup, bytes, length);
	resume->again_at = 0;
}

/* A boot lies between: whoever lived before it is gone, and its pid is another's. Of those that
 * live now many are older than the rules, which auditd's start loads: what these hold only /proc
 * tells, as at a first start. */
static void cross_boot(struct resume *resume)
{
	judge_finish(*resume->judge, clock_wall_ms());
	resume->ops->renew(resume->ctx);
	seed(resume);
	resume->before_boot = false;
}

static void take_piece(struct resume *resume, const struct catchup_piece *piece)
{
	if (resume->before_boot && !piece->before_boot)
		cross_boot(resume);
	resume->warm = piece->warm;
	judge_set_silent(*resume->judge, piece->warm);
	/* what the dead held helps nobody */
	if (!(piece->warm && piece->before_boot))
		resume->ops->feed(resume->ctx, piece->bytes, piece->length);
	/* an alert of them would have no event's id that the courier knows it by */
	if (piece->warm)
		judge_forget_gaps(*resume->judge);
}

static void report_gap(struct resume *resume)
{
	const char *gap = catchup_gap(resume->catchup);

	if (gap)
		report_loss(resume, gap);
}

static void log_end(const struct resume *resume)
{
	struct checkpoint at = {.serial = 0};

	judge_get_position(*resume->judge, &at);
	log_line(resume->log, LOG_INFO, "caught up to serial %" PRIu64 " in %" PRId64 " ms",
		 at.serial, clock_steady_ms() - resume->began_at);
}

/* What of the stream is left is older than now as well: /proc after it. */
static void go_live(struct resume *resume)
{
	size_t length;
	const char *rest = catchup_rest(resume->catchup, &length);

	resume->warm = false;
	judge_set_silent(*resume->judge, false);
	if (length > 0)
		resume->ops->feed(resume->ctx, rest, length);
	seed(resume);
	log_end(resume);
	resume_end(resume);
}

static void wait_for_more(struct resume *resume, int64_t now)
{
	/* on a quiet host the stream may say nothing for hours: all that there is was caught up
	 * with */
	if (!resume->seeded && catchup_is_even(resume->catchup) &&
	    !resume->ops->stream_waits(resume->ctx)) {
		resume->warm = false;
		judge_set_silent(*resume->judge, false);
		seed(resume);
	}
	if (resume->waits_since == 0)
		resume->waits_since = now;
	resume->again_at = now +
			   (now - resume->waits_since < LOOK_SOON_MS ? LOOK_MS : LOOK_LONG_MS);
}

void resume_step(struct resume *resume, int64_t now)
{
	struct catchup_piece piece;

	resume->again_at = 0; /* at once, unless it waits */
	switch (catchup_step(resume->catchup, now, &piece)) {
	case CATCHUP_MORE:
		break;
	case CATCHUP_PIECE:
		resume->waits_since = 0;
		take_piece(resume, &piece);
		break;
	case CATCHUP_WAITS:
		wait_for_more(resume, now);
		break;
	case CATCHUP_DONE:
	case CATCHUP_BROKEN:
		report_gap(resume);
		go_live(resume);
		return;
	}
	report_gap(resume);
}

int64_t resume_deadline(const struct resume *resume)
{
	return resume->again_at;
}
