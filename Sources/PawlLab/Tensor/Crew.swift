#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// A fixed number of threads that do one thing together and wait for one another.
///
/// Which thread does what is fixed, so that sums come out the same every time; the caller is thread 0.
final class Crew: @unchecked Sendable {
  // Safe to share: everything that changes is read and written under `lock`, one piece of work at a time.
  let count: Int
  private let lock = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let begun = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  private let done = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  private var work: ((Int) -> Void)?
  private var round = 0
  private var busy = 0
  private var isEnding = false
  private var threads: [pthread_t] = []

  /// The crew of a candidate: as many threads as `PAWL_LAB_THREADS` says, one without it.
  static let shared = Crew(environment("PAWL_LAB_THREADS").flatMap { Int($0) } ?? 1)

  /// - Parameter count: threads, 1...256; more than the processor has would only wait for one another.
  init(_ count: Int) {
    self.count = min(max(1, count), 256)
    pthread_mutex_init(lock, nil)
    pthread_cond_init(begun, nil)
    pthread_cond_init(done, nil)
    for index in 1..<max(1, self.count) { start(index) }
  }

  private func start(_ index: Int) {
    final class Seat {
      unowned let crew: Crew
      let index: Int
      init(_ crew: Crew, _ index: Int) { (self.crew, self.index) = (crew, index) }
    }
    #if canImport(Glibc)
      var thread = pthread_t()
    #else
      var thread: pthread_t?
    #endif
    let seat = Unmanaged.passRetained(Seat(self, index)).toOpaque()
    let code = pthread_create(
      &thread, nil,
      { argument in
        #if canImport(Glibc)
          guard let argument else { return nil }
        #endif
        let seat = Unmanaged<Seat>.fromOpaque(argument).takeRetainedValue()
        seat.crew.serve(seat.index)
        return nil
      }, seat)
    guard code == 0 else { refuse("cannot start thread `\(index)` of `\(count)`: \(String(cString: strerror(code)))") }
    #if canImport(Glibc)
      threads.append(thread)
    #else
      if let thread { threads.append(thread) }
    #endif
  }

  deinit {
    pthread_mutex_lock(lock)
    isEnding = true
    pthread_cond_broadcast(begun)
    pthread_mutex_unlock(lock)
    for thread in threads { pthread_join(thread, nil) }
    pthread_mutex_destroy(lock)
    pthread_cond_destroy(begun)
    pthread_cond_destroy(done)
    lock.deallocate()
    begun.deallocate()
    done.deallocate()
  }

  /// Calls `body` with 0..<count, each on its own thread, and returns when all are done. Not to be called from within.
  func run(_ body: (Int) -> Void) {
    guard count > 1 else { return body(0) }
    withoutActuallyEscaping(body) { body in
      pthread_mutex_lock(lock)
      work = body
      busy = count - 1
      round += 1
      pthread_cond_broadcast(begun)
      pthread_mutex_unlock(lock)
      body(0)
      pthread_mutex_lock(lock)
      while busy > 0 { pthread_cond_wait(done, lock) }
      work = nil
      pthread_mutex_unlock(lock)
    }
  }

  /// Returns a thread's part of 0..<total: it begins at a multiple of 16, and what is small is not split.
  func share(of total: Int, _ thread: Int) -> Range<Int> {
    let share = total < 4096 ? total : ((total + count - 1) / count + 15) & ~15
    return min(total, thread * share)..<min(total, (thread + 1) * share)
  }

  private func serve(_ index: Int) {
    var seen = 0
    pthread_mutex_lock(lock)
    while true {
      while round == seen && !isEnding { pthread_cond_wait(begun, lock) }
      if isEnding { break }
      seen = round
      let body = work
      pthread_mutex_unlock(lock)
      body?(index)
      pthread_mutex_lock(lock)
      busy -= 1
      if busy == 0 { pthread_cond_signal(done) }
    }
    pthread_mutex_unlock(lock)
  }
}
