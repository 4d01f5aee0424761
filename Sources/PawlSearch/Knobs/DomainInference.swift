import PawlCore

extension KnobDomain {
  /// Returns the domain that a hint gives a literal, or nil where the two do not fit.
  static func hinted(_ hint: KnobHint, literal: Literal) -> KnobDomain? {
    switch (hint, literal.value) {
    case (.range(let low, let high, let log), .integer): return integers(low, high, log: log)
    case (.range(let low, let high, let log), .real(let value)):
      if !log, low >= 0.5, high < 1, value < 1 { return .nearOne(low...high) }
      return .real(low...high, log: log)
    case (.powersOfTwo(let low, let high), .integer): return powers(low, high)
    case (.powersOfTwo(let low, let high), .real):
      let powers: [Double] = (-40...40).map { (exponent: Int) -> Double in
        exponent < 0 ? 1 / Double(1 << -exponent) : Double(1 << exponent)
      }
      return ascending(powers.filter { $0 >= low && $0 <= high })
    case (.choices(let texts), .text):
      let writable = texts.filter { literal.writing(.text($0)) != nil }
      return writable.count > 1 ? .choices(writable) : nil
    case (.choices(let texts), .integer):
      return ascending(texts.compactMap { wholeNumber($0) })
    case (.choices(let texts), .real):
      return ascending(texts.compactMap { number($0) })
    default: return nil
    }
  }

  private static func wholeNumber(_ text: String) -> Double? {
    guard case .integer(let integer)? = Literal(text)?.value else { return nil }
    return Double(exactly: integer)
  }

  private static func number(_ text: String) -> Double? {
    guard case .real(let real)? = Literal(text)?.value else { return wholeNumber(text) }
    return real
  }

  private static func ascending(_ values: [Double]) -> KnobDomain? {
    let sorted = Set(values).sorted()
    return sorted.count > 1 ? KnobDomain.numbers(sorted) : nil
  }

  private static func integers(_ low: Double, _ high: Double, log: Bool) -> KnobDomain? {
    guard let low = Int(exactly: low.rounded(.up)), let high = Int(exactly: high.rounded(.down)), low < high,
      high < 1 << 53, low > -(1 << 53)
    else { return nil }
    return .integer(low...high, log: log)
  }

  private static func powers(_ low: Double, _ high: Double) -> KnobDomain? {
    let powers = (0...40).map { 1 << $0 }.filter { Double($0) >= low && Double($0) <= high }
    guard let first = powers.first, let last = powers.last, first < last else { return nil }
    return .powerOfTwo(first...last)
  }

  /// Returns the domain that a constant's name and value suggest, or nil where it is better left alone.
  static func inferred(words: [String], value: KnobValue) -> KnobDomain? {
    switch value {
    case .boolean: .boolean
    case .integer(let integer): inferred(words, integer)
    case .real(let real): inferred(words, real)
    case .text: nil
    }
  }

  private static let counts: Set<String> = ["depth", "layer", "layers", "block", "blocks", "epoch", "epochs"]
  private static let shares: Set<String> = [
    "ratio", "frac", "fraction", "dropout", "drop", "prob", "probability", "p", "share", "momentum", "ema", "beta",
    "beta1", "beta2", "betas", "smoothing",
  ]
  private static let memories: Set<String> = [
    "momentum", "ema", "beta", "beta1", "beta2", "betas", "decay", "gamma", "mu",
  ]
  private static let scales: Set<String> = [
    "lr", "rate", "decay", "eps", "epsilon", "std", "scale", "wd", "sigma", "init", "lambda", "alpha", "temperature",
  ]

  private static func inferred(_ words: [String], _ value: Int) -> KnobDomain? {
    // 0 and negative numbers are flags and sentinels more often than amounts.
    guard value >= 1, value <= 1 << 40 else { return nil }
    if value >= 4, value & (value - 1) == 0, !words.contains(where: counts.contains) {
      return .powerOfTwo(max(1, value / 4)...value * 4)
    }
    return .integer(max(1, value / 2)...value * 2, log: value >= 32)
  }

  private static func inferred(_ words: [String], _ value: Double) -> KnobDomain? {
    guard value.magnitude < 1e100, value == 0 || value.magnitude > 1e-100 else { return nil }
    let share = words.contains(where: shares.contains)
    if value == 0 { return .real(0...(share ? 0.5 : 0.1), log: false) }
    if value < 0 { return .real(value * 2...value / 2, log: false) }
    if value >= 0.5, value < 1, words.contains(where: memories.contains) {
      return .nearOne(1 - min(0.9, (1 - value) * 10)...1 - (1 - value) / 10)
    }
    if share, value <= 1 { return value < 0.01 ? .real(value / 10...value * 10, log: true) : .real(0...1, log: false) }
    if value < 0.1 || words.contains(where: scales.contains) { return .real(value / 10...value * 10, log: true) }
    if value >= 0.5, value < 1 { return .real(0...1, log: false) }
    return .real(value / 4...value * 4, log: true)
  }
}
