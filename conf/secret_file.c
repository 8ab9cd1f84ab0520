/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/secret_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MODE_FORBIDDEN = S_IWGRP | S_IXGRP | S_IRWXO };

static int check_owner(int fd, const char *path, uid_t owner, struct error *err)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return error_set(err, "%s: cannot read it: %s", path, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return error_set(err, "%s: is not a regular file; name one that is", path);
	if (st.st_uid != 0 && st.st_uid != owner)
		return error_set(err,
				 "%s: belongs to user %u, who could change it; chown it to root",
				 path, (unsigned)st.st_uid);
	if (st.st_mode & MODE_FORBIDDEN)
		return error_set(err,
				 "%s: its mode %04o gives a secret to others; chmod 0640 or 0600",
				 path, (unsigned)(st.st_mode & 07777));
	if (st.st_size > SECRET_SIZE_MAX)
		return error_set(err, "%s: is larger than %d bytes; that is no secret", path,
				 SECRET_SIZE_MAX);
	return 0;
}

static int read_text(int fd, const char *path, struct secret_file *secret, struct error *err)
{
	ssize_t got = 1;

	while (got > 0 && secret->length < SECRET_SIZE_MAX) {
		got = read(fd, secret->text + secret->length, SECRET_SIZE_MAX - secret->length);
		if (got < 0 && errno == EINTR)
			got = 1;
		else if (got < 0)
			return error_set(err, "%s: cannot read it: %s", path, strerror(errno));
		else
			secret->length += (size_t)got;
	}
	while (secret->length > 0 && strchr(" \t\r\n", secret->text[secret->length - 1]))
		secret->length--;
	secret->text[secret->length] = '\0';
	if (memchr(secret->text, '\0', secret->length))
		return error_set(err, "%s: holds a NUL byte; a secret is text", path);
	if (secret->length == 0)
		return error_set(err, "%s: is empty; put the secret into it", path);
	return 0;
}

int secret_file_read(const char *path, uid_t owner, struct secret_file *secret, struct error *err)
{
	/* a FIFO in the place of a file must not make us wait */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	int result;

	secret->length = 0;
	if (fd < 0)
		return error_set(err, "%s: cannot read it: %s; it must be readable to the courier",
				 path, strerror(errno));
	result = check_owner(fd, path, owner, err);
	if (result == 0)
		result = read_text(fd, path, secret, err);
	close(fd);
	if (result < 0)
		secret_file_forget(secret);
	return result;
}

void secret_file_forget(struct secret_file *secret)
{
	explicit_bzero(secret, sizeof(*secret));
}
