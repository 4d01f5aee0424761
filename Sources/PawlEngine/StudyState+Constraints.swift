public import PawlCore
import PawlRatchet

/// Means of what attempts used besides time of the study, over those that measured.
public struct SecondaryMeans: Sendable, Codable, Hashable {
  public private(set) var count = 0
  /// In GiB; what the program reported, else what was measured.
  private var memory = 0.0
  private var seconds = 0.0

  mutating func add(_ result: AttemptResult) {
    let (bytes, wall) = (Double((result.reportedMemory ?? result.usage.peakMemory).count), result.usage.wallSeconds)
    guard wall.isFinite else { return }
    count += 1
    memory += (bytes / 0x1p30 - memory) / Double(count)
    seconds += (wall - seconds) / Double(count)
  }

  /// Returns a quantity's mean; nil where nothing was measured, and for what no attempt has.
  public subscript(quantity: SecondaryQuantity) -> Double? {
    guard count > 0 else { return nil }
    switch quantity {
    case .memory: return memory
    case .seconds: return seconds
    case .lines: return nil
    }
  }
}

extension OpenTrial {
  /// A quantity of the candidate; lines are those against its parent.
  func value(of quantity: SecondaryQuantity) -> Double? {
    quantity == .lines ? size.map { Double($0.added) - Double($0.removed) } : secondary[quantity]
  }
}

extension RunningCertification {
  /// Attempts of the candidate before which its means say too little to end the test.
  private static let leastAttempts = 4

  /// The hard limit that the candidate breaks on the certificate's own attempts.
  func breach(of constraints: [Constraint]) -> Breach? {
    guard secondary.count >= Self.leastAttempts || test.state == .certified else { return nil }
    return constraints.firstBreach { secondary[$0] }
  }
}

extension StudyState {
  /// Counts what an attempt used, where it measured.
  mutating func noteSecondary(of result: AttemptResult, _ request: AttemptRequest) {
    guard result.measurement != nil else { return }
    switch request.purpose {
    case .calibration:
      calibrationSecondary.add(result)
      secondary[.baseline, default: SecondaryMeans()].add(result)
    case .search:
      guard isOfPresentCode(request) else { return }
      if open[request.trial] != nil {
        open[request.trial]?.secondary.add(result)
      } else {
        secondary[request.trial, default: SecondaryMeans()].add(result)
      }
    case .certification(let number, _, let candidate):
      if candidate, certification?.number == number { certification?.secondary.add(result) }
    }
  }

  /// Judges an open candidate by its metric, its prices and its limits.
  ///
  /// A hard limit goes before everything: more measurements of the metric could not change what comes of it.
  func judgement(of trial: TrialID, _ opened: OpenTrial, by court: Court) -> Judgement {
    let favour = favour(of: opened)
    var judgement = court.judge(trial, offset: favour)
    // Prices are for the difference to the very head that the metric is compared with.
    let offset = offset(of: opened, over: judgement.evidence.head)
    let breach = configuration?.constraints.firstBreach { opened.value(of: $0) }
    if let offset, offset != 0 { judgement = court.judge(trial, offset: favour + offset) }
    judgement = judgement.with { evidence in
      evidence.offset = offset
      evidence.breach = breach
    }
    return breach == nil ? judgement : .decided(.discarded, judgement.evidence)
  }

  /// Forgets heads that no certificate and no open candidate is about any more.
  mutating func forgetSecondary() {
    let known = Set(stack.map(\.trial) + open.values.map(\.parent.trial))
    secondary = secondary.filter { known.contains($0.key) }
  }

  /// What the candidate's secondary quantities are worth against a head's, positive is better; nil without prices.
  ///
  /// Lines are counted against the parent. A quantity that is not known of both sides counts nothing.
  func offset(of opened: OpenTrial, over head: TrialID) -> Double? {
    guard let prices = configuration?.constraints.filter({ $0.price != nil }), !prices.isEmpty else { return nil }
    let ofHead = secondary[head]
    return prices.reduce(0) { sum, constraint in
      let known = constraint.quantity == .lines ? 0 : ofHead?[constraint.quantity]
      guard let price = constraint.price, let known, let own = opened.value(of: constraint.quantity) else { return sum }
      return sum + price * (known - own)
    }
  }

  /// What the candidate costs above the baseline, in the metric's unit: candidates of several heads are compared by it.
  func penalty(of opened: OpenTrial) -> Double {
    (configuration?.constraints ?? []).reduce(0) { sum, constraint in
      guard let price = constraint.price, let own = opened.secondary[constraint.quantity],
        let baseline = calibrationSecondary[constraint.quantity]
      else { return sum }
      return sum + price * (own - baseline)
    }
  }

  /// Whether a candidate may be refused before it was tried.
  var refusesUntried: Bool { configuration?.constraints.contains { $0.quantity == .lines && $0.limit != nil } ?? false }

  /// Why a candidate is not worth one attempt: its change alone breaks a limit.
  func refusal(of opened: OpenTrial) -> String? {
    configuration?.constraints.firstBreach { $0 == .lines ? opened.value(of: $0) : nil }?.description
  }

  /// The study cannot start where the baseline itself breaks a hard limit: nothing near it would ever be kept.
  func baselineBreach() -> Event? {
    guard isCalibrated, head?.trial == .baseline,
      let breach = configuration?.constraints.firstBreach({ calibrationSecondary[$0] })
    else { return nil }
    return .studyFailed(
      reason: "the baseline breaks a limit: \(breach) (`constraints.\(breach.quantity.rawValue).limit` in pawl.yaml)")
  }
}

extension [Constraint] {
  /// Returns the first limit that is broken.
  fileprivate func firstBreach(_ value: (SecondaryQuantity) -> Double?) -> Breach? {
    for constraint in self {
      if let value = value(constraint.quantity), let breach = constraint.breach(by: value) { return breach }
    }
    return nil
  }
}

extension Judgement {
  fileprivate var evidence: Evidence {
    switch self {
    case .replicateCandidate(let evidence), .replicateHead(let evidence), .rebase(let evidence), .wait(let evidence),
      .decided(_, let evidence):
      evidence
    }
  }

  /// Returns the same judgement with its evidence changed.
  fileprivate func with(_ change: (inout Evidence) -> Void) -> Judgement {
    var evidence = evidence
    change(&evidence)
    switch self {
    case .replicateCandidate: return .replicateCandidate(evidence)
    case .replicateHead: return .replicateHead(evidence)
    case .rebase: return .rebase(evidence)
    case .wait: return .wait(evidence)
    case .decided(let verdict, _): return .decided(verdict, evidence)
    }
  }
}
