/* SPDX-License-Identifier: Apache-2.0 */
/*
 * standin: stands in for a daemon that is taken over, in ./quickstart.
 * It starts as a good daemon does, giving up all but the two capabilities that it says it needs and
 * using one of them; when its standard input ends, it raises the other, as an attacker inside it
 * would.
 */
#include <stdio.h>
#include <sys/capability.h>
#include <unistd.h>

/* Sets permitted and effective to the listed capabilities and inheritable to nothing. */
static int hold(const cap_value_t *permitted, int permitted_count, const cap_value_t *effective,
		int effective_count)
{
	cap_t sets = cap_init();
	int result;

	if (!sets)
		return -1;
	result = cap_set_flag(sets, CAP_PERMITTED, permitted_count, permitted, CAP_SET);
	if (result == 0)
		result = cap_set_flag(sets, CAP_EFFECTIVE, effective_count, effective, CAP_SET);
	if (result == 0)
		result = cap_set_proc(sets);
	cap_free(sets);
	return result;
}

int main(void)
{
	static const cap_value_t needed[] = {CAP_NET_BIND_SERVICE, CAP_SYS_PTRACE};
	char byte;

	if (hold(needed, 2, needed, 1) < 0) {
		perror("standin: giving up capabilities");
		return 1;
	}
	puts("standin: started");
	fflush(stdout);
	while (read(STDIN_FILENO, &byte, 1) > 0)
		;
	if (hold(needed, 2, needed, 2) < 0) {
		perror("standin: raising cap_sys_ptrace");
		return 1;
	}
	sleep(2); /* an attacker would stay, too: capwatch can look it up in /proc */
	return 0;
}
