import PawlCore

/// The layout of pi-autoresearch: a script that prints `METRIC name=value` lines, and a page that says what is in scope.
///
/// It keeps its files in `.auto/` (`measure.sh`, `prompt.md`, `log.jsonl`); earlier ones lie flat (`autoresearch.sh`, `.md`, `.jsonl`).
enum PiLayout {
  static func detect(_ repository: some RepositoryView, _ paths: Set<String>) -> StudyDraft? {
    guard let script = [".auto/measure.sh", "autoresearch.sh"].first(where: paths.contains) else { return nil }
    let isFlat = script == "autoresearch.sh"
    let page = repository.text(of: isFlat ? "autoresearch.md" : ".auto/prompt.md") ?? ""
    let log = repository.text(of: isFlat ? "autoresearch.jsonl" : ".auto/log.jsonl") ?? ""
    var notes = ["the pi-autoresearch layout: `\(script)` measures"]
    var metric: MetricRule?
    if let (name, direction) = recorded(in: log) ?? described(in: page)
      ?? printed(by: repository.text(of: script) ?? "")
    {
      let pattern = "^METRIC \(MetricCheck.escaped(name))\\s*=\\s*([-+0-9.eE]+|nan|inf)"
      metric = direction.map { MetricRule(name: name, pattern: pattern, direction: $0) }
      notes.append(
        direction == nil
          ? "the metric is `\(name.shown())`, but nothing says which way it improves"
          : "the metric is `\(name.shown())`, \(direction == .minimize ? "smaller" : "greater") is better")
    }
    let editable = files(under: "files in scope", of: page, paths)
    let frozen = files(under: "off limits", of: page, paths).filter { !editable.contains($0) }
    if !editable.isEmpty { notes.append("\(editable.count) paths are in scope by its page") }
    return StudyDraft(
      layout: .piAutoresearch, command: "bash \(script)", metric: metric, editable: editable, frozen: frozen,
      notes: notes
    ).withMissing()
  }

  /// Reads the newest `{"type":"config","metricName":"…","bestDirection":"lower"}` line of the log.
  private static func recorded(in log: String) -> (String, Direction?)? {
    for line in log.split(whereSeparator: \.isNewline).reversed() where line.contains("\"metricName\"") {
      guard let name = value(of: "metricName", in: line) else { continue }
      let direction = value(of: "bestDirection", in: line) ?? value(of: "direction", in: line)
      return (name, direction.flatMap { self.direction(in: $0) } ?? MetricCheck.direction(ofMetric: name))
    }
    return nil
  }

  private static func value(of key: String, in line: Substring) -> String? {
    guard let regex = try? Regex("\"\(key)\"\\s*:\\s*\"([^\"\\\\]+)\""), let match = try? regex.firstMatch(in: line),
      match.output.count > 1, let text = match.output[1].substring
    else { return nil }
    return String(text)
  }

  /// Reads `- **Primary**: total_ms (ms, lower is better)`.
  private static func described(in page: String) -> (String, Direction?)? {
    for line in page.split(whereSeparator: \.isNewline) where line.lowercased().contains("primary") {
      guard let colon = line.firstIndex(of: ":") else { continue }
      let rest = line[line.index(after: colon)...].drop { "* `".contains($0) }
      let name = rest.prefix { $0.isASCII && ($0.isLetter || $0.isNumber || "_-./%".contains($0)) }
      guard !name.isEmpty else { continue }
      return (String(name), direction(in: String(rest)) ?? MetricCheck.direction(ofMetric: String(name)))
    }
    return nil
  }

  /// Reads the script's own `METRIC name=` where it prints a single one.
  private static func printed(by script: String) -> (String, Direction?)? {
    var names: [String] = []
    for line in script.split(whereSeparator: \.isNewline) {
      guard let range = line.firstRange(of: "METRIC "), !line.drop(while: \.isWhitespace).hasPrefix("#") else {
        continue
      }
      let rest = line[range.upperBound...]
      let name = rest.prefix { $0.isASCII && ($0.isLetter || $0.isNumber || "_-./".contains($0)) }
      if !name.isEmpty, rest.dropFirst(name.count).first == "=", !names.contains(String(name)) {
        names.append(String(name))
      }
    }
    guard names.count == 1, let name = names.first else { return nil }
    return (name, MetricCheck.direction(ofMetric: name))
  }

  private static func direction(in text: String) -> Direction? {
    let text = text.lowercased()
    let isLower = text.contains("lower") || text.contains("minimi")
    let isHigher = text.contains("higher") || text.contains("maximi")
    return isLower == isHigher ? nil : isLower ? .minimize : .maximize
  }

  /// Returns the paths in backticks of a section that the repository has; a folder covers what is in it.
  private static func files(under heading: String, of page: String, _ paths: Set<String>) -> [String] {
    var found: [String] = []
    var isInside = false
    for line in page.split(whereSeparator: \.isNewline) {
      if line.hasPrefix("#") {
        isInside = line.lowercased().contains(heading)
        continue
      }
      guard isInside else { continue }
      for (index, piece) in line.split(separator: "`", omittingEmptySubsequences: false).enumerated()
      where index % 2 == 1 {
        let path = PathCheck.canonical(String(piece))
        guard !path.isEmpty, PathCheck.flaw(of: path) == nil else { continue }
        let isFolder = paths.contains { $0.hasPrefix(path + "/") }
        let isGlob = path.contains("*")
        guard paths.contains(path) || isFolder || isGlob else { continue }
        let entry = isFolder ? path + "/" : path
        if !found.contains(entry) { found.append(entry) }
      }
    }
    return found
  }
}
