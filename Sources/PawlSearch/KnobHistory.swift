import PawlCore

/// A study's history split in two as in Bergstra et al. 2011: the observations to go towards, and the rest.
struct KnobHistory {
  private(set) var good: [KnobObservation] = []
  /// Crashes among them; the newest only, so that a long history costs no more than a short one.
  private(set) var bad: [KnobObservation] = []
  static let goodLimit = 25
  static let badLimit = 256

  init(_ history: [KnobObservation]) {
    var losses: [(loss: Double, index: Int)] = []
    losses.reserveCapacity(history.count)
    for (index, observation) in history.enumerated() {
      if let loss = observation.loss, loss.isFinite { losses.append((loss, index)) }
    }
    losses.sort { ($0.loss, $0.index) < ($1.loss, $1.index) }
    // Optuna's default share, a tenth and at most 25, but two at least: one point alone is a lucky seed.
    let wanted = min(max((losses.count + 9) / 10, 2), Self.goodLimit, losses.count)
    let chosen = Set(losses.prefix(wanted).map(\.index))
    good = losses.prefix(wanted).map { history[$0.index] }
    bad.reserveCapacity(Self.badLimit)
    for index in history.indices.reversed() where !chosen.contains(index) {
      bad.append(history[index])
      if bad.count == Self.badLimit { break }
    }
  }
}
