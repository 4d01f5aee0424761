#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// A fixed number of threads that do one thing together and wait for one another.
///
/// Which thread does what is fixed, so that sums come out the same every time; the caller is thread 0.
final class Crew: @unchecked Sendable {
  // Safe to share: what changes is on the board, under its lock.
  let count: Int
  private let board = Board()
  private var threads: [Thread] = []
  #if canImport(Glibc)
    private typealias Thread = pthread_t
  #else
    private typealias Thread = pthread_t?
  #endif

  /// The crew of a candidate: as many threads as `PAWL_LAB_THREADS` says, one without it.
  static let shared = Crew(environment("PAWL_LAB_THREADS").flatMap { Int($0) } ?? 1)

  /// - Parameter count: threads, 1...256; more than the processor has would only wait for one another.
  init(_ count: Int) {
    self.count = min(max(1, count), 256)
    for index in 1..<max(1, self.count) { start(index) }
  }

  deinit {
    board.close()
    #if canImport(Glibc)
      for thread in threads { pthread_join(thread, nil) }
    #else
      for case let thread? in threads { pthread_join(thread, nil) }
    #endif
  }

  /// Calls `body` with 0..<count, each on its own thread, and returns when all are done. Not to be called from within.
  func run(_ body: (Int) -> Void) {
    guard count > 1 else { return body(0) }
    withoutActuallyEscaping(body) { body in
      board.post(body, for: count - 1)
      body(0)
      board.waitForAll()
    }
  }

  /// Returns a thread's part of 0..<total: it begins at a multiple of 16, and what is small is not split.
  func share(of total: Int, _ thread: Int) -> Range<Int> {
    let share = total < 4096 ? total : ((total + count - 1) / count + 15) & ~15
    return min(total, thread * share)..<min(total, (thread + 1) * share)
  }

  private func start(_ index: Int) {
    #if canImport(Glibc)
      var thread = pthread_t()
    #else
      var thread: pthread_t?
    #endif
    let seat = Unmanaged.passRetained(Seat(board: board, index: index))
    let code = pthread_create(&thread, nil, serve, seat.toOpaque())
    guard code == 0 else { refuse("cannot start thread `\(index)` of `\(count)`: \(String(cString: strerror(code)))") }
    threads.append(thread)
  }
}

/// What a thread of a crew is given when it starts.
private final class Seat {
  let board: Board
  let index: Int

  init(board: Board, index: Int) {
    self.board = board
    self.index = index
  }
}

#if canImport(Glibc)
  private func serve(_ seat: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    if let seat { serve(Unmanaged<Seat>.fromOpaque(seat).takeRetainedValue()) }
    return nil
  }
#else
  private func serve(_ seat: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer? {
    serve(Unmanaged<Seat>.fromOpaque(seat).takeRetainedValue())
    return nil
  }
#endif

private func serve(_ seat: Seat) {
  var round = 0
  while seat.board.waitForWork(after: &round) {
    seat.board.perform(seat.index)
    seat.board.finish()
  }
}

/// Where a crew's work is posted; it outlives the crew until its last thread has left.
private final class Board: @unchecked Sendable {
  // Safe to share: everything that changes is written under `lock`; `work` is read outside of it too, but only between `post` and the
  // last `finish`, while it does not change.
  private let lock = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let posted = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  private let done = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  private var work: ((Int) -> Void)?
  private var round = 0
  private var busy = 0
  private var isClosed = false

  init() {
    pthread_mutex_init(lock, nil)
    pthread_cond_init(posted, nil)
    pthread_cond_init(done, nil)
  }

  deinit {
    pthread_mutex_destroy(lock)
    pthread_cond_destroy(posted)
    pthread_cond_destroy(done)
    lock.deallocate()
    posted.deallocate()
    done.deallocate()
  }

  func post(_ body: @escaping (Int) -> Void, for count: Int) {
    pthread_mutex_lock(lock)
    work = body
    busy = count
    round += 1
    pthread_cond_broadcast(posted)
    pthread_mutex_unlock(lock)
  }

  func waitForAll() {
    pthread_mutex_lock(lock)
    while busy > 0 { pthread_cond_wait(done, lock) }
    work = nil
    pthread_mutex_unlock(lock)
  }

  /// Waits for work that comes after round `seen`; false when there will be none.
  func waitForWork(after seen: inout Int) -> Bool {
    pthread_mutex_lock(lock)
    defer { pthread_mutex_unlock(lock) }
    while round == seen && !isClosed { pthread_cond_wait(posted, lock) }
    seen = round
    return !isClosed
  }

  /// Does one thread's part. When this returns, the thread holds on to the work no longer: its owner may be about to leave.
  @inline(never) func perform(_ index: Int) { work?(index) }

  func finish() {
    pthread_mutex_lock(lock)
    busy -= 1
    if busy == 0 { pthread_cond_signal(done) }
    pthread_mutex_unlock(lock)
  }

  func close() {
    pthread_mutex_lock(lock)
    isClosed = true
    pthread_cond_broadcast(posted)
    pthread_mutex_unlock(lock)
  }
}
