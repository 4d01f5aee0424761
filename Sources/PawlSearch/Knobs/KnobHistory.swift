import PawlCore

/// A study's history split in two as in Bergstra et al. 2011: the observations to go towards, and the rest.
struct KnobHistory {
  private(set) var good: [KnobObservation] = []
  /// Crashes among them; the newest only, so that a long history costs no more than a short one.
  private(set) var bad: [KnobObservation] = []
  static let goodLimit = 25
  static let badLimit = 256

  init(_ history: [KnobObservation]) {
    let losses = history.map { $0.loss ?? .infinity }
    let finite = losses.reduce(0) { $0 + ($1.isFinite ? 1 : 0) }
    // Optuna's default share, a tenth and at most 25, but two at least: one point alone is a lucky seed.
    let wanted = min(max((finite + 9) / 10, 2), Self.goodLimit, finite)
    // So few are wanted that keeping them sorted is cheaper than sorting everything; equal losses stay in order.
    var lowest: [Int] = []
    for (index, loss) in losses.enumerated() where loss.isFinite {
      if lowest.count == wanted {
        guard let last = lowest.last, loss < losses[last] else { continue }
        lowest.removeLast()
      }
      lowest.insert(index, at: (lowest.lastIndex { losses[$0] <= loss } ?? -1) + 1)
    }
    let chosen = Set(lowest)
    good = lowest.map { history[$0] }
    bad.reserveCapacity(Self.badLimit)
    for index in history.indices.reversed() where !chosen.contains(index) {
      bad.append(history[index])
      if bad.count == Self.badLimit { break }
    }
  }
}
