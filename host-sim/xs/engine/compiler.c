/* ES modules to an image: what xsc and xsl do for a board. Only on a host: a device has no parser. */

#include "engine.h"
#include "compiler.h"

static txScript* compileModule(txMachine* the, FILE* source, const char* name)
{
	txParser parser;
	txParserJump jump;
	txScript* volatile script = C_NULL;
	fxInitializeParser(&parser, the, the->parserBufferSize, the->parserTableModulo);
	parser.firstJump = &jump;
	if (c_setjmp(jump.jmp_buf) == 0) {
		parser.path = fxNewParserSymbol(&parser, (txString)name);
		fxParserTree(&parser, source, (txGetter)fgetc, 0, C_NULL);
		fxParserHoist(&parser);
		fxParserBind(&parser);
		/* With errors XS makes a script that throws them. */
		if (parser.errorCount == 0)
			script = fxParserCode(&parser);
		else
			fprintf(stderr, "%s\n", parser.errorMessage);
	}
	fxTerminateParser(&parser);
	return script;
}

static void put32(FILE* file, txU4 value)
{
	txU1 bytes[4] = { (txU1)value, (txU1)(value >> 8), (txU1)(value >> 16), (txU1)(value >> 24) };
	fwrite(bytes, 1, 4, file);
}

/* Lines of `list`: "name preload path". Prints "name symbolsSize codeSize" for each. */
int compile_image(txMachine* the, FILE* list, const char* target)
{
	char name[C_PATH_MAX], path[1024];
	txU4 preload, count = 0;
	FILE* image = fopen(target, "wb");
	if (!image) {
		fprintf(stderr, "%s: %s\n", target, strerror(errno));
		return -1;
	}
	fwrite("XSI1", 1, 4, image);
	put32(image, 0);
	while (fscanf(list, "%255s %u %1023[^\n]", name, &preload, path) == 3) {
		FILE* source = fopen(path, "rb");
		txScript* script = source ? compileModule(the, source, name) : C_NULL;
		if (source)
			fclose(source);
		if (!script) {
			fprintf(stderr, "%s: cannot be compiled\n", path);
			return -1;
		}
		put32(image, (txU4)strlen(name) + 1);
		put32(image, (txU4)script->symbolsSize);
		put32(image, (txU4)script->codeSize);
		put32(image, preload);
		fwrite(name, 1, strlen(name) + 1, image);
		fwrite(script->symbolsBuffer, 1, (size_t)script->symbolsSize, image);
		fwrite(script->codeBuffer, 1, (size_t)script->codeSize, image);
		printf("%s %d %d\n", name, (int)script->symbolsSize, (int)script->codeSize);
		fxDeleteScript(script);
		count++;
	}
	fseek(image, 4, SEEK_SET);
	put32(image, count);
	return fclose(image);
}
