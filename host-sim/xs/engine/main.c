/* The engine host on a desktop.
 *
 *     engine compile IMAGE < LIST       ES modules to bytecode; see compiler.c
 *     engine run IMAGE MODULE [BYTES [STACK]]      a device without a world: for programs that only compute and print
 *     engine serve IMAGE CONTROL      one process per device: a line "IN OUT" in the FIFO CONTROL forks one that talks
 *                                     over those two
 *     engine flash IMAGE              what an image takes in flash beyond its bytecode
 */

#include "compiler.h"
#include "port_fifo.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>

static Image image;

#if defined(__SANITIZE_ADDRESS__)
/* Machines live as long as their process. */
const char* __asan_default_options(void);
const char* __asan_default_options(void) { return "detect_leaks=0"; }
#endif

static txMachine* loadRoot(const char* path, int frozen)
{
	struct stat status;
	FILE* file = fopen(path, "rb");
	txU1* bytes;
	txMachine* root;
	if (!file || fstat(fileno(file), &status)) {
		fprintf(stderr, "%s: %s\n", path, strerror(errno));
		exit(1);
	}
	bytes = port_flash((txU4)status.st_size);
	if (fread(bytes, 1, (size_t)status.st_size, file) != (size_t)status.st_size
		|| image_load(&image, bytes, (size_t)status.st_size)) {
		fprintf(stderr, "%s: expected an image made by `engine compile`\n", path);
		exit(1);
	}
	fclose(file);
	root = root_create();
	if (root_prepare(root, &image, frozen))
		exit(1);
	return root;
}

static int run(const char* path, const char* module, txU4 size, txU4 stack)
{
	static Arena arena;
	txMachine* root = loadRoot(path, 0);
	txMachine* the = root_clone(root, &arena, port_flash(size), size, stack, 30000);
	device_boot(1, "{}");
	if (!the || device_start(the, module))
		return 1;
	fflush(stdout);
	return 0;
}

/* The root machine is made once; a fork shares its pages, as boards share what is in flash. */
static int serve(const char* path, const char* control)
{
	char in[512], out[512];
	txMachine* root = loadRoot(path, 1);
	FILE* requests = fopen(control, "r");
	if (!requests) {
		fprintf(stderr, "%s: %s\n", control, strerror(errno));
		return 1;
	}
	signal(SIGCHLD, SIG_IGN);
	signal(SIGINT, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	while (fscanf(requests, "%511s %511s", in, out) == 2) {
		pid_t pid = fork();
		if (pid == 0) {
			int input = open(in, O_RDONLY), output = open(out, O_WRONLY);
			if (input < 0 || output < 0)
				_exit(1);
			fclose(requests);
			port_serve(root, input, output);
		}
	}
	return 0;
}

/* What an image takes in flash beyond its bytecode: "slots bytes chunkBytes" of the machine without and with it. */
static int flash(const char* path)
{
	txMachine* bare = root_create();
	Image none = { .count = 0 };
	txMachine* root;
	if (root_prepare(bare, &none, 1))
		return 1;
	root = loadRoot(path, 1);
	printf("%d %d %d\n", (int)sizeof(txSlot), (int)bare->currentHeapCount, (int)bare->currentChunksSize);
	printf("%d %d %d\n", (int)sizeof(txSlot), (int)root->currentHeapCount, (int)root->currentChunksSize);
	return 0;
}

static int usage(void)
{
	fputs("engine compile IMAGE < LIST\nengine run IMAGE MODULE [BYTES [STACK]]\nengine serve IMAGE CONTROL\nengine flash IMAGE\n", stderr);
	return 2;
}

int main(int argc, char** argv)
{
	if (argc == 3 && !strcmp(argv[1], "compile"))
		return compile_image(root_create(), stdin, argv[2]) ? 1 : 0;
	if (argc >= 4 && !strcmp(argv[1], "run")) {
		txU4 size = argc > 4 ? (txU4)atol(argv[4]) : 1024 * 1024;
		txU4 stack = argc > 5 ? (txU4)atol(argv[5]) : 4096;
		return run(argv[2], argv[3], size, stack);
	}
	if (argc == 3 && !strcmp(argv[1], "flash"))
		return flash(argv[2]);
	if (argc == 4 && !strcmp(argv[1], "serve"))
		return serve(argv[2], argv[3]);
	return usage();
}
