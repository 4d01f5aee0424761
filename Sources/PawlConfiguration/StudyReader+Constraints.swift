import PawlCore

extension StudyReader {
  static let constraintKeys = ["limit", "price"]
  /// Above it a price is a slip, and sums of a few could leave the range of numbers.
  private static let highestPrice = 1e12

  /// Returns what the study asks of quantities beside the metric, in the order of `SecondaryQuantity.allCases`.
  mutating func constraints(in file: Section) -> [Constraint] {
    guard let node = file.values["constraints"] else { return [] }
    let section = reader.map(node, "constraints", keys: SecondaryQuantity.allCases.map(\.rawValue))
    return SecondaryQuantity.allCases.compactMap { quantity in
      section.values[quantity.rawValue].map { constraint(quantity, $0, path: section.path(quantity.rawValue)) }
    }
  }

  private mutating func constraint(_ quantity: SecondaryQuantity, _ node: YAMLNode, path: String) -> Constraint {
    let before = reader.problems.count
    let section = reader.map(node, path, keys: Self.constraintKeys)
    let limit = limit(of: quantity, in: section)
    let price = price(in: section, of: quantity)
    if limit == nil, price == nil, reader.problems.count == before {
      reader.report(
        .missingKey, at: node, "`\(path)` has neither `limit` nor `price`",
        hint: "write `\(quantity.rawValue): {limit: \(quantity.example)}`, or a `price` in the metric's unit")
    }
    return Constraint(quantity, limit: limit, price: price)
  }

  private mutating func limit(of quantity: SecondaryQuantity, in section: Section) -> Double? {
    switch quantity {
    case .memory:
      reader.quantity("limit", of: section, as: Quantity.bytes, example: quantity.example)?.value
        .map(Quantity.gibibytes)
    case .seconds: reader.quantity("limit", of: section, as: Quantity.seconds, example: quantity.example)?.value
    case .lines: reader.count("limit", of: section, 0...1_000_000_000)?.value.map(Double.init)
    }
  }

  private mutating func price(in section: Section, of quantity: SecondaryQuantity) -> Double? {
    guard let node = section.values["price"], let price = reader.number(node, section.path("price")) else { return nil }
    guard price >= 0, price <= Self.highestPrice else {
      reader.report(
        .badValue, at: node,
        "`\(section.path("price"))` must be \(price < 0 ? "at least 0" : "at most 1e12"), not \(node.kind)",
        hint: "it is what \(quantity.unit) more costs, in the metric's unit, whichever way the metric improves")
      return nil
    }
    return price
  }
}

extension SecondaryQuantity {
  /// A limit as pawl.yaml writes it.
  var example: String {
    switch self {
    case .memory: "8GiB"
    case .seconds: "320s"
    case .lines: "200"
    }
  }
}

extension Quantity {
  static func gibibytes(_ bytes: Bytes) -> Double { Double(bytes.count) / 0x1p30 }

  /// Returns the limit or price of a quantity as pawl.yaml writes them.
  static func text(_ constraint: Constraint) -> String {
    let limit = constraint.limit.map { limit in
      switch constraint.quantity {
      case .memory: text(Bytes(Int64(max(0, min(0x1p60, limit * 0x1p30)))))
      case .seconds: text(seconds: limit)
      case .lines: number(limit)
      }
    }
    let entries = [limit.map { "limit: \($0)" }, constraint.price.map { "price: \(number($0))" }]
    return "{\(entries.compactMap(\.self).joined(separator: ", "))}"
  }
}
