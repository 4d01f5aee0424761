import PawlCore

extension StudyReader {
  private static let searchKeys = [
    "strategies", "islands", "migration", "exploration", "floor", "compute_price", "patience",
  ]

  /// Returns where agents start from, and how they share the study.
  mutating func search(in file: Section) -> SearchRule {
    var rule = SearchRule()
    guard let node = file.values["search"] else { return rule }
    let section = reader.map(node, "search", keys: Self.searchKeys)
    if let items = reader.texts("strategies", of: section) {
      let names = SearchStrategy.allCases.map(\.rawValue)
      var chosen: Set<SearchStrategy> = []
      for (text, node) in items {
        if let strategy = SearchStrategy(rawValue: text) {
          chosen.insert(strategy)
        } else {
          reader.report(
            .badValue, at: node, "unknown strategy `\(text.shown())`",
            hint: nearest(text, in: names).map { "did you mean `\($0)`?" }
              ?? "choose of \(names.map { "`\($0)`" }.joined(separator: ", "))")
        }
      }
      if items.isEmpty, let node = section.values["strategies"] {
        reader.report(.badValue, at: node, "`search.strategies` is empty", hint: "write `strategies: [line]`")
      }
      rule.strategies = SearchStrategy.allCases.filter { chosen.contains($0) }
    }
    rule.islands = reader.integer("islands", of: section, 1...64) ?? rule.islands
    rule.migration = reader.integer("migration", of: section, 1...1_000_000) ?? rule.migration
    rule.patience = reader.integer("patience", of: section, 1...1_000_000) ?? rule.patience
    rule.exploration = number("exploration", of: section, 0...100) ?? rule.exploration
    rule.floor = number("floor", of: section, 0...0.5) ?? rule.floor
    rule.computePrice = number("compute_price", of: section, 0...1e6) ?? rule.computePrice
    return rule
  }

  mutating func number(_ key: String, of section: Section, _ range: ClosedRange<Double>) -> Double? {
    guard let node = section.values[key], let value = reader.number(node, section.path(key)) else { return nil }
    guard range.contains(value) else {
      let limits = "from \(Quantity.number(range.lowerBound)) to \(Quantity.number(range.upperBound))"
      reader.report(.badValue, at: node, "`\(section.path(key))` must be \(limits), not \(node.kind)")
      return nil
    }
    return value
  }
}
