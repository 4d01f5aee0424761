/// Cuts a stream into lines; of a line that is too long only that it was there is kept, as lines are held in memory whole.
package struct LineReader: Sendable {
  package enum Line: Sendable, Equatable { case whole([UInt8]), tooLong }
  private let limit: Int
  private var pending: [UInt8] = []
  private var isTooLong = false

  /// - Parameter limit: bytes of the longest line.
  package init(limit: Int) { self.limit = limit }

  /// Takes the next bytes; calls `read` for each line that is now whole, without its break.
  package mutating func append(_ bytes: UnsafeRawBufferPointer, read: (Line) -> Void) {
    var rest = bytes[...]
    while let end = rest.firstIndex(of: 0x0a) {
      keep(rest[..<end])
      endLine(read)
      rest = rest[(end + 1)...]
    }
    keep(rest)
  }

  /// Takes the end of the stream, which may be a line without its break.
  package mutating func finish(read: (Line) -> Void) { if !pending.isEmpty || isTooLong { endLine(read) } }

  private mutating func keep(_ bytes: Slice<UnsafeRawBufferPointer>) {
    guard !isTooLong else { return }
    guard pending.count + bytes.count <= limit else {
      pending = []
      isTooLong = true
      return
    }
    pending += bytes
  }

  private mutating func endLine(_ read: (Line) -> Void) {
    read(isTooLong ? .tooLong : .whole(pending))
    pending.removeAll(keepingCapacity: pending.count < 1 << 20)
    isTooLong = false
  }
}
