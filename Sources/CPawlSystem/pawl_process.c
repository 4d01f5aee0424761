#define _GNU_SOURCE
#include "pawl_process.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#include <sys/syscall.h>
#endif

enum { first_free = 16, kept_count = 5 };

static void limit(int resource, uint64_t value) {
  if (value == UINT64_MAX) return;
  struct rlimit now;
  if (getrlimit(resource, &now) != 0) return;
  rlim_t wanted = (rlim_t)value;
  if (now.rlim_max != RLIM_INFINITY && wanted > now.rlim_max) wanted = now.rlim_max;
  struct rlimit next = {wanted, wanted};
  setrlimit(resource, &next);
}

static void close_from(int first) {
#if defined(__linux__) && defined(SYS_close_range)
  if (syscall(SYS_close_range, first, ~0U, 0) == 0) return;
#endif
  int end = (int)sysconf(_SC_OPEN_MAX);
  for (int fd = first; fd < end; fd++) close(fd);
}

// Runs in the child, on the parent's memory where vfork is used: only async-signal-safe calls, and writes to nothing
// but its own frame and `*failure`.
static void become(const struct pawl_spawn_request *request, pid_t parent, volatile int *failure) {
  struct sigaction usual = {0};
  usual.sa_handler = SIG_DFL;
  for (int number = 1; number < NSIG; number++) sigaction(number, &usual, NULL);
  setsid();
#ifdef __linux__
  if (request->die_with_parent) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(127);
  }
  // Little-endian words of any width are the same bytes.
  if (request->core_words &&
      syscall(SYS_sched_setaffinity, 0, request->core_word_count * sizeof *request->core_words, request->core_words) < 0)
    goto failed;
#else
  (void)parent;
#endif
  int from[3 + kept_count] = {request->input, request->output, request->error};
  for (int i = 0; i < kept_count; i++) from[3 + i] = request->kept[i];
  // First out of the way, so that no dup2 below overwrites a source that is still needed.
  for (int i = 0; i < 3 + kept_count; i++) {
    if (from[i] < 0) continue;
    from[i] = fcntl(from[i], F_DUPFD, first_free);
    if (from[i] < 0) goto failed;
  }
  for (int i = 0; i < 3 + kept_count; i++) {
    if (from[i] < 0)
      close(i);
    else if (dup2(from[i], i) < 0)
      goto failed;
  }
  close_from(3 + kept_count);
  limit(RLIMIT_CORE, 0);
  limit(RLIMIT_CPU, request->cpu_seconds);
  limit(RLIMIT_FSIZE, request->file_bytes);
  if (request->directory && chdir(request->directory) != 0) goto failed;
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  execve(request->path, request->argv, request->envp);
failed:
  *failure = errno;
  _exit(127);
}

int pawl_spawn(const struct pawl_spawn_request *request, pid_t *pid) {
  volatile int failure = 0;
  pid_t parent = getpid();
  // No handler of ours may run in the child while it shares our memory.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
#ifdef __linux__
  pid_t child = vfork();
#else
  pid_t child = fork();
#endif
  if (child == 0) become(request, parent, &failure);
  int cause = child < 0 ? errno : failure;
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  if (cause != 0) {
    while (child > 0 && waitpid(child, NULL, 0) < 0 && errno == EINTR) {
    }
    return cause;
  }
  *pid = child;
  return 0;
}

int pawl_allowed_cores(uint64_t *words, int count) {
#ifdef __linux__
  long bytes = syscall(SYS_sched_getaffinity, 0, (size_t)count * sizeof *words, words);
  return bytes < 0 ? -1 : (int)((size_t)bytes / sizeof *words);
#else
  (void)words;
  (void)count;
  errno = ENOSYS;
  return -1;
#endif
}

int pawl_pidfd_open(pid_t pid) {
#if defined(__linux__) && defined(SYS_pidfd_open)
  return (int)syscall(SYS_pidfd_open, pid, 0);
#else
  (void)pid;
  errno = ENOSYS;
  return -1;
#endif
}

int pawl_pidfd_send_signal(int pidfd, int signal) {
#if defined(__linux__) && defined(SYS_pidfd_send_signal)
  return (int)syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, 0);
#else
  (void)pidfd;
  (void)signal;
  errno = ENOSYS;
  return -1;
#endif
}

static int64_t peak_of(const struct rusage *usage) {
#ifdef __linux__
  return (int64_t)usage->ru_maxrss * 1024;
#else
  return (int64_t)usage->ru_maxrss;
#endif
}

int64_t pawl_own_peak_bytes(void) {
  struct rusage usage;
  return getrusage(RUSAGE_SELF, &usage) == 0 ? peak_of(&usage) : 0;
}

static int wait_with(pid_t pid, int options, int *code, int *signal, double *cpu_seconds, int64_t *peak_bytes) {
  int status = 0;
  struct rusage usage;
  pid_t done;
  do done = wait4(pid, &status, options, &usage);
  while (done < 0 && errno == EINTR);
  if (done < 0) return errno;
  if (done == 0) return EAGAIN;
  *code = WIFEXITED(status) ? WEXITSTATUS(status) : 0;
  *signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
  *cpu_seconds = (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
                 1e-6 * (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
  *peak_bytes = peak_of(&usage);
  return 0;
}

int pawl_wait(pid_t pid, int *code, int *signal, double *cpu_seconds, int64_t *peak_bytes) {
  return wait_with(pid, 0, code, signal, cpu_seconds, peak_bytes);
}

int pawl_try_wait(pid_t pid, int *code, int *signal, double *cpu_seconds, int64_t *peak_bytes) {
  return wait_with(pid, WNOHANG, code, signal, cpu_seconds, peak_bytes);
}

void pawl_favor(pid_t pid) { (void)setpriority(PRIO_PROCESS, (id_t)pid, -20); }

int pawl_limit_processes(pid_t pid, uint64_t processes) {
#ifdef __linux__
  struct rlimit value = {(rlim_t)processes, (rlim_t)processes};
  return prlimit(pid, RLIMIT_NPROC, &value, NULL) == 0 ? 0 : errno;
#else
  (void)pid;
  (void)processes;
  return ENOSYS;
#endif
}

int pawl_refuse_inspection(void) {
#ifdef __linux__
  return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0 ? 0 : errno;
#else
  return ENOSYS;
#endif
}

int pawl_adopt_orphans(void) {
#ifdef __linux__
  return prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0 ? 0 : errno;
#else
  return ENOSYS;
#endif
}
