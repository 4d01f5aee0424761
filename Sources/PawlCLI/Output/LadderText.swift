import PawlCore

/// The ladder in a few lines of `pawl status`; none where there is one rung.
struct LadderText {
  private let ladder: LadderSummary

  init(_ ladder: LadderSummary) { self.ladder = ladder }

  var lines: [(String, String)] {
    guard ladder.climbs else { return [] }
    var lines = ladder.rungs.map { ("rung \($0.number)", words(of: $0)) }
    for transfer in ladder.transfers { if let words = words(of: transfer) { lines.append(("transfer", words)) } }
    if let scaling = ladder.scaling { lines.append(("scaling", words(of: scaling))) }
    return lines
  }

  private func words(of rung: LadderSummary.Rung) -> String {
    var words = "\(rung.name): "
    if let certified = rung.certified {
      words += "trial \(rung.champion), certified \(certified.effect.asEffect) "
      words += "[\(certified.lower.asEffect), \(certified.upper.asEffect)]"
    } else {
      words += "the baseline"
    }
    words += ", \(rung.certificates) of \(rung.tests) tests certified"
    let transfer = ladder.transfers.first { $0.rung == rung.number }
    if let running = rung.running {
      let point = transfer?.points.last { $0.test == running }
      words += point.map { "; test \(running) of \($0.trials.named) runs" } ?? "; test \(running) runs"
    } else if let next = transfer?.waiting.first {
      words += "; \(next.trials.named) \(next.trials.count == 1 ? "waits" : "wait"): \(next.reason)"
    }
    if !rung.lost.isEmpty { words += "; did not carry over: \(rung.lost.listed)" }
    return words
  }

  private func words(of transfer: LadderSummary.Transfer) -> String? {
    let steps = "\(ladder.name(of: transfer.rung - 1)) to \(ladder.name(of: transfer.rung)): "
    let ended = transfer.points.filter { $0.above != nil }
    guard let correlation = transfer.correlation else {
      guard !ended.isEmpty else { return nil }
      let count = ended.count == 1 ? "1 change" : "\(ended.count) changes"
      return steps + "\(count) tried on both, too few for a rank correlation"
    }
    let interval = "[\(correlation.lower.formatted(digits: 2)), \(correlation.upper.formatted(digits: 2))]"
    return steps
      + "rank correlation \(correlation.value.formatted(digits: 2)) \(interval) of \(correlation.pairs) changes"
  }

  private func words(of scaling: LadderSummary.Scaling) -> String {
    guard let multiplier = scaling.multiplier else { return "no compute multiplier: \(scaling.reason ?? "not known")" }
    let upper = multiplier.upper.map { "\($0.formatted(digits: 3))x" } ?? "beyond any"
    let name = scaling.points.last.map { ladder.name(of: $0.rung) } ?? "the last rung"
    let note =
      scaling.baseline?.asymptoteIsAssumed == true ? "; two rungs show no floor, so it is rather too small" : ""
    return
      "the baseline needs \(multiplier.value.formatted(digits: 3))x [\(multiplier.lower.formatted(digits: 3))x, \(upper)] "
      + "the compute of \(name) to match its champion\(note)"
  }
}

/// How one trial fared on a rung above the first.
struct TrialOnRung: Encodable {
  enum Standing: String, Encodable { case taken, lost, running, waiting, open }
  let rung: Int
  let name: String
  let standing: Standing
  /// Every test that it was part of.
  let tests: [LadderSummary.Point]
  let conflicts: [LadderSummary.Conflict]
  let waiting: LadderSummary.Waiting?

  /// Returns the rungs that were asked about the trial, or will be.
  static func all(_ trial: TrialID, _ ladder: LadderSummary) -> [TrialOnRung] {
    guard trial != .baseline else { return [] }
    return ladder.transfers.compactMap { transfer in
      guard let rung = ladder.rungs.first(where: { $0.number == transfer.rung }) else { return nil }
      let tests = transfer.points.filter { $0.trials.contains(trial) }
      let conflicts = transfer.conflicts.filter { $0.trials.contains(trial) }
      let waiting = transfer.waiting.first { $0.trials.contains(trial) }
      guard !tests.isEmpty || !conflicts.isEmpty || waiting != nil else { return nil }
      let standing: Standing =
        if tests.contains(where: { $0.standing == .certified }) {
          .taken
        } else if tests.contains(where: { $0.standing == .running }) { .running } else if rung.lost.contains(trial) {
          .lost
        } else if waiting != nil { .waiting } else { .open }
      return TrialOnRung(
        rung: rung.number, name: rung.name, standing: standing, tests: tests, conflicts: conflicts, waiting: waiting)
    }
  }

  var words: String {
    var words: String
    switch standing {
    case .taken: words = "\(name) took it"
    case .lost: words = "\(name) did not take it"
    case .running: words = "\(name) tests it now"
    case .waiting: words = "\(name) has not taken it; it waits: \(waiting?.reason ?? "")"
    case .open: words = "\(name) has not taken it"
    }
    for test in tests {
      let company =
        test.trials.count > 1 ? " with \(test.trials.count == 2 ? "1 other" : "\(test.trials.count - 1) others")" : ""
      let above = test.above.map { above in
        ", \(above.asEffect)" + (test.standardError.map { " ± \($0.formatted(digits: 2))" } ?? "") + " there"
      }
      words += "; test \(test.test)\(company) \(test.standing.words): \(test.below.asEffect) below\(above ?? "")"
    }
    for conflict in conflicts { words += "; \(conflict.reason)" }
    return words
  }
}

extension LadderSummary {
  func name(of rung: Int) -> String { rungs.first { $0.number == rung }?.name ?? "rung \(rung)" }

  /// Where an attempt runs, to follow what it is for; empty on the first rung.
  func place(of request: AttemptRequest) -> String { request.rung > 1 ? " on \(name(of: request.rung))" : "" }

  /// The part of it that is about these trials.
  func about(_ trials: Set<TrialID>) -> LadderSummary {
    var part = self
    for place in part.transfers.indices {
      part.transfers[place].points.removeAll { trials.isDisjoint(with: $0.trials) }
      part.transfers[place].conflicts.removeAll { trials.isDisjoint(with: $0.trials) }
    }
    return part
  }
}

extension [TrialID] {
  /// A few by number and the rest counted, as in `3, 5 and 7` and `3, 5, 7 and 4 more`.
  var listed: String {
    if count > 4 { return prefix(3).map(\.description).joined(separator: ", ") + " and \(count - 3) more" }
    guard let last, count > 1 else { return first?.description ?? "" }
    return dropLast().map(\.description).joined(separator: ", ") + " and \(last)"
  }

  var named: String { (count == 1 ? "trial " : "trials ") + listed }
}
