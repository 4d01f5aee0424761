#pragma once
#include <stdint.h>
#include <sys/resource.h>
#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/// What `pawl_spawn` starts. Every limit of UINT64_MAX leaves that resource as it is.
struct pawl_spawn_request {
  const char *path;
  char *const *argv;
  char *const *envp;
  /// Working directory, or NULL for the caller's.
  const char *directory;
  /// Become 0, 1 and 2.
  int input, output, error;
  /// Become 3 to 7; -1 for none. All other descriptors are closed.
  int kept[5];
  /// RLIMIT_CPU, in seconds.
  uint64_t cpu_seconds;
  /// RLIMIT_FSIZE, in bytes.
  uint64_t file_bytes;
  /// Not 0: the child is killed when the calling thread ends (PR_SET_PDEATHSIG; Linux).
  int die_with_parent;
  /// Cores that the child and its descendants run on, as sched_setaffinity(2) has them: bit N % 64 of word N / 64; NULL for the caller's.
  const uint64_t *core_words;
  size_t core_word_count;
};

/// Starts a process in a session of its own with default signal handling and no core dumps.
/// Returns 0 and the process id, or the errno of the step that failed.
int pawl_spawn(const struct pawl_spawn_request *request, pid_t *pid);

/// pidfd_open(2); ENOSYS where there is none.
int pawl_pidfd_open(pid_t pid);
/// pidfd_send_signal(2); `pidfd` may also be an open /proc/PID folder.
int pawl_pidfd_send_signal(int pidfd, int signal);
/// wait4(2) for exactly this process, through EINTR; returns 0 or errno.
/// `signal` is 0 for an exit; CPU time includes the children that it waited for.
int pawl_wait(pid_t pid, int *code, int *signal, double *cpu_seconds, int64_t *peak_bytes);
/// Like `pawl_wait` but returns EAGAIN while the process runs.
int pawl_try_wait(pid_t pid, int *code, int *signal, double *cpu_seconds, int64_t *peak_bytes);
/// The largest resident size that this process ever had, in bytes.
int64_t pawl_own_peak_bytes(void);
/// Gives a process the highest priority that this user may give (setpriority(2)).
void pawl_favor(pid_t pid);
/// Sets the bits of the cores that this process may run on (sched_getaffinity(2)); returns how many words were filled, or -1 with errno set.
int pawl_allowed_cores(uint64_t *words, int count);
/// prlimit(2) of RLIMIT_NPROC (Linux); returns 0 or errno.
int pawl_limit_processes(pid_t pid, uint64_t processes);
/// Makes this process's memory and descriptors unreadable to others of its user (PR_SET_DUMPABLE); returns 0 or errno.
int pawl_refuse_inspection(void);
/// Makes orphaned descendants children of this process (PR_SET_CHILD_SUBREAPER); returns 0 or errno.
int pawl_adopt_orphans(void);

#ifdef __cplusplus
}
#endif
