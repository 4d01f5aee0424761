extension String {
  /// The hypothesis in as few characters as a picture has, with what matters in it: `set norm "layer" -> "rms"` is `norm layer→rms`.
  ///
  /// Of several changes those are named that fit, the others counted. A text without an arrow is cut at a word.
  func plotName(width: Int) -> String {
    let text = onOneLine
    let changes = text.split(separator: ", ").compactMap { PlotChange(String($0)) }
    guard let first = changes.first else { return text.abbreviated(to: width) }
    // The knob sampler says how many more there are at the end of a long list.
    let unnamed = text.hasSuffix(" more") ? text.split(separator: " ").dropLast().last.flatMap { Int($0) } ?? 0 : 0
    for shown in stride(from: min(changes.count, width), to: 0, by: -1) {
      let rest = changes.count - shown + unnamed
      let name = changes.prefix(shown).map(\.text).joined(separator: ", ") + (rest > 0 ? " +\(rest)" : "")
      if name.count <= width { return name }
    }
    let rest = changes.count - 1 + unnamed
    let suffix = rest > 0 ? " +\(rest)" : ""
    return first.text(width: max(8, width - suffix.count)) + suffix
  }
}

/// One `name before → after` in a hypothesis.
private struct PlotChange {
  let name: String
  /// With its arrow.
  let change: String

  init?(_ part: String) {
    let text = part.replacing(" -> ", with: "→").replacing(" → ", with: "→")
    guard let arrow = text.firstIndex(of: "→") else { return nil }
    let before = text[..<arrow].split(separator: " ")
    guard let value = before.last, before.count > 1 else { return nil }
    let verb = before.first.map { ["raise", "lower", "set"].contains($0) } ?? false
    let words = before.dropLast().dropFirst(verb && before.count > 2 ? 1 : 0)
    // What follows a colon is the reason.
    let after = text[text.index(after: arrow)...].prefix { $0 != ":" && $0 != ";" }
    name = words.joined(separator: " ")
    change = "\(Self.bare(value))→\(Self.bare(after))"
  }

  var text: String { "\(name) \(change)" }

  /// The end of a long name says the most, and the new value more than the old one.
  func text(width: Int) -> String {
    guard text.count > width else { return text }
    let room = width - change.count - 2
    if room >= 4 { return "…\(name.suffix(room)) \(change)" }
    let after = change.split(separator: "→").last.map(String.init) ?? change
    return "\(name.abbreviated(to: max(4, width / 2 - 2)))→\(after.abbreviated(to: max(4, width / 2)))"
  }

  /// Without the quotes of a string literal.
  private static func bare(_ text: some StringProtocol) -> String {
    String(String(text).filter { $0 != "\"" && $0 != "'" })
  }
}
