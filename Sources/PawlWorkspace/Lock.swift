#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// A mutual exclusion lock over `pthread_mutex_t`, which the thread sanitizer understands.
///
/// `@unchecked Sendable`: the pointer never changes, and pthread functions may be called on it from any thread.
final class Lock: @unchecked Sendable {
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  init() {
    mutex.initialize(to: pthread_mutex_t())
    pthread_mutex_init(mutex, nil)
  }
  deinit {
    pthread_mutex_destroy(mutex)
    mutex.deallocate()
  }
  func lock() { pthread_mutex_lock(mutex) }
  func unlock() { pthread_mutex_unlock(mutex) }
}
