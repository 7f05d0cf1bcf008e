/* Modules by name. XS resolves "./x.js" and "../x.js" against the name of the importing module, one step up at most,
 * and so do we; bare names are taken as they are. */

#include "engine.h"

static Image* modules;

void modules_use(Image* image) { modules = image; }

static txScript* findScript(const char* name)
{
	int index;
	for (index = 0; index < modules->count; index++)
		if (!strcmp(modules->scripts[index].path, name))
			return &modules->scripts[index];
	return C_NULL;
}

/* Cuts the last part of a path off. 0 where there is none. */
static int cutLast(char* path)
{
	char* slash = strrchr(path, '/');
	*(slash ? slash : path) = 0;
	return slash != C_NULL;
}

txID fxFindModule(txMachine* the, txSlot* realm, txID importer, txSlot* specifier)
{
	char asked[C_PATH_MAX], path[2 * C_PATH_MAX] = "";
	const char* rest = asked;
	size_t length;
	(void)realm;
	fxToStringBuffer(the, specifier, asked, sizeof(asked));
	if (asked[0] == '.') {
		if (importer == XS_NO_ID)
			return XS_NO_ID;
		strncpy(path, fxGetKeyName(the, importer), C_PATH_MAX - 1);
		cutLast(path);
		if (!strncmp(asked, "../", 3) && !cutLast(path))
			return XS_NO_ID;
		rest = strchr(asked, '/');
		if (!rest)
			return XS_NO_ID;
		if (!path[0])
			rest++;
	}
	strcat(path, rest);
	length = strlen(path);
	if (length > 3 && !strcmp(path + length - 3, ".js"))
		path[length - 3] = 0;
	return findScript(path) ? fxNewNameC(the, path) : XS_NO_ID;
}

void fxLoadModule(txMachine* the, txSlot* module, txID id)
{
	txScript* script = findScript(fxGetKeyName(the, id));
	if (script)
		fxResolveModule(the, module, id, script, C_NULL, C_NULL);
}

/* Imports a module. 0, or -1 after saying what it threw. */
int modules_run(txMachine* the, const char* name)
{
	volatile int result = 0;
	fxBeginHost(the);
	mxTry(the) {
		mxPushStringC((txString)name);
		fxAwaitImport(the, XS_NO_FLAG);
		mxPop();
	}
	mxCatch(the) {
		port_print(name);
		port_print(fxToString(the, &mxException));
		result = -1;
	}
	fxEndHost(the);
	return result;
}
