import PawlCore

extension Timestamp {
  /// The moment in UTC, to the second, as in `2026-03-09T06:05:04Z`.
  var iso8601: String {
    let moment = civil
    return "\(moment.date)T\(moment.time)Z"
  }

  /// The moment for people, as in `2026-03-09 06:05 UTC`.
  var readable: String { "\(civil.date) \(civil.time.prefix(5)) UTC" }
}

extension Double {
  /// A duration in seconds as everywhere, but with a decimal below ten seconds, and a dash for what is none.
  var readableSeconds: String {
    guard isFinite, self >= 0 else { return "–" }
    return self < 9.95 ? "\(fixed(decimals: 1)) s" : asDuration
  }
}
