/* An image is a program as bytecode: what a linker would put into flash. In a file, numbers little-endian:
 *
 *     "XSI1"  uint32 modules
 *     each    uint32 nameSize, symbolsSize, codeSize, preload; name (with its zero), symbols, code
 *
 * The compiler emits names as symbols of each module. Linking gives every name one id for the whole program and writes
 * the ids into the code, so that code and strings are used where they lie. */

#include "engine.h"

static txU4 take32(const txU1* at) { return at[0] | (txU4)at[1] << 8 | (txU4)at[2] << 16 | (txU4)at[3] << 24; }

/* The scripts point into the bytes, which must stay, and which linking changes. 0, or -1 where this is no image. */
int image_load(Image* image, txU1* bytes, size_t size)
{
	const txU1* end = bytes + size;
	txU1* at = bytes + 8;
	int index;
	if (size < 8 || memcmp(bytes, "XSI1", 4) || take32(bytes + 4) > IMAGE_MODULES)
		return -1;
	image->count = (int)take32(bytes + 4);
	for (index = 0; index < image->count; index++) {
		txScript* script = &image->scripts[index];
		txU4 nameSize, symbolsSize, codeSize;
		if (end - at < 16)
			return -1;
		nameSize = take32(at);
		symbolsSize = take32(at + 4);
		codeSize = take32(at + 8);
		image->preload[index] = (char)take32(at + 12);
		at += 16;
		if ((txU8)nameSize + symbolsSize + codeSize > (txU8)(end - at))
			return -1;
		memset(script, 0, sizeof(*script));
		script->path = (txString)at;
		script->symbolsBuffer = (txS1*)at + nameSize;
		script->symbolsSize = (txSize)symbolsSize;
		script->codeBuffer = (txS1*)at + nameSize + symbolsSize;
		script->codeSize = (txSize)codeSize;
		at += nameSize + symbolsSize + codeSize;
	}
	return at == end ? 0 : -1;
}

static txU1 archivedCode(txU1 code)
{
	switch (code) {
		case XS_CODE_CODE_1: return XS_CODE_CODE_ARCHIVE_1;
		case XS_CODE_CODE_2: return XS_CODE_CODE_ARCHIVE_2;
		case XS_CODE_CODE_4: return XS_CODE_CODE_ARCHIVE_4;
		case XS_CODE_STRING_1: return XS_CODE_STRING_ARCHIVE_1;
		case XS_CODE_STRING_2: return XS_CODE_STRING_ARCHIVE_2;
		case XS_CODE_STRING_4: return XS_CODE_STRING_ARCHIVE_4;
		default: return code;
	}
}

/* Bytes from a bytecode to the next one. gxCodeSizes says it, or 0: an id follows; -1, -2, -4: a length follows, in that
 * many bytes, and then so much. */
static txU4 codeLength(const txU1* at)
{
	txS1 size = gxCodeSizes[*at];
	if (size > 0)
		return (txU4)size;
	switch (size) {
		case 0: return 1 + sizeof(txID);
		case -1: return 2 + (txU4)at[1];
		case -2: return 3 + ((txU4)at[1] | (txU4)at[2] << 8);
		default: return 5 + take32(at + 1);
	}
}

static void linkScript(txMachine* the, txScript* script)
{
	txByte* names = script->symbolsBuffer;
	txU1* at = (txU1*)script->codeBuffer;
	txU1* end = at + script->codeSize;
	txID count, index;
	txID* ids;
	mxDecodeID(names, count);
	ids = c_malloc((size_t)count * sizeof(txID));
	ids[0] = XS_NO_ID;
	for (index = 1; index < count; index++) {
		ids[index] = fxNewNameC(the, (txString)names);
		names += mxStringLength((char*)names) + 1;
	}
	while (at < end) {
		txU4 length = codeLength(at);
		if (gxCodeSizes[*at] == 0) {
			txByte* field = (txByte*)at + 1;
			txID id;
			mxDecodeID(field, id);
			if (id != XS_NO_ID) {
				field = (txByte*)at + 1;
				id = ids[id];
				mxEncodeID(field, id);
			}
		}
		*at = archivedCode(*at);
		at += length;
	}
	c_free(ids);
	/* XS takes a script without symbols as it is: it neither changes nor frees it. */
	script->symbolsBuffer = C_NULL;
	script->symbolsSize = 0;
}

void image_link(txMachine* root, Image* image)
{
	int index;
	for (index = 0; index < image->count; index++) {
		fxNewNameC(root, image->scripts[index].path);
		linkScript(root, &image->scripts[index]);
	}
}
