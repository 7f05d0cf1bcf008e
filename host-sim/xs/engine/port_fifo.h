#ifndef THIMBLE_PORT_FIFO_H
#define THIMBLE_PORT_FIFO_H

#include "engine.h"

/* A device in this process, until the other side is gone. Both descriptors block. */
void port_serve(txMachine* root, int in, int out) XS_FUNCTION_NORETURN;

#endif
