#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

import PawlReferee
import PawlRefereeProtocol

/// A bounded part of a text, however long that is: the whole of a short one, else pieces spread evenly over it.
///
/// Only those pieces are read, so ten gigabytes cost no more memory or time than ten megabytes. They are read and not mapped:
/// a mapped file that someone cuts short ends the reader by a signal.
enum TextSample {
  /// Bytes of a text that are used; a study copies them for every attempt.
  static let largest = 5_000_000
  static let pieceBytes = 16 << 10
  /// How far a piece looks for the end of a line to begin after.
  private static let lineBytes = 4 << 10

  /// Where the pieces of a text of `count` bytes lie.
  static func pieces(of count: Int) -> [Range<Int>] {
    if count <= largest { return [0..<count] }
    let pieces = largest / pieceBytes
    return (0..<pieces).map { index in
      // In two steps, because a product with the length of a file could overflow.
      let start = count / pieces * index + count % pieces * index / pieces
      return start..<min(count, start + pieceBytes)
    }
  }

  /// Reads a file by its path; the words say how much of it is used.
  static func read(_ path: String) throws(LabError) -> (bytes: [UInt8], words: String) {
    // Without O_NONBLOCK a named pipe would wait for its writer.
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else {
      throw LabError(
        .cannotRun, "cannot read `\(path)`: \(reason(errno))", hints: ["`--data` takes the path of a file"])
    }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      throw LabError(.cannotRun, "cannot read `\(path)`: \(reason(errno))")
    }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw LabError(
        .cannotRun, "`\(path)` is \(kind(status.st_mode)), not a file",
        hints: ["`--data` takes one file: put what it should learn from into one"])
    }
    let count = Int(status.st_size)
    var failure: Int32?
    let bytes = sample(count) { range in
      let (piece, number) = readPiece(descriptor, range)
      if number != 0 { failure = number }
      return piece
    }
    if let failure { throw LabError(.cannotRun, "cannot read `\(path)`: \(reason(failure))") }
    return (bytes, words(used: bytes.count, of: count))
  }

  /// Takes the sample of a text in memory.
  static func of(_ text: [UInt8]) -> (bytes: [UInt8], words: String) {
    let bytes = sample(text.count) { text[$0] }
    return (bytes, words(used: bytes.count, of: text.count))
  }

  private static func sample(_ count: Int, _ piece: (Range<Int>) -> some Collection<UInt8>) -> [UInt8] {
    let pieces = pieces(of: count)
    if pieces.count == 1 { return Array(piece(pieces[0])) }
    var result: [UInt8] = []
    result.reserveCapacity(largest)
    for (index, range) in pieces.enumerated() {
      let bytes = Array(piece(range))
      let (first, last) = (bytes.prefix(lineBytes).firstIndex(of: 0x0a), bytes.suffix(lineBytes).lastIndex(of: 0x0a))
      // Whole lines, where the text has lines.
      let start = index == 0 ? 0 : first.map { $0 + 1 } ?? 0
      result += bytes[min(start, bytes.count)..<max(start, last.map { $0 + 1 } ?? bytes.count)]
    }
    return result
  }

  private static func words(used: Int, of count: Int) -> String {
    used == count
      ? "all \(count) bytes"
      : "\(used) of \(count) bytes, in \(pieces(of: count).count) pieces spread evenly from its beginning to its end"
  }

  private static func readPiece(_ descriptor: Int32, _ range: Range<Int>) -> ([UInt8], Int32) {
    var failure: Int32 = 0
    let bytes = [UInt8](unsafeUninitializedCapacity: range.count) { buffer, done in
      while done < range.count, let start = buffer.baseAddress {
        let got = pread(descriptor, start + done, range.count - done, off_t(range.lowerBound + done))
        if got < 0 && errno == EINTR { continue }
        if got < 0 { failure = errno }
        if got <= 0 { break }
        done += got
      }
    }
    return (bytes, failure)
  }

  private static func kind(_ mode: mode_t) -> String {
    switch mode & S_IFMT {
    case S_IFDIR: "a folder"
    case S_IFIFO: "a pipe"
    case S_IFCHR, S_IFBLK: "a device"
    default: "a socket"
    }
  }
}
