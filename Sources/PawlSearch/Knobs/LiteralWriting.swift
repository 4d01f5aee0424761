import PawlCore

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

extension Literal {
  /// Returns `value` written as this literal is written, or nil where it cannot hold such a value.
  ///
  /// Reals are rounded to `places` significant digits, two of `1 - value` where `nearOne`: read the text back for the value.
  func writing(_ value: KnobValue, nearOne: Bool = false, places: Int = 3) -> String? {
    switch (style, value) {
    case (.integer(let grouped, let suffix), .integer(let integer)):
      return (grouped ? Self.grouped(integer) : String(integer)) + suffix
    case (.power(let head), .integer(let integer)):
      guard integer > 0 else { return nil }
      return integer & (integer - 1) == 0 ? head + String(integer.trailingZeroBitCount) : String(integer)
    case (.product(let tail, let factor), .integer(let integer)):
      guard integer > 0 else { return nil }
      return integer.isMultiple(of: factor) ? String(integer / factor) + tail : String(integer)
    case (.decimal(let suffix), .real(let real)):
      guard let (digits, power) = Self.rounded(real, nearOne: nearOne, places: places) else { return nil }
      if digits != 0, !(-12...15).contains(power) {
        return Self.scientific(digits, power, marker: "e", dotted: true) + suffix
      }
      return Self.plain(digits, power) + suffix
    case (.exponent(let marker, let dotted, let suffix), .real(let real)):
      guard let (digits, power) = Self.rounded(real, nearOne: nearOne, places: places) else { return nil }
      if nearOne || digits == 0 { return Self.plain(digits, power) + suffix }
      return Self.scientific(digits, power, marker: marker, dotted: dotted) + suffix
    case (.boolean(let yes, let no), .boolean(let flag)): return flag ? yes : no
    case (.text(let quote), .text(let text)):
      let plain = text.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x5c && $0 != 0x22 && $0 != 0x27 && $0 != 0x24 }
      guard plain else { return nil }
      if quote.isEmpty, Literal(text)?.value != .text(text) { return nil }
      return quote + text + quote
    default: return nil
    }
  }

  private static func grouped(_ integer: Int) -> String {
    let digits = Array(String(integer.magnitude))
    var text = integer < 0 ? "-" : ""
    for (index, digit) in digits.enumerated() {
      if index > 0, (digits.count - index).isMultiple(of: 3) { text += "_" }
      text.append(digit)
    }
    return text
  }

  /// Returns the whole number and the power of ten whose product is `real` to so many significant digits.
  private static func rounded(_ real: Double, nearOne: Bool, places: Int) -> (digits: Int, power: Int)? {
    guard real.isFinite else { return nil }
    let size = nearOne ? 1 - real : real.magnitude
    guard size > 0 else { return nearOne ? nil : (0, 0) }
    let exponent = log10(size).rounded(.down)
    guard exponent > -290, exponent < 290 else { return nil }
    var power = Int(exponent) - (nearOne ? 1 : places - 1)
    let scaled = power < 0 ? real * pow(10, Double(-power)) : real / pow(10, Double(power))
    guard scaled.magnitude < 1e15 else { return nil }
    var digits = Int(scaled.rounded())
    while digits != 0, digits.isMultiple(of: 10) {
      digits /= 10
      power += 1
    }
    return (digits, power)
  }

  private static func plain(_ digits: Int, _ power: Int) -> String {
    let sign = digits < 0 ? "-" : ""
    let text = String(digits.magnitude)
    guard power < 0 else { return sign + text + String(repeating: "0", count: digits == 0 ? 0 : power) + ".0" }
    let places = -power
    let padded = String(repeating: "0", count: max(0, places + 1 - text.count)) + text
    return sign + padded.dropLast(places) + "." + padded.suffix(places)
  }

  private static func scientific(_ digits: Int, _ power: Int, marker: String, dotted: Bool) -> String {
    let sign = digits < 0 ? "-" : ""
    let text = String(digits.magnitude)
    let exponent = power + text.count - 1
    var mantissa = String(text.prefix(1))
    if text.count > 1 {
      mantissa += "." + text.dropFirst()
    } else if dotted {
      mantissa += ".0"
    }
    // YAML 1.1 reads a mantissa with a point as a number only where the exponent is signed.
    return sign + mantissa + marker + (exponent < 0 ? "-" : dotted ? "+" : "") + String(exponent.magnitude)
  }
}
