import CPawlSystem
import PawlCorpus

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Whole lines of a file, read together.
package struct LineBlock: Sendable {
  /// What was read; the lines are in `range` of it.
  package let bytes: [UInt8]
  /// Each line ends with a line break, but for the last of a file, which may go without.
  package let range: Range<Int>
  /// The number in the file of the first line, from 1.
  package let firstLine: Int

  /// Calls `body` with the range in `bytes` of each line, without its line break, and its number in the file.
  package func forEachLine<Failure: Error>(_ body: (Range<Int>, Int) throws(Failure) -> Void) throws(Failure) {
    var (start, number) = (range.lowerBound, firstLine)
    while start < range.upperBound {
      let end = min(range.upperBound, bytes.nextLineBreak(from: start) ?? range.upperBound)
      // What other systems end lines with is no part of them.
      let content = end > start && bytes[end - 1] == 0x0d ? end - 1 : end
      try body(start..<content, number)
      (start, number) = (end + 1, number + 1)
    }
  }

  /// Returns the block cut at line breaks into at most so many parts of about one size, which share its bytes.
  package func parts(_ count: Int) -> [LineBlock] {
    var parts: [LineBlock] = []
    var (start, line) = (range.lowerBound, firstLine)
    for index in 1...max(1, count) where start < range.upperBound {
      let wanted = max(start, range.lowerBound + range.count / max(1, count) * index)
      let isLast = index >= count
      let end = isLast ? range.upperBound : (bytes.nextLineBreak(from: wanted).map { $0 + 1 } ?? range.upperBound)
      let part = LineBlock(bytes: bytes, range: start..<min(end, range.upperBound), firstLine: line)
      line += part.lineBreaks
      start = part.range.upperBound
      parts.append(part)
    }
    return parts
  }

  var lineBreaks: Int {
    bytes.withUnsafeBufferPointer { bytes in
      var count = 0
      for byte in bytes[range] { count &+= byte == 0x0a ? 1 : 0 }
      return count
    }
  }
}

extension [UInt8] {
  /// Whether bytes are there that U+FFFD may have been put in place of, which are not ASCII.
  var isBeyondASCII: Bool {
    withUnsafeBytes { bytes in
      var all: UInt8 = 0
      for byte in bytes { all |= byte }
      return all >= 0x80
    }
  }

  /// The index of the first line break from `start` on.
  func nextLineBreak(from start: Int) -> Int? {
    withUnsafeBytes { buffer in
      guard let base = buffer.baseAddress, start < buffer.count,
        let found = memchr(base + start, 0x0a, buffer.count - start)
      else { return nil }
      return UnsafeRawPointer(found) - base
    }
  }
}

/// Reads a file in blocks of whole lines, so that a file larger than memory can be worked on; one thread at a time.
package final class LineBlocks {
  package let path: String
  private let descriptor: Int32
  private let blockBytes: Int
  private let lineLimit: Int
  private var rest: [UInt8] = []
  private var line = 1
  private var isAtEnd = false

  /// Throws `.unreadable` where the file is missing, a folder, or not to be read.
  package init(path: String, blockBytes: Int = 8 << 20, lineLimit: Int = 64 << 20) throws(DocumentsError) {
    self.path = path
    self.blockBytes = max(1, blockBytes)
    self.lineLimit = max(1, lineLimit)
    descriptor = pawl_open(path, O_RDONLY, 0)
    guard descriptor >= 0 else { throw .system("read", path, errno) }
  }
  deinit { close(descriptor) }

  /// Returns the next lines; nil at the file's end.
  package func next() throws(DocumentsError) -> LineBlock? {
    while true {
      if isAtEnd {
        guard !rest.isEmpty else { return nil }
        return take(rest.count)
      }
      // The rest of the block before never holds a line break.
      let searched = rest.count
      try fill()
      if let last = rest[searched...].lastIndex(of: 0x0a) { return take(last + 1) }
      guard rest.count <= lineLimit else {
        throw DocumentsError(
          .malformed, "line \(line) of `\(path)` is longer than \(lineLimit) bytes",
          hints: [
            "a document stands on one line: split it into several", "see that the file is JSON Lines or plain text",
          ])
      }
    }
  }

  private func take(_ count: Int) -> LineBlock {
    let block = LineBlock(bytes: rest, range: 0..<count, firstLine: line)
    rest = Array(rest[count...])
    line += block.lineBreaks
    return block
  }

  private func fill() throws(DocumentsError) {
    let (old, wanted) = (rest.count, blockBytes)
    var failure: Int32 = 0
    let descriptor = descriptor
    let new = [UInt8](unsafeUninitializedCapacity: old + wanted) { buffer, count in
      rest.withUnsafeBufferPointer {
        if let base = $0.baseAddress { buffer.baseAddress?.update(from: base, count: old) }
      }
      count = old
      while count < buffer.count {
        let read = read(descriptor, buffer.baseAddress.map { $0 + count }, buffer.count - count)
        if read > 0 {
          count += read
        } else if read == 0 {
          break
        } else if errno != EINTR {
          failure = errno
          break
        }
      }
    }
    guard failure == 0 else { throw .system("read", path, failure) }
    isAtEnd = new.count < old + wanted
    rest = new
  }
}

extension DocumentsError {
  /// A system call on a file that failed.
  static func system(_ what: String, _ path: String, _ number: Int32) -> Self {
    let reason = String(cString: strerror(number))
    let code: Code = what == "read" ? .unreadable : .unwritable
    let hint =
      switch number {
      case ENOENT: "see that the file is there and that its name is right"
      case ENOSPC, EDQUOT: "free some disk space and start again"
      default: "see that this user may \(what) it"
      }
    return Self(code, "cannot \(what) `\(path)`: \(reason)", hints: [hint])
  }
}
