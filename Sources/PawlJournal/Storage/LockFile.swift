public import PawlCore

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif
#if canImport(FoundationEssentials)
  internal import FoundationEssentials
#else
  internal import Foundation
#endif

/// Who holds the writer lock of a journal.
public struct LockHolder: Sendable, Codable, Hashable, CustomStringConvertible {
  public let pid: Int32
  public let host: String
  public let since: Timestamp
  public init(pid: Int32, host: String, since: Timestamp) {
    self.pid = pid
    self.host = host
    self.since = since
  }
  public var description: String { "process \(pid) on `\(host)` since \(since.utc)" }
}

/// The writer lock: flock(2) on a file that says who holds it, and up to which event the journal is known to be on disk.
///
/// The sequence in it is never ahead of the disk, as it is written after the commit and without a sync; where the journal turns out
/// to end before it, the end was lost (a write-ahead file left behind in a copy, say). Removing the file takes that check away.
final class LockFile {
  /// What the file says.
  struct Content: Codable {
    var pid: Int32
    var host: String
    var since: Timestamp
    var sequence: Int64?
  }
  typealias Flock = (Int32, Int32) -> Int32

  private let descriptor: Int32
  private let holder: LockHolder
  /// The sequence that was in the file when the lock was taken.
  private(set) var witnessed: Int64?

  /// - Throws: `.locked`, `.lockingUnsupported`, `.readOnly`, `.diskFull`, `.ioFailed`.
  init(folder: String, flock: Flock = systemFlock) throws(JournalError) {
    let path = Self.path(in: folder)
    descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o644)
    guard descriptor >= 0 else { throw .system("open", path, errno: errno) }
    do throws(JournalError) { try Self.take(descriptor, folder: folder, flock: flock) } catch {
      close(descriptor)
      throw error
    }
    witnessed = Self.content(descriptor)?.sequence
    holder = LockHolder(pid: getpid(), host: Self.host(), since: Self.now())
    write(sequence: witnessed)
  }

  deinit { Self.release(descriptor) }

  /// Drops what an earlier journal left in the file.
  func forget() { witnessed = nil }

  static func path(in folder: String) -> String { "\(folder)/lock" }

  /// Notes that the journal is on disk up to `sequence`; a failure costs a check, never an event, so it is not reported.
  func write(sequence: Int64?) {
    let content = Content(pid: holder.pid, host: holder.host, since: holder.since, sequence: sequence)
    guard var text = try? JSONCoder().encode(content) else { return }
    // One write of one length: whoever reads at the same time sees the old text or the new.
    text += String(repeating: " ", count: max(0, Self.length - 1 - text.utf8.count)) + "\n"
    text.withUTF8 { _ = pwrite(descriptor, $0.baseAddress, $0.count, 0) }
  }

  /// Returns who holds the lock in `folder`, or nil where it is free.
  static func holder(in folder: String, flock: Flock = systemFlock) -> LockHolder? {
    let descriptor = open(path(in: folder), O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    if flock(descriptor, LOCK_SH | LOCK_NB) == 0 {
      _ = flock(descriptor, LOCK_UN)
      return nil
    }
    guard errno == EWOULDBLOCK else { return nil }
    guard let content = content(descriptor) else {
      return LockHolder(pid: 0, host: "unknown", since: Timestamp(milliseconds: 0))
    }
    return LockHolder(pid: content.pid, host: content.host, since: content.since)
  }

  /// Unlocks before it closes: a child between fork(2) and execve(2) has the descriptor too, and would hold the lock on.
  private static func release(_ descriptor: Int32) {
    _ = systemFlock(descriptor, LOCK_UN)
    close(descriptor)
  }

  static func systemFlock(_ descriptor: Int32, _ operation: Int32) -> Int32 { flock(descriptor, operation) }

  private static let length = 512

  private static func take(_ descriptor: Int32, folder: String, flock: Flock) throws(JournalError) {
    var tries = 0
    while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
      let number = errno
      switch number {
      case EINTR: continue
      case EWOULDBLOCK:
        // `holder(in:)` of another process holds a shared lock for an instant; a writer holds its own for long. Where the writer
        // was killed, a child that it was about to start keeps the lock until it runs its program, which a busy machine delays.
        tries += 1
        if tries <= (isOfTheDead(descriptor) ? 5_000 : 20) {
          usleep(2000)
          continue
        }
        let holder = holder(in: folder, flock: flock)
        throw JournalError(
          .locked, "the journal in `\(folder)` is in use by \(holder?.description ?? "another process")",
          hints: ["watch it with `pawl status`, or stop the other `pawl run` with Ctrl-C (or `kill -INT`) first"])
      default:
        throw JournalError(
          .lockingUnsupported, "the file system of `\(folder)` cannot lock files",
          hints: ["keep the study on a local disk; `pawl doctor` shows where it is"],
          cause: SystemFailure(message: String(cString: strerror(number)).lowercased()))
      }
    }
  }

  /// Whether whoever wrote the file last ran on this host and is gone.
  private static func isOfTheDead(_ descriptor: Int32) -> Bool {
    guard let content = content(descriptor), content.pid > 0, content.host == host() else { return false }
    return kill(content.pid, 0) != 0 && errno == ESRCH
  }

  private static func content(_ descriptor: Int32) -> Content? {
    var buffer = [UInt8](repeating: 0, count: length)
    let count = pread(descriptor, &buffer, length, 0)
    guard count > 0 else { return nil }
    return buffer[..<count].withUnsafeBytes { try? JSONCoder().decode(Content.self, from: $0) }
  }

  private static func host() -> String {
    var buffer = [CChar](repeating: 0, count: 256)
    let status = gethostname(&buffer, buffer.count - 1)
    return status == 0
      ? String(decoding: buffer.prefix { $0 != 0 }.prefix(128).map { UInt8(bitPattern: $0) }, as: UTF8.self) : "unknown"
  }

  private static func now() -> Timestamp {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Timestamp(milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
  }
}

extension Timestamp {
  /// The moment as `2026-01-31 23:59:59 UTC`; a lock file may say anything, and before 1970 nothing it says is a time.
  var utc: String {
    let moment = Timestamp(milliseconds: max(milliseconds, 0)).civil
    return "\(moment.date) \(moment.time) UTC"
  }
}
