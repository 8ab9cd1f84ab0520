/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rules_call: makes system calls as told, raw, by either ABI, one after another in one process.
 *
 *   rules_call ABI NUMBER ARGUMENT... [-- ABI NUMBER ARGUMENT...]...
 *
 * ABI is 64 or 32 (int 0x80 from this 64-bit program). An argument is a number, s:TEXT or x:HEX
 * (bytes in memory that both ABIs reach), v:TEXT (an argv of that one word), e: (an empty envp), or
 * fd:PATH (a descriptor opened for reading). Prints the results, one a line. Owns: making the
 * calls. Must not own: what should be recorded of them (rules_test.py).
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { MEMORY_SIZE = 65536, ARGUMENTS_MAX = 6 };

struct memory {
	char *start;
	size_t used;
};

static void *memory_take(struct memory *memory, size_t size)
{
	void *at = memory->start + memory->used;

	memory->used += (size + 15) & ~(size_t)15;
	if (memory->used > MEMORY_SIZE) {
		fputs("rules_call: the arguments are too long\n", stderr);
		exit(2);
	}
	return at;
}

static long put_bytes(struct memory *memory, const char *hex)
{
	size_t length = strlen(hex) / 2;
	unsigned char *bytes = memory_take(memory, length ? length : 1);

	for (size_t i = 0; i < length; i++) {
		char pair[3] = {hex[2 * i], hex[2 * i + 1], '\0'};

		bytes[i] = (unsigned char)strtoul(pair, NULL, 16);
	}
	return (long)bytes;
}

static long put_text(struct memory *memory, const char *text)
{
	return (long)strcpy(memory_take(memory, strlen(text) + 1), text);
}

/* Pointers are as wide as the ABI's. */
static long put_vector(struct memory *memory, int abi, const char *word)
{
	long text = word ? put_text(memory, word) : 0;
	void *vector = memory_take(memory, 2 * sizeof(uint64_t));

	if (abi == 64)
		memcpy(vector, (uint64_t[]){(uint64_t)text, 0}, 2 * sizeof(uint64_t));
	else
		memcpy(vector, (uint32_t[]){(uint32_t)text, 0}, 2 * sizeof(uint32_t));
	return (long)vector;
}

static long parse_argument(struct memory *memory, int abi, const char *word)
{
	if (strncmp(word, "s:", 2) == 0)
		return put_text(memory, word + 2);
	if (strncmp(word, "x:", 2) == 0)
		return put_bytes(memory, word + 2);
	if (strncmp(word, "v:", 2) == 0)
		return put_vector(memory, abi, word + 2);
	if (strcmp(word, "e:") == 0)
		return put_vector(memory, abi, NULL);
	if (strncmp(word, "fd:", 3) == 0)
		return open(word + 3, O_RDONLY | O_CLOEXEC);
	return (long)strtoul(word, NULL, 0);
}

static long call(int abi, long number, const long *a)
{
	long result;

	if (abi == 64) {
		result = syscall(number, a[0], a[1], a[2], a[3], a[4], a[5]);
		return result < 0 ? -errno : result;
	}
#ifdef __x86_64__
	__asm__ volatile("int $0x80"
			 : "=a"(result)
			 : "a"(number), "b"(a[0]), "c"(a[1]), "d"(a[2]), "S"(a[3]), "D"(a[4])
			 : "memory", "r8", "r9", "r10", "r11");
	return (int)result;
#else
	return -ENOSYS;
#endif
}

int main(int argc, char **argv)
{
	struct memory memory = {.start = mmap(NULL, MEMORY_SIZE, PROT_READ | PROT_WRITE,
#ifdef MAP_32BIT
					      MAP_32BIT |
#endif
						      MAP_PRIVATE | MAP_ANONYMOUS,
					      -1, 0)};

	if (memory.start == MAP_FAILED)
		return 2;
	for (int i = 1; i + 1 < argc; i++) {
		int abi = atoi(argv[i++]);
		long number = strtol(argv[i++], NULL, 0), arguments[ARGUMENTS_MAX] = {0};

		for (int n = 0; i < argc && strcmp(argv[i], "--") != 0; i++, n++)
			if (n < ARGUMENTS_MAX)
				arguments[n] = parse_argument(&memory, abi, argv[i]);
		printf("%ld\n", call(abi, number, arguments));
		fflush(stdout);
	}
	return 0;
}
