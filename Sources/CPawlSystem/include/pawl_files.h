#pragma once
#include <stdint.h>
#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/// open(2), always O_CLOEXEC; returns -1 with errno set on failure.
int pawl_open(const char *path, int flags, mode_t mode);
/// openat(2), always O_CLOEXEC; returns -1 with errno set on failure.
int pawl_openat(int directory, const char *path, int flags, mode_t mode);
/// ioctl FICLONE (Linux): makes `destination` share the blocks of `source`; ENOTSUP elsewhere.
int pawl_clone_file(int destination, int source);
/// Grows a pipe's buffer (F_SETPIPE_SZ) and returns its new size; ENOTSUP where pipes cannot be resized.
int pawl_grow_pipe(int fd, int bytes);
/// pipe2(2) with O_CLOEXEC on both ends.
int pawl_pipe(int fds[2]);
/// Bytes that wait in a pipe (FIONREAD); -1 with errno set on failure.
int pawl_waiting_bytes(int fd);
/// Sets O_NONBLOCK.
int pawl_set_nonblocking(int fd);
/// memfd_create(2) with MFD_CLOEXEC; ENOTSUP outside Linux.
int pawl_memory_file(const char *name);
/// Width of the terminal behind `fd` in columns (TIOCGWINSZ); 0 when it is none or does not say.
int pawl_terminal_columns(int fd);
/// Bytes in use and bytes in all of the file system that holds `fd` (fstatvfs).
int pawl_file_system(int fd, uint64_t *used, uint64_t *available);

#ifdef __cplusplus
}
#endif
