import CPawlSystem

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// The process ended, or answered what its protocol does not allow.
struct GitProcessDied: Error {}

/// One git process that is kept alive and answers requests on its output; started on first use.
///
/// A process that died is started again once for a request, so requests must be safe to repeat.
///
/// `@unchecked Sendable`: everything mutable is touched only under `lock`.
final class GitProcess: @unchecked Sendable {
  /// A running process with what was read from it and not yet used.
  struct Channel {
    let pid: pid_t
    let input: Descriptor
    let output: Descriptor
    let complaints: Descriptor
    /// A file that the process sees as its descriptor 3.
    let scratch: Descriptor?
    private var buffer = [UInt8](repeating: 0, count: 65_536)
    /// What of the buffer was read and not yet used.
    private var unused = 0..<0

    init(pid: pid_t, input: Descriptor, output: Descriptor, complaints: Descriptor, scratch: Descriptor?) {
      self.pid = pid
      self.input = input
      self.output = output
      self.complaints = complaints
      self.scratch = scratch
    }

    func send(_ text: String) throws(GitProcessDied) {
      let bytes = Array(text.utf8)
      var sent = 0
      while sent < bytes.count {
        let count = bytes.withUnsafeBytes {
          pawl_workspace_send(input.number, $0.baseAddress.map { $0 + sent }, bytes.count - sent)
        }
        if count < 0 && errno == EINTR { continue }
        guard count > 0 else { throw GitProcessDied() }
        sent += count
      }
    }

    private mutating func fill() throws(GitProcessDied) {
      var count = 0
      do throws(WorkspaceError) { count = try output.read(into: &buffer) } catch { throw GitProcessDied() }
      guard count > 0 else { throw GitProcessDied() }
      unused = 0..<count
    }

    /// Returns the next line without its line break; every answer's lines are short.
    mutating func line() throws(GitProcessDied) -> String {
      var line: [UInt8] = []
      while true {
        if unused.isEmpty { try fill() }
        let rest = buffer[unused]
        if let end = rest.firstIndex(of: 0x0a) {
          line += rest[..<end]
          unused = (end + 1)..<unused.upperBound
          return String(decoding: line, as: UTF8.self)
        }
        line += rest
        unused = 0..<0
        guard line.count <= 65_536 else { throw GitProcessDied() }
      }
    }

    /// Passes the next `count` bytes on piece by piece, so that a large object never stands in memory as a whole.
    mutating func pieces(_ count: Int, _ body: (ArraySlice<UInt8>) -> Void) throws(GitProcessDied) {
      var left = count
      while left > 0 {
        if unused.isEmpty { try fill() }
        let piece = unused.prefix(left)
        body(buffer[piece])
        left -= piece.count
        unused = piece.upperBound..<unused.upperBound
      }
    }

    mutating func bytes(_ count: Int) throws(GitProcessDied) -> [UInt8] {
      var bytes: [UInt8] = []
      // A damaged header must not reserve more than there can be.
      bytes.reserveCapacity(min(count, 1 << 24))
      try pieces(count) { bytes.append(contentsOf: $0) }
      return bytes
    }
  }

  private let program: GitProgram
  private let arguments: [String]
  private let hasScratch: Bool
  private let lock = Lock()
  private var channel: Channel?

  init(_ program: GitProgram, _ arguments: [String], scratch: Bool = false) {
    self.program = program
    self.arguments = arguments
    hasScratch = scratch
  }

  deinit { stop() }

  /// Runs one request, its answer included, while no other thread talks to the process.
  func exchange<Answer>(
    _ body: (inout Channel) throws(GitProcessDied) -> Answer
  ) throws(WorkspaceError) -> Answer {
    lock.lock()
    defer { lock.unlock() }
    var tries = 0
    while true {
      tries += 1
      if channel == nil { channel = try launch() }
      if var current = channel {
        // Taken out while it is used, so that its buffer is not copied.
        channel = nil
        do throws(GitProcessDied) {
          let answer = try body(&current)
          channel = current
          return answer
        } catch {
          let code = finish(current)
          if tries == 2 {
            let name = arguments.first { !$0.hasPrefix("-") && !$0.contains("=") } ?? "git"
            let complaint = GitProgram.complaint(in: current.complaints)
            throw GitProgram.failure(name: name, code: code, complaint: complaint, root: program.root)
          }
        }
      }
    }
  }

  /// The process, while there is one.
  var pid: pid_t? {
    lock.lock()
    defer { lock.unlock() }
    return channel?.pid
  }

  private func launch() throws(WorkspaceError) -> Channel {
    let (ours, theirs) = try Descriptor.stream()
    let (reading, writing) = try Descriptor.pipe()
    let complaints = try Descriptor.anonymousFile()
    let scratch: Descriptor? = hasScratch ? try Descriptor.anonymousFile() : nil
    let pid = try program.start(
      arguments, environment: [], input: theirs, output: writing, complaints: complaints, extra: scratch)
    theirs.close()
    writing.close()
    return Channel(pid: pid, input: ours, output: reading, complaints: complaints, scratch: scratch)
  }

  private func finish(_ channel: Channel) -> Int32 {
    channel.input.close()
    channel.output.close()
    return GitProgram.reap(channel.pid)
  }

  private func stop() {
    if let channel { _ = finish(channel) }
    channel = nil
  }
}
