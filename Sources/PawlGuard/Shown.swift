extension String {
  /// Returns the text on one line and at most `limit` characters, safe to print on a terminal.
  func shown(limit: Int = 80) -> String {
    var result = ""
    var count = 0
    for scalar in unicodeScalars {
      if count == limit { return result + "…" }
      // A backtick would end the quotation, a control character could drive the terminal.
      let isControl = scalar.value < 0x20 || (0x7f..<0xa0).contains(scalar.value)
      result.unicodeScalars.append(isControl ? "�" : scalar == "`" ? "'" : scalar)
      count += 1
    }
    return result
  }
}
