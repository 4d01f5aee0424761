import PawlCore

extension StudyReader {
  private static let rungKeys = [
    "name", "command", "evaluate", "environment", "budget", "workers", "compute", "placement",
  ]
  private static let rungsHint =
    "list the scales, the one where the search happens first, as in `rungs: [{name: small}, {name: large, environment: [STEPS=20000]}]`"

  /// Returns the scales; none where nothing is said, as there is one then.
  mutating func rungs(in file: Section, budget: Budget) -> [RungRule] {
    guard let node = file.values["rungs"] else { return [] }
    guard case .sequence(let items) = node.content else {
      reader.report(.wrongType, at: node, "`rungs` must be a list, not \(node.kind)", hint: Self.rungsHint)
      return []
    }
    if items.count < 2 {
      reader.report(.badValue, at: node, "`rungs` needs two scales or more", hint: Self.rungsHint)
    }
    if items.count > 16 { reader.report(.badValue, at: node, "`rungs` may list 16 scales at most") }
    var rules: [RungRule] = []
    for item in items {
      guard let rule = rung(item, number: rules.count + 1, budget: budget, in: file) else { continue }
      if rules.contains(where: { $0.name == rule.name }) {
        reader.report(
          .badValue, at: item, "rung `\(rule.name.shown())` is listed twice", hint: "give one of them another `name`")
      }
      rules.append(rule)
    }
    checkCompute(of: rules, at: node)
    return rules
  }

  private mutating func rung(_ node: YAMLNode, number: Int, budget: Budget, in file: Section) -> RungRule? {
    guard case .mapping = node.content else {
      reader.report(.wrongType, at: node, "a rung cannot be \(node.kind)", hint: Self.rungsHint)
      return nil
    }
    let section = reader.map(node, "rungs", keys: Self.rungKeys)
    let name = reader.text("name", of: section) ?? "rung-\(number)"
    let isName = name.first.map { $0.isASCII && $0.isLetter } ?? false
    if !isName || name.utf8.count > 64
      || !name.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || "._-".contains($0)) })
    {
      reader.report(
        .badValue, at: section.values["name"] ?? node, "`\(name.shown())` cannot name a rung",
        hint: "a letter, then letters, digits, `.`, `_` and `-`, at most 64")
    }
    for key in ["evaluate"] where section.values[key] != nil && file.values["referee"] != nil {
      reader.report(
        .overlap, at: section.values[key] ?? node,
        "`rungs.\(key)` cannot stand beside `referee`, which prints the metric itself",
        hint: "take it out")
    }
    if let evaluate = section.values["evaluate"], file.values["evaluate"] == nil, file.values["referee"] == nil {
      reader.report(
        .missingKey, at: evaluate,
        "`rungs.evaluate` needs an `evaluate` of the study, so that all rungs are judged in one way",
        hint: "write `evaluate` and `artifacts` beside `command`")
    }
    return RungRule(
      name: name, command: reader.text("command", of: section), evaluate: reader.text("evaluate", of: section),
      environment: variables(of: section),
      budget: section.values["budget"].map { _ in self.budget(in: section, from: budget) },
      workers: reader.integer("workers", of: section, 1...1024), compute: compute(of: section),
      placement: section.values["placement"].map { placement($0, "rungs.placement") })
  }

  private mutating func variables(of section: Section) -> [String: String] {
    let entries = environment(section, "rungs.environment", reserved: AttemptRequest.variables)
    var variables: [String: String] = [:]
    for entry in entries {
      guard let mark = entry.firstIndex(of: "=") else {
        reader.report(
          .badValue, at: section.values["environment"] ?? section.node,
          "`\(entry.shown())` in `rungs.environment` has no value", hint: "write `\(entry.shown())=value`")
        continue
      }
      variables[String(entry[..<mark])] = String(entry[entry.index(after: mark)...])
    }
    return variables
  }

  private mutating func compute(of section: Section) -> Double? {
    guard let node = section.values["compute"], let number = reader.number(node, "rungs.compute") else { return nil }
    guard number > 0 else {
      reader.report(
        .badValue, at: node, "`rungs.compute` must be above 0, not \(node.kind)",
        hint: "say what one attempt computes, in a unit that is the same on all rungs, as `1e15` operations")
      return nil
    }
    return number
  }

  /// Curves over compute need it of all rungs or of none, and growing.
  private mutating func checkCompute(of rules: [RungRule], at node: YAMLNode) {
    let known = rules.compactMap(\.compute)
    // Said wrongly of one, it is not known of it: that was reported.
    guard !known.isEmpty, reader.problems.isEmpty else { return }
    if known.count < rules.count {
      reader.report(
        .missingKey, at: node, "`compute` is said of \(known.count) of \(rules.count) rungs",
        hint: "say it of all, or of none: then wall time counts")
    } else if zip(known, known.dropFirst()).contains(where: { $0 >= $1 }) {
      reader.report(
        .badValue, at: node, "each rung must compute more than the one before it",
        hint: "list the rungs from the smallest to the largest")
    }
  }
}
