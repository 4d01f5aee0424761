import PawlCore

/// One literal's replacement.
struct KnobChange {
  let knob: Knob
  let base: KnobValue
  let value: KnobValue
  let text: String
}

/// Writes changes into the files, and says what was changed.
enum KnobEditing {
  /// Returns the changed files' new contents and the edits that make them.
  static func apply(_ changes: [KnobChange], to files: [String: String]) -> (files: [String: String], edits: [FileEdit])
  {
    var edited = files
    var edits: [FileEdit] = []
    let byPath = Dictionary(grouping: changes, by: \.knob.path)
    for path in byPath.keys.sorted() {
      guard let original = files[path], let changes = byPath[path] else { continue }
      var lines = original.utf8.split(separator: 0x0a, omittingEmptySubsequences: false)
        .map { Array($0) }
      var rewritten: [FileEdit.LineChange] = []
      for (line, changes) in Dictionary(grouping: changes, by: \.knob.line).sorted(by: { $0.key < $1.key }) {
        guard lines.indices.contains(line - 1) else { continue }
        let old = lines[line - 1]
        var new = old
        // From the right, so that the columns to the left hold.
        for change in changes.sorted(by: { $0.knob.columns.lowerBound > $1.knob.columns.lowerBound })
        where change.knob.columns.upperBound <= old.count {
          new.replaceSubrange(change.knob.columns, with: Array(change.text.utf8))
        }
        lines[line - 1] = new
        rewritten.append(
          FileEdit.LineChange(
            line: line, old: String(decoding: old, as: UTF8.self), new: String(decoding: new, as: UTF8.self)))
      }
      let content = String(decoding: Array(lines.joined(separator: [0x0a])), as: UTF8.self)
      let edit = FileEdit(path: path, change: .lines(rewritten))
      // Where lines end otherwise than `FileEdit` counts them (CR LF), the whole content says it.
      let exact = edit.applied(to: original).map { $0.utf8.elementsEqual(content.utf8) } ?? false
      edits.append(exact ? edit : FileEdit(path: path, change: .content(content)))
      edited[path] = content
    }
    return (edited, edits)
  }

  static let hypothesisLimit = 120

  /// Returns one line such as `raise LR 0.001 -> 0.0025, set NORM "layer" -> "rms"`.
  static func hypothesis(_ changes: [KnobChange]) -> String {
    let parts = changes.map { change in "\(verb(change)) \(change.knob.name) \(change.knob.literal) -> \(change.text)" }
    for shown in stride(from: parts.count, to: 0, by: -1) {
      let rest = parts.count - shown
      let text = parts.prefix(shown).joined(separator: ", ") + (rest > 0 ? ", and \(rest) more" : "")
      if text.count <= hypothesisLimit { return text }
    }
    return String("change \(parts.count) knobs: \(parts.first ?? "")".prefix(hypothesisLimit - 1)) + "…"
  }

  private static func verb(_ change: KnobChange) -> String {
    guard let before = number(change.knob.value), let after = number(change.value), before != after else {
      return "set"
    }
    return after > before ? "raise" : "lower"
  }

  private static func number(_ value: KnobValue) -> Double? {
    switch value {
    case .integer(let integer): Double(integer)
    case .real(let real): real
    default: nil
    }
  }
}
