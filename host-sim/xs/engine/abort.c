/* How a device ends. On a board XS's abort restarts the chip; here whoever runs the device decides. */

#include "engine.h"

void (*abort_hook)(txMachine* the, int status, const char* why);

const char* abort_reason(int status)
{
	switch (status) {
		case XS_NOT_ENOUGH_MEMORY_EXIT: return "out of memory";
		case XS_STACK_OVERFLOW_EXIT: return "stack overflow";
		case XS_NO_MORE_KEYS_EXIT: return "no more keys";
		case XS_DEAD_STRIP_EXIT: return "a stripped function was called";
		case XS_UNHANDLED_EXCEPTION_EXIT: return "unhandled exception";
		case XS_UNHANDLED_REJECTION_EXIT: return "unhandled rejection";
		case XS_TOO_MUCH_COMPUTATION_EXIT: return "watchdog";
		default: return "fatal check";
	}
}

void fxAbort(txMachine* the, int status)
{
	if (abort_hook)
		(*abort_hook)(the, status, abort_reason(status));
	port_print(abort_reason(status));
	port_exit(100 + status);
}
