extension String {
  /// The text without what would act on a terminal: escape sequences, control characters but line breaks and tabs, and marks
  /// that reorder text. A carriage return counts as a line break.
  ///
  /// Sequences as in ECMA-48: `ESC [ … final` and, up to BEL or ST, the strings that `ESC ]`, `P`, `X`, `^` and `_` begin.
  package var withoutControls: String {
    var plain = String.UnicodeScalarView()
    var reading = Reading.text
    var wasReturn = false
    for scalar in unicodeScalars {
      let value = scalar.value
      // Whatever was begun ends with its line, so that no text is lost behind a sequence that never ends.
      if value == 0x0a || value == 0x0d {
        if !(value == 0x0a && wasReturn) { plain.append("\n") }
        (reading, wasReturn) = (.text, value == 0x0d)
        continue
      }
      wasReturn = false
      switch reading {
      case .text:
        switch value {
        case 0x1b: reading = .escape
        case 0x9b: reading = .sequence
        case 0x90, 0x98, 0x9d, 0x9e, 0x9f: reading = .string
        case 0x09: plain.append(scalar)
        case 0..<0x20, 0x7f..<0xa0, 0x061c, 0x200e, 0x200f, 0x202a...0x202e, 0x2028, 0x2029, 0x2066...0x2069: break
        default: plain.append(scalar)
        }
      case .escape:
        switch scalar {
        case "[": reading = .sequence
        case "]", "P", "X", "^", "_": reading = .string
        case "\u{1b}": break
        default: reading = (0x20..<0x30).contains(value) ? .escape : .text
        }
      case .sequence: if !(0x20..<0x40).contains(value) { reading = value == 0x1b ? .escape : .text }
      case .string:
        if value == 0x07 || value == 0x9c { reading = .text } else if value == 0x1b { reading = .escape }
      }
    }
    return String(plain)
  }
}

private enum Reading { case text, escape, sequence, string }
