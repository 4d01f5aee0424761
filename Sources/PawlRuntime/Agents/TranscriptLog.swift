import Foundation
import PawlCore
import PawlSandbox

/// What a program prints, cut into lines, with its keys masked before anything is kept or read.
struct TranscriptLog {
  private var log: CappedLog
  private let secrets: [Secret]
  private var pending: [UInt8] = []
  private var isSkipping = false
  private var recent: [UInt8] = []
  /// A line that is longer is left out: it is held in memory whole.
  static let longestLine = 16 << 20

  init(path: String, cap: Bytes, secrets: [Secret]) throws(SandboxError) {
    log = try CappedLog(path: path, cap: cap)
    self.secrets = secrets
  }

  /// Takes the next bytes; calls `read` for each line that is now whole.
  mutating func append(_ chunk: UnsafeRawBufferPointer, read: (String) -> Void) {
    var rest = chunk[...]
    while let end = rest.firstIndex(of: 0x0a) {
      keep(rest[..<end])
      endLine(read)
      rest = rest[(end + 1)...]
    }
    keep(rest)
  }

  /// Takes the end of the stream, which may be a line without its break.
  mutating func finish(read: (String) -> Void) {
    if !pending.isEmpty || isSkipping { endLine(read) }
    _ = log.finish()
  }

  private mutating func keep(_ bytes: Slice<UnsafeRawBufferPointer>) {
    guard !isSkipping else { return }
    guard pending.count + bytes.count <= Self.longestLine else {
      pending = []
      isSkipping = true
      return
    }
    pending += bytes
  }

  private mutating func endLine(_ read: (String) -> Void) {
    if isSkipping {
      write("[a line of more than \(Bytes(Int64(Self.longestLine))) left out]")
      isSkipping = false
      return
    }
    let line = secrets.redacting(String(decoding: pending, as: UTF8.self))
    pending.removeAll(keepingCapacity: pending.count < 1 << 20)
    write(line)
    read(line)
  }

  private mutating func write(_ line: String) {
    let bytes = Array((line + "\n").utf8)
    bytes.withUnsafeBytes { log.append($0) }
    recent += bytes.suffix(Self.tailBytes)
    if recent.count > 16 * Self.tailBytes { recent.removeFirst(recent.count - Self.tailBytes) }
  }

  private static let tailBytes = 4_096
  /// The last 4 KiB.
  var tail: String { String(decoding: recent, as: UTF8.self).end(bytes: Self.tailBytes) }
}
