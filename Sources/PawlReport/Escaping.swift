extension String {
  /// The text made safe for HTML and XML, in content and in quoted attributes; control characters become spaces.
  var escaped: String {
    var result = ""
    result.reserveCapacity(utf8.count + utf8.count / 8)
    for scalar in unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case "'": result += "&#39;"
      case "\n", "\t": result.unicodeScalars.append(scalar)
      default: result.unicodeScalars.append(scalar.isHarmless ? scalar : " ")
      }
    }
    return result
  }

  /// The text made safe for HTML, with what stands in backticks as code.
  var markedUp: String {
    escaped.split(separator: "`", omittingEmptySubsequences: false).enumerated()
      .map { $0.offset % 2 == 0 ? String($0.element) : "<code>\($0.element)</code>" }.joined()
  }

  /// The text on one line, without control characters, trimmed.
  package var onOneLine: String {
    var result = String.UnicodeScalarView()
    for scalar in unicodeScalars { result.append(scalar.isHarmless ? scalar : " ") }
    let blank: (Unicode.Scalar) -> Bool = { $0 == " " }
    return String(String.UnicodeScalarView(result.drop(while: blank).reversed().drop(while: blank).reversed()))
  }

  /// The text as a JSON string, quotes included (RFC 8259, section 7).
  var jsonQuoted: String {
    var result = "\""
    for scalar in unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\r": result += "\\r"
      case "\t": result += "\\t"
      default:
        if scalar.value < 0x20 || scalar.value == 0x2028 || scalar.value == 0x2029 {
          let digits = String(scalar.value, radix: 16)
          result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
        } else {
          result.unicodeScalars.append(scalar)
        }
      }
    }
    return result + "\""
  }

  /// The text as one word of a POSIX shell; left as it is where it is one.
  var shellQuoted: String {
    let isPlain =
      !isEmpty
      && unicodeScalars.allSatisfy { scalar in
        ("a"..."z").contains(scalar) || ("A"..."Z").contains(scalar) || ("0"..."9").contains(scalar)
          || "%+,-./:=@_".unicodeScalars.contains(scalar)
      }
    return isPlain ? self : "'" + replacing("'", with: "'\\''") + "'"
  }

  var capitalizedFirst: String { prefix(1).uppercased() + dropFirst() }

  /// The first `width` columns of the text, cut at a word where one ends near, with an ellipsis where something is left out.
  func abbreviated(to width: Int) -> String {
    let text = onOneLine
    guard text.count > width else { return text }
    let head = text.prefix(max(1, width - 1))
    var kept = head
    if let space = head.lastIndex(of: " "), head.distance(from: head.startIndex, to: space) > width / 2 {
      kept = head[..<space]
    }
    while let last = kept.last, " :;,.-–→(".contains(last) { kept.removeLast() }
    return kept + "…"
  }
}

extension Unicode.Scalar {
  /// Neither a control character, nor a bidirectional override that could disguise text, nor outside XML's characters.
  fileprivate var isHarmless: Bool {
    switch value {
    case 0..<0x20, 0x7f..<0xa0, 0x2028...0x202e, 0x2066...0x2069, 0xfffe, 0xffff: false
    default: true
    }
  }
}
