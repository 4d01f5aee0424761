import PawlRefereeProtocol

/// Passes on what a candidate prints, each line marked, so that none can be taken for the lab's own.
///
/// Only whole lines go out: the referee writes lines of its own to the same place, and behind half a line of the candidate's the next
/// half would stand unmarked at the beginning of a line.
struct LineRelay {
  private let target: Int32
  private var line: [UInt8] = []

  private static let mark: [UInt8] = Array("| ".utf8)
  private static let newline = UInt8(ascii: "\n")
  /// A longer line is cut into several.
  private static let longest = 4096

  init(target: Int32) { self.target = target }

  mutating func relay(_ bytes: some Collection<UInt8>) {
    var marked: [UInt8] = []
    marked.reserveCapacity(bytes.count + 64)
    for byte in bytes {
      if byte == Self.newline || line.count >= Self.longest { flush(into: &marked) }
      // What acts on a terminal, or ends a line for some readers, could undo the mark.
      if byte >= 0x20 && byte != 0x7f || byte == UInt8(ascii: "\t") { line.append(byte) }
    }
    _ = writeAll(marked, to: target)
  }

  mutating func finish() {
    var marked: [UInt8] = []
    if !line.isEmpty { flush(into: &marked) }
    _ = writeAll(marked, to: target)
  }

  private mutating func flush(into marked: inout [UInt8]) {
    marked += Self.mark
    marked += line
    marked.append(Self.newline)
    line.removeAll(keepingCapacity: true)
  }
}
