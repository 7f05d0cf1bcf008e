/* The arena: one block of memory that holds all that a device can change. Chunks (buffers, strings) grow up from its
 * base, slots (objects, fields) grow down from its end, and when they meet, the device is out of memory: as in an
 * ESP32 build with a static heap. The root machine has no arena; what it needs is flash. */

#include "engine.h"

void* fxAllocateChunks(txMachine* the, txSize size)
{
	Arena* arena = the->context;
	void* result;
	if (!arena)
		return port_flash((txU4)size);
	size = (size + 7) & ~7;
	if (arena->slotsStart - arena->chunksEnd < size)
		fxAbort(the, XS_NOT_ENOUGH_MEMORY_EXIT);
	result = arena->chunksEnd;
	arena->chunksEnd += size;
	return result;
}

void fxFreeChunks(txMachine* the, void* chunks)
{
	(void)the;
	(void)chunks;
}

/* Compacts the chunks and takes back what is free behind the last one. Under sanitizers chunks are not in the arena. */
static void shrinkChunks(txMachine* the, Arena* arena)
{
	txBlock* block = mxNoChunks ? C_NULL : the->firstBlock;
	if (!block || !(the->collectFlag & XS_COLLECTING_FLAG))
		return;
	fxCollect(the, XS_COMPACT_FLAG | XS_ORGANIC_FLAG);
	if (block->limit == (txByte*)arena->chunksEnd) {
		txByte* limit = (txByte*)(((size_t)block->current + 7) & ~(size_t)7);
		the->maximumChunksSize -= (txSize)(block->limit - limit);
		block->limit = limit;
		arena->chunksEnd = (txU1*)limit;
	}
}

txSlot* fxAllocateSlots(txMachine* the, txSize count)
{
	Arena* arena = the->context;
	ptrdiff_t size = (ptrdiff_t)count * (ptrdiff_t)sizeof(txSlot);
	if (!arena)
		return port_flash((txU4)size);
	if (arena->slotsStart - arena->chunksEnd < size && the->firstHeap)
		shrinkChunks(the, arena);
	if (arena->slotsStart - arena->chunksEnd < size)
		fxAbort(the, XS_NOT_ENOUGH_MEMORY_EXIT);
	arena->slotsStart -= size;
	return (txSlot*)arena->slotsStart;
}

void fxFreeSlots(txMachine* the, void* slots)
{
	(void)the;
	(void)slots;
}
