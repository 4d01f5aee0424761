import PawlCore

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// A knob as a coordinate: its domain laid out evenly on the unit interval.
struct Dimension {
  let knob: Knob
  let literal: Literal
  /// The value in the parent.
  let base: KnobValue
  /// How many values there are; nil for reals.
  let count: Int?

  init?(_ knob: Knob, parent: KnobValue?) {
    guard let literal = Literal(knob.literal) else { return nil }
    self.knob = knob
    self.literal = literal
    base = parent.flatMap { literal.writing($0, places: 12) == nil ? nil : $0 } ?? knob.value
    count =
      switch knob.domain {
      case .integer(let range, _): range.upperBound - range.lowerBound + 1
      case .powerOfTwo(let range): Self.exponent(range.upperBound) - Self.exponent(range.lowerBound) + 1
      case .real, .nearOne: nil
      case .boolean: 2
      case .choices(let texts): texts.count
      case .numbers(let numbers): numbers.count
      }
  }

  private static func exponent(_ power: Int) -> Int { power > 0 ? power.trailingZeroBitCount : 0 }

  /// The values have no order: a density over the interval would mean nothing.
  var isCategorical: Bool {
    switch knob.domain {
    case .boolean, .choices: true
    default: false
    }
  }

  /// Returns the place of `value` from 0 to 1, or nil where it is of another kind; outside of the domain, the nearer end.
  func unit(_ value: KnobValue) -> Double? {
    switch (knob.domain, value) {
    case (.integer(let range, let log), .integer(let integer)):
      let low = Double(range.lowerBound) - 0.5
      let high = Double(range.upperBound) + 0.5
      return Self.share(Double(integer), low, high, log: log && range.lowerBound > 0)
    case (.powerOfTwo(let range), .integer(let integer)):
      guard integer > 0 else { return nil }
      let low = Double(Self.exponent(range.lowerBound)) - 0.5
      let high = Double(Self.exponent(range.upperBound)) + 0.5
      return Self.share(log2(Double(integer)), low, high, log: false)
    case (.real(let range, let log), .real(let real)):
      return Self.share(real, range.lowerBound, range.upperBound, log: log && range.lowerBound > 0)
    case (.nearOne(let range), .real(let real)):
      return 1 - Self.share(max(1 - real, 1e-300), 1 - range.upperBound, 1 - range.lowerBound, log: true)
    case (.boolean, .boolean(let flag)): return flag ? 0.75 : 0.25
    case (.choices(let texts), .text(let text)):
      return texts.firstIndex(of: text).map { (Double($0) + 0.5) / Double(texts.count) }
    case (.numbers(let numbers), .integer(let integer)): return Self.place(Double(integer), in: numbers)
    case (.numbers(let numbers), .real(let real)): return Self.place(real, in: numbers)
    default: return nil
    }
  }

  /// Returns the value at a place from 0 to 1, as it reads once it is written in the literal's manner.
  func value(at unit: Double) -> (value: KnobValue, text: String)? {
    let unit = min(max(unit, 0), 1)
    switch knob.domain {
    case .integer(let range, let log):
      let low = Double(range.lowerBound) - 0.5
      let high = Double(range.upperBound) + 0.5
      let real = Self.point(unit, low, high, log: log && range.lowerBound > 0)
      return written(.integer(min(max(Int(real.rounded()), range.lowerBound), range.upperBound)))
    case .powerOfTwo(let range):
      let low = Self.exponent(range.lowerBound)
      return written(.integer(1 << (low + index(unit))))
    case .real(let range, let log):
      return written(.real(Self.point(unit, range.lowerBound, range.upperBound, log: log && range.lowerBound > 0)))
    case .nearOne(let range):
      let distance = Self.point(1 - unit, 1 - range.upperBound, 1 - range.lowerBound, log: true)
      return written(.real(1 - distance), nearOne: true)
    case .boolean: return written(.boolean(unit >= 0.5))
    case .choices(let texts): return written(.text(texts[index(unit)]))
    case .numbers(let numbers):
      let number = numbers[index(unit)]
      if case .integer = knob.value { return Int(exactly: number).flatMap { written(.integer($0)) } }
      return written(.real(number), places: 12)
    }
  }

  /// The text is the truth: what it reads back as is the value, so that the diff and the record never disagree.
  private func written(_ value: KnobValue, nearOne: Bool = false, places: Int = 3) -> (KnobValue, String)? {
    guard let text = literal.writing(value, nearOne: nearOne, places: places), let read = Literal(text)?.value else {
      return nil
    }
    return (read, text)
  }

  private func index(_ unit: Double) -> Int {
    let count = count ?? 1
    return min(Int(unit * Double(count)), count - 1)
  }

  private static func place(_ value: Double, in numbers: [Double]) -> Double {
    var nearest = 0
    for (index, number) in numbers.enumerated() where abs(number - value) < abs(numbers[nearest] - value) {
      nearest = index
    }
    return (Double(nearest) + 0.5) / Double(numbers.count)
  }

  private static func share(_ value: Double, _ low: Double, _ high: Double, log: Bool) -> Double {
    if !log { return min(max((value - low) / (high - low), 0), 1) }
    guard value > 0 else { return 0 }
    return min(max(log2(value / low) / log2(high / low), 0), 1)
  }

  private static func point(_ unit: Double, _ low: Double, _ high: Double, log: Bool) -> Double {
    let value = log ? low * pow(high / low, unit) : low + (high - low) * unit
    return min(max(value, low), high)
  }
}
