/// What trying a new idea costs, so that a replicate is weighed against it: crashes count, and so do early stops.
struct IdeaCosts: Sendable, Codable, Hashable {
  private var measured = 0.0
  private var cost = 0.0

  /// An idea's first attempt that gave a measurement.
  mutating func measured(_ seconds: Double) {
    measured += 1
    add(seconds)
  }

  /// An idea's attempt that was stopped early: the idea is done with, for less.
  mutating func stopped(_ seconds: Double) { measured(seconds) }

  /// An attempt that gave none.
  mutating func failed(_ seconds: Double) { add(seconds) }

  private mutating func add(_ seconds: Double) {
    if seconds > 0, seconds < 1e15 { cost += seconds }
  }

  /// Returns how many new ideas could be measured for what one replicate costs; 1 while little is known.
  func ideas(perReplica replica: Double) -> Double {
    guard measured >= 5, cost > 0, replica > 0, replica.isFinite else { return 1 }
    return replica * measured / cost
  }
}
