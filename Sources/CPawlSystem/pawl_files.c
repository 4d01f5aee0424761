#define _GNU_SOURCE
#include "pawl_files.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/statvfs.h>
#include <unistd.h>
#ifdef __linux__
#include <linux/fs.h>
#include <sys/mman.h>
#endif

int pawl_open(const char *path, int flags, mode_t mode) { return open(path, flags | O_CLOEXEC, mode); }

int pawl_openat(int directory, const char *path, int flags, mode_t mode) {
  return openat(directory, path, flags | O_CLOEXEC, mode);
}

int pawl_clone_file(int destination, int source) {
#ifdef FICLONE
  return ioctl(destination, FICLONE, source);
#else
  (void)destination;
  (void)source;
  errno = ENOTSUP;
  return -1;
#endif
}

int pawl_grow_pipe(int fd, int bytes) {
#ifdef F_SETPIPE_SZ
  return fcntl(fd, F_SETPIPE_SZ, bytes);
#else
  (void)fd;
  (void)bytes;
  errno = ENOTSUP;
  return -1;
#endif
}

int pawl_pipe(int fds[2]) {
#ifdef __linux__
  return pipe2(fds, O_CLOEXEC);
#else
  if (pipe(fds) != 0) return -1;
  fcntl(fds[0], F_SETFD, FD_CLOEXEC);
  fcntl(fds[1], F_SETFD, FD_CLOEXEC);
  return 0;
#endif
}

int pawl_waiting_bytes(int fd) {
  int count = 0;
  return ioctl(fd, FIONREAD, &count) == 0 ? count : -1;
}

int pawl_set_nonblocking(int fd) {
  int flags = fcntl(fd, F_GETFL);
  return flags < 0 ? -1 : fcntl(fd, F_SETFL, flags | O_NONBLOCK);
}

int pawl_memory_file(const char *name) {
#ifdef __linux__
  return memfd_create(name, MFD_CLOEXEC);
#else
  (void)name;
  errno = ENOTSUP;
  return -1;
#endif
}

int pawl_terminal_columns(int fd) {
  struct winsize size;
  return ioctl(fd, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

int pawl_file_system(int fd, uint64_t *used, uint64_t *available) {
  struct statvfs status;
  if (fstatvfs(fd, &status) != 0) return -1;
  uint64_t block = status.f_frsize;
  *used = (uint64_t)(status.f_blocks - status.f_bfree) * block;
  *available = (uint64_t)status.f_bavail * block;
  return 0;
}
