#pragma once
#include <sys/types.h>

// Every descriptor that these return is close-on-exec and 10 or above, so that placing one at 0 to 3 in a child never
// overwrites another.

// Returns a descriptor of an empty file without a name, or -1 with errno set.
int pawl_workspace_anonymous_file(void);

// Fills both ends of a stream that is sent with pawl_workspace_send; returns 0, or -1 with errno set.
int pawl_workspace_stream(int ends[2]);

// Fills the reading and the writing end of a pipe; returns 0, or -1 with errno set.
int pawl_workspace_pipe(int ends[2]);

// As send(2), without the signal that a closed other end would raise.
ssize_t pawl_workspace_send(int descriptor, const void *bytes, size_t count);

// Starts argv[0], searched in PATH, in a process group of its own with default signals.
// descriptors: what becomes 0, 1, 2 and 3 in the child; -1 for 3 leaves it closed. Returns 0 or an errno value.
int pawl_workspace_spawn(pid_t *pid, char *const argv[], char *const envp[], const int descriptors[4]);

// Copies from one file's position to the other's until the end within the kernel, which shares blocks where it can.
// Returns 0, an errno value, or -1 where nothing was copied because the file system does not know how, or the source is empty.
int pawl_workspace_copy(int source, int target);
