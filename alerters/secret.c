/* SPDX-License-Identifier: Apache-2.0 */
#include "alerters/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static int read_file(const char *path, struct secret *secret, struct error *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	ssize_t got;

	secret->length = 0;
	if (fd < 0)
		return error_set(err, "cannot open %s: %s", path, strerror(errno));
	while ((got = read(fd, secret->text + secret->length,
			   sizeof(secret->text) - secret->length)) > 0)
		secret->length += (size_t)got;
	if (got < 0)
		error_set(err, "cannot read %s: %s", path, strerror(errno));
	close(fd);
	return got < 0 ? -1 : 0;
}

static int check(const char *path, struct secret *secret, struct error *err)
{
	if (secret->length > SECRET_MAX)
		return error_set(err, "%s is longer than %d bytes", path, SECRET_MAX);
	while (secret->length > 0 && strchr("\r\n", secret->text[secret->length - 1]))
		secret->length--;
	secret->text[secret->length] = '\0';
	if (secret->length == 0)
		return error_set(err, "%s is empty", path);
	for (size_t i = 0; i < secret->length; i++)
		if (secret->text[i] < 0x20 || secret->text[i] >= 0x7f)
			return error_set(err, "%s holds more than one line of printable ASCII",
					 path);
	return 0;
}

int secret_read(const char *path, struct secret *secret, struct error *err)
{
	if (read_file(path, secret, err) == 0 && check(path, secret, err) == 0)
		return 0;
	secret_wipe(secret);
	return -1;
}

void secret_wipe(struct secret *secret)
{
	explicit_bzero(secret, sizeof(*secret));
}
