/// Numbers as a person reads them.
enum Figures {
  /// Returns a share in per cent with one digit.
  static func percent(_ share: Double) -> String { decimal(share * 100, digits: 1) + " %" }

  /// Returns a number with so many digits behind the point; what is not finite as it is.
  static func decimal(_ value: Double, digits: Int) -> String {
    guard value.isFinite, abs(value) < 1e12 else { return "\(value)" }
    let scale = (0..<digits).reduce(1) { product, _ in product * 10 }
    let whole = Int((abs(value) * Double(scale)).rounded())
    let sign = value < 0 && whole > 0 ? "-" : ""
    guard digits > 0 else { return sign + "\(whole)" }
    let rest = String(whole % scale)
    return sign + "\(whole / scale)." + String(repeating: "0", count: digits - rest.count) + rest
  }

  /// Returns three figures of a number that may be small.
  static func short(_ value: Double) -> String {
    let size = abs(value)
    if size >= 100 || size == 0 { return decimal(value, digits: 0) }
    if size >= 1 { return decimal(value, digits: 2) }
    return decimal(value, digits: size >= 0.01 ? 4 : 6)
  }
}
