/// An amount of memory, disk or output, in bytes.
public struct Bytes: Hashable, Comparable, Sendable, Codable, CustomStringConvertible {
  public let count: Int64
  public init(_ count: Int64) { self.count = count }
  public init(from decoder: any Decoder) throws { count = try Int64(from: decoder) }
  public func encode(to encoder: any Encoder) throws { try count.encode(to: encoder) }
  public static func mebibytes(_ count: Int64) -> Self { Self(count << 20) }
  public static func gibibytes(_ count: Int64) -> Self { Self(count << 30) }
  public static func < (left: Self, right: Self) -> Bool { left.count < right.count }
  /// Three digits and a binary unit, as in `1.50 GiB`.
  public var description: String {
    var value = Double(count)
    for unit in ["B", "KiB", "MiB", "GiB"] {
      if value.magnitude < 1024 { return unit == "B" ? "\(count) B" : "\(value.formatted(digits: 3)) \(unit)" }
      value /= 1024
    }
    return "\(value.formatted(digits: 3)) TiB"
  }
}

/// A moment on the wall clock, in milliseconds since 1970-01-01 UTC.
public struct Timestamp: Hashable, Comparable, Sendable, Codable {
  public let milliseconds: Int64
  public init(milliseconds: Int64) { self.milliseconds = milliseconds }
  public init(from decoder: any Decoder) throws { milliseconds = try Int64(from: decoder) }
  public func encode(to encoder: any Encoder) throws { try milliseconds.encode(to: encoder) }
  public static func < (left: Self, right: Self) -> Bool { left.milliseconds < right.milliseconds }
  /// Returns the moment so many seconds later.
  public func advanced(by seconds: Double) -> Self {
    Self(milliseconds: milliseconds + Int64(max(-1e15, min(1e15, seconds * 1000))))
  }
  /// Returns the time from `earlier` to this moment.
  public func since(_ earlier: Self) -> Duration { .milliseconds(milliseconds - earlier.milliseconds) }
}

extension Duration {
  /// The duration in seconds, to about 15 digits.
  public var seconds: Double {
    let (whole, attoseconds) = components
    return Double(whole) + Double(attoseconds) * 1e-18
  }
}

extension Double {
  /// Returns the number with `digits` significant digits and no exponent between 1e-5 and 1e15; the same on every platform.
  public func formatted(digits: Int) -> String {
    guard isFinite else { return isNaN ? "nan" : (self < 0 ? "-inf" : "inf") }
    guard self != 0 else { return "0" }
    var scale = 0
    var size = magnitude
    while size >= 10 { size /= 10; scale += 1 }
    while size < 1 { size *= 10; scale -= 1 }
    if scale < -5 || scale >= 15 {
      let mantissa = (self < 0 ? -size : size).fixed(decimals: digits - 1)
      return "\(mantissa)e\(scale)"
    }
    return fixed(decimals: Swift.max(0, digits - 1 - scale))
  }

  /// Returns the number with exactly `decimals` digits after the point (C's `%.*f`), for magnitudes below 1e15.
  public func fixed(decimals: Int) -> String {
    guard isFinite else { return isNaN ? "nan" : (self < 0 ? "-inf" : "inf") }
    var power = 1.0
    for _ in 0..<decimals { power *= 10 }
    let scaled = magnitude * power + 0.5
    guard scaled < 1e18 else { return "\(self)" }
    let digits = String(UInt64(scaled))
    let sign = self < 0 && scaled >= 1 ? "-" : ""
    guard decimals > 0 else { return sign + digits }
    let padded = String(repeating: "0", count: Swift.max(0, decimals + 1 - digits.count)) + digits
    return "\(sign)\(padded.dropLast(decimals)).\(padded.suffix(decimals))"
  }
}
