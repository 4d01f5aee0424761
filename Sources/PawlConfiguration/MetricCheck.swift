import PawlCore

/// What is known of metrics by their names, and what a pattern must be.
enum MetricCheck {
  private static let minimized: Set<String> = [
    "val_bpb", "bpb", "loss", "val_loss", "perplexity", "ppl", "error", "latency", "seconds", "rmse", "mae", "mse",
  ]
  private static let maximized: Set<String> = [
    "accuracy", "acc", "val_acc", "val_accuracy", "f1", "auc", "reward", "score", "throughput", "tokens_per_second",
  ]

  /// Returns the way in which a metric of this name improves, nil where that is not common knowledge.
  static func direction(ofMetric name: String) -> Direction? {
    let name = name.lowercased()
    return minimized.contains(name) ? .minimize : maximized.contains(name) ? .maximize : nil
  }

  /// Returns a pattern for a line that starts with the name, then `:` or `=`, then the number.
  static func pattern(forMetric name: String, before separator: String = ":") -> String {
    "^\(escaped(name))\(separator)\\s*([-+0-9.eE]+|nan|inf)"
  }

  /// Returns the text as a regular expression that matches it and nothing else.
  static func escaped(_ text: String) -> String {
    var result = ""
    for character in text {
      if #"\.^$*+?()[]{}|/"#.contains(character) { result += "\\" }
      result.append(character)
    }
    return result
  }

  /// What the embedded lab prints on its way: `step 120 loss 1.2345 tokens … seconds …`.
  static let labCurve = #"^step (\d+) loss ([-+0-9.eE]+)"#

  /// Returns what is wrong with a curve's pattern, nil where it finds a step and a value.
  static func flaw(ofCurve pattern: String) -> String? {
    guard pattern.utf8.count <= 1000 else { return "has \(pattern.utf8.count) bytes, at most 1000" }
    guard (try? Regex(pattern)) != nil else { return "is not a regular expression: `\(pattern.shown())`" }
    guard let match = try? Regex("(?:\(pattern))|").firstMatch(in: "") else {
      return "is not a regular expression by itself: `\(pattern.shown())`"
    }
    let groups = match.output.count - 1
    let word = groups == 0 ? "no capture group" : "\(groups) capture group\(groups == 1 ? "" : "s")"
    return groups == 2 ? nil : "has \(word), not two: `\(pattern.shown())`"
  }

  /// Returns what is wrong with a pattern, nil where it finds exactly one number.
  static func flaw(ofPattern pattern: String) -> String? {
    guard pattern.utf8.count <= 1000 else { return "has \(pattern.utf8.count) bytes, at most 1000" }
    guard (try? Regex(pattern)) != nil else { return "is not a regular expression: `\(pattern.shown())`" }
    // An empty alternative always matches, and its output has a place for every capture group.
    guard let match = try? Regex("(?:\(pattern))|").firstMatch(in: "") else {
      return "is not a regular expression by itself: `\(pattern.shown())`"
    }
    let groups = match.output.count - 1
    if groups > 1 { return "has \(groups) capture groups, not one: `\(pattern.shown())`" }
    // Without a group the number is expected behind the match, so the match must not swallow it.
    let swallows = ["\\d", "[0-9", "\\S", ".*", ".+", "[-+"].contains { pattern.contains($0) }
    if groups == 0, swallows { return "has no capture group around the number: `\(pattern.shown())`" }
    return nil
  }
}
