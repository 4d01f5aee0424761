extension Double {
  /// Returns a duration in seconds for people, to two units: `12 s`, `3 min`, `3 min 20 s`, `2 h 5 min`, `4 d 1 h`.
  public var asDuration: String {
    let seconds = Int(Swift.min(Swift.max(0, isNaN ? 0 : self), 1e9) + 0.5)
    let units = [("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1)]
    guard let first = units.firstIndex(where: { seconds >= $0.1 }) else { return "0 s" }
    let rest = seconds % units[first].1
    let text = "\(seconds / units[first].1) \(units[first].0)"
    guard first + 1 < units.count, rest >= units[first + 1].1 else { return text }
    return "\(text) \(rest / units[first + 1].1) \(units[first + 1].0)"
  }
}
