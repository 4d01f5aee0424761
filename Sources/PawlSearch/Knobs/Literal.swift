import PawlCore

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// A literal as written: its value, and how to write another value in the same manner.
struct Literal {
  enum Style: Equatable {
    case integer(grouped: Bool, suffix: String)
    /// `2**19` or `1 << 19`; `head` is what stands before the exponent.
    case power(head: String)
    /// `64 * 1024`: `tail` is what stands after the first factor, `factor` its product.
    case product(tail: String, factor: Int)
    case decimal(suffix: String)
    /// `1e-3`; `marker` is `e` or `E`, `dotted` says that the mantissa has a point.
    case exponent(marker: String, dotted: Bool, suffix: String)
    case boolean(yes: String, no: String)
    case text(quote: String)
  }
  let value: KnobValue
  let style: Style

  init?(_ text: String) {
    if let pair = Self.booleans.first(where: { $0.0 == text || $0.1 == text }) {
      value = .boolean(pair.0 == text)
      style = .boolean(yes: pair.0, no: pair.1)
    } else if let first = text.first, first == "\"" || first == "'" {
      guard text.count >= 2, text.last == first, !text.contains("\\"), !text.contains("\n") else { return nil }
      let inner = text.dropFirst().dropLast()
      guard !inner.contains(first) else { return nil }
      value = .text(String(inner))
      style = .text(quote: String(first))
    } else if let expression = Self.expression(text) {
      (value, style) = expression
    } else if let number = Self.number(text) {
      (value, style) = number
    } else if !text.isEmpty, text.utf8.allSatisfy({ TokenizedSource.isWord($0) || $0 == 0x2d || $0 == 0x2e }) {
      value = .text(text)
      style = .text(quote: "")
    } else {
      return nil
    }
  }

  private static let booleans = [("true", "false"), ("True", "False"), ("TRUE", "FALSE")]

  private static func expression(_ text: String) -> (KnobValue, Style)? {
    let bytes = Array(text.utf8)
    if let split = text.utf8.indices.dropLast().first(where: {
      let next = text.utf8[text.utf8.index(after: $0)]
      return (text.utf8[$0] == 0x2a && next == 0x2a) || (text.utf8[$0] == 0x3c && next == 0x3c)
    }) {
      let after = text.utf8.index(split, offsetBy: 2)
      let base = whole(text[..<split])
      guard base == (text.utf8[split] == 0x2a ? 2 : 1) else { return nil }
      let digits = text[after...].drop { $0 == " " }
      guard let exponent = whole(digits), exponent >= 0, exponent <= 40 else { return nil }
      return (.integer(1 << exponent), .power(head: String(text[..<digits.startIndex])))
    }
    guard bytes.contains(0x2a), let star = text.utf8.firstIndex(of: 0x2a) else { return nil }
    let factors = text.split(separator: "*", omittingEmptySubsequences: false).map(whole)
    var product = 1
    for factor in factors {
      guard let factor, factor > 0, factor <= 1 << 40 else { return nil }
      let (next, overflow) = product.multipliedReportingOverflow(by: factor)
      guard !overflow, next <= 1 << 40 else { return nil }
      product = next
    }
    guard let first = factors.first ?? nil else { return nil }
    var end = star
    while end > text.startIndex, text[text.index(before: end)] == " " { end = text.index(before: end) }
    return (.integer(product), .product(tail: String(text[end...]), factor: product / first))
  }

  private static func whole(_ text: Substring) -> Int? {
    let trimmed = text.drop { $0 == " " }
    let digits = trimmed.prefix { $0 != " " }.filter { $0 != "_" }
    guard trimmed.drop(while: { $0 != " " }).allSatisfy({ $0 == " " }), digits.first?.isNumber == true else {
      return nil
    }
    return Int(digits)
  }

  private static let integerSuffixes: Set<String> = [
    "", "u", "l", "ul", "ll", "ull", "n", "i8", "i16", "i32", "i64", "isize", "u8", "u16", "u32", "u64", "usize",
  ]
  private static let realSuffixes: Set<String> = ["", "f", "d", "f16", "f32", "f64", "f0"]

  private static func number(_ text: String) -> (KnobValue, Style)? {
    let bytes = Array(text.utf8)
    var index = 0
    if index < bytes.count, bytes[index] == 0x2d || bytes[index] == 0x2b { index += 1 }
    let start = index
    var digits = 0
    var dotted = false
    var marker: String?
    var grouped = false
    var body: [UInt8] = bytes.first == 0x2d ? [0x2d] : []
    scan: while index < bytes.count {
      let byte = bytes[index]
      switch byte {
      case 0x30...0x39: digits += 1
      case 0x5f:
        // An underscore before a letter belongs to the suffix: `8_u32`.
        guard index + 1 < bytes.count, TokenizedSource.isDigit(bytes[index + 1]) else { break scan }
        grouped = true
      case 0x2e where !dotted && marker == nil: dotted = true
      case 0x65 where marker == nil, 0x45 where marker == nil:
        var next = index + 1
        if next < bytes.count, bytes[next] == 0x2d || bytes[next] == 0x2b { next += 1 }
        guard digits > 0, next < bytes.count, TokenizedSource.isDigit(bytes[next]) else { return nil }
        marker = byte == 0x65 ? "e" : "E"
        body.append(contentsOf: bytes[index..<next])
        index = next
        continue scan
      default: break scan
      }
      if byte != 0x5f { body.append(byte) }
      index += 1
    }
    guard digits > 0 else { return nil }
    let rest = String(decoding: bytes[index...], as: UTF8.self)
    let suffix = rest.lowercased().filter { $0 != "_" }
    if !dotted, marker == nil, integerSuffixes.contains(suffix) {
      // A leading zero is an octal number somewhere.
      guard bytes[start] != 0x30 || bytes.count - rest.utf8.count == start + 1 else { return nil }
      guard let integer = Int(String(decoding: body, as: UTF8.self)) else { return nil }
      return (.integer(integer), .integer(grouped: grouped, suffix: rest))
    }
    guard realSuffixes.contains(suffix) || (suffix == "l" && dotted) else { return nil }
    guard let real = real(body), real.isFinite else { return nil }
    guard let marker else { return (.real(real), .decimal(suffix: rest)) }
    return (.real(real), .exponent(marker: marker, dotted: dotted, suffix: rest))
  }

  /// Reads digits that may start or end with the point, as C allows and Swift does not.
  private static func real(_ body: [UInt8]) -> Double? {
    var text: [UInt8] = []
    for (index, byte) in body.enumerated() {
      if byte == 0x2e, index == 0 || !TokenizedSource.isDigit(body[index - 1]) { text.append(0x30) }
      text.append(byte)
      if byte == 0x2e, index + 1 == body.count || !TokenizedSource.isDigit(body[index + 1]) { text.append(0x30) }
    }
    return Double(String(decoding: text, as: UTF8.self))
  }
}
