/* SPDX-License-Identifier: Apache-2.0 */
#include "alerters/syslog_link.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include "alerters/tls_options.h"

enum { URL_MAX = 512, PORT_MAX = 8, HOST_MAX = 256, PEEK_MAX = 64 };

static bool is_remote(const struct syslog_link *link)
{
	return link->settings->server != NULL;
}

static bool is_udp(const struct syslog_link *link)
{
	return is_remote(link) && link->settings->protocol == SYSLOG_UDP;
}

/* ---- life ---- */

int syslog_link_open(struct syslog_link *link, const struct sink_settings *settings, CURLM *multi,
		     struct error *err)
{
	size_t longest = sizeof(((struct sockaddr_un *)0)->sun_path);

	link->settings = settings;
	link->multi = multi;
	link->socket = -1;
	if (!settings->server && strlen(settings->socket_path) >= longest)
		return error_set(err, "socket_path is longer than a socket's path can be");
	return 0;
}

void syslog_link_disconnect(struct syslog_link *link)
{
	if (link->easy) {
		curl_multi_remove_handle(link->multi, link->easy);
		curl_easy_cleanup(link->easy);
	} else if (link->socket >= 0) {
		close(link->socket);
	}
	link->easy = NULL;
	link->socket = -1;
	link->connecting = false;
	link->sent = 0;
}

void syslog_link_close(struct syslog_link *link)
{
	syslog_link_disconnect(link);
}

const char *syslog_link_name(const struct syslog_link *link, char *buf, size_t size)
{
	if (!is_remote(link))
		return link->settings->socket_path;
	snprintf(buf, size, "%s://%s", vocab_word(&vocab_syslog_protocol, link->settings->protocol),
		 link->settings->server);
	return buf;
}

/* ---- the frame ---- */

char *syslog_link_room(struct syslog_link *link)
{
	return link->buffer + SYSLOG_LINK_PREFIX_MAX;
}

/* How it is marked off is known only when it is sent: a local socket may be of either kind. */
void syslog_link_take(struct syslog_link *link, size_t length)
{
	char prefix[SYSLOG_LINK_PREFIX_MAX + 8] = "";
	size_t used = 0;

	if (is_remote(link) && !is_udp(link))
		used = (size_t)snprintf(prefix, sizeof(prefix), "%zu ", length);
	link->start = SYSLOG_LINK_PREFIX_MAX - used;
	memcpy(link->buffer + link->start, prefix, used);
	link->end = SYSLOG_LINK_PREFIX_MAX + length;
	link->sent = 0;
}

bool syslog_link_has_frame(const struct syslog_link *link)
{
	return link->end > link->start;
}

void syslog_link_forget(struct syslog_link *link)
{
	link->start = link->end = link->sent = 0;
}

/* ---- local sockets and UDP ---- */

static int connect_to(struct syslog_link *link, const struct sockaddr *address, socklen_t length,
		      int type)
{
	int saved;

	link->socket = socket(address->sa_family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (link->socket < 0)
		return -1;
	if (connect(link->socket, address, length) == 0)
		return 0;
	saved = errno;
	close(link->socket);
	link->socket = -1;
	errno = saved;
	return -1;
}

static int connect_locally(struct syslog_link *link, struct error *err)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	const char *path = link->settings->socket_path;

	memcpy(address.sun_path, path, strlen(path));
	link->local_stream = false;
	if (connect_to(link, (struct sockaddr *)&address, sizeof(address), SOCK_DGRAM) == 0)
		return 0;
	link->local_stream = true;
	if (errno == EPROTOTYPE &&
	    connect_to(link, (struct sockaddr *)&address, sizeof(address), SOCK_STREAM) == 0)
		return 0;
	return error_set(err, "cannot connect to %s: %s", path, strerror(errno));
}

/* "192.0.2.1:514" or "[2001:db8::1]:514": conf has seen to it that both are there. */
static void split_server(const char *server, char host[HOST_MAX], char port[PORT_MAX])
{
	const char *colon = strrchr(server, ':');
	size_t length = (size_t)(colon - server);

	if (server[0] == '[') {
		server++;
		length -= 2;
	}
	snprintf(host, HOST_MAX, "%.*s", (int)length, server);
	snprintf(port, PORT_MAX, "%s", colon + 1);
}

/* A number, never a name: looking one up would make everybody wait. */
static int connect_udp(struct syslog_link *link, struct error *err)
{
	const struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV,
				       .ai_socktype = SOCK_DGRAM};
	char host[HOST_MAX], port[PORT_MAX];
	struct addrinfo *found;
	int rc;

	split_server(link->settings->server, host, port);
	if (getaddrinfo(host, port, &hints, &found) != 0)
		return error_set(err, "%s is no address", link->settings->server);
	rc = connect_to(link, found->ai_addr, found->ai_addrlen, SOCK_DGRAM);
	freeaddrinfo(found);
	return rc == 0 ? 0
		       : error_set(err, "cannot connect to udp://%s: %s", link->settings->server,
				   strerror(errno));
}

static enum link_result send_plainly(struct syslog_link *link, struct error *err)
{
	bool is_stream = !is_remote(link) && link->local_stream;
	size_t length = link->end - link->start + (is_stream ? 1 : 0);

	link->buffer[link->end] = '\0';
	while (link->sent < length) {
		ssize_t sent = send(link->socket, link->buffer + link->start + link->sent,
				    length - link->sent, MSG_DONTWAIT | MSG_NOSIGNAL);

		if (sent < 0 && errno == EINTR)
			continue;
		if (sent < 0 && errno == EAGAIN)
			return LINK_BLOCKED;
		if (sent < 0) {
			error_set(err, "cannot send: %s", strerror(errno));
			return LINK_FAILED;
		}
		link->sent += (size_t)sent;
		if (!is_stream)
			break;
	}
	syslog_link_forget(link);
	return LINK_DONE;
}

/* ---- TCP and TLS, by libcurl: it looks up names and shakes hands without waiting ---- */

static CURLcode set_options(struct syslog_link *link, void *owner)
{
	const struct sink_settings *settings = link->settings;
	CURLcode code = tls_options_set(link->easy, settings);
	char url[URL_MAX];

	snprintf(url, sizeof(url), "%s://%s/", settings->protocol == SYSLOG_TLS ? "https" : "http",
		 settings->server);
	SET_OPTION(code, link->easy, CURLOPT_URL, url);
	SET_OPTION(code, link->easy, CURLOPT_CONNECT_ONLY, 1L);
	SET_OPTION(code, link->easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	SET_OPTION(code, link->easy, CURLOPT_SSL_ENABLE_ALPN, 0L);
	SET_OPTION(code, link->easy, CURLOPT_TCP_KEEPALIVE, 1L);
	SET_OPTION(code, link->easy, CURLOPT_NOSIGNAL, 1L);
	SET_OPTION(code, link->easy, CURLOPT_CONNECTTIMEOUT_MS, (long)settings->connect_timeout_ms);
	SET_OPTION(code, link->easy, CURLOPT_ERRORBUFFER, link->error);
	SET_OPTION(code, link->easy, CURLOPT_PRIVATE, owner);
	return code;
}

static enum link_result start_connecting(struct syslog_link *link, void *owner, struct error *err)
{
	link->error[0] = '\0';
	link->easy = curl_easy_init();
	if (link->easy && set_options(link, owner) == CURLE_OK &&
	    curl_multi_add_handle(link->multi, link->easy) == CURLM_OK) {
		link->connecting = true;
		return LINK_CONNECTING;
	}
	syslog_link_disconnect(link);
	error_set(err, "libcurl cannot start a connection");
	return LINK_FAILED;
}

int syslog_link_connected(struct syslog_link *link, CURLcode code, struct error *err)
{
	curl_socket_t socket = CURL_SOCKET_BAD;

	link->connecting = false;
	if (code == CURLE_OK)
		curl_easy_getinfo(link->easy, CURLINFO_ACTIVESOCKET, &socket);
	if (socket != CURL_SOCKET_BAD) {
		link->socket = socket;
		return 0;
	}
	error_set(err, "%s", link->error[0] ? link->error : curl_easy_strerror(code));
	syslog_link_disconnect(link);
	return -1;
}

/* A receiver that closed would take no frame, and send() would not say so before the next. What it
 * says meanwhile is nothing that syslog knows. */
static bool is_closed(struct syslog_link *link)
{
	char bytes[PEEK_MAX];
	size_t got = 0;
	CURLcode code;

	do
		code = curl_easy_recv(link->easy, bytes, sizeof(bytes), &got);
	while (code == CURLE_OK && got > 0);
	return code != CURLE_AGAIN;
}

static enum link_result send_by_curl(struct syslog_link *link, struct error *err)
{
	size_t length = link->end - link->start;

	if (link->sent == 0 && is_closed(link)) {
		error_set(err, "the receiver has closed the connection");
		return LINK_FAILED;
	}
	while (link->sent < length) {
		size_t sent = 0;
		CURLcode code = curl_easy_send(link->easy, link->buffer + link->start + link->sent,
					       length - link->sent, &sent);

		if (code == CURLE_AGAIN)
			return LINK_BLOCKED;
		if (code != CURLE_OK) {
			error_set(err, "cannot send: %s", curl_easy_strerror(code));
			return LINK_FAILED;
		}
		link->sent += sent;
	}
	syslog_link_forget(link);
	return LINK_DONE;
}

/* ---- all of them ---- */

static enum link_result send_frame(struct syslog_link *link, struct error *err)
{
	return link->easy ? send_by_curl(link, err) : send_plainly(link, err);
}

static enum link_result connect_link(struct syslog_link *link, void *owner, struct error *err)
{
	int rc;

	if (is_remote(link) && !is_udp(link))
		return start_connecting(link, owner, err);
	rc = is_udp(link) ? connect_udp(link, err) : connect_locally(link, err);
	return rc == 0 ? LINK_DONE : LINK_FAILED;
}

/* The receiver may have begun anew since the last alert: its old socket is dead, its new one is
 * not. */
enum link_result syslog_link_send(struct syslog_link *link, void *owner, struct error *err)
{
	bool was_connected = link->socket >= 0;
	enum link_result result;

	if (was_connected) {
		result = send_frame(link, err);
		if (result != LINK_FAILED)
			return result;
		syslog_link_disconnect(link);
	}
	result = connect_link(link, owner, err);
	return result == LINK_DONE ? send_frame(link, err) : result;
}
