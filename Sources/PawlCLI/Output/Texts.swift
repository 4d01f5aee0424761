import PawlCore

extension Double {
  /// Returns a signed effect: plus is better, whatever the metric's direction.
  var asEffect: String { (self < 0 ? "-" : "+") + magnitude.formatted(digits: 3) }

  /// A share, as in `12 %`.
  var asPercent: String { "\((self * 100).formatted(digits: 2)) %" }

  var asMetric: String { formatted(digits: 6) }
}

extension Outcome {
  /// Returns the outcome and what is remarked of it, each said once.
  func words(with remark: String?) -> String {
    guard let remark, !description.contains(remark) else { return description }
    return remark.contains(description) ? remark : "\(description), \(remark)"
  }
}

extension AttemptResult {
  /// What disturbed the attempt and what was made of it; nil where nothing did.
  var disturbanceInWords: String? {
    disturbance.map { disturbance in
      let share = ((usage.foreignLoad ?? 0) * 100).formatted(digits: 2)
      switch disturbance {
      case .repeated: return "disturbed (others used \(share) % of the machine) and made again"
      case .counted: return "disturbed (others used \(share) % of the machine) and counted all the same"
      }
    }
  }
}

extension AttemptPurpose {
  /// What the attempt is for, as in `search` and `certificate 2 pair 1, champion`.
  var words: String {
    switch self {
    case .calibration: "calibration"
    case .search: "search"
    case .certification(let number, let pair, let candidate):
      "certificate \(number) pair \(pair + 1), \(candidate ? "candidate" : "champion")"
    }
  }
}

extension TrialSummary {
  /// One word for where the trial stands.
  var standing: String {
    if let verdict { return verdict.rawValue }
    return state.rawValue
  }

  /// Why there is no number, or the reason that goes with the standing.
  var explanation: String? {
    switch state {
    case .crashed:
      outcome.map { $0.words(with: remark) } ?? remark
    case .refused, .failed, .judged: remark
    default: nil
    }
  }
}

/// How many questions wait for a person, and where they are; nil where none does.
func awaitedApprovals(_ count: Int) -> String? {
  guard count > 0 else { return nil }
  return "\(count) \(count == 1 ? "approval is" : "approvals are") awaited: `pawl approve`"
}

func ink(for standing: String) -> Ink {
  switch standing {
  case "kept": .good
  case "crashed", "failed", "refused": .bad
  case "inconclusive": .careful
  default: .faint
  }
}
