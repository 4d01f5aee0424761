#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// A message between the frozen side and the candidate's program: a kind, a length, then that many bytes.
///
/// Numbers are little-endian. Kinds from the candidate: progress, trained, predictions. To it: windows; the end of the pipe ends it.
struct Frame: Equatable {
  enum Kind: UInt32 {
    /// `step, loss (as bits of a Float64), tokens, operations`, each 8 bytes.
    case progress = 1
    /// `steps, tokens, operations, parameters`, each 8 bytes: training has ended.
    case trained = 2
    /// Windows of the agreed number of bytes, one after the other.
    case windows = 3
    /// For each byte of each window 256 natural logarithms of probabilities of the next byte, as Float32.
    case predictions = 4
  }
  let kind: Kind
  let payload: [UInt8]

  static let headerBytes = 8
  /// No frame is larger: what a broken candidate announces must not fill the memory.
  static let limit = 64 << 20

  var bytes: [UInt8] {
    littleEndian(kind.rawValue) + littleEndian(UInt32(truncatingIfNeeded: payload.count)) + payload
  }

  init(_ kind: Kind, _ payload: [UInt8]) {
    self.kind = kind
    self.payload = payload
  }

  init(_ kind: Kind, numbers: [UInt64]) {
    self.init(kind, numbers.flatMap { littleEndian($0) })
  }

  /// The payload as 8-byte numbers.
  var numbers: [UInt64] { (0..<payload.count / 8).map { number(payload, at: 8 * $0) } }

  /// Takes one whole frame off the front of `buffer`; nil when it is not all there yet.
  static func take(from buffer: inout [UInt8]) throws(LabError) -> Frame? {
    guard buffer.count >= headerBytes else { return nil }
    let header: (UInt32, UInt32) = (number(buffer, at: 0), number(buffer, at: 4))
    guard let kind = Kind(rawValue: header.0), header.1 <= limit else {
      throw LabError(.trainingFailed, "the candidate sent something that is not a message of the lab")
    }
    let end = headerBytes + Int(header.1)
    guard buffer.count >= end else { return nil }
    let frame = Frame(kind, Array(buffer[headerBytes..<end]))
    buffer.removeFirst(end)
    return frame
  }
}

private func number<Number: FixedWidthInteger>(_ bytes: [UInt8], at offset: Int) -> Number {
  bytes.withUnsafeBytes { Number(littleEndian: $0.loadUnaligned(fromByteOffset: offset, as: Number.self)) }
}

func littleEndian<Number: FixedWidthInteger>(_ number: Number) -> [UInt8] {
  withUnsafeBytes(of: number.littleEndian) { Array($0) }
}

/// Writes all bytes; false when the other end is gone.
func writeAll(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
  bytes.withUnsafeBytes { all in
    var done = 0
    while done < all.count {
      guard let start = all.baseAddress else { return true }
      let written = write(descriptor, start + done, all.count - done)
      if written < 0 && errno == EINTR { continue }
      if written <= 0 { return false }
      done += written
    }
    return true
  }
}
