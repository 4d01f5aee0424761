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
      // Not in the middle of a character, whose rest would stand alone.
      let isFull = line.count >= Self.longest && (byte & 0xc0 != 0x80 || line.count >= Self.longest + 3)
      if byte == Self.newline || isFull { flush(into: &marked) }
      // What acts on a terminal, or ends a line for some readers, could undo the mark.
      if byte >= 0x20 && byte != 0x7f || byte == UInt8(ascii: "\t") { append(byte) }
    }
    _ = writeAll(marked, to: target)
  }

  /// Appends a byte, unless it completes one of the control characters U+0080...9F, or U+2028 or U+2029, which end lines too.
  private mutating func append(_ byte: UInt8) {
    switch byte {
    case 0x80...0x9f where line.last == 0xc2: line.removeLast()
    case 0xa8, 0xa9:
      if line.suffix(2) == [0xe2, 0x80] { line.removeLast(2) } else { line.append(byte) }
    default: line.append(byte)
    }
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
