/* The parts of the engine host and what they know of each other. README.md in the folder above explains the words. */

#ifndef THIMBLE_ENGINE_H
#define THIMBLE_ENGINE_H

#include "xsAll.h"
#include "xsScript.h"

/* counters.c: what a device has done since it booted. */
typedef struct {
	txU4 instructions;      /* XS's meter: bytecodes, and what native functions charge for their work */
	txU4 copied;            /* of these, what copying bytes was charged */
	txU4 slotsMade;
	txU4 chunksMade;
	txU4 chunkBytesMade;    /* with headers, rounded up as they are in the heap */
	txU4 collections;
	txU4 liveSlots;         /* garbage included, unless a collection came just before */
	txU4 liveChunkBytes;
	txU4 slotSize;
	txU4 stackPeak;         /* slots */
	txU4 stackSize;         /* slots */
	txU4 arenaFree;         /* bytes that neither slots nor chunks have claimed */
	txU4 keys;              /* names that were made at run time: they live outside the arena */
	txU4 aliases;           /* objects of the root machine that the device may change: 4 bytes each, outside the arena */
} Counters;

void counters_attach(txMachine* root);
void counters_stress(txU4 every);
void counters_read(txMachine* the, Counters* counters);

/* arena.c: the memory of a device, all of it. */
typedef struct {
	txU1* base;
	txU1* chunksEnd;        /* chunks grow up from the base */
	txU1* slotsStart;       /* slots grow down from the end; the stack is the uppermost of them */
	txU1* end;
} Arena;

/* image.c: the modules of a program as bytecode. */
#define IMAGE_MODULES 96

typedef struct {
	txScript scripts[IMAGE_MODULES];
	char preload[IMAGE_MODULES];
	int count;
} Image;

int image_load(Image* image, txU1* bytes, size_t size);
void image_link(txMachine* root, Image* image);

/* modules.c: XS asks for modules by name. */
void modules_use(Image* image);
int modules_run(txMachine* the, const char* name);

/* root.c: the machine that stands for flash, and the devices that share it. */
txMachine* root_create(void);
int root_prepare(txMachine* root, Image* image, int frozen);
txMachine* root_clone(txMachine* root, Arena* arena, txU1* memory, txU4 size, txU4 stackSlots, txU4 keys);

/* abort.c: how a device ends. */
extern void (*abort_hook)(txMachine* the, int status, const char* why);
const char* abort_reason(int status);

/* device.c: sockets, timers, storage and time, as the firmware's TypeScript sees them. */
#define DEVICE_WINDOW 5744      /* bytes that a socket takes in before anybody reads them: lwIP's TCP_WND on ESP32 */

typedef struct { const char* name; txCallback callback; int length; } HostFunction;
extern const HostFunction device_functions[];

void device_boot(txU4 seed, const char* config);
int device_start(txMachine* the, const char* module);
void device_time(txS4 now, txNumber wall);
void device_writable(txMachine* the, int handle, txU4 room);
void device_readable(txMachine* the, int handle, const txU1* bytes, txU4 count);
void device_failed(txMachine* the, int handle);
void device_resolved(txMachine* the, int handle, const char* address);
void device_command(txMachine* the, txS4 command, txS4 argument);
void device_timers(txMachine* the);
int device_deadline(txS4* due);
txU4 device_consumed(int handle);
#define DEVICE_HANDLES 24

/* The world around a device: port_fifo.c asks another process for it, port_uart.c has a wire. */
void port_connect(int handle, const char* address, int port);
void port_write(int handle, const txU1* bytes, txU4 count);
void port_close(int handle);
void port_resolve(int handle, const char* host);
txS4 port_store_read(const char* key, txU1* value, txU4 limit);
void port_store_write(const char* key, const txU1* value, txU4 count);
void port_store_delete(const char* key);
int port_sample(int sensor, double* quantities);
void port_tell(txS4 kind, txS4 a, txS4 b, txS4 c, const txU1* bytes, txU4 count);
void port_print(const char* text);
void port_exit(int status) XS_FUNCTION_NORETURN;
txU4 port_retired(void);        /* machine instructions, as a number that wraps; the bare chip has it alone */
void* port_flash(txU4 size);    /* zeroed memory for the root machine */

#endif
