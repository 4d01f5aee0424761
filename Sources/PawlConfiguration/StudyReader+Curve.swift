import PawlCore

extension StudyReader {
  private static let curveKeys = ["pattern", "stop"]
  private static let curveHint =
    "two groups, the step and then the value, as in `curve: '\(MetricCheck.labCurve)'`; others are written `(?:…)`"

  /// Returns how running attempts are followed; nil where they are not.
  mutating func curve(in file: Section) -> CurveRule? {
    guard let node = file.values["curve"], !node.isNull else { return nil }
    if node.text != nil {
      return curvePattern("curve", node).map { CurveRule(pattern: $0) }
    }
    let section = reader.map(node, "curve", keys: Self.curveKeys)
    guard case .mapping = node.content else { return nil }
    let stops = reader.boolean("stop", of: section) ?? true
    guard let pattern = section.values["pattern"] else {
      reader.report(.missingKey, at: node, "`curve.pattern` is missing", hint: Self.curveHint)
      return nil
    }
    return curvePattern("curve.pattern", pattern).map { CurveRule(pattern: $0, stopsEarly: stops) }
  }

  private mutating func curvePattern(_ name: String, _ node: YAMLNode) -> String? {
    guard let pattern = node.text else {
      reader.report(.wrongType, at: node, "`\(name)` must be a text, not \(node.kind)", hint: Self.curveHint)
      return nil
    }
    if let flaw = MetricCheck.flaw(ofCurve: pattern) {
      reader.report(.badValue, at: node, "`\(name)` \(flaw)", hint: Self.curveHint)
      return nil
    }
    return pattern
  }
}
