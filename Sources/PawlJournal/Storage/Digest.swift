internal import CCrypto

/// A SHA-256 digest.
struct Digest: Hashable {
  private var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
  static let size = 32
  /// What the first event follows: 32 zero bytes.
  static let genesis = Digest()

  init() {}

  init?(_ bytes: UnsafeRawBufferPointer) {
    guard bytes.count == Self.size else { return nil }
    withUnsafeMutableBytes(of: &words) { $0.copyMemory(from: bytes) }
  }

  func withBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result { withUnsafeBytes(of: words, body) }
  var bytes: [UInt8] { withBytes { [UInt8]($0) } }

  fileprivate mutating func withMutableBytes(_ body: (UnsafeMutableRawBufferPointer) -> Bool) -> Bool {
    withUnsafeMutableBytes(of: &words, body)
  }

  static func == (left: Self, right: Self) -> Bool { left.words == right.words }
  func hash(into hasher: inout Hasher) { hasher.combine(words.0) }
}

/// Computes SHA-256 digests with one context of libcrypto (EVP_DigestInit(3)), reused for all of them.
final class DigestContext {
  private let context: OpaquePointer
  private let algorithm: OpaquePointer

  init() throws(JournalError) {
    // Fetched once: an implicit fetch at every start would cost more than hashing a small event.
    guard let algorithm = EVP_MD_fetch(nil, "SHA256", nil), let context = EVP_MD_CTX_new() else {
      throw JournalError(
        .ioFailed, "libcrypto offers no SHA-256", hints: ["check the installation with `pawl doctor`"])
    }
    self.algorithm = algorithm
    self.context = context
  }

  deinit {
    EVP_MD_CTX_free(context)
    EVP_MD_free(algorithm)
  }

  /// Returns the digest of one event: over the digest before it, its sequence, time, kind (with its length) and payload.
  func chained(
    after previous: Digest, sequence: Int64, at milliseconds: Int64, kind: UnsafeRawBufferPointer,
    payload: UnsafeRawBufferPointer
  ) throws(JournalError) -> Digest {
    let numbers = (sequence.littleEndian, milliseconds.littleEndian, Int64(kind.count).littleEndian)
    var done = begin() && previous.withBytes(add)
    done = done && withUnsafeBytes(of: numbers, add) && add(kind) && add(payload)
    return try end(done)
  }

  /// Returns the digest of `bytes` alone.
  func digest(of bytes: UnsafeRawBufferPointer) throws(JournalError) -> Digest { try end(begin() && add(bytes)) }

  private func begin() -> Bool { EVP_DigestInit_ex(context, algorithm, nil) == 1 }
  private func add(_ bytes: UnsafeRawBufferPointer) -> Bool {
    EVP_DigestUpdate(context, bytes.baseAddress, bytes.count) == 1
  }
  private func end(_ done: Bool) throws(JournalError) -> Digest {
    var digest = Digest()
    let finished = done && digest.withMutableBytes { EVP_DigestFinal_ex(context, $0.baseAddress, nil) == 1 }
    guard finished else {
      throw JournalError(.ioFailed, "libcrypto could not compute a digest", hints: ["check it with `pawl doctor`"])
    }
    return digest
  }
}
