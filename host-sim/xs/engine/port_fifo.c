/* A device whose world is another process. It speaks first, the device answers, and while the device waits no time
 * passes for it: so a simulated world stays synchronous, and can be repeated. */

#include "frames.h"
#include "port_fifo.h"

static txMachine* device;
static Frame answer;

/* ---- what the device asks for ---- */

void port_connect(int handle, const char* address, int port)
{
	frame_begin(CONNECT, 5 + (txU4)strlen(address));
	frame_put8(handle);
	frame_put32((txU4)port);
	frame_putText(address);
}

void port_write(int handle, const txU1* bytes, txU4 count)
{
	frame_begin(WRITE, 1 + count);
	frame_put8(handle);
	frame_put(bytes, count);
}

void port_close(int handle)
{
	frame_begin(CLOSE, 1);
	frame_put8(handle);
}

void port_resolve(int handle, const char* host)
{
	frame_begin(RESOLVE, 1 + (txU4)strlen(host));
	frame_put8(handle);
	frame_putText(host);
}

static void awaitReply(void)
{
	if (frames_next(&answer) != REPLY)
		_exit(2);
}

static void askStore(int kind, const char* key, const txU1* value, txU4 count)
{
	txU4 size = (txU4)strlen(key) + 1;
	frame_begin(kind, size + count);
	frame_put(key, size);
	frame_put(value, count);
	awaitReply();
}

txS4 port_store_read(const char* key, txU1* value, txU4 limit)
{
	txU4 count;
	askStore(STORE_READ, key, C_NULL, 0);
	if (!frame_take8(&answer))
		return -1;
	count = frame_left(&answer) < limit ? frame_left(&answer) : limit;
	memcpy(value, frame_take(&answer, count), count);
	return (txS4)count;
}

void port_store_write(const char* key, const txU1* value, txU4 count) { askStore(STORE_WRITE, key, value, count); }
void port_store_delete(const char* key) { askStore(STORE_DELETE, key, C_NULL, 0); }

int port_sample(int sensor, double* quantities)
{
	frame_begin(SAMPLE, 1);
	frame_put8(sensor);
	awaitReply();
	if (!frame_take8(&answer))
		return 0;
	memcpy(quantities, frame_take(&answer, 24), 24);
	return 1;
}

void port_tell(txS4 kind, txS4 a, txS4 b, txS4 c, const txU1* bytes, txU4 count)
{
	frame_begin(TELL, 16 + count);
	frame_put32((txU4)kind);
	frame_put32((txU4)a);
	frame_put32((txU4)b);
	frame_put32((txU4)c);
	frame_put(bytes, count);
}

void port_print(const char* text)
{
	if (!frames_isOpen()) {
		puts(text);
		return;
	}
	frame_begin(PRINT, (txU4)strlen(text));
	frame_putText(text);
}

void port_exit(int status)
{
	if (frames_isOpen())
		frames_flush();
	fflush(stdout);
	_exit(status);
}

void* port_flash(txU4 size)
{
	void* bytes = calloc(1, size);
	if (!bytes)
		_exit(1);
	return bytes;
}

/* ---- what the world gives ---- */

static void putCounters(void)
{
	Counters counters;
	counters_read(device, &counters);
	frame_put(&counters, sizeof(counters));
}

static void handleAbort(txMachine* the, int status, const char* why)
{
	(void)the;
	frame_begin(ABORTED, 4 + (txU4)(device ? sizeof(Counters) : 0) + (txU4)strlen(why));
	frame_put32((txU4)status);
	if (device)
		putCounters();
	frame_putText(why);
	port_exit(100 + status);
}

/* As a board's watchdog: a step that takes too many instructions ends the device. */
static txBoolean handleMeter(txMachine* the, txU4 index)
{
	(void)the;
	(void)index;
	return 0;
}

static void takeTime(Frame* frame)
{
	txS4 now = (txS4)frame_take32(frame);
	device_time(now, frame_takeNumber(frame));
}

static void handleEvent(Frame* step)
{
	int event = frame_take8(step), handle;
	txU4 count;
	switch (event) {
		case WRITABLE:
			handle = frame_take8(step);
			device_writable(device, handle, frame_take32(step));
			break;
		case READABLE:
			handle = frame_take8(step);
			count = frame_take32(step);
			device_readable(device, handle, frame_take(step, count), count);
			break;
		case FAILED:
			device_failed(device, frame_take8(step));
			break;
		case RESOLVED:
			handle = frame_take8(step);
			count = frame_take32(step);
			device_resolved(device, handle, (const char*)frame_take(step, count));
			break;
		case COMMAND: {
			txS4 command = (txS4)frame_take32(step);
			device_command(device, command, (txS4)frame_take32(step));
			break;
		}
		case COLLECT:
			fxCollectGarbage(device);
			break;
		default:
			_exit(2);
	}
}

/* The device has done what there was to do: what it has read, when it wants to go on, what it has cost. */
static void putDone(void)
{
	int handle;
	txS4 due = 0;
	for (handle = 1; handle < DEVICE_HANDLES; handle++) {
		txU4 consumed = device_consumed(handle);
		if (!consumed)
			continue;
		frame_begin(CONSUMED, 5);
		frame_put8(handle);
		frame_put32(consumed);
	}
	frame_begin(DONE, 5 + sizeof(Counters));
	frame_put8(device_deadline(&due));
	frame_put32((txU4)due);
	putCounters();
}

void port_serve(txMachine* root, int in, int out)
{
	static Arena arena;
	Frame step = { C_NULL, 0, 0, 0 };
	txU4 size, stack, keys, watchdog, seed;
	txU1* memory;
	const char *module, *config;
	frames_open(in, out);
	abort_hook = handleAbort;
	if (frames_next(&step) != BOOT)
		_exit(2);
	size = frame_take32(&step);
	stack = frame_take32(&step);
	keys = frame_take32(&step);
	watchdog = frame_take32(&step);
	seed = frame_take32(&step);
	takeTime(&step);
	module = (const char*)frame_take(&step, frame_take32(&step));
	config = (const char*)frame_take(&step, frame_left(&step));
	memory = aligned_alloc(16, (size + 15) & ~15u);
	if (!memory)
		_exit(1);
	device_boot(seed, config);
	device = root_clone(root, &arena, memory, size, stack, keys);
	if (!device)
		_exit(1);
	fxCollectGarbage(device);
	fxBeginMetering(device, handleMeter, watchdog);
	if (device_start(device, module))
		fxAbort(device, XS_UNHANDLED_EXCEPTION_EXIT);
	for (;;) {
		putDone();
		if (frames_next(&step) != STEP)
			_exit(2);
		takeTime(&step);
		device->meterCount = device->meterIndex + watchdog;
		while (frame_left(&step))
			handleEvent(&step);
		device_timers(device);
	}
}
