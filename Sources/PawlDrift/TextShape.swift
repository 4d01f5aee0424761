#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// What can be measured of one text.
public enum TextShape: String, Sendable, Codable, CaseIterable {
  /// Bytes.
  case length
  /// Bytes of a word.
  case wordLength = "word length"
  /// The share of words that are the text's first of their kind.
  case variety
  /// Bits a byte, of the text's own bytes.
  case entropy
  case letters, capitals, digits, punctuation
  /// Spaces and line breaks.
  case spaces
  /// Bytes beyond ASCII.
  case foreign = "beyond ascii"
  /// Nats a byte run, as the other texts' byte runs have it.
  case surprise

  /// Returns the measures in the order of `allCases`, of the text's beginning but for the length; `surprise` comes from elsewhere.
  static func measures(_ text: ArraySlice<UInt8>, words: [UInt64], length: Int, surprise: Double) -> [Double] {
    var counts = [Int](repeating: 0, count: 256)
    for byte in text { counts[Int(byte)] += 1 }
    func share(_ belongs: (UInt8) -> Bool, of total: Int) -> Double {
      guard total > 0 else { return 0 }
      return Double((0..<256).reduce(0) { $0 + (belongs(UInt8($1)) ? counts[$1] : 0) }) / Double(total)
    }
    let isLetter = { (byte: UInt8) in byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7a }
    let letters = (0..<128).reduce(0) { $0 + (isLetter(UInt8($1)) ? counts[$1] : 0) }
    let inWords = share(TextWords.isWord, of: 1)
    let entropy = counts.reduce(0.0) { sum, count in
      guard count > 0 else { return sum }
      let share = Double(count) / Double(text.count)
      return sum - share * log2(share)
    }
    return [
      Double(length), words.isEmpty ? 0 : inWords / Double(words.count),
      words.isEmpty ? 0 : Double(Set(words).count) / Double(words.count), entropy,
      share(isLetter, of: text.count), share({ $0 >= 0x41 && $0 <= 0x5a }, of: letters),
      share({ $0 >= 0x30 && $0 <= 0x39 }, of: text.count),
      share({ $0 > 0x20 && $0 < 0x7f && !TextWords.isWord($0) }, of: text.count), share({ $0 <= 0x20 }, of: text.count),
      share({ $0 >= 0x80 }, of: text.count), surprise,
    ]
  }
}

/// Texts by where among the reference texts they fall, shape by shape.
struct ShapeBins: Sendable {
  /// Tenths, but the ends are parted again: a few texts of another kind are all there.
  private static let parts = [0.005, 0.02, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.98, 0.995, 1]
  /// The parts, and what is below the least and above the greatest reference text.
  private static let most = parts.count + 2
  private var bins: [UInt8]
  private let counts: [Int]

  /// Sets the bins' bounds by the texts of `reference`; values that many texts share make for fewer bins.
  init(_ shapes: [[Double]], reference: Range<Int>) {
    let kinds = TextShape.allCases.count
    var counts: [Int] = []
    bins = [UInt8](repeating: 0, count: shapes.count * kinds)
    for kind in 0..<kinds {
      let values = shapes[reference].map { $0[kind] }.sorted()
      var bounds: [Double] = []
      for part in Self.parts where !values.isEmpty {
        let bound = values[max(0, min(values.count, Int((Double(values.count) * part).rounded(.up))) - 1)]
        if bounds.last != bound { bounds.append(bound) }
      }
      let least = values.first ?? 0
      counts.append(bounds.count + 2)
      for (text, shape) in shapes.enumerated() {
        let value = shape[kind]
        let bin = value < least ? 0 : 1 + (bounds.firstIndex { value <= $0 } ?? bounds.count)
        bins[text * kinds + kind] = UInt8(clamping: bin)
      }
    }
    self.counts = counts
  }

  /// Returns the population stability index between two samples, shape by shape: the sum of (p - q) log (p / q) over bins, in nats.
  ///
  /// Half a text is added to each bin. It is the symmetric divergence of Jeffreys (Kullback and Leibler 1951), named in credit
  /// scoring (Siddiqi 2006).
  func stability(_ first: [Int], _ second: [Int]) -> [Double] {
    let kinds = counts.count
    var tables = (
      first: [Int](repeating: 0, count: kinds * Self.most), second: [Int](repeating: 0, count: kinds * Self.most)
    )
    for text in first { for kind in 0..<kinds { tables.first[kind * Self.most + Int(bins[text * kinds + kind])] += 1 } }
    for text in second {
      for kind in 0..<kinds { tables.second[kind * Self.most + Int(bins[text * kinds + kind])] += 1 }
    }
    return (0..<kinds).map { kind in
      var sum = 0.0
      for bin in 0..<counts[kind] {
        let place = kind * Self.most + bin
        let p = (Double(tables.first[place]) + 0.5) / (Double(first.count) + 0.5 * Double(counts[kind]))
        let q = (Double(tables.second[place]) + 0.5) / (Double(second.count) + 0.5 * Double(counts[kind]))
        sum += (p - q) * log(p / q)
      }
      return sum
    }
  }
}
