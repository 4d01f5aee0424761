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
      let bytes = Array(original.utf8)
      var content: [UInt8] = []
      content.reserveCapacity(bytes.count + 16 * changes.count)
      var rewritten: [FileEdit.LineChange] = []
      let byLine = Dictionary(grouping: changes, by: \.knob.line)
      var line = 1
      var start = 0
      var copied = 0
      // Only the lines that change are ever taken apart.
      for number in byLine.keys.sorted() {
        while line < number, let feed = bytes[start...].firstIndex(of: 0x0a) {
          start = feed + 1
          line += 1
        }
        guard line == number else { break }
        let old = bytes[start..<(bytes[start...].firstIndex(of: 0x0a) ?? bytes.count)]
        let new = replaced(byLine[number] ?? [], in: old)
        content += bytes[copied..<start]
        content += new
        copied = old.endIndex
        rewritten.append(
          FileEdit.LineChange(
            line: number, old: String(decoding: old, as: UTF8.self), new: String(decoding: new, as: UTF8.self)))
      }
      content += bytes[copied...]
      edits.append(FileEdit(path: path, change: .lines(rewritten)))
      edited[path] = String(decoding: content, as: UTF8.self)
    }
    return (edited, edits)
  }

  /// Returns a line with its literals replaced, in one pass from left to right.
  private static func replaced(_ changes: [KnobChange], in old: ArraySlice<UInt8>) -> [UInt8] {
    var new: [UInt8] = []
    var copied = old.startIndex
    for change in changes.sorted(by: { $0.knob.columns.lowerBound < $1.knob.columns.lowerBound }) {
      let first = old.startIndex + change.knob.columns.lowerBound
      let end = old.startIndex + change.knob.columns.upperBound
      guard first >= copied, end <= old.endIndex else { continue }
      new += old[copied..<first]
      new += change.text.utf8
      copied = end
    }
    return new + old[copied...]
  }

  static let hypothesisLimit = 120

  /// Returns one line such as `raise LR 0.001 -> 0.0025, set NORM "layer" -> "rms"`.
  static func hypothesis(_ changes: [KnobChange]) -> String {
    let parts = changes.map { change in "\(verb(change)) \(change.knob.name) \(change.knob.literal) -> \(change.text)" }
    // A part takes more than one character: trying more parts than that would take quadratic time.
    for shown in stride(from: min(parts.count, hypothesisLimit), to: 0, by: -1) {
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
