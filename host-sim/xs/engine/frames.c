/* Frames over two file descriptors. What is put is collected until the device has to wait: one write a step. */

#include "frames.h"

#include <errno.h>

static int input = -1, output = -1;
static Frame outgoing;

void frames_open(int in, int out)
{
	input = in;
	output = out;
}

int frames_isOpen(void) { return output >= 0; }

static void reserve(Frame* frame, txU4 size)
{
	if (size <= frame->limit)
		return;
	frame->limit = size * 2;
	frame->bytes = realloc(frame->bytes, frame->limit);
	if (!frame->bytes)
		_exit(1);
}

static void receive(void* target, txU4 count)
{
	txU1* bytes = target;
	while (count) {
		ssize_t some = read(input, bytes, count);
		if (some < 0 && errno == EINTR)
			continue;
		if (some <= 0)
			_exit(0);
		bytes += some;
		count -= (txU4)some;
	}
}

void frames_flush(void)
{
	txU4 at = 0;
	while (at < outgoing.size) {
		ssize_t some = write(output, outgoing.bytes + at, outgoing.size - at);
		if (some < 0 && errno == EINTR)
			continue;
		if (some <= 0)
			_exit(0);
		at += (txU4)some;
	}
	outgoing.size = 0;
}

int frames_next(Frame* frame)
{
	frames_flush();
	receive(&frame->size, 4);
	reserve(frame, frame->size + 1);
	receive(frame->bytes, frame->size);
	frame->bytes[frame->size] = 0;
	frame->at = 0;
	return frame_take8(frame);
}

txU4 frame_left(Frame* frame) { return frame->size - frame->at; }

/* The bytes stay until the next frame; behind the last one there is a zero. */
const txU1* frame_take(Frame* frame, txU4 count)
{
	const txU1* bytes = frame->bytes + frame->at;
	if (count > frame_left(frame))
		_exit(2);
	frame->at += count;
	return bytes;
}

int frame_take8(Frame* frame) { return *frame_take(frame, 1); }

txU4 frame_take32(Frame* frame)
{
	txU4 value;
	memcpy(&value, frame_take(frame, 4), 4);
	return value;
}

txNumber frame_takeNumber(Frame* frame)
{
	txNumber value;
	memcpy(&value, frame_take(frame, 8), 8);
	return value;
}

void frame_put(const void* bytes, txU4 count)
{
	reserve(&outgoing, outgoing.size + count);
	if (count)
		memcpy(outgoing.bytes + outgoing.size, bytes, count);
	outgoing.size += count;
}

void frame_put8(int value)
{
	txU1 byte = (txU1)value;
	frame_put(&byte, 1);
}

void frame_put32(txU4 value) { frame_put(&value, 4); }
void frame_putText(const char* text) { frame_put(text, (txU4)strlen(text)); }

void frame_begin(int kind, txU4 payload)
{
	frame_put32(payload + 1);
	frame_put8(kind);
}
