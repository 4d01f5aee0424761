import PawlCore
import PawlSandbox

/// What a program prints, line by line, with its keys masked before anything is kept or read.
struct TranscriptLog {
  private var log: CappedLog
  private let secrets: [Secret]
  private var lines = LineReader(limit: Self.longestLine)
  private var recent: [UInt8] = []
  private static let longestLine = 16 << 20
  private static let tailBytes = 4_096

  init(path: String, cap: Bytes, secrets: [Secret]) throws(SandboxError) {
    log = try CappedLog(path: path, cap: cap)
    self.secrets = secrets
  }

  /// Takes the next bytes; calls `read` for each line that is now whole.
  mutating func append(_ chunk: UnsafeRawBufferPointer, read: (String) -> Void) {
    // Not while the reader is at work: both are parts of this value.
    var whole: [LineReader.Line] = []
    lines.append(chunk) { whole.append($0) }
    for line in whole { take(line, read) }
  }

  /// Takes the end of the stream, which may be a line without its break.
  mutating func finish(read: (String) -> Void) {
    var last: LineReader.Line?
    lines.finish { last = $0 }
    if let last { take(last, read) }
    _ = log.finish()
  }

  private mutating func take(_ line: LineReader.Line, _ read: (String) -> Void) {
    guard case .whole(let bytes) = line else {
      return write("[a line of more than \(Bytes(Int64(Self.longestLine))) left out]")
    }
    let text = secrets.redacting(String(decoding: bytes, as: UTF8.self))
    write(text)
    read(text)
  }

  private mutating func write(_ line: String) {
    let bytes = Array((line + "\n").utf8)
    bytes.withUnsafeBytes { log.append($0) }
    recent += bytes.suffix(Self.tailBytes)
    if recent.count > 16 * Self.tailBytes { recent.removeFirst(recent.count - Self.tailBytes) }
  }

  /// The last 4 KiB.
  var tail: String { String(decoding: recent, as: UTF8.self).end(bytes: Self.tailBytes) }
}
