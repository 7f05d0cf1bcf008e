#ifndef THIMBLE_COMPILER_H
#define THIMBLE_COMPILER_H

#include "engine.h"

#include <errno.h>
#include <stdio.h>

int compile_image(txMachine* the, FILE* list, const char* target);

#endif
