/* What XS asks of the system that it runs on: a POSIX machine, or a bare RISC-V chip with picolibc. XS includes this
 * file first (XSPLATFORM), so it stands before all of XS's own headers. */

#ifndef THIMBLE_PLATFORM_H
#define THIMBLE_PLATFORM_H

#include <ctype.h>
#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <sys/time.h>

#undef mxLittleEndian
#define mxLittleEndian 1
#define mxExport extern
#define mxImport extern
#define XS_FUNCTION_NORETURN __attribute__((noreturn))

#if defined(__linux__)
	#undef mxLinux
	#define mxLinux 1
	#define mxUseGCCAtomics 1
	#include <arpa/inet.h>
	#include <pthread.h>
	#include <unistd.h>
#else
	#define htonl(X) __builtin_bswap32(X)
	#define ntohl(X) __builtin_bswap32(X)
#endif

#ifndef C_PATH_MAX
	#define C_PATH_MAX 256
#endif

/* Fields of ours in every machine. */
#define mxMachinePlatform \
	void* host; \
	int promiseJobs; \
	void* waiterCondition; \
	void* waiterData; \
	void* waiterLink;

/* Property ids have 16 bits, as on ESP32 (no mx32bitID): bytecode is the same on every target. Strings are UTF-8
 * throughout, as on ESP32 (no mxCESU8): the length of an emoji is 1. */
#define mxUseDefaultBuildKeys 1
#define mxUseDefaultDebug 1
#define mxUseDefaultSharedChunks 1
#ifndef mxNoChunks
	#define mxNoChunks 0
#endif
#ifdef mxParse
	#define mxUseDefaultParseScript 1
#endif

#endif
