#define _GNU_SOURCE
#include "pawl_workspace.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

static int raised(int descriptor) {
  if (descriptor < 0) return -1;
  int high = fcntl(descriptor, F_DUPFD_CLOEXEC, 10);
  int error = errno;
  close(descriptor);
  errno = error;
  return high;
}

static int raise_both(int ends[2]) {
  ends[0] = raised(ends[0]);
  int error = errno;
  ends[1] = raised(ends[1]);
  if (ends[0] >= 0 && ends[1] >= 0) return 0;
  if (ends[0] >= 0) error = errno;
  if (ends[0] >= 0) close(ends[0]);
  if (ends[1] >= 0) close(ends[1]);
  errno = error;
  return -1;
}

int pawl_workspace_anonymous_file(void) {
#ifdef __linux__
  return raised(memfd_create("pawl", MFD_CLOEXEC));
#else
  char name[] = "/tmp/pawl.XXXXXX";
  int descriptor = mkstemp(name);
  if (descriptor >= 0) unlink(name);
  return raised(descriptor);
#endif
}

int pawl_workspace_stream(int ends[2]) {
#ifdef __linux__
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) return -1;
#else
  if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0) return -1;
  int on = 1;
  setsockopt(ends[0], SOL_SOCKET, SO_NOSIGPIPE, &on, sizeof on);
#endif
  return raise_both(ends);
}

int pawl_workspace_pipe(int ends[2]) {
#ifdef __linux__
  if (pipe2(ends, O_CLOEXEC) != 0) return -1;
#else
  if (pipe(ends) != 0) return -1;
#endif
  return raise_both(ends);
}

ssize_t pawl_workspace_send(int descriptor, const void *bytes, size_t count) {
#ifdef __linux__
  return send(descriptor, bytes, count, MSG_NOSIGNAL);
#else
  return send(descriptor, bytes, count, 0);
#endif
}

int pawl_workspace_spawn(pid_t *pid, char *const argv[], char *const envp[], const int descriptors[4]) {
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  int error = posix_spawn_file_actions_init(&actions);
  if (error != 0) return error;
  error = posix_spawnattr_init(&attributes);
  if (error != 0) {
    posix_spawn_file_actions_destroy(&actions);
    return error;
  }
  for (int target = 0; target < 4 && error == 0; target++) {
    if (descriptors[target] >= 0) error = posix_spawn_file_actions_adddup2(&actions, descriptors[target], target);
  }
  sigset_t none, all;
  sigemptyset(&none);
  sigfillset(&all);
  sigdelset(&all, SIGKILL);
  sigdelset(&all, SIGSTOP);
  if (error == 0) error = posix_spawnattr_setsigmask(&attributes, &none);
  if (error == 0) error = posix_spawnattr_setsigdefault(&attributes, &all);
  if (error == 0) error = posix_spawnattr_setpgroup(&attributes, 0);
  if (error == 0) {
    error = posix_spawnattr_setflags(
        &attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
  }
  if (error == 0) error = posix_spawnp(pid, argv[0], &actions, &attributes, argv, envp);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  return error;
}

int pawl_workspace_copy(int source, int target) {
#ifdef __linux__
  for (int copied = 0;; copied = 1) {
    ssize_t count;
    do count = copy_file_range(source, NULL, target, NULL, 1 << 30, 0);
    while (count < 0 && errno == EINTR);
    if (count > 0) continue;
    if (!copied) return -1;
    return count == 0 ? 0 : errno;
  }
#else
  (void)source;
  (void)target;
  return -1;
#endif
}
