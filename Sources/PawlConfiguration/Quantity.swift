import PawlCore

/// Times and sizes as pawl.yaml writes them: a number with its unit.
enum Quantity {
  enum Reading<Value: Equatable & Sendable>: Equatable, Sendable {
    case value(Value)
    /// Why there is none: a lowercase fragment behind "`budget.wall` …", and whether the unit is to blame.
    case flaw(String, isUnit: Bool)
  }

  private static let times: [(names: [String], seconds: Double)] = [
    (["ms"], 1e-3), (["s", "sec", "second", "seconds"], 1), (["m", "min", "minute", "minutes"], 60),
    (["h", "hour", "hours"], 3600), (["d", "day", "days"], 86400),
  ]
  private static let sizes: [(name: String, bytes: Int64)] = [
    ("B", 1), ("kB", 1_000), ("KiB", 1 << 10), ("MB", 1_000_000), ("MiB", 1 << 20), ("GB", 1_000_000_000),
    ("GiB", 1 << 30), ("TB", 1_000_000_000_000), ("TiB", 1 << 40),
  ]

  /// Reads `90`, `90s`, `10min`, `1.5h` or `2d` as seconds, above 0 and at most a thousand years.
  static func seconds(_ text: String) -> Reading<Double> {
    let (number, unit) = split(text)
    guard let number = decimal(number) else { return .flaw("is not a time: `\(text.shown())`", isUnit: false) }
    guard let scale = unit.isEmpty ? 1 : times.first(where: { $0.names.contains(unit.lowercased()) })?.seconds else {
      return .flaw("has `\(unit.shown())` for a unit of time: `\(text.shown())`", isUnit: true)
    }
    let seconds = number * scale
    guard seconds > 0, seconds <= 3.2e10 else { return .flaw("is out of range: `\(text.shown())`", isUnit: false) }
    return .value(seconds)
  }

  /// Reads `512MB`, `16GB` (10^9) or `16GiB` (2^30), above 0.
  static func bytes(_ text: String) -> Reading<Bytes> {
    let (number, unit) = split(text)
    guard let amount = decimal(number) else { return .flaw("is not a size: `\(text.shown())`", isUnit: false) }
    guard !unit.isEmpty else { return .flaw("has no unit: `\(text.shown())`", isUnit: true) }
    guard let scale = sizes.first(where: { $0.name.lowercased() == unit.lowercased() })?.bytes else {
      return .flaw("has `\(unit.shown())` for a unit of size: `\(text.shown())`", isUnit: true)
    }
    if let whole = Int64(number) {
      let (product, overflow) = whole.multipliedReportingOverflow(by: scale)
      if !overflow, whole > 0, product <= 1 << 60 { return .value(Bytes(product)) }
    } else {
      let product = (amount * Double(scale)).rounded()
      if product >= 1, product <= 0x1p60 { return .value(Bytes(Int64(product))) }
    }
    return .flaw("is out of range: `\(text.shown())`", isUnit: false)
  }

  /// Reads a finite decimal number, nil for anything else; `nan`, `inf`, hexadecimal and `1e999` among it.
  static func decimal(_ text: some StringProtocol) -> Double? {
    guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) || "+-.eE".utf8.contains($0) }), let number = Double(text),
      number.isFinite
    else { return nil }
    return number
  }

  /// Returns the shortest text that reads back as exactly `seconds`.
  static func text(seconds: Double) -> String {
    for (names, scale) in times.reversed() where scale >= 1 && seconds >= scale {
      let count = (seconds / scale).rounded()
      guard count * scale == seconds, count < 1e15 else { continue }
      return "\(Int64(count))\(scale == 60 ? "min" : names.first ?? "")"
    }
    return "\(number(seconds))s"
  }

  /// Returns the shortest text that reads back as exactly `bytes`.
  static func text(_ bytes: Bytes) -> String {
    let fitting = sizes.filter { bytes.count % $0.bytes == 0 && bytes.count >= $0.bytes }
    let (name, scale) = fitting.max { $0.bytes < $1.bytes } ?? ("B", 1)
    return "\(bytes.count / scale)\(name)"
  }

  /// Returns a number without a needless `.0`.
  static func number(_ value: Double) -> String {
    value.magnitude < 1e15 && value == value.rounded() ? "\(Int64(value))" : "\(value)"
  }

  private static func split(_ text: String) -> (number: String, unit: String) {
    let trimmed = text.split(separator: " ").joined(separator: " ")
    var end = trimmed.endIndex
    while end > trimmed.startIndex, trimmed[trimmed.index(before: end)].isLetter { end = trimmed.index(before: end) }
    let number = trimmed[..<end].last == " " ? trimmed[..<end].dropLast() : trimmed[..<end]
    return (String(number), String(trimmed[end...]))
  }
}
