import PawlReferee

/// Which part of a text a candidate may learn from, and which ones judge it.
enum TextPart: String, CaseIterable, Sendable {
  /// What candidates learn from.
  case train
  /// What judges a candidate while agents search.
  case search
  /// What judges claims; no search has used it.
  case sealed

  static let heldOut: [TextPart] = [.search, .sealed]

  var file: String { "data/\(rawValue).txt" }
}

/// A text cut into a part for training and two that are held out, by content, so that the same text always splits the same way.
struct TextSplit: Equatable {
  private(set) var parts: [TextPart: [UInt8]] = [:]
  /// Bytes that were held out and stand in another part too, and so were left out.
  private(set) var overlapBytes = 0

  subscript(part: TextPart) -> [UInt8] { parts[part] ?? [] }

  /// Bytes below which a text is too short to learn from and to judge by.
  static let smallest = 64 << 10
  /// The share of the text in each of the parts that are held out.
  static let share = 0.1

  /// Cuts at line ends about every 16 KiB; the chunks with the smallest hashes are sealed, until they are a tenth, and the next tenth
  /// is for search.
  ///
  /// Chunks with equal content have equal hashes and go to the same side. Of the others, what is held out loses each line that has a
  /// long run in common with what it is held out from.
  init(_ text: [UInt8]) throws(LabError) {
    guard text.count >= Self.smallest else {
      throw LabError(
        .cannotRun, "the text has `\(text.count)` bytes; the lab needs at least `\(Self.smallest)`",
        hints: ["name a longer text with `--data FILE`"])
    }
    if let first = text.first, text.allSatisfy({ $0 == first }) {
      throw LabError(
        .cannotRun, "the text is the byte `\(first)` again and again: there is nothing to learn",
        hints: ["name another text with `--data FILE`"])
    }
    let chunks = Self.chunks(of: text)
    let hashes = chunks.map { Self.hash(text[$0]) }
    let sides = Self.sides(chunks, hashes, share: Self.share * Double(text.count))
    for (chunk, hash) in zip(chunks, hashes) { parts[sides[hash] ?? .train, default: []] += text[chunk] }
    removeOverlap()
    let least = text.count / 40
    guard self[.train].count >= text.count / 2, TextPart.heldOut.allSatisfy({ self[$0].count >= least }) else {
      throw LabError(
        .cannotRun,
        "the text repeats itself so much that what is learnt and what is held out cannot be kept apart: "
          + "of `\(text.count)` bytes, `\(self[.train].count)` to learn from would leave "
          + TextPart.heldOut.map { "`\(self[$0].count)` for \($0.rawValue)" }.joined(separator: " and "),
        hints: ["name another text with `--data FILE`"])
    }
  }

  private static func sides(_ chunks: [Range<Int>], _ hashes: [UInt64], share: Double) -> [UInt64: TextPart] {
    var sides: [UInt64: TextPart] = [:]
    var bytes = 0
    for index in chunks.indices.sorted(by: { (hashes[$0], $0) < (hashes[$1], $1) }) {
      if sides[hashes[index]] == nil {
        if Double(bytes) >= 2 * share { break }
        sides[hashes[index]] = Double(bytes) < share ? .sealed : .search
      }
      bytes += chunks[index].count
    }
    return sides
  }

  /// Leaves out of the sealed part what is in the training text, and out of the one for search what is in either.
  private mutating func removeOverlap() {
    let training = TextOverlap(self[.train])
    for part in [TextPart.sealed, .search] {
      let known = part == .search ? [training, TextOverlap(self[.sealed])] : [training]
      var text = self[part]
      // What is left out brings new neighbours together, so it is looked at again; each time something goes, so it ends.
      while true {
        let ranges = known.flatMap { $0.ranges(in: text) }
        if ranges.isEmpty { break }
        let kept = Self.without(ranges, text)
        overlapBytes += text.count - kept.count
        text = kept
      }
      parts[part] = text
    }
  }

  /// Returns `text` without the lines that a range touches; of lines that are very long, without the range alone.
  private static func without(_ ranges: [Range<Int>], _ text: [UInt8]) -> [UInt8] {
    let longest = 1024
    var keeps = [Bool](repeating: true, count: text.count)
    for range in ranges {
      let before = text[max(0, range.lowerBound - longest)..<range.lowerBound].lastIndex(of: 0x0a)
      let after = text[(range.upperBound - 1)..<min(text.count, range.upperBound + longest)].firstIndex(of: 0x0a)
      let start = before.map { $0 + 1 } ?? (range.lowerBound < longest ? 0 : range.lowerBound)
      let end = after.map { $0 + 1 } ?? (range.upperBound + longest > text.count ? text.count : range.upperBound)
      for index in start..<max(end, range.upperBound) { keeps[index] = false }
    }
    return zip(text, keeps).compactMap { $1 ? $0 : nil }
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
