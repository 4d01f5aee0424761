import PawlReferee
import PawlRefereeProtocol

/// A text cut into a part for training and a part held out, by content, so that the same text always splits the same way.
struct TextSplit: Equatable {
  private(set) var training: [UInt8] = []
  private(set) var validation: [UInt8] = []

  /// Bytes below which a text is too short to learn from and to judge by.
  static let smallest = 64 << 10
  /// Bytes of a text that are used; a study copies them for every attempt.
  static let largest = 5_000_000
  static let heldOut = 0.1

  /// Cuts at line ends about every 16 KiB and holds out the chunks with the smallest hashes, until they are a tenth.
  ///
  /// Chunks with equal content have equal hashes and go to the same side.
  init(_ text: [UInt8]) throws(LabError) {
    guard text.count >= Self.smallest else {
      throw LabError(
        .cannotRun, "the text has `\(text.count)` bytes; the lab needs at least `\(Self.smallest)`",
        hints: ["name a longer text with `--data FILE`"])
    }
    let chunks = Self.chunks(of: text)
    let hashes = chunks.map { Self.hash(text[$0]) }
    var held: Set<UInt64> = []
    var bytes = 0
    for index in chunks.indices.sorted(by: { (hashes[$0], $0) < (hashes[$1], $1) }) {
      if !held.contains(hashes[index]) && Double(bytes) >= Self.heldOut * Double(text.count) { break }
      held.insert(hashes[index])
      bytes += chunks[index].count
    }
    for (chunk, hash) in zip(chunks, hashes) {
      if held.contains(hash) { validation += text[chunk] } else { training += text[chunk] }
    }
    guard training.count >= text.count / 2 else {
      throw LabError(
        .cannotRun, "the text repeats itself so much that training and validation cannot be kept apart",
        hints: ["name another text with `--data FILE`"])
    }
  }

  private static func chunks(of text: [UInt8]) -> [Range<Int>] {
    let size = min(16 << 10, text.count / 64)
    var result: [Range<Int>] = []
    var start = 0
    while start < text.count {
      var end = min(start + size, text.count)
      let latest = min(end + size / 4, text.count)
      while end < latest && text[end - 1] != 0x0a { end += 1 }
      result.append(start..<end)
      start = end
    }
    return result
  }

  /// FNV-1a with 64 bits (Fowler, Noll and Vo).
  private static func hash(_ bytes: ArraySlice<UInt8>) -> UInt64 {
    bytes.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
  }
}
