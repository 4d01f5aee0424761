// The few system calls that Swift cannot import: variadic ones, macros, and what glibc has no wrapper for.
#pragma once
#include "pawl_files.h"
#include "pawl_process.h"
#include "pawl_signals.h"
#include "pawl_workspace.h"
