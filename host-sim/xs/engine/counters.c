/* What a device makes and does. XS counts instructions and collections; that a slot or a chunk was made is seen by
 * standing before fxNewSlot and fxNewChunk (linked with --wrap), and what copying costs by standing before the native
 * functions that copy. */

#include "engine.h"

static txU4 slotsMade;
static txU4 chunksMade;
static txU4 chunkBytesMade;
static txU4 copied;

txSlot* __real_fxNewSlot(txMachine* the);
void* __real_fxNewChunk(txMachine* the, txSize size);
txSlot* __wrap_fxNewSlot(txMachine* the);
void* __wrap_fxNewChunk(txMachine* the, txSize size);

/* The root machine has no arena: what it makes is flash. */
static int isDevice(txMachine* the) { return the->context != C_NULL; }

/* Under sanitizers: a collection before every n-th allocation, so that whoever holds a pointer too long is found. */
static txU4 stressEvery;

void counters_stress(txU4 every) { stressEvery = every; }

static void stress(void)
{
#if mxStress
	extern int gxStress;
	gxStress = stressEvery && (slotsMade + chunksMade) % stressEvery == 0;
#endif
}

txSlot* __wrap_fxNewSlot(txMachine* the)
{
	if (isDevice(the)) {
		slotsMade++;
		stress();
	}
	return __real_fxNewSlot(the);
}

void* __wrap_fxNewChunk(txMachine* the, txSize size)
{
	if (isDevice(the)) {
		chunksMade++;
		stress();
		chunkBytesMade += (txU4)((size + sizeof(txChunk) + 7) & ~(size_t)7);
	}
	return __real_fxNewChunk(the, size);
}

static const char* const copierNames[] = { "copyWithin", "fill", "set" };
#define COPIERS ((int)(sizeof(copierNames) / sizeof(copierNames[0])))
static txCallback copiers[COPIERS];

static void callCopier(txMachine* the, int index)
{
	txU4 before = the->meterIndex;
	(*copiers[index])(the);
	copied += the->meterIndex - before;
}

static void countedCopyWithin(txMachine* the) { callCopier(the, 0); }
static void countedFill(txMachine* the) { callCopier(the, 1); }
static void countedSet(txMachine* the) { callCopier(the, 2); }

/* Puts the counting functions into TypedArray.prototype, before it is frozen. */
void counters_attach(txMachine* root)
{
	static const txCallback counted[COPIERS] = { countedCopyWithin, countedFill, countedSet };
	int index;
	fxBeginHost(root);
	for (index = 0; index < COPIERS; index++) {
		txMachine* the = root;
		txSlot* callback;
		mxPush(mxTypedArrayPrototype);
		fxGetID(the, fxNewNameC(the, (txString)copierNames[index]));
		callback = the->stack->value.reference->next;
		copiers[index] = callback->value.callback.address;
		callback->value.callback.address = counted[index];
		mxPop();
	}
	fxEndHost(root);
}

void counters_read(txMachine* the, Counters* counters)
{
	Arena* arena = the->context;
	counters->instructions = the->meterIndex;
	counters->copied = copied;
	counters->slotsMade = slotsMade;
	counters->chunksMade = chunksMade;
	counters->chunkBytesMade = chunkBytesMade;
	counters->collections = (txU4)the->garbageCollectionCount;
	counters->liveSlots = (txU4)the->currentHeapCount;
	counters->liveChunkBytes = (txU4)the->currentChunksSize;
	counters->slotSize = sizeof(txSlot);
	counters->stackPeak = (txU4)(the->stackTop - the->stackPeak);
	counters->stackSize = (txU4)(the->stackTop - the->stackBottom);
	counters->arenaFree = (txU4)(arena->slotsStart - arena->chunksEnd);
	counters->keys = (txU4)(the->keyIndex - the->keyOffset);
	counters->aliases = (txU4)the->aliasCount;
}
