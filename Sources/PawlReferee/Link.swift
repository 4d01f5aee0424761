internal import CPawlSystem
internal import PawlRefereeProtocol

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// The frozen side's ends of the two pipes to a candidate.
///
/// Writing never waits for the candidate: the thread that writes also holds the clocks, so who reads nothing must not stop it.
final class Link {
  private let requests: Pipe
  private let answers: Pipe
  private var isHandedOver = false
  private var isAsking = true
  private var isListening = true
  /// Messages that the pipe had no room for, the first of them without the bytes that it took.
  private var waiting: [ArraySlice<UInt8>] = []

  /// Seconds after which to try again while something waits: a pipe that has room wakes nobody here.
  static let retry = 0.002

  init() throws(LabError) {
    (requests, answers) = (try Pipe(), try Pipe())
    for pipe in [requests, answers] { pipe.grow() }
    _ = pawl_set_nonblocking(requests.writer)
  }

  deinit {
    // A candidate that never began has no copies, and nobody else closes these.
    handOver()
    stopAsking()
    stopListening()
  }

  /// What the candidate gets: where it reads and where it writes.
  var channel: (reading: Int32, writing: Int32) { (requests.reader, answers.writer) }
  /// Where its messages come in; -1 when none is awaited any more.
  var descriptor: Int32 { isListening ? answers.reader : -1 }
  /// Messages that are not wholly on their way yet, so that nobody can have answered them.
  var unsent: Int { waiting.count }

  /// Closes the candidate's ends on this side, now that it has its own.
  func handOver() {
    guard !isHandedOver else { return }
    isHandedOver = true
    close(requests.reader)
    close(answers.writer)
  }

  /// Sends a message, now as far as there is room and else with a later ``flush()``.
  func send(_ frame: Frame) {
    waiting.append(frame.bytes[...])
    flush()
  }

  /// Writes what waits, as far as there is room.
  func flush() {
    while isAsking, let next = waiting.first {
      let written = next.withUnsafeBytes { write(requests.writer, $0.baseAddress, $0.count) }
      if written < 0 && errno == EINTR { continue }
      if written < 0 && errno == EAGAIN { return }
      // A candidate that is gone shows by the end of its answers.
      guard written > 0 else { return waiting.removeAll() }
      if written == next.count { waiting.removeFirst() } else { waiting[0] = next.dropFirst(written) }
    }
  }

  /// Reads once.
  func fill(_ reader: inout FrameReader) -> FrameReader.Progress { reader.fill(from: answers.reader) }

  /// Closes the way to the candidate, which ends it.
  func stopAsking() {
    if isAsking { close(requests.writer) }
    isAsking = false
    waiting.removeAll()
  }

  func stopListening() {
    if isListening { close(answers.reader) }
    isListening = false
  }
}
