/// What one reading of a watch measures.
public struct WatchMeasure: RawRepresentable, Sendable, Codable, Hashable {
  public let rawValue: String
  public init(rawValue: String) { self.rawValue = rawValue }

  /// The share of held-out texts that a classifier tells right.
  public static let accuracy = Self(rawValue: "classifier accuracy")
  /// How far apart the two samples' held-out scores are, in standard deviations.
  public static let separation = Self(rawValue: "classifier separation")
  /// The squared maximum mean discrepancy of the shares of bytes, pairs of bytes and words, unbiased: below zero too.
  public static let discrepancy = Self(rawValue: "kernel discrepancy")
  /// The Jensen-Shannon divergence of runs of three bytes, in bits.
  public static let bytes = Self(rawValue: "byte run divergence")
  /// The Jensen-Shannon divergence of words, in bits.
  public static let words = Self(rawValue: "word divergence")
  /// The population stability index of a shape, in nats.
  public static func stability(of shape: TextShape) -> Self { Self(rawValue: "stability of \(shape.rawValue)") }
  /// The share of runs of so many words that are different ones.
  public static func distinct(_ words: Int) -> Self { Self(rawValue: "distinct-\(words)") }
  /// Length when repetitions are written once, over length.
  public static let compression = Self(rawValue: "compression ratio")
  /// How like its nearest other a text of the sample is.
  public static let selfSimilarity = Self(rawValue: "self-similarity")
  /// The share of the rarest words of as many real texts.
  public static let rareWords = Self(rawValue: "rare words")
  /// The share of the rarest pairs of words of as many real texts.
  public static let rarePairs = Self(rawValue: "rare word pairs")

  /// What is measured between any two samples.
  static let shift: [Self] =
    [.accuracy, .separation, .discrepancy, .bytes, .words] + TextShape.allCases.map { .stability(of: $0) }
  /// What is measured of made texts beside real ones.
  static let loss: [Self] =
    (1...4).map { .distinct($0) } + [.compression, .selfSimilarity, .rareWords, .rarePairs]

  /// Whether it is a fall that is bad.
  var isLow: Bool { Self.loss.contains(self) && self != .selfSimilarity }
  private var isStability: Bool { rawValue.hasPrefix("stability of ") }

  /// Returns the value on a scale on which the splits' values are near normal, higher for worse.
  ///
  /// A stability index is about chi-squared, whose cube root is near normal (Wilson and Hilferty 1931). It is not let below what
  /// a handful of texts can do, since a bin that all real texts leave empty has no spread at all.
  func score(_ value: Double, texts: Int) -> Double {
    if isStability { return max(value, 8 / Double(texts)).cubeRoot }
    return isLow ? -value : value
  }

  func value(ofScore score: Double) -> Double { isStability ? score * score * score : isLow ? -score : score }

  /// The least spread of scores that is believed.
  func leastSpread(texts: Int) -> Double { isStability ? 0.25 / Double(texts).cubeRoot : 1e-6 }

  /// Returns what a value beyond its threshold means, for a person.
  func sentence(_ value: Double, threshold: Double, against: String) -> String {
    let (value, limit) = (Figures.short(value), Figures.short(threshold))
    let most = "real against real stays below \(limit)"
    switch self {
    case .accuracy: return "a classifier tells them from \(against) with accuracy \(value), where \(most)"
    case .separation: return "a classifier scores them \(value) deviations from \(against), where \(most)"
    case .discrepancy: return "as a whole they lie \(value) from \(against) by a kernel's measure, where \(most)"
    case .bytes: return "their runs of letters diverge by \(value) bits from \(against), where \(most)"
    case .words: return "their words diverge by \(value) bits from \(against), where \(most)"
    case .compression:
      return "they repeat one another: they shrink to \(value) of their length, real ones never below \(limit)"
    case .selfSimilarity: return "they are alike: \(value) in common with the nearest other, where \(most)"
    case .rareWords: return "they have \(value) of the rarest real words, as many real ones at least \(limit)"
    case .rarePairs: return "they have \(value) of the rarest real word pairs, as many real ones at least \(limit)"
    default: break
    }
    if isLow {
      return "too few of their runs of words are different: \(rawValue) is \(value), of real ones at least \(limit)"
    }
    let shape = rawValue.dropFirst("stability of ".count)
    return "the spread of their \(shape) is another than in \(against): a stability index of \(value), where \(most)"
  }
}

extension Double {
  /// The cube root of what is not negative.
  fileprivate var cubeRoot: Double { cbrt(self) }
}

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif
