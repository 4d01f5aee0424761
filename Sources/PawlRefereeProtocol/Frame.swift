/// A message between the frozen side and the candidate's program: a kind, a length, then that many bytes.
///
/// Numbers are little-endian. Kinds from the candidate: progress, trained, predictions. To it: hello, windows; the end of the pipe ends it.
package struct Frame: Equatable, Sendable {
  package enum Kind: UInt32, Sendable {
    /// `step, loss (as bits of a Float64), tokens, operations`, each 8 bytes.
    case progress = 1
    /// `steps, tokens, operations, parameters`, each 8 bytes: training has ended.
    case trained = 2
    /// Windows of the agreed number of bytes, one after the other.
    case windows = 3
    /// For each byte of each window 256 natural logarithms of probabilities of the next byte, as Float32.
    case predictions = 4
    /// ``Hello``: the first message of all.
    case hello = 5
  }
  package let kind: Kind
  package let payload: [UInt8]

  package static let headerBytes = 8
  /// No frame is larger: what a broken candidate announces must not fill the memory.
  package static let limit = 64 << 20

  package var bytes: [UInt8] { Self.header(kind, payloadBytes: payload.count) + payload }

  /// The bytes that stand before a payload.
  package static func header(_ kind: Kind, payloadBytes: Int) -> [UInt8] {
    littleEndian(kind.rawValue) + littleEndian(UInt32(truncatingIfNeeded: payloadBytes))
  }

  package init(_ kind: Kind, _ payload: [UInt8]) {
    self.kind = kind
    self.payload = payload
  }

  package init(_ kind: Kind, numbers: [UInt64]) {
    self.init(kind, numbers.flatMap { littleEndian($0) })
  }

  /// The payload as 8-byte numbers.
  package var numbers: [UInt64] { (0..<payload.count / 8).map { number(payload, at: 8 * $0) } }
}

func number<Number: FixedWidthInteger>(_ bytes: [UInt8], at offset: Int) -> Number {
  bytes.withUnsafeBytes { Number(littleEndian: $0.loadUnaligned(fromByteOffset: offset, as: Number.self)) }
}

package func littleEndian<Number: FixedWidthInteger>(_ number: Number) -> [UInt8] {
  withUnsafeBytes(of: number.littleEndian) { Array($0) }
}

/// What came is not a message of the protocol.
package struct ProtocolError: Error, Sendable {
  /// A lowercase fragment that fits after "error: ".
  package let message: String

  package init(_ message: String) { self.message = message }

  static let notAMessage = ProtocolError("something came that is not a message of the referee's protocol")
}
