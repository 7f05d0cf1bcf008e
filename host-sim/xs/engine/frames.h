/* Frames between a device and the process that simulates its world: uint32 size of what follows, uint8 kind, payload.
 * Numbers are little-endian. host-sim/xs/frames.ts is the other side. */

#ifndef THIMBLE_FRAMES_H
#define THIMBLE_FRAMES_H

#include "engine.h"

/* From the world. */
enum { BOOT = 1, STEP, REPLY };
/* In a STEP. */
enum { WRITABLE = 1, READABLE, FAILED, RESOLVED, COMMAND, COLLECT };
/* From the device; those from STORE_READ to SAMPLE are questions. */
enum { CONNECT = 1, WRITE, CLOSE, RESOLVE, CONSUMED, TELL, PRINT, STORE_READ, STORE_WRITE, STORE_DELETE, SAMPLE, DONE, ABORTED };

typedef struct {
	txU1* bytes;
	txU4 size;
	txU4 limit;
	txU4 at;
} Frame;

void frames_open(int input, int output);
int frames_isOpen(void);

/* Sends what was put, waits for a frame, returns its kind. Ends the process when nobody is there any more. */
int frames_next(Frame* frame);
void frames_flush(void);

txU4 frame_left(Frame* frame);
const txU1* frame_take(Frame* frame, txU4 count);
int frame_take8(Frame* frame);
txU4 frame_take32(Frame* frame);
txNumber frame_takeNumber(Frame* frame);

void frame_begin(int kind, txU4 payload);
void frame_put(const void* bytes, txU4 count);
void frame_put8(int value);
void frame_put32(txU4 value);
void frame_putText(const char* text);

#endif
