import PawlCore

/// How the values of one metric are written: enough digits to see one measurement's noise, and no more.
struct NumberStyle {
  /// Decimals after the point of the mantissa.
  let decimals: Int
  /// Values are written as a multiple of this power of ten; 0 writes them plainly.
  let exponent: Int

  /// `resolution` is the smallest difference that matters; nil shows six significant digits.
  init(values: [Double], resolution: Double?) {
    let largest = values.lazy.filter(\.isFinite).map(\.magnitude).max() ?? 0
    let scale = Self.exponent(of: largest)
    exponent = largest > 0 && (scale >= 7 || scale <= -4) ? scale : 0
    var digits = 6
    if let resolution, resolution > 0, resolution.isFinite, largest > 0 {
      digits = min(9, max(3, scale - Self.exponent(of: resolution) + 2))
    }
    decimals = max(0, min(12, digits - 1 - (exponent == 0 ? scale : 0)))
  }

  private init(decimals: Int, exponent: Int) {
    self.decimals = decimals
    self.exponent = exponent
  }

  func text(_ value: Double) -> String {
    guard value.isFinite else { return "–" }
    guard exponent != 0 else { return Self.grouped(value.fixed(decimals: decimals)) }
    return (value / Self.power(exponent)).fixed(decimals: decimals).replacingMinus + Self.times(exponent)
  }

  /// A difference, with its sign and two significant digits more than its error where that is known.
  func signed(_ value: Double) -> String {
    guard value.isFinite else { return "–" }
    return (value > 0 ? "+" : "") + text(value)
  }

  /// A style for differences, which are smaller than the values that they come from.
  var difference: Self {
    Self(decimals: exponent == 0 ? min(12, decimals + 1) : min(9, decimals + 1), exponent: exponent)
  }

  /// The power of ten of the first digit of `value`; 0 for zero.
  static func exponent(of value: Double) -> Int {
    guard value.isFinite, value != 0 else { return 0 }
    var size = value.magnitude
    var scale = 0
    while size >= 10 { size /= 10; scale += 1 }
    while size < 1 { size *= 10; scale -= 1 }
    return scale
  }

  static func power(_ exponent: Int) -> Double {
    var result = 1.0
    for _ in 0..<exponent.magnitude { result *= 10 }
    return exponent < 0 ? 1 / result : result
  }

  /// The factor as text, as in `×10⁻⁷`.
  static func times(_ exponent: Int) -> String {
    let raised: [Character: Character] = [
      "-": "⁻", "0": "⁰", "1": "¹", "2": "²", "3": "³", "4": "⁴", "5": "⁵", "6": "⁶", "7": "⁷", "8": "⁸", "9": "⁹",
    ]
    return "×10" + String(String(exponent).map { raised[$0] ?? $0 })
  }

  /// The digits before the point in groups of three from five digits on, with narrow no-break spaces and a real minus.
  private static func grouped(_ text: String) -> String {
    let parts = text.split(separator: ".", maxSplits: 1)
    guard let whole = parts.first else { return text }
    let digits = whole.drop { $0 == "-" }
    guard digits.count > 4, digits.allSatisfy(\.isNumber) else { return text.replacingMinus }
    var result = ""
    for (offset, digit) in digits.enumerated() {
      if offset > 0, (digits.count - offset) % 3 == 0 { result.append("\u{202f}") }
      result.append(digit)
    }
    return (whole.first == "-" ? "−" : "") + result + (parts.count > 1 ? ".\(parts[1])" : "")
  }
}

extension String {
  /// The number with the typographic minus.
  var replacingMinus: String { hasPrefix("-") ? "−" + dropFirst() : self }
}
