/* What the firmware can ask of its board, as global functions of the machine; host-sim/xs/device gives them the shapes
 * of firmware/io.ts. Things with callbacks (sockets, timers, questions to a resolver) have a handle, a small integer,
 * under which the device keeps the object that is called.
 *
 * A socket behaves as ECMA-419's TCP on lwIP: read(view) fills the whole view or throws, write(view) takes the whole
 * view or throws "would block" and returns the room that is left. Nothing is called from inside these functions. */

#include "engine.h"

enum { FREE, SOCKET, TIMER, RESOLVER };

typedef struct {
	int kind;
	txSlot object;          /* in the machine's list of roots while the handle is in use */
	txU4 room;              /* SOCKET: bytes that may be written */
	txU4 waiting;           /* SOCKET: bytes in the window */
	txU4 consumed;          /* SOCKET: bytes read since device_consumed() was asked */
	txU1* window;
	int failed;             /* SOCKET: to be told when the window is empty, as on lwIP */
	int scheduled;          /* TIMER */
	txS4 due;
} Handle;

static Handle handles[DEVICE_HANDLES];
static txSlot application;      /* what main returned */
static txS4 nowMs;
static txNumber wallMs;
static txU4 randomState;
static char* configText;

void device_boot(txU4 seed, const char* config)
{
	randomState = seed ? seed : 1;
	configText = strdup(config);
}

void device_time(txS4 now, txNumber wall)
{
	nowMs = now;
	wallMs = wall;
}

/* ---- arguments and results ---- */

static txS4 integerOf(txMachine* the, int index)
{
	txSlot* slot = mxArgc > index ? mxArgv(index) : C_NULL;
	if (!slot)
		return 0;
	return slot->kind == XS_INTEGER_KIND ? slot->value.integer : (txS4)fxToInteger(the, slot);
}

static void returnInteger(txMachine* the, txS4 value)
{
	mxResult->kind = XS_INTEGER_KIND;
	mxResult->value.integer = value;
}

static Handle* handleOf(txMachine* the, int kind)
{
	txS4 index = integerOf(the, 0);
	if (index < 1 || index >= DEVICE_HANDLES || handles[index].kind != kind)
		mxTypeError("closed");
	return &handles[index];
}

/* The socket whose method has been called: as the SDK's, they are native. */
static Handle* thisSocket(txMachine* the)
{
	txSlot* self = mxThis;
	int index;
	for (index = 1; index < DEVICE_HANDLES; index++) {
		Handle* handle = &handles[index];
		if (handle->kind == SOCKET && handle->object.value.reference == self->value.reference)
			return handle;
	}
	mxTypeError("closed");
	return C_NULL;
}

/* The bytes that a view or a buffer shows now; they move with the next allocation. */
static txU1* bytesOf(txMachine* the, int index, txU4* count)
{
	txSlot* slot = mxArgc > index ? mxArgv(index) : C_NULL;
	txSlot* first = slot && slot->kind == XS_REFERENCE_KIND ? slot->value.reference->next : C_NULL;
	if (first && first->kind == XS_TYPED_ARRAY_KIND) {
		txSlot* view = first->next;
		txSlot* buffer = view->next;
		*count = (txU4)fxGetDataViewSize(the, view, buffer);
		return (txU1*)buffer->value.reference->next->value.arrayBuffer.address + view->value.dataView.offset;
	}
	if (first && first->kind == XS_ARRAY_BUFFER_KIND) {
		*count = (txU4)first->next->value.bufferInfo.length;
		return (txU1*)first->value.arrayBuffer.address;
	}
	mxTypeError("expected a view or a buffer");
	return C_NULL;
}

/* ---- handles ---- */

static txS4 openHandle(txMachine* the, int kind)
{
	txS4 index = 1;
	Handle* handle;
	while (index < DEVICE_HANDLES && handles[index].kind != FREE)
		index++;
	if (index == DEVICE_HANDLES)
		mxRangeError("too many sockets and timers");
	handle = &handles[index];
	memset(handle, 0, sizeof(*handle));
	handle->kind = kind;
	handle->object.kind = mxArgv(0)->kind;
	handle->object.value = mxArgv(0)->value;
	fxRemember(the, &handle->object);
	return index;
}

static void closeHandle(txMachine* the, Handle* handle)
{
	fxForget(the, &handle->object);
	free(handle->window);
	memset(handle, 0, sizeof(*handle));
}

static void finishJobs(txMachine* the)
{
	while (the->promiseJobs) {
		the->promiseJobs = 0;
		fxRunPromiseJobs(the);
	}
	fxEndJob(the);
}

/* Calls the object's method, if it has one, as a board's event loop would: nobody catches what it throws. */
static void call(txMachine* the, txSlot* object, const char* method, int count, const txSlot* arguments)
{
	fxBeginHost(the);
	mxTry(the) {
		int index;
		mxPush(*object);
		mxDub();
		fxGetID(the, fxNewNameC(the, (txString)method));
		if (the->stack->kind == XS_REFERENCE_KIND) {
			mxCall();
			for (index = 0; index < count; index++)
				mxPush(arguments[index]);
			mxRunCount(count);
		}
		the->stack = the->scope;
		finishJobs(the);
	}
	mxCatch(the) {
		port_print(fxToString(the, &mxException));
		fxAbort(the, XS_UNHANDLED_EXCEPTION_EXIT);
	}
	fxEndHost(the);
}

static void callCount(txMachine* the, int handle, const char* method, txU4 count)
{
	txSlot argument = { .kind = XS_INTEGER_KIND, .value = { .integer = (txInteger)count } };
	call(the, &handles[handle].object, method, 1, &argument);
}

static int isOpen(int handle, int kind)
{
	return handle > 0 && handle < DEVICE_HANDLES && handles[handle].kind == kind;
}

/* ---- sockets ---- */

static void socketOpen(txMachine* the)
{
	char address[64];
	txS4 index = openHandle(the, SOCKET);
	handles[index].window = malloc(DEVICE_WINDOW);
	fxToStringBuffer(the, mxArgv(1), address, sizeof(address));
	port_connect(index, address, integerOf(the, 2));
	returnInteger(the, index);
}

static void socketRead(txMachine* the)
{
	Handle* socket = thisSocket(the);
	txU4 count;
	txU1* bytes = bytesOf(the, 0, &count);
	if (count == 0 || count > socket->waiting)
		mxRangeError("invalid");
	memcpy(bytes, socket->window, count);
	socket->waiting -= count;
	socket->consumed += count;
	memmove(socket->window, socket->window + count, socket->waiting);
	returnInteger(the, (txS4)count);
}

static void socketWrite(txMachine* the)
{
	Handle* socket = thisSocket(the);
	txU4 count;
	txU1* bytes = bytesOf(the, 0, &count);
	if (count > socket->room)
		mxRangeError("would block");
	socket->room -= count;
	port_write((int)(socket - handles), bytes, count);
	returnInteger(the, (txS4)socket->room);
}

static void socketClose(txMachine* the)
{
	txS4 index = integerOf(the, 0);
	if (!isOpen(index, SOCKET))
		return;
	port_close(index);
	closeHandle(the, &handles[index]);
}

void device_writable(txMachine* the, int handle, txU4 room)
{
	if (!isOpen(handle, SOCKET))
		return;
	handles[handle].room = room;
	callCount(the, handle, "onWritable", room);
}

/* What does not fit into the window is not taken: the other side has to know how much there is room for. */
void device_readable(txMachine* the, int handle, const txU1* bytes, txU4 count)
{
	Handle* socket = &handles[handle];
	if (!isOpen(handle, SOCKET))
		return;
	if (count > DEVICE_WINDOW - socket->waiting)
		count = DEVICE_WINDOW - socket->waiting;
	memcpy(socket->window + socket->waiting, bytes, count);
	socket->waiting += count;
	callCount(the, handle, "onReadable", socket->waiting);
}

void device_failed(txMachine* the, int handle)
{
	if (isOpen(handle, SOCKET) && handles[handle].waiting)
		handles[handle].failed = 1;
	else if (isOpen(handle, SOCKET) || isOpen(handle, RESOLVER))
		call(the, &handles[handle].object, "onError", 0, C_NULL);
}

/* Tells of connections that failed while there was something left to read. */
static void tellFailures(txMachine* the)
{
	int index;
	for (index = 1; index < DEVICE_HANDLES; index++)
		if (handles[index].failed && !handles[index].waiting) {
			handles[index].failed = 0;
			call(the, &handles[index].object, "onError", 0, C_NULL);
		}
}

/* Bytes that were read from that socket since the last time. */
txU4 device_consumed(int handle)
{
	txU4 consumed = handles[handle].consumed;
	handles[handle].consumed = 0;
	return consumed;
}

/* ---- names to addresses ---- */

static void resolverOpen(txMachine* the) { returnInteger(the, openHandle(the, RESOLVER)); }

static void resolverAsk(txMachine* the)
{
	char host[256];
	Handle* resolver = handleOf(the, RESOLVER);
	fxToStringBuffer(the, mxArgv(1), host, sizeof(host));
	port_resolve((int)(resolver - handles), host);
}

static void resolverClose(txMachine* the)
{
	txS4 index = integerOf(the, 0);
	if (isOpen(index, RESOLVER))
		closeHandle(the, &handles[index]);
}

void device_resolved(txMachine* the, int handle, const char* address)
{
	txSlot argument;
	if (!isOpen(handle, RESOLVER))
		return;
	fxBeginHost(the);
	mxPushStringC((txString)address);
	argument = *the->stack;
	argument.next = C_NULL;
	call(the, &handles[handle].object, "handleAddress", 1, &argument);
	fxEndHost(the);
}

/* ---- time ---- */

static void timerOpen(txMachine* the) { returnInteger(the, openHandle(the, TIMER)); }

static void timerSchedule(txMachine* the)
{
	Handle* timer = handleOf(the, TIMER);
	timer->scheduled = 1;
	timer->due = (txS4)((txU4)nowMs + (txU4)integerOf(the, 1));
}

static void timerClose(txMachine* the)
{
	txS4 index = integerOf(the, 0);
	if (isOpen(index, TIMER))
		closeHandle(the, &handles[index]);
}

/* The handle of the timer that is due first, or 0. */
static int firstTimer(void)
{
	int index, first = 0;
	for (index = 1; index < DEVICE_HANDLES; index++)
		if (handles[index].kind == TIMER && handles[index].scheduled
			&& (!first || (txS4)((txU4)handles[index].due - (txU4)handles[first].due) < 0))
			first = index;
	return first;
}

/* The end of a step. Calls what is due; a timer that schedules itself for now has to wait for the next step. */
void device_timers(txMachine* the)
{
	int turns, first;
	tellFailures(the);
	for (turns = 0; turns < DEVICE_HANDLES && (first = firstTimer()); turns++) {
		if ((txS4)((txU4)nowMs - (txU4)handles[first].due) < 0)
			return;
		handles[first].scheduled = 0;
		call(the, &handles[first].object, "onTimer", 0, C_NULL);
	}
}

/* Whether a timer is running, and when the first one is due. */
int device_deadline(txS4* due)
{
	int first = firstTimer();
	if (first)
		*due = handles[first].due;
	return first != 0;
}

static void clockNow(txMachine* the) { returnInteger(the, nowMs); }

static void clockWall(txMachine* the)
{
	mxResult->kind = XS_NUMBER_KIND;
	mxResult->value.number = wallMs;
}

/* xorshift32: the same numbers on every target. */
static void randomNext(txMachine* the)
{
	randomState ^= randomState << 13;
	randomState ^= randomState >> 17;
	randomState ^= randomState << 5;
	mxResult->kind = XS_NUMBER_KIND;
	mxResult->value.number = randomState;
}

/* ---- storage and sensors ---- */

#define STORE_VALUE 4096

static void storeRead(txMachine* the)
{
	static txU1 value[STORE_VALUE];
	char key[64];
	txS4 count;
	fxToStringBuffer(the, mxArgv(0), key, sizeof(key));
	count = port_store_read(key, value, sizeof(value));
	if (count < 0)
		return;
	fxArrayBuffer(the, mxResult, value, count, -1);
}

static void storeWrite(txMachine* the)
{
	char key[64];
	txU4 count;
	txU1* value;
	fxToStringBuffer(the, mxArgv(0), key, sizeof(key));
	value = bytesOf(the, 1, &count);
	if (count > STORE_VALUE)
		mxRangeError("value too long");
	port_store_write(key, value, count);
}

static void storeDelete(txMachine* the)
{
	char key[64];
	fxToStringBuffer(the, mxArgv(0), key, sizeof(key));
	port_store_delete(key);
}

/* Fills a Float64Array with what that sensor measures; false if it has nothing. */
static void sensorSample(txMachine* the)
{
	double quantities[3];
	txU4 count;
	int some = port_sample(integerOf(the, 0), quantities);
	txU1* bytes = bytesOf(the, 1, &count);
	if (some && count >= sizeof(quantities))
		memcpy(bytes, quantities, sizeof(quantities));
	mxResult->kind = XS_BOOLEAN_KIND;
	mxResult->value.boolean = some;
}

/* ---- the application ---- */

/* tell(kind, a, b, c, bytes, count): something for those who look on. */
static void tell(txMachine* the)
{
	txU4 count = 0;
	txU1* bytes = mxArgc > 4 && mxArgv(4)->kind == XS_REFERENCE_KIND ? bytesOf(the, 4, &count) : C_NULL;
	txU4 wanted = (txU4)integerOf(the, 5);
	port_tell(integerOf(the, 0), integerOf(the, 1), integerOf(the, 2), integerOf(the, 3), bytes,
		wanted < count ? wanted : count);
}

static void print(txMachine* the) { port_print(fxToString(the, mxArgv(0))); }

static void config(txMachine* the) { fxStringX(the, mxResult, configText); }

static void collectGarbage(txMachine* the) { fxCollectGarbage(the); }

/* stress(n): from now on a collection before every n-th allocation, in builds that can; 0 for none. */
static void stress(txMachine* the) { counters_stress((txU4)integerOf(the, 0)); }

static void finish(txMachine* the) { port_exit(integerOf(the, 0)); }

#ifdef __riscv
/* Machine instructions since it was last called. What it takes to make a number of them depends on the number, and is
 * not counted. */
static void retired(txMachine* the)
{
	static txU4 last;
	txU4 now = port_retired();
	mxResult->kind = XS_NUMBER_KIND;
	mxResult->value.number = (txNumber)(now - last);
	last = port_retired();
}
#endif

/* Runs a module; its default export, if it is a function, is main: what it returns gets the commands. 0, or -1. */
int device_start(txMachine* the, const char* module)
{
	volatile int result = 0;
	fxBeginHost(the);
	mxTry(the) {
		mxPushStringC((txString)module);
		fxAwaitImport(the, XS_IMPORT_DEFAULT);
		if (mxIsReference(the->stack) && mxIsFunction(the->stack->value.reference)) {
			txSlot* function = the->stack;
			mxPushUndefined();
			mxPushSlot(function);
			mxCall();
			mxRunCount(0);
			application.kind = the->stack->kind;
			application.value = the->stack->value;
			fxRemember(the, &application);
		}
		the->stack = the->scope;
		finishJobs(the);
	}
	mxCatch(the) {
		port_print(fxToString(the, &mxException));
		result = -1;
	}
	fxEndHost(the);
	return result;
}

void device_command(txMachine* the, txS4 command, txS4 argument)
{
	txSlot arguments[2] = {
		{ .kind = XS_INTEGER_KIND, .value = { .integer = command } },
		{ .kind = XS_INTEGER_KIND, .value = { .integer = argument } },
	};
	if (application.kind == XS_REFERENCE_KIND)
		call(the, &application, "handleCommand", 2, arguments);
}

const HostFunction device_functions[] = {
	{ "socketOpen", socketOpen, 3 }, { "socketRead", socketRead, 1 }, { "socketWrite", socketWrite, 1 },
	{ "socketClose", socketClose, 1 },
	{ "resolverOpen", resolverOpen, 1 }, { "resolverAsk", resolverAsk, 2 }, { "resolverClose", resolverClose, 1 },
	{ "timerOpen", timerOpen, 1 }, { "timerSchedule", timerSchedule, 2 }, { "timerClose", timerClose, 1 },
	{ "clockNow", clockNow, 0 }, { "clockWall", clockWall, 0 }, { "randomNext", randomNext, 0 },
	{ "storeRead", storeRead, 1 }, { "storeWrite", storeWrite, 2 }, { "storeDelete", storeDelete, 1 },
	{ "sensorSample", sensorSample, 2 },
	{ "tell", tell, 6 }, { "print", print, 1 }, { "config", config, 0 }, { "collectGarbage", collectGarbage, 0 },
	{ "stress", stress, 1 }, { "finish", finish, 1 },
#ifdef __riscv
	{ "retired", retired, 0 },
#endif
	{ C_NULL, C_NULL, 0 },
};
