import PawlCore

/// Notices that nothing which agents change moves the metric: trial after trial measures, under the same seed, the same number.
struct MetricStillness {
  /// Different candidates with one number after which that is said.
  static let enough = 6

  private var requests: [AttemptID: AttemptRequest] = [:]
  /// What each seed gave first.
  private var values: [UInt64: Double] = [:]
  private var candidates: Set<TrialID> = []
  private var isOver = false

  /// Returns the remark, once.
  mutating func note(_ event: Event) -> String? {
    guard !isOver else { return nil }
    switch event {
    case .attemptRequested(let request) where request.purpose.split == .search: requests[request.id] = request
    case .attemptFinished(let result):
      guard let request = requests.removeValue(forKey: result.id), let value = result.measurement else { return nil }
      guard let first = values[request.seed] else {
        values[request.seed] = value
        return nil
      }
      if value != first { isOver = true }
      if request.trial != .baseline { candidates.insert(request.trial) }
    default: break
    }
    guard candidates.count >= Self.enough, !isOver else { return nil }
    isOver = true
    return
      "\(candidates.count) candidates measured the same number to the last digit: nothing that agents change moves the "
      + "metric; does the command read the files under `editable`, and is it what they do that `metric.pattern` finds?"
  }
}
