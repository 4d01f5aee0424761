import Foundation

/// A queue that threads wait on.
final class Mailbox<Message: Sendable>: @unchecked Sendable {
  // Safe: `messages` is only touched while `condition` is locked.
  private let condition = NSCondition()
  private var messages: [Message] = []

  func post(_ message: Message) {
    condition.lock()
    messages.append(message)
    condition.signal()
    condition.unlock()
  }

  /// Returns everything that has arrived, waiting at most `seconds` for the first.
  func take(waiting seconds: Double) -> [Message] {
    condition.lock()
    defer { condition.unlock() }
    let deadline = Date(timeIntervalSinceNow: seconds)
    while messages.isEmpty, condition.wait(until: deadline) {}
    defer { messages.removeAll(keepingCapacity: true) }
    return messages
  }

  /// Returns the oldest message, waiting as long as it takes.
  func takeOne() -> Message {
    condition.lock()
    defer { condition.unlock() }
    while messages.isEmpty { condition.wait() }
    return messages.removeFirst()
  }
}

/// A thread for each piece of work, which mostly waits for somebody else.
final class ThreadPerJob: Sendable {
  private let name: String
  private let group = DispatchGroup()

  init(name: String) { self.name = name }

  func run(_ work: @escaping @Sendable () -> Void) {
    group.enter()
    let thread = Thread { [group] in
      work()
      group.leave()
    }
    thread.name = name
    thread.stackSize = 4 << 20
    thread.start()
  }

  /// Returns when every piece of work is done.
  func finish() { group.wait() }
}

/// Threads of their own for work that blocks, so that it stalls nothing else.
final class WorkerThreads: Sendable {
  private enum Job: Sendable { case work(@Sendable () -> Void), leave }
  private let jobs = Mailbox<Job>()
  private let left = DispatchSemaphore(value: 0)
  private let count: Int

  init(name: String, count: Int) {
    self.count = count
    for number in 1...max(1, count) {
      let thread = Thread { [jobs, left] in
        while case .work(let work) = jobs.takeOne() { work() }
        left.signal()
      }
      thread.name = "\(name) \(number)"
      // Recursive descent into JSON and regular expressions needs more than the 512 KiB that some systems give.
      thread.stackSize = 4 << 20
      thread.start()
    }
  }

  func run(_ work: @escaping @Sendable () -> Void) { jobs.post(.work(work)) }

  /// Returns when every job posted before is done and the threads are gone.
  func finish() {
    for _ in 1...max(1, count) { jobs.post(.leave) }
    for _ in 1...max(1, count) { left.wait() }
  }
}
