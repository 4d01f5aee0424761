/// A quantity beside the metric that a study may limit, or put a price on.
public enum SecondaryQuantity: String, Sendable, Codable, Hashable, CaseIterable {
  /// In GiB: what the program reports where `metric.memory_pattern` found it, else the measured peak of its processes.
  case memory
  /// Wall seconds of one attempt.
  case seconds
  /// Lines that the candidate added less those that it removed, against its parent.
  case lines

  /// What a price is for, as in `a second`.
  public var unit: String {
    switch self {
    case .memory: "a GiB"
    case .seconds: "a second"
    case .lines: "a line"
    }
  }

  /// Returns a value with its unit, as in `9.1 GiB`, `331 s` and `120 lines`.
  public func words(_ value: Double, digits: Int = 3) -> String {
    switch self {
    case .memory:
      var (value, units) = (value, ["GiB", "MiB", "KiB"][...])
      while value.magnitude < 1, value != 0, units.count > 1 { (value, units) = (value * 1024, units.dropFirst()) }
      return "\(value.shortened(digits: digits)) \(units.first ?? "GiB")"
    case .seconds: return "\(value.shortened(digits: digits)) s"
    case .lines: return "\(value.shortened(digits: max(digits, 9))) lines"
    }
  }
}

/// What a study asks of one secondary quantity, in that quantity's unit; one of the two is there.
public struct Constraint: Sendable, Codable, Hashable, CustomStringConvertible {
  public let quantity: SecondaryQuantity
  /// A candidate above it is not kept.
  public let limit: Double?
  /// What one unit more costs, in the metric's unit.
  public let price: Double?
  public init(_ quantity: SecondaryQuantity, limit: Double? = nil, price: Double? = nil) {
    self.quantity = quantity
    self.limit = limit
    self.price = price
  }

  /// A lowercase fragment, as in `seconds at most 320 s, 0.0001 a second`.
  public var description: String {
    let parts = [
      limit.map { "at most \(quantity.words($0, digits: 9))" },
      price.map { "\($0.shortened(digits: 9)) \(quantity.unit)" },
    ]
    return "\(quantity.rawValue) \(parts.compactMap(\.self).joined(separator: ", "))"
  }

  /// Returns the limit that `value` breaks, nil where it holds.
  public func breach(by value: Double) -> Breach? {
    guard let limit, value > limit else { return nil }
    return Breach(quantity: quantity, value: value, limit: limit)
  }
}

/// A hard limit that a candidate breaks.
public struct Breach: Sendable, Codable, Hashable, CustomStringConvertible {
  public let quantity: SecondaryQuantity
  /// The mean over the attempts that measured.
  public let value: Double
  public let limit: Double
  public init(quantity: SecondaryQuantity, value: Double, limit: Double) {
    self.quantity = quantity
    self.value = value
    self.limit = limit
  }

  /// A lowercase fragment, as in `memory 9.1 GiB is over the limit of 8 GiB`.
  public var description: String {
    // As many digits as it takes to tell the two apart.
    let digits = (3...15).first { quantity.words(value, digits: $0) != quantity.words(limit, digits: $0) } ?? 15
    let figures =
      "\(quantity.words(value, digits: digits)) is over the limit of \(quantity.words(limit, digits: digits))"
    switch quantity {
    case .memory: return "memory \(figures)"
    case .seconds: return "wall time \(figures)"
    case .lines: return "a change of \(figures)"
    }
  }
}

/// What is done about an attempt that shared the machine with something else.
public enum ForeignLoadRule: String, Sendable, Codable, Hashable, CaseIterable {
  /// Its measurement does not count, and it is made again with the same seed.
  case repeats = "repeat"
  /// Its measurement counts: the metric does not depend on time.
  case ignore
}

extension Double {
  /// Returns the number with at most so many significant digits, without zeros at the end.
  fileprivate func shortened(digits: Int) -> String {
    let text = formatted(digits: digits)
    guard text.contains("."), !text.contains("e") else { return text }
    var kept = Substring(text)
    while kept.hasSuffix("0") { kept.removeLast() }
    return String(kept.hasSuffix(".") ? kept.dropLast() : kept)
  }
}
