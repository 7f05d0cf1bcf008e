/* A device on a bare RISC-V chip: QEMU's `virt` machine stands for an ESP32-C3. Its 16550 UART is the wire to the
 * broker, which QEMU connects to a TCP port; semihosting takes what is printed. The command line that QEMU passes is
 *
 *     engine MODULE BYTES STACK DURATION CONFIG
 *
 * DURATION in ms is when the application is told to stop, 0 for never; CONFIG is JSON without spaces. */

#include "engine.h"

#define COMMAND_STOP 1
#define TELL_STOPPED 6
#define DRAIN_MS 5000

/* ---- the chip ---- */

#define UART ((volatile txU1*)0x10000000)
#define UART_READABLE (UART[5] & 0x01)
#define UART_WRITABLE (UART[5] & 0x20)
#define MTIME_LOW (*(volatile txU4*)0x0200bff8)
#define MTIME_HIGH (*(volatile txU4*)0x0200bffc)
#define TICKS_PER_MS 10000

enum { SYS_WRITE0 = 0x04, SYS_GET_CMDLINE = 0x15, SYS_EXIT_EXTENDED = 0x20 };
#define STOPPED_BY_APPLICATION 0x20026

static long semihosting(long operation, const void* argument)
{
	register long a0 __asm__("a0") = operation;
	register const void* a1 __asm__("a1") = argument;
	__asm__ volatile (".option push\n.option norvc\n.balign 16\n"
		"slli x0, x0, 0x1f\nebreak\nsrai x0, x0, 7\n.option pop" : "+r"(a0) : "r"(a1) : "memory");
	return a0;
}

static txU8 ticks(void)
{
	txU4 high, low;
	do {
		high = MTIME_HIGH;
		low = MTIME_LOW;
	} while (high != MTIME_HIGH);
	return ((txU8)high << 32) | low;
}

static txS4 milliseconds(void) { return (txS4)(txU4)(ticks() / TICKS_PER_MS); }

/* For XS's Date. */
int gettimeofday(struct timeval* time, void* zone)
{
	txU8 now = ticks();
	(void)zone;
	time->tv_sec = (time_t)(now / (TICKS_PER_MS * 1000));
	time->tv_usec = (suseconds_t)(now / (TICKS_PER_MS / 1000) % 1000000);
	return 0;
}

/* ---- the world ---- */

static txMachine* device;
static int connected;           /* handle of the one socket, or 0 */
static int stands;              /* the device knows that it stands */
static txU4 written;            /* bytes since the device was last told of room */
static char storeKeys[4][16];
static txU1 storeValues[4][64];
static txS4 storeSizes[4];

/* The wire stands always: there is one connection, and QEMU has made it. */
void port_connect(int handle, const char* address, int port)
{
	(void)address;
	(void)port;
	connected = handle;
	stands = 0;
}

void port_write(int handle, const txU1* bytes, txU4 count)
{
	(void)handle;
	written += count;
	while (count--) {
		while (!UART_WRITABLE)
			;
		UART[0] = *bytes++;
	}
}

void port_close(int handle)
{
	if (handle == connected)
		connected = 0;
}

void port_resolve(int handle, const char* host)
{
	(void)handle;
	(void)host;
}

static int storeIndex(const char* key)
{
	int index;
	for (index = 0; index < 4; index++)
		if (!strcmp(storeKeys[index], key))
			return index;
	return -1;
}

txS4 port_store_read(const char* key, txU1* value, txU4 limit)
{
	int index = storeIndex(key);
	if (index < 0 || storeSizes[index] > (txS4)limit)
		return -1;
	memcpy(value, storeValues[index], (size_t)storeSizes[index]);
	return storeSizes[index];
}

void port_store_write(const char* key, const txU1* value, txU4 count)
{
	int index = storeIndex(key);
	if (index < 0)
		index = storeIndex("");
	if (index < 0 || count > sizeof(storeValues[0]))
		return;
	strncpy(storeKeys[index], key, sizeof(storeKeys[0]) - 1);
	memcpy(storeValues[index], value, count);
	storeSizes[index] = (txS4)count;
}

void port_store_delete(const char* key)
{
	int index = storeIndex(key);
	if (index >= 0)
		storeKeys[index][0] = 0;
}

/* A sensor that warms up by a hundredth of a degree a second. */
int port_sample(int sensor, double* quantities)
{
	(void)sensor;
	quantities[0] = 20 + milliseconds() / 100000.0;
	quantities[1] = 0.45;
	quantities[2] = 101325;
	return 1;
}

void port_print(const char* text)
{
	semihosting(SYS_WRITE0, text);
	semihosting(SYS_WRITE0, "\n");
}

static void printNumbers(const char* label, int count, const txU4* numbers)
{
	char line[160];
	int length = snprintf(line, sizeof(line), "%s", label), index;
	for (index = 0; index < count; index++)
		length += snprintf(line + length, sizeof(line) - (size_t)length, " %u", (unsigned)numbers[index]);
	port_print(line);
}

void port_tell(txS4 kind, txS4 a, txS4 b, txS4 c, const txU1* bytes, txU4 count)
{
	char line[320];
	snprintf(line, sizeof(line), "tell %d %d %d %d %.*s", (int)kind, (int)a, (int)b, (int)c, (int)count, bytes ? (const char*)bytes : "");
	port_print(line);
	if (kind == TELL_STOPPED) {
		Counters counters;
		counters_read(device, &counters);
		printNumbers("counters", sizeof(counters) / 4, (txU4*)&counters);
		port_exit(0);
	}
}

void port_exit(int status)
{
	long block[2] = { STOPPED_BY_APPLICATION, status };
	semihosting(SYS_EXIT_EXTENDED, block);
	for (;;)
		;
}

/* Exact with QEMU's -icount; without it QEMU gives its host's clock. */
txU4 port_retired(void)
{
	txU4 count;
	__asm__ volatile (".option push\n.option arch, +zicsr\ncsrr %0, minstret\n.option pop" : "=r"(count) : : "memory");
	return count;
}

/* ---- memory that stands for flash ---- */

extern txU1 image_start[], image_end[];
extern txU1 flash_pool[], flash_pool_end[];

void* port_flash(txU4 size)
{
	static txU1* next = flash_pool;
	void* result = next;
	next += (size + 15) & ~15u;
	if (next > flash_pool_end)
		port_exit(2);
	return result;
}

txScript* fxParseScript(txMachine* the, void* stream, txGetter getter, txUnsigned flags)
{
	(void)stream;
	(void)getter;
	(void)flags;
	mxSyntaxError("no parser");
	return C_NULL;
}

/* ---- the loop ---- */

static void handleWire(void)
{
	static txU1 bytes[256];
	txU4 count = 0;
	if (!connected)
		return;
	if (!stands || written) {
		stands = 1;
		written = 0;
		device_writable(device, connected, DEVICE_WINDOW);
	}
	while (count < sizeof(bytes) && UART_READABLE)
		bytes[count++] = UART[0];
	if (count && connected)
		device_readable(device, connected, bytes, count);
}

static char* word(char** rest)
{
	char* start = *rest;
	char* space = strchr(start, ' ');
	*rest = space ? space + 1 : start + strlen(start);
	if (space)
		*space = 0;
	return start;
}

int main(void)
{
	static char line[1024];
	static Image image;
	static Arena arena;
	struct { char* text; int size; } block = { line, sizeof(line) };
	char* rest = line;
	const char* module;
	txU4 size, stack;
	txS4 stopAt;
	txMachine* root;
	semihosting(SYS_GET_CMDLINE, &block);
	word(&rest);
	module = word(&rest);
	size = (txU4)atol(word(&rest));
	stack = (txU4)atol(word(&rest));
	stopAt = (txS4)atol(word(&rest));
	if (image_load(&image, image_start, (size_t)(image_end - image_start)))
		port_exit(3);
	root = root_create();
	if (root_prepare(root, &image, stopAt != 0))
		port_exit(3);
	UART[1] = 0;
	UART[2] = 7;
	UART[3] = 3;
	device_boot(1, rest);
	device_time(milliseconds(), 0);
	if (stopAt)
		stopAt += milliseconds();
	device = root_clone(root, &arena, aligned_alloc(16, size), size, stack, stopAt ? 32 : 1024);
	if (!device || device_start(device, module))
		port_exit(1);
	if (!stopAt)
		port_exit(0);
	for (;;) {
		device_time(milliseconds(), 0);
		handleWire();
		if (stopAt && (txS4)((txU4)milliseconds() - (txU4)stopAt) >= 0) {
			stopAt = 0;
			device_command(device, COMMAND_STOP, DRAIN_MS);
		}
		device_timers(device);
	}
}
