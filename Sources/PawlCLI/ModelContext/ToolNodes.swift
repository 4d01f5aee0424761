import PawlCore

extension JSONValue {
  static func id(_ trial: TrialID?) -> JSONValue { trial.map { .integer($0.rawValue) } ?? .null }
  static func number(_ value: Double?) -> JSONValue { value.map { .real($0) } ?? .null }
  static func optional(_ text: String?) -> JSONValue { text.map { .string($0) } ?? .null }
}

extension ListedHint {
  var node: JSONValue {
    .fields([
      "number": number.map { .integer($0) } ?? .null, "text": .string(text), "by": .string(by),
      "by_person": .boolean(isByPerson),
    ])
  }
}

extension TrialSummary {
  /// As `ToolCatalogue` describes a trial.
  var node: JSONValue {
    .fields([
      "trial": .id(id), "standing": .string(standing), "agent": .optional(agent), "hypothesis": .optional(hypothesis),
      "parent": .id(parent), "commit": .optional(commit?.rawValue), "effect": .number(evidence?.effect),
      "deviation": .number(evidence?.deviation), "mean": .number(mean), "measurements": .integer(measurements),
      "certified": .boolean(certified), "reason": .optional(explanation),
    ])
  }

  /// One line of a history.
  func entry(_ metric: MetricRule) -> String {
    var parts = ["trial \(id) (\(agent ?? "the baseline")): \(standing)\(certified ? ", certified" : "")"]
    if let evidence {
      parts.append("effect \(evidence.effect.asEffect) ± \(evidence.deviation.formatted(digits: 2))")
    }
    if let mean { parts.append("\(metric.name) \(mean.asMetric) (n=\(measurements))") }
    if let explanation { parts.append(explanation.replacing("\n", with: " ").cut(to: 300)) }
    if let hypothesis { parts.append("| \(hypothesis)") }
    return parts.joined(separator: "; ") + "\n"
  }
}

extension AttemptSummary {
  func words(_ metric: MetricRule) -> String {
    guard let result else { return "\(request.purpose.words), seed \(request.seed): runs" }
    let number = result.measurement.map { "\(metric.name) \($0.asMetric)" } ?? result.outcome.words(with: result.remark)
    return "\(request.purpose.words), seed \(request.seed): \(number), \(result.usage.wallSeconds.asDuration)"
  }

  func node(_ metric: MetricRule) -> JSONValue {
    .fields([
      "attempt": .integer(request.id.rawValue), "purpose": .string(request.purpose.words),
      // A seed may be larger than what JSON readers take for whole numbers.
      "seed": .string(String(request.seed)), "measurement": .number(result?.measurement),
      "outcome": .optional(result?.outcome.description), "remark": .optional(result?.remark),
      "wall_seconds": .number(result?.usage.wallSeconds),
    ])
  }
}

extension String {
  /// Returns the first bytes, whole characters of them, and whether something was cut off.
  func capped(at limit: Int) -> (text: String, isCut: Bool) {
    guard utf8.count > limit else { return (self, false) }
    var bytes = utf8.prefix(limit)
    // Back to the first byte of the character that is cut, and without it.
    while let last = bytes.last, last & 0xc0 == 0x80 { bytes.removeLast() }
    if let last = bytes.last, last & 0x80 != 0 { bytes.removeLast() }
    return (String(decoding: bytes, as: UTF8.self) + "\n[cut: \(bytes.count) of \(utf8.count) bytes]", true)
  }

  /// Each line behind a bar, so that what is quoted cannot pass for anything else.
  var quoted: String {
    split(separator: "\n", omittingEmptySubsequences: false).map { "| \($0)\n" }.joined()
  }
}
