/// A file's bytes and where its lines lie; line breaks are `\n`, a `\r` before one belongs to it.
struct FileText {
  static let lineFeed: [UInt8] = [0x0a]
  static let carriageReturnLineFeed: [UInt8] = [0x0d, 0x0a]
  let bytes: [UInt8]
  /// Where each line starts, and the end of the last one.
  private let bounds: [Int]
  /// What all of its lines end with; nil where they differ, or there is none.
  let lineBreak: [UInt8]?

  init(_ text: String) { self.init(Array(text.utf8)) }

  init(_ bytes: [UInt8]) {
    self.bytes = bytes
    var bounds = [0]
    var (feeds, returns) = (0, 0)
    bytes.withUnsafeBufferPointer { bytes in
      for index in bytes.indices where bytes[index] == 0x0a {
        bounds.append(index + 1)
        feeds += 1
        if index > 0, bytes[index - 1] == 0x0d { returns += 1 }
      }
    }
    if bounds.last != bytes.count { bounds.append(bytes.count) }
    self.bounds = bounds
    lineBreak = feeds == 0 ? nil : returns == feeds ? Self.carriageReturnLineFeed : returns == 0 ? Self.lineFeed : nil
  }

  var lineCount: Int { bounds.count - 1 }
  var endsWithBreak: Bool { bytes.last == 0x0a }

  /// Where line `index` starts; the end of the file for the count of lines.
  func start(of index: Int) -> Int { bounds[min(max(0, index), lineCount)] }

  /// The bytes of a line with its break.
  func whole(_ index: Int) -> Range<Int> { bounds[index]..<bounds[index + 1] }

  /// The line that holds the byte at `offset`, from 0.
  func line(holding offset: Int) -> Int {
    var (low, high) = (0, max(0, lineCount - 1))
    while low < high {
      let middle = (low + high + 1) / 2
      if bounds[middle] <= offset { low = middle } else { high = middle - 1 }
    }
    return low
  }

  /// A line without its break.
  func line(_ index: Int) -> ArraySlice<UInt8> {
    var slice = bytes[whole(index)]
    if slice.last == 0x0a {
      slice.removeLast()
      if slice.last == 0x0d { slice.removeLast() }
    }
    return slice
  }

  /// A line without blanks at its end.
  func trimmed(_ index: Int) -> ArraySlice<UInt8> { Self.trimmed(line(index)) }

  static func trimmed(_ line: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    var slice = line
    while let last = slice.last, last == 0x20 || last == 0x09 || last == 0x0d { slice.removeLast() }
    return slice
  }

  /// Returns the text with this file's line breaks, where all of its lines end alike.
  func adopting(_ text: [UInt8]) -> [UInt8] {
    guard let lineBreak, text.contains(0x0a) else { return text }
    let isReturn = lineBreak.count == 2
    var result: [UInt8] = []
    result.reserveCapacity(text.count)
    for byte in text {
      if byte == 0x0a {
        if isReturn, result.last != 0x0d { result.append(0x0d) }
        if !isReturn, result.last == 0x0d { result.removeLast() }
      }
      result.append(byte)
    }
    return result
  }
}
