/* The root machine stands for the flash of a board: built-ins, names, bytecode and preloaded modules. It is made once,
 * frozen, shared, and then cloned: the clone is the device, and all that it can change lies in its arena. */

#include "engine.h"

static const txCreation rootCreation = {
	.initialChunkSize = 48 * 1024, .incrementalChunkSize = 16 * 1024,
	.initialHeapCount = 8 * 1024, .incrementalHeapCount = 1024,
	.stackCount = 1024, .initialKeyCount = 2048, .incrementalKeyCount = 256,
	.nameModulo = 127, .symbolModulo = 11, .parserBufferSize = 32 * 1024, .parserTableModulo = 1993, .staticSize = 0
};

void fxCreateMachinePlatform(txMachine* the) { the->promiseJobs = 0; }
void fxDeleteMachinePlatform(txMachine* the) { (void)the; }
void fxQueuePromiseJobs(txMachine* the) { the->promiseJobs = 1; }
void fxRunDebugger(txMachine* the) { (void)the; }

txMachine* root_create(void)
{
	txCreation creation = rootCreation;
	txMachine* the = fxCreateMachine(&creation, "root", C_NULL, XS_NO_ID);
	const HostFunction* function;
	fxBeginHost(the);
	for (function = device_functions; function->name; function++) {
		txID id = fxNewNameC(the, (txString)function->name);
		fxNewHostFunction(the, function->callback, function->length, id, XS_NO_ID);
		mxPush(mxGlobal);
		fxSetID(the, id);
		mxPop();
	}
	fxEndHost(the);
	counters_attach(the);
	return the;
}

/* The machine's own bookkeeping, which must stay as it is. */
static int isOwn(txMachine* the, txSlot* instance)
{
	txSlot* program = mxProgram.value.reference;
	txSlot* realm = mxModuleInstanceInternal(program)->value.module.realm;
	return instance == mxGlobal.value.reference || instance == program || instance == realm
		|| instance == mxRealmClosures(realm)->value.reference || instance == mxOwnModules(realm)->value.reference
		|| instance == mxModuleQueue.value.reference || instance == mxUnhandledPromises.value.reference
		|| instance == mxDuringJobs.value.reference || instance == mxFinalizationRegistries.value.reference
		|| instance == mxPendingJobs.value.reference || instance == mxRunningJobs.value.reference;
}

static void freezeInstance(txSlot* instance)
{
	txSlot* property;
	instance->flag |= XS_DONT_PATCH_FLAG;
	for (property = instance->next; property; property = property->next) {
		property->flag |= XS_DONT_DELETE_FLAG;
		if (property->kind != XS_ACCESSOR_KIND)
			property->flag |= XS_DONT_SET_FLAG;
	}
}

/* Built-ins cannot be changed, as in an SDK build: then no device needs an alias of them in its memory. */
static void freezeAll(txMachine* the)
{
	txSlot *heap, *slot;
	for (heap = the->firstHeap; heap; heap = heap->next)
		for (slot = heap + 1; slot < heap->value.reference; slot++)
			if (slot->kind == XS_INSTANCE_KIND && !isOwn(the, slot))
				freezeInstance(slot);
}

static int isFunction(txSlot* instance)
{
	txSlot* internal = instance->next;
	return internal && (internal->flag & XS_INTERNAL_FLAG)
		&& (internal->kind == XS_CALLBACK_KIND || internal->kind == XS_CALLBACK_X_KIND
			|| internal->kind == XS_CODE_KIND || internal->kind == XS_CODE_X_KIND);
}

/* Of what preloaded modules made, the SDK's linker freezes functions, the prototypes of their classes, environments, and
 * the names of functions; the rest can be changed through an alias. */
static void freezePreloaded(txMachine* the)
{
	txSlot *heap, *slot, *property;
	for (heap = the->firstHeap; heap; heap = heap->next)
		for (slot = heap + 1; slot < heap->value.reference; slot++) {
			if (slot->kind == XS_CLOSURE_KIND) {
				txSlot* value = slot->value.closure;
				if (value->kind == XS_REFERENCE_KIND && isFunction(value->value.reference))
					value->flag |= XS_DONT_SET_FLAG;
			}
			if (slot->kind != XS_INSTANCE_KIND || isOwn(the, slot) || !slot->next)
				continue;
			if ((slot->next->flag & XS_INTERNAL_FLAG) && slot->next->ID == XS_ENVIRONMENT_BEHAVIOR)
				freezeInstance(slot);
			else if (isFunction(slot)) {
				freezeInstance(slot);
				for (property = slot->next; property; property = property->next)
					if (property->ID == mxID(_prototype) && property->kind == XS_REFERENCE_KIND
						&& (slot->flag & XS_CAN_CONSTRUCT_FLAG))
						freezeInstance(property->value.reference);
			}
		}
}

/* Nothing in flash may look like a chunk of the device, or its collector would move it: the kinds that end in X are
 * values that lie outside. */
static void exile(txSlot* slot)
{
	switch (slot->kind) {
		case XS_STRING_KIND: slot->kind = XS_STRING_X_KIND; break;
		case XS_BIGINT_KIND: slot->kind = XS_BIGINT_X_KIND; break;
		case XS_CODE_KIND: slot->kind = XS_CODE_X_KIND; break;
		case XS_CALLBACK_KIND: slot->kind = XS_CALLBACK_X_KIND; break;
		case XS_KEY_KIND: slot->kind = XS_KEY_X_KIND; break;
		case XS_ARRAY_KIND:
		case XS_STACK_KIND:
			if (slot->value.array.address) {
				txSlot* item = slot->value.array.address;
				txChunk* chunk = (txChunk*)(((txByte*)item) - sizeof(txChunk));
				txSize count = (txSize)((chunk->size - (txSize)sizeof(txChunk)) / (txSize)sizeof(txSlot));
				while (count-- > 0)
					exile(item++);
			}
			break;
		default: break;
	}
}

static void share(txMachine* the)
{
	txSlot *heap, *slot, *global = mxGlobal.value.reference;
	/* The global object of a linked image has no hash table; a clone would walk into ours. */
	if (global->next && global->next->kind == XS_GLOBAL_KIND) {
		global->next = global->next->next;
		global->flag &= (txFlag)~XS_EXOTIC_FLAG;
	}
	fxShareMachine(the);
	for (heap = the->firstHeap; heap; heap = heap->next)
		for (slot = heap + 1; slot < heap->value.reference; slot++)
			if (slot->flag & XS_MARK_FLAG)
				exile(slot);
	for (slot = the->stack; slot < the->stackTop; slot++)
		exile(slot);
}

/* Links the image, runs what it preloads, and makes flash of the machine. Programs that are no firmware may want
 * built-ins that they can override: then `frozen` is 0. Returns 0, or -1 after saying why not. */
int root_prepare(txMachine* root, Image* image, int frozen)
{
	int index;
	modules_use(image);
	if (frozen)
		freezeAll(root);
	image_link(root, image);
	for (index = 0; index < image->count; index++)
		if (image->preload[index] && modules_run(root, image->scripts[index].path))
			return -1;
	if (frozen)
		freezePreloaded(root);
	share(root);
	return 0;
}

/* A device with `size` bytes for everything, `stackSlots` of it stack. */
txMachine* root_clone(txMachine* root, Arena* arena, txU1* memory, txU4 size, txU4 stackSlots, txU4 keys)
{
	txCreation creation = rootCreation;
	creation.initialChunkSize = 1024;
	creation.initialHeapCount = 64;
	/* In small steps, so that neither chunks nor slots take what the other needs: 128 bytes and 16 slots of 32 KB. */
	creation.incrementalChunkSize = (txSize)(size / 256 & ~7u);
	creation.incrementalHeapCount = (txSize)(size / 2048);
	/* A program that is no firmware gets half of it for chunks and half for slots at once. */
	if (size >= 1024 * 1024) {
		creation.initialChunkSize = (txSize)(size / 2);
		creation.initialHeapCount = (txSize)(size / 2 / sizeof(txSlot) - stackSlots - 64);
	}
	creation.stackCount = (txSize)stackSlots;
	creation.initialKeyCount = (txSize)keys;
	creation.incrementalKeyCount = 0;
	creation.staticSize = (txSize)size;
	arena->base = arena->chunksEnd = memory;
	arena->slotsStart = arena->end = memory + (size & ~15u);
	return fxCloneMachine(&creation, root, "device", arena);
}
